// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/Deployments.sol";
import {Proposal, Proposals} from "./Proposals.sol";

/// @notice The bank's timelock: what its delay may be, and who has which role from the start.
contract BankTimelockTest is Proposals {
    uint256 private constant DELAY = 2 days;
    uint256 private constant LEAST = 1 hours;
    uint256 private constant GREATEST = 30 days;

    TimelockController private timelock;
    address private governor = makeAddr("governor");
    address private setUpKey = makeAddr("set-up key");
    address private anybody = makeAddr("anybody");

    function setUp() public {
        timelock = newBankTimelock(DELAY, LEAST, governor, setUpKey);
    }

    /// @dev A bound of its own above the greatest leaves no delay.
    function test_is_built_with_a_delay_within_its_bounds() public {
        assertEq(timelock.getMinDelay(), DELAY);
        assertEq(IBankTimelock(address(timelock)).LEAST_DELAY(), LEAST);
        assertEq(IBankTimelock(address(timelock)).GREATEST_DELAY(), GREATEST);
        assertEq(newBankTimelock(LEAST, LEAST, governor, setUpKey).getMinDelay(), LEAST);
        assertEq(newBankTimelock(GREATEST, LEAST, governor, setUpKey).getMinDelay(), GREATEST);
        uint256[2][3] memory outside = [[LEAST - 1, LEAST], [GREATEST + 1, LEAST], [GREATEST, GREATEST + 1]];
        for (uint256 i = 0; i < outside.length; ++i) {
            vm.expectRevert(_outside(outside[i][0], outside[i][1]));
            newBankTimelock(outside[i][0], outside[i][1], governor, setUpKey);
        }
    }

    function test_updateDelay_to_its_bounds() public {
        uint256[2] memory delays = [GREATEST, LEAST];
        for (uint256 i = 0; i < delays.length; ++i) {
            Proposal memory proposal = _updateOf(delays[i]);
            uint256 present = timelock.getMinDelay();
            vm.prank(governor);
            _schedule(timelock, proposal, present);
            skip(present - 1);
            vm.expectRevert(_notReady(proposal));
            _execute(timelock, proposal);
            skip(1);
            _execute(timelock, proposal);
            assertEq(timelock.getMinDelay(), delays[i]);
        }
    }

    function test_updateDelay_refuses_what_is_outside_its_bounds() public {
        uint256[3] memory delays = [0, LEAST - 1, GREATEST + 1];
        for (uint256 i = 0; i < delays.length; ++i) {
            Proposal memory proposal = _updateOf(delays[i]);
            vm.prank(governor);
            _schedule(timelock, proposal, DELAY);
            skip(DELAY);
            vm.expectRevert(_outside(delays[i], LEAST));
            _execute(timelock, proposal);
        }
        // Nor is one within them anybody's but its own.
        vm.expectRevert(GovernanceReverts.timelockUnauthorizedCaller(governor));
        vm.prank(governor);
        timelock.updateDelay(LEAST);
        assertEq(timelock.getMinDelay(), DELAY);
    }

    function test_governor_proposes_and_cancels_and_anybody_executes() public {
        Proposal memory proposal = _updateOf(LEAST);
        bytes32 proposer = timelock.PROPOSER_ROLE();
        vm.expectRevert(_lacksRole(anybody, proposer));
        vm.prank(anybody);
        _schedule(timelock, proposal, DELAY);
        vm.expectRevert(GovernanceReverts.timelockInsufficientDelay(DELAY - 1, DELAY));
        vm.prank(governor);
        _schedule(timelock, proposal, DELAY - 1);

        vm.startPrank(governor);
        _schedule(timelock, proposal, DELAY);
        timelock.cancel(_idOf(proposal));
        _schedule(timelock, proposal, DELAY);
        vm.stopPrank();
        skip(DELAY);
        vm.prank(anybody);
        _execute(timelock, proposal);
    }

    function test_set_up_key_is_administrator_until_it_renounces() public {
        bytes32 canceller = timelock.CANCELLER_ROLE();
        vm.startPrank(setUpKey);
        timelock.grantRole(canceller, anybody);
        timelock.renounceRole(0, setUpKey);
        vm.expectRevert(_lacksRole(setUpKey, bytes32(0)));
        timelock.revokeRole(canceller, anybody);
        vm.stopPrank();
        assertTrue(timelock.hasRole(canceller, anybody));
        assertFalse(timelock.hasRole(timelock.PROPOSER_ROLE(), setUpKey));
    }

    function _updateOf(uint256 delay) private returns (Proposal memory) {
        return _proposal(address(timelock), abi.encodeCall(TimelockController.updateDelay, (delay)));
    }

    function _outside(uint256 found, uint256 least) private pure returns (bytes memory) {
        return GovernanceReverts.delayOutsideBounds(found, least, GREATEST);
    }
}
