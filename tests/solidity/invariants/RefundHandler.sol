// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./Corridors.sol";
import {Preparing} from "./Preparing.sol";

/// @notice Merchants give back what was captured, by their own call or by signature.
abstract contract RefundHandler is Preparing, Corridors {
    function refund() external act {
        (BookedPayment storage payment, RefundQuote memory quote) = _drawQuote();
        (address merchant, address token) = (payment.terms.merchant, payment.terms.targetToken);
        _try(merchant, token, abi.encodeCall(IERC20.approve, (address(escrow), quote.targetAmount)));
        bytes memory call = _refundCall(payment.terms, quote);
        if (_own(merchant, address(escrow), call)) _booked(payment, quote, merchant, call);
    }

    function refundWithAuthorization() external act {
        (BookedPayment storage payment, RefundQuote memory quote) = _drawQuote();
        (address merchant, address token) = (payment.terms.merchant, payment.terms.targetToken);
        bytes32 digest = escrow.quoteDigest(quote);
        bytes memory signature =
            _receiveSignature(token, merchant, address(escrow), quote.targetAmount, quote.deadline, digest);
        bytes memory call = abi.encodeCall(
            escrow.refundWithAuthorization, (payment.terms, quote, signature, _dealerSignature(quote.dealer, digest))
        );
        address bearer = _oneIn(2) ? operator : merchant;
        if (_oneIn(8)) _mustFail(stranger, address(escrow), call);
        if (_try(bearer, address(escrow), call)) _booked(payment, quote, bearer, call);
    }

    /// @dev By the merchant, with the dealer's signature.
    function _refundCall(Payment memory terms, RefundQuote memory quote) private returns (bytes memory) {
        bytes memory signature = _dealerSignature(quote.dealer, escrow.quoteDigest(quote));
        return abi.encodeCall(escrow.refund, (terms, quote, signature));
    }

    function _booked(BookedPayment storage payment, RefundQuote memory quote, address bearer, bytes memory call)
        private
    {
        Payment memory terms = payment.terms;
        bool direct = quote.dealer == address(0);
        assertTrue(direct || _isAllowed(terms.sourceToken, quote.dealer), "a refund's dealer at the payer's bank");
        assertTrue(direct || _isAllowed(terms.targetToken, quote.dealer), "a refund's dealer at the merchant's bank");
        assertTrue(_isAccepted(terms, Acceptance.RefundsOnly), "neither bank has struck off the other's token");
        _bookRefund(payment, quote);
        _giveBack(payment.count, terms.payer, quote.sourceAmount);
        _review(payment);
        if (_oneIn(8)) _mustFail(bearer, address(escrow), call);
    }

    /* QUOTES */

    /// @dev A part of what was captured, at up to the payment's own rate, with the money where it is needed.
    function _drawQuote() private returns (BookedPayment storage payment, RefundQuote memory quote) {
        payment = _drawPayment(_isRefundable);
        Payment memory terms = payment.terms;
        quote = RefundQuote(payment.id, payment.refunded, 0, 0, terms.dealer, uint40(block.timestamp + 1 days));
        quote.targetAmount = uint104(_refundableOf(payment));
        uint104 part = uint104(_amount(quote.targetAmount));
        if (!_oneIn(4) && _greatestSource(payment, part) != 0) quote.targetAmount = part;
        quote.sourceAmount = uint104(_greatestSource(payment, quote.targetAmount));
        if (_oneIn(8)) _refundTooMuch(payment, quote);
        if (terms.dealer != address(0)) _prepareDealer(terms, quote);
        if (_oneIn(8)) _refundByWrongDealer(terms, quote);
        _activate(terms.targetToken, address(escrow));
        _fund(terms.targetToken, terms.merchant, quote.targetAmount);
    }

    function _prepareDealer(Payment memory terms, RefundQuote memory quote) private {
        if (_oneIn(2)) quote.sourceAmount = 1 + uint104(_roll(quote.sourceAmount));
        quote.dealer = _dealer();
        if (quote.dealer == terms.payer || quote.dealer == terms.merchant) quote.dealer = terms.dealer;
        _accept(terms.sourceToken, terms.targetToken);
        _welcome(terms.targetToken, quote.dealer);
        _stock(terms.sourceToken, quote.dealer, quote.sourceAmount);
        if (_oneIn(8)) _refundNotBacked(terms, quote);
    }

    /// @dev By a dealer whom one of the banks has just let go or blocked, and out of or into a token that it has just
    /// struck off.
    function _refundNotBacked(Payment memory terms, RefundQuote memory quote) private {
        (address dealer, address source, address target) = (quote.dealer, terms.sourceToken, terms.targetToken);
        bool accepted = _isAccepted(terms, Acceptance.RefundsOnly);
        if (!accepted || escrow.inventoryOf(dealer, source) < quote.sourceAmount) return;
        (address token, address other) = _oneIn(2) ? (source, target) : (target, source);
        _refuse(token, dealer);
        _mustBeRefused(terms, quote, IDepositTokenMain.NotDealer.selector);
        _welcome(token, dealer);
        if (!_isAllowed(source, dealer) || !_isAllowed(target, dealer)) return;
        _byRole(token, abi.encodeCall(IDepositTokenExt.setAccepted, (other, false)));
        _mustBeRefused(terms, quote, IDepositTokenMain.TokenNotAccepted.selector);
        _accept(source, target);
    }

    /// @dev A dealer where there may be none, or none where there must be one.
    function _refundByWrongDealer(Payment memory terms, RefundQuote memory quote) private {
        address dealer = quote.dealer;
        quote.dealer = dealer == address(0) ? _dealer() : address(0);
        _mustBeRefused(terms, quote, ISettlementEscrow.DealerMismatch.selector);
        quote.dealer = dealer;
    }

    /// @dev A unit more than captures paid and, of two tokens, one more for the payer than its own rate gives.
    function _refundTooMuch(BookedPayment storage payment, RefundQuote memory quote) private {
        (Payment memory terms, bytes4 reason) = (payment.terms, ISettlementEscrow.AmountExceeds.selector);
        (bool direct, uint104 tooMuch) = (terms.dealer == address(0), uint104(_refundableOf(payment)) + 1);
        (uint104 source, uint104 target) = (quote.sourceAmount, quote.targetAmount);
        (quote.sourceAmount, quote.targetAmount) = (direct ? tooMuch : 1, tooMuch);
        _mustBeRefused(terms, quote, reason);
        (quote.sourceAmount, quote.targetAmount) = (source + 1, target);
        if (!direct) _mustBeRefused(terms, quote, reason);
        quote.sourceAmount = source;
    }

    /// @dev Everybody has signed the quote.
    function _mustBeRefused(Payment memory terms, RefundQuote memory quote, bytes4 reason) private {
        _mustFail(terms.merchant, address(escrow), _refundCall(terms, quote), reason);
    }

    /// @dev With something to give back on both sides.
    function _isRefundable(BookedPayment storage payment) private view returns (bool) {
        if (payment.captured == 0 || block.timestamp >= payment.terms.refundBy) return false;
        uint256 left = _refundableOf(payment);
        return left != 0 && _greatestSource(payment, uint104(left)) != 0;
    }

    /// @dev What captures paid, fee included, and was not refunded.
    function _refundableOf(BookedPayment storage payment) private view returns (uint256) {
        return _targetShare(payment.terms, payment.captured) - payment.refunded;
    }

    /// @dev What the payer can get back at most for `target` more.
    function _greatestSource(BookedPayment storage payment, uint104 target) private view returns (uint256) {
        (uint256 whole, uint256 before) = (payment.terms.targetAmount, payment.refunded);
        uint256 given = before * payment.terms.sourceAmount / whole;
        if (!_isOpen(payment) && target == _refundableOf(payment)) return payment.captured - given;
        return (before + target) * payment.terms.sourceAmount / whole - given;
    }
}
