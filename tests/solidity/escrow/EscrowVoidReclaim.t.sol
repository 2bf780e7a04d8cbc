// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/EscrowActs.sol";

/// @notice What goes back, and that it does so whatever anybody wishes; {EscrowStatesTest} says who may send it, and
/// when.
contract EscrowVoidReclaimTest is EscrowActs {
    /* EFFECT */

    /// @dev 850.00 less floor(283.305).
    function test_each_gives_back_what_was_not_captured_disputed_or_not() public balanced {
        Payment memory payment = _openDisputable();
        bytes32 id = escrow.paymentId(payment);
        bytes[2] memory acts = [abi.encodeCall(escrow.void, (payment)), abi.encodeCall(escrow.reclaim, (payment))];
        _capture(payment, 33_33);
        uint256 before = vm.snapshotState();
        for (uint256 i = 0; i < 4; ++i) {
            (bool disputed, bool reclaimed) = (i % 2 == 1, i > 1);
            if (disputed) _dispute(payment);
            if (reclaimed) vm.warp(disputed ? payment.resolveBy : payment.captureBy);
            vm.expectEmit(address(escrow));
            if (reclaimed) emit ISettlementEscrow.PaymentReclaimed(id, 66_67, 566_70);
            else emit ISettlementEscrow.PaymentVoided(id, 66_67, 566_70);
            _done(reclaimed ? stranger : merchant, acts[i / 2]);
            PaymentStatus status = reclaimed ? PaymentStatus.Reclaimed : PaymentStatus.Voided;
            _assertFigures(payment, status, 33_33, 283_30, 2_83);
            vm.revertToState(before);
        }
    }

    /* QUOTA */

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
        address policy = address(eurBank.policy);
        bytes memory restore = bytes.concat(ICorridorPolicy.restore.selector);

        Payment memory payment = _openNumbered(0);
        vm.mockCallRevert(policy, restore, "the quota stays used");
        _expectQuotaNotRestored(payment);
        _assertGoesBack(payment);

        payment = _openNumbered(1);
        address burning = makeAddr("burns all gas");
        vm.etch(burning, hex"fe");
        vm.mockFunction(policy, burning, restore);
        _expectQuotaNotRestored(payment);
        _assertGoesBack(payment);

        // A huge answer to a call that expects none is no failure.
        payment = _openNumbered(2);
        vm.mockCall(policy, restore, new bytes(100_000));
        _assertGoesBack(payment);
    }

    function test_a_source_token_cannot_keep_the_dealers_side() public balanced {
        hostile.give(payer, 100_00);
        hostile.setConsumption(1, 1);
        HostileToken.Kind[3] memory kinds =
            [HostileToken.Kind.Refuse, HostileToken.Kind.Refuse, HostileToken.Kind.BurnGas];
        for (uint256 i = 0; i < kinds.length; ++i) {
            Payment memory payment = _outOfHostile();
            _open(payment);
            _trick(IDepositTokenMain.restoreQuota.selector, kinds[i], false, 0, i * 30_000);
            vm.warp(payment.captureBy);
            _expectQuotaNotRestored(payment);
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

    function test_pause_and_stop_of_both_tokens_and_blocks_stop_neither() public balanced {
        Payment memory payment = _openTwoCurrencies();
        hkdBank.registry.blockWallet(dealer, LEGAL);
        hkdBank.registry.blockWallet(merchant, LEGAL);
        eurBank.registry.blockWallet(payer, LEGAL);
        eur.pause();
        hkd.pause();
        eur.stopSystemAccount(address(escrow));
        hkd.stopSystemAccount(address(escrow));
        eur.setAccepted(address(hkd), false);
        hkd.setAccepted(address(eur), false);
        _expectOwed(eur, payer, 100_00, TokenReverts.tokenPaused());
        _done(merchant, abi.encodeCall(escrow.void, (payment)));
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK);
        eur.unpause();
        eurBank.registry.unblockWallet(payer);
        escrow.claim(address(eur), payer);
        _assertFigures(payment, PaymentStatus.Voided, 0, 0, 0);
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

    function _openNumbered(uint256 number) private returns (Payment memory payment) {
        payment = _numbered(_twoCurrencies(), number);
        _open(payment);
    }

    function _expectQuotaNotRestored(Payment memory payment) private {
        bytes32 id = escrow.paymentId(payment);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.QuotaNotRestored(id, 100_00);
    }

    /// @dev All of it, to the payer; what was mocked is as it was.
    function _assertGoesBack(Payment memory payment) private {
        _void(payment);
        _assertState(escrow.paymentId(payment), PaymentStatus.Voided, 0, 0);
        assertEq(eur.balanceOf(payer), 100_000_00);
        vm.clearMockedCalls();
    }
}
