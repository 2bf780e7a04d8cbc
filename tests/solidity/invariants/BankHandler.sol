// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IDepositTokenExt} from "../../../contracts/interfaces/IDepositTokenExt.sol";
import {IDepositToken} from "../../../contracts/interfaces/IDepositToken.sol";
import {IERC7943Fungible} from "../../../contracts/interfaces/IERC7943.sol";
import {SystemStatus} from "../../../contracts/types/AccountSlot.sol";
import {Dice} from "./Dice.sol";
import {Preparing} from "./Preparing.sol";

/// @notice What a bank does to a token beside issuing: freezes, seizures, pauses, settings, and who has which role.
abstract contract BankHandler is Preparing {
    /* ACTS: COMPLIANCE, RELEASER, ENFORCER */

    function freeze() external act {
        Dice memory dice = _dice();
        (address token, address holder) = _holder(dice);
        _freeze(dice, token, holder);
    }

    function forcedTransfer() external act {
        Dice memory dice = _dice();
        (address token, address from) = _holder(dice);
        (address to, uint256 amount) = (_person(dice), dice.amount(10 ** 9));
        if (dice.oneIn(2)) _fund(dice, token, from, amount);
        else _freeze(dice, token, from);
        address receiver = dice.oneIn(2) ? from : to;
        if (!_isAllowed(token, receiver)) {
            bytes memory wrong = abi.encodeCall(IERC7943Fungible.forcedTransfer, (from, receiver, 0));
            bytes4 reason = _mustFail(officer[bankOf[token]][ENFORCER], token, wrong);
            assertEq(reason, IERC7943Fungible.ERC7943CannotReceive.selector, "by force to nobody who is refused");
        }
        _welcome(dice, token, to);
        uint256 balance = IERC20(token).balanceOf(from);
        uint256 unlocked = balance - locked[token][from];
        uint256 unfrozen = Math.saturatingSub(balance, frozen[token][from]);
        amount = dice.oneIn(2) ? unlocked : Math.min(amount, unlocked);
        if (dice.oneIn(8)) {
            bytes memory greedy = abi.encodeCall(IERC7943Fungible.forcedTransfer, (from, to, unlocked + 1));
            _mustFail(officer[bankOf[token]][ENFORCER], token, greedy);
            bytes memory seizure = abi.encodeCall(IERC7943Fungible.forcedTransfer, (address(escrow), to, 1));
            _mustFail(officer[bankOf[token]][ENFORCER], token, seizure);
        }
        if (!_tokenOffice(dice, token, abi.encodeCall(IERC7943Fungible.forcedTransfer, (from, to, amount)))) return;
        (excusedToken, excusedHolder, byForce) = (token, from, true);
        _move(token, from, to, amount);
        // What is not frozen goes first; the rest of a freeze stays, above the balance too.
        if (from != to && amount > unfrozen) frozen[token][from] -= amount - unfrozen;
    }

    /* ACTS: GUARDIAN */

    function pause() external act {
        Dice memory dice = _dice();
        address token = _token(dice);
        if (IDepositToken(token).paused()) _tokenOffice(dice, token, abi.encodeCall(IDepositTokenExt.unpause, ()));
        else _tokenOffice(dice, token, abi.encodeCall(IDepositTokenExt.pause, ()));
    }

    function stopSystemAccount() external act {
        Dice memory dice = _dice();
        (address token, address account) = (_token(dice), dice.oneIn(2) ? address(escrow) : systemAccount);
        if (IDepositToken(token).systemStatusOf(account) == SystemStatus.OutflowOnly) {
            _tokenOffice(dice, token, abi.encodeCall(IDepositTokenExt.activateSystemAccount, (account)));
        } else {
            _tokenOffice(dice, token, abi.encodeCall(IDepositTokenExt.stopSystemAccount, (account)));
        }
    }

    /* ACTS: GOVERNOR */

    function publish() external act {
        Dice memory dice = _dice();
        address token = _token(dice);
        bytes memory terms = abi.encodeCall(IDepositTokenExt.setTerms, ("ipfs://terms", bytes32(dice.roll(10 ** 18))));
        _tokenOffice(dice, token, terms);
        address account = dice.oneIn(8) ? address(0) : suspense;
        _welcome(dice, token, suspense);
        _tokenOffice(dice, token, abi.encodeCall(IDepositTokenExt.setSuspenseAccount, (account)));
    }

    /// @dev The first token is a customer too, so that others can be sent to it by mistake.
    function rescueForeignToken() external act {
        Dice memory dice = _dice();
        (address token, address foreign) = (address(tokens[0]), address(tokens[1 + dice.roll(TOKENS - 1)]));
        address to = _person(dice);
        uint256 amount = dice.amount(10 ** 9);
        _fund(dice, foreign, token, amount);
        _welcome(dice, foreign, to);
        bytes memory call = abi.encodeCall(IDepositTokenExt.rescueForeignToken, (foreign, to, amount));
        if (_directlyOpen(foreign, token, to) && _tokenOffice(dice, token, call)) _move(foreign, token, to, amount);
    }

    /// @dev Only through the bank's own manager, and here to itself.
    function setAuthority() external act {
        Dice memory dice = _dice();
        address token = _token(dice);
        _renewAuthority(dice, bankOf[token], token);
        _renewAuthority(dice, bankOf[token], address(_bankOf(token).registry));
        _renewAuthority(dice, bankOf[token], address(_bankOf(token).policy));
    }

    /// @dev A clerk is hired for a role or dismissed from it; nobody else can do that.
    function hire() external act {
        Dice memory dice = _dice();
        (uint256 b, uint64 role) = (dice.roll(BANKS), 1 + uint64(dice.roll(ROLES - 1)));
        IAccessManager manager = banks[b].manager;
        bool hiring = !hasRole[b][role][clerk];
        bytes memory call = hiring
            ? abi.encodeCall(IAccessManager.grantRole, (role, clerk, 0))
            : abi.encodeCall(IAccessManager.revokeRole, (role, clerk));
        vm.prank(_somebodyElse(dice, officer[b][ADMIN]));
        (bool success,) = address(manager).call(call);
        assertFalse(success, "only the governor changes roles");
        vm.prank(officer[b][ADMIN]);
        (success,) = address(manager).call(call);
        assertTrue(success, "the governor changes roles");
        hasRole[b][role][clerk] = hiring;
    }

    function wait() external act {
        Dice memory dice = _dice();
        vm.warp(block.timestamp + dice.roll(dice.oneIn(8) ? 40 days : 12 hours));
    }

    /* HELPERS */

    function _renewAuthority(Dice memory dice, uint256 b, address target) private {
        IAccessManager manager = banks[b].manager;
        bytes memory call = abi.encodeCall(IAccessManaged.setAuthority, (address(manager)));
        if (dice.oneIn(8)) _mustFail(_somebodyElse(dice, address(0)), target, call);
        vm.prank(officer[b][ADMIN]);
        manager.updateAuthority(target, address(manager));
        _count(target, IAccessManaged.setAuthority.selector, true, false);
    }

    /// @dev Less than the balance mostly, all of it and more at times, and nothing again.
    function _freeze(Dice memory dice, address token, address holder) private {
        uint256 amount = dice.oneIn(3) ? 0 : dice.roll(IERC20(token).balanceOf(holder) * 9 / 8 + 1);
        bool higher = amount > frozen[token][holder];
        if (!higher && dice.oneIn(4)) {
            bytes memory lower = abi.encodeCall(IDepositTokenExt.freeze, (holder, uint128(amount)));
            bytes4 reason = _mustFail(officer[bankOf[token]][COMPLIANCE], token, lower);
            assertEq(reason, IDepositTokenExt.FreezeNotHigher.selector, "compliance thaws nothing");
        }
        bytes memory call = higher && dice.roll(4) != 0
            ? abi.encodeCall(IDepositTokenExt.freeze, (holder, uint128(amount)))
            : abi.encodeCall(IERC7943Fungible.setFrozenTokens, (holder, amount));
        if (_tokenOffice(dice, token, call)) frozen[token][holder] = amount;
    }

    /// @dev Often somebody who has asked for a redemption once, so that locks and freezes meet.
    function _holder(Dice memory dice) private view returns (address token, address holder) {
        Payout storage payout = payouts[dice.roll(payouts.length)];
        if (payout.holder == address(0) || dice.oneIn(2)) return (_token(dice), _person(dice));
        return (payout.token, payout.holder);
    }

    function _directlyOpen(address token, address from, address to) private view returns (bool) {
        return IDepositToken(token).canTransfer(from, to, 0);
    }
}
