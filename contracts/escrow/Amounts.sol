// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Payment} from "../types/Payment.sol";
import {PaymentSlot, PaymentStatus} from "../types/PaymentSlot.sol";

/// @notice What part of a payment's one side belongs to a part of the other. Everything rounds down, and each share is
/// the difference of two cumulative ones, so that rounding never adds up.
library Amounts {
    uint256 internal constant BPS = 10_000;

    /// @dev What the target side pays, and how much of that is the fee, when `sourceAmount` is captured after
    /// `captured`. In one token that is the same amount.
    function targetOf(Payment calldata payment, uint256 captured, uint256 sourceAmount)
        internal
        pure
        returns (uint256 targetAmount, uint256 fee)
    {
        uint256 before = captured;
        uint256 afterwards;
        // No more than the source amount, a uint104, in all.
        unchecked {
            afterwards = captured + sourceAmount;
        }
        if (payment.dealer != address(0)) {
            if (before != 0) before = targetShareOf(payment, before);
            afterwards = targetShareOf(payment, afterwards);
        }
        targetAmount = afterwards - before;
        uint256 bps = payment.feeBps;
        if (bps != 0) fee = feeOf(afterwards, bps) - feeOf(before, bps);
    }

    /// @dev The target side of the first `part` of a source amount, fee included; of all of it, the target amount. `part`
    /// is at most the source amount, which is not zero: the product of two uint104 fits.
    function targetShareOf(Payment calldata payment, uint256 part) internal pure returns (uint256) {
        unchecked {
            return payment.targetAmount * part / payment.sourceAmount;
        }
    }

    /// @dev Of a uint104 and at most {BPS}: the product fits.
    function feeOf(uint256 targetAmount, uint256 bps) internal pure returns (uint256) {
        unchecked {
            return targetAmount * bps / BPS;
        }
    }

    /// @dev The most that a refund of `targetAmount`, at most `refundable`, gives back: in one token the same; in two
    /// at the payment's own rate, and with the last what rounding has kept, once nothing can be captured any more. Of one
    /// caller: the rule of refunds as a formula by itself.
    function sourceRefundOf(Payment calldata payment, PaymentSlot slot, uint256 targetAmount, uint256 refundable)
        internal
        pure
        returns (uint256)
    {
        if (payment.dealer == address(0)) return targetAmount;
        bool open = slot.status() == PaymentStatus.Authorized || slot.status() == PaymentStatus.Disputed;
        uint256 afterwards = !open && targetAmount == refundable
            ? slot.captured()
            : _sourceShare(payment, uint256(slot.refunded()) + targetAmount);
        return afterwards - _sourceShare(payment, slot.refunded());
    }

    /// @dev `part` is at most the target amount: the product of two uint104 fits, and the target amount is not zero.
    function _sourceShare(Payment calldata payment, uint256 part) private pure returns (uint256) {
        unchecked {
            return payment.sourceAmount * part / payment.targetAmount;
        }
    }
}
