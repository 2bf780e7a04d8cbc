// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC3009, IERC3009Cancel} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";
import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {Errors} from "@openzeppelin/contracts/utils/Errors.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {IBackOffice} from "../../contracts/interfaces/IBackOffice.sol";
import {IDepositToken} from "../../contracts/interfaces/IDepositToken.sol";
import {IERC1404} from "../../contracts/interfaces/IERC1404.sol";
import {IERC7943Fungible} from "../../contracts/interfaces/IERC7943.sol";
import {IFrontOffice} from "../../contracts/interfaces/IFrontOffice.sol";
import {ITokenLedger} from "../../contracts/interfaces/ITokenLedger.sol";
import {RedemptionStatus} from "../../contracts/types/Redemption.sol";
import {BankSystem} from "./BankSystem.sol";

/// @notice A back office that knows no function.
contract DeafBackOffice {}

/// @notice One address, two contracts: what answers where.
contract OfficesTest is BankSystem {
    IBackOffice private backOffice;

    function setUp() public override {
        super.setUp();
        backOffice = IBackOffice(_newBackOffice());
    }

    /* ONE ADDRESS */

    /// @dev An interface's id is the exclusive or of its selectors: the tables below leave none out.
    function test_tables_name_every_function() public view {
        bytes4 standards = type(IERC20).interfaceId ^ type(IERC20Metadata).interfaceId ^ type(IERC20Permit).interfaceId
            ^ type(IERC3009).interfaceId ^ type(IERC3009Cancel).interfaceId ^ type(IAccessManaged).interfaceId
            ^ type(IDepositToken).interfaceId;
        assertEq(_fold(_standards()), standards, "standards");
        assertEq(_fold(_frontOffice()), type(IFrontOffice).interfaceId, "front office");
        bytes4 back = type(IBackOffice).interfaceId ^ type(IERC7943Fungible).interfaceId ^ type(IERC1404).interfaceId
            ^ type(IERC165).interfaceId ^ type(IERC5267).interfaceId;
        assertEq(_fold(_restricted()) ^ _fold(_open()) ^ _fold(_views()), back, "back office");
    }

    function test_every_function_is_answered_at_the_tokens_address() public {
        _assertAnswered(_standards());
        _assertAnswered(_frontOffice());
        _assertAnswered(_restricted());
        _assertAnswered(_open());
        _assertAnswered(_views());
    }

    /// @dev With a back office that answers nothing, what is left is the front office, whole.
    function test_front_office_hides_nothing_of_the_back_office() public {
        eur.upgradeToAndCall(_newDepositToken(address(new DeafBackOffice())), "");
        bytes[][3] memory back = [_restricted(), _open(), _views()];
        for (uint256 t = 0; t < back.length; ++t) {
            for (uint256 i = 0; i < back[t].length; ++i) {
                _assertUnanswered(back[t][i]);
            }
        }
        _assertAnswered(_standards());
        _assertAnswered(_frontOffice());
    }

    function test_what_neither_office_knows_reverts() public {
        bytes[4] memory calls =
            [bytes.concat(bytes4("none")), abi.encodeWithSignature("owner()"), bytes(hex"a9059c"), bytes("")];
        for (uint256 i = 0; i < calls.length; ++i) {
            _assertUnanswered(calls[i]);
        }
    }

    function test_ether_is_refused() public {
        vm.deal(address(this), 4);
        bytes[4] memory calls =
            [bytes(""), bytes("none"), abi.encodeCall(IERC20.totalSupply, ()), abi.encodeCall(IBackOffice.pause, ())];
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool success, bytes memory result) = address(eur).call{value: 1}(calls[i]);
            assertFalse(success);
            assertEq(result, "");
        }
        assertEq(address(eur).balance, 0);
        assertFalse(eur.paused());
    }

    function test_a_token_needs_a_back_office() public {
        vm.expectRevert(abi.encodeWithSelector(ITokenLedger.NoCode.selector, stranger));
        _newDepositToken(stranger);
        vm.expectRevert(abi.encodeWithSelector(ITokenLedger.NoCode.selector, address(0)));
        _newDepositToken(address(0));
        address implementation = _newDepositToken(address(backOffice));
        assertEq(IFrontOffice(implementation).BACK_OFFICE(), address(backOffice));
    }

    /* THE BACK OFFICE ALONE */

    function test_back_office_has_no_state_of_its_own() public {
        vm.record();
        address fresh = _newBackOffice();
        (, bytes32[] memory writes) = vm.accesses(fresh);
        assertEq(writes.length, 0);
        assertEq(IAccessManaged(fresh).authority(), address(0));
        assertEq(IBackOffice(fresh).registry(), address(0));
        assertEq(IBackOffice(fresh).policy(), address(0));
        assertEq(IBackOffice(fresh).supplyCap(), 0);
        assertEq(IBackOffice(fresh).currency(), bytes3(0));
    }

    function test_back_office_alone_obeys_nobody() public {
        bytes[] memory calls = _restricted();
        address[4] memory callers = [address(this), address(eur), address(eurBank.manager), address(0)];
        for (uint256 i = 0; i < calls.length; ++i) {
            for (uint256 c = 0; c < callers.length; ++c) {
                vm.prank(callers[c]);
                (bool success, bytes memory result) = address(backOffice).call(calls[i]);
                assertFalse(success);
                assertEq(result, abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, callers[c]));
            }
        }
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, address(this)));
        IAccessManaged(address(backOffice)).setAuthority(address(eurBank.manager));
    }

    function test_back_office_alone_keeps_no_redemption() public {
        vm.expectRevert(ITokenLedger.ZeroAmount.selector);
        backOffice.requestRedemption(0, "reference");
        // It has no registry to ask.
        vm.expectRevert(bytes(""));
        backOffice.requestRedemption(1, "reference");

        // Not even for who signs in its own domain.
        bytes32 structHash = keccak256(
            abi.encode(
                backOffice.REDEMPTION_REQUEST_TYPEHASH(), payer, 1, bytes32("reference"), bytes32("nonce"), START + 1
            )
        );
        bytes32 separator = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Deposit Token"),
                keccak256("1"),
                block.chainid,
                backOffice
            )
        );
        bytes memory signature = _sign(payerKey, keccak256(abi.encodePacked(hex"1901", separator, structHash)));
        vm.expectRevert(bytes(""));
        backOffice.requestRedemptionWithSignature(payer, 1, "reference", "nonce", START + 1, signature);

        vm.expectRevert(
            abi.encodeWithSelector(
                IBackOffice.WrongRedemptionStatus.selector, 1, RedemptionStatus.None, RedemptionStatus.Requested
            )
        );
        backOffice.cancelRedemption(1);
        vm.expectRevert(abi.encodeWithSelector(ITokenLedger.NotDesk.selector, address(this)));
        backOffice.settleRedemption(1, 1);
    }

    /* HELPERS */

    /// @dev Each call succeeds or is refused by name.
    function _assertAnswered(bytes[] memory calls) private {
        uint256 state = vm.snapshotState();
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool success, bytes memory result) = address(eur).call(calls[i]);
            if (!success) {
                assertGe(result.length, 4, vm.toString(bytes4(calls[i])));
                assertNotEq(bytes4(result), Errors.FailedCall.selector, vm.toString(bytes4(calls[i])));
            }
            vm.revertToState(state);
        }
    }

    function _assertUnanswered(bytes memory call) private {
        (bool success, bytes memory result) = address(eur).call(call);
        assertFalse(success, vm.toString(call));
        assertEq(result, abi.encodeWithSelector(Errors.FailedCall.selector), vm.toString(call));
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

    function _frontOffice() private view returns (bytes[] memory calls) {
        calls = new bytes[](16);
        calls[0] = abi.encodeCall(
            IFrontOffice.initialize, ("", "", "EUR", 2, address(eurBank.manager), address(this), address(this), 1)
        );
        calls[1] = abi.encodeCall(
            IFrontOffice.transferWithAuthorization, (payer, neighbour, 1, 0, START, "nonce", "signature")
        );
        calls[2] = abi.encodeCall(
            IFrontOffice.receiveWithAuthorization, (payer, neighbour, 1, 0, START, "nonce", "signature")
        );
        calls[3] = abi.encodeCall(IFrontOffice.cancelAuthorization, (payer, "nonce", "signature"));
        calls[4] = abi.encodeCall(IFrontOffice.mint, (payer, 1, 1));
        calls[5] = abi.encodeCall(IFrontOffice.mintBatch, (new IFrontOffice.Issue[](1)));
        calls[6] = abi.encodeCall(IFrontOffice.burn, (1, 1));
        calls[7] = abi.encodeCall(
            IFrontOffice.openPayment,
            (payer, dealer, 1_00, "id", address(hkd), merchant, HONG_KONG, "GDDS", uint40(START), "signature")
        );
        calls[8] = abi.encodeCall(IFrontOffice.restoreQuota, (1, payer, 1, 1));
        calls[9] = abi.encodeCall(IFrontOffice.requirePayee, (neighbour, dealer));
        calls[10] = abi.encodeCall(IFrontOffice.requireDealer, (dealer));
        calls[11] = abi.encodeCall(IFrontOffice.payerBlocked, (payer));
        calls[12] = abi.encodeCall(IFrontOffice.sync, (payer));
        calls[13] = abi.encodeCall(IFrontOffice.syncEpoch, ());
        calls[14] = abi.encodeCall(IFrontOffice.upgradeToAndCall, (address(escrow), ""));
        calls[15] = abi.encodeCall(IFrontOffice.BACK_OFFICE, ());
    }

    function _restricted() private view returns (bytes[] memory calls) {
        calls = new bytes[](18);
        calls[0] = abi.encodeCall(IBackOffice.acceptRedemption, (1));
        calls[1] = abi.encodeCall(IBackOffice.rejectRedemption, (1, "AC04"));
        calls[2] = abi.encodeCall(IBackOffice.setDesk, (stranger, 7002, 1));
        calls[3] = abi.encodeCall(IBackOffice.topUpDesk, (eurBank.desk, 1));
        calls[4] = abi.encodeCall(IBackOffice.lowerDesk, (eurBank.desk, 1));
        calls[5] = abi.encodeCall(IBackOffice.setSupplyCap, (1));
        calls[6] = abi.encodeCall(IERC7943Fungible.setFrozenTokens, (payer, 1));
        calls[7] = abi.encodeCall(IERC7943Fungible.forcedTransfer, (payer, neighbour, 1));
        calls[8] = abi.encodeCall(IBackOffice.setSuspenseAccount, (stranger));
        calls[9] = abi.encodeCall(IBackOffice.unpause, ());
        calls[10] = abi.encodeCall(IBackOffice.pause, ());
        calls[11] = abi.encodeCall(IBackOffice.stopSystemAccount, (address(escrow)));
        calls[12] = abi.encodeCall(IBackOffice.removeDesk, (eurBank.desk));
        calls[13] = abi.encodeCall(IBackOffice.activateSystemAccount, (address(hkd)));
        calls[14] = abi.encodeCall(IBackOffice.setRegistry, (address(hkdBank.registry)));
        calls[15] = abi.encodeCall(IBackOffice.setPolicy, (address(hkdBank.policy)));
        calls[16] = abi.encodeCall(IBackOffice.setTerms, ("terms", "hash"));
        calls[17] = abi.encodeCall(IBackOffice.rescueForeignToken, (address(hkd), neighbour, 1));
    }

    function _open() private view returns (bytes[] memory calls) {
        calls = new bytes[](4);
        calls[0] = abi.encodeCall(IBackOffice.requestRedemption, (1, "reference"));
        calls[1] = abi.encodeCall(
            IBackOffice.requestRedemptionWithSignature, (payer, 1, "reference", "nonce", START, "signature")
        );
        calls[2] = abi.encodeCall(IBackOffice.cancelRedemption, (1));
        calls[3] = abi.encodeCall(IBackOffice.settleRedemption, (1, 1));
    }

    function _views() private view returns (bytes[] memory calls) {
        calls = new bytes[](35);
        calls[0] = abi.encodeCall(IBackOffice.currency, ());
        calls[1] = abi.encodeCall(IBackOffice.spendableOf, (payer));
        calls[2] = abi.encodeCall(IBackOffice.lockedOf, (payer));
        calls[3] = abi.encodeCall(IBackOffice.redemptionOf, (1));
        calls[4] = abi.encodeCall(IBackOffice.openRedemptionsOf, (payer));
        calls[5] = abi.encodeCall(IBackOffice.standingOf, (payer));
        calls[6] = abi.encodeCall(IBackOffice.zoneOf, (GERMANY));
        calls[7] = abi.encodeCall(IBackOffice.systemStatusOf, (payer));
        calls[8] = abi.encodeCall(IBackOffice.deskOf, (eurBank.desk));
        calls[9] = abi.encodeCall(IBackOffice.deskOfLedger, (EUR_LEDGER));
        calls[10] = abi.encodeCall(IBackOffice.isEntryConsumed, (1));
        calls[11] = abi.encodeCall(IBackOffice.supplyCap, ());
        calls[12] = abi.encodeCall(IBackOffice.paused, ());
        calls[13] = abi.encodeCall(IBackOffice.registry, ());
        calls[14] = abi.encodeCall(IBackOffice.policy, ());
        calls[15] = abi.encodeCall(IBackOffice.policyGeneration, ());
        calls[16] = abi.encodeCall(IBackOffice.epoch, ());
        calls[17] = abi.encodeCall(IBackOffice.terms, ());
        calls[18] = abi.encodeCall(IBackOffice.suspenseAccount, ());
        calls[19] = abi.encodeCall(IBackOffice.requireRefused, (payer));
        calls[20] = abi.encodeCall(IBackOffice.requireSuccessor, (payer, stranger));
        calls[21] = abi.encodeCall(IBackOffice.REDEMPTION_REQUEST_TYPEHASH, ());
        calls[22] = abi.encodeCall(IERC7943Fungible.canSend, (payer));
        calls[23] = abi.encodeCall(IERC7943Fungible.canReceive, (payer));
        calls[24] = abi.encodeCall(IERC7943Fungible.getFrozenTokens, (payer));
        calls[25] = abi.encodeCall(IERC7943Fungible.canTransfer, (payer, neighbour, 1));
        calls[26] = abi.encodeCall(IERC1404.detectTransferRestriction, (payer, neighbour, 1));
        calls[27] = abi.encodeCall(IERC1404.messageForTransferRestriction, (1));
        calls[28] = abi.encodeCall(IERC165.supportsInterface, (type(IERC165).interfaceId));
        calls[29] = abi.encodeCall(IERC5267.eip712Domain, ());
        calls[30] = abi.encodeCall(IBackOffice.PERMIT_TYPEHASH, ());
        calls[31] = abi.encodeCall(IBackOffice.TRANSFER_WITH_AUTHORIZATION_TYPEHASH, ());
        calls[32] = abi.encodeCall(IBackOffice.RECEIVE_WITH_AUTHORIZATION_TYPEHASH, ());
        calls[33] = abi.encodeCall(IBackOffice.CANCEL_AUTHORIZATION_TYPEHASH, ());
        calls[34] = abi.encodeCall(IBackOffice.isBlocked, (payer));
    }
}
