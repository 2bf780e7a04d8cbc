// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./SymbolicBank.sol";

/// @notice What mint and burn may do to the books, from any state of them.
/// @dev Bounds: one call of any caller with any 256-bit amount and any 128-bit entry. Assumed: a balance is at most the
/// supply, which these checks and those of transfers preserve.
contract IssuanceProof is SymbolicBank {
    /// @notice Supply and receiver gain the amount, the supply stays within the cap, and the minter's allowance shrinks
    /// by exactly the amount. The slot of anybody but the receiver, the allowance of anybody but the minter, what is
    /// frozen and locked of anybody, and the cap stay.
    function check_mint_counts_on_every_book(address minter, address to, address anybody, uint256 amount, uint128 entry)
        public
    {
        (AccountSlot receiver, AccountSlot slot) = (_account(to), _account(anybody));
        (uint256 supply, uint256 cap, uint256 allowance) = (_supply(), _cap(), _allowance(minter));
        (uint256 encumbrance, uint256 anybodysAllowance) = (_encumbrance(anybody), _allowance(anybody));
        vm.assume(receiver.balance() <= supply);

        if (!_call(minter, abi.encodeCall(token.mint, (to, amount, entry)))) return;
        assert(amount != 0);
        assert(amount <= allowance);
        assert(_supply() == supply + amount);
        assert(_supply() <= cap);
        assert(_cap() == cap);
        assert(_allowance(minter) == allowance - amount);
        assert(_account(to).balance() == receiver.balance() + amount);
        assert(_marks(_account(to)) == _marks(receiver));
        assert(anybody == to || _same(_account(anybody), slot));
        assert(anybody == minter || _allowance(anybody) == anybodysAllowance);
        assert(_encumbrance(anybody) == encumbrance);
    }

    function reach_mint(address minter, address to, uint256 amount, uint128 entry) public {
        vm.assume(_account(to).balance() <= _supply());
        assert(!_call(minter, abi.encodeCall(token.mint, (to, amount, entry))));
    }

    /// @notice Supply and minter's balance lose the amount, which was neither frozen nor locked. The slot of anybody
    /// but the minter, the allowance and what is frozen and locked of anybody, and the cap stay.
    function check_burn_counts_on_every_book(address minter, address anybody, uint256 amount, uint128 entry) public {
        (AccountSlot holder, AccountSlot slot) = (_account(minter), _account(anybody));
        (uint256 supply, uint256 cap, uint256 spendable) = (_supply(), _cap(), _spendable(minter));
        (uint256 encumbrance, uint256 allowance) = (_encumbrance(anybody), _allowance(anybody));
        vm.assume(holder.balance() <= supply);
        _assumeMarked(minter);

        if (!_call(minter, abi.encodeCall(token.burn, (amount, entry)))) return;
        assert(amount != 0);
        assert(amount <= spendable);
        assert(_supply() == supply - amount);
        assert(_cap() == cap);
        assert(_account(minter).balance() == holder.balance() - amount);
        assert(_marks(_account(minter)) == _marks(holder));
        assert(anybody == minter || _same(_account(anybody), slot));
        assert(_allowance(anybody) == allowance);
        assert(_encumbrance(anybody) == encumbrance);
    }

    function reach_burn(address minter, uint256 amount, uint128 entry) public {
        vm.assume(_account(minter).balance() <= _supply());
        _assumeMarked(minter);
        assert(!_call(minter, abi.encodeCall(token.burn, (amount, entry))));
    }
}
