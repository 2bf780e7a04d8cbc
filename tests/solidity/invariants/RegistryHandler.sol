// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./Preparing.sol";

/// @notice What a bank says of its customers: registrations, reviews, blocks and zones, and who hears of it.
abstract contract RegistryHandler is Preparing {
    /* REGISTRAR */

    /// @dev Registers by a batch whoever of two customers is unknown, after their revocation if need be.
    function registerBatch() external act {
        address token = _token();
        (address[] memory wallets, Participant[] memory records) = (new address[](2), new Participant[](2));
        uint256 first = _roll(customers.length);
        for (uint256 i = 0; i < wallets.length; ++i) {
            wallets[i] = customers[(first + i) % customers.length];
            (Customer memory known, uint40 until) = (customerAt[wallets[i]], _nextReview());
            records[i] =
                ParticipantPacking.pack(ParticipantStatus.Active, known.category, known.country, until, known.id);
            _forget(token, wallets[i]);
        }
        _byRole(_registryOf(token), abi.encodeCall(IAllowlistRegistry.registerBatch, (wallets, records)));
    }

    function register() external act {
        (address token, address wallet) = (_token(), _customer());
        _forget(token, wallet);
        _enroll(token, wallet);
    }

    function renew() external act {
        (address registry, address wallet) = _drawWallet();
        _byRole(registry, abi.encodeCall(IAllowlistRegistry.renew, (wallet, _nextReview())));
    }

    function renewMany() external act {
        (address token, bytes[] memory calls) = (_token(), new bytes[](2));
        for (uint256 i = 0; i < calls.length; ++i) {
            address wallet = _customer();
            _enroll(token, wallet);
            calls[i] = abi.encodeCall(IAllowlistRegistry.renew, (wallet, _nextReview()));
        }
        bytes memory call = abi.encodeCall(Multicall.multicall, (calls));
        if (_oneIn(8)) _mustFail(stranger, _registryOf(token), call);
        _try(_officer(token, Roles.REGISTRAR), _registryOf(token), call);
    }

    function revoke() external act {
        (address registry, address wallet) = _drawWallet();
        _byRole(registry, abi.encodeCall(IAllowlistRegistry.revoke, (wallet)));
    }

    /* COMPLIANCE, POLICY OFFICER, GOVERNOR */

    function blockWallet() external act {
        (address token, address wallet) = (_token(), _customer());
        _unblock(_registryOf(token), wallet);
        if (!knownAt[_registryOf(token)][wallet]) _enroll(token, wallet);
        _byRole(_registryOf(token), abi.encodeCall(IAllowlistRegistry.blockWallet, (wallet, "LEGL")));
    }

    function blockCustomer() external act {
        (address registry, uint128 id) = (_registryOf(_token()), customerAt[_customer()].id);
        _unblockCustomer(registry, id);
        _byRole(registry, abi.encodeCall(IAllowlistRegistry.blockCustomer, (id, "LEGL")));
    }

    /// @dev A country joins the other zone, one of its own, or none; whoever needs it there puts it back.
    function setZone() external act {
        uint16[] memory country = _only(countries[_roll(countries.length)]);
        _byRole(_registryOf(_token()), abi.encodeCall(IAllowlistRegistry.setZone, (country, uint8(_roll(4)))));
        _byRole(_registryOf(_token()), abi.encodeCall(IAllowlistRegistry.clearZone, (country)));
    }

    /* ANYONE, TOKEN */

    function sync() external act {
        address holder = holders[_roll(holders.length)];
        _try(_anybody(), _token(), abi.encodeCall(IDepositTokenMain.sync, (holder)));
        _try(_anybody(), _token(), abi.encodeCall(IDepositTokenMain.syncEpoch, ()));
    }

    /// @dev As a token asks for itself: a ledger belongs to one token for ever.
    function claimLedger() external act {
        (address token, address other) = (_token(), _token());
        address registry = _registryOf(token);
        if (other != token && bankOf[other] == bankOf[token] && ledgerOf[other] != 0) {
            _mustFail(token, registry, abi.encodeCall(IAllowlistRegistry.claimLedger, (ledgerOf[other])));
        }
        uint64 ledgerId = _oneIn(2) && ledgerOf[token] != 0 ? ledgerOf[token] : ++lastLedger;
        bytes memory call = abi.encodeCall(IAllowlistRegistry.claimLedger, (ledgerId));
        if (_oneIn(8)) _mustFail(stranger, registry, call);
        _try(token, registry, call);
    }

    /* HELPERS */

    /// @dev A wallet that its bank has registered.
    function _drawWallet() private returns (address registry, address wallet) {
        address token = _token();
        (registry, wallet) = (_registryOf(token), _customer());
        _enroll(token, wallet);
    }
}
