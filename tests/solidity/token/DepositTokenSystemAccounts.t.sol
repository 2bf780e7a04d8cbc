// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/BankSystem.sol";
import {MuteContract} from "../support/mocks/MuteContract.sol";

/// @notice The contracts of the payment system as a token knows them: what they may do, and nobody else.
contract DepositTokenSystemAccountsTest is BankSystem {
    uint256 private constant BALANCE = 500_00;
    bytes4 private constant LEGAL = "LEGL";

    address private system;
    /// @dev Another contract.
    address private other;
    address private offMap = makeAddr("offMap");

    function setUp() public override {
        super.setUp();
        system = address(escrow);
        other = address(_newSettlementEscrow());
        _onboard(eurBank, offMap, CustomerCategory.Retail, NOWHERE, 1010);
        _mint(eurBank, payer, BALANCE);
        _mint(eurBank, offMap, BALANCE);
    }

    /* LISTING */

    function test_activate_lists_a_contract() public {
        assertEq(uint8(eur.systemStatusOf(other)), uint8(SystemStatus.None));
        vm.expectEmit(address(eur));
        emit IDepositTokenExt.SystemStatusSet(other, SystemStatus.Active);
        eur.activateSystemAccount(other);
        assertEq(uint8(eur.systemStatusOf(other)), uint8(SystemStatus.Active));
        assertTrue(eur.canSend(other));
        assertTrue(eur.canReceive(other));
    }

    function test_stop_ends_the_inflow_and_activate_takes_it_up_again() public {
        vm.expectEmit(address(eur));
        emit IDepositTokenExt.SystemStatusSet(system, SystemStatus.OutflowOnly);
        eur.stopSystemAccount(system);
        assertEq(uint8(eur.systemStatusOf(system)), uint8(SystemStatus.OutflowOnly));
        assertTrue(eur.canSend(system));
        assertFalse(eur.canReceive(system));

        vm.expectEmit(address(eur));
        emit IDepositTokenExt.SystemStatusSet(system, SystemStatus.Active);
        eur.activateSystemAccount(system);
        assertTrue(eur.canReceive(system));
    }

    function test_listing_keeps_the_balance() public {
        vm.etch(payer, system.code);
        eur.activateSystemAccount(payer);
        eur.stopSystemAccount(payer);
        assertEq(eur.balanceOf(payer), BALANCE);
    }

    function test_activate_needs_a_contract_that_answers_as_one() public {
        address[5] memory others = [
            stranger, address(0), address(hkdBank.policy), address(new MuteContract(0)), address(new MuteContract(31))
        ];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(TokenReverts.noAnswer(others[i], ISettlementEscrow.claimableOf.selector));
            eur.activateSystemAccount(others[i]);
        }
        vm.expectRevert(TokenReverts.invalidReceiver(address(eur)));
        eur.activateSystemAccount(address(eur));
    }

    /// @dev What is diverted to it could be claimed by nobody else.
    function test_suspense_account_becomes_no_system_account() public {
        vm.etch(neighbour, system.code);
        eur.setSuspenseAccount(neighbour);
        vm.expectRevert(TokenReverts.invalidSuspenseAccount(neighbour));
        eur.activateSystemAccount(neighbour);
        eur.setSuspenseAccount(address(0));
        eur.activateSystemAccount(neighbour);
        assertEq(uint8(eur.systemStatusOf(neighbour)), uint8(SystemStatus.Active));
    }

    function test_listing_changes_something_or_fails() public {
        vm.expectRevert(TokenReverts.systemStatusUnchanged(system, SystemStatus.Active));
        eur.activateSystemAccount(system);
        eur.stopSystemAccount(system);
        vm.expectRevert(TokenReverts.systemStatusUnchanged(system, SystemStatus.OutflowOnly));
        eur.stopSystemAccount(system);
    }

    /// @dev Stopping an ordinary account would make it one that no review and no block reaches.
    function test_stop_reaches_system_accounts_only() public {
        vm.expectRevert(TokenReverts.notSystemAccount(payer, SystemStatus.None));
        eur.stopSystemAccount(payer);
    }

    /* INFLOW */

    function test_system_account_pulls() public {
        vm.prank(payer);
        eur.approve(system, 100_00);
        vm.expectEmit(address(eur));
        emit IERC20.Transfer(payer, system, 100_00);
        _pull(payer, 100_00);
        assertEq(eur.balanceOf(system), 100_00);
    }

    function test_nobody_else_moves_tokens_into_it() public {
        bytes memory closed = TokenReverts.systemAccountClosed(system, payer, SystemStatus.Active);
        vm.prank(payer);
        vm.expectRevert(closed);
        eur.transfer(system, 1);
        assertFalse(eur.canTransfer(payer, system, 1));

        vm.prank(payer);
        eur.approve(stranger, 1);
        vm.expectRevert(TokenReverts.systemAccountClosed(system, stranger, SystemStatus.Active));
        vm.prank(stranger);
        eur.transferFrom(payer, system, 1);

        // Nor one system account into another.
        eur.activateSystemAccount(other);
        _fill(100_00);
        vm.prank(system);
        vm.expectRevert(TokenReverts.systemAccountClosed(other, system, SystemStatus.Active));
        eur.transfer(other, 1);
    }

    function test_one_system_account_may_pull_from_another() public {
        eur.activateSystemAccount(other);
        _fill(100_00);
        vm.prank(system);
        eur.approve(other, 40_00);
        vm.prank(other);
        assertTrue(eur.transferFrom(system, other, 40_00));
        assertEq(eur.balanceOf(other), 40_00);
    }

    function test_stopped_system_account_pulls_no_more() public {
        eur.stopSystemAccount(system);
        vm.prank(payer);
        eur.approve(system, 1);
        vm.expectRevert(TokenReverts.systemAccountClosed(system, system, SystemStatus.OutflowOnly));
        _pull(payer, 1);
    }

    function test_pull_needs_a_sender_in_good_standing_but_no_zone() public {
        vm.prank(offMap);
        eur.approve(system, 2);
        vm.expectCall(address(eurBank.registry), abi.encodeCall(eurBank.registry.zoneOf, (NOWHERE)), 0);
        _pull(offMap, 1);
        assertEq(eur.balanceOf(system), 1);

        eurBank.registry.blockWallet(offMap, LEGAL);
        vm.expectRevert(TokenReverts.cannotSend(offMap));
        _pull(offMap, 1);
    }

    /* OUTFLOW */

    function test_outflow_is_free_of_zones_and_goes_on_when_stopped() public {
        _fill(100_00);
        eur.stopSystemAccount(system);
        vm.startPrank(system);
        assertTrue(eur.transfer(offMap, 10_00));
        assertTrue(eur.transfer(neighbour, 10_00));
        vm.stopPrank();
        assertEq(eur.balanceOf(offMap), BALANCE + 10_00);
        assertEq(eur.balanceOf(neighbour), 10_00);
    }

    function test_outflow_needs_a_receiver_in_good_standing() public {
        _fill(100_00);
        eurBank.registry.blockWallet(neighbour, LEGAL);
        assertFalse(eur.canTransfer(system, neighbour, 1));
        vm.expectRevert(TokenReverts.cannotReceive(neighbour));
        vm.prank(system);
        eur.transfer(neighbour, 1);
    }

    function test_block_in_the_registry_does_not_reach_a_system_account() public {
        _fill(100_00);
        eurBank.registry.register(system, CustomerCategory.Institution, GERMANY, REVIEWED_UNTIL, 1011);
        eurBank.registry.blockWallet(system, LEGAL);
        vm.prank(system);
        assertTrue(eur.transfer(payer, 1));
    }

    /* HELPERS */

    function _pull(address from, uint256 amount) private {
        vm.prank(system);
        eur.transferFrom(from, system, amount);
    }

    function _fill(uint256 amount) private {
        vm.prank(payer);
        eur.approve(system, amount);
        _pull(payer, amount);
    }
}
