// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice What of a balance can't be spent, in minor units.
/// @param frozen By the bank's compliance; may exceed the balance.
/// @param locked By the holder's own open redemptions; never exceeds the balance.
struct Encumbrance {
    uint128 frozen;
    uint128 locked;
}

using EncumbranceMath for Encumbrance global;

/// @notice Reads an {Encumbrance} against a balance.
library EncumbranceMath {
    /// @notice What is not frozen, floored at zero.
    function unfrozenOf(Encumbrance memory self, uint256 balance) internal pure returns (uint256) {
        return Math.saturatingSub(balance, self.frozen);
    }

    /// @notice What is neither frozen nor locked, floored at zero.
    function spendableOf(Encumbrance memory self, uint256 balance) internal pure returns (uint256) {
        return Math.saturatingSub(balance, uint256(self.frozen) + self.locked);
    }
}
