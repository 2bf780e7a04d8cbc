// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC4337Utils} from "@openzeppelin/contracts/account/utils/ERC4337Utils.sol";

import "../support/TokenSystem.sol";
import {ContractWallet} from "../support/ContractWallet.sol";
import {SharedWallet} from "../support/SharedWallet.sol";

/// @notice ERC-3009: transfers and receipts that their payer signed, with the signature as `v, r, s` and as bytes.
/// @dev What is signed for another token, chain or purpose, and wallets that do harm: {TokenSignatureAttacksTest}.
contract DepositTokenAuthorizationTest is TokenSystem {
    enum Kind {
        Transfer,
        Receive
    }

    /// @dev Of an authorization, in its order.
    enum Term {
        From,
        To,
        Value,
        ValidAfter,
        ValidBefore,
        Nonce
    }

    struct Authorization {
        address from;
        address to;
        uint256 value;
        uint256 validAfter;
        uint256 validBefore;
        bytes32 nonce;
    }

    uint256 private constant AMOUNT = 100_00;
    bytes32 private constant NONCE = "a nonce drawn at random";

    Kind private kind;

    function setUp() public override {
        super.setUp();
        _mint(eurBank, payer, BALANCE);
    }

    /// @dev Runs the test for a transfer and a receipt, each in the forms from this one on and from the same state.
    modifier inEveryFormFrom(Form first) {
        uint256 state = vm.snapshotState();
        for (uint8 i = 0; i < 4; ++i) {
            (kind, form) = (Kind(i / 2), Form(i % 2));
            if (form < first) continue;
            _;
            vm.revertToState(state);
        }
    }

    /* EFFECT */

    function test_authorization_moves_the_amount_once() public inEveryFormFrom(Form.Parts) {
        Authorization memory a = _authorization();
        bytes memory call = _call(a, _signed(payerKey, a));
        assertFalse(eur.authorizationState(payer, NONCE));
        vm.expectEmit(address(eur));
        emit IERC3009.AuthorizationUsed(payer, NONCE);
        vm.expectEmit(address(eur));
        emit IERC20.Transfer(payer, neighbour, AMOUNT);
        _done(neighbour, address(eur), call);
        assertEq(eur.balanceOf(payer), BALANCE - AMOUNT);
        assertEq(eur.balanceOf(neighbour), AMOUNT);
        assertTrue(eur.authorizationState(payer, NONCE));
        assertFalse(eur.authorizationState(neighbour, NONCE));
        // Another amount with the nonce is no better, in whatever kind and form, and it is too late to cancel.
        for (uint8 i = 0; i < 4; ++i) {
            (kind, form) = (Kind(i / 2), Form(i % 2));
            a.value = 1 + i;
            _refusedAuthorization(a, _signed(payerKey, a), _used());
            _refused(stranger, _cancelCall(payer, _signedCancel(payerKey, payer, NONCE)), _used());
        }
    }

    /// @dev Whoever brings it spends nothing: it may be blocked.
    function test_anybody_may_submit_a_transfer_and_only_the_payee_a_receipt() public inEveryFormFrom(Form.Parts) {
        _enrol(stranger, GERMANY);
        registry.blockWallet(stranger, LEGAL);
        bytes memory call = _call(_authorization(), _signed(payerKey, _authorization()));
        if (kind == Kind.Receive) {
            _refused(stranger, call, TokenReverts.callerNotPayee(stranger, neighbour));
        } else {
            _done(stranger, address(eur), call);
            assertEq(eur.balanceOf(neighbour), AMOUNT);
        }
    }

    /* SIGNATURE */

    function test_signature_binds_every_term() public inEveryFormFrom(Form.Parts) {
        bytes memory signature = _signed(payerKey, _authorization());
        for (uint8 i = 0; i <= uint8(type(Term).max); ++i) {
            _invalid(_altered(Term(i)), signature);
        }
        _submit(_authorization(), signature);
    }

    function test_malleable_signature_is_refused() public inEveryFormFrom(Form.Parts) {
        Authorization memory a = _authorization();
        bytes memory signature = _signed(payerKey, a);
        _invalid(a, _malleable(signature));
        // And the used signature's twin is no second authorization.
        _submit(a, signature);
        _refusedAuthorization(a, _malleable(signature), TokenReverts.invalidSignature());
    }

    function test_signature_of_another_shape_or_length_is_refused() public inEveryFormFrom(Form.Parts) {
        Authorization memory a = _authorization();
        bytes memory signature = _signed(payerKey, a);
        (uint8 v, bytes32 r, bytes32 s) = _parts(signature);
        // With a v of 0 or 1.
        _invalid(a, abi.encodePacked(r, s, v - 27));
        _invalid(a, abi.encodePacked(r, s, v ^ 7));
        _invalid(a, abi.encodePacked(bytes32(0), bytes32(0), uint8(27)));
        _invalid(a, abi.encodePacked(bytes32(0), s, v));
        if (form == Form.Parts) return;
        _invalid(a, "");
        _invalid(a, abi.encodePacked(r, s));
        // ERC-2098.
        _invalid(a, abi.encodePacked(r, uint256(s) | (uint256(v - 27) << 255)));
        _invalid(a, abi.encodePacked(signature, uint8(0)));
        _invalid(a, abi.encode(v, r, s));
    }

    /// @dev An invalid signature recovers to the zero address, and precompiled contracts answer anything.
    function test_nobody_signs_for_the_zero_address_or_a_precompiled_contract() public inEveryFormFrom(Form.Parts) {
        Authorization memory a = _authorization();
        a.value = 0;
        for (uint160 i = 0; i <= 10; ++i) {
            a.from = address(i);
            _invalid(a, GARBAGE);
        }
    }

    /* TIME */

    /// @dev OpenZeppelin reads both bounds as block numbers if both have this flag.
    function test_bounds_are_never_block_numbers() public inEveryFormFrom(Form.Parts) {
        uint256 flag = ERC4337Utils.BLOCK_RANGE_FLAG;
        vm.roll(1000);
        Authorization memory a = _authorization();
        (a.validAfter, a.validBefore) = (flag | 999, flag | 1001);
        bytes memory signature = _signed(payerKey, a);
        bytes memory refusal = TokenReverts.invalidAuthorizationTime(a.validAfter, a.validBefore);
        _refusedAuthorization(a, signature, refusal);
        // As seconds they are 4.4 million years away, and hold then, whatever the block.
        vm.warp(a.validAfter);
        _refusedAuthorization(a, signature, refusal);
        vm.warp(a.validBefore);
        _refusedAuthorization(a, signature, refusal);
        vm.warp(flag | 1000);
        vm.roll(1_000_000);
        _refusedAuthorization(a, signature, TokenReverts.cannotSend(payer));
    }

    /* RULES OF A TRANSFER */

    /// @dev By one of them; {RestrictionTest} has them all.
    function test_authorization_follows_the_rules_of_a_transfer() public inEveryFormFrom(Form.Parts) {
        Authorization memory a = _authorization();
        a.value = BALANCE + 1;
        _refusedAuthorization(a, _signed(payerKey, a), TokenReverts.insufficientBalance(payer, BALANCE, a.value));
    }

    /// @dev Otherwise anybody could push money into the escrow that it does not know of.
    function test_only_a_system_account_itself_submits_what_is_signed_for_it() public inEveryFormFrom(Form.Parts) {
        Authorization memory a = _authorization();
        a.to = address(escrow);
        bytes memory signature = _signed(payerKey, a);
        if (kind == Kind.Transfer) {
            bytes memory closed = TokenReverts.systemAccountClosed(address(escrow), stranger, SystemStatus.Active);
            _refused(stranger, _call(a, signature), closed);
        }
        _submit(a, signature);
    }

    /* WALLETS WITH CODE */

    function test_contract_wallet_signs_once_in_both_forms() public inEveryFormFrom(Form.Parts) {
        Authorization memory a = _fund(address(new ContractWallet(dealer)));
        _invalid(a, _signed(payerKey, a));
        bytes memory signature = _signed(dealerKey, a);
        _submit(a, signature);
        _refusedAuthorization(a, signature, TokenReverts.usedAuthorization(a.from, NONCE));
    }

    function test_wallet_of_three_owners_signs_in_bytes() public inEveryFormFrom(Form.Bytes) {
        Authorization memory a = _fund(address(new SharedWallet([payer, merchant, dealer])));
        bytes memory two = bytes.concat(_signed(payerKey, a), _signed(merchantKey, a));
        _invalid(a, two);
        _submit(a, bytes.concat(two, _signed(dealerKey, a)));
    }

    /// @dev An EIP-7702 account with a session key.
    function test_account_with_code_signs_with_its_code_too() public inEveryFormFrom(Form.Parts) {
        vm.etch(payer, address(new ContractWallet(dealer)).code);
        _submit(_authorization(), _signed(dealerKey, _authorization()));
    }

    /* CANCEL */

    /// @dev A holder can always take back what it signed: also while blocked, and during a pause.
    function test_cancel_makes_an_authorization_void() public inBothForms {
        registry.blockWallet(payer, LEGAL);
        eur.pause();
        bytes memory call = _cancelCall(payer, _signedCancel(payerKey, payer, NONCE));
        vm.expectEmit(address(eur));
        emit IERC3009Cancel.AuthorizationCanceled(payer, NONCE);
        _done(stranger, address(eur), call);
        assertTrue(eur.authorizationState(payer, NONCE));
        _refused(stranger, call, _used());
        for (uint8 k = 0; k < 2; ++k) {
            kind = Kind(k);
            _refusedAuthorization(_authorization(), _signed(payerKey, _authorization()), _used());
        }
    }

    function test_cancel_is_the_authorizers_own_of_one_nonce() public inBothForms {
        _invalidCancel(payer, _signedCancel(dealerKey, payer, NONCE));
        _invalidCancel(payer, _signedCancel(payerKey, dealer, NONCE));
        _invalidCancel(payer, _signedCancel(payerKey, payer, bytes32(uint256(NONCE) + 1)));
        _invalidCancel(payer, _malleable(_signedCancel(payerKey, payer, NONCE)));
        _invalidCancel(address(0), GARBAGE);
    }

    /* TYPE HASHES */

    /// @dev As in the texts of ERC-2612 and ERC-3009, and as documented.
    function test_type_hashes_are_the_standards_own() public view {
        bytes32[4] memory found = [
            eur.PERMIT_TYPEHASH(),
            eur.TRANSFER_WITH_AUTHORIZATION_TYPEHASH(),
            eur.RECEIVE_WITH_AUTHORIZATION_TYPEHASH(),
            eur.CANCEL_AUTHORIZATION_TYPEHASH()
        ];
        bytes32[4] memory standard = [
            bytes32(0x6e71edae12b1b97f4d1f60370fef10105fa2faae0126114a169c64845d6126c9),
            0x7c7c6cdb67a18743f49ec6fa9b35f50d52ed05cbed4cc592e13b44501c1a2267,
            0xd099cc98ef71107a616c4f0f941f04c322d8e254fe26b3c6668db87aae413de8,
            0x158b0a9edf7a828aad02f63cd515c68ef2f50ba807396f6d12842833a1597429
        ];
        assertEq(abi.encode(found), abi.encode(standard));
        string memory request =
            "RedemptionRequest(address holder,uint256 amount,bytes32 payoutReference,bytes32 nonce,uint256 deadline)";
        assertEq(eur.REDEMPTION_REQUEST_TYPEHASH(), keccak256(bytes(request)));
    }

    /* HELPERS */

    /// @dev 100.00 from the payer to the neighbour, good for the hour around now.
    function _authorization() private view returns (Authorization memory) {
        return Authorization(payer, neighbour, AMOUNT, START - 30 minutes, START + 30 minutes, NONCE);
    }

    /// @dev The same with one term changed.
    function _altered(Term term) private view returns (Authorization memory a) {
        a = _authorization();
        if (term == Term.From) a.from = neighbour;
        if (term == Term.To) a.to = dealer;
        if (term == Term.Value) a.value += 1;
        if (term == Term.ValidAfter) a.validAfter -= 1;
        if (term == Term.ValidBefore) a.validBefore += 1;
        if (term == Term.Nonce) a.nonce = bytes32(uint256(NONCE) + 1);
    }

    /// @dev The same from a wallet that is now a customer and has 100.00.
    function _fund(address wallet) private returns (Authorization memory a) {
        _enrol(wallet, GERMANY);
        _mint(eurBank, wallet, AMOUNT);
        a = _authorization();
        a.from = wallet;
    }

    function _signed(uint256 key, Authorization memory a) private view returns (bytes memory) {
        bytes32 typeHash = kind == Kind.Transfer
            ? eur.TRANSFER_WITH_AUTHORIZATION_TYPEHASH()
            : eur.RECEIVE_WITH_AUTHORIZATION_TYPEHASH();
        return _sign(key, eur, abi.encode(typeHash, a));
    }

    function _call(Authorization memory a, bytes memory signature) private view returns (bytes memory) {
        string memory name = kind == Kind.Transfer ? "transferWithAuthorization" : "receiveWithAuthorization";
        string memory terms = "(address,address,uint256,uint256,uint256,bytes32,";
        if (form == Form.Parts) {
            (uint8 v, bytes32 r, bytes32 s) = _parts(signature);
            bytes4 selector = bytes4(keccak256(bytes(string.concat(name, terms, "uint8,bytes32,bytes32)"))));
            return bytes.concat(selector, abi.encode(a), abi.encode(v, r, s));
        }
        return abi.encodeWithSignature(
            string.concat(name, terms, "bytes)"), a.from, a.to, a.value, a.validAfter, a.validBefore, a.nonce, signature
        );
    }

    /// @dev By the payee, who may submit either kind: it receives the amount.
    function _submit(Authorization memory a, bytes memory signature) private {
        uint256 balance = eur.balanceOf(a.to);
        _done(a.to, address(eur), _call(a, signature));
        assertEq(eur.balanceOf(a.to), balance + a.value);
    }

    function _refusedAuthorization(Authorization memory a, bytes memory signature, bytes memory refusal) private {
        _refused(a.to, _call(a, signature), refusal);
    }

    function _invalid(Authorization memory a, bytes memory signature) private {
        _refusedAuthorization(a, signature, TokenReverts.invalidSignature());
    }

    function _used() private view returns (bytes memory) {
        return TokenReverts.usedAuthorization(payer, NONCE);
    }

    function _signedCancel(uint256 key, address authorizer, bytes32 nonce) private view returns (bytes memory) {
        return _sign(key, eur, abi.encode(eur.CANCEL_AUTHORIZATION_TYPEHASH(), authorizer, nonce));
    }

    function _cancelCall(address authorizer, bytes memory signature) private view returns (bytes memory) {
        if (form == Form.Bytes) {
            return abi.encodeWithSignature("cancelAuthorization(address,bytes32,bytes)", authorizer, NONCE, signature);
        }
        (uint8 v, bytes32 r, bytes32 s) = _parts(signature);
        return abi.encodeCall(IERC3009Cancel.cancelAuthorization, (authorizer, NONCE, v, r, s));
    }

    function _invalidCancel(address authorizer, bytes memory signature) private {
        _refused(stranger, _cancelCall(authorizer, signature), TokenReverts.invalidSignature());
    }
}
