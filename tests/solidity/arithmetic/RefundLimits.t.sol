// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Edges} from "./Edges.sol";
import "./GreatAmounts.sol";

/// @notice What a refund may take from the merchant and bring the payer, and the quota that it frees, at any amounts up
/// to the greatest.
contract RefundLimitsTest is GreatAmounts {
    /// @dev A first refund of some of what was paid, to which the payer gets its own rate, rounded down, and not a unit
    /// more, unless it is of all.
    function testFuzz_payer_gets_at_most_its_own_rate(uint256 source, uint256 target, uint256 part) public balanced {
        Payment memory payment = _capturedAt(Edges.amount(source, 1, GREATEST), Edges.amount(target, 1, GREATEST));
        uint104 targetIn = Edges.amount(part, 1, payment.targetAmount);
        uint256 greatest = Math.mulDiv(payment.sourceAmount, targetIn, payment.targetAmount);
        if (greatest < GREATEST) {
            _expectTooMuch(payment, _quoteOf(payment, 0, uint104(greatest + 1), targetIn), greatest + 1, greatest);
        }
        if (greatest == 0) return;
        _refund(payment, _quoteOf(payment, 0, uint104(greatest), targetIn));
        assertEq(hkd.balanceOf(merchant), payment.targetAmount - targetIn, "merchant");
        assertEq(
            escrow.inventoryOf(dealer, address(hkd)), stock - payment.targetAmount + targetIn, "dealer's target side"
        );
        assertEq(escrow.inventoryOf(dealer, address(eur)), payment.sourceAmount - greatest, "dealer's source side");
    }

    /// @dev No more than what was paid comes out of the merchant, in however many parts.
    function testFuzz_merchant_gives_at_most_what_was_captured(uint256 source, uint256 target, uint256 part)
        public
        balanced
    {
        Payment memory payment = _openAt(Edges.amount(source, 1, GREATEST), Edges.amount(target, 1, GREATEST - 1), 0);
        uint104 captured = Edges.amount(part, 1, payment.sourceAmount);
        uint104 paid = uint104(Math.mulDiv(payment.targetAmount, captured, payment.sourceAmount));
        if (paid == 0) return;
        _capture(payment, captured);
        _expectTooMuch(payment, _quoteOf(payment, 0, 1, paid + 1), uint256(paid) + 1, paid);
        uint256 whole =
            captured == payment.sourceAmount ? captured : Math.mulDiv(payment.sourceAmount, paid, payment.targetAmount);
        if (whole == 0) return;
        _refund(payment, _quoteOf(payment, 0, uint104(whole), paid));
        assertEq(hkd.balanceOf(merchant), 0);
        _expectTooMuch(payment, _quoteOf(payment, paid, 1, 1), 1, 0);
    }

    /// @dev In as many parts as one likes, at whatever rates up to the payment's own: each part frees what came back,
    /// no more comes back than was captured, and the part that completes them all can give back the exact rest.
    function testFuzz_refunds_in_parts_free_what_comes_back(
        uint256 source,
        uint256 target,
        uint256[4] calldata parts,
        uint256[4] calldata sources
    ) public balanced {
        Payment memory payment = _capturedAt(Edges.amount(source, 1, GREATEST), Edges.amount(target, 1, GREATEST));
        uint104 refunded = 0;
        uint256 freed = 0;
        uint256 before = 0;
        for (uint256 i = 0; i < parts.length && refunded < payment.targetAmount; ++i) {
            uint104 targetIn = Edges.amount(parts[i], 1, payment.targetAmount - refunded);
            bool last = refunded + targetIn == payment.targetAmount;
            uint256 share = Math.mulDiv(payment.sourceAmount, refunded + targetIn, payment.targetAmount);
            uint256 greatest = (last ? payment.sourceAmount : share) - before;
            if (greatest == 0) continue;
            uint104 sourceOut = Edges.amount(sources[i], 1, greatest);
            _refund(payment, _quoteOf(payment, refunded, sourceOut, targetIn));
            refunded += targetIn;
            freed += sourceOut;
            before = share;
            assertEq(_remainingQuota(), GREATEST - payment.sourceAmount + freed, "quota");
            assertEq(escrow.paymentState(escrow.paymentId(payment)).refunded, refunded, "refunded");
        }
        assertLe(freed, payment.sourceAmount);
    }

    function _capturedAt(uint104 sourceAmount, uint104 targetAmount) private returns (Payment memory payment) {
        payment = _openAt(sourceAmount, targetAmount, 0);
        _capture(payment, sourceAmount);
    }

    function _expectTooMuch(Payment memory payment, RefundQuote memory quote, uint256 found, uint256 allowed) private {
        bytes memory merchantSignature = _merchantSignature(payment, quote);
        bytes memory dealerSignature = _quoteSignature(quote);
        vm.expectRevert(EscrowReverts.amountExceeds(found, allowed));
        vm.prank(operator);
        escrow.refundWithAuthorization(payment, quote, merchantSignature, dealerSignature);
    }
}
