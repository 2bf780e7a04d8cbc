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
