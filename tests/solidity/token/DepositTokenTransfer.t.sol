// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/TokenSystem.sol";

/// @notice What a transfer does, and how long the token believes its copy of the registry's answer. Whom it is refused
/// to, {RestrictionTest} shows.
contract DepositTokenTransferTest is TokenSystem {
    /// @dev Customers of the euro bank in Hong Kong, and in a country without a zone.
    address private abroad = makeAddr("abroad");
    address private offMap = makeAddr("offMap");

    function setUp() public override {
        super.setUp();
        _enrol(abroad, HONG_KONG);
        _enrol(offMap, NOWHERE);
        _mint(eurBank, payer, BALANCE);
    }

    /* TRANSFER */

    function test_transfer_moves_the_amount_up_to_the_whole_balance() public {
        uint256[3] memory amounts = [uint256(200_00), BALANCE - 200_00, 0];
        uint256 moved = 0;
        for (uint256 i = 0; i < amounts.length; ++i) {
            vm.expectEmit(address(eur));
            emit IERC20.Transfer(payer, neighbour, amounts[i]);
            _transfer(payer, neighbour, amounts[i]);
            moved += amounts[i];
            assertEq(eur.balanceOf(payer), BALANCE - moved);
            assertEq(eur.balanceOf(neighbour), moved);
            assertEq(eur.totalSupply(), BALANCE);
        }
    }

    function test_transfer_to_oneself_writes_nothing() public {
        vm.record();
        vm.expectEmit(address(eur));
        emit IERC20.Transfer(payer, payer, BALANCE);
        _transfer(payer, payer, BALANCE);
        (, bytes32[] memory writes) = vm.accesses(address(eur));
        assertEq(writes.length, 0);
        assertEq(eur.balanceOf(payer), BALANCE);
    }

    /// @dev The lower 128 bits of one are zero.
    function test_amount_is_compared_in_its_whole_width() public {
        uint256[2] memory amounts = [1 << 128, type(uint256).max];
        for (uint256 i = 0; i < amounts.length; ++i) {
            _refusedTransfer(payer, neighbour, amounts[i], TokenReverts.insufficientBalance(payer, BALANCE, amounts[i]));
        }
    }

    function test_review_ends_at_its_second() public {
        registry.renew(payer, REVIEWED_UNTIL + 1);
        vm.warp(REVIEWED_UNTIL - 1);
        _transfer(payer, neighbour, 1);
        vm.warp(REVIEWED_UNTIL);
        _refusedTransfer(payer, neighbour, 1, TokenReverts.cannotReceive(neighbour));
    }

    function test_corridor_opens_direct_transfers_in_its_own_direction() public {
        _refusedTransfer(payer, abroad, 1, TokenReverts.directTransferClosed(payer, abroad, EEA, HK));
        _setDirect(true);
        _transfer(payer, abroad, 1);
        assertEq(eur.balanceOf(abroad), 1);
        _refusedTransfer(abroad, payer, 1, TokenReverts.directTransferClosed(abroad, payer, HK, EEA));
    }

    /* COPY OF THE REGISTRY'S ANSWER */

    function test_transfer_keeps_the_answers_it_asked_for() public {
        _transfer(payer, neighbour, 2);
        vm.expectCall(address(registry), "", 0);
        vm.expectCall(address(eurBank.policy), "", 0);
        _transfer(neighbour, payer, 1);
    }

    function test_mint_makes_the_copy_at_the_banks_expense() public {
        _mint(eurBank, neighbour, 1_00);
        vm.expectCall(address(registry), "", 0);
        _transfer(neighbour, payer, 1);
    }

    function test_copy_is_asked_for_again_when_it_ends() public {
        eur.sync(neighbour);
        registry.renew(payer, REVIEWED_UNTIL + 30 days);
        registry.renew(neighbour, REVIEWED_UNTIL + 30 days);
        vm.warp(REVIEWED_UNTIL);
        vm.expectCall(address(registry), abi.encodeCall(registry.standingOf, (payer)), 1);
        vm.expectCall(address(registry), abi.encodeCall(registry.standingOf, (neighbour)), 1);
        _transfer(payer, neighbour, 1);
        _transfer(payer, neighbour, 1);
    }

    /// @dev In the block of a good transfer, with copies of everybody: each change for the worse counts at once.
    function test_stale_copy_is_never_used() public {
        _setDirect(true);
        eur.sync(abroad);
        _transfer(payer, neighbour, 1);
        _transfer(payer, abroad, 1);
        bytes memory call = abi.encodeCall(eur.transfer, (neighbour, 1));
        _refusedAfterEachLoss(payer, payer, call, TokenReverts.cannotSend(payer));
        _refusedAfterEachLoss(neighbour, payer, call, TokenReverts.cannotReceive(neighbour));
        uint256 state = vm.snapshotState();

        registry.setZone(_countries(FRANCE, FRANCE), 3);
        _refusedTransfer(payer, neighbour, 1, TokenReverts.directTransferClosed(payer, neighbour, EEA, 3));
        vm.revertToState(state);

        _setDirect(false);
        _refusedTransfer(payer, abroad, 1, TokenReverts.directTransferClosed(payer, abroad, EEA, HK));
        vm.revertToState(state);

        IAllowlistRegistry empty = _newAllowlistRegistry(address(eurBank.manager), registry);
        empty.subscribe(address(eur));
        eur.setRegistry(address(empty));
        _refusedTransfer(payer, neighbour, 1, TokenReverts.cannotSend(payer));
    }

    function test_unblocked_wallet_can_send_at_once() public {
        _lose(payer, Loss.BlockOfWallet);
        _lose(payer, Loss.BlockOfCustomer);
        registry.unblockWallet(payer);
        _refusedTransfer(payer, neighbour, 1, TokenReverts.cannotSend(payer));
        registry.unblockCustomer(1001);
        _transfer(payer, neighbour, 1);
    }

    function test_customers_block_reaches_a_wallet_registered_later() public {
        _lose(payer, Loss.BlockOfCustomer);
        address later = makeAddr("later");
        _onboard(eurBank, later, CustomerCategory.Retail, GERMANY, 1001);
        _refusedTransfer(neighbour, later, 0, TokenReverts.cannotReceive(later));
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
        // Nor is a copy from before it is listed good afterwards.
        registry.subscribe(address(token));
        assertEq(token.epoch(), 2);
        assertFalse(token.canSend(payer));
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
        _refusedTransfer(payer, neighbour, 1, TokenReverts.cannotSend(payer));
    }

    /* SYNC */

    function test_sync_makes_a_copy_with_zone() public {
        vm.prank(stranger);
        eur.sync(neighbour);
        vm.expectCall(address(registry), "", 0);
        _assertStanding(neighbour, REVIEWED_UNTIL, FRANCE, EEA, CustomerCategory.Retail);
    }

    function test_sync_touches_neither_balance_nor_system_status() public {
        _approve(payer, address(escrow), 10_00);
        _pull(address(escrow), payer, address(escrow), 10_00);
        eur.sync(address(escrow));
        eur.sync(payer);
        eur.sync(address(0));
        assertEq(eur.balanceOf(address(escrow)), 10_00);
        assertEq(uint8(eur.systemStatusOf(address(escrow))), uint8(SystemStatus.Active));
        assertEq(eur.balanceOf(payer), BALANCE - 10_00);
        assertEq(eur.balanceOf(address(0)), 0);
    }

    function test_sync_of_an_unknown_account_leaves_its_slot_empty() public {
        eur.sync(stranger);
        assertFalse(eur.canReceive(stranger));
        _assertStanding(stranger, 0, 0, 0, CustomerCategory.Retail);
    }

    function test_syncEpoch_adopts_a_missed_epoch_once() public {
        vm.mockCallRevert(address(eur), abi.encodeCall(IDepositTokenMain.syncEpoch, ()), "");
        _lose(payer, Loss.BlockOfCustomer);
        vm.clearMockedCalls();
        uint32 epoch = eur.epoch();
        vm.expectEmit(address(eur));
        emit IDepositTokenCore.EpochAdopted(epoch + 1);
        vm.prank(stranger);
        eur.syncEpoch();
        assertFalse(eur.canSend(payer));

        vm.recordLogs();
        eur.syncEpoch();
        assertEq(vm.getRecordedLogs().length, 0);
        assertEq(eur.epoch(), epoch + 1);
    }

    /* VIEWS */

    function test_standing_is_that_of_the_registry() public {
        _assertStanding(dealer, REVIEWED_UNTIL, GERMANY, EEA, CustomerCategory.Dealer);
        registry.blockWallet(dealer, LEGAL);
        _assertStanding(dealer, 0, GERMANY, EEA, CustomerCategory.Dealer);
        _assertStanding(offMap, REVIEWED_UNTIL, NOWHERE, 0, CustomerCategory.Retail);
        // A system account has none, whatever a registrar does.
        registry.register(address(escrow), CustomerCategory.Dealer, GERMANY, REVIEWED_UNTIL, 1012);
        _assertStanding(address(escrow), 0, 0, 0, CustomerCategory.Retail);
    }

    function test_zoneOf_reads_the_table_of_this_banks_registry() public {
        hkdBank.registry.setZone(_countries(FRANCE, NOWHERE), 9);
        _assertZones(EEA, 0);
        registry.setZone(_countries(FRANCE, NOWHERE), 9);
        _assertZones(9, 9);
    }

    function test_block_of_whichever_kind_is_told_and_nothing_else_is_one() public {
        _assertBlocked(payer, false);
        _assertBlocked(stranger, false);
        uint256 state = vm.snapshotState();
        for (uint8 i = 0; i <= uint8(type(Loss).max); ++i) {
            _lose(payer, Loss(i));
            _assertBlocked(payer, Loss(i) == Loss.BlockOfWallet || Loss(i) == Loss.BlockOfCustomer);
            vm.revertToState(state);
        }
        registry.revoke(payer);
        registry.blockWallet(payer, LEGAL);
        _assertBlocked(payer, true);
        vm.revertToState(state);

        registry.blockCustomer(1001, LEGAL);
        registry.unblockCustomer(1001);
        _assertBlocked(payer, false);
    }

    /* HELPERS */

    function _refusedTransfer(address from, address to, uint256 amount, bytes memory refusal) private {
        assertFalse(eur.canTransfer(from, to, amount));
        _refused(from, abi.encodeCall(eur.transfer, (to, amount)), refusal);
    }

    /// @dev Whether the corridor from the EEA to Hong Kong is open to plain transfers.
    function _setDirect(bool open) private {
        Corridor memory corridor = _corridor(Period.None, 0);
        corridor.directTransfers = open;
        eurBank.policy.setCorridor(address(eur), EEA, HK, corridor);
    }

    function _assertStanding(address account, uint40 validUntil, uint16 country, uint8 zone, CustomerCategory category)
        private
        view
    {
        Standing memory standing = eur.standingOf(account);
        assertEq(standing.validUntil, validUntil, "validUntil");
        assertEq(standing.country, country, "country");
        assertEq(standing.zone, zone, "zone");
        assertEq(uint8(standing.category), uint8(category), "category");
    }

    function _assertZones(uint8 ofFrance, uint8 ofNowhere) private view {
        assertEq(eur.zoneOf(FRANCE), ofFrance);
        assertEq(eur.zoneOf(NOWHERE), ofNowhere);
    }

    function _assertBlocked(address account, bool blocked) private view {
        assertEq(eur.isBlocked(account), blocked, "isBlocked");
        assertEq(eur.payerBlocked(account), blocked, "payerBlocked");
    }
}
