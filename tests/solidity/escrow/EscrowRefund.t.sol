// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/AnyGas.sol";
import {ContractWallet} from "../support/ContractWallet.sol";
import {HostilePolicy} from "../support/mocks/HostilePolicy.sol";

/// @notice What holds of a refund in whichever way the merchant consents: by its signature, or as the caller.
abstract contract EscrowRefundTest is AnyGas {
    /// @dev 2027-01-01 00:00 UTC.
    uint256 private constant NEW_YEAR = 1_798_761_600;
    bytes4 internal constant LEGAL = "LEGL";

    /// @dev A refund that the merchant consents to: who brings it, and how.
    function _order(Payment memory payment, RefundQuote memory quote, bytes memory dealerSignature)
        internal
        view
        virtual
        returns (address caller, bytes memory call);

    /* EFFECT */

    function test_brings_both_sides_back() public balanced {
        Payment memory payment = _openCaptured();
        RefundQuote memory quote = _quote(payment, 0, 40_00);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentRefunded(quote.paymentId, 40_00, 340_00, dealer);
        _bring(payment, quote);
        assertEq(eur.balanceOf(payer), 99_940_00);
        assertEq(hkd.balanceOf(merchant), 841_50 - 340_00);
        assertEq(escrow.inventoryOf(dealer, address(eur)), 60_00);
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK - 850_00 + 340_00);
        assertEq(_remainingQuota(), YEARLY_QUOTA - 60_00);
        _assertState(quote.paymentId, PaymentStatus.Captured, 100_00, 340_00);
    }

    function test_fees_stay() public balanced {
        Payment memory payment = _openCaptured();
        _mint(hkdBank, merchant, 8_50);
        _bring(payment, _quote(payment, 0, 100_00));
        assertEq(hkd.balanceOf(feeReceiver), 8_50);
        assertEq(hkd.balanceOf(merchant), 0);
        assertEq(eur.balanceOf(payer), 100_000_00);
    }

    function test_in_one_currency() public balanced {
        Payment memory payment = _openOneCurrency();
        _capture(payment, 100_00);
        RefundQuote memory quote = _quote(payment, 0, 40_00);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentRefunded(quote.paymentId, 40_00, 40_00, address(0));
        _bring(payment, quote);
        assertEq(eur.balanceOf(neighbour), 60_00);
        assertEq(eur.balanceOf(payer), 99_940_00);
        assertEq(eur.balanceOf(address(escrow)), 0);
        _assertState(quote.paymentId, PaymentStatus.Captured, 100_00, 40_00);
    }

    function test_in_parts_until_all_is_back() public balanced {
        Payment memory payment = _openCaptured();
        _mint(hkdBank, merchant, 8_50);
        _bring(payment, _quote(payment, 0, 30_00));
        _bring(payment, _quote(payment, 255_00, 50_00));
        _bring(payment, _quote(payment, 680_00, 20_00));
        _assertState(escrow.paymentId(payment), PaymentStatus.Captured, 100_00, 850_00);
        assertEq(_remainingQuota(), YEARLY_QUOTA);
        _expectRefused(payment, _quoteOf(payment, 850_00, 1, 1), _exceeds(1, 0));
    }

    function test_while_the_rest_is_still_to_be_captured() public balanced {
        Payment memory payment = _openTwoCurrencies();
        _capture(payment, 60_00);
        _bring(payment, _quote(payment, 0, 60_00));
        _assertState(escrow.paymentId(payment), PaymentStatus.Authorized, 60_00, 510_00);
        _capture(payment, 40_00);
        _bring(payment, _quote(payment, 510_00, 40_00));
        _assertState(escrow.paymentId(payment), PaymentStatus.Captured, 100_00, 850_00);
        assertEq(eur.balanceOf(payer), 100_000_00);
        assertEq(hkd.balanceOf(merchant), 0);
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK);
        assertEq(_remainingQuota(), YEARLY_QUOTA);
    }

    function test_by_another_dealer() public balanced {
        Payment memory payment = _openCaptured();
        RefundQuote memory quote = _quote(payment, 0, 40_00);
        quote.dealer = _secondDealer(40_00);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentRefunded(quote.paymentId, 40_00, 340_00, quote.dealer);
        _bring(payment, quote);
        assertEq(escrow.inventoryOf(quote.dealer, address(eur)), 0);
        assertEq(escrow.inventoryOf(quote.dealer, address(hkd)), 340_00);
        assertEq(escrow.inventoryOf(dealer, address(eur)), 100_00);
    }

    /* TIME */

    function test_until_refundBy() public balanced {
        Payment memory payment = _openCaptured();
        for (uint256 i = 0; i < 2; ++i) {
            vm.warp(payment.refundBy + i);
            _expectRefused(payment, _quote(payment, 0, 40_00), _tooLate(payment.refundBy + i, payment.refundBy));
        }
        vm.warp(payment.refundBy - 1);
        _bring(payment, _quote(payment, 0, 40_00));
    }

    function test_until_the_quotes_deadline() public balanced {
        Payment memory payment = _openCaptured();
        RefundQuote memory quote = _quote(payment, 0, 40_00);
        for (uint256 i = 0; i < 2; ++i) {
            vm.warp(quote.deadline + i);
            _expectRefused(payment, quote, _tooLate(quote.deadline + i, quote.deadline));
        }
        vm.warp(quote.deadline - 1);
        _bring(payment, quote);
    }

    /* QUOTE: {EscrowRefundRuleTest} has the figures */

    function test_refuses_a_payment_that_was_never_authorized() public balanced {
        Payment memory payment = _twoCurrencies();
        _expectRefused(
            payment,
            _quote(payment, 0, 40_00),
            EscrowReverts.wrongStatus(escrow.paymentId(payment), PaymentStatus.None, PaymentStatus.Captured)
        );
    }

    function test_refuses_the_quote_of_another_payment() public balanced {
        Payment memory payment = _openCaptured();
        RefundQuote memory quote = _quote(_twoCurrencies(), 0, 40_00);
        _expectRefused(payment, quote, EscrowReverts.quoteForOtherPayment(quote.paymentId, escrow.paymentId(payment)));
    }

    function test_refuses_a_quote_out_of_its_place() public balanced {
        Payment memory payment = _openCaptured();
        RefundQuote memory first = _quote(payment, 0, 10_00);
        RefundQuote memory second = _quote(payment, 85_00, 10_00);
        _expectRefused(payment, second, EscrowReverts.quoteOutOfPlace(85_00, 0));
        _bring(payment, first);
        _expectRefused(payment, first, EscrowReverts.quoteOutOfPlace(0, 85_00));
        _bring(payment, second);
    }

    function test_refuses_amounts_of_zero() public balanced {
        Payment memory payment = _openCaptured();
        bytes memory refusal = EscrowReverts.zeroAmount();
        _expectRefused(payment, _quoteOf(payment, 0, 0, 1), refusal);
        _expectRefused(payment, _quoteOf(payment, 0, 1, 0), refusal);
    }

    function test_in_one_currency_gives_back_what_it_takes() public balanced {
        Payment memory payment = _openOneCurrency();
        _capture(payment, 100_00);
        bytes4 differ = ISettlementEscrow.AmountsDiffer.selector;
        _expectRefused(payment, _quoteOf(payment, 0, 40_00, 39_99), abi.encodeWithSelector(differ, 40_00, 39_99));
        _expectRefused(payment, _quoteOf(payment, 0, 40_00, 40_01), abi.encodeWithSelector(differ, 40_00, 40_01));
    }

    function test_has_a_dealer_exactly_if_the_payment_has() public balanced {
        Payment memory payment = _openCaptured();
        RefundQuote memory quote = _quote(payment, 0, 40_00);
        bytes4 mismatch = ISettlementEscrow.DealerMismatch.selector;
        quote.dealer = address(0);
        _expectRefused(payment, quote, abi.encodeWithSelector(mismatch, address(0), eur, hkd));

        payment = _openOneCurrency();
        _capture(payment, 100_00);
        quote = _quote(payment, 0, 40_00);
        quote.dealer = dealer;
        _expectRefused(payment, quote, abi.encodeWithSelector(mismatch, dealer, eur, eur));
    }

    function test_refuses_payer_or_merchant_as_dealer() public balanced {
        Payment memory payment = _openCaptured();
        RefundQuote memory quote = _quote(payment, 0, 40_00);
        address[2] memory parties = [payer, merchant];
        for (uint256 i = 0; i < 2; ++i) {
            quote.dealer = parties[i];
            _expectRefused(payment, quote, EscrowReverts.partiesNotDistinct(payer, merchant, parties[i]));
        }
    }

    /* DEALER */

    function test_refuses_a_dealer_with_too_little_inventory() public balanced {
        Payment memory payment = _openCaptured();
        vm.prank(dealer);
        escrow.withdraw(address(eur), 70_00);
        _expectRefused(
            payment, _quote(payment, 0, 40_00), EscrowReverts.inventoryTooLow(dealer, address(eur), 30_00, 40_00)
        );
        _bring(payment, _quote(payment, 0, 30_00));
    }

    function test_refuses_somebody_elses_signature_as_the_dealers() public balanced {
        Payment memory payment = _openCaptured();
        RefundQuote memory quote = _quote(payment, 0, 40_00);
        bytes32 digest = escrow.quoteDigest(quote);
        _expectDealerRefused(payment, quote, _sign(merchantKey, digest));
        _expectDealerRefused(payment, quote, "");
        _expectDealerRefused(payment, quote, _malleable(_sign(dealerKey, digest)));
        // What the dealer signed when the payment began.
        _expectDealerRefused(payment, quote, _dealerSignature(payment));
        vm.chainId(OTHER_CHAIN);
        bytes memory foreign = _quoteSignature(quote);
        vm.chainId(CHAIN);
        _expectDealerRefused(payment, quote, foreign);
    }

    function test_dealers_signature_binds_every_term_of_the_quote() public balanced {
        Payment memory payment = _openCaptured();
        bytes memory signature = _quoteSignature(_quote(payment, 0, 40_00));
        for (uint256 i = 0; i < 3; ++i) {
            RefundQuote memory quote = _quote(payment, 0, 40_00);
            if (i == 0) --quote.sourceAmount;
            if (i == 1) ++quote.targetAmount;
            if (i == 2) ++quote.deadline;
            _expectDealerRefused(payment, quote, signature);
        }
    }

    function test_a_named_signer_signs_until_it_is_revoked() public balanced {
        (address signer, uint256 signerKey) = makeAddrAndKey("dealing key");
        Payment memory payment = _openCaptured();
        RefundQuote memory quote = _quote(payment, 0, 40_00);
        bytes memory signature = _sign(signerKey, escrow.quoteDigest(quote));
        vm.startPrank(dealer);
        escrow.setDealerSigner(signer, true);
        escrow.setDealerSigner(signer, false);
        vm.stopPrank();
        _expectDealerRefused(payment, quote, signature);

        vm.prank(dealer);
        escrow.setDealerSigner(signer, true);
        (bool success,) = _try(payment, quote, signature);
        assertTrue(success);
        assertEq(eur.balanceOf(payer), 99_940_00);
    }

    function test_refuses_a_dealer_out_of_standing_at_either_bank() public balanced {
        Payment memory payment = _openCaptured();
        bytes memory refusal = TokenReverts.notDealer(dealer, 0, CustomerCategory.Dealer);
        eurBank.registry.revoke(dealer);
        _expectRefused(payment, _quote(payment, 0, 40_00), refusal);
        _onboard(eurBank, dealer, CustomerCategory.Dealer, GERMANY, 1003);
        hkdBank.registry.blockWallet(dealer, LEGAL);
        _expectRefused(payment, _quote(payment, 0, 40_00), refusal);
    }

    /* ACCEPTANCE */

    /// @dev Refunds outlive a suspension, not the end of a bank's trust.
    function test_needs_both_banks_leave() public balanced {
        Payment memory payment = _openCaptured();
        eur.suspendAccepted(address(hkd));
        hkd.stopAccepted(address(eur));
        _bring(payment, _quote(payment, 0, 10_00));
        eur.setAccepted(address(hkd), false);
        _expectRefused(payment, _quote(payment, 85_00, 10_00), _notAccepted(address(hkd)));
        eur.setAccepted(address(hkd), true);
        hkd.setAccepted(address(eur), false);
        _expectRefused(payment, _quote(payment, 85_00, 10_00), _notAccepted(address(eur)));
    }

    function test_in_one_currency_needs_no_acceptance() public balanced {
        Payment memory payment = _openOneCurrency();
        _capture(payment, 100_00);
        assertEq(uint8(eur.acceptanceOf(address(eur))), uint8(Acceptance.None));
        _bring(payment, _quote(payment, 0, 40_00));
        assertEq(eur.balanceOf(payer), 99_940_00);
    }

    /* MERCHANT */

    function test_refuses_a_merchant_who_spent_it() public balanced {
        Payment memory payment = _openCaptured();
        vm.prank(merchant);
        hkd.transfer(hkNeighbour, 501_51);
        _expectRefused(payment, _quote(payment, 0, 40_00), TokenReverts.insufficientBalance(merchant, 339_99, 340_00));
    }

    function test_refuses_a_merchant_who_cannot_send() public balanced {
        Payment memory payment = _openCaptured();
        hkdBank.registry.blockWallet(merchant, LEGAL);
        _expectRefused(payment, _quote(payment, 0, 40_00), TokenReverts.cannotSend(merchant));
        hkdBank.registry.unblockWallet(merchant);
        hkdBank.registry.revoke(merchant);
        _expectRefused(payment, _quote(payment, 0, 40_00), TokenReverts.cannotSend(merchant));
    }

    function test_refuses_where_the_target_token_lets_nothing_in() public balanced {
        Payment memory payment = _openCaptured();
        hkd.pause();
        _expectRefused(payment, _quote(payment, 0, 40_00), TokenReverts.tokenPaused());
        hkd.unpause();
        hkd.stopSystemAccount(address(escrow));
        _expectRefused(
            payment,
            _quote(payment, 0, 40_00),
            TokenReverts.systemAccountClosed(address(escrow), address(escrow), SystemStatus.OutflowOnly)
        );
        assertEq(hkd.balanceOf(merchant), 841_50);
        _assertState(escrow.paymentId(payment), PaymentStatus.Captured, 100_00, 0);
    }

    /* PAYER */

    function test_a_payer_who_cannot_receive_is_owed_it() public balanced {
        Payment memory payment = _openCaptured();
        eurBank.registry.blockWallet(payer, LEGAL);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.ClaimableAdded(address(eur), payer, 40_00, TokenReverts.cannotReceive(payer));
        _bring(payment, _quote(payment, 0, 40_00));
        assertEq(escrow.claimableOf(address(eur), payer), 40_00);
        assertEq(hkd.balanceOf(merchant), 501_50);
        assertEq(_remainingQuota(), YEARLY_QUOTA - 60_00);
    }

    function test_a_paused_source_token_does_not_stop_the_merchant() public balanced {
        Payment memory payment = _openCaptured();
        eur.pause();
        _bring(payment, _quote(payment, 0, 40_00));
        eur.unpause();
        escrow.claim(address(eur), payer);
        assertEq(eur.balanceOf(payer), 99_940_00);
    }

    function test_no_amount_of_gas_makes_the_payer_wait() public balanced {
        Payment memory payment = _openCaptured();
        RefundQuote memory quote = _quote(payment, 0, 40_00);
        (address caller, bytes memory call) = _order(payment, quote, _quoteSignature(quote));
        _assertPaysAllOrNothing(caller, call);
    }

    /* QUOTA */

    /// @dev What the payer got back, whatever the merchant gave for it.
    function testFuzz_quota_comes_back_with_the_money(uint104 sourceAmount, uint104 targetAmount) public balanced {
        Payment memory payment = _openCaptured();
        _mint(hkdBank, merchant, 8_50);
        targetAmount = uint104(bound(targetAmount, 9, 850_00));
        sourceAmount = uint104(bound(sourceAmount, 1, uint256(targetAmount) * 100_00 / 850_00));
        _bring(payment, _quoteOf(payment, 0, sourceAmount, targetAmount));
        assertEq(_remainingQuota(), YEARLY_QUOTA - 100_00 + sourceAmount);
        assertEq(eur.balanceOf(payer), 99_900_00 + sourceAmount);
        assertEq(hkd.balanceOf(merchant), 850_00 - targetAmount);
    }

    function test_quota_stays_used_once_its_year_is_over() public balanced {
        vm.warp(NEW_YEAR - 1 days);
        Payment memory payment = _openCaptured();
        vm.warp(NEW_YEAR);
        _openTwoCurrencies();
        _bring(payment, _quote(payment, 0, 40_00));
        assertEq(_remainingQuota(), YEARLY_QUOTA - 100_00);
    }

    function test_quota_stays_used_once_the_policy_was_replaced() public balanced {
        Payment memory payment = _openCaptured();
        eur.setPolicy(address(eurBank.policy));
        _bring(payment, _quote(payment, 0, 40_00));
        assertEq(_remainingQuota(), YEARLY_QUOTA - 100_00);
        assertEq(eur.balanceOf(payer), 99_940_00);
    }

    function test_a_policy_cannot_keep_the_money() public balanced {
        HostilePolicy policy = new HostilePolicy();
        eur.setPolicy(address(policy));
        Payment memory payment = _openCaptured();
        HostilePolicy.Trick[2] memory tricks = [HostilePolicy.Trick.Refuse, HostilePolicy.Trick.BurnGas];
        for (uint104 i = 0; i < 2; ++i) {
            policy.setTrick(tricks[i]);
            vm.expectEmit(address(escrow));
            emit ISettlementEscrow.QuotaNotRestored(escrow.paymentId(payment), 40_00);
            _bring(payment, _quote(payment, i * 340_00, 40_00));
        }
        assertEq(eur.balanceOf(payer), 99_980_00);
    }

    /* HELP */

    /// @dev 100.00 EUR for 850.00 HKD with a fee of 1 %, all captured.
    function _openCaptured() internal returns (Payment memory payment) {
        payment = _twoCurrencies();
        (payment.feeBps, payment.feeReceiver) = (100, feeReceiver);
        _open(payment);
        _capture(payment, 100_00);
    }

    /// @dev A contract that the first dealer's key signs for, with euros in its inventory.
    function _secondDealer(uint256 amount) internal returns (address second) {
        second = address(new ContractWallet(dealer));
        _watch(second);
        _onboard(eurBank, second, CustomerCategory.Dealer, GERMANY, 1009);
        _onboard(hkdBank, second, CustomerCategory.Dealer, HONG_KONG, 2009);
        _mint(eurBank, second, amount);
        vm.startPrank(second);
        eur.approve(address(escrow), amount);
        escrow.deposit(address(eur), amount);
        vm.stopPrank();
    }

    function _try(Payment memory payment, RefundQuote memory quote, bytes memory dealerSignature)
        internal
        returns (bool success, bytes memory answer)
    {
        (address caller, bytes memory call) = _order(payment, quote, dealerSignature);
        vm.prank(caller);
        return address(escrow).call(call);
    }

    function _bring(Payment memory payment, RefundQuote memory quote) internal {
        (bool success, bytes memory answer) = _try(payment, quote, _quoteSignature(quote));
        assertTrue(success);
        assertEq(answer, "");
    }

    function _expectRefused(Payment memory payment, RefundQuote memory quote, bytes memory reason) internal {
        _expectRefused(payment, quote, _quoteSignature(quote), reason);
    }

    function _expectRefused(
        Payment memory payment,
        RefundQuote memory quote,
        bytes memory dealerSignature,
        bytes memory reason
    ) internal {
        (bool success, bytes memory answer) = _try(payment, quote, dealerSignature);
        assertFalse(success);
        assertEq(answer, reason);
    }

    function _expectDealerRefused(Payment memory payment, RefundQuote memory quote, bytes memory signature) private {
        _expectRefused(payment, quote, signature, EscrowReverts.invalidSignature(dealer, escrow.quoteDigest(quote)));
    }

    function _exceeds(uint256 found, uint256 allowed) internal pure returns (bytes memory) {
        return EscrowReverts.amountExceeds(found, allowed);
    }

    function _notAccepted(address token) private pure returns (bytes memory) {
        return TokenReverts.tokenNotAccepted(token, Acceptance.None);
    }
}
