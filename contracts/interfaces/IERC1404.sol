// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title ERC-1404, Simple Restricted Token Standard
/// @notice Says beforehand whether a transfer is refused, and why.
interface IERC1404 {
    /// @notice The reason why `transfer(to, value)` by `from` would be refused now; 0 if it would not.
    /// @return code See {Restriction}.
    function detectTransferRestriction(address from, address to, uint256 value) external view returns (uint8 code);

    /// @notice One English sentence for a code.
    function messageForTransferRestriction(uint8 code) external view returns (string memory message);
}
