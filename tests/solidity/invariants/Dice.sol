// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Choices drawn from one seed, the same ones each time.
struct Dice {
    uint256 seed;
}

using Rolls for Dice global;

/// @notice Rolls {Dice}.
library Rolls {
    /// @notice Greater than any amount that {amount} draws by itself.
    uint256 internal constant GREATEST = 10 ** 12;

    /// @notice A number from 0 to `sides` - 1.
    function roll(Dice memory self, uint256 sides) internal pure returns (uint256) {
        self.seed = uint256(keccak256(abi.encode(self.seed)));
        return self.seed % sides;
    }

    function oneIn(Dice memory self, uint256 sides) internal pure returns (bool) {
        return self.roll(sides) == 0;
    }

    /// @notice An amount from 1 to `greatest` (at least 1), of every magnitude.
    function amount(Dice memory self, uint256 greatest) internal pure returns (uint256) {
        uint256 magnitude = 10 ** (1 + self.roll(12));
        return 1 + self.roll(magnitude < greatest ? magnitude : greatest);
    }
}
