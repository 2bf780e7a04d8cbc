// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAllowlistRegistry} from "../../../contracts/interfaces/IAllowlistRegistry.sol";
import {IDepositTokenExt} from "../../../contracts/interfaces/IDepositTokenExt.sol";
import {IDepositToken} from "../../../contracts/interfaces/IDepositToken.sol";
import {ISettlementEscrow} from "../../../contracts/interfaces/ISettlementEscrow.sol";
import {SystemStatus} from "../../../contracts/types/AccountSlot.sol";
import {PaymentStatus} from "../../../contracts/types/PaymentSlot.sol";
import {Dice} from "./Dice.sol";
import {Payments} from "./Payments.sol";
import {Payment} from "../../../contracts/types/Payment.sol";

/// @notice Payments from the authorization to one of their four ends.
abstract contract PaymentHandler is Payments {
    /* ACTS: OPERATOR */

    function authorize() external act {
        _open(_dice());
    }

    function capture() external act {
        Dice memory dice = _dice();
        (bool found, Deal storage deal) = _drawDeal(dice, _isCapturable);
        if (found) _capture(dice, deal);
    }

    function batch() external act {
        Dice memory dice = _dice();
        uint256[] memory indices = _drawBatch(dice);
        bytes[] memory acts_ = new bytes[](indices.length);
        uint104[] memory amounts = new uint104[](indices.length);
        bool[] memory possible = new bool[](indices.length);
        for (uint256 i = 0; i < indices.length; ++i) {
            Deal storage deal = deals[indices[i]];
            if (dice.roll(8) != 0) _waitUntil(deal.terms.captureFrom);
            amounts[i] = _drawAmount(dice, deal);
            acts_[i] = abi.encodeCall(ISettlementEscrow.capture, (deal.terms, deal.captured, amounts[i]));
        }
        for (uint256 i = 0; i < indices.length; ++i) {
            possible[i] = _canCapture(deals[indices[i]], amounts[i]);
        }
        bytes memory call = abi.encodeCall(ISettlementEscrow.batch, (acts_));
        // Everybody may call it, and captures nothing.
        if (dice.oneIn(8)) _try(_somebodyElse(dice, operator), address(escrow), call);
        if (dice.oneIn(8)) _batchOfBatches(call);
        if (!_try(operator, address(escrow), call)) return;
        for (uint256 i = 0; i < indices.length; ++i) {
            Deal storage deal = deals[indices[i]];
            _count(address(escrow), ISettlementEscrow.capture.selector, possible[i], false);
            if (possible[i]) _bookPayout(deal, amounts[i]);
            _review(deal);
        }
        // The same again captures nothing twice.
        if (dice.oneIn(8)) _try(operator, address(escrow), call);
    }

    /* ACTS: PAYER */

    function release() external act {
        _releaseOne(_dice(), false);
    }

    function releaseWithSignature() external act {
        _releaseOne(_dice(), true);
    }

    function dispute() external act {
        Dice memory dice = _dice();
        (bool found, Deal storage deal) = _drawDeal(dice, _isDisputable);
        if (found) _dispute(dice, deal);
    }

    /* ACTS: ARBITER */

    function resolve() external act {
        Dice memory dice = _dice();
        (bool found, Deal storage deal) = _drawDeal(dice, dice.oneIn(4) ? _isResolvable : _isDisputable);
        if (!found) return;
        if (deal.status == PaymentStatus.Authorized) _dispute(dice, deal);
        uint104 amount = dice.oneIn(3) ? 0 : _drawAmount(dice, deal);
        _hinder(dice, deal.terms);
        if (amount != 0) _heedPayer(dice, deal.terms);
        bool possible = amount == 0 || _pays(deal, amount);
        bytes memory call = abi.encodeCall(ISettlementEscrow.resolve, (deal.terms, amount));
        bool success = _own(dice, arbiter, address(escrow), call);
        assertEq(success, possible, "the arbiter divides, whatever the banks do but to block the payer");
        if (!success) return;
        if (amount != 0) _bookPayout(deal, amount);
        _bookReturn(deal, PaymentStatus.Resolved);
        _review(deal);
    }

    /* ACTS: OPERATOR, MERCHANT, ANYONE */

    function void() external act {
        Dice memory dice = _dice();
        (bool found, Deal storage deal) = _drawDeal(dice, _isOpen);
        if (!found) return;
        bytes memory call = abi.encodeCall(ISettlementEscrow.void, (deal.terms));
        address merchant = deal.terms.merchant;
        if (dice.oneIn(8)) _mustFail(deal.terms.payer, address(escrow), call);
        _hinder(dice, deal.terms);
        bool byOperator = dice.oneIn(2);
        if (byOperator && deal.status == PaymentStatus.Disputed) {
            _mustFail(operator, address(escrow), call);
            return;
        }
        bool success = _try(byOperator ? operator : merchant, address(escrow), call);
        assertTrue(success, "operator and merchant void, whatever the banks do");
        _return(deal, PaymentStatus.Voided);
    }

    function reclaim() external act {
        Dice memory dice = _dice();
        (bool found, Deal storage deal) = _drawDeal(dice, _isOpen);
        if (!found) return;
        bytes memory call = abi.encodeCall(ISettlementEscrow.reclaim, (deal.terms));
        uint40 from = deal.status == PaymentStatus.Disputed ? deal.terms.resolveBy : deal.terms.captureBy;
        if (block.timestamp < from && dice.oneIn(4)) _mustFail(deal.terms.payer, address(escrow), call);
        _waitUntil(from);
        _hinder(dice, deal.terms);
        bool success = _try(_somebodyElse(dice, address(0)), address(escrow), call);
        assertTrue(success, "the payer's money is reclaimed once its time is over, whatever the banks do");
        _return(deal, PaymentStatus.Reclaimed);
    }

    /// @dev Of what has ended nothing moves again, whoever wants it.
    function disturb() external act {
        Dice memory dice = _dice();
        Deal storage deal = deals[dice.roll(deals.length)];
        if (_isOpen(deal)) return;
        Payment memory terms = deal.terms;
        uint256 way = dice.roll(5);
        if (way == 0) {
            _mustFail(operator, address(escrow), abi.encodeCall(ISettlementEscrow.capture, (terms, deal.captured, 1)));
        }
        if (way == 1) _mustFail(terms.payer, address(escrow), abi.encodeCall(ISettlementEscrow.release, (terms)));
        if (way == 2) _mustFail(terms.merchant, address(escrow), abi.encodeCall(ISettlementEscrow.void, (terms)));
        if (way == 3) _mustFail(stranger, address(escrow), abi.encodeCall(ISettlementEscrow.reclaim, (terms)));
        if (way == 4) _mustFail(arbiter, address(escrow), abi.encodeCall(ISettlementEscrow.resolve, (terms, 0)));
    }

    /* HELPERS */

    function _releaseOne(Dice memory dice, bool signed) private {
        (bool found, Deal storage deal) = _drawDeal(dice, dice.oneIn(2) ? _isCapturable : _isResolvable);
        if (found) _release(dice, deal, signed);
    }

    function _release(Dice memory dice, Deal storage deal, bool signed) internal returns (bool success) {
        Payment memory terms = deal.terms;
        _heedPayer(dice, terms);
        uint104 left = terms.sourceAmount - deal.captured;
        bool possible = _pays(deal, left);
        if (!signed) {
            success = _own(dice, terms.payer, address(escrow), abi.encodeCall(ISettlementEscrow.release, (terms)));
        } else {
            uint40 deadline = uint40(block.timestamp + 1);
            bytes32 digest = escrow.releaseDigest(deal.id, deadline);
            if (dice.oneIn(8)) _releaseBySomebodyElse(terms, deadline, digest);
            bytes memory call =
                abi.encodeCall(ISettlementEscrow.releaseWithSignature, (terms, deadline, _sign(terms.payer, digest)));
            success = _try(_somebodyElse(dice, terms.payer), address(escrow), call);
        }
        assertEq(success, possible, "the payer releases in time, whatever the banks do but to block it");
        if (!success) return false;
        _bookPayout(deal, left);
        _review(deal);
    }

    function _capture(Dice memory dice, Deal storage deal) internal {
        _waitUntil(deal.terms.captureFrom);
        if (dice.oneIn(8)) _blockPayer(dice, deal.terms);
        _heedPayer(dice, deal.terms);
        uint104 amount = _drawAmount(dice, deal);
        bool possible = _canCapture(deal, amount);
        bytes memory call = abi.encodeCall(ISettlementEscrow.capture, (deal.terms, deal.captured, amount));
        bool success = _own(dice, operator, address(escrow), call);
        assertEq(success, possible, "capture does what the books and previewCapture say");
        if (success) _bookPayout(deal, amount);
        if (success && dice.oneIn(4)) _mustFail(operator, address(escrow), call);
        _review(deal);
    }

    function _batchOfBatches(bytes memory call) private {
        bytes[] memory acts_ = new bytes[](1);
        acts_[0] = call;
        bytes4 reason = _mustFail(operator, address(escrow), abi.encodeCall(ISettlementEscrow.batch, (acts_)));
        assertEq(reason, ISettlementEscrow.NotAnAct.selector, "a batch is made of acts");
    }

    /// @dev Up to two new payments.
    function _drawBatch(Dice memory dice) private returns (uint256[] memory indices) {
        (bool found, uint256 index) = _open(dice);
        (bool alsoFound, uint256 other) = _open(dice);
        indices = new uint256[]((found ? 1 : 0) + (alsoFound ? 1 : 0));
        if (alsoFound) indices[indices.length - 1] = other;
        if (found) indices[0] = index;
    }

    /// @dev Of a blocked payer's money nothing goes to the merchant, by nobody's wish.
    function _blockPayer(Dice memory dice, Payment memory terms) private {
        if (!_isAllowed(terms.sourceToken, terms.payer)) return;
        bytes memory order = dice.oneIn(2)
            ? abi.encodeCall(IAllowlistRegistry.blockWallet, (terms.payer, "LEGL"))
            : abi.encodeCall(IAllowlistRegistry.blockCustomer, (customerAt[terms.payer].id, "LEGL"));
        _registryOffice(dice, terms.sourceToken, order);
        if (dice.oneIn(3)) _mustFail(terms.payer, address(escrow), abi.encodeCall(ISettlementEscrow.release, (terms)));
        else _mustFail(operator, address(escrow), abi.encodeCall(ISettlementEscrow.capture, (terms, 0, 1)));
    }

    /// @dev A payer's lapse stops nothing that is under way; a blocked one is mostly let go first.
    function _heedPayer(Dice memory dice, Payment memory terms) private {
        if (dice.oneIn(8)) _refuse(dice, terms.sourceToken, terms.payer);
        if (_isBlocked(terms.sourceToken, terms.payer)) _welcome(dice, terms.sourceToken, terms.payer);
    }

    /// @dev Who gets the money can't sign for who pays it.
    function _releaseBySomebodyElse(Payment memory terms, uint40 deadline, bytes32 digest) private {
        bytes memory call =
            abi.encodeCall(ISettlementEscrow.releaseWithSignature, (terms, deadline, _sign(terms.merchant, digest)));
        bytes4 reason = _mustFail(terms.merchant, address(escrow), call);
        assertEq(reason, ISettlementEscrow.InvalidSignature.selector, "the payer alone releases");
    }

    function _dispute(Dice memory dice, Deal storage deal) private {
        bytes memory call = abi.encodeCall(ISettlementEscrow.dispute, (deal.terms));
        bool success = _own(dice, deal.terms.payer, address(escrow), call);
        assertTrue(success, "the payer disputes in time, whatever the banks do");
        deal.status = PaymentStatus.Disputed;
        _review(deal);
    }

    /// @dev What a bank may do while money is under way, and what never stops the payer's way back: a pause, a payer or
    /// a dealer that is no longer allowed, an escrow into which nothing flows any more.
    function _hinder(Dice memory dice, Payment memory terms) private {
        address token = dice.oneIn(2) ? terms.sourceToken : terms.targetToken;
        uint256 way = dice.roll(6);
        if (way == 0 && !IDepositToken(token).paused()) {
            _tokenOffice(dice, token, abi.encodeCall(IDepositTokenExt.pause, ()));
        }
        if (way == 1) _refuse(dice, terms.sourceToken, terms.payer);
        if (way == 2 && terms.dealer != address(0)) _refuse(dice, token, terms.dealer);
        if (way == 3) _stop(dice, token);
    }

    function _stop(Dice memory dice, address token) internal {
        if (IDepositToken(token).systemStatusOf(address(escrow)) != SystemStatus.Active) return;
        _tokenOffice(dice, token, abi.encodeCall(IDepositTokenExt.stopSystemAccount, (address(escrow))));
    }

    /// @dev The bank lets the customer go, or blocks it.
    function _refuse(Dice memory dice, address token, address wallet) internal {
        if (!_isAllowed(token, wallet)) return;
        if (dice.oneIn(2)) _registryOffice(dice, token, abi.encodeCall(IAllowlistRegistry.revoke, (wallet)));
        else _registryOffice(dice, token, abi.encodeCall(IAllowlistRegistry.blockWallet, (wallet, "LEGL")));
    }

    function _return(Deal storage deal, PaymentStatus status) private {
        _bookReturn(deal, status);
        _review(deal);
    }

    /// @dev A capture in the merchant's favour.
    function _bookPayout(Deal storage deal, uint104 amount) private {
        assertFalse(_isBlocked(deal.terms.sourceToken, deal.terms.payer), "nothing is captured from a blocked payer");
        _bookCapture(deal, amount);
    }

    /// @dev All that is left, or a part of it that pays the merchant something if there is one.
    function _drawAmount(Dice memory dice, Deal storage deal) private view returns (uint104 amount) {
        uint104 left = deal.terms.sourceAmount - deal.captured;
        amount = dice.oneIn(2) ? left : uint104(dice.amount(uint256(left) + 1));
        if (amount < left && dice.roll(8) != 0 && !_canCapture(deal, amount)) amount = left;
    }

    /// @dev Whether the operator's capture succeeds, by the test's own books; `previewCapture` says the same.
    function _canCapture(Deal storage deal, uint104 amount) private view returns (bool possible) {
        possible =
            _isCapturable(deal) && block.timestamp >= deal.terms.captureFrom && amount != 0 && _pays(deal, amount);
        try escrow.previewCapture(deal.terms, deal.captured, amount) returns (uint256 paid, uint256 fee) {
            assertTrue(possible, "previewCapture allows what the books do not");
            (uint256 bookedPaid, uint256 bookedFee) = _payoutOf(deal, amount);
            assertEq(paid, bookedPaid, "what the merchant is promised");
            assertEq(fee, bookedFee, "what the fee receiver is promised");
        } catch {
            assertFalse(possible, "previewCapture refuses what the books allow");
        }
    }

    /// @dev What any capture in the merchant's favour needs: no more than is left, a payer under no legal block, and in
    /// two currencies something for the merchant unless it is the last.
    function _pays(Deal storage deal, uint104 amount) private view returns (bool) {
        uint104 left = deal.terms.sourceAmount - deal.captured;
        if (amount > left) return false;
        if (_isBlocked(deal.terms.sourceToken, deal.terms.payer)) return false;
        (uint256 paid,) = _payoutOf(deal, amount);
        return deal.terms.dealer == address(0) || paid != 0 || amount == left;
    }

    function _isDisputable(Deal storage deal) private view returns (bool) {
        return _isCapturable(deal) && deal.terms.arbiter != address(0);
    }

    function _isResolvable(Deal storage deal) private view returns (bool) {
        return deal.status == PaymentStatus.Disputed && block.timestamp < deal.terms.resolveBy;
    }
}
