// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {PaymentState, PaymentStatus} from "../types/PaymentSlot.sol";
import {Payment} from "../types/Payment.sol";
import {PaymentApproval} from "../types/PaymentApproval.sol";
import {RefundQuote} from "../types/RefundQuote.sol";

/// @title Payments between customers of any banks, in one currency or two
/// @notice Holds the payer's tokens and the dealer's from authorization to capture, and pays both sides or neither. It
/// has no owner, no setting and no upgrade; all banks share it. Only the parties that a payment names can move it.
///
/// The state machine. A column is a state of a payment: its status and, where time matters, where now lies; `None`
/// until authorizeBy, `Authorized` until captureFrom (early), until captureBy (open) and after it (late), `Disputed`
/// until resolveBy (open) and after it (late). A cell says who can do it: P payer, M merchant, O operator, A arbiter, *
/// anyone, - nobody. Dealer, fee receiver and the banks have no act of their own in a payment.
///
/// | function | None | Authorized early | Authorized open | Authorized late | Disputed open | Disputed late | Captured | Voided | Reclaimed | Resolved |
/// |---|---|---|---|---|---|---|---|---|---|---|
/// | authorize | O | - | - | - | - | - | - | - | - | - |
/// | charge | O | - | - | - | - | - | - | - | - | - |
/// | capture | - | - | O | - | - | - | - | - | - | - |
/// | release | - | P | P | - | P | - | - | - | - | - |
/// | releaseWithSignature | - | * | * | - | * | - | - | - | - | - |
/// | void | - | OM | OM | OM | M | M | - | - | - | - |
/// | dispute | - | P | P | - | - | - | - | - | - | - |
/// | resolve | - | - | - | - | A | - | - | - | - | - |
/// | reclaim | - | - | - | * | - | * | - | - | - | - |
/// | refund | - | M | M | M | M | M | M | M | M | M |
/// | refundWithAuthorization | - | OM | OM | OM | OM | OM | OM | OM | OM | OM |
///
/// Afterwards a payment is `Authorized` (authorize; capture, while anything is left), `Captured` (charge, capture of
/// the last, release), `Voided`, `Disputed`, `Resolved` or `Reclaimed`; a refund leaves the status. Who stands in no
/// cell of a row is refused with `NotAllowed` in every state; else the status is looked at before the time, but for
/// authorizeBy.
///
/// A refund needs something captured and comes before refundBy. A charge comes from captureFrom on. `batch` does many
/// of these at once, each as if its caller had come with it alone.
///
/// A refund gives back at most what was captured, and the payer gets at most its own rate. Counted in minor units of
/// the target token, with T of what was captured, R of what was refunded before and t of what is refunded now, and
/// f(x) = floor(sourceAmount * x / targetAmount): R + t <= T, and the payer gets at most f(R + t) - f(R), or, by the
/// refund that completes T once nothing can be captured any more, at most captured - f(R). In one currency it gets t.
///
/// @dev A deadline `xBy` is exclusive: the act needs now < xBy, its counter-act now >= xBy. Rounding is cumulative
/// and down: after source amounts of x in all were captured, the target side has paid floor(targetAmount * x /
/// sourceAmount), and of that floor(it * feeBps / 10,000) as fee, so that the last capture pays the exact rest.
///
/// Assumed of a token, for safety; one that breaks this harms its own holders here and nobody else, since amounts are
/// kept per token:
/// - `openPayment`, `chargePayment`, `receiveWithAuthorization` and `transferFrom` move exactly the amount or revert;
/// - `transfer` moves exactly the amount, or fails and moves nothing;
/// - what `payerBlocked`, `isBlocked`, `merchantCountryOf`, `requireRefund`, `requireDealer`, `requireRefused`,
///   `requireSuccessor`, `openPayment` and `chargePayment` answer is the issuing bank's word;
/// - its `authority` lets nobody divert what is kept but whom the bank trusts with it.
///
/// Assumed for liveness alone: it answers these within a third of the gas that it is given. Where it does not, a payout
/// becomes a claimable, a quota is not restored, and any other call reverts. Of what it answers to a payout that can
/// wait, and when it opens or charges a payment, at most 256 bytes are copied; its refusal of a charge's payout, a
/// refund, a claim or a deposit is handed on whole.
///
/// Assumed of an ERC-1271 signer, for its own safety: it accepts what its owner signed alone. One that accepts anything
/// agrees in the name of its own address, as payer, merchant, dealer or approver, and of nobody else.
///
/// Each function lists the errors that it reverts with, in the order in which they are looked at; a token that is
/// none of a bank's may say anything else, or nothing. While one of them runs, each but {setDealerSigner} and the
/// views reverts with `ReentrancyGuardReentrantCall`.
interface ISettlementEscrow {
    /// @notice Both sides are held here now. Every later call must bring the same terms. `quotaRef` says where its bank
    /// counted the payer's quota (0: nowhere), in the policy of that generation.
    event PaymentAuthorized(
        bytes32 indexed id,
        address indexed payer,
        address indexed merchant,
        Payment payment,
        uint16 generation,
        uint32 quotaRef
    );
    /// @notice A payment was authorized and captured in full at once; of the target amount the fee receiver got `fee`
    /// and the merchant the rest. The other fields are {PaymentAuthorized}'s.
    event PaymentCharged(
        bytes32 indexed id,
        address indexed payer,
        address indexed merchant,
        Payment payment,
        uint16 generation,
        uint32 quotaRef,
        uint256 fee
    );
    /// @notice `sourceAmount` (minor units of the source token, here and below; `targetAmount` and `fee` of the target
    /// token) was captured; of `targetAmount` the fee receiver got `fee` and the merchant the rest.
    event PaymentCaptured(bytes32 indexed id, uint256 sourceAmount, uint256 targetAmount, uint256 fee);
    /// @notice The payer released all that was not captured; amounts as in {PaymentCaptured}.
    event PaymentReleased(bytes32 indexed id, uint256 sourceAmount, uint256 targetAmount, uint256 fee);
    /// @notice An act of a batch was skipped: the one at `index`, whose bytes hash to `act`. `reason` is what it alone
    /// would have reverted with, up to 256 bytes; empty too, or {NotDepositToken}, if its share of gas was not enough.
    event ActSkipped(uint256 indexed index, bytes32 indexed act, bytes reason);
    /// @notice The payer disputes what was not captured.
    event PaymentDisputed(bytes32 indexed id);
    /// @notice The arbiter gave the merchant's side `sourceAmount` (paid out as in {PaymentCaptured}) and the payer
    /// `returnedAmount` of the source token.
    event PaymentResolved(
        bytes32 indexed id, uint256 sourceAmount, uint256 targetAmount, uint256 fee, uint256 returnedAmount
    );
    /// @notice What was not captured went back, at the operator's or the merchant's wish.
    event PaymentVoided(bytes32 indexed id, uint256 sourceAmount, uint256 targetAmount);
    /// @notice What was not captured went back, since its time is over.
    event PaymentReclaimed(bytes32 indexed id, uint256 sourceAmount, uint256 targetAmount);
    /// @notice The merchant gave back `targetAmount` and the payer got `sourceAmount`.
    event PaymentRefunded(bytes32 indexed id, uint256 sourceAmount, uint256 targetAmount, address indexed dealer);
    /// @notice The source token did not take back the quota of a payment; the money moved all the same.
    event QuotaNotRestored(bytes32 indexed id, uint256 amount);
    /// @notice A payee could not be paid; the amount is kept for it. `reason` is what its token reverted with, up to
    /// 256 bytes.
    event ClaimableAdded(address indexed token, address indexed owner, uint256 amount, bytes reason);
    /// @notice A kept amount went to its owner.
    event Claimed(address indexed token, address indexed owner, uint256 amount);
    /// @notice The token's bank moved what is kept for an owner that its registry refuses.
    event ClaimDiverted(address indexed token, address indexed owner, address indexed to, uint256 amount);
    /// @notice The token's bank turned the free inventory of a dealer that its registry refuses into its claimable.
    event InventoryDiverted(address indexed token, address indexed dealer, uint256 amount);
    /// @notice A dealer placed tokens here; `amount` is what arrived.
    event Deposited(address indexed dealer, address indexed token, uint256 amount);
    /// @notice A dealer took tokens out; what it can't receive follows as {ClaimableAdded}.
    event Withdrawn(address indexed dealer, address indexed token, uint256 amount);
    /// @notice A key may (or may no longer) sign for a dealer.
    event DealerSignerSet(address indexed dealer, address indexed signer, bool allowed);

