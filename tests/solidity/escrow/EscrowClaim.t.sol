// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/AnyGas.sol";
import {HostileToken} from "../support/mocks/HostileToken.sol";

contract EscrowClaimTest is AnyGas {
    bytes4 private constant LEGAL = "LEGL";

    /* WHO IS OWED */

    function test_a_lapsed_merchant_is_owed_and_claims_after_renewal() public balanced {
        Payment memory payment = _openTwoCurrencies();
        uint40 lapse = uint40(block.timestamp + 1 days);
        hkdBank.registry.renew(merchant, lapse);
        vm.warp(lapse);
        _expectOwed(TokenReverts.cannotReceive(merchant));
        _capture(payment, 100_00);
        _assertState(escrow.paymentId(payment), PaymentStatus.Captured, 100_00, 0);
        assertEq(escrow.claimableOf(address(hkd), merchant), 850_00);
        assertEq(escrow.inventoryOf(dealer, address(eur)), 100_00);

        hkdBank.registry.renew(merchant, REVIEWED_UNTIL);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.Claimed(address(hkd), merchant, 850_00);
        vm.prank(stranger);
        escrow.claim(address(hkd), merchant);
        assertEq(hkd.balanceOf(merchant), 850_00);
        assertEq(escrow.claimableOf(address(hkd), merchant), 0);
    }

    function test_a_merchant_is_paid_until_the_last_second_of_its_review() public balanced {
        Payment memory payment = _openTwoCurrencies();
        uint40 lapse = uint40(block.timestamp + 1 days);
        hkdBank.registry.renew(merchant, lapse);
        vm.warp(lapse - 1);
        _capture(payment, 10_00);
        assertEq(hkd.balanceOf(merchant), 85_00);
        vm.warp(lapse);
        _capture(payment, 10_00);
        vm.warp(lapse + 1);
        _capture(payment, 10_00);
        assertEq(hkd.balanceOf(merchant), 85_00);
        assertEq(escrow.claimableOf(address(hkd), merchant), 170_00);
    }

    function test_a_blocked_merchant_is_owed() public balanced {
        Payment memory payment = _openTwoCurrencies();
        hkdBank.registry.blockCustomer(2001, LEGAL);
        _expectOwed(TokenReverts.cannotReceive(merchant));
        _capture(payment, 100_00);
        _expectRefused(TokenReverts.cannotReceive(merchant));
        hkdBank.registry.unblockCustomer(2001);
        escrow.claim(address(hkd), merchant);
        assertEq(hkd.balanceOf(merchant), 850_00);
    }

    function test_a_merchant_of_a_paused_token_is_owed() public balanced {
        Payment memory payment = _openTwoCurrencies();
        hkd.pause();
        _expectOwed(TokenReverts.tokenPaused());
        _capture(payment, 100_00);
        _expectRefused(TokenReverts.tokenPaused());
        hkd.unpause();
        hkd.stopSystemAccount(address(escrow));
        escrow.claim(address(hkd), merchant);
        assertEq(hkd.balanceOf(merchant), 850_00);
    }

    function test_a_fee_receiver_who_lapsed_is_owed() public balanced {
        Payment memory payment = _twoCurrencies();
        (payment.feeBps, payment.feeReceiver) = (100, feeReceiver);
        _open(payment);
        hkdBank.registry.revoke(feeReceiver);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.ClaimableAdded(address(hkd), feeReceiver, 8_50, TokenReverts.cannotReceive(feeReceiver));
        _capture(payment, 100_00);
        _onboard(hkdBank, feeReceiver, CustomerCategory.Institution, HONG_KONG, 2004);
        escrow.claim(address(hkd), feeReceiver);
        assertEq(hkd.balanceOf(feeReceiver), 8_50);
    }

    function test_what_is_owed_adds_up() public balanced {
        Payment memory payment = _openTwoCurrencies();
        hkd.pause();
        _capture(payment, 30_00);
        _capture(payment, 20_00);
        assertEq(escrow.claimableOf(address(hkd), merchant), 425_00);
        hkd.unpause();
        _capture(payment, 50_00);
        assertEq(hkd.balanceOf(merchant), 425_00);
        escrow.claim(address(hkd), merchant);
        assertEq(hkd.balanceOf(merchant), 850_00);
    }

    /* CLAIM */

    function test_claim_pays_once() public balanced {
        _owe();
        escrow.claim(address(hkd), merchant);
        vm.expectRevert(EscrowReverts.nothingToClaim(address(hkd), merchant));
        escrow.claim(address(hkd), merchant);
    }

    function test_claim_pays_the_owner_in_the_token_that_is_owed() public balanced {
        _owe();
        vm.expectRevert(EscrowReverts.nothingToClaim(address(hkd), stranger));
        vm.prank(stranger);
        escrow.claim(address(hkd), stranger);
        vm.expectRevert(EscrowReverts.nothingToClaim(address(eur), merchant));
        escrow.claim(address(eur), merchant);
    }

    function test_claim_reverts_and_keeps_it_while_the_owner_cannot_receive() public balanced {
        _owe();
        hkdBank.registry.revoke(merchant);
        _expectRefused(TokenReverts.cannotReceive(merchant));
        assertEq(escrow.claimableOf(address(hkd), merchant), 850_00);
        _onboard(hkdBank, merchant, CustomerCategory.Merchant, HONG_KONG, 2001);
        escrow.claim(address(hkd), merchant);
        assertEq(hkd.balanceOf(merchant), 850_00);
    }

    /* HOSTILE TARGET TOKEN */

    function test_a_token_that_reverts() public balanced {
        _assertOwedFor(
            HostileToken.Trick(HostileToken.Kind.Refuse, false, 0, 0),
            abi.encodeWithSelector(HostileToken.Refused.selector)
        );
    }

    /// @dev 4 + 32 + 32 + 160 bytes are kept as they are, of 4 + 32 + 32 + 192 the first 256.
    function test_a_token_that_reverts_at_length() public balanced {
        bytes memory short = abi.encodeWithSelector(HostileToken.RefusedAtLength.selector, new bytes(160));
        _assertOwedFor(HostileToken.Trick(HostileToken.Kind.Refuse, false, 0, 160), short);
        for (uint256 i = 0; i < 2; ++i) {
            uint256 length = i == 0 ? 192 : 40_000;
            bytes memory long = abi.encodeWithSelector(HostileToken.RefusedAtLength.selector, new bytes(length));
            _assertOwedFor(HostileToken.Trick(HostileToken.Kind.Refuse, false, 0, length), _first256(long));
        }
    }

    function test_a_token_that_burns_its_gas() public balanced {
        _assertOwedFor(HostileToken.Trick(HostileToken.Kind.BurnGas, false, 0, 0), "");
    }

    function test_a_token_that_says_false() public balanced {
        _assertOwedFor(HostileToken.Trick(HostileToken.Kind.Answer, false, 0, 32), abi.encode(false));
    }

    function test_a_token_that_says_neither_yes_nor_no() public balanced {
        _assertOwedFor(HostileToken.Trick(HostileToken.Kind.Answer, false, 2, 32), abi.encode(2));
        _assertOwedFor(
            HostileToken.Trick(HostileToken.Kind.Answer, false, type(uint256).max, 32), abi.encode(type(uint256).max)
        );
    }

    function test_a_token_that_answers_with_too_little() public balanced {
        _assertOwedFor(HostileToken.Trick(HostileToken.Kind.Answer, false, 0, 1), new bytes(1));
        _assertOwedFor(HostileToken.Trick(HostileToken.Kind.Answer, false, 0, 31), new bytes(31));
    }

    function test_a_token_that_answers_with_too_much() public balanced {
        _assertOwedFor(HostileToken.Trick(HostileToken.Kind.Answer, false, 0, 256), new bytes(256));
        _assertOwedFor(HostileToken.Trick(HostileToken.Kind.Answer, false, 0, 257), new bytes(256));
        _assertOwedFor(HostileToken.Trick(HostileToken.Kind.Answer, false, 0, 100_000), new bytes(256));
    }

    function test_a_token_that_answers_nothing_has_paid() public balanced {
        _assertPaidFor(HostileToken.Trick(HostileToken.Kind.Answer, true, 0, 0));
    }

    function test_a_token_that_says_yes_at_length_has_paid() public balanced {
        _assertPaidFor(HostileToken.Trick(HostileToken.Kind.Answer, true, 1, 32));
        _assertPaidFor(HostileToken.Trick(HostileToken.Kind.Answer, true, 1, 100_000));
    }

    /// @dev What a token can make its payers' operator spend is its share of gas, whatever it answers.
    function test_a_hostile_token_costs_a_bounded_amount_of_gas() public {
        _stockHostile(850_00);
        Payment memory payment = _intoHostile();
        _open(payment);
        bytes4 transfer = IERC20.transfer.selector;
        hostile.setTrick(transfer, HostileToken.Trick(HostileToken.Kind.BurnGas, false, 0, 0));
        uint256 before = gasleft();
        _capture(payment, 50_00);
        assertLt(before - gasleft(), 500_000);
        hostile.setTrick(transfer, HostileToken.Trick(HostileToken.Kind.Refuse, false, 0, 100_000));
        before = gasleft();
        _capture(payment, 50_00);
        assertLt(before - gasleft(), 500_000);
        assertEq(escrow.claimableOf(address(hostile), merchant), 850_00);
    }

    function test_claim_keeps_what_a_hostile_token_did_not_move() public balanced {
        _assertOwedFor(HostileToken.Trick(HostileToken.Kind.Answer, false, 0, 32), abi.encode(false));
        vm.expectRevert(EscrowReverts.safeERC20FailedOperation(address(hostile)));
        escrow.claim(address(hostile), merchant);
        hostile.setTrick(IERC20.transfer.selector, HostileToken.Trick(HostileToken.Kind.Refuse, false, 0, 0));
        vm.expectRevert(HostileToken.Refused.selector);
        escrow.claim(address(hostile), merchant);
        assertEq(escrow.claimableOf(address(hostile), merchant), 850_00);

        hostile.setTrick(IERC20.transfer.selector, HostileToken.Trick(HostileToken.Kind.Answer, true, 0, 0));
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.Claimed(address(hostile), merchant, 850_00);
        escrow.claim(address(hostile), merchant);
        assertEq(hostile.balanceOf(merchant), 850_00);
    }

    /// @dev It pays and says it did not: what it then owes twice, it owes its own holders.
    function test_a_token_that_lies_about_paying_harms_only_itself() public {
        _stockHostile(850_00);
        Payment memory payment = _intoHostile();
        _open(payment);
        hostile.setTrick(IERC20.transfer.selector, HostileToken.Trick(HostileToken.Kind.Answer, true, 0, 32));
        _capture(payment, 100_00);
        assertEq(hostile.balanceOf(merchant), 850_00);
        assertEq(escrow.claimableOf(address(hostile), merchant), 850_00);
        _assertExplained(address(eur));
        _assertExplained(address(hkd));
    }

    /* TOO LITTLE GAS */

    /// @dev With any amount of gas a capture pays everybody or does nothing.
    function test_no_amount_of_gas_makes_a_payee_wait() public balanced {
        Payment memory payment = _twoCurrencies();
        (payment.feeBps, payment.feeReceiver) = (100, feeReceiver);
        _open(payment);
        _assertPaysAllOrNothing(operator, abi.encodeCall(escrow.capture, (payment, 0, 100_00)));
    }

    function test_no_amount_of_gas_keeps_the_payers_money_or_quota() public balanced {
        Payment memory payment = _openTwoCurrencies();
        _assertPaysAllOrNothing(operator, abi.encodeCall(escrow.void, (payment)));
        vm.warp(payment.captureBy);
        _assertPaysAllOrNothing(stranger, abi.encodeCall(escrow.reclaim, (payment)));
    }

    /// @dev A token's share is three times what a bank's token needs, all its storage cold, so that a dearer registry or
    /// policy does not make payees wait.
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
        _void(payment);
    }

    /* HELP */

    function _callCold(Bank storage bank, bytes memory call) private {
        _cool(bank);
        vm.prank(address(escrow));
        (bool success,) = address(bank.token).call{gas: uint256(250_000) / 3}(call);
        assertTrue(success);
    }

    function _first256(bytes memory answer) private pure returns (bytes memory) {
        assembly ("memory-safe") {
            mstore(answer, 256)
        }
        return answer;
    }

    /// @dev 850.00 HKD are owed to the merchant, who can receive them now.
    function _owe() private {
        Payment memory payment = _openTwoCurrencies();
        hkd.pause();
        _capture(payment, 100_00);
        hkd.unpause();
    }

    function _expectOwed(bytes memory reason) private {
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.ClaimableAdded(address(hkd), merchant, 850_00, reason);
    }

    function _expectRefused(bytes memory reason) private {
        vm.expectRevert(reason);
        escrow.claim(address(hkd), merchant);
    }

    /// @dev A capture into the hostile token ends in a claimable with this reason, and everything else goes on.
    function _assertOwedFor(HostileToken.Trick memory trick, bytes memory reason) private {
        uint256 owed = escrow.claimableOf(address(hostile), merchant);
        Payment memory payment = _openIntoHostile();
        hostile.setTrick(IERC20.transfer.selector, trick);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.ClaimableAdded(address(hostile), merchant, 850_00, reason);
        _capture(payment, 100_00);
        _assertState(escrow.paymentId(payment), PaymentStatus.Captured, 100_00, 0);
        assertEq(escrow.claimableOf(address(hostile), merchant), owed + 850_00);
        assertEq(hostile.balanceOf(merchant), 0);
    }

    function _assertPaidFor(HostileToken.Trick memory trick) private {
        uint256 paid = hostile.balanceOf(merchant);
        Payment memory payment = _openIntoHostile();
        hostile.setTrick(IERC20.transfer.selector, trick);
        _capture(payment, 100_00);
        assertEq(hostile.balanceOf(merchant), paid + 850_00);
        assertEq(escrow.claimableOf(address(hostile), merchant), 0);
    }

    function _openIntoHostile() private returns (Payment memory payment) {
        _stockHostile(850_00);
        payment = _intoHostile();
        payment.remittanceHash = keccak256(abi.encode(hostile.balanceOf(address(escrow)), hostile.balanceOf(merchant)));
        _open(payment);
    }
}
