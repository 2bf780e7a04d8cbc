// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20Upgradeable} from "@openzeppelin/contracts-upgradeable/token/ERC20/ERC20Upgradeable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {DepositTokenCore} from "./token/DepositTokenCore.sol";
import {WalletERC2612} from "./token/WalletERC2612.sol";
import {WalletERC3009} from "./token/WalletERC3009.sol";
import {IAllowlistRegistry} from "./interfaces/IAllowlistRegistry.sol";
import {IDepositTokenExt} from "./interfaces/IDepositTokenExt.sol";
import {ICorridorPolicy} from "./interfaces/ICorridorPolicy.sol";
import {IERC7699} from "./interfaces/IERC7699.sol";
import {IERC7943Fungible} from "./interfaces/IERC7943.sol";
import {IDepositTokenMain} from "./interfaces/IDepositTokenMain.sol";
import {TypeHashes} from "./libraries/TypeHashes.sol";
import {Acceptance} from "./types/Acceptance.sol";
import {AccountSlot, SystemStatus} from "./types/AccountSlot.sol";
import {Restriction} from "./types/Restriction.sol";
import {Issue} from "./types/Issue.sol";
import {Minter} from "./types/Minter.sol";
import {Payment} from "./types/Payment.sol";

/// @title A bank's deposit in one currency, as an ERC-20 token
/// @notice See {IDepositTokenMain}, which documents every function here beside the standards' own. What a token can do
/// besides is in {DepositTokenExt}, which runs in this contract's storage: together they are {IDepositToken}.
/// @dev The one upgradeable contract: an upgrade replaces the extension too, whose address is a constant of the code.
contract DepositToken is WalletERC2612, WalletERC3009, DepositTokenCore, UUPSUpgradeable, IERC7699 {
    using SafeCast for uint256;

    /// @dev The longest name that a token's storage keeps in one slot.
    uint256 private constant GREATEST_NAME = 31;

    /// @inheritdoc IDepositTokenMain
    /// @custom:oz-upgrades-unsafe-allow state-variable-immutable
    address public immutable EXTENSION;

    /* SET-UP */

    /// @param extension The {DepositTokenExt} of this very code. Reverts with `NoAnswer` or {NotExtension}.
    /// @custom:oz-upgrades-unsafe-allow constructor
    constructor(address extension) {
        _requireAnswer(extension, abi.encodeCall(IDepositTokenExt.extensionId, ()));
        bytes32 found = IDepositTokenExt(extension).extensionId();
        if (found != EXTENSION_ID) revert NotExtension(extension, found, EXTENSION_ID);
        // slither-disable-next-line missing-zero-check: it has just answered.
        EXTENSION = extension;
        _disableInitializers();
    }

    /// @inheritdoc IDepositTokenMain
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
        // A wallet shows the name, and a client builds the EIP-712 domain from it.
        bytes memory letters = bytes(name_);
        bool printable = letters.length != 0 && letters.length <= GREATEST_NAME;
        for (uint256 i = 0; printable && i < letters.length; ++i) {
            printable = letters[i] >= " " && letters[i] <= "~";
        }
        if (!printable) revert InvalidName(name_);
        _requireAnswer(authority_, abi.encodeCall(IAccessManager.expiration, ()));
        _requireAnswer(registry_, abi.encodeCall(IAllowlistRegistry.epochFor, (address(this))));
        _requireAnswer(policy_, abi.encodeCall(ICorridorPolicy.approver, ()));

        __ERC20_init(name_, symbol_);
        __AccessManaged_init(authority_);
        _authorizations().nameHash = keccak256(letters);
        TokenStorage storage $ = _storage();
        ($.currency, $.decimals) = (currency_, decimals_);
        ($.registry, $.epoch) = (registry_, 1);
        ($.policy, $.policyGeneration) = (policy_, 1);
        $.supplyCap = supplyCap_;
        $.paused = true;

        emit MetadataSet(name_, symbol_, currency_, decimals_);
        emit RegistrySet(registry_);
        emit PolicySet(policy_, 1);
        emit SupplyCapSet(supplyCap_);
        emit IDepositTokenExt.Paused(_msgSender());
    }

    /* EXTENSION */

    /// @notice Answers everything that has no function here, as {IDepositTokenExt} documents it. What that does not
    /// know either reverts with nothing.
    /// @custom:oz-upgrades-unsafe-allow delegatecall
    fallback(bytes calldata data) external returns (bytes memory answer) {
        bool success;
        // slither-disable-next-line controlled-delegatecall,low-level-calls: the code is a constant.
        (success, answer) = EXTENSION.delegatecall(data);
        if (!success) LowLevelCall.bubbleRevert(answer);
    }

    /* HOLDER */

    /// @inheritdoc IERC7699
    function transfer(address to, uint256 amount, bytes calldata transferReference) external returns (bool) {
        _noteReference(transferReference);
        return transfer(to, amount);
    }

    /// @inheritdoc IERC7699
    function transferFrom(address from, address to, uint256 amount, bytes calldata transferReference)
        external
        returns (bool)
    {
        _spendAllowance(from, _msgSender(), amount);
        // Right before the transfer that it belongs to.
        _noteReference(transferReference);
        _transfer(from, to, amount);
        return true;
    }

    /* MINTER */

    /// @inheritdoc IDepositTokenMain
    function mint(address to, uint256 amount, uint128 entry) external {
        _issue(to, amount, entry);
    }

    /// @inheritdoc IDepositTokenMain
    function mintBatch(Issue[] calldata issues) external {
        for (uint256 i = 0; i < issues.length; ++i) {
            _issue(issues[i].to, issues[i].amount, issues[i].entry);
        }
    }

    /// @inheritdoc IDepositTokenMain
    function burn(uint256 amount, uint128 entry) external {
        TokenStorage storage $ = _storage();
        _consumeEntry($, $.minters[_msgSender()].ledgerId, amount, entry);

        _debit($, _msgSender(), amount, $.epoch);
        $.supply -= amount.toUint128();
        emit Burned(_msgSender(), amount, entry);
        emit Transfer(_msgSender(), address(0), amount);
    }

    /* SYSTEM ACCOUNTS */

    /// @inheritdoc IDepositTokenMain
    function openPayment(Payment calldata payment, bytes32 id, uint16 merchantCountry, bytes calldata payerSignature)
        external
        returns (uint16 generation, uint32 quotaRef, address approver)
    {
        TokenStorage storage $ = _storage();
        (address payer, uint104 amount) = (payment.payer, payment.sourceAmount);
        (generation, quotaRef, approver) = _admit($, payment, payer, amount, id, merchantCountry, payerSignature);
        if ($.paused) revert TokenPaused();

        _debit($, payer, amount, $.epoch);
        Account storage escrow = $.accounts[_msgSender()];
        escrow.slot = escrow.slot.credit(amount);
        emit Transfer(payer, _msgSender(), amount);
    }

    /// @inheritdoc IDepositTokenMain
    function chargePayment(Payment calldata payment, bytes32 id, uint256 fee, bytes calldata payerSignature)
        external
        returns (uint16 generation, uint32 quotaRef, address approver)
    {
        TokenStorage storage $ = _storage();
        (address payer, uint104 amount) = (payment.payer, payment.sourceAmount);
        (generation, quotaRef, approver) = _admit($, payment, payer, amount, id, 0, payerSignature);
        // That the token is not paused was looked at with the payees.
        uint32 epoch = $.epoch;

        // Each slot is read after the one before was written: two of the three may be one account.
        _debit($, payer, amount, epoch);
        _pay($, payer, payment.merchant, amount - fee, epoch);
        if (fee != 0) _pay($, payer, payment.feeReceiver, fee, epoch);
    }

    /// @inheritdoc IDepositTokenMain
    function restoreQuota(uint16 generation, address payer, uint32 quotaRef, uint104 amount) external {
        TokenStorage storage $ = _storage();
        if (!$.accounts[_msgSender()].slot.isSystem()) revert NotSystemAccount(_msgSender(), SystemStatus.None);
        if (generation != $.policyGeneration) return;
        ICorridorPolicy($.policy).restore(quotaRef, payer, amount, IAllowlistRegistry($.registry));
    }

    /// @inheritdoc IDepositTokenMain
    function merchantCountryOf(Payment calldata payment) external view returns (uint16 merchantCountry) {
        TokenStorage storage $ = _storage();
        _requireActiveSystem($, _msgSender());
        Acceptance acceptance = $.acceptances[payment.sourceToken];
        if (acceptance != Acceptance.Accepted) revert TokenNotAccepted(payment.sourceToken, acceptance);
        _requireDealer($, payment.dealer);
        (uint32 epoch, bool paused) = ($.epoch, $.paused);
        if (paused) revert TokenPaused();
        AccountSlot merchant = _withStanding($, $.accounts[payment.merchant].slot, payment.merchant, epoch);
        _requirePayees($, payment, merchant, epoch);
        return merchant.country();
    }

    /// @inheritdoc IDepositTokenMain
    function requireRefund(address otherToken, address dealer) external view {
        TokenStorage storage $ = _storage();
        Acceptance acceptance = $.acceptances[otherToken];
        if (acceptance == Acceptance.None) revert TokenNotAccepted(otherToken, acceptance);
        _requireDealer($, dealer);
    }

    /// @inheritdoc IDepositTokenMain
    function payerBlocked(address payer) external view returns (bool) {
        TokenStorage storage $ = _storage();
        return _isBlocked($, $.accounts[payer].slot, payer);
    }

    /* REGISTRY */

    /// @inheritdoc IDepositTokenMain
    function sync(address account) external {
        syncEpoch();
        TokenStorage storage $ = _storage();
        Account storage record = $.accounts[account];
        AccountSlot cleared = record.slot.withoutCopy();
        AccountSlot fresh = _withStanding($, cleared, account, $.epoch);
        record.slot = fresh.validUntil() > block.timestamp ? _withZone($, fresh) : cleared;
    }

    /// @inheritdoc IDepositTokenMain
    function syncEpoch() public {
        TokenStorage storage $ = _storage();
        uint32 registryEpoch = IAllowlistRegistry($.registry).epochFor(address(this));
        if (registryEpoch == $.registryEpoch) return;
        $.registryEpoch = registryEpoch;
        emit EpochAdopted(++$.epoch);
    }

    /* ADMIN */

    /// @inheritdoc UUPSUpgradeable
    function upgradeToAndCall(address newImplementation, bytes memory data)
        public
        payable
        override(UUPSUpgradeable, IDepositTokenMain)
        restricted
    {
        // The new code may read a copy otherwise.
        emit EpochAdopted(++_storage().epoch);
        super.upgradeToAndCall(newImplementation, data);
    }

    /* VIEWS */

    /// @inheritdoc ERC20Upgradeable
    function decimals() public view override returns (uint8) {
        return _storage().decimals;
    }

    /// @inheritdoc ERC20Upgradeable
    function balanceOf(address account) public view override returns (uint256) {
        return _storage().accounts[account].slot.balance();
    }

    /// @inheritdoc ERC20Upgradeable
    function totalSupply() public view override returns (uint256) {
        return _storage().supply;
    }

    /* INTERNAL */

    /// @dev For transfers only: minting and burning write the slots themselves and never come here.
    function _update(address from, address to, uint256 value) internal override {
        TokenStorage storage $ = _storage();
        (Account storage sending, Account storage receiving) = ($.accounts[from], $.accounts[to]);
        (AccountSlot sender, AccountSlot receiver, Restriction restriction) =
            _examine($, _msgSender(), from, to, sending, receiving, value);
        if (restriction != Restriction.None) {
            if (restriction == Restriction.InvalidReceiver) revert ERC20InvalidReceiver(to);
            if (restriction == Restriction.Paused) revert TokenPaused();
            if (restriction == Restriction.SystemAccountClosed) {
                revert SystemAccountClosed(to, _msgSender(), receiver.systemStatus());
            }
            if (restriction == Restriction.CannotSend) revert IERC7943Fungible.ERC7943CannotSend(from);
            if (restriction == Restriction.CannotReceive) revert IERC7943Fungible.ERC7943CannotReceive(to);
            if (restriction == Restriction.DirectTransferClosed) {
                revert DirectTransferClosed(from, to, sender.zone(), receiver.zone());
            }
            _refuseSpending(restriction, sender, from, value);
        }

        if (from != to) {
            sending.slot = sender.debit(value);
            receiving.slot = receiver.credit(value);
        }
        emit Transfer(from, to, value);
    }

    /// @dev A blocked spender spends no allowance. System accounts act for whoever calls them, and a transfer by its
    /// own holder is examined as every other.
    function _spendAllowance(address owner, address spender, uint256 value) internal override {
        // OpenZeppelin names the approver, which ERC-6093 forbids in a transfer.
        if (owner == address(0)) revert ERC20InvalidSender(owner);
        if (spender != owner) {
            TokenStorage storage $ = _storage();
            AccountSlot slot = $.accounts[spender].slot;
            if (!slot.isSystem() && _isBlocked($, slot, spender)) revert SpenderBlocked(spender);
        }
        super._spendAllowance(owner, spender, value);
    }

    /// @dev Tells what is left of an allowance too, so that events alone say what anybody may spend.
    function _approve(address owner, address spender, uint256 value, bool) internal override {
        super._approve(owner, spender, value, true);
    }

    function _noteReference(bytes calldata transferReference) private {
        if (transferReference.length == 0) return;
        // forge-lint: disable-next-line(unsafe-typecast): up to 32 bytes are told as they are.
        bytes32 logged = transferReference.length > 32 ? keccak256(transferReference) : bytes32(transferReference);
        emit TransferReference(logged);
    }

    function _issue(address to, uint256 amount, uint128 entry) private {
        TokenStorage storage $ = _storage();
        Minter storage minter = $.minters[_msgSender()];
        _consumeEntry($, minter.ledgerId, amount, entry);
        uint128 allowance_ = minter.allowance;
        if (amount > allowance_) revert MintAllowanceExceeded(_msgSender(), amount, allowance_);
        uint256 supply = $.supply + amount;
        if (supply > $.supplyCap) revert SupplyCapExceeded(supply, $.supplyCap);
        if (to == address(0) || to == address(this)) revert ERC20InvalidReceiver(to);
        Account storage account = $.accounts[to];
        AccountSlot receiver = _withStanding($, account.slot, to, $.epoch);
        _requirePayable(receiver, to);

        minter.allowance = allowance_ - amount.toUint128();
        $.supply = supply.toUint128();
        // The zone is looked up here, at the bank's expense, and not at the holder's first payment.
        account.slot = _withZone($, receiver).credit(amount);
        emit Minted(_msgSender(), to, amount, entry);
        emit Transfer(address(0), to, amount);
    }

    /// @dev Lets in a payment that a customer of this bank may open now and has signed: counts it against its
    /// corridor's quota and uses up the authorization.
    function _admit(
        TokenStorage storage $,
        Payment calldata payment,
        address payer,
        uint104 amount,
        bytes32 id,
        uint16 merchantCountry,
        bytes calldata payerSignature
    ) private returns (uint16 generation, uint32 quotaRef, address approver) {
        _requireActiveSystem($, _msgSender());
        (IAllowlistRegistry registry_, uint32 epoch, bool paused) = (IAllowlistRegistry($.registry), $.epoch, $.paused);
        uint8 toZone;
        address target = payment.targetToken;
        if (target == address(this)) {
            if (paused) revert TokenPaused();
            address payee = payment.merchant;
            AccountSlot merchant = _withZone($, _withStanding($, $.accounts[payee].slot, payee, epoch));
            _requirePayees($, payment, merchant, epoch);
            toZone = merchant.zone();
        } else {
            Acceptance acceptance = $.acceptances[target];
            if (acceptance != Acceptance.Accepted) revert TokenNotAccepted(target, acceptance);
            _requireDealer($, payment.dealer);
            toZone = registry_.zoneOf(merchantCountry);
        }
        uint8 fromZone = _withZone($, _withStanding($, $.accounts[payer].slot, payer, epoch)).zone();
        generation = $.policyGeneration;
        // slither-disable-next-line reentrancy-no-eth: the policy is the bank's own.
        (quotaRef, approver) =
            ICorridorPolicy($.policy).consume(payment.purpose, payer, amount, fromZone, toZone, registry_);

        uint40 validBefore = payment.authorizeBy;
        bytes32 structHash =
            _hashAuthorization(TypeHashes.RECEIVE_WITH_AUTHORIZATION, payer, _msgSender(), amount, 0, validBefore, id);
        _requireSigned(payer, structHash, payerSignature);
        _useInTime(payer, 0, validBefore, id);
    }

    /// @dev Gives what was taken from a payer to a payee.
    function _pay(TokenStorage storage $, address payer, address payee, uint256 amount, uint32 epoch) private {
        Account storage account = $.accounts[payee];
        AccountSlot slot = _withStanding($, account.slot, payee, epoch);
        _requirePayable(slot, payee);
        account.slot = slot.credit(amount);
        emit Transfer(payer, payee, amount);
    }

    function _debit(TokenStorage storage $, address account, uint256 amount, uint32 epoch) private {
        Account storage record = $.accounts[account];
        AccountSlot slot = _withStanding($, record.slot, account, epoch);
        if (slot.validUntil() <= block.timestamp) revert IERC7943Fungible.ERC7943CannotSend(account);
        _requireSpendable($, slot, account, amount);
        record.slot = slot.debit(amount);
    }

    /// @dev That whoever a payment pays can be paid, and that the fee receiver is in the merchant's zone by this bank's
    /// table.
    function _requirePayees(TokenStorage storage $, Payment calldata payment, AccountSlot merchant, uint32 epoch)
        private
        view
    {
        _requirePayable(merchant, payment.merchant);
        if (payment.feeBps == 0) return;
        address payee = payment.feeReceiver;
        AccountSlot feeReceiver = _withStanding($, $.accounts[payee].slot, payee, epoch);
        _requirePayable(feeReceiver, payee);
        if (feeReceiver.country() == merchant.country()) return;
        (uint8 found, uint8 allowed) = (_withZone($, feeReceiver).zone(), _withZone($, merchant).zone());
        if (found != allowed || found == 0) revert FeeReceiverElsewhere(payee, found, allowed);
    }

    /// @dev That an account can get what is minted or paid, of its slot with its standing of now.
    function _requirePayable(AccountSlot slot, address payee) private view {
        if (slot.isSystem()) revert SystemAccountClosed(payee, _msgSender(), slot.systemStatus());
        if (payee == address(this) || slot.validUntil() <= block.timestamp) {
            revert IERC7943Fungible.ERC7943CannotReceive(payee);
        }
    }

    function _requireActiveSystem(TokenStorage storage $, address account) private view {
        SystemStatus status = $.accounts[account].slot.systemStatus();
        if (status != SystemStatus.Active) revert NotSystemAccount(account, status);
    }

    /// @dev {upgradeToAndCall} itself is restricted.
    // slither-disable-next-line dead-code: UUPSUpgradeable calls it.
    function _authorizeUpgrade(address) internal view override {}
}