    /// @notice The caller is not who may do this; where the merchant may too, `allowed` names the operator.
    error NotAllowed(address caller, address allowed);
    /// @notice The payment is not in the status that the act needs: `allowed` is `Authorized` where `Disputed` would do
    /// too, and `Captured` for a refund, where any but `None` would do.
    error WrongStatus(bytes32 id, PaymentStatus found, PaymentStatus allowed);
    /// @notice The act comes at or after its deadline (`allowed`, Unix seconds, exclusive).
    error TooLate(uint256 found, uint256 allowed);
    /// @notice The act comes before its time (`allowed`, Unix seconds).
    error TooEarly(uint256 found, uint256 allowed);
    /// @notice The deadlines of the terms are out of order.
    error DeadlinesCrossed(uint40 authorizeBy, uint40 captureFrom, uint40 captureBy, uint40 refundBy);
    /// @notice Without an arbiter resolveBy must be captureBy, with one at least a day later.
    error ResolveByMismatch(address arbiter, uint40 captureBy, uint40 resolveBy);
    /// @notice The arbiter is one of the other parties.
    error ArbiterNotNeutral(address arbiter);
    /// @notice A payment without an arbiter can't be disputed.
    error NoArbiter(bytes32 id);
    /// @notice An amount of zero.
    error ZeroAmount();
    /// @notice A payment in one token must be of equal amounts.
    error AmountsDiffer(uint104 sourceAmount, uint104 targetAmount);
    /// @notice Two tokens need a dealer, one token must not have one.
    error DealerMismatch(address dealer, address sourceToken, address targetToken);
    /// @notice Payer, merchant and dealer must be three different accounts.
    error PartiesNotDistinct(address payer, address merchant, address dealer);
    /// @notice A fee is at most 10,000 and has a receiver other than this contract; no fee has none.
    error FeeInvalid(uint16 feeBps, address feeReceiver);
    /// @notice The signature is not the signer's over the digest.
    error InvalidSignature(address signer, bytes32 digest);
    /// @notice The dealer has less in its inventory than is needed.
    error InventoryTooLow(address dealer, address token, uint256 found, uint256 needed);
    /// @notice More than what is left, than a refund may give for what it takes, or than an inventory can keep.
    error AmountExceeds(uint256 found, uint256 allowed);
    /// @notice The source token did not say whether the payer is under a legal block, perhaps for want of gas.
    error StandingUnknown(address token, address payer);
    /// @notice The payer is under a legal block.
    error PayerBlocked(address payer);
    /// @notice The inventory's owner is under a legal block.
    error OwnerBlocked(address owner);
    /// @notice The contract does not answer as a deposit token does, or ran out of gas.
    error NotDepositToken(address token);
    /// @notice What an arbiter may have to decide can't be charged.
    error ArbiterNamed(address arbiter);
    /// @notice The capture was asked for before or after another capture.
    error CaptureOutOfPlace(uint104 found, uint104 allowed);
    /// @notice A batch is made of acts: no batch and no preview.
    error NotAnAct(uint256 index, bytes4 selector);
    /// @notice The capture is too small to pay the merchant anything, and not the last.
    error NothingForMerchant(uint256 sourceAmount);
    /// @notice The quote is for another payment.
    error QuoteForOtherPayment(bytes32 found, bytes32 allowed);
    /// @notice The quote was made before or after another refund.
    error QuoteOutOfPlace(uint104 found, uint104 allowed);
    /// @notice The zero address can't sign.
    error ZeroSigner();
    /// @notice The source token's policy generation does not fit into a payment's slot.
    error GenerationTooGreat(uint16 found, uint16 allowed);
    /// @notice The token's bank does not let the caller do this at once; `authority` can be asked who may.
    error NotAllowedByBank(address caller, address authority);
    /// @notice There is nothing to divert.
    error NoInventory(address dealer, address token);
    /// @notice Not an error: {previewAuthorize} reverts with it what it has done.
    error Undone();
    /// @notice There is nothing to claim.
    error NothingToClaim(address token, address owner);
    /// @notice The transaction carries too little gas to give a token, or an act of a batch, its share.
    error InsufficientGas(uint256 found, uint256 needed);

