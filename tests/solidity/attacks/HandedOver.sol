// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

import {IAllowlistRegistry} from "../../../contracts/interfaces/IAllowlistRegistry.sol";
import {IDepositTokenExt} from "../../../contracts/interfaces/IDepositTokenExt.sol";
import {ICorridorPolicy} from "../../../contracts/interfaces/ICorridorPolicy.sol";
import {IERC7943Fungible} from "../../../contracts/interfaces/IERC7943.sol";
import {IRoleKeeper} from "../../../contracts/interfaces/IRoleKeeper.sol";
import {ISettlementEscrow} from "../../../contracts/interfaces/ISettlementEscrow.sol";
import {Roles} from "../../../contracts/libraries/Roles.sol";
import {BankSystem} from "../support/BankSystem.sol";
import {Proposal, Proposals} from "../governance/Proposals.sol";

/// @notice The banks, of which the euro bank was handed over to its keys as the deployment does it: what narrows is a
/// working key's at once, what widens waits {DELAY} in the bank's timelock, and there is no set-up key.
abstract contract HandedOver is BankSystem, Proposals {
    uint256 internal constant DELAY = 2 days;
    uint256 internal constant LEAST_DELAY = 1 hours;
    uint32 internal constant ENFORCER_DELAY = 1 hours;

    bytes32 internal constant DEFAULT_ADMIN_ROLE = 0;
    bytes32 internal constant PROPOSER_ROLE = keccak256("PROPOSER_ROLE");
    bytes32 internal constant CANCELLER_ROLE = keccak256("CANCELLER_ROLE");

    IAccessManager internal manager;
    TimelockController internal timelock;
    TimelockController internal recovery;
    IRoleKeeper internal keeper;

    address internal governor = makeAddr("governor");
    address internal guardian = makeAddr("guardian");
    address internal board = makeAddr("board");

    function setUp() public virtual override {
        super.setUp();
        _prepare();

        manager = eurBank.manager;
        timelock = _newBankTimelock(DELAY, LEAST_DELAY, governor, address(this));
        recovery = _newRecoveryTimelock(timelock, board);
        keeper = _newRoleKeeper(manager, timelock, ENFORCER_DELAY);

        timelock.grantRole(CANCELLER_ROLE, guardian);
        timelock.grantRole(DEFAULT_ADMIN_ROLE, address(recovery));
        timelock.grantRole(DEFAULT_ADMIN_ROLE, address(keeper));
        manager.grantRole(Roles.KEEPER, address(keeper), 0);
        _open(address(keeper), IRoleKeeper.revoke.selector, Roles.GUARDIAN);
        _open(address(keeper), IRoleKeeper.revokeProposer.selector, Roles.GUARDIAN);

        uint64[7] memory roles = _workingRoles();
        for (uint256 i = 0; i < roles.length; ++i) {
            manager.setRoleAdmin(roles[i], Roles.KEEPER);
        }
        manager.setRoleGuardian(Roles.ENFORCER, Roles.GUARDIAN);
        for (uint256 i = 0; i < roles.length; ++i) {
            keeper.grant(roles[i], _keyOf(roles[i]));
        }
        manager.grantRole(Roles.GUARDIAN, guardian, 0);

        _openFunctions();

        manager.grantRole(Roles.ADMIN, address(timelock), 0);
        timelock.renounceRole(DEFAULT_ADMIN_ROLE, address(this));
        manager.renounceRole(Roles.ADMIN, address(this));
    }

    /// @dev What a test needs of the set-up key before it is gone.
    function _prepare() internal virtual {}

    function _workingRoles() internal pure returns (uint64[7] memory) {
        return [
            Roles.REGISTRAR,
            Roles.COMPLIANCE,
            Roles.POLICY_OFFICER,
            Roles.TREASURER,
            Roles.PAYOUT_OFFICER,
            Roles.RELEASER,
            Roles.ENFORCER
        ];
    }

    function _keyOf(uint64 role) internal returns (address) {
        return role == Roles.GUARDIAN ? guardian : makeAddr(string.concat("key of role ", vm.toString(role)));
    }

    /// @dev Proposed, waited for and carried out.
    function _byGovernor(address target, bytes memory call) internal {
        Proposal memory proposal = _proposal(target, call);
        vm.prank(governor);
        _schedule(timelock, proposal, DELAY);
        skip(DELAY);
        _execute(timelock, proposal);
    }

    function _openFunctions() private {
        address registry = address(eurBank.registry);
        _open(registry, IAllowlistRegistry.register.selector, Roles.REGISTRAR);
        _open(registry, IAllowlistRegistry.registerBatch.selector, Roles.REGISTRAR);
        _open(registry, IAllowlistRegistry.renew.selector, Roles.REGISTRAR);
        _open(registry, IAllowlistRegistry.revoke.selector, Roles.REGISTRAR);
        _open(registry, IAllowlistRegistry.blockWallet.selector, Roles.COMPLIANCE);
        _open(registry, IAllowlistRegistry.blockCustomer.selector, Roles.COMPLIANCE);
        _open(registry, IAllowlistRegistry.unblockWallet.selector, Roles.RELEASER);
        _open(registry, IAllowlistRegistry.unblockCustomer.selector, Roles.RELEASER);
        _open(registry, IAllowlistRegistry.clearZone.selector, Roles.POLICY_OFFICER);
        address policy = address(eurBank.policy);
        _open(policy, ICorridorPolicy.narrowCorridor.selector, Roles.POLICY_OFFICER);
        _open(policy, ICorridorPolicy.suspendCorridor.selector, Roles.POLICY_OFFICER);
        _open(policy, ICorridorPolicy.stopCorridor.selector, Roles.GUARDIAN);
        _open(policy, ICorridorPolicy.removeApprover.selector, Roles.GUARDIAN);
        _open(policy, ICorridorPolicy.resumeCorridor.selector, Roles.RELEASER);
        address token = address(eur);
        _open(token, IDepositTokenExt.refill.selector, Roles.TREASURER);
        _open(token, IDepositTokenExt.lowerCeiling.selector, Roles.TREASURER);
        _open(token, IDepositTokenExt.lowerSupplyCap.selector, Roles.TREASURER);
        _open(token, IDepositTokenExt.acceptRedemption.selector, Roles.PAYOUT_OFFICER);
        _open(token, IDepositTokenExt.rejectRedemption.selector, Roles.PAYOUT_OFFICER);
        _open(token, IDepositTokenExt.freeze.selector, Roles.COMPLIANCE);
        _open(token, IERC7943Fungible.setFrozenTokens.selector, Roles.RELEASER);
        _open(token, IDepositTokenExt.resumeAccepted.selector, Roles.RELEASER);
        _open(token, IDepositTokenExt.unpause.selector, Roles.RELEASER);
        _open(token, IERC7943Fungible.forcedTransfer.selector, Roles.ENFORCER);
        _open(token, IDepositTokenExt.suspendAccepted.selector, Roles.POLICY_OFFICER);
        _open(token, IDepositTokenExt.pause.selector, Roles.GUARDIAN);
        _open(token, IDepositTokenExt.stopSystemAccount.selector, Roles.GUARDIAN);
        _open(token, IDepositTokenExt.stopAccepted.selector, Roles.GUARDIAN);
        _open(token, IDepositTokenExt.removeMinter.selector, Roles.GUARDIAN);
        _open(address(escrow), ISettlementEscrow.divertClaim.selector, Roles.COMPLIANCE);
        _open(address(escrow), ISettlementEscrow.divertInventory.selector, Roles.COMPLIANCE);
    }

    function _open(address target, bytes4 selector, uint64 role) private {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = selector;
        manager.setTargetFunctionRole(target, selectors, role);
    }
}
