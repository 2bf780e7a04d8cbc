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
        bytes memory call = _call(a, _signed(payerKey, a));
        assertFalse(eur.authorizationState(payer, NONCE));
        vm.expectEmit(address(eur));
        emit IERC3009.AuthorizationUsed(payer, NONCE);
        vm.expectEmit(address(eur));
        emit IERC20.Transfer(payer, neighbour, AMOUNT);
        vm.prank(neighbour);
        Address.functionCall(address(eur), call);
        assertEq(eur.balanceOf(payer), BALANCE - AMOUNT);
        assertEq(eur.balanceOf(neighbour), AMOUNT);
        assertTrue(eur.authorizationState(payer, NONCE));
        assertFalse(eur.authorizationState(neighbour, NONCE));
        // Another amount with the nonce is no better, in whatever kind and form.
        for (uint8 i = 0; i < 4; ++i) {
            (kind, form) = (Kind(i / 2), Form(i % 2));
            a.value = 1 + i;
            _refusedAuthorization(a, _signed(payerKey, a), _used());
        }
    }

    /// @dev Whoever brings it spends nothing: it may be blocked.
    function test_anybody_may_submit_a_transfer_and_only_the_payee_a_receipt() public inEveryForm {
        _enrol(stranger, GERMANY);
        registry.blockWallet(stranger, LEGAL);
        bytes memory call = _call(_authorization(), _signed(payerKey, _authorization()));
        if (kind == Kind.Receive) {
            _refused(stranger, call, TokenReverts.callerNotPayee(stranger, neighbour));
        } else {
            vm.prank(stranger);
            Address.functionCall(address(eur), call);
            assertEq(eur.balanceOf(neighbour), AMOUNT);
        }
    }

    /* SIGNATURE */

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
            _invalid(a, signature);
        }
        _submit(_authorization(), signature);
    }

    function test_malleable_signature_is_refused() public inEveryForm {
        Authorization memory a = _authorization();
        bytes memory signature = _signed(payerKey, a);
        bytes memory twin = _twin(signature);
        (uint8 v, bytes32 r, bytes32 s) = _parts(twin);
        // The curve itself would take it.
        assertEq(ecrecover(_digest(eur, keccak256(abi.encode(_typeHash(), a))), v, r, s), payer);
        _invalid(a, twin);
        // And the used signature's twin is no second authorization.
        _submit(a, signature);
        _refusedAuthorization(a, twin, TokenReverts.invalidSignature());
    }

    function test_signature_of_another_shape_is_refused() public inEveryForm {
        (uint8 v, bytes32 r, bytes32 s) = _parts(_signed(payerKey, _authorization()));
        // With a v of 0 or 1.
        _invalid(_authorization(), abi.encodePacked(r, s, v - 27));
        _invalid(_authorization(), abi.encodePacked(r, s, v ^ 7));
        _invalid(_authorization(), abi.encodePacked(bytes32(0), bytes32(0), uint8(27)));
        _invalid(_authorization(), abi.encodePacked(bytes32(0), s, v));
    }

    function test_signature_of_another_length_is_refused() public inBytesForm {
        bytes memory signature = _signed(payerKey, _authorization());
        (uint8 v, bytes32 r, bytes32 s) = _parts(signature);
        _invalid(_authorization(), "");
        _invalid(_authorization(), abi.encodePacked(r, s));
        // ERC-2098.
        _invalid(_authorization(), abi.encodePacked(r, uint256(s) | (uint256(v - 27) << 255)));
        _invalid(_authorization(), abi.encodePacked(signature, uint8(0)));
        _invalid(_authorization(), abi.encode(v, r, s));
    }

    /// @dev An invalid signature recovers to the zero address, and precompiled contracts answer anything.
    function test_nobody_signs_for_the_zero_address_or_a_precompiled_contract() public inEveryForm {
        Authorization memory a = _authorization();
        a.value = 0;
        for (uint160 i = 0; i <= 10; ++i) {
            a.from = address(i);
            _invalid(a, GARBAGE);
        }
    }

    /* TIME */

    /// @dev OpenZeppelin reads both bounds as block numbers if both have this flag.
    function test_bounds_are_never_block_numbers() public inEveryForm {
        uint256 flag = ERC4337Utils.BLOCK_RANGE_FLAG;
        vm.roll(1000);
        Authorization memory a = _authorization();
        (a.validAfter, a.validBefore) = (flag | 999, flag | 1001);
        bytes memory signature = _signed(payerKey, a);
        _refusedAuthorization(a, signature, TokenReverts.invalidAuthorizationTime(a.validAfter, a.validBefore));
        // As seconds they are 4.4 million years away, and hold then, whatever the block.
        vm.warp(flag | 1000);
        vm.roll(1_000_000);
        _refusedAuthorization(a, signature, TokenReverts.cannotSend(payer));
    }

    /* RULES OF A TRANSFER */

    /// @dev By one rule of each kind; {RestrictionTest} has them all for a plain transfer, which is the same.
    function test_authorization_follows_the_rules_and_stays_unused_when_refused() public inEveryForm {
        uint256 state = vm.snapshotState();
        Authorization memory a = _authorization();
        eur.pause();
        _refusedUnused(a, TokenReverts.tokenPaused());
        vm.revertToState(state);

        registry.blockWallet(payer, LEGAL);
        _refusedUnused(a, TokenReverts.cannotSend(payer));
        vm.revertToState(state);

        registry.setZone(_countries(FRANCE, FRANCE), HK);
        _refusedUnused(a, TokenReverts.directTransferClosed(payer, neighbour, EEA, HK));

        (a.to, a.value) = (address(eur), BALANCE + 1);
        _refusedUnused(a, TokenReverts.invalidReceiver(address(eur)));
        a.to = feeReceiver;
        _refusedUnused(a, TokenReverts.insufficientBalance(payer, BALANCE, BALANCE + 1));
    }

    /// @dev Otherwise anybody could push money into the escrow that it does not know of.
    function test_only_a_system_account_itself_submits_what_is_signed_for_it() public inEveryForm {
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

    function test_contract_wallet_signs_once_in_both_forms() public inEveryForm {
        Authorization memory a = _fund(address(new ContractWallet(dealer)));
        _invalid(a, _signed(payerKey, a));
        bytes memory signature = _signed(dealerKey, a);
        _submit(a, signature);
        assertEq(eur.balanceOf(a.from), 0);
        assertTrue(eur.authorizationState(a.from, NONCE));
        _refusedAuthorization(a, signature, TokenReverts.usedAuthorization(a.from, NONCE));
    }

    function test_wallet_of_three_owners_signs_in_bytes() public inBytesForm {
        Authorization memory a = _fund(address(new SharedWallet([payer, merchant, dealer])));
        bytes memory two = bytes.concat(_signed(payerKey, a), _signed(merchantKey, a));
        _invalid(a, two);
        _submit(a, bytes.concat(two, _signed(dealerKey, a)));
    }

    /// @dev An EIP-7702 account with a session key.
    function test_account_with_code_signs_with_its_code_too() public inEveryForm {
        vm.etch(payer, address(new ContractWallet(dealer)).code);
        _submit(_authorization(), _signed(dealerKey, _authorization()));
    }

    /* CANCEL */

    /// @dev A holder can always take back what it signed: also while blocked, and during a pause.
    function test_cancel_makes_an_authorization_void() public inBothForms {
        registry.blockWallet(payer, LEGAL);
        eur.pause();
        bytes memory call = _cancelCall(payer, _signedCancel(payerKey, eur, payer, NONCE));
        vm.expectEmit(address(eur));
        emit IERC3009Cancel.AuthorizationCanceled(payer, NONCE);
        vm.prank(stranger);
        Address.functionCall(address(eur), call);
        assertTrue(eur.authorizationState(payer, NONCE));
        _refused(stranger, call, _used());
        for (uint8 k = 0; k < 2; ++k) {
            kind = Kind(k);
            _refusedAuthorization(_authorization(), _signed(payerKey, _authorization()), _used());
        }
    }

    function test_cancel_comes_too_late_for_a_used_authorization() public inEveryForm {
        _submit(_authorization(), _signed(payerKey, _authorization()));
        _refused(stranger, _cancelCall(payer, _signedCancel(payerKey, eur, payer, NONCE)), _used());
    }

    function test_cancel_is_the_authorizers_own_of_one_nonce_of_one_token_on_one_chain() public inBothForms {
        _invalidCancel(payer, _signedCancel(dealerKey, eur, payer, NONCE));
        _invalidCancel(payer, _signedCancel(payerKey, eur, dealer, NONCE));
        _invalidCancel(payer, _signedCancel(payerKey, eur, payer, bytes32(uint256(NONCE) + 1)));
        _invalidCancel(payer, _signedCancel(payerKey, hkd, payer, NONCE));
        _invalidCancel(payer, _twin(_signedCancel(payerKey, eur, payer, NONCE)));
        _invalidCancel(address(0), GARBAGE);
        bytes memory ofOtherChain = _signedCancel(payerKey, eur, payer, NONCE);
        vm.chainId(OTHER_CHAIN);
        _invalidCancel(payer, ofOtherChain);
        vm.chainId(CHAIN);
        assertFalse(eur.authorizationState(payer, NONCE));
    }

    function test_contract_wallet_cancels_in_both_forms() public inBothForms {
        address wallet = address(new ContractWallet(dealer));
        Address.functionCall(address(eur), _cancelCall(wallet, _signedCancel(dealerKey, eur, wallet, NONCE)));
        assertTrue(eur.authorizationState(wallet, NONCE));
    }

    /* TYPE HASHES */

    /// @dev As in the texts of ERC-2612 and ERC-3009, and as documented.
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
        string memory request =
            "RedemptionRequest(address holder,uint256 amount,bytes32 payoutReference,bytes32 nonce,uint256 deadline)";
        assertEq(eur.REDEMPTION_REQUEST_TYPEHASH(), keccak256(bytes(request)));
    }

    /* HELPERS */

    /// @dev 100.00 from the payer to the neighbour, good for the hour around now.
    function _authorization() private view returns (Authorization memory) {
        return Authorization(payer, neighbour, AMOUNT, START - 30 minutes, START + 30 minutes, NONCE);
    }

    /// @dev The same from a wallet that is now a customer and has 100.00.
    function _fund(address wallet) private returns (Authorization memory a) {
        _enrol(wallet, GERMANY);
        _mint(eurBank, wallet, AMOUNT);
        a = _authorization();
        a.from = wallet;
    }

    function _typeHash() private view returns (bytes32) {
        return
            kind == Kind.Transfer
                ? eur.TRANSFER_WITH_AUTHORIZATION_TYPEHASH()
                : eur.RECEIVE_WITH_AUTHORIZATION_TYPEHASH();
    }

    function _signed(uint256 key, Authorization memory a) private view returns (bytes memory) {
        return _sign(key, _digest(eur, keccak256(abi.encode(_typeHash(), a))));
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
        bytes memory call = _call(a, signature);
        vm.prank(a.to);
        Address.functionCall(address(eur), call);
        assertEq(eur.balanceOf(a.to), balance + a.value);
    }

    function _refusedAuthorization(Authorization memory a, bytes memory signature, bytes memory refusal) private {
        _refused(a.to, _call(a, signature), refusal);
    }

    function _refusedUnused(Authorization memory a, bytes memory refusal) private {
        _refusedAuthorization(a, _signed(payerKey, a), refusal);
        assertFalse(eur.authorizationState(a.from, a.nonce));
    }

    function _invalid(Authorization memory a, bytes memory signature) private {
        _refusedAuthorization(a, signature, TokenReverts.invalidSignature());
        assertFalse(eur.authorizationState(a.from, a.nonce));
    }

    function _used() private view returns (bytes memory) {
        return TokenReverts.usedAuthorization(payer, NONCE);
    }

    function _signedCancel(uint256 key, IDepositToken token, address authorizer, bytes32 nonce)
        private
        view
        returns (bytes memory)
    {
        bytes32 typeHash = token.CANCEL_AUTHORIZATION_TYPEHASH();
        return _sign(key, _digest(token, keccak256(abi.encode(typeHash, authorizer, nonce))));
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
