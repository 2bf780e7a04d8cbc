// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/Beginnings.sol";
import {ContractWallet} from "../support/ContractWallet.sol";
import {AuthorizedToken, PlainToken, SwallowingToken} from "../support/mocks/ForeignTokens.sol";

/// @notice Payments that neither `authorize` nor `charge` begins, be they signed by all: what each reverts with, and
/// that the preview says so, before anybody signs and afterwards. {EscrowAuthorizeTest} has what is wrong with
/// signatures, and {EscrowEqualPartiesTest} parties that are one.
contract EscrowRefusalsTest is Beginnings {
    /* TERMS */

    function test_deadlines_out_of_order() public balanced {
        Payment memory payment = _twoCurrencies();
        uint40 captureBy = payment.captureBy;
        payment.authorizeBy = START;
        _assertNever("authorizeBy is now", payment, EscrowReverts.tooLate(START, START));
        payment.authorizeBy = captureBy + 1;
        _assertNever("authorizeBy after captureBy", payment, _deadlinesCrossed(payment));
        (payment.authorizeBy, payment.captureFrom) = (captureBy, captureBy + 1);
        _assertNever("captureFrom after captureBy", payment, _deadlinesCrossed(payment));
        (payment.captureFrom, payment.refundBy) = (START, captureBy - 1);
        _assertNever("refundBy before captureBy", payment, _deadlinesCrossed(payment));
    }

    /// @dev An arbiter needs a day; without one there is no time to resolve.
    function test_time_to_resolve_that_does_not_fit_the_arbiter() public balanced {
        Payment memory payment = _twoCurrencies();
        uint40 captureBy = payment.captureBy;
        uint40[3] memory withArbiter = [captureBy, captureBy + 1 days - 1, captureBy - 1];
        uint40[3] memory without = [captureBy + 1 days, captureBy + 1, captureBy - 1];
        for (uint256 i = 0; i < 3; ++i) {
            (payment.arbiter, payment.resolveBy) = (arbiter, withArbiter[i]);
            _assertNever("with an arbiter", payment, _resolveByMismatch(payment));
            (payment.arbiter, payment.resolveBy) = (address(0), without[i]);
            _assertNever("without an arbiter", payment, _resolveByMismatch(payment));
        }
        payment.arbiter = arbiter;
        (payment.captureBy, payment.resolveBy) = (type(uint40).max, type(uint40).max);
        payment.refundBy = type(uint40).max;
        _assertNever("counted without overflow", payment, _resolveByMismatch(payment));
    }

    function test_another_party_as_arbiter() public balanced {
        Payment memory payment = _disputable();
        address[5] memory parties = [payer, merchant, operator, dealer, feeReceiver];
        for (uint256 i = 0; i < parties.length; ++i) {
            payment.arbiter = parties[i];
            _assertNever("arbiter", payment, EscrowReverts.arbiterNotNeutral(parties[i]));
        }
    }

    function test_amounts_that_are_none_or_differ() public balanced {
        Payment memory payment = _twoCurrencies();
        payment.sourceAmount = 0;
        _assertNever("no source amount", payment, EscrowReverts.zeroAmount());
        payment = _twoCurrencies();
        payment.targetAmount = 0;
        _assertNever("no target amount", payment, EscrowReverts.zeroAmount());
        payment = _oneCurrency();
        payment.targetAmount = 99_99;
        _assertNever("less of one token", payment, EscrowReverts.amountsDiffer(100_00, 99_99));
        payment.targetAmount = 100_01;
        _assertNever("more of one token", payment, EscrowReverts.amountsDiffer(100_00, 100_01));
    }

    function test_a_dealer_that_does_not_fit_the_tokens() public balanced {
        Payment memory payment = _twoCurrencies();
        payment.dealer = address(0);
        _assertNever("two tokens", payment, EscrowReverts.dealerMismatch(address(0), address(eur), address(hkd)));
        payment = _oneCurrency();
        payment.dealer = dealer;
        _assertNever("one token", payment, EscrowReverts.dealerMismatch(dealer, address(eur), address(eur)));
    }

    function test_a_fee_that_is_none_or_too_much() public balanced {
        uint16[5] memory fees = [10_001, type(uint16).max, 0, 1, 1];
        address[5] memory receivers = [feeReceiver, feeReceiver, feeReceiver, address(0), address(escrow)];
        Payment memory payment = _twoCurrencies();
        for (uint256 i = 0; i < 5; ++i) {
            (payment.feeBps, payment.feeReceiver) = (fees[i], receivers[i]);
            _assertNever("fee", payment, EscrowReverts.feeInvalid(fees[i], receivers[i]));
        }
    }

    /* TOKENS */

    /// @dev An address without code, a plain ERC-20, one that takes authorizations as USDC does, and one that swallows
    /// every call: each is named, on whichever side it stands.
    function test_tokens_that_are_none_of_ours() public balanced {
        address[4] memory foreign =
            [stranger, address(new PlainToken()), address(new AuthorizedToken()), address(new SwallowingToken())];
        _stockHostile(850_00);
        for (uint256 i = 0; i < foreign.length; ++i) {
            bytes memory refusal = EscrowReverts.notDepositToken(foreign[i]);
            Payment memory payment = _oneCurrency();
            (payment.sourceToken, payment.targetToken) = (foreign[i], foreign[i]);
            _assertRefused("both", _unsigned(payment), refusal);
            payment = _twoCurrencies();
            payment.targetToken = foreign[i];
            _assertRefused("target", _unsigned(payment), refusal);
            payment = _intoHostile();
            payment.sourceToken = foreign[i];
            _assertRefused("source", _unsigned(payment), refusal);
        }
    }

    function test_tokens_of_a_bank_that_does_not_list_the_escrow() public {
        escrow = newSettlementEscrow();
        _assertNever("never listed", _oneCurrency(), TokenReverts.notSystemAccount(address(escrow), SystemStatus.None));
    }

    function test_copies_no_more_than_256_bytes_of_a_refusal() public {
        bytes memory part = _first256(_refusedAtLength(10_000));
        _trick(IDepositTokenMain.merchantCountryOf.selector, HostileToken.Kind.Refuse, false, 0, 10_000);
        _trick(IDepositTokenMain.openPayment.selector, HostileToken.Kind.Refuse, false, 0, 10_000);
        _assertRefused("target", _intoHostile(), part);
        _assertRefused("source", _outOfHostile(), part);
    }

    /// @dev What says too little is none of ours either; what says more than was asked is.
    function test_tokens_that_answer_with_too_little() public {
        hostile.give(payer, 200_00);
        bytes memory refusal = EscrowReverts.notDepositToken(address(hostile));
        uint256[3] memory lengths = [uint256(0), 32, 95];
        for (uint256 i = 0; i < lengths.length; ++i) {
            _trick(IDepositTokenMain.openPayment.selector, HostileToken.Kind.Answer, true, 1, lengths[i]);
            _trick(IDepositTokenMain.chargePayment.selector, HostileToken.Kind.Answer, true, 1, lengths[i]);
            _assertRefused("abroad", _outOfHostile(), refusal);
            _refused(operator, _charging(_withinHostile()), refusal);
        }
        _trick(IDepositTokenMain.merchantCountryOf.selector, HostileToken.Kind.Answer, true, HONG_KONG, 31);
        _assertRefused("target", _intoHostile(), refusal);
        _trick(IDepositTokenMain.openPayment.selector, HostileToken.Kind.Answer, true, 1, 128);
        _open(_outOfHostile());
    }

    /// @dev The slot keeps 12 bits of what the source token calls its policy's generation; more would reach the status.
    function test_a_generation_beyond_its_bits() public {
        hostile.give(payer, 200_00);
        uint16[4] memory generations = [MAX_GENERATION + 1, 0x2000, 0x4000, type(uint16).max];
        for (uint256 i = 0; i < generations.length; ++i) {
            hostile.setConsumption(generations[i], 1);
            bytes memory refusal = EscrowReverts.generationTooGreat(generations[i], MAX_GENERATION);
            _assertRefused("abroad", _outOfHostile(), refusal);
            _assertRefused("in one currency", _withinHostile(), refusal);
        }
        hostile.setConsumption(MAX_GENERATION, type(uint32).max);
        bytes32 id = _open(_outOfHostile());
        _assertState(id, PaymentStatus.Authorized, 0, 0);
        assertEq(escrow.paymentState(id).policyGeneration, MAX_GENERATION);
        assertEq(escrow.paymentState(id).quotaRef, type(uint32).max);
    }

    /* BANKS */

    /// @dev What comes later here is looked at earlier.
    function test_what_a_token_or_a_registry_refuses() public balanced {
        Payment memory payment = _withFee(_twoCurrencies());
        payment.targetAmount = STOCK + 1;
        bytes memory tooLow = EscrowReverts.inventoryTooLow(dealer, address(hkd), STOCK, uint256(STOCK) + 1);
        _assertNever("inventory too low", payment, tooLow);
        payment.targetAmount = 850_00;
        bytes memory notDealer = TokenReverts.notDealer(dealer, 0, CustomerCategory.Dealer);
        bytes memory stopped = TokenReverts.notSystemAccount(address(escrow), SystemStatus.OutflowOnly);
        eurBank.registry.revoke(dealer);
        _assertNever("dealer revoked at home", payment, notDealer);
        eur.stopSystemAccount(address(escrow));
        _assertNever("source stopped", payment, stopped);
        hkdBank.registry.blockWallet(feeReceiver, LEGAL);
        _assertNever("fee receiver blocked", payment, TokenReverts.cannotReceive(feeReceiver));
        hkdBank.registry.blockCustomer(MERCHANT_CUSTOMER, LEGAL);
        _assertNever("merchant blocked", payment, TokenReverts.cannotReceive(merchant));
        hkdBank.registry.unblockCustomer(MERCHANT_CUSTOMER);
        hkdBank.registry.revoke(merchant);
        _assertNever("merchant revoked", payment, TokenReverts.cannotReceive(merchant));
        hkd.pause();
        _assertNever("target paused", payment, TokenReverts.tokenPaused());
        hkdBank.registry.revoke(dealer);
        _assertNever("dealer revoked abroad", payment, notDealer);
        hkd.stopSystemAccount(address(escrow));
        _assertNever("target stopped", payment, stopped);
    }

    /// @dev In one currency merchant and fee receiver are the payer's own bank's.
    function test_whom_nobody_may_pay() public balanced {
        Payment memory payment = _withFee(_oneCurrency());
        payment.merchant = merchant;
        _assertNever("merchant of another bank", payment, TokenReverts.cannotReceive(merchant));
        payment.merchant = address(escrow);
        _assertNever("the escrow", payment, _closed(address(escrow)));
        (payment.merchant, payment.payer) = (neighbour, address(escrow));
        _onboard(eurBank, address(escrow), CustomerCategory.Retail, GERMANY, 1013);
        _assertRefused("the escrow as payer", payment, TokenReverts.invalidSignature());
        payment = _twoCurrencies();
        payment.dealer = address(escrow);
        _assertNever("as dealer", payment, TokenReverts.notDealer(address(escrow), 0, CustomerCategory.Retail));
        address[2] memory unpayable = [address(hkd), address(newSettlementEscrow())];
        hkd.activateSystemAccount(unpayable[1]);
        payment = _withFee(_twoCurrencies());
        payment.feeReceiver = unpayable[0];
        _assertNever("the token", payment, TokenReverts.cannotReceive(unpayable[0]));
        payment.feeReceiver = unpayable[1];
        _assertNever("a system account", payment, _closed(unpayable[1]));
    }

    /// @dev All that a payer alone can do: be its own operator, name a neighbour as merchant and pay a resident of
    /// another zone, at the same bank, as fee receiver. Of two banks' tables that of the bank that pays both counts.
    function test_a_fee_is_no_way_around_the_corridor() public balanced {
        address elsewhere = makeAddr("elsewhere");
        _onboard(eurBank, elsewhere, CustomerCategory.Retail, HONG_KONG, 1009);
        _onboard(hkdBank, elsewhere, CustomerCategory.Institution, GERMANY, 2009);
        Payment memory payment = _oneCurrency();
        (payment.operator, payment.feeBps, payment.feeReceiver) = (payer, 10_000, elsewhere);
        _assertNever("one currency", payment, TokenReverts.feeReceiverElsewhere(elsewhere, HK, EEA));
        payment = _withFee(_twoCurrencies());
        payment.feeReceiver = elsewhere;
        bytes memory refusal = TokenReverts.feeReceiverElsewhere(elsewhere, EEA, HK);
        _assertNever("two currencies", payment, refusal);
        eurBank.registry.setZone(_countries(GERMANY, FRANCE), HK);
        _assertNever("by another bank's table", payment, refusal);
        eurBank.registry.setZone(_countries(GERMANY, FRANCE), EEA);
        hkdBank.registry.setZone(_countries(GERMANY, GERMANY), HK);
        _open(payment);
    }

    /// @dev The merchant's bank is asked first.
    function test_needs_both_banks_acceptance() public balanced {
        hkd.stopAccepted(address(eur));
        eur.suspendAccepted(address(hkd));
        _assertNotAccepted(eur, Acceptance.RefundsOnly);
        hkd.setAccepted(address(eur), false);
        _assertNotAccepted(eur, Acceptance.None);
        hkd.setAccepted(address(eur), true);
        _assertNotAccepted(hkd, Acceptance.RefundsOnly);
        eur.setAccepted(address(hkd), false);
        _assertNotAccepted(hkd, Acceptance.None);
        eur.setAccepted(address(hkd), true);
        _openTwoCurrencies();
    }

    function test_what_the_corridor_refuses() public balanced {
        Corridor memory rules = _corridor(Period.Year, YEARLY_QUOTA);
        rules.open = false;
        _assertNeverWith(rules, PolicyReverts.corridorClosed(address(eur), EEA, HK));
        rules = _corridor(Period.Year, YEARLY_QUOTA);
        rules.minAmount = 100_01;
        _assertNeverWith(rules, PolicyReverts.amountOutsideLimits(100_00, 100_01, rules.maxAmount));
        rules = _corridor(Period.Year, 99_99);
        _assertNeverWith(rules, PolicyReverts.quotaExceeded(PAYER_CUSTOMER, 100_00, 99_99));
        rules.purposeRequired = true;
        Payment memory payment = _twoCurrencies();
        payment.purpose = 0;
        eurBank.policy.setCorridor(address(eur), EEA, HK, rules);
        _assertNever("purpose", payment, PolicyReverts.purposeRequired(EEA, HK));
        _needApproval();
        eurBank.policy.setApprover(address(0));
        _assertNever("no approver", _twoCurrencies(), PolicyReverts.noApprover());
        eurBank.policy.suspendCorridor(address(eur), EEA, HK);
        _assertNever("abroad", _twoCurrencies(), PolicyReverts.corridorIsSuspended(address(eur), EEA, HK));
        eurBank.policy.suspendCorridor(address(eur), EEA, EEA);
        _assertNever("within a zone", _oneCurrency(), PolicyReverts.corridorIsSuspended(address(eur), EEA, EEA));
    }

    /// @dev The merchant's bank may have its own zones; only the payer's bank's table counts.
    function test_zones_are_those_of_the_payers_bank() public balanced {
        hkdBank.registry.setZone(_countries(HONG_KONG, GERMANY), 77);
        eurBank.registry.setZone(_countries(HONG_KONG, HONG_KONG), 0);
        _assertNever("merchant", _twoCurrencies(), PolicyReverts.corridorClosed(address(eur), EEA, 0));
        eurBank.registry.setZone(_countries(HONG_KONG, HONG_KONG), HK);
        _openTwoCurrencies();
    }

    function test_two_wallets_of_a_customer_share_its_quota() public balanced {
        address second = address(new ContractWallet(payer));
        _onboard(eurBank, second, CustomerCategory.Retail, FRANCE, PAYER_CUSTOMER);
        _mint(eurBank, second, 500_00);
        Payment memory payment = _twoCurrencies();
        payment.sourceAmount = YEARLY_QUOTA - 1_00;
        _open(payment);
        (payment.payer, payment.sourceAmount) = (second, 2_00);
        _assertRefused("second wallet", payment, PolicyReverts.quotaExceeded(PAYER_CUSTOMER, 2_00, 1_00));
        payment.sourceAmount = 1_00;
        _open(payment);
        assertEq(_remainingQuota(), 0);
    }

    /* PAYER */

    /// @dev It is looked at after the payer's signature: before that is there, the preview says so.
    function test_a_payer_who_cannot_pay() public balanced {
        address registry = address(eurBank.registry);
        bytes memory refusal = TokenReverts.cannotSend(payer);
        _assertCannotPay(address(this), registry, abi.encodeCall(eurBank.registry.revoke, (payer)), refusal);
        bytes memory act = abi.encodeCall(eurBank.registry.blockWallet, (payer, LEGAL));
        _assertCannotPay(address(this), registry, act, refusal);
        act = abi.encodeCall(eurBank.registry.blockCustomer, (PAYER_CUSTOMER, LEGAL));
        _assertCannotPay(address(this), registry, act, refusal);
        _assertCannotPay(address(this), address(eur), abi.encodeCall(eur.pause, ()), TokenReverts.tokenPaused());
        act = abi.encodeCall(eur.setFrozenTokens, (payer, 99_950_00));
        refusal = TokenReverts.insufficientUnfrozenBalance(payer, 100_00, 50_00);
        _assertCannotPay(address(this), address(eur), act, refusal);
        act = abi.encodeCall(eur.requestRedemption, (99_950_00, "payout"));
        _assertCannotPay(payer, address(eur), act, TokenReverts.tokensLocked(payer, 100_00, 50_00));
        act = abi.encodeCall(IERC20.transfer, (neighbour, 99_950_00));
        _assertCannotPay(payer, address(eur), act, TokenReverts.insufficientBalance(payer, 50_00, 100_00));
    }

    /* HELP */

    function _assertNever(string memory row, Payment memory payment, bytes memory reason) private {
        assertEq(_preview(_unsigned(payment)), reason, string.concat("preview, unsigned: ", row));
        _assertRefused(row, payment, reason);
    }

    function _assertNeverWith(Corridor memory rules, bytes memory reason) private {
        eurBank.policy.setCorridor(address(eur), EEA, HK, rules);
        _assertNever("corridor", _withFee(_twoCurrencies()), reason);
    }

    function _assertNotAccepted(IDepositToken token, Acceptance found) private {
        _assertNever("acceptance", _twoCurrencies(), TokenReverts.tokenNotAccepted(address(token), found));
    }

    function _assertCannotPay(address caller, address target, bytes memory call, bytes memory reason) private {
        uint256 before = vm.snapshotState();
        vm.prank(caller);
        (bool success,) = target.call(call);
        assertTrue(success);
        _assertRefused("two currencies", _twoCurrencies(), reason);
        _assertRefused("one currency", _oneCurrency(), reason);
        assertEq(_preview(_unsigned(_twoCurrencies())), TokenReverts.invalidSignature());
        vm.revertToState(before);
    }

    function _deadlinesCrossed(Payment memory p) private pure returns (bytes memory) {
        return EscrowReverts.deadlinesCrossed(p.authorizeBy, p.captureFrom, p.captureBy, p.refundBy);
    }

    function _resolveByMismatch(Payment memory payment) private pure returns (bytes memory) {
        return EscrowReverts.resolveByMismatch(payment.arbiter, payment.captureBy, payment.resolveBy);
    }

    function _closed(address account) private view returns (bytes memory) {
        return TokenReverts.systemAccountClosed(account, address(escrow), SystemStatus.Active);
    }
}
