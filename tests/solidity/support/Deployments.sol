// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./Words.sol";
import "./reverts/EscrowReverts.sol" as EscrowReverts;
import "./reverts/GovernanceReverts.sol" as GovernanceReverts;
import "./reverts/PolicyReverts.sol" as PolicyReverts;
import "./reverts/RegistryReverts.sol" as RegistryReverts;
import "./reverts/TokenReverts.sol" as TokenReverts;

// Deploys the contracts with the very bytecode that is shipped, by their artifacts' names: a file that imported a
// contract would compile it again with the tests' settings.

function newAccessManager(address admin) returns (IAccessManager) {
    return IAccessManager(deploy("AccessManager.sol:AccessManager", abi.encode(admin)));
}

/// @dev Without a predecessor.
function newAllowlistRegistry(address authority) returns (IAllowlistRegistry) {
    return newAllowlistRegistry(authority, IAllowlistRegistry(address(0)));
}

function newAllowlistRegistry(address authority, IAllowlistRegistry former) returns (IAllowlistRegistry) {
    return IAllowlistRegistry(deploy("AllowlistRegistry.sol:AllowlistRegistry", abi.encode(authority, former)));
}

function newCorridorPolicy(address authority) returns (ICorridorPolicy) {
    return ICorridorPolicy(deploy("CorridorPolicy.sol:CorridorPolicy", abi.encode(authority)));
}

function newSettlementEscrow() returns (ISettlementEscrow) {
    return ISettlementEscrow(deploy("SettlementEscrow.sol:SettlementEscrow", ""));
}

function newExtension() returns (address) {
    return deploy("DepositTokenExt.sol:DepositTokenExt", "");
}

/// @dev The code behind a token's proxy.
function newDepositToken() returns (address) {
    return newDepositToken(newExtension());
}

function newDepositToken(address extension) returns (address) {
    return deploy("DepositToken.sol:DepositToken", abi.encode(extension));
}

function newProxy(address implementation, bytes memory initialization) returns (address) {
    return deploy("ERC1967Proxy.sol:ERC1967Proxy", abi.encode(implementation, initialization));
}

/// @dev A token of a bank, behind its proxy.
function newToken(
    string memory name,
    string memory symbol,
    bytes3 currency,
    uint8 decimals,
    address[3] memory bank,
    uint128 cap
) returns (IDepositToken) {
    bytes memory initialization = abi.encodeCall(
        IDepositTokenMain.initialize, (name, symbol, currency, decimals, bank[0], bank[1], bank[2], cap)
    );
    return IDepositToken(newProxy(newDepositToken(), initialization));
}

function newBankTimelock(uint256 delay, uint256 least, address governor, address setUpKey)
    returns (TimelockController)
{
    bytes memory arguments = abi.encode(delay, least, governor, setUpKey);
    return TimelockController(payable(deploy("BankTimelock.sol:BankTimelock", arguments)));
}

function newRecoveryTimelock(TimelockController bank, address board) returns (TimelockController) {
    return TimelockController(payable(deploy("RecoveryTimelock.sol:RecoveryTimelock", abi.encode(bank, board))));
}

function newRoleKeeper(IAccessManager manager, TimelockController bank, uint32 delay) returns (IRoleKeeper) {
    return IRoleKeeper(deploy("RoleKeeper.sol:RoleKeeper", abi.encode(manager, bank, delay)));
}

/// @dev Gives each function of a contract of this name that is not ADMIN's to the role that it has at a bank, as the
/// calling ADMIN. `make build` exports the one table there is of who may call what.
function openFunctions(IAccessManager manager, string memory name, address target) {
    string memory table = StdConstants.VM.readFile("out/roles.json");
    bytes32[] memory selectors = StdConstants.VM.parseJsonBytes32Array(table, string.concat(".", name, ".selectors"));
    uint256[] memory roles = StdConstants.VM.parseJsonUintArray(table, string.concat(".", name, ".roles"));
    StdConstants.VM.assertEq(selectors.length, roles.length);
    StdConstants.VM.assertGt(roles.length, 0);
    bytes4[] memory selector = new bytes4[](1);
    for (uint256 i = 0; i < roles.length; ++i) {
        selector[0] = bytes4(selectors[i]);
        manager.setTargetFunctionRole(target, selector, uint64(roles[i]));
    }
}

/// @dev From whichever contract the calling function is one of. What the constructor reverts with is passed on.
function deploy(string memory artifact, bytes memory arguments) returns (address deployed) {
    bytes memory code = bytes.concat(StdConstants.VM.getCode(artifact), arguments);
    assembly ("memory-safe") {
        deployed := create(0, add(code, 32), mload(code))
        if iszero(deployed) {
            let answer := mload(0x40)
            returndatacopy(answer, 0, returndatasize())
            revert(answer, returndatasize())
        }
    }
}
