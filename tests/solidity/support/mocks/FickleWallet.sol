// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @notice A wallet that says yes (ERC-1271) to every signature until it changes its mind.
contract FickleWallet is IERC1271 {
    bool private _refuses;

    function changeMind() external {
        _refuses = !_refuses;
    }

    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        return _refuses ? bytes4(0) : IERC1271.isValidSignature.selector;
    }
}
