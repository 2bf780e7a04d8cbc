// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {IERC7943Fungible} from "../../contracts/interfaces/IERC7943.sol";
import {IFrontOffice} from "../../contracts/interfaces/IFrontOffice.sol";
import {ISettlementEscrow} from "../../contracts/interfaces/ISettlementEscrow.sol";
import {ITokenLedger} from "../../contracts/interfaces/ITokenLedger.sol";
import {SystemStatus} from "../../contracts/types/AccountSlot.sol";
import {Category} from "../../contracts/types/Participant.sol";
import {PaymentStatus} from "../../contracts/types/PaymentSlot.sol";
import {ContractWallet} from "./ContractWallet.sol";
import {EscrowSystem} from "./EscrowSystem.sol";
import {HostilePolicy} from "./mocks/HostilePolicy.sol";

contract EscrowRefundTest is EscrowSystem {
    /// @dev 2027-01-01 00:00 UTC.
    uint256 private constant NEW_YEAR = 1_798_761_600;
    bytes4 private constant LEGAL = "LEGL";

    /* EFFECT */

    function test_brings_both_sides_back() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        ISettlementEscrow.RefundQuote memory quote = _quote(payment, 0, 40_00);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentRefunded(quote.paymentId, 40_00, 340_00, dealer);
        _refund(payment, quote);
        assertEq(eur.balanceOf(payer), 99_940_00);
        assertEq(hkd.balanceOf(merchant), 841_50 - 340_00);
        assertEq(escrow.inventoryOf(dealer, address(eur)), 60_00);
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK - 850_00 + 340_00);
        assertEq(_remainingQuota(), YEARLY_QUOTA - 60_00);
        _assertState(quote.paymentId, PaymentStatus.Captured, 100_00, 40_00);
        assertTrue(hkd.authorizationState(merchant, escrow.quoteDigest(quote)));
    }

    function test_fees_stay() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        _mint(hkdBank, merchant, 8_50);
        _refund(payment, _quote(payment, 0, 100_00));
        assertEq(hkd.balanceOf(feeReceiver), 8_50);
        assertEq(hkd.balanceOf(merchant), 0);
        assertEq(eur.balanceOf(payer), 100_000_00);
    }

    function test_in_one_currency() public balanced {
        ISettlementEscrow.Payment memory payment = _openOneCurrency();
        _capture(payment, 100_00);
        ISettlementEscrow.RefundQuote memory quote = _quote(payment, 0, 40_00);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentRefunded(quote.paymentId, 40_00, 40_00, address(0));
        _refund(payment, quote);
        assertEq(eur.balanceOf(neighbour), 60_00);
        assertEq(eur.balanceOf(payer), 99_940_00);
        assertEq(eur.balanceOf(address(escrow)), 0);
        _assertState(quote.paymentId, PaymentStatus.Captured, 100_00, 40_00);
    }

    function test_in_parts_until_all_is_back() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        _mint(hkdBank, merchant, 8_50);
        _refund(payment, _quote(payment, 0, 30_00));
        _refund(payment, _quote(payment, 30_00, 50_00));
        _refund(payment, _quote(payment, 80_00, 20_00));
        _assertState(escrow.paymentId(payment), PaymentStatus.Captured, 100_00, 100_00);
        assertEq(_remainingQuota(), YEARLY_QUOTA);
        _expectRefused(
            payment,
            _quoteOf(payment, 100_00, 1, 1),
            abi.encodeWithSelector(ISettlementEscrow.AmountExceeds.selector, 1, 0)
        );
    }

    function test_while_the_rest_is_still_to_be_captured() public balanced {
        ISettlementEscrow.Payment memory payment = _openTwoCurrencies();
        _capture(payment, 60_00);
        _refund(payment, _quote(payment, 0, 60_00));
        _assertState(escrow.paymentId(payment), PaymentStatus.Authorized, 60_00, 60_00);
        _capture(payment, 40_00);
        _refund(payment, _quote(payment, 60_00, 40_00));
        _assertState(escrow.paymentId(payment), PaymentStatus.Captured, 100_00, 100_00);
        assertEq(eur.balanceOf(payer), 100_000_00);
        assertEq(hkd.balanceOf(merchant), 0);
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK);
        assertEq(_remainingQuota(), YEARLY_QUOTA);
    }

    function test_of_what_was_captured_before_the_rest_went_back() public balanced {
        ISettlementEscrow.Payment memory payment = _openTwoCurrencies();
        _capture(payment, 60_00);
        _void(payment);
        _refund(payment, _quote(payment, 0, 60_00));
        _assertState(escrow.paymentId(payment), PaymentStatus.Voided, 60_00, 60_00);

        payment.uetr = bytes16(uint128(1));
        _open(payment);
        _capture(payment, 60_00);
        vm.warp(payment.captureBy);
        escrow.reclaim(payment);
        _refund(payment, _quote(payment, 0, 60_00));
        _assertState(escrow.paymentId(payment), PaymentStatus.Reclaimed, 60_00, 60_00);
        assertEq(_remainingQuota(), YEARLY_QUOTA);
    }

    function test_by_another_dealer() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        ISettlementEscrow.RefundQuote memory quote = _quote(payment, 0, 40_00);
        quote.dealer = _secondDealer(40_00);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentRefunded(quote.paymentId, 40_00, 340_00, quote.dealer);
        _refund(payment, quote);
        assertEq(escrow.inventoryOf(quote.dealer, address(eur)), 0);
        assertEq(escrow.inventoryOf(quote.dealer, address(hkd)), 340_00);
        assertEq(escrow.inventoryOf(dealer, address(eur)), 100_00);
    }

    function test_merchant_may_be_a_contract() public balanced {
        ISettlementEscrow.Payment memory payment = _twoCurrencies();
        payment.merchant = address(new ContractWallet(merchant));
        _onboard(hkdBank, payment.merchant, Category.Merchant, HONG_KONG, 2009);
        _open(payment);
        _capture(payment, 100_00);
        _refund(payment, _quote(payment, 0, 100_00));
        assertEq(eur.balanceOf(payer), 100_000_00);
        assertEq(hkd.balanceOf(payment.merchant), 0);
    }

    /* CALLER AND TIME */

    function test_by_the_merchant_too() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        ISettlementEscrow.RefundQuote memory quote = _quote(payment, 0, 40_00);
        bytes memory merchantSignature = _merchantSignature(payment, quote);
        bytes memory dealerSignature = _quoteSignature(quote);
        vm.prank(merchant);
        escrow.refundWithAuthorization(payment, quote, merchantSignature, dealerSignature);
        assertEq(eur.balanceOf(payer), 99_940_00);
    }

    function test_by_nobody_else() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        ISettlementEscrow.RefundQuote memory quote = _quote(payment, 0, 40_00);
        bytes memory merchantSignature = _merchantSignature(payment, quote);
        bytes memory dealerSignature = _quoteSignature(quote);
        address[5] memory others = [payer, dealer, feeReceiver, hkNeighbour, stranger];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ISettlementEscrow.NotAllowed.selector, others[i], operator));
            vm.prank(others[i]);
            escrow.refundWithAuthorization(payment, quote, merchantSignature, dealerSignature);
        }
    }

    function test_until_refundBy() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        for (uint256 i = 0; i < 2; ++i) {
            vm.warp(payment.refundBy + i);
            _expectRefused(
                payment,
                _quote(payment, 0, 40_00),
                abi.encodeWithSelector(
                    ISettlementEscrow.TooLate.selector, uint256(payment.refundBy) + i, payment.refundBy
                )
            );
        }
        vm.warp(payment.refundBy - 1);
        _refund(payment, _quote(payment, 0, 40_00));
    }

    function test_until_the_quotes_deadline() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        ISettlementEscrow.RefundQuote memory quote = _quote(payment, 0, 40_00);
        for (uint256 i = 0; i < 2; ++i) {
            vm.warp(quote.deadline + i);
            _expectRefused(
                payment,
                quote,
                abi.encodeWithSelector(ISettlementEscrow.TooLate.selector, uint256(quote.deadline) + i, quote.deadline)
            );
        }
        vm.warp(quote.deadline - 1);
        _refund(payment, quote);
    }

    /* QUOTE */

    function test_refuses_a_payment_that_was_never_authorized() public balanced {
        ISettlementEscrow.Payment memory payment = _twoCurrencies();
        _expectRefused(
            payment,
            _quote(payment, 0, 40_00),
            abi.encodeWithSelector(
                ISettlementEscrow.WrongStatus.selector,
                escrow.paymentId(payment),
                PaymentStatus.None,
                PaymentStatus.Captured
            )
        );
    }

    function test_refuses_the_quote_of_another_payment() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        ISettlementEscrow.RefundQuote memory quote = _quote(_twoCurrencies(), 0, 40_00);
        _expectRefused(
            payment,
            quote,
            abi.encodeWithSelector(
                ISettlementEscrow.QuoteForOtherPayment.selector, quote.paymentId, escrow.paymentId(payment)
            )
        );
    }

    function test_refuses_a_quote_again() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        ISettlementEscrow.RefundQuote memory quote = _quote(payment, 0, 10_00);
        _refund(payment, quote);
        _expectRefused(payment, quote, abi.encodeWithSelector(ISettlementEscrow.QuoteOutOfPlace.selector, 0, 10_00));
    }

    function test_refuses_a_quote_before_its_turn() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        ISettlementEscrow.RefundQuote memory second = _quote(payment, 10_00, 10_00);
        _expectRefused(payment, second, abi.encodeWithSelector(ISettlementEscrow.QuoteOutOfPlace.selector, 10_00, 0));
        _refund(payment, _quote(payment, 0, 10_00));
        _refund(payment, second);
    }

    function test_refuses_amounts_of_zero() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        bytes memory refusal = abi.encodeWithSelector(ISettlementEscrow.ZeroAmount.selector);
        _expectRefused(payment, _quoteOf(payment, 0, 0, 1), refusal);
        _expectRefused(payment, _quoteOf(payment, 0, 1, 0), refusal);
    }

    function test_refuses_more_than_was_captured() public balanced {
        ISettlementEscrow.Payment memory payment = _openTwoCurrencies();
        _expectRefused(
            payment, _quoteOf(payment, 0, 1, 8), abi.encodeWithSelector(ISettlementEscrow.AmountExceeds.selector, 1, 0)
        );
        _capture(payment, 60_00);
        _expectRefused(
            payment,
            _quoteOf(payment, 0, 60_01, 510_00),
            abi.encodeWithSelector(ISettlementEscrow.AmountExceeds.selector, 60_01, 60_00)
        );
        _refund(payment, _quoteOf(payment, 0, 20_00, 170_00));
        _expectRefused(
            payment,
            _quoteOf(payment, 20_00, 40_01, 170_00),
            abi.encodeWithSelector(ISettlementEscrow.AmountExceeds.selector, 40_01, 40_00)
        );
    }

    function test_refuses_more_than_twice_the_payments_own_rate() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        _expectRefused(
            payment,
            _quoteOf(payment, 0, 40_00, 680_01),
            abi.encodeWithSelector(ISettlementEscrow.AmountExceeds.selector, 680_01, 680_00)
        );
        // 2 x 850.00 x 0.03 / 100.00 = 0.51 exactly.
        _expectRefused(
            payment,
            _quoteOf(payment, 0, 3, 52),
            abi.encodeWithSelector(ISettlementEscrow.AmountExceeds.selector, 52, 51)
        );
        _refund(payment, _quoteOf(payment, 0, 40_00, 680_00));
        assertEq(hkd.balanceOf(merchant), 841_50 - 680_00);
    }

    function test_in_one_currency_gives_back_what_it_takes() public balanced {
        ISettlementEscrow.Payment memory payment = _openOneCurrency();
        _capture(payment, 100_00);
        _expectRefused(
            payment,
            _quoteOf(payment, 0, 40_00, 39_99),
            abi.encodeWithSelector(ISettlementEscrow.AmountsDiffer.selector, 40_00, 39_99)
        );
        _expectRefused(
            payment,
            _quoteOf(payment, 0, 40_00, 40_01),
            abi.encodeWithSelector(ISettlementEscrow.AmountsDiffer.selector, 40_00, 40_01)
        );
    }

    function test_has_a_dealer_exactly_if_the_payment_has() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        ISettlementEscrow.RefundQuote memory quote = _quote(payment, 0, 40_00);
        quote.dealer = address(0);
        _expectRefused(
            payment, quote, abi.encodeWithSelector(ISettlementEscrow.DealerMismatch.selector, address(0), eur, hkd)
        );

        payment = _openOneCurrency();
        _capture(payment, 100_00);
        quote = _quote(payment, 0, 40_00);
        quote.dealer = dealer;
        _expectRefused(
            payment, quote, abi.encodeWithSelector(ISettlementEscrow.DealerMismatch.selector, dealer, eur, eur)
        );
    }

    function test_refuses_payer_or_merchant_as_dealer() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        ISettlementEscrow.RefundQuote memory quote = _quote(payment, 0, 40_00);
        address[2] memory parties = [payer, merchant];
        for (uint256 i = 0; i < 2; ++i) {
            quote.dealer = parties[i];
            _expectRefused(
                payment,
                quote,
                abi.encodeWithSelector(ISettlementEscrow.PartiesNotDistinct.selector, payer, merchant, parties[i])
            );
        }
    }

    /* DEALER */

    function test_refuses_a_dealer_with_too_little_inventory() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        vm.prank(dealer);
        escrow.withdraw(address(eur), 70_00);
        _expectRefused(
            payment,
            _quote(payment, 0, 40_00),
            abi.encodeWithSelector(ISettlementEscrow.InventoryTooLow.selector, dealer, eur, 30_00, 40_00)
        );
        _refund(payment, _quote(payment, 0, 30_00));
    }

    function test_refuses_somebody_elses_signature_as_the_dealers() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        ISettlementEscrow.RefundQuote memory quote = _quote(payment, 0, 40_00);
        bytes32 digest = escrow.quoteDigest(quote);
        _expectDealerRefused(payment, quote, _sign(merchantKey, digest));
        _expectDealerRefused(payment, quote, "");
        _expectDealerRefused(payment, quote, _malleable(_sign(dealerKey, digest)));
        // What the dealer signed when the payment began.
        _expectDealerRefused(payment, quote, _dealerSignature(payment));
    }

    function test_dealers_signature_binds_every_term_of_the_quote() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        bytes memory signature = _quoteSignature(_quote(payment, 0, 40_00));
        for (uint256 i = 0; i < 4; ++i) {
            ISettlementEscrow.RefundQuote memory quote = _quote(payment, 0, 40_00);
            if (i == 0) ++quote.sourceAmount;
            if (i == 1) ++quote.targetAmount;
            if (i == 2) --quote.targetAmount;
            if (i == 3) ++quote.deadline;
            _expectDealerRefused(payment, quote, signature);
        }
    }

    function test_a_named_signer_signs_until_it_is_revoked() public balanced {
        (address desk, uint256 deskKey) = makeAddrAndKey("dealing desk");
        ISettlementEscrow.Payment memory payment = _captured();
        ISettlementEscrow.RefundQuote memory quote = _quote(payment, 0, 40_00);
        bytes memory signature = _sign(deskKey, escrow.quoteDigest(quote));
        vm.startPrank(dealer);
        escrow.setDealerSigner(desk, true);
        escrow.setDealerSigner(desk, false);
        vm.stopPrank();
        _expectDealerRefused(payment, quote, signature);

        vm.prank(dealer);
        escrow.setDealerSigner(desk, true);
        bytes memory merchantSignature = _merchantSignature(payment, quote);
        vm.prank(operator);
        escrow.refundWithAuthorization(payment, quote, merchantSignature, signature);
        assertEq(eur.balanceOf(payer), 99_940_00);
    }

    function test_refuses_a_dealer_out_of_standing_at_either_bank() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        bytes memory refusal = abi.encodeWithSelector(IFrontOffice.NotDealer.selector, dealer, 0, Category.Dealer);
        eurBank.registry.revoke(dealer);
        _expectRefused(payment, _quote(payment, 0, 40_00), refusal);
        _onboard(eurBank, dealer, Category.Dealer, GERMANY, 1003);
        hkdBank.registry.blockWallet(dealer, LEGAL);
        _expectRefused(payment, _quote(payment, 0, 40_00), refusal);
    }

    /* MERCHANT */

    function test_refuses_somebody_elses_signature_as_the_merchants() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        ISettlementEscrow.RefundQuote memory quote = _quote(payment, 0, 40_00);
        bytes memory signature = _merchantSignature(payment, quote);
        _expectMerchantRefused(payment, quote, _malleable(signature));
        _expectMerchantRefused(payment, quote, "");
        _expectMerchantRefused(
            payment,
            quote,
            _receiveSignature(payerKey, hkd, merchant, 340_00, quote.deadline, escrow.quoteDigest(quote))
        );
        _expectMerchantRefused(
            payment,
            quote,
            _receiveSignature(merchantKey, hkd, merchant, 340_01, quote.deadline, escrow.quoteDigest(quote))
        );
        _expectMerchantRefused(
            payment,
            quote,
            _receiveSignature(merchantKey, hkd, merchant, 340_00, quote.deadline, escrow.paymentId(payment))
        );
    }

    /// @dev The dealer can't better its side of a quote that the merchant signed.
    function test_merchants_signature_binds_every_term_of_the_quote() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        bytes memory signature = _merchantSignature(payment, _quote(payment, 0, 40_00));
        address second = _secondDealer(100_00);
        for (uint256 i = 0; i < 5; ++i) {
            ISettlementEscrow.RefundQuote memory quote = _quote(payment, 0, 40_00);
            if (i == 0) --quote.sourceAmount;
            if (i == 1) ++quote.targetAmount;
            if (i == 2) --quote.targetAmount;
            if (i == 3) ++quote.deadline;
            if (i == 4) quote.dealer = second;
            _expectMerchantRefused(payment, quote, signature);
        }
    }

    function test_an_allowance_is_no_consent() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        vm.prank(merchant);
        hkd.approve(address(escrow), type(uint256).max);
        _expectMerchantRefused(payment, _quote(payment, 0, 40_00), "");
    }

    function test_refuses_a_merchant_who_spent_it() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        vm.prank(merchant);
        hkd.transfer(hkNeighbour, 841_50);
        _expectRefused(
            payment,
            _quote(payment, 0, 40_00),
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, merchant, 0, 340_00)
        );
    }

    function test_refuses_a_merchant_who_cannot_send() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        bytes memory refusal = abi.encodeWithSelector(IERC7943Fungible.ERC7943CannotSend.selector, merchant);
        hkdBank.registry.blockWallet(merchant, LEGAL);
        _expectRefused(payment, _quote(payment, 0, 40_00), refusal);
        hkdBank.registry.unblockWallet(merchant);
        hkdBank.registry.revoke(merchant);
        _expectRefused(payment, _quote(payment, 0, 40_00), refusal);
    }

    function test_refuses_where_the_target_token_lets_nothing_in() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        hkd.pause();
        _expectRefused(payment, _quote(payment, 0, 40_00), abi.encodeWithSelector(ITokenLedger.TokenPaused.selector));
        hkd.unpause();
        hkd.stopSystemAccount(address(escrow));
        _expectRefused(
            payment,
            _quote(payment, 0, 40_00),
            abi.encodeWithSelector(
                ITokenLedger.SystemAccountClosed.selector, address(escrow), address(escrow), SystemStatus.OutflowOnly
            )
        );
    }

    function test_signatures_of_another_chain_are_void() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        ISettlementEscrow.RefundQuote memory quote = _quote(payment, 0, 40_00);
        vm.chainId(OTHER_CHAIN);
        bytes memory merchantSignature = _merchantSignature(payment, quote);
        bytes memory dealerSignature = _quoteSignature(quote);
        vm.chainId(CHAIN);
        _expectMerchantRefused(payment, quote, merchantSignature);
        _expectDealerRefused(payment, quote, dealerSignature);
    }

    function test_refuses_a_merchant_who_cancelled() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        ISettlementEscrow.RefundQuote memory quote = _quote(payment, 0, 40_00);
        bytes32 digest = escrow.quoteDigest(quote);
        bytes32 structHash = keccak256(abi.encode(hkd.CANCEL_AUTHORIZATION_TYPEHASH(), merchant, digest));
        hkd.cancelAuthorization(
            merchant,
            digest,
            _sign(merchantKey, keccak256(abi.encodePacked(hex"1901", hkd.DOMAIN_SEPARATOR(), structHash)))
        );
        _expectRefused(
            payment, quote, abi.encodeWithSelector(IFrontOffice.ERC3009UsedAuthorization.selector, merchant, digest)
        );
    }

    /* PAYER */

    function test_a_payer_who_cannot_receive_is_owed_it() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        eurBank.registry.blockWallet(payer, LEGAL);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.ClaimableAdded(
            address(eur), payer, 40_00, abi.encodeWithSelector(IERC7943Fungible.ERC7943CannotReceive.selector, payer)
        );
        _refund(payment, _quote(payment, 0, 40_00));
        assertEq(escrow.claimableOf(address(eur), payer), 40_00);
        assertEq(hkd.balanceOf(merchant), 841_50 - 340_00);
    }

    function test_a_paused_source_token_does_not_stop_the_merchant() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        eur.pause();
        _refund(payment, _quote(payment, 0, 40_00));
        assertEq(escrow.claimableOf(address(eur), payer), 40_00);
        eur.unpause();
        escrow.claim(address(eur), payer);
        assertEq(eur.balanceOf(payer), 99_940_00);
    }

    /* QUOTA */

    /// @dev What the payer got back, but no more than the share of it that the merchant gave.
    function testFuzz_quota_comes_back_by_the_lesser_side(uint104 sourceAmount, uint104 targetAmount) public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        _mint(hkdBank, merchant, 1_000_00);
        sourceAmount = uint104(bound(sourceAmount, 1, 100_00));
        targetAmount = uint104(bound(targetAmount, 1, uint256(sourceAmount) * 17));
        _refund(payment, _quoteOf(payment, 0, sourceAmount, targetAmount));
        uint256 share = uint256(targetAmount) * 100_00 / 850_00;
        uint256 restored = share < sourceAmount ? share : sourceAmount;
        assertEq(_remainingQuota(), YEARLY_QUOTA - 100_00 + restored);
        assertEq(eur.balanceOf(payer), 99_900_00 + sourceAmount);
    }

    function test_a_refund_for_next_to_nothing_frees_no_quota() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        _refund(payment, _quoteOf(payment, 0, 100_00, 8));
        assertEq(_remainingQuota(), YEARLY_QUOTA - 100_00);
    }

    function test_quota_stays_used_once_its_year_is_over() public balanced {
        vm.warp(NEW_YEAR - 1 days);
        ISettlementEscrow.Payment memory payment = _captured();
        vm.warp(NEW_YEAR);
        ISettlementEscrow.Payment memory next = _twoCurrencies();
        _open(next);
        _refund(payment, _quote(payment, 0, 40_00));
        assertEq(_remainingQuota(), YEARLY_QUOTA - 100_00);
    }

    function test_quota_stays_used_once_the_policy_was_replaced() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        eur.setPolicy(address(eurBank.policy));
        _refund(payment, _quote(payment, 0, 40_00));
        assertEq(_remainingQuota(), YEARLY_QUOTA - 100_00);
        assertEq(eur.balanceOf(payer), 99_940_00);
    }

    function test_a_policy_cannot_keep_the_money() public balanced {
        HostilePolicy policy = new HostilePolicy();
        eur.setPolicy(address(policy));
        ISettlementEscrow.Payment memory payment = _captured();
        bytes32 id = escrow.paymentId(payment);
        policy.setTrick(HostilePolicy.Trick.BurnGas);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.QuotaNotRestored(id, 40_00);
        _refund(payment, _quote(payment, 0, 40_00));
        assertEq(eur.balanceOf(payer), 99_940_00);
    }

    /* FUZZ */

    /// @dev Whatever is captured and refunded in turn, no more comes back than went.
    function testFuzz_refunds_never_exceed_captures(uint104[8] calldata amounts, uint8 choices) public balanced {
        ISettlementEscrow.Payment memory payment = _openTwoCurrencies();
        uint104 captured = 0;
        uint104 refunded = 0;
        for (uint256 i = 0; i < amounts.length; ++i) {
            uint104 amount = uint104(bound(amounts[i], 1, 100_00));
            if ((choices >> i) & 1 == 0) {
                if (amount > 100_00 - captured) continue;
                _capture(payment, amount);
                captured += amount;
            } else if (amount > captured - refunded) {
                _expectRefused(
                    payment,
                    _quoteOf(payment, refunded, amount, 1),
                    abi.encodeWithSelector(ISettlementEscrow.AmountExceeds.selector, amount, captured - refunded)
                );
            } else {
                // At the payment's rate, rounded down, so that the merchant always has it.
                _refund(payment, _quoteOf(payment, refunded, amount, uint104(uint256(amount) * 850_00 / 100_00)));
                refunded += amount;
            }
            PaymentStatus status = captured == 100_00 ? PaymentStatus.Captured : PaymentStatus.Authorized;
            _assertState(escrow.paymentId(payment), status, captured, refunded);
            assertEq(eur.balanceOf(payer), 99_900_00 + refunded);
            assertEq(escrow.inventoryOf(dealer, address(eur)), captured - refunded);
        }
    }

    /* HELP */

    /// @dev 100.00 EUR for 850.00 HKD with a fee of 1 %, all captured.
    function _captured() private returns (ISettlementEscrow.Payment memory payment) {
        payment = _twoCurrencies();
        (payment.feeBps, payment.feeReceiver) = (100, feeReceiver);
        _open(payment);
        _capture(payment, 100_00);
    }

    /// @dev A contract that the first dealer's key signs for, with euros in its inventory.
    function _secondDealer(uint256 amount) private returns (address second) {
        second = address(new ContractWallet(dealer));
        _watch(second);
        _onboard(eurBank, second, Category.Dealer, GERMANY, 1009);
        _onboard(hkdBank, second, Category.Dealer, HONG_KONG, 2009);
        _mint(eurBank, second, amount);
        vm.startPrank(second);
        eur.approve(address(escrow), amount);
        escrow.deposit(address(eur), amount);
        vm.stopPrank();
    }

    function _expectRefused(
        ISettlementEscrow.Payment memory payment,
        ISettlementEscrow.RefundQuote memory quote,
        bytes memory reason
    ) private {
        _expectRefused(payment, quote, _merchantSignature(payment, quote), _quoteSignature(quote), reason);
    }

    function _expectRefused(
        ISettlementEscrow.Payment memory payment,
        ISettlementEscrow.RefundQuote memory quote,
        bytes memory merchantSignature,
        bytes memory dealerSignature,
        bytes memory reason
    ) private {
        vm.expectRevert(reason);
        vm.prank(payment.operator);
        escrow.refundWithAuthorization(payment, quote, merchantSignature, dealerSignature);
    }

    function _expectDealerRefused(
        ISettlementEscrow.Payment memory payment,
        ISettlementEscrow.RefundQuote memory quote,
        bytes memory signature
    ) private {
        _expectRefused(
            payment,
            quote,
            _merchantSignature(payment, quote),
            signature,
            abi.encodeWithSelector(ISettlementEscrow.InvalidSignature.selector, quote.dealer, escrow.quoteDigest(quote))
        );
    }

    function _expectMerchantRefused(
        ISettlementEscrow.Payment memory payment,
        ISettlementEscrow.RefundQuote memory quote,
        bytes memory signature
    ) private {
        _expectRefused(
            payment,
            quote,
            signature,
            _quoteSignature(quote),
            abi.encodeWithSelector(IFrontOffice.ERC3009InvalidSignature.selector)
        );
    }
}
