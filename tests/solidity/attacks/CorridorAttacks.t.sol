// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/EscrowActs.sol";

/// @notice Somebody tries to get around a bank's corridors by a token or a registry of its own.
contract CorridorAttacksTest is EscrowActs {
    /// @notice A stranger deploys the very code of a token over a bank's own registry and policy.
    function test_a_token_that_its_registry_does_not_list_issues_and_pays_nothing() public balanced {
        vm.startPrank(stranger);
        IAccessManager manager = newAccessManager(stranger);
        address[3] memory bank = [address(manager), address(eurBank.registry), address(eurBank.policy)];
        IDepositToken fake = newToken("Euro Deposit", "EURd", "EUR", 2, bank, 1e12);
        fake.activateSystemAccount(address(escrow));
        fake.setAccepted(address(eur), true);
        fake.setAccepted(address(hkd), true);
        fake.unpause();
        vm.stopPrank();
        bytes memory notSubscriber = RegistryReverts.notSubscriber(address(fake));
        _refused(stranger, address(fake), abi.encodeCall(fake.setMinter, (stranger, 9001, 1e12)), notSubscriber);
        _refused(stranger, address(fake), abi.encodeCall(fake.setMinter, (stranger, EUR_LEDGER, 1e12)), notSubscriber);

        Payment memory payment = _twoCurrencies();
        payment.sourceToken = address(fake);
        _expectRefused(payment, TokenReverts.tokenNotAccepted(address(fake), Acceptance.None));
        // Accepted by mistake, it has no corridor.
        hkd.setAccepted(address(fake), true);
        _expectRefused(payment, PolicyReverts.corridorClosed(address(fake), EEA, HK));
        hkd.setAccepted(address(fake), false);
        payment = _oneCurrency();
        (payment.sourceToken, payment.targetToken) = (address(fake), address(fake));
        _expectRefused(payment, PolicyReverts.corridorClosed(address(fake), EEA, EEA));
        // As a target it has nothing that a dealer could have placed.
        payment = _twoCurrencies();
        (payment.targetToken, payment.merchant) = (address(fake), neighbour);
        _expectRefused(payment, EscrowReverts.inventoryTooLow(dealer, address(fake), 0, 850_00));
    }

    /// @notice By what a stranger shows the policy: a registry of its own, or the bank's before the customer is there.
    function test_a_false_registry_moves_nobodys_count() public {
        ICorridorPolicy policy = eurBank.policy;
        address late = makeAddr("late customer");
        vm.mockCall(stranger, abi.encodeCall(IAllowlistRegistry.customerIdOf, (payer)), abi.encode(1002));
        vm.startPrank(stranger);
        policy.restore(REF_2026, payer, 1, IAllowlistRegistry(stranger));
        policy.restore(REF_2026, late, 1, eurBank.registry);
        vm.stopPrank();
        _onboard(eurBank, late, CustomerCategory.Retail, GERMANY, PAYER_CUSTOMER);

        vm.startPrank(address(eur));
        policy.consume("", payer, 10_00, EEA, HK, eurBank.registry);
        policy.consume("", late, 5_00, EEA, HK, eurBank.registry);
        vm.stopPrank();
        vm.mockCall(stranger, abi.encodeCall(IAllowlistRegistry.customerIdOf, (payer)), abi.encode(PAYER_CUSTOMER));
        vm.prank(stranger);
        policy.restore(REF_2026, payer, 15_00, IAllowlistRegistry(stranger));
        assertEq(_remainingQuota(), YEARLY_QUOTA - 15_00);
        assertEq(policy.remainingQuota(address(eur), EEA, HK, 1002), YEARLY_QUOTA);
    }
}
