// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./DisputeSystem.sol";

/// @notice The escrow, and many acts in one transaction.
abstract contract BatchSystem is DisputeSystem {
    function _batch(address caller, bytes[] memory acts) internal {
        vm.prank(caller);
        escrow.batch(acts);
    }

    /// @dev A batch of one.
    function _batch(address caller, bytes memory act) internal {
        bytes[] memory acts = new bytes[](1);
        acts[0] = act;
        _batch(caller, acts);
    }

    function _expectSkipped(uint256 index, bytes memory act, bytes memory reason) internal {
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.ActSkipped(index, keccak256(act), reason);
    }
}
