// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What a hostile source token says when it is asked whether a payer is blocked. It stands in for that one
/// function, so it keeps nothing in storage.
contract HostileStanding {
    enum Trick {
        Refuse,
        RefuseAtLength,
        AnswerNothing,
        AnswerDirty,
        BurnGas,
        Reenter
    }

    error Refused();

    Trick private immutable TRICK;
    /// @dev Bytes to revert with (for `RefuseAtLength`).
    uint256 private immutable LENGTH;

    constructor(Trick trick, uint256 length) {
        (TRICK, LENGTH) = (trick, length);
    }

    fallback(bytes calldata) external returns (bytes memory) {
        if (TRICK == Trick.Refuse) revert Refused();
        if (TRICK == Trick.AnswerNothing) return "";
        if (TRICK == Trick.AnswerDirty) return abi.encode(2);
        if (TRICK == Trick.BurnGas) while (true) {}
        if (TRICK == Trick.Reenter) _reenter();
        uint256 length = LENGTH;
        assembly {
            revert(0, length)
        }
    }

    /// @dev Calls the escrow back while it captures, and reverts with what it was told.
    function _reenter() private {
        (, bytes memory answer) = msg.sender.call(abi.encodeWithSignature("claim(address,address)", this, msg.sender));
        assembly {
            revert(add(answer, 0x20), mload(answer))
        }
    }
}
