// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

import {IDepositToken} from "../../../contracts/interfaces/IDepositToken.sol";
import {Audit} from "./Audit.sol";
import {Dice} from "./Dice.sol";

/// @notice How every act is made: who makes it, who tries in vain before, and how it is counted.
abstract contract Acting is Audit {
    uint256 private constant WRONG_CALLER_ONE_IN = 10;

    uint256 private _nonces;

    /* CALLS */

    function _try(address caller, address target, bytes memory data) internal returns (bool success) {
        (success,) = _tryFor(caller, target, data);
    }

    function _tryFor(address caller, address target, bytes memory data)
        internal
        returns (bool success, bytes memory answer)
    {
        (success, answer) = _call(caller, target, data);
        _count(target, bytes4(data), success, false);
        if (success) _bookOrder(target, data);
    }

    /// @dev A call that nobody may ever get through.
    function _mustFail(address caller, address target, bytes memory data) internal returns (bytes4 reason) {
        (bool success, bytes memory answer) = _call(caller, target, data);
        _count(target, bytes4(data), success, true);
        assertFalse(success, string.concat(vm.getLabel(caller), " got through with ", vm.toString(bytes4(data))));
        return bytes4(answer);
    }

    /// @dev A call that only `caller` may make; now and then somebody else tries it first.
    function _own(Dice memory dice, address caller, address target, bytes memory data) internal returns (bool) {
        if (dice.oneIn(WRONG_CALLER_ONE_IN)) _mustFail(_somebodyElse(dice, caller), target, data);
        return _try(caller, target, data);
    }

    /// @dev A call that a bank's `AccessManager` lets one role make; now and then somebody without it tries it first.
    function _office(Dice memory dice, address target, uint256 b, bytes memory data) internal returns (bool) {
        uint64 role = banks[b].manager.getTargetFunctionRole(target, bytes4(data));
        if (dice.oneIn(WRONG_CALLER_ONE_IN)) {
            address outsider = _somebodyElse(dice, officer[b][role]);
            if (!hasRole[b][role][outsider]) {
                bytes4 reason = _mustFail(outsider, target, data);
                assertEq(reason, IAccessManaged.AccessManagedUnauthorized.selector, "refused by the manager's word");
            }
        }
        return _try(officer[b][role], target, data);
    }

    function _tokenOffice(Dice memory dice, address token, bytes memory data) internal returns (bool) {
        return _office(dice, token, bankOf[token], data);
    }

    function _registryOffice(Dice memory dice, address token, bytes memory data) internal returns (bool) {
        return _office(dice, address(_bankOf(token).registry), bankOf[token], data);
    }

    function _policyOffice(Dice memory dice, address token, bytes memory data) internal returns (bool) {
        return _office(dice, address(_bankOf(token).policy), bankOf[token], data);
    }

    /// @dev What moved so far is looked at before anything changes its standing. What fails moves nothing, but the
    /// recorder keeps its logs all the same.
    function _call(address caller, address target, bytes memory data)
        private
        returns (bool success, bytes memory answer)
    {
        _audit();
        vm.prank(caller);
        (success, answer) = target.call(data);
        if (!success) vm.getRecordedLogs();
    }

    /* CHOICES */

    /// @dev An act's only input is its caller, whom forge draws at random: the same caller makes the same choices.
    function _dice() internal view returns (Dice memory) {
        return Dice(uint160(msg.sender));
    }

    function _token(Dice memory dice) internal view returns (address) {
        return address(tokens[dice.roll(TOKENS)]);
    }

    function _customer(Dice memory dice) internal view returns (address) {
        return customers[dice.roll(customers.length)];
    }

    /// @dev A customer with a key.
    function _person(Dice memory dice) internal view returns (address person) {
        do {
            person = _customer(dice);
        } while (keyOf[person] == 0);
    }

    function _somebodyElse(Dice memory dice, address except) internal view returns (address) {
        address[5] memory others = [
            stranger,
            _customer(dice),
            operator,
            officer[dice.roll(BANKS)][uint64(dice.roll(ROLES))],
            dice.oneIn(2) ? arbiter : clerk
        ];
        uint256 first = dice.roll(others.length);
        return others[first] == except ? others[(first + 1) % others.length] : others[first];
    }

    /* SIGNATURES */

    function _sign(address signer, bytes32 digest) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keyOf[signer], digest);
        return abi.encodePacked(r, s, v);
    }

    function _digest(address token, bytes memory encoded) internal view returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", IDepositToken(token).DOMAIN_SEPARATOR(), keccak256(encoded)));
    }

    /// @dev ERC-3009 to a system account, valid from 0 on.
    function _receiveSignature(
        address token,
        address from,
        address to,
        uint256 amount,
        uint256 validBefore,
        bytes32 nonce
    ) internal view returns (bytes memory) {
        bytes32 typeHash = IDepositToken(token).RECEIVE_WITH_AUTHORIZATION_TYPEHASH();
        return _sign(from, _digest(token, abi.encode(typeHash, from, to, amount, 0, validBefore, nonce)));
    }

    function _freshNonce() internal returns (bytes32) {
        return keccak256(abi.encode(++_nonces));
    }

    /* TIME */

    /// @dev What moved so far is looked at before the clock goes on.
    function _waitUntil(uint256 time) internal {
        if (time <= block.timestamp) return;
        _audit();
        vm.warp(time);
    }
}
