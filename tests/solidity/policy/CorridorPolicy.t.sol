// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/BankSystem.sol";
import {RoleMatrix} from "../support/RoleMatrix.sol";

/// @notice A bank's rules and quotas, who may change them and to what, and what passes by them.
contract CorridorPolicyTest is BankSystem, RoleMatrix {
    int8 private constant CHINA = 32;
    uint128 private constant PAYER_CUSTOMER = 1001;
    /// @dev From zone 1 to zone 2 in the year 2026.
    uint32 private constant REF_2026 = 0x010207ea;
    /// @dev 2027-01-01 00:00 UTC.
    uint256 private constant NEW_YEAR = 1_798_761_600;

    ICorridorPolicy private policy;

    function setUp() public override {
        super.setUp();
        policy = eurBank.policy;
    }

    /* SET CORRIDOR */

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
        emit ICorridorPolicy.CorridorSet(address(eur), HK, EEA, rules);
        policy.setCorridor(address(eur), HK, EEA, rules);
        assertEq(abi.encode(policy.corridor(address(eur), HK, EEA)), abi.encode(rules));
        assertTrue(policy.directTransfers(address(eur), HK, EEA));
        assertEq(policy.remainingQuota(address(eur), HK, EEA, PAYER_CUSTOMER), type(uint104).max - 1);
    }

    function test_setCorridor_sets_one_token_and_one_direction() public {
        Corridor memory rules = _corridor(Period.None, 0);
        rules.directTransfers = true;
        policy.setCorridor(address(eur), 8, 9, rules);
        assertFalse(policy.directTransfers(address(eur), 9, 8));
        assertFalse(policy.directTransfers(address(hkd), 8, 9));
        assertFalse(policy.corridor(address(eur), 9, 8).open);
    }

    function test_setCorridor_refuses_zone_zero() public {
        vm.expectRevert(PolicyReverts.zoneZero(0, HK));
        policy.setCorridor(address(eur), 0, HK, _corridor(Period.None, 0));
        vm.expectRevert(PolicyReverts.zoneZero(EEA, 0));
        policy.setCorridor(address(eur), EEA, 0, _corridor(Period.None, 0));
    }

    function test_setCorridor_refuses_crossed_limits() public {
        Corridor memory rules = _corridor(Period.None, 0);
        (rules.minAmount, rules.maxAmount) = (5, 4);
        vm.expectRevert(PolicyReverts.limitsCrossed(5, 4));
        policy.setCorridor(address(eur), EEA, HK, rules);
        rules.maxAmount = 5;
        policy.setCorridor(address(eur), EEA, HK, rules);
    }

    function test_setCorridor_refuses_a_quota_without_period() public {
        vm.expectRevert(PolicyReverts.quotaWithoutPeriod(1));
        policy.setCorridor(address(eur), EEA, HK, _corridor(Period.None, 1));
    }

    function test_setCorridor_accepts_the_offsets_of_the_earth() public {
        Corridor memory rules = _corridor(Period.Day, 1);
        int8[2] memory edges = [LEAST_OFFSET, GREATEST_OFFSET];
        for (uint256 i = 0; i < 2; ++i) {
            rules.utcOffsetQuarters = edges[i];
            policy.setCorridor(address(eur), EEA, HK, rules);
            assertEq(policy.corridor(address(eur), EEA, HK).utcOffsetQuarters, edges[i]);
        }
        int8[4] memory beyond = [LEAST_OFFSET - 1, GREATEST_OFFSET + 1, type(int8).min, type(int8).max];
        for (uint256 i = 0; i < 4; ++i) {
            rules.utcOffsetQuarters = beyond[i];
            vm.expectRevert(PolicyReverts.offsetOutOfRange(beyond[i], LEAST_OFFSET, GREATEST_OFFSET));
            policy.setCorridor(address(eur), EEA, HK, rules);
        }
    }

    function test_setCorridor_fixes_period_and_offset_once_a_quota_was_counted() public {
        Corridor memory rules = _corridor(Period.Month, 10_00);
        rules.utcOffsetQuarters = CHINA;
        policy.setCorridor(address(eur), EEA, HK, rules);
        _consume(payer, 1_00);

        rules.period = Period.Year;
        _expectPeriodFixed(rules);
        (rules.period, rules.quota) = (Period.None, 0);
        _expectPeriodFixed(rules);
        (rules.period, rules.utcOffsetQuarters) = (Period.Month, CHINA - 1);
        _expectPeriodFixed(rules);

        (rules.utcOffsetQuarters, rules.quota, rules.open) = (CHINA, 20_00, false);
        policy.setCorridor(address(eur), EEA, HK, rules);
        assertEq(policy.remainingQuota(address(eur), EEA, HK, PAYER_CUSTOMER), 19_00);
    }

    function test_setCorridor_fixes_the_period_of_the_counted_corridor_alone() public {
        _consume(payer, 1_00);
        policy.setCorridor(address(eur), EEA, EEA, _corridor(Period.Day, 1_00));
        assertEq(uint8(policy.corridor(address(eur), EEA, EEA).period), uint8(Period.Day));
    }

    function test_setCorridor_keeps_the_period_fixed_when_all_was_given_back() public {
        uint32 quotaRef = _consume(payer, 1_00);
        _restore(payer, quotaRef, 1_00);
        Corridor memory rules = _corridor(Period.Day, YEARLY_QUOTA);
        vm.expectRevert(PolicyReverts.periodFixed(Period.Day, int8(0), Period.Year, int8(0)));
        policy.setCorridor(address(eur), EEA, HK, rules);
    }

    function test_setCorridor_leaves_a_suspension_as_it_is() public {
        policy.suspendCorridor(address(eur), EEA, HK);
        policy.setCorridor(address(eur), EEA, HK, _corridor(Period.Year, YEARLY_QUOTA));
        assertTrue(policy.isSuspended(address(eur), EEA, HK));
        policy.resumeCorridor(address(eur), EEA, HK);
        policy.setCorridor(address(eur), EEA, HK, _corridor(Period.Year, YEARLY_QUOTA));
        assertFalse(policy.isSuspended(address(eur), EEA, HK));
    }

    /* NARROW CORRIDOR */

    function test_narrowCorridor_sets_every_narrower_rule() public {
        policy.setCorridor(address(eur), EEA, HK, _wide());
        Corridor memory rules = Corridor({
            open: false,
            directTransfers: false,
            approvalNeeded: true,
            purposeRequired: true,
            period: Period.Month,
            utcOffsetQuarters: CHINA,
            minAmount: 5_00,
            maxAmount: 6_00,
            quota: 7_00
        });
        vm.expectEmit(address(policy));
        emit ICorridorPolicy.CorridorSet(address(eur), EEA, HK, rules);
        policy.narrowCorridor(address(eur), EEA, HK, rules);
        assertEq(abi.encode(policy.corridor(address(eur), EEA, HK)), abi.encode(rules));
    }

    function test_narrowCorridor_takes_the_present_rules() public {
        _narrow(_wide(), _wide());
        _narrow(_tight(), _tight());
    }

    /// @dev Every rule by itself, one way and back.
    function test_narrowCorridor_moves_each_rule_one_way_only() public {
        for (uint256 i = 0; i < 7; ++i) {
            (Corridor memory wide, Corridor memory tight) = (_wide(), _wide());
            if (i == 0) tight.open = false;
            if (i == 1) tight.directTransfers = false;
            if (i == 2) tight.approvalNeeded = true;
            if (i == 3) tight.purposeRequired = true;
            if (i == 4) tight.minAmount += 1;
            if (i == 5) tight.maxAmount -= 1;
            if (i == 6) tight.quota -= 1;
            _narrow(wide, tight);
            _refuseNarrowing(tight, wide);
        }
    }

    /// @dev What is narrower in all the rest makes up for nothing.
    function test_narrowCorridor_refuses_one_wider_rule_among_narrower_ones() public {
        for (uint256 i = 0; i < 7; ++i) {
            (Corridor memory present, Corridor memory next) = (_wide(), _tight());
            if (i == 0) present.open = false;
            if (i == 1) present.directTransfers = false;
            if (i == 2) (present.approvalNeeded, next.approvalNeeded) = (true, false);
            if (i == 3) (present.purposeRequired, next.purposeRequired) = (true, false);
            if (i == 4) next.minAmount = present.minAmount - 1;
            if (i == 5) next.maxAmount = present.maxAmount + 1;
            if (i == 6) next.quota = present.quota + 1;
            if (i == 0) next.open = true;
            if (i == 1) next.directTransfers = true;
            _refuseNarrowing(present, next);
        }
    }

    function test_narrowCorridor_keeps_the_calendar_counted_or_not() public {
        Corridor memory rules = _wide();
        for (uint8 period = 0; period <= uint8(type(Period).max); ++period) {
            if (Period(period) == Period.Month) continue;
            rules.period = Period(period);
            rules.quota = 0;
            _refuseNarrowing(_wide(), rules);
        }
        rules = _wide();
        for (int8 step = -1; step <= 1; step += 2) {
            rules.utcOffsetQuarters = CHINA + step;
            _refuseNarrowing(_wide(), rules);
        }
    }

    /// @dev Without a period there is no quota, which is the widest of all.
    function test_narrowCorridor_brings_no_quota_to_a_corridor_without_one() public {
        _refuseNarrowing(_corridor(Period.None, 0), _corridor(Period.Year, 0));
        _refuseNarrowing(_corridor(Period.None, 0), _corridor(Period.None, 1));
    }

    function test_narrowCorridor_opens_nothing_that_was_never_set() public {
        Corridor memory none;
        Corridor memory rules;
        rules.open = true;
        vm.expectRevert(PolicyReverts.corridorNotNarrower(rules, none));
        policy.narrowCorridor(address(eur), HK, EEA, rules);
        policy.narrowCorridor(address(eur), HK, EEA, none);
        assertEq(abi.encode(policy.corridor(address(eur), HK, EEA)), abi.encode(none));
    }

    function test_narrowCorridor_refuses_what_no_corridor_can_be() public {
        Corridor memory none;
        vm.expectRevert(PolicyReverts.zoneZero(0, HK));
        policy.narrowCorridor(address(eur), 0, HK, none);
        vm.expectRevert(PolicyReverts.zoneZero(EEA, 0));
        policy.narrowCorridor(address(eur), EEA, 0, none);

        Corridor memory rules = _corridor(Period.Year, YEARLY_QUOTA);
        (rules.minAmount, rules.maxAmount) = (5_00, 4_99);
        vm.expectRevert(PolicyReverts.limitsCrossed(5_00, 4_99));
        policy.narrowCorridor(address(eur), EEA, HK, rules);
    }

    function test_narrowCorridor_leaves_suspension_and_use_as_they_are() public {
        _consume(payer, 10_00);
        policy.suspendCorridor(address(eur), EEA, HK);
        policy.narrowCorridor(address(eur), EEA, HK, _corridor(Period.Year, 15_00));
        assertTrue(policy.isSuspended(address(eur), EEA, HK));
        policy.resumeCorridor(address(eur), EEA, HK);
        assertEq(policy.remainingQuota(address(eur), EEA, HK, PAYER_CUSTOMER), 5_00);
    }

    function test_narrowCorridor_narrows_one_token_and_one_direction() public {
        policy.setCorridor(address(eur), HK, EEA, _wide());
        policy.setCorridor(address(hkd), EEA, HK, _wide());
        _narrow(_wide(), _tight());
        assertEq(abi.encode(policy.corridor(address(eur), HK, EEA)), abi.encode(_wide()));
        assertEq(abi.encode(policy.corridor(address(hkd), EEA, HK)), abi.encode(_wide()));
    }

    /* SUSPEND AND RESUME */

    function test_suspension_lets_nothing_pass_and_keeps_the_rules() public {
        policy.setCorridor(address(eur), EEA, HK, _wide());
        assertTrue(policy.directTransfers(address(eur), EEA, HK));
        for (uint256 key = 0; key < 2; ++key) {
            vm.expectEmit(address(policy));
            emit ICorridorPolicy.CorridorSuspended(address(eur), EEA, HK);
            if (key == 0) policy.suspendCorridor(address(eur), EEA, HK);
            else policy.stopCorridor(address(eur), EEA, HK);

            assertTrue(policy.isSuspended(address(eur), EEA, HK));
            assertFalse(policy.directTransfers(address(eur), EEA, HK));
            assertEq(abi.encode(policy.corridor(address(eur), EEA, HK)), abi.encode(_wide()));
            vm.expectRevert(PolicyReverts.corridorIsSuspended(address(eur), EEA, HK));
            _consume(payer, 10_00);

            vm.expectEmit(address(policy));
            emit ICorridorPolicy.CorridorResumed(address(eur), EEA, HK);
            policy.resumeCorridor(address(eur), EEA, HK);
            assertFalse(policy.isSuspended(address(eur), EEA, HK));
            assertTrue(policy.directTransfers(address(eur), EEA, HK));
            assertEq(abi.encode(policy.corridor(address(eur), EEA, HK)), abi.encode(_wide()));
            _consume(payer, 10_00);
        }
    }

    function test_suspension_reaches_one_token_and_one_direction() public {
        policy.setCorridor(address(eur), HK, EEA, _wide());
        policy.setCorridor(address(hkd), EEA, HK, _wide());
        policy.suspendCorridor(address(eur), EEA, HK);
        assertTrue(policy.directTransfers(address(eur), HK, EEA));
        assertTrue(policy.directTransfers(address(hkd), EEA, HK));
        assertFalse(policy.isSuspended(address(eur), HK, EEA));
        assertFalse(policy.isSuspended(address(hkd), EEA, HK));
        _consume(payer, 10_00, "", HK, EEA);
    }

    function test_suspension_changes_something_or_fails() public {
        bytes memory unchanged = PolicyReverts.suspensionUnchanged(address(eur), EEA, HK, false);
        vm.expectRevert(unchanged);
        policy.resumeCorridor(address(eur), EEA, HK);
        policy.suspendCorridor(address(eur), EEA, HK);

        unchanged = PolicyReverts.suspensionUnchanged(address(eur), EEA, HK, true);
        vm.expectRevert(unchanged);
        policy.suspendCorridor(address(eur), EEA, HK);
        vm.expectRevert(unchanged);
        policy.stopCorridor(address(eur), EEA, HK);
    }

    function test_suspension_refuses_zone_zero() public {
        for (uint256 key = 0; key < 2; ++key) {
            vm.expectRevert(PolicyReverts.zoneZero(0, HK));
            if (key == 0) policy.suspendCorridor(address(eur), 0, HK);
            else policy.stopCorridor(address(eur), 0, HK);
            vm.expectRevert(PolicyReverts.zoneZero(EEA, 0));
            if (key == 0) policy.suspendCorridor(address(eur), EEA, 0);
            else policy.stopCorridor(address(eur), EEA, 0);
        }
    }

    /// @dev A corridor that is to be opened can be held back before it is; resuming opens none by itself.
    function test_suspension_before_a_corridor_is_set_holds_it_back() public {
        policy.stopCorridor(address(eur), HK, EEA);
        policy.setCorridor(address(eur), HK, EEA, _wide());
        vm.expectRevert(PolicyReverts.corridorIsSuspended(address(eur), HK, EEA));
        _consume(payer, 10_00, "", HK, EEA);
        policy.stopCorridor(address(eur), HK, HK);
        policy.resumeCorridor(address(eur), HK, HK);
        assertFalse(policy.corridor(address(eur), HK, HK).open);
        vm.expectRevert(PolicyReverts.corridorClosed(address(eur), HK, HK));
        _consume(payer, 10_00, "", HK, HK);
    }

    /// @dev Of a closed corridor that is what is told.
    function test_suspension_of_a_closed_corridor_leaves_it_closed() public {
        policy.suspendCorridor(address(eur), HK, EEA);
        vm.expectRevert(PolicyReverts.corridorClosed(address(eur), HK, EEA));
        _consume(payer, 10_00, "", HK, EEA);
    }

    function test_suspension_stops_no_way_back() public {
        uint32 quotaRef = _consume(payer, 10_00);
        policy.suspendCorridor(address(eur), EEA, HK);
        _restore(payer, quotaRef, 4_00);
        assertEq(policy.remainingQuota(address(eur), EEA, HK, PAYER_CUSTOMER), YEARLY_QUOTA - 6_00);
    }

    /* APPROVER */

    function test_setApprover_names_the_signer() public {
        vm.expectEmit(address(policy));
        emit ICorridorPolicy.ApproverSet(stranger);
        policy.setApprover(stranger);
        assertEq(policy.approver(), stranger);
    }

    function test_removeApprover_leaves_nobody_to_approve() public {
        Corridor memory rules = _corridor(Period.Year, YEARLY_QUOTA);
        rules.approvalNeeded = true;
        policy.setCorridor(address(eur), EEA, HK, rules);
        _consume(payer, 10_00);
        vm.expectEmit(address(policy));
        emit ICorridorPolicy.ApproverSet(address(0));
        policy.removeApprover();
        assertEq(policy.approver(), address(0));
        vm.expectRevert(ICorridorPolicy.NoApprover.selector);
        _consume(payer, 10_00);
        // What needs no approval goes on.
        _consume(payer, 10_00, "", EEA, EEA);
    }

    /* CONSUME */

    function test_consume_counts_and_says_where() public {
        vm.expectEmit(address(policy));
        emit ICorridorPolicy.QuotaConsumed(address(eur), PAYER_CUSTOMER, REF_2026, 10_00, 10_00);
        (uint32 quotaRef, address approver) = _consume(payer, 10_00, "GDDS", EEA, HK);
        assertEq(quotaRef, REF_2026);
        assertEq(approver, address(0));

        vm.expectEmit(address(policy));
        emit ICorridorPolicy.QuotaConsumed(address(eur), PAYER_CUSTOMER, REF_2026, 5_00, 15_00);
        _consume(payer, 5_00);
        assertEq(policy.remainingQuota(address(eur), EEA, HK, PAYER_CUSTOMER), YEARLY_QUOTA - 15_00);
    }

    function test_consume_counts_nothing_without_a_period() public {
        vm.recordLogs();
        (uint32 quotaRef,) = _consume(payer, 10_00, "", EEA, EEA);
        assertEq(quotaRef, 0);
        assertEq(vm.getRecordedLogs().length, 0);
        assertEq(policy.remainingQuota(address(eur), EEA, EEA, PAYER_CUSTOMER), type(uint104).max);
    }

    function test_consume_refuses_a_closed_corridor() public {
        vm.expectRevert(PolicyReverts.corridorClosed(address(eur), HK, EEA));
        _consume(payer, 10_00, "", HK, EEA);

        Corridor memory rules = _corridor(Period.Year, YEARLY_QUOTA);
        rules.open = false;
        policy.setCorridor(address(eur), EEA, HK, rules);
        vm.expectRevert(PolicyReverts.corridorClosed(address(eur), EEA, HK));
        _consume(payer, 10_00);
    }

    function test_consume_refuses_a_country_without_zone() public {
        vm.expectRevert(PolicyReverts.corridorClosed(address(eur), 0, HK));
        _consume(payer, 10_00, "", 0, HK);
        vm.expectRevert(PolicyReverts.corridorClosed(address(eur), EEA, 0));
        _consume(payer, 10_00, "", EEA, 0);
    }

    function test_consume_refuses_who_is_no_token_of_the_bank() public {
        vm.expectRevert(PolicyReverts.corridorClosed(stranger, EEA, HK));
        vm.prank(stranger);
        policy.consume("", payer, 10_00, EEA, HK, eurBank.registry);
    }

    function test_consume_holds_to_the_limits() public {
        _consume(payer, 1_00);
        vm.expectRevert(PolicyReverts.amountOutsideLimits(99, 1_00, 100_000_00));
        _consume(payer, 99);

        policy.setCorridor(address(eur), EEA, HK, _corridor(Period.Year, 1_000_000_00));
        _consume(payer, 100_000_00);
        vm.expectRevert(PolicyReverts.amountOutsideLimits(100_000_01, 1_00, 100_000_00));
        _consume(payer, 100_000_01);
    }

    function test_consume_asks_for_a_purpose_where_the_corridor_does() public {
        Corridor memory rules = _corridor(Period.Year, YEARLY_QUOTA);
        rules.purposeRequired = true;
        policy.setCorridor(address(eur), EEA, HK, rules);
        vm.expectRevert(PolicyReverts.purposeRequired(EEA, HK));
        _consume(payer, 10_00, "", EEA, HK);
        _consume(payer, 10_00, "GDDS", EEA, HK);
        assertEq(policy.remainingQuota(address(eur), EEA, HK, PAYER_CUSTOMER), YEARLY_QUOTA - 10_00);
    }

    function test_consume_names_the_approver_where_the_corridor_needs_one() public {
        Corridor memory rules = _corridor(Period.Year, YEARLY_QUOTA);
        rules.approvalNeeded = true;
        policy.setCorridor(address(eur), EEA, HK, rules);
        (, address approver) = _consume(payer, 10_00, "", EEA, HK);
        assertEq(approver, eurBank.approver);

        policy.setApprover(address(0));
        vm.expectRevert(ICorridorPolicy.NoApprover.selector);
        _consume(payer, 10_00);
    }

    function test_consume_refuses_a_payer_without_customer_id() public {
        vm.expectRevert(PolicyReverts.unknownCustomer(stranger));
        _consume(stranger, 10_00);
    }

    function test_consume_ends_at_the_quota() public {
        _consume(payer, YEARLY_QUOTA - 1_00);
        vm.expectRevert(PolicyReverts.quotaExceeded(PAYER_CUSTOMER, 1_01, 1_00));
        _consume(payer, 1_01);
        _consume(payer, 1_00);
        assertEq(policy.remainingQuota(address(eur), EEA, HK, PAYER_CUSTOMER), 0);
        vm.expectRevert(PolicyReverts.quotaExceeded(PAYER_CUSTOMER, 1_00, 0));
        _consume(payer, 1_00);
    }

    function test_consume_shares_the_quota_among_the_wallets_of_a_customer() public {
        address second = makeAddr("second wallet");
        _onboard(eurBank, second, CustomerCategory.Retail, FRANCE, PAYER_CUSTOMER);
        _consume(payer, YEARLY_QUOTA - 1_00);
        vm.expectRevert(PolicyReverts.quotaExceeded(PAYER_CUSTOMER, 2_00, 1_00));
        _consume(second, 2_00);
        _consume(neighbour, YEARLY_QUOTA);
    }

    function test_consume_counts_each_corridor_and_each_token_apart() public {
        policy.setCorridor(address(eur), EEA, EEA, _corridor(Period.Year, 10_00));
        policy.setCorridor(address(hkd), EEA, HK, _corridor(Period.Year, 10_00));
        _consume(payer, YEARLY_QUOTA);
        _consume(payer, 10_00, "", EEA, EEA);
        vm.prank(address(hkd));
        policy.consume("", payer, 10_00, EEA, HK, eurBank.registry);
        assertEq(policy.remainingQuota(address(hkd), EEA, HK, PAYER_CUSTOMER), 0);
    }

    function test_consume_begins_anew_with_the_next_year_of_the_corridors_clock() public {
        Corridor memory rules = _corridor(Period.Year, YEARLY_QUOTA);
        rules.utcOffsetQuarters = CHINA;
        policy.setCorridor(address(eur), EEA, HK, rules);
        _consume(payer, YEARLY_QUOTA);

        vm.warp(NEW_YEAR - 8 hours - 1);
        vm.expectRevert(PolicyReverts.quotaExceeded(PAYER_CUSTOMER, 1_00, 0));
        _consume(payer, 1_00);
        assertEq(policy.remainingQuota(address(eur), EEA, HK, PAYER_CUSTOMER), 0);

        vm.warp(NEW_YEAR - 8 hours);
        assertEq(policy.remainingQuota(address(eur), EEA, HK, PAYER_CUSTOMER), YEARLY_QUOTA);
        assertEq(_consume(payer, 1_00), REF_2026 + 1);
        assertEq(policy.remainingQuota(address(eur), EEA, HK, PAYER_CUSTOMER), YEARLY_QUOTA - 1_00);
    }

    function test_consume_leaves_nothing_of_a_quota_lowered_below_its_use() public {
        _consume(payer, 10_00);
        policy.setCorridor(address(eur), EEA, HK, _corridor(Period.Year, 9_00));
        assertEq(policy.remainingQuota(address(eur), EEA, HK, PAYER_CUSTOMER), 0);
        vm.expectRevert(PolicyReverts.quotaExceeded(PAYER_CUSTOMER, 1_00, 0));
        _consume(payer, 1_00);
    }

    function test_consume_counts_up_to_the_greatest_amount() public {
        Corridor memory rules = _corridor(Period.Year, type(uint104).max);
        rules.maxAmount = type(uint104).max;
        policy.setCorridor(address(eur), EEA, HK, rules);
        _consume(payer, type(uint104).max);
        assertEq(policy.remainingQuota(address(eur), EEA, HK, PAYER_CUSTOMER), 0);
        vm.expectRevert(PolicyReverts.quotaExceeded(PAYER_CUSTOMER, type(uint104).max, 0));
        _consume(payer, type(uint104).max);
    }

    function test_a_payment_without_a_quota_and_a_transfer_read_one_word() public {
        Corridor memory rules = _corridor(Period.None, 0);
        (rules.directTransfers, rules.purposeRequired) = (true, true);
        policy.setCorridor(address(eur), EEA, HK, rules);
        vm.record();
        _consume(payer, 10_00, "GDDS", EEA, HK);
        assertTrue(policy.directTransfers(address(eur), EEA, HK));
        (bytes32[] memory reads, bytes32[] memory writes) = vm.accesses(address(policy));
        assertEq(writes.length, 0);
        for (uint256 i = 1; i < reads.length; ++i) {
            assertEq(reads[i], reads[0]);
        }
    }

    /* RESTORE */

    function test_restore_gives_back_and_says_so() public {
        uint32 quotaRef = _consume(payer, 10_00);
        vm.expectEmit(address(policy));
        emit ICorridorPolicy.QuotaRestored(address(eur), PAYER_CUSTOMER, quotaRef, 4_00, 6_00);
        _restore(payer, quotaRef, 4_00);
        assertEq(policy.remainingQuota(address(eur), EEA, HK, PAYER_CUSTOMER), YEARLY_QUOTA - 6_00);
    }

    function test_restore_gives_back_no_more_than_is_used() public {
        uint32 quotaRef = _consume(payer, 10_00);
        vm.expectEmit(address(policy));
        emit ICorridorPolicy.QuotaRestored(address(eur), PAYER_CUSTOMER, quotaRef, 10_00, 0);
        _restore(payer, quotaRef, 10_01);
        _restoreInSilence(payer, quotaRef, 1);
        assertEq(policy.remainingQuota(address(eur), EEA, HK, PAYER_CUSTOMER), YEARLY_QUOTA);
    }

    function test_restore_of_nothing_is_silent() public {
        _restoreInSilence(payer, _consume(payer, 10_00), 0);
    }

    function test_restore_goes_back_to_the_corridor_that_it_was_taken_from() public {
        policy.setCorridor(address(eur), EEA, EEA, _corridor(Period.Month, 50_00));
        (uint32 within,) = _consume(payer, 10_00, "", EEA, EEA);
        uint32 abroad = _consume(payer, 20_00);
        _restore(payer, within, 4_00);
        assertEq(policy.remainingQuota(address(eur), EEA, EEA, PAYER_CUSTOMER), 44_00);
        assertEq(policy.remainingQuota(address(eur), EEA, HK, PAYER_CUSTOMER), YEARLY_QUOTA - 20_00);
        _restore(payer, abroad, 20_00);
        assertEq(policy.remainingQuota(address(eur), EEA, EEA, PAYER_CUSTOMER), 44_00);
        assertEq(policy.remainingQuota(address(eur), EEA, HK, PAYER_CUSTOMER), YEARLY_QUOTA);
    }

    function test_restore_does_nothing_once_the_next_period_is_counted() public {
        uint32 quotaRef = _consume(payer, 10_00);
        vm.warp(NEW_YEAR);
        _consume(payer, 3_00);
        _restoreInSilence(payer, quotaRef, 10_00);
        assertEq(policy.remainingQuota(address(eur), EEA, HK, PAYER_CUSTOMER), YEARLY_QUOTA - 3_00);
    }

    function test_restore_of_the_last_period_frees_nothing_of_the_next() public {
        uint32 quotaRef = _consume(payer, 10_00);
        vm.warp(NEW_YEAR);
        _restore(payer, quotaRef, 10_00);
        assertEq(policy.remainingQuota(address(eur), EEA, HK, PAYER_CUSTOMER), YEARLY_QUOTA);
        _consume(payer, YEARLY_QUOTA);
        assertEq(policy.remainingQuota(address(eur), EEA, HK, PAYER_CUSTOMER), 0);
    }

    function test_restore_by_anyone_else_touches_nothing_of_the_bank() public {
        uint32 quotaRef = _consume(payer, 10_00);
        vm.recordLogs();
        vm.prank(stranger);
        policy.restore(quotaRef, payer, 10_00, eurBank.registry);
        vm.prank(address(hkd));
        policy.restore(quotaRef, payer, 10_00, eurBank.registry);
        assertEq(vm.getRecordedLogs().length, 0);
        assertEq(policy.remainingQuota(address(eur), EEA, HK, PAYER_CUSTOMER), YEARLY_QUOTA - 10_00);
    }

    function test_restore_reaches_a_revoked_customer() public {
        uint32 quotaRef = _consume(payer, 10_00);
        eurBank.registry.revoke(payer);
        _restore(payer, quotaRef, 10_00);
        assertEq(policy.remainingQuota(address(eur), EEA, HK, PAYER_CUSTOMER), YEARLY_QUOTA);
    }

    /// @dev Such a reference comes with a payer who has become another customer, who paid nothing since.
    function test_restore_of_a_later_period_than_the_counted_one_frees_nothing() public {
        vm.startPrank(address(eur));
        (uint32 quotaRef,) = policy.consume("GDDS", payer, 10_00, EEA, HK, eurBank.registry);
        vm.recordLogs();
        policy.restore(quotaRef + 1, payer, 10_00, eurBank.registry);
        assertEq(vm.getRecordedLogs().length, 0);
        assertEq(policy.remainingQuota(address(eur), EEA, HK, PAYER_CUSTOMER), YEARLY_QUOTA - 10_00);

        policy.restore(quotaRef, payer, 10_00, eurBank.registry);
        assertEq(policy.remainingQuota(address(eur), EEA, HK, PAYER_CUSTOMER), YEARLY_QUOTA);
        vm.stopPrank();
    }

    /* CUSTOMER IDS */

    function test_a_registry_is_asked_once_for_a_wallets_customer() public {
        bytes memory question = abi.encodeCall(IAllowlistRegistry.customerIdOf, (payer));
        vm.expectCall(address(eurBank.registry), question, 1);
        _consume(payer, 10_00);
        _restore(payer, _consume(payer, 10_00), 4_00);
        assertEq(policy.remainingQuota(address(eur), EEA, HK, PAYER_CUSTOMER), YEARLY_QUOTA - 16_00);
    }

    function test_a_replaced_registry_is_asked_anew() public {
        uint32 quotaRef = _consume(payer, 10_00);
        IAllowlistRegistry next = _newAllowlistRegistry(address(eurBank.manager));
        next.register(payer, CustomerCategory.Retail, GERMANY, REVIEWED_UNTIL, 1009);
        vm.startPrank(address(eur));
        policy.consume("", payer, 3_00, EEA, HK, next);
        policy.restore(quotaRef, payer, 1_00, next);
        vm.stopPrank();
        assertEq(policy.remainingQuota(address(eur), EEA, HK, PAYER_CUSTOMER), YEARLY_QUOTA - 10_00);
        assertEq(policy.remainingQuota(address(eur), EEA, HK, 1009), YEARLY_QUOTA - 2_00);
    }

    function test_a_wallet_that_was_unknown_is_asked_about_again() public {
        vm.expectRevert(PolicyReverts.unknownCustomer(stranger));
        _consume(stranger, 10_00);
        _onboard(eurBank, stranger, CustomerCategory.Retail, GERMANY, 1010);
        _consume(stranger, 10_00);
        assertEq(policy.remainingQuota(address(eur), EEA, HK, 1010), YEARLY_QUOTA - 10_00);
    }

    function test_a_made_up_registry_tells_nothing_of_another() public {
        vm.mockCall(address(this), abi.encodeCall(IAllowlistRegistry.customerIdOf, (payer)), abi.encode(666));
        policy.restore(REF_2026, payer, 1, IAllowlistRegistry(address(this)));
        _consume(payer, 10_00);
        assertEq(policy.remainingQuota(address(eur), EEA, HK, 666), YEARLY_QUOTA);
        assertEq(policy.remainingQuota(address(eur), EEA, HK, PAYER_CUSTOMER), YEARLY_QUOTA - 10_00);
    }

    /* FUZZ */

    /// @dev A model beside the policy: what is used is what was taken less what was given back, never below zero.
    function testFuzz_use_stays_within_the_quota(uint104[12] calldata amounts, uint256 choices) public {
        uint104 used = 0;
        for (uint256 i = 0; i < amounts.length; ++i) {
            uint104 amount = uint104(bound(amounts[i], 1_00, YEARLY_QUOTA));
            if ((choices >> i) & 1 == 0) {
                if (amount > YEARLY_QUOTA - used) {
                    vm.expectRevert(PolicyReverts.quotaExceeded(PAYER_CUSTOMER, amount, YEARLY_QUOTA - used));
                    _consume(payer, amount);
                } else {
                    _consume(payer, amount);
                    used += amount;
                }
            } else {
                _restore(payer, REF_2026, amount);
                used -= amount < used ? amount : used;
            }
            assertEq(policy.remainingQuota(address(eur), EEA, HK, PAYER_CUSTOMER), YEARLY_QUOTA - used);
        }
    }

    /// @dev However a corridor is narrowed: what passes then would have passed before, and was approved no less.
    function testFuzz_narrowed_corridor_lets_through_nothing_that_the_wide_one_refused(
        uint256 wideSeed,
        uint256 narrowSeed,
        uint256 widened,
        uint104 used,
        uint104 amount,
        bool withPurpose
    ) public {
        (Corridor memory wide, Corridor memory narrow) = (_drawn(wideSeed), _drawn(narrowSeed));
        // Rules drawn at random are hardly ever narrower: each is made so, three times of four.
        if (widened & 3 != 0) narrow.open = narrow.open && wide.open;
        if ((widened >> 2) & 3 != 0) narrow.directTransfers = narrow.directTransfers && wide.directTransfers;
        if ((widened >> 4) & 3 != 0) narrow.approvalNeeded = narrow.approvalNeeded || wide.approvalNeeded;
        if ((widened >> 6) & 3 != 0) narrow.purposeRequired = narrow.purposeRequired || wide.purposeRequired;
        if ((widened >> 8) & 3 != 0 && narrow.minAmount < wide.minAmount) narrow.minAmount = wide.minAmount;
        if ((widened >> 10) & 3 != 0 && narrow.maxAmount > wide.maxAmount) narrow.maxAmount = wide.maxAmount;
        if ((widened >> 12) & 3 != 0 && narrow.quota > wide.quota) narrow.quota = wide.quota;
        if ((widened >> 14) & 3 != 0) narrow.utcOffsetQuarters = wide.utcOffsetQuarters;
        if ((widened >> 16) & 3 != 0) narrow.period = wide.period;
        policy.setCorridor(address(eur), EEA, HK, wide);
        _tryConsume(uint104(bound(used, wide.minAmount, wide.maxAmount)), "GDDS");

        amount = uint104(bound(amount, 0, 1000));
        bytes4 purpose = withPurpose ? bytes4("GDDS") : bytes4(0);
        uint256 state = vm.snapshotState();
        (bool passed, address approver) = _tryConsume(amount, purpose);
        vm.revertToState(state);
        try policy.narrowCorridor(address(eur), EEA, HK, narrow) {}
        catch {
            return;
        }
        (bool passes, address nextApprover) = _tryConsume(amount, purpose);
        if (passes) {
            assertTrue(passed, "what was refused");
            if (approver != address(0)) assertEq(nextApprover, approver, "what was approved");
        }
        if (policy.directTransfers(address(eur), EEA, HK)) assertTrue(wide.directTransfers, "directly");
    }

    /* ROLES */

    function test_each_restricted_function_has_its_own_role() public {
        policy.suspendCorridor(address(eur), EEA, EEA);
        bytes[] memory calls = new bytes[](7);
        calls[0] = abi.encodeCall(ICorridorPolicy.setCorridor, (address(eur), EEA, HK, _corridor(Period.Year, 1)));
        calls[1] = abi.encodeCall(ICorridorPolicy.narrowCorridor, (address(eur), EEA, HK, _corridor(Period.Year, 1)));
        calls[2] = abi.encodeCall(ICorridorPolicy.suspendCorridor, (address(eur), EEA, HK));
        calls[3] = abi.encodeCall(ICorridorPolicy.stopCorridor, (address(eur), EEA, HK));
        calls[4] = abi.encodeCall(ICorridorPolicy.resumeCorridor, (address(eur), EEA, EEA));
        calls[5] = abi.encodeCall(ICorridorPolicy.setApprover, (stranger));
        calls[6] = abi.encodeCall(ICorridorPolicy.removeApprover, ());
        _assertEachRoleOpensOneFunction(eurBank.manager, address(policy), calls);
    }

    /* HELPERS */

    /// @dev All that a corridor can let through but for its limits, which can go either way.
    function _wide() private pure returns (Corridor memory) {
        return Corridor({
            open: true,
            directTransfers: true,
            approvalNeeded: false,
            purposeRequired: false,
            period: Period.Month,
            utcOffsetQuarters: CHINA,
            minAmount: 2_00,
            maxAmount: 90_00,
            quota: 800_00
        });
    }

    /// @dev Narrower than {_wide} in every rule.
    function _tight() private pure returns (Corridor memory) {
        return Corridor({
            open: false,
            directTransfers: false,
            approvalNeeded: true,
            purposeRequired: true,
            period: Period.Month,
            utcOffsetQuarters: CHINA,
            minAmount: 3_00,
            maxAmount: 80_00,
            quota: 700_00
        });
    }

    function _narrow(Corridor memory present, Corridor memory next) private {
        policy.setCorridor(address(eur), EEA, HK, present);
        policy.narrowCorridor(address(eur), EEA, HK, next);
        assertEq(abi.encode(policy.corridor(address(eur), EEA, HK)), abi.encode(next));
    }

    function _refuseNarrowing(Corridor memory present, Corridor memory next) private {
        policy.setCorridor(address(eur), EEA, HK, present);
        vm.expectRevert(PolicyReverts.corridorNotNarrower(next, present));
        policy.narrowCorridor(address(eur), EEA, HK, next);
        assertEq(abi.encode(policy.corridor(address(eur), EEA, HK)), abi.encode(present));
    }

    /// @dev Valid rules whose amounts lie in reach of each other.
    function _drawn(uint256 seed) private pure returns (Corridor memory rules) {
        (rules.open, rules.directTransfers) = (seed & 3 != 0, (seed >> 2) & 1 == 0);
        (rules.approvalNeeded, rules.purposeRequired) = ((seed >> 3) & 1 == 0, (seed >> 4) & 1 == 0);
        rules.period = Period((seed >> 5) & 3);
        rules.utcOffsetQuarters = int8(int256((seed >> 8) % 105) + LEAST_OFFSET);
        rules.minAmount = uint104((seed >> 16) % 500);
        rules.maxAmount = rules.minAmount + uint104((seed >> 32) % 500);
        if (rules.period != Period.None) rules.quota = uint104((seed >> 48) % 2000);
    }

    function _tryConsume(uint104 amount, bytes4 purpose) private returns (bool passed, address approver) {
        vm.prank(address(eur));
        try policy.consume(purpose, payer, amount, EEA, HK, eurBank.registry) returns (uint32, address named) {
            return (true, named);
        } catch {}
    }

    function _consume(address from, uint104 amount) private returns (uint32 quotaRef) {
        (quotaRef,) = _consume(from, amount, "", EEA, HK);
    }

    function _consume(address from, uint104 amount, bytes4 purpose, uint8 fromZone, uint8 toZone)
        private
        returns (uint32 quotaRef, address approver)
    {
        vm.prank(address(eur));
        return policy.consume(purpose, from, amount, fromZone, toZone, eurBank.registry);
    }

    function _restore(address from, uint32 quotaRef, uint104 amount) private {
        vm.prank(address(eur));
        policy.restore(quotaRef, from, amount, eurBank.registry);
    }

    function _restoreInSilence(address from, uint32 quotaRef, uint104 amount) private {
        vm.recordLogs();
        _restore(from, quotaRef, amount);
        assertEq(vm.getRecordedLogs().length, 0);
    }

    function _expectPeriodFixed(Corridor memory rules) private {
        vm.expectRevert(PolicyReverts.periodFixed(rules.period, rules.utcOffsetQuarters, Period.Month, CHINA));
        policy.setCorridor(address(eur), EEA, HK, rules);
    }
}
