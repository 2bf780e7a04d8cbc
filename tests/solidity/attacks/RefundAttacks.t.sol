// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/DisputeSystem.sol";

/// @notice Everybody tries to take a refund out of a merchant who has left the escrow an endless allowance and signs a
/// lot, but never this refund.
contract RefundAttacksTest is DisputeSystem {
    Payment private payment;
    uint256 private merchantsBalance;

    /// @dev A captured payment with a fee and an arbiter; the merchant has 841.50 from it and 1,000.00 of its own.
    function setUp() public override {
        super.setUp();
        payment = _openDisputable();
        _capture(payment, 100_00);
        _mint(hkdBank, merchant, 1_000_00);
        merchantsBalance = 1_841_50;
        vm.prank(merchant);
        hkd.approve(address(escrow), type(uint256).max);
    }

    /// @dev After the test the merchant has all that it had and nothing was refunded.
    modifier merchantUnharmed() {
        _;
        assertEq(hkd.balanceOf(merchant), merchantsBalance);
        assertEq(hkd.allowance(merchant, address(escrow)), type(uint256).max);
        _assertState(escrow.paymentId(payment), PaymentStatus.Captured, 100_00, 0);
    }

    /// @notice Each other party calls `refund` on the merchant's allowance: only the merchant may.
    function test_an_allowance_is_spent_by_nobody_else() public balanced merchantUnharmed {
        RefundQuote memory quote = _quote(payment, 0, 100_00);
        bytes memory dealerSignature = _quoteSignature(quote);
        address[6] memory attackers = [operator, payer, dealer, arbiter, feeReceiver, stranger];
        for (uint256 i = 0; i < attackers.length; ++i) {
            vm.expectRevert(EscrowReverts.notAllowed(attackers[i], merchant));
            vm.prank(attackers[i]);
            escrow.refund(payment, quote, dealerSignature);
        }
    }

    /// @notice Each of them says that it is the merchant: the terms are then no payment's.
    function test_terms_that_name_another_merchant_are_no_payment() public balanced merchantUnharmed {
        Payment memory forged = payment;
        address[4] memory attackers = [operator, payer, hkNeighbour, stranger];
        for (uint256 i = 0; i < attackers.length; ++i) {
            forged.merchant = attackers[i];
            RefundQuote memory quote = _quote(forged, 0, 100_00);
            bytes memory dealerSignature = _quoteSignature(quote);
            vm.expectRevert(_wrongStatus(forged, PaymentStatus.None, PaymentStatus.Captured));
            vm.prank(attackers[i]);
            escrow.refund(forged, quote, dealerSignature);
        }
    }

    /// @notice A dealer deposits in the merchant's name, on the merchant's allowance: it can name nobody but itself.
    function test_a_deposit_spends_nobody_elses_allowance() public balanced merchantUnharmed {
        vm.expectRevert(TokenReverts.insufficientAllowance(address(escrow), 0, 1_00));
        vm.prank(dealer);
        escrow.deposit(address(hkd), 1_00);
    }

    /// @notice The operator brings everything else that the merchant ever signs in the place of its consent.
    function test_no_other_signature_of_the_merchant_is_its_consent() public balanced merchantUnharmed {
        RefundQuote memory quote = _quote(payment, 0, 100_00);
        bytes32 digest = escrow.quoteDigest(quote);
        bytes32 id = escrow.paymentId(payment);

        bytes[7] memory signatures;
        signatures[0] = _signed(TypeHashes.TRANSFER_WITH_AUTHORIZATION, quote.targetAmount, 0, quote.deadline, digest);
        // To be received, but for a payment, over another amount, with other bounds.
        signatures[1] = _signed(TypeHashes.RECEIVE_WITH_AUTHORIZATION, quote.targetAmount, 0, quote.deadline, id);
        signatures[2] = _signed(TypeHashes.RECEIVE_WITH_AUTHORIZATION, 1, 0, quote.deadline, digest);
        signatures[3] = _signed(TypeHashes.RECEIVE_WITH_AUTHORIZATION, quote.targetAmount, 1, quote.deadline, digest);
        signatures[4] = _signed(TypeHashes.RECEIVE_WITH_AUTHORIZATION, quote.targetAmount, 0, type(uint256).max, digest);
        // A permit for the escrow; the bare digest, as a dealer signs it.
        signatures[5] = _signStruct(
            keccak256(abi.encode(TypeHashes.PERMIT, merchant, address(escrow), quote.targetAmount, 0, quote.deadline))
        );
        signatures[6] = _sign(merchantKey, digest);
        bytes memory dealerSignature = _quoteSignature(quote);
        for (uint256 i = 0; i < signatures.length; ++i) {
            vm.expectRevert(IDepositTokenMain.ERC3009InvalidSignature.selector);
            vm.prank(operator);
            escrow.refundWithAuthorization(payment, quote, signatures[i], dealerSignature);
        }
    }

    /// @notice The merchant pays somebody in Hong Kong dollars by the same escrow, and that authorization, on its way,
    /// is used for a refund of the same amount: a payment's id is no quote's digest.
    function test_a_merchants_own_payment_is_no_refund() public balanced merchantUnharmed {
        RefundQuote memory quote = _quote(payment, 0, 100_00);
        Payment memory own = _oneCurrency();
        (own.payer, own.merchant) = (merchant, hkNeighbour);
        (own.sourceToken, own.targetToken) = (address(hkd), address(hkd));
        (own.sourceAmount, own.targetAmount) = (quote.targetAmount, quote.targetAmount);
        own.authorizeBy = quote.deadline;
        bytes memory consent =
            _receiveSignature(merchantKey, hkd, merchant, quote.targetAmount, quote.deadline, escrow.paymentId(own));
        bytes memory dealerSignature = _quoteSignature(quote);
        vm.expectRevert(IDepositTokenMain.ERC3009InvalidSignature.selector);
        vm.prank(operator);
        escrow.refundWithAuthorization(payment, quote, consent, dealerSignature);
    }

    /// @notice And the reverse: the merchant's consent to a refund, on its way, is used to authorize a payment out of
    /// its wallet, or received by whoever sees it.
    function test_a_merchants_consent_to_a_refund_opens_no_payment() public balanced merchantUnharmed {
        RefundQuote memory quote = _quote(payment, 0, 100_00);
        bytes memory consent = _merchantSignature(payment, quote);
        Payment memory own = _oneCurrency();
        (own.payer, own.merchant, own.operator) = (merchant, hkNeighbour, stranger);
        (own.sourceToken, own.targetToken) = (address(hkd), address(hkd));
        (own.sourceAmount, own.targetAmount) = (quote.targetAmount, quote.targetAmount);
        own.authorizeBy = quote.deadline;
        _expectRefused(own, consent, "", _noApproval(), TokenReverts.invalidSignature());

        bytes32 digest = escrow.quoteDigest(quote);
        vm.startPrank(stranger);
        vm.expectRevert(TokenReverts.callerNotPayee(stranger, address(escrow)));
        hkd.receiveWithAuthorization(merchant, address(escrow), quote.targetAmount, 0, quote.deadline, digest, consent);
        vm.expectRevert(EscrowReverts.notAllowed(stranger, operator));
        escrow.refundWithAuthorization(payment, quote, consent, "");
        vm.stopPrank();
    }

    /// @notice The merchant consents to a refund of 10.00 EUR; operator and dealer make it cheaper for the dealer,
    /// more, or valid for longer: each is another quote.
    function test_a_consent_is_for_one_quote() public balanced merchantUnharmed {
        RefundQuote memory quote = _quote(payment, 0, 10_00);
        bytes memory consent = _merchantSignature(payment, quote);
        for (uint256 change = 0; change < 3; ++change) {
            RefundQuote memory other = _quote(payment, 0, 10_00);
            if (change == 0) other.sourceAmount = 5_00;
            if (change == 1) (other.sourceAmount, other.targetAmount) = (100_00, 850_00);
            if (change == 2) ++other.deadline;
            bytes memory dealerSignature = _quoteSignature(other);
            vm.expectRevert(IDepositTokenMain.ERC3009InvalidSignature.selector);
            vm.prank(operator);
            escrow.refundWithAuthorization(payment, other, consent, dealerSignature);
        }
    }

    /// @notice The dealer of a quote withdraws just before the refund: nothing moves, and the merchant's consent is not
    /// spent, so that it is good once the dealer is back.
    function test_a_dealer_that_withdraws_spends_no_consent() public balanced {
        RefundQuote memory quote = _quote(payment, 0, 10_00);
        bytes memory consent = _merchantSignature(payment, quote);
        bytes memory dealerSignature = _quoteSignature(quote);
        vm.prank(dealer);
        escrow.withdraw(address(eur), 100_00);
        vm.expectRevert(EscrowReverts.inventoryTooLow(dealer, address(eur), 0, uint256(10_00)));
        vm.prank(operator);
        escrow.refundWithAuthorization(payment, quote, consent, dealerSignature);
        assertEq(hkd.balanceOf(merchant), merchantsBalance);
        assertFalse(hkd.authorizationState(merchant, escrow.quoteDigest(quote)));

        vm.startPrank(dealer);
        eur.approve(address(escrow), 10_00);
        escrow.deposit(address(eur), 10_00);
        vm.stopPrank();
        vm.prank(operator);
        escrow.refundWithAuthorization(payment, quote, consent, dealerSignature);
        assertEq(hkd.balanceOf(merchant), merchantsBalance - 85_00);
        assertEq(eur.balanceOf(payer), 99_910_00);
    }

    /// @notice In one currency the merchant's consent to 10.00 takes no more and gives no less, whichever side is bent.
    function test_a_refund_in_one_currency_has_equal_sides() public balanced {
        Payment memory one = _openOneCurrency();
        _capture(one, 100_00);
        uint104[2] memory bent = [uint104(9_99), 10_01];
        for (uint256 i = 0; i < bent.length; ++i) {
            RefundQuote memory quote = _quote(one, 0, 10_00);
            quote.targetAmount = bent[i];
            bytes memory consent = _merchantSignature(one, quote);
            vm.expectRevert(EscrowReverts.amountsDiffer(10_00, bent[i]));
            vm.prank(operator);
            escrow.refundWithAuthorization(one, quote, consent, "");
            vm.startPrank(neighbour);
            IERC20(address(eur)).approve(address(escrow), type(uint256).max);
            vm.expectRevert(EscrowReverts.amountsDiffer(10_00, bent[i]));
            escrow.refund(one, quote, "");
            vm.stopPrank();
        }
        assertEq(eur.balanceOf(neighbour), 100_00);
        assertEq(eur.balanceOf(payer), 99_800_00);
    }

    /* HELP */

    /// @dev A signature of the merchant under an ERC-3009 type, to the escrow, in the Hong Kong dollar's domain.
    function _signed(bytes32 typeHash, uint256 amount, uint256 validAfter, uint256 validBefore, bytes32 nonce)
        private
        view
        returns (bytes memory)
    {
        return _signStruct(
            keccak256(abi.encode(typeHash, merchant, address(escrow), amount, validAfter, validBefore, nonce))
        );
    }

    function _signStruct(bytes32 structHash) private view returns (bytes memory) {
        return _sign(merchantKey, keccak256(abi.encodePacked(hex"1901", hkd.DOMAIN_SEPARATOR(), structHash)));
    }
}
