// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What escrow and banks ask of a token in Hong Kong dollars that says yes to everybody and looks at no
/// signature.
abstract contract LenientToken {
    /// @dev For the helpers that sign.
    bytes32 public constant RECEIVE_WITH_AUTHORIZATION_TYPEHASH = 0;
    bytes32 public constant DOMAIN_SEPARATOR = 0;

    bytes3 public constant currency = "HKD";

    function requireRefund(address, address) external pure {}
    function requireDealer(address) external pure {}
    function isBlocked(address) external pure returns (bool) {}
    function payerBlocked(address) external pure returns (bool) {}
}
