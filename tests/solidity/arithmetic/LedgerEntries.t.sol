// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/BankSystem.sol";
import {Edges} from "./Edges.sol";

/// @notice An entry's place in the bitmap, at the edges of ledger ids and sequence numbers: consuming one consumes no
/// other.
contract LedgerEntriesTest is BankSystem {
    uint128 private constant LARGE = 1 << 100;

    function testFuzz_consumes_itself_and_none_that_differs_in_a_bit(uint256 ledger, uint256 sequence) public {
        uint64 ledgerId = uint64(Edges.pick(ledger, 1, type(uint64).max));
        uint128 entry = (uint128(ledgerId) << 64) | uint64(Edges.pick(sequence, 0, type(uint64).max));
        _consumeOnce(_minterOf(ledgerId), ledgerId, entry);
        assertTrue(eur.isEntryConsumed(entry));
        for (uint256 bit = 0; bit < 128; ++bit) {
            assertFalse(eur.isEntryConsumed(entry ^ uint128(1 << bit)));
        }
        unchecked {
            assertFalse(eur.isEntryConsumed(entry + 1));
            assertFalse(eur.isEntryConsumed(entry - 1));
            assertFalse(eur.isEntryConsumed(entry + 256));
            assertFalse(eur.isEntryConsumed(entry - 256));
        }
    }

    /// @dev The first and the last entry of each ledger, which lie beside another ledger's.
    function test_edges_of_ledgers_at_the_edges() public {
        uint64[5] memory ledgers = [1, 2, 1 << 63, type(uint64).max - 1, type(uint64).max];
        uint64[6] memory sequences = [0, 1, 255, 256, type(uint64).max - 1, type(uint64).max];
        for (uint256 l = 0; l < 5; ++l) {
            address minter = _minterOf(ledgers[l]);
            for (uint256 s = 0; s < 6; ++s) {
                uint128 entry = (uint128(ledgers[l]) << 64) | sequences[s];
                assertFalse(eur.isEntryConsumed(entry), "not by another");
                _consumeOnce(minter, ledgers[l], entry);
            }
        }
        assertEq(eur.totalSupply(), 5 * 6);
    }

    /// @dev Consumes an entry by mint, and is refused it for mint and for burn.
    function _consumeOnce(address minter, uint64 ledgerId, uint128 entry) private {
        vm.startPrank(minter);
        eur.mint(minter, 1, entry);
        vm.expectRevert(TokenReverts.entryConsumed(entry));
        eur.mint(minter, 1, entry);
        vm.expectRevert(TokenReverts.entryConsumed(entry));
        eur.burn(1, entry);
        // The same number of the ledger after and the ledger before, whose ids wrap at 64 bits.
        uint128[2] memory others;
        unchecked {
            others = [entry + (1 << 64), entry - (1 << 64)];
        }
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(TokenReverts.entryOfOtherLedger(others[i], uint64(others[i] >> 64), ledgerId));
            eur.mint(minter, 1, others[i]);
        }
        vm.stopPrank();
    }

    /// @dev A new minter with the ledger, itself a customer.
    function _minterOf(uint64 ledgerId) private returns (address minter) {
        minter = eur.minterOfLedger(ledgerId);
        if (minter != address(0)) return minter;
        minter = makeAddr(string.concat("minter of ledger ", vm.toString(ledgerId)));
        eur.setMinter(minter, ledgerId, LARGE);
        _onboard(eurBank, minter, CustomerCategory.Institution, GERMANY, ledgerId);
    }
}
