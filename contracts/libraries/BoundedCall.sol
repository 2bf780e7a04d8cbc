// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlementEscrow} from "../interfaces/ISettlementEscrow.sol";

/// @notice Calls that copy at most {GREATEST_ANSWER} bytes of what comes back.
/// @dev In assembly, since the language copies all of it: a callee could make its caller pay for a hundred times its
/// own gas.
library BoundedCall {
    uint256 internal constant GREATEST_ANSWER = 256;

    /// @dev What is left to the caller after a call that has used all of its share.
    uint256 internal constant GAS_MARGIN = 30_000;

    /// @dev With all the gas there is, but for what EIP-150 keeps back. Of one caller, which names no share.
    function boundedCall(address target, bytes memory data) internal returns (bool success, bytes memory answer) {
        return _call(target, gasleft(), data);
    }

    /// @dev With a fixed share of gas. Reverts with {ISettlementEscrow-InsufficientGas} if that can't be given.
    function boundedCall(address target, uint256 share, bytes memory data)
        internal
        returns (bool success, bytes memory answer)
    {
        _requireGas(share);
        return _call(target, share, data);
    }

    /// @dev The same by delegatecall; `refusal` is empty if it succeeds. The copy of the data is not kept, so that a
    /// loop over many calls needs no more memory than the greatest of them, and what is refused. Of one caller: assembly
    /// and what bounds a call are in this library alone.
    function boundedDelegatecall(address target, uint256 share, bytes calldata data)
        internal
        returns (bool success, bytes memory refusal)
    {
        uint256 copy;
        // slither-disable-next-line assembly: the language bounds no answer.
        assembly ("memory-safe") {
            copy := mload(0x40)
            calldatacopy(copy, data.offset, data.length)
            mstore(0x40, add(copy, data.length))
        }
        // After copying, which costs gas too.
        _requireGas(share);
        assembly ("memory-safe") {
            success := delegatecall(share, target, copy, data.length, 0, 0)
            // Nothing was allocated since.
            mstore(0x40, copy)
        }
        if (!success) refusal = _answer();
    }

    /// @dev That a call can be given its share, which EIP-150 would silently cut, and something is left afterwards.
    function _requireGas(uint256 share) private view {
        uint256 needed;
        // A share is a constant.
        unchecked {
            needed = share + share / 63 + GAS_MARGIN;
        }
        if (gasleft() < needed) revert ISettlementEscrow.InsufficientGas(gasleft(), needed);
    }

    function _call(address target, uint256 gasShare, bytes memory data)
        private
        returns (bool success, bytes memory answer)
    {
        // slither-disable-next-line assembly: the language bounds no answer.
        assembly ("memory-safe") {
            success := call(gasShare, target, 0, add(data, 0x20), mload(data), 0, 0)
        }
        answer = _answer();
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
