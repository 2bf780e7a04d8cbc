// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Period} from "../types/Period.sol";
import {IAllowlistRegistry} from "./IAllowlistRegistry.sol";
import {Corridor} from "../types/Corridor.sol";

/// @title One bank's capital-flow rules
/// @notice For each of the bank's tokens and each pair of zones (payer's, merchant's): whether payments may pass, in
/// what amounts, how much a customer may pay a calendar period, and whether the bank approves each one.
/// @dev `consume` and `restore` act on the corridors of the calling token only, so that they need no permission: a
/// stranger finds no corridor of its own. The setters are `restricted` by the bank's `AccessManager` and revert with
/// `AccessManagedUnauthorized(caller)`.
///
/// Assumed of a token, for safety; one that breaks this spends the quotas of its own corridors:
/// - it names the zones by its own registry's table, and hands on that registry;
/// - it calls for its system accounts alone.
///
/// Assumed for liveness: asked about a wallet for the first time, that registry says whose it is.
interface ICorridorPolicy {
    /// @notice The rules of a corridor were set.
    event CorridorSet(address indexed token, uint8 indexed fromZone, uint8 indexed toZone, Corridor corridor);
    /// @notice Nothing passes between two zones, whatever their rules.
    event CorridorSuspended(address indexed token, uint8 indexed fromZone, uint8 indexed toZone);
    /// @notice The rules from one zone to another hold again, as they are set.
    event CorridorResumed(address indexed token, uint8 indexed fromZone, uint8 indexed toZone);
    /// @notice Who signs the bank's approvals: an account with a key or an ERC-1271 contract.
    /// Zero: nobody.
    event ApproverSet(address indexed approver);
    /// @notice `amount` was counted against a customer's quota, which has now `used` in this period.
    event QuotaConsumed(
        address indexed token, uint128 indexed customerId, uint32 quotaRef, uint104 amount, uint104 used
    );
    /// @notice `amount` was given back to a customer's quota, which has now `used` in this period.
    event QuotaRestored(
        address indexed token, uint128 indexed customerId, uint32 quotaRef, uint104 amount, uint104 used
    );

    /// @notice No payment may pass between these zones (0: a country without a zone).
    error CorridorClosed(address token, uint8 fromZone, uint8 toZone);
    /// @notice No payment may pass between these zones until their corridor is resumed.
    error CorridorIsSuspended(address token, uint8 fromZone, uint8 toZone);
    /// @notice The corridor already is (or isn't) suspended.
    error SuspensionUnchanged(address token, uint8 fromZone, uint8 toZone, bool suspended);
    /// @notice The rules would let something through that the present ones don't, or count it by another calendar.
    error CorridorNotNarrower(Corridor found, Corridor present);
    /// @notice The amount lies outside the corridor's limits.
    error AmountOutsideLimits(uint256 found, uint104 least, uint104 greatest);
    /// @notice The customer's quota for the period does not cover the amount.
    error QuotaExceeded(uint128 customerId, uint256 found, uint256 allowed);
    /// @notice The corridor asks for a purpose code and the payment names none.
    error PurposeRequired(uint8 fromZone, uint8 toZone);
    /// @notice The payer has no customer id to count a quota for.
    error UnknownCustomer(address payer);
    /// @notice A corridor's period and offset can't change once a quota was counted by them.
    error PeriodFixed(Period foundPeriod, int8 foundOffset, Period allowedPeriod, int8 allowedOffset);
    /// @notice Zone numbers run from 1.
    error ZeroZone(uint8 fromZone, uint8 toZone);
    /// @notice The least amount is above the greatest.
    error LimitsCrossed(uint104 minAmount, uint104 maxAmount);
    /// @notice A quota without a period.
    error QuotaWithoutPeriod(uint104 quota);
    /// @notice No clock on earth has this offset.
    error OffsetOutOfRange(int8 found, int8 least, int8 greatest);
    /// @notice A corridor needs the bank's approval but no approver is named.
    error NoApprover();

    /// @notice Sets the rules from one zone to another, to whatever; a suspended corridor stays so.
    /// @dev Emits {CorridorSet}. Reverts with {ZeroZone}, {LimitsCrossed}, {QuotaWithoutPeriod}, {OffsetOutOfRange} or
    /// {PeriodFixed}.
    function setCorridor(address token, uint8 fromZone, uint8 toZone, Corridor calldata corridor) external;

