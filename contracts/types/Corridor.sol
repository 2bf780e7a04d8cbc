// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Period} from "./Period.sol";

/// @notice The rules from one zone to another. Amounts in minor units of the token.
/// @param open Whether payments may pass.
/// @param directTransfers Whether plain transfers may pass, outside a payment and uncounted.
/// @param approvalNeeded Whether each payment needs the approver's signature.
/// @param purposeRequired Whether each payment must name a purpose.
/// @param period The calendar period that the quota counts in; `None`: no quota. Fixed once a quota was counted.
/// @param utcOffsetQuarters The calendar's offset from UTC in quarters of an hour, from -48 to 56 (China: 32).
/// Fixed with the period.
/// @param minAmount Least amount of a payment.
/// @param maxAmount Greatest amount of a payment.
/// @param quota What one customer may pay in one period; must be 0 without a period.
struct Corridor {
    bool open;
    bool directTransfers;
    bool approvalNeeded;
    bool purposeRequired;
    Period period;
    int8 utcOffsetQuarters;
    uint104 minAmount;
    uint104 maxAmount;
    uint104 quota;
}
