// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {CustomerCategory, Participant} from "../types/Participant.sol";

/// @title The customers that one bank knows
/// @notice Holds a record for each wallet of a customer, a legal block for wallets and whole customers, and the table
/// that maps countries to zones. The bank's deposit tokens subscribe: a change that could turn a "yes" into a "no"
/// reaches them in the same transaction.
/// OpenZeppelin's `multicall` makes many changes in one transaction, all or none, each with its own permission;
/// {registerBatch} is cheaper for whole lists of new wallets.
/// @dev Every function that changes something, but for a token's {claimLedger}, is `restricted` by the bank's
/// `AccessManager` and reverts with `AccessManagedUnauthorized(caller)`. Whatever tells the subscribers can revert with
/// {InsufficientGas}.
///
/// Assumed for safety:
/// - a subscriber is a token of this bank's, and while it is told of a change it acts for nobody; it may fail in any
///   way;
/// - a predecessor is a registry of this bank's.
///
/// Assumed for liveness: a predecessor answers. Without it nobody is registered here, and whoever was left behind there
/// is neither blocked nor paid.
interface IAllowlistRegistry {
    /// @notice A wallet was registered, or registered again after a revocation; its review ends at `validUntil` (Unix
    /// seconds, exclusive).
    event Registered(
        address indexed wallet, uint128 indexed customerId, CustomerCategory category, uint16 country, uint40 validUntil
    );
    /// @notice A wallet's review now ends at `validUntil` (Unix seconds, exclusive).
    event Renewed(address indexed wallet, uint40 validUntil);
    /// @notice A wallet's record ended; it counts as lapsed from now on.
    event Revoked(address indexed wallet);
    /// @notice A wallet is under a legal block; `reason` is a four-letter code such as ISO 20022's `LEGL`.
    event WalletBlocked(address indexed wallet, bytes4 reason);
    /// @notice A wallet's own legal block was lifted (its customer may still be blocked).
    event WalletUnblocked(address indexed wallet);
    /// @notice Every wallet of a customer is under a legal block.
    event CustomerBlocked(uint128 indexed customerId, bytes4 reason);
    /// @notice A customer's legal block was lifted (single wallets may still be blocked).
    event CustomerUnblocked(uint128 indexed customerId);
    /// @notice A country now belongs to a zone; zone 0 takes it out of the table.
    event ZoneSet(uint16 indexed country, uint8 indexed zone);
    /// @notice A token is told of changes from now on.
    event Subscribed(address indexed token);
    /// @notice A token is told no more.
    event Unsubscribed(address indexed token);
    /// @notice Every copy of an earlier answer is void.
    event EpochBumped(uint32 epoch);
    /// @notice Entries of a ledger are one token's for ever.
    event LedgerClaimed(uint64 indexed ledgerId, address indexed token);
    /// @notice The registry replaces another from its first day: see {PREDECESSOR}.
    event PredecessorSet(address indexed predecessor);
    /// @notice A subscriber failed when it was told of a change to `wallet` (zero: of a new epoch). Until somebody
    /// calls the token's `sync`, it may still act on an old copy.
    event SubscriberMissed(address indexed token, address indexed wallet);

