// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @notice A wallet that tries a call each time it is asked about a signature (ERC-1271), and says yes exactly if the
/// call was answered as it expected. It can keep nothing, since it is asked by a static call.
contract ReentrantWallet is IERC1271 {
    address private _target;
    bytes private _attack;
    bytes32 private _expected;

    function setAttack(address target, bytes calldata attack, bytes calldata expected) external {
        (_target, _attack, _expected) = (target, attack, keccak256(expected));
    }

    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        // Static already; the interface makes it say so.
        (, bytes memory answer) = _target.staticcall(_attack);
        return keccak256(answer) == _expected ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}
