// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/EscrowActs.sol";

/// @notice What everybody signs, and that every act means the payment whose terms it brings: the id that it reads off
/// the calldata is the one that anybody computes from the terms, alone and in a batch.
contract EscrowIdTest is EscrowActs {
    bytes32 private constant PAYMENT_TYPEHASH = keccak256(
        "Payment(address payer,address merchant,address operator,address dealer,address arbiter,"
        "address feeReceiver,address sourceToken,address targetToken,uint104 sourceAmount,uint104 targetAmount,"
        "uint16 feeBps,uint40 authorizeBy,uint40 captureFrom,uint40 captureBy,uint40 resolveBy,uint40 refundBy,"
        "bytes4 purpose,bytes16 uetr,bytes32 remittanceHash)"
    );
    /// @dev Terms that do not fill their words: all but the last, the remittance hash.
    uint256 private constant FIELDS = 18;

    /// @param refusal What it reverts with where no payment has the id.
    struct Act {
        address caller;
        bytes call;
        bytes refusal;
    }

    /* WHAT IS SIGNED */

    function test_digests_follow_eip712() public view {
        Payment memory payment = _disputable();
        bytes32 id = escrow.paymentId(payment);
        assertEq(id, _digest(abi.encode(PAYMENT_TYPEHASH, payment)));

        bytes32 typeHash = keccak256("PaymentApproval(bytes32 paymentId,uint40 validUntil)");
        assertEq(escrow.approvalDigest(id, 77), _digest(abi.encode(typeHash, id, 77)));
        typeHash = keccak256("Release(bytes32 paymentId,uint40 deadline)");
        assertEq(escrow.releaseDigest(id, 77), _digest(abi.encode(typeHash, id, 77)));

        RefundQuote memory quote = _quote(payment, 5, 60);
        typeHash = keccak256(
            "RefundQuote(bytes32 paymentId,uint104 refundedBefore,uint104 sourceAmount,uint104 targetAmount,"
            "address dealer,uint40 deadline)"
        );
        assertEq(
            escrow.quoteDigest(quote),
            _digest(abi.encode(typeHash, id, 5, 60, quote.targetAmount, quote.dealer, quote.deadline))
        );
    }

    /* EVERY ACT'S ID */

    function testFuzz_every_act_means_the_payment_of_its_terms(Payment memory payment) public {
        payment.payer = payer;
        Act[] memory acts = _acts(payment, escrow.paymentId(payment));
        for (uint256 i = 0; i < acts.length; ++i) {
            _refused(acts[i].caller, acts[i].call, acts[i].refusal, vm.toString(i));
            _expectSkipped(0, acts[i].call, acts[i].refusal);
            _batch(acts[i].caller, acts[i].call);
        }
        vm.expectRevert(_wrongStatus(payment, PaymentStatus.None, PaymentStatus.Authorized));
        escrow.previewCapture(payment, 0, 1);
    }

    /// @dev Nobody moves it until the id is back; inventory and claims go on.
    function test_a_chain_that_changes_its_id_holds_what_is_under_way() public balanced {
        Payment memory payment = _openDisputable();
        hkdBank.registry.revoke(merchant);
        _capture(payment, 40_00);
        _onboard(hkdBank, merchant, CustomerCategory.Merchant, HONG_KONG, MERCHANT_CUSTOMER);
        bytes32 id = escrow.paymentId(payment);
        vm.chainId(OTHER_CHAIN);
        Act[] memory acts = _acts(payment, escrow.paymentId(payment));
        for (uint256 i = 0; i < acts.length; ++i) {
            _refused(acts[i].caller, acts[i].call, acts[i].refusal, vm.toString(i));
        }
        escrow.claim(address(hkd), merchant);
        assertEq(hkd.balanceOf(merchant), 336_60);
        _done(dealer, abi.encodeCall(escrow.withdraw, (address(hkd), STOCK - 850_00)));
        vm.chainId(CHAIN);
        _void(payment);
        _assertState(id, PaymentStatus.Voided, 40_00, 0);
    }

    /* BITS THAT NO TERM USES */

    /// @dev Two encodings of the same terms would be two ways to say one id.
    function test_paymentId_refuses_bits_that_no_term_uses() public view {
        bytes memory call = abi.encodeCall(escrow.paymentId, (_disputable()));
        for (uint256 field = 0; field < FIELDS; ++field) {
            for (uint256 spare = 0; spare < 256 - _width(field); ++spare) {
                _flip(call, field, spare);
                (bool success, bytes memory answer) = address(escrow).staticcall(call);
                assertFalse(success);
                assertEq(answer, "");
                _flip(call, field, spare);
            }
        }
        (bool clean,) = address(escrow).staticcall(call);
        assertTrue(clean);
    }

    /// @dev Not even if all parties have signed the id that they give.
    function test_no_payment_begins_with_bits_that_no_term_uses() public balanced {
        Payment[2] memory payments = [_oneCurrency(), _twoCurrencies()];
        bytes4[2] memory verbs = [escrow.authorize.selector, escrow.charge.selector];
        for (uint256 i = 0; i < 4; ++i) {
            Payment memory payment = payments[i / 2];
            for (uint256 field = 0; field < FIELDS; ++field) {
                _assertBeginsNot(verbs[i % 2], payment, field, 0);
                _assertBeginsNot(verbs[i % 2], payment, field, 255 - _width(field));
            }
        }
    }

    /// @dev And no act on a payment that is there takes them for the payment's own: it refuses the terms, or reads
    /// another id, which no payment has.
    function testFuzz_no_act_takes_bits_that_no_term_uses(uint256 field, uint256 spare) public balanced {
        field = bound(field, 0, FIELDS - 1);
        spare = bound(spare, 0, 255 - _width(field));
        Payment memory payment = _openDisputable();
        Act[] memory acts = _acts(payment, _dirtyId(payment, field, spare));
        for (uint256 i = 0; i < acts.length; ++i) {
            _flip(acts[i].call, field, spare);
            vm.prank(acts[i].caller);
            (bool success, bytes memory answer) = address(escrow).call(acts[i].call);
            assertFalse(success);
            if (answer.length != 0) assertEq(answer, acts[i].refusal, vm.toString(i));
            _expectSkipped(0, acts[i].call, answer);
            _batch(acts[i].caller, acts[i].call);
        }
        _assertState(escrow.paymentId(payment), PaymentStatus.Authorized, 0, 0);
    }

    /* HELP */

    /// @dev Every act on a payment that began, by whom it is; what is signed is signed for this id.
    function _acts(Payment memory payment, bytes32 id) private view returns (Act[] memory acts) {
        RefundQuote memory quote;
        quote.paymentId = id;
        quote.deadline = type(uint40).max;
        bytes memory released = _sign(payerKey, escrow.releaseDigest(id, type(uint40).max));
        bytes memory notAuthorized = _unknown(id, PaymentStatus.Authorized);
        bytes memory notCaptured = _unknown(id, PaymentStatus.Captured);
        acts = new Act[](10);
        acts[0] = Act(payment.operator, abi.encodeCall(escrow.capture, (payment, 0, 1)), notAuthorized);
        acts[1] = Act(payer, abi.encodeCall(escrow.release, (payment)), notAuthorized);
        acts[2] = Act(
            stranger, abi.encodeCall(escrow.releaseWithSignature, (payment, type(uint40).max, released)), notAuthorized
        );
        acts[3] = Act(payer, abi.encodeCall(escrow.dispute, (payment)), notAuthorized);
        acts[4] =
            Act(payment.arbiter, abi.encodeCall(escrow.resolve, (payment, 0)), _unknown(id, PaymentStatus.Disputed));
        acts[5] = Act(payment.operator, abi.encodeCall(escrow.void, (payment)), notAuthorized);
        acts[6] = Act(payment.merchant, abi.encodeCall(escrow.void, (payment)), notAuthorized);
        acts[7] = Act(payment.merchant, abi.encodeCall(escrow.refund, (payment, quote, "")), notCaptured);
        acts[8] = Act(
            payment.operator, abi.encodeCall(escrow.refundWithAuthorization, (payment, quote, "", "")), notCaptured
        );
        acts[9] = Act(stranger, abi.encodeCall(escrow.reclaim, (payment)), notAuthorized);
    }

    function _unknown(bytes32 id, PaymentStatus allowed) private pure returns (bytes memory) {
        return EscrowReverts.wrongStatus(id, PaymentStatus.None, allowed);
    }

    function _assertBeginsNot(bytes4 verb, Payment memory payment, uint256 field, uint256 spare) private {
        bytes32 id = _dirtyId(payment, field, spare);
        bytes memory act = abi.encodeWithSelector(
            verb,
            payment,
            _receiveSignature(payerKey, eur, payer, payment.sourceAmount, payment.authorizeBy, id),
            _sign(dealerKey, id),
            _noApproval()
        );
        _flip(act, field, spare);
        _refused(operator, act, "", "refused as no such terms");
        _expectSkipped(0, act, "");
        _batch(operator, act);
        _assertState(id, PaymentStatus.None, 0, 0);
        _assertState(escrow.paymentId(payment), PaymentStatus.None, 0, 0);
    }

    /// @dev The digest of the terms with one bit more.
    function _dirtyId(Payment memory payment, uint256 field, uint256 spare) private view returns (bytes32) {
        // As long in front as a call.
        bytes memory terms = bytes.concat(bytes4(0), abi.encode(payment));
        _flip(terms, field, spare);
        assembly ("memory-safe") {
            let length := sub(mload(terms), 4)
            terms := add(terms, 4)
            mstore(terms, length)
        }
        return _digest(bytes.concat(PAYMENT_TYPEHASH, terms));
    }

    /// @dev Flips one of the bits of a word of a call's terms that its type does not use: `purpose` and `uetr` fill
    /// their words from the left, all others from the right.
    function _flip(bytes memory call, uint256 field, uint256 spare) private pure {
        uint256 bit = field == 16 || field == 17 ? spare : _width(field) + spare;
        call[4 + 32 * field + 31 - bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
    }

    /// @dev The bits that a field of the terms has.
    function _width(uint256 field) private pure returns (uint256) {
        if (field < 8) return 160;
        if (field < 10) return 104;
        if (field == 10) return 16;
        if (field < 16) return 40;
        return field == 16 ? 32 : 128;
    }

    /// @dev From the standard's words alone.
    function _digest(bytes memory encoded) private view returns (bytes32) {
        bytes32 separator = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("SettlementEscrow"),
                keccak256("1"),
                block.chainid,
                escrow
            )
        );
        return keccak256(abi.encodePacked(hex"1901", separator, keccak256(encoded)));
    }
}
