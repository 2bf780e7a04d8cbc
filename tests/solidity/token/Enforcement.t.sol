// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/TokenSystem.sol";

/// @notice ERC-7943: what a bank freezes of a holder's tokens, what it moves by force, and what of a freeze is then
/// left.
/// @dev Who may hold at all, and what a transfer makes of a freeze, {RestrictionTest} shows.
contract EnforcementTest is TokenSystem {
    /// @dev In place of an amount: no `Frozen` event.
    uint256 private constant SILENT = type(uint256).max;

    function setUp() public override {
        super.setUp();
        _mint(eurBank, payer, BALANCE);
        _mint(eurBank, neighbour, 70_00);
    }

    function test_system_account_is_neither_frozen_nor_moved_from_or_to_by_force() public {
        _authorize(_oneCurrency());
        address system = address(escrow);
        bytes[4] memory calls = [
            abi.encodeCall(eur.setFrozenTokens, (system, 0)),
            abi.encodeCall(eur.freeze, (system, 1)),
            abi.encodeCall(eur.forcedTransfer, (system, neighbour, 1)),
            abi.encodeCall(eur.forcedTransfer, (payer, system, 1))
        ];
        for (uint256 i = 0; i < 2 * calls.length; ++i) {
            if (i == calls.length) eur.stopSystemAccount(system);
            SystemStatus status = i < calls.length ? SystemStatus.Active : SystemStatus.OutflowOnly;
            bytes memory refusal = TokenReverts.systemAccountClosed(system, address(this), status);
            _refused(address(this), calls[i % calls.length], refusal);
        }
    }

    /* FREEZE */

    /// @dev Letting go is the releaser's. It adds nothing up: it names all that is frozen afterwards.
    function test_freeze_only_raises_what_can_not_be_spent() public {
        uint128[4] memory amounts = [uint128(1), 200_00, uint128(2 * BALANCE), type(uint128).max];
        uint256[4] memory spendable = [BALANCE - 1, 300_00, uint256(0), 0];
        _refusedFreeze(0, 0);
        for (uint256 i = 0; i < amounts.length; ++i) {
            vm.expectEmit(address(eur));
            emit IERC7943Fungible.Frozen(payer, amounts[i]);
            eur.freeze(payer, amounts[i]);
            _assertFrozen(amounts[i], spendable[i]);
            _refusedFreeze(amounts[i], amounts[i]);
            _refusedFreeze(amounts[i] - 1, amounts[i]);
        }
        assertEq(eur.balanceOf(payer), BALANCE);
        assertEq(eur.getFrozenTokens(neighbour), 0);
    }

    function test_setFrozenTokens_overwrites_the_freeze_before_and_fits_in_128_bits() public {
        uint256[6] memory amounts = [uint256(200_00), 100_00, BALANCE, 2 * BALANCE, type(uint128).max, 0];
        uint256[6] memory spendable = [uint256(300_00), 400_00, 0, 0, 0, BALANCE];
        for (uint256 i = 0; i < amounts.length; ++i) {
            vm.expectEmit(address(eur));
            emit IERC7943Fungible.Frozen(payer, amounts[i]);
            assertTrue(eur.setFrozenTokens(payer, amounts[i]));
            _assertFrozen(amounts[i], spendable[i]);
        }
        uint256 tooMuch = uint256(type(uint128).max) + 1;
        bytes memory overflow = TokenReverts.safeCastOverflowedUintDowncast(128, tooMuch);
        _refused(address(this), abi.encodeCall(eur.setFrozenTokens, (payer, tooMuch)), overflow);
    }

    /// @dev Nor can one whose tokens are frozen or locked become a system account.
    function test_encumbered_account_can_not_become_a_system_account() public {
        vm.etch(payer, address(escrow).code);
        bytes memory call = abi.encodeCall(eur.activateSystemAccount, (payer));
        eur.freeze(payer, 1);
        _refused(address(this), call, TokenReverts.accountEncumbered(payer));
        uint256 id = _request(payer, 1);
        eur.setFrozenTokens(payer, 0);
        _refused(address(this), call, TokenReverts.accountEncumbered(payer));
        eur.rejectRedemption(id, LEGAL);
        _done(address(this), address(eur), call);
        assertEq(eur.balanceOf(payer), BALANCE);
    }

    /// @dev A holder without frozen or locked tokens pays for no look at them, also when it once had some.
    function test_transfer_looks_for_encumbrances_only_while_there_are_some() public {
        uint256 reads = _readsOfATransfer();
        eur.setFrozenTokens(payer, 1);
        uint256 more = _readsOfATransfer();
        assertGt(more, reads, "frozen");
        eur.setFrozenTokens(payer, 0);
        assertEq(_readsOfATransfer(), reads, "unfrozen");
        // The receiver's are nobody's business.
        eur.setFrozenTokens(neighbour, 1);
        assertEq(_readsOfATransfer(), reads, "receiver frozen");

        uint256 first = _request(payer, 1_00);
        uint256 second = _request(payer, 1_00);
        eur.setFrozenTokens(payer, 1_00);
        vm.prank(payer);
        eur.cancelRedemption(first);
        assertEq(_readsOfATransfer(), more, "one locked, some frozen");
        eur.setFrozenTokens(payer, 0);
        assertEq(_readsOfATransfer(), more, "one locked");
        eur.setFrozenTokens(payer, 1_00);
        eur.rejectRedemption(second, LEGAL);
        assertEq(_readsOfATransfer(), more, "some frozen");
        eur.setFrozenTokens(payer, 0);

        second = _request(payer, 1_00);
        eur.acceptRedemption(second);
        _settle(second, _nextEntry(eurBank));
        assertEq(_readsOfATransfer(), reads, "settled");
        eur.setFrozenTokens(payer, eur.balanceOf(payer));
        eur.forcedTransfer(payer, neighbour, eur.balanceOf(payer));
        _mint(eurBank, payer, 1);
        assertEq(_readsOfATransfer(), reads, "all taken");
    }

    /* FORCED TRANSFER: AMOUNT */

    /// @dev The receiver's own freeze stays as it is.
    function test_force_moves_up_to_the_whole_balance() public {
        eur.setFrozenTokens(neighbour, 80_00);
        _refusedForce(payer, neighbour, BALANCE + 1, TokenReverts.insufficientBalance(payer, BALANCE, BALANCE + 1));
        _assertForced(0, SILENT);
        _assertForced(BALANCE, SILENT);
        _assertForced(0, SILENT);
        assertEq(eur.totalSupply(), BALANCE + 70_00);
        assertEq(eur.spendableOf(neighbour), BALANCE - 10_00);
        _refusedForce(payer, neighbour, 1, TokenReverts.insufficientBalance(payer, 0, 1));
    }

    function test_force_never_takes_what_is_locked() public {
        _request(payer, 100_00);
        eur.acceptRedemption(1);
        eur.setFrozenTokens(payer, 300_00);
        _refusedForce(payer, neighbour, 400_01, TokenReverts.tokensLocked(payer, 400_01, 400_00));
        _assertForced(150_00, SILENT);
        // 50.00 of what is left are not frozen.
        _assertForced(250_00, 100_00);
        assertEq(eur.balanceOf(payer), eur.lockedOf(payer));
        _refusedForce(payer, neighbour, 1, TokenReverts.tokensLocked(payer, 1, 0));
        // The bank has to end the redemption first.
        eur.rejectRedemption(1, LEGAL);
        _assertForced(100_00, 0);
    }

    /// @dev Against plain sums, for every freeze and lock: what is not frozen, locked or not, goes first; what is taken
    /// beyond that is taken off the freeze, and the rest of it holds what arrives.
    function testFuzz_force_takes_off_a_freeze_what_it_moves_beyond_the_rest(
        uint256 locked,
        uint128 frozen,
        uint256 amount,
        uint256 later
    ) public {
        locked = bound(locked, 0, BALANCE);
        amount = bound(amount, 0, BALANCE - locked);
        if (frozen & 1 == 0) frozen = uint128(bound(frozen, 0, 2 * BALANCE));
        if (locked != 0) _request(payer, locked);
        eur.setFrozenTokens(payer, frozen);

        uint256 unfrozen = frozen < BALANCE ? BALANCE - frozen : 0;
        uint256 left = amount > unfrozen ? frozen - (amount - unfrozen) : frozen;
        _assertForced(amount, amount > unfrozen ? left : SILENT);
        assertEq(eur.lockedOf(payer), locked);

        later = bound(later, 1, MINTER_CEILING / 2);
        _mint(eurBank, payer, later);
        uint256 balance = BALANCE - amount + later;
        assertEq(eur.spendableOf(payer), balance > left + locked ? balance - left - locked : 0);
    }

    /* FORCED TRANSFER: FROM WHOM AND TO WHOM */

    function test_force_takes_from_whoever_may_not_send() public {
        uint256 state = vm.snapshotState();
        for (uint8 i = 0; i <= uint8(type(Loss).max); ++i) {
            _lose(payer, Loss(i));
            _assertForced(BALANCE, SILENT);
            vm.revertToState(state);
        }
    }

    function test_force_goes_on_during_a_pause_and_needs_no_corridor() public {
        address offMap = makeAddr("offMap");
        _enrol(offMap, NOWHERE);
        eur.pause();
        _force(offMap, 100_00, SILENT);
        assertEq(eur.balanceOf(offMap), 100_00);
    }

    function test_force_needs_a_receiver_that_can_receive() public {
        _refusedForce(payer, stranger, 1, TokenReverts.cannotReceive(stranger));
        bytes memory call = abi.encodeCall(eur.forcedTransfer, (payer, neighbour, 1));
        _refusedAfterEachLoss(neighbour, address(this), call, TokenReverts.cannotReceive(neighbour));
        vm.warp(REVIEWED_UNTIL - 1);
        _assertForced(1_00, SILENT);
        vm.warp(REVIEWED_UNTIL);
        _refusedForce(payer, neighbour, 1_00, TokenReverts.cannotReceive(neighbour));
    }

    function test_force_leaves_out_zero_address_and_token() public {
        _enrol(address(eur), GERMANY);
        _refusedForce(address(0), neighbour, 0, TokenReverts.invalidSender(address(0)));
        _refusedForce(payer, address(0), 1, TokenReverts.invalidReceiver(address(0)));
        _refusedForce(payer, address(eur), 1, TokenReverts.invalidReceiver(address(eur)));
    }

    function test_force_to_oneself_follows_every_rule_and_changes_nothing() public {
        _request(payer, 100_00);
        eur.setFrozenTokens(payer, 300_00);
        vm.record();
        _force(payer, 400_00, SILENT);
        (, bytes32[] memory writes) = vm.accesses(address(eur));
        assertEq(writes.length, 0);
        assertEq(eur.balanceOf(payer), BALANCE);

        _refusedForce(payer, payer, 400_01, TokenReverts.tokensLocked(payer, 400_01, 400_00));
        _refusedForce(payer, payer, BALANCE + 1, TokenReverts.insufficientBalance(payer, BALANCE, BALANCE + 1));
        registry.revoke(payer);
        _refusedForce(payer, payer, 1, TokenReverts.cannotReceive(payer));
    }

    /* HELPERS */

    /// @dev How many storage words a transfer of the payer's reads.
    function _readsOfATransfer() private returns (uint256) {
        vm.record();
        vm.prank(payer);
        eur.transfer(neighbour, 1);
        (bytes32[] memory reads,) = vm.accesses(address(eur));
        return reads.length;
    }

    function _refusedFreeze(uint128 amount, uint128 present) private {
        bytes memory call = abi.encodeCall(eur.freeze, (payer, amount));
        _refused(address(this), call, TokenReverts.freezeNotHigher(payer, amount, present));
    }

    function _assertFrozen(uint256 frozen, uint256 spendable) private view {
        assertEq(eur.getFrozenTokens(payer), frozen, "frozen");
        assertEq(eur.spendableOf(payer), spendable, "spendable");
    }

    /// @dev From payer to neighbour: what moves, and what of a freeze is left and said.
    function _assertForced(uint256 amount, uint256 frozenSaid) private {
        uint256 sent = eur.balanceOf(payer);
        uint256 received = eur.balanceOf(neighbour);
        uint256 frozen = eur.getFrozenTokens(payer);
        _force(neighbour, amount, frozenSaid);
        assertEq(eur.balanceOf(payer), sent - amount);
        assertEq(eur.balanceOf(neighbour), received + amount);
        assertEq(eur.getFrozenTokens(payer), frozenSaid == SILENT ? frozen : frozenSaid);
    }

    /// @dev `Frozen` if anything is said of it, `Transfer`, `ForcedTransfer`, in this order, and nothing else.
    function _force(address to, uint256 amount, uint256 frozenSaid) private {
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

    function _refusedForce(address from, address to, uint256 amount, bytes memory refusal) private {
        _refused(address(this), abi.encodeCall(eur.forcedTransfer, (from, to, amount)), refusal);
    }
}
