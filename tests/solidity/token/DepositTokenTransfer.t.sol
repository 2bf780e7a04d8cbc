// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/TokenSystem.sol";

/// @notice What a transfer does, with ERC-7699's reference too, and how long the token believes its copy of the
/// registry's answer. Whom it is refused to, {RestrictionTest} shows.
contract DepositTokenTransferTest is TokenSystem {
    bytes private constant SHORT = "RF18 5390 0754 7034";
    bytes private constant WORD = "0123456789abcdef0123456789abcdef";

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
        _refusedTransfer(payer, neighbour, 1, TokenReverts.insufficientBalance(payer, 0, 1));
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

    function test_review_ends_at_its_second() public {
        registry.renew(payer, REVIEWED_UNTIL + 1);
        vm.warp(REVIEWED_UNTIL - 1);
        assertTrue(eur.canReceive(neighbour));
        assertTrue(eur.canSend(neighbour));
        _transfer(payer, neighbour, 1);
        vm.warp(REVIEWED_UNTIL);
        assertFalse(eur.canReceive(neighbour));
        assertFalse(eur.canSend(neighbour));
        _refusedTransfer(payer, neighbour, 1, TokenReverts.cannotReceive(neighbour));
    }

    /* COPY OF THE REGISTRY'S ANSWER */

    /// @dev The payer's copy was made by the mint, at the bank's expense.
    function test_mint_and_transfer_keep_the_answers_that_they_asked_for() public {
        vm.expectCall(address(registry), abi.encodeCall(registry.standingOf, (payer)), 0);
        vm.expectCall(address(registry), abi.encodeCall(registry.standingOf, (neighbour)), 1);
        vm.expectCall(address(registry), abi.encodeCall(registry.zoneOf, (GERMANY)), 0);
        vm.expectCall(address(registry), abi.encodeCall(registry.zoneOf, (FRANCE)), 1);
        vm.expectCall(address(eurBank.policy), "", 0);
        _transfer(payer, neighbour, 2);
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

        IAllowlistRegistry empty = newAllowlistRegistry(address(eurBank.manager), registry);
        empty.subscribe(address(eur));
        eur.setRegistry(address(empty));
        _refusedTransfer(payer, neighbour, 1, TokenReverts.cannotSend(payer));
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
        bytes memory call = abi.encodeCall(eur.transfer, (neighbour, 0));
        _refused(payer, address(token), call, TokenReverts.cannotSend(payer));
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
        address[4] memory accounts = [address(escrow), payer, stranger, address(0)];
        for (uint256 i = 0; i < accounts.length; ++i) {
            eur.sync(accounts[i]);
        }
        assertEq(eur.balanceOf(address(escrow)), 10_00);
        assertEq(uint8(eur.systemStatusOf(address(escrow))), uint8(SystemStatus.Active));
        assertEq(eur.balanceOf(payer), BALANCE - 10_00);
        assertEq(eur.balanceOf(address(0)), 0);
        _assertStanding(stranger, 0, 0, 0, CustomerCategory.Retail);
    }

    /// @dev By anybody, by a copy of any wallet, and by the registry's next change of any.
    function test_missed_epoch_is_adopted_once() public {
        vm.mockCallRevert(address(eur), abi.encodeCall(IDepositTokenMain.syncEpoch, ()), "");
        _lose(payer, Loss.BlockOfCustomer);
        vm.clearMockedCalls();
        assertTrue(eur.canSend(payer), "the old copy");
        uint32 epoch = eur.epoch();
        uint256 state = vm.snapshotState();
        bytes[2] memory calls = [abi.encodeCall(eur.syncEpoch, ()), abi.encodeCall(eur.sync, (neighbour))];
        for (uint256 i = 0; i < calls.length; ++i) {
            vm.expectEmit(address(eur));
            emit IDepositTokenCore.EpochAdopted(epoch + 1);
            _done(stranger, address(eur), calls[i]);
            _done(stranger, address(eur), calls[i]);
            assertEq(eur.epoch(), epoch + 1);
            assertFalse(eur.canSend(payer));
            vm.revertToState(state);
        }
        registry.revoke(neighbour);
        assertFalse(eur.canSend(payer));
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
        // Nor does another bank's table count.
        hkdBank.registry.setZone(_countries(FRANCE, NOWHERE), 9);
        assertEq(eur.zoneOf(FRANCE), EEA);
        assertEq(eur.zoneOf(NOWHERE), 0);
    }

    function test_block_of_whichever_kind_is_told_and_nothing_else_is_one() public {
        _assertBlocked(stranger, false);
        uint256 state = vm.snapshotState();
        for (uint8 i = 0; i <= uint8(type(Loss).max); ++i) {
            _lose(payer, Loss(i));
            _assertBlocked(payer, Loss(i) == Loss.BlockOfWallet || Loss(i) == Loss.BlockOfCustomer);
            vm.revertToState(state);
        }
    }

    /* REFERENCE */

    function test_reference_of_up_to_a_word_is_told_as_it_is_and_a_longer_one_by_its_hash() public {
        _approve(payer, stranger, BALANCE);
        _assertTold(SHORT, "RF18 5390 0754 7034");
        _assertTold(hex"00", 0);
        _assertTold(WORD, "0123456789abcdef0123456789abcdef");
        _assertTold(bytes.concat(WORD, "g"), keccak256(bytes.concat(WORD, "g")));
        _assertTold(new bytes(1000), keccak256(new bytes(1000)));
    }

    function test_of_an_empty_reference_nothing_is_told() public {
        _approve(payer, stranger, 1);
        vm.recordLogs();
        vm.prank(payer);
        assertTrue(IERC7699(address(eur)).transfer(neighbour, 1, ""));
        vm.prank(stranger);
        assertTrue(IERC7699(address(eur)).transferFrom(payer, neighbour, 1, ""));
        assertEq(vm.getRecordedLogs().length, 3, "two transfers, and the allowance that is left");
        assertEq(eur.balanceOf(neighbour), 2);
    }

    function test_reference_opens_nothing_that_is_refused_without() public {
        _approve(payer, stranger, BALANCE);
        bytes memory call = abi.encodeCall(IERC7699.transferFrom, (payer, neighbour, BALANCE + 1, SHORT));
        _refused(stranger, call, TokenReverts.insufficientAllowance(stranger, BALANCE, BALANCE + 1));
        call = abi.encodeCall(IERC7699.transfer, (neighbour, BALANCE + 1, SHORT));
        _refused(payer, call, TokenReverts.insufficientBalance(payer, BALANCE, BALANCE + 1));
        // A system account pulls what nobody sends it.
        address system = address(escrow);
        call = abi.encodeCall(IERC7699.transfer, (system, 1, SHORT));
        _refused(payer, call, TokenReverts.systemAccountClosed(system, payer, SystemStatus.Active));
        _approve(payer, system, 1);
        _done(system, address(eur), abi.encodeCall(IERC7699.transferFrom, (payer, system, 1, SHORT)));
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
        Standing memory standing = Standing(validUntil, country, zone, category);
        assertEq(abi.encode(eur.standingOf(account)), abi.encode(standing));
    }

    function _assertBlocked(address account, bool blocked) private view {
        assertEq(eur.isBlocked(account), blocked, "isBlocked");
        assertEq(eur.payerBlocked(account), blocked, "payerBlocked");
    }

    /// @dev Of a transfer and of a pull by the stranger: the reference right before the transfer, and the allowance
    /// that is left first.
    function _assertTold(bytes memory transferReference, bytes32 told) private {
        uint256 balance = eur.balanceOf(neighbour);
        uint256 left = eur.allowance(payer, stranger) - 1;
        vm.recordLogs();
        _expectReferring(told, 2);
        vm.prank(payer);
        assertTrue(IERC7699(address(eur)).transfer(neighbour, 2, transferReference));
        vm.expectEmit(address(eur));
        emit IERC20.Approval(payer, stranger, left);
        _expectReferring(told, 1);
        vm.prank(stranger);
        assertTrue(IERC7699(address(eur)).transferFrom(payer, neighbour, 1, transferReference));
        assertEq(vm.getRecordedLogs().length, 2 * 5, "nothing but what is expected, which the test itself says too");
        assertEq(eur.balanceOf(neighbour), balance + 3);
        assertEq(eur.allowance(payer, stranger), left);
    }

    function _expectReferring(bytes32 told, uint256 amount) private {
        vm.expectEmit(address(eur));
        emit IERC7699.TransferReference(told);
        vm.expectEmit(address(eur));
        emit IERC20.Transfer(payer, neighbour, amount);
    }
}
