// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./Corridors.sol";
import {Preparing} from "./Preparing.sol";

/// @notice A second system account, which asks tokens directly for what the escrow asks them in a payment; of what they
/// then ask their policies, the calls are counted too.
abstract contract SystemAccountHandler is Preparing, Corridors {
    /// @dev What was counted for a payer and not yet given back.
    struct Opening {
        address payer;
        uint16 generation;
        uint104 counted;
        Count count;
    }

    Opening[] private _openings;

    function openPayment() external act {
        _openPayment(IDepositTokenMain.openPayment.selector);
        _openPayment(IDepositTokenMain.chargePayment.selector);
    }

    /// @dev At times more than was ever counted there, for whomever.
    function restoreQuota() external act {
        while (_openings.length == 0) _openPayment(IDepositTokenMain.openPayment.selector);
        Opening storage opening = _openings[_openings.length - 1 - _roll(Math.min(_openings.length, 4))];
        (Count memory count, address payer) = (opening.count, opening.payer);
        uint256 most = _oneIn(8) ? used[_key(count)] + _amount(10 ** 12) : opening.counted;
        uint104 amount = uint104(_roll(most + 1));
        bytes memory call =
            abi.encodeCall(IDepositTokenMain.restoreQuota, (opening.generation, payer, count.quotaRef, amount));
        if (_oneIn(8)) _mustFail(_somebodyElse(systemAccount), count.token, call);
        assertTrue(_try(systemAccount, count.token, call), "a quota is given back at any time");
        bool asked = count.policy == _policyOf(count.token);
        if (asked) _count("CorridorPolicy", ICorridorPolicy.restore.selector, true, false);
        opening.counted -= uint104(Math.min(amount, opening.counted));
        _giveBack(count, payer, amount);
        _assertQuota(count, payer);
    }

    /// @dev Terms in one token without a fee, and the payer's signature to the system account.
    function _openPayment(bytes4 selector) private {
        Payment memory terms;
        Zones memory zones;
        (address token, bytes32 id) = (_token(), _freshNonce());
        (terms.payer, terms.merchant, terms.purpose) = (_person(), _person(), "GDDS");
        (zones, terms.sourceAmount) = _allowPayment(token, terms.payer, terms.merchant, _amount(10 ** 9));
        (terms.sourceToken, terms.targetToken, terms.targetAmount) = (token, token, terms.sourceAmount);
        terms.authorizeBy = uint40(block.timestamp + 1);
        _activate(token, systemAccount);
        _fund(token, terms.payer, terms.sourceAmount);
        _welcome(token, terms.merchant);
        bytes memory signature =
            _receiveSignature(token, terms.payer, systemAccount, terms.sourceAmount, terms.authorizeBy, id);
        bytes memory call = abi.encodeWithSelector(selector, terms, id, 0, signature);
        if (_oneIn(8)) _mustFail(_somebodyElse(systemAccount), token, call);
        bool charging = selector == IDepositTokenMain.chargePayment.selector;
        if (charging) exempt = Exemption(token, terms.payer, Right.Charge);
        (bool success, bytes memory answer) = _tryFor(systemAccount, token, call);
        if (!success) return;
        _count("CorridorPolicy", ICorridorPolicy.consume.selector, true, false);
        _move(token, terms.payer, charging ? terms.merchant : systemAccount, terms.sourceAmount);
        (uint16 generation, uint32 quotaRef,) = abi.decode(answer, (uint16, uint32, address));
        Count memory count = _bookCount(zones, terms.payer, terms.sourceAmount);
        assertEq(quotaRef, count.quotaRef, "quota reference");
        _openings.push(Opening(terms.payer, generation, terms.sourceAmount, count));
    }
}
