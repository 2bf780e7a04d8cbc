// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/BankSystem.sol";

/// @notice A holder's wish to be paid out, from the request to its end: who may take which step, and when.
contract RedemptionTest is BankSystem {
    uint256 private constant BALANCE = 500_00;
    uint256 private constant AMOUNT = 200_00;
    bytes32 private constant REFERENCE = "payout 1";
    bytes4 private constant CLOSED_ACCOUNT = "AC04";
    bytes4 private constant LEGAL = "LEGL";
    uint128 private constant PAYER_CUSTOMER = 1001;
    uint64 private constant OTHER_LEDGER = 7002;

    address private minter;
    address private otherMinter = makeAddr("otherMinter");

    function setUp() public override {
        super.setUp();
        minter = eurBank.minter;
        eur.setMinter(otherMinter, OTHER_LEDGER, 1);
        _mint(eurBank, payer, BALANCE);
    }

    /* REQUEST */

    function test_request_locks_the_amount_in_the_holders_balance() public {
        assertEq(uint8(_statusOf(1)), uint8(RedemptionStatus.None));
        vm.expectEmit(address(eur));
        emit IDepositTokenExt.RedemptionRequested(1, payer, AMOUNT, REFERENCE);
        assertEq(_request(payer, AMOUNT), 1);

        Redemption memory redemption = eur.redemptionOf(1);
        assertEq(redemption.holder, payer);
        assertEq(uint8(redemption.status), uint8(RedemptionStatus.Requested));
        assertEq(redemption.amount, AMOUNT);
        assertEq(redemption.payoutReference, REFERENCE);
        assertEq(eur.openRedemptionsOf(payer).length, 1);
        assertEq(eur.openRedemptionsOf(payer)[0], 1);
        _assertAccount(payer, BALANCE, AMOUNT);
        assertEq(eur.totalSupply(), BALANCE);
    }

    function test_request_takes_up_to_what_is_spendable() public {
        _assertRequestRefused(payer, 0, TokenReverts.zeroAmount());
        _assertRequestRefused(payer, BALANCE + 1, TokenReverts.insufficientBalance(payer, BALANCE, BALANCE + 1));
        // Its lower 128 bits are 1.
        _assertRequestRefused(payer, (1 << 128) + 1, TokenReverts.insufficientBalance(payer, BALANCE, (1 << 128) + 1));

        _request(payer, AMOUNT);
        _assertRequestRefused(payer, 300_01, TokenReverts.tokensLocked(payer, 300_01, 300_00));
        eur.setFrozenTokens(payer, 100_00);
        _assertRequestRefused(payer, 200_01, TokenReverts.tokensLocked(payer, 200_01, 200_00));
        _assertRequestRefused(payer, 400_01, TokenReverts.insufficientUnfrozenBalance(payer, 400_01, 400_00));
        _request(payer, 200_00);
        assertEq(eur.spendableOf(payer), 0);
        assertEq(eur.lockedOf(payer), 400_00);
    }

    function test_lapsed_and_revoked_holders_may_request() public {
        uint256 state = vm.snapshotState();
        vm.warp(REVIEWED_UNTIL);
        assertFalse(eur.canSend(payer));
        _request(payer, AMOUNT);
        assertEq(eur.lockedOf(payer), AMOUNT);
        vm.revertToState(state);

        eurBank.registry.revoke(payer);
        assertFalse(eur.canSend(payer));
        _request(payer, AMOUNT);
        assertEq(eur.lockedOf(payer), AMOUNT);
    }

    function test_holder_that_the_registry_does_not_know_may_request() public {
        IAllowlistRegistry empty = _newAllowlistRegistry(address(eurBank.manager), eurBank.registry);
        empty.subscribe(address(eur));
        eur.setRegistry(address(empty));
        uint256 id = _request(payer, AMOUNT);
        eur.acceptRedemption(id);
        assertEq(eur.lockedOf(payer), AMOUNT);
        _assertRequestRefused(stranger, 1, TokenReverts.insufficientBalance(stranger, 0, 1));
    }

    function test_blocked_holder_may_not_request() public {
        uint256 state = vm.snapshotState();
        eurBank.registry.blockWallet(payer, LEGAL);
        _assertRequestRefused(payer, AMOUNT, TokenReverts.cannotSend(payer));
        vm.revertToState(state);

        eurBank.registry.blockCustomer(PAYER_CUSTOMER, LEGAL);
        _assertRequestRefused(payer, AMOUNT, TokenReverts.cannotSend(payer));
    }

    function test_system_account_may_not_request() public {
        vm.prank(payer);
        eur.approve(address(escrow), AMOUNT);
        vm.prank(address(escrow));
        eur.transferFrom(payer, address(escrow), AMOUNT);
        _assertRequestRefused(address(escrow), 1, TokenReverts.cannotSend(address(escrow)));
        eur.stopSystemAccount(address(escrow));
        _assertRequestRefused(address(escrow), 1, TokenReverts.cannotSend(address(escrow)));
    }

    function test_one_holder_has_several_open_at_once() public {
        for (uint256 amount = 10_00; amount <= 40_00; amount += 10_00) {
            _request(payer, amount);
        }
        _mint(eurBank, neighbour, 1_00);
        assertEq(_request(neighbour, 1_00), 5);
        assertEq(eur.lockedOf(payer), 100_00);

        vm.prank(payer);
        eur.cancelRedemption(1);
        eur.acceptRedemption(3);
        uint256[] memory open = eur.openRedemptionsOf(payer);
        assertEq(open.length, 3);
        assertEq(open[0] + open[1] + open[2], 2 + 3 + 4);
        _assertAccount(payer, BALANCE, 90_00);

        _settle(3, _nextEntry(eurBank));
        eur.rejectRedemption(2, CLOSED_ACCOUNT);
        open = eur.openRedemptionsOf(payer);
        assertEq(open.length, 1);
        assertEq(open[0], 4);
        _assertAccount(payer, BALANCE - 30_00, 40_00);
        assertEq(eur.openRedemptionsOf(neighbour)[0], 5);
        assertEq(eur.lockedOf(neighbour), 1_00);
    }

    /* EVERY ACT IN EVERY STATUS */

    function test_each_act_needs_its_status() public {
        uint256 state = vm.snapshotState();
        for (uint8 i = 0; i <= uint8(type(RedemptionStatus).max); ++i) {
            RedemptionStatus status = RedemptionStatus(i);
            bool requested = status == RedemptionStatus.Requested;
            bool accepted = status == RedemptionStatus.Accepted;
            uint256 id = _redemptionIn(status);
            uint256 prepared = vm.snapshotState();

            _assertAct(id, payer, abi.encodeCall(eur.cancelRedemption, (id)), requested, RedemptionStatus.Cancelled);
            vm.revertToState(prepared);
            _assertAct(
                id, address(this), abi.encodeCall(eur.acceptRedemption, (id)), requested, RedemptionStatus.Accepted
            );
            vm.revertToState(prepared);
            _assertAct(
                id,
                minter,
                abi.encodeCall(eur.settleRedemption, (id, _nextEntry(eurBank))),
                accepted,
                RedemptionStatus.Settled
            );
            vm.revertToState(prepared);
            _assertAct(
                id,
                address(this),
                abi.encodeCall(eur.rejectRedemption, (id, CLOSED_ACCOUNT)),
                requested || accepted,
                RedemptionStatus.Rejected
            );
            vm.revertToState(state);
        }
    }

    /* CANCEL */

    function test_cancel_frees_the_amount() public {
        uint256 id = _request(payer, AMOUNT);
        vm.expectEmit(address(eur));
        emit IDepositTokenExt.RedemptionCancelled(id);
        vm.prank(payer);
        eur.cancelRedemption(id);
        _assertClosed(id, RedemptionStatus.Cancelled, BALANCE);
    }

    function test_only_the_holder_cancels() public {
        uint256 id = _request(payer, AMOUNT);
        address[3] memory callers = [stranger, address(this), minter];
        for (uint256 i = 0; i < callers.length; ++i) {
            vm.expectRevert(TokenReverts.notHolder(id, callers[i], payer));
            vm.prank(callers[i]);
            eur.cancelRedemption(id);
        }
    }

    /// @dev It only takes back what the holder asked for itself.
    function test_blocked_lapsed_or_frozen_holder_may_cancel() public {
        uint256 id = _request(payer, AMOUNT);
        eur.setFrozenTokens(payer, 2 * BALANCE);
        eurBank.registry.blockWallet(payer, LEGAL);
        vm.warp(REVIEWED_UNTIL);
        vm.prank(payer);
        eur.cancelRedemption(id);
        assertEq(eur.lockedOf(payer), 0);
        assertEq(eur.spendableOf(payer), 0);
    }

    /* ACCEPT */

    function test_accept_keeps_the_lock() public {
        uint256 id = _request(payer, AMOUNT);
        vm.expectEmit(address(eur));
        emit IDepositTokenExt.RedemptionAccepted(id);
        eur.acceptRedemption(id);
        assertEq(uint8(_statusOf(id)), uint8(RedemptionStatus.Accepted));
        _assertAccount(payer, BALANCE, AMOUNT);
        assertEq(eur.openRedemptionsOf(payer).length, 1);
    }

    function test_accept_and_reject_are_the_banks() public {
        uint256 id = _request(payer, AMOUNT);
        address[3] memory callers = [payer, minter, stranger];
        for (uint256 i = 0; i < callers.length; ++i) {
            bytes memory refusal = GovernanceReverts.accessManagedUnauthorized(callers[i]);
            vm.expectRevert(refusal);
            vm.prank(callers[i]);
            eur.acceptRedemption(id);
            vm.expectRevert(refusal);
            vm.prank(callers[i]);
            eur.rejectRedemption(id, CLOSED_ACCOUNT);
        }
    }

    function test_lapse_since_the_request_does_not_stop_acceptance() public {
        uint256 id = _request(payer, AMOUNT);
        eurBank.registry.revoke(payer);
        vm.warp(REVIEWED_UNTIL);
        eur.acceptRedemption(id);
        assertEq(uint8(_statusOf(id)), uint8(RedemptionStatus.Accepted));
    }

    function test_block_since_the_request_stops_acceptance() public {
        uint256 id = _request(payer, AMOUNT);
        eurBank.registry.blockWallet(payer, LEGAL);
        eurBank.registry.blockCustomer(PAYER_CUSTOMER, LEGAL);
        _assertAcceptRefused(id, TokenReverts.cannotSend(payer));
        eurBank.registry.unblockWallet(payer);
        _assertAcceptRefused(id, TokenReverts.cannotSend(payer));
        eurBank.registry.unblockCustomer(PAYER_CUSTOMER);
        eur.acceptRedemption(id);
        assertEq(uint8(_statusOf(id)), uint8(RedemptionStatus.Accepted));
    }

    function test_freeze_since_the_request_stops_acceptance() public {
        uint256 id = _request(payer, AMOUNT);
        eur.setFrozenTokens(payer, BALANCE - AMOUNT + 1);
        _assertAcceptRefused(id, TokenReverts.insufficientUnfrozenBalance(payer, AMOUNT, AMOUNT - 1));
        eur.setFrozenTokens(payer, type(uint128).max);
        _assertAcceptRefused(id, TokenReverts.insufficientUnfrozenBalance(payer, AMOUNT, 0));
        // Just free again.
        eur.setFrozenTokens(payer, BALANCE - AMOUNT);
        eur.acceptRedemption(id);
        assertEq(uint8(_statusOf(id)), uint8(RedemptionStatus.Accepted));
    }

    function test_what_is_locked_in_all_must_be_unfrozen_to_accept_one() public {
        uint256 first = _request(payer, AMOUNT);
        uint256 second = _request(payer, AMOUNT);
        eur.setFrozenTokens(payer, 200_00);
        _assertAcceptRefused(first, TokenReverts.insufficientUnfrozenBalance(payer, 2 * AMOUNT, 300_00));
        vm.prank(payer);
        eur.cancelRedemption(second);
        eur.acceptRedemption(first);
        assertEq(uint8(_statusOf(first)), uint8(RedemptionStatus.Accepted));
    }

    /* SETTLE */

    function test_settle_burns_for_an_entry() public {
        uint256 id = _accepted(AMOUNT);
        uint128 entry = _nextEntry(eurBank);
        (, uint128 allowance,) = eur.minterOf(minter);
        vm.expectEmit(address(eur));
        emit IDepositTokenExt.RedemptionSettled(id, minter, AMOUNT, entry);
        vm.expectEmit(address(eur));
        emit IERC20.Transfer(payer, address(0), AMOUNT);
        _settle(id, entry);

        _assertClosed(id, RedemptionStatus.Settled, BALANCE - AMOUNT);
        assertEq(eur.totalSupply(), BALANCE - AMOUNT);
        assertTrue(eur.isEntryConsumed(entry));
        (, uint128 left,) = eur.minterOf(minter);
        assertEq(left, allowance);
    }

    function test_settle_is_for_minters() public {
        uint256 id = _accepted(AMOUNT);
        uint128 entry = _nextEntry(eurBank);
        address[4] memory callers = [payer, address(this), hkdBank.minter, stranger];
        for (uint256 i = 0; i < callers.length; ++i) {
            vm.expectRevert(TokenReverts.notMinter(callers[i]));
            vm.prank(callers[i]);
            eur.settleRedemption(id, entry);
        }
        eur.removeMinter(minter);
        vm.expectRevert(TokenReverts.notMinter(minter));
        _settle(id, entry);
    }

    function test_settle_takes_an_entry_of_the_minters_own_ledger() public {
        uint256 id = _accepted(AMOUNT);
        uint128 entry = _nextEntry(eurBank);
        vm.prank(otherMinter);
        vm.expectRevert(TokenReverts.entryOfOtherLedger(entry, EUR_LEDGER, OTHER_LEDGER));
        eur.settleRedemption(id, entry);

        // Without anything to mint, and not the minter that minted.
        eur.lowerCeiling(otherMinter, 0);
        vm.prank(otherMinter);
        eur.settleRedemption(id, _entry(OTHER_LEDGER, 1));
        assertTrue(eur.isEntryConsumed(_entry(OTHER_LEDGER, 1)));
        assertFalse(eur.isEntryConsumed(entry));
        assertEq(eur.totalSupply(), BALANCE - AMOUNT);
    }

    function test_entry_is_used_once_for_mint_burn_and_settling_alike() public {
        _mint(eurBank, minter, 100_00);
        uint256 first = _accepted(1_00);
        uint256 second = _accepted(1_00);
        uint256 state = vm.snapshotState();
        uint128 entry = _nextEntry(eurBank);
        bytes[3] memory acts = [
            abi.encodeCall(eur.mint, (payer, 1_00, entry)),
            abi.encodeCall(eur.burn, (1_00, entry)),
            abi.encodeCall(eur.settleRedemption, (first, entry))
        ];
        for (uint256 i = 0; i < acts.length; ++i) {
            (bool success,) = _call(minter, acts[i]);
            assertTrue(success);
            acts[2] = abi.encodeCall(eur.settleRedemption, (second, entry));
            for (uint256 j = 0; j < acts.length; ++j) {
                _assertRefused(minter, acts[j], TokenReverts.entryConsumed(entry));
            }
            acts[2] = abi.encodeCall(eur.settleRedemption, (first, entry));
            vm.revertToState(state);
        }
    }

    /// @dev The bank has paid out by then.
    function test_nothing_that_befalls_the_holder_stops_settling() public {
        uint256 id = _accepted(AMOUNT);
        eur.setFrozenTokens(payer, type(uint128).max);
        eurBank.registry.revoke(payer);
        eurBank.registry.blockWallet(payer, LEGAL);
        eurBank.registry.blockCustomer(PAYER_CUSTOMER, LEGAL);
        vm.warp(REVIEWED_UNTIL);
        _settle(id, _nextEntry(eurBank));
        _assertClosed(id, RedemptionStatus.Settled, BALANCE - AMOUNT);
        assertEq(eur.getFrozenTokens(payer), type(uint128).max);
    }

    /* REJECT */

    function test_reject_frees_what_was_requested_or_accepted() public {
        uint256[2] memory ids = [_request(payer, AMOUNT), _accepted(AMOUNT)];
        for (uint256 i = 0; i < ids.length; ++i) {
            vm.expectEmit(address(eur));
            emit IDepositTokenExt.RedemptionRejected(ids[i], CLOSED_ACCOUNT);
            eur.rejectRedemption(ids[i], CLOSED_ACCOUNT);
        }
        _assertClosed(ids[0], RedemptionStatus.Rejected, BALANCE);
        _assertClosed(ids[1], RedemptionStatus.Rejected, BALANCE);
    }

    function test_reject_works_on_a_blocked_and_frozen_holder() public {
        uint256 id = _accepted(AMOUNT);
        eur.setFrozenTokens(payer, BALANCE);
        eurBank.registry.blockWallet(payer, LEGAL);
        eur.rejectRedemption(id, LEGAL);
        assertEq(eur.lockedOf(payer), 0);
        assertEq(eur.spendableOf(payer), 0);
    }

    /* PAUSE */

    function test_pause_stops_settling_only() public {
        uint256 accepted = _accepted(10_00);
        uint256 cancelled = _request(payer, 20_00);
        eur.pause();
        uint256 requested = _request(payer, 30_00);
        vm.prank(payer);
        eur.cancelRedemption(cancelled);
        eur.acceptRedemption(requested);
        eur.rejectRedemption(requested, CLOSED_ACCOUNT);

        uint128 entry = _nextEntry(eurBank);
        vm.expectRevert(IDepositTokenCore.TokenPaused.selector);
        _settle(accepted, entry);
        assertFalse(eur.isEntryConsumed(entry));
        _assertAccount(payer, BALANCE, 10_00);

        eur.unpause();
        _settle(accepted, entry);
        _assertAccount(payer, BALANCE - 10_00, 0);
    }

    /* HELPERS */

    function _request(address holder, uint256 amount) private returns (uint256) {
        vm.prank(holder);
        return eur.requestRedemption(amount, REFERENCE);
    }

    function _accepted(uint256 amount) private returns (uint256 id) {
        id = _request(payer, amount);
        eur.acceptRedemption(id);
    }

    function _settle(uint256 id, uint128 entry) private {
        vm.prank(minter);
        eur.settleRedemption(id, entry);
    }

    function _statusOf(uint256 id) private view returns (RedemptionStatus) {
        return eur.redemptionOf(id).status;
    }

    function _redemptionIn(RedemptionStatus status) private returns (uint256 id) {
        if (status == RedemptionStatus.None) return 1;
        id = _request(payer, AMOUNT);
        if (status == RedemptionStatus.Accepted || status == RedemptionStatus.Settled) eur.acceptRedemption(id);
        if (status == RedemptionStatus.Settled) _settle(id, _nextEntry(eurBank));
        if (status == RedemptionStatus.Rejected) eur.rejectRedemption(id, CLOSED_ACCOUNT);
        if (status == RedemptionStatus.Cancelled) {
            vm.prank(payer);
            eur.cancelRedemption(id);
        }
        assertEq(uint8(_statusOf(id)), uint8(status));
    }

    /// @dev The act leads to `next`, or reverts with the status that it found and the one that it needs.
    function _assertAct(uint256 id, address caller, bytes memory act, bool allowed, RedemptionStatus next) private {
        RedemptionStatus found = _statusOf(id);
        if (allowed) {
            (bool success,) = _call(caller, act);
            assertTrue(success);
            assertEq(uint8(_statusOf(id)), uint8(next));
        } else {
            RedemptionStatus needed =
                next == RedemptionStatus.Settled ? RedemptionStatus.Accepted : RedemptionStatus.Requested;
            _assertRefused(caller, act, TokenReverts.wrongRedemptionStatus(id, found, needed));
        }
    }

    function _assertRefused(address caller, bytes memory act, bytes memory refusal) private {
        (bool success, bytes memory result) = _call(caller, act);
        assertFalse(success);
        assertEq(result, refusal);
    }

    function _call(address caller, bytes memory act) private returns (bool success, bytes memory result) {
        vm.prank(caller);
        return address(eur).call(act);
    }

    function _assertRequestRefused(address holder, uint256 amount, bytes memory refusal) private {
        _assertRefused(holder, abi.encodeCall(eur.requestRedemption, (amount, REFERENCE)), refusal);
    }

    function _assertAcceptRefused(uint256 id, bytes memory refusal) private {
        _assertRefused(address(this), abi.encodeCall(eur.acceptRedemption, (id)), refusal);
    }

    function _assertAccount(address holder, uint256 balance, uint256 locked) private view {
        assertEq(eur.balanceOf(holder), balance);
        assertEq(eur.lockedOf(holder), locked);
        assertEq(eur.spendableOf(holder), balance - locked);
    }

    /// @dev The payer's only one: nothing of it is left but its record.
    function _assertClosed(uint256 id, RedemptionStatus status, uint256 balance) private view {
        assertEq(uint8(_statusOf(id)), uint8(status));
        assertEq(eur.redemptionOf(id).amount, AMOUNT);
        assertEq(eur.openRedemptionsOf(payer).length, 0);
        assertEq(eur.lockedOf(payer), 0);
        assertEq(eur.balanceOf(payer), balance);
    }
}
