// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/BankSystem.sol";

/// @notice A bank turns every power that it has against another bank: its governor without delay, its manager, its
/// registry, its policy and its minter.
contract BankBorderAttacksTest is BankSystem {
    bytes4 private constant LEGAL = "LEGL";

    /// @dev The other bank's: ADMIN without delay, and member of every role that a bank has.
    address private foreigner = makeAddr("other bank's governor");

    function setUp() public override {
        super.setUp();
        for (uint64 role = 0; role <= 6; ++role) {
            hkdBank.manager.grantRole(role, foreigner, 0);
        }
        _mint(eurBank, payer, 500_00);
    }

    /* ITS KEYS AND ITS MANAGER */

    /// @notice Every restricted function of token, registry and policy, called by the other bank's governor itself and
    /// by its manager, which it makes call: refused each time.
    function test_every_restricted_function() public {
        _assertClosed(address(eur), _restrictedOfToken());
        _assertClosed(address(eurBank.registry), _restrictedOfRegistry());
        _assertClosed(address(eurBank.policy), _restrictedOfPolicy());
        bytes[] memory diversions = new bytes[](2);
        diversions[0] = abi.encodeCall(ISettlementEscrow.divertClaim, (address(eur), payer, stranger));
        diversions[1] = abi.encodeCall(ISettlementEscrow.divertInventory, (address(eur), dealer));
        for (uint256 i = 0; i < diversions.length; ++i) {
            _assertRefused(foreigner, address(escrow), diversions[i], _notAllowed(foreigner));
            _assertRefused(
                foreigner,
                address(hkdBank.manager),
                abi.encodeCall(IAccessManager.execute, (address(escrow), diversions[i])),
                _notAllowed(address(hkdBank.manager))
            );
        }
    }

    /// @notice Every act on the bank's manager: roles, delays, closing, authority, schedules.
    function test_every_act_of_the_manager() public {
        IAccessManager manager = eurBank.manager;
        bytes[] memory calls = new bytes[](9);
        calls[0] = abi.encodeCall(IAccessManager.grantRole, (0, foreigner, 0));
        calls[1] = abi.encodeCall(IAccessManager.revokeRole, (0, address(this)));
        calls[2] = abi.encodeCall(IAccessManager.setRoleAdmin, (1, 2));
        calls[3] = abi.encodeCall(IAccessManager.setRoleGuardian, (1, 2));
        calls[4] = abi.encodeCall(IAccessManager.setGrantDelay, (1, 0));
        calls[5] = abi.encodeCall(IAccessManager.setTargetAdminDelay, (address(eur), 0));
        calls[6] = abi.encodeCall(IAccessManager.setTargetClosed, (address(eur), true));
        calls[7] = abi.encodeCall(IAccessManager.setTargetFunctionRole, (address(eur), new bytes4[](1), 1));
        calls[8] = abi.encodeCall(IAccessManager.updateAuthority, (address(eur), address(hkdBank.manager)));
        for (uint256 i = 0; i < calls.length; ++i) {
            _assertRefused(
                foreigner, address(manager), calls[i], GovernanceReverts.accessManagerUnauthorizedAccount(foreigner, 0)
            );
            _assertRefused(
                foreigner,
                address(manager),
                abi.encodeCall(IAccessManager.schedule, (address(manager), calls[i], 0)),
                GovernanceReverts.accessManagerUnauthorizedCall(foreigner, address(manager), bytes4(calls[i]))
            );
        }
        // Its own manager has no more to say to the token than it has itself.
        _assertRefused(
            foreigner,
            address(hkdBank.manager),
            abi.encodeCall(IAccessManager.updateAuthority, (address(eur), address(hkdBank.manager))),
            GovernanceReverts.accessManagedUnauthorized(address(hkdBank.manager))
        );
    }

    /* ITS REGISTRY */

    /// @notice The other bank's registry lists the token as its subscriber and bumps its epochs: the token asks its own
    /// registry alone, keeps its copies, and none of its ledgers is claimed.
    function test_a_registry_that_subscribes_another_banks_token() public {
        uint32 epoch = eur.epoch();
        hkdBank.registry.subscribe(address(eur));
        hkdBank.registry.blockCustomer(1001, LEGAL);
        hkdBank.registry.setZone(_countries(GERMANY, FRANCE), 9);
        assertEq(eur.epoch(), epoch);
        assertEq(eur.zoneOf(GERMANY), EEA);
        vm.prank(payer);
        assertTrue(eur.transfer(neighbour, 1));

        // The governor of the token's own bank would have to choose it.
        assertEq(eur.registry(), address(eurBank.registry));
        eur.setMinter(makeAddr("new minter"), 7002, 1);
        assertEq(hkdBank.registry.tokenOfLedger(7002), address(0));
        assertEq(eurBank.registry.tokenOfLedger(7002), address(eur));
    }

    /// @notice The other bank blocks a wallet and a customer of the same number in its own registry, and registers
    /// strangers there: the bank's own customers stay who they are.
    function test_a_registry_that_rules_another_banks_customers() public {
        _onboard(hkdBank, payer, CustomerCategory.Dealer, HONG_KONG, 1001);
        hkdBank.registry.blockWallet(payer, LEGAL);
        hkdBank.registry.blockCustomer(1001, LEGAL);
        _onboard(hkdBank, stranger, CustomerCategory.Retail, GERMANY, 1001);
        assertTrue(hkd.isBlocked(payer));
        assertFalse(eur.isBlocked(payer));
        assertTrue(eur.canSend(payer));
        assertFalse(eur.canReceive(stranger));
        assertEq(uint8(eur.standingOf(payer).category), uint8(CustomerCategory.Retail));
    }

    /* ITS POLICY */

    /// @notice The other bank sets corridors for the token, in both directions and with direct transfers: the token asks
    /// its own bank's policy alone.
    function test_a_corridor_for_another_banks_token() public {
        _onboard(eurBank, hkNeighbour, CustomerCategory.Retail, HONG_KONG, 1005);
        Corridor memory rules = _corridor(Period.None, 0);
        rules.directTransfers = true;
        hkdBank.policy.setCorridor(address(eur), EEA, HK, rules);
        hkdBank.policy.setCorridor(address(eur), HK, EEA, rules);
        assertTrue(hkdBank.policy.directTransfers(address(eur), EEA, HK));

        vm.expectRevert(TokenReverts.directTransferClosed(payer, hkNeighbour, EEA, HK));
        vm.prank(payer);
        eur.transfer(hkNeighbour, 1);
        assertEq(eurBank.policy.remainingQuota(address(eur), EEA, HK, 1001), YEARLY_QUOTA);
    }

    /// @notice A corridor that a policy has for a token of another bank is of no use to that token's enemies either: only
    /// the token itself could call.
    function test_a_quota_of_another_banks_token() public {
        eurBank.policy.setCorridor(address(hkd), EEA, HK, _corridor(Period.Year, 10_00));
        vm.expectRevert(PolicyReverts.corridorClosed(foreigner, EEA, HK));
        vm.prank(foreigner);
        eurBank.policy.consume("", payer, 10_00, EEA, HK, eurBank.registry);
        assertEq(eurBank.policy.remainingQuota(address(hkd), EEA, HK, 1001), 10_00);
        assertEq(eurBank.policy.remainingQuota(address(eur), EEA, HK, 1001), YEARLY_QUOTA);
    }

    /* ITS MINTER, ITS TOKEN, ITS SYSTEM ACCOUNTS */

    /// @notice The other bank's minter and token act at the token: they are nobody there.
    function test_a_minter_and_a_token_of_another_bank() public {
        uint128 entry = (uint128(EUR_LEDGER) << 64) | 99;
        vm.startPrank(hkdBank.minter);
        vm.expectRevert(TokenReverts.notMinter(hkdBank.minter));
        eur.mint(payer, 1, entry);
        vm.expectRevert(TokenReverts.notMinter(hkdBank.minter));
        eur.burn(1, entry);
        vm.expectRevert(TokenReverts.notMinter(hkdBank.minter));
        eur.settleRedemption(1, entry);
        vm.startPrank(address(hkd));
        vm.expectRevert(TokenReverts.notSystemAccount(address(hkd), SystemStatus.None));
        eur.restoreQuota(1, payer, 1, 1);
        vm.stopPrank();
    }

    /// @notice The other bank lists a contract of its own as system account in its token: in this one it has no part.
    function test_a_system_account_of_another_bank() public {
        address contract_ = address(_newSettlementEscrow());
        hkd.activateSystemAccount(contract_);
        Payment memory payment = _twoCurrencies();
        vm.startPrank(contract_);
        vm.expectRevert(TokenReverts.notSystemAccount(contract_, SystemStatus.None));
        eur.openPayment(payment, "id", HONG_KONG, "");
        vm.expectRevert(TokenReverts.notSystemAccount(contract_, SystemStatus.None));
        eur.chargePayment(payment, "id", 0, "");
        vm.expectRevert(TokenReverts.notSystemAccount(contract_, SystemStatus.None));
        eur.requireTarget(payment);
        vm.stopPrank();
        assertEq(eur.balanceOf(payer), 500_00);
    }

    /* HELPERS */

    function _assertClosed(address target, bytes[] memory calls) private {
        for (uint256 i = 0; i < calls.length; ++i) {
            _assertRefused(foreigner, target, calls[i], GovernanceReverts.accessManagedUnauthorized(foreigner));
            _assertRefused(
                foreigner,
                address(hkdBank.manager),
                abi.encodeCall(IAccessManager.execute, (target, calls[i])),
                GovernanceReverts.accessManagedUnauthorized(address(hkdBank.manager))
            );
            _assertRefused(
                foreigner,
                address(eurBank.manager),
                abi.encodeCall(IAccessManager.execute, (target, calls[i])),
                GovernanceReverts.accessManagerUnauthorizedCall(foreigner, target, bytes4(calls[i]))
            );
        }
    }

    function _assertRefused(address caller, address target, bytes memory call, bytes memory refusal) private {
        vm.prank(caller);
        (bool success, bytes memory result) = target.call(call);
        assertFalse(success, vm.toString(call));
        assertEq(result, refusal, vm.toString(call));
    }

    function _notAllowed(address caller) private view returns (bytes memory) {
        return EscrowReverts.notAllowedByBank(caller, address(eurBank.manager));
    }

    function _restrictedOfToken() private view returns (bytes[] memory calls) {
        calls = new bytes[](25);
        calls[0] = abi.encodeCall(IDepositTokenExt.acceptRedemption, (1));
        calls[1] = abi.encodeCall(IDepositTokenExt.rejectRedemption, (1, "AC04"));
        calls[2] = abi.encodeCall(IDepositTokenExt.setMinter, (foreigner, 7002, 1));
        calls[3] = abi.encodeCall(IDepositTokenExt.refill, (eurBank.minter));
        calls[4] = abi.encodeCall(IDepositTokenExt.lowerCeiling, (eurBank.minter, 1));
        calls[5] = abi.encodeCall(IDepositTokenExt.setSupplyCap, (1));
        calls[6] = abi.encodeCall(IERC7943Fungible.setFrozenTokens, (payer, 1));
        calls[7] = abi.encodeCall(IERC7943Fungible.forcedTransfer, (payer, neighbour, 1));
        calls[8] = abi.encodeCall(IDepositTokenExt.setSuspenseAccount, (foreigner));
        calls[9] = abi.encodeCall(IDepositTokenExt.unpause, ());
        calls[10] = abi.encodeCall(IDepositTokenExt.pause, ());
        calls[11] = abi.encodeCall(IDepositTokenExt.stopSystemAccount, (address(escrow)));
        calls[12] = abi.encodeCall(IDepositTokenExt.removeMinter, (eurBank.minter));
        calls[13] = abi.encodeCall(IDepositTokenExt.activateSystemAccount, (address(hkd)));
        calls[14] = abi.encodeCall(IDepositTokenExt.setRegistry, (address(hkdBank.registry)));
        calls[15] = abi.encodeCall(IDepositTokenExt.setPolicy, (address(hkdBank.policy)));
        calls[16] = abi.encodeCall(IDepositTokenExt.setTerms, ("terms", "hash"));
        calls[17] = abi.encodeCall(IDepositTokenExt.rescueForeignToken, (address(hkd), foreigner, 1));
        calls[18] = abi.encodeCall(IDepositTokenMain.upgradeToAndCall, (address(hkd), ""));
        calls[19] = abi.encodeCall(IDepositTokenExt.lowerSupplyCap, (1));
        calls[20] = abi.encodeCall(IDepositTokenExt.freeze, (payer, 1));
        calls[21] = abi.encodeCall(IDepositTokenExt.setAccepted, (address(hkd), true));
        calls[22] = abi.encodeCall(IDepositTokenExt.suspendAccepted, (address(hkd)));
        calls[23] = abi.encodeCall(IDepositTokenExt.stopAccepted, (address(hkd)));
        calls[24] = abi.encodeCall(IDepositTokenExt.resumeAccepted, (address(hkd)));
    }

    function _restrictedOfRegistry() private view returns (bytes[] memory calls) {
        calls = new bytes[](12);
        calls[0] =
            abi.encodeCall(IAllowlistRegistry.register, (foreigner, CustomerCategory.Dealer, GERMANY, 2 ** 39, 1));
        calls[1] = abi.encodeCall(IAllowlistRegistry.registerBatch, (new address[](0), new Participant[](0)));
        calls[2] = abi.encodeCall(IAllowlistRegistry.renew, (payer, 2 ** 39));
        calls[3] = abi.encodeCall(IAllowlistRegistry.revoke, (payer));
        calls[4] = abi.encodeCall(IAllowlistRegistry.blockWallet, (payer, LEGAL));
        calls[5] = abi.encodeCall(IAllowlistRegistry.unblockWallet, (payer));
        calls[6] = abi.encodeCall(IAllowlistRegistry.blockCustomer, (1001, LEGAL));
        calls[7] = abi.encodeCall(IAllowlistRegistry.unblockCustomer, (1001));
        calls[8] = abi.encodeCall(IAllowlistRegistry.setZone, (new uint16[](0), 1));
        calls[9] = abi.encodeCall(IAllowlistRegistry.subscribe, (address(hkd)));
        calls[10] = abi.encodeCall(IAllowlistRegistry.unsubscribe, (address(eur)));
        calls[11] = abi.encodeCall(IAllowlistRegistry.clearZone, (new uint16[](0)));
    }

    function _restrictedOfPolicy() private view returns (bytes[] memory calls) {
        calls = new bytes[](7);
        calls[0] = abi.encodeCall(ICorridorPolicy.setCorridor, (address(eur), EEA, HK, _corridor(Period.None, 0)));
        calls[1] = abi.encodeCall(ICorridorPolicy.narrowCorridor, (address(eur), EEA, HK, _corridor(Period.None, 0)));
        calls[2] = abi.encodeCall(ICorridorPolicy.setApprover, (foreigner));
        calls[3] = abi.encodeCall(ICorridorPolicy.removeApprover, ());
        calls[4] = abi.encodeCall(ICorridorPolicy.suspendCorridor, (address(eur), EEA, HK));
        calls[5] = abi.encodeCall(ICorridorPolicy.stopCorridor, (address(eur), EEA, HK));
        calls[6] = abi.encodeCall(ICorridorPolicy.resumeCorridor, (address(eur), EEA, HK));
    }
}
