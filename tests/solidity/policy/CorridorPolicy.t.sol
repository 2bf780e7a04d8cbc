// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Edges} from "../arithmetic/Edges.sol";
import "../support/BankSystem.sol";
import {RoleTable} from "../support/RoleTable.sol";

/// @notice A bank's rules and quotas, who may change them and to what, and what passes by them.
contract CorridorPolicyTest is BankSystem, RoleTable {
    int8 private constant CHINA = 32;
    uint256 private constant RULES = 7;

    ICorridorPolicy private policy;

    function setUp() public override {
        super.setUp();
        policy = eurBank.policy;
    }

    /* WHAT A CORRIDOR CAN BE */

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

    /* NARROW CORRIDOR */

    function test_narrowCorridor_takes_the_present_rules_and_narrower_ones() public {
        _narrow(_wide(), _wide());
        _narrow(_wide(), _tight());
        _narrow(_tight(), _tight());
    }

    /// @dev Every rule by itself, one way and back; what is narrower in all the rest makes up for nothing.
    function test_narrowCorridor_moves_each_rule_one_way_only() public {
        for (uint256 rule = 0; rule < RULES; ++rule) {
            Corridor memory narrower = _withRuleOf(_wide(), _tight(), rule);
            _narrow(_wide(), narrower);
            _refuseNarrowing(narrower, _wide());
            _refuseNarrowing(narrower, _withRuleOf(_tight(), _wide(), rule));
        }
    }

    function test_narrowCorridor_keeps_the_calendar_counted_or_not() public {
        Corridor memory rules = _wide();
        for (uint8 period = 0; period <= uint8(type(Period).max); ++period) {
            if (Period(period) == Period.Month) continue;
            (rules.period, rules.quota) = (Period(period), 0);
            _refuseNarrowing(_wide(), rules);
        }
        rules = _wide();
        for (int8 step = -1; step <= 1; step += 2) {
            rules.utcOffsetQuarters = CHINA + step;
            _refuseNarrowing(_wide(), rules);
        }
    }

    function test_narrowCorridor_opens_nothing_that_was_never_set() public {
        Corridor memory none;
        Corridor memory rules;
        rules.open = true;
        bytes memory opening = abi.encodeCall(policy.narrowCorridor, (address(eur), HK, EEA, rules));
        _refused(opening, PolicyReverts.corridorNotNarrower(rules, none));
        policy.narrowCorridor(address(eur), HK, EEA, none);
        assertEq(abi.encode(policy.corridor(address(eur), HK, EEA)), abi.encode(none));
    }

    /* SUSPEND AND RESUME */

    /// @dev By either key. Each change changes something or fails.
    function test_suspension_lets_nothing_pass_and_keeps_the_rules() public {
        _set(_wide());
        bytes memory resuming = abi.encodeCall(policy.resumeCorridor, (address(eur), EEA, HK));
        bytes[2] memory keys = [
            abi.encodeCall(policy.suspendCorridor, (address(eur), EEA, HK)),
            abi.encodeCall(policy.stopCorridor, (address(eur), EEA, HK))
        ];
        for (uint256 i = 0; i < 2; ++i) {
            _refused(resuming, PolicyReverts.suspensionUnchanged(address(eur), EEA, HK, false));
            vm.expectEmit(address(policy));
            emit ICorridorPolicy.CorridorSuspended(address(eur), EEA, HK);
            _done(address(this), address(policy), keys[i]);
            _refused(keys[i], PolicyReverts.suspensionUnchanged(address(eur), EEA, HK, true));
            assertTrue(policy.isSuspended(address(eur), EEA, HK));
            assertFalse(policy.directTransfers(address(eur), EEA, HK));
            _assertRules(_wide());
            _refuseConsume(10_00, PolicyReverts.corridorIsSuspended(address(eur), EEA, HK));

            vm.expectEmit(address(policy));
            emit ICorridorPolicy.CorridorResumed(address(eur), EEA, HK);
            _done(address(this), address(policy), resuming);
            assertFalse(policy.isSuspended(address(eur), EEA, HK));
            assertTrue(policy.directTransfers(address(eur), EEA, HK));
            _assertRules(_wide());
            _consume(payer, 10_00);
        }
    }

    function test_suspension_and_use_outlive_new_rules() public {
        uint32 quotaRef = _consume(payer, 10_00);
        policy.suspendCorridor(address(eur), EEA, HK);
        _set(_corridor(Period.Year, YEARLY_QUOTA));
        assertTrue(policy.isSuspended(address(eur), EEA, HK));
        policy.narrowCorridor(address(eur), EEA, HK, _corridor(Period.Year, 15_00));
        assertTrue(policy.isSuspended(address(eur), EEA, HK));
        // It stops no way back.
        _restore(payer, quotaRef, 4_00);

        policy.resumeCorridor(address(eur), EEA, HK);
        _set(_corridor(Period.Year, 15_00));
        assertFalse(policy.isSuspended(address(eur), EEA, HK));
        _assertRemaining(9_00);
    }

    /// @dev A corridor that is to be opened can be held back before it is; resuming opens none by itself. Of a closed
    /// corridor that is what is told.
    function test_suspension_before_a_corridor_is_set_holds_it_back() public {
        bytes memory consuming = _consuming(payer, 10_00, HK, EEA);
        bytes memory closed = PolicyReverts.corridorClosed(address(eur), HK, EEA);
        policy.stopCorridor(address(eur), HK, EEA);
        _refused(address(eur), address(policy), consuming, closed);
        policy.resumeCorridor(address(eur), HK, EEA);
        _refused(address(eur), address(policy), consuming, closed);

        policy.stopCorridor(address(eur), HK, EEA);
        policy.setCorridor(address(eur), HK, EEA, _wide());
        _refused(address(eur), address(policy), consuming, PolicyReverts.corridorIsSuspended(address(eur), HK, EEA));
    }

    /* APPROVER */

    function test_consume_names_the_approver_where_the_corridor_needs_one() public {
        Corridor memory rules = _corridor(Period.Year, YEARLY_QUOTA);
        rules.approvalNeeded = true;
        _set(rules);
        vm.expectEmit(address(policy));
        emit ICorridorPolicy.ApproverSet(stranger);
        policy.setApprover(stranger);
        assertEq(policy.approver(), stranger);
        (, address approver) = _consume(payer, 10_00, "", EEA, HK);
        assertEq(approver, stranger);

        vm.expectEmit(address(policy));
        emit ICorridorPolicy.ApproverSet(address(0));
        policy.removeApprover();
        assertEq(policy.approver(), address(0));
        _refuseConsume(10_00, PolicyReverts.noApprover());
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
        _assertRemaining(YEARLY_QUOTA - 15_00);
    }

    /// @dev Closed is also what was never set, as for a country without a zone, and what is not the asking token's.
    function test_consume_refuses_a_closed_corridor() public {
        uint8[2][3] memory pairs = [[HK, EEA], [0, HK], [EEA, 0]];
        for (uint256 i = 0; i < 3; ++i) {
            (uint8 from, uint8 to) = (pairs[i][0], pairs[i][1]);
            bytes memory closed = PolicyReverts.corridorClosed(address(eur), from, to);
            _refused(address(eur), address(policy), _consuming(payer, 10_00, from, to), closed);
        }
        bytes memory consuming = _consuming(payer, 10_00, EEA, HK);
        _refused(stranger, address(policy), consuming, PolicyReverts.corridorClosed(stranger, EEA, HK));
        Corridor memory rules = _corridor(Period.Year, YEARLY_QUOTA);
        rules.open = false;
        _set(rules);
        _refuseConsume(10_00, PolicyReverts.corridorClosed(address(eur), EEA, HK));
    }

    function test_consume_holds_to_the_limits() public {
        _set(_corridor(Period.Year, 1_000_000_00));
        _consume(payer, 1_00);
        _refuseConsume(99, PolicyReverts.amountOutsideLimits(99, 1_00, 100_000_00));
        _consume(payer, 100_000_00);
        _refuseConsume(100_000_01, PolicyReverts.amountOutsideLimits(100_000_01, 1_00, 100_000_00));
    }

    function test_consume_asks_for_a_purpose_where_the_corridor_does() public {
        Corridor memory rules = _corridor(Period.Year, YEARLY_QUOTA);
        rules.purposeRequired = true;
        _set(rules);
        _refuseConsume(10_00, PolicyReverts.purposeRequired(EEA, HK));
        _consume(payer, 10_00, "GDDS", EEA, HK);
        _assertRemaining(YEARLY_QUOTA - 10_00);
    }

    /// @dev Of all wallets of a customer together.
    function test_consume_ends_at_the_quota() public {
        address second = makeAddr("second wallet");
        _onboard(eurBank, second, CustomerCategory.Retail, FRANCE, PAYER_CUSTOMER);
        _consume(payer, YEARLY_QUOTA - 1_00);
        bytes memory exceeded = PolicyReverts.quotaExceeded(PAYER_CUSTOMER, 1_01, 1_00);
        _refused(address(eur), address(policy), _consuming(second, 1_01, EEA, HK), exceeded);
        _consume(second, 1_00);
        _assertRemaining(0);
        _refuseConsume(1_00, PolicyReverts.quotaExceeded(PAYER_CUSTOMER, 1_00, 0));
        _consume(neighbour, YEARLY_QUOTA);
    }

    function test_each_corridor_and_each_token_is_counted_and_given_back_apart() public {
        policy.setCorridor(address(eur), EEA, EEA, _corridor(Period.Month, 50_00));
        policy.setCorridor(address(hkd), EEA, HK, _corridor(Period.Year, 10_00));
        uint32 abroad = _consume(payer, YEARLY_QUOTA);
        (uint32 within,) = _consume(payer, 10_00, "", EEA, EEA);
        _done(address(hkd), address(policy), _consuming(payer, 10_00, EEA, HK));
        assertEq(policy.remainingQuota(address(hkd), EEA, HK, PAYER_CUSTOMER), 0);
        _restore(payer, within, 4_00);
        _assertRemaining(0);
        _restore(payer, abroad, 20_00);
        _assertRemaining(20_00);
        assertEq(policy.remainingQuota(address(eur), EEA, EEA, PAYER_CUSTOMER), 44_00);
    }

    function test_consume_begins_anew_with_the_next_year_of_the_corridors_clock() public {
        Corridor memory rules = _corridor(Period.Year, YEARLY_QUOTA);
        rules.utcOffsetQuarters = CHINA;
        _set(rules);
        _consume(payer, YEARLY_QUOTA);

        vm.warp(NEW_YEAR - 8 hours - 1);
        _refuseConsume(1_00, PolicyReverts.quotaExceeded(PAYER_CUSTOMER, 1_00, 0));
        _assertRemaining(0);

        vm.warp(NEW_YEAR - 8 hours);
        _assertRemaining(YEARLY_QUOTA);
        assertEq(_consume(payer, 1_00), REF_2026 + 1);
        _assertRemaining(YEARLY_QUOTA - 1_00);
    }

    function test_consume_leaves_nothing_of_a_quota_lowered_below_its_use() public {
        _consume(payer, 10_00);
        _set(_corridor(Period.Year, 9_00));
        _assertRemaining(0);
        _refuseConsume(1_00, PolicyReverts.quotaExceeded(PAYER_CUSTOMER, 1_00, 0));
    }

    function test_a_payment_without_a_quota_counts_nothing_and_reads_one_word_as_a_transfer_does() public {
        Corridor memory rules = _corridor(Period.None, 0);
        (rules.directTransfers, rules.purposeRequired) = (true, true);
        _set(rules);
        vm.record();
        vm.recordLogs();
        (uint32 quotaRef,) = _consume(payer, 10_00, "GDDS", EEA, HK);
        assertTrue(policy.directTransfers(address(eur), EEA, HK));
        (bytes32[] memory reads, bytes32[] memory writes) = vm.accesses(address(policy));
        assertEq(writes.length, 0);
        for (uint256 i = 1; i < reads.length; ++i) {
            assertEq(reads[i], reads[0]);
        }
        assertEq(vm.getRecordedLogs().length, 0);
        assertEq(quotaRef, 0);
        _assertRemaining(type(uint104).max);
    }

    /* RESTORE */

    function test_restore_gives_back_no_more_than_is_used() public {
        uint32 quotaRef = _consume(payer, 10_00);
        _restoreInSilence(payer, quotaRef, 0);
        vm.expectEmit(address(policy));
        emit ICorridorPolicy.QuotaRestored(address(eur), PAYER_CUSTOMER, quotaRef, 4_00, 6_00);
        _restore(payer, quotaRef, 4_00);
        _assertRemaining(YEARLY_QUOTA - 6_00);
        vm.expectEmit(address(policy));
        emit ICorridorPolicy.QuotaRestored(address(eur), PAYER_CUSTOMER, quotaRef, 6_00, 0);
        _restore(payer, quotaRef, 6_01);
        _restoreInSilence(payer, quotaRef, 1);
        _assertRemaining(YEARLY_QUOTA);
    }

    /// @dev A reference to a later period comes with a payer who has become another customer, who paid nothing since.
    function test_restore_reaches_the_counted_period_alone() public {
        uint32 quotaRef = _consume(payer, 10_00);
        _restoreInSilence(payer, quotaRef + 1, 10_00);
        _assertRemaining(YEARLY_QUOTA - 10_00);
        vm.warp(NEW_YEAR);
        _restore(payer, quotaRef, 4_00);
        _assertRemaining(YEARLY_QUOTA);
        _consume(payer, YEARLY_QUOTA);
        _assertRemaining(0);
        _restoreInSilence(payer, quotaRef, 10_00);
        _assertRemaining(0);
    }

    function test_restore_by_anyone_else_touches_nothing_of_the_bank() public {
        bytes memory restoring =
            abi.encodeCall(policy.restore, (_consume(payer, 10_00), payer, 10_00, eurBank.registry));
        vm.recordLogs();
        _done(stranger, address(policy), restoring);
        _done(address(hkd), address(policy), restoring);
        assertEq(vm.getRecordedLogs().length, 0);
        _assertRemaining(YEARLY_QUOTA - 10_00);
    }

    /* CUSTOMER IDS */

    function test_a_registry_is_asked_once_for_a_wallets_customer() public {
        bytes memory question = abi.encodeCall(IAllowlistRegistry.customerIdOf, (payer));
        vm.expectCall(address(eurBank.registry), question, 1);
        _consume(payer, 10_00);
        _restore(payer, _consume(payer, 10_00), 4_00);
        _assertRemaining(YEARLY_QUOTA - 16_00);
    }

    function test_a_replaced_registry_is_asked_anew() public {
        uint32 quotaRef = _consume(payer, 10_00);
        IAllowlistRegistry next = newAllowlistRegistry(address(eurBank.manager));
        next.register(payer, CustomerCategory.Retail, GERMANY, REVIEWED_UNTIL, 1009);
        vm.startPrank(address(eur));
        policy.consume("", payer, 3_00, EEA, HK, next);
        policy.restore(quotaRef, payer, 1_00, next);
        vm.stopPrank();
        _assertRemaining(YEARLY_QUOTA - 10_00);
        assertEq(policy.remainingQuota(address(eur), EEA, HK, 1009), YEARLY_QUOTA - 2_00);
    }

    function test_a_wallet_that_is_unknown_pays_nothing_and_is_asked_about_again() public {
        bytes memory consuming = _consuming(stranger, 10_00, EEA, HK);
        _refused(address(eur), address(policy), consuming, PolicyReverts.unknownCustomer(stranger));
        _onboard(eurBank, stranger, CustomerCategory.Retail, GERMANY, 1010);
        _done(address(eur), address(policy), consuming);
        assertEq(policy.remainingQuota(address(eur), EEA, HK, 1010), YEARLY_QUOTA - 10_00);
    }

    /* FUZZ */

    /// @dev A model beside the policy, at the edges of a quota and of what is taken and given back: what is used is what
    /// was taken less what was given back, never below zero.
    function testFuzz_use_stays_within_the_quota(uint256 limit, uint256[12] calldata amounts, uint256 choices) public {
        uint104 quota = Edges.amount(limit, 0, type(uint104).max);
        Corridor memory rules = _corridor(Period.Year, quota);
        (rules.minAmount, rules.maxAmount) = (0, type(uint104).max);
        _set(rules);
        uint104 used = 0;
        for (uint256 i = 0; i < amounts.length; ++i) {
            uint104 amount = Edges.amount(amounts[i], 0, (choices >> (i + 128)) & 1 != 0 ? quota : type(uint104).max);
            if ((choices >> i) & 1 != 0) {
                _restore(payer, REF_2026, amount);
                used -= amount < used ? amount : used;
            } else if (amount > quota - used) {
                _refuseConsume(amount, PolicyReverts.quotaExceeded(PAYER_CUSTOMER, amount, quota - used));
            } else {
                assertEq(_consume(payer, amount), REF_2026);
                used += amount;
            }
            _assertRemaining(quota - used);
        }
    }

    /// @dev However a corridor is narrowed: what passes then would have passed before, and was approved no less.
    function testFuzz_narrowed_corridor_lets_through_nothing_that_the_wide_one_refused(
        uint256 wideSeed,
        uint256 narrowSeed,
        uint256 changed,
        uint104 used,
        uint104 amount,
        bool withPurpose
    ) public {
        (Corridor memory wide, Corridor memory narrow) = (_drawn(wideSeed), _drawn(wideSeed));
        // Rules drawn at random are hardly ever narrower: a fourth of them is.
        for (uint256 rule = 0; rule < RULES; ++rule) {
            if ((changed >> (2 * rule)) & 3 == 0) narrow = _withRuleOf(narrow, _drawn(narrowSeed), rule);
        }
        if ((changed >> 16) & 7 == 0) narrow.utcOffsetQuarters = _drawn(narrowSeed).utcOffsetQuarters;
        if ((changed >> 24) & 7 == 0) narrow.period = _drawn(narrowSeed).period;
        _set(wide);
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
        assertEq(_assertEachRoleOpensOneFunction(eurBank.manager, address(policy), "CorridorPolicy"), 7);
    }

    /* RULES */

    /// @dev All that a corridor can let through but for its limits, which can go either way.
    function _wide() private pure returns (Corridor memory rules) {
        rules = _corridor(Period.Month, 800_00);
        (rules.directTransfers, rules.utcOffsetQuarters) = (true, CHINA);
        (rules.minAmount, rules.maxAmount) = (2_00, 90_00);
    }

    /// @dev Narrower than {_wide} in every rule, by the least.
    function _tight() private pure returns (Corridor memory rules) {
        rules = _wide();
        (rules.open, rules.directTransfers, rules.approvalNeeded, rules.purposeRequired) = (false, false, true, true);
        (rules.minAmount, rules.maxAmount, rules.quota) = (2_01, 89_99, 799_99);
    }

    /// @dev Every other rule stays.
    function _withRuleOf(Corridor memory rules, Corridor memory other, uint256 rule)
        private
        pure
        returns (Corridor memory)
    {
        if (rule == 0) rules.open = other.open;
        if (rule == 1) rules.directTransfers = other.directTransfers;
        if (rule == 2) rules.approvalNeeded = other.approvalNeeded;
        if (rule == 3) rules.purposeRequired = other.purposeRequired;
        if (rule == 4) rules.minAmount = other.minAmount;
        if (rule == 5) rules.maxAmount = other.maxAmount;
        if (rule == 6) rules.quota = other.quota;
        return rules;
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

    function _set(Corridor memory rules) private {
        policy.setCorridor(address(eur), EEA, HK, rules);
    }

    function _setting(Corridor memory rules) private view returns (bytes memory) {
        return abi.encodeCall(policy.setCorridor, (address(eur), EEA, HK, rules));
    }

    function _narrowing(Corridor memory rules) private view returns (bytes memory) {
        return abi.encodeCall(policy.narrowCorridor, (address(eur), EEA, HK, rules));
    }

    function _narrow(Corridor memory present, Corridor memory next) private {
        _set(present);
        vm.expectEmit(address(policy));
        emit ICorridorPolicy.CorridorSet(address(eur), EEA, HK, next);
        policy.narrowCorridor(address(eur), EEA, HK, next);
        _assertRules(next);
    }

    function _refuseNarrowing(Corridor memory present, Corridor memory next) private {
        _set(present);
        _refused(_narrowing(next), PolicyReverts.corridorNotNarrower(next, present));
    }

    function _refusePeriod(Corridor memory rules, Period period, int8 offset) private {
        _refused(_setting(rules), PolicyReverts.periodFixed(rules.period, rules.utcOffsetQuarters, period, offset));
    }

    /// @dev A call of this contract's, which has every role.
    function _refused(bytes memory call, bytes memory refusal) private {
        _refused(address(this), address(policy), call, refusal);
    }

    function _assertRules(Corridor memory rules) private view {
        assertEq(abi.encode(policy.corridor(address(eur), EEA, HK)), abi.encode(rules));
    }

    /* QUOTA */

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

    /// @dev Without a purpose.
    function _consuming(address from, uint104 amount, uint8 fromZone, uint8 toZone)
        private
        view
        returns (bytes memory)
    {
        return abi.encodeCall(policy.consume, ("", from, amount, fromZone, toZone, eurBank.registry));
    }

    /// @dev Of the payer's.
    function _refuseConsume(uint104 amount, bytes memory refusal) private {
        _refused(address(eur), address(policy), _consuming(payer, amount, EEA, HK), refusal);
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

    function _assertRemaining(uint104 quota) private view {
        assertEq(_remainingQuota(), quota);
    }
}
