// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice An extension that knows no function but the one that says whose it is.
contract DeafExtension {
    function extensionId() external pure returns (bytes32) {
        return keccak256("deposit_token.DepositTokenExt.1");
    }
}
