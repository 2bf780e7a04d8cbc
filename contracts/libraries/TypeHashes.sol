// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice EIP-712 type hashes of everything that a holder signs for a token.
library TypeHashes {
    bytes32 internal constant PERMIT =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
    bytes32 internal constant TRANSFER_WITH_AUTHORIZATION = keccak256(
        "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 internal constant RECEIVE_WITH_AUTHORIZATION = keccak256(
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 internal constant CANCEL_AUTHORIZATION = keccak256("CancelAuthorization(address authorizer,bytes32 nonce)");
    bytes32 internal constant REDEMPTION_REQUEST = keccak256(
        "RedemptionRequest(address holder,uint256 amount,bytes32 payoutReference,bytes32 nonce,uint256 deadline)"
    );
}
