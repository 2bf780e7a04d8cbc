// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";

/// @notice New code for a token whose author has put a field before the others: what lay in a slot is read in the next.
contract ShiftedToken is UUPSUpgradeable {
    struct ShiftedStorage {
        uint256 added;
        uint256 registryAndEpochs;
        uint256 policyAndCurrency;
        uint128 supply;
        uint128 supplyCap;
        mapping(address account => uint256) accounts;
    }

    bytes32 private constant STORAGE_LOCATION = 0x358f066af1ad54fbda2b5a39654ca8e0b44e4e791acc73172153aba47853c000;

    function registry() external view returns (address) {
        return address(uint160(_storage().registryAndEpochs));
    }

    function totalSupply() external view returns (uint256) {
        return _storage().supply;
    }

    function balanceOf(address account) external view returns (uint256) {
        return uint128(_storage().accounts[account]);
    }

    function _authorizeUpgrade(address) internal override {}

    function _storage() private pure returns (ShiftedStorage storage $) {
        assembly ("memory-safe") {
            $.slot := STORAGE_LOCATION
        }
    }
}
