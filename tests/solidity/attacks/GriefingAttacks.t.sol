// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Vm} from "../../../node_modules/@layerzerolabs/toolbox-foundry/lib/forge-std/Vm.sol";

import {HostileStanding} from "../support/mocks/HostileStanding.sol";
import "./EscrowAttacks.sol";

/// @notice Somebody spoils what others are about to do, by coming first or by costing them gas.
contract GriefingAttacksTest is EscrowAttacks {
    /// @dev The most gas that a transaction can have (EIP-7825).
    uint256 private constant TRANSACTION_GAS = 1 << 24;

    /* BEFORE AUTHORIZE */

    /// @notice In four ways, each of which fails the whole. A payment under the same UETR is another payment.
    function test_a_payer_that_runs_ahead_of_authorize_costs_nobody_anything() public balanced {
        Payment memory payment = _twoCurrencies();
        bytes32 id = escrow.paymentId(payment);
        bytes memory cancelled = abi.encode(TypeHashes.CANCEL_AUTHORIZATION, payer, id);
        // The payment's id as the nonce of something else.
        bytes memory reused =
            abi.encode(TypeHashes.TRANSFER_WITH_AUTHORIZATION, payer, neighbour, 1, 0, payment.authorizeBy, id);
        bytes[4] memory acts = [
            abi.encodeCall(IDepositTokenMain.cancelAuthorization, (payer, id, _sign(payerKey, eur, cancelled))),
            abi.encodeCall(
                IDepositTokenMain.transferWithAuthorization,
                (payer, neighbour, 1, 0, payment.authorizeBy, id, _sign(payerKey, eur, reused))
            ),
            abi.encodeCall(IERC20.transfer, (neighbour, 99_900_01)),
            abi.encodeCall(IDepositTokenExt.requestRedemption, (99_900_01, "payout"))
        ];
        bytes[4] memory refusals = [
            TokenReverts.usedAuthorization(payer, id),
            TokenReverts.usedAuthorization(payer, id),
            TokenReverts.insufficientBalance(payer, 99_99, 100_00),
            TokenReverts.tokensLocked(payer, 100_00, 99_99)
        ];
        uint256 state = vm.snapshotState();
        for (uint256 i = 0; i < acts.length; ++i) {
            _done(payer, address(eur), acts[i]);
            _expectRefused(payment, refusals[i]);
            vm.revertToState(state);
        }

        payment.remittanceHash = keccak256("something else");
        _open(payment);
        payment.remittanceHash = keccak256("invoice 1");
        _open(payment);
        assertEq(_remainingQuota(), YEARLY_QUOTA - 200_00);
    }

    /// @notice The payment opens once the dealer is back.
    function test_a_dealer_that_withdraws_ahead_of_authorize_spends_no_signature() public balanced {
        Payment memory payment = _twoCurrencies();
        bytes memory payerSignature = _payerSignature(payment);
        bytes memory dealerSignature = _dealerSignature(payment);
        vm.prank(dealer);
        escrow.withdraw(address(hkd), STOCK - 849_99);
        _expectRefused(payment, EscrowReverts.inventoryTooLow(dealer, address(hkd), 849_99, 850_00));
        _deposit(dealer, hkd, 1);
        _authorizeWith(payment, payerSignature, dealerSignature, _noApproval());
        assertEq(escrow.inventoryOf(dealer, address(hkd)), 0);
        _void(payment);
    }

    /// @notice To the escrow, by a preview and to the token.
    function test_a_stranger_that_brings_the_signatures_first_spends_none() public balanced {
        Payment memory payment = _twoCurrencies();
        bytes32 id = escrow.paymentId(payment);
        bytes memory payerSignature = _payerSignature(payment);
        bytes memory dealerSignature = _dealerSignature(payment);
        bytes memory authorize =
            abi.encodeCall(escrow.authorize, (payment, payerSignature, dealerSignature, _noApproval()));
        _refused(stranger, authorize, EscrowReverts.notAllowed(stranger, operator));
        vm.startPrank(stranger);
        (bool authorized,) = escrow.previewAuthorize(payment, payerSignature, dealerSignature, _noApproval());
        assertTrue(authorized);
        vm.expectRevert(TokenReverts.callerNotPayee(stranger, address(escrow)));
        eur.receiveWithAuthorization(payer, address(escrow), 100_00, 0, payment.authorizeBy, id, payerSignature);
        vm.expectRevert(TokenReverts.invalidSignature());
        eur.receiveWithAuthorization(payer, stranger, 100_00, 0, payment.authorizeBy, id, payerSignature);
        vm.stopPrank();
        _authorizeWith(payment, payerSignature, dealerSignature, _noApproval());
        _void(payment);
    }

    /* BEFORE THE END */

    /// @notice Claim, reclaim and a signed release: each pays its owner, once.
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
        bytes memory claim = abi.encodeCall(escrow.claim, (address(hkd), merchant));
        bytes memory reclaim = abi.encodeCall(escrow.reclaim, (second));
        _done(stranger, claim);
        _done(stranger, reclaim);
        _refused(stranger, claim, EscrowReverts.nothingToClaim(address(hkd), merchant));
        _refused(stranger, reclaim, _wrongStatus(second, PaymentStatus.Reclaimed, PaymentStatus.Authorized));
        _assertMoney(99_900_00, 841_50, 100_00, STOCK - 850_00);
        assertEq(eur.balanceOf(stranger) + hkd.balanceOf(stranger), 0);
    }

    function test_a_merchant_that_voids_ahead_of_a_capture_harms_only_itself() public balanced {
        Payment memory payment = _openTwoCurrencies();
        vm.prank(merchant);
        escrow.void(payment);
        _expectCaptureRefused(payment, 100_00, _wrongStatus(payment, PaymentStatus.Voided, PaymentStatus.Authorized));
        _assertUntouched();
    }

    /* GAS */

    /// @notice In one transaction of the greatest size: each poison is skipped or owed.
    function test_a_batch_with_every_poison_pays_the_honest_ones() public balanced {
        Payment memory honest = _openTwoCurrencies();
        Payment memory burning = _hostileSource(HostileStanding.Trick.BurnGas, 0);
        Payment memory fourth = _twoCurrencies();
        fourth.remittanceHash = "fourth";
        _open(fourth);
        bytes[] memory acts = new bytes[](9);
        acts[0] = _capturing(honest, 0, 10_00);
        acts[1] = _capturing(burning, 0, 10_00);
        acts[2] = _capturing(_hostileSource(HostileStanding.Trick.RefuseAtLength, 1_200_000), 0, 10_00);
        acts[3] = _capturing(fourth, 0, 10_00);
        acts[4] = _capturing(_hostileTarget(), 0, 10_00);
        acts[5] = _capturing(_hostileSource(HostileStanding.Trick.Reenter, 0), 0, 10_00);
        // Tampered terms, too much, and the rest.
        Payment memory tampered = _twoCurrencies();
        tampered.targetAmount += 1;
        acts[6] = _capturing(tampered, 0, 10_00);
        acts[7] = _capturing(honest, 10_00, 90_01);
        acts[8] = _capturing(honest, 10_00, 90_00);

        vm.recordLogs();
        vm.prank(operator);
        escrow.batch{gas: TRANSACTION_GAS}(acts);
        assertEq(_count(ISettlementEscrow.ActSkipped.selector), 5);
        assertEq(hkd.balanceOf(merchant), 850_00 + 85_00, "the first in two parts, and the fourth");
        assertEq(escrow.claimableOf(address(hostile), merchant), 85_00);
        _assertState(escrow.paymentId(honest), PaymentStatus.Captured, 100_00, 0);
        _assertState(escrow.paymentId(burning), PaymentStatus.Authorized, 0, 0);
    }

    /// @notice A capture and the payer's way back cost a bounded amount.
    function test_a_token_that_burns_gas_costs_its_share_and_stops_nobody() public balanced {
        _stockHostile(850_00);
        Payment memory payment = _intoHostile();
        (payment.feeBps, payment.feeReceiver) = (100, feeReceiver);
        _open(payment);
        _burnGas(IERC20.transfer.selector);
        uint256 before = gasleft();
        _capture(payment, 50_00);
        // Two payees at 250,000 each, and what the escrow does itself.
        assertLt(before - gasleft(), 2 * TOKEN_GAS + 150_000);
        assertEq(escrow.inventoryOf(dealer, address(eur)), 50_00);
        assertEq(escrow.claimableOf(address(hostile), merchant), 420_75);
        assertEq(escrow.claimableOf(address(hostile), feeReceiver), 4_25);
        before = gasleft();
        _void(payment);
        assertLt(before - gasleft(), 200_000);
        assertEq(eur.balanceOf(payer), 99_950_00);
    }

    /* HELP */

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
        _burnGas(IERC20.transfer.selector);
    }

    function _count(bytes32 topic) private returns (uint256 count) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] == topic) ++count;
        }
    }
}
