// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice The EIP-712 type hashes of ERC-2612 and ERC-3009 as clients read them. OpenZeppelin keeps its constants of
/// the same names internal; a contract can have both only by inheriting them from two bases.
abstract contract AuthorizationTypeHashes {
    /* solhint-disable func-name-mixedcase */

    /// @notice EIP-712 type hash of ERC-2612's `Permit`.
    function PERMIT_TYPEHASH() external pure returns (bytes32) {
        return keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
    }

    /// @notice EIP-712 type hash of ERC-3009's `TransferWithAuthorization`.
    function TRANSFER_WITH_AUTHORIZATION_TYPEHASH() external pure returns (bytes32) {
        return keccak256(
            "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
        );
    }

    /// @notice EIP-712 type hash of ERC-3009's `ReceiveWithAuthorization`.
    function RECEIVE_WITH_AUTHORIZATION_TYPEHASH() external pure returns (bytes32) {
        return keccak256(
            "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
        );
    }

    /// @notice EIP-712 type hash of ERC-3009's `CancelAuthorization`.
    function CANCEL_AUTHORIZATION_TYPEHASH() external pure returns (bytes32) {
        return keccak256("CancelAuthorization(address authorizer,bytes32 nonce)");
    }
}
