// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccountSlot} from "../../../contracts/types/AccountSlot.sol";
import {SymbolicBank} from "./SymbolicBank.sol";

/// @notice What mint and burn may do to the books, from any state of them.
/// @dev Bounds: one call of any caller with any 256-bit amount and any 128-bit entry. Assumed: a balance is at most the
/// supply, which these checks and those of transfers preserve.
contract IssuanceProof is SymbolicBank {
    /// @notice Supply and receiver gain the amount, the supply stays within the cap, and the desk's quota shrinks by
    /// exactly the amount. The slot and the quota of any third account stay.
    function check_mint_counts_on_every_book(address desk, address to, address other, uint256 amount, uint128 entry)
        public
    {
        vm.assume(other != to && other != desk);
        (AccountSlot receiver, AccountSlot third) = (_account(to), _account(other));
        (uint256 supply, uint256 quota, uint256 otherQuota) = (_supply(), _quota(desk), _quota(other));
        vm.assume(receiver.balance() <= supply);

        if (!_call(desk, abi.encodeCall(token.mint, (to, amount, entry)))) return;
        assert(amount != 0);
        assert(amount <= quota);
        assert(_supply() == supply + amount);
        assert(_supply() <= _cap());
        assert(_quota(desk) == quota - amount);
        assert(_account(to).balance() == receiver.balance() + amount);
        assert(_marks(_account(to)) == _marks(receiver));
        assert(_same(_account(other), third));
        assert(_quota(other) == otherQuota);
    }

    function reach_mint(address desk, address to, uint256 amount, uint128 entry) public {
        vm.assume(_account(to).balance() <= _supply());
        assert(!_call(desk, abi.encodeCall(token.mint, (to, amount, entry))));
    }

    /// @notice Supply and desk's balance lose the amount, which was neither frozen nor locked. The desk's quota and the
    /// slot of any third account stay.
    function check_burn_counts_on_every_book(address desk, address other, uint256 amount, uint128 entry) public {
        vm.assume(other != desk);
        (AccountSlot holder, AccountSlot third) = (_account(desk), _account(other));
        (uint256 supply, uint256 quota, uint256 spendable) = (_supply(), _quota(desk), _spendable(desk));
        vm.assume(holder.balance() <= supply);
        _assumeMarked(desk);

        if (!_call(desk, abi.encodeCall(token.burn, (amount, entry)))) return;
        assert(amount != 0);
        assert(amount <= spendable);
        assert(_supply() == supply - amount);
        assert(_account(desk).balance() == holder.balance() - amount);
        assert(_marks(_account(desk)) == _marks(holder));
        assert(_same(_account(other), third));
        assert(_quota(desk) == quota);
    }

    function reach_burn(address desk, uint256 amount, uint128 entry) public {
        vm.assume(_account(desk).balance() <= _supply());
        _assumeMarked(desk);
        assert(!_call(desk, abi.encodeCall(token.burn, (amount, entry))));
    }
}
