// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./Corridors.sol";
import {Preparing} from "./Preparing.sol";

/// @notice What holders do with their deposits: plain transfers, allowances and permits, and ERC-3009 authorizations.
abstract contract HolderHandler is Preparing, Corridors {
    struct Transfer {
        address token;
        address from;
        address to;
        uint256 amount;
    }

    function transfer() external act {
        Transfer memory it = _drawSending();
        _transfer(it, it.from, abi.encodeCall(IERC20.transfer, (it.to, it.amount)));
        it = _drawSending();
        _transfer(it, it.from, abi.encodeCall(IERC7699.transfer, (it.to, it.amount, "invoice 7")));
    }

    function transferFrom() external act {
        Transfer memory it = _drawTransfer();
        _spend(it, abi.encodeCall(IERC20.transferFrom, (it.from, it.to, it.amount)));
        it = _drawTransfer();
        _spend(it, abi.encodeCall(IERC7699.transferFrom, (it.from, it.to, it.amount, "invoice 7")));
    }

    function transferWithAuthorization() external act {
        _carry(IDepositTokenMain.transferWithAuthorization.selector, true, false);
        _carry(IERC3009.transferWithAuthorization.selector, false, false);
    }

    function receiveWithAuthorization() external act {
        _carry(IDepositTokenMain.receiveWithAuthorization.selector, true, true);
        _carry(IERC3009.receiveWithAuthorization.selector, false, true);
    }

    function cancelAuthorization() external act {
        _cancel(IDepositTokenMain.cancelAuthorization.selector, true);
        _cancel(IERC3009Cancel.cancelAuthorization.selector, false);
    }

    function permit() external act {
        _permit(_token(), _person(), _customer(), _amount(10 ** 12));
    }

    /// @dev Somebody with the money and somebody who may have it.
    function _drawTransfer() private returns (Transfer memory it) {
        it = Transfer(_token(), _person(), _customer(), _amount(10 ** 12));
        if (it.to == it.token) it.to = it.from;
        _fund(it.token, it.from, it.amount);
        it.amount = Math.min(it.amount, IDepositToken(it.token).spendableOf(it.from));
        _welcome(it.token, it.to);
        _allowDirect(it.token, it.from, it.to);
    }

    /// @dev As {_drawTransfer}, now and then from the second system account.
    function _drawSending() private returns (Transfer memory it) {
        it = _drawTransfer();
        if (_oneIn(16)) _transferRefused(it);
        if (!_oneIn(4)) return it;
        it.from = systemAccount;
        it.amount = Math.min(it.amount, IERC20(it.token).balanceOf(systemAccount));
    }

    /// @dev More than can be spent, or to whom nobody can send: donations to the escrow included.
    function _transferRefused(Transfer memory it) private {
        _cannotTransfer(it, it.to, IDepositToken(it.token).spendableOf(it.from) + _amount(it.amount + 1));
        _cannotTransfer(it, address(escrow), it.amount);
        _cannotTransfer(it, systemAccount, it.amount);
        _cannotTransfer(it, it.token, it.amount);
        _cannotTransfer(it, address(0), it.amount);
        _cannotTransfer(it, stranger, it.amount);
    }

    function _cannotTransfer(Transfer memory it, address to, uint256 amount) private {
        assertFalse(IDepositToken(it.token).canTransfer(it.from, to, amount), "canTransfer");
        _mustFail(it.from, it.token, abi.encodeCall(IERC20.transfer, (to, amount)));
    }

    /// @dev By an allowance; a blocked spender has none.
    function _spend(Transfer memory it, bytes memory call) private {
        address spender = _oneIn(2) ? stranger : _customer();
        if (IERC20(it.token).allowance(it.from, spender) < it.amount) {
            if (_oneIn(8)) _mustFail(spender, it.token, call);
            if (_oneIn(2)) _permit(it.token, it.from, spender, it.amount);
            else _try(it.from, it.token, abi.encodeCall(IERC20.approve, (spender, it.amount)));
        }
        if (spender != it.from && _isBlocked(it.token, spender)) _mustFail(spender, it.token, call);
        else _transfer(it, spender, call);
    }

    /// @dev By the payer's authorization, which anybody brings or, to receive, the payee alone.
    /// @param whole Whether the signature is given in one piece.
    function _carry(bytes4 selector, bool whole, bool receiving) private {
        Transfer memory it = _drawTransfer();
        bytes32 typeHash = receiving
            ? IDepositToken(it.token).RECEIVE_WITH_AUTHORIZATION_TYPEHASH()
            : IDepositToken(it.token).TRANSFER_WITH_AUTHORIZATION_TYPEHASH();
        bytes memory call = _authorized(it, typeHash, selector, whole);
        if (receiving && _oneIn(8)) _mustFail(_somebodyElse(it.to), it.token, call);
        address bearer = receiving ? it.to : _somebodyElse(it.from);
        if (_transfer(it, bearer, call) && _oneIn(8)) _mustFail(bearer, it.token, call);
    }

    function _authorized(Transfer memory it, bytes32 typeHash, bytes4 selector, bool whole)
        private
        returns (bytes memory)
    {
        (uint256 validBefore, bytes32 nonce) = (block.timestamp + 1 + _roll(1 days), _freshNonce());
        bytes memory fields = abi.encode(it.from, it.to, it.amount, 0, validBefore, nonce);
        bytes memory signature = _sign(it.from, it.token, bytes.concat(typeHash, fields));
        if (!whole) return bytes.concat(selector, fields, _split(signature));
        return abi.encodeWithSelector(selector, it.from, it.to, it.amount, 0, validBefore, nonce, signature);
    }

    function _cancel(bytes4 selector, bool whole) private {
        (address token, address holder, bytes32 nonce) = (_token(), _person(), _freshNonce());
        bytes32 typeHash = IDepositToken(token).CANCEL_AUTHORIZATION_TYPEHASH();
        bytes memory signature = _sign(holder, token, abi.encode(typeHash, holder, nonce));
        bytes memory call = whole
            ? abi.encodeWithSelector(selector, holder, nonce, signature)
            : bytes.concat(selector, abi.encode(holder, nonce), _split(signature));
        _try(_somebodyElse(holder), token, call);
        if (_oneIn(8)) _mustFail(holder, token, call);
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

    function _permit(address token, address owner, address spender, uint256 amount) private {
        (uint256 nonce, uint256 deadline) = (IERC20Permit(token).nonces(owner), block.timestamp);
        bytes32 typeHash = IDepositToken(token).PERMIT_TYPEHASH();
        bytes memory signature = _sign(owner, token, abi.encode(typeHash, owner, spender, amount, nonce, deadline));
        bytes memory call = _oneIn(2)
            ? abi.encodeCall(IDepositTokenMain.permit, (owner, spender, amount, deadline, signature))
            : bytes.concat(
                IERC20Permit.permit.selector, abi.encode(owner, spender, amount, deadline), _split(signature)
            );
        _try(_somebodyElse(owner), token, call);
        if (_oneIn(8)) _mustFail(owner, token, call);
    }

    /// @dev Its three parts, a word each.
    function _split(bytes memory signature) private pure returns (bytes memory) {
        (bytes32 r, bytes32 s) = abi.decode(signature, (bytes32, bytes32));
        return abi.encode(uint8(signature[64]), r, s);
    }
}
