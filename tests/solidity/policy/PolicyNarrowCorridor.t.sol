// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./PolicySystem.sol";

/// @notice What a working key may change of a corridor.
contract PolicyNarrowCorridorTest is PolicySystem {
    /// @dev What can be narrower or wider.
    enum Rule {
        Open,
        DirectTransfers,
        ApprovalNeeded,
        PurposeRequired,
        MinAmount,
        MaxAmount,
        Quota
    }

    function test_narrowCorridor_takes_the_present_rules_and_narrower_ones() public {
        _narrow(_wide(), _wide());
        _narrow(_wide(), _tight());
        _narrow(_tight(), _tight());
    }

    /// @dev Every rule by itself, one way and back; what is narrower in all the rest makes up for nothing.
    function test_narrowCorridor_moves_each_rule_one_way_only() public {
        for (uint8 i = 0; i <= uint8(type(Rule).max); ++i) {
            Corridor memory narrower = _withRuleOf(_wide(), _tight(), Rule(i));
            _narrow(_wide(), narrower);
            _refuseNarrowing(narrower, _wide());
            _refuseNarrowing(narrower, _withRuleOf(_tight(), _wide(), Rule(i)));
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
        for (uint8 i = 0; i <= uint8(type(Rule).max); ++i) {
            if ((changed >> (2 * i)) & 3 == 0) narrow = _withRuleOf(narrow, _drawn(narrowSeed), Rule(i));
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

    /// @dev Every other rule stays.
    function _withRuleOf(Corridor memory rules, Corridor memory other, Rule rule)
        private
        pure
        returns (Corridor memory)
    {
        if (rule == Rule.Open) rules.open = other.open;
        if (rule == Rule.DirectTransfers) rules.directTransfers = other.directTransfers;
        if (rule == Rule.ApprovalNeeded) rules.approvalNeeded = other.approvalNeeded;
        if (rule == Rule.PurposeRequired) rules.purposeRequired = other.purposeRequired;
        if (rule == Rule.MinAmount) rules.minAmount = other.minAmount;
        if (rule == Rule.MaxAmount) rules.maxAmount = other.maxAmount;
        if (rule == Rule.Quota) rules.quota = other.quota;
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

    function _refuseNarrowing(Corridor memory present, Corridor memory next) private {
        _set(present);
        _refused(_narrowing(next), PolicyReverts.corridorNotNarrower(next, present));
    }

    function _tryConsume(uint104 amount, bytes4 purpose) private returns (bool passed, address approver) {
        vm.prank(address(eur));
        try policy.consume(purpose, payer, amount, EEA, HK, eurBank.registry) returns (uint32, address named) {
            return (true, named);
        } catch {}
    }
}
