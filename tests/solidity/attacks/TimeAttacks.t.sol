// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./EscrowAttacks.sol";

/// @notice Somebody acts a second too early or too late, moves the clock by a second, or fills blocks so that another
/// misses its deadline.
contract TimeAttacksTest is EscrowAttacks {
    /* EACH DEADLINE, A SECOND BEFORE, AT, AND A SECOND AFTER IT */

    /// @notice The bank's approval, and the standing of payer, dealer and merchant.
    function test_boundaries_of_authorize() public balanced {
        _needApproval();
        Payment memory payment = _disputable();
        bytes memory call = _authorizing(payment, payment.authorizeBy + 2);
        _assertUntil(payment.authorizeBy, operator, call);
        uint40 validUntil = payment.authorizeBy - 10;
        _assertUntil(validUntil, operator, _authorizing(payment, validUntil));

        uint40 reviewed = payment.authorizeBy - 20;
        uint256 state = vm.snapshotState();
        eurBank.registry.renew(payer, reviewed);
        _assertUntil(reviewed, operator, call, TokenReverts.cannotSend(payer));
        vm.revertToState(state);
        hkdBank.registry.renew(merchant, reviewed);
        _assertUntil(reviewed, operator, call, TokenReverts.cannotReceive(merchant));
        vm.revertToState(state);
        hkdBank.registry.renew(dealer, reviewed);
        bytes memory lapsed = TokenReverts.notDealer(dealer, reviewed, CustomerCategory.Dealer);
        _assertUntil(reviewed, operator, call, lapsed);
    }

    /// @notice Capture and release are possible or the payer's way back is, never both.
    function test_boundaries_of_capture() public balanced {
        Payment memory payment = _disputable();
        payment.captureFrom = uint40(block.timestamp + 1 days);
        bytes32 id = _open(payment);
        bytes memory capture = abi.encodeCall(escrow.capture, (payment, 0, 100_00));
        bytes memory reclaim = abi.encodeCall(escrow.reclaim, (payment));
        _assertFrom(payment.captureFrom, operator, capture);
        _assertUntil(payment.captureBy, operator, capture);
        _assertUntil(payment.captureBy, payer, abi.encodeCall(escrow.release, (payment)));
        _assertUntil(payment.captureBy, payer, abi.encodeCall(escrow.dispute, (payment)));
        _assertFrom(payment.captureBy, stranger, reclaim);

        uint40 deadline = payment.captureBy - 10;
        bytes memory signature = _sign(payerKey, escrow.releaseDigest(id, deadline));
        _assertUntil(deadline, stranger, abi.encodeCall(escrow.releaseWithSignature, (payment, deadline, signature)));
    }

    /// @notice The last word of arbiter and payer, or the payer's way back; the merchant can give up on either side.
    function test_boundaries_of_resolve() public balanced {
        Payment memory payment = _openDisputed();
        _assertUntil(payment.resolveBy, arbiter, abi.encodeCall(escrow.resolve, (payment, 40_00)));
        _assertUntil(payment.resolveBy, payer, abi.encodeCall(escrow.release, (payment)));
        _assertFrom(payment.resolveBy, stranger, abi.encodeCall(escrow.reclaim, (payment)));
        for (uint256 time = payment.resolveBy - 1; time <= payment.resolveBy + 1; ++time) {
            _assertDone(time, merchant, abi.encodeCall(escrow.void, (payment)));
        }
    }

    /// @notice refundBy and the quote's own deadline, in both forms of a refund.
    function test_boundaries_of_refund() public balanced {
        Payment memory payment = _openDisputable();
        _capture(payment, 100_00);
        vm.prank(merchant);
        hkd.approve(address(escrow), type(uint256).max);
        eurBank.registry.renew(dealer, payment.refundBy + 2);
        uint40[2] memory deadlines = [payment.refundBy, payment.refundBy - 10];
        for (uint256 i = 0; i < deadlines.length; ++i) {
            RefundQuote memory quote = _quote(payment, 0, 10_00);
            quote.deadline = i == 0 ? payment.refundBy + 2 : deadlines[i];
            bytes memory signature = _quoteSignature(quote);
            bytes memory consent = _merchantSignature(payment, quote);
            _assertUntil(deadlines[i], merchant, abi.encodeCall(escrow.refund, (payment, quote, signature)));
            bytes memory refund = abi.encodeCall(escrow.refundWithAuthorization, (payment, quote, consent, signature));
            _assertUntil(deadlines[i], operator, refund);
        }
    }

    /// @notice A customer's review that ended already, or ends this second, can't be entered nor renewed to.
    function test_boundaries_of_a_review() public {
        IAllowlistRegistry registry = eurBank.registry;
        uint40 time = uint40(block.timestamp);
        for (uint40 end = time - 1; end <= time; ++end) {
            vm.expectRevert(RegistryReverts.validityInPast(end, time));
            registry.register(stranger, CustomerCategory.Retail, GERMANY, end, 1099);
            vm.expectRevert(RegistryReverts.validityInPast(end, time));
            registry.renew(payer, end);
        }
        registry.register(stranger, CustomerCategory.Retail, GERMANY, time + 1, 1099);
        registry.renew(payer, time + 1);
        assertTrue(eur.canSend(payer));
        vm.warp(time + 1);
        assertFalse(eur.canSend(payer));
    }

    function test_a_clock_set_back_revives_nothing() public balanced {
        Payment memory payment = _openTwoCurrencies();
        vm.warp(payment.captureBy);
        escrow.reclaim(payment);
        vm.warp(payment.captureBy - 1);
        _expectCaptureRefused(payment, 100_00, _wrongStatus(payment, PaymentStatus.Reclaimed, PaymentStatus.Authorized));
        _assertUntouched();
    }

    /* FULL BLOCKS */

    /// @notice Nor can the payer release or dispute: it has it back without an arbiter.
    function test_blocks_stuffed_until_captureBy_cost_the_merchant_what_was_not_captured() public balanced {
        Payment memory payment = _openDisputable();
        bytes memory signature = _sign(payerKey, escrow.releaseDigest(escrow.paymentId(payment), payment.resolveBy));
        bytes memory release = abi.encodeCall(escrow.releaseWithSignature, (payment, payment.resolveBy, signature));
        _capture(payment, 60_00);
        vm.warp(payment.captureBy);
        bytes memory tooLate = _tooLate(payment.captureBy, payment.captureBy);
        _expectCaptureRefused(payment, 40_00, tooLate);
        _refused(operator, release, tooLate);
        _refused(payer, abi.encodeCall(escrow.dispute, (payment)), tooLate);
        _assertRestGoesBack(payment);
    }

    /// @notice What was captured before the dispute stays the merchant's.
    function test_blocks_stuffed_until_resolveBy_cost_the_merchant_the_disputed_rest() public balanced {
        Payment memory payment = _openDisputable();
        _capture(payment, 60_00);
        _dispute(payment);
        vm.warp(payment.resolveBy);
        bytes memory tooLate = _tooLate(payment.resolveBy, payment.resolveBy);
        _refused(arbiter, abi.encodeCall(escrow.resolve, (payment, 40_00)), tooLate);
        _assertRestGoesBack(payment);
    }

    /// @notice No stuffing lasts long enough to miss what has no deadline: reclaim, void, claim and withdraw.
    function test_what_gives_back_has_no_deadline() public balanced {
        Payment memory first = _openDisputable();
        Payment memory second = _openOneCurrency();
        vm.warp(block.timestamp + 36_500 days);
        escrow.reclaim(first);
        _void(second);
        assertEq(escrow.claimableOf(address(eur), payer), 200_00, "its review ended long ago");
        eurBank.registry.renew(payer, uint40(block.timestamp + 1));
        hkdBank.registry.renew(dealer, uint40(block.timestamp + 1));
        escrow.claim(address(eur), payer);
        vm.prank(dealer);
        escrow.withdraw(address(hkd), STOCK);
        assertEq(eur.balanceOf(payer), 100_000_00);
        assertEq(hkd.balanceOf(dealer), STOCK);
    }

    /* HELP */

    /// @dev 40.00 of 100.00. Who stuffed the blocks gets no more than anybody by it: the payer is paid whoever comes.
    function _assertRestGoesBack(Payment memory payment) private {
        vm.prank(stranger);
        escrow.reclaim(payment);
        _assertMoney(99_940_00, 504_90, 60_00, STOCK - 510_00);
        assertEq(hkd.balanceOf(feeReceiver), 5_10);
    }

    function _authorizing(Payment memory payment, uint40 validUntil) private view returns (bytes memory) {
        PaymentApproval memory approval = _approval(eurBank, escrow.paymentId(payment), validUntil);
        return
            abi.encodeCall(escrow.authorize, (payment, _payerSignature(payment), _dealerSignature(payment), approval));
    }

    /// @dev Possible the second before, {TooLate} at the second and after it.
    function _assertUntil(uint40 deadline, address caller, bytes memory call) private {
        _assertDone(deadline - 1, caller, call);
        _assertRefused(deadline, caller, call, _tooLate(deadline, deadline));
        _assertRefused(uint256(deadline) + 1, caller, call, _tooLate(uint256(deadline) + 1, deadline));
    }

    /// @dev The same with another reason.
    function _assertUntil(uint40 deadline, address caller, bytes memory call, bytes memory reason) private {
        _assertDone(deadline - 1, caller, call);
        _assertRefused(deadline, caller, call, reason);
        _assertRefused(uint256(deadline) + 1, caller, call, reason);
    }

    /// @dev {TooEarly} the second before, possible at the second and after it.
    function _assertFrom(uint40 from, address caller, bytes memory call) private {
        uint256 before = uint256(from) - 1;
        _assertRefused(before, caller, call, EscrowReverts.tooEarly(before, from));
        _assertDone(from, caller, call);
        _assertDone(uint256(from) + 1, caller, call);
    }

    /// @dev Undone afterwards.
    function _assertDone(uint256 time, address caller, bytes memory call) private {
        uint256 state = vm.snapshotState();
        vm.warp(time);
        _done(caller, call);
        vm.revertToStateAndDelete(state);
    }

    function _assertRefused(uint256 time, address caller, bytes memory call, bytes memory reason) private {
        uint256 present = block.timestamp;
        vm.warp(time);
        _refused(caller, call, reason);
        vm.warp(present);
    }
}
