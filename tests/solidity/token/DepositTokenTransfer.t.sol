// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/SecondToken.sol";

/// @notice What a holder may send to whom, and how long the token believes its copy of the registry's answer.
contract DepositTokenTransferTest is SecondToken {
    uint256 private constant BALANCE = 500_00;
    bytes4 private constant LEGAL = "LEGL";
    uint128 private constant PAYER_CUSTOMER = 1001;

    IAllowlistRegistry private registry;
    /// @dev Customers of the euro bank in Hong Kong, and in a country without a zone.
    address private abroad = makeAddr("abroad");
    address private offMap = makeAddr("offMap");

    function setUp() public override {
        super.setUp();
        registry = eurBank.registry;
        _onboard(eurBank, abroad, CustomerCategory.Retail, HONG_KONG, 1010);
        _onboard(eurBank, offMap, CustomerCategory.Retail, NOWHERE, 1011);
        _mint(eurBank, payer, BALANCE);
    }

    /* TRANSFER */

    function test_transfer_moves_the_amount() public {
        vm.expectEmit(address(eur));
        emit IERC20.Transfer(payer, neighbour, 200_00);
        vm.prank(payer);
        assertTrue(eur.transfer(neighbour, 200_00));
        assertEq(eur.balanceOf(payer), 300_00);
        assertEq(eur.balanceOf(neighbour), 200_00);
        assertEq(eur.totalSupply(), BALANCE);
    }

    function test_transfer_of_the_whole_balance_and_of_nothing() public {
        vm.startPrank(payer);
        assertTrue(eur.transfer(neighbour, BALANCE));
        assertEq(eur.balanceOf(payer), 0);
        vm.expectEmit(address(eur));
        emit IERC20.Transfer(payer, neighbour, 0);
        assertTrue(eur.transfer(neighbour, 0));
        assertEq(eur.balanceOf(neighbour), BALANCE);
    }

    function test_transfer_to_oneself_writes_nothing() public {
        vm.record();
        vm.expectEmit(address(eur));
        emit IERC20.Transfer(payer, payer, BALANCE);
        vm.prank(payer);
        assertTrue(eur.transfer(payer, BALANCE));
        (, bytes32[] memory writes) = vm.accesses(address(eur));
        assertEq(writes.length, 0);
        assertEq(eur.balanceOf(payer), BALANCE);
    }

    function test_transfer_to_oneself_follows_every_rule() public {
        _assertRefused(payer, payer, BALANCE + 1, TokenReverts.insufficientBalance(payer, BALANCE, BALANCE + 1));
        registry.blockWallet(payer, LEGAL);
        _assertRefused(payer, payer, 1, TokenReverts.cannotSend(payer));
    }

    function test_paused_token_moves_nothing() public {
        eur.pause();
        _assertRefused(payer, neighbour, 1, TokenReverts.tokenPaused());
        eur.unpause();
        vm.prank(payer);
        assertTrue(eur.transfer(neighbour, 1));
    }

    function test_nobody_can_send_to_the_zero_address_or_to_the_token() public {
        registry.register(address(eur), CustomerCategory.Institution, GERMANY, REVIEWED_UNTIL, 1012);
        _assertRefused(payer, address(0), 1, TokenReverts.invalidReceiver(address(0)));
        _assertRefused(payer, address(eur), 1, TokenReverts.invalidReceiver(address(eur)));
    }

    function test_sender_must_be_in_good_standing() public {
        _assertRefused(stranger, neighbour, 0, TokenReverts.cannotSend(stranger));
        uint256 state = vm.snapshotState();

        vm.warp(REVIEWED_UNTIL);
        registry.renew(neighbour, REVIEWED_UNTIL + 1);
        _assertRefused(payer, neighbour, 1, TokenReverts.cannotSend(payer));
        vm.revertToState(state);

        registry.revoke(payer);
        _assertRefused(payer, neighbour, 1, TokenReverts.cannotSend(payer));
        vm.revertToState(state);

        registry.blockWallet(payer, LEGAL);
        _assertRefused(payer, neighbour, 1, TokenReverts.cannotSend(payer));
        vm.revertToState(state);

        registry.blockCustomer(PAYER_CUSTOMER, LEGAL);
        _assertRefused(payer, neighbour, 1, TokenReverts.cannotSend(payer));
    }

    function test_receiver_must_be_in_good_standing() public {
        _assertRefused(payer, stranger, 0, TokenReverts.cannotReceive(stranger));
        uint256 state = vm.snapshotState();

        vm.warp(REVIEWED_UNTIL);
        registry.renew(payer, REVIEWED_UNTIL + 1);
        _assertRefused(payer, neighbour, 1, TokenReverts.cannotReceive(neighbour));
        vm.revertToState(state);

        registry.revoke(neighbour);
        _assertRefused(payer, neighbour, 1, TokenReverts.cannotReceive(neighbour));
        vm.revertToState(state);

        registry.blockWallet(neighbour, LEGAL);
        _assertRefused(payer, neighbour, 1, TokenReverts.cannotReceive(neighbour));
        vm.revertToState(state);

        registry.blockCustomer(1002, LEGAL);
        _assertRefused(payer, neighbour, 1, TokenReverts.cannotReceive(neighbour));
    }

    function test_review_ends_at_its_second() public {
        registry.renew(payer, REVIEWED_UNTIL + 1);
        vm.warp(REVIEWED_UNTIL - 1);
        vm.prank(payer);
        assertTrue(eur.transfer(neighbour, 1));
        vm.warp(REVIEWED_UNTIL);
        _assertRefused(payer, neighbour, 1, TokenReverts.cannotReceive(neighbour));
    }

    function test_amount_is_limited_by_the_balance() public {
        _assertRefused(payer, neighbour, BALANCE + 1, TokenReverts.insufficientBalance(payer, BALANCE, BALANCE + 1));
        _assertRefused(
            payer, neighbour, type(uint256).max, TokenReverts.insufficientBalance(payer, BALANCE, type(uint256).max)
        );
        // Its lower 128 bits are zero.
        _assertRefused(payer, neighbour, 1 << 128, TokenReverts.insufficientBalance(payer, BALANCE, 1 << 128));
    }

    function test_transfer_between_zones_needs_a_corridor_that_allows_it() public {
        _assertRefused(payer, abroad, 1, _directClosed(payer, abroad, EEA, HK));
        _openDirect(EEA, HK);
        vm.prank(payer);
        assertTrue(eur.transfer(abroad, 1));
        assertEq(eur.balanceOf(abroad), 1);
        // Each direction for itself.
        _assertRefused(abroad, payer, 1, _directClosed(abroad, payer, HK, EEA));
    }

    function test_transfer_to_or_from_a_country_without_a_zone_is_refused() public {
        _assertRefused(payer, offMap, 1, _directClosed(payer, offMap, EEA, 0));
        _assertRefused(offMap, payer, 0, _directClosed(offMap, payer, 0, EEA));
        address elsewhere = makeAddr("elsewhere");
        _onboard(eurBank, elsewhere, CustomerCategory.Retail, NOWHERE - 1, 1013);
        _assertRefused(offMap, elsewhere, 0, _directClosed(offMap, elsewhere, 0, 0));
    }

    function test_transfer_within_a_country_is_free_without_a_zone_too() public {
        address compatriot = makeAddr("compatriot");
        _onboard(eurBank, compatriot, CustomerCategory.Retail, NOWHERE, 1013);
        _mint(eurBank, offMap, 10_00);
        vm.prank(offMap);
        assertTrue(eur.transfer(compatriot, 10_00));
        assertEq(eur.balanceOf(compatriot), 10_00);
    }

    /* COPY OF THE REGISTRY'S ANSWER */

    function test_transfer_between_two_valid_copies_makes_no_call() public {
        eur.sync(neighbour);
        vm.expectCall(address(registry), "", 0);
        vm.expectCall(address(eurBank.policy), "", 0);
        vm.prank(payer);
        assertTrue(eur.transfer(neighbour, 1));
    }

    function test_transfer_keeps_the_answers_it_asked_for() public {
        vm.prank(payer);
        assertTrue(eur.transfer(neighbour, 2));
        vm.expectCall(address(registry), "", 0);
        vm.prank(neighbour);
        assertTrue(eur.transfer(payer, 1));
    }

    function test_mint_makes_the_copy_at_the_banks_expense() public {
        _mint(eurBank, neighbour, 1_00);
        vm.expectCall(address(registry), "", 0);
        vm.prank(neighbour);
        assertTrue(eur.transfer(payer, 1));
    }

    function test_copy_is_asked_for_again_when_it_ends() public {
        eur.sync(neighbour);
        registry.renew(payer, REVIEWED_UNTIL + 30 days);
        registry.renew(neighbour, REVIEWED_UNTIL + 30 days);
        vm.warp(REVIEWED_UNTIL);
        vm.expectCall(address(registry), abi.encodeCall(registry.standingOf, (payer)), 1);
        vm.expectCall(address(registry), abi.encodeCall(registry.standingOf, (neighbour)), 1);
        vm.prank(payer);
        assertTrue(eur.transfer(neighbour, 1));
        vm.prank(payer);
        assertTrue(eur.transfer(neighbour, 1));
    }

    /// @dev In the block of a good transfer, with copies of everybody: each change for the worse counts at once.
    function test_stale_copy_is_never_used() public {
        _openDirect(EEA, HK);
        eur.sync(abroad);
        eur.sync(neighbour);
        vm.startPrank(payer);
        eur.transfer(neighbour, 1);
        eur.transfer(abroad, 1);
        vm.stopPrank();
        uint256 state = vm.snapshotState();

        registry.blockWallet(payer, LEGAL);
        _assertRefused(payer, neighbour, 1, TokenReverts.cannotSend(payer));
        vm.revertToState(state);

        registry.blockCustomer(PAYER_CUSTOMER, LEGAL);
        _assertRefused(payer, neighbour, 1, TokenReverts.cannotSend(payer));
        vm.revertToState(state);

        registry.revoke(neighbour);
        _assertRefused(payer, neighbour, 1, TokenReverts.cannotReceive(neighbour));
        vm.revertToState(state);

        registry.renew(neighbour, uint40(block.timestamp + 1));
        vm.warp(block.timestamp + 1);
        _assertRefused(payer, neighbour, 1, TokenReverts.cannotReceive(neighbour));
        vm.revertToState(state);

        uint16[] memory countries = new uint16[](1);
        countries[0] = FRANCE;
        registry.setZone(countries, 3);
        _assertRefused(payer, neighbour, 1, _directClosed(payer, neighbour, EEA, 3));
        vm.revertToState(state);

        Corridor memory closed = _corridor(Period.Year, YEARLY_QUOTA);
        eurBank.policy.setCorridor(address(eur), EEA, HK, closed);
        _assertRefused(payer, abroad, 1, _directClosed(payer, abroad, EEA, HK));
        vm.revertToState(state);

        IAllowlistRegistry empty = _newAllowlistRegistry(address(eurBank.manager), eurBank.registry);
        empty.subscribe(address(eur));
        eur.setRegistry(address(empty));
        _assertRefused(payer, neighbour, 1, TokenReverts.cannotSend(payer));
    }

    function test_customer_that_moved_is_in_the_new_country_at_once() public {
        vm.prank(payer);
        eur.transfer(neighbour, 1);
        registry.revoke(neighbour);
        _onboard(eurBank, neighbour, CustomerCategory.Dealer, HONG_KONG, 1002);
        _assertRefused(payer, neighbour, 1, _directClosed(payer, neighbour, EEA, HK));
        assertEq(uint8(eur.standingOf(neighbour).category), uint8(CustomerCategory.Dealer));
    }

    function test_unblocked_wallet_can_send_at_once() public {
        registry.blockWallet(payer, LEGAL);
        registry.blockCustomer(PAYER_CUSTOMER, LEGAL);
        registry.unblockWallet(payer);
        _assertRefused(payer, neighbour, 1, TokenReverts.cannotSend(payer));
        registry.unblockCustomer(PAYER_CUSTOMER);
        vm.prank(payer);
        assertTrue(eur.transfer(neighbour, 1));
    }

    function test_customers_block_reaches_a_wallet_registered_later() public {
        registry.blockCustomer(PAYER_CUSTOMER, LEGAL);
        address later = makeAddr("later");
        _onboard(eurBank, later, CustomerCategory.Retail, GERMANY, PAYER_CUSTOMER);
        _assertRefused(neighbour, later, 0, TokenReverts.cannotReceive(later));
        assertTrue(eur.isBlocked(later));
    }

    function test_token_that_is_not_subscribed_keeps_no_copy() public {
        IDepositToken token = _secondToken();
        token.unpause();
        token.sync(payer);
        token.sync(neighbour);
        assertEq(token.epoch(), 1);

        vm.prank(payer);
        assertTrue(token.transfer(neighbour, 0));
        // Nobody tells this token: it has to ask.
        registry.blockWallet(payer, LEGAL);
        vm.expectRevert(TokenReverts.cannotSend(payer));
        vm.prank(payer);
        token.transfer(neighbour, 0);
    }

    function test_copies_made_before_subscribing_are_void_after_it() public {
        IDepositToken token = _secondToken();
        token.sync(payer);
        registry.blockWallet(payer, LEGAL);
        registry.subscribe(address(token));
        assertEq(token.epoch(), 2);
        assertFalse(token.canSend(payer));
    }

    /// @dev A token whose implementation was broken when the registry let it go, and was mended later.
    function test_token_that_lost_its_subscription_keeps_no_copy() public {
        vm.mockCallRevert(address(eur), abi.encodeCall(IDepositTokenExt.registry, ()), "");
        registry.unsubscribe(address(eur));
        vm.clearMockedCalls();
        eur.sync(payer);
        registry.blockWallet(payer, LEGAL);
        assertFalse(eur.canSend(payer));
    }

    /// @dev Let go while it did not answer, blocked meanwhile, and listed again at the same epoch.
    function test_token_that_was_unsubscribed_for_a_while_revives_no_copy() public {
        eur.sync(payer);
        eur.sync(neighbour);
        vm.mockCallRevert(address(eur), abi.encodeCall(IDepositTokenExt.registry, ()), "");
        registry.unsubscribe(address(eur));
        vm.clearMockedCalls();
        registry.blockWallet(payer, LEGAL);
        registry.subscribe(address(eur));
        assertFalse(eur.canTransfer(payer, neighbour, 1));
        vm.expectRevert(TokenReverts.cannotSend(payer));
        vm.prank(payer);
        eur.transfer(neighbour, 1);
    }

    /* SYNC */

    function test_sync_makes_a_copy_with_zone() public {
        vm.prank(stranger);
        eur.sync(neighbour);
        vm.expectCall(address(registry), "", 0);
        Standing memory standing = eur.standingOf(neighbour);
        assertEq(standing.validUntil, REVIEWED_UNTIL);
        assertEq(standing.country, FRANCE);
        assertEq(standing.zone, EEA);
        assertEq(uint8(standing.category), uint8(CustomerCategory.Retail));
    }

    function test_sync_touches_neither_balance_nor_system_status() public {
        _mint(eurBank, dealer, 10_00);
        vm.prank(dealer);
        eur.approve(address(escrow), 10_00);
        vm.prank(address(escrow));
        eur.transferFrom(dealer, address(escrow), 10_00);

        eur.sync(address(escrow));
        eur.sync(payer);
        eur.sync(address(0));
        assertEq(eur.balanceOf(address(escrow)), 10_00);
        assertEq(uint8(eur.systemStatusOf(address(escrow))), uint8(SystemStatus.Active));
        assertEq(eur.balanceOf(payer), BALANCE);
        assertEq(eur.balanceOf(address(0)), 0);
    }

    function test_sync_of_an_unknown_account_leaves_its_slot_empty() public {
        eur.sync(stranger);
        assertFalse(eur.canReceive(stranger));
        Standing memory standing = eur.standingOf(stranger);
        assertEq(standing.validUntil, 0);
        assertEq(standing.country, 0);
    }

    function test_syncEpoch_does_nothing_while_the_epoch_stands() public {
        uint32 epoch = eur.epoch();
        vm.recordLogs();
        vm.prank(stranger);
        eur.syncEpoch();
        assertEq(vm.getRecordedLogs().length, 0);
        assertEq(eur.epoch(), epoch);
    }

    function test_syncEpoch_adopts_a_missed_epoch() public {
        vm.mockCallRevert(address(eur), abi.encodeCall(IDepositTokenMain.syncEpoch, ()), "");
        registry.blockCustomer(PAYER_CUSTOMER, LEGAL);
        vm.clearMockedCalls();
        uint32 epoch = eur.epoch();
        vm.expectEmit(address(eur));
        emit IDepositTokenCore.EpochAdopted(epoch + 1);
        vm.prank(stranger);
        eur.syncEpoch();
        assertEq(eur.epoch(), epoch + 1);
        assertFalse(eur.canSend(payer));
    }

    /* VIEWS */

    function test_standing_is_that_of_the_registry() public {
        Standing memory standing = eur.standingOf(dealer);
        assertEq(standing.validUntil, REVIEWED_UNTIL);
        assertEq(standing.country, GERMANY);
        assertEq(standing.zone, EEA);
        assertEq(uint8(standing.category), uint8(CustomerCategory.Dealer));

        registry.blockWallet(dealer, LEGAL);
        standing = eur.standingOf(dealer);
        assertEq(standing.validUntil, 0);
        assertEq(standing.country, GERMANY);
        assertEq(standing.zone, EEA);
        assertEq(eur.standingOf(offMap).zone, 0);
    }

    function test_zoneOf_reads_the_table_of_this_banks_registry() public {
        assertEq(eur.zoneOf(FRANCE), EEA);
        assertEq(eur.zoneOf(HONG_KONG), HK);
        assertEq(eur.zoneOf(NOWHERE), 0);
        hkdBank.registry.setZone(_countries(FRANCE, NOWHERE), 9);
        assertEq(eur.zoneOf(FRANCE), EEA);
        assertEq(eur.zoneOf(NOWHERE), 0);
        registry.setZone(_countries(FRANCE, NOWHERE), 9);
        assertEq(eur.zoneOf(FRANCE), 9);
        assertEq(eur.zoneOf(NOWHERE), 9);
    }

    function test_system_account_has_no_standing() public {
        registry.register(address(escrow), CustomerCategory.Dealer, GERMANY, REVIEWED_UNTIL, 1012);
        Standing memory standing = eur.standingOf(address(escrow));
        assertEq(standing.validUntil, 0);
        assertEq(standing.country, 0);
        assertEq(standing.zone, 0);
        assertEq(uint8(standing.category), uint8(CustomerCategory.Retail));
    }

    function test_isBlocked_asks_the_registry() public {
        assertFalse(eur.isBlocked(payer));
        vm.warp(REVIEWED_UNTIL);
        assertFalse(eur.isBlocked(payer), "lapsed is not blocked");
        registry.blockCustomer(PAYER_CUSTOMER, LEGAL);
        assertTrue(eur.isBlocked(payer));
        registry.unblockCustomer(PAYER_CUSTOMER);
        registry.blockWallet(payer, LEGAL);
        assertTrue(eur.isBlocked(payer));
    }

    function test_payerBlocked_says_of_every_block_at_once_and_of_nothing_else() public {
        eur.sync(payer);
        uint256 state = vm.snapshotState();
        assertFalse(eur.payerBlocked(payer));
        vm.warp(REVIEWED_UNTIL);
        assertFalse(eur.payerBlocked(payer), "lapsed is not blocked");
        registry.revoke(payer);
        assertFalse(eur.payerBlocked(payer), "nor is revoked");
        registry.blockWallet(payer, LEGAL);
        assertTrue(eur.payerBlocked(payer), "revoked and blocked");
        vm.revertToState(state);

        registry.blockWallet(payer, LEGAL);
        assertTrue(eur.payerBlocked(payer), "wallet");
        vm.revertToState(state);

        registry.blockCustomer(PAYER_CUSTOMER, LEGAL);
        assertTrue(eur.payerBlocked(payer), "customer");
        registry.unblockCustomer(PAYER_CUSTOMER);
        assertFalse(eur.payerBlocked(payer), "unblocked");
        assertFalse(eur.payerBlocked(stranger), "unknown is not blocked");
    }

    /* HELPERS */

    function _assertRefused(address from, address to, uint256 amount, bytes memory refusal) private {
        assertFalse(eur.canTransfer(from, to, amount));
        vm.prank(from);
        vm.expectRevert(refusal);
        eur.transfer(to, amount);
    }

    function _openDirect(uint8 fromZone, uint8 toZone) private {
        Corridor memory corridor = _corridor(Period.None, 0);
        corridor.directTransfers = true;
        eurBank.policy.setCorridor(address(eur), fromZone, toZone, corridor);
    }

    function _directClosed(address from, address to, uint8 fromZone, uint8 toZone) private pure returns (bytes memory) {
        return TokenReverts.directTransferClosed(from, to, fromZone, toZone);
    }
}
