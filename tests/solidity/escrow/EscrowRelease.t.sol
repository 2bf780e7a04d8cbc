// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/AnyGas.sol";
import {ContractWallet} from "../support/ContractWallet.sol";
import "../support/EscrowActs.sol";

/// @notice What the payer releases, by its own call or its signature; {EscrowStatesTest} says until when. It is paid out as
/// a capture is: {EscrowCaptureTest}.
contract EscrowReleaseTest is AnyGas, EscrowActs {
    uint40 private constant DEADLINE = uint40(START + 1 hours);

    /* EFFECT */

    function test_captures_all_that_is_held() public balanced {
        Payment memory payment = _openDisputed();
        _expectReleased(payment, 100_00, 850_00, 8_50);
        _release(payment);
        _assertFigures(payment, PaymentStatus.Captured, 100_00, 850_00, 8_50);
    }

    function test_in_one_currency() public balanced {
        Payment memory payment = _openOneCurrency();
        _expectReleased(payment, 100_00, 100_00, 0);
        _release(payment);
        _assertFigures(payment, PaymentStatus.Captured, 100_00, 100_00, 0);
    }

    /// @dev 850.00 less 566.61, and 8.50 less 5.66.
    function test_after_captures_pays_the_exact_rest() public balanced {
        Payment memory payment = _openDisputable();
        _capture(payment, 33_33);
        _capture(payment, 33_33);
        _expectReleased(payment, 33_34, 283_39, 2_84);
        _release(payment);
        _assertFigures(payment, PaymentStatus.Captured, 100_00, 850_00, 8_50);
    }

    /// @dev At par and 1 %, the last unit is the fee's; it is released all the same.
    function test_of_a_rest_that_is_all_fee() public balanced {
        Payment memory payment = _disputable();
        payment.targetAmount = 100_00;
        _open(payment);
        _capture(payment, 99_99);
        _expectReleased(payment, 1, 1, 1);
        _release(payment);
        _assertFigures(payment, PaymentStatus.Captured, 100_00, 100_00, 1_00);
    }

    /* STANDING */

    function test_refuses_while_the_payer_is_blocked() public balanced {
        Payment[2] memory payments = [_openTwoCurrencies(), _openDisputed()];
        bytes memory refusal = EscrowReverts.payerBlocked(payer);
        for (uint256 i = 0; i < 2; ++i) {
            bytes memory act = abi.encodeCall(escrow.release, (payments[i]));
            eurBank.registry.blockWallet(payer, LEGAL);
            _refused(payer, act, refusal);
            _refused(stranger, _releasing(payments[i], DEADLINE), refusal);
            eurBank.registry.unblockWallet(payer);
            eurBank.registry.blockCustomer(PAYER_CUSTOMER, LEGAL);
            _refused(payer, act, refusal);
            eurBank.registry.unblockCustomer(PAYER_CUSTOMER);
            _done(payer, act);
        }
    }

    function test_no_amount_of_gas_makes_a_payee_wait() public balanced {
        Payment memory payment = _openDisputable();
        _assertPaysAllOrNothing(payer, abi.encodeCall(escrow.release, (payment)));
    }

    /* SIGNATURE */

    /// @dev A dispute does not make it void.
    function test_anyone_brings_the_payers_signature_once() public balanced {
        Payment memory payment = _openDisputable();
        bytes memory act = _releasing(payment, DEADLINE);
        _dispute(payment);
        _expectReleased(payment, 100_00, 850_00, 8_50);
        _done(stranger, act);
        _assertFigures(payment, PaymentStatus.Captured, 100_00, 850_00, 8_50);
        _refused(stranger, act, _wrongStatus(payment, PaymentStatus.Captured, PaymentStatus.Authorized));
    }

    function test_a_contract_signs_by_erc_1271() public balanced {
        Payment memory payment = _twoCurrencies();
        payment.payer = address(new ContractWallet(payer));
        _onboard(eurBank, payment.payer, CustomerCategory.Retail, GERMANY, 1009);
        _mint(eurBank, payment.payer, 100_00);
        _open(payment);
        _assertInvalid(payment, _sign(merchantKey, escrow.releaseDigest(escrow.paymentId(payment), DEADLINE)));
        _done(stranger, _releasing(payment, DEADLINE));
        assertEq(hkd.balanceOf(merchant), 850_00);
    }

    /// @dev As under EIP-7702: the account has code that knows another key, and still its own.
    function test_an_account_with_code_signs_by_its_key() public balanced {
        Payment memory payment = _openTwoCurrencies();
        vm.etch(payer, address(new ContractWallet(stranger)).code);
        _done(stranger, _releasing(payment, DEADLINE));
        assertEq(hkd.balanceOf(merchant), 850_00);
    }

    function test_refuses_somebody_elses_signature() public balanced {
        Payment memory payment = _openTwoCurrencies();
        bytes32 id = escrow.paymentId(payment);
        bytes32 digest = escrow.releaseDigest(id, DEADLINE);
        _assertInvalid(payment, _sign(merchantKey, digest));
        _assertInvalid(payment, _sign(dealerKey, digest));
        _assertInvalid(payment, "");
        _assertInvalid(payment, _malleable(_sign(payerKey, digest)));
        // What the payer signed when the payment began.
        _assertInvalid(payment, _payerSignature(payment));
        _assertInvalid(payment, _sign(payerKey, id));
    }

    function test_refuses_a_signature_for_another_payment() public balanced {
        Payment memory payment = _openTwoCurrencies();
        bytes32 id = escrow.paymentId(payment);
        bytes32 other = escrow.paymentId(_openOneCurrency());
        _assertInvalid(payment, _sign(payerKey, escrow.releaseDigest(other, DEADLINE)));
        _assertInvalid(payment, _sign(payerKey, escrow.releaseDigest(id, DEADLINE + 1)));
        _assertInvalid(payment, _sign(payerKey, escrow.releaseDigest(id, DEADLINE - 1)));
        vm.chainId(OTHER_CHAIN);
        bytes memory foreign = _sign(payerKey, escrow.releaseDigest(id, DEADLINE));
        vm.chainId(CHAIN);
        _assertInvalid(payment, foreign);
    }

    /* HELP */

    function _expectReleased(Payment memory payment, uint256 sourceAmount, uint256 targetAmount, uint256 fee) private {
        bytes32 id = escrow.paymentId(payment);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentReleased(id, sourceAmount, targetAmount, fee);
    }

    function _assertInvalid(Payment memory payment, bytes memory signature) private {
        bytes32 digest = escrow.releaseDigest(escrow.paymentId(payment), DEADLINE);
        _refused(
            stranger,
            abi.encodeCall(escrow.releaseWithSignature, (payment, DEADLINE, signature)),
            EscrowReverts.invalidSignature(payment.payer, digest)
        );
    }
}
