// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICalledByItself} from "../support/ICalledByItself.sol";
import "./Corridors.sol";
import {Preparing} from "./Preparing.sol";

/// @notice Draws up payments and authorizes or charges them: in one token, in two of one bank, or in two of two banks.
abstract contract AuthorizeHandler is Preparing, Corridors {
    /// @dev Terms, and everybody's consent to them.
    struct Signed {
        Payment terms;
        Zones zones;
        bytes payerSignature;
        bytes dealerSignature;
        PaymentApproval approval;
    }

    function authorize() external act {
        _open();
    }

    function _open() internal override returns (uint256 index) {
        Signed memory it;
        (it.terms, it.zones) = _draftTerms();
        _prepare(it.terms);
        _consent(it);
        bool forged = _oneIn(32);
        if (forged) _forge(it);
        bool possible = _preview(it);
        assertFalse(possible && forged, "everybody has signed every term");
        bool chargeable = it.terms.arbiter == address(0) && block.timestamp >= it.terms.captureFrom;
        if (!chargeable && _oneIn(8)) _mustFail(operator, address(escrow), _callOf(escrow.charge.selector, it));
        bool charging = chargeable && _roll(4) != 0;
        if (charging && it.terms.dealer == address(0)) {
            exempt = Exemption(it.terms.sourceToken, it.terms.payer, Right.Charge);
        }
        bytes4 selector = charging ? escrow.charge.selector : escrow.authorize.selector;
        bool success = _own(operator, address(escrow), _callOf(selector, it));
        assertEq(success, possible, "authorize and charge do what previewAuthorize says");
        if (!success) return 0;
        _assertTerms(it.terms, it.zones);
        index = payments.length;
        Count memory count = _bookCount(it.zones, it.terms.payer, it.terms.sourceAmount);
        _bookOpening(it.terms, escrow.paymentId(it.terms), count);
        if (charging) _bookCapture(payments[index], it.terms.sourceAmount);
        _review(payments[index]);
    }

    /// @dev Nobody takes part in a new payment whom a bank does not allow now, and a fee stays in the merchant's country
    /// or zone.
    function _assertTerms(Payment memory terms, Zones memory zones) private view {
        bool free = terms.feeBps == 0;
        assertTrue(_isAllowed(terms.targetToken, terms.merchant), "merchant in good standing");
        assertTrue(free || _isAllowed(terms.targetToken, terms.feeReceiver), "fee receiver in good standing");
        assertTrue(free || _isNear(terms), "fee receiver near the merchant");
        _assertDealing(terms, terms.dealer, Acceptance.Accepted);
        assertTrue(terms.purpose != 0 || !_rules(zones).purposeRequired, "a purpose where the corridor wants one");
    }

    /// @dev What `previewAuthorize` says: it has authorized, and undone it, just then.
    function _preview(Signed memory it) private returns (bool authorized) {
        bytes memory call = _callOf(escrow.previewAuthorize.selector, it);
        (, bytes memory answer) = _tryFor(_anybody(), address(escrow), call);
        (authorized,) = abi.decode(answer, (bool, bytes));
        _count("SettlementEscrow", ICalledByItself.authorizeAndUndo.selector, authorized, false);
    }

    function _callOf(bytes4 selector, Signed memory it) private pure returns (bytes memory) {
        return bytes.concat(selector, abi.encode(it.terms, it.payerSignature, it.dealerSignature, it.approval));
    }

    /// @dev Good but for, now and then, the dealer, the fee receiver or the purpose.
    function _draftTerms() private returns (Payment memory terms, Zones memory zones) {
        terms.sourceToken = _token();
        terms.targetToken = _oneIn(3) ? terms.sourceToken : _token();
        (terms.payer, terms.merchant) = (_person(), _person());
        terms.operator = operator;
        if ((terms.targetToken != terms.sourceToken) != _oneIn(32)) terms.dealer = _dealer();
        while (terms.payer == terms.dealer) terms.payer = _person();
        while (terms.merchant == terms.dealer || terms.merchant == terms.payer) terms.merchant = _person();
        terms.uetr = bytes16(_freshNonce());
        _draftDates(terms);
        if (!_oneIn(3)) (terms.feeBps, terms.feeReceiver) = (uint16(_amount(2000)), _person());
        if (terms.feeBps != 0 && !_isNear(terms) && !_oneIn(16)) terms.feeReceiver = terms.merchant;
        (zones, terms.sourceAmount) = _allowPayment(terms.sourceToken, terms.payer, terms.merchant, _amount(10 ** 12));
        terms.purpose = _oneIn(12) ? bytes4(0) : bytes4("GDDS");
        terms.targetAmount = terms.dealer == address(0) ? terms.sourceAmount : uint104(_amount(10 ** 12));
    }

    function _isNear(Payment memory terms) private view returns (bool) {
        Zones memory zones = _zonesOf(terms.targetToken, terms.feeReceiver, terms.merchant);
        bool sameCountry = customerAt[terms.feeReceiver].country == customerAt[terms.merchant].country;
        return sameCountry || (zones.from == zones.to && zones.from != 0);
    }

    function _draftDates(Payment memory terms) private {
        terms.authorizeBy = uint40(block.timestamp + 1 + _roll(1 days));
        terms.captureFrom = uint40(block.timestamp + (_oneIn(4) ? _roll(1 days) : 0));
        terms.captureBy = uint40(block.timestamp + 2 days + _roll(20 days));
        terms.resolveBy = terms.captureBy;
        if (_roll(3) != 0) {
            (terms.arbiter, terms.resolveBy) = (arbiter, terms.captureBy + 1 days + uint40(_roll(5 days)));
        }
        terms.refundBy = terms.captureBy + uint40(_roll(90 days));
    }

    /// @dev Everybody in good standing, the money where it is needed.
    function _prepare(Payment memory terms) private {
        _fund(terms.sourceToken, terms.payer, terms.sourceAmount);
        _unpause(terms.targetToken);
        _activate(terms.sourceToken, address(escrow));
        _activate(terms.targetToken, address(escrow));
        _welcome(terms.targetToken, terms.merchant);
        if (terms.feeReceiver != address(0)) _welcome(terms.targetToken, terms.feeReceiver);
        if (terms.dealer == address(0)) return;
        _accept(terms.sourceToken, terms.targetToken);
        _welcome(terms.sourceToken, terms.dealer);
        _stock(terms.targetToken, terms.dealer, terms.targetAmount);
    }

    function _consent(Signed memory it) private {
        Payment memory terms = it.terms;
        bytes32 id = escrow.paymentId(terms);
        it.payerSignature = _receiveSignature(
            terms.sourceToken, terms.payer, address(escrow), terms.sourceAmount, terms.authorizeBy, id
        );
        it.dealerSignature = _dealerSignature(terms.dealer, id);
        if (!_rules(it.zones).approvalNeeded) return;
        uint40 validUntil = uint40(block.timestamp + 1);
        it.approval = PaymentApproval(validUntil, _sign(approver, escrow.approvalDigest(id, validUntil)));
    }

    /// @dev Changes a term that was signed, or a signature.
    function _forge(Signed memory it) private {
        uint256 kind = _roll(5);
        if (kind == 0) it.terms.captureBy += 1;
        if (kind == 1) it.terms.remittanceHash = "another invoice";
        if (kind == 2) it.terms.sourceAmount += 1;
        if (kind == 3) it.terms.merchant = it.terms.merchant == suspense ? minter : suspense;
        if (kind != 4) return;
        if (it.terms.dealer == address(0)) it.payerSignature = "";
        else it.dealerSignature = it.payerSignature;
    }
}
