// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/EscrowActs.sol";

/// @notice Who may do which act in which status, and between which times, alone and in a batch: the state machine of
/// {ISettlementEscrow}, of a payment of which 40.00 EUR were captured before it came into its status.
contract EscrowStatesTest is EscrowActs {
    /// @dev One bit a status.
    uint256 private constant NONE = 1 << uint8(PaymentStatus.None);
    uint256 private constant AUTHORIZED = 1 << uint8(PaymentStatus.Authorized);
    uint256 private constant DISPUTED = 1 << uint8(PaymentStatus.Disputed);
    uint256 private constant BEGUN = ~NONE;
    uint40 private constant NEVER = type(uint40).max;

    /// @param also The merchant where it may do it besides, the caller itself where others may, zero for nobody.
    /// @param statuses In which it can be done.
    /// @param named The one that its refusal names.
    struct Act {
        string name;
        address caller;
        address also;
        bytes call;
        uint256 statuses;
        PaymentStatus named;
    }

    function setUp() public override {
        super.setUp();
        vm.prank(merchant);
        hkd.approve(address(escrow), type(uint256).max);
    }

    /* STATUS AND CALLER */

    function test_every_act_in_every_status() public balanced {
        for (uint8 i = 0; i <= uint8(type(PaymentStatus).max); ++i) {
            Payment memory payment = _numbered(_disputable(), i);
            _bring(payment, PaymentStatus(i));
            Act[] memory acts = _acts(payment);
            uint256 before = vm.snapshotState();
            for (uint256 j = 0; j < acts.length; ++j) {
                _assertNobodyElse(acts[j]);
                // The last is to reclaim.
                if (j == acts.length - 1) vm.warp(payment.resolveBy);
                string memory cell = string.concat(acts[j].name, " in status ", vm.toString(i));
                if (acts[j].statuses & (1 << i) == 0) {
                    _refused(acts[j].caller, acts[j].call, _wrongStatus(payment, PaymentStatus(i), acts[j].named), cell);
                } else {
                    _doneAlike(acts[j].caller, acts[j].call, cell);
                }
                vm.revertToState(before);
            }
        }
    }

    /// @dev A payment with an arbiter can't be charged at all.
    function test_a_charge_is_once_and_not_beside_an_authorization() public balanced {
        Payment memory payment = _twoCurrencies();
        _charge(payment);
        bytes memory refusal = _wrongStatus(payment, PaymentStatus.Captured, PaymentStatus.None);
        _refused(operator, _charging(payment), refusal);
        _refused(operator, _authorizing(payment), refusal);
        _open(_numbered(payment, 1));
        _refused(operator, _charging(payment), _wrongStatus(payment, PaymentStatus.Authorized, PaymentStatus.None));
    }

    function test_a_charge_is_the_operators() public balanced {
        _assertNobodyElse(Act("charge", operator, address(0), _charging(_twoCurrencies()), 0, PaymentStatus.None));
    }

    /* TIME */

    function test_every_beginning_in_its_time() public balanced {
        Payment memory payment = _twoCurrencies();
        payment.captureFrom = START + 10;
        _assertWindow("authorize", operator, _authorizing(payment), 0, payment.authorizeBy);
        _assertWindow("charge", operator, _charging(payment), START + 10, payment.authorizeBy);
        _assertWindow("charge", operator, _charging(_oneCurrency()), 0, payment.authorizeBy);
    }

    function test_every_act_on_an_authorized_payment_in_its_time() public balanced {
        Payment memory payment = _disputable();
        payment.captureFrom = START + 10;
        _open(payment);
        uint40 captureBy = payment.captureBy;
        _assertWindow("capture", operator, _capturing(payment, 0, 1_00), START + 10, captureBy);
        _assertWindow("release", payer, abi.encodeCall(escrow.release, (payment)), 0, captureBy);
        _assertWindow("signed release", stranger, _releasing(payment, payment.refundBy), 0, captureBy);
        _assertWindow("signature", stranger, _releasing(payment, START + 10), 0, START + 10);
        _assertWindow("dispute", payer, abi.encodeCall(escrow.dispute, (payment)), 0, captureBy);
        _assertWindow("void", merchant, abi.encodeCall(escrow.void, (payment)), 0, NEVER);
        _assertWindow("void", operator, abi.encodeCall(escrow.void, (payment)), 0, NEVER);
        _assertWindow("reclaim", stranger, abi.encodeCall(escrow.reclaim, (payment)), captureBy, NEVER);
    }

    function test_every_act_on_a_disputed_payment_in_its_time() public balanced {
        Payment memory payment = _openDisputed();
        uint40 resolveBy = payment.resolveBy;
        _assertWindow("release", payer, abi.encodeCall(escrow.release, (payment)), 0, resolveBy);
        _assertWindow("signed release", stranger, _releasing(payment, payment.refundBy), 0, resolveBy);
        _assertWindow("resolve", arbiter, abi.encodeCall(escrow.resolve, (payment, 40_00)), 0, resolveBy);
        _assertWindow("resolve of nothing", arbiter, abi.encodeCall(escrow.resolve, (payment, 0)), 0, resolveBy);
        _assertWindow("void", merchant, abi.encodeCall(escrow.void, (payment)), 0, NEVER);
        _assertWindow("reclaim", stranger, abi.encodeCall(escrow.reclaim, (payment)), resolveBy, NEVER);
    }

    function test_every_refund_in_its_time() public balanced {
        Payment memory payment = _openTwoCurrencies();
        _capture(payment, 100_00);
        RefundQuote memory quote = _quote(payment, 0, 40_00);
        _assertWindow("quote", merchant, _refunding(payment, quote), 0, quote.deadline);
        _assertWindow("signed quote", operator, _refundingSigned(payment, quote), 0, quote.deadline);
        quote.deadline = type(uint40).max;
        _assertWindow("refund", merchant, _refunding(payment, quote), 0, payment.refundBy);
        _assertWindow("signed refund", operator, _refundingSigned(payment, quote), 0, payment.refundBy);
    }

    /* HELP */

    function _bring(Payment memory payment, PaymentStatus status) private {
        if (status == PaymentStatus.None) return;
        _open(payment);
        _capture(payment, 40_00);
        if (status == PaymentStatus.Captured) _capture(payment, 60_00);
        if (status == PaymentStatus.Voided) _void(payment);
        if (status == PaymentStatus.Disputed || status == PaymentStatus.Resolved) _dispute(payment);
        if (status == PaymentStatus.Resolved) _resolve(payment, 0);
        if (status != PaymentStatus.Reclaimed) return;
        vm.warp(payment.captureBy);
        escrow.reclaim(payment);
        vm.warp(START);
    }

    function _acts(Payment memory p) private view returns (Act[] memory acts) {
        (address m, address o, address nobody) = (p.merchant, operator, address(0));
        (PaymentStatus authorized, PaymentStatus captured) = (PaymentStatus.Authorized, PaymentStatus.Captured);
        RefundQuote memory quote = _quote(p, 0, 1_00);
        acts = new Act[](11);
        acts[0] = Act("authorize", o, nobody, _authorizing(p), NONE, PaymentStatus.None);
        acts[1] = Act("capture", o, nobody, _capturing(p, 40_00, 1_00), AUTHORIZED, authorized);
        acts[2] = Act("release", payer, nobody, abi.encodeCall(escrow.release, (p)), AUTHORIZED | DISPUTED, authorized);
        acts[3] =
            Act("signed release", stranger, stranger, _releasing(p, p.refundBy), AUTHORIZED | DISPUTED, authorized);
        acts[4] = Act("dispute", payer, nobody, abi.encodeCall(escrow.dispute, (p)), AUTHORIZED, authorized);
        acts[5] =
            Act("resolve", arbiter, nobody, abi.encodeCall(escrow.resolve, (p, 0)), DISPUTED, PaymentStatus.Disputed);
        acts[6] = Act("void", o, m, abi.encodeCall(escrow.void, (p)), AUTHORIZED, authorized);
        acts[7] = Act("merchant's void", m, m, abi.encodeCall(escrow.void, (p)), AUTHORIZED | DISPUTED, authorized);
        acts[8] = Act("refund", m, nobody, _refunding(p, quote), BEGUN, captured);
        acts[9] = Act("signed refund", o, m, _refundingSigned(p, quote), BEGUN, captured);
        acts[10] =
            Act("reclaim", stranger, stranger, abi.encodeCall(escrow.reclaim, (p)), AUTHORIZED | DISPUTED, authorized);
    }

    /// @dev Each other party is told who may, whatever the status.
    function _assertNobodyElse(Act memory act) private {
        if (act.caller == act.also) return;
        address[8] memory others = [payer, merchant, operator, dealer, arbiter, feeReceiver, hkNeighbour, stranger];
        for (uint256 i = 0; i < others.length; ++i) {
            if (others[i] == act.caller || others[i] == act.also) continue;
            _refused(others[i], act.call, EscrowReverts.notAllowed(others[i], act.caller), act.name);
        }
    }

    /// @dev The act is done from `from` on and before `until`, each time from the same state.
    function _assertWindow(string memory name, address caller, bytes memory act, uint40 from, uint40 until) private {
        uint256 before = vm.snapshotState();
        (uint256 first, uint256 last) = (from == 0 ? START + 1 : from, until == NEVER ? until - 2 : until);
        uint256[7] memory times = [START, first - 1, first, first + 1, last - 1, last, last + 1];
        for (uint256 i = 0; i < times.length; ++i) {
            vm.warp(times[i]);
            string memory row = string.concat(name, " at ", vm.toString(times[i]));
            if (times[i] < from) {
                _refused(caller, act, EscrowReverts.tooEarly(times[i], from), row);
            } else if (times[i] >= until) {
                _refused(caller, act, EscrowReverts.tooLate(times[i], until), row);
            } else {
                _doneAlike(caller, act, row);
            }
            vm.revertToState(before);
        }
    }
}
