// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/AnyGas.sol";
import {DisputeSystem} from "../support/DisputeSystem.sol";
import {HostilePolicy} from "../support/mocks/HostilePolicy.sol";

contract EscrowResolveTest is AnyGas, DisputeSystem {
    /* EFFECT */

    function test_all_for_the_payer() public balanced {
        Payment memory payment = _openDisputed();
        _expectResolved(payment, 0, 0, 0, 100_00);
        _resolve(payment, 0);
        _assertState(escrow.paymentId(payment), PaymentStatus.Resolved, 0, 0);
        assertEq(eur.balanceOf(payer), 100_000_00);
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK);
        assertEq(escrow.inventoryOf(dealer, address(eur)), 0);
        assertEq(_remainingQuota(), YEARLY_QUOTA);
    }

    function test_all_for_the_merchant() public balanced {
        Payment memory payment = _openDisputed();
        _expectResolved(payment, 100_00, 850_00, 8_50, 0);
        _resolve(payment, 100_00);
        _assertState(escrow.paymentId(payment), PaymentStatus.Resolved, 100_00, 0);
        assertEq(hkd.balanceOf(merchant), 841_50);
        assertEq(hkd.balanceOf(feeReceiver), 8_50);
        assertEq(escrow.inventoryOf(dealer, address(eur)), 100_00);
        assertEq(_remainingQuota(), YEARLY_QUOTA - 100_00);
    }

    function test_by_halves() public balanced {
        Payment memory payment = _openDisputed();
        _expectResolved(payment, 40_00, 340_00, 3_40, 60_00);
        _resolve(payment, 40_00);
        _assertState(escrow.paymentId(payment), PaymentStatus.Resolved, 40_00, 0);
        assertEq(hkd.balanceOf(merchant), 336_60);
        assertEq(hkd.balanceOf(feeReceiver), 3_40);
        assertEq(eur.balanceOf(payer), 99_960_00);
        assertEq(escrow.inventoryOf(dealer, address(eur)), 40_00);
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK - 340_00);
        assertEq(_remainingQuota(), YEARLY_QUOTA - 40_00);
    }

    function test_divides_only_what_was_not_captured() public balanced {
        Payment memory payment = _openDisputable();
        _capture(payment, 33_33);
        _dispute(payment);
        // From 283.30 (fee 2.83) to floor(850.00 x 66.66 / 100.00) = 566.61 (fee 5.66).
        _expectResolved(payment, 33_33, 283_31, 2_83, 33_34);
        _resolve(payment, 33_33);
        _assertState(escrow.paymentId(payment), PaymentStatus.Resolved, 66_66, 0);
        assertEq(hkd.balanceOf(merchant), 566_61 - 5_66);
        assertEq(eur.balanceOf(payer), 99_933_34);
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK - 566_61);
    }

    function test_in_one_currency() public balanced {
        Payment memory payment = _disputableInOneCurrency();
        _open(payment);
        _dispute(payment);
        _expectResolved(payment, 40_00, 40_00, 40, 60_00);
        _resolve(payment, 40_00);
        assertEq(eur.balanceOf(neighbour), 39_60);
        assertEq(eur.balanceOf(feeReceiver), 40);
        assertEq(eur.balanceOf(payer), 99_960_00);
        assertEq(eur.balanceOf(address(escrow)), 0);
        assertEq(escrow.inventoryOf(address(0), address(eur)), 0);
    }

    function test_leaves_what_the_merchant_got_refundable() public balanced {
        Payment memory payment = _openDisputed();
        _resolve(payment, 40_00);
        _refund(payment, _quote(payment, 0, 30_00));
        _assertState(escrow.paymentId(payment), PaymentStatus.Resolved, 40_00, 255_00);
        assertEq(eur.balanceOf(payer), 99_990_00);
        assertEq(_remainingQuota(), YEARLY_QUOTA - 10_00);
    }

    /// @dev Whatever was captured and however the rest is divided: both sides add up to what was held.
    function testFuzz_divides_to_the_last_unit(
        uint104 targetAmount,
        uint16 feeBps,
        uint104 captured,
        uint104 toMerchant
    ) public balanced {
        Payment memory payment = _disputable();
        payment.targetAmount = uint104(bound(targetAmount, 1_000_00, STOCK));
        payment.feeBps = uint16(bound(feeBps, 1, 5_000));
        _open(payment);
        captured = uint104(bound(captured, 1, 99_99));
        toMerchant = uint104(bound(toMerchant, 0, 100_00 - captured));
        _capture(payment, captured);
        _dispute(payment);
        _resolve(payment, toMerchant);

        uint104 paid = captured + toMerchant;
        uint256 target = uint256(payment.targetAmount) * paid / 100_00;
        uint256 fee = target * payment.feeBps / 10_000;
        assertEq(hkd.balanceOf(merchant), target - fee, "merchant");
        assertEq(hkd.balanceOf(feeReceiver), fee, "fee");
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK - target, "dealer's target side");
        assertEq(escrow.inventoryOf(dealer, address(eur)), paid, "dealer's source side");
        assertEq(eur.balanceOf(payer), 100_000_00 - paid, "payer");
        assertEq(_remainingQuota(), YEARLY_QUOTA - paid, "quota");
        _assertState(escrow.paymentId(payment), PaymentStatus.Resolved, paid, 0);
    }

    /* CALLER, TIME, STATUS, AMOUNT */

    function test_by_the_arbiter_only() public balanced {
        Payment memory payment = _openDisputed();
        address[6] memory others = [payer, merchant, operator, dealer, feeReceiver, stranger];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(EscrowReverts.notAllowed(others[i], arbiter));
            vm.prank(others[i]);
            escrow.resolve(payment, 0);
        }
    }

    function test_by_nobody_without_an_arbiter() public balanced {
        Payment memory payment = _openTwoCurrencies();
        vm.expectRevert(EscrowReverts.notAllowed(stranger, address(0)));
        vm.prank(stranger);
        escrow.resolve(payment, 0);
    }

    function test_until_resolveBy() public balanced {
        Payment memory payment = _openDisputed();
        for (uint256 i = 0; i < 2; ++i) {
            vm.warp(payment.resolveBy + i);
            _expectNotResolved(payment, 40_00, _tooLate(payment.resolveBy + i, payment.resolveBy));
            _expectNotResolved(payment, 0, _tooLate(payment.resolveBy + i, payment.resolveBy));
        }
        vm.warp(payment.resolveBy - 1);
        _resolve(payment, 40_00);
    }

    function test_needs_a_disputed_payment() public balanced {
        Payment memory payment = _disputable();
        _expectNotResolvable(payment, PaymentStatus.None);
        _open(payment);
        _expectNotResolvable(payment, PaymentStatus.Authorized);
        _dispute(payment);
        _resolve(payment, 40_00);
        _expectNotResolvable(payment, PaymentStatus.Resolved);

        payment.uetr = bytes16(uint128(1));
        _open(payment);
        _dispute(payment);
        _release(payment);
        _expectNotResolvable(payment, PaymentStatus.Captured);

        payment.uetr = bytes16(uint128(2));
        _open(payment);
        _dispute(payment);
        vm.prank(merchant);
        escrow.void(payment);
        _expectNotResolvable(payment, PaymentStatus.Voided);

        payment.uetr = bytes16(uint128(3));
        _open(payment);
        _dispute(payment);
        vm.warp(payment.resolveBy);
        escrow.reclaim(payment);
        _expectNotResolvable(payment, PaymentStatus.Reclaimed);
    }

    function test_no_more_than_is_left() public balanced {
        Payment memory payment = _openDisputable();
        _capture(payment, 60_00);
        _dispute(payment);
        _expectNotResolved(payment, 40_01, EscrowReverts.amountExceeds(40_01, 40_00));
        _expectNotResolved(payment, type(uint104).max, EscrowReverts.amountExceeds(type(uint104).max, 40_00));
        _resolve(payment, 40_00);
    }

    /// @dev At par and 1 %, every hundredth unit is the fee's: alone, the merchant is given it only if it is the last.
    function test_not_for_a_merchant_who_would_get_nothing() public balanced {
        Payment memory payment = _disputable();
        payment.targetAmount = 100_00;
        _open(payment);
        _capture(payment, 98_99);
        _dispute(payment);
        _expectNotResolved(payment, 1, EscrowReverts.nothingForMerchant(1));
        uint256 before = vm.snapshotState();
        _resolve(payment, 0);
        assertEq(eur.balanceOf(payer), 99_901_01);
        vm.revertToState(before);
        _resolve(payment, 1_01);
        assertEq(hkd.balanceOf(merchant), 99_00);
    }

    function test_for_a_merchant_who_gets_nothing_of_the_last_unit() public balanced {
        Payment memory payment = _disputable();
        payment.targetAmount = 100_00;
        _open(payment);
        _capture(payment, 99_99);
        _dispute(payment);
        _expectResolved(payment, 1, 1, 1, 0);
        _resolve(payment, 1);
        assertEq(hkd.balanceOf(merchant), 99_00);
        assertEq(hkd.balanceOf(feeReceiver), 1_00);
    }

    /* THE ARBITER'S REACH */

    function test_arbiter_has_no_other_act() public balanced {
        Payment memory payment = _openDisputed();
        RefundQuote memory quote = _quote(payment, 0, 1_00);
        vm.startPrank(arbiter);
        vm.expectRevert(EscrowReverts.notAllowed(arbiter, operator));
        escrow.capture(payment, 0, 1_00);
        vm.expectRevert(EscrowReverts.notAllowed(arbiter, operator));
        escrow.void(payment);
        vm.expectRevert(EscrowReverts.notAllowed(arbiter, payer));
        escrow.release(payment);
        vm.expectRevert(EscrowReverts.notAllowed(arbiter, merchant));
        escrow.refund(payment, quote, "");
        vm.stopPrank();
    }

    function test_arbiter_can_change_no_terms() public balanced {
        Payment memory payment = _openDisputed();
        payment.merchant = hkNeighbour;
        _expectNotResolvable(payment, PaymentStatus.None);
    }

    function test_arbiter_reaches_no_other_payment() public balanced {
        Payment memory disputed = _openDisputed();
        Payment memory quiet = _disputable();
        quiet.uetr = bytes16(uint128(1));
        _open(quiet);
        Payment memory foreign = _disputable();
        (foreign.arbiter, foreign.uetr) = (stranger, bytes16(uint128(2)));
        _open(foreign);
        _dispute(foreign);

        _resolve(disputed, 40_00);
        _expectNotResolvable(quiet, PaymentStatus.Authorized);
        vm.expectRevert(EscrowReverts.notAllowed(arbiter, stranger));
        vm.prank(arbiter);
        escrow.resolve(foreign, 0);
        foreign.arbiter = arbiter;
        _expectNotResolvable(foreign, PaymentStatus.None);
        _assertState(escrow.paymentId(quiet), PaymentStatus.Authorized, 0, 0);
    }

    /* STANDING */

    function test_gives_a_blocked_payers_money_to_nobody_else() public balanced {
        Payment memory payment = _openDisputed();
        bytes memory refusal = EscrowReverts.payerBlocked(payer);
        eurBank.registry.blockWallet(payer, LEGAL);
        _expectNotResolved(payment, 1, refusal);
        _expectNotResolved(payment, 100_00, refusal);
        eurBank.registry.unblockWallet(payer);
        eurBank.registry.blockCustomer(PAYER_CUSTOMER, LEGAL);
        _expectNotResolved(payment, 100_00, refusal);

        _expectOwed(eur, payer, 100_00, _cannotReceive(payer));
        _resolve(payment, 0);
        assertEq(escrow.claimableOf(address(eur), payer), 100_00);
        assertEq(_remainingQuota(), YEARLY_QUOTA);
    }

    function test_a_lapsed_payers_payment() public balanced {
        Payment memory payment = _openDisputed();
        eurBank.registry.revoke(payer);
        _expectOwed(eur, payer, 60_00, _cannotReceive(payer));
        _resolve(payment, 40_00);
        assertEq(hkd.balanceOf(merchant), 336_60);
        assertEq(escrow.claimableOf(address(eur), payer), 60_00);
    }

    function test_for_a_merchant_who_cannot_receive() public balanced {
        Payment memory payment = _openDisputed();
        hkdBank.registry.blockWallet(merchant, LEGAL);
        _expectOwed(hkd, merchant, 336_60, _cannotReceive(merchant));
        _resolve(payment, 40_00);
        assertEq(escrow.claimableOf(address(hkd), merchant), 336_60);
        assertEq(hkd.balanceOf(feeReceiver), 3_40);
        assertEq(eur.balanceOf(payer), 99_960_00);
    }

    /* NOTHING STOPS IT */

    function test_while_both_tokens_are_paused_and_the_escrow_stopped() public balanced {
        Payment memory payment = _openDisputed();
        eur.pause();
        hkd.pause();
        eur.stopSystemAccount(address(escrow));
        hkd.stopSystemAccount(address(escrow));
        bytes memory reason = TokenReverts.tokenPaused();
        _expectOwed(hkd, merchant, 336_60, reason);
        _expectOwed(hkd, feeReceiver, 3_40, reason);
        _expectOwed(eur, payer, 60_00, reason);
        _resolve(payment, 40_00);
        assertEq(_remainingQuota(), YEARLY_QUOTA - 40_00);

        eur.unpause();
        hkd.unpause();
        escrow.claim(address(hkd), merchant);
        escrow.claim(address(hkd), feeReceiver);
        escrow.claim(address(eur), payer);
        assertEq(hkd.balanceOf(merchant), 336_60);
        assertEq(eur.balanceOf(payer), 99_960_00);
    }

    function test_a_policy_cannot_stop_a_resolve() public balanced {
        HostilePolicy policy = new HostilePolicy();
        eur.setPolicy(address(policy));
        for (uint8 i = 0; i <= uint8(HostilePolicy.Trick.AnswerHuge); ++i) {
            Payment memory payment = _disputable();
            payment.uetr = bytes16(uint128(i));
            _open(payment);
            _dispute(payment);
            policy.setTrick(HostilePolicy.Trick(i));
            // What answers at length has done what it was asked for, whatever it says.
            if (HostilePolicy.Trick(i) != HostilePolicy.Trick.AnswerHuge) {
                vm.expectEmit(address(escrow));
                emit ISettlementEscrow.QuotaNotRestored(escrow.paymentId(payment), 60_00);
            }
            _resolve(payment, 40_00);
            assertEq(eur.balanceOf(payer), 100_000_00 - (i + 1) * 40_00);
        }
    }

    function test_a_dead_registry_cannot_stop_a_resolve_for_the_payer() public balanced {
        Payment memory payment = _openDisputed();
        vm.etch(address(eurBank.registry), hex"fe");
        vm.etch(address(hkdBank.registry), hex"fe");
        _resolve(payment, 0);
        assertEq(eur.balanceOf(payer) + escrow.claimableOf(address(eur), payer), 100_000_00);
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK);
        assertEq(_remainingQuota(), YEARLY_QUOTA, "the policy knows the payer's customer");
    }

    function test_a_dead_source_token_cannot_stop_a_resolve_for_the_payer() public balanced {
        Payment memory payment = _openDisputed();
        bytes memory code = address(eur).code;
        vm.etch(address(eur), hex"fe");
        _resolve(payment, 0);
        vm.etch(address(eur), code);
        assertEq(escrow.claimableOf(address(eur), payer), 100_00);
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK);
        escrow.claim(address(eur), payer);
        assertEq(eur.balanceOf(payer), 100_000_00);
    }

    function test_no_amount_of_gas_makes_anybody_wait() public balanced {
        Payment memory payment = _openDisputed();
        _assertPaysAllOrNothing(arbiter, abi.encodeCall(escrow.resolve, (payment, 40_00)));
    }

    /* HELP */

    function _cannotReceive(address payee) private pure returns (bytes memory) {
        return TokenReverts.cannotReceive(payee);
    }

    function _expectOwed(IDepositTokenCore token, address owner, uint256 amount, bytes memory reason) private {
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.ClaimableAdded(address(token), owner, amount, reason);
    }

    function _expectResolved(
        Payment memory payment,
        uint256 sourceAmount,
        uint256 targetAmount,
        uint256 fee,
        uint256 returnedAmount
    ) private {
        bytes32 id = escrow.paymentId(payment);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentResolved(id, sourceAmount, targetAmount, fee, returnedAmount);
    }

    function _expectNotResolved(Payment memory payment, uint104 sourceAmount, bytes memory reason) private {
        vm.expectRevert(reason);
        _resolve(payment, sourceAmount);
    }

    function _expectNotResolvable(Payment memory payment, PaymentStatus found) private {
        bytes memory refusal = _wrongStatus(payment, found, PaymentStatus.Disputed);
        _expectNotResolved(payment, 0, refusal);
        _expectNotResolved(payment, 1_00, refusal);
    }
}
