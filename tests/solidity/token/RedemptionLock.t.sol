// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/BankSystem.sol";

/// @notice What is locked for redemption stays in the holder's balance, and nothing but settling takes it out.
contract RedemptionLockTest is BankSystem {
    uint256 private constant BALANCE = 500_00;
    uint256 private constant LOCKED = 200_00;
    uint256 private constant SPENDABLE = BALANCE - LOCKED;

    function setUp() public override {
        super.setUp();
        _mint(eurBank, payer, BALANCE);
    }

    /* EVERY WAY OUT */

    function test_locked_tokens_can_not_be_transferred() public {
        _lock(payer);
        eur.sync(neighbour);
        _expectLocked(payer);
        vm.prank(payer);
        eur.transfer(neighbour, SPENDABLE + 1);
        vm.prank(payer);
        eur.approve(stranger, BALANCE);
        _expectLocked(payer);
        vm.prank(stranger);
        eur.transferFrom(payer, neighbour, SPENDABLE + 1);

        vm.prank(payer);
        assertTrue(eur.transfer(neighbour, SPENDABLE));
        assertEq(eur.balanceOf(payer), LOCKED);
        assertEq(eur.spendableOf(payer), 0);
    }

    function test_locked_tokens_can_not_be_burned() public {
        address minter = eurBank.minter;
        _mint(eurBank, minter, BALANCE);
        _lock(minter);
        uint128 entry = _nextEntry(eurBank);
        _expectLocked(minter);
        vm.prank(minter);
        eur.burn(SPENDABLE + 1, entry);
        vm.prank(minter);
        eur.burn(SPENDABLE, entry);
        assertEq(eur.balanceOf(minter), LOCKED);
    }

    function test_locked_tokens_can_not_be_pulled_into_a_payment() public {
        _lock(payer);
        Payment memory payment = _oneCurrency();
        (payment.sourceAmount, payment.targetAmount) = (uint104(SPENDABLE + 1), uint104(SPENDABLE + 1));
        bytes memory signature = _payerSignature(payment);
        _expectLocked(payer);
        vm.prank(operator);
        escrow.authorize(payment, signature, "", _noApproval());

        (payment.sourceAmount, payment.targetAmount) = (uint104(SPENDABLE), uint104(SPENDABLE));
        _authorize(payment);
        assertEq(eur.balanceOf(payer), LOCKED);
        assertEq(eur.balanceOf(address(escrow)), SPENDABLE);
    }

    function test_locked_tokens_can_not_be_placed_in_an_inventory() public {
        _mint(eurBank, dealer, BALANCE);
        _lock(dealer);
        vm.startPrank(dealer);
        eur.approve(address(escrow), BALANCE);
        _expectLocked(dealer);
        escrow.deposit(address(eur), SPENDABLE + 1);
        escrow.deposit(address(eur), SPENDABLE);
        assertEq(escrow.inventoryOf(dealer, address(eur)), SPENDABLE);
        assertEq(eur.balanceOf(dealer), LOCKED);
    }

    function test_what_arrives_later_is_spendable() public {
        _lock(payer);
        _mint(eurBank, payer, 50_00);
        assertEq(eur.spendableOf(payer), SPENDABLE + 50_00);
        vm.prank(payer);
        eur.transfer(neighbour, SPENDABLE + 50_00);
        vm.prank(neighbour);
        eur.transfer(payer, 1_00);
        assertEq(eur.spendableOf(payer), 1_00);
        assertEq(eur.lockedOf(payer), LOCKED);
    }

    function test_refusal_names_balance_freeze_and_lock_in_this_order() public {
        _lock(payer);
        eur.setFrozenTokens(payer, 100_00);
        vm.startPrank(payer);
        vm.expectRevert(TokenReverts.insufficientBalance(payer, BALANCE, BALANCE + 1));
        eur.transfer(neighbour, BALANCE + 1);
        vm.expectRevert(TokenReverts.insufficientUnfrozenBalance(payer, BALANCE, BALANCE - 100_00));
        eur.transfer(neighbour, BALANCE);
        vm.expectRevert(TokenReverts.tokensLocked(payer, BALANCE - 100_00, SPENDABLE - 100_00));
        eur.transfer(neighbour, BALANCE - 100_00);
        assertTrue(eur.transfer(neighbour, SPENDABLE - 100_00));
    }

    /* COST */

    /// @dev A holder without frozen or locked tokens pays for no look at them, also when it once had some.
    function test_transfer_looks_for_locks_only_while_there_are_some() public {
        eur.sync(neighbour);
        uint256 reads = _readsOfATransfer();
        uint256 id = _lock(payer);
        assertGt(_readsOfATransfer(), reads);
        vm.prank(payer);
        eur.cancelRedemption(id);
        assertEq(_readsOfATransfer(), reads, "cancelled");

        id = _lock(payer);
        eur.rejectRedemption(id, "AC04");
        assertEq(_readsOfATransfer(), reads, "rejected");

        id = _lock(payer);
        eur.acceptRedemption(id);
        _settle(id);
        assertEq(_readsOfATransfer(), reads, "settled");
    }

    function test_transfer_looks_as_long_as_anything_is_locked_or_frozen() public {
        eur.sync(neighbour);
        uint256 reads = _readsOfATransfer();
        uint256 first = _lock(payer);
        vm.prank(payer);
        uint256 second = eur.requestRedemption(1_00, "second");
        eur.setFrozenTokens(payer, 1_00);
        uint256 more = _readsOfATransfer();
        assertGt(more, reads);

        eur.rejectRedemption(first, "AC04");
        assertEq(_readsOfATransfer(), more, "one locked, some frozen");
        eur.setFrozenTokens(payer, 0);
        assertEq(_readsOfATransfer(), more, "one locked");
        eur.setFrozenTokens(payer, 1_00);
        eur.rejectRedemption(second, "AC04");
        assertEq(_readsOfATransfer(), more, "some frozen");
        eur.setFrozenTokens(payer, 0);
        assertEq(_readsOfATransfer(), reads, "nothing");
    }

    /* ANY SEQUENCE */

    enum Act {
        Request,
        Transfer,
        Freeze,
        Force,
        Accept,
        Cancel,
        Reject,
        Settle
    }

    /// @dev One redemption as the test below keeps it.
    struct Known {
        address holder;
        uint256 amount;
        RedemptionStatus status;
    }

    Known[] private known;
    uint256 private supply;

    /// @dev Thirty acts of two holders, their bank and its compliance, each of which succeeds or fails as the plain
    /// sums say; after each, the books agree with them.
    /// forge-config: default.fuzz.runs = 64
    function testFuzz_books_agree_after_any_sequence(uint256 seed) public {
        supply = BALANCE;
        for (uint256 i = 0; i < 30; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            Act act = Act((seed >> 8) % (uint256(type(Act).max) + 1));
            if (act < Act.Accept) _actOnBalance(act, seed);
            else if (known.length != 0) _actOnRedemption(act, seed % known.length);
            _assertBooks(payer);
            _assertBooks(neighbour);
            assertEq(eur.totalSupply(), supply);
        }
    }

    function _actOnBalance(Act act, uint256 seed) private {
        (address holder, address other) = seed & 1 == 0 ? (payer, neighbour) : (neighbour, payer);
        uint256 balance = eur.balanceOf(holder);
        uint256 amount = (seed >> 64) % (balance + balance / 4 + 2);
        bool covered = amount + _lockedIn(holder) + eur.getFrozenTokens(holder) <= balance;
        if (act == Act.Request) {
            bytes memory request = abi.encodeCall(eur.requestRedemption, (amount, ""));
            if (_try(holder, request, amount != 0 && covered)) {
                known.push(Known(holder, amount, RedemptionStatus.Requested));
            }
        } else if (act == Act.Transfer) {
            _try(holder, abi.encodeCall(eur.transfer, (other, amount)), amount == 0 || covered);
        } else if (act == Act.Freeze) {
            _try(address(this), abi.encodeCall(eur.setFrozenTokens, (holder, amount)), true);
        } else {
            bool unlocked = amount + _lockedIn(holder) <= balance;
            _try(address(this), abi.encodeCall(eur.forcedTransfer, (holder, other, amount)), unlocked);
        }
    }

    function _actOnRedemption(Act act, uint256 index) private {
        Known storage redemption = known[index];
        address holder = redemption.holder;
        uint256 id = index + 1;
        bool requested = redemption.status == RedemptionStatus.Requested;
        bool accepted = redemption.status == RedemptionStatus.Accepted;
        if (act == Act.Accept) {
            bool unfrozen = _lockedIn(holder) + eur.getFrozenTokens(holder) <= eur.balanceOf(holder);
            bytes memory accept = abi.encodeCall(eur.acceptRedemption, (id));
            if (_try(address(this), accept, requested && unfrozen)) redemption.status = RedemptionStatus.Accepted;
        } else if (act == Act.Cancel) {
            bytes memory cancel = abi.encodeCall(eur.cancelRedemption, (id));
            if (_try(holder, cancel, requested)) redemption.status = RedemptionStatus.Cancelled;
        } else if (act == Act.Reject) {
            bytes memory reject = abi.encodeCall(eur.rejectRedemption, (id, "AC04"));
            if (_try(address(this), reject, requested || accepted)) redemption.status = RedemptionStatus.Rejected;
        } else if (_try(eurBank.minter, abi.encodeCall(eur.settleRedemption, (id, _nextEntry(eurBank))), accepted)) {
            redemption.status = RedemptionStatus.Settled;
            supply -= redemption.amount;
        }
    }

    function _try(address caller, bytes memory act, bool allowed) private returns (bool success) {
        vm.prank(caller);
        (success,) = address(eur).call(act);
        assertEq(success, allowed, vm.toString(act));
    }

    function _lockedIn(address holder) private view returns (uint256 locked) {
        for (uint256 i = 0; i < known.length; ++i) {
            if (known[i].holder == holder && _isOpen(known[i])) locked += known[i].amount;
        }
    }

    function _isOpen(Known storage redemption) private view returns (bool) {
        return redemption.status == RedemptionStatus.Requested || redemption.status == RedemptionStatus.Accepted;
    }

    function _assertBooks(address holder) private view {
        uint256 balance = eur.balanceOf(holder);
        uint256 locked = eur.lockedOf(holder);
        assertEq(locked, _lockedIn(holder), "locked");
        assertLe(locked, balance, "locked within the balance");
        uint256 bound = locked + eur.getFrozenTokens(holder);
        assertEq(eur.spendableOf(holder), balance > bound ? balance - bound : 0, "spendable");

        uint256[] memory open = eur.openRedemptionsOf(holder);
        uint256 sum = 0;
        for (uint256 i = 0; i < open.length; ++i) {
            Known storage redemption = known[open[i] - 1];
            assertEq(redemption.holder, holder, "holder");
            assertTrue(_isOpen(redemption), "open");
            assertEq(uint8(eur.redemptionOf(open[i]).status), uint8(redemption.status), "status");
            sum += redemption.amount;
        }
        assertEq(sum, locked, "open ones");
    }

    /* HELPERS */

    function _lock(address holder) private returns (uint256) {
        vm.prank(holder);
        return eur.requestRedemption(LOCKED, "payout");
    }

    function _settle(uint256 id) private {
        uint128 entry = _nextEntry(eurBank);
        vm.prank(eurBank.minter);
        eur.settleRedemption(id, entry);
    }

    function _expectLocked(address holder) private {
        vm.expectRevert(TokenReverts.tokensLocked(holder, SPENDABLE + 1, SPENDABLE));
    }
}
