// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @notice A wallet with code and three owners: accepts (ERC-1271) what all of them signed, one signature after another.
contract SharedWallet is IERC1271 {
    uint256 private constant SIGNATURE = 65;

    address[3] private _owners;

    constructor(address[3] memory owners) {
        _owners = owners;
    }

    function isValidSignature(bytes32 digest, bytes calldata signatures) external view returns (bytes4) {
        if (signatures.length != _owners.length * SIGNATURE) return bytes4(0);
        for (uint256 i = 0; i < _owners.length; ++i) {
            (address recovered,,) = ECDSA.tryRecoverCalldata(digest, signatures[i * SIGNATURE:(i + 1) * SIGNATURE]);
            if (recovered != _owners[i]) return bytes4(0);
        }
        return IERC1271.isValidSignature.selector;
    }
}
