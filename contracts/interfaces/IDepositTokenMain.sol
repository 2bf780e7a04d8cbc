// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Acceptance} from "../types/Acceptance.sol";
import {CustomerCategory} from "../types/Participant.sol";
import {IDepositTokenCore} from "./IDepositTokenCore.sol";
import {Issue} from "../types/Issue.sol";
import {Payment} from "../types/Payment.sol";

/// @title What a deposit token answers itself: all that moves money
/// @notice Beside the standards (ERC-20, ERC-2612, ERC-3009, ERC-5267, ERC-6093): what minters, the payment system's
/// contracts and the registry do with a token. Amounts are minor units of `currency()`.
/// @dev Assumed for safety:
/// - the registry is the bank's own, answers truly, and tells its subscribers of each change for the worse;
/// - the policy is the bank's own, and counts what it is asked to;
/// - a system account takes from a payer what its signature says, and gives out what it holds as its own rules say;
/// - an ERC-1271 contract accepts what its owner signed alone: one that accepts anything gives away what it has itself.
///
/// Assumed for liveness; where it does not hold, what would ask reverts:
/// - the registry answers of whoever has no good copy;
/// - the policy answers for payments and for transfers between zones.
///
/// A transfer is refused, in this order, with `ERC20InvalidReceiver` (zero, this token), `TokenPaused`,
/// `SystemAccountClosed` (somebody else's tokens into a system account, or one that is stopped), `ERC7943CannotSend`,
/// `ERC7943CannotReceive`, `ERC20InsufficientBalance`, `ERC7943InsufficientUnfrozenBalance`, `TokensLocked`,
/// `DirectTransferClosed` (between two zones whose corridor does not allow it).
///
/// An allowance is spent by nobody who is under a legal block: {SpenderBlocked}. A stranger to the registry is not, and
/// a system account, which acts for whoever calls it, is not asked about. What it does not cover is refused with
/// `ERC20InsufficientAllowance`, an approval of the zero address with `ERC20InvalidSpender`. The zero address, of which
/// nobody has the key, neither sends (`ERC20InvalidSender`) nor approves (`ERC20InvalidApprover`). Spending emits
/// `Approval` with what is left, so that events alone tell every allowance; one of 2^256 - 1 stays as it is.
///
/// The EIP-712 domain's name is the token's own `name()`, which never changes, its version `version()`, "1";
/// `eip712Domain` (ERC-5267) tells all of it.
interface IDepositTokenMain is IDepositTokenCore {
    /// @notice What the token says of itself, for good: see {initialize}.
    event MetadataSet(string name, string symbol, bytes3 currency, uint8 decimals);
    /// @notice ERC-2612: the owner's permit of this nonce was brought; the next has the number after it.
    event PermitUsed(address indexed owner, uint256 nonce);
    /// @notice Deposits were issued for a ledger entry.
    event Minted(address indexed minter, address indexed to, uint256 amount, uint128 indexed entry);
    /// @notice Deposits were taken back for a ledger entry.
    event Burned(address indexed minter, uint256 amount, uint128 indexed entry);

    /// @notice ERC-3009: the signature is not the authorizer's.
    error ERC3009InvalidSignature();
    /// @notice ERC-3009: now is not between the bounds (Unix seconds, exclusive).
    error ERC3009InvalidAuthorizationTime(uint256 validAfter, uint256 validBefore);
    /// @notice ERC-3009: the authorization was used or cancelled.
    error ERC3009UsedAuthorization(address authorizer, bytes32 nonce);
    /// @notice ERC-2612: the signature is not the owner's.
    error ERC2612InvalidSigner(address signer, address owner);
    /// @notice ERC-2612: the permit's deadline (Unix seconds, inclusive) has passed.
    error ERC2612ExpiredSignature(uint256 deadline);
    /// @notice ERC-3009: only the payee brings an authorization to receive.
    error CallerNotPayee(address caller, address allowed);
    /// @notice The spender, or its customer, is under a legal block.
    error SpenderBlocked(address spender);
    /// @notice A token's name is 1 to 31 printable ASCII characters.
    error InvalidName(string found);
    /// @notice The contract is not the extension of this code.
    error NotExtension(address extension, bytes32 found, bytes32 allowed);
    /// @notice The minter's mint allowance does not cover the amount.
    error MintAllowanceExceeded(address minter, uint256 found, uint256 allowed);
    /// @notice The supply would exceed the cap.
    error SupplyCapExceeded(uint256 found, uint256 allowed);
    /// @notice The account is no dealer in good standing.
    error NotDealer(address account, uint40 validUntil, CustomerCategory category);
    /// @notice The bank does not accept the other token of a payment or of a refund.
    error TokenNotAccepted(address token, Acceptance found);
    /// @notice The fee receiver is not in the merchant's zone, by the table of the bank that pays both (0: a country
    /// without one).
    error FeeReceiverElsewhere(address feeReceiver, uint8 foundZone, uint8 allowedZone);

