// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./Corridors.sol";
import {Preparing} from "./Preparing.sol";

/// @notice Payments that are open, on their way to one of their four ends.
abstract contract PaymentHandler is Preparing, Corridors {
    function capture() external act {
        BookedPayment storage payment = _drawPayment(_isCapturable);
        _waitUntil(payment.terms.captureFrom);
        _heedParties(payment.terms);
        uint104 amount = _drawCapture(payment);
        bool possible = _canCapture(payment, amount);
        bool success = _own(operator, address(escrow), _captureCall(payment, amount));
        _bookPayout(payment, amount, success, possible);
    }

    /// @dev Captures of up to three new payments, the same again, and the batch in another one.
    function batch() external act {
        uint256[3] memory indices = [_open(), _open(), _open()];
        (uint104[3] memory amounts, bool[3] memory possible, bytes[] memory calls) =
            ([uint104(0), 0, 0], [false, false, false], new bytes[](3));
        for (uint256 i = 0; i < indices.length; ++i) {
            if (_roll(8) != 0) _waitUntil(payments[indices[i]].terms.captureFrom);
        }
        for (uint256 i = 0; i < indices.length; ++i) {
            amounts[i] = _drawCapture(payments[indices[i]]);
            calls[i] = _captureCall(payments[indices[i]], amounts[i]);
            possible[i] = _canCapture(payments[indices[i]], amounts[i]);
        }
        bytes memory call = abi.encodeCall(escrow.batch, (calls));
        // Everybody may call it, and captures nothing.
        if (_oneIn(8)) _try(_somebodyElse(operator), address(escrow), call);
        assertTrue(_try(operator, address(escrow), call), "a batch skips what fails");
        for (uint256 i = 0; i < indices.length; ++i) {
            if (indices[i] == 0) continue;
            _count("SettlementEscrow", escrow.capture.selector, possible[i], false);
            if (possible[i]) _bookCapture(payments[indices[i]], amounts[i]);
            _review(payments[indices[i]]);
        }
        // The same again captures nothing twice.
        if (_oneIn(8)) _try(operator, address(escrow), call);
        calls[0] = call;
        call = abi.encodeCall(escrow.batch, (calls));
        if (_oneIn(8)) _mustFail(operator, address(escrow), call, ISettlementEscrow.NotAnAct.selector);
    }

    /// @dev By the payer's own call or its signature; who gets the money can't sign for who pays it.
    function release() external act {
        BookedPayment storage payment = _drawPayment(_isReleasable);
        _heedParties(payment.terms);
        (uint104 left, address payer) = (_leftOf(payment), payment.terms.payer);
        bool possible = _pays(payment, left);
        bytes memory call = _releaseCall(payment, payment.terms.merchant);
        if (_oneIn(8)) _mustFail(_anybody(), address(escrow), call, ISettlementEscrow.InvalidSignature.selector);
        bool success = _oneIn(2)
            ? _own(payer, address(escrow), abi.encodeCall(escrow.release, (payment.terms)))
            : _once(_somebodyElse(payer), address(escrow), _releaseCall(payment, payer));
        _bookPayout(payment, left, success, possible);
    }

    function dispute() external act {
        _drawDisputed();
    }

    function resolve() external act {
        BookedPayment storage payment = _drawDisputed();
        uint104 amount = _oneIn(3) ? 0 : _drawCapture(payment);
        _hinder(payment.terms);
        if (amount != 0) _heedParties(payment.terms);
        bool possible = amount == 0 || _pays(payment, amount);
        bool success = _own(arbiter, address(escrow), abi.encodeCall(escrow.resolve, (payment.terms, amount)));
        assertEq(success, possible, "the arbiter divides, whatever the banks do but to block the payer");
        if (!success) return;
        if (amount != 0) _bookCapture(payment, amount);
        _return(payment, PaymentStatus.Resolved);
    }

    function void() external act {
        BookedPayment storage payment = _drawPayment(_isOpen);
        bytes memory call = abi.encodeCall(escrow.void, (payment.terms));
        if (_oneIn(8)) _mustFail(payment.terms.payer, address(escrow), call);
        _hinder(payment.terms);
        bool disputed = payment.status == PaymentStatus.Disputed;
        if (disputed) _mustFail(operator, address(escrow), call);
        address caller = _oneIn(2) && !disputed ? operator : payment.terms.merchant;
        assertTrue(_once(caller, address(escrow), call), "operator and merchant void, whatever the banks do");
        _return(payment, PaymentStatus.Voided);
    }

    function reclaim() external act {
        BookedPayment storage payment = _drawPayment(_isOpen);
        Payment memory terms = payment.terms;
        bytes memory call = abi.encodeCall(escrow.reclaim, (terms));
        uint40 from = payment.status == PaymentStatus.Disputed ? terms.resolveBy : terms.captureBy;
        if (block.timestamp < from && _oneIn(4)) _mustFail(terms.payer, address(escrow), call);
        _waitUntil(from);
        _hinder(terms);
        bool success = _once(_anybody(), address(escrow), call);
        assertTrue(success, "the payer's money is reclaimed once its time is over, whatever the banks do");
        _return(payment, PaymentStatus.Reclaimed);
    }

    function _captureCall(BookedPayment storage payment, uint104 amount) private view returns (bytes memory) {
        return abi.encodeCall(escrow.capture, (payment.terms, payment.captured, amount));
    }

    function _releaseCall(BookedPayment storage payment, address signer) private view returns (bytes memory) {
        uint40 deadline = uint40(block.timestamp + 1);
        bytes memory signature = _sign(signer, escrow.releaseDigest(payment.id, deadline));
        return abi.encodeCall(escrow.releaseWithSignature, (payment.terms, deadline, signature));
    }

    /// @dev All that is left, or a part of it that pays the merchant something if there is one.
    function _drawCapture(BookedPayment storage payment) private returns (uint104 amount) {
        uint104 left = _leftOf(payment);
        amount = _oneIn(2) ? left : uint104(_amount(uint256(left) + 1));
        if (amount < left && _roll(8) != 0 && !_canCapture(payment, amount)) amount = left;
    }

    /// @dev Whether the operator's capture succeeds, by the test's own books; `previewCapture` says the same.
    function _canCapture(BookedPayment storage payment, uint104 amount) private view returns (bool possible) {
        bool inTime = _isCapturable(payment) && block.timestamp >= payment.terms.captureFrom;
        possible = inTime && amount != 0 && _pays(payment, amount);
        try escrow.previewCapture(payment.terms, payment.captured, amount) returns (uint256 paid, uint256 fee) {
            assertTrue(possible, "previewCapture allows what the books do not");
            (uint256 bookedPaid, uint256 bookedFee) = _payout(payment, amount);
            assertEq(paid, bookedPaid, "what the merchant is promised");
            assertEq(fee, bookedFee, "what the fee receiver is promised");
        } catch {
            assertFalse(possible, "previewCapture refuses what the books allow");
        }
    }

    /// @dev What any capture in the merchant's favour needs: no more than is left, a payer under no legal block, and in
    /// two currencies something for the merchant unless it is the last.
    function _pays(BookedPayment storage payment, uint104 amount) private view returns (bool) {
        uint104 left = _leftOf(payment);
        if (amount > left || _isBlocked(payment.terms.sourceToken, payment.terms.payer)) return false;
        (uint256 paid,) = _payout(payment, amount);
        return payment.terms.dealer == address(0) || paid != 0 || amount == left;
    }

    function _bookPayout(BookedPayment storage payment, uint104 amount, bool success, bool possible) private {
        assertEq(success, possible, "what is left is paid out in time, whatever the banks do but to block the payer");
        if (success) _bookCapture(payment, amount);
        _review(payment);
    }

    /// @dev A payer's lapse stops nothing that is under way; a blocked one is mostly let go first. What a merchant
    /// can't receive is kept for it.
    function _heedParties(Payment memory terms) private {
        if (_oneIn(6)) _refuse(terms.sourceToken, terms.payer);
        if (_isBlocked(terms.sourceToken, terms.payer) && !_oneIn(6)) _welcome(terms.sourceToken, terms.payer);
        if (_oneIn(4)) _refuse(terms.targetToken, terms.merchant);
    }

    /// @dev What a bank may do while money is under way, and what never stops the payer's way back: a pause, a payer or
    /// a dealer that is no longer allowed, an escrow into which nothing flows any more.
    function _hinder(Payment memory terms) private {
        address token = _oneIn(2) ? terms.sourceToken : terms.targetToken;
        bool running = !IDepositToken(token).paused();
        if (running && _oneIn(6)) _byRole(token, abi.encodeCall(IDepositTokenExt.pause, ()));
        if (_oneIn(6)) _refuse(terms.sourceToken, terms.payer);
        if (_oneIn(6) && terms.dealer != address(0)) _refuse(token, terms.dealer);
        if (_oneIn(6)) _stop(token);
    }

    function _drawDisputed() private returns (BookedPayment storage payment) {
        payment = _drawPayment(_isArbitrable);
        if (payment.status == PaymentStatus.Disputed) return payment;
        bool success = _own(payment.terms.payer, address(escrow), abi.encodeCall(escrow.dispute, (payment.terms)));
        assertTrue(success, "the payer disputes in time, whatever the banks do");
        payment.status = PaymentStatus.Disputed;
        _review(payment);
    }

    function _return(BookedPayment storage payment, PaymentStatus status) private {
        _giveBack(payment.count, payment.terms.payer, _bookReturn(payment, status));
        _review(payment);
    }

    function _isReleasable(BookedPayment storage payment) private view returns (bool) {
        bool disputed = payment.status == PaymentStatus.Disputed;
        return _isCapturable(payment) || (disputed && block.timestamp < payment.terms.resolveBy);
    }

    function _isArbitrable(BookedPayment storage payment) private view returns (bool) {
        return _isReleasable(payment) && payment.terms.arbiter != address(0);
    }
}
