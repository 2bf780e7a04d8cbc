// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./EscrowSystem.sol";
import {HostileToken} from "./mocks/HostileToken.sol";

/// @notice The escrow's acts, alone, in a batch and as bytes, payments that can be disputed, calls that must be done or
/// refused, and the figures that must come of them.
abstract contract EscrowActs is EscrowSystem {
    uint128 internal constant MERCHANT_CUSTOMER = 2001;
    uint128 internal constant DEALER_CUSTOMER = 2003;

    address internal arbiter = makeAddr("arbiter");

    /// @param target What was paid for what was captured, `fee` of it to the fee receiver.
    /// @param returned What the payer got back by refunds, for `refunded` of the target token.
    struct Figures {
        PaymentStatus status;
        uint104 captured;
        uint256 target;
        uint256 fee;
        uint256 returned;
        uint104 refunded;
    }

    /// @dev All that a beginning brings.
    struct Order {
        Payment payment;
        bytes payerSignature;
        bytes dealerSignature;
        PaymentApproval approval;
    }

    /* CALLS */

    function _done(address caller, bytes memory act) internal {
        _done(caller, address(escrow), act);
    }

    function _refused(address caller, bytes memory act, bytes memory reason) internal {
        _refused(caller, address(escrow), act, reason);
    }

    function _refused(address caller, bytes memory act, bytes memory reason, string memory row) internal {
        _refused(caller, address(escrow), act, reason, row);
    }

    /// @dev The act is done, alone and in a batch, and says the same; the batch stands.
    function _doneAlike(address caller, bytes memory act, string memory row) internal {
        uint256 before = vm.snapshotState();
        vm.recordLogs();
        vm.prank(caller);
        (bool success,) = address(escrow).call(act);
        assertTrue(success, row);
        bytes memory alone = abi.encode(vm.getRecordedLogs());
        vm.revertToState(before);
        vm.recordLogs();
        _batch(caller, act);
        assertEq(abi.encode(vm.getRecordedLogs()), alone, row);
    }

    function _authorizing(Payment memory payment) internal view returns (bytes memory) {
        return _bringing(escrow.authorize.selector, _order(payment));
    }

    function _charging(Payment memory payment) internal view returns (bytes memory) {
        return _bringing(escrow.charge.selector, _order(payment));
    }

    /// @dev With every signature that it needs, but for the bank's approval.
    function _order(Payment memory payment) internal view returns (Order memory) {
        return Order(payment, _payerSignature(payment), _dealerSignature(payment), _noApproval());
    }

    /// @dev `authorize` or `charge`.
    function _bringing(bytes4 verb, Order memory order) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(verb, order.payment, order.payerSignature, order.dealerSignature, order.approval);
    }

    function _capturing(Payment memory payment, uint104 before, uint104 amount) internal view returns (bytes memory) {
        return abi.encodeCall(escrow.capture, (payment, before, amount));
    }

    /// @dev By the payer's signature.
    function _releasing(Payment memory payment, uint40 deadline) internal view returns (bytes memory) {
        bytes32 digest = escrow.releaseDigest(escrow.paymentId(payment), deadline);
        return abi.encodeCall(escrow.releaseWithSignature, (payment, deadline, _sign(payerKey, digest)));
    }

    /// @dev By the merchant's allowance.
    function _refunding(Payment memory payment, RefundQuote memory quote) internal view returns (bytes memory) {
        return abi.encodeCall(escrow.refund, (payment, quote, _quoteSignature(quote)));
    }

    /// @dev With the signatures of merchant and dealer.
    function _refundingSigned(Payment memory payment, RefundQuote memory quote) internal view returns (bytes memory) {
        return _refundingWith(payment, quote, _merchantSignature(payment, quote), _quoteSignature(quote));
    }

    function _refundingWith(
        Payment memory payment,
        RefundQuote memory quote,
        bytes memory merchants,
        bytes memory dealers
    ) internal view returns (bytes memory) {
        return abi.encodeCall(escrow.refundWithAuthorization, (payment, quote, merchants, dealers));
    }

    /// @dev Captures at most what is left, unless that would not be all and pay the merchant nothing, which must be
    /// refused.
    function _captureIfItPays(Payment memory payment, uint104 amount) internal {
        uint104 captured = _captured(payment);
        uint104 left = payment.sourceAmount - captured;
        if (left == 0) return;
        if (amount > left) amount = left;
        if (amount == left || _merchantsShare(payment, captured + amount) > _merchantsShare(payment, captured)) {
            _capture(payment, amount);
        } else {
            _expectCaptureRefused(payment, amount, EscrowReverts.nothingForMerchant(amount));
        }
    }

    function _merchantsShare(Payment memory payment, uint256 captured) private pure returns (uint256) {
        uint256 target = payment.targetAmount * captured / payment.sourceAmount;
        return target - target * payment.feeBps / 10_000;
    }

    /* DISPUTES */

    /// @dev 100.00 EUR for 850.00 HKD, of which 8.50 are the fee; the arbiter has three days after captureBy.
    function _disputable() internal view returns (Payment memory) {
        return _withArbiter(_twoCurrencies());
    }

    /// @dev 100.00 EUR, of which 1.00 is the fee.
    function _disputableInOneCurrency() internal view returns (Payment memory) {
        return _withArbiter(_oneCurrency());
    }

    function _openDisputable() internal returns (Payment memory payment) {
        payment = _disputable();
        _open(payment);
    }

    function _openDisputed() internal returns (Payment memory payment) {
        payment = _openDisputable();
        _dispute(payment);
    }

    function _dispute(Payment memory payment) internal {
        vm.prank(payment.payer);
        escrow.dispute(payment);
    }

    function _resolve(Payment memory payment, uint104 sourceAmount) internal {
        vm.prank(payment.arbiter);
        escrow.resolve(payment, sourceAmount);
    }

    function _release(Payment memory payment) internal {
        vm.prank(payment.payer);
        escrow.release(payment);
    }

    function _wrongStatus(Payment memory payment, PaymentStatus found, PaymentStatus due)
        internal
        view
        returns (bytes memory)
    {
        return EscrowReverts.wrongStatus(escrow.paymentId(payment), found, due);
    }

    function _withArbiter(Payment memory payment) private view returns (Payment memory) {
        (payment.arbiter, payment.resolveBy) = (arbiter, payment.captureBy + 3 days);
        return _withFee(payment);
    }

    /* BATCHES */

    function _batch(address caller, bytes[] memory acts) internal {
        vm.prank(caller);
        escrow.batch(acts);
    }

    /// @dev A batch of one.
    function _batch(address caller, bytes memory act) internal {
        bytes[] memory acts = new bytes[](1);
        acts[0] = act;
        _batch(caller, acts);
    }

    function _expectSkipped(uint256 index, bytes memory act, bytes memory reason) internal {
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.ActSkipped(index, keccak256(act), reason);
    }

    /* TERMS */

    /// @dev 100.00 of the hostile token from the payer to the neighbour.
    function _withinHostile() internal view returns (Payment memory payment) {
        payment = _oneCurrency();
        (payment.sourceToken, payment.targetToken) = (address(hostile), address(hostile));
    }

    /* PEOPLE */

    /// @dev A customer of both banks, as dealer, whose inventory is watched.
    function _makeDealer(address account, uint128 number) internal {
        _watch(account);
        _onboard(eurBank, account, CustomerCategory.Dealer, GERMANY, 1000 + number);
        _onboard(hkdBank, account, CustomerCategory.Dealer, HONG_KONG, 2000 + number);
    }

    /* TRICKS */

    /// @dev What the hostile token does from now on when this function is called.
    function _trick(bytes4 selector, HostileToken.Kind kind, bool moves, uint256 word, uint256 length) internal {
        hostile.setTrick(selector, HostileToken.Trick(kind, moves, word, length));
    }

    function _refusedAtLength(uint256 length) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(HostileToken.RefusedAtLength.selector, new bytes(length));
    }

    /// @dev What the escrow copies of a long answer.
    function _first256(bytes memory answer) internal pure returns (bytes memory) {
        assembly ("memory-safe") {
            mstore(answer, 256)
        }
        return answer;
    }

    /* FIGURES */

    function _expectOwed(IERC20 token, address owner, uint256 amount, bytes memory reason) internal {
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.ClaimableAdded(address(token), owner, amount, reason);
    }

    function _assertFigures(Payment memory payment, PaymentStatus status, uint104 captured, uint256 target, uint256 fee)
        internal
        view
    {
        _assertFigures(payment, Figures(status, captured, target, fee, 0, 0));
    }

    /// @dev All that the only payment of a test has changed: its state, what its parties have, and the quota.
    function _assertFigures(Payment memory payment, Figures memory f) internal view {
        bool open = f.status == PaymentStatus.Authorized || f.status == PaymentStatus.Disputed;
        uint256 sourceOut = open ? payment.sourceAmount : f.captured;
        uint256 targetOut = open ? payment.targetAmount : f.target;
        IERC20 target = IERC20(payment.targetToken);
        _assertState(escrow.paymentId(payment), f.status, f.captured, f.refunded);
        assertEq(eur.balanceOf(payment.payer), 100_000_00 - sourceOut + f.returned, "payer");
        assertEq(target.balanceOf(payment.merchant), f.target - f.fee - f.refunded, "merchant");
        assertEq(target.balanceOf(feeReceiver), f.fee, "fee receiver");
        bool dealt = payment.dealer != address(0);
        uint256 sourceIn = dealt ? f.captured - f.returned : 0;
        assertEq(escrow.inventoryOf(payment.dealer, address(eur)), sourceIn, "dealer's source side");
        uint256 stock = dealt ? STOCK - targetOut + f.refunded : 0;
        assertEq(escrow.inventoryOf(payment.dealer, address(target)), stock, "dealer's target side");
        assertEq(_remainingQuota(), dealt ? YEARLY_QUOTA - sourceOut + f.returned : YEARLY_QUOTA, "quota");
    }
}
