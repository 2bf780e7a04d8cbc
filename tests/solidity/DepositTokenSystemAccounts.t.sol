// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC3009} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IBackOffice} from "../../contracts/interfaces/IBackOffice.sol";
import {ICorridorPolicy} from "../../contracts/interfaces/ICorridorPolicy.sol";
import {IERC7943Fungible} from "../../contracts/interfaces/IERC7943.sol";
import {IFrontOffice} from "../../contracts/interfaces/IFrontOffice.sol";
import {ITokenLedger} from "../../contracts/interfaces/ITokenLedger.sol";
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
        emit IBackOffice.SystemStatusSet(other, SystemStatus.Active);
        eur.activateSystemAccount(other);
        assertEq(uint8(eur.systemStatusOf(other)), uint8(SystemStatus.Active));
        assertTrue(eur.canSend(other));
        assertTrue(eur.canReceive(other));
    }

    function test_stop_ends_the_inflow_and_activate_takes_it_up_again() public {
        vm.expectEmit(address(eur));
        emit IBackOffice.SystemStatusSet(system, SystemStatus.OutflowOnly);
        eur.stopSystemAccount(system);
        assertEq(uint8(eur.systemStatusOf(system)), uint8(SystemStatus.OutflowOnly));
        assertTrue(eur.canSend(system));
        assertFalse(eur.canReceive(system));

        vm.expectEmit(address(eur));
        emit IBackOffice.SystemStatusSet(system, SystemStatus.Active);
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
        vm.expectRevert(abi.encodeWithSelector(ITokenLedger.NoCode.selector, stranger));
        eur.activateSystemAccount(stranger);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, address(eur)));
        eur.activateSystemAccount(address(eur));
    }

    function test_listing_changes_something_or_fails() public {
        vm.expectRevert(abi.encodeWithSelector(IBackOffice.SystemStatusUnchanged.selector, system, SystemStatus.Active));
        eur.activateSystemAccount(system);
        eur.stopSystemAccount(system);
        vm.expectRevert(
            abi.encodeWithSelector(IBackOffice.SystemStatusUnchanged.selector, system, SystemStatus.OutflowOnly)
        );
        eur.stopSystemAccount(system);
    }

    /// @dev Stopping an ordinary account would make it one that no review and no block reaches.
    function test_stop_reaches_system_accounts_only() public {
        vm.expectRevert(abi.encodeWithSelector(ITokenLedger.NotSystemAccount.selector, payer, SystemStatus.None));
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
            abi.encodeWithSelector(ITokenLedger.SystemAccountClosed.selector, system, payer, SystemStatus.Active);
        vm.prank(payer);
        vm.expectRevert(closed);
        eur.transfer(system, 1);
        assertFalse(eur.canTransfer(payer, system, 1));

        vm.prank(payer);
        eur.approve(stranger, 1);
        vm.expectRevert(
            abi.encodeWithSelector(ITokenLedger.SystemAccountClosed.selector, system, stranger, SystemStatus.Active)
        );
        vm.prank(stranger);
        eur.transferFrom(payer, system, 1);

        // Nor one system account into another.
        eur.activateSystemAccount(other);
        _fill(100_00);
        vm.prank(system);
        vm.expectRevert(
            abi.encodeWithSelector(ITokenLedger.SystemAccountClosed.selector, other, system, SystemStatus.Active)
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
            abi.encodeWithSelector(ITokenLedger.SystemAccountClosed.selector, system, system, SystemStatus.OutflowOnly)
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
        vm.expectRevert(abi.encodeWithSelector(IERC7943Fungible.ERC7943CannotSend.selector, offMap));
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
        vm.expectRevert(abi.encodeWithSelector(IERC7943Fungible.ERC7943CannotReceive.selector, neighbour));
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

    /* PAYMENTS */

    function test_openPayment_moves_the_money_and_counts_it() public {
        bytes32 id = keccak256("payment");
        bytes memory signature = _signed(id);
        vm.expectEmit(address(eur));
        emit IERC3009.AuthorizationUsed(payer, id);
        vm.expectEmit(address(eur));
        emit IERC20.Transfer(payer, system, 100_00);
        vm.prank(system);
        (uint16 generation, uint32 quotaRef, address approver) = _open(address(hkd), merchant, HONG_KONG, id, signature);
        assertEq(generation, eur.policyGeneration());
        assertNotEq(quotaRef, 0);
        assertEq(approver, address(0));
        assertEq(eur.balanceOf(system), 100_00);
        assertEq(eur.balanceOf(payer), BALANCE - 100_00);
        assertTrue(eur.authorizationState(payer, id));
        assertEq(_remaining(), YEARLY_QUOTA - 100_00);
    }

    function test_openPayment_names_the_approver() public {
        ICorridorPolicy.Corridor memory corridor = _corridor(Period.Year, YEARLY_QUOTA);
        corridor.approvalNeeded = true;
        eurBank.policy.setCorridor(address(eur), EEA, HK, corridor);
        (,, address approver) = _openAbroad("payment");
        assertEq(approver, eurBank.approver);
    }

    function test_openPayment_takes_both_zones_from_this_banks_table() public {
        // The other bank's table says something else.
        hkdBank.registry.setZone(_countries(HONG_KONG, GERMANY), 77);
        _openAbroad("payment");
        assertEq(_remaining(), YEARLY_QUOTA - 100_00);

        eurBank.registry.setZone(_countries(HONG_KONG, HONG_KONG), 0);
        _expectRefused(
            address(hkd),
            merchant,
            HONG_KONG,
            abi.encodeWithSelector(ICorridorPolicy.CorridorClosed.selector, address(eur), EEA, 0)
        );
    }

    /// @dev Whatever country it is told.
    function test_openPayment_within_one_token_knows_its_own_merchant() public {
        bytes memory signature = _signed("payment");
        vm.prank(system);
        (, uint32 quotaRef, address approver) = _open(address(eur), neighbour, HONG_KONG, "payment", signature);
        assertEq(quotaRef, 0);
        assertEq(approver, address(0));
        _expectRefused(
            address(eur),
            offMap,
            FRANCE,
            abi.encodeWithSelector(ICorridorPolicy.CorridorClosed.selector, address(eur), EEA, 0)
        );
    }

    function test_openPayment_within_one_token_refuses_a_merchant_that_cannot_be_paid() public {
        _expectRefused(
            address(eur),
            stranger,
            FRANCE,
            abi.encodeWithSelector(IERC7943Fungible.ERC7943CannotReceive.selector, stranger)
        );
        _expectRefused(
            address(eur),
            system,
            FRANCE,
            abi.encodeWithSelector(ITokenLedger.SystemAccountClosed.selector, system, system, SystemStatus.Active)
        );
        eur.pause();
        _expectRefused(address(eur), neighbour, FRANCE, abi.encodeWithSelector(ITokenLedger.TokenPaused.selector));
    }

    function test_openPayment_takes_only_a_dealer_in_good_standing() public {
        bytes memory signature = _signed("payment");
        address[2] memory others = [neighbour, stranger];
        for (uint256 i = 0; i < others.length; ++i) {
            _expectNotDealer(others[i], others[i] == neighbour ? REVIEWED_UNTIL : 0, Category.Retail);
            vm.prank(system);
            _openWith(others[i], signature);
        }
        vm.prank(system);
        _openWith(dealer, signature);
        assertEq(eur.balanceOf(system), 100_00);
    }

    function test_openPayment_fails_closed() public {
        eurBank.policy.stopCorridor(address(eur), EEA, HK);
        _expectRefused(
            address(hkd),
            merchant,
            HONG_KONG,
            abi.encodeWithSelector(ICorridorPolicy.CorridorIsSuspended.selector, eur, EEA, HK)
        );
    }

    function test_openPayment_needs_the_payers_consent_to_this_payment() public {
        bytes memory signature = _signed("payment");
        vm.startPrank(system);
        vm.expectRevert(IFrontOffice.ERC3009InvalidSignature.selector);
        _open(address(hkd), merchant, HONG_KONG, "another payment", signature);
        vm.expectRevert(IFrontOffice.ERC3009InvalidSignature.selector);
        _open(address(hkd), merchant, HONG_KONG, "payment", "");
        vm.warp(START + 1 hours);
        vm.expectRevert(
            abi.encodeWithSelector(IFrontOffice.ERC3009InvalidAuthorizationTime.selector, 0, START + 1 hours)
        );
        _open(address(hkd), merchant, HONG_KONG, "payment", signature);
        vm.warp(START + 1 hours - 1);
        _open(address(hkd), merchant, HONG_KONG, "payment", signature);
        vm.expectRevert(
            abi.encodeWithSelector(IFrontOffice.ERC3009UsedAuthorization.selector, payer, bytes32("payment"))
        );
        _open(address(hkd), merchant, HONG_KONG, "payment", signature);
        vm.stopPrank();
    }

    /// @dev The payer names the account that may pull.
    function test_openPayment_is_for_the_system_account_that_the_payer_names() public {
        eur.activateSystemAccount(other);
        bytes memory signature = _signed("payment");
        vm.expectRevert(IFrontOffice.ERC3009InvalidSignature.selector);
        vm.prank(other);
        _open(address(hkd), merchant, HONG_KONG, "payment", signature);
    }

    function test_openPayment_is_for_active_system_accounts() public {
        bytes memory signature = _signed("payment");
        _expectNotSystem(stranger, SystemStatus.None);
        vm.prank(stranger);
        _open(address(hkd), merchant, HONG_KONG, "payment", signature);

        eur.stopSystemAccount(system);
        _expectNotSystem(system, SystemStatus.OutflowOnly);
        vm.prank(system);
        _open(address(hkd), merchant, HONG_KONG, "payment", signature);
    }

    function test_restoreQuota_gives_back_also_when_stopped() public {
        (uint16 generation, uint32 quotaRef,) = _openAbroad("payment");
        eur.stopSystemAccount(system);
        vm.prank(system);
        eur.restoreQuota(generation, payer, quotaRef, 60_00);
        assertEq(_remaining(), YEARLY_QUOTA - 40_00);
    }

    function test_restoreQuota_is_for_system_accounts() public {
        (uint16 generation, uint32 quotaRef,) = _openAbroad("payment");
        _expectNotSystem(payer, SystemStatus.None);
        vm.prank(payer);
        eur.restoreQuota(generation, payer, quotaRef, 100_00);
    }

    function test_restoreQuota_does_nothing_once_the_policy_was_replaced() public {
        (uint16 generation, uint32 quotaRef,) = _openAbroad("payment");
        ICorridorPolicy next = _newCorridorPolicy(address(eurBank.manager));
        eur.setPolicy(address(next));
        vm.expectCall(address(next), "", 0);
        vm.expectCall(address(eurBank.policy), "", 0);
        vm.prank(system);
        eur.restoreQuota(generation, payer, quotaRef, 100_00);
    }

    /* PAYEES AND DEALERS */

    function test_requirePayee_names_the_country_of_a_customer_in_good_standing() public {
        vm.startPrank(system);
        assertEq(eur.requirePayee(neighbour, address(0)), FRANCE);
        assertEq(eur.requirePayee(neighbour, dealer), FRANCE);
        // The corridor is for `openPayment` to check.
        assertEq(eur.requirePayee(offMap, address(0)), NOWHERE);
    }

    function test_requirePayee_asks_for_an_active_system_account() public {
        _expectNotSystem(stranger, SystemStatus.None);
        vm.prank(stranger);
        eur.requirePayee(neighbour, address(0));
        eur.stopSystemAccount(system);
        _expectNotSystem(system, SystemStatus.OutflowOnly);
        vm.prank(system);
        eur.requirePayee(neighbour, address(0));
    }

    function test_requirePayee_refuses_while_paused() public {
        eur.pause();
        vm.expectRevert(ITokenLedger.TokenPaused.selector);
        vm.prank(system);
        eur.requirePayee(neighbour, address(0));
    }

    function test_requirePayee_refuses_system_accounts() public {
        vm.expectRevert(
            abi.encodeWithSelector(ITokenLedger.SystemAccountClosed.selector, system, system, SystemStatus.Active)
        );
        vm.prank(system);
        eur.requirePayee(system, address(0));
    }

    function test_requirePayee_refuses_who_cannot_receive() public {
        eurBank.registry.register(address(eur), Category.Institution, GERMANY, REVIEWED_UNTIL, 1011);
        eurBank.registry.blockWallet(offMap, LEGAL);
        eurBank.registry.revoke(payer);
        address[5] memory payees = [address(0), address(eur), stranger, offMap, payer];
        vm.startPrank(system);
        for (uint256 i = 0; i < payees.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IERC7943Fungible.ERC7943CannotReceive.selector, payees[i]));
            eur.requirePayee(payees[i], address(0));
        }
        vm.warp(REVIEWED_UNTIL);
        vm.expectRevert(abi.encodeWithSelector(IERC7943Fungible.ERC7943CannotReceive.selector, neighbour));
        eur.requirePayee(neighbour, address(0));
    }

    function test_requirePayee_refuses_a_dealer_that_is_none() public {
        vm.startPrank(system);
        _expectNotDealer(payer, REVIEWED_UNTIL, Category.Retail);
        eur.requirePayee(neighbour, payer);
        _expectNotDealer(stranger, 0, Category.Retail);
        eur.requirePayee(neighbour, stranger);
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

    /// @dev The payer's consent that the system account takes 100.00 for `id`, within the hour.
    function _signed(bytes32 id) private view returns (bytes memory) {
        return _receiveSignature(payerKey, eur, payer, 100_00, START + 1 hours, id);
    }

    function _open(address targetToken, address payee, uint16 country, bytes32 id, bytes memory signature)
        private
        returns (uint16 generation, uint32 quotaRef, address approver)
    {
        return eur.openPayment(
            payer, address(0), 100_00, id, targetToken, payee, country, "GDDS", uint40(START + 1 hours), signature
        );
    }

    function _openAbroad(bytes32 id) private returns (uint16 generation, uint32 quotaRef, address approver) {
        bytes memory signature = _signed(id);
        vm.prank(system);
        return _open(address(hkd), merchant, HONG_KONG, id, signature);
    }

    function _openWith(address dealer_, bytes memory signature) private {
        eur.openPayment(
            payer,
            dealer_,
            100_00,
            "payment",
            address(hkd),
            merchant,
            HONG_KONG,
            "GDDS",
            uint40(START + 1 hours),
            signature
        );
    }

    /// @dev Opening a payment that the payer has signed reverts, and moves and counts nothing.
    function _expectRefused(address targetToken, address payee, uint16 country, bytes memory reason) private {
        uint256 balance = eur.balanceOf(payer);
        uint104 remaining = _remaining();
        bytes memory signature = _signed("refused");
        vm.expectRevert(reason);
        vm.prank(system);
        _open(targetToken, payee, country, "refused", signature);
        assertEq(eur.balanceOf(payer), balance);
        assertEq(_remaining(), remaining);
        assertFalse(eur.authorizationState(payer, "refused"));
    }

    function _remaining() private view returns (uint104) {
        return eurBank.policy.remainingQuota(address(eur), EEA, HK, PAYER_CUSTOMER);
    }

    function _expectNotSystem(address account, SystemStatus status) private {
        vm.expectRevert(abi.encodeWithSelector(ITokenLedger.NotSystemAccount.selector, account, status));
    }

    function _expectNotDealer(address account, uint40 validUntil, Category category) private {
        vm.expectRevert(abi.encodeWithSelector(IFrontOffice.NotDealer.selector, account, validUntil, category));
    }
}
