// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/BankSystem.sol";
import {RoleTable} from "../support/RoleTable.sol";

/// @notice Who may call what of a policy.
contract PolicyRolesTest is BankSystem, RoleTable {
    function test_each_restricted_function_has_its_own_role() public {
        assertEq(_assertEachRoleOpensOneFunction(eurBank.manager, address(eurBank.policy), "CorridorPolicy"), 7);
    }
}
