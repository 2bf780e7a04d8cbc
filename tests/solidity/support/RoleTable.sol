// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {Test} from "./ForgeStd.sol";

/// @notice Who may call which function at a bank, as its deployment sets it: `make build` exports the one table there is.
abstract contract RoleTable is Test {
    /// @dev Gives each function of a contract of this name that is not ADMIN's to its role, as the calling ADMIN.
    function _openFunctions(IAccessManager manager, string memory name, address target) internal {
        string memory table = vm.readFile("out/roles.json");
        bytes32[] memory selectors = vm.parseJsonBytes32Array(table, string.concat(".", name, ".selectors"));
        uint256[] memory roles = vm.parseJsonUintArray(table, string.concat(".", name, ".roles"));
        assertEq(selectors.length, roles.length);
        assertGt(roles.length, 0);
        bytes4[] memory selector = new bytes4[](1);
        for (uint256 i = 0; i < roles.length; ++i) {
            selector[0] = bytes4(selectors[i]);
            manager.setTargetFunctionRole(target, selector, uint64(roles[i]));
        }
    }
}
