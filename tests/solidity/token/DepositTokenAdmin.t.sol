// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1822Proxiable} from "@openzeppelin/contracts/interfaces/draft-IERC1822.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";

import {RoleTable} from "../support/RoleTable.sol";
import "../support/TokenSystem.sol";
import {DeafExtension} from "../support/mocks/DeafExtension.sol";

/// @notice Setting up, ruling and upgrading a token.
contract DepositTokenAdminTest is TokenSystem, RoleTable {
    bytes32 private constant EXTENSION_ID = keccak256("deposit_token.DepositTokenExt.1");

    function setUp() public override {
        super.setUp();
        _mint(eurBank, payer, BALANCE);
    }

    /* ROLES */

    function test_each_restricted_function_has_its_own_role() public {
        assertEq(_assertEachRoleOpensOneFunction(eurBank.manager, address(eur), "IDepositToken"), 25);
    }

    /// @dev Whoever has waited may let the manager make the call, and then it is the manager that has made it.
    function test_act_through_the_manager_is_the_managers() public {
        bytes memory call = abi.encodeCall(IDepositTokenExt.pause, ());
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = bytes4(call);
        eurBank.manager.setTargetFunctionRole(address(eur), selectors, 1);
        eurBank.manager.grantRole(1, operator, 1 hours);
        vm.prank(operator);
        eurBank.manager.schedule(address(eur), call, 0);
        vm.warp(block.timestamp + 1 hours);
        vm.expectEmit(address(eur));
        emit IDepositTokenExt.Paused(address(eurBank.manager));
        vm.prank(operator);
        eurBank.manager.execute(address(eur), call);

        // Whoever waits too long has to announce it anew.
        vm.prank(operator);
        eurBank.manager.schedule(address(eur), call, 0);
        vm.warp(block.timestamp + 1 hours + eurBank.manager.expiration());
        bytes32 operation = keccak256(abi.encode(operator, eur, call));
        _refused(operator, call, GovernanceReverts.accessManagerExpired(operation));
    }

    function test_only_the_authority_replaces_itself() public {
        vm.expectRevert(GovernanceReverts.accessManagedUnauthorized(address(this)));
        eur.setAuthority(address(hkdBank.manager));
        vm.expectRevert(GovernanceReverts.accessManagedInvalidAuthority(stranger));
        eurBank.manager.updateAuthority(address(eur), stranger);
        eurBank.manager.updateAuthority(address(eur), address(hkdBank.manager));
        assertEq(eur.authority(), address(hkdBank.manager));
    }

    /* SET-UP */

    function test_initialize_sets_everything_up() public {
        address implementation = newDepositToken();
        bytes memory call = _initializeAs("Yen Deposit");
        // The proxy announces its implementation first.
        vm.expectEmit(false, false, false, true);
        emit IDepositTokenMain.MetadataSet("Yen Deposit", "JPYd", "JPY", 0);
        vm.expectEmit(false, false, false, true);
        emit IDepositTokenCore.RegistrySet(address(registry));
        vm.expectEmit(false, false, false, true);
        emit IDepositTokenCore.PolicySet(address(eurBank.policy), 1);
        vm.expectEmit(false, false, false, true);
        emit IDepositTokenCore.SupplyCapSet(9);
        vm.expectEmit(false, false, false, true);
        emit IDepositTokenExt.Paused(address(this));
        IDepositToken token = IDepositToken(newProxy(implementation, call));

        assertEq(token.name(), "Yen Deposit");
        assertEq(token.symbol(), "JPYd");
        assertEq(token.currency(), bytes3("JPY"));
        assertEq(token.decimals(), 0);
        assertEq(eur.decimals(), 2);
        assertEq(token.authority(), address(eurBank.manager));
        assertEq(token.registry(), address(registry));
        assertEq(token.policy(), address(eurBank.policy));
        assertEq(token.policyGeneration(), 1);
        assertEq(token.supplyCap(), 9);
        assertEq(token.totalSupply(), 0);
        assertEq(token.epoch(), 1);
        assertTrue(token.paused());
    }

    /// @dev As the EIP-712 domain's name, it is what a holder's wallet shows.
    function test_name_is_1_to_31_printable_characters() public {
        string[4] memory good = ["E", " ~", "Euro Deposit of the Rhine Bank.", "!\"#$%&'()*+,-./0123456789:;<=>?"];
        address implementation = newDepositToken();
        for (uint256 i = 0; i < good.length; ++i) {
            assertEq(IDepositToken(newProxy(implementation, _initializeAs(good[i]))).name(), good[i]);
        }
        string[4] memory bad = ["", "Euro Deposit of the Rhine Bank..", "Euro Deposit\x7f", "\x1fEuro Deposit"];
        for (uint256 i = 0; i < bad.length; ++i) {
            bytes memory call = _initializeAs(bad[i]);
            vm.expectRevert(TokenReverts.invalidName(bad[i]));
            newProxy(implementation, call);
        }
    }

    function test_initialize_needs_neighbours_that_answer() public {
        address[4] memory others = [stranger, address(0), _mute(0), _mute(31)];
        address implementation = newDepositToken();
        for (uint256 i = 0; i < others.length; ++i) {
            address[3] memory bank = [others[i], address(registry), address(eurBank.policy)];
            _refusedNeighbour(implementation, bank, others[i], IAccessManager.expiration.selector);
            bank = [address(eurBank.manager), others[i], address(eurBank.policy)];
            _refusedNeighbour(implementation, bank, others[i], IAllowlistRegistry.epochFor.selector);
            bank = [address(eurBank.manager), address(registry), others[i]];
            _refusedNeighbour(implementation, bank, others[i], ICorridorPolicy.approver.selector);
        }
    }

    /// @dev Nor after an upgrade.
    function test_initialize_works_once() public {
        bytes memory call = _initializeAs("Yen Deposit");
        eur.upgradeToAndCall(newDepositToken(address(new DeafExtension())), "");
        address[3] memory targets = [address(eur), address(hkd), newDepositToken()];
        for (uint256 i = 0; i < targets.length; ++i) {
            _refused(address(this), targets[i], call, TokenReverts.invalidInitialization());
        }
    }

    /// @dev Which x402's and other clients build from `name()` and `version()` alone.
    function test_domain_is_that_of_the_proxy_and_its_name() public {
        _assertDomain(eur, "Euro Deposit");
        _assertDomain(hkd, "Hong Kong Dollar Deposit");
    }

    function _assertDomain(IDepositToken token, string memory name) private {
        bytes memory domain = abi.encode(bytes1(0x0f), name, "1", block.chainid, token, 0, new uint256[](0));
        assertEq(_done(stranger, address(token), abi.encodeCall(IERC5267.eip712Domain, ())), domain);
        assertEq(token.version(), "1");
        bytes32 domainType =
            keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        domain = abi.encode(domainType, keccak256(bytes(name)), keccak256("1"), block.chainid, token);
        assertEq(token.DOMAIN_SEPARATOR(), keccak256(domain));
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

        bytes32 authorizations = _root("deposit_token.storage.Authorizations");
        assertEq(vm.load(address(eur), bytes32(uint256(authorizations) + 1)), keccak256("Euro Deposit"));
    }

    /* PAUSE */

    function test_pause_and_unpause() public {
        vm.expectEmit(address(eur));
        emit IDepositTokenExt.Paused(address(this));
        eur.pause();
        assertTrue(eur.paused());
        _refused(address(this), abi.encodeCall(eur.pause, ()), TokenReverts.pauseUnchanged(true));
        vm.expectEmit(address(eur));
        emit IDepositTokenExt.Unpaused(address(this));
        eur.unpause();
        assertFalse(eur.paused());
        _refused(address(this), abi.encodeCall(eur.unpause, ()), TokenReverts.pauseUnchanged(false));
    }

    /* REGISTRY */

    /// @dev A block in the newest registry would be lost on the way back, and beside it.
    function test_setRegistry_goes_from_each_to_its_successors_only() public {
        IAllowlistRegistry[4] memory line;
        line[0] = registry;
        for (uint256 i = 1; i < 4; ++i) {
            line[i] = newAllowlistRegistry(address(eurBank.manager), line[i - 1]);
            line[i].subscribe(address(eur));
        }
        IAllowlistRegistry beside = newAllowlistRegistry(address(eurBank.manager), line[0]);
        beside.subscribe(address(eur));
        IAllowlistRegistry stranger_ = newAllowlistRegistry(address(eurBank.manager));
        stranger_.subscribe(address(eur));

        uint256[3] memory path = [uint256(0), 1, 3];
        uint32 epoch = eur.epoch();
        for (uint256 i = 0; i < path.length; ++i) {
            vm.expectEmit(address(eur));
            emit IDepositTokenCore.RegistrySet(address(line[path[i]]));
            vm.expectEmit(address(eur));
            emit IDepositTokenCore.EpochAdopted(++epoch);
            eur.setRegistry(address(line[path[i]]));
            assertEq(eur.registry(), address(line[path[i]]));
            assertEq(eur.epoch(), epoch);
        }
        address[4] memory others = [address(line[0]), address(line[2]), address(beside), address(stranger_)];
        for (uint256 i = 0; i < others.length; ++i) {
            bytes memory call = abi.encodeCall(eur.setRegistry, (others[i]));
            _refused(address(this), call, TokenReverts.registryNotSuccessor(others[i], address(line[3])));
        }
        bytes memory unlisted = TokenReverts.notSubscribed(address(hkdBank.registry));
        _refused(address(this), abi.encodeCall(eur.setRegistry, (address(hkdBank.registry))), unlisted);
    }

    /* POLICY */

    /// @dev Each is a generation of its own, also of one that was there before, and a payment can keep only so many.
    function test_setPolicy_ends_with_what_a_payment_can_keep() public {
        address[2] memory policies = [address(newCorridorPolicy(address(eurBank.manager))), address(eurBank.policy)];
        for (uint16 generation = 2; generation <= MAX_GENERATION; ++generation) {
            address policy = policies[generation % 2];
            vm.expectEmit(address(eur));
            emit IDepositTokenCore.PolicySet(policy, generation);
            eur.setPolicy(policy);
            assertEq(eur.policy(), policy);
            assertEq(eur.policyGeneration(), generation);
        }
        bytes memory exhausted = TokenReverts.policyGenerationsExhausted(MAX_GENERATION);
        _refused(address(this), abi.encodeCall(eur.setPolicy, (policies[0])), exhausted);
    }

    /* UPGRADE */

    function test_upgrade_needs_an_implementation_of_the_same_kind() public {
        _refusedUpgrade(address(escrow), "", TokenReverts.invalidImplementation(address(escrow)));
        // One of another kind of proxy names another slot.
        _refusedUpgrade(_mute(32), "", TokenReverts.uUPSUnsupportedProxiableUUID(0));
        // A proxy is no implementation, nor is what has no code.
        _refusedUpgrade(address(hkd), "", TokenReverts.invalidImplementation(address(hkd)));
        _refusedUpgrade(stranger, "", "");
    }

    function test_upgrade_whose_call_fails_or_which_brings_money_without_one_is_none() public {
        address next = newDepositToken();
        _refusedUpgrade(next, abi.encodeCall(eur.unpause, ()), TokenReverts.pauseUnchanged(false));
        bytes memory nothing = bytes.concat(IDepositToken.FailedCall.selector);
        _refusedUpgrade(next, abi.encodeWithSignature("nonsense()"), nothing);
        vm.expectRevert(ERC1967Utils.ERC1967NonPayable.selector);
        eur.upgradeToAndCall{value: 1}(next, "");
    }

    /// @dev The two halves are deployed one after the other, and written down in a file in between. Another token as an
    /// extension would hand on what it is asked, for ever or by a detour; nor is it what answers anything.
    function test_token_takes_its_own_extension_only() public {
        address[3] memory mute = [stranger, address(registry), _mute(0)];
        for (uint256 i = 0; i < mute.length; ++i) {
            vm.expectRevert(TokenReverts.noAnswer(mute[i], IDepositTokenExt.extensionId.selector));
            newDepositToken(mute[i]);
        }
        address[3] memory others = [address(eur), newDepositToken(), _mute(32)];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(TokenReverts.notExtension(others[i], 0, EXTENSION_ID));
            newDepositToken(others[i]);
        }
        address extension = newExtension();
        assertEq(IDepositTokenMain(newDepositToken(extension)).EXTENSION(), extension);
        assertEq(IDepositTokenExt(extension).extensionId(), EXTENSION_ID);
    }

    function test_implementation_itself_obeys_nobody() public {
        IDepositToken implementation = IDepositToken(newDepositToken());
        address next = newDepositToken();
        vm.expectRevert(GovernanceReverts.accessManagedUnauthorized(address(this)));
        implementation.upgradeToAndCall(next, "");
        vm.expectRevert(GovernanceReverts.accessManagedUnauthorized(address(0)));
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

    function _initializeAs(string memory name) private view returns (bytes memory) {
        return _initialize(name, [address(eurBank.manager), address(registry), address(eurBank.policy)]);
    }

    function _initialize(string memory name, address[3] memory bank) private pure returns (bytes memory) {
        return abi.encodeCall(IDepositTokenMain.initialize, (name, "JPYd", "JPY", 0, bank[0], bank[1], bank[2], 9));
    }

    function _refusedNeighbour(address implementation, address[3] memory bank, address found, bytes4 question) private {
        bytes memory call = _initialize("Yen Deposit", bank);
        vm.expectRevert(TokenReverts.noAnswer(found, question));
        newProxy(implementation, call);
    }

    function _refusedUpgrade(address next, bytes memory call, bytes memory refusal) private {
        _refused(address(this), abi.encodeCall(eur.upgradeToAndCall, (next, call)), refusal);
    }
}
