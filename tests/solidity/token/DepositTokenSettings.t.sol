// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

import "../support/BankSystem.sol";
import {HostileToken} from "../support/mocks/HostileToken.sol";

/// @notice Anybody can send it to anybody.
contract ForeignToken is ERC20("Foreign", "FGN") {
    constructor(address holder, uint256 supply) {
        _mint(holder, supply);
    }
}

/// @notice What a bank sets beside its rules: the deposits' terms, the suspense account and who counts as a successor;
/// and the rescue of tokens that were sent to a token by mistake.
contract DepositTokenSettingsTest is BankSystem {
    bytes4 private constant LEGAL = "LEGL";
    uint128 private constant PAYER_CUSTOMER = 1001;
    uint128 private constant SUSPENSE_CUSTOMER = 1010;
    uint256 private constant STRAY = 500;

    address private secondWallet = makeAddr("second wallet");
    address private suspense = makeAddr("suspense account");

    /* TERMS */

    function test_setTerms_publishes_the_terms() public {
        _assertTerms("", 0);
        vm.expectEmit(address(eur));
        emit IDepositTokenExt.TermsSet("ipfs://terms/1", keccak256("terms 1"));
        eur.setTerms("ipfs://terms/1", keccak256("terms 1"));
        _assertTerms("ipfs://terms/1", keccak256("terms 1"));
    }

    function test_setTerms_replaces_both_parts() public {
        // One that takes several words of storage, then one that fits into the first.
        string memory long = "https://bank.example/deposits/eur/terms/2026-03-02/terms-and-conditions.pdf";
        eur.setTerms(long, keccak256("long"));
        _assertTerms(long, keccak256("long"));
        eur.setTerms("short", keccak256("short"));
        _assertTerms("short", keccak256("short"));
        eur.setTerms("", 0);
        _assertTerms("", 0);
        assertEq(eur.suspenseAccount(), address(0));
    }

    /* RESCUE */

    function test_rescue_takes_out_what_was_sent_by_mistake() public {
        ForeignToken foreign = _strayTokens();
        vm.expectEmit(address(eur));
        emit IDepositTokenExt.ForeignTokenRescued(address(foreign), neighbour, STRAY - 1);
        vm.expectEmit(address(foreign));
        emit IERC20.Transfer(address(eur), neighbour, STRAY - 1);
        eur.rescueForeignToken(address(foreign), neighbour, STRAY - 1);
        assertEq(foreign.balanceOf(neighbour), STRAY - 1);
        assertEq(foreign.balanceOf(address(eur)), 1);
    }

    function test_rescue_goes_on_while_paused() public {
        ForeignToken foreign = _strayTokens();
        eur.pause();
        eur.rescueForeignToken(address(foreign), neighbour, STRAY);
        assertEq(foreign.balanceOf(neighbour), STRAY);
    }

    function test_rescue_takes_out_another_banks_deposits() public {
        _onboard(hkdBank, address(eur), CustomerCategory.Institution, HONG_KONG, 2010);
        _mint(hkdBank, address(eur), STRAY);
        vm.expectRevert(TokenReverts.cannotReceive(payer));
        eur.rescueForeignToken(address(hkd), payer, STRAY);
        eur.rescueForeignToken(address(hkd), merchant, STRAY);
        assertEq(hkd.balanceOf(merchant), STRAY);
    }

    function test_rescue_never_takes_the_tokens_own() public {
        _mint(eurBank, payer, STRAY);
        bytes memory refusal = TokenReverts.ownToken(address(eur));
        uint256[2] memory amounts = [STRAY, 0];
        for (uint256 i = 0; i < amounts.length; ++i) {
            vm.expectRevert(refusal);
            eur.rescueForeignToken(address(eur), neighbour, amounts[i]);
        }
    }

    function test_rescue_of_nothing_is_refused() public {
        ForeignToken foreign = _strayTokens();
        vm.expectRevert(IDepositTokenCore.ZeroAmount.selector);
        eur.rescueForeignToken(address(foreign), neighbour, 0);
    }

    function test_rescue_reverts_as_the_other_token_does() public {
        ForeignToken foreign = _strayTokens();
        vm.expectRevert(TokenReverts.insufficientBalance(address(eur), STRAY, STRAY + 1));
        eur.rescueForeignToken(address(foreign), neighbour, STRAY + 1);
        vm.expectRevert(TokenReverts.invalidReceiver(address(0)));
        eur.rescueForeignToken(address(foreign), address(0), STRAY);

        HostileToken hostile = new HostileToken();
        hostile.give(address(eur), STRAY);
        hostile.setTrick(IERC20.transfer.selector, HostileToken.Trick(HostileToken.Kind.Refuse, false, 0, 0));
        vm.expectRevert(HostileToken.Refused.selector);
        eur.rescueForeignToken(address(hostile), neighbour, STRAY);
        bytes memory failed = EscrowReverts.safeERC20FailedOperation(address(hostile));
        // It answers `false`, whether it has moved the tokens or not.
        for (uint256 i = 0; i < 2; ++i) {
            hostile.setTrick(IERC20.transfer.selector, HostileToken.Trick(HostileToken.Kind.Answer, i == 1, 0, 32));
            vm.expectRevert(failed);
            eur.rescueForeignToken(address(hostile), neighbour, STRAY);
        }
        assertEq(hostile.balanceOf(address(eur)), STRAY);
        // One that answers nothing at all is an old token, and good.
        hostile.setTrick(IERC20.transfer.selector, HostileToken.Trick(HostileToken.Kind.Answer, true, 0, 0));
        eur.rescueForeignToken(address(hostile), neighbour, STRAY);
        assertEq(hostile.balanceOf(neighbour), STRAY);

        vm.expectRevert(EscrowReverts.safeERC20FailedOperation(stranger));
        eur.rescueForeignToken(stranger, neighbour, STRAY);
    }

    /// @dev So that there is never anything of its own to rescue, even if a registrar has let its address in.
    function test_token_cannot_receive_its_own() public {
        _onboard(eurBank, address(eur), CustomerCategory.Institution, GERMANY, 1010);
        _mint(eurBank, payer, STRAY);
        bytes memory refusal = TokenReverts.invalidReceiver(address(eur));
        assertFalse(eur.canReceive(address(eur)));

        vm.expectRevert(refusal);
        vm.prank(payer);
        eur.transfer(address(eur), 1);
        vm.prank(payer);
        eur.approve(stranger, 1);
        vm.expectRevert(refusal);
        vm.prank(stranger);
        eur.transferFrom(payer, address(eur), 1);
        bytes memory signature = _transferSignature(address(eur), 1);
        vm.expectRevert(refusal);
        eur.transferWithAuthorization(payer, address(eur), 1, 0, START + 1, "nonce", signature);
        uint128 entry = _nextEntry(eurBank);
        vm.expectRevert(refusal);
        vm.prank(eurBank.minter);
        eur.mint(address(eur), 1, entry);
        vm.expectRevert(refusal);
        eur.forcedTransfer(payer, address(eur), 1);
        vm.expectRevert(refusal);
        eur.activateSystemAccount(address(eur));
        assertEq(eur.balanceOf(address(eur)), 0);
    }

    /* SUSPENSE ACCOUNT */

    function test_setSuspenseAccount_names_replaces_and_clears_it() public {
        _onboard(eurBank, suspense, CustomerCategory.Institution, GERMANY, SUSPENSE_CUSTOMER);
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
        _onboard(eurBank, address(eur), CustomerCategory.Institution, GERMANY, 1011);
        _onboard(eurBank, address(escrow), CustomerCategory.Institution, GERMANY, 1012);
        address[3] memory others = [stranger, address(eur), address(escrow)];
        for (uint256 i = 0; i < others.length; ++i) {
            _assertNoSuspenseAccount(others[i]);
        }
        eur.stopSystemAccount(address(escrow));
        _assertNoSuspenseAccount(address(escrow));

        _onboard(eurBank, suspense, CustomerCategory.Institution, GERMANY, SUSPENSE_CUSTOMER);
        uint256 state = vm.snapshotState();
        eurBank.registry.revoke(suspense);
        _assertNoSuspenseAccount(suspense);
        vm.revertToState(state);
        eurBank.registry.blockWallet(suspense, LEGAL);
        _assertNoSuspenseAccount(suspense);
        vm.revertToState(state);
        eurBank.registry.blockCustomer(SUSPENSE_CUSTOMER, LEGAL);
        _assertNoSuspenseAccount(suspense);
        vm.revertToState(state);
        vm.warp(REVIEWED_UNTIL);
        _assertNoSuspenseAccount(suspense);
        vm.warp(REVIEWED_UNTIL - 1);
        eur.setSuspenseAccount(suspense);
        assertEq(eur.suspenseAccount(), suspense);
    }

    function test_suspense_account_is_judged_by_the_registry_and_not_by_the_copy() public {
        eur.sync(neighbour);
        vm.mockCallRevert(address(eur), abi.encodeCall(IDepositTokenMain.sync, (neighbour)), "");
        eurBank.registry.blockWallet(neighbour, LEGAL);
        assertTrue(eur.canReceive(neighbour));
        _assertNoSuspenseAccount(neighbour);
    }

    /* REFUSED OWNERS */

    function test_owner_in_good_standing_is_not_refused() public {
        vm.expectRevert(TokenReverts.notRefused(payer, REVIEWED_UNTIL));
        eur.requireRefused(payer);
        // To the last second, and whatever the token's pause and freezes say.
        vm.warp(REVIEWED_UNTIL - 1);
        eur.setFrozenTokens(payer, type(uint128).max);
        eur.pause();
        vm.expectRevert(TokenReverts.notRefused(payer, REVIEWED_UNTIL));
        eur.requireRefused(payer);
        vm.warp(REVIEWED_UNTIL);
        eur.requireRefused(payer);
    }

    function test_owner_whom_the_registry_refuses_is_refused() public {
        eur.requireRefused(stranger);
        eur.requireRefused(address(escrow));
        uint256 state = vm.snapshotState();
        eurBank.registry.revoke(payer);
        eur.requireRefused(payer);
        vm.revertToState(state);
        eurBank.registry.blockWallet(payer, LEGAL);
        eur.requireRefused(payer);
        vm.revertToState(state);
        eurBank.registry.blockCustomer(PAYER_CUSTOMER, LEGAL);
        eur.requireRefused(payer);

        eurBank.registry.unblockCustomer(PAYER_CUSTOMER);
        vm.expectRevert(TokenReverts.notRefused(payer, REVIEWED_UNTIL));
        eur.requireRefused(payer);
    }

    /// @dev The copy is from before the block, of which the token did not hear.
    function test_registry_itself_is_asked_and_not_the_copy() public {
        eur.sync(payer);
        vm.mockCallRevert(address(eur), abi.encodeCall(IDepositTokenMain.sync, (payer)), "");
        vm.expectEmit(address(eurBank.registry));
        emit IAllowlistRegistry.SubscriberMissed(address(eur), payer);
        eurBank.registry.blockWallet(payer, LEGAL);
        assertTrue(eur.canSend(payer));
        eur.requireRefused(payer);
    }

    /* SUCCESSORS */

    function test_another_wallet_of_the_customer_succeeds() public {
        _onboard(eurBank, secondWallet, CustomerCategory.Retail, FRANCE, PAYER_CUSTOMER);
        eur.requireSuccessor(payer, secondWallet);
        eur.requireSuccessor(secondWallet, payer);
        // Also one that has lapsed since.
        eurBank.registry.revoke(secondWallet);
        eur.requireSuccessor(payer, secondWallet);
    }

    /// @dev Whom the new registry does not know is still its customer's by the one before.
    function test_another_wallet_succeeds_an_owner_that_was_left_behind() public {
        IAllowlistRegistry next = _newAllowlistRegistry(address(eurBank.manager), eurBank.registry);
        next.subscribe(address(eur));
        eur.setRegistry(address(next));
        next.register(secondWallet, CustomerCategory.Retail, FRANCE, REVIEWED_UNTIL, PAYER_CUSTOMER);
        eur.requireRefused(payer);
        eur.requireSuccessor(payer, secondWallet);
        _assertNoSuccessor(payer, neighbour);
    }

    function test_nobody_else_succeeds() public {
        _onboard(eurBank, secondWallet, CustomerCategory.Retail, FRANCE, PAYER_CUSTOMER);
        address[5] memory others = [payer, neighbour, stranger, address(0), address(escrow)];
        for (uint256 i = 0; i < others.length; ++i) {
            _assertNoSuccessor(payer, others[i]);
        }
        // Two whom the registry does not know have no customer in common.
        _assertNoSuccessor(stranger, operator);
    }

    function test_suspense_account_succeeds_everybody() public {
        _onboard(eurBank, suspense, CustomerCategory.Institution, GERMANY, SUSPENSE_CUSTOMER);
        eur.setSuspenseAccount(suspense);
        eur.requireSuccessor(payer, suspense);
        eur.requireSuccessor(stranger, suspense);
        _assertNoSuccessor(payer, neighbour);

        eur.setSuspenseAccount(neighbour);
        eur.requireSuccessor(payer, neighbour);
        _assertNoSuccessor(payer, suspense);
        eur.setSuspenseAccount(address(0));
        _assertNoSuccessor(payer, neighbour);
        _assertNoSuccessor(payer, address(0));
    }

    /* STRANGERS */

    function test_settings_are_the_banks() public {
        ForeignToken foreign = _strayTokens();
        bytes[3] memory calls = [
            abi.encodeCall(IDepositTokenExt.setTerms, ("terms", "hash")),
            abi.encodeCall(IDepositTokenExt.setSuspenseAccount, (neighbour)),
            abi.encodeCall(IDepositTokenExt.rescueForeignToken, (address(foreign), stranger, STRAY))
        ];
        address[4] memory callers = [stranger, payer, eurBank.minter, address(eur)];
        for (uint256 c = 0; c < calls.length; ++c) {
            for (uint256 i = 0; i < callers.length; ++i) {
                vm.prank(callers[i]);
                (bool success, bytes memory result) = address(eur).call(calls[c]);
                assertFalse(success);
                assertEq(result, GovernanceReverts.accessManagedUnauthorized(callers[i]));
            }
        }
        _assertTerms("", 0);
        assertEq(eur.suspenseAccount(), address(0));
        assertEq(foreign.balanceOf(address(eur)), STRAY);
    }

    /* HELPERS */

    /// @dev A token of which some was sent to the euro token by mistake.
    function _strayTokens() private returns (ForeignToken foreign) {
        foreign = new ForeignToken(address(this), STRAY);
        assertTrue(foreign.transfer(address(eur), STRAY));
    }

    function _transferSignature(address to, uint256 amount) private view returns (bytes memory) {
        bytes32 structHash = keccak256(
            abi.encode(eur.TRANSFER_WITH_AUTHORIZATION_TYPEHASH(), payer, to, amount, 0, START + 1, bytes32("nonce"))
        );
        return _sign(payerKey, keccak256(abi.encodePacked(hex"1901", eur.DOMAIN_SEPARATOR(), structHash)));
    }

    function _assertTerms(string memory uri, bytes32 contentHash) private view {
        (string memory foundUri, bytes32 foundHash) = eur.terms();
        assertEq(foundUri, uri);
        assertEq(foundHash, contentHash);
    }

    function _assertNoSuspenseAccount(address account) private {
        address before = eur.suspenseAccount();
        vm.expectRevert(TokenReverts.invalidSuspenseAccount(account));
        eur.setSuspenseAccount(account);
        assertEq(eur.suspenseAccount(), before);
    }

    function _assertNoSuccessor(address owner, address to) private {
        address suspenseNow = eur.suspenseAccount();
        vm.expectRevert(TokenReverts.notSuccessor(owner, to, suspenseNow));
        eur.requireSuccessor(owner, to);
    }
}
