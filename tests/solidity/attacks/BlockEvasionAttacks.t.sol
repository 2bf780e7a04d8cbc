// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/EscrowActs.sol";

/// @notice Somebody under a legal block, or about to be, tries to get money past it: by a copy of the registry's
/// answer that is fresh, or through another registry. What friends can do for it in the escrow is in {EscrowCaptureTest},
/// {EscrowReleaseTest} and {EscrowResolveTest}.
contract BlockEvasionAttacksTest is EscrowActs {
    /* COPIES */

    /// @notice The sandwich: copies made afresh, a change for the worse, and every act that could live on such a copy.
    function test_a_copy_made_in_the_same_block() public {
        bytes[] memory both = new bytes[](2);
        both[0] = abi.encodeCall(IAllowlistRegistry.renew, (payer, REVIEWED_UNTIL + 1));
        both[1] = abi.encodeCall(IAllowlistRegistry.blockWallet, (payer, LEGAL));
        bytes[4] memory changes = [
            both[1],
            abi.encodeCall(IAllowlistRegistry.blockCustomer, (PAYER_CUSTOMER, LEGAL)),
            abi.encodeCall(IAllowlistRegistry.revoke, (payer)),
            abi.encodeCall(Multicall.multicall, (both))
        ];
        _mint(eurBank, dealer, 1);
        uint256 state = vm.snapshotState();
        for (uint256 c = 0; c < changes.length; ++c) {
            _copyEverybody();
            _done(address(this), address(eurBank.registry), changes[c]);
            // Revoked is not blocked: what is under way ends.
            _assertNothingMoves(c != 2);
            // Nor does it come back by asking again.
            eur.sync(payer);
            _assertNothingMoves(c != 2);
            vm.revertToState(state);
        }
    }

    /// @notice The wallet lives on its copy until anybody calls `sync`, and no longer than its review.
    function test_a_copy_that_missed_the_block() public {
        _copyEverybody();
        vm.mockCallRevert(address(eur), abi.encodeCall(IDepositTokenMain.sync, (payer)), "");
        vm.expectEmit(address(eurBank.registry));
        emit IAllowlistRegistry.SubscriberMissed(address(eur), payer);
        eurBank.registry.blockWallet(payer, LEGAL);
        vm.clearMockedCalls();
        uint256 state = vm.snapshotState();

        bytes memory transfer = abi.encodeCall(IERC20.transfer, (neighbour, 1));
        bytes memory cannotSend = TokenReverts.cannotSend(payer);
        _done(payer, address(eur), transfer);
        _refused(payer, address(eur), abi.encodeCall(IDepositTokenExt.requestRedemption, (1, "payout")), cannotSend);
        assertTrue(eur.isBlocked(payer));
        vm.warp(REVIEWED_UNTIL);
        _refused(payer, address(eur), transfer, cannotSend);

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
        eurBank.registry.setZone(new uint16[](0), 0);
        assertFalse(eur.canSend(payer));
    }

    function _copyEverybody() private {
        address[3] memory wallets = [payer, neighbour, dealer];
        vm.startPrank(stranger);
        for (uint256 i = 0; i < wallets.length; ++i) {
            eur.sync(wallets[i]);
        }
        vm.stopPrank();
    }

    /// @dev Out of the payer's wallet or into it.
    function _assertNothingMoves(bool blocked) private {
        bytes memory cannotSend = TokenReverts.cannotSend(payer);
        bytes memory cannotReceive = TokenReverts.cannotReceive(payer);
        _refused(payer, address(eur), abi.encodeCall(eur.transfer, (neighbour, 1)), cannotSend);
        _refused(payer, address(eur), abi.encodeCall(eur.transfer, (payer, 0)), cannotSend);
        _refused(neighbour, address(eur), abi.encodeCall(eur.transfer, (payer, 0)), cannotReceive);
        _refused(address(this), address(eur), abi.encodeCall(eur.forcedTransfer, (dealer, payer, 1)), cannotReceive);
        bytes memory mint = abi.encodeCall(eur.mint, (payer, 1, _nextEntry(eurBank)));
        _refused(eurBank.minter, address(eur), mint, cannotReceive);
        Payment memory payment = _oneCurrency();
        (payment.sourceToken, payment.dealer, payment.merchant) = (address(hkd), dealer, payer);
        _refused(address(escrow), address(eur), abi.encodeCall(eur.requireTarget, (payment)), cannotReceive);
        payment = _twoCurrencies();
        bytes memory signature = _receiveSignature(payerKey, eur, payer, 100_00, payment.authorizeBy, "id");
        bytes memory open = abi.encodeCall(eur.openPayment, (payment, "id", HONG_KONG, signature));
        _refused(address(escrow), address(eur), open, cannotSend);
        assertEq(eur.payerBlocked(payer), blocked);
        assertFalse(eur.canSend(payer));
        assertFalse(eur.canReceive(payer));
        assertEq(eur.standingOf(payer).validUntil, 0);
    }

    /* REGISTRIES */

    /// @notice Of whatever customer it says to be: the block is told before the number that is fixed.
    function test_a_blocked_wallet_comes_as_somebody_else() public {
        IAllowlistRegistry next = _newAllowlistRegistry(address(eurBank.manager), eurBank.registry);
        eurBank.registry.blockWallet(payer, LEGAL);
        for (uint128 id = PAYER_CUSTOMER - 1; id <= PAYER_CUSTOMER + 1; ++id) {
            vm.expectRevert(RegistryReverts.walletIsBlocked(payer));
            next.register(payer, CustomerCategory.Retail, GERMANY, REVIEWED_UNTIL, id);
        }
        eurBank.registry.unblockWallet(payer);
        vm.expectRevert(RegistryReverts.customerIdFixed(payer, PAYER_CUSTOMER + 1, PAYER_CUSTOMER));
        next.register(payer, CustomerCategory.Retail, GERMANY, REVIEWED_UNTIL, PAYER_CUSTOMER + 1);
    }

    /// @notice Again and again: the token hears of each of its registry's epochs but once.
    function test_copies_made_void_by_a_stranger() public {
        IAllowlistRegistry next = _newAllowlistRegistry(address(eurBank.manager), eurBank.registry);
        next.subscribe(address(eur));
        while (next.epochFor(address(eur)) <= eurBank.registry.epochFor(address(eur))) {
            next.setZone(new uint16[](0), 0);
        }
        eur.setRegistry(address(next));
        uint32 epoch = eur.epoch();
        for (uint32 i = 0; i < 3; ++i) {
            vm.prank(stranger);
            eur.syncEpoch();
            assertEq(eur.epoch(), epoch + i);
            next.setZone(new uint16[](0), 0);
        }
    }
}
