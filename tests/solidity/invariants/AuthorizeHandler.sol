// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./Corridors.sol";
import {Preparing} from "./Preparing.sol";

/// @notice What the escrow calls of its own.
interface ISelfCalls {
    function authorizeAndUndo(Payment calldata, bytes calldata, bytes calldata, PaymentApproval calldata) external;
}

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

    /* AUTHORIZING */

    function _open() internal override returns (uint256 index) {
        Signed memory it;
        (it.terms, it.zones) = _draftTerms();
        _prepare(it.terms);
        _consent(it);
        bool previewed = _preview(it);
        if (_oneIn(16)) _forge(it);
        if (previewed && _oneIn(8)) _overreach(it);
        bool charging = it.terms.arbiter == address(0) && block.timestamp >= it.terms.captureFrom;
        if (!charging && _oneIn(8)) _mustFail(operator, address(escrow), _callOf(escrow.charge.selector, it));
        charging = charging && _roll(4) != 0;
        bytes memory call = _callOf(charging ? escrow.charge.selector : escrow.authorize.selector, it);
        bool success = _own(operator, address(escrow), call);
        assertEq(success, previewed, "authorize and charge do what previewAuthorize says");
        if (!success) return 0;
        if (charging && it.terms.dealer == address(0)) {
            charged = Exemption(it.terms.sourceToken, it.terms.payer, false);
        }
        if (_oneIn(8)) _mustFail(operator, address(escrow), call);
        _assertStandings(it.terms);
        index = payments.length;
        Count memory count = _bookCount(it.zones, it.terms.payer, it.terms.sourceAmount);
        _bookOpening(it.terms, escrow.paymentId(it.terms), count);
        if (charging) _bookCapture(payments[index], it.terms.sourceAmount);
        _review(payments[index]);
    }

    /// @dev Nobody takes part in a new payment whom a bank does not allow now, nor a token that it does not accept.
    function _assertStandings(Payment memory terms) private view {
        bool direct = terms.dealer == address(0);
        assertTrue(_isAllowed(terms.targetToken, terms.merchant), "merchant in good standing");
        assertTrue(terms.feeBps == 0 || _isAllowed(terms.targetToken, terms.feeReceiver), "fee receiver");
        assertTrue(direct || _isAllowed(terms.sourceToken, terms.dealer), "dealer at the payer's bank");
        assertTrue(direct || _isAllowed(terms.targetToken, terms.dealer), "dealer at the merchant's bank");
        assertTrue(_isAccepted(terms, Acceptance.Accepted), "both banks accept the other's token");
    }

    /// @dev What `previewAuthorize` says: it has authorized, and undone it, just then.
    function _preview(Signed memory it) private returns (bool authorized) {
        bytes memory call = _callOf(escrow.previewAuthorize.selector, it);
        (, bytes memory answer) = _tryFor(_anybody(), address(escrow), call);
        (authorized,) = abi.decode(answer, (bool, bytes));
        _count("SettlementEscrow", ISelfCalls.authorizeAndUndo.selector, authorized, false);
    }

    /// @dev Of a function that takes terms and consents.
    function _callOf(bytes4 selector, Signed memory it) private pure returns (bytes memory) {
        return bytes.concat(selector, abi.encode(it.terms, it.payerSignature, it.dealerSignature, it.approval));
    }

    /* TERMS */

    function _draftTerms() private returns (Payment memory terms, Zones memory zones) {
        terms.sourceToken = _token();
        terms.targetToken = _oneIn(3) ? terms.sourceToken : _token();
        (terms.payer, terms.merchant) = (_person(), _person());
        terms.operator = operator;
        if (terms.targetToken != terms.sourceToken) terms.dealer = _dealer();
        while (terms.payer == terms.dealer) terms.payer = _person();
        while (terms.merchant == terms.dealer || terms.merchant == terms.payer) terms.merchant = _person();
        terms.uetr = bytes16(_freshNonce());
        _draftDates(terms);
        _draftFee(terms);
        (zones, terms.sourceAmount) = _allowPayment(terms.sourceToken, terms.payer, terms.merchant, _amount(10 ** 12));
        terms.purpose = _oneIn(12) && !_rules(zones).purposeRequired ? bytes4(0) : bytes4("GDDS");
        terms.targetAmount = terms.dealer == address(0) ? terms.sourceAmount : uint104(_amount(10 ** 12));
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

    /// @dev A fee goes to a customer in the merchant's country: to the merchant's own zone.
    function _draftFee(Payment memory terms) private {
        if (_oneIn(3)) return;
        terms.feeBps = uint16(_amount(2000));
        terms.feeReceiver = terms.merchant;
        for (uint256 i = 0; i < customers.length; ++i) {
            bool near = customerAt[customers[i]].country == customerAt[terms.merchant].country;
            if (near && keyOf[customers[i]] != 0 && _oneIn(2)) terms.feeReceiver = customers[i];
        }
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

    /* BAD TERMS */

    /// @dev Signed terms, but for one that was changed afterwards, or for a signature that is not its signer's.
    function _forge(Signed memory it) private {
        Signed[5] memory forged = [_copy(it), _copy(it), _copy(it), _copy(it), _copy(it)];
        forged[0].terms.captureBy += 1;
        forged[1].terms.remittanceHash = "another invoice";
        forged[2].terms.sourceAmount += 1;
        forged[3].terms.merchant = it.terms.merchant == suspense ? minter : suspense;
        if (it.terms.dealer == address(0)) forged[4].payerSignature = "";
        else forged[4].dealerSignature = it.payerSignature;
        for (uint256 i = 0; i < forged.length; ++i) {
            _mustFail(operator, address(escrow), _callOf(escrow.authorize.selector, forged[i]));
        }
    }

    /// @dev Terms that everybody has signed, and that are good but for one: a dealer where there may be none or none where
    /// there must be one, no purpose where the corridor wants it, or a fee receiver in another zone than the merchant's.
    /// Good ones too, while the payer's token is paused.
    function _overreach(Signed memory it) private {
        Signed memory bad = _copy(it);
        bad.terms.dealer = it.terms.dealer == address(0) ? _dealer() : address(0);
        _mustBeRefused(bad, ISettlementEscrow.DealerMismatch.selector);
        bad = _copy(it);
        bad.terms.purpose = 0;
        if (_rules(it.zones).purposeRequired) _mustBeRefused(bad, ICorridorPolicy.PurposeRequired.selector);
        bad = _copy(it);
        (bad.terms.feeBps, bad.terms.feeReceiver) = (100, _person());
        if (_isElsewhere(bad.terms)) _mustBeRefused(bad, IDepositTokenMain.FeeReceiverElsewhere.selector);
        _pause(it.terms.sourceToken);
        _mustBeRefused(_copy(it), IDepositTokenCore.TokenPaused.selector);
        _byRole(it.terms.sourceToken, abi.encodeCall(IDepositTokenExt.unpause, ()));
    }

    function _isElsewhere(Payment memory terms) private view returns (bool) {
        (address token, address receiver) = (terms.targetToken, terms.feeReceiver);
        if (customerAt[receiver].country == customerAt[terms.merchant].country) return false;
        Zones memory zones = _zonesOf(token, receiver, terms.merchant);
        return (zones.from != zones.to || zones.from == 0) && _isAllowed(token, receiver);
    }

    function _mustBeRefused(Signed memory it, bytes4 reason) private {
        _consent(it);
        _mustFail(operator, address(escrow), _callOf(escrow.authorize.selector, it), reason);
    }

    function _copy(Signed memory it) private pure returns (Signed memory) {
        return abi.decode(abi.encode(it), (Signed));
    }
}
