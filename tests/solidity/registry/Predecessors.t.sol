// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/BankSystem.sol";

/// @notice What may stand before a registry, and who claims a ledger there.
contract PredecessorsTest is BankSystem {
    function test_a_predecessor_is_a_contract() public {
        _refuse(stranger, RegistryReverts.noCode(stranger));
    }

    function test_sixteen_may_stand_before_and_no_more() public {
        IAllowlistRegistry former = eurBank.registry;
        bytes memory depth = abi.encodeCall(IAllowlistRegistry.DEPTH, ());
        vm.mockCall(address(former), depth, abi.encode(MAX_PREDECESSORS - 1));
        assertEq(_newAllowlistRegistry(address(eurBank.manager), former).DEPTH(), MAX_PREDECESSORS);
        vm.mockCall(address(former), depth, abi.encode(MAX_PREDECESSORS));
        _refuse(address(former), RegistryReverts.tooManyPredecessors(MAX_PREDECESSORS));
    }

    function test_only_a_subscriber_claims_a_ledger() public {
        vm.expectRevert(RegistryReverts.notSubscriber(stranger));
        vm.prank(stranger);
        eurBank.registry.claimLedger(1);
        assertEq(eurBank.registry.tokenOfLedger(1), address(0));
    }

    function _refuse(address predecessor, bytes memory refusal) private {
        vm.expectRevert(refusal);
        deployCode("AllowlistRegistry.sol:AllowlistRegistry", abi.encode(eurBank.manager, predecessor));
    }
}
