// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/BankSystem.sol";
import {ContractWallet} from "../support/ContractWallet.sol";

/// @notice A contract of the payment system that has tokens of its own, and an owner who signs for it.
contract SystemWallet is ContractWallet {
    constructor(address owner) ContractWallet(owner) {}

    function claimableOf(address, address) external pure returns (uint256) {
        return 0;
    }
}

/// @notice What a token does for a payment, called as the payment system's contracts call it, and by nobody else.
/// @dev A system account may bring any terms: what the escrow looks at beforehand is not looked at here.
contract DepositTokenPaymentsTest is BankSystem {
    enum Verb {
        Open,
        Charge
    }

    uint256 private constant BALANCE = 500_00;
    uint104 private constant AMOUNT = 100_00;
    bytes4 private constant LEGAL = "LEGL";
    uint128 private constant PAYER_CUSTOMER = 1001;
    bytes private constant OVERFLOW = abi.encodeWithSignature("Panic(uint256)", 0x11);

    address private system;
    /// @dev Customers of the euro bank in Hong Kong, and in two countries without a zone.
    address private abroad = makeAddr("abroad");
    address private offMap = makeAddr("offMap");
    address private elsewhere = makeAddr("elsewhere");
    Verb private verb;

    function setUp() public override {
        super.setUp();
        system = address(escrow);
        _onboard(eurBank, abroad, CustomerCategory.Retail, HONG_KONG, 1010);
        _onboard(eurBank, offMap, CustomerCategory.Retail, NOWHERE, 1011);
        _onboard(eurBank, elsewhere, CustomerCategory.Retail, NOWHERE - 1, 1012);
        _mint(eurBank, payer, BALANCE);
    }

    /// @dev Runs the test of a payment in one token for either function, from the same state.
    modifier byBothVerbs() {
        uint256 state = vm.snapshotState();
        for (uint8 i = 0; i < 2; ++i) {
            verb = Verb(i);
            _;
            vm.revertToState(state);
        }
    }

    /* OPEN */

    function test_openPayment_moves_the_money_and_counts_it() public {
        Payment memory payment = _twoCurrencies();
        bytes32 id = escrow.paymentId(payment);
        bytes memory signature = _payerSignature(payment);
        vm.expectEmit(address(eur));
        emit IERC3009.AuthorizationUsed(payer, id);
        vm.expectEmit(address(eur));
        emit IERC20.Transfer(payer, system, AMOUNT);
        vm.recordLogs();
        vm.prank(system);
        (uint16 generation, uint32 quotaRef, address approver) = eur.openPayment(payment, id, HONG_KONG, signature);
        // One more is the policy's.
        assertEq(vm.getRecordedLogs().length, 3);
        assertEq(generation, eur.policyGeneration());
        assertNotEq(quotaRef, 0);
        assertEq(approver, address(0));
        assertEq(eur.balanceOf(system), AMOUNT);
        assertEq(eur.balanceOf(payer), BALANCE - AMOUNT);
        assertTrue(eur.authorizationState(payer, id));
        assertEq(_remaining(), YEARLY_QUOTA - AMOUNT);
    }

    function test_openPayment_within_one_token_moves_the_money_to_the_caller() public {
        Payment memory payment = _oneCurrency();
        (, uint32 quotaRef, address approver) = _submit(payment);
        assertEq(quotaRef, 0);
        assertEq(approver, address(0));
        assertEq(eur.balanceOf(system), AMOUNT);
        assertEq(eur.balanceOf(neighbour), 0);
    }

    function test_openPayment_takes_both_zones_from_this_banks_table() public {
        // The other bank's table says something else.
        hkdBank.registry.setZone(_countries(HONG_KONG, GERMANY), 77);
        _submit(_twoCurrencies());
        assertEq(_remaining(), YEARLY_QUOTA - AMOUNT);

        eurBank.registry.clearZone(_countries(HONG_KONG, HONG_KONG));
        _assertRefused(_otherCurrencies(), _closed(EEA, 0));
    }

    function test_openPayment_needs_the_acceptance_of_the_target() public {
        eur.suspendAccepted(address(hkd));
        _assertRefused(_twoCurrencies(), _notAccepted(address(hkd), Acceptance.RefundsOnly));
        eur.setAccepted(address(hkd), false);
        _assertRefused(_twoCurrencies(), _notAccepted(address(hkd), Acceptance.None));
        eur.setAccepted(address(hkd), true);
        _submit(_twoCurrencies());
        assertEq(eur.balanceOf(system), AMOUNT);
    }

    function test_openPayment_takes_only_a_dealer_in_good_standing() public {
        Payment memory payment = _twoCurrencies();
        address[4] memory others = [neighbour, stranger, address(0), system];
        for (uint256 i = 0; i < others.length; ++i) {
            payment.dealer = others[i];
            _assertRefused(
                payment, _notDealer(others[i], others[i] == neighbour ? REVIEWED_UNTIL : 0, CustomerCategory.Retail)
            );
        }
        payment.dealer = dealer;
        uint256 state = vm.snapshotState();
        eurBank.registry.blockWallet(dealer, LEGAL);
        _assertRefused(payment, _notDealer(dealer, 0, CustomerCategory.Dealer));
        vm.revertToState(state);
        _submit(payment);
        assertEq(eur.balanceOf(system), AMOUNT);
    }

    /// @dev The payer names the account that may pull.
    function test_openPayment_is_for_the_system_account_that_the_payer_names() public {
        address other = address(_newSettlementEscrow());
        eur.activateSystemAccount(other);
        Payment memory payment = _oneCurrency();
        bytes32 id = escrow.paymentId(payment);
        bytes memory signature = _payerSignature(payment);
        vm.startPrank(other);
        vm.expectRevert(IDepositTokenMain.ERC3009InvalidSignature.selector);
        eur.openPayment(payment, id, 0, signature);
        vm.expectRevert(IDepositTokenMain.ERC3009InvalidSignature.selector);
        eur.chargePayment(payment, id, 0, signature);
    }

    /* CHARGE */

    function test_chargePayment_moves_the_money_straight_to_the_merchant() public {
        verb = Verb.Charge;
        Payment memory payment = _oneCurrency();
        bytes32 id = escrow.paymentId(payment);
        vm.expectEmit(address(eur));
        emit IERC3009.AuthorizationUsed(payer, id);
        vm.expectEmit(address(eur));
        emit IERC20.Transfer(payer, neighbour, AMOUNT);
        vm.recordLogs();
        (uint16 generation, uint32 quotaRef, address approver) = _submit(payment);
        assertEq(vm.getRecordedLogs().length, 2, "and nothing else");
        assertEq(generation, eur.policyGeneration());
        assertEq(quotaRef, 0);
        assertEq(approver, address(0));
        assertTrue(eur.authorizationState(payer, id));
        assertEq(eur.balanceOf(payer), BALANCE - AMOUNT);
        assertEq(eur.balanceOf(neighbour), AMOUNT);
        assertEq(eur.balanceOf(system), 0);
    }

    function test_chargePayment_divides_the_amount_between_merchant_and_fee_receiver() public {
        Payment memory payment = _withFee();
        uint256[4] memory fees = [uint256(1), 2_00, AMOUNT - 1, AMOUNT];
        uint256 state = vm.snapshotState();
        for (uint256 i = 0; i < fees.length; ++i) {
            bytes memory signature = _payerSignature(payment);
            bytes32 id = escrow.paymentId(payment);
            vm.expectEmit(address(eur));
            emit IERC20.Transfer(payer, neighbour, AMOUNT - fees[i]);
            vm.expectEmit(address(eur));
            emit IERC20.Transfer(payer, feeReceiver, fees[i]);
            vm.prank(system);
            eur.chargePayment(payment, id, fees[i], signature);
            assertEq(eur.balanceOf(payer), BALANCE - AMOUNT);
            assertEq(eur.balanceOf(neighbour), AMOUNT - fees[i]);
            assertEq(eur.balanceOf(feeReceiver), fees[i]);
            vm.revertToState(state);
        }
        bytes32 paymentId = escrow.paymentId(payment);
        bytes memory signed = _payerSignature(payment);
        vm.expectRevert(OVERFLOW);
        vm.prank(system);
        eur.chargePayment(payment, paymentId, uint256(AMOUNT) + 1, signed);
    }

    /// @dev The escrow asks for no fee that is not in the terms; the receiver of such a one is looked at all the same.
    function test_chargePayment_pays_no_fee_to_whom_nobody_may_pay() public {
        Payment memory payment = _oneCurrency();
        address[4] memory receivers = [stranger, address(0), address(eur), system];
        for (uint256 i = 0; i < receivers.length; ++i) {
            payment.feeReceiver = receivers[i];
            bytes memory signature = _payerSignature(payment);
            bytes32 id = escrow.paymentId(payment);
            vm.expectRevert(receivers[i] == system ? _systemClosed(system) : TokenReverts.cannotReceive(receivers[i]));
            vm.prank(system);
            eur.chargePayment(payment, id, 1, signature);
        }
    }

    /// @dev Its corridor would lead to no country.
    function test_chargePayment_is_for_one_token() public {
        verb = Verb.Charge;
        _assertRefused(_twoCurrencies(), _closed(EEA, 0));
    }

    function test_chargePayment_counts_the_amount_fee_included() public {
        eurBank.policy.setCorridor(address(eur), EEA, EEA, _corridor(Period.Year, YEARLY_QUOTA));
        Payment memory payment = _withFee();
        bytes32 id = escrow.paymentId(payment);
        bytes memory signature = _payerSignature(payment);
        vm.prank(system);
        (, uint32 quotaRef,) = eur.chargePayment(payment, id, 40_00, signature);
        assertNotEq(quotaRef, 0);
        assertEq(eurBank.policy.remainingQuota(address(eur), EEA, EEA, PAYER_CUSTOMER), YEARLY_QUOTA - AMOUNT);
    }

    /// @dev The zones are the corridor's to judge, which says nothing of plain transfers.
    function test_chargePayment_crosses_zones_by_its_corridor_alone() public {
        verb = Verb.Charge;
        Payment memory payment = _oneCurrency();
        payment.merchant = abroad;
        assertFalse(eur.canTransfer(payer, abroad, AMOUNT));
        _submit(payment);
        assertEq(eur.balanceOf(abroad), AMOUNT);
        assertEq(_remaining(), YEARLY_QUOTA - AMOUNT);
    }

    /* BOTH: WHO MAY */

    function test_payments_are_for_active_system_accounts() public byBothVerbs {
        Payment memory payment = _oneCurrency();
        address[4] memory callers = [stranger, payer, neighbour, address(this)];
        for (uint256 i = 0; i < callers.length; ++i) {
            _assertRefusedTo(callers[i], payment, _notSystem(callers[i], SystemStatus.None));
        }
        eur.stopSystemAccount(system);
        _assertRefused(payment, _notSystem(system, SystemStatus.OutflowOnly));
    }

    function test_payment_needs_the_payers_consent_to_it() public byBothVerbs {
        Payment memory payment = _oneCurrency();
        bytes memory invalid = TokenReverts.invalidSignature();
        bytes memory signature = _payerSignature(payment);
        bytes32 id = escrow.paymentId(payment);
        _assertCallRefused(system, payment, "another payment", signature, invalid);
        _assertCallRefused(system, payment, id, "", invalid);
        _assertCallRefused(system, payment, id, _payerSignature(_otherCurrencies()), invalid);
        Payment memory changed = _oneCurrency();
        changed.sourceAmount = AMOUNT + 1;
        _assertCallRefused(system, changed, id, signature, invalid);
        changed = _oneCurrency();
        changed.authorizeBy += 1;
        _assertCallRefused(system, changed, id, signature, invalid);
        changed = _oneCurrency();
        changed.payer = neighbour;
        changed.merchant = payer;
        _assertCallRefused(system, changed, id, signature, invalid);

        vm.warp(payment.authorizeBy);
        _assertCallRefused(
            system, payment, id, signature, TokenReverts.invalidAuthorizationTime(0, payment.authorizeBy)
        );
        vm.warp(payment.authorizeBy - 1);
        _call(system, payment, id, signature);
        _assertCallRefused(system, payment, id, signature, TokenReverts.usedAuthorization(payer, id));
    }

    function test_payment_follows_the_rules_of_a_transfer() public byBothVerbs {
        Payment memory payment = _oneCurrency();
        uint256 state = vm.snapshotState();
        vm.prank(payer);
        eur.requestRedemption(BALANCE - AMOUNT + 1, "payout");
        _assertRefused(payment, TokenReverts.tokensLocked(payer, AMOUNT, AMOUNT - 1));
        eur.setFrozenTokens(payer, BALANCE - AMOUNT + 2);
        _assertRefused(payment, TokenReverts.insufficientUnfrozenBalance(payer, AMOUNT, AMOUNT - 2));
        eur.forcedTransfer(payer, neighbour, AMOUNT - 1);
        eur.rejectRedemption(1, LEGAL);
        eur.forcedTransfer(payer, neighbour, BALANCE - 2 * AMOUNT + 2);
        _assertRefused(payment, TokenReverts.insufficientBalance(payer, AMOUNT - 1, AMOUNT));
        vm.revertToState(state);

        eurBank.registry.blockWallet(payer, LEGAL);
        _assertRefused(payment, TokenReverts.cannotSend(payer));
        vm.revertToState(state);

        eurBank.registry.revoke(payer);
        _assertRefused(payment, TokenReverts.cannotSend(payer));
        vm.revertToState(state);

        eur.pause();
        _assertRefused(payment, TokenReverts.tokenPaused());
    }

    function test_payment_in_two_tokens_stops_while_paused() public {
        eur.pause();
        _assertRefused(_twoCurrencies(), TokenReverts.tokenPaused());
    }

    /* BOTH: THE CORRIDOR */

    /// @dev Whatever country it is told.
    function test_payment_within_one_token_knows_its_own_merchant() public byBothVerbs {
        Payment memory payment = _oneCurrency();
        payment.merchant = offMap;
        _assertRefused(payment, _closed(EEA, 0));
        payment.merchant = neighbour;
        (, uint32 quotaRef,) = _submit(payment);
        assertEq(quotaRef, 0);
    }

    function test_payment_needs_a_payer_with_a_zone() public byBothVerbs {
        eurBank.registry.clearZone(_countries(GERMANY, GERMANY));
        _assertRefused(_oneCurrency(), _closed(0, EEA));
    }

    function test_payment_is_refused_as_the_policy_says() public byBothVerbs {
        Payment memory payment = _oneCurrency();
        ICorridorPolicy policy = eurBank.policy;
        Corridor memory rules = _corridor(Period.Year, AMOUNT - 1);
        policy.setCorridor(address(eur), EEA, EEA, rules);
        _assertRefused(payment, PolicyReverts.quotaExceeded(PAYER_CUSTOMER, AMOUNT, AMOUNT - 1));
        rules.maxAmount = AMOUNT - 1;
        policy.setCorridor(address(eur), EEA, EEA, rules);
        _assertRefused(payment, PolicyReverts.amountOutsideLimits(AMOUNT, rules.minAmount, AMOUNT - 1));
        policy.suspendCorridor(address(eur), EEA, EEA);
        _assertRefused(payment, PolicyReverts.corridorIsSuspended(address(eur), EEA, EEA));
        rules.open = false;
        policy.setCorridor(address(eur), EEA, EEA, rules);
        _assertRefused(payment, _closed(EEA, EEA));
    }

    function test_payment_names_its_approver_and_generation() public byBothVerbs {
        ICorridorPolicy next = _newCorridorPolicy(address(eurBank.manager));
        Corridor memory rules = _corridor(Period.None, 0);
        rules.approvalNeeded = true;
        next.setCorridor(address(eur), EEA, EEA, rules);
        eur.setPolicy(address(next));
        _assertRefused(_oneCurrency(), PolicyReverts.noApprover());
        next.setApprover(stranger);
        (uint16 generation,, address approver) = _submit(_oneCurrency());
        assertEq(generation, 2);
        assertEq(approver, stranger);
    }

    /* BOTH: WHO IS PAID */

    function test_payment_is_refused_for_a_merchant_that_cannot_be_paid() public byBothVerbs {
        eurBank.registry.register(address(eur), CustomerCategory.Institution, FRANCE, REVIEWED_UNTIL, 1013);
        Payment memory payment = _oneCurrency();
        address[3] memory nobody = [address(0), address(eur), stranger];
        for (uint256 i = 0; i < nobody.length; ++i) {
            payment.merchant = nobody[i];
            _assertRefused(payment, TokenReverts.cannotReceive(nobody[i]));
        }
        payment.merchant = system;
        _assertRefused(payment, _systemClosed(system));
        payment.merchant = neighbour;
        eurBank.registry.blockWallet(neighbour, LEGAL);
        _assertRefused(payment, TokenReverts.cannotReceive(neighbour));
    }

    function test_payment_is_refused_for_a_fee_receiver_that_cannot_be_paid() public byBothVerbs {
        eurBank.registry.register(address(eur), CustomerCategory.Institution, FRANCE, REVIEWED_UNTIL, 1013);
        Payment memory payment = _withFee();
        address[3] memory nobody = [address(0), address(eur), stranger];
        for (uint256 i = 0; i < nobody.length; ++i) {
            payment.feeReceiver = nobody[i];
            _assertRefused(payment, TokenReverts.cannotReceive(nobody[i]));
        }
        payment.feeReceiver = system;
        _assertRefused(payment, _systemClosed(system));
        payment.feeReceiver = feeReceiver;
        eurBank.registry.blockWallet(feeReceiver, LEGAL);
        _assertRefused(payment, TokenReverts.cannotReceive(feeReceiver));
        // Who gets nothing is nobody's business.
        payment.feeBps = 0;
        _submit(payment);
        assertEq(eur.balanceOf(payer), BALANCE - AMOUNT);
    }

    function test_fee_crosses_no_border_that_the_corridor_was_not_asked_about() public byBothVerbs {
        Payment memory payment = _withFee();
        payment.feeReceiver = abroad;
        _assertRefused(payment, _feeElsewhere(abroad, HK, EEA));
        payment.feeReceiver = offMap;
        _assertRefused(payment, _feeElsewhere(offMap, 0, EEA));
        payment.merchant = abroad;
        payment.feeReceiver = feeReceiver;
        _assertRefused(payment, _feeElsewhere(feeReceiver, EEA, HK));
        // Two countries without a zone are not alike.
        payment.merchant = elsewhere;
        payment.feeReceiver = offMap;
        _assertRefused(payment, _feeElsewhere(offMap, 0, 0));
        payment.merchant = offMap;
        _assertRefused(payment, _closed(EEA, 0));
        // Another country of the same zone.
        payment.merchant = neighbour;
        payment.feeReceiver = feeReceiver;
        _submit(payment);
        assertEq(eur.balanceOf(payer), BALANCE - AMOUNT);
    }

    /* THE SAME ACCOUNT TWICE */

    /// @dev Payer, merchant, fee receiver and caller, equal in every way: nothing is minted and nothing is lost.
    function test_equal_parties_mint_nothing() public byBothVerbs {
        address[4] memory parties = _parties();
        uint256[3] memory fees = [uint256(0), 30_00, AMOUNT];
        for (uint256 i = 0; i < parties.length; ++i) {
            for (uint256 j = 0; j < parties.length; ++j) {
                for (uint256 k = 0; k < parties.length; ++k) {
                    for (uint256 f = 0; f < fees.length; ++f) {
                        _assertBooks(parties, [i, j, k], fees[f]);
                    }
                }
            }
        }
    }

    /// @dev Any amounts, with copies of the registry's answers and without.
    function testFuzz_equal_parties_mint_nothing(uint256[3] memory which, uint256 fee, uint256 syncs, bool charge)
        public
    {
        verb = charge ? Verb.Charge : Verb.Open;
        address[4] memory parties = _parties();
        eurBank.registry.setZone(new uint16[](0), 0);
        for (uint256 i = 0; i < which.length; ++i) {
            which[i] %= parties.length;
        }
        for (uint256 i = 0; i < parties.length; ++i) {
            if (syncs & (1 << i) != 0) eur.sync(parties[i]);
        }
        _assertBooks(parties, which, bound(fee, 0, AMOUNT));
    }

    /* TARGET */

    function test_requireTarget_names_the_merchants_country() public {
        assertEq(_ask(_twoCurrencies()), HONG_KONG);
        Payment memory payment = _twoCurrencies();
        (payment.feeBps, payment.feeReceiver) = (100, feeReceiver);
        assertEq(_ask(payment), HONG_KONG);
        // The corridor is for the payer's bank to check.
        _onboard(hkdBank, offMap, CustomerCategory.Merchant, NOWHERE, 2010);
        payment.merchant = offMap;
        payment.feeBps = 0;
        assertEq(_ask(payment), NOWHERE);
    }

    function test_requireTarget_is_for_active_system_accounts() public {
        _assertNoTargetTo(stranger, _twoCurrencies(), _notSystem(stranger, SystemStatus.None));
        hkd.stopSystemAccount(system);
        _assertNoTarget(_twoCurrencies(), _notSystem(system, SystemStatus.OutflowOnly));
    }

    function test_requireTarget_needs_the_acceptance_of_the_source() public {
        hkd.stopAccepted(address(eur));
        _assertNoTarget(_twoCurrencies(), _notAccepted(address(eur), Acceptance.RefundsOnly));
        hkd.setAccepted(address(eur), false);
        _assertNoTarget(_twoCurrencies(), _notAccepted(address(eur), Acceptance.None));
        // The other bank's word does not count.
        assertEq(uint8(eur.acceptanceOf(address(hkd))), uint8(Acceptance.Accepted));
    }

    function test_requireTarget_refuses_a_dealer_that_is_none() public {
        Payment memory payment = _twoCurrencies();
        payment.dealer = hkNeighbour;
        _assertNoTarget(payment, _notDealer(hkNeighbour, REVIEWED_UNTIL, CustomerCategory.Merchant));
        payment.dealer = stranger;
        _assertNoTarget(payment, _notDealer(stranger, 0, CustomerCategory.Retail));
        payment.dealer = dealer;
        hkdBank.registry.revoke(dealer);
        _assertNoTarget(payment, _notDealer(dealer, 0, CustomerCategory.Dealer));
    }

    function test_requireTarget_refuses_while_paused() public {
        hkd.pause();
        _assertNoTarget(_twoCurrencies(), TokenReverts.tokenPaused());
    }

    function test_requireTarget_refuses_a_merchant_that_cannot_be_paid() public {
        _onboard(hkdBank, address(hkd), CustomerCategory.Merchant, HONG_KONG, 2010);
        Payment memory payment = _twoCurrencies();
        address[3] memory nobody = [address(0), address(hkd), stranger];
        for (uint256 i = 0; i < nobody.length; ++i) {
            payment.merchant = nobody[i];
            _assertNoTarget(payment, TokenReverts.cannotReceive(nobody[i]));
        }
        payment.merchant = system;
        _assertNoTarget(payment, _systemClosed(system));
        payment.merchant = merchant;
        vm.warp(REVIEWED_UNTIL);
        hkdBank.registry.renew(dealer, REVIEWED_UNTIL + 1);
        _assertNoTarget(payment, TokenReverts.cannotReceive(merchant));
    }

    function test_requireTarget_refuses_a_fee_receiver_that_cannot_be_paid() public {
        _onboard(hkdBank, address(hkd), CustomerCategory.Merchant, HONG_KONG, 2010);
        _onboard(hkdBank, neighbour, CustomerCategory.Merchant, FRANCE, 2011);
        Payment memory payment = _twoCurrencies();
        payment.feeBps = 1;
        address[3] memory nobody = [address(0), address(hkd), stranger];
        for (uint256 i = 0; i < nobody.length; ++i) {
            payment.feeReceiver = nobody[i];
            _assertNoTarget(payment, TokenReverts.cannotReceive(nobody[i]));
        }
        payment.feeReceiver = system;
        _assertNoTarget(payment, _systemClosed(system));
        // By the table of the bank that pays both.
        payment.feeReceiver = neighbour;
        _assertNoTarget(payment, _feeElsewhere(neighbour, EEA, HK));
        hkdBank.registry.clearZone(_countries(FRANCE, FRANCE));
        _assertNoTarget(payment, _feeElsewhere(neighbour, 0, HK));
        eurBank.registry.setZone(_countries(FRANCE, FRANCE), HK);
        _assertNoTarget(payment, _feeElsewhere(neighbour, 0, HK));
        hkdBank.registry.setZone(_countries(FRANCE, FRANCE), HK);
        assertEq(_ask(payment), HONG_KONG);
    }

    /// @dev With everything wrong, one thing is said after another.
    function test_requireTarget_refuses_in_its_order() public {
        Payment memory payment = _twoCurrencies();
        (payment.dealer, payment.merchant, payment.feeReceiver, payment.feeBps) = (stranger, stranger, stranger, 1);
        hkd.setAccepted(address(eur), false);
        hkd.pause();
        _assertNoTargetTo(stranger, payment, _notSystem(stranger, SystemStatus.None));
        _assertNoTarget(payment, _notAccepted(address(eur), Acceptance.None));
        hkd.setAccepted(address(eur), true);
        _assertNoTarget(payment, _notDealer(stranger, 0, CustomerCategory.Retail));
        payment.dealer = dealer;
        _assertNoTarget(payment, TokenReverts.tokenPaused());
        hkd.unpause();
        _assertNoTarget(payment, TokenReverts.cannotReceive(stranger));
        payment.merchant = merchant;
        _assertNoTarget(payment, TokenReverts.cannotReceive(stranger));
        payment.feeReceiver = feeReceiver;
        assertEq(_ask(payment), HONG_KONG);
    }

    /* REFUND */

    function test_requireRefund_lets_an_accepted_and_a_suspended_token_pass() public {
        eur.requireRefund(address(hkd), dealer);
        eur.stopAccepted(address(hkd));
        eur.requireRefund(address(hkd), dealer);
        // Anybody may ask, at any time.
        eur.pause();
        vm.prank(stranger);
        eur.requireRefund(address(hkd), dealer);
    }

    function test_requireRefund_refuses_a_token_that_was_struck_off() public {
        eur.setAccepted(address(hkd), false);
        address[3] memory others = [address(hkd), stranger, address(eur)];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(_notAccepted(others[i], Acceptance.None));
            eur.requireRefund(others[i], dealer);
        }
    }

    function test_requireRefund_refuses_a_dealer_that_is_none() public {
        address[2] memory others = [payer, stranger];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(_notDealer(others[i], i == 0 ? REVIEWED_UNTIL : 0, CustomerCategory.Retail));
            eur.requireRefund(address(hkd), others[i]);
        }
        eurBank.registry.blockCustomer(1003, LEGAL);
        vm.expectRevert(_notDealer(dealer, 0, CustomerCategory.Dealer));
        eur.requireRefund(address(hkd), dealer);
    }

    /* QUOTA */

    function test_restoreQuota_gives_back_also_when_stopped() public {
        (uint16 generation, uint32 quotaRef,) = _submit(_twoCurrencies());
        eur.stopSystemAccount(system);
        vm.prank(system);
        eur.restoreQuota(generation, payer, quotaRef, 60_00);
        assertEq(_remaining(), YEARLY_QUOTA - 40_00);
    }

    function test_restoreQuota_is_for_system_accounts() public {
        (uint16 generation, uint32 quotaRef,) = _submit(_twoCurrencies());
        vm.expectRevert(_notSystem(payer, SystemStatus.None));
        vm.prank(payer);
        eur.restoreQuota(generation, payer, quotaRef, AMOUNT);
    }

    function test_restoreQuota_does_nothing_once_the_policy_was_replaced() public {
        (uint16 generation, uint32 quotaRef,) = _submit(_twoCurrencies());
        ICorridorPolicy next = _newCorridorPolicy(address(eurBank.manager));
        eur.setPolicy(address(next));
        vm.expectCall(address(next), "", 0);
        vm.expectCall(address(eurBank.policy), "", 0);
        vm.prank(system);
        eur.restoreQuota(generation, payer, quotaRef, AMOUNT);
    }

    /* DEALER */

    function test_requireDealer_lets_a_dealer_in_good_standing_pass() public {
        eur.requireDealer(dealer);
        eur.pause();
        vm.prank(stranger);
        eur.requireDealer(dealer);
    }

    function test_requireDealer_refuses_everybody_else() public {
        _assertNoDealer(payer, REVIEWED_UNTIL, CustomerCategory.Retail);
        _assertNoDealer(feeReceiver, REVIEWED_UNTIL, CustomerCategory.Institution);
        _assertNoDealer(stranger, 0, CustomerCategory.Retail);
        _assertNoDealer(system, 0, CustomerCategory.Retail);
    }

    function test_requireDealer_refuses_a_dealer_that_is_lapsed_blocked_or_revoked() public {
        eur.sync(dealer);
        uint256 state = vm.snapshotState();
        vm.warp(REVIEWED_UNTIL);
        _assertNoDealer(dealer, REVIEWED_UNTIL, CustomerCategory.Dealer);
        vm.revertToState(state);

        eurBank.registry.blockWallet(dealer, LEGAL);
        _assertNoDealer(dealer, 0, CustomerCategory.Dealer);
        vm.revertToState(state);

        eurBank.registry.blockCustomer(1003, LEGAL);
        _assertNoDealer(dealer, 0, CustomerCategory.Dealer);
        vm.revertToState(state);

        eurBank.registry.revoke(dealer);
        _assertNoDealer(dealer, 0, CustomerCategory.Dealer);
        _onboard(eurBank, dealer, CustomerCategory.Retail, GERMANY, 1003);
        _assertNoDealer(dealer, REVIEWED_UNTIL, CustomerCategory.Retail);
    }

    /* HELPERS: PAYMENTS */

    /// @dev To the neighbour, with a fee.
    function _withFee() private view returns (Payment memory payment) {
        payment = _oneCurrency();
        (payment.feeBps, payment.feeReceiver) = (100, feeReceiver);
    }

    /// @dev A second payment in two tokens.
    function _otherCurrencies() private view returns (Payment memory payment) {
        payment = _twoCurrencies();
        payment.remittanceHash = keccak256("invoice 2");
    }

    /// @dev The system account brings what the payer has signed.
    function _submit(Payment memory payment) private returns (uint16 generation, uint32 quotaRef, address approver) {
        return _call(system, payment, escrow.paymentId(payment), _payerSignature(payment));
    }

    /// @dev With Hong Kong for the merchant's country, or a fee of 1 % of 100.00, which in minor units is as much.
    function _call(address caller, Payment memory payment, bytes32 id, bytes memory signature)
        private
        returns (uint16 generation, uint32 quotaRef, address approver)
    {
        vm.prank(caller);
        if (verb == Verb.Charge) return eur.chargePayment(payment, id, payment.feeBps, signature);
        return eur.openPayment(payment, id, HONG_KONG, signature);
    }

    function _assertRefused(Payment memory payment, bytes memory reason) private {
        _assertRefusedTo(system, payment, reason);
    }

    function _assertRefusedTo(address caller, Payment memory payment, bytes memory reason) private {
        _assertCallRefused(caller, payment, escrow.paymentId(payment), _payerSignature(payment), reason);
    }

    /// @dev It reverts, and moves, counts and uses up nothing.
    function _assertCallRefused(
        address caller,
        Payment memory payment,
        bytes32 id,
        bytes memory signature,
        bytes memory reason
    ) private {
        uint256 balance = eur.balanceOf(payer);
        uint104 remaining = _remaining();
        bool used = eur.authorizationState(payer, id);
        vm.expectRevert(reason);
        _call(caller, payment, id, signature);
        assertEq(eur.balanceOf(payer), balance);
        assertEq(_remaining(), remaining);
        assertEq(eur.authorizationState(payer, id), used);
    }

    function _remaining() private view returns (uint104) {
        return eurBank.policy.remainingQuota(address(eur), EEA, HK, PAYER_CUSTOMER);
    }

    /* HELPERS: EQUAL PARTIES */

    /// @dev Three customers and a system account, all of whom the payer's key signs for.
    function _parties() private returns (address[4] memory parties) {
        parties = [
            payer,
            address(new ContractWallet(payer)),
            address(new ContractWallet(payer)),
            address(new SystemWallet(payer))
        ];
        for (uint256 i = 1; i < parties.length; ++i) {
            _onboard(eurBank, parties[i], CustomerCategory.Merchant, FRANCE, uint128(1020 + i));
        }
        _mint(eurBank, parties[1], 2 * AMOUNT);
        eur.activateSystemAccount(parties[3]);
        vm.prank(payer);
        eur.approve(parties[3], AMOUNT);
        vm.prank(parties[3]);
        eur.transferFrom(payer, parties[3], AMOUNT);
    }

    /// @dev The last party brings a payment from, to and with a fee for three of them. It is refused, or each balance is
    /// what plain sums make of it; in the end everything is as before.
    function _assertBooks(address[4] memory parties, uint256[3] memory which, uint256 fee) private {
        uint256 state = vm.snapshotState();
        Payment memory payment = _withFee();
        payment.payer = parties[which[0]];
        payment.merchant = parties[which[1]];
        payment.feeReceiver = parties[which[2]];
        if (fee == 0) payment.feeBps = 0;
        uint256[4] memory expected;
        for (uint256 i = 0; i < parties.length; ++i) {
            expected[i] = eur.balanceOf(parties[i]);
        }
        bool allowed = expected[which[0]] >= AMOUNT && which[1] != 3 && (fee == 0 || which[2] != 3);
        if (allowed) {
            expected[which[0]] -= AMOUNT;
            expected[verb == Verb.Charge ? which[1] : 3] += verb == Verb.Charge ? AMOUNT - fee : AMOUNT;
            if (verb == Verb.Charge) expected[which[2]] += fee;
        }
        uint256 supply = eur.totalSupply();

        assertEq(_bring(parties[3], payment, fee), allowed, "allowed");
        uint256 sum = 0;
        for (uint256 i = 0; i < parties.length; ++i) {
            assertEq(eur.balanceOf(parties[i]), expected[i], "balance");
            sum += expected[i];
        }
        assertEq(sum, supply, "supply is the sum of balances");
        assertEq(eur.totalSupply(), supply, "supply");
        vm.revertToState(state);
    }

    /// @dev As a system account to which the payer's key has signed.
    function _bring(address caller, Payment memory payment, uint256 fee) private returns (bool success) {
        bytes32 id = escrow.paymentId(payment);
        bytes32 structHash = keccak256(
            abi.encode(
                eur.RECEIVE_WITH_AUTHORIZATION_TYPEHASH(),
                payment.payer,
                caller,
                payment.sourceAmount,
                0,
                payment.authorizeBy,
                id
            )
        );
        bytes memory signature =
            _sign(payerKey, keccak256(abi.encodePacked(hex"1901", eur.DOMAIN_SEPARATOR(), structHash)));
        vm.prank(caller);
        (success,) = address(eur)
            .call(
                verb == Verb.Charge
                    ? abi.encodeCall(IDepositTokenMain.chargePayment, (payment, id, fee, signature))
                    : abi.encodeCall(IDepositTokenMain.openPayment, (payment, id, 0, signature))
            );
    }

    /* HELPERS: TARGET */

    function _ask(Payment memory payment) private returns (uint16) {
        vm.prank(system);
        return hkd.requireTarget(payment);
    }

    function _assertNoTarget(Payment memory payment, bytes memory reason) private {
        _assertNoTargetTo(system, payment, reason);
    }

    function _assertNoTargetTo(address caller, Payment memory payment, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(caller);
        hkd.requireTarget(payment);
    }

    function _assertNoDealer(address account, uint40 validUntil, CustomerCategory category) private {
        vm.expectRevert(_notDealer(account, validUntil, category));
        eur.requireDealer(account);
    }

    /* REFUSALS */

    function _notSystem(address account, SystemStatus status) private pure returns (bytes memory) {
        return TokenReverts.notSystemAccount(account, status);
    }

    function _systemClosed(address account) private view returns (bytes memory) {
        return TokenReverts.systemAccountClosed(account, system, SystemStatus.Active);
    }

    function _notAccepted(address token, Acceptance found) private pure returns (bytes memory) {
        return TokenReverts.tokenNotAccepted(token, found);
    }

    function _notDealer(address account, uint40 validUntil, CustomerCategory category)
        private
        pure
        returns (bytes memory)
    {
        return TokenReverts.notDealer(account, validUntil, category);
    }

    function _closed(uint8 fromZone, uint8 toZone) private view returns (bytes memory) {
        return PolicyReverts.corridorClosed(address(eur), fromZone, toZone);
    }

    function _feeElsewhere(address receiver, uint8 found, uint8 allowed) private pure returns (bytes memory) {
        return TokenReverts.feeReceiverElsewhere(receiver, found, allowed);
    }
}
