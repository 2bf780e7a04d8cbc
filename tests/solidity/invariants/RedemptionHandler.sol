// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./Preparing.sol";

/// @notice Redemptions from the request to one of their three ends.
abstract contract RedemptionHandler is Preparing {
    function requestRedemption() external act {
        _request();
    }

    function cancelRedemption() external act {
        BookedRedemption storage redemption = _drawRedemption(RedemptionStatus.Requested);
        bytes memory call = abi.encodeCall(IDepositTokenExt.cancelRedemption, (redemption.id));
        if (_own(redemption.holder, redemption.token, call)) _close(redemption, RedemptionStatus.Cancelled);
    }

    function acceptRedemption() external act {
        _accept(_drawRedemption(RedemptionStatus.Requested));
    }

    function settleRedemption() external act {
        BookedRedemption storage redemption = _drawRedemption(RedemptionStatus.Accepted);
        (address token, address holder) = (redemption.token, redemption.holder);
        _equip(token, 0);
        bytes memory call = abi.encodeWithSelector(IDepositTokenExt.settleRedemption.selector, redemption.id);
        _unpause(token);
        exempt = Exemption(token, holder, Right.Settlement);
        if (!_useEntry(token, call)) return;
        _bookBurn(token, holder, redemption.amount);
        _close(redemption, RedemptionStatus.Settled);
    }

    function rejectRedemption() external act {
        RedemptionStatus status = _oneIn(2) ? RedemptionStatus.Requested : RedemptionStatus.Accepted;
        BookedRedemption storage redemption = _drawRedemption(status);
        bytes memory call = abi.encodeCall(IDepositTokenExt.rejectRedemption, (redemption.id, "AC04"));
        if (_byRole(redemption.token, call)) _close(redemption, RedemptionStatus.Rejected);
    }

    function _request() private {
        (address token, address holder, uint256 amount) = (_token(), _person(), _amount(10 ** 9));
        _fund(token, holder, amount);
        amount = Math.max(1, Math.min(amount, IDepositToken(token).spendableOf(holder)));
        bool signed = _oneIn(2);
        (address caller, bytes memory call) = signed
            ? (_somebodyElse(holder), _signedRequest(token, holder, amount))
            : (holder, abi.encodeCall(IDepositTokenExt.requestRedemption, (amount, "payout")));
        (bool success, bytes memory answer) = _tryFor(caller, token, call);
        if (!success) return;
        assertFalse(_isBlocked(token, holder), "who is blocked redeems nothing");
        uint256 id = abi.decode(answer, (uint256));
        redemptions.push(BookedRedemption(token, id, holder, RedemptionStatus.Requested, amount));
        locked[token][holder] += amount;
        if (signed && _oneIn(8)) _mustFail(caller, token, call);
    }

    function _signedRequest(address token, address holder, uint256 amount) private returns (bytes memory) {
        (bytes32 nonce, uint256 deadline) = (_freshNonce(), block.timestamp + 1 + _roll(1 days));
        bytes memory fields = abi.encode(holder, amount, bytes32("payout"), nonce, deadline);
        bytes32 typeHash = IDepositToken(token).REDEMPTION_REQUEST_TYPEHASH();
        bytes memory signature = _sign(holder, token, bytes.concat(typeHash, fields));
        return _withSignature(IDepositTokenExt.requestRedemptionWithSignature.selector, fields, signature);
    }

    /// @dev Not while the holder is blocked; then not even the holder cancels it.
    function _accept(BookedRedemption storage redemption) private {
        (address token, address holder) = (redemption.token, redemption.holder);
        bytes memory call = abi.encodeCall(IDepositTokenExt.acceptRedemption, (redemption.id));
        if (_isBlocked(token, holder)) _roleMustFail(token, call, IERC7943Fungible.ERC7943CannotSend.selector);
        _welcome(token, holder);
        if (frozen[token][holder] != 0 && _roll(8) != 0) {
            bool thawed = _byRole(token, abi.encodeCall(IERC7943Fungible.setFrozenTokens, (holder, 0)));
            if (thawed) frozen[token][holder] = 0;
        }
        if (!_byRole(token, call)) return;
        redemption.status = RedemptionStatus.Accepted;
        call = abi.encodeCall(IDepositTokenExt.cancelRedemption, (redemption.id));
        if (_oneIn(4)) _mustFail(holder, token, call, IDepositTokenExt.WrongRedemptionStatus.selector);
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
