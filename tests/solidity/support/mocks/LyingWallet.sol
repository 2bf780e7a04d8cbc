// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @notice A wallet that says yes (ERC-1271) to signatures that nobody made, or seems to.
contract LyingWallet {
    enum Answer {
        Yes,
        YesAndMuchMore,
        True,
        RevertWithYes
    }

    bytes4 private constant YES = IERC1271.isValidSignature.selector;

    Answer private immutable ANSWER;

    constructor(Answer answer) {
        ANSWER = answer;
    }

    fallback(bytes calldata) external returns (bytes memory) {
        if (ANSWER == Answer.YesAndMuchMore) return abi.encodePacked(abi.encode(YES), new bytes(100_000));
        if (ANSWER == Answer.True) return abi.encode(true);
        bytes memory yes = abi.encode(YES);
        if (ANSWER == Answer.RevertWithYes) {
            assembly {
                revert(add(yes, 0x20), mload(yes))
            }
        }
        return yes;
    }
}
