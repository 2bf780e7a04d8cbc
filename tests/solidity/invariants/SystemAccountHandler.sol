// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./Corridors.sol";
import {Preparing} from "./Preparing.sol";

/// @notice A second system account, which asks tokens and policies directly for what the escrow asks them in a payment.
abstract contract SystemAccountHandler is Preparing, Corridors {
    /// @dev What was counted for a payer and not yet given back.
    struct Opening {
        address payer;
        uint16 generation;
        uint104 counted;
        Count count;
    }

    Opening[] private _openings;
    /// @dev What the first bank's policy counted for the account itself, as if it were a token.
    Opening[] private _ownOpenings;

    function openPayment() external act {
        _openPayment(false);
        _openPayment(true);
    }

    function restoreQuota() external act {
        while (_openings.length == 0) _openPayment(false);
        Opening storage opening = _openings[_roll(_openings.length)];
        (uint104 amount, Count memory count) = (_drawReturn(opening), opening.count);
        bytes memory call =
            abi.encodeCall(IDepositTokenMain.restoreQuota, (opening.generation, opening.payer, count.quotaRef, amount));
        assertTrue(_own(systemAccount, count.token, call), "a quota is given back at any time");
        _bookRestored(opening, amount);
    }

    function consume() external act {
        _consume();
    }

    function restore() external act {
        while (_ownOpenings.length == 0) _consume();
        Opening storage opening = _ownOpenings[_ownOpenings.length - 1];
        (uint104 amount, Count memory count) = (_drawReturn(opening), opening.count);
        bytes memory call =
            abi.encodeCall(ICorridorPolicy.restore, (count.quotaRef, opening.payer, amount, banks[0].registry));
        assertTrue(_try(systemAccount, count.policy, call), "a quota is given back at any time");
        _bookRestored(opening, amount);
    }

    /* HELPERS */

    function _openPayment(bool charging) private {
        (address token, address payer, address merchant) = (_token(), _person(), _person());
        (Zones memory zones, uint104 amount) = _allowPayment(token, payer, merchant, _amount(10 ** 9));
        _activate(token, systemAccount);
        _fund(token, payer, amount);
        _welcome(token, merchant);
        bytes memory call = _openingCall(token, payer, merchant, amount, charging);
        if (_oneIn(8)) _mustFail(_somebodyElse(systemAccount), token, call);
        (bool success, bytes memory answer) = _tryFor(systemAccount, token, call);
        if (!success) return;
        if (charging) charged = Exemption(token, payer, false);
        _move(token, payer, charging ? merchant : systemAccount, amount);
        (uint16 generation, uint32 quotaRef,) = abi.decode(answer, (uint16, uint32, address));
        _openings.push(Opening(payer, generation, amount, _counted(zones, payer, amount, quotaRef)));
    }

    /// @dev Terms in one token without a fee, and the payer's signature to the system account.
    function _openingCall(address token, address payer, address merchant, uint104 amount, bool charging)
        private
        returns (bytes memory)
    {
        Payment memory terms;
        (terms.payer, terms.merchant, terms.purpose) = (payer, merchant, "GDDS");
        (terms.sourceToken, terms.targetToken) = (token, token);
        (terms.sourceAmount, terms.targetAmount) = (amount, amount);
        terms.authorizeBy = uint40(block.timestamp + 1);
        bytes32 id = _freshNonce();
        bytes memory signature = _receiveSignature(token, payer, systemAccount, amount, terms.authorizeBy, id);
        return charging
            ? abi.encodeCall(IDepositTokenMain.chargePayment, (terms, id, 0, signature))
            : abi.encodeCall(IDepositTokenMain.openPayment, (terms, id, 0, signature));
    }

    function _consume() private {
        (address payer, address merchant, address policy) = (_person(), _person(), address(banks[0].policy));
        _welcome(address(tokens[0]), payer);
        (Zones memory zones, uint104 amount) = _allowPayment(systemAccount, payer, merchant, _amount(10 ** 12));
        bytes memory call =
            abi.encodeCall(ICorridorPolicy.consume, ("GDDS", payer, amount, zones.from, zones.to, banks[0].registry));
        if (_oneIn(8)) _mustFail(stranger, policy, call);
        (bool success, bytes memory answer) = _tryFor(systemAccount, policy, call);
        if (!success) return;
        (uint32 quotaRef,) = abi.decode(answer, (uint32, address));
        _ownOpenings.push(Opening(payer, 0, amount, _counted(zones, payer, amount, quotaRef)));
    }

    function _counted(Zones memory zones, address payer, uint104 amount, uint32 quotaRef)
        private
        returns (Count memory count)
    {
        count = _bookCount(zones, payer, amount);
        assertEq(quotaRef, count.quotaRef, "quota reference");
    }

    /// @dev At times more than was ever counted there, for whomever.
    function _drawReturn(Opening storage opening) private returns (uint104) {
        if (_oneIn(8)) return uint104(used[_key(opening.count)] + _amount(10 ** 12));
        return uint104(_roll(uint256(opening.counted) + 1));
    }

    function _bookRestored(Opening storage opening, uint104 amount) private {
        opening.counted -= uint104(Math.min(amount, opening.counted));
        _giveBack(opening.count, opening.payer, amount);
        _assertQuota(opening.count, opening.payer);
    }
}
