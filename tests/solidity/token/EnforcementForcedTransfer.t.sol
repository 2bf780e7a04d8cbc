// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/TokenSystem.sol";

/// @notice ERC-7943's forced transfer: from whom, to whom, how much, and what of a freeze is left.
contract EnforcementForcedTransferTest is TokenSystem {
    /// @dev In place of an amount: no `Frozen` event.
    uint256 private constant SILENT = type(uint256).max;

    function setUp() public override {
        super.setUp();
        _mint(eurBank, payer, BALANCE);
        _mint(eurBank, neighbour, 70_00);
    }

    /* AMOUNT */

    function test_moves_the_whole_balance_and_nothing_without_the_holder() public {
        _assertForced(0, SILENT);
        _assertForced(BALANCE, SILENT);
        _assertForced(0, SILENT);
        assertEq(eur.totalSupply(), BALANCE + 70_00);
        _refusedForce(payer, neighbour, 1, TokenReverts.insufficientBalance(payer, 0, 1));
    }

    function test_needs_the_balance() public {
        uint256[2] memory amounts = [BALANCE + 1, type(uint256).max];
        for (uint256 i = 0; i < amounts.length; ++i) {
            _refusedForce(payer, neighbour, amounts[i], TokenReverts.insufficientBalance(payer, BALANCE, amounts[i]));
        }
    }

    function test_never_takes_what_is_locked() public {
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
    function testFuzz_takes_off_a_freeze_what_it_moves_beyond_the_rest(
        uint256 locked,
        uint128 frozen,
        uint256 amount,
        uint256 later
    ) public {
        locked = bound(locked, 0, BALANCE);
        amount = bound(amount, 0, BALANCE + 1);
        if (frozen & 1 == 0) frozen = uint128(bound(frozen, 0, 2 * BALANCE));
        if (locked != 0) _request(payer, locked);
        eur.setFrozenTokens(payer, frozen);

        if (amount > BALANCE) {
            _refusedForce(payer, neighbour, amount, TokenReverts.insufficientBalance(payer, BALANCE, amount));
            return;
        }
        if (amount + locked > BALANCE) {
            _refusedForce(payer, neighbour, amount, TokenReverts.tokensLocked(payer, amount, BALANCE - locked));
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
        for (uint8 i = 0; i <= uint8(type(Loss).max); ++i) {
            _lose(payer, Loss(i));
            assertFalse(eur.canSend(payer));
            _assertForced(BALANCE, SILENT);
            vm.revertToState(state);
        }
    }

    function test_goes_on_during_a_pause_and_needs_no_corridor() public {
        address offMap = makeAddr("offMap");
        _enrol(offMap, NOWHERE);
        eur.pause();
        _force(offMap, 100_00, SILENT);
        assertEq(eur.balanceOf(offMap), 100_00);
    }

    function test_zero_address_can_not_send() public {
        _refusedForce(address(0), neighbour, 0, TokenReverts.invalidSender(address(0)));
    }

    /* TO */

    function test_receiver_must_be_able_to_receive() public {
        _refusedForce(payer, stranger, 1, TokenReverts.cannotReceive(stranger));
        bytes memory call = abi.encodeCall(eur.forcedTransfer, (payer, neighbour, 1));
        _refusedAfterEachLoss(neighbour, address(this), call, TokenReverts.cannotReceive(neighbour));
        vm.warp(REVIEWED_UNTIL - 1);
        _assertForced(1_00, SILENT);
        vm.warp(REVIEWED_UNTIL);
        _refusedForce(payer, neighbour, 1_00, TokenReverts.cannotReceive(neighbour));
    }

    function test_receiver_may_be_frozen_and_stays_so() public {
        eur.setFrozenTokens(neighbour, 80_00);
        _assertForced(100_00, SILENT);
        assertEq(eur.getFrozenTokens(neighbour), 80_00);
        assertEq(eur.spendableOf(neighbour), 90_00);
    }

    function test_zero_address_and_token_can_not_receive() public {
        _enrol(address(eur), GERMANY);
        _refusedForce(payer, address(0), 1, TokenReverts.invalidReceiver(address(0)));
        _refusedForce(payer, address(eur), 1, TokenReverts.invalidReceiver(address(eur)));
    }

    function test_goes_neither_from_nor_to_a_system_account() public {
        _authorize(_oneCurrency());
        for (uint256 i = 0; i < 2; ++i) {
            SystemStatus status = eur.systemStatusOf(address(escrow));
            bytes memory refusal = TokenReverts.systemAccountClosed(address(escrow), address(this), status);
            _refusedForce(address(escrow), neighbour, 1, refusal);
            _refusedForce(payer, address(escrow), 1, refusal);
            if (i == 0) eur.stopSystemAccount(address(escrow));
        }
    }

    /* TO ONESELF */

    function test_to_oneself_changes_nothing() public {
        _request(payer, 100_00);
        eur.setFrozenTokens(payer, 300_00);
        vm.record();
        _force(payer, 400_00, SILENT);
        (, bytes32[] memory writes) = vm.accesses(address(eur));
        assertEq(writes.length, 0);
        assertEq(eur.balanceOf(payer), BALANCE);
        assertEq(eur.getFrozenTokens(payer), 300_00);
    }

    function test_to_oneself_follows_every_rule() public {
        _request(payer, 100_00);
        _refusedForce(payer, payer, 400_01, TokenReverts.tokensLocked(payer, 400_01, 400_00));
        _refusedForce(payer, payer, BALANCE + 1, TokenReverts.insufficientBalance(payer, BALANCE, BALANCE + 1));
        registry.revoke(payer);
        _refusedForce(payer, payer, 1, TokenReverts.cannotReceive(payer));
    }

    /* HELPERS */

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
