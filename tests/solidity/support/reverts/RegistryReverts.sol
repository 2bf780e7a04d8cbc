// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../Words.sol";

// What a registry reverts with, as a test expects it: each error by its name, without the standard's number.

function alreadyRegistered(address wallet) pure returns (bytes memory) {
    return abi.encodeWithSelector(IAllowlistRegistry.AlreadyRegistered.selector, wallet);
}

function batchLengthsDiffer(uint256 wallets, uint256 participants) pure returns (bytes memory) {
    return abi.encodeWithSelector(IAllowlistRegistry.BatchLengthsDiffer.selector, wallets, participants);
}

function customerBlockUnchanged(uint128 customerId, bool blocked) pure returns (bytes memory) {
    return abi.encodeWithSelector(IAllowlistRegistry.CustomerBlockUnchanged.selector, customerId, blocked);
}

function customerIdFixed(address wallet, uint128 found, uint128 allowed) pure returns (bytes memory) {
    return abi.encodeWithSelector(IAllowlistRegistry.CustomerIdFixed.selector, wallet, found, allowed);
}

function customerIsBlocked(uint128 customerId) pure returns (bytes memory) {
    return abi.encodeWithSelector(IAllowlistRegistry.CustomerIsBlocked.selector, customerId);
}

function invalidParticipant(address wallet, Participant found) pure returns (bytes memory) {
    return abi.encodeWithSelector(IAllowlistRegistry.InvalidParticipant.selector, wallet, found);
}

function ledgerOfOtherToken(uint64 ledgerId, address token) pure returns (bytes memory) {
    return abi.encodeWithSelector(IAllowlistRegistry.LedgerOfOtherToken.selector, ledgerId, token);
}

function noCode(address found) pure returns (bytes memory) {
    return abi.encodeWithSelector(IAllowlistRegistry.NoCode.selector, found);
}

function notRegistered(address wallet) pure returns (bytes memory) {
    return abi.encodeWithSelector(IAllowlistRegistry.NotRegistered.selector, wallet);
}

function notSubscriber(address caller) pure returns (bytes memory) {
    return abi.encodeWithSelector(IAllowlistRegistry.NotSubscriber.selector, caller);
}

function subscriptionUnchanged(address token, bool subscribed) pure returns (bytes memory) {
    return abi.encodeWithSelector(IAllowlistRegistry.SubscriptionUnchanged.selector, token, subscribed);
}

function tokenPointsHere(address token) pure returns (bytes memory) {
    return abi.encodeWithSelector(IAllowlistRegistry.TokenPointsHere.selector, token);
}

function tooManyPredecessors(uint256 allowed) pure returns (bytes memory) {
    return abi.encodeWithSelector(IAllowlistRegistry.TooManyPredecessors.selector, allowed);
}

function tooManySubscribers(uint256 allowed) pure returns (bytes memory) {
    return abi.encodeWithSelector(IAllowlistRegistry.TooManySubscribers.selector, allowed);
}

function validityInPast(uint40 found, uint256 present) pure returns (bytes memory) {
    return abi.encodeWithSelector(IAllowlistRegistry.ValidityInPast.selector, found, present);
}

function walletIsBlocked(address wallet) pure returns (bytes memory) {
    return abi.encodeWithSelector(IAllowlistRegistry.WalletIsBlocked.selector, wallet);
}

function walletNotBlocked(address wallet) pure returns (bytes memory) {
    return abi.encodeWithSelector(IAllowlistRegistry.WalletNotBlocked.selector, wallet);
}
