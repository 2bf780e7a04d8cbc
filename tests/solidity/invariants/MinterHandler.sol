// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./Preparing.sol";

/// @notice What a bank's minter issues and takes back, entry by entry, and what governor and treasurer let it.
abstract contract MinterHandler is Preparing {
    /* MINTER */

    function mint() external act {
        (address token, address to, uint256 amount) = _drawIssue();
        (uint128 entry, uint128 usedEntry) = (_freshEntry(token), _usedEntry(token));
        if (usedEntry != 0) _mustBeConsumed(token, abi.encodeCall(IDepositTokenMain.mint, (to, amount, usedEntry)));
        bytes memory call = abi.encodeCall(IDepositTokenMain.mint, (to, amount, entry));
        if (_own(minter, token, call)) _bookMint(token, to, amount, entry);
    }

    function mintBatch() external act {
        (address token,, uint256 amount) = _drawIssue();
        _equip(token, amount * 3);
        Issue[] memory issues = new Issue[](1 + _roll(3));
        for (uint256 i = 0; i < issues.length; ++i) {
            address to = _receiver(token);
            _welcome(token, to);
            issues[i] = Issue(to, amount, _freshEntry(token));
        }
        if (!_own(minter, token, abi.encodeCall(IDepositTokenMain.mintBatch, (issues)))) return;
        for (uint256 i = 0; i < issues.length; ++i) {
            _bookMint(token, issues[i].to, issues[i].amount, issues[i].entry);
        }
        if (!_oneIn(8)) return;
        // The same again: all but the last would be new.
        _equip(token, amount * 3);
        for (uint256 i = 0; i + 1 < issues.length; ++i) {
            issues[i].entry = _freshEntry(token);
        }
        _mustBeConsumed(token, abi.encodeCall(IDepositTokenMain.mintBatch, (issues)));
    }

    function burn() external act {
        (address token,, uint256 amount) = _drawIssue();
        _fund(token, minter, amount);
        (uint128 entry, uint128 usedEntry) = (_freshEntry(token), _usedEntry(token));
        if (usedEntry != 0) _mustBeConsumed(token, abi.encodeCall(IDepositTokenMain.burn, (amount, usedEntry)));
        bytes memory call = abi.encodeCall(IDepositTokenMain.burn, (amount, entry));
        if (_own(minter, token, call)) _bookBurn(token, minter, amount, entry);
    }

    /* GOVERNOR */

    /// @dev The guardian ends a minter and the governor opens it again, on its ledger or a new one.
    function setMinter() external act {
        (address token, address other) = (_token(), _token());
        (uint64 ledgerId,,) = IDepositToken(token).minterOf(minter);
        if (ledgerId != 0) {
            _roleMustFail(token, _second(ledgerId), IDepositTokenExt.LedgerTaken.selector);
            _byRole(token, abi.encodeCall(IDepositTokenExt.removeMinter, (minter)));
        }
        // Now and then it stays away until somebody needs it.
        if (_roll(4) != 0) _setMinter(token, _oneIn(2) ? ledgerOf[token] : 0);
        if (other == token || bankOf[other] != bankOf[token] || ledgerOf[other] == 0) return;
        _mustFail(_officer(token, Roles.ADMIN), token, _second(ledgerOf[other]));
    }

    function setSupplyCap() external act {
        address token = _token();
        uint256 cap = IERC20(token).totalSupply() + _roll(10 ** 14);
        _byRole(token, abi.encodeCall(IDepositTokenExt.setSupplyCap, (uint128(cap))));
    }

    /* TREASURER */

    /// @dev What a treasurer does widens nothing: a minter may mint its ceiling at most, and that only falls.
    function changeAllowance() external act {
        address token = _token();
        (uint64 ledgerId,, uint128 ceiling) = IDepositToken(token).minterOf(minter);
        if (ledgerId == 0 || ceiling == 0) _setMinter(token, ledgerOf[token]);
        (,, ceiling) = IDepositToken(token).minterOf(minter);
        _byRole(token, abi.encodeCall(IDepositTokenExt.refill, (minter)));
        _assertAllowance(token, ceiling);
        bytes memory same = abi.encodeCall(IDepositTokenExt.lowerCeiling, (minter, ceiling));
        if (_oneIn(4)) _roleMustFail(token, same, IDepositTokenExt.CeilingNotLower.selector);
        uint128 lower = uint128(_roll(ceiling));
        _byRole(token, abi.encodeCall(IDepositTokenExt.lowerCeiling, (minter, lower)));
        _assertAllowance(token, lower);
    }

    function lowerSupplyCap() external act {
        address token = _token();
        uint128 cap = IDepositToken(token).supplyCap();
        bytes memory same = abi.encodeCall(IDepositTokenExt.lowerSupplyCap, (cap));
        if (_oneIn(4)) _roleMustFail(token, same, IDepositTokenExt.SupplyCapNotLower.selector);
        if (cap != 0) _byRole(token, abi.encodeCall(IDepositTokenExt.lowerSupplyCap, (uint128(_roll(cap)))));
    }

    /* HELPERS */

    /// @dev Another minter on a ledger.
    function _second(uint64 ledgerId) private view returns (bytes memory) {
        return abi.encodeCall(IDepositTokenExt.setMinter, (clerk, ledgerId, 1));
    }

    function _assertAllowance(address token, uint128 ceiling) private view {
        (, uint128 allowance, uint128 found) = IDepositToken(token).minterOf(minter);
        assertEq(found, ceiling, "ceiling");
        assertLe(allowance, found, "an allowance is at most its ceiling");
    }

    /// @dev Everything is in place to mint the amount to the customer.
    function _drawIssue() private returns (address token, address to, uint256 amount) {
        token = _token();
        (to, amount) = (_receiver(token), _amount(10 ** 12));
        _unpause(token);
        _welcome(token, to);
        _equip(token, amount);
    }

    function _receiver(address token) private returns (address to) {
        do {
            to = _customer();
        } while (to == token);
    }
}
