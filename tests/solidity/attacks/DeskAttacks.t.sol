// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAllowlistRegistry} from "../../../contracts/interfaces/IAllowlistRegistry.sol";
import {IBackOffice} from "../../../contracts/interfaces/IBackOffice.sol";
import {IDepositToken} from "../../../contracts/interfaces/IDepositToken.sol";
import {IFrontOffice} from "../../../contracts/interfaces/IFrontOffice.sol";
import {ITokenLedger} from "../../../contracts/interfaces/ITokenLedger.sol";
import {Category} from "../../../contracts/types/Participant.sol";
import {SecondToken} from "../SecondToken.sol";

/// @notice A desk with a stolen key, a token of the same bank and a registry that was replaced want more deposits than
/// the bank's journal has.
contract DeskAttacksTest is SecondToken {
    uint64 private constant OTHER_LEDGER = 7002;
    uint128 private constant GREATEST = type(uint128).max;
    uint256 private constant TRUNCATED = uint256(1) << 128;

    address private desk;
    address private otherDesk = makeAddr("other desk");

    function setUp() public override {
        super.setUp();
        desk = eurBank.desk;
        _onboard(eurBank, otherDesk, Category.Institution, GERMANY, 1010);
    }

    /* ENTRIES */

    /// @notice One entry for every pair of mint, batch, burn and settling: whichever comes second is refused, and the
    /// books have it once.
    function test_an_entry_for_two_acts() public {
        _mint(eurBank, desk, 300_00);
        uint256 id = _accepted(desk, 100_00);
        uint256 supply = eur.totalSupply();
        uint128 entry = _nextEntry(eurBank);
        bytes[4] memory acts = _acts(id, entry);
        uint256 state = vm.snapshotState();
        for (uint256 first = 0; first < acts.length; ++first) {
            for (uint256 second = 0; second < acts.length; ++second) {
                vm.startPrank(desk);
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
                        ? IBackOffice.WrongRedemptionStatus.selector
                        : ITokenLedger.EntryConsumed.selector
                );
                assertEq(eur.totalSupply(), after_);
                vm.revertToState(state);
            }
        }
    }

    /// @notice The desk's ledger is given to a new desk, the old desk gets another one: entries of either are consumed
    /// for both, whoever's they are now.
    function test_an_entry_again_after_the_desks_changed() public {
        uint128 entry = _nextEntry(eurBank);
        vm.prank(desk);
        eur.mint(payer, 1_00, entry);
        eur.removeDesk(desk);
        eur.setDesk(otherDesk, EUR_LEDGER, DESK_CEILING);
        eur.setDesk(desk, OTHER_LEDGER, DESK_CEILING);

        vm.expectRevert(abi.encodeWithSelector(ITokenLedger.EntryConsumed.selector, entry));
        vm.prank(otherDesk);
        eur.mint(payer, 1_00, entry);
        vm.expectRevert(
            abi.encodeWithSelector(ITokenLedger.EntryOfOtherLedger.selector, entry, EUR_LEDGER, OTHER_LEDGER)
        );
        vm.prank(desk);
        eur.mint(payer, 1_00, entry);
    }

    /// @notice Entries whose numbers differ in one bit only, at the edges of the bitmap's words: none stands for another.
    function test_an_entry_that_looks_like_another() public {
        uint64[6] memory numbers = [0, 1, 255, 256, type(uint64).max - 1, type(uint64).max];
        for (uint256 i = 0; i < numbers.length; ++i) {
            uint128 entry = (uint128(EUR_LEDGER) << 64) | numbers[i];
            assertFalse(eur.isEntryConsumed(entry));
            vm.prank(desk);
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
            IFrontOffice.Issue[] memory issues = new IFrontOffice.Issue[](2);
            issues[0] = IFrontOffice.Issue(payer, sums[i][0], _nextEntry(eurBank));
            issues[1] = IFrontOffice.Issue(payer, sums[i][1], _nextEntry(eurBank));
            vm.expectRevert(_allowanceExceeded(sums[i][0], DESK_CEILING));
            vm.prank(desk);
            eur.mintBatch(issues);
        }
    }

    /// @notice With the greatest ceiling and cap the supply fills 128 bits: one unit more is refused by the cap, whoever's
    /// allowance is left.
    function test_a_supply_that_overflows() public {
        eur.setSupplyCap(GREATEST);
        eur.setDesk(desk, EUR_LEDGER, GREATEST);
        eur.setDesk(otherDesk, OTHER_LEDGER, GREATEST);
        _mint(eurBank, payer, GREATEST);
        vm.expectRevert(abi.encodeWithSelector(IFrontOffice.SupplyCapExceeded.selector, TRUNCATED, GREATEST));
        vm.prank(otherDesk);
        eur.mint(payer, 1, (uint128(OTHER_LEDGER) << 64) | 1);
        vm.expectRevert(abi.encodeWithSelector(IFrontOffice.SupplyCapExceeded.selector, 2 * TRUNCATED - 2, GREATEST));
        vm.prank(otherDesk);
        eur.mint(neighbour, GREATEST, (uint128(OTHER_LEDGER) << 64) | 2);
        assertEq(eur.balanceOf(payer), GREATEST);
        assertEq(eur.totalSupply(), GREATEST);
    }

    /// @notice The thief mints between the treasurer's decision and its transaction. A refill then comes on top of what was
    /// minted; a ceiling that is lowered does not: so a treasurer in doubt lowers.
    function test_a_mint_that_overtakes_the_treasurer() public {
        uint256 state = vm.snapshotState();
        _mint(eurBank, payer, DESK_CEILING);
        eur.refill(desk);
        _assertDesk(desk, EUR_LEDGER, DESK_CEILING, DESK_CEILING);

        vm.revertToState(state);
        _mint(eurBank, payer, DESK_CEILING - 50_00);
        eur.lowerCeiling(desk, 0);
        _assertMintsNoMore();
        assertEq(eur.totalSupply(), DESK_CEILING - 50_00, "less than the old ceiling");
    }

    /// @notice A stolen treasurer's key wants to mint without bound: with a desk of its own it gets nothing, and each
    /// refill of the bank's desk is one ceiling.
    function test_a_treasurer_that_refills_again_and_again() public {
        for (uint256 i = 0; i < 3; ++i) {
            eur.refill(desk);
        }
        _assertDesk(desk, EUR_LEDGER, DESK_CEILING, DESK_CEILING);
        vm.expectRevert(abi.encodeWithSelector(ITokenLedger.NotDesk.selector, otherDesk));
        eur.refill(otherDesk);
        vm.expectRevert(
            abi.encodeWithSelector(IBackOffice.CeilingNotLower.selector, desk, DESK_CEILING + 1, DESK_CEILING)
        );
        eur.lowerCeiling(desk, DESK_CEILING + 1);
    }

    /// @notice The thief mints as the guardian removes its desk: it has what it has; removed and set again, the key has
    /// the new ceiling and not what was left of the old.
    function test_a_removed_desk_comes_back_with_its_old_allowance() public {
        _mint(eurBank, payer, 1_00);
        eur.removeDesk(desk);
        uint128 entry = _nextEntry(eurBank);
        vm.expectRevert(abi.encodeWithSelector(ITokenLedger.NotDesk.selector, desk));
        vm.prank(desk);
        eur.mint(payer, 1, entry);
        eur.setDesk(desk, EUR_LEDGER, 1_00);
        _mint(eurBank, payer, 1_00);
        _assertMintsNoMore();
    }

    /// @notice Burning and minting in turns makes no allowance: each mint costs it.
    function test_burning_makes_no_allowance() public {
        eur.setDesk(desk, EUR_LEDGER, 10);
        for (uint256 i = 0; i < 10; ++i) {
            _mint(eurBank, desk, 1);
            uint128 entry = _nextEntry(eurBank);
            vm.prank(desk);
            eur.burn(1, entry);
        }
        _assertMintsNoMore();
        assertEq(eur.totalSupply(), 0);
    }

    /* LEDGERS */

    /// @notice A second token of the bank takes the first one's ledger, so that each payment in the journal could be
    /// minted twice: refused while its desk lives, after it is gone, and in a new registry.
    function test_a_ledger_stolen_between_tokens() public {
        IDepositToken yen = _secondToken();
        eurBank.registry.subscribe(address(yen));
        bytes memory refusal =
            abi.encodeWithSelector(IAllowlistRegistry.LedgerOfOtherToken.selector, EUR_LEDGER, address(eur));
        vm.expectRevert(refusal);
        yen.setDesk(otherDesk, EUR_LEDGER, 1);
        eur.removeDesk(desk);
        vm.expectRevert(refusal);
        yen.setDesk(otherDesk, EUR_LEDGER, 1);

        IAllowlistRegistry next = _newAllowlistRegistry(address(eurBank.manager), eurBank.registry);
        next.subscribe(address(yen));
        yen.setRegistry(address(next));
        vm.expectRevert(refusal);
        yen.setDesk(otherDesk, EUR_LEDGER, 1);
    }

    /// @notice A desk is moved to another ledger, lower or higher, and the entries of its own could be brought by
    /// a second desk: refused, until the desk is removed.
    function test_a_desk_moved_to_another_ledger() public {
        uint64[2] memory others = [EUR_LEDGER - 1, EUR_LEDGER + 1];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IBackOffice.LedgerTaken.selector, EUR_LEDGER, desk));
            eur.setDesk(desk, others[i], 1);
            assertEq(eur.deskOfLedger(others[i]), address(0));
        }
        eur.removeDesk(desk);
        eur.setDesk(desk, others[0], 1);
        assertEq(eur.deskOfLedger(others[0]), desk);
        assertEq(eur.deskOfLedger(EUR_LEDGER), address(0));
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
        eur.setDesk(otherDesk, OTHER_LEDGER, 1);
        yen.setDesk(otherDesk, OTHER_LEDGER, 1);
        assertEq(next.tokenOfLedger(OTHER_LEDGER), address(eur));
        assertEq(eurBank.registry.tokenOfLedger(OTHER_LEDGER), address(yen));

        // In the order that the documentation asks for.
        vm.revertToState(state);
        yen.setRegistry(address(next));
        eur.setDesk(otherDesk, OTHER_LEDGER, 1);
        vm.expectRevert(
            abi.encodeWithSelector(IAllowlistRegistry.LedgerOfOtherToken.selector, OTHER_LEDGER, address(eur))
        );
        yen.setDesk(otherDesk, OTHER_LEDGER, 1);
    }

    /// @notice A stranger, a customer, a desk and a token of another bank claim ledgers before the bank does: only its
    /// own tokens can.
    function test_a_ledger_claimed_by_somebody_else() public {
        address[4] memory callers = [stranger, payer, desk, address(hkd)];
        for (uint256 i = 0; i < callers.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IAllowlistRegistry.NotSubscriber.selector, callers[i]));
            vm.prank(callers[i]);
            eurBank.registry.claimLedger(OTHER_LEDGER);
        }
        assertEq(eurBank.registry.tokenOfLedger(OTHER_LEDGER), address(0));
    }

    /// @notice The same numbers at two banks are two ledgers: neither bank's entries use up the other's.
    function test_a_ledger_of_the_same_number_at_another_bank() public {
        hkd.setDesk(otherDesk, EUR_LEDGER, 1);
        uint128 entry = (uint128(EUR_LEDGER) << 64) | 77;
        vm.prank(otherDesk);
        hkd.mint(hkNeighbour, 1, entry);
        assertFalse(eur.isEntryConsumed(entry));
        vm.expectRevert(abi.encodeWithSelector(ITokenLedger.NotDesk.selector, otherDesk));
        vm.prank(otherDesk);
        eur.mint(payer, 1, entry);
    }

    /* HELPERS */

    function _acts(uint256 id, uint128 entry) private view returns (bytes[4] memory) {
        IFrontOffice.Issue[] memory issues = new IFrontOffice.Issue[](1);
        issues[0] = IFrontOffice.Issue(payer, 1_00, entry);
        return [
            abi.encodeCall(IFrontOffice.mint, (payer, 1_00, entry)),
            abi.encodeCall(IFrontOffice.mintBatch, (issues)),
            abi.encodeCall(IFrontOffice.burn, (1_00, entry)),
            abi.encodeCall(IBackOffice.settleRedemption, (id, entry))
        ];
    }

    function _accepted(address holder, uint256 amount) private returns (uint256 id) {
        vm.prank(holder);
        id = eur.requestRedemption(amount, "payout");
        eur.acceptRedemption(id);
    }

    function _assertMintsNoMore() private {
        (, uint128 left,) = eur.deskOf(desk);
        assertEq(left, 0);
        uint128 entry = _nextEntry(eurBank);
        vm.expectRevert(_allowanceExceeded(1, 0));
        vm.prank(desk);
        eur.mint(payer, 1, entry);
    }

    function _allowanceExceeded(uint256 found, uint256 allowed) private view returns (bytes memory) {
        return abi.encodeWithSelector(IFrontOffice.DeskAllowanceExceeded.selector, desk, found, allowed);
    }
}
