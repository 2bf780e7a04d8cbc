// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Proposal} from "../governance/Proposals.sol";
import {HostileToken} from "../support/mocks/HostileToken.sol";
import "./HandedOver.sol";

/// @notice A governor wants new code in a token before the delay is over, in which the guardian can cancel it. Each
/// path is walked to its end, as fast as timelock and manager let it be walked, and none ends earlier.
contract UpgradeDelayAttacksTest is HandedOver {
    /// @dev OpenZeppelin's: what a change of delays at the manager waits for at least.
    uint32 private constant SETBACK = 5 days;
    uint32 private constant TARGET_DELAY = 10 days;

    address private next;
    address private accomplice = makeAddr("accomplice");
    HostileToken private foreign;

    function setUp() public override {
        super.setUp();
        next = newDepositToken();
    }

    function _prepare() internal override {
        foreign = new HostileToken();
        foreign.give(address(eur), 100_00);
    }

    /* PATHS TO THEIR END */

    function test_the_upgrade_itself() public {
        _assertWaits(_upgrade());
        assertEq(_implementation(), next);
    }

    /// @notice What makes somebody able to upgrade without delay waits for it: an accomplice as the manager's
    /// administrator; the upgrade given to a working role, to everybody, to a role made for it; and a manager of the
    /// governor's own, by `updateAuthority` and by the token's function through `execute`.
    function test_somebody_who_needs_no_delay() public {
        address own = address(newAccessManager(accomplice));
        bytes4 upgrade = IDepositTokenMain.upgradeToAndCall.selector;
        bytes[6] memory calls = [
            abi.encodeCall(IAccessManager.grantRole, (Roles.ADMIN, accomplice, 0)),
            _toRole(upgrade, Roles.COMPLIANCE),
            _toRole(upgrade, type(uint64).max),
            _toRole(upgrade, 99),
            abi.encodeCall(IAccessManager.updateAuthority, (address(eur), own)),
            abi.encodeCall(IAccessManager.execute, (address(eur), abi.encodeCall(IAccessManaged.setAuthority, (own))))
        ];
        address[6] memory upgraders =
            [accomplice, _keyOf(Roles.COMPLIANCE), stranger, accomplice, accomplice, accomplice];
        uint256 state = vm.snapshotState();
        for (uint256 i = 0; i < calls.length; ++i) {
            Proposal memory proposal = _proposal(address(manager), calls[i]);
            _add(proposal, address(manager), abi.encodeCall(IAccessManager.grantRole, (99, accomplice, 0)));
            _assertRefused(upgraders[i]);
            _assertWaits(proposal);
            _assertUpgrades(upgraders[i]);
            vm.revertToState(state);
        }
    }

    /// @notice It names proposers at once, each of whom waits again.
    function test_an_administrator_of_the_timelock() public {
        _assertWaits(
            _proposal(address(timelock), abi.encodeCall(IAccessControl.grantRole, (DEFAULT_ADMIN_ROLE, accomplice)))
        );
        vm.prank(accomplice);
        timelock.grantRole(PROPOSER_ROLE, accomplice);
        governor = accomplice;
        _assertWaits(_upgrade());
    }

    /// @notice That alone takes the delay, and then the bound is left.
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

    /// @notice It goes no sooner than it lasts.
    function test_a_targets_own_delay_comes_on_top() public {
        _byGovernor(address(manager), abi.encodeCall(IAccessManager.setTargetAdminDelay, (address(eur), TARGET_DELAY)));
        skip(SETBACK);
        bytes memory own =
            abi.encodeCall(IAccessManager.updateAuthority, (address(eur), address(newAccessManager(accomplice))));
        Proposal memory proposal = _ready(address(manager), own);
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

    /* WAYS AROUND */

    /// @notice Nobody becomes the administrator's administrator or its guardian, and the token's authority can't be
    /// given to a role, nor set by the timelock itself: all locked.
    function test_what_the_manager_locks() public {
        bytes[3] memory calls = [
            abi.encodeCall(IAccessManager.setRoleAdmin, (Roles.ADMIN, Roles.COMPLIANCE)),
            abi.encodeCall(IAccessManager.setRoleGuardian, (Roles.ADMIN, Roles.COMPLIANCE)),
            _toRole(IAccessManaged.setAuthority.selector, Roles.COMPLIANCE)
        ];
        bytes memory role = GovernanceReverts.accessManagerLockedRole(Roles.ADMIN);
        bytes memory function_ = GovernanceReverts.accessManagerLockedFunction(IAccessManaged.setAuthority.selector);
        for (uint256 i = 0; i < calls.length; ++i) {
            Proposal memory proposal = _ready(address(manager), calls[i]);
            vm.expectRevert(i == 2 ? function_ : role);
            _execute(timelock, proposal);
        }
        bytes memory set = abi.encodeCall(IAccessManaged.setAuthority, (address(newAccessManager(accomplice))));
        _refused(address(timelock), address(eur), set, GovernanceReverts.accessManagedUnauthorized(address(timelock)));
    }

    function test_the_governor_past_the_timelock() public {
        bytes memory call = _upgrade().calls[0];
        bytes memory refusal = _unauthorizedCall(governor, address(eur), call);
        _refused(governor, address(manager), abi.encodeCall(IAccessManager.execute, (address(eur), call)), refusal);
        _refused(governor, address(manager), abi.encodeCall(IAccessManager.schedule, (address(eur), call, 0)), refusal);
        _assertRefused(governor);
    }

    /// @notice The timelock is no proposer of its own, and asks for each proposal's own time.
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
        _propose(proposes);
        _propose(executes);
        skip(DELAY - 1);
        _propose(inner);
        skip(1);
        vm.expectRevert(_lacksRole(address(timelock), PROPOSER_ROLE));
        _execute(timelock, proposes);
        vm.expectRevert(_notReady(inner));
        _execute(timelock, executes);
    }

    /// @notice At token, manager and timelock it has no more than anybody.
    function test_a_rescued_token_calls_back() public {
        bytes memory rescue = abi.encodeCall(IDepositTokenExt.rescueForeignToken, (address(foreign), stranger, 1));
        bytes memory upgrade = _upgrade().calls[0];
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

    /// @notice In the token's name: none of them knows such a call.
    function test_a_rescue_that_calls_the_banks_own_contracts() public {
        address[4] memory places =
            [address(eurBank.registry), address(eurBank.policy), address(manager), address(escrow)];
        for (uint256 i = 0; i < places.length; ++i) {
            bytes memory rescue = abi.encodeCall(IDepositTokenExt.rescueForeignToken, (places[i], stranger, 1));
            Proposal memory proposal = _ready(address(eur), rescue);
            vm.expectRevert(IDepositToken.FailedCall.selector);
            _execute(timelock, proposal);
        }
    }

    /// @notice A minter goes on to mint what is left to it, since its record and no role is its permission.
    function test_a_closed_target_and_its_minters() public {
        _assertWaits(_proposal(address(manager), abi.encodeCall(IAccessManager.setTargetClosed, (address(eur), true))));
        bytes memory closed = GovernanceReverts.accessManagedUnauthorized(guardian);
        _refused(guardian, address(eur), abi.encodeCall(eur.pause, ()), closed);
        _mint(eurBank, payer, MINTER_CEILING);
        bytes memory mint = abi.encodeCall(eur.mint, (payer, 1, _nextEntry(eurBank)));
        _refused(eurBank.minter, address(eur), mint, TokenReverts.mintAllowanceExceeded(eurBank.minter, 1, 0));
    }

    /* PROPOSALS */

    /// @notice That is the guardian's and the governor's own, whenever.
    function test_other_keys_cancel_no_proposal() public {
        Proposal memory upgrade = _upgrade();
        _propose(upgrade);
        bytes memory cancel = abi.encodeCall(timelock.cancel, (_idOf(upgrade)));
        for (uint64 role = Roles.REGISTRAR; role <= Roles.ENFORCER + 2; ++role) {
            if (role == Roles.GUARDIAN) continue;
            address key = role > Roles.ENFORCER ? (role == Roles.KEEPER ? board : stranger) : _keyOf(role);
            _refused(key, address(timelock), cancel, _lacksRole(key, CANCELLER_ROLE));
            _assertRefused(key);
        }
        skip(365 days);
        _done(guardian, address(timelock), cancel);
        _assertNotReady(upgrade);
    }

    /// @notice Other code, call, trailing bytes, ether, or a second time: each is a proposal of its own. What was
    /// announced stays good, for anybody.
    function test_other_bytes_than_announced() public {
        bytes memory announced = _upgrade().calls[0];
        Proposal memory upgrade = _ready(address(eur), announced);
        bytes[3] memory others = [
            abi.encodeCall(IDepositTokenMain.upgradeToAndCall, (newDepositToken(), "")),
            abi.encodeCall(IDepositTokenMain.upgradeToAndCall, (next, abi.encodeCall(IDepositTokenMain.syncEpoch, ()))),
            bytes.concat(announced, hex"00")
        ];
        for (uint256 i = 0; i < others.length; ++i) {
            upgrade.calls[0] = others[i];
            _assertNotReady(upgrade);
        }
        (upgrade.calls[0], upgrade.values[0]) = (announced, 1);
        _assertNotReady(upgrade);
        upgrade.values[0] = 0;
        skip(365 days);
        vm.prank(stranger);
        _execute(timelock, upgrade);
        _assertNotReady(upgrade);
    }

    /// @notice Nobody could read it; without code an upgrade is refused, and it is no sooner for that.
    function test_code_that_comes_after_its_announcement() public {
        next = makeAddr("where code will be");
        Proposal memory upgrade = _ready(address(eur), _upgrade().calls[0]);
        vm.expectRevert(IDepositToken.FailedCall.selector);
        _execute(timelock, upgrade);
        deployCodeTo("DepositToken.sol:DepositToken", abi.encode(eur.EXTENSION()), next);
        _execute(timelock, upgrade);
        assertEq(_implementation(), next);
    }

    /* HELPERS */

    function _upgrade() private returns (Proposal memory) {
        return _proposal(address(eur), abi.encodeCall(IDepositTokenMain.upgradeToAndCall, (next, "")));
    }

    function _toRole(bytes4 selector, uint64 role) private view returns (bytes memory) {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = selector;
        return abi.encodeCall(IAccessManager.setTargetFunctionRole, (address(eur), selectors, role));
    }

    /// @dev Carried out as soon as can be: one second earlier it is refused.
    function _assertWaits(Proposal memory proposal) private {
        _propose(proposal);
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
        bytes memory upgrade = abi.encodeCall(IDepositTokenMain.upgradeToAndCall, (next, ""));
        _refused(key, address(eur), upgrade, GovernanceReverts.accessManagedUnauthorized(key));
    }

    function _implementation() private view returns (address) {
        return address(uint160(uint256(vm.load(address(eur), ERC1967Utils.IMPLEMENTATION_SLOT))));
    }

    function _unauthorizedCall(address caller, address target, bytes memory call) private pure returns (bytes memory) {
        return GovernanceReverts.accessManagerUnauthorizedCall(caller, target, bytes4(call));
    }
}
