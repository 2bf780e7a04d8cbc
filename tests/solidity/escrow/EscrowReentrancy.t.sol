// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/BatchSystem.sol";
import {HostilePolicy} from "../support/mocks/HostilePolicy.sol";
import {HostileToken} from "../support/mocks/HostileToken.sol";

/// @notice From within each call that the escrow makes, a token tries each guarded function. It is its own operator and
/// merchant, so that nothing but the guard stands in its way where it has a right to act.
abstract contract EscrowReentrancyTest is BatchSystem {
    uint256 private constant FUNDS = 10_000_00;
    uint256 private constant ATTACKS = 19;
    bytes private constant GUARDED =
        abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);

    function setUp() public override {
        super.setUp();
        hostile.give(payer, FUNDS);
        hostile.setConsumption(1, 1);
        _watch(address(hostile));
    }

    /// @dev Makes a call of the escrow, which must succeed.
    function _do(address caller, bytes memory call) internal virtual;

    /* AUTHORIZE AND CHARGE */

    function test_authorize_while_the_target_is_asked() public balanced {
        _stockHostile(ATTACKS * 100_00);
        for (uint256 i = 0; i < ATTACKS; ++i) {
            _assertBegins(IDepositTokenMain.requireTarget.selector, i, _abroad(i), escrow.authorize.selector);
            _void(_abroad(i));
        }
    }

    function test_authorize_while_the_payers_tokens_are_taken() public balanced {
        for (uint256 i = 0; i < ATTACKS; ++i) {
            _assertBegins(IDepositTokenMain.openPayment.selector, i, _own(i), escrow.authorize.selector);
            _void(_own(i));
        }
        assertEq(hostile.balanceOf(payer), FUNDS);
    }

    function test_charge_while_the_payers_tokens_are_moved() public balanced {
        for (uint256 i = 0; i < ATTACKS; ++i) {
            _assertBegins(IDepositTokenMain.chargePayment.selector, i, _own(i), escrow.charge.selector);
        }
        assertEq(hostile.balanceOf(payer), FUNDS - ATTACKS * 100_00);
        assertEq(hostile.balanceOf(address(hostile)), ATTACKS * 100_00);
    }

    function test_charge_while_the_target_is_asked_and_the_merchant_is_paid() public balanced {
        _stockHostile(2 * ATTACKS * 100_00);
        for (uint256 i = 0; i < ATTACKS; ++i) {
            _assertBegins(IDepositTokenMain.requireTarget.selector, i, _abroad(i), escrow.charge.selector);
            _assertBegins(IERC20.transfer.selector, i, _abroad(ATTACKS + i), escrow.charge.selector);
        }
        assertEq(hostile.balanceOf(address(hostile)), 2 * ATTACKS * 100_00);
        assertEq(escrow.inventoryOf(dealer, address(hostile)), 0);
        assertEq(escrow.inventoryOf(dealer, address(eur)), 2 * ATTACKS * 100_00);
    }

    /* WHAT ENDS A PAYMENT */

    function test_capture_while_the_merchant_is_paid() public balanced {
        for (uint256 i = 0; i < ATTACKS; ++i) {
            Payment memory payment = _openOwn(i);
            _assertEnds(
                IERC20.transfer.selector,
                i,
                payment,
                payment.operator,
                abi.encodeCall(escrow.capture, (payment, 0, 60_00)),
                PaymentStatus.Authorized
            );
            _void(payment);
        }
        assertEq(hostile.balanceOf(address(hostile)), ATTACKS * 60_00);
    }

    function test_release_while_the_merchant_is_paid() public balanced {
        for (uint256 i = 0; i < ATTACKS; ++i) {
            Payment memory payment = _openOwn(i);
            bytes memory call = abi.encodeCall(escrow.release, (payment));
            if (i % 2 == 0) {
                bytes32 digest = escrow.releaseDigest(escrow.paymentId(payment), payment.captureBy);
                bytes memory signature = _sign(payerKey, digest);
                call = abi.encodeCall(escrow.releaseWithSignature, (payment, payment.captureBy, signature));
            }
            _assertEnds(IERC20.transfer.selector, i, payment, payer, call, PaymentStatus.Captured);
        }
        assertEq(hostile.balanceOf(address(hostile)), ATTACKS * 100_00);
    }

    function test_void_while_the_quota_is_restored_and_the_payer_is_paid() public balanced {
        bytes4[2] memory during = [IDepositTokenMain.restoreQuota.selector, IERC20.transfer.selector];
        for (uint256 i = 0; i < 2 * ATTACKS; ++i) {
            Payment memory payment = _openOwn(i);
            bytes memory call = abi.encodeCall(escrow.void, (payment));
            _assertEnds(during[i / ATTACKS], i % ATTACKS, payment, payment.operator, call, PaymentStatus.Voided);
        }
        assertEq(hostile.balanceOf(payer), FUNDS);
    }

    function test_reclaim_while_the_payer_is_paid() public balanced {
        for (uint256 i = 0; i < ATTACKS; ++i) {
            Payment memory payment = _openOwn(i);
            bytes memory call = abi.encodeCall(escrow.reclaim, (payment));
            vm.warp(payment.captureBy);
            _assertEnds(IERC20.transfer.selector, i, payment, stranger, call, PaymentStatus.Reclaimed);
            vm.warp(START);
        }
        assertEq(hostile.balanceOf(payer), FUNDS);
    }

    function test_resolve_while_the_payer_is_paid() public balanced {
        for (uint256 i = 0; i < ATTACKS; ++i) {
            Payment memory payment = _own(i);
            (payment.arbiter, payment.resolveBy) = (arbiter, payment.captureBy + 1 days);
            _open(payment);
            _dispute(payment);
            bytes memory call = abi.encodeCall(escrow.resolve, (payment, 0));
            _assertEnds(IERC20.transfer.selector, i, payment, arbiter, call, PaymentStatus.Resolved);
        }
        assertEq(hostile.balanceOf(payer), FUNDS);
    }

    /* REFUND */

    function test_refund_while_the_merchants_tokens_are_pulled_and_the_payer_is_paid() public balanced {
        bytes4[4] memory during = [
            IERC20.transferFrom.selector,
            IERC20.transfer.selector,
            IDepositTokenMain.receiveWithAuthorization.selector,
            IERC20.transfer.selector
        ];
        for (uint256 i = 0; i < 4 * ATTACKS; ++i) {
            Payment memory payment = _openOwn(i);
            _capture(payment, 100_00);
            RefundQuote memory quote = _quote(payment, 0, 100_00);
            bytes memory call = i < 2 * ATTACKS
                ? abi.encodeCall(escrow.refund, (payment, quote, ""))
                : abi.encodeCall(escrow.refundWithAuthorization, (payment, quote, "", ""));
            _assertEnds(during[i / ATTACKS], i % ATTACKS, payment, payment.merchant, call, PaymentStatus.Captured);
            _assertState(escrow.paymentId(payment), PaymentStatus.Captured, 100_00, 100_00);
        }
        assertEq(hostile.balanceOf(payer), FUNDS);
    }

    /* CLAIM AND INVENTORY */

    function test_claim_while_the_owner_is_paid() public balanced {
        for (uint256 i = 0; i < ATTACKS; ++i) {
            Payment memory payment = _openOwn(i);
            hostile.setTrick(IERC20.transfer.selector, HostileToken.Trick(HostileToken.Kind.Refuse, false, 0, 0));
            _void(payment);
            assertEq(escrow.claimableOf(address(hostile), payer), 100_00);
            _arm(IERC20.transfer.selector, i, payment);
            _do(stranger, abi.encodeCall(escrow.claim, (address(hostile), payer)));
            _assertGuarded(IERC20.transfer.selector);
            assertEq(escrow.claimableOf(address(hostile), payer), 0);
        }
        assertEq(hostile.balanceOf(payer), FUNDS);
    }

    function test_deposit_while_the_tokens_are_pulled() public balanced {
        for (uint256 i = 0; i < ATTACKS; ++i) {
            hostile.give(dealer, 10_00);
            _arm(IERC20.transferFrom.selector, i, _own(i));
            _do(dealer, abi.encodeCall(escrow.deposit, (address(hostile), 10_00)));
            _assertGuarded(IERC20.transferFrom.selector);
            assertEq(escrow.inventoryOf(dealer, address(hostile)), (i + 1) * 10_00);
        }
    }

    function test_withdraw_while_the_owner_is_paid() public balanced {
        _stockHostile(ATTACKS * 10_00);
        for (uint256 i = 0; i < ATTACKS; ++i) {
            _arm(IERC20.transfer.selector, i, _own(i));
            _do(dealer, abi.encodeCall(escrow.withdraw, (address(hostile), 10_00)));
            _assertGuarded(IERC20.transfer.selector);
            assertEq(escrow.inventoryOf(dealer, address(hostile)), (ATTACKS - i - 1) * 10_00);
        }
    }

    /* NOT BY A TOKEN */

    /// @dev A bank's policy is called by its token, and may call the escrow as anybody may.
    function test_a_policy_cannot_come_back_while_a_quota_is_restored() public balanced {
        HostilePolicy policy = new HostilePolicy();
        eur.setPolicy(address(policy));
        Payment memory payment = _openTwoCurrencies();
        vm.warp(payment.captureBy);
        bytes memory call = abi.encodeCall(escrow.reclaim, (payment));
        policy.setAttack(address(escrow), call);
        _do(stranger, call);
        assertEq(policy.attackAnswer(), GUARDED);
        assertEq(eur.balanceOf(payer), 100_000_00);
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK);
    }

    /// @dev Naming a signer moves nothing and speaks for the caller alone, so it is not guarded.
    function test_a_token_that_names_signers_names_its_own() public balanced {
        Payment memory payment = _openOwn(0);
        hostile.setAttack(
            IERC20.transfer.selector, address(escrow), abi.encodeCall(escrow.setDealerSigner, (stranger, true))
        );
        _do(payment.operator, abi.encodeCall(escrow.void, (payment)));
        assertTrue(escrow.isDealerSigner(address(hostile), stranger));
        assertFalse(escrow.isDealerSigner(dealer, stranger));
    }

    /* HELP */

    /// @dev 100.00 of the hostile token, which is operator and merchant itself.
    function _own(uint256 number) private view returns (Payment memory payment) {
        payment = _oneCurrency();
        (payment.sourceToken, payment.targetToken) = (address(hostile), address(hostile));
        (payment.operator, payment.merchant) = (address(hostile), address(hostile));
        payment.remittanceHash = bytes32(number);
    }

    /// @dev 100.00 EUR for 100.00 of the hostile token, which is operator and merchant itself.
    function _abroad(uint256 number) private view returns (Payment memory payment) {
        payment = _own(number);
        (payment.sourceToken, payment.dealer) = (address(eur), dealer);
    }

    function _openOwn(uint256 number) private returns (Payment memory payment) {
        payment = _own(number);
        _open(payment);
    }

    function _arm(bytes4 during, uint256 number, Payment memory payment) private {
        hostile.setAttack(during, address(escrow), _attacks(payment)[number]);
    }

    /// @dev The token was stopped by the guard; then it behaves again.
    function _assertGuarded(bytes4 during) private {
        assertEq(hostile.attackAnswer(), GUARDED);
        hostile.setTrick(during, HostileToken.Trick(HostileToken.Kind.None, false, 0, 0));
    }

    /// @dev The payment begins (by `authorize` or `charge`) whatever the token tries.
    function _assertBegins(bytes4 during, uint256 number, Payment memory payment, bytes4 verb) private {
        _arm(during, number, payment);
        _do(
            payment.operator,
            abi.encodeWithSelector(verb, payment, _payerSignature(payment), _dealerSignature(payment), _noApproval())
        );
        _assertGuarded(during);
        bool charged = verb == escrow.charge.selector;
        _assertState(
            escrow.paymentId(payment),
            charged ? PaymentStatus.Captured : PaymentStatus.Authorized,
            charged ? 100_00 : 0,
            0
        );
    }

    /// @dev The act is done, whatever the token tries, and leaves the payment in this status.
    function _assertEnds(
        bytes4 during,
        uint256 number,
        Payment memory payment,
        address caller,
        bytes memory call,
        PaymentStatus status
    ) private {
        _arm(during, number, payment);
        _do(caller, call);
        _assertGuarded(during);
        assertEq(uint8(escrow.paymentState(escrow.paymentId(payment)).status), uint8(status));
    }

    function _attacks(Payment memory payment) private view returns (bytes[] memory attacks) {
        attacks = new bytes[](ATTACKS);
        attacks[0] = abi.encodeCall(escrow.authorize, (payment, "", "", _noApproval()));
        attacks[1] = abi.encodeCall(escrow.capture, (payment, 0, 1));
        attacks[2] = abi.encodeCall(escrow.void, (payment));
        attacks[3] = abi.encodeCall(escrow.refundWithAuthorization, (payment, _quote(payment, 0, 1), "", ""));
        attacks[4] = abi.encodeCall(escrow.reclaim, (payment));
        attacks[5] = abi.encodeCall(escrow.claim, (address(hostile), payer));
        attacks[6] = abi.encodeCall(escrow.deposit, (address(hostile), 1));
        attacks[7] = abi.encodeCall(escrow.withdraw, (address(hostile), 1));
        attacks[8] = abi.encodeCall(escrow.refund, (payment, _quote(payment, 0, 1), ""));
        attacks[9] = abi.encodeCall(escrow.batch, (new bytes[](0)));
        attacks[10] = abi.encodeCall(escrow.release, (payment));
        attacks[11] = abi.encodeCall(escrow.releaseWithSignature, (payment, payment.captureBy, ""));
        attacks[12] = abi.encodeCall(escrow.dispute, (payment));
        attacks[13] = abi.encodeCall(escrow.resolve, (payment, 1));
        attacks[14] = abi.encodeCall(escrow.divertClaim, (address(hostile), payer, stranger));
        attacks[15] = abi.encodeCall(escrow.divertInventory, (address(hostile), dealer));
        attacks[16] = abi.encodeCall(escrow.previewAuthorize, (payment, "", "", _noApproval()));
        attacks[17] = abi.encodeCall(escrow.charge, (payment, "", "", _noApproval()));
        bytes[] memory acts = new bytes[](1);
        acts[0] = attacks[2];
        attacks[18] = abi.encodeCall(escrow.batch, (acts));
    }
}

contract EscrowReentrancyAloneTest is EscrowReentrancyTest {
    function _do(address caller, bytes memory call) internal override {
        vm.prank(caller);
        (bool success,) = address(escrow).call(call);
        assertTrue(success);
    }
}

/// @notice The same from within an act of a batch.
contract EscrowReentrancyInBatchTest is EscrowReentrancyTest {
    function _do(address caller, bytes memory call) internal override {
        _batch(caller, call);
    }
}
