// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/EscrowActs.sol";

/// @notice What a dispute changes, and how the arbiter divides what is disputed; {EscrowStatesTest} says who may do
/// either when, and what else can be done then.
contract EscrowResolveTest is EscrowActs {
    /* DISPUTE */

    function test_dispute_moves_nothing_by_a_payer_of_whatever_standing() public balanced {
        Payment memory payment = _openDisputable();
        bytes32 id = escrow.paymentId(payment);
        _capture(payment, 60_00);
        eurBank.registry.revoke(payer);
        eurBank.registry.blockWallet(payer, LEGAL);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentDisputed(id);
        _dispute(payment);
        _assertFigures(payment, PaymentStatus.Disputed, 60_00, 510_00, 5_10);
    }

    function test_dispute_needs_an_arbiter() public balanced {
        Payment memory payment = _openTwoCurrencies();
        _refused(payer, abi.encodeCall(escrow.dispute, (payment)), EscrowReverts.noArbiter(escrow.paymentId(payment)));
    }

    /* EFFECT */

    /// @dev From 283.30 (fee 2.83) to floor(850.00 x 66.66 / 100.00) = 566.61 (fee 5.66), or to all.
    function test_divides_only_what_was_not_captured() public balanced {
        Payment memory payment = _openDisputable();
        bytes32 id = escrow.paymentId(payment);
        _capture(payment, 33_33);
        _dispute(payment);
        uint104[3] memory toMerchant = [uint104(0), 33_33, 66_67];
        uint256[3] memory target = [uint256(0), 283_31, 566_70];
        uint256[3] memory fee = [uint256(0), 2_83, 5_67];
        uint256 before = vm.snapshotState();
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectEmit(address(escrow));
            emit ISettlementEscrow.PaymentResolved(id, toMerchant[i], target[i], fee[i], 66_67 - toMerchant[i]);
            _resolve(payment, toMerchant[i]);
            uint104 captured = 33_33 + toMerchant[i];
            _assertFigures(payment, PaymentStatus.Resolved, captured, 283_30 + target[i], 2_83 + fee[i]);
            vm.revertToState(before);
        }
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

    /// @dev Unless that is all that is left.
    function test_not_for_a_merchant_who_would_get_nothing() public balanced {
        Payment memory payment = _disputable();
        payment.targetAmount = 2;
        _open(payment);
        _capture(payment, 50_00);
        _dispute(payment);
        _assertRefused(payment, 49_99, EscrowReverts.nothingForMerchant(49_99));
        _resolve(payment, 50_00);
        _assertFigures(payment, PaymentStatus.Resolved, 100_00, 2, 0);
    }

    /// @dev At par and 1 %, every hundredth unit is the fee's.
    function test_not_for_a_unit_that_is_all_fee() public balanced {
        Payment memory payment = _withFee(_disputable());
        payment.targetAmount = 100_00;
        _open(payment);
        _capture(payment, 98_99);
        _dispute(payment);
        _assertRefused(payment, 1, EscrowReverts.nothingForMerchant(1));
        _resolve(payment, 1_01);
        _assertFigures(payment, PaymentStatus.Resolved, 100_00, 100_00, 1_00);
    }

    /* STANDING */

    function test_gives_a_blocked_payers_money_to_nobody_else() public balanced {
        Payment memory payment = _openDisputed();
        eurBank.registry.blockWallet(payer, LEGAL);
        _assertRefused(payment, 1, EscrowReverts.payerBlocked(payer));

        _expectOwed(eur, payer, 100_00, TokenReverts.cannotReceive(payer));
        _resolve(payment, 0);
        assertEq(escrow.claimableOf(address(eur), payer), 100_00);
        assertEq(_remainingQuota(), YEARLY_QUOTA);
    }

    /* HELP */

    function _assertRefused(Payment memory payment, uint104 sourceAmount, bytes memory reason) private {
        _refused(arbiter, abi.encodeCall(escrow.resolve, (payment, sourceAmount)), reason);
    }
}
