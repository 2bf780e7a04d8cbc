// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @notice The calendar period that a quota counts in. `None`: no quota.
enum Period {
    None,
    Day,
    Month,
    Year
}
