// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ZonePair} from "./ZonePair.sol";

/// @notice Where a policy has counted a payment. Token and escrow keep and hand back a number that they don't read:
/// another policy may count otherwise.
///
/// | bits | field |
/// |---|---|
/// | 0 to 15 | number of the calendar period |
/// | 16 to 31 | zones, as in a {ZonePair} |
type QuotaRef is uint32;

using QuotaRefPacking for QuotaRef global;

/// @notice Packs and reads a {QuotaRef}.
// forge-lint: disable-next-item(unsafe-typecast): a field is cut out of its word.
library QuotaRefPacking {
    uint32 private constant PAIR_SHIFT = 16;

    function pack(ZonePair pair_, uint16 period_) internal pure returns (QuotaRef) {
        return QuotaRef.wrap(period_ | (uint32(ZonePair.unwrap(pair_)) << PAIR_SHIFT));
    }

    function period(QuotaRef self) internal pure returns (uint16) {
        return uint16(QuotaRef.unwrap(self));
    }

    function pair(QuotaRef self) internal pure returns (ZonePair) {
        return ZonePair.wrap(uint16(QuotaRef.unwrap(self) >> PAIR_SHIFT));
    }
}
