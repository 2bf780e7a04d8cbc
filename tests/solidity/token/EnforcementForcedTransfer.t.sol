// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/BankSystem.sol";

/// @notice ERC-7943's forced transfer: from whom, to whom, how much, and what of a freeze is left.
contract EnforcementForcedTransferTest is BankSystem {
    uint256 private constant BALANCE = 500_00;
    /// @dev In place of an amount: no `Frozen` event.
    uint256 private constant SILENT = type(uint256).max;
    bytes4 private constant LEGAL = "LEGL";

    function setUp() public override {
        super.setUp();
        _mint(eurBank, payer, BALANCE);
        _mint(eurBank, neighbour, 70_00);
    }

    /* AMOUNT */

    function test_moves_without_the_holder() public {
        _assertForced(100_00, SILENT);
        assertEq(eur.totalSupply(), BALANCE + 70_00);
    }

    function test_moves_the_whole_balance_and_nothing() public {
        _assertForced(0, SILENT);
        _assertForced(BALANCE, SILENT);
        _assertForced(0, SILENT);
        _assertRefused(payer, neighbour, 1, TokenReverts.insufficientBalance(payer, 0, 1));
    }

    function test_needs_the_balance() public {
        _assertRefused(payer, neighbour, BALANCE + 1, TokenReverts.insufficientBalance(payer, BALANCE, BALANCE + 1));
        _assertRefused(
            payer, neighbour, type(uint256).max, TokenReverts.insufficientBalance(payer, BALANCE, type(uint256).max)
        );
        _assertRefused(stranger, neighbour, 1, TokenReverts.insufficientBalance(stranger, 0, 1));
    }

    function test_leaves_a_freeze_that_it_does_not_need() public {
        eur.setFrozenTokens(payer, 300_00);
        _assertForced(200_00, SILENT);
        assertEq(eur.getFrozenTokens(payer), 300_00);
        assertEq(eur.spendableOf(payer), 0);
    }

    function test_unfreezes_first_as_much_as_it_needs() public {
        eur.setFrozenTokens(payer, 300_00);
        _assertForced(200_01, 299_99);
        _assertForced(299_99, 0);
        assertEq(eur.balanceOf(payer), 0);
    }

    /// @dev A hold on what arrives later outlives it.
    function test_of_a_freeze_above_the_balance_takes_off_what_it_moves() public {
        _mint(eurBank, payer, 100_000_00 - BALANCE);
        eur.setFrozenTokens(payer, 500_000_00);
        _assertForced(0, SILENT);
        _assertForced(100_000_00, 400_000_00);
        _mint(eurBank, payer, 1_000_00);
        assertEq(eur.getFrozenTokens(payer), 400_000_00);
        assertEq(eur.spendableOf(payer), 0);
        vm.expectRevert(TokenReverts.insufficientUnfrozenBalance(payer, 1, 0));
        vm.prank(payer);
        eur.transfer(neighbour, 1);

        _assertForced(1_000_00, 399_000_00);
        _mint(eurBank, payer, 399_000_05);
        assertEq(eur.spendableOf(payer), 5);
        vm.prank(payer);
        assertTrue(eur.transfer(neighbour, 5));
    }

    function test_of_the_greatest_freeze_takes_off_what_it_moves() public {
        eur.setFrozenTokens(payer, type(uint128).max);
        _assertForced(0, SILENT);
        _assertForced(100_00, type(uint128).max - 100_00);
        _assertForced(400_00, type(uint128).max - BALANCE);
    }

    function test_of_a_freeze_above_the_balance_leaves_what_is_locked() public {
        _lock(payer, 100_00);
        eur.setFrozenTokens(payer, 5 * BALANCE);
        _assertRefused(payer, neighbour, 400_01, TokenReverts.tokensLocked(payer, 400_01, 400_00));
        _assertForced(400_00, 5 * BALANCE - 400_00);
        assertEq(eur.lockedOf(payer), 100_00);
        eur.rejectRedemption(1, LEGAL);
        _assertForced(100_00, 4 * BALANCE);
    }

    function test_never_takes_what_is_locked() public {
        _lock(payer, 100_00);
        _assertRefused(payer, neighbour, 400_01, TokenReverts.tokensLocked(payer, 400_01, 400_00));
        _assertForced(400_00, SILENT);
        assertEq(eur.lockedOf(payer), 100_00);
        assertEq(eur.balanceOf(payer), 100_00);
        _assertRefused(payer, neighbour, 1, TokenReverts.tokensLocked(payer, 1, 0));
        _assertRefused(payer, neighbour, 100_01, TokenReverts.insufficientBalance(payer, 100_00, 100_01));

        // The bank has to end the redemption first.
        eur.rejectRedemption(1, LEGAL);
        _assertForced(100_00, SILENT);
    }

    function test_takes_frozen_tokens_beside_locked_ones() public {
        _lock(payer, 100_00);
        eur.setFrozenTokens(payer, 300_00);
        _assertRefused(payer, neighbour, 400_01, TokenReverts.tokensLocked(payer, 400_01, 400_00));
        _assertForced(150_00, SILENT);
        assertEq(eur.getFrozenTokens(payer), 300_00);
        // 50.00 of what is left are not frozen.
        _assertForced(250_00, 100_00);
        assertEq(eur.balanceOf(payer), eur.lockedOf(payer));
    }

    function test_accepted_redemption_is_locked_too() public {
        _lock(payer, 100_00);
        eur.acceptRedemption(1);
        eur.setFrozenTokens(payer, BALANCE);
        _assertForced(100_00, 400_00);
        _assertRefused(payer, neighbour, 300_01, TokenReverts.tokensLocked(payer, 300_01, 300_00));
        uint128 entry = _nextEntry(eurBank);
        vm.prank(eurBank.minter);
        eur.settleRedemption(1, entry);
        assertEq(eur.balanceOf(payer), 300_00);
    }

    /// @dev Against plain sums, for every freeze and lock: what is not frozen, locked or not, goes first; what is taken
    /// beyond that is taken off the freeze, and the rest of it holds what arrives.
    function testFuzz_takes_off_a_freeze_what_it_moves_beyond_the_rest(
        uint256 locked,
        uint128 frozen,
        uint256 amount,
        uint256 later
    ) public {
        locked = bound(locked, 0, BALANCE);
        amount = bound(amount, 0, BALANCE + 1);
        if (frozen & 1 == 0) frozen = uint128(bound(frozen, 0, 2 * BALANCE));
        if (locked != 0) _lock(payer, locked);
        eur.setFrozenTokens(payer, frozen);

        if (amount > BALANCE) {
            _assertRefused(payer, neighbour, amount, TokenReverts.insufficientBalance(payer, BALANCE, amount));
            return;
        }
        if (amount + locked > BALANCE) {
            _assertRefused(payer, neighbour, amount, TokenReverts.tokensLocked(payer, amount, BALANCE - locked));
            return;
        }
        uint256 unfrozen = frozen < BALANCE ? BALANCE - frozen : 0;
        uint256 left = amount > unfrozen ? frozen - (amount - unfrozen) : frozen;
        _assertForced(amount, amount > unfrozen ? left : SILENT);
        assertEq(eur.getFrozenTokens(payer), left);
        assertEq(eur.lockedOf(payer), locked);

        later = bound(later, 1, MINTER_CEILING / 2);
        _mint(eurBank, payer, later);
        uint256 balance = BALANCE - amount + later;
        assertEq(eur.spendableOf(payer), balance > left + locked ? balance - left - locked : 0);
    }

    /* FROM */

    function test_takes_from_whoever_may_not_send() public {
        uint256 state = vm.snapshotState();
        vm.warp(REVIEWED_UNTIL);
        eurBank.registry.renew(neighbour, REVIEWED_UNTIL + 1);
        _assertForced(BALANCE, SILENT);
        vm.revertToState(state);

        eurBank.registry.revoke(payer);
        _assertForced(BALANCE, SILENT);
        vm.revertToState(state);

        eurBank.registry.blockWallet(payer, LEGAL);
        eurBank.registry.blockCustomer(1001, LEGAL);
        _assertForced(BALANCE, SILENT);
        assertFalse(eur.canSend(payer));
    }

    function test_goes_on_during_a_pause() public {
        eur.setFrozenTokens(payer, BALANCE);
        eur.pause();
        _assertForced(100_00, 400_00);
    }

    function test_needs_no_corridor() public {
        address abroad = makeAddr("abroad");
        address offMap = makeAddr("offMap");
        _onboard(eurBank, abroad, CustomerCategory.Retail, HONG_KONG, 1010);
        _onboard(eurBank, offMap, CustomerCategory.Retail, NOWHERE, 1011);
        eur.forcedTransfer(payer, abroad, 1);
        eur.forcedTransfer(payer, offMap, 2);
        assertEq(eur.balanceOf(abroad), 1);
        assertEq(eur.balanceOf(offMap), 2);
    }

    function test_zero_address_can_not_send() public {
        bytes memory refusal = TokenReverts.invalidSender(address(0));
        _assertRefused(address(0), neighbour, 0, refusal);
        _assertRefused(address(0), neighbour, 1, refusal);
    }

    /* TO */

    function test_receiver_must_be_able_to_receive() public {
        _assertRefused(payer, stranger, 1, TokenReverts.cannotReceive(stranger));
        uint256 state = vm.snapshotState();

        vm.warp(REVIEWED_UNTIL);
        _assertRefused(payer, neighbour, 1, TokenReverts.cannotReceive(neighbour));
        vm.revertToState(state);

        eurBank.registry.revoke(neighbour);
        _assertRefused(payer, neighbour, 1, TokenReverts.cannotReceive(neighbour));
        vm.revertToState(state);

        eurBank.registry.blockWallet(neighbour, LEGAL);
        _assertRefused(payer, neighbour, 1, TokenReverts.cannotReceive(neighbour));
        vm.revertToState(state);

        eurBank.registry.blockCustomer(1002, LEGAL);
        _assertRefused(payer, neighbour, 1, TokenReverts.cannotReceive(neighbour));
    }

    function test_receiver_may_be_frozen_and_stays_so() public {
        eur.setFrozenTokens(neighbour, 80_00);
        _lock(payer, 1);
        _assertForced(100_00, SILENT);
        assertEq(eur.getFrozenTokens(neighbour), 80_00);
        assertEq(eur.spendableOf(neighbour), 90_00);
    }

    function test_zero_address_and_token_can_not_receive() public {
        eurBank.registry.register(address(eur), CustomerCategory.Institution, GERMANY, REVIEWED_UNTIL, 1010);
        address[2] memory receivers = [address(0), address(eur)];
        for (uint256 i = 0; i < receivers.length; ++i) {
            _assertRefused(payer, receivers[i], 1, TokenReverts.invalidReceiver(receivers[i]));
        }
    }

    function test_goes_neither_from_nor_to_a_system_account() public {
        _authorize(_oneCurrency());
        _assertRefused(address(escrow), neighbour, 1, _system(SystemStatus.Active));
        _assertRefused(payer, address(escrow), 1, _system(SystemStatus.Active));
        eur.stopSystemAccount(address(escrow));
        _assertRefused(address(escrow), neighbour, 1, _system(SystemStatus.OutflowOnly));
        _assertRefused(payer, address(escrow), 1, _system(SystemStatus.OutflowOnly));
    }

    function test_ends_in_the_second_in_which_the_receivers_review_ends() public {
        vm.warp(REVIEWED_UNTIL - 1);
        _assertForced(1_00, SILENT);
        vm.warp(REVIEWED_UNTIL);
        _assertRefused(payer, neighbour, 1_00, TokenReverts.cannotReceive(neighbour));
    }

    /* TO ONESELF */

    function test_to_oneself_changes_nothing() public {
        _lock(payer, 100_00);
        eur.setFrozenTokens(payer, 300_00);
        vm.record();
        _forceAndAssertEvents(payer, 400_00, SILENT);
        (, bytes32[] memory writes) = vm.accesses(address(eur));
        assertEq(writes.length, 0);
        assertEq(eur.balanceOf(payer), BALANCE);
        assertEq(eur.getFrozenTokens(payer), 300_00);
    }

    function test_to_oneself_follows_every_rule() public {
        _lock(payer, 100_00);
        _assertRefused(payer, payer, 400_01, TokenReverts.tokensLocked(payer, 400_01, 400_00));
        _assertRefused(payer, payer, BALANCE + 1, TokenReverts.insufficientBalance(payer, BALANCE, BALANCE + 1));
        eurBank.registry.revoke(payer);
        _assertRefused(payer, payer, 1, TokenReverts.cannotReceive(payer));
    }

    /* HELPERS */

    /// @dev From payer to neighbour: what moves, and what of a freeze is left and said.
    function _assertForced(uint256 amount, uint256 frozenSaid) private {
        uint256 sent = eur.balanceOf(payer);
        uint256 received = eur.balanceOf(neighbour);
        _forceAndAssertEvents(neighbour, amount, frozenSaid);
        assertEq(eur.balanceOf(payer), sent - amount);
        assertEq(eur.balanceOf(neighbour), received + amount);
        if (frozenSaid != SILENT) assertEq(eur.getFrozenTokens(payer), frozenSaid);
    }

    /// @dev `Frozen` if anything is said of it, `Transfer`, `ForcedTransfer`, in this order, and nothing else.
    function _forceAndAssertEvents(address to, uint256 amount, uint256 frozenSaid) private {
        if (frozenSaid != SILENT) {
            vm.expectEmit(address(eur));
            emit IERC7943Fungible.Frozen(payer, frozenSaid);
        }
        vm.expectEmit(address(eur));
        emit IERC20.Transfer(payer, to, amount);
        vm.expectEmit(address(eur));
        emit IERC7943Fungible.ForcedTransfer(payer, to, amount);
        vm.recordLogs();
        assertTrue(eur.forcedTransfer(payer, to, amount));
        assertEq(vm.getRecordedLogs().length, frozenSaid == SILENT ? 2 : 3, "events");
    }

    function _assertRefused(address from, address to, uint256 amount, bytes memory refusal) private {
        vm.expectRevert(refusal);
        eur.forcedTransfer(from, to, amount);
    }

    function _lock(address holder, uint256 amount) private {
        vm.prank(holder);
        eur.requestRedemption(amount, "payout");
    }

    function _system(SystemStatus status) private view returns (bytes memory) {
        return TokenReverts.systemAccountClosed(address(escrow), address(this), status);
    }
}
