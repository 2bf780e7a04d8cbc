// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../attacks/HandedOver.sol";
import {Proposal} from "./Proposals.sol";

/// @notice A key of a bank is stolen: what its thief can do until it is taken away, and how the bank comes back. What
/// a bank does then, step by step, is in `docs/runbooks/`, which the tests in `tests/rehearsals/` carry out.
contract StolenKeysTest is HandedOver {
    uint256 private constant RECOVERY_DELAY = 14 days;

    address private successor = makeAddr("successor");
    address private nextCode;

    function setUp() public override {
        super.setUp();
        nextCode = _newDepositToken();
        _mint(eurBank, payer, 500_00);
    }

    /* GOVERNOR */

    /// @notice The guardian takes its roles, cancels what it had scheduled, and recovery names another, whose proposals
    /// count like those before.
    function test_a_stolen_governor() public {
        Proposal memory theft = _upgrade();
        vm.prank(governor);
        _schedule(timelock, theft, DELAY);

        vm.startPrank(guardian);
        keeper.revokeProposer(governor);
        timelock.cancel(_idOf(theft));
        vm.stopPrank();
        Proposal memory recover = _namesProposer(successor);
        vm.prank(board);
        _schedule(recovery, recover, RECOVERY_DELAY);

        _assertPowerless(governor, recover);
        skip(DELAY);
        _assertNotReady(timelock, theft);
        skip(RECOVERY_DELAY - DELAY);
        vm.prank(stranger);
        _execute(recovery, recover);
        _assertProposes(successor);
        _assertPowerless(governor, recover);
    }

    /// @notice The thief keeps CANCELLER_ROLE by giving PROPOSER_ROLE back, so that the guardian can't take it: it stops
    /// every proposal at the bank's timelock, but no recovery, which takes that role as well.
    function test_a_stolen_governor_that_is_a_canceller_only() public {
        vm.prank(governor);
        timelock.renounceRole(PROPOSER_ROLE, governor);
        vm.expectRevert(GovernanceReverts.notProposer(governor));
        vm.prank(guardian);
        keeper.revokeProposer(governor);

        Proposal memory recover = _namesProposer(successor);
        _add(recover, address(timelock), abi.encodeCall(IAccessControl.revokeRole, (CANCELLER_ROLE, governor)));
        vm.prank(board);
        _schedule(recovery, recover, RECOVERY_DELAY);
        vm.expectRevert(_lacksRole(governor, CANCELLER_ROLE));
        vm.prank(governor);
        recovery.cancel(_idOf(recover));
        skip(RECOVERY_DELAY);
        _execute(recovery, recover);
        _assertPowerless(governor, recover);
        _assertProposes(successor);
    }

    /// @notice As long as it proposes it cancels recovery: the guardian comes first.
    function test_a_stolen_governor_cancels_recovery_until_the_guardian_acts() public {
        Proposal memory recover = _namesProposer(successor);
        vm.prank(board);
        _schedule(recovery, recover, RECOVERY_DELAY);
        vm.prank(governor);
        recovery.cancel(_idOf(recover));

        vm.prank(guardian);
        keeper.revokeProposer(governor);
        vm.prank(board);
        _schedule(recovery, recover, RECOVERY_DELAY);
        _assertPowerless(governor, recover);
        skip(RECOVERY_DELAY);
        _execute(recovery, recover);
        _assertProposes(successor);
    }

    /// @notice A governor that lost its key cancels nothing: recovery puts another in its place.
    function test_a_lost_governor() public {
        Proposal memory recover = _namesProposer(successor);
        _add(recover, address(timelock), abi.encodeCall(IAccessControl.revokeRole, (PROPOSER_ROLE, governor)));
        _add(recover, address(timelock), abi.encodeCall(IAccessControl.revokeRole, (CANCELLER_ROLE, governor)));
        vm.prank(board);
        _schedule(recovery, recover, RECOVERY_DELAY);
        skip(RECOVERY_DELAY);
        _execute(recovery, recover);
        _assertPowerless(governor, recover);
        _assertProposes(successor);
    }

    /* GUARDIAN */

    /// @notice The thief takes every key away and cancels all that the governor proposes. Recovery, in one batch, takes
    /// its CANCELLER_ROLE and the keeper's power over proposers and names the governor again; the governor then, in one
    /// batch, puts another guardian in its place and gives the keeper's power back.
    function test_a_stolen_guardian() public {
        Proposal memory proposal = _upgrade();
        vm.prank(governor);
        _schedule(timelock, proposal, DELAY);
        vm.startPrank(guardian);
        timelock.cancel(_idOf(proposal));
        keeper.revokeProposer(governor);
        keeper.revoke(Roles.REGISTRAR, _keyOf(Roles.REGISTRAR));
        eur.stopSystemAccount(address(escrow));
        vm.stopPrank();

        Proposal memory recover = _proposesAgain();
        vm.prank(board);
        _schedule(recovery, recover, RECOVERY_DELAY);
        _assertGuardianCannotCancel(recover);
        skip(RECOVERY_DELAY);
        _execute(recovery, recover);

        vm.expectRevert(_lacksRole(address(keeper), DEFAULT_ADMIN_ROLE));
        vm.prank(guardian);
        keeper.revokeProposer(governor);
        Proposal memory replace = _replacesGuardian();
        _add(replace, address(keeper), abi.encodeCall(IRoleKeeper.grant, (Roles.REGISTRAR, _keyOf(Roles.REGISTRAR))));
        vm.prank(governor);
        _schedule(timelock, replace, DELAY);
        vm.expectRevert(_lacksRole(guardian, CANCELLER_ROLE));
        vm.prank(guardian);
        timelock.cancel(_idOf(replace));
        skip(DELAY);
        _execute(timelock, replace);

        address thief = guardian;
        guardian = successor;
        vm.expectRevert(GovernanceReverts.accessManagedUnauthorized(thief));
        vm.prank(thief);
        keeper.revoke(Roles.REGISTRAR, _keyOf(Roles.REGISTRAR));
        vm.prank(_keyOf(Roles.REGISTRAR));
        eurBank.registry.renew(payer, REVIEWED_UNTIL + 1);
        vm.startPrank(guardian);
        keeper.revokeProposer(governor);
        keeper.revoke(Roles.REGISTRAR, _keyOf(Roles.REGISTRAR));
        vm.stopPrank();
        assertTrue(timelock.hasRole(CANCELLER_ROLE, guardian));
    }

    /// @notice Why it is one batch: whatever is left out, the thief undoes the rest or goes on.
    function test_a_stolen_guardian_undoes_half_a_recovery() public {
        vm.prank(guardian);
        keeper.revokeProposer(governor);
        Proposal memory half = _namesProposer(governor);
        vm.prank(board);
        _schedule(recovery, half, RECOVERY_DELAY);
        skip(RECOVERY_DELAY);
        _execute(recovery, half);

        Proposal memory replace = _replacesGuardian();
        vm.prank(governor);
        _schedule(timelock, replace, DELAY);
        vm.startPrank(guardian);
        timelock.cancel(_idOf(replace));
        keeper.revokeProposer(governor);
        vm.stopPrank();
        vm.expectRevert(_lacksRole(governor, PROPOSER_ROLE));
        vm.prank(governor);
        _schedule(timelock, replace, DELAY);
    }

    /// @notice It holds the bank still, and nothing more: it starts, releases and moves nothing.
    function test_a_stolen_guardian_starts_nothing() public {
        vm.startPrank(guardian);
        vm.expectRevert(_lacksRole(guardian, PROPOSER_ROLE));
        _schedule(timelock, _upgrade(), DELAY);
        bytes[4] memory calls = [
            abi.encodeCall(IDepositTokenMain.upgradeToAndCall, (nextCode, "")),
            abi.encodeCall(IERC7943Fungible.forcedTransfer, (payer, neighbour, 1)),
            abi.encodeCall(IERC7943Fungible.setFrozenTokens, (payer, 0)),
            abi.encodeCall(IAccessManaged.setAuthority, (address(manager)))
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool success, bytes memory result) = address(eur).call(calls[i]);
            assertFalse(success);
            assertEq(result, GovernanceReverts.accessManagedUnauthorized(guardian));
        }
        vm.stopPrank();
    }

    /// @notice A guardian that lost its key cancels nothing: the governor puts another in its place.
    function test_a_lost_guardian() public {
        Proposal memory replace = _replacesGuardian();
        _add(replace, address(timelock), abi.encodeCall(IAccessControl.revokeRole, (CANCELLER_ROLE, guardian)));
        vm.prank(governor);
        _schedule(timelock, replace, DELAY);
        skip(DELAY);
        _execute(timelock, replace);

        vm.expectRevert(_lacksRole(guardian, CANCELLER_ROLE));
        vm.prank(guardian);
        timelock.cancel(_idOf(replace));
        vm.expectRevert(GovernanceReverts.accessManagedUnauthorized(guardian));
        vm.prank(guardian);
        eur.pause();
        vm.startPrank(successor);
        eur.pause();
        keeper.revokeProposer(governor);
        vm.stopPrank();
    }

    /* BOARD */

    /// @notice The governor puts another recovery in the place of the lost board's, which then has no power.
    function test_a_lost_board() public {
        TimelockController other = _newRecoveryTimelock(timelock, successor);
        Proposal memory replace = _replacesRecovery(other);
        vm.prank(governor);
        _schedule(timelock, replace, DELAY);
        skip(DELAY);
        _execute(timelock, replace);

        Proposal memory recover = _namesProposer(stranger);
        vm.prank(board);
        _schedule(recovery, recover, RECOVERY_DELAY);
        vm.prank(successor);
        _schedule(other, recover, RECOVERY_DELAY);
        skip(RECOVERY_DELAY);
        vm.expectRevert(_lacksRole(address(recovery), DEFAULT_ADMIN_ROLE));
        _execute(recovery, recover);
        _execute(other, recover);
        _assertProposes(stranger);
    }

    /// @notice Alone it does nothing: it has no power but to propose, and the governor cancels that and replaces it.
    function test_a_stolen_board() public {
        Proposal memory theft = _namesProposer(board);
        vm.startPrank(board);
        _schedule(recovery, theft, RECOVERY_DELAY);
        vm.expectRevert(_lacksRole(board, PROPOSER_ROLE));
        _schedule(timelock, _upgrade(), DELAY);
        vm.expectRevert(_lacksRole(board, DEFAULT_ADMIN_ROLE));
        timelock.grantRole(PROPOSER_ROLE, board);
        vm.stopPrank();
        _assertGuardianCannotCancel(theft);

        vm.prank(governor);
        recovery.cancel(_idOf(theft));
        skip(RECOVERY_DELAY);
        _assertNotReady(recovery, theft);
        TimelockController other = _newRecoveryTimelock(timelock, successor);
        Proposal memory replace = _replacesRecovery(other);
        vm.prank(board);
        _schedule(recovery, theft, RECOVERY_DELAY);
        vm.prank(governor);
        _schedule(timelock, replace, DELAY);
        vm.expectRevert(_lacksRole(board, CANCELLER_ROLE));
        vm.prank(board);
        timelock.cancel(_idOf(replace));
        skip(DELAY);
        _execute(timelock, replace);
        skip(RECOVERY_DELAY);
        vm.expectRevert(_lacksRole(address(recovery), DEFAULT_ADMIN_ROLE));
        _execute(recovery, theft);
    }

    /* ENFORCER */

    /// @notice Its schedule is public; the guardian cancels what it had scheduled and takes its role.
    function test_a_stolen_enforcer() public {
        address enforcer = _keyOf(Roles.ENFORCER);
        bytes memory seizure = abi.encodeCall(IERC7943Fungible.forcedTransfer, (payer, neighbour, 500_00));
        bytes memory notScheduled =
            GovernanceReverts.accessManagerNotScheduled(manager.hashOperation(enforcer, address(eur), seizure));
        vm.expectRevert(notScheduled);
        vm.prank(enforcer);
        eur.forcedTransfer(payer, neighbour, 500_00);
        vm.prank(enforcer);
        manager.schedule(address(eur), seizure, 0);
        skip(ENFORCER_DELAY);

        uint256 state = vm.snapshotState();
        vm.prank(guardian);
        manager.cancel(enforcer, address(eur), seizure);
        vm.expectRevert(notScheduled);
        vm.prank(enforcer);
        eur.forcedTransfer(payer, neighbour, 500_00);

        vm.revertToState(state);
        vm.prank(guardian);
        keeper.revoke(Roles.ENFORCER, enforcer);
        vm.expectRevert(GovernanceReverts.accessManagedUnauthorized(enforcer));
        vm.prank(enforcer);
        eur.forcedTransfer(payer, neighbour, 500_00);
    }

    /// @notice Why it is both: within a week of its scheduling what was not cancelled counts again after a new grant.
    function test_an_enforcers_schedule_outlives_its_role() public {
        address enforcer = _keyOf(Roles.ENFORCER);
        vm.prank(enforcer);
        manager.schedule(address(eur), abi.encodeCall(IERC7943Fungible.forcedTransfer, (payer, neighbour, 500_00)), 0);
        vm.prank(guardian);
        keeper.revoke(Roles.ENFORCER, enforcer);
        _byGovernor(address(keeper), abi.encodeCall(IRoleKeeper.grant, (Roles.ENFORCER, enforcer)));
        vm.prank(enforcer);
        eur.forcedTransfer(payer, neighbour, 500_00);
        assertEq(eur.balanceOf(neighbour), 500_00);
    }

    /// @notice By law: not a second before its delay is over.
    function test_an_enforcers_act_waits() public {
        address enforcer = _keyOf(Roles.ENFORCER);
        bytes memory seizure = abi.encodeCall(IERC7943Fungible.forcedTransfer, (payer, neighbour, 500_00));
        vm.startPrank(enforcer);
        (bytes32 operation,) = manager.schedule(address(eur), seizure, 0);
        skip(ENFORCER_DELAY - 1);
        vm.expectRevert(GovernanceReverts.accessManagerNotReady(operation));
        eur.forcedTransfer(payer, neighbour, 500_00);
        skip(1);
        eur.forcedTransfer(payer, neighbour, 500_00);
        vm.stopPrank();
        assertEq(eur.balanceOf(neighbour), 500_00);
    }

    /* WORKING KEYS */

    /// @notice In one block, each by one act of the guardian's: no working key, minter, approver or proposer does anything
    /// more.
    function test_every_working_key_taken_at_once() public {
        vm.prank(payer);
        eur.requestRedemption(1, "");
        uint64[7] memory roles = _workingRoles();
        vm.prank(_keyOf(Roles.ENFORCER));
        manager.schedule(address(eur), abi.encodeCall(IERC7943Fungible.forcedTransfer, (payer, neighbour, 1)), 0);
        skip(ENFORCER_DELAY);
        uint256 state = vm.snapshotState();
        for (uint256 i = 0; i < roles.length; ++i) {
            assertEq(_tryActOf(roles[i]), "");
        }
        vm.revertToState(state);

        vm.startPrank(guardian);
        for (uint256 i = 0; i < roles.length; ++i) {
            keeper.revoke(roles[i], _keyOf(roles[i]));
        }
        eur.removeMinter(eurBank.minter);
        eurBank.policy.removeApprover();
        keeper.revokeProposer(governor);
        vm.stopPrank();

        for (uint256 i = 0; i < roles.length; ++i) {
            assertEq(_tryActOf(roles[i]), GovernanceReverts.accessManagedUnauthorized(_keyOf(roles[i])));
        }
        uint128 entry = _nextEntry(eurBank);
        vm.expectRevert(TokenReverts.notMinter(eurBank.minter));
        vm.prank(eurBank.minter);
        eur.mint(payer, 1, entry);
        assertEq(eurBank.policy.approver(), address(0));
        vm.expectRevert(_lacksRole(governor, PROPOSER_ROLE));
        vm.prank(governor);
        _schedule(timelock, _upgrade(), DELAY);
    }

    /* HELPERS */

    function _upgrade() private returns (Proposal memory) {
        return _proposal(address(eur), abi.encodeCall(IDepositTokenMain.upgradeToAndCall, (nextCode, "")));
    }

    /// @dev What recovery names: a proposer and canceller of the bank's timelock.
    function _namesProposer(address account) private returns (Proposal memory proposal) {
        proposal = _proposal(address(timelock), abi.encodeCall(IAccessControl.grantRole, (PROPOSER_ROLE, account)));
        _add(proposal, address(timelock), abi.encodeCall(IAccessControl.grantRole, (CANCELLER_ROLE, account)));
    }

    function _proposesAgain() private returns (Proposal memory proposal) {
        proposal = _namesProposer(governor);
        _add(proposal, address(timelock), abi.encodeCall(IAccessControl.revokeRole, (CANCELLER_ROLE, guardian)));
        _add(
            proposal,
            address(timelock),
            abi.encodeCall(IAccessControl.revokeRole, (DEFAULT_ADMIN_ROLE, address(keeper)))
        );
    }

    function _replacesGuardian() private returns (Proposal memory proposal) {
        proposal = _proposal(address(manager), abi.encodeCall(IAccessManager.revokeRole, (Roles.GUARDIAN, guardian)));
        _add(proposal, address(manager), abi.encodeCall(IAccessManager.grantRole, (Roles.GUARDIAN, successor, 0)));
        _add(proposal, address(timelock), abi.encodeCall(IAccessControl.grantRole, (CANCELLER_ROLE, successor)));
        _add(
            proposal, address(timelock), abi.encodeCall(IAccessControl.grantRole, (DEFAULT_ADMIN_ROLE, address(keeper)))
        );
    }

    function _replacesRecovery(TimelockController other) private returns (Proposal memory proposal) {
        proposal = _proposal(
            address(timelock), abi.encodeCall(IAccessControl.grantRole, (DEFAULT_ADMIN_ROLE, address(other)))
        );
        _add(
            proposal,
            address(timelock),
            abi.encodeCall(IAccessControl.revokeRole, (DEFAULT_ADMIN_ROLE, address(recovery)))
        );
    }

    /// @dev An act of the role's that nothing but its permission stands in the way of.
    function _actOf(uint64 role) private view returns (address target, bytes memory call) {
        address registry = address(eurBank.registry);
        if (role == Roles.REGISTRAR) {
            return (registry, abi.encodeCall(IAllowlistRegistry.renew, (payer, REVIEWED_UNTIL + 1)));
        }
        if (role == Roles.COMPLIANCE) {
            return (registry, abi.encodeCall(IAllowlistRegistry.blockWallet, (dealer, "LEGL")));
        }
        if (role == Roles.POLICY_OFFICER) {
            return (address(eurBank.policy), abi.encodeCall(ICorridorPolicy.suspendCorridor, (address(eur), EEA, HK)));
        }
        if (role == Roles.TREASURER) return (address(eur), abi.encodeCall(IDepositTokenExt.lowerSupplyCap, (1)));
        if (role == Roles.PAYOUT_OFFICER) {
            return (address(eur), abi.encodeCall(IDepositTokenExt.acceptRedemption, (1)));
        }
        if (role == Roles.RELEASER) {
            return (address(eur), abi.encodeCall(IERC7943Fungible.setFrozenTokens, (payer, 1)));
        }
        return (address(eur), abi.encodeCall(IERC7943Fungible.forcedTransfer, (payer, neighbour, 1)));
    }

    /// @dev Nothing if it succeeded, else the refusal.
    function _tryActOf(uint64 role) private returns (bytes memory refusal) {
        (address target, bytes memory call) = _actOf(role);
        vm.prank(_keyOf(role));
        (bool success, bytes memory result) = target.call(call);
        return success ? bytes("") : result;
    }

    /// @dev It proposes nothing and cancels nothing, at either timelock.
    function _assertPowerless(address thief, Proposal memory recover) private {
        Proposal memory theft = _upgrade();
        vm.startPrank(thief);
        vm.expectRevert(_lacksRole(thief, PROPOSER_ROLE));
        _schedule(timelock, theft, DELAY);
        vm.expectRevert(_lacksRole(thief, CANCELLER_ROLE));
        timelock.cancel(_idOf(theft));
        vm.expectRevert(_lacksRole(thief, CANCELLER_ROLE));
        recovery.cancel(_idOf(recover));
        vm.stopPrank();
    }

    function _assertProposes(address account) private {
        Proposal memory proposal = _proposal(address(timelock), abi.encodeCall(TimelockController.updateDelay, (DELAY)));
        vm.startPrank(account);
        _schedule(timelock, proposal, DELAY);
        timelock.cancel(_idOf(proposal));
        _schedule(timelock, proposal, DELAY);
        vm.stopPrank();
        skip(DELAY);
        _execute(timelock, proposal);
    }

    function _assertGuardianCannotCancel(Proposal memory proposal) private {
        vm.expectRevert(_lacksRole(guardian, CANCELLER_ROLE));
        vm.prank(guardian);
        recovery.cancel(_idOf(proposal));
    }

    function _assertNotReady(TimelockController target, Proposal memory proposal) private {
        vm.expectRevert(_notReady(proposal));
        _execute(target, proposal);
    }
}
