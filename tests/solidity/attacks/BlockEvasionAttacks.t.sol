// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/EscrowActs.sol";

/// @notice Somebody under a legal block tries to get past it by a copy of what the registry said before, or through
/// another registry. That friends get it no money out of the escrow is shown by {EscrowCaptureTest}, {EscrowReleaseTest}
/// and {EscrowResolveTest}.
contract BlockEvasionAttacksTest is EscrowActs {
    /// @notice The wallet lives on its copy until anybody calls `sync`, and no longer than its review.
    function test_a_copy_that_missed_the_block() public {
        eur.sync(payer);
        eur.sync(neighbour);
        vm.mockCallRevert(address(eur), abi.encodeCall(IDepositTokenMain.sync, (payer)), "");
        vm.expectEmit(address(eurBank.registry));
        emit IAllowlistRegistry.SubscriberMissed(address(eur), payer);
        eurBank.registry.blockWallet(payer, LEGAL);
        vm.clearMockedCalls();

        bytes memory transfer = abi.encodeCall(IERC20.transfer, (neighbour, 1));
        bytes memory cannotSend = TokenReverts.cannotSend(payer);
        _done(payer, address(eur), transfer);
        _refused(payer, address(eur), abi.encodeCall(IDepositTokenExt.requestRedemption, (1, "payout")), cannotSend);
        assertTrue(eur.isBlocked(payer));
        // The epoch is the same: only the wallet's own copy was missed.
        eur.syncEpoch();
        eur.sync(neighbour);
        _done(payer, address(eur), transfer);

        uint256 state = vm.snapshotState();
        vm.warp(REVIEWED_UNTIL);
        _refused(payer, address(eur), transfer, cannotSend);
        vm.revertToState(state);
        _done(stranger, address(eur), abi.encodeCall(IDepositTokenMain.sync, (payer)));
        assertFalse(eur.canSend(payer));
        vm.revertToState(state);
        // Any change that bumps the epoch reaches it too.
        eurBank.registry.setZone(new uint16[](0), 0);
        assertFalse(eur.canSend(payer));
    }

    /// @notice Of whatever customer it says to be: the block is told before the number that is fixed.
    function test_a_blocked_wallet_comes_as_somebody_else() public {
        IAllowlistRegistry next = newAllowlistRegistry(address(eurBank.manager), eurBank.registry);
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
        IAllowlistRegistry next = newAllowlistRegistry(address(eurBank.manager), eurBank.registry);
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
