// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./Corridors.sol";
import {MAX_PREDECESSORS} from "../support/Limits.sol";
import {Preparing} from "./Preparing.sol";

/// @notice The rules change while money is under way: corridors, and at times a whole policy, registry or the code.
abstract contract PolicyHandler is Preparing, Corridors {
    /// @dev What guardian, policy officer and governor order at any time; whoever needs the opposite has it undone.
    function orderPolicy() external act {
        for (uint256 i = 0; i < 3; ++i) {
            Zones memory zones = _drawZones();
            _resume(zones);
            bytes[4] memory orders = [
                abi.encodeCall(ICorridorPolicy.suspendCorridor, (zones.token, zones.from, zones.to)),
                abi.encodeCall(ICorridorPolicy.stopCorridor, (zones.token, zones.from, zones.to)),
                abi.encodeCall(ICorridorPolicy.setApprover, (_oneIn(8) ? address(0) : approver)),
                abi.encodeCall(ICorridorPolicy.removeApprover, ())
            ];
            _byRole(_policyOf(zones.token), orders[_roll(orders.length)]);
        }
    }

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

    /// @dev A token that nobody uses. Who sets it up does so in its proxy's constructor; after that nobody can again.
    function openToken() external act {
        Bank storage bank = banks[_roll(BANKS)];
        bytes memory call = abi.encodeCall(
            IDepositTokenMain.initialize,
            ("Yen", "JPY", "JPY", 0, address(bank.manager), address(bank.registry), address(bank.policy), 1)
        );
        address token = newProxy(implementations[_roll(implementations.length)], call);
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

    /// @dev The new registry comes to know about half of the customers; the others are left behind, and stay blocked
    /// until that is lifted where it stands.
    function replaceRegistry() external act {
        uint256 b = _roll(BANKS);
        IAllowlistRegistry old = banks[b].registry;
        if (old.DEPTH() == MAX_PREDECESSORS || _oneIn(2)) return;
        address registry = address(_newRegistry(b));
        formerOf[registry] = address(old);
        for (uint256 t = 0; t < TOKENS; ++t) {
            address token = address(tokens[t]);
            if (bankOf[token] != b) continue;
            _order(registry, abi.encodeCall(IAllowlistRegistry.subscribe, (token)));
            _order(token, abi.encodeCall(IDepositTokenExt.setRegistry, (registry)));
            _order(address(old), abi.encodeCall(IAllowlistRegistry.unsubscribe, (token)));
        }
        banks[b].registry = IAllowlistRegistry(registry);
        for (uint256 i = 0; i < customers.length; ++i) {
            if (_oneIn(2)) _enroll(address(tokens[2 * b]), customers[i]);
        }
    }

    /// @dev Of a corridor that two customers could use.
    function _drawZones() private returns (Zones memory zones) {
        zones = _zonesOf(_token(), _customer(), _customer());
        if (zones.from == 0 || zones.to == 0) (zones.from, zones.to) = (EEA, HK);
    }

    function _narrowing(Zones memory zones, Corridor memory rules) private pure returns (bytes memory) {
        return abi.encodeCall(ICorridorPolicy.narrowCorridor, (zones.token, zones.from, zones.to, rules));
    }

    function _order(address target, bytes memory call) private {
        assertTrue(_byRole(target, call), "nothing stops a replacement");
    }
}
