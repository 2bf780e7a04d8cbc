// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ContractWallet} from "../support/ContractWallet.sol";
import "../support/EscrowSystem.sol";
import {AuthorizedToken, PlainToken, SwallowingToken} from "../support/mocks/ForeignTokens.sol";
import {HostileToken} from "../support/mocks/HostileToken.sol";
import {HostileWallet} from "../support/mocks/HostileWallet.sol";

/// @notice What an authorization takes, needs and refuses; {EscrowPreviewTest} has the catalogue of {BrokenPayments}
/// besides.
contract EscrowAuthorizeTest is EscrowSystem {
    /// @dev From zone 1 to zone 2 in the year 2026.
    uint32 private constant REF_2026 = 0x010207ea;
    /// @dev 2027-01-01 00:00 UTC.
    uint256 private constant NEW_YEAR = 1_798_761_600;
    bytes4 private constant LEGAL = "LEGL";
    uint256 private constant ALTERATIONS = 20;

    /* EFFECT */

    function test_takes_both_sides() public balanced {
        Payment memory payment = _twoCurrencies();
        bytes32 id = _open(payment);
        assertEq(id, escrow.paymentId(payment));
        assertEq(eur.balanceOf(payer), 99_900_00);
        assertEq(eur.balanceOf(address(escrow)), 100_00);
        assertEq(hkd.balanceOf(address(escrow)), STOCK);
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK - 850_00);
        assertEq(escrow.inventoryOf(dealer, address(eur)), 0);
        assertEq(_remainingQuota(), YEARLY_QUOTA - 100_00);
        assertTrue(eur.authorizationState(payer, id));

        PaymentState memory state = escrow.paymentState(id);
        _assertState(id, PaymentStatus.Authorized, 0, 0);
        assertEq(state.policyGeneration, 1);
        assertEq(state.quotaRef, REF_2026);
    }

    /// @dev All that a reader needs who makes no call.
    function test_says_all_terms_and_where_the_quota_was_counted() public balanced {
        eur.setPolicy(address(eurBank.policy));
        Payment memory payment = _withArbiter();
        bytes32 id = escrow.paymentId(payment);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentAuthorized(id, payer, merchant, payment, 2, REF_2026);
        _open(payment);

        payment = _oneCurrency();
        id = escrow.paymentId(payment);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentAuthorized(id, payer, neighbour, payment, 2, 0);
        _open(payment);
    }

    function test_one_currency_takes_the_payers_side() public balanced {
        bytes32 id = _open(_oneCurrency());
        assertEq(eur.balanceOf(address(escrow)), 100_00);
        assertEq(escrow.paymentState(id).quotaRef, 0);
    }

    function test_keeps_the_generation_of_the_policy() public balanced {
        eur.setPolicy(address(eurBank.policy));
        eur.setPolicy(address(eurBank.policy));
        bytes32 id = _open(_twoCurrencies());
        assertEq(escrow.paymentState(id).policyGeneration, 3);
    }

    function test_two_payments_of_the_same_parties_are_apart() public balanced {
        Payment memory first = _openTwoCurrencies();
        Payment memory second = _twoCurrencies();
        second.remittanceHash = keccak256("invoice 2");
        _open(second);
        _void(first);
        _assertState(escrow.paymentId(second), PaymentStatus.Authorized, 0, 0);
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK - 850_00);
    }

    /* CALLER AND TIME */

    function test_by_the_operator_only() public balanced {
        Payment memory payment = _twoCurrencies();
        bytes memory payerSignature = _payerSignature(payment);
        bytes memory dealerSignature = _dealerSignature(payment);
        address[5] memory others = [payer, merchant, dealer, feeReceiver, stranger];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(EscrowReverts.notAllowed(others[i], operator));
            vm.prank(others[i]);
            escrow.authorize(payment, payerSignature, dealerSignature, _noApproval());
        }
    }

    function test_until_authorizeBy() public balanced {
        Payment memory payment = _twoCurrencies();
        vm.warp(payment.authorizeBy);
        _expectRefused(payment, EscrowReverts.tooLate(payment.authorizeBy, payment.authorizeBy));
        vm.warp(payment.authorizeBy + 1);
        _expectRefused(payment, EscrowReverts.tooLate(payment.authorizeBy + 1, payment.authorizeBy));
        vm.warp(payment.authorizeBy - 1);
        _open(payment);
    }

    function test_once() public balanced {
        Payment memory payment = _openTwoCurrencies();
        _expectWrongStatus(payment, PaymentStatus.Authorized);
    }

    function test_never_again_after_its_end() public balanced {
        Payment memory payment = _openTwoCurrencies();
        _capture(payment, 100_00);
        _expectWrongStatus(payment, PaymentStatus.Captured);

        payment.uetr = bytes16(uint128(1));
        _open(payment);
        _void(payment);
        _expectWrongStatus(payment, PaymentStatus.Voided);

        payment.uetr = bytes16(uint128(2));
        payment.authorizeBy = payment.captureBy;
        _open(payment);
        vm.warp(payment.captureBy);
        escrow.reclaim(payment);
        vm.warp(payment.captureBy - 1);
        _expectWrongStatus(payment, PaymentStatus.Reclaimed);
    }

    /* TERMS */

    function test_refuses_deadlines_out_of_order() public balanced {
        Payment memory payment = _twoCurrencies();
        payment.authorizeBy = payment.captureBy + 1;
        _expectDeadlinesCrossed(payment);

        payment = _twoCurrencies();
        payment.captureFrom = payment.captureBy + 1;
        _expectDeadlinesCrossed(payment);

        payment = _twoCurrencies();
        payment.refundBy = payment.captureBy - 1;
        _expectDeadlinesCrossed(payment);
    }

    function test_accepts_deadlines_that_fall_together() public balanced {
        Payment memory payment = _twoCurrencies();
        payment.authorizeBy = payment.captureBy;
        payment.captureFrom = payment.captureBy;
        payment.refundBy = payment.captureBy;
        _open(payment);
    }

    function test_an_arbiter_needs_a_day_to_resolve() public balanced {
        Payment memory payment = _twoCurrencies();
        payment.arbiter = stranger;
        _expectResolveByMismatch(payment);
        payment.resolveBy = payment.captureBy + 1 days - 1;
        _expectResolveByMismatch(payment);
        payment.resolveBy = payment.captureBy - 1;
        _expectResolveByMismatch(payment);
        payment.resolveBy = payment.captureBy + 1 days;
        _open(payment);
    }

    function test_without_an_arbiter_there_is_no_time_to_resolve() public balanced {
        Payment memory payment = _twoCurrencies();
        payment.resolveBy = payment.captureBy + 1 days;
        _expectResolveByMismatch(payment);
        payment.resolveBy = payment.captureBy + 1;
        _expectResolveByMismatch(payment);
        payment.resolveBy = payment.captureBy - 1;
        _expectResolveByMismatch(payment);
    }

    function test_refuses_another_party_as_arbiter() public balanced {
        address[5] memory parties = [payer, merchant, operator, dealer, feeReceiver];
        for (uint256 i = 0; i < parties.length; ++i) {
            Payment memory payment = _withArbiter();
            payment.arbiter = parties[i];
            _expectRefused(payment, EscrowReverts.arbiterNotNeutral(parties[i]));
        }
    }

    function test_refuses_an_amount_of_zero() public balanced {
        Payment memory payment = _twoCurrencies();
        payment.sourceAmount = 0;
        _expectRefused(payment, EscrowReverts.zeroAmount());
        payment = _twoCurrencies();
        payment.targetAmount = 0;
        _expectRefused(payment, EscrowReverts.zeroAmount());
    }

    function test_refuses_different_amounts_of_one_token() public balanced {
        Payment memory payment = _oneCurrency();
        payment.targetAmount = 99_99;
        _expectRefused(payment, EscrowReverts.amountsDiffer(100_00, 99_99));
        payment.targetAmount = 100_01;
        _expectRefused(payment, EscrowReverts.amountsDiffer(100_00, 100_01));
    }

    function test_two_tokens_need_a_dealer_at_par_too() public balanced {
        Payment memory payment = _twoCurrencies();
        (payment.dealer, payment.targetAmount) = (address(0), payment.sourceAmount);
        _expectRefused(payment, EscrowReverts.dealerMismatch(address(0), address(eur), address(hkd)));
    }

    function test_one_token_has_no_dealer() public balanced {
        Payment memory payment = _oneCurrency();
        payment.dealer = dealer;
        _expectRefused(payment, EscrowReverts.dealerMismatch(dealer, address(eur), address(eur)));
    }

    function test_refuses_parties_that_are_one() public balanced {
        Payment memory payment = _oneCurrency();
        payment.merchant = payer;
        _expectPartiesNotDistinct(payment);

        payment = _twoCurrencies();
        payment.merchant = payer;
        _expectPartiesNotDistinct(payment);

        payment = _twoCurrencies();
        payment.dealer = payer;
        _expectPartiesNotDistinct(payment);

        payment = _twoCurrencies();
        payment.dealer = merchant;
        _expectPartiesNotDistinct(payment);
    }

    function test_refuses_a_fee_that_is_none_or_too_much() public balanced {
        _expectFeeInvalid(10_001, feeReceiver);
        _expectFeeInvalid(type(uint16).max, feeReceiver);
        _expectFeeInvalid(0, feeReceiver);
        _expectFeeInvalid(1, address(0));
        _expectFeeInvalid(1, address(escrow));
    }

    function test_accepts_the_greatest_fee() public balanced {
        Payment memory payment = _twoCurrencies();
        (payment.feeBps, payment.feeReceiver) = (10_000, feeReceiver);
        _open(payment);
    }

    /* PAYER */

    function test_payers_signature_binds_every_term() public balanced {
        bytes memory payerSignature = _payerSignature(_withArbiter());
        _stockHostile(850_00);
        for (uint256 i = 0; i < ALTERATIONS; ++i) {
            Payment memory payment = _altered(i);
            _expectRefused(
                payment, payerSignature, _dealerSignature(payment), _noApproval(), TokenReverts.invalidSignature()
            );
        }
    }

    function test_dealers_signature_binds_every_term() public balanced {
        bytes memory dealerSignature = _dealerSignature(_withArbiter());
        _stockHostile(850_00);
        _mint(eurBank, neighbour, 100_00);
        for (uint256 i = 0; i < ALTERATIONS; ++i) {
            Payment memory payment = _altered(i);
            // Whoever pays in the altered terms agrees to them.
            bytes memory payerSignature = _receiveSignature(
                payment.payer == payer ? payerKey : neighbourKey,
                eur,
                payment.payer,
                payment.sourceAmount,
                payment.authorizeBy,
                escrow.paymentId(payment)
            );
            _expectRefused(payment, payerSignature, dealerSignature, _noApproval(), _invalidDealerSignature(payment));
        }
    }

    function test_refuses_somebody_elses_signature_as_the_payers() public balanced {
        _expectPayerRefused(_receive(merchantKey, 100_00));
        _expectPayerRefused("");
        _expectPayerRefused(new bytes(65));
        _expectPayerRefused(hex"00");
    }

    function test_refuses_the_payers_signature_in_its_malleable_form() public balanced {
        _expectPayerRefused(_malleable(_payerSignature(_twoCurrencies())));
    }

    function test_refuses_the_payers_signature_over_another_amount() public balanced {
        _expectPayerRefused(_receive(payerKey, 100_01));
    }

    function test_an_allowance_is_no_consent() public balanced {
        vm.prank(payer);
        eur.approve(address(escrow), type(uint256).max);
        _expectPayerRefused("");
    }

    function test_refuses_a_payer_who_cancelled() public balanced {
        Payment memory payment = _twoCurrencies();
        bytes32 id = escrow.paymentId(payment);
        bytes32 structHash = keccak256(abi.encode(eur.CANCEL_AUTHORIZATION_TYPEHASH(), payer, id));
        eur.cancelAuthorization(
            payer, id, _sign(payerKey, keccak256(abi.encodePacked(hex"1901", eur.DOMAIN_SEPARATOR(), structHash)))
        );
        _expectRefused(payment, TokenReverts.usedAuthorization(payer, id));
    }

    function test_refuses_a_payer_with_too_little() public balanced {
        Payment memory payment = _oneCurrency();
        (payment.sourceAmount, payment.targetAmount) = (100_000_00, 100_000_00);
        _openOneCurrency();
        _expectRefused(payment, TokenReverts.insufficientBalance(payer, 99_900_00, uint256(100_000_00)));
    }

    function test_refuses_a_blocked_payer() public balanced {
        eurBank.registry.blockWallet(payer, LEGAL);
        _expectRefused(_twoCurrencies(), TokenReverts.cannotSend(payer));
        eurBank.registry.unblockWallet(payer);
        eurBank.registry.blockCustomer(PAYER_CUSTOMER, LEGAL);
        _expectRefused(_twoCurrencies(), TokenReverts.cannotSend(payer));
    }

    function test_payer_may_be_a_contract() public balanced {
        address wallet = address(new ContractWallet(payer));
        _onboard(eurBank, wallet, CustomerCategory.Retail, GERMANY, 1009);
        _mint(eurBank, wallet, 100_00);
        Payment memory payment = _twoCurrencies();
        payment.payer = wallet;
        _expectRefused(
            payment, "not its owner's", _dealerSignature(payment), _noApproval(), TokenReverts.invalidSignature()
        );
        _open(payment);
        assertEq(eur.balanceOf(wallet), 0);
    }

    function test_payer_with_key_and_code_signs_by_key() public balanced {
        vm.etch(payer, address(new HostileWallet(HostileWallet.Trick.SayNo)).code);
        _openTwoCurrencies();
    }

    /* DEALER */

    function test_refuses_somebody_elses_signature_as_the_dealers() public balanced {
        Payment memory payment = _twoCurrencies();
        _expectDealerRefused(payment, _sign(merchantKey, escrow.paymentId(payment)));
        _expectDealerRefused(payment, "");
        _expectDealerRefused(payment, new bytes(65));
        _expectDealerRefused(payment, _malleable(_dealerSignature(payment)));
        _expectDealerRefused(payment, _payerSignature(payment));
    }

    function test_a_named_signer_signs_until_it_is_revoked() public balanced {
        (address signer, uint256 signerKey) = makeAddrAndKey("dealing key");
        Payment memory payment = _twoCurrencies();
        bytes memory signature = _sign(signerKey, escrow.paymentId(payment));
        _expectDealerRefused(payment, signature);

        vm.prank(dealer);
        escrow.setDealerSigner(signer, true);
        uint256 before = vm.snapshotState();
        bytes memory payerSignature = _payerSignature(payment);
        vm.prank(operator);
        escrow.authorize(payment, payerSignature, signature, _noApproval());
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK - 850_00);

        vm.revertToState(before);
        vm.prank(dealer);
        escrow.setDealerSigner(signer, false);
        _expectDealerRefused(payment, signature);
    }

    function test_a_signer_signs_for_the_dealer_that_named_it_alone() public balanced {
        (address signer, uint256 signerKey) = makeAddrAndKey("dealing key");
        vm.prank(stranger);
        escrow.setDealerSigner(signer, true);
        Payment memory payment = _twoCurrencies();
        _expectDealerRefused(payment, _sign(signerKey, escrow.paymentId(payment)));
    }

    function test_dealer_may_be_a_contract() public balanced {
        Payment memory payment = _twoCurrencies();
        payment.dealer = address(new ContractWallet(dealer));
        _becomeDealer(payment.dealer);
        _expectDealerRefused(payment, _sign(merchantKey, escrow.paymentId(payment)));
        _open(payment);
        assertEq(escrow.inventoryOf(payment.dealer, address(hkd)), 0);
    }

    function test_a_dealers_contract_must_say_yes_in_so_many_words() public balanced {
        Payment memory payment = _twoCurrencies();
        for (uint8 i = 0; i <= uint8(type(HostileWallet.Trick).max); ++i) {
            payment.dealer = address(new HostileWallet(HostileWallet.Trick(i)));
            _becomeDealer(payment.dealer);
            bytes memory payerSignature = _payerSignature(payment);
            bytes memory refusal = _invalidDealerSignature(payment);
            vm.expectRevert(refusal);
            vm.prank(operator);
            escrow.authorize{gas: 6_000_000}(payment, payerSignature, "", _noApproval());
        }
    }

    function test_dealer_with_key_and_code_signs_by_key() public balanced {
        vm.etch(dealer, address(new HostileWallet(HostileWallet.Trick.SayNo)).code);
        _openTwoCurrencies();
    }

    function test_refuses_a_dealer_with_too_little_inventory() public balanced {
        Payment memory payment = _twoCurrencies();
        payment.targetAmount = STOCK + 1;
        _expectRefused(payment, EscrowReverts.inventoryTooLow(dealer, address(hkd), uint256(STOCK), uint256(STOCK) + 1));
        payment.targetAmount = STOCK;
        _open(payment);
    }

    function test_refuses_a_dealer_that_either_bank_does_not_know_as_dealer() public balanced {
        Payment memory payment = _twoCurrencies();
        payment.dealer = address(new ContractWallet(dealer));
        _onboard(hkdBank, payment.dealer, CustomerCategory.Dealer, HONG_KONG, 2009);
        _deposit(payment.dealer);
        _expectRefused(payment, TokenReverts.notDealer(payment.dealer, 0, CustomerCategory.Retail));
        _onboard(eurBank, payment.dealer, CustomerCategory.Institution, GERMANY, 1009);
        _expectRefused(payment, TokenReverts.notDealer(payment.dealer, REVIEWED_UNTIL, CustomerCategory.Institution));
    }

    /* MERCHANT */

    function test_refuses_a_merchant_who_cannot_receive() public balanced {
        bytes memory refusal = TokenReverts.cannotReceive(merchant);
        hkdBank.registry.revoke(merchant);
        _expectRefused(_twoCurrencies(), refusal);
        _onboard(hkdBank, merchant, CustomerCategory.Merchant, HONG_KONG, 2001);
        hkdBank.registry.blockWallet(merchant, LEGAL);
        _expectRefused(_twoCurrencies(), refusal);
        hkdBank.registry.unblockWallet(merchant);
        hkdBank.registry.blockCustomer(2001, LEGAL);
        _expectRefused(_twoCurrencies(), refusal);
        hkdBank.registry.unblockCustomer(2001);
        vm.warp(REVIEWED_UNTIL - 1);
        hkdBank.registry.renew(merchant, REVIEWED_UNTIL + 1);
        hkdBank.registry.renew(dealer, REVIEWED_UNTIL + 1);
        eurBank.registry.renew(dealer, REVIEWED_UNTIL + 1);
        eurBank.registry.renew(payer, REVIEWED_UNTIL + 1);
        vm.warp(REVIEWED_UNTIL);
        _openTwoCurrencies();
        vm.warp(REVIEWED_UNTIL + 1);
        Payment memory late = _twoCurrencies();
        eurBank.registry.renew(dealer, REVIEWED_UNTIL + 9);
        hkdBank.registry.renew(dealer, REVIEWED_UNTIL + 9);
        _expectRefused(late, refusal);
    }

    function test_refuses_a_merchant_nobody_knows() public balanced {
        Payment memory payment = _twoCurrencies();
        payment.merchant = stranger;
        _expectRefused(payment, TokenReverts.cannotReceive(stranger));
    }

    function test_refuses_itself_as_merchant() public balanced {
        Payment memory payment = _oneCurrency();
        payment.merchant = address(escrow);
        _onboard(eurBank, address(escrow), CustomerCategory.Merchant, GERMANY, 1009);
        _expectRefused(payment, TokenReverts.systemAccountClosed(address(escrow), address(escrow), SystemStatus.Active));
    }

    /* TOKENS */

    function test_refuses_where_the_escrow_was_never_listed() public {
        escrow = _newSettlementEscrow();
        _expectRefused(_oneCurrency(), TokenReverts.notSystemAccount(address(escrow), SystemStatus.None));
    }

    /// @dev An address without code, a plain ERC-20, one that takes authorizations as USDC does, and one that swallows
    /// every call: each is named, on whichever side it stands.
    function test_refuses_tokens_that_are_none_of_ours() public balanced {
        address[4] memory foreign =
            [stranger, address(new PlainToken()), address(new AuthorizedToken()), address(new SwallowingToken())];
        for (uint256 i = 0; i < foreign.length; ++i) {
            bytes memory refusal = EscrowReverts.notDepositToken(foreign[i]);
            Payment memory payment = _oneCurrency();
            (payment.sourceToken, payment.targetToken) = (foreign[i], foreign[i]);
            _expectRefused(payment, "", "", _noApproval(), refusal);
            payment = _twoCurrencies();
            payment.targetToken = foreign[i];
            _expectRefused(payment, "", "", _noApproval(), refusal);
            payment = _intoHostile();
            payment.sourceToken = foreign[i];
            _stockHostile(850_00);
            _expectRefused(payment, "", "", _noApproval(), refusal);
        }
    }

    /// @dev What says too little is none of ours either; what says more than was asked is.
    function test_refuses_tokens_that_answer_with_too_little() public {
        hostile.give(payer, 200_00);
        bytes4 question = IDepositTokenMain.openPayment.selector;
        bytes memory refusal = EscrowReverts.notDepositToken(address(hostile));
        uint256[3] memory lengths = [uint256(0), 32, 95];
        for (uint256 i = 0; i < lengths.length; ++i) {
            hostile.setTrick(question, HostileToken.Trick(HostileToken.Kind.Answer, true, 1, lengths[i]));
            _expectRefused(_outOfHostile(), refusal);
        }
        hostile.setTrick(question, HostileToken.Trick(HostileToken.Kind.Answer, true, 1, 128));
        _open(_outOfHostile());
    }

    /// @dev A refusal at length is handed on up to 256 bytes, so that whoever brings the payment does not pay for more.
    function test_copies_no_more_than_256_bytes_of_a_refusal() public {
        Payment[2] memory payments = [_intoHostile(), _outOfHostile()];
        bytes4[2] memory questions = [IDepositTokenMain.requireTarget.selector, IDepositTokenMain.openPayment.selector];
        for (uint256 i = 0; i < payments.length; ++i) {
            hostile.setTrick(questions[i], HostileToken.Trick(HostileToken.Kind.Refuse, false, 0, 10_000));
            bytes memory signature = _payerSignature(payments[i]);
            bytes memory whole = abi.encodeWithSelector(HostileToken.RefusedAtLength.selector, new bytes(10_000));
            bytes memory part = new bytes(256);
            for (uint256 j = 0; j < part.length; ++j) {
                part[j] = whole[j];
            }
            _expectRefused(payments[i], signature, "", _noApproval(), part);
        }
    }

    /* POLICY */

    /// @dev The merchant's bank is asked first.
    function test_needs_both_banks_acceptance() public balanced {
        hkd.stopAccepted(address(eur));
        eur.suspendAccepted(address(hkd));
        _expectRefused(_twoCurrencies(), _notAccepted(address(eur), Acceptance.RefundsOnly));
        hkd.setAccepted(address(eur), false);
        _expectRefused(_twoCurrencies(), _notAccepted(address(eur), Acceptance.None));
        hkd.setAccepted(address(eur), true);
        _expectRefused(_twoCurrencies(), _notAccepted(address(hkd), Acceptance.RefundsOnly));
        eur.setAccepted(address(hkd), false);
        _expectRefused(_twoCurrencies(), _notAccepted(address(hkd), Acceptance.None));
        eur.setAccepted(address(hkd), true);
        _openTwoCurrencies();
    }

    function test_refuses_a_country_without_zone() public balanced {
        eurBank.registry.setZone(_countries(HONG_KONG, HONG_KONG), 0);
        _expectRefused(_twoCurrencies(), PolicyReverts.corridorClosed(address(eur), EEA, 0));
        eurBank.registry.setZone(_countries(HONG_KONG, HONG_KONG), HK);
        eurBank.registry.setZone(_countries(GERMANY, GERMANY), 0);
        _expectRefused(_twoCurrencies(), PolicyReverts.corridorClosed(address(eur), 0, HK));
    }

    /// @dev The merchant's bank may have its own zones; only the payer's bank's table counts.
    function test_zones_are_those_of_the_payers_bank() public balanced {
        hkdBank.registry.setZone(_countries(HONG_KONG, GERMANY), 77);
        _openTwoCurrencies();
    }

    function test_a_payment_within_a_zone_needs_its_corridor() public balanced {
        Corridor memory rules = _corridor(Period.None, 0);
        rules.open = false;
        eurBank.policy.setCorridor(address(eur), EEA, EEA, rules);
        _expectRefused(_oneCurrency(), PolicyReverts.corridorClosed(address(eur), EEA, EEA));
    }

    function test_refuses_an_amount_outside_the_corridors_limits() public balanced {
        Payment memory payment = _twoCurrencies();
        payment.sourceAmount = 99;
        _expectRefused(payment, PolicyReverts.amountOutsideLimits(99, 1_00, 100_000_00));
    }

    /// @dev All that a payer alone can do: be its own operator, name a neighbour as merchant and pay a resident of another
    /// zone, at the same bank, as fee receiver.
    function test_a_fee_is_no_way_around_the_corridor() public balanced {
        address abroad = makeAddr("abroad");
        _onboard(eurBank, abroad, CustomerCategory.Retail, HONG_KONG, 1009);
        Payment memory payment = _oneCurrency();
        (payment.operator, payment.feeBps, payment.feeReceiver) = (payer, 10_000, abroad);
        _expectRefused(payment, _elsewhere(abroad, HK, EEA));
    }

    /// @dev The table of the bank that pays both says what one zone is.
    function test_refuses_a_fee_receiver_outside_the_merchants_zone() public balanced {
        Payment memory payment = _withFee();
        payment.feeReceiver = makeAddr("elsewhere");
        _onboard(hkdBank, payment.feeReceiver, CustomerCategory.Institution, GERMANY, 2009);
        _expectRefused(payment, _elsewhere(payment.feeReceiver, EEA, HK));
        eurBank.registry.setZone(_countries(GERMANY, FRANCE), HK);
        _expectRefused(payment, _elsewhere(payment.feeReceiver, EEA, HK));
        eurBank.registry.setZone(_countries(GERMANY, FRANCE), EEA);
        hkdBank.registry.setZone(_countries(GERMANY, GERMANY), HK);
        _open(payment);
    }

    /// @dev Two countries that lie nowhere are not the same place; one country is.
    function test_refuses_a_fee_receiver_in_no_zone() public balanced {
        Payment memory payment = _withFee();
        payment.feeReceiver = makeAddr("landless");
        _onboard(hkdBank, payment.feeReceiver, CustomerCategory.Institution, NOWHERE, 2010);
        _expectRefused(payment, _elsewhere(payment.feeReceiver, 0, HK));
        hkdBank.registry.setZone(_countries(HONG_KONG, HONG_KONG), 0);
        _expectRefused(payment, _elsewhere(payment.feeReceiver, 0, 0));
        payment.feeReceiver = feeReceiver;
        _open(payment);
    }

    function test_refuses_a_fee_receiver_who_cannot_receive() public balanced {
        Payment memory payment = _withFee();
        payment.feeReceiver = stranger;
        _expectRefused(payment, TokenReverts.cannotReceive(stranger));
        payment.feeReceiver = address(hkd);
        _expectRefused(payment, TokenReverts.cannotReceive(address(hkd)));
        payment.feeReceiver = feeReceiver;
        hkdBank.registry.blockWallet(feeReceiver, LEGAL);
        _expectRefused(payment, TokenReverts.cannotReceive(feeReceiver));
    }

    function test_refuses_a_system_account_as_fee_receiver() public balanced {
        Payment memory payment = _withFee();
        payment.feeReceiver = address(_newSettlementEscrow());
        hkd.activateSystemAccount(payment.feeReceiver);
        _expectRefused(
            payment, TokenReverts.systemAccountClosed(payment.feeReceiver, address(escrow), SystemStatus.Active)
        );
    }

    function test_ignores_what_is_not_asked_for() public balanced {
        Payment memory payment = _oneCurrency();
        bytes memory payerSignature = _payerSignature(payment);
        vm.prank(operator);
        escrow.authorize(payment, payerSignature, "no dealer", PaymentApproval(0, "no approver"));
        assertEq(eur.balanceOf(address(escrow)), 100_00);
        _void(payment);
    }

    function test_refuses_beyond_the_customers_quota() public balanced {
        Payment memory payment = _twoCurrencies();
        payment.sourceAmount = YEARLY_QUOTA - 1_00;
        _open(payment);
        payment.sourceAmount = 1_01;
        _expectQuotaExceeded(payment, 1_01, 1_00);
        payment.sourceAmount = 1_00;
        _open(payment);
        assertEq(_remainingQuota(), 0);
    }

    function test_two_wallets_of_a_customer_share_its_quota() public balanced {
        address second = address(new ContractWallet(payer));
        _onboard(eurBank, second, CustomerCategory.Retail, FRANCE, PAYER_CUSTOMER);
        _mint(eurBank, second, 500_00);
        Payment memory payment = _twoCurrencies();
        payment.sourceAmount = YEARLY_QUOTA - 1_00;
        _open(payment);
        payment.payer = second;
        payment.sourceAmount = 2_00;
        _expectQuotaExceeded(payment, 2_00, 1_00);
    }

    function test_the_quota_begins_anew_with_the_calendar_year() public balanced {
        Payment memory payment = _twoCurrencies();
        payment.sourceAmount = YEARLY_QUOTA;
        _open(payment);

        vm.warp(NEW_YEAR - 1);
        payment = _twoCurrencies();
        _expectQuotaExceeded(payment, 100_00, 0);
        vm.warp(NEW_YEAR);
        _open(payment);
        assertEq(_remainingQuota(), YEARLY_QUOTA - 100_00);
    }

    /* APPROVAL */

    function test_takes_the_banks_approval() public balanced {
        _needApproval();
        Payment memory payment = _twoCurrencies();
        _authorizeApproved(payment, _approval(eurBank, escrow.paymentId(payment), payment.authorizeBy));
        _assertState(escrow.paymentId(payment), PaymentStatus.Authorized, 0, 0);
        _void(payment);
    }

    function test_refuses_a_missing_approval() public balanced {
        _needApproval();
        Payment memory payment = _twoCurrencies();
        _expectRefused(payment, EscrowReverts.tooLate(block.timestamp, 0));
        _expectApprovalRefused(payment, PaymentApproval(payment.authorizeBy, ""));
    }

    function test_refuses_an_expired_approval() public balanced {
        _needApproval();
        Payment memory payment = _twoCurrencies();
        uint40 validUntil = uint40(block.timestamp + 1 minutes);
        PaymentApproval memory approval = _approval(eurBank, escrow.paymentId(payment), validUntil);
        vm.warp(validUntil + 1);
        _expectRefused(payment, approval, EscrowReverts.tooLate(uint256(validUntil) + 1, validUntil));
        vm.warp(validUntil);
        _expectRefused(payment, approval, EscrowReverts.tooLate(validUntil, validUntil));
        vm.warp(validUntil - 1);
        _authorizeApproved(payment, approval);
        _void(payment);
    }

    function test_refuses_an_approval_that_is_not_the_approvers_for_this_payment() public balanced {
        _needApproval();
        Payment memory payment = _twoCurrencies();
        bytes32 id = escrow.paymentId(payment);
        uint40 validUntil = payment.authorizeBy;
        _expectApprovalRefused(payment, _approval(hkdBank, id, validUntil));
        _expectApprovalRefused(payment, _approval(eurBank, keccak256("another payment"), validUntil));
        PaymentApproval memory approval = _approval(eurBank, id, validUntil);
        approval.signature = _malleable(approval.signature);
        _expectApprovalRefused(payment, approval);
        approval = _approval(eurBank, id, validUntil - 1);
        approval.validUntil = validUntil;
        _expectApprovalRefused(payment, approval);
    }

    function test_approver_may_be_a_contract() public balanced {
        _needApproval();
        Payment memory payment = _twoCurrencies();
        PaymentApproval memory approval = _approval(eurBank, escrow.paymentId(payment), payment.authorizeBy);
        eurBank.policy.setApprover(address(new ContractWallet(eurBank.approver)));
        _expectApprovalRefused(payment, _approval(hkdBank, escrow.paymentId(payment), payment.authorizeBy));
        _authorizeApproved(payment, approval);
        _void(payment);
    }

    function test_an_approvers_contract_must_say_yes_in_so_many_words() public balanced {
        _needApproval();
        Payment memory payment = _twoCurrencies();
        bytes memory payerSignature = _payerSignature(payment);
        bytes memory dealerSignature = _dealerSignature(payment);
        PaymentApproval memory approval = PaymentApproval(payment.authorizeBy, "");
        bytes32 digest = escrow.approvalDigest(escrow.paymentId(payment), payment.authorizeBy);
        for (uint8 i = 0; i <= uint8(type(HostileWallet.Trick).max); ++i) {
            address approver = address(new HostileWallet(HostileWallet.Trick(i)));
            eurBank.policy.setApprover(approver);
            vm.expectRevert(EscrowReverts.invalidSignature(approver, digest));
            vm.prank(operator);
            escrow.authorize{gas: 6_000_000}(payment, payerSignature, dealerSignature, approval);
        }
    }

    /* OTHER CHAINS AND ESCROWS */

    function test_signatures_of_another_chain_are_void() public balanced {
        Payment memory payment = _twoCurrencies();
        bytes memory payerSignature = _payerSignature(payment);
        bytes memory dealerSignature = _dealerSignature(payment);
        vm.chainId(OTHER_CHAIN);
        _expectRefused(
            payment, _payerSignature(payment), dealerSignature, _noApproval(), _invalidDealerSignature(payment)
        );
        _expectRefused(
            payment, payerSignature, _dealerSignature(payment), _noApproval(), TokenReverts.invalidSignature()
        );
        vm.chainId(CHAIN);
    }

    function test_signatures_for_another_escrow_are_void() public {
        Payment memory payment = _oneCurrency();
        bytes memory payerSignature = _payerSignature(payment);
        Payment memory two = _twoCurrencies();
        bytes memory dealerSignature = _dealerSignature(two);

        escrow = _newSettlementEscrow();
        eur.activateSystemAccount(address(escrow));
        hkd.activateSystemAccount(address(escrow));
        _stock(hkdBank, 850_00);
        _expectRefused(payment, payerSignature, "", _noApproval(), TokenReverts.invalidSignature());
        _expectRefused(two, _payerSignature(two), dealerSignature, _noApproval(), _invalidDealerSignature(two));
    }

    function test_an_approval_for_another_chain_is_void() public balanced {
        _needApproval();
        Payment memory payment = _twoCurrencies();
        vm.chainId(OTHER_CHAIN);
        PaymentApproval memory approval = _approval(eurBank, escrow.paymentId(payment), payment.authorizeBy);
        vm.chainId(CHAIN);
        _expectApprovalRefused(payment, approval);
    }

    /* HOSTILE SOURCE TOKEN */

    /// @dev The slot keeps 12 bits of what the source token calls its policy's generation; more would reach the status.
    function test_refuses_a_generation_beyond_its_bits() public {
        hostile.give(payer, 100_00);
        uint16[4] memory generations = [4096, 0x2000, 0x4000, type(uint16).max];
        for (uint256 i = 0; i < generations.length; ++i) {
            hostile.setConsumption(generations[i], 1);
            _expectRefused(_outOfHostile(), EscrowReverts.generationTooGreat(generations[i], 4095));
        }
        hostile.setConsumption(4095, type(uint32).max);
        bytes32 id = _open(_outOfHostile());
        _assertState(id, PaymentStatus.Authorized, 0, 0);
        assertEq(escrow.paymentState(id).policyGeneration, 4095);
        assertEq(escrow.paymentState(id).quotaRef, type(uint32).max);
    }

    function test_a_source_token_that_lies_leaves_other_tokens_whole() public {
        hostile.setTrick(
            IDepositTokenMain.openPayment.selector, HostileToken.Trick(HostileToken.Kind.Answer, false, 1, 96)
        );
        Payment memory payment = _outOfHostile();
        _open(payment);
        assertEq(hostile.balanceOf(address(escrow)), 0);
        _capture(payment, 60_00);
        _void(payment);
        assertEq(hkd.balanceOf(merchant), 510_00);
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK - 510_00);
        _assertExplained(address(eur));
        _assertExplained(address(hkd));
    }

    /* HELP */

    function _withFee() private view returns (Payment memory payment) {
        payment = _twoCurrencies();
        (payment.feeBps, payment.feeReceiver) = (100, feeReceiver);
    }

    function _withArbiter() private returns (Payment memory payment) {
        payment = _withFee();
        (payment.arbiter, payment.resolveBy) = (makeAddr("arbiter"), payment.captureBy + 2 days);
    }

    /// @dev The same payment with one term changed to another that is good in itself.
    function _altered(uint256 term) private returns (Payment memory payment) {
        payment = _withArbiter();
        if (term == 0) payment.payer = neighbour;
        if (term == 1) payment.merchant = hkNeighbour;
        if (term == 2) payment.operator = stranger;
        if (term == 3) payment.feeReceiver = hkNeighbour;
        if (term == 4) payment.targetToken = address(hostile);
        if (term == 5) ++payment.sourceAmount;
        if (term == 6) --payment.sourceAmount;
        if (term == 7) ++payment.targetAmount;
        if (term == 8) --payment.targetAmount;
        if (term == 9) ++payment.feeBps;
        if (term == 10) ++payment.authorizeBy;
        if (term == 11) ++payment.captureFrom;
        if (term == 12) ++payment.captureBy;
        if (term == 13) ++payment.refundBy;
        if (term == 14) payment.purpose = "SALA";
        if (term == 15) payment.uetr = bytes16(uint128(payment.uetr) + 1);
        if (term == 16) payment.remittanceHash = keccak256("another invoice");
        if (term == 17) payment.arbiter = stranger;
        if (term == 18) ++payment.resolveBy;
        if (term == 19) {
            payment.dealer = address(new ContractWallet(dealer));
            _becomeDealer(payment.dealer);
        }
    }

    /// @dev A signature for the two-currency payment, but by another key or over another amount.
    function _receive(uint256 key, uint256 amount) private view returns (bytes memory) {
        Payment memory payment = _twoCurrencies();
        return _receiveSignature(key, eur, payer, amount, payment.authorizeBy, escrow.paymentId(payment));
    }

    function _becomeDealer(address wallet) private {
        _onboard(eurBank, wallet, CustomerCategory.Dealer, GERMANY, 1009);
        _onboard(hkdBank, wallet, CustomerCategory.Dealer, HONG_KONG, 2009);
        _deposit(wallet);
    }

    function _deposit(address wallet) private {
        _watch(wallet);
        _mint(hkdBank, wallet, 850_00);
        vm.startPrank(wallet);
        hkd.approve(address(escrow), 850_00);
        escrow.deposit(address(hkd), 850_00);
        vm.stopPrank();
    }

    function _authorizeApproved(Payment memory payment, PaymentApproval memory approval) private {
        bytes memory payerSignature = _payerSignature(payment);
        bytes memory dealerSignature = _dealerSignature(payment);
        vm.prank(operator);
        escrow.authorize(payment, payerSignature, dealerSignature, approval);
    }

    function _invalidDealerSignature(Payment memory payment) private view returns (bytes memory) {
        return EscrowReverts.invalidSignature(payment.dealer, escrow.paymentId(payment));
    }

    function _notAccepted(address token, Acceptance found) private pure returns (bytes memory) {
        return TokenReverts.tokenNotAccepted(token, found);
    }

    function _elsewhere(address receiver, uint8 found, uint8 allowed) private pure returns (bytes memory) {
        return TokenReverts.feeReceiverElsewhere(receiver, found, allowed);
    }

    function _expectPayerRefused(bytes memory signature) private {
        Payment memory payment = _twoCurrencies();
        _expectRefused(payment, signature, _dealerSignature(payment), _noApproval(), TokenReverts.invalidSignature());
    }

    function _expectDealerRefused(Payment memory payment, bytes memory signature) private {
        _expectRefused(payment, _payerSignature(payment), signature, _noApproval(), _invalidDealerSignature(payment));
    }

    function _expectApprovalRefused(Payment memory payment, PaymentApproval memory approval) private {
        bytes32 digest = escrow.approvalDigest(escrow.paymentId(payment), approval.validUntil);
        _expectRefused(payment, approval, EscrowReverts.invalidSignature(eurBank.policy.approver(), digest));
    }

    function _expectWrongStatus(Payment memory payment, PaymentStatus found) private {
        _expectRefused(payment, EscrowReverts.wrongStatus(escrow.paymentId(payment), found, PaymentStatus.None));
    }

    function _expectDeadlinesCrossed(Payment memory payment) private {
        _expectRefused(
            payment,
            EscrowReverts.deadlinesCrossed(
                payment.authorizeBy, payment.captureFrom, payment.captureBy, payment.refundBy
            )
        );
    }

    function _expectResolveByMismatch(Payment memory payment) private {
        _expectRefused(payment, EscrowReverts.resolveByMismatch(payment.arbiter, payment.captureBy, payment.resolveBy));
    }

    function _expectPartiesNotDistinct(Payment memory payment) private {
        _expectRefused(payment, EscrowReverts.partiesNotDistinct(payment.payer, payment.merchant, payment.dealer));
    }

    function _expectFeeInvalid(uint16 feeBps, address receiver) private {
        Payment memory payment = _twoCurrencies();
        (payment.feeBps, payment.feeReceiver) = (feeBps, receiver);
        _expectRefused(payment, EscrowReverts.feeInvalid(feeBps, receiver));
    }

    function _expectQuotaExceeded(Payment memory payment, uint256 found, uint256 remaining) private {
        _expectRefused(payment, PolicyReverts.quotaExceeded(PAYER_CUSTOMER, found, remaining));
    }
}
