// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";

import {IDepositToken} from "./interfaces/IDepositToken.sol";
import {IDepositTokenMain} from "./interfaces/IDepositTokenMain.sol";
import {ISettlementEscrow} from "./interfaces/ISettlementEscrow.sol";
import {BoundedCall} from "./libraries/BoundedCall.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {PaymentPacking, PaymentSlot, PaymentState, PaymentStatus} from "./types/PaymentSlot.sol";
import {Payment} from "./types/Payment.sol";
import {PaymentApproval} from "./types/PaymentApproval.sol";
import {RefundQuote} from "./types/RefundQuote.sol";

/// @title Payments between customers of any banks, in one currency or two
/// @notice See {ISettlementEscrow}, which documents every function.
contract SettlementEscrow is EIP712, ReentrancyGuardTransient, ISettlementEscrow {
    using BoundedCall for address;
    using SafeERC20 for IERC20;

    /* CONSTANTS */

    bytes32 private constant PAYMENT_TYPEHASH = keccak256(
        "Payment(address payer,address merchant,address operator,address dealer,address arbiter,address feeReceiver,"
        "address sourceToken,address targetToken,uint104 sourceAmount,uint104 targetAmount,uint16 feeBps,"
        "uint40 authorizeBy,uint40 captureFrom,uint40 captureBy,uint40 resolveBy,uint40 refundBy,bytes4 purpose,"
        "bytes16 uetr,bytes32 remittanceHash)"
    );
    bytes32 private constant APPROVAL_TYPEHASH = keccak256("PaymentApproval(bytes32 paymentId,uint40 validUntil)");
    bytes32 private constant RELEASE_TYPEHASH = keccak256("Release(bytes32 paymentId,uint40 deadline)");
    bytes32 private constant QUOTE_TYPEHASH = keccak256(
        "RefundQuote(bytes32 paymentId,uint104 refundedBefore,uint104 sourceAmount,uint104 targetAmount,"
        "address dealer,uint40 deadline)"
    );

    /// @dev Bytes of a {Payment} in the calldata.
    uint256 private constant TERMS_SIZE = 19 * 32;
    uint256 private constant BPS = 10_000;
    uint256 private constant LEAST_TIME_TO_RESOLVE = 1 days;
    /// @dev What a token may spend on a transfer or on restoring a quota; both need less than a third.
    uint256 private constant TOKEN_GAS = 250_000;
    /// @dev What one act of a batch may spend, so that a token can't take the others' gas: the dearest needs less than a
    /// third, and two shares for the payouts must be at hand.
    uint256 private constant ACT_GAS = 1_000_000;

    /* STORAGE */

    mapping(bytes32 id => PaymentSlot) private _payments;

    /// @inheritdoc ISettlementEscrow
    mapping(address dealer => mapping(address token => uint256)) public inventoryOf;

    /// @inheritdoc ISettlementEscrow
    mapping(address token => mapping(address owner => uint256)) public claimableOf;

    /// @inheritdoc ISettlementEscrow
    mapping(address dealer => mapping(address signer => bool)) public isDealerSigner;

    constructor() EIP712("SettlementEscrow", "1") {}

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
        uint16 country;
        (id, country) = _examinePayment(payment);
        (uint104 sourceAmount, uint256 targetAmount, address dealer) =
            (payment.sourceAmount, payment.targetAmount, payment.dealer);
        uint256 fee = _fee(targetAmount, payment.feeBps);

        (uint16 generation, uint32 quotaRef, address approver) = dealer == address(0)
            ? _open(payment, IDepositTokenMain.chargePayment.selector, id, fee, payerSignature)
            : _open(payment, IDepositTokenMain.openPayment.selector, id, country, payerSignature);
        _payments[id] = PaymentPacking.authorized(generation, quotaRef).addCaptured(sourceAmount)
            .withStatus(PaymentStatus.Captured);
        _tell(
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
        (bytes32 id, PaymentSlot slot, uint256 targetAmount, uint256 fee) =
            _examineCapture(payment, capturedBefore, sourceAmount);
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
        if (sourceAmount != 0) (targetAmount, fee) = _quoteCapture(payment, slot.captured(), sourceAmount);

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

    /// @inheritdoc ISettlementEscrow
    function claim(address token, address owner) external nonReentrant {
        uint256 amount = _takeClaimable(token, owner);
        emit Claimed(token, owner, amount);
        IERC20(token).safeTransfer(owner, amount);
    }

    /* BANK */

    /// @inheritdoc ISettlementEscrow
    function divertClaim(address token, address owner, address to) external nonReentrant {
        _requireBank(token);
        IDepositToken(token).requireRefused(owner);
        IDepositToken(token).requireSuccessor(owner, to);
        uint256 amount = _takeClaimable(token, owner);
        claimableOf[token][to] += amount;
        emit ClaimDiverted(token, owner, to, amount);
    }

    /// @inheritdoc ISettlementEscrow
    function divertInventory(address token, address dealer) external nonReentrant {
        _requireBank(token);
        IDepositToken(token).requireRefused(dealer);
        uint256 amount = inventoryOf[dealer][token];
        if (amount == 0) revert NoInventory(dealer, token);
        inventoryOf[dealer][token] = 0;
        claimableOf[token][dealer] += amount;
        emit InventoryDiverted(token, dealer, amount);
    }

    /* DEALER */

    /// @inheritdoc ISettlementEscrow
    function deposit(address token, uint256 amount) external nonReentrant {
        IDepositToken(token).requireDealer(msg.sender);
        uint256 before = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        uint256 arrived = IERC20(token).balanceOf(address(this)) - before;
        if (arrived == 0) revert ZeroAmount();
        // More no bank's token has: sums of what dishonest tokens claim can't overflow and stop a payment's other side.
        if (arrived > type(uint128).max) revert AmountExceeds(arrived, type(uint128).max);
        inventoryOf[msg.sender][token] += arrived;
        emit Deposited(msg.sender, token, arrived);
    }

    /// @inheritdoc ISettlementEscrow
    function withdraw(address token, uint256 amount) external nonReentrant {
        if (amount == 0) revert ZeroAmount();
        if (IDepositToken(token).isBlocked(msg.sender)) revert OwnerBlocked(msg.sender);
        _takeInventory(msg.sender, token, amount);
        emit Withdrawn(msg.sender, token, amount);
        _pay(token, msg.sender, amount);
    }

    /// @inheritdoc ISettlementEscrow
    function setDealerSigner(address signer, bool allowed) external {
        // A signature that is none recovers to zero.
        if (signer == address(0)) revert ZeroSigner();
        isDealerSigner[msg.sender][signer] = allowed;
        emit DealerSignerSet(msg.sender, signer, allowed);
    }

    /* VIEWS */

    /// @inheritdoc ISettlementEscrow
    function paymentId(Payment calldata payment) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(PAYMENT_TYPEHASH, payment)));
    }

    /// @inheritdoc ISettlementEscrow
    function approvalDigest(bytes32 id, uint40 validUntil) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(APPROVAL_TYPEHASH, id, validUntil)));
    }

    /// @inheritdoc ISettlementEscrow
    function releaseDigest(bytes32 id, uint40 deadline) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(RELEASE_TYPEHASH, id, deadline)));
    }

    /// @inheritdoc ISettlementEscrow
    function quoteDigest(RefundQuote calldata quote) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(QUOTE_TYPEHASH, quote)));
    }

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
        (,, merchantAmount, fee) = _examineCapture(payment, capturedBefore, sourceAmount);
        merchantAmount -= fee;
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
        uint16 country;
        (id, country) = _examinePayment(payment);
        address dealer = payment.dealer;
        if (dealer != address(0)) _takeInventory(dealer, payment.targetToken, payment.targetAmount);

        (uint16 generation, uint32 quotaRef, address approver) =
            _open(payment, IDepositTokenMain.openPayment.selector, id, country, payerSignature);
        _payments[id] = PaymentPacking.authorized(generation, quotaRef);
        _tell(
            PaymentAuthorized.selector, id, payment, abi.encodePacked(_terms(), uint256(generation), uint256(quotaRef))
        );
        _requireConsents(dealer, id, approver, dealerSignature, bankApproval);
    }

    /// @dev Everything that is looked at before the payer's token: the terms, and the target's bank where it is another.
    function _examinePayment(Payment memory payment) private returns (bytes32 id, uint16 country) {
        _requireBefore(payment.authorizeBy);
        _requireTerms(payment);
        id = _id();
        _requireStatus(id, _payments[id], PaymentStatus.None);
        if (payment.dealer == address(0)) return (id, 0);
        bytes memory question = abi.encodePacked(IDepositTokenMain.requireTarget.selector, _terms());
        country = abi.decode(_askToken(payment.targetToken, question, 32), (uint16));
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
    function _tell(bytes32 selector, bytes32 id, Payment memory payment, bytes memory data) private {
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
        (uint256 targetAmount, uint256 fee) = _quoteCapture(payment, slot.captured(), left);

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
        _requireQuote(payment, quote, id, slot);
        _payments[id] = slot.addRefunded(quote.targetAmount);
        if (quote.dealer != address(0)) {
            _takeInventory(quote.dealer, payment.sourceToken, quote.sourceAmount);
            inventoryOf[quote.dealer][payment.targetToken] += quote.targetAmount;
        }
        emit PaymentRefunded(id, quote.sourceAmount, quote.targetAmount, quote.dealer);
        if (quote.dealer != address(0)) {
            IDepositTokenMain(payment.sourceToken).requireRefund(payment.targetToken, quote.dealer);
            IDepositTokenMain(payment.targetToken).requireRefund(payment.sourceToken, quote.dealer);
            _requireDealerSignature(quote.dealer, digest, dealerSignature);
        }
    }

    /* INTERNAL: CHECKS */

    /// @dev {paymentId} of the terms that this call brings, for a tenth of the gas: they are the first argument of
    /// every function, and 19 words without a dynamic field lie in the calldata as EIP-712 hashes them. A word with
    /// dirty bits gives an id that no payment has, since authorizing and charging decode every field, which checks it.
    function _id() private view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encodePacked(PAYMENT_TYPEHASH, _terms())));
    }

    /// @dev The terms as they lie in the calldata: what hashes, hands on or tells them copies these bytes. Encoding
    /// each of the 19 fields anew would cost 1,500 gas a time.
    function _terms() private pure returns (bytes calldata) {
        return msg.data[4:4 + TERMS_SIZE];
    }

    function _requireCaller(address allowed) private view {
        if (msg.sender != allowed) revert NotAllowed(msg.sender, allowed);
    }

    function _requireBefore(uint40 deadline) private view {
        if (block.timestamp >= deadline) revert TooLate(block.timestamp, deadline);
    }

    function _requireStatus(bytes32 id, PaymentSlot slot, PaymentStatus allowed) private pure {
        if (slot.status() != allowed) revert WrongStatus(id, slot.status(), allowed);
    }

    function _requireTerms(Payment memory payment) private view {
        uint40 captureBy = payment.captureBy;
        if (payment.authorizeBy > captureBy || payment.captureFrom > captureBy || captureBy > payment.refundBy) {
            revert DeadlinesCrossed(payment.authorizeBy, payment.captureFrom, captureBy, payment.refundBy);
        }
        _requireArbiterFits(payment);
        (uint104 sourceAmount, uint104 targetAmount) = (payment.sourceAmount, payment.targetAmount);
        if (sourceAmount == 0 || targetAmount == 0) revert ZeroAmount();
        address dealer = payment.dealer;
        _requireDealerFits(dealer, payment.sourceToken, payment.targetToken, sourceAmount, targetAmount);
        _requireDistinct(payment.payer, payment.merchant, dealer);
        (uint16 feeBps, address feeReceiver) = (payment.feeBps, payment.feeReceiver);
        if (feeBps > BPS || (feeBps == 0) != (feeReceiver == address(0)) || feeReceiver == address(this)) {
            revert FeeInvalid(feeBps, feeReceiver);
        }
    }

    function _requireArbiterFits(Payment memory payment) private pure {
        address arbiter = payment.arbiter;
        (uint40 captureBy, uint40 resolveBy) = (payment.captureBy, payment.resolveBy);
        bool fits = arbiter == address(0) ? resolveBy == captureBy : resolveBy >= captureBy + LEAST_TIME_TO_RESOLVE;
        if (!fits) revert ResolveByMismatch(arbiter, captureBy, resolveBy);
        if (arbiter == address(0)) return;
        if (
            arbiter == payment.payer || arbiter == payment.merchant || arbiter == payment.operator
                || arbiter == payment.dealer || arbiter == payment.feeReceiver
        ) revert ArbiterNotNeutral(arbiter);
    }

    /// @dev The same for a payment and for the quote of its refund: two tokens need a dealer; one token has none, and then
    /// what goes in comes out.
    function _requireDealerFits(
        address dealer,
        address source,
        address target,
        uint104 sourceAmount,
        uint104 targetAmount
    ) private pure {
        if ((source == target) != (dealer == address(0))) {
            revert DealerMismatch(dealer, source, target);
        }
        if (source == target && sourceAmount != targetAmount) revert AmountsDiffer(sourceAmount, targetAmount);
    }

    function _requireDistinct(address payer, address merchant, address dealer) private pure {
        if (payer == merchant || dealer == payer || dealer == merchant) {
            revert PartiesNotDistinct(payer, merchant, dealer);
        }
    }

    function _requireQuote(Payment calldata payment, RefundQuote calldata quote, bytes32 id, PaymentSlot slot)
        private
        view
    {
        if (slot.status() == PaymentStatus.None) {
            revert WrongStatus(id, PaymentStatus.None, PaymentStatus.Captured);
        }
        _requireBefore(payment.refundBy);
        _requireBefore(quote.deadline);
        if (quote.paymentId != id) revert QuoteForOtherPayment(quote.paymentId, id);
        if (quote.refundedBefore != slot.refunded()) revert QuoteOutOfPlace(quote.refundedBefore, slot.refunded());
        if (quote.sourceAmount == 0 || quote.targetAmount == 0) revert ZeroAmount();
        _requireDealerFits(
            quote.dealer, payment.sourceToken, payment.targetToken, quote.sourceAmount, quote.targetAmount
        );
        _requireDistinct(payment.payer, payment.merchant, quote.dealer);
        (uint256 paid,) = _targetOf(payment, 0, slot.captured());
        uint256 left = paid - slot.refunded();
        if (quote.targetAmount > left) revert AmountExceeds(quote.targetAmount, left);
        if (payment.dealer == address(0)) return;
        bool closed = slot.status() != PaymentStatus.Authorized && slot.status() != PaymentStatus.Disputed;
        // The last refund gives back what rounding has kept.
        uint256 greatest = closed && quote.targetAmount == left
            ? slot.captured()
            : _sourceShare(payment, uint256(slot.refunded()) + quote.targetAmount);
        greatest -= _sourceShare(payment, slot.refunded());
        if (quote.sourceAmount > greatest) revert AmountExceeds(quote.sourceAmount, greatest);
    }

    /// @dev The dealer's own key, a key that it named, or its contract.
    function _requireDealerSignature(address dealer, bytes32 digest, bytes calldata signature) private view {
        address recovered = Signatures.recover(digest, signature);
        if (
            recovered != dealer && !isDealerSigner[dealer][recovered]
                && !Signatures.isValidByContract(dealer, digest, signature)
        ) revert InvalidSignature(dealer, digest);
    }

    function _requireSignature(address signer, bytes32 digest, bytes calldata signature) private view {
        if (!Signatures.isValid(signer, digest, signature)) revert InvalidSignature(signer, digest);
    }

    /// @dev Who may act for the bank of a token, at once, is its own `AccessManager`'s to say.
    function _requireBank(address token) private view {
        address authority = IAccessManaged(token).authority();
        // slither-disable-next-line unused-return: what may be done later does not count.
        (bool immediate,) = IAccessManager(authority).canCall(msg.sender, address(this), msg.sig);
        if (!immediate) revert NotAllowedByBank(msg.sender, authority);
    }

    /// @dev Everything that a capture is refused for, and what it pays.
    function _examineCapture(Payment calldata payment, uint104 capturedBefore, uint104 sourceAmount)
        private
        view
        returns (bytes32 id, PaymentSlot slot, uint256 targetAmount, uint256 fee)
    {
        id = _id();
        slot = _payments[id];
        _requireStatus(id, slot, PaymentStatus.Authorized);
        if (block.timestamp < payment.captureFrom) revert TooEarly(block.timestamp, payment.captureFrom);
        _requireBefore(payment.captureBy);
        if (capturedBefore != slot.captured()) revert CaptureOutOfPlace(capturedBefore, slot.captured());
        if (sourceAmount == 0) revert ZeroAmount();
        uint104 left = payment.sourceAmount - slot.captured();
        if (sourceAmount > left) revert AmountExceeds(sourceAmount, left);
        (targetAmount, fee) = _quoteCapture(payment, slot.captured(), sourceAmount);
    }

    /* INTERNAL: AMOUNTS */

    /// @dev What a capture in the merchant's favour pays, if it is not refused.
    function _quoteCapture(Payment calldata payment, uint104 captured, uint104 sourceAmount)
        private
        view
        returns (uint256 targetAmount, uint256 fee)
    {
        _requireUnblocked(payment.sourceToken, payment.payer);
        (targetAmount, fee) = _targetOf(payment, captured, sourceAmount);
        // The last one takes what is left, be it too little to pay anything.
        if (
            targetAmount == fee && payment.dealer != address(0)
                && uint256(captured) + sourceAmount != payment.sourceAmount
        ) revert NothingForMerchant(sourceAmount);
    }

    /// @dev A token that fails to answer is not listened to any longer: what it reverts with could fill a batch's
    /// memory.
    function _requireUnblocked(address token, address payer) private view {
        try IDepositTokenMain(token).payerBlocked{gas: TOKEN_GAS}(payer) returns (bool blocked) {
            if (blocked) revert PayerBlocked(payer);
        } catch {
            revert StandingUnknown(token, payer);
        }
    }

    /// @dev What the target side pays when `sourceAmount` is captured after `captured`. In one token that is the same.
    function _targetOf(Payment calldata payment, uint256 captured, uint256 sourceAmount)
        private
        pure
        returns (uint256 targetAmount, uint256 fee)
    {
        // No more than the source amount, a uint104, in all.
        uint256 before = captured;
        uint256 afterwards;
        unchecked {
            afterwards = captured + sourceAmount;
        }
        if (payment.dealer != address(0)) {
            if (before != 0) before = _share(payment, before);
            afterwards = _share(payment, afterwards);
        }
        targetAmount = afterwards - before;
        uint256 bps = payment.feeBps;
        if (bps != 0) fee = _fee(afterwards, bps) - _fee(before, bps);
    }

    /// @dev Of a uint104 and at most {BPS}: the product fits.
    function _fee(uint256 targetAmount, uint256 bps) private pure returns (uint256) {
        unchecked {
            return targetAmount * bps / BPS;
        }
    }

    /// @dev The target amount's part for a part of the source amount, rounded down. The product of two uint104 fits,
    /// and the source amount is not zero.
    function _share(Payment calldata payment, uint256 part) private pure returns (uint256) {
        unchecked {
            return payment.targetAmount * part / payment.sourceAmount;
        }
    }

    /// @dev The source amount's part for a part of the target amount, rounded down: what a refund of it gives back at the
    /// payment's own rate. `part` is at most the target amount.
    function _sourceShare(Payment calldata payment, uint256 part) private pure returns (uint256) {
        unchecked {
            return payment.sourceAmount * part / payment.targetAmount;
        }
    }

    /* INTERNAL: MOVES */

    function _takeInventory(address dealer, address token, uint256 amount) private {
        uint256 free = inventoryOf[dealer][token];
        if (amount > free) revert InventoryTooLow(dealer, token, free, amount);
        inventoryOf[dealer][token] = free - amount;
    }

    function _takeClaimable(address token, address owner) private returns (uint256 amount) {
        amount = claimableOf[token][owner];
        if (amount == 0) revert NothingToClaim(token, owner);
        claimableOf[token][owner] = 0;
    }

    /// @dev Ends a payment and frees the dealer's side of what was not captured.
    function _close(bytes32 id, PaymentSlot slot, Payment calldata payment, PaymentStatus status)
        private
        returns (uint104 sourceAmount, uint256 targetAmount)
    {
        sourceAmount = payment.sourceAmount - slot.captured();
        (targetAmount,) = _targetOf(payment, slot.captured(), sourceAmount);
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

    /// @dev Pays, or else keeps the amount for the payee: nobody's standing can stop what is another's, and nobody can
    /// make a payout fail by sending too little gas.
    function _pay(address token, address to, uint256 amount) private {
        if (amount == 0) return;
        (bool called, bytes memory answer) = token.boundedCall(TOKEN_GAS, abi.encodeCall(IERC20.transfer, (to, amount)));
        if (called && (answer.length == 0 || (answer.length >= 32 && abi.decode(answer, (uint256)) == 1))) return;
        claimableOf[token][to] += amount;
        emit ClaimableAdded(token, to, amount, answer);
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
