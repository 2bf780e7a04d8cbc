// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../attacks/HandedOver.sol";
import {Proposal} from "./Proposals.sol";

/// @notice A key of a bank is stolen: what its thief can't do, and why it takes all that the bank does then. How the
/// bank comes back, step by step, is in `docs/runbooks/`, which the tests in `tests/rehearsals/` carry out.
contract StolenKeysTest is HandedOver {
    bytes private seizure;
    address private successor = makeAddr("successor");
    address private nextCode;

    function setUp() public override {
        super.setUp();
        nextCode = newDepositToken();
        _mint(eurBank, payer, 500_00);
        seizure = abi.encodeCall(IERC7943Fungible.forcedTransfer, (payer, neighbour, 500_00));
    }

    /* GUARDIAN AND BOARD */

    /// @notice Why recovery takes the guardian's powers in the batch that names the governor again: whatever is left
    /// out, the thief undoes the rest or goes on.
    function test_a_stolen_guardian_undoes_half_a_recovery() public {
        vm.prank(guardian);
        keeper.revokeProposer(governor);
        Proposal memory half =
            _proposal(address(timelock), abi.encodeCall(IAccessControl.grantRole, (PROPOSER_ROLE, governor)));
        _add(half, address(timelock), abi.encodeCall(IAccessControl.grantRole, (CANCELLER_ROLE, governor)));
        vm.prank(board);
        _schedule(recovery, half, 14 days);
        skip(14 days);
        _execute(recovery, half);

        Proposal memory replace =
            _proposal(address(manager), abi.encodeCall(IAccessManager.revokeRole, (Roles.GUARDIAN, guardian)));
        _add(replace, address(manager), abi.encodeCall(IAccessManager.grantRole, (Roles.GUARDIAN, successor, 0)));
        _propose(replace);
        vm.startPrank(guardian);
        timelock.cancel(_idOf(replace));
        keeper.revokeProposer(governor);
        vm.stopPrank();
        _refuseProposal(governor);
    }

    /// @notice It holds the bank still, and nothing more.
    function test_a_stolen_guardian_starts_nothing() public {
        _assertStartsNothing(guardian);
    }

    /// @notice Alone it has no power but to propose at the recovery's timelock.
    function test_a_stolen_board_starts_nothing() public {
        _assertStartsNothing(board);
    }

    /// @dev It starts, releases and moves nothing, and names nobody.
    function _assertStartsNothing(address thief) private {
        _refuseProposal(thief);
        bytes memory naming = abi.encodeCall(IAccessControl.grantRole, (PROPOSER_ROLE, thief));
        _refused(thief, address(timelock), naming, _lacksRole(thief, DEFAULT_ADMIN_ROLE));
        bytes[4] memory calls = [
            abi.encodeCall(IDepositTokenMain.upgradeToAndCall, (nextCode, "")),
            abi.encodeCall(IERC7943Fungible.setFrozenTokens, (payer, 0)),
            abi.encodeCall(IAccessManaged.setAuthority, (address(manager))),
            seizure
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            _refused(thief, address(eur), calls[i], GovernanceReverts.accessManagedUnauthorized(thief));
        }
    }

    /* ENFORCER */

    /// @notice By law: not a second before everybody could see it for its delay, and not past the guardian.
    function test_an_enforcers_act_waits() public {
        address enforcer = _keyOf(Roles.ENFORCER);
        bytes32 operation = manager.hashOperation(enforcer, address(eur), seizure);
        bytes memory notScheduled = GovernanceReverts.accessManagerNotScheduled(operation);
        _refused(enforcer, address(eur), seizure, notScheduled);
        _scheduleSeizure(enforcer);
        skip(ENFORCER_DELAY - 1);
        _refused(enforcer, address(eur), seizure, GovernanceReverts.accessManagerNotReady(operation));
        skip(1);
        uint256 state = vm.snapshotState();
        vm.prank(guardian);
        manager.cancel(enforcer, address(eur), seizure);
        _refused(enforcer, address(eur), seizure, notScheduled);

        vm.revertToState(state);
        _done(enforcer, address(eur), seizure);
        assertEq(eur.balanceOf(neighbour), 500_00);
    }

    /// @notice Why the guardian cancels what was scheduled besides taking the role: within a week of its scheduling it
    /// counts again after a new grant.
    function test_an_enforcers_schedule_outlives_its_role() public {
        address enforcer = _keyOf(Roles.ENFORCER);
        _scheduleSeizure(enforcer);
        vm.prank(guardian);
        keeper.revoke(Roles.ENFORCER, enforcer);
        _refused(enforcer, address(eur), seizure, GovernanceReverts.accessManagedUnauthorized(enforcer));
        _byGovernor(address(keeper), abi.encodeCall(IRoleKeeper.grant, (Roles.ENFORCER, enforcer)));
        _done(enforcer, address(eur), seizure);
        assertEq(eur.balanceOf(neighbour), 500_00);
    }

    function _scheduleSeizure(address enforcer) private {
        vm.prank(enforcer);
        manager.schedule(address(eur), seizure, 0);
    }

    /* HELPERS */

    function _refuseProposal(address account) private {
        Proposal memory upgrade =
            _proposal(address(eur), abi.encodeCall(IDepositTokenMain.upgradeToAndCall, (nextCode, "")));
        vm.expectRevert(_lacksRole(account, PROPOSER_ROLE));
        vm.prank(account);
        _schedule(timelock, upgrade, DELAY);
    }
}
