// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/TokenSystem.sol";
import {PlainToken} from "../support/mocks/ForeignTokens.sol";
import {HostileToken} from "../support/mocks/HostileToken.sol";

/// @notice What a bank sets beside its rules: which other tokens it accepts, its system accounts, the deposits' terms,
/// the suspense account and who counts as a successor; what a token asks a contract before it is set; and the rescue of
/// tokens that were sent to a token by mistake.
contract DepositTokenSettingsTest is TokenSystem {
    uint256 private constant STRAY = 500;

    address private suspense = makeAddr("suspense account");
    /// @dev Not accepted yet.
    address private other;

    function setUp() public override {
        super.setUp();
        _enrol(suspense, GERMANY);
        other = address(_secondToken());
    }

    /* QUESTIONS */

    function test_contract_that_does_not_answer_its_question_is_not_set() public {
        address manager = address(eurBank.manager);
        address[5] memory others = [stranger, address(0), manager, _mute(0), _mute(31)];
        for (uint256 i = 0; i < others.length; ++i) {
            address asked = others[i];
            _unanswered(asked, abi.encodeCall(eur.setAccepted, (asked, true)), IDepositTokenExt.currency.selector);
            _unanswered(asked, abi.encodeCall(eur.setRegistry, (asked)), IAllowlistRegistry.epochFor.selector);
            _unanswered(asked, abi.encodeCall(eur.setPolicy, (asked)), ICorridorPolicy.approver.selector);
            bytes memory activate = abi.encodeCall(eur.activateSystemAccount, (asked));
            _unanswered(asked, activate, ISettlementEscrow.claimableOf.selector);
        }
    }

    function test_refusal_is_no_answer_however_long_and_an_answer_may_be_long() public {
        address asked = _mute(0);
        bytes4 question = IDepositTokenExt.currency.selector;
        for (uint256 words = 1; words <= 3; ++words) {
            vm.mockCallRevert(asked, abi.encodePacked(question), new bytes(words * 32));
            _unanswered(asked, abi.encodeCall(eur.setAccepted, (asked, true)), question);
        }
        vm.mockCall(asked, abi.encodePacked(question), new bytes(64));
        eur.setAccepted(asked, true);
        _assertAcceptance(asked, Acceptance.Accepted);
    }

    /* ACCEPTANCE */

    /// @dev The governor accepts and strikes off whatever was said, but accepts nothing past whoever suspended it. What
    /// it struck off, or never let through, no working key opens; nor is an act done twice.
    function test_each_act_after_whatever_was_said_of_a_token() public {
        (Acceptance none, Acceptance refunds, Acceptance all) =
            (Acceptance.None, Acceptance.RefundsOnly, Acceptance.Accepted);
        for (uint8 i = 0; i <= uint8(type(Acceptance).max); ++i) {
            Acceptance said = Acceptance(i);
            _assertAct(said, abi.encodeCall(eur.setAccepted, (other, true)), said, said == refunds ? refunds : all);
            _assertAct(said, abi.encodeCall(eur.setAccepted, (other, false)), said, none);
            _assertAct(said, abi.encodeCall(eur.suspendAccepted, (other)), all, refunds);
            _assertAct(said, abi.encodeCall(eur.stopAccepted, (other)), all, refunds);
            _assertAct(said, abi.encodeCall(eur.resumeAccepted, (other)), refunds, all);
        }
        // Of the others it says what it said, and the other says nothing of it.
        _assertAcceptance(address(hkd), all);
        assertEq(uint8(IDepositToken(other).acceptanceOf(address(eur))), uint8(none));
    }

    /// @dev It may have broken since.
    function test_token_that_does_not_answer_can_be_struck_off_and_suspended() public {
        eur.setAccepted(other, true);
        vm.mockCallRevert(other, bytes(""), "broken");
        eur.suspendAccepted(other);
        eur.resumeAccepted(other);
        eur.setAccepted(other, false);
        _assertAcceptance(other, Acceptance.None);
        eur.setAccepted(stranger, false);
    }

    /* SYSTEM ACCOUNTS */

    /// @dev It is asked what it keeps for itself in this token, which is all that it has to know.
    function test_system_account_is_activated_and_stopped_in_turn() public {
        vm.mockCall(other, abi.encodeCall(ISettlementEscrow.claimableOf, (address(eur), other)), new bytes(32));
        bytes memory stop = abi.encodeCall(eur.stopSystemAccount, (other));
        // An ordinary account would become one that no review and no block reaches.
        _refused(address(this), stop, TokenReverts.notSystemAccount(other, SystemStatus.None));
        for (uint256 i = 0; i < 2; ++i) {
            _assertListed(SystemStatus.Active, abi.encodeCall(eur.activateSystemAccount, (other)));
            _assertListed(SystemStatus.OutflowOnly, stop);
        }
        bytes memory call = abi.encodeCall(eur.activateSystemAccount, (address(eur)));
        _refused(address(this), call, TokenReverts.invalidReceiver(address(eur)));
    }

    /* TERMS */

    function test_setTerms_publishes_and_replaces_the_terms() public {
        // The first takes several words of storage, the others fit into one.
        string[3] memory uris =
            ["https://bank.example/deposits/eur/terms/2026-03-02/terms-and-conditions.pdf", "ipfs://terms/1", ""];
        bytes32[3] memory hashes = [keccak256("long"), keccak256("short"), bytes32(0)];
        for (uint256 i = 0; i < uris.length; ++i) {
            vm.expectEmit(address(eur));
            emit IDepositTokenExt.TermsSet(uris[i], hashes[i]);
            eur.setTerms(uris[i], hashes[i]);
            (string memory uri, bytes32 contentHash) = eur.terms();
            assertEq(uri, uris[i]);
            assertEq(contentHash, hashes[i]);
        }
    }

    /* RESCUE */

    function test_rescue_takes_out_what_was_sent_by_mistake_also_while_paused() public {
        PlainToken foreign = new PlainToken();
        foreign.give(address(eur), STRAY);
        eur.pause();
        vm.expectEmit(address(eur));
        emit IDepositTokenExt.ForeignTokenRescued(address(foreign), neighbour, STRAY - 1);
        vm.expectEmit(address(foreign));
        emit IERC20.Transfer(address(eur), neighbour, STRAY - 1);
        eur.rescueForeignToken(address(foreign), neighbour, STRAY - 1);
        assertEq(foreign.balanceOf(neighbour), STRAY - 1);
        assertEq(foreign.balanceOf(address(eur)), 1);
    }

    function test_rescue_moves_something_or_reverts_as_the_other_token_does() public {
        _refusedRescue(address(hkd), merchant, 0, TokenReverts.zeroAmount());
        HostileToken hostile = new HostileToken();
        hostile.give(address(eur), STRAY);
        hostile.setTrick(IERC20.transfer.selector, HostileToken.Trick(HostileToken.Kind.Refuse, false, 0, 0));
        _refusedRescue(address(hostile), neighbour, STRAY, bytes.concat(HostileToken.Refused.selector));
        // It answers `false`, although it has moved the tokens.
        hostile.setTrick(IERC20.transfer.selector, HostileToken.Trick(HostileToken.Kind.Answer, true, 0, 32));
        _refusedRescue(address(hostile), neighbour, STRAY, EscrowReverts.safeERC20FailedOperation(address(hostile)));
        _refusedRescue(stranger, neighbour, STRAY, EscrowReverts.safeERC20FailedOperation(stranger));
        // One that answers nothing at all is an old token, and good.
        hostile.setTrick(IERC20.transfer.selector, HostileToken.Trick(HostileToken.Kind.Answer, true, 0, 0));
        eur.rescueForeignToken(address(hostile), neighbour, STRAY);
        assertEq(hostile.balanceOf(neighbour), STRAY);
    }

    function test_token_is_no_other_token() public {
        address own = address(eur);
        _refusedRescue(own, neighbour, 0, TokenReverts.ownToken(own));
        _refused(address(this), abi.encodeCall(eur.setAccepted, (own, true)), TokenReverts.ownToken(own));
        _refused(address(this), abi.encodeCall(eur.setAccepted, (own, false)), TokenReverts.ownToken(own));
    }

    /* SUSPENSE ACCOUNT */

    /// @dev Until another is named, or nobody.
    function test_suspense_account_succeeds_everybody() public {
        address[3] memory accounts = [suspense, neighbour, address(0)];
        assertEq(eur.suspenseAccount(), address(0));
        for (uint256 i = 0; i < accounts.length; ++i) {
            vm.expectEmit(address(eur));
            emit IDepositTokenExt.SuspenseAccountSet(accounts[i]);
            eur.setSuspenseAccount(accounts[i]);
            assertEq(eur.suspenseAccount(), accounts[i]);
            for (uint256 j = 0; j < accounts.length; ++j) {
                if (i != j || accounts[i] == address(0)) _noSuccessor(stranger, accounts[j]);
                else eur.requireSuccessor(stranger, accounts[j]);
            }
        }
    }

    /// @dev Whatever is diverted to it must be claimed by the bank and by nobody else.
    function test_suspense_account_is_a_customer_in_good_standing_and_no_part_of_the_payment_system() public {
        address system = address(escrow);
        _enrol(address(eur), GERMANY);
        _enrol(system, GERMANY);
        _refusedSuspense(stranger);
        _refusedSuspense(address(eur));
        _refusedSuspense(system);
        eur.stopSystemAccount(system);
        _refusedSuspense(system);
        // Nor is it to become one later.
        vm.etch(suspense, system.code);
        eur.setSuspenseAccount(suspense);
        bytes memory call = abi.encodeCall(eur.activateSystemAccount, (suspense));
        _refused(address(this), call, TokenReverts.invalidSuspenseAccount(suspense));

        call = abi.encodeCall(eur.setSuspenseAccount, (suspense));
        _refusedAfterEachLoss(suspense, address(this), call, TokenReverts.invalidSuspenseAccount(suspense));
        vm.warp(REVIEWED_UNTIL);
        _refusedSuspense(suspense);
        vm.warp(REVIEWED_UNTIL - 1);
        eur.setSuspenseAccount(suspense);
    }

    /// @dev The copies are from before the blocks, of which the token did not hear.
    function test_registry_itself_is_asked_and_not_the_copy() public {
        eur.sync(suspense);
        eur.sync(payer);
        _blockUnheard(suspense);
        _blockUnheard(payer);
        assertTrue(eur.canReceive(suspense));
        assertTrue(eur.canSend(payer));
        _refusedSuspense(suspense);
        eur.requireRefused(payer);
    }

    /* REFUSED OWNERS */

    function test_owner_is_refused_once_the_registry_refuses_it() public {
        eur.requireRefused(stranger);
        eur.requireRefused(address(escrow));
        uint256 state = vm.snapshotState();
        for (uint8 i = 0; i <= uint8(type(Loss).max); ++i) {
            _notRefused();
            _lose(payer, Loss(i));
            eur.requireRefused(payer);
            vm.revertToState(state);
        }
        // To the last second, and whatever the token's pause and freezes say.
        vm.warp(REVIEWED_UNTIL - 1);
        eur.setFrozenTokens(payer, type(uint128).max);
        eur.pause();
        _notRefused();
        vm.warp(REVIEWED_UNTIL);
        eur.requireRefused(payer);
    }

    /* SUCCESSORS */

    function test_only_another_wallet_of_the_customer_succeeds() public {
        address secondWallet = makeAddr("second wallet");
        _onboard(eurBank, secondWallet, CustomerCategory.Retail, FRANCE, 1001);
        eur.requireSuccessor(payer, secondWallet);
        eur.requireSuccessor(secondWallet, payer);
        // Also one that has lapsed since.
        registry.revoke(secondWallet);
        eur.requireSuccessor(payer, secondWallet);

        address[5] memory others = [payer, neighbour, stranger, address(0), address(escrow)];
        for (uint256 i = 0; i < others.length; ++i) {
            _noSuccessor(payer, others[i]);
        }
        // Two whom the registry does not know have no customer in common.
        _noSuccessor(stranger, operator);
    }

    /* HELPERS */

    function _unanswered(address asked, bytes memory call, bytes4 question) private {
        _refused(address(this), call, TokenReverts.noAnswer(asked, question));
    }

    /// @dev The act leads from what was said to what is said next, if that is what it is for.
    function _assertAct(Acceptance said, bytes memory act, Acceptance allowed, Acceptance next) private {
        eur.setAccepted(other, false);
        if (said != Acceptance.None) eur.setAccepted(other, true);
        if (said == Acceptance.RefundsOnly) eur.suspendAccepted(other);
        if (said == allowed) {
            vm.expectEmit(address(eur));
            emit IDepositTokenExt.AcceptanceSet(other, next);
            _done(address(this), address(eur), act);
            _assertAcceptance(other, next);
        } else {
            _refused(address(this), act, TokenReverts.wrongAcceptance(other, said, allowed));
        }
    }

    /// @dev The call brings the other contract to a status, and can't be made again.
    function _assertListed(SystemStatus status, bytes memory call) private {
        vm.expectEmit(address(eur));
        emit IDepositTokenExt.SystemStatusSet(other, status);
        _done(address(this), address(eur), call);
        assertEq(uint8(eur.systemStatusOf(other)), uint8(status));
        _refused(address(this), call, TokenReverts.systemStatusUnchanged(other, status));
    }

    function _assertAcceptance(address token, Acceptance acceptance) private view {
        assertEq(uint8(eur.acceptanceOf(token)), uint8(acceptance));
    }

    function _refusedRescue(address token, address to, uint256 amount, bytes memory refusal) private {
        _refused(address(this), abi.encodeCall(eur.rescueForeignToken, (token, to, amount)), refusal);
    }

    function _refusedSuspense(address account) private {
        bytes memory call = abi.encodeCall(eur.setSuspenseAccount, (account));
        _refused(address(this), call, TokenReverts.invalidSuspenseAccount(account));
    }

    function _notRefused() private {
        bytes memory call = abi.encodeCall(eur.requireRefused, (payer));
        _refused(stranger, call, TokenReverts.notRefused(payer, REVIEWED_UNTIL));
    }

    function _noSuccessor(address owner, address to) private {
        bytes memory call = abi.encodeCall(eur.requireSuccessor, (owner, to));
        _refused(stranger, call, TokenReverts.notSuccessor(owner, to, eur.suspenseAccount()));
    }
}
