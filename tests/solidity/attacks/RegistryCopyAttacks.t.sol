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

    /* BESIDE IT */

    /// @notice The sandwich: copies made afresh, a change for the worse, and every act that could live on such a copy.
    function test_a_copy_made_in_the_same_block() public {
        bytes[4] memory changes = _changesFor(payer, CUSTOMER);
        uint256 state = vm.snapshotState();
        for (uint256 c = 0; c < changes.length; ++c) {
            _copyEverybody();
            _done(address(this), address(registry), changes[c]);
            // Revoked is not blocked: what is under way ends.
            _assertNothingMoves(c != 2);
            // Nor does it come back by asking again.
            eur.sync(payer);
            _assertNothingMoves(c != 2);
            vm.revertToState(state);
        }
    }

    /// @notice The same for a dealer's and a minter's wallet, whose copies serve other acts.
    function test_a_dealers_and_a_minters_copy_made_in_the_same_block() public {
        bytes[4] memory dealers = _changesFor(dealer, 1003);
        bytes[4] memory minters = _changesFor(eurBank.minter, EUR_LEDGER);
        bytes memory notDealer = TokenReverts.notDealer(dealer, 0, CustomerCategory.Dealer);
        bytes memory cannotSend = TokenReverts.cannotSend(eurBank.minter);
        uint256 state = vm.snapshotState();
        for (uint256 c = 0; c < dealers.length; ++c) {
            eur.sync(dealer);
            eur.sync(eurBank.minter);
            _done(address(this), address(registry), dealers[c]);
            _done(address(this), address(registry), minters[c]);
            _refused(stranger, address(eur), abi.encodeCall(eur.requireDealer, (dealer)), notDealer);
            bytes memory burn = abi.encodeCall(eur.burn, (1, _nextEntry(eurBank)));
            _refused(eurBank.minter, address(eur), burn, cannotSend);
            vm.revertToState(state);
        }
    }

    /// @notice Moved abroad in one transaction, revoked and registered again.
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
        _transferRefused(dealer, payer, 1, TokenReverts.directTransferClosed(dealer, payer, HK, EEA));
    }

    /// @notice A copy is good one second before the end of the review, also of one renewed by a second, and not at it.
    function test_a_copy_at_its_last_second() public {
        _copyEverybody();
        for (uint40 end = REVIEWED_UNTIL; end <= REVIEWED_UNTIL + 1; ++end) {
            vm.warp(end - 1);
            registry.renew(payer, end);
            registry.renew(neighbour, end);
            _transfer(payer, neighbour, 1);
            vm.warp(end);
            _transferRefused(payer, neighbour, 1, TokenReverts.cannotSend(payer));
        }
    }

    /* BEFORE IT */

    /// @notice To accomplices, who are the bank's customers: compliance has it back through as many hands as it likes.
    function test_money_that_ran_ahead_of_the_block() public {
        _transfer(payer, neighbour, BALANCE);
        _transfer(neighbour, feeReceiver, 300_00);
        registry.blockWallet(payer, LEGAL);
        _transferRefused(neighbour, payer, 1, TokenReverts.cannotReceive(payer));
        eur.setFrozenTokens(neighbour, type(uint128).max);
        eur.setFrozenTokens(feeReceiver, type(uint128).max);
        assertTrue(eur.forcedTransfer(neighbour, dealer, 200_00));
        assertTrue(eur.forcedTransfer(feeReceiver, dealer, 300_00));
        assertEq(eur.balanceOf(dealer), 2 * BALANCE);
    }

    /// @notice The customer's block reaches both wallets, and a third that is registered later.
    function test_money_that_ran_to_the_customers_other_wallet() public {
        _transfer(payer, secondWallet, BALANCE);
        bytes[] memory both = new bytes[](2);
        both[0] = abi.encodeCall(IAllowlistRegistry.blockWallet, (payer, LEGAL));
        both[1] = abi.encodeCall(IAllowlistRegistry.blockCustomer, (CUSTOMER, LEGAL));
        Multicall(address(registry)).multicall(both);
        _transferRefused(secondWallet, neighbour, 1, TokenReverts.cannotSend(secondWallet));
        address third = makeAddr("third wallet");
        _onboard(eurBank, third, CustomerCategory.Retail, GERMANY, CUSTOMER);
        assertFalse(eur.canReceive(third));
        assertTrue(eur.forcedTransfer(secondWallet, dealer, BALANCE));
    }

    /// @notice Allowances and signed messages.
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

    /// @notice A forced transfer of all fails, until it is frozen; what others send meanwhile stays out of the sum.
    function test_a_cent_that_runs_ahead_of_a_seizure() public {
        _transfer(payer, neighbour, 1);
        vm.expectRevert(TokenReverts.insufficientBalance(payer, BALANCE - 1, BALANCE));
        eur.forcedTransfer(payer, dealer, BALANCE);
        eur.setFrozenTokens(payer, type(uint128).max);
        _transferRefused(payer, neighbour, 1, TokenReverts.insufficientUnfrozenBalance(payer, 1, 0));
        _transfer(neighbour, payer, 1);
        assertEq(eur.spendableOf(payer), 0);
        assertTrue(eur.forcedTransfer(payer, dealer, BALANCE - 1));
        assertEq(eur.balanceOf(payer), 1);
        assertEq(eur.spendableOf(payer), 0, "frozen with the rest");
    }

    /* AFTER IT */

    /// @notice The wallet lives on its copy until anybody calls `sync`, and no longer than its review.
    function test_a_copy_that_missed_the_block() public {
        _copyEverybody();
        vm.mockCallRevert(address(eur), abi.encodeCall(IDepositTokenMain.sync, (payer)), "");
        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.SubscriberMissed(address(eur), payer);
        registry.blockWallet(payer, LEGAL);
        vm.clearMockedCalls();
        uint256 state = vm.snapshotState();

        _transfer(payer, neighbour, 1);
        bytes memory request = abi.encodeCall(IDepositTokenExt.requestRedemption, (1, "payout"));
        _refused(payer, address(eur), request, TokenReverts.cannotSend(payer));
        assertTrue(eur.isBlocked(payer));
        vm.warp(REVIEWED_UNTIL);
        _transferRefused(payer, neighbour, 1, TokenReverts.cannotSend(payer));

        bytes[3] memory heals = [
            abi.encodeCall(IDepositTokenMain.sync, (payer)),
            abi.encodeCall(IDepositTokenMain.syncEpoch, ()),
            abi.encodeCall(IDepositTokenMain.sync, (neighbour))
        ];
        for (uint256 i = 0; i < heals.length; ++i) {
            vm.revertToState(state);
            _done(stranger, address(eur), heals[i]);
            // The epoch is the same: only the wallet's own copy was missed.
            assertEq(eur.canSend(payer), i != 0);
        }
        // Any change that bumps the epoch reaches it too.
        registry.setZone(new uint16[](0), 0);
        assertFalse(eur.canSend(payer));
    }

    /// @notice Of its own coming and going it is told too: an event says that it missed them, for no wallet.
    function test_a_copy_at_a_token_that_fails_from_the_first_moment_on() public {
        address failing = address(new HostileSubscriber(HostileSubscriber.Answer.Revert));
        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.SubscriberMissed(failing, address(0));
        registry.subscribe(failing);
        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.SubscriberMissed(failing, address(0));
        registry.unsubscribe(failing);
    }

    /// @notice Going back, which would lose each block made since, is refused.
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
        _transferRefused(payer, neighbour, 1, TokenReverts.cannotSend(payer));
        // Its country is unknown too: it has no corridor.
        _expectNoPayment(PolicyReverts.corridorClosed(address(eur), 0, HK));

        next.blockCustomer(1001, LEGAL);
        vm.expectRevert(TokenReverts.registryNotSuccessor(address(registry), address(next)));
        eur.setRegistry(address(registry));
    }

    /// @notice The token hears of each of the registry's epochs but once.
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

    function _transfer(address from, address to, uint256 amount) private {
        vm.prank(from);
        assertTrue(eur.transfer(to, amount));
    }

    function _transferRefused(address from, address to, uint256 amount, bytes memory reason) private {
        _refused(from, address(eur), abi.encodeCall(eur.transfer, (to, amount)), reason);
    }

    function _copyEverybody() private {
        address[4] memory wallets = [payer, neighbour, secondWallet, dealer];
        vm.startPrank(stranger);
        for (uint256 i = 0; i < wallets.length; ++i) {
            eur.sync(wallets[i]);
        }
        vm.stopPrank();
    }

    /// @dev Every change of the registry's that takes a wallet its standing at once.
    function _changesFor(address wallet, uint128 customer) private pure returns (bytes[4] memory) {
        bytes[] memory both = new bytes[](2);
        both[0] = abi.encodeCall(IAllowlistRegistry.renew, (wallet, REVIEWED_UNTIL + 1));
        both[1] = abi.encodeCall(IAllowlistRegistry.blockWallet, (wallet, LEGAL));
        return [
            both[1],
            abi.encodeCall(IAllowlistRegistry.blockCustomer, (customer, LEGAL)),
            abi.encodeCall(IAllowlistRegistry.revoke, (wallet)),
            abi.encodeCall(Multicall.multicall, (both))
        ];
    }

    /// @dev Out of the payer's wallet or into it.
    function _assertNothingMoves(bool blocked) private {
        bytes memory cannotReceive = TokenReverts.cannotReceive(payer);
        _transferRefused(payer, neighbour, 1, TokenReverts.cannotSend(payer));
        _transferRefused(payer, payer, 0, TokenReverts.cannotSend(payer));
        _transferRefused(neighbour, payer, 0, cannotReceive);
        _refused(address(this), address(eur), abi.encodeCall(eur.forcedTransfer, (dealer, payer, 1)), cannotReceive);
        bytes memory mint = abi.encodeCall(eur.mint, (payer, 1, _nextEntry(eurBank)));
        _refused(eurBank.minter, address(eur), mint, cannotReceive);
        Payment memory toPayer = _oneCurrency();
        (toPayer.sourceToken, toPayer.dealer, toPayer.merchant) = (address(hkd), dealer, payer);
        _refused(address(escrow), address(eur), abi.encodeCall(eur.requireTarget, (toPayer)), cannotReceive);
        _expectNoPayment(TokenReverts.cannotSend(payer));
        assertEq(eur.payerBlocked(payer), blocked);
        assertFalse(eur.canSend(payer));
        assertFalse(eur.canReceive(payer));
        assertEq(eur.standingOf(payer).validUntil, 0);
    }

    function _expectNoPayment(bytes memory reason) private {
        Payment memory payment = _twoCurrencies();
        (payment.sourceAmount, payment.authorizeBy) = (1_00, uint40(START + 1 hours));
        bytes memory signature = _receiveSignature(payerKey, eur, payer, 1_00, payment.authorizeBy, "id");
        bytes memory act = abi.encodeCall(eur.openPayment, (payment, "id", HONG_KONG, signature));
        _refused(address(escrow), address(eur), act, reason);
    }
}
