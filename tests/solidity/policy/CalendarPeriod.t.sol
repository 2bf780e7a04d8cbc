// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CalendarPeriod, Period} from "../../../contracts/libraries/CalendarPeriod.sol";
import {Test} from "../support/ForgeStd.sol";
import {GREATEST_OFFSET, LEAST_OFFSET} from "../support/Limits.sol";

/// @notice Checks the library's arithmetic against a calendar that is leafed through month by month.
contract CalendarPeriodTest is Test {
    int8 private constant CHINA = 32;
    int8 private constant NEPAL = 23;

    /// @dev 2026-01-01 and 2027-01-01, 00:00 UTC.
    uint256 private constant NEW_YEAR_2026 = 1_767_225_600;
    uint256 private constant NEW_YEAR_2027 = 1_798_761_600;

    function test_periods_turn_at_midnight_of_their_clock() public pure {
        _assertTurns(Period.Year, NEW_YEAR_2027, 0, 2027);
        _assertTurns(Period.Year, NEW_YEAR_2027 - 8 hours, CHINA, 2027);
        _assertTurns(Period.Year, NEW_YEAR_2027 - 5 hours - 45 minutes, NEPAL, 2027);
        _assertTurns(Period.Year, NEW_YEAR_2027 - 14 hours, GREATEST_OFFSET, 2027);
        _assertTurns(Period.Year, NEW_YEAR_2027 + 12 hours, LEAST_OFFSET, 2027);
        _assertTurns(Period.Month, NEW_YEAR_2027, 0, 57 * 12);
        // 2026-03-01: 56 years and two months after January 1970.
        _assertTurns(Period.Month, NEW_YEAR_2026 + 59 days - 8 hours, CHINA, 56 * 12 + 2);
        _assertTurns(Period.Day, NEW_YEAR_2026 - 14 hours, GREATEST_OFFSET, 20_454);
        _assertTurns(Period.Day, NEW_YEAR_2026 + 12 hours, LEAST_OFFSET, 20_454);
    }

    /// @dev The number is kept in 16 bits.
    function test_numbers_begin_with_unix_time_and_repeat_after_the_greatest() public pure {
        assertEq(CalendarPeriod.indexOf(Period.None, NEW_YEAR_2026, CHINA), 0);
        assertEq(CalendarPeriod.indexOf(Period.Day, 12 hours, LEAST_OFFSET), 0);
        assertEq(CalendarPeriod.indexOf(Period.Month, 12 hours, LEAST_OFFSET), 0);
        assertEq(CalendarPeriod.indexOf(Period.Year, 12 hours, LEAST_OFFSET), 1970);
        assertEq(CalendarPeriod.indexOf(Period.Day, 12 hours - 1, GREATEST_OFFSET), 1);
        assertEq(CalendarPeriod.indexOf(Period.Day, 65_535 days, 0), 65_535);
        assertEq(CalendarPeriod.indexOf(Period.Day, 65_536 days, 0), 0);
        // 7431-04-01 and a month later; the first days of the years 65535 and 65536.
        assertEq(CalendarPeriod.indexOf(Period.Month, 1_994_679 days, 0), 65_535);
        assertEq(CalendarPeriod.indexOf(Period.Month, 1_994_709 days, 0), 0);
        assertEq(CalendarPeriod.indexOf(Period.Year, 23_216_639 days, 0), 65_535);
        assertEq(CalendarPeriod.indexOf(Period.Year, 23_217_004 days, 0), 0);
    }

    /// @dev All 400 years after which the calendar repeats: the first and the last day of each month.
    function test_every_month_of_the_calendar() public pure {
        uint256 day = 0;
        uint256 months = 0;
        for (uint256 year = 1970; year < 2370; ++year) {
            uint8[12] memory lengths = _lengths(year);
            for (uint256 month = 0; month < 12; ++month) {
                for (uint256 i = 0; i < 2; ++i) {
                    uint256 noon = (i == 0 ? day : day + lengths[month] - 1) * 1 days + 12 hours;
                    assertEq(CalendarPeriod.indexOf(Period.Month, noon, 0), months, "month");
                    assertEq(CalendarPeriod.indexOf(Period.Year, noon, 0), year, "year");
                }
                day += lengths[month];
                ++months;
            }
        }
        assertEq(day, 146_097);
    }

    function _assertTurns(Period period, uint256 moment, int8 offset, uint16 number) private pure {
        assertEq(CalendarPeriod.indexOf(period, moment - 1, offset), number - 1, "a second before");
        assertEq(CalendarPeriod.indexOf(period, moment, offset), number, "at");
        assertEq(CalendarPeriod.indexOf(period, moment + 1, offset), number, "a second after");
    }

    function _lengths(uint256 year) private pure returns (uint8[12] memory) {
        return [31, _isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    }

    function _isLeap(uint256 year) private pure returns (bool) {
        return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    }
}
