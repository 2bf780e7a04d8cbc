// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./Preparing.sol";

/// @notice What a bank says of its customers: registrations, reviews, blocks and zones, and who hears of it.
abstract contract RegistryHandler is Preparing {
    /// @dev Registers two customers by a batch, after their revocation if need be.
    function registerBatch() external act {
        (address token, uint256 first) = (_token(), _roll(customers.length));
        address registry = _registryOf(token);
        (address[] memory wallets, Participant[] memory records) = (new address[](2), new Participant[](2));
        for (uint256 i = 0; i < wallets.length; ++i) {
            wallets[i] = customers[(first + i) % customers.length];
            (Customer memory known, uint40 until) = (customerAt[wallets[i]], _nextReview());
            records[i] =
                ParticipantPacking.pack(ParticipantStatus.Active, known.category, known.country, until, known.id);
            _unblock(registry, wallets[i]);
            bytes memory revoking = abi.encodeCall(IAllowlistRegistry.revoke, (wallets[i]));
            if (_isKnown(token, wallets[i])) _byRole(registry, revoking);
            _liftBehind(token, wallets[i]);
        }
        _byRole(registry, abi.encodeCall(IAllowlistRegistry.registerBatch, (wallets, records)));
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

    /// @dev A review, a block, or another zone or none for a country; whoever needs the opposite has it undone.
    function orderRegistry() external act {
        for (uint256 i = 0; i < 3; ++i) {
            (address token, address wallet) = (_token(), _customer());
            uint16[] memory country = _only(countries[_roll(countries.length)]);
            _enroll(token, wallet);
            if (_oneIn(2)) _unblock(_registryOf(token), wallet);
            bytes[6] memory orders = [
                abi.encodeCall(IAllowlistRegistry.renew, (wallet, _nextReview())),
                abi.encodeCall(IAllowlistRegistry.revoke, (wallet)),
                abi.encodeCall(IAllowlistRegistry.blockWallet, (wallet, "LEGL")),
                abi.encodeCall(IAllowlistRegistry.blockCustomer, (customerAt[wallet].id, "LEGL")),
                abi.encodeCall(IAllowlistRegistry.setZone, (country, uint8(_roll(4)))),
                abi.encodeCall(IAllowlistRegistry.clearZone, (country))
            ];
            _byRole(_registryOf(token), orders[_roll(orders.length)]);
        }
    }

    function sync() external act {
        address holder = holders[_roll(holders.length)];
        _try(_anybody(), _token(), abi.encodeCall(IDepositTokenMain.sync, (holder)));
        _try(_anybody(), _token(), abi.encodeCall(IDepositTokenMain.syncEpoch, ()));
    }
}
