// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SystemStatus} from "../types/AccountSlot.sol";
import {Category} from "../types/Participant.sol";

/// @title A bank's deposit in one currency, as an ERC-20 token
/// @notice Beside the standards (ERC-20, ERC-2612, ERC-3009, ERC-5267, ERC-6093, ERC-7943's checks): what the issuing
/// bank, its registry and the payment system's contracts do with it. Amounts are minor units of `currency()`.
/// @dev Functions marked "bank" are `restricted` by the bank's `AccessManager` and revert with
/// `AccessManagedUnauthorized(caller)`. Assumed of the registry: it is the bank's own and answers truly. Assumed of the
/// policy: it is the bank's own; it is not asked for a transfer within a zone.
///
/// A transfer is refused, in this order, with `TokenPaused`, `ERC20InvalidReceiver` (zero, this token),
/// `SystemAccountClosed` (somebody else's tokens into a system account, or one that is stopped), `ERC7943CannotSend`,
/// `ERC7943CannotReceive`, `ERC20InsufficientBalance`, `DirectTransferClosed` (between two zones whose corridor does not
/// allow it). OpenZeppelin checks the zero address first.
interface IDepositToken {
    /// @notice What a token knows of an account, as of now.
    /// @param validUntil Until when it may send and receive, Unix seconds, exclusive; 0: not at all. System accounts: 0.
    /// @param country ISO 3166-1 numeric.
    /// @param zone By the table of this token's registry; 0: the country has none.
    /// @param category What kind of customer.
    struct Standing {
        uint40 validUntil;
        uint16 country;
        uint8 zone;
        Category category;
    }

    /// @notice Deposits were issued for a journal entry.
    event Minted(address indexed desk, address indexed to, uint256 amount, uint128 indexed entry);
    /// @notice Deposits were taken back for a journal entry.
    event Burned(address indexed desk, uint256 amount, uint128 indexed entry);
    /// @notice A desk may mint `quota` minor units from now on, against entries of `ledgerId`.
    event DeskSet(address indexed desk, uint64 indexed ledgerId, uint128 quota);
    /// @notice A desk may mint and burn no more.
    event DeskRemoved(address indexed desk, uint64 indexed ledgerId);
    /// @notice The supply may not exceed `cap`.
    event SupplyCapSet(uint128 cap);
    /// @notice Transfers, minting and burning stopped.
    event Paused(address indexed caller);
    /// @notice Transfers, minting and burning go on.
    event Unpaused(address indexed caller);
    /// @notice A contract's part in the payment system changed.
    event SystemStatusSet(address indexed account, SystemStatus status);
    /// @notice The token takes its answers from another registry.
    event RegistrySet(address indexed registry);
    /// @notice The token follows another policy; counts made before have the generation before.
    event PolicySet(address indexed policy, uint16 generation);
    /// @notice Every copy of a registry's answer from before is void.
    event EpochAdopted(uint32 epoch);

