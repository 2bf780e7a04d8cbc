// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20Upgradeable} from "@openzeppelin/contracts-upgradeable/token/ERC20/ERC20Upgradeable.sol";
import {NoncesUpgradeable} from "@openzeppelin/contracts-upgradeable/utils/NoncesUpgradeable.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";

import {IDepositTokenMain} from "../interfaces/IDepositTokenMain.sol";
import {Signatures} from "../libraries/Signatures.sol";
import {TypeHashes} from "../libraries/TypeHashes.sol";
import {Authorizations} from "./Authorizations.sol";

/// @notice ERC-2612 for every wallet: a permit takes the owner's key first and its ERC-1271 contract second, the latter
/// also with a signature of any length.
/// @dev Not OpenZeppelin's `ERC20Permit`, which takes keys only and reads the token's name from storage to check each
/// signature.
abstract contract WalletERC2612 is
    ERC20Upgradeable,
    NoncesUpgradeable,
    Authorizations,
    IERC20Permit,
    IDepositTokenMain
{
    /// @inheritdoc IERC20Permit
    function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external
    {
        bytes32 digest = _usePermitNonce(owner, spender, value, deadline);
        if (!Signatures.isValid(owner, digest, v, r, s)) {
            revert ERC2612InvalidSigner(Signatures.recover(digest, v, r, s), owner);
        }
        _approve(owner, spender, value);
    }

    /// @inheritdoc IDepositTokenMain
    function permit(address owner, address spender, uint256 value, uint256 deadline, bytes calldata signature)
        external
    {
        bytes32 digest = _usePermitNonce(owner, spender, value, deadline);
        if (!Signatures.isValid(owner, digest, signature)) {
            revert ERC2612InvalidSigner(Signatures.recover(digest, signature), owner);
        }
        _approve(owner, spender, value);
    }

    /// @inheritdoc IERC20Permit
    function nonces(address owner) public view override(IERC20Permit, NoncesUpgradeable) returns (uint256) {
        return super.nonces(owner);
    }

    /// @inheritdoc IERC20Permit
    function DOMAIN_SEPARATOR() external view returns (bytes32) {
        return _domainSeparator();
    }

    /// @dev Uses up the owner's next nonce, and gives the digest of the permit with it.
    function _usePermitNonce(address owner, address spender, uint256 value, uint256 deadline)
        private
        returns (bytes32 digest)
    {
        if (block.timestamp > deadline) revert ERC2612ExpiredSignature(deadline);
        uint256 nonce = _useNonce(owner);
        emit PermitUsed(owner, nonce);
        return _hashTypedData(keccak256(abi.encode(TypeHashes.PERMIT, owner, spender, value, nonce, deadline)));
    }
}
