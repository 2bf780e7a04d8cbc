// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20Upgradeable} from "@openzeppelin/contracts-upgradeable/token/ERC20/ERC20Upgradeable.sol";
import {IERC3009, IERC3009Cancel} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";

import {IDepositTokenMain} from "../interfaces/IDepositTokenMain.sol";
import {TypeHashes} from "../libraries/TypeHashes.sol";
import {Authorizations} from "./Authorizations.sol";

/// @notice ERC-3009 for every wallet: both signature forms take an account's key first and its ERC-1271 contract
/// second, nonces are random, and the validity bounds are Unix seconds, both exclusive.
/// @dev Not OpenZeppelin's `ERC3009`: it reads block numbers into the bounds, takes keys only, and keeps the type
/// hashes that clients read under the same names as internal constants.
abstract contract WalletERC3009 is ERC20Upgradeable, Authorizations, IERC3009, IERC3009Cancel, IDepositTokenMain {
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
        bytes32 structHash = _hashAuthorization(
            TypeHashes.TRANSFER_WITH_AUTHORIZATION, from, to, value, validAfter, validBefore, nonce
        );
        _requireSigned(from, structHash, v, r, s);
        _execute(from, to, value, validAfter, validBefore, nonce);
    }

    /// @inheritdoc IDepositTokenMain
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external {
        bytes32 structHash = _hashAuthorization(
            TypeHashes.TRANSFER_WITH_AUTHORIZATION, from, to, value, validAfter, validBefore, nonce
        );
        _requireSigned(from, structHash, signature);
        _execute(from, to, value, validAfter, validBefore, nonce);
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
        bytes32 structHash =
            _hashAuthorization(TypeHashes.RECEIVE_WITH_AUTHORIZATION, from, to, value, validAfter, validBefore, nonce);
        _requireSigned(from, structHash, v, r, s);
        _execute(from, to, value, validAfter, validBefore, nonce);
    }

    /// @inheritdoc IDepositTokenMain
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
        bytes32 structHash =
            _hashAuthorization(TypeHashes.RECEIVE_WITH_AUTHORIZATION, from, to, value, validAfter, validBefore, nonce);
        _requireSigned(from, structHash, signature);
        _execute(from, to, value, validAfter, validBefore, nonce);
    }

    /// @inheritdoc IERC3009Cancel
    function cancelAuthorization(address authorizer, bytes32 nonce, uint8 v, bytes32 r, bytes32 s) external {
        bytes32 structHash = keccak256(abi.encode(TypeHashes.CANCEL_AUTHORIZATION, authorizer, nonce));
        _requireSigned(authorizer, structHash, v, r, s);
        _cancelAuthorization(authorizer, nonce);
    }

    /// @inheritdoc IDepositTokenMain
    function cancelAuthorization(address authorizer, bytes32 nonce, bytes calldata signature) external {
        _requireSigned(authorizer, keccak256(abi.encode(TypeHashes.CANCEL_AUTHORIZATION, authorizer, nonce)), signature);
        _cancelAuthorization(authorizer, nonce);
    }

    /// @dev For an authorization whose signature was checked.
    function _execute(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce)
        private
    {
        _useInTime(from, validAfter, validBefore, nonce);
        _update(from, to, value);
    }

    /// @dev The same, without moving anything.
    function _useInTime(address from, uint256 validAfter, uint256 validBefore, bytes32 nonce) internal {
        if (block.timestamp <= validAfter || block.timestamp >= validBefore) {
            revert ERC3009InvalidAuthorizationTime(validAfter, validBefore);
        }
        _useAuthorization(from, nonce);
        emit AuthorizationUsed(from, nonce);
    }

    function _hashAuthorization(
        bytes32 typeHash,
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(typeHash, from, to, value, validAfter, validBefore, nonce));
    }

    function _cancelAuthorization(address authorizer, bytes32 nonce) private {
        _useAuthorization(authorizer, nonce);
        emit AuthorizationCanceled(authorizer, nonce);
    }

    function _requireReceiver(address to) private view {
        if (to != _msgSender()) revert CallerNotPayee(_msgSender(), to);
    }
}
