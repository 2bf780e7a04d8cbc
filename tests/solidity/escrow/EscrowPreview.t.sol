// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {VmSafe} from "../../../node_modules/@layerzerolabs/toolbox-foundry/lib/forge-std/Vm.sol";

import "../support/Beginnings.sol";

/// @notice What is asked before or after an act. What the preview says of a payment that can't begin is shown beside the
/// refusals themselves: {EscrowAuthorizeTest}, {EscrowRefusalsTest}; and of a capture: {EscrowCaptureTest}.
contract EscrowPreviewTest is Beginnings {
    /* CAPTURE */

    /// @dev Any amount at any stage: the preview says what the capture pays, or reverts with what it reverts with.
    function testFuzz_capture_pays_what_the_preview_says(
        uint104 sourceAmount,
        uint104 targetAmount,
        uint16 feeBps,
        uint104 captured,
        uint104 part
    ) public balanced {
        Payment memory payment = _fuzzed(sourceAmount, targetAmount, feeBps);
        _open(payment);
        _assertPreviewHolds(payment, uint104(bound(captured, 0, payment.sourceAmount)));
        _assertPreviewHolds(payment, uint104(bound(part, 0, uint256(payment.sourceAmount) + 1)));
    }

    /* AUTHORIZE */

    function test_authorize_preview_of_a_good_payment_is_empty_for_its_operator_too() public balanced {
        Payment[2] memory payments = [_disputable(), _disputableInOneCurrency()];
        for (uint256 i = 0; i < 2; ++i) {
            assertEq(_preview(_order(payments[i])), "");
            bytes memory answer =
                _done(operator, address(escrow), _opening(escrow.previewAuthorize.selector, payments[i]));
            assertEq(answer, abi.encode(true, ""));
        }
    }

    /// @dev Nor does that of a broken one. The same signatures are good for the payment itself.
    function test_authorize_preview_leaves_no_trace() public balanced {
        Order memory order = _order(_disputable());
        vm.startStateDiffRecording();
        assertEq(_preview(order), "");
        _assertNothingWritten(vm.stopAndReturnStateDiff());
        vm.startStateDiffRecording();
        _preview(_unsigned(order.payment));
        _assertNothingWritten(vm.stopAndReturnStateDiff());
        _assertState(escrow.paymentId(order.payment), PaymentStatus.None, 0, 0);
        _open(order.payment);
    }

    function test_authorize_preview_of_a_payment_that_began() public balanced {
        Payment memory payment = _openTwoCurrencies();
        bytes memory refusal = _wrongStatus(payment, PaymentStatus.Authorized, PaymentStatus.None);
        _assertRefused("began", payment, refusal);
        assertEq(_preview(_unsigned(payment)), refusal);
    }

    /* HELP */

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
        (bool captured, bytes memory answer) = address(escrow).call(_capturing(payment, before, sourceAmount));
        assertEq(previewed, captured);
        if (!captured) {
            assertEq(preview, answer);
            return;
        }
        (uint256 merchantAmount, uint256 fee) = abi.decode(preview, (uint256, uint256));
        assertEq(hkd.balanceOf(merchant), merchantBefore + merchantAmount, "merchant");
        assertEq(hkd.balanceOf(feeReceiver), feesBefore + fee, "fee");
    }
}
