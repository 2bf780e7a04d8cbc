// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// @title The way back after a governor's or a guardian's key was stolen
/// @notice OpenZeppelin's `TimelockController`, which documents every function. Its one power is DEFAULT_ADMIN of the
/// bank's timelock: it says who proposes and who cancels there. The bank's board proposes and anybody carries out what
/// has waited. Whoever proposes here or at the bank's timelock **at that moment** cancels, and nobody else does: a
/// grant of CANCELLER_ROLE here has no effect.
interface IRecoveryTimelock {
    /// @notice The delay follows the bank's and can't be set: `allowed` is what it is now.
    error DelayFollowsBank(uint256 found, uint256 allowed);

    /// @notice The bank's timelock, whose proposers cancel here.
    function BANK() external view returns (TimelockController);
}
