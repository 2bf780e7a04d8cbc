// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @notice Why a transfer is refused, in the order of the checks. The numbers are the token's ERC-1404 codes: a new one
/// goes to the end.
enum Restriction {
    None,
    InvalidReceiver,
    Paused,
    SystemAccountClosed,
    CannotSend,
    CannotReceive,
    InsufficientBalance,
    Frozen,
    Locked,
    DirectTransferClosed
}
