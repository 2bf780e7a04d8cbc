// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

/// @title ERC-7943 for ERC-20 tokens: checks and enforcement for regulated assets
/// @notice `type(IERC7943Fungible).interfaceId` is 0x3edbb4c4.
interface IERC7943Fungible is IERC165 {
    /// @notice `amount` was moved without its holder.
    event ForcedTransfer(address indexed from, address indexed to, uint256 amount);
    /// @notice Of the account's balance `amount` is frozen from now on.
    event Frozen(address indexed account, uint256 amount);

    /// @notice The account may not send.
    error ERC7943CannotSend(address account);
    /// @notice The account may not receive.
    error ERC7943CannotReceive(address account);
    /// @notice The transfer is not allowed between these accounts.
    error ERC7943CannotTransfer(address from, address to, uint256 amount);
    /// @notice The balance covers the amount, but not what of it is not frozen.
    error ERC7943InsufficientUnfrozenBalance(address account, uint256 amount, uint256 unfrozen);

    /// @notice Moves tokens without their holder, frozen ones too.
    /// @return result Always true; everything else reverts.
    function forcedTransfer(address from, address to, uint256 amount) external returns (bool result);

    /// @notice Sets how much of an account's balance is frozen; overwrites what was set before.
    /// @return result Always true; everything else reverts.
    function setFrozenTokens(address account, uint256 amount) external returns (bool result);

    /// @notice Whether the account may send at all.
    function canSend(address account) external view returns (bool allowed);

    /// @notice Whether the account may receive at all.
    function canReceive(address account) external view returns (bool allowed);

    /// @notice What is frozen of an account's balance, which may be less.
    function getFrozenTokens(address account) external view returns (uint256 amount);

    /// @notice Whether `transfer(to, amount)` by `from` would succeed now.
    function canTransfer(address from, address to, uint256 amount) external view returns (bool allowed);
}
