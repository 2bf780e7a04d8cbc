// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Vm} from "../../../node_modules/@layerzerolabs/toolbox-foundry/lib/forge-std/Vm.sol";

import "../support/DisputeSystem.sol";
import {HostileStanding} from "../support/mocks/HostileStanding.sol";
import {HostileToken} from "../support/mocks/HostileToken.sol";

/// @notice Somebody spoils what others are about to do, by coming first or by costing them gas.
contract GriefingAttacksTest is DisputeSystem {
    /// @dev The most gas that a transaction can have (EIP-7825).
    uint256 private constant TRANSACTION_GAS = 1 << 24;

    /* BEFORE AUTHORIZE */

    /// @notice The payer takes its money back one transaction ahead of authorize, in four ways: each fails the whole
    /// authorization by name, and dealer and quota are as before. A payment under the same UETR is another payment.
    function test_a_payer_that_runs_ahead_of_authorize_costs_nobody_anything() public balanced {
        Payment memory payment = _twoCurrencies();
        bytes32 id = escrow.paymentId(payment);
        bytes memory used = TokenReverts.usedAuthorization(payer, id);
        uint256 state = vm.snapshotState();

        bytes memory signature = _payers(keccak256(abi.encode(TypeHashes.CANCEL_AUTHORIZATION, payer, id)));
        eur.cancelAuthorization(payer, id, signature);
        _expectWhole(payment, used);
        vm.revertToState(state);

        // The payment's id as the nonce of something else.
        signature = _payers(
            keccak256(
                abi.encode(TypeHashes.TRANSFER_WITH_AUTHORIZATION, payer, neighbour, 1, 0, payment.authorizeBy, id)
            )
        );
        eur.transferWithAuthorization(payer, neighbour, 1, 0, payment.authorizeBy, id, signature);
        _expectWhole(payment, used);
        vm.revertToState(state);

        vm.prank(payer);
        eur.transfer(neighbour, 99_900_01);
        _expectWhole(payment, TokenReverts.insufficientBalance(payer, 99_99, 100_00));
        vm.revertToState(state);

        vm.prank(payer);
        eur.requestRedemption(99_900_01, "payout");
        _expectWhole(payment, TokenReverts.tokensLocked(payer, 100_00, 99_99));
        vm.revertToState(state);

        payment.remittanceHash = keccak256("something else");
        _open(payment);
        payment.remittanceHash = keccak256("invoice 1");
        _open(payment);
        assertEq(_remainingQuota(), YEARLY_QUOTA - 200_00);
    }

    /// @notice The dealer withdraws or disowns its signer one transaction ahead of authorize: nothing moves, no
    /// signature is spent, and the payment opens once the dealer is back.
    function test_a_dealer_that_withdraws_ahead_of_authorize_spends_no_signature() public balanced {
        Payment memory payment = _twoCurrencies();
        bytes memory payerSignature = _payerSignature(payment);
        bytes memory dealerSignature = _dealerSignature(payment);
        vm.prank(dealer);
        escrow.withdraw(address(hkd), STOCK - 849_99);
        _expectRefused(
            payment,
            payerSignature,
            dealerSignature,
            _noApproval(),
            EscrowReverts.inventoryTooLow(dealer, address(hkd), uint256(849_99), uint256(850_00))
        );
        assertEq(eur.balanceOf(payer), 100_000_00);
        assertEq(_remainingQuota(), YEARLY_QUOTA);
        assertFalse(eur.authorizationState(payer, escrow.paymentId(payment)));

        vm.startPrank(dealer);
        hkd.approve(address(escrow), 1);
        escrow.deposit(address(hkd), 1);
        vm.stopPrank();
        vm.prank(operator);
        escrow.authorize(payment, payerSignature, dealerSignature, _noApproval());
        assertEq(escrow.inventoryOf(dealer, address(hkd)), 0);
        _void(payment);
    }

    /// @notice A stranger sees authorize on its way and brings its signatures first, to the escrow, by a preview and to
    /// the token: none of them is spent, and authorize goes through.
    function test_a_stranger_that_brings_the_signatures_first_spends_none() public balanced {
        Payment memory payment = _twoCurrencies();
        bytes32 id = escrow.paymentId(payment);
        bytes memory payerSignature = _payerSignature(payment);
        bytes memory dealerSignature = _dealerSignature(payment);
        vm.startPrank(stranger);
        vm.expectRevert(EscrowReverts.notAllowed(stranger, operator));
        escrow.authorize(payment, payerSignature, dealerSignature, _noApproval());
        (bool authorized,) = escrow.previewAuthorize(payment, payerSignature, dealerSignature, _noApproval());
        assertTrue(authorized);
        vm.expectRevert(TokenReverts.callerNotPayee(stranger, address(escrow)));
        eur.receiveWithAuthorization(payer, address(escrow), 100_00, 0, payment.authorizeBy, id, payerSignature);
        vm.expectRevert(IDepositTokenMain.ERC3009InvalidSignature.selector);
        eur.receiveWithAuthorization(payer, stranger, 100_00, 0, payment.authorizeBy, id, payerSignature);
        vm.stopPrank();
        _open(payment);
        _assertState(id, PaymentStatus.Authorized, 0, 0);
    }

    /* BEFORE THE END */

    /// @notice Strangers bring claim, reclaim and a signed release before those whom they serve: each pays its owner,
    /// once.
    function test_a_stranger_that_acts_for_others_pays_them_alone() public balanced {
        Payment memory first = _openDisputable();
        Payment memory second = _openOneCurrency();
        bytes32 id = escrow.paymentId(first);
        bytes memory release = _sign(payerKey, escrow.releaseDigest(id, first.captureBy));
        hkdBank.registry.blockWallet(merchant, LEGAL);
        vm.prank(stranger);
        escrow.releaseWithSignature(first, first.captureBy, release);
        hkdBank.registry.unblockWallet(merchant);
        vm.warp(second.captureBy);
        vm.startPrank(stranger);
        escrow.claim(address(hkd), merchant);
        escrow.reclaim(second);
        vm.expectRevert(EscrowReverts.nothingToClaim(address(hkd), merchant));
        escrow.claim(address(hkd), merchant);
        vm.expectRevert(_wrongStatus(second, PaymentStatus.Reclaimed, PaymentStatus.Authorized));
        escrow.reclaim(second);
        vm.stopPrank();
        assertEq(hkd.balanceOf(merchant), 841_50);
        assertEq(eur.balanceOf(payer), 99_900_00);
        assertEq(eur.balanceOf(stranger) + hkd.balanceOf(stranger), 0);
    }

    /// @notice The merchant voids one transaction ahead of its own capture: it loses its money and nobody else's.
    function test_a_merchant_that_voids_ahead_of_a_capture_harms_only_itself() public balanced {
        Payment memory payment = _openTwoCurrencies();
        vm.prank(merchant);
        escrow.void(payment);
        _expectCaptureRefused(payment, 100_00, _wrongStatus(payment, PaymentStatus.Voided, PaymentStatus.Authorized));
        assertEq(eur.balanceOf(payer), 100_000_00);
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK);
        assertEq(hkd.balanceOf(merchant), 0);
    }

    /* GAS */

    /// @notice A batch with every poison at once between three honest payments, in one transaction of the greatest
    /// size: the honest ones are paid, and each poison is skipped or owed.
    function test_a_batch_with_every_poison_pays_the_honest_ones() public balanced {
        Payment memory honest = _numbered(0);
        Payment memory burning = _hostileSource(HostileStanding.Trick.BurnGas, 0);
        bytes[] memory acts = new bytes[](9);
        acts[0] = _captureOf(honest, 0, 10_00);
        acts[1] = _captureOf(burning, 0, 10_00);
        acts[2] = _captureOf(_hostileSource(HostileStanding.Trick.RefuseAtLength, 1_200_000), 0, 10_00);
        acts[3] = _captureOf(_numbered(3), 0, 10_00);
        acts[4] = _captureOf(_hostileTarget(), 0, 10_00);
        acts[5] = _captureOf(_hostileSource(HostileStanding.Trick.Reenter, 0), 0, 10_00);
        // Tampered terms, too much, and the rest.
        Payment memory tampered = _numbered(0);
        tampered.targetAmount += 1;
        acts[6] = _captureOf(tampered, 0, 10_00);
        acts[7] = _captureOf(honest, 10_00, 90_01);
        acts[8] = _captureOf(honest, 10_00, 90_00);

        vm.recordLogs();
        vm.prank(operator);
        escrow.batch{gas: TRANSACTION_GAS}(acts);
        assertEq(_count(ISettlementEscrow.ActSkipped.selector), 5);
        assertEq(hkd.balanceOf(merchant), 850_00 + 85_00, "the first in two parts, and the fourth");
        assertEq(escrow.claimableOf(address(hostile), merchant), 85_00);
        _assertState(escrow.paymentId(honest), PaymentStatus.Captured, 100_00, 0);
        _assertState(escrow.paymentId(burning), PaymentStatus.Authorized, 0, 0);
    }

    /// @notice The fee receiver's and the merchant's token burns all gas that it gets at each call: a capture, and the
    /// way back for the payer, cost a bounded amount, and the honest side is paid.
    function test_a_token_that_burns_gas_costs_its_share_and_stops_nobody() public balanced {
        _stockHostile(850_00);
        Payment memory payment = _intoHostile();
        (payment.feeBps, payment.feeReceiver) = (100, feeReceiver);
        _open(payment);
        hostile.setTrick(IERC20.transfer.selector, HostileToken.Trick(HostileToken.Kind.BurnGas, false, 0, 0));
        uint256 before = gasleft();
        _capture(payment, 50_00);
        // Two payees at 250,000 each, and what the escrow does itself.
        assertLt(before - gasleft(), 2 * 250_000 + 150_000);
        assertEq(escrow.inventoryOf(dealer, address(eur)), 50_00);
        assertEq(escrow.claimableOf(address(hostile), merchant), 420_75);
        assertEq(escrow.claimableOf(address(hostile), feeReceiver), 4_25);
        before = gasleft();
        _void(payment);
        assertLt(before - gasleft(), 200_000);
        assertEq(eur.balanceOf(payer), 99_950_00);
    }

    /* HELP */

    function _captureOf(Payment memory payment, uint104 capturedBefore, uint104 sourceAmount)
        private
        view
        returns (bytes memory)
    {
        return abi.encodeCall(escrow.capture, (payment, capturedBefore, sourceAmount));
    }

    /// @dev Authorizing fails for this reason and leaves inventory, quota and escrow as they were.
    function _expectWhole(Payment memory payment, bytes memory reason) private {
        _expectRefused(payment, reason);
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK);
        assertEq(_remainingQuota(), YEARLY_QUOTA);
        assertEq(eur.balanceOf(address(escrow)), 0);
        _assertState(escrow.paymentId(payment), PaymentStatus.None, 0, 0);
    }

    function _payers(bytes32 structHash) private view returns (bytes memory) {
        return _sign(payerKey, keccak256(abi.encodePacked(hex"1901", eur.DOMAIN_SEPARATOR(), structHash)));
    }

    function _numbered(uint256 number) private returns (Payment memory payment) {
        payment = _twoCurrencies();
        payment.remittanceHash = bytes32(number);
        if (escrow.paymentState(escrow.paymentId(payment)).status == PaymentStatus.None) _open(payment);
    }

    /// @dev Out of a token of its own that does this when it is asked for the payer's standing.
    function _hostileSource(HostileStanding.Trick trick, uint256 length) private returns (Payment memory payment) {
        HostileToken token = new HostileToken();
        token.give(payer, 100_00);
        hkd.setAccepted(address(token), true);
        payment = _outOfHostile();
        payment.sourceToken = address(token);
        _open(payment);
        vm.mockFunction(
            address(token), address(new HostileStanding(trick, length)), abi.encodeCall(token.payerBlocked, (payer))
        );
    }

    /// @dev Into a token that burns its gas instead of paying.
    function _hostileTarget() private returns (Payment memory payment) {
        _stockHostile(850_00);
        payment = _intoHostile();
        _open(payment);
        hostile.setTrick(IERC20.transfer.selector, HostileToken.Trick(HostileToken.Kind.BurnGas, false, 0, 0));
    }

    function _count(bytes32 topic) private returns (uint256 count) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] == topic) ++count;
        }
    }
}
