// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ContractWallet} from "../support/ContractWallet.sol";
import "../support/EscrowActs.sol";

/// @notice Refunds that the operator brings with the merchant's signature, or the merchant itself out of its allowance.
/// Unless a test says otherwise, by signature, of 100.00 EUR for 850.00 HKD with a fee of 1 %, all captured.
/// {EscrowStatesTest} says by whom and until when, {EscrowRefundRuleTest} how much.
contract EscrowRefundTest is EscrowActs {
    /* EFFECT */

    /// @dev The merchant may bring its signature itself.
    function test_brings_both_sides_back_by_signature() public balanced {
        Payment memory payment = _openCaptured();
        RefundQuote memory quote = _quote(payment, 0, 30_00);
        _expectRefunded(quote);
        _refund(payment, quote);
        _assertFigures(payment, Figures(PaymentStatus.Captured, 100_00, 850_00, 8_50, 30_00, 255_00));
        quote = _quote(payment, 255_00, 10_00);
        _done(merchant, _refundingSigned(payment, quote));
        _assertFigures(payment, Figures(PaymentStatus.Captured, 100_00, 850_00, 8_50, 40_00, 340_00));
        assertTrue(hkd.authorizationState(merchant, escrow.quoteDigest(quote)));
    }

    function test_to_a_blocked_payer_is_owed() public balanced {
        Payment memory payment = _openCaptured();
        eurBank.registry.blockCustomer(PAYER_CUSTOMER, LEGAL);
        _expectOwed(eur, payer, 30_00, TokenReverts.cannotReceive(payer));
        _refund(payment, _quote(payment, 0, 30_00));
    }

    function test_brings_both_sides_back_by_allowance() public balanced {
        Payment memory payment = _openCaptured();
        RefundQuote memory quote = _quote(payment, 0, 40_00);
        vm.prank(merchant);
        hkd.approve(address(escrow), 339_99);
        bytes memory refusal = TokenReverts.insufficientAllowance(address(escrow), 339_99, 340_00);
        _refused(merchant, _refunding(payment, quote), refusal);
        vm.prank(merchant);
        hkd.approve(address(escrow), 340_00);
        _expectRefunded(quote);
        _done(merchant, _refunding(payment, quote));
        _assertFigures(payment, Figures(PaymentStatus.Captured, 100_00, 850_00, 8_50, 40_00, 340_00));
        assertEq(hkd.allowance(merchant, address(escrow)), 0);
    }

    function test_by_another_dealer() public balanced {
        Payment memory payment = _openCaptured();
        RefundQuote memory quote = _quote(payment, 0, 40_00);
        quote.dealer = _secondDealer(40_00);
        _expectRefunded(quote);
        _refund(payment, quote);
        assertEq(escrow.inventoryOf(quote.dealer, address(eur)), 0);
        assertEq(escrow.inventoryOf(quote.dealer, address(hkd)), 340_00);
        assertEq(escrow.inventoryOf(dealer, address(eur)), 100_00);
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK - 850_00);
    }

    /* QUOTE */

    function test_refuses_a_quote_that_does_not_fit_the_payment() public balanced {
        Payment memory payment = _openCaptured();
        RefundQuote memory quote = _quote(_twoCurrencies(), 0, 40_00);
        _assertRefused(payment, quote, EscrowReverts.quoteForOtherPayment(quote.paymentId, escrow.paymentId(payment)));
        _assertRefused(payment, _quoteOf(payment, 0, 0, 1), EscrowReverts.zeroAmount());
        _assertRefused(payment, _quoteOf(payment, 0, 1, 0), EscrowReverts.zeroAmount());
        quote = _quote(payment, 0, 40_00);
        quote.dealer = address(0);
        _assertRefused(payment, quote, EscrowReverts.dealerMismatch(address(0), address(eur), address(hkd)));
        quote.dealer = payer;
        _assertRefused(payment, quote, EscrowReverts.partiesNotDistinct(payer, merchant, payer));
        quote.dealer = merchant;
        _assertRefused(payment, quote, EscrowReverts.partiesNotDistinct(payer, merchant, merchant));
    }

    function test_in_one_currency_refuses_a_dealer_and_amounts_that_differ() public balanced {
        Payment memory payment = _openOneCurrency();
        _capture(payment, 100_00);
        RefundQuote memory quote = _quote(payment, 0, 40_00);
        quote.dealer = dealer;
        _assertRefused(payment, quote, EscrowReverts.dealerMismatch(dealer, address(eur), address(eur)));
        _assertRefused(payment, _quoteOf(payment, 0, 40_00, 39_99), EscrowReverts.amountsDiffer(40_00, 39_99));
        _assertRefused(payment, _quoteOf(payment, 0, 40_00, 40_01), EscrowReverts.amountsDiffer(40_00, 40_01));
    }

    function test_refuses_a_quote_out_of_its_place() public balanced {
        Payment memory payment = _openCaptured();
        RefundQuote memory first = _quote(payment, 0, 10_00);
        RefundQuote memory second = _quote(payment, 85_00, 10_00);
        _assertRefused(payment, second, EscrowReverts.quoteOutOfPlace(85_00, 0));
        _refund(payment, first);
        _assertRefused(payment, first, EscrowReverts.quoteOutOfPlace(0, 85_00));
        _refund(payment, second);
    }

    /* DEALER */

    function test_refuses_a_dealer_with_too_little_inventory() public balanced {
        Payment memory payment = _openCaptured();
        _done(dealer, abi.encodeCall(escrow.withdraw, (address(eur), 70_00)));
        bytes memory refusal = EscrowReverts.inventoryTooLow(dealer, address(eur), 30_00, 40_00);
        _assertRefused(payment, _quote(payment, 0, 40_00), refusal);
        _refund(payment, _quote(payment, 0, 30_00));
    }

    function test_refuses_any_other_signature_as_the_dealers() public balanced {
        Payment memory payment = _openCaptured();
        RefundQuote memory quote = _quote(payment, 0, 40_00);
        bytes32 digest = escrow.quoteDigest(quote);
        _assertDealerRefused(payment, quote, "");
        _assertDealerRefused(payment, quote, _sign(merchantKey, digest));
        _assertDealerRefused(payment, quote, _malleable(_sign(dealerKey, digest)));
        // What the dealer signed when the payment began.
        _assertDealerRefused(payment, quote, _dealerSignature(payment));
        vm.chainId(OTHER_CHAIN);
        bytes memory foreign = _quoteSignature(quote);
        vm.chainId(CHAIN);
        _assertDealerRefused(payment, quote, foreign);
        RefundQuote[3] memory altered = _altered(quote);
        for (uint256 i = 0; i < 3; ++i) {
            _assertDealerRefused(payment, quote, _quoteSignature(altered[i]));
        }
    }

    function test_refuses_a_dealer_out_of_standing_at_either_bank() public balanced {
        Payment memory payment = _openCaptured();
        bytes memory refusal = TokenReverts.notDealer(dealer, 0, CustomerCategory.Dealer);
        eurBank.registry.revoke(dealer);
        _assertRefused(payment, _quote(payment, 0, 40_00), refusal);
        _onboard(eurBank, dealer, CustomerCategory.Dealer, GERMANY, 1003);
        hkdBank.registry.blockWallet(dealer, LEGAL);
        _assertRefused(payment, _quote(payment, 0, 40_00), refusal);
    }

    /// @dev Refunds outlive a suspension, not the end of a bank's trust.
    function test_needs_both_banks_leave() public balanced {
        Payment memory payment = _openCaptured();
        eur.suspendAccepted(address(hkd));
        hkd.stopAccepted(address(eur));
        _refund(payment, _quote(payment, 0, 10_00));
        RefundQuote memory quote = _quote(payment, 85_00, 10_00);
        eur.setAccepted(address(hkd), false);
        _assertRefused(payment, quote, TokenReverts.tokenNotAccepted(address(hkd), Acceptance.None));
        eur.setAccepted(address(hkd), true);
        hkd.setAccepted(address(eur), false);
        _assertRefused(payment, quote, TokenReverts.tokenNotAccepted(address(eur), Acceptance.None));
    }

    /* MERCHANT */

    function test_refuses_a_merchant_who_cannot_give_it() public balanced {
        Payment memory payment = _openCaptured();
        RefundQuote memory quote = _quote(payment, 0, 40_00);
        hkdBank.registry.blockWallet(merchant, LEGAL);
        _assertRefused(payment, quote, TokenReverts.cannotSend(merchant));
        hkdBank.registry.unblockWallet(merchant);
        vm.prank(merchant);
        hkd.transfer(hkNeighbour, 501_51);
        _assertRefused(payment, quote, TokenReverts.insufficientBalance(merchant, 339_99, 340_00));
    }

    /// @dev An allowance is no consent. Nor can the dealer better its side of a quote that the merchant signed.
    function test_refuses_any_other_signature_as_the_merchants() public balanced {
        Payment memory payment = _openCaptured();
        vm.prank(merchant);
        hkd.approve(address(escrow), type(uint256).max);
        RefundQuote memory quote = _quote(payment, 0, 40_00);
        bytes32 digest = escrow.quoteDigest(quote);
        uint256 until = quote.deadline;
        bytes[10] memory others = [
            bytes(""),
            _malleable(_merchantSignature(payment, quote)),
            _receiveSignature(payerKey, hkd, merchant, 340_00, until, digest),
            _receiveSignature(merchantKey, hkd, merchant, 340_01, until, digest),
            _receiveSignature(merchantKey, hkd, merchant, 340_00, type(uint256).max, digest),
            // For a payment, with another beginning, and to be sent instead of received.
            _receiveSignature(merchantKey, hkd, merchant, 340_00, until, escrow.paymentId(payment)),
            _signed(TypeHashes.RECEIVE_WITH_AUTHORIZATION, 1, quote),
            _signed(TypeHashes.TRANSFER_WITH_AUTHORIZATION, 0, quote),
            // A permit for the escrow; the bare digest, as a dealer signs it.
            _sign(merchantKey, hkd, abi.encode(TypeHashes.PERMIT, merchant, escrow, 340_00, 0, until)),
            _sign(merchantKey, digest)
        ];
        for (uint256 i = 0; i < others.length; ++i) {
            _assertMerchantRefused(payment, quote, others[i]);
        }
        vm.chainId(OTHER_CHAIN);
        bytes memory signature = _merchantSignature(payment, quote);
        vm.chainId(CHAIN);
        _assertMerchantRefused(payment, quote, signature);
        signature = _merchantSignature(payment, quote);
        RefundQuote[3] memory altered = _altered(quote);
        for (uint256 i = 0; i < 3; ++i) {
            _assertMerchantRefused(payment, altered[i], signature);
        }
        quote.dealer = _secondDealer(100_00);
        _assertMerchantRefused(payment, quote, signature);
    }

    /* HELP */

    function _openCaptured() private returns (Payment memory payment) {
        payment = _withFee(_twoCurrencies());
        _open(payment);
        _capture(payment, 100_00);
    }

    /// @dev A signature of the merchant under an ERC-3009 type.
    function _signed(bytes32 typeHash, uint256 beginning, RefundQuote memory quote)
        private
        view
        returns (bytes memory)
    {
        bytes memory terms = abi.encode(typeHash, merchant, escrow, quote.targetAmount, beginning, quote.deadline);
        return _sign(merchantKey, hkd, bytes.concat(terms, escrow.quoteDigest(quote)));
    }

    /// @dev The quote with less for the payer, with more of the merchant's, and with a later end.
    function _altered(RefundQuote memory quote) private pure returns (RefundQuote[3] memory altered) {
        for (uint256 i = 0; i < 3; ++i) {
            altered[i] = abi.decode(abi.encode(quote), (RefundQuote));
        }
        --altered[0].sourceAmount;
        ++altered[1].targetAmount;
        ++altered[2].deadline;
    }

    /// @dev A contract that the first dealer's key signs for, with euros in its inventory.
    function _secondDealer(uint256 amount) private returns (address second) {
        second = address(new ContractWallet(dealer));
        _makeDealer(second, 9);
        _stock(eurBank, second, amount);
    }

    function _expectRefunded(RefundQuote memory quote) private {
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentRefunded(quote.paymentId, quote.sourceAmount, quote.targetAmount, quote.dealer);
    }

    function _assertRefused(Payment memory payment, RefundQuote memory quote, bytes memory reason) private {
        _refused(operator, _refundingSigned(payment, quote), reason);
    }

    function _assertDealerRefused(Payment memory payment, RefundQuote memory quote, bytes memory signature) private {
        bytes memory refusal = EscrowReverts.invalidSignature(quote.dealer, escrow.quoteDigest(quote));
        _refused(operator, _refundingWith(payment, quote, _merchantSignature(payment, quote), signature), refusal);
    }

    function _assertMerchantRefused(Payment memory payment, RefundQuote memory quote, bytes memory signature) private {
        _refused(
            operator, _refundingWith(payment, quote, signature, _quoteSignature(quote)), TokenReverts.invalidSignature()
        );
    }
}
