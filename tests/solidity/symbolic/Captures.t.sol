// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./SymbolicBank.sol";

/// @notice What a capture pays, for any terms, any amounts of 104 bits, any fee and whatever was captured before.
/// @dev Bounds: one preview of a capture (`previewCapture`, which `capture` pays out) by the real escrow in whose
/// storage anything may stand; the source token is the bank's, the payer anyone. Solvers of bit vectors can't reason
/// about dividing by a symbolic number, not even of 4 bits: to them a quotient is an unknown function of both numbers.
/// So each check assumes the instances that it needs of the facts on quotients in lemmas.py, which are proven there for
/// all integers. Nothing overflows here: a product of two amounts has 208 bits.
contract CapturesProof is SymbolicBank {
    uint256 private constant BPS = 10_000;
    /// @dev Where the escrow keeps its payments, after two words of its EIP-712 domain.
    uint256 private constant PAYMENTS = 2;

    ISettlementEscrow private escrow;

    function setUp() public override {
        super.setUp();
        escrow = newSettlementEscrow();
        vm.setArbitraryStorage(address(escrow));
    }

    /// @notice A capture pays the difference of two floors: of the target amount's share after it and before it; the
    /// fee is the difference of the floors of the fee's share of both. So what a row of captures pays telescopes.
    /// @dev Full width, and no lemma.
    function check_capture_pays_the_difference_of_floors(Payment memory payment, uint104 amount) public {
        (bool paid, uint256 merchant, uint256 fee, uint256 captured) = _preview(payment, amount);
        if (!paid) return;
        uint256 before = _share(payment, captured);
        uint256 afterwards = _share(payment, captured + amount);
        unchecked {
            assert(merchant + fee == afterwards - before);
            assert(fee == _fee(payment, afterwards) - _fee(payment, before));
        }
    }

    /// @notice All captures together never pay more than the target amount nor capture more than the source amount, and
    /// each but the last pays the merchant of two currencies at least a unit.
    function check_captures_never_pay_more_than_the_target(Payment memory payment, uint104 amount) public {
        (bool paid, uint256 merchant, uint256 fee, uint256 captured) = _preview(payment, amount);
        if (!paid) return;
        assert(captured + amount <= payment.sourceAmount);
        assert(payment.dealer == address(0) || merchant != 0 || captured + amount == payment.sourceAmount);
        uint256 before = _share(payment, captured);
        uint256 afterwards = _share(payment, captured + amount);
        _assumeMonotone(before, afterwards);
        _assumeAtMostTarget(payment, captured + amount);
        unchecked {
            assert(before + merchant + fee == afterwards);
        }
        // With the two lemmas: what was paid only grows, and stays within the target amount.
        assert(before <= afterwards && afterwards <= payment.targetAmount);
    }

    /// @notice The capture of the last source unit pays the exact rest of the target amount, and of the fee.
    function check_the_last_capture_pays_the_exact_rest(Payment memory payment, uint104 amount) public {
        (bool paid, uint256 merchant, uint256 fee, uint256 captured) = _preview(payment, amount);
        if (!paid || captured + amount != payment.sourceAmount) return;
        _assumeExact(payment.targetAmount, payment.sourceAmount);
        uint256 before = _share(payment, captured);
        unchecked {
            assert(before + merchant + fee == payment.targetAmount);
            assert(_fee(payment, before) + fee == _fee(payment, payment.targetAmount));
        }
    }

    /// @notice A later capture of a payment in two currencies, with a fee, short of the last.
    function reach_previewCapture(Payment memory payment, uint104 amount) public {
        vm.assume(payment.dealer != address(0) && payment.feeBps != 0);
        (bool paid,,, uint256 captured) = _preview(payment, amount);
        assert(!paid || captured == 0 || captured + amount >= payment.sourceAmount);
    }

    /* THE ESCROW */

    function _preview(Payment memory payment, uint104 amount)
        private
        view
        returns (bool paid, uint256 merchant, uint256 fee, uint256 captured)
    {
        _assumeTerms(payment);
        captured = _slot(payment).captured();
        bytes memory answer;
        (paid, answer) =
            address(escrow).staticcall(abi.encodeCall(escrow.previewCapture, (payment, uint104(captured), amount)));
        if (paid) (merchant, fee) = abi.decode(answer, (uint256, uint256));
    }

    function _slot(Payment memory payment) private view returns (PaymentSlot) {
        bytes32 slot = keccak256(abi.encode(escrow.paymentId(payment), PAYMENTS));
        return PaymentSlot.wrap(uint256(vm.load(address(escrow), slot)));
    }

    /// @dev The payer's bank is this one; and what authorizing makes sure of.
    function _assumeTerms(Payment memory payment) private view {
        payment.sourceToken = address(token);
        vm.assume(payment.feeBps <= BPS && payment.sourceAmount != 0);
        vm.assume(payment.dealer != address(0) || payment.sourceAmount == payment.targetAmount);
    }

    /* THE FORMULA */

    /// @dev What the target side has paid once `part` of the source amount is captured.
    function _share(Payment memory payment, uint256 part) private pure returns (uint256) {
        if (payment.dealer == address(0) || part == 0) return part;
        unchecked {
            return payment.targetAmount * part / payment.sourceAmount;
        }
    }

    function _fee(Payment memory payment, uint256 target) private pure returns (uint256) {
        if (payment.feeBps == 0) return 0;
        unchecked {
            return target * payment.feeBps / BPS;
        }
    }

    /* LEMMAS */

    /// @dev `monotone` in lemmas.py, for a quotient of which the dividend does not shrink.
    function _assumeMonotone(uint256 before, uint256 afterwards) private pure {
        vm.assume(before <= afterwards);
    }

    /// @dev `at_most_whole` in lemmas.py.
    function _assumeAtMostTarget(Payment memory payment, uint256 part) private pure {
        vm.assume(part > payment.sourceAmount || _share(payment, part) <= payment.targetAmount);
    }

    /// @dev `exact` in lemmas.py, with the factors in either order.
    function _assumeExact(uint256 factor, uint256 divisor) private pure {
        unchecked {
            vm.assume(divisor == 0 || factor * divisor / divisor == factor);
            vm.assume(divisor == 0 || divisor * factor / divisor == factor);
        }
    }
}
