// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Edges} from "../arithmetic/Edges.sol";
import "./PolicySystem.sol";

/// @notice What passes by a corridor's rules, and what of it is counted.
contract PolicyConsumeTest is PolicySystem {
    /* RULES */

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

    /* QUOTA */

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

    /* CUSTOMER */

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
}
