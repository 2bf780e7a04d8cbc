// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../attacks/HandedOver.sol";
import {Proposal} from "./Proposals.sol";

/// @notice The keeper of the working roles: what it gives and takes, for whom, and what it never touches.
contract RoleKeeperTest is HandedOver {
    address private newcomer = makeAddr("newcomer");

    /* CONSTRUCTOR */

    function test_is_built_with_an_enforcers_delay_of_a_second_to_a_day() public {
        assertEq(address(keeper.TIMELOCK()), address(timelock));
        assertEq(keeper.ENFORCER_DELAY(), ENFORCER_DELAY);
        assertEq(newRoleKeeper(manager, timelock, 1).ENFORCER_DELAY(), 1);
        assertEq(newRoleKeeper(manager, timelock, 1 days).ENFORCER_DELAY(), 1 days);
        uint32[2] memory delays = [0, uint32(1 days) + 1];
        for (uint256 i = 0; i < delays.length; ++i) {
            vm.expectRevert(GovernanceReverts.enforcerDelayOutsideBounds(delays[i], 1, 1 days));
            newRoleKeeper(manager, timelock, delays[i]);
        }
    }

    /* WORKING ROLES */

    /// @dev The last is one that the bank has made up later.
    function test_grant_gives_each_working_role_with_its_own_delay() public {
        uint64 madeUp = Roles.KEEPER + 1;
        _byGovernor(address(manager), abi.encodeCall(IAccessManager.setRoleAdmin, (madeUp, Roles.KEEPER)));
        uint64[7] memory roles = _workingRoles();
        for (uint256 i = 0; i <= roles.length; ++i) {
            uint64 role = i < roles.length ? roles[i] : madeUp;
            _assertMember(role, newcomer, false, 0);
            _byGovernor(address(keeper), abi.encodeCall(IRoleKeeper.grant, (role, newcomer)));
            _assertMember(role, newcomer, true, role == Roles.ENFORCER ? ENFORCER_DELAY : 0);
        }
    }

    function test_revoke_takes_each_working_role_at_once() public {
        uint64[7] memory roles = _workingRoles();
        for (uint256 i = 0; i < roles.length; ++i) {
            _assertMember(roles[i], _keyOf(roles[i]), true, roles[i] == Roles.ENFORCER ? ENFORCER_DELAY : 0);
            vm.prank(guardian);
            keeper.revoke(roles[i], _keyOf(roles[i]));
            _assertMember(roles[i], _keyOf(roles[i]), false, 0);
        }
    }

    /// @notice Admin's to grant, the guardian's to revoke.
    function test_each_function_is_of_one_role() public {
        address key = _keyOf(Roles.REGISTRAR);
        bytes[3] memory calls = [
            abi.encodeCall(keeper.grant, (Roles.REGISTRAR, newcomer)),
            abi.encodeCall(keeper.revoke, (Roles.REGISTRAR, key)),
            abi.encodeCall(keeper.revokeProposer, (governor))
        ];
        address[6] memory callers = [governor, guardian, address(timelock), board, key, stranger];
        for (uint256 c = 0; c < calls.length; ++c) {
            for (uint256 i = 0; i < callers.length; ++i) {
                if (callers[i] == (c == 0 ? address(timelock) : guardian)) continue;
                bytes memory refusal = GovernanceReverts.accessManagedUnauthorized(callers[i]);
                _refused(callers[i], address(keeper), calls[c], refusal);
            }
        }
    }

    /// @notice No guardian removes another, although the manager was told to let it.
    function test_grant_and_revoke_never_of_another_role() public {
        _byGovernor(address(manager), abi.encodeCall(IAccessManager.setRoleAdmin, (Roles.GUARDIAN, Roles.KEEPER)));
        uint64[3] memory kept = [Roles.ADMIN, Roles.GUARDIAN, Roles.KEEPER];
        address[3] memory members = [address(timelock), guardian, address(keeper)];
        for (uint256 i = 0; i < kept.length; ++i) {
            bytes memory refusal = GovernanceReverts.notWorkingRole(kept[i]);
            _refused(address(timelock), address(keeper), abi.encodeCall(keeper.grant, (kept[i], newcomer)), refusal);
            _refused(guardian, address(keeper), abi.encodeCall(keeper.revoke, (kept[i], members[i])), refusal);
        }
    }

    /// @notice A role that the manager has not given to it: the manager refuses the keeper.
    function test_nothing_of_a_role_that_it_does_not_administer() public {
        bytes memory refusal = GovernanceReverts.accessManagerUnauthorizedAccount(address(keeper), Roles.ADMIN);
        _refused(guardian, address(keeper), abi.encodeCall(keeper.revoke, (99, newcomer)), refusal);
        _refused(address(timelock), address(keeper), abi.encodeCall(keeper.grant, (99, newcomer)), refusal);
    }

    /* PROPOSERS */

    /// @notice What a proposer left behind waits on, until it is cancelled.
    function test_revokeProposer_takes_both_roles_at_the_timelock() public {
        Proposal memory left = _proposal(address(timelock), abi.encodeCall(TimelockController.updateDelay, (3 days)));
        _propose(left);
        vm.startPrank(guardian);
        keeper.revokeProposer(governor);
        assertFalse(timelock.hasRole(PROPOSER_ROLE, governor));
        assertFalse(timelock.hasRole(CANCELLER_ROLE, governor));
        assertTrue(timelock.hasRole(CANCELLER_ROLE, guardian));
        assertTrue(timelock.isOperationPending(_idOf(left)));
        timelock.cancel(_idOf(left));
        vm.stopPrank();
        assertFalse(timelock.isOperation(_idOf(left)));
    }

    function test_revokeProposer_of_a_proposer_only() public {
        address other = makeAddr("other guardian");
        _byGovernor(address(timelock), abi.encodeCall(IAccessControl.grantRole, (CANCELLER_ROLE, other)));
        address[3] memory accounts = [other, board, address(recovery)];
        for (uint256 i = 0; i < accounts.length; ++i) {
            bytes memory revoking = abi.encodeCall(keeper.revokeProposer, (accounts[i]));
            _refused(guardian, address(keeper), revoking, GovernanceReverts.notProposer(accounts[i]));
        }
        assertTrue(timelock.hasRole(CANCELLER_ROLE, other));
    }

    function _assertMember(uint64 role, address account, bool member, uint32 delay) private view {
        (bool foundMember, uint32 foundDelay) = manager.hasRole(role, account);
        assertEq(foundMember, member);
        assertEq(foundDelay, delay);
    }
}
