// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1404} from "../interfaces/IERC1404.sol";
import {IDepositTokenExt} from "../interfaces/IDepositTokenExt.sol";
import {IERC7943Fungible} from "../interfaces/IERC7943.sol";
import {AccountSlot, SystemStatus} from "../types/AccountSlot.sol";
import {Restriction} from "../types/Restriction.sol";
import {DepositTokenCore} from "./DepositTokenCore.sol";

/// @notice What a token says of a transfer beforehand: exactly what the transfer then does.
abstract contract Restrictions is DepositTokenCore, IDepositTokenExt {
    /// @inheritdoc IERC7943Fungible
    function canSend(address account) external view returns (bool) {
        TokenStorage storage $ = _storage();
        AccountSlot slot = $.accounts[account].slot;
        return slot.isSystem() || _withStanding($, slot, account, $.epoch).validUntil() > block.timestamp;
    }

    /// @inheritdoc IERC7943Fungible
    function canReceive(address account) external view returns (bool) {
        if (account == address(0) || account == address(this)) return false;
        TokenStorage storage $ = _storage();
        AccountSlot slot = $.accounts[account].slot;
        if (slot.isSystem()) return slot.systemStatus() == SystemStatus.Active;
        return _withStanding($, slot, account, $.epoch).validUntil() > block.timestamp;
    }

    /// @inheritdoc IERC7943Fungible
    function canTransfer(address from, address to, uint256 amount) external view returns (bool) {
        return detectTransferRestriction(from, to, amount) == 0;
    }

    /// @inheritdoc IERC1404
    function detectTransferRestriction(address from, address to, uint256 value) public view returns (uint8) {
        // A system account asks for what it pulls itself; nobody else's asking matters.
        TokenStorage storage $ = _storage();
        address caller = _msgSender() == to ? to : from;
        (,, Restriction restriction) = _examine($, caller, from, to, $.accounts[from], $.accounts[to], value);
        return uint8(restriction);
    }

    /// @inheritdoc IERC1404
    function messageForTransferRestriction(uint8 code) external pure returns (string memory) {
        if (code > uint8(type(Restriction).max)) revert UnknownCode(code, uint8(type(Restriction).max));
        Restriction restriction = Restriction(code);
        if (restriction == Restriction.None) return "The transfer is allowed.";
        if (restriction == Restriction.InvalidReceiver) return "The zero address and the token itself can't receive.";
        if (restriction == Restriction.Paused) return "The token is paused.";
        if (restriction == Restriction.SystemAccountClosed) {
            return "Only an active payment contract itself can move tokens into itself.";
        }
        if (restriction == Restriction.CannotSend) return "The sender is unknown to the bank, lapsed or blocked.";
        if (restriction == Restriction.CannotReceive) return "The receiver is unknown to the bank, lapsed or blocked.";
        if (restriction == Restriction.InsufficientBalance) return "The sender's balance is less than the amount.";
        if (restriction == Restriction.Frozen) return "The bank has frozen part of the sender's balance.";
        if (restriction == Restriction.Locked) return "Part of the sender's balance is locked for redemption.";
        return "Direct transfers between the zones of sender and receiver are closed.";
    }
}
