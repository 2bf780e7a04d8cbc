// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Choices drawn from one seed, the same ones each time.
abstract contract Dice {
    uint256 internal seed;

    /// @notice A number from 0 to `sides` - 1.
    function _roll(uint256 sides) internal returns (uint256) {
        seed = uint256(keccak256(abi.encode(seed)));
        return seed % sides;
    }

    function _oneIn(uint256 sides) internal returns (bool) {
        return _roll(sides) == 0;
    }

    /// @notice An amount from 1 to `greatest` (at least 1), of every magnitude.
    function _amount(uint256 greatest) internal returns (uint256) {
        uint256 magnitude = 10 ** (1 + _roll(12));
        return 1 + _roll(magnitude < greatest ? magnitude : greatest);
    }
}
