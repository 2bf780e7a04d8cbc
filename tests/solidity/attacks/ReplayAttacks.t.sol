// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BankSystem} from "../support/BankSystem.sol";
import {ContractWallet} from "../support/ContractWallet.sol";
import "../support/DisputeSystem.sol";
import {EscrowSystem} from "../support/EscrowSystem.sol";
import {SecondToken} from "../support/SecondToken.sol";

/// @notice Somebody brings a signature where it was not meant: to another chain, fork, escrow, token, wallet or act.
contract ReplayAttacksTest is DisputeSystem, SecondToken {
    function setUp() public override(BankSystem, EscrowSystem) {
        super.setUp();
    }

    /* CHAIN AND FORK */

    /// @notice The chain forks under a new id: what was signed before the fork for release and refund is void there,
    /// since the escrow's domain follows the chain.
    function test_signatures_from_before_a_fork_are_void_on_it() public {
        Payment memory payment = _disputable();
        bytes memory release = _sign(payerKey, escrow.releaseDigest(escrow.paymentId(payment), payment.captureBy));
        bytes memory payerSignature = _payerSignature(payment);
        bytes memory dealerSignature = _dealerSignature(payment);

        uint256 home = block.chainid;
        vm.chainId(home + 1);
        bytes32 id = escrow.paymentId(payment);
        _expectRefused(payment, payerSignature, dealerSignature, _noApproval(), TokenReverts.invalidSignature());
        _open(payment);
        bytes32 digest = escrow.releaseDigest(id, payment.captureBy);
        vm.expectRevert(EscrowReverts.invalidSignature(payer, digest));
        escrow.releaseWithSignature(payment, payment.captureBy, release);
        _capture(payment, 50_00);

        RefundQuote memory quote = _quote(payment, 0, 10_00);
        vm.chainId(home);
        bytes memory merchantSignature = _merchantSignature(payment, quote);
        bytes memory quoteSignature = _quoteSignature(quote);
        vm.chainId(home + 1);
        digest = escrow.quoteDigest(quote);
        vm.expectRevert(EscrowReverts.invalidSignature(dealer, digest));
        vm.prank(operator);
        escrow.refundWithAuthorization(payment, quote, merchantSignature, quoteSignature);
        quoteSignature = _quoteSignature(quote);
        vm.expectRevert(IDepositTokenMain.ERC3009InvalidSignature.selector);
        vm.prank(operator);
        escrow.refundWithAuthorization(payment, quote, merchantSignature, quoteSignature);
        _assertState(id, PaymentStatus.Authorized, 50_00, 0);
        vm.chainId(home);
    }

    /// @notice A chain that changes its id under open payments: nobody can move what they hold there, thief or party,
    /// until the id is back; inventory and claims go on.
    function test_a_chain_that_changes_its_id_holds_what_is_under_way() public {
        Payment memory payment = _openDisputable();
        hkdBank.registry.blockWallet(merchant, LEGAL);
        _capture(payment, 40_00);
        hkdBank.registry.unblockWallet(merchant);
        uint256 home = block.chainid;
        vm.chainId(home + 1);
        bytes memory unknown = _wrongStatus(payment, PaymentStatus.None, PaymentStatus.Authorized);
        _expectCaptureRefused(payment, 1, unknown);
        vm.expectRevert(unknown);
        _release(payment);
        vm.expectRevert(unknown);
        _void(payment);
        vm.warp(payment.captureBy);
        vm.expectRevert(unknown);
        escrow.reclaim(payment);

        escrow.claim(address(hkd), merchant);
        assertEq(hkd.balanceOf(merchant), 336_60);
        vm.prank(dealer);
        escrow.withdraw(address(hkd), STOCK - 850_00);
        vm.chainId(home);
        escrow.reclaim(payment);
        assertEq(eur.balanceOf(payer), 99_960_00);
    }

    /* ESCROW */

    /// @notice Both banks list a second escrow: a release, a quote, a consent and an approval for the first are void at
    /// the second, even of a payment with the same terms.
    function test_signatures_for_one_escrow_are_void_at_another() public {
        ISettlementEscrow first = escrow;
        Payment memory payment = _disputable();
        bytes memory release = _sign(payerKey, first.releaseDigest(first.paymentId(payment), payment.captureBy));
        bytes memory approval = _sign(eurBank.approverKey, first.approvalDigest(first.paymentId(payment), 1e10));
        escrow = _newSettlementEscrow();
        eur.activateSystemAccount(address(escrow));
        hkd.activateSystemAccount(address(escrow));
        _stock(hkdBank, STOCK);

        _setApprovalNeeded(true);
        bytes32 id = escrow.paymentId(payment);
        bytes32 digest = escrow.approvalDigest(id, 1e10);
        _expectRefused(
            payment, PaymentApproval(1e10, approval), EscrowReverts.invalidSignature(eurBank.approver, digest)
        );
        _setApprovalNeeded(false);
        _open(payment);
        digest = escrow.releaseDigest(id, payment.captureBy);
        vm.expectRevert(EscrowReverts.invalidSignature(payer, digest));
        escrow.releaseWithSignature(payment, payment.captureBy, release);

        _capture(payment, 50_00);
        RefundQuote memory quote = _quote(payment, 0, 10_00);
        ISettlementEscrow second = escrow;
        escrow = first;
        bytes memory merchantSignature = _merchantSignature(payment, quote);
        bytes memory quoteSignature = _quoteSignature(quote);
        escrow = second;
        digest = escrow.quoteDigest(quote);
        vm.expectRevert(EscrowReverts.invalidSignature(dealer, digest));
        vm.prank(operator);
        escrow.refundWithAuthorization(payment, quote, merchantSignature, quoteSignature);
        quoteSignature = _quoteSignature(quote);
        vm.expectRevert(IDepositTokenMain.ERC3009InvalidSignature.selector);
        vm.prank(operator);
        escrow.refundWithAuthorization(payment, quote, merchantSignature, quoteSignature);
        _assertState(id, PaymentStatus.Authorized, 50_00, 0);
    }

    /* TOKEN */

    /// @notice A payer with two tokens of one bank authorizes a payment in one of them: with the same terms and the
    /// right id it opens none in the other.
    function test_an_authorization_in_one_token_is_void_in_another() public balanced {
        IDepositToken yen = _secondToken();
        eurBank.registry.subscribe(address(yen));
        yen.activateSystemAccount(address(escrow));
        yen.unpause();
        yen.setMinter(address(this), 7002, 100_00);
        yen.mint(payer, 100_00, uint128(7002) << 64);
        eurBank.policy.setCorridor(address(yen), EEA, EEA, _corridor(Period.None, 0));
        Payment memory payment = _oneCurrency();
        (payment.sourceToken, payment.targetToken) = (address(yen), address(yen));
        bytes memory forEuros = _receiveSignature(
            payerKey, eur, payer, payment.sourceAmount, payment.authorizeBy, escrow.paymentId(payment)
        );
        _expectRefused(payment, forEuros, "", _noApproval(), TokenReverts.invalidSignature());
        assertEq(yen.balanceOf(payer), 100_00);
        _authorize(payment);
        assertEq(yen.balanceOf(payer), 0);
    }

    /* KIND OF SIGNATURE */

    /// @notice An authorization signed as a transfer to the escrow opens no payment, and nobody can push the money in
    /// with it either; one signed to be received moves nothing as a transfer.
    function test_a_transfer_is_no_receipt_and_a_receipt_no_transfer() public balanced {
        Payment memory payment = _twoCurrencies();
        bytes32 id = escrow.paymentId(payment);
        bytes memory asTransfer = _payersSignature(TypeHashes.TRANSFER_WITH_AUTHORIZATION, payment, 0);
        _expectPayerRefused(payment, asTransfer);
        vm.startPrank(stranger);
        vm.expectRevert(TokenReverts.systemAccountClosed(address(escrow), stranger, SystemStatus.Active));
        eur.transferWithAuthorization(payer, address(escrow), 100_00, 0, payment.authorizeBy, id, asTransfer);
        bytes memory asReceipt = _payerSignature(payment);
        vm.expectRevert(IDepositTokenMain.ERC3009InvalidSignature.selector);
        eur.transferWithAuthorization(payer, address(escrow), 100_00, 0, payment.authorizeBy, id, asReceipt);
        vm.stopPrank();
        assertFalse(eur.authorizationState(payer, id));
        _open(payment);
    }

    /// @notice An authorization that begins later than 0, were it only by a second, is not the one that the terms name.
    function test_an_authorization_with_a_beginning_opens_nothing() public balanced {
        Payment memory payment = _twoCurrencies();
        _expectPayerRefused(payment, _payersSignature(TypeHashes.RECEIVE_WITH_AUTHORIZATION, payment, 1));
    }

    /// @notice One key is dealer and approver: what it signed as the one is nothing as the other.
    function test_a_dealers_signature_is_no_approval_and_the_reverse() public balanced {
        eurBank.policy.setApprover(dealer);
        _setApprovalNeeded(true);
        Payment memory payment = _twoCurrencies();
        bytes32 id = escrow.paymentId(payment);
        bytes32 digest = escrow.approvalDigest(id, payment.authorizeBy);
        bytes memory asDealer = _sign(dealerKey, id);
        bytes memory asApprover = _sign(dealerKey, digest);
        bytes memory payerSignature = _payerSignature(payment);
        _expectRefused(
            payment,
            payerSignature,
            asDealer,
            PaymentApproval(payment.authorizeBy, asDealer),
            EscrowReverts.invalidSignature(dealer, digest)
        );
        _expectRefused(
            payment,
            payerSignature,
            asApprover,
            PaymentApproval(payment.authorizeBy, asApprover),
            EscrowReverts.invalidSignature(dealer, id)
        );
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK);
        assertEq(eur.balanceOf(payer), 100_000_00);
    }

    /// @notice The payer's signatures over the bare id, over an approval and over a quote, each brought as its release.
    function test_no_other_signature_of_the_payer_is_a_release() public balanced {
        Payment memory payment = _openDisputable();
        bytes32 id = escrow.paymentId(payment);
        bytes32 digest = escrow.releaseDigest(id, payment.captureBy);
        bytes[4] memory signatures = [
            _sign(payerKey, id),
            _sign(payerKey, escrow.approvalDigest(id, payment.captureBy)),
            _sign(payerKey, escrow.quoteDigest(_quote(payment, 0, 100_00))),
            _payerSignature(payment)
        ];
        for (uint256 i = 0; i < signatures.length; ++i) {
            vm.expectRevert(EscrowReverts.invalidSignature(payer, digest));
            escrow.releaseWithSignature(payment, payment.captureBy, signatures[i]);
        }
        _assertState(id, PaymentStatus.Authorized, 0, 0);
    }

    /* WALLET */

    /// @notice One owner has two contract wallets that accept any digest its key signed: what it signed for a payment
    /// out of the first opens and releases none out of the second.
    function test_a_signature_for_one_wallet_of_an_owner_is_void_for_the_other() public balanced {
        address[2] memory wallets = [address(new ContractWallet(payer)), address(new ContractWallet(payer))];
        for (uint256 i = 0; i < wallets.length; ++i) {
            _onboard(eurBank, wallets[i], CustomerCategory.Retail, GERMANY, 1050);
            _mint(eurBank, wallets[i], 100_00);
            _watch(wallets[i]);
        }
        Payment memory first = _twoCurrencies();
        Payment memory second = _twoCurrencies();
        (first.payer, second.payer) = (wallets[0], wallets[1]);
        bytes memory forFirst = _payerSignature(first);
        _expectPayerRefused(second, forFirst);
        bytes32 id = _open(first);
        _open(second);

        bytes memory release = _sign(payerKey, escrow.releaseDigest(id, first.captureBy));
        bytes32 digest = escrow.releaseDigest(escrow.paymentId(second), second.captureBy);
        vm.expectRevert(EscrowReverts.invalidSignature(wallets[1], digest));
        escrow.releaseWithSignature(second, second.captureBy, release);
        escrow.releaseWithSignature(first, first.captureBy, release);
        assertEq(hkd.balanceOf(merchant), 850_00);
    }

    /* HELP */

    function _payersSignature(bytes32 typeHash, Payment memory payment, uint256 validAfter)
        private
        view
        returns (bytes memory)
    {
        bytes32 structHash = keccak256(
            abi.encode(
                typeHash,
                payer,
                address(escrow),
                payment.sourceAmount,
                validAfter,
                payment.authorizeBy,
                escrow.paymentId(payment)
            )
        );
        return _sign(payerKey, keccak256(abi.encodePacked(hex"1901", eur.DOMAIN_SEPARATOR(), structHash)));
    }

    function _expectPayerRefused(Payment memory payment, bytes memory signature) private {
        _expectRefused(payment, signature, _dealerSignature(payment), _noApproval(), TokenReverts.invalidSignature());
    }

    function _setApprovalNeeded(bool needed) private {
        Corridor memory rules = _corridor(Period.Year, YEARLY_QUOTA);
        rules.approvalNeeded = needed;
        eurBank.policy.setCorridor(address(eur), EEA, HK, rules);
    }
}
