// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/TokenSystem.sol";

/// @notice Who mints for which ledger and up to what ceiling, its end, and what a stolen minter key is worth.
contract MintersTest is TokenSystem {
    uint128 private constant GREATEST = type(uint128).max;

    address private otherMinter = makeAddr("otherMinter");

    function setUp() public override {
        super.setUp();
        _onboard(eurBank, otherMinter, CustomerCategory.Institution, GERMANY, 1010);
    }

    /* MINTER AND LEDGER */

    function test_setMinter_opens_a_minter_that_may_mint_up_to_its_ceiling() public {
        vm.expectEmit(address(eur));
        emit IDepositTokenExt.MinterSet(otherMinter, OTHER_LEDGER, 5_00, 5_00);
        eur.setMinter(otherMinter, OTHER_LEDGER, 5_00);
        _assertMinter(otherMinter, OTHER_LEDGER, 5_00, 5_00);
        assertEq(eur.minterOfLedger(OTHER_LEDGER), otherMinter);
        _assertMinter(minter, EUR_LEDGER, MINTER_CEILING, MINTER_CEILING);
    }

    function test_setMinter_replaces_ceiling_and_allowance() public {
        uint128[3] memory ceilings = [uint128(5_00), MINTER_CEILING + 1, GREATEST];
        for (uint256 i = 0; i < ceilings.length; ++i) {
            _mint(eurBank, payer, 1_00);
            vm.expectEmit(address(eur));
            emit IDepositTokenExt.MinterSet(minter, EUR_LEDGER, ceilings[i], ceilings[i]);
            eur.setMinter(minter, EUR_LEDGER, ceilings[i]);
            _assertMinter(minter, EUR_LEDGER, ceilings[i], ceilings[i]);
        }
    }

    /// @dev Before the ledger is claimed, which would be the token's for ever.
    function test_setMinter_needs_an_address_a_ledger_and_a_ceiling() public {
        vm.expectCall(address(registry), abi.encodePacked(IAllowlistRegistry.claimLedger.selector), 0);
        _refusedMinter(address(0), OTHER_LEDGER, 1, TokenReverts.invalidMinter(address(0), OTHER_LEDGER, 1));
        _refusedMinter(otherMinter, 0, 1, TokenReverts.invalidMinter(otherMinter, 0, 1));
        _refusedMinter(minter, EUR_LEDGER, 0, TokenReverts.invalidMinter(minter, EUR_LEDGER, 0));
        _assertMinter(minter, EUR_LEDGER, MINTER_CEILING, MINTER_CEILING);
    }

    function test_ledger_has_one_minter_and_a_minter_one_ledger() public {
        _refusedMinter(otherMinter, EUR_LEDGER, 1, TokenReverts.ledgerTaken(EUR_LEDGER, minter));
        _refusedMinter(minter, OTHER_LEDGER, 1, TokenReverts.ledgerTaken(EUR_LEDGER, minter));
        assertEq(eur.minterOfLedger(OTHER_LEDGER), address(0));
        // Both ledgers are in the way: the one asked for is named.
        eur.setMinter(otherMinter, OTHER_LEDGER, 1);
        _refusedMinter(minter, OTHER_LEDGER, 1, TokenReverts.ledgerTaken(OTHER_LEDGER, otherMinter));
        _refusedMinter(otherMinter, EUR_LEDGER, 1, TokenReverts.ledgerTaken(EUR_LEDGER, minter));
    }

    /* ALLOWANCE AND CEILING */

    /// @dev Whoever sends it again because it seems lost doubles nothing.
    function test_refill_sets_the_allowance_back_to_the_ceiling() public {
        _mint(eurBank, payer, 100_00);
        _assertMinter(minter, EUR_LEDGER, MINTER_CEILING - 100_00, MINTER_CEILING);
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectEmit(address(eur));
            emit IDepositTokenExt.MinterSet(minter, EUR_LEDGER, MINTER_CEILING, MINTER_CEILING);
            eur.refill(minter);
            _assertMinter(minter, EUR_LEDGER, MINTER_CEILING, MINTER_CEILING);
        }
    }

    function test_lowerCeiling_cuts_an_allowance_that_is_above_it() public {
        _mint(eurBank, payer, MINTER_CEILING - 10_00);
        uint128[4] memory ceilings = [MINTER_CEILING - 1, 10_00, 9_99, 0];
        uint128[4] memory allowances = [uint128(10_00), 10_00, 9_99, 0];
        for (uint256 i = 0; i < ceilings.length; ++i) {
            vm.expectEmit(address(eur));
            emit IDepositTokenExt.MinterSet(minter, EUR_LEDGER, allowances[i], ceilings[i]);
            eur.lowerCeiling(minter, ceilings[i]);
            _assertMinter(minter, EUR_LEDGER, allowances[i], ceilings[i]);
            _refusedCeiling(ceilings[i], ceilings[i]);
            _refusedCeiling(ceilings[i] + 1, ceilings[i]);
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

    /* REMOVAL */

    function test_removeMinter_leaves_ledger_and_redemptions_to_another() public {
        uint256 id = _acceptedRedemption(5_00);
        vm.expectEmit(address(eur));
        emit IDepositTokenExt.MinterRemoved(minter, EUR_LEDGER);
        eur.removeMinter(minter);
        _assertMinter(minter, 0, 0, 0);
        assertEq(eur.minterOfLedger(EUR_LEDGER), address(0));

        eur.setMinter(otherMinter, EUR_LEDGER, 5_00);
        uint128 used = _entry(EUR_LEDGER, 1);
        _refused(otherMinter, abi.encodeCall(eur.mint, (payer, 1, used)), TokenReverts.entryConsumed(used));
        vm.prank(otherMinter);
        eur.settleRedemption(id, _entry(EUR_LEDGER, 2));
        assertEq(eur.totalSupply(), 0);
        assertEq(eur.minterOfLedger(EUR_LEDGER), otherMinter);
        // The first one's key may start afresh on another ledger.
        eur.setMinter(minter, OTHER_LEDGER, 1);
        _assertMinter(minter, OTHER_LEDGER, 1, 1);
    }

    /// @dev A second minter with a key, a ledger and a ceiling of its own stands ready, so that nothing has to wait.
    function test_reserve_minter_goes_on_when_the_first_is_taken_away() public {
        eur.setMinter(otherMinter, OTHER_LEDGER, 50_00);
        uint256 id = _acceptedRedemption(5_00);
        eur.removeMinter(minter);
        // It needs no place in the registry for that.
        registry.blockWallet(otherMinter, LEGAL);
        vm.startPrank(otherMinter);
        eur.mint(payer, 50_00, _entry(OTHER_LEDGER, 1));
        eur.settleRedemption(id, _entry(OTHER_LEDGER, 2));
        vm.stopPrank();
        _assertMinter(otherMinter, OTHER_LEDGER, 0, 50_00);
        assertEq(eur.totalSupply(), 50_00);
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

    /* HELPERS */

    /// @dev A call by the thief: any of a minter's functions, for either ledger, small amounts and absurd ones. Before a
    /// settlement the payer and the bank prepare a redemption.
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

    /// @dev The payer gets the amount and asks for it to be paid out; the bank has accepted.
    function _acceptedRedemption(uint256 amount) private returns (uint256 id) {
        _mint(eurBank, payer, amount);
        id = _request(payer, amount);
        eur.acceptRedemption(id);
    }

    function _refusedMinter(address account, uint64 ledgerId, uint128 ceiling, bytes memory refusal) private {
        _refused(address(this), abi.encodeCall(eur.setMinter, (account, ledgerId, ceiling)), refusal);
    }

    function _refusedCeiling(uint128 ceiling, uint128 present) private {
        bytes memory call = abi.encodeCall(eur.lowerCeiling, (minter, ceiling));
        _refused(address(this), call, TokenReverts.ceilingNotLower(minter, ceiling, present));
    }
}
