// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC1822Proxiable} from "@openzeppelin/contracts/interfaces/draft-IERC1822.sol";
import {ERC1967Utils} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Utils.sol";
import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {Errors} from "@openzeppelin/contracts/utils/Errors.sol";

import {IAllowlistRegistry} from "../../contracts/interfaces/IAllowlistRegistry.sol";
import {IBackOffice} from "../../contracts/interfaces/IBackOffice.sol";
import {ICorridorPolicy} from "../../contracts/interfaces/ICorridorPolicy.sol";
import {IDepositToken} from "../../contracts/interfaces/IDepositToken.sol";
import {IERC7943Fungible} from "../../contracts/interfaces/IERC7943.sol";
import {IFrontOffice} from "../../contracts/interfaces/IFrontOffice.sol";
import {ISettlementEscrow} from "../../contracts/interfaces/ISettlementEscrow.sol";
import {ITokenLedger} from "../../contracts/interfaces/ITokenLedger.sol";
import {Category} from "../../contracts/types/Participant.sol";
import {RoleMatrix} from "./RoleMatrix.sol";
import {SecondToken} from "./SecondToken.sol";
import {HostileToken} from "./mocks/HostileToken.sol";

/// @notice What comes after {BackOffice}, with another function in place of all that were there.
contract NextBackOffice {
    function generation() external pure returns (uint256) {
        return 2;
    }
}

/// @notice An implementation of another kind of proxy.
contract ForeignImplementation is IERC1822Proxiable {
    function proxiableUUID() external pure returns (bytes32) {
        return "another slot";
    }
}

