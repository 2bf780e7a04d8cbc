// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/AnyGas.sol";
import "../support/EscrowActs.sol";

/// @notice What is kept for a payee who can't be paid, and how it gets it.
contract EscrowClaimTest is AnyGas, EscrowActs {
    /* WHO IS OWED */

    function test_a_merchant_who_lapsed_is_blocked_or_paused_is_owed_and_claims_once() public balanced {
        Payment memory payment = _openTwoCurrencies();
        uint40 lapse = START + 1 days;
        hkdBank.registry.renew(merchant, lapse);
        vm.warp(lapse - 1);
        _capture(payment, 10_00);
        assertEq(hkd.balanceOf(merchant), 85_00);
        vm.warp(lapse);
        _assertOwedAndKept(payment, TokenReverts.cannotReceive(merchant));
        hkdBank.registry.renew(merchant, REVIEWED_UNTIL);
        hkdBank.registry.blockCustomer(MERCHANT_CUSTOMER, LEGAL);
        _assertOwedAndKept(payment, TokenReverts.cannotReceive(merchant));
        hkdBank.registry.unblockCustomer(MERCHANT_CUSTOMER);
        hkd.pause();
        _assertOwedAndKept(payment, TokenReverts.tokenPaused());
        hkd.unpause();
        _capture(payment, 30_00);
        assertEq(hkd.balanceOf(merchant), 340_00);
        hkd.stopSystemAccount(address(escrow));
        _assertKept(eur, EscrowReverts.nothingToClaim(address(eur), merchant));
        bytes memory refusal = EscrowReverts.nothingToClaim(address(hkd), stranger);
        _refused(stranger, abi.encodeCall(escrow.claim, (address(hkd), stranger)), refusal);
        _claim(hkd, 510_00);
        _assertKept(hkd, EscrowReverts.nothingToClaim(address(hkd), merchant));
        _assertFigures(payment, PaymentStatus.Captured, 100_00, 850_00, 0);
    }

    /* HOSTILE TARGET TOKEN */

    /// @dev 4 + 32 + 32 + 160 bytes are kept as they are, of 4 + 32 + 32 + 192 the first 256. What such a token can
    /// make its payers' operator spend is its share of gas.
    function test_a_token_that_reverts() public balanced {
        _assertOwed(HostileToken.Kind.BurnGas, 0, 0, "");
        _assertOwed(HostileToken.Kind.Refuse, 0, 0, abi.encodeWithSelector(HostileToken.Refused.selector));
        _assertOwed(HostileToken.Kind.Refuse, 0, 160, _refusedAtLength(160));
        _assertOwed(HostileToken.Kind.Refuse, 0, 192, _first256(_refusedAtLength(192)));
        _assertOwed(HostileToken.Kind.Refuse, 0, 100_000, _first256(_refusedAtLength(100_000)));
    }

    function test_a_token_that_does_not_say_yes() public balanced {
        _assertOwed(HostileToken.Kind.Answer, 0, 32, abi.encode(false));
        _assertOwed(HostileToken.Kind.Answer, 2, 32, abi.encode(2));
        _assertOwed(HostileToken.Kind.Answer, type(uint256).max, 32, abi.encode(type(uint256).max));
        _assertOwed(HostileToken.Kind.Answer, 0, 1, new bytes(1));
        _assertOwed(HostileToken.Kind.Answer, 0, 31, new bytes(31));
        _assertOwed(HostileToken.Kind.Answer, 0, 256, new bytes(256));
        _assertOwed(HostileToken.Kind.Answer, 0, 257, new bytes(256));
        _assertOwed(HostileToken.Kind.Answer, 0, 100_000, new bytes(256));
    }

    function test_a_token_that_answers_nothing_or_yes_at_length_has_paid() public balanced {
        uint256[3] memory lengths = [uint256(0), 32, 100_000];
        for (uint256 i = 0; i < 3; ++i) {
            Payment memory payment = _openIntoHostile();
            _trick(IERC20.transfer.selector, HostileToken.Kind.Answer, true, 1, lengths[i]);
            _capture(payment, 100_00);
            assertEq(hostile.balanceOf(merchant), (i + 1) * 850_00);
            assertEq(escrow.claimableOf(address(hostile), merchant), 0);
        }
    }

    function test_claim_keeps_what_a_hostile_token_did_not_move() public balanced {
        IERC20 token = IERC20(address(hostile));
        _assertOwed(HostileToken.Kind.Answer, 0, 32, abi.encode(false));
        _assertKept(token, EscrowReverts.safeERC20FailedOperation(address(hostile)));
        _trick(IERC20.transfer.selector, HostileToken.Kind.Refuse, false, 0, 0);
        _assertKept(token, abi.encodeWithSelector(HostileToken.Refused.selector));
        _trick(IERC20.transfer.selector, HostileToken.Kind.Answer, true, 0, 0);
        _claim(token, 850_00);
    }

    /// @dev It pays and says it did not: what it then owes twice, it owes its own holders.
    function test_a_token_that_lies_about_paying_harms_only_itself() public {
        Payment memory payment = _openIntoHostile();
        _trick(IERC20.transfer.selector, HostileToken.Kind.Answer, true, 0, 32);
        _capture(payment, 100_00);
        assertEq(hostile.balanceOf(merchant), 850_00);
        assertEq(escrow.claimableOf(address(hostile), merchant), 850_00);
        _assertExplained(address(eur));
        _assertExplained(address(hkd));
    }

    /* TOO LITTLE GAS */

    /// @dev With any amount of gas each act pays everybody and gives the quota back, or does nothing.
    function test_no_amount_of_gas_makes_anybody_wait() public balanced {
        Payment memory payment = _disputable();
        _open(payment);
        _assertPaysAllOrNothing(operator, _capturing(payment, 0, 100_00));
        _assertPaysAllOrNothing(payer, abi.encodeCall(escrow.release, (payment)));
        _assertPaysAllOrNothing(operator, abi.encodeCall(escrow.void, (payment)));
        _capture(payment, 60_00);
        _assertPaysAllOrNothing(operator, _refundingSigned(payment, _quote(payment, 0, 40_00)));
        _dispute(payment);
        _assertPaysAllOrNothing(arbiter, abi.encodeCall(escrow.resolve, (payment, 40_00)));
        vm.warp(payment.resolveBy);
        _assertPaysAllOrNothing(stranger, abi.encodeCall(escrow.reclaim, (payment)));
    }

    /// @dev A token's share is three times what a bank's token needs, all its storage cold, so that a dearer registry
    /// or policy does not make payees wait.
    function test_a_third_of_its_share_is_enough_for_a_banks_token() public balanced {
        Payment memory payment = _openTwoCurrencies();
        PaymentState memory state = escrow.paymentState(escrow.paymentId(payment));
        hkdBank.registry.setZone(_countries(HONG_KONG, HONG_KONG), HK);
        uint256 before = vm.snapshotState();
        _callCold(hkdBank, abi.encodeCall(hkd.transfer, (merchant, 850_00)));
        assertEq(hkd.balanceOf(merchant), 850_00);
        vm.revertToState(before);
        _callCold(
            eurBank,
            abi.encodeCall(eur.restoreQuota, (state.policyGeneration, payer, state.quotaRef, payment.sourceAmount))
        );
        assertEq(_remainingQuota(), YEARLY_QUOTA);
        vm.revertToState(before);
    }

    /* HELP */

    function _callCold(Bank storage bank, bytes memory call) private {
        _cool(bank);
        vm.prank(address(escrow));
        (bool success,) = address(bank.token).call{gas: TOKEN_GAS / 3}(call);
        assertTrue(success);
    }

    function _claim(IERC20 token, uint256 amount) private {
        uint256 before = token.balanceOf(merchant);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.Claimed(address(token), merchant, amount);
        _done(stranger, abi.encodeCall(escrow.claim, (address(token), merchant)));
        assertEq(token.balanceOf(merchant), before + amount);
        assertEq(escrow.claimableOf(address(token), merchant), 0);
    }

    function _assertKept(IERC20 token, bytes memory reason) private {
        _refused(stranger, abi.encodeCall(escrow.claim, (address(token), merchant)), reason);
    }

    /// @dev A capture of 20.00 EUR adds to what is kept, and it stays.
    function _assertOwedAndKept(Payment memory payment, bytes memory reason) private {
        _expectOwed(hkd, merchant, 170_00, reason);
        _capture(payment, 20_00);
        _assertKept(hkd, reason);
    }

    function _openIntoHostile() private returns (Payment memory payment) {
        _stockHostile(850_00);
        payment = _numbered(_intoHostile(), hostile.balanceOf(address(escrow)) + hostile.balanceOf(merchant));
        _open(payment);
    }

    /// @dev A capture into the hostile token, which moves nothing, ends in a claimable with this reason.
    function _assertOwed(HostileToken.Kind kind, uint256 word, uint256 length, bytes memory reason) private {
        uint256 owed = escrow.claimableOf(address(hostile), merchant);
        Payment memory payment = _openIntoHostile();
        _trick(IERC20.transfer.selector, kind, false, word, length);
        _expectOwed(IERC20(address(hostile)), merchant, 850_00, reason);
        uint256 gasBefore = gasleft();
        _capture(payment, 100_00);
        assertLt(gasBefore - gasleft(), 500_000, "gas");
        _assertState(escrow.paymentId(payment), PaymentStatus.Captured, 100_00, 0);
        assertEq(escrow.claimableOf(address(hostile), merchant), owed + 850_00);
        assertEq(hostile.balanceOf(merchant), 0);
    }
}
