// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Vm} from "../../../node_modules/@layerzerolabs/toolbox-foundry/lib/forge-std/Vm.sol";

import "../support/BrokenPayments.sol";
import {ContractWallet} from "../support/ContractWallet.sol";
import {HostileToken} from "../support/mocks/HostileToken.sol";

/// @notice A charge is an authorization and a capture of everything in one act: it ends as they do, or is refused as one
/// of them would be, or because nothing can be kept for whoever can't be paid.
contract EscrowChargeTest is BrokenPayments {
    /// @dev From zone 1 to zone 2 in the year 2026.
    uint32 private constant REF_2026 = 0x010207ea;

    /// @dev All that a payment can change.
    struct State {
        uint256[8] balances;
        uint256[4] escrowBalances;
        uint256[6] inventories;
        uint256[8] claimables;
        PaymentState payment;
        uint104[2] quotas;
        bool signatureUsed;
    }

    /* THE SAME AS IN TWO ACTS */

    function test_in_one_currency_ends_as_two_acts_do() public balanced {
        _assertEndsAlike(_oneCurrency());
    }

    function test_in_one_currency_with_a_fee_ends_as_two_acts_do() public balanced {
        Payment memory payment = _oneCurrency();
        (payment.feeBps, payment.feeReceiver) = (100, feeReceiver);
        _assertEndsAlike(payment);
        (payment.feeBps, payment.feeReceiver) = (10_000, feeReceiver);
        _assertEndsAlike(payment);
        (payment.feeBps, payment.sourceAmount, payment.targetAmount) = (99, 101, 101);
        _assertEndsAlike(payment);
    }

    function test_in_two_currencies_ends_as_two_acts_do() public balanced {
        _assertEndsAlike(_twoCurrencies());
    }

    function test_in_two_currencies_with_a_fee_ends_as_two_acts_do() public balanced {
        Payment memory payment = _withFee();
        _assertEndsAlike(payment);
        payment.feeBps = 10_000;
        _assertEndsAlike(payment);
        (payment.feeBps, payment.targetAmount) = (99, 101);
        _assertEndsAlike(payment);
    }

    function testFuzz_ends_as_two_acts_do(uint104 sourceAmount, uint104 targetAmount, uint16 feeBps, bool dealt)
        public
        balanced
    {
        Payment memory payment = dealt ? _twoCurrencies() : _oneCurrency();
        payment.sourceAmount = uint104(bound(sourceAmount, 1_00, YEARLY_QUOTA));
        payment.targetAmount = dealt ? uint104(bound(targetAmount, 1, STOCK)) : payment.sourceAmount;
        payment.feeBps = uint16(bound(feeBps, 0, 10_000));
        payment.feeReceiver = payment.feeBps == 0 ? address(0) : feeReceiver;
        _assertEndsAlike(payment);
    }

    function test_in_figures() public balanced {
        Payment memory payment = _withFee();
        bytes32 id = _charge(payment);
        assertEq(eur.balanceOf(payer), 99_900_00);
        assertEq(eur.balanceOf(address(escrow)), 100_00);
        assertEq(hkd.balanceOf(merchant), 841_50);
        assertEq(hkd.balanceOf(feeReceiver), 8_50);
        assertEq(escrow.inventoryOf(dealer, address(eur)), 100_00);
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK - 850_00);
        assertEq(_remainingQuota(), YEARLY_QUOTA - 100_00);
        assertTrue(eur.authorizationState(payer, id));
        _assertState(id, PaymentStatus.Captured, 100_00, 0);
    }

    /// @dev The token moves straight from the payer, over the border that its corridor lets payments pass.
    function test_in_one_currency_crosses_a_border_by_its_corridor() public balanced {
        Payment memory payment = _oneCurrency();
        (payment.merchant, payment.feeBps, payment.feeReceiver) = (makeAddr("abroad"), 100, makeAddr("also abroad"));
        _onboard(eurBank, payment.merchant, CustomerCategory.Merchant, HONG_KONG, 1009);
        _onboard(eurBank, payment.feeReceiver, CustomerCategory.Institution, HONG_KONG, 1010);
        bytes32 id = _charge(payment);
        assertEq(eur.balanceOf(payment.merchant), 99_00);
        assertEq(eur.balanceOf(payment.feeReceiver), 1_00);
        assertEq(escrow.paymentState(id).quotaRef, REF_2026);
        assertEq(_remainingQuota(), YEARLY_QUOTA - 100_00);
    }

    function test_can_be_refunded_and_nothing_else() public balanced {
        Payment memory payment = _twoCurrencies();
        bytes32 id = _charge(payment);
        bytes memory refusal = _wrongStatus(payment, PaymentStatus.Captured, PaymentStatus.Authorized);
        vm.startPrank(operator);
        vm.expectRevert(refusal);
        escrow.capture(payment, 100_00, 1);
        vm.expectRevert(refusal);
        escrow.void(payment);
        vm.stopPrank();
        vm.warp(payment.captureBy);
        vm.expectRevert(refusal);
        escrow.reclaim(payment);
        _refund(payment, _quote(payment, 0, 100_00));
        _assertState(id, PaymentStatus.Captured, 100_00, 850_00);
        assertEq(eur.balanceOf(payer), 100_000_00);
        assertEq(_remainingQuota(), YEARLY_QUOTA);
    }

    /* EVENT */

    function test_says_all_terms_and_what_was_paid_at_once() public balanced {
        eur.setPolicy(address(eurBank.policy));
        Payment memory payment = _withFee();
        bytes32 id = escrow.paymentId(payment);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentCharged(id, payer, merchant, payment, 2, REF_2026, 8_50);
        _charge(payment);

        payment = _oneCurrency();
        id = escrow.paymentId(payment);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentCharged(id, payer, neighbour, payment, 2, 0, 0);
        _charge(payment);
    }

    function test_says_it_once() public balanced {
        Payment memory payment = _withFee();
        vm.recordLogs();
        _charge(payment);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        uint256 said = 0;
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter != address(escrow)) continue;
            ++said;
            assertEq(logs[i].topics[0], ISettlementEscrow.PaymentCharged.selector);
        }
        assertEq(said, 1);
    }

    /* CALLER, ARBITER, TIME, STATUS */

    function test_by_the_operator_only() public balanced {
        Payment memory payment = _twoCurrencies();
        bytes memory payerSignature = _payerSignature(payment);
        bytes memory dealerSignature = _dealerSignature(payment);
        address[5] memory others = [payer, merchant, dealer, feeReceiver, stranger];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(EscrowReverts.notAllowed(others[i], operator));
            vm.prank(others[i]);
            escrow.charge(payment, payerSignature, dealerSignature, _noApproval());
        }
    }

    /// @dev What is paid out can't be disputed.
    function test_refuses_a_payment_with_an_arbiter() public balanced {
        bytes memory refusal = EscrowReverts.arbiterNamed(arbiter);
        _expectNoCharge(_disputable(), refusal);
        _expectNoCharge(_disputableInOneCurrency(), refusal);
    }

    function test_from_captureFrom() public balanced {
        Payment memory payment = _twoCurrencies();
        payment.captureFrom = payment.authorizeBy - 1;
        _expectNoCharge(payment, EscrowReverts.tooEarly(block.timestamp, payment.captureFrom));
        vm.warp(payment.captureFrom - 1);
        _expectNoCharge(payment, EscrowReverts.tooEarly(payment.captureFrom - 1, payment.captureFrom));
        vm.warp(payment.captureFrom);
        _charge(payment);
    }

    function test_until_authorizeBy() public balanced {
        Payment memory payment = _oneCurrency();
        for (uint256 i = 0; i < 2; ++i) {
            vm.warp(payment.authorizeBy + i);
            _expectNoCharge(payment, _tooLate(payment.authorizeBy + i, payment.authorizeBy));
        }
        vm.warp(payment.authorizeBy - 1);
        _charge(payment);
    }

    function test_once_and_not_beside_an_authorization() public balanced {
        Payment memory payment = _twoCurrencies();
        _charge(payment);
        bytes memory refusal = _wrongStatus(payment, PaymentStatus.Captured, PaymentStatus.None);
        _expectNoCharge(payment, refusal);
        _expectRefused(payment, refusal);

        payment.uetr = 0;
        _open(payment);
        _expectNoCharge(payment, _wrongStatus(payment, PaymentStatus.Authorized, PaymentStatus.None));
        _void(payment);
        _expectNoCharge(payment, _wrongStatus(payment, PaymentStatus.Voided, PaymentStatus.None));
    }

    /* REFUSED AS EITHER ACT IS */

    function test_refuses_broken_terms() public balanced {
        for (uint256 i = 0; i < BROKEN_TERMS; ++i) {
            (Payment memory payment, bytes memory reason) = _breakTerms(i);
            // Terms that are broken by their arbiter, or by one's absence.
            if (i == 2 || i == 3) {
                reason = EscrowReverts.arbiterNamed(payment.arbiter);
            } else if (i != 12) {
                (payment.arbiter, payment.resolveBy) = (address(0), payment.captureBy);
            }
            _expectNoCharge(payment, reason);
        }
    }

    function test_refuses_where_a_bank_refuses() public balanced {
        uint256 before = vm.snapshotState();
        for (uint256 i = 0; i < BROKEN_SURROUNDINGS; ++i) {
            (Payment memory payment, bytes memory reason) = _breakSurroundings(i);
            (payment.arbiter, payment.resolveBy) = (address(0), payment.captureBy);
            // All but one are refused for what surrounds them; that one is another payment without its arbiter.
            if (i != BROKEN_BY_STATUS) _expectNoCharge(payment, reason);
            vm.revertToState(before);
        }
    }

    function test_refuses_a_payer_who_cannot_pay() public balanced {
        uint256 before = vm.snapshotState();
        for (uint256 i = 0; i < BROKEN_PAYERS; ++i) {
            bytes memory reason = _breakPayer(i);
            vm.stopPrank();
            _expectNoCharge(_withFee(), reason);
            _expectNoCharge(_oneCurrency(), reason);
            vm.revertToState(before);
        }
    }

    /// @dev In one currency merchant and fee receiver are the payer's own bank's.
    function test_in_one_currency_refuses_whom_its_bank_refuses() public balanced {
        Payment memory payment = _oneCurrency();
        (payment.feeBps, payment.feeReceiver) = (100, makeAddr("elsewhere"));
        _expectNoCharge(payment, TokenReverts.cannotReceive(payment.feeReceiver));
        _onboard(eurBank, payment.feeReceiver, CustomerCategory.Institution, HONG_KONG, 1009);
        _expectNoCharge(payment, TokenReverts.feeReceiverElsewhere(payment.feeReceiver, HK, EEA));
        payment.feeReceiver = address(eur);
        _expectNoCharge(payment, TokenReverts.cannotReceive(address(eur)));
        payment.feeReceiver = feeReceiver;
        eurBank.registry.revoke(neighbour);
        _expectNoCharge(payment, TokenReverts.cannotReceive(neighbour));
        payment.merchant = address(escrow);
        _expectNoCharge(
            payment, TokenReverts.systemAccountClosed(address(escrow), address(escrow), SystemStatus.Active)
        );
    }

    function test_in_one_currency_refuses_where_the_escrow_is_stopped() public balanced {
        eur.stopSystemAccount(address(escrow));
        _expectNoCharge(_oneCurrency(), TokenReverts.notSystemAccount(address(escrow), SystemStatus.OutflowOnly));
        _expectNoCharge(
            _oneCurrency(),
            "",
            "",
            _noApproval(),
            TokenReverts.notSystemAccount(address(escrow), SystemStatus.OutflowOnly)
        );
    }

    function test_in_one_currency_needs_its_corridor() public balanced {
        Corridor memory rules = _corridor(Period.None, 0);
        rules.minAmount = 100_01;
        eurBank.policy.setCorridor(address(eur), EEA, EEA, rules);
        _expectNoCharge(_oneCurrency(), PolicyReverts.amountOutsideLimits(100_00, rules.minAmount, rules.maxAmount));
        eurBank.policy.stopCorridor(address(eur), EEA, EEA);
        _expectNoCharge(_oneCurrency(), PolicyReverts.corridorIsSuspended(address(eur), EEA, EEA));
    }

    function test_refuses_tokens_that_are_none_of_ours() public balanced {
        bytes memory refusal = EscrowReverts.notDepositToken(stranger);
        Payment memory payment = _oneCurrency();
        (payment.sourceToken, payment.targetToken) = (stranger, stranger);
        _expectNoCharge(payment, "", "", _noApproval(), refusal);
        payment = _twoCurrencies();
        payment.targetToken = stranger;
        _expectNoCharge(payment, "", "", _noApproval(), refusal);
    }

    function test_refuses_a_generation_beyond_its_bits() public balanced {
        hostile.give(payer, 200_00);
        hostile.setConsumption(4096, 1);
        bytes memory refusal = EscrowReverts.generationTooGreat(4096, 4095);
        _expectNoCharge(_outOfHostile(), refusal);
        _expectNoCharge(_withinHostile(), refusal);
    }

    /* SIGNATURES */

    function test_needs_the_payers_signature() public balanced {
        Payment[2] memory payments = [_oneCurrency(), _twoCurrencies()];
        for (uint256 i = 0; i < 2; ++i) {
            bytes32 id = escrow.paymentId(payments[i]);
            uint40 authorizeBy = payments[i].authorizeBy;
            bytes[6] memory others = [
                bytes(""),
                _malleable(_payerSignature(payments[i])),
                _receiveSignature(merchantKey, eur, payer, 100_00, authorizeBy, id),
                _receiveSignature(payerKey, eur, payer, 100_01, authorizeBy, id),
                _receiveSignature(payerKey, eur, payer, 100_00, authorizeBy + 1, id),
                _receiveSignature(payerKey, eur, payer, 100_00, authorizeBy, keccak256("another payment"))
            ];
            bytes memory refusal = TokenReverts.invalidSignature();
            for (uint256 j = 0; j < others.length; ++j) {
                _expectNoCharge(payments[i], others[j], _dealerSignature(payments[i]), _noApproval(), refusal);
            }
            vm.prank(payer);
            eur.approve(address(escrow), type(uint256).max);
            _expectNoCharge(payments[i], "", _dealerSignature(payments[i]), _noApproval(), refusal);
        }
    }

    function test_refuses_a_payer_who_cancelled() public balanced {
        Payment[2] memory payments = [_oneCurrency(), _twoCurrencies()];
        for (uint256 i = 0; i < 2; ++i) {
            bytes32 id = escrow.paymentId(payments[i]);
            bytes32 structHash = keccak256(abi.encode(eur.CANCEL_AUTHORIZATION_TYPEHASH(), payer, id));
            bytes32 digest = keccak256(abi.encodePacked(hex"1901", eur.DOMAIN_SEPARATOR(), structHash));
            eur.cancelAuthorization(payer, id, _sign(payerKey, digest));
            _expectNoCharge(payments[i], TokenReverts.usedAuthorization(payer, id));
        }
    }

    function test_payer_may_be_a_contract() public balanced {
        Payment memory payment = _oneCurrency();
        payment.payer = address(new ContractWallet(payer));
        _onboard(eurBank, payment.payer, CustomerCategory.Retail, GERMANY, 1009);
        _mint(eurBank, payment.payer, 100_00);
        _charge(payment);
        assertEq(eur.balanceOf(payment.payer), 0);
        assertEq(eur.balanceOf(neighbour), 100_00);
    }

    /// @dev Before anything is paid out.
    function test_needs_the_dealers_signature() public balanced {
        Payment memory payment = _twoCurrencies();
        bytes32 id = escrow.paymentId(payment);
        bytes[4] memory others = [
            bytes(""),
            _sign(merchantKey, id),
            _sign(dealerKey, keccak256("another payment")),
            _malleable(_dealerSignature(payment))
        ];
        for (uint256 i = 0; i < others.length; ++i) {
            _expectNoCharge(
                payment, _payerSignature(payment), others[i], _noApproval(), EscrowReverts.invalidSignature(dealer, id)
            );
        }
    }

    function test_needs_the_banks_approval_where_its_corridor_does() public balanced {
        _needApproval();
        Payment memory payment = _twoCurrencies();
        bytes32 id = escrow.paymentId(payment);
        uint40 validUntil = payment.authorizeBy;
        _expectNoCharge(payment, _tooLate(block.timestamp, 0));
        _expectNoCharge(
            payment,
            _payerSignature(payment),
            _dealerSignature(payment),
            _approval(hkdBank, id, validUntil),
            EscrowReverts.invalidSignature(eurBank.approver, escrow.approvalDigest(id, validUntil))
        );
        (bool success,) =
            _try(payment, _payerSignature(payment), _dealerSignature(payment), _approval(eurBank, id, validUntil));
        assertTrue(success);
        assertEq(hkd.balanceOf(merchant), 850_00);
    }

    /* NOTHING IS KEPT */

    /// @dev The payer's bank's token and every bank's own rules are looked at before; a token can still fail to pay.
    function test_fails_with_a_payout_that_fails() public balanced {
        _stockHostile(850_00);
        Payment memory payment = _intoHostile();
        _assertFailsWithTransfer(payment);
        (payment.feeBps, payment.feeReceiver) = (10_000, feeReceiver);
        _assertFailsWithTransfer(payment);
    }

    function test_in_one_currency_fails_with_the_token() public balanced {
        hostile.give(payer, 100_00);
        bytes4 verb = IDepositTokenMain.chargePayment.selector;
        hostile.setTrick(verb, HostileToken.Trick(HostileToken.Kind.Refuse, false, 0, 0));
        _expectNoCharge(_withinHostile(), abi.encodeWithSelector(HostileToken.Refused.selector));
        hostile.setTrick(verb, HostileToken.Trick(HostileToken.Kind.Answer, false, 0, 95));
        _expectNoCharge(_withinHostile(), EscrowReverts.notDepositToken(address(hostile)));
        _assertNothingKept(address(hostile));
    }

    /// @dev Of a merchant and a fee receiver the latter alone can't be paid.
    function test_fails_with_the_fees_payout_alone() public balanced {
        _stockHostile(850_00);
        Payment memory payment = _intoHostile();
        (payment.feeBps, payment.feeReceiver) = (100, feeReceiver);
        vm.mockCallRevert(
            address(hostile), abi.encodeCall(IERC20.transfer, (feeReceiver, 8_50)), "not the fee receiver"
        );
        _expectNoCharge(payment, "not the fee receiver");
        vm.clearMockedCalls();
        _assertNothingKept(address(hostile));
        assertEq(hostile.balanceOf(merchant), 0);
    }

    /// @dev Nor does it hang on a token's leave to move nothing.
    function test_moves_nothing_to_a_merchant_whom_the_fee_leaves_nothing() public balanced {
        Payment memory payment = _withFee();
        payment.feeBps = 10_000;
        vm.mockCallRevert(address(hkd), abi.encodeCall(IERC20.transfer, (merchant, 0)), "nothing to move");
        _charge(payment);
        assertEq(hkd.balanceOf(feeReceiver), 850_00);
    }

    /// @dev With any amount of gas it pays everybody or does nothing: it is nobody's to wait for.
    function test_no_amount_of_gas_makes_a_payee_wait() public balanced {
        Payment[2] memory payments = [_oneCurrency(), _withFee()];
        uint256 before = vm.snapshotState();
        for (uint256 i = 0; i < 2; ++i) {
            bytes memory call = abi.encodeCall(
                escrow.charge, (payments[i], _payerSignature(payments[i]), _dealerSignature(payments[i]), _noApproval())
            );
            State memory untouched = _stateOf(payments[i]);
            uint256 done = 0;
            for (uint256 gasLimit = 40_000; gasLimit < 400_000; gasLimit += 3_000) {
                vm.prank(operator);
                (bool success,) = address(escrow).call{gas: gasLimit}(call);
                if (success) {
                    ++done;
                    assertEq(i == 0 ? eur.balanceOf(neighbour) : hkd.balanceOf(merchant), i == 0 ? 100_00 : 841_50);
                    vm.revertToState(before);
                } else {
                    _assertSame(_stateOf(payments[i]), untouched);
                }
            }
            assertGt(done, 0);
        }
    }

    /* HELP */

    function _withFee() private view returns (Payment memory payment) {
        payment = _twoCurrencies();
        (payment.feeBps, payment.feeReceiver) = (100, feeReceiver);
    }

    /// @dev 100.00 of the hostile token from the payer to the neighbour.
    function _withinHostile() private view returns (Payment memory payment) {
        payment = _oneCurrency();
        (payment.sourceToken, payment.targetToken) = (address(hostile), address(hostile));
    }

    function _assertEndsAlike(Payment memory payment) private {
        uint256 before = vm.snapshotState();
        _authorize(payment);
        _capture(payment, payment.sourceAmount);
        State memory inTwoActs = _stateOf(payment);
        vm.revertToState(before);
        _charge(payment);
        _assertSame(_stateOf(payment), inTwoActs);
        for (uint256 i = 0; i < 8; ++i) {
            assertEq(inTwoActs.claimables[i], 0, "everybody was paid");
        }
        vm.revertToState(before);
    }

    function _stateOf(Payment memory payment) private view returns (State memory state) {
        address[4] memory people = [payer, payment.merchant, feeReceiver, dealer];
        bytes32 id = escrow.paymentId(payment);
        for (uint256 i = 0; i < 4; ++i) {
            state.balances[i] = eur.balanceOf(people[i]);
            state.balances[4 + i] = hkd.balanceOf(people[i]);
            state.claimables[i] = escrow.claimableOf(address(eur), people[i]);
            state.claimables[4 + i] = escrow.claimableOf(address(hkd), people[i]);
        }
        state.escrowBalances =
            [eur.balanceOf(address(escrow)), hkd.balanceOf(address(escrow)), eur.totalSupply(), hkd.totalSupply()];
        state.inventories = [
            escrow.inventoryOf(dealer, address(eur)),
            escrow.inventoryOf(dealer, address(hkd)),
            escrow.inventoryOf(address(0), address(eur)),
            escrow.inventoryOf(address(0), address(hkd)),
            escrow.inventoryOf(payer, address(eur)),
            escrow.inventoryOf(payment.merchant, payment.targetToken)
        ];
        state.payment = escrow.paymentState(id);
        state.quotas = [_remainingQuota(), eurBank.policy.remainingQuota(address(eur), EEA, EEA, PAYER_CUSTOMER)];
        state.signatureUsed = eur.authorizationState(payer, id);
    }

    function _assertSame(State memory found, State memory expected) private pure {
        for (uint256 i = 0; i < 8; ++i) {
            assertEq(found.balances[i], expected.balances[i], string.concat("balance ", vm.toString(i)));
            assertEq(found.claimables[i], expected.claimables[i], string.concat("claimable ", vm.toString(i)));
        }
        assertEq(found.escrowBalances[0], expected.escrowBalances[0], "escrow's euros");
        assertEq(found.escrowBalances[1], expected.escrowBalances[1], "escrow's dollars");
        assertEq(found.escrowBalances[2], expected.escrowBalances[2], "supply of euros");
        assertEq(found.escrowBalances[3], expected.escrowBalances[3], "supply of dollars");
        for (uint256 i = 0; i < 6; ++i) {
            assertEq(found.inventories[i], expected.inventories[i], string.concat("inventory ", vm.toString(i)));
        }
        assertEq(uint8(found.payment.status), uint8(expected.payment.status), "status");
        assertEq(found.payment.captured, expected.payment.captured, "captured");
        assertEq(found.payment.refunded, expected.payment.refunded, "refunded");
        assertEq(found.payment.policyGeneration, expected.payment.policyGeneration, "generation");
        assertEq(found.payment.quotaRef, expected.payment.quotaRef, "quota reference");
        assertEq(found.quotas[0], expected.quotas[0], "quota abroad");
        assertEq(found.quotas[1], expected.quotas[1], "quota at home");
        assertEq(found.signatureUsed, expected.signatureUsed, "payer's signature");
    }

    function _try(
        Payment memory payment,
        bytes memory payerSignature,
        bytes memory dealerSignature,
        PaymentApproval memory approval
    ) private returns (bool, bytes memory) {
        vm.prank(payment.operator);
        return address(escrow).call(abi.encodeCall(escrow.charge, (payment, payerSignature, dealerSignature, approval)));
    }

    function _expectNoCharge(Payment memory payment, bytes memory reason) private {
        _expectNoCharge(payment, _payerSignature(payment), _dealerSignature(payment), _noApproval(), reason);
    }

    /// @dev The charge reverts with this reason, and changes nothing.
    function _expectNoCharge(
        Payment memory payment,
        bytes memory payerSignature,
        bytes memory dealerSignature,
        PaymentApproval memory approval,
        bytes memory reason
    ) private {
        State memory untouched = _stateOf(payment);
        (bool success, bytes memory answer) = _try(payment, payerSignature, dealerSignature, approval);
        assertFalse(success);
        assertEq(answer, reason);
        _assertSame(_stateOf(payment), untouched);
    }

    /// @dev A transfer that is refused, that says no, and that says neither.
    function _assertFailsWithTransfer(Payment memory payment) private {
        bytes4 verb = IERC20.transfer.selector;
        bytes memory failed = EscrowReverts.safeERC20FailedOperation(address(hostile));
        hostile.setTrick(verb, HostileToken.Trick(HostileToken.Kind.Refuse, false, 0, 0));
        _expectNoCharge(payment, abi.encodeWithSelector(HostileToken.Refused.selector));
        hostile.setTrick(verb, HostileToken.Trick(HostileToken.Kind.Answer, false, 0, 32));
        _expectNoCharge(payment, failed);
        hostile.setTrick(verb, HostileToken.Trick(HostileToken.Kind.Answer, false, 2, 32));
        _expectNoCharge(payment, failed);
        _assertNothingKept(address(hostile));
        hostile.setTrick(verb, HostileToken.Trick(HostileToken.Kind.None, false, 0, 0));
    }

    function _assertNothingKept(address token) private view {
        address[4] memory people = [payer, merchant, neighbour, feeReceiver];
        for (uint256 i = 0; i < 4; ++i) {
            assertEq(escrow.claimableOf(token, people[i]), 0);
        }
    }
}
