// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import "../support/BankSystem.sol";
import {DeafExtension} from "../support/mocks/DeafExtension.sol";

/// @notice One address, two contracts: what answers where.
contract DepositTokenExtTest is BankSystem {
    IDepositTokenExt private extension;

    function setUp() public override {
        super.setUp();
        extension = IDepositTokenExt(_newExtension());
    }

    /* ONE ADDRESS */

    /// @dev An interface's id is the exclusive or of its selectors: the tables below leave none out.
    function test_tables_name_every_function() public view {
        bytes4 standards = type(IERC20).interfaceId ^ type(IERC20Metadata).interfaceId ^ type(IERC20Permit).interfaceId
            ^ type(IERC3009).interfaceId ^ type(IERC3009Cancel).interfaceId ^ type(IAccessManaged).interfaceId
            ^ type(IDepositToken).interfaceId;
        assertEq(_fold(_standards()), standards, "standards");
        assertEq(_fold(_references()), type(IERC7699).interfaceId, "references");
        assertEq(_fold(_ofMain()), type(IDepositTokenMain).interfaceId, "main");
        bytes4 back = type(IDepositTokenExt).interfaceId ^ type(IERC7943Fungible).interfaceId
            ^ type(IERC1404).interfaceId ^ type(IERC165).interfaceId ^ type(IERC5267).interfaceId;
        bytes4 tables = _fold(_restricted()) ^ _fold(_open()) ^ _fold(_views()) ^ _fold(_constants());
        assertEq(tables ^ IERC5267.eip712Domain.selector, back, "extension");
    }

    /// @dev A function of both would never be answered by the extension. Access control is the same in either.
    function test_both_contracts_share_no_selector_but_those_of_their_access_control() public view {
        bytes4[] memory front = _selectors("DepositToken");
        bytes4[] memory back = _selectors("DepositTokenExt");
        bytes4 shared;
        uint256 count = 0;
        for (uint256 i = 0; i < front.length; ++i) {
            for (uint256 j = 0; j < back.length; ++j) {
                if (front[i] != back[j]) continue;
                shared ^= front[i];
                ++count;
            }
        }
        assertEq(count, 3);
        assertEq(shared, type(IAccessManaged).interfaceId);
    }

    /// @dev By what the compiler finds in the code; OpenZeppelin's has four that no call of the interface comes to.
    function test_interface_names_every_error_that_a_caller_can_meet() public view {
        string[4] memory unmet =
            ["AddressEmptyCode", "InvalidAccountNonce", "NotInitializing", "UUPSUnauthorizedCallContext"];
        string[] memory named = _errors("IDepositToken");
        string[][2] memory found = [_errors("DepositToken"), _errors("DepositTokenExt")];
        assertGt(named.length, unmet.length);
        for (uint256 i = 0; i < found.length; ++i) {
            for (uint256 j = 0; j < found[i].length; ++j) {
                string memory error_ = found[i][j];
                bool met = true;
                for (uint256 k = 0; k < unmet.length; ++k) {
                    met = met && !_same(error_, unmet[k]);
                }
                assertEq(_contains(named, error_), met, error_);
            }
        }
        for (uint256 j = 0; j < named.length; ++j) {
            assertTrue(_contains(found[0], named[j]) || _contains(found[1], named[j]), named[j]);
        }
    }

    function test_every_function_is_answered_at_the_tokens_address() public {
        _assertAnswered(_standards());
        _assertAnswered(_references());
        _assertAnswered(_ofMain());
        _assertAnswered(_restricted());
        _assertAnswered(_open());
        _assertAnswered(_views());
        _assertAnswered(_constants());
        assertEq(_name(address(eur)), "Euro Deposit");
    }

    /// @dev With an extension that answers nothing, what is left is the token, whole.
    function test_token_hides_nothing_of_the_extension() public {
        eur.upgradeToAndCall(_newDepositToken(address(new DeafExtension())), "");
        bytes[][4] memory back = [_restricted(), _open(), _views(), _constants()];
        for (uint256 t = 0; t < back.length; ++t) {
            for (uint256 i = 0; i < back[t].length; ++i) {
                if (bytes4(back[t][i]) != IDepositTokenExt.extensionId.selector) _assertUnanswered(back[t][i]);
            }
        }
        _assertUnanswered(abi.encodeCall(IERC5267.eip712Domain, ()));
        _assertAnswered(_standards());
        _assertAnswered(_references());
        _assertAnswered(_ofMain());
    }

    function test_what_neither_office_knows_reverts_with_nothing() public {
        bytes[5] memory calls = [
            abi.encodeWithSignature("nonsense()"),
            abi.encodeWithSignature("owner()"),
            bytes.concat(bytes4("none")),
            bytes(hex"a9059c"),
            bytes("")
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            _assertUnanswered(calls[i]);
        }
    }

    function test_ether_is_refused() public {
        vm.deal(address(this), 4);
        bytes[4] memory calls = [
            bytes(""), bytes("none"), abi.encodeCall(IERC20.totalSupply, ()), abi.encodeCall(IDepositTokenExt.pause, ())
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool success, bytes memory result) = address(eur).call{value: 1}(calls[i]);
            assertFalse(success);
            assertEq(result, "");
        }
        assertEq(address(eur).balance, 0);
        assertFalse(eur.paused());
    }

    /* THE EXTENSION ALONE */

    function test_extension_writes_nothing_when_it_is_deployed() public {
        vm.record();
        address fresh = _newExtension();
        (, bytes32[] memory writes) = vm.accesses(fresh);
        assertEq(writes.length, 0);
        assertEq(IAccessManaged(fresh).authority(), address(0));
    }

    function test_extension_alone_obeys_nobody() public {
        bytes[] memory calls = _restricted();
        address[4] memory callers = [address(this), address(eur), address(eurBank.manager), address(0)];
        for (uint256 i = 0; i < calls.length; ++i) {
            for (uint256 c = 0; c < callers.length; ++c) {
                bytes memory refusal = GovernanceReverts.accessManagedUnauthorized(callers[c]);
                _assertAlone(callers[c], calls[i], refusal);
            }
        }
        vm.expectRevert(GovernanceReverts.accessManagedUnauthorized(address(this)));
        IAccessManaged(address(extension)).setAuthority(address(eurBank.manager));
    }

    function test_extension_alone_says_that_it_is_no_token() public {
        bytes[] memory calls = _views();
        for (uint256 i = 0; i < calls.length; ++i) {
            _assertAlone(stranger, calls[i], _calledDirectly());
        }
        // Only a token has a name.
        _assertAlone(stranger, abi.encodeCall(IERC5267.eip712Domain, ()), "");
    }

    function test_extension_alone_answers_what_is_the_same_for_every_token() public {
        bytes[] memory calls = _constants();
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool success, bytes memory answer) = address(extension).call(calls[i]);
            assertTrue(success);
            if (bytes4(calls[i]) == IDepositTokenExt.extensionId.selector) continue;
            (, bytes memory ofToken) = address(eur).call(calls[i]);
            assertEq(answer, ofToken);
        }
    }

    function test_extension_alone_keeps_no_redemption() public {
        vm.expectRevert(IDepositTokenCore.ZeroAmount.selector);
        extension.requestRedemption(0, "reference");
        _assertAlone(payer, abi.encodeCall(IDepositTokenExt.requestRedemption, (1, "reference")), _calledDirectly());
        _assertAlone(payer, abi.encodeCall(IDepositTokenExt.cancelRedemption, (1)), _calledDirectly());
        _assertAlone(eurBank.minter, abi.encodeCall(IDepositTokenExt.settleRedemption, (1, 1)), _calledDirectly());

        // Not even for who signs in the domain of a contract without a name.
        bytes32 structHash = keccak256(
            abi.encode(
                extension.REDEMPTION_REQUEST_TYPEHASH(), payer, 1, bytes32("reference"), bytes32("nonce"), START + 1
            )
        );
        bytes32 separator = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                bytes32(0),
                keccak256("1"),
                block.chainid,
                extension
            )
        );
        bytes memory signature = _sign(payerKey, keccak256(abi.encodePacked(hex"1901", separator, structHash)));
        vm.expectRevert(_calledDirectly());
        extension.requestRedemptionWithSignature(payer, 1, "reference", "nonce", START + 1, signature);
        vm.expectRevert(IDepositTokenMain.ERC3009InvalidSignature.selector);
        extension.requestRedemptionWithSignature(payer, 2, "reference", "nonce", START + 1, signature);
    }

    /* HELPERS */

    /// @dev The extension, called at its own address, refuses.
    function _assertAlone(address caller, bytes memory call, bytes memory refusal) private {
        vm.prank(caller);
        (bool success, bytes memory result) = address(extension).call(call);
        assertFalse(success, vm.toString(bytes4(call)));
        assertEq(result, refusal, vm.toString(bytes4(call)));
    }

    function _calledDirectly() private view returns (bytes memory) {
        return TokenReverts.calledDirectly(address(extension));
    }

    function _name(address token) private view returns (string memory name) {
        (, name,,,,,) = IERC5267(token).eip712Domain();
    }

    /// @dev What the compiler tells of a contract.
    function _artifact(string memory name) private view returns (string memory) {
        return vm.readFile(string.concat("out/", name, ".sol/", name, ".json"));
    }

    function _errors(string memory name) private view returns (string[] memory) {
        return abi.decode(vm.parseJson(_artifact(name), "$.abi[?(@.type == 'error')].name"), (string[]));
    }

    function _contains(string[] memory names, string memory name) private pure returns (bool found) {
        for (uint256 i = 0; i < names.length; ++i) {
            found = found || _same(names[i], name);
        }
    }

    function _same(string memory a, string memory b) private pure returns (bool) {
        return keccak256(bytes(a)) == keccak256(bytes(b));
    }

    /// @dev Of every function that a contract has, as it is deployed.
    function _selectors(string memory name) private view returns (bytes4[] memory selectors) {
        string[] memory functions = vm.parseJsonKeys(_artifact(name), ".methodIdentifiers");
        selectors = new bytes4[](functions.length);
        for (uint256 i = 0; i < functions.length; ++i) {
            selectors[i] = bytes4(keccak256(bytes(functions[i])));
        }
    }

    /// @dev Each call succeeds or is refused by name.
    function _assertAnswered(bytes[] memory calls) private {
        uint256 state = vm.snapshotState();
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool success, bytes memory result) = address(eur).call(calls[i]);
            if (!success) {
                assertGe(result.length, 4, vm.toString(bytes4(calls[i])));
            }
            vm.revertToState(state);
        }
    }

    function _assertUnanswered(bytes memory call) private {
        (bool success, bytes memory result) = address(eur).call(call);
        assertFalse(success, vm.toString(call));
        assertEq(result, "", vm.toString(call));
    }

    function _fold(bytes[] memory calls) private pure returns (bytes4 folded) {
        for (uint256 i = 0; i < calls.length; ++i) {
            folded ^= bytes4(calls[i]);
        }
    }

    /* TABLES */

    function _standards() private view returns (bytes[] memory calls) {
        calls = new bytes[](19);
        calls[0] = abi.encodeCall(IERC20.totalSupply, ());
        calls[1] = abi.encodeCall(IERC20.balanceOf, (payer));
        calls[2] = abi.encodeCall(IERC20.transfer, (neighbour, 1));
        calls[3] = abi.encodeCall(IERC20.allowance, (payer, stranger));
        calls[4] = abi.encodeCall(IERC20.approve, (stranger, 1));
        calls[5] = abi.encodeCall(IERC20.transferFrom, (payer, neighbour, 1));
        calls[6] = abi.encodeCall(IERC20Metadata.name, ());
        calls[7] = abi.encodeCall(IERC20Metadata.symbol, ());
        calls[8] = abi.encodeCall(IERC20Metadata.decimals, ());
        calls[9] = abi.encodeCall(IERC20Permit.permit, (payer, stranger, 1, START, 27, "r", "s"));
        calls[10] = abi.encodeCall(IERC20Permit.nonces, (payer));
        calls[11] = abi.encodeCall(IERC20Permit.DOMAIN_SEPARATOR, ());
        calls[12] = abi.encodeCall(IERC3009.authorizationState, (payer, "nonce"));
        calls[13] =
            abi.encodeCall(IERC3009.transferWithAuthorization, (payer, neighbour, 1, 0, START, "nonce", 27, "r", "s"));
        calls[14] =
            abi.encodeCall(IERC3009.receiveWithAuthorization, (payer, neighbour, 1, 0, START, "nonce", 27, "r", "s"));
        calls[15] = abi.encodeCall(IERC3009Cancel.cancelAuthorization, (payer, "nonce", 27, "r", "s"));
        calls[16] = abi.encodeCall(IAccessManaged.authority, ());
        calls[17] = abi.encodeCall(IAccessManaged.setAuthority, (stranger));
        calls[18] = abi.encodeCall(IAccessManaged.isConsumingScheduledOp, ());
    }

    function _ofMain() private view returns (bytes[] memory calls) {
        calls = new bytes[](18);
        calls[0] = abi.encodeCall(
            IDepositTokenMain.initialize, ("", "", "EUR", 2, address(eurBank.manager), address(this), address(this), 1)
        );
        calls[1] = abi.encodeCall(
            IDepositTokenMain.transferWithAuthorization, (payer, neighbour, 1, 0, START, "nonce", "signature")
        );
        calls[2] = abi.encodeCall(
            IDepositTokenMain.receiveWithAuthorization, (payer, neighbour, 1, 0, START, "nonce", "signature")
        );
        calls[3] = abi.encodeCall(IDepositTokenMain.cancelAuthorization, (payer, "nonce", "signature"));
        calls[4] = abi.encodeCall(IDepositTokenMain.mint, (payer, 1, 1));
        calls[5] = abi.encodeCall(IDepositTokenMain.mintBatch, (new Issue[](1)));
        calls[6] = abi.encodeCall(IDepositTokenMain.burn, (1, 1));
        calls[7] = abi.encodeCall(IDepositTokenMain.openPayment, (_oneCurrency(), "id", HONG_KONG, "signature"));
        calls[8] = abi.encodeCall(IDepositTokenMain.restoreQuota, (1, payer, 1, 1));
        calls[9] = abi.encodeCall(IDepositTokenMain.requireTarget, (_twoCurrencies()));
        calls[10] = abi.encodeCall(IDepositTokenMain.requireRefund, (address(hkd), dealer));
        calls[11] = abi.encodeCall(IDepositTokenMain.payerBlocked, (payer));
        calls[12] = abi.encodeCall(IDepositTokenMain.sync, (payer));
        calls[13] = abi.encodeCall(IDepositTokenMain.syncEpoch, ());
        calls[14] = abi.encodeCall(IDepositTokenMain.upgradeToAndCall, (address(escrow), ""));
        calls[15] = abi.encodeCall(IDepositTokenMain.EXTENSION, ());
        calls[16] = abi.encodeCall(IDepositTokenMain.permit, (payer, stranger, 1, START, "signature"));
        calls[17] = abi.encodeCall(IDepositTokenMain.chargePayment, (_oneCurrency(), "id", 1, "signature"));
    }

    /// @dev Beside {IDepositToken}, in which there is one `transfer`.
    function _references() private view returns (bytes[] memory calls) {
        calls = new bytes[](2);
        calls[0] = abi.encodeCall(IERC7699.transfer, (neighbour, 1, "reference"));
        calls[1] = abi.encodeCall(IERC7699.transferFrom, (payer, neighbour, 1, "reference"));
    }

    function _restricted() private view returns (bytes[] memory calls) {
        calls = new bytes[](24);
        calls[0] = abi.encodeCall(IDepositTokenExt.acceptRedemption, (1));
        calls[1] = abi.encodeCall(IDepositTokenExt.rejectRedemption, (1, "AC04"));
        calls[2] = abi.encodeCall(IDepositTokenExt.setMinter, (stranger, 7002, 1));
        calls[3] = abi.encodeCall(IDepositTokenExt.refill, (eurBank.minter));
        calls[4] = abi.encodeCall(IDepositTokenExt.lowerCeiling, (eurBank.minter, 1));
        calls[5] = abi.encodeCall(IDepositTokenExt.setSupplyCap, (1));
        calls[6] = abi.encodeCall(IERC7943Fungible.setFrozenTokens, (payer, 1));
        calls[7] = abi.encodeCall(IERC7943Fungible.forcedTransfer, (payer, neighbour, 1));
        calls[8] = abi.encodeCall(IDepositTokenExt.setSuspenseAccount, (stranger));
        calls[9] = abi.encodeCall(IDepositTokenExt.unpause, ());
        calls[10] = abi.encodeCall(IDepositTokenExt.pause, ());
        calls[11] = abi.encodeCall(IDepositTokenExt.stopSystemAccount, (address(escrow)));
        calls[12] = abi.encodeCall(IDepositTokenExt.removeMinter, (eurBank.minter));
        calls[13] = abi.encodeCall(IDepositTokenExt.activateSystemAccount, (address(hkd)));
        calls[14] = abi.encodeCall(IDepositTokenExt.setRegistry, (address(hkdBank.registry)));
        calls[15] = abi.encodeCall(IDepositTokenExt.setPolicy, (address(hkdBank.policy)));
        calls[16] = abi.encodeCall(IDepositTokenExt.setTerms, ("terms", "hash"));
        calls[17] = abi.encodeCall(IDepositTokenExt.rescueForeignToken, (address(hkd), neighbour, 1));
        calls[18] = abi.encodeCall(IDepositTokenExt.lowerSupplyCap, (1));
        calls[19] = abi.encodeCall(IDepositTokenExt.freeze, (payer, 1));
        calls[20] = abi.encodeCall(IDepositTokenExt.setAccepted, (address(hkd), false));
        calls[21] = abi.encodeCall(IDepositTokenExt.suspendAccepted, (address(hkd)));
        calls[22] = abi.encodeCall(IDepositTokenExt.stopAccepted, (address(hkd)));
        calls[23] = abi.encodeCall(IDepositTokenExt.resumeAccepted, (address(hkd)));
    }

    function _open() private view returns (bytes[] memory calls) {
        calls = new bytes[](4);
        calls[0] = abi.encodeCall(IDepositTokenExt.requestRedemption, (1, "reference"));
        calls[1] = abi.encodeCall(
            IDepositTokenExt.requestRedemptionWithSignature, (payer, 1, "reference", "nonce", START, "signature")
        );
        calls[2] = abi.encodeCall(IDepositTokenExt.cancelRedemption, (1));
        calls[3] = abi.encodeCall(IDepositTokenExt.settleRedemption, (1, 1));
    }

    /// @dev What reads the token's storage.
    function _views() private view returns (bytes[] memory calls) {
        calls = new bytes[](29);
        calls[0] = abi.encodeCall(IDepositTokenExt.currency, ());
        calls[1] = abi.encodeCall(IDepositTokenExt.spendableOf, (payer));
        calls[2] = abi.encodeCall(IDepositTokenExt.lockedOf, (payer));
        calls[3] = abi.encodeCall(IDepositTokenExt.redemptionOf, (1));
        calls[4] = abi.encodeCall(IDepositTokenExt.openRedemptionsOf, (payer));
        calls[5] = abi.encodeCall(IDepositTokenExt.standingOf, (payer));
        calls[6] = abi.encodeCall(IDepositTokenExt.zoneOf, (GERMANY));
        calls[7] = abi.encodeCall(IDepositTokenExt.systemStatusOf, (payer));
        calls[8] = abi.encodeCall(IDepositTokenExt.minterOf, (eurBank.minter));
        calls[9] = abi.encodeCall(IDepositTokenExt.minterOfLedger, (EUR_LEDGER));
        calls[10] = abi.encodeCall(IDepositTokenExt.isEntryConsumed, (1));
        calls[11] = abi.encodeCall(IDepositTokenExt.supplyCap, ());
        calls[12] = abi.encodeCall(IDepositTokenExt.paused, ());
        calls[13] = abi.encodeCall(IDepositTokenExt.registry, ());
        calls[14] = abi.encodeCall(IDepositTokenExt.policy, ());
        calls[15] = abi.encodeCall(IDepositTokenExt.policyGeneration, ());
        calls[16] = abi.encodeCall(IDepositTokenExt.epoch, ());
        calls[17] = abi.encodeCall(IDepositTokenExt.terms, ());
        calls[18] = abi.encodeCall(IDepositTokenExt.suspenseAccount, ());
        calls[19] = abi.encodeCall(IDepositTokenExt.requireRefused, (payer));
        calls[20] = abi.encodeCall(IDepositTokenExt.requireSuccessor, (payer, stranger));
        calls[21] = abi.encodeCall(IDepositTokenExt.isBlocked, (payer));
        calls[22] = abi.encodeCall(IDepositTokenExt.acceptanceOf, (address(hkd)));
        calls[23] = abi.encodeCall(IERC7943Fungible.canSend, (payer));
        calls[24] = abi.encodeCall(IERC7943Fungible.canReceive, (payer));
        calls[25] = abi.encodeCall(IERC7943Fungible.getFrozenTokens, (payer));
        calls[26] = abi.encodeCall(IERC7943Fungible.canTransfer, (payer, neighbour, 1));
        calls[27] = abi.encodeCall(IERC1404.detectTransferRestriction, (payer, neighbour, 1));
        calls[28] = abi.encodeCall(IDepositTokenExt.requireDealer, (dealer));
    }

    /// @dev What is the same for every token.
    function _constants() private pure returns (bytes[] memory calls) {
        calls = new bytes[](9);
        calls[0] = abi.encodeCall(IERC1404.messageForTransferRestriction, (1));
        calls[1] = abi.encodeCall(IERC165.supportsInterface, (type(IERC165).interfaceId));
        calls[2] = abi.encodeCall(IDepositTokenExt.version, ());
        calls[3] = abi.encodeCall(IDepositTokenExt.extensionId, ());
        calls[4] = abi.encodeCall(IDepositTokenExt.PERMIT_TYPEHASH, ());
        calls[5] = abi.encodeCall(IDepositTokenExt.TRANSFER_WITH_AUTHORIZATION_TYPEHASH, ());
        calls[6] = abi.encodeCall(IDepositTokenExt.RECEIVE_WITH_AUTHORIZATION_TYPEHASH, ());
        calls[7] = abi.encodeCall(IDepositTokenExt.CANCEL_AUTHORIZATION_TYPEHASH, ());
        calls[8] = abi.encodeCall(IDepositTokenExt.REDEMPTION_REQUEST_TYPEHASH, ());
    }
}
