// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./Preparing.sol";

/// @notice What lies in the escrow outside of payments: inventories, and what is kept for who could not be paid.
abstract contract InventoryHandler is Preparing {
    /* DEALER */

    function deposit() external act {
        (address token, address owner, uint256 amount) = (_token(), _dealer(), _amount(10 ** 12));
        if (_oneIn(8)) _depositByNoDealer(token, _person(), amount);
        if (_oneIn(4)) _depositTooLate(token, owner, amount);
        _deposit(token, owner, amount);
    }

    function withdraw() external act {
        (address token, address owner, uint256 amount) = (_token(), _dealer(), _amount(10 ** 12));
        if (escrow.inventoryOf(owner, token) == 0) _deposit(token, owner, amount);
        _welcome(token, owner);
        uint256 free = escrow.inventoryOf(owner, token);
        if (_oneIn(8)) _mustFail(owner, address(escrow), abi.encodeCall(escrow.withdraw, (token, free + 1)));
        bytes memory call = abi.encodeCall(escrow.withdraw, (token, Math.min(amount, free)));
        if (free == 0) _mustFail(owner, address(escrow), call, ISettlementEscrow.ZeroAmount.selector);
        else _try(owner, address(escrow), call);
    }

    function setDealerSigner() external act {
        _try(_dealer(), address(escrow), abi.encodeCall(escrow.setDealerSigner, (dealerSigner, _oneIn(2))));
    }

    /* ANYONE */

    function claim() external act {
        (address token, address owner) = _drawClaimable();
        _unpause(token);
        _welcome(token, owner);
        bool possible = _canReceive(token, owner) && escrow.claimableOf(token, owner) != 0;
        bool success = _try(_anybody(), address(escrow), abi.encodeCall(escrow.claim, (token, owner)));
        assertEq(success, possible, "a claim is paid as soon as its owner can receive");
    }

    /* BANK */

    /// @dev Not while the owner is allowed, and to nobody but a successor.
    function divertClaim() external act {
        (address token, address owner) = _drawClaimable();
        if (_isAllowed(token, owner) && _oneIn(4)) {
            _mustNotDivert(token, owner, suspense, IDepositTokenExt.NotRefused.selector);
        }
        _refuse(token, owner);
        address other = _person();
        bool successor = other == suspense || customerAt[other].id == customerAt[owner].id;
        if (!successor) _mustNotDivert(token, owner, other, IDepositTokenExt.NotSuccessor.selector);
        address to = _successor(token, owner);
        uint256 amount = escrow.claimableOf(token, owner);
        bytes memory call = abi.encodeCall(escrow.divertClaim, (token, owner, to));
        if (_divert(token, call, amount)) _move(token, owner, to, amount);
    }

    function divertInventory() external act {
        _divertInventory(_token(), _dealer());
    }

    /* HELPERS */

    /// @dev Nothing flows into an escrow that a token's guardian has stopped.
    function _depositTooLate(address token, address owner, uint256 amount) private {
        _fund(token, owner, amount);
        _stop(token);
        _try(owner, token, abi.encodeCall(IERC20.approve, (address(escrow), amount)));
        bool heard = _canReceive(token, owner);
        bytes4 reason = _mustFail(owner, address(escrow), abi.encodeCall(escrow.deposit, (token, amount)));
        if (heard) assertEq(reason, IDepositTokenCore.SystemAccountClosed.selector, "a stopped escrow takes nothing");
    }

    /// @dev Inventory is an active dealer's alone.
    function _depositByNoDealer(address token, address owner, uint256 amount) private {
        if (customerAt[owner].category == CustomerCategory.Dealer) return;
        _fund(token, owner, amount);
        bytes memory call = abi.encodeCall(escrow.deposit, (token, amount));
        _mustFail(owner, address(escrow), call, IDepositTokenMain.NotDealer.selector);
    }

    /// @dev A bank takes away a refused dealer's inventory, which is then kept for it.
    function _divertInventory(address token, address owner) private {
        _stock(token, owner, _amount(10 ** 9));
        _refuse(token, owner);
        bytes memory call = abi.encodeCall(escrow.divertInventory, (token, owner));
        _divert(token, call, escrow.inventoryOf(owner, token));
    }

    /// @dev Compliance of the token's own bank diverts, and only where there is something.
    function _divert(address token, bytes memory call, uint256 amount) private returns (bool) {
        if (_oneIn(8)) _mustFail(officer[1 - bankOf[token]][Roles.COMPLIANCE], address(escrow), call);
        if (amount != 0) return _try(_officer(token, Roles.COMPLIANCE), address(escrow), call);
        _mustFail(_officer(token, Roles.COMPLIANCE), address(escrow), call);
        return false;
    }

    function _mustNotDivert(address token, address owner, address to, bytes4 reason) private {
        bytes memory call = abi.encodeCall(escrow.divertClaim, (token, owner, to));
        _mustFail(_officer(token, Roles.COMPLIANCE), address(escrow), call, reason);
    }

    /// @dev Somebody for whom something is kept; if there is nobody, a dealer is refused whose inventory is then.
    function _drawClaimable() private returns (address token, address owner) {
        uint256 places = TOKENS * holders.length;
        uint256 first = _roll(places);
        for (uint256 i = 0; i < places; ++i) {
            uint256 place = (first + i) % places;
            (token, owner) = (address(tokens[place % TOKENS]), holders[place / TOKENS]);
            if (escrow.claimableOf(token, owner) != 0) return (token, owner);
        }
        (token, owner) = (_token(), _dealer());
        _divertInventory(token, owner);
    }

    /// @dev Another wallet of the same customer, or else the token's suspense account.
    function _successor(address token, address owner) private returns (address) {
        for (uint256 i = 0; i < customers.length; ++i) {
            bool same = customers[i] != owner && customerAt[customers[i]].id == customerAt[owner].id;
            if (same && _bankOf(token).registry.customerIdOf(customers[i]) != 0) return customers[i];
        }
        if (IDepositToken(token).suspenseAccount() == address(0)) {
            _welcome(token, suspense);
            _byRole(token, abi.encodeCall(IDepositTokenExt.setSuspenseAccount, (suspense)));
        }
        return suspense;
    }
}
