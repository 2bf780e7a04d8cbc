// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

import "../support/TokenSystem.sol";
import {ContractWallet} from "../support/ContractWallet.sol";

/// @notice What a token does for a payment, called as the payment system's contracts call it, and by nobody else.
/// @dev A system account may bring any terms: what the escrow looks at beforehand is not looked at here.
contract DepositTokenPaymentsTest is TokenSystem {
    /// @dev The payer's bank opens or charges a payment, which in one token is the merchant's too; or the merchant's
    /// bank is asked about one in two tokens.
    enum Verb {
        Open,
        Charge,
        Target
    }

    uint104 private constant AMOUNT = 100_00;

    address private system;
    /// @dev Customers of the euro bank in Hong Kong, and in two countries without a zone.
    address private abroad = makeAddr("abroad");
    address private offMap = makeAddr("offMap");
    address private elsewhere = makeAddr("elsewhere");
    Verb private verb;

    function setUp() public override {
        super.setUp();
        system = address(escrow);
        _enrol(abroad, HONG_KONG);
        _enrol(offMap, NOWHERE);
        _enrol(elsewhere, NOWHERE - 1);
        _mint(eurBank, payer, BALANCE);
    }

    /// @dev Runs the test for each verb up to this one, from the same state.
    modifier byEveryVerbTo(Verb last) {
        uint256 state = vm.snapshotState();
        for (uint8 i = 0; i <= uint8(last); ++i) {
            verb = Verb(i);
            _;
            vm.revertToState(state);
        }
    }

    /* EITHER: THE MONEY */

    function test_payment_moves_the_money_and_counts_it() public byEveryVerbTo(Verb.Charge) {
        eurBank.policy.setCorridor(address(eur), EEA, EEA, _corridor(Period.Year, YEARLY_QUOTA));
        Payment memory payment = _oneCurrency();
        bytes32 id = escrow.paymentId(payment);
        bytes memory call = _call(payment, id, _payerSignature(payment));
        vm.expectEmit(address(eur));
        emit IERC3009.AuthorizationUsed(payer, id);
        vm.expectEmit(address(eur));
        emit IERC20.Transfer(payer, verb == Verb.Charge ? neighbour : system, AMOUNT);
        vm.recordLogs();
        bytes memory answer = _done(system, address(eur), call);
        // One more is the policy's.
        assertEq(vm.getRecordedLogs().length, 3);
        // The policy's generation, the quota of this corridor in 2026, and nobody who has to approve it.
        assertEq(answer, abi.encode(1, 0x010107ea, address(0)));
        assertTrue(eur.authorizationState(payer, id));
        if (verb == Verb.Charge) _assertBalances(BALANCE - AMOUNT, 0, AMOUNT);
        else _assertBalances(BALANCE - AMOUNT, AMOUNT, 0);
        assertEq(eurBank.policy.remainingQuota(address(eur), EEA, EEA, PAYER_CUSTOMER), YEARLY_QUOTA - AMOUNT);
    }

    /* OPEN */

    function test_openPayment_takes_both_zones_from_this_banks_table() public {
        // The other bank's table says something else.
        hkdBank.registry.setZone(_countries(HONG_KONG, GERMANY), 77);
        _submit(_twoCurrencies());
        assertEq(_remainingQuota(), YEARLY_QUOTA - AMOUNT);

        registry.clearZone(_countries(HONG_KONG, HONG_KONG));
        _refusedPayment(_twoCurrencies(), _corridorClosed(EEA, 0));
    }

    function test_openPayment_needs_the_acceptance_of_the_target_and_a_dealer() public {
        Payment memory payment = _twoCurrencies();
        eur.suspendAccepted(address(hkd));
        _refusedPayment(payment, TokenReverts.tokenNotAccepted(address(hkd), Acceptance.RefundsOnly));
        eur.setAccepted(address(hkd), false);
        _refusedPayment(payment, TokenReverts.tokenNotAccepted(address(hkd), Acceptance.None));
        eur.setAccepted(address(hkd), true);
        payment.dealer = neighbour;
        _refusedPayment(payment, TokenReverts.notDealer(neighbour, REVIEWED_UNTIL, CustomerCategory.Retail));
        payment.dealer = dealer;
        _submit(payment);
        _assertBalances(BALANCE - AMOUNT, AMOUNT, 0);
    }

    /* CHARGE */

    function test_chargePayment_divides_the_amount_between_merchant_and_fee_receiver() public {
        verb = Verb.Charge;
        Payment memory payment = _withFee(_oneCurrency());
        uint16[3] memory fees = [1, uint16(AMOUNT - 1), uint16(AMOUNT)];
        uint256 state = vm.snapshotState();
        for (uint256 i = 0; i < fees.length; ++i) {
            payment.feeBps = fees[i];
            vm.expectEmit(address(eur));
            emit IERC20.Transfer(payer, neighbour, AMOUNT - fees[i]);
            vm.expectEmit(address(eur));
            emit IERC20.Transfer(payer, feeReceiver, fees[i]);
            _submit(payment);
            _assertBalances(BALANCE - AMOUNT, 0, AMOUNT - fees[i]);
            assertEq(eur.balanceOf(feeReceiver), fees[i]);
            vm.revertToState(state);
        }
        payment.feeBps = uint16(AMOUNT) + 1;
        _refusedPayment(payment, stdError.arithmeticError);
    }

    /// @dev The escrow asks for no fee that is not in the terms; the receiver of such a one is looked at all the same.
    function test_chargePayment_pays_no_fee_to_whom_nobody_may_pay() public {
        Payment memory payment = _oneCurrency();
        address[5] memory nobody = _nobody();
        for (uint256 i = 0; i < nobody.length; ++i) {
            payment.feeReceiver = nobody[i];
            bytes memory signature = _payerSignature(payment);
            bytes memory call = abi.encodeCall(eur.chargePayment, (payment, escrow.paymentId(payment), 1, signature));
            _refused(system, call, _cannotBePaid(nobody[i]));
        }
    }

    /// @dev The zones are the corridor's to judge, which says nothing of plain transfers. That of another token's
    /// merchant would lead to no country.
    function test_chargePayment_crosses_zones_by_its_corridor_alone() public {
        verb = Verb.Charge;
        _refusedPayment(_twoCurrencies(), _corridorClosed(EEA, 0));
        Payment memory payment = _oneCurrency();
        payment.merchant = abroad;
        assertFalse(eur.canTransfer(payer, abroad, AMOUNT));
        _submit(payment);
        assertEq(eur.balanceOf(abroad), AMOUNT);
        assertEq(_remainingQuota(), YEARLY_QUOTA - AMOUNT);
    }

    /* EITHER: WHO MAY */

    function test_payments_are_for_active_system_accounts() public byEveryVerbTo(Verb.Target) {
        address[4] memory callers = [stranger, payer, neighbour, address(this)];
        for (uint256 i = 0; i < callers.length; ++i) {
            _refusedPaymentOf(callers[i], _terms(), TokenReverts.notSystemAccount(callers[i], SystemStatus.None));
        }
        _bank().token.stopSystemAccount(system);
        _refusedPayment(_terms(), TokenReverts.notSystemAccount(system, SystemStatus.OutflowOnly));
    }

    function test_payment_needs_the_payers_consent_to_it() public byEveryVerbTo(Verb.Charge) {
        Payment memory payment = _oneCurrency();
        bytes memory invalid = TokenReverts.invalidSignature();
        bytes memory signature = _payerSignature(payment);
        bytes32 id = escrow.paymentId(payment);
        _refusedSigned(payment, "another payment", signature, invalid);
        _refusedSigned(payment, id, "", invalid);
        _refusedSigned(payment, id, _payerSignature(_twoCurrencies()), invalid);
        Payment[3] memory changed = [_oneCurrency(), _oneCurrency(), _oneCurrency()];
        ++changed[0].sourceAmount;
        ++changed[1].authorizeBy;
        (changed[2].payer, changed[2].merchant) = (neighbour, payer);
        for (uint256 i = 0; i < 3; ++i) {
            _refusedSigned(changed[i], id, signature, invalid);
        }

        vm.warp(payment.authorizeBy);
        _refusedPayment(payment, TokenReverts.invalidAuthorizationTime(0, payment.authorizeBy));
        vm.warp(payment.authorizeBy - 1);
        _submit(payment);
        _refusedPayment(payment, TokenReverts.usedAuthorization(payer, id));
    }

    function test_payment_follows_the_rules_of_a_transfer() public byEveryVerbTo(Verb.Charge) {
        _request(payer, BALANCE - AMOUNT + 1);
        _refusedPayment(_oneCurrency(), TokenReverts.tokensLocked(payer, AMOUNT, AMOUNT - 1));
        eur.setFrozenTokens(payer, BALANCE - AMOUNT + 2);
        _refusedPayment(_oneCurrency(), TokenReverts.insufficientUnfrozenBalance(payer, AMOUNT, AMOUNT - 2));
        eur.setFrozenTokens(payer, 0);
        eur.rejectRedemption(1, LEGAL);
        _transfer(payer, neighbour, BALANCE - AMOUNT + 1);
        _refusedPayment(_oneCurrency(), TokenReverts.insufficientBalance(payer, AMOUNT - 1, AMOUNT));
        uint256 state = vm.snapshotState();
        for (uint8 i = 0; i <= uint8(type(Loss).max); ++i) {
            _lose(payer, Loss(i));
            _refusedPayment(_oneCurrency(), TokenReverts.cannotSend(payer));
            vm.revertToState(state);
        }
    }

    function test_payments_stop_while_paused() public byEveryVerbTo(Verb.Target) {
        _bank().token.pause();
        _refusedPayment(_terms(), TokenReverts.tokenPaused());
        if (verb == Verb.Open) _refusedPayment(_twoCurrencies(), TokenReverts.tokenPaused());
    }

    /* EITHER: THE CORRIDOR */

    /// @dev Within one token the token knows its own merchant, whatever country it is told.
    function test_payment_is_refused_as_its_corridor_says() public byEveryVerbTo(Verb.Charge) {
        Payment memory payment = _oneCurrency();
        payment.merchant = offMap;
        _refusedPayment(payment, _corridorClosed(EEA, 0));
        eurBank.policy.setCorridor(address(eur), EEA, EEA, _corridor(Period.Year, AMOUNT - 1));
        _refusedPayment(_oneCurrency(), PolicyReverts.quotaExceeded(PAYER_CUSTOMER, AMOUNT, AMOUNT - 1));
        eurBank.policy.suspendCorridor(address(eur), EEA, EEA);
        _refusedPayment(_oneCurrency(), PolicyReverts.corridorIsSuspended(address(eur), EEA, EEA));
        registry.clearZone(_countries(GERMANY, GERMANY));
        _refusedPayment(_oneCurrency(), _corridorClosed(0, EEA));
    }

    function test_payment_names_its_approver_and_generation() public byEveryVerbTo(Verb.Charge) {
        ICorridorPolicy next = newCorridorPolicy(address(eurBank.manager));
        Corridor memory rules = _corridor(Period.None, 0);
        rules.approvalNeeded = true;
        next.setCorridor(address(eur), EEA, EEA, rules);
        eur.setPolicy(address(next));
        _refusedPayment(_oneCurrency(), PolicyReverts.noApprover());
        next.setApprover(stranger);
        (uint16 generation, uint32 quotaRef, address approver) = _submit(_oneCurrency());
        assertEq(generation, 2);
        assertEq(quotaRef, 0);
        assertEq(approver, stranger);
    }

    /* EITHER: WHO IS PAID */

    function test_payment_is_refused_for_whom_nobody_may_pay() public byEveryVerbTo(Verb.Target) {
        Payment memory payment = _terms();
        address[5] memory nobody = _nobody();
        for (uint256 i = 0; i < nobody.length; ++i) {
            payment.merchant = nobody[i];
            _refusedPayment(payment, _cannotBePaid(nobody[i]));
        }
        (payment.merchant, payment.feeBps) = (_terms().merchant, 1);
        for (uint256 i = 0; i < nobody.length; ++i) {
            payment.feeReceiver = nobody[i];
            _refusedPayment(payment, _cannotBePaid(nobody[i]));
        }
        // Who gets nothing is nobody's business.
        payment.feeBps = 0;
        _submit(payment);
    }

    function test_payment_ends_in_the_second_in_which_the_merchants_review_ends() public byEveryVerbTo(Verb.Target) {
        Payment memory payment = _terms();
        payment.authorizeBy = REVIEWED_UNTIL + 1;
        registry.renew(payer, REVIEWED_UNTIL + 1);
        hkdBank.registry.renew(dealer, REVIEWED_UNTIL + 1);
        vm.warp(REVIEWED_UNTIL);
        _refusedPayment(payment, TokenReverts.cannotReceive(payment.merchant));
        vm.warp(REVIEWED_UNTIL - 1);
        _submit(payment);
    }

    function test_fee_crosses_no_border_that_the_corridor_was_not_asked_about() public byEveryVerbTo(Verb.Charge) {
        _refusedFee(neighbour, abroad, HK, EEA);
        _refusedFee(neighbour, offMap, 0, EEA);
        _refusedFee(abroad, feeReceiver, EEA, HK);
        // Two countries without a zone are not alike.
        _refusedFee(elsewhere, offMap, 0, 0);
        Payment memory payment = _withFee(_oneCurrency());
        (payment.merchant, payment.feeReceiver) = (offMap, offMap);
        _refusedPayment(payment, _corridorClosed(EEA, 0));
        // Another country of the same zone.
        _submit(_withFee(_oneCurrency()));
        assertEq(eur.balanceOf(payer), BALANCE - AMOUNT);
    }

    /* THE SAME ACCOUNT TWICE */

    /// @dev Payer, merchant, fee receiver and caller, equal in every way: nothing is minted and nothing is lost.
    function test_equal_parties_mint_nothing() public byEveryVerbTo(Verb.Charge) {
        address[4] memory parties = _parties();
        uint16[3] memory fees = [uint16(0), 30_00, uint16(AMOUNT)];
        // One of the four copies of the registry's answer is good.
        registry.setZone(new uint16[](0), 0);
        eur.sync(parties[1]);
        for (uint256 i = 0; i < 4 * 3 * 3 * 3; ++i) {
            _assertBooks(parties, [i % 4, i / 4 % 3, i / 12 % 3], fees[i / 36]);
        }
    }

    /* TARGET */

    /// @dev With everything wrong, one thing is said after another.
    function test_merchantCountryOf_refuses_in_its_order_and_names_the_merchants_country() public {
        verb = Verb.Target;
        Payment memory payment = _twoCurrencies();
        (payment.dealer, payment.merchant, payment.feeReceiver, payment.feeBps) = (stranger, stranger, operator, 1);
        hkd.setAccepted(address(eur), false);
        hkd.pause();
        _refusedPaymentOf(stranger, payment, TokenReverts.notSystemAccount(stranger, SystemStatus.None));
        // The other bank's word does not count.
        assertEq(uint8(eur.acceptanceOf(address(hkd))), uint8(Acceptance.Accepted));
        _refusedPayment(payment, TokenReverts.tokenNotAccepted(address(eur), Acceptance.None));
        hkd.setAccepted(address(eur), true);
        hkd.stopAccepted(address(eur));
        _refusedPayment(payment, TokenReverts.tokenNotAccepted(address(eur), Acceptance.RefundsOnly));
        hkd.resumeAccepted(address(eur));
        _refusedPayment(payment, TokenReverts.notDealer(stranger, 0, CustomerCategory.Retail));
        payment.dealer = dealer;
        _refusedPayment(payment, TokenReverts.tokenPaused());
        hkd.unpause();
        _refusedPayment(payment, TokenReverts.cannotReceive(stranger));
        payment.merchant = merchant;
        _refusedPayment(payment, TokenReverts.cannotReceive(operator));
        payment.feeReceiver = feeReceiver;
        assertEq(_ask(payment), HONG_KONG);
        // The corridor is for the payer's bank to check.
        _onboard(hkdBank, offMap, CustomerCategory.Merchant, NOWHERE, 2010);
        (payment.feeBps, payment.merchant) = (0, offMap);
        assertEq(_ask(payment), NOWHERE);
    }

    /// @dev An upgrade voids all copies, also one that missed a block.
    function test_merchantCountryOf_reads_no_copy_of_an_earlier_epoch() public {
        verb = Verb.Target;
        Payment memory payment = _twoCurrencies();
        hkd.sync(merchant);
        vm.mockCallRevert(address(hkd), abi.encodeCall(IDepositTokenMain.sync, (merchant)), "");
        hkdBank.registry.blockWallet(merchant, LEGAL);
        vm.clearMockedCalls();
        assertEq(_ask(payment), HONG_KONG);

        hkd.upgradeToAndCall(newDepositToken(newExtension()), "");
        _refusedPayment(payment, TokenReverts.cannotReceive(merchant));
    }

    /* REFUND */

    /// @dev Anybody may ask, at any time.
    function test_requireRefund_lets_an_accepted_and_a_suspended_token_pass() public {
        eur.requireRefund(address(hkd), dealer);
        eur.stopAccepted(address(hkd));
        eur.pause();
        vm.prank(stranger);
        eur.requireRefund(address(hkd), dealer);
        bytes memory notDealer = TokenReverts.notDealer(payer, REVIEWED_UNTIL, CustomerCategory.Retail);
        _refused(stranger, abi.encodeCall(eur.requireRefund, (address(hkd), payer)), notDealer);
        eur.setAccepted(address(hkd), false);
        address[3] memory others = [address(hkd), stranger, address(eur)];
        for (uint256 i = 0; i < others.length; ++i) {
            bytes memory call = abi.encodeCall(eur.requireRefund, (others[i], dealer));
            _refused(stranger, call, TokenReverts.tokenNotAccepted(others[i], Acceptance.None));
        }
    }

    /* QUOTA */

    /// @dev Once the policy was replaced, nothing comes back in either.
    function test_restoreQuota_gives_back_also_when_stopped_and_to_system_accounts_only() public {
        (uint16 generation, uint32 quotaRef,) = _submit(_twoCurrencies());
        bytes memory call = abi.encodeCall(eur.restoreQuota, (generation, payer, quotaRef, 60_00));
        _refused(payer, call, TokenReverts.notSystemAccount(payer, SystemStatus.None));
        eur.stopSystemAccount(system);
        _done(system, address(eur), call);
        assertEq(_remainingQuota(), YEARLY_QUOTA - 40_00);

        ICorridorPolicy next = newCorridorPolicy(address(eurBank.manager));
        eur.setPolicy(address(next));
        vm.expectCall(address(next), "", 0);
        _done(system, address(eur), call);
        assertEq(_remainingQuota(), YEARLY_QUOTA - 40_00);
    }

    /* DEALER */

    function test_requireDealer_lets_nobody_but_a_dealer_in_good_standing_pass() public {
        eur.sync(dealer);
        eur.pause();
        vm.prank(stranger);
        eur.requireDealer(dealer);
        _refusedDealer(payer, REVIEWED_UNTIL, CustomerCategory.Retail);
        _refusedDealer(feeReceiver, REVIEWED_UNTIL, CustomerCategory.Institution);
        _refusedDealer(stranger, 0, CustomerCategory.Retail);
        _refusedDealer(system, 0, CustomerCategory.Retail);
        uint256 state = vm.snapshotState();
        for (uint8 i = 0; i <= uint8(type(Loss).max); ++i) {
            _lose(dealer, Loss(i));
            _refusedDealer(dealer, Loss(i) == Loss.Lapse ? START + 1 : 0, CustomerCategory.Dealer);
            vm.revertToState(state);
        }
    }

    /* HELPERS: PAYMENTS */

    /// @dev What is brought to the bank that the verb is about.
    function _terms() private view returns (Payment memory) {
        return verb == Verb.Target ? _twoCurrencies() : _oneCurrency();
    }

    /// @dev The bank whose customers are paid.
    function _bank() private view returns (Bank storage) {
        return verb == Verb.Target ? hkdBank : eurBank;
    }

    /// @dev Who can't be paid: the token itself not even as a customer, and somebody who was blocked.
    function _nobody() private returns (address[5] memory) {
        address token = address(_bank().token);
        _onboard(_bank(), token, CustomerCategory.Institution, FRANCE, 2010);
        _bank().registry.blockWallet(feeReceiver, LEGAL);
        return [address(0), token, stranger, system, feeReceiver];
    }

    function _cannotBePaid(address payee) private view returns (bytes memory) {
        return payee == system
            ? TokenReverts.systemAccountClosed(system, system, SystemStatus.Active)
            : TokenReverts.cannotReceive(payee);
    }

    /// @dev The system account brings what the payer has signed.
    function _submit(Payment memory payment) private returns (uint16 generation, uint32 quotaRef, address approver) {
        bytes memory call = _call(payment, escrow.paymentId(payment), _payerSignature(payment));
        bytes memory answer = _done(system, address(_bank().token), call);
        if (verb != Verb.Target) return abi.decode(answer, (uint16, uint32, address));
    }

    /// @dev With Hong Kong for the merchant's country, or the fee, which of 100.00 is as many minor units as basis
    /// points.
    function _call(Payment memory payment, bytes32 id, bytes memory signature) private view returns (bytes memory) {
        if (verb == Verb.Target) return abi.encodeCall(eur.merchantCountryOf, (payment));
        if (verb == Verb.Charge) return abi.encodeCall(eur.chargePayment, (payment, id, payment.feeBps, signature));
        return abi.encodeCall(eur.openPayment, (payment, id, HONG_KONG, signature));
    }

    function _ask(Payment memory payment) private returns (uint16) {
        vm.prank(system);
        return hkd.merchantCountryOf(payment);
    }

    function _refusedPayment(Payment memory payment, bytes memory refusal) private {
        _refusedPaymentOf(system, payment, refusal);
    }

    function _refusedPaymentOf(address caller, Payment memory payment, bytes memory refusal) private {
        bytes memory call = _call(payment, escrow.paymentId(payment), _payerSignature(payment));
        _refused(caller, address(_bank().token), call, refusal);
    }

    function _refusedSigned(Payment memory payment, bytes32 id, bytes memory signature, bytes memory refusal) private {
        _refused(system, _call(payment, id, signature), refusal);
    }

    function _refusedFee(address payee, address receiver, uint8 found, uint8 allowed) private {
        Payment memory payment = _terms();
        (payment.merchant, payment.feeReceiver, payment.feeBps) = (payee, receiver, 1);
        _refusedPayment(payment, TokenReverts.feeReceiverElsewhere(receiver, found, allowed));
    }

    function _refusedDealer(address account, uint40 validUntil, CustomerCategory category) private {
        bytes memory refusal = TokenReverts.notDealer(account, validUntil, category);
        _refused(stranger, abi.encodeCall(eur.requireDealer, (account)), refusal);
    }

    function _corridorClosed(uint8 fromZone, uint8 toZone) private view returns (bytes memory) {
        return PolicyReverts.corridorClosed(address(eur), fromZone, toZone);
    }

    function _assertBalances(uint256 ofPayer, uint256 ofSystem, uint256 ofNeighbour) private view {
        assertEq(eur.balanceOf(payer), ofPayer, "payer");
        assertEq(eur.balanceOf(system), ofSystem, "system");
        assertEq(eur.balanceOf(neighbour), ofNeighbour, "neighbour");
    }

    /* HELPERS: EQUAL PARTIES */

    /// @dev Three customers whom the payer's key signs for, and the system account, which says yes to any signature and
    /// can't be paid.
    function _parties() private returns (address[4] memory parties) {
        parties = [payer, address(new ContractWallet(payer)), address(new ContractWallet(payer)), system];
        for (uint256 i = 1; i < parties.length; ++i) {
            _enrol(parties[i], FRANCE);
        }
        bytes4 yes = IERC1271.isValidSignature.selector;
        vm.mockCall(system, abi.encodePacked(yes), abi.encode(yes));
        _mint(eurBank, parties[1], AMOUNT);
        _mint(eurBank, parties[2], AMOUNT);
        _approve(payer, system, AMOUNT);
        _pull(system, payer, system, AMOUNT);
    }

    /// @dev The last party brings a payment from, to and with a fee for three of them. Each balance is what plain sums
    /// make of it; in the end everything is as before.
    function _assertBooks(address[4] memory parties, uint256[3] memory which, uint16 fee) private {
        uint256 state = vm.snapshotState();
        Payment memory payment = _oneCurrency();
        (payment.payer, payment.merchant) = (parties[which[0]], parties[which[1]]);
        (payment.feeReceiver, payment.feeBps) = (parties[which[2]], fee);
        uint256[4] memory expected;
        for (uint256 i = 0; i < parties.length; ++i) {
            expected[i] = eur.balanceOf(parties[i]);
        }
        expected[which[0]] -= AMOUNT;
        expected[verb == Verb.Charge ? which[1] : 3] += verb == Verb.Charge ? AMOUNT - fee : AMOUNT;
        if (verb == Verb.Charge) expected[which[2]] += fee;
        uint256 supply = eur.totalSupply();
        _submit(payment);
        for (uint256 i = 0; i < parties.length; ++i) {
            assertEq(eur.balanceOf(parties[i]), expected[i], "balance");
        }
        assertEq(eur.totalSupply(), supply, "supply");
        vm.revertToState(state);
    }
}
