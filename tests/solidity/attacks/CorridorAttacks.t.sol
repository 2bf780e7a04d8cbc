// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./EscrowAttacks.sol";

/// @notice Somebody tries to get around a bank's corridors, or to use up what another's customers may pay.
contract CorridorAttacksTest is EscrowAttacks {
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

    /// @notice The banks' tables differ: a country that the payer's bank keeps apart is in the merchant's zone by its
    /// bank's, which pays the fee. As a merchant the customer there is refused, as a fee receiver it is paid.
    function test_a_fee_to_a_country_that_two_banks_see_differently_is_judged_by_its_own() public balanced {
        eurBank.registry.setZone(_countries(446, 446), 3);
        hkdBank.registry.setZone(_countries(446, 446), HK);
        address receiver = makeAddr("fee receiver in Macao");
        _onboard(hkdBank, receiver, CustomerCategory.Retail, 446, 2050);
        Payment memory payment = _twoCurrencies();
        payment.merchant = receiver;
        _expectRefused(payment, PolicyReverts.corridorClosed(address(eur), EEA, 3));
        payment.merchant = merchant;
        (payment.feeBps, payment.feeReceiver) = (100, receiver);
        _charge(payment);
        assertEq(hkd.balanceOf(receiver), 8_50);
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

    /// @notice The old one's word is void, and so is the new one's for another payment.
    function test_an_approval_of_a_replaced_approver_opens_nothing() public balanced {
        _needApproval();
        Payment memory payment = _twoCurrencies();
        bytes32 id = escrow.paymentId(payment);
        PaymentApproval memory approval = _approval(eurBank, id, payment.authorizeBy);
        (address successor, uint256 successorKey) = makeAddrAndKey("the next approver");
        eurBank.policy.setApprover(successor);
        bytes32 digest = escrow.approvalDigest(id, payment.authorizeBy);
        bytes memory refusal = EscrowReverts.invalidSignature(successor, digest);
        _expectRefused(payment, approval, refusal);
        // Nor is what the right key has signed otherwise: the bare id, another payment's approval.
        approval.signature = _sign(successorKey, id);
        _expectRefused(payment, approval, refusal);
        approval.signature = _sign(successorKey, escrow.approvalDigest("another payment", payment.authorizeBy));
        _expectRefused(payment, approval, refusal);
        approval.signature = _sign(successorKey, digest);
        _authorizeWith(payment, _payerSignature(payment), _dealerSignature(payment), approval);
        assertEq(_remainingQuota(), YEARLY_QUOTA - 100_00);
        _void(payment);
    }
}
