// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AccessManagedUpgradeable
} from "@openzeppelin/contracts-upgradeable/access/manager/AccessManagedUpgradeable.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";

import {IAllowlistRegistry} from "../interfaces/IAllowlistRegistry.sol";
import {ICorridorPolicy} from "../interfaces/ICorridorPolicy.sol";
import {IERC7943Fungible} from "../interfaces/IERC7943.sol";
import {IDepositTokenMain} from "../interfaces/IDepositTokenMain.sol";
import {IDepositTokenCore} from "../interfaces/IDepositTokenCore.sol";
import {Acceptance} from "../types/Acceptance.sol";
import {AccountSlot, SystemStatus} from "../types/AccountSlot.sol";
import {Encumbrance} from "../types/Encumbrance.sol";
import {LedgerEntry} from "../types/LedgerEntry.sol";
import {CustomerCategory, Participant} from "../types/Participant.sol";
import {Redemption} from "../types/Redemption.sol";
import {Restriction} from "../types/Restriction.sol";
import {Minter} from "../types/Minter.sol";

/// @notice The books of a deposit token, which {DepositToken} and {DepositTokenExt} keep in the same storage, and the
/// one rule of what may move.
/// @dev An account's slot keeps a copy of what the registry says of it. A copy can only say yes: whatever it does not
/// allow is asked of the registry again, so that only a change for the worse has to reach the token.
abstract contract DepositTokenCore is AccessManagedUpgradeable, IDepositTokenCore {
    using BitMaps for BitMaps.BitMap;

    /* STORAGE */

    /// @dev In a struct, so that it can be referred to: where it lies is then worked out once for reading and writing.
    struct Account {
        AccountSlot slot;
    }

    /// @custom:storage-location erc7201:deposit_token.storage.DepositToken
    struct TokenStorage {
        // What a transfer reads, in one slot.
        address registry;
        uint32 epoch;
        uint32 registryEpoch;
        bool paused;
        // What a payment and a transfer between zones read.
        address policy;
        uint16 policyGeneration;
        bytes3 currency;
        uint8 decimals;
        // What issuing reads.
        uint128 supply;
        uint128 supplyCap;
        mapping(address account => Account) accounts;
        mapping(address minter => Minter) minters;
        mapping(uint64 ledgerId => address) minterOfLedger;
        BitMaps.BitMap consumedEntries;
        // Read for accounts whose slot says that they are encumbered.
        mapping(address account => Encumbrance) encumbrances;
        uint256 redemptionCount;
        mapping(uint256 id => Redemption) redemptions;
        mapping(address holder => EnumerableSet.UintSet) openRedemptions;
        mapping(address token => Acceptance) acceptances;
        address suspenseAccount;
        bytes32 termsHash;
        string termsUri;
    }

    /// @dev keccak256(abi.encode(uint256(keccak256("deposit_token.storage.DepositToken")) - 1)) &
    /// ~bytes32(uint256(0xff))
    bytes32 private constant STORAGE_LOCATION = 0x358f066af1ad54fbda2b5a39654ca8e0b44e4e791acc73172153aba47853c000;

    /// @dev Which extension belongs to which token's code: a new layout or division of the functions takes a new name.
    bytes32 internal constant EXTENSION_ID = keccak256("deposit_token.DepositTokenExt.1");

    function _storage() internal view virtual returns (TokenStorage storage $) {
        // slither-disable-next-line assembly: the language's only way to an ERC-7201 struct.
        assembly ("memory-safe") {
            $.slot := STORAGE_LOCATION
        }
    }

    /* INTERNAL: TRANSFER */

    /// @dev The one rule of a transfer. Gives both slots with whatever was asked of the registry filled in, and the
    /// first reason to refuse.
    function _examine(
        TokenStorage storage $,
        address caller,
        address from,
        address to,
        Account storage sending,
        Account storage receiving,
        uint256 value
    ) internal view returns (AccountSlot sender, AccountSlot receiver, Restriction) {
        (bool paused, uint32 epoch) = ($.paused, $.epoch);
        (sender, receiver) = (sending.slot, receiving.slot);
        if (to == address(0) || to == address(this)) return (sender, receiver, Restriction.InvalidReceiver);
        if (paused) return (sender, receiver, Restriction.Paused);
        bool systemReceives = receiver.isSystem();
        if (systemReceives && (caller != to || receiver.systemStatus() != SystemStatus.Active)) {
            return (sender, receiver, Restriction.SystemAccountClosed);
        }
        bool systemSends = sender.isSystem();
        if (!systemSends) {
            sender = _withStanding($, sender, from, epoch);
            if (sender.validUntil() <= block.timestamp) return (sender, receiver, Restriction.CannotSend);
        }
        if (!systemReceives) {
            receiver = _withStanding($, receiver, to, epoch);
            if (receiver.validUntil() <= block.timestamp) return (sender, receiver, Restriction.CannotReceive);
        }
        Restriction restriction = _examineSpending($, sender, from, value);
        if (restriction != Restriction.None) return (sender, receiver, restriction);
        if (!systemSends && !systemReceives && sender.country() != receiver.country()) {
            sender = _withZone($, sender);
            receiver = _withZone($, receiver);
            // Within a zone they are free; no corridor can be set from or to zone 0.
            if (
                (sender.zone() != receiver.zone() || sender.zone() == 0)
                    && !ICorridorPolicy($.policy).directTransfers(address(this), sender.zone(), receiver.zone())
            ) return (sender, receiver, Restriction.DirectTransferClosed);
        }
        return (sender, receiver, Restriction.None);
    }

    /// @dev Whether the balance, less what is frozen and locked of it, covers a value.
    function _examineSpending(TokenStorage storage $, AccountSlot slot, address account, uint256 value)
        internal
        view
        returns (Restriction)
    {
        uint256 balance = slot.balance();
        if (value > balance) return Restriction.InsufficientBalance;
        if (slot.isEncumbered()) {
            Encumbrance memory encumbrance = $.encumbrances[account];
            if (value > encumbrance.unfrozenOf(balance)) return Restriction.Frozen;
            if (value > encumbrance.spendableOf(balance)) return Restriction.Locked;
        }
        return Restriction.None;
    }

    function _refuseSpending(Restriction restriction, AccountSlot slot, address account, uint256 value) internal view {
        uint256 balance = slot.balance();
        if (restriction == Restriction.InsufficientBalance) {
            revert IERC20Errors.ERC20InsufficientBalance(account, balance, value);
        }
        Encumbrance memory encumbrance = _storage().encumbrances[account];
        if (restriction == Restriction.Frozen) {
            revert IERC7943Fungible.ERC7943InsufficientUnfrozenBalance(account, value, encumbrance.unfrozenOf(balance));
        }
        revert TokensLocked(account, value, encumbrance.spendableOf(balance));
    }

    function _requireSpendable(TokenStorage storage $, AccountSlot slot, address account, uint256 value) internal view {
        Restriction restriction = _examineSpending($, slot, account, value);
        if (restriction != Restriction.None) _refuseSpending(restriction, slot, account, value);
    }

    /* INTERNAL: STANDING */

    /// @dev The slot with a copy that is good now, or else with the registry's present answer. That is no copy to keep
    /// while the registry does not list the token as its subscriber (then its epoch for the token is 0).
    function _withStanding(TokenStorage storage $, AccountSlot slot, address account, uint32 epoch)
        internal
        view
        returns (AccountSlot)
    {
        if (_isGood(slot, epoch)) return slot;
        Participant record = IAllowlistRegistry($.registry).standingOf(account);
        return slot.withCopy(record, $.registryEpoch == 0 ? 0 : epoch);
    }

    /// @dev Whether the slot's copy says yes now. The token's epoch is never 0.
    function _isGood(AccountSlot slot, uint32 epoch) internal view returns (bool) {
        return slot.epoch() == epoch && slot.validUntil() > block.timestamp;
    }

    /// @dev Whether an account or its customer is under a legal block; a good copy says no.
    function _isBlocked(TokenStorage storage $, AccountSlot slot, address account) internal view returns (bool) {
        return !_isGood(slot, $.epoch) && IAllowlistRegistry($.registry).isBlocked(account);
    }

    function _requireDealer(TokenStorage storage $, address account) internal view {
        AccountSlot slot = _withStanding($, $.accounts[account].slot, account, $.epoch);
        if (slot.validUntil() <= block.timestamp || slot.category() != CustomerCategory.Dealer) {
            revert IDepositTokenMain.NotDealer(account, slot.validUntil(), slot.category());
        }
    }

    function _withZone(TokenStorage storage $, AccountSlot slot) internal view returns (AccountSlot) {
        if (slot.zone() != 0) return slot;
        return slot.withZone(IAllowlistRegistry($.registry).zoneOf(slot.country()));
    }

    /* INTERNAL: ENTRIES */

    /// @dev Consumes an entry of the calling minter's ledger, once and for all.
    function _consumeEntry(TokenStorage storage $, uint64 ledgerId, uint256 amount, uint128 entry) internal {
        if (ledgerId == 0) revert NotMinter(_msgSender());
        if ($.paused) revert TokenPaused();
        if (amount == 0) revert ZeroAmount();
        uint64 found = LedgerEntry.wrap(entry).ledgerId();
        if (found != ledgerId) revert EntryOfOtherLedger(entry, found, ledgerId);
        if ($.consumedEntries.get(entry)) revert EntryConsumed(entry);
        $.consumedEntries.set(entry);
    }

    /* INTERNAL: NEIGHBOURS */

    /// @dev Refuses what has no code, or does not answer a question that it must know.
    function _requireAnswer(address found, bytes memory question) internal view {
        // slither-disable-next-line unused-return: what it answers is looked at where it matters.
        (bool answered,,) = LowLevelCall.staticcallReturn64Bytes(found, question);
        // forge-lint: disable-next-line(unsafe-typecast): the selector.
        if (!answered || LowLevelCall.returnDataSize() < 32) revert NoAnswer(found, bytes4(question));
    }
}
