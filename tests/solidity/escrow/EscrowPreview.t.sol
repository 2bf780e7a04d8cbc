// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {VmSafe} from "../../../node_modules/@layerzerolabs/toolbox-foundry/lib/forge-std/Vm.sol";

import "../support/BrokenPayments.sol";

contract EscrowPreviewTest is BrokenPayments {
    /// @dev All that an authorization brings.
    struct Order {
        Payment payment;
        bytes payerSignature;
        bytes dealerSignature;
        PaymentApproval approval;
    }

    /// @dev How many ways {_breakSignature} knows.
    uint256 private constant BROKEN_SIGNATURES = 5;

    /* CAPTURE */

    /// @dev Any amount at any stage: the preview says what the capture pays, or reverts with what it reverts with.
    function testFuzz_capture_pays_what_the_preview_says(
        uint104 sourceAmount,
        uint104 targetAmount,
        uint16 feeBps,
        uint104 captured,
        uint104 part
    ) public balanced {
        Payment memory payment = _twoCurrencies();
        payment.sourceAmount = uint104(bound(sourceAmount, 1_00, YEARLY_QUOTA));
        payment.targetAmount = uint104(bound(targetAmount, 1, STOCK));
        payment.feeBps = uint16(bound(feeBps, 0, 10_000));
        payment.feeReceiver = payment.feeBps == 0 ? address(0) : feeReceiver;
        _open(payment);
        _assertPreviewHolds(payment, uint104(bound(captured, 0, payment.sourceAmount)));
        _assertPreviewHolds(payment, uint104(bound(part, 0, uint256(payment.sourceAmount) + 1)));
    }

    function test_capture_preview_in_one_currency() public balanced {
        Payment memory payment = _disputableInOneCurrency();
        _open(payment);
        (uint256 merchantAmount, uint256 fee) = escrow.previewCapture(payment, 0, 40_00);
        assertEq(merchantAmount, 39_60);
        assertEq(fee, 40);
        vm.prank(stranger);
        (merchantAmount, fee) = escrow.previewCapture(payment, 0, 40_00);
        assertEq(merchantAmount, 39_60, "whoever asks");
    }

    function test_capture_preview_reverts_as_the_capture_would() public balanced {
        Payment memory payment = _disputable();
        (payment.captureFrom, payment.targetAmount) = (uint40(block.timestamp + 1 days), 2);
        _expectNoPreview(payment, 50_00, _wrongStatus(payment, PaymentStatus.None, PaymentStatus.Authorized));
        _open(payment);
        _expectNoPreview(payment, 50_00, EscrowReverts.tooEarly(block.timestamp, payment.captureFrom));
        vm.warp(payment.captureFrom);
        _expectNoPreview(payment, 1, 50_00, EscrowReverts.captureOutOfPlace(1, 0));
        _expectNoPreview(payment, 0, EscrowReverts.zeroAmount());
        _expectNoPreview(payment, 100_01, EscrowReverts.amountExceeds(100_01, 100_00));
        _expectNoPreview(payment, 49_99, EscrowReverts.nothingForMerchant(49_99));
        eurBank.registry.blockWallet(payer, LEGAL);
        _expectNoPreview(payment, 50_00, EscrowReverts.payerBlocked(payer));
        eurBank.registry.unblockWallet(payer);
        vm.warp(payment.captureBy);
        _expectNoPreview(payment, 50_00, EscrowReverts.tooLate(payment.captureBy, payment.captureBy));
        vm.warp(payment.captureBy - 1);
        _dispute(payment);
        _expectNoPreview(payment, 50_00, _wrongStatus(payment, PaymentStatus.Disputed, PaymentStatus.Authorized));
    }

    /* AUTHORIZE: GOOD */

    function test_authorize_preview_of_a_good_payment_is_empty() public balanced {
        Order memory order = _order(_disputable());
        assertEq(_preview(order), "");
        _open(order.payment);
    }

    function test_authorize_preview_in_one_currency() public balanced {
        assertEq(_preview(_order(_disputableInOneCurrency())), "");
    }

    function test_authorize_preview_with_the_banks_approval() public balanced {
        _needApproval();
        Order memory order = _order(_disputable());
        order.approval = _approval(eurBank, escrow.paymentId(order.payment), order.payment.authorizeBy);
        assertEq(_preview(order), "");
    }

    function test_authorize_preview_is_anybodys() public balanced {
        Order memory order = _order(_disputable());
        address[5] memory callers = [operator, payer, merchant, dealer, stranger];
        for (uint256 i = 0; i < callers.length; ++i) {
            vm.prank(callers[i]);
            (bool authorized, bytes memory refusal) =
                escrow.previewAuthorize(order.payment, order.payerSignature, order.dealerSignature, order.approval);
            assertTrue(authorized);
            assertEq(refusal, "");
        }
    }

    /* AUTHORIZE: NO TRACE */

    function test_authorize_preview_leaves_no_trace() public balanced {
        Order memory order = _order(_disputable());
        bytes32 id = escrow.paymentId(order.payment);
        vm.startStateDiffRecording();
        assertEq(_preview(order), "");
        _assertNothingWritten(vm.stopAndReturnStateDiff());

        _assertState(id, PaymentStatus.None, 0, 0);
        assertEq(eur.balanceOf(payer), 100_000_00);
        assertEq(eur.balanceOf(address(escrow)), 0);
        assertEq(hkd.balanceOf(address(escrow)), STOCK);
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK);
        assertEq(_remainingQuota(), YEARLY_QUOTA);
        assertFalse(eur.authorizationState(payer, id));
        // The same signatures are good for the payment itself.
        _open(order.payment);
    }

    function test_authorize_preview_of_a_broken_payment_leaves_no_trace() public balanced {
        Order memory order = _order(_disputable());
        order.payerSignature = "";
        vm.startStateDiffRecording();
        _preview(order);
        _assertNothingWritten(vm.stopAndReturnStateDiff());
    }

    /* AUTHORIZE: BROKEN */

    function test_authorize_preview_of_broken_terms() public balanced {
        for (uint256 i = 0; i < BROKEN_TERMS; ++i) {
            (Payment memory payment, bytes memory reason) = _breakTerms(i);
            _assertRefused(_order(payment), reason, i);
        }
    }

    function test_authorize_preview_where_a_bank_refuses() public balanced {
        uint256 before = vm.snapshotState();
        for (uint256 i = 0; i < BROKEN_SURROUNDINGS; ++i) {
            (Payment memory payment, bytes memory reason) = _breakSurroundings(i);
            _assertRefused(_order(payment), reason, i);
            vm.revertToState(before);
        }
    }

    function test_authorize_preview_of_broken_signatures() public balanced {
        uint256 before = vm.snapshotState();
        for (uint256 i = 0; i < BROKEN_SIGNATURES; ++i) {
            (Order memory order, bytes memory reason) = _breakSignature(i);
            _assertRefused(order, reason, i);
            vm.revertToState(before);
        }
    }

    function test_authorize_preview_of_a_payer_who_cannot_pay() public balanced {
        uint256 before = vm.snapshotState();
        for (uint256 i = 0; i < BROKEN_PAYERS; ++i) {
            bytes memory reason = _breakPayer(i);
            vm.stopPrank();
            _assertRefused(_order(_disputable()), reason, i);
            vm.revertToState(before);
        }
    }

    function test_authorize_preview_of_a_payment_that_began() public balanced {
        Payment memory payment = _openDisputable();
        _assertRefused(_order(payment), _wrongStatus(payment, PaymentStatus.Authorized, PaymentStatus.None), 0);
        _dispute(payment);
        _assertRefused(_order(payment), _wrongStatus(payment, PaymentStatus.Disputed, PaymentStatus.None), 0);
        _resolve(payment, 40_00);
        _assertRefused(_order(payment), _wrongStatus(payment, PaymentStatus.Resolved, PaymentStatus.None), 0);
    }

    /// @dev A mistyped token.
    function test_authorize_preview_of_a_token_without_code_names_it() public balanced {
        Order memory order = _order(_disputable());
        order.payment.targetToken = stranger;
        _assertRefused(order, EscrowReverts.notDepositToken(stranger), 0);
    }

    /// @dev What only a hostile source token answers: a number that the payment's slot can't keep.
    function test_authorize_preview_of_a_generation_beyond_its_bits() public balanced {
        hostile.give(payer, 100_00);
        hostile.setConsumption(4096, 1);
        _assertRefused(_order(_outOfHostile()), EscrowReverts.generationTooGreat(4096, 4095), 0);
    }

    /* AUTHORIZE: WITHOUT SIGNATURES */

    function test_authorize_preview_names_the_first_signature_that_is_missing() public balanced {
        _needApproval();
        Order memory good = _order(_disputable());
        bytes32 id = escrow.paymentId(good.payment);
        good.approval = _approval(eurBank, id, good.payment.authorizeBy);
        Order memory order = _unsigned(good.payment);
        order.approval.validUntil = good.payment.authorizeBy;
        assertEq(_preview(order), TokenReverts.invalidSignature());
        order.payerSignature = good.payerSignature;
        assertEq(_preview(order), EscrowReverts.invalidSignature(dealer, id));
        order.dealerSignature = good.dealerSignature;
        assertEq(
            _preview(order),
            EscrowReverts.invalidSignature(eurBank.approver, escrow.approvalDigest(id, order.approval.validUntil))
        );
        order.approval = good.approval;
        assertEq(_preview(order), "");
    }

    /// @dev A platform asks before it has anybody sign.
    function test_authorize_preview_without_signatures_says_what_else_is_wrong() public balanced {
        for (uint256 i = 0; i < BROKEN_TERMS; ++i) {
            (Payment memory payment, bytes memory reason) = _breakTerms(i);
            assertEq(_preview(_unsigned(payment)), reason, string.concat("terms ", vm.toString(i)));
        }
        uint256 before = vm.snapshotState();
        for (uint256 i = 0; i < BROKEN_SURROUNDINGS; ++i) {
            (Payment memory payment, bytes memory reason) = _breakSurroundings(i);
            assertEq(_preview(_unsigned(payment)), reason, string.concat("surroundings ", vm.toString(i)));
            vm.revertToState(before);
        }
    }

    /* STATE */

    function test_paymentState_tells_each_status() public balanced {
        Payment memory payment = _disputable();
        bytes32 id = escrow.paymentId(payment);
        _assertFullState(id, PaymentState(PaymentStatus.None, 0, 0, 0, 0));
        _open(payment);
        uint32 ref = 0x010207ea; // From zone 1 to zone 2 in the year 2026.
        _assertFullState(id, PaymentState(PaymentStatus.Authorized, 0, 0, 1, ref));
        _capture(payment, 20_00);
        _assertFullState(id, PaymentState(PaymentStatus.Authorized, 20_00, 0, 1, ref));
        _refund(payment, _quote(payment, 0, 5_00));
        _assertFullState(id, PaymentState(PaymentStatus.Authorized, 20_00, 42_50, 1, ref));
        _dispute(payment);
        _assertFullState(id, PaymentState(PaymentStatus.Disputed, 20_00, 42_50, 1, ref));

        uint256 before = vm.snapshotState();
        _resolve(payment, 30_00);
        _assertFullState(id, PaymentState(PaymentStatus.Resolved, 50_00, 42_50, 1, ref));
        vm.revertToState(before);
        _release(payment);
        _assertFullState(id, PaymentState(PaymentStatus.Captured, 100_00, 42_50, 1, ref));
        vm.revertToState(before);
        vm.prank(merchant);
        escrow.void(payment);
        _assertFullState(id, PaymentState(PaymentStatus.Voided, 20_00, 42_50, 1, ref));
        vm.revertToState(before);
        vm.warp(payment.resolveBy);
        escrow.reclaim(payment);
        _assertFullState(id, PaymentState(PaymentStatus.Reclaimed, 20_00, 42_50, 1, ref));
    }

    /* HELP */

    /// @dev What is wrong with what was signed.
    function _breakSignature(uint256 way) private returns (Order memory order, bytes memory) {
        order = _order(_disputable());
        bytes32 id = escrow.paymentId(order.payment);
        if (way == 0) {
            order.dealerSignature = _sign(merchantKey, id);
            return (order, EscrowReverts.invalidSignature(dealer, id));
        }
        if (way == 1) {
            order.payerSignature = "";
            return (order, TokenReverts.invalidSignature());
        }
        if (way == 2) {
            bytes32 structHash = keccak256(abi.encode(eur.CANCEL_AUTHORIZATION_TYPEHASH(), payer, id));
            bytes32 digest = keccak256(abi.encodePacked(hex"1901", eur.DOMAIN_SEPARATOR(), structHash));
            eur.cancelAuthorization(payer, id, _sign(payerKey, digest));
            return (order, TokenReverts.usedAuthorization(payer, id));
        }
        _needApproval();
        if (way == 3) {
            order.approval = _approval(hkdBank, id, order.payment.authorizeBy);
            return (
                order,
                EscrowReverts.invalidSignature(eurBank.approver, escrow.approvalDigest(id, order.payment.authorizeBy))
            );
        }
        order.approval = _approval(eurBank, id, uint40(START));
        return (order, EscrowReverts.tooLate(START, START));
    }

    /// @dev With every signature that it needs, but for the bank's approval.
    function _order(Payment memory payment) private view returns (Order memory) {
        return Order(payment, _payerSignature(payment), _dealerSignature(payment), _noApproval());
    }

    function _unsigned(Payment memory payment) private pure returns (Order memory) {
        return Order(payment, "", "", _noApproval());
    }

    /// @dev What a stranger's preview says: nothing exactly if it says yes.
    function _preview(Order memory order) private returns (bytes memory refusal) {
        bool authorized;
        vm.prank(stranger);
        (authorized, refusal) =
            escrow.previewAuthorize(order.payment, order.payerSignature, order.dealerSignature, order.approval);
        assertEq(authorized, refusal.length == 0, "says yes without a refusal");
    }

    /// @dev Preview and authorization give the same bytes.
    function _assertRefused(Order memory order, bytes memory reason, uint256 way) private {
        assertEq(_preview(order), reason, string.concat("preview ", vm.toString(way)));
        assertEq(_refusal(order), reason, string.concat("authorize ", vm.toString(way)));
    }

    /// @dev What the operator's authorization reverts with, which it must.
    function _refusal(Order memory order) private returns (bytes memory reason) {
        bool success;
        vm.prank(operator);
        (success, reason) = address(escrow)
            .call(
                abi.encodeCall(
                    escrow.authorize, (order.payment, order.payerSignature, order.dealerSignature, order.approval)
                )
            );
        assertFalse(success);
    }

    /// @dev Every write was undone; there were some.
    function _assertNothingWritten(VmSafe.AccountAccess[] memory accesses) private pure {
        uint256 writes = 0;
        for (uint256 i = 0; i < accesses.length; ++i) {
            VmSafe.StorageAccess[] memory storageAccesses = accesses[i].storageAccesses;
            for (uint256 j = 0; j < storageAccesses.length; ++j) {
                if (!storageAccesses[j].isWrite) continue;
                ++writes;
                assertTrue(storageAccesses[j].reverted);
            }
        }
        assertGt(writes, 0);
    }

    /// @dev The preview gives the amounts that the operator's capture then pays, or the bytes that it reverts with.
    function _assertPreviewHolds(Payment memory payment, uint104 sourceAmount) private {
        uint256 merchantBefore = hkd.balanceOf(merchant);
        uint256 feesBefore = hkd.balanceOf(feeReceiver);
        uint104 before = _captured(payment);
        (bool previewed, bytes memory preview) =
            address(escrow).staticcall(abi.encodeCall(escrow.previewCapture, (payment, before, sourceAmount)));
        vm.prank(operator);
        (bool captured, bytes memory answer) =
            address(escrow).call(abi.encodeCall(escrow.capture, (payment, before, sourceAmount)));
        assertEq(previewed, captured);
        if (!captured) {
            assertEq(preview, answer);
            return;
        }
        (uint256 merchantAmount, uint256 fee) = abi.decode(preview, (uint256, uint256));
        assertEq(hkd.balanceOf(merchant), merchantBefore + merchantAmount, "merchant");
        assertEq(hkd.balanceOf(feeReceiver), feesBefore + fee, "fee");
    }

    function _expectNoPreview(Payment memory payment, uint104 sourceAmount, bytes memory reason) private {
        _expectNoPreview(payment, 0, sourceAmount, reason);
    }

    function _expectNoPreview(Payment memory payment, uint104 capturedBefore, uint104 sourceAmount, bytes memory reason)
        private
    {
        vm.expectRevert(reason);
        escrow.previewCapture(payment, capturedBefore, sourceAmount);
        vm.expectRevert(reason);
        vm.prank(payment.operator);
        escrow.capture(payment, capturedBefore, sourceAmount);
    }

    function _assertFullState(bytes32 id, PaymentState memory expected) private view {
        assertEq(abi.encode(escrow.paymentState(id)), abi.encode(expected));
    }
}
