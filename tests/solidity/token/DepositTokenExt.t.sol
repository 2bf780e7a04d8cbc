// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RoleTable} from "../support/RoleTable.sol";
import "../support/TokenSystem.sol";
import {DeafExtension} from "../support/mocks/DeafExtension.sol";

/// @notice One address, two contracts: what answers where. Which functions there are, the compiler tells.
contract DepositTokenExtTest is TokenSystem, RoleTable {
    /// @dev In a call that went through, in place of an error.
    bytes4 private constant ANSWERED = "yes";
    /// @dev OpenZeppelin's `proxiableUUID()` and `UPGRADE_INTERFACE_VERSION()`, which no interface of a token names.
    bytes4 private constant OF_UUPS = bytes4(0x52d1902d) ^ bytes4(0xad3cb1cc);

    IDepositTokenExt private extension;
    /// @dev How many functions ended with which error.
    mapping(bytes4 => uint256) private ended;

    function setUp() public override {
        super.setUp();
        extension = IDepositTokenExt(newExtension());
    }

    /* ONE ADDRESS */

    /// @dev The exclusive or of both sides: {IDepositToken} has one `transfer`, and those of a reference are beside it.
    function test_interface_names_every_function() public view {
        bytes4 both = _fold("DepositToken") ^ _fold("DepositTokenExt") ^ type(IAccessManaged).interfaceId;
        assertEq(both ^ OF_UUPS, _fold("IDepositToken") ^ type(IERC7699).interfaceId);
    }

    /// @dev By what the compiler finds in the code; OpenZeppelin's has four that no call of the interface comes to.
    function test_interface_names_every_error_that_a_caller_can_meet() public view {
        string[] memory named = _errors("IDepositToken");
        string[][2] memory found = [_errors("DepositToken"), _errors("DepositTokenExt")];
        string[] memory unmet = new string[](4);
        (unmet[0], unmet[1]) = ("AddressEmptyCode", "InvalidAccountNonce");
        (unmet[2], unmet[3]) = ("NotInitializing", "UUPSUnauthorizedCallContext");
        assertGt(named.length, unmet.length);
        for (uint256 i = 0; i < found.length; ++i) {
            for (uint256 j = 0; j < found[i].length; ++j) {
                assertEq(_contains(named, found[i][j]), !_contains(unmet, found[i][j]), found[i][j]);
            }
        }
        for (uint256 j = 0; j < named.length; ++j) {
            assertTrue(_contains(found[0], named[j]) || _contains(found[1], named[j]), named[j]);
        }
    }

    function test_every_function_is_answered_at_the_tokens_address() public {
        _assertAnswered("IDepositToken");
        _assertAnswered("IERC7699");
    }

    /// @dev With an extension that answers nothing, what is left is the token, whole.
    function test_token_hides_nothing_of_the_extension() public {
        eur.upgradeToAndCall(newDepositToken(address(new DeafExtension())), "");
        bytes4[] memory back = _selectors("DepositTokenExt");
        for (uint256 i = 0; i < back.length; ++i) {
            bool both = back[i] == IAccessManaged.authority.selector || back[i] == IAccessManaged.setAuthority.selector
                || back[i] == IAccessManaged.isConsumingScheduledOp.selector;
            if (both || back[i] == IDepositTokenExt.extensionId.selector) continue;
            _refused(stranger, _call(back[i]), "");
        }
        _assertAnswered("DepositToken");
        // And there is a way back.
        eur.upgradeToAndCall(newDepositToken(), "");
        assertEq(eur.version(), "1");
    }

    function test_what_neither_contract_knows_reverts_with_nothing_and_so_does_ether() public {
        bytes[4] memory calls =
            [abi.encodeWithSignature("nonsense()"), bytes.concat(bytes4("none")), bytes(hex"a9059c"), bytes("")];
        for (uint256 i = 0; i < calls.length; ++i) {
            _refused(stranger, calls[i], "");
        }
        vm.deal(address(this), 4);
        calls = [bytes(""), bytes("none"), abi.encodeCall(eur.totalSupply, ()), abi.encodeCall(eur.pause, ())];
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool success, bytes memory result) = address(eur).call{value: 1}(calls[i]);
            assertFalse(success);
            assertEq(result, "");
        }
    }

    function test_supportsInterface_of_what_it_is() public view {
        // ERC-165, ERC-7943 (fungible), ERC-1404, ERC-20, its metadata, ERC-2612, ERC-7699.
        bytes4[7] memory supported =
            [bytes4(0x01ffc9a7), 0x3edbb4c4, 0xab84a5c8, 0x36372b07, 0xa219a025, 0x9d8ff7da, 0x1522573a];
        for (uint256 i = 0; i < supported.length; ++i) {
            assertTrue(eur.supportsInterface(supported[i]), vm.toString(supported[i]));
        }
        assertFalse(eur.supportsInterface(0xffffffff), "what ERC-165 keeps for no");
        assertFalse(eur.supportsInterface(0x80ac58cd), "ERC-721");
    }

    /* THE EXTENSION ALONE */

    /// @dev Called with zeros, each function is the bank's, or says that there is no token, or is the same for all.
    function test_extension_alone_obeys_nobody() public {
        bytes4[] memory back = _selectors("DepositTokenExt");
        address[4] memory callers = [address(this), address(eur), address(eurBank.manager), address(0)];
        for (uint256 c = 0; c < callers.length; ++c) {
            for (uint256 i = 0; i < back.length; ++i) {
                if (back[i] == IAccessManaged.setAuthority.selector) continue;
                vm.prank(callers[c]);
                (bool success, bytes memory result) = address(extension).call(_call(back[i]));
                bytes4 how = success ? ANSWERED : bytes4(result);
                ++ended[how];
                if (how == IAccessManaged.AccessManagedUnauthorized.selector) {
                    assertEq(result, GovernanceReverts.accessManagedUnauthorized(callers[c]));
                } else if (how == IDepositTokenExt.CalledDirectly.selector) {
                    assertEq(result, TokenReverts.calledDirectly(address(extension)));
                }
            }
        }
        assertEq(ended[IAccessManaged.AccessManagedUnauthorized.selector], callers.length * 24, "restricted");
        // Besides what reads a token: `cancelRedemption` and `settleRedemption`.
        assertEq(ended[IDepositTokenExt.CalledDirectly.selector], callers.length * 30, "of a token");
        // What is the same for every token, `extensionId`, `authority`, and that nobody is the zero address.
        assertEq(ended[ANSWERED], callers.length * 12, "answered");
        // Only a token has a name: `eip712Domain`.
        assertEq(ended[bytes4(0)], callers.length, "nothing");
        // `requestRedemption` and `requestRedemptionWithSignature`: see below.
        assertEq(ended[IDepositTokenCore.ZeroAmount.selector], callers.length);
        assertEq(ended[IDepositTokenMain.ERC3009InvalidSignature.selector], callers.length);
        assertEq(back.length, 24 + 30 + 12 + 3 + 1);
        vm.expectRevert(GovernanceReverts.accessManagedUnauthorized(address(this)));
        IAccessManaged(address(extension)).setAuthority(address(eurBank.manager));
    }

    function test_extension_alone_keeps_no_redemption() public {
        vm.expectRevert(TokenReverts.calledDirectly(address(extension)));
        vm.prank(payer);
        extension.requestRedemption(1, "payout");

        // Not even for who signs in the domain of a contract without a name.
        bytes32 typeHash = extension.REDEMPTION_REQUEST_TYPEHASH();
        bytes32 structHash = keccak256(abi.encode(typeHash, payer, 1, bytes32("payout"), bytes32("nonce"), START + 1));
        bytes32 domainType =
            keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        bytes32 separator = keccak256(abi.encode(domainType, bytes32(0), keccak256("1"), block.chainid, extension));
        bytes memory signature = _sign(payerKey, keccak256(abi.encodePacked(hex"1901", separator, structHash)));
        vm.expectRevert(TokenReverts.calledDirectly(address(extension)));
        extension.requestRedemptionWithSignature(payer, 1, "payout", "nonce", START + 1, signature);
    }

    /* HELPERS */

    /// @dev With zeros for whatever the function takes: strings, bytes and lists are empty.
    function _call(bytes4 selector) private pure returns (bytes memory) {
        return bytes.concat(selector, new bytes(1024));
    }

    /// @dev Each function of a contract or an interface succeeds at the token's address or is refused by name.
    function _assertAnswered(string memory name) private {
        uint256 state = vm.snapshotState();
        bytes4[] memory selectors = _selectors(name);
        for (uint256 i = 0; i < selectors.length; ++i) {
            vm.prank(stranger);
            (bool success, bytes memory result) = address(eur).call(_call(selectors[i]));
            assertTrue(success || result.length >= 4, vm.toString(selectors[i]));
            vm.revertToState(state);
        }
    }

    function _errors(string memory name) private view returns (string[] memory) {
        string memory artifact = vm.readFile(string.concat("out/", name, ".sol/", name, ".json"));
        return abi.decode(vm.parseJson(artifact, "$.abi[?(@.type == 'error')].name"), (string[]));
    }

    function _contains(string[] memory names, string memory name) private pure returns (bool found) {
        for (uint256 i = 0; i < names.length; ++i) {
            found = found || keccak256(bytes(names[i])) == keccak256(bytes(name));
        }
    }

    function _fold(string memory name) private view returns (bytes4 folded) {
        bytes4[] memory selectors = _selectors(name);
        for (uint256 i = 0; i < selectors.length; ++i) {
            folded ^= selectors[i];
        }
    }
}
