// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IDepositTokenExt} from "../interfaces/IDepositTokenExt.sol";
import {IERC7943Fungible} from "../interfaces/IERC7943.sol";
import {AccountSlot} from "../types/AccountSlot.sol";
import {Encumbrance} from "../types/Encumbrance.sol";
import {Encumbrances} from "./Encumbrances.sol";

/// @notice What a bank does to a holder's tokens by law: it freezes, releases and moves them.
abstract contract Freezes is Encumbrances {
    using SafeCast for uint256;

    /* COMPLIANCE */

    /// @inheritdoc IDepositTokenExt
    function freeze(address account, uint128 amount) external restricted {
        TokenStorage storage $ = _storage();
        _requireOrdinary($.accounts[account].slot, account);
        uint128 present = $.encumbrances[account].frozen;
        if (amount <= present) revert FreezeNotHigher(account, amount, present);

        _setFrozen(account, amount);
    }

    /* RELEASER */

    /// @inheritdoc IERC7943Fungible
    function setFrozenTokens(address account, uint256 amount) external restricted returns (bool) {
        uint128 frozen = amount.toUint128();
        _requireOrdinary(_storage().accounts[account].slot, account);
        _setFrozen(account, frozen);
        return true;
    }

    /* ENFORCER */

    /// @inheritdoc IERC7943Fungible
    function forcedTransfer(address from, address to, uint256 amount) external restricted returns (bool) {
        if (from == address(0)) revert IERC20Errors.ERC20InvalidSender(from);
        if (to == address(0) || to == address(this)) revert IERC20Errors.ERC20InvalidReceiver(to);
        TokenStorage storage $ = _storage();
        AccountSlot sender = $.accounts[from].slot;
        AccountSlot receiver = $.accounts[to].slot;
        _requireOrdinary(sender, from);
        _requireOrdinary(receiver, to);
        receiver = _withStanding($, receiver, to, $.epoch);
        if (receiver.validUntil() <= block.timestamp) revert ERC7943CannotReceive(to);
        uint256 balance = sender.balance();
        if (amount > balance) revert IERC20Errors.ERC20InsufficientBalance(from, balance, amount);
        Encumbrance memory encumbrance = $.encumbrances[from];
        // What is locked never exceeds the balance.
        uint256 unlocked = balance - encumbrance.locked;
        if (amount > unlocked) revert TokensLocked(from, amount, unlocked);

        if (from != to) {
            uint256 unfrozen = encumbrance.unfrozenOf(balance);
            // Takes what is not frozen first: what else was frozen stays so, of the balance and of what arrives later.
            if (amount > unfrozen) _setFrozen(from, encumbrance.frozen - (amount - unfrozen).toUint128());
            $.accounts[from].slot = $.accounts[from].slot.debit(amount);
            $.accounts[to].slot = receiver.credit(amount);
        }
        emit IERC20.Transfer(from, to, amount);
        emit ForcedTransfer(from, to, amount);
        return true;
    }

    /* INTERNAL */

    function _setFrozen(address account, uint128 amount) private {
        _storage().encumbrances[account].frozen = amount;
        _noteEncumbrance(account);
        emit Frozen(account, amount);
    }

    function _requireOrdinary(AccountSlot slot, address account) private view {
        if (slot.isSystem()) revert SystemAccountClosed(account, _msgSender(), slot.systemStatus());
    }
}
