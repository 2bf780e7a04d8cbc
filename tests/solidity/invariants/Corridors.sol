// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./Acting.sol";
import {LEAST_OFFSET} from "../support/Limits.sol";
import {Calendar} from "./Calendar.sol";

/// @notice What lets money pass between two customers, the count of what passed, and the payments that are under way.
abstract contract Corridors is Acting {
    uint104 private constant GREATEST_AMOUNT = 10 ** 15;

    struct Zones {
        address token;
        uint8 from;
        uint8 to;
    }

    function _zonesOf(address token, address from, address to) internal view returns (Zones memory) {
        IAllowlistRegistry registry = _bankOf(token).registry;
        return Zones(token, registry.zoneOf(customerAt[from].country), registry.zoneOf(customerAt[to].country));
    }

    function _rules(Zones memory zones) internal view returns (Corridor memory) {
        return _bankOf(zones.token).policy.corridor(zones.token, zones.from, zones.to);
    }

    function _setRules(Zones memory zones, Corridor memory rules) internal returns (bool) {
        bytes memory call = abi.encodeCall(ICorridorPolicy.setCorridor, (zones.token, zones.from, zones.to, rules));
        return _byRole(_policyOf(zones.token), call);
    }

    /// @dev Open; of any period and clock, unless they may be fixed.
    function _freshRules(Corridor memory old) internal returns (Corridor memory rules) {
        rules.open = true;
        rules.approvalNeeded = _oneIn(4);
        rules.purposeRequired = _oneIn(4);
        (rules.period, rules.utcOffsetQuarters) = (Period(_roll(4)), int8(int256(_roll(105)) + LEAST_OFFSET));
        if (old.maxAmount != 0) (rules.period, rules.utcOffsetQuarters) = (old.period, old.utcOffsetQuarters);
        (rules.minAmount, rules.maxAmount) = (1, GREATEST_AMOUNT);
        if (rules.period != Period.None) rules.quota = old.quota + GREATEST_AMOUNT;
    }

    /// @dev Plain transfers may go from one to the other.
    function _allowDirect(address token, address from, address to) internal {
        Zones memory zones = _zone(token, from, to);
        Corridor memory rules = _rules(zones);
        if (zones.from == zones.to || _leaveAsIs()) return;
        _resume(zones);
        if (rules.directTransfers) return;
        rules.directTransfers = true;
        _setRules(zones, rules);
    }

    /// @dev A payment of at most `amount` may go from one to the other. Returns what the corridor leaves of it.
    function _allowPayment(address token, address from, address to, uint256 amount)
        internal
        returns (Zones memory zones, uint104)
    {
        zones = _zone(token, from, to);
        Corridor memory rules = _rules(zones);
        uint256 left = _remaining(zones, from);
        if (_leaveAsIs()) return (zones, uint104(amount));
        _resume(zones);
        if (rules.maxAmount == 0 || !rules.open || left == 0 || left < rules.minAmount) {
            rules = _freshRules(rules);
            if (!_setRules(zones, rules)) return (zones, uint104(amount));
            left = _remaining(zones, from);
        }
        if (rules.approvalNeeded && _bankOf(token).policy.approver() == address(0) && !_leaveAsIs()) {
            _byRole(_policyOf(token), abi.encodeCall(ICorridorPolicy.setApprover, (approver)));
        }
        return (zones, uint104(Math.max(rules.minAmount, Math.min(amount, Math.min(rules.maxAmount, left)))));
    }

    function _resume(Zones memory zones) internal {
        address policy = _policyOf(zones.token);
        if (!ICorridorPolicy(policy).isSuspended(zones.token, zones.from, zones.to)) return;
        _byRole(policy, abi.encodeCall(ICorridorPolicy.resumeCorridor, (zones.token, zones.from, zones.to)));
    }

    function _zone(address token, address from, address to) private returns (Zones memory) {
        for (uint256 i = 0; i < 2; ++i) {
            uint16 country = customerAt[i == 0 ? from : to].country;
            if (_bankOf(token).registry.zoneOf(country) != 0 || _leaveAsIs()) continue;
            bytes memory call = abi.encodeCall(IAllowlistRegistry.setZone, (_only(country), _usualZone(country)));
            _byRole(_registryOf(token), call);
        }
        return _zonesOf(token, from, to);
    }

    /// @dev What the test has counted for a customer in the present period, and where.
    function _countOf(Zones memory zones, address payer) internal view returns (Count memory count) {
        Corridor memory rules = _rules(zones);
        count = Count(_policyOf(zones.token), zones.token, 0, customerAt[payer].id);
        if (rules.period == Period.None) return count;
        uint16 period = Calendar.numberOf(rules.period, block.timestamp, rules.utcOffsetQuarters);
        count.quotaRef = (uint32(zones.from) << 24) | (uint32(zones.to) << 16) | period;
    }

    /// @dev Books what was counted a moment ago: no quota is ever used beyond what it is then.
    function _bookCount(Zones memory zones, address payer, uint256 amount) internal returns (Count memory count) {
        count = _countOf(zones, payer);
        if (count.quotaRef == 0) return count;
        used[_key(count)] += amount;
        assertLe(used[_key(count)], _rules(zones).quota, "quota used is at most the quota");
        _assertQuota(count, payer);
    }

    /// @dev What is given back counts no more, unless the token follows another policy by now; what is more than was
    /// counted is lost.
    function _giveBack(Count memory count, address payer, uint256 amount) internal {
        if (count.quotaRef == 0 || count.policy != _policyOf(count.token)) return;
        assertEq(_bankOf(count.token).registry.customerIdOf(payer), count.customerId, "a customer keeps its id");
        used[_key(count)] -= Math.min(amount, used[_key(count)]);
    }

    /// @dev Where something was counted, the policy leaves what the test's own count leaves in the present period.
    function _assertQuota(Count memory count, address payer) internal view {
        if (count.quotaRef == 0) return;
        Zones memory zones = Zones(count.token, uint8(count.quotaRef >> 24), uint8(count.quotaRef >> 16));
        Corridor memory rules = _rules(zones);
        uint256 left = Math.saturatingSub(rules.quota, used[_key(_countOf(zones, payer))]);
        if (rules.period == Period.None) left = type(uint104).max;
        assertEq(_remaining(zones, payer), left, "what remains of a quota is what was not used of it");
    }

    function _remaining(Zones memory zones, address payer) private view returns (uint256) {
        ICorridorPolicy policy = _bankOf(zones.token).policy;
        return policy.remainingQuota(zones.token, zones.from, zones.to, customerAt[payer].id);
    }

    /// @dev Draws up a payment and authorizes or charges it. Index 0 if it was refused.
    function _open() internal virtual returns (uint256 index);

    /// @dev Of the last 32 payments one that is open to an act; if there is none, new ones are drawn up until one is.
    function _drawPayment(function(BookedPayment storage) internal view returns (bool) fits)
        internal
        returns (BookedPayment storage payment)
    {
        (uint256 recent, uint256 first) = (Math.min(payments.length, 32), _roll(32));
        for (uint256 i = 0; i < recent; ++i) {
            payment = payments[payments.length - 1 - (first + i) % recent];
            if (fits(payment)) return payment;
        }
        do {
            payment = payments[_open()];
        } while (!fits(payment));
    }

    function _isCapturable(BookedPayment storage payment) internal view returns (bool) {
        return payment.status == PaymentStatus.Authorized && block.timestamp < payment.terms.captureBy;
    }

    function _review(BookedPayment storage payment) internal {
        _audit();
        _assertPayment(payment);
    }

    /// @dev The payment in the escrow is the one in the test's books, and every unit of it is accounted for by what the
    /// escrow told of it. The quota that it was counted against is used as far as it should be.
    function _assertPayment(BookedPayment storage payment) internal view {
        PaymentState memory state = escrow.paymentState(payment.id);
        assertEq(uint8(state.status), uint8(payment.status), "status");
        assertEq(state.captured, payment.captured, "captured");
        assertEq(state.refunded, payment.refunded, "refunded");
        assertEq(state.quotaRef, payment.count.quotaRef, "quota reference");
        assertLe(state.refunded, _targetShare(payment.terms, state.captured), "refunded is at most what captures paid");
        Sums memory told = toldOf[payment.id];
        assertEq(told.captured, payment.captured, "captured, as told by events");
        assertEq(told.refunded, payment.refunded, "refunded, as told by events");
        uint256 stillHeld = _isOpen(payment) ? _leftOf(payment) : 0;
        assertEq(told.captured + told.returned + stillHeld, payment.terms.sourceAmount, "captured + returned + held");
        _assertQuota(payment.count, payment.terms.payer);
    }
}
