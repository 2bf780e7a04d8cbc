// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @notice Checks a signature by ECDSA first and only then by ERC-1271, so that an account that has both a key and
/// code (EIP-7702) can sign with its key.
library Signatures {
    /// @notice Whether `signature` (65 bytes r, s, v with s in the lower half order, or whatever the signer's contract
    /// accepts) is `signer`'s over `digest`.
    function isValid(address signer, bytes32 digest, bytes calldata signature) internal view returns (bool) {
        address recovered = recover(digest, signature);
        return (recovered == signer && signer != address(0)) || isValidByContract(signer, digest, signature);
    }

    /// @notice The same for a signature in its parts, of a key or of a contract that takes r, s, v as 65 bytes.
    function isValid(address signer, bytes32 digest, uint8 v, bytes32 r, bytes32 s) internal view returns (bool) {
        if (recover(digest, v, r, s) == signer && signer != address(0)) return true;
        return signer.code.length != 0
            && SignatureChecker.isValidERC1271SignatureNow(signer, digest, abi.encodePacked(r, s, v));
    }

    /// @notice The account whose key signed `digest`; zero if the bytes are no such signature.
    function recover(bytes32 digest, bytes calldata signature) internal pure returns (address recovered) {
        // slither-disable-next-line unused-return: what is no signature recovers to zero.
        (recovered,,) = ECDSA.tryRecoverCalldata(digest, signature);
    }

    /// @notice The same of a signature in its parts.
    function recover(bytes32 digest, uint8 v, bytes32 r, bytes32 s) internal pure returns (address recovered) {
        // slither-disable-next-line unused-return: what is no signature recovers to zero.
        (recovered,,) = ECDSA.tryRecover(digest, v, r, s);
    }

    /// @notice Whether the contract at `signer` accepts the signature (ERC-1271).
    function isValidByContract(address signer, bytes32 digest, bytes calldata signature) internal view returns (bool) {
        return signer.code.length != 0 && SignatureChecker.isValidERC1271SignatureNowCalldata(signer, digest, signature);
    }
}
