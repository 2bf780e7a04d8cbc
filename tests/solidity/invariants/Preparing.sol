// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./Acting.sol";

/// @notice Puts in place what an act needs of a bank and of its customers, mostly; and takes away what it had.
abstract contract Preparing is Acting {
    function _provide(bool inPlace, address target, bytes memory order) internal {
        if (!inPlace && !_leaveAsIs()) _byRole(target, order);
    }

    function _unpause(address token) internal {
        _provide(!IDepositToken(token).paused(), token, abi.encodeCall(IDepositTokenExt.unpause, ()));
    }

    function _activate(address token, address account) internal {
        bool active = IDepositToken(token).systemStatusOf(account) == SystemStatus.Active;
        _provide(active, token, abi.encodeCall(IDepositTokenExt.activateSystemAccount, (account)));
    }

    function _stop(address token) internal {
        if (IDepositToken(token).systemStatusOf(address(escrow)) != SystemStatus.Active) return;
        _byRole(token, abi.encodeCall(IDepositTokenExt.stopSystemAccount, (address(escrow))));
    }

    /// @dev Each of two tokens is accepted by the other's bank.
    function _accept(address first, address second) internal {
        _acceptAt(first, second);
        _acceptAt(second, first);
    }

    function _acceptAt(address token, address other) private {
        Acceptance acceptance = IDepositToken(token).acceptanceOf(other);
        bytes memory order = acceptance == Acceptance.RefundsOnly
            ? abi.encodeCall(IDepositTokenExt.resumeAccepted, (other))
            : abi.encodeCall(IDepositTokenExt.setAccepted, (other, true));
        _provide(token == other || acceptance == Acceptance.Accepted, token, order);
    }

    /// @dev Whether each of two tokens has at least this acceptance at the other's bank; one token needs none.
    function _isAccepted(Payment memory terms, Acceptance least) private view returns (bool) {
        (IDepositToken source, IDepositToken target) =
            (IDepositToken(terms.sourceToken), IDepositToken(terms.targetToken));
        bool here = target.acceptanceOf(terms.sourceToken) >= least;
        return source == target || (here && source.acceptanceOf(terms.targetToken) >= least);
    }

    /// @dev A dealer stands between two tokens and nowhere else, allowed by both banks now, which accept each other's
    /// token at least so far.
    function _assertDealing(Payment memory terms, address dealer, Acceptance least) internal view {
        bool direct = dealer == address(0);
        assertEq(direct, terms.sourceToken == terms.targetToken, "a dealer for two tokens, none for one");
        assertTrue(direct || _isAllowed(terms.sourceToken, dealer), "dealer at the payer's bank");
        assertTrue(direct || _isAllowed(terms.targetToken, dealer), "dealer at the merchant's bank");
        assertTrue(_isAccepted(terms, least), "both banks accept the other's token, or have not struck it off");
    }

    function _welcome(address token, address wallet) internal {
        (address registry, uint128 id) = (_registryOf(token), customerAt[wallet].id);
        if (_isAllowed(token, wallet) || id == 0 || _leaveAsIs()) return;
        _unblock(registry, wallet);
        _enroll(token, wallet);
        if (_isAllowed(token, wallet)) return;
        _byRole(registry, abi.encodeCall(IAllowlistRegistry.renew, (wallet, _nextReview())));
    }

    /// @dev Who is not registered, or was revoked since, is registered.
    function _enroll(address token, address wallet) internal {
        if (_isKnown(token, wallet)) return;
        _liftBehind(token, wallet);
        _byRole(_registryOf(token), _registration(wallet));
    }

    /// @dev The bank lets the customer go, or blocks it or its wallet.
    function _refuse(address token, address wallet) internal {
        if (!_isAllowed(token, wallet)) return;
        _enroll(token, wallet);
        bytes[3] memory orders = [
            abi.encodeCall(IAllowlistRegistry.revoke, (wallet)),
            abi.encodeCall(IAllowlistRegistry.blockWallet, (wallet, "LEGL")),
            abi.encodeCall(IAllowlistRegistry.blockCustomer, (customerAt[wallet].id, "LEGL"))
        ];
        _byRole(_registryOf(token), orders[_roll(3)]);
    }

    function _unblock(address registry, address wallet) internal {
        uint128 id = customerAt[wallet].id;
        if (blockedAt[registry][wallet]) _byRole(registry, abi.encodeCall(IAllowlistRegistry.unblockWallet, (wallet)));
        if (!customerBlockedAt[registry][id]) return;
        _byRole(registry, abi.encodeCall(IAllowlistRegistry.unblockCustomer, (id)));
    }

    /// @dev The blocks that a wallet left behind still has at the bank's earlier registries.
    function _liftBehind(address token, address wallet) internal {
        IAllowlistRegistry registry = _bankOf(token).registry;
        address former = formerOf[address(registry)];
        if (registry.participantOf(wallet).status() != ParticipantStatus.None) return;
        bytes4 reason = _blockReason(former, wallet, customerAt[wallet].id);
        if (reason != 0) _roleMustFail(address(registry), _registration(wallet), reason);
        for (; former != address(0); former = formerOf[former]) {
            _unblock(former, wallet);
        }
    }

    function _registration(address wallet) private returns (bytes memory) {
        (Customer memory known, uint40 until) = (customerAt[wallet], _nextReview());
        return abi.encodeCall(IAllowlistRegistry.register, (wallet, known.category, known.country, until, known.id));
    }

    function _nextReview() internal returns (uint40) {
        return uint40(block.timestamp + 1 days + _roll(365 days));
    }

    function _isKnown(address token, address wallet) internal view returns (bool) {
        return _bankOf(token).registry.participantOf(wallet).validUntil() != 0;
    }

    function _equip(address token, uint256 amount) internal {
        (uint64 ledgerId, uint128 allowance, uint128 ceiling) = IDepositToken(token).minterOf(minter);
        if (ledgerId == 0 || ceiling < amount) _setMinter(token, ledgerOf[token]);
        else if (allowance < amount) _byRole(token, abi.encodeCall(IDepositTokenExt.refill, (minter)));
        uint256 supply = IERC20(token).totalSupply() + amount;
        if (supply <= IDepositToken(token).supplyCap()) return;
        _byRole(token, abi.encodeCall(IDepositTokenExt.setSupplyCap, (uint128(supply))));
    }

    /// @dev Without a ledger of its own so far, the token claims a new one.
    function _setMinter(address token, uint64 ledgerId) internal {
        if (ledgerId == 0) ledgerId = ++lastLedger;
        uint128 ceiling = uint128(10 ** 13 + _roll(10 ** 15));
        bytes memory call = abi.encodeCall(IDepositTokenExt.setMinter, (minter, ledgerId, ceiling));
        bool success = _byRole(token, call);
        _count("AllowlistRegistry", IAllowlistRegistry.claimLedger.selector, success, false);
        if (success) ledgerOf[token] = ledgerId;
    }

    function _mint(address token, address to, uint256 amount) internal {
        bytes memory call = abi.encodeWithSelector(IDepositTokenMain.mint.selector, to, amount);
        if (_useEntry(token, call)) _bookMint(token, to, amount);
    }

    function _fund(address token, address holder, uint256 amount) internal {
        _unpause(token);
        _welcome(token, holder);
        uint256 needed = amount + locked[token][holder] + frozen[token][holder];
        uint256 balance = IERC20(token).balanceOf(holder);
        if (balance >= needed || _leaveAsIs()) return;
        uint256 missing = needed + _amount(amount) - balance;
        _equip(token, missing);
        _mint(token, holder, missing);
    }

    function _stock(address token, address dealer, uint256 amount) internal {
        _welcome(token, dealer);
        uint256 free = escrow.inventoryOf(dealer, token);
        if (free < amount) _deposit(token, dealer, amount - free);
    }

    /// @dev Nobody's wealth changes by it.
    function _deposit(address token, address owner, uint256 amount) internal {
        _fund(token, owner, amount);
        _activate(token, address(escrow));
        _try(owner, token, abi.encodeCall(IERC20.approve, (address(escrow), amount)));
        _try(owner, address(escrow), abi.encodeCall(escrow.deposit, (token, amount)));
    }

    /// @dev The dealer's, or its signer's if it has named one.
    function _dealerSignature(address dealer, bytes32 digest) internal returns (bytes memory) {
        if (dealer == address(0)) return "";
        bool bySigner = _oneIn(2) && escrow.isDealerSigner(dealer, dealerSigner);
        return _sign(bySigner ? dealerSigner : dealer, digest);
    }

    function _freshEntry(address token) internal returns (uint128) {
        return (uint128(ledgerOf[token]) << 64) | ++lastSequence;
    }

    /// @dev A minter's call, to whose arguments a fresh entry is added as the last; now and then one is tried first
    /// that was used before, for a mint or a burn.
    function _useEntry(address token, bytes memory call) internal returns (bool success) {
        uint128 entry = entriesOf[token].length == 0 ? 0 : entriesOf[token][_roll(entriesOf[token].length)];
        bool own = entry != 0 && uint64(entry >> 64) == ledgerOf[token];
        if (own && _oneIn(8)) _mustBeConsumed(token, bytes.concat(call, abi.encode(entry)));
        entry = _freshEntry(token);
        success = _own(minter, token, bytes.concat(call, abi.encode(entry)));
        if (success) entriesOf[token].push(entry);
    }

    /// @dev What the minter asks for with a used entry is refused for that alone, whenever it may ask for anything.
    function _mustBeConsumed(address token, bytes memory call) internal {
        (uint64 ledgerId,,) = IDepositToken(token).minterOf(minter);
        bool mayAsk = ledgerId != 0 && !IDepositToken(token).paused();
        bytes4 reason = _mustFail(minter, token, call);
        if (mayAsk) assertEq(reason, IDepositTokenCore.EntryConsumed.selector, "an entry is used once");
    }
}
