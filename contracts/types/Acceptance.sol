// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @notice What a bank says of another token, as what its own token's holders may be paid in and may pay into.
/// `None`: nothing passes. `RefundsOnly`: refunds pass, new payments don't. `Accepted`: both pass.
enum Acceptance {
    None,
    RefundsOnly,
    Accepted
}
