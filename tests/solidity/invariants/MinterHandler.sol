// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDepositTokenExt} from "../../../contracts/interfaces/IDepositTokenExt.sol";
import {IDepositToken} from "../../../contracts/interfaces/IDepositToken.sol";
import {IDepositTokenMain} from "../../../contracts/interfaces/IDepositTokenMain.sol";
import {Dice} from "./Dice.sol";
import {Preparing} from "./Preparing.sol";
import {Issue} from "../../../contracts/types/Issue.sol";

/// @notice What a bank's minter issues and takes back, entry by entry, and what governor and treasurer let it.
abstract contract MinterHandler is Preparing {
    /* ACTS: MINTER */

    function mint() external act {
        Dice memory dice = _dice();
        (address token, address to, uint256 amount) = _drawIssue(dice);
        uint128 entry = _freshEntry(token);
        (bool found, uint128 usedEntry) = _usedEntry(dice, token);
        if (found && dice.oneIn(8)) {
            _mustBeConsumed(token, abi.encodeCall(IDepositTokenMain.mint, (to, amount, usedEntry)));
        }
        if (_own(dice, minter, token, abi.encodeCall(IDepositTokenMain.mint, (to, amount, entry)))) {
            _bookMint(token, to, amount, entry);
        }
    }

    function mintBatch() external act {
        Dice memory dice = _dice();
        (address token,, uint256 amount) = _drawIssue(dice);
        _equip(dice, token, amount * 3);
        Issue[] memory issues = new Issue[](1 + dice.roll(3));
        for (uint256 i = 0; i < issues.length; ++i) {
            address to = _receiver(dice, token);
            _welcome(dice, token, to);
            issues[i] = Issue(to, amount, _freshEntry(token));
        }
        if (!_own(dice, minter, token, abi.encodeCall(IDepositTokenMain.mintBatch, (issues)))) return;
        for (uint256 i = 0; i < issues.length; ++i) {
            _bookMint(token, issues[i].to, issues[i].amount, issues[i].entry);
        }
        if (!dice.oneIn(8)) return;
        // The same again: all but the last would be new.
        _equip(dice, token, amount * 3);
        for (uint256 i = 0; i + 1 < issues.length; ++i) {
            issues[i].entry = _freshEntry(token);
        }
        _mustBeConsumed(token, abi.encodeCall(IDepositTokenMain.mintBatch, (issues)));
    }

    function burn() external act {
        Dice memory dice = _dice();
        (address token,, uint256 amount) = _drawIssue(dice);
        _fund(dice, token, minter, amount);
        uint128 entry = _freshEntry(token);
        (bool found, uint128 usedEntry) = _usedEntry(dice, token);
        if (found && dice.oneIn(8)) {
            _mustBeConsumed(token, abi.encodeCall(IDepositTokenMain.burn, (amount, usedEntry)));
        }
        if (_own(dice, minter, token, abi.encodeCall(IDepositTokenMain.burn, (amount, entry)))) {
            _bookBurn(token, minter, amount, entry);
        }
    }

    /* ACTS: GOVERNOR */

    /// @dev The guardian ends a minter and the governor opens it again, on its ledger or a new one.
    function setMinter() external act {
        Dice memory dice = _dice();
        address token = _token(dice);
        (uint64 ledgerId,,) = IDepositToken(token).minterOf(minter);
        if (ledgerId != 0) {
            bytes memory second = abi.encodeCall(IDepositTokenExt.setMinter, (clerk, ledgerId, 1));
            bytes4 reason = _mustFail(officer[bankOf[token]][ADMIN], token, second);
            assertEq(reason, IDepositTokenExt.LedgerTaken.selector, "a ledger has one minter");
            _tokenOffice(dice, token, abi.encodeCall(IDepositTokenExt.removeMinter, (minter)));
        }
        // Now and then it stays away until somebody needs it.
        if (dice.roll(4) != 0) _setMinter(dice, token, dice.oneIn(2) ? ledgerOf[token] : 0);
        address other = _token(dice);
        if (other == token || bankOf[other] != bankOf[token] || ledgerOf[other] == 0) return;
        bytes memory call = abi.encodeCall(IDepositTokenExt.setMinter, (clerk, ledgerOf[other], 1));
        _mustFail(officer[bankOf[token]][ADMIN], token, call);
    }

    function setSupplyCap() external act {
        Dice memory dice = _dice();
        address token = _token(dice);
        uint256 cap = IDepositToken(token).totalSupply() + dice.roll(10 ** 14);
        _tokenOffice(dice, token, abi.encodeCall(IDepositTokenExt.setSupplyCap, (uint128(cap))));
    }

    /* ACTS: TREASURER */

    /// @dev What a treasurer does widens nothing: a minter may mint its ceiling at most, and that only falls.
    function refill() external act {
        Dice memory dice = _dice();
        (address token,, uint128 ceiling) = _drawMinter(dice);
        if (!_tokenOffice(dice, token, abi.encodeCall(IDepositTokenExt.refill, (minter)))) return;
        _assertAllowance(token, ceiling);
    }

    function lowerCeiling() external act {
        Dice memory dice = _dice();
        (address token, uint64 ledgerId, uint128 ceiling) = _drawMinter(dice);
        if (dice.oneIn(4) && ledgerId != 0) {
            bytes memory wide = abi.encodeCall(IDepositTokenExt.lowerCeiling, (minter, ceiling));
            bytes4 reason = _mustFail(officer[bankOf[token]][TREASURER], token, wide);
            assertEq(reason, IDepositTokenExt.CeilingNotLower.selector, "a ceiling only falls");
        }
        uint128 lower = ceiling == 0 ? 0 : uint128(dice.roll(ceiling));
        if (!_tokenOffice(dice, token, abi.encodeCall(IDepositTokenExt.lowerCeiling, (minter, lower)))) return;
        _assertAllowance(token, lower);
    }

    function lowerSupplyCap() external act {
        Dice memory dice = _dice();
        address token = _token(dice);
        uint128 cap = IDepositToken(token).supplyCap();
        if (dice.oneIn(4)) {
            bytes memory wide = abi.encodeCall(IDepositTokenExt.lowerSupplyCap, (cap));
            bytes4 reason = _mustFail(officer[bankOf[token]][TREASURER], token, wide);
            assertEq(reason, IDepositTokenExt.SupplyCapNotLower.selector, "a cap only falls");
        }
        if (cap == 0) return;
        _tokenOffice(dice, token, abi.encodeCall(IDepositTokenExt.lowerSupplyCap, (uint128(dice.roll(cap)))));
    }

    /* HELPERS */

    /// @dev A token whose minter is mostly there.
    function _drawMinter(Dice memory dice) private returns (address token, uint64 ledgerId, uint128 ceiling) {
        token = _token(dice);
        (ledgerId,,) = IDepositToken(token).minterOf(minter);
        if (ledgerId == 0 && dice.roll(8) != 0) _setMinter(dice, token, ledgerOf[token]);
        (ledgerId,, ceiling) = IDepositToken(token).minterOf(minter);
    }

    function _assertAllowance(address token, uint128 ceiling) private view {
        (, uint128 allowance, uint128 found) = IDepositToken(token).minterOf(minter);
        assertEq(found, ceiling, "ceiling");
        assertLe(allowance, found, "an allowance is at most its ceiling");
    }

    /// @dev Everything is in place to mint the amount to the customer.
    function _drawIssue(Dice memory dice) private returns (address token, address to, uint256 amount) {
        token = _token(dice);
        (to, amount) = (_receiver(dice, token), dice.amount(10 ** 12));
        _unpause(dice, token);
        _welcome(dice, token, to);
        _equip(dice, token, amount);
    }

    function _receiver(Dice memory dice, address token) private view returns (address to) {
        do {
            to = _customer(dice);
        } while (to == token);
    }
}
