// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ContractWallet} from "../support/ContractWallet.sol";
import "../support/EscrowActs.sol";

/// @notice Two parts of a payment may be one account's. A balance that was read before another was written would then
/// make money: for every pair a payment is refused, or moves what it says, and a token's supply is the sum of its
/// balances.
contract EscrowEqualPartiesTest is EscrowActs {
    /// @dev Whoever plays two of them is named by the first; a system account plays whatever comes before `System`.
    enum Part {
        Payer,
        Merchant,
        FeeReceiver,
        Dealer,
        Operator,
        System
    }

    enum Currencies {
        One,
        Two
    }

    /// @dev What pays.
    enum Acts {
        Charge,
        AuthorizeAndCapture
    }

    address private systemAccount;
    address[] private accounts;

    function setUp() public override {
        super.setUp();
        systemAccount = address(new ContractWallet(payer));
        // What a token asks before it takes a contract for part of the payment system.
        vm.mockCall(systemAccount, abi.encodeWithSelector(escrow.claimableOf.selector), abi.encode(0));
        _onboard(eurBank, merchant, CustomerCategory.Merchant, GERMANY, 1010);
        _onboard(hkdBank, payer, CustomerCategory.Retail, HONG_KONG, 2010);
        eurBank.registry.revoke(feeReceiver);
        hkdBank.registry.revoke(feeReceiver);
        address[3] memory dealers = [feeReceiver, operator, systemAccount];
        for (uint128 i = 0; i < 3; ++i) {
            // The first has its number already.
            _makeDealer(dealers[i], i == 0 ? 4 : 10 + i);
            _stock(hkdBank, dealers[i], 1_000_00);
            _done(dealers[i], abi.encodeCall(escrow.setDealerSigner, (dealer, true)));
        }
        _mint(eurBank, systemAccount, 1_000_00);
        eur.activateSystemAccount(systemAccount);
        hkd.activateSystemAccount(systemAccount);
        accounts = [payer, merchant, feeReceiver, dealer, operator, systemAccount, address(escrow)];
    }

    function test_every_pair_keeps_the_supply() public {
        uint256 before = vm.snapshotState();
        for (uint8 first = 0; first < uint8(Part.System); ++first) {
            for (uint8 second = first + 1; second <= uint8(Part.System); ++second) {
                _assertPair(before, Part(first), Part(second), Currencies.Two, Acts.Charge);
                _assertPair(before, Part(first), Part(second), Currencies.Two, Acts.AuthorizeAndCapture);
                _assertPair(before, Part(first), Part(second), Currencies.One, Acts.Charge);
                _assertPair(before, Part(first), Part(second), Currencies.One, Acts.AuthorizeAndCapture);
            }
        }
    }

    /* HELP */

    /// @dev And goes back to the state before.
    function _assertPair(uint256 before, Part first, Part second, Currencies currencies, Acts acts) private {
        Payment memory payment = _terms(currencies, first, second);
        bytes memory reason = _refusal(currencies, first, second, payment);
        string memory pair = string.concat(vm.toString(uint8(first)), " is ", vm.toString(uint8(second)));
        uint256[] memory expected = _balances();
        assertEq(_pay(payment, acts), reason, pair);
        if (reason.length == 0) _addMoves(payment, expected);
        assertEq(_balances(), expected, pair);
        _assertSupply(eur);
        _assertSupply(hkd);
        _assertExplained(address(eur));
        _assertExplained(address(hkd));
        vm.revertToState(before);
    }

    /// @dev 100.00 EUR, or 850.00 HKD for them, of which 1 % is the fee. A payment in one currency has a dealer where
    /// the pair wants one.
    function _terms(Currencies currencies, Part first, Part second) private view returns (Payment memory payment) {
        bool dealt = currencies == Currencies.Two;
        payment = _withFee(dealt ? _twoCurrencies() : _oneCurrency());
        address[5] memory parts = [payer, merchant, feeReceiver, dealer, operator];
        if (second == Part.System) parts[uint8(first)] = systemAccount;
        else parts[uint8(second)] = parts[uint8(first)];
        (payment.payer, payment.merchant, payment.feeReceiver) = (parts[0], parts[1], parts[2]);
        payment.operator = parts[4];
        if (dealt || first == Part.Dealer || second == Part.Dealer) payment.dealer = parts[3];
    }

    /// @dev What the pair is refused with; nothing if it is allowed.
    function _refusal(Currencies currencies, Part first, Part second, Payment memory payment)
        private
        view
        returns (bytes memory)
    {
        if (currencies == Currencies.One && payment.dealer != address(0)) {
            return EscrowReverts.dealerMismatch(payment.dealer, address(eur), address(eur));
        }
        bool trading = second == Part.Dealer && (first == Part.Payer || first == Part.Merchant);
        if (trading || (first == Part.Payer && second == Part.Merchant)) {
            return EscrowReverts.partiesNotDistinct(payment.payer, payment.merchant, payment.dealer);
        }
        bool paid = first == Part.Merchant || first == Part.FeeReceiver;
        if (!paid || second != Part.System) return "";
        return TokenReverts.systemAccountClosed(systemAccount, address(escrow), SystemStatus.Active);
    }

    /// @dev Gives what the payment is refused with; nothing if it is done.
    function _pay(Payment memory payment, Acts acts) private returns (bytes memory refusal) {
        bytes memory act = acts == Acts.Charge ? _charging(payment) : _authorizing(payment);
        vm.prank(payment.operator);
        (bool success, bytes memory answer) = address(escrow).call(act);
        if (!success) return answer;
        if (acts == Acts.AuthorizeAndCapture) _capture(payment, payment.sourceAmount);
        return "";
    }

    function _balances() private view returns (uint256[] memory balances) {
        balances = new uint256[](2 * accounts.length);
        for (uint256 i = 0; i < accounts.length; ++i) {
            (balances[2 * i], balances[2 * i + 1]) = (eur.balanceOf(accounts[i]), hkd.balanceOf(accounts[i]));
        }
    }

    /// @dev What a payment says that it moves.
    function _addMoves(Payment memory payment, uint256[] memory balances) private view {
        bool dealt = payment.dealer != address(0);
        for (uint256 i = 0; i < accounts.length; ++i) {
            address account = accounts[i];
            (uint256 source, uint256 target) = (2 * i, dealt ? 2 * i + 1 : 2 * i);
            if (account == payment.payer) balances[source] -= 100_00;
            if (account == payment.merchant) balances[target] += dealt ? 841_50 : 99_00;
            if (account == payment.feeReceiver) balances[target] += dealt ? 8_50 : 1_00;
            if (!dealt || account != address(escrow)) continue;
            balances[source] += 100_00;
            balances[target] -= 850_00;
        }
    }

    function _assertSupply(IDepositToken token) private view {
        uint256 sum = 0;
        for (uint256 i = 0; i < accounts.length; ++i) {
            sum += token.balanceOf(accounts[i]);
        }
        assertEq(sum, token.totalSupply(), "supply = sum of balances");
    }
}
