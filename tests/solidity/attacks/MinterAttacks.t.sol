// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/TokenSystem.sol";

/// @notice A minter with a stolen key, a token of the same bank and a registry that was replaced want more deposits
/// than the bank's ledger has.
contract MinterAttacksTest is TokenSystem {
    uint128 private constant GREATEST = type(uint128).max;
    uint256 private constant TRUNCATED = uint256(1) << 128;

    address private otherMinter = makeAddr("other minter");

    /* ALLOWANCE */

    /// @notice Modulo 2^256 or 2^128: refused at the first amount that the allowance does not cover.
    function test_a_batch_that_overflows() public {
        uint256[2][3] memory sums =
            [[uint256(1) << 255, uint256(1) << 255], [type(uint256).max, uint256(2)], [TRUNCATED - 1, uint256(2)]];
        for (uint256 i = 0; i < sums.length; ++i) {
            Issue[] memory issues = new Issue[](2);
            issues[0] = Issue(payer, sums[i][0], _nextEntry(eurBank));
            issues[1] = Issue(payer, sums[i][1], _nextEntry(eurBank));
            bytes memory exceeded = TokenReverts.mintAllowanceExceeded(minter, sums[i][0], MINTER_CEILING);
            _refused(minter, abi.encodeCall(eur.mintBatch, (issues)), exceeded);
        }
    }

    /// @notice Refused by the cap, whoever's allowance is left. Nor does a whole allowance wrap if refilled.
    function test_a_supply_that_overflows() public {
        eur.setSupplyCap(GREATEST);
        eur.setMinter(minter, EUR_LEDGER, GREATEST);
        eur.setMinter(otherMinter, OTHER_LEDGER, GREATEST);
        eur.refill(minter);
        _assertMinter(minter, EUR_LEDGER, GREATEST, GREATEST);
        _mint(eurBank, payer, GREATEST);
        assertEq(eur.balanceOf(payer), GREATEST);
        assertEq(eur.totalSupply(), GREATEST);
        uint128 entry = _entry(OTHER_LEDGER, 1);
        _mintRefused(otherMinter, 1, entry, TokenReverts.supplyCapExceeded(TRUNCATED, GREATEST));
        _mintRefused(otherMinter, GREATEST, entry, TokenReverts.supplyCapExceeded(2 * TRUNCATED - 2, GREATEST));
    }

    /* LEDGERS */

    /// @notice Refused while its minter lives, after it is gone, and in a new registry.
    function test_a_ledger_stolen_between_tokens() public {
        IDepositToken yen = _secondToken();
        registry.subscribe(address(yen));
        bytes memory call = abi.encodeCall(yen.setMinter, (otherMinter, EUR_LEDGER, 1));
        bytes memory refusal = RegistryReverts.ledgerOfOtherToken(EUR_LEDGER, address(eur));
        _refused(address(this), address(yen), call, refusal);
        eur.removeMinter(minter);
        _refused(address(this), address(yen), call, refusal);

        IAllowlistRegistry next = newAllowlistRegistry(address(eurBank.manager), registry);
        next.subscribe(address(yen));
        yen.setRegistry(address(next));
        _refused(address(this), address(yen), call, refusal);
    }

    /// @notice The entries of its own could be brought by a second minter: refused, until the minter is removed.
    function test_a_minter_moved_to_another_ledger() public {
        uint64[2] memory others = [EUR_LEDGER - 1, EUR_LEDGER + 1];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(TokenReverts.ledgerTaken(EUR_LEDGER, minter));
            eur.setMinter(minter, others[i], 1);
        }
        eur.removeMinter(minter);
        eur.setMinter(minter, others[0], 1);
        assertEq(eur.minterOfLedger(others[0]), minter);
        assertEq(eur.minterOfLedger(EUR_LEDGER), address(0));
    }

    /// @notice Possible in mid-replacement, unless all tokens move before a new ledger is given.
    function test_a_ledger_claimed_in_two_registries_at_once() public {
        IDepositToken yen = _secondToken();
        registry.subscribe(address(yen));
        IAllowlistRegistry next = newAllowlistRegistry(address(eurBank.manager), registry);
        next.subscribe(address(eur));
        next.subscribe(address(yen));
        eur.setRegistry(address(next));
        uint256 state = vm.snapshotState();
        eur.setMinter(otherMinter, OTHER_LEDGER, 1);
        yen.setMinter(otherMinter, OTHER_LEDGER, 1);
        assertEq(next.tokenOfLedger(OTHER_LEDGER), address(eur));
        assertEq(registry.tokenOfLedger(OTHER_LEDGER), address(yen));

        // In the order that the documentation asks for.
        vm.revertToState(state);
        yen.setRegistry(address(next));
        eur.setMinter(otherMinter, OTHER_LEDGER, 1);
        vm.expectRevert(RegistryReverts.ledgerOfOtherToken(OTHER_LEDGER, address(eur)));
        yen.setMinter(otherMinter, OTHER_LEDGER, 1);
    }

    function test_a_ledger_of_the_same_number_at_another_bank() public {
        hkd.setMinter(otherMinter, EUR_LEDGER, 1);
        uint128 entry = _entry(EUR_LEDGER, 77);
        vm.prank(otherMinter);
        hkd.mint(hkNeighbour, 1, entry);
        assertFalse(eur.isEntryConsumed(entry));
        _mintRefused(otherMinter, 1, entry, TokenReverts.notMinter(otherMinter));
    }

    function _mintRefused(address caller, uint256 amount, uint128 entry, bytes memory reason) private {
        _refused(caller, abi.encodeCall(eur.mint, (payer, amount, entry)), reason);
    }
}
