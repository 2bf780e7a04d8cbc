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
        _mint(eurBank, payer, 5_00);
        _mint(eurBank, eurBank.minter, 5_00);
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
            _assertRefused(
                address(this), abi.encodeCall(IERC7943Fungible.forcedTransfer, (payer, neighbour, amount)), insufficient
            );
            _assertRefused(
                address(this),
                abi.encodeCall(IERC7943Fungible.setFrozenTokens, (payer, amount)),
                TokenReverts.safeCastOverflowedUintDowncast(128, amount)
            );
            _assertRefused(
                eurBank.minter,
                abi.encodeCall(IDepositTokenMain.mint, (payer, amount, entry)),
                TokenReverts.mintAllowanceExceeded(eurBank.minter, amount, MINTER_CEILING - 10_00)
            );
            _assertRefused(
                eurBank.minter,
                abi.encodeCall(IDepositTokenMain.burn, (amount, entry)),
                TokenReverts.insufficientBalance(eurBank.minter, 5_00, amount)
            );
            assertFalse(eur.isEntryConsumed(entry));
        }
        // An allowance of 256 bits is none of the token's amounts.
        vm.prank(payer);
        eur.approve(stranger, TRUNCATED);
        _assertRefused(
            stranger,
            abi.encodeCall(IERC20.transferFrom, (payer, neighbour, TRUNCATED + 1)),
            TokenReverts.insufficientAllowance(stranger, TRUNCATED, TRUNCATED + 1)
        );
    }

    /// @notice Arguments with bits above their types, which a careless reader would cut off: refused before anything
    /// is read.
    function test_arguments_with_bits_above_their_types() public {
        _mint(eurBank, payer, 5_00);
        uint256 above = uint256(1) << 160;
        bytes[7] memory calls = [
            abi.encodeWithSelector(IERC20.transfer.selector, above | uint160(neighbour), 1),
            abi.encodeWithSelector(IDepositTokenMain.mint.selector, payer, 1, TRUNCATED),
            abi.encodeWithSelector(IDepositTokenMain.sync.selector, above | uint160(payer)),
            abi.encodeWithSelector(IDepositTokenMain.restoreQuota.selector, 1 << 16, payer, 1, 1),
            abi.encodeWithSelector(IDepositTokenMain.restoreQuota.selector, 1, payer, 1 << 32, 1),
            abi.encodeWithSelector(IDepositTokenMain.restoreQuota.selector, 1, payer, 1, 1 << 104),
            abi.encodeWithSelector(IERC20.balanceOf.selector, above | uint160(payer))
        ];
        address[7] memory callers =
            [payer, eurBank.minter, payer, address(escrow), address(escrow), address(escrow), payer];
        for (uint256 i = 0; i < calls.length; ++i) {
            _assertRefused(callers[i], calls[i], "");
        }
        // Behind the fallback neither.
        _assertRefused(
            address(this), abi.encodeWithSelector(IDepositTokenExt.setMinter.selector, stranger, 1 << 64, 1), ""
        );
        _assertRefused(address(this), abi.encodeWithSelector(IDepositTokenExt.setSupplyCap.selector, 1 << 128), "");
        _assertRefused(payer, abi.encodeWithSelector(IDepositTokenExt.settleRedemption.selector, 1, TRUNCATED), "");
    }

    /// @notice A call that is cut short in the middle of its last argument is no call.
    function test_a_call_that_is_cut_short() public {
        _mint(eurBank, payer, 5_00);
        bytes memory call = abi.encodeCall(IERC20.transfer, (neighbour, 256));
        bytes memory cut = new bytes(call.length - 1);
        for (uint256 i = 0; i < cut.length; ++i) {
            cut[i] = call[i];
        }
        _assertRefused(payer, cut, "");
        assertEq(eur.balanceOf(neighbour), 0);
    }

    /* A SLOT THAT IS FULL */

    /// @notice An account with the greatest of everything that its slot packs, balance, end of validity, country,
    /// category and zone: all of it moves and comes back, and no field touches another.
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

        vm.prank(full);
        assertTrue(eur.transfer(full, GREATEST));
        vm.prank(full);
        assertTrue(eur.transfer(empty, GREATEST));
        _assertFull(full, 0);
        _assertFull(empty, GREATEST);
        vm.prank(empty);
        assertTrue(eur.transfer(full, 1));
        _assertFull(full, 1);
        _assertFull(empty, GREATEST - 1);
        vm.prank(stranger);
        eur.sync(empty);
        _assertFull(empty, GREATEST - 1);
        vm.warp(LAST_SECOND);
        assertFalse(eur.canSend(full));
        assertEq(eur.balanceOf(full), 1);
    }

    /// @notice The greatest balance is frozen whole and locked whole: both together are more than 128 bits, and still
    /// nothing of it is free, and all of it is burned once.
    function test_a_freeze_and_a_lock_that_together_overflow() public {
        _greatestSupply(payer);
        vm.prank(payer);
        uint256 id = eur.requestRedemption(GREATEST, "payout");
        eur.setFrozenTokens(payer, GREATEST);
        assertEq(eur.spendableOf(payer), 0);
        _assertRefused(
            payer,
            abi.encodeCall(IERC20.transfer, (neighbour, 1)),
            TokenReverts.insufficientUnfrozenBalance(payer, 1, 0)
        );
        _assertRefused(
            address(this),
            abi.encodeCall(IERC7943Fungible.forcedTransfer, (payer, neighbour, 1)),
            TokenReverts.tokensLocked(payer, 1, 0)
        );
        eur.setFrozenTokens(payer, 0);
        eur.acceptRedemption(id);
        eur.setFrozenTokens(payer, GREATEST);
        uint128 entry = _nextEntry(eurBank);
        vm.prank(eurBank.minter);
        eur.settleRedemption(id, entry);
        assertEq(eur.totalSupply(), 0);
        assertEq(eur.balanceOf(payer), 0);
        assertEq(eur.lockedOf(payer), 0);
        assertEq(eur.getFrozenTokens(payer), GREATEST);
    }

    /// @notice Freezes one unit below, at and above a balance of which part is locked: what is free is the rest, to the
    /// unit, and never wraps.
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
            _assertRefused(
                payer,
                abi.encodeCall(IERC20.transfer, (neighbour, free + 1)),
                free + 1 > unfrozen
                    ? TokenReverts.insufficientUnfrozenBalance(payer, free + 1, unfrozen)
                    : TokenReverts.tokensLocked(payer, free + 1, free)
            );
        }
    }

    /// @notice A minter with the greatest ceiling is refilled again and again: what it may mint never wraps.
    function test_an_allowance_that_overflows() public {
        eur.setMinter(eurBank.minter, EUR_LEDGER, GREATEST);
        eur.refill(eurBank.minter);
        eur.refill(eurBank.minter);
        _assertMinter(eurBank.minter, EUR_LEDGER, GREATEST, GREATEST);
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

    function _assertRefused(address caller, bytes memory call, bytes memory refusal) private {
        vm.prank(caller);
        (bool success, bytes memory result) = address(eur).call(call);
        assertFalse(success, vm.toString(call));
        assertEq(result, refusal, vm.toString(call));
    }
}