    /// @notice Names the signer of the bank's approvals; zero: nobody.
    /// @dev Emits {ApproverSet}.
    function setApprover(address approver) external;

    /// @notice Sets rules that let through nothing that the present ones don't: `open` and `directTransfers` only go
    /// off, `approvalNeeded` and `purposeRequired` only on, the least amount only up, the greatest and the quota only
    /// down.
    /// @dev As {setCorridor}, and reverts with {CorridorNotNarrower}, also for another period or offset.
    function narrowCorridor(address token, uint8 fromZone, uint8 toZone, Corridor calldata corridor) external;

    /// @notice Lets nothing pass from one zone to another, neither payments nor direct transfers, whatever the rules
    /// are; before a corridor is set, too. Direct transfers within a zone are free and are not stopped by it.
    /// @dev Emits {CorridorSuspended}. Reverts with {ZeroZone} or {SuspensionUnchanged}.
    function suspendCorridor(address token, uint8 fromZone, uint8 toZone) external;

    /// @notice The same as {suspendCorridor}, for a role of its own.
    function stopCorridor(address token, uint8 fromZone, uint8 toZone) external;

    /// @notice Takes the signer of the bank's approvals away: what needs one is refused from now on.
    /// @dev Emits {ApproverSet} with zero.
    function removeApprover() external;

    /// @notice Puts the rules of a suspended corridor in force again, as they are set.
    /// @dev Emits {CorridorResumed}. Reverts with {SuspensionUnchanged}.
    function resumeCorridor(address token, uint8 fromZone, uint8 toZone) external;

    /// @notice Checks a payment of the calling token and counts it against its payer's quota.
    /// @dev Emits {QuotaConsumed} where a quota counts. Reverts with {CorridorClosed}, {CorridorIsSuspended},
    /// {AmountOutsideLimits}, {PurposeRequired}, {NoApprover}, {UnknownCustomer} or {QuotaExceeded}.
    /// @param purpose The payment's purpose code, or 0.
    /// @param payer Whose customer's quota counts.
    /// @param amount Minor units of the calling token.
    /// @param fromZone The payer's zone, by the calling token's registry.
    /// @param toZone The merchant's zone, by the same registry.
    /// @param registry The calling token's registry; asked for the customer id when a wallet's first payment counts.
    /// @return quotaRef What {restore} needs to find the count again, a {QuotaRef}; 0 if nothing was counted.
    /// @return approver Who must have approved the payment; zero if nobody.
    function consume(
        bytes4 purpose,
        address payer,
        uint104 amount,
        uint8 fromZone,
        uint8 toZone,
        IAllowlistRegistry registry
    ) external returns (uint32 quotaRef, address approver);

    /// @notice Gives back what was counted, to the corridor and period that it was taken from: never more than is used,
    /// and nothing once a later period has begun to count.
    /// @dev Emits {QuotaRestored} where something is given back.
    /// @param quotaRef As {consume} gave it.
    /// @param payer Whose customer's quota counts.
    /// @param amount Minor units of the calling token.
    /// @param registry The calling token's registry.
    function restore(uint32 quotaRef, address payer, uint104 amount, IAllowlistRegistry registry) external;

    /// @notice Whether holders of `token` may send it from one zone to another by a plain transfer.
    function directTransfers(address token, uint8 fromZone, uint8 toZone) external view returns (bool);

    /// @notice Whether nothing passes from one zone to another, whatever the rules are.
    function isSuspended(address token, uint8 fromZone, uint8 toZone) external view returns (bool);

    /// @notice The rules from one zone to another as they are set, also while they are suspended.
    function corridor(address token, uint8 fromZone, uint8 toZone) external view returns (Corridor memory);

    /// @notice What a customer may still pay in the present period; the greatest uint104 without a quota.
    function remainingQuota(address token, uint8 fromZone, uint8 toZone, uint128 customerId)
        external
        view
        returns (uint104);

    /// @notice Who signs the bank's approvals; zero: nobody.
    function approver() external view returns (address);
}
