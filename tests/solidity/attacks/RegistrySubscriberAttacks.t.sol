// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BankSystem} from "../support/BankSystem.sol";
import "../support/SecondToken.sol";
import {Proposal} from "../governance/Proposals.sol";
import {HostileSubscriber} from "../support/mocks/HostileSubscriber.sol";
import {HandedOver} from "./HandedOver.sol";

/// @notice A subscriber of a registry, and a sender short of gas want a block to miss a token.
contract RegistrySubscriberAttacksTest is HandedOver, SecondToken {
    /// @dev How a block is sent: alone, in a `multicall` with another one, or through the bank's manager.
    enum Way {
        Alone,
        Together,
        ThroughManager
    }

    uint64 private constant YEN_LEDGER = 7003;
    /// @dev Where the token's registry lies, with its epoch above it.
    bytes32 private constant TOKEN_STORAGE = 0x358f066af1ad54fbda2b5a39654ca8e0b44e4e791acc73172153aba47853c000;

    IAllowlistRegistry private registry;
    /// @dev Of the euro bank, told after the hostile subscriber.
    IDepositToken private yen;
    HostileSubscriber private hostile;
    address private compliance;

    function setUp() public override(BankSystem, HandedOver) {
        super.setUp();
        compliance = _keyOf(Roles.COMPLIANCE);
    }

    function _prepare() internal override {
        registry = eurBank.registry;
        hostile = new HostileSubscriber(HostileSubscriber.Answer.Act);
        yen = _secondToken();
        registry.subscribe(address(hostile));
        registry.subscribe(address(yen));
        yen.unpause();
        _onboard(eurBank, address(hostile), CustomerCategory.Institution, GERMANY, 1020);
        address minter = makeAddr("yen minter");
        yen.setMinter(minter, YEN_LEDGER, MINTER_CEILING);
        vm.prank(minter);
        yen.mint(payer, 500, _entry(YEN_LEDGER, 1));
        yen.sync(neighbour);
        eur.sync(payer);
    }

    /* THE SUBSCRIBER */

    /// @notice A subscriber that holds a wallet's allowance uses it in the middle of the block, at a token that is told
    /// after it: what the wallet had approved to it still goes, to another customer, and one call later nothing goes.
    /// That a subscriber acts for nobody while it is told is what the registry assumes of the bank's own tokens.
    function test_a_subscriber_acts_between_two_tokens() public {
        vm.prank(payer);
        yen.approve(address(hostile), 300);
        hostile.prepare(address(yen), abi.encodeCall(IERC20.transferFrom, (payer, neighbour, 300)));
        _block();
        assertEq(yen.balanceOf(neighbour), 300, "no more than was approved to it");

        bytes memory again = abi.encodeCall(yen.transferFrom, (payer, neighbour, 0));
        _refused(address(hostile), address(yen), again, TokenReverts.cannotSend(payer));
        // A token that is told before it is out of its reach.
        assertFalse(eur.canSend(payer));
    }

    /// @notice It has no role; all it may do is claim a free ledger, as any token of the bank may.
    function test_a_subscriber_calls_back_by_multicall() public {
        bytes memory unblock = abi.encodeCall(IAllowlistRegistry.unblockWallet, (payer));
        hostile.prepare(address(registry), _together(unblock, _together(unblock, unblock)));
        _block();
        assertTrue(registry.isBlocked(payer));
        assertFalse(yen.canSend(payer));

        bytes memory claim = abi.encodeCall(IAllowlistRegistry.claimLedger, (YEN_LEDGER));
        hostile.prepare(address(registry), _together(claim, claim));
        vm.prank(compliance);
        registry.blockCustomer(1001, LEGAL);
        assertEq(registry.tokenOfLedger(YEN_LEDGER), address(yen), "a ledger that is another token's");
    }

    function test_a_subscriber_syncs_the_next_token_itself() public {
        hostile.prepare(address(yen), abi.encodeCall(yen.sync, (payer)));
        vm.startPrank(compliance);
        registry.blockCustomer(1001, LEGAL);
        assertFalse(yen.canSend(payer));
        hostile.prepare(address(yen), abi.encodeCall(yen.syncEpoch, ()));
        registry.blockWallet(payer, LEGAL);
        vm.stopPrank();
        vm.prank(_keyOf(Roles.RELEASER));
        registry.unblockCustomer(1001);
        vm.prank(stranger);
        yen.sync(payer);
        assertFalse(yen.canSend(payer));
    }

    /// @notice Of its own coming and going it is told too: an event says that it missed them, for no wallet.
    function test_a_subscriber_that_fails_from_the_first_moment_on() public {
        address failing = address(new HostileSubscriber(HostileSubscriber.Answer.Revert));
        bytes[2] memory calls = [
            abi.encodeCall(IAllowlistRegistry.subscribe, (failing)),
            abi.encodeCall(IAllowlistRegistry.unsubscribe, (failing))
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            Proposal memory proposal = _ready(address(registry), calls[i]);
            vm.expectEmit(address(registry));
            emit IAllowlistRegistry.SubscriberMissed(failing, address(0));
            _execute(timelock, proposal);
        }
    }

    /* GAS */

    /// @notice A block is sent with whatever gas: it fails as a whole, or it is known to every token.
    /// forge-config: default.fuzz.runs = 64
    function testFuzz_a_block_with_too_little_gas(uint256 gas, uint8 draw) public {
        gas = bound(gas, 25_000, 1_000_000);
        bytes memory block_ = abi.encodeCall(IAllowlistRegistry.blockWallet, (payer, LEGAL));
        bytes memory other = abi.encodeCall(IAllowlistRegistry.blockCustomer, (1002, LEGAL));
        bytes[3] memory calls =
            [block_, _together(other, block_), abi.encodeCall(IAccessManager.execute, (address(registry), block_))];
        Way way = Way(draw % 3);
        address target = way == Way.ThroughManager ? address(eurBank.manager) : address(registry);
        vm.prank(compliance);
        (bool success,) = target.call{gas: gas}(calls[uint8(way)]);
        assertEq(registry.isBlocked(payer), success);
        assertEq(eur.canSend(payer), !success);
        assertEq(yen.canSend(payer), !success);
        assertEq(yen.canReceive(neighbour), !(success && way == Way.Together));
    }

    /* NUMBERS THAT RUN OUT */

    /// @notice A customer can't be blocked as a whole any more, which says so and leaves the block of each wallet.
    function test_a_registry_without_epochs_left() public {
        vm.record();
        registry.epoch();
        (bytes32[] memory reads,) = vm.accesses(address(registry));
        vm.store(address(registry), reads[0], bytes32(uint256(type(uint32).max)));
        assertEq(registry.epoch(), type(uint32).max);
        yen.syncEpoch();
        yen.sync(payer);

        vm.startPrank(compliance);
        vm.expectRevert(stdError.arithmeticError);
        registry.blockCustomer(1001, LEGAL);
        assertTrue(yen.canSend(payer));
        registry.blockWallet(payer, LEGAL);
        assertFalse(yen.canSend(payer));
    }

    /// @notice It misses every block, each miss is told, and the guardian pauses it.
    function test_a_token_without_epochs_left() public {
        bytes32 word = vm.load(address(eur), TOKEN_STORAGE);
        vm.store(address(eur), TOKEN_STORAGE, word | bytes32(uint256(type(uint32).max) << 160));
        assertEq(eur.epoch(), type(uint32).max);
        eur.sync(payer);

        vm.startPrank(compliance);
        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.SubscriberMissed(address(eur), address(0));
        registry.blockCustomer(1001, LEGAL);
        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.SubscriberMissed(address(eur), payer);
        registry.blockWallet(payer, LEGAL);
        vm.stopPrank();
        assertTrue(eur.canSend(payer));
        assertFalse(yen.canSend(payer));
        vm.prank(_keyOf(Roles.GUARDIAN));
        eur.pause();
        _refused(payer, address(eur), abi.encodeCall(eur.transfer, (neighbour, 0)), TokenReverts.tokenPaused());
    }

    /* HELPERS */

    function _block() private {
        vm.prank(compliance);
        registry.blockWallet(payer, LEGAL);
    }

    function _together(bytes memory call, bytes memory next) private pure returns (bytes memory) {
        bytes[] memory calls = new bytes[](2);
        (calls[0], calls[1]) = (call, next);
        return abi.encodeCall(Multicall.multicall, (calls));
    }
}
