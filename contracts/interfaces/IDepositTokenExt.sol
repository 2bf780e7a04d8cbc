// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Acceptance} from "../types/Acceptance.sol";
import {SystemStatus} from "../types/AccountSlot.sol";
import {Redemption, RedemptionStatus} from "../types/Redemption.sol";
import {IERC1404} from "./IERC1404.sol";
import {IERC7943Fungible} from "./IERC7943.sol";
import {IDepositTokenCore} from "./IDepositTokenCore.sol";
import {Standing} from "../types/Standing.sol";

/// @title What a deposit token's extension answers: redemption, enforcement, settings and everything that can be asked
/// @notice Answers at the token's own address. Amounts are minor units of `currency()`.
/// @dev Functions under "payout officer", "treasurer", "compliance", "releaser", "policy officer", "guardian" and
/// "admin" are `restricted` by the bank's `AccessManager` and revert with `AccessManagedUnauthorized(caller)`,
/// `setFrozenTokens` (releaser) and `forcedTransfer` (enforcer, after its delay) too; of a caller that has to wait, as
/// {IAccessManager-consumeScheduledOp}. A call that comes through the manager, by {IAccessManager-execute}, names the
/// manager as its caller in events such as {Paused}.
///
/// Assumed for safety:
/// - the authority is the bank's own `AccessManager`: whom it allows a function, the bank does;
/// - a registry or a policy that is set is the bank's own: that it answers one question shows no more than that.
///
/// Assumed for liveness: authority and registry answer. Without the one nothing is set, without the other nobody is paid
/// by a forced transfer.
///
/// At the code's own address all that needs a token's storage reverts with {CalledDirectly}.
///
/// A redemption goes Requested -> Accepted -> Settled, or Requested -> Cancelled by the holder, or Requested or
/// Accepted -> Rejected by the bank. While it is open its amount is locked in the holder's balance.
///
/// ERC-7943: `forcedTransfer` takes what is not frozen first and emits `Frozen` before it takes frozen tokens; the rest
/// of a freeze stays, also what of it exceeds the balance and holds what arrives later. It never takes locked tokens,
/// goes neither from nor to a system account, and its receiver must be able to receive; a pause does not stop it. It
/// reverts with `ERC20InvalidSender`, `ERC20InvalidReceiver`, {SystemAccountClosed}, `ERC7943CannotReceive`,
/// `ERC20InsufficientBalance` or {TokensLocked}.
/// `setFrozenTokens` takes at most 2^128 - 1 and no system account: `SafeCastOverflowedUintDowncast`,
/// {SystemAccountClosed}. `canTransfer` and ERC-1404's code answer for a transfer by `from`, or, if `to` is a system
/// account and asks itself, for its pull. `ERC7943CannotTransfer` never comes: each refusal has its own error.
interface IDepositTokenExt is IDepositTokenCore, IERC7943Fungible, IERC1404 {
    /// @notice A holder asked for `amount` to be paid out; it is locked in its balance.
    event RedemptionRequested(
        uint256 indexed id, address indexed holder, uint256 amount, bytes32 indexed payoutReference
    );
    /// @notice The bank will pay out; the holder can't cancel any more.
    event RedemptionAccepted(uint256 indexed id);
    /// @notice The bank has paid out and booked `entry`; the tokens are burned.
    event RedemptionSettled(uint256 indexed id, address indexed minter, uint256 amount, uint128 indexed entry);
    /// @notice The bank will not pay out; `reason` is a four-letter code such as ISO 20022's `AC04`. The lock is gone.
    event RedemptionRejected(uint256 indexed id, bytes4 reason);
    /// @notice The holder took its request back. The lock is gone.
    event RedemptionCancelled(uint256 indexed id);
    /// @notice A minter may mint `allowance` minor units from now on, against entries of `ledgerId`; the treasurer can
    /// refill that up to `ceiling`.
    event MinterSet(address indexed minter, uint64 indexed ledgerId, uint128 allowance, uint128 ceiling);
    /// @notice A minter may mint and burn no more.
    event MinterRemoved(address indexed minter, uint64 indexed ledgerId);
    /// @notice Transfers, minting and burning stopped.
    event Paused(address indexed caller);
    /// @notice Transfers, minting and burning go on.
    event Unpaused(address indexed caller);
    /// @notice What the bank says of another token from now on.
    event AcceptanceSet(address indexed token, Acceptance acceptance);
    /// @notice A contract's part in the payment system changed.
    event SystemStatusSet(address indexed account, SystemStatus status);
    /// @notice The account that claims may be diverted to when their owner has no other wallet; zero: none.
    event SuspenseAccountSet(address indexed account);
    /// @notice The deposits' terms stand at `uri`; `contentHash` is the document's hash.
    event TermsSet(string uri, bytes32 contentHash);
    /// @notice Another token, which somebody had sent here, was taken out.
    event ForeignTokenRescued(address indexed token, address indexed to, uint256 amount);

