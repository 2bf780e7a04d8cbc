// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IDepositTokenExt} from "../../../contracts/interfaces/IDepositTokenExt.sol";
import {IDepositToken} from "../../../contracts/interfaces/IDepositToken.sol";
import {IDepositTokenMain} from "../../../contracts/interfaces/IDepositTokenMain.sol";
import {ISettlementEscrow} from "../../../contracts/interfaces/ISettlementEscrow.sol";
import {IDepositTokenCore} from "../../../contracts/interfaces/IDepositTokenCore.sol";
import {CustomerCategory} from "../../../contracts/types/Participant.sol";
import {Dice} from "./Dice.sol";
import {PaymentHandler} from "./PaymentHandler.sol";

/// @notice What lies in the escrow outside of payments: inventories, and what is kept for who could not be paid.
abstract contract InventoryHandler is PaymentHandler {
    /* ACTS: DEALER */

    function deposit() external act {
        Dice memory dice = _dice();
        (address token, uint256 amount) = (_token(dice), dice.amount(10 ** 12));
        address owner = dealers[dice.roll(2)];
        if (dice.oneIn(8)) _depositByNoDealer(dice, token, _person(dice), amount);
        if (dice.oneIn(4)) _depositTooLate(dice, token, owner, amount);
        _deposit(dice, token, owner, amount);
    }

    function withdraw() external act {
        Dice memory dice = _dice();
        (address token, address owner, uint256 amount) = (_token(dice), dealers[dice.roll(2)], dice.amount(10 ** 12));
        if (escrow.inventoryOf(owner, token) == 0) _deposit(dice, token, owner, amount);
        _welcome(dice, token, owner);
        uint256 free = escrow.inventoryOf(owner, token);
        bytes memory greedy = abi.encodeCall(ISettlementEscrow.withdraw, (token, free + 1));
        if (dice.oneIn(8)) _mustFail(owner, address(escrow), greedy);
        bytes memory call = abi.encodeCall(ISettlementEscrow.withdraw, (token, Math.min(amount, free)));
        if (free == 0) _mustFail(owner, address(escrow), call);
        else _try(owner, address(escrow), call);
    }

    function setDealerSigner() external act {
        Dice memory dice = _dice();
        bytes memory call = abi.encodeCall(ISettlementEscrow.setDealerSigner, (dealerSigner, dice.oneIn(2)));
        _try(dealers[dice.roll(2)], address(escrow), call);
    }

    /* ACTS: ANYONE */

    function claim() external act {
        Dice memory dice = _dice();
        (bool found, address token, address owner) = _owed(dice);
        if (!found) return;
        _unpause(dice, token);
        _welcome(dice, token, owner);
        bytes memory call = abi.encodeCall(ISettlementEscrow.claim, (token, owner));
        bool canReceive = _canReceive(token, owner);
        bool success = _try(_somebodyElse(dice, address(0)), address(escrow), call);
        assertEq(success, canReceive, "a claim is paid as soon as its owner can receive");
    }

    /* ACTS: BANK */

    function divertClaim() external act {
        Dice memory dice = _dice();
        (bool found, address token, address owner) = _owed(dice);
        if (!found) return;
        if (_isAllowed(token, owner)) {
            bytes memory early = abi.encodeCall(ISettlementEscrow.divertClaim, (token, owner, suspense));
            if (dice.oneIn(4)) _mustFail(officer[bankOf[token]][COMPLIANCE], address(escrow), early);
            _refuse(dice, token, owner);
        }
        _divertElsewhere(token, owner, _person(dice));
        address to = _successor(dice, token, owner);
        bytes memory call = abi.encodeCall(ISettlementEscrow.divertClaim, (token, owner, to));
        if (dice.oneIn(8)) _mustFail(officer[1 - bankOf[token]][COMPLIANCE], address(escrow), call);
        uint256 amount = escrow.claimableOf(token, owner);
        if (_try(officer[bankOf[token]][COMPLIANCE], address(escrow), call)) _move(token, owner, to, amount);
    }

    function divertInventory() external act {
        Dice memory dice = _dice();
        (address token, address owner) = (_token(dice), dealers[dice.roll(2)]);
        _stock(dice, token, owner, dice.amount(10 ** 9));
        _refuse(dice, token, owner);
        bool empty = escrow.inventoryOf(owner, token) == 0;
        bytes memory call = abi.encodeCall(ISettlementEscrow.divertInventory, (token, owner));
        if (dice.oneIn(8)) _mustFail(officer[1 - bankOf[token]][COMPLIANCE], address(escrow), call);
        if (empty) _mustFail(officer[bankOf[token]][COMPLIANCE], address(escrow), call);
        else _try(officer[bankOf[token]][COMPLIANCE], address(escrow), call);
    }

    /* HELPERS */

    /// @dev Nothing flows into an escrow that a token's guardian has stopped.
    function _depositTooLate(Dice memory dice, address token, address owner, uint256 amount) private {
        _fund(dice, token, owner, amount);
        _stop(dice, token);
        _try(owner, token, abi.encodeCall(IERC20.approve, (address(escrow), amount)));
        bool paused = IDepositToken(token).paused();
        bytes4 reason = _mustFail(owner, address(escrow), abi.encodeCall(ISettlementEscrow.deposit, (token, amount)));
        if (paused || !_isAllowed(token, owner)) return;
        assertEq(reason, IDepositTokenCore.SystemAccountClosed.selector, "a stopped escrow takes nothing");
    }

    /// @dev Inventory is an active dealer's alone.
    function _depositByNoDealer(Dice memory dice, address token, address owner, uint256 amount) private {
        if (customerAt[owner].category == CustomerCategory.Dealer) return;
        _fund(dice, token, owner, amount);
        bytes4 reason = _mustFail(owner, address(escrow), abi.encodeCall(ISettlementEscrow.deposit, (token, amount)));
        assertEq(reason, IDepositTokenMain.NotDealer.selector, "dealers alone have inventories");
    }

    /// @dev Somebody for whom something is kept; if there is nobody, a merchant is blocked and then paid.
    function _owed(Dice memory dice) private returns (bool, address token, address owner) {
        uint256 first = dice.roll(TOKENS * holders.length);
        for (uint256 i = 0; i < TOKENS * holders.length; ++i) {
            uint256 place = (first + i) % (TOKENS * holders.length);
            (token, owner) = (address(tokens[place % TOKENS]), holders[place / TOKENS]);
            if (escrow.claimableOf(token, owner) != 0) return (true, token, owner);
        }
        (bool found, Deal storage deal) = _drawDeal(dice, _isCapturable);
        if (!found) return (false, token, owner);
        (token, owner) = (deal.terms.targetToken, deal.terms.merchant);
        _refuse(dice, token, owner);
        _release(dice, deal, dice.oneIn(2));
        return (escrow.claimableOf(token, owner) != 0, token, owner);
    }

    /// @dev What is kept for one customer goes to no other.
    function _divertElsewhere(address token, address owner, address to) private {
        if (to == suspense || customerAt[to].id == customerAt[owner].id) return;
        bytes memory call = abi.encodeCall(ISettlementEscrow.divertClaim, (token, owner, to));
        bytes4 reason = _mustFail(officer[bankOf[token]][COMPLIANCE], address(escrow), call);
        assertEq(reason, IDepositTokenExt.NotSuccessor.selector, "a claim goes to a successor alone");
    }

    /// @dev Another wallet of the same customer, or else the token's suspense account.
    function _successor(Dice memory dice, address token, address owner) private returns (address) {
        for (uint256 i = 0; i < customers.length; ++i) {
            bool same = customerAt[customers[i]].id == customerAt[owner].id;
            if (same && customers[i] != owner && _bankOf(token).registry.customerIdOf(customers[i]) != 0) {
                return customers[i];
            }
        }
        if (IDepositToken(token).suspenseAccount() == address(0)) {
            _welcome(dice, token, suspense);
            _tokenOffice(dice, token, abi.encodeCall(IDepositTokenExt.setSuspenseAccount, (suspense)));
        }
        return suspense;
    }
}
