// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./EscrowSystem.sol";

/// @notice Shows that whoever brings a call can't choose a gas limit by which somebody is not paid.
abstract contract AnyGas is EscrowSystem {
    /// @dev Makes the call with ever more gas, each time from the same state: it pays everybody and leaves the quota that
    /// it leaves with plenty, or reverts. At least one call must end each way, and one of those that revert with
    /// {InsufficientGas}.
    function _assertPaysAllOrNothing(address caller, bytes memory call) internal {
        (uint256 done, uint256 starved) = (0, 0);
        uint256 before = vm.snapshotState();
        vm.prank(caller);
        (bool possible,) = address(escrow).call(call);
        assertTrue(possible, "possible");
        uint104 quota = _remainingQuota();
        vm.revertToState(before);
        for (uint256 gasLimit = 30_000; gasLimit < 1_000_000; gasLimit += 9_000) {
            vm.prank(caller);
            (bool success, bytes memory answer) = address(escrow).call{gas: gasLimit}(call);
            if (success) {
                ++done;
                _assertNobodyWaits();
                assertEq(_remainingQuota(), quota, "quota");
            } else if (bytes4(answer) == ISettlementEscrow.InsufficientGas.selector) {
                ++starved;
                _assertGasWasTooLittle(answer, TOKEN_CALL_GAS);
            }
            vm.revertToState(before);
        }
        assertGt(done, 0, "enough gas");
        assertGt(starved, 0, "too little gas for a token");
    }

    function _assertNobodyWaits() private view {
        address[4] memory payees = [payer, merchant, neighbour, feeReceiver];
        for (uint256 i = 0; i < payees.length; ++i) {
            assertEq(escrow.claimableOf(address(eur), payees[i]) + escrow.claimableOf(address(hkd), payees[i]), 0);
        }
    }

    /// @dev {ISettlementEscrow-InsufficientGas}, with what was needed.
    function _assertGasWasTooLittle(bytes memory answer, uint256 expected) internal pure {
        assertEq(answer.length, 68);
        (uint256 found, uint256 needed) = _decode(answer);
        assertEq(needed, expected);
        assertLt(found, needed);
    }

    /// @dev The two values of an error.
    function _decode(bytes memory answer) private pure returns (uint256 first, uint256 second) {
        bytes memory values = new bytes(64);
        for (uint256 i = 0; i < 64; ++i) {
            values[i] = answer[4 + i];
        }
        return abi.decode(values, (uint256, uint256));
    }
}
