// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/SecondToken.sol";

/// @notice A minter with a stolen key, a token of the same bank and a registry that was replaced want more deposits than
/// the bank's ledger has.
contract MinterAttacksTest is SecondToken {
    uint64 private constant OTHER_LEDGER = 7002;
    uint128 private constant GREATEST = type(uint128).max;
    uint256 private constant TRUNCATED = uint256(1) << 128;

    address private minter;
    address private otherMinter = makeAddr("other minter");

    function setUp() public override {
        super.setUp();
        minter = eurBank.minter;
        _onboard(eurBank, otherMinter, CustomerCategory.Institution, GERMANY, 1010);
    }

    /* ENTRIES */

    /// @notice One entry for every pair of mint, batch, burn and settling: whichever comes second is refused, and the
    /// books have it once.
    function test_an_entry_for_two_acts() public {
        _mint(eurBank, minter, 300_00);
        uint256 id = _accepted(minter, 100_00);
        uint256 supply = eur.totalSupply();
        uint128 entry = _nextEntry(eurBank);
        bytes[4] memory acts = _acts(id, entry);
        uint256 state = vm.snapshotState();
        for (uint256 first = 0; first < acts.length; ++first) {
            for (uint256 second = 0; second < acts.length; ++second) {
                vm.startPrank(minter);
                (bool done,) = address(eur).call(acts[first]);
                assertTrue(done);
                uint256 after_ = eur.totalSupply();
                assertEq(after_, first < 2 ? supply + 1_00 : supply - (first == 2 ? 1_00 : 100_00));
                (bool again, bytes memory result) = address(eur).call(acts[second]);
                vm.stopPrank();
                assertFalse(again);
                // A redemption that was settled has no second end either.
                assertEq(
                    bytes4(result),
                    first == 3 && second == 3
                        ? IDepositTokenExt.WrongRedemptionStatus.selector
                        : IDepositTokenCore.EntryConsumed.selector
                );
                assertEq(eur.totalSupply(), after_);
                vm.revertToState(state);
            }
        }
    }

    /// @notice The minter's ledger is given to a new minter, the old minter gets another one: entries of either are
    /// consumed for both, whoever's they are now.
    function test_an_entry_again_after_the_minters_changed() public {
        uint128 entry = _nextEntry(eurBank);
        vm.prank(minter);
        eur.mint(payer, 1_00, entry);
        eur.removeMinter(minter);
        eur.setMinter(otherMinter, EUR_LEDGER, MINTER_CEILING);
        eur.setMinter(minter, OTHER_LEDGER, MINTER_CEILING);

        vm.expectRevert(TokenReverts.entryConsumed(entry));
        vm.prank(otherMinter);
        eur.mint(payer, 1_00, entry);
        vm.expectRevert(TokenReverts.entryOfOtherLedger(entry, EUR_LEDGER, OTHER_LEDGER));
        vm.prank(minter);
        eur.mint(payer, 1_00, entry);
    }

    /// @notice Entries whose numbers differ in one bit only, at the edges of the bitmap's words: none stands for another.
    function test_an_entry_that_looks_like_another() public {
        uint64[6] memory numbers = [0, 1, 255, 256, type(uint64).max - 1, type(uint64).max];
        for (uint256 i = 0; i < numbers.length; ++i) {
            uint128 entry = (uint128(EUR_LEDGER) << 64) | numbers[i];
            assertFalse(eur.isEntryConsumed(entry));
            vm.prank(minter);
            eur.mint(payer, 1, entry);
            assertTrue(eur.isEntryConsumed(entry));
        }
        assertEq(eur.totalSupply(), numbers.length);
    }

    /* ALLOWANCE */

    /// @notice A batch whose amounts sum up to little modulo 2^256 or 2^128: refused at the first that the allowance
    /// does not cover.
    function test_a_batch_that_overflows() public {
        uint256[2][3] memory sums =
            [[uint256(1) << 255, uint256(1) << 255], [type(uint256).max, uint256(2)], [TRUNCATED - 1, uint256(2)]];
        for (uint256 i = 0; i < sums.length; ++i) {
            Issue[] memory issues = new Issue[](2);
            issues[0] = Issue(payer, sums[i][0], _nextEntry(eurBank));
            issues[1] = Issue(payer, sums[i][1], _nextEntry(eurBank));
            vm.expectRevert(_allowanceExceeded(sums[i][0], MINTER_CEILING));
            vm.prank(minter);
            eur.mintBatch(issues);
        }
    }

    /// @notice With the greatest ceiling and cap the supply fills 128 bits: one unit more is refused by the cap, whoever's
    /// allowance is left.
    function test_a_supply_that_overflows() public {
        eur.setSupplyCap(GREATEST);
        eur.setMinter(minter, EUR_LEDGER, GREATEST);
        eur.setMinter(otherMinter, OTHER_LEDGER, GREATEST);
        _mint(eurBank, payer, GREATEST);
        vm.expectRevert(TokenReverts.supplyCapExceeded(TRUNCATED, GREATEST));
        vm.prank(otherMinter);
        eur.mint(payer, 1, (uint128(OTHER_LEDGER) << 64) | 1);
        vm.expectRevert(TokenReverts.supplyCapExceeded(2 * TRUNCATED - 2, GREATEST));
        vm.prank(otherMinter);
        eur.mint(neighbour, GREATEST, (uint128(OTHER_LEDGER) << 64) | 2);
        assertEq(eur.balanceOf(payer), GREATEST);
        assertEq(eur.totalSupply(), GREATEST);
    }

    /// @notice The thief mints between the treasurer's decision and its transaction. A refill then comes on top of what
    /// was minted; a ceiling that is lowered does not: so a treasurer in doubt lowers.
    function test_a_mint_that_overtakes_the_treasurer() public {
        uint256 state = vm.snapshotState();
        _mint(eurBank, payer, MINTER_CEILING);
        eur.refill(minter);
        _assertMinter(minter, EUR_LEDGER, MINTER_CEILING, MINTER_CEILING);

        vm.revertToState(state);
        _mint(eurBank, payer, MINTER_CEILING - 50_00);
        eur.lowerCeiling(minter, 0);
        _assertMintsNoMore();
        assertEq(eur.totalSupply(), MINTER_CEILING - 50_00, "less than the old ceiling");
    }

    /// @notice A stolen treasurer's key wants to mint without bound: with a minter of its own it gets nothing, and each
    /// refill of the bank's minter is one ceiling.
    function test_a_treasurer_that_refills_again_and_again() public {
        for (uint256 i = 0; i < 3; ++i) {
            eur.refill(minter);
        }
        _assertMinter(minter, EUR_LEDGER, MINTER_CEILING, MINTER_CEILING);
        vm.expectRevert(TokenReverts.notMinter(otherMinter));
        eur.refill(otherMinter);
        vm.expectRevert(TokenReverts.ceilingNotLower(minter, MINTER_CEILING + 1, MINTER_CEILING));
        eur.lowerCeiling(minter, MINTER_CEILING + 1);
    }

    /// @notice The thief mints as the guardian removes its minter: it has what it has; removed and set again, the key has
    /// the new ceiling and not what was left of the old.
    function test_a_removed_minter_comes_back_with_its_old_allowance() public {
        _mint(eurBank, payer, 1_00);
        eur.removeMinter(minter);
        uint128 entry = _nextEntry(eurBank);
        vm.expectRevert(TokenReverts.notMinter(minter));
        vm.prank(minter);
        eur.mint(payer, 1, entry);
        eur.setMinter(minter, EUR_LEDGER, 1_00);
        _mint(eurBank, payer, 1_00);
        _assertMintsNoMore();
    }

    /// @notice Burning and minting in turns makes no allowance: each mint costs it.
    function test_burning_makes_no_allowance() public {
        eur.setMinter(minter, EUR_LEDGER, 10);
        for (uint256 i = 0; i < 10; ++i) {
            _mint(eurBank, minter, 1);
            uint128 entry = _nextEntry(eurBank);
            vm.prank(minter);
            eur.burn(1, entry);
        }
        _assertMintsNoMore();
        assertEq(eur.totalSupply(), 0);
    }

    /* LEDGERS */

    /// @notice A second token of the bank takes the first one's ledger, so that each payment in the ledger could be
    /// minted twice: refused while its minter lives, after it is gone, and in a new registry.
    function test_a_ledger_stolen_between_tokens() public {
        IDepositToken yen = _secondToken();
        eurBank.registry.subscribe(address(yen));
        bytes memory refusal = RegistryReverts.ledgerOfOtherToken(EUR_LEDGER, address(eur));
        vm.expectRevert(refusal);
        yen.setMinter(otherMinter, EUR_LEDGER, 1);
        eur.removeMinter(minter);
        vm.expectRevert(refusal);
        yen.setMinter(otherMinter, EUR_LEDGER, 1);

        IAllowlistRegistry next = _newAllowlistRegistry(address(eurBank.manager), eurBank.registry);
        next.subscribe(address(yen));
        yen.setRegistry(address(next));
        vm.expectRevert(refusal);
        yen.setMinter(otherMinter, EUR_LEDGER, 1);
    }

    /// @notice A minter is moved to another ledger, lower or higher, and the entries of its own could be brought by
    /// a second minter: refused, until the minter is removed.
    function test_a_minter_moved_to_another_ledger() public {
        uint64[2] memory others = [EUR_LEDGER - 1, EUR_LEDGER + 1];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(TokenReverts.ledgerTaken(EUR_LEDGER, minter));
            eur.setMinter(minter, others[i], 1);
            assertEq(eur.minterOfLedger(others[i]), address(0));
        }
        eur.removeMinter(minter);
        eur.setMinter(minter, others[0], 1);
        assertEq(eur.minterOfLedger(others[0]), minter);
        assertEq(eur.minterOfLedger(EUR_LEDGER), address(0));
    }

    /// @notice While a bank moves to a new registry, one token claims a ledger there and another one the same at the old:
    /// both have it then. The bank's own order of acts prevents it: all tokens move before a new ledger is given.
    function test_a_ledger_claimed_in_two_registries_at_once() public {
        IDepositToken yen = _secondToken();
        eurBank.registry.subscribe(address(yen));
        IAllowlistRegistry next = _newAllowlistRegistry(address(eurBank.manager), eurBank.registry);
        next.subscribe(address(eur));
        next.subscribe(address(yen));
        eur.setRegistry(address(next));
        uint256 state = vm.snapshotState();
        eur.setMinter(otherMinter, OTHER_LEDGER, 1);
        yen.setMinter(otherMinter, OTHER_LEDGER, 1);
        assertEq(next.tokenOfLedger(OTHER_LEDGER), address(eur));
        assertEq(eurBank.registry.tokenOfLedger(OTHER_LEDGER), address(yen));

        // In the order that the documentation asks for.
        vm.revertToState(state);
        yen.setRegistry(address(next));
        eur.setMinter(otherMinter, OTHER_LEDGER, 1);
        vm.expectRevert(RegistryReverts.ledgerOfOtherToken(OTHER_LEDGER, address(eur)));
        yen.setMinter(otherMinter, OTHER_LEDGER, 1);
    }

    /// @notice A stranger, a customer, a minter and a token of another bank claim ledgers before the bank does: only its
    /// own tokens can.
    function test_a_ledger_claimed_by_somebody_else() public {
        address[4] memory callers = [stranger, payer, minter, address(hkd)];
        for (uint256 i = 0; i < callers.length; ++i) {
            vm.expectRevert(RegistryReverts.notSubscriber(callers[i]));
            vm.prank(callers[i]);
            eurBank.registry.claimLedger(OTHER_LEDGER);
        }
        assertEq(eurBank.registry.tokenOfLedger(OTHER_LEDGER), address(0));
    }

    /// @notice The same numbers at two banks are two ledgers: neither bank's entries use up the other's.
    function test_a_ledger_of_the_same_number_at_another_bank() public {
        hkd.setMinter(otherMinter, EUR_LEDGER, 1);
        uint128 entry = (uint128(EUR_LEDGER) << 64) | 77;
        vm.prank(otherMinter);
        hkd.mint(hkNeighbour, 1, entry);
        assertFalse(eur.isEntryConsumed(entry));
        vm.expectRevert(TokenReverts.notMinter(otherMinter));
        vm.prank(otherMinter);
        eur.mint(payer, 1, entry);
    }

    /* HELPERS */

    function _acts(uint256 id, uint128 entry) private view returns (bytes[4] memory) {
        Issue[] memory issues = new Issue[](1);
        issues[0] = Issue(payer, 1_00, entry);
        return [
            abi.encodeCall(IDepositTokenMain.mint, (payer, 1_00, entry)),
            abi.encodeCall(IDepositTokenMain.mintBatch, (issues)),
            abi.encodeCall(IDepositTokenMain.burn, (1_00, entry)),
            abi.encodeCall(IDepositTokenExt.settleRedemption, (id, entry))
        ];
    }

    function _accepted(address holder, uint256 amount) private returns (uint256 id) {
        vm.prank(holder);
        id = eur.requestRedemption(amount, "payout");
        eur.acceptRedemption(id);
    }

    function _assertMintsNoMore() private {
        (, uint128 left,) = eur.minterOf(minter);
        assertEq(left, 0);
        uint128 entry = _nextEntry(eurBank);
        vm.expectRevert(_allowanceExceeded(1, 0));
        vm.prank(minter);
        eur.mint(payer, 1, entry);
    }

    function _allowanceExceeded(uint256 found, uint256 allowed) private view returns (bytes memory) {
        return TokenReverts.mintAllowanceExceeded(minter, found, allowed);
    }
}
