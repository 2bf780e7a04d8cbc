// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    ERC20PermitUpgradeable
} from "@openzeppelin/contracts-upgradeable/token/ERC20/extensions/ERC20PermitUpgradeable.sol";

import {Signatures} from "../libraries/Signatures.sol";

/// @notice ERC-2612 for every wallet: a permit takes the owner's key first and its ERC-1271 contract second.
abstract contract WalletERC2612 is ERC20PermitUpgradeable {
    /// @notice EIP-712 type hash of `Permit`.
    bytes32 public constant PERMIT_TYPEHASH =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");

    /// @inheritdoc ERC20PermitUpgradeable
    function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        public
        override
    {
        if (block.timestamp > deadline) revert ERC2612ExpiredSignature(deadline);
        bytes32 digest =
            _hashTypedDataV4(keccak256(abi.encode(PERMIT_TYPEHASH, owner, spender, value, _useNonce(owner), deadline)));
        bytes memory signature = abi.encodePacked(r, s, v);
        if (!Signatures.isValid(owner, digest, signature)) {
            revert ERC2612InvalidSigner(Signatures.recover(digest, signature), owner);
        }
        _approve(owner, spender, value);
    }
}
