// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "./ForgeStd.sol";

/// @notice Makes calls as somebody, and shows that they are refused by name, or done.
/// @dev What the call is made of is worked out before the prank, so it may ask contracts.
abstract contract Refusals is Test {
    function _refused(address caller, address target, bytes memory call, bytes memory reason) internal {
        _refused(caller, target, call, reason, vm.toString(call));
    }

    /// @param row Which case of a table it is.
    function _refused(address caller, address target, bytes memory call, bytes memory reason, string memory row)
        internal
    {
        vm.prank(caller);
        (bool success, bytes memory answer) = target.call(call);
        assertFalse(success, row);
        assertEq(answer, reason, row);
    }

    function _done(address caller, address target, bytes memory call) internal returns (bytes memory answer) {
        bool success;
        vm.prank(caller);
        (success, answer) = target.call(call);
        assertTrue(success, string.concat(vm.toString(call), " reverts with ", vm.toString(answer)));
    }
}
