// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {IDepositToken} from "./interfaces/IDepositToken.sol";
import {ISettlementEscrow} from "./interfaces/ISettlementEscrow.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {PaymentPacking, PaymentSlot, PaymentStatus} from "./types/PaymentSlot.sol";

/// @title Payments between customers of any banks, in one currency or two
/// @notice See {ISettlementEscrow}, which documents every function.
contract SettlementEscrow is EIP712, ReentrancyGuardTransient, ISettlementEscrow {
    using SafeERC20 for IERC20;

    /* CONSTANTS */

    bytes32 private constant PAYMENT_TYPEHASH = keccak256(
        "Payment(address payer,address merchant,address operator,address dealer,address arbiter,address feeReceiver,"
        "address sourceToken,address targetToken,uint104 sourceAmount,uint104 targetAmount,uint16 feeBps,"
        "uint40 authorizeBy,uint40 captureFrom,uint40 captureBy,uint40 resolveBy,uint40 refundBy,bytes4 purpose,"
        "bytes16 uetr,bytes32 remittanceHash)"
    );
    bytes32 private constant APPROVAL_TYPEHASH = keccak256("PaymentApproval(bytes32 paymentId,uint40 validUntil)");
    bytes32 private constant QUOTE_TYPEHASH = keccak256(
        "RefundQuote(bytes32 paymentId,uint104 refundedBefore,uint104 sourceAmount,uint104 targetAmount,"
        "address dealer,uint40 deadline)"
    );

    uint256 private constant BPS = 10_000;
    /// @dev What a token may spend on a transfer or on restoring a quota; both need less than a third.
    uint256 private constant TOKEN_GAS = 250_000;
    uint256 private constant MAX_REASON = 256;

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
        Approval calldata bankApproval
    ) external nonReentrant returns (bytes32 id) {
        _requireCaller(payment.operator);
        _requireBefore(payment.authorizeBy);
        _requireTerms(payment);
        id = paymentId(payment);
        address approver = _open(id, payment);
        if (approver != address(0)) _requireApproval(id, approver, bankApproval);
        if (payment.dealer != address(0)) _requireDealer(payment.dealer, payment, id, dealerSignature);
        IDepositToken(payment.targetToken).requirePayee(address(this), payment.merchant);
        if (payment.feeBps != 0) _requireFeeReceiver(payment);
        _pull(payment.sourceToken, payment.payer, payment.sourceAmount, payment.authorizeBy, id, payerSignature);
    }

    /// @inheritdoc ISettlementEscrow
    function capture(Payment memory payment, uint104 sourceAmount) external nonReentrant {
        _requireCaller(payment.operator);
        (bytes32 id, PaymentSlot slot) = _authorized(payment);
        if (block.timestamp < payment.captureFrom) revert TooEarly(block.timestamp, payment.captureFrom);
        _requireBefore(payment.captureBy);
        if (sourceAmount == 0) revert ZeroAmount();
        uint104 left = payment.sourceAmount - slot.captured();
        if (sourceAmount > left) revert AmountExceeds(sourceAmount, left);
        if (IDepositToken(payment.sourceToken).isBlocked(payment.payer)) revert PayerBlocked(payment.payer);
        (uint256 targetAmount, uint256 fee) = _targetOf(payment, slot.captured(), sourceAmount);
        if (payment.dealer != address(0) && targetAmount == fee) revert NothingForMerchant(sourceAmount);

        slot = slot.addCaptured(sourceAmount);
        _payments[id] = sourceAmount == left ? slot.withStatus(PaymentStatus.Captured) : slot;
        if (payment.dealer != address(0)) inventoryOf[payment.dealer][payment.sourceToken] += sourceAmount;
        emit PaymentCaptured(id, sourceAmount, targetAmount, fee);

        _pay(payment.targetToken, payment.merchant, targetAmount - fee);
        _pay(payment.targetToken, payment.feeReceiver, fee);
    }

    /* OPERATOR OR MERCHANT */

    /// @inheritdoc ISettlementEscrow
    function void(Payment memory payment) external nonReentrant {
        if (msg.sender != payment.merchant) _requireCaller(payment.operator);
        (bytes32 id, PaymentSlot slot) = _authorized(payment);
        (uint104 sourceAmount, uint256 targetAmount) = _close(id, slot, payment, PaymentStatus.Voided);
        emit PaymentVoided(id, sourceAmount, targetAmount);
        _giveBack(id, slot, payment, sourceAmount, sourceAmount);
    }

    /// @inheritdoc ISettlementEscrow
    function refund(
        Payment memory payment,
        RefundQuote memory quote,
        bytes calldata merchantSignature,
        bytes calldata dealerSignature
    ) external nonReentrant {
        if (msg.sender != payment.merchant) _requireCaller(payment.operator);
        bytes32 id = paymentId(payment);
        PaymentSlot slot = _payments[id];
        _requireQuote(payment, quote, id, slot);
        _payments[id] = slot.addRefunded(quote.sourceAmount);
        if (quote.dealer != address(0)) {
            _takeInventory(quote.dealer, payment.sourceToken, quote.sourceAmount);
            inventoryOf[quote.dealer][payment.targetToken] += quote.targetAmount;
        }
        emit PaymentRefunded(id, quote.sourceAmount, quote.targetAmount, quote.dealer);

        bytes32 digest = quoteDigest(quote);
        if (quote.dealer != address(0)) _requireDealer(quote.dealer, payment, digest, dealerSignature);
        _pull(payment.targetToken, payment.merchant, quote.targetAmount, quote.deadline, digest, merchantSignature);
        _giveBack(id, slot, payment, quote.sourceAmount, _quotaOf(payment, quote));
    }

    /* ANYONE */

    /// @inheritdoc ISettlementEscrow
    function reclaim(Payment memory payment) external nonReentrant {
        (bytes32 id, PaymentSlot slot) = _authorized(payment);
        if (block.timestamp < payment.captureBy) revert TooEarly(block.timestamp, payment.captureBy);
        (uint104 sourceAmount, uint256 targetAmount) = _close(id, slot, payment, PaymentStatus.Reclaimed);
        emit PaymentReclaimed(id, sourceAmount, targetAmount);
        _giveBack(id, slot, payment, sourceAmount, sourceAmount);
    }

    /// @inheritdoc ISettlementEscrow
    function claim(address token, address owner) external nonReentrant {
        uint256 amount = claimableOf[token][owner];
        if (amount == 0) revert NothingToClaim(token, owner);
        claimableOf[token][owner] = 0;
        emit Claimed(token, owner, amount);
        IERC20(token).safeTransfer(owner, amount);
    }

    /* DEALER */

    /// @inheritdoc ISettlementEscrow
    function deposit(address token, uint256 amount) external nonReentrant {
        if (amount == 0) revert ZeroAmount();
        inventoryOf[msg.sender][token] += amount;
        emit Deposited(msg.sender, token, amount);
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc ISettlementEscrow
    function withdraw(address token, uint256 amount) external nonReentrant {
        if (amount == 0) revert ZeroAmount();
        _takeInventory(msg.sender, token, amount);
        emit Withdrawn(msg.sender, token, amount);
        IERC20(token).safeTransfer(msg.sender, amount);
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
    function paymentId(Payment memory payment) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(PAYMENT_TYPEHASH, payment)));
    }

    /// @inheritdoc ISettlementEscrow
    function approvalDigest(bytes32 id, uint40 validUntil) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(APPROVAL_TYPEHASH, id, validUntil)));
    }

    /// @inheritdoc ISettlementEscrow
    function quoteDigest(RefundQuote memory quote) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(QUOTE_TYPEHASH, quote)));
    }

    /// @inheritdoc ISettlementEscrow
    function paymentState(bytes32 id) external view returns (PaymentState memory) {
        PaymentSlot slot = _payments[id];
        return PaymentState(slot.status(), slot.captured(), slot.refunded(), slot.generation(), slot.quotaRef());
    }

    /* INTERNAL: CHECKS */

    function _requireCaller(address allowed) private view {
        if (msg.sender != allowed) revert NotAllowed(msg.sender, allowed);
    }

    function _requireBefore(uint40 deadline) private view {
        if (block.timestamp >= deadline) revert TooLate(block.timestamp, deadline);
    }

    function _authorized(Payment memory payment) private view returns (bytes32 id, PaymentSlot slot) {
        id = paymentId(payment);
        slot = _payments[id];
        if (slot.status() != PaymentStatus.Authorized) {
            revert WrongStatus(id, slot.status(), PaymentStatus.Authorized);
        }
    }

    function _requireTerms(Payment memory payment) private view {
        if (
            payment.authorizeBy > payment.captureBy || payment.captureFrom > payment.captureBy
                || payment.captureBy > payment.refundBy
        ) {
            revert DeadlinesCrossed(payment.authorizeBy, payment.captureFrom, payment.captureBy, payment.refundBy);
        }
        if (payment.arbiter != address(0) || payment.resolveBy != payment.captureBy) {
            revert ArbiterNotAllowed(payment.arbiter, payment.resolveBy, payment.captureBy);
        }
        if (payment.sourceAmount == 0 || payment.targetAmount == 0) revert ZeroAmount();
        _requireDealerFits(payment, payment.dealer, payment.sourceAmount, payment.targetAmount);
        if (
            payment.feeBps > BPS || (payment.feeBps == 0) != (payment.feeReceiver == address(0))
                || payment.feeReceiver == address(this)
        ) revert FeeInvalid(payment.feeBps, payment.feeReceiver);
    }

    /// @dev The same for a payment and for the quote of its refund: two tokens need a dealer who is nobody else's
    /// party; one token has none, and then what goes in comes out.
    function _requireDealerFits(Payment memory payment, address dealer, uint104 sourceAmount, uint104 targetAmount)
        private
        pure
    {
        bool oneToken = payment.sourceToken == payment.targetToken;
        if (oneToken != (dealer == address(0))) {
            revert DealerMismatch(dealer, payment.sourceToken, payment.targetToken);
        }
        if (oneToken && sourceAmount != targetAmount) revert AmountsDiffer(sourceAmount, targetAmount);
        if (payment.payer == payment.merchant || dealer == payment.payer || dealer == payment.merchant) {
            revert PartiesNotDistinct(payment.payer, payment.merchant, dealer);
        }
    }

    function _requireQuote(Payment memory payment, RefundQuote memory quote, bytes32 id, PaymentSlot slot)
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
        uint104 left = slot.captured() - slot.refunded();
        if (quote.sourceAmount > left) revert AmountExceeds(quote.sourceAmount, left);
        _requireDealerFits(payment, quote.dealer, quote.sourceAmount, quote.targetAmount);
        // Rounded down: an amount above it is more than twice the pro-rata amount.
        uint256 greatest = 2 * uint256(payment.targetAmount) * quote.sourceAmount / payment.sourceAmount;
        if (quote.targetAmount > greatest) revert AmountExceeds(quote.targetAmount, greatest);
    }

    function _requireApproval(bytes32 id, address approver, Approval calldata approval) private view {
        _requireBefore(approval.validUntil);
        bytes32 digest = approvalDigest(id, approval.validUntil);
        if (!Signatures.isValid(approver, digest, approval.signature)) revert InvalidSignature(approver, digest);
    }

    /// @dev A fee must not cross a border that the payment's corridor was not asked about.
    function _requireFeeReceiver(Payment memory payment) private view {
        IDepositToken(payment.targetToken).requirePayee(address(this), payment.feeReceiver);
        IDepositToken source = IDepositToken(payment.sourceToken);
        uint8 found = source.zoneOf(payment.targetToken, payment.feeReceiver);
        uint8 allowed = source.zoneOf(payment.targetToken, payment.merchant);
        if (found != allowed) revert FeeReceiverElsewhere(payment.feeReceiver, found, allowed);
    }

    /// @dev A dealer in good standing at both banks, whose own key, named key or contract signed the digest.
    function _requireDealer(address dealer, Payment memory payment, bytes32 digest, bytes calldata signature)
        private
        view
    {
        address recovered = Signatures.recover(digest, signature);
        if (
            recovered != dealer && !isDealerSigner[dealer][recovered]
                && !Signatures.isValidByContract(dealer, digest, signature)
        ) revert InvalidSignature(dealer, digest);
        IDepositToken(payment.sourceToken).requireDealer(dealer);
        IDepositToken(payment.targetToken).requireDealer(dealer);
    }

    /* INTERNAL: AMOUNTS */

    /// @dev What the target side pays when `sourceAmount` is captured after `captured`. No product exceeds 208 bits.
    function _targetOf(Payment memory payment, uint256 captured, uint256 sourceAmount)
        private
        pure
        returns (uint256 targetAmount, uint256 fee)
    {
        uint256 before = payment.targetAmount * captured / payment.sourceAmount;
        uint256 afterwards = payment.targetAmount * (captured + sourceAmount) / payment.sourceAmount;
        targetAmount = afterwards - before;
        fee = afterwards * payment.feeBps / BPS - before * payment.feeBps / BPS;
    }

    /// @dev The quota that a refund frees: what the payer got back, but no more than the target side's share of it.
    function _quotaOf(Payment memory payment, RefundQuote memory quote) private pure returns (uint104) {
        uint256 share = uint256(payment.sourceAmount) * quote.targetAmount / payment.targetAmount;
        return share < quote.sourceAmount ? uint104(share) : quote.sourceAmount;
    }

    /* INTERNAL: MOVES */

    function _takeInventory(address dealer, address token, uint256 amount) private {
        uint256 free = inventoryOf[dealer][token];
        if (amount > free) revert InventoryTooLow(dealer, token, free, amount);
        inventoryOf[dealer][token] = free - amount;
    }

    /// @dev Starts a payment and takes the dealer's side of it. The policy is asked first, since the slot keeps what it
    /// answers; every way back in is closed by the guard.
    function _open(bytes32 id, Payment memory payment) private returns (address) {
        PaymentSlot slot = _payments[id];
        if (slot.status() != PaymentStatus.None) revert WrongStatus(id, slot.status(), PaymentStatus.None);
        (uint16 generation, uint32 quotaRef, address approver) = IDepositToken(payment.sourceToken)
            .consumeQuota(payment.payer, payment.targetToken, payment.merchant, payment.sourceAmount, payment.purpose);
        if (generation > PaymentPacking.MAX_GENERATION) {
            revert GenerationTooGreat(generation, PaymentPacking.MAX_GENERATION);
        }
        _payments[id] = PaymentPacking.authorized(generation, quotaRef);
        if (payment.dealer != address(0)) _takeInventory(payment.dealer, payment.targetToken, payment.targetAmount);
        emit PaymentAuthorized(id, payment.uetr, payment.payer, payment);
        return approver;
    }

    /// @dev Takes tokens by an ERC-3009 authorization whose nonce is the digest of all that its signer agrees to.
    function _pull(
        address token,
        address from,
        uint104 amount,
        uint40 deadline,
        bytes32 digest,
        bytes calldata signature
    ) private {
        IDepositToken(token).receiveWithAuthorization(from, address(this), amount, 0, deadline, digest, signature);
    }

    /// @dev Ends a payment and frees the dealer's side of what was not captured.
    function _close(bytes32 id, PaymentSlot slot, Payment memory payment, PaymentStatus status)
        private
        returns (uint104 sourceAmount, uint256 targetAmount)
    {
        sourceAmount = payment.sourceAmount - slot.captured();
        (targetAmount,) = _targetOf(payment, slot.captured(), sourceAmount);
        _payments[id] = slot.withStatus(status);
        if (payment.dealer != address(0)) inventoryOf[payment.dealer][payment.targetToken] += targetAmount;
    }

    /// @dev Restoring the quota is best effort: the money moves whatever the token or its policy does.
    function _giveBack(bytes32 id, PaymentSlot slot, Payment memory payment, uint104 sourceAmount, uint104 quotaAmount)
        private
    {
        if (slot.quotaRef() != 0) {
            (bool restored,) = _callToken(
                payment.sourceToken,
                abi.encodeCall(
                    IDepositToken.restoreQuota, (payment.payer, slot.generation(), slot.quotaRef(), quotaAmount)
                )
            );
            if (!restored) emit QuotaNotRestored(id, quotaAmount);
        }
        _pay(payment.sourceToken, payment.payer, sourceAmount);
    }

    /// @dev Pays, or else keeps the amount for the payee: nobody's standing can stop what is another's.
    function _pay(address token, address to, uint256 amount) private {
        if (amount == 0) return;
        (bool called, bytes memory answer) = _callToken(token, abi.encodeCall(IERC20.transfer, (to, amount)));
        if (called && (answer.length == 0 || (answer.length >= 32 && abi.decode(answer, (uint256)) == 1))) return;
        claimableOf[token][to] += amount;
        emit ClaimableAdded(token, to, amount, answer);
    }

    /// @dev Gives a token a fixed share of gas, which is checked first, since the call would silently forward less: so
    /// nobody can make a payout fail by sending too little. The share also bounds what a token can return.
    function _callToken(address token, bytes memory data) private returns (bool success, bytes memory answer) {
        uint256 needed = TOKEN_GAS + TOKEN_GAS / 63 + 30_000;
        if (gasleft() < needed) revert InsufficientGas(gasleft(), needed);
        (success, answer) = token.call{gas: TOKEN_GAS}(data);
        if (answer.length > MAX_REASON) answer = bytes.concat(bytes32(answer));
    }
}
