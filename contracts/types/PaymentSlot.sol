// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @notice Where a payment stands. Only `Authorized` and `Disputed` hold money; a payment that was captured in part and
/// then voided is `Voided`, and what was captured can be read beside it. `Resolved`: the arbiter has divided the rest.
enum PaymentStatus {
    None,
    Authorized,
    Disputed,
    Captured,
    Voided,
    Reclaimed,
    Resolved
}

/// @notice Where a payment stands; captured in minor units of the source token, refunded of the target token.
struct PaymentState {
    PaymentStatus status;
    uint104 captured;
    uint104 refunded;
    uint16 policyGeneration;
    uint32 quotaRef;
}

/// @notice A payment's state in one storage slot, never cleared.
///
/// | bits | field |
/// |---|---|
/// | 0 to 103 | captured, in minor units of the source token |
/// | 104 to 207 | refunded, in minor units of the target token |
/// | 208 to 239 | quota reference, a {QuotaRef}; 0: nothing was counted |
/// | 240 to 251 | generation of the policy that counted it |
/// | 252 to 255 | status |
type PaymentSlot is uint256;

using PaymentPacking for PaymentSlot global;

/// @notice Packs and reads a {PaymentSlot}.
// forge-lint: disable-next-item(unsafe-typecast): a field is cut out of its word.
library PaymentPacking {
    /// @notice The greatest policy generation that a slot can keep.
    uint16 internal constant MAX_GENERATION = 4095;

    uint256 private constant REFUNDED_SHIFT = 104;
    uint256 private constant QUOTA_REF_SHIFT = 208;
    uint256 private constant GENERATION_SHIFT = 240;
    uint256 private constant STATUS_SHIFT = 252;

    /// @dev The caller has checked that `generation_` is at most {MAX_GENERATION}.
    function authorized(uint16 generation_, uint32 quotaRef_) internal pure returns (PaymentSlot) {
        return PaymentSlot.wrap(
            (uint256(quotaRef_) << QUOTA_REF_SHIFT) | (uint256(generation_) << GENERATION_SHIFT)
                | (uint256(PaymentStatus.Authorized) << STATUS_SHIFT)
        );
    }

    function captured(PaymentSlot self) internal pure returns (uint104) {
        return uint104(PaymentSlot.unwrap(self));
    }

    function refunded(PaymentSlot self) internal pure returns (uint104) {
        return uint104(PaymentSlot.unwrap(self) >> REFUNDED_SHIFT);
    }

    function quotaRef(PaymentSlot self) internal pure returns (uint32) {
        return uint32(PaymentSlot.unwrap(self) >> QUOTA_REF_SHIFT);
    }

    function generation(PaymentSlot self) internal pure returns (uint16) {
        return uint16(PaymentSlot.unwrap(self) >> GENERATION_SHIFT) & MAX_GENERATION;
    }

    function status(PaymentSlot self) internal pure returns (PaymentStatus) {
        return PaymentStatus(PaymentSlot.unwrap(self) >> STATUS_SHIFT);
    }

    /// @dev The caller has checked that captured stays at most the payment's source amount, a uint104.
    function addCaptured(PaymentSlot self, uint104 amount) internal pure returns (PaymentSlot) {
        unchecked {
            return PaymentSlot.wrap(PaymentSlot.unwrap(self) + amount);
        }
    }

    /// @dev The caller has checked that refunded stays at most the payment's target amount, a uint104.
    function addRefunded(PaymentSlot self, uint104 amount) internal pure returns (PaymentSlot) {
        unchecked {
            return PaymentSlot.wrap(PaymentSlot.unwrap(self) + (uint256(amount) << REFUNDED_SHIFT));
        }
    }

    function withStatus(PaymentSlot self, PaymentStatus status_) internal pure returns (PaymentSlot) {
        return PaymentSlot.wrap(
            (PaymentSlot.unwrap(self) & ((uint256(1) << STATUS_SHIFT) - 1)) | (uint256(status_) << STATUS_SHIFT)
        );
    }
}
