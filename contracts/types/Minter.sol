// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @notice What a minter may issue: its record is its permission.
/// @param ledgerId Whose entries it uses.
/// @param allowance What it may still mint, in minor units.
/// @param ceiling What its allowance is refilled to.
struct Minter {
    uint64 ledgerId;
    uint128 allowance;
    uint128 ceiling;
}
