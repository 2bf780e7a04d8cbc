// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A contract that takes every call, and answers as many zero bytes as it was built for.
contract MuteContract {
    uint256 private immutable LENGTH;

    constructor(uint256 length) {
        LENGTH = length;
    }

    fallback(bytes calldata) external returns (bytes memory) {
        return new bytes(LENGTH);
    }
}
