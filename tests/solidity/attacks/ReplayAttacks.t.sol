// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BankSystem} from "../support/BankSystem.sol";
import {ContractWallet} from "../support/ContractWallet.sol";
import {EscrowSystem} from "../support/EscrowSystem.sol";
import {SecondToken} from "../support/SecondToken.sol";
import "./EscrowAttacks.sol";

/// @notice Somebody brings a signature where it was not meant: to another chain, fork, escrow, token, wallet or act.
contract ReplayAttacksTest is EscrowAttacks, SecondToken {
    ISettlementEscrow private first;
    ISettlementEscrow private second;

    function setUp() public override(BankSystem, EscrowSystem) {
        super.setUp();
        first = escrow;
        second = _newSettlementEscrow();
        eur.activateSystemAccount(address(second));
        hkd.activateSystemAccount(address(second));
        escrow = second;
        _stock(hkdBank, STOCK);
        escrow = first;
    }

    /* CHAIN, FORK AND ESCROW */

    /// @notice What was signed before a fork is void on it, since the escrow's domain follows the chain.
    function test_signatures_from_before_a_fork_are_void_on_it() public {
        _assertVoidElsewhere(_toFork);
    }

    /// @notice Both banks list it, and the terms are the same.
    function test_signatures_for_one_escrow_are_void_at_another() public {
        _assertVoidElsewhere(_toSecondEscrow);
    }

    /// @notice Nobody moves it until the id is back; inventory and claims go on.
    function test_a_chain_that_changes_its_id_holds_what_is_under_way() public {
        Payment memory payment = _openDisputable();
        hkdBank.registry.blockWallet(merchant, LEGAL);
        _capture(payment, 40_00);
        hkdBank.registry.unblockWallet(merchant);
        vm.chainId(OTHER_CHAIN);
        bytes memory unknown = _wrongStatus(payment, PaymentStatus.None, PaymentStatus.Authorized);
        _expectCaptureRefused(payment, 1, unknown);
        _refused(payer, abi.encodeCall(escrow.release, (payment)), unknown);
        _refused(operator, abi.encodeCall(escrow.void, (payment)), unknown);
        vm.warp(payment.captureBy);
        _refused(payer, abi.encodeCall(escrow.reclaim, (payment)), unknown);

        escrow.claim(address(hkd), merchant);
        vm.prank(dealer);
        escrow.withdraw(address(hkd), STOCK - 850_00);
        vm.chainId(CHAIN);
        escrow.reclaim(payment);
        _assertMoney(99_960_00, 336_60, 40_00, 510_00);
    }

    /* TOKEN */

    function test_an_authorization_in_one_token_is_void_in_another() public balanced {
        IDepositToken yen = _secondToken();
        eurBank.registry.subscribe(address(yen));
        yen.activateSystemAccount(address(escrow));
        yen.unpause();
        yen.setMinter(address(this), 7002, 100_00);
        yen.mint(payer, 100_00, _entry(7002, 0));
        eurBank.policy.setCorridor(address(yen), EEA, EEA, _corridor(Period.None, 0));
        Payment memory payment = _oneCurrency();
        (payment.sourceToken, payment.targetToken) = (address(yen), address(yen));
        bytes32 id = escrow.paymentId(payment);
        bytes memory forEuros = _receiveSignature(payerKey, eur, payer, 100_00, payment.authorizeBy, id);
        _expectPayerRefused(payment, forEuros);
        _authorize(payment);
        assertEq(yen.balanceOf(payer), 0);
    }

    /* KIND OF SIGNATURE */

    /// @notice Nor can anybody push the money into the escrow with a transfer.
    function test_a_transfer_is_no_receipt_and_a_receipt_no_transfer() public balanced {
        Payment memory payment = _twoCurrencies();
        bytes32 id = escrow.paymentId(payment);
        bytes memory asTransfer = _payersSignature(TypeHashes.TRANSFER_WITH_AUTHORIZATION, payment, 0);
        bytes memory asReceipt = _payerSignature(payment);
        _expectPayerRefused(payment, asTransfer);
        vm.startPrank(stranger);
        vm.expectRevert(TokenReverts.systemAccountClosed(address(escrow), stranger, SystemStatus.Active));
        eur.transferWithAuthorization(payer, address(escrow), 100_00, 0, payment.authorizeBy, id, asTransfer);
        vm.expectRevert(TokenReverts.invalidSignature());
        eur.transferWithAuthorization(payer, address(escrow), 100_00, 0, payment.authorizeBy, id, asReceipt);
        vm.stopPrank();
        _open(payment);
    }

    function test_an_authorization_with_a_beginning_opens_nothing() public {
        Payment memory payment = _twoCurrencies();
        _expectPayerRefused(payment, _payersSignature(TypeHashes.RECEIVE_WITH_AUTHORIZATION, payment, 1));
    }

    /// @notice By one key, which is both.
    function test_a_dealers_signature_is_no_approval_and_the_reverse() public {
        eurBank.policy.setApprover(dealer);
        _needApproval();
        Payment memory payment = _twoCurrencies();
        (bytes32 id, uint40 until) = (escrow.paymentId(payment), payment.authorizeBy);
        bytes32 digest = escrow.approvalDigest(id, until);
        bytes memory payers = _payerSignature(payment);
        (bytes memory asDealer, bytes memory asApprover) = (_sign(dealerKey, id), _sign(dealerKey, digest));
        bytes memory invalid = EscrowReverts.invalidSignature(dealer, digest);
        _expectRefused(payment, payers, asDealer, PaymentApproval(until, asDealer), invalid);
        invalid = EscrowReverts.invalidSignature(dealer, id);
        _expectRefused(payment, payers, asApprover, PaymentApproval(until, asApprover), invalid);
    }

    /// @notice Over the bare id, an approval, a quote, its authorization.
    function test_no_other_signature_of_the_payer_is_a_release() public balanced {
        Payment memory payment = _openDisputable();
        bytes32 id = escrow.paymentId(payment);
        bytes[4] memory signatures = [
            _sign(payerKey, id),
            _sign(payerKey, escrow.approvalDigest(id, payment.captureBy)),
            _sign(payerKey, escrow.quoteDigest(_quote(payment, 0, 100_00))),
            _payerSignature(payment)
        ];
        for (uint256 i = 0; i < signatures.length; ++i) {
            _expectReleaseRefused(payment, signatures[i]);
        }
    }

    /* WALLET */

    function test_a_signature_for_one_wallet_of_an_owner_is_void_for_the_other() public balanced {
        address[2] memory wallets = [address(new ContractWallet(payer)), address(new ContractWallet(payer))];
        for (uint256 i = 0; i < wallets.length; ++i) {
            _onboard(eurBank, wallets[i], CustomerCategory.Retail, GERMANY, 1050);
            _mint(eurBank, wallets[i], 100_00);
            _watch(wallets[i]);
        }
        Payment memory ofFirst = _twoCurrencies();
        Payment memory ofSecond = _twoCurrencies();
        (ofFirst.payer, ofSecond.payer) = (wallets[0], wallets[1]);
        _expectPayerRefused(ofSecond, _payerSignature(ofFirst));
        bytes32 id = _open(ofFirst);
        _open(ofSecond);
        bytes memory release = _sign(payerKey, escrow.releaseDigest(id, ofFirst.captureBy));
        _expectReleaseRefused(ofSecond, release);
        escrow.releaseWithSignature(ofFirst, ofFirst.captureBy, release);
        assertEq(hkd.balanceOf(merchant), 850_00);
    }

    /* ELSEWHERE */

    function _toFork(bool there) private {
        vm.chainId(there ? OTHER_CHAIN : CHAIN);
    }

    function _toSecondEscrow(bool there) private {
        escrow = there ? second : first;
    }

    /// @dev Payer's, dealer's and approver's word, a release, a merchant's consent and a dealer's quote, each signed here
    /// and brought there among good ones.
    function _assertVoidElsewhere(function(bool) go) private {
        _needApproval();
        Payment memory payment = _disputable();
        bytes32 id = escrow.paymentId(payment);
        bytes memory payers = _payerSignature(payment);
        bytes memory dealers = _dealerSignature(payment);
        PaymentApproval memory approval = _approval(eurBank, id, payment.authorizeBy);
        bytes memory release = _sign(payerKey, escrow.releaseDigest(id, payment.captureBy));

        go(true);
        id = escrow.paymentId(payment);
        PaymentApproval memory good = _approval(eurBank, id, payment.authorizeBy);
        bytes memory goodDealers = _dealerSignature(payment);
        _expectRefused(payment, payers, goodDealers, good, TokenReverts.invalidSignature());
        bytes memory invalid = EscrowReverts.invalidSignature(dealer, id);
        _expectRefused(payment, _payerSignature(payment), dealers, good, invalid);
        invalid = EscrowReverts.invalidSignature(eurBank.approver, escrow.approvalDigest(id, payment.authorizeBy));
        _expectRefused(payment, _payerSignature(payment), goodDealers, approval, invalid);
        _authorizeWith(payment, _payerSignature(payment), goodDealers, good);
        _expectReleaseRefused(payment, release);

        _capture(payment, 50_00);
        RefundQuote memory quote = _quote(payment, 0, 10_00);
        go(false);
        (bytes memory consent, bytes memory quoted) = (_merchantSignature(payment, quote), _quoteSignature(quote));
        go(true);
        invalid = EscrowReverts.invalidSignature(dealer, escrow.quoteDigest(quote));
        _expectRefundRefused(payment, quote, _merchantSignature(payment, quote), quoted, invalid);
        _expectRefundRefused(payment, quote, consent, _quoteSignature(quote), TokenReverts.invalidSignature());
    }

    /* HELP */

    function _payersSignature(bytes32 typeHash, Payment memory payment, uint256 validAfter)
        private
        view
        returns (bytes memory)
    {
        bytes memory message = abi.encode(
            typeHash, payer, escrow, payment.sourceAmount, validAfter, payment.authorizeBy, escrow.paymentId(payment)
        );
        return _sign(payerKey, eur, message);
    }

    function _expectPayerRefused(Payment memory payment, bytes memory signature) private {
        _expectRefused(payment, signature, _dealerSignature(payment), _noApproval(), TokenReverts.invalidSignature());
    }

    function _expectReleaseRefused(Payment memory payment, bytes memory signature) private {
        bytes32 digest = escrow.releaseDigest(escrow.paymentId(payment), payment.captureBy);
        _refused(
            stranger,
            abi.encodeCall(escrow.releaseWithSignature, (payment, payment.captureBy, signature)),
            EscrowReverts.invalidSignature(payment.payer, digest)
        );
    }
}
