// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";

import {IAllowlistRegistry} from "../interfaces/IAllowlistRegistry.sol";
import {IDepositTokenExt} from "../interfaces/IDepositTokenExt.sol";
import {Minter} from "../types/Minter.sol";
import {DepositTokenCore} from "./DepositTokenCore.sol";

/// @notice Who may issue, from which ledger, up to what; and how much there may be in all.
abstract contract Minters is DepositTokenCore, IDepositTokenExt {
    using BitMaps for BitMaps.BitMap;

    /* TREASURER */

    /// @inheritdoc IDepositTokenExt
    function refill(address minter) external restricted {
        Minter storage record = _liveMinter(minter);
        record.allowance = record.ceiling;
        _emitMinterSet(minter, record);
    }

    /// @inheritdoc IDepositTokenExt
    function lowerCeiling(address minter, uint128 ceiling) external restricted {
        Minter storage record = _liveMinter(minter);
        if (ceiling >= record.ceiling) revert CeilingNotLower(minter, ceiling, record.ceiling);

        record.ceiling = ceiling;
        if (record.allowance > ceiling) record.allowance = ceiling;
        _emitMinterSet(minter, record);
    }

    /// @inheritdoc IDepositTokenExt
    function lowerSupplyCap(uint128 cap) external restricted {
        uint128 present = _storage().supplyCap;
        if (cap >= present) revert SupplyCapNotLower(cap, present);
        _setSupplyCap(cap);
    }

    /* GUARDIAN */

    /// @inheritdoc IDepositTokenExt
    function removeMinter(address minter) external restricted {
        TokenStorage storage $ = _storage();
        uint64 ledgerId = _liveMinter(minter).ledgerId;

        delete $.minters[minter];
        delete $.minterOfLedger[ledgerId];
        emit MinterRemoved(minter, ledgerId);
    }

    /* ADMIN */

    /// @inheritdoc IDepositTokenExt
    function setMinter(address minter, uint64 ledgerId, uint128 ceiling) external restricted {
        TokenStorage storage $ = _storage();
        if (minter == address(0) || ledgerId == 0 || ceiling == 0) revert InvalidMinter(minter, ledgerId, ceiling);
        address holder = $.minterOfLedger[ledgerId];
        uint64 held = $.minters[minter].ledgerId;
        if (holder != address(0) && holder != minter) revert LedgerTaken(ledgerId, holder);
        if (held != 0 && held != ledgerId) revert LedgerTaken(held, minter);

        IAllowlistRegistry($.registry).claimLedger(ledgerId);
        $.minters[minter] = Minter(ledgerId, ceiling, ceiling);
        $.minterOfLedger[ledgerId] = minter;
        emit MinterSet(minter, ledgerId, ceiling, ceiling);
    }

    /// @inheritdoc IDepositTokenExt
    function setSupplyCap(uint128 cap) external restricted {
        _setSupplyCap(cap);
    }

    /* VIEWS */

    /// @inheritdoc IDepositTokenExt
    function minterOf(address minter) external view returns (uint64 ledgerId, uint128 allowance, uint128 ceiling) {
        Minter storage record = _storage().minters[minter];
        return (record.ledgerId, record.allowance, record.ceiling);
    }

    /// @inheritdoc IDepositTokenExt
    function minterOfLedger(uint64 ledgerId) external view returns (address) {
        return _storage().minterOfLedger[ledgerId];
    }

    /// @inheritdoc IDepositTokenExt
    function isEntryConsumed(uint128 entry) external view returns (bool) {
        return _storage().consumedEntries.get(entry);
    }

    /// @inheritdoc IDepositTokenExt
    function supplyCap() external view returns (uint128) {
        return _storage().supplyCap;
    }

    /* INTERNAL */

    function _emitMinterSet(address minter, Minter storage record) private {
        emit MinterSet(minter, record.ledgerId, record.allowance, record.ceiling);
    }

    function _setSupplyCap(uint128 cap) private {
        _storage().supplyCap = cap;
        emit SupplyCapSet(cap);
    }

    /// @dev The record of a minter that is live.
    function _liveMinter(address minter) private view returns (Minter storage record) {
        record = _storage().minters[minter];
        if (record.ledgerId == 0) revert NotMinter(minter);
    }
}
