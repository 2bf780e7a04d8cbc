// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../Words.sol";

// What a bank's access manager, timelocks and keeper revert with, as a test expects it: each error by its name, without
// the standard's number.

function accessControlUnauthorizedAccount(address account, bytes32 neededRole) pure returns (bytes memory) {
    return abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, account, neededRole);
}

function accessManagedInvalidAuthority(address authority) pure returns (bytes memory) {
    return abi.encodeWithSelector(IAccessManaged.AccessManagedInvalidAuthority.selector, authority);
}

function accessManagedUnauthorized(address caller) pure returns (bytes memory) {
    return abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, caller);
}

function accessManagerExpired(bytes32 operationId) pure returns (bytes memory) {
    return abi.encodeWithSelector(IAccessManager.AccessManagerExpired.selector, operationId);
}

function accessManagerLockedFunction(bytes4 selector) pure returns (bytes memory) {
    return abi.encodeWithSelector(IAccessManager.AccessManagerLockedFunction.selector, selector);
}

function accessManagerLockedRole(uint64 roleId) pure returns (bytes memory) {
    return abi.encodeWithSelector(IAccessManager.AccessManagerLockedRole.selector, roleId);
}

function accessManagerNotReady(bytes32 operationId) pure returns (bytes memory) {
    return abi.encodeWithSelector(IAccessManager.AccessManagerNotReady.selector, operationId);
}

function accessManagerNotScheduled(bytes32 operationId) pure returns (bytes memory) {
    return abi.encodeWithSelector(IAccessManager.AccessManagerNotScheduled.selector, operationId);
}

function accessManagerUnauthorizedAccount(address msgsender, uint64 roleId) pure returns (bytes memory) {
    return abi.encodeWithSelector(IAccessManager.AccessManagerUnauthorizedAccount.selector, msgsender, roleId);
}

function accessManagerUnauthorizedCall(address caller, address target, bytes4 selector) pure returns (bytes memory) {
    return abi.encodeWithSelector(IAccessManager.AccessManagerUnauthorizedCall.selector, caller, target, selector);
}

function delayFollowsBank(uint256 found, uint256 allowed) pure returns (bytes memory) {
    return abi.encodeWithSelector(IRecoveryTimelock.DelayFollowsBank.selector, found, allowed);
}

function delayOutsideBounds(uint256 found, uint256 least, uint256 greatest) pure returns (bytes memory) {
    return abi.encodeWithSelector(IBankTimelock.DelayOutsideBounds.selector, found, least, greatest);
}

function enforcerDelayOutsideBounds(uint32 found, uint32 least, uint32 greatest) pure returns (bytes memory) {
    return abi.encodeWithSelector(IRoleKeeper.EnforcerDelayOutsideBounds.selector, found, least, greatest);
}

function notProposer(address account) pure returns (bytes memory) {
    return abi.encodeWithSelector(IRoleKeeper.NotProposer.selector, account);
}

function notWorkingRole(uint64 found) pure returns (bytes memory) {
    return abi.encodeWithSelector(IRoleKeeper.NotWorkingRole.selector, found);
}

function timelockInsufficientDelay(uint256 delay, uint256 minDelay) pure returns (bytes memory) {
    return abi.encodeWithSelector(TimelockController.TimelockInsufficientDelay.selector, delay, minDelay);
}

function timelockUnauthorizedCaller(address caller) pure returns (bytes memory) {
    return abi.encodeWithSelector(TimelockController.TimelockUnauthorizedCaller.selector, caller);
}

function timelockUnexpectedOperationState(bytes32 id, bytes32 expected) pure returns (bytes memory) {
    return abi.encodeWithSelector(TimelockController.TimelockUnexpectedOperationState.selector, id, expected);
}
