// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./EscrowRefund.t.sol";

/// @notice Refunds that the merchant calls itself, out of its allowance.
contract EscrowRefundCalledTest is EscrowRefundTest {
    function setUp() public override {
        super.setUp();
        _approve(type(uint256).max);
        vm.prank(neighbour);
        eur.approve(address(escrow), type(uint256).max);
    }

    function _order(Payment memory payment, RefundQuote memory quote, bytes memory dealerSignature)
        internal
        view
        override
        returns (address, bytes memory)
    {
        return (payment.merchant, abi.encodeCall(escrow.refund, (payment, quote, dealerSignature)));
    }

    function test_in_turn_with_refunds_by_signature() public balanced {
        Payment memory payment = _openCaptured();
        _bring(payment, _quote(payment, 0, 30_00));
        _refund(payment, _quote(payment, 255_00, 30_00));
        _bring(payment, _quote(payment, 510_00, 30_00));
        _assertFigures(payment, Figures(PaymentStatus.Captured, 100_00, 850_00, 8_50, 90_00, 765_00));
    }

    function test_spends_the_allowance() public balanced {
        Payment memory payment = _openCaptured();
        RefundQuote memory quote = _quote(payment, 0, 40_00);
        _approve(0);
        _assertRefused(payment, quote, TokenReverts.insufficientAllowance(address(escrow), 0, 340_00));
        _approve(339_99);
        _assertRefused(payment, quote, TokenReverts.insufficientAllowance(address(escrow), 339_99, 340_00));
        _approve(340_00);
        _bring(payment, quote);
        assertEq(hkd.allowance(merchant, address(escrow)), 0);
        assertEq(hkd.balanceOf(merchant), 501_50);
    }

    function _approve(uint256 amount) private {
        vm.prank(merchant);
        hkd.approve(address(escrow), amount);
    }
}
