// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/Deployments.sol";

/// @notice A bank's contracts with the very bytecode that is deployed, the token behind its proxy, in whose storage
/// anything may stand: every account, copy, freeze, lock, minter, entry, record, zone and corridor is symbolic, and so
/// are pause, epochs, supply, cap and the present moment.
/// @dev For halmos; `forge test` finds nothing here. What begins with `check_` must hold for every input. What begins
/// with `reach_` must not: it shows that the calls which the checks examine can succeed at all. Concrete are the
/// contracts' addresses, which registry and policy the token points to, and the roles: this contract is the
/// administrator.
abstract contract SymbolicBank is Test {
    /// @dev Where the token's books lie (ERC-7201), as in {DepositTokenCore}.
    uint256 private constant BOOKS = 0x358f066af1ad54fbda2b5a39654ca8e0b44e4e791acc73172153aba47853c000;
    uint256 private constant SUPPLY = BOOKS + 2;
    uint256 private constant ACCOUNTS = BOOKS + 3;
    uint256 private constant MINTERS = BOOKS + 4;
    uint256 private constant ENCUMBRANCES = BOOKS + 7;

    IAllowlistRegistry internal registry;
    ICorridorPolicy internal policy;
    IDepositToken internal token;

    function setUp() public virtual {
        IAccessManager manager = newAccessManager(address(this));
        registry = newAllowlistRegistry(address(manager));
        policy = newCorridorPolicy(address(manager));
        token = newToken("Deposit", "DEP", "EUR", 2, [address(manager), address(registry), address(policy)], 0);
        vm.setArbitraryStorage(address(registry));
        vm.setArbitraryStorage(address(policy));
        vm.setArbitraryStorage(address(token));
        // What the set-up wrote is no longer arbitrary. Beside the registry lie the epochs and the pause.
        vm.store(address(token), bytes32(BOOKS), bytes32(vm.randomUint(96) << 160 | uint160(address(registry))));
        vm.store(address(token), bytes32(SUPPLY), bytes32(vm.randomUint()));
        vm.warp(vm.randomUint(block.timestamp, type(uint40).max));
    }

    function _account(address account) internal view returns (AccountSlot) {
        return AccountSlot.wrap(uint256(_load(account, ACCOUNTS)));
    }

    /// @dev The amounts that are frozen and locked, packed.
    function _encumbrance(address account) internal view returns (uint256) {
        return uint256(_load(account, ENCUMBRANCES));
    }

    function _frozen(address account) internal view returns (uint256) {
        return uint128(_encumbrance(account));
    }

    function _locked(address account) internal view returns (uint256) {
        return _encumbrance(account) >> 128;
    }

    function _spendable(address account) internal view returns (uint256) {
        uint256 encumbered = _frozen(account) + _locked(account);
        uint256 balance = _account(account).balance();
        return balance > encumbered ? balance - encumbered : 0;
    }

    function _ledgerId(address minter) internal view returns (uint256) {
        return uint64(uint256(_load(minter, MINTERS)));
    }

    function _allowance(address minter) internal view returns (uint256) {
        return uint128(uint256(_load(minter, MINTERS)) >> 64);
    }

    function _supply() internal view returns (uint256) {
        return uint128(uint256(vm.load(address(token), bytes32(SUPPLY))));
    }

    function _cap() internal view returns (uint256) {
        return uint256(vm.load(address(token), bytes32(SUPPLY))) >> 128;
    }

    /// @dev The mark without which a transfer does not look for encumbrances is set exactly if there are some: proven
    /// of a freeze by `check_freeze_sets_the_frozen_amount_alone`; of redemptions, the invariants watch it.
    function _assumeMarked(address account) internal view {
        vm.assume(_account(account).isEncumbered() == (_encumbrance(account) != 0));
    }

    function _call(address caller, bytes memory data) internal returns (bool success) {
        vm.prank(caller);
        (success,) = address(token).call(data);
    }

    /// @dev What stands above balance and copy: the marks of a system account and of an encumbrance, and the spare
    /// bits.
    function _marks(AccountSlot slot) internal pure returns (uint256) {
        return AccountSlot.unwrap(slot) >> 232;
    }

    function _same(AccountSlot first, AccountSlot second) internal pure returns (bool) {
        return AccountSlot.unwrap(first) == AccountSlot.unwrap(second);
    }

    function _load(address account, uint256 mappingSlot) private view returns (bytes32) {
        return vm.load(address(token), keccak256(abi.encode(account, mappingSlot)));
    }
}
