// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../attacks/HandedOver.sol";
import {Proposal} from "./Proposals.sol";

/// @notice The recovery's timelock: how long it waits and who can cancel what waits there.
contract RecoveryTimelockTest is HandedOver {
    function test_waits_seven_times_as_long_and_at_least_14_days() public {
        uint256[5] memory delays = [uint256(1 hours), 2 days, 2 days + 1, 3 days, 30 days];
        uint256[5] memory waits = [uint256(14 days), 14 days, 14 days + 7, 21 days, 210 days];
        for (uint256 i = 0; i < delays.length; ++i) {
            TimelockController bank = newBankTimelock(delays[i], 1 hours, governor, address(0));
            TimelockController built = newRecoveryTimelock(bank, board);
            assertEq(address(IRecoveryTimelock(address(built)).BANK()), address(bank));
            assertEq(built.getMinDelay(), waits[i]);
        }
    }

    function test_delay_follows_the_banks_at_once() public {
        _byGovernor(address(timelock), abi.encodeCall(TimelockController.updateDelay, (5 days)));
        Proposal memory proposal = _rotation();
        vm.expectRevert(GovernanceReverts.timelockInsufficientDelay(35 days - 1, 35 days));
        vm.prank(board);
        _schedule(recovery, proposal, 35 days - 1);
        vm.prank(board);
        _schedule(recovery, proposal, 35 days);
    }

    function test_delay_is_set_by_nobody() public {
        bytes memory refusal = GovernanceReverts.delayFollowsBank(20 days, 14 days);
        vm.expectRevert(refusal);
        recovery.updateDelay(20 days);
        Proposal memory proposal =
            _proposal(address(recovery), abi.encodeCall(TimelockController.updateDelay, (20 days)));
        vm.prank(board);
        _schedule(recovery, proposal, 14 days);
        skip(14 days);
        vm.expectRevert(refusal);
        _execute(recovery, proposal);
    }

    function test_board_proposes_and_cancels_and_anybody_executes() public {
        Proposal memory proposal = _rotation();
        address[3] memory others = [governor, guardian, stranger];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(_lacksRole(others[i], PROPOSER_ROLE));
            vm.prank(others[i]);
            _schedule(recovery, proposal, 14 days);
        }
        vm.startPrank(board);
        _schedule(recovery, proposal, 14 days);
        recovery.cancel(_idOf(proposal));
        _schedule(recovery, proposal, 14 days);
        vm.stopPrank();
        skip(14 days - 1);
        vm.expectRevert(_notReady(proposal));
        _execute(recovery, proposal);
        skip(1);
        vm.prank(stranger);
        _execute(recovery, proposal);
        assertTrue(recovery.hasRole(PROPOSER_ROLE, stranger));
    }

    function test_cancellers_are_whoever_proposes_at_that_moment() public {
        address second = makeAddr("second governor");
        assertFalse(recovery.hasRole(CANCELLER_ROLE, second));
        _byGovernor(address(timelock), abi.encodeCall(IAccessControl.grantRole, (PROPOSER_ROLE, second)));
        assertTrue(recovery.hasRole(CANCELLER_ROLE, second));

        Proposal memory proposal = _rotation();
        vm.prank(board);
        _schedule(recovery, proposal, 14 days);
        vm.prank(guardian);
        keeper.revokeProposer(governor);
        vm.expectRevert(_lacksRole(governor, CANCELLER_ROLE));
        vm.prank(governor);
        recovery.cancel(_idOf(proposal));
        vm.prank(second);
        recovery.cancel(_idOf(proposal));
    }

    /// @notice Not even the board makes the guardian, or anybody else, a canceller.
    function test_grant_of_the_cancellers_role_has_no_effect() public {
        Proposal memory proposal =
            _proposal(address(recovery), abi.encodeCall(IAccessControl.grantRole, (CANCELLER_ROLE, guardian)));
        Proposal memory other = _rotation();
        vm.startPrank(board);
        _schedule(recovery, proposal, 14 days);
        _schedule(recovery, other, 14 days);
        vm.stopPrank();
        skip(14 days);
        _execute(recovery, proposal);
        assertFalse(recovery.hasRole(CANCELLER_ROLE, guardian));
        vm.expectRevert(_lacksRole(guardian, CANCELLER_ROLE));
        vm.prank(guardian);
        recovery.cancel(_idOf(other));
    }

    /// @dev Who executes is the zero address, which stands for anybody; who proposes or cancels never is.
    function test_nobody_is_administrator_but_itself_and_the_zero_address_only_executes() public view {
        assertTrue(recovery.hasRole(DEFAULT_ADMIN_ROLE, address(recovery)));
        address[7] memory others = [address(0), address(1), address(this), address(timelock), board, governor, guardian];
        for (uint256 i = 0; i < others.length; ++i) {
            assertFalse(recovery.hasRole(DEFAULT_ADMIN_ROLE, others[i]));
        }
        assertTrue(recovery.hasRole(recovery.EXECUTOR_ROLE(), address(0)));
        assertFalse(recovery.hasRole(PROPOSER_ROLE, address(0)));
        assertFalse(recovery.hasRole(CANCELLER_ROLE, address(0)));
    }

    /// @dev Another member of the board.
    function _rotation() private returns (Proposal memory) {
        return _proposal(address(recovery), abi.encodeCall(IAccessControl.grantRole, (PROPOSER_ROLE, stranger)));
    }
}
