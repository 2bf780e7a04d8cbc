// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IFrontOffice} from "../../../contracts/interfaces/IFrontOffice.sol";
import {ISettlementEscrow} from "../../../contracts/interfaces/ISettlementEscrow.sol";
import {Dice} from "./Dice.sol";
import {PaymentHandler} from "./PaymentHandler.sol";

/// @notice Merchants give back what was captured, by their own call or by signature.
abstract contract RefundHandler is PaymentHandler {
    /* ACTS */

    function refund() external act {
        Dice memory dice = _dice();
        (bool found, Deal storage deal, ISettlementEscrow.RefundQuote memory quote) = _drawQuote(dice);
        if (!found) return;
        ISettlementEscrow.Payment memory terms = deal.terms;
        bytes memory dealerSignature = _dealerSignature(dice, quote.dealer, escrow.quoteDigest(quote));
        bytes memory call = abi.encodeCall(ISettlementEscrow.refund, (terms, quote, dealerSignature));
        _try(terms.merchant, terms.targetToken, abi.encodeCall(IERC20.approve, (address(escrow), quote.targetAmount)));
        if (_own(dice, terms.merchant, address(escrow), call)) _booked(dice, deal, quote, terms.merchant, call);
    }

    function refundWithAuthorization() external act {
        Dice memory dice = _dice();
        (bool found, Deal storage deal, ISettlementEscrow.RefundQuote memory quote) = _drawQuote(dice);
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

    function _booked(
        Dice memory dice,
        Deal storage deal,
        ISettlementEscrow.RefundQuote memory quote,
        address bearer,
        bytes memory call
    ) private {
        if (quote.dealer != address(0)) {
            assertTrue(_isAllowed(deal.terms.sourceToken, quote.dealer), "a refund's dealer at the payer's bank");
            assertTrue(_isAllowed(deal.terms.targetToken, quote.dealer), "a refund's dealer at the merchant's bank");
        }
        _bookRefund(deal, quote);
        _review(deal);
        if (dice.oneIn(8)) _mustFail(bearer, address(escrow), call);
    }

    /// @dev A part of what was captured, at up to twice the payment's own rate, with the money where it is needed.
    function _drawQuote(Dice memory dice)
        private
        returns (bool found, Deal storage deal, ISettlementEscrow.RefundQuote memory quote)
    {
        (found, deal) = _drawDeal(dice, dice.oneIn(2) ? _isRefundable : _isCapturable);
        if (found && deal.captured == 0) _capture(dice, deal);
        if (!found || !_isRefundable(deal)) return (false, deal, quote);
        ISettlementEscrow.Payment memory terms = deal.terms;
        uint104 left = deal.captured - deal.refunded;
        uint104 source = dice.oneIn(4) ? left : uint104(dice.amount(left));
        uint256 target = source;
        if (terms.dealer != address(0)) {
            uint256 greatest = 2 * uint256(terms.targetAmount) * source / terms.sourceAmount;
            target = greatest == 0 ? 0 : 1 + dice.roll(greatest);
        }
        if (target == 0) return (false, deal, quote);
        uint40 deadline = uint40(block.timestamp + 1 + dice.roll(1 days));
        quote = ISettlementEscrow.RefundQuote(deal.id, deal.refunded, source, uint104(target), terms.dealer, deadline);
        if (quote.dealer != address(0)) {
            quote.dealer = dealers[dice.roll(dealers.length)];
            if (quote.dealer == terms.payer || quote.dealer == terms.merchant) quote.dealer = terms.dealer;
            _welcome(dice, terms.targetToken, quote.dealer);
            _stock(dice, terms.sourceToken, quote.dealer, source);
            if (dice.oneIn(8)) _refundRefusedDealer(dice, terms, quote);
        }
        if (dice.oneIn(8)) _refundWrongDealer(dice, terms, quote);
        _activate(dice, terms.targetToken, address(escrow));
        _fund(dice, terms.targetToken, terms.merchant, target);
    }

    /// @dev A dealer whom one of the banks has just let go or blocked.
    function _refundRefusedDealer(
        Dice memory dice,
        ISettlementEscrow.Payment memory terms,
        ISettlementEscrow.RefundQuote memory quote
    ) private {
        if (escrow.inventoryOf(quote.dealer, terms.sourceToken) < quote.sourceAmount) return;
        address token = dice.oneIn(2) ? terms.sourceToken : terms.targetToken;
        _refuse(dice, token, quote.dealer);
        _mustFailFor(IFrontOffice.NotDealer.selector, dice, terms, quote);
        _welcome(dice, token, quote.dealer);
    }

    /// @dev A dealer where there may be none, or none where there must be one.
    function _refundWrongDealer(
        Dice memory dice,
        ISettlementEscrow.Payment memory terms,
        ISettlementEscrow.RefundQuote memory quote
    ) private {
        address dealer = quote.dealer;
        quote.dealer = dealer == address(0) ? dealers[dice.roll(dealers.length)] : address(0);
        _mustFailFor(ISettlementEscrow.DealerMismatch.selector, dice, terms, quote);
        quote.dealer = dealer;
    }

    /// @dev Everybody has signed the quote.
    function _mustFailFor(
        bytes4 expected,
        Dice memory dice,
        ISettlementEscrow.Payment memory terms,
        ISettlementEscrow.RefundQuote memory quote
    ) private {
        bytes memory signature = _dealerSignature(dice, quote.dealer, escrow.quoteDigest(quote));
        bytes memory call = abi.encodeCall(ISettlementEscrow.refund, (terms, quote, signature));
        assertEq(_mustFail(terms.merchant, address(escrow), call), expected, "who may be in a refund");
    }

    function _isRefundable(Deal storage deal) private view returns (bool) {
        return deal.captured > deal.refunded && block.timestamp < deal.terms.refundBy;
    }
}
