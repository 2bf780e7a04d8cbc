// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../attacks/HandedOver.sol";
import {Proposal} from "./Proposals.sol";

/// @notice The keeper of the working roles: what it gives and takes, for whom, and what it never touches.
contract RoleKeeperTest is HandedOver {
    uint64[3] private kept = [Roles.ADMIN, Roles.GUARDIAN, Roles.KEEPER];
    address private newcomer = makeAddr("newcomer");

    /* CONSTRUCTOR */

    function test_is_built_with_an_enforcers_delay_of_a_second_to_a_day() public {
        assertEq(address(keeper.TIMELOCK()), address(timelock));
        assertEq(keeper.ENFORCER_DELAY(), ENFORCER_DELAY);
        assertEq(_newRoleKeeper(manager, timelock, 1).ENFORCER_DELAY(), 1);
        assertEq(_newRoleKeeper(manager, timelock, 1 days).ENFORCER_DELAY(), 1 days);
        uint32[2] memory delays = [0, uint32(1 days) + 1];
        for (uint256 i = 0; i < delays.length; ++i) {
            vm.expectRevert(GovernanceReverts.enforcerDelayOutsideBounds(delays[i], 1, 1 days));
            _newRoleKeeper(manager, timelock, delays[i]);
        }
    }

    /* GRANT */

    /// @dev One that the bank has made up later.
    function test_grant_gives_another_working_role_without_delay() public {
        uint64 role = Roles.KEEPER + 1;
        _byGovernor(address(manager), abi.encodeCall(IAccessManager.setRoleAdmin, (role, Roles.KEEPER)));
        _byGovernor(address(keeper), abi.encodeCall(IRoleKeeper.grant, (role, stranger)));
        (bool member, uint32 delay) = manager.hasRole(role, stranger);
        assertTrue(member);
        assertEq(delay, 0);
    }

    function test_grant_gives_each_working_role_with_its_own_delay() public {
        uint64[7] memory roles = _workingRoles();
        for (uint256 i = 0; i < roles.length; ++i) {
            _assertMember(roles[i], newcomer, false, 0);
            _byGovernor(address(keeper), abi.encodeCall(IRoleKeeper.grant, (roles[i], newcomer)));
            _assertMember(roles[i], newcomer, true, roles[i] == Roles.ENFORCER ? ENFORCER_DELAY : 0);
        }
    }

    function test_grant_is_admins() public {
        address[3] memory others = [governor, guardian, _keyOf(Roles.REGISTRAR)];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(GovernanceReverts.accessManagedUnauthorized(others[i]));
            vm.prank(others[i]);
            keeper.grant(Roles.REGISTRAR, newcomer);
        }
    }

    function test_grant_never_of_another_role() public {
        for (uint256 i = 0; i < kept.length; ++i) {
            vm.expectRevert(GovernanceReverts.notWorkingRole(kept[i]));
            vm.prank(address(timelock));
            keeper.grant(kept[i], newcomer);
        }
    }

    /* REVOKE */

    function test_revoke_takes_each_working_role_at_once() public {
        uint64[7] memory roles = _workingRoles();
        for (uint256 i = 0; i < roles.length; ++i) {
            _assertMember(roles[i], _keyOf(roles[i]), true, roles[i] == Roles.ENFORCER ? ENFORCER_DELAY : 0);
            vm.prank(guardian);
            keeper.revoke(roles[i], _keyOf(roles[i]));
            _assertMember(roles[i], _keyOf(roles[i]), false, 0);
        }
    }

    function test_revoke_is_the_guardians() public {
        address[4] memory others = [governor, address(timelock), _keyOf(Roles.COMPLIANCE), stranger];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(GovernanceReverts.accessManagedUnauthorized(others[i]));
            vm.prank(others[i]);
            keeper.revoke(Roles.REGISTRAR, _keyOf(Roles.REGISTRAR));
        }
    }

    function test_revoke_never_of_another_role() public {
        address[3] memory members = [address(timelock), guardian, address(keeper)];
        for (uint256 i = 0; i < kept.length; ++i) {
            vm.expectRevert(GovernanceReverts.notWorkingRole(kept[i]));
            vm.prank(guardian);
            keeper.revoke(kept[i], members[i]);
        }
    }

    /// @notice Although the manager was told to let it.
    function test_no_guardian_removes_another() public {
        _byGovernor(address(manager), abi.encodeCall(IAccessManager.setRoleAdmin, (Roles.GUARDIAN, Roles.KEEPER)));
        vm.expectRevert(GovernanceReverts.notWorkingRole(Roles.GUARDIAN));
        vm.prank(guardian);
        keeper.revoke(Roles.GUARDIAN, guardian);
    }

    /// @notice A role that the manager has not given to it: the manager refuses the keeper.
    function test_nothing_of_a_role_that_it_does_not_administer() public {
        bytes memory refusal = GovernanceReverts.accessManagerUnauthorizedAccount(address(keeper), Roles.ADMIN);
        vm.expectRevert(refusal);
        vm.prank(guardian);
        keeper.revoke(99, newcomer);
        vm.expectRevert(refusal);
        vm.prank(address(timelock));
        keeper.grant(99, newcomer);
    }

    /* PROPOSERS */

    function test_revokeProposer_takes_both_roles_at_the_timelock() public {
        vm.prank(guardian);
        keeper.revokeProposer(governor);
        assertFalse(timelock.hasRole(PROPOSER_ROLE, governor));
        assertFalse(timelock.hasRole(CANCELLER_ROLE, governor));
        assertTrue(timelock.hasRole(CANCELLER_ROLE, guardian));
    }

    function test_revokeProposer_is_the_guardians() public {
        address[3] memory others = [governor, address(timelock), board];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(GovernanceReverts.accessManagedUnauthorized(others[i]));
            vm.prank(others[i]);
            keeper.revokeProposer(governor);
        }
    }

    function test_revokeProposer_of_a_proposer_only() public {
        address other = makeAddr("other guardian");
        _byGovernor(address(timelock), abi.encodeCall(IAccessControl.grantRole, (CANCELLER_ROLE, other)));
        address[3] memory accounts = [other, board, address(recovery)];
        for (uint256 i = 0; i < accounts.length; ++i) {
            vm.expectRevert(GovernanceReverts.notProposer(accounts[i]));
            vm.prank(guardian);
            keeper.revokeProposer(accounts[i]);
        }
        assertTrue(timelock.hasRole(CANCELLER_ROLE, other));
    }

    /// @notice What a proposer left behind waits on, until it is cancelled.
    function test_revokeProposer_leaves_what_is_scheduled() public {
        Proposal memory proposal =
            _proposal(address(timelock), abi.encodeCall(TimelockController.updateDelay, (3 days)));
        vm.prank(governor);
        _schedule(timelock, proposal, DELAY);
        vm.startPrank(guardian);
        keeper.revokeProposer(governor);
        assertTrue(timelock.isOperationPending(_idOf(proposal)));
        timelock.cancel(_idOf(proposal));
        vm.stopPrank();
        assertFalse(timelock.isOperation(_idOf(proposal)));
    }

    function _assertMember(uint64 role, address account, bool member, uint32 delay) private view {
        (bool foundMember, uint32 foundDelay) = manager.hasRole(role, account);
        assertEq(foundMember, member);
        assertEq(foundDelay, delay);
    }
}
