// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC3009} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

import {IAllowlistRegistry} from "../interfaces/IAllowlistRegistry.sol";
import {IDepositTokenExt} from "../interfaces/IDepositTokenExt.sol";
import {TypeHashes} from "../libraries/TypeHashes.sol";
import {AccountSlot} from "../types/AccountSlot.sol";
import {Encumbrance} from "../types/Encumbrance.sol";
import {Redemption, RedemptionStatus} from "../types/Redemption.sol";
import {Authorizations} from "./Authorizations.sol";
import {Encumbrances} from "./Encumbrances.sol";

/// @notice Redemption: a lock inside the holder's own balance, from the request to the burning or the release.
abstract contract Redemptions is Authorizations, Encumbrances {
    using EnumerableSet for EnumerableSet.UintSet;
    using SafeCast for uint256;

    /// @inheritdoc IDepositTokenExt
    bytes32 public constant REDEMPTION_REQUEST_TYPEHASH = TypeHashes.REDEMPTION_REQUEST;

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
        Redemption storage redemption = _storage().redemptions[id];
        _requireStatus(id, redemption, RedemptionStatus.Requested);
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
        _requireStatus(id, redemption, RedemptionStatus.Accepted);
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
        Redemption storage redemption = $.redemptions[id];
        _requireStatus(id, redemption, RedemptionStatus.Requested);
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
        if (redemption.status != RedemptionStatus.Accepted) {
            _requireStatus(id, redemption, RedemptionStatus.Requested);
        }

        _close(id, redemption, RedemptionStatus.Rejected);
        emit RedemptionRejected(id, reason);
    }

    /* VIEWS */

    /// @inheritdoc IDepositTokenExt
    function redemptionOf(uint256 id) external view returns (Redemption memory) {
        return _storage().redemptions[id];
    }

    /// @inheritdoc IDepositTokenExt
    function openRedemptionsOf(address holder) external view returns (uint256[] memory) {
        return _storage().openRedemptions[holder].values();
    }

    /* INTERNAL */

    function _request(address holder, uint256 amount, bytes32 payoutReference) private returns (uint256 id) {
        if (amount == 0) revert ZeroAmount();
        TokenStorage storage $ = _storage();
        AccountSlot slot = $.accounts[holder].slot;
        if (slot.isSystem()) revert ERC7943CannotSend(holder);
        _requireUnblocked(holder);
        _requireSpendable($, slot, holder, amount);

        id = ++$.redemptionCount;
        $.redemptions[id] = Redemption(holder, RedemptionStatus.Requested, amount.toUint128(), payoutReference);
        // slither-disable-next-line unused-return: its number is new.
        $.openRedemptions[holder].add(id);
        $.encumbrances[holder].locked += amount.toUint128();
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

    function _requireStatus(uint256 id, Redemption storage redemption, RedemptionStatus allowed) private view {
        if (redemption.status != allowed) revert WrongRedemptionStatus(id, redemption.status, allowed);
    }

    function _requireUnblocked(address holder) private view {
        if (IAllowlistRegistry(_storage().registry).isBlocked(holder)) revert ERC7943CannotSend(holder);
    }
}
