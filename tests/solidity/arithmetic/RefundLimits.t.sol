// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Edges} from "./Edges.sol";
import "./GreatAmounts.sol";

/// @notice What a refund may take from the merchant and bring the payer, and the quota that it frees, at any amounts up
/// to the greatest.
contract RefundLimitsTest is GreatAmounts {
    /// @dev Of a part or of all that was paid, in as many parts as one likes, at whatever rates up to the payment's
    /// own, rounded down, and not a unit more: each part frees what came back, and the part that completes them all can
    /// give back the exact rest. No more than what was paid comes out of the merchant.
    function testFuzz_refunds_in_parts_free_what_comes_back(
        uint256[3] calldata terms,
        uint256[4] calldata parts,
        uint256[4] calldata sources
    ) public balanced {
        Payment memory payment = _openAt(Edges.amount(terms[0], 1, GREATEST), Edges.amount(terms[1], 1, GREATEST), 0);
        _captureIfItPays(payment, Edges.amount(terms[2], 1, payment.sourceAmount));
        uint104 paid = uint104(Math.mulDiv(payment.targetAmount, _captured(payment), payment.sourceAmount));
        uint104 refunded = 0;
        uint256 freed = 0;
        for (uint256 i = 0; i < parts.length && refunded < paid; ++i) {
            uint104 targetIn = Edges.amount(parts[i], 1, paid - refunded);
            uint256 greatest = _greatest(payment, refunded, targetIn, refunded + targetIn == paid);
            if (greatest < GREATEST) {
                _refusedBeyond(payment, _quoteOf(payment, refunded, uint104(greatest + 1), targetIn), greatest);
            }
            if (greatest == 0) continue;
            uint104 sourceOut = Edges.amount(sources[i], 1, greatest);
            _refund(payment, _quoteOf(payment, refunded, sourceOut, targetIn));
            refunded += targetIn;
            freed += sourceOut;
            assertEq(_remainingQuota(), GREATEST - payment.sourceAmount + freed, "quota");
            assertEq(escrow.paymentState(escrow.paymentId(payment)).refunded, refunded, "refunded");
        }
        uint104 left = paid - refunded;
        if (left < GREATEST) _refusedBeyond(payment, _quoteOf(payment, refunded, 1, left + 1), left);
        assertEq(hkd.balanceOf(merchant), left, "merchant");
        assertEq(escrow.inventoryOf(dealer, address(hkd)), stock - payment.targetAmount + refunded, "target side");
        assertEq(escrow.inventoryOf(dealer, address(eur)), _captured(payment) - freed, "source side");
    }

    /// @dev What an amount of the target token brings at most. The last of a payment that was captured whole brings the
    /// rest.
    function _greatest(Payment memory payment, uint104 refunded, uint104 targetIn, bool last)
        private
        view
        returns (uint256)
    {
        uint256 before = Math.mulDiv(payment.sourceAmount, refunded, payment.targetAmount);
        if (last && _captured(payment) == payment.sourceAmount) return payment.sourceAmount - before;
        return Math.mulDiv(payment.sourceAmount, refunded + targetIn, payment.targetAmount) - before;
    }

    /// @dev The quote asks for one unit more than is allowed.
    function _refusedBeyond(Payment memory payment, RefundQuote memory quote, uint256 allowed) private {
        _refused(merchant, _refunding(payment, quote), EscrowReverts.amountExceeds(allowed + 1, allowed));
    }
}