    /* OPERATOR */

    /// @notice Takes the source amount from the payer and the target amount from the dealer's inventory.
    /// @dev Emits {PaymentAuthorized}. Reverts with {NotAllowed}, {TooLate} (authorizeBy), {DeadlinesCrossed},
    /// {ResolveByMismatch}, {ArbiterNotNeutral}, {ZeroAmount}, {DealerMismatch}, {AmountsDiffer},
    /// {PartiesNotDistinct}, {FeeInvalid} or {WrongStatus}; in two currencies with {NotDepositToken} (the target), as
    /// {IDepositTokenMain-merchantCountryOf} or with {InventoryTooLow}; then with {NotDepositToken} (the source), as
    /// {IDepositTokenMain-openPayment}, with {GenerationTooGreat}, {InvalidSignature} (dealer, approver) or {TooLate}
    /// (the bank's approval).
    /// @param payerSignature ERC-3009 `ReceiveWithAuthorization` at the source token: from payer to this contract, the
    /// source amount, valid after 0 and before authorizeBy, nonce the payment's id.
    /// @param dealerSignature The dealer's or its signer's over the payment's id; ignored without a dealer.
    /// @param bankApproval Ignored where the corridor needs none.
    /// @return id The payment's id.
    function authorize(
        Payment calldata payment,
        bytes calldata payerSignature,
        bytes calldata dealerSignature,
        PaymentApproval calldata bankApproval
    ) external returns (bytes32 id);

