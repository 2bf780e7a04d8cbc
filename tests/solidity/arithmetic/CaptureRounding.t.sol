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
            Edges.amount(source, 1, GREATEST), Edges.amount(target, 1, GREATEST), uint16(Edges.pick(fee, 0, 10_000))
        );
        for (uint256 i = 0; i < parts.length; ++i) {
            uint104 left = payment.sourceAmount - _captured(payment);
            if (left != 0) _captureIfItPays(payment, Edges.amount(parts[i], 1, left));
            _assertPaid(payment);
        }
        // The rest at once, be it too little to pay the merchant anything.
        _captureIfItPays(payment, GREATEST);
        assertEq(_paidInAll(), payment.targetAmount, "the last capture pays the exact rest");
        _assertPaid(payment);
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

    /// @dev One unit for the greatest amount: of all but the last source unit nothing falls due, and with the last all.
    function test_one_target_unit_falls_due_with_the_last_source_unit() public balanced {
        Payment memory payment = _openAt(GREATEST, 1, 0);
        _expectCaptureRefused(payment, GREATEST - 1, EscrowReverts.nothingForMerchant(GREATEST - 1));
        _capture(payment, GREATEST);
        assertEq(hkd.balanceOf(merchant), 1);
        assertEq(escrow.inventoryOf(dealer, address(eur)), GREATEST);
    }

    function _assertPaid(Payment memory payment) private view {
        uint104 captured = _captured(payment);
        uint256 target = Math.mulDiv(payment.targetAmount, captured, payment.sourceAmount);
        assertEq(_paidInAll(), target, "target side");
        assertEq(hkd.balanceOf(feeReceiver), Math.mulDiv(target, payment.feeBps, 10_000), "fee");
        assertEq(escrow.inventoryOf(dealer, address(eur)), captured, "dealer's source side");
        assertEq(hkd.balanceOf(address(escrow)), stock - target, "what is left of the target side");
    }

    function _paidInAll() private view returns (uint256) {
        return hkd.balanceOf(merchant) + hkd.balanceOf(feeReceiver);
    }
}
