// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice An account that is a contract: it signs by ERC-1271 and acts as its owner's key says.
contract Wallet {
    bytes4 private constant VALID = 0x1626ba7e;

    address private immutable OWNER;

    constructor(address owner) {
        OWNER = owner;
    }

    /// @notice ERC-1271: whether `signature` (r, s, v) is the owner's over `digest`.
    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        if (signature.length != 65) return 0;
        (bytes32 r, bytes32 s) = abi.decode(signature[:64], (bytes32, bytes32));
        return ecrecover(digest, uint8(signature[64]), r, s) == OWNER ? VALID : bytes4(0);
    }

    /// @notice Calls as the wallet, and reverts as what it calls.
    function execute(address target, bytes calldata data) external {
        require(msg.sender == OWNER);
        (bool done, bytes memory answer) = target.call(data);
        if (!done) {
            assembly {
                revert(add(answer, 32), mload(answer))
            }
        }
    }
}
