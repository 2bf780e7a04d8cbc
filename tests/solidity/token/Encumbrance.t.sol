// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/TokenSystem.sol";

/// @notice What the bank has frozen, or the holder locked for redemption, stays in the holder's balance: nothing but
/// force and settling takes it out.
contract EncumbranceTest is TokenSystem {
    uint256 private constant ENCUMBERED = 200_00;
    uint256 private constant SPENDABLE = BALANCE - ENCUMBERED;

    /// @dev What the tests of both kinds are about at the moment.
    bool private frozen;

    function setUp() public override {
        super.setUp();
        _mint(eurBank, payer, BALANCE);
    }

    /// @dev Runs the test for what is frozen and for what is locked, from the same state.
    modifier frozenOrLocked() {
        uint256 state = vm.snapshotState();
        for (uint256 i = 0; i < 2; ++i) {
            frozen = i == 0;
            _;
            vm.revertToState(state);
        }
    }

    /* EVERY WAY OUT */

    function test_encumbered_tokens_can_not_be_transferred() public frozenOrLocked {
        _encumber(payer);
        _refused(payer, abi.encodeCall(eur.transfer, (neighbour, SPENDABLE + 1)), _refusal(payer));
        // Nothing would be written, but the answer is the same.
        _refused(payer, abi.encodeCall(eur.transfer, (payer, SPENDABLE + 1)), _refusal(payer));
        _approve(payer, stranger, BALANCE);
        _refused(stranger, abi.encodeCall(eur.transferFrom, (payer, neighbour, SPENDABLE + 1)), _refusal(payer));
        _transfer(payer, neighbour, SPENDABLE);
        assertEq(eur.spendableOf(payer), 0);
    }

    function test_encumbered_tokens_can_not_be_burned() public frozenOrLocked {
        _mint(eurBank, minter, BALANCE);
        _encumber(minter);
        uint128 entry = _nextEntry(eurBank);
        _refused(minter, abi.encodeCall(eur.burn, (SPENDABLE + 1, entry)), _refusal(minter));
        vm.prank(minter);
        eur.burn(SPENDABLE, entry);
        assertEq(eur.balanceOf(minter), ENCUMBERED);
    }

    function test_encumbered_tokens_can_not_be_pulled_into_a_payment() public frozenOrLocked {
        _encumber(payer);
        Payment memory payment = _oneCurrency();
        (payment.sourceAmount, payment.targetAmount) = (uint104(SPENDABLE + 1), uint104(SPENDABLE + 1));
        bytes memory signature = _payerSignature(payment);
        vm.expectRevert(_refusal(payer));
        vm.prank(operator);
        escrow.authorize(payment, signature, "", _noApproval());
        (payment.sourceAmount, payment.targetAmount) = (uint104(SPENDABLE), uint104(SPENDABLE));
        _authorize(payment);
        assertEq(eur.balanceOf(address(escrow)), SPENDABLE);
    }

    function test_encumbered_tokens_can_not_be_placed_in_an_inventory() public frozenOrLocked {
        _mint(eurBank, dealer, BALANCE);
        _encumber(dealer);
        _approve(dealer, address(escrow), BALANCE);
        vm.expectRevert(_refusal(dealer));
        vm.prank(dealer);
        escrow.deposit(address(eur), SPENDABLE + 1);
        vm.prank(dealer);
        escrow.deposit(address(eur), SPENDABLE);
        assertEq(escrow.inventoryOf(dealer, address(eur)), SPENDABLE);
    }

    function test_what_arrives_later_is_spendable() public frozenOrLocked {
        _encumber(payer);
        _mint(eurBank, payer, 50_00);
        assertEq(eur.spendableOf(payer), SPENDABLE + 50_00);
        _transfer(payer, neighbour, SPENDABLE + 50_00);
        _transfer(neighbour, payer, 1_00);
        assertEq(eur.spendableOf(payer), 1_00);
        assertEq(eur.balanceOf(payer), ENCUMBERED + 1_00);
    }

    /// @dev A freeze is on the balance, not on what the holder had put into a payment before.
    function test_freeze_does_not_reach_a_payment_under_way() public {
        _authorize(_oneCurrency());
        eur.setFrozenTokens(payer, type(uint128).max);
        vm.prank(operator);
        escrow.capture(_oneCurrency(), 0, 100_00);
        assertEq(eur.balanceOf(neighbour), 100_00);
    }

    function test_encumbered_account_can_not_become_a_system_account() public frozenOrLocked {
        vm.etch(payer, address(escrow).code);
        _encumber(payer);
        bytes memory call = abi.encodeCall(eur.activateSystemAccount, (payer));
        _refused(address(this), call, TokenReverts.accountEncumbered(payer));
        if (frozen) eur.setFrozenTokens(payer, 0);
        else eur.rejectRedemption(1, LEGAL);
        eur.activateSystemAccount(payer);
        assertEq(uint8(eur.systemStatusOf(payer)), uint8(SystemStatus.Active));
        assertEq(eur.balanceOf(payer), BALANCE);
    }

    /* COST */

    /// @dev A holder without frozen or locked tokens pays for no look at them, also when it once had some.
    function test_transfer_looks_for_encumbrances_only_while_there_are_some() public {
        eur.sync(neighbour);
        uint256 reads = _readsOfATransfer();
        eur.setFrozenTokens(payer, 1);
        assertGt(_readsOfATransfer(), reads, "frozen");
        eur.setFrozenTokens(payer, 0);
        assertEq(_readsOfATransfer(), reads, "unfrozen");
        // The receiver's are nobody's business.
        eur.setFrozenTokens(neighbour, 1);
        assertEq(_readsOfATransfer(), reads, "receiver frozen");

        uint256 id = _request(payer, ENCUMBERED);
        assertGt(_readsOfATransfer(), reads, "locked");
        vm.prank(payer);
        eur.cancelRedemption(id);
        assertEq(_readsOfATransfer(), reads, "cancelled");
        eur.rejectRedemption(_request(payer, ENCUMBERED), LEGAL);
        assertEq(_readsOfATransfer(), reads, "rejected");
        id = _request(payer, ENCUMBERED);
        eur.acceptRedemption(id);
        _settle(id, _nextEntry(eurBank));
        assertEq(_readsOfATransfer(), reads, "settled");

        eur.setFrozenTokens(payer, eur.balanceOf(payer));
        eur.forcedTransfer(payer, neighbour, eur.balanceOf(payer));
        _mint(eurBank, payer, 1);
        assertEq(_readsOfATransfer(), reads, "all taken");
    }

    function test_transfer_looks_as_long_as_anything_is_locked_or_frozen() public {
        eur.sync(neighbour);
        uint256 reads = _readsOfATransfer();
        uint256 first = _request(payer, ENCUMBERED);
        uint256 second = _request(payer, 1_00);
        eur.setFrozenTokens(payer, 1_00);
        uint256 more = _readsOfATransfer();
        assertGt(more, reads);

        eur.rejectRedemption(first, LEGAL);
        assertEq(_readsOfATransfer(), more, "one locked, some frozen");
        eur.setFrozenTokens(payer, 0);
        assertEq(_readsOfATransfer(), more, "one locked");
        eur.setFrozenTokens(payer, 1_00);
        eur.rejectRedemption(second, LEGAL);
        assertEq(_readsOfATransfer(), more, "some frozen");
    }

    /* HELPERS */

    function _encumber(address holder) private {
        if (frozen) eur.setFrozenTokens(holder, ENCUMBERED);
        else _request(holder, ENCUMBERED);
    }

    /// @dev Of one unit more than can be spent.
    function _refusal(address holder) private view returns (bytes memory) {
        return frozen
            ? TokenReverts.insufficientUnfrozenBalance(holder, SPENDABLE + 1, SPENDABLE)
            : TokenReverts.tokensLocked(holder, SPENDABLE + 1, SPENDABLE);
    }
}
