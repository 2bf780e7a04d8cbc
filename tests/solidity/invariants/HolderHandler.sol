// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC3009, IERC3009Cancel} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IDepositToken} from "../../../contracts/interfaces/IDepositToken.sol";
import {IERC7699} from "../../../contracts/interfaces/IERC7699.sol";
import {IDepositTokenMain} from "../../../contracts/interfaces/IDepositTokenMain.sol";
import {Corridors} from "./Corridors.sol";
import {Dice} from "./Dice.sol";

/// @notice What holders do with their deposits: plain transfers, allowances and permits, and ERC-3009 authorizations.
abstract contract HolderHandler is Corridors {
    struct Transfer {
        address token;
        address from;
        address to;
        uint256 amount;
    }

    /* ACTS */

    function transfer() external act {
        Dice memory dice = _dice();
        Transfer memory it = _drawSending(dice);
        _transfer(it, it.from, abi.encodeCall(IERC20.transfer, (it.to, it.amount)));
        it = _drawSending(dice);
        _transfer(it, it.from, abi.encodeCall(IERC7699.transfer, (it.to, it.amount, "invoice 7")));
    }

    function transferFrom() external act {
        Dice memory dice = _dice();
        Transfer memory it = _drawTransfer(dice);
        _spend(dice, it, abi.encodeCall(IERC20.transferFrom, (it.from, it.to, it.amount)));
        it = _drawTransfer(dice);
        _spend(dice, it, abi.encodeCall(IERC7699.transferFrom, (it.from, it.to, it.amount, "invoice 7")));
    }

    function transferWithAuthorization() external act {
        Dice memory dice = _dice();
        _transferSigned(dice, true);
        _transferSigned(dice, false);
    }

    function receiveWithAuthorization() external act {
        Dice memory dice = _dice();
        _receiveSigned(dice, true);
        _receiveSigned(dice, false);
    }

    function cancelAuthorization() external act {
        Dice memory dice = _dice();
        _cancelAuthorization(dice, true);
        _cancelAuthorization(dice, false);
    }

    function permit() external act {
        Dice memory dice = _dice();
        _permit(dice, _token(dice), _person(dice), _customer(dice), dice.amount(10 ** 12));
    }

    /* HELPERS */

    /// @dev Somebody with the money and somebody who may have it.
    function _drawTransfer(Dice memory dice) private returns (Transfer memory it) {
        it = Transfer(_token(dice), _person(dice), _customer(dice), dice.amount(10 ** 12));
        if (it.to == it.token) it.to = it.from;
        _fund(dice, it.token, it.from, it.amount);
        it.amount = Math.min(it.amount, IDepositToken(it.token).spendableOf(it.from));
        _welcome(dice, it.token, it.to);
        _allowDirect(dice, it.token, it.from, it.to);
    }

    /// @dev As {_drawTransfer}, now and then from the second system account.
    function _drawSending(Dice memory dice) private returns (Transfer memory it) {
        it = _drawTransfer(dice);
        if (dice.oneIn(8)) _transferRefused(dice, it);
        if (dice.oneIn(4)) {
            (it.from, it.amount) = (systemAccount, Math.min(it.amount, IERC20(it.token).balanceOf(systemAccount)));
        }
    }

    function _spend(Dice memory dice, Transfer memory it, bytes memory call) private {
        address spender = dice.oneIn(2) ? stranger : _customer(dice);
        if (IERC20(it.token).allowance(it.from, spender) < it.amount) {
            if (dice.oneIn(8)) _mustFail(spender, it.token, call);
            if (dice.oneIn(2)) _permit(dice, it.token, it.from, spender, it.amount);
            else _try(it.from, it.token, abi.encodeCall(IERC20.approve, (spender, it.amount)));
        }
        if (spender != it.from && _isBlocked(it.token, spender)) _mustFail(spender, it.token, call);
        else _transfer(it, spender, call);
    }

    /// @param whole Whether the signature is given in one piece.
    function _transferSigned(Dice memory dice, bool whole) private {
        Transfer memory it = _drawTransfer(dice);
        (bytes32 nonce, uint256 validBefore) = (_freshNonce(), block.timestamp + 1 + dice.roll(1 days));
        bytes32 typeHash = IDepositToken(it.token).TRANSFER_WITH_AUTHORIZATION_TYPEHASH();
        bytes memory signature = _signTransfer(it, typeHash, validBefore, nonce);
        (uint8 v, bytes32 r, bytes32 s) = _split(signature);
        bytes memory call = whole
            ? abi.encodeCall(
                IDepositTokenMain.transferWithAuthorization,
                (it.from, it.to, it.amount, 0, validBefore, nonce, signature)
            )
            : abi.encodeCall(
                IERC3009.transferWithAuthorization, (it.from, it.to, it.amount, 0, validBefore, nonce, v, r, s)
            );
        address bearer = _somebodyElse(dice, it.from);
        if (_transfer(it, bearer, call) && dice.oneIn(8)) _mustFail(bearer, it.token, call);
    }

    /// @param whole Whether the signature is given in one piece.
    function _receiveSigned(Dice memory dice, bool whole) private {
        Transfer memory it = _drawTransfer(dice);
        (bytes32 nonce, uint256 validBefore) = (_freshNonce(), block.timestamp + 1 + dice.roll(1 days));
        bytes32 typeHash = IDepositToken(it.token).RECEIVE_WITH_AUTHORIZATION_TYPEHASH();
        bytes memory signature = _signTransfer(it, typeHash, validBefore, nonce);
        (uint8 v, bytes32 r, bytes32 s) = _split(signature);
        bytes memory call = whole
            ? abi.encodeCall(
                IDepositTokenMain.receiveWithAuthorization,
                (it.from, it.to, it.amount, 0, validBefore, nonce, signature)
            )
            : abi.encodeCall(
                IERC3009.receiveWithAuthorization, (it.from, it.to, it.amount, 0, validBefore, nonce, v, r, s)
            );
        if (dice.oneIn(8)) _mustFail(_somebodyElse(dice, it.to), it.token, call);
        _transfer(it, it.to, call);
    }

    /// @param whole Whether the signature is given in one piece.
    function _cancelAuthorization(Dice memory dice, bool whole) private {
        (address token, address holder, bytes32 nonce) = (_token(dice), _person(dice), _freshNonce());
        bytes32 typeHash = IDepositToken(token).CANCEL_AUTHORIZATION_TYPEHASH();
        bytes memory signature = _sign(holder, _digest(token, abi.encode(typeHash, holder, nonce)));
        (uint8 v, bytes32 r, bytes32 s) = _split(signature);
        bytes memory call = whole
            ? abi.encodeCall(IDepositTokenMain.cancelAuthorization, (holder, nonce, signature))
            : abi.encodeCall(IERC3009Cancel.cancelAuthorization, (holder, nonce, v, r, s));
        _try(_somebodyElse(dice, holder), token, call);
        if (dice.oneIn(8)) _mustFail(holder, token, call);
    }

    /// @dev More than can be spent, or to whom nobody can send: donations to the escrow included.
    function _transferRefused(Dice memory dice, Transfer memory it) private {
        (address to, uint256 amount) = (it.to, it.amount);
        uint256 way = dice.roll(4);
        if (way == 0) amount = IDepositToken(it.token).spendableOf(it.from) + dice.amount(amount);
        if (way == 1) to = dice.oneIn(2) ? address(escrow) : systemAccount;
        if (way == 2) to = dice.oneIn(2) ? it.token : address(0);
        if (way == 3) to = stranger;
        assertFalse(IDepositToken(it.token).canTransfer(it.from, to, amount), "canTransfer");
        _mustFail(it.from, it.token, abi.encodeCall(IERC20.transfer, (to, amount)));
    }

    /// @dev ERC-7943, ERC-1404 and the transfer itself always agree.
    function _transfer(Transfer memory it, address caller, bytes memory call) private returns (bool success) {
        bool canTransfer = IDepositToken(it.token).canTransfer(it.from, it.to, it.amount);
        uint8 code = IDepositToken(it.token).detectTransferRestriction(it.from, it.to, it.amount);
        success = _try(caller, it.token, call);
        assertEq(success, canTransfer, "a transfer does what canTransfer says");
        assertEq(success, code == 0, "a transfer does what detectTransferRestriction says");
        if (success) _move(it.token, it.from, it.to, it.amount);
    }

    function _permit(Dice memory dice, address token, address owner, address spender, uint256 amount) private {
        uint256 nonce = IERC20Permit(token).nonces(owner);
        bytes32 typeHash = IDepositToken(token).PERMIT_TYPEHASH();
        bytes memory signature =
            _sign(owner, _digest(token, abi.encode(typeHash, owner, spender, amount, nonce, block.timestamp)));
        (uint8 v, bytes32 r, bytes32 s) = _split(signature);
        bytes memory call = dice.oneIn(2)
            ? abi.encodeCall(IERC20Permit.permit, (owner, spender, amount, block.timestamp, v, r, s))
            : abi.encodeCall(IDepositTokenMain.permit, (owner, spender, amount, block.timestamp, signature));
        _try(_somebodyElse(dice, owner), token, call);
        if (dice.oneIn(8)) _mustFail(owner, token, call);
    }

    function _signTransfer(Transfer memory it, bytes32 typeHash, uint256 validBefore, bytes32 nonce)
        private
        view
        returns (bytes memory)
    {
        return _sign(it.from, _digest(it.token, abi.encode(typeHash, it.from, it.to, it.amount, 0, validBefore, nonce)));
    }

    function _split(bytes memory signature) private pure returns (uint8 v, bytes32 r, bytes32 s) {
        (r, s) = abi.decode(signature, (bytes32, bytes32));
        v = uint8(signature[64]);
    }
}
