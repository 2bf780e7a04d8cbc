// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @notice A wallet that says yes (ERC-1271) at length to every signature, which nobody made, until it changes its mind.
contract FickleWallet {
    bool private _refuses;

    function changeMind() external {
        _refuses = !_refuses;
    }

    fallback(bytes calldata) external returns (bytes memory) {
        if (_refuses) return abi.encode(bytes4(0));
        return abi.encodePacked(abi.encode(IERC1271.isValidSignature.selector), new bytes(100_000));
    }
}
