// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/EscrowActs.sol";

/// @notice What the operator captures; {EscrowStatesTest} says when it may, {EscrowTargetsTest} has other target
/// tokens.
contract EscrowCaptureTest is EscrowActs {
    /* EFFECT */

    /// @dev 850.00 x 33.33 / 100.00 = 283.305, of that 1 % = 2.833; to 66.66: 566.61 and 5.66.
    function test_pays_merchant_fee_receiver_and_dealer_and_at_last_the_exact_rest() public balanced {
        Payment memory payment = _openDisputable();
        _expectCaptured(payment, 33_33, 283_30, 2_83);
        _capture(payment, 33_33);
        _assertFigures(payment, PaymentStatus.Authorized, 33_33, 283_30, 2_83);
        _expectCaptured(payment, 33_33, 283_31, 2_83);
        _capture(payment, 33_33);
        _expectCaptured(payment, 33_34, 283_39, 2_84);
        _capture(payment, 33_34);
        _assertFigures(payment, PaymentStatus.Captured, 100_00, 850_00, 8_50);
    }

    function test_in_one_currency_the_fee_may_be_all() public balanced {
        Payment memory payment = _withFee(_oneCurrency());
        payment.feeBps = 10_000;
        _open(payment);
        _capture(payment, 40_00);
        _assertFigures(payment, PaymentStatus.Authorized, 40_00, 40_00, 40_00);
        _capture(payment, 60_00);
        _assertFigures(payment, PaymentStatus.Captured, 100_00, 100_00, 100_00);
    }

    /// @dev A transaction that was thought lost and is sent again pays nothing twice.
    function test_again_pays_nothing() public balanced {
        Payment memory payment = _openTwoCurrencies();
        _capture(payment, 40_00);
        uint104[4] memory others = [0, 39_99, 40_01, type(uint104).max];
        for (uint256 i = 0; i < others.length; ++i) {
            _refused(operator, _capturing(payment, others[i], 40_00), EscrowReverts.captureOutOfPlace(others[i], 40_00));
        }
        _capture(payment, 10_00);
        _assertFigures(payment, PaymentStatus.Authorized, 50_00, 425_00, 0);
    }

    /* REFUSALS */

    /// @dev In the order in which they are looked at; the preview refuses the same.
    function test_refuses_out_of_turn_too_much_and_for_a_blocked_payer() public balanced {
        Payment memory payment = _twoCurrencies();
        (payment.captureFrom, payment.targetAmount) = (START + 1 days, 2);
        _assertRefused(payment, 1, 0, _wrongStatus(payment, PaymentStatus.None, PaymentStatus.Authorized));
        _open(payment);
        _assertRefused(payment, 1, 0, EscrowReverts.tooEarly(START, payment.captureFrom));
        vm.warp(payment.captureBy);
        _assertRefused(payment, 1, 0, EscrowReverts.tooLate(payment.captureBy, payment.captureBy));
        vm.warp(payment.captureFrom);
        _assertRefused(payment, 1, 0, EscrowReverts.captureOutOfPlace(1, 0));
        eurBank.registry.blockWallet(payer, LEGAL);
        _assertRefused(payment, 0, 0, EscrowReverts.zeroAmount());
        _assertRefused(payment, 0, 100_01, EscrowReverts.amountExceeds(100_01, 100_00));
        _assertRefused(payment, 0, 49_99, EscrowReverts.payerBlocked(payer));
        eurBank.registry.unblockWallet(payer);
        eurBank.registry.blockCustomer(PAYER_CUSTOMER, LEGAL);
        _assertRefused(payment, 0, 49_99, EscrowReverts.payerBlocked(payer));
        eurBank.registry.unblockCustomer(PAYER_CUSTOMER);
        _assertRefused(payment, 0, 49_99, EscrowReverts.nothingForMerchant(49_99));
        _capture(payment, 50_00);
        _assertRefused(payment, 50_00, 49_99, EscrowReverts.nothingForMerchant(49_99));
        _assertRefused(payment, 50_00, 50_01, EscrowReverts.amountExceeds(50_01, 50_00));
        _assertRefused(payment, 50_00, type(uint104).max, EscrowReverts.amountExceeds(type(uint104).max, 50_00));
        _capture(payment, 50_00);
        assertEq(hkd.balanceOf(merchant), 2);
    }

    /* STANDING */

    /// @dev A token that missed the block goes by its copy, for a capture as for a transfer, until anybody syncs it.
    function test_refuses_a_payer_whose_block_the_token_missed_once_it_is_synced() public balanced {
        Payment memory payment = _openTwoCurrencies();
        vm.mockCallRevert(address(eur), abi.encodeCall(eur.sync, (payer)), "deaf");
        vm.expectEmit(address(eurBank.registry));
        emit IAllowlistRegistry.SubscriberMissed(address(eur), payer);
        eurBank.registry.blockWallet(payer, LEGAL);
        vm.clearMockedCalls();
        assertTrue(eur.isBlocked(payer));
        _capture(payment, 1_00);
        vm.prank(stranger);
        eur.sync(payer);
        _expectCaptureRefused(payment, 1_00, EscrowReverts.payerBlocked(payer));
    }

    /* OTHERS' TROUBLE */

    function test_goes_on_for_a_lapsed_payer_whatever_becomes_of_source_token_and_dealer() public balanced {
        Payment memory payment = _openTwoCurrencies();
        eurBank.registry.revoke(payer);
        eurBank.registry.blockWallet(dealer, LEGAL);
        hkdBank.registry.revoke(dealer);
        eur.pause();
        eur.stopSystemAccount(address(escrow));
        hkd.stopSystemAccount(address(escrow));
        _capture(payment, 100_00);
        _assertFigures(payment, PaymentStatus.Captured, 100_00, 850_00, 0);
    }

    function test_of_merchant_and_fee_receiver_one_who_cannot_receive_does_not_stop_the_other() public balanced {
        Payment memory payment = _openDisputable();
        address[2] memory payees = [feeReceiver, merchant];
        uint256[2] memory amounts = [uint256(8_50), 841_50];
        uint256 before = vm.snapshotState();
        for (uint256 i = 0; i < 2; ++i) {
            hkdBank.registry.revoke(payees[i]);
            _expectOwed(hkd, payees[i], amounts[i], TokenReverts.cannotReceive(payees[i]));
            _capture(payment, 100_00);
            assertEq(escrow.claimableOf(address(hkd), payees[i]), amounts[i]);
            assertEq(hkd.balanceOf(payees[1 - i]), amounts[1 - i]);
            vm.revertToState(before);
        }
    }

    /* ROUNDING */

    /// @dev At par and 1 %, every hundredth unit is the fee's: captured alone, it must be the last.
    function test_a_last_unit_that_is_all_fee_is_captured() public balanced {
        Payment memory payment = _withFee(_twoCurrencies());
        payment.targetAmount = 100_00;
        _open(payment);
        _capture(payment, 98_99);
        _expectCaptureRefused(payment, 1, EscrowReverts.nothingForMerchant(1));
        _capture(payment, 1_00);
        _expectCaptured(payment, 1, 1, 1);
        _capture(payment, 1);
        _assertFigures(payment, PaymentStatus.Captured, 100_00, 100_00, 1_00);
    }

    /* HELP */

    function _assertRefused(Payment memory payment, uint104 capturedBefore, uint104 sourceAmount, bytes memory reason)
        private
    {
        _refused(operator, _capturing(payment, capturedBefore, sourceAmount), reason);
        _refused(stranger, abi.encodeCall(escrow.previewCapture, (payment, capturedBefore, sourceAmount)), reason);
    }

    /// @dev The preview says the same to anybody.
    function _expectCaptured(Payment memory payment, uint104 sourceAmount, uint256 targetAmount, uint256 fee) private {
        bytes32 id = escrow.paymentId(payment);
        (uint256 merchantAmount, uint256 feeAmount) = escrow.previewCapture(payment, _captured(payment), sourceAmount);
        assertEq(merchantAmount, targetAmount - fee, "preview");
        assertEq(feeAmount, fee, "preview of the fee");
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentCaptured(id, sourceAmount, targetAmount, fee);
    }
}
