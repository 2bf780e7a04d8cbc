// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "./ForgeStd.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import "./reverts/GovernanceReverts.sol" as GovernanceReverts;

/// @notice Shows that a contract's restricted functions are each opened by their own role, and by nothing else.
abstract contract RoleMatrix is Test {
    /// @dev Gives each call's function to a role of its own with one member, then has every member, and somebody
    /// without any role, make every call. The calls must succeed when allowed.
    function _assertEachRoleOpensOneFunction(IAccessManager manager, address target, bytes[] memory calls) internal {
        for (uint256 i = 0; i < calls.length; ++i) {
            bytes4[] memory selectors = new bytes4[](1);
            selectors[0] = bytes4(calls[i]);
            manager.setTargetFunctionRole(target, selectors, uint64(i + 1));
            manager.grantRole(uint64(i + 1), _member(i), 0);
        }
        uint256 state = vm.snapshotState();
        for (uint256 m = 0; m <= calls.length; ++m) {
            for (uint256 i = 0; i < calls.length; ++i) {
                vm.prank(_member(m));
                (bool success, bytes memory result) = target.call(calls[i]);
                assertEq(success, m == i, string.concat("call ", vm.toString(i), " by member ", vm.toString(m)));
                if (!success) {
                    assertEq(result, GovernanceReverts.accessManagedUnauthorized(_member(m)));
                }
                vm.revertToState(state);
            }
        }
    }

    function _member(uint256 index) private returns (address) {
        return makeAddr(string.concat("member ", vm.toString(index)));
    }
}
