// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Vm} from "../../node_modules/@layerzerolabs/toolbox-foundry/lib/forge-std/Vm.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IERC7943Fungible} from "../../contracts/interfaces/IERC7943.sol";
import {ISettlementEscrow} from "../../contracts/interfaces/ISettlementEscrow.sol";
import {Category} from "../../contracts/types/Participant.sol";
import {PaymentStatus} from "../../contracts/types/PaymentSlot.sol";
import {ContractWallet} from "./ContractWallet.sol";
import {DisputeSystem} from "./DisputeSystem.sol";
import {HostileStanding} from "./mocks/HostileStanding.sol";
import {HostileToken} from "./mocks/HostileToken.sol";

/// @notice What only the escrow itself may call.
interface ICalledByItself {
    function captureAs(ISettlementEscrow.Payment calldata payment, uint104 sourceAmount, address operator) external;

    function authorizeAndUndo(
        ISettlementEscrow.Payment calldata payment,
        bytes calldata payerSignature,
        bytes calldata dealerSignature,
        ISettlementEscrow.Approval calldata bankApproval
    ) external;
}

/// @notice Most batches here are of three captures of 10.00 EUR each, of which the second can't be done.
contract EscrowBatchTest is DisputeSystem {
    /// @dev The most gas that a transaction can have (EIP-7825).
    uint256 private constant TRANSACTION_GAS = 1 << 24;

    /* EFFECT */

    function test_captures_each() public balanced {
        ISettlementEscrow.Capture[] memory captures = new ISettlementEscrow.Capture[](3);
        captures[0] = ISettlementEscrow.Capture(_openNumber(0), 100_00);
        captures[1] = ISettlementEscrow.Capture(_openNumber(1), 33_33);
        captures[2] = ISettlementEscrow.Capture(_openOneCurrency(), 40_00);
        _expectCaptured(captures[0].payment, 100_00, 850_00, 8_50);
        _expectCaptured(captures[1].payment, 33_33, 283_30, 2_83);
        _expectCaptured(captures[2].payment, 40_00, 40_00, 0);
        _captureBatch(captures);
        assertEq(hkd.balanceOf(merchant), 850_00 - 8_50 + 283_30 - 2_83);
        assertEq(hkd.balanceOf(feeReceiver), 8_50 + 2_83);
        assertEq(eur.balanceOf(neighbour), 40_00);
        assertEq(escrow.inventoryOf(dealer, address(eur)), 133_33);
        _assertState(escrow.paymentId(captures[0].payment), PaymentStatus.Captured, 100_00, 0);
        _assertState(escrow.paymentId(captures[1].payment), PaymentStatus.Authorized, 33_33, 0);
    }

    function test_of_nothing_does_nothing() public balanced {
        vm.recordLogs();
        _captureBatch(new ISettlementEscrow.Capture[](0));
        assertEq(vm.getRecordedLogs().length, 0);
    }

    function test_may_hold_a_payment_twice() public balanced {
        ISettlementEscrow.Payment memory payment = _openNumber(0);
        ISettlementEscrow.Capture[] memory captures = new ISettlementEscrow.Capture[](4);
        captures[0] = ISettlementEscrow.Capture(payment, 60_00);
        captures[1] = ISettlementEscrow.Capture(payment, 60_00);
        captures[2] = ISettlementEscrow.Capture(payment, 40_00);
        captures[3] = ISettlementEscrow.Capture(payment, 40_00);
        _expectCaptured(payment, 60_00, 510_00, 5_10);
        _expectSkipped(payment, 60_00, abi.encodeWithSelector(ISettlementEscrow.AmountExceeds.selector, 60_00, 40_00));
        _expectCaptured(payment, 40_00, 340_00, 3_40);
        _expectSkipped(payment, 40_00, _wrongStatus(payment, PaymentStatus.Captured, PaymentStatus.Authorized));
        _captureBatch(captures);
        assertEq(hkd.balanceOf(merchant), 841_50);
    }

    function test_a_payee_who_cannot_receive_is_owed_as_ever() public balanced {
        ISettlementEscrow.Capture[] memory captures = _threeWith(_openNumber(1), 10_00);
        captures[1].payment.merchant = hkNeighbour;
        _open(captures[1].payment);
        hkdBank.registry.revoke(hkNeighbour);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.ClaimableAdded(
            address(hkd),
            hkNeighbour,
            84_15,
            abi.encodeWithSelector(IERC7943Fungible.ERC7943CannotReceive.selector, hkNeighbour)
        );
        _captureBatch(captures);
        assertEq(hkd.balanceOf(merchant), 168_30);
        assertEq(escrow.claimableOf(address(hkd), hkNeighbour), 84_15);
    }

    /* SKIPPED */

    function test_skips_what_is_in_another_status() public balanced {
        ISettlementEscrow.Payment memory payment = _disputable();
        payment.uetr = bytes16(uint128(1));
        _assertSkipsWrongStatus(payment, PaymentStatus.None);
        _open(payment);
        _dispute(payment);
        _assertSkipsWrongStatus(payment, PaymentStatus.Disputed);
        _resolve(payment, 10_00);
        _assertSkipsWrongStatus(payment, PaymentStatus.Resolved);

        payment = _openNumber(3);
        _capture(payment, 100_00);
        _assertSkipsWrongStatus(payment, PaymentStatus.Captured);

        payment = _openNumber(4);
        _void(payment);
        _assertSkipsWrongStatus(payment, PaymentStatus.Voided);

        payment = _disputable();
        (payment.captureBy, payment.authorizeBy) = (uint40(block.timestamp + 1), uint40(block.timestamp + 1));
        payment.captureFrom = uint40(block.timestamp);
        _open(payment);
        vm.warp(payment.captureBy);
        escrow.reclaim(payment);
        _assertSkipsWrongStatus(payment, PaymentStatus.Reclaimed);
    }

    function test_skips_what_is_too_early() public balanced {
        ISettlementEscrow.Payment memory payment = _disputable();
        payment.captureFrom = uint40(block.timestamp + 1);
        _open(payment);
        _assertSkips(
            payment,
            10_00,
            abi.encodeWithSelector(ISettlementEscrow.TooEarly.selector, block.timestamp, payment.captureFrom)
        );
    }

    function test_skips_what_is_too_late() public balanced {
        ISettlementEscrow.Payment memory payment = _disputable();
        (payment.captureBy, payment.authorizeBy) = (uint40(block.timestamp + 1), uint40(block.timestamp + 1));
        _open(payment);
        vm.warp(payment.captureBy);
        _assertSkips(
            payment,
            10_00,
            abi.encodeWithSelector(ISettlementEscrow.TooLate.selector, payment.captureBy, payment.captureBy)
        );
    }

    function test_skips_amounts_of_zero_and_of_too_much() public balanced {
        ISettlementEscrow.Payment memory payment = _openNumber(1);
        _assertSkips(payment, 0, abi.encodeWithSelector(ISettlementEscrow.ZeroAmount.selector));
        _assertSkips(payment, 100_01, abi.encodeWithSelector(ISettlementEscrow.AmountExceeds.selector, 100_01, 100_00));
        _assertSkips(
            payment,
            type(uint104).max,
            abi.encodeWithSelector(ISettlementEscrow.AmountExceeds.selector, type(uint104).max, 100_00)
        );
    }

    function test_skips_what_would_pay_the_merchant_nothing() public balanced {
        ISettlementEscrow.Payment memory payment = _disputable();
        payment.targetAmount = 2;
        _open(payment);
        _assertSkips(payment, 49_99, abi.encodeWithSelector(ISettlementEscrow.NothingForMerchant.selector, 49_99));
    }

    function test_skips_a_blocked_payers_payment() public balanced {
        ISettlementEscrow.Payment memory payment = _disputable();
        payment.payer = address(new ContractWallet(payer));
        _onboard(eurBank, payment.payer, Category.Retail, GERMANY, 1009);
        _mint(eurBank, payment.payer, 100_00);
        _open(payment);
        eurBank.registry.blockWallet(payment.payer, LEGAL);
        _assertSkips(payment, 10_00, abi.encodeWithSelector(ISettlementEscrow.PayerBlocked.selector, payment.payer));
    }

    function test_skips_another_operators_payment() public balanced {
        ISettlementEscrow.Payment memory payment = _disputable();
        payment.operator = stranger;
        _open(payment);
        _assertSkips(payment, 10_00, abi.encodeWithSelector(ISettlementEscrow.NotAllowed.selector, operator, stranger));
    }

    function test_of_a_stranger_captures_nothing() public balanced {
        ISettlementEscrow.Capture[] memory captures = _threeWith(_openNumber(1), 10_00);
        bytes memory reason = abi.encodeWithSelector(ISettlementEscrow.NotAllowed.selector, merchant, operator);
        for (uint256 i = 0; i < captures.length; ++i) {
            _expectSkipped(captures[i].payment, 10_00, reason);
        }
        vm.prank(merchant);
        escrow.captureBatch(captures);
        assertEq(hkd.balanceOf(merchant), 0);
    }

    /* HOSTILE TOKENS */

    function test_a_target_token_that_burns_its_gas_costs_the_others_nothing() public balanced {
        _stockHostile(850_00);
        ISettlementEscrow.Payment memory payment = _intoHostile();
        _open(payment);
        hostile.setTrick(IERC20.transfer.selector, HostileToken.Trick(HostileToken.Kind.BurnGas, false, 0, 0));
        _captureBatch(_threeWith(payment, 10_00));
        assertEq(hkd.balanceOf(merchant), 168_30);
        assertEq(escrow.claimableOf(address(hostile), merchant), 85_00);
    }

    function test_a_source_token_that_reverts_is_skipped() public balanced {
        _assertSkipsHostile(HostileStanding.Trick.Refuse, _unknown());
    }

    function test_a_source_token_that_says_neither_yes_nor_no_is_skipped() public balanced {
        _assertSkipsHostile(HostileStanding.Trick.AnswerNothing, "");
        _assertSkipsHostile(HostileStanding.Trick.AnswerDirty, "");
    }

    function test_a_source_token_that_comes_back_is_skipped() public balanced {
        _assertSkipsHostile(HostileStanding.Trick.Reenter, _unknown());
    }

    /// @dev It burns no more than a capture's share: what is left pays for the others.
    function test_a_source_token_that_burns_its_gas_is_skipped() public balanced {
        ISettlementEscrow.Capture[] memory captures =
            _threeWith(_hostileSource(HostileStanding.Trick.BurnGas, 0), 10_00);
        _expectSkipped(captures[1].payment, 10_00, _unknown());
        vm.prank(operator);
        escrow.captureBatch{gas: 2_000_000}(captures);
        assertEq(hkd.balanceOf(merchant), 168_30);
    }

    /// @dev With less, what follows it may be skipped too, but nothing is lost and all is said.
    function test_a_source_token_that_burns_its_gas_hides_nothing() public balanced {
        ISettlementEscrow.Capture[] memory captures =
            _threeWith(_hostileSource(HostileStanding.Trick.BurnGas, 0), 10_00);
        uint256 done = _captureWithAnyGas(captures, 2_000_000, 50_000);
        assertGt(done, 0);
    }

    /// @dev Its reason is of a length that the escrow could not afford to copy and to log.
    function test_a_source_token_that_reverts_at_length_costs_the_others_nothing() public balanced {
        ISettlementEscrow.Capture[] memory captures =
            _threeWith(_hostileSource(HostileStanding.Trick.RefuseAtLength, 1_200_000), 10_00);
        vm.prank(operator);
        escrow.captureBatch{gas: TRANSACTION_GAS}(captures);
        assertEq(hkd.balanceOf(merchant), 168_30);
    }

    /// @dev Memory costs more than linearly: eight reasons that are copied one behind the other cost more than a
    /// transaction can have.
    function test_a_source_token_that_often_reverts_at_length_costs_the_others_nothing() public balanced {
        ISettlementEscrow.Capture[] memory captures = new ISettlementEscrow.Capture[](9);
        for (uint256 i = 0; i < 8; ++i) {
            captures[i] =
                ISettlementEscrow.Capture(_hostileSource(HostileStanding.Trick.RefuseAtLength, 380_000 + i), 10_00);
        }
        captures[8] = ISettlementEscrow.Capture(_openNumber(1), 10_00);
        vm.prank(operator);
        escrow.captureBatch{gas: TRANSACTION_GAS}(captures);
        assertEq(hkd.balanceOf(merchant), 84_15);
    }

    /* TOO LITTLE GAS */

    function test_no_amount_of_gas_makes_a_payee_wait() public balanced {
        ISettlementEscrow.Capture[] memory captures = _threeWith(_openNumber(1), 10_00);
        uint256 done = _captureWithAnyGas(captures, 1_200_000, 12_000);
        assertGt(done, 0);
    }

    /* CALLED BY THE ESCROW ITSELF */

    function test_captureAs_is_for_the_escrow_alone() public balanced {
        ISettlementEscrow.Payment memory payment = _openNumber(0);
        address[4] memory callers = [operator, payer, merchant, stranger];
        for (uint256 i = 0; i < callers.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ISettlementEscrow.NotAllowed.selector, callers[i], escrow));
            vm.prank(callers[i]);
            ICalledByItself(address(escrow)).captureAs(payment, 10_00, operator);
        }
    }

    function test_authorizeAndUndo_is_for_the_escrow_alone() public balanced {
        ISettlementEscrow.Payment memory payment = _twoCurrencies();
        (bytes memory payerSignature, bytes memory dealerSignature) =
            (_payerSignature(payment), _dealerSignature(payment));
        address[4] memory callers = [operator, payer, dealer, stranger];
        for (uint256 i = 0; i < callers.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ISettlementEscrow.NotAllowed.selector, callers[i], escrow));
            vm.prank(callers[i]);
            ICalledByItself(address(escrow)).authorizeAndUndo(payment, payerSignature, dealerSignature, _noApproval());
        }
    }

    /* HELP */

    /// @dev A payment of its own for each number.
    function _openNumber(uint256 number) private returns (ISettlementEscrow.Payment memory payment) {
        payment = _numbered(number);
        _open(payment);
    }

    function _numbered(uint256 number) private view returns (ISettlementEscrow.Payment memory payment) {
        payment = _disputable();
        payment.remittanceHash = keccak256(abi.encode("invoice", number));
    }

    /// @dev A capture of this payment between two captures of 10.00 EUR that can be done.
    function _threeWith(ISettlementEscrow.Payment memory payment, uint104 sourceAmount)
        private
        returns (ISettlementEscrow.Capture[] memory captures)
    {
        captures = new ISettlementEscrow.Capture[](3);
        captures[0] = ISettlementEscrow.Capture(_openNumber(1_000 + escrow.inventoryOf(dealer, address(hkd))), 10_00);
        captures[1] = ISettlementEscrow.Capture(payment, sourceAmount);
        captures[2] = ISettlementEscrow.Capture(_openNumber(1_000 + escrow.inventoryOf(dealer, address(hkd))), 10_00);
    }

    function _captureBatch(ISettlementEscrow.Capture[] memory captures) private {
        vm.prank(operator);
        escrow.captureBatch(captures);
    }

    /// @dev Makes the batch with ever more gas, each time from the same state. Whenever it does not revert, every capture
    /// is done or reported, with no other reason than the gas, and nobody is owed. Gives how often it did
    /// not revert.
    function _captureWithAnyGas(ISettlementEscrow.Capture[] memory captures, uint256 most, uint256 step)
        private
        returns (uint256 reported)
    {
        uint256 before = vm.snapshotState();
        for (uint256 gasLimit = step; gasLimit < most; gasLimit += step) {
            vm.recordLogs();
            vm.prank(operator);
            (bool success,) = address(escrow).call{gas: gasLimit}(abi.encodeCall(escrow.captureBatch, (captures)));
            if (success) {
                ++reported;
                assertEq(_done(captures) + _skippedForGas(), captures.length);
                assertEq(escrow.claimableOf(address(hkd), merchant), 0);
                assertEq(escrow.claimableOf(address(hkd), feeReceiver), 0);
            }
            vm.revertToState(before);
        }
    }

    function _done(ISettlementEscrow.Capture[] memory captures) private view returns (uint256 done) {
        for (uint256 i = 0; i < captures.length; ++i) {
            done += escrow.paymentState(escrow.paymentId(captures[i].payment)).captured / captures[i].sourceAmount;
        }
    }

    /// @dev How many captures the recorded logs call skipped; none of them for another reason.
    function _skippedForGas() private returns (uint256 skipped) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] != ISettlementEscrow.CaptureSkipped.selector) continue;
            ++skipped;
            (, bytes memory reason) = abi.decode(logs[i].data, (uint256, bytes));
            assertTrue(
                reason.length == 0 || bytes4(reason) == ISettlementEscrow.InsufficientGas.selector
                    || bytes4(reason) == ISettlementEscrow.StandingUnknown.selector
            );
        }
    }

    function _expectCaptured(
        ISettlementEscrow.Payment memory payment,
        uint256 sourceAmount,
        uint256 targetAmount,
        uint256 fee
    ) private {
        bytes32 id = escrow.paymentId(payment);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentCaptured(id, sourceAmount, targetAmount, fee);
    }

    function _expectSkipped(ISettlementEscrow.Payment memory payment, uint256 sourceAmount, bytes memory reason)
        private
    {
        bytes32 id = escrow.paymentId(payment);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.CaptureSkipped(id, sourceAmount, reason);
    }

    /// @dev The reason is what the capture alone reverts with, and what stands around it is captured.
    function _assertSkips(ISettlementEscrow.Payment memory payment, uint104 sourceAmount, bytes memory reason) private {
        vm.prank(operator);
        (bool success, bytes memory answer) =
            address(escrow).call(abi.encodeCall(escrow.capture, (payment, sourceAmount)));
        assertFalse(success);
        assertEq(answer, reason, "alone");

        ISettlementEscrow.Capture[] memory captures = _threeWith(payment, sourceAmount);
        uint256 paid = hkd.balanceOf(merchant);
        _expectCaptured(captures[0].payment, 10_00, 85_00, 85);
        _expectSkipped(payment, sourceAmount, reason);
        _expectCaptured(captures[2].payment, 10_00, 85_00, 85);
        _captureBatch(captures);
        assertEq(hkd.balanceOf(merchant), paid + 168_30);
    }

    function _assertSkipsWrongStatus(ISettlementEscrow.Payment memory payment, PaymentStatus found) private {
        _assertSkips(payment, 10_00, _wrongStatus(payment, found, PaymentStatus.Authorized));
    }

    /// @dev What the escrow says of the hostile token, whatever that said itself.
    function _unknown() private view returns (bytes memory) {
        return abi.encodeWithSelector(ISettlementEscrow.StandingUnknown.selector, hostile, payer);
    }

    function _assertSkipsHostile(HostileStanding.Trick trick, bytes memory reason) private {
        _assertSkips(_hostileSource(trick, 0), 10_00, reason);
        vm.clearMockedCalls();
    }

    /// @dev A payment out of a hostile token that plays this trick when it is asked for the payer's standing.
    function _hostileSource(HostileStanding.Trick trick, uint256 length)
        private
        returns (ISettlementEscrow.Payment memory payment)
    {
        hostile.give(payer, 100_00);
        payment = _outOfHostile();
        payment.remittanceHash = keccak256(abi.encode(trick, length));
        _open(payment);
        vm.mockFunction(
            address(hostile), address(new HostileStanding(trick, length)), abi.encodeCall(hostile.payerBlocked, (payer))
        );
    }
}
