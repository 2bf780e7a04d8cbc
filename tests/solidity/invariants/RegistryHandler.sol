// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";

import {IAllowlistRegistry} from "../../../contracts/interfaces/IAllowlistRegistry.sol";
import {IDepositTokenMain} from "../../../contracts/interfaces/IDepositTokenMain.sol";
import {Participant, ParticipantPacking, ParticipantStatus} from "../../../contracts/types/Participant.sol";
import {Dice} from "./Dice.sol";
import {Preparing} from "./Preparing.sol";

/// @notice What a bank says of its customers: registrations, reviews, blocks and zones, and who hears of it.
abstract contract RegistryHandler is Preparing {
    /* ACTS: REGISTRAR */

    /// @dev Registers by a batch whoever of three customers is unknown, after their revocation if need be.
    function registerBatch() external act {
        Dice memory dice = _dice();
        address token = _token(dice);
        (address[] memory wallets, Participant[] memory records) = (new address[](2), new Participant[](2));
        uint256 first = dice.roll(customers.length);
        for (uint256 i = 0; i < wallets.length; ++i) {
            wallets[i] = customers[(first + i) % customers.length];
            Customer memory known = customerAt[wallets[i]];
            records[i] = ParticipantPacking.pack(
                ParticipantStatus.Active, known.category, known.country, _nextReview(dice), known.id
            );
            _forget(dice, token, wallets[i]);
        }
        _registryOffice(dice, token, abi.encodeCall(IAllowlistRegistry.registerBatch, (wallets, records)));
    }

    function register() external act {
        Dice memory dice = _dice();
        (address token, address wallet) = (_token(dice), _customer(dice));
        _forget(dice, token, wallet);
        _enroll(dice, token, wallet);
    }

    function renew() external act {
        Dice memory dice = _dice();
        (address token, address wallet) = (_token(dice), _customer(dice));
        if (!_isKnown(token, wallet)) _enroll(dice, token, wallet);
        _registryOffice(dice, token, abi.encodeCall(IAllowlistRegistry.renew, (wallet, _nextReview(dice))));
    }

    function renewMany() external act {
        Dice memory dice = _dice();
        (address token, bytes[] memory calls) = (_token(dice), new bytes[](2));
        for (uint256 i = 0; i < calls.length; ++i) {
            address wallet = _customer(dice);
            if (!_isKnown(token, wallet)) _enroll(dice, token, wallet);
            calls[i] = abi.encodeCall(IAllowlistRegistry.renew, (wallet, _nextReview(dice)));
        }
        (uint256 b, address registry) = (bankOf[token], address(_bankOf(token).registry));
        if (dice.oneIn(8)) _mustFail(stranger, registry, abi.encodeCall(Multicall.multicall, (calls)));
        _try(officer[b][REGISTRAR], registry, abi.encodeCall(Multicall.multicall, (calls)));
    }

    function revoke() external act {
        Dice memory dice = _dice();
        (address token, address wallet) = (_token(dice), _customer(dice));
        if (!_isKnown(token, wallet)) _enroll(dice, token, wallet);
        _registryOffice(dice, token, abi.encodeCall(IAllowlistRegistry.revoke, (wallet)));
    }

    /* ACTS: COMPLIANCE, POLICY OFFICER, GOVERNOR */

    function blockWallet() external act {
        Dice memory dice = _dice();
        (address token, address wallet) = (_token(dice), _customer(dice));
        IAllowlistRegistry registry = _bankOf(token).registry;
        if (registry.participantOf(wallet).status() == ParticipantStatus.Blocked) {
            _registryOffice(dice, token, abi.encodeCall(IAllowlistRegistry.unblockWallet, (wallet)));
        }
        if (registry.participantOf(wallet).status() == ParticipantStatus.None) _enroll(dice, token, wallet);
        _registryOffice(dice, token, abi.encodeCall(IAllowlistRegistry.blockWallet, (wallet, "LEGL")));
    }

    function blockCustomer() external act {
        Dice memory dice = _dice();
        (address token, uint128 id) = (_token(dice), customerAt[_customer(dice)].id);
        if (customerBlockedAt[address(_bankOf(token).registry)][id]) {
            _registryOffice(dice, token, abi.encodeCall(IAllowlistRegistry.unblockCustomer, (id)));
        }
        _registryOffice(dice, token, abi.encodeCall(IAllowlistRegistry.blockCustomer, (id, "LEGL")));
    }

    /// @dev A country joins the other zone, one of its own, or none; whoever needs it there puts it back.
    function setZone() external act {
        Dice memory dice = _dice();
        bytes memory call = abi.encodeCall(IAllowlistRegistry.setZone, (_country(dice), uint8(dice.roll(4))));
        _registryOffice(dice, _token(dice), call);
    }

    function clearZone() external act {
        Dice memory dice = _dice();
        _registryOffice(dice, _token(dice), abi.encodeCall(IAllowlistRegistry.clearZone, (_country(dice))));
    }

    /* ACTS: ANYONE */

    function sync() external act {
        Dice memory dice = _dice();
        address caller = _somebodyElse(dice, address(0));
        _try(caller, _token(dice), abi.encodeCall(IDepositTokenMain.sync, (holders[dice.roll(holders.length)])));
        _try(caller, _token(dice), abi.encodeCall(IDepositTokenMain.syncEpoch, ()));
    }

    /// @dev As a token asks for itself: a ledger belongs to one token for ever.
    function claimLedger() external act {
        Dice memory dice = _dice();
        (address token, address other) = (_token(dice), _token(dice));
        address registry = address(_bankOf(token).registry);
        if (other != token && bankOf[other] == bankOf[token] && ledgerOf[other] != 0) {
            _mustFail(token, registry, abi.encodeCall(IAllowlistRegistry.claimLedger, (ledgerOf[other])));
        }
        uint64 ledgerId = dice.oneIn(2) && ledgerOf[token] != 0 ? ledgerOf[token] : ++lastLedger;
        if (dice.oneIn(8)) _mustFail(stranger, registry, abi.encodeCall(IAllowlistRegistry.claimLedger, (ledgerId)));
        _try(token, registry, abi.encodeCall(IAllowlistRegistry.claimLedger, (ledgerId)));
    }

    /* HELPERS */

    function _country(Dice memory dice) private pure returns (uint16[] memory countries) {
        countries = new uint16[](1);
        countries[0] = [GERMANY, FRANCE, HONG_KONG][dice.roll(3)];
    }

    function _isKnown(address token, address wallet) private view returns (bool) {
        return _bankOf(token).registry.participantOf(wallet).validUntil() != 0;
    }

    /// @dev So that the wallet can be registered.
    function _forget(Dice memory dice, address token, address wallet) private {
        if (_bankOf(token).registry.participantOf(wallet).status() == ParticipantStatus.Blocked) {
            _registryOffice(dice, token, abi.encodeCall(IAllowlistRegistry.unblockWallet, (wallet)));
        }
        if (_isKnown(token, wallet)) {
            _registryOffice(dice, token, abi.encodeCall(IAllowlistRegistry.revoke, (wallet)));
        }
        _liftBehind(dice, token, wallet);
    }
}
