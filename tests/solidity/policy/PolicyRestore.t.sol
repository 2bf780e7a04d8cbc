// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./PolicySystem.sol";

/// @notice What of a count is given back.
contract PolicyRestoreTest is PolicySystem {
    function test_restore_gives_back_no_more_than_is_used() public {
        uint32 quotaRef = _consume(payer, 10_00);
        _restoreInSilence(payer, quotaRef, 0);
        vm.expectEmit(address(policy));
        emit ICorridorPolicy.QuotaRestored(address(eur), PAYER_CUSTOMER, quotaRef, 4_00, 6_00);
        _restore(payer, quotaRef, 4_00);
        _assertRemaining(YEARLY_QUOTA - 6_00);
        vm.expectEmit(address(policy));
        emit ICorridorPolicy.QuotaRestored(address(eur), PAYER_CUSTOMER, quotaRef, 6_00, 0);
        _restore(payer, quotaRef, 6_01);
        _restoreInSilence(payer, quotaRef, 1);
        _assertRemaining(YEARLY_QUOTA);
    }

    /// @dev A reference to a later period comes with a payer who has become another customer, who paid nothing since.
    function test_restore_reaches_the_counted_period_alone() public {
        uint32 quotaRef = _consume(payer, 10_00);
        _restoreInSilence(payer, quotaRef + 1, 10_00);
        _assertRemaining(YEARLY_QUOTA - 10_00);
        vm.warp(NEW_YEAR);
        _restore(payer, quotaRef, 4_00);
        _assertRemaining(YEARLY_QUOTA);
        _consume(payer, YEARLY_QUOTA);
        _assertRemaining(0);
        _restoreInSilence(payer, quotaRef, 10_00);
        _assertRemaining(0);
    }

    function test_restore_by_anyone_else_touches_nothing_of_the_bank() public {
        bytes memory restoring =
            abi.encodeCall(policy.restore, (_consume(payer, 10_00), payer, 10_00, eurBank.registry));
        vm.recordLogs();
        _done(stranger, address(policy), restoring);
        _done(address(hkd), address(policy), restoring);
        assertEq(vm.getRecordedLogs().length, 0);
        _assertRemaining(YEARLY_QUOTA - 10_00);
    }

    function _restoreInSilence(address from, uint32 quotaRef, uint104 amount) private {
        vm.recordLogs();
        _restore(from, quotaRef, amount);
        assertEq(vm.getRecordedLogs().length, 0);
    }
}
