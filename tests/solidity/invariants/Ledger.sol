// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Bytes} from "@openzeppelin/contracts/utils/Bytes.sol";

import "../support/Words.sol";

/// @notice The test's own books of the world, kept by what each act is meant to do and never read from a contract.
abstract contract Ledger {
    /// @dev A payment as the escrow was told to keep it; captured in minor units of the source token, refunded of the
    /// target token.
    struct BookedPayment {
        Payment terms;
        bytes32 id;
        PaymentStatus status;
        uint104 captured;
        uint104 refunded;
        Count count;
    }

    struct Count {
        address policy;
        address token;
        uint32 quotaRef;
        uint128 customerId;
    }

    struct BookedRedemption {
        address token;
        uint256 id;
        address holder;
        RedemptionStatus status;
        uint256 amount;
    }

    /// @dev What is somebody's own, be it in a wallet, in the escrow's inventory or claimable there.
    mapping(address token => mapping(address owner => uint256)) internal wealth;
    /// @dev The owner, in these books, of what open payments hold.
    address internal constant HELD = address(0);
    mapping(address token => uint256) internal issued;
    mapping(address token => mapping(address holder => uint256)) internal frozen;
    mapping(address token => mapping(address holder => uint256)) internal locked;

    mapping(address token => uint128[]) internal entriesOf;
    mapping(address token => uint64) internal ledgerOf;
    uint64 internal lastSequence;
    uint64 internal lastLedger = 7000;

    /// @dev At index 0 stands none, here and below.
    BookedPayment[] internal payments;
    BookedRedemption[] internal redemptions;
    mapping(bytes32 count => uint256) internal used;

    /// @dev Zero before a bank's first.
    mapping(address registry => address) internal formerOf;
    mapping(address registry => mapping(address wallet => bool)) internal knownAt;
    mapping(address registry => mapping(address wallet => bool)) internal blockedAt;
    mapping(address registry => mapping(uint128 customerId => bool)) internal customerBlockedAt;

    constructor() {
        payments.push();
        redemptions.push();
    }

    function _move(address token, address from, address to, uint256 amount) internal {
        wealth[token][from] -= amount;
        wealth[token][to] += amount;
    }

    function _bookMint(address token, address to, uint256 amount) internal {
        issued[token] += amount;
        wealth[token][to] += amount;
    }

    function _bookBurn(address token, address from, uint256 amount) internal {
        issued[token] -= amount;
        wealth[token][from] -= amount;
    }

    function _bookOpening(Payment memory terms, bytes32 id, Count memory count) internal {
        BookedPayment storage payment = payments.push();
        (payment.terms, payment.id, payment.status, payment.count) = (terms, id, PaymentStatus.Authorized, count);
        _move(terms.sourceToken, terms.payer, HELD, terms.sourceAmount);
        if (terms.dealer != address(0)) _move(terms.targetToken, terms.dealer, HELD, terms.targetAmount);
    }

    /// @dev `amount` of the source goes to the dealer and its share of the target to the merchant; in one token all
    /// goes to the merchant.
    function _bookCapture(BookedPayment storage payment, uint104 amount) internal {
        Payment memory terms = payment.terms;
        (uint256 paid, uint256 fee) = _payout(payment, amount);
        payment.captured += amount;
        if (terms.dealer != address(0)) _move(terms.sourceToken, HELD, terms.dealer, amount);
        _move(terms.targetToken, HELD, terms.merchant, paid);
        _move(terms.targetToken, HELD, terms.feeReceiver, fee);
        if (payment.captured == terms.sourceAmount) payment.status = PaymentStatus.Captured;
    }

    function _bookReturn(BookedPayment storage payment, PaymentStatus status) internal returns (uint256 returned) {
        Payment memory terms = payment.terms;
        payment.status = status;
        returned = _leftOf(payment);
        _move(terms.sourceToken, HELD, terms.payer, returned);
        if (terms.dealer == address(0)) return returned;
        _move(terms.targetToken, HELD, terms.dealer, terms.targetAmount - _targetShare(terms, payment.captured));
    }

    function _bookRefund(BookedPayment storage payment, RefundQuote memory quote) internal {
        Payment memory terms = payment.terms;
        payment.refunded += quote.targetAmount;
        bool direct = quote.dealer == address(0);
        _move(terms.targetToken, terms.merchant, direct ? terms.payer : quote.dealer, quote.targetAmount);
        if (!direct) _move(terms.sourceToken, quote.dealer, terms.payer, quote.sourceAmount);
    }

    function _payout(BookedPayment storage payment, uint104 amount) internal view returns (uint256 paid, uint256 fee) {
        Payment memory terms = payment.terms;
        uint256 before = _targetShare(terms, payment.captured);
        uint256 afterwards = _targetShare(terms, uint256(payment.captured) + amount);
        fee = afterwards * terms.feeBps / 10_000 - before * terms.feeBps / 10_000;
        paid = afterwards - before - fee;
    }

    function _targetShare(Payment memory terms, uint256 captured) internal pure returns (uint256) {
        return captured * terms.targetAmount / terms.sourceAmount;
    }

    function _leftOf(BookedPayment storage payment) internal view returns (uint104) {
        return payment.terms.sourceAmount - payment.captured;
    }

    function _isOpen(BookedPayment storage payment) internal view returns (bool) {
        return payment.status == PaymentStatus.Authorized || payment.status == PaymentStatus.Disputed;
    }

    /// @dev Of a call that a registry has let through.
    function _bookOrder(address registry, bytes memory call) internal {
        (bytes4 order, bytes memory data) = (bytes4(call), Bytes.slice(call, 4));
        (address wallet, uint128 id) = (address(uint160(uint256(bytes32(data)))), uint128(uint256(bytes32(data))));
        if (order == IAllowlistRegistry.register.selector) knownAt[registry][wallet] = true;
        if (order == IAllowlistRegistry.blockWallet.selector) blockedAt[registry][wallet] = true;
        if (order == IAllowlistRegistry.unblockWallet.selector) blockedAt[registry][wallet] = false;
        if (order == IAllowlistRegistry.blockCustomer.selector) customerBlockedAt[registry][id] = true;
        if (order == IAllowlistRegistry.unblockCustomer.selector) customerBlockedAt[registry][id] = false;
        if (order != IAllowlistRegistry.registerBatch.selector) return;
        (address[] memory wallets,) = abi.decode(data, (address[], uint256[]));
        for (uint256 i = 0; i < wallets.length; ++i) {
            knownAt[registry][wallets[i]] = true;
        }
    }

    /// @dev Why a wallet can't be registered after this registry: a block of its own, or else of its customer, here or
    /// before; zero without one.
    function _blockReason(address registry, address wallet, uint128 id) internal view returns (bytes4 reason) {
        for (; registry != address(0); registry = formerOf[registry]) {
            if (blockedAt[registry][wallet]) return IAllowlistRegistry.WalletIsBlocked.selector;
            if (customerBlockedAt[registry][id]) reason = IAllowlistRegistry.CustomerIsBlocked.selector;
        }
    }

    function _key(Count memory count) internal pure returns (bytes32) {
        return keccak256(abi.encode(count));
    }
}
