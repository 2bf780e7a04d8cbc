// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./EscrowSystem.sol";

/// @notice The escrow and payments that can be disputed: with an arbiter and a fee of 1 %.
abstract contract DisputeSystem is EscrowSystem {
    bytes4 internal constant LEGAL = "LEGL";

    address internal arbiter = makeAddr("arbiter");

    /// @dev 100.00 EUR for 850.00 HKD, of which 8.50 are the fee; the arbiter has three days after captureBy.
    function _disputable() internal view returns (Payment memory) {
        return _withArbiter(_twoCurrencies());
    }

    /// @dev 100.00 EUR, of which 1.00 is the fee.
    function _disputableInOneCurrency() internal view returns (Payment memory) {
        return _withArbiter(_oneCurrency());
    }

    function _openDisputable() internal returns (Payment memory payment) {
        payment = _disputable();
        _open(payment);
    }

    function _openDisputed() internal returns (Payment memory payment) {
        payment = _openDisputable();
        _dispute(payment);
    }

    function _dispute(Payment memory payment) internal {
        vm.prank(payment.payer);
        escrow.dispute(payment);
    }

    function _resolve(Payment memory payment, uint104 sourceAmount) internal {
        vm.prank(payment.arbiter);
        escrow.resolve(payment, sourceAmount);
    }

    function _release(Payment memory payment) internal {
        vm.prank(payment.payer);
        escrow.release(payment);
    }

    function _wrongStatus(Payment memory payment, PaymentStatus found, PaymentStatus allowed)
        internal
        view
        returns (bytes memory)
    {
        return EscrowReverts.wrongStatus(escrow.paymentId(payment), found, allowed);
    }

    function _withArbiter(Payment memory payment) private view returns (Payment memory) {
        (payment.feeBps, payment.feeReceiver) = (100, feeReceiver);
        (payment.arbiter, payment.resolveBy) = (arbiter, payment.captureBy + 3 days);
        return payment;
    }
}
