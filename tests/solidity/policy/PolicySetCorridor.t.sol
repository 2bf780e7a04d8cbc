// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./PolicySystem.sol";

/// @notice What a corridor can be, and what a change of one reaches.
contract PolicySetCorridorTest is PolicySystem {
    function test_setCorridor_keeps_every_rule() public {
        Corridor memory rules = Corridor({
            open: true,
            directTransfers: true,
            approvalNeeded: true,
            purposeRequired: true,
            period: Period.Day,
            utcOffsetQuarters: -13,
            minAmount: 7,
            maxAmount: type(uint104).max,
            quota: type(uint104).max - 1
        });
        vm.expectEmit(address(policy));
        emit ICorridorPolicy.CorridorSet(address(eur), EEA, HK, rules);
        _set(rules);
        _assertRules(rules);
        assertTrue(policy.directTransfers(address(eur), EEA, HK));
        _assertRemaining(type(uint104).max - 1);
    }

    function test_each_change_reaches_one_token_and_one_direction() public {
        policy.setCorridor(address(eur), HK, EEA, _wide());
        policy.setCorridor(address(hkd), EEA, HK, _wide());
        _narrow(_wide(), _tight());
        policy.suspendCorridor(address(eur), EEA, HK);
        assertFalse(policy.corridor(address(hkd), HK, EEA).open);
        assertEq(abi.encode(policy.corridor(address(eur), HK, EEA)), abi.encode(_wide()));
        assertEq(abi.encode(policy.corridor(address(hkd), EEA, HK)), abi.encode(_wide()));
        assertFalse(policy.isSuspended(address(eur), HK, EEA));
        assertFalse(policy.isSuspended(address(hkd), EEA, HK));
        assertTrue(policy.directTransfers(address(eur), HK, EEA));
        assertTrue(policy.directTransfers(address(hkd), EEA, HK));
        _consume(payer, 10_00, "", HK, EEA);
    }

    function test_no_change_of_a_corridor_of_zone_zero() public {
        Corridor memory none;
        uint8[2][2] memory pairs = [[0, HK], [EEA, 0]];
        for (uint256 i = 0; i < 2; ++i) {
            (uint8 from, uint8 to) = (pairs[i][0], pairs[i][1]);
            bytes memory zeroZone = PolicyReverts.zeroZone(from, to);
            _refused(abi.encodeCall(policy.setCorridor, (address(eur), from, to, none)), zeroZone);
            _refused(abi.encodeCall(policy.narrowCorridor, (address(eur), from, to, none)), zeroZone);
            _refused(abi.encodeCall(policy.suspendCorridor, (address(eur), from, to)), zeroZone);
            _refused(abi.encodeCall(policy.stopCorridor, (address(eur), from, to)), zeroZone);
        }
    }

    function test_no_corridor_has_crossed_limits_or_a_quota_without_a_period() public {
        _refused(_setting(_corridor(Period.None, 1)), PolicyReverts.quotaWithoutPeriod(1));
        Corridor memory rules = _corridor(Period.Year, YEARLY_QUOTA);
        (rules.minAmount, rules.maxAmount) = (5_00, 4_99);
        _refused(_setting(rules), PolicyReverts.limitsCrossed(5_00, 4_99));
        _refused(_narrowing(rules), PolicyReverts.limitsCrossed(5_00, 4_99));
        rules.maxAmount = 5_00;
        _set(rules);
    }

    function test_setCorridor_accepts_the_offsets_of_the_earth() public {
        Corridor memory rules = _corridor(Period.Day, 1);
        int8[6] memory offsets =
            [LEAST_OFFSET, GREATEST_OFFSET, LEAST_OFFSET - 1, GREATEST_OFFSET + 1, type(int8).min, type(int8).max];
        for (uint256 i = 0; i < 6; ++i) {
            rules.utcOffsetQuarters = offsets[i];
            if (i < 2) {
                _set(rules);
                _assertRules(rules);
            } else {
                _refused(_setting(rules), PolicyReverts.offsetOutOfRange(offsets[i], LEAST_OFFSET, GREATEST_OFFSET));
            }
        }
    }

    function test_setCorridor_fixes_period_and_offset_once_a_quota_was_counted() public {
        Corridor memory rules = _corridor(Period.Month, 10_00);
        rules.utcOffsetQuarters = CHINA;
        _set(rules);
        _consume(payer, 1_00);

        rules.period = Period.Year;
        _refusePeriod(rules, Period.Month, CHINA);
        (rules.period, rules.quota) = (Period.None, 0);
        _refusePeriod(rules, Period.Month, CHINA);
        (rules.period, rules.utcOffsetQuarters) = (Period.Month, CHINA - 1);
        _refusePeriod(rules, Period.Month, CHINA);

        (rules.utcOffsetQuarters, rules.quota, rules.open) = (CHINA, 20_00, false);
        _set(rules);
        _assertRemaining(19_00);
    }

    function test_period_stays_fixed_when_all_was_given_back_in_that_corridor_alone() public {
        _restore(payer, _consume(payer, 1_00), 1_00);
        _refusePeriod(_corridor(Period.Day, YEARLY_QUOTA), Period.Year, 0);
        policy.setCorridor(address(eur), EEA, EEA, _corridor(Period.Day, 1_00));
        assertEq(uint8(policy.corridor(address(eur), EEA, EEA).period), uint8(Period.Day));
    }

    function _setting(Corridor memory rules) private view returns (bytes memory) {
        return abi.encodeCall(policy.setCorridor, (address(eur), EEA, HK, rules));
    }

    function _refusePeriod(Corridor memory rules, Period period, int8 offset) private {
        _refused(_setting(rules), PolicyReverts.periodFixed(rules.period, rules.utcOffsetQuarters, period, offset));
    }
}
