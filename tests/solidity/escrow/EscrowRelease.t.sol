// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/AnyGas.sol";
import {ContractWallet} from "../support/ContractWallet.sol";
import {DisputeSystem} from "../support/DisputeSystem.sol";

contract EscrowReleaseTest is AnyGas, DisputeSystem {
    /* EFFECT */

    function test_captures_all_that_is_held() public balanced {
        Payment memory payment = _openDisputable();
        bytes32 id = escrow.paymentId(payment);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentReleased(id, 100_00, 850_00, 8_50);
        _release(payment);
        assertEq(hkd.balanceOf(merchant), 841_50);
        assertEq(hkd.balanceOf(feeReceiver), 8_50);
        assertEq(escrow.inventoryOf(dealer, address(eur)), 100_00);
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK - 850_00);
        assertEq(_remainingQuota(), YEARLY_QUOTA - 100_00);
        _assertState(id, PaymentStatus.Captured, 100_00, 0);
    }

    function test_in_one_currency() public balanced {
        Payment memory payment = _openOneCurrency();
        bytes32 id = escrow.paymentId(payment);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentReleased(id, 100_00, 100_00, 0);
        _release(payment);
        assertEq(eur.balanceOf(neighbour), 100_00);
        assertEq(eur.balanceOf(address(escrow)), 0);
        assertEq(escrow.inventoryOf(address(0), address(eur)), 0);
        _assertState(id, PaymentStatus.Captured, 100_00, 0);
    }

    function test_after_captures_pays_the_exact_rest() public balanced {
        Payment memory payment = _openDisputable();
        _capture(payment, 33_33);
        _capture(payment, 33_33);
        vm.expectEmit(address(escrow));
        // 850.00 less 566.61, and 8.50 less 5.66.
        emit ISettlementEscrow.PaymentReleased(escrow.paymentId(payment), 33_34, 283_39, 2_84);
        _release(payment);
        assertEq(hkd.balanceOf(merchant), 841_50);
        assertEq(hkd.balanceOf(feeReceiver), 8_50);
        assertEq(escrow.inventoryOf(dealer, address(eur)), 100_00);
    }

    function testFuzz_after_any_capture_pays_the_exact_rest(uint104 captured, uint104 targetAmount, uint16 feeBps)
        public
        balanced
    {
        Payment memory payment = _twoCurrencies();
        payment.targetAmount = uint104(bound(targetAmount, 1_000_00, STOCK));
        (payment.feeBps, payment.feeReceiver) = (uint16(bound(feeBps, 1, 5_000)), feeReceiver);
        _open(payment);
        _capture(payment, uint104(bound(captured, 1, 99_99)));
        _release(payment);
        uint256 fee = uint256(payment.targetAmount) * payment.feeBps / 10_000;
        assertEq(hkd.balanceOf(merchant), payment.targetAmount - fee);
        assertEq(hkd.balanceOf(feeReceiver), fee);
        assertEq(escrow.inventoryOf(dealer, address(eur)), 100_00);
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK - payment.targetAmount);
        assertEq(eur.balanceOf(payer), 99_900_00);
    }

    function test_what_was_released_can_be_refunded() public balanced {
        Payment memory payment = _openTwoCurrencies();
        _release(payment);
        _refund(payment, _quote(payment, 0, 100_00));
        assertEq(eur.balanceOf(payer), 100_000_00);
        _assertState(escrow.paymentId(payment), PaymentStatus.Captured, 100_00, 850_00);
    }

    /* CALLER, TIME, STATUS */

    function test_by_the_payer_only() public balanced {
        Payment memory payment = _openDisputable();
        address[6] memory others = [merchant, operator, dealer, arbiter, feeReceiver, stranger];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(EscrowReverts.notAllowed(others[i], payer));
            vm.prank(others[i]);
            escrow.release(payment);
        }
    }

    function test_before_the_operator_may_capture() public balanced {
        Payment memory payment = _twoCurrencies();
        payment.captureFrom = uint40(block.timestamp + 2 days);
        _open(payment);
        _release(payment);
        assertEq(hkd.balanceOf(merchant), 850_00);
    }

    function test_until_captureBy() public balanced {
        Payment memory payment = _openTwoCurrencies();
        for (uint256 i = 0; i < 2; ++i) {
            vm.warp(payment.captureBy + i);
            _expectNoRelease(payment, _tooLate(payment.captureBy + i, payment.captureBy));
        }
        vm.warp(payment.captureBy - 1);
        _release(payment);
    }

    function test_of_a_disputed_payment_until_resolveBy() public balanced {
        Payment memory payment = _openDisputed();
        for (uint256 i = 0; i < 2; ++i) {
            vm.warp(payment.resolveBy + i);
            _expectNoRelease(payment, _tooLate(payment.resolveBy + i, payment.resolveBy));
        }
        vm.warp(payment.resolveBy - 1);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentReleased(escrow.paymentId(payment), 100_00, 850_00, 8_50);
        _release(payment);
        _assertState(escrow.paymentId(payment), PaymentStatus.Captured, 100_00, 0);
    }

    /// @dev An arbiter's time counts only once there is a dispute.
    function test_of_an_undisputed_payment_with_an_arbiter_until_captureBy() public balanced {
        Payment memory payment = _openDisputable();
        vm.warp(payment.captureBy);
        _expectNoRelease(payment, _tooLate(payment.captureBy, payment.captureBy));
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
        _release(payment);
        _expectWrongStatus(payment, PaymentStatus.Captured);

        payment.uetr = bytes16(uint128(1));
        _open(payment);
        _void(payment);
        _expectWrongStatus(payment, PaymentStatus.Voided);

        payment = _openDisputed();
        _resolve(payment, 40_00);
        _expectWrongStatus(payment, PaymentStatus.Resolved);

        payment.uetr = bytes16(uint128(2));
        _open(payment);
        vm.warp(payment.captureBy);
        escrow.reclaim(payment);
        _expectWrongStatus(payment, PaymentStatus.Reclaimed);
    }

    /* STANDING */

    function test_refuses_while_the_payer_is_blocked() public balanced {
        Payment memory payment = _openTwoCurrencies();
        bytes memory refusal = EscrowReverts.payerBlocked(payer);
        eurBank.registry.blockWallet(payer, LEGAL);
        _expectNoRelease(payment, refusal);
        eurBank.registry.unblockWallet(payer);
        eurBank.registry.blockCustomer(PAYER_CUSTOMER, LEGAL);
        _expectNoRelease(payment, refusal);
        eurBank.registry.unblockCustomer(PAYER_CUSTOMER);
        _release(payment);
    }

    function test_refuses_while_the_payer_of_a_disputed_payment_is_blocked() public balanced {
        Payment memory payment = _openDisputed();
        eurBank.registry.blockWallet(payer, LEGAL);
        _expectNoRelease(payment, EscrowReverts.payerBlocked(payer));
    }

    function test_a_lapsed_payer_pays_what_is_under_way() public balanced {
        Payment memory payment = _openTwoCurrencies();
        eurBank.registry.renew(payer, uint40(block.timestamp + 1));
        vm.warp(block.timestamp + 1);
        _release(payment);
        assertEq(hkd.balanceOf(merchant), 850_00);
    }

    function test_a_revoked_payer_pays_what_is_under_way() public balanced {
        Payment memory payment = _openTwoCurrencies();
        eurBank.registry.revoke(payer);
        _release(payment);
        assertEq(hkd.balanceOf(merchant), 850_00);
    }

    /* PAYEES */

    function test_a_merchant_who_cannot_receive_is_owed_it() public balanced {
        Payment memory payment = _openDisputable();
        hkdBank.registry.revoke(merchant);
        _expectOwed(merchant, 841_50, TokenReverts.cannotReceive(merchant));
        _release(payment);
        assertEq(escrow.claimableOf(address(hkd), merchant), 841_50);
        assertEq(hkd.balanceOf(feeReceiver), 8_50);
        assertEq(escrow.inventoryOf(dealer, address(eur)), 100_00);
    }

    function test_a_fee_receiver_who_cannot_receive_is_owed_it() public balanced {
        Payment memory payment = _openDisputable();
        hkdBank.registry.blockWallet(feeReceiver, LEGAL);
        _expectOwed(feeReceiver, 8_50, TokenReverts.cannotReceive(feeReceiver));
        _release(payment);
        assertEq(hkd.balanceOf(merchant), 841_50);
        assertEq(escrow.claimableOf(address(hkd), feeReceiver), 8_50);
    }

    function test_a_paused_target_token_owes_both_payees() public balanced {
        Payment memory payment = _openDisputable();
        hkd.pause();
        bytes memory reason = TokenReverts.tokenPaused();
        _expectOwed(merchant, 841_50, reason);
        _expectOwed(feeReceiver, 8_50, reason);
        _release(payment);
        hkd.unpause();
        escrow.claim(address(hkd), merchant);
        escrow.claim(address(hkd), feeReceiver);
        assertEq(hkd.balanceOf(merchant), 841_50);
        assertEq(hkd.balanceOf(feeReceiver), 8_50);
    }

    function test_goes_on_while_the_source_token_is_paused_and_the_escrow_stopped() public balanced {
        Payment memory payment = _openTwoCurrencies();
        eur.pause();
        eur.stopSystemAccount(address(escrow));
        hkd.stopSystemAccount(address(escrow));
        _release(payment);
        assertEq(hkd.balanceOf(merchant), 850_00);
        assertEq(escrow.inventoryOf(dealer, address(eur)), 100_00);
    }

    function test_no_amount_of_gas_makes_a_payee_wait() public balanced {
        Payment memory payment = _openDisputable();
        _assertPaysAllOrNothing(payer, abi.encodeCall(escrow.release, (payment)));
    }

    /* ROUNDING */

    /// @dev At par and 1 %, the last unit is the fee's; it is released all the same.
    function test_of_a_rest_that_is_all_fee() public balanced {
        Payment memory payment = _disputable();
        payment.targetAmount = 100_00;
        _open(payment);
        _capture(payment, 99_99);
        bytes32 id = escrow.paymentId(payment);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentReleased(id, 1, 1, 1);
        _release(payment);
        assertEq(hkd.balanceOf(merchant), 99_00);
        assertEq(hkd.balanceOf(feeReceiver), 1_00);
        _assertState(id, PaymentStatus.Captured, 100_00, 0);
    }

    function test_the_fee_may_be_all() public balanced {
        Payment memory payment = _disputableInOneCurrency();
        payment.feeBps = 10_000;
        _open(payment);
        _release(payment);
        assertEq(eur.balanceOf(feeReceiver), 100_00);
        assertEq(eur.balanceOf(neighbour), 0);

        payment = _disputable();
        payment.feeBps = 10_000;
        _open(payment);
        _release(payment);
        assertEq(hkd.balanceOf(feeReceiver), 850_00);
        assertEq(hkd.balanceOf(merchant), 0);
    }

    /* SIGNATURE */

    function test_anyone_brings_the_payers_signature() public balanced {
        Payment memory payment = _openDisputable();
        bytes32 id = escrow.paymentId(payment);
        uint40 deadline = uint40(block.timestamp + 1 hours);
        bytes memory signature = _sign(payerKey, _digest(id, deadline));
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentReleased(id, 100_00, 850_00, 8_50);
        vm.prank(stranger);
        escrow.releaseWithSignature(payment, deadline, signature);
        assertEq(hkd.balanceOf(merchant), 841_50);
        assertEq(hkd.balanceOf(stranger), 0);
        _assertState(id, PaymentStatus.Captured, 100_00, 0);
    }

    function testFuzz_digest_is_that_of_eip_712(bytes32 id, uint40 deadline) public view {
        assertEq(escrow.releaseDigest(id, deadline), _digest(id, deadline));
    }

    function test_a_contract_signs_by_erc_1271() public balanced {
        Payment memory payment = _twoCurrencies();
        payment.payer = address(new ContractWallet(payer));
        _onboard(eurBank, payment.payer, CustomerCategory.Retail, GERMANY, 1009);
        _mint(eurBank, payment.payer, 100_00);
        _open(payment);
        uint40 deadline = uint40(block.timestamp + 1 hours);
        _expectInvalidSignature(payment, deadline, _sign(merchantKey, _digest(escrow.paymentId(payment), deadline)));
        _releaseSigned(payment, deadline);
        assertEq(hkd.balanceOf(merchant), 850_00);
    }

    /// @dev As under EIP-7702: the account has code that knows another key, and still its own.
    function test_an_account_with_code_signs_by_its_key() public balanced {
        Payment memory payment = _openTwoCurrencies();
        vm.etch(payer, address(new ContractWallet(stranger)).code);
        _releaseSigned(payment, uint40(block.timestamp + 1 hours));
        assertEq(hkd.balanceOf(merchant), 850_00);
    }

    function test_refuses_somebody_elses_signature() public balanced {
        Payment memory payment = _openTwoCurrencies();
        uint40 deadline = uint40(block.timestamp + 1 hours);
        bytes32 digest = _digest(escrow.paymentId(payment), deadline);
        _expectInvalidSignature(payment, deadline, _sign(merchantKey, digest));
        _expectInvalidSignature(payment, deadline, _sign(dealerKey, digest));
        _expectInvalidSignature(payment, deadline, "");
        _expectInvalidSignature(payment, deadline, _malleable(_sign(payerKey, digest)));
        // What the payer signed when the payment began.
        _expectInvalidSignature(payment, deadline, _payerSignature(payment));
        _expectInvalidSignature(payment, deadline, _sign(payerKey, escrow.paymentId(payment)));
    }

    function test_refuses_a_signature_for_another_payment() public balanced {
        Payment memory payment = _openTwoCurrencies();
        Payment memory other = _openOneCurrency();
        uint40 deadline = uint40(block.timestamp + 1 hours);
        _expectInvalidSignature(payment, deadline, _sign(payerKey, _digest(escrow.paymentId(other), deadline)));
    }

    function test_refuses_a_signature_with_another_deadline() public balanced {
        Payment memory payment = _openTwoCurrencies();
        uint40 deadline = uint40(block.timestamp + 1 hours);
        bytes memory signature = _sign(payerKey, _digest(escrow.paymentId(payment), deadline));
        _expectInvalidSignature(payment, deadline + 1, signature);
        _expectInvalidSignature(payment, deadline - 1, signature);
    }

    function test_refuses_a_signature_of_another_chain() public balanced {
        Payment memory payment = _openTwoCurrencies();
        bytes32 id = escrow.paymentId(payment);
        uint40 deadline = uint40(block.timestamp + 1 hours);
        vm.chainId(OTHER_CHAIN);
        bytes memory signature = _sign(payerKey, escrow.releaseDigest(id, deadline));
        vm.chainId(CHAIN);
        _expectInvalidSignature(payment, deadline, signature);
    }

    function test_signature_is_good_before_its_deadline() public balanced {
        Payment memory payment = _openTwoCurrencies();
        uint40 deadline = uint40(block.timestamp + 1 hours);
        for (uint256 i = 0; i < 2; ++i) {
            vm.warp(deadline + i);
            _expectSignedRefused(payment, deadline, _tooLate(deadline + i, deadline));
        }
        vm.warp(deadline - 1);
        _releaseSigned(payment, deadline);
    }

    function test_signature_extends_no_deadline_of_the_payment() public balanced {
        Payment memory payment = _openDisputable();
        vm.warp(payment.captureBy);
        _expectSignedRefused(payment, payment.refundBy, _tooLate(payment.captureBy, payment.captureBy));
        vm.warp(payment.captureBy - 1);
        _dispute(payment);
        vm.warp(payment.resolveBy);
        _expectSignedRefused(payment, payment.refundBy, _tooLate(payment.resolveBy, payment.resolveBy));
        vm.warp(payment.resolveBy - 1);
        _releaseSigned(payment, payment.refundBy);
    }

    function test_signature_releases_once() public balanced {
        Payment memory payment = _openTwoCurrencies();
        uint40 deadline = uint40(block.timestamp + 1 hours);
        _releaseSigned(payment, deadline);
        _expectSignedRefused(payment, deadline, _wrongStatus(payment, PaymentStatus.Captured, PaymentStatus.Authorized));
        assertEq(hkd.balanceOf(merchant), 850_00);
    }

    function test_signature_outlives_a_dispute() public balanced {
        Payment memory payment = _openDisputable();
        uint40 deadline = uint40(block.timestamp + 1 hours);
        bytes memory signature = _sign(payerKey, _digest(escrow.paymentId(payment), deadline));
        _dispute(payment);
        vm.prank(merchant);
        escrow.releaseWithSignature(payment, deadline, signature);
        assertEq(hkd.balanceOf(merchant), 841_50);
    }

    function test_signature_of_a_blocked_payer_releases_nothing() public balanced {
        Payment memory payment = _openTwoCurrencies();
        eurBank.registry.blockWallet(payer, LEGAL);
        _expectSignedRefused(payment, uint40(block.timestamp + 1 hours), EscrowReverts.payerBlocked(payer));
    }

    /* HELP */

    function _releaseSigned(Payment memory payment, uint40 deadline) private {
        bytes memory signature = _sign(payerKey, _digest(escrow.paymentId(payment), deadline));
        vm.prank(stranger);
        escrow.releaseWithSignature(payment, deadline, signature);
    }

    /// @dev The digest from the standard's words alone.
    function _digest(bytes32 id, uint40 deadline) private view returns (bytes32) {
        bytes32 separator = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("SettlementEscrow"),
                keccak256("1"),
                block.chainid,
                escrow
            )
        );
        bytes32 structHash =
            keccak256(abi.encode(keccak256("Release(bytes32 paymentId,uint40 deadline)"), id, deadline));
        return keccak256(abi.encodePacked(hex"1901", separator, structHash));
    }

    function _expectOwed(address owner, uint256 amount, bytes memory reason) private {
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.ClaimableAdded(address(hkd), owner, amount, reason);
    }

    function _expectNoRelease(Payment memory payment, bytes memory reason) private {
        vm.expectRevert(reason);
        _release(payment);
    }

    function _expectWrongStatus(Payment memory payment, PaymentStatus found) private {
        _expectNoRelease(payment, _wrongStatus(payment, found, PaymentStatus.Authorized));
    }

    function _expectSignedRefused(Payment memory payment, uint40 deadline, bytes memory reason) private {
        bytes memory signature = _sign(payerKey, _digest(escrow.paymentId(payment), deadline));
        vm.expectRevert(reason);
        vm.prank(stranger);
        escrow.releaseWithSignature(payment, deadline, signature);
    }

    function _expectInvalidSignature(Payment memory payment, uint40 deadline, bytes memory signature) private {
        bytes32 digest = _digest(escrow.paymentId(payment), deadline);
        vm.expectRevert(EscrowReverts.invalidSignature(payment.payer, digest));
        vm.prank(stranger);
        escrow.releaseWithSignature(payment, deadline, signature);
    }
}
