// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

import {IAllowlistRegistry} from "./interfaces/IAllowlistRegistry.sol";
import {IDepositTokenExt} from "./interfaces/IDepositTokenExt.sol";
import {IDepositTokenMain} from "./interfaces/IDepositTokenMain.sol";
import {CustomerCategory, Participant, ParticipantPacking, ParticipantStatus} from "./types/Participant.sol";

/// @title The customers that one bank knows
/// @notice See {IAllowlistRegistry}, which documents every function.
contract AllowlistRegistry is AccessManaged, Multicall, IAllowlistRegistry {
    using EnumerableSet for EnumerableSet.AddressSet;

    /* CONSTANTS */

    /// @dev Bounds what a block costs: each subscriber gets {SUBSCRIBER_GAS}.
    uint256 private constant MAX_SUBSCRIBERS = 16;
    /// @dev What a token may spend on hearing of a change; its `sync` needs less than a half.
    uint256 private constant SUBSCRIBER_GAS = 100_000;
    /// @dev What is left to a change after a token that has used all of its share.
    uint256 private constant SUBSCRIBER_GAS_MARGIN = 10_000;
    /// @dev Bounds what a walk through them costs: to the oldest, less than the escrow gives a token.
    uint256 private constant MAX_PREDECESSORS = 16;

    /* STORAGE */

    mapping(address wallet => Participant) private _participants;
    mapping(uint128 customerId => bool) private _customerBlocked;
    mapping(uint16 country => uint8) private _zones;
    EnumerableSet.AddressSet private _subscribers;

    /// @inheritdoc IAllowlistRegistry
    IAllowlistRegistry public immutable PREDECESSOR;

    /// @inheritdoc IAllowlistRegistry
    uint256 public immutable DEPTH;

    mapping(uint64 ledgerId => address) private _tokenOfLedger;

    /// @inheritdoc IAllowlistRegistry
    uint32 public epoch = 1;

    /// @param predecessor The registry that this one replaces; zero for a bank's first. Reverts with {NoCode} or
    /// {TooManyPredecessors}, and if it does not say how many it has itself.
    constructor(address authority_, IAllowlistRegistry predecessor) AccessManaged(authority_) {
        PREDECESSOR = predecessor;
        if (address(predecessor) == address(0)) return;
        if (address(predecessor).code.length == 0) revert NoCode(address(predecessor));
        uint256 earlier = predecessor.DEPTH();
        if (earlier >= MAX_PREDECESSORS) revert TooManyPredecessors(MAX_PREDECESSORS);
        DEPTH = earlier + 1;
        emit PredecessorSet(address(predecessor));
    }

    /* REGISTRAR */

    /// @inheritdoc IAllowlistRegistry
    function register(address wallet, CustomerCategory category, uint16 country, uint40 validUntil, uint128 customerId)
        external
        restricted
    {
        _register(wallet, ParticipantPacking.pack(ParticipantStatus.Active, category, country, validUntil, customerId));
    }

    /// @inheritdoc IAllowlistRegistry
    function registerBatch(address[] calldata wallets, Participant[] calldata participants) external restricted {
        if (wallets.length != participants.length) revert BatchLengthsDiffer(wallets.length, participants.length);
        for (uint256 i = 0; i < wallets.length; ++i) {
            _register(wallets[i], participants[i]);
        }
    }

    /// @inheritdoc IAllowlistRegistry
    function renew(address wallet, uint40 validUntil) external restricted {
        Participant participant = _current(wallet);
        if (validUntil <= block.timestamp) revert ValidityInPast(validUntil, block.timestamp);

        _participants[wallet] = participant.withValidUntil(validUntil);
        emit Renewed(wallet, validUntil);
        if (validUntil < participant.validUntil()) _tellAll(wallet);
    }

    /// @inheritdoc IAllowlistRegistry
    function revoke(address wallet) external restricted {
        _participants[wallet] = _current(wallet).withValidUntil(0);
        emit Revoked(wallet);
        _tellAll(wallet);
    }

    /* COMPLIANCE */

    /// @inheritdoc IAllowlistRegistry
    function blockWallet(address wallet, bytes4 reason) external restricted {
        Participant participant = _participants[wallet];
        if (participant.status() == ParticipantStatus.None) revert NotRegistered(wallet);
        if (participant.status() == ParticipantStatus.Blocked) revert WalletIsBlocked(wallet);

        _participants[wallet] = participant.withStatus(ParticipantStatus.Blocked);
        emit WalletBlocked(wallet, reason);
        _tellAll(wallet);
    }

    /// @inheritdoc IAllowlistRegistry
    function blockCustomer(uint128 customerId, bytes4 reason) external restricted {
        if (customerId == 0) revert ZeroCustomer();
        if (_customerBlocked[customerId]) revert CustomerBlockUnchanged(customerId, true);

        _customerBlocked[customerId] = true;
        emit CustomerBlocked(customerId, reason);
        _bumpEpoch();
    }

    /* RELEASER */

    /// @inheritdoc IAllowlistRegistry
    function unblockWallet(address wallet) external restricted {
        Participant participant = _participants[wallet];
        if (participant.status() != ParticipantStatus.Blocked) revert WalletNotBlocked(wallet);

        _participants[wallet] = participant.withStatus(ParticipantStatus.Active);
        emit WalletUnblocked(wallet);
    }

    /// @inheritdoc IAllowlistRegistry
    function unblockCustomer(uint128 customerId) external restricted {
        if (!_customerBlocked[customerId]) revert CustomerBlockUnchanged(customerId, false);

        _customerBlocked[customerId] = false;
        emit CustomerUnblocked(customerId);
    }

    /* POLICY OFFICER */

    /// @inheritdoc IAllowlistRegistry
    function clearZone(uint16[] calldata countries) external restricted {
        _setZone(countries, 0);
    }

    /* ADMIN */

    /// @inheritdoc IAllowlistRegistry
    function setZone(uint16[] calldata countries, uint8 zone) external restricted {
        _setZone(countries, zone);
    }

    /// @inheritdoc IAllowlistRegistry
    function subscribe(address token) external restricted {
        if (token.code.length == 0) revert NoCode(token);
        if (!_subscribers.add(token)) revert SubscriptionUnchanged(token, true);
        if (_subscribers.length() > MAX_SUBSCRIBERS) revert TooManySubscribers(MAX_SUBSCRIBERS);

        emit Subscribed(token);
        _tell(token, address(0));
    }

    /// @inheritdoc IAllowlistRegistry
    function unsubscribe(address token) external restricted {
        if (!_subscribers.remove(token)) revert SubscriptionUnchanged(token, false);
        // A subscriber that does not answer points nowhere and can go. One starved of gas would seem not to: then
        // `_tell`, which has less left, refuses.
        // slither-disable-next-line return-bomb,low-level-calls: its share of gas bounds what it can return.
        (bool answered, bytes memory answer) =
            token.staticcall{gas: SUBSCRIBER_GAS}(abi.encodeCall(IDepositTokenExt.registry, ()));
        if (answered && answer.length == 32 && abi.decode(answer, (uint256)) == uint160(address(this))) {
            revert TokenPointsHere(token);
        }

        emit Unsubscribed(token);
        // So that its copies are void from now on.
        _tell(token, address(0));
    }

    /* TOKEN */

    /// @inheritdoc IAllowlistRegistry
    function claimLedger(uint64 ledgerId) external {
        if (!_subscribers.contains(msg.sender)) revert NotSubscriber(msg.sender);
        address holder = tokenOfLedger(ledgerId);
        if (holder == msg.sender) return;
        if (holder != address(0)) revert LedgerOfOtherToken(ledgerId, holder);

        _tokenOfLedger[ledgerId] = msg.sender;
        emit LedgerClaimed(ledgerId, msg.sender);
    }

    /* VIEWS */

    /// @inheritdoc IAllowlistRegistry
    function standingOf(address wallet) external view returns (Participant record) {
        record = _participants[wallet];
        if (record.status() != ParticipantStatus.Active || _customerBlocked[record.customerId()]) {
            record = record.withoutValidity();
        }
    }

    /// @inheritdoc IAllowlistRegistry
    function participantOf(address wallet) external view returns (Participant) {
        return _participants[wallet];
    }

    /// @inheritdoc IAllowlistRegistry
    function lookUp(address wallet) public view returns (uint128 customerId, bool blocked) {
        Participant record = _participants[wallet];
        customerId = record.customerId();
        blocked = record.status() == ParticipantStatus.Blocked;
        if (customerId == 0 && _hasPredecessor()) (customerId, blocked) = PREDECESSOR.lookUp(wallet);
        // A stranger is nobody's customer: no second word is read for it.
        blocked = blocked || (customerId != 0 && _customerBlocked[customerId]);
    }

    /// @inheritdoc IAllowlistRegistry
    function customerIdOf(address wallet) external view returns (uint128 customerId) {
        (customerId,) = lookUp(wallet);
    }

    /// @inheritdoc IAllowlistRegistry
    function isBlocked(address wallet) external view returns (bool blocked) {
        (, blocked) = lookUp(wallet);
    }

    /// @inheritdoc IAllowlistRegistry
    function isCustomerBlocked(uint128 customerId) external view returns (bool) {
        return _customerBlocked[customerId] || (_hasPredecessor() && PREDECESSOR.isCustomerBlocked(customerId));
    }

    /// @inheritdoc IAllowlistRegistry
    function zoneOf(uint16 country) external view returns (uint8) {
        return _zones[country];
    }

    /// @inheritdoc IAllowlistRegistry
    function tokenOfLedger(uint64 ledgerId) public view returns (address token) {
        token = _tokenOfLedger[ledgerId];
        if (token == address(0) && _hasPredecessor()) token = PREDECESSOR.tokenOfLedger(ledgerId);
    }

    /// @inheritdoc IAllowlistRegistry
    function epochFor(address token) external view returns (uint32) {
        return _subscribers.contains(token) ? epoch : 0;
    }

    /// @inheritdoc IAllowlistRegistry
    function subscribers() external view returns (address[] memory) {
        return _subscribers.values();
    }

    /* INTERNAL */

    /// @dev No subscriber is told: a copy only ever says yes, and there is none of a wallet without a current record.
    function _register(address wallet, Participant participant) private {
        if (wallet == address(0)) revert ZeroWallet();
        if (!participant.isWellFormed()) revert InvalidParticipant(wallet, participant);
        if (participant.validUntil() <= block.timestamp) {
            revert ValidityInPast(participant.validUntil(), block.timestamp);
        }
        Participant known = _participants[wallet];
        if (Participant.unwrap(known) != 0) {
            if (known.status() == ParticipantStatus.Blocked) revert WalletIsBlocked(wallet);
            if (known.validUntil() != 0) revert AlreadyRegistered(wallet);
        }
        (uint128 customerId, uint128 fixedId) = (participant.customerId(), known.customerId());
        // Registering in a successor lifts no block of any predecessor's.
        if (_hasPredecessor()) {
            bool blocked;
            (fixedId, blocked) = _formerRecord(wallet, fixedId);
            if (blocked) revert WalletIsBlocked(wallet);
            if (PREDECESSOR.isCustomerBlocked(customerId)) revert CustomerIsBlocked(customerId);
        }
        if (fixedId != 0 && fixedId != customerId) revert CustomerIdFixed(wallet, customerId, fixedId);

        _participants[wallet] = participant;
        emit Registered(wallet, customerId, participant.category(), participant.country(), participant.validUntil());
    }

    /// @dev Whose the wallet is by the newest record, where this registry's says `known`, or 0 without one; and whether
    /// any predecessor blocks it. Of one caller: within it a batch of registrations would cost about 1 % more.
    function _formerRecord(address wallet, uint128 known) private view returns (uint128 customerId, bool blocked) {
        customerId = known;
        for (IAllowlistRegistry former = PREDECESSOR; address(former) != address(0); former = former.PREDECESSOR()) {
            Participant record = former.participantOf(wallet);
            if (record.status() == ParticipantStatus.Blocked) blocked = true;
            if (customerId == 0) customerId = record.customerId();
        }
    }

    /// @dev The record of a wallet that was registered and not revoked since; it may have lapsed or be blocked.
    function _current(address wallet) private view returns (Participant participant) {
        participant = _participants[wallet];
        if (participant.validUntil() == 0) revert NotRegistered(wallet);
    }

    function _hasPredecessor() private view returns (bool) {
        return address(PREDECESSOR) != address(0);
    }

    function _setZone(uint16[] calldata countries, uint8 zone) private {
        for (uint256 i = 0; i < countries.length; ++i) {
            if (countries[i] == 0) revert ZeroCountry();
            _zones[countries[i]] = zone;
            emit ZoneSet(countries[i], zone);
        }
        _bumpEpoch();
    }

    function _bumpEpoch() private {
        emit EpochBumped(++epoch);
        _tellAll(address(0));
    }

    function _tellAll(address wallet) private {
        uint256 count = _subscribers.length();
        for (uint256 i = 0; i < count; ++i) {
            _tell(_subscribers.at(i), wallet);
        }
    }

    /// @dev Tells a token of a change to a wallet, or of a new epoch (zero). A token can neither stop a change nor be
    /// starved by its sender: it gets a fixed share of gas, which is checked first, since the call would silently
    /// forward less, and nothing that it returns is copied.
    function _tell(address token, address wallet) private {
        uint256 needed = SUBSCRIBER_GAS + SUBSCRIBER_GAS / 63 + SUBSCRIBER_GAS_MARGIN;
        if (gasleft() < needed) revert InsufficientGas(gasleft(), needed);
        if (token.code.length == 0) {
            // A high-level call to it would revert here and not there.
            emit SubscriberMissed(token, wallet);
        } else if (wallet == address(0)) {
            try IDepositTokenMain(token).syncEpoch{gas: SUBSCRIBER_GAS}() {}
            catch {
                emit SubscriberMissed(token, wallet);
            }
        } else {
            try IDepositTokenMain(token).sync{gas: SUBSCRIBER_GAS}(wallet) {}
            catch {
                emit SubscriberMissed(token, wallet);
            }
        }
    }
}
