// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./EscrowAttacks.sol";

/// @notice Somebody under a legal block, or about to be, tries to get money past it through the escrow.
contract BlockEvasionAttacksTest is EscrowAttacks {
    address private secondWallet = makeAddr("the payer's second wallet");
    address private suspense = makeAddr("suspense");

    function setUp() public override {
        super.setUp();
        _onboard(eurBank, secondWallet, CustomerCategory.Retail, GERMANY, PAYER_CUSTOMER);
        _onboard(eurBank, suspense, CustomerCategory.Institution, GERMANY, 1010);
        _onboard(hkdBank, suspense, CustomerCategory.Institution, HONG_KONG, 2010);
        eur.setSuspenseAccount(suspense);
        hkd.setSuspenseAccount(suspense);
        _watch(secondWallet);
        _watch(suspense);
    }

    /* PAYER */

    /// @notice Nothing leaves but back to the payer, where its bank's block holds it.
    function test_a_blocked_payer_and_all_its_friends_bring_out_nothing() public balanced {
        Payment memory payment = _openDisputable();
        bytes32 id = escrow.paymentId(payment);
        bytes memory signature = _sign(payerKey, escrow.releaseDigest(id, payment.resolveBy));
        bytes memory release = abi.encodeCall(escrow.releaseWithSignature, (payment, payment.resolveBy, signature));
        _capture(payment, 40_00);
        uint256 toFriend = hkd.balanceOf(feeReceiver);
        eurBank.registry.blockCustomer(PAYER_CUSTOMER, LEGAL);

        bytes memory refusal = EscrowReverts.payerBlocked(payer);
        _expectCaptureRefused(payment, 1, refusal);
        _refused(payer, abi.encodeCall(escrow.release, (payment)), refusal);
        _refused(stranger, release, refusal);
        _dispute(payment);
        _refused(arbiter, abi.encodeCall(escrow.resolve, (payment, 60_00)), refusal);
        _refused(arbiter, abi.encodeCall(escrow.resolve, (payment, 1)), refusal);
        _refused(stranger, release, refusal);

        _resolve(payment, 0);
        _refund(payment, _quote(payment, 0, 30_00));
        _assertState(id, PaymentStatus.Resolved, 40_00, 255_00);
        assertEq(escrow.claimableOf(address(eur), payer), 90_00, "rest and refund are owed to the payer");
        _refused(stranger, _claim(eur, payer), TokenReverts.cannotReceive(payer));
        bytes memory nothing = EscrowReverts.nothingToClaim(address(eur), secondWallet);
        _refused(stranger, _claim(eur, secondWallet), nothing);
        // The merchant had 336.60 and gave back what it refunded.
        _assertMoney(99_900_00, 81_60, 10_00, STOCK - 340_00 + 255_00);
        assertEq(hkd.balanceOf(feeReceiver), toFriend);
    }

    /// @notice The payment ahead would have needed an earlier block, the one behind pays nobody.
    function test_a_payer_that_runs_ahead_of_its_block_keeps_nothing_moving_behind_it() public balanced {
        _release(_openDisputable());
        Payment memory behind = _openTwoCurrencies();
        eurBank.registry.blockWallet(payer, LEGAL);
        bytes memory refusal = EscrowReverts.payerBlocked(payer);
        _expectCaptureRefused(behind, 100_00, refusal);
        vm.warp(behind.captureBy - 1);
        _expectCaptureRefused(behind, 100_00, refusal);
        vm.warp(behind.captureBy);
        escrow.reclaim(behind);
        assertEq(escrow.claimableOf(address(eur), payer), 100_00);
        // The dealer waits for nobody.
        _assertMoney(99_800_00, 841_50, 100_00, STOCK - 850_00);
    }

    function test_a_gap_between_two_blocks_opens_only_itself() public balanced {
        Payment memory payment = _openTwoCurrencies();
        bytes memory refusal = EscrowReverts.payerBlocked(payer);
        eurBank.registry.blockWallet(payer, LEGAL);
        _expectCaptureRefused(payment, 10_00, refusal);
        eurBank.registry.unblockWallet(payer);
        _capture(payment, 10_00);
        eurBank.registry.blockCustomer(PAYER_CUSTOMER, LEGAL);
        _expectCaptureRefused(payment, 10_00, refusal);
        assertEq(hkd.balanceOf(merchant), 85_00);
        _assertState(escrow.paymentId(payment), PaymentStatus.Authorized, 10_00, 0);
    }

    /// @notice It stays there, beyond `forcedTransfer`, and when a friend voids, the bank has it.
    function test_money_parked_in_an_endless_payment_serves_nobody_under_a_block() public balanced {
        Payment memory payment = _twoCurrencies();
        (payment.captureBy, payment.resolveBy) = (type(uint40).max, type(uint40).max);
        payment.refundBy = type(uint40).max;
        _open(payment);
        eurBank.registry.blockWallet(payer, LEGAL);
        vm.expectRevert(TokenReverts.systemAccountClosed(address(escrow), address(this), SystemStatus.Active));
        eur.forcedTransfer(address(escrow), suspense, 100_00);

        vm.warp(block.timestamp + 3650 days);
        _expectCaptureRefused(payment, 1, EscrowReverts.payerBlocked(payer));
        bytes memory tooEarly = EscrowReverts.tooEarly(block.timestamp, type(uint40).max);
        _refused(stranger, abi.encodeCall(escrow.reclaim, (payment)), tooEarly);
        _void(payment);
        assertEq(escrow.claimableOf(address(eur), payer), 100_00);
        eurBank.registry.renew(suspense, type(uint40).max);
        escrow.divertClaim(address(eur), payer, suspense);
        escrow.claim(address(eur), suspense);
        assertEq(eur.balanceOf(suspense), 100_00);
    }

    /* DEALER */

    /// @notice By none of its acts: the bank turns it into a claim and sends that where it decides.
    function test_a_blocked_dealers_inventory_serves_nobody() public balanced {
        Payment memory payment = _openTwoCurrencies();
        _capture(payment, 100_00);
        (address helper, uint256 helperKey) = makeAddrAndKey("the dealer's helper");
        vm.prank(dealer);
        escrow.setDealerSigner(helper, true);
        hkdBank.registry.blockWallet(dealer, LEGAL);

        _refused(dealer, abi.encodeCall(escrow.withdraw, (address(hkd), 1)), EscrowReverts.ownerBlocked(dealer));
        Payment memory next = _twoCurrencies();
        next.remittanceHash = keccak256("next");
        bytes memory notDealer = TokenReverts.notDealer(dealer, 0, CustomerCategory.Dealer);
        _expectRefused(next, notDealer);
        bytes memory helperSignature = _sign(helperKey, escrow.paymentId(next));
        _expectRefused(next, _payerSignature(next), helperSignature, _noApproval(), notDealer);
        // Euros out of its inventory to a payer, for Hong Kong dollars that it could not withdraw: not even that.
        _expectRefundRefused(payment, _quote(payment, 0, 10_00), notDealer);

        escrow.divertInventory(address(hkd), dealer);
        escrow.divertClaim(address(hkd), dealer, suspense);
        escrow.claim(address(hkd), suspense);
        assertEq(hkd.balanceOf(suspense), STOCK - 850_00);
        // The other bank has its own say.
        _assertMoney(99_900_00, 850_00, 100_00, 0);
    }

    function test_a_dealer_that_withdraws_ahead_of_its_block_carries_it_to_the_bank() public balanced {
        vm.startPrank(dealer);
        escrow.withdraw(address(hkd), STOCK);
        hkd.approve(address(escrow), STOCK);
        vm.stopPrank();
        hkdBank.registry.blockCustomer(2003, LEGAL);
        bytes memory cannotSend = TokenReverts.cannotSend(dealer);
        _refused(dealer, address(hkd), abi.encodeCall(hkd.transfer, (hkNeighbour, 1)), cannotSend);
        bytes memory notDealer = TokenReverts.notDealer(dealer, 0, CustomerCategory.Dealer);
        _refused(dealer, abi.encodeCall(escrow.deposit, (address(hkd), STOCK)), notDealer);
        hkd.forcedTransfer(dealer, suspense, STOCK);
        assertEq(hkd.balanceOf(suspense), STOCK);
    }

    /// @notice To an accomplice, for a token of its own making: no more than a transfer would have given.
    function test_a_dealer_that_commits_ahead_of_its_block_gives_away_only_that() public balanced {
        hostile.give(payer, 200_00);
        Payment memory payment = _outOfHostile();
        _open(payment);
        hkdBank.registry.blockWallet(dealer, LEGAL);
        escrow.divertInventory(address(hkd), dealer);
        assertEq(escrow.claimableOf(address(hkd), dealer), STOCK - 850_00);

        _capture(payment, 100_00);
        // As an open payment must: the merchant may know nothing of it.
        _assertMoney(100_000_00, 850_00, 0, 0);
        payment.remittanceHash = keccak256("another");
        _expectRefused(payment, TokenReverts.notDealer(dealer, 0, CustomerCategory.Dealer));
    }

    /* MERCHANT */

    /// @notice It is owed what is captured, and gives back what is held.
    function test_a_blocked_merchant_takes_out_nothing() public balanced {
        Payment memory payment = _openTwoCurrencies();
        _capture(payment, 40_00);
        hkdBank.registry.blockWallet(merchant, LEGAL);
        _capture(payment, 20_00);
        assertEq(escrow.claimableOf(address(hkd), merchant), 170_00);
        _refused(stranger, _claim(hkd, merchant), TokenReverts.cannotReceive(merchant));
        // A refund would send its money to a dealer: that is a transfer like any other.
        _expectRefundRefused(payment, _quote(payment, 0, 10_00), TokenReverts.cannotSend(merchant));
        vm.prank(merchant);
        escrow.void(payment);
        _assertMoney(99_940_00, 340_00, 60_00, STOCK - 510_00);
    }

    function _claim(IDepositToken token, address owner) private view returns (bytes memory) {
        return abi.encodeCall(escrow.claim, (address(token), owner));
    }
}
