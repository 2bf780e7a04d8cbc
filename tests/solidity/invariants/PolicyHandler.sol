// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAllowlistRegistry} from "../../../contracts/interfaces/IAllowlistRegistry.sol";
import {IDepositTokenExt} from "../../../contracts/interfaces/IDepositTokenExt.sol";
import {ICorridorPolicy} from "../../../contracts/interfaces/ICorridorPolicy.sol";
import {IDepositTokenMain} from "../../../contracts/interfaces/IDepositTokenMain.sol";
import {Period} from "../../../contracts/libraries/CalendarPeriod.sol";
import {Participant, ParticipantStatus} from "../../../contracts/types/Participant.sol";
import {MAX_PREDECESSORS} from "../support/Limits.sol";
import {Corridors} from "./Corridors.sol";
import {Dice} from "./Dice.sol";
import {Corridor} from "../../../contracts/types/Corridor.sol";

/// @notice The rules change while money is under way: corridors, and at times a whole policy, registry or the code.
abstract contract PolicyHandler is Corridors {
    /* ACTS: POLICY OFFICER, GUARDIAN, RELEASER */

    /// @dev Narrower in some of its limits; a rule that is wider in one is refused.
    function narrowCorridor() external act {
        Dice memory dice = _dice();
        Route memory route = _drawRoute(dice);
        Corridor memory rules = _rules(route);
        if (dice.oneIn(4)) {
            rules.maxAmount += 1;
            bytes memory wide =
                abi.encodeCall(ICorridorPolicy.narrowCorridor, (route.token, route.from, route.to, rules));
            address policy = address(_bankOf(route.token).policy);
            bytes4 reason = _mustFail(officer[bankOf[route.token]][POLICY_OFFICER], policy, wide);
            assertEq(reason, ICorridorPolicy.CorridorNotNarrower.selector, "a policy officer widens nothing");
            rules.maxAmount -= 1;
        }
        rules.open = rules.open && dice.roll(8) != 0;
        rules.directTransfers = rules.directTransfers && dice.oneIn(2);
        rules.approvalNeeded = rules.approvalNeeded || dice.oneIn(8);
        rules.purposeRequired = rules.purposeRequired || dice.oneIn(8);
        rules.maxAmount -= uint104(dice.roll(rules.maxAmount - rules.minAmount + 1));
        if (rules.period != Period.None) rules.quota -= uint104(dice.roll(rules.quota / 4 + 1));
        _policyOffice(
            dice,
            route.token,
            abi.encodeCall(ICorridorPolicy.narrowCorridor, (route.token, route.from, route.to, rules))
        );
    }

    /// @dev By either key; whoever needs the corridor has it resumed.
    function suspendCorridor() external act {
        Dice memory dice = _dice();
        Route memory route = _drawRoute(dice);
        _resume(dice, route);
        bytes memory call = abi.encodeCall(ICorridorPolicy.suspendCorridor, (route.token, route.from, route.to));
        _policyOffice(dice, route.token, call);
    }

    function stopCorridor() external act {
        Dice memory dice = _dice();
        Route memory route = _drawRoute(dice);
        _resume(dice, route);
        bytes memory call = abi.encodeCall(ICorridorPolicy.stopCorridor, (route.token, route.from, route.to));
        _policyOffice(dice, route.token, call);
    }

    /// @dev By either key, or struck off by the governor; whoever needs the token has it accepted again.
    function suspendAccepted() external act {
        Dice memory dice = _dice();
        (address token, address other) = _drawAccepted(dice);
        _tokenOffice(dice, token, abi.encodeCall(IDepositTokenExt.suspendAccepted, (other)));
    }

    function stopAccepted() external act {
        Dice memory dice = _dice();
        (address token, address other) = _drawAccepted(dice);
        _tokenOffice(dice, token, abi.encodeCall(IDepositTokenExt.stopAccepted, (other)));
    }

    function strikeAccepted() external act {
        Dice memory dice = _dice();
        (address token, address other) = _drawAccepted(dice);
        _tokenOffice(dice, token, abi.encodeCall(IDepositTokenExt.setAccepted, (other, false)));
    }

    function removeApprover() external act {
        Dice memory dice = _dice();
        _policyOffice(dice, _token(dice), abi.encodeCall(ICorridorPolicy.removeApprover, ()));
    }

    /* ACTS: GOVERNOR */

    /// @dev Period and clock stay, since they may be fixed.
    function setCorridor() external act {
        Dice memory dice = _dice();
        Route memory route = _drawRoute(dice);
        Corridor memory rules = _freshRules(dice);
        Corridor memory old = _rules(route);
        if (old.maxAmount != 0) (rules.period, rules.utcOffsetQuarters) = (old.period, old.utcOffsetQuarters);
        rules.open = dice.roll(6) != 0;
        rules.directTransfers = dice.oneIn(2);
        rules.maxAmount = uint104(dice.amount(rules.maxAmount));
        rules.minAmount = uint104(dice.amount(rules.maxAmount) / 100);
        rules.quota = rules.period == Period.None ? 0 : uint104(dice.amount(10 ** 13));
        _setRules(dice, route, rules);
    }

    function setApprover() external act {
        Dice memory dice = _dice();
        _policyOffice(
            dice, _token(dice), abi.encodeCall(ICorridorPolicy.setApprover, (dice.oneIn(8) ? address(0) : approver))
        );
    }

    function upgrade() external act {
        Dice memory dice = _dice();
        address implementation = implementations[dice.roll(implementations.length)];
        _tokenOffice(dice, _token(dice), abi.encodeCall(IDepositTokenMain.upgradeToAndCall, (implementation, "")));
    }

    /// @dev A token that nobody uses. Who sets it up does so in its proxy's constructor; after that nobody can again.
    function openToken() external act {
        Dice memory dice = _dice();
        Bank storage bank = banks[dice.roll(BANKS)];
        bytes memory call = abi.encodeCall(
            IDepositTokenMain.initialize,
            ("Yen", "JPY", "JPY", 0, address(bank.manager), address(bank.registry), address(bank.policy), 1)
        );
        address token = _newProxy(implementations[dice.roll(implementations.length)], call);
        kindOf[token] = "DepositToken";
        _count(token, IDepositTokenMain.initialize.selector, true, false);
        if (dice.oneIn(4)) _mustFail(_somebodyElse(dice, address(0)), dice.oneIn(2) ? token : _token(dice), call);
    }

    /// @dev An empty policy: who wants to pay by it has its corridors opened again.
    function replacePolicy() external act {
        Dice memory dice = _dice();
        uint256 b = dice.roll(BANKS);
        if (!dice.oneIn(2)) return;
        banks[b].policy = _newPolicy(b);
        kindOf[address(banks[b].policy)] = "CorridorPolicy";
        for (uint256 t = 0; t < TOKENS; ++t) {
            if (bankOf[address(tokens[t])] != b) continue;
            bytes memory call = abi.encodeCall(IDepositTokenExt.setPolicy, (address(banks[b].policy)));
            _order(dice, b, address(tokens[t]), call);
        }
    }

    /// @dev The new registry knows what the old one knew, but for blocked wallets: they are left behind, and stay
    /// blocked until that is lifted where it stands.
    function replaceRegistry() external act {
        Dice memory dice = _dice();
        uint256 b = dice.roll(BANKS);
        IAllowlistRegistry old = banks[b].registry;
        if (old.DEPTH() == MAX_PREDECESSORS || !dice.oneIn(2)) return;
        IAllowlistRegistry registry = _newRegistry(b);
        kindOf[address(registry)] = "AllowlistRegistry";
        formerOf[address(registry)] = address(old);
        _copy(dice, b, old, registry);
        _order(dice, b, address(registry), abi.encodeCall(IAllowlistRegistry.subscribe, (failing)));
        for (uint256 t = 0; t < TOKENS; ++t) {
            address token = address(tokens[t]);
            if (bankOf[token] != b) continue;
            _order(dice, b, address(registry), abi.encodeCall(IAllowlistRegistry.subscribe, (token)));
            _order(dice, b, token, abi.encodeCall(IDepositTokenExt.setRegistry, (address(registry))));
            _order(dice, b, address(old), abi.encodeCall(IAllowlistRegistry.unsubscribe, (token)));
        }
        banks[b].registry = registry;
    }

    /* HELPERS */

    /// @dev A corridor that two customers could use.
    function _drawRoute(Dice memory dice) private view returns (Route memory route) {
        route = _route(_token(dice), _customer(dice), _customer(dice));
        if (route.from == 0 || route.to == 0) (route.from, route.to) = (EEA, HK);
    }

    /// @dev A token, and another that its bank mostly accepts.
    function _drawAccepted(Dice memory dice) private returns (address token, address other) {
        (token, other) = (_token(dice), _token(dice));
        while (token == other) other = _token(dice);
        _accept(dice, token, other);
    }

    function _copy(Dice memory dice, uint256 b, IAllowlistRegistry old, IAllowlistRegistry registry) private {
        (uint16[] memory eea, uint16[] memory hk) = _zones();
        _order(dice, b, address(registry), abi.encodeCall(IAllowlistRegistry.setZone, (eea, EEA)));
        _order(dice, b, address(registry), abi.encodeCall(IAllowlistRegistry.setZone, (hk, HK)));
        for (uint256 i = 0; i < customers.length; ++i) {
            uint128 id = customerAt[customers[i]].id;
            if (customerBlockedAt[address(old)][id] && !customerBlockedAt[address(registry)][id]) {
                _order(dice, b, address(registry), abi.encodeCall(IAllowlistRegistry.blockCustomer, (id, "LEGL")));
            }
            if (!knownAt[address(old)][customers[i]]) continue;
            bytes memory call = _copyOf(old, customers[i]);
            if (_isBlockedBehind(address(old), customers[i])) {
                bytes4 reason = _mustFail(officer[b][REGISTRAR], address(registry), call);
                bool named = reason == IAllowlistRegistry.WalletIsBlocked.selector
                    || reason == IAllowlistRegistry.CustomerIsBlocked.selector;
                assertTrue(named, "a blocked wallet is left behind");
            } else {
                _order(dice, b, address(registry), call);
            }
        }
    }

    /// @dev The same record, active; who has lapsed is valid for a second more.
    function _copyOf(IAllowlistRegistry old, address wallet) private view returns (bytes memory) {
        (address[] memory wallets, Participant[] memory records) = (new address[](1), new Participant[](1));
        (wallets[0], records[0]) = (wallet, old.participantOf(wallet).withStatus(ParticipantStatus.Active));
        if (records[0].validUntil() <= block.timestamp) {
            records[0] = records[0].withValidUntil(uint40(block.timestamp + 1));
        }
        return abi.encodeCall(IAllowlistRegistry.registerBatch, (wallets, records));
    }

    function _order(Dice memory dice, uint256 b, address target, bytes memory call) private {
        assertTrue(_office(dice, target, b, call), "nothing stops a replacement");
    }
}
