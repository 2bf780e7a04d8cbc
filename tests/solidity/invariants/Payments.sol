// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {ICorridorPolicy} from "../../../contracts/interfaces/ICorridorPolicy.sol";
import {IDepositTokenMain} from "../../../contracts/interfaces/IDepositTokenMain.sol";
import {ISettlementEscrow} from "../../../contracts/interfaces/ISettlementEscrow.sol";
import {PaymentState, PaymentStatus} from "../../../contracts/types/PaymentSlot.sol";
import {Corridors} from "./Corridors.sol";
import {Dice} from "./Dice.sol";
import {Payment} from "../../../contracts/types/Payment.sol";
import {PaymentApproval} from "../../../contracts/types/PaymentApproval.sol";

/// @notice What the escrow calls of its own.
interface ISelfCalls {
    function authorizeAndUndo(
        Payment calldata payment,
        bytes calldata payerSignature,
        bytes calldata dealerSignature,
        PaymentApproval calldata bankApproval
    ) external;
}

/// @notice Draws up payments and authorizes them: in one token, in two of one bank, or in two of two banks.
abstract contract Payments is Corridors {
    /// @dev How many of the last payments are looked through for one to act on.
    uint256 private constant RECENT = 32;

    /* FINDING */

    /// @dev A payment that is open to an act, or else a new one, or none.
    function _drawDeal(Dice memory dice, function(Deal storage) internal view returns (bool) fits)
        internal
        returns (bool found, Deal storage deal)
    {
        uint256 recent = deals.length < RECENT ? deals.length : RECENT;
        uint256 first = dice.roll(RECENT);
        for (uint256 i = 0; i < recent; ++i) {
            deal = deals[deals.length - 1 - (first + i) % recent];
            if (fits(deal)) return (true, deal);
        }
        (, uint256 index) = _open(dice);
        deal = deals[index];
        found = fits(deal);
    }

    function _isCapturable(Deal storage deal) internal view returns (bool) {
        return deal.status == PaymentStatus.Authorized && block.timestamp < deal.terms.captureBy;
    }

    /// @dev After every act on a payment.
    function _review(Deal storage deal) internal {
        _audit();
        _assertDeal(deal);
    }

    /// @dev The payment in the escrow is the one in the test's books, and every unit of it is accounted for by what the
    /// escrow told of it. The quota that it was counted against is used as far as it should be.
    function _assertDeal(Deal storage deal) internal view {
        PaymentState memory state = escrow.paymentState(deal.id);
        assertEq(uint8(state.status), uint8(deal.status), "status");
        assertEq(state.captured, deal.captured, "captured");
        assertEq(state.refunded, deal.refunded, "refunded");
        assertEq(state.quotaRef, deal.count.quotaRef, "quota reference");
        assertLe(state.refunded, _targetShare(deal.terms, state.captured), "refunded is at most what captures paid");
        Told memory told = toldOf[deal.id];
        assertEq(told.captured, deal.captured, "captured, as told by events");
        assertEq(told.refunded, deal.refunded, "refunded, as told by events");
        bool open = state.status == PaymentStatus.Authorized || state.status == PaymentStatus.Disputed;
        uint256 stillHeld = open ? deal.terms.sourceAmount - state.captured : 0;
        assertEq(told.captured + told.returned + stillHeld, deal.terms.sourceAmount, "captured + returned + held");
        _assertQuota(deal.count, deal.terms.payer);
    }

    /* TERMS */

    function _draftTerms(Dice memory dice) private returns (Payment memory terms, Route memory route) {
        terms.sourceToken = _token(dice);
        terms.targetToken = dice.oneIn(3) ? terms.sourceToken : _token(dice);
        (terms.payer, terms.merchant) = (_person(dice), _person(dice));
        terms.operator = operator;
        if (terms.targetToken != terms.sourceToken) terms.dealer = dealers[dice.roll(dealers.length)];
        while (terms.payer == terms.dealer) terms.payer = _person(dice);
        while (terms.merchant == terms.dealer || terms.merchant == terms.payer) terms.merchant = _person(dice);
        terms.purpose = dice.oneIn(12) ? bytes4(0) : bytes4("GDDS");
        terms.uetr = bytes16(_freshNonce());
        _draftDates(dice, terms);
        _draftFee(dice, terms);
        (route, terms.sourceAmount) =
            _allowPayment(dice, terms.sourceToken, terms.payer, terms.merchant, dice.amount(10 ** 12));
        if (_rules(route).purposeRequired) terms.purpose = "GDDS";
        terms.targetAmount = terms.dealer == address(0) ? terms.sourceAmount : uint104(dice.amount(10 ** 12));
    }

    function _draftDates(Dice memory dice, Payment memory terms) private view {
        terms.authorizeBy = uint40(block.timestamp + 1 + dice.roll(1 days));
        terms.captureFrom = uint40(block.timestamp + (dice.oneIn(4) ? dice.roll(1 days) : 0));
        terms.captureBy = uint40(block.timestamp + 2 days + dice.roll(20 days));
        terms.resolveBy = terms.captureBy;
        if (dice.roll(3) != 0) {
            (terms.arbiter, terms.resolveBy) = (arbiter, terms.captureBy + 1 days + uint40(dice.roll(5 days)));
        }
        terms.refundBy = terms.captureBy + uint40(dice.roll(90 days));
    }

    /// @dev A fee goes to a customer in the merchant's country: to the merchant's own zone.
    function _draftFee(Dice memory dice, Payment memory terms) private view {
        if (dice.oneIn(3)) return;
        terms.feeBps = uint16(dice.amount(2000));
        terms.feeReceiver = terms.merchant;
        for (uint256 i = 0; i < customers.length; ++i) {
            bool near = customerAt[customers[i]].country == customerAt[terms.merchant].country;
            if (near && keyOf[customers[i]] != 0 && dice.oneIn(2)) terms.feeReceiver = customers[i];
        }
    }

    /* AUTHORIZING */

    /// @dev Draws up a payment, has everybody sign it, and authorizes or, where that is possible, charges it. Index 0
    /// if it was refused.
    function _open(Dice memory dice) internal returns (bool success, uint256 index) {
        (Payment memory terms, Route memory route) = _draftTerms(dice);
        _prepare(dice, terms);
        bytes32 id = escrow.paymentId(terms);
        bytes[2] memory signatures = [_payerSignature(terms, id), _dealerSignature(dice, terms.dealer, id)];
        PaymentApproval memory approval = _approval(route, id);
        bytes memory call = abi.encodeCall(ISettlementEscrow.authorize, (terms, signatures[0], signatures[1], approval));
        bool previewed = _preview(dice, terms, signatures, approval);
        if (dice.oneIn(8)) _forge(dice, terms, signatures, approval);
        if (previewed && dice.oneIn(4)) _overreach(dice, terms, route);
        bytes memory charge = abi.encodeCall(ISettlementEscrow.charge, (terms, signatures[0], signatures[1], approval));
        bool chargeable = terms.arbiter == address(0) && block.timestamp >= terms.captureFrom;
        if (!chargeable && dice.oneIn(8)) _mustFail(operator, address(escrow), charge);
        bool charging = chargeable && dice.roll(4) != 0;
        if (charging) call = charge;
        success = _own(dice, operator, address(escrow), call);
        assertEq(success, previewed, "authorize and charge do what previewAuthorize says");
        if (!success) return (false, 0);
        if (dice.oneIn(8)) _mustFail(operator, address(escrow), call);
        _assertStandings(terms);
        _bookOpening(terms, id, _bookCount(route, terms.payer, terms.sourceAmount));
        if (charging) _bookCapture(deals[deals.length - 1], terms.sourceAmount);
        _review(deals[deals.length - 1]);
        return (true, deals.length - 1);
    }

    /// @dev Nobody takes part in a new payment whom a bank does not allow now.
    function _assertStandings(Payment memory terms) private view {
        assertTrue(_isAllowed(terms.targetToken, terms.merchant), "merchant in good standing");
        if (terms.feeBps != 0) assertTrue(_isAllowed(terms.targetToken, terms.feeReceiver), "fee receiver");
        if (terms.dealer == address(0)) return;
        assertTrue(_isAllowed(terms.sourceToken, terms.dealer), "dealer in good standing at the payer's bank");
        assertTrue(_isAllowed(terms.targetToken, terms.dealer), "dealer in good standing at the merchant's bank");
    }

    /// @dev Everybody in good standing, the money where it is needed.
    function _prepare(Dice memory dice, Payment memory terms) private {
        _fund(dice, terms.sourceToken, terms.payer, terms.sourceAmount);
        _unpause(dice, terms.targetToken);
        _activate(dice, terms.sourceToken, address(escrow));
        _activate(dice, terms.targetToken, address(escrow));
        _welcome(dice, terms.targetToken, terms.merchant);
        if (terms.feeReceiver != address(0)) _welcome(dice, terms.targetToken, terms.feeReceiver);
        if (terms.dealer == address(0)) return;
        _accept(dice, terms.sourceToken, terms.targetToken);
        _welcome(dice, terms.sourceToken, terms.dealer);
        _stock(dice, terms.targetToken, terms.dealer, terms.targetAmount);
    }

    /// @dev A dealer with an inventory of at least `amount`.
    function _stock(Dice memory dice, address token, address dealer, uint256 amount) internal {
        _welcome(dice, token, dealer);
        uint256 free = escrow.inventoryOf(dealer, token);
        if (free < amount) _deposit(dice, token, dealer, amount - free);
    }

    /// @dev Nobody's wealth changes by it.
    function _deposit(Dice memory dice, address token, address owner, uint256 amount) internal returns (bool) {
        _fund(dice, token, owner, amount);
        _activate(dice, token, address(escrow));
        _try(owner, token, abi.encodeCall(IERC20.approve, (address(escrow), amount)));
        return _try(owner, address(escrow), abi.encodeCall(ISettlementEscrow.deposit, (token, amount)));
    }

    /// @dev Signed terms, but for one that was changed afterwards.
    function _forge(Dice memory dice, Payment memory terms, bytes[2] memory signatures, PaymentApproval memory approval)
        private
    {
        Payment memory forged = abi.decode(abi.encode(terms), (Payment));
        uint256 way = dice.roll(4);
        if (way == 0) forged.captureBy += 1;
        if (way == 1) forged.remittanceHash = "another invoice";
        if (way == 2) forged.sourceAmount += 1;
        if (way == 3) forged.merchant = terms.merchant == suspense ? minter : suspense;
        bytes memory call =
            abi.encodeCall(ISettlementEscrow.authorize, (forged, signatures[0], signatures[1], approval));
        _mustFail(operator, address(escrow), call);
    }

    /// @dev Terms that everybody has signed, and that are good but for one: a dealer where there may be none or none where
    /// there must be one, no purpose where the corridor wants it, or a fee receiver in another zone than the merchant's.
    function _overreach(Dice memory dice, Payment memory terms, Route memory route) private {
        Payment memory bad = abi.decode(abi.encode(terms), (Payment));
        bytes4 expected = ISettlementEscrow.DealerMismatch.selector;
        if (dice.oneIn(3) && _rules(route).purposeRequired) {
            (bad.purpose, expected) = (0, ICorridorPolicy.PurposeRequired.selector);
        } else if (dice.oneIn(2)) {
            bad.dealer = terms.dealer == address(0) ? dealers[dice.roll(dealers.length)] : address(0);
        } else {
            (bad.feeBps, bad.feeReceiver) = (100, _person(dice));
            if (customerAt[bad.feeReceiver].country == customerAt[terms.merchant].country) return;
            Route memory ofFee = _route(terms.targetToken, bad.feeReceiver, terms.merchant);
            bool together = ofFee.from == ofFee.to && ofFee.from != 0;
            if (together || !_isAllowed(terms.targetToken, bad.feeReceiver)) return;
            expected = IDepositTokenMain.FeeReceiverElsewhere.selector;
        }
        bytes32 id = escrow.paymentId(bad);
        bytes[2] memory signatures = [_payerSignature(bad, id), _dealerSignature(dice, bad.dealer, id)];
        bytes memory call =
            abi.encodeCall(ISettlementEscrow.authorize, (bad, signatures[0], signatures[1], _approval(route, id)));
        assertEq(_mustFail(operator, address(escrow), call), expected, "what may be in a payment");
    }

    /// @dev What `previewAuthorize` says: it has authorized, and undone it, just then.
    function _preview(
        Dice memory dice,
        Payment memory terms,
        bytes[2] memory signatures,
        PaymentApproval memory approval
    ) private returns (bool authorized) {
        bytes memory call = abi.encodeCall(
            ISettlementEscrow.previewAuthorize, (terms, signatures[0], signatures[1], approval)
        );
        (, bytes memory answer) = _tryFor(_somebodyElse(dice, address(0)), address(escrow), call);
        (authorized,) = abi.decode(answer, (bool, bytes));
        _count(address(escrow), ISelfCalls.authorizeAndUndo.selector, authorized, false);
    }

    function _payerSignature(Payment memory terms, bytes32 id) private view returns (bytes memory) {
        return
            _receiveSignature(
                terms.sourceToken, terms.payer, address(escrow), terms.sourceAmount, terms.authorizeBy, id
            );
    }

    /// @dev The dealer's, or its signer's if it has named one.
    function _dealerSignature(Dice memory dice, address dealer, bytes32 digest) internal view returns (bytes memory) {
        if (dealer == address(0)) return "";
        bool bySigner = dice.oneIn(2) && escrow.isDealerSigner(dealer, dealerSigner);
        return _sign(bySigner ? dealerSigner : dealer, digest);
    }

    function _approval(Route memory route, bytes32 id) private view returns (PaymentApproval memory) {
        if (!_rules(route).approvalNeeded) return PaymentApproval(0, "");
        uint40 validUntil = uint40(block.timestamp + 1);
        return PaymentApproval(validUntil, _sign(approver, escrow.approvalDigest(id, validUntil)));
    }
}
