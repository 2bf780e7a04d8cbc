// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAllowlistRegistry} from "../../../contracts/interfaces/IAllowlistRegistry.sol";
import {IDepositTokenExt} from "../../../contracts/interfaces/IDepositTokenExt.sol";
import {IDepositToken} from "../../../contracts/interfaces/IDepositToken.sol";
import {IDepositTokenMain} from "../../../contracts/interfaces/IDepositTokenMain.sol";
import {IDepositTokenCore} from "../../../contracts/interfaces/IDepositTokenCore.sol";
import {Acceptance} from "../../../contracts/types/Acceptance.sol";
import {SystemStatus} from "../../../contracts/types/AccountSlot.sol";
import {Participant, ParticipantStatus} from "../../../contracts/types/Participant.sol";
import {Acting} from "./Acting.sol";
import {Dice} from "./Dice.sol";

/// @notice Puts in place what an act needs, mostly: what is left as it is makes the act fail by the state of the world,
/// and that is counted as a revert.
abstract contract Preparing is Acting {
    uint256 private constant LEFT_AS_IS_ONE_IN = 16;

    function _leaveAsIs(Dice memory dice) internal pure returns (bool) {
        return dice.oneIn(LEFT_AS_IS_ONE_IN);
    }

    function _unpause(Dice memory dice, address token) internal {
        if (!IDepositToken(token).paused() || _leaveAsIs(dice)) return;
        _tokenOffice(dice, token, abi.encodeCall(IDepositTokenExt.unpause, ()));
    }

    function _activate(Dice memory dice, address token, address account) internal {
        if (IDepositToken(token).systemStatusOf(account) == SystemStatus.Active || _leaveAsIs(dice)) return;
        _tokenOffice(dice, token, abi.encodeCall(IDepositTokenExt.activateSystemAccount, (account)));
    }

    /// @dev A customer in good standing.
    function _welcome(Dice memory dice, address token, address wallet) internal {
        IAllowlistRegistry registry = _bankOf(token).registry;
        if (_isAllowed(token, wallet) || customerAt[wallet].id == 0 || _leaveAsIs(dice)) return;
        if (customerBlockedAt[address(registry)][customerAt[wallet].id]) {
            _registryOffice(dice, token, abi.encodeCall(IAllowlistRegistry.unblockCustomer, (customerAt[wallet].id)));
        }
        Participant record = registry.participantOf(wallet);
        if (record.status() == ParticipantStatus.Blocked) {
            _registryOffice(dice, token, abi.encodeCall(IAllowlistRegistry.unblockWallet, (wallet)));
        }
        if (record.validUntil() == 0) {
            _enroll(dice, token, wallet);
        } else if (record.validUntil() <= block.timestamp) {
            _registryOffice(dice, token, abi.encodeCall(IAllowlistRegistry.renew, (wallet, _nextReview(dice))));
        }
    }

    function _enroll(Dice memory dice, address token, address wallet) internal {
        _liftBehind(dice, token, wallet);
        _registryOffice(dice, token, _registration(dice, wallet));
    }

    /// @dev The blocks that a wallet left behind still has at the bank's earlier registries.
    function _liftBehind(Dice memory dice, address token, address wallet) internal {
        (uint256 b, IAllowlistRegistry registry) = (bankOf[token], _bankOf(token).registry);
        IAllowlistRegistry former = registry.PREDECESSOR();
        if (address(former) == address(0) || registry.participantOf(wallet).status() != ParticipantStatus.None) return;
        if (_isBlockedBehind(address(former), wallet)) {
            _mustFail(officer[b][REGISTRAR], address(registry), _registration(dice, wallet));
        }
        for (; address(former) != address(0); former = former.PREDECESSOR()) {
            if (former.participantOf(wallet).status() == ParticipantStatus.Blocked) {
                _office(dice, address(former), b, abi.encodeCall(IAllowlistRegistry.unblockWallet, (wallet)));
            }
            if (customerBlockedAt[address(former)][customerAt[wallet].id]) {
                _office(
                    dice,
                    address(former),
                    b,
                    abi.encodeCall(IAllowlistRegistry.unblockCustomer, (customerAt[wallet].id))
                );
            }
        }
    }

    /// @dev Whether any earlier registry has a block of the wallet or of its customer.
    function _isBlockedBehind(address former, address wallet) internal view returns (bool blocked) {
        for (; former != address(0); former = formerOf[former]) {
            blocked = blocked || blockedAt[former][wallet] || customerBlockedAt[former][customerAt[wallet].id];
        }
    }

    function _registration(Dice memory dice, address wallet) internal view returns (bytes memory) {
        Customer memory known = customerAt[wallet];
        return abi.encodeCall(
            IAllowlistRegistry.register, (wallet, known.category, known.country, _nextReview(dice), known.id)
        );
    }

    function _nextReview(Dice memory dice) internal view returns (uint40) {
        return uint40(block.timestamp + 1 days + dice.roll(365 days));
    }

    /// @dev A minter that may mint `amount` of a token.
    function _equip(Dice memory dice, address token, uint256 amount) internal {
        (uint64 ledgerId, uint128 allowance, uint128 ceiling) = IDepositToken(token).minterOf(minter);
        if (ledgerId == 0 || ceiling < amount) {
            _setMinter(dice, token, ledgerOf[token]);
        } else if (allowance < amount) {
            _tokenOffice(dice, token, abi.encodeCall(IDepositTokenExt.refill, (minter)));
        }
        uint256 supply = IDepositToken(token).totalSupply() + amount;
        if (supply > IDepositToken(token).supplyCap()) {
            _tokenOffice(dice, token, abi.encodeCall(IDepositTokenExt.setSupplyCap, (uint128(supply))));
        }
    }

    /// @dev Without a ledger of its own so far, the token gets a new one.
    function _setMinter(Dice memory dice, address token, uint64 ledgerId) internal {
        if (ledgerId == 0) ledgerId = ++lastLedger;
        uint128 ceiling = uint128(10 ** 13 + dice.roll(10 ** 15));
        if (_tokenOffice(dice, token, abi.encodeCall(IDepositTokenExt.setMinter, (minter, ledgerId, ceiling)))) {
            ledgerOf[token] = ledgerId;
        }
    }

    function _freshEntry(address token) internal returns (uint128) {
        return (uint128(ledgerOf[token]) << 64) | ++lastSequence;
    }

    /// @dev One of the token's present ledger that was used before, for a mint or a burn.
    function _usedEntry(Dice memory dice, address token) internal view returns (bool found, uint128 entry) {
        uint128[] storage entries = entriesOf[token];
        uint256 first = dice.roll(entries.length + 1);
        for (uint256 i = 0; i < entries.length; ++i) {
            entry = entries[(first + i) % entries.length];
            if (uint64(entry >> 64) == ledgerOf[token]) return (true, entry);
        }
    }

    /// @dev What the minter asks for with a used entry is refused for that alone, whenever it may ask for anything.
    function _mustBeConsumed(address token, bytes memory call) internal {
        (uint64 ledgerId,,) = IDepositToken(token).minterOf(minter);
        bool paused = IDepositToken(token).paused();
        bytes4 reason = _mustFail(minter, token, call);
        if (ledgerId != 0 && !paused) {
            assertEq(reason, IDepositTokenCore.EntryConsumed.selector, "an entry is used once");
        }
    }

    /// @dev Each of two tokens is accepted by the other's bank.
    function _accept(Dice memory dice, address first, address second) internal {
        _acceptAt(dice, first, second);
        _acceptAt(dice, second, first);
    }

    function _acceptAt(Dice memory dice, address token, address other) private {
        Acceptance acceptance = IDepositToken(token).acceptanceOf(other);
        if (token == other || acceptance == Acceptance.Accepted || _leaveAsIs(dice)) return;
        _tokenOffice(
            dice,
            token,
            acceptance == Acceptance.RefundsOnly
                ? abi.encodeCall(IDepositTokenExt.resumeAccepted, (other))
                : abi.encodeCall(IDepositTokenExt.setAccepted, (other, true))
        );
    }

    /// @dev A customer who can spend `amount`.
    function _fund(Dice memory dice, address token, address holder, uint256 amount) internal {
        _unpause(dice, token);
        _welcome(dice, token, holder);
        uint256 needed = amount + locked[token][holder] + frozen[token][holder];
        uint256 balance = IDepositToken(token).balanceOf(holder);
        if (balance >= needed || _leaveAsIs(dice)) return;
        needed += dice.amount(amount);
        _equip(dice, token, needed - balance);
        uint128 entry = _freshEntry(token);
        if (_try(minter, token, abi.encodeCall(IDepositTokenMain.mint, (holder, needed - balance, entry)))) {
            _bookMint(token, holder, needed - balance, entry);
        }
    }
}
