// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// What the tests expect of the contracts: `tests/pages/test_shared_facts.py` holds each to the constant of its name.

uint256 constant MAX_SUBSCRIBERS = 16;
uint256 constant MAX_PREDECESSORS = 16;
int8 constant LEAST_OFFSET = -48;
int8 constant GREATEST_OFFSET = 56;
uint16 constant MAX_GENERATION = 4095;

/// @dev Shares of gas: of a subscriber, of a call of a token, and of an act of a batch.
uint256 constant SUBSCRIBER_GAS = 100_000;
uint256 constant TOKEN_GAS = 250_000;
uint256 constant ACT_GAS = 1_000_000;

/// @dev What is left after a share: to a change of a registry, and to the escrow.
uint256 constant SUBSCRIBER_GAS_MARGIN = 10_000;
uint256 constant GAS_MARGIN = 30_000;