    /// @notice {authorize} and a {capture} of everything in one act, from captureFrom on, of a payment without
    /// arbiter. In one currency the token moves from the payer straight to the merchant and the fee receiver. Nothing
    /// is kept for whoever can't receive: the charge fails.
    /// @dev Emits {PaymentCharged}. Reverts with {NotAllowed}, {ArbiterNamed} or {TooEarly}, as {authorize} but for
    /// {ArbiterNotNeutral}, or as {IDepositTokenMain-chargePayment} in one currency; in two with {InventoryTooLow} at
    /// last, and as the target token's `transfer` or with `SafeERC20FailedOperation`.
    /// @return id The payment's id.
    function charge(
        Payment calldata payment,
        bytes calldata payerSignature,
        bytes calldata dealerSignature,
        PaymentApproval calldata bankApproval
    ) external returns (bytes32 id);

    /// @notice Pays the merchant for `sourceAmount` (minor units of the source token) of what is held, and the
    /// dealer's inventory the source amount. The last capture pays the exact rest, which may be nothing but the fee.
    /// @dev Emits {PaymentCaptured}. Reverts with {NotAllowed}, {WrongStatus}, {TooEarly}, {TooLate},
    /// {CaptureOutOfPlace}, {ZeroAmount}, {AmountExceeds}, {StandingUnknown}, {PayerBlocked}, {NothingForMerchant} or
    /// {InsufficientGas}.
    /// @param capturedBefore What was captured so far, in minor units of the source token, so that a capture is made
    /// once and in its place.
    function capture(Payment calldata payment, uint104 capturedBefore, uint104 sourceAmount) external;

    /* PAYER */

    /// @notice Captures all that is left, at any time before captureBy; of a disputed payment before resolveBy.
    /// @dev Emits {PaymentReleased}. Reverts with {NotAllowed}, {WrongStatus}, {TooLate}, {StandingUnknown},
    /// {PayerBlocked} or {InsufficientGas}.
    function release(Payment calldata payment) external;

    /// @notice The same by the payer's signature over `Release(bytes32 paymentId,uint40 deadline)`; anyone may bring
    /// it.
    /// @dev Emits {PaymentReleased}. Reverts with {TooLate}, {InvalidSignature} or as {release} but for {NotAllowed}.
    /// @param deadline Unix seconds, exclusive. A dispute does not make a signed release void.
    function releaseWithSignature(Payment calldata payment, uint40 deadline, bytes calldata signature) external;

