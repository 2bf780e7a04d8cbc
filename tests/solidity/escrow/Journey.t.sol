// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/BankSystem.sol";

/// @notice The thinnest path through all contracts: what the system is for.
contract JourneyTest is BankSystem {
    function test_payment_crosses_two_banks_and_two_currencies() public {
        _mint(eurBank, payer, 500_00);
        _stock(hkdBank, 5_000_00);
        Payment memory payment = _twoCurrencies();
        (payment.feeBps, payment.feeReceiver) = (100, feeReceiver);

        bytes32 id = _authorize(payment);
        assertEq(eur.balanceOf(payer), 400_00);
        assertEq(escrow.inventoryOf(dealer, address(hkd)), 4_150_00);

        vm.startPrank(operator);
        escrow.capture(payment, 0, 33_33);
        escrow.capture(payment, 33_33, 66_67);
        vm.stopPrank();
        assertEq(uint8(escrow.paymentState(id).status), uint8(PaymentStatus.Captured));
        assertEq(hkd.balanceOf(merchant), 841_50);
        assertEq(hkd.balanceOf(feeReceiver), 8_50);
        assertEq(escrow.inventoryOf(dealer, address(eur)), 100_00);

        RefundQuote memory quote = _quote(payment, 0, 50_00);
        bytes memory merchantSignature = _receiveSignature(
            merchantKey, hkd, merchant, quote.targetAmount, quote.deadline, escrow.quoteDigest(quote)
        );
        bytes memory dealerSignature = _sign(dealerKey, escrow.quoteDigest(quote));
        vm.prank(operator);
        escrow.refundWithAuthorization(payment, quote, merchantSignature, dealerSignature);
        assertEq(eur.balanceOf(payer), 450_00);
        assertEq(hkd.balanceOf(merchant), 416_50);
        assertEq(eurBank.policy.remainingQuota(address(eur), EEA, HK, 1001), YEARLY_QUOTA - 50_00);
    }
}
