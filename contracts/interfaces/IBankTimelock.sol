// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title The delay before whatever widens a bank's powers
/// @notice OpenZeppelin's `TimelockController`, which documents every function, with bounds on its delay. It is the one
/// ADMIN of the bank's `AccessManager`. The governor proposes; governor and guardian cancel; anybody carries out what
/// has waited. A proposal that was neither carried out nor cancelled stays for ever.
/// @dev Assumed for safety: DEFAULT_ADMIN has nobody but itself, the recovery timelock, whose delay is longer, and the
/// bank's {IRoleKeeper}, which takes proposers away and adds none.
///
/// Assumed for liveness: a proposer's key is at hand; without any, the recovery timelock names another.
interface IBankTimelock {
    /// @notice A delay, in seconds, is at least {LEAST_DELAY} and at most {GREATEST_DELAY}.
    error DelayOutsideBounds(uint256 found, uint256 least, uint256 greatest);

    /// @notice The least delay, in seconds, that this timelock was built to accept.
    function LEAST_DELAY() external view returns (uint256);

    /// @notice The greatest delay that is accepted: 30 days.
    function GREATEST_DELAY() external view returns (uint256);
}
