// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./Corridors.sol";
import {Preparing} from "./Preparing.sol";

/// @notice Merchants give back what was captured, by their own call or by signature.
abstract contract RefundHandler is Preparing, Corridors {
    function refund() external act {
        (BookedPayment storage payment, RefundQuote memory quote, bool flawed) = _drawQuote();
        (address merchant, address token) = (payment.terms.merchant, payment.terms.targetToken);
        _try(merchant, token, abi.encodeCall(IERC20.approve, (address(escrow), quote.targetAmount)));
        bytes memory call = _refundCall(payment.terms, quote);
        if (flawed) _mustFail(merchant, address(escrow), call);
        else if (_own(merchant, address(escrow), call)) _bookQuote(payment, quote);
    }

    function refundWithAuthorization() external act {
        (BookedPayment storage payment, RefundQuote memory quote, bool flawed) = _drawQuote();
        (address merchant, address token) = (payment.terms.merchant, payment.terms.targetToken);
        bytes32 digest = escrow.quoteDigest(quote);
        bytes memory signature =
            _receiveSignature(token, merchant, address(escrow), quote.targetAmount, quote.deadline, digest);
        bytes memory call = abi.encodeCall(
            escrow.refundWithAuthorization, (payment.terms, quote, signature, _dealerSignature(quote.dealer, digest))
        );
        address bearer = _oneIn(2) ? operator : merchant;
        if (_oneIn(8)) _mustFail(stranger, address(escrow), call);
        if (flawed) _mustFail(bearer, address(escrow), call);
        else if (_once(bearer, address(escrow), call)) _bookQuote(payment, quote);
    }

    /// @dev No more goes back than captures paid, at no better rate than the payment's, and into no token that a bank has
    /// struck off.
    function _bookQuote(BookedPayment storage payment, RefundQuote memory quote) private {
        Payment memory terms = payment.terms;
        _assertDealing(terms, quote.dealer, Acceptance.RefundsOnly);
        assertLe(quote.sourceAmount, _greatestSource(payment, quote.targetAmount), "a refund at the payment's rate");
        _bookRefund(payment, quote);
        _giveBack(payment.count, terms.payer, quote.sourceAmount);
        _review(payment);
    }

    /// @dev A part of what was captured, at up to the payment's own rate, with the money where it is needed.
    function _drawQuote() private returns (BookedPayment storage payment, RefundQuote memory quote, bool flawed) {
        payment = _drawPayment(_isRefundable);
        Payment memory terms = payment.terms;
        quote = RefundQuote(payment.id, payment.refunded, 0, 0, terms.dealer, uint40(block.timestamp + 1 days));
        quote.targetAmount = uint104(_refundableOf(payment));
        uint104 part = uint104(_amount(quote.targetAmount));
        if (!_oneIn(4) && _greatestSource(payment, part) != 0) quote.targetAmount = part;
        quote.sourceAmount = uint104(_greatestSource(payment, quote.targetAmount));
        if (terms.dealer != address(0)) _prepareDealer(terms, quote);
        _activate(terms.targetToken, address(escrow));
        _fund(terms.targetToken, terms.merchant, quote.targetAmount);
        if (_oneIn(8)) _overreach(payment, quote);
        flawed = quote.dealer != address(0) && _oneIn(8);
        if (!flawed) return (payment, quote, flawed);
        // A bank lets the dealer go, or strikes off the other's token.
        (address token, address other) = (terms.sourceToken, terms.targetToken);
        if (_oneIn(2)) (token, other) = (other, token);
        if (_oneIn(2)) _refuse(token, quote.dealer);
        else _byRole(token, abi.encodeCall(IDepositTokenExt.setAccepted, (other, false)));
    }

    function _prepareDealer(Payment memory terms, RefundQuote memory quote) private {
        if (_oneIn(2)) quote.sourceAmount = 1 + uint104(_roll(quote.sourceAmount));
        quote.dealer = _dealer();
        if (quote.dealer == terms.payer || quote.dealer == terms.merchant) quote.dealer = terms.dealer;
        _accept(terms.sourceToken, terms.targetToken);
        _welcome(terms.targetToken, quote.dealer);
        _stock(terms.sourceToken, quote.dealer, quote.sourceAmount);
    }

    /// @dev Though everybody has signed: a unit more than captures paid, of two tokens one more for the payer than its
    /// own rate gives, a dealer where there may be none, and none where there must be one.
    function _overreach(BookedPayment storage payment, RefundQuote memory quote) private {
        (Payment memory terms, uint104 source, uint104 target) = (payment.terms, quote.sourceAmount, quote.targetAmount);
        (bool direct, address dealer) = (quote.dealer == address(0), quote.dealer);
        quote.targetAmount = uint104(_refundableOf(payment)) + 1;
        quote.sourceAmount = direct ? quote.targetAmount : 1;
        _mustBeRefused(terms, quote, ISettlementEscrow.AmountExceeds.selector);
        (quote.sourceAmount, quote.targetAmount) = (uint104(_greatestSource(payment, target)) + 1, target);
        if (!direct) _mustBeRefused(terms, quote, ISettlementEscrow.AmountExceeds.selector);
        (quote.sourceAmount, quote.dealer) = (source, direct ? _dealer() : address(0));
        _mustBeRefused(terms, quote, ISettlementEscrow.DealerMismatch.selector);
        quote.dealer = dealer;
    }

    function _mustBeRefused(Payment memory terms, RefundQuote memory quote, bytes4 reason) private {
        _mustFail(terms.merchant, address(escrow), _refundCall(terms, quote), reason);
    }

    /// @dev By the merchant, with the dealer's signature.
    function _refundCall(Payment memory terms, RefundQuote memory quote) private returns (bytes memory) {
        bytes memory signature = _dealerSignature(quote.dealer, escrow.quoteDigest(quote));
        return abi.encodeCall(escrow.refund, (terms, quote, signature));
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
