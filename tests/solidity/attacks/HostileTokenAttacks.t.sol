// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Vm} from "../../../node_modules/@layerzerolabs/toolbox-foundry/lib/forge-std/Vm.sol";

import {HookedWallet} from "../support/mocks/HookedWallet.sol";
import {HostileStanding} from "../support/mocks/HostileStanding.sol";
import {UnusualToken} from "../support/mocks/UnusualToken.sol";
import "./EscrowAttacks.sol";

/// @notice Tokens that break what the escrow assumes of them, in bad faith or by their nature: they harm their own
/// holders there, by a bounded amount, and nobody who holds another token.
contract HostileTokenAttacksTest is EscrowAttacks {
    UnusualToken private unusual;
    HookedWallet private hooked;

    function setUp() public override {
        super.setUp();
        unusual = new UnusualToken();
        eur.setAccepted(address(unusual), true);
        hkd.setAccepted(address(unusual), true);
        hooked = new HookedWallet();
        hooked.hookInto(address(unusual));
        _watch(address(hooked));
    }

    /* FEE ON TRANSFER, REBASING */

    /// @notice What the tax took is missing where the payer's side goes.
    function test_a_taxed_source_leaves_the_target_side_whole() public balanced {
        unusual.give(payer, 100_00);
        unusual.setTax(100);
        Payment memory payment = _outOfUnusual(payer);
        _open(payment);
        _capture(payment, 50_00);
        assertEq(hkd.balanceOf(merchant), 425_00);
        _void(payment);
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK - 425_00);
        assertEq(unusual.balanceOf(payer), 45_00);
        assertEq(escrow.inventoryOf(dealer, address(unusual)), 50_00);
        assertEq(unusual.balanceOf(address(escrow)), 40_00, "10.00 of tax on what came in");
    }

    /// @notice Halved, who is paid last is owed what is missing; doubled, the surplus is nobody's.
    function test_a_rebase_hits_the_holders_of_that_token() public balanced {
        _stockUnusual(dealer, 850_00);
        Payment memory payment = _twoCurrencies();
        payment.targetToken = address(unusual);
        _open(payment);
        uint256 state = vm.snapshotState();

        unusual.rebase(500);
        _capture(payment, 50_00);
        assertEq(unusual.balanceOf(merchant), 425_00);
        _capture(payment, 25_00);
        assertEq(escrow.claimableOf(address(unusual), merchant), 212_50);
        _void(payment);
        assertEq(eur.balanceOf(payer), 99_925_00);
        assertEq(escrow.inventoryOf(dealer, address(eur)), 75_00);

        vm.revertToState(state);
        unusual.rebase(2_000);
        _capture(payment, 100_00);
        assertEq(unusual.balanceOf(merchant), 850_00);
        assertEq(unusual.balanceOf(address(escrow)), 850_00);
        _assertNobodys(address(unusual));
    }

    /* HOOKS (ERC-777) */

    /// @notice It is owed, the fee receiver is paid, and who pushes its claim for it loses the gas and nothing else.
    function test_a_payee_that_burns_gas_or_refuses_waits_alone() public balanced {
        HookedWallet.Trick[2] memory tricks = [HookedWallet.Trick.BurnGas, HookedWallet.Trick.Refuse];
        for (uint256 i = 0; i < tricks.length; ++i) {
            _stockUnusual(dealer, 850_00);
            Payment memory payment = _numbered(_withFee(_twoCurrencies()), i);
            (payment.merchant, payment.targetToken) = (address(hooked), address(unusual));
            _open(payment);
            hooked.setTrick(tricks[i]);
            _capture(payment, 100_00);
            assertEq(unusual.balanceOf(feeReceiver), (i + 1) * 8_50);
            assertEq(escrow.claimableOf(address(unusual), address(hooked)), (i + 1) * 841_50);
            (bool done,) =
                address(escrow).call{gas: 2_000_000}(abi.encodeCall(escrow.claim, (address(unusual), address(hooked))));
            assertFalse(done);
        }
        assertEq(unusual.balanceOf(address(escrow)), 1_683_00);
    }

    /// @notice A void shows what is true after it; what is not yet authorized shows the dealer with less, never more.
    function test_a_hook_never_reads_more_than_there_is() public balanced {
        unusual.give(address(hooked), 100_00);
        Payment memory payment = _outOfUnusual(address(hooked));
        bytes[] memory views = new bytes[](3);
        views[0] = abi.encodeCall(escrow.paymentState, (escrow.paymentId(payment)));
        views[1] = abi.encodeCall(escrow.inventoryOf, (dealer, address(hkd)));
        views[2] = abi.encodeCall(escrow.claimableOf, (address(unusual), address(hooked)));
        hooked.setCalls(address(escrow), views);
        _open(payment);
        _assertRead(abi.encode(PaymentStatus.None, 0, 0, 0, 0), STOCK - 850_00);
        hooked.setCalls(address(escrow), views);
        _void(payment);
        _assertRead(abi.encode(PaymentStatus.Voided, 0, 0, 1, 0), STOCK);
    }

    /* COMING BACK FROM A QUESTION */

    /// @notice The guard answers, and the act fails with that.
    function test_a_token_cannot_come_back_from_a_question() public balanced {
        _stockHostile(850_00);
        hostile.give(payer, 100_00);
        Payment memory into = _intoHostile();
        _guarded(IDepositTokenMain.requireTarget.selector, operator, _authorizing(into));
        _guarded(IDepositTokenMain.openPayment.selector, operator, _authorizing(_outOfHostile()));
        bytes memory deposit = abi.encodeCall(escrow.deposit, (address(hostile), 1));
        _guarded(IDepositTokenExt.requireDealer.selector, dealer, deposit);
        bytes memory withdrawal = abi.encodeCall(escrow.withdraw, (address(hostile), 1));
        _guarded(IDepositTokenExt.isBlocked.selector, dealer, withdrawal);

        _open(into);
        _capture(into, 50_00);
        RefundQuote memory quote = _quote(into, 0, 10_00);
        bytes memory refund = abi.encodeCall(
            escrow.refundWithAuthorization, (into, quote, _merchantSignature(into, quote), _quoteSignature(quote))
        );
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
        _assertNobodys(address(hostile));
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

    /// @notice Under a real UETR from a real payer: its terms name the stranger's token. Who ships must read the terms.
    function test_a_made_up_token_announces_a_payment_of_nothing() public {
        _trick(IDepositTokenMain.openPayment.selector, HostileToken.Kind.Answer, false, 1, 96);
        Payment memory real = _oneCurrency();
        Payment memory fake = _oneCurrency();
        (fake.operator, fake.sourceToken, fake.targetToken) = (stranger, address(hostile), address(hostile));
        bytes32 id = escrow.paymentId(fake);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.PaymentAuthorized(id, payer, neighbour, fake, 1, 0);
        vm.prank(stranger);
        escrow.authorize(fake, "", "", _noApproval());
        assertTrue(id != escrow.paymentId(real));
        _assertState(escrow.paymentId(real), PaymentStatus.None, 0, 0);
        assertEq(eur.balanceOf(payer), 100_000_00);
        vm.prank(stranger);
        escrow.capture(fake, 0, 100_00);
        assertEq(eur.balanceOf(neighbour) + hostile.balanceOf(neighbour), 0);
        _open(real);
        _void(real);
        _assertExplained(address(eur));
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
        (payment.arbiter, payment.resolveBy) = (arbiter, payment.captureBy + 1 days);
        bytes32 id = _open(payment);
        _fill(dealer);

        uint256 state = vm.snapshotState();
        _void(payment);
        _assertBack(id, PaymentStatus.Voided);
        vm.revertToState(state);
        _dispute(payment);
        _resolve(payment, 0);
        _assertBack(id, PaymentStatus.Resolved);
        vm.revertToState(state);
        vm.warp(payment.captureBy);
        escrow.reclaim(payment);
        _assertBack(id, PaymentStatus.Reclaimed);
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

    /* UNUSUAL TOKENS */

    function _stockUnusual(address owner, uint256 amount) private {
        unusual.give(owner, amount);
        vm.prank(owner);
        escrow.deposit(address(unusual), amount);
    }

    function _outOfUnusual(address from) private view returns (Payment memory payment) {
        payment = _twoCurrencies();
        (payment.payer, payment.sourceToken) = (from, address(unusual));
    }

    /// @dev What the escrow has of the token is in nobody's books.
    function _assertNobodys(address token) private {
        address[4] memory takers = [dealer, merchant, payer, stranger];
        for (uint256 i = 0; i < takers.length; ++i) {
            bytes memory tooLow = EscrowReverts.inventoryTooLow(takers[i], token, 0, 1);
            _refused(takers[i], abi.encodeCall(escrow.withdraw, (token, 1)), tooLow);
            bytes memory nothing = EscrowReverts.nothingToClaim(token, takers[i]);
            _refused(takers[i], abi.encodeCall(escrow.claim, (token, takers[i])), nothing);
        }
    }

    /// @dev By the wallet with the hook.
    function _assertRead(bytes memory state, uint256 dealersInventory) private view {
        assertEq(hooked.answerCount(), 3);
        assertEq(hooked.answers(0), state);
        assertEq(hooked.answers(1), abi.encode(dealersInventory));
        assertEq(hooked.answers(2), abi.encode(0), "claimable");
    }

    /* THE HOSTILE TOKEN */

    function _refuse(bytes4 call) private {
        _trick(call, HostileToken.Kind.Refuse, false, 0, 0);
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

    function _assertBack(bytes32 id, PaymentStatus status) private view {
        _assertState(id, status, 0, 0);
        assertEq(eur.balanceOf(payer), 100_000_00, "the payer's euros");
        _assertExplained(address(eur));
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
