// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/TokenSystem.sol";
import {ContractWallet} from "../support/ContractWallet.sol";

/// @notice A redemption that its holder signed and somebody else brings.
/// @dev What a relayer can't do with it: {RedemptionAttacksTest} and {TokenSignatureAttacksTest}.
contract RedemptionSignatureTest is TokenSystem {
    struct Request {
        address holder;
        uint256 amount;
        bytes32 payoutReference;
        bytes32 nonce;
        uint256 deadline;
    }

    uint256 private constant AMOUNT = 200_00;

    function setUp() public override {
        super.setUp();
        _mint(eurBank, payer, BALANCE);
    }

    /* EFFECT */

    function test_anyone_may_bring_a_signed_request() public {
        Request memory r = _payersRequest();
        vm.expectEmit(address(eur));
        emit IERC3009.AuthorizationUsed(payer, r.nonce);
        vm.expectEmit(address(eur));
        emit IDepositTokenExt.RedemptionRequested(1, payer, AMOUNT, r.payoutReference);
        assertEq(_bring(r), 1);
        assertEq(eur.redemptionOf(1).holder, payer);
        assertEq(eur.redemptionOf(1).payoutReference, r.payoutReference);
        assertEq(eur.lockedOf(payer), AMOUNT);
        assertTrue(eur.authorizationState(payer, r.nonce));

        // It is the holder's own, and not the relayer's, to take back.
        _refused(stranger, abi.encodeCall(eur.cancelRedemption, (1)), TokenReverts.notHolder(1, stranger, payer));
    }

    function test_signed_request_follows_the_rules_of_a_request_and_uses_no_nonce_when_refused() public {
        Request memory r = _payersRequest();
        r.amount = BALANCE + 1;
        _refusedRequest(r, TokenReverts.insufficientBalance(payer, BALANCE, BALANCE + 1));
        r.amount = AMOUNT;
        registry.blockWallet(payer, LEGAL);
        _refusedRequest(r, TokenReverts.cannotSend(payer));
        assertFalse(eur.authorizationState(payer, r.nonce));
    }

    function test_system_account_may_not_sign() public {
        Request memory r = _walletsRequest(address(new ContractWallet(payer)));
        vm.mockCall(r.holder, abi.encodeWithSelector(ISettlementEscrow.claimableOf.selector), abi.encode(0));
        eur.activateSystemAccount(r.holder);
        _refusedRequest(r, TokenReverts.cannotSend(r.holder));
    }

    function test_lapsed_holder_may_sign_and_a_pause_does_not_matter() public {
        registry.revoke(payer);
        eur.pause();
        _bring(_payersRequest());
        assertEq(eur.lockedOf(payer), AMOUNT);
    }

    function test_signed_request_comes_before_its_deadline() public {
        Request memory r = _payersRequest();
        vm.warp(r.deadline);
        _refusedRequest(r, TokenReverts.requestExpired(r.deadline, r.deadline));
        vm.warp(r.deadline - 1);
        _bring(r);
    }

    /* SIGNATURE */

    function test_signature_is_the_holders() public {
        Request memory r = _payersRequest();
        _invalid(r, _signed(dealerKey, r));
        _invalid(r, "");
        _invalid(r, bytes.concat(_signed(payerKey, r), hex"00"));
        // What recovers to nobody is not the zero address' signature.
        _invalid(r, new bytes(65));
        r.holder = address(0);
        _invalid(r, new bytes(65));
    }

    function test_request_signed_by_a_contract_wallet() public {
        Request memory r = _walletsRequest(address(new ContractWallet(payer)));
        _invalid(r, _signed(dealerKey, r));
        _bring(r);
        assertEq(eur.lockedOf(r.holder), AMOUNT);
        assertEq(eur.redemptionOf(1).holder, r.holder);
    }

    /* HELPERS */

    function _payersRequest() private view returns (Request memory) {
        return Request(payer, AMOUNT, "payout 1", "a nonce drawn at random", START + 1 hours);
    }

    /// @dev The same by a wallet that is now a customer and has 500.00.
    function _walletsRequest(address wallet) private returns (Request memory r) {
        _enrol(wallet, GERMANY);
        _mint(eurBank, wallet, BALANCE);
        r = _payersRequest();
        r.holder = wallet;
    }

    function _call(Request memory r, bytes memory signature) private view returns (bytes memory) {
        return abi.encodeCall(
            eur.requestRedemptionWithSignature, (r.holder, r.amount, r.payoutReference, r.nonce, r.deadline, signature)
        );
    }

    /// @dev By a stranger, as the payer's key has signed it.
    function _bring(Request memory r) private returns (uint256) {
        bytes memory call = _call(r, _signed(payerKey, r));
        vm.prank(stranger);
        return abi.decode(Address.functionCall(address(eur), call), (uint256));
    }

    /// @dev In spite of the payer's good signature.
    function _refusedRequest(Request memory r, bytes memory refusal) private {
        _refused(stranger, _call(r, _signed(payerKey, r)), refusal);
    }

    function _invalid(Request memory r, bytes memory signature) private {
        _refused(stranger, _call(r, signature), TokenReverts.invalidSignature());
        assertFalse(eur.authorizationState(r.holder, r.nonce));
    }

    function _signed(uint256 key, Request memory r) private view returns (bytes memory) {
        return _sign(key, _digest(eur, keccak256(abi.encode(eur.REDEMPTION_REQUEST_TYPEHASH(), r))));
    }
}
