// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ContractWallet} from "../support/ContractWallet.sol";
import "../support/EscrowActs.sol";

/// @notice What the payer releases, by its own call or its signature; {EscrowStatesTest} says until when. It is paid
/// out as a capture is: {EscrowCaptureTest}.
contract EscrowReleaseTest is EscrowActs {
    uint40 private constant DEADLINE = uint40(START + 1 hours);

    /* EFFECT */

    /// @dev 850.00 less 566.61, and 8.50 less 5.66.
    function test_after_captures_pays_the_exact_rest() public balanced {
        Payment memory payment = _openDisputable();
        _capture(payment, 33_33);
        _capture(payment, 33_33);
        _expectReleased(payment, 33_34, 283_39, 2_84);
        _release(payment);
        _assertFigures(payment, PaymentStatus.Captured, 100_00, 850_00, 8_50);
    }

    /* STANDING */

    function test_refuses_while_the_payer_is_blocked() public balanced {
        Payment memory payment = _openTwoCurrencies();
        bytes memory refusal = EscrowReverts.payerBlocked(payer);
        eurBank.registry.blockWallet(payer, LEGAL);
        _refused(payer, abi.encodeCall(escrow.release, (payment)), refusal);
        _refused(stranger, _releasing(payment, DEADLINE), refusal);
        eurBank.registry.unblockWallet(payer);
        _release(payment);
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

    /// @dev As under EIP-7702: the account has code that knows another key, and still its own.
    function test_an_account_with_code_signs_by_its_key() public balanced {
        Payment memory payment = _openTwoCurrencies();
        vm.etch(payer, address(new ContractWallet(stranger)).code);
        _done(stranger, _releasing(payment, DEADLINE));
        assertEq(hkd.balanceOf(merchant), 850_00);
    }

    function test_refuses_any_other_signature() public balanced {
        Payment memory payment = _openTwoCurrencies();
        bytes32 id = escrow.paymentId(payment);
        bytes32 digest = escrow.releaseDigest(id, DEADLINE);
        _assertInvalid(payment, "");
        _assertInvalid(payment, _sign(merchantKey, digest));
        _assertInvalid(payment, _malleable(_sign(payerKey, digest)));
        // What the payer signed when the payment began.
        _assertInvalid(payment, _payerSignature(payment));
        _assertInvalid(payment, _sign(payerKey, id));
        // What somebody else signs: an approval, a quote.
        _assertInvalid(payment, _sign(payerKey, escrow.approvalDigest(id, DEADLINE)));
        _assertInvalid(payment, _sign(payerKey, escrow.quoteDigest(_quote(payment, 0, 100_00))));
        // For another payment, until another time, and on another chain.
        _assertInvalid(payment, _sign(payerKey, escrow.releaseDigest(escrow.paymentId(_oneCurrency()), DEADLINE)));
        _assertInvalid(payment, _sign(payerKey, escrow.releaseDigest(id, DEADLINE + 1)));
        vm.chainId(OTHER_CHAIN);
        digest = escrow.releaseDigest(id, DEADLINE);
        vm.chainId(CHAIN);
        _assertInvalid(payment, _sign(payerKey, digest));
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
