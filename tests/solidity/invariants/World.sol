// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ContractWallet} from "../support/ContractWallet.sol";
import "../support/Deployments.sol";
import {HostileSubscriber} from "../support/mocks/HostileSubscriber.sol";

/// @notice Two banks, three tokens (two of them the first bank's), one escrow, and everybody who plays a part.
/// @dev Every customer is one at both banks, so that any of them can pay any other in any two tokens.
abstract contract World is Test {
    uint256 internal constant BANKS = 2;
    uint256 internal constant TOKENS = 3;
    uint64 internal constant ROLES = 9;
    uint16 internal constant GERMANY = 276;
    uint16 internal constant FRANCE = 250;
    uint16 internal constant HONG_KONG = 344;
    uint8 internal constant EEA = 1;
    uint8 internal constant HK = 2;

    struct Bank {
        IAccessManager manager;
        IAllowlistRegistry registry;
        ICorridorPolicy policy;
    }

    struct Customer {
        uint128 id;
        uint16 country;
        CustomerCategory category;
    }

    uint16[] internal countries = [GERMANY, FRANCE, HONG_KONG];
    Bank[BANKS] internal banks;
    IDepositToken[TOKENS] internal tokens;
    ISettlementEscrow internal escrow = newSettlementEscrow();
    /// @dev A second system account of each token, which does what a handler has it do.
    address internal systemAccount = address(newSettlementEscrow());
    /// @dev The tokens' code, and the same again to upgrade to.
    address[2] internal implementations = [newDepositToken(), newDepositToken()];
    mapping(address target => uint256 bank) internal bankOf;
    /// @dev The contract that stands at an address, whose name it keeps through upgrades and replacements.
    mapping(address target => string kind) internal kindOf;

    /// @dev Everybody who could hold a token: customers, system accounts, and the stranger, who never should.
    address[] internal holders;
    address[] internal customers;
    mapping(address wallet => Customer) internal customerAt;
    mapping(uint256 bank => mapping(uint64 role => address)) internal officer;
    /// @dev As the governors gave and took roles.
    mapping(uint256 bank => mapping(uint64 role => mapping(address account => bool))) internal hasRole;
    mapping(address signer => uint256) internal keyOf;

    address[2] internal dealers = [_signer("dealer"), _signer("rival")];
    address internal minter = _signer("minter");
    address internal suspense = _signer("suspense");
    address internal approver = _signer("approver");
    address internal dealerSigner = _signer("dealerSigner");
    address internal operator = makeAddr("operator");
    address internal arbiter = makeAddr("arbiter");
    address internal stranger = makeAddr("stranger");
    address internal clerk = makeAddr("clerk");
    /// @dev A subscriber of every registry that never hears of anything.
    address internal failing = address(new HostileSubscriber(HostileSubscriber.Answer.RevertMuch));

    constructor() {
        vm.warp(START);
        _openBank(0);
        _openBank(1);
        _openToken(0, 0, "EUR");
        _openToken(1, 0, "USD");
        _openToken(2, 1, "HKD");
        _meetEverybody();
    }

    function _openBank(uint256 b) private {
        for (uint64 role = 0; role < ROLES; ++role) {
            officer[b][role] = makeAddr(string.concat("bank ", vm.toString(b), ", role ", vm.toString(role)));
            hasRole[b][role][officer[b][role]] = true;
        }
        banks[b].manager = newAccessManager(officer[b][Roles.ADMIN]);
        for (uint64 role = 1; role < ROLES; ++role) {
            vm.prank(officer[b][Roles.ADMIN]);
            banks[b].manager.grantRole(role, officer[b][role], 0);
        }
        _admit(b, "SettlementEscrow", address(escrow));
        (banks[b].registry, banks[b].policy) = (_newRegistry(b), _newPolicy(b));
    }

    /// @dev Paused; what its bank has to let through, it does when that is first needed.
    function _openToken(uint256 t, uint256 b, bytes3 currency) private {
        Bank storage bank = banks[b];
        address[3] memory parts = [address(bank.manager), address(bank.registry), address(bank.policy)];
        string memory symbol = string(bytes.concat(currency));
        tokens[t] = newToken(string.concat("Deposit ", symbol), symbol, currency, 2, parts, 10 ** 18);
        _admit(b, "DepositToken", address(tokens[t]));
        vm.prank(officer[b][Roles.ADMIN]);
        bank.registry.subscribe(address(tokens[t]));
    }

    /// @dev A registry without customers, as the bank's next.
    function _newRegistry(uint256 b) internal returns (IAllowlistRegistry registry) {
        registry = newAllowlistRegistry(address(banks[b].manager), banks[b].registry);
        _admit(b, "AllowlistRegistry", address(registry));
        vm.startPrank(officer[b][Roles.ADMIN]);
        for (uint256 i = 0; i < countries.length; ++i) {
            registry.setZone(_only(countries[i]), _usualZone(countries[i]));
        }
        registry.subscribe(failing);
        vm.stopPrank();
    }

    function _newPolicy(uint256 b) internal returns (ICorridorPolicy policy) {
        policy = newCorridorPolicy(address(banks[b].manager));
        _admit(b, "CorridorPolicy", address(policy));
    }

    /// @dev A contract, its functions open to the bank's roles.
    function _admit(uint256 b, string memory kind, address target) private {
        (bankOf[target], kindOf[target]) = (b, kind);
        vm.startPrank(officer[b][Roles.ADMIN]);
        openFunctions(banks[b].manager, kind, target);
        vm.stopPrank();
    }

    function _usualZone(uint16 country) internal pure returns (uint8) {
        return country == HONG_KONG ? HK : EEA;
    }

    function _only(uint16 country) internal pure returns (uint16[] memory list) {
        list = new uint16[](1);
        list[0] = country;
    }

    function _meetEverybody() private {
        _meet(_signer("alice"), CustomerCategory.Retail, GERMANY, 1);
        _meet(_signer("alice's second wallet"), CustomerCategory.Retail, GERMANY, 1);
        _meet(_signer("bob"), CustomerCategory.Retail, FRANCE, 2);
        _meet(_signer("carol"), CustomerCategory.Retail, HONG_KONG, 3);
        _meet(_signer("shop"), CustomerCategory.Merchant, FRANCE, 4);
        // A wallet with code, which signs by its owner's key.
        address owner = _signer("owner");
        address wallet = address(new ContractWallet(owner));
        keyOf[wallet] = keyOf[owner];
        vm.label(wallet, "contract wallet");
        _meet(wallet, CustomerCategory.Merchant, GERMANY, 11);
        _meet(_signer("mart"), CustomerCategory.Merchant, HONG_KONG, 5);
        _meet(dealers[0], CustomerCategory.Dealer, GERMANY, 6);
        _meet(dealers[1], CustomerCategory.Dealer, HONG_KONG, 7);
        _meet(minter, CustomerCategory.Institution, GERMANY, 8);
        _meet(suspense, CustomerCategory.Institution, HONG_KONG, 9);
        // Tokens that were sent to a token, to be rescued.
        _meet(address(tokens[0]), CustomerCategory.Institution, GERMANY, 10);
        holders.push(systemAccount);
        holders.push(stranger);
    }

    function _meet(address wallet, CustomerCategory category, uint16 country, uint128 id) private {
        customers.push(wallet);
        holders.push(wallet);
        customerAt[wallet] = Customer(id, country, category);
    }

    function _signer(string memory name) private returns (address account) {
        uint256 key;
        (account, key) = makeAddrAndKey(name);
        keyOf[account] = key;
    }

    function _bankOf(address target) internal view returns (Bank storage) {
        return banks[bankOf[target]];
    }

    function _officer(address target, uint64 role) internal view returns (address) {
        return officer[bankOf[target]][role];
    }

    function _registryOf(address token) internal view returns (address) {
        return address(_bankOf(token).registry);
    }

    function _policyOf(address token) internal view returns (address) {
        return address(_bankOf(token).policy);
    }

    function _isAllowed(address token, address account) internal view returns (bool) {
        return _bankOf(token).registry.standingOf(account).validUntil() > block.timestamp;
    }

    function _canReceive(address token, address account) internal view returns (bool) {
        return _isAllowed(token, account) && !IDepositToken(token).paused();
    }

    function _isSystem(address account) internal view returns (bool) {
        return account == address(escrow) || account == systemAccount;
    }
}
