// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/BankSystem.sol";

/// @notice Many entries at once, what a minter may mint, its end, and what a stolen minter key is worth.
contract MintersTest is BankSystem {
    uint64 private constant OTHER_LEDGER = 7002;
    uint128 private constant GREATEST = type(uint128).max;

    address private minter;
    address private otherMinter = makeAddr("otherMinter");

    function setUp() public override {
        super.setUp();
        minter = eurBank.minter;
        _onboard(eurBank, otherMinter, CustomerCategory.Institution, GERMANY, 1010);
    }

    /* BATCH */

    function test_batch_issues_for_each_entry() public {
        Issue[] memory issues = new Issue[](3);
        issues[0] = Issue(payer, 100_00, _entry(EUR_LEDGER, 1));
        issues[1] = Issue(neighbour, 50_00, _entry(EUR_LEDGER, 7));
        issues[2] = Issue(payer, 1, _entry(EUR_LEDGER, 2));
        for (uint256 i = 0; i < issues.length; ++i) {
            vm.expectEmit(address(eur));
            emit IDepositTokenMain.Minted(minter, issues[i].to, issues[i].amount, issues[i].entry);
            vm.expectEmit(address(eur));
            emit IERC20.Transfer(address(0), issues[i].to, issues[i].amount);
        }
        vm.prank(minter);
        eur.mintBatch(issues);

        assertEq(eur.balanceOf(payer), 100_01);
        assertEq(eur.balanceOf(neighbour), 50_00);
        assertEq(eur.totalSupply(), 150_01);
        _assertMinter(minter, EUR_LEDGER, MINTER_CEILING - 150_01, MINTER_CEILING);
        for (uint256 i = 0; i < issues.length; ++i) {
            assertTrue(eur.isEntryConsumed(issues[i].entry));
        }
    }

    function test_entries_of_a_batch_are_consumed_for_everything_else() public {
        _mintBatch(_issues(3, 10_00));
        bytes memory refusal = TokenReverts.entryConsumed(_entry(EUR_LEDGER, 2));
        vm.startPrank(minter);
        vm.expectRevert(refusal);
        eur.mint(payer, 1, _entry(EUR_LEDGER, 2));
        vm.expectRevert(refusal);
        eur.burn(1, _entry(EUR_LEDGER, 2));
        Issue[] memory again = new Issue[](1);
        again[0] = Issue(payer, 1, _entry(EUR_LEDGER, 2));
        vm.expectRevert(refusal);
        eur.mintBatch(again);
    }

    function test_empty_batch_does_nothing_whoever_calls() public {
        eur.pause();
        address[3] memory callers = [minter, stranger, payer];
        vm.recordLogs();
        for (uint256 i = 0; i < callers.length; ++i) {
            vm.prank(callers[i]);
            eur.mintBatch(new Issue[](0));
        }
        assertEq(vm.getRecordedLogs().length, 0);
        assertEq(eur.totalSupply(), 0);
        _assertMinter(minter, EUR_LEDGER, MINTER_CEILING, MINTER_CEILING);
    }

    function test_batch_is_for_minters() public {
        address[3] memory callers = [stranger, address(this), otherMinter];
        for (uint256 i = 0; i < callers.length; ++i) {
            vm.expectRevert(TokenReverts.notMinter(callers[i]));
            vm.prank(callers[i]);
            eur.mintBatch(_issues(2, 1));
        }
    }

    function test_batch_stops_while_paused() public {
        eur.pause();
        _assertBatchRefused(_issues(2, 1), TokenReverts.tokenPaused());
    }

    function test_one_failure_anywhere_in_a_batch_undoes_it_all() public {
        for (uint256 i = 0; i < 3; ++i) {
            Issue[] memory issues = _issues(3, 10_00);
            issues[i].amount = 0;
            _assertBatchRefused(issues, TokenReverts.zeroAmount());

            issues = _issues(3, 10_00);
            issues[i].entry = _entry(OTHER_LEDGER, 1);
            _assertBatchRefused(issues, TokenReverts.entryOfOtherLedger(issues[i].entry, OTHER_LEDGER, EUR_LEDGER));

            issues = _issues(3, 10_00);
            issues[i].to = stranger;
            _assertBatchRefused(issues, TokenReverts.cannotReceive(stranger));
            address[2] memory nobody = [address(0), address(eur)];
            for (uint256 n = 0; n < nobody.length; ++n) {
                issues[i].to = nobody[n];
                _assertBatchRefused(issues, TokenReverts.invalidReceiver(nobody[n]));
            }
            issues[i].to = address(escrow);
            _assertBatchRefused(issues, TokenReverts.systemAccountClosed(address(escrow), minter, SystemStatus.Active));

            issues = _issues(3, 10_00);
            issues[i].amount = uint256(MINTER_CEILING) + 1;
            _assertBatchRefused(issues, _allowanceExceeded(issues[i].amount, MINTER_CEILING - i * 10_00));
        }
        // What was refused was used up by none of it.
        _mintBatch(_issues(3, 10_00));
        assertEq(eur.totalSupply(), 30_00);
    }

    function test_entry_consumed_before_refuses_the_batch() public {
        vm.prank(minter);
        eur.mint(payer, 5_00, _entry(EUR_LEDGER, 2));
        vm.expectRevert(TokenReverts.entryConsumed(_entry(EUR_LEDGER, 2)));
        _mintBatch(_issues(3, 10_00));
        assertEq(eur.totalSupply(), 5_00);
        assertFalse(eur.isEntryConsumed(_entry(EUR_LEDGER, 1)));
        assertFalse(eur.isEntryConsumed(_entry(EUR_LEDGER, 3)));
    }

    function test_same_entry_twice_in_a_batch_is_refused() public {
        Issue[] memory issues = _issues(3, 10_00);
        issues[2].entry = issues[0].entry;
        _assertBatchRefused(issues, TokenReverts.entryConsumed(issues[0].entry));
    }

    function test_allowance_is_counted_over_the_batch() public {
        Issue[] memory issues = _issues(3, MINTER_CEILING / 2);
        issues[2].amount = 1;
        _assertBatchRefused(issues, _allowanceExceeded(1, 0));
        issues[1].amount -= 1;
        _mintBatch(issues);
        _assertMinter(minter, EUR_LEDGER, 0, MINTER_CEILING);
        assertEq(eur.totalSupply(), MINTER_CEILING);
    }

    function test_cap_is_counted_over_the_batch() public {
        eur.setSupplyCap(29_99);
        _assertBatchRefused(_issues(3, 10_00), TokenReverts.supplyCapExceeded(30_00, 29_99));
        eur.setSupplyCap(30_00);
        _mintBatch(_issues(3, 10_00));
        assertEq(eur.totalSupply(), 30_00);
    }

    /* ALLOWANCE AND CEILING */

    function test_refill_sets_the_allowance_back_to_the_ceiling() public {
        _mint(eurBank, payer, 100_00);
        _assertMinter(minter, EUR_LEDGER, MINTER_CEILING - 100_00, MINTER_CEILING);
        vm.expectEmit(address(eur));
        emit IDepositTokenExt.MinterSet(minter, EUR_LEDGER, MINTER_CEILING, MINTER_CEILING);
        eur.refill(minter);
        _assertMinter(minter, EUR_LEDGER, MINTER_CEILING, MINTER_CEILING);
    }

    /// @dev Whoever sends it again because it seems lost doubles nothing.
    function test_refill_twice_is_refill_once() public {
        _mint(eurBank, payer, MINTER_CEILING);
        for (uint256 i = 0; i < 3; ++i) {
            eur.refill(minter);
            _assertMinter(minter, EUR_LEDGER, MINTER_CEILING, MINTER_CEILING);
        }
        vm.expectRevert(_allowanceExceeded(uint256(MINTER_CEILING) + 1, MINTER_CEILING));
        vm.prank(minter);
        eur.mint(payer, uint256(MINTER_CEILING) + 1, _entry(EUR_LEDGER, 99));
    }

    function test_lowerCeiling_cuts_what_may_still_be_minted() public {
        _mint(eurBank, payer, 100_00);
        vm.expectEmit(address(eur));
        emit IDepositTokenExt.MinterSet(minter, EUR_LEDGER, 40_00, 40_00);
        eur.lowerCeiling(minter, 40_00);
        _assertMinter(minter, EUR_LEDGER, 40_00, 40_00);
        vm.expectRevert(_allowanceExceeded(40_01, 40_00));
        vm.prank(minter);
        eur.mint(payer, 40_01, _entry(EUR_LEDGER, 99));
        eur.refill(minter);
        _assertMinter(minter, EUR_LEDGER, 40_00, 40_00);
    }

    function test_lowerCeiling_leaves_an_allowance_that_is_below_it() public {
        _mint(eurBank, payer, MINTER_CEILING - 10_00);
        vm.expectEmit(address(eur));
        emit IDepositTokenExt.MinterSet(minter, EUR_LEDGER, 10_00, MINTER_CEILING - 1);
        eur.lowerCeiling(minter, MINTER_CEILING - 1);
        _assertMinter(minter, EUR_LEDGER, 10_00, MINTER_CEILING - 1);
        eur.lowerCeiling(minter, 10_00);
        _assertMinter(minter, EUR_LEDGER, 10_00, 10_00);
        eur.lowerCeiling(minter, 9_99);
        _assertMinter(minter, EUR_LEDGER, 9_99, 9_99);
    }

    function test_lowerCeiling_only_lowers() public {
        _mint(eurBank, payer, 100_00);
        uint128[3] memory ceilings = [MINTER_CEILING, MINTER_CEILING + 1, GREATEST];
        for (uint256 i = 0; i < ceilings.length; ++i) {
            vm.expectRevert(_ceilingNotLower(ceilings[i], MINTER_CEILING));
            eur.lowerCeiling(minter, ceilings[i]);
        }
        _assertMinter(minter, EUR_LEDGER, MINTER_CEILING - 100_00, MINTER_CEILING);
        eur.lowerCeiling(minter, 0);
        vm.expectRevert(_ceilingNotLower(0, 0));
        eur.lowerCeiling(minter, 0);
    }

    function test_minter_without_ceiling_mints_nothing_and_burns_and_settles() public {
        _mint(eurBank, minter, 10_00);
        uint256 id = _acceptedRedemption(5_00);
        eur.lowerCeiling(minter, 0);
        eur.refill(minter);
        _assertMinter(minter, EUR_LEDGER, 0, 0);
        vm.startPrank(minter);
        vm.expectRevert(_allowanceExceeded(1, 0));
        eur.mint(payer, 1, _entry(EUR_LEDGER, 10));
        eur.burn(4_00, _entry(EUR_LEDGER, 10));
        eur.settleRedemption(id, _entry(EUR_LEDGER, 11));
        vm.stopPrank();
        assertEq(eur.totalSupply(), 6_00);
        assertEq(eur.minterOfLedger(EUR_LEDGER), minter);
    }

    function test_ceiling_and_allowance_are_of_minters_only() public {
        eur.setMinter(otherMinter, OTHER_LEDGER, 1);
        eur.removeMinter(otherMinter);
        address[3] memory others = [stranger, otherMinter, address(0)];
        for (uint256 i = 0; i < others.length; ++i) {
            bytes memory refusal = TokenReverts.notMinter(others[i]);
            vm.expectRevert(refusal);
            eur.refill(others[i]);
            vm.expectRevert(refusal);
            eur.lowerCeiling(others[i], 0);
            vm.expectRevert(refusal);
            eur.removeMinter(others[i]);
        }
    }

    /// @dev Only the governor raises a ceiling, by `setMinter`; the treasurer does whatever it likes in between.
    function testFuzz_no_more_is_minted_between_two_refills_than_the_ceiling(uint128[12] memory draws) public {
        eur.setSupplyCap(GREATEST);
        uint128 ceiling = 100_00;
        eur.setMinter(minter, EUR_LEDGER, ceiling);
        uint128 left = ceiling;
        for (uint64 i = 0; i < draws.length; ++i) {
            if (draws[i] % 3 == 0) {
                eur.refill(minter);
                left = ceiling;
            } else if (draws[i] % 3 == 1) {
                uint128 lower = (draws[i] >> 8) % 120_00;
                if (lower >= ceiling) {
                    vm.expectRevert(_ceilingNotLower(lower, ceiling));
                } else {
                    ceiling = lower;
                    if (left > lower) left = lower;
                }
                eur.lowerCeiling(minter, lower);
            } else {
                uint128 amount = 1 + (draws[i] >> 8) % 120_00;
                if (amount > left) {
                    vm.expectRevert(_allowanceExceeded(amount, left));
                } else {
                    left -= amount;
                }
                vm.prank(minter);
                eur.mint(payer, amount, _entry(EUR_LEDGER, i));
            }
            _assertMinter(minter, EUR_LEDGER, left, ceiling);
        }
    }

    /* REMOVAL */

    function test_key_of_a_removed_minter_can_do_nothing() public {
        _mint(eurBank, minter, 10_00);
        uint256 id = _acceptedRedemption(5_00);
        eur.removeMinter(minter);
        bytes memory refusal = TokenReverts.notMinter(minter);
        vm.startPrank(minter);
        vm.expectRevert(refusal);
        eur.mint(payer, 1, _entry(EUR_LEDGER, 10));
        vm.expectRevert(refusal);
        eur.mintBatch(_issues(1, 1));
        vm.expectRevert(refusal);
        eur.burn(1, _entry(EUR_LEDGER, 10));
        vm.expectRevert(refusal);
        eur.settleRedemption(id, _entry(EUR_LEDGER, 10));
        vm.stopPrank();

        assertFalse(eur.isEntryConsumed(_entry(EUR_LEDGER, 10)));
        // What it holds stays its own.
        vm.prank(minter);
        assertTrue(eur.transfer(payer, 10_00));
    }

    function test_removed_minters_ledger_and_redemptions_go_to_another_minter() public {
        uint256 id = _acceptedRedemption(5_00);
        eur.removeMinter(minter);
        eur.setMinter(otherMinter, EUR_LEDGER, 1);
        vm.prank(otherMinter);
        eur.settleRedemption(id, _entry(EUR_LEDGER, 10));
        assertEq(uint8(eur.redemptionOf(id).status), uint8(RedemptionStatus.Settled));
        assertEq(eur.totalSupply(), 0);
        // The first one's key may start afresh on another ledger.
        eur.setMinter(minter, OTHER_LEDGER, 1);
        _assertMinter(minter, OTHER_LEDGER, 1, 1);
        assertEq(eur.minterOfLedger(EUR_LEDGER), otherMinter);
    }

    /// @dev A second minter with a key, a ledger and a ceiling of its own stands ready, so that nothing has to wait.
    function test_reserve_minter_goes_on_when_the_first_is_taken_away() public {
        eur.setMinter(otherMinter, OTHER_LEDGER, 50_00);
        uint256 id = _acceptedRedemption(5_00);
        eur.removeMinter(minter);
        vm.startPrank(otherMinter);
        eur.mint(payer, 50_00, _entry(OTHER_LEDGER, 1));
        eur.settleRedemption(id, _entry(OTHER_LEDGER, 2));
        vm.stopPrank();
        _assertMinter(otherMinter, OTHER_LEDGER, 0, 50_00);
        eur.refill(otherMinter);
        _assertMinter(otherMinter, OTHER_LEDGER, 50_00, 50_00);
        assertEq(eur.totalSupply(), 50_00);
        // It needs no place in the registry for that.
        eurBank.registry.blockWallet(otherMinter, "LEGL");
        vm.prank(otherMinter);
        eur.mint(payer, 1, _entry(OTHER_LEDGER, 3));
        assertEq(eur.totalSupply(), 50_01);
    }

    /* STOLEN KEY */

    /// @dev Whatever the thief calls, in any order: it mints no more than the key still might, to the unit.
    function testFuzz_stolen_key_mints_no_more_than_its_allowance(uint256 seed) public {
        eur.setMinter(otherMinter, OTHER_LEDGER, 1);
        eur.setMinter(minter, EUR_LEDGER, 100_00);
        vm.prank(minter);
        eur.mint(payer, 60_00, _entry(EUR_LEDGER, 1 << 32));
        uint256 gone = 0;
        for (uint256 i = 0; i < 24; ++i) {
            bytes memory theft = _theft(uint256(keccak256(abi.encode(seed, i))));
            uint256 before = eur.totalSupply();
            vm.prank(minter);
            (bool success, bytes memory result) = address(eur).call(theft);
            if (!success) {
                assertGe(result.length, 4, "refused by name");
                assertEq(eur.totalSupply(), before);
            }
            if (eur.totalSupply() < before) gone += before - eur.totalSupply();
            (, uint128 left,) = eur.minterOf(minter);
            assertEq(eur.totalSupply() + gone, 100_00 - left, "minted is what the allowance lost");
        }
        assertLe(eur.totalSupply(), 100_00);
    }

    function test_stolen_key_gets_all_of_its_allowance_and_not_a_unit_more() public {
        vm.startPrank(minter);
        eur.mint(minter, MINTER_CEILING - 2, _entry(EUR_LEDGER, 10));
        eur.mintBatch(_issues(2, 1));
        // Burning gives no allowance back.
        eur.burn(MINTER_CEILING - 2, _entry(EUR_LEDGER, 11));
        vm.expectRevert(_allowanceExceeded(1, 0));
        eur.mint(minter, 1, _entry(EUR_LEDGER, 12));
        vm.stopPrank();
        assertEq(eur.totalSupply(), 2);
    }

    function test_stolen_key_consumes_no_entry_of_another_ledger() public {
        eur.setMinter(otherMinter, OTHER_LEDGER, 1);
        _mint(eurBank, minter, 10_00);
        uint256 id = _acceptedRedemption(5_00);
        uint128 foreign = _entry(OTHER_LEDGER, 1);
        Issue[] memory issues = new Issue[](1);
        issues[0] = Issue(minter, 1, foreign);
        bytes memory refusal = TokenReverts.entryOfOtherLedger(foreign, OTHER_LEDGER, EUR_LEDGER);
        vm.startPrank(minter);
        vm.expectRevert(refusal);
        eur.mint(minter, 1, foreign);
        vm.expectRevert(refusal);
        eur.mintBatch(issues);
        vm.expectRevert(refusal);
        eur.burn(1, foreign);
        vm.expectRevert(refusal);
        eur.settleRedemption(id, foreign);
        assertFalse(eur.isEntryConsumed(foreign));
    }

    function test_stolen_key_opens_nothing_for_itself() public {
        bytes[] memory calls = new bytes[](9);
        calls[0] = abi.encodeCall(IDepositTokenExt.setMinter, (minter, EUR_LEDGER, GREATEST));
        calls[1] = abi.encodeCall(IDepositTokenExt.setMinter, (stranger, OTHER_LEDGER, GREATEST));
        calls[2] = abi.encodeCall(IDepositTokenExt.refill, (minter));
        calls[3] = abi.encodeCall(IDepositTokenExt.lowerCeiling, (otherMinter, 0));
        calls[4] = abi.encodeCall(IDepositTokenExt.removeMinter, (otherMinter));
        calls[5] = abi.encodeCall(IDepositTokenExt.setSupplyCap, (GREATEST));
        calls[6] = abi.encodeCall(IDepositTokenExt.acceptRedemption, (1));
        calls[7] = abi.encodeCall(IDepositTokenExt.activateSystemAccount, (address(hkd)));
        calls[8] = abi.encodeCall(IDepositTokenExt.lowerSupplyCap, (0));
        for (uint256 i = 0; i < calls.length; ++i) {
            vm.prank(minter);
            (bool success, bytes memory result) = address(eur).call(calls[i]);
            assertFalse(success);
            assertEq(result, GovernanceReverts.accessManagedUnauthorized(minter));
        }
    }

    function test_two_keys_never_share_a_ledger() public {
        vm.expectRevert(TokenReverts.ledgerTaken(EUR_LEDGER, minter));
        eur.setMinter(otherMinter, EUR_LEDGER, 1);
        eur.setMinter(otherMinter, OTHER_LEDGER, 1);
        vm.expectRevert(TokenReverts.ledgerTaken(OTHER_LEDGER, otherMinter));
        eur.setMinter(minter, OTHER_LEDGER, 1);
        // Both ledgers are in the way: the one asked for is named.
        vm.expectRevert(TokenReverts.ledgerTaken(EUR_LEDGER, minter));
        eur.setMinter(otherMinter, EUR_LEDGER, 1);
        _assertMinter(minter, EUR_LEDGER, MINTER_CEILING, MINTER_CEILING);
        _assertMinter(otherMinter, OTHER_LEDGER, 1, 1);
    }

    /* HELPERS */

    /// @dev A call by the thief: any of a minter's functions, for either ledger, small amounts and absurd ones. Before a
    /// settlement the payer and the bank prepare a redemption.
    function _theft(uint256 draw) private returns (bytes memory) {
        uint64 ledgerId = (draw >> 8) % 8 == 0 ? OTHER_LEDGER : EUR_LEDGER;
        uint128 entry = _entry(ledgerId, uint64((draw >> 16) % 16));
        uint256 amount = (draw >> 32) % 8 == 0 ? draw : (draw >> 64) % 30_00;
        address to = (draw >> 40) % 2 == 0 ? minter : payer;
        uint256 kind = draw % 4;
        if (kind == 0) return abi.encodeCall(IDepositTokenMain.mint, (to, amount, entry));
        if (kind == 1) return abi.encodeCall(IDepositTokenMain.burn, (amount, entry));
        if (kind == 2) {
            Issue[] memory issues = new Issue[](2);
            issues[0] = Issue(to, amount, entry);
            issues[1] = Issue(payer, 1, _entry(EUR_LEDGER, uint64((draw >> 24) % 16)));
            return abi.encodeCall(IDepositTokenMain.mintBatch, (issues));
        }
        uint256 redeemed = 1 + amount % (eur.spendableOf(payer) / 8);
        vm.prank(payer);
        uint256 id = eur.requestRedemption(redeemed, "payout");
        eur.acceptRedemption(id);
        return abi.encodeCall(IDepositTokenExt.settleRedemption, (id, entry));
    }

    /// @dev The payer gets the amount and asks for it to be paid out; the bank has accepted.
    function _acceptedRedemption(uint256 amount) private returns (uint256 id) {
        _mint(eurBank, payer, amount);
        vm.prank(payer);
        id = eur.requestRedemption(amount, "payout");
        eur.acceptRedemption(id);
    }

    /// @dev To the payer, for the entries from 1 on.
    function _issues(uint256 count, uint256 amount) private view returns (Issue[] memory issues) {
        issues = new Issue[](count);
        for (uint256 i = 0; i < count; ++i) {
            issues[i] = Issue(payer, amount, _entry(EUR_LEDGER, uint64(i + 1)));
        }
    }

    function _mintBatch(Issue[] memory issues) private {
        vm.prank(minter);
        eur.mintBatch(issues);
    }

    /// @dev Refused with that reason, and nothing of it has happened.
    function _assertBatchRefused(Issue[] memory issues, bytes memory reason) private {
        vm.expectRevert(reason);
        _mintBatch(issues);
        assertEq(eur.totalSupply(), 0);
        assertEq(eur.balanceOf(payer), 0);
        _assertMinter(minter, EUR_LEDGER, MINTER_CEILING, MINTER_CEILING);
        for (uint256 i = 0; i < issues.length; ++i) {
            assertFalse(eur.isEntryConsumed(issues[i].entry));
        }
    }

    function _allowanceExceeded(uint256 found, uint256 allowed) private view returns (bytes memory) {
        return TokenReverts.mintAllowanceExceeded(minter, found, allowed);
    }

    function _ceilingNotLower(uint128 found, uint128 present) private view returns (bytes memory) {
        return TokenReverts.ceilingNotLower(minter, found, present);
    }
}
