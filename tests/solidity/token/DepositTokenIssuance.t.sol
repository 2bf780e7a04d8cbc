// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/TokenSystem.sol";

/// @notice A ledger entry makes or takes deposits once, ever: in a mint, a batch of mints, a burn or a settlement. Who
/// mints for which ledger and up to what ceiling, and what a stolen minter key is worth.
contract DepositTokenIssuanceTest is TokenSystem {
    uint128 private constant GREATEST = type(uint128).max;

    address private otherMinter = makeAddr("otherMinter");

    function setUp() public override {
        super.setUp();
        _onboard(eurBank, otherMinter, CustomerCategory.Institution, GERMANY, 1010);
    }

    /* ENTRIES */

    function test_entry_is_for_minters() public {
        bytes[4] memory uses = _uses(_entry(EUR_LEDGER, 10), _prepareUses());
        address[4] memory callers = [stranger, address(this), payer, otherMinter];
        for (uint256 i = 0; i < callers.length; ++i) {
            _refusedEach(callers[i], uses, TokenReverts.notMinter(callers[i]));
        }
        // Nor for one whose key was stolen and who was removed in time; what it holds stays its own.
        eur.removeMinter(minter);
        _refusedEach(minter, uses, TokenReverts.notMinter(minter));
        _transfer(minter, payer, 10_00);
    }

    function test_entry_must_be_of_the_minters_own_ledger_and_is_not_used_while_paused() public {
        eur.setMinter(otherMinter, OTHER_LEDGER, 1);
        uint128 foreign = _entry(OTHER_LEDGER, 1);
        uint256 id = _prepareUses();
        bytes memory refusal = TokenReverts.entryOfOtherLedger(foreign, OTHER_LEDGER, EUR_LEDGER);
        _refusedEach(minter, _uses(foreign, id), refusal);
        eur.pause();
        _refusedEach(minter, _uses(_entry(EUR_LEDGER, 10), id), TokenReverts.tokenPaused());
    }

    function test_entry_is_consumed_once_for_mint_and_burn_alike() public {
        uint256 first = _prepareUses();
        uint128 entry = _entry(EUR_LEDGER, 10);
        bytes[4] memory uses = _uses(entry, first);
        uint256 state = vm.snapshotState();
        for (uint256 i = 0; i < uses.length; ++i) {
            _done(minter, address(eur), uses[i]);
            assertTrue(eur.isEntryConsumed(entry));
            _refusedEach(minter, _uses(entry, first + 1), TokenReverts.entryConsumed(entry));
            vm.revertToState(state);
        }
    }

    /* MINT */

    function test_mint_and_batch_issue_deposits_for_each_entry() public {
        Issue[] memory issues = new Issue[](2);
        issues[0] = Issue(neighbour, 50_00, _entry(EUR_LEDGER, 7));
        issues[1] = Issue(payer, 1, _entry(EUR_LEDGER, 2));
        _expectMinted(payer, 100_00, _entry(EUR_LEDGER, 1));
        _mintTo(payer, 100_00, 1);
        for (uint256 i = 0; i < issues.length; ++i) {
            _expectMinted(issues[i].to, issues[i].amount, issues[i].entry);
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

    function test_one_failure_anywhere_in_a_batch_refuses_it_all() public {
        _mintTo(neighbour, 1, 50);
        for (uint256 i = 0; i < 3; ++i) {
            Issue[] memory issues = _issues();
            issues[i].amount = 0;
            _refusedBatch(issues, TokenReverts.zeroAmount());

            issues = _issues();
            issues[i].entry = _entry(EUR_LEDGER, 50);
            _refusedBatch(issues, TokenReverts.entryConsumed(issues[i].entry));
            issues[i].entry = issues[(i + 1) % 3].entry;
            _refusedBatch(issues, TokenReverts.entryConsumed(issues[i].entry));

            issues = _issues();
            issues[i].to = stranger;
            _refusedBatch(issues, TokenReverts.cannotReceive(stranger));

            issues = _issues();
            issues[i].amount = MINTER_CEILING;
            uint256 left = MINTER_CEILING - 1 - i * 10_00;
            _refusedBatch(issues, TokenReverts.mintAllowanceExceeded(minter, MINTER_CEILING, left));
        }
    }

    function test_mint_stays_within_the_allowance() public {
        uint256 tooMuch = uint256(MINTER_CEILING) + 1;
        _refusedMint(payer, tooMuch, TokenReverts.mintAllowanceExceeded(minter, tooMuch, MINTER_CEILING));
        _mintTo(payer, MINTER_CEILING, 1);
        _assertMinter(minter, EUR_LEDGER, 0, MINTER_CEILING);
        _refusedMint(payer, 1, TokenReverts.mintAllowanceExceeded(minter, 1, 0));
    }

    function test_mint_stays_within_the_cap() public {
        eur.setSupplyCap(100_00);
        _refusedMint(payer, 100_01, TokenReverts.supplyCapExceeded(100_01, 100_00));
        _mintTo(minter, 100_00, 1);
        _refusedMint(payer, 1, TokenReverts.supplyCapExceeded(100_01, 100_00));
        // A cap below the supply only stops minting.
        eur.lowerSupplyCap(40_00);
        _refusedMint(payer, 1, TokenReverts.supplyCapExceeded(100_01, 40_00));
        _transfer(minter, payer, 10_00);
        _burn(61_00, 2);
        _mintTo(payer, 1_00, 3);
        assertEq(eur.totalSupply(), 40_00);
    }

    /// @dev Not by a copy from before either, as the payer's first mint leaves one.
    function test_mint_needs_a_receiver_in_good_standing() public {
        _mintTo(payer, 1, 1);
        bytes memory call = abi.encodeCall(eur.mint, (payer, 1, _entry(EUR_LEDGER, 99)));
        _refusedAfterEachLoss(payer, minter, call, TokenReverts.cannotReceive(payer));
        _refusedMint(stranger, 1, TokenReverts.cannotReceive(stranger));
        _refusedMint(address(0), 1, TokenReverts.invalidReceiver(address(0)));
        _refusedMint(address(eur), 1, TokenReverts.invalidReceiver(address(eur)));
        for (uint256 i = 0; i < 2; ++i) {
            SystemStatus status = eur.systemStatusOf(address(escrow));
            _refusedMint(address(escrow), 1, TokenReverts.systemAccountClosed(address(escrow), minter, status));
            if (i == 0) eur.stopSystemAccount(address(escrow));
        }
        vm.warp(REVIEWED_UNTIL);
        _refusedMint(payer, 1, TokenReverts.cannotReceive(payer));
    }

    /* BURN */

    function test_burn_takes_the_minters_own_deposits() public {
        _mintTo(minter, 100_00, 1);
        _mintTo(payer, 50_00, 3);
        _refusedBurn(100_01, TokenReverts.insufficientBalance(minter, 100_00, 100_01));
        vm.expectEmit(address(eur));
        emit IDepositTokenMain.Burned(minter, 60_00, _entry(EUR_LEDGER, 2));
        vm.expectEmit(address(eur));
        emit IERC20.Transfer(minter, address(0), 60_00);
        _burn(60_00, 2);
        assertEq(eur.balanceOf(minter), 40_00);
        assertEq(eur.balanceOf(payer), 50_00);
        assertEq(eur.totalSupply(), 90_00);
        // Neither used nor refilled.
        _assertMinter(minter, EUR_LEDGER, MINTER_CEILING - 150_00, MINTER_CEILING);
        _burn(40_00, 99);
        assertEq(eur.balanceOf(minter), 0);
    }

    function test_burn_needs_a_minter_in_good_standing() public {
        _mintTo(minter, 100_00, 1);
        bytes memory call = abi.encodeCall(eur.burn, (1, _entry(EUR_LEDGER, 99)));
        _refusedAfterEachLoss(minter, minter, call, TokenReverts.cannotSend(minter));
        vm.warp(REVIEWED_UNTIL - 1);
        _burn(1, 2);
        vm.warp(REVIEWED_UNTIL);
        _refusedBurn(1, TokenReverts.cannotSend(minter));
    }

    /* SUPPLY CAP */

    function test_lowerSupplyCap_only_lowers_and_setSupplyCap_goes_both_ways() public {
        uint128[4] memory caps = [SUPPLY_CAP - 1, uint128(100_00), 1, 0];
        uint128 present = SUPPLY_CAP;
        for (uint256 i = 0; i < caps.length; ++i) {
            uint128[3] memory higher = [present, present + 1, GREATEST];
            for (uint256 j = 0; j < higher.length; ++j) {
                bytes memory call = abi.encodeCall(eur.lowerSupplyCap, (higher[j]));
                _refused(address(this), call, TokenReverts.supplyCapNotLower(higher[j], present));
            }
            present = caps[i];
            _assertCap(present, abi.encodeCall(eur.lowerSupplyCap, (present)));
        }
        _assertCap(SUPPLY_CAP + 1, abi.encodeCall(eur.setSupplyCap, (SUPPLY_CAP + 1)));
        _assertCap(1, abi.encodeCall(eur.setSupplyCap, (1)));
    }

    /* MINTER AND LEDGER */

    function test_setMinter_opens_a_minter_and_replaces_ceiling_and_allowance() public {
        uint128[3] memory ceilings = [uint128(5_00), MINTER_CEILING + 1, GREATEST];
        eur.setMinter(otherMinter, OTHER_LEDGER, 1_00);
        for (uint64 i = 0; i < ceilings.length; ++i) {
            vm.prank(otherMinter);
            eur.mint(payer, 1_00, _entry(OTHER_LEDGER, i));
            bytes memory call = abi.encodeCall(eur.setMinter, (otherMinter, OTHER_LEDGER, ceilings[i]));
            _assertSet(otherMinter, OTHER_LEDGER, ceilings[i], ceilings[i], call);
        }
        assertEq(eur.minterOfLedger(OTHER_LEDGER), otherMinter);
        _assertMinter(minter, EUR_LEDGER, MINTER_CEILING, MINTER_CEILING);
    }

    /// @dev Before the ledger is claimed, which would be the token's for ever.
    function test_setMinter_needs_an_address_a_ledger_and_a_ceiling() public {
        vm.expectCall(address(registry), abi.encodePacked(IAllowlistRegistry.claimLedger.selector), 0);
        _refusedMinter(address(0), OTHER_LEDGER, 1, TokenReverts.invalidMinter(address(0), OTHER_LEDGER, 1));
        _refusedMinter(otherMinter, 0, 1, TokenReverts.invalidMinter(otherMinter, 0, 1));
        _refusedMinter(minter, EUR_LEDGER, 0, TokenReverts.invalidMinter(minter, EUR_LEDGER, 0));
    }

    function test_ledger_has_one_minter_and_a_minter_one_ledger() public {
        _refusedMinter(otherMinter, EUR_LEDGER, 1, TokenReverts.ledgerTaken(EUR_LEDGER, minter));
        _refusedMinter(minter, OTHER_LEDGER, 1, TokenReverts.ledgerTaken(EUR_LEDGER, minter));
        // Both ledgers are in the way: the one asked for is named.
        eur.setMinter(otherMinter, OTHER_LEDGER, 1);
        _refusedMinter(minter, OTHER_LEDGER, 1, TokenReverts.ledgerTaken(OTHER_LEDGER, otherMinter));
        _refusedMinter(otherMinter, EUR_LEDGER, 1, TokenReverts.ledgerTaken(EUR_LEDGER, minter));
    }

    /// @dev Whoever sends it again because it seems lost doubles nothing.
    function test_refill_sets_the_allowance_back_to_the_ceiling() public {
        _mintTo(payer, 100_00, 1);
        for (uint256 i = 0; i < 2; ++i) {
            _assertSet(minter, EUR_LEDGER, MINTER_CEILING, MINTER_CEILING, abi.encodeCall(eur.refill, (minter)));
        }
    }

    function test_lowerCeiling_cuts_an_allowance_that_is_above_it() public {
        _mintTo(payer, MINTER_CEILING - 10_00, 1);
        uint128[4] memory ceilings = [MINTER_CEILING - 1, 10_00, 9_99, 0];
        uint128[4] memory allowances = [uint128(10_00), 10_00, 9_99, 0];
        for (uint256 i = 0; i < ceilings.length; ++i) {
            bytes memory call = abi.encodeCall(eur.lowerCeiling, (minter, ceilings[i]));
            _assertSet(minter, EUR_LEDGER, allowances[i], ceilings[i], call);
            _refused(address(this), call, TokenReverts.ceilingNotLower(minter, ceilings[i], ceilings[i]));
            call = abi.encodeCall(eur.lowerCeiling, (minter, ceilings[i] + 1));
            _refused(address(this), call, TokenReverts.ceilingNotLower(minter, ceilings[i] + 1, ceilings[i]));
        }
    }

    function test_ceiling_and_allowance_are_of_minters_only() public {
        eur.setMinter(otherMinter, OTHER_LEDGER, 1);
        eur.removeMinter(otherMinter);
        address[3] memory others = [stranger, otherMinter, address(0)];
        for (uint256 i = 0; i < others.length; ++i) {
            bytes memory refusal = TokenReverts.notMinter(others[i]);
            _refused(address(this), abi.encodeCall(eur.refill, (others[i])), refusal);
            _refused(address(this), abi.encodeCall(eur.lowerCeiling, (others[i], 0)), refusal);
            _refused(address(this), abi.encodeCall(eur.removeMinter, (others[i])), refusal);
        }
    }

    /// @dev The other needs no place in the registry, neither to mint nor to settle.
    function test_removeMinter_leaves_ledger_and_redemptions_to_another() public {
        _mintTo(payer, 5_00, 1);
        uint256 id = _request(payer, 5_00);
        eur.acceptRedemption(id);
        vm.expectEmit(address(eur));
        emit IDepositTokenExt.MinterRemoved(minter, EUR_LEDGER);
        eur.removeMinter(minter);
        _assertMinter(minter, 0, 0, 0);
        assertEq(eur.minterOfLedger(EUR_LEDGER), address(0));

        eur.setMinter(otherMinter, EUR_LEDGER, 50_00);
        assertEq(eur.minterOfLedger(EUR_LEDGER), otherMinter);
        registry.blockWallet(otherMinter, LEGAL);
        uint128 used = _entry(EUR_LEDGER, 1);
        _refused(otherMinter, abi.encodeCall(eur.mint, (payer, 1, used)), TokenReverts.entryConsumed(used));
        vm.startPrank(otherMinter);
        eur.mint(payer, 50_00, _entry(EUR_LEDGER, 2));
        eur.settleRedemption(id, _entry(EUR_LEDGER, 3));
        vm.stopPrank();
        assertEq(eur.totalSupply(), 50_00);
        // The first one's key may start afresh on another ledger.
        eur.setMinter(minter, OTHER_LEDGER, 1);
        _assertMinter(minter, OTHER_LEDGER, 1, 1);
    }

    /* STOLEN KEY */

    /// @dev Whatever the thief calls, in any order: it mints no more than the key still might, to the unit.
    function testFuzz_stolen_key_mints_no_more_than_its_allowance(uint256 seed) public {
        eur.setMinter(otherMinter, OTHER_LEDGER, 1);
        eur.setMinter(minter, EUR_LEDGER, 100_00);
        _mintTo(payer, 60_00, 1 << 32);
        uint256 gone = 0;
        for (uint256 i = 0; i < 24; ++i) {
            bytes memory theft = _theft(uint256(keccak256(abi.encode(seed, i))));
            uint256 before = eur.totalSupply();
            vm.prank(minter);
            (bool success, bytes memory result) = address(eur).call(theft);
            if (!success) assertGe(result.length, 4, "refused by name");
            if (eur.totalSupply() < before) gone += before - eur.totalSupply();
            (, uint128 left,) = eur.minterOf(minter);
            assertEq(eur.totalSupply() + gone, 100_00 - left, "minted is what the allowance lost");
        }
        assertLe(eur.totalSupply(), 100_00);
    }

    /// @dev A call by the thief: any of a minter's functions, for either ledger, small amounts and absurd ones. Before
    /// a settlement the payer and the bank prepare a redemption.
    function _theft(uint256 draw) private returns (bytes memory) {
        uint64 ledgerId = (draw >> 8) % 8 == 0 ? OTHER_LEDGER : EUR_LEDGER;
        uint128 entry = _entry(ledgerId, uint64((draw >> 16) % 16));
        uint256 amount = (draw >> 32) % 8 == 0 ? draw : (draw >> 64) % 30_00;
        address to = (draw >> 40) % 2 == 0 ? minter : payer;
        uint256 kind = draw % 4;
        if (kind == 0) return abi.encodeCall(eur.mint, (to, amount, entry));
        if (kind == 1) return abi.encodeCall(eur.burn, (amount, entry));
        if (kind == 2) {
            Issue[] memory issues = new Issue[](2);
            issues[0] = Issue(to, amount, entry);
            issues[1] = Issue(payer, 1, _entry(EUR_LEDGER, uint64((draw >> 24) % 16)));
            return abi.encodeCall(eur.mintBatch, (issues));
        }
        uint256 id = _request(payer, 1 + amount % (eur.spendableOf(payer) / 8));
        eur.acceptRedemption(id);
        return abi.encodeCall(eur.settleRedemption, (id, entry));
    }

    /* HELPERS */

    /// @dev 10.00 for the minter to burn, and two accepted redemptions of 1.00, of which it tells the first.
    function _prepareUses() private returns (uint256 id) {
        _mintTo(minter, 10_00, 1);
        _mintTo(payer, 2_00, 2);
        id = _request(payer, 1_00);
        eur.acceptRedemption(id);
        eur.acceptRedemption(_request(payer, 1_00));
    }

    /// @dev Every way to use an entry.
    function _uses(uint128 entry, uint256 redemption) private view returns (bytes[4] memory) {
        Issue[] memory issues = new Issue[](1);
        issues[0] = Issue(payer, 1_00, entry);
        return [
            abi.encodeCall(eur.mint, (payer, 1_00, entry)),
            abi.encodeCall(eur.mintBatch, (issues)),
            abi.encodeCall(eur.burn, (1_00, entry)),
            abi.encodeCall(eur.settleRedemption, (redemption, entry))
        ];
    }

    function _refusedEach(address caller, bytes[4] memory uses, bytes memory refusal) private {
        for (uint256 i = 0; i < uses.length; ++i) {
            _refused(caller, uses[i], refusal);
        }
    }

    /// @dev For an entry of the euro bank's ledger.
    function _mintTo(address to, uint256 amount, uint64 sequence) private {
        vm.prank(minter);
        eur.mint(to, amount, _entry(EUR_LEDGER, sequence));
    }

    function _burn(uint256 amount, uint64 sequence) private {
        vm.prank(minter);
        eur.burn(amount, _entry(EUR_LEDGER, sequence));
    }

    /// @dev Three of 10.00 to the payer, for the entries from 1 on.
    function _issues() private view returns (Issue[] memory issues) {
        issues = new Issue[](3);
        for (uint64 i = 0; i < 3; ++i) {
            issues[i] = Issue(payer, 10_00, _entry(EUR_LEDGER, i + 1));
        }
    }

    function _expectMinted(address to, uint256 amount, uint128 entry) private {
        vm.expectEmit(address(eur));
        emit IDepositTokenMain.Minted(minter, to, amount, entry);
        vm.expectEmit(address(eur));
        emit IERC20.Transfer(address(0), to, amount);
    }

    /// @dev The call says it of a minter, and then it is so.
    function _assertSet(address account, uint64 ledgerId, uint128 allowance, uint128 ceiling, bytes memory call)
        private
    {
        vm.expectEmit(address(eur));
        emit IDepositTokenExt.MinterSet(account, ledgerId, allowance, ceiling);
        _done(address(this), address(eur), call);
        _assertMinter(account, ledgerId, allowance, ceiling);
    }

    function _assertCap(uint128 cap, bytes memory call) private {
        vm.expectEmit(address(eur));
        emit IDepositTokenCore.SupplyCapSet(cap);
        _done(address(this), address(eur), call);
        assertEq(eur.supplyCap(), cap);
    }

    function _refusedMint(address to, uint256 amount, bytes memory refusal) private {
        _refused(minter, abi.encodeCall(eur.mint, (to, amount, _entry(EUR_LEDGER, 99))), refusal);
    }

    function _refusedBurn(uint256 amount, bytes memory refusal) private {
        _refused(minter, abi.encodeCall(eur.burn, (amount, _entry(EUR_LEDGER, 99))), refusal);
    }

    function _refusedBatch(Issue[] memory issues, bytes memory refusal) private {
        _refused(minter, abi.encodeCall(eur.mintBatch, (issues)), refusal);
    }

    function _refusedMinter(address account, uint64 ledgerId, uint128 ceiling, bytes memory refusal) private {
        _refused(address(this), abi.encodeCall(eur.setMinter, (account, ledgerId, ceiling)), refusal);
    }
}
