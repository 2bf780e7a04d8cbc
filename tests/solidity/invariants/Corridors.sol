// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IAllowlistRegistry} from "../../../contracts/interfaces/IAllowlistRegistry.sol";
import {ICorridorPolicy} from "../../../contracts/interfaces/ICorridorPolicy.sol";
import {Period} from "../../../contracts/libraries/CalendarPeriod.sol";
import {LEAST_OFFSET} from "../support/Limits.sol";
import {Calendar} from "./Calendar.sol";
import {Dice} from "./Dice.sol";
import {Preparing} from "./Preparing.sol";
import {Corridor} from "../../../contracts/types/Corridor.sol";

/// @notice Zones, corridors and quotas: what lets money pass between two customers, and the count of what passed.
abstract contract Corridors is Preparing {
    uint104 private constant GREATEST_AMOUNT = 10 ** 15;

    /// @dev A way from one zone to another by the policy of a token's bank.
    struct Route {
        address token;
        uint8 from;
        uint8 to;
    }

    /* ROUTES */

    function _route(address token, address from, address to) internal view returns (Route memory) {
        IAllowlistRegistry registry = _bankOf(token).registry;
        return Route(token, registry.zoneOf(customerAt[from].country), registry.zoneOf(customerAt[to].country));
    }

    /// @dev A quota's reference begins with the zones.
    function _routeOf(Count memory count) private pure returns (Route memory) {
        return Route(count.token, uint8(count.quotaRef >> 24), uint8(count.quotaRef >> 16));
    }

    function _rules(Route memory route) internal view returns (Corridor memory) {
        return _bankOf(route.token).policy.corridor(route.token, route.from, route.to);
    }

    function _setRules(Dice memory dice, Route memory route, Corridor memory rules) internal returns (bool) {
        return _policyOffice(
            dice, route.token, abi.encodeCall(ICorridorPolicy.setCorridor, (route.token, route.from, route.to, rules))
        );
    }

    /// @dev Open, of any period and clock.
    function _freshRules(Dice memory dice) internal pure returns (Corridor memory rules) {
        rules.open = true;
        rules.approvalNeeded = dice.oneIn(4);
        rules.purposeRequired = dice.oneIn(4);
        rules.period = Period(dice.roll(4));
        rules.utcOffsetQuarters = int8(int256(dice.roll(105)) + LEAST_OFFSET);
        (rules.minAmount, rules.maxAmount) = (1, GREATEST_AMOUNT);
        if (rules.period != Period.None) rules.quota = GREATEST_AMOUNT;
    }

    /* WHAT MUST BE IN PLACE */

    /// @dev Plain transfers may go from one to the other.
    function _allowDirect(Dice memory dice, address token, address from, address to) internal {
        _zone(dice, token, from);
        _zone(dice, token, to);
        Route memory route = _route(token, from, to);
        Corridor memory rules = _rules(route);
        if (route.from == route.to || _leaveAsIs(dice)) return;
        _resume(dice, route);
        if (rules.directTransfers) return;
        rules.directTransfers = true;
        _setRules(dice, route, rules);
    }

    /// @dev A payment of at most `amount` may go from one to the other. Returns what the corridor leaves of it.
    function _allowPayment(Dice memory dice, address token, address from, address to, uint256 amount)
        internal
        returns (Route memory route, uint104)
    {
        _zone(dice, token, from);
        _zone(dice, token, to);
        route = _route(token, from, to);
        Corridor memory rules = _rules(route);
        uint256 left = _remaining(route, from);
        if (_leaveAsIs(dice)) return (route, uint104(amount));
        _resume(dice, route);
        if (rules.maxAmount == 0 || !rules.open || left == 0 || left < rules.minAmount) {
            Corridor memory fresh = _freshRules(dice);
            if (rules.maxAmount != 0) {
                (fresh.period, fresh.utcOffsetQuarters) = (rules.period, rules.utcOffsetQuarters);
                fresh.quota = rules.period == Period.None ? 0 : rules.quota + GREATEST_AMOUNT;
            }
            if (!_setRules(dice, route, fresh)) return (route, uint104(amount));
            (rules, left) = (fresh, _remaining(route, from));
        }
        if (rules.approvalNeeded) _nameApprover(dice, token);
        return (route, uint104(Math.max(rules.minAmount, Math.min(amount, Math.min(rules.maxAmount, left)))));
    }

    function _resume(Dice memory dice, Route memory route) internal {
        if (!_bankOf(route.token).policy.isSuspended(route.token, route.from, route.to)) return;
        bytes memory call = abi.encodeCall(ICorridorPolicy.resumeCorridor, (route.token, route.from, route.to));
        _policyOffice(dice, route.token, call);
    }

    function _nameApprover(Dice memory dice, address token) private {
        if (_bankOf(token).policy.approver() != address(0) || _leaveAsIs(dice)) return;
        _policyOffice(dice, token, abi.encodeCall(ICorridorPolicy.setApprover, (approver)));
    }

    /// @dev A customer's country has a zone.
    function _zone(Dice memory dice, address token, address wallet) private {
        uint16[] memory countries = new uint16[](1);
        countries[0] = customerAt[wallet].country;
        if (_bankOf(token).registry.zoneOf(countries[0]) != 0 || _leaveAsIs(dice)) return;
        uint8 zone = countries[0] == HONG_KONG ? HK : EEA;
        _registryOffice(dice, token, abi.encodeCall(IAllowlistRegistry.setZone, (countries, zone)));
    }

    /* QUOTAS */

    /// @dev What the test has counted for a customer on a route in the present period, and where.
    function _countOf(Route memory route, address payer) internal view returns (Count memory count) {
        Corridor memory rules = _rules(route);
        count = Count(address(_bankOf(route.token).policy), route.token, 0, customerAt[payer].id);
        if (rules.period == Period.None) return count;
        uint16 period = Calendar.numberOf(rules.period, block.timestamp, rules.utcOffsetQuarters);
        count.quotaRef = (uint32(route.from) << 24) | (uint32(route.to) << 16) | period;
    }

    /// @dev Books what was counted a moment ago: no quota is ever used beyond what it is then.
    function _bookCount(Route memory route, address payer, uint256 amount) internal returns (Count memory count) {
        count = _countOf(route, payer);
        if (count.quotaRef == 0) return count;
        used[_key(count)] += amount;
        assertLe(used[_key(count)], _rules(route).quota, "quota used is at most the quota");
        _assertQuota(route, payer);
    }

    /// @dev The policy leaves what the test's own count leaves.
    function _assertQuota(Route memory route, address payer) internal view {
        uint256 left = Math.saturatingSub(_rules(route).quota, used[_key(_countOf(route, payer))]);
        if (_rules(route).period == Period.None) left = type(uint104).max;
        assertEq(_remaining(route, payer), left, "what remains of a quota is what was not used of it");
    }

    /// @dev The same of the route that was counted on, whatever is in the present period.
    function _assertQuota(Count memory count, address payer) internal view {
        if (count.quotaRef != 0) _assertQuota(_routeOf(count), payer);
    }

    function _remaining(Route memory route, address payer) internal view returns (uint256) {
        return _bankOf(route.token).policy.remainingQuota(route.token, route.from, route.to, customerAt[payer].id);
    }
}
