// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Period} from "../types/Period.sol";

/// @notice Numbers calendar days, months and years, so that two moments lie in the same period exactly if their numbers
/// are equal.
library CalendarPeriod {
    /// @notice The number of the period that a moment lies in, by the clock of a fixed UTC offset.
    /// @param period Day (days since 1970-01-01), Month (months since January 1970) or Year (Gregorian); None gives 0.
    /// @param timestamp Unix seconds, at least 12 hours after the epoch; day numbers repeat after 179 years (2^16
    /// days).
    /// @param utcOffsetQuarters The clock's offset from UTC in quarters of an hour, positive to the east.
    // forge-lint: disable-next-item(unsafe-typecast): the sum is positive; day numbers repeat, the others fit.
    // slither-disable-next-line divide-before-multiply: the divisions count whole eras, years and leap days.
    function indexOf(Period period, uint256 timestamp, int8 utcOffsetQuarters) internal pure returns (uint16) {
        if (period == Period.None) return 0;
        // An offset is at most 14 hours and a block's timestamp decades after 1970: the sum is positive.
        uint256 day = uint256(int256(timestamp) + int256(utcOffsetQuarters) * 15 minutes) / 1 days;
        if (period == Period.Day) return uint16(day);
        // To the proleptic Gregorian year and month (1 to 12), by the public-domain method "civil_from_days" (H. Hinnant,
        // chrono-Compatible Low-Level Date Algorithms): years start in March. All parts are at most the day, and none is
        // taken from less than it is.
        unchecked {
            uint256 shifted = day + 719_468;
            uint256 era = shifted / 146_097;
            uint256 dayOfEra = shifted % 146_097;
            uint256 yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
            uint256 dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
            uint256 monthFromMarch = (5 * dayOfYear + 2) / 153;
            uint256 month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
            uint256 year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
            return period == Period.Year ? uint16(year) : uint16((year - 1970) * 12 + month - 1);
        }
    }
}
