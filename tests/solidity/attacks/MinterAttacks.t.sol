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

    /// @notice Whichever comes second is refused.
    function test_an_entry_for_two_acts() public {
        _mint(eurBank, minter, 300_00);
        vm.prank(minter);
        uint256 id = eur.requestRedemption(100_00, "payout");
        eur.acceptRedemption(id);
        uint128 entry = _nextEntry(eurBank);
        Issue[] memory issues = new Issue[](1);
        issues[0] = Issue(payer, 1_00, entry);
        bytes[4] memory acts = [
            abi.encodeCall(IDepositTokenMain.mint, (payer, 1_00, entry)),
            abi.encodeCall(IDepositTokenMain.mintBatch, (issues)),
            abi.encodeCall(IDepositTokenMain.burn, (1_00, entry)),
            abi.encodeCall(IDepositTokenExt.settleRedemption, (id, entry))
        ];
        uint256[4] memory supplies = [uint256(301_00), 301_00, 299_00, 200_00];
        bytes memory settled =
            TokenReverts.wrongRedemptionStatus(id, RedemptionStatus.Settled, RedemptionStatus.Accepted);
        uint256 state = vm.snapshotState();
        for (uint256 first = 0; first < acts.length; ++first) {
            _done(minter, address(eur), acts[first]);
            assertEq(eur.totalSupply(), supplies[first]);
            for (uint256 second = 0; second < acts.length; ++second) {
                // A redemption that was settled has no second end either.
                bool twice = first == 3 && second == 3;
                _refused(minter, address(eur), acts[second], twice ? settled : TokenReverts.entryConsumed(entry));
            }
            vm.revertToState(state);
        }
    }

    /// @notice Entries of either ledger are consumed for both minters, whoever's they are now.
    function test_an_entry_again_after_the_minters_changed() public {
        uint128 entry = _nextEntry(eurBank);
        vm.prank(minter);
        eur.mint(payer, 1_00, entry);
        eur.removeMinter(minter);
        eur.setMinter(otherMinter, EUR_LEDGER, MINTER_CEILING);
        eur.setMinter(minter, OTHER_LEDGER, MINTER_CEILING);

        _mintRefused(otherMinter, 1_00, entry, TokenReverts.entryConsumed(entry));
        _mintRefused(minter, 1_00, entry, TokenReverts.entryOfOtherLedger(entry, EUR_LEDGER, OTHER_LEDGER));
    }

    /* ALLOWANCE */

    /// @notice Modulo 2^256 or 2^128: refused at the first amount that the allowance does not cover.
    function test_a_batch_that_overflows() public {
        uint256[2][3] memory sums =
            [[uint256(1) << 255, uint256(1) << 255], [type(uint256).max, uint256(2)], [TRUNCATED - 1, uint256(2)]];
        for (uint256 i = 0; i < sums.length; ++i) {
            Issue[] memory issues = new Issue[](2);
            issues[0] = Issue(payer, sums[i][0], _nextEntry(eurBank));
            issues[1] = Issue(payer, sums[i][1], _nextEntry(eurBank));
            bytes memory batch = abi.encodeCall(eur.mintBatch, (issues));
            _refused(minter, address(eur), batch, _allowanceExceeded(sums[i][0], MINTER_CEILING));
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

    /// @notice A refill comes on top of what was minted, a lowered ceiling does not: a treasurer in doubt lowers.
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

    /// @notice Each refill is one ceiling; a minter of its own gets nothing.
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

    /// @notice Set again, the key has the new ceiling and not what was left of the old.
    function test_a_removed_minter_comes_back_with_its_old_allowance() public {
        _mint(eurBank, payer, 1_00);
        eur.removeMinter(minter);
        _mintRefused(minter, 1, _nextEntry(eurBank), TokenReverts.notMinter(minter));
        eur.setMinter(minter, EUR_LEDGER, 1_00);
        _mint(eurBank, payer, 1_00);
        _assertMintsNoMore();
    }

    function test_burning_makes_no_allowance() public {
        eur.setMinter(minter, EUR_LEDGER, 10);
        for (uint256 i = 0; i < 10; ++i) {
            _mint(eurBank, minter, 1);
            _done(minter, address(eur), abi.encodeCall(eur.burn, (1, _nextEntry(eurBank))));
        }
        _assertMintsNoMore();
        assertEq(eur.totalSupply(), 0);
    }

    /* LEDGERS */

    /// @notice Refused while its minter lives, after it is gone, and in a new registry.
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

    function test_a_ledger_claimed_by_somebody_else() public {
        address[4] memory callers = [stranger, payer, minter, address(hkd)];
        bytes memory claim = abi.encodeCall(IAllowlistRegistry.claimLedger, (OTHER_LEDGER));
        for (uint256 i = 0; i < callers.length; ++i) {
            _refused(callers[i], address(eurBank.registry), claim, RegistryReverts.notSubscriber(callers[i]));
        }
    }

    function test_a_ledger_of_the_same_number_at_another_bank() public {
        hkd.setMinter(otherMinter, EUR_LEDGER, 1);
        uint128 entry = _entry(EUR_LEDGER, 77);
        vm.prank(otherMinter);
        hkd.mint(hkNeighbour, 1, entry);
        assertFalse(eur.isEntryConsumed(entry));
        _mintRefused(otherMinter, 1, entry, TokenReverts.notMinter(otherMinter));
    }

    /* HELPERS */

    function _mintRefused(address caller, uint256 amount, uint128 entry, bytes memory reason) private {
        _refused(caller, address(eur), abi.encodeCall(eur.mint, (payer, amount, entry)), reason);
    }

    function _assertMintsNoMore() private {
        _mintRefused(minter, 1, _nextEntry(eurBank), _allowanceExceeded(1, 0));
    }

    function _allowanceExceeded(uint256 found, uint256 allowed) private view returns (bytes memory) {
        return TokenReverts.mintAllowanceExceeded(minter, found, allowed);
    }
}
