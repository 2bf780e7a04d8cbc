// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AccessManagedUpgradeable
} from "@openzeppelin/contracts-upgradeable/access/manager/AccessManagedUpgradeable.sol";
import {ERC20Upgradeable} from "@openzeppelin/contracts-upgradeable/token/ERC20/ERC20Upgradeable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";

import {WalletERC2612} from "./extensions/WalletERC2612.sol";
import {WalletERC3009} from "./extensions/WalletERC3009.sol";
import {IAllowlistRegistry} from "./interfaces/IAllowlistRegistry.sol";
import {ICorridorPolicy} from "./interfaces/ICorridorPolicy.sol";
import {IDepositToken} from "./interfaces/IDepositToken.sol";
import {AccountSlot, SystemStatus} from "./types/AccountSlot.sol";
import {Category} from "./types/Participant.sol";
import {PaymentPacking} from "./types/PaymentSlot.sol";

/// @title A bank's deposit in one currency, as an ERC-20 token
/// @notice See {IDepositToken}, which documents every function beside the standards' own.
/// @dev An account's slot keeps a copy of what the registry says of it. A copy can only say yes: whatever it does not
/// allow is asked of the registry again, so that only a change for the worse has to reach the token.
contract DepositToken is WalletERC2612, WalletERC3009, AccessManagedUpgradeable, UUPSUpgradeable {
    using BitMaps for BitMaps.BitMap;

    /* STORAGE */

    struct Desk {
        uint64 ledgerId;
        uint128 quota;
    }

    /// @custom:storage-location erc7201:deposit_token.storage.DepositToken
    struct TokenStorage {
        // What a transfer reads, in one slot.
        address registry;
        uint32 epoch;
        uint32 registryEpoch;
        bool paused;
        // What a payment and a transfer between zones read.
        address policy;
        uint16 policyGeneration;
        bytes3 currency;
        uint8 decimals;
        // What issuing reads.
        uint128 supply;
        uint128 supplyCap;
        mapping(address account => AccountSlot) accounts;
        mapping(address desk => Desk) desks;
        mapping(uint64 ledgerId => address) deskOfLedger;
        BitMaps.BitMap consumedEntries;
    }

    /// @dev keccak256(abi.encode(uint256(keccak256("deposit_token.storage.DepositToken")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant STORAGE_LOCATION = 0x358f066af1ad54fbda2b5a39654ca8e0b44e4e791acc73172153aba47853c000;

    /* REFUSALS */

    /// @dev Why a transfer is refused, in the order of the checks.
    enum Refusal {
        None,
        Paused,
        InvalidReceiver,
        SystemAccountClosed,
        CannotSend,
        CannotReceive,
        InsufficientBalance,
        DirectTransferClosed
    }

    /* SET-UP */

    /// @custom:oz-upgrades-unsafe-allow constructor
    constructor() {
        _disableInitializers();
    }

    /// @notice Sets the token up; called in the proxy's constructor.
    /// @dev Emits `RegistrySet`, `PolicySet`, `SupplyCapSet` and `AuthorityUpdated`. Reverts with `NoCode` or, the second
    /// time and on the implementation, with `InvalidInitialization`.
    /// @param name_ ERC-20 name, and the name of the EIP-712 domain.
    /// @param symbol_ ERC-20 symbol.
    /// @param currency_ ISO 4217 code.
    /// @param decimals_ Digits of the minor unit.
    /// @param authority_ The bank's `AccessManager`.
    /// @param registry_ The bank's registry; the token asks it for every
    /// transfer until it is listed there as a subscriber.
    /// @param policy_ The bank's policy.
    /// @param supplyCap_ What the supply may not exceed, in minor units.
    function initialize(
        string memory name_,
        string memory symbol_,
        bytes3 currency_,
        uint8 decimals_,
        address authority_,
        address registry_,
        address policy_,
        uint128 supplyCap_
    ) external initializer {
        __ERC20_init(name_, symbol_);
        __ERC20Permit_init(name_);
        if (authority_.code.length == 0) revert NoCode(authority_);
        __AccessManaged_init(authority_);
        TokenStorage storage $ = _storage();
        $.currency = currency_;
        $.decimals = decimals_;
        if (registry_.code.length == 0) revert NoCode(registry_);
        $.registry = registry_;
        emit RegistrySet(registry_);
        _setPolicy(policy_);
        _setSupplyCap(supplyCap_);
    }

    /* DESK */

    /// @inheritdoc IDepositToken
    function mint(address to, uint256 amount, uint128 entry) external {
        TokenStorage storage $ = _storage();
        Desk storage desk = $.desks[_msgSender()];
        _consumeEntry($, desk.ledgerId, amount, entry);
        uint128 quota = desk.quota;
        if (amount > quota) revert DeskQuotaExceeded(_msgSender(), amount, quota);
        uint256 supply = $.supply + amount;
        if (supply > $.supplyCap) revert SupplyCapExceeded(supply, $.supplyCap);
        if (to == address(0) || to == address(this)) revert ERC20InvalidReceiver(to);
        AccountSlot receiver = $.accounts[to];
        if (receiver.isSystem()) revert SystemAccountClosed(to, _msgSender(), receiver.systemStatus());
        receiver = _withStanding($, receiver, to);
        if (receiver.validUntil() <= block.timestamp) revert ERC7943CannotReceive(to);

        // Both fit: amount is at most the quota, and the supply at most its cap.
        desk.quota = quota - uint128(amount);
        $.supply = uint128(supply);
        // The zone is looked up here, at the bank's expense, and not at the holder's first payment.
        $.accounts[to] = _withZone($, receiver).credit(amount);
        emit Minted(_msgSender(), to, amount, entry);
        emit Transfer(address(0), to, amount);
    }

    /// @inheritdoc IDepositToken
    function burn(uint256 amount, uint128 entry) external {
        TokenStorage storage $ = _storage();
        _consumeEntry($, $.desks[_msgSender()].ledgerId, amount, entry);
        AccountSlot sender = _withStanding($, $.accounts[_msgSender()], _msgSender());
        if (sender.validUntil() <= block.timestamp) revert ERC7943CannotSend(_msgSender());
        if (amount > sender.balance()) revert ERC20InsufficientBalance(_msgSender(), sender.balance(), amount);

        $.accounts[_msgSender()] = sender.debit(amount);
        // Fits: a balance is at most the supply.
        $.supply -= uint128(amount);
        emit Burned(_msgSender(), amount, entry);
        emit Transfer(_msgSender(), address(0), amount);
    }

    /* SYSTEM ACCOUNTS */

    /// @inheritdoc IDepositToken
    function consumeQuota(address payer, address targetToken, address merchant, uint104 amount, bytes4 purpose)
        external
        returns (uint16 generation, uint32 quotaRef, address approver)
    {
        _requireActiveSystem(_storage(), _msgSender());
        // An unknown token is asked for its customer's country before the policy says whether it recognises the token.
        (uint8 fromZone, uint8 toZone) = (zoneOf(address(this), payer), zoneOf(targetToken, merchant));
        generation = _storage().policyGeneration;
        (quotaRef, approver) = ICorridorPolicy(_storage().policy)
            .consume(payer, targetToken, amount, purpose, IAllowlistRegistry(_storage().registry), fromZone, toZone);
    }

    /// @inheritdoc IDepositToken
    function restoreQuota(address payer, uint16 generation, uint32 quotaRef, uint104 amount) external {
        TokenStorage storage $ = _storage();
        if (!$.accounts[_msgSender()].isSystem()) revert NotSystemAccount(_msgSender(), SystemStatus.None);
        if (generation != $.policyGeneration) return;
        ICorridorPolicy($.policy).restore(payer, IAllowlistRegistry($.registry), quotaRef, amount);
    }

    /// @inheritdoc IDepositToken
    function requirePayee(address system, address payee) external view {
        TokenStorage storage $ = _storage();
        _requireActiveSystem($, system);
        if ($.paused) revert TokenPaused();
        AccountSlot slot = $.accounts[payee];
        if (slot.isSystem()) revert SystemAccountClosed(payee, system, slot.systemStatus());
        if (payee == address(this) || _withStanding($, slot, payee).validUntil() <= block.timestamp) {
            revert ERC7943CannotReceive(payee);
        }
    }

    /// @inheritdoc IDepositToken
    function requireDealer(address account) external view {
        TokenStorage storage $ = _storage();
        AccountSlot slot = _withStanding($, $.accounts[account], account);
        if (slot.validUntil() <= block.timestamp || slot.category() != Category.Dealer) {
            revert NotDealer(account, slot.validUntil(), slot.category());
        }
    }

    /* REGISTRY */

    /// @inheritdoc IDepositToken
    function sync(address account) external {
        syncEpoch();
        TokenStorage storage $ = _storage();
        AccountSlot slot = $.accounts[account];
        AccountSlot fresh = _withStanding($, slot.withCopy(0, 0, Category.Retail, 0), account);
        $.accounts[account] =
            fresh.validUntil() > block.timestamp ? _withZone($, fresh) : slot.withCopy(0, 0, Category.Retail, 0);
    }

    /// @inheritdoc IDepositToken
    function syncEpoch() public {
        TokenStorage storage $ = _storage();
        uint32 registryEpoch = IAllowlistRegistry($.registry).epochFor(address(this));
        if (registryEpoch == $.registryEpoch) return;
        $.registryEpoch = registryEpoch;
        emit EpochAdopted(++$.epoch);
    }

    /* BANK */

    /// @inheritdoc IDepositToken
    function setDesk(address desk, uint64 ledgerId, uint128 quota) external restricted {
        TokenStorage storage $ = _storage();
        if (desk == address(0) || ledgerId == 0) revert InvalidDesk(desk, ledgerId);
        address holder = $.deskOfLedger[ledgerId];
        uint64 held = $.desks[desk].ledgerId;
        if (holder != address(0) && holder != desk) revert LedgerTaken(ledgerId, holder);
        if (held != 0 && held != ledgerId) revert LedgerTaken(held, desk);
        IAllowlistRegistry($.registry).claimLedger(ledgerId);
        $.desks[desk] = Desk(ledgerId, quota);
        $.deskOfLedger[ledgerId] = desk;
        emit DeskSet(desk, ledgerId, quota);
    }

    /// @inheritdoc IDepositToken
    function removeDesk(address desk) external restricted {
        TokenStorage storage $ = _storage();
        uint64 ledgerId = $.desks[desk].ledgerId;
        if (ledgerId == 0) revert NotDesk(desk);
        delete $.desks[desk];
        delete $.deskOfLedger[ledgerId];
        emit DeskRemoved(desk, ledgerId);
    }

    /// @inheritdoc IDepositToken
    function setSupplyCap(uint128 cap) external restricted {
        _setSupplyCap(cap);
    }

    /// @inheritdoc IDepositToken
    function pause() external restricted {
        _setPaused(true);
        emit Paused(_msgSender());
    }

    /// @inheritdoc IDepositToken
    function unpause() external restricted {
        _setPaused(false);
        emit Unpaused(_msgSender());
    }

    /// @inheritdoc IDepositToken
    function activateSystemAccount(address account) external restricted {
        if (account == address(this)) revert ERC20InvalidReceiver(account);
        if (account.code.length == 0) revert NoCode(account);
        _changeSystemStatus(account, SystemStatus.Active);
    }

    /// @inheritdoc IDepositToken
    function stopSystemAccount(address account) external restricted {
        SystemStatus status = _storage().accounts[account].systemStatus();
        if (status == SystemStatus.None) revert NotSystemAccount(account, status);
        _changeSystemStatus(account, SystemStatus.OutflowOnly);
    }

    /// @inheritdoc IDepositToken
    function setRegistry(address registry_) external restricted {
        if (registry_.code.length == 0) revert NoCode(registry_);
        uint32 registryEpoch = IAllowlistRegistry(registry_).epochFor(address(this));
        if (registryEpoch == 0) revert NotSubscribed(registry_);
        TokenStorage storage $ = _storage();
        $.registry = registry_;
        $.registryEpoch = registryEpoch;
        emit RegistrySet(registry_);
        emit EpochAdopted(++$.epoch);
    }

    /// @inheritdoc IDepositToken
    function setPolicy(address policy_) external restricted {
        _setPolicy(policy_);
    }

    /// @inheritdoc UUPSUpgradeable
    function upgradeToAndCall(address newImplementation, bytes memory data) public payable override restricted {
        super.upgradeToAndCall(newImplementation, data);
    }

    /* VIEWS */

    /// @inheritdoc ERC20Upgradeable
    function decimals() public view override returns (uint8) {
        return _storage().decimals;
    }

    /// @inheritdoc ERC20Upgradeable
    function balanceOf(address account) public view override returns (uint256) {
        return _storage().accounts[account].balance();
    }

    /// @inheritdoc ERC20Upgradeable
    function totalSupply() public view override returns (uint256) {
        return _storage().supply;
    }

    /// @inheritdoc IDepositToken
    function currency() external view returns (bytes3) {
        return _storage().currency;
    }

    /// @inheritdoc IDepositToken
    function canSend(address account) external view returns (bool) {
        TokenStorage storage $ = _storage();
        AccountSlot slot = $.accounts[account];
        return slot.isSystem() || _withStanding($, slot, account).validUntil() > block.timestamp;
    }

    /// @inheritdoc IDepositToken
    function canReceive(address account) external view returns (bool) {
        if (account == address(0) || account == address(this)) return false;
        TokenStorage storage $ = _storage();
        AccountSlot slot = $.accounts[account];
        if (slot.isSystem()) return slot.systemStatus() == SystemStatus.Active;
        return _withStanding($, slot, account).validUntil() > block.timestamp;
    }

    /// @inheritdoc IDepositToken
    function canTransfer(address from, address to, uint256 amount) external view returns (bool) {
        (,, Refusal refusal) = _examine(from, from, to, amount);
        return refusal == Refusal.None;
    }

    /// @inheritdoc IDepositToken
    function isBlocked(address account) external view returns (bool) {
        return IAllowlistRegistry(_storage().registry).isBlocked(account);
    }

    /// @inheritdoc IDepositToken
    function standingOf(address account) external view returns (Standing memory) {
        TokenStorage storage $ = _storage();
        if ($.accounts[account].isSystem()) return Standing(0, 0, 0, Category.Retail);
        AccountSlot slot = _known($, account);
        return Standing(slot.validUntil(), slot.country(), slot.zone(), slot.category());
    }

    /// @inheritdoc IDepositToken
    function zoneOf(address token, address account) public view returns (uint8) {
        TokenStorage storage $ = _storage();
        if (token == address(this)) return _known($, account).zone();
        return IAllowlistRegistry($.registry).zoneOf(IDepositToken(token).standingOf(account).country);
    }

    /// @inheritdoc IDepositToken
    function systemStatusOf(address account) external view returns (SystemStatus) {
        return _storage().accounts[account].systemStatus();
    }

    /// @inheritdoc IDepositToken
    function deskOf(address desk) external view returns (uint64 ledgerId, uint128 quota) {
        Desk storage record = _storage().desks[desk];
        return (record.ledgerId, record.quota);
    }

    /// @inheritdoc IDepositToken
    function deskOfLedger(uint64 ledgerId) external view returns (address) {
        return _storage().deskOfLedger[ledgerId];
    }

    /// @inheritdoc IDepositToken
    function isEntryConsumed(uint128 entry) external view returns (bool) {
        return _storage().consumedEntries.get(entry);
    }

    /// @inheritdoc IDepositToken
    function supplyCap() external view returns (uint128) {
        return _storage().supplyCap;
    }

    /// @inheritdoc IDepositToken
    function paused() external view returns (bool) {
        return _storage().paused;
    }

    /// @inheritdoc IDepositToken
    function registry() external view returns (address) {
        return _storage().registry;
    }

    /// @inheritdoc IDepositToken
    function policy() external view returns (address) {
        return _storage().policy;
    }

    /// @inheritdoc IDepositToken
    function policyGeneration() external view returns (uint16) {
        return _storage().policyGeneration;
    }

    /// @inheritdoc IDepositToken
    function epoch() external view returns (uint32) {
        return _storage().epoch;
    }

    /* INTERNAL: TRANSFER */

    /// @dev For transfers only: minting and burning write the slots themselves and never come here.
    function _update(address from, address to, uint256 value) internal override {
        (AccountSlot sender, AccountSlot receiver, Refusal refusal) = _examine(_msgSender(), from, to, value);
        if (refusal != Refusal.None) _refuse(refusal, sender, receiver, from, to, value);
        if (from != to) {
            TokenStorage storage $ = _storage();
            $.accounts[from] = sender.debit(value);
            $.accounts[to] = receiver.credit(value);
        }
        emit Transfer(from, to, value);
    }

    /// @dev The one rule behind `transfer` and `canTransfer`. Gives both slots with whatever was asked of the registry
    /// filled in, and the first reason to refuse.
    function _examine(address caller, address from, address to, uint256 value)
        private
        view
        returns (AccountSlot sender, AccountSlot receiver, Refusal)
    {
        TokenStorage storage $ = _storage();
        sender = $.accounts[from];
        receiver = $.accounts[to];
        if ($.paused) return (sender, receiver, Refusal.Paused);
        if (to == address(0) || to == address(this)) return (sender, receiver, Refusal.InvalidReceiver);
        if (receiver.isSystem() && (caller != to || receiver.systemStatus() != SystemStatus.Active)) {
            return (sender, receiver, Refusal.SystemAccountClosed);
        }
        if (!sender.isSystem()) {
            sender = _withStanding($, sender, from);
            if (sender.validUntil() <= block.timestamp) return (sender, receiver, Refusal.CannotSend);
        }
        if (!receiver.isSystem()) {
            receiver = _withStanding($, receiver, to);
            if (receiver.validUntil() <= block.timestamp) return (sender, receiver, Refusal.CannotReceive);
        }
        if (value > sender.balance()) return (sender, receiver, Refusal.InsufficientBalance);
        if (sender.country() != receiver.country() && !sender.isSystem() && !receiver.isSystem()) {
            sender = _withZone($, sender);
            receiver = _withZone($, receiver);
            if (!_zonesConnected($, sender.zone(), receiver.zone())) {
                return (sender, receiver, Refusal.DirectTransferClosed);
            }
        }
        return (sender, receiver, Refusal.None);
    }

    function _refuse(Refusal refusal, AccountSlot sender, AccountSlot receiver, address from, address to, uint256 value)
        private
        view
    {
        if (refusal == Refusal.Paused) revert TokenPaused();
        if (refusal == Refusal.InvalidReceiver) revert ERC20InvalidReceiver(to);
        if (refusal == Refusal.SystemAccountClosed) {
            revert SystemAccountClosed(to, _msgSender(), receiver.systemStatus());
        }
        if (refusal == Refusal.CannotSend) revert ERC7943CannotSend(from);
        if (refusal == Refusal.CannotReceive) revert ERC7943CannotReceive(to);
        if (refusal == Refusal.InsufficientBalance) revert ERC20InsufficientBalance(from, sender.balance(), value);
        revert DirectTransferClosed(from, to, sender.zone(), receiver.zone());
    }

    /// @dev A zone of its own number is free; no corridor can be set from or to zone 0.
    function _zonesConnected(TokenStorage storage $, uint8 fromZone, uint8 toZone) private view returns (bool) {
        if (fromZone == toZone && fromZone != 0) return true;
        return ICorridorPolicy($.policy).directTransfers(address(this), fromZone, toZone);
    }

    /* INTERNAL: STANDING */

    /// @dev The slot with a copy that is good now, or else with the registry's present answer. While the registry does
    /// not list the token as its subscriber, the registry's epoch for it is 0 and no copy is good.
    function _withStanding(TokenStorage storage $, AccountSlot slot, address account)
        private
        view
        returns (AccountSlot)
    {
        uint32 epoch_ = $.epoch;
        if (slot.epoch() == epoch_ && $.registryEpoch != 0 && slot.validUntil() > block.timestamp) return slot;
        (uint40 validUntil, uint16 country, Category category) = IAllowlistRegistry($.registry).standingOf(account);
        return slot.withCopy(validUntil, country, category, epoch_);
    }

    function _withZone(TokenStorage storage $, AccountSlot slot) private view returns (AccountSlot) {
        if (slot.zone() != 0) return slot;
        return slot.withZone(IAllowlistRegistry($.registry).zoneOf(slot.country()));
    }

    function _known(TokenStorage storage $, address account) private view returns (AccountSlot) {
        return _withZone($, _withStanding($, $.accounts[account], account));
    }

    /* INTERNAL: REST */

    function _consumeEntry(TokenStorage storage $, uint64 ledgerId, uint256 amount, uint128 entry) private {
        if (ledgerId == 0) revert NotDesk(_msgSender());
        if ($.paused) revert TokenPaused();
        if (amount == 0) revert ZeroAmount();
        if (uint64(entry >> 64) != ledgerId) revert EntryOfOtherLedger(entry, uint64(entry >> 64), ledgerId);
        if ($.consumedEntries.get(entry)) revert EntryConsumed(entry);
        $.consumedEntries.set(entry);
    }

    function _requireActiveSystem(TokenStorage storage $, address account) private view {
        SystemStatus status = $.accounts[account].systemStatus();
        if (status != SystemStatus.Active) revert NotSystemAccount(account, status);
    }

    function _changeSystemStatus(address account, SystemStatus status) private {
        TokenStorage storage $ = _storage();
        AccountSlot slot = $.accounts[account];
        if (slot.systemStatus() == status) revert SystemStatusUnchanged(account, status);
        $.accounts[account] = slot.withSystemStatus(status);
        emit SystemStatusSet(account, status);
    }

    function _setPaused(bool paused_) private {
        TokenStorage storage $ = _storage();
        if ($.paused == paused_) revert PauseUnchanged(paused_);
        $.paused = paused_;
    }

    function _setPolicy(address policy_) private {
        if (policy_.code.length == 0) revert NoCode(policy_);
        TokenStorage storage $ = _storage();
        if ($.policyGeneration == PaymentPacking.MAX_GENERATION) {
            revert PolicyGenerationsExhausted(PaymentPacking.MAX_GENERATION);
        }
        $.policy = policy_;
        emit PolicySet(policy_, ++$.policyGeneration);
    }

    function _setSupplyCap(uint128 cap) private {
        _storage().supplyCap = cap;
        emit SupplyCapSet(cap);
    }

    /// @dev What {initialize} also stores, as a constant that no signature has to read from storage.
    function _EIP712Version() internal pure override returns (string memory) {
        return "1";
    }

    /// @dev {upgradeToAndCall} itself is restricted.
    function _authorizeUpgrade(address) internal view override {}

    function _storage() private pure returns (TokenStorage storage $) {
        assembly ("memory-safe") {
            $.slot := STORAGE_LOCATION
        }
    }
}