    /// @notice A redemption is not in the status that the act needs.
    error WrongRedemptionStatus(uint256 id, RedemptionStatus found, RedemptionStatus allowed);
    /// @notice Only the holder can cancel its redemption.
    error NotHolder(uint256 id, address caller, address allowed);
    /// @notice The signed request comes at or after its deadline (`allowed`, Unix seconds, exclusive).
    error RequestExpired(uint256 found, uint256 allowed);
    /// @notice A minter needs an address, and a ledger id and a ceiling above zero.
    error InvalidMinter(address minter, uint64 ledgerId, uint128 ceiling);
    /// @notice Another minter is live on this ledger id, or this minter on another one.
    error LedgerTaken(uint64 ledgerId, address minter);
    /// @notice A minter's ceiling would not be lowered: only less than the present one is allowed.
    error CeilingNotLower(address minter, uint128 found, uint128 present);
    /// @notice The supply cap would not be lowered: only less than the present one is allowed.
    error SupplyCapNotLower(uint128 found, uint128 present);
    /// @notice The frozen amount would not rise: only more than the present one is allowed.
    error FreezeNotHigher(address account, uint128 found, uint128 present);
    /// @notice Only an accepted token can be suspended, and only one that was suspended resumed.
    error WrongAcceptance(address token, Acceptance found, Acceptance allowed);
    /// @notice The account's part in the payment system is already as asked.
    error SystemStatusUnchanged(address account, SystemStatus status);
    /// @notice A system account's tokens are other people's: an account with frozen or locked tokens can't become one.
    error AccountEncumbered(address account);
    /// @notice The registry does not list this token as its subscriber.
    error NotSubscribed(address registry);
    /// @notice The registry is neither the token's present one (`allowed`) nor names it as a predecessor, at once or
    /// through others.
    error RegistryNotSuccessor(address found, address allowed);
    /// @notice A payment keeps 12 bits of the policy's generation; no further policy can be set.
    error PolicyGenerationsExhausted(uint16 allowed);
    /// @notice The token is already as asked.
    error PauseUnchanged(bool paused);
    /// @notice Only tokens of other contracts can be rescued, or accepted.
    error OwnToken(address token);
    /// @notice A suspense account is a customer in good standing and no system account.
    error InvalidSuspenseAccount(address account);
    /// @notice The code is no token: it answers at a token's address.
    error CalledDirectly(address code);
    /// @notice The registry does not refuse the owner, so what is its own can't be diverted.
    error NotRefused(address owner, uint40 validUntil);
    /// @notice Neither another wallet of the owner's customer nor the suspense account (`allowed`; zero: there is none).
    error NotSuccessor(address owner, address found, address allowed);
    /// @notice No such ERC-1404 code.
    error UnknownCode(uint8 found, uint8 allowed);

    /* HOLDER */

    /// @notice Asks the bank to pay out part of the caller's deposits, and locks it. Open to lapsed holders and during
    /// a pause.
    /// @dev Emits {RedemptionRequested}. Reverts with {ZeroAmount}, `ERC7943CannotSend` (under a legal block, or a
    /// system account) or as a transfer for what can't be spent.
    /// @param amount Minor units.
    /// @param payoutReference Names the payout instruction that the holder gave the bank.
    /// @return id The redemption's number in this token, from 1.
    function requestRedemption(uint256 amount, bytes32 payoutReference) external returns (uint256 id);

