// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICorridorPolicy} from "../../../contracts/interfaces/ICorridorPolicy.sol";
import {IDepositTokenMain} from "../../../contracts/interfaces/IDepositTokenMain.sol";
import {Corridors} from "./Corridors.sol";
import {Dice} from "./Dice.sol";
import {Payment} from "../../../contracts/types/Payment.sol";

/// @notice A second system account, which asks tokens and policies directly for what the escrow asks them in a payment.
abstract contract SystemAccountHandler is Corridors {
    /// @dev What was counted for a payer and not yet given back.
    struct Opening {
        address payer;
        uint16 generation;
        uint104 counted;
        Count count;
    }

    Opening[] private _openings;
    /// @dev What the first bank's policy counted for the second system account itself, as if it were a token.
    Opening[] private _ownOpenings;

    /* ACTS */

    function openPayment() external act {
        _openPayment(_dice(), false);
    }

    function chargePayment() external act {
        _openPayment(_dice(), true);
    }

    function restoreQuota() external act {
        Dice memory dice = _dice();
        if (_openings.length == 0 && !_openPayment(dice, dice.oneIn(2))) return;
        Opening storage opening = _openings[dice.roll(_openings.length)];
        uint104 amount = _drawReturn(dice, opening);
        bytes memory call = abi.encodeCall(
            IDepositTokenMain.restoreQuota, (opening.generation, opening.payer, opening.count.quotaRef, amount)
        );
        assertTrue(_own(dice, systemAccount, opening.count.token, call), "a quota is given back at any time");
        _giveBack(opening, amount);
    }

    function consume() external act {
        _consume(_dice());
    }

    function restore() external act {
        Dice memory dice = _dice();
        if (_ownOpenings.length == 0 && !_consume(dice)) return;
        Opening storage opening = _ownOpenings[_ownOpenings.length - 1];
        uint104 amount = _drawReturn(dice, opening);
        bytes memory call =
            abi.encodeCall(ICorridorPolicy.restore, (opening.count.quotaRef, opening.payer, amount, banks[0].registry));
        assertTrue(_try(systemAccount, opening.count.policy, call), "a quota is given back at any time");
        _giveBack(opening, amount);
    }

    /* HELPERS */

    function _openPayment(Dice memory dice, bool charging) private returns (bool success) {
        (address token, address payer, address merchant) = (_token(dice), _person(dice), _person(dice));
        (Route memory route, uint104 amount) = _allowPayment(dice, token, payer, merchant, dice.amount(10 ** 9));
        _activate(dice, token, systemAccount);
        _fund(dice, token, payer, amount);
        _welcome(dice, token, merchant);
        bytes memory call = _openingCall(token, payer, merchant, amount, charging);
        bytes memory answer;
        if (dice.oneIn(8)) _mustFail(_somebodyElse(dice, systemAccount), token, call);
        (success, answer) = _tryFor(systemAccount, token, call);
        if (!success) return false;
        if (charging) (chargedToken, chargedPayer) = (token, payer);
        _move(token, payer, charging ? merchant : systemAccount, amount);
        (uint16 generation, uint32 quotaRef,) = abi.decode(answer, (uint16, uint32, address));
        _remember(_openings, route, payer, generation, quotaRef, amount);
    }

    /// @dev Terms in one token without a fee, and the payer's signature to the second system account.
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

    function _consume(Dice memory dice) private returns (bool success) {
        (address payer, address merchant) = (_person(dice), _person(dice));
        _welcome(dice, address(tokens[0]), payer);
        (Route memory route, uint104 amount) =
            _allowPayment(dice, systemAccount, payer, merchant, dice.amount(10 ** 12));
        bytes memory call =
            abi.encodeCall(ICorridorPolicy.consume, ("GDDS", payer, amount, route.from, route.to, banks[0].registry));
        bytes memory answer;
        if (dice.oneIn(8)) _mustFail(stranger, address(banks[0].policy), call);
        (success, answer) = _tryFor(systemAccount, address(banks[0].policy), call);
        if (!success) return false;
        (uint32 quotaRef,) = abi.decode(answer, (uint32, address));
        _remember(_ownOpenings, route, payer, 0, quotaRef, amount);
    }

    function _remember(
        Opening[] storage openings,
        Route memory route,
        address payer,
        uint16 generation,
        uint32 quotaRef,
        uint104 amount
    ) private {
        Count memory count = _bookCount(route, payer, amount);
        assertEq(quotaRef, count.quotaRef, "quota reference");
        openings.push(Opening(payer, generation, amount, count));
    }

    /// @dev At times more than was ever counted there, for whomever.
    function _drawReturn(Dice memory dice, Opening storage opening) private view returns (uint104) {
        if (dice.oneIn(8)) return uint104(used[_key(opening.count)] + dice.amount(10 ** 12));
        return uint104(dice.roll(uint256(opening.counted) + 1));
    }

    function _giveBack(Opening storage opening, uint104 amount) private {
        opening.counted -= amount < opening.counted ? amount : opening.counted;
        _uncount(opening.count, opening.payer, amount);
        _assertQuota(opening.count, opening.payer);
    }
}
