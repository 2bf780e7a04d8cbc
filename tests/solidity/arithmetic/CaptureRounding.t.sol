// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Edges} from "./Edges.sol";
import "./GreatAmounts.sol";

/// @notice However a payment is cut into captures, and at any amounts up to the greatest: each prefix has paid the floor
/// of its share, the fee is the floor of that, and the last capture pays the exact rest.
/// @dev Shares are computed here with 512 bits (`Math.mulDiv`), in the escrow with 256.
contract CaptureRoundingTest is GreatAmounts {
    uint16[4] private _edgesOfFee = [0, 1, 9_999, 10_000];

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

    /// @dev Neither order nor number of the parts matters: the same prefix has paid the same.
    function testFuzz_a_capture_in_two_parts_pays_what_one_pays(
        uint256 source,
        uint256 target,
        uint256 fee,
        uint256 whole,
        uint256 first
    ) public {
        Payment memory payment = _openAt(
            Edges.amount(source, 2, GREATEST), Edges.amount(target, 1, GREATEST), uint16(Edges.pick(fee, 0, 9_999))
        );
        uint104 both = Edges.amount(whole, 2, payment.sourceAmount);
        uint104 part = Edges.amount(first, 1, both - 1);
        vm.assume(
            _merchantsShare(payment, part) != 0 && _merchantsShare(payment, both) > _merchantsShare(payment, part)
        );
        uint256 state = vm.snapshotState();
        _capture(payment, both);
        (uint256 merchants, uint256 fees) = (hkd.balanceOf(merchant), hkd.balanceOf(feeReceiver));
        vm.revertToState(state);
        _capture(payment, part);
        _capture(payment, both - part);
        assertEq(hkd.balanceOf(merchant), merchants);
        assertEq(hkd.balanceOf(feeReceiver), fees);
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
        uint256 state = vm.snapshotState();
        for (uint256 s = 0; s < 4; ++s) {
            for (uint256 t = 0; t < 4; ++t) {
                for (uint256 f = 0; f < 4; ++f) {
                    _assertFeeOfAll(amounts[s], amounts[t], _edgesOfFee[f]);
                    vm.revertToState(state);
                }
            }
        }
    }

    function test_fees_of_the_greatest_amount() public {
        // 2^104 - 1 = 20,282,409,603,651,670,423,947,251,286,015.
        Payment memory payment = _openAt(GREATEST, GREATEST, 1);
        _capture(payment, GREATEST);
        assertEq(hkd.balanceOf(feeReceiver), 2_028_240_960_365_167_042_394_725_128);
        assertEq(hkd.balanceOf(merchant), 20_280_381_362_691_305_256_904_856_560_887);
    }

    /// @dev One unit for the greatest amount: of all but the last source unit nothing falls due, and with the last all.
    function test_one_target_unit_falls_due_with_the_last_source_unit() public balanced {
        Payment memory payment = _openAt(GREATEST, 1, 0);
        _expectNothingForMerchant(payment, GREATEST - 1);
        _capture(payment, GREATEST);
        assertEq(hkd.balanceOf(merchant), 1);
        assertEq(escrow.inventoryOf(dealer, address(eur)), GREATEST);
    }

    function test_every_source_unit_pays_where_it_is_worth_the_greatest_amount() public balanced {
        Payment memory payment = _openAt(2, GREATEST, 0);
        _capture(payment, 1);
        // GREATEST is odd: half of it, rounded down, and then the exact rest.
        assertEq(hkd.balanceOf(merchant), (GREATEST - 1) / 2);
        _capture(payment, 1);
        assertEq(hkd.balanceOf(merchant), GREATEST);
    }

    function _assertFeeOfAll(uint104 source, uint104 target, uint16 feeBps) private {
        Payment memory payment = _openAt(source, target, feeBps);
        uint256 fee = Math.mulDiv(target, feeBps, 10_000);
        (uint256 merchantAmount, uint256 previewedFee) = escrow.previewCapture(payment, 0, source);
        _capture(payment, source);
        assertEq(previewedFee, fee, "fee of the preview");
        assertEq(merchantAmount, target - fee, "merchant of the preview");
        assertEq(hkd.balanceOf(feeReceiver), fee, "fee");
        assertEq(hkd.balanceOf(merchant), target - fee, "merchant");
    }

    /// @dev Captures an edge of what is left, unless that would pay the merchant nothing, which must be refused of all but
    /// the last.
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
