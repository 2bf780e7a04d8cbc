// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/Beginnings.sol";
import {ContractWallet} from "../support/ContractWallet.sol";
import {HostileWallet} from "../support/mocks/HostileWallet.sol";

/// @notice What an authorization takes, and whose signatures it needs over what; a charge and the preview refuse the
/// same. {EscrowRefusalsTest} has what can't begin whoever signs it, and what the preview says of it.
contract EscrowAuthorizeTest is Beginnings {
    /// @dev Each of a payment's, but for the source token.
    enum Term {
        Payer,
        Merchant,
        Operator,
        FeeReceiver,
        TargetToken,
        SourceAmount,
        TargetAmount,
        FeeBps,
        AuthorizeBy,
        CaptureFrom,
        CaptureBy,
        RefundBy,
        Purpose,
        Uetr,
        RemittanceHash,
        Arbiter,
        ResolveBy,
        Dealer
    }

    /* EFFECT */

    /// @dev The event says all that a reader needs who makes no call.
    function test_takes_the_payers_side_and_the_dealers_and_says_all_terms() public balanced {
        eur.setPolicy(address(eurBank.policy));
        Payment memory payment = _disputable();
        bytes32 id = escrow.paymentId(payment);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentAuthorized(id, payer, merchant, payment, 2, REF_2026);
        assertEq(_open(payment), id);
        _assertFigures(payment, PaymentStatus.Authorized, 0, 0, 0);
        assertTrue(eur.authorizationState(payer, id));
        assertEq(escrow.paymentState(id).policyGeneration, 2);
        assertEq(escrow.paymentState(id).quotaRef, REF_2026);
        _void(payment);

        payment = _oneCurrency();
        id = escrow.paymentId(payment);
        Order memory order = _order(payment);
        // Nobody asks for these.
        (order.dealerSignature, order.approval.signature) = (_sign(dealerKey, id), "no approver");
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentAuthorized(id, payer, neighbour, payment, 2, 0);
        _done(operator, _bringing(escrow.authorize.selector, order));
        _assertFigures(payment, PaymentStatus.Authorized, 0, 0, 0);
        assertEq(escrow.paymentState(id).quotaRef, 0);
        _void(payment);
    }

    function test_accepts_terms_at_their_limits() public balanced {
        Payment memory payment = _twoCurrencies();
        (payment.feeBps, payment.feeReceiver, payment.targetAmount) = (10_000, feeReceiver, STOCK);
        (payment.authorizeBy, payment.captureFrom) = (payment.captureBy, payment.captureBy);
        payment.refundBy = payment.captureBy;
        (payment.arbiter, payment.resolveBy) = (arbiter, payment.captureBy + 1 days);
        _open(payment);
    }

    /* PAYER AND DEALER */

    function test_payers_and_dealers_signatures_bind_every_term() public balanced {
        Order memory signed = _order(_disputable());
        _stockHostile(850_00);
        _mint(eurBank, neighbour, 100_00);
        for (uint8 i = 0; i <= uint8(type(Term).max); ++i) {
            Payment memory payment = _altered(Term(i));
            _assertPayerRefused(payment, signed.payerSignature);
            // Whoever pays in the altered terms agrees to them.
            if (payment.payer == neighbour) payerKey = neighbourKey;
            _assertDealerRefused(payment, signed.dealerSignature);
            (, payerKey) = makeAddrAndKey("payer");
        }
    }

    /* PAYER */

    /// @dev Nor is an allowance one.
    function test_refuses_any_other_signature_as_the_payers() public balanced {
        vm.prank(payer);
        eur.approve(address(escrow), type(uint256).max);
        Payment[2] memory payments = [_oneCurrency(), _twoCurrencies()];
        for (uint256 i = 0; i < 2; ++i) {
            (bytes32 id, uint40 authorizeBy) = (escrow.paymentId(payments[i]), payments[i].authorizeBy);
            bytes32 transfer = TypeHashes.TRANSFER_WITH_AUTHORIZATION;
            bytes32 receipt = TypeHashes.RECEIVE_WITH_AUTHORIZATION;
            bytes[11] memory others = [
                bytes(""),
                new bytes(65),
                hex"00",
                _malleable(_payerSignature(payments[i])),
                _receiveSignature(merchantKey, eur, payer, 100_00, authorizeBy, id),
                _receiveSignature(payerKey, eur, payer, 100_01, authorizeBy, id),
                _receiveSignature(payerKey, eur, payer, 100_00, authorizeBy + 1, id),
                _receiveSignature(payerKey, eur, payer, 100_00, authorizeBy, keccak256("another payment")),
                // To be sent instead of received, and with another beginning.
                _sign(payerKey, eur, abi.encode(transfer, payer, escrow, 100_00, 0, authorizeBy, id)),
                _sign(payerKey, eur, abi.encode(receipt, payer, escrow, 100_00, 1, authorizeBy, id)),
                _sign(payerKey, id)
            ];
            for (uint256 j = 0; j < others.length; ++j) {
                _assertPayerRefused(payments[i], others[j]);
            }
        }
    }

    function test_refuses_a_payer_who_cancelled() public balanced {
        Payment[2] memory payments = [_oneCurrency(), _twoCurrencies()];
        for (uint256 i = 0; i < 2; ++i) {
            bytes32 id = escrow.paymentId(payments[i]);
            bytes memory message = abi.encode(eur.CANCEL_AUTHORIZATION_TYPEHASH(), payer, id);
            eur.cancelAuthorization(payer, id, _sign(payerKey, eur, message));
            _assertRefused("cancelled", payments[i], TokenReverts.usedAuthorization(payer, id));
        }
    }

    /* DEALER */

    function test_refuses_any_other_signature_as_the_dealers() public balanced {
        Payment memory payment = _twoCurrencies();
        _assertDealerRefused(payment, _sign(merchantKey, escrow.paymentId(payment)));
        _assertDealerRefused(payment, _sign(dealerKey, keccak256("another payment")));
        _assertDealerRefused(payment, "");
        _assertDealerRefused(payment, new bytes(65));
        _assertDealerRefused(payment, _malleable(_dealerSignature(payment)));
        _assertDealerRefused(payment, _payerSignature(payment));
        // As an approver, which its key may be too.
        bytes32 digest = escrow.approvalDigest(escrow.paymentId(payment), payment.authorizeBy);
        _assertDealerRefused(payment, _sign(dealerKey, digest));
    }

    function test_a_named_signer_signs_until_it_is_revoked() public balanced {
        (address signer, uint256 signerKey) = makeAddrAndKey("dealing key");
        Order memory order = _order(_twoCurrencies());
        order.dealerSignature = _sign(signerKey, escrow.paymentId(order.payment));
        // For its own dealer alone.
        _done(stranger, abi.encodeCall(escrow.setDealerSigner, (signer, true)));
        _assertDealerRefused(order.payment, order.dealerSignature);
        _done(dealer, abi.encodeCall(escrow.setDealerSigner, (signer, true)));
        assertEq(_preview(order), "");
        _done(dealer, abi.encodeCall(escrow.setDealerSigner, (signer, false)));
        _assertDealerRefused(order.payment, order.dealerSignature);
    }

    function test_a_dealers_contract_must_say_yes_in_so_many_words() public balanced {
        Order memory order = _order(_twoCurrencies());
        for (uint8 i = 0; i <= uint8(type(HostileWallet.Trick).max); ++i) {
            address wallet = address(new HostileWallet(HostileWallet.Trick(i)));
            _makeStockedDealer(wallet);
            order.payment.dealer = wallet;
            order.payerSignature = _payerSignature(order.payment);
            _assertSaysNo(wallet, order, escrow.paymentId(order.payment));
        }
    }

    function test_accounts_with_key_and_code_sign_by_key() public balanced {
        bytes memory code = address(new HostileWallet(HostileWallet.Trick.SayNo)).code;
        vm.etch(payer, code);
        vm.etch(dealer, code);
        _openTwoCurrencies();
    }

    /* APPROVAL */

    function test_refuses_no_approval_and_an_expired_one() public balanced {
        _needApproval();
        Order memory order = _order(_twoCurrencies());
        _assertRefused("none", order, EscrowReverts.tooLate(START, 0));
        uint40 validUntil = START + 1 minutes;
        order.approval = _approval(eurBank, escrow.paymentId(order.payment), validUntil);
        for (uint256 time = validUntil; time < validUntil + 2; ++time) {
            vm.warp(time);
            _assertRefused("expired", order, EscrowReverts.tooLate(time, validUntil));
        }
        vm.warp(validUntil - 1);
        _assertApproved(order.payment, order.approval);
    }

    function test_refuses_an_approval_that_is_not_the_approvers_for_this_payment() public balanced {
        _needApproval();
        Payment memory payment = _twoCurrencies();
        (bytes32 id, uint40 validUntil) = (escrow.paymentId(payment), payment.authorizeBy);
        _assertApprovalRefused(payment, PaymentApproval(validUntil, ""));
        _assertApprovalRefused(payment, _approval(hkdBank, id, validUntil));
        // The bare id, as a dealer signs it.
        _assertApprovalRefused(payment, PaymentApproval(validUntil, _sign(eurBank.approverKey, id)));
        _assertApprovalRefused(payment, _approval(eurBank, keccak256("another payment"), validUntil));
        PaymentApproval memory approval = _approval(eurBank, id, validUntil);
        approval.signature = _malleable(approval.signature);
        _assertApprovalRefused(payment, approval);
        approval = _approval(eurBank, id, validUntil - 1);
        approval.validUntil = validUntil;
        _assertApprovalRefused(payment, approval);
        vm.chainId(OTHER_CHAIN);
        approval = _approval(eurBank, escrow.paymentId(payment), validUntil);
        vm.chainId(CHAIN);
        _assertApprovalRefused(payment, approval);
    }

    function test_an_approvers_contract_must_say_yes_in_so_many_words() public balanced {
        _needApproval();
        Order memory order = _order(_twoCurrencies());
        order.approval.validUntil = order.payment.authorizeBy;
        bytes32 digest = escrow.approvalDigest(escrow.paymentId(order.payment), order.approval.validUntil);
        for (uint8 i = 0; i <= uint8(type(HostileWallet.Trick).max); ++i) {
            address wallet = address(new HostileWallet(HostileWallet.Trick(i)));
            eurBank.policy.setApprover(wallet);
            _assertSaysNo(wallet, order, digest);
        }
        eurBank.policy.setApprover(address(new ContractWallet(eurBank.approver)));
        _assertApproved(order.payment, _approval(eurBank, escrow.paymentId(order.payment), order.approval.validUntil));
    }

    function test_names_the_first_signature_that_is_missing() public balanced {
        _needApproval();
        Order memory good = _order(_twoCurrencies());
        bytes32 id = escrow.paymentId(good.payment);
        uint40 validUntil = good.payment.authorizeBy;
        Order memory order = _unsigned(good.payment);
        order.approval.validUntil = validUntil;
        _assertRefused("payer's", order, TokenReverts.invalidSignature());
        order.payerSignature = good.payerSignature;
        _assertRefused("dealer's", order, EscrowReverts.invalidSignature(dealer, id));
        order.dealerSignature = good.dealerSignature;
        bytes32 digest = escrow.approvalDigest(id, validUntil);
        _assertRefused("bank's", order, EscrowReverts.invalidSignature(eurBank.approver, digest));
        order.approval = _approval(eurBank, id, validUntil);
        assertEq(_preview(order), "");
    }

    /* OTHER CHAINS AND ESCROWS */

    function test_signatures_of_another_chain_or_for_another_escrow_are_void() public balanced {
        Order memory signed = _order(_twoCurrencies());
        vm.chainId(OTHER_CHAIN);
        _assertPayerRefused(signed.payment, signed.payerSignature);
        _assertDealerRefused(signed.payment, signed.dealerSignature);
        vm.chainId(CHAIN);
        escrow = newSettlementEscrow();
        eur.activateSystemAccount(address(escrow));
        hkd.activateSystemAccount(address(escrow));
        _stock(hkdBank, 850_00);
        _assertPayerRefused(signed.payment, signed.payerSignature);
        _assertDealerRefused(signed.payment, signed.dealerSignature);
    }

    /* HOSTILE SOURCE TOKEN */

    function test_a_source_token_that_lies_leaves_other_tokens_whole() public {
        _trick(IDepositTokenMain.openPayment.selector, HostileToken.Kind.Answer, false, 1, 96);
        Payment memory payment = _outOfHostile();
        _open(payment);
        assertEq(hostile.balanceOf(address(escrow)), 0);
        _capture(payment, 60_00);
        _void(payment);
        assertEq(hkd.balanceOf(merchant), 510_00);
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK - 510_00);
        _assertExplained(address(eur));
        _assertExplained(address(hkd));
    }

    /* PREVIEW */

    /// @dev Nor does that of a broken one. The same signatures are good for the payment itself.
    function test_preview_leaves_no_trace() public balanced {
        Order memory order = _order(_disputable());
        vm.startStateDiffRecording();
        assertEq(_preview(order), "");
        _assertNothingWritten(vm.stopAndReturnStateDiff());
        vm.startStateDiffRecording();
        _preview(_unsigned(order.payment));
        _assertNothingWritten(vm.stopAndReturnStateDiff());
        _assertState(escrow.paymentId(order.payment), PaymentStatus.None, 0, 0);
        _open(order.payment);
    }

    function test_preview_of_a_payment_that_began() public balanced {
        Payment memory payment = _openTwoCurrencies();
        bytes memory refusal = _wrongStatus(payment, PaymentStatus.Authorized, PaymentStatus.None);
        _assertRefused("began", payment, refusal);
        assertEq(_preview(_unsigned(payment)), refusal);
    }

    /* HELP */

    /// @dev Every write was undone; there were some.
    function _assertNothingWritten(VmSafe.AccountAccess[] memory accesses) private pure {
        uint256 writes = 0;
        for (uint256 i = 0; i < accesses.length; ++i) {
            VmSafe.StorageAccess[] memory storageAccesses = accesses[i].storageAccesses;
            for (uint256 j = 0; j < storageAccesses.length; ++j) {
                if (!storageAccesses[j].isWrite) continue;
                ++writes;
                assertTrue(storageAccesses[j].reverted);
            }
        }
        assertGt(writes, 0);
    }

    /// @dev A payment with one term changed to another that is good in itself.
    function _altered(Term term) private returns (Payment memory payment) {
        payment = _disputable();
        if (term == Term.Payer) payment.payer = neighbour;
        if (term == Term.Merchant) payment.merchant = hkNeighbour;
        if (term == Term.Operator) payment.operator = stranger;
        if (term == Term.FeeReceiver) payment.feeReceiver = hkNeighbour;
        if (term == Term.TargetToken) payment.targetToken = address(hostile);
        if (term == Term.SourceAmount) ++payment.sourceAmount;
        if (term == Term.TargetAmount) ++payment.targetAmount;
        if (term == Term.FeeBps) ++payment.feeBps;
        if (term == Term.AuthorizeBy) ++payment.authorizeBy;
        if (term == Term.CaptureFrom) ++payment.captureFrom;
        if (term == Term.CaptureBy) ++payment.captureBy;
        if (term == Term.RefundBy) ++payment.refundBy;
        if (term == Term.Purpose) payment.purpose = "SALA";
        if (term == Term.Uetr) payment.uetr = bytes16(uint128(payment.uetr) + 1);
        if (term == Term.RemittanceHash) payment.remittanceHash = keccak256("another invoice");
        if (term == Term.Arbiter) payment.arbiter = stranger;
        if (term == Term.ResolveBy) ++payment.resolveBy;
        if (term == Term.Dealer) {
            payment.dealer = address(new ContractWallet(dealer));
            _makeStockedDealer(payment.dealer);
        }
    }

    function _makeStockedDealer(address account) private {
        _makeDealer(account, 9);
        _stock(hkdBank, account, 850_00);
    }

    function _assertApproved(Payment memory payment, PaymentApproval memory approval) private {
        Order memory order = _order(payment);
        order.approval = approval;
        assertEq(_preview(order), "");
        _done(operator, _bringing(escrow.charge.selector, order));
        _assertFigures(payment, PaymentStatus.Captured, 100_00, 850_00, 0);
    }

    function _assertSaysNo(address wallet, Order memory order, bytes32 digest) private {
        vm.expectRevert(EscrowReverts.invalidSignature(wallet, digest));
        vm.prank(operator);
        escrow.authorize{gas: 6_000_000}(order.payment, order.payerSignature, order.dealerSignature, order.approval);
    }

    function _assertPayerRefused(Payment memory payment, bytes memory signature) private {
        Order memory order = _order(payment);
        order.payerSignature = signature;
        _assertRefused("payer's", order, TokenReverts.invalidSignature());
    }

    function _assertDealerRefused(Payment memory payment, bytes memory signature) private {
        Order memory order = _order(payment);
        order.dealerSignature = signature;
        _assertRefused("dealer's", order, EscrowReverts.invalidSignature(payment.dealer, escrow.paymentId(payment)));
    }

    function _assertApprovalRefused(Payment memory payment, PaymentApproval memory approval) private {
        Order memory order = _order(payment);
        order.approval = approval;
        bytes32 digest = escrow.approvalDigest(escrow.paymentId(payment), approval.validUntil);
        _assertRefused("approval", order, EscrowReverts.invalidSignature(eurBank.policy.approver(), digest));
    }
}
