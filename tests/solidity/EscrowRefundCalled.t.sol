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
import {AnyGas} from "./AnyGas.sol";
import {HostilePolicy} from "./mocks/HostilePolicy.sol";

/// @notice Refunds that the merchant calls itself, out of its allowance.
contract EscrowRefundCalledTest is AnyGas {
    bytes4 private constant LEGAL = "LEGL";

    /* EFFECT */

    function test_brings_both_sides_back() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        ISettlementEscrow.RefundQuote memory quote = _quote(payment, 0, 40_00);
        _approve(payment, quote.targetAmount);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentRefunded(quote.paymentId, 40_00, 340_00, dealer);
        _refundCalled(payment, quote);
        assertEq(eur.balanceOf(payer), 99_940_00);
        assertEq(hkd.balanceOf(merchant), 510_00);
        assertEq(hkd.allowance(merchant, address(escrow)), 0);
        assertEq(escrow.inventoryOf(dealer, address(eur)), 60_00);
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK - 510_00);
        assertEq(_remainingQuota(), YEARLY_QUOTA - 60_00);
        _assertState(quote.paymentId, PaymentStatus.Captured, 100_00, 40_00);
    }

    function test_in_one_currency() public balanced {
        ISettlementEscrow.Payment memory payment = _openOneCurrency();
        _capture(payment, 100_00);
        _approve(payment, type(uint256).max);
        ISettlementEscrow.RefundQuote memory quote = _quote(payment, 0, 40_00);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentRefunded(quote.paymentId, 40_00, 40_00, address(0));
        _refundCalled(payment, quote);
        assertEq(eur.balanceOf(neighbour), 60_00);
        assertEq(eur.balanceOf(payer), 99_940_00);
        assertEq(eur.balanceOf(address(escrow)), 0);
        _assertState(quote.paymentId, PaymentStatus.Captured, 100_00, 40_00);
    }

    function test_in_turn_with_refunds_by_signature() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        _approve(payment, type(uint256).max);
        _refundCalled(payment, _quote(payment, 0, 30_00));
        _refund(payment, _quote(payment, 30_00, 30_00));
        _refundCalled(payment, _quote(payment, 60_00, 40_00));
        assertEq(hkd.balanceOf(merchant), 0);
        assertEq(eur.balanceOf(payer), 100_000_00);
        assertEq(_remainingQuota(), YEARLY_QUOTA);
        _assertState(escrow.paymentId(payment), PaymentStatus.Captured, 100_00, 100_00);
    }

    /* CALLER AND TIME */

    /// @dev The operator too: an allowance to the escrow must not be its to spend.
    function test_by_the_merchant_only() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        _approve(payment, type(uint256).max);
        ISettlementEscrow.RefundQuote memory quote = _quote(payment, 0, 40_00);
        bytes memory dealerSignature = _quoteSignature(quote);
        address[5] memory others = [operator, payer, dealer, hkNeighbour, stranger];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ISettlementEscrow.NotAllowed.selector, others[i], merchant));
            vm.prank(others[i]);
            escrow.refund(payment, quote, dealerSignature);
        }
    }

    /// @dev Nor is it a stranger's, under terms that name him as the merchant's stand-in.
    function test_by_no_merchant_of_other_terms() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        _approve(payment, type(uint256).max);
        payment.merchant = hkNeighbour;
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

    function test_until_refundBy() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        _approve(payment, type(uint256).max);
        for (uint256 i = 0; i < 2; ++i) {
            vm.warp(payment.refundBy + i);
            _expectRefused(payment, _quote(payment, 0, 40_00), _tooLate(payment.refundBy + i, payment.refundBy));
        }
        vm.warp(payment.refundBy - 1);
        _refundCalled(payment, _quote(payment, 0, 40_00));
        assertEq(eur.balanceOf(payer), 99_940_00);
    }

    function test_until_the_quotes_deadline() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        _approve(payment, type(uint256).max);
        ISettlementEscrow.RefundQuote memory quote = _quote(payment, 0, 40_00);
        for (uint256 i = 0; i < 2; ++i) {
            vm.warp(quote.deadline + i);
            _expectRefused(payment, quote, _tooLate(quote.deadline + i, quote.deadline));
        }
        vm.warp(quote.deadline - 1);
        _refundCalled(payment, quote);
        assertEq(eur.balanceOf(payer), 99_940_00);
    }

    /* QUOTE */

    function test_refuses_a_quote_of_another_payment() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        _approve(payment, type(uint256).max);
        ISettlementEscrow.RefundQuote memory quote = _quote(payment, 0, 40_00);
        quote.paymentId = keccak256("another payment");
        _expectRefused(
            payment,
            quote,
            abi.encodeWithSelector(
                ISettlementEscrow.QuoteForOtherPayment.selector, quote.paymentId, escrow.paymentId(payment)
            )
        );
    }

    function test_refuses_a_quote_out_of_its_place() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        _approve(payment, type(uint256).max);
        ISettlementEscrow.RefundQuote memory quote = _quote(payment, 0, 10_00);
        _expectRefused(
            payment,
            _quote(payment, 10_00, 10_00),
            abi.encodeWithSelector(ISettlementEscrow.QuoteOutOfPlace.selector, 10_00, 0)
        );
        _refundCalled(payment, quote);
        _expectRefused(payment, quote, abi.encodeWithSelector(ISettlementEscrow.QuoteOutOfPlace.selector, 0, 10_00));
    }

    function test_refuses_amounts_of_zero_and_of_too_much() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        _approve(payment, type(uint256).max);
        bytes memory zero = abi.encodeWithSelector(ISettlementEscrow.ZeroAmount.selector);
        _expectRefused(payment, _quoteOf(payment, 0, 0, 1), zero);
        _expectRefused(payment, _quoteOf(payment, 0, 1, 0), zero);
        _expectRefused(
            payment,
            _quoteOf(payment, 0, 100_01, 850_00),
            abi.encodeWithSelector(ISettlementEscrow.AmountExceeds.selector, 100_01, 100_00)
        );
        _expectRefused(
            payment,
            _quoteOf(payment, 0, 40_00, 680_01),
            abi.encodeWithSelector(ISettlementEscrow.AmountExceeds.selector, 680_01, 680_00)
        );
    }

    function test_in_one_currency_gives_back_what_it_takes() public balanced {
        ISettlementEscrow.Payment memory payment = _openOneCurrency();
        _capture(payment, 100_00);
        _approve(payment, type(uint256).max);
        _expectRefused(
            payment,
            _quoteOf(payment, 0, 40_00, 39_99),
            abi.encodeWithSelector(ISettlementEscrow.AmountsDiffer.selector, 40_00, 39_99)
        );
    }

    /* DEALER */

    function test_needs_the_dealers_signature() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        _approve(payment, type(uint256).max);
        ISettlementEscrow.RefundQuote memory quote = _quote(payment, 0, 40_00);
        bytes32 digest = escrow.quoteDigest(quote);
        bytes memory refusal = abi.encodeWithSelector(ISettlementEscrow.InvalidSignature.selector, dealer, digest);
        bytes[4] memory signatures =
            [bytes(""), _sign(merchantKey, digest), _dealerSignature(payment), _malleable(_sign(dealerKey, digest))];
        for (uint256 i = 0; i < signatures.length; ++i) {
            vm.expectRevert(refusal);
            vm.prank(merchant);
            escrow.refund(payment, quote, signatures[i]);
        }
    }

    function test_needs_a_dealer_exactly_if_the_payment_has_one() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        _approve(payment, type(uint256).max);
        ISettlementEscrow.RefundQuote memory quote = _quote(payment, 0, 40_00);
        quote.dealer = address(0);
        _expectRefused(
            payment, quote, abi.encodeWithSelector(ISettlementEscrow.DealerMismatch.selector, address(0), eur, hkd)
        );
        quote.dealer = merchant;
        _expectRefused(
            payment,
            quote,
            abi.encodeWithSelector(ISettlementEscrow.PartiesNotDistinct.selector, payer, merchant, merchant)
        );
        payment = _openOneCurrency();
        _capture(payment, 100_00);
        quote = _quote(payment, 0, 40_00);
        quote.dealer = dealer;
        _expectRefused(
            payment, quote, abi.encodeWithSelector(ISettlementEscrow.DealerMismatch.selector, dealer, eur, eur)
        );
    }

    function test_refuses_a_dealer_who_is_none_or_has_too_little() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        _approve(payment, type(uint256).max);
        vm.prank(dealer);
        escrow.withdraw(address(eur), 70_00);
        _expectRefused(
            payment,
            _quote(payment, 0, 40_00),
            abi.encodeWithSelector(ISettlementEscrow.InventoryTooLow.selector, dealer, eur, 30_00, 40_00)
        );
        hkdBank.registry.revoke(dealer);
        _expectRefused(
            payment,
            _quote(payment, 0, 30_00),
            abi.encodeWithSelector(IFrontOffice.NotDealer.selector, dealer, 0, Category.Dealer)
        );
    }

    /* MERCHANT */

    function test_refuses_too_little_allowance() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        _expectRefused(payment, _quote(payment, 0, 40_00), _allowanceTooLow(0, 340_00));
        _approve(payment, 339_99);
        _expectRefused(payment, _quote(payment, 0, 40_00), _allowanceTooLow(339_99, 340_00));
        _approve(payment, 340_00);
        _refundCalled(payment, _quote(payment, 0, 40_00));
        assertEq(hkd.balanceOf(merchant), 510_00);
    }

    function test_refuses_a_merchant_who_spent_it() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        _approve(payment, type(uint256).max);
        vm.prank(merchant);
        hkd.transfer(hkNeighbour, 510_01);
        _expectRefused(
            payment,
            _quote(payment, 0, 40_00),
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, merchant, 339_99, 340_00)
        );
    }

    function test_refuses_a_merchant_who_cannot_send() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        _approve(payment, type(uint256).max);
        bytes memory refusal = abi.encodeWithSelector(IERC7943Fungible.ERC7943CannotSend.selector, merchant);
        hkdBank.registry.blockWallet(merchant, LEGAL);
        _expectRefused(payment, _quote(payment, 0, 40_00), refusal);
        hkdBank.registry.unblockWallet(merchant);
        hkdBank.registry.revoke(merchant);
        _expectRefused(payment, _quote(payment, 0, 40_00), refusal);
    }

    function test_refuses_where_the_target_token_lets_nothing_in() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        _approve(payment, type(uint256).max);
        hkd.pause();
        _expectRefused(payment, _quote(payment, 0, 40_00), abi.encodeWithSelector(ITokenLedger.TokenPaused.selector));
        hkd.unpause();
        hkd.stopSystemAccount(address(escrow));
        _expectRefused(
            payment,
            _quote(payment, 0, 40_00),
            abi.encodeWithSelector(ITokenLedger.SystemAccountClosed.selector, escrow, escrow, SystemStatus.OutflowOnly)
        );
        assertEq(hkd.balanceOf(merchant), 850_00);
        _assertState(escrow.paymentId(payment), PaymentStatus.Captured, 100_00, 0);
    }

    /* PAYER */

    function test_a_payer_who_cannot_receive_is_owed_it() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        _approve(payment, type(uint256).max);
        eurBank.registry.blockWallet(payer, LEGAL);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.ClaimableAdded(
            address(eur), payer, 40_00, abi.encodeWithSelector(IERC7943Fungible.ERC7943CannotReceive.selector, payer)
        );
        _refundCalled(payment, _quote(payment, 0, 40_00));
        assertEq(escrow.claimableOf(address(eur), payer), 40_00);
        assertEq(hkd.balanceOf(merchant), 510_00);
        assertEq(_remainingQuota(), YEARLY_QUOTA - 60_00);
    }

    function test_a_paused_source_token_does_not_stop_the_merchant() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        _approve(payment, type(uint256).max);
        eur.pause();
        _refundCalled(payment, _quote(payment, 0, 40_00));
        eur.unpause();
        escrow.claim(address(eur), payer);
        assertEq(eur.balanceOf(payer), 99_940_00);
    }

    function test_no_amount_of_gas_makes_the_payer_wait() public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        _approve(payment, type(uint256).max);
        ISettlementEscrow.RefundQuote memory quote = _quote(payment, 0, 40_00);
        _assertPaysAllOrNothing(merchant, abi.encodeCall(escrow.refund, (payment, quote, _quoteSignature(quote))));
    }

    /* QUOTA */

    /// @dev What the payer got back, but no more than the share of it that the merchant gave.
    function testFuzz_quota_comes_back_by_the_lesser_side(uint104 sourceAmount, uint104 targetAmount) public balanced {
        ISettlementEscrow.Payment memory payment = _captured();
        _mint(hkdBank, merchant, 1_000_00);
        _approve(payment, type(uint256).max);
        sourceAmount = uint104(bound(sourceAmount, 1, 100_00));
        targetAmount = uint104(bound(targetAmount, 1, uint256(sourceAmount) * 17));
        _refundCalled(payment, _quoteOf(payment, 0, sourceAmount, targetAmount));
        uint256 share = uint256(targetAmount) * 100_00 / 850_00;
        uint256 restored = share < sourceAmount ? share : sourceAmount;
        assertEq(_remainingQuota(), YEARLY_QUOTA - 100_00 + restored);
        assertEq(eur.balanceOf(payer), 99_900_00 + sourceAmount);
        assertEq(hkd.balanceOf(merchant), 1_850_00 - targetAmount);
    }

    function test_a_policy_cannot_keep_the_money() public balanced {
        HostilePolicy policy = new HostilePolicy();
        eur.setPolicy(address(policy));
        ISettlementEscrow.Payment memory payment = _captured();
        _approve(payment, type(uint256).max);
        policy.setTrick(HostilePolicy.Trick.Refuse);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.QuotaNotRestored(escrow.paymentId(payment), 40_00);
        _refundCalled(payment, _quote(payment, 0, 40_00));
        assertEq(eur.balanceOf(payer), 99_940_00);
    }

    /* HELP */

    /// @dev 100.00 EUR for 850.00 HKD, all captured.
    function _captured() private returns (ISettlementEscrow.Payment memory payment) {
        payment = _openTwoCurrencies();
        _capture(payment, 100_00);
    }

    function _approve(ISettlementEscrow.Payment memory payment, uint256 amount) private {
        vm.prank(payment.merchant);
        (payment.dealer == address(0) ? eur : hkd).approve(address(escrow), amount);
    }

    function _refundCalled(ISettlementEscrow.Payment memory payment, ISettlementEscrow.RefundQuote memory quote)
        private
    {
        bytes memory dealerSignature = _quoteSignature(quote);
        vm.prank(payment.merchant);
        escrow.refund(payment, quote, dealerSignature);
    }

    function _expectRefused(
        ISettlementEscrow.Payment memory payment,
        ISettlementEscrow.RefundQuote memory quote,
        bytes memory reason
    ) private {
        bytes memory dealerSignature = _quoteSignature(quote);
        vm.expectRevert(reason);
        vm.prank(payment.merchant);
        escrow.refund(payment, quote, dealerSignature);
    }

    function _allowanceTooLow(uint256 found, uint256 needed) private view returns (bytes memory) {
        return abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, escrow, found, needed);
    }
}