    /// @notice Stops captures of what is left and puts it before the arbiter.
    /// @dev Emits {PaymentDisputed}. Reverts with {NotAllowed}, {WrongStatus}, {NoArbiter} or {TooLate}.
    function dispute(Payment calldata payment) external;

    /* ARBITER */

    /// @notice Divides what is left of a disputed payment: `sourceAmount` of it as if captured, the rest back.
    /// @dev Emits {PaymentResolved}. Reverts with {NotAllowed}, {WrongStatus}, {TooLate}, {AmountExceeds}, if the
    /// merchant is given anything with {StandingUnknown}, {PayerBlocked} or {NothingForMerchant}, or with
    /// {InsufficientGas}.
    /// @param sourceAmount Minor units of the source token, from 0 to all that is left.
    function resolve(Payment calldata payment, uint104 sourceAmount) external;

    /* OPERATOR OR MERCHANT */

    /// @notice Gives back what was not captured: the source amount to the payer, the target amount to the inventory. Of
    /// a disputed payment only the merchant can.
    /// @dev Emits {PaymentVoided}. Reverts with {NotAllowed}, {WrongStatus} or {InsufficientGas}.
    function void(Payment calldata payment) external;

    /// @notice The calling merchant gives back the target amount out of its allowance and the payer gets the source
    /// amount.
    /// @dev Emits {PaymentRefunded}. Reverts with {NotAllowed}, {WrongStatus}, {TooLate}, {QuoteForOtherPayment},
    /// {QuoteOutOfPlace}, {ZeroAmount}, {DealerMismatch}, {AmountsDiffer}, {PartiesNotDistinct} or {AmountExceeds};
    /// in two currencies with {InventoryTooLow}, as {IDepositTokenMain-requireRefund} or with {InvalidSignature}; as
    /// the target token's `transferFrom` or with `SafeERC20FailedOperation`, or with {InsufficientGas}.
    /// @param dealerSignature The dealer's or its signer's over the quote's digest; ignored without a dealer.
    function refund(Payment calldata payment, RefundQuote calldata quote, bytes calldata dealerSignature) external;

    /// @notice The same by the merchant's signature instead of its allowance, brought by it or the operator.
    /// @dev Emits {PaymentRefunded}. Reverts as {refund} but for `SafeERC20FailedOperation`, with
    /// {IDepositTokenMain-receiveWithAuthorization} in the place of `transferFrom`.
    /// @param merchantSignature ERC-3009 `ReceiveWithAuthorization` at the target token: from merchant to this
    /// contract, the quote's target amount, valid after 0 and before the quote's deadline, nonce the quote's digest.
    /// @param dealerSignature The dealer's or its signer's over the quote's digest; ignored without a dealer.
    function refundWithAuthorization(
        Payment calldata payment,
        RefundQuote calldata quote,
        bytes calldata merchantSignature,
        bytes calldata dealerSignature
    ) external;

    /* ANYONE */

    /// @notice Does many acts of the caller's in one transaction: what would revert alone is skipped and reported, the
    /// others stand.
    /// @dev Emits what each act emits, or {ActSkipped}. Reverts with {NotAnAct} or {InsufficientGas}, and then does
    /// nothing.
    /// @param acts Each the calldata of a call of this contract.
    function batch(bytes[] calldata acts) external;

    /// @notice Gives back what was not captured by captureBy, or what of a disputed payment was not resolved by
    /// resolveBy.
    /// @dev Emits {PaymentReclaimed}. Reverts with {WrongStatus}, {TooEarly} or {InsufficientGas}.
    function reclaim(Payment calldata payment) external;

    /// @notice Pays an owner what is kept for it. Reverts, and keeps it, as long as the owner can't receive.
    /// @dev Emits {Claimed}. Reverts with {NothingToClaim}, as the token's `transfer` or with
    /// `SafeERC20FailedOperation`.
    function claim(address token, address owner) external;

    /* BANK */

    /// @notice Moves what is kept for an owner to another wallet of the same customer, or to the token's suspense
    /// account. Only while the token's registry refuses the owner, and only by whom the token's own `AccessManager`
    /// lets call this function of this contract without delay.
    /// @dev Emits {ClaimDiverted}. Reverts with {NotAllowedByBank}, as {IDepositTokenExt-requireRefused} and
    /// {IDepositTokenExt-requireSuccessor}, or with {NothingToClaim}.
    function divertClaim(address token, address owner, address to) external;

