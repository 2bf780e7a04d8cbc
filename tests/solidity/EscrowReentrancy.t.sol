// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IFrontOffice} from "../../contracts/interfaces/IFrontOffice.sol";
import {ISettlementEscrow} from "../../contracts/interfaces/ISettlementEscrow.sol";
import {PaymentStatus} from "../../contracts/types/PaymentSlot.sol";
import {EscrowSystem} from "./EscrowSystem.sol";
import {HostilePolicy} from "./mocks/HostilePolicy.sol";
import {HostileToken} from "./mocks/HostileToken.sol";

/// @notice What the escrow calls of itself for each capture of a batch.
interface ICaptureAs {
    function captureAs(ISettlementEscrow.Payment calldata payment, uint104 sourceAmount, address operator) external;
}

/// @notice From within each call that the escrow makes, a token tries each guarded function. It is its own operator and
/// merchant, so that nothing but the guard stands in its way where it has a right to act.
contract EscrowReentrancyTest is EscrowSystem {
    uint256 private constant FUNDS = 2_000_00;
    bytes private constant GUARDED =
        abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);

    function setUp() public override {
        super.setUp();
        hostile.give(payer, FUNDS);
        hostile.setConsumption(1, 1);
        _watch(address(hostile));
    }

    function test_authorize_while_the_payers_tokens_are_taken() public balanced {
        _assertGuardedDuringAuthorize(IFrontOffice.openPayment.selector);
    }

    function test_capture_while_the_merchant_is_paid() public balanced {
        for (uint256 i = 0; i < _attacks(_own(0)).length; ++i) {
            ISettlementEscrow.Payment memory payment = _openOwn(i);
            _arm(IERC20.transfer.selector, i, payment);
            _capture(payment, 60_00);
            _assertGuarded(IERC20.transfer.selector);
            _assertState(escrow.paymentId(payment), PaymentStatus.Authorized, 60_00, 0);
            _void(payment);
        }
        assertEq(hostile.balanceOf(address(hostile)), _attacks(_own(0)).length * 60_00);
    }

    function test_void_while_the_quota_is_restored() public balanced {
        _assertGuardedDuringVoid(IFrontOffice.restoreQuota.selector);
    }

    function test_void_while_the_payer_is_paid() public balanced {
        _assertGuardedDuringVoid(IERC20.transfer.selector);
    }

    function test_reclaim_while_the_payer_is_paid() public balanced {
        for (uint256 i = 0; i < _attacks(_own(0)).length; ++i) {
            ISettlementEscrow.Payment memory payment = _openOwn(i);
            _arm(IERC20.transfer.selector, i, payment);
            vm.warp(payment.captureBy);
            escrow.reclaim(payment);
            _assertGuarded(IERC20.transfer.selector);
            vm.warp(START);
        }
        assertEq(hostile.balanceOf(payer), FUNDS);
    }

    function test_captureBatch_while_the_merchant_is_paid() public balanced {
        for (uint256 i = 0; i < _attacks(_own(0)).length; ++i) {
            ISettlementEscrow.Payment memory payment = _openOwn(i);
            ISettlementEscrow.Capture[] memory captures = new ISettlementEscrow.Capture[](1);
            captures[0] = ISettlementEscrow.Capture(payment, 60_00);
            _arm(IERC20.transfer.selector, i, payment);
            vm.prank(payment.operator);
            escrow.captureBatch(captures);
            _assertGuarded(IERC20.transfer.selector);
            _assertState(escrow.paymentId(payment), PaymentStatus.Authorized, 60_00, 0);
            _void(payment);
        }
    }

    /// @dev The one function of the escrow without the guard, since the guard is up when it is called.
    function test_captureAs_is_for_the_escrow_alone() public balanced {
        ISettlementEscrow.Payment memory payment = _openOwn(0);
        hostile.setAttack(
            IERC20.transfer.selector,
            address(escrow),
            abi.encodeCall(ICaptureAs.captureAs, (payment, 1, payment.operator))
        );
        _capture(payment, 60_00);
        assertEq(
            hostile.attackAnswer(),
            abi.encodeWithSelector(ISettlementEscrow.NotAllowed.selector, address(hostile), address(escrow))
        );
        _assertState(escrow.paymentId(payment), PaymentStatus.Authorized, 60_00, 0);
    }

    function test_release_while_the_merchant_is_paid() public balanced {
        for (uint256 i = 0; i < _attacks(_own(0)).length; ++i) {
            ISettlementEscrow.Payment memory payment = _openOwn(i);
            _arm(IERC20.transfer.selector, i, payment);
            vm.prank(payer);
            escrow.release(payment);
            _assertGuarded(IERC20.transfer.selector);
            _assertState(escrow.paymentId(payment), PaymentStatus.Captured, 100_00, 0);
        }
    }

    function test_resolve_while_the_payer_is_paid() public balanced {
        for (uint256 i = 0; i < _attacks(_own(0)).length; ++i) {
            ISettlementEscrow.Payment memory payment = _own(i);
            (payment.arbiter, payment.resolveBy) = (stranger, payment.captureBy + 1 days);
            _open(payment);
            vm.prank(payer);
            escrow.dispute(payment);
            _arm(IERC20.transfer.selector, i, payment);
            vm.prank(stranger);
            escrow.resolve(payment, 0);
            _assertGuarded(IERC20.transfer.selector);
            _assertState(escrow.paymentId(payment), PaymentStatus.Resolved, 0, 0);
        }
        assertEq(hostile.balanceOf(payer), FUNDS);
    }

    function test_refund_while_the_merchants_allowance_is_used() public balanced {
        for (uint256 i = 0; i < _attacks(_own(0)).length; ++i) {
            ISettlementEscrow.Payment memory payment = _openOwn(i);
            _capture(payment, 100_00);
            ISettlementEscrow.RefundQuote memory quote = _quote(payment, 0, 100_00);
            _arm(IERC20.transferFrom.selector, i, payment);
            vm.prank(payment.merchant);
            escrow.refund(payment, quote, "");
            _assertGuarded(IERC20.transferFrom.selector);
            _assertState(escrow.paymentId(payment), PaymentStatus.Captured, 100_00, 100_00);
        }
        assertEq(hostile.balanceOf(payer), FUNDS);
    }

    function test_refund_while_the_merchants_tokens_are_pulled() public balanced {
        _assertGuardedDuringRefund(IFrontOffice.receiveWithAuthorization.selector);
    }

    function test_refund_while_the_payer_is_paid() public balanced {
        _assertGuardedDuringRefund(IERC20.transfer.selector);
    }

    function test_claim_while_the_owner_is_paid() public balanced {
        for (uint256 i = 0; i < _attacks(_own(0)).length; ++i) {
            ISettlementEscrow.Payment memory payment = _openOwn(i);
            hostile.setTrick(IERC20.transfer.selector, HostileToken.Trick(HostileToken.Kind.Refuse, false, 0, 0));
            _void(payment);
            assertEq(escrow.claimableOf(address(hostile), payer), 100_00);
            _arm(IERC20.transfer.selector, i, payment);
            escrow.claim(address(hostile), payer);
            _assertGuarded(IERC20.transfer.selector);
            assertEq(escrow.claimableOf(address(hostile), payer), 0);
        }
        assertEq(hostile.balanceOf(payer), FUNDS);
    }

    function test_deposit_while_the_tokens_are_pulled() public balanced {
        for (uint256 i = 0; i < _attacks(_own(0)).length; ++i) {
            hostile.give(dealer, 10_00);
            _arm(IERC20.transferFrom.selector, i, _own(i));
            vm.prank(dealer);
            escrow.deposit(address(hostile), 10_00);
            _assertGuarded(IERC20.transferFrom.selector);
            assertEq(escrow.inventoryOf(dealer, address(hostile)), (i + 1) * 10_00);
        }
    }

    function test_withdraw_while_the_owner_is_paid() public balanced {
        uint256 stock = _attacks(_own(0)).length * 10_00;
        _stockHostile(stock);
        for (uint256 i = 0; i < _attacks(_own(0)).length; ++i) {
            _arm(IERC20.transfer.selector, i, _own(i));
            vm.prank(dealer);
            escrow.withdraw(address(hostile), 10_00);
            _assertGuarded(IERC20.transfer.selector);
            assertEq(escrow.inventoryOf(dealer, address(hostile)), stock - (i + 1) * 10_00);
        }
    }

    /// @dev A bank's policy is called by its token, and may call the escrow as anybody may.
    function test_a_policy_cannot_come_back_while_a_quota_is_restored() public balanced {
        HostilePolicy policy = new HostilePolicy();
        eur.setPolicy(address(policy));
        ISettlementEscrow.Payment memory payment = _openTwoCurrencies();
        vm.warp(payment.captureBy);
        policy.setAttack(address(escrow), abi.encodeCall(escrow.reclaim, (payment)));
        escrow.reclaim(payment);
        assertEq(policy.attackAnswer(), GUARDED);
        assertEq(eur.balanceOf(payer), 100_000_00);
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK);
    }

    /// @dev Naming a signer moves nothing and speaks for the caller alone, so it is not guarded.
    function test_a_token_that_names_signers_names_its_own() public balanced {
        ISettlementEscrow.Payment memory payment = _openOwn(0);
        hostile.setAttack(
            IERC20.transfer.selector, address(escrow), abi.encodeCall(escrow.setDealerSigner, (stranger, true))
        );
        _void(payment);
        assertTrue(escrow.isDealerSigner(address(hostile), stranger));
        assertFalse(escrow.isDealerSigner(dealer, stranger));
    }

    /* HELP */

    function _assertGuardedDuringAuthorize(bytes4 during) private {
        for (uint256 i = 0; i < _attacks(_own(0)).length; ++i) {
            ISettlementEscrow.Payment memory payment = _own(i);
            _arm(during, i, payment);
            _open(payment);
            _assertGuarded(during);
            _void(payment);
        }
        assertEq(hostile.balanceOf(payer), FUNDS);
    }

    function _assertGuardedDuringVoid(bytes4 during) private {
        for (uint256 i = 0; i < _attacks(_own(0)).length; ++i) {
            ISettlementEscrow.Payment memory payment = _openOwn(i);
            _arm(during, i, payment);
            _void(payment);
            _assertGuarded(during);
        }
        assertEq(hostile.balanceOf(payer), FUNDS);
    }

    function _assertGuardedDuringRefund(bytes4 during) private {
        for (uint256 i = 0; i < _attacks(_own(0)).length; ++i) {
            ISettlementEscrow.Payment memory payment = _openOwn(i);
            _capture(payment, 100_00);
            _arm(during, i, payment);
            _refund(payment, _quote(payment, 0, 100_00));
            _assertGuarded(during);
            _assertState(escrow.paymentId(payment), PaymentStatus.Captured, 100_00, 100_00);
        }
        assertEq(hostile.balanceOf(payer), FUNDS);
    }

    /// @dev 100.00 of the hostile token, which is operator and merchant itself.
    function _own(uint256 number) private view returns (ISettlementEscrow.Payment memory payment) {
        payment = _oneCurrency();
        (payment.sourceToken, payment.targetToken) = (address(hostile), address(hostile));
        (payment.operator, payment.merchant) = (address(hostile), address(hostile));
        payment.remittanceHash = bytes32(number);
    }

    function _openOwn(uint256 number) private returns (ISettlementEscrow.Payment memory payment) {
        payment = _own(number);
        _open(payment);
    }

    function _arm(bytes4 during, uint256 number, ISettlementEscrow.Payment memory payment) private {
        hostile.setAttack(during, address(escrow), _attacks(payment)[number]);
    }

    /// @dev The token was stopped by the guard; then it behaves again.
    function _assertGuarded(bytes4 during) private {
        assertEq(hostile.attackAnswer(), GUARDED);
        hostile.setTrick(during, HostileToken.Trick(HostileToken.Kind.None, false, 0, 0));
    }

    function _attacks(ISettlementEscrow.Payment memory payment) private view returns (bytes[] memory attacks) {
        attacks = new bytes[](17);
        attacks[0] = abi.encodeCall(escrow.authorize, (payment, "", "", _noApproval()));
        attacks[1] = abi.encodeCall(escrow.capture, (payment, 1));
        attacks[2] = abi.encodeCall(escrow.void, (payment));
        attacks[3] = abi.encodeCall(escrow.refundWithAuthorization, (payment, _quote(payment, 0, 1), "", ""));
        attacks[4] = abi.encodeCall(escrow.reclaim, (payment));
        attacks[5] = abi.encodeCall(escrow.claim, (address(hostile), payer));
        attacks[6] = abi.encodeCall(escrow.deposit, (address(hostile), 1));
        attacks[7] = abi.encodeCall(escrow.withdraw, (address(hostile), 1));
        attacks[8] = abi.encodeCall(escrow.refund, (payment, _quote(payment, 0, 1), ""));
        attacks[9] = abi.encodeCall(escrow.captureBatch, (new ISettlementEscrow.Capture[](0)));
        attacks[10] = abi.encodeCall(escrow.release, (payment));
        attacks[11] = abi.encodeCall(escrow.releaseWithSignature, (payment, payment.captureBy, ""));
        attacks[12] = abi.encodeCall(escrow.dispute, (payment));
        attacks[13] = abi.encodeCall(escrow.resolve, (payment, 1));
        attacks[14] = abi.encodeCall(escrow.divertClaim, (address(hostile), payer, stranger));
        attacks[15] = abi.encodeCall(escrow.divertInventory, (address(hostile), dealer));
        attacks[16] = abi.encodeCall(escrow.previewAuthorize, (payment, "", "", _noApproval()));
    }
}
