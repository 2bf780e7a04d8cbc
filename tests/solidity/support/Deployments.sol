// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./Words.sol";
import "./reverts/EscrowReverts.sol" as EscrowReverts;
import "./reverts/GovernanceReverts.sol" as GovernanceReverts;
import "./reverts/PolicyReverts.sol" as PolicyReverts;
import "./reverts/RegistryReverts.sol" as RegistryReverts;
import "./reverts/TokenReverts.sol" as TokenReverts;

/// @notice Deploys the contracts with the very bytecode that is shipped.
/// @dev By their artifacts' names: a file that imported a contract would compile it again with the tests' settings.
abstract contract Deployments is Test {
    function _newAccessManager(address admin) internal returns (IAccessManager) {
        return IAccessManager(deployCode("AccessManager.sol:AccessManager", abi.encode(admin)));
    }

    /// @dev Without a predecessor.
    function _newAllowlistRegistry(address authority) internal returns (IAllowlistRegistry) {
        return _newAllowlistRegistry(authority, IAllowlistRegistry(address(0)));
    }

    function _newAllowlistRegistry(address authority, IAllowlistRegistry former) internal returns (IAllowlistRegistry) {
        return IAllowlistRegistry(deployCode("AllowlistRegistry.sol:AllowlistRegistry", abi.encode(authority, former)));
    }

    function _newCorridorPolicy(address authority) internal returns (ICorridorPolicy) {
        return ICorridorPolicy(deployCode("CorridorPolicy.sol:CorridorPolicy", abi.encode(authority)));
    }

    function _newSettlementEscrow() internal returns (ISettlementEscrow) {
        return ISettlementEscrow(deployCode("SettlementEscrow.sol:SettlementEscrow"));
    }

    function _newExtension() internal returns (address) {
        return deployCode("DepositTokenExt.sol:DepositTokenExt");
    }

    /// @dev The code behind a token's proxy.
    function _newDepositToken() internal returns (address) {
        return _newDepositToken(_newExtension());
    }

    function _newDepositToken(address extension) internal returns (address) {
        return deployCode("DepositToken.sol:DepositToken", abi.encode(extension));
    }

    function _newProxy(address implementation, bytes memory initialization) internal returns (address) {
        return deployCode("ERC1967Proxy.sol:ERC1967Proxy", abi.encode(implementation, initialization));
    }

    /// @dev A token of a bank, behind its proxy.
    function _newToken(
        string memory name,
        string memory symbol,
        bytes3 currency,
        uint8 decimals,
        address[3] memory bank,
        uint128 cap
    ) internal returns (IDepositToken) {
        bytes memory initialization = abi.encodeCall(
            IDepositTokenMain.initialize, (name, symbol, currency, decimals, bank[0], bank[1], bank[2], cap)
        );
        return IDepositToken(_newProxy(_newDepositToken(), initialization));
    }

    function _newBankTimelock(uint256 delay, uint256 least, address governor, address setUpKey)
        internal
        returns (TimelockController)
    {
        bytes memory arguments = abi.encode(delay, least, governor, setUpKey);
        return TimelockController(payable(deployCode("BankTimelock.sol:BankTimelock", arguments)));
    }

    function _newRecoveryTimelock(TimelockController bank, address board) internal returns (TimelockController) {
        return TimelockController(payable(deployCode("RecoveryTimelock.sol:RecoveryTimelock", abi.encode(bank, board))));
    }

    function _newRoleKeeper(IAccessManager manager, TimelockController bank, uint32 delay)
        internal
        returns (IRoleKeeper)
    {
        return IRoleKeeper(deployCode("RoleKeeper.sol:RoleKeeper", abi.encode(manager, bank, delay)));
    }
}
