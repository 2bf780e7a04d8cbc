// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/TokenSystem.sol";
import {PlainToken} from "../support/mocks/ForeignTokens.sol";
import {HostileToken} from "../support/mocks/HostileToken.sol";

/// @notice What a bank sets beside its rules: the deposits' terms, the suspense account and who counts as a successor;
/// and the rescue of tokens that were sent to a token by mistake.
contract DepositTokenSettingsTest is TokenSystem {
    uint256 private constant STRAY = 500;

    address private secondWallet = makeAddr("second wallet");
    address private suspense = makeAddr("suspense account");

    function setUp() public override {
        super.setUp();
        _enrol(suspense, GERMANY);
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

    function test_rescue_takes_out_another_banks_deposits() public {
        _onboard(hkdBank, address(eur), CustomerCategory.Institution, HONG_KONG, 2010);
        _mint(hkdBank, address(eur), STRAY);
        _refusedRescue(address(hkd), payer, STRAY, TokenReverts.cannotReceive(payer));
        _refusedRescue(address(hkd), merchant, 0, TokenReverts.zeroAmount());
        eur.rescueForeignToken(address(hkd), merchant, STRAY);
        assertEq(hkd.balanceOf(merchant), STRAY);
    }

    function test_rescue_reverts_as_the_other_token_does() public {
        HostileToken hostile = new HostileToken();
        hostile.give(address(eur), STRAY);
        hostile.setTrick(IERC20.transfer.selector, HostileToken.Trick(HostileToken.Kind.Refuse, false, 0, 0));
        _refusedRescue(address(hostile), neighbour, STRAY, abi.encodeWithSelector(HostileToken.Refused.selector));
        bytes memory failed = EscrowReverts.safeERC20FailedOperation(address(hostile));
        // It answers `false`, whether it has moved the tokens or not.
        for (uint256 i = 0; i < 2; ++i) {
            hostile.setTrick(IERC20.transfer.selector, HostileToken.Trick(HostileToken.Kind.Answer, i == 1, 0, 32));
            _refusedRescue(address(hostile), neighbour, STRAY, failed);
        }
        _refusedRescue(stranger, neighbour, STRAY, EscrowReverts.safeERC20FailedOperation(stranger));
        // One that answers nothing at all is an old token, and good.
        hostile.setTrick(IERC20.transfer.selector, HostileToken.Trick(HostileToken.Kind.Answer, true, 0, 0));
        eur.rescueForeignToken(address(hostile), neighbour, STRAY);
        assertEq(hostile.balanceOf(neighbour), STRAY);
    }

    function test_rescue_never_takes_the_tokens_own() public {
        _refusedRescue(address(eur), neighbour, STRAY, TokenReverts.ownToken(address(eur)));
        _refusedRescue(address(eur), neighbour, 0, TokenReverts.ownToken(address(eur)));
    }

    /* SUSPENSE ACCOUNT */

    function test_setSuspenseAccount_names_replaces_and_clears_it() public {
        address[3] memory accounts = [suspense, neighbour, address(0)];
        assertEq(eur.suspenseAccount(), address(0));
        for (uint256 i = 0; i < accounts.length; ++i) {
            vm.expectEmit(address(eur));
            emit IDepositTokenExt.SuspenseAccountSet(accounts[i]);
            eur.setSuspenseAccount(accounts[i]);
            assertEq(eur.suspenseAccount(), accounts[i]);
        }
    }

    /// @dev Whatever is diverted to it must be claimed by the bank and by nobody else.
    function test_suspense_account_is_a_customer_in_good_standing_and_no_part_of_the_payment_system() public {
        _enrol(address(eur), GERMANY);
        _enrol(address(escrow), GERMANY);
        address[3] memory others = [stranger, address(eur), address(escrow)];
        for (uint256 i = 0; i < others.length; ++i) {
            _refusedSuspense(others[i]);
        }
        eur.stopSystemAccount(address(escrow));
        _refusedSuspense(address(escrow));
        bytes memory call = abi.encodeCall(eur.setSuspenseAccount, (suspense));
        _refusedAfterEachLoss(suspense, address(this), call, TokenReverts.invalidSuspenseAccount(suspense));
        vm.warp(REVIEWED_UNTIL);
        _refusedSuspense(suspense);
        vm.warp(REVIEWED_UNTIL - 1);
        eur.setSuspenseAccount(suspense);
    }

    function test_suspense_account_is_judged_by_the_registry_and_not_by_the_copy() public {
        eur.sync(suspense);
        _blockUnheard(suspense);
        assertTrue(eur.canReceive(suspense));
        _refusedSuspense(suspense);
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

    /// @dev The copy is from before the block, of which the token did not hear.
    function test_registry_itself_is_asked_and_not_the_copy() public {
        eur.sync(payer);
        _blockUnheard(payer);
        assertTrue(eur.canSend(payer));
        eur.requireRefused(payer);
    }

    /* SUCCESSORS */

    function test_another_wallet_of_the_customer_succeeds() public {
        _onboard(eurBank, secondWallet, CustomerCategory.Retail, FRANCE, 1001);
        eur.requireSuccessor(payer, secondWallet);
        eur.requireSuccessor(secondWallet, payer);
        // Also one that has lapsed since.
        registry.revoke(secondWallet);
        eur.requireSuccessor(payer, secondWallet);
    }

    function test_nobody_else_succeeds() public {
        _onboard(eurBank, secondWallet, CustomerCategory.Retail, FRANCE, 1001);
        address[5] memory others = [payer, neighbour, stranger, address(0), address(escrow)];
        for (uint256 i = 0; i < others.length; ++i) {
            _noSuccessor(payer, others[i]);
        }
        // Two whom the registry does not know have no customer in common.
        _noSuccessor(stranger, operator);
    }

    function test_suspense_account_succeeds_everybody() public {
        eur.setSuspenseAccount(suspense);
        eur.requireSuccessor(payer, suspense);
        eur.requireSuccessor(stranger, suspense);
        _noSuccessor(payer, neighbour);
        eur.setSuspenseAccount(neighbour);
        eur.requireSuccessor(payer, neighbour);
        _noSuccessor(payer, suspense);
    }

    /* HELPERS */

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
