// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/TokenSystem.sol";

/// @notice Amounts and arguments beyond the ends of their widths, so that a great number would pass for a small one.
contract TokenAmountAttacksTest is TokenSystem {
    /// @dev What a cast to 128 bits makes 1 of.
    uint256 private constant TRUNCATED = (uint256(1) << 128) + 1;

    /// @notice 2^128 + 1 where 1 is covered, and 2^256 - 1, in everything that takes an amount of 256 bits.
    function test_an_amount_that_truncates_to_one() public {
        address bank = address(this);
        _mint(eurBank, payer, 5_00);
        _mint(eurBank, minter, 5_00);
        _approve(payer, stranger, type(uint256).max);
        uint256[2] memory amounts = [TRUNCATED, type(uint256).max];
        for (uint256 i = 0; i < amounts.length; ++i) {
            uint256 amount = amounts[i];
            uint128 entry = _nextEntry(eurBank);
            bytes memory insufficient = TokenReverts.insufficientBalance(payer, 5_00, amount);
            _refused(payer, abi.encodeCall(IERC20.transfer, (neighbour, amount)), insufficient);
            _refused(payer, abi.encodeCall(IERC20.transfer, (payer, amount)), insufficient);
            _refused(stranger, abi.encodeCall(IERC20.transferFrom, (payer, neighbour, amount)), insufficient);
            _refused(payer, abi.encodeCall(IDepositTokenExt.requestRedemption, (amount, "")), insufficient);
            _refused(bank, abi.encodeCall(eur.forcedTransfer, (payer, neighbour, amount)), insufficient);
            bytes memory tooGreat = TokenReverts.safeCastOverflowedUintDowncast(128, amount);
            _refused(bank, abi.encodeCall(eur.setFrozenTokens, (payer, amount)), tooGreat);
            bytes memory exceeded = TokenReverts.mintAllowanceExceeded(minter, amount, MINTER_CEILING - 10_00);
            _refused(minter, abi.encodeCall(eur.mint, (payer, amount, entry)), exceeded);
            insufficient = TokenReverts.insufficientBalance(minter, 5_00, amount);
            _refused(minter, abi.encodeCall(eur.burn, (amount, entry)), insufficient);
        }
        // An allowance of 256 bits is none of the token's amounts.
        _approve(payer, stranger, TRUNCATED);
        bytes memory tooLittle = TokenReverts.insufficientAllowance(stranger, TRUNCATED, TRUNCATED + 1);
        _refused(stranger, abi.encodeCall(eur.transferFrom, (payer, neighbour, TRUNCATED + 1)), tooLittle);
    }

    /// @notice Nor does a call pass that is cut short.
    function test_arguments_with_bits_above_their_types() public {
        _mint(eurBank, payer, 5_00);
        uint256 above = uint256(1) << 160;
        bytes4 restore = IDepositTokenMain.restoreQuota.selector;
        _assertNoCall(payer, abi.encodeWithSelector(IERC20.transfer.selector, above | uint160(neighbour), 1));
        _assertNoCall(eurBank.minter, abi.encodeWithSelector(IDepositTokenMain.mint.selector, payer, 1, TRUNCATED));
        _assertNoCall(payer, abi.encodeWithSelector(IDepositTokenMain.sync.selector, above | uint160(payer)));
        _assertNoCall(address(escrow), abi.encodeWithSelector(restore, 1 << 16, payer, 1, 1));
        _assertNoCall(address(escrow), abi.encodeWithSelector(restore, 1, payer, 1 << 32, 1));
        _assertNoCall(address(escrow), abi.encodeWithSelector(restore, 1, payer, 1, 1 << 104));
        _assertNoCall(payer, abi.encodeWithSelector(IERC20.balanceOf.selector, above | uint160(payer)));
        _assertNoCall(payer, abi.encodePacked(IERC20.transfer.selector, uint256(uint160(neighbour)), uint248(1)));
        // Behind the fallback neither.
        _assertNoCall(address(this), abi.encodeWithSelector(eur.setMinter.selector, stranger, 1 << 64, 1));
        _assertNoCall(address(this), abi.encodeWithSelector(eur.setSupplyCap.selector, 1 << 128));
        _assertNoCall(payer, abi.encodeWithSelector(eur.settleRedemption.selector, 1, TRUNCATED));
    }

    function _assertNoCall(address caller, bytes memory call) private {
        _refused(caller, call, "");
    }
}
