// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./BankSystem.sol";

/// @notice The banks, and another token of the euro bank that no registry lists yet.
abstract contract SecondToken is BankSystem {
    function _secondToken() internal returns (IDepositToken) {
        return _deploy(address(eurBank.registry), address(eurBank.policy));
    }

    function _deploy(address registry, address policy) internal returns (IDepositToken) {
        return newToken("Yen Deposit", "JPYd", "JPY", 0, [address(eurBank.manager), registry, policy], SUPPLY_CAP);
    }
}
