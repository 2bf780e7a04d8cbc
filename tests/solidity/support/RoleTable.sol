// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {Test} from "./ForgeStd.sol";
import "./reverts/GovernanceReverts.sol" as GovernanceReverts;

/// @notice Which functions there are, and whether a contract's restricted ones are each opened by their own role, and
/// by nothing else.
abstract contract RoleTable is Test {
    /// @dev Of all functions of the contract of this name.
    function _selectors(string memory name) internal view returns (bytes4[] memory selectors) {
        string memory artifact = vm.readFile(string.concat("out/", name, ".sol/", name, ".json"));
        string[] memory functions = vm.parseJsonKeys(artifact, ".methodIdentifiers");
        selectors = new bytes4[](functions.length);
        for (uint256 i = 0; i < functions.length; ++i) {
            string memory key = string.concat(".methodIdentifiers['", functions[i], "']");
            selectors[i] = bytes4(vm.parseBytes(vm.parseJsonString(artifact, key)));
        }
    }

    /// @dev Gives each function that is refused to somebody without a role to a role of its own with one member, and
    /// has every member call each of them. Tells how many there are, but for `setAuthority`, which is the manager's.
    function _assertEachRoleOpensOneFunction(IAccessManager manager, address target, string memory name)
        internal
        returns (uint256 count)
    {
        bytes4[] memory selectors = _selectors(name);
        for (uint256 i = 0; i < selectors.length; ++i) {
            bool restricted = _isRefused(makeAddr("nobody"), target, selectors[i]);
            if (restricted && selectors[i] != IAccessManaged.setAuthority.selector) selectors[count++] = selectors[i];
        }
        bytes4[] memory selector = new bytes4[](1);
        for (uint256 i = 0; i < count; ++i) {
            selector[0] = selectors[i];
            manager.setTargetFunctionRole(target, selector, uint64(i + 1));
            manager.grantRole(uint64(i + 1), _member(i), 0);
        }
        for (uint256 m = 0; m < count; ++m) {
            for (uint256 i = 0; i < count; ++i) {
                string memory row = string.concat(vm.toString(selectors[i]), " by member ", vm.toString(m));
                assertEq(_isRefused(_member(m), target, selectors[i]), m != i, row);
            }
        }
    }

    /// @dev For the caller's role, whatever is said of the arguments, which are zeros.
    function _isRefused(address caller, address target, bytes4 selector) private returns (bool) {
        uint256 state = vm.snapshotState();
        vm.prank(caller);
        (, bytes memory answer) = target.call(bytes.concat(selector, new bytes(512)));
        vm.revertToState(state);
        return keccak256(answer) == keccak256(GovernanceReverts.accessManagedUnauthorized(caller));
    }

    function _member(uint256 index) private returns (address) {
        return makeAddr(string.concat("member ", vm.toString(index)));
    }
}
