// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./EscrowAttacks.sol";

/// @notice Somebody cuts a payment or its refund into the pieces that round best for it. The bound is everywhere one
/// minor unit a payment, and not one a piece.
contract DustAttacksTest is EscrowAttacks {
    /// @notice At any rate, fee and cut, then a stop: the dealer is ahead by less than one target cent, the payer has
    /// what was not captured to the cent, and nothing sticks in the escrow.
    function testFuzz_a_stop_at_the_worst_moment_gains_less_than_a_cent(
        uint104 sourceAmount,
        uint104 targetAmount,
        uint16 feeBps,
        uint104[4] calldata cuts
    ) public balanced {
        Payment memory payment = _disputable();
        payment.sourceAmount = uint104(bound(sourceAmount, 1_00, YEARLY_QUOTA));
        payment.targetAmount = uint104(bound(targetAmount, 1, STOCK));
        payment.feeBps = uint16(bound(feeBps, 1, 9_999));
        bytes32 id = _open(payment);
        for (uint256 i = 0; i < cuts.length; ++i) {
            uint104 cut = uint104(bound(cuts[i], 1, payment.sourceAmount / 4));
            bytes memory call = abi.encodeCall(escrow.capture, (payment, _captured(payment), cut));
            vm.prank(operator);
            (bool done, bytes memory answer) = address(escrow).call(call);
            if (!done) assertEq(bytes4(answer), ISettlementEscrow.NothingForMerchant.selector);
        }
        uint104 captured = escrow.paymentState(id).captured;
        if (captured != payment.sourceAmount) _void(payment);

        uint256 paid = hkd.balanceOf(merchant) + hkd.balanceOf(feeReceiver);
        uint256 due = uint256(payment.targetAmount) * captured;
        assertLe(paid * payment.sourceAmount, due);
        assertLt(due - paid * payment.sourceAmount, payment.sourceAmount, "behind by less than a cent");
        assertEq(hkd.balanceOf(feeReceiver), paid * payment.feeBps / 10_000);
        _assertMoney(100_000_00 - captured, paid - hkd.balanceOf(feeReceiver), captured, STOCK - paid);
        assertEq(_remainingQuota(), YEARLY_QUOTA - captured);
    }

    /// @notice Three refunds of a third each round down, the last one gives back what rounding has kept, and no cent more.
    function test_refunds_in_thirds_give_back_all_and_no_more() public balanced {
        Payment memory payment = _twoCurrencies();
        payment.targetAmount = 3;
        _open(payment);
        _capture(payment, 100_00);
        uint104[3] memory thirds = [uint104(33_33), 33_33, 33_34];
        for (uint104 i = 0; i < thirds.length; ++i) {
            bytes memory exceeds = EscrowReverts.amountExceeds(thirds[i] + 1, thirds[i]);
            _expectRefundRefused(payment, _quoteOf(payment, i, thirds[i] + 1, 1), exceeds);
            _refund(payment, _quoteOf(payment, i, thirds[i], 1));
        }
        _assertUntouched();
    }
}