    /// @notice ERC-7943: the account may not send.
    error ERC7943CannotSend(address account);
    /// @notice ERC-7943: the account may not receive.
    error ERC7943CannotReceive(address account);
    /// @notice ERC-3009: the signature is not the authorizer's.
    error ERC3009InvalidSignature();
    /// @notice ERC-3009: now is not between the bounds (Unix seconds, exclusive).
    error ERC3009InvalidAuthorizationTime(uint256 validAfter, uint256 validBefore);
    /// @notice ERC-3009: the authorization was used or cancelled.
    error ERC3009UsedAuthorization(address authorizer, bytes32 nonce);
    /// @notice The token is paused.
    error TokenPaused();
    /// @notice Only an active system account can move tokens into itself, as the caller.
    error SystemAccountClosed(address account, address caller, SystemStatus status);
    /// @notice The corridor between the two zones (0: a country without one) allows no plain transfers.
    error DirectTransferClosed(address from, address to, uint8 fromZone, uint8 toZone);
    /// @notice The caller is no desk.
    error NotDesk(address caller);
    /// @notice The entry is not one of the desk's ledger.
    error EntryOfOtherLedger(uint128 entry, uint64 found, uint64 allowed);
    /// @notice The entry was used before, for a mint or a burn.
    error EntryConsumed(uint128 entry);
    /// @notice The desk's quota does not cover the amount.
    error DeskQuotaExceeded(address desk, uint256 found, uint256 allowed);
    /// @notice The supply would exceed the cap.
    error SupplyCapExceeded(uint256 found, uint256 allowed);
    /// @notice An amount of zero.
    error ZeroAmount();
    /// @notice A desk needs an address and a ledger id above zero.
    error InvalidDesk(address desk, uint64 ledgerId);
    /// @notice Another desk is live on this ledger id, or this desk on another one.
    error LedgerTaken(uint64 ledgerId, address desk);
    /// @notice The account's part in the payment system is already as asked.
    error SystemStatusUnchanged(address account, SystemStatus status);
    /// @notice The account has no such part in the payment system.
    error NotSystemAccount(address account, SystemStatus found);
    /// @notice The account is no dealer in good standing.
    error NotDealer(address account, uint40 validUntil, Category category);
    /// @notice The registry does not list this token as its subscriber.
    error NotSubscribed(address registry);
    /// @notice A payment keeps 12 bits of the policy's generation; no further policy can be set.
    error PolicyGenerationsExhausted(uint16 greatest);
    /// @notice The address has no code.
    error NoCode(address found);
    /// @notice The token is already as asked.
    error PauseUnchanged(bool paused);

    /* HOLDER */

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
    /// @dev As {transferWithAuthorization}, and reverts with `ERC20InvalidReceiver` if the caller is not `to`.
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

    /* DESK */

    /// @notice Issues deposits for an entry of the bank's journal, once and for all.
    /// @dev Emits {Minted} and `Transfer`. Reverts with {NotDesk}, {TokenPaused}, {ZeroAmount}, {EntryOfOtherLedger},
    /// {EntryConsumed}, {DeskQuotaExceeded}, {SupplyCapExceeded}, `ERC20InvalidReceiver`, {SystemAccountClosed} or
    /// {ERC7943CannotReceive}.
    /// @param entry Ledger id in the upper 64 bits, sequence number in the lower 64.
    function mint(address to, uint256 amount, uint128 entry) external;

    /// @notice Takes deposits out of the desk's own balance for an entry of the bank's journal; the quota stays as it is.
    /// @dev Emits {Burned} and `Transfer`. Reverts with {NotDesk}, {TokenPaused}, {ZeroAmount}, {EntryOfOtherLedger},
    /// {EntryConsumed}, {ERC7943CannotSend} or `ERC20InsufficientBalance`.
    function burn(uint256 amount, uint128 entry) external;

    /* SYSTEM ACCOUNTS */

    /// @notice Checks a payment between a customer of this bank and a merchant, and counts it against the corridor's
    /// quota.
    /// @dev For an active system account: {NotSystemAccount}. Reverts as {ICorridorPolicy-consume}, and without data if
    /// `targetToken` is no deposit token.
    /// @param payer Whose customer's quota counts.
    /// @param merchant The target token's customer.
    /// @param amount Minor units of this token.
    /// @param purpose ISO 20022 purpose code, or 0.
    /// @param targetToken The token that the merchant gets, which says in which country the merchant is.
    /// @return generation The policy's generation, below 2^12.
    /// @return quotaRef See {ICorridorPolicy-consume}.
    /// @return approver Who must have approved the payment; zero if nobody.
    function consumeQuota(address payer, address targetToken, address merchant, uint104 amount, bytes4 purpose)
        external
        returns (uint16 generation, uint32 quotaRef, address approver);

    /// @notice Gives back what {consumeQuota} counted; does nothing if the policy was replaced since.
    /// @dev For system accounts, stopped ones too: {NotSystemAccount}.
    function restoreQuota(address payer, uint16 generation, uint32 quotaRef, uint104 amount) external;

    /// @notice Reverts unless payments may be made to `payee` through `system`: {NotSystemAccount}, {TokenPaused},
    /// {SystemAccountClosed} (the payee is a system account) or {ERC7943CannotReceive} (also this token itself).
    /// @param system The contract that would pay.
    /// @param payee The account that would be paid.
    function requirePayee(address system, address payee) external view;

    /// @notice Reverts unless `account` is a dealer in good standing: {NotDealer}.
    function requireDealer(address account) external view;

