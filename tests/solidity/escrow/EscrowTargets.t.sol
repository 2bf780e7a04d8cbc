// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/EscrowActs.sol";

/// @notice What must hold whatever lies on the target side of a payment of 100.00 EUR: another currency of the same
/// bank, the same currency at another bank, or the payer's own token. Within the EEA, where no quota counts.
abstract contract EscrowTargetTest is EscrowActs {
    /// @dev The target side, and what 100.00 EUR, 33.33 EUR and 66.66 EUR of the payment are in it.
    IDepositToken internal target;
    uint104 internal whole;
    uint104 internal third;
    uint104 internal twoThirds;
    /// @dev What the dealer has of the target token in its inventory at first; nothing without a dealer.
    uint256 internal stock;

    /// @dev After the test: the balance of the target token is explained as well.
    modifier explained() {
        _;
        _assertExplained(address(target));
    }

    function test_captures_in_parts_pay_the_exact_whole_and_a_void_gives_back_the_rest() public balanced explained {
        Payment memory payment = _openTerms();
        _assertMoved(payment, 100_00, whole, 0, 0);
        _expectCaptured(payment, 33_33, third);
        _capture(payment, 33_33);
        uint256 before = vm.snapshotState();
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentVoided(escrow.paymentId(payment), 66_67, whole - third);
        _void(payment);
        _assertMoved(payment, 33_33, third, 33_33, third);
        vm.revertToState(before);
        _expectCaptured(payment, 33_33, twoThirds - third);
        _capture(payment, 33_33);
        _assertMoved(payment, 100_00, whole, 66_66, twoThirds);
        _expectCaptured(payment, 33_34, whole - twoThirds);
        _capture(payment, 33_34);
        _assertMoved(payment, 100_00, whole, 100_00, whole);
        assertEq(escrow.paymentState(escrow.paymentId(payment)).quotaRef, 0);
    }

    function test_charge_pays_the_whole_at_once() public balanced explained {
        Payment memory payment = _terms();
        _charge(payment);
        _assertMoved(payment, 100_00, whole, 100_00, whole);
    }

    function test_release_and_resolve_pay_by_the_same_rate() public balanced explained {
        Payment memory payment = _terms();
        (payment.arbiter, payment.resolveBy) = (arbiter, payment.captureBy + 1 days);
        _open(payment);
        uint256 before = vm.snapshotState();
        _dispute(payment);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentResolved(escrow.paymentId(payment), 66_66, twoThirds, 0, 33_34);
        _resolve(payment, 66_66);
        _assertMoved(payment, 66_66, twoThirds, 66_66, twoThirds);
        vm.revertToState(before);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentReleased(escrow.paymentId(payment), 100_00, whole, 0);
        _release(payment);
        _assertMoved(payment, 100_00, whole, 100_00, whole);
    }

    /// @dev Two thirds come back at the payment's own rate, by signature or by allowance, and then exactly the rest.
    function test_refund() public balanced explained {
        Payment memory payment = _openTerms();
        _capture(payment, 100_00);
        uint104 back = 100_00 * twoThirds / whole;
        RefundQuote memory quote = _quoteOf(payment, 0, back, twoThirds);
        uint256 before = vm.snapshotState();
        vm.prank(payment.merchant);
        target.approve(address(escrow), twoThirds);
        _done(payment.merchant, _refunding(payment, quote));
        _assertMoved(payment, 100_00 - back, whole - twoThirds, 100_00 - back, whole - twoThirds);
        vm.revertToState(before);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentRefunded(quote.paymentId, back, twoThirds, payment.dealer);
        _refund(payment, quote);
        _assertMoved(payment, 100_00 - back, whole - twoThirds, 100_00 - back, whole - twoThirds);
        _refund(payment, _quoteOf(payment, twoThirds, 100_00 - back, whole - twoThirds));
        _assertMoved(payment, 0, 0, 0, 0);
    }

    /// @dev Makes another token of a bank one that the escrow serves and the euro bank accepts, as it accepts euros, and
    /// the target: with 5,000,000 minor units in the dealer's inventory.
    function _join(Bank storage bank, bytes3 currency, uint8 decimals) internal {
        address[3] memory home = [address(bank.manager), address(bank.registry), address(bank.policy)];
        target = _newToken("Other Deposit", "OTHd", currency, decimals, home, SUPPLY_CAP);
        bank.registry.subscribe(address(target));
        target.activateSystemAccount(address(escrow));
        target.setMinter(bank.minter, 9001, MINTER_CEILING);
        eur.setAccepted(address(target), true);
        target.setAccepted(address(eur), true);
        target.unpause();
        stock = 50_000_00;
        vm.prank(bank.minter);
        target.mint(dealer, stock, _entry(9001, 1));
        _deposit(dealer, target, stock);
    }

    function _terms() internal view returns (Payment memory payment) {
        payment = _oneCurrency();
        (payment.targetToken, payment.targetAmount) = (address(target), whole);
        if (target != eur) payment.dealer = dealer;
    }

    function _openTerms() internal returns (Payment memory payment) {
        payment = _terms();
        _open(payment);
    }

    function _expectCaptured(Payment memory payment, uint256 sourceAmount, uint256 targetAmount) private {
        bytes32 id = escrow.paymentId(payment);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentCaptured(id, sourceAmount, targetAmount, 0);
    }

    /// @dev What the payer and the dealer's target side are short of, and what the dealer's source side and the merchant
    /// have of it; without a dealer there is nobody's inventory.
    function _assertMoved(
        Payment memory payment,
        uint256 sourceOut,
        uint256 targetOut,
        uint256 sourceIn,
        uint256 targetIn
    ) private view {
        assertEq(eur.balanceOf(payer), 100_000_00 - sourceOut, "payer");
        assertEq(target.balanceOf(payment.merchant), targetIn, "merchant");
        bool dealt = payment.dealer != address(0);
        assertEq(escrow.inventoryOf(payment.dealer, address(eur)), dealt ? sourceIn : 0, "dealer's source side");
        uint256 left = dealt ? stock - targetOut : 0;
        assertEq(escrow.inventoryOf(payment.dealer, address(target)), left, "dealer's target side");
    }
}

/// @notice The payer's own token: no dealer, equal amounts.
contract EscrowToSameTokenTest is EscrowTargetTest {
    function setUp() public override {
        super.setUp();
        target = eur;
        (whole, third, twoThirds) = (100_00, 33_33, 66_66);
    }
}

/// @notice Yen of the euro bank, without decimals: 100.00 EUR for 16,255 JPY. One registry answers for both sides.
contract EscrowToOtherCurrencyTest is EscrowTargetTest {
    function setUp() public override {
        super.setUp();
        _join(eurBank, "JPY", 0);
        // 16,255 x 33.33 / 100.00 = 5,417.79 and twice as much.
        (whole, third, twoThirds) = (16_255, 5_417, 10_835);
    }

    /// @dev The bank's other token is no door around its list of accepted tokens.
    function test_needs_the_banks_acceptance_of_its_own_token() public balanced explained {
        eur.setAccepted(address(target), false);
        _expectRefused(_terms(), TokenReverts.tokenNotAccepted(address(target), Acceptance.None));
    }
}

/// @notice Euros of another bank, at par.
contract EscrowToOtherBankTest is EscrowTargetTest {
    function setUp() public override {
        super.setUp();
        _onboard(hkdBank, neighbour, CustomerCategory.Merchant, FRANCE, 2010);
        _join(hkdBank, "EUR", 2);
        (whole, third, twoThirds) = (100_00, 33_33, 66_66);
    }
}
