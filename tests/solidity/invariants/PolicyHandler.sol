// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./Corridors.sol";
import {MAX_PREDECESSORS} from "../support/Limits.sol";
import {Preparing} from "./Preparing.sol";

/// @notice The rules change while money is under way: corridors, and at times a whole policy, registry or the code.
abstract contract PolicyHandler is Preparing, Corridors {
    /* POLICY OFFICER, GUARDIAN, RELEASER */

    /// @dev Narrower in some of its limits; a rule that is wider in one is refused.
    function narrowCorridor() external act {
        Zones memory zones = _drawZones();
        (Corridor memory rules, address policy) = (_rules(zones), _policyOf(zones.token));
        if (_oneIn(4)) {
            rules.maxAmount += 1;
            _roleMustFail(policy, _narrowing(zones, rules), ICorridorPolicy.CorridorNotNarrower.selector);
            rules.maxAmount -= 1;
        }
        rules.open = rules.open && _roll(8) != 0;
        rules.directTransfers = rules.directTransfers && _oneIn(2);
        rules.approvalNeeded = rules.approvalNeeded || _oneIn(8);
        rules.purposeRequired = rules.purposeRequired || _oneIn(8);
        rules.maxAmount -= uint104(_roll(rules.maxAmount - rules.minAmount + 1));
        if (rules.period != Period.None) rules.quota -= uint104(_roll(rules.quota / 4 + 1));
        _byRole(policy, _narrowing(zones, rules));
    }

    /// @dev By either key; whoever needs the corridor has it resumed.
    function suspendCorridor() external act {
        Zones memory zones = _drawZones();
        (address policy, address token) = (_policyOf(zones.token), zones.token);
        _resume(zones);
        _byRole(policy, abi.encodeCall(ICorridorPolicy.suspendCorridor, (token, zones.from, zones.to)));
        _resume(zones);
        _byRole(policy, abi.encodeCall(ICorridorPolicy.stopCorridor, (token, zones.from, zones.to)));
        if (_oneIn(2)) _resume(zones);
    }

    /// @dev By either key, or struck off by the governor; whoever needs the token has it accepted again.
    function suspendAccepted() external act {
        (address token, address other) = (_token(), _token());
        while (token == other) other = _token();
        _accept(token, other);
        _byRole(token, abi.encodeCall(IDepositTokenExt.suspendAccepted, (other)));
        _accept(token, other);
        _byRole(token, abi.encodeCall(IDepositTokenExt.stopAccepted, (other)));
        if (_oneIn(2)) _byRole(token, abi.encodeCall(IDepositTokenExt.setAccepted, (other, false)));
    }

    function removeApprover() external act {
        _byRole(_policyOf(_token()), abi.encodeCall(ICorridorPolicy.removeApprover, ()));
    }

    /* GOVERNOR */

    function setCorridor() external act {
        Zones memory zones = _drawZones();
        Corridor memory rules = _freshRules(_rules(zones));
        rules.open = _roll(6) != 0;
        rules.directTransfers = _oneIn(2);
        rules.maxAmount = uint104(_amount(rules.maxAmount));
        rules.minAmount = uint104(_amount(rules.maxAmount) / 100);
        if (rules.period != Period.None) rules.quota = uint104(_amount(10 ** 13));
        _setRules(zones, rules);
    }

    function setApprover() external act {
        address account = _oneIn(8) ? address(0) : approver;
        _byRole(_policyOf(_token()), abi.encodeCall(ICorridorPolicy.setApprover, (account)));
    }

    function upgrade() external act {
        address implementation = implementations[_roll(implementations.length)];
        _byRole(_token(), abi.encodeCall(IDepositTokenMain.upgradeToAndCall, (implementation, "")));
    }

    /// @dev A token that nobody uses. Who sets it up does so in its proxy's constructor; after that nobody can again.
    function openToken() external act {
        Bank storage bank = banks[_roll(BANKS)];
        bytes memory call = abi.encodeCall(
            IDepositTokenMain.initialize,
            ("Yen", "JPY", "JPY", 0, address(bank.manager), address(bank.registry), address(bank.policy), 1)
        );
        address token = _newProxy(implementations[_roll(implementations.length)], call);
        kindOf[token] = "DepositToken";
        _count(kindOf[token], IDepositTokenMain.initialize.selector, true, false);
        if (_oneIn(4)) _mustFail(_anybody(), _oneIn(2) ? token : _token(), call);
    }

    /// @dev An empty policy: who wants to pay by it has its corridors opened again.
    function replacePolicy() external act {
        uint256 b = _roll(BANKS);
        if (_oneIn(2)) return;
        banks[b].policy = _newPolicy(b);
        for (uint256 t = 0; t < TOKENS; ++t) {
            address token = address(tokens[t]);
            if (bankOf[token] == b) _order(token, abi.encodeCall(IDepositTokenExt.setPolicy, (_policyOf(token))));
        }
    }

    /// @dev The new registry knows what the old one knew, but for blocked wallets: they are left behind, and stay
    /// blocked until that is lifted where it stands.
    function replaceRegistry() external act {
        uint256 b = _roll(BANKS);
        IAllowlistRegistry old = banks[b].registry;
        if (old.DEPTH() == MAX_PREDECESSORS || _oneIn(2)) return;
        address registry = address(_newRegistry(b));
        formerOf[registry] = address(old);
        _copy(old, registry);
        _order(registry, abi.encodeCall(IAllowlistRegistry.subscribe, (failing)));
        for (uint256 t = 0; t < TOKENS; ++t) {
            address token = address(tokens[t]);
            if (bankOf[token] != b) continue;
            _order(registry, abi.encodeCall(IAllowlistRegistry.subscribe, (token)));
            _order(token, abi.encodeCall(IDepositTokenExt.setRegistry, (registry)));
            _order(address(old), abi.encodeCall(IAllowlistRegistry.unsubscribe, (token)));
        }
        banks[b].registry = IAllowlistRegistry(registry);
    }

    /* HELPERS */

    /// @dev Of a corridor that two customers could use.
    function _drawZones() private returns (Zones memory zones) {
        zones = _zonesOf(_token(), _customer(), _customer());
        if (zones.from == 0 || zones.to == 0) (zones.from, zones.to) = (EEA, HK);
    }

    function _narrowing(Zones memory zones, Corridor memory rules) private pure returns (bytes memory) {
        return abi.encodeCall(ICorridorPolicy.narrowCorridor, (zones.token, zones.from, zones.to, rules));
    }

    function _copy(IAllowlistRegistry old, address registry) private {
        for (uint256 i = 0; i < countries.length; ++i) {
            (uint16[] memory country, uint8 zone) = (_only(countries[i]), _usualZone(countries[i]));
            _order(registry, abi.encodeCall(IAllowlistRegistry.setZone, (country, zone)));
        }
        for (uint256 i = 0; i < customers.length; ++i) {
            uint128 id = customerAt[customers[i]].id;
            if (customerBlockedAt[address(old)][id] && !customerBlockedAt[registry][id]) {
                _order(registry, abi.encodeCall(IAllowlistRegistry.blockCustomer, (id, "LEGL")));
            }
            if (!knownAt[address(old)][customers[i]]) continue;
            bytes memory call = _copyOf(old, customers[i]);
            bytes4 reason = _blockReason(address(old), customers[i], id);
            if (reason != 0) _roleMustFail(registry, call, reason);
            else _order(registry, call);
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

    function _order(address target, bytes memory call) private {
        assertTrue(_byRole(target, call), "nothing stops a replacement");
    }
}
