// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";

import {Amounts} from "./escrow/Amounts.sol";
import {Diversions} from "./escrow/Diversions.sol";
import {Messages} from "./escrow/Messages.sol";
import {Terms} from "./escrow/Terms.sol";
import {IDepositTokenMain} from "./interfaces/IDepositTokenMain.sol";
import {ISettlementEscrow} from "./interfaces/ISettlementEscrow.sol";
import {BoundedCall} from "./libraries/BoundedCall.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {Payment} from "./types/Payment.sol";
import {PaymentApproval} from "./types/PaymentApproval.sol";
import {PaymentPacking, PaymentSlot, PaymentState, PaymentStatus} from "./types/PaymentSlot.sol";
import {RefundQuote} from "./types/RefundQuote.sol";

/// @title Payments between customers of any banks, in one currency or two
/// @notice See {ISettlementEscrow}, which documents every function.
/// @dev Of the four ledgers here the payments are kept in this file, the others in {Inventories}, {Claimables} and
/// {Diversions}, which moves what is owed to somebody from one to the other.
contract SettlementEscrow is Messages, Diversions {
    using Amounts for Payment;
    using BoundedCall for address;
    using SafeERC20 for IERC20;

    /* CONSTANTS */

    /// @dev What one act of a batch may spend, so that a token can't take the others' gas: the dearest needs less than
    /// a third, and two shares for the payouts must be at hand.
    uint256 private constant ACT_GAS = 1_000_000;

    /* STORAGE */

    mapping(bytes32 id => PaymentSlot) private _payments;

    /* OPERATOR */

    /// @inheritdoc ISettlementEscrow
    function authorize(
        Payment memory payment,
        bytes calldata payerSignature,
        bytes calldata dealerSignature,
        PaymentApproval calldata bankApproval
    ) external nonReentrant returns (bytes32 id) {
        _requireCaller(payment.operator);
        return _authorize(payment, payerSignature, dealerSignature, bankApproval);
    }

    /// @inheritdoc ISettlementEscrow
    function charge(
        Payment memory payment,
        bytes calldata payerSignature,
        bytes calldata dealerSignature,
        PaymentApproval calldata bankApproval
    ) external nonReentrant returns (bytes32 id) {
        _requireCaller(payment.operator);
        if (payment.arbiter != address(0)) revert ArbiterNamed(payment.arbiter);
        if (block.timestamp < payment.captureFrom) revert TooEarly(block.timestamp, payment.captureFrom);

        _requireBefore(payment.authorizeBy);
        Terms.requireConsistent(payment);
        id = _id();
        _requireStatus(id, _payments[id], PaymentStatus.None);
        (uint104 sourceAmount, uint256 targetAmount, address dealer) =
            (payment.sourceAmount, payment.targetAmount, payment.dealer);
        uint256 fee = Amounts.feeOf(targetAmount, payment.feeBps);

        (uint16 generation, uint32 quotaRef, address approver) = dealer == address(0)
            ? _open(payment, IDepositTokenMain.chargePayment.selector, id, fee, payerSignature)
            : _open(payment, IDepositTokenMain.openPayment.selector, id, _askTarget(payment), payerSignature);
        // After the source token was called, since slot and event keep what the bank has counted; every way back in is
        // closed by the guard.
        _payments[id] = PaymentPacking.authorized(generation, quotaRef).addCaptured(sourceAmount)
            .withStatus(PaymentStatus.Captured);
        _emitOpening(
            PaymentCharged.selector,
            id,
            payment,
            abi.encodePacked(_terms(), uint256(generation), uint256(quotaRef), fee)
        );

        _requireConsents(dealer, id, approver, dealerSignature, bankApproval);

        if (dealer == address(0)) return id;

        address targetToken = payment.targetToken;
        _takeInventory(dealer, targetToken, targetAmount);
        inventoryOf[dealer][payment.sourceToken] += sourceAmount;
        if (targetAmount != fee) IERC20(targetToken).safeTransfer(payment.merchant, targetAmount - fee);
        if (fee != 0) IERC20(targetToken).safeTransfer(payment.feeReceiver, fee);
    }

    /// @inheritdoc ISettlementEscrow
    function capture(Payment calldata payment, uint104 capturedBefore, uint104 sourceAmount) external nonReentrant {
        _requireCaller(payment.operator);
        bytes32 id = _id();
        PaymentSlot slot = _payments[id];
        _requireCapturable(payment, id, slot, capturedBefore, sourceAmount);
        (uint256 targetAmount, uint256 fee) = payment.targetOf(capturedBefore, sourceAmount);
        _requireMerchantPaid(payment, slot, sourceAmount, targetAmount - fee);

        slot = slot.addCaptured(sourceAmount);
        if (slot.captured() == payment.sourceAmount) slot = slot.withStatus(PaymentStatus.Captured);
        _payments[id] = slot;
        if (payment.dealer != address(0)) inventoryOf[payment.dealer][payment.sourceToken] += sourceAmount;
        emit PaymentCaptured(id, sourceAmount, targetAmount, fee);

        _payOut(payment, targetAmount, fee);
    }

    /* PAYER */

    /// @inheritdoc ISettlementEscrow
    function release(Payment calldata payment) external nonReentrant {
        _requireCaller(payment.payer);
        _release(payment, _id());
    }

    /// @inheritdoc ISettlementEscrow
    function releaseWithSignature(Payment calldata payment, uint40 deadline, bytes calldata signature)
        external
        nonReentrant
    {
        _requireBefore(deadline);
        bytes32 id = _id();
        _requireSignature(payment.payer, releaseDigest(id, deadline), signature);
        _release(payment, id);
    }

    /// @inheritdoc ISettlementEscrow
    function dispute(Payment calldata payment) external nonReentrant {
        _requireCaller(payment.payer);
        bytes32 id = _id();
        PaymentSlot slot = _payments[id];
        _requireStatus(id, slot, PaymentStatus.Authorized);
        if (payment.arbiter == address(0)) revert NoArbiter(id);
        _requireBefore(payment.captureBy);

        _payments[id] = slot.withStatus(PaymentStatus.Disputed);
        emit PaymentDisputed(id);
    }

    /* ARBITER */

    /// @inheritdoc ISettlementEscrow
    function resolve(Payment calldata payment, uint104 sourceAmount) external nonReentrant {
        _requireCaller(payment.arbiter);
        bytes32 id = _id();
        PaymentSlot slot = _payments[id];
        _requireStatus(id, slot, PaymentStatus.Disputed);
        _requireBefore(payment.resolveBy);
        uint104 left = payment.sourceAmount - slot.captured();
        if (sourceAmount > left) revert AmountExceeds(sourceAmount, left);
        uint256 targetAmount;
        uint256 fee;
        if (sourceAmount != 0) {
            _requirePayerUnblocked(payment);
            (targetAmount, fee) = payment.targetOf(slot.captured(), sourceAmount);
            _requireMerchantPaid(payment, slot, sourceAmount, targetAmount - fee);
        }

        slot = slot.addCaptured(sourceAmount);
        (uint104 rest,) = _close(id, slot, payment, PaymentStatus.Resolved);
        if (payment.dealer != address(0)) inventoryOf[payment.dealer][payment.sourceToken] += sourceAmount;
        emit PaymentResolved(id, sourceAmount, targetAmount, fee, rest);

        _payOut(payment, targetAmount, fee);
        _giveBack(id, slot, payment, rest);
    }

    /* OPERATOR OR MERCHANT */

    /// @inheritdoc ISettlementEscrow
    function void(Payment calldata payment) external nonReentrant {
        bytes32 id = _id();
        PaymentSlot slot = _payments[id];
        bool byMerchant = msg.sender == payment.merchant;
        if (!byMerchant) _requireCaller(payment.operator);
        if (!byMerchant || slot.status() != PaymentStatus.Disputed) {
            _requireStatus(id, slot, PaymentStatus.Authorized);
        }

        (uint104 rest, uint256 targetAmount) = _close(id, slot, payment, PaymentStatus.Voided);
        emit PaymentVoided(id, rest, targetAmount);

        _giveBack(id, slot, payment, rest);
    }

    /// @inheritdoc ISettlementEscrow
    function refund(Payment calldata payment, RefundQuote calldata quote, bytes calldata dealerSignature)
        external
        nonReentrant
    {
        _requireCaller(payment.merchant);
        (bytes32 id, PaymentSlot slot) = _refund(payment, quote, quoteDigest(quote), dealerSignature);
        IERC20(payment.targetToken).safeTransferFrom(msg.sender, address(this), quote.targetAmount);
        _giveBack(id, slot, payment, quote.sourceAmount);
    }

    /// @inheritdoc ISettlementEscrow
    function refundWithAuthorization(
        Payment calldata payment,
        RefundQuote calldata quote,
        bytes calldata merchantSignature,
        bytes calldata dealerSignature
    ) external nonReentrant {
        if (msg.sender != payment.merchant) _requireCaller(payment.operator);
        bytes32 digest = quoteDigest(quote);
        (bytes32 id, PaymentSlot slot) = _refund(payment, quote, digest, dealerSignature);
        IDepositTokenMain(payment.targetToken)
            .receiveWithAuthorization(
                payment.merchant, address(this), quote.targetAmount, 0, quote.deadline, digest, merchantSignature
            );
        _giveBack(id, slot, payment, quote.sourceAmount);
    }

    /* ANYONE */

    /// @inheritdoc ISettlementEscrow
    /// @dev Takes no guard, since each act takes its own; within an act nobody begins another batch.
    function batch(bytes[] calldata acts) external nonReentrantView {
        for (uint256 i = 0; i < acts.length; ++i) {
            bytes calldata act = acts[i];
            // forge-lint: disable-next-line(unsafe-typecast): the selector.
            bytes4 selector = bytes4(act);
            if (
                selector == this.batch.selector || selector == this.previewAuthorize.selector
                    || selector == this.previewCapture.selector
            ) revert NotAnAct(i, selector);
            // Its own code, as the same caller.
            (bool done, bytes memory reason) = address(this).boundedDelegatecall(ACT_GAS, act);
            if (!done) emit ActSkipped(i, keccak256(act), reason);
        }
    }

    /// @inheritdoc ISettlementEscrow
    function reclaim(Payment calldata payment) external nonReentrant {
        bytes32 id = _id();
        PaymentSlot slot = _payments[id];
        uint40 from = payment.resolveBy;
        if (slot.status() != PaymentStatus.Disputed) {
            _requireStatus(id, slot, PaymentStatus.Authorized);
            from = payment.captureBy;
        }
        if (block.timestamp < from) revert TooEarly(block.timestamp, from);

        (uint104 rest, uint256 targetAmount) = _close(id, slot, payment, PaymentStatus.Reclaimed);
        emit PaymentReclaimed(id, rest, targetAmount);

        _giveBack(id, slot, payment, rest);
    }

    /* VIEWS */

    /// @inheritdoc ISettlementEscrow
    function paymentState(bytes32 id) external view returns (PaymentState memory) {
        PaymentSlot slot = _payments[id];
        return PaymentState(slot.status(), slot.captured(), slot.refunded(), slot.generation(), slot.quotaRef());
    }

    /// @inheritdoc ISettlementEscrow
    function previewCapture(Payment calldata payment, uint104 capturedBefore, uint104 sourceAmount)
        external
        view
        returns (uint256 merchantAmount, uint256 fee)
    {
        bytes32 id = _id();
        PaymentSlot slot = _payments[id];
        _requireCapturable(payment, id, slot, capturedBefore, sourceAmount);
        (merchantAmount, fee) = payment.targetOf(capturedBefore, sourceAmount);
        merchantAmount -= fee;
        _requireMerchantPaid(payment, slot, sourceAmount, merchantAmount);
    }

    /// @inheritdoc ISettlementEscrow
    function previewAuthorize(
        Payment calldata payment,
        bytes calldata payerSignature,
        bytes calldata dealerSignature,
        PaymentApproval calldata bankApproval
    ) external nonReentrant returns (bool authorized, bytes memory refusal) {
        try this.authorizeAndUndo(payment, payerSignature, dealerSignature, bankApproval) {}
        catch (bytes memory reason) {
            // forge-lint: disable-next-line(unsafe-typecast): the selector.
            if (bytes4(reason) == Undone.selector) return (true, "");
            return (false, reason);
        }
    }

    /// @notice Authorizes and reverts, always. Only this contract calls it.
    /// @dev Reverts with {Undone}, {NotAllowed} or as {authorize}.
    function authorizeAndUndo(
        Payment memory payment,
        bytes calldata payerSignature,
        bytes calldata dealerSignature,
        PaymentApproval calldata bankApproval
    ) external {
        _requireCaller(address(this));
        _authorize(payment, payerSignature, dealerSignature, bankApproval);
        revert Undone();
    }

    /* INTERNAL: ACTS */

    /// @dev The slot is written after the source token was called, since it keeps what the bank has counted; every way
    /// back in is closed by the guard.
    function _authorize(
        Payment memory payment,
        bytes calldata payerSignature,
        bytes calldata dealerSignature,
        PaymentApproval calldata bankApproval
    ) private returns (bytes32 id) {
        _requireBefore(payment.authorizeBy);
        Terms.requireConsistent(payment);
        id = _id();
        _requireStatus(id, _payments[id], PaymentStatus.None);
        address dealer = payment.dealer;
        uint16 country = dealer == address(0) ? 0 : _askTarget(payment);
        if (dealer != address(0)) _takeInventory(dealer, payment.targetToken, payment.targetAmount);

        (uint16 generation, uint32 quotaRef, address approver) =
            _open(payment, IDepositTokenMain.openPayment.selector, id, country, payerSignature);
        _payments[id] = PaymentPacking.authorized(generation, quotaRef);
        _emitOpening(
            PaymentAuthorized.selector, id, payment, abi.encodePacked(_terms(), uint256(generation), uint256(quotaRef))
        );

        _requireConsents(dealer, id, approver, dealerSignature, bankApproval);
    }

    /// @dev Has the target's bank, where it is another, look at the payment and say the merchant's country.
    function _askTarget(Payment memory payment) private returns (uint16 merchantCountry) {
        bytes memory question = abi.encodePacked(IDepositTokenMain.merchantCountryOf.selector, _terms());
        return abi.decode(_askToken(payment.targetToken, question, 32), (uint16));
    }

    /// @dev Has the payer's bank open the payment, by {IDepositTokenMain-openPayment} or
    /// {IDepositTokenMain-chargePayment}: both take the terms, the id, a number and the signature. By hand what
    /// `abi.encodeCall` gives, but for the padding.
    function _open(Payment memory payment, bytes4 selector, bytes32 id, uint256 number, bytes calldata payerSignature)
        private
        returns (uint16 generation, uint32 quotaRef, address approver)
    {
        uint256 offset = TERMS_SIZE + 3 * 32;
        bytes memory question =
            abi.encodePacked(selector, _terms(), id, number, offset, payerSignature.length, payerSignature);
        (generation, quotaRef, approver) =
            abi.decode(_askToken(payment.sourceToken, question, 96), (uint16, uint32, address));
        if (generation > PaymentPacking.MAX_GENERATION) {
            revert GenerationTooGreat(generation, PaymentPacking.MAX_GENERATION);
        }
    }

    /// @dev An event of three topics; `emit` would encode each of the terms anew.
    function _emitOpening(bytes32 selector, bytes32 id, Payment memory payment, bytes memory data) private {
        (address payer, address merchant) = (payment.payer, payment.merchant);
        // slither-disable-next-line assembly: as the comment above says; the tests compare it with `emit`.
        assembly ("memory-safe") {
            log4(add(data, 0x20), mload(data), selector, id, payer, merchant)
        }
    }

    function _requireConsents(
        address dealer,
        bytes32 id,
        address approver,
        bytes calldata dealerSignature,
        PaymentApproval calldata bankApproval
    ) private view {
        if (dealer != address(0)) _requireDealerSignature(dealer, id, dealerSignature);
        if (approver == address(0)) return;
        _requireBefore(bankApproval.validUntil);
        _requireSignature(approver, approvalDigest(id, bankApproval.validUntil), bankApproval.signature);
    }

    function _release(Payment calldata payment, bytes32 id) private {
        PaymentSlot slot = _payments[id];
        if (slot.status() == PaymentStatus.Disputed) {
            _requireBefore(payment.resolveBy);
        } else {
            _requireStatus(id, slot, PaymentStatus.Authorized);
            _requireBefore(payment.captureBy);
        }
        uint104 left = payment.sourceAmount - slot.captured();
        _requirePayerUnblocked(payment);
        (uint256 targetAmount, uint256 fee) = payment.targetOf(slot.captured(), left);

        _payments[id] = slot.addCaptured(left).withStatus(PaymentStatus.Captured);
        if (payment.dealer != address(0)) inventoryOf[payment.dealer][payment.sourceToken] += left;
        emit PaymentReleased(id, left, targetAmount, fee);

        _payOut(payment, targetAmount, fee);
    }

    /// @dev Everything of a refund but the merchant's side and the payout to the payer.
    function _refund(
        Payment calldata payment,
        RefundQuote calldata quote,
        bytes32 digest,
        bytes calldata dealerSignature
    ) private returns (bytes32 id, PaymentSlot slot) {
        id = _id();
        slot = _payments[id];
        if (slot.status() == PaymentStatus.None) revert WrongStatus(id, PaymentStatus.None, PaymentStatus.Captured);
        _requireBefore(payment.refundBy);
        _requireBefore(quote.deadline);
        if (quote.paymentId != id) revert QuoteForOtherPayment(quote.paymentId, id);
        if (quote.refundedBefore != slot.refunded()) revert QuoteOutOfPlace(quote.refundedBefore, slot.refunded());
        (address dealer, uint104 sourceAmount, uint104 targetAmount) =
            (quote.dealer, quote.sourceAmount, quote.targetAmount);
        if (sourceAmount == 0 || targetAmount == 0) revert ZeroAmount();
        Terms.requireDealerFits(dealer, payment.sourceToken, payment.targetToken, sourceAmount, targetAmount);
        Terms.requireDistinct(payment.payer, payment.merchant, dealer);
        uint256 left = payment.targetShareOf(slot.captured()) - slot.refunded();
        if (targetAmount > left) revert AmountExceeds(targetAmount, left);
        uint256 greatest = payment.sourceRefundOf(slot, targetAmount, left);
        if (sourceAmount > greatest) revert AmountExceeds(sourceAmount, greatest);

        _payments[id] = slot.addRefunded(targetAmount);
        if (dealer != address(0)) {
            _takeInventory(dealer, payment.sourceToken, sourceAmount);
            inventoryOf[dealer][payment.targetToken] += targetAmount;
        }
        emit PaymentRefunded(id, sourceAmount, targetAmount, dealer);

        if (dealer == address(0)) return (id, slot);
        IDepositTokenMain(payment.sourceToken).requireRefund(payment.targetToken, dealer);
        IDepositTokenMain(payment.targetToken).requireRefund(payment.sourceToken, dealer);
        _requireDealerSignature(dealer, digest, dealerSignature);
    }

    /* INTERNAL: CHECKS */

    function _requireCaller(address allowed) private view {
        if (msg.sender != allowed) revert NotAllowed(msg.sender, allowed);
    }

    function _requireBefore(uint40 deadline) private view {
        if (block.timestamp >= deadline) revert TooLate(block.timestamp, deadline);
    }

    function _requireStatus(bytes32 id, PaymentSlot slot, PaymentStatus allowed) private pure {
        if (slot.status() != allowed) revert WrongStatus(id, slot.status(), allowed);
    }

    function _requireSignature(address signer, bytes32 digest, bytes calldata signature) private view {
        if (!Signatures.isValid(signer, digest, signature)) revert InvalidSignature(signer, digest);
    }

    /// @dev Everything that a capture is refused for but what it would pay.
    function _requireCapturable(
        Payment calldata payment,
        bytes32 id,
        PaymentSlot slot,
        uint104 capturedBefore,
        uint104 sourceAmount
    ) private view {
        _requireStatus(id, slot, PaymentStatus.Authorized);
        if (block.timestamp < payment.captureFrom) revert TooEarly(block.timestamp, payment.captureFrom);
        _requireBefore(payment.captureBy);
        if (capturedBefore != slot.captured()) revert CaptureOutOfPlace(capturedBefore, slot.captured());
        if (sourceAmount == 0) revert ZeroAmount();
        uint104 left = payment.sourceAmount - slot.captured();
        if (sourceAmount > left) revert AmountExceeds(sourceAmount, left);
        _requirePayerUnblocked(payment);
    }

    function _requirePayerUnblocked(Payment calldata payment) private view {
        // A token that fails to answer is not listened to any longer: what it reverts with could fill a batch's memory.
        try IDepositTokenMain(payment.sourceToken).payerBlocked{gas: TOKEN_GAS}(payment.payer) returns (bool blocked) {
            if (blocked) revert PayerBlocked(payment.payer);
        } catch {
            revert StandingUnknown(payment.sourceToken, payment.payer);
        }
    }

    function _requireMerchantPaid(
        Payment calldata payment,
        PaymentSlot slot,
        uint104 sourceAmount,
        uint256 merchantAmount
    ) private pure {
        // The last one takes what is left, be it too little to pay anything.
        if (
            merchantAmount == 0 && payment.dealer != address(0)
                && uint256(slot.captured()) + sourceAmount != payment.sourceAmount
        ) revert NothingForMerchant(sourceAmount);
    }

    /* INTERNAL: MOVES */

    /// @dev Ends a payment and frees the dealer's side of what was not captured.
    function _close(bytes32 id, PaymentSlot slot, Payment calldata payment, PaymentStatus status)
        private
        returns (uint104 sourceAmount, uint256 targetAmount)
    {
        sourceAmount = payment.sourceAmount - slot.captured();
        targetAmount = payment.targetAmount - payment.targetShareOf(slot.captured());
        _payments[id] = slot.withStatus(status);
        if (payment.dealer != address(0)) inventoryOf[payment.dealer][payment.targetToken] += targetAmount;
    }

    /// @dev Pays the target side of a capture.
    function _payOut(Payment calldata payment, uint256 targetAmount, uint256 fee) private {
        _pay(payment.targetToken, payment.merchant, targetAmount - fee);
        if (fee != 0) _pay(payment.targetToken, payment.feeReceiver, fee);
    }

    /// @dev Restoring the quota is best effort: the money moves whatever the token or its policy does.
    function _giveBack(bytes32 id, PaymentSlot slot, Payment calldata payment, uint104 sourceAmount) private {
        if (slot.quotaRef() != 0 && sourceAmount != 0) {
            bytes memory restoring = abi.encodeCall(
                IDepositTokenMain.restoreQuota, (slot.generation(), payment.payer, slot.quotaRef(), sourceAmount)
            );
            // slither-disable-next-line unused-return: why it failed changes nothing.
            (bool restored,) = payment.sourceToken.boundedCall(TOKEN_GAS, restoring);
            if (!restored) emit QuotaNotRestored(id, sourceAmount);
        }
        _pay(payment.sourceToken, payment.payer, sourceAmount);
    }

    /// @dev Asks a token something that the call depends on: its refusal is this contract's. What says nothing, or too
    /// little, is no deposit token.
    function _askToken(address token, bytes memory question, uint256 least) private returns (bytes memory answer) {
        bool answered;
        (answered, answer) = token.boundedCall(question);
        if (!answered && answer.length != 0) LowLevelCall.bubbleRevert(answer);
        if (answer.length < least) revert NotDepositToken(token);
    }
}
