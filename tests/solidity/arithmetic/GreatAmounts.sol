// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/EscrowActs.sol";

/// @notice The two banks with caps, quotas and limits that let the greatest amount of a payment through, and a payer, a
/// dealer and a merchant who have it.
abstract contract GreatAmounts is EscrowActs {
    uint104 internal constant GREATEST = type(uint104).max;

    /// @dev What of the dealer's target tokens no payment holds.
    uint256 internal stock;

    function setUp() public virtual override {
        super.setUp();
        eur.setSupplyCap(type(uint128).max);
        hkd.setSupplyCap(type(uint128).max);
        eur.setMinter(eurBank.minter, EUR_LEDGER, type(uint128).max);
        hkd.setMinter(hkdBank.minter, HKD_LEDGER, type(uint128).max);
        Corridor memory rules = _corridor(Period.Year, GREATEST);
        (rules.minAmount, rules.maxAmount) = (0, GREATEST);
        eurBank.policy.setCorridor(address(eur), EEA, HK, rules);
        (rules.period, rules.quota) = (Period.None, 0);
        eurBank.policy.setCorridor(address(eur), EEA, EEA, rules);
        _mint(eurBank, payer, GREATEST);
        _stock(hkdBank, GREATEST);
        stock = escrow.inventoryOf(dealer, address(hkd));
    }

    /// @dev A payment in two currencies at these amounts, with its fee's receiver if there is a fee.
    function _openAt(uint104 sourceAmount, uint104 targetAmount, uint16 feeBps)
        internal
        returns (Payment memory payment)
    {
        payment = _twoCurrencies();
        (payment.sourceAmount, payment.targetAmount) = (sourceAmount, targetAmount);
        (payment.feeBps, payment.feeReceiver) = (feeBps, feeBps == 0 ? address(0) : feeReceiver);
        _open(payment);
    }
}
