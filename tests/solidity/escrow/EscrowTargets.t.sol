// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/EscrowActs.sol";

/// @notice Payments of 100.00 EUR whose other side is the payer's own token, another currency of the same bank, or the
/// same currency at another bank. Within the EEA, where no quota counts.
contract EscrowTargetsTest is EscrowActs {
    /* THE PAYER'S OWN TOKEN */

    function test_in_one_currency_every_end_pays_what_it_takes() public balanced {
        Payment memory payment = _disputableInOneCurrency();
        bytes32 id = _open(payment);
        uint256 before = vm.snapshotState();
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentReleased(id, 100_00, 100_00, 1_00);
        _release(payment);
        _assertFigures(payment, PaymentStatus.Captured, 100_00, 100_00, 1_00);
        vm.revertToState(before);
        _capture(payment, 33_33);
        _assertFigures(payment, PaymentStatus.Authorized, 33_33, 33_33, 33);
        before = vm.snapshotState();
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentVoided(id, 66_67, 66_67);
        _void(payment);
        _assertFigures(payment, PaymentStatus.Voided, 33_33, 33_33, 33);
        vm.revertToState(before);
        _dispute(payment);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentResolved(id, 33_33, 33_33, 33, 33_34);
        _resolve(payment, 33_33);
        _assertFigures(payment, PaymentStatus.Resolved, 66_66, 66_66, 66);
    }

    /* ANOTHER CURRENCY, ANOTHER BANK */

    /// @dev 16,255 x 33.33 / 100.00 = 5,417.79, without decimals. One registry answers for both sides.
    function test_another_currency_of_the_same_bank() public balanced {
        _assertSettles(_otherToken(eurBank, "JPY", 0), 16_255, 5_417);
    }

    function test_the_same_currency_at_another_bank() public balanced {
        _onboard(hkdBank, neighbour, CustomerCategory.Merchant, FRANCE, 2010);
        _assertSettles(_otherToken(hkdBank, "EUR", 2), 100_00, 33_33);
    }

    /// @dev The bank's other token is no door around its list of accepted tokens.
    function test_needs_the_banks_acceptance_of_its_own_token() public balanced {
        IDepositToken target = _otherToken(eurBank, "JPY", 0);
        eur.setAccepted(address(target), false);
        _expectRefused(_into(target, 16_255), TokenReverts.tokenNotAccepted(address(target), Acceptance.None));
    }

    /* HELP */

    /// @dev Another token of a bank, which the escrow serves and the euro bank accepts, as it accepts euros; with
    /// 50,000.00 or 5,000,000 in the dealer's inventory.
    function _otherToken(Bank storage bank, bytes3 currency, uint8 decimals) private returns (IDepositToken target) {
        address[3] memory home = [address(bank.manager), address(bank.registry), address(bank.policy)];
        target = newToken("Other Deposit", "OTHd", currency, decimals, home, SUPPLY_CAP);
        bank.registry.subscribe(address(target));
        target.activateSystemAccount(address(escrow));
        target.setMinter(bank.minter, 9001, MINTER_CEILING);
        eur.setAccepted(address(target), true);
        target.setAccepted(address(eur), true);
        target.unpause();
        vm.prank(bank.minter);
        target.mint(dealer, 50_000_00, _entry(9001, 1));
        _deposit(dealer, target, 50_000_00);
    }

    function _into(IDepositToken target, uint104 whole) private view returns (Payment memory payment) {
        payment = _oneCurrency();
        (payment.dealer, payment.targetToken, payment.targetAmount) = (dealer, address(target), whole);
    }

    /// @dev 33.33 EUR pay `third`, all pay `whole`, in parts or at once, and a refund brings both back.
    function _assertSettles(IDepositToken target, uint104 whole, uint104 third) private {
        Payment memory payment = _into(target, whole);
        uint256 before = vm.snapshotState();
        _charge(payment);
        _assertMoved(target, 100_00, whole);
        vm.revertToState(before);
        bytes32 id = _open(payment);
        assertEq(escrow.paymentState(id).quotaRef, 0);
        _capture(payment, 33_33);
        _assertMoved(target, 33_33, third);
        _capture(payment, 66_67);
        _assertMoved(target, 100_00, whole);
        _refund(payment, _quote(payment, 0, 100_00));
        _assertMoved(target, 0, 0);
        assertEq(eur.balanceOf(payer), 100_000_00);
    }

    function _assertMoved(IDepositToken target, uint256 sourceIn, uint256 targetIn) private view {
        assertEq(escrow.inventoryOf(dealer, address(eur)), sourceIn, "dealer's source side");
        assertEq(target.balanceOf(neighbour), targetIn, "merchant");
        _assertExplained(address(target));
    }
}