    /// @notice Turns the free inventory of a dealer into its claimable, under the same conditions.
    /// @dev Emits {InventoryDiverted}. Reverts with {NotAllowedByBank}, as {IDepositTokenExt-requireRefused} or with
    /// {NoInventory}.
    function divertInventory(address token, address dealer) external;

    /* DEALER */

    /// @notice Places tokens of the caller, an active dealer of theirs, in its inventory: as much as arrives. Needs
    /// its allowance.
    /// @dev Emits {Deposited}. Reverts as {IDepositTokenExt-requireDealer}, as the token's `transferFrom` or with
    /// `SafeERC20FailedOperation`, or, of what arrives, with {ZeroAmount} or {AmountExceeds} (2^128 - 1).
    /// @param amount Minor units of the token.
    function deposit(address token, uint256 amount) external;

    /// @notice Takes free inventory back to the caller, lapsed or not; what it can't receive becomes its claimable.
    /// @dev Emits {Withdrawn}. Reverts with {ZeroAmount}, as the token's `isBlocked`, with {OwnerBlocked},
    /// {InventoryTooLow} or {InsufficientGas}.
    /// @param amount Minor units of the token.
    function withdraw(address token, uint256 amount) external;

    /// @notice Names a key that may sign payments and quotes for the caller, or revokes it.
    /// @dev Emits {DealerSignerSet}. Reverts with {ZeroSigner}.
    /// @param signer The account of the key, other than zero.
    /// @param allowed Whether it may sign from now on.
    function setDealerSigner(address signer, bool allowed) external;

    /* VIEWS */

    /// @notice The EIP-712 digest of the terms: the payment's id on this chain and in this contract.
    function paymentId(Payment calldata payment) external view returns (bytes32);

    /// @notice The EIP-712 digest that a bank's approver signs.
    function approvalDigest(bytes32 id, uint40 validUntil) external view returns (bytes32);

    /// @notice The EIP-712 digest of a refund quote.
    function quoteDigest(RefundQuote calldata quote) external view returns (bytes32);

    /// @notice Where a payment stands; status `None` for an id that was never authorized.
    function paymentState(bytes32 id) external view returns (PaymentState memory);

    /// @notice What a capture by the operator would pay now.
    /// @dev Reverts as {capture} but for {NotAllowed} and {InsufficientGas}.
    /// @return merchantAmount Minor units of the target token, as the fee.
    /// @return fee Out of the same target amount.
    function previewCapture(Payment calldata payment, uint104 capturedBefore, uint104 sourceAmount)
        external
        view
        returns (uint256 merchantAmount, uint256 fee);

    /// @notice Why an {authorize} by the operator would be refused now. To be called, not sent: it does the real thing
    /// and undoes it, so that it can't be `view`, and leaves nothing behind.
    /// @dev Signatures are looked at last: the payer's, then its standing and balance, the dealer's and the bank's. So
    /// without the payer's the answer is that it is missing if all else is right.
    /// A token that behaves otherwise when it is only asked can make it lie, of payments in that token.
    /// @return authorized Whether it would succeed.
    /// @return refusal What it would revert with: mostly a selector and its arguments, empty from a token without code.
    function previewAuthorize(
        Payment calldata payment,
        bytes calldata payerSignature,
        bytes calldata dealerSignature,
        PaymentApproval calldata bankApproval
    ) external returns (bool authorized, bytes memory refusal);

    /// @notice The EIP-712 digest that a payer signs to release a payment.
    function releaseDigest(bytes32 id, uint40 deadline) external view returns (bytes32);

    /// @notice What a dealer has free here, in minor units of the token.
    function inventoryOf(address dealer, address token) external view returns (uint256);

    /// @notice What is kept for an owner, in minor units of the token.
    function claimableOf(address token, address owner) external view returns (uint256);

    /// @notice Whether a key may sign for a dealer, beside the dealer itself.
    function isDealerSigner(address dealer, address signer) external view returns (bool);
}
