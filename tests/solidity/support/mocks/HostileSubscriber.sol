// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A subscriber of an allowlist registry that does its worst when it is told of a change.
contract HostileSubscriber {
    enum Answer {
        Revert,
        BurnGas,
        ReturnMuch,
        RevertMuch,
        Act
    }

    /// @dev About what 100,000 gas pays for: memory costs more than linearly.
    uint256 private constant MUCH = 190_000;

    Answer private immutable ANSWER;
    address private _target;
    bytes private _action;

    /// @dev Like a token's: where it takes its answers from. Never the registry that tells it.
    address public registry;

    constructor(Answer answer) {
        ANSWER = answer;
    }

    /// @notice What to call when told (for `Act`).
    function prepare(address target, bytes calldata action) external {
        (_target, _action) = (target, action);
    }

    fallback() external {
        if (ANSWER == Answer.Revert) revert("no");
        if (ANSWER == Answer.ReturnMuch) {
            assembly {
                return(0, MUCH)
            }
        }
        if (ANSWER == Answer.RevertMuch) {
            assembly {
                revert(0, MUCH)
            }
        }
        if (ANSWER == Answer.BurnGas) {
            for (uint256 i = 0; true; ++i) {}
        }
        // Whether it worked is for the test to see.
        (bool done,) = _target.call(_action);
        done;
    }
}
