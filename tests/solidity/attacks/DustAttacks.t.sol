// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./EscrowAttacks.sol";

/// @notice Somebody cuts a payment or its refund into the pieces that round best for it. The bound is everywhere one
/// minor unit a payment, and not one a piece.
contract DustAttacksTest is EscrowAttacks {
    /// @notice 1.00 EUR for 1.07 HKD less 3.33 % in a hundred captures of one cent: after each of them the merchant and
    /// the fee receiver have what one capture of the same sum would have paid.
    function test_captures_of_one_cent_skim_neither_merchant_nor_fee() public balanced {
        Payment memory payment = _disputable();
        (payment.sourceAmount, payment.targetAmount, payment.feeBps) = (1_00, 1_07, 333);
        _open(payment);
        for (uint104 captured = 1; captured <= 1_00; ++captured) {
            // Where a new cent of fee eats the cent that falls due, two must be captured at once.
            if (_dueAfter(payment, captured) == hkd.balanceOf(merchant)) continue;
            _capture(payment, captured - _captured(payment));
            uint256 share = uint256(1_07) * captured / 1_00;
            assertEq(hkd.balanceOf(feeReceiver), share * 333 / 10_000);
            assertEq(hkd.balanceOf(merchant), share - share * 333 / 10_000);
            assertEq(escrow.inventoryOf(dealer, address(eur)), captured);
        }
        assertEq(hkd.balanceOf(merchant) + hkd.balanceOf(feeReceiver), 1_07);
    }

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

    /// @notice They would give the dealer source cents for free.
    function test_captures_worth_nothing_are_refused_one_by_one() public balanced {
        Payment memory payment = _twoCurrencies();
        (payment.sourceAmount, payment.targetAmount) = (100_00, 3);
        _open(payment);
        uint104[3] memory pieces = [uint104(1), 10_00, 33_33];
        for (uint256 i = 0; i < pieces.length; ++i) {
            _expectCaptureRefused(payment, pieces[i], EscrowReverts.nothingForMerchant(pieces[i]));
        }
        _capture(payment, 33_34);
        _expectCaptureRefused(payment, 1, EscrowReverts.nothingForMerchant(1));
        _assertMoney(99_900_00, 1, 33_34, STOCK - 3);
    }

    /// @notice Nor than the payment's own rate gives for what the merchant gave, whatever the dealer signs.
    function testFuzz_refunds_in_dust_free_no_more_quota_than_came_back(uint104[12] calldata sources, uint104 target)
        public
        balanced
    {
        Payment memory payment = _twoCurrencies();
        payment.targetAmount = uint104(bound(target, 1, 100_00));
        _open(payment);
        _capture(payment, 100_00);
        uint104 back = 0;
        uint104 given = 0;
        for (; given < sources.length && given < payment.targetAmount; ++given) {
            uint256 share = uint256(100_00) * given / payment.targetAmount;
            uint256 greatest = uint256(100_00) * (given + 1) / payment.targetAmount - share;
            uint104 source = uint104(bound(sources[given], 1, greatest));
            _refund(payment, _quoteOf(payment, given, source, 1));
            back += source;
        }
        assertEq(_remainingQuota() - (YEARLY_QUOTA - 100_00), back, "what came back");
        assertLe(uint256(back) * payment.targetAmount, uint256(given) * 100_00, "no more than the merchant gave");
        assertEq(eur.balanceOf(payer), 99_900_00 + back);
        assertEq(escrow.inventoryOf(dealer, address(eur)), 100_00 - back);
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

    /* HELP */

    /// @dev What the merchant has in all once so much is captured.
    function _dueAfter(Payment memory payment, uint256 captured) private pure returns (uint256) {
        uint256 share = payment.targetAmount * captured / payment.sourceAmount;
        return share - share * payment.feeBps / 10_000;
    }
}
