// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/EscrowSystem.sol";
import {HostilePolicy} from "../support/mocks/HostilePolicy.sol";
import {HostileToken} from "../support/mocks/HostileToken.sol";

contract EscrowVoidReclaimTest is EscrowSystem {
    /// @dev From zone 1 to zone 2 in the year 2026.
    uint32 private constant REF_2026 = 0x010207ea;
    /// @dev 2027-01-01 00:00 UTC.
    uint256 private constant NEW_YEAR = 1_798_761_600;
    bytes4 private constant LEGAL = "LEGL";

    /* VOID */

    function test_void_gives_both_sides_back() public balanced {
        Payment memory payment = _openTwoCurrencies();
        bytes32 id = escrow.paymentId(payment);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentVoided(id, 100_00, 850_00);
        _void(payment);
        _assertState(id, PaymentStatus.Voided, 0, 0);
        _assertAsBefore();
    }

    function test_void_gives_back_what_was_not_captured() public balanced {
        Payment memory payment = _openTwoCurrencies();
        bytes32 id = escrow.paymentId(payment);
        _capture(payment, 33_33);
        vm.expectEmit(address(escrow));
        // 850.00 less floor(283.305).
        emit ISettlementEscrow.PaymentVoided(id, 66_67, 566_70);
        _void(payment);
        _assertState(id, PaymentStatus.Voided, 33_33, 0);
        assertEq(eur.balanceOf(payer), 100_000_00 - 33_33);
        assertEq(hkd.balanceOf(merchant), 283_30);
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK - 283_30);
        assertEq(escrow.inventoryOf(dealer, address(eur)), 33_33);
        assertEq(_remainingQuota(), YEARLY_QUOTA - 33_33);
    }

    function test_void_in_one_currency() public balanced {
        Payment memory payment = _openOneCurrency();
        bytes32 id = escrow.paymentId(payment);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentVoided(id, 100_00, 100_00);
        _void(payment);
        assertEq(eur.balanceOf(payer), 100_000_00);
        assertEq(escrow.inventoryOf(address(0), address(eur)), 0);
    }

    function test_void_by_the_merchant() public balanced {
        Payment memory payment = _openTwoCurrencies();
        vm.prank(merchant);
        escrow.void(payment);
        _assertAsBefore();
    }

    function test_void_by_nobody_else() public balanced {
        Payment memory payment = _openTwoCurrencies();
        address[5] memory others = [payer, dealer, feeReceiver, hkNeighbour, stranger];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(EscrowReverts.notAllowed(others[i], operator));
            vm.prank(others[i]);
            escrow.void(payment);
        }
    }

    function test_void_at_any_time() public balanced {
        Payment memory payment = _twoCurrencies();
        payment.captureFrom = payment.captureBy;
        _open(payment);
        _void(payment);
        payment.uetr = bytes16(uint128(1));
        _open(payment);
        vm.warp(payment.refundBy + 1);
        _void(payment);
        _assertAsBefore();
    }

    function test_void_needs_an_authorized_payment() public balanced {
        Payment memory payment = _twoCurrencies();
        _expectNotVoidable(payment, PaymentStatus.None);
        _open(payment);
        _void(payment);
        _expectNotVoidable(payment, PaymentStatus.Voided);
        payment.uetr = bytes16(uint128(1));
        _open(payment);
        _capture(payment, 100_00);
        _expectNotVoidable(payment, PaymentStatus.Captured);
        payment.uetr = bytes16(uint128(2));
        _open(payment);
        vm.warp(payment.captureBy);
        escrow.reclaim(payment);
        _expectNotVoidable(payment, PaymentStatus.Reclaimed);
    }

    /* RECLAIM */

    function test_reclaim_by_anyone_gives_both_sides_back() public balanced {
        Payment memory payment = _openTwoCurrencies();
        bytes32 id = escrow.paymentId(payment);
        vm.warp(payment.captureBy);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentReclaimed(id, 100_00, 850_00);
        vm.prank(stranger);
        escrow.reclaim(payment);
        _assertState(id, PaymentStatus.Reclaimed, 0, 0);
        _assertAsBefore();
    }

    function test_reclaim_gives_back_what_was_not_captured() public balanced {
        Payment memory payment = _openTwoCurrencies();
        bytes32 id = escrow.paymentId(payment);
        _capture(payment, 33_33);
        vm.warp(payment.captureBy);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentReclaimed(id, 66_67, 566_70);
        escrow.reclaim(payment);
        _assertState(id, PaymentStatus.Reclaimed, 33_33, 0);
        assertEq(eur.balanceOf(payer), 100_000_00 - 33_33);
        assertEq(_remainingQuota(), YEARLY_QUOTA - 33_33);
    }

    function test_reclaim_from_captureBy() public balanced {
        Payment memory payment = _openTwoCurrencies();
        vm.warp(payment.captureBy - 1);
        vm.expectRevert(EscrowReverts.tooEarly(payment.captureBy - 1, payment.captureBy));
        escrow.reclaim(payment);

        uint256 before = vm.snapshotState();
        vm.warp(payment.captureBy);
        escrow.reclaim(payment);
        vm.revertToState(before);
        vm.warp(payment.captureBy + 1);
        escrow.reclaim(payment);
        _assertAsBefore();
    }

    function test_reclaim_needs_an_authorized_payment() public balanced {
        Payment memory payment = _twoCurrencies();
        _expectNotReclaimable(payment, PaymentStatus.None);
        _open(payment);
        _void(payment);
        _expectNotReclaimable(payment, PaymentStatus.Voided);
        payment.uetr = bytes16(uint128(1));
        _open(payment);
        _capture(payment, 100_00);
        _expectNotReclaimable(payment, PaymentStatus.Captured);
        payment.uetr = bytes16(uint128(2));
        _open(payment);
        vm.warp(payment.captureBy);
        escrow.reclaim(payment);
        _expectNotReclaimable(payment, PaymentStatus.Reclaimed);
    }

    /* QUOTA */

    function test_quota_comes_back_with_the_money() public balanced {
        Payment memory payment = _openTwoCurrencies();
        vm.expectEmit(address(eurBank.policy));
        emit ICorridorPolicy.QuotaRestored(address(eur), PAYER_CUSTOMER, REF_2026, 100_00, 0);
        _void(payment);
    }

    function test_quota_comes_back_to_the_customer_of_a_lapsed_or_blocked_wallet() public balanced {
        Payment memory payment = _openTwoCurrencies();
        eurBank.registry.blockWallet(payer, LEGAL);
        _void(payment);
        eurBank.registry.unblockWallet(payer);
        payment.uetr = bytes16(uint128(1));
        _open(payment);
        eurBank.registry.revoke(payer);
        _void(payment);
        assertEq(_remainingQuota(), YEARLY_QUOTA);
    }

    function test_quota_comes_back_while_token_and_escrow_are_stopped() public balanced {
        Payment memory payment = _openTwoCurrencies();
        eur.pause();
        eur.stopSystemAccount(address(escrow));
        _void(payment);
        assertEq(_remainingQuota(), YEARLY_QUOTA);
    }

    function test_quota_stays_used_once_the_policy_was_replaced() public balanced {
        Payment memory payment = _openTwoCurrencies();
        eur.setPolicy(address(hkdBank.policy));
        eur.setPolicy(address(eurBank.policy));
        vm.recordLogs();
        _void(payment);
        // PaymentVoided and Transfer.
        assertEq(vm.getRecordedLogs().length, 2);
        assertEq(_remainingQuota(), YEARLY_QUOTA - 100_00);
        assertEq(eur.balanceOf(payer), 100_000_00);
    }

    function test_quota_of_the_last_year_frees_nothing_of_this_one() public balanced {
        vm.warp(NEW_YEAR - 1 days);
        Payment memory payment = _openTwoCurrencies();
        vm.warp(NEW_YEAR);
        Payment memory next = _twoCurrencies();
        next.sourceAmount = YEARLY_QUOTA;
        _open(next);
        _void(payment);
        assertEq(_remainingQuota(), 0);
        assertEq(eur.balanceOf(payer), 100_000_00 - YEARLY_QUOTA);
    }

    function test_a_policy_cannot_keep_the_money() public balanced {
        HostilePolicy policy = new HostilePolicy();
        eur.setPolicy(address(policy));
        HostilePolicy.Trick[3] memory tricks =
            [HostilePolicy.Trick.Refuse, HostilePolicy.Trick.BurnGas, HostilePolicy.Trick.AnswerHuge];
        for (uint256 i = 0; i < tricks.length; ++i) {
            Payment memory payment = _twoCurrencies();
            payment.uetr = bytes16(uint128(i + 1));
            bytes32 id = _open(payment);
            policy.setTrick(tricks[i]);
            // A huge answer to a call that expects none is no failure.
            if (tricks[i] != HostilePolicy.Trick.AnswerHuge) {
                vm.expectEmit(address(escrow));
                emit ISettlementEscrow.QuotaNotRestored(id, 100_00);
            }
            _void(payment);
            _assertState(id, PaymentStatus.Voided, 0, 0);
            assertEq(eur.balanceOf(payer), 100_000_00);
        }
    }

    function test_a_source_token_cannot_keep_the_dealers_side() public balanced {
        hostile.give(payer, 100_00);
        hostile.setConsumption(1, 1);
        bytes4 restore = IDepositTokenMain.restoreQuota.selector;
        HostileToken.Trick[3] memory tricks = [
            HostileToken.Trick(HostileToken.Kind.Refuse, false, 0, 0),
            HostileToken.Trick(HostileToken.Kind.Refuse, false, 0, 30_000),
            HostileToken.Trick(HostileToken.Kind.BurnGas, false, 0, 0)
        ];
        for (uint256 i = 0; i < tricks.length; ++i) {
            Payment memory payment = _outOfHostile();
            payment.uetr = bytes16(uint128(i + 1));
            bytes32 id = _open(payment);
            hostile.setTrick(restore, tricks[i]);
            vm.warp(payment.captureBy);
            vm.expectEmit(address(escrow));
            emit ISettlementEscrow.QuotaNotRestored(id, 100_00);
            escrow.reclaim(payment);
            assertEq(hostile.balanceOf(payer), 100_00);
            assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK);
        }
    }

    /* NOBODY'S GOOD WILL */

    function test_a_dead_registry_stops_neither() public balanced {
        Payment memory payment = _openTwoCurrencies();
        vm.mockCallRevert(address(eurBank.registry), bytes(""), "dead");
        vm.mockCallRevert(address(hkdBank.registry), bytes(""), "dead");
        _void(payment);
        assertEq(eur.balanceOf(payer) + escrow.claimableOf(address(eur), payer), 100_000_00);
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK);
        assertEq(_remainingQuota(), YEARLY_QUOTA, "the policy knows the payer's customer");
    }

    function test_a_replaced_registry_that_is_dead_stops_neither() public balanced {
        Payment memory payment = _openTwoCurrencies();
        bytes32 id = escrow.paymentId(payment);
        IAllowlistRegistry next = _newAllowlistRegistry(address(eurBank.manager), eurBank.registry);
        next.subscribe(address(eur));
        eur.setRegistry(address(next));
        vm.mockCallRevert(address(next), bytes(""), "dead");
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.QuotaNotRestored(id, 100_00);
        _void(payment);
        assertEq(escrow.claimableOf(address(eur), payer), 100_00);
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK);
    }

    function test_pause_and_stop_of_both_tokens_stop_neither() public balanced {
        Payment memory payment = _openTwoCurrencies();
        _stopEverything();
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.ClaimableAdded(address(eur), payer, 100_00, TokenReverts.tokenPaused());
        _void(payment);
        eur.unpause();
        escrow.claim(address(eur), payer);
        _assertAsBefore();
    }

    function test_a_payer_who_cannot_receive_is_owed_it() public balanced {
        Payment memory payment = _openTwoCurrencies();
        eurBank.registry.blockWallet(payer, LEGAL);
        vm.warp(payment.captureBy);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.ClaimableAdded(address(eur), payer, 100_00, TokenReverts.cannotReceive(payer));
        escrow.reclaim(payment);
        assertEq(escrow.claimableOf(address(eur), payer), 100_00);
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK);
        assertEq(_remainingQuota(), YEARLY_QUOTA);
    }

    function test_a_blocked_dealer_has_its_side_in_its_inventory() public balanced {
        Payment memory payment = _openTwoCurrencies();
        hkdBank.registry.blockWallet(dealer, LEGAL);
        _void(payment);
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK);
    }

    function test_a_blocked_merchant_can_still_void() public balanced {
        Payment memory payment = _openTwoCurrencies();
        hkdBank.registry.blockWallet(merchant, LEGAL);
        vm.prank(merchant);
        escrow.void(payment);
        _assertAsBefore();
    }

    function test_the_target_token_is_not_asked() public balanced {
        _stockHostile(850_00);
        Payment memory payment = _intoHostile();
        _open(payment);
        vm.mockCallRevert(address(hostile), bytes(""), "dead");
        _void(payment);
        vm.clearMockedCalls();
        assertEq(eur.balanceOf(payer), 100_000_00);
        assertEq(escrow.inventoryOf(dealer, address(hostile)), 850_00);
    }

    /* HELP */

    function _stopEverything() private {
        eur.pause();
        hkd.pause();
        eur.stopSystemAccount(address(escrow));
        hkd.stopSystemAccount(address(escrow));
        eur.setAccepted(address(hkd), false);
        hkd.setAccepted(address(eur), false);
    }

    function _assertAsBefore() private view {
        assertEq(eur.balanceOf(payer), 100_000_00, "payer");
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK, "dealer");
        assertEq(escrow.inventoryOf(dealer, address(eur)), 0, "dealer's source side");
        assertEq(_remainingQuota(), YEARLY_QUOTA, "quota");
        assertEq(IERC20(eur).balanceOf(address(escrow)), 0, "escrow");
    }

    function _expectNotVoidable(Payment memory payment, PaymentStatus found) private {
        bytes memory refusal = _wrongStatus(payment, found);
        vm.expectRevert(refusal);
        vm.prank(operator);
        escrow.void(payment);
        vm.expectRevert(refusal);
        vm.prank(payment.merchant);
        escrow.void(payment);
    }

    function _expectNotReclaimable(Payment memory payment, PaymentStatus found) private {
        vm.expectRevert(_wrongStatus(payment, found));
        escrow.reclaim(payment);
    }

    function _wrongStatus(Payment memory payment, PaymentStatus found) private view returns (bytes memory) {
        return EscrowReverts.wrongStatus(escrow.paymentId(payment), found, PaymentStatus.Authorized);
    }
}
