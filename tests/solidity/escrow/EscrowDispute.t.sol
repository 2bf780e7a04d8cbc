// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/EscrowActs.sol";

/// @notice {EscrowStatesTest} says who may dispute and what can be done then; here is what a dispute changes.
contract EscrowDisputeTest is EscrowActs {
    function test_moves_nothing() public balanced {
        Payment memory payment = _openDisputable();
        bytes32 id = escrow.paymentId(payment);
        _capture(payment, 60_00);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentDisputed(id);
        _dispute(payment);
        _assertFigures(payment, PaymentStatus.Disputed, 60_00, 510_00, 5_10);
    }

    function test_needs_an_arbiter() public balanced {
        Payment memory payment = _openTwoCurrencies();
        _refused(payer, abi.encodeCall(escrow.dispute, (payment)), EscrowReverts.noArbiter(escrow.paymentId(payment)));
    }

    function test_by_a_payer_who_lapsed_or_is_blocked() public balanced {
        Payment memory payment = _openDisputable();
        eurBank.registry.revoke(payer);
        eurBank.registry.blockWallet(payer, LEGAL);
        _dispute(payment);
        _assertState(escrow.paymentId(payment), PaymentStatus.Disputed, 0, 0);
    }

    function test_leaves_what_was_captured_before_refundable() public balanced {
        Payment memory payment = _openDisputable();
        _capture(payment, 60_00);
        _dispute(payment);
        _refund(payment, _quote(payment, 0, 50_00));
        _assertFigures(payment, Figures(PaymentStatus.Disputed, 60_00, 510_00, 5_10, 50_00, 425_00));
        _resolve(payment, 40_00);
        _assertFigures(payment, Figures(PaymentStatus.Resolved, 100_00, 850_00, 8_50, 50_00, 425_00));
    }
}
