// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {IAllowlistRegistry} from "./interfaces/IAllowlistRegistry.sol";
import {ICorridorPolicy} from "./interfaces/ICorridorPolicy.sol";
import {IDepositTokenExt} from "./interfaces/IDepositTokenExt.sol";
import {IERC1404} from "./interfaces/IERC1404.sol";
import {IERC7699} from "./interfaces/IERC7699.sol";
import {IERC7943Fungible} from "./interfaces/IERC7943.sol";
import {ISettlementEscrow} from "./interfaces/ISettlementEscrow.sol";
import {TypeHashes} from "./libraries/TypeHashes.sol";
import {Freezes} from "./token/Freezes.sol";
import {Minters} from "./token/Minters.sol";
import {Redemptions} from "./token/Redemptions.sol";
import {Restrictions} from "./token/Restrictions.sol";
import {Acceptance} from "./types/Acceptance.sol";
import {AccountSlot, SystemStatus} from "./types/AccountSlot.sol";
import {CustomerCategory} from "./types/Participant.sol";
import {PaymentPacking} from "./types/PaymentSlot.sol";
import {Standing} from "./types/Standing.sol";

/// @title A deposit token's extension, which moves no payment
/// @notice See {IDepositTokenExt}, which documents every function.
/// @dev {DepositToken} delegates here whatever it does not answer itself, so this code runs in the token's storage; at
/// its own address it refuses. It is split off for size alone: one contract would exceed what Ethereum allows. Minting
/// rights, redemptions, freezes and what is said of a transfer beforehand are in its bases, under `token/`; here is
/// what a token is set to.
/// @custom:oz-upgrades-unsafe-allow missing-initializer
contract DepositTokenExt is Minters, Redemptions, Freezes, Restrictions, IERC5267 {
    using SafeERC20 for IERC20;

    /// @inheritdoc IDepositTokenExt
    bytes32 public constant PERMIT_TYPEHASH = TypeHashes.PERMIT;
    /// @inheritdoc IDepositTokenExt
    bytes32 public constant TRANSFER_WITH_AUTHORIZATION_TYPEHASH = TypeHashes.TRANSFER_WITH_AUTHORIZATION;
    /// @inheritdoc IDepositTokenExt
    bytes32 public constant RECEIVE_WITH_AUTHORIZATION_TYPEHASH = TypeHashes.RECEIVE_WITH_AUTHORIZATION;
    /// @inheritdoc IDepositTokenExt
    bytes32 public constant CANCEL_AUTHORIZATION_TYPEHASH = TypeHashes.CANCEL_AUTHORIZATION;

    /// @custom:oz-upgrades-unsafe-allow state-variable-immutable
    address private immutable SELF = address(this);

    /* RELEASER */

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

    /* ADMIN */

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
        // The present one is among those that it replaces, so that every block outlives the change.
        for (IAllowlistRegistry former = IAllowlistRegistry(registry_); address(former) != $.registry;) {
            if (address(former) == address(0)) revert RegistryNotSuccessor(registry_, $.registry);
            former = former.PREDECESSOR();
        }

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
    function acceptanceOf(address token) external view returns (Acceptance) {
        return _storage().acceptances[token];
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
}
