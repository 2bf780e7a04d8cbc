// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./EscrowAttacks.sol";

/// @notice Somebody brings a signature where it was not meant: to another chain, fork, escrow or act.
contract ReplayAttacksTest is EscrowAttacks {
    ISettlementEscrow private first;
    ISettlementEscrow private second;

    function setUp() public override {
        super.setUp();
        first = escrow;
        second = _newSettlementEscrow();
        eur.activateSystemAccount(address(second));
        hkd.activateSystemAccount(address(second));
        escrow = second;
        _stock(hkdBank, STOCK);
        escrow = first;
    }

    /* CHAIN, FORK AND ESCROW */

    /// @notice What was signed before a fork is void on it, since the escrow's domain follows the chain.
    function test_signatures_from_before_a_fork_are_void_on_it() public {
        _assertVoidElsewhere(_toFork);
    }

    /// @notice Both banks list it, and the terms are the same.
    function test_signatures_for_one_escrow_are_void_at_another() public {
        _assertVoidElsewhere(_toSecondEscrow);
    }

    /// @notice Nobody moves it until the id is back; inventory and claims go on.
    function test_a_chain_that_changes_its_id_holds_what_is_under_way() public {
        Payment memory payment = _openDisputable();
        hkdBank.registry.blockWallet(merchant, LEGAL);
        _capture(payment, 40_00);
        hkdBank.registry.unblockWallet(merchant);
        vm.chainId(OTHER_CHAIN);
        bytes memory unknown = _wrongStatus(payment, PaymentStatus.None, PaymentStatus.Authorized);
        _expectCaptureRefused(payment, 1, unknown);
        _refused(payer, abi.encodeCall(escrow.release, (payment)), unknown);
        _refused(operator, abi.encodeCall(escrow.void, (payment)), unknown);
        vm.warp(payment.captureBy);
        _refused(payer, abi.encodeCall(escrow.reclaim, (payment)), unknown);

        escrow.claim(address(hkd), merchant);
        vm.prank(dealer);
        escrow.withdraw(address(hkd), STOCK - 850_00);
        vm.chainId(CHAIN);
        escrow.reclaim(payment);
        _assertMoney(99_960_00, 336_60, 40_00, 510_00);
    }

    /* KIND OF SIGNATURE */

    /// @notice A transfer instead of a receipt, and a receipt with a beginning.
    function test_no_other_signature_of_the_payer_opens_a_payment() public {
        Payment memory payment = _twoCurrencies();
        bytes32 id = escrow.paymentId(payment);
        bytes32[2] memory kinds = [TypeHashes.TRANSFER_WITH_AUTHORIZATION, TypeHashes.RECEIVE_WITH_AUTHORIZATION];
        for (uint256 i = 0; i < kinds.length; ++i) {
            bytes memory message = abi.encode(kinds[i], payer, escrow, 100_00, i, payment.authorizeBy, id);
            bytes memory signature = _sign(payerKey, eur, message);
            bytes memory dealers = _dealerSignature(payment);
            _expectRefused(payment, signature, dealers, _noApproval(), TokenReverts.invalidSignature());
        }
    }

    /// @notice By one key, which is both.
    function test_a_dealers_signature_is_no_approval_and_the_reverse() public {
        eurBank.policy.setApprover(dealer);
        _needApproval();
        Payment memory payment = _twoCurrencies();
        (bytes32 id, uint40 until) = (escrow.paymentId(payment), payment.authorizeBy);
        bytes32 digest = escrow.approvalDigest(id, until);
        bytes memory payers = _payerSignature(payment);
        (bytes memory asDealer, bytes memory asApprover) = (_sign(dealerKey, id), _sign(dealerKey, digest));
        bytes memory invalid = EscrowReverts.invalidSignature(dealer, digest);
        _expectRefused(payment, payers, asDealer, PaymentApproval(until, asDealer), invalid);
        invalid = EscrowReverts.invalidSignature(dealer, id);
        _expectRefused(payment, payers, asApprover, PaymentApproval(until, asApprover), invalid);
    }

    /// @notice Over the bare id, an approval, a quote, its authorization.
    function test_no_other_signature_of_the_payer_is_a_release() public balanced {
        Payment memory payment = _openDisputable();
        bytes32 id = escrow.paymentId(payment);
        bytes[4] memory signatures = [
            _sign(payerKey, id),
            _sign(payerKey, escrow.approvalDigest(id, payment.captureBy)),
            _sign(payerKey, escrow.quoteDigest(_quote(payment, 0, 100_00))),
            _payerSignature(payment)
        ];
        for (uint256 i = 0; i < signatures.length; ++i) {
            _expectReleaseRefused(payment, signatures[i]);
        }
    }

    /* A MERCHANT'S CONSENT TO A REFUND */

    /// @notice An authorization of a payment of its own neither.
    function test_no_other_signature_of_the_merchant_is_its_consent() public {
        Payment memory payment = _openDisputable();
        _capture(payment, 100_00);
        RefundQuote memory quote = _quote(payment, 0, 50_00);
        (uint256 amount, uint256 deadline, bytes32 digest) =
            (quote.targetAmount, quote.deadline, escrow.quoteDigest(quote));
        bytes32 receipt = TypeHashes.RECEIVE_WITH_AUTHORIZATION;
        bytes[8] memory signatures = [
            _signed(TypeHashes.TRANSFER_WITH_AUTHORIZATION, amount, 0, deadline, digest),
            // To be received, but for a payment, over another amount, with other bounds.
            _signed(receipt, amount, 0, deadline, escrow.paymentId(payment)),
            _signed(receipt, amount, 0, deadline, escrow.paymentId(_merchantsOwn(quote))),
            _signed(receipt, 1, 0, deadline, digest),
            _signed(receipt, amount, 1, deadline, digest),
            _signed(receipt, amount, 0, type(uint256).max, digest),
            // A permit for the escrow; the bare digest, as a dealer signs it.
            _sign(merchantKey, hkd, abi.encode(TypeHashes.PERMIT, merchant, escrow, amount, 0, deadline)),
            _sign(merchantKey, digest)
        ];
        bytes memory quoted = _quoteSignature(quote);
        for (uint256 i = 0; i < signatures.length; ++i) {
            _expectRefundRefused(payment, quote, signatures[i], quoted, TokenReverts.invalidSignature());
        }
    }

    /// @notice Nor is it received by whoever sees it.
    function test_a_merchants_consent_to_a_refund_opens_no_payment() public {
        Payment memory payment = _openDisputable();
        _capture(payment, 100_00);
        RefundQuote memory quote = _quote(payment, 0, 50_00);
        bytes memory consent = _merchantSignature(payment, quote);
        _expectRefused(_merchantsOwn(quote), consent, "", _noApproval(), TokenReverts.invalidSignature());

        bytes memory refund = abi.encodeCall(escrow.refundWithAuthorization, (payment, quote, consent, ""));
        _refused(stranger, refund, EscrowReverts.notAllowed(stranger, operator));
        bytes32 digest = escrow.quoteDigest(quote);
        vm.expectRevert(TokenReverts.callerNotPayee(stranger, address(escrow)));
        vm.prank(stranger);
        hkd.receiveWithAuthorization(merchant, address(escrow), quote.targetAmount, 0, quote.deadline, digest, consent);
    }

    /* ELSEWHERE */

    function _toFork(bool there) private {
        vm.chainId(there ? OTHER_CHAIN : CHAIN);
    }

    function _toSecondEscrow(bool there) private {
        escrow = there ? second : first;
    }

    /// @dev Payer's, dealer's and approver's word, a release, a merchant's consent and a dealer's quote, each signed
    /// here and brought there among good ones.
    function _assertVoidElsewhere(function(bool) go) private {
        _needApproval();
        Payment memory payment = _disputable();
        bytes32 id = escrow.paymentId(payment);
        bytes memory payers = _payerSignature(payment);
        bytes memory dealers = _dealerSignature(payment);
        PaymentApproval memory approval = _approval(eurBank, id, payment.authorizeBy);
        bytes memory release = _sign(payerKey, escrow.releaseDigest(id, payment.captureBy));

        go(true);
        id = escrow.paymentId(payment);
        PaymentApproval memory good = _approval(eurBank, id, payment.authorizeBy);
        bytes memory goodDealers = _dealerSignature(payment);
        _expectRefused(payment, payers, goodDealers, good, TokenReverts.invalidSignature());
        bytes memory invalid = EscrowReverts.invalidSignature(dealer, id);
        _expectRefused(payment, _payerSignature(payment), dealers, good, invalid);
        invalid = EscrowReverts.invalidSignature(eurBank.approver, escrow.approvalDigest(id, payment.authorizeBy));
        _expectRefused(payment, _payerSignature(payment), goodDealers, approval, invalid);
        _authorizeWith(payment, _payerSignature(payment), goodDealers, good);
        _expectReleaseRefused(payment, release);

        _capture(payment, 50_00);
        RefundQuote memory quote = _quote(payment, 0, 10_00);
        go(false);
        (bytes memory consent, bytes memory quoted) = (_merchantSignature(payment, quote), _quoteSignature(quote));
        go(true);
        invalid = EscrowReverts.invalidSignature(dealer, escrow.quoteDigest(quote));
        _expectRefundRefused(payment, quote, _merchantSignature(payment, quote), quoted, invalid);
        _expectRefundRefused(payment, quote, consent, _quoteSignature(quote), TokenReverts.invalidSignature());
    }

    /* HELP */

    /// @dev A payment in Hong Kong dollars of the merchant's to another, of the quote's amount and deadline.
    function _merchantsOwn(RefundQuote memory quote) private view returns (Payment memory own) {
        own = _oneCurrency();
        (own.payer, own.merchant) = (merchant, hkNeighbour);
        (own.sourceToken, own.targetToken) = (address(hkd), address(hkd));
        (own.sourceAmount, own.targetAmount) = (quote.targetAmount, quote.targetAmount);
        own.authorizeBy = quote.deadline;
    }

    /// @dev A signature of the merchant under an ERC-3009 type, to the escrow, in the Hong Kong dollar's domain.
    function _signed(bytes32 typeHash, uint256 amount, uint256 validAfter, uint256 validBefore, bytes32 nonce)
        private
        view
        returns (bytes memory)
    {
        return _sign(merchantKey, hkd, abi.encode(typeHash, merchant, escrow, amount, validAfter, validBefore, nonce));
    }

    function _expectReleaseRefused(Payment memory payment, bytes memory signature) private {
        bytes32 digest = escrow.releaseDigest(escrow.paymentId(payment), payment.captureBy);
        _refused(
            stranger,
            abi.encodeCall(escrow.releaseWithSignature, (payment, payment.captureBy, signature)),
            EscrowReverts.invalidSignature(payment.payer, digest)
        );
    }

    function _expectRefundRefused(
        Payment memory payment,
        RefundQuote memory quote,
        bytes memory merchantSignature,
        bytes memory dealerSignature,
        bytes memory reason
    ) private {
        _refused(
            payment.operator,
            abi.encodeCall(escrow.refundWithAuthorization, (payment, quote, merchantSignature, dealerSignature)),
            reason
        );
    }
}
