// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IDepositTokenExt} from "../../../contracts/interfaces/IDepositTokenExt.sol";
import {IDepositToken} from "../../../contracts/interfaces/IDepositToken.sol";
import {IERC7943Fungible} from "../../../contracts/interfaces/IERC7943.sol";
import {RedemptionStatus} from "../../../contracts/types/Redemption.sol";
import {Dice} from "./Dice.sol";
import {Preparing} from "./Preparing.sol";

/// @notice Redemptions from the request to one of their three ends.
abstract contract RedemptionHandler is Preparing {
    /* ACTS */

    function requestRedemption() external act {
        _request(_dice());
    }

    function cancelRedemption() external act {
        Dice memory dice = _dice();
        (bool found, Payout storage payout) = _drawPayout(dice, RedemptionStatus.Requested);
        if (!found) return;
        bytes memory call = abi.encodeCall(IDepositTokenExt.cancelRedemption, (payout.id));
        if (_own(dice, payout.holder, payout.token, call)) _close(payout, RedemptionStatus.Cancelled);
        _cancelTooLate(payouts[dice.roll(payouts.length)]);
    }

    function acceptRedemption() external act {
        Dice memory dice = _dice();
        (bool found, Payout storage payout) = _drawPayout(dice, RedemptionStatus.Requested);
        if (found) _accept(dice, payout);
    }

    function settleRedemption() external act {
        Dice memory dice = _dice();
        (bool found, Payout storage payout) = _drawPayout(dice, RedemptionStatus.Accepted);
        if (!found) return;
        _equip(dice, payout.token, 0);
        uint128 entry = _freshEntry(payout.token);
        if (IDepositToken(payout.token).paused()) {
            _mustFail(minter, payout.token, abi.encodeCall(IDepositTokenExt.settleRedemption, (payout.id, entry)));
        }
        _unpause(dice, payout.token);
        (bool usable, uint128 usedEntry) = _usedEntry(dice, payout.token);
        if (usable && dice.oneIn(8)) {
            _mustBeConsumed(payout.token, abi.encodeCall(IDepositTokenExt.settleRedemption, (payout.id, usedEntry)));
        }
        if (_own(dice, minter, payout.token, abi.encodeCall(IDepositTokenExt.settleRedemption, (payout.id, entry)))) {
            (excusedToken, excusedHolder) = (payout.token, payout.holder);
            _bookBurn(payout.token, payout.holder, payout.amount, entry);
            _close(payout, RedemptionStatus.Settled);
        }
    }

    function rejectRedemption() external act {
        Dice memory dice = _dice();
        (bool found, Payout storage payout) =
            _drawPayout(dice, dice.oneIn(2) ? RedemptionStatus.Requested : RedemptionStatus.Accepted);
        if (!found) return;
        if (_tokenOffice(dice, payout.token, abi.encodeCall(IDepositTokenExt.rejectRedemption, (payout.id, "AC04")))) {
            _close(payout, RedemptionStatus.Rejected);
        }
    }

    /* HELPERS */

    function _request(Dice memory dice) private returns (bool success, Payout storage payout) {
        (address token, address holder, uint256 amount) = (_token(dice), _person(dice), dice.amount(10 ** 9));
        _fund(dice, token, holder, amount);
        amount = Math.max(1, Math.min(amount, IDepositToken(token).spendableOf(holder)));
        bytes memory answer;
        (success, answer) = dice.oneIn(2)
            ? _tryFor(holder, token, abi.encodeCall(IDepositTokenExt.requestRedemption, (amount, "payout")))
            : _requestBySignature(dice, token, holder, amount);
        if (!success) return (false, payouts[0]);
        assertFalse(_isBlocked(token, holder), "who is blocked redeems nothing");
        payout = payouts.push();
        (payout.token, payout.id, payout.holder) = (token, abi.decode(answer, (uint256)), holder);
        (payout.amount, payout.status) = (amount, RedemptionStatus.Requested);
        locked[token][holder] += amount;
    }

    function _requestBySignature(Dice memory dice, address token, address holder, uint256 amount)
        private
        returns (bool success, bytes memory answer)
    {
        (bytes32 nonce, uint256 deadline) = (_freshNonce(), block.timestamp + 1 + dice.roll(1 days));
        bytes32 typeHash = IDepositToken(token).REDEMPTION_REQUEST_TYPEHASH();
        bytes memory signature =
            _sign(holder, _digest(token, abi.encode(typeHash, holder, amount, bytes32("payout"), nonce, deadline)));
        bytes memory call = abi.encodeCall(
            IDepositTokenExt.requestRedemptionWithSignature, (holder, amount, "payout", nonce, deadline, signature)
        );
        address bearer = _somebodyElse(dice, holder);
        (success, answer) = _tryFor(bearer, token, call);
        if (success && dice.oneIn(8)) _mustFail(bearer, token, call);
    }

    function _accept(Dice memory dice, Payout storage payout) private returns (bool success) {
        (address token, address holder) = (payout.token, payout.holder);
        if (_isBlocked(token, holder)) {
            bytes memory early = abi.encodeCall(IDepositTokenExt.acceptRedemption, (payout.id));
            bytes4 reason = _mustFail(officer[bankOf[token]][PAYOUT_OFFICER], token, early);
            assertEq(reason, IERC7943Fungible.ERC7943CannotSend.selector, "nothing is accepted of who is blocked");
        }
        _welcome(dice, token, holder);
        if (frozen[token][holder] != 0 && dice.roll(8) != 0) {
            if (_tokenOffice(dice, token, abi.encodeCall(IERC7943Fungible.setFrozenTokens, (holder, 0)))) {
                frozen[token][holder] = 0;
            }
        }
        success = _tokenOffice(dice, token, abi.encodeCall(IDepositTokenExt.acceptRedemption, (payout.id)));
        if (success) payout.status = RedemptionStatus.Accepted;
    }

    /// @dev Not even the holder cancels what the bank has accepted, or what has ended.
    function _cancelTooLate(Payout storage payout) private {
        if (payout.status == RedemptionStatus.None || payout.status == RedemptionStatus.Requested) return;
        bytes memory call = abi.encodeCall(IDepositTokenExt.cancelRedemption, (payout.id));
        bytes4 reason = _mustFail(payout.holder, payout.token, call);
        assertEq(reason, IDepositTokenExt.WrongRedemptionStatus.selector, "accepted and ended redemptions stay");
    }

    function _close(Payout storage payout, RedemptionStatus status) private {
        payout.status = status;
        locked[payout.token][payout.holder] -= payout.amount;
    }

    /// @dev A redemption in that status, a new one if there is none.
    function _drawPayout(Dice memory dice, RedemptionStatus status)
        private
        returns (bool found, Payout storage payout)
    {
        uint256 count = payouts.length;
        uint256 first = dice.roll(count);
        for (uint256 i = 0; i < count; ++i) {
            payout = payouts[(first + i) % count];
            if (payout.status == status) return (true, payout);
        }
        (found, payout) = _request(dice);
        if (found && status == RedemptionStatus.Accepted) found = _accept(dice, payout);
    }
}
