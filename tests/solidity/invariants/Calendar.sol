// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Period} from "../../../contracts/libraries/CalendarPeriod.sol";

/// @notice Numbers a quota's periods as the policy should, by counting years and months one by one from 2026 on.
library Calendar {
    /// @dev Of 2026-01-01, since 1970-01-01.
    uint256 private constant FIRST_DAY = 20_454;
    uint256 private constant FIRST_YEAR = 2026;

    /// @notice A day's number since 1970-01-01, a month's since January 1970, or a year's own.
    /// @param time Unix seconds, in 2026 or later by the clock.
    /// @param quarters What the clock is ahead of UTC, in quarters of an hour.
    function numberOf(Period period, uint256 time, int8 quarters) internal pure returns (uint16) {
        uint256 day = uint256(int256(time) + int256(quarters) * 15 minutes) / 1 days;
        if (period == Period.Day) return uint16(day);
        (uint256 year, uint256 month) = (FIRST_YEAR, 0);
        uint256 left = day - FIRST_DAY;
        while (left >= _daysOf(year, month)) {
            left -= _daysOf(year, month);
            if (++month == 12) (year, month) = (year + 1, 0);
        }
        return uint16(period == Period.Year ? year : (year - 1970) * 12 + month);
    }

    /// @param month From 0 for January.
    function _daysOf(uint256 year, uint256 month) private pure returns (uint256) {
        if (month == 1) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
        return month == 3 || month == 5 || month == 8 || month == 10 ? 30 : 31;
    }
}
