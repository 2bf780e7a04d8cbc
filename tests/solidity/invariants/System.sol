// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AuthorizeHandler} from "./AuthorizeHandler.sol";
import {BankHandler} from "./BankHandler.sol";
import {HolderHandler} from "./HolderHandler.sol";
import {InventoryHandler} from "./InventoryHandler.sol";
import {MinterHandler} from "./MinterHandler.sol";
import {PaymentHandler} from "./PaymentHandler.sol";
import {PolicyHandler} from "./PolicyHandler.sol";
import {RedemptionHandler} from "./RedemptionHandler.sol";
import {RefundHandler} from "./RefundHandler.sol";
import {RegistryHandler} from "./RegistryHandler.sol";
import {SystemAccountHandler} from "./SystemAccountHandler.sol";
import "./World.sol";

/// @notice Everybody's acts together, and what must hold after each of them.
contract System is
    HolderHandler,
    MinterHandler,
    RedemptionHandler,
    RegistryHandler,
    BankHandler,
    PolicyHandler,
    AuthorizeHandler,
    PaymentHandler,
    RefundHandler,
    InventoryHandler,
    SystemAccountHandler
{
    /// @notice The supply is the sum of the balances and what was minted less what was burned; the escrow has what it
    /// holds, inventories and claimables, to the unit; and every holding is as booked.
    function assertMoney() external view {
        for (uint256 t = 0; t < TOKENS; ++t) {
            address token = address(tokens[t]);
            uint256 inEscrow = tokens[t].balanceOf(address(escrow));
            (uint256 balances, uint256 owed) = (inEscrow, wealth[token][HELD]);
            for (uint256 i = 0; i < holders.length; ++i) {
                (uint256 balance, uint256 kept) = _assertHolding(tokens[t], holders[i]);
                (balances, owed) = (balances + balance, owed + kept);
            }
            assertEq(tokens[t].totalSupply(), balances, "supply = sum of balances");
            assertEq(tokens[t].totalSupply(), issued[token], "supply = minted - burned");
            assertEq(inEscrow, owed, "escrow balance = held + inventory + claimable");
        }
    }

    /// @dev Nobody's wealth changes but by the acts of who may change it. What is frozen and locked is what was asked
    /// for, and the rest can be spent. Who is under a legal block is so for each of the bank's tokens, even if only an
    /// earlier registry knows of it; nobody else is.
    function _assertHolding(IDepositToken token, address holder) private view returns (uint256 balance, uint256 kept) {
        balance = token.balanceOf(holder);
        kept = escrow.inventoryOf(holder, address(token)) + escrow.claimableOf(address(token), holder);
        assertEq(balance + kept, wealth[address(token)][holder], "wealth");
        (uint256 freeze, uint256 lock) = (frozen[address(token)][holder], locked[address(token)][holder]);
        assertEq(token.getFrozenTokens(holder), freeze, "frozen");
        assertEq(token.lockedOf(holder), lock, "locked = sum of open redemptions");
        assertLe(lock, balance, "locked is at most the balance");
        uint256 spendable = Math.saturatingSub(balance, freeze + lock);
        assertEq(token.spendableOf(holder), spendable, "spendable = balance - frozen - locked");
        bool blocked = _isBlocked(address(token), holder);
        assertEq(token.isBlocked(holder), blocked, "blocked");
        assertEq(token.payerBlocked(holder), blocked, "blocked as a payer");
        assertFalse(blocked && _isAllowed(address(token), holder), "who is blocked is not allowed");
    }

    /// @notice The last entries stay consumed.
    function assertEntries() external view {
        for (uint256 t = 0; t < TOKENS; ++t) {
            uint128[] storage entries = entriesOf[address(tokens[t])];
            if (entries.length == 0) continue;
            assertTrue(tokens[t].isEntryConsumed(entries[entries.length - 1]), "a used entry stays used");
            assertTrue(tokens[t].isEntryConsumed(entries[acts % entries.length]), "a used entry stays used");
        }
    }

    /// @notice Roles are as the governors gave them, and each contract answers to its bank's manager alone.
    function assertRoles() external view {
        for (uint256 b = 0; b < BANKS; ++b) {
            for (uint64 role = 0; role < ROLES; ++role) {
                for (uint64 other = 0; other < ROLES; ++other) {
                    _assertRole(b, role, officer[b][other]);
                    _assertRole(b, role, officer[1 - b][other]);
                }
                _assertRole(b, role, clerk);
                _assertRole(b, role, stranger);
            }
            _assertAuthority(address(banks[b].registry));
            _assertAuthority(address(banks[b].policy));
        }
        for (uint256 t = 0; t < TOKENS; ++t) {
            _assertAuthority(address(tokens[t]));
            assertEq(tokens[t].registry(), _registryOf(address(tokens[t])), "registry");
            assertEq(tokens[t].policy(), _policyOf(address(tokens[t])), "policy");
        }
    }

    /// @notice Every payment there ever was stands as booked; none that has ended holds money.
    function assertPayments() external view {
        for (uint256 i = 1; i < payments.length; ++i) {
            _assertPayment(payments[i]);
        }
    }

    /// @notice Every redemption there ever was stands as booked.
    function assertRedemptions() external view {
        for (uint256 i = 1; i < redemptions.length; ++i) {
            BookedRedemption memory booked = redemptions[i];
            Redemption memory found = IDepositToken(booked.token).redemptionOf(booked.id);
            assertEq(found.holder, booked.holder, "holder of a redemption");
            assertEq(uint8(found.status), uint8(booked.status), "status of a redemption");
            assertEq(found.amount, booked.amount, "amount of a redemption");
        }
    }

    function _assertRole(uint256 b, uint64 role, address account) private view {
        (bool member,) = banks[b].manager.hasRole(role, account);
        assertEq(member, hasRole[b][role][account], "roles change by the manager alone");
    }

    function _assertAuthority(address managed) private view {
        assertEq(IAccessManaged(managed).authority(), address(_bankOf(managed).manager), "authority");
    }
}
