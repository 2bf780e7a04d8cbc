// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A policy that lets every payment pass and restores nothing of what it says it has counted.
contract StubbornPolicy {
    error Counted();

    address public constant approver = address(0);

    function consume(bytes4, address, uint104, uint8 fromZone, uint8 toZone, address)
        external
        pure
        returns (uint32 quotaRef, address)
    {
        return (uint32(fromZone) << 24 | uint32(toZone) << 16 | 1, approver);
    }

    function restore(uint32, address, uint104, address) external pure {
        revert Counted();
    }

    function directTransfers(address, uint8, uint8) external pure returns (bool) {
        return false;
    }
}