    /* SET-UP */

    /// @notice Sets the token up; called in the proxy's constructor.
    /// @dev The token is paused until its bank unpauses it. Emits `AuthorityUpdated`, {MetadataSet}, `RegistrySet`,
    /// `PolicySet`, `SupplyCapSet`, `Paused` and `Initialized`. Reverts with {InvalidName}, `NoAnswer` or, the second
    /// time and on the implementation, with `InvalidInitialization`.
    /// @param name ERC-20 name and name of the EIP-712 domain: 1 to 31 printable ASCII characters.
    /// @param symbol ERC-20 symbol.
    /// @param currency ISO 4217 code.
    /// @param decimals Digits of the minor unit.
    /// @param authority The bank's `AccessManager`.
    /// @param registry The bank's registry; the token asks it for every transfer until it is listed there as a
    /// subscriber.
    /// @param policy The bank's policy.
    /// @param supplyCap What the supply may not exceed, in minor units.
    function initialize(
        string memory name,
        string memory symbol,
        bytes3 currency,
        uint8 decimals,
        address authority,
        address registry,
        address policy,
        uint128 supplyCap
    ) external;

    /* HOLDER */

    /// @notice ERC-2612 with the signature as bytes, for accounts with a key and for ERC-1271 contracts.
    /// @dev Emits {PermitUsed} and `Approval`. Reverts with {ERC2612ExpiredSignature}, {ERC2612InvalidSigner} or, for a
    /// spender that is zero, with `ERC20InvalidSpender`.
    /// @param deadline Unix seconds, inclusive.
    function permit(address owner, address spender, uint256 value, uint256 deadline, bytes calldata signature) external;

    /// @notice ERC-3009 with the signature as bytes, for accounts with a key and for ERC-1271 contracts.
    /// @dev Emits `AuthorizationUsed` and `Transfer`. Reverts with `ERC3009InvalidSignature`,
    /// `ERC3009InvalidAuthorizationTime`, `ERC3009UsedAuthorization` or as a transfer.
    /// @param validAfter Unix seconds, exclusive.
    /// @param validBefore Unix seconds, exclusive.
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external;

    /// @notice ERC-3009 with the signature as bytes; only the payee can call it.
    /// @dev As {transferWithAuthorization}, and reverts with {CallerNotPayee} if the caller is not `to`.
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external;

    /// @notice ERC-3009: makes an unused authorization void, with the signature as bytes.
    /// @dev Emits `AuthorizationCanceled`. Reverts with `ERC3009InvalidSignature` or `ERC3009UsedAuthorization`.
    function cancelAuthorization(address authorizer, bytes32 nonce, bytes calldata signature) external;

    /* MINTER */

    /// @notice Issues deposits for an entry of the bank's ledger, once and for all.
    /// @dev Emits {Minted} and `Transfer`. Reverts with {NotMinter}, {TokenPaused}, {ZeroAmount}, {EntryOfOtherLedger},
    /// {EntryConsumed}, {MintAllowanceExceeded}, {SupplyCapExceeded}, `ERC20InvalidReceiver`, {SystemAccountClosed} or
    /// `ERC7943CannotReceive`.
    /// @param entry A {LedgerEntry} of the minter's ledger.
    function mint(address to, uint256 amount, uint128 entry) external;

    /// @notice Mints for many entries, all or none.
    /// @dev As {mint} for each, in their order.
    function mintBatch(Issue[] calldata issues) external;

    /// @notice Takes deposits out of the minter's own balance for an entry of the bank's ledger; its mint
    /// allowance stays as it is.
    /// @dev Emits {Burned} and `Transfer`. Reverts with {NotMinter}, {TokenPaused}, {ZeroAmount}, {EntryOfOtherLedger},
    /// {EntryConsumed}, `ERC7943CannotSend` or as a transfer for what it can't spend.
    function burn(uint256 amount, uint128 entry) external;

