// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {CustomerCategory} from "./Participant.sol";

/// @notice What a token knows of an account, as of now.
/// @param validUntil Until when it may send and receive, Unix seconds, exclusive; 0: not at all. System accounts:
/// 0.
/// @param country ISO 3166-1 numeric.
/// @param zone By the table of the token's registry; 0: the country has none.
/// @param category What kind of customer.
struct Standing {
    uint40 validUntil;
    uint16 country;
    uint8 zone;
    CustomerCategory category;
}
