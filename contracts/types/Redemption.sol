// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @notice Where a redemption stands. `Requested` and `Accepted` lock their amount in the holder's balance.
enum RedemptionStatus {
    None,
    Requested,
    Accepted,
    Settled,
    Rejected,
    Cancelled
}

/// @notice A holder's wish to have deposits paid out.
/// @param holder In whose balance the amount is locked while the redemption is open.
/// @param status Where it stands.
/// @param amount Minor units of the token.
/// @param payoutReference Names the payout instruction that the bank keeps: a hash of it, or its number.
struct Redemption {
    address holder;
    RedemptionStatus status;
    uint128 amount;
    bytes32 payoutReference;
}
