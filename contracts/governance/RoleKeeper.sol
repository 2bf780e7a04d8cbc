// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {IRoleKeeper} from "../interfaces/IRoleKeeper.sol";
import {Roles} from "../libraries/Roles.sol";

/// @title The one administrator of a bank's working roles
/// @notice See {IRoleKeeper}, which documents every function.
contract RoleKeeper is AccessManaged, IRoleKeeper {
    uint32 private constant LEAST_ENFORCER_DELAY = 1 seconds;
    uint32 private constant GREATEST_ENFORCER_DELAY = 1 days;

    bytes32 private constant PROPOSER_ROLE = keccak256("PROPOSER_ROLE");
    bytes32 private constant CANCELLER_ROLE = keccak256("CANCELLER_ROLE");

    /// @inheritdoc IRoleKeeper
    TimelockController public immutable TIMELOCK;

    /// @inheritdoc IRoleKeeper
    uint32 public immutable ENFORCER_DELAY;

    constructor(address manager, TimelockController timelock, uint32 enforcerDelay) AccessManaged(manager) {
        if (enforcerDelay < LEAST_ENFORCER_DELAY || enforcerDelay > GREATEST_ENFORCER_DELAY) {
            revert EnforcerDelayOutsideBounds(enforcerDelay, LEAST_ENFORCER_DELAY, GREATEST_ENFORCER_DELAY);
        }

        TIMELOCK = timelock;
        ENFORCER_DELAY = enforcerDelay;
    }

    /* ADMIN */

    /// @inheritdoc IRoleKeeper
    function grant(uint64 role, address account) external restricted {
        _requireWorkingRole(role);

        IAccessManager(authority()).grantRole(role, account, role == Roles.ENFORCER ? ENFORCER_DELAY : 0);
    }

    /* GUARDIAN */

    /// @inheritdoc IRoleKeeper
    function revoke(uint64 role, address account) external restricted {
        _requireWorkingRole(role);

        IAccessManager(authority()).revokeRole(role, account);
    }

    /// @inheritdoc IRoleKeeper
    function revokeProposer(address account) external restricted {
        if (!TIMELOCK.hasRole(PROPOSER_ROLE, account)) revert NotProposer(account);

        TIMELOCK.revokeRole(PROPOSER_ROLE, account);
        TIMELOCK.revokeRole(CANCELLER_ROLE, account);
    }

    /* INTERNAL */

    /// @dev Whether KEEPER administers the role, the manager asks; these three it never may, whatever was set there.
    function _requireWorkingRole(uint64 role) private pure {
        if (role == Roles.ADMIN || role == Roles.GUARDIAN || role == Roles.KEEPER) revert NotWorkingRole(role);
    }
}