    /* SYSTEM ACCOUNTS */

    /// @notice Opens a payment of a customer of this bank: checks its corridor, counts it against the quota, and moves
    /// the source amount to the calling system account by the payer's ERC-3009 `ReceiveWithAuthorization` with `id` as
    /// its nonce.
    /// @dev Emits `AuthorizationUsed` and `Transfer`. Reverts with {NotSystemAccount} unless the caller is active; as
    /// {merchantCountryOf} of the payees if this token is the target, else with {TokenNotAccepted} (the target) or
    /// {NotDealer}; as {ICorridorPolicy-consume}; for its signature and its time as {receiveWithAuthorization}; while
    /// the token is paused with {TokenPaused}; and as a transfer for what the payer can't send.
    /// @param payment The terms, which the caller has checked.
    /// @param id The nonce, which stands for all that the payer agrees to.
    /// @param merchantCountry ISO 3166-1 numeric, from the target token's {merchantCountryOf}; ignored if this is it.
    /// @param payerSignature The payer's, valid from 0 on and before authorizeBy.
    /// @return generation The policy's generation, below 2^12.
    /// @return quotaRef See {ICorridorPolicy-consume}.
    /// @return approver Who must have approved the payment; zero if nobody.
    function openPayment(Payment calldata payment, bytes32 id, uint16 merchantCountry, bytes calldata payerSignature)
        external
        returns (uint16 generation, uint32 quotaRef, address approver);

    /// @notice The same for a payment in this token alone that is paid at once: moves the amount from the payer
    /// straight to the merchant and, as far as it is the fee, to the fee receiver.
    /// @dev As {openPayment}, with a `Transfer` for each receiver.
    /// @param fee Minor units, at most the source amount.
    function chargePayment(Payment calldata payment, bytes32 id, uint256 fee, bytes calldata payerSignature)
        external
        returns (uint16 generation, uint32 quotaRef, address approver);

    /// @notice Gives back what {openPayment} counted; does nothing if the policy was replaced since.
    /// @dev For system accounts, stopped ones too: {NotSystemAccount}.
    function restoreQuota(uint16 generation, address payer, uint32 quotaRef, uint104 amount) external;

    /// @notice The merchant's country, if the calling system account may pay out this payment in two tokens whose
    /// target this is. Reverts otherwise: {NotSystemAccount}, {TokenNotAccepted} (the source), {NotDealer},
    /// {TokenPaused}, for merchant or fee receiver {SystemAccountClosed} or `ERC7943CannotReceive` (also this token
    /// itself), {FeeReceiverElsewhere}.
    /// @return merchantCountry ISO 3166-1 numeric.
    function merchantCountryOf(Payment calldata payment) external view returns (uint16 merchantCountry);

    /// @notice Reverts unless this token can be exchanged back against another one by a dealer: {TokenNotAccepted}
    /// (accepted for refunds alone is enough) or {NotDealer}.
    function requireRefund(address otherToken, address dealer) external view;

    /// @notice Whether nothing may be captured from a payer, since it or its customer is under a legal block. A lapsed
    /// payer stays capturable.
    /// @dev Asks the registry unless the payer's copy is good, as for a transfer: a block makes the copies void that it
    /// concerns.
    function payerBlocked(address payer) external view returns (bool);

    /* REGISTRY */

    /// @notice Replaces the token's copy of what its registry says of an account; anyone may call.
    /// @dev Adopts the registry's epoch first.
    function sync(address account) external;

    /// @notice Adopts the registry's epoch, which makes every copy void if it changed; anyone may call.
    /// @dev Emits {EpochAdopted} if it changed.
    function syncEpoch() external;

    /* ADMIN */

    /// @notice ERC-1967: replaces the token's code, its extension included, makes every copy of the registry's answers
    /// void, and calls the new code with `data` unless that is empty.
    /// @dev `restricted`: see {IDepositTokenExt}. Emits {EpochAdopted} and `Upgraded`. Reverts with
    /// `ERC1967InvalidImplementation` or `UUPSUnsupportedProxiableUUID` (no such code), with nothing (no code at all),
    /// with `ERC1967NonPayable` (ether without a call), as the call, or with `FailedCall` if that says nothing.
    function upgradeToAndCall(address implementation, bytes memory data) external payable;

    /// @notice Where everything that this contract does not answer itself is answered: see {IDepositTokenExt}.
    function EXTENSION() external view returns (address);
}
