// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/TokenSystem.sol";
import {ContractWallet} from "../support/ContractWallet.sol";

/// @notice A holder's wish to be paid out, from the request, which somebody else may bring as signed, to its end: who
/// may take which step, and when. Which entry settles it, {DepositTokenIssuanceTest} shows.
/// @dev Whose signature a request needs, until when, and what a relayer can't do with it: {TokenSignatureAttacksTest}.
contract RedemptionTest is TokenSystem {
    uint256 private constant AMOUNT = 200_00;
    bytes4 private constant CLOSED_ACCOUNT = "AC04";
    bytes32 private constant NONCE = "a nonce drawn at random";

    function setUp() public override {
        super.setUp();
        _mint(eurBank, payer, BALANCE);
    }

    /* REQUEST */

    function test_request_locks_the_amount_in_the_holders_balance() public {
        vm.expectEmit(address(eur));
        emit IDepositTokenExt.RedemptionRequested(1, payer, AMOUNT, "payout");
        assertEq(_request(payer, AMOUNT), 1);
        Redemption memory requested = Redemption(payer, RedemptionStatus.Requested, uint128(AMOUNT), "payout");
        assertEq(abi.encode(eur.redemptionOf(1)), abi.encode(requested));
        assertEq(eur.openRedemptionsOf(payer)[0], 1);
        _assertAccount(payer, BALANCE, AMOUNT);
    }

    function test_request_takes_up_to_what_is_spendable() public {
        _refusedRequest(payer, 0, TokenReverts.zeroAmount());
        _refusedRequest(address(escrow), 1, TokenReverts.cannotSend(address(escrow)));
        _refusedRequest(payer, BALANCE + 1, TokenReverts.insufficientBalance(payer, BALANCE, BALANCE + 1));

        _request(payer, AMOUNT);
        _refusedRequest(payer, 300_01, TokenReverts.tokensLocked(payer, 300_01, 300_00));
        eur.setFrozenTokens(payer, 100_00);
        _refusedRequest(payer, 200_01, TokenReverts.tokensLocked(payer, 200_01, 200_00));
        _refusedRequest(payer, 400_01, TokenReverts.insufficientUnfrozenBalance(payer, 400_01, 400_00));
        _request(payer, 200_00);
        assertEq(eur.spendableOf(payer), 0);
        assertEq(eur.lockedOf(payer), 400_00);
    }

    /// @dev Nor does a lapse or a revocation since the request stop the acceptance.
    function test_lapsed_and_revoked_holders_may_request_and_blocked_ones_may_not() public {
        uint256 state = vm.snapshotState();
        for (uint8 i = 0; i <= uint8(type(Loss).max); ++i) {
            _lose(payer, Loss(i));
            assertFalse(eur.canSend(payer));
            if (Loss(i) == Loss.BlockOfWallet || Loss(i) == Loss.BlockOfCustomer) {
                _refusedRequest(payer, AMOUNT, TokenReverts.cannotSend(payer));
            } else {
                eur.acceptRedemption(_request(payer, AMOUNT));
                assertEq(eur.lockedOf(payer), AMOUNT);
            }
            vm.revertToState(state);
        }
    }

    function test_one_holder_has_several_open_at_once() public {
        for (uint256 amount = 10_00; amount <= 40_00; amount += 10_00) {
            _request(payer, amount);
        }
        _mint(eurBank, neighbour, 1_00);
        assertEq(_request(neighbour, 1_00), 5);
        vm.prank(payer);
        eur.cancelRedemption(1);
        eur.acceptRedemption(3);
        _settle(3, _nextEntry(eurBank));
        uint256[] memory open = eur.openRedemptionsOf(payer);
        assertEq(open.length, 2);
        assertEq(open[0] + open[1], 2 + 4);
        eur.rejectRedemption(2, CLOSED_ACCOUNT);
        _assertAccount(payer, BALANCE - 30_00, 40_00);
        assertEq(eur.openRedemptionsOf(payer)[0], 4);
        assertEq(eur.openRedemptionsOf(neighbour)[0], 5);
        _assertAccount(neighbour, 1_00, 1_00);
    }

    /* EVERY ACT IN EVERY STATUS */

    /// @dev An act leads on, or reverts with the status that it found and the one that it needs.
    function test_each_act_needs_its_status() public {
        uint256 state = vm.snapshotState();
        for (uint8 i = 0; i <= uint8(type(RedemptionStatus).max); ++i) {
            RedemptionStatus found = RedemptionStatus(i);
            uint256 id = _redemptionIn(found);
            uint256 prepared = vm.snapshotState();
            for (uint8 j = uint8(RedemptionStatus.Accepted); j <= uint8(type(RedemptionStatus).max); ++j) {
                RedemptionStatus next = RedemptionStatus(j);
                RedemptionStatus needed =
                    next == RedemptionStatus.Settled ? RedemptionStatus.Accepted : RedemptionStatus.Requested;
                (address caller, bytes memory act) = _actTo(next, id);
                if (found == needed || (next == RedemptionStatus.Rejected && found == RedemptionStatus.Accepted)) {
                    _done(caller, address(eur), act);
                    _assertStatus(id, next);
                } else {
                    _refused(caller, act, TokenReverts.wrongRedemptionStatus(id, found, needed));
                }
                vm.revertToState(prepared);
            }
            vm.revertToState(state);
        }
    }

    /* CANCEL */

    /// @dev It only takes back what the holder asked for itself.
    function test_cancel_frees_the_amount_also_of_a_blocked_lapsed_or_frozen_holder() public {
        uint256 id = _request(payer, AMOUNT);
        eur.setFrozenTokens(payer, BALANCE + AMOUNT);
        registry.blockWallet(payer, LEGAL);
        vm.warp(REVIEWED_UNTIL);
        vm.expectEmit(address(eur));
        emit IDepositTokenExt.RedemptionCancelled(id);
        vm.prank(payer);
        eur.cancelRedemption(id);
        _assertClosed(id, RedemptionStatus.Cancelled, BALANCE);
    }

    /* ACCEPT */

    function test_block_since_the_request_stops_acceptance() public {
        uint256 id = _request(payer, AMOUNT);
        _lose(payer, Loss.BlockOfWallet);
        _lose(payer, Loss.BlockOfCustomer);
        _refusedAcceptance(id, TokenReverts.cannotSend(payer));
        registry.unblockWallet(payer);
        _refusedAcceptance(id, TokenReverts.cannotSend(payer));
        registry.unblockCustomer(1001);
        eur.acceptRedemption(id);
    }

    /// @dev All that is locked must be unfrozen to accept any of it. What is accepted stays locked.
    function test_freeze_since_the_request_stops_acceptance() public {
        uint256 id = _request(payer, AMOUNT);
        uint256 second = _request(payer, AMOUNT);
        eur.setFrozenTokens(payer, 200_00);
        _refusedAcceptance(id, TokenReverts.insufficientUnfrozenBalance(payer, 2 * AMOUNT, 300_00));
        vm.prank(payer);
        eur.cancelRedemption(second);
        eur.setFrozenTokens(payer, type(uint128).max);
        _refusedAcceptance(id, TokenReverts.insufficientUnfrozenBalance(payer, AMOUNT, 0));
        eur.setFrozenTokens(payer, BALANCE - AMOUNT + 1);
        _refusedAcceptance(id, TokenReverts.insufficientUnfrozenBalance(payer, AMOUNT, AMOUNT - 1));
        // Just free again.
        eur.setFrozenTokens(payer, BALANCE - AMOUNT);
        vm.expectEmit(address(eur));
        emit IDepositTokenExt.RedemptionAccepted(id);
        eur.acceptRedemption(id);
        _assertStatus(id, RedemptionStatus.Accepted);
        assertEq(eur.lockedOf(payer), AMOUNT);
        assertEq(eur.openRedemptionsOf(payer).length, 1);
    }

    /* SETTLE */

    /// @dev The bank has paid out by then: nothing that befalls the holder stops it.
    function test_settle_burns_for_an_entry_whatever_befell_the_holder() public {
        uint256 id = _accepted(AMOUNT);
        uint128 entry = _nextEntry(eurBank);
        eur.setFrozenTokens(payer, type(uint128).max);
        _lose(payer, Loss.BlockOfCustomer);
        registry.revoke(payer);
        registry.blockWallet(payer, LEGAL);
        vm.expectEmit(address(eur));
        emit IDepositTokenExt.RedemptionSettled(id, minter, AMOUNT, entry);
        vm.expectEmit(address(eur));
        emit IERC20.Transfer(payer, address(0), AMOUNT);
        _settle(id, entry);
        _assertClosed(id, RedemptionStatus.Settled, BALANCE - AMOUNT);
        assertEq(eur.totalSupply(), BALANCE - AMOUNT);
        assertEq(eur.getFrozenTokens(payer), type(uint128).max);
        assertTrue(eur.isEntryConsumed(entry));
        _assertMinter(minter, EUR_LEDGER, MINTER_CEILING - uint128(BALANCE), MINTER_CEILING);
    }

    /* REJECT */

    /// @dev Also a blocked holder's whose balance is frozen.
    function test_reject_frees_what_was_requested_or_accepted() public {
        uint256[2] memory ids = [_request(payer, AMOUNT), _accepted(AMOUNT)];
        eur.setFrozenTokens(payer, BALANCE);
        registry.blockWallet(payer, LEGAL);
        for (uint256 i = 0; i < ids.length; ++i) {
            vm.expectEmit(address(eur));
            emit IDepositTokenExt.RedemptionRejected(ids[i], CLOSED_ACCOUNT);
            eur.rejectRedemption(ids[i], CLOSED_ACCOUNT);
        }
        _assertClosed(ids[0], RedemptionStatus.Rejected, BALANCE);
        _assertClosed(ids[1], RedemptionStatus.Rejected, BALANCE);
        assertEq(eur.spendableOf(payer), 0);
    }

    /* PAUSE */

    function test_pause_stops_no_step_but_settling() public {
        eur.pause();
        uint256 cancelled = _request(payer, 20_00);
        vm.prank(payer);
        eur.cancelRedemption(cancelled);
        eur.rejectRedemption(_accepted(30_00), CLOSED_ACCOUNT);
        _assertAccount(payer, BALANCE, 0);
    }

    /* SIGNED REQUEST */

    function test_anyone_may_bring_a_signed_request() public {
        bytes memory call = _signedRequest(payer);
        vm.expectEmit(address(eur));
        emit IERC3009.AuthorizationUsed(payer, NONCE);
        vm.expectEmit(address(eur));
        emit IDepositTokenExt.RedemptionRequested(1, payer, AMOUNT, "payout 1");
        assertEq(_done(stranger, address(eur), call), abi.encode(1));
        assertEq(eur.redemptionOf(1).holder, payer);
        assertEq(eur.redemptionOf(1).payoutReference, "payout 1");
        assertTrue(eur.authorizationState(payer, NONCE));

        // It is the holder's own, and not the relayer's, to take back.
        _refused(stranger, abi.encodeCall(eur.cancelRedemption, (1)), TokenReverts.notHolder(1, stranger, payer));
    }

    function test_signed_request_comes_before_its_deadline() public {
        bytes memory call = _signedRequest(payer);
        uint256 deadline = START + 1 hours;
        vm.warp(deadline);
        _refused(stranger, call, TokenReverts.requestExpired(deadline, deadline));
        vm.warp(deadline - 1);
        assertEq(_done(stranger, address(eur), call), abi.encode(1));
    }

    /// @dev Whatever its contract says.
    function test_system_account_signs_none() public {
        address system = address(new ContractWallet(payer));
        // What the token asks before it takes a contract for part of the payment system.
        vm.mockCall(system, bytes.concat(ISettlementEscrow.claimableOf.selector), abi.encode(0));
        eur.activateSystemAccount(system);
        _refused(stranger, _signedRequest(system), TokenReverts.cannotSend(system));
    }

    /* HELPERS */

    function _accepted(uint256 amount) private returns (uint256 id) {
        id = _request(payer, amount);
        eur.acceptRedemption(id);
    }

    /// @dev Who brings a redemption to its next status, and by which act.
    function _actTo(RedemptionStatus next, uint256 id) private returns (address caller, bytes memory act) {
        if (next == RedemptionStatus.Accepted) return (address(this), abi.encodeCall(eur.acceptRedemption, (id)));
        if (next == RedemptionStatus.Cancelled) return (payer, abi.encodeCall(eur.cancelRedemption, (id)));
        if (next == RedemptionStatus.Rejected) {
            return (address(this), abi.encodeCall(eur.rejectRedemption, (id, CLOSED_ACCOUNT)));
        }
        return (minter, abi.encodeCall(eur.settleRedemption, (id, _nextEntry(eurBank))));
    }

    function _redemptionIn(RedemptionStatus status) private returns (uint256 id) {
        if (status == RedemptionStatus.None) return 1;
        id = _request(payer, AMOUNT);
        if (status == RedemptionStatus.Settled) eur.acceptRedemption(id);
        if (status != RedemptionStatus.Requested) {
            (address caller, bytes memory act) = _actTo(status, id);
            _done(caller, address(eur), act);
        }
        _assertStatus(id, status);
    }

    function _refusedRequest(address holder, uint256 amount, bytes memory refusal) private {
        _refused(holder, abi.encodeCall(eur.requestRedemption, (amount, "payout")), refusal);
    }

    function _refusedAcceptance(uint256 id, bytes memory refusal) private {
        _refused(address(this), abi.encodeCall(eur.acceptRedemption, (id)), refusal);
    }

    function _assertStatus(uint256 id, RedemptionStatus status) private view {
        assertEq(uint8(eur.redemptionOf(id).status), uint8(status));
    }

    function _assertAccount(address holder, uint256 balance, uint256 locked) private view {
        assertEq(eur.balanceOf(holder), balance);
        assertEq(eur.lockedOf(holder), locked);
        assertEq(eur.spendableOf(holder), balance - locked);
    }

    /// @dev The payer's only one: nothing of it is left but its record.
    function _assertClosed(uint256 id, RedemptionStatus status, uint256 balance) private view {
        _assertStatus(id, status);
        assertEq(eur.redemptionOf(id).amount, AMOUNT);
        assertEq(eur.openRedemptionsOf(payer).length, 0);
        assertEq(eur.lockedOf(payer), 0);
        assertEq(eur.balanceOf(payer), balance);
    }

    /// @dev Of 200.00, for the hour to come, by the payer's key.
    function _signedRequest(address holder) private view returns (bytes memory) {
        uint256 deadline = START + 1 hours;
        bytes memory message =
            abi.encode(eur.REDEMPTION_REQUEST_TYPEHASH(), holder, AMOUNT, bytes32("payout 1"), NONCE, deadline);
        bytes memory signature = _sign(payerKey, eur, message);
        return
            abi.encodeCall(eur.requestRedemptionWithSignature, (holder, AMOUNT, "payout 1", NONCE, deadline, signature));
    }
}
