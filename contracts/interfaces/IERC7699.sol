// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title ERC-7699 (draft): transfers with a reference
/// @notice A reference is public for ever: no names, no invoice texts. Interface id 0x1522573a.
interface IERC7699 {
    /// @notice The next `Transfer` of the same token in this transaction carries this reference: up to 32 bytes as they
    /// are, padded with zeros on the right; of a longer one the keccak256 hash.
    event TransferReference(bytes32 indexed loggedReference);

    /// @notice ERC-20's `transfer` with a reference; of an empty one nothing is told.
    /// @dev Emits {TransferReference} and `Transfer`. Reverts as `transfer`.
    function transfer(address to, uint256 amount, bytes calldata transferReference) external returns (bool);

    /// @notice ERC-20's `transferFrom` with a reference; of an empty one nothing is told.
    /// @dev Emits {TransferReference} and `Transfer`. Reverts as `transferFrom`.
    function transferFrom(address from, address to, uint256 amount, bytes calldata transferReference)
        external
        returns (bool);
}
