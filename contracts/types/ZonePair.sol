// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @notice The zones that a corridor joins, in one number.
///
/// | bits | field |
/// |---|---|
/// | 0 to 7 | merchant's zone |
/// | 8 to 15 | payer's zone |
type ZonePair is uint16;

/// @notice Packs a {ZonePair}.
library ZonePairPacking {
    uint16 private constant FROM_SHIFT = 8;

    function pack(uint8 fromZone, uint8 toZone) internal pure returns (ZonePair) {
        return ZonePair.wrap(toZone | (uint16(fromZone) << FROM_SHIFT));
    }
}
