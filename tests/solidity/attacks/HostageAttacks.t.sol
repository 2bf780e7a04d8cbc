// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./EscrowAttacks.sol";

/// @notice A bank's token that turned hostile, with an accomplice, counts sums near 2^256 in the escrow, so that giving
/// a payment's good side back would overflow: the other bank's money would be held to ransom.
contract HostageAttacksTest is EscrowAttacks {
    /// @notice A dealer fills its inventory in a hostile target token to the brim: the payer's euros still come back.
    function test_an_overflowing_inventory_keeps_no_payers_money() public {
        _stockHostile(850_00);
        Payment memory payment = _intoHostile();
        (payment.arbiter, payment.resolveBy) = (arbiter, payment.captureBy + 1 days);
        bytes32 id = _open(payment);
        _fill(dealer);

        uint256 state = vm.snapshotState();
        _void(payment);
        _assertBack(id, PaymentStatus.Voided);
        vm.revertToState(state);
        _dispute(payment);
        _resolve(payment, 0);
        _assertBack(id, PaymentStatus.Resolved);
        vm.revertToState(state);
        vm.warp(payment.captureBy);
        escrow.reclaim(payment);
        _assertBack(id, PaymentStatus.Reclaimed);
    }

    /// @notice A hostile source token owes its payer nearly 2^256: the dealer's Hong Kong dollars still come back.
    function test_an_overflowing_claimable_keeps_no_dealers_money() public {
        hostile.give(payer, 100_00);
        Payment memory payment = _outOfHostile();
        _open(payment);
        _answer(IAccessManaged.authority.selector, uint160(address(hostile)), 32);
        _answer(IAccessManager.canCall.selector, 1, 64);
        _fill(stranger);
        escrow.divertInventory(address(hostile), stranger);
        escrow.divertClaim(address(hostile), stranger, payer);
        _refuse(IERC20.transfer.selector);

        vm.warp(payment.captureBy);
        escrow.reclaim(payment);
        vm.prank(dealer);
        escrow.withdraw(address(hkd), STOCK);
        assertEq(hkd.balanceOf(dealer), STOCK, "the dealer's dollars");
        _assertExplained(address(hkd));
    }

    /// @dev The token has as much as a word can say. The escrow takes no more than any bank's token can have.
    function _fill(address accomplice) private {
        uint256 brim = type(uint256).max - hostile.balanceOf(address(escrow));
        hostile.give(accomplice, brim);
        bytes memory tooMuch = EscrowReverts.amountExceeds(brim, type(uint128).max);
        _refused(accomplice, abi.encodeCall(escrow.deposit, (address(hostile), brim)), tooMuch);
        vm.prank(accomplice);
        escrow.deposit(address(hostile), type(uint128).max);
    }

    function _assertBack(bytes32 id, PaymentStatus status) private view {
        _assertState(id, status, 0, 0);
        assertEq(eur.balanceOf(payer), 100_000_00, "the payer's euros");
        _assertExplained(address(eur));
    }
}
