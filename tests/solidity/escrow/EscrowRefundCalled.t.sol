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
        _mint(hkdBank, merchant, 8_50);
        _bring(payment, _quote(payment, 0, 30_00));
        _refund(payment, _quote(payment, 255_00, 30_00));
        _bring(payment, _quote(payment, 510_00, 40_00));
        assertEq(hkd.balanceOf(merchant), 0);
        assertEq(eur.balanceOf(payer), 100_000_00);
        _assertState(escrow.paymentId(payment), PaymentStatus.Captured, 100_00, 850_00);
    }

    /* CALLER */

    /// @dev The operator neither: an allowance to the escrow must not be its to spend.
    function test_by_the_merchant_only() public balanced {
        Payment memory payment = _openCaptured();
        RefundQuote memory quote = _quote(payment, 0, 40_00);
        bytes memory dealerSignature = _quoteSignature(quote);
        address[5] memory others = [operator, payer, dealer, hkNeighbour, stranger];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(EscrowReverts.notAllowed(others[i], merchant));
            vm.prank(others[i]);
            escrow.refund(payment, quote, dealerSignature);
        }
    }

    /// @dev Nor is it a stranger's, under terms that name him as the merchant's stand-in.
    function test_by_no_merchant_of_other_terms() public balanced {
        Payment memory payment = _openCaptured();
        payment.merchant = hkNeighbour;
        _expectRefused(
            payment,
            _quote(payment, 0, 40_00),
            EscrowReverts.wrongStatus(escrow.paymentId(payment), PaymentStatus.None, PaymentStatus.Captured)
        );
    }

    /* ALLOWANCE */

    function test_spends_the_allowance() public balanced {
        Payment memory payment = _openCaptured();
        _approve(0);
        _expectRefused(payment, _quote(payment, 0, 40_00), _allowanceTooLow(0, 340_00));
        _approve(339_99);
        _expectRefused(payment, _quote(payment, 0, 40_00), _allowanceTooLow(339_99, 340_00));
        _approve(340_00);
        _bring(payment, _quote(payment, 0, 40_00));
        assertEq(hkd.allowance(merchant, address(escrow)), 0);
        assertEq(hkd.balanceOf(merchant), 501_50);
    }

    /* HELP */

    function _approve(uint256 amount) private {
        vm.prank(merchant);
        hkd.approve(address(escrow), amount);
    }

    function _allowanceTooLow(uint256 found, uint256 needed) private view returns (bytes memory) {
        return TokenReverts.insufficientAllowance(address(escrow), found, needed);
    }
}
