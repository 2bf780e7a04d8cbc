// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./EscrowAttacks.sol";

/// @notice Parties of a payment agree on terms against the banks, or against a party that did not look.
contract CollusionAttacksTest is EscrowAttacks {
    /* AN ABSURD RATE */

    /// @notice The quota counts the least amount; the dealer alone is poorer, and no other dealer.
    function test_a_colluding_dealer_gives_its_own_inventory_for_the_least_amount() public balanced {
        address other = makeAddr("another dealer");
        _becomeDealer(other, 5_000_00);
        Payment memory payment = _twoCurrencies();
        (payment.sourceAmount, payment.targetAmount) = (99, STOCK);
        _expectRefused(payment, PolicyReverts.amountOutsideLimits(99, 1_00, 100_000_00));
        payment.sourceAmount = 1_00;
        ++payment.targetAmount;
        _expectRefused(payment, EscrowReverts.inventoryTooLow(dealer, address(hkd), STOCK, uint256(STOCK) + 1));
        --payment.targetAmount;
        _open(payment);
        _capture(payment, 1_00);
        _assertMoney(99_999_00, STOCK, 1_00, 0);
        assertEq(escrow.inventoryOf(other, address(hkd)), 5_000_00);
        assertEq(_remainingQuota(), YEARLY_QUOTA - 1_00);
        assertEq(eur.totalSupply() + hkd.totalSupply(), 100_000_00 + STOCK + 5_000_00, "nothing was made");
    }

    /// @notice That is all that the payer can give, and it is its own.
    function test_a_colluding_dealer_takes_at_most_the_payers_quota_for_one_cent() public balanced {
        Payment memory payment = _openForOneCent();
        _assertMoney(100_000_00 - YEARLY_QUOTA, 1, YEARLY_QUOTA, STOCK - 1);
        payment.sourceAmount = 1_00;
        _expectRefused(payment, PolicyReverts.quotaExceeded(PAYER_CUSTOMER, 1_00, 0));
    }

    function test_an_absurd_rate_frees_no_more_quota_than_comes_back() public balanced {
        Payment memory payment = _openForOneCent();
        _mint(hkdBank, merchant, 10);
        RefundQuote memory quote = _quoteOf(payment, 0, YEARLY_QUOTA / 2, 2);
        _expectRefundRefused(payment, quote, EscrowReverts.amountExceeds(2, 1));
        quote = _quoteOf(payment, 0, YEARLY_QUOTA + 1, 1);
        _expectRefundRefused(payment, quote, EscrowReverts.amountExceeds(YEARLY_QUOTA + 1, YEARLY_QUOTA));
        _refund(payment, _quoteOf(payment, 0, YEARLY_QUOTA / 2, 1));
        quote = _quoteOf(payment, 1, YEARLY_QUOTA / 2, 1);
        _expectRefundRefused(payment, quote, EscrowReverts.amountExceeds(1, 0));
        assertEq(_remainingQuota(), YEARLY_QUOTA / 2);
        assertEq(eur.balanceOf(payer), 100_000_00 - YEARLY_QUOTA / 2);
    }

    /// @notice Neither does the payer get more than it paid, nor does the merchant give more than it got.
    function test_a_colluding_dealer_carries_back_no_more_than_came() public balanced {
        Payment memory payment = _openTwoCurrencies();
        _capture(payment, 100_00);
        _mint(hkdBank, merchant, 10_000_00);
        RefundQuote memory quote = _quoteOf(payment, 0, 100_00, 850_01);
        _expectRefundRefused(payment, quote, EscrowReverts.amountExceeds(850_01, 850_00));
        quote = _quoteOf(payment, 0, 100_01, 850_00);
        _expectRefundRefused(payment, quote, EscrowReverts.amountExceeds(100_01, 100_00));
        _refund(payment, _quoteOf(payment, 0, 100_00, 850_00));
        _expectRefundRefused(payment, _quoteOf(payment, 850_00, 1, 1), EscrowReverts.amountExceeds(1, 0));
        _assertMoney(100_000_00, 10_000_00, 0, STOCK);
        assertEq(_remainingQuota(), YEARLY_QUOTA);
    }

    /* PARTIES WITH TWO PARTS */

    /// @notice Who delivers must look at the operator; once captured, nothing comes back without the merchant.
    function test_a_payer_as_its_own_operator_takes_back_only_what_it_did_not_capture() public balanced {
        Payment memory payment = _twoCurrencies();
        payment.operator = payer;
        bytes32 id = _open(payment);
        _capture(payment, 30_00);
        _void(payment);
        _assertMoney(99_970_00, 255_00, 30_00, STOCK - 255_00);
        _assertState(id, PaymentStatus.Voided, 30_00, 0);

        bytes memory voided = _wrongStatus(payment, PaymentStatus.Voided, PaymentStatus.Authorized);
        _refused(payer, abi.encodeCall(escrow.void, (payment)), voided);
        bytes memory refund = abi.encodeCall(escrow.refund, (payment, _quote(payment, 0, 30_00), ""));
        _refused(payer, refund, EscrowReverts.notAllowed(payer, merchant));
    }

    /// @notice The payer signed that operator, which would capture at once and ship nothing.
    function test_a_merchant_as_its_own_operator_is_stopped_by_a_dispute() public balanced {
        Payment memory payment = _disputable();
        payment.operator = merchant;
        payment.captureFrom = uint40(block.timestamp + 1 days);
        bytes32 id = _open(payment);
        _expectCaptureRefused(payment, 100_00, EscrowReverts.tooEarly(block.timestamp, payment.captureFrom));
        vm.warp(payment.captureFrom - 1);
        _dispute(payment);
        vm.warp(payment.captureFrom);
        _expectCaptureRefused(payment, 100_00, _wrongStatus(payment, PaymentStatus.Disputed, PaymentStatus.Authorized));
        _resolve(payment, 0);
        _assertUntouched();
        _assertState(id, PaymentStatus.Resolved, 0, 0);
    }

    /// @notice Nearly all goes to the payer's own account in the merchant's zone, and the whole amount counts.
    function test_a_fee_to_the_payer_itself_counts_as_paid_abroad() public balanced {
        _onboard(hkdBank, payer, CustomerCategory.Retail, HONG_KONG, 2020);
        Payment memory payment = _twoCurrencies();
        (payment.feeBps, payment.feeReceiver) = (9_999, payer);
        _open(payment);
        _capture(payment, 100_00);
        assertEq(hkd.balanceOf(payer), 849_91);
        assertEq(hkd.balanceOf(merchant), 9);
        assertEq(_remainingQuota(), YEARLY_QUOTA - 100_00);
    }

    /* TIME IN ONE HAND */

    /// @notice The payer lets the rate decide whether it releases; the dealer waits until resolveBy at the longest.
    function test_a_dispute_as_an_option_on_the_rate_leaves_the_dealer_one_whole_side() public balanced {
        Payment memory payment = _openDisputable();
        vm.warp(payment.captureBy - 1);
        _dispute(payment);
        vm.warp(payment.resolveBy - 1);
        uint256 state = vm.snapshotState();
        _release(payment);
        _assertMoney(99_900_00, 841_50, 100_00, STOCK - 850_00);

        vm.revertToState(state);
        vm.warp(payment.resolveBy);
        _refused(payer, abi.encodeCall(escrow.release, (payment)), _tooLate(payment.resolveBy, payment.resolveBy));
        vm.prank(dealer);
        escrow.reclaim(payment);
        _assertUntouched();
    }

    /// @notice The dealer takes its signer's word back before authorizeBy, and after it there is none.
    function test_an_operator_that_waits_with_signatures_can_be_left_without() public balanced {
        (address signer, uint256 signerKey) = makeAddrAndKey("the dealer's signer");
        vm.prank(dealer);
        escrow.setDealerSigner(signer, true);
        Payment memory payment = _twoCurrencies();
        payment.authorizeBy = payment.captureBy;
        bytes32 id = escrow.paymentId(payment);
        vm.warp(payment.authorizeBy - 1);
        vm.prank(dealer);
        escrow.setDealerSigner(signer, false);
        bytes memory invalid = EscrowReverts.invalidSignature(dealer, id);
        _expectRefused(payment, _payerSignature(payment), _sign(signerKey, id), _noApproval(), invalid);
        vm.warp(payment.authorizeBy);
        _expectRefused(payment, _tooLate(payment.authorizeBy, payment.authorizeBy));
    }

    /// @dev The whole quota, captured for one cent.
    function _openForOneCent() private returns (Payment memory payment) {
        payment = _twoCurrencies();
        (payment.sourceAmount, payment.targetAmount) = (YEARLY_QUOTA, 1);
        _open(payment);
        _capture(payment, YEARLY_QUOTA);
    }
}
