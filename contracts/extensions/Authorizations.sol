// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {IFrontOffice} from "../interfaces/IFrontOffice.sol";
import {Signatures} from "../libraries/Signatures.sol";

/// @notice The random nonces of everything that a holder signs for the token, ERC-3009's `cancelAuthorization`
/// included, and the EIP-712 domain that it signs in.
abstract contract Authorizations {
    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    string internal constant DOMAIN_NAME = "Deposit Token";
    string internal constant DOMAIN_VERSION = "1";
    bytes32 private constant NAME_HASH = keccak256("Deposit Token");
    bytes32 private constant VERSION_HASH = keccak256("1");

    /// @custom:storage-location erc7201:deposit_token.storage.Authorizations
    struct AuthorizationStorage {
        mapping(address authorizer => mapping(bytes32 nonce => bool)) used;
    }

    /// @dev keccak256(abi.encode(uint256(keccak256("deposit_token.storage.Authorizations")) - 1)) &
    /// ~bytes32(uint256(0xff))
    bytes32 private constant STORAGE_LOCATION = 0x90145680a6ba1a9cf8f478a366dd96faccc5e5266fb28bed95030a925ece0c00;

    function _isUsed(address authorizer, bytes32 nonce) internal view returns (bool) {
        return _authorizations().used[authorizer][nonce];
    }

    function _useAuthorization(address authorizer, bytes32 nonce) internal {
        mapping(bytes32 => bool) storage used = _authorizations().used[authorizer];
        if (used[nonce]) revert IFrontOffice.ERC3009UsedAuthorization(authorizer, nonce);
        used[nonce] = true;
    }

    function _requireSigned(address signer, bytes32 structHash, bytes calldata signature) internal view {
        if (!Signatures.isValid(signer, _hashTypedData(structHash), signature)) {
            revert IFrontOffice.ERC3009InvalidSignature();
        }
    }

    function _requireSigned(address signer, bytes32 structHash, uint8 v, bytes32 r, bytes32 s) internal view {
        if (!Signatures.isValid(signer, _hashTypedData(structHash), v, r, s)) {
            revert IFrontOffice.ERC3009InvalidSignature();
        }
    }

    function _hashTypedData(bytes32 structHash) internal view returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(_domainSeparator(), structHash);
    }

    /// @dev Of a constant name, so that no signature has to read the token's own from storage: address and chain make
    /// the domain unique, and `eip712Domain` (ERC-5267) tells it.
    function _domainSeparator() internal view returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPEHASH, NAME_HASH, VERSION_HASH, block.chainid, address(this)));
    }

    function _authorizations() private pure returns (AuthorizationStorage storage $) {
        // slither-disable-next-line assembly: the language's only way to an ERC-7201 struct.
        assembly ("memory-safe") {
            $.slot := STORAGE_LOCATION
        }
    }
}
