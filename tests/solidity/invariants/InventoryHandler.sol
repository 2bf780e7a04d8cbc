// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./Preparing.sol";

/// @notice What lies in the escrow outside of payments: inventories, and what is kept for who could not be paid.
abstract contract InventoryHandler is Preparing {
    /// @dev Inventory is a dealer's alone, and nothing flows into an escrow that a token's guardian has stopped.
    function deposit() external act {
        (address token, address owner, uint256 amount) =
            (_token(), _oneIn(16) ? _person() : _dealer(), _amount(10 ** 12));
        uint256 before = escrow.inventoryOf(owner, token);
        _deposit(token, owner, amount);
        bool dealing = customerAt[owner].category == CustomerCategory.Dealer && _isAllowed(token, owner);
        assertTrue(dealing || escrow.inventoryOf(owner, token) == before, "only an allowed dealer deposits");
        if (!_oneIn(4)) return;
        _fund(token, owner, amount);
        _stop(token);
        _try(owner, token, abi.encodeCall(IERC20.approve, (address(escrow), amount)));
        bool open = dealing && _canReceive(token, owner);
        bytes4 reason = _mustFail(owner, address(escrow), abi.encodeCall(escrow.deposit, (token, amount)));
        if (open) assertEq(reason, IDepositTokenCore.SystemAccountClosed.selector, "a stopped escrow takes nothing");
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

    function claim() external act {
        (address token, address owner) = _drawClaimable();
        _unpause(token);
        _welcome(token, owner);
        bool possible = _canReceive(token, owner) && escrow.claimableOf(token, owner) != 0;
        bool success = _once(_anybody(), address(escrow), abi.encodeCall(escrow.claim, (token, owner)));
        assertEq(success, possible, "a claim is paid as soon as its owner can receive");
    }

    /// @dev Not while the owner is allowed, and to nobody but a successor.
    function divertClaim() external act {
        (address token, address owner) = _drawClaimable();
        if (!_oneIn(16)) _refuse(token, owner);
        address to = _oneIn(16) ? _person() : _successor(token, owner);
        uint256 amount = escrow.claimableOf(token, owner);
        bytes memory call = abi.encodeCall(escrow.divertClaim, (token, owner, to));
        bool successor = to == suspense || customerAt[to].id == customerAt[owner].id;
        bool possible = successor && !_isAllowed(token, owner);
        if (!possible) _mustFail(_officer(token, Roles.COMPLIANCE), address(escrow), call);
        else if (_divert(token, call, amount)) _move(token, owner, to, amount);
    }

    function divertInventory() external act {
        _divertInventory(_token(), _dealer());
    }

    /// @dev A bank takes away a refused dealer's inventory, which is then kept for it.
    function _divertInventory(address token, address owner) private {
        _stock(token, owner, _amount(10 ** 9));
        _refuse(token, owner);
        bytes memory call = abi.encodeCall(escrow.divertInventory, (token, owner));
        _divert(token, call, escrow.inventoryOf(owner, token));
    }

    /// @dev Compliance of the token's own bank diverts, and only where there is something.
    function _divert(address token, bytes memory call, uint256 amount) private returns (bool success) {
        if (_oneIn(8)) _mustFail(officer[1 - bankOf[token]][Roles.COMPLIANCE], address(escrow), call);
        address compliance = _officer(token, Roles.COMPLIANCE);
        if (amount == 0) _mustFail(compliance, address(escrow), call);
        else success = _try(compliance, address(escrow), call);
    }

    /// @dev Somebody for whom something is kept; if there is nobody, a dealer is refused whose inventory is then.
    function _drawClaimable() private returns (address token, address owner) {
        token = _token();
        uint256 first = _roll(holders.length);
        for (uint256 i = 0; i < holders.length; ++i) {
            owner = holders[(first + i) % holders.length];
            if (escrow.claimableOf(token, owner) != 0) return (token, owner);
        }
        owner = _dealer();
        _divertInventory(token, owner);
    }

    /// @dev Another wallet of the same customer, or else the token's suspense account.
    function _successor(address token, address owner) private returns (address) {
        for (uint256 i = 0; i < customers.length; ++i) {
            bool same = customers[i] != owner && customerAt[customers[i]].id == customerAt[owner].id;
            if (same && _bankOf(token).registry.customerIdOf(customers[i]) != 0) return customers[i];
        }
        _welcome(token, suspense);
        bool named = IDepositToken(token).suspenseAccount() == suspense;
        _provide(named, token, abi.encodeCall(IDepositTokenExt.setSuspenseAccount, (suspense)));
        return suspense;
    }
}
