// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/AnyGas.sol";
import "../support/EscrowActs.sol";

/// @notice How the arbiter divides what is disputed; {EscrowStatesTest} says when it may.
contract EscrowResolveTest is AnyGas, EscrowActs {
    /* EFFECT */

    function test_all_for_the_payer() public balanced {
        Payment memory payment = _openDisputed();
        _expectResolved(payment, 0, 0, 0, 100_00);
        _resolve(payment, 0);
        _assertFigures(payment, PaymentStatus.Resolved, 0, 0, 0);
    }

    function test_all_for_the_merchant() public balanced {
        Payment memory payment = _openDisputed();
        _expectResolved(payment, 100_00, 850_00, 8_50, 0);
        _resolve(payment, 100_00);
        _assertFigures(payment, PaymentStatus.Resolved, 100_00, 850_00, 8_50);
    }

    /// @dev From 283.30 (fee 2.83) to floor(850.00 x 66.66 / 100.00) = 566.61 (fee 5.66).
    function test_divides_only_what_was_not_captured() public balanced {
        Payment memory payment = _openDisputable();
        _capture(payment, 33_33);
        _dispute(payment);
        _expectResolved(payment, 33_33, 283_31, 2_83, 33_34);
        _resolve(payment, 33_33);
        _assertFigures(payment, PaymentStatus.Resolved, 66_66, 566_61, 5_66);
    }

    function test_in_one_currency() public balanced {
        Payment memory payment = _disputableInOneCurrency();
        _open(payment);
        _dispute(payment);
        _expectResolved(payment, 40_00, 40_00, 40, 60_00);
        _resolve(payment, 40_00);
        _assertFigures(payment, PaymentStatus.Resolved, 40_00, 40_00, 40);
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
        _assertFigures(payment, PaymentStatus.Resolved, paid, target, target * payment.feeBps / 10_000);
    }

    /* AMOUNT */

    function test_no_more_than_is_left() public balanced {
        Payment memory payment = _openDisputable();
        _capture(payment, 60_00);
        _dispute(payment);
        _assertRefused(payment, 40_01, EscrowReverts.amountExceeds(40_01, 40_00));
        _assertRefused(payment, type(uint104).max, EscrowReverts.amountExceeds(type(uint104).max, 40_00));
        _resolve(payment, 40_00);
    }

    /// @dev At par and 1 %, every hundredth unit is the fee's: alone, the merchant is given it only if it is the last.
    function test_not_for_a_merchant_who_would_get_nothing() public balanced {
        Payment memory payment = _disputable();
        payment.targetAmount = 100_00;
        _open(payment);
        _capture(payment, 98_99);
        uint256 before = vm.snapshotState();
        _dispute(payment);
        _assertRefused(payment, 1, EscrowReverts.nothingForMerchant(1));
        _resolve(payment, 1_01);
        _assertFigures(payment, PaymentStatus.Resolved, 100_00, 100_00, 1_00);

        vm.revertToState(before);
        _capture(payment, 1_00);
        _dispute(payment);
        _expectResolved(payment, 1, 1, 1, 0);
        _resolve(payment, 1);
        _assertFigures(payment, PaymentStatus.Resolved, 100_00, 100_00, 1_00);
    }

    /* THE ARBITER'S REACH */

    /// @dev Neither its own payments before they are disputed, nor those of another arbiter, under whatever terms.
    function test_arbiter_reaches_no_other_payment() public balanced {
        Payment memory payment = _openDisputed();
        Payment memory quiet = _numbered(_disputable(), 1);
        _open(quiet);
        Payment memory foreign = _numbered(_disputable(), 2);
        foreign.arbiter = stranger;
        _open(foreign);
        _dispute(foreign);

        _resolve(payment, 40_00);
        _assertRefused(quiet, 1_00, _wrongStatus(quiet, PaymentStatus.Authorized, PaymentStatus.Disputed));
        bytes memory act = abi.encodeCall(escrow.resolve, (foreign, 0));
        _refused(arbiter, act, EscrowReverts.notAllowed(arbiter, stranger));
        foreign.arbiter = arbiter;
        _assertRefused(foreign, 0, _wrongStatus(foreign, PaymentStatus.None, PaymentStatus.Disputed));
        _assertState(escrow.paymentId(quiet), PaymentStatus.Authorized, 0, 0);
        act = abi.encodeCall(escrow.resolve, (_openTwoCurrencies(), 0));
        _refused(arbiter, act, EscrowReverts.notAllowed(arbiter, address(0)));
    }

    /* STANDING */

    function test_gives_a_blocked_payers_money_to_nobody_else() public balanced {
        Payment memory payment = _openDisputed();
        bytes memory refusal = EscrowReverts.payerBlocked(payer);
        eurBank.registry.blockWallet(payer, LEGAL);
        _assertRefused(payment, 1, refusal);
        _assertRefused(payment, 100_00, refusal);
        eurBank.registry.unblockWallet(payer);
        eurBank.registry.blockCustomer(PAYER_CUSTOMER, LEGAL);
        _assertRefused(payment, 100_00, refusal);

        _expectOwed(eur, payer, 100_00, TokenReverts.cannotReceive(payer));
        _resolve(payment, 0);
        assertEq(escrow.claimableOf(address(eur), payer), 100_00);
        assertEq(_remainingQuota(), YEARLY_QUOTA);
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

        eur.unpause();
        hkd.unpause();
        escrow.claim(address(hkd), merchant);
        escrow.claim(address(hkd), feeReceiver);
        escrow.claim(address(eur), payer);
        _assertFigures(payment, PaymentStatus.Resolved, 40_00, 340_00, 3_40);
    }

    function test_a_dead_source_token_cannot_stop_a_resolve_for_the_payer() public balanced {
        Payment memory payment = _openDisputed();
        bytes memory code = address(eur).code;
        vm.etch(address(eur), hex"fe");
        _resolve(payment, 0);
        vm.etch(address(eur), code);
        assertEq(escrow.claimableOf(address(eur), payer), 100_00);
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK);
    }

    function test_no_amount_of_gas_makes_anybody_wait() public balanced {
        Payment memory payment = _openDisputed();
        _assertPaysAllOrNothing(arbiter, abi.encodeCall(escrow.resolve, (payment, 40_00)));
    }

    /* HELP */

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

    function _assertRefused(Payment memory payment, uint104 sourceAmount, bytes memory reason) private {
        _refused(arbiter, abi.encodeCall(escrow.resolve, (payment, sourceAmount)), reason);
    }
}
