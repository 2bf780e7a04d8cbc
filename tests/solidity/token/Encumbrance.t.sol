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
        bytes memory call = abi.encodeCall(escrow.authorize, (payment, _payerSignature(payment), "", _noApproval()));
        _refused(operator, address(escrow), call, _refusal(payer));
        (payment.sourceAmount, payment.targetAmount) = (uint104(SPENDABLE), uint104(SPENDABLE));
        _authorize(payment);
        assertEq(eur.balanceOf(address(escrow)), SPENDABLE);
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
        uint256 more = _readsOfATransfer();
        assertGt(more, reads, "frozen");
        eur.setFrozenTokens(payer, 0);
        assertEq(_readsOfATransfer(), reads, "unfrozen");
        // The receiver's are nobody's business.
        eur.setFrozenTokens(neighbour, 1);
        assertEq(_readsOfATransfer(), reads, "receiver frozen");

        uint256 first = _request(payer, 1_00);
        uint256 second = _request(payer, 1_00);
        eur.setFrozenTokens(payer, 1_00);
        vm.prank(payer);
        eur.cancelRedemption(first);
        assertEq(_readsOfATransfer(), more, "one locked, some frozen");
        eur.setFrozenTokens(payer, 0);
        assertEq(_readsOfATransfer(), more, "one locked");
        eur.setFrozenTokens(payer, 1_00);
        eur.rejectRedemption(second, LEGAL);
        assertEq(_readsOfATransfer(), more, "some frozen");
        eur.setFrozenTokens(payer, 0);

        second = _request(payer, ENCUMBERED);
        eur.acceptRedemption(second);
        _settle(second, _nextEntry(eurBank));
        assertEq(_readsOfATransfer(), reads, "settled");
        eur.setFrozenTokens(payer, eur.balanceOf(payer));
        eur.forcedTransfer(payer, neighbour, eur.balanceOf(payer));
        _mint(eurBank, payer, 1);
        assertEq(_readsOfATransfer(), reads, "all taken");
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
