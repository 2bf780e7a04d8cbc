// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/BankSystem.sol";
import {ShiftedToken} from "../support/mocks/ShiftedToken.sol";

/// @notice Storage that collides, set-up that somebody else does first, and the codes' own addresses.
contract UpgradeStorageAttacksTest is BankSystem {
    bytes32 private constant ADMIN_SLOT = bytes32(uint256(keccak256("eip1967.proxy.admin")) - 1);
    bytes32 private constant BEACON_SLOT = bytes32(uint256(keccak256("eip1967.proxy.beacon")) - 1);
    /// @dev More slots than a namespace will ever have, and fewer than lie between two hashes.
    uint256 private constant ROOM = 1 << 64;

    IDepositToken private implementation;

    function setUp() public override {
        super.setUp();
        address code = address(uint160(uint256(vm.load(address(eur), ERC1967Utils.IMPLEMENTATION_SLOT))));
        implementation = IDepositToken(code);
    }

    /* STORAGE */

    function test_colliding_namespaces() public view {
        bytes32[9] memory places = [
            _namespace("deposit_token.storage.DepositToken"),
            _namespace("deposit_token.storage.Authorizations"),
            _namespace("openzeppelin.storage.AccessManaged"),
            _namespace("openzeppelin.storage.ERC20"),
            _namespace("openzeppelin.storage.Initializable"),
            _namespace("openzeppelin.storage.Nonces"),
            ERC1967Utils.IMPLEMENTATION_SLOT,
            ADMIN_SLOT,
            BEACON_SLOT
        ];
        assertEq(ERC1967Utils.IMPLEMENTATION_SLOT, bytes32(uint256(keccak256("eip1967.proxy.implementation")) - 1));
        for (uint256 i = 0; i < places.length; ++i) {
            for (uint256 j = 0; j < i; ++j) {
                uint256 distance = uint256(places[i]) > uint256(places[j])
                    ? uint256(places[i]) - uint256(places[j])
                    : uint256(places[j]) - uint256(places[i]);
                assertGt(distance, ROOM);
            }
        }
        assertEq(vm.load(address(eur), ADMIN_SLOT), 0);
        assertEq(vm.load(address(eur), BEACON_SLOT), 0);
    }

    /// @notice Where variables would lie that an upgrade declared outside of a namespace.
    function test_the_first_slots_are_nobodys() public {
        vm.record();
        _mint(eurBank, payer, 500_00);
        _stock(hkdBank, 5_000_00);
        Payment memory payment = _twoCurrencies();
        _authorize(payment);
        vm.prank(operator);
        escrow.capture(payment, 0, payment.sourceAmount);
        vm.startPrank(payer);
        eur.approve(stranger, 1);
        eur.transfer(neighbour, 1);
        uint256 id = eur.requestRedemption(1, "payout");
        vm.stopPrank();
        eur.setFrozenTokens(payer, 1);
        eur.forcedTransfer(payer, neighbour, 2);
        eur.acceptRedemption(id);
        eur.setTerms("a text that is too long for a single slot of storage", "hash");
        eur.setSuspenseAccount(neighbour);
        eur.setPolicy(address(eurBank.policy));
        eur.setRegistry(address(eurBank.registry));
        eur.upgradeToAndCall(newDepositToken(), "");
        (bytes32[] memory reads, bytes32[] memory writes) = vm.accesses(address(eur));
        assertGt(writes.length, 30, "all of it was recorded");
        for (uint256 i = 0; i < reads.length; ++i) {
            assertGt(uint256(reads[i]), ROOM);
        }
        for (uint256 i = 0; i < writes.length; ++i) {
            assertGt(uint256(writes[i]), ROOM);
        }
    }

    /// @notice On chain nothing stops it, so the check of the recorded layout must (`test_storage_layout.py`).
    function test_a_shifted_layout_loses_everything() public {
        _mint(eurBank, payer, 500_00);
        eur.upgradeToAndCall(address(new ShiftedToken()), "");
        assertEq(eur.balanceOf(payer), 0);
        assertNotEq(eur.totalSupply(), 500_00);
        assertNotEq(eur.registry(), address(eurBank.registry));

        // What was kept is still there: the way back is other code.
        ShiftedToken(address(eur)).upgradeToAndCall(address(implementation), "");
        assertEq(eur.balanceOf(payer), 500_00);
        assertEq(eur.totalSupply(), 500_00);
        assertEq(eur.registry(), address(eurBank.registry));
    }

    /* SET-UP */

    /// @notice There is none: a proxy without its first call is refused.
    function test_a_proxy_that_waits_to_be_set_up() public {
        vm.expectRevert(abi.encodeWithSignature("ERC1967ProxyUninitialized()"));
        newProxy(address(implementation), "");
    }

    /* THE CODE BEHIND THE PROXIES */

    /// @notice It has no minter, no customers and no registry to ask.
    function test_the_implementation_moves_nothing() public {
        bytes memory notMinter = TokenReverts.notMinter(stranger);
        _refusedHere(abi.encodeCall(implementation.mint, (stranger, 1, 1)), notMinter);
        _refusedHere(abi.encodeCall(implementation.mintBatch, (new Issue[](1))), notMinter);
        _refusedHere(abi.encodeCall(implementation.burn, (1, 1)), notMinter);
        _refusedHere(abi.encodeCall(implementation.settleRedemption, (1, 1)), notMinter);
        bytes memory notSystem = TokenReverts.notSystemAccount(stranger, SystemStatus.None);
        _refusedHere(abi.encodeCall(implementation.openPayment, (_oneCurrency(), "id", GERMANY, "")), notSystem);
        _refusedHere(abi.encodeCall(implementation.restoreQuota, (1, payer, 1, 1)), notSystem);
        // Without a registry there is nobody to ask.
        _refusedHere(abi.encodeCall(implementation.sync, (stranger)), "");
        _refusedHere(abi.encodeCall(implementation.transfer, (payer, 0)), "");
        _refusedHere(abi.encodeCall(implementation.requestRedemption, (1, "payout")), "");
        bytes memory itself = TokenReverts.invalidReceiver(address(implementation));
        _refusedHere(abi.encodeCall(implementation.transfer, (address(implementation), 0)), itself);
    }

    function test_the_implementation_gives_no_allowance() public {
        _mint(eurBank, payer, 500_00);
        vm.prank(payer);
        implementation.approve(stranger, type(uint256).max);
        bytes memory none = TokenReverts.insufficientAllowance(stranger, 0, 1);
        _refused(stranger, address(eur), abi.encodeCall(eur.transferFrom, (payer, neighbour, 1)), none);
    }

    /* HELPERS */

    /// @dev ERC-7201.
    function _namespace(string memory name) private pure returns (bytes32) {
        return keccak256(abi.encode(uint256(keccak256(bytes(name))) - 1)) & ~bytes32(uint256(0xff));
    }

    function _refusedHere(bytes memory call, bytes memory reason) private {
        _refused(stranger, address(implementation), call, reason);
    }
}
