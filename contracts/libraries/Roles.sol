// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice The roles' numbers in a bank's `AccessManager`.
library Roles {
    /// @dev OpenZeppelin's, whose one member is the bank's timelock: everything that widens.
    uint64 internal constant ADMIN = 0;

    /// @dev Registers customers and renews their reviews.
    uint64 internal constant REGISTRAR = 1;
    /// @dev Blocks and freezes, and diverts what can't be paid.
    uint64 internal constant COMPLIANCE = 2;
    /// @dev Narrows and suspends corridors and other tokens.
    uint64 internal constant POLICY_OFFICER = 3;
    /// @dev Refills minters up to their ceilings and lowers ceilings and caps.
    uint64 internal constant TREASURER = 4;

    /// @dev Stops, cancels and takes keys away, at once, and never starts anything.
    uint64 internal constant GUARDIAN = 5;

    /// @dev Accepts and rejects redemptions.
    uint64 internal constant PAYOUT_OFFICER = 6;
    /// @dev Resumes what was suspended, blocked, frozen or paused.
    uint64 internal constant RELEASER = 7;
    /// @dev Moves a holder's tokens by law, after a delay.
    uint64 internal constant ENFORCER = 8;

    /// @dev Administers the working roles, which are all but ADMIN, GUARDIAN and itself; its one member is the keeper.
    uint64 internal constant KEEPER = 9;
}
