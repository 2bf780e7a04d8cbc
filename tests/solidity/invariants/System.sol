// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IDepositToken} from "../../../contracts/interfaces/IDepositToken.sol";
import {Redemption} from "../../../contracts/types/Redemption.sol";
import {BankHandler} from "./BankHandler.sol";
import {MinterHandler} from "./MinterHandler.sol";
import {HolderHandler} from "./HolderHandler.sol";
import {InventoryHandler} from "./InventoryHandler.sol";
import {PolicyHandler} from "./PolicyHandler.sol";
import {RedemptionHandler} from "./RedemptionHandler.sol";
import {RefundHandler} from "./RefundHandler.sol";
import {RegistryHandler} from "./RegistryHandler.sol";
import {SystemAccountHandler} from "./SystemAccountHandler.sol";

/// @notice Everybody's acts together, and what must hold after each of them.
contract System is
    HolderHandler,
    MinterHandler,
    RedemptionHandler,
    RegistryHandler,
    BankHandler,
    PolicyHandler,
    RefundHandler,
    InventoryHandler,
    SystemAccountHandler
{
    /// @notice Nobody's wealth changes but by the acts of who may change it; the supply is the sum of the balances and
    /// what was minted less what was burned; the escrow has what it holds, inventories and claimables, to the unit.
    function assertMoney() external view {
        for (uint256 t = 0; t < TOKENS; ++t) {
            IDepositToken token = tokens[t];
            uint256 inEscrow = token.balanceOf(address(escrow));
            uint256 balances = inEscrow;
            uint256 owed = held[address(token)];
            for (uint256 i = 0; i < holders.length; ++i) {
                uint256 balance = token.balanceOf(holders[i]);
                uint256 kept =
                    escrow.inventoryOf(holders[i], address(token)) + escrow.claimableOf(address(token), holders[i]);
                _assertWealth(address(token), holders[i], balance + kept);
                (balances, owed) = (balances + balance, owed + kept);
            }
            assertEq(token.totalSupply(), balances, "supply = sum of balances");
            assertEq(token.totalSupply(), minted[address(token)] - burned[address(token)], "supply = minted - burned");
            assertEq(inEscrow, owed, "escrow balance = held + inventory + claimable");
        }
    }

    /// @notice What is frozen and locked is what was asked for, and the rest can be spent.
    function assertEncumbrances() external view {
        for (uint256 t = 0; t < TOKENS; ++t) {
            IDepositToken token = tokens[t];
            for (uint256 i = 0; i < customers.length; ++i) {
                address holder = customers[i];
                (uint256 freeze, uint256 lock) = (frozen[address(token)][holder], locked[address(token)][holder]);
                assertEq(token.getFrozenTokens(holder), freeze, "frozen");
                assertEq(token.lockedOf(holder), lock, "locked = sum of open redemptions");
                uint256 balance = token.balanceOf(holder);
                assertLe(lock, balance, "locked is at most the balance");
                uint256 spendable = Math.saturatingSub(balance, freeze + lock);
                assertEq(token.spendableOf(holder), spendable, "spendable = balance - frozen - locked");
            }
        }
    }

    /// @notice Who is under a legal block is so for each of the bank's tokens, even if only an earlier registry knows
    /// of it; nobody else is.
    function assertBlocks() external view {
        for (uint256 t = 0; t < TOKENS; ++t) {
            IDepositToken token = tokens[t];
            for (uint256 i = 0; i < customers.length; ++i) {
                bool blocked = _isBlocked(address(token), customers[i]);
                assertEq(token.isBlocked(customers[i]), blocked, "blocked");
                assertEq(token.payerBlocked(customers[i]), blocked, "blocked as a payer");
                if (blocked) assertFalse(_isAllowed(address(token), customers[i]), "who is blocked is not allowed");
            }
        }
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
            assertEq(_authority(address(banks[b].registry)), address(banks[b].manager), "authority");
            assertEq(_authority(address(banks[b].policy)), address(banks[b].manager), "authority");
        }
        for (uint256 t = 0; t < TOKENS; ++t) {
            address token = address(tokens[t]);
            assertEq(_authority(token), address(_bankOf(token).manager), "authority");
            assertEq(tokens[t].registry(), address(_bankOf(token).registry), "registry");
            assertEq(tokens[t].policy(), address(_bankOf(token).policy), "policy");
        }
    }

    /// @notice Every payment there ever was stands as booked; none that has ended holds money.
    function assertPayments() external view {
        // At index 0 stands none.
        for (uint256 i = 1; i < deals.length; ++i) {
            _assertDeal(deals[i]);
        }
    }

    /// @notice Every redemption there ever was stands as booked.
    function assertPayouts() external view {
        // At index 0 stands none.
        for (uint256 i = 1; i < payouts.length; ++i) {
            Payout memory payout = payouts[i];
            Redemption memory redemption = IDepositToken(payout.token).redemptionOf(payout.id);
            assertEq(redemption.holder, payout.holder, "holder of a redemption");
            assertEq(uint8(redemption.status), uint8(payout.status), "status of a redemption");
            assertEq(redemption.amount, payout.amount, "amount of a redemption");
        }
    }

    function _assertWealth(address token, address owner, uint256 found) private view {
        uint256 booked = wealth[token][owner];
        if (found != booked) assertEq(found, booked, string.concat(vm.getLabel(owner), ": what is its own"));
    }

    function _assertRole(uint256 b, uint64 role, address account) private view {
        (bool member,) = banks[b].manager.hasRole(role, account);
        assertEq(member, hasRole[b][role][account], "roles change by the manager alone");
    }

    function _authority(address managed) private view returns (address) {
        return IAccessManaged(managed).authority();
    }
}
