// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20Upgradeable} from "@openzeppelin/contracts-upgradeable/token/ERC20/ERC20Upgradeable.sol";
import {EIP712Upgradeable} from "@openzeppelin/contracts-upgradeable/utils/cryptography/EIP712Upgradeable.sol";
import {IERC3009, IERC3009Cancel} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";

import {IDepositToken} from "../interfaces/IDepositToken.sol";
import {Signatures} from "../libraries/Signatures.sol";

/// @notice ERC-3009 for every wallet: both signature forms take an account's key first and its ERC-1271 contract second,
/// nonces are random, and the validity bounds are Unix seconds, both exclusive.
/// @dev Not OpenZeppelin's `ERC3009`: it reads block numbers into the bounds, takes keys only, and keeps the type hashes
/// that clients read under the same names as internal constants.
abstract contract WalletERC3009 is ERC20Upgradeable, EIP712Upgradeable, IERC3009, IERC3009Cancel, IDepositToken {
    /// @dev The fields of both messages, in the order of their types.
    struct Authorization {
        address from;
        address to;
        uint256 value;
        uint256 validAfter;
        uint256 validBefore;
        bytes32 nonce;
    }

    /// @custom:storage-location erc7201:deposit_token.storage.WalletERC3009
    struct AuthorizationStorage {
        mapping(address authorizer => mapping(bytes32 nonce => bool)) used;
    }

    /// @notice EIP-712 type hash of `TransferWithAuthorization`.
    bytes32 public constant TRANSFER_WITH_AUTHORIZATION_TYPEHASH = keccak256(
        "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    /// @notice EIP-712 type hash of `ReceiveWithAuthorization`.
    bytes32 public constant RECEIVE_WITH_AUTHORIZATION_TYPEHASH = keccak256(
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    /// @notice EIP-712 type hash of `CancelAuthorization`.
    bytes32 public constant CANCEL_AUTHORIZATION_TYPEHASH =
        keccak256("CancelAuthorization(address authorizer,bytes32 nonce)");

    /// @dev keccak256(abi.encode(uint256(keccak256("deposit_token.storage.WalletERC3009")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant STORAGE_LOCATION = 0x6a60bc07d2f93cde5616db56d0e658f6d97d302c228fb1aad30071c47faca700;

    /// @inheritdoc IERC3009
    function authorizationState(address authorizer, bytes32 nonce) external view returns (bool) {
        return _authorizations().used[authorizer][nonce];
    }

    /// @inheritdoc IERC3009
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        _transferSigned(
            TRANSFER_WITH_AUTHORIZATION_TYPEHASH,
            Authorization(from, to, value, validAfter, validBefore, nonce),
            abi.encodePacked(r, s, v)
        );
    }

    /// @inheritdoc IDepositToken
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external {
        _transferSigned(
            TRANSFER_WITH_AUTHORIZATION_TYPEHASH,
            Authorization(from, to, value, validAfter, validBefore, nonce),
            signature
        );
    }

    /// @inheritdoc IERC3009
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        _requireReceiver(to);
        _transferSigned(
            RECEIVE_WITH_AUTHORIZATION_TYPEHASH,
            Authorization(from, to, value, validAfter, validBefore, nonce),
            abi.encodePacked(r, s, v)
        );
    }

    /// @inheritdoc IDepositToken
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external {
        _requireReceiver(to);
        _transferSigned(
            RECEIVE_WITH_AUTHORIZATION_TYPEHASH,
            Authorization(from, to, value, validAfter, validBefore, nonce),
            signature
        );
    }

    /// @inheritdoc IERC3009Cancel
    function cancelAuthorization(address authorizer, bytes32 nonce, uint8 v, bytes32 r, bytes32 s) external {
        _requireSigned(
            authorizer,
            keccak256(abi.encode(CANCEL_AUTHORIZATION_TYPEHASH, authorizer, nonce)),
            abi.encodePacked(r, s, v)
        );
        _cancelAuthorization(authorizer, nonce);
    }

    /// @inheritdoc IDepositToken
    function cancelAuthorization(address authorizer, bytes32 nonce, bytes calldata signature) external {
        _requireSigned(authorizer, keccak256(abi.encode(CANCEL_AUTHORIZATION_TYPEHASH, authorizer, nonce)), signature);
        _cancelAuthorization(authorizer, nonce);
    }

    function _transferSigned(bytes32 typeHash, Authorization memory authorization, bytes memory signature) private {
        _requireSigned(authorization.from, keccak256(abi.encode(typeHash, authorization)), signature);
        if (block.timestamp <= authorization.validAfter || block.timestamp >= authorization.validBefore) {
            revert ERC3009InvalidAuthorizationTime(authorization.validAfter, authorization.validBefore);
        }
        _useAuthorization(authorization.from, authorization.nonce);
        emit AuthorizationUsed(authorization.from, authorization.nonce);
        _transfer(authorization.from, authorization.to, authorization.value);
    }

    function _cancelAuthorization(address authorizer, bytes32 nonce) private {
        _useAuthorization(authorizer, nonce);
        emit AuthorizationCanceled(authorizer, nonce);
    }

    function _useAuthorization(address authorizer, bytes32 nonce) private {
        AuthorizationStorage storage $ = _authorizations();
        if ($.used[authorizer][nonce]) revert ERC3009UsedAuthorization(authorizer, nonce);
        $.used[authorizer][nonce] = true;
    }

    function _requireReceiver(address to) private view {
        if (to != _msgSender()) revert ERC20InvalidReceiver(to);
    }

    function _requireSigned(address signer, bytes32 structHash, bytes memory signature) private view {
        if (!Signatures.isValid(signer, _hashTypedDataV4(structHash), signature)) revert ERC3009InvalidSignature();
    }

    function _authorizations() private pure returns (AuthorizationStorage storage $) {
        assembly ("memory-safe") {
            $.slot := STORAGE_LOCATION
        }
    }
}
