// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {ISettlementEscrow} from "../../../contracts/interfaces/ISettlementEscrow.sol";
import {Edges} from "./Edges.sol";
import {GreatAmounts} from "./GreatAmounts.sol";

/// @notice What a refund may bring back, and the quota that it frees, at any amounts up to the greatest.
contract RefundLimitsTest is GreatAmounts {
    /// @dev Up to twice the pro-rata amount, rounded down, and not a unit more.
    function testFuzz_target_is_at_most_twice_the_pro_rata_amount(uint256 source, uint256 target, uint256 part)
        public
        balanced
    {
        ISettlementEscrow.Payment memory payment =
            _capturedAt(Edges.amount(source, 1, GREATEST), Edges.amount(target, 1, GREATEST));
        uint104 sourceOut = Edges.amount(part, 1, payment.sourceAmount);
        uint256 greatest = Math.mulDiv(2 * uint256(payment.targetAmount), sourceOut, payment.sourceAmount);
        if (greatest < GREATEST) {
            ISettlementEscrow.RefundQuote memory beyond = _quoteOf(payment, sourceOut, uint104(greatest + 1));
            bytes memory merchantSignature = _merchantSignature(payment, beyond);
            bytes memory dealerSignature = _quoteSignature(beyond);
            vm.expectRevert(abi.encodeWithSelector(ISettlementEscrow.AmountExceeds.selector, greatest + 1, greatest));
            vm.prank(operator);
            escrow.refundWithAuthorization(payment, beyond, merchantSignature, dealerSignature);
        } else {
            greatest = GREATEST;
        }
        if (greatest == 0) return;
        _mint(hkdBank, merchant, GREATEST);
        uint256 before = hkd.balanceOf(merchant);
        _refund(payment, _quoteOf(payment, sourceOut, uint104(greatest)));
        assertEq(before - hkd.balanceOf(merchant), greatest, "merchant");
        assertEq(escrow.inventoryOf(dealer, address(eur)), payment.sourceAmount - sourceOut, "dealer's source side");
    }

    /// @dev min(source out, sourceAmount x target in / targetAmount), rounded down.
    function testFuzz_quota_comes_back_by_the_lesser_side(
        uint256 source,
        uint256 target,
        uint256 part,
        uint256 targetIn
    ) public balanced {
        ISettlementEscrow.Payment memory payment =
            _capturedAt(Edges.amount(source, 1, GREATEST), Edges.amount(target, 1, GREATEST));
        uint104 sourceOut = Edges.amount(part, 1, payment.sourceAmount);
        uint256 greatest = Math.mulDiv(2 * uint256(payment.targetAmount), sourceOut, payment.sourceAmount);
        if (greatest == 0) return;
        ISettlementEscrow.RefundQuote memory quote =
            _quoteOf(payment, sourceOut, Edges.amount(targetIn, 1, Math.min(greatest, GREATEST)));
        _mint(hkdBank, merchant, GREATEST);
        uint256 before = eur.balanceOf(payer);
        _refund(payment, quote);

        uint256 share = Math.mulDiv(payment.sourceAmount, quote.targetAmount, payment.targetAmount);
        assertEq(_remainingQuota(), GREATEST - payment.sourceAmount + Math.min(share, sourceOut), "quota");
        assertEq(eur.balanceOf(payer) - before, sourceOut, "payer");
    }

    /// @dev In as many parts as one likes: no more is freed than was counted, no more comes back than was captured.
    function testFuzz_refunds_in_parts_never_free_more_than_was_counted(
        uint256 source,
        uint256 target,
        uint256[4] calldata parts,
        uint256[4] calldata targets
    ) public balanced {
        ISettlementEscrow.Payment memory payment =
            _capturedAt(Edges.amount(source, 1, GREATEST), Edges.amount(target, 1, GREATEST));
        uint104 refunded = 0;
        uint256 freed = 0;
        for (uint256 i = 0; i < parts.length && refunded < payment.sourceAmount; ++i) {
            uint104 sourceOut = Edges.amount(parts[i], 1, payment.sourceAmount - refunded);
            uint256 greatest = Math.mulDiv(2 * uint256(payment.targetAmount), sourceOut, payment.sourceAmount);
            if (greatest == 0) continue;
            ISettlementEscrow.RefundQuote memory quote =
                _quoteOf(payment, sourceOut, Edges.amount(targets[i], 1, Math.min(greatest, GREATEST)));
            quote.refundedBefore = refunded;
            _mint(hkdBank, merchant, quote.targetAmount);
            _refund(payment, quote);
            refunded += sourceOut;
            freed += Math.min(sourceOut, Math.mulDiv(payment.sourceAmount, quote.targetAmount, payment.targetAmount));
            assertEq(_remainingQuota(), GREATEST - payment.sourceAmount + freed, "quota");
            assertEq(escrow.paymentState(quote.paymentId).refunded, refunded, "refunded");
        }
        assertLe(freed, payment.sourceAmount);
    }

    function test_the_greatest_refund() public balanced {
        ISettlementEscrow.Payment memory payment = _capturedAt(GREATEST, GREATEST);
        _refund(payment, _quoteOf(payment, GREATEST, GREATEST));
        assertEq(_remainingQuota(), GREATEST);
        assertEq(escrow.inventoryOf(dealer, address(hkd)), stock);
        assertEq(escrow.inventoryOf(dealer, address(eur)), 0);
        assertEq(escrow.paymentState(escrow.paymentId(payment)).refunded, GREATEST);
    }

    function _capturedAt(uint104 sourceAmount, uint104 targetAmount)
        private
        returns (ISettlementEscrow.Payment memory payment)
    {
        payment = _openAt(sourceAmount, targetAmount, 0);
        _capture(payment, sourceAmount);
    }

    function _quoteOf(ISettlementEscrow.Payment memory payment, uint104 sourceOut, uint104 targetIn)
        private
        view
        returns (ISettlementEscrow.RefundQuote memory quote)
    {
        quote = _quote(payment, 0, 0);
        (quote.sourceAmount, quote.targetAmount) = (sourceOut, targetIn);
    }
}
