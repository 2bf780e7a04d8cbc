// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./EscrowRefund.t.sol";

/// @notice Refunds that the operator brings with the merchant's signature.
contract EscrowRefundSignedTest is EscrowRefundTest {
    function _order(Payment memory payment, RefundQuote memory quote, bytes memory dealerSignature)
        internal
        view
        override
        returns (address, bytes memory)
    {
        return (payment.operator, _call(payment, quote, _merchantSignature(payment, quote), dealerSignature));
    }

    function test_by_the_merchant_too() public balanced {
        Payment memory payment = _openCaptured();
        RefundQuote memory quote = _quote(payment, 0, 40_00);
        _done(merchant, _call(payment, quote, _merchantSignature(payment, quote), _quoteSignature(quote)));
        _assertFigures(payment, Figures(PaymentStatus.Captured, 100_00, 850_00, 8_50, 40_00, 340_00));
        assertTrue(hkd.authorizationState(merchant, escrow.quoteDigest(quote)));
    }

    /* SIGNATURE */

    function test_merchant_may_be_a_contract() public balanced {
        Payment memory payment = _twoCurrencies();
        payment.merchant = address(new ContractWallet(merchant));
        _onboard(hkdBank, payment.merchant, CustomerCategory.Merchant, HONG_KONG, 2010);
        _open(payment);
        _capture(payment, 100_00);
        _bring(payment, _quote(payment, 0, 100_00));
        _assertFigures(payment, Figures(PaymentStatus.Captured, 100_00, 850_00, 0, 100_00, 850_00));
    }

    /// @dev An allowance is no consent. Nor can the dealer better its side of a quote that the merchant signed.
    function test_refuses_any_other_signature_as_the_merchants() public balanced {
        Payment memory payment = _openCaptured();
        vm.prank(merchant);
        hkd.approve(address(escrow), type(uint256).max);
        RefundQuote memory quote = _quote(payment, 0, 40_00);
        (bytes32 digest, uint40 deadline) = (escrow.quoteDigest(quote), quote.deadline);
        _assertMerchantRefused(payment, quote, "");
        _assertMerchantRefused(payment, quote, _malleable(_merchantSignature(payment, quote)));
        _assertMerchantRefused(payment, quote, _receiveSignature(payerKey, hkd, merchant, 340_00, deadline, digest));
        _assertMerchantRefused(payment, quote, _receiveSignature(merchantKey, hkd, merchant, 340_01, deadline, digest));
        digest = escrow.paymentId(payment);
        _assertMerchantRefused(payment, quote, _receiveSignature(merchantKey, hkd, merchant, 340_00, deadline, digest));
        vm.chainId(OTHER_CHAIN);
        bytes memory signature = _merchantSignature(payment, quote);
        vm.chainId(CHAIN);
        _assertMerchantRefused(payment, quote, signature);
        signature = _merchantSignature(payment, quote);
        for (uint256 i = 0; i < 3; ++i) {
            _assertMerchantRefused(payment, _altered(quote, i), signature);
        }
        quote.dealer = _secondDealer(100_00);
        _assertMerchantRefused(payment, quote, signature);
    }

    function test_refuses_a_merchant_who_cancelled() public balanced {
        Payment memory payment = _openCaptured();
        RefundQuote memory quote = _quote(payment, 0, 40_00);
        bytes32 digest = escrow.quoteDigest(quote);
        _cancelAuthorization(hkd, merchant, merchantKey, digest);
        _assertRefused(payment, quote, TokenReverts.usedAuthorization(merchant, digest));
    }

    /* HELP */

    function _call(
        Payment memory payment,
        RefundQuote memory quote,
        bytes memory merchantSignature,
        bytes memory dealerSignature
    ) private view returns (bytes memory) {
        return abi.encodeCall(escrow.refundWithAuthorization, (payment, quote, merchantSignature, dealerSignature));
    }

    function _assertMerchantRefused(Payment memory payment, RefundQuote memory quote, bytes memory signature) private {
        _refused(operator, _call(payment, quote, signature, _quoteSignature(quote)), TokenReverts.invalidSignature());
    }
}
