// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {IDepositToken} from "../interfaces/IDepositToken.sol";
import {ISettlementEscrow} from "../interfaces/ISettlementEscrow.sol";
import {Inventories} from "./Inventories.sol";

/// @notice What a token's bank may do here for an owner whom its registry refuses.
abstract contract Diversions is Inventories {
    /// @inheritdoc ISettlementEscrow
    function divertClaim(address token, address owner, address to) external nonReentrant {
        _requireBank(token);
        IDepositToken(token).requireRefused(owner);
        IDepositToken(token).requireSuccessor(owner, to);

        uint256 amount = _takeClaimable(token, owner);
        claimableOf[token][to] += amount;
        emit ClaimDiverted(token, owner, to, amount);
    }

    /// @inheritdoc ISettlementEscrow
    function divertInventory(address token, address dealer) external nonReentrant {
        _requireBank(token);
        IDepositToken(token).requireRefused(dealer);
        uint256 amount = inventoryOf[dealer][token];
        if (amount == 0) revert NoInventory(dealer, token);

        inventoryOf[dealer][token] = 0;
        claimableOf[token][dealer] += amount;
        emit InventoryDiverted(token, dealer, amount);
    }

    /* INTERNAL */

    /// @dev Who may act for the bank of a token, at once, is its own `AccessManager`'s to say.
    function _requireBank(address token) private view {
        address authority = IAccessManaged(token).authority();
        // slither-disable-next-line unused-return: what may be done later does not count.
        (bool immediate,) = IAccessManager(authority).canCall(msg.sender, address(this), msg.sig);
        if (!immediate) revert NotAllowedByBank(msg.sender, authority);
    }
}
