// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Bytes} from "@openzeppelin/contracts/utils/Bytes.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IAllowlistRegistry} from "../../../contracts/interfaces/IAllowlistRegistry.sol";
import {PaymentStatus} from "../../../contracts/types/PaymentSlot.sol";
import {RedemptionStatus} from "../../../contracts/types/Redemption.sol";
import {World} from "./World.sol";
import {Payment} from "../../../contracts/types/Payment.sol";
import {RefundQuote} from "../../../contracts/types/RefundQuote.sol";

/// @notice The test's own books of the world, kept by what each act is meant to do and never read from a contract.
abstract contract Ledger is World {
    /// @dev A payment as the escrow was told to keep it; captured in minor units of the source token, refunded of the
    /// target token.
    struct Deal {
        Payment terms;
        bytes32 id;
        PaymentStatus status;
        uint104 captured;
        uint104 refunded;
        Count count;
    }

    /// @dev What a policy counted, and where.
    struct Count {
        address policy;
        address token;
        uint32 quotaRef;
        uint128 customerId;
    }

    struct Payout {
        address token;
        uint256 id;
        address holder;
        RedemptionStatus status;
        uint256 amount;
    }

    /// @dev What is somebody's own, be it in a wallet, in the escrow's inventory or claimable there.
    mapping(address token => mapping(address owner => uint256)) internal wealth;
    mapping(address token => uint256) internal minted;
    mapping(address token => uint256) internal burned;
    /// @dev What open payments hold.
    mapping(address token => uint256) internal held;
    mapping(address token => mapping(address holder => uint256)) internal frozen;
    mapping(address token => mapping(address holder => uint256)) internal locked;

    mapping(address token => uint128[]) internal entriesOf;
    mapping(address token => uint64) internal ledgerOf;
    uint64 internal lastSequence;
    uint64 internal lastLedger = 7000;

    Deal[] internal deals;
    Payout[] internal payouts;
    /// @dev By the hash of a {Count}.
    mapping(bytes32 count => uint256) internal used;
    mapping(uint256 bank => mapping(uint64 role => mapping(address account => bool))) internal hasRole;

    /// @dev Zero before a bank's first.
    mapping(address registry => address) internal formerOf;
    mapping(address registry => mapping(address wallet => bool)) internal knownAt;
    mapping(address registry => mapping(address wallet => bool)) internal blockedAt;
    mapping(address registry => mapping(uint128 customerId => bool)) internal customerBlockedAt;

    constructor() {
        // At index 0 stands none.
        deals.push();
        payouts.push();
        for (uint256 b = 0; b < BANKS; ++b) {
            for (uint64 role = 0; role < ROLES; ++role) {
                hasRole[b][role][officer[b][role]] = true;
            }
        }
    }

    /* MONEY */

    function _credit(address token, address owner, uint256 amount) internal {
        wealth[token][owner] += amount;
    }

    function _debit(address token, address owner, uint256 amount) internal {
        wealth[token][owner] -= amount;
    }

    function _move(address token, address from, address to, uint256 amount) internal {
        _debit(token, from, amount);
        _credit(token, to, amount);
    }

    function _bookMint(address token, address to, uint256 amount, uint128 entry) internal {
        entriesOf[token].push(entry);
        minted[token] += amount;
        _credit(token, to, amount);
    }

    function _bookBurn(address token, address from, uint256 amount, uint128 entry) internal {
        entriesOf[token].push(entry);
        burned[token] += amount;
        _debit(token, from, amount);
    }

    /* PAYMENTS */

    function _bookOpening(Payment memory terms, bytes32 id, Count memory count) internal {
        Deal storage deal = deals.push();
        (deal.terms, deal.id, deal.status, deal.count) = (terms, id, PaymentStatus.Authorized, count);
        _debit(terms.sourceToken, terms.payer, terms.sourceAmount);
        held[terms.sourceToken] += terms.sourceAmount;
        if (terms.dealer == address(0)) return;
        _debit(terms.targetToken, terms.dealer, terms.targetAmount);
        held[terms.targetToken] += terms.targetAmount;
    }

    /// @dev `amount` of the source goes to the dealer and its share of the target to the merchant; in one token all
    /// goes to the merchant.
    function _bookCapture(Deal storage deal, uint104 amount) internal {
        Payment memory terms = deal.terms;
        (uint256 paid, uint256 fee) = _payoutOf(deal, amount);
        deal.captured += amount;
        held[terms.targetToken] -= paid + fee;
        if (terms.dealer != address(0)) {
            held[terms.sourceToken] -= amount;
            _credit(terms.sourceToken, terms.dealer, amount);
        }
        _credit(terms.targetToken, terms.merchant, paid);
        _credit(terms.targetToken, terms.feeReceiver, fee);
        if (deal.captured == terms.sourceAmount) deal.status = PaymentStatus.Captured;
    }

    /// @dev What was not captured goes back to both sides.
    function _bookReturn(Deal storage deal, PaymentStatus status) internal {
        Payment memory terms = deal.terms;
        deal.status = status;
        uint256 returned = terms.sourceAmount - deal.captured;
        held[terms.sourceToken] -= returned;
        _credit(terms.sourceToken, terms.payer, returned);
        if (terms.dealer != address(0)) {
            uint256 target = terms.targetAmount - _targetShare(terms, deal.captured);
            held[terms.targetToken] -= target;
            _credit(terms.targetToken, terms.dealer, target);
        }
        _uncount(deal.count, terms.payer, returned);
    }

    function _bookRefund(Deal storage deal, RefundQuote memory quote) internal {
        Payment memory terms = deal.terms;
        deal.refunded += quote.targetAmount;
        _debit(terms.targetToken, terms.merchant, quote.targetAmount);
        _credit(terms.sourceToken, terms.payer, quote.sourceAmount);
        if (quote.dealer != address(0)) {
            _credit(terms.targetToken, quote.dealer, quote.targetAmount);
            _debit(terms.sourceToken, quote.dealer, quote.sourceAmount);
        }
        _uncount(deal.count, terms.payer, quote.sourceAmount);
    }

    /// @dev What a capture of `amount` more pays the merchant and the fee receiver.
    function _payoutOf(Deal storage deal, uint104 amount) internal view returns (uint256 paid, uint256 fee) {
        Payment memory terms = deal.terms;
        uint256 before = _targetShare(terms, deal.captured);
        uint256 afterwards = _targetShare(terms, uint256(deal.captured) + amount);
        fee = afterwards * terms.feeBps / 10_000 - before * terms.feeBps / 10_000;
        paid = afterwards - before - fee;
    }

    function _targetShare(Payment memory terms, uint256 captured) internal pure returns (uint256) {
        return captured * terms.targetAmount / terms.sourceAmount;
    }

    function _isOpen(Deal storage deal) internal view returns (bool) {
        return deal.status == PaymentStatus.Authorized || deal.status == PaymentStatus.Disputed;
    }

    /* BLOCKS */

    /// @dev Of a call that a registry has let through.
    function _bookOrder(address registry, bytes memory call) internal {
        bytes4 order = bytes4(call);
        if (order == IAllowlistRegistry.register.selector) {
            knownAt[registry][abi.decode(Bytes.slice(call, 4), (address))] = true;
        } else if (order == IAllowlistRegistry.registerBatch.selector) {
            (address[] memory wallets,) = abi.decode(Bytes.slice(call, 4), (address[], uint256[]));
            for (uint256 i = 0; i < wallets.length; ++i) {
                knownAt[registry][wallets[i]] = true;
            }
        } else if (
            order == IAllowlistRegistry.blockWallet.selector || order == IAllowlistRegistry.unblockWallet.selector
        ) {
            bool blocking = order == IAllowlistRegistry.blockWallet.selector;
            blockedAt[registry][abi.decode(Bytes.slice(call, 4), (address))] = blocking;
        } else if (
            order == IAllowlistRegistry.blockCustomer.selector || order == IAllowlistRegistry.unblockCustomer.selector
        ) {
            bool blocking = order == IAllowlistRegistry.blockCustomer.selector;
            customerBlockedAt[registry][abi.decode(Bytes.slice(call, 4), (uint128))] = blocking;
        }
    }

    /// @dev Under a legal block at a token's bank.
    function _isBlocked(address token, address wallet) internal view returns (bool) {
        return _isBlockedAt(address(_bankOf(token).registry), wallet);
    }

    /// @dev A wallet that a registry does not know is looked for in the one before; a bank that never knew it does not
    /// know whose it is.
    function _isBlockedAt(address registry, address wallet) internal view returns (bool) {
        bool blocked;
        for (; registry != address(0); registry = formerOf[registry]) {
            blocked = blocked || blockedAt[registry][wallet] || customerBlockedAt[registry][customerAt[wallet].id];
            if (knownAt[registry][wallet]) return blocked;
        }
        return false;
    }

    /* QUOTAS */

    /// @dev What is given back counts no more, unless the token follows another policy by now; what is more than was
    /// counted is lost.
    function _uncount(Count memory count, address payer, uint256 amount) internal {
        if (count.quotaRef == 0 || count.policy != address(_bankOf(count.token).policy)) return;
        assertEq(_bankOf(count.token).registry.customerIdOf(payer), count.customerId, "a customer keeps its id");
        used[_key(count)] -= Math.min(amount, used[_key(count)]);
    }

    function _key(Count memory count) internal pure returns (bytes32) {
        return keccak256(abi.encode(count));
    }
}
