// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/EscrowActs.sol";

/// @notice What attacks on the escrow share: dealers of their own, a hostile token's tricks, and refusals.
abstract contract EscrowAttacks is EscrowActs {
    /// @dev A dealer at both banks, with Hong Kong dollars in its inventory.
    function _becomeDealer(address wallet, uint256 stock) internal {
        _makeDealer(wallet, 80);
        _stock(hkdBank, wallet, stock);
    }

    function _authorizeWith(
        Payment memory payment,
        bytes memory payerSignature,
        bytes memory dealerSignature,
        PaymentApproval memory approval
    ) internal {
        vm.prank(payment.operator);
        escrow.authorize(payment, payerSignature, dealerSignature, approval);
    }

    /* THE HOSTILE TOKEN'S TRICKS */

    function _refuse(bytes4 call) internal {
        _trick(call, HostileToken.Kind.Refuse, false, 0, 0);
    }

    function _burnGas(bytes4 call) internal {
        _trick(call, HostileToken.Kind.BurnGas, false, 0, 0);
    }

    function _answer(bytes4 question, uint256 word, uint256 length) internal {
        _trick(question, HostileToken.Kind.Answer, false, word, length);
    }

    /* MONEY */

    /// @dev The payer's euros, the merchant's Hong Kong dollars, and the dealer's inventories in both.
    function _assertMoney(uint256 payers, uint256 merchants, uint256 dealersEur, uint256 dealersHkd) internal view {
        assertEq(eur.balanceOf(payer), payers, "the payer's euros");
        assertEq(hkd.balanceOf(merchant), merchants, "the merchant's dollars");
        assertEq(escrow.inventoryOf(dealer, address(eur)), dealersEur, "the dealer's euros");
        assertEq(escrow.inventoryOf(dealer, address(hkd)), dealersHkd, "the dealer's dollars");
    }

    /// @dev As before the first payment, its quota too.
    function _assertUntouched() internal view {
        _assertMoney(100_000_00, 0, 0, STOCK);
        assertEq(eur.balanceOf(address(escrow)), 0);
        assertEq(_remainingQuota(), YEARLY_QUOTA);
    }

    /* REFUSALS */

    /// @dev A refund with good signatures.
    function _expectRefundRefused(Payment memory payment, RefundQuote memory quote, bytes memory reason) internal {
        _expectRefundRefused(payment, quote, _merchantSignature(payment, quote), _quoteSignature(quote), reason);
    }

    function _expectRefundRefused(
        Payment memory payment,
        RefundQuote memory quote,
        bytes memory merchantSignature,
        bytes memory dealerSignature,
        bytes memory reason
    ) internal {
        _refused(
            payment.operator,
            abi.encodeCall(escrow.refundWithAuthorization, (payment, quote, merchantSignature, dealerSignature)),
            reason
        );
    }
}
