// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./BankSystem.sol";
import {HostileToken} from "./mocks/HostileToken.sol";

/// @notice What the tests of the escrow share: a payer with money, a dealer with inventory, and the check that every
/// unit in the escrow is explained.
abstract contract EscrowSystem is BankSystem {
    uint104 internal constant STOCK = 20_000_00;
    /// @dev What a call of a token needs to begin: its share, what EIP-150 holds back of it, and the bookkeeping after.
    uint256 internal constant TOKEN_CALL_GAS = TOKEN_GAS + TOKEN_GAS / 63 + GAS_MARGIN;

    HostileToken internal hostile;
    uint256 internal neighbourKey;

    Payment[] private _payments;
    address[] private _tokens;
    address[] private _people;

    function setUp() public virtual override {
        super.setUp();
        (, neighbourKey) = makeAddrAndKey("neighbour");
        hostile = new HostileToken();
        eur.setAccepted(address(hostile), true);
        hkd.setAccepted(address(hostile), true);
        _tokens = [address(eur), address(hkd), address(hostile)];
        _people = [payer, merchant, dealer, neighbour, hkNeighbour, feeReceiver];
        _mint(eurBank, payer, 100_000_00);
        _stock(hkdBank, STOCK);
    }

    /* BALANCE */

    /// @dev After the test: each token's balance of the escrow is what payments hold, inventories and claimables.
    modifier balanced() {
        _;
        for (uint256 i = 0; i < _tokens.length; ++i) {
            _assertExplained(_tokens[i]);
        }
    }

    function _assertExplained(address token) internal view {
        uint256 owed = 0;
        for (uint256 i = 0; i < _payments.length; ++i) {
            owed += _held(_payments[i], token);
        }
        for (uint256 i = 0; i < _people.length; ++i) {
            owed += escrow.inventoryOf(_people[i], token) + escrow.claimableOf(token, _people[i]);
        }
        assertEq(IERC20(token).balanceOf(address(escrow)), owed, "escrow balance = held + inventory + claimable");
    }

    /// @dev Somebody who may have an inventory or a claimable, to be counted once.
    function _watch(address person) internal {
        for (uint256 i = 0; i < _people.length; ++i) {
            if (_people[i] == person) return;
        }
        _people.push(person);
    }

    function _held(Payment memory payment, address token) private view returns (uint256 held) {
        PaymentState memory state = escrow.paymentState(escrow.paymentId(payment));
        if (state.status != PaymentStatus.Authorized && state.status != PaymentStatus.Disputed) return 0;
        if (payment.sourceToken == token) held = payment.sourceAmount - state.captured;
        if (payment.dealer != address(0) && payment.targetToken == token) {
            held += payment.targetAmount - uint256(payment.targetAmount) * state.captured / payment.sourceAmount;
        }
    }

    /* ACTS */

    /// @dev Authorizes a payment and watches what it holds.
    function _open(Payment memory payment) internal returns (bytes32 id) {
        id = _authorize(payment);
        _payments.push(payment);
    }

    function _openTwoCurrencies() internal returns (Payment memory payment) {
        payment = _twoCurrencies();
        _open(payment);
    }

    function _openOneCurrency() internal returns (Payment memory payment) {
        payment = _oneCurrency();
        _open(payment);
    }

    /// @dev After whatever was captured before.
    function _capture(Payment memory payment, uint104 sourceAmount) internal {
        uint104 capturedBefore = _captured(payment);
        vm.prank(payment.operator);
        escrow.capture(payment, capturedBefore, sourceAmount);
    }

    /// @dev A capture after whatever was captured before reverts with `reason`.
    function _expectCaptureRefused(Payment memory payment, uint104 sourceAmount, bytes memory reason) internal {
        bytes memory call = abi.encodeCall(escrow.capture, (payment, _captured(payment), sourceAmount));
        _refused(payment.operator, address(escrow), call, reason);
    }

    function _captured(Payment memory payment) internal view returns (uint104) {
        return escrow.paymentState(escrow.paymentId(payment)).captured;
    }

    function _void(Payment memory payment) internal {
        vm.prank(payment.operator);
        escrow.void(payment);
    }

    /// @dev Refunds as the operator, with the signatures of merchant and dealer.
    function _refund(Payment memory payment, RefundQuote memory quote) internal {
        bytes memory merchantSignature = _merchantSignature(payment, quote);
        bytes memory dealerSignature = _quoteSignature(quote);
        vm.prank(payment.operator);
        escrow.refundWithAuthorization(payment, quote, merchantSignature, dealerSignature);
    }

    /// @dev The payer's bank wants to approve each payment from here to Hong Kong.
    function _needApproval() internal {
        Corridor memory rules = _corridor(Period.Year, YEARLY_QUOTA);
        rules.approvalNeeded = true;
        eurBank.policy.setCorridor(address(eur), EEA, HK, rules);
    }

    /// @dev Authorizing the payment, with good signatures, reverts with `reason`.
    function _expectRefused(Payment memory payment, bytes memory reason) internal {
        _expectRefused(payment, _noApproval(), reason);
    }

    function _expectRefused(Payment memory payment, PaymentApproval memory approval, bytes memory reason) internal {
        _expectRefused(payment, _payerSignature(payment), _dealerSignature(payment), approval, reason);
    }

    function _expectRefused(
        Payment memory payment,
        bytes memory payers,
        bytes memory dealers,
        PaymentApproval memory approval,
        bytes memory reason
    ) internal {
        bytes memory call = abi.encodeCall(escrow.authorize, (payment, payers, dealers, approval));
        _refused(payment.operator, address(escrow), call, reason);
    }

    /* TERMS */

    /// @dev 100.00 EUR from the payer for 850.00 of the hostile token to the merchant, no fee.
    function _intoHostile() internal view returns (Payment memory payment) {
        payment = _twoCurrencies();
        payment.targetToken = address(hostile);
    }

    /// @dev 100.00 of the hostile token from the payer for 850.00 HKD to the merchant, no fee.
    function _outOfHostile() internal view returns (Payment memory payment) {
        payment = _twoCurrencies();
        payment.sourceToken = address(hostile);
    }

    /// @dev A payment of its own for each number.
    function _numbered(Payment memory payment, uint256 number) internal pure returns (Payment memory) {
        payment.remittanceHash = keccak256(abi.encode("invoice", number));
        return payment;
    }

    /// @dev A quote at whatever rate.
    function _quoteOf(Payment memory payment, uint104 before, uint104 source, uint104 target)
        internal
        view
        returns (RefundQuote memory quote)
    {
        quote = _quote(payment, before, source);
        quote.targetAmount = target;
    }

    /// @dev Gives the dealer hostile tokens in its inventory.
    function _stockHostile(uint256 amount) internal {
        hostile.give(dealer, amount);
        vm.prank(dealer);
        escrow.deposit(address(hostile), amount);
    }

    /* GAS */

    /// @dev Makes the first use of whatever a bank has on the chain cost what it does in a transaction of its own.
    function _cool(Bank storage bank) internal {
        address token = address(bank.token);
        vm.cool(token);
        vm.cool(address(uint160(uint256(vm.load(token, ERC1967Utils.IMPLEMENTATION_SLOT)))));
        vm.cool(address(bank.registry));
        vm.cool(address(bank.policy));
    }

    /* SIGNATURES */

    function _merchantSignature(Payment memory payment, RefundQuote memory quote) internal view returns (bytes memory) {
        return _receiveSignature(
            payment.merchant == neighbour ? neighbourKey : merchantKey,
            IDepositToken(payment.targetToken),
            payment.merchant,
            quote.targetAmount,
            quote.deadline,
            escrow.quoteDigest(quote)
        );
    }

    function _quoteSignature(RefundQuote memory quote) internal view returns (bytes memory) {
        return quote.dealer == address(0) ? bytes("") : _sign(dealerKey, escrow.quoteDigest(quote));
    }

    /* STATE */

    function _assertState(bytes32 id, PaymentStatus status, uint104 captured, uint104 refunded) internal view {
        PaymentState memory state = escrow.paymentState(id);
        assertEq(uint8(state.status), uint8(status), "status");
        assertEq(state.captured, captured, "captured");
        assertEq(state.refunded, refunded, "refunded");
    }
}
