// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {CorridorPolicy} from "../../contracts/CorridorPolicy.sol";
import {ICorridorPolicy} from "../../contracts/interfaces/ICorridorPolicy.sol";
import {IDepositToken} from "../../contracts/interfaces/IDepositToken.sol";
import {Period} from "../../contracts/libraries/CalendarPeriod.sol";
import {SystemStatus} from "../../contracts/types/AccountSlot.sol";
import {Category} from "../../contracts/types/Participant.sol";
import {BankSystem} from "./BankSystem.sol";

/// @notice The contracts of the payment system as a token knows them: what they may do, and nobody else.
contract DepositTokenSystemAccountsTest is BankSystem {
    uint256 private constant BALANCE = 500_00;
    bytes4 private constant LEGAL = "LEGL";
    uint128 private constant PAYER_CUSTOMER = 1001;

    address private system;
    /// @dev Another contract.
    address private other;
    address private offMap = makeAddr("offMap");

    function setUp() public override {
        super.setUp();
        system = address(escrow);
        other = address(hkdBank.policy);
        _onboard(eurBank, offMap, Category.Retail, NOWHERE, 1010);
        _mint(eurBank, payer, BALANCE);
        _mint(eurBank, offMap, BALANCE);
    }

    /* LISTING */

    function test_activate_lists_a_contract() public {
        assertEq(uint8(eur.systemStatusOf(other)), uint8(SystemStatus.None));
        vm.expectEmit(address(eur));
        emit IDepositToken.SystemStatusSet(other, SystemStatus.Active);
        eur.activateSystemAccount(other);
        assertEq(uint8(eur.systemStatusOf(other)), uint8(SystemStatus.Active));
        assertTrue(eur.canSend(other));
        assertTrue(eur.canReceive(other));
    }

    function test_stop_ends_the_inflow_and_activate_takes_it_up_again() public {
        vm.expectEmit(address(eur));
        emit IDepositToken.SystemStatusSet(system, SystemStatus.OutflowOnly);
        eur.stopSystemAccount(system);
        assertEq(uint8(eur.systemStatusOf(system)), uint8(SystemStatus.OutflowOnly));
        assertTrue(eur.canSend(system));
        assertFalse(eur.canReceive(system));

        vm.expectEmit(address(eur));
        emit IDepositToken.SystemStatusSet(system, SystemStatus.Active);
        eur.activateSystemAccount(system);
        assertTrue(eur.canReceive(system));
    }

    function test_listing_keeps_the_balance() public {
        vm.etch(payer, hex"00");
        eur.activateSystemAccount(payer);
        eur.stopSystemAccount(payer);
        assertEq(eur.balanceOf(payer), BALANCE);
    }

    function test_activate_needs_a_contract_that_is_not_the_token() public {
        vm.expectRevert(abi.encodeWithSelector(IDepositToken.NoCode.selector, stranger));
        eur.activateSystemAccount(stranger);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, address(eur)));
        eur.activateSystemAccount(address(eur));
    }

    function test_listing_changes_something_or_fails() public {
        vm.expectRevert(
            abi.encodeWithSelector(IDepositToken.SystemStatusUnchanged.selector, system, SystemStatus.Active)
        );
        eur.activateSystemAccount(system);
        eur.stopSystemAccount(system);
        vm.expectRevert(
            abi.encodeWithSelector(IDepositToken.SystemStatusUnchanged.selector, system, SystemStatus.OutflowOnly)
        );
        eur.stopSystemAccount(system);
    }

    /// @dev Stopping an ordinary account would make it one that no review and no block reaches.
    function test_stop_reaches_system_accounts_only() public {
        vm.expectRevert(abi.encodeWithSelector(IDepositToken.NotSystemAccount.selector, payer, SystemStatus.None));
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
        bytes memory closed =
            abi.encodeWithSelector(IDepositToken.SystemAccountClosed.selector, system, payer, SystemStatus.Active);
        vm.prank(payer);
        vm.expectRevert(closed);
        eur.transfer(system, 1);
        assertFalse(eur.canTransfer(payer, system, 1));

        vm.prank(payer);
        eur.approve(stranger, 1);
        vm.expectRevert(
            abi.encodeWithSelector(IDepositToken.SystemAccountClosed.selector, system, stranger, SystemStatus.Active)
        );
        vm.prank(stranger);
        eur.transferFrom(payer, system, 1);

        // Nor one system account into another.
        eur.activateSystemAccount(other);
        _fill(100_00);
        vm.prank(system);
        vm.expectRevert(
            abi.encodeWithSelector(IDepositToken.SystemAccountClosed.selector, other, system, SystemStatus.Active)
        );
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
        vm.expectRevert(
            abi.encodeWithSelector(IDepositToken.SystemAccountClosed.selector, system, system, SystemStatus.OutflowOnly)
        );
        _pull(payer, 1);
    }

    function test_pull_needs_a_sender_in_good_standing_but_no_zone() public {
        vm.prank(offMap);
        eur.approve(system, 2);
        vm.expectCall(address(eurBank.registry), abi.encodeCall(eurBank.registry.zoneOf, (NOWHERE)), 0);
        _pull(offMap, 1);
        assertEq(eur.balanceOf(system), 1);

        eurBank.registry.blockWallet(offMap, LEGAL);
        vm.expectRevert(abi.encodeWithSelector(IDepositToken.ERC7943CannotSend.selector, offMap));
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
        vm.expectRevert(abi.encodeWithSelector(IDepositToken.ERC7943CannotReceive.selector, neighbour));
        vm.prank(system);
        eur.transfer(neighbour, 1);
    }

    function test_block_in_the_registry_does_not_reach_a_system_account() public {
        _fill(100_00);
        eurBank.registry.register(system, Category.Institution, GERMANY, REVIEWED_UNTIL, 1011);
        eurBank.registry.blockWallet(system, LEGAL);
        vm.prank(system);
        assertTrue(eur.transfer(payer, 1));
    }

    /* QUOTA */

    function test_consumeQuota_counts_and_names_the_approver() public {
        ICorridorPolicy.Corridor memory corridor = _corridor(Period.Year, YEARLY_QUOTA);
        corridor.approvalNeeded = true;
        eurBank.policy.setCorridor(address(eur), EEA, HK, corridor);
        vm.prank(system);
        (uint16 generation, uint32 quotaRef, address approver) =
            eur.consumeQuota(payer, address(hkd), merchant, 100_00, "GDDS");
        assertEq(generation, eur.policyGeneration());
        assertNotEq(quotaRef, 0);
        assertEq(approver, eurBank.approver);
        assertEq(_remaining(), YEARLY_QUOTA - 100_00);
    }

    function test_consumeQuota_takes_both_zones_from_this_banks_table() public {
        // The other bank's table says something else.
        hkdBank.registry.setZone(_countries(HONG_KONG, GERMANY), 77);
        vm.prank(system);
        eur.consumeQuota(payer, address(hkd), merchant, 100_00, "GDDS");
        assertEq(_remaining(), YEARLY_QUOTA - 100_00);

        eurBank.registry.setZone(_countries(HONG_KONG, HONG_KONG), 0);
        vm.expectRevert(abi.encodeWithSelector(ICorridorPolicy.CorridorClosed.selector, address(eur), EEA, 0));
        vm.prank(system);
        eur.consumeQuota(payer, address(hkd), merchant, 100_00, "GDDS");
    }

    function test_consumeQuota_within_one_token_knows_its_own_merchant() public {
        vm.prank(system);
        (, uint32 quotaRef, address approver) = eur.consumeQuota(payer, address(eur), neighbour, 100_00, "GDDS");
        assertEq(quotaRef, 0);
        assertEq(approver, address(0));
        vm.expectRevert(abi.encodeWithSelector(ICorridorPolicy.CorridorClosed.selector, address(eur), EEA, 0));
        vm.prank(system);
        eur.consumeQuota(payer, address(eur), offMap, 100_00, "GDDS");
    }

    function test_consumeQuota_fails_closed() public {
        eurBank.policy.setRecognised(address(hkd), false);
        vm.expectRevert(abi.encodeWithSelector(ICorridorPolicy.TokenNotRecognised.selector, address(hkd)));
        vm.prank(system);
        eur.consumeQuota(payer, address(hkd), merchant, 100_00, "GDDS");
    }

    function test_consumeQuota_is_for_active_system_accounts() public {
        _expectNotSystem(stranger, SystemStatus.None);
        vm.prank(stranger);
        eur.consumeQuota(payer, address(hkd), merchant, 100_00, "GDDS");

        eur.stopSystemAccount(system);
        _expectNotSystem(system, SystemStatus.OutflowOnly);
        vm.prank(system);
        eur.consumeQuota(payer, address(hkd), merchant, 100_00, "GDDS");
    }

    function test_restoreQuota_gives_back_also_when_stopped() public {
        vm.prank(system);
        (uint16 generation, uint32 quotaRef,) = eur.consumeQuota(payer, address(hkd), merchant, 100_00, "GDDS");
        eur.stopSystemAccount(system);
        vm.prank(system);
        eur.restoreQuota(payer, generation, quotaRef, 60_00);
        assertEq(_remaining(), YEARLY_QUOTA - 40_00);
    }

    function test_restoreQuota_is_for_system_accounts() public {
        vm.prank(system);
        (uint16 generation, uint32 quotaRef,) = eur.consumeQuota(payer, address(hkd), merchant, 100_00, "GDDS");
        _expectNotSystem(payer, SystemStatus.None);
        vm.prank(payer);
        eur.restoreQuota(payer, generation, quotaRef, 100_00);
    }

    function test_restoreQuota_does_nothing_once_the_policy_was_replaced() public {
        vm.prank(system);
        (uint16 generation, uint32 quotaRef,) = eur.consumeQuota(payer, address(hkd), merchant, 100_00, "GDDS");
        CorridorPolicy next = new CorridorPolicy(address(eurBank.manager));
        eur.setPolicy(address(next));
        vm.expectCall(address(next), "", 0);
        vm.expectCall(address(eurBank.policy), "", 0);
        vm.prank(system);
        eur.restoreQuota(payer, generation, quotaRef, 100_00);
    }

    /* PAYEES AND DEALERS */

    function test_requirePayee_lets_a_customer_in_good_standing_pass() public view {
        eur.requirePayee(system, neighbour);
        // The corridor is for `consumeQuota` to check.
        eur.requirePayee(system, offMap);
    }

    function test_requirePayee_asks_for_an_active_system_account() public {
        _expectNotSystem(stranger, SystemStatus.None);
        eur.requirePayee(stranger, neighbour);
        eur.stopSystemAccount(system);
        _expectNotSystem(system, SystemStatus.OutflowOnly);
        eur.requirePayee(system, neighbour);
    }

    function test_requirePayee_refuses_while_paused() public {
        eur.pause();
        vm.expectRevert(IDepositToken.TokenPaused.selector);
        eur.requirePayee(system, neighbour);
    }

    function test_requirePayee_refuses_system_accounts() public {
        vm.expectRevert(
            abi.encodeWithSelector(IDepositToken.SystemAccountClosed.selector, system, system, SystemStatus.Active)
        );
        eur.requirePayee(system, system);
    }

    function test_requirePayee_refuses_who_cannot_receive() public {
        eurBank.registry.register(address(eur), Category.Institution, GERMANY, REVIEWED_UNTIL, 1011);
        eurBank.registry.blockWallet(offMap, LEGAL);
        eurBank.registry.revoke(payer);
        address[5] memory payees = [address(0), address(eur), stranger, offMap, payer];
        for (uint256 i = 0; i < payees.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IDepositToken.ERC7943CannotReceive.selector, payees[i]));
            eur.requirePayee(system, payees[i]);
        }
        vm.warp(REVIEWED_UNTIL);
        vm.expectRevert(abi.encodeWithSelector(IDepositToken.ERC7943CannotReceive.selector, neighbour));
        eur.requirePayee(system, neighbour);
    }

    function test_requireDealer_lets_a_dealer_in_good_standing_pass() public {
        eur.requireDealer(dealer);
        eur.pause();
        eur.requireDealer(dealer);
    }

    function test_requireDealer_refuses_everybody_else() public {
        _expectNotDealer(payer, REVIEWED_UNTIL, Category.Retail);
        eur.requireDealer(payer);
        _expectNotDealer(feeReceiver, REVIEWED_UNTIL, Category.Institution);
        eur.requireDealer(feeReceiver);
        _expectNotDealer(stranger, 0, Category.Retail);
        eur.requireDealer(stranger);
        _expectNotDealer(system, 0, Category.Retail);
        eur.requireDealer(system);
    }

    function test_requireDealer_refuses_a_dealer_that_is_lapsed_blocked_or_revoked() public {
        eur.sync(dealer);
        uint256 state = vm.snapshotState();
        vm.warp(REVIEWED_UNTIL);
        _expectNotDealer(dealer, REVIEWED_UNTIL, Category.Dealer);
        eur.requireDealer(dealer);
        vm.revertToState(state);

        eurBank.registry.blockWallet(dealer, LEGAL);
        _expectNotDealer(dealer, 0, Category.Dealer);
        eur.requireDealer(dealer);
        vm.revertToState(state);

        eurBank.registry.blockCustomer(1003, LEGAL);
        _expectNotDealer(dealer, 0, Category.Dealer);
        eur.requireDealer(dealer);
        vm.revertToState(state);

        eurBank.registry.revoke(dealer);
        _expectNotDealer(dealer, 0, Category.Dealer);
        eur.requireDealer(dealer);
        _onboard(eurBank, dealer, Category.Retail, GERMANY, 1003);
        _expectNotDealer(dealer, REVIEWED_UNTIL, Category.Retail);
        eur.requireDealer(dealer);
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

    function _remaining() private view returns (uint104) {
        return eurBank.policy.remainingQuota(address(eur), EEA, HK, PAYER_CUSTOMER);
    }

    function _expectNotSystem(address account, SystemStatus status) private {
        vm.expectRevert(abi.encodeWithSelector(IDepositToken.NotSystemAccount.selector, account, status));
    }

    function _expectNotDealer(address account, uint40 validUntil, Category category) private {
        vm.expectRevert(abi.encodeWithSelector(IDepositToken.NotDealer.selector, account, validUntil, category));
    }
}
