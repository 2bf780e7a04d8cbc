// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Edges} from "./Edges.sol";
import "./GreatAmounts.sol";

/// @notice However a payment is cut into captures, and at any amounts up to the greatest: each prefix has paid the
/// floor of its share, the fee is the floor of that, and the last capture pays the exact rest.
/// @dev Shares are computed here with 512 bits (`Math.mulDiv`), in the escrow with 256.
contract CaptureRoundingTest is GreatAmounts {
    function testFuzz_each_prefix_of_two_currencies_pays_its_floor(
        uint256 source,
        uint256 target,
        uint256 fee,
        uint256[6] calldata parts
    ) public balanced {
        Payment memory payment = _openAt(
            Edges.amount(source, 1, GREATEST), Edges.amount(target, 1, GREATEST), uint16(Edges.pick(fee, 0, 9_999))
        );
        uint104 captured = 0;
        for (uint256 i = 0; i < parts.length; ++i) {
            captured = _captureOrRefused(payment, captured, parts[i]);
            _assertPaid(payment, captured);
        }
        // The rest at once, be it too little to pay the merchant anything.
        if (captured != payment.sourceAmount) _capture(payment, payment.sourceAmount - captured);
        assertEq(_paidInAll(), payment.targetAmount, "the last capture pays the exact rest");
        _assertPaid(payment, payment.sourceAmount);
    }

    function testFuzz_each_prefix_of_one_currency_pays_itself(uint256 amount, uint256 fee, uint256[6] calldata parts)
        public
        balanced
    {
        Payment memory payment = _oneCurrency();
        payment.sourceAmount = Edges.amount(amount, 1, GREATEST);
        payment.targetAmount = payment.sourceAmount;
        payment.feeBps = uint16(Edges.pick(fee, 0, 10_000));
        payment.feeReceiver = payment.feeBps == 0 ? address(0) : feeReceiver;
        _open(payment);
        uint104 captured = 0;
        for (uint256 i = 0; i < parts.length && captured < payment.sourceAmount; ++i) {
            uint104 left = payment.sourceAmount - captured;
            uint104 part = i == parts.length - 1 ? left : Edges.amount(parts[i], 1, left);
            _capture(payment, part);
            captured += part;
            uint256 fees = Math.mulDiv(captured, payment.feeBps, 10_000);
            assertEq(eur.balanceOf(feeReceiver), fees, "fee");
            assertEq(eur.balanceOf(neighbour), captured - fees, "merchant");
            assertEq(eur.balanceOf(address(escrow)), payment.sourceAmount - captured, "held");
        }
        _assertState(escrow.paymentId(payment), PaymentStatus.Captured, payment.sourceAmount, 0);
    }

    /// @dev The least and the greatest amounts and fees beside each other, captured at once.
    function test_fees_at_the_edges_of_amounts_and_rates() public {
        uint104[4] memory amounts = [1, 2, GREATEST - 1, GREATEST];
        uint16[4] memory fees = [0, 1, 9_999, 10_000];
        uint256 state = vm.snapshotState();
        for (uint256 i = 0; i < 64; ++i) {
            (uint104 source, uint104 target) = (amounts[i / 16], amounts[i / 4 % 4]);
            Payment memory payment = _openAt(source, target, fees[i % 4]);
            uint256 fee = Math.mulDiv(target, fees[i % 4], 10_000);
            (uint256 merchantAmount, uint256 previewedFee) = escrow.previewCapture(payment, 0, source);
            assertEq(previewedFee, fee, "fee of the preview");
            assertEq(merchantAmount, target - fee, "merchant of the preview");
            _capture(payment, source);
            assertEq(hkd.balanceOf(feeReceiver), fee, "fee");
            assertEq(hkd.balanceOf(merchant), target - fee, "merchant");
            vm.revertToState(state);
        }
    }

    /// @dev One unit for the greatest amount: of all but the last source unit nothing falls due, and with the last all.
    function test_one_target_unit_falls_due_with_the_last_source_unit() public balanced {
        Payment memory payment = _openAt(GREATEST, 1, 0);
        _expectNothingForMerchant(payment, GREATEST - 1);
        _capture(payment, GREATEST);
        assertEq(hkd.balanceOf(merchant), 1);
        assertEq(escrow.inventoryOf(dealer, address(eur)), GREATEST);
    }

    /// @dev Captures an edge of what is left, unless that would pay the merchant nothing, which must be refused of all
    /// but the last.
    function _captureOrRefused(Payment memory payment, uint104 captured, uint256 seed) private returns (uint104) {
        uint104 left = payment.sourceAmount - captured;
        if (left == 0) return captured;
        uint104 part = Edges.amount(seed, 1, left);
        if (part != left && _merchantsShare(payment, captured + part) == _merchantsShare(payment, captured)) {
            _expectNothingForMerchant(payment, part);
            return captured;
        }
        _capture(payment, part);
        return captured + part;
    }

    function _assertPaid(Payment memory payment, uint104 captured) private view {
        uint256 target = Math.mulDiv(payment.targetAmount, captured, payment.sourceAmount);
        assertEq(_paidInAll(), target, "target side");
        assertEq(hkd.balanceOf(feeReceiver), Math.mulDiv(target, payment.feeBps, 10_000), "fee");
        assertEq(escrow.inventoryOf(dealer, address(eur)), captured, "dealer's source side");
        assertEq(escrow.paymentState(escrow.paymentId(payment)).captured, captured, "captured");
        assertEq(hkd.balanceOf(address(escrow)), stock - target, "what is left of the target side");
    }

    function _paidInAll() private view returns (uint256) {
        return hkd.balanceOf(merchant) + hkd.balanceOf(feeReceiver);
    }

    function _merchantsShare(Payment memory payment, uint256 captured) private pure returns (uint256) {
        uint256 target = Math.mulDiv(payment.targetAmount, captured, payment.sourceAmount);
        return target - Math.mulDiv(target, payment.feeBps, 10_000);
    }

    function _expectNothingForMerchant(Payment memory payment, uint104 amount) private {
        _expectCaptureRefused(payment, amount, EscrowReverts.nothingForMerchant(amount));
    }
}
