// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IRecoveryTimelock} from "../interfaces/IRecoveryTimelock.sol";

/// @title The way back after a governor's or a guardian's key was stolen
/// @notice See {IRecoveryTimelock}.
contract RecoveryTimelock is TimelockController, IRecoveryTimelock {
    uint256 private constant LEAST_DELAY = 14 days;
    uint256 private constant BANK_DELAYS = 7;

    /// @inheritdoc IRecoveryTimelock
    TimelockController public immutable BANK;

    /// @dev The one executor is the zero address, which stands for anybody. Nobody is DEFAULT_ADMIN but the timelock
    /// itself, and the base gives no CANCELLER_ROLE: {hasRole} would be asked for it before `BANK` is set.
    constructor(TimelockController bank, address board)
        TimelockController(LEAST_DELAY, new address[](0), new address[](1), address(0))
    {
        BANK = bank;

        _grantRole(PROPOSER_ROLE, board);
    }

    /// @notice Seven times the bank's delay, and at least 14 days.
    function getMinDelay() public view override returns (uint256) {
        return Math.max(LEAST_DELAY, BANK_DELAYS * BANK.getMinDelay());
    }

    /// @notice Always reverts: the delay follows the bank's.
    function updateDelay(uint256 newDelay) public view override {
        revert DelayFollowsBank(newDelay, getMinDelay());
    }

    /// @notice Whether the account has the role now; CANCELLER_ROLE is of whoever proposes here or at the bank's
    /// timelock.
    function hasRole(bytes32 role, address account) public view override returns (bool) {
        if (role == CANCELLER_ROLE) {
            return super.hasRole(PROPOSER_ROLE, account) || BANK.hasRole(PROPOSER_ROLE, account);
        }
        return super.hasRole(role, account);
    }
}
