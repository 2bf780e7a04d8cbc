// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A wallet with code and three owners: accepts (ERC-1271) what all of them signed, one signature after
/// another.
/// @dev Imports nothing: the tests of conformance compile it too.
contract SharedWallet {
    bytes4 private constant VALID = 0x1626ba7e;
    uint256 private constant SIGNATURE = 65;

    address[3] private _owners;

    constructor(address[3] memory owners) {
        _owners = owners;
    }

    function isValidSignature(bytes32 digest, bytes calldata signatures) external view returns (bytes4) {
        if (signatures.length != _owners.length * SIGNATURE) return 0;
        for (uint256 i = 0; i < _owners.length; ++i) {
            bytes calldata signature = signatures[i * SIGNATURE:(i + 1) * SIGNATURE];
            (bytes32 r, bytes32 s) = abi.decode(signature[:64], (bytes32, bytes32));
            if (ecrecover(digest, uint8(signature[64]), r, s) != _owners[i]) return 0;
        }
        return VALID;
    }
}
