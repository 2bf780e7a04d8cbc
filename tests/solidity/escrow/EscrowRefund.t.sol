// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/AnyGas.sol";
import {ContractWallet} from "../support/ContractWallet.sol";
import "../support/EscrowActs.sol";

/// @notice What holds of a refund in whichever way the merchant consents: by its signature, or as the caller. Unless a test
/// says otherwise, of 100.00 EUR for 850.00 HKD with a fee of 1 %, all captured. {EscrowStatesTest} says by whom and until
/// when, {EscrowRefundRuleTest} how much.
abstract contract EscrowRefundTest is AnyGas, EscrowActs {
    /// @dev A refund that the merchant consents to: who brings it, and how.
    function _order(Payment memory payment, RefundQuote memory quote, bytes memory dealerSignature)
        internal
        view
        virtual
        returns (address caller, bytes memory call);

    /* EFFECT */

    function test_brings_both_sides_back() public balanced {
        Payment memory payment = _openCaptured();
        _expectRefunded(_quote(payment, 0, 40_00));
        _bring(payment, _quote(payment, 0, 40_00));
        _assertFigures(payment, Figures(PaymentStatus.Captured, 100_00, 850_00, 8_50, 40_00, 340_00));
    }

    function test_by_another_dealer() public balanced {
        Payment memory payment = _openCaptured();
        RefundQuote memory quote = _quote(payment, 0, 40_00);
        quote.dealer = _secondDealer(40_00);
        _expectRefunded(quote);
        _bring(payment, quote);
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
        _bring(payment, first);
        _assertRefused(payment, first, EscrowReverts.quoteOutOfPlace(0, 85_00));
        _bring(payment, second);
    }

    /* DEALER */

    function test_refuses_a_dealer_with_too_little_inventory() public balanced {
        Payment memory payment = _openCaptured();
        _done(dealer, abi.encodeCall(escrow.withdraw, (address(eur), 70_00)));
        bytes memory refusal = EscrowReverts.inventoryTooLow(dealer, address(eur), 30_00, 40_00);
        _assertRefused(payment, _quote(payment, 0, 40_00), refusal);
        _bring(payment, _quote(payment, 0, 30_00));
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
        for (uint256 i = 0; i < 3; ++i) {
            _assertDealerRefused(payment, quote, _quoteSignature(_altered(quote, i)));
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
        _bring(payment, _quote(payment, 0, 10_00));
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
        hkd.pause();
        _assertRefused(payment, quote, TokenReverts.tokenPaused());
        hkd.unpause();
        vm.prank(merchant);
        hkd.transfer(hkNeighbour, 501_51);
        _assertRefused(payment, quote, TokenReverts.insufficientBalance(merchant, 339_99, 340_00));
        hkd.stopSystemAccount(address(escrow));
        bytes memory stopped =
            TokenReverts.systemAccountClosed(address(escrow), address(escrow), SystemStatus.OutflowOnly);
        _assertRefused(payment, quote, stopped);
    }

    /* PAYER */

    function test_no_amount_of_gas_makes_the_payer_wait() public balanced {
        Payment memory payment = _openCaptured();
        RefundQuote memory quote = _quote(payment, 0, 40_00);
        (address caller, bytes memory call) = _order(payment, quote, _quoteSignature(quote));
        _assertPaysAllOrNothing(caller, call);
    }

    /* HELP */

    function _openCaptured() internal returns (Payment memory payment) {
        payment = _withFee(_twoCurrencies());
        _open(payment);
        _capture(payment, 100_00);
    }

    /// @dev A quote with one of its terms changed.
    function _altered(RefundQuote memory quote, uint256 term) internal pure returns (RefundQuote memory altered) {
        altered = abi.decode(abi.encode(quote), (RefundQuote));
        if (term == 0) --altered.sourceAmount;
        if (term == 1) ++altered.targetAmount;
        if (term == 2) ++altered.deadline;
    }

    /// @dev A contract that the first dealer's key signs for, with euros in its inventory.
    function _secondDealer(uint256 amount) internal returns (address second) {
        second = address(new ContractWallet(dealer));
        _makeDealer(second, 9);
        _stock(eurBank, second, amount);
    }

    function _bring(Payment memory payment, RefundQuote memory quote) internal {
        (address caller, bytes memory call) = _order(payment, quote, _quoteSignature(quote));
        _done(caller, call);
    }

    function _expectRefunded(RefundQuote memory quote) private {
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentRefunded(quote.paymentId, quote.sourceAmount, quote.targetAmount, quote.dealer);
    }

    function _assertRefused(Payment memory payment, RefundQuote memory quote, bytes memory reason) internal {
        (address caller, bytes memory call) = _order(payment, quote, _quoteSignature(quote));
        _refused(caller, call, reason);
    }

    function _assertDealerRefused(Payment memory payment, RefundQuote memory quote, bytes memory signature) private {
        (address caller, bytes memory call) = _order(payment, quote, signature);
        _refused(caller, call, EscrowReverts.invalidSignature(quote.dealer, escrow.quoteDigest(quote)));
    }
}

/// @notice Refunds that the merchant calls itself, out of its allowance.
contract EscrowRefundCalledTest is EscrowRefundTest {
    function setUp() public override {
        super.setUp();
        _approve(type(uint256).max);
        vm.prank(neighbour);
        eur.approve(address(escrow), type(uint256).max);
    }

    function _order(Payment memory payment, RefundQuote memory quote, bytes memory dealerSignature)
        internal
        view
        override
        returns (address, bytes memory)
    {
        return (payment.merchant, abi.encodeCall(escrow.refund, (payment, quote, dealerSignature)));
    }

    function test_spends_the_allowance() public balanced {
        Payment memory payment = _openCaptured();
        RefundQuote memory quote = _quote(payment, 0, 40_00);
        _approve(0);
        _assertRefused(payment, quote, TokenReverts.insufficientAllowance(address(escrow), 0, 340_00));
        _approve(339_99);
        _assertRefused(payment, quote, TokenReverts.insufficientAllowance(address(escrow), 339_99, 340_00));
        _approve(340_00);
        _bring(payment, quote);
        assertEq(hkd.allowance(merchant, address(escrow)), 0);
        assertEq(hkd.balanceOf(merchant), 501_50);
    }

    function _approve(uint256 amount) private {
        vm.prank(merchant);
        hkd.approve(address(escrow), amount);
    }
}
