// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {ERC1967Utils} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Utils.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";

import {IBackOffice} from "../../../contracts/interfaces/IBackOffice.sol";
import {IFrontOffice} from "../../../contracts/interfaces/IFrontOffice.sol";
import {HostileToken} from "../mocks/HostileToken.sol";
import {HandedOver} from "./HandedOver.sol";

/// @notice An administrator wants new code in a token before the delay is over in which its holders can leave. Each
/// path is walked to its end, as fast as the manager lets it be walked, and none ends earlier.
contract UpgradeDelayAttacksTest is HandedOver {
    /// @dev OpenZeppelin's: what a scheduled act waits for at most, and what a change of delays waits for at least.
    uint32 private constant EXPIRATION = 7 days;
    uint32 private constant SETBACK = 5 days;

    address private next;
    address private accomplice = makeAddr("accomplice");
    IAccessManager private manager;
    HostileToken private foreign;

    function setUp() public override {
        super.setUp();
        manager = eurBank.manager;
        next = _newDepositToken();
    }

    function _prepare() internal override {
        foreign = new HostileToken();
        foreign.give(address(eur), 100_00);
    }

    /* PATHS TO THEIR END */

    /// @notice The straight path: one second before the delay is over it is closed, then it is open.
    function test_the_upgrade_itself() public {
        _scheduleAndWait(address(eur), _upgrade(), DELAY - 1);
        _assertNotReady(governor, address(eur), _upgrade());
        vm.warp(START + DELAY);
        _assertUpgrades(governor);
    }

    /// @notice An accomplice becomes administrator without any delay: not before the delay, and then it is as fast.
    function test_an_accomplice_without_delay() public {
        bytes memory grant = abi.encodeCall(IAccessManager.grantRole, (ADMIN, accomplice, 0));
        _scheduleAndWait(address(manager), grant, DELAY - 1);
        _assertNotReady(governor, address(manager), grant);
        vm.warp(START + DELAY);
        _execute(address(manager), grant);
        _assertUpgrades(accomplice);
    }

    /// @notice The administrator takes its own delay away: that alone takes the delay, and then the delay again.
    function test_its_own_delay_to_zero() public {
        bytes memory grant = abi.encodeCall(IAccessManager.grantRole, (ADMIN, governor, 0));
        _scheduleAndWait(address(manager), grant, DELAY);
        _execute(address(manager), grant);
        vm.warp(START + 2 * DELAY - 1);
        _assertRefused(governor);
        vm.warp(START + 2 * DELAY);
        _assertUpgrades(governor);
    }

    /// @notice It revokes itself so as to be granted anew without the wait above: then there is nobody to grant.
    function test_to_be_revoked_and_granted_anew() public {
        bytes memory revoke = abi.encodeCall(IAccessManager.revokeRole, (ADMIN, governor));
        bytes memory grant = abi.encodeCall(IAccessManager.grantRole, (ADMIN, governor, 0));
        vm.startPrank(governor);
        manager.schedule(address(manager), revoke, 0);
        manager.schedule(address(manager), grant, 0);
        vm.warp(START + DELAY);
        manager.execute(address(manager), revoke);
        vm.expectRevert(_unauthorizedCall(governor, address(manager), grant));
        manager.execute(address(manager), grant);
        vm.stopPrank();
        _assertRefused(governor);
    }

    /// @notice The upgrade is given to a role that has no delay, to everybody, or to a role made for it.
    function test_the_upgrade_to_another_role() public {
        uint64[3] memory roles = [COMPLIANCE, type(uint64).max, 99];
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = IFrontOffice.upgradeToAndCall.selector;
        uint256 state = vm.snapshotState();
        for (uint256 i = 0; i < roles.length; ++i) {
            bytes memory move =
                abi.encodeCall(IAccessManager.setTargetFunctionRole, (address(eur), selectors, roles[i]));
            bytes memory grant = abi.encodeCall(IAccessManager.grantRole, (99, accomplice, 0));
            vm.prank(governor);
            manager.schedule(address(manager), grant, 0);
            _scheduleAndWait(address(manager), move, DELAY - 1);
            _assertNotReady(governor, address(manager), move);
            _assertNotReady(governor, address(manager), grant);
            vm.warp(START + DELAY);
            _execute(address(manager), move);
            _execute(address(manager), grant);
            _assertUpgrades(i == 0 ? _keyOf(COMPLIANCE) : i == 1 ? stranger : accomplice);
            vm.revertToState(state);
        }
    }

    /// @notice The token gets a manager of the administrator's own, which knows no delay.
    function test_an_authority_of_its_own() public {
        IAccessManager own = _newAccessManager(accomplice);
        bytes memory update = abi.encodeCall(IAccessManager.updateAuthority, (address(eur), address(own)));
        _scheduleAndWait(address(manager), update, DELAY - 1);
        _assertNotReady(governor, address(manager), update);
        _assertRefused(accomplice);
        vm.warp(START + DELAY);
        _execute(address(manager), update);
        _assertUpgrades(accomplice);
    }

    /// @notice The same past `updateAuthority`: the token's own function by `execute` is no faster, the governor itself
    /// may not call it, and it can't be given to a role without delay.
    function test_an_authority_of_its_own_past_updateAuthority() public {
        address own = address(_newAccessManager(accomplice));
        bytes memory set = abi.encodeCall(IAccessManaged.setAuthority, (own));
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = IAccessManaged.setAuthority.selector;
        bytes memory move = abi.encodeCall(IAccessManager.setTargetFunctionRole, (address(eur), selectors, COMPLIANCE));
        vm.prank(governor);
        manager.schedule(address(manager), move, 0);
        _scheduleAndWait(address(eur), set, DELAY - 1);
        _assertNotReady(governor, address(eur), set);
        vm.warp(START + DELAY);
        vm.startPrank(governor);
        vm.expectRevert(abi.encodeWithSelector(IAccessManager.AccessManagerLockedFunction.selector, selectors[0]));
        manager.execute(address(manager), move);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, governor));
        eur.setAuthority(own);
        vm.stopPrank();
        _execute(address(eur), set);
        _assertUpgrades(accomplice);
    }

    /// @notice Lower delays of targets and grants come no sooner than five days after the delay.
    function test_lower_delays_come_later() public {
        bytes memory longer = abi.encodeCall(IAccessManager.setTargetAdminDelay, (address(eur), 10 days));
        _scheduleAndWait(address(manager), longer, DELAY);
        _execute(address(manager), longer);
        vm.warp(START + DELAY + SETBACK);
        assertEq(manager.getTargetAdminDelay(address(eur)), 10 days);

        bytes memory shorter = abi.encodeCall(IAccessManager.setTargetAdminDelay, (address(eur), 0));
        vm.prank(governor);
        manager.schedule(address(manager), shorter, 0);
        vm.warp(START + 2 * DELAY + SETBACK);
        _execute(address(manager), shorter);
        vm.warp(START + 2 * DELAY + SETBACK + 10 days - 1);
        assertEq(manager.getTargetAdminDelay(address(eur)), 10 days);
        vm.warp(START + 2 * DELAY + SETBACK + 10 days);
        assertEq(manager.getTargetAdminDelay(address(eur)), 0);
        _assertRefused(governor);
    }

    /// @notice Nobody becomes the administrator's administrator or its guardian: both are locked.
    function test_the_administrators_role_to_somebody_else() public {
        bytes[2] memory calls = [
            abi.encodeCall(IAccessManager.setRoleAdmin, (ADMIN, COMPLIANCE)),
            abi.encodeCall(IAccessManager.setRoleGuardian, (ADMIN, COMPLIANCE))
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            vm.prank(governor);
            manager.schedule(address(manager), calls[i], 0);
        }
        vm.warp(START + DELAY);
        for (uint256 i = 0; i < calls.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IAccessManager.AccessManagerLockedRole.selector, ADMIN));
            vm.prank(governor);
            manager.execute(address(manager), calls[i]);
        }
    }

    /* WAYS AROUND */

    /// @notice Scheduling and executing in one `multicall`, flat and nested, and a grant in one: all undone.
    function test_schedule_and_execute_in_one_multicall() public {
        bytes[] memory both = new bytes[](2);
        both[0] = abi.encodeCall(IAccessManager.schedule, (address(eur), _upgrade(), 0));
        both[1] = abi.encodeCall(IAccessManager.execute, (address(eur), _upgrade()));
        bytes32 operation = manager.hashOperation(governor, address(eur), _upgrade());
        bytes memory notReady = abi.encodeWithSelector(IAccessManager.AccessManagerNotReady.selector, operation);
        vm.startPrank(governor);
        vm.expectRevert(notReady);
        Multicall(address(manager)).multicall(both);
        bytes[] memory nested = new bytes[](1);
        nested[0] = abi.encodeCall(Multicall.multicall, (both));
        vm.expectRevert(notReady);
        Multicall(address(manager)).multicall(nested);

        nested[0] = abi.encodeCall(IAccessManager.grantRole, (ADMIN, governor, 0));
        vm.expectRevert(
            abi.encodeWithSelector(
                IAccessManager.AccessManagerNotScheduled.selector,
                manager.hashOperation(governor, address(manager), nested[0])
            )
        );
        Multicall(address(manager)).multicall(nested);
        assertEq(manager.getSchedule(operation), 0);
    }

    /// @notice The manager is made to call itself, so that the call comes from the manager: `execute` in `execute`, for
    /// the upgrade and for a grant, even when the outer call was scheduled in time.
    function test_execute_in_execute() public {
        bytes memory inner = abi.encodeCall(IAccessManager.execute, (address(eur), _upgrade()));
        _scheduleAndWait(address(manager), inner, DELAY);
        vm.expectRevert(_unauthorizedCall(address(manager), address(eur), _upgrade()));
        vm.prank(governor);
        manager.execute(address(manager), inner);

        bytes memory grant = abi.encodeCall(IAccessManager.grantRole, (ADMIN, accomplice, 0));
        inner = abi.encodeCall(IAccessManager.execute, (address(manager), grant));
        _scheduleAndWait(address(manager), inner, DELAY);
        vm.expectRevert(_unauthorizedCall(address(manager), address(manager), grant));
        vm.prank(governor);
        manager.execute(address(manager), inner);
    }

    /// @notice While the manager executes a rescue, the rescued token calls back: it may call nothing, neither at the
    /// token nor at the manager, although the manager's mark says that a rescue is under way.
    function test_a_rescued_token_calls_back() public {
        bytes memory rescue = abi.encodeCall(IBackOffice.rescueForeignToken, (address(foreign), stranger, 1));
        bytes[3] memory attacks = [rescue, _upgrade(), abi.encodeCall(IAccessManager.execute, (address(eur), rescue))];
        for (uint256 i = 0; i < attacks.length; ++i) {
            uint256 begin = block.timestamp;
            foreign.setAttack(IERC20.transfer.selector, i == 2 ? address(manager) : address(eur), attacks[i]);
            vm.prank(governor);
            manager.schedule(address(eur), rescue, 0);
            vm.warp(begin + DELAY);
            vm.prank(governor);
            manager.execute(address(eur), rescue);
            assertEq(
                foreign.attackAnswer(),
                i == 2
                    ? _unauthorizedCall(address(foreign), address(eur), rescue)
                    : abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, address(foreign))
            );
            assertEq(foreign.balanceOf(stranger), i + 1, "rescued once each time");
        }
    }

    /// @notice A contract poses as a target that consumes the governor's schedule: it can spoil its own alone.
    function test_somebody_else_consumes_the_schedule() public {
        _scheduleAndWait(address(eur), _upgrade(), DELAY);
        bytes32 own = manager.hashOperation(governor, address(this), _upgrade());
        vm.expectRevert(abi.encodeWithSelector(IAccessManager.AccessManagerNotScheduled.selector, own));
        manager.consumeScheduledOp(governor, _upgrade());
        _assertUpgrades(governor);
    }

    /// @dev What the manager asks of a target.
    function isConsumingScheduledOp() external pure returns (bytes4) {
        return IAccessManaged.isConsumingScheduledOp.selector;
    }

    /// @notice Other keys cancel the governor's schedule, or use it: it is the governor's own.
    function test_other_keys_touch_no_schedule() public {
        _scheduleAndWait(address(eur), _upgrade(), DELAY);
        for (uint64 role = REGISTRAR; role <= CASHIER; ++role) {
            address key = _keyOf(role);
            vm.expectRevert(
                abi.encodeWithSelector(
                    IAccessManager.AccessManagerUnauthorizedCancel.selector,
                    key,
                    governor,
                    address(eur),
                    IFrontOffice.upgradeToAndCall.selector
                )
            );
            vm.prank(key);
            manager.cancel(governor, address(eur), _upgrade());
            _assertRefused(key);
        }
        _assertUpgrades(governor);
    }

    /// @notice What a governor scheduled before it was revoked is void, and stays so for whoever it was.
    function test_a_revoked_governors_schedule() public {
        bytes memory successor = abi.encodeCall(IAccessManager.grantRole, (ADMIN, accomplice, DELAY));
        bytes memory revoke = abi.encodeCall(IAccessManager.revokeRole, (ADMIN, governor));
        vm.startPrank(governor);
        manager.schedule(address(manager), successor, 0);
        vm.warp(START + DELAY);
        manager.execute(address(manager), successor);
        manager.schedule(address(eur), _upgrade(), 0);
        vm.stopPrank();
        vm.prank(accomplice);
        manager.schedule(address(manager), revoke, 0);
        vm.warp(START + 2 * DELAY);
        vm.prank(accomplice);
        manager.execute(address(manager), revoke);
        _assertRefused(governor);
    }

    /// @notice A schedule is not kept for a better day: after a week it is void, and the delay begins anew.
    function test_a_schedule_kept_in_store() public {
        _scheduleAndWait(address(eur), _upgrade(), DELAY + EXPIRATION);
        vm.expectRevert(
            abi.encodeWithSelector(
                IAccessManager.AccessManagerExpired.selector, manager.hashOperation(governor, address(eur), _upgrade())
            )
        );
        vm.prank(governor);
        eur.upgradeToAndCall(next, "");
        vm.prank(governor);
        (bytes32 operation,) = manager.schedule(address(eur), _upgrade(), 0);
        assertEq(manager.getSchedule(operation), block.timestamp + DELAY);
    }

    /// @notice One scheduled upgrade is used with other bytes than were announced, be it the code, the call that is made
    /// to it, or bytes that nobody reads: each is an operation of its own.
    function test_other_bytes_than_announced() public {
        _scheduleAndWait(address(eur), _upgrade(), DELAY);
        bytes[3] memory others = [
            abi.encodeCall(IFrontOffice.upgradeToAndCall, (_newDepositToken(), "")),
            abi.encodeCall(IFrontOffice.upgradeToAndCall, (next, abi.encodeCall(IFrontOffice.syncEpoch, ()))),
            bytes.concat(_upgrade(), hex"00")
        ];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.prank(governor);
            (bool success, bytes memory result) = address(eur).call(others[i]);
            assertFalse(success);
            assertEq(
                result,
                abi.encodeWithSelector(
                    IAccessManager.AccessManagerNotScheduled.selector,
                    manager.hashOperation(governor, address(eur), others[i])
                )
            );
        }
    }

    /// @notice What is announced is an address, at which there may be no code yet for anybody to read: an upgrade
    /// without code is refused, and one to code that came at the last second is not. It is no sooner for that.
    function test_code_that_comes_after_its_announcement() public {
        next = makeAddr("where code will be");
        _scheduleAndWait(address(eur), _upgrade(), DELAY);
        // The schedule, which this would use up, is there again with the rest that is undone.
        vm.expectRevert(bytes(""));
        vm.prank(governor);
        eur.upgradeToAndCall(next, "");
        deployCodeTo("DepositToken.sol:DepositToken", abi.encode(eur.BACK_OFFICE()), next);
        _assertUpgrades(governor);
    }

    /// @notice The governor shuts everybody out of the token: not before the delay, and a desk goes on to mint what is
    /// left of its quota, since that record and no role is its permission.
    function test_a_closed_target_and_its_desks() public {
        bytes memory close = abi.encodeCall(IAccessManager.setTargetClosed, (address(eur), true));
        _scheduleAndWait(address(manager), close, DELAY - 1);
        _assertNotReady(governor, address(manager), close);
        vm.warp(START + DELAY);
        _execute(address(manager), close);
        address guardian = _keyOf(GUARDIAN);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, guardian));
        vm.prank(guardian);
        eur.pause();
        _mint(eurBank, payer, DESK_CEILING);
        uint128 entry = _nextEntry(eurBank);
        vm.expectRevert(abi.encodeWithSelector(IFrontOffice.DeskAllowanceExceeded.selector, eurBank.desk, 1, 0));
        vm.prank(eurBank.desk);
        eur.mint(payer, 1, entry);
    }

    /* HELPERS */

    function _upgrade() private view returns (bytes memory) {
        return abi.encodeCall(IFrontOffice.upgradeToAndCall, (next, ""));
    }

    function _scheduleAndWait(address target, bytes memory call, uint256 time) private {
        uint256 now_ = block.timestamp;
        vm.prank(governor);
        manager.schedule(target, call, 0);
        vm.warp(now_ + time);
    }

    function _execute(address target, bytes memory call) private {
        vm.prank(governor);
        manager.execute(target, call);
    }

    function _assertNotReady(address key, address target, bytes memory call) private {
        bytes32 operation = manager.hashOperation(key, target, call);
        vm.expectRevert(abi.encodeWithSelector(IAccessManager.AccessManagerNotReady.selector, operation));
        vm.prank(key);
        manager.execute(target, call);
    }

    function _assertUpgrades(address key) private {
        vm.prank(key);
        eur.upgradeToAndCall(next, "");
        assertEq(_implementation(), next);
    }

    /// @dev At once; what it has scheduled does not count.
    function _assertRefused(address key) private {
        address before = _implementation();
        vm.prank(key);
        (bool success, bytes memory result) = address(eur).call(_upgrade());
        assertFalse(success);
        (bool member, uint32 delay) = manager.hasRole(ADMIN, key);
        assertEq(
            result,
            member && delay != 0
                ? abi.encodeWithSelector(
                    IAccessManager.AccessManagerNotScheduled.selector,
                    manager.hashOperation(key, address(eur), _upgrade())
                )
                : abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, key)
        );
        assertEq(_implementation(), before);
    }

    function _implementation() private view returns (address) {
        return address(uint160(uint256(vm.load(address(eur), ERC1967Utils.IMPLEMENTATION_SLOT))));
    }

    function _unauthorizedCall(address caller, address target, bytes memory call) private pure returns (bytes memory) {
        return
            abi.encodeWithSelector(IAccessManager.AccessManagerUnauthorizedCall.selector, caller, target, bytes4(call));
    }
}
