// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDepositTokenExt} from "../interfaces/IDepositTokenExt.sol";
import {IERC7943Fungible} from "../interfaces/IERC7943.sol";
import {Encumbrance} from "../types/Encumbrance.sol";
import {DepositTokenCore} from "./DepositTokenCore.sol";

/// @notice What of a balance is frozen or locked, and so can't be spent.
abstract contract Encumbrances is DepositTokenCore, IDepositTokenExt {
    /* VIEWS */

    /// @inheritdoc IERC7943Fungible
    function getFrozenTokens(address account) external view returns (uint256) {
        return _storage().encumbrances[account].frozen;
    }

    /// @inheritdoc IDepositTokenExt
    function lockedOf(address account) external view returns (uint256) {
        return _storage().encumbrances[account].locked;
    }

    /// @inheritdoc IDepositTokenExt
    function spendableOf(address account) external view returns (uint256) {
        return _storage().encumbrances[account].spendableOf(_storage().accounts[account].slot.balance());
    }

    /* INTERNAL */

    /// @dev Keeps the mark in the account's slot, without which a transfer does not look.
    function _noteEncumbrance(address account) internal {
        TokenStorage storage $ = _storage();
        Encumbrance storage encumbrance = $.encumbrances[account];
        $.accounts[account].slot =
            $.accounts[account].slot.withEncumbered(encumbrance.frozen != 0 || encumbrance.locked != 0);
    }
}
