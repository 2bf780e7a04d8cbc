// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @notice What a merchant gives back and the payer gets. Its EIP-712 digest is the nonce of the merchant's
/// ERC-3009 authorization.
/// @param refundedBefore What was refunded so far, in minor units of the target token, so that a quote is used
/// once and in its place.
/// @param sourceAmount What the payer gets, in minor units of the source token.
/// @param targetAmount What the merchant gives, in minor units of the target token; the same in one currency.
/// @param dealer Takes the target and gives the source amount; zero in one currency.
/// @param deadline Unix seconds, exclusive.
struct RefundQuote {
    bytes32 paymentId;
    uint104 refundedBefore;
    uint104 sourceAmount;
    uint104 targetAmount;
    address dealer;
    uint40 deadline;
}
