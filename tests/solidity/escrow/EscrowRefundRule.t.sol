// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/EscrowActs.sol";

/// @notice How much of which token a refund moves. Counted in the target token, with f(x) = floor(sourceAmount * x /
/// targetAmount), T of what was captured, R of what was refunded before and t of what is refunded now: R + t <= T, and
/// the payer gets at most f(R + t) - f(R), or at most what is left of what was captured if that ends it all. Unless a
/// test says otherwise, 100.00 EUR for 850.00 HKD with a fee of 1 %, which the merchant has besides.
contract EscrowRefundRuleTest is EscrowActs {
    function setUp() public override {
        super.setUp();
        _mint(hkdBank, merchant, STOCK);
        vm.prank(merchant);
        hkd.approve(address(escrow), type(uint256).max);
        vm.prank(neighbour);
        eur.approve(address(escrow), type(uint256).max);
    }

    /* FIGURES */

    /// @dev At the payment's own rate: 40.00 EUR that cost 300.00 HKD now cost the merchant 340.00 all the same.
    function test_of_all_that_was_captured() public balanced {
        Payment memory payment = _openCaptured(_disputable());
        uint104[9] memory given = [uint104(8), 9, 17, 300_00, 340_00, 424_99, 425_00, 849_99, 850_00];
        uint104[9] memory returned = [uint104(0), 1, 2, 35_29, 40_00, 49_99, 50_00, 99_99, 100_00];
        uint256 before = vm.snapshotState();
        for (uint256 i = 0; i < given.length; ++i) {
            _assertGreatest(payment, given[i], returned[i]);
            vm.revertToState(before);
        }
        _assertTooMuch(payment, 850_01, 1, 850_01, 850_00);
    }

    /// @dev Of 33.33 EUR the merchant's side got floor(283.305) HKD, which are worth floor(33.3294) EUR.
    function test_of_a_part_while_the_rest_can_still_be_captured() public balanced {
        Payment memory payment = _openDisputable();
        _assertTooMuch(payment, 1, 1, 1, 0);
        _capture(payment, 33_33);
        _assertTooMuch(payment, 283_31, 1, 283_31, 283_30);
        _assertGreatest(payment, 100_00, 11_76);
        _assertGreatest(payment, 183_30, 21_56);
        _assertTooMuch(payment, 1, 1, 1, 0);
    }

    /// @dev Once nothing more can be captured, the last refund gives back what rounding has kept.
    function test_is_exact_at_last_in_every_status_in_which_nothing_can_be_captured() public balanced {
        Payment memory payment = _openDisputable();
        _capture(payment, 33_33);
        uint256 before = vm.snapshotState();
        _assertGreatest(payment, 283_30, 33_32);
        vm.revertToState(before);
        _dispute(payment);
        uint256 disputed = vm.snapshotState();
        _assertGreatest(payment, 283_30, 33_32);
        vm.revertToState(disputed);
        _done(merchant, abi.encodeCall(escrow.void, (payment)));
        _assertGreatest(payment, 100_00, 11_76);
        _assertGreatest(payment, 183_30, 21_57);
        vm.revertToState(disputed);
        vm.warp(payment.resolveBy);
        escrow.reclaim(payment);
        _assertGreatest(payment, 283_30, 33_33);
        vm.revertToState(disputed);
        _resolve(payment, 0);
        _assertGreatest(payment, 283_30, 33_33);
        vm.revertToState(disputed);
        _release(payment);
        _assertGreatest(payment, 850_00, 100_00);
    }

    function test_in_one_currency_gives_back_what_it_takes() public balanced {
        Payment memory payment = _disputableInOneCurrency();
        _open(payment);
        _capture(payment, 60_00);
        _mint(eurBank, neighbour, 1_00);
        _assertTooMuch(payment, 60_01, 60_01, 60_01, 60_00);
        _give(payment, 20_00, 20_00);
        _assertTooMuch(payment, 40_01, 40_01, 40_01, 40_00);
        _give(payment, 40_00, 40_00);
        _assertTooMuch(payment, 1, 1, 1, 0);
        assertEq(eur.balanceOf(payer), 99_960_00);
        assertEq(eur.balanceOf(feeReceiver), 60);
        _assertState(escrow.paymentId(payment), PaymentStatus.Authorized, 60_00, 60_00);
    }

    /* FUZZ */

    /// @dev Whatever is captured and refunded in turn, at the greatest amounts or less: the payer never has more than
    /// its own rate gives, the dealer's books say the same, and in neither token more goes out than came in.
    function testFuzz_never_more_goes_out_than_came_in(
        uint104 sourceAmount,
        uint104 targetAmount,
        uint104[8] calldata amounts,
        uint104[8] calldata discounts,
        uint8 choices
    ) public balanced {
        Payment memory payment = _fuzzed(sourceAmount, targetAmount);
        _open(payment);
        uint104 returned = 0;
        for (uint256 i = 0; i < amounts.length; ++i) {
            if ((choices >> i) & 1 == 0) {
                _captureIfItPays(payment, uint104(bound(amounts[i], 1, payment.sourceAmount)));
            } else {
                returned += _refundAtMost(payment, amounts[i], discounts[i]);
            }
        }
        (uint104 captured, uint104 refunded) = _amounts(payment);
        assertLe(returned, _worth(payment, refunded), "at most its own rate");
        if (captured < payment.sourceAmount) _void(payment);
        returned += _refundTheRest(payment);

        (captured, refunded) = _amounts(payment);
        assertLe(returned, captured, "source");
        assertEq(refunded, _paid(payment), "target");
        assertEq(eur.balanceOf(payer), 100_000_00 - captured + returned, "payer");
        assertEq(escrow.inventoryOf(dealer, address(eur)), captured - returned, "dealer's source side");
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK, "dealer's target side");
        assertEq(_remainingQuota(), YEARLY_QUOTA - captured + returned, "quota");
    }

    /* HELP */

    /// @dev In two currencies, at any rate and without a fee.
    function _fuzzed(uint104 source, uint104 target) private view returns (Payment memory payment) {
        payment = _twoCurrencies();
        payment.sourceAmount = uint104(bound(source, 1_00, YEARLY_QUOTA));
        payment.targetAmount = uint104(bound(target, 1, STOCK));
    }

    function _openCaptured(Payment memory payment) private returns (Payment memory) {
        _open(payment);
        _capture(payment, payment.sourceAmount);
        return payment;
    }

    function _amounts(Payment memory payment) private view returns (uint104, uint104) {
        PaymentState memory state = escrow.paymentState(escrow.paymentId(payment));
        return (state.captured, state.refunded);
    }

    function _paid(Payment memory payment) private view returns (uint104) {
        return uint104(uint256(payment.targetAmount) * _captured(payment) / payment.sourceAmount);
    }

    /// @dev What an amount of the target token is worth at the payment's own rate.
    function _worth(Payment memory payment, uint256 amount) private pure returns (uint256) {
        return payment.sourceAmount * amount / payment.targetAmount;
    }

    /// @dev Takes an amount of the target token back, if any is left, for the greatest amount that it allows less a
    /// discount, and one unit more is refused.
    function _refundAtMost(Payment memory payment, uint104 amount, uint104 discount)
        private
        returns (uint104 sourceAmount)
    {
        if (_left(payment) == 0) return 0;
        amount = uint104(bound(amount, 1, _left(payment)));
        uint256 greatest = _greatest(payment, amount);
        _assertTooMuch(payment, amount, uint104(greatest) + 1, greatest + 1, greatest);
        if (greatest == 0) return 0;
        sourceAmount = uint104(greatest - bound(discount, 0, greatest - 1));
        _give(payment, amount, sourceAmount);
    }

    function _refundTheRest(Payment memory payment) private returns (uint104 sourceAmount) {
        uint104 left = _left(payment);
        if (left == 0) return 0;
        sourceAmount = uint104(_greatest(payment, left));
        _give(payment, left, sourceAmount);
    }

    /// @dev What may still be refunded, in the target token.
    function _left(Payment memory payment) private view returns (uint104) {
        (, uint104 refunded) = _amounts(payment);
        return _paid(payment) - refunded;
    }

    /// @dev The most that the payer may get for an amount of the target token.
    function _greatest(Payment memory payment, uint104 amount) private view returns (uint256) {
        PaymentState memory state = escrow.paymentState(escrow.paymentId(payment));
        bool last = amount == _left(payment) && state.status != PaymentStatus.Authorized;
        uint256 afterwards = last ? state.captured : _worth(payment, state.refunded + amount);
        return afterwards - _worth(payment, state.refunded);
    }

    /// @dev For `targetAmount` given, the payer gets this much and not one unit more.
    function _assertGreatest(Payment memory payment, uint104 targetAmount, uint104 sourceAmount) private {
        _assertTooMuch(payment, targetAmount, sourceAmount + 1, uint256(sourceAmount) + 1, sourceAmount);
        if (sourceAmount != 0) _give(payment, targetAmount, sourceAmount);
    }

    function _give(Payment memory payment, uint104 targetAmount, uint104 sourceAmount) private {
        IERC20 source = IERC20(payment.sourceToken);
        uint256 before = source.balanceOf(payer);
        _done(payment.merchant, _refunding(payment, targetAmount, sourceAmount));
        assertEq(source.balanceOf(payer), before + sourceAmount);
    }

    function _assertTooMuch(
        Payment memory payment,
        uint104 targetAmount,
        uint104 sourceAmount,
        uint256 found,
        uint256 allowed
    ) private {
        _refused(
            payment.merchant,
            _refunding(payment, targetAmount, sourceAmount),
            EscrowReverts.amountExceeds(found, allowed)
        );
    }

    function _refunding(Payment memory payment, uint104 targetAmount, uint104 sourceAmount)
        private
        view
        returns (bytes memory)
    {
        (, uint104 refunded) = _amounts(payment);
        return _refunding(payment, _quoteOf(payment, refunded, sourceAmount, targetAmount));
    }
}
