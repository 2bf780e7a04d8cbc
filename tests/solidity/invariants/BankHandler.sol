// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./Preparing.sol";

/// @notice What a bank does to a token beside issuing: freezes, seizures, pauses, settings, and who has which role.
abstract contract BankHandler is Preparing {
    function freeze() external act {
        (address token, address holder) = _drawHolder();
        _freeze(token, holder);
    }

    function forcedTransfer() external act {
        (address token, address from) = _drawHolder();
        (address to, uint256 amount) = (_person(), _amount(10 ** 9));
        if (_oneIn(2)) _fund(token, from, amount);
        else _freeze(token, from);
        // Even by force nothing goes to who is refused.
        (address owner, bytes4 reason) = (_oneIn(2) ? from : to, IERC7943Fungible.ERC7943CannotReceive.selector);
        if (!_isAllowed(token, owner)) _roleMustFail(token, _seizure(from, owner, 0), reason);
        _welcome(token, to);
        uint256 unlocked = IERC20(token).balanceOf(from) - locked[token][from];
        uint256 unfrozen = Math.saturatingSub(IERC20(token).balanceOf(from), frozen[token][from]);
        amount = _oneIn(2) ? unlocked : Math.min(amount, unlocked);
        address enforcer = _officer(token, Roles.ENFORCER);
        if (_oneIn(8)) _mustFail(enforcer, token, _seizure(from, to, unlocked + 1));
        if (_oneIn(8)) _mustFail(enforcer, token, _seizure(address(escrow), to, 1));
        exempt = Exemption(token, from, Right.Seizure);
        if (!_byRole(token, _seizure(from, to, amount))) return;
        _move(token, from, to, amount);
        // What is not frozen goes first; the rest of a freeze stays, above the balance too.
        if (from != to && amount > unfrozen) frozen[token][from] -= amount - unfrozen;
    }

    /// @dev What governor, guardian and policy officer may order at any time; whoever needs the opposite has it undone.
    function order() external act {
        for (uint256 i = 0; i < 6; ++i) {
            _order(_token(), _token(), _oneIn(2) ? address(escrow) : systemAccount);
        }
    }

    function _order(address token, address other, address account) private {
        while (other == token) other = _token();
        _unpause(token);
        _accept(token, other);
        _activate(token, account);
        _welcome(token, suspense);
        bytes[8] memory orders = [
            abi.encodeCall(IDepositTokenExt.pause, ()),
            abi.encodeCall(IDepositTokenExt.stopSystemAccount, (account)),
            abi.encodeCall(IDepositTokenExt.suspendAccepted, (other)),
            abi.encodeCall(IDepositTokenExt.stopAccepted, (other)),
            abi.encodeCall(IDepositTokenExt.setAccepted, (other, false)),
            abi.encodeCall(IDepositTokenExt.setTerms, ("ipfs://terms", bytes32(_roll(10 ** 18)))),
            abi.encodeCall(IDepositTokenExt.setSuspenseAccount, (_oneIn(8) ? address(0) : suspense)),
            abi.encodeCall(IDepositTokenMain.upgradeToAndCall, (implementations[_roll(implementations.length)], ""))
        ];
        _byRole(token, orders[_roll(orders.length)]);
    }

    /// @dev The first token is a customer too, so that others can be sent to it by mistake.
    function rescueForeignToken() external act {
        (address token, address foreign) = (address(tokens[0]), address(tokens[1 + _roll(TOKENS - 1)]));
        (address to, uint256 amount) = (_person(), _amount(10 ** 9));
        _fund(foreign, token, amount);
        _welcome(foreign, to);
        bytes memory call = abi.encodeCall(IDepositTokenExt.rescueForeignToken, (foreign, to, amount));
        bool open = IDepositToken(foreign).canTransfer(token, to, 0);
        if (open && _byRole(token, call)) _move(foreign, token, to, amount);
    }

    /// @dev Only through the bank's own manager, and here to itself.
    function setAuthority() external act {
        address token = _token();
        address[3] memory targets = [token, _registryOf(token), _policyOf(token)];
        IAccessManager manager = _bankOf(token).manager;
        bytes memory call = abi.encodeCall(IAccessManaged.setAuthority, (address(manager)));
        for (uint256 i = 0; i < targets.length; ++i) {
            if (_oneIn(8)) _mustFail(_anybody(), targets[i], call);
            vm.prank(_officer(token, Roles.ADMIN));
            manager.updateAuthority(targets[i], address(manager));
            _count(kindOf[targets[i]], IAccessManaged.setAuthority.selector, true, false);
        }
    }

    /// @dev A clerk is hired for a role or dismissed from it; nobody else can do that.
    function hire() external act {
        (uint256 b, uint64 role) = (_roll(BANKS), 1 + uint64(_roll(ROLES - 1)));
        bool hiring = !hasRole[b][role][clerk];
        bytes memory call = hiring
            ? abi.encodeCall(IAccessManager.grantRole, (role, clerk, 0))
            : abi.encodeCall(IAccessManager.revokeRole, (role, clerk));
        (address governor, address manager) = (officer[b][Roles.ADMIN], address(banks[b].manager));
        _mustFail(_somebodyElse(governor), manager, call);
        assertTrue(_try(governor, manager, call), "the governor changes roles");
        hasRole[b][role][clerk] = hiring;
    }

    function wait() external act {
        vm.warp(block.timestamp + _roll(_oneIn(8) ? 40 days : 12 hours));
    }

    /// @dev Less than the balance mostly, all of it and more at times, and nothing again.
    function _freeze(address token, address holder) private {
        uint256 amount = _oneIn(3) ? 0 : _roll(IERC20(token).balanceOf(holder) * 9 / 8 + 1);
        bool higher = amount > frozen[token][holder];
        bytes memory freezing = abi.encodeCall(IDepositTokenExt.freeze, (holder, uint128(amount)));
        bytes memory setting = abi.encodeCall(IERC7943Fungible.setFrozenTokens, (holder, amount));
        if (!higher && _oneIn(4)) _roleMustFail(token, freezing, IDepositTokenExt.FreezeNotHigher.selector);
        if (_byRole(token, higher && _roll(4) != 0 ? freezing : setting)) frozen[token][holder] = amount;
    }

    function _seizure(address from, address to, uint256 amount) private pure returns (bytes memory) {
        return abi.encodeCall(IERC7943Fungible.forcedTransfer, (from, to, amount));
    }

    /// @dev Often somebody who has asked for a redemption once, so that locks and freezes meet.
    function _drawHolder() private returns (address token, address holder) {
        BookedRedemption storage redemption = redemptions[_roll(redemptions.length)];
        if (redemption.holder == address(0) || _oneIn(2)) return (_token(), _person());
        return (redemption.token, redemption.holder);
    }
}
