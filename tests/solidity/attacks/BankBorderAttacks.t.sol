// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/BankSystem.sol";
import {RoleTable} from "../support/RoleTable.sol";

/// @notice A bank turns every power that it has against another bank: its governor without delay, its manager, its
/// registry, its policy and its minter.
contract BankBorderAttacksTest is BankSystem, RoleTable {
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

    /// @notice By the other bank's governor itself, by its manager, which it makes call, and by this bank's.
    function test_every_restricted_function() public {
        // `setAuthority` is one of each contract's, and of both of a token's.
        assertEq(_closed("DepositToken", address(eur)) + _closed("DepositTokenExt", address(eur)), 27);
        assertEq(_closed("AllowlistRegistry", address(eurBank.registry)), 13);
        assertEq(_closed("CorridorPolicy", address(eurBank.policy)), 8);
        bytes[2] memory diversions = [
            abi.encodeCall(ISettlementEscrow.divertClaim, (address(eur), payer, stranger)),
            abi.encodeCall(ISettlementEscrow.divertInventory, (address(eur), dealer))
        ];
        for (uint256 i = 0; i < diversions.length; ++i) {
            _refused(foreigner, address(escrow), diversions[i], _notAllowed(foreigner));
            bytes memory execute = abi.encodeCall(IAccessManager.execute, (address(escrow), diversions[i]));
            _refused(foreigner, address(hkdBank.manager), execute, _notAllowed(address(hkdBank.manager)));
        }
    }

    function test_every_act_of_the_manager() public {
        address manager = address(eurBank.manager);
        address itsOwn = address(hkdBank.manager);
        bytes[9] memory calls = [
            abi.encodeCall(IAccessManager.grantRole, (0, foreigner, 0)),
            abi.encodeCall(IAccessManager.revokeRole, (0, address(this))),
            abi.encodeCall(IAccessManager.setRoleAdmin, (1, 2)),
            abi.encodeCall(IAccessManager.setRoleGuardian, (1, 2)),
            abi.encodeCall(IAccessManager.setGrantDelay, (1, 0)),
            abi.encodeCall(IAccessManager.setTargetAdminDelay, (address(eur), 0)),
            abi.encodeCall(IAccessManager.setTargetClosed, (address(eur), true)),
            abi.encodeCall(IAccessManager.setTargetFunctionRole, (address(eur), new bytes4[](1), 1)),
            abi.encodeCall(IAccessManager.updateAuthority, (address(eur), itsOwn))
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            _refused(foreigner, manager, calls[i], GovernanceReverts.accessManagerUnauthorizedAccount(foreigner, 0));
            bytes memory schedule = abi.encodeCall(IAccessManager.schedule, (manager, calls[i], 0));
            _refused(foreigner, manager, schedule, _unauthorizedCall(manager, calls[i]));
        }
        // Its own manager has no more to say to the token than it has itself.
        _refused(foreigner, itsOwn, calls[8], GovernanceReverts.accessManagedUnauthorized(itsOwn));
    }

    /* ITS REGISTRY */

    /// @notice The token asks its own registry alone, keeps its copies, and none of its ledgers is claimed.
    function test_a_registry_that_subscribes_another_banks_token() public {
        uint32 epoch = eur.epoch();
        hkdBank.registry.subscribe(address(eur));
        hkdBank.registry.blockCustomer(1001, LEGAL);
        hkdBank.registry.setZone(_countries(GERMANY, FRANCE), 9);
        assertEq(eur.epoch(), epoch);
        assertEq(eur.zoneOf(GERMANY), EEA);
        _done(payer, address(eur), abi.encodeCall(eur.transfer, (neighbour, 1)));
        eur.setMinter(makeAddr("new minter"), 7002, 1);
        assertEq(hkdBank.registry.tokenOfLedger(7002), address(0));
        assertEq(eurBank.registry.tokenOfLedger(7002), address(eur));
    }

    /// @notice It blocks a wallet and a customer of the same number, and registers strangers.
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

    /// @notice A token asks its own bank's policy alone.
    function test_a_corridor_for_another_banks_token() public {
        _onboard(eurBank, hkNeighbour, CustomerCategory.Retail, HONG_KONG, 1005);
        Corridor memory rules = _corridor(Period.Year, 10_00);
        rules.directTransfers = true;
        hkdBank.policy.setCorridor(address(eur), EEA, HK, rules);
        hkdBank.policy.setCorridor(address(eur), HK, EEA, rules);
        assertTrue(hkdBank.policy.directTransfers(address(eur), EEA, HK));
        bytes memory closed = TokenReverts.directTransferClosed(payer, hkNeighbour, EEA, HK);
        _refused(payer, address(eur), abi.encodeCall(eur.transfer, (hkNeighbour, 1)), closed);
    }

    /* ITS MINTER, ITS TOKEN, ITS SYSTEM ACCOUNTS */

    function test_minter_token_and_system_account_of_another_bank() public {
        address minter = hkdBank.minter;
        uint128 entry = _entry(EUR_LEDGER, 99);
        bytes memory notMinter = TokenReverts.notMinter(minter);
        _refused(minter, address(eur), abi.encodeCall(eur.mint, (payer, 1, entry)), notMinter);
        _refused(minter, address(eur), abi.encodeCall(eur.burn, (1, entry)), notMinter);
        _refused(minter, address(eur), abi.encodeCall(eur.settleRedemption, (1, entry)), notMinter);
        _assertNoSystemAccount(address(hkd), abi.encodeCall(eur.restoreQuota, (1, payer, 1, 1)));

        address account = address(newSettlementEscrow());
        hkd.activateSystemAccount(account);
        Payment memory payment = _twoCurrencies();
        _assertNoSystemAccount(account, abi.encodeCall(eur.openPayment, (payment, "id", HONG_KONG, "")));
        _assertNoSystemAccount(account, abi.encodeCall(eur.chargePayment, (payment, "id", 0, "")));
        _assertNoSystemAccount(account, abi.encodeCall(eur.merchantCountryOf, (payment)));
    }

    /* HELPERS */

    /// @dev Finds the functions that are refused to a stranger for its role, and shows that they are to the other bank.
    function _closed(string memory name, address target) private returns (uint256 count) {
        bytes4[] memory selectors = _selectors(name);
        for (uint256 i = 0; i < selectors.length; ++i) {
            // Zeros are good arguments for each.
            bytes memory call = bytes.concat(selectors[i], new bytes(512));
            vm.prank(stranger);
            (, bytes memory answer) = target.call(call);
            if (keccak256(answer) != keccak256(GovernanceReverts.accessManagedUnauthorized(stranger))) continue;
            ++count;
            bytes memory execute = abi.encodeCall(IAccessManager.execute, (target, call));
            address itsOwn = address(hkdBank.manager);
            _refused(foreigner, target, call, GovernanceReverts.accessManagedUnauthorized(foreigner));
            _refused(foreigner, itsOwn, execute, GovernanceReverts.accessManagedUnauthorized(itsOwn));
            _refused(foreigner, address(eurBank.manager), execute, _unauthorizedCall(target, call));
        }
    }

    function _assertNoSystemAccount(address account, bytes memory call) private {
        _refused(account, address(eur), call, TokenReverts.notSystemAccount(account, SystemStatus.None));
    }

    function _unauthorizedCall(address target, bytes memory call) private view returns (bytes memory) {
        return GovernanceReverts.accessManagerUnauthorizedCall(foreigner, target, bytes4(call));
    }

    function _notAllowed(address caller) private view returns (bytes memory) {
        return EscrowReverts.notAllowedByBank(caller, address(eurBank.manager));
    }
}
