// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../Words.sol";

// What a policy reverts with, as a test expects it: each error by its name, without the standard's number.

function amountOutsideLimits(uint256 found, uint104 least, uint104 greatest) pure returns (bytes memory) {
    return abi.encodeWithSelector(ICorridorPolicy.AmountOutsideLimits.selector, found, least, greatest);
}

function corridorClosed(address token, uint8 fromZone, uint8 toZone) pure returns (bytes memory) {
    return abi.encodeWithSelector(ICorridorPolicy.CorridorClosed.selector, token, fromZone, toZone);
}

function corridorIsSuspended(address token, uint8 fromZone, uint8 toZone) pure returns (bytes memory) {
    return abi.encodeWithSelector(ICorridorPolicy.CorridorIsSuspended.selector, token, fromZone, toZone);
}

function corridorNotNarrower(Corridor memory found, Corridor memory present) pure returns (bytes memory) {
    return abi.encodeWithSelector(ICorridorPolicy.CorridorNotNarrower.selector, found, present);
}

function limitsCrossed(uint104 minAmount, uint104 maxAmount) pure returns (bytes memory) {
    return abi.encodeWithSelector(ICorridorPolicy.LimitsCrossed.selector, minAmount, maxAmount);
}

function noApprover() pure returns (bytes memory) {
    return abi.encodeWithSelector(ICorridorPolicy.NoApprover.selector);
}

function offsetOutOfRange(int8 found, int8 least, int8 greatest) pure returns (bytes memory) {
    return abi.encodeWithSelector(ICorridorPolicy.OffsetOutOfRange.selector, found, least, greatest);
}

function periodFixed(Period foundPeriod, int8 foundOffset, Period allowedPeriod, int8 allowedOffset)
    pure
    returns (bytes memory)
{
    return abi.encodeWithSelector(
        ICorridorPolicy.PeriodFixed.selector, foundPeriod, foundOffset, allowedPeriod, allowedOffset
    );
}

function purposeRequired(uint8 fromZone, uint8 toZone) pure returns (bytes memory) {
    return abi.encodeWithSelector(ICorridorPolicy.PurposeRequired.selector, fromZone, toZone);
}

function quotaExceeded(uint128 customerId, uint256 found, uint256 allowed) pure returns (bytes memory) {
    return abi.encodeWithSelector(ICorridorPolicy.QuotaExceeded.selector, customerId, found, allowed);
}

function quotaWithoutPeriod(uint104 quota) pure returns (bytes memory) {
    return abi.encodeWithSelector(ICorridorPolicy.QuotaWithoutPeriod.selector, quota);
}

function suspensionUnchanged(address token, uint8 fromZone, uint8 toZone, bool suspended) pure returns (bytes memory) {
    return abi.encodeWithSelector(ICorridorPolicy.SuspensionUnchanged.selector, token, fromZone, toZone, suspended);
}

function unknownCustomer(address payer) pure returns (bytes memory) {
    return abi.encodeWithSelector(ICorridorPolicy.UnknownCustomer.selector, payer);
}

function zeroZone(uint8 fromZone, uint8 toZone) pure returns (bytes memory) {
    return abi.encodeWithSelector(ICorridorPolicy.ZeroZone.selector, fromZone, toZone);
}
