// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./EscrowSystem.sol";

/// @notice Shows that whoever brings a call can't choose a gas limit by which somebody is not paid.
abstract contract AnyGas is EscrowSystem {
    function _assertPaysAllOrNothing(address caller, bytes memory call) internal {
        _assertPaysAllOrNothing(caller, call, [uint256(30_000), 1_000_000, 9_000], TOKEN_CALL_GAS);
    }

    /// @dev Makes the call with ever more gas (least, most, step), each time from the same state: it pays everybody and
    /// leaves what it leaves with plenty, or reverts. At least one call must end each way, and one of those that revert
    /// with {InsufficientGas}, which says what was needed.
    function _assertPaysAllOrNothing(address caller, bytes memory call, uint256[3] memory gasLimits, uint256 needed)
        internal
    {
        (uint256 done, uint256 starved) = (0, 0);
        uint256 before = vm.snapshotState();
        vm.prank(caller);
        (bool possible,) = address(escrow).call(call);
        assertTrue(possible, "possible");
        (uint104 quota, uint256 paid) = (_remainingQuota(), hkd.balanceOf(merchant));
        vm.revertToState(before);
        for (uint256 gasLimit = gasLimits[0]; gasLimit < gasLimits[1]; gasLimit += gasLimits[2]) {
            vm.prank(caller);
            (bool success, bytes memory answer) = address(escrow).call{gas: gasLimit}(call);
            if (success) {
                ++done;
                _assertNobodyWaits();
                assertEq(_remainingQuota(), quota, "quota");
                assertEq(hkd.balanceOf(merchant), paid, "merchant");
            } else if (bytes4(answer) == ISettlementEscrow.InsufficientGas.selector) {
                ++starved;
                assertEq(answer.length, 68);
                // The selector becomes a word of its own.
                (, uint256 found, uint256 told) =
                    abi.decode(bytes.concat(bytes28(0), answer), (uint256, uint256, uint256));
                assertEq(told, needed);
                assertLt(found, needed);
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
}
