// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/SecondToken.sol";

/// @notice Minters, and that a ledger entry makes or takes deposits once, ever.
contract DepositTokenIssuanceTest is SecondToken {
    bytes4 private constant LEGAL = "LEGL";
    uint64 private constant OTHER_LEDGER = 7002;

    address private minter;
    address private otherMinter = makeAddr("otherMinter");

    function setUp() public override {
        super.setUp();
        minter = eurBank.minter;
        _onboard(eurBank, otherMinter, CustomerCategory.Institution, GERMANY, 1010);
    }

    /* MINTERS */

    function test_a_ledger_is_one_tokens_for_ever() public {
        IDepositToken yen = _secondToken();
        vm.expectRevert(RegistryReverts.notSubscriber(address(yen)));
        yen.setMinter(otherMinter, OTHER_LEDGER, 1);
        eurBank.registry.subscribe(address(yen));

        vm.expectEmit(address(eurBank.registry));
        emit IAllowlistRegistry.LedgerClaimed(OTHER_LEDGER, address(yen));
        yen.setMinter(otherMinter, OTHER_LEDGER, 1);
        assertEq(eurBank.registry.tokenOfLedger(OTHER_LEDGER), address(yen));
        yen.setMinter(otherMinter, OTHER_LEDGER, 2);

        yen.removeMinter(otherMinter);
        bytes memory refusal = RegistryReverts.ledgerOfOtherToken(OTHER_LEDGER, address(yen));
        vm.expectRevert(refusal);
        eur.setMinter(otherMinter, OTHER_LEDGER, 1);
        vm.expectRevert(RegistryReverts.notSubscriber(stranger));
        vm.prank(stranger);
        eurBank.registry.claimLedger(OTHER_LEDGER + 1);
    }

    function test_setMinter_opens_a_minter_that_may_mint_up_to_its_ceiling() public {
        vm.expectEmit(address(eur));
        emit IDepositTokenExt.MinterSet(otherMinter, OTHER_LEDGER, 5_00, 5_00);
        eur.setMinter(otherMinter, OTHER_LEDGER, 5_00);
        _assertMinter(otherMinter, OTHER_LEDGER, 5_00, 5_00);
        assertEq(eur.minterOfLedger(OTHER_LEDGER), otherMinter);
        _assertMinter(minter, EUR_LEDGER, MINTER_CEILING, MINTER_CEILING);
    }

    function test_setMinter_replaces_ceiling_and_allowance() public {
        uint128[3] memory ceilings = [uint128(5_00), MINTER_CEILING + 1, type(uint128).max];
        for (uint64 i = 0; i < ceilings.length; ++i) {
            _mintAs(minter, 1_00, i);
            vm.expectEmit(address(eur));
            emit IDepositTokenExt.MinterSet(minter, EUR_LEDGER, ceilings[i], ceilings[i]);
            eur.setMinter(minter, EUR_LEDGER, ceilings[i]);
            _assertMinter(minter, EUR_LEDGER, ceilings[i], ceilings[i]);
        }
    }

    /// @dev Before the ledger is claimed, which would be the token's for ever.
    function test_setMinter_needs_an_address_a_ledger_and_a_ceiling() public {
        vm.expectCall(address(eurBank.registry), abi.encodePacked(IAllowlistRegistry.claimLedger.selector), 0);
        vm.expectRevert(TokenReverts.invalidMinter(address(0), OTHER_LEDGER, 1));
        eur.setMinter(address(0), OTHER_LEDGER, 1);
        vm.expectRevert(TokenReverts.invalidMinter(otherMinter, 0, 1));
        eur.setMinter(otherMinter, 0, 1);
        vm.expectRevert(TokenReverts.invalidMinter(otherMinter, OTHER_LEDGER, 0));
        eur.setMinter(otherMinter, OTHER_LEDGER, 0);
        vm.expectRevert(TokenReverts.invalidMinter(minter, EUR_LEDGER, 0));
        eur.setMinter(minter, EUR_LEDGER, 0);
        assertEq(eurBank.registry.tokenOfLedger(OTHER_LEDGER), address(0));
        _assertMinter(otherMinter, 0, 0, 0);
        _assertMinter(minter, EUR_LEDGER, MINTER_CEILING, MINTER_CEILING);
    }

    function test_ledger_has_one_minter_and_a_minter_one_ledger() public {
        vm.expectRevert(TokenReverts.ledgerTaken(EUR_LEDGER, minter));
        eur.setMinter(otherMinter, EUR_LEDGER, 1);
        vm.expectRevert(TokenReverts.ledgerTaken(EUR_LEDGER, minter));
        eur.setMinter(minter, OTHER_LEDGER, 1);
        assertEq(eur.minterOfLedger(OTHER_LEDGER), address(0));
    }

    function test_removeMinter_ends_a_minter() public {
        vm.expectEmit(address(eur));
        emit IDepositTokenExt.MinterRemoved(minter, EUR_LEDGER);
        eur.removeMinter(minter);
        _assertMinter(minter, 0, 0, 0);
        assertEq(eur.minterOfLedger(EUR_LEDGER), address(0));

        bytes memory notMinter = TokenReverts.notMinter(minter);
        vm.expectRevert(notMinter);
        _mintAs(minter, 1, 1);
        vm.expectRevert(notMinter);
        _burnAs(minter, 1, 1);
        vm.expectRevert(notMinter);
        eur.removeMinter(minter);
    }

    function test_ledger_of_a_removed_minter_goes_on_where_it_was() public {
        _mintAs(minter, 1, 1);
        eur.removeMinter(minter);
        eur.setMinter(otherMinter, EUR_LEDGER, MINTER_CEILING);
        vm.expectRevert(TokenReverts.entryConsumed(_entry(EUR_LEDGER, 1)));
        _mintAs(otherMinter, 1, 1);
        vm.prank(otherMinter);
        eur.mint(payer, 1, _entry(EUR_LEDGER, 2));
        assertEq(eur.balanceOf(payer), 2);
    }

    /* MINT */

    function test_mint_issues_deposits_for_an_entry() public {
        uint128 entry = _entry(EUR_LEDGER, 1);
        assertFalse(eur.isEntryConsumed(entry));
        vm.expectEmit(address(eur));
        emit IDepositTokenMain.Minted(minter, payer, 100_00, entry);
        vm.expectEmit(address(eur));
        emit IERC20.Transfer(address(0), payer, 100_00);
        vm.prank(minter);
        eur.mint(payer, 100_00, entry);
        assertEq(eur.balanceOf(payer), 100_00);
        assertEq(eur.totalSupply(), 100_00);
        assertTrue(eur.isEntryConsumed(entry));
        _assertMinter(minter, EUR_LEDGER, MINTER_CEILING - 100_00, MINTER_CEILING);
    }

    function test_mint_is_for_minters() public {
        address[3] memory callers = [stranger, address(this), payer];
        for (uint256 i = 0; i < callers.length; ++i) {
            vm.expectRevert(TokenReverts.notMinter(callers[i]));
            vm.prank(callers[i]);
            eur.mint(payer, 1, 0);
        }
    }

    function test_mint_and_burn_stop_while_paused() public {
        _mintAs(minter, 10, 1);
        eur.pause();
        vm.expectRevert(IDepositTokenCore.TokenPaused.selector);
        _mintAs(minter, 1, 2);
        vm.expectRevert(IDepositTokenCore.TokenPaused.selector);
        _burnAs(minter, 1, 2);
        assertFalse(eur.isEntryConsumed(_entry(EUR_LEDGER, 2)));
    }

    function test_entry_of_nothing_is_refused() public {
        vm.expectRevert(IDepositTokenCore.ZeroAmount.selector);
        _mintAs(minter, 0, 1);
        vm.expectRevert(IDepositTokenCore.ZeroAmount.selector);
        _burnAs(minter, 0, 1);
        assertFalse(eur.isEntryConsumed(_entry(EUR_LEDGER, 1)));
    }

    function test_entry_must_be_of_the_minters_own_ledger() public {
        uint128 foreign = _entry(EUR_LEDGER + 1, 1);
        bytes memory refusal = TokenReverts.entryOfOtherLedger(foreign, EUR_LEDGER + 1, EUR_LEDGER);
        vm.expectRevert(refusal);
        vm.prank(minter);
        eur.mint(payer, 1, foreign);
        vm.expectRevert(refusal);
        vm.prank(minter);
        eur.burn(1, foreign);
    }

    function test_entry_is_consumed_once_for_mint_and_burn_alike() public {
        _mintAs(minter, 10, 1);
        bytes memory first = TokenReverts.entryConsumed(_entry(EUR_LEDGER, 1));
        vm.expectRevert(first);
        _mintAs(minter, 10, 1);
        vm.expectRevert(first);
        _burnAs(minter, 1, 1);

        vm.prank(minter);
        eur.mint(minter, 10, _entry(EUR_LEDGER, 2));
        _burnAs(minter, 1, 3);
        bytes memory third = TokenReverts.entryConsumed(_entry(EUR_LEDGER, 3));
        vm.expectRevert(third);
        _burnAs(minter, 1, 3);
        vm.expectRevert(third);
        _mintAs(minter, 1, 3);
    }

    /// @dev The bitmap's words end at multiples of 256; the sequence number at 2^64.
    function test_entry_consumes_no_other() public {
        uint64[6] memory sequence = [0, 1, 255, 256, 257, type(uint64).max];
        for (uint256 i = 0; i < sequence.length; ++i) {
            for (uint256 j = i; j < sequence.length; ++j) {
                assertFalse(eur.isEntryConsumed(_entry(EUR_LEDGER, sequence[j])));
            }
            _mintAs(minter, 1, sequence[i]);
            assertTrue(eur.isEntryConsumed(_entry(EUR_LEDGER, sequence[i])));
        }
        assertFalse(eur.isEntryConsumed(_entry(EUR_LEDGER + 1, 0)));
        assertFalse(eur.isEntryConsumed(_entry(EUR_LEDGER - 1, type(uint64).max)));
        assertEq(eur.totalSupply(), sequence.length);
    }

    function test_refused_mint_leaves_the_entry_unused() public {
        vm.expectRevert(TokenReverts.cannotReceive(stranger));
        vm.prank(minter);
        eur.mint(stranger, 1, _entry(EUR_LEDGER, 1));
        assertFalse(eur.isEntryConsumed(_entry(EUR_LEDGER, 1)));
        _mintAs(minter, 1, 1);
        assertEq(eur.balanceOf(payer), 1);
    }

    function test_mint_stays_within_the_allowance() public {
        vm.expectRevert(TokenReverts.mintAllowanceExceeded(minter, MINTER_CEILING + 1, MINTER_CEILING));
        _mintAs(minter, MINTER_CEILING + 1, 1);
        // Its lower 128 bits would fit.
        uint256 wide = (1 << 128) + 1;
        vm.expectRevert(TokenReverts.mintAllowanceExceeded(minter, wide, MINTER_CEILING));
        _mintAs(minter, wide, 1);

        _mintAs(minter, MINTER_CEILING, 1);
        _assertMinter(minter, EUR_LEDGER, 0, MINTER_CEILING);
        vm.expectRevert(TokenReverts.mintAllowanceExceeded(minter, 1, 0));
        _mintAs(minter, 1, 2);
    }

    function test_mint_stays_within_the_cap() public {
        vm.expectEmit(address(eur));
        emit IDepositTokenCore.SupplyCapSet(100_00);
        eur.setSupplyCap(100_00);
        assertEq(eur.supplyCap(), 100_00);
        vm.expectRevert(TokenReverts.supplyCapExceeded(100_01, 100_00));
        _mintAs(minter, 100_01, 1);
        _mintAs(minter, 100_00, 1);
        vm.expectRevert(TokenReverts.supplyCapExceeded(100_01, 100_00));
        _mintAs(minter, 1, 2);
    }

    function test_lowerSupplyCap_only_lowers() public {
        uint128[3] memory caps = [SUPPLY_CAP, SUPPLY_CAP + 1, type(uint128).max];
        for (uint256 i = 0; i < caps.length; ++i) {
            vm.expectRevert(TokenReverts.supplyCapNotLower(caps[i], SUPPLY_CAP));
            eur.lowerSupplyCap(caps[i]);
        }
        assertEq(eur.supplyCap(), SUPPLY_CAP);

        uint128[3] memory lower = [SUPPLY_CAP - 1, uint128(100_00), 0];
        for (uint256 i = 0; i < lower.length; ++i) {
            vm.expectEmit(address(eur));
            emit IDepositTokenCore.SupplyCapSet(lower[i]);
            eur.lowerSupplyCap(lower[i]);
            assertEq(eur.supplyCap(), lower[i]);
        }
        vm.expectRevert(TokenReverts.supplyCapNotLower(0, 0));
        eur.lowerSupplyCap(0);
        // The governor's goes both ways.
        eur.setSupplyCap(SUPPLY_CAP + 1);
        assertEq(eur.supplyCap(), SUPPLY_CAP + 1);
    }

    function test_cap_below_the_supply_only_stops_minting() public {
        vm.prank(minter);
        eur.mint(minter, 100_00, _entry(EUR_LEDGER, 1));
        eur.lowerSupplyCap(40_00);
        vm.expectRevert(TokenReverts.supplyCapExceeded(100_01, 40_00));
        _mintAs(minter, 1, 2);
        vm.prank(minter);
        assertTrue(eur.transfer(payer, 10_00));
        _burnAs(minter, 61_00, 2);
        _mintAs(minter, 1_00, 3);
        assertEq(eur.totalSupply(), 40_00);
    }

    function test_supply_fills_the_slot_and_no_more() public {
        eur.setSupplyCap(type(uint128).max);
        eur.setMinter(minter, EUR_LEDGER, type(uint128).max);
        _mintAs(minter, type(uint128).max, 1);
        assertEq(eur.balanceOf(payer), type(uint128).max);
        eur.setMinter(minter, EUR_LEDGER, type(uint128).max);
        vm.expectRevert(TokenReverts.supplyCapExceeded(1 << 128, type(uint128).max));
        _mintAs(minter, 1, 2);

        vm.prank(payer);
        assertTrue(eur.transfer(neighbour, type(uint128).max));
        assertEq(eur.balanceOf(payer), 0);
        assertEq(eur.balanceOf(neighbour), type(uint128).max);
        assertTrue(eur.canSend(payer) && eur.canReceive(neighbour));
    }

    function test_mint_needs_a_receiver_in_good_standing() public {
        address[2] memory nobody = [address(0), address(eur)];
        for (uint256 i = 0; i < nobody.length; ++i) {
            vm.expectRevert(TokenReverts.invalidReceiver(nobody[i]));
            vm.prank(minter);
            eur.mint(nobody[i], 1, _entry(EUR_LEDGER, 1));
        }
        vm.expectRevert(TokenReverts.systemAccountClosed(address(escrow), minter, SystemStatus.Active));
        vm.prank(minter);
        eur.mint(address(escrow), 1, _entry(EUR_LEDGER, 1));
        eur.stopSystemAccount(address(escrow));
        vm.expectRevert(TokenReverts.systemAccountClosed(address(escrow), minter, SystemStatus.OutflowOnly));
        vm.prank(minter);
        eur.mint(address(escrow), 1, _entry(EUR_LEDGER, 1));

        bytes memory refusal = TokenReverts.cannotReceive(payer);
        uint256 state = vm.snapshotState();
        eurBank.registry.blockWallet(payer, LEGAL);
        vm.expectRevert(refusal);
        _mintAs(minter, 1, 1);
        vm.revertToState(state);
        eurBank.registry.blockCustomer(1001, LEGAL);
        vm.expectRevert(refusal);
        _mintAs(minter, 1, 1);
        vm.revertToState(state);
        eurBank.registry.revoke(payer);
        vm.expectRevert(refusal);
        _mintAs(minter, 1, 1);
        vm.revertToState(state);
        vm.warp(REVIEWED_UNTIL);
        vm.expectRevert(refusal);
        _mintAs(minter, 1, 1);
    }

    function test_mint_does_not_trust_a_copy_from_before_a_block() public {
        _mintAs(minter, 1, 1);
        eurBank.registry.blockWallet(payer, LEGAL);
        vm.expectRevert(TokenReverts.cannotReceive(payer));
        _mintAs(minter, 1, 2);
    }

    /* BURN */

    function test_burn_takes_the_minters_own_deposits() public {
        uint128 entry = _entry(EUR_LEDGER, 2);
        vm.prank(minter);
        eur.mint(minter, 100_00, _entry(EUR_LEDGER, 1));
        _mintAs(minter, 50_00, 3);

        vm.expectEmit(address(eur));
        emit IDepositTokenMain.Burned(minter, 60_00, entry);
        vm.expectEmit(address(eur));
        emit IERC20.Transfer(minter, address(0), 60_00);
        vm.prank(minter);
        eur.burn(60_00, entry);
        assertEq(eur.balanceOf(minter), 40_00);
        assertEq(eur.balanceOf(payer), 50_00);
        assertEq(eur.totalSupply(), 90_00);
        assertTrue(eur.isEntryConsumed(entry));
        // Neither used nor refilled.
        _assertMinter(minter, EUR_LEDGER, MINTER_CEILING - 150_00, MINTER_CEILING);
    }

    function test_burn_is_for_minters() public {
        _mintAs(minter, 10, 1);
        vm.expectRevert(TokenReverts.notMinter(payer));
        vm.prank(payer);
        eur.burn(1, 0);
    }

    function test_burn_stays_within_the_balance() public {
        vm.prank(minter);
        eur.mint(minter, 100_00, _entry(EUR_LEDGER, 1));
        _mintAs(minter, 100_00, 2);
        vm.expectRevert(TokenReverts.insufficientBalance(minter, 100_00, 100_01));
        _burnAs(minter, 100_01, 3);
        uint256 wide = (1 << 128) + 1;
        vm.expectRevert(TokenReverts.insufficientBalance(minter, 100_00, wide));
        _burnAs(minter, wide, 3);
        assertFalse(eur.isEntryConsumed(_entry(EUR_LEDGER, 3)));
        _burnAs(minter, 100_00, 3);
        assertEq(eur.balanceOf(minter), 0);
    }

    function test_burn_needs_a_minter_in_good_standing() public {
        vm.prank(minter);
        eur.mint(minter, 100_00, _entry(EUR_LEDGER, 1));
        eurBank.registry.blockWallet(minter, LEGAL);
        vm.expectRevert(TokenReverts.cannotSend(minter));
        _burnAs(minter, 1, 2);
    }

    function test_burn_ends_in_the_second_in_which_the_minters_review_ends() public {
        _mint(eurBank, eurBank.minter, 2_00);
        uint128 first = _nextEntry(eurBank);
        uint128 second = _nextEntry(eurBank);
        vm.startPrank(eurBank.minter);
        vm.warp(REVIEWED_UNTIL - 1);
        eur.burn(1_00, first);
        assertEq(eur.totalSupply(), 1_00);

        vm.warp(REVIEWED_UNTIL);
        vm.expectRevert(TokenReverts.cannotSend(eurBank.minter));
        eur.burn(1_00, second);
        vm.stopPrank();
    }

    /* BOOKS */

    /// @dev Whatever two minters do in whatever order: supply = minted − burned = sum of balances, each entry once.
    function testFuzz_supply_is_what_the_entries_say(uint256[24] memory draws) public {
        eur.setMinter(otherMinter, OTHER_LEDGER, MINTER_CEILING);
        bool[2][8] memory used;
        uint256 expected;
        for (uint256 i = 0; i < draws.length; ++i) {
            uint256 which = draws[i] % 2;
            uint64 sequence = uint64((draws[i] >> 8) % 8);
            uint256 amount = (draws[i] >> 16) % 1_000_00;
            bool burning = (draws[i] >> 128) % 2 == 0;
            address caller = which == 0 ? minter : otherMinter;
            uint128 entry = _entry(which == 0 ? EUR_LEDGER : OTHER_LEDGER, sequence);
            bool allowed = amount > 0 && !used[sequence][which] && (!burning || amount <= eur.balanceOf(caller));

            vm.prank(caller);
            (bool success,) = address(eur)
                .call(
                    burning
                        ? abi.encodeCall(eur.burn, (amount, entry))
                        : abi.encodeCall(eur.mint, (caller, amount, entry))
                );
            assertEq(success, allowed);
            if (success) {
                used[sequence][which] = true;
                expected = burning ? expected - amount : expected + amount;
            }
            assertEq(eur.isEntryConsumed(entry), used[sequence][which]);
        }
        assertEq(eur.totalSupply(), expected);
        assertEq(eur.balanceOf(minter) + eur.balanceOf(otherMinter), expected);
    }

    /* HELPERS */

    /// @dev To the payer, for an entry of the euro bank's ledger.
    function _mintAs(address caller, uint256 amount, uint64 sequence) private {
        vm.prank(caller);
        eur.mint(payer, amount, _entry(EUR_LEDGER, sequence));
    }

    function _burnAs(address caller, uint256 amount, uint64 sequence) private {
        vm.prank(caller);
        eur.burn(amount, _entry(EUR_LEDGER, sequence));
    }
}
