// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./EscrowAttacks.sol";

/// @notice Everybody tries to take a refund out of a merchant who has left the escrow an endless allowance and signs a
/// lot, but never this refund.
contract RefundAttacksTest is EscrowAttacks {
    Payment private payment;

    /// @dev A captured payment with a fee and an arbiter; the merchant has 841.50 from it and 1,000.00 of its own.
    function setUp() public override {
        super.setUp();
        payment = _openDisputable();
        _capture(payment, 100_00);
        _mint(hkdBank, merchant, 1_000_00);
        vm.prank(merchant);
        hkd.approve(address(escrow), type(uint256).max);
    }

    /* THE ALLOWANCE */

    function test_an_allowance_is_spent_by_nobody_else() public {
        RefundQuote memory quote = _quote(payment, 0, 100_00);
        bytes memory refund = abi.encodeCall(escrow.refund, (payment, quote, _quoteSignature(quote)));
        address[6] memory attackers = [operator, payer, dealer, arbiter, feeReceiver, stranger];
        for (uint256 i = 0; i < attackers.length; ++i) {
            _refused(attackers[i], refund, EscrowReverts.notAllowed(attackers[i], merchant));
        }
    }

    /// @notice Each of them says that it is the merchant: the terms are then no payment's.
    function test_terms_that_name_another_merchant_are_no_payment() public {
        Payment memory forged = payment;
        address[4] memory attackers = [operator, payer, hkNeighbour, stranger];
        for (uint256 i = 0; i < attackers.length; ++i) {
            forged.merchant = attackers[i];
            RefundQuote memory quote = _quote(forged, 0, 100_00);
            bytes memory refund = abi.encodeCall(escrow.refund, (forged, quote, _quoteSignature(quote)));
            _refused(attackers[i], refund, _wrongStatus(forged, PaymentStatus.None, PaymentStatus.Captured));
        }
    }

    function test_a_deposit_spends_nobody_elses_allowance() public {
        bytes memory none = TokenReverts.insufficientAllowance(address(escrow), 0, 1_00);
        _refused(dealer, abi.encodeCall(escrow.deposit, (address(hkd), 1_00)), none);
    }

    /* THE SIGNATURE */

    /// @notice An authorization of a payment of its own neither.
    function test_no_other_signature_of_the_merchant_is_its_consent() public {
        RefundQuote memory quote = _quote(payment, 0, 100_00);
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
        for (uint256 i = 0; i < signatures.length; ++i) {
            _expectConsentRefused(quote, signatures[i]);
        }
    }

    /// @notice Nor is it received by whoever sees it.
    function test_a_merchants_consent_to_a_refund_opens_no_payment() public {
        RefundQuote memory quote = _quote(payment, 0, 100_00);
        bytes memory consent = _merchantSignature(payment, quote);
        _expectRefused(_merchantsOwn(quote), consent, "", _noApproval(), TokenReverts.invalidSignature());

        bytes memory refund = abi.encodeCall(escrow.refundWithAuthorization, (payment, quote, consent, ""));
        _refused(stranger, refund, EscrowReverts.notAllowed(stranger, operator));
        bytes32 digest = escrow.quoteDigest(quote);
        vm.expectRevert(TokenReverts.callerNotPayee(stranger, address(escrow)));
        vm.prank(stranger);
        hkd.receiveWithAuthorization(merchant, address(escrow), quote.targetAmount, 0, quote.deadline, digest, consent);
    }

    /// @notice Cheaper for the dealer, more, or valid for longer: each is another quote.
    function test_a_consent_is_for_one_quote() public {
        bytes memory consent = _merchantSignature(payment, _quote(payment, 0, 10_00));
        RefundQuote[3] memory others =
            [_quote(payment, 0, 10_00), _quote(payment, 0, 100_00), _quote(payment, 0, 10_00)];
        others[0].sourceAmount = 5_00;
        ++others[2].deadline;
        for (uint256 i = 0; i < others.length; ++i) {
            _expectConsentRefused(others[i], consent);
        }
    }

    /// @notice It is good once the dealer is back.
    function test_a_dealer_that_withdraws_spends_no_consent() public balanced {
        RefundQuote memory quote = _quote(payment, 0, 10_00);
        vm.prank(dealer);
        escrow.withdraw(address(eur), 100_00);
        _expectRefundRefused(payment, quote, EscrowReverts.inventoryTooLow(dealer, address(eur), 0, 10_00));
        _deposit(dealer, eur, 10_00);
        _refund(payment, quote);
        _assertMoney(99_910_00, 1_841_50 - 85_00, 0, STOCK - 850_00 + 85_00);
    }

    function test_a_refund_in_one_currency_has_equal_sides() public {
        Payment memory one = _openOneCurrency();
        _capture(one, 100_00);
        vm.prank(neighbour);
        eur.approve(address(escrow), type(uint256).max);
        uint104[2] memory bent = [uint104(9_99), 10_01];
        for (uint256 i = 0; i < bent.length; ++i) {
            RefundQuote memory quote = _quoteOf(one, 0, 10_00, bent[i]);
            bytes memory differ = EscrowReverts.amountsDiffer(10_00, bent[i]);
            _expectRefundRefused(one, quote, differ);
            _refused(neighbour, abi.encodeCall(escrow.refund, (one, quote, "")), differ);
        }
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

    function _expectConsentRefused(RefundQuote memory quote, bytes memory consent) private {
        _expectRefundRefused(payment, quote, consent, _quoteSignature(quote), TokenReverts.invalidSignature());
    }

    /// @dev A signature of the merchant under an ERC-3009 type, to the escrow, in the Hong Kong dollar's domain.
    function _signed(bytes32 typeHash, uint256 amount, uint256 validAfter, uint256 validBefore, bytes32 nonce)
        private
        view
        returns (bytes memory)
    {
        return _sign(merchantKey, hkd, abi.encode(typeHash, merchant, escrow, amount, validAfter, validBefore, nonce));
    }
}
