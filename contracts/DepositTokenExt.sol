// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC3009} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";
import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

import {Authorizations} from "./token/Authorizations.sol";
import {DepositTokenCore} from "./token/DepositTokenCore.sol";
import {IAllowlistRegistry} from "./interfaces/IAllowlistRegistry.sol";
import {IDepositTokenExt} from "./interfaces/IDepositTokenExt.sol";
import {ICorridorPolicy} from "./interfaces/ICorridorPolicy.sol";
import {IERC1404} from "./interfaces/IERC1404.sol";
import {IERC7699} from "./interfaces/IERC7699.sol";
import {IERC7943Fungible} from "./interfaces/IERC7943.sol";
import {ISettlementEscrow} from "./interfaces/ISettlementEscrow.sol";
import {TypeHashes} from "./libraries/TypeHashes.sol";
import {Acceptance} from "./types/Acceptance.sol";
import {AccountSlot, SystemStatus} from "./types/AccountSlot.sol";
import {Encumbrance} from "./types/Encumbrance.sol";
import {CustomerCategory} from "./types/Participant.sol";
import {PaymentPacking} from "./types/PaymentSlot.sol";
import {Redemption, RedemptionStatus} from "./types/Redemption.sol";
import {Restriction} from "./types/Restriction.sol";
import {Minter} from "./types/Minter.sol";
import {Standing} from "./types/Standing.sol";

