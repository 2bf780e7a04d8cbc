// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./Preparing.sol";

/// @notice What a bank's minter issues and takes back, entry by entry, and what governor and treasurer let it.
abstract contract MinterHandler is Preparing {
    function mintBatch() external act {
        (address token, uint256 amount) = (_token(), _amount(10 ** 12));
        _unpause(token);
        _equip(token, amount * 3);
        Issue[] memory issues = new Issue[](2 + _roll(2));
        for (uint256 i = 0; i < issues.length; ++i) {
            issues[i] = Issue(_person(), amount, _freshEntry(token));
            _welcome(token, issues[i].to);
        }
        if (!_own(minter, token, abi.encodeCall(IDepositTokenMain.mintBatch, (issues)))) return;
        for (uint256 i = 0; i < issues.length; ++i) {
            entriesOf[token].push(issues[i].entry);
            _bookMint(token, issues[i].to, amount);
        }
        if (!_oneIn(8)) return;
        // The same again, but for the first.
        _equip(token, amount * 3);
        issues[0].entry = _freshEntry(token);
        _mustBeConsumed(token, abi.encodeCall(IDepositTokenMain.mintBatch, (issues)));
    }

    function burn() external act {
        (address token, uint256 amount) = (_token(), _amount(10 ** 12));
        _equip(token, 0);
        _fund(token, minter, amount);
        bytes memory call = abi.encodeWithSelector(IDepositTokenMain.burn.selector, amount);
        if (_useEntry(token, call)) _bookBurn(token, minter, amount);
    }

    /// @dev The guardian ends a minter and the governor opens it again, on its ledger or a new one. A ledger belongs to
    /// one token for ever.
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

    function changeSupplyCap() external act {
        address token = _token();
        uint128 cap = uint128(IERC20(token).totalSupply() + _roll(10 ** 14));
        _byRole(token, abi.encodeCall(IDepositTokenExt.setSupplyCap, (cap)));
        bytes memory same = abi.encodeCall(IDepositTokenExt.lowerSupplyCap, (cap));
        if (_oneIn(4)) _roleMustFail(token, same, IDepositTokenExt.SupplyCapNotLower.selector);
        if (cap != 0) _byRole(token, abi.encodeCall(IDepositTokenExt.lowerSupplyCap, (uint128(_roll(cap)))));
    }

    function _second(uint64 ledgerId) private view returns (bytes memory) {
        return abi.encodeCall(IDepositTokenExt.setMinter, (clerk, ledgerId, 1));
    }

    function _assertAllowance(address token, uint128 ceiling) private view {
        (, uint128 allowance, uint128 found) = IDepositToken(token).minterOf(minter);
        assertEq(found, ceiling, "ceiling");
        assertLe(allowance, found, "an allowance is at most its ceiling");
    }
}
