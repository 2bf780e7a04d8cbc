// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./SymbolicBank.sol";

/// @notice What compliance can do to a balance, from any state of the books.
/// @dev Bounds: one call by who has the role, for any accounts and any 256-bit amount.
contract FreezesProof is SymbolicBank {
    /// @notice A freeze sets the frozen amount and the mark that makes transfers look for it, and nothing else: no
    /// balance, no lock, no other account. Afterwards spendable = balance - frozen - locked, floored at zero.
    function check_freeze_sets_the_frozen_amount_alone(address account, address other, uint256 amount) public {
        vm.assume(other != account);
        (AccountSlot slot, AccountSlot third) = (_account(account), _account(other));
        (uint256 locked, uint256 otherEncumbrance) = (_locked(account), _encumbrance(other));

        bool frozen = _call(address(this), abi.encodeCall(token.setFrozenTokens, (account, amount)));
        assert(frozen == (amount <= type(uint128).max && !slot.isSystem()));
        if (!frozen) return;
        assert(_frozen(account) == amount);
        assert(_locked(account) == locked);
        assert(_account(account).isEncumbered() == (_encumbrance(account) != 0));
        assert(_same(_account(account).withEncumbered(false), slot.withEncumbered(false)));
        assert(token.spendableOf(account) == _spendable(account));
        assert(_same(_account(other), third));
        assert(_encumbrance(other) == otherEncumbrance);
    }

    /// @notice A forced transfer moves the amount, never from or to a system account and never out of what is locked.
    /// What is locked and the supply stay.
    /// @dev Of an account of which nothing is frozen: with both, no solver comes to an end. Assumed: what is locked is
    /// in the balance, and two balances fit in 128 bits together.
    function check_forcedTransfer_never_takes_what_is_locked(address from, address to, uint256 amount) public {
        vm.assume(from != to);
        (AccountSlot sender, AccountSlot receiver) = (_account(from), _account(to));
        (uint256 locked, uint256 supply) = (_locked(from), _supply());
        vm.assume(sender.balance() + receiver.balance() <= type(uint128).max);
        vm.assume(locked <= sender.balance() && _frozen(from) == 0);

        if (!_call(address(this), abi.encodeCall(token.forcedTransfer, (from, to, amount)))) return;
        assert(!sender.isSystem());
        assert(!receiver.isSystem());
        assert(amount <= sender.balance() - locked);
        assert(_account(from).balance() == sender.balance() - amount);
        assert(_account(to).balance() == receiver.balance() + amount);
        assert(_locked(from) == locked);
        assert(_supply() == supply);
    }

    /// @notice A forced transfer takes what is not frozen first and thaws exactly what it takes beyond that, of a
    /// freeze above the balance too.
    /// @dev Of an account of which nothing is locked, for the same reason.
    function check_forcedTransfer_thaws_what_it_takes(address from, address to, uint256 amount) public {
        vm.assume(from != to);
        (uint256 balance, uint256 frozen) = (_account(from).balance(), _frozen(from));
        vm.assume(_locked(from) == 0);

        if (!_call(address(this), abi.encodeCall(token.forcedTransfer, (from, to, amount)))) return;
        uint256 unfrozen = balance > frozen ? balance - frozen : 0;
        assert(_frozen(from) == (amount <= unfrozen ? frozen : frozen - (amount - unfrozen)));
    }

    function reach_forcedTransfer_beside_a_lock(address from, address to, uint256 amount) public {
        vm.assume(from != to && _frozen(from) == 0 && _locked(from) != 0);
        vm.assume(_account(from).balance() + _account(to).balance() <= type(uint128).max);
        vm.assume(_locked(from) <= _account(from).balance());
        assert(!_call(address(this), abi.encodeCall(token.forcedTransfer, (from, to, amount))));
    }

    function reach_forcedTransfer_that_thaws(address from, address to, uint256 amount) public {
        vm.assume(from != to && _locked(from) == 0 && amount > _spendable(from));
        assert(!_call(address(this), abi.encodeCall(token.forcedTransfer, (from, to, amount))));
    }
}
