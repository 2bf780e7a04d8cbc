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

    function carryAuthorization() external act {
        for (uint256 i = 0; i < 4; ++i) {
            _carry(i % 2 == 0);
        }
    }

    function cancelAuthorization() external act {
        (address token, address holder, bytes32 nonce) = (_token(), _person(), _freshNonce());
        bytes memory fields = abi.encode(holder, nonce);
        bytes32 typeHash = IDepositToken(token).CANCEL_AUTHORIZATION_TYPEHASH();
        bytes4 whole = IDepositTokenMain.cancelAuthorization.selector;
        bytes4 split = IERC3009Cancel.cancelAuthorization.selector;
        bytes memory signature = _sign(holder, token, bytes.concat(typeHash, fields));
        _once(_somebodyElse(holder), token, _signed(whole, split, fields, signature));
    }

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
        if (_oneIn(4)) (it.from, it.amount) = (systemAccount, _roll(IERC20(it.token).balanceOf(systemAccount) + 1));
    }

    /// @dev More than can be spent, or to whom nobody can send: donations to the escrow included.
    function _transferRefused(Transfer memory it) private {
        address[6] memory receivers = [it.to, address(escrow), systemAccount, it.token, address(0), stranger];
        uint256 amount = IDepositToken(it.token).spendableOf(it.from) + _amount(it.amount + 1);
        for (uint256 i = 0; i < receivers.length; ++i) {
            assertFalse(IDepositToken(it.token).canTransfer(it.from, receivers[i], amount), "canTransfer");
            _mustFail(it.from, it.token, abi.encodeCall(IERC20.transfer, (receivers[i], amount)));
            amount = it.amount;
        }
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
    function _carry(bool receiving) private {
        Transfer memory it = _drawTransfer();
        IDepositToken token = IDepositToken(it.token);
        bytes32 typeHash =
            receiving ? token.RECEIVE_WITH_AUTHORIZATION_TYPEHASH() : token.TRANSFER_WITH_AUTHORIZATION_TYPEHASH();
        (bytes4 whole, bytes4 split) = receiving
            ? (IDepositTokenMain.receiveWithAuthorization.selector, IERC3009.receiveWithAuthorization.selector)
            : (IDepositTokenMain.transferWithAuthorization.selector, IERC3009.transferWithAuthorization.selector);
        bytes memory fields = abi.encode(it.from, it.to, it.amount, 0, block.timestamp + 1 days, _freshNonce());
        bytes memory signature = _sign(it.from, it.token, bytes.concat(typeHash, fields));
        bytes memory call = _signed(whole, split, fields, signature);
        if (receiving && _oneIn(8)) _mustFail(_somebodyElse(it.to), it.token, call);
        address bearer = receiving ? it.to : _anybody();
        if (_transfer(it, bearer, call) && _oneIn(8)) _mustFail(bearer, it.token, call);
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
        bytes memory fields = abi.encode(owner, spender, amount);
        (uint256 nonce, uint256 deadline) = (IERC20Permit(token).nonces(owner), block.timestamp);
        bytes32 typeHash = IDepositToken(token).PERMIT_TYPEHASH();
        bytes memory signature = _sign(owner, token, bytes.concat(typeHash, fields, abi.encode(nonce, deadline)));
        fields = bytes.concat(fields, abi.encode(deadline));
        bytes memory call = _signed(IDepositTokenMain.permit.selector, IERC20Permit.permit.selector, fields, signature);
        _once(_somebodyElse(owner), token, call);
    }

    /// @dev By the function that takes the signature whole, or by the one that takes it in three words.
    function _signed(bytes4 whole, bytes4 split, bytes memory fields, bytes memory signature)
        private
        returns (bytes memory)
    {
        if (_oneIn(2)) return _withSignature(whole, fields, signature);
        (bytes32 r, bytes32 s) = abi.decode(signature, (bytes32, bytes32));
        return bytes.concat(split, fields, abi.encode(uint8(signature[64]), r, s));
    }
}
