// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {IDepositTokenMain} from "../interfaces/IDepositTokenMain.sol";
import {Signatures} from "../libraries/Signatures.sol";

/// @notice The random nonces of everything that a holder signs for the token, ERC-3009's `cancelAuthorization`
/// included, and the EIP-712 domain that it signs in.
abstract contract Authorizations {
    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    string internal constant DOMAIN_VERSION = "1";
    bytes32 private constant VERSION_HASH = keccak256(bytes(DOMAIN_VERSION));

    /// @custom:storage-location erc7201:deposit_token.storage.Authorizations
    struct AuthorizationStorage {
        mapping(address authorizer => mapping(bytes32 nonce => bool)) used;
        // Of the token's name, which is the domain's.
        bytes32 nameHash;
    }

    /// @dev keccak256(abi.encode(uint256(keccak256("deposit_token.storage.Authorizations")) - 1)) &
    /// ~bytes32(uint256(0xff))
    bytes32 private constant STORAGE_LOCATION = 0x90145680a6ba1a9cf8f478a366dd96faccc5e5266fb28bed95030a925ece0c00;

    function _useAuthorization(address authorizer, bytes32 nonce) internal {
        mapping(bytes32 => bool) storage used = _authorizations().used[authorizer];
        if (used[nonce]) revert IDepositTokenMain.ERC3009UsedAuthorization(authorizer, nonce);
        used[nonce] = true;
    }

    function _requireSigned(address signer, bytes32 structHash, bytes calldata signature) internal view {
        if (!Signatures.isValid(signer, _hashTypedData(structHash), signature)) {
            revert IDepositTokenMain.ERC3009InvalidSignature();
        }
    }

    function _requireSigned(address signer, bytes32 structHash, uint8 v, bytes32 r, bytes32 s) internal view {
        if (!Signatures.isValid(signer, _hashTypedData(structHash), v, r, s)) {
            revert IDepositTokenMain.ERC3009InvalidSignature();
        }
    }

    function _hashTypedData(bytes32 structHash) internal view returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(_domainSeparator(), structHash);
    }

    function _domainSeparator() internal view returns (bytes32) {
        return
            keccak256(
                abi.encode(DOMAIN_TYPEHASH, _authorizations().nameHash, VERSION_HASH, block.chainid, address(this))
            );
    }

    function _authorizations() internal pure returns (AuthorizationStorage storage $) {
        // slither-disable-next-line assembly: the language's only way to an ERC-7201 struct.
        assembly ("memory-safe") {
            $.slot := STORAGE_LOCATION
        }
    }
}