    /// @notice The wallet was never registered, or was revoked where a current record is needed.
    error NotRegistered(address wallet);
    /// @notice The wallet already has a current record.
    error AlreadyRegistered(address wallet);
    /// @notice The wallet is blocked, and the call is not one that lifts a block.
    error WalletIsBlocked(address wallet);
    /// @notice The wallet is not blocked.
    error WalletNotBlocked(address wallet);
    /// @notice The customer's block already stands as asked.
    error CustomerBlockUnchanged(uint128 customerId, bool blocked);
    /// @notice A predecessor has the customer under a legal block, which is lifted there.
    error CustomerIsBlocked(uint128 customerId);
    /// @notice A wallet's customer id never changes.
    error CustomerIdFixed(address wallet, uint128 found, uint128 allowed);
    /// @notice A record to register must be active, have a customer id and a country, and use none of the spare bits.
    error InvalidParticipant(address wallet, Participant found);
    /// @notice Customer ids are above zero.
    error ZeroCustomer();
    /// @notice The zero address can't be registered.
    error ZeroWallet();
    /// @notice The end of validity must lie in the future: later than `present` (Unix seconds).
    error ValidityInPast(uint40 found, uint256 present);
    /// @notice The two lists of a batch differ in length.
    error BatchLengthsDiffer(uint256 wallets, uint256 participants);
    /// @notice A registry tells at most `allowed` tokens.
    error TooManySubscribers(uint256 allowed);
    /// @notice A registry replaces at most `allowed` others, one after another.
    error TooManyPredecessors(uint256 allowed);
    /// @notice The token already subscribes, or doesn't.
    error SubscriptionUnchanged(address token, bool subscribed);
    /// @notice The address has no code.
    error NoCode(address found);
    /// @notice Country codes are above zero, which stands for an unknown wallet's.
    error ZeroCountry();
    /// @notice A token that takes its answers from this registry can't be unsubscribed.
    error TokenPointsHere(address token);
    /// @notice Only a subscriber claims a ledger.
    error NotSubscriber(address caller);
    /// @notice The ledger belongs to another token of the bank.
    error LedgerOfOtherToken(uint64 ledgerId, address token);
    /// @notice The transaction carries too little gas to give each subscriber its share.
    error InsufficientGas(uint256 found, uint256 needed);

    /// @notice Adds a wallet, or takes a revoked one up again.
    /// @dev Emits {Registered}. Reverts with {ZeroWallet}, {InvalidParticipant} (zero customer id or country),
    /// {ValidityInPast}, {WalletIsBlocked} (here or in any predecessor), {AlreadyRegistered}, {CustomerIdFixed} (by the
    /// newest record, here or in a predecessor) or {CustomerIsBlocked} (in any predecessor). A new wallet of a customer
    /// that is blocked here is registered, and is blocked.
    /// @param wallet The customer's account.
    /// @param category What kind of customer.
    /// @param country ISO 3166-1 numeric code of the customer's residence.
    /// @param validUntil End of the customer's review, Unix seconds, exclusive.
    /// @param customerId The bank's 128-bit pseudonym of the customer; one customer may hold several wallets.
    function register(address wallet, CustomerCategory category, uint16 country, uint40 validUntil, uint128 customerId)
        external;

    /// @notice The same for many wallets, each with its packed record of status `Active`.
    /// @dev Emits {Registered} for each; reverts as {register}, and with {BatchLengthsDiffer}.
    function registerBatch(address[] calldata wallets, Participant[] calldata participants) external;

    /// @notice Moves the end of a wallet's review, to later or earlier; a blocked wallet stays blocked.
    /// @param validUntil Unix seconds, exclusive.
    /// @dev Emits {Renewed}; tells the subscribers if the new end is earlier. Reverts with {NotRegistered} or
    /// {ValidityInPast}.
    function renew(address wallet, uint40 validUntil) external;

    /// @notice Ends a wallet's record; what is under way ends, nothing new starts. The customer id is kept.
    /// A block stays.
    /// @dev Emits {Revoked}; tells the subscribers. Reverts with {NotRegistered}.
    function revoke(address wallet) external;

    /// @notice Puts a wallet under a legal block, a revoked one too: nothing leaves it, captures of its payments
    /// included. A wallet that only a predecessor knows is reached by {blockCustomer} here: a block there would come
    /// too late for one that is registered here meanwhile.
    /// @dev Emits {WalletBlocked}; tells the subscribers. Reverts with {NotRegistered} or {WalletIsBlocked}.
    function blockWallet(address wallet, bytes4 reason) external;

    /// @notice Lifts a wallet's own block.
    /// @dev Emits {WalletUnblocked}. Reverts with {WalletNotBlocked}.
    function unblockWallet(address wallet) external;

    /// @notice Blocks every wallet of a customer, present and future, without a list of them.
    /// @dev Emits {CustomerBlocked} and {EpochBumped}; tells the subscribers. Reverts with {CustomerBlockUnchanged} or
    /// {ZeroCustomer}.
    function blockCustomer(uint128 customerId, bytes4 reason) external;

