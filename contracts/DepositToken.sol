// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20Upgradeable} from "@openzeppelin/contracts-upgradeable/token/ERC20/ERC20Upgradeable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";

import {TokenLedger} from "./extensions/TokenLedger.sol";
import {WalletERC2612} from "./extensions/WalletERC2612.sol";
import {WalletERC3009} from "./extensions/WalletERC3009.sol";
import {IAllowlistRegistry} from "./interfaces/IAllowlistRegistry.sol";
import {ICorridorPolicy} from "./interfaces/ICorridorPolicy.sol";
import {IERC7943Fungible} from "./interfaces/IERC7943.sol";
import {IFrontOffice} from "./interfaces/IFrontOffice.sol";
import {AccountSlot, SystemStatus} from "./types/AccountSlot.sol";
import {Category} from "./types/Participant.sol";
import {Refusal} from "./types/Refusal.sol";

/// @title A bank's deposit in one currency, as an ERC-20 token
/// @notice See {IFrontOffice}, which documents every function here beside the standards' own. What a token can do
/// besides is in {BackOffice}, which runs in this contract's storage: together they are {IDepositToken}.
/// @dev The one upgradeable contract: an upgrade replaces both offices, since the back office is a constant of the
/// code.
contract DepositToken is WalletERC2612, WalletERC3009, TokenLedger, UUPSUpgradeable {
    /// @inheritdoc IFrontOffice
    /// @custom:oz-upgrades-unsafe-allow state-variable-immutable
    address public immutable BACK_OFFICE;

    /* SET-UP */

    /// @param backOffice The deployed {BackOffice}. Reverts with `NoCode`.
    /// @custom:oz-upgrades-unsafe-allow constructor
    constructor(address backOffice) {
        if (backOffice.code.length == 0) revert NoCode(backOffice);
        BACK_OFFICE = backOffice;
        _disableInitializers();
    }

    /// @inheritdoc IFrontOffice
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
        if (authority_.code.length == 0) revert NoCode(authority_);
        __AccessManaged_init(authority_);
        TokenStorage storage $ = _storage();
        $.currency = currency_;
        $.decimals = decimals_;
        if (registry_.code.length == 0) revert NoCode(registry_);
        $.registry = registry_;
        $.epoch = 1;
        emit RegistrySet(registry_);
        if (policy_.code.length == 0) revert NoCode(policy_);
        $.policy = policy_;
        $.policyGeneration = 1;
        emit PolicySet(policy_, 1);
        $.supplyCap = supplyCap_;
        emit SupplyCapSet(supplyCap_);
    }

    /* BACK OFFICE */

    /// @notice Answers everything that has no function here, as {IBackOffice} documents it.
    fallback(bytes calldata data) external returns (bytes memory) {
        return Address.functionDelegateCall(BACK_OFFICE, data);
    }

    /* DESK */

    /// @inheritdoc IFrontOffice
    function mint(address to, uint256 amount, uint128 entry) external {
        _issue(to, amount, entry);
    }

    /// @inheritdoc IFrontOffice
    function mintBatch(Issue[] calldata issues) external {
        for (uint256 i = 0; i < issues.length; ++i) {
            _issue(issues[i].to, issues[i].amount, issues[i].entry);
        }
    }

    /// @inheritdoc IFrontOffice
    function burn(uint256 amount, uint128 entry) external {
        TokenStorage storage $ = _storage();
        _consumeEntry($, $.desks[_msgSender()].ledgerId, amount, entry);
        AccountSlot sender = _withStanding($, $.accounts[_msgSender()], _msgSender(), $.epoch);
        if (sender.validUntil() <= block.timestamp) revert IERC7943Fungible.ERC7943CannotSend(_msgSender());
        _requireSpendable($, sender, _msgSender(), amount);

        $.accounts[_msgSender()] = sender.debit(amount);
        // forge-lint: disable-next-line(unsafe-typecast): a balance is at most the supply.
        $.supply -= uint128(amount);
        emit Burned(_msgSender(), amount, entry);
        emit Transfer(_msgSender(), address(0), amount);
    }

    /* SYSTEM ACCOUNTS */

    /// @inheritdoc IFrontOffice
    function openPayment(
        address payer,
        address dealer,
        uint104 amount,
        bytes32 id,
        address targetToken,
        address merchant,
        uint16 merchantCountry,
        bytes4 purpose,
        uint40 validBefore,
        bytes calldata signature
    ) external returns (uint16 generation, uint32 quotaRef, address approver) {
        TokenStorage storage $ = _storage();
        _requireActiveSystem($, _msgSender());
        if (dealer != address(0)) _requireDealer($, dealer);
        uint8 toZone = targetToken == address(this)
            ? _withZone($, _requirePayee($, merchant)).zone()
            : IAllowlistRegistry($.registry).zoneOf(merchantCountry);
        uint8 fromZone = _withZone($, _withStanding($, $.accounts[payer], payer, $.epoch)).zone();
        generation = $.policyGeneration;
        // slither-disable-next-line reentrancy-no-eth: the policy is the bank's own.
        (quotaRef, approver) =
            ICorridorPolicy($.policy).consume(purpose, payer, amount, fromZone, toZone, IAllowlistRegistry($.registry));
        _receive(payer, amount, validBefore, id, signature);
    }

    /// @inheritdoc IFrontOffice
    function restoreQuota(uint16 generation, address payer, uint32 quotaRef, uint104 amount) external {
        TokenStorage storage $ = _storage();
        if (!$.accounts[_msgSender()].isSystem()) revert NotSystemAccount(_msgSender(), SystemStatus.None);
        if (generation != $.policyGeneration) return;
        ICorridorPolicy($.policy).restore(quotaRef, payer, amount, IAllowlistRegistry($.registry));
    }

    /// @inheritdoc IFrontOffice
    function requirePayee(address payee, address dealer) external view returns (uint16) {
        TokenStorage storage $ = _storage();
        _requireActiveSystem($, _msgSender());
        if (dealer != address(0)) _requireDealer($, dealer);
        return _requirePayee($, payee).country();
    }

    /// @inheritdoc IFrontOffice
    function requireDealer(address account) external view {
        _requireDealer(_storage(), account);
    }

    /// @inheritdoc IFrontOffice
    function payerBlocked(address payer) external view returns (bool) {
        TokenStorage storage $ = _storage();
        if (_isGood($.accounts[payer], $.epoch)) return false;
        return IAllowlistRegistry($.registry).isBlocked(payer);
    }

    /* REGISTRY */

    /// @inheritdoc IFrontOffice
    function sync(address account) external {
        syncEpoch();
        TokenStorage storage $ = _storage();
        AccountSlot cleared = $.accounts[account].withoutCopy();
        AccountSlot fresh = _withStanding($, cleared, account, $.epoch);
        $.accounts[account] = fresh.validUntil() > block.timestamp ? _withZone($, fresh) : cleared;
    }

    /// @inheritdoc IFrontOffice
    function syncEpoch() public {
        TokenStorage storage $ = _storage();
        uint32 registryEpoch = IAllowlistRegistry($.registry).epochFor(address(this));
        if (registryEpoch == $.registryEpoch) return;
        $.registryEpoch = registryEpoch;
        emit EpochAdopted(++$.epoch);
    }

    /* GOVERNOR */

    /// @inheritdoc UUPSUpgradeable
    function upgradeToAndCall(address newImplementation, bytes memory data)
        public
        payable
        override(UUPSUpgradeable, IFrontOffice)
        restricted
    {
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

    /* INTERNAL */

    /// @dev For transfers only: minting and burning write the slots themselves and never come here.
    function _update(address from, address to, uint256 value) internal override {
        (AccountSlot sender, AccountSlot receiver, Refusal refusal) = _examine(_msgSender(), from, to, value);
        if (refusal != Refusal.None) _refuse(refusal, sender, receiver, _msgSender(), from, to, value);
        if (from != to) {
            TokenStorage storage $ = _storage();
            $.accounts[from] = sender.debit(value);
            $.accounts[to] = receiver.credit(value);
        }
        emit Transfer(from, to, value);
    }

    function _issue(address to, uint256 amount, uint128 entry) private {
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
        receiver = _withStanding($, receiver, to, $.epoch);
        if (receiver.validUntil() <= block.timestamp) revert IERC7943Fungible.ERC7943CannotReceive(to);

        // forge-lint: disable-next-line(unsafe-typecast): it is at most the quota.
        desk.quota = quota - uint128(amount);
        // forge-lint: disable-next-line(unsafe-typecast): it is at most its cap.
        $.supply = uint128(supply);
        // The zone is looked up here, at the bank's expense, and not at the holder's first payment.
        $.accounts[to] = _withZone($, receiver).credit(amount);
        emit Minted(_msgSender(), to, amount, entry);
        emit Transfer(address(0), to, amount);
    }

    function _requirePayee(TokenStorage storage $, address payee) private view returns (AccountSlot slot) {
        if ($.paused) revert TokenPaused();
        slot = $.accounts[payee];
        if (slot.isSystem()) revert SystemAccountClosed(payee, _msgSender(), slot.systemStatus());
        slot = _withStanding($, slot, payee, $.epoch);
        if (payee == address(this) || slot.validUntil() <= block.timestamp) {
            revert IERC7943Fungible.ERC7943CannotReceive(payee);
        }
    }

    function _requireDealer(TokenStorage storage $, address account) private view {
        AccountSlot slot = _withStanding($, $.accounts[account], account, $.epoch);
        if (slot.validUntil() <= block.timestamp || slot.category() != Category.Dealer) {
            revert NotDealer(account, slot.validUntil(), slot.category());
        }
    }

    function _requireActiveSystem(TokenStorage storage $, address account) private view {
        SystemStatus status = $.accounts[account].systemStatus();
        if (status != SystemStatus.Active) revert NotSystemAccount(account, status);
    }

    /// @dev {upgradeToAndCall} itself is restricted.
    // slither-disable-next-line dead-code: UUPSUpgradeable calls it.
    function _authorizeUpgrade(address) internal view override {}
}
