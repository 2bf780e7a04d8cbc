// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC4337Utils} from "@openzeppelin/contracts/account/utils/ERC4337Utils.sol";

import "../support/BankSystem.sol";
import {ContractWallet} from "../support/ContractWallet.sol";
import {SharedWallet} from "../support/SharedWallet.sol";
import {HostileWallet} from "../support/mocks/HostileWallet.sol";
import {LyingWallet} from "../support/mocks/LyingWallet.sol";

/// @notice ERC-3009: transfers and receipts that their payer signed, with the signature as `v, r, s` and as bytes.
contract DepositTokenAuthorizationTest is BankSystem {
    enum Kind {
        Transfer,
        Receive
    }

    enum Form {
        Parts,
        Bytes
    }

    struct Authorization {
        address from;
        address to;
        uint256 value;
        uint256 validAfter;
        uint256 validBefore;
        bytes32 nonce;
    }

    uint256 private constant BALANCE = 500_00;
    bytes4 private constant LEGAL = "LEGL";
    bytes32 private constant NONCE = "a nonce drawn at random";

    Kind private kind;
    Form private form;

    function setUp() public override {
        super.setUp();
        _mint(eurBank, payer, BALANCE);
    }

    /// @dev Runs the test for a transfer and a receipt, each in both forms and from the same state.
    modifier inEveryForm() {
        uint256 state = vm.snapshotState();
        for (uint8 i = 0; i < 4; ++i) {
            (kind, form) = (Kind(i / 2), Form(i % 2));
            _;
            vm.revertToState(state);
        }
    }

    /// @dev The same where the signature is not made of `v, r, s`.
    modifier inBytesForm() {
        uint256 state = vm.snapshotState();
        for (uint8 i = 0; i < 2; ++i) {
            (kind, form) = (Kind(i), Form.Bytes);
            _;
            vm.revertToState(state);
        }
    }

    /* EFFECT */

    function test_authorization_moves_the_amount_once() public inEveryForm {
        Authorization memory a = _authorization();
        bytes memory signature = _signed(payerKey, a);
        assertFalse(eur.authorizationState(payer, NONCE));
        vm.expectEmit(address(eur));
        emit IERC3009.AuthorizationUsed(payer, NONCE);
        vm.expectEmit(address(eur));
        emit IERC20.Transfer(payer, neighbour, 100_00);
        _submit(a, signature);
        assertEq(eur.balanceOf(payer), BALANCE - 100_00);
        assertEq(eur.balanceOf(neighbour), 100_00);
        assertTrue(eur.authorizationState(payer, NONCE));
        assertFalse(eur.authorizationState(neighbour, NONCE));

        _expectUsed();
        _submit(a, signature);
        // A second signature with the nonce, of another amount, is no better.
        a.value = 1;
        signature = _signed(payerKey, a);
        _expectUsed();
        _submit(a, signature);
    }

    function test_nonces_need_no_order() public inEveryForm {
        Authorization memory a = _authorization();
        bytes32[3] memory nonces = [bytes32(type(uint256).max), bytes32(0), bytes32(uint256(7))];
        for (uint256 i = 0; i < nonces.length; ++i) {
            a.nonce = nonces[i];
            _submit(a, _signed(payerKey, a));
        }
        assertEq(eur.balanceOf(neighbour), 300_00);
    }

    function test_all_kinds_and_forms_share_one_set_of_nonces() public inEveryForm {
        Authorization memory a = _authorization();
        _submit(a, _signed(payerKey, a));
        for (uint8 i = 0; i < 4; ++i) {
            (kind, form) = (Kind(i / 2), Form(i % 2));
            bytes memory signature = _signed(payerKey, a);
            _expectUsed();
            _submit(a, signature);
        }
    }

    function test_anybody_may_submit_a_transfer_and_only_the_payee_a_receipt() public inEveryForm {
        Authorization memory a = _authorization();
        bytes memory signature = _signed(payerKey, a);
        if (kind == Kind.Receive) {
            vm.expectRevert(TokenReverts.callerNotPayee(stranger, neighbour));
        }
        _submitAs(stranger, a, signature);
        assertEq(eur.balanceOf(neighbour), kind == Kind.Transfer ? 100_00 : 0);
    }

    /// @dev Whoever brings it spends nothing.
    function test_blocked_account_may_submit_a_transfer() public {
        _onboard(eurBank, stranger, CustomerCategory.Retail, GERMANY, 1010);
        eurBank.registry.blockWallet(stranger, LEGAL);
        for (uint8 f = 0; f < 2; ++f) {
            form = Form(f);
            Authorization memory a = _authorization();
            a.nonce = bytes32(uint256(f));
            _submitAs(stranger, a, _signed(payerKey, a));
        }
        assertEq(eur.balanceOf(neighbour), 200_00);
    }

    /* SIGNATURE */

    function test_transfer_signed_is_no_receipt_and_the_reverse() public inEveryForm {
        Authorization memory a = _authorization();
        Kind submitted = kind;
        kind = submitted == Kind.Transfer ? Kind.Receive : Kind.Transfer;
        bytes memory signature = _signed(payerKey, a);
        kind = submitted;
        _expectInvalidSignature();
        _submit(a, signature);
    }

    function test_signature_binds_every_term() public inEveryForm {
        bytes memory signature = _signed(payerKey, _authorization());
        for (uint256 i = 0; i < 6; ++i) {
            Authorization memory a = _authorization();
            if (i == 0) a.from = neighbour;
            if (i == 1) a.to = dealer;
            if (i == 2) a.value += 1;
            if (i == 3) a.validAfter -= 1;
            if (i == 4) a.validBefore += 1;
            if (i == 5) a.nonce = bytes32(uint256(NONCE) + 1);
            _expectInvalidSignature();
            _submit(a, signature);
        }
        _submit(_authorization(), signature);
    }

    function test_signature_is_the_payers() public inEveryForm {
        Authorization memory a = _authorization();
        bytes memory signature = _signed(dealerKey, a);
        _expectInvalidSignature();
        _submit(a, signature);
    }

    function test_signature_is_for_one_token() public inEveryForm {
        Authorization memory a = _authorization();
        bytes memory signature = _sign(payerKey, _digest(hkd, _typeHash(), a));
        _expectInvalidSignature();
        _submit(a, signature);
    }

    function test_signature_is_for_one_chain() public inEveryForm {
        Authorization memory a = _authorization();
        bytes memory signature = _signed(payerKey, a);
        vm.chainId(OTHER_CHAIN);
        _expectInvalidSignature();
        _submit(a, signature);
        _submit(a, _signed(payerKey, a));
        assertEq(eur.balanceOf(neighbour), 100_00);
        vm.chainId(CHAIN);
    }

    function test_malleable_signature_is_refused() public inEveryForm {
        Authorization memory a = _authorization();
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(payerKey, _digest(eur, _typeHash(), a));
        bytes memory high = abi.encodePacked(r, SECP256K1_ORDER - uint256(s), v ^ 7);
        // The curve itself would take it.
        assertEq(ecrecover(_digest(eur, _typeHash(), a), v ^ 7, r, bytes32(SECP256K1_ORDER - uint256(s))), payer);
        _expectInvalidSignature();
        _submit(a, high);
        // And the used signature's twin is no second authorization.
        _submit(a, abi.encodePacked(r, s, v));
        _expectInvalidSignature();
        _submit(a, high);
    }

    function test_signature_of_another_shape_is_refused() public inEveryForm {
        Authorization memory a = _authorization();
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(payerKey, _digest(eur, _typeHash(), a));
        bytes[4] memory shapes = [
            abi.encodePacked(r, s, v - 27), // v of 0 or 1
            abi.encodePacked(r, s, v ^ 7), // the other v
            abi.encodePacked(bytes32(0), bytes32(0), uint8(27)),
            abi.encodePacked(bytes32(0), s, v)
        ];
        for (uint256 i = 0; i < shapes.length; ++i) {
            _expectInvalidSignature();
            _submit(a, shapes[i]);
        }
    }

    function test_signature_of_another_length_is_refused() public inBytesForm {
        Authorization memory a = _authorization();
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(payerKey, _digest(eur, _typeHash(), a));
        bytes[5] memory shapes = [
            bytes(""),
            abi.encodePacked(r, s),
            abi.encodePacked(r, bytes32(uint256(s) | (uint256(v - 27) << 255))), // ERC-2098
            abi.encodePacked(r, s, v, uint8(0)),
            abi.encode(v, r, s)
        ];
        for (uint256 i = 0; i < shapes.length; ++i) {
            _expectInvalidSignature();
            _submit(a, shapes[i]);
        }
    }

    /// @dev An invalid signature recovers to the zero address, and precompiled contracts answer anything.
    function test_nobody_signs_for_the_zero_address_or_a_precompiled_contract() public inEveryForm {
        Authorization memory a = _authorization();
        a.value = 0;
        bytes memory garbage = abi.encodePacked(bytes32(uint256(1)), bytes32(uint256(1)), uint8(29));
        for (uint160 i = 0; i <= 10; ++i) {
            a.from = address(i);
            _expectInvalidSignature();
            _submit(a, garbage);
        }
    }

    /* TIME */

    function test_authorization_begins_after_its_first_bound() public inEveryForm {
        Authorization memory a = _authorization();
        a.validAfter = block.timestamp;
        bytes memory signature = _signed(payerKey, a);
        _expectWrongTime(a);
        _submit(a, signature);
        assertFalse(eur.authorizationState(payer, NONCE));

        vm.warp(block.timestamp + 1);
        _submit(a, signature);
        assertEq(eur.balanceOf(neighbour), 100_00);
    }

    function test_authorization_ends_before_its_last_bound() public inEveryForm {
        Authorization memory a = _authorization();
        bytes memory signature = _signed(payerKey, a);
        vm.warp(a.validBefore);
        _expectWrongTime(a);
        _submit(a, signature);

        vm.warp(a.validBefore - 1);
        _submit(a, signature);
        assertEq(eur.balanceOf(neighbour), 100_00);
    }

    /// @dev OpenZeppelin reads both bounds as block numbers if both have this flag.
    function test_bounds_are_never_block_numbers() public inEveryForm {
        uint256 flag = ERC4337Utils.BLOCK_RANGE_FLAG;
        vm.roll(1000);
        Authorization memory a = _authorization();
        (a.validAfter, a.validBefore) = (flag | 999, flag | 1001);
        bytes memory signature = _signed(payerKey, a);
        _expectWrongTime(a);
        _submit(a, signature);

        // As seconds they are 4.4 million years away, and hold then, whatever the block.
        vm.warp(flag | 1000);
        vm.roll(1_000_000);
        eurBank.registry.blockCustomer(1001, LEGAL);
        vm.expectRevert(TokenReverts.cannotSend(payer));
        _submit(a, signature);
    }

    function test_endless_authorization_is_good_at_any_time() public inEveryForm {
        Authorization memory a = _authorization();
        (a.validAfter, a.validBefore) = (0, type(uint256).max);
        _submit(a, _signed(payerKey, a));
        assertEq(eur.balanceOf(neighbour), 100_00);
    }

    /* RULES OF A TRANSFER */

    function test_authorization_follows_every_rule_and_stays_unused_when_refused() public inEveryForm {
        Authorization memory a = _authorization();
        bytes memory signature = _signed(payerKey, a);
        uint256 state = vm.snapshotState();

        eur.pause();
        _assertRefused(a, signature, TokenReverts.tokenPaused());
        vm.revertToState(state);

        eurBank.registry.blockWallet(payer, LEGAL);
        _assertRefused(a, signature, TokenReverts.cannotSend(payer));
        vm.revertToState(state);

        eurBank.registry.revoke(neighbour);
        _assertRefused(a, signature, TokenReverts.cannotReceive(neighbour));
        vm.revertToState(state);

        uint16[] memory countries = new uint16[](1);
        countries[0] = FRANCE;
        eurBank.registry.setZone(countries, HK);
        _assertRefused(a, signature, TokenReverts.directTransferClosed(payer, neighbour, EEA, HK));
        vm.revertToState(state);

        a.value = BALANCE + 1;
        _assertRefused(a, _signed(payerKey, a), TokenReverts.insufficientBalance(payer, BALANCE, BALANCE + 1));
    }

    function test_authorization_to_nobody_is_refused() public inEveryForm {
        Authorization memory a = _authorization();
        address[2] memory nobody = [address(0), address(eur)];
        for (uint256 i = 0; i < nobody.length; ++i) {
            a.to = nobody[i];
            _assertRefused(a, _signed(payerKey, a), TokenReverts.invalidReceiver(nobody[i]));
        }
    }

    /// @dev Otherwise anybody could push money into the escrow that it does not know of.
    function test_only_a_system_account_itself_submits_what_is_signed_for_it() public inEveryForm {
        Authorization memory a = _authorization();
        a.to = address(escrow);
        bytes memory signature = _signed(payerKey, a);
        if (kind == Kind.Transfer) {
            vm.expectRevert(TokenReverts.systemAccountClosed(address(escrow), stranger, SystemStatus.Active));
            _submitAs(stranger, a, signature);
        }
        _submitAs(address(escrow), a, signature);
        assertEq(eur.balanceOf(address(escrow)), 100_00);
    }

    /* WALLETS WITH CODE */

    function test_contract_wallet_signs_in_both_forms() public inEveryForm {
        address wallet = address(new ContractWallet(dealer));
        Authorization memory a = _fund(wallet);
        bytes memory wrong = _signed(payerKey, a);
        _expectInvalidSignature();
        _submit(a, wrong);
        _submit(a, _signed(dealerKey, a));
        assertEq(eur.balanceOf(neighbour), 100_00);
        assertEq(eur.balanceOf(wallet), 0);
        assertTrue(eur.authorizationState(wallet, NONCE));
    }

    function test_wallet_of_three_owners_signs_in_bytes() public inBytesForm {
        Authorization memory a = _fund(address(new SharedWallet([payer, merchant, dealer])));
        bytes memory two = bytes.concat(_signed(payerKey, a), _signed(merchantKey, a));
        _expectInvalidSignature();
        _submit(a, two);
        _submit(a, bytes.concat(two, _signed(dealerKey, a)));
        assertEq(eur.balanceOf(neighbour), 100_00);
    }

    function test_contract_wallet_is_not_replayed() public inEveryForm {
        Authorization memory a = _fund(address(new ContractWallet(dealer)));
        bytes memory signature = _signed(dealerKey, a);
        _submit(a, signature);
        vm.expectRevert(TokenReverts.usedAuthorization(a.from, NONCE));
        _submit(a, signature);
    }

    /// @dev An EIP-7702 account: its key signs, and its code, which would leave no gas for anything, is not asked.
    function test_account_with_code_signs_with_its_key() public inEveryForm {
        vm.etch(payer, address(new HostileWallet(HostileWallet.Trick.BurnGas)).code);
        Authorization memory a = _authorization();
        bytes memory call = _call(a, _signed(payerKey, a));
        vm.prank(neighbour);
        (bool success,) = address(eur).call{gas: 1_000_000}(call);
        assertTrue(success);
        assertEq(eur.balanceOf(neighbour), 100_00);
    }

    /// @dev The same account with a session key in its code.
    function test_account_with_code_signs_with_its_code_too() public inEveryForm {
        vm.etch(payer, address(new ContractWallet(dealer)).code);
        Authorization memory a = _authorization();
        _submit(a, _signed(dealerKey, a));
        assertEq(eur.balanceOf(neighbour), 100_00);
    }

    function test_wallet_that_does_not_say_yes_as_it_must_is_refused() public inEveryForm {
        for (uint8 trick = 0; trick <= uint8(type(HostileWallet.Trick).max); ++trick) {
            if (trick == uint8(HostileWallet.Trick.BurnGas) || trick == uint8(HostileWallet.Trick.Write)) continue;
            Authorization memory a = _fund(address(new HostileWallet(HostileWallet.Trick(trick))));
            bytes memory signature = _signed(dealerKey, a);
            _expectInvalidSignature();
            _submit(a, signature);
        }
        LyingWallet.Answer[2] memory answers = [LyingWallet.Answer.True, LyingWallet.Answer.RevertWithYes];
        for (uint256 i = 0; i < answers.length; ++i) {
            Authorization memory a = _fund(address(new LyingWallet(answers[i])));
            bytes memory signature = _signed(dealerKey, a);
            _expectInvalidSignature();
            _submit(a, signature);
        }
    }

    /// @dev A write under a static call burns all gas too.
    function test_wallet_that_burns_its_gas_fails_its_own_submitter() public inEveryForm {
        HostileWallet.Trick[2] memory tricks = [HostileWallet.Trick.BurnGas, HostileWallet.Trick.Write];
        for (uint256 i = 0; i < tricks.length; ++i) {
            Authorization memory a = _fund(address(new HostileWallet(tricks[i])));
            bytes memory call = _call(a, _signed(dealerKey, a));
            vm.prank(neighbour);
            (bool success,) = address(eur).call{gas: 1_000_000}(call);
            assertFalse(success);
            assertFalse(eur.authorizationState(a.from, NONCE));
            assertEq(eur.balanceOf(a.from), 100_00);
        }
    }

    /// @dev A wallet that says yes to everything gives away what is its own, once a nonce, and nothing else.
    function test_wallet_that_lies_robs_only_itself() public inEveryForm {
        address wallet = address(new LyingWallet(LyingWallet.Answer.Yes));
        Authorization memory a = _fund(wallet);
        bytes memory garbage = abi.encodePacked(bytes32(uint256(1)), bytes32(uint256(1)), uint8(27));
        _submit(a, garbage);
        assertEq(eur.balanceOf(wallet), 0);
        vm.expectRevert(TokenReverts.usedAuthorization(wallet, NONCE));
        _submit(a, garbage);

        a.from = payer;
        _expectInvalidSignature();
        _submit(a, garbage);
    }

    function test_answer_that_is_too_long_is_read_no_further() public inEveryForm {
        Authorization memory a = _fund(address(new LyingWallet(LyingWallet.Answer.YesAndMuchMore)));
        _submit(a, _signed(dealerKey, a));
        assertEq(eur.balanceOf(neighbour), 100_00);
    }

    /* CANCEL */

    function test_cancel_makes_an_authorization_void() public {
        uint256 state = vm.snapshotState();
        for (uint8 f = 0; f < 2; ++f) {
            form = Form(f);
            bytes memory signature = _signedCancel(payerKey, payer);
            vm.expectEmit(address(eur));
            emit IERC3009Cancel.AuthorizationCanceled(payer, NONCE);
            vm.prank(stranger);
            _cancel(payer, signature);
            assertTrue(eur.authorizationState(payer, NONCE));

            _expectUsed();
            _cancel(payer, signature);
            Authorization memory a = _authorization();
            for (uint8 k = 0; k < 2; ++k) {
                kind = Kind(k);
                bytes memory authorized = _signed(payerKey, a);
                _expectUsed();
                _submit(a, authorized);
            }
            vm.revertToState(state);
        }
    }

    function test_cancel_comes_too_late_for_a_used_authorization() public inEveryForm {
        Authorization memory a = _authorization();
        _submit(a, _signed(payerKey, a));
        bytes memory signature = _signedCancel(payerKey, payer);
        _expectUsed();
        _cancel(payer, signature);
    }

    function test_cancel_is_the_authorizers_own() public {
        for (uint8 f = 0; f < 2; ++f) {
            form = Form(f);
            bytes memory ofAnother = _signedCancel(dealerKey, payer);
            _expectInvalidSignature();
            _cancel(payer, ofAnother);
            bytes memory forAnother = _signedCancel(payerKey, dealer);
            _expectInvalidSignature();
            _cancel(payer, forAnother);
            bytes memory garbage = abi.encodePacked(bytes32(uint256(1)), bytes32(uint256(1)), uint8(29));
            _expectInvalidSignature();
            _cancel(address(0), garbage);
            assertFalse(eur.authorizationState(payer, NONCE));
        }
    }

    function test_cancel_is_for_one_nonce_of_one_token_on_one_chain() public {
        for (uint8 f = 0; f < 2; ++f) {
            form = Form(f);
            bytes32 structHash = keccak256(abi.encode(eur.CANCEL_AUTHORIZATION_TYPEHASH(), payer, NONCE));
            bytes memory ofOtherToken =
                _sign(payerKey, keccak256(abi.encodePacked(hex"1901", hkd.DOMAIN_SEPARATOR(), structHash)));
            _expectInvalidSignature();
            _cancel(payer, ofOtherToken);

            structHash = keccak256(abi.encode(eur.CANCEL_AUTHORIZATION_TYPEHASH(), payer, uint256(NONCE) + 1));
            bytes memory ofOtherNonce =
                _sign(payerKey, keccak256(abi.encodePacked(hex"1901", eur.DOMAIN_SEPARATOR(), structHash)));
            _expectInvalidSignature();
            _cancel(payer, ofOtherNonce);

            bytes memory ofOtherChain = _signedCancel(payerKey, payer);
            vm.chainId(OTHER_CHAIN);
            _expectInvalidSignature();
            _cancel(payer, ofOtherChain);
            vm.chainId(CHAIN);
        }
    }

    function test_cancel_refuses_a_malleable_signature() public {
        for (uint8 f = 0; f < 2; ++f) {
            form = Form(f);
            bytes memory signature = _signedCancel(payerKey, payer);
            (uint8 v, bytes32 r, bytes32 s) = _parts(signature);
            bytes memory high = abi.encodePacked(r, SECP256K1_ORDER - uint256(s), v ^ 7);
            _expectInvalidSignature();
            _cancel(payer, high);
        }
    }

    function test_contract_wallet_cancels_in_both_forms() public {
        address wallet = address(new ContractWallet(dealer));
        uint256 state = vm.snapshotState();
        for (uint8 f = 0; f < 2; ++f) {
            form = Form(f);
            _cancel(wallet, _signedCancel(dealerKey, wallet));
            assertTrue(eur.authorizationState(wallet, NONCE));
            vm.revertToState(state);
        }
    }

    /// @dev A holder can always take back what it signed.
    function test_cancel_works_while_blocked_and_paused() public {
        eurBank.registry.blockWallet(payer, LEGAL);
        eur.pause();
        form = Form.Bytes;
        _cancel(payer, _signedCancel(payerKey, payer));
        assertTrue(eur.authorizationState(payer, NONCE));
    }

    /* TYPE HASHES */

    /// @dev As in the texts of ERC-2612 and ERC-3009.
    function test_type_hashes_are_the_standards_own() public view {
        assertEq(eur.PERMIT_TYPEHASH(), 0x6e71edae12b1b97f4d1f60370fef10105fa2faae0126114a169c64845d6126c9);
        assertEq(
            eur.TRANSFER_WITH_AUTHORIZATION_TYPEHASH(),
            0x7c7c6cdb67a18743f49ec6fa9b35f50d52ed05cbed4cc592e13b44501c1a2267
        );
        assertEq(
            eur.RECEIVE_WITH_AUTHORIZATION_TYPEHASH(),
            0xd099cc98ef71107a616c4f0f941f04c322d8e254fe26b3c6668db87aae413de8
        );
        assertEq(
            eur.CANCEL_AUTHORIZATION_TYPEHASH(), 0x158b0a9edf7a828aad02f63cd515c68ef2f50ba807396f6d12842833a1597429
        );
    }

    /* HELPERS */

    /// @dev 100.00 from the payer to the neighbour, good for the hour around now.
    function _authorization() private view returns (Authorization memory) {
        return Authorization(payer, neighbour, 100_00, START - 30 minutes, START + 30 minutes, NONCE);
    }

    /// @dev The same from a wallet that is now a customer and has 100.00.
    function _fund(address wallet) private returns (Authorization memory a) {
        _onboard(eurBank, wallet, CustomerCategory.Retail, GERMANY, 1010);
        _mint(eurBank, wallet, 100_00);
        a = _authorization();
        a.from = wallet;
    }

    function _typeHash() private view returns (bytes32) {
        return
            kind == Kind.Transfer
                ? eur.TRANSFER_WITH_AUTHORIZATION_TYPEHASH()
                : eur.RECEIVE_WITH_AUTHORIZATION_TYPEHASH();
    }

    function _digest(IDepositToken token, bytes32 typeHash, Authorization memory a) private view returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), keccak256(abi.encode(typeHash, a))));
    }

    function _signed(uint256 key, Authorization memory a) private view returns (bytes memory) {
        return _sign(key, _digest(eur, _typeHash(), a));
    }

    function _signedCancel(uint256 key, address authorizer) private view returns (bytes memory) {
        bytes32 structHash = keccak256(abi.encode(eur.CANCEL_AUTHORIZATION_TYPEHASH(), authorizer, NONCE));
        return _sign(key, keccak256(abi.encodePacked(hex"1901", eur.DOMAIN_SEPARATOR(), structHash)));
    }

    /// @dev By the payee, who may submit either kind.
    function _submit(Authorization memory a, bytes memory signature) private {
        _submitAs(a.to, a, signature);
    }

    function _submitAs(address caller, Authorization memory a, bytes memory signature) private {
        bytes memory call = _call(a, signature);
        vm.prank(caller);
        (bool success, bytes memory result) = address(eur).call(call);
        // Under `expectRevert` a revert counts as success.
        if (!success) {
            assembly {
                revert(add(result, 0x20), mload(result))
            }
        }
    }

    function _call(Authorization memory a, bytes memory signature) private view returns (bytes memory) {
        string memory name = kind == Kind.Transfer ? "transferWithAuthorization" : "receiveWithAuthorization";
        string memory terms = "(address,address,uint256,uint256,uint256,bytes32,";
        if (form == Form.Parts) {
            (uint8 v, bytes32 r, bytes32 s) = _parts(signature);
            return bytes.concat(
                bytes4(keccak256(bytes(string.concat(name, terms, "uint8,bytes32,bytes32)")))),
                abi.encode(a),
                abi.encode(v, r, s)
            );
        }
        return bytes.concat(
            bytes4(keccak256(bytes(string.concat(name, terms, "bytes)")))),
            abi.encode(a.from, a.to, a.value, a.validAfter, a.validBefore, a.nonce, signature)
        );
    }

    function _cancel(address authorizer, bytes memory signature) private {
        if (form == Form.Bytes) return eur.cancelAuthorization(authorizer, NONCE, signature);
        (uint8 v, bytes32 r, bytes32 s) = _parts(signature);
        eur.cancelAuthorization(authorizer, NONCE, v, r, s);
    }

    function _parts(bytes memory signature) private pure returns (uint8 v, bytes32 r, bytes32 s) {
        assertEq(signature.length, 65);
        v = uint8(signature[64]);
        (r, s) = abi.decode(signature, (bytes32, bytes32));
    }

    function _assertRefused(Authorization memory a, bytes memory signature, bytes memory refusal) private {
        vm.expectRevert(refusal);
        _submit(a, signature);
        assertFalse(eur.authorizationState(a.from, a.nonce));
    }

    function _expectUsed() private {
        vm.expectRevert(TokenReverts.usedAuthorization(payer, NONCE));
    }

    function _expectInvalidSignature() private {
        vm.expectRevert(IDepositTokenMain.ERC3009InvalidSignature.selector);
    }

    function _expectWrongTime(Authorization memory a) private {
        vm.expectRevert(TokenReverts.invalidAuthorizationTime(a.validAfter, a.validBefore));
    }
}
