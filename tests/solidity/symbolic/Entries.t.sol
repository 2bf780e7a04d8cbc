// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./SymbolicBank.sol";

/// @notice That a ledger entry is consumed once, ever, by any of the three functions that consume one.
/// @dev Bounds: one call of any caller, from any state of the bitmap, with any 128-bit entry beside any other one. That
/// is every history: what is consumed stays so in each step, and what is consumed is refused in each step.
contract EntriesProof is SymbolicBank {
    function check_mint_consumes_its_entry_once(
        address minter,
        address to,
        uint256 amount,
        uint128 entry,
        uint128 other
    ) public {
        _consumesOnce(minter, entry, other, abi.encodeCall(token.mint, (to, amount, entry)));
    }

    function check_burn_consumes_its_entry_once(address minter, uint256 amount, uint128 entry, uint128 other) public {
        _consumesOnce(minter, entry, other, abi.encodeCall(token.burn, (amount, entry)));
    }

    function check_settleRedemption_consumes_its_entry_once(address minter, uint256 id, uint128 entry, uint128 other)
        public
    {
        _consumesOnce(minter, entry, other, abi.encodeCall(token.settleRedemption, (id, entry)));
    }

    function reach_settleRedemption(address minter, uint256 id, uint128 entry) public {
        assert(!_call(minter, abi.encodeCall(token.settleRedemption, (id, entry))));
    }

    /// @dev A call that succeeds found the entry free and of the caller's own ledger, and leaves it consumed, and any
    /// other entry as it was.
    function _consumesOnce(address minter, uint128 entry, uint128 other, bytes memory data) private {
        vm.assume(entry != other);
        (bool consumed, bool otherConsumed) = (token.isEntryConsumed(entry), token.isEntryConsumed(other));
        if (!_call(minter, data)) return;
        assert(!consumed);
        assert(token.isEntryConsumed(entry));
        assert(token.isEntryConsumed(other) == otherConsumed);
        assert(_ledgerId(minter) != 0);
        assert(entry >> 64 == _ledgerId(minter));
    }
}
