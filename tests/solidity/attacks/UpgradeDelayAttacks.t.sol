// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Proposal} from "../governance/Proposals.sol";
import {HostileToken} from "../support/mocks/HostileToken.sol";
import "./HandedOver.sol";

/// @notice A governor wants new code in a token before the delay is over, in which the guardian can cancel it. Each path
/// is walked to its end, as fast as timelock and manager let it be walked, and none ends earlier.
contract UpgradeDelayAttacksTest is HandedOver {
    /// @dev OpenZeppelin's: what a change of delays at the manager waits for at least.
    uint32 private constant SETBACK = 5 days;
    uint32 private constant TARGET_DELAY = 10 days;

    address private next;
    address private accomplice = makeAddr("accomplice");
    HostileToken private foreign;

    function setUp() public override {
        super.setUp();
        next = _newDepositToken();
    }

    function _prepare() internal override {
        foreign = new HostileToken();
        foreign.give(address(eur), 100_00);
    }

    /* PATHS TO THEIR END */

    /// @notice The straight path: one second before the delay is over it is closed, then it is open.
    function test_the_upgrade_itself() public {
        _assertWaits(_upgrade());
        assertEq(_implementation(), next);
    }

    /// @notice An accomplice becomes administrator of the manager: not before the delay, and then it needs none.
    function test_an_accomplice_as_administrator() public {
        _assertWaits(
            _proposal(address(manager), abi.encodeCall(IAccessManager.grantRole, (Roles.ADMIN, accomplice, 0)))
        );
        _assertUpgrades(accomplice);
    }

    /// @notice An accomplice, or the governor, becomes administrator of the timelock: it names proposers at once, and each
    /// of them waits again.
    function test_an_administrator_of_the_timelock() public {
        _assertWaits(
            _proposal(address(timelock), abi.encodeCall(IAccessControl.grantRole, (DEFAULT_ADMIN_ROLE, accomplice)))
        );
        vm.prank(accomplice);
        timelock.grantRole(PROPOSER_ROLE, accomplice);
        governor = accomplice;
        _assertWaits(_upgrade());
    }

    /// @notice The delay goes down to its bound: that alone takes the delay, and then the bound is left.
    function test_the_delay_to_its_bound() public {
        _assertWaits(_proposal(address(timelock), abi.encodeCall(TimelockController.updateDelay, (LEAST_DELAY))));
        Proposal memory upgrade = _upgrade();
        vm.prank(governor);
        _schedule(timelock, upgrade, LEAST_DELAY);
        skip(LEAST_DELAY - 1);
        _assertNotReady(upgrade);
        skip(1);
        _execute(timelock, upgrade);
        assertEq(_implementation(), next);
    }

    /// @notice The upgrade is given to a working role, to everybody, or to a role made for it.
    function test_the_upgrade_to_another_role() public {
        uint64[3] memory roles = [Roles.COMPLIANCE, type(uint64).max, 99];
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = IDepositTokenMain.upgradeToAndCall.selector;
        uint256 state = vm.snapshotState();
        for (uint256 i = 0; i < roles.length; ++i) {
            Proposal memory proposal = _proposal(
                address(manager),
                abi.encodeCall(IAccessManager.setTargetFunctionRole, (address(eur), selectors, roles[i]))
            );
            _add(proposal, address(manager), abi.encodeCall(IAccessManager.grantRole, (99, accomplice, 0)));
            _assertWaits(proposal);
            _assertUpgrades(i == 0 ? _keyOf(Roles.COMPLIANCE) : i == 1 ? stranger : accomplice);
            vm.revertToState(state);
        }
    }

    /// @notice The token gets a manager of the governor's own, which knows no delay.
    function test_an_authority_of_its_own() public {
        IAccessManager own = _newAccessManager(accomplice);
        Proposal memory proposal =
            _proposal(address(manager), abi.encodeCall(IAccessManager.updateAuthority, (address(eur), address(own))));
        _assertRefused(accomplice);
        _assertWaits(proposal);
        _assertUpgrades(accomplice);
    }

    /// @notice The same past `updateAuthority`: the token's own function by the manager's `execute` is no faster, the
    /// timelock itself may not call it, and it can't be given to a role.
    function test_an_authority_of_its_own_past_updateAuthority() public {
        address own = address(_newAccessManager(accomplice));
        bytes memory set = abi.encodeCall(IAccessManaged.setAuthority, (own));
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = IAccessManaged.setAuthority.selector;
        vm.startPrank(address(timelock));
        vm.expectRevert(GovernanceReverts.accessManagerLockedFunction(selectors[0]));
        manager.setTargetFunctionRole(address(eur), selectors, Roles.COMPLIANCE);
        vm.expectRevert(GovernanceReverts.accessManagedUnauthorized(address(timelock)));
        eur.setAuthority(own);
        vm.stopPrank();
        _assertWaits(_proposal(address(manager), abi.encodeCall(IAccessManager.execute, (address(eur), set))));
        _assertUpgrades(accomplice);
    }

    /// @notice A target's own delay at the manager comes on top, and goes no sooner than it lasts.
    function test_a_targets_own_delay_comes_on_top() public {
        _byGovernor(address(manager), abi.encodeCall(IAccessManager.setTargetAdminDelay, (address(eur), TARGET_DELAY)));
        skip(SETBACK);
        bytes memory own =
            abi.encodeCall(IAccessManager.updateAuthority, (address(eur), address(_newAccessManager(accomplice))));
        Proposal memory proposal = _proposal(address(manager), own);
        vm.prank(governor);
        _schedule(timelock, proposal, DELAY);
        skip(DELAY);
        vm.expectRevert(
            GovernanceReverts.accessManagerNotScheduled(manager.hashOperation(address(timelock), address(manager), own))
        );
        _execute(timelock, proposal);

        _byGovernor(address(manager), abi.encodeCall(IAccessManager.setTargetAdminDelay, (address(eur), 0)));
        skip(TARGET_DELAY - 1);
        assertEq(manager.getTargetAdminDelay(address(eur)), TARGET_DELAY);
        skip(1);
        _execute(timelock, proposal);
        _assertUpgrades(accomplice);
    }

    /// @notice Nobody becomes the administrator's administrator or its guardian: both are locked.
    function test_the_administrators_role_to_somebody_else() public {
        bytes[2] memory calls = [
            abi.encodeCall(IAccessManager.setRoleAdmin, (Roles.ADMIN, Roles.COMPLIANCE)),
            abi.encodeCall(IAccessManager.setRoleGuardian, (Roles.ADMIN, Roles.COMPLIANCE))
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            Proposal memory proposal = _proposal(address(manager), calls[i]);
            vm.prank(governor);
            _schedule(timelock, proposal, DELAY);
            skip(DELAY);
            vm.expectRevert(GovernanceReverts.accessManagerLockedRole(Roles.ADMIN));
            _execute(timelock, proposal);
        }
    }

    /* WAYS AROUND */

    /// @notice The governor is no administrator: neither of its own nor by the manager's `execute` does it do anything.
    function test_the_governor_past_the_timelock() public {
        bytes memory call = abi.encodeCall(IDepositTokenMain.upgradeToAndCall, (next, ""));
        bytes memory refusal = _unauthorizedCall(governor, address(eur), call);
        vm.startPrank(governor);
        vm.expectRevert(refusal);
        manager.execute(address(eur), call);
        vm.expectRevert(refusal);
        manager.schedule(address(eur), call, 0);
        vm.stopPrank();
        _assertRefused(governor);
    }

    /// @notice What waits proposes, or carries out, something that has not waited: the timelock is no proposer of its
    /// own, and asks for each proposal's own time.
    function test_a_proposal_in_a_proposal() public {
        Proposal memory inner = _upgrade();
        Proposal memory proposes = _proposal(
            address(timelock),
            abi.encodeCall(
                TimelockController.scheduleBatch,
                (inner.targets, inner.values, inner.calls, bytes32(0), inner.salt, DELAY)
            )
        );
        Proposal memory executes = _proposal(
            address(timelock),
            abi.encodeCall(
                TimelockController.executeBatch, (inner.targets, inner.values, inner.calls, bytes32(0), inner.salt)
            )
        );
        vm.startPrank(governor);
        _schedule(timelock, proposes, DELAY);
        _schedule(timelock, executes, DELAY);
        skip(DELAY - 1);
        _schedule(timelock, inner, DELAY);
        vm.stopPrank();
        skip(1);
        vm.expectRevert(_lacksRole(address(timelock), PROPOSER_ROLE));
        _execute(timelock, proposes);
        vm.expectRevert(_notReady(inner));
        _execute(timelock, executes);
    }

    /// @notice While the timelock carries out a rescue, the rescued token calls back: at the token, at the manager and at
    /// the timelock it has no more than anybody.
    function test_a_rescued_token_calls_back() public {
        bytes memory rescue = abi.encodeCall(IDepositTokenExt.rescueForeignToken, (address(foreign), stranger, 1));
        bytes memory upgrade = abi.encodeCall(IDepositTokenMain.upgradeToAndCall, (next, ""));
        address[4] memory targets = [address(eur), address(eur), address(manager), address(timelock)];
        bytes[4] memory attacks = [
            rescue,
            upgrade,
            abi.encodeCall(IAccessManager.execute, (address(eur), upgrade)),
            abi.encodeCall(TimelockController.execute, (address(eur), 0, upgrade, 0, 0))
        ];
        bytes memory notMember = GovernanceReverts.accessManagedUnauthorized(address(foreign));
        bytes[4] memory answers = [
            notMember,
            notMember,
            _unauthorizedCall(address(foreign), address(eur), upgrade),
            GovernanceReverts.timelockUnexpectedOperationState(
                timelock.hashOperation(address(eur), 0, upgrade, 0, 0),
                bytes32(1 << uint8(TimelockController.OperationState.Ready))
            )
        ];
        for (uint256 i = 0; i < attacks.length; ++i) {
            foreign.setAttack(IERC20.transfer.selector, targets[i], attacks[i]);
            _byGovernor(address(eur), rescue);
            assertEq(foreign.attackAnswer(), answers[i]);
            assertEq(foreign.balanceOf(stranger), i + 1, "rescued once each time");
        }
    }

    /// @notice Working keys, strangers and the board cancel the governor's proposal: that is the guardian's and its own.
    function test_other_keys_cancel_no_proposal() public {
        Proposal memory upgrade = _upgrade();
        vm.prank(governor);
        _schedule(timelock, upgrade, DELAY);
        for (uint64 role = Roles.REGISTRAR; role <= Roles.ENFORCER + 2; ++role) {
            if (role == Roles.GUARDIAN) continue;
            address key = role > Roles.ENFORCER ? (role == Roles.KEEPER ? board : stranger) : _keyOf(role);
            vm.expectRevert(_lacksRole(key, CANCELLER_ROLE));
            vm.prank(key);
            timelock.cancel(_idOf(upgrade));
            _assertRefused(key);
        }
        vm.prank(guardian);
        timelock.cancel(_idOf(upgrade));
        skip(DELAY);
        _assertNotReady(upgrade);
    }

    /// @notice A proposal kept for a better day stays good, for anybody, and can still be cancelled.
    function test_a_proposal_kept_in_store() public {
        Proposal memory upgrade = _upgrade();
        vm.prank(governor);
        _schedule(timelock, upgrade, DELAY);
        skip(365 days);
        uint256 state = vm.snapshotState();
        vm.prank(guardian);
        timelock.cancel(_idOf(upgrade));
        _assertNotReady(upgrade);
        vm.revertToState(state);
        vm.prank(stranger);
        _execute(timelock, upgrade);
        assertEq(_implementation(), next);
    }

    /// @notice One proposed upgrade is used with other bytes than were announced, be it the code, the call that is made to
    /// it, bytes that nobody reads, ether or a second time: each is a proposal of its own.
    function test_other_bytes_than_announced() public {
        Proposal memory upgrade = _upgrade();
        vm.prank(governor);
        _schedule(timelock, upgrade, DELAY);
        skip(DELAY);
        bytes memory announced = upgrade.calls[0];
        bytes[3] memory others = [
            abi.encodeCall(IDepositTokenMain.upgradeToAndCall, (_newDepositToken(), "")),
            abi.encodeCall(IDepositTokenMain.upgradeToAndCall, (next, abi.encodeCall(IDepositTokenMain.syncEpoch, ()))),
            bytes.concat(announced, hex"00")
        ];
        for (uint256 i = 0; i < others.length; ++i) {
            upgrade.calls[0] = others[i];
            _assertNotReady(upgrade);
        }
        upgrade.calls[0] = announced;
        upgrade.values[0] = 1;
        _assertNotReady(upgrade);
        upgrade.values[0] = 0;
        _execute(timelock, upgrade);
        _assertNotReady(upgrade);
    }

    /// @notice What is announced is an address, at which there may be no code yet for anybody to read: an upgrade
    /// without code is refused, and one to code that came at the last second is not. It is no sooner for that.
    function test_code_that_comes_after_its_announcement() public {
        next = makeAddr("where code will be");
        Proposal memory upgrade = _upgrade();
        vm.prank(governor);
        _schedule(timelock, upgrade, DELAY);
        skip(DELAY);
        vm.expectRevert();
        _execute(timelock, upgrade);
        deployCodeTo("DepositToken.sol:DepositToken", abi.encode(eur.EXTENSION()), next);
        _execute(timelock, upgrade);
        assertEq(_implementation(), next);
    }

    /// @notice The governor shuts everybody out of the token: not before the delay, and a minter goes on to mint what is
    /// left of its quota, since that record and no role is its permission.
    function test_a_closed_target_and_its_minters() public {
        _assertWaits(_proposal(address(manager), abi.encodeCall(IAccessManager.setTargetClosed, (address(eur), true))));
        vm.expectRevert(GovernanceReverts.accessManagedUnauthorized(guardian));
        vm.prank(guardian);
        eur.pause();
        _mint(eurBank, payer, MINTER_CEILING);
        uint128 entry = _nextEntry(eurBank);
        vm.expectRevert(TokenReverts.mintAllowanceExceeded(eurBank.minter, 1, 0));
        vm.prank(eurBank.minter);
        eur.mint(payer, 1, entry);
    }

    /* HELPERS */

    function _upgrade() private returns (Proposal memory) {
        return _proposal(address(eur), abi.encodeCall(IDepositTokenMain.upgradeToAndCall, (next, "")));
    }

    /// @dev Carried out as soon as can be: one second earlier it is refused.
    function _assertWaits(Proposal memory proposal) private {
        vm.prank(governor);
        _schedule(timelock, proposal, DELAY);
        skip(DELAY - 1);
        _assertNotReady(proposal);
        skip(1);
        _execute(timelock, proposal);
    }

    function _assertNotReady(Proposal memory proposal) private {
        vm.expectRevert(_notReady(proposal));
        _execute(timelock, proposal);
    }

    function _assertUpgrades(address key) private {
        vm.prank(key);
        eur.upgradeToAndCall(next, "");
        assertEq(_implementation(), next);
    }

    function _assertRefused(address key) private {
        address before = _implementation();
        vm.expectRevert(GovernanceReverts.accessManagedUnauthorized(key));
        vm.prank(key);
        eur.upgradeToAndCall(next, "");
        assertEq(_implementation(), before);
    }

    function _implementation() private view returns (address) {
        return address(uint160(uint256(vm.load(address(eur), ERC1967Utils.IMPLEMENTATION_SLOT))));
    }

    function _unauthorizedCall(address caller, address target, bytes memory call) private pure returns (bytes memory) {
        return GovernanceReverts.accessManagerUnauthorizedCall(caller, target, bytes4(call));
    }
}
