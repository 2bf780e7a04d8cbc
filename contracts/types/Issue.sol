// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @notice Deposits to issue for one ledger entry.
/// @param to Who gets them.
/// @param amount Minor units.
/// @param entry Why, a {LedgerEntry}.
struct Issue {
    address to;
    uint256 amount;
    uint128 entry;
}
