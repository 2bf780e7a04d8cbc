// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/EscrowActs.sol";

/// @notice From within each call that the escrow makes, a token tries each guarded function. It is its own operator and
/// merchant, so that nothing but the guard stands in its way where it has a right to act. {EscrowBatchTest} has a token
/// that comes back from within a batch.
contract EscrowReentrancyTest is EscrowActs {
    function setUp() public override {
        super.setUp();
        hostile.give(payer, 100_00);
        hostile.setConsumption(1, 1);
        _watch(address(hostile));
    }

    /* WHAT BEGINS A PAYMENT */

    function test_authorize() public {
        _stockHostile(100_00);
        bytes4 verb = escrow.authorize.selector;
        _assertBegins(IDepositTokenMain.merchantCountryOf.selector, _abroad(), verb, PaymentStatus.Authorized);
        _assertBegins(IDepositTokenMain.openPayment.selector, _own(), verb, PaymentStatus.Authorized);
    }

    function test_charge() public {
        _stockHostile(100_00);
        bytes4 verb = escrow.charge.selector;
        _assertBegins(IDepositTokenMain.chargePayment.selector, _own(), verb, PaymentStatus.Captured);
        _assertBegins(IDepositTokenMain.merchantCountryOf.selector, _abroad(), verb, PaymentStatus.Captured);
        _assertBegins(IERC20.transfer.selector, _abroad(), verb, PaymentStatus.Captured);
    }

    /* WHAT ENDS A PAYMENT */

    function test_capture_and_release() public {
        Payment memory p = _openOwn();
        bytes4 during = IERC20.transfer.selector;
        _assertGuarded(during, p, address(hostile), _capturing(p, 0, 60_00), PaymentStatus.Authorized);
        _assertGuarded(during, p, payer, abi.encodeCall(escrow.release, (p)), PaymentStatus.Captured);
        _assertGuarded(during, p, stranger, _releasing(p, p.captureBy), PaymentStatus.Captured);
    }

    function test_void_and_reclaim() public {
        Payment memory p = _openOwn();
        bytes memory act = abi.encodeCall(escrow.void, (p));
        _assertGuarded(IDepositTokenMain.restoreQuota.selector, p, address(hostile), act, PaymentStatus.Voided);
        _assertGuarded(IERC20.transfer.selector, p, address(hostile), act, PaymentStatus.Voided);
        vm.warp(p.captureBy);
        act = abi.encodeCall(escrow.reclaim, (p));
        _assertGuarded(IERC20.transfer.selector, p, stranger, act, PaymentStatus.Reclaimed);
    }

    function test_resolve() public {
        Payment memory p = _own();
        (p.arbiter, p.resolveBy) = (arbiter, p.captureBy + 1 days);
        _open(p);
        _dispute(p);
        bytes memory act = abi.encodeCall(escrow.resolve, (p, 0));
        _assertGuarded(IERC20.transfer.selector, p, arbiter, act, PaymentStatus.Resolved);
    }

    function test_refund() public {
        Payment memory p = _openOwn();
        _capture(p, 100_00);
        RefundQuote memory quote = _quote(p, 0, 100_00);
        bytes memory act = abi.encodeCall(escrow.refund, (p, quote, ""));
        _assertGuarded(IERC20.transferFrom.selector, p, address(hostile), act, PaymentStatus.Captured);
        _assertGuarded(IERC20.transfer.selector, p, address(hostile), act, PaymentStatus.Captured);
        act = abi.encodeCall(escrow.refundWithAuthorization, (p, quote, "", ""));
        bytes4 pull = IDepositTokenMain.receiveWithAuthorization.selector;
        _assertGuarded(pull, p, address(hostile), act, PaymentStatus.Captured);
        _assertGuarded(IERC20.transfer.selector, p, address(hostile), act, PaymentStatus.Captured);
    }

    /* CLAIM AND INVENTORY */

    function test_claim_deposit_and_withdraw() public {
        _stockHostile(10_00);
        hostile.give(dealer, 10_00);
        Payment memory p = _openOwn();
        _trick(IERC20.transfer.selector, HostileToken.Kind.Refuse, false, 0, 0);
        _void(p);
        bytes memory act = abi.encodeCall(escrow.claim, (address(hostile), payer));
        _assertGuarded(IERC20.transfer.selector, p, stranger, act, PaymentStatus.Voided);
        act = abi.encodeCall(escrow.withdraw, (address(hostile), 10_00));
        _assertGuarded(IERC20.transfer.selector, p, dealer, act, PaymentStatus.Voided);
        act = abi.encodeCall(escrow.deposit, (address(hostile), 10_00));
        _assertGuarded(IERC20.transferFrom.selector, p, dealer, act, PaymentStatus.Voided);
    }

    /* NOT GUARDED */

    /// @dev Naming a signer moves nothing and speaks for the caller alone, so it is not guarded.
    function test_a_token_that_names_signers_names_its_own() public balanced {
        Payment memory payment = _openOwn();
        bytes memory act = abi.encodeCall(escrow.setDealerSigner, (stranger, true));
        hostile.setAttack(IERC20.transfer.selector, address(escrow), act);
        _done(payment.operator, abi.encodeCall(escrow.void, (payment)));
        assertTrue(escrow.isDealerSigner(address(hostile), stranger));
        assertFalse(escrow.isDealerSigner(dealer, stranger));
    }

    /* HELP */

    /// @dev 100.00 of the hostile token, which is operator and merchant itself.
    function _own() private view returns (Payment memory payment) {
        payment = _withinHostile();
        (payment.operator, payment.merchant) = (address(hostile), address(hostile));
    }

    /// @dev 100.00 EUR for 100.00 of the hostile token, which is operator and merchant itself.
    function _abroad() private view returns (Payment memory payment) {
        payment = _own();
        (payment.sourceToken, payment.dealer) = (address(eur), dealer);
    }

    function _openOwn() private returns (Payment memory payment) {
        payment = _own();
        _open(payment);
    }

    function _assertBegins(bytes4 during, Payment memory payment, bytes4 verb, PaymentStatus status) private {
        _assertGuarded(during, payment, payment.operator, _bringing(verb, _order(payment)), status);
    }

    /// @dev The act is done whatever the token tries when it is called for this, and leaves the payment in this status.
    function _assertGuarded(
        bytes4 during,
        Payment memory payment,
        address caller,
        bytes memory act,
        PaymentStatus status
    ) private {
        bytes[] memory attacks = _attacks(payment);
        uint256 before = vm.snapshotState();
        for (uint256 i = 0; i < attacks.length; ++i) {
            hostile.setAttack(during, address(escrow), attacks[i]);
            _done(caller, act);
            assertEq(hostile.attackAnswer(), EscrowReverts.reentrancyGuardReentrantCall(), vm.toString(i));
            assertEq(uint8(escrow.paymentState(escrow.paymentId(payment)).status), uint8(status), vm.toString(i));
            _assertHostileExplained(payment);
            vm.revertToState(before);
        }
    }

    /// @dev A payment that is held, or inventory and claimable: the token has nothing else here.
    function _assertHostileExplained(Payment memory payment) private view {
        PaymentState memory state = escrow.paymentState(escrow.paymentId(payment));
        bool source = payment.sourceToken == address(hostile);
        uint256 held = state.status == PaymentStatus.Authorized ? 100_00 - state.captured : 0;
        uint256 owed = escrow.inventoryOf(dealer, address(hostile)) + escrow.claimableOf(address(hostile), payer);
        assertEq(hostile.balanceOf(address(escrow)), held + owed);
        if (!source) assertEq(eur.balanceOf(address(escrow)), held + escrow.inventoryOf(dealer, address(eur)));
    }

    function _attacks(Payment memory p) private view returns (bytes[] memory attacks) {
        RefundQuote memory quote = _quote(p, 0, 1);
        bytes[] memory acts = new bytes[](1);
        acts[0] = abi.encodeCall(escrow.void, (p));
        attacks = new bytes[](19);
        attacks[0] = abi.encodeCall(escrow.authorize, (p, "", "", _noApproval()));
        attacks[1] = abi.encodeCall(escrow.charge, (p, "", "", _noApproval()));
        attacks[2] = abi.encodeCall(escrow.previewAuthorize, (p, "", "", _noApproval()));
        attacks[3] = abi.encodeCall(escrow.capture, (p, 0, 1));
        attacks[4] = abi.encodeCall(escrow.release, (p));
        attacks[5] = abi.encodeCall(escrow.releaseWithSignature, (p, p.captureBy, ""));
        attacks[6] = abi.encodeCall(escrow.dispute, (p));
        attacks[7] = abi.encodeCall(escrow.resolve, (p, 1));
        attacks[8] = abi.encodeCall(escrow.void, (p));
        attacks[9] = abi.encodeCall(escrow.reclaim, (p));
        attacks[10] = abi.encodeCall(escrow.refund, (p, quote, ""));
        attacks[11] = abi.encodeCall(escrow.refundWithAuthorization, (p, quote, "", ""));
        attacks[12] = abi.encodeCall(escrow.claim, (address(hostile), payer));
        attacks[13] = abi.encodeCall(escrow.deposit, (address(hostile), 1));
        attacks[14] = abi.encodeCall(escrow.withdraw, (address(hostile), 1));
        attacks[15] = abi.encodeCall(escrow.divertClaim, (address(hostile), payer, stranger));
        attacks[16] = abi.encodeCall(escrow.divertInventory, (address(hostile), dealer));
        attacks[17] = abi.encodeCall(escrow.batch, (new bytes[](0)));
        attacks[18] = abi.encodeCall(escrow.batch, (acts));
    }
}
