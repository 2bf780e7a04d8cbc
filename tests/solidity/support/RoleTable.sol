// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {Test} from "./ForgeStd.sol";

/// @notice Which functions there are, and who may call them at a bank, as its deployment sets it: `make build` exports
/// the one table there is.
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
}
