// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/EscrowSystem.sol";
import {HostileToken} from "../support/mocks/HostileToken.sol";

contract EscrowCaptureTest is EscrowSystem {
    bytes4 private constant LEGAL = "LEGL";

    /* EFFECT */

    function test_pays_merchant_fee_receiver_and_dealer() public balanced {
        Payment memory payment = _openWithFee(100);
        bytes32 id = escrow.paymentId(payment);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentCaptured(id, 100_00, 850_00, 8_50);
        _capture(payment, 100_00);
        assertEq(hkd.balanceOf(merchant), 841_50);
        assertEq(hkd.balanceOf(feeReceiver), 8_50);
        assertEq(escrow.inventoryOf(dealer, address(eur)), 100_00);
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK - 850_00);
        _assertState(id, PaymentStatus.Captured, 100_00, 0);
    }

    function test_in_parts_pays_the_exact_rest_at_last() public balanced {
        Payment memory payment = _openWithFee(100);
        bytes32 id = escrow.paymentId(payment);
        vm.expectEmit(address(escrow));
        // 850.00 x 33.33 / 100.00 = 283.305, of that 1 % = 2.833.
        emit ISettlementEscrow.PaymentCaptured(id, 33_33, 283_30, 2_83);
        _capture(payment, 33_33);
        _assertState(id, PaymentStatus.Authorized, 33_33, 0);
        assertEq(hkd.balanceOf(merchant), 280_47);

        vm.expectEmit(address(escrow));
        // To 66.66: 566.61 and 5.66.
        emit ISettlementEscrow.PaymentCaptured(id, 33_33, 283_31, 2_83);
        _capture(payment, 33_33);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentCaptured(id, 33_34, 283_39, 2_84);
        _capture(payment, 33_34);
        _assertState(id, PaymentStatus.Captured, 100_00, 0);
        assertEq(hkd.balanceOf(merchant), 841_50);
        assertEq(hkd.balanceOf(feeReceiver), 8_50);
    }

    function test_in_one_currency_pays_the_merchant_in_it() public balanced {
        Payment memory payment = _openOneCurrency();
        bytes32 id = escrow.paymentId(payment);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentCaptured(id, 40_00, 40_00, 0);
        _capture(payment, 40_00);
        assertEq(eur.balanceOf(neighbour), 40_00);
        assertEq(eur.balanceOf(address(escrow)), 60_00);
        _assertState(id, PaymentStatus.Authorized, 40_00, 0);
    }

    function test_in_one_currency_the_fee_may_be_all() public balanced {
        Payment memory payment = _oneCurrency();
        (payment.feeBps, payment.feeReceiver) = (10_000, feeReceiver);
        _open(payment);
        _capture(payment, 100_00);
        assertEq(eur.balanceOf(neighbour), 0);
        assertEq(eur.balanceOf(feeReceiver), 100_00);
    }

    /// @dev A transaction that was thought lost and is sent again pays nothing twice.
    function test_again_pays_nothing() public balanced {
        Payment memory payment = _openTwoCurrencies();
        vm.startPrank(operator);
        escrow.capture(payment, 0, 40_00);
        vm.expectRevert(EscrowReverts.captureOutOfPlace(0, 40_00));
        escrow.capture(payment, 0, 40_00);
        vm.stopPrank();
        assertEq(hkd.balanceOf(merchant), 340_00);
        _assertState(escrow.paymentId(payment), PaymentStatus.Authorized, 40_00, 0);
    }

    function test_comes_in_its_place_only() public balanced {
        Payment memory payment = _openTwoCurrencies();
        _capture(payment, 40_00);
        uint104[4] memory others = [0, 39_99, 40_01, type(uint104).max];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(EscrowReverts.captureOutOfPlace(others[i], 40_00));
            vm.prank(operator);
            escrow.capture(payment, others[i], 10_00);
        }
        vm.prank(operator);
        escrow.capture(payment, 40_00, 10_00);
        _assertState(escrow.paymentId(payment), PaymentStatus.Authorized, 50_00, 0);
    }

    function test_takes_no_quota_and_gives_none_back() public balanced {
        Payment memory payment = _openTwoCurrencies();
        _capture(payment, 100_00);
        assertEq(_remainingQuota(), YEARLY_QUOTA - 100_00);
    }

    /* CALLER, TIME, STATUS, AMOUNT */

    function test_by_the_operator_only() public balanced {
        Payment memory payment = _openTwoCurrencies();
        address[5] memory others = [payer, merchant, dealer, feeReceiver, stranger];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(EscrowReverts.notAllowed(others[i], operator));
            vm.prank(others[i]);
            escrow.capture(payment, 0, 1_00);
        }
    }

    function test_another_operator_finds_no_payment_of_its_own() public balanced {
        Payment memory payment = _openTwoCurrencies();
        payment.operator = stranger;
        _expectWrongStatus(payment, PaymentStatus.None);
    }

    function test_from_captureFrom() public balanced {
        Payment memory payment = _twoCurrencies();
        payment.captureFrom = uint40(block.timestamp + 1 days);
        _open(payment);
        vm.warp(payment.captureFrom - 1);
        _expectRefused(payment, 1_00, EscrowReverts.tooEarly(payment.captureFrom - 1, payment.captureFrom));
        vm.warp(payment.captureFrom);
        _capture(payment, 1_00);
        vm.warp(payment.captureFrom + 1);
        _capture(payment, 1_00);
    }

    function test_until_captureBy() public balanced {
        Payment memory payment = _openTwoCurrencies();
        vm.warp(payment.captureBy - 1);
        _capture(payment, 1_00);
        for (uint256 i = 0; i < 2; ++i) {
            vm.warp(payment.captureBy + i);
            _expectRefused(payment, 1_00, EscrowReverts.tooLate(uint256(payment.captureBy) + i, payment.captureBy));
        }
    }

    function test_refuses_a_payment_that_was_never_authorized() public balanced {
        _expectWrongStatus(_twoCurrencies(), PaymentStatus.None);
    }

    function test_refuses_a_payment_with_other_terms() public balanced {
        Payment memory payment = _openTwoCurrencies();
        payment.merchant = hkNeighbour;
        _expectWrongStatus(payment, PaymentStatus.None);
    }

    function test_refuses_a_payment_that_has_ended() public balanced {
        Payment memory payment = _openTwoCurrencies();
        _capture(payment, 100_00);
        _expectWrongStatus(payment, PaymentStatus.Captured);

        payment.uetr = bytes16(uint128(1));
        _open(payment);
        _void(payment);
        _expectWrongStatus(payment, PaymentStatus.Voided);

        payment.uetr = bytes16(uint128(2));
        _open(payment);
        vm.warp(payment.captureBy);
        escrow.reclaim(payment);
        _expectWrongStatus(payment, PaymentStatus.Reclaimed);
    }

    function test_refuses_an_amount_of_zero() public balanced {
        _expectRefused(_openTwoCurrencies(), 0, EscrowReverts.zeroAmount());
    }

    function test_refuses_more_than_is_left() public balanced {
        Payment memory payment = _openTwoCurrencies();
        _expectRefused(payment, 100_01, EscrowReverts.amountExceeds(100_01, 100_00));
        _capture(payment, 60_00);
        _expectRefused(payment, 40_01, EscrowReverts.amountExceeds(40_01, 40_00));
        _expectRefused(payment, type(uint104).max, EscrowReverts.amountExceeds(type(uint104).max, 40_00));
        _capture(payment, 40_00);
    }

    /* PAYER'S STANDING */

    function test_refuses_while_the_payer_is_blocked() public balanced {
        Payment memory payment = _openTwoCurrencies();
        bytes memory refusal = EscrowReverts.payerBlocked(payer);
        _capture(payment, 10_00);
        eurBank.registry.blockWallet(payer, LEGAL);
        _expectRefused(payment, 10_00, refusal);
        eurBank.registry.unblockWallet(payer);
        _capture(payment, 10_00);
        eurBank.registry.blockCustomer(PAYER_CUSTOMER, LEGAL);
        _expectRefused(payment, 10_00, refusal);
        eurBank.registry.unblockCustomer(PAYER_CUSTOMER);
        _capture(payment, 80_00);
    }

    function test_refuses_while_a_payer_of_one_currency_is_blocked() public balanced {
        Payment memory payment = _openOneCurrency();
        eurBank.registry.blockWallet(payer, LEGAL);
        _expectRefused(payment, 1_00, EscrowReverts.payerBlocked(payer));
    }

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
        _expectRefused(payment, 1_00, EscrowReverts.payerBlocked(payer));
    }

    function test_a_lapsed_payer_pays_what_is_under_way() public balanced {
        Payment memory payment = _openTwoCurrencies();
        eurBank.registry.revoke(payer);
        _capture(payment, 100_00);
        assertEq(hkd.balanceOf(merchant), 850_00);
    }

    /* THE OTHER SIDE'S TROUBLE */

    function test_goes_on_while_the_source_token_is_paused() public balanced {
        Payment memory payment = _openTwoCurrencies();
        eur.pause();
        _capture(payment, 100_00);
        assertEq(hkd.balanceOf(merchant), 850_00);
        assertEq(escrow.inventoryOf(dealer, address(eur)), 100_00);
    }

    function test_goes_on_where_the_escrow_is_stopped() public balanced {
        Payment memory payment = _openTwoCurrencies();
        eur.stopSystemAccount(address(escrow));
        hkd.stopSystemAccount(address(escrow));
        _capture(payment, 100_00);
        assertEq(hkd.balanceOf(merchant), 850_00);
    }

    function test_goes_on_whatever_becomes_of_the_dealer() public balanced {
        Payment memory payment = _openTwoCurrencies();
        eurBank.registry.blockWallet(dealer, LEGAL);
        hkdBank.registry.revoke(dealer);
        _capture(payment, 100_00);
        assertEq(hkd.balanceOf(merchant), 850_00);
        assertEq(escrow.inventoryOf(dealer, address(eur)), 100_00);
    }

    function test_a_fee_receiver_who_cannot_receive_does_not_stop_the_merchant() public balanced {
        Payment memory payment = _openWithFee(100);
        hkdBank.registry.revoke(feeReceiver);
        _capture(payment, 100_00);
        assertEq(hkd.balanceOf(merchant), 841_50);
        assertEq(escrow.claimableOf(address(hkd), feeReceiver), 8_50);
    }

    function test_a_merchant_who_cannot_receive_does_not_stop_the_fee() public balanced {
        Payment memory payment = _openWithFee(100);
        hkdBank.registry.revoke(merchant);
        _capture(payment, 100_00);
        assertEq(escrow.claimableOf(address(hkd), merchant), 841_50);
        assertEq(hkd.balanceOf(feeReceiver), 8_50);
    }

    /* ROUNDING */

    function test_refuses_a_part_too_small_to_pay_the_merchant() public balanced {
        Payment memory payment = _twoCurrencies();
        payment.targetAmount = 2;
        _open(payment);
        _expectRefused(payment, 49_99, EscrowReverts.nothingForMerchant(49_99));
        _capture(payment, 50_00);
        _expectRefused(payment, 49_99, EscrowReverts.nothingForMerchant(49_99));
        _capture(payment, 50_00);
        assertEq(hkd.balanceOf(merchant), 2);
    }

    function test_only_the_last_part_may_be_all_fee() public balanced {
        Payment memory payment = _openWithFee(10_000);
        _expectRefused(payment, 99_99, EscrowReverts.nothingForMerchant(99_99));
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentCaptured(escrow.paymentId(payment), 100_00, 850_00, 850_00);
        _capture(payment, 100_00);
        assertEq(hkd.balanceOf(feeReceiver), 850_00);
        assertEq(hkd.balanceOf(merchant), 0);
    }

    /// @dev At par and 1 %, every hundredth unit is the fee's: captured alone, it must be the last.
    function test_a_last_unit_that_is_all_fee_is_captured() public balanced {
        Payment memory payment = _twoCurrencies();
        (payment.targetAmount, payment.feeBps, payment.feeReceiver) = (100_00, 100, feeReceiver);
        _open(payment);
        _capture(payment, 98_99);
        _expectRefused(payment, 1, EscrowReverts.nothingForMerchant(1));
        _capture(payment, 1_00);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentCaptured(escrow.paymentId(payment), 1, 1, 1);
        _capture(payment, 1);
        assertEq(hkd.balanceOf(merchant), 99_00);
        assertEq(hkd.balanceOf(feeReceiver), 1_00);
        _assertState(escrow.paymentId(payment), PaymentStatus.Captured, 100_00, 0);
    }

    /// @dev Parts of any size: whatever was captured, merchant and fee receiver together have the floor of its share,
    /// the fee is the floor of that, and void brings back the exact rest.
    function testFuzz_parts_add_up_to_the_floor_of_the_whole(
        uint104 sourceAmount,
        uint104 targetAmount,
        uint16 feeBps,
        uint104[6] calldata parts,
        bool toTheEnd
    ) public balanced {
        Payment memory payment = _twoCurrencies();
        payment.sourceAmount = uint104(bound(sourceAmount, 1_00, YEARLY_QUOTA));
        payment.targetAmount = uint104(bound(targetAmount, 1, STOCK));
        payment.feeBps = uint16(bound(feeBps, 0, 10_000));
        payment.feeReceiver = payment.feeBps == 0 ? address(0) : feeReceiver;
        _open(payment);
        for (uint256 i = 0; i < parts.length; ++i) {
            _captureIfItPays(payment, uint104(bound(parts[i], 1, payment.sourceAmount)));
        }
        if (toTheEnd) _captureIfItPays(payment, type(uint104).max);

        uint104 captured = _captured(payment);
        if (captured < payment.sourceAmount) _void(payment);
        uint256 target = uint256(payment.targetAmount) * captured / payment.sourceAmount;
        uint256 fee = target * payment.feeBps / 10_000;
        assertEq(hkd.balanceOf(feeReceiver), fee, "fee");
        assertEq(hkd.balanceOf(merchant), target - fee, "merchant");
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK - target, "dealer's target side");
        assertEq(escrow.inventoryOf(dealer, address(eur)), captured, "dealer's source side");
        assertEq(eur.balanceOf(payer), 100_000_00 - captured, "payer");
        assertEq(_remainingQuota(), YEARLY_QUOTA - captured, "quota");
    }

    function testFuzz_parts_of_one_currency_add_up(uint104 amount, uint16 feeBps, uint104[4] calldata parts)
        public
        balanced
    {
        Payment memory payment = _oneCurrency();
        payment.sourceAmount = uint104(bound(amount, 1_00, 100_000_00));
        payment.targetAmount = payment.sourceAmount;
        payment.feeBps = uint16(bound(feeBps, 1, 10_000));
        payment.feeReceiver = feeReceiver;
        _open(payment);
        uint104 left = payment.sourceAmount;
        for (uint256 i = 0; i < parts.length && left > 0; ++i) {
            uint104 part = uint104(bound(parts[i], 1, left));
            _capture(payment, part);
            left -= part;
        }
        if (left > 0) _capture(payment, left);
        uint256 fee = uint256(payment.sourceAmount) * payment.feeBps / 10_000;
        assertEq(eur.balanceOf(feeReceiver), fee);
        assertEq(eur.balanceOf(neighbour), payment.sourceAmount - fee);
        _assertState(escrow.paymentId(payment), PaymentStatus.Captured, payment.sourceAmount, 0);
    }

    function test_the_greatest_amounts_do_not_overflow() public {
        HostileToken other = new HostileToken();
        other.give(dealer, type(uint104).max);
        vm.prank(dealer);
        escrow.deposit(address(other), type(uint104).max);
        hostile.give(payer, type(uint104).max);

        Payment memory payment = _outOfHostile();
        payment.targetToken = address(other);
        (payment.sourceAmount, payment.targetAmount) = (type(uint104).max, type(uint104).max);
        (payment.feeBps, payment.feeReceiver) = (9_999, feeReceiver);
        _open(payment);
        _capture(payment, 1 << 60);
        _capture(payment, type(uint104).max - (1 << 60));
        uint256 fee = uint256(type(uint104).max) * 9_999 / 10_000;
        assertEq(other.balanceOf(feeReceiver), fee);
        assertEq(other.balanceOf(merchant), type(uint104).max - fee);
        assertEq(escrow.inventoryOf(dealer, address(hostile)), type(uint104).max);
        assertEq(other.balanceOf(address(escrow)), 0);
        _assertState(escrow.paymentId(payment), PaymentStatus.Captured, type(uint104).max, 0);
    }

    /* HELP */

    function _openWithFee(uint16 feeBps) private returns (Payment memory payment) {
        payment = _twoCurrencies();
        (payment.feeBps, payment.feeReceiver) = (feeBps, feeReceiver);
        _open(payment);
    }

    /// @dev Captures at most what is left, unless that would not be all and pay the merchant nothing, which must be
    /// refused.
    function _captureIfItPays(Payment memory payment, uint104 amount) private {
        uint104 captured = _captured(payment);
        uint104 left = payment.sourceAmount - captured;
        if (left == 0) return;
        if (amount > left) amount = left;
        if (amount == left || _merchantsShare(payment, captured + amount) > _merchantsShare(payment, captured)) {
            _capture(payment, amount);
        } else {
            _expectRefused(payment, amount, EscrowReverts.nothingForMerchant(amount));
        }
    }

    function _merchantsShare(Payment memory payment, uint256 captured) private pure returns (uint256) {
        uint256 target = payment.targetAmount * captured / payment.sourceAmount;
        return target - target * payment.feeBps / 10_000;
    }

    function _expectRefused(Payment memory payment, uint104 amount, bytes memory reason) private {
        uint104 captured = _captured(payment);
        vm.expectRevert(reason);
        vm.prank(payment.operator);
        escrow.capture(payment, captured, amount);
    }

    function _expectWrongStatus(Payment memory payment, PaymentStatus found) private {
        _expectRefused(
            payment, 1_00, EscrowReverts.wrongStatus(escrow.paymentId(payment), found, PaymentStatus.Authorized)
        );
    }
}
