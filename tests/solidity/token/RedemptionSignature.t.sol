// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/BankSystem.sol";
import {ContractWallet} from "../support/ContractWallet.sol";
import {LyingWallet} from "../support/mocks/LyingWallet.sol";

/// @notice A redemption that its holder signed and somebody else brings.
contract RedemptionSignatureTest is BankSystem {
    struct Request {
        address holder;
        uint256 amount;
        bytes32 payoutReference;
        bytes32 nonce;
        uint256 deadline;
    }

    uint256 private constant BALANCE = 500_00;
    uint256 private constant AMOUNT = 200_00;
    bytes4 private constant LEGAL = "LEGL";

    function setUp() public override {
        super.setUp();
        _mint(eurBank, payer, BALANCE);
    }

    /* EFFECT */

    function test_anyone_may_bring_a_signed_request() public {
        Request memory r = _payersRequest();
        bytes memory signature = _sign(payerKey, _digest(r));
        vm.expectEmit(address(eur));
        emit IERC3009.AuthorizationUsed(payer, r.nonce);
        vm.expectEmit(address(eur));
        emit IDepositTokenExt.RedemptionRequested(1, payer, AMOUNT, r.payoutReference);
        assertEq(_bring(r, signature), 1);

        Redemption memory redemption = eur.redemptionOf(1);
        assertEq(redemption.holder, payer);
        assertEq(uint8(redemption.status), uint8(RedemptionStatus.Requested));
        assertEq(redemption.amount, AMOUNT);
        assertEq(redemption.payoutReference, r.payoutReference);
        assertEq(eur.lockedOf(payer), AMOUNT);
        assertTrue(eur.authorizationState(payer, r.nonce));

        // It is the holder's own, and not the relayer's, to take back.
        vm.expectRevert(TokenReverts.notHolder(1, stranger, payer));
        vm.prank(stranger);
        eur.cancelRedemption(1);
        vm.prank(payer);
        eur.cancelRedemption(1);
    }

    function test_type_hash_is_that_of_the_documented_type() public view {
        assertEq(eur.REDEMPTION_REQUEST_TYPEHASH(), _typeHash());
    }

    function test_signed_request_follows_every_rule_of_a_request() public {
        Request memory r = _payersRequest();
        r.amount = 0;
        _assertRefused(r, TokenReverts.zeroAmount());
        r.amount = BALANCE + 1;
        _assertRefused(r, TokenReverts.insufficientBalance(payer, BALANCE, BALANCE + 1));
        r.amount = AMOUNT;
        uint256 state = vm.snapshotState();

        eur.setFrozenTokens(payer, BALANCE - AMOUNT + 1);
        _assertRefused(r, TokenReverts.insufficientUnfrozenBalance(payer, AMOUNT, AMOUNT - 1));
        vm.revertToState(state);

        vm.prank(payer);
        eur.requestRedemption(BALANCE - AMOUNT + 1, "first");
        _assertRefused(r, TokenReverts.tokensLocked(payer, AMOUNT, AMOUNT - 1));
        vm.revertToState(state);

        eurBank.registry.blockWallet(payer, LEGAL);
        _assertRefused(r, TokenReverts.cannotSend(payer));
    }

    function test_system_account_may_not_sign() public {
        Request memory r = _payersRequest();
        r.holder = address(new ContractWallet(payer));
        _onboard(eurBank, r.holder, CustomerCategory.Retail, GERMANY, 1010);
        _mint(eurBank, r.holder, BALANCE);
        vm.mockCall(r.holder, abi.encodeWithSelector(ISettlementEscrow.claimableOf.selector), abi.encode(0));
        eur.activateSystemAccount(r.holder);
        _assertRefused(r, TokenReverts.cannotSend(r.holder));
        eur.stopSystemAccount(r.holder);
        _assertRefused(r, TokenReverts.cannotSend(r.holder));
        assertFalse(eur.authorizationState(r.holder, r.nonce));
        assertEq(eur.lockedOf(r.holder), 0);
    }

    function test_lapsed_holder_may_sign_and_a_pause_does_not_matter() public {
        Request memory r = _payersRequest();
        eurBank.registry.revoke(payer);
        eur.pause();
        _bring(r, _sign(payerKey, _digest(r)));
        assertEq(eur.lockedOf(payer), AMOUNT);
    }

    /* DEADLINE */

    function test_request_ends_at_its_deadline() public {
        Request memory r = _payersRequest();
        uint256 state = vm.snapshotState();
        for (uint256 late = 0; late <= 1; ++late) {
            vm.warp(r.deadline + late);
            _assertRefused(r, TokenReverts.requestExpired(r.deadline + late, r.deadline));
            vm.revertToState(state);
        }
        vm.warp(r.deadline - 1);
        _bring(r, _sign(payerKey, _digest(r)));
        assertEq(eur.lockedOf(payer), AMOUNT);
    }

    /* NONCE */

    function test_request_is_good_once() public {
        Request memory r = _payersRequest();
        bytes memory signature = _sign(payerKey, _digest(r));
        _bring(r, signature);
        bytes memory used = TokenReverts.usedAuthorization(payer, r.nonce);
        _assertRefused(r, used);
        // Not after its end either, and not for another amount.
        vm.prank(payer);
        eur.cancelRedemption(1);
        _assertRefused(r, used);
        r.amount = 1;
        _assertRefused(r, used);

        r.nonce = "another";
        assertEq(_bring(r, _sign(payerKey, _digest(r))), 2);
        assertEq(eur.lockedOf(payer), 1);
    }

    function test_holder_may_cancel_before_it_is_brought() public {
        Request memory r = _payersRequest();
        bytes32 structHash = keccak256(abi.encode(eur.CANCEL_AUTHORIZATION_TYPEHASH(), payer, r.nonce));
        vm.expectEmit(address(eur));
        emit IERC3009Cancel.AuthorizationCanceled(payer, r.nonce);
        eur.cancelAuthorization(payer, r.nonce, _sign(payerKey, _inDomain(address(eur), structHash)));
        _assertRefused(r, TokenReverts.usedAuthorization(payer, r.nonce));
    }

    function test_nonces_are_those_of_transfers() public {
        Request memory r = _payersRequest();
        _bring(r, _sign(payerKey, _digest(r)));
        bytes memory signature = _receiveSignature(payerKey, eur, payer, 1, r.deadline, r.nonce);
        vm.expectRevert(TokenReverts.usedAuthorization(payer, r.nonce));
        vm.prank(address(escrow));
        eur.receiveWithAuthorization(payer, address(escrow), 1, 0, r.deadline, r.nonce, signature);
    }

    /* SIGNATURE */

    function test_signature_binds_every_term() public {
        Request memory r = _payersRequest();
        bytes memory signature = _sign(payerKey, _digest(r));
        _mint(eurBank, neighbour, BALANCE);
        for (uint256 i = 0; i < 5; ++i) {
            Request memory changed = _payersRequest();
            if (i == 0) changed.holder = neighbour;
            if (i == 1) changed.amount += 1;
            if (i == 2) changed.payoutReference = "the relayer's own account";
            if (i == 3) changed.nonce = "another";
            if (i == 4) changed.deadline += 1;
            _assertInvalid(changed, signature);
        }
        _bring(r, signature);
        assertEq(eur.redemptionOf(1).payoutReference, r.payoutReference);
    }

    function test_signature_is_the_holders() public {
        Request memory r = _payersRequest();
        bytes memory signature = _sign(payerKey, _digest(r));
        _assertInvalid(r, _sign(dealerKey, _digest(r)));
        _assertInvalid(r, "");
        _assertInvalid(r, bytes.concat(signature, hex"00"));
        bytes memory noSignature = new bytes(65);
        _assertInvalid(r, noSignature);
        // What recovers to nobody is not the zero address' signature.
        r.holder = address(0);
        _assertInvalid(r, noSignature);
    }

    function test_signature_is_for_one_token_on_one_chain() public {
        _onboard(hkdBank, payer, CustomerCategory.Retail, HONG_KONG, 2010);
        _mint(hkdBank, payer, BALANCE);
        Request memory r = _payersRequest();
        bytes memory signature = _sign(payerKey, _digest(r));
        vm.expectRevert(IDepositTokenMain.ERC3009InvalidSignature.selector);
        hkd.requestRedemptionWithSignature(r.holder, r.amount, r.payoutReference, r.nonce, r.deadline, signature);
        _assertInvalid(r, _sign(payerKey, _inDomain(address(hkd), _structHash(r))));
        // Nor is the code behind the proxy a domain of its own.
        _assertInvalid(r, _sign(payerKey, _inDomain(eur.EXTENSION(), _structHash(r))));

        vm.chainId(OTHER_CHAIN);
        _assertInvalid(r, signature);
        _bring(r, _sign(payerKey, _digest(r)));
        assertEq(eur.lockedOf(payer), AMOUNT);
    }

    function test_request_signed_by_a_contract_wallet() public {
        Request memory r = _payersRequest();
        r.holder = address(new ContractWallet(payer));
        _onboard(eurBank, r.holder, CustomerCategory.Retail, GERMANY, 1010);
        _mint(eurBank, r.holder, BALANCE);
        _assertInvalid(r, _sign(dealerKey, _digest(r)));
        _bring(r, _sign(payerKey, _digest(r)));
        assertEq(eur.lockedOf(r.holder), AMOUNT);
        assertEq(eur.redemptionOf(1).holder, r.holder);
    }

    function test_contract_that_only_seems_to_agree_did_not_sign() public {
        LyingWallet.Answer[2] memory answers = [LyingWallet.Answer.True, LyingWallet.Answer.RevertWithYes];
        for (uint256 i = 0; i < answers.length; ++i) {
            Request memory r = _payersRequest();
            r.holder = address(new LyingWallet(answers[i]));
            _onboard(eurBank, r.holder, CustomerCategory.Retail, GERMANY, uint128(1010 + i));
            _mint(eurBank, r.holder, BALANCE);
            _assertInvalid(r, "");
        }
    }

    function test_account_with_code_may_sign_with_its_key() public {
        vm.etch(payer, address(escrow).code);
        Request memory r = _payersRequest();
        _bring(r, _sign(payerKey, _digest(r)));
        assertEq(eur.lockedOf(payer), AMOUNT);
    }

    /* HELPERS */

    function _payersRequest() private view returns (Request memory) {
        return Request(payer, AMOUNT, "payout 1", "a nonce drawn at random", START + 1 hours);
    }

    /// @dev As a stranger.
    function _bring(Request memory r, bytes memory signature) private returns (uint256) {
        vm.prank(stranger);
        return eur.requestRedemptionWithSignature(r.holder, r.amount, r.payoutReference, r.nonce, r.deadline, signature);
    }

    /// @dev With the payer's good signature.
    function _assertRefused(Request memory r, bytes memory refusal) private {
        bytes memory signature = _sign(payerKey, _digest(r));
        vm.expectRevert(refusal);
        _bring(r, signature);
    }

    function _assertInvalid(Request memory r, bytes memory signature) private {
        vm.expectRevert(IDepositTokenMain.ERC3009InvalidSignature.selector);
        _bring(r, signature);
        assertFalse(eur.authorizationState(r.holder, r.nonce));
    }

    /// @dev From the standard and the documentation, not from the token.
    function _digest(Request memory r) private view returns (bytes32) {
        return _inDomain(address(eur), _structHash(r));
    }

    function _structHash(Request memory r) private pure returns (bytes32) {
        return keccak256(abi.encode(_typeHash(), r.holder, r.amount, r.payoutReference, r.nonce, r.deadline));
    }

    function _typeHash() private pure returns (bytes32) {
        return keccak256(
            "RedemptionRequest(address holder,uint256 amount,bytes32 payoutReference,bytes32 nonce,uint256 deadline)"
        );
    }

    function _inDomain(address token, bytes32 structHash) private view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Euro Deposit"),
                keccak256("1"),
                block.chainid,
                token
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }
}
