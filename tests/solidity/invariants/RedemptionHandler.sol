// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./Preparing.sol";

/// @notice Redemptions from the request to one of their three ends.
abstract contract RedemptionHandler is Preparing {
    function requestRedemption() external act {
        _request();
    }

    /// @dev Not even the holder cancels what the bank has accepted, or what has ended.
    function cancelRedemption() external act {
        BookedRedemption storage redemption = _drawRedemption(RedemptionStatus.Requested);
        bytes memory call = abi.encodeCall(IDepositTokenExt.cancelRedemption, (redemption.id));
        if (_own(redemption.holder, redemption.token, call)) _close(redemption, RedemptionStatus.Cancelled);
        redemption = redemptions[_roll(redemptions.length)];
        call = abi.encodeCall(IDepositTokenExt.cancelRedemption, (redemption.id));
        bytes4 reason = IDepositTokenExt.WrongRedemptionStatus.selector;
        bool late = redemption.status != RedemptionStatus.None && redemption.status != RedemptionStatus.Requested;
        if (late) _mustFail(redemption.holder, redemption.token, call, reason);
    }

    function acceptRedemption() external act {
        _accept(_drawRedemption(RedemptionStatus.Requested));
    }

    function settleRedemption() external act {
        BookedRedemption storage redemption = _drawRedemption(RedemptionStatus.Accepted);
        (address token, uint256 id) = (redemption.token, redemption.id);
        _equip(token, 0);
        (uint128 entry, uint128 usedEntry) = (_freshEntry(token), _usedEntry(token));
        bytes memory call = abi.encodeCall(IDepositTokenExt.settleRedemption, (id, entry));
        if (IDepositToken(token).paused()) _mustFail(minter, token, call);
        _unpause(token);
        bytes memory again = abi.encodeCall(IDepositTokenExt.settleRedemption, (id, usedEntry));
        if (usedEntry != 0) _mustBeConsumed(token, again);
        if (!_own(minter, token, call)) return;
        excused = Exemption(token, redemption.holder, false);
        _bookBurn(token, redemption.holder, redemption.amount, entry);
        _close(redemption, RedemptionStatus.Settled);
    }

    function rejectRedemption() external act {
        BookedRedemption storage redemption =
            _drawRedemption(_oneIn(2) ? RedemptionStatus.Requested : RedemptionStatus.Accepted);
        bytes memory call = abi.encodeCall(IDepositTokenExt.rejectRedemption, (redemption.id, "AC04"));
        if (_byRole(redemption.token, call)) _close(redemption, RedemptionStatus.Rejected);
    }

    /* HELPERS */

    function _request() private {
        (address token, address holder, uint256 amount) = (_token(), _person(), _amount(10 ** 9));
        _fund(token, holder, amount);
        amount = Math.max(1, Math.min(amount, IDepositToken(token).spendableOf(holder)));
        (bool success, bytes memory answer) = _oneIn(2)
            ? _tryFor(holder, token, abi.encodeCall(IDepositTokenExt.requestRedemption, (amount, "payout")))
            : _requestBySignature(token, holder, amount);
        if (!success) return;
        assertFalse(_isBlocked(token, holder), "who is blocked redeems nothing");
        uint256 id = abi.decode(answer, (uint256));
        redemptions.push(BookedRedemption(token, id, holder, RedemptionStatus.Requested, amount));
        locked[token][holder] += amount;
    }

    function _requestBySignature(address token, address holder, uint256 amount)
        private
        returns (bool success, bytes memory answer)
    {
        (bytes32 nonce, uint256 deadline) = (_freshNonce(), block.timestamp + 1 + _roll(1 days));
        bytes32 typeHash = IDepositToken(token).REDEMPTION_REQUEST_TYPEHASH();
        bytes memory message = abi.encode(typeHash, holder, amount, bytes32("payout"), nonce, deadline);
        bytes memory call = abi.encodeCall(
            IDepositTokenExt.requestRedemptionWithSignature,
            (holder, amount, "payout", nonce, deadline, _sign(holder, token, message))
        );
        address bearer = _somebodyElse(holder);
        (success, answer) = _tryFor(bearer, token, call);
        if (success && _oneIn(8)) _mustFail(bearer, token, call);
    }

    /// @dev Not while the holder is blocked.
    function _accept(BookedRedemption storage redemption) private {
        (address token, address holder) = (redemption.token, redemption.holder);
        bytes memory call = abi.encodeCall(IDepositTokenExt.acceptRedemption, (redemption.id));
        if (_isBlocked(token, holder)) _roleMustFail(token, call, IERC7943Fungible.ERC7943CannotSend.selector);
        _welcome(token, holder);
        if (frozen[token][holder] != 0 && _roll(8) != 0) {
            bool thawed = _byRole(token, abi.encodeCall(IERC7943Fungible.setFrozenTokens, (holder, 0)));
            if (thawed) frozen[token][holder] = 0;
        }
        if (_byRole(token, call)) redemption.status = RedemptionStatus.Accepted;
    }

    function _close(BookedRedemption storage redemption, RedemptionStatus status) private {
        redemption.status = status;
        locked[redemption.token][redemption.holder] -= redemption.amount;
    }

    /// @dev A redemption in that status; if there is none, new ones are requested until one is.
    function _drawRedemption(RedemptionStatus status) private returns (BookedRedemption storage redemption) {
        uint256 first = _roll(redemptions.length);
        for (uint256 i = 0; i < redemptions.length; ++i) {
            redemption = redemptions[(first + i) % redemptions.length];
            if (redemption.status == status) return redemption;
        }
        do {
            _request();
            redemption = redemptions[redemptions.length - 1];
            bool fresh = redemption.status == RedemptionStatus.Requested;
            if (fresh && status == RedemptionStatus.Accepted) _accept(redemption);
        } while (redemption.status != status);
    }
}
