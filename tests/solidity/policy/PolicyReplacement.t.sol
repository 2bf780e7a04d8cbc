// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/PaymentInFlight.sol";

/// @notice The payer's bank follows other rules while its customers pay.
contract PolicyReplacementTest is PaymentInFlight {
    ICorridorPolicy private next;

    function setUp() public override {
        super.setUp();
        next = newCorridorPolicy(address(eurBank.manager));
        next.setCorridor(address(eur), EEA, HK, _corridor(Period.Year, YEARLY_QUOTA));
    }

    function test_payment_counted_before_gives_nothing_back() public balanced {
        eur.setPolicy(address(next));
        _open(_numbered(_twoCurrencies(), 1));
        vm.recordLogs();
        uint256 state = vm.snapshotState();
        _void(payment);
        assertEq(eur.balanceOf(payer), 100_000_00 - 100_00 - 40_00);
        _assertCountedOnce();

        vm.revertToState(state);
        _refund(payment, _quote(payment, 0, 40_00));
        vm.warp(payment.captureBy);
        escrow.reclaim(payment);
        _assertState(id, PaymentStatus.Reclaimed, 40_00, 340_00);
        assertEq(eur.balanceOf(payer), 100_000_00 - 100_00);
        _assertCountedOnce();
    }

    /// @dev One payment in each policy.
    function _assertCountedOnce() private {
        _assertNoQuotaMoved();
        assertEq(_remaining(next), YEARLY_QUOTA - 100_00);
        assertEq(_remaining(eurBank.policy), YEARLY_QUOTA - 100_00);
    }

    function test_payments_after_it_count_in_the_new_policy() public balanced {
        vm.expectEmit(address(eur));
        emit IDepositTokenCore.PolicySet(address(next), 2);
        eur.setPolicy(address(next));
        assertEq(eur.policyGeneration(), 2);
        assertEq(_remaining(next), YEARLY_QUOTA);
        Payment memory later = _numbered(_twoCurrencies(), 1);
        _open(later);
        assertEq(escrow.paymentState(id).policyGeneration, 1);
        assertEq(escrow.paymentState(escrow.paymentId(later)).policyGeneration, 2);
        assertEq(_remaining(next), YEARLY_QUOTA - 100_00);
        assertEq(_remaining(eurBank.policy), YEARLY_QUOTA - 100_00, "the old one's count stands still");
        _capture(later, 30_00);
        _void(later);
        assertEq(_remaining(next), YEARLY_QUOTA - 30_00);

        next.setCorridor(address(eur), EEA, HK, _corridor(Period.Year, 100_00));
        _expectRefused(_numbered(_twoCurrencies(), 2), PolicyReverts.quotaExceeded(PAYER_CUSTOMER, 100_00, 70_00));
    }

    function test_corridor_that_the_new_policy_closes_stops_new_payments_only() public balanced {
        Payment memory second = _numbered(_twoCurrencies(), 1);
        _open(second);
        Corridor memory closed = _corridor(Period.Year, YEARLY_QUOTA);
        closed.open = false;
        next.setCorridor(address(eur), EEA, HK, closed);
        eur.setPolicy(address(next));

        _expectRefused(_numbered(_twoCurrencies(), 2), PolicyReverts.corridorClosed(address(eur), EEA, HK));
        _capture(payment, 60_00);
        _refund(payment, _quote(payment, 0, 100_00));
        _assertState(id, PaymentStatus.Captured, 100_00, 850_00);
        _void(second);
        assertEq(eur.balanceOf(payer), 100_000_00);
    }

    /// @dev A policy that is taken up again is a generation of its own: its old counts are not given back any more.
    function test_way_back_to_the_first_policy_revives_no_generation() public balanced {
        eur.setPolicy(address(next));
        eur.setPolicy(address(eurBank.policy));
        assertEq(eur.policyGeneration(), 3);
        vm.recordLogs();
        _void(payment);
        _assertNoQuotaMoved();
        assertEq(_remaining(eurBank.policy), YEARLY_QUOTA - 100_00);
    }

    function test_direct_transfers_follow_the_new_policy_at_once() public {
        eurBank.registry.register(merchant, CustomerCategory.Merchant, HONG_KONG, REVIEWED_UNTIL, 1020);
        _refuseTransfer(merchant, TokenReverts.directTransferClosed(payer, merchant, EEA, HK));
        Corridor memory direct = _corridor(Period.Year, YEARLY_QUOTA);
        direct.directTransfers = true;
        next.setCorridor(address(eur), EEA, HK, direct);
        eur.setPolicy(address(next));
        _transfer(merchant);
    }

    /* HELPERS */

    function _remaining(ICorridorPolicy policy) private view returns (uint104) {
        return policy.remainingQuota(address(eur), EEA, HK, PAYER_CUSTOMER);
    }
}
