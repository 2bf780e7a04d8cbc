// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Edges} from "./Edges.sol";
import "./GreatAmounts.sol";

/// @notice A quota counts until the last second of its period by the corridor's clock and begins anew with the next, on
/// every clock of the earth.
/// @dev The days on which periods turn, and their numbers, are written out and not computed by the library under test.
contract QuotaWindowsTest is GreatAmounts {
    uint8 private constant LAST_ZONE = type(uint8).max;

    /// @dev The first day of a period, in days since 1970-01-01, and the period's number as the policy keeps it.
    struct Turn {
        uint256 day;
        uint16 number;
    }

    ICorridorPolicy private policy;
    Turn[] private _turns;

    function setUp() public override {
        super.setUp();
        policy = eurBank.policy;
    }

    function test_days_turn_at_midnight_of_every_clock() public {
        _turns.push(Turn(11_016, 11_016)); // 2000-02-29
        _turns.push(Turn(11_017, 11_017)); // 2000-03-01
        _turns.push(Turn(20_819, 20_819)); // 2027-01-01
        _turns.push(Turn(21_243, 21_243)); // 2028-02-29
        _turns.push(Turn(47_541, 47_541)); // 2100-03-01
        _turns.push(Turn(65_535, type(uint16).max)); // 2149-06-06, the last number
        _turns.push(Turn(65_536, 0));
        _assertTurnsOnEveryClock(Period.Day);
    }

    function test_months_turn_at_midnight_of_every_clock() public {
        _turns.push(Turn(11_017, 362)); // 2000-03-01, after 29 February
        _turns.push(Turn(20_819, 684)); // 2027-01-01
        _turns.push(Turn(21_244, 698)); // 2028-03-01, after 29 February
        _turns.push(Turn(47_541, 1_562)); // 2100-03-01, after 28 February
        _turns.push(Turn(157_114, 5_162)); // 2400-03-01, after 29 February
        _turns.push(Turn(1_994_679, type(uint16).max)); // 7431-04-01, the last number
        _turns.push(Turn(1_994_709, 0));
        _assertTurnsOnEveryClock(Period.Month);
    }

    function test_years_turn_at_midnight_of_every_clock() public {
        _turns.push(Turn(20_819, 2027));
        _turns.push(Turn(21_550, 2029)); // after a leap year
        _turns.push(Turn(47_847, 2101)); // after 2100, which is none
        _turns.push(Turn(23_216_639, type(uint16).max)); // 65535, the last number
        _turns.push(Turn(23_217_004, 0));
        _assertTurnsOnEveryClock(Period.Year);
    }

    /// @dev A model beside the policy, at the edges of a quota and of the amounts that are taken and given back.
    function testFuzz_use_at_the_edges_of_the_quota(
        uint256 quota,
        uint256[8] calldata amounts,
        uint8 choices,
        uint8 restores
    ) public {
        uint104 limit = Edges.amount(quota, 0, GREATEST);
        policy.setCorridor(address(eur), EEA, HK, _unlimited(Period.Year, limit));
        uint104 used = 0;
        for (uint256 i = 0; i < amounts.length; ++i) {
            uint104 amount = Edges.amount(amounts[i], 0, (choices >> i) & 1 == 0 ? GREATEST : limit);
            if ((restores >> i) & 1 == 0) {
                vm.prank(address(eur));
                policy.restore(0x010207ea, payer, amount, eurBank.registry);
                used -= amount < used ? amount : used;
            } else if (amount > limit - used) {
                vm.expectRevert(PolicyReverts.quotaExceeded(PAYER_CUSTOMER, amount, limit - used));
                _consume(HK, amount);
            } else {
                assertEq(_consume(HK, amount), 0x010207ea);
                used += amount;
            }
            assertEq(policy.remainingQuota(address(eur), EEA, HK, PAYER_CUSTOMER), limit - used);
        }
    }

    /// @dev The greatest zones, the last period and the greatest amount beside each other.
    function test_the_greatest_reference_finds_its_count_again() public {
        policy.setCorridor(address(eur), LAST_ZONE, LAST_ZONE, _unlimited(Period.Day, GREATEST));
        vm.warp(uint256(type(uint16).max) * 1 days);
        vm.prank(address(eur));
        (uint32 quotaRef,) = policy.consume("", payer, GREATEST, LAST_ZONE, LAST_ZONE, eurBank.registry);
        assertEq(quotaRef, type(uint32).max);
        assertEq(policy.remainingQuota(address(eur), LAST_ZONE, LAST_ZONE, PAYER_CUSTOMER), 0);
        vm.prank(address(eur));
        policy.restore(quotaRef, payer, GREATEST - 1, eurBank.registry);
        assertEq(policy.remainingQuota(address(eur), LAST_ZONE, LAST_ZONE, PAYER_CUSTOMER), GREATEST - 1);
    }

    /// @dev A corridor for each clock, to a zone of its own.
    function _assertTurnsOnEveryClock(Period period) private {
        uint8 zone = 0;
        for (int8 offset = LEAST_OFFSET; offset <= GREATEST_OFFSET; ++offset) {
            Corridor memory rules = _unlimited(period, GREATEST);
            rules.utcOffsetQuarters = offset;
            policy.setCorridor(address(eur), EEA, ++zone + HK, rules);
            for (uint256 i = 0; i < _turns.length; ++i) {
                _assertTurns(_turns[i], zone + HK, offset);
            }
        }
    }

    function _assertTurns(Turn memory turn, uint8 zone, int8 offset) private {
        uint256 midnight = uint256(int256(turn.day * 1 days) - int256(offset) * 15 minutes);
        vm.warp(midnight - 1);
        assertNotEq(uint16(_consume(zone, GREATEST - 1)), turn.number, "number of the period before");
        assertEq(_remaining(zone), 1, "last second");
        vm.warp(midnight);
        assertEq(_remaining(zone), GREATEST, "first second");
        uint32 quotaRef = _consume(zone, GREATEST);
        assertEq(uint16(quotaRef), turn.number, "number");
        // For the next turn, which may be a day later.
        vm.prank(address(eur));
        policy.restore(quotaRef, payer, GREATEST, eurBank.registry);
        assertEq(_remaining(zone), GREATEST, "given back");
    }

    function _consume(uint8 zone, uint104 amount) private returns (uint32 quotaRef) {
        vm.prank(address(eur));
        (quotaRef,) = policy.consume("", payer, amount, EEA, zone, eurBank.registry);
    }

    function _remaining(uint8 zone) private view returns (uint104) {
        return policy.remainingQuota(address(eur), EEA, zone, PAYER_CUSTOMER);
    }
}
