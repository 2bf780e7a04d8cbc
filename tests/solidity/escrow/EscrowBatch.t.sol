// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/AnyGas.sol";
import "../support/EscrowActs.sol";
import {ICalledByItself} from "../support/ICalledByItself.sol";
import {HostileStanding} from "../support/mocks/HostileStanding.sol";

/// @notice Many acts of one caller. Most batches here are of three captures of 10.00 EUR each, of which the second
/// can't be done.
contract EscrowBatchTest is AnyGas, EscrowActs {
    /// @dev What an act of a batch needs to begin: its share, what EIP-150 holds back of it, and the bookkeeping after.
    uint256 private constant ACT_CALL_GAS = ACT_GAS + ACT_GAS / 63 + GAS_MARGIN;

    /* EFFECT */

    /// @dev {EscrowStatesTest} has the acts on payments.
    function test_does_a_dealers_and_a_banks_acts_as_each_does_alone() public balanced {
        _mint(hkdBank, dealer, 5_00);
        vm.prank(dealer);
        hkd.approve(address(escrow), 5_00);
        _doneAlike(dealer, abi.encodeCall(escrow.deposit, (address(hkd), 5_00)), "deposit");
        _doneAlike(dealer, abi.encodeCall(escrow.withdraw, (address(hkd), 15_00)), "withdraw");
        _doneAlike(dealer, abi.encodeCall(escrow.setDealerSigner, (stranger, true)), "signer");
        assertTrue(escrow.isDealerSigner(dealer, stranger));
        hkdBank.registry.revoke(dealer);
        hkd.setSuspenseAccount(hkNeighbour);
        bytes memory act = abi.encodeCall(escrow.divertInventory, (address(hkd), dealer));
        _doneAlike(address(this), act, "inventory");
        act = abi.encodeCall(escrow.divertClaim, (address(hkd), dealer, hkNeighbour));
        _doneAlike(address(this), act, "claim diverted");
        _doneAlike(stranger, abi.encodeCall(escrow.claim, (address(hkd), hkNeighbour)), "claim");
        assertEq(hkd.balanceOf(hkNeighbour), STOCK - 10_00);
    }

    function test_acts_see_what_those_before_have_done() public balanced {
        Payment memory payment = _disputable();
        bytes[] memory acts = new bytes[](5);
        acts[0] = _capturing(payment, 0, 10_00);
        acts[1] = _authorizing(payment);
        acts[2] = _capturing(payment, 0, 60_00);
        acts[3] = _capturing(payment, 0, 60_00);
        acts[4] = abi.encodeCall(escrow.void, (payment));
        _expectSkipped(0, acts[0], _wrongStatus(payment, PaymentStatus.None, PaymentStatus.Authorized));
        _expectSkipped(3, acts[3], EscrowReverts.captureOutOfPlace(0, 60_00));
        _batch(operator, acts);
        _assertFigures(payment, PaymentStatus.Voided, 60_00, 510_00, 5_10);
    }

    /* SKIPPED */

    /// @dev A batch gives nobody a right that it has not alone.
    function test_skips_what_is_not_the_callers() public balanced {
        Payment memory payment = _openDisputed();
        _assertSkips(abi.encodeCall(escrow.release, (payment)), EscrowReverts.notAllowed(operator, payer));
        _assertSkips(abi.encodeCall(escrow.resolve, (payment, 0)), EscrowReverts.notAllowed(operator, arbiter));
        _assertSkips(
            abi.encodeCall(ICalledByItself.authorizeAndUndo, (payment, "", "", _noApproval())),
            EscrowReverts.notAllowed(operator, address(escrow))
        );
        payment.operator = stranger;
        _assertSkips(_capturing(payment, 0, 10_00), EscrowReverts.notAllowed(operator, stranger));
        _assertSkips(
            abi.encodeCall(escrow.divertClaim, (address(hkd), merchant, hkNeighbour)),
            EscrowReverts.notAllowedByBank(operator, address(hkdBank.manager))
        );
    }

    /// @dev An act is whatever bytes its caller brings: none, too few, a function that is not there, terms cut short.
    function test_skips_what_is_no_call_of_the_escrow() public balanced {
        _assertSkips("", "");
        _assertSkips(hex"00", "");
        _assertSkips(hex"ffffffffff", "");
        bytes memory act = _capturing(_openNumber(1), 0, 10_00);
        assembly ("memory-safe") {
            mstore(act, sub(mload(act), 1))
        }
        _assertSkips(act, "");
    }

    /* NO ACTS */

    /// @dev Whatever stands before is undone.
    function test_is_made_of_acts_alone() public balanced {
        Payment memory payment = _openNumber(1);
        bytes[3] memory others = [
            abi.encodeCall(escrow.batch, (new bytes[](0))),
            abi.encodeCall(escrow.previewCapture, (payment, 0, 10_00)),
            abi.encodeCall(escrow.previewAuthorize, (payment, "", "", _noApproval()))
        ];
        for (uint256 i = 0; i < others.length; ++i) {
            bytes[] memory acts = new bytes[](2);
            (acts[0], acts[1]) = (_capturing(payment, 0, 10_00), others[i]);
            bytes memory refusal = EscrowReverts.notAnAct(1, bytes4(others[i]));
            _refused(operator, abi.encodeCall(escrow.batch, (acts)), refusal);
        }
    }

    /* CALLDATA */

    /// @dev Bytes behind the arguments change nothing, and two acts that are the same bytes of the calldata are two
    /// acts.
    function test_acts_may_be_longer_than_their_arguments_and_lie_on_each_other() public balanced {
        bytes memory act = bytes.concat(_capturing(_openNumber(1), 0, 10_00), "and more");
        _expectSkipped(1, act, EscrowReverts.captureOutOfPlace(0, 10_00));
        assertTrue(_batchRaw(abi.encodePacked(uint256(64), uint256(64), act.length, act)));
        assertEq(hkd.balanceOf(merchant), 84_15);
    }

    /// @dev None of it is done if it is not all there.
    function test_refuses_acts_that_lie_outside() public balanced {
        bytes memory act = _capturing(_openNumber(1), 0, 10_00);
        bytes memory good = abi.encodePacked(act.length, act);
        assertFalse(_batchRaw(abi.encodePacked(uint256(64), 64 + good.length, good)));
        assertFalse(_batchRaw(abi.encodePacked(uint256(64), uint256(1) << 64, good)));
        assertFalse(_batchRaw(abi.encodePacked(uint256(64), type(uint256).max, good)));
        assertFalse(_batchRaw(abi.encodePacked(uint256(64), uint256(64), act.length + 1, act)));
        assertFalse(_batchRaw(abi.encodePacked(uint256(64), uint256(64), type(uint256).max, act)));
        assertEq(hkd.balanceOf(merchant), 0);
    }

    function test_takes_no_coins() public {
        vm.deal(operator, 1);
        vm.prank(operator);
        (bool success, bytes memory answer) =
            address(escrow).call{value: 1}(abi.encodeCall(escrow.batch, (new bytes[](0))));
        assertFalse(success);
        assertEq(answer, "");
    }

    /* HOSTILE TOKENS */

    /// @dev It comes back in the midst of an act with a batch of its own, whose skipped acts would stand among the
    /// caller's.
    function test_a_token_that_comes_back_says_nothing_in_the_callers_name() public balanced {
        bytes[] memory foreign = new bytes[](1);
        foreign[0] = "whatever";
        bytes4[2] memory during = [IDepositTokenMain.openPayment.selector, IERC20.transfer.selector];
        for (uint256 i = 0; i < 2; ++i) {
            hostile.give(payer, 100_00);
            Payment memory payment = _numbered(_withinHostile(), i);
            hostile.setAttack(during[i], address(escrow), abi.encodeCall(escrow.batch, (foreign)));
            bytes[] memory acts = new bytes[](2);
            (acts[0], acts[1]) = (_authorizing(payment), _capturing(payment, 0, 100_00));
            vm.recordLogs();
            _batch(operator, acts);
            Vm.Log[] memory logs = vm.getRecordedLogs();
            assertEq(hostile.attackAnswer(), EscrowReverts.reentrancyGuardReentrantCall());
            for (uint256 j = 0; j < logs.length; ++j) {
                assertTrue(logs[j].topics[0] != ISettlementEscrow.ActSkipped.selector);
            }
            _assertState(escrow.paymentId(payment), PaymentStatus.Captured, 100_00, 0);
        }
    }

    /// @dev Memory costs more than linearly: reasons that were copied one behind the other would cost more than a
    /// transaction can have.
    function test_a_token_that_often_reverts_at_length_costs_the_others_nothing() public balanced {
        HostileStanding longwinded = new HostileStanding(HostileStanding.Trick.RefuseAtLength, 400_000);
        vm.mockFunction(address(hostile), address(longwinded), abi.encodeWithSelector(IERC20.transferFrom.selector));
        bytes[] memory acts = new bytes[](11);
        for (uint256 i = 0; i < 10; ++i) {
            acts[i] = abi.encodeCall(escrow.deposit, (address(hostile), i + 1));
        }
        acts[10] = _capturing(_openNumber(1), 0, 10_00);
        vm.prank(operator);
        (, bytes memory reason) = address(escrow).call(acts[0]);
        assertEq(reason.length, 400_000);
        for (uint256 i = 0; i < 10; ++i) {
            _expectSkipped(i, acts[i], _first256(reason));
        }
        vm.prank(operator);
        escrow.batch{gas: 10_000_000}(acts);
        assertEq(hkd.balanceOf(merchant), 84_15);
    }

    function test_an_act_that_burns_its_share_costs_the_others_nothing() public balanced {
        _trick(IDepositTokenMain.openPayment.selector, HostileToken.Kind.BurnGas, false, 0, 0);
        bytes memory act = _authorizing(_outOfHostile());
        bytes[] memory acts = _threeWith(act);
        _expectSkipped(1, act, EscrowReverts.notDepositToken(address(hostile)));
        vm.prank(operator);
        escrow.batch{gas: ACT_GAS + 2 * 200_000 + ACT_CALL_GAS}(acts);
        assertEq(hkd.balanceOf(merchant), 168_30);
    }

    function test_an_act_has_enough_for_payouts_that_burn_theirs() public balanced {
        _stockHostile(850_00);
        Payment memory payment = _disputable();
        payment.targetToken = address(hostile);
        _open(payment);
        _dispute(payment);
        _trick(IERC20.transfer.selector, HostileToken.Kind.BurnGas, false, 0, 0);
        _batch(arbiter, abi.encodeCall(escrow.resolve, (payment, 40_00)));
        assertEq(escrow.claimableOf(address(hostile), merchant), 336_60);
        assertEq(escrow.claimableOf(address(hostile), feeReceiver), 3_40);
        assertEq(eur.balanceOf(payer), 99_960_00);
    }

    function test_a_source_token_that_does_not_say_who_is_blocked_is_skipped() public balanced {
        bytes memory unknown = EscrowReverts.standingUnknown(address(hostile), payer);
        _assertSkipsHostile(HostileStanding.Trick.Refuse, unknown);
        _assertSkipsHostile(HostileStanding.Trick.RefuseAtLength, unknown);
        _assertSkipsHostile(HostileStanding.Trick.BurnGas, unknown);
        _assertSkipsHostile(HostileStanding.Trick.Reenter, unknown);
        _assertSkipsHostile(HostileStanding.Trick.AnswerNothing, "");
        _assertSkipsHostile(HostileStanding.Trick.AnswerDirty, "");
    }

    /* GAS */

    /// @dev An act's share is three times what the dearest beginning of a payment needs, all its storage cold.
    function test_a_third_of_its_share_is_enough_for_an_act_as_deployed() public balanced {
        _needApproval();
        Payment memory payment = _withFee(_twoCurrencies());
        PaymentApproval memory approval = _approval(eurBank, escrow.paymentId(payment), payment.authorizeBy);
        bytes4[2] memory verbs = [escrow.authorize.selector, escrow.charge.selector];
        uint256 before = vm.snapshotState();
        for (uint256 i = 0; i < 2; ++i) {
            bytes memory act = abi.encodeWithSelector(
                verbs[i], payment, _payerSignature(payment), _dealerSignature(payment), approval
            );
            _cool(eurBank);
            _cool(hkdBank);
            vm.cool(address(escrow));
            vm.prank(operator);
            (bool success,) = address(escrow).call{gas: ACT_GAS / 3}(act);
            assertTrue(success);
            vm.revertToState(before);
        }
    }

    /// @dev With any amount of gas every act has its full share, or nothing is done. Copying a long act costs gas too,
    /// before it gets its share.
    function test_no_amount_of_gas_skips_an_act() public balanced {
        bytes memory act = _capturing(_openNumber(1), 0, 10_00);
        bytes memory call = abi.encodeCall(escrow.batch, (_threeWith(act)));
        _assertPaysAllOrNothing(operator, call, [uint256(60_000), 1_800_000, 12_000], ACT_CALL_GAS);
        bytes[] memory acts = new bytes[](1);
        acts[0] = bytes.concat(act, new bytes(200_000));
        call = abi.encodeCall(escrow.batch, (acts));
        _assertPaysAllOrNothing(operator, call, [uint256(1_000_000), 1_400_000, 3_000], ACT_CALL_GAS);
    }

    /* HELP */

    function _openNumber(uint256 number) private returns (Payment memory payment) {
        payment = _numbered(_disputable(), number);
        _open(payment);
    }

    /// @dev This act between two captures of 10.00 EUR that can be done.
    function _threeWith(bytes memory act) private returns (bytes[] memory acts) {
        acts = new bytes[](3);
        acts[0] = _capturing(_openNumber(1_000 + escrow.inventoryOf(dealer, address(hkd))), 0, 10_00);
        acts[1] = act;
        acts[2] = _capturing(_openNumber(1_000 + escrow.inventoryOf(dealer, address(hkd))), 0, 10_00);
    }

    /// @dev A batch of as many acts as lie here, encoded by hand: from their offsets on.
    function _batchRaw(bytes memory body) private returns (bool success) {
        bytes memory head = abi.encodePacked(escrow.batch.selector, uint256(32));
        vm.prank(operator);
        (success,) = address(escrow).call(bytes.concat(head, bytes32(uint256(2)), body));
    }

    /// @dev The reason is what the act alone reverts with, and what stands around it is done.
    function _assertSkips(bytes memory act, bytes memory reason) private {
        _refused(operator, act, reason);
        bytes[] memory acts = _threeWith(act);
        uint256 paid = hkd.balanceOf(merchant);
        _expectSkipped(1, act, reason);
        _batch(operator, acts);
        assertEq(hkd.balanceOf(merchant), paid + 168_30);
    }

    /// @dev A capture out of a hostile token that plays this trick when it is asked for the payer's standing.
    function _assertSkipsHostile(HostileStanding.Trick trick, bytes memory reason) private {
        hostile.give(payer, 100_00);
        Payment memory payment = _outOfHostile();
        payment.remittanceHash = bytes32(uint256(trick));
        _open(payment);
        vm.mockFunction(
            address(hostile),
            address(new HostileStanding(trick, 300_000)),
            abi.encodeCall(hostile.payerBlocked, (payer))
        );
        _assertSkips(_capturing(payment, 0, 10_00), reason);
        vm.clearMockedCalls();
    }
}
