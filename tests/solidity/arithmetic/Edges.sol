// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Values from a fuzzer's seed that lie at the edges of a range as often as inside it.
library Edges {
    /// @notice The least, the greatest, one step inside of either, any value, or a value of any length: each as often.
    function pick(uint256 seed, uint256 least, uint256 greatest) internal pure returns (uint256) {
        uint256 choice = seed % 6;
        seed /= 6;
        uint256 span = greatest - least;
        if (choice == 0 || span == 0) return least;
        if (choice == 1) return least + 1;
        if (choice == 2) return greatest - 1;
        if (choice == 3) return greatest;
        // The fields are at most 128 bits wide.
        return least + ((seed % (span + 1)) >> (choice == 4 ? 0 : (seed >> 192) % 128));
    }

    /// @notice The same of a uint104, the width of a payment's amounts.
    function amount(uint256 seed, uint256 least, uint256 greatest) internal pure returns (uint104) {
        return uint104(pick(seed, least, greatest));
    }

    /// @notice 0, 1, the greatest less 1 and the greatest of a field.
    function upTo(uint256 greatest) internal pure returns (uint256[4] memory) {
        return [uint256(0), 1, greatest - 1, greatest];
    }
}
