// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/EscrowActs.sol";

/// @notice A charge is an authorization and a capture of everything in one act: it ends as they do, or fails because
/// nothing can be kept for whoever can't be paid. It is refused as an authorization is: {EscrowAuthorizeTest},
/// {EscrowRefusalsTest}.
contract EscrowChargeTest is EscrowActs {
    /* THE SAME AS IN TWO ACTS */

    /// @dev Without a fee, with one, all fee, and with fees that round.
    function test_ends_as_two_acts_do() public balanced {
        uint16[4] memory fees = [0, 100, 10_000, 99];
        for (uint256 i = 0; i < 4; ++i) {
            Payment[2] memory payments = [_oneCurrency(), _twoCurrencies()];
            for (uint256 j = 0; j < 2; ++j) {
                if (fees[i] != 0) (payments[j].feeBps, payments[j].feeReceiver) = (fees[i], feeReceiver);
                if (fees[i] == 99) (payments[j].sourceAmount, payments[j].targetAmount) = (101, 101);
                _assertEndsAlike(payments[j]);
            }
        }
    }

    /* EVENT */

    function test_says_all_terms_and_what_was_paid_at_once() public balanced {
        eur.setPolicy(address(eurBank.policy));
        Payment memory payment = _withFee(_twoCurrencies());
        bytes32 id = escrow.paymentId(payment);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentCharged(id, payer, merchant, payment, 2, REF_2026, 8_50);
        vm.recordLogs();
        _charge(payment);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        uint256 said = 0;
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter == address(escrow)) ++said;
        }
        assertEq(said, 1, "once");

        payment = _oneCurrency();
        id = escrow.paymentId(payment);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentCharged(id, payer, neighbour, payment, 2, 0, 0);
        _charge(payment);
    }

    /* NOTHING IS KEPT */

    /// @dev Every bank's own rules are looked at before; a token can still fail to pay: it refuses a transfer, says no,
    /// or says neither, to whoever gets it all, or to the fee receiver alone.
    function test_fails_with_a_payout_that_fails() public balanced {
        _stockHostile(850_00);
        Payment memory payment = _intoHostile();
        bytes4 verb = IERC20.transfer.selector;
        bytes memory failed = EscrowReverts.safeERC20FailedOperation(address(hostile));
        for (uint256 i = 0; i < 2; ++i) {
            _trick(verb, HostileToken.Kind.Refuse, false, 0, 0);
            _refused(operator, _charging(payment), abi.encodeWithSelector(HostileToken.Refused.selector));
            _trick(verb, HostileToken.Kind.Answer, false, 0, 32);
            _refused(operator, _charging(payment), failed);
            _trick(verb, HostileToken.Kind.Answer, false, 2, 32);
            _refused(operator, _charging(payment), failed);
            (payment.feeBps, payment.feeReceiver) = (10_000, feeReceiver);
        }
        payment.feeBps = 100;
        _trick(verb, HostileToken.Kind.None, false, 0, 0);
        vm.mockCallRevert(
            address(hostile), abi.encodeCall(IERC20.transfer, (feeReceiver, 8_50)), "not the fee receiver"
        );
        _refused(operator, _charging(payment), "not the fee receiver");
        vm.clearMockedCalls();
    }

    /// @dev Nor does it hang on a token's leave to move nothing.
    function test_moves_nothing_to_a_merchant_whom_the_fee_leaves_nothing() public balanced {
        Payment memory payment = _withFee(_twoCurrencies());
        payment.feeBps = 10_000;
        vm.mockCallRevert(address(hkd), abi.encodeCall(IERC20.transfer, (merchant, 0)), "nothing to move");
        _charge(payment);
        assertEq(hkd.balanceOf(feeReceiver), 850_00);
    }

    /* HELP */

    /// @dev In two acts and by a charge it ends in the same figures, which are those of its terms.
    function _assertEndsAlike(Payment memory payment) private {
        uint256 before = vm.snapshotState();
        for (uint256 i = 0; i < 2; ++i) {
            bytes32 id = i == 0 ? _authorize(payment) : _charge(payment);
            if (i == 0) _capture(payment, payment.sourceAmount);
            uint256 fee = uint256(payment.targetAmount) * payment.feeBps / 10_000;
            _assertFigures(payment, PaymentStatus.Captured, payment.sourceAmount, payment.targetAmount, fee);
            assertEq(escrow.paymentState(id).policyGeneration, 1, "generation");
            assertEq(escrow.paymentState(id).quotaRef, payment.dealer == address(0) ? 0 : REF_2026, "quota reference");
            assertTrue(eur.authorizationState(payer, id), "payer's signature");
            assertEq(eur.balanceOf(address(escrow)), escrow.inventoryOf(dealer, address(eur)), "the escrow's euros");
            assertEq(hkd.balanceOf(address(escrow)), escrow.inventoryOf(dealer, address(hkd)), "the escrow's dollars");
            vm.revertToState(before);
        }
    }
}