/// @notice Setting up, ruling and upgrading a token.
contract DepositTokenAdminTest is SecondToken, RoleMatrix {
    uint256 private constant BALANCE = 500_00;
    bytes4 private constant LEGAL = "LEGL";
    uint16 private constant GREATEST_GENERATION = 4095;
    /// @dev OpenZeppelin's, in each `AccessManager`.
    uint64 private constant ADMIN_ROLE = 0;

    function setUp() public override {
        super.setUp();
        _mint(eurBank, payer, BALANCE);
    }

    /* ROLES */

    function test_each_restricted_function_has_its_own_role() public {
        IAllowlistRegistry registry = _newAllowlistRegistry(address(eurBank.manager));
        registry.subscribe(address(eur));
        address policy = address(_newCorridorPolicy(address(eurBank.manager)));
        address implementation = _newDepositToken();
        HostileToken foreign = new HostileToken();
        foreign.give(address(eur), 1);
        vm.startPrank(payer);
        uint256 first = eur.requestRedemption(1, "first");
        uint256 second = eur.requestRedemption(1, "second");
        vm.stopPrank();
        IDepositToken token = _secondToken();
        // `unpause` needs a token that is paused, `pause` one that is not.
        token.pause();

        bytes[] memory calls = new bytes[](18);
        calls[0] = abi.encodeCall(IBackOffice.setDesk, (stranger, 7002, 1));
        calls[1] = abi.encodeCall(IBackOffice.removeDesk, (eurBank.desk));
        calls[2] = abi.encodeCall(IBackOffice.setSupplyCap, (1));
        calls[3] = abi.encodeCall(IBackOffice.pause, ());
        calls[4] = abi.encodeCall(IBackOffice.activateSystemAccount, (policy));
        calls[5] = abi.encodeCall(IBackOffice.stopSystemAccount, (address(escrow)));
        calls[6] = abi.encodeCall(IBackOffice.setRegistry, (address(registry)));
        calls[7] = abi.encodeCall(IBackOffice.setPolicy, (policy));
        calls[8] = abi.encodeCall(IFrontOffice.upgradeToAndCall, (implementation, ""));
        calls[9] = abi.encodeCall(IBackOffice.topUpDesk, (eurBank.desk, 1));
        calls[10] = abi.encodeCall(IBackOffice.lowerDesk, (eurBank.desk, 1));
        calls[11] = abi.encodeCall(IBackOffice.acceptRedemption, (first));
        calls[12] = abi.encodeCall(IBackOffice.rejectRedemption, (second, "AC04"));
        calls[13] = abi.encodeCall(IERC7943Fungible.setFrozenTokens, (payer, 1));
        calls[14] = abi.encodeCall(IERC7943Fungible.forcedTransfer, (payer, neighbour, 1));
        calls[15] = abi.encodeCall(IBackOffice.setSuspenseAccount, (stranger));
        calls[16] = abi.encodeCall(IBackOffice.setTerms, ("terms", "hash"));
        calls[17] = abi.encodeCall(IBackOffice.rescueForeignToken, (address(foreign), stranger, 1));
        _assertEachRoleOpensOneFunction(eurBank.manager, address(eur), calls);

        calls = new bytes[](1);
        calls[0] = abi.encodeCall(IBackOffice.unpause, ());
        _assertEachRoleOpensOneFunction(eurBank.manager, address(token), calls);
    }

    function test_other_banks_administrator_has_no_power() public {
        address admin = makeAddr("other administrator");
        hkdBank.manager.grantRole(ADMIN_ROLE, admin, 0);
        vm.startPrank(admin);
        hkd.pause();
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, admin));
        eur.pause();
    }

    function test_closed_target_is_closed_to_every_role() public {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = IBackOffice.pause.selector;
        eurBank.manager.setTargetFunctionRole(address(eur), selectors, 1);
        eurBank.manager.grantRole(1, operator, 0);
        eurBank.manager.setTargetClosed(address(eur), true);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, operator));
        vm.prank(operator);
        eur.pause();
    }

    /// @dev Under a role's execution delay, scheduling comes first and counts for one call.
    function test_delayed_role_must_schedule() public {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = IBackOffice.setSupplyCap.selector;
        eurBank.manager.setTargetFunctionRole(address(eur), selectors, 1);
        eurBank.manager.grantRole(1, operator, 1 days);
        bytes memory call = abi.encodeCall(IBackOffice.setSupplyCap, (1));
        vm.startPrank(operator);
        (bool early,) = address(eur).call(call);
        assertFalse(early);
        eurBank.manager.schedule(address(eur), call, 0);
        vm.warp(block.timestamp + 1 days);
        eur.setSupplyCap(1);
        assertEq(eur.supplyCap(), 1);
        (bool twice,) = address(eur).call(call);
        assertFalse(twice);
    }

    function test_only_the_authority_replaces_itself() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, address(this)));
        eur.setAuthority(address(hkdBank.manager));
        eurBank.manager.updateAuthority(address(eur), address(hkdBank.manager));
        assertEq(eur.authority(), address(hkdBank.manager));
    }

    /* SET-UP */

    function test_initialize_sets_everything_up() public {
        address implementation = _newDepositToken();
        bytes memory call = _initialize(address(eurBank.registry), address(eurBank.policy));
        // The proxy announces its implementation first.
        vm.expectEmit(false, false, false, true);
        emit ITokenLedger.RegistrySet(address(eurBank.registry));
        vm.expectEmit(false, false, false, true);
        emit ITokenLedger.PolicySet(address(eurBank.policy), 1);
        vm.expectEmit(false, false, false, true);
        emit ITokenLedger.SupplyCapSet(9);
        IDepositToken token = IDepositToken(_newProxy(implementation, call));

        assertEq(token.name(), "Yen Deposit");
        assertEq(token.symbol(), "JPYd");
        assertEq(token.currency(), bytes3("JPY"));
        assertEq(token.decimals(), 0);
        assertEq(token.authority(), address(eurBank.manager));
        assertEq(token.registry(), address(eurBank.registry));
        assertEq(token.policy(), address(eurBank.policy));
        assertEq(token.policyGeneration(), 1);
        assertEq(token.supplyCap(), 9);
        assertEq(token.totalSupply(), 0);
        assertEq(token.epoch(), 1);
        assertFalse(token.paused());
    }

    function test_initialize_needs_a_registry_and_a_policy_with_code() public {
        address implementation = _newDepositToken();
        bytes memory refusal = abi.encodeWithSelector(ITokenLedger.NoCode.selector, stranger);
        bytes memory withoutRegistry = _initialize(stranger, address(eurBank.policy));
        vm.expectRevert(refusal);
        _newProxy(implementation, withoutRegistry);
        bytes memory withoutAuthority = abi.encodeCall(
            IFrontOffice.initialize,
            ("", "", "EUR", 2, stranger, address(eurBank.registry), address(eurBank.policy), SUPPLY_CAP)
        );
        vm.expectRevert(abi.encodeWithSelector(ITokenLedger.NoCode.selector, stranger));
        _newProxy(implementation, withoutAuthority);
        bytes memory withoutPolicy = _initialize(address(eurBank.registry), stranger);
        vm.expectRevert(refusal);
        _newProxy(implementation, withoutPolicy);
    }

    function test_initialize_works_once() public {
        bytes memory call = _initialize(address(eurBank.registry), address(eurBank.policy));
        address[2] memory targets = [address(eur), _newDepositToken()];
        for (uint256 i = 0; i < targets.length; ++i) {
            (bool success, bytes memory result) = targets[i].call(call);
            assertFalse(success);
            assertEq(result, abi.encodeWithSelector(Initializable.InvalidInitialization.selector));
        }
        assertEq(eur.name(), "Euro Deposit");
    }

    function test_domain_is_that_of_the_proxy() public view {
        (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        ) = eur.eip712Domain();
        assertEq(fields, hex"0f");
        assertEq(name, "Deposit Token");
        assertEq(version, "1");
        assertEq(chainId, block.chainid);
        assertEq(verifyingContract, address(eur));
        assertEq(salt, 0);
        assertEq(extensions.length, 0);
        assertEq(
            eur.DOMAIN_SEPARATOR(),
            keccak256(
                abi.encode(
                    keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                    keccak256("Deposit Token"),
                    keccak256("1"),
                    block.chainid,
                    address(eur)
                )
            )
        );
    }

    function test_storage_lies_where_its_name_says() public {
        bytes32 root = _root("deposit_token.storage.DepositToken");
        uint256 first = uint256(vm.load(address(eur), root));
        assertEq(address(uint160(first)), eur.registry());
        assertEq(uint32(first >> 160), eur.epoch());
        // Supply and its cap share the third slot.
        uint256 third = uint256(vm.load(address(eur), bytes32(uint256(root) + 2)));
        assertEq(uint128(third), eur.totalSupply());
        assertEq(third >> 128, eur.supplyCap());

        bytes32 ofPayer = keccak256(abi.encode(payer, _root("deposit_token.storage.Authorizations")));
        bytes32 used = keccak256(abi.encode(bytes32("nonce"), ofPayer));
        assertEq(vm.load(address(eur), used), 0);
        bytes32 structHash = keccak256(abi.encode(eur.CANCEL_AUTHORIZATION_TYPEHASH(), payer, bytes32("nonce")));
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", eur.DOMAIN_SEPARATOR(), structHash));
        eur.cancelAuthorization(payer, "nonce", _sign(payerKey, digest));
        assertEq(uint256(vm.load(address(eur), used)), 1);
    }

    /* PAUSE */

    function test_pause_and_unpause() public {
        vm.expectEmit(address(eur));
        emit IBackOffice.Paused(address(this));
        eur.pause();
        assertTrue(eur.paused());
        vm.expectRevert(abi.encodeWithSelector(IBackOffice.PauseUnchanged.selector, true));
        eur.pause();

        vm.expectEmit(address(eur));
        emit IBackOffice.Unpaused(address(this));
        eur.unpause();
        assertFalse(eur.paused());
        vm.expectRevert(abi.encodeWithSelector(IBackOffice.PauseUnchanged.selector, false));
        eur.unpause();
    }

    function test_pause_stops_neither_allowances_nor_news_of_the_registry() public {
        eur.pause();
        vm.prank(payer);
        eur.approve(stranger, 1);
        eurBank.registry.blockWallet(payer, LEGAL);
        eurBank.registry.blockCustomer(1002, LEGAL);
        eur.unpause();
        assertFalse(eur.canSend(payer));
        assertFalse(eur.canReceive(neighbour));
    }

    /* REGISTRY */

    function test_setRegistry_replaces_a_live_registry() public {
        IAllowlistRegistry next = _newAllowlistRegistry(address(eurBank.manager));
        next.register(payer, Category.Retail, FRANCE, REVIEWED_UNTIL, 1001);
        next.subscribe(address(eur));
        uint32 epoch = eur.epoch();
        eur.sync(payer);
        eur.sync(neighbour);

        vm.expectEmit(address(eur));
        emit ITokenLedger.RegistrySet(address(next));
        vm.expectEmit(address(eur));
        emit ITokenLedger.EpochAdopted(epoch + 1);
        eur.setRegistry(address(next));
        assertEq(eur.registry(), address(next));
        assertEq(eur.epoch(), epoch + 1);
        assertTrue(eur.canSend(payer));
        assertEq(eur.standingOf(payer).country, FRANCE);
        assertFalse(eur.canSend(neighbour), "unknown to the new registry");

        // The old one has no say any more, the new one has.
        eur.sync(payer);
        eurBank.registry.blockWallet(payer, LEGAL);
        eurBank.registry.blockCustomer(1001, LEGAL);
        assertTrue(eur.canSend(payer));
        assertFalse(eur.isBlocked(payer));
        assertFalse(eur.payerBlocked(payer));
        next.blockWallet(payer, LEGAL);
        assertFalse(eur.canSend(payer));
        assertTrue(eur.isBlocked(payer));
        assertTrue(eur.payerBlocked(payer));
        assertEq(eur.balanceOf(payer), BALANCE);
    }

    /// @dev Both registries may be at the same epoch: the token counts its own.
    function test_setRegistry_there_and_back_revives_no_copy() public {
        IAllowlistRegistry next = _newAllowlistRegistry(address(eurBank.manager));
        next.subscribe(address(eur));
        eur.sync(payer);
        eur.setRegistry(address(next));
        eurBank.registry.blockWallet(payer, LEGAL);
        eur.setRegistry(address(eurBank.registry));
        assertFalse(eur.canSend(payer));
    }

    function test_setRegistry_needs_a_registry_that_lists_the_token() public {
        vm.expectRevert(abi.encodeWithSelector(ITokenLedger.NoCode.selector, stranger));
        eur.setRegistry(stranger);
        vm.expectRevert(abi.encodeWithSelector(IBackOffice.NotSubscribed.selector, address(hkdBank.registry)));
        eur.setRegistry(address(hkdBank.registry));
        assertEq(eur.registry(), address(eurBank.registry));
    }

    /* POLICY */

    function test_setPolicy_starts_a_new_generation() public {
        ICorridorPolicy next = _newCorridorPolicy(address(eurBank.manager));
        vm.expectEmit(address(eur));
        emit ITokenLedger.PolicySet(address(next), 2);
        eur.setPolicy(address(next));
        assertEq(eur.policy(), address(next));
        assertEq(eur.policyGeneration(), 2);
        // Taking the first up again is a generation of its own.
        eur.setPolicy(address(eurBank.policy));
        assertEq(eur.policyGeneration(), 3);
    }

    function test_setPolicy_counts_from_the_next_payment_on() public {
        _stock(hkdBank, 1_700_00);
        ISettlementEscrow.Payment memory payment = _twoCurrencies();
        _authorize(payment);
        eur.setPolicy(address(_newCorridorPolicy(address(eurBank.manager))));
        payment.remittanceHash = keccak256("invoice 2");
        bytes memory payerSignature = _payerSignature(payment);
        bytes memory dealerSignature = _dealerSignature(payment);
        vm.expectRevert(abi.encodeWithSelector(ICorridorPolicy.CorridorClosed.selector, eur, EEA, HK));
        vm.prank(operator);
        escrow.authorize(payment, payerSignature, dealerSignature, _noApproval());
    }

    function test_setPolicy_needs_code() public {
        vm.expectRevert(abi.encodeWithSelector(ITokenLedger.NoCode.selector, stranger));
        eur.setPolicy(stranger);
    }

    function test_setPolicy_ends_with_what_a_payment_can_keep() public {
        address policy = address(eurBank.policy);
        for (uint256 i = eur.policyGeneration(); i < GREATEST_GENERATION; ++i) {
            eur.setPolicy(policy);
        }
        assertEq(eur.policyGeneration(), GREATEST_GENERATION);
        vm.expectRevert(abi.encodeWithSelector(IBackOffice.PolicyGenerationsExhausted.selector, GREATEST_GENERATION));
        eur.setPolicy(policy);
    }

    /* UPGRADE */

    function test_upgrade_makes_the_call_that_comes_along() public {
        eur.pause();
        eur.upgradeToAndCall(_newDepositToken(), abi.encodeCall(IBackOffice.unpause, ()));
        assertFalse(eur.paused());
    }

    function test_what_the_next_back_office_does_not_answer_nobody_does() public {
        eur.upgradeToAndCall(_newDepositToken(address(new NextBackOffice())), "");
        assertEq(NextBackOffice(address(eur)).generation(), 2);
        vm.expectRevert(Errors.FailedCall.selector);
        eur.paused();
        // The front office goes on.
        vm.prank(payer);
        assertTrue(eur.transfer(neighbour, 1));
        assertEq(eur.balanceOf(payer), BALANCE - 1);
        // And there is a way back.
        eur.upgradeToAndCall(_newDepositToken(), "");
        assertFalse(eur.paused());
    }

    function test_upgraded_token_cannot_be_initialized_again() public {
        eur.upgradeToAndCall(_newDepositToken(address(new NextBackOffice())), "");
        (bool success, bytes memory result) =
            address(eur).call(_initialize(address(eurBank.registry), address(eurBank.policy)));
        assertFalse(success);
        assertEq(result, abi.encodeWithSelector(Initializable.InvalidInitialization.selector));
    }

    function test_upgrade_needs_an_implementation_of_the_same_kind() public {
        vm.expectRevert(abi.encodeWithSelector(ERC1967Utils.ERC1967InvalidImplementation.selector, address(escrow)));
        eur.upgradeToAndCall(address(escrow), "");
        address foreign = address(new ForeignImplementation());
        vm.expectRevert(
            abi.encodeWithSelector(UUPSUpgradeable.UUPSUnsupportedProxiableUUID.selector, bytes32("another slot"))
        );
        eur.upgradeToAndCall(foreign, "");
        // A proxy is no implementation.
        vm.expectRevert(abi.encodeWithSelector(ERC1967Utils.ERC1967InvalidImplementation.selector, address(hkd)));
        eur.upgradeToAndCall(address(hkd), "");
    }

    function test_upgrade_takes_no_money_without_a_call() public {
        address next = _newDepositToken();
        vm.expectRevert(ERC1967Utils.ERC1967NonPayable.selector);
        eur.upgradeToAndCall{value: 1}(next, "");
    }

    function test_implementation_itself_obeys_nobody() public {
        IDepositToken implementation = IDepositToken(_newDepositToken());
        address next = _newDepositToken();
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, address(this)));
        implementation.upgradeToAndCall(next, "");
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, address(0)));
        vm.prank(address(0));
        implementation.pause();
        assertEq(IERC1822Proxiable(address(implementation)).proxiableUUID(), ERC1967Utils.IMPLEMENTATION_SLOT);
        vm.expectRevert(UUPSUpgradeable.UUPSUnauthorizedCallContext.selector);
        IERC1822Proxiable(address(eur)).proxiableUUID();
    }

    /* HELPERS */

    /// @dev ERC-7201.
    function _root(string memory name) private pure returns (bytes32) {
        return keccak256(abi.encode(uint256(keccak256(bytes(name))) - 1)) & ~bytes32(uint256(0xff));
    }

    function _initialize(address registry, address policy) private view returns (bytes memory) {
        return abi.encodeCall(
            IFrontOffice.initialize, ("Yen Deposit", "JPYd", "JPY", 0, address(eurBank.manager), registry, policy, 9)
        );
    }
}
