// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAllowlistRegistry} from "../../../contracts/interfaces/IAllowlistRegistry.sol";
import {IBackOffice} from "../../../contracts/interfaces/IBackOffice.sol";
import {ICorridorPolicy} from "../../../contracts/interfaces/ICorridorPolicy.sol";
import {IERC7943Fungible} from "../../../contracts/interfaces/IERC7943.sol";
import {ISettlementEscrow} from "../../../contracts/interfaces/ISettlementEscrow.sol";
import {BankSystem} from "../BankSystem.sol";

/// @notice The banks, of which the euro bank was handed over to its keys as the deployment does it: working keys without
/// delay, a governor whose every act waits for {DELAY}, and no set-up key.
abstract contract HandedOver is BankSystem {
    uint32 internal constant DELAY = 2 days;

    /// @dev OpenZeppelin's, in each `AccessManager`.
    uint64 internal constant ADMIN = 0;
    uint64 internal constant REGISTRAR = 1;
    uint64 internal constant COMPLIANCE = 2;
    uint64 internal constant POLICY_OFFICER = 3;
    uint64 internal constant TREASURER = 4;
    uint64 internal constant GUARDIAN = 5;
    uint64 internal constant CASHIER = 6;
    uint64 internal constant RELEASER = 7;

    address internal governor = makeAddr("governor");

    function setUp() public virtual override {
        super.setUp();
        _prepare();
        address registry = address(eurBank.registry);
        _open(registry, IAllowlistRegistry.register.selector, REGISTRAR);
        _open(registry, IAllowlistRegistry.registerBatch.selector, REGISTRAR);
        _open(registry, IAllowlistRegistry.renew.selector, REGISTRAR);
        _open(registry, IAllowlistRegistry.revoke.selector, REGISTRAR);
        _open(registry, IAllowlistRegistry.blockWallet.selector, COMPLIANCE);
        _open(registry, IAllowlistRegistry.blockCustomer.selector, COMPLIANCE);
        _open(registry, IAllowlistRegistry.unblockWallet.selector, RELEASER);
        _open(registry, IAllowlistRegistry.unblockCustomer.selector, RELEASER);
        _open(registry, IAllowlistRegistry.clearZone.selector, POLICY_OFFICER);
        address policy = address(eurBank.policy);
        _open(policy, ICorridorPolicy.narrowCorridor.selector, POLICY_OFFICER);
        _open(policy, ICorridorPolicy.suspendCorridor.selector, POLICY_OFFICER);
        _open(policy, ICorridorPolicy.stopCorridor.selector, GUARDIAN);
        _open(policy, ICorridorPolicy.removeApprover.selector, GUARDIAN);
        _open(policy, ICorridorPolicy.resumeCorridor.selector, RELEASER);
        address token = address(eur);
        _open(token, IBackOffice.setDesk.selector, TREASURER);
        _open(token, IBackOffice.topUpDesk.selector, TREASURER);
        _open(token, IBackOffice.lowerDesk.selector, TREASURER);
        _open(token, IBackOffice.setSupplyCap.selector, TREASURER);
        _open(token, IBackOffice.acceptRedemption.selector, CASHIER);
        _open(token, IBackOffice.rejectRedemption.selector, CASHIER);
        _open(token, IERC7943Fungible.setFrozenTokens.selector, COMPLIANCE);
        _open(token, IERC7943Fungible.forcedTransfer.selector, COMPLIANCE);
        _open(token, IBackOffice.unpause.selector, COMPLIANCE);
        _open(token, IBackOffice.pause.selector, GUARDIAN);
        _open(token, IBackOffice.stopSystemAccount.selector, GUARDIAN);
        _open(token, IBackOffice.removeDesk.selector, GUARDIAN);
        _open(address(escrow), ISettlementEscrow.divertClaim.selector, COMPLIANCE);
        _open(address(escrow), ISettlementEscrow.divertInventory.selector, COMPLIANCE);
        for (uint64 role = REGISTRAR; role <= RELEASER; ++role) {
            eurBank.manager.grantRole(role, _keyOf(role), 0);
        }
        eurBank.manager.grantRole(ADMIN, governor, DELAY);
        eurBank.manager.renounceRole(ADMIN, address(this));
    }

    /// @dev What a test needs of the set-up key before it is gone.
    function _prepare() internal virtual {}

    function _keyOf(uint64 role) internal returns (address) {
        return role == ADMIN ? governor : makeAddr(string.concat("key of role ", vm.toString(role)));
    }

    function _open(address target, bytes4 selector, uint64 role) private {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = selector;
        eurBank.manager.setTargetFunctionRole(target, selectors, role);
    }
}
