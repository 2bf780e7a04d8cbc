// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/BankSystem.sol";

/// @notice Whose a wallet is, while a registry and its successor are both in use and say different things.
contract CustomerIdInTwoRegistriesTest is BankSystem {
    uint128 private constant CUSTOMER = 77;

    address private wallet = makeAddr("a wallet");

    /// @dev What the predecessor learns afterwards changes nothing that this registry has said before.
    function test_a_registrys_own_word_is_before_its_predecessors() public {
        IAllowlistRegistry former = eurBank.registry;
        IAllowlistRegistry next = _newAllowlistRegistry(address(eurBank.manager), former);
        _register(next, CUSTOMER);
        next.revoke(wallet);
        _register(former, CUSTOMER + 1);

        vm.expectRevert(RegistryReverts.customerIdFixed(wallet, CUSTOMER + 1, CUSTOMER));
        _register(next, CUSTOMER + 1);
        _register(next, CUSTOMER);
        assertEq(next.customerIdOf(wallet), CUSTOMER);
    }

    function _register(IAllowlistRegistry registry, uint128 customerId) private {
        registry.register(wallet, CustomerCategory.Retail, GERMANY, REVIEWED_UNTIL, customerId);
    }
}
