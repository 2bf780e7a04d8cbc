// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {SystemStatus} from "../types/AccountSlot.sol";

/// @title What both contracts of a deposit token say
/// @notice Events and errors of the books that {DepositToken} and {DepositTokenExt} keep together.
interface IDepositTokenCore {
    /// @notice The supply may not exceed `cap`.
    event SupplyCapSet(uint128 cap);
    /// @notice The token takes its answers from another registry.
    event RegistrySet(address indexed registry);
    /// @notice The token follows another policy; counts made before have the generation before.
    event PolicySet(address indexed policy, uint16 generation);
    /// @notice Every copy of a registry's answer from before is void.
    event EpochAdopted(uint32 epoch);

    /// @notice The token is paused.
    error TokenPaused();
    /// @notice Only an active system account can move tokens into itself, as the caller.
    error SystemAccountClosed(address account, address caller, SystemStatus status);
    /// @notice The account has no such part in the payment system.
    error NotSystemAccount(address account, SystemStatus found);
    /// @notice The corridor between the two zones (0: a country without one) allows no plain transfers.
    error DirectTransferClosed(address from, address to, uint8 fromZone, uint8 toZone);
    /// @notice The unfrozen balance covers the amount, but part of it is locked for redemptions.
    error TokensLocked(address account, uint256 found, uint256 allowed);
    /// @notice The caller is no minter.
    error NotMinter(address caller);
    /// @notice The entry is not one of the minter's ledger.
    error EntryOfOtherLedger(uint128 entry, uint64 found, uint64 allowed);
    /// @notice The entry was used before, for a mint, a burn or a settlement.
    error EntryConsumed(uint128 entry);
    /// @notice An amount of zero.
    error ZeroAmount();
    /// @notice The address has no code, or its contract does not answer what is asked of its kind.
    error NoAnswer(address found, bytes4 question);
}
