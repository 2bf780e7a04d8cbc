// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

import {IBankTimelock} from "../../../../contracts/interfaces/IBankTimelock.sol";
import {IRecoveryTimelock} from "../../../../contracts/interfaces/IRecoveryTimelock.sol";
import {IRoleKeeper} from "../../../../contracts/interfaces/IRoleKeeper.sol";

/// @notice What a bank's access manager, timelocks and keeper reverts with, as a test expects it: each error by its name, without the standard's number.
library GovernanceReverts {
    function accessControlUnauthorizedAccount(address account, bytes32 neededRole)
        internal
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, account, neededRole);
    }

    function accessManagedInvalidAuthority(address authority) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IAccessManaged.AccessManagedInvalidAuthority.selector, authority);
    }

    function accessManagedUnauthorized(address caller) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, caller);
    }

    function accessManagerExpired(bytes32 operationId) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IAccessManager.AccessManagerExpired.selector, operationId);
    }

    function accessManagerLockedFunction(bytes4 selector) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IAccessManager.AccessManagerLockedFunction.selector, selector);
    }

    function accessManagerLockedRole(uint64 roleId) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IAccessManager.AccessManagerLockedRole.selector, roleId);
    }

    function accessManagerNotReady(bytes32 operationId) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IAccessManager.AccessManagerNotReady.selector, operationId);
    }

    function accessManagerNotScheduled(bytes32 operationId) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IAccessManager.AccessManagerNotScheduled.selector, operationId);
    }

    function accessManagerUnauthorizedAccount(address msgsender, uint64 roleId) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IAccessManager.AccessManagerUnauthorizedAccount.selector, msgsender, roleId);
    }

    function accessManagerUnauthorizedCall(address caller, address target, bytes4 selector)
        internal
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(IAccessManager.AccessManagerUnauthorizedCall.selector, caller, target, selector);
    }

    function delayFollowsBank(uint256 found, uint256 allowed) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IRecoveryTimelock.DelayFollowsBank.selector, found, allowed);
    }

    function delayOutsideBounds(uint256 found, uint256 least, uint256 greatest) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IBankTimelock.DelayOutsideBounds.selector, found, least, greatest);
    }

    function enforcerDelayOutsideBounds(uint32 found, uint32 least, uint32 greatest)
        internal
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(IRoleKeeper.EnforcerDelayOutsideBounds.selector, found, least, greatest);
    }

    function notProposer(address account) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IRoleKeeper.NotProposer.selector, account);
    }

    function notWorkingRole(uint64 found) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IRoleKeeper.NotWorkingRole.selector, found);
    }

    function timelockInsufficientDelay(uint256 delay, uint256 minDelay) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(TimelockController.TimelockInsufficientDelay.selector, delay, minDelay);
    }

    function timelockUnauthorizedCaller(address caller) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(TimelockController.TimelockUnauthorizedCaller.selector, caller);
    }

    function timelockUnexpectedOperationState(bytes32 operationId, bytes32 expectedStates)
        internal
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(
            TimelockController.TimelockUnexpectedOperationState.selector, operationId, expectedStates
        );
    }
}
