// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/BankSystem.sol";
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
        timelock = newBankTimelock(DELAY, LEAST_DELAY, governor, address(this));
        recovery = newRecoveryTimelock(timelock, board);
        keeper = newRoleKeeper(manager, timelock, ENFORCER_DELAY);

        timelock.grantRole(CANCELLER_ROLE, guardian);
        timelock.grantRole(DEFAULT_ADMIN_ROLE, address(recovery));
        timelock.grantRole(DEFAULT_ADMIN_ROLE, address(keeper));
        manager.grantRole(Roles.KEEPER, address(keeper), 0);
        openFunctions(manager, "RoleKeeper", address(keeper));

        uint64[7] memory roles = _workingRoles();
        for (uint256 i = 0; i < roles.length; ++i) {
            manager.setRoleAdmin(roles[i], Roles.KEEPER);
        }
        manager.setRoleGuardian(Roles.ENFORCER, Roles.GUARDIAN);
        for (uint256 i = 0; i < roles.length; ++i) {
            keeper.grant(roles[i], _keyOf(roles[i]));
        }
        manager.grantRole(Roles.GUARDIAN, guardian, 0);

        openFunctions(manager, "AllowlistRegistry", address(eurBank.registry));
        openFunctions(manager, "CorridorPolicy", address(eurBank.policy));
        openFunctions(manager, "DepositToken", address(eur));
        openFunctions(manager, "SettlementEscrow", address(escrow));

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

    /// @dev By the governor.
    function _propose(Proposal memory proposal) internal {
        vm.prank(governor);
        _schedule(timelock, proposal, DELAY);
    }

    /// @dev Proposed by the governor and waited for.
    function _ready(address target, bytes memory call) internal returns (Proposal memory proposal) {
        proposal = _proposal(target, call);
        _propose(proposal);
        skip(DELAY);
    }

    /// @dev Proposed, waited for and carried out.
    function _byGovernor(address target, bytes memory call) internal {
        _execute(timelock, _ready(target, call));
    }
}
