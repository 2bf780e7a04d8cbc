// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// @title The way back after a governor's or a guardian's key was stolen
/// @notice OpenZeppelin's `TimelockController`, which documents every function. Its one power is DEFAULT_ADMIN of the
/// bank's timelock: it says who proposes and who cancels there. The bank's board proposes and anybody carries out what
/// has waited. Whoever proposes here or at the bank's timelock **at that moment** cancels, and nobody else does: a
/// grant of CANCELLER_ROLE here has no effect.
/// @dev Assumed for safety: the bank's timelock tells its delay, and who proposes there, as OpenZeppelin's does.
///
/// Assumed for liveness:
/// - the board's key is at hand; without it, the bank's governor puts another recovery timelock in this one's place;
/// - the bank's timelock bounds its delay: this one's is a multiple of it.
interface IRecoveryTimelock {
    /// @notice The delay follows the bank's and can't be set: `allowed` is what it is now.
    error DelayFollowsBank(uint256 found, uint256 allowed);

    /// @notice The bank's timelock, whose proposers cancel here.
    function BANK() external view returns (TimelockController);
}
