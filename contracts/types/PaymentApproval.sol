// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @notice The payer's bank's consent to one payment.
/// @param validUntil Unix seconds, exclusive.
/// @param signature Over `PaymentApproval(bytes32 paymentId,uint40 validUntil)`, by the approver that the source
/// token's policy names.
struct PaymentApproval {
    uint40 validUntil;
    bytes signature;
}
