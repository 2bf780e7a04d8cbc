// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAllowlistRegistry} from "../../../../contracts/interfaces/IAllowlistRegistry.sol";
import {Participant} from "../../../../contracts/types/Participant.sol";

/// @notice What a registry reverts with, as a test expects it: each error by its name, without the standard's number.
library RegistryReverts {
    function alreadyRegistered(address wallet) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IAllowlistRegistry.AlreadyRegistered.selector, wallet);
    }

    function batchLengthsDiffer(uint256 wallets, uint256 participants) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IAllowlistRegistry.BatchLengthsDiffer.selector, wallets, participants);
    }

    function customerBlockUnchanged(uint128 customerId, bool blocked) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IAllowlistRegistry.CustomerBlockUnchanged.selector, customerId, blocked);
    }

    function customerIdFixed(address wallet, uint128 found, uint128 allowed) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IAllowlistRegistry.CustomerIdFixed.selector, wallet, found, allowed);
    }

    function customerIsBlocked(uint128 customerId) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IAllowlistRegistry.CustomerIsBlocked.selector, customerId);
    }

    function invalidParticipant(address wallet, Participant found) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IAllowlistRegistry.InvalidParticipant.selector, wallet, found);
    }

    function ledgerOfOtherToken(uint64 ledgerId, address token) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IAllowlistRegistry.LedgerOfOtherToken.selector, ledgerId, token);
    }

    function noCode(address found) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IAllowlistRegistry.NoCode.selector, found);
    }

    function notRegistered(address wallet) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IAllowlistRegistry.NotRegistered.selector, wallet);
    }

    function notSubscriber(address caller) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IAllowlistRegistry.NotSubscriber.selector, caller);
    }

    function subscriptionUnchanged(address token, bool subscribed) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IAllowlistRegistry.SubscriptionUnchanged.selector, token, subscribed);
    }

    function tokenPointsHere(address token) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IAllowlistRegistry.TokenPointsHere.selector, token);
    }

    function tooManyPredecessors(uint256 allowed) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IAllowlistRegistry.TooManyPredecessors.selector, allowed);
    }

    function tooManySubscribers(uint256 allowed) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IAllowlistRegistry.TooManySubscribers.selector, allowed);
    }

    function validityInPast(uint40 found, uint256 present) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IAllowlistRegistry.ValidityInPast.selector, found, present);
    }

    function walletIsBlocked(address wallet) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IAllowlistRegistry.WalletIsBlocked.selector, wallet);
    }

    function walletNotBlocked(address wallet) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IAllowlistRegistry.WalletNotBlocked.selector, wallet);
    }
}
