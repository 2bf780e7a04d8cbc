// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Calls with a fixed share of gas that copy at most {GREATEST_ANSWER} bytes of what comes back.
/// @dev In assembly, since the language copies all of it: a callee could make its caller pay for a hundred times its own
/// share.
library BoundedCall {
    uint256 internal constant GREATEST_ANSWER = 256;

    /// @dev The caller has made sure that `share` can be given: EIP-150 would silently forward less.
    function boundedCall(address target, uint256 share, bytes memory data)
        internal
        returns (bool success, bytes memory answer)
    {
        // slither-disable-next-line assembly: the language bounds no answer.
        assembly ("memory-safe") {
            success := call(share, target, 0, add(data, 0x20), mload(data), 0, 0)
        }
        answer = _answer();
    }

    /// @dev The same by delegatecall; `refusal` is empty if it succeeds. The copy of the data is not kept, so that a loop
    /// over many calls needs no more memory than the greatest of them.
    function boundedDelegatecall(address target, uint256 share, bytes calldata data)
        internal
        returns (bool success, bytes memory refusal)
    {
        // slither-disable-next-line assembly: the language bounds no answer.
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, data.offset, data.length)
            success := delegatecall(share, target, free, data.length, 0, 0)
        }
        if (!success) refusal = _answer();
    }

    function _answer() private pure returns (bytes memory answer) {
        // slither-disable-next-line assembly: the language bounds no answer.
        assembly ("memory-safe") {
            answer := mload(0x40)
            let size := returndatasize()
            if gt(size, GREATEST_ANSWER) { size := GREATEST_ANSWER }
            mstore(answer, size)
            returndatacopy(add(answer, 0x20), 0, size)
            mstore(0x40, add(answer, and(add(size, 0x3f), not(0x1f))))
        }
    }
}