    /* REGISTRY */

    /// @notice Replaces the token's copy of what its registry says of an account; anyone may call.
    /// @dev Adopts the registry's epoch first.
    function sync(address account) external;

    /// @notice Adopts the registry's epoch, which makes every copy void if it changed; anyone may call.
    /// @dev Emits {EpochAdopted} if it changed.
    function syncEpoch() external;

    /* BANK */

    /// @notice Makes an address a desk, or sets the remaining quota of one that is.
    /// @dev Emits {DeskSet}. Reverts with {InvalidDesk}, {LedgerTaken} or as {IAllowlistRegistry-claimLedger}.
    /// @param ledgerId Above zero; from the first desk on it is this token's alone, by the registry's record. After a
    /// replacement of the registry, setting each desk again claims its ledger there.
    /// @param quota What the desk may mint from now on.
    function setDesk(address desk, uint64 ledgerId, uint128 quota) external;

    /// @notice Ends a desk. Its ledger id can be given to another.
    /// @dev Emits {DeskRemoved}. Reverts with {NotDesk}.
    function removeDesk(address desk) external;

    /// @notice Sets what the supply may not exceed; below the present supply it only stops minting.
    /// @dev Emits {SupplyCapSet}.
    function setSupplyCap(uint128 cap) external;

    /// @notice Stops transfers, minting, burning and authorizing.
    /// @dev Emits {Paused}. Reverts with {PauseUnchanged}.
    function pause() external;

    /// @notice Lets them go on.
    /// @dev Emits {Unpaused}. Reverts with {PauseUnchanged}.
    function unpause() external;

    /// @notice Makes a contract part of the payment system, or takes a stopped one up again.
    /// @dev Emits {SystemStatusSet}. Reverts with {NoCode}, `ERC20InvalidReceiver` (this token itself) or
    /// {SystemStatusUnchanged}.
    function activateSystemAccount(address account) external;

    /// @notice Stops what goes into a system account, at once; what it holds can still leave.
    /// @dev Emits {SystemStatusSet}. Reverts with {NotSystemAccount} or {SystemStatusUnchanged}.
    function stopSystemAccount(address account) external;

    /// @notice Takes answers from another registry, which must list this token as its subscriber already and give each
    /// wallet the customer id that the old one gave it: quotas counted before are restored by it.
    /// @dev Emits {RegistrySet} and {EpochAdopted}. Reverts with {NoCode} or {NotSubscribed}.
    function setRegistry(address registry) external;

    /// @notice Follows another policy; quotas counted by the one before are not restored any more.
    /// @dev Emits {PolicySet}. Reverts with {NoCode} or {PolicyGenerationsExhausted}.
    function setPolicy(address policy) external;

    /* VIEWS */

    /// @notice ISO 4217 code of the currency, such as `EUR`.
    function currency() external view returns (bytes3);

    /// @notice ERC-7943: whether the account may send at all (also what is true of a system account).
    function canSend(address account) external view returns (bool);

    /// @notice ERC-7943: whether the account may receive at all; a system account only by its own pull, while active.
    function canReceive(address account) external view returns (bool);

    /// @notice ERC-7943: whether `transfer(to, amount)` by `from` would succeed now.
    function canTransfer(address from, address to, uint256 amount) external view returns (bool);

    /// @notice Whether the registry has the account or its customer under a legal block.
    function isBlocked(address account) external view returns (bool);

    /// @notice What the token knows of an account, from its copy or from the registry.
    function standingOf(address account) external view returns (Standing memory);

    /// @notice The zone of an account of `token`, this one or another bank's, by the table of this token's registry; the
    /// other token says in which country the account is. 0: the country has none.
    function zoneOf(address token, address account) external view returns (uint8);

    /// @notice An account's part in the payment system.
    function systemStatusOf(address account) external view returns (SystemStatus);

    /// @notice A desk's ledger id (0: no desk) and what it may still mint.
    function deskOf(address desk) external view returns (uint64 ledgerId, uint128 quota);

    /// @notice The live desk of a ledger id; zero if there is none.
    function deskOfLedger(uint64 ledgerId) external view returns (address);

    /// @notice Whether an entry was used for a mint or a burn.
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
}
