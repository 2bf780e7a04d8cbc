// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @notice Deposits to issue for one ledger entry.
/// @param to Who gets them.
/// @param amount Minor units.
/// @param entry Ledger id in the upper 64 bits, sequence number in the lower 64.
struct Issue {
    address to;
    uint256 amount;
    uint128 entry;
}
