// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./SymbolicBank.sol";

/// @notice What a transfer may do, from any state of the books.
/// @dev Bounds: one call of any sender, who is the caller, to any receiver, of any 256-bit value.
contract TransfersProof is SymbolicBank {
    /// @notice The receiver gains what the sender loses; a transfer to oneself writes nothing. The marks of system
    /// accounts and of encumbrances, the whole slot of any third account, what is frozen and locked and the allowance
    /// of anybody, the supply and the cap stay.
    /// @dev Assumed: two balances fit in 128 bits together, since their sum is at most the supply.
    function check_transfer_moves_the_amount_and_nothing_else(address from, address to, address anybody, uint256 value)
        public
    {
        (AccountSlot sender, AccountSlot receiver, AccountSlot slot) = (_account(from), _account(to), _account(anybody));
        vm.assume(from == to || sender.balance() + receiver.balance() <= type(uint128).max);
        (uint256 supply, uint256 cap) = (_supply(), _cap());
        (uint256 encumbrance, uint256 allowance) = (_encumbrance(anybody), _allowance(anybody));

        if (!_call(from, abi.encodeCall(token.transfer, (to, value)))) return;
        if (from == to) {
            assert(_same(_account(from), sender));
        } else {
            assert(_account(from).balance() == sender.balance() - value);
            assert(_account(to).balance() == receiver.balance() + value);
            assert(_marks(_account(from)) == _marks(sender));
            assert(_marks(_account(to)) == _marks(receiver));
        }
        assert(anybody == from || anybody == to || _same(_account(anybody), slot));
        assert(_encumbrance(anybody) == encumbrance);
        assert(_allowance(anybody) == allowance);
        assert(_supply() == supply);
        assert(_cap() == cap);
    }

    /// @notice A transfer succeeds only if the amount is within balance - frozen - locked, floored at zero.
    /// @dev Narrower than the others, for time: the receiver is a system account that pulls, as its own caller, with an
    /// allowance. What may be spent does not depend on the receiver.
    function check_transfer_never_takes_what_is_frozen_or_locked(address from, address to, uint256 value) public {
        vm.assume(uint8(_marks(_account(to))) == uint8(SystemStatus.Active));
        _assumeMarked(from);
        (uint256 balance, uint256 encumbered) = (_account(from).balance(), _frozen(from) + _locked(from));
        if (!_call(to, abi.encodeCall(token.transferFrom, (from, to, value)))) return;
        assert(value == 0 || value <= balance && balance - value >= encumbered);
    }

    function reach_transfer(address from, address to, uint256 value) public {
        vm.assume(from != to && value != 0 && _encumbrance(from) != 0);
        _assumeMarked(from);
        assert(!_call(from, abi.encodeCall(token.transfer, (to, value))));
    }

    function reach_transferFrom(address from, address to, uint256 value) public {
        vm.assume(uint8(_marks(_account(to))) == uint8(SystemStatus.Active));
        vm.assume(from != to && value != 0 && _encumbrance(from) != 0);
        _assumeMarked(from);
        assert(!_call(to, abi.encodeCall(token.transferFrom, (from, to, value))));
    }

    /// @notice `canTransfer`, asked by the sender, says yes exactly if its transfer succeeds.
    /// @dev Assumed: the sender is not the zero address, which no key signs for; two balances fit in 128 bits together,
    /// since their sum is at most the supply.
    function check_canTransfer_is_what_the_transfer_does(address from, address to, uint256 value) public {
        vm.assume(from != address(0));
        vm.assume(from == to || _account(from).balance() + _account(to).balance() <= type(uint128).max);
        vm.prank(from);
        (bool answered, bytes memory answer) =
            address(token).staticcall(abi.encodeCall(token.canTransfer, (from, to, value)));
        bool allowed = answered && abi.decode(answer, (bool));
        assert(_call(from, abi.encodeCall(token.transfer, (to, value))) == allowed);
    }
}
