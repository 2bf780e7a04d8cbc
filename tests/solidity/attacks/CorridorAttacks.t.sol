// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./EscrowAttacks.sol";

/// @notice Somebody tries to get around a bank's corridors by lies, by an absurd rate or with friends, or to use up
/// what another's customers may pay.
contract CorridorAttacksTest is EscrowAttacks {
    /* AN ABSURD RATE */

    /// @notice The quota counts the least amount; the dealer alone is poorer, and no other dealer.
    function test_a_colluding_dealer_gives_its_own_inventory_for_the_least_amount() public balanced {
        address other = makeAddr("another dealer");
        _becomeDealer(other, 5_000_00);
        Payment memory payment = _twoCurrencies();
        (payment.sourceAmount, payment.targetAmount) = (99, STOCK);
        _expectRefused(payment, PolicyReverts.amountOutsideLimits(99, 1_00, 100_000_00));
        payment.sourceAmount = 1_00;
        ++payment.targetAmount;
        _expectRefused(payment, EscrowReverts.inventoryTooLow(dealer, address(hkd), STOCK, uint256(STOCK) + 1));
        --payment.targetAmount;
        _open(payment);
        _capture(payment, 1_00);
        _assertMoney(99_999_00, STOCK, 1_00, 0);
        assertEq(escrow.inventoryOf(other, address(hkd)), 5_000_00);
        assertEq(_remainingQuota(), YEARLY_QUOTA - 1_00);
        assertEq(eur.totalSupply() + hkd.totalSupply(), 100_000_00 + STOCK + 5_000_00, "nothing was made");
    }

    /// @notice That is all that the payer can give, and it is its own.
    function test_a_colluding_dealer_takes_at_most_the_payers_quota_for_one_cent() public balanced {
        Payment memory payment = _twoCurrencies();
        (payment.sourceAmount, payment.targetAmount) = (YEARLY_QUOTA, 1);
        _open(payment);
        _capture(payment, YEARLY_QUOTA);
        _assertMoney(100_000_00 - YEARLY_QUOTA, 1, YEARLY_QUOTA, STOCK - 1);
        payment.sourceAmount = 1_00;
        _expectRefused(payment, PolicyReverts.quotaExceeded(PAYER_CUSTOMER, 1_00, 0));
    }

    /// @notice Nearly all goes to the payer's own account in the merchant's zone, and the whole amount counts.
    function test_a_fee_to_the_payer_itself_counts_as_paid_abroad() public balanced {
        _onboard(hkdBank, payer, CustomerCategory.Retail, HONG_KONG, 2020);
        Payment memory payment = _twoCurrencies();
        (payment.feeBps, payment.feeReceiver) = (9_999, payer);
        _open(payment);
        _capture(payment, 100_00);
        assertEq(hkd.balanceOf(payer), 849_91);
        assertEq(hkd.balanceOf(merchant), 9);
        assertEq(_remainingQuota(), YEARLY_QUOTA - 100_00);
    }

    /* A TOKEN OF THE DEALER'S OWN MAKING */

    /// @notice Payments of one unit of it and refunds of each, at a better rate, would carry the merchant's dollars
    /// past every corridor, and the same dollars again and again. It buys nothing before the merchant's bank accepts
    /// it, takes away no more than it brought while it does, and nothing once it was struck off.
    function test_a_token_of_the_dealers_own_making_carries_nothing_away() public balanced {
        hostile.give(payer, 20);
        Payment memory payment = _outOfHostile();
        payment.sourceAmount = 1;
        bytes memory refusal = TokenReverts.tokenNotAccepted(address(hostile), Acceptance.None);
        for (uint256 i = 0; i < 20; ++i) {
            _numbered(payment, i);
            hkd.setAccepted(address(hostile), false);
            _refused(operator, _authorizing(payment), refusal);
            _refused(operator, _charging(payment), refusal);
            hkd.setAccepted(address(hostile), true);
            _open(payment);
            _capture(payment, 1);
            bytes memory act = _refunding(payment, _quoteOf(payment, 0, 1, 850_01));
            _refused(merchant, act, EscrowReverts.amountExceeds(850_01, 850_00));
            act = _refunding(payment, _quoteOf(payment, 0, 2, 850_00));
            _refused(merchant, act, EscrowReverts.amountExceeds(2, 1));
            hkd.setAccepted(address(hostile), false);
            _refused(merchant, _refunding(payment, _quoteOf(payment, 0, 1, 850_00)), refusal);
            hkd.setAccepted(address(hostile), true);
            _refund(payment, _quoteOf(payment, 0, 1, 850_00));
        }
        assertEq(hkd.balanceOf(merchant), 0);
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK);
        assertEq(hostile.balanceOf(payer), 20);
    }

    /* LIES */

    /// @notice A made-up target token says that its merchant is domestic, where no quota counts: it is not accepted.
    function test_a_fake_target_token_that_claims_the_merchant_is_domestic() public balanced {
        eur.setAccepted(address(hostile), false);
        vm.mockCall(
            address(hostile), abi.encodeWithSelector(IDepositTokenMain.requireTarget.selector), abi.encode(GERMANY)
        );
        _stockHostile(850_00);
        Payment memory payment = _intoHostile();
        bytes memory refusal = TokenReverts.tokenNotAccepted(address(hostile), Acceptance.None);
        _expectRefused(payment, refusal);
        // At par and without a fee neither.
        payment.targetAmount = payment.sourceAmount;
        _expectRefused(payment, refusal);
    }

    /// @notice The quota is passed by, which is the trust that acceptance stands for; to end it needs no waiting.
    function test_an_accepted_bank_that_lies_about_a_country_is_trusted_until_it_is_not() public balanced {
        address accomplice = makeAddr("a merchant abroad");
        _onboard(hkdBank, accomplice, CustomerCategory.Merchant, GERMANY, 2040);
        Payment memory payment = _twoCurrencies();
        (payment.sourceAmount, payment.targetAmount) = (YEARLY_QUOTA + 1, STOCK);
        _expectRefused(payment, PolicyReverts.quotaExceeded(PAYER_CUSTOMER, YEARLY_QUOTA + 1, YEARLY_QUOTA));
        payment.merchant = accomplice;
        _open(payment);
        _capture(payment, YEARLY_QUOTA + 1);
        assertEq(hkd.balanceOf(accomplice), STOCK);
        assertEq(_remainingQuota(), YEARLY_QUOTA, "counted nowhere");

        eur.suspendAccepted(address(hkd));
        payment.remittanceHash = keccak256("again");
        (payment.sourceAmount, payment.targetAmount) = (1_00, 1);
        _stock(hkdBank, 1);
        _expectRefused(payment, TokenReverts.tokenNotAccepted(address(hkd), Acceptance.RefundsOnly));
    }

    /// @notice A stranger deploys the very code of a token over a bank's own registry and policy.
    function test_a_token_that_its_registry_does_not_list_issues_and_pays_nothing() public balanced {
        vm.startPrank(stranger);
        IAccessManager manager = _newAccessManager(stranger);
        address[3] memory bank = [address(manager), address(eurBank.registry), address(eurBank.policy)];
        IDepositToken fake = _newToken("Euro Deposit", "EURd", "EUR", 2, bank, 1e12);
        fake.activateSystemAccount(address(escrow));
        fake.setAccepted(address(eur), true);
        fake.setAccepted(address(hkd), true);
        fake.unpause();
        vm.stopPrank();
        bytes memory notSubscriber = RegistryReverts.notSubscriber(address(fake));
        _refused(stranger, address(fake), abi.encodeCall(fake.setMinter, (stranger, 9001, 1e12)), notSubscriber);
        _refused(stranger, address(fake), abi.encodeCall(fake.setMinter, (stranger, EUR_LEDGER, 1e12)), notSubscriber);

        Payment memory payment = _twoCurrencies();
        payment.sourceToken = address(fake);
        _expectRefused(payment, TokenReverts.tokenNotAccepted(address(fake), Acceptance.None));
        // Accepted by mistake, it has no corridor.
        hkd.setAccepted(address(fake), true);
        _expectRefused(payment, PolicyReverts.corridorClosed(address(fake), EEA, HK));
        hkd.setAccepted(address(fake), false);
        payment = _oneCurrency();
        (payment.sourceToken, payment.targetToken) = (address(fake), address(fake));
        _expectRefused(payment, PolicyReverts.corridorClosed(address(fake), EEA, EEA));
        // As a target it has nothing that a dealer could have placed.
        payment = _twoCurrencies();
        (payment.targetToken, payment.merchant) = (address(fake), neighbour);
        _expectRefused(payment, EscrowReverts.inventoryTooLow(dealer, address(fake), 0, 850_00));
    }

    /// @notice The old one's word is void, and the new one's over the bare id.
    function test_an_approval_of_a_replaced_approver_opens_nothing() public balanced {
        _needApproval();
        Payment memory payment = _twoCurrencies();
        bytes32 id = escrow.paymentId(payment);
        PaymentApproval memory approval = _approval(eurBank, id, payment.authorizeBy);
        (address successor, uint256 successorKey) = makeAddrAndKey("the next approver");
        eurBank.policy.setApprover(successor);
        bytes memory refusal = EscrowReverts.invalidSignature(successor, escrow.approvalDigest(id, payment.authorizeBy));
        _expectRefused(payment, approval, refusal);
        approval.signature = _sign(successorKey, id);
        _expectRefused(payment, approval, refusal);
    }

    /// @notice By what a stranger shows the policy: a registry of its own, or the bank's before the customer is there.
    function test_a_false_registry_moves_nobodys_count() public {
        ICorridorPolicy policy = eurBank.policy;
        address late = makeAddr("late customer");
        vm.mockCall(stranger, abi.encodeCall(IAllowlistRegistry.customerIdOf, (payer)), abi.encode(1002));
        vm.startPrank(stranger);
        policy.restore(REF_2026, payer, 1, IAllowlistRegistry(stranger));
        policy.restore(REF_2026, late, 1, eurBank.registry);
        vm.stopPrank();
        _onboard(eurBank, late, CustomerCategory.Retail, GERMANY, PAYER_CUSTOMER);

        vm.startPrank(address(eur));
        policy.consume("", payer, 10_00, EEA, HK, eurBank.registry);
        policy.consume("", late, 5_00, EEA, HK, eurBank.registry);
        vm.stopPrank();
        vm.mockCall(stranger, abi.encodeCall(IAllowlistRegistry.customerIdOf, (payer)), abi.encode(PAYER_CUSTOMER));
        vm.prank(stranger);
        policy.restore(REF_2026, payer, 15_00, IAllowlistRegistry(stranger));
        assertEq(_remainingQuota(), YEARLY_QUOTA - 15_00);
        assertEq(policy.remainingQuota(address(eur), EEA, HK, 1002), YEARLY_QUOTA);
    }

    /* THE BANK'S OWN */

    /// @notice A quota is never more than whole for that, whatever amount, generation and reference it names.
    function test_a_system_account_that_restores_at_will() public {
        _consume(10_00);
        uint104 greatest = type(uint104).max;
        uint32[4] memory others = [REF_2026 - 1, 0x020107ea, type(uint32).max, 0];
        vm.startPrank(address(escrow));
        for (uint256 i = 0; i < others.length; ++i) {
            eur.restoreQuota(1, payer, others[i], greatest);
        }
        eur.restoreQuota(1, stranger, REF_2026, greatest);
        eur.restoreQuota(2, payer, REF_2026, greatest);
        assertEq(_remainingQuota(), YEARLY_QUOTA - 10_00);
        eur.restoreQuota(1, payer, REF_2026, greatest);
        eur.restoreQuota(1, payer, REF_2026, greatest);
        vm.stopPrank();
        assertEq(_remainingQuota(), YEARLY_QUOTA);
    }

    /// @notice Its quota taken away and given back: what was used stays used, and by the calendar of its first use.
    function test_a_corridor_set_again_forgets_nothing() public {
        _consume(10_00);
        Corridor memory rules = _corridor(Period.Year, 0);
        eurBank.policy.setCorridor(address(eur), EEA, HK, rules);
        assertEq(_remainingQuota(), 0);
        for (int8 step = -1; step <= 1; step += 2) {
            rules.utcOffsetQuarters = step;
            vm.expectRevert(PolicyReverts.periodFixed(Period.Year, step, Period.Year, 0));
            eurBank.policy.setCorridor(address(eur), EEA, HK, rules);
        }
        eurBank.policy.setCorridor(address(eur), EEA, HK, _corridor(Period.Year, YEARLY_QUOTA));
        assertEq(_remainingQuota(), YEARLY_QUOTA - 10_00);
    }

    function _consume(uint104 amount) private {
        vm.prank(address(eur));
        eurBank.policy.consume("", payer, amount, EEA, HK, eurBank.registry);
    }
}
