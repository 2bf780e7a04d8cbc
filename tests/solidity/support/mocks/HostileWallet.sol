// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A wallet that answers ERC-1271's question with whatever does harm or is not quite a yes.
contract HostileWallet {
    enum Trick {
        SayNo,
        AnswerNothing,
        AnswerShort,
        AnswerDirty,
        AnswerHuge,
        AnswerTrue,
        Refuse,
        RefuseWithYes,
        BurnGas,
        Write
    }

    Trick private immutable TRICK;
    uint256 private _written;

    constructor(Trick trick) {
        TRICK = trick;
    }

    fallback(bytes calldata input) external returns (bytes memory) {
        bytes4 magic = bytes4(input);
        if (TRICK == Trick.SayNo) return abi.encode(bytes4(0xffffffff));
        if (TRICK == Trick.AnswerShort) return bytes.concat(magic);
        if (TRICK == Trick.AnswerDirty) return abi.encode(bytes32(magic) | bytes32(uint256(1)));
        if (TRICK == Trick.AnswerHuge) return new bytes(100_000);
        if (TRICK == Trick.AnswerTrue) return abi.encode(true);
        if (TRICK == Trick.Refuse) revert();
        if (TRICK == Trick.RefuseWithYes) {
            bytes memory yes = abi.encode(magic);
            assembly {
                revert(add(yes, 0x20), mload(yes))
            }
        }
        if (TRICK == Trick.BurnGas) while (true) {}
        if (TRICK == Trick.Write) {
            ++_written;
            return abi.encode(magic);
        }
        return "";
    }
}
