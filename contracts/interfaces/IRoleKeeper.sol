// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// @title The one administrator of a bank's working roles
/// @notice Takes a key away at once and gives one only after the bank's delay, so that neither needs the other's
/// holder. It never touches ADMIN, GUARDIAN or KEEPER: no guardian removes another.
/// @dev Every function that changes something is `restricted`: whom the bank's `AccessManager` does not allow it
/// refuses with `AccessManagedUnauthorized(caller)`.
///
/// Assumed for safety:
/// - nobody else has the manager's KEEPER role, which would give working roles without the bank's delay;
/// - the manager lets the timelock call {grant} and the guardian the rest.
///
/// Assumed for liveness: this contract has the manager's KEEPER role, and DEFAULT_ADMIN at the bank's timelock.
interface IRoleKeeper {
    /// @notice The role is not a working role.
    error NotWorkingRole(uint64 found);
    /// @notice The account does not propose at the bank's timelock.
    error NotProposer(address account);
    /// @notice An enforcer's delay, in seconds, is at least `least`, since nobody could cancel without any, and at most
    /// `greatest`.
    error EnforcerDelayOutsideBounds(uint32 found, uint32 least, uint32 greatest);

    /// @notice The bank's timelock.
    function TIMELOCK() external view returns (TimelockController);

    /// @notice How many seconds every act of an enforcer waits, in which a guardian can cancel it.
    function ENFORCER_DELAY() external view returns (uint32);

    /* ADMIN */

    /// @notice Gives a working role, with {ENFORCER_DELAY} if it is ENFORCER and without any delay if not.
    /// @dev The manager emits `RoleGranted`, also for who has the role already. Reverts with {NotWorkingRole}, or as
    /// the manager with `AccessManagerUnauthorizedAccount(keeper, admin)` for a role that KEEPER does not administer
    /// there.
    function grant(uint64 role, address account) external;

    /* GUARDIAN */

    /// @notice Takes a working role away. What an enforcer has scheduled can't be carried out without the role, but is
    /// to be cancelled too, since it would count again after a new grant.
    /// @dev The manager emits `RoleRevoked`, for who has the role only. Reverts as {grant}.
    function revoke(uint64 role, address account) external;

    /// @notice Takes PROPOSER_ROLE and CANCELLER_ROLE at the bank's timelock, of a proposer only. What it has scheduled
    /// there stays: it is to be cancelled.
    /// @dev The timelock emits `RoleRevoked` for each. Reverts with {NotProposer}, or as the timelock with
    /// `AccessControlUnauthorizedAccount(keeper, DEFAULT_ADMIN)` once another is its administrator.
    function revokeProposer(address account) external;
}
