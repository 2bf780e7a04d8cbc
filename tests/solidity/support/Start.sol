// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev When tests and histories begin: 2026-03-02 12:00:00 UTC, a Monday.
uint40 constant START = 1_772_452_800;
