// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

import {IAllowlistRegistry} from "../../contracts/interfaces/IAllowlistRegistry.sol";
import {ICorridorPolicy} from "../../contracts/interfaces/ICorridorPolicy.sol";
import {Period} from "../../contracts/libraries/CalendarPeriod.sol";
import {Category} from "../../contracts/types/Participant.sol";
import {BankSystem} from "./BankSystem.sol";

contract CorridorPolicyTest is BankSystem {
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
        ICorridorPolicy.Corridor memory rules = ICorridorPolicy.Corridor({
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
        ICorridorPolicy.Corridor memory rules = _corridor(Period.None, 0);
        rules.directTransfers = true;
        policy.setCorridor(address(eur), 8, 9, rules);
        assertFalse(policy.directTransfers(address(eur), 9, 8));
        assertFalse(policy.directTransfers(address(hkd), 8, 9));
        assertFalse(policy.corridor(address(eur), 9, 8).open);
    }

    function test_setCorridor_by_the_policy_officer_only() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger));
        vm.prank(stranger);
        policy.setCorridor(address(eur), EEA, HK, _corridor(Period.None, 0));
    }

    function test_setCorridor_refuses_zone_zero() public {
        vm.expectRevert(abi.encodeWithSelector(ICorridorPolicy.ZoneZero.selector, 0, HK));
        policy.setCorridor(address(eur), 0, HK, _corridor(Period.None, 0));
        vm.expectRevert(abi.encodeWithSelector(ICorridorPolicy.ZoneZero.selector, EEA, 0));
        policy.setCorridor(address(eur), EEA, 0, _corridor(Period.None, 0));
    }

    function test_setCorridor_refuses_crossed_limits() public {
        ICorridorPolicy.Corridor memory rules = _corridor(Period.None, 0);
        (rules.minAmount, rules.maxAmount) = (5, 4);
        vm.expectRevert(abi.encodeWithSelector(ICorridorPolicy.LimitsCrossed.selector, 5, 4));
        policy.setCorridor(address(eur), EEA, HK, rules);
        rules.maxAmount = 5;
        policy.setCorridor(address(eur), EEA, HK, rules);
    }

    function test_setCorridor_refuses_a_quota_without_period() public {
        vm.expectRevert(abi.encodeWithSelector(ICorridorPolicy.QuotaWithoutPeriod.selector, 1));
        policy.setCorridor(address(eur), EEA, HK, _corridor(Period.None, 1));
    }

    function test_setCorridor_accepts_the_offsets_of_the_earth() public {
        ICorridorPolicy.Corridor memory rules = _corridor(Period.Day, 1);
        int8[2] memory edges = [int8(-48), 56];
        for (uint256 i = 0; i < 2; ++i) {
            rules.utcOffsetQuarters = edges[i];
            policy.setCorridor(address(eur), EEA, HK, rules);
            assertEq(policy.corridor(address(eur), EEA, HK).utcOffsetQuarters, edges[i]);
        }
        int8[4] memory beyond = [int8(-49), 57, type(int8).min, type(int8).max];
        for (uint256 i = 0; i < 4; ++i) {
            rules.utcOffsetQuarters = beyond[i];
            vm.expectRevert(
                abi.encodeWithSelector(ICorridorPolicy.OffsetOutOfRange.selector, beyond[i], int8(-48), int8(56))
            );
            policy.setCorridor(address(eur), EEA, HK, rules);
        }
    }

    function test_setCorridor_fixes_period_and_offset_once_a_quota_was_counted() public {
        ICorridorPolicy.Corridor memory rules = _corridor(Period.Month, 10_00);
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
        ICorridorPolicy.Corridor memory rules = _corridor(Period.Day, YEARLY_QUOTA);
        vm.expectRevert(
            abi.encodeWithSelector(ICorridorPolicy.PeriodFixed.selector, Period.Day, int8(0), Period.Year, int8(0))
        );
        policy.setCorridor(address(eur), EEA, HK, rules);
    }

    /* OTHER SETTERS */

    function test_setRecognised_lists_and_delists() public {
        assertFalse(policy.isRecognised(stranger));
        vm.expectEmit(address(policy));
        emit ICorridorPolicy.RecognisedSet(stranger, true);
        policy.setRecognised(stranger, true);
        assertTrue(policy.isRecognised(stranger));
        vm.expectEmit(address(policy));
        emit ICorridorPolicy.RecognisedSet(stranger, false);
        policy.setRecognised(stranger, false);
        assertFalse(policy.isRecognised(stranger));
    }

    function test_setRecognised_by_the_policy_officer_only() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger));
        vm.prank(stranger);
        policy.setRecognised(stranger, true);
    }

    function test_setApprover_names_the_signer() public {
        vm.expectEmit(address(policy));
        emit ICorridorPolicy.ApproverSet(stranger);
        policy.setApprover(stranger);
        assertEq(policy.approver(), stranger);
    }

    function test_setApprover_by_the_policy_officer_only() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger));
        vm.prank(stranger);
        policy.setApprover(stranger);
    }

    /* CONSUME */

    function test_consume_counts_and_says_where() public {
        vm.expectEmit(address(policy));
        emit ICorridorPolicy.QuotaConsumed(address(eur), PAYER_CUSTOMER, REF_2026, 10_00, 10_00);
        (uint32 quotaRef, address approver) = _consume(payer, address(hkd), 10_00, "GDDS", EEA, HK);
        assertEq(quotaRef, REF_2026);
        assertEq(approver, address(0));

        vm.expectEmit(address(policy));
        emit ICorridorPolicy.QuotaConsumed(address(eur), PAYER_CUSTOMER, REF_2026, 5_00, 15_00);
        _consume(payer, 5_00);
        assertEq(policy.remainingQuota(address(eur), EEA, HK, PAYER_CUSTOMER), YEARLY_QUOTA - 15_00);
    }

    function test_consume_counts_nothing_without_a_period() public {
        vm.recordLogs();
        (uint32 quotaRef,) = _consume(payer, address(eur), 10_00, "", EEA, EEA);
        assertEq(quotaRef, 0);
        assertEq(vm.getRecordedLogs().length, 0);
        assertEq(policy.remainingQuota(address(eur), EEA, EEA, PAYER_CUSTOMER), type(uint104).max);
    }

    function test_consume_refuses_a_target_token_that_is_not_listed() public {
        policy.setRecognised(address(hkd), false);
        vm.expectRevert(abi.encodeWithSelector(ICorridorPolicy.TokenNotRecognised.selector, hkd));
        _consume(payer, 10_00);
    }

    function test_consume_lets_a_token_pay_into_itself_unlisted() public {
        assertFalse(policy.isRecognised(address(eur)));
        _consume(payer, address(eur), 10_00, "", EEA, HK);
    }

    function test_consume_refuses_a_closed_corridor() public {
        vm.expectRevert(abi.encodeWithSelector(ICorridorPolicy.CorridorClosed.selector, eur, HK, EEA));
        _consume(payer, address(hkd), 10_00, "", HK, EEA);

        ICorridorPolicy.Corridor memory rules = _corridor(Period.Year, YEARLY_QUOTA);
        rules.open = false;
        policy.setCorridor(address(eur), EEA, HK, rules);
        vm.expectRevert(abi.encodeWithSelector(ICorridorPolicy.CorridorClosed.selector, eur, EEA, HK));
        _consume(payer, 10_00);
    }

    function test_consume_refuses_a_country_without_zone() public {
        vm.expectRevert(abi.encodeWithSelector(ICorridorPolicy.CorridorClosed.selector, eur, 0, HK));
        _consume(payer, address(hkd), 10_00, "", 0, HK);
        vm.expectRevert(abi.encodeWithSelector(ICorridorPolicy.CorridorClosed.selector, eur, EEA, 0));
        _consume(payer, address(hkd), 10_00, "", EEA, 0);
    }

    function test_consume_refuses_who_is_no_token_of_the_bank() public {
        vm.expectRevert(abi.encodeWithSelector(ICorridorPolicy.CorridorClosed.selector, stranger, EEA, HK));
        vm.prank(stranger);
        policy.consume("", payer, 10_00, stranger, EEA, HK, eurBank.registry);
    }

    function test_consume_holds_to_the_limits() public {
        _consume(payer, 1_00);
        vm.expectRevert(abi.encodeWithSelector(ICorridorPolicy.AmountOutsideLimits.selector, 99, 1_00, 100_000_00));
        _consume(payer, 99);

        policy.setCorridor(address(eur), EEA, HK, _corridor(Period.Year, 1_000_000_00));
        _consume(payer, 100_000_00);
        vm.expectRevert(
            abi.encodeWithSelector(ICorridorPolicy.AmountOutsideLimits.selector, 100_000_01, 1_00, 100_000_00)
        );
        _consume(payer, 100_000_01);
    }

    function test_consume_asks_for_a_purpose_where_the_corridor_does() public {
        ICorridorPolicy.Corridor memory rules = _corridor(Period.Year, YEARLY_QUOTA);
        rules.purposeRequired = true;
        policy.setCorridor(address(eur), EEA, HK, rules);
        vm.expectRevert(abi.encodeWithSelector(ICorridorPolicy.PurposeRequired.selector, EEA, HK));
        _consume(payer, address(hkd), 10_00, "", EEA, HK);
        _consume(payer, address(hkd), 10_00, "GDDS", EEA, HK);
        assertEq(policy.remainingQuota(address(eur), EEA, HK, PAYER_CUSTOMER), YEARLY_QUOTA - 10_00);
    }

    function test_consume_names_the_approver_where_the_corridor_needs_one() public {
        ICorridorPolicy.Corridor memory rules = _corridor(Period.Year, YEARLY_QUOTA);
        rules.approvalNeeded = true;
        policy.setCorridor(address(eur), EEA, HK, rules);
        (, address approver) = _consume(payer, address(hkd), 10_00, "", EEA, HK);
        assertEq(approver, eurBank.approver);

        policy.setApprover(address(0));
        vm.expectRevert(ICorridorPolicy.NoApprover.selector);
        _consume(payer, 10_00);
    }

    function test_consume_refuses_a_payer_without_customer_id() public {
        vm.expectRevert(abi.encodeWithSelector(ICorridorPolicy.UnknownCustomer.selector, stranger));
        _consume(stranger, 10_00);
    }

    function test_consume_ends_at_the_quota() public {
        _consume(payer, YEARLY_QUOTA - 1_00);
        vm.expectRevert(abi.encodeWithSelector(ICorridorPolicy.QuotaExceeded.selector, PAYER_CUSTOMER, 1_01, 1_00));
        _consume(payer, 1_01);
        _consume(payer, 1_00);
        assertEq(policy.remainingQuota(address(eur), EEA, HK, PAYER_CUSTOMER), 0);
        vm.expectRevert(abi.encodeWithSelector(ICorridorPolicy.QuotaExceeded.selector, PAYER_CUSTOMER, 1_00, 0));
        _consume(payer, 1_00);
    }

    function test_consume_shares_the_quota_among_the_wallets_of_a_customer() public {
        address second = makeAddr("second wallet");
        _onboard(eurBank, second, Category.Retail, FRANCE, PAYER_CUSTOMER);
        _consume(payer, YEARLY_QUOTA - 1_00);
        vm.expectRevert(abi.encodeWithSelector(ICorridorPolicy.QuotaExceeded.selector, PAYER_CUSTOMER, 2_00, 1_00));
        _consume(second, 2_00);
        _consume(neighbour, YEARLY_QUOTA);
    }

    function test_consume_counts_each_corridor_and_each_token_apart() public {
        policy.setCorridor(address(eur), EEA, EEA, _corridor(Period.Year, 10_00));
        policy.setCorridor(address(hkd), EEA, HK, _corridor(Period.Year, 10_00));
        _consume(payer, YEARLY_QUOTA);
        _consume(payer, address(eur), 10_00, "", EEA, EEA);
        vm.prank(address(hkd));
        policy.consume("", payer, 10_00, address(hkd), EEA, HK, eurBank.registry);
        assertEq(policy.remainingQuota(address(hkd), EEA, HK, PAYER_CUSTOMER), 0);
    }

    function test_consume_begins_anew_with_the_next_year_of_the_corridors_clock() public {
        ICorridorPolicy.Corridor memory rules = _corridor(Period.Year, YEARLY_QUOTA);
        rules.utcOffsetQuarters = CHINA;
        policy.setCorridor(address(eur), EEA, HK, rules);
        _consume(payer, YEARLY_QUOTA);

        vm.warp(NEW_YEAR - 8 hours - 1);
        vm.expectRevert(abi.encodeWithSelector(ICorridorPolicy.QuotaExceeded.selector, PAYER_CUSTOMER, 1_00, 0));
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
        vm.expectRevert(abi.encodeWithSelector(ICorridorPolicy.QuotaExceeded.selector, PAYER_CUSTOMER, 1_00, 0));
        _consume(payer, 1_00);
    }

    function test_consume_counts_up_to_the_greatest_amount() public {
        ICorridorPolicy.Corridor memory rules = _corridor(Period.Year, type(uint104).max);
        rules.maxAmount = type(uint104).max;
        policy.setCorridor(address(eur), EEA, HK, rules);
        _consume(payer, type(uint104).max);
        assertEq(policy.remainingQuota(address(eur), EEA, HK, PAYER_CUSTOMER), 0);
        vm.expectRevert(
            abi.encodeWithSelector(ICorridorPolicy.QuotaExceeded.selector, PAYER_CUSTOMER, type(uint104).max, 0)
        );
        _consume(payer, type(uint104).max);
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
        (uint32 within,) = _consume(payer, address(eur), 10_00, "", EEA, EEA);
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
        (uint32 quotaRef,) = policy.consume("GDDS", payer, 10_00, address(eur), EEA, HK, eurBank.registry);
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
        next.register(payer, Category.Retail, GERMANY, REVIEWED_UNTIL, 1009);
        vm.startPrank(address(eur));
        policy.consume("", payer, 3_00, address(hkd), EEA, HK, next);
        policy.restore(quotaRef, payer, 1_00, next);
        vm.stopPrank();
        assertEq(policy.remainingQuota(address(eur), EEA, HK, PAYER_CUSTOMER), YEARLY_QUOTA - 10_00);
        assertEq(policy.remainingQuota(address(eur), EEA, HK, 1009), YEARLY_QUOTA - 2_00);
    }

    function test_a_wallet_that_was_unknown_is_asked_about_again() public {
        vm.expectRevert(abi.encodeWithSelector(ICorridorPolicy.UnknownCustomer.selector, stranger));
        _consume(stranger, 10_00);
        _onboard(eurBank, stranger, Category.Retail, GERMANY, 1010);
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
                    vm.expectRevert(
                        abi.encodeWithSelector(
                            ICorridorPolicy.QuotaExceeded.selector, PAYER_CUSTOMER, amount, YEARLY_QUOTA - used
                        )
                    );
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

    function _consume(address from, uint104 amount) private returns (uint32 quotaRef) {
        (quotaRef,) = _consume(from, address(hkd), amount, "", EEA, HK);
    }

    function _consume(address from, address target, uint104 amount, bytes4 purpose, uint8 fromZone, uint8 toZone)
        private
        returns (uint32 quotaRef, address approver)
    {
        vm.prank(address(eur));
        return policy.consume(purpose, from, amount, target, fromZone, toZone, eurBank.registry);
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

    function _expectPeriodFixed(ICorridorPolicy.Corridor memory rules) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                ICorridorPolicy.PeriodFixed.selector, rules.period, rules.utcOffsetQuarters, Period.Month, CHINA
            )
        );
        policy.setCorridor(address(eur), EEA, HK, rules);
    }
}
