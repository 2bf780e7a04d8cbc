// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/DisputeSystem.sol";

contract EscrowDisputeTest is DisputeSystem {
    /* TERMS */

    /// @dev The least time to resolve is counted without overflow.
    function test_the_last_captureBy_of_all_leaves_no_time_to_resolve() public balanced {
        Payment memory payment = _disputable();
        (payment.captureBy, payment.resolveBy) = (type(uint40).max, type(uint40).max);
        payment.refundBy = type(uint40).max;
        _expectRefused(payment, EscrowReverts.resolveByMismatch(arbiter, type(uint40).max, type(uint40).max));
    }

    /* DISPUTE */

    function test_dispute_moves_nothing() public balanced {
        Payment memory payment = _openDisputable();
        bytes32 id = escrow.paymentId(payment);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentDisputed(id);
        _dispute(payment);
        _assertState(id, PaymentStatus.Disputed, 0, 0);
        assertEq(eur.balanceOf(address(escrow)), 100_00);
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK - 850_00);
        assertEq(_remainingQuota(), YEARLY_QUOTA - 100_00);
    }

    function test_dispute_by_the_payer_only() public balanced {
        Payment memory payment = _openDisputable();
        address[6] memory others = [merchant, operator, dealer, arbiter, feeReceiver, stranger];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(EscrowReverts.notAllowed(others[i], payer));
            vm.prank(others[i]);
            escrow.dispute(payment);
        }
    }

    function test_dispute_needs_an_arbiter() public balanced {
        Payment memory payment = _openTwoCurrencies();
        _expectNoDispute(payment, EscrowReverts.noArbiter(escrow.paymentId(payment)));
    }

    function test_dispute_before_the_operator_may_capture() public balanced {
        Payment memory payment = _disputable();
        payment.captureFrom = uint40(block.timestamp + 2 days);
        _open(payment);
        _dispute(payment);
        _assertState(escrow.paymentId(payment), PaymentStatus.Disputed, 0, 0);
    }

    function test_dispute_until_captureBy() public balanced {
        Payment memory payment = _openDisputable();
        for (uint256 i = 0; i < 2; ++i) {
            vm.warp(payment.captureBy + i);
            _expectNoDispute(payment, _tooLate(payment.captureBy + i, payment.captureBy));
        }
        vm.warp(payment.captureBy - 1);
        _dispute(payment);
    }

    function test_dispute_needs_an_authorized_payment() public balanced {
        Payment memory payment = _disputable();
        _expectNoDispute(payment, PaymentStatus.None);
        _open(payment);
        _dispute(payment);
        _expectNoDispute(payment, PaymentStatus.Disputed);
        _resolve(payment, 40_00);
        _expectNoDispute(payment, PaymentStatus.Resolved);

        payment.uetr = bytes16(uint128(1));
        _open(payment);
        _capture(payment, 100_00);
        _expectNoDispute(payment, PaymentStatus.Captured);

        payment.uetr = bytes16(uint128(2));
        _open(payment);
        _void(payment);
        _expectNoDispute(payment, PaymentStatus.Voided);

        payment.uetr = bytes16(uint128(3));
        _open(payment);
        vm.warp(payment.captureBy);
        escrow.reclaim(payment);
        _expectNoDispute(payment, PaymentStatus.Reclaimed);
    }

    function test_dispute_by_a_payer_who_lapsed_or_is_blocked() public balanced {
        Payment memory payment = _openDisputable();
        eurBank.registry.revoke(payer);
        eurBank.registry.blockWallet(payer, LEGAL);
        _dispute(payment);
        _assertState(escrow.paymentId(payment), PaymentStatus.Disputed, 0, 0);
    }

    /* WHILE IT IS DISPUTED */

    function test_disputed_the_operator_can_neither_capture_nor_void() public balanced {
        Payment memory payment = _openDisputed();
        bytes memory refusal = _wrongStatus(payment, PaymentStatus.Disputed, PaymentStatus.Authorized);
        vm.startPrank(operator);
        vm.expectRevert(refusal);
        escrow.capture(payment, 0, 1_00);
        vm.expectRevert(refusal);
        escrow.void(payment);
        vm.warp(payment.resolveBy);
        vm.expectRevert(refusal);
        escrow.void(payment);
        vm.stopPrank();
    }

    function test_disputed_the_merchant_can_void() public balanced {
        Payment memory payment = _openDisputed();
        bytes32 id = escrow.paymentId(payment);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentVoided(id, 100_00, 850_00);
        vm.prank(merchant);
        escrow.void(payment);
        _assertState(id, PaymentStatus.Voided, 0, 0);
        assertEq(eur.balanceOf(payer), 100_000_00);
        assertEq(_remainingQuota(), YEARLY_QUOTA);
    }

    function test_disputed_the_merchant_can_void_even_after_resolveBy() public balanced {
        Payment memory payment = _openDisputed();
        vm.warp(payment.resolveBy + 1);
        vm.prank(merchant);
        escrow.void(payment);
        assertEq(eur.balanceOf(payer), 100_000_00);
    }

    function test_disputed_the_payer_can_relent() public balanced {
        Payment memory payment = _openDisputed();
        vm.warp(payment.resolveBy - 1);
        _release(payment);
        _assertState(escrow.paymentId(payment), PaymentStatus.Captured, 100_00, 0);
        assertEq(hkd.balanceOf(merchant), 841_50);
    }

    function test_disputed_what_was_captured_before_stays_captured() public balanced {
        Payment memory payment = _openDisputable();
        _capture(payment, 60_00);
        _dispute(payment);
        _assertState(escrow.paymentId(payment), PaymentStatus.Disputed, 60_00, 0);
        assertEq(hkd.balanceOf(merchant), 504_90);
    }

    function test_disputed_what_was_captured_before_can_be_refunded() public balanced {
        Payment memory payment = _openDisputable();
        _capture(payment, 60_00);
        _dispute(payment);
        _refund(payment, _quote(payment, 0, 50_00));
        _assertState(escrow.paymentId(payment), PaymentStatus.Disputed, 60_00, 425_00);
        _resolve(payment, 40_00);
        _assertState(escrow.paymentId(payment), PaymentStatus.Resolved, 100_00, 425_00);
    }

    /* RECLAIM */

    function test_reclaim_by_anyone_from_resolveBy() public balanced {
        Payment memory payment = _openDisputable();
        bytes32 id = escrow.paymentId(payment);
        _capture(payment, 33_33);
        _dispute(payment);
        uint40[3] memory early = [START, payment.captureBy, payment.resolveBy - 1];
        for (uint256 i = 0; i < early.length; ++i) {
            vm.warp(early[i]);
            vm.expectRevert(EscrowReverts.tooEarly(early[i], payment.resolveBy));
            escrow.reclaim(payment);
        }
        vm.warp(payment.resolveBy);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentReclaimed(id, 66_67, 850_00 - 283_30);
        vm.prank(stranger);
        escrow.reclaim(payment);
        _assertState(id, PaymentStatus.Reclaimed, 33_33, 0);
        assertEq(eur.balanceOf(payer), 99_966_67);
        assertEq(_remainingQuota(), YEARLY_QUOTA - 33_33);
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK - 283_30);
    }

    function test_reclaim_long_after_resolveBy() public balanced {
        Payment memory payment = _openDisputed();
        vm.warp(payment.refundBy + 1);
        escrow.reclaim(payment);
        assertEq(eur.balanceOf(payer), 100_000_00);
    }

    /// @dev An arbiter's time counts only once there is a dispute.
    function test_reclaim_of_an_undisputed_payment_from_captureBy() public balanced {
        Payment memory payment = _openDisputable();
        vm.warp(payment.captureBy);
        escrow.reclaim(payment);
        assertEq(eur.balanceOf(payer), 100_000_00);
    }

    /* HELP */

    function _expectNoDispute(Payment memory payment, bytes memory reason) private {
        vm.expectRevert(reason);
        _dispute(payment);
    }

    function _expectNoDispute(Payment memory payment, PaymentStatus found) private {
        _expectNoDispute(payment, _wrongStatus(payment, found, PaymentStatus.Authorized));
    }
}