/// @title A deposit token's extension, which moves no payment
/// @notice See {IDepositTokenExt}, which documents every function.
/// @dev {DepositToken} delegates here whatever it does not answer itself, so this code runs in the token's storage; at
/// its own address it refuses. It is split off for size alone: one contract would exceed what Ethereum allows.
contract DepositTokenExt is Authorizations, DepositTokenCore, IERC5267, IDepositTokenExt {
    using BitMaps for BitMaps.BitMap;
    using EnumerableSet for EnumerableSet.UintSet;
    using SafeERC20 for IERC20;

    /// @inheritdoc IDepositTokenExt
    bytes32 public constant PERMIT_TYPEHASH = TypeHashes.PERMIT;
    /// @inheritdoc IDepositTokenExt
    bytes32 public constant TRANSFER_WITH_AUTHORIZATION_TYPEHASH = TypeHashes.TRANSFER_WITH_AUTHORIZATION;
    /// @inheritdoc IDepositTokenExt
    bytes32 public constant RECEIVE_WITH_AUTHORIZATION_TYPEHASH = TypeHashes.RECEIVE_WITH_AUTHORIZATION;
    /// @inheritdoc IDepositTokenExt
    bytes32 public constant CANCEL_AUTHORIZATION_TYPEHASH = TypeHashes.CANCEL_AUTHORIZATION;
    /// @inheritdoc IDepositTokenExt
    bytes32 public constant REDEMPTION_REQUEST_TYPEHASH = TypeHashes.REDEMPTION_REQUEST;

    /// @custom:oz-upgrades-unsafe-allow state-variable-immutable
    address private immutable SELF = address(this);

    /* HOLDER */

    /// @inheritdoc IDepositTokenExt
    function requestRedemption(uint256 amount, bytes32 payoutReference) external returns (uint256 id) {
        return _request(_msgSender(), amount, payoutReference);
    }

    /// @inheritdoc IDepositTokenExt
    function requestRedemptionWithSignature(
        address holder,
        uint256 amount,
        bytes32 payoutReference,
        bytes32 nonce,
        uint256 deadline,
        bytes calldata signature
    ) external returns (uint256 id) {
        _requireSigned(
            holder,
            keccak256(abi.encode(REDEMPTION_REQUEST_TYPEHASH, holder, amount, payoutReference, nonce, deadline)),
            signature
        );
        if (block.timestamp >= deadline) revert RequestExpired(block.timestamp, deadline);
        _useAuthorization(holder, nonce);
        emit IERC3009.AuthorizationUsed(holder, nonce);
        return _request(holder, amount, payoutReference);
    }

    /// @inheritdoc IDepositTokenExt
    function cancelRedemption(uint256 id) external {
        Redemption storage redemption = _requireStatus(id, RedemptionStatus.Requested);
        if (_msgSender() != redemption.holder) revert NotHolder(id, _msgSender(), redemption.holder);
        _close(id, redemption, RedemptionStatus.Cancelled);
        emit RedemptionCancelled(id);
    }

    /* MINTER */

    /// @inheritdoc IDepositTokenExt
    function settleRedemption(uint256 id, uint128 entry) external {
        TokenStorage storage $ = _storage();
        Redemption storage redemption = $.redemptions[id];
        uint128 amount = redemption.amount;
        uint64 ledgerId = $.minters[_msgSender()].ledgerId;
        if (ledgerId == 0) revert NotMinter(_msgSender());
        _requireStatus(id, RedemptionStatus.Accepted);
        _consumeEntry($, ledgerId, amount, entry);
        address holder = redemption.holder;
        _close(id, redemption, RedemptionStatus.Settled);
        // Both hold it: what is locked never leaves a balance, and a balance is at most the supply.
        $.accounts[holder].slot = $.accounts[holder].slot.debit(amount);
        $.supply -= amount;
        emit RedemptionSettled(id, _msgSender(), amount, entry);
        emit IERC20.Transfer(holder, address(0), amount);
    }

    /* PAYOUT OFFICER */

    /// @inheritdoc IDepositTokenExt
    function acceptRedemption(uint256 id) external restricted {
        TokenStorage storage $ = _storage();
        Redemption storage redemption = _requireStatus(id, RedemptionStatus.Requested);
        address holder = redemption.holder;
        _requireUnblocked(holder);
        Encumbrance memory encumbrance = $.encumbrances[holder];
        uint256 unfrozen = encumbrance.unfrozenOf($.accounts[holder].slot.balance());
        // A freeze is not told which of the tokens it means: none that is locked may be among them when the bank pays.
        if (encumbrance.locked > unfrozen) {
            revert ERC7943InsufficientUnfrozenBalance(holder, encumbrance.locked, unfrozen);
        }
        redemption.status = RedemptionStatus.Accepted;
        emit RedemptionAccepted(id);
    }

    /// @inheritdoc IDepositTokenExt
    function rejectRedemption(uint256 id, bytes4 reason) external restricted {
        Redemption storage redemption = _storage().redemptions[id];
        if (redemption.status != RedemptionStatus.Accepted) _requireStatus(id, RedemptionStatus.Requested);
        _close(id, redemption, RedemptionStatus.Rejected);
        emit RedemptionRejected(id, reason);
    }

    /* TREASURER */

    /// @inheritdoc IDepositTokenExt
    function refill(address minter) external restricted {
        Minter storage record = _requireMinter(minter);
        record.allowance = record.ceiling;
        _tellMinter(minter, record);
    }

    /// @inheritdoc IDepositTokenExt
    function lowerCeiling(address minter, uint128 ceiling) external restricted {
        Minter storage record = _requireMinter(minter);
        if (ceiling >= record.ceiling) revert CeilingNotLower(minter, ceiling, record.ceiling);
        record.ceiling = ceiling;
        if (record.allowance > ceiling) record.allowance = ceiling;
        _tellMinter(minter, record);
    }

    /// @inheritdoc IDepositTokenExt
    function lowerSupplyCap(uint128 cap) external restricted {
        uint128 present = _storage().supplyCap;
        if (cap >= present) revert SupplyCapNotLower(cap, present);
        _setSupplyCap(cap);
    }

    /* COMPLIANCE */

    /// @inheritdoc IDepositTokenExt
    function freeze(address account, uint128 amount) external restricted {
        TokenStorage storage $ = _storage();
        _requireOrdinary($.accounts[account].slot, account);
        uint128 present = $.encumbrances[account].frozen;
        if (amount <= present) revert FreezeNotHigher(account, amount, present);
        _setFrozen(account, amount);
    }

    /* RELEASER */

    /// @inheritdoc IERC7943Fungible
    function setFrozenTokens(address account, uint256 amount) external restricted returns (bool) {
        if (amount > type(uint128).max) revert AmountTooGreat(amount, type(uint128).max);
        _requireOrdinary(_storage().accounts[account].slot, account);
        // forge-lint: disable-next-line(unsafe-typecast): it was compared.
        _setFrozen(account, uint128(amount));
        return true;
    }

    /// @inheritdoc IDepositTokenExt
    function resumeAccepted(address token) external restricted {
        _changeAcceptance(token, Acceptance.RefundsOnly, Acceptance.Accepted);
    }

    /// @inheritdoc IDepositTokenExt
    function unpause() external restricted {
        _setPaused(false);
        emit Unpaused(_msgSender());
    }

    /* POLICY OFFICER */

    /// @inheritdoc IDepositTokenExt
    function suspendAccepted(address token) external restricted {
        _changeAcceptance(token, Acceptance.Accepted, Acceptance.RefundsOnly);
    }

    /* ENFORCER */

    /// @inheritdoc IERC7943Fungible
    function forcedTransfer(address from, address to, uint256 amount) external restricted returns (bool) {
        if (from == address(0)) revert IERC20Errors.ERC20InvalidSender(from);
        if (to == address(0) || to == address(this)) revert IERC20Errors.ERC20InvalidReceiver(to);
        TokenStorage storage $ = _storage();
        AccountSlot sender = $.accounts[from].slot;
        AccountSlot receiver = $.accounts[to].slot;
        _requireOrdinary(sender, from);
        _requireOrdinary(receiver, to);
        receiver = _withStanding($, receiver, to, $.epoch);
        if (receiver.validUntil() <= block.timestamp) revert ERC7943CannotReceive(to);
        uint256 balance = sender.balance();
        if (amount > balance) revert IERC20Errors.ERC20InsufficientBalance(from, balance, amount);
        Encumbrance memory encumbrance = $.encumbrances[from];
        // What is locked never exceeds the balance.
        uint256 unlocked = balance - encumbrance.locked;
        if (amount > unlocked) revert TokensLocked(from, amount, unlocked);

        if (from != to) {
            uint256 unfrozen = encumbrance.unfrozenOf(balance);
            // Takes what is not frozen first: what else was frozen stays so, of the balance and of what arrives later.
            if (amount > unfrozen) {
                // forge-lint: disable-next-line(unsafe-typecast): at most what was frozen.
                _setFrozen(from, uint128(encumbrance.frozen - (amount - unfrozen)));
            }
            $.accounts[from].slot = $.accounts[from].slot.debit(amount);
            $.accounts[to].slot = receiver.credit(amount);
        }
        emit IERC20.Transfer(from, to, amount);
        emit ForcedTransfer(from, to, amount);
        return true;
    }

    /* GUARDIAN */

    /// @inheritdoc IDepositTokenExt
    function pause() external restricted {
        _setPaused(true);
        emit Paused(_msgSender());
    }

    /// @inheritdoc IDepositTokenExt
    function stopSystemAccount(address account) external restricted {
        SystemStatus status = _storage().accounts[account].slot.systemStatus();
        if (status == SystemStatus.None) revert NotSystemAccount(account, status);
        _changeSystemStatus(account, SystemStatus.OutflowOnly);
    }

    /// @inheritdoc IDepositTokenExt
    function stopAccepted(address token) external restricted {
        _changeAcceptance(token, Acceptance.Accepted, Acceptance.RefundsOnly);
    }

    /// @inheritdoc IDepositTokenExt
    function removeMinter(address minter) external restricted {
        TokenStorage storage $ = _storage();
        uint64 ledgerId = _requireMinter(minter).ledgerId;
        delete $.minters[minter];
        delete $.minterOfLedger[ledgerId];
        emit MinterRemoved(minter, ledgerId);
    }

    /* ADMIN */

    /// @inheritdoc IDepositTokenExt
    function setMinter(address minter, uint64 ledgerId, uint128 ceiling) external restricted {
        TokenStorage storage $ = _storage();
        if (minter == address(0) || ledgerId == 0 || ceiling == 0) revert InvalidMinter(minter, ledgerId, ceiling);
        address holder = $.minterOfLedger[ledgerId];
        uint64 held = $.minters[minter].ledgerId;
        if (holder != address(0) && holder != minter) revert LedgerTaken(ledgerId, holder);
        if (held != 0 && held != ledgerId) revert LedgerTaken(held, minter);
        IAllowlistRegistry($.registry).claimLedger(ledgerId);
        $.minters[minter] = Minter(ledgerId, ceiling, ceiling);
        $.minterOfLedger[ledgerId] = minter;
        emit MinterSet(minter, ledgerId, ceiling, ceiling);
    }

    /// @inheritdoc IDepositTokenExt
    function setSupplyCap(uint128 cap) external restricted {
        _setSupplyCap(cap);
    }

    /// @inheritdoc IDepositTokenExt
    function setAccepted(address token, bool accepted) external restricted {
        if (token == address(this)) revert OwnToken(token);
        // One that is broken can be struck off.
        if (accepted) _requireAnswer(token, abi.encodeCall(IDepositTokenExt.currency, ()));
        TokenStorage storage $ = _storage();
        Acceptance acceptance = accepted ? Acceptance.Accepted : Acceptance.None;
        // What was suspended is resumed, and not accepted past whoever suspended it.
        if (accepted && $.acceptances[token] == Acceptance.RefundsOnly) acceptance = Acceptance.RefundsOnly;
        $.acceptances[token] = acceptance;
        emit AcceptanceSet(token, acceptance);
    }

    /// @inheritdoc IDepositTokenExt
    function activateSystemAccount(address account) external restricted {
        if (account == address(this)) revert IERC20Errors.ERC20InvalidReceiver(account);
        _requireAnswer(account, abi.encodeCall(ISettlementEscrow.claimableOf, (address(this), account)));
        if (account == _storage().suspenseAccount) revert InvalidSuspenseAccount(account);
        if (_storage().accounts[account].slot.isEncumbered()) revert AccountEncumbered(account);
        _changeSystemStatus(account, SystemStatus.Active);
    }

    /// @inheritdoc IDepositTokenExt
    function setRegistry(address registry_) external restricted {
        _requireAnswer(registry_, abi.encodeCall(IAllowlistRegistry.epochFor, (address(this))));
        uint32 registryEpoch = IAllowlistRegistry(registry_).epochFor(address(this));
        if (registryEpoch == 0) revert NotSubscribed(registry_);
        TokenStorage storage $ = _storage();
        _requireSuccession(registry_, $.registry);
        $.registry = registry_;
        $.registryEpoch = registryEpoch;
        emit RegistrySet(registry_);
        emit EpochAdopted(++$.epoch);
    }

    /// @inheritdoc IDepositTokenExt
    function setPolicy(address policy_) external restricted {
        _requireAnswer(policy_, abi.encodeCall(ICorridorPolicy.approver, ()));
        TokenStorage storage $ = _storage();
        if ($.policyGeneration == PaymentPacking.MAX_GENERATION) {
            revert PolicyGenerationsExhausted(PaymentPacking.MAX_GENERATION);
        }
        $.policy = policy_;
        emit PolicySet(policy_, ++$.policyGeneration);
    }

    /// @inheritdoc IDepositTokenExt
    function setSuspenseAccount(address account) external restricted {
        TokenStorage storage $ = _storage();
        if (account != address(0)) {
            bool receives = IAllowlistRegistry($.registry).standingOf(account).validUntil() > block.timestamp;
            if (!receives || account == address(this) || $.accounts[account].slot.isSystem()) {
                revert InvalidSuspenseAccount(account);
            }
        }
        $.suspenseAccount = account;
        emit SuspenseAccountSet(account);
    }

    /// @inheritdoc IDepositTokenExt
    function setTerms(string calldata uri, bytes32 contentHash) external restricted {
        TokenStorage storage $ = _storage();
        $.termsUri = uri;
        $.termsHash = contentHash;
        emit TermsSet(uri, contentHash);
    }

    /// @inheritdoc IDepositTokenExt
    function rescueForeignToken(address token, address to, uint256 amount) external restricted {
        if (token == address(this)) revert OwnToken(token);
        if (amount == 0) revert ZeroAmount();
        emit ForeignTokenRescued(token, to, amount);
        IERC20(token).safeTransfer(to, amount);
    }

    /* VIEWS: STANDARDS */

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC165).interfaceId || interfaceId == type(IERC7943Fungible).interfaceId
            || interfaceId == type(IERC1404).interfaceId || interfaceId == type(IERC20).interfaceId
            || interfaceId == type(IERC20Metadata).interfaceId || interfaceId == type(IERC20Permit).interfaceId
            || interfaceId == type(IERC7699).interfaceId;
    }

    /// @inheritdoc IERC7943Fungible
    function canSend(address account) external view returns (bool) {
        TokenStorage storage $ = _storage();
        AccountSlot slot = $.accounts[account].slot;
        return slot.isSystem() || _withStanding($, slot, account, $.epoch).validUntil() > block.timestamp;
    }

    /// @inheritdoc IERC7943Fungible
    function canReceive(address account) external view returns (bool) {
        if (account == address(0) || account == address(this)) return false;
        TokenStorage storage $ = _storage();
        AccountSlot slot = $.accounts[account].slot;
        if (slot.isSystem()) return slot.systemStatus() == SystemStatus.Active;
        return _withStanding($, slot, account, $.epoch).validUntil() > block.timestamp;
    }

    /// @inheritdoc IERC7943Fungible
    function canTransfer(address from, address to, uint256 amount) external view returns (bool) {
        return detectTransferRestriction(from, to, amount) == 0;
    }

    /// @inheritdoc IERC7943Fungible
    function getFrozenTokens(address account) external view returns (uint256) {
        return _storage().encumbrances[account].frozen;
    }

    /// @inheritdoc IERC1404
    function detectTransferRestriction(address from, address to, uint256 value) public view returns (uint8) {
        // A system account asks for what it pulls itself; nobody else's asking matters.
        TokenStorage storage $ = _storage();
        address caller = _msgSender() == to ? to : from;
        (,, Restriction restriction) = _examine($, caller, from, to, $.accounts[from], $.accounts[to], value);
        return uint8(restriction);
    }

    /// @inheritdoc IERC1404
    function messageForTransferRestriction(uint8 code) external pure returns (string memory) {
        if (code > uint8(type(Restriction).max)) revert UnknownCode(code, uint8(type(Restriction).max));
        Restriction restriction = Restriction(code);
        if (restriction == Restriction.None) return "The transfer is allowed.";
        if (restriction == Restriction.InvalidReceiver) return "The zero address and the token itself can't receive.";
        if (restriction == Restriction.Paused) return "The token is paused.";
        if (restriction == Restriction.SystemAccountClosed) {
            return "Only an active payment contract itself can move tokens into itself.";
        }
        if (restriction == Restriction.CannotSend) return "The sender is unknown to the bank, lapsed or blocked.";
        if (restriction == Restriction.CannotReceive) return "The receiver is unknown to the bank, lapsed or blocked.";
        if (restriction == Restriction.InsufficientBalance) return "The sender's balance is less than the amount.";
        if (restriction == Restriction.Frozen) return "The bank has frozen part of the sender's balance.";
        if (restriction == Restriction.Locked) return "Part of the sender's balance is locked for redemption.";
        return "Direct transfers between the zones of sender and receiver are closed.";
    }

    /// @inheritdoc IERC5267
    function eip712Domain()
        external
        view
        returns (
            bytes1 fields,
            string memory name,
            string memory version_,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        )
    {
        // Name, version, chain and contract.
        name = IERC20Metadata(address(this)).name();
        return (0x0f, name, DOMAIN_VERSION, block.chainid, address(this), 0, new uint256[](0));
    }

    /// @inheritdoc IDepositTokenExt
    function version() external pure returns (string memory) {
        return DOMAIN_VERSION;
    }

    /// @inheritdoc IDepositTokenExt
    function extensionId() external view returns (bytes32) {
        // A token would hand the question on.
        return address(this) == SELF ? EXTENSION_ID : bytes32(0);
    }

    /* VIEWS */

    /// @inheritdoc IDepositTokenExt
    function currency() external view returns (bytes3) {
        return _storage().currency;
    }

    /// @inheritdoc IDepositTokenExt
    function spendableOf(address account) external view returns (uint256) {
        return _storage().encumbrances[account].spendableOf(_storage().accounts[account].slot.balance());
    }

    /// @inheritdoc IDepositTokenExt
    function lockedOf(address account) external view returns (uint256) {
        return _storage().encumbrances[account].locked;
    }

    /// @inheritdoc IDepositTokenExt
    function redemptionOf(uint256 id) external view returns (Redemption memory) {
        return _storage().redemptions[id];
    }

    /// @inheritdoc IDepositTokenExt
    function openRedemptionsOf(address holder) external view returns (uint256[] memory) {
        return _storage().openRedemptions[holder].values();
    }

    /// @inheritdoc IDepositTokenExt
    function standingOf(address account) external view returns (Standing memory) {
        TokenStorage storage $ = _storage();
        if ($.accounts[account].slot.isSystem()) return Standing(0, 0, 0, CustomerCategory.Retail);
        AccountSlot slot = _withZone($, _withStanding($, $.accounts[account].slot, account, $.epoch));
        return Standing(slot.validUntil(), slot.country(), slot.zone(), slot.category());
    }

    /// @inheritdoc IDepositTokenExt
    function isBlocked(address account) public view returns (bool) {
        return IAllowlistRegistry(_storage().registry).isBlocked(account);
    }

    /// @inheritdoc IDepositTokenExt
    function zoneOf(uint16 country) external view returns (uint8) {
        return IAllowlistRegistry(_storage().registry).zoneOf(country);
    }

    /// @inheritdoc IDepositTokenExt
    function systemStatusOf(address account) external view returns (SystemStatus) {
        return _storage().accounts[account].slot.systemStatus();
    }

    /// @inheritdoc IDepositTokenExt
    function minterOf(address minter) external view returns (uint64 ledgerId, uint128 allowance, uint128 ceiling) {
        Minter storage record = _storage().minters[minter];
        return (record.ledgerId, record.allowance, record.ceiling);
    }

    /// @inheritdoc IDepositTokenExt
    function acceptanceOf(address token) external view returns (Acceptance) {
        return _storage().acceptances[token];
    }

    /// @inheritdoc IDepositTokenExt
    function minterOfLedger(uint64 ledgerId) external view returns (address) {
        return _storage().minterOfLedger[ledgerId];
    }

    /// @inheritdoc IDepositTokenExt
    function isEntryConsumed(uint128 entry) external view returns (bool) {
        return _storage().consumedEntries.get(entry);
    }

    /// @inheritdoc IDepositTokenExt
    function supplyCap() external view returns (uint128) {
        return _storage().supplyCap;
    }

    /// @inheritdoc IDepositTokenExt
    function paused() external view returns (bool) {
        return _storage().paused;
    }

    /// @inheritdoc IDepositTokenExt
    function registry() external view returns (address) {
        return _storage().registry;
    }

    /// @inheritdoc IDepositTokenExt
    function policy() external view returns (address) {
        return _storage().policy;
    }

    /// @inheritdoc IDepositTokenExt
    function policyGeneration() external view returns (uint16) {
        return _storage().policyGeneration;
    }

    /// @inheritdoc IDepositTokenExt
    function epoch() external view returns (uint32) {
        return _storage().epoch;
    }

    /// @inheritdoc IDepositTokenExt
    function terms() external view returns (string memory uri, bytes32 contentHash) {
        return (_storage().termsUri, _storage().termsHash);
    }

    /// @inheritdoc IDepositTokenExt
    function suspenseAccount() external view returns (address) {
        return _storage().suspenseAccount;
    }

    /// @inheritdoc IDepositTokenExt
    function requireDealer(address account) external view {
        _requireDealer(_storage(), account);
    }

    /// @inheritdoc IDepositTokenExt
    function requireRefused(address owner) external view {
        // Not the copy, which can't say no.
        uint40 validUntil = IAllowlistRegistry(_storage().registry).standingOf(owner).validUntil();
        if (validUntil > block.timestamp) revert NotRefused(owner, validUntil);
    }

    /// @inheritdoc IDepositTokenExt
    function requireSuccessor(address owner, address to) external view {
        TokenStorage storage $ = _storage();
        IAllowlistRegistry registry_ = IAllowlistRegistry($.registry);
        uint128 customerId = registry_.customerIdOf(owner);
        bool sameCustomer = to != owner && customerId != 0 && registry_.customerIdOf(to) == customerId;
        bool suspense = to != address(0) && to == $.suspenseAccount;
        if (!sameCustomer && !suspense) revert NotSuccessor(owner, to, $.suspenseAccount);
    }

    /* INTERNAL */

    /// @dev That a registry has the present one among those that it replaces, so that every block outlives the change.
    function _requireSuccession(address found, address present) private view {
        for (IAllowlistRegistry former = IAllowlistRegistry(found); address(former) != present;) {
            if (address(former) == address(0)) revert RegistryNotSuccessor(found, present);
            former = former.PREDECESSOR();
        }
    }

    function _request(address holder, uint256 amount, bytes32 payoutReference) private returns (uint256 id) {
        if (amount == 0) revert ZeroAmount();
        TokenStorage storage $ = _storage();
        AccountSlot slot = $.accounts[holder].slot;
        if (slot.isSystem()) revert ERC7943CannotSend(holder);
        _requireUnblocked(holder);
        _requireSpendable($, slot, holder, amount);

        id = ++$.redemptionCount;
        // forge-lint: disable-next-line(unsafe-typecast): a balance covers it.
        $.redemptions[id] = Redemption(holder, RedemptionStatus.Requested, uint128(amount), payoutReference);
        // slither-disable-next-line unused-return: its number is new.
        $.openRedemptions[holder].add(id);
        // forge-lint: disable-next-line(unsafe-typecast): a balance covers it.
        $.encumbrances[holder].locked += uint128(amount);
        $.accounts[holder].slot = slot.withEncumbered(true);
        emit RedemptionRequested(id, holder, amount, payoutReference);
    }

    /// @dev Ends an open redemption and its lock.
    function _close(uint256 id, Redemption storage redemption, RedemptionStatus status) private {
        TokenStorage storage $ = _storage();
        address holder = redemption.holder;
        redemption.status = status;
        // slither-disable-next-line unused-return: it was open.
        $.openRedemptions[holder].remove(id);
        $.encumbrances[holder].locked -= redemption.amount;
        _noteEncumbrance(holder);
    }

    function _setFrozen(address account, uint128 amount) private {
        _storage().encumbrances[account].frozen = amount;
        _noteEncumbrance(account);
        emit Frozen(account, amount);
    }

    /// @dev Keeps the mark in the account's slot, without which a transfer does not look.
    function _noteEncumbrance(address account) private {
        TokenStorage storage $ = _storage();
        Encumbrance storage encumbrance = $.encumbrances[account];
        $.accounts[account].slot =
            $.accounts[account].slot.withEncumbered(encumbrance.frozen != 0 || encumbrance.locked != 0);
    }

    function _tellMinter(address minter, Minter storage record) private {
        emit MinterSet(minter, record.ledgerId, record.allowance, record.ceiling);
    }

    function _setSupplyCap(uint128 cap) private {
        _storage().supplyCap = cap;
        emit SupplyCapSet(cap);
    }

    function _changeAcceptance(address token, Acceptance present, Acceptance next) private {
        TokenStorage storage $ = _storage();
        if ($.acceptances[token] != present) revert WrongAcceptance(token, $.acceptances[token], present);
        $.acceptances[token] = next;
        emit AcceptanceSet(token, next);
    }

    function _setPaused(bool paused_) private {
        TokenStorage storage $ = _storage();
        if ($.paused == paused_) revert PauseUnchanged(paused_);
        $.paused = paused_;
    }

    function _changeSystemStatus(address account, SystemStatus status) private {
        TokenStorage storage $ = _storage();
        AccountSlot slot = $.accounts[account].slot;
        if (slot.systemStatus() == status) revert SystemStatusUnchanged(account, status);
        $.accounts[account].slot = slot.withSystemStatus(status);
        emit SystemStatusSet(account, status);
    }

    /// @dev At the code's own address there is no token.
    function _storage() internal view override returns (TokenStorage storage) {
        if (address(this) == SELF) revert CalledDirectly(SELF);
        return super._storage();
    }

    function _requireMinter(address minter) private view returns (Minter storage record) {
        record = _storage().minters[minter];
        if (record.ledgerId == 0) revert NotMinter(minter);
    }

    function _requireOrdinary(AccountSlot slot, address account) private view {
        if (slot.isSystem()) revert SystemAccountClosed(account, _msgSender(), slot.systemStatus());
    }

    function _requireStatus(uint256 id, RedemptionStatus allowed) private view returns (Redemption storage redemption) {
        redemption = _storage().redemptions[id];
        if (redemption.status != allowed) revert WrongRedemptionStatus(id, redemption.status, allowed);
    }

    function _requireUnblocked(address holder) private view {
        if (isBlocked(holder)) revert ERC7943CannotSend(holder);
    }
}
