// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/TokenSystem.sol";

/// @notice A ledger entry makes or takes deposits once, ever: in a mint, a batch of mints, a burn or a settlement.
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
        assertFalse(eur.isEntryConsumed(_entry(EUR_LEDGER, 10)));
        _transfer(minter, payer, 10_00);
    }

    function test_entry_stays_unused_while_paused() public {
        bytes[4] memory uses = _uses(_entry(EUR_LEDGER, 10), _prepareUses());
        eur.pause();
        _refusedEach(minter, uses, TokenReverts.tokenPaused());
        assertFalse(eur.isEntryConsumed(_entry(EUR_LEDGER, 10)));
    }

    function test_entry_must_be_of_the_minters_own_ledger() public {
        eur.setMinter(otherMinter, OTHER_LEDGER, 1);
        uint128 foreign = _entry(OTHER_LEDGER, 1);
        bytes memory refusal = TokenReverts.entryOfOtherLedger(foreign, OTHER_LEDGER, EUR_LEDGER);
        _refusedEach(minter, _uses(foreign, _prepareUses()), refusal);
        assertFalse(eur.isEntryConsumed(foreign));
    }

    function test_entry_is_consumed_once_for_mint_and_burn_alike() public {
        uint256 first = _prepareUses();
        uint128 entry = _entry(EUR_LEDGER, 10);
        bytes[4] memory uses = _uses(entry, first);
        uint256 state = vm.snapshotState();
        for (uint256 i = 0; i < uses.length; ++i) {
            vm.prank(minter);
            Address.functionCall(address(eur), uses[i]);
            assertTrue(eur.isEntryConsumed(entry));
            _refusedEach(minter, _uses(entry, first + 1), TokenReverts.entryConsumed(entry));
            vm.revertToState(state);
        }
    }

    function test_entry_of_nothing_is_refused() public {
        _refused(minter, abi.encodeCall(eur.mint, (payer, 0, _entry(EUR_LEDGER, 1))), TokenReverts.zeroAmount());
        _refused(minter, abi.encodeCall(eur.burn, (0, _entry(EUR_LEDGER, 1))), TokenReverts.zeroAmount());
        assertFalse(eur.isEntryConsumed(_entry(EUR_LEDGER, 1)));
    }

    /* MINT */

    function test_mint_issues_deposits_for_an_entry() public {
        vm.expectEmit(address(eur));
        emit IDepositTokenMain.Minted(minter, payer, 100_00, _entry(EUR_LEDGER, 1));
        vm.expectEmit(address(eur));
        emit IERC20.Transfer(address(0), payer, 100_00);
        _mintTo(payer, 100_00, 1);
        assertEq(eur.balanceOf(payer), 100_00);
        assertEq(eur.totalSupply(), 100_00);
        _assertMinter(minter, EUR_LEDGER, MINTER_CEILING - 100_00, MINTER_CEILING);
    }

    function test_mint_stays_within_the_allowance() public {
        // The lower 128 bits of the last would fit.
        uint256[2] memory amounts = [uint256(MINTER_CEILING) + 1, (1 << 128) + 1];
        for (uint256 i = 0; i < amounts.length; ++i) {
            _refusedMint(payer, amounts[i], TokenReverts.mintAllowanceExceeded(minter, amounts[i], MINTER_CEILING));
        }
        _mintTo(payer, MINTER_CEILING, 1);
        _assertMinter(minter, EUR_LEDGER, 0, MINTER_CEILING);
        _refusedMint(payer, 1, TokenReverts.mintAllowanceExceeded(minter, 1, 0));
    }

    function test_mint_stays_within_the_cap() public {
        vm.expectEmit(address(eur));
        emit IDepositTokenCore.SupplyCapSet(100_00);
        eur.setSupplyCap(100_00);
        assertEq(eur.supplyCap(), 100_00);
        _refusedMint(payer, 100_01, TokenReverts.supplyCapExceeded(100_01, 100_00));
        _mintTo(payer, 100_00, 1);
        _refusedMint(payer, 1, TokenReverts.supplyCapExceeded(100_01, 100_00));
    }

    function test_lowerSupplyCap_only_lowers() public {
        uint128[4] memory caps = [SUPPLY_CAP - 1, uint128(100_00), 1, 0];
        uint128 present = SUPPLY_CAP;
        for (uint256 i = 0; i < caps.length; ++i) {
            uint128[3] memory higher = [present, present + 1, GREATEST];
            for (uint256 j = 0; j < higher.length; ++j) {
                bytes memory call = abi.encodeCall(eur.lowerSupplyCap, (higher[j]));
                _refused(address(this), call, TokenReverts.supplyCapNotLower(higher[j], present));
            }
            present = caps[i];
            vm.expectEmit(address(eur));
            emit IDepositTokenCore.SupplyCapSet(present);
            eur.lowerSupplyCap(present);
            assertEq(eur.supplyCap(), present);
        }
        // The governor's goes both ways.
        eur.setSupplyCap(SUPPLY_CAP + 1);
        assertEq(eur.supplyCap(), SUPPLY_CAP + 1);
    }

    function test_cap_below_the_supply_only_stops_minting() public {
        _mintTo(minter, 100_00, 1);
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
        assertFalse(eur.isEntryConsumed(_entry(EUR_LEDGER, 99)));
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
        _mintBatch(issues);
        assertEq(eur.balanceOf(payer), 100_01);
        assertEq(eur.balanceOf(neighbour), 50_00);
        assertEq(eur.totalSupply(), 150_01);
        _assertMinter(minter, EUR_LEDGER, MINTER_CEILING - 150_01, MINTER_CEILING);
        for (uint256 i = 0; i < issues.length; ++i) {
            assertTrue(eur.isEntryConsumed(issues[i].entry));
        }
    }

    function test_one_failure_anywhere_in_a_batch_undoes_it_all() public {
        _mintTo(neighbour, 1, 50);
        for (uint256 i = 0; i < 3; ++i) {
            Issue[] memory issues = _issues(10_00);
            issues[i].amount = 0;
            _refusedBatch(issues, TokenReverts.zeroAmount());

            issues = _issues(10_00);
            issues[i].entry = _entry(OTHER_LEDGER, 1);
            _refusedBatch(issues, TokenReverts.entryOfOtherLedger(issues[i].entry, OTHER_LEDGER, EUR_LEDGER));
            issues[i].entry = _entry(EUR_LEDGER, 50);
            _refusedBatch(issues, TokenReverts.entryConsumed(issues[i].entry));

            issues = _issues(10_00);
            issues[i].to = stranger;
            _refusedBatch(issues, TokenReverts.cannotReceive(stranger));

            issues = _issues(10_00);
            issues[i].amount = MINTER_CEILING;
            uint256 left = MINTER_CEILING - 1 - i * 10_00;
            _refusedBatch(issues, TokenReverts.mintAllowanceExceeded(minter, MINTER_CEILING, left));
        }
        // What was refused was used up by none of it.
        _mintBatch(_issues(10_00));
        assertEq(eur.totalSupply(), 30_01);
    }

    function test_same_entry_twice_in_a_batch_is_refused() public {
        Issue[] memory issues = _issues(10_00);
        issues[2].entry = issues[0].entry;
        _refusedBatch(issues, TokenReverts.entryConsumed(issues[0].entry));
    }

    function test_allowance_and_cap_are_counted_over_the_batch() public {
        Issue[] memory issues = _issues(MINTER_CEILING / 2);
        issues[2].amount = 1;
        _refusedBatch(issues, TokenReverts.mintAllowanceExceeded(minter, 1, 0));
        issues[1].amount -= 1;
        eur.setSupplyCap(MINTER_CEILING - 1);
        _refusedBatch(issues, TokenReverts.supplyCapExceeded(MINTER_CEILING, MINTER_CEILING - 1));
        eur.setSupplyCap(MINTER_CEILING);
        _mintBatch(issues);
        _assertMinter(minter, EUR_LEDGER, 0, MINTER_CEILING);
        assertEq(eur.totalSupply(), MINTER_CEILING);
    }

    /* BURN */

    function test_burn_takes_the_minters_own_deposits() public {
        _mintTo(minter, 100_00, 1);
        _mintTo(payer, 50_00, 3);
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
    }

    function test_burn_stays_within_the_balance() public {
        _mintTo(minter, 100_00, 1);
        _mintTo(payer, 100_00, 2);
        uint256[2] memory amounts = [uint256(100_01), (1 << 128) + 1];
        for (uint256 i = 0; i < amounts.length; ++i) {
            _refusedBurn(amounts[i], TokenReverts.insufficientBalance(minter, 100_00, amounts[i]));
        }
        _burn(100_00, 99);
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

    function _mintBatch(Issue[] memory issues) private {
        vm.prank(minter);
        eur.mintBatch(issues);
    }

    /// @dev Three to the payer, for the entries from 1 on.
    function _issues(uint256 amount) private view returns (Issue[] memory issues) {
        issues = new Issue[](3);
        for (uint64 i = 0; i < 3; ++i) {
            issues[i] = Issue(payer, amount, _entry(EUR_LEDGER, i + 1));
        }
    }

    function _refusedMint(address to, uint256 amount, bytes memory refusal) private {
        _refused(minter, abi.encodeCall(eur.mint, (to, amount, _entry(EUR_LEDGER, 99))), refusal);
    }

    function _refusedBurn(uint256 amount, bytes memory refusal) private {
        _refused(minter, abi.encodeCall(eur.burn, (amount, _entry(EUR_LEDGER, 99))), refusal);
        assertFalse(eur.isEntryConsumed(_entry(EUR_LEDGER, 99)));
    }

    /// @dev Nothing of it has happened.
    function _refusedBatch(Issue[] memory issues, bytes memory refusal) private {
        (, uint128 allowance,) = eur.minterOf(minter);
        uint256 supply = eur.totalSupply();
        _refused(minter, abi.encodeCall(eur.mintBatch, (issues)), refusal);
        assertEq(eur.totalSupply(), supply);
        assertEq(eur.balanceOf(payer), 0);
        _assertMinter(minter, EUR_LEDGER, allowance, MINTER_CEILING);
        for (uint64 sequence = 1; sequence <= 3; ++sequence) {
            assertFalse(eur.isEntryConsumed(_entry(EUR_LEDGER, sequence)));
        }
    }
}