    /// @notice The same by the holder's signature over `RedemptionRequest(address holder,uint256 amount,bytes32
    /// payoutReference,bytes32 nonce,uint256 deadline)`; anyone may bring it.
    /// @dev Emits `AuthorizationUsed` and {RedemptionRequested}. Reverts with `ERC3009InvalidSignature`,
    /// {RequestExpired}, `ERC3009UsedAuthorization` or as {requestRedemption}.
    /// @param nonce One of the holder's ERC-3009 nonces: `cancelAuthorization` makes the request void before it is
    /// brought.
    /// @param deadline Unix seconds, exclusive.
    /// @param signature By the holder's key or its ERC-1271 contract.
    function requestRedemptionWithSignature(
        address holder,
        uint256 amount,
        bytes32 payoutReference,
        bytes32 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external returns (uint256 id);

    /// @notice Takes the caller's request back, unless the bank has accepted it.
    /// @dev Emits {RedemptionCancelled}. Reverts with {WrongRedemptionStatus} or {NotHolder}.
    function cancelRedemption(uint256 id) external;

    /* MINTER */

    /// @notice Burns an accepted redemption for the entry by which the bank booked its payout.
    /// @dev Emits {RedemptionSettled} and `Transfer`. Reverts with {NotMinter}, {WrongRedemptionStatus}, {TokenPaused},
    /// {EntryOfOtherLedger} or {EntryConsumed}. A block or a freeze since the acceptance does not stop it: the bank
    /// has paid.
    function settleRedemption(uint256 id, uint128 entry) external;

    /* PAYOUT OFFICER */

    /// @notice Ends the holder's right to cancel; the bank pays out only after it.
    /// @dev Emits {RedemptionAccepted}. Reverts with {WrongRedemptionStatus}, `ERC7943CannotSend` (the holder is under
    /// a legal block) or `ERC7943InsufficientUnfrozenBalance` (tokens were frozen meanwhile, and not all that the
    /// holder has locked, in this and other redemptions, is free of that: the error's amount is all that is locked).
    function acceptRedemption(uint256 id) external;

    /// @notice Refuses a request, or ends an accepted one whose payout failed.
    /// @dev Emits {RedemptionRejected}. Reverts with {WrongRedemptionStatus}.
    function rejectRedemption(uint256 id, bytes4 reason) external;

    /* TREASURER */

    /// @notice Sets what a minter may still mint back to its ceiling; twice is as good as once.
    /// @dev Emits {MinterSet}. Reverts with {NotMinter}.
    function refill(address minter) external;

    /// @notice Lowers what a minter can be refilled to, and what it may still mint down to that.
    /// @dev Emits {MinterSet}. Reverts with {NotMinter} or {CeilingNotLower}.
    function lowerCeiling(address minter, uint128 ceiling) external;

    /// @notice Lowers what the supply may not exceed; below the present supply it only stops minting.
    /// @dev Emits {SupplyCapSet}. Reverts with {SupplyCapNotLower}.
    function lowerSupplyCap(uint128 cap) external;

    /* COMPLIANCE */

    /// @notice Raises the frozen amount of an account, which may exceed its balance.
    /// @dev Emits `Frozen`. Reverts with {SystemAccountClosed} or {FreezeNotHigher}.
    /// @param amount All that is frozen afterwards, in minor units.
    function freeze(address account, uint128 amount) external;

    /* RELEASER */

    /// @notice Lets payments against a suspended token go on.
    /// @dev Emits {AcceptanceSet}. Reverts with {WrongAcceptance}.
    function resumeAccepted(address token) external;

    /// @notice Lets transfers, minting, burning and authorizing go on.
    /// @dev Emits {Unpaused}. Reverts with {PauseUnchanged}.
    function unpause() external;

    /* POLICY OFFICER */

    /// @notice Lets nothing but refunds pass against an accepted token.
    /// @dev Emits {AcceptanceSet}. Reverts with {WrongAcceptance}.
    function suspendAccepted(address token) external;

    /* GUARDIAN */

    /// @notice Stops transfers, minting, burning, settling and authorizing.
    /// @dev Emits {Paused}. Reverts with {PauseUnchanged}.
    function pause() external;

    /// @notice Stops what goes into a system account, at once; what it holds can still leave.
    /// @dev Emits {SystemStatusSet}. Reverts with {NotSystemAccount} or {SystemStatusUnchanged}.
    function stopSystemAccount(address account) external;

    /// @notice The guardian's {suspendAccepted}: a function has one role.
    /// @dev Emits {AcceptanceSet}. Reverts with {WrongAcceptance}.
    function stopAccepted(address token) external;

    /// @notice Ends a minter. Its ledger id can be given to another.
    /// @dev Emits {MinterRemoved}. Reverts with {NotMinter}.
    function removeMinter(address minter) external;

    /* ADMIN */

    /// @notice Makes an address a minter, or gives one that is another ceiling, with as much to mint.
    /// @dev Emits {MinterSet}. Reverts with {InvalidMinter}, {LedgerTaken} or as {IAllowlistRegistry-claimLedger}.
    /// @param ledgerId Above zero; from the first minter on it is this token's alone, by the record of the registry and
    /// of those that come after it.
    /// @param ceiling What the minter may mint before the treasurer has to refill it, in minor units; above zero.
    function setMinter(address minter, uint64 ledgerId, uint128 ceiling) external;

    /// @notice Sets what the supply may not exceed; below the present supply it only stops minting.
    /// @dev Emits {SupplyCapSet}.
    function setSupplyCap(uint128 cap) external;

    /// @notice Accepts another bank's token, as what this token's holders may pay into and be paid in, or strikes it
    /// off, refunds included. A payment in two tokens needs the acceptance of both banks. What is suspended stays so
    /// until it is resumed: a proposal from before does not undo it.
    /// @dev Emits {AcceptanceSet}. Reverts with {OwnToken} or, to accept it, with {NoAnswer}.
    function setAccepted(address token, bool accepted) external;

    /// @notice Makes a contract part of the payment system, or takes a stopped one up again.
    /// @dev Emits {SystemStatusSet}. Reverts with `ERC20InvalidReceiver` (this token itself), {NoAnswer} (it must know
    /// {ISettlementEscrow-claimableOf}), {InvalidSuspenseAccount}, {AccountEncumbered} or {SystemStatusUnchanged}.
    function activateSystemAccount(address account) external;

    /// @notice Takes answers from another registry, which must list this token as its subscriber already and have the
    /// present one among its predecessors, or be it: so no block, customer id or ledger is lost, and no way leads back.
    /// @dev Emits {RegistrySet} and {EpochAdopted}. Reverts with {NoAnswer}, {NotSubscribed} or {RegistryNotSuccessor},
    /// and with nothing if it does not say which its predecessors are.
    function setRegistry(address registry) external;

    /// @notice Follows another policy; quotas counted by the one before are not restored any more.
    /// @dev Emits {PolicySet}. Reverts with {NoAnswer} or {PolicyGenerationsExhausted}.
    function setPolicy(address policy) external;

    /// @notice Names where claims may be diverted whose owner has no other wallet; zero for nowhere. The keys that
    /// divert should not have this function, or they could divert to themselves.
    /// @dev Emits {SuspenseAccountSet}. Reverts with {InvalidSuspenseAccount}.
    function setSuspenseAccount(address account) external;

    /// @notice Publishes the terms of the deposits.
    /// @dev Emits {TermsSet}.
    /// @param contentHash Hash of the document, by whatever function its text names.
    function setTerms(string calldata uri, bytes32 contentHash) external;

    /// @notice Takes out tokens of another contract that were sent to this one by mistake.
    /// @dev Emits {ForeignTokenRescued}. Reverts with {OwnToken}, {ZeroAmount}, as the token, or with
    /// `SafeERC20FailedOperation` if it has no code or answers no.
    /// @param amount Minor units of that token.
    function rescueForeignToken(address token, address to, uint256 amount) external;

    /* VIEWS */

    /// @notice The version of the token's EIP-712 domain, "1".
    function version() external view returns (string memory);

    /// @notice Tells a token's code that this is its extension; zero at a token's address.
    function extensionId() external view returns (bytes32);

    /// @notice ISO 4217 code of the currency, such as `EUR`.
    function currency() external view returns (bytes3);

    /// @notice What of a balance is neither frozen nor locked.
    function spendableOf(address account) external view returns (uint256);

    /// @notice What of a balance is locked by open redemptions.
    function lockedOf(address account) external view returns (uint256);

    /// @notice A redemption; status `None` for a number that was never given.
    function redemptionOf(uint256 id) external view returns (Redemption memory);

    /// @notice The numbers of a holder's open redemptions, in no order.
    function openRedemptionsOf(address holder) external view returns (uint256[] memory ids);

    /// @notice What the token knows of an account, from its copy or from the registry.
    function standingOf(address account) external view returns (Standing memory);

    /// @notice Whether the registry itself has the account or its customer under a legal block.
    function isBlocked(address account) external view returns (bool);

    /// @notice The zone of a country by the table of this token's registry; 0: the country has none.
    function zoneOf(uint16 country) external view returns (uint8);

    /// @notice An account's part in the payment system.
    function systemStatusOf(address account) external view returns (SystemStatus);

    /// @notice A minter's ledger id (0: no minter), what it may still mint, and what it can be refilled to.
    function minterOf(address minter) external view returns (uint64 ledgerId, uint128 allowance, uint128 ceiling);

    /// @notice What the bank says of another token.
    function acceptanceOf(address token) external view returns (Acceptance);

    /// @notice The live minter of a ledger id; zero if there is none.
    function minterOfLedger(uint64 ledgerId) external view returns (address);

    /// @notice Whether an entry was used for a mint, a burn or a settlement.
    function isEntryConsumed(uint128 entry) external view returns (bool);

    /// @notice What the supply may not exceed.
    function supplyCap() external view returns (uint128);

    /// @notice Whether the token is paused.
    function paused() external view returns (bool);

    /// @notice The registry that the token takes its answers from.
    function registry() external view returns (address);

    /// @notice The policy that the token follows.
    function policy() external view returns (address);

    /// @notice The number of the present policy, from 1.
    function policyGeneration() external view returns (uint16);

    /// @notice The token's own epoch: copies with another number are void.
    function epoch() external view returns (uint32);

    /// @notice The terms of the deposits.
    function terms() external view returns (string memory uri, bytes32 contentHash);

    /// @notice Where claims may be diverted whose owner has no other wallet; zero: nowhere.
    function suspenseAccount() external view returns (address);

    /// @notice Reverts unless `account` is a dealer in good standing: {IDepositTokenMain-NotDealer}.
    function requireDealer(address account) external view;

    /// @notice Reverts with {NotRefused} unless the registry refuses the owner now: lapsed, revoked, blocked or
    /// unknown.
    function requireRefused(address owner) external view;

    /// @notice Reverts with {NotSuccessor} unless `to` is another wallet of the owner's customer or the suspense
    /// account.
    function requireSuccessor(address owner, address to) external view;

    /// @notice EIP-712 type hash of ERC-2612's `Permit`.
    function PERMIT_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type hash of ERC-3009's `TransferWithAuthorization`.
    function TRANSFER_WITH_AUTHORIZATION_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type hash of ERC-3009's `ReceiveWithAuthorization`.
    function RECEIVE_WITH_AUTHORIZATION_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type hash of ERC-3009's `CancelAuthorization`.
    function CANCEL_AUTHORIZATION_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type hash of `RedemptionRequest`.
    function REDEMPTION_REQUEST_TYPEHASH() external view returns (bytes32);
}
