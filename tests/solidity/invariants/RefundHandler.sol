// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IDepositToken} from "../../../contracts/interfaces/IDepositToken.sol";
import {IDepositTokenMain} from "../../../contracts/interfaces/IDepositTokenMain.sol";
import {ISettlementEscrow} from "../../../contracts/interfaces/ISettlementEscrow.sol";
import {Acceptance} from "../../../contracts/types/Acceptance.sol";
import {Dice} from "./Dice.sol";
import {PaymentHandler} from "./PaymentHandler.sol";
import {Payment} from "../../../contracts/types/Payment.sol";
import {RefundQuote} from "../../../contracts/types/RefundQuote.sol";

/// @notice Merchants give back what was captured, by their own call or by signature.
abstract contract RefundHandler is PaymentHandler {
    /* ACTS */

    function refund() external act {
        Dice memory dice = _dice();
        (bool found, Deal storage deal, RefundQuote memory quote) = _drawQuote(dice);
        if (!found) return;
        Payment memory terms = deal.terms;
        bytes memory dealerSignature = _dealerSignature(dice, quote.dealer, escrow.quoteDigest(quote));
        bytes memory call = abi.encodeCall(ISettlementEscrow.refund, (terms, quote, dealerSignature));
        _try(terms.merchant, terms.targetToken, abi.encodeCall(IERC20.approve, (address(escrow), quote.targetAmount)));
        if (_own(dice, terms.merchant, address(escrow), call)) _booked(dice, deal, quote, terms.merchant, call);
    }

    function refundWithAuthorization() external act {
        Dice memory dice = _dice();
        (bool found, Deal storage deal, RefundQuote memory quote) = _drawQuote(dice);
        if (!found) return;
        bytes32 digest = escrow.quoteDigest(quote);
        bytes memory merchantSignature = _receiveSignature(
            deal.terms.targetToken, deal.terms.merchant, address(escrow), quote.targetAmount, quote.deadline, digest
        );
        bytes memory dealerSignature = _dealerSignature(dice, quote.dealer, digest);
        bytes memory call = abi.encodeCall(
            ISettlementEscrow.refundWithAuthorization, (deal.terms, quote, merchantSignature, dealerSignature)
        );
        address bearer = dice.oneIn(2) ? operator : deal.terms.merchant;
        if (dice.oneIn(8)) _mustFail(stranger, address(escrow), call);
        if (_try(bearer, address(escrow), call)) _booked(dice, deal, quote, bearer, call);
    }

    /* HELPERS */

    function _booked(Dice memory dice, Deal storage deal, RefundQuote memory quote, address bearer, bytes memory call)
        private
    {
        if (quote.dealer != address(0)) {
            assertTrue(_isAllowed(deal.terms.sourceToken, quote.dealer), "a refund's dealer at the payer's bank");
            assertTrue(_isAllowed(deal.terms.targetToken, quote.dealer), "a refund's dealer at the merchant's bank");
        }
        _bookRefund(deal, quote);
        _review(deal);
        if (dice.oneIn(8)) _mustFail(bearer, address(escrow), call);
    }

    /// @dev A part of what was captured, at up to the payment's own rate, with the money where it is needed.
    function _drawQuote(Dice memory dice) private returns (bool found, Deal storage deal, RefundQuote memory quote) {
        (found, deal) = _drawDeal(dice, dice.oneIn(2) ? _isRefundable : _isCapturable);
        if (found && deal.captured == 0) _capture(dice, deal);
        if (!found || !_isRefundable(deal)) return (false, deal, quote);
        Payment memory terms = deal.terms;
        uint104 left = uint104(_refundableOf(deal));
        uint104 target = dice.oneIn(4) ? left : uint104(dice.amount(left));
        uint104 source = target;
        if (terms.dealer != address(0)) {
            uint256 greatest = _greatestSource(deal, target);
            if (greatest == 0) return (false, deal, quote);
            source = uint104(dice.oneIn(2) ? greatest : 1 + dice.roll(greatest));
            if (dice.oneIn(8)) _refundTooMuch(dice, deal, uint104(greatest + 1), target);
        }
        uint40 deadline = uint40(block.timestamp + 1 + dice.roll(1 days));
        quote = RefundQuote(deal.id, deal.refunded, source, target, terms.dealer, deadline);
        if (quote.dealer != address(0)) {
            quote.dealer = dealers[dice.roll(dealers.length)];
            if (quote.dealer == terms.payer || quote.dealer == terms.merchant) quote.dealer = terms.dealer;
            _accept(dice, terms.sourceToken, terms.targetToken);
            _welcome(dice, terms.targetToken, quote.dealer);
            _stock(dice, terms.sourceToken, quote.dealer, source);
            if (dice.oneIn(8)) _refundRefusedDealer(dice, terms, quote);
        }
        if (dice.oneIn(8)) _refundWrongDealer(dice, terms, quote);
        _activate(dice, terms.targetToken, address(escrow));
        _fund(dice, terms.targetToken, terms.merchant, target);
    }

    /// @dev A dealer whom one of the banks has just let go or blocked.
    function _refundRefusedDealer(Dice memory dice, Payment memory terms, RefundQuote memory quote) private {
        if (escrow.inventoryOf(quote.dealer, terms.sourceToken) < quote.sourceAmount) return;
        address token = dice.oneIn(2) ? terms.sourceToken : terms.targetToken;
        _accept(dice, terms.sourceToken, terms.targetToken);
        if (!_isAccepted(terms)) return;
        _refuse(dice, token, quote.dealer);
        _mustFailFor(IDepositTokenMain.NotDealer.selector, dice, terms, quote);
        _welcome(dice, token, quote.dealer);
    }

    /// @dev A dealer where there may be none, or none where there must be one.
    function _refundWrongDealer(Dice memory dice, Payment memory terms, RefundQuote memory quote) private {
        address dealer = quote.dealer;
        quote.dealer = dealer == address(0) ? dealers[dice.roll(dealers.length)] : address(0);
        _mustFailFor(ISettlementEscrow.DealerMismatch.selector, dice, terms, quote);
        quote.dealer = dealer;
    }

    /// @dev Everybody has signed the quote.
    function _mustFailFor(bytes4 expected, Dice memory dice, Payment memory terms, RefundQuote memory quote) private {
        bytes memory signature = _dealerSignature(dice, quote.dealer, escrow.quoteDigest(quote));
        bytes memory call = abi.encodeCall(ISettlementEscrow.refund, (terms, quote, signature));
        assertEq(_mustFail(terms.merchant, address(escrow), call), expected, "who may be in a refund");
    }

    /// @dev A unit more for the payer than its own rate gives.
    function _refundTooMuch(Dice memory dice, Deal storage deal, uint104 source, uint104 target) private {
        RefundQuote memory greedy =
            RefundQuote(deal.id, deal.refunded, source, target, deal.terms.dealer, uint40(block.timestamp + 1));
        _mustFailFor(ISettlementEscrow.AmountExceeds.selector, dice, deal.terms, greedy);
    }

    function _isAccepted(Payment memory terms) private view returns (bool) {
        return IDepositToken(terms.sourceToken).acceptanceOf(terms.targetToken) != Acceptance.None
            && IDepositToken(terms.targetToken).acceptanceOf(terms.sourceToken) != Acceptance.None;
    }

    function _isRefundable(Deal storage deal) private view returns (bool) {
        return deal.captured != 0 && _refundableOf(deal) != 0 && block.timestamp < deal.terms.refundBy;
    }

    /// @dev What captures paid, fee included, and was not refunded.
    function _refundableOf(Deal storage deal) private view returns (uint256) {
        return _targetShare(deal.terms, deal.captured) - deal.refunded;
    }

    /// @dev What the payer can get back at most for `target` more.
    function _greatestSource(Deal storage deal, uint104 target) private view returns (uint256) {
        (uint256 whole, uint256 before) = (deal.terms.targetAmount, deal.refunded);
        uint256 given = before * deal.terms.sourceAmount / whole;
        if (!_isOpen(deal) && target == _refundableOf(deal)) return deal.captured - given;
        return (before + target) * deal.terms.sourceAmount / whole - given;
    }
}