    /// @notice Lifts a customer's block.
    /// @dev Emits {CustomerUnblocked}. Reverts with {CustomerBlockUnchanged}.
    function unblockCustomer(uint128 customerId) external;

    /// @notice Puts countries into a zone.
    /// @dev Emits {ZoneSet} for each and {EpochBumped}; tells the subscribers. Reverts with {ZeroCountry}.
    /// @param countries ISO 3166-1 numeric codes.
    /// @param zone The bank's own number for a set of countries ruled alike; 0 takes them out of the table.
    function setZone(uint16[] calldata countries, uint8 zone) external;

    /// @notice Takes countries out of the table: no payment, and no transfer across their border, passes any more.
    /// @dev As {setZone} with zone 0.
    function clearZone(uint16[] calldata countries) external;

    /// @notice Tells a token of every change from now on.
    /// @dev Emits {Subscribed}. Reverts with {NoCode}, {SubscriptionUnchanged} or {TooManySubscribers}.
    function subscribe(address token) external;

    /// @notice Tells a token no more.
    /// @dev Emits {Unsubscribed}. Reverts with {SubscriptionUnchanged}, or {TokenPointsHere} while the token's
    /// `registry()` is this one.
    function unsubscribe(address token) external;

    /// @notice Makes a ledger the calling token's for ever, so that an entry can't be used at two tokens.
    /// @dev Emits {LedgerClaimed} the first time. Reverts with {NotSubscriber} or {LedgerOfOtherToken}.
    function claimLedger(uint64 ledgerId) external;

    /// @notice The registry that this one replaces, zero for a bank's first. Its claims of ledgers stand here too, and
    /// so do, for wallets that are unknown here, its blocks and customer ids. Of a wallet that is known here it is not
    /// asked any more: until every token has moved here, whoever is blocked there is to be blocked here too.
    function PREDECESSOR() external view returns (IAllowlistRegistry);

    /// @notice How many registries came before this one, at most 16.
    function DEPTH() external view returns (uint256);

    /// @notice The token that a ledger belongs to, by a claim here or at a predecessor; zero if it was not claimed.
    function tokenOfLedger(uint64 ledgerId) external view returns (address);

    /// @notice What a token needs to know of a wallet, as of now.
    /// @return record The wallet's record, in which the end of validity, until which the wallet may send and receive,
    /// is 0 if it is unknown, revoked or blocked, by itself or by its customer.
    function standingOf(address wallet) external view returns (Participant record);

    /// @notice A wallet's whole record.
    function participantOf(address wallet) external view returns (Participant);

    /// @notice Whose a wallet is and whether it is blocked, by the newest registry that knows it, this one or a
    /// predecessor. A registry that does not know it adds its own block of the customer.
    /// @return customerId The customer that the wallet belongs to, also after a revocation; 0 if it was never
    /// registered.
    /// @return blocked Whether the wallet or its customer is under a legal block.
    function lookUp(address wallet) external view returns (uint128 customerId, bool blocked);

    /// @notice The customer that a wallet belongs to: see {lookUp}.
    function customerIdOf(address wallet) external view returns (uint128);

    /// @notice Whether the wallet or its customer is under a legal block: see {lookUp}.
    function isBlocked(address wallet) external view returns (bool);

    /// @notice Whether a customer is under a legal block, here or in any predecessor.
    function isCustomerBlocked(uint128 customerId) external view returns (bool);

    /// @notice The zone of a country; 0 if it has none.
    function zoneOf(uint16 country) external view returns (uint8);

    /// @notice The number of the present epoch, from 1: a copy made in an earlier one is void.
    function epoch() external view returns (uint32);

    /// @notice The epoch that `token` may keep copies for: the present one, or 0 if it does not subscribe.
    function epochFor(address token) external view returns (uint32);

    /// @notice The tokens that are told of changes, in no particular order.
    function subscribers() external view returns (address[] memory);
}
