// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/EscrowActs.sol";

/// @notice What attacks on the escrow share: dealers of their own, signatures of any kind, and sums.
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

    /// @dev The payer's euros, the merchant's Hong Kong dollars, and the dealer's inventories in both.
    function _assertMoney(uint256 payers, uint256 merchants, uint256 dealersEur, uint256 dealersHkd) internal view {
        assertEq(eur.balanceOf(payer), payers, "the payer's euros");
        assertEq(hkd.balanceOf(merchant), merchants, "the merchant's dollars");
        assertEq(escrow.inventoryOf(dealer, address(eur)), dealersEur, "the dealer's euros");
        assertEq(escrow.inventoryOf(dealer, address(hkd)), dealersHkd, "the dealer's dollars");
    }
}
