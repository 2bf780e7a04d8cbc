// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/BankSystem.sol";
import {HostileSubscriber} from "../support/mocks/HostileSubscriber.sol";

/// @notice A holder sees its block coming and acts before, beside and after it: with a copy of the registry's answer
/// that is fresh, and with accomplices.
contract RegistryCopyAttacksTest is BankSystem {
    bytes4 private constant LEGAL = "LEGL";
    uint128 private constant CUSTOMER = 1001;
    uint256 private constant BALANCE = 500_00;

    IAllowlistRegistry private registry;
    address private secondWallet = makeAddr("second wallet");

    function setUp() public override {
        super.setUp();
        registry = eurBank.registry;
        _onboard(eurBank, secondWallet, CustomerCategory.Retail, GERMANY, CUSTOMER);
        _mint(eurBank, payer, BALANCE);
        _mint(eurBank, dealer, BALANCE);
        _mint(eurBank, eurBank.minter, BALANCE);
    }

    /// @notice A token that fails whenever it is told, of its own coming and going too, so that it may keep what copies it
    /// has: an event says so, for no wallet.
    function test_a_copy_at_a_token_that_fails_from_the_first_moment_on() public {
        address failing = address(new HostileSubscriber(HostileSubscriber.Answer.Revert));
        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.SubscriberMissed(failing, address(0));
        registry.subscribe(failing);
        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.SubscriberMissed(failing, address(0));
        registry.unsubscribe(failing);
    }

    /* BESIDE IT */

    /// @notice The sandwich: a stranger makes the copies of everybody's answers afresh, the registry changes for the
    /// worse in any of its ways, and in the same block every act that could live on such a copy is tried. None does.
    function test_a_copy_made_in_the_same_block() public {
        bytes[] memory changes = _changesFor(payer, CUSTOMER);
        uint256 state = vm.snapshotState();
        for (uint256 c = 0; c < changes.length; ++c) {
            _copyEverybody();
            (bool changed,) = address(registry).call(changes[c]);
            assertTrue(changed);
            _assertNothingMoves(c);
            // Nor does it come back by asking again.
            vm.prank(stranger);
            eur.sync(payer);
            _assertNothingMoves(c);
            vm.revertToState(state);
        }
    }

    /// @notice The same for a dealer's and a minter's wallet, whose copies serve other acts.
    function test_a_dealers_and_a_minters_copy_made_in_the_same_block() public {
        uint256 state = vm.snapshotState();
        bytes[] memory changes = _changesFor(dealer, 1003);
        for (uint256 c = 0; c < changes.length; ++c) {
            eur.sync(dealer);
            (bool changed,) = address(registry).call(changes[c]);
            assertTrue(changed);
            (bool success, bytes memory result) =
                address(eur).staticcall(abi.encodeCall(IDepositTokenExt.requireDealer, (dealer)));
            assertFalse(success);
            assertEq(bytes4(result), IDepositTokenMain.NotDealer.selector);
            vm.revertToState(state);
        }
        changes = _changesFor(eurBank.minter, EUR_LEDGER);
        for (uint256 c = 0; c < changes.length; ++c) {
            eur.sync(eurBank.minter);
            (bool changed,) = address(registry).call(changes[c]);
            assertTrue(changed);
            uint128 entry = _nextEntry(eurBank);
            vm.expectRevert(TokenReverts.cannotSend(eurBank.minter));
            vm.prank(eurBank.minter);
            eur.burn(1, entry);
            vm.revertToState(state);
        }
    }

    /// @notice A wallet moves abroad in one transaction, revoked and registered again, with a copy of its old country and
    /// category: the token knows the new ones at once.
    function test_a_copy_of_another_country() public {
        eur.sync(dealer);
        eur.sync(payer);
        bytes[] memory move = new bytes[](2);
        move[0] = abi.encodeCall(IAllowlistRegistry.revoke, (dealer));
        move[1] = abi.encodeCall(
            IAllowlistRegistry.register, (dealer, CustomerCategory.Retail, HONG_KONG, REVIEWED_UNTIL, 1003)
        );
        Multicall(address(registry)).multicall(move);
        vm.expectRevert(TokenReverts.notDealer(dealer, REVIEWED_UNTIL, CustomerCategory.Retail));
        eur.requireDealer(dealer);
        vm.expectRevert(TokenReverts.directTransferClosed(dealer, payer, HK, EEA));
        vm.prank(dealer);
        eur.transfer(payer, 1);
    }

    /// @notice The copy's last second: good one second before the end of the review, and no longer at it.
    function test_a_copy_at_its_last_second() public {
        _copyEverybody();
        vm.warp(REVIEWED_UNTIL - 1);
        vm.prank(payer);
        assertTrue(eur.transfer(neighbour, 1));
        vm.warp(REVIEWED_UNTIL);
        vm.expectRevert(TokenReverts.cannotSend(payer));
        vm.prank(payer);
        eur.transfer(neighbour, 1);
        // Renewed to a second after now: one second more.
        registry.renew(payer, REVIEWED_UNTIL + 1);
        registry.renew(neighbour, REVIEWED_UNTIL + 1);
        vm.prank(payer);
        assertTrue(eur.transfer(neighbour, 1));
        vm.warp(REVIEWED_UNTIL + 1);
        vm.expectRevert(TokenReverts.cannotSend(payer));
        vm.prank(payer);
        eur.transfer(neighbour, 1);
    }

    /* BEFORE IT */

    /// @notice The holder runs ahead of its block and sends everything to accomplices: they are the bank's customers, so
    /// compliance has it back from wherever it went, through as many hands as it likes.
    function test_money_that_ran_ahead_of_the_block() public {
        vm.prank(payer);
        assertTrue(eur.transfer(neighbour, BALANCE));
        vm.prank(neighbour);
        assertTrue(eur.transfer(feeReceiver, 300_00));
        registry.blockWallet(payer, LEGAL);
        vm.expectRevert(TokenReverts.cannotReceive(payer));
        vm.prank(neighbour);
        eur.transfer(payer, 1);

        eur.setFrozenTokens(neighbour, type(uint128).max);
        eur.setFrozenTokens(feeReceiver, type(uint128).max);
        assertTrue(eur.forcedTransfer(neighbour, dealer, 200_00));
        assertTrue(eur.forcedTransfer(feeReceiver, dealer, 300_00));
        assertEq(eur.balanceOf(dealer), 2 * BALANCE);
    }

    /// @notice The holder runs ahead to its second wallet: the customer's block, in the same transaction as the wallet's,
    /// reaches both, and a third that is registered later.
    function test_money_that_ran_to_the_customers_other_wallet() public {
        vm.prank(payer);
        assertTrue(eur.transfer(secondWallet, BALANCE));
        bytes[] memory both = new bytes[](2);
        both[0] = abi.encodeCall(IAllowlistRegistry.blockWallet, (payer, LEGAL));
        both[1] = abi.encodeCall(IAllowlistRegistry.blockCustomer, (CUSTOMER, LEGAL));
        Multicall(address(registry)).multicall(both);
        vm.expectRevert(TokenReverts.cannotSend(secondWallet));
        vm.prank(secondWallet);
        eur.transfer(neighbour, 1);
        address third = makeAddr("third wallet");
        _onboard(eurBank, third, CustomerCategory.Retail, GERMANY, CUSTOMER);
        assertFalse(eur.canReceive(third));
        assertTrue(eur.forcedTransfer(secondWallet, dealer, BALANCE));
    }

    /// @notice The holder runs ahead with allowances, a permit's worth of them, and signed messages: all of them are void
    /// while the block lasts, whoever brings them.
    function test_promises_that_ran_ahead_of_the_block() public {
        bytes memory signature = _receiveSignature(payerKey, eur, payer, BALANCE, START + 1, "payment");
        vm.prank(payer);
        eur.approve(neighbour, type(uint256).max);
        registry.blockWallet(payer, LEGAL);
        vm.expectRevert(TokenReverts.cannotSend(payer));
        vm.prank(neighbour);
        eur.transferFrom(payer, neighbour, BALANCE);
        vm.expectRevert(TokenReverts.cannotSend(payer));
        vm.prank(address(escrow));
        eur.receiveWithAuthorization(payer, address(escrow), BALANCE, 0, START + 1, "payment", signature);
    }

    /// @notice The holder runs ahead of a seizure and changes its balance by a cent, so that a forced transfer of all of
    /// it fails: once frozen, it can't, and what others send it meanwhile stays out of the sum.
    function test_a_cent_that_runs_ahead_of_a_seizure() public {
        vm.prank(payer);
        assertTrue(eur.transfer(neighbour, 1));
        vm.expectRevert(TokenReverts.insufficientBalance(payer, BALANCE - 1, BALANCE));
        eur.forcedTransfer(payer, dealer, BALANCE);

        eur.setFrozenTokens(payer, type(uint128).max);
        vm.expectRevert(TokenReverts.insufficientUnfrozenBalance(payer, 1, 0));
        vm.prank(payer);
        eur.transfer(neighbour, 1);
        vm.prank(neighbour);
        assertTrue(eur.transfer(payer, 1));
        assertEq(eur.spendableOf(payer), 0);
        assertTrue(eur.forcedTransfer(payer, dealer, BALANCE - 1));
        assertEq(eur.balanceOf(payer), 1);
        assertEq(eur.spendableOf(payer), 0, "frozen with the rest");
    }

    /* AFTER IT */

    /// @notice A token missed the block (its code failed for once): the wallet lives on its copy until anybody calls
    /// `sync`, and no longer than its review; the bank's own acts do not believe the copy.
    function test_a_copy_that_missed_the_block() public {
        _copyEverybody();
        vm.mockCallRevert(address(eur), abi.encodeCall(IDepositTokenMain.sync, (payer)), "");
        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.SubscriberMissed(address(eur), payer);
        registry.blockWallet(payer, LEGAL);
        vm.clearMockedCalls();
        uint256 state = vm.snapshotState();

        vm.prank(payer);
        assertTrue(eur.transfer(neighbour, 1));
        vm.expectRevert(TokenReverts.cannotSend(payer));
        vm.prank(payer);
        eur.requestRedemption(1, "payout");
        assertTrue(eur.isBlocked(payer));
        vm.warp(REVIEWED_UNTIL);
        vm.expectRevert(TokenReverts.cannotSend(payer));
        vm.prank(payer);
        eur.transfer(neighbour, 1);

        bytes[3] memory heals = [
            abi.encodeCall(IDepositTokenMain.sync, (payer)),
            abi.encodeCall(IDepositTokenMain.syncEpoch, ()),
            abi.encodeCall(IDepositTokenMain.sync, (neighbour))
        ];
        for (uint256 i = 0; i < heals.length; ++i) {
            vm.revertToState(state);
            vm.prank(stranger);
            (bool success,) = address(eur).call(heals[i]);
            assertTrue(success);
            // The epoch is the same: only the wallet's own copy was missed.
            assertEq(eur.canSend(payer), i != 0);
        }
        // Any change that bumps the epoch reaches it too.
        registry.setZone(new uint16[](0), 0);
        assertFalse(eur.canSend(payer));
    }

    /// @notice The registry is replaced, the token then goes back to it, which would lose each block made since:
    /// refused, and a copy of before is void.
    function test_a_copy_of_a_registry_that_was_left() public {
        IAllowlistRegistry next = _newAllowlistRegistry(address(eurBank.manager), registry);
        next.subscribe(address(eur));
        next.register(neighbour, CustomerCategory.Retail, FRANCE, REVIEWED_UNTIL, 1002);
        next.register(dealer, CustomerCategory.Dealer, GERMANY, REVIEWED_UNTIL, 1003);
        next.setZone(_countries(GERMANY, FRANCE), EEA);
        next.setZone(_countries(HONG_KONG, HONG_KONG), HK);
        // It counts epochs of its own: here just as many as the token when it made its copies.
        while (eur.epoch() < next.epochFor(address(eur))) eurBank.registry.setZone(new uint16[](0), 0);
        while (next.epochFor(address(eur)) < eur.epoch()) next.setZone(new uint16[](0), 0);
        _copyEverybody();
        eur.setRegistry(address(next));
        vm.expectRevert(TokenReverts.cannotSend(payer));
        vm.prank(payer);
        eur.transfer(neighbour, 1);
        // Its country is unknown too: it has no corridor.
        _expectNoPayment(PolicyReverts.corridorClosed(address(eur), 0, HK));

        next.blockCustomer(1001, LEGAL);
        vm.expectRevert(TokenReverts.registryNotSuccessor(address(registry), address(next)));
        eur.setRegistry(address(registry));
    }

    /// @notice A stranger makes everybody's copies void again and again, so that each transfer asks anew: the token has
    /// heard of the registry's epoch when it took it, and hears of each but once.
    function test_copies_made_void_by_a_stranger() public {
        IAllowlistRegistry next = _newAllowlistRegistry(address(eurBank.manager), registry);
        next.subscribe(address(eur));
        while (next.epochFor(address(eur)) <= registry.epochFor(address(eur))) next.setZone(new uint16[](0), 0);
        eur.setRegistry(address(next));
        uint32 epoch = eur.epoch();
        for (uint32 i = 0; i < 3; ++i) {
            vm.prank(stranger);
            eur.syncEpoch();
            assertEq(eur.epoch(), epoch + i);
            next.setZone(new uint16[](0), 0);
        }
    }

    /* HELPERS */

    function _copyEverybody() private {
        address[4] memory wallets = [payer, neighbour, secondWallet, dealer];
        vm.startPrank(stranger);
        for (uint256 i = 0; i < wallets.length; ++i) {
            eur.sync(wallets[i]);
        }
        vm.stopPrank();
    }

    /// @dev Every change of the registry's that takes a wallet its standing at once.
    function _changesFor(address wallet, uint128 customer) private pure returns (bytes[] memory changes) {
        bytes[] memory both = new bytes[](2);
        both[0] = abi.encodeCall(IAllowlistRegistry.renew, (wallet, REVIEWED_UNTIL + 1));
        both[1] = abi.encodeCall(IAllowlistRegistry.blockWallet, (wallet, LEGAL));
        changes = new bytes[](4);
        changes[0] = both[1];
        changes[1] = abi.encodeCall(IAllowlistRegistry.blockCustomer, (customer, LEGAL));
        changes[2] = abi.encodeCall(IAllowlistRegistry.revoke, (wallet));
        changes[3] = abi.encodeCall(Multicall.multicall, (both));
    }

    /// @dev Out of the payer's wallet or into it.
    function _assertNothingMoves(uint256 change) private {
        vm.expectRevert(TokenReverts.cannotSend(payer));
        vm.prank(payer);
        eur.transfer(neighbour, 1);
        vm.expectRevert(TokenReverts.cannotSend(payer));
        vm.prank(payer);
        eur.transfer(payer, 0);
        vm.expectRevert(TokenReverts.cannotReceive(payer));
        vm.prank(neighbour);
        eur.transfer(payer, 0);
        vm.expectRevert(TokenReverts.cannotReceive(payer));
        eur.forcedTransfer(dealer, payer, 1);
        uint128 entry = _nextEntry(eurBank);
        vm.expectRevert(TokenReverts.cannotReceive(payer));
        vm.prank(eurBank.minter);
        eur.mint(payer, 1, entry);
        Payment memory toPayer = _oneCurrency();
        (toPayer.sourceToken, toPayer.dealer, toPayer.merchant) = (address(hkd), dealer, payer);
        vm.expectRevert(TokenReverts.cannotReceive(payer));
        vm.prank(address(escrow));
        eur.requireTarget(toPayer);
        _expectNoPayment(TokenReverts.cannotSend(payer));
        // Revoked is not blocked: what is under way ends.
        assertEq(eur.payerBlocked(payer), change != 2);
        assertFalse(eur.canSend(payer));
        assertFalse(eur.canReceive(payer));
        assertEq(eur.standingOf(payer).validUntil, 0);
    }

    function _expectNoPayment(bytes memory reason) private {
        Payment memory payment = _twoCurrencies();
        (payment.sourceAmount, payment.authorizeBy) = (1_00, uint40(START + 1 hours));
        bytes memory signature = _receiveSignature(payerKey, eur, payer, 1_00, payment.authorizeBy, "id");
        vm.expectRevert(reason);
        vm.prank(address(escrow));
        eur.openPayment(payment, "id", HONG_KONG, signature);
    }
}
