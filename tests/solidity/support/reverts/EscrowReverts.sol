// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../Words.sol";

// What the settlement escrow reverts with, as a test expects it: each error by its name, without the standard's number.

function amountExceeds(uint256 found, uint256 allowed) pure returns (bytes memory) {
    return abi.encodeWithSelector(ISettlementEscrow.AmountExceeds.selector, found, allowed);
}

function amountsDiffer(uint104 sourceAmount, uint104 targetAmount) pure returns (bytes memory) {
    return abi.encodeWithSelector(ISettlementEscrow.AmountsDiffer.selector, sourceAmount, targetAmount);
}

function arbiterNamed(address arbiter) pure returns (bytes memory) {
    return abi.encodeWithSelector(ISettlementEscrow.ArbiterNamed.selector, arbiter);
}

function arbiterNotNeutral(address arbiter) pure returns (bytes memory) {
    return abi.encodeWithSelector(ISettlementEscrow.ArbiterNotNeutral.selector, arbiter);
}

function captureOutOfPlace(uint104 found, uint104 allowed) pure returns (bytes memory) {
    return abi.encodeWithSelector(ISettlementEscrow.CaptureOutOfPlace.selector, found, allowed);
}

function deadlinesCrossed(uint40 authorizeBy, uint40 captureFrom, uint40 captureBy, uint40 refundBy)
    pure
    returns (bytes memory)
{
    return abi.encodeWithSelector(
        ISettlementEscrow.DeadlinesCrossed.selector, authorizeBy, captureFrom, captureBy, refundBy
    );
}

function dealerMismatch(address dealer, address sourceToken, address targetToken) pure returns (bytes memory) {
    return abi.encodeWithSelector(ISettlementEscrow.DealerMismatch.selector, dealer, sourceToken, targetToken);
}

function feeInvalid(uint16 feeBps, address feeReceiver) pure returns (bytes memory) {
    return abi.encodeWithSelector(ISettlementEscrow.FeeInvalid.selector, feeBps, feeReceiver);
}

function generationTooGreat(uint16 found, uint16 allowed) pure returns (bytes memory) {
    return abi.encodeWithSelector(ISettlementEscrow.GenerationTooGreat.selector, found, allowed);
}

function invalidSignature(address signer, bytes32 digest) pure returns (bytes memory) {
    return abi.encodeWithSelector(ISettlementEscrow.InvalidSignature.selector, signer, digest);
}

function inventoryTooLow(address dealer, address token, uint256 found, uint256 needed) pure returns (bytes memory) {
    return abi.encodeWithSelector(ISettlementEscrow.InventoryTooLow.selector, dealer, token, found, needed);
}

function noArbiter(bytes32 id) pure returns (bytes memory) {
    return abi.encodeWithSelector(ISettlementEscrow.NoArbiter.selector, id);
}

function noInventory(address dealer, address token) pure returns (bytes memory) {
    return abi.encodeWithSelector(ISettlementEscrow.NoInventory.selector, dealer, token);
}

function notAllowed(address caller, address allowed) pure returns (bytes memory) {
    return abi.encodeWithSelector(ISettlementEscrow.NotAllowed.selector, caller, allowed);
}

function notAllowedByBank(address caller, address authority) pure returns (bytes memory) {
    return abi.encodeWithSelector(ISettlementEscrow.NotAllowedByBank.selector, caller, authority);
}

function notAnAct(uint256 index, bytes4 selector) pure returns (bytes memory) {
    return abi.encodeWithSelector(ISettlementEscrow.NotAnAct.selector, index, selector);
}

function notDepositToken(address token) pure returns (bytes memory) {
    return abi.encodeWithSelector(ISettlementEscrow.NotDepositToken.selector, token);
}

function nothingForMerchant(uint256 sourceAmount) pure returns (bytes memory) {
    return abi.encodeWithSelector(ISettlementEscrow.NothingForMerchant.selector, sourceAmount);
}

function nothingToClaim(address token, address owner) pure returns (bytes memory) {
    return abi.encodeWithSelector(ISettlementEscrow.NothingToClaim.selector, token, owner);
}

function ownerBlocked(address owner) pure returns (bytes memory) {
    return abi.encodeWithSelector(ISettlementEscrow.OwnerBlocked.selector, owner);
}

function partiesNotDistinct(address payer, address merchant, address dealer) pure returns (bytes memory) {
    return abi.encodeWithSelector(ISettlementEscrow.PartiesNotDistinct.selector, payer, merchant, dealer);
}

function payerBlocked(address payer) pure returns (bytes memory) {
    return abi.encodeWithSelector(ISettlementEscrow.PayerBlocked.selector, payer);
}

function quoteForOtherPayment(bytes32 found, bytes32 allowed) pure returns (bytes memory) {
    return abi.encodeWithSelector(ISettlementEscrow.QuoteForOtherPayment.selector, found, allowed);
}

function quoteOutOfPlace(uint104 found, uint104 allowed) pure returns (bytes memory) {
    return abi.encodeWithSelector(ISettlementEscrow.QuoteOutOfPlace.selector, found, allowed);
}

function reentrancyGuardReentrantCall() pure returns (bytes memory) {
    return abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
}

function resolveByMismatch(address arbiter, uint40 captureBy, uint40 resolveBy) pure returns (bytes memory) {
    return abi.encodeWithSelector(ISettlementEscrow.ResolveByMismatch.selector, arbiter, captureBy, resolveBy);
}

function safeERC20FailedOperation(address token) pure returns (bytes memory) {
    return abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, token);
}

function standingUnknown(address token, address payer) pure returns (bytes memory) {
    return abi.encodeWithSelector(ISettlementEscrow.StandingUnknown.selector, token, payer);
}

function tooEarly(uint256 found, uint256 allowed) pure returns (bytes memory) {
    return abi.encodeWithSelector(ISettlementEscrow.TooEarly.selector, found, allowed);
}

function tooLate(uint256 found, uint256 allowed) pure returns (bytes memory) {
    return abi.encodeWithSelector(ISettlementEscrow.TooLate.selector, found, allowed);
}

function wrongStatus(bytes32 id, PaymentStatus found, PaymentStatus allowed) pure returns (bytes memory) {
    return abi.encodeWithSelector(ISettlementEscrow.WrongStatus.selector, id, found, allowed);
}

function zeroAmount() pure returns (bytes memory) {
    return abi.encodeWithSelector(ISettlementEscrow.ZeroAmount.selector);
}

function zeroSigner() pure returns (bytes memory) {
    return abi.encodeWithSelector(ISettlementEscrow.ZeroSigner.selector);
}
