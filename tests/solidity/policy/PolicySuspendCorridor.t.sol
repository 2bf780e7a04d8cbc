// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./PolicySystem.sol";

/// @notice Corridors that are suspended, by either key, and resumed.
contract PolicySuspendCorridorTest is PolicySystem {
    /// @dev By either key. Each change changes something or fails.
    function test_suspension_lets_nothing_pass_and_keeps_the_rules() public {
        _set(_wide());
        bytes memory resuming = abi.encodeCall(policy.resumeCorridor, (address(eur), EEA, HK));
        bytes[2] memory keys = [
            abi.encodeCall(policy.suspendCorridor, (address(eur), EEA, HK)),
            abi.encodeCall(policy.stopCorridor, (address(eur), EEA, HK))
        ];
        for (uint256 i = 0; i < 2; ++i) {
            _refused(resuming, PolicyReverts.suspensionUnchanged(address(eur), EEA, HK, false));
            vm.expectEmit(address(policy));
            emit ICorridorPolicy.CorridorSuspended(address(eur), EEA, HK);
            _done(address(this), address(policy), keys[i]);
            _refused(keys[i], PolicyReverts.suspensionUnchanged(address(eur), EEA, HK, true));
            assertTrue(policy.isSuspended(address(eur), EEA, HK));
            assertFalse(policy.directTransfers(address(eur), EEA, HK));
            _assertRules(_wide());
            _refuseConsume(10_00, PolicyReverts.corridorIsSuspended(address(eur), EEA, HK));

            vm.expectEmit(address(policy));
            emit ICorridorPolicy.CorridorResumed(address(eur), EEA, HK);
            _done(address(this), address(policy), resuming);
            assertFalse(policy.isSuspended(address(eur), EEA, HK));
            assertTrue(policy.directTransfers(address(eur), EEA, HK));
            _assertRules(_wide());
            _consume(payer, 10_00);
        }
    }

    function test_suspension_and_use_outlive_new_rules() public {
        uint32 quotaRef = _consume(payer, 10_00);
        policy.suspendCorridor(address(eur), EEA, HK);
        _set(_corridor(Period.Year, YEARLY_QUOTA));
        assertTrue(policy.isSuspended(address(eur), EEA, HK));
        policy.narrowCorridor(address(eur), EEA, HK, _corridor(Period.Year, 15_00));
        assertTrue(policy.isSuspended(address(eur), EEA, HK));
        // It stops no way back.
        _restore(payer, quotaRef, 4_00);

        policy.resumeCorridor(address(eur), EEA, HK);
        _set(_corridor(Period.Year, 15_00));
        assertFalse(policy.isSuspended(address(eur), EEA, HK));
        _assertRemaining(9_00);
    }

    /// @dev A corridor that is to be opened can be held back before it is; resuming opens none by itself. Of a closed
    /// corridor that is what is told.
    function test_suspension_before_a_corridor_is_set_holds_it_back() public {
        bytes memory consuming = _consuming(payer, 10_00, HK, EEA);
        bytes memory closed = PolicyReverts.corridorClosed(address(eur), HK, EEA);
        policy.stopCorridor(address(eur), HK, EEA);
        _refused(address(eur), address(policy), consuming, closed);
        policy.resumeCorridor(address(eur), HK, EEA);
        _refused(address(eur), address(policy), consuming, closed);

        policy.stopCorridor(address(eur), HK, EEA);
        policy.setCorridor(address(eur), HK, EEA, _wide());
        _refused(address(eur), address(policy), consuming, PolicyReverts.corridorIsSuspended(address(eur), HK, EEA));
    }
}
