// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "../support/ForgeStd.sol";
import {System} from "./System.sol";

/// @notice Random histories of the whole system. The contracts must agree with the test's own books all along, and at
/// the end of a history each of their functions must have been reached.
/// forge-config: default.invariant.depth = 2000
/// forge-config: default.invariant.check-interval = 10
/// forge-config: default.invariant.dictionary-weight = 0
/// forge-config: default.invariant.fail-on-revert = true
/// forge-config: default.invariant.shrink-run-limit = 50
contract InvariantsTest is Test {
    System private system;

    function setUp() public {
        system = new System();
        targetContract(address(system));
    }

    function invariant_contracts_agree_with_the_books() public view {
        system.assertMoney();
        system.assertEntries();
        system.assertRoles();
    }

    function afterInvariant() public {
        invariant_contracts_agree_with_the_books();
        system.assertPayments();
        system.assertRedemptions();
        (string memory table, string memory shortfall) = system.coverage();
        emit log(table);
        uint256 depth = _configuredDepth();
        assertLe(system.acts(), depth, "acts in a history");
        // A failing history that is being shrunk is shorter and need not reach everything.
        if (system.acts() == depth) assertEq(shortfall, "", "never called, or too seldom with success");
    }

    /// @dev The depth that stands above, which the compiler has kept with this contract's documentation.
    function _configuredDepth() private view returns (uint256) {
        string memory artifact = vm.readFile("out/Invariants.t.sol/InvariantsTest.json");
        string memory documentation =
            vm.parseJsonString(vm.parseJsonString(artifact, ".rawMetadata"), ".output.userdoc.notice");
        string memory rest = vm.split(documentation, "default.invariant.depth = ")[1];
        return vm.parseUint(vm.split(rest, " ")[0]);
    }
}
