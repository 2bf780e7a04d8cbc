// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {IAllowlistRegistry} from "../../../contracts/interfaces/IAllowlistRegistry.sol";
import {ICorridorPolicy} from "../../../contracts/interfaces/ICorridorPolicy.sol";
import {IDepositToken} from "../../../contracts/interfaces/IDepositToken.sol";
import {ISettlementEscrow} from "../../../contracts/interfaces/ISettlementEscrow.sol";
import {Roles} from "../../../contracts/libraries/Roles.sol";
import {CustomerCategory} from "../../../contracts/types/Participant.sol";
import {ContractWallet} from "../support/ContractWallet.sol";
import {Deployments} from "../support/Deployments.sol";
import {RoleTable} from "../support/RoleTable.sol";
import {HostileSubscriber} from "../support/mocks/HostileSubscriber.sol";

/// @notice Two banks, three tokens (two of them the first bank's), one escrow, and everybody who plays a part.
/// @dev Every customer is one at both banks, so that any of them can pay any other in any two tokens.
abstract contract World is Deployments, RoleTable {
    uint64 internal constant ADMIN = Roles.ADMIN;
    uint64 internal constant REGISTRAR = Roles.REGISTRAR;
    uint64 internal constant COMPLIANCE = Roles.COMPLIANCE;
    uint64 internal constant POLICY_OFFICER = Roles.POLICY_OFFICER;
    uint64 internal constant TREASURER = Roles.TREASURER;
    uint64 internal constant GUARDIAN = Roles.GUARDIAN;
    uint64 internal constant PAYOUT_OFFICER = Roles.PAYOUT_OFFICER;
    uint64 internal constant RELEASER = Roles.RELEASER;
    uint64 internal constant ENFORCER = Roles.ENFORCER;
    uint64 internal constant ROLES = 9;

    uint256 internal constant BANKS = 2;
    uint256 internal constant TOKENS = 3;
    uint16 internal constant GERMANY = 276;
    uint16 internal constant FRANCE = 250;
    uint16 internal constant HONG_KONG = 344;
    uint8 internal constant EEA = 1;
    uint8 internal constant HK = 2;
    /// @dev 2026-03-02 12:00:00 UTC, a Monday.
    uint256 internal constant START = 1_772_452_800;

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

    Bank[BANKS] internal banks;
    IDepositToken[TOKENS] internal tokens;
    mapping(address token => uint256 bank) internal bankOf;
    ISettlementEscrow internal escrow;
    /// @dev A second system account of each token, which does what a handler has it do.
    address internal systemAccount;
    /// @dev The tokens' code, and the same again to upgrade to.
    address[2] internal implementations;

    /// @dev Everybody who could hold a token: customers, system accounts, and the stranger, who never should.
    address[] internal holders;
    address[] internal customers;
    mapping(address wallet => Customer) internal customerAt;
    mapping(uint256 bank => mapping(uint64 role => address)) internal officer;
    mapping(address signer => uint256) internal keyOf;

    address[2] internal dealers;
    address internal minter;
    address internal suspense;
    address internal approver;
    address internal dealerSigner;
    address internal operator = makeAddr("operator");
    address internal arbiter = makeAddr("arbiter");
    address internal stranger = makeAddr("stranger");
    address internal clerk = makeAddr("clerk");
    /// @dev A subscriber of every registry that never hears of anything.
    address internal failing = address(new HostileSubscriber(HostileSubscriber.Answer.RevertMuch));

    constructor() {
        vm.warp(START);
        escrow = _newSettlementEscrow();
        systemAccount = address(_newSettlementEscrow());
        implementations = [_newDepositToken(), _newDepositToken()];
        for (uint256 b = 0; b < BANKS; ++b) {
            _openBank(b);
        }
        _openToken(0, 0, "EUR");
        _openToken(1, 0, "USD");
        _openToken(2, 1, "HKD");
        _meetEverybody();
        for (uint256 b = 0; b < BANKS; ++b) {
            _openRegistry(b);
        }
        for (uint256 t = 0; t < TOKENS; ++t) {
            vm.startPrank(officer[bankOf[address(tokens[t])]][ADMIN]);
            tokens[t].activateSystemAccount(address(escrow));
            tokens[t].activateSystemAccount(systemAccount);
            for (uint256 other = 0; other < TOKENS; ++other) {
                if (other != t) tokens[t].setAccepted(address(tokens[other]), true);
            }
            vm.startPrank(officer[bankOf[address(tokens[t])]][RELEASER]);
            tokens[t].unpause();
            vm.stopPrank();
        }
    }

    /* BANKS */

    function _openBank(uint256 b) private {
        string memory name = b == 0 ? "first " : "second ";
        string[ROLES] memory titles = [
            "governor",
            "registrar",
            "compliance",
            "policy officer",
            "treasurer",
            "guardian",
            "payout officer",
            "releaser",
            "enforcer"
        ];
        for (uint64 role = 0; role < ROLES; ++role) {
            officer[b][role] = makeAddr(string.concat(name, titles[role]));
        }
        IAccessManager manager = _newAccessManager(officer[b][ADMIN]);
        banks[b].manager = manager;
        vm.startPrank(officer[b][ADMIN]);
        for (uint64 role = 1; role < ROLES; ++role) {
            manager.grantRole(role, officer[b][role], 0);
        }
        vm.stopPrank();
        banks[b].registry = _newRegistry(b);
        banks[b].policy = _newPolicy(b);
        _giveRoles(b, "SettlementEscrow", address(escrow));
    }

    function _openToken(uint256 t, uint256 b, bytes3 currency) private {
        Bank storage bank = banks[b];
        IDepositToken token = _newToken(
            string.concat("Deposit ", string(bytes.concat(currency))),
            string(bytes.concat(currency)),
            currency,
            2,
            [address(bank.manager), address(bank.registry), address(bank.policy)],
            10 ** 18
        );
        (tokens[t], bankOf[address(token)]) = (token, b);
        _giveRoles(b, "DepositToken", address(token));
    }

    /// @dev A registry without customers, as the bank's next.
    function _newRegistry(uint256 b) internal returns (IAllowlistRegistry registry) {
        registry = _newAllowlistRegistry(address(banks[b].manager), banks[b].registry);
        _giveRoles(b, "AllowlistRegistry", address(registry));
    }

    /// @dev A policy without corridors.
    function _newPolicy(uint256 b) internal returns (ICorridorPolicy policy) {
        policy = _newCorridorPolicy(address(banks[b].manager));
        _giveRoles(b, "CorridorPolicy", address(policy));
    }

    /// @dev The first registry of a bank learns zones and tokens; its customers come when they are first needed.
    function _openRegistry(uint256 b) private {
        (uint16[] memory eea, uint16[] memory hk) = _zones();
        vm.startPrank(officer[b][ADMIN]);
        banks[b].registry.setZone(eea, EEA);
        banks[b].registry.setZone(hk, HK);
        banks[b].registry.subscribe(failing);
        for (uint256 t = 0; t < TOKENS; ++t) {
            if (bankOf[address(tokens[t])] == b) banks[b].registry.subscribe(address(tokens[t]));
        }
        vm.stopPrank();
    }

    function _zones() internal pure returns (uint16[] memory eea, uint16[] memory hk) {
        (eea, hk) = (new uint16[](2), new uint16[](1));
        (eea[0], eea[1], hk[0]) = (GERMANY, FRANCE, HONG_KONG);
    }

    function _giveRoles(uint256 b, string memory name, address target) private {
        vm.startPrank(officer[b][ADMIN]);
        _openFunctions(banks[b].manager, name, target);
        vm.stopPrank();
    }

    /* PEOPLE */

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
        dealers = [_signer("dealer"), _signer("rival")];
        _meet(dealers[0], CustomerCategory.Dealer, GERMANY, 6);
        _meet(dealers[1], CustomerCategory.Dealer, HONG_KONG, 7);
        minter = _signer("minter");
        _meet(minter, CustomerCategory.Institution, GERMANY, 8);
        suspense = _signer("suspense");
        _meet(suspense, CustomerCategory.Institution, HONG_KONG, 9);
        // Tokens that were sent to a token, to be rescued.
        _meet(address(tokens[0]), CustomerCategory.Institution, GERMANY, 10);
        holders.push(systemAccount);
        holders.push(stranger);
        approver = _signer("approver");
        dealerSigner = _signer("dealerSigner");
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

    /* LOOK-UP */

    function _bankOf(address token) internal view returns (Bank storage) {
        return banks[bankOf[token]];
    }
}
