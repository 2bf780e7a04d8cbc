// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./Deployments.sol";
import "./Limits.sol";

/// @notice Two banks, one escrow, and a customer of every kind: what each test of the contracts starts from.
/// @dev The set-up key of both banks is this contract and stays administrator without delay. Invariants and proofs have
/// banks of their own: there every customer is one at both and every role another key ({World}), or all storage is
/// symbolic ({SymbolicBank}).
abstract contract BankSystem is Test {
    /// @dev Forge's own, named because code compiled through the IR reads `block.chainid` again wherever it is used.
    uint256 internal constant CHAIN = 31_337;
    uint256 internal constant OTHER_CHAIN = 31_338;

    uint16 internal constant GERMANY = 276;
    uint16 internal constant FRANCE = 250;
    uint16 internal constant HONG_KONG = 344;
    uint16 internal constant NOWHERE = 999;
    uint8 internal constant EEA = 1;
    uint8 internal constant HK = 2;

    uint64 internal constant EUR_LEDGER = 7001;
    uint64 internal constant HKD_LEDGER = 8001;
    uint128 internal constant MINTER_CEILING = 1_000_000_00;
    uint128 internal constant SUPPLY_CAP = 10_000_000_00;
    uint104 internal constant YEARLY_QUOTA = 50_000_00;

    uint40 internal constant REVIEWED_UNTIL = uint40(START + 365 days);
    /// @dev 2027-01-01 00:00 UTC.
    uint256 internal constant NEW_YEAR = 1_798_761_600;
    /// @dev From zone 1 to zone 2 in the year 2026.
    uint32 internal constant REF_2026 = 0x010207ea;

    uint128 internal constant PAYER_CUSTOMER = 1001;
    /// @dev Why somebody is blocked.
    bytes4 internal constant LEGAL = "LEGL";

    struct Bank {
        IAccessManager manager;
        IAllowlistRegistry registry;
        ICorridorPolicy policy;
        IDepositToken token;
        address minter;
        address approver;
        uint256 approverKey;
        uint64 ledgerId;
        uint64 entries;
    }

    Bank internal eurBank;
    Bank internal hkdBank;
    IDepositToken internal eur;
    IDepositToken internal hkd;
    ISettlementEscrow internal escrow;

    address internal payer;
    uint256 internal payerKey;
    address internal merchant;
    uint256 internal merchantKey;
    address internal dealer;
    uint256 internal dealerKey;
    /// @dev A customer of the euro bank in France, and a second merchant at the Hong Kong bank.
    address internal neighbour = makeAddr("neighbour");
    address internal hkNeighbour = makeAddr("hkNeighbour");
    address internal operator = makeAddr("operator");
    address internal feeReceiver = makeAddr("feeReceiver");
    address internal stranger = makeAddr("stranger");

    function setUp() public virtual {
        vm.warp(START);
        (payer, payerKey) = makeAddrAndKey("payer");
        (merchant, merchantKey) = makeAddrAndKey("merchant");
        (dealer, dealerKey) = makeAddrAndKey("dealer");

        escrow = newSettlementEscrow();
        _openBank(eurBank, "Euro Deposit", "EURd", "EUR", EUR_LEDGER);
        _openBank(hkdBank, "Hong Kong Dollar Deposit", "HKDd", "HKD", HKD_LEDGER);
        eur = eurBank.token;
        hkd = hkdBank.token;
        eur.setAccepted(address(hkd), true);
        hkd.setAccepted(address(eur), true);

        _onboard(eurBank, payer, CustomerCategory.Retail, GERMANY, 1001);
        _onboard(eurBank, neighbour, CustomerCategory.Retail, FRANCE, 1002);
        _onboard(eurBank, dealer, CustomerCategory.Dealer, GERMANY, 1003);
        _onboard(eurBank, feeReceiver, CustomerCategory.Institution, GERMANY, 1004);
        _onboard(hkdBank, merchant, CustomerCategory.Merchant, HONG_KONG, 2001);
        _onboard(hkdBank, hkNeighbour, CustomerCategory.Merchant, HONG_KONG, 2002);
        _onboard(hkdBank, dealer, CustomerCategory.Dealer, HONG_KONG, 2003);
        _onboard(hkdBank, feeReceiver, CustomerCategory.Institution, HONG_KONG, 2004);

        eurBank.policy.setCorridor(address(eur), EEA, HK, _corridor(Period.Year, YEARLY_QUOTA));
        eurBank.policy.setCorridor(address(eur), EEA, EEA, _corridor(Period.None, 0));
        hkdBank.policy.setCorridor(address(hkd), HK, HK, _corridor(Period.None, 0));
    }

    /* CALLS */

    // Somebody's, which are refused by name, or done. What a call is made of is worked out before the prank, so it may
    // ask contracts.

    function _refused(address caller, address target, bytes memory call, bytes memory reason) internal {
        _refused(caller, target, call, reason, vm.toString(call));
    }

    /// @param row Which case of a table it is.
    function _refused(address caller, address target, bytes memory call, bytes memory why, string memory row) internal {
        vm.prank(caller);
        (bool success, bytes memory answer) = target.call(call);
        assertFalse(success, row);
        assertEq(answer, why, row);
    }

    function _done(address caller, address target, bytes memory call) internal returns (bytes memory answer) {
        bool success;
        vm.prank(caller);
        (success, answer) = target.call(call);
        assertTrue(success, string.concat(vm.toString(call), " reverts with ", vm.toString(answer)));
    }

    /* BANKS */

    function _openBank(Bank storage bank, string memory name, string memory symbol, bytes3 currency, uint64 ledger)
        private
    {
        bank.manager = newAccessManager(address(this));
        bank.registry = newAllowlistRegistry(address(bank.manager));
        bank.policy = newCorridorPolicy(address(bank.manager));
        bank.token = newToken(
            name, symbol, currency, 2, [address(bank.manager), address(bank.registry), address(bank.policy)], SUPPLY_CAP
        );
        bank.registry.subscribe(address(bank.token));
        bank.token.activateSystemAccount(address(escrow));
        bank.registry.setZone(_countries(GERMANY, FRANCE), EEA);
        bank.registry.setZone(_countries(HONG_KONG, HONG_KONG), HK);

        bank.ledgerId = ledger;
        bank.minter = makeAddr(string.concat(symbol, " minter"));
        bank.token.setMinter(bank.minter, ledger, MINTER_CEILING);
        _onboard(bank, bank.minter, CustomerCategory.Institution, GERMANY, ledger);
        (bank.approver, bank.approverKey) = makeAddrAndKey(string.concat(symbol, " approver"));
        bank.policy.setApprover(bank.approver);
        bank.token.unpause();
    }

    function _onboard(Bank storage bank, address wallet, CustomerCategory kind, uint16 country, uint128 id) internal {
        bank.registry.register(wallet, kind, country, REVIEWED_UNTIL, id);
    }

    /// @dev An open corridor from 1.00 to 100,000.00, without approval, purpose or direct transfers, by the clock of
    /// UTC.
    function _corridor(Period period, uint104 quota) internal pure returns (Corridor memory rules) {
        (rules.open, rules.period) = (true, period);
        (rules.minAmount, rules.maxAmount, rules.quota) = (1_00, 100_000_00, quota);
    }

    function _mint(Bank storage bank, address to, uint256 amount) internal {
        uint128 entry = _nextEntry(bank);
        vm.prank(bank.minter);
        bank.token.mint(to, amount, entry);
    }

    function _nextEntry(Bank storage bank) internal returns (uint128) {
        return _entry(bank.ledgerId, ++bank.entries);
    }

    function _entry(uint64 ledgerId, uint64 sequence) internal pure returns (uint128) {
        return (uint128(ledgerId) << 64) | sequence;
    }

    function _assertMinter(address account, uint64 ledgerId, uint128 allowance, uint128 ceiling) internal view {
        (uint64 foundLedger, uint128 foundAllowance, uint128 foundCeiling) = eur.minterOf(account);
        assertEq(foundLedger, ledgerId, "ledger id");
        assertEq(foundAllowance, allowance, "allowance");
        assertEq(foundCeiling, ceiling, "ceiling");
    }

    /// @dev Of the payer's, from its zone to Hong Kong.
    function _remainingQuota() internal view returns (uint104) {
        return eurBank.policy.remainingQuota(address(eur), EEA, HK, PAYER_CUSTOMER);
    }

    /// @dev Gives the dealer tokens of a bank and places them in its inventory.
    function _stock(Bank storage bank, uint256 amount) internal {
        _stock(bank, dealer, amount);
    }

    function _stock(Bank storage bank, address owner, uint256 amount) internal {
        _mint(bank, owner, amount);
        _deposit(owner, bank.token, amount);
    }

    function _deposit(address owner, IDepositToken token, uint256 amount) internal {
        vm.startPrank(owner);
        token.approve(address(escrow), amount);
        escrow.deposit(address(token), amount);
        vm.stopPrank();
    }

    /* PAYMENTS */

    /// @dev 100.00 EUR from the payer for 850.00 HKD to the merchant, no fee.
    function _twoCurrencies() internal view returns (Payment memory payment) {
        payment = _oneCurrency();
        payment.merchant = merchant;
        payment.dealer = dealer;
        payment.targetToken = address(hkd);
        payment.targetAmount = 850_00;
    }

    /// @dev 100.00 EUR from the payer to the neighbour, no fee.
    function _oneCurrency() internal view returns (Payment memory) {
        return Payment({
            payer: payer,
            merchant: neighbour,
            operator: operator,
            dealer: address(0),
            arbiter: address(0),
            feeReceiver: address(0),
            sourceToken: address(eur),
            targetToken: address(eur),
            sourceAmount: 100_00,
            targetAmount: 100_00,
            feeBps: 0,
            authorizeBy: uint40(block.timestamp + 1 hours),
            captureFrom: uint40(block.timestamp),
            captureBy: uint40(block.timestamp + 7 days),
            resolveBy: uint40(block.timestamp + 7 days),
            refundBy: uint40(block.timestamp + 90 days),
            purpose: "GDDS",
            uetr: bytes16(hex"8a562c67ca164ba18b1a1d3d3e6d1f11"),
            remittanceHash: keccak256("invoice 1")
        });
    }

    /// @dev With a fee of 1 %.
    function _withFee(Payment memory payment) internal view returns (Payment memory) {
        (payment.feeBps, payment.feeReceiver) = (100, feeReceiver);
        return payment;
    }

    /// @dev Signs whatever the payment needs and authorizes it as its operator.
    function _authorize(Payment memory payment) internal returns (bytes32 id) {
        bytes memory payerSignature = _payerSignature(payment);
        bytes memory dealerSignature = _dealerSignature(payment);
        vm.prank(payment.operator);
        return escrow.authorize(payment, payerSignature, dealerSignature, _noApproval());
    }

    /// @dev Signs whatever the payment needs and charges it as its operator.
    function _charge(Payment memory payment) internal returns (bytes32 id) {
        bytes memory payerSignature = _payerSignature(payment);
        bytes memory dealerSignature = _dealerSignature(payment);
        vm.prank(payment.operator);
        return escrow.charge(payment, payerSignature, dealerSignature, _noApproval());
    }

    function _payerSignature(Payment memory payment) internal view returns (bytes memory) {
        return _receiveSignature(
            payerKey,
            IDepositToken(payment.sourceToken),
            payment.payer,
            payment.sourceAmount,
            payment.authorizeBy,
            escrow.paymentId(payment)
        );
    }

    function _dealerSignature(Payment memory payment) internal view returns (bytes memory) {
        return payment.dealer == address(0) ? bytes("") : _sign(dealerKey, escrow.paymentId(payment));
    }

    function _noApproval() internal pure returns (PaymentApproval memory) {
        return PaymentApproval(0, "");
    }

    function _approval(Bank storage bank, bytes32 id, uint40 until) internal view returns (PaymentApproval memory) {
        return PaymentApproval(until, _sign(bank.approverKey, escrow.approvalDigest(id, until)));
    }

    /// @dev A quote that refunds `amount` at the payment's own rate, after `before` of the target token.
    function _quote(Payment memory payment, uint104 before, uint104 amount) internal view returns (RefundQuote memory) {
        return RefundQuote({
            paymentId: escrow.paymentId(payment),
            refundedBefore: before,
            sourceAmount: amount,
            targetAmount: uint104(uint256(payment.targetAmount) * amount / payment.sourceAmount),
            dealer: payment.dealer,
            deadline: uint40(block.timestamp + 1 hours)
        });
    }

    /* SIGNATURES */

    /// @dev Until `end`, for the escrow.
    function _receiveSignature(
        uint256 key,
        IDepositToken token,
        address from,
        uint256 amount,
        uint256 end,
        bytes32 nonce
    ) internal view returns (bytes memory) {
        bytes32 typeHash = token.RECEIVE_WITH_AUTHORIZATION_TYPEHASH();
        return _sign(key, token, abi.encode(typeHash, from, address(escrow), amount, 0, end, nonce));
    }

    /// @dev A message of EIP-712, of its type's hash and its words, in a token's domain.
    function _sign(uint256 key, IDepositToken token, bytes memory message) internal view returns (bytes memory) {
        return _sign(key, keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), keccak256(message))));
    }

    function _sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev The other signature that the curve allows for the same message: s in the upper half of the order.
    function _malleable(bytes memory signature) internal pure returns (bytes memory) {
        (bytes32 r, uint256 s) = abi.decode(signature, (bytes32, uint256));
        return abi.encodePacked(r, SECP256K1_ORDER - s, uint8(signature[64]) ^ 7);
    }

    function _countries(uint16 first, uint16 second) internal pure returns (uint16[] memory countries) {
        countries = new uint16[](2);
        (countries[0], countries[1]) = (first, second);
    }
}
