// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/BankSystem.sol";

/// @notice Amounts and arguments at and beyond the ends of their widths, so that one field of a slot would run into the
/// next, or a great number pass for a small one.
contract TokenAmountAttacksTest is BankSystem {
    uint128 private constant GREATEST = type(uint128).max;
    uint40 private constant LAST_SECOND = type(uint40).max;
    /// @dev What a cast to 128 bits makes 1 of.
    uint256 private constant TRUNCATED = (uint256(1) << 128) + 1;

    /* AMOUNTS THAT A CAST WOULD MAKE SMALL */

    /// @notice 2^128 + 1 where 1 is covered, and 2^256 - 1, in everything that takes an amount of 256 bits.
    function test_an_amount_that_truncates_to_one() public {
        (address bank, address minter) = (address(this), eurBank.minter);
        _mint(eurBank, payer, 5_00);
        _mint(eurBank, minter, 5_00);
        vm.prank(payer);
        eur.approve(stranger, type(uint256).max);
        uint256[2] memory amounts = [TRUNCATED, type(uint256).max];
        for (uint256 i = 0; i < amounts.length; ++i) {
            uint256 amount = amounts[i];
            uint128 entry = _nextEntry(eurBank);
            bytes memory insufficient = TokenReverts.insufficientBalance(payer, 5_00, amount);
            _assertRefused(payer, abi.encodeCall(IERC20.transfer, (neighbour, amount)), insufficient);
            _assertRefused(payer, abi.encodeCall(IERC20.transfer, (payer, amount)), insufficient);
            _assertRefused(stranger, abi.encodeCall(IERC20.transferFrom, (payer, neighbour, amount)), insufficient);
            _assertRefused(payer, abi.encodeCall(IDepositTokenExt.requestRedemption, (amount, "")), insufficient);
            _assertRefused(bank, abi.encodeCall(eur.forcedTransfer, (payer, neighbour, amount)), insufficient);
            bytes memory tooGreat = TokenReverts.safeCastOverflowedUintDowncast(128, amount);
            _assertRefused(bank, abi.encodeCall(eur.setFrozenTokens, (payer, amount)), tooGreat);
            bytes memory exceeded = TokenReverts.mintAllowanceExceeded(minter, amount, MINTER_CEILING - 10_00);
            _assertRefused(minter, abi.encodeCall(eur.mint, (payer, amount, entry)), exceeded);
            insufficient = TokenReverts.insufficientBalance(minter, 5_00, amount);
            _assertRefused(minter, abi.encodeCall(eur.burn, (amount, entry)), insufficient);
        }
        // An allowance of 256 bits is none of the token's amounts.
        vm.prank(payer);
        eur.approve(stranger, TRUNCATED);
        bytes memory tooLittle = TokenReverts.insufficientAllowance(stranger, TRUNCATED, TRUNCATED + 1);
        _assertRefused(stranger, abi.encodeCall(eur.transferFrom, (payer, neighbour, TRUNCATED + 1)), tooLittle);
    }

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
        // Behind the fallback neither.
        _assertNoCall(address(this), abi.encodeWithSelector(eur.setMinter.selector, stranger, 1 << 64, 1));
        _assertNoCall(address(this), abi.encodeWithSelector(eur.setSupplyCap.selector, 1 << 128));
        _assertNoCall(payer, abi.encodeWithSelector(eur.settleRedemption.selector, 1, TRUNCATED));
    }

    function test_a_call_that_is_cut_short() public {
        _mint(eurBank, payer, 5_00);
        _assertNoCall(payer, abi.encodePacked(IERC20.transfer.selector, uint256(uint160(neighbour)), uint248(1)));
    }

    /* A SLOT THAT IS FULL */

    /// @notice All of it moves and comes back, and no field touches another.
    function test_a_slot_that_is_full() public {
        address full = makeAddr("full");
        address empty = makeAddr("empty");
        eurBank.registry.register(full, CustomerCategory.Dealer, type(uint16).max, LAST_SECOND, type(uint128).max);
        eurBank.registry.register(empty, CustomerCategory.Dealer, type(uint16).max, LAST_SECOND, type(uint128).max - 1);
        eurBank.registry.setZone(_countries(type(uint16).max, type(uint16).max), 255);
        _greatestSupply(full);
        _assertFull(full, GREATEST);
        eur.setFrozenTokens(full, GREATEST);
        assertEq(eur.spendableOf(full), 0);
        eur.setFrozenTokens(full, 0);

        _done(full, address(eur), abi.encodeCall(eur.transfer, (full, GREATEST)));
        _done(full, address(eur), abi.encodeCall(eur.transfer, (empty, GREATEST)));
        _assertFull(full, 0);
        _assertFull(empty, GREATEST);
        _done(empty, address(eur), abi.encodeCall(eur.transfer, (full, 1)));
        _assertFull(full, 1);
        _assertFull(empty, GREATEST - 1);
        vm.prank(stranger);
        eur.sync(empty);
        _assertFull(empty, GREATEST - 1);
        vm.warp(LAST_SECOND);
        assertFalse(eur.canSend(full));
        assertEq(eur.balanceOf(full), 1);
    }

    /// @notice Nothing of it is free, and all of it is burned once.
    function test_a_freeze_and_a_lock_that_together_overflow() public {
        _greatestSupply(payer);
        vm.prank(payer);
        uint256 id = eur.requestRedemption(GREATEST, "payout");
        eur.setFrozenTokens(payer, GREATEST);
        assertEq(eur.spendableOf(payer), 0);
        bytes memory unfrozen = TokenReverts.insufficientUnfrozenBalance(payer, 1, 0);
        _assertRefused(payer, abi.encodeCall(eur.transfer, (neighbour, 1)), unfrozen);
        bytes memory locked = TokenReverts.tokensLocked(payer, 1, 0);
        _assertRefused(address(this), abi.encodeCall(eur.forcedTransfer, (payer, neighbour, 1)), locked);
        eur.setFrozenTokens(payer, 0);
        eur.acceptRedemption(id);
        eur.setFrozenTokens(payer, GREATEST);
        _done(eurBank.minter, address(eur), abi.encodeCall(eur.settleRedemption, (id, _nextEntry(eurBank))));
        assertEq(eur.totalSupply(), 0);
        assertEq(eur.balanceOf(payer), 0);
        assertEq(eur.lockedOf(payer), 0);
        assertEq(eur.getFrozenTokens(payer), GREATEST);
    }

    /// @notice Of which part is locked: what is free is the rest, to the unit, and never wraps.
    function test_a_freeze_around_the_balance() public {
        _mint(eurBank, payer, 100);
        vm.prank(payer);
        eur.requestRedemption(40, "payout");
        uint256[5] memory frozen = [uint256(59), 60, 61, 100, 101];
        for (uint256 i = 0; i < frozen.length; ++i) {
            eur.setFrozenTokens(payer, frozen[i]);
            uint256 free = frozen[i] < 60 ? 60 - frozen[i] : 0;
            assertEq(eur.spendableOf(payer), free);
            uint256 unfrozen = frozen[i] < 100 ? 100 - frozen[i] : 0;
            bytes memory refusal = free + 1 > unfrozen
                ? TokenReverts.insufficientUnfrozenBalance(payer, free + 1, unfrozen)
                : TokenReverts.tokensLocked(payer, free + 1, free);
            _assertRefused(payer, abi.encodeCall(eur.transfer, (neighbour, free + 1)), refusal);
        }
    }

    /* HELPERS */

    function _greatestSupply(address holder) private {
        eur.setSupplyCap(GREATEST);
        eur.setMinter(eurBank.minter, EUR_LEDGER, GREATEST);
        _mint(eurBank, holder, GREATEST);
    }

    function _assertFull(address account, uint256 balance) private view {
        assertEq(eur.balanceOf(account), balance);
        Standing memory standing = eur.standingOf(account);
        assertEq(standing.validUntil, LAST_SECOND);
        assertEq(standing.country, type(uint16).max);
        assertEq(standing.zone, 255);
        assertEq(uint8(standing.category), uint8(CustomerCategory.Dealer));
        assertTrue(eur.canSend(account));
    }

    function _assertRefused(address caller, bytes memory call, bytes memory reason) private {
        _refused(caller, address(eur), call, reason);
    }

    function _assertNoCall(address caller, bytes memory call) private {
        _refused(caller, address(eur), call, "");
    }
}
