// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/EscrowActs.sol";
import {HostileStanding} from "../support/mocks/HostileStanding.sol";

/// @notice Tokens that break what the escrow assumes of them, in bad faith or by their nature: they harm their own
/// holders there, by a bounded amount, and nobody who holds another token.
contract HostileTokenAttacksTest is EscrowActs {
    /* COMING BACK */

    /// @notice A void shows what is true after it; what is not yet authorized shows the dealer with less, never more.
    function test_a_hook_never_reads_more_than_there_is() public balanced {
        hostile.give(payer, 100_00);
        Payment memory payment = _outOfHostile();
        bytes32 id = escrow.paymentId(payment);
        _assertReads(
            payment,
            abi.encodeCall(escrow.paymentState, (id)),
            abi.encode(0, 0, 0, 0, 0),
            abi.encode(PaymentStatus.Voided, 0, 0, 1, 0)
        );
        _assertReads(
            payment,
            abi.encodeCall(escrow.inventoryOf, (dealer, address(hkd))),
            abi.encode(STOCK - 850_00),
            abi.encode(STOCK)
        );
        _assertReads(
            payment, abi.encodeCall(escrow.claimableOf, (address(hostile), payer)), abi.encode(0), abi.encode(0)
        );
    }

    /// @notice The guard answers, and the act fails with that.
    function test_a_token_cannot_come_back_from_a_question() public balanced {
        _stockHostile(850_00);
        hostile.give(payer, 100_00);
        Payment memory into = _intoHostile();
        bytes memory deposit = abi.encodeCall(escrow.deposit, (address(hostile), 1));
        _guarded(IDepositTokenExt.requireDealer.selector, dealer, deposit);
        bytes memory withdrawal = abi.encodeCall(escrow.withdraw, (address(hostile), 1));
        _guarded(IDepositTokenExt.isBlocked.selector, dealer, withdrawal);

        _open(into);
        _capture(into, 50_00);
        bytes memory refund = _refundingSigned(into, _quote(into, 0, 10_00));
        _guarded(IDepositTokenMain.requireRefund.selector, operator, refund);
    }

    /// @notice From what is asked before: authority, the manager that it names, whether owner and successor fit.
    function test_neither_token_nor_manager_comes_back_from_a_diversion() public balanced {
        _stockHostile(850_00);
        bytes memory divert = abi.encodeCall(escrow.divertClaim, (address(hostile), merchant, stranger));
        _guarded(IAccessManaged.authority.selector, address(this), divert);
        // The manager is asked by a static call too: its answer is the guard's.
        address manager = address(new HostileStanding(HostileStanding.Trick.Reenter, 0));
        _trick(IAccessManaged.authority.selector, HostileToken.Kind.Answer, false, uint160(manager), 32);
        bytes memory guard = EscrowReverts.reentrancyGuardReentrantCall();
        _refused(address(this), abi.encodeCall(escrow.divertInventory, (address(hostile), dealer)), guard);
        _allowEverything();
        _guarded(IDepositTokenExt.requireRefused.selector, address(this), divert);
        _guarded(IDepositTokenExt.requireSuccessor.selector, address(this), divert);
    }

    /* LIES */

    function test_donated_tokens_are_nobodys() public {
        hostile.give(address(escrow), 1_000_00);
        address[4] memory takers = [dealer, merchant, payer, stranger];
        for (uint256 i = 0; i < takers.length; ++i) {
            bytes memory tooLow = EscrowReverts.inventoryTooLow(takers[i], address(hostile), 0, 1);
            _refused(takers[i], abi.encodeCall(escrow.withdraw, (address(hostile), 1)), tooLow);
            bytes memory nothing = EscrowReverts.nothingToClaim(address(hostile), takers[i]);
            _refused(takers[i], abi.encodeCall(escrow.claim, (address(hostile), takers[i])), nothing);
        }
    }

    /// @notice No book counts it, everything goes on, and nobody can take it out.
    function test_ether_by_selfdestruct() public balanced {
        address[4] memory places = [address(eur), address(escrow), address(eurBank.registry), address(eurBank.policy)];
        for (uint256 i = 0; i < places.length; ++i) {
            vm.deal(address(this), 1 ether);
            bytes memory code = abi.encodePacked(hex"73", places[i], hex"ff");
            // Forge can't be told to destroy: this is `PUSH20 place SELFDESTRUCT` as a constructor.
            assembly {
                pop(create(1000000000000000000, add(code, 0x20), mload(code)))
            }
        }
        assertEq(eur.totalSupply(), 100_000_00);
        assertEq(eur.balanceOf(address(eur)), 0);
        _capture(_openOneCurrency(), 100_00);
        assertEq(eur.balanceOf(neighbour), 100_00);
        for (uint256 i = 0; i < places.length; ++i) {
            assertEq(places[i].balance, 1 ether);
        }
    }

    /// @notice A source token that fails at everything: nobody is owed, and no event says that a quota was lost.
    function test_a_token_is_not_told_of_nothing() public balanced {
        hostile.give(payer, 200_00);
        Payment memory payment = _outOfHostile();
        _open(payment);
        _refuse(IDepositTokenMain.restoreQuota.selector);
        vm.recordLogs();
        _void(payment);
        _assertNeitherOwedNorLost();
        assertEq(hostile.balanceOf(payer), 200_00);

        hostile.setConsumption(1, 1);
        (payment.arbiter, payment.resolveBy) = (arbiter, payment.captureBy + 1 days);
        _open(payment);
        _dispute(payment);
        _refuse(IERC20.transfer.selector);
        vm.recordLogs();
        _resolve(payment, 100_00);
        _assertNeitherOwedNorLost();
        assertEq(hkd.balanceOf(merchant), 850_00);
    }

    /// @notice No capture is possible any more.
    function test_a_token_that_vanishes_keeps_no_dealers_side() public {
        hostile.give(payer, 100_00);
        hostile.setConsumption(1, 1);
        Payment memory payment = _outOfHostile();
        bytes32 id = _open(payment);
        vm.etch(address(hostile), "");
        _expectCaptureRefused(payment, 1, bytes(""));
        _void(payment);
        _assertState(id, PaymentStatus.Voided, 0, 0);
        vm.prank(dealer);
        escrow.withdraw(address(hkd), STOCK);
        assertEq(hkd.balanceOf(dealer), STOCK);
    }

    /* ANOTHER BANK'S MONEY HELD TO RANSOM */

    /// @notice A dealer fills its inventory in a hostile target token to the brim: the payer's euros still come back.
    function test_an_overflowing_inventory_keeps_no_payers_money() public {
        _stockHostile(850_00);
        Payment memory payment = _intoHostile();
        _open(payment);
        _fill(dealer);
        _void(payment);
        assertEq(eur.balanceOf(payer), 100_000_00, "the payer's euros");
        _assertExplained(address(eur));
    }

    /// @notice A hostile source token owes its payer nearly 2^256: the dealer's Hong Kong dollars still come back.
    function test_an_overflowing_claimable_keeps_no_dealers_money() public {
        hostile.give(payer, 100_00);
        Payment memory payment = _outOfHostile();
        _open(payment);
        _allowEverything();
        _fill(stranger);
        escrow.divertInventory(address(hostile), stranger);
        escrow.divertClaim(address(hostile), stranger, payer);
        _refuse(IERC20.transfer.selector);

        vm.warp(payment.captureBy);
        escrow.reclaim(payment);
        vm.prank(dealer);
        escrow.withdraw(address(hkd), STOCK);
        assertEq(hkd.balanceOf(dealer), STOCK, "the dealer's dollars");
        _assertExplained(address(hkd));
    }

    /* HELP */

    function _refuse(bytes4 call) private {
        _trick(call, HostileToken.Kind.Refuse, false, 0, 0);
    }

    /// @dev What it reads when it is called to open the payment, and for the payer's money back.
    function _assertReads(Payment memory payment, bytes memory question, bytes memory opening, bytes memory voiding)
        private
    {
        uint256 before = vm.snapshotState();
        hostile.setAttack(IDepositTokenMain.openPayment.selector, address(escrow), question);
        _open(payment);
        assertEq(hostile.attackAnswer(), opening);
        hostile.setAttack(IERC20.transfer.selector, address(escrow), question);
        _void(payment);
        assertEq(hostile.attackAnswer(), voiding);
        vm.revertToState(before);
    }

    /// @dev It is its own bank's manager.
    function _allowEverything() private {
        _trick(IAccessManaged.authority.selector, HostileToken.Kind.Answer, false, uint160(address(hostile)), 32);
        _trick(IAccessManager.canCall.selector, HostileToken.Kind.Answer, false, 1, 64);
    }

    /// @dev It comes back when it is asked this, which stops the act; its own code answers again afterwards.
    function _guarded(bytes4 question, address caller, bytes memory act) private {
        address reentrant = address(new HostileStanding(HostileStanding.Trick.Reenter, 0));
        vm.mockFunction(address(hostile), reentrant, abi.encodePacked(question));
        _refused(caller, act, EscrowReverts.reentrancyGuardReentrantCall());
        vm.mockFunction(address(hostile), address(hostile), abi.encodePacked(question));
    }

    /// @dev The token has as much as a word can say. The escrow takes no more than any bank's token can have.
    function _fill(address accomplice) private {
        uint256 brim = type(uint256).max - hostile.balanceOf(address(escrow));
        hostile.give(accomplice, brim);
        bytes memory tooMuch = EscrowReverts.amountExceeds(brim, type(uint128).max);
        _refused(accomplice, abi.encodeCall(escrow.deposit, (address(hostile), brim)), tooMuch);
        vm.prank(accomplice);
        escrow.deposit(address(hostile), type(uint128).max);
    }

    /// @dev Since `vm.recordLogs`.
    function _assertNeitherOwedNorLost() private {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertGt(logs.length, 0);
        for (uint256 i = 0; i < logs.length; ++i) {
            assertNotEq(logs[i].topics[0], ISettlementEscrow.QuotaNotRestored.selector);
            assertNotEq(logs[i].topics[0], ISettlementEscrow.ClaimableAdded.selector);
        }
    }
}
