// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/BankSystem.sol";

/// @notice ERC-7943's freeze and its questions: what a bank keeps a holder from spending, and who may hold at all.
contract EnforcementTest is BankSystem {
    uint256 private constant BALANCE = 500_00;
    bytes4 private constant LEGAL = "LEGL";

    function setUp() public override {
        super.setUp();
        _mint(eurBank, payer, BALANCE);
    }

    /* FREEZE */

    function test_freeze_raises_what_can_not_be_spent() public {
        uint128[4] memory amounts = [uint128(1), 200_00, uint128(2 * BALANCE), type(uint128).max];
        uint256[4] memory spendable = [BALANCE - 1, 300_00, uint256(0), 0];
        for (uint256 i = 0; i < amounts.length; ++i) {
            vm.expectEmit(address(eur));
            emit IERC7943Fungible.Frozen(payer, amounts[i]);
            eur.freeze(payer, amounts[i]);
            _assertFrozen(amounts[i], spendable[i]);
        }
        assertEq(eur.balanceOf(payer), BALANCE);
        assertEq(eur.getFrozenTokens(neighbour), 0);
    }

    /// @dev Letting go is another office's.
    function test_freeze_only_raises() public {
        _expectNotHigher(0, 0);
        eur.freeze(payer, 0);
        eur.freeze(payer, 200_00);
        uint128[3] memory amounts = [uint128(0), 199_99, 200_00];
        for (uint256 i = 0; i < amounts.length; ++i) {
            _expectNotHigher(amounts[i], 200_00);
            eur.freeze(payer, amounts[i]);
        }
        _assertFrozen(200_00, 300_00);
        // It adds nothing up: it names all that is frozen afterwards.
        eur.freeze(payer, 200_01);
        _assertFrozen(200_01, 299_99);
    }

    function test_setFrozenTokens_overwrites_the_freeze_before() public {
        uint256[6] memory amounts = [uint256(200_00), 100_00, BALANCE, 2 * BALANCE, type(uint128).max, 0];
        uint256[6] memory spendable = [uint256(300_00), 400_00, 0, 0, 0, BALANCE];
        for (uint256 i = 0; i < amounts.length; ++i) {
            vm.expectEmit(address(eur));
            emit IERC7943Fungible.Frozen(payer, amounts[i]);
            assertTrue(eur.setFrozenTokens(payer, amounts[i]));
            _assertFrozen(amounts[i], spendable[i]);
        }
    }

    function test_setFrozenTokens_fits_in_128_bits() public {
        uint256[2] memory amounts = [uint256(type(uint128).max) + 1, type(uint256).max];
        for (uint256 i = 0; i < amounts.length; ++i) {
            vm.expectRevert(TokenReverts.safeCastOverflowedUintDowncast(128, amounts[i]));
            eur.setFrozenTokens(payer, amounts[i]);
        }
        assertEq(eur.getFrozenTokens(payer), 0);
    }

    function test_system_account_can_not_be_frozen() public {
        _expectSystem(address(escrow), SystemStatus.Active);
        eur.setFrozenTokens(address(escrow), 1);
        _expectSystem(address(escrow), SystemStatus.Active);
        eur.freeze(address(escrow), 1);
        eur.stopSystemAccount(address(escrow));
        _expectSystem(address(escrow), SystemStatus.OutflowOnly);
        eur.setFrozenTokens(address(escrow), 0);
        _expectSystem(address(escrow), SystemStatus.OutflowOnly);
        eur.freeze(address(escrow), 1);
    }

    function test_freeze_and_forced_transfer_are_the_banks() public {
        address[3] memory callers = [payer, eurBank.minter, stranger];
        for (uint256 i = 0; i < callers.length; ++i) {
            bytes memory refusal = GovernanceReverts.accessManagedUnauthorized(callers[i]);
            vm.expectRevert(refusal);
            vm.prank(callers[i]);
            eur.setFrozenTokens(payer, 0);
            vm.expectRevert(refusal);
            vm.prank(callers[i]);
            eur.freeze(payer, 1);
            vm.expectRevert(refusal);
            vm.prank(callers[i]);
            eur.forcedTransfer(payer, neighbour, 1);
        }
    }

    function test_freeze_may_come_before_the_money() public {
        eur.pause();
        eur.freeze(stranger, 100_00);
        eur.unpause();
        _onboard(eurBank, stranger, CustomerCategory.Retail, GERMANY, 1010);
        _mint(eurBank, stranger, 60_00);
        assertEq(eur.spendableOf(stranger), 0);
        vm.prank(payer);
        eur.transfer(stranger, 50_00);
        assertEq(eur.balanceOf(stranger), 110_00);
        assertEq(eur.spendableOf(stranger), 10_00);
    }

    /* WHAT A FREEZE STOPS */

    function test_frozen_tokens_can_not_be_transferred() public {
        eur.setFrozenTokens(payer, 200_00);
        _expectUnfrozen(payer, 300_01, 300_00);
        vm.prank(payer);
        eur.transfer(neighbour, 300_01);
        vm.prank(payer);
        eur.approve(stranger, BALANCE);
        _expectUnfrozen(payer, 300_01, 300_00);
        vm.prank(stranger);
        eur.transferFrom(payer, neighbour, 300_01);
        // Nothing is written, but the answer is the same.
        _expectUnfrozen(payer, 300_01, 300_00);
        vm.prank(payer);
        eur.transfer(payer, 300_01);

        vm.prank(payer);
        assertTrue(eur.transfer(neighbour, 300_00));
        _assertFrozen(200_00, 0);
    }

    function test_frozen_tokens_can_not_be_burned() public {
        address minter = eurBank.minter;
        _mint(eurBank, minter, BALANCE);
        eur.setFrozenTokens(minter, 2 * BALANCE);
        uint128 entry = _nextEntry(eurBank);
        _expectUnfrozen(minter, 1, 0);
        vm.prank(minter);
        eur.burn(1, entry);
        eur.setFrozenTokens(minter, BALANCE - 1);
        vm.prank(minter);
        eur.burn(1, entry);
        assertEq(eur.balanceOf(minter), BALANCE - 1);
    }

    function test_frozen_tokens_can_not_be_pulled_into_a_payment() public {
        eur.setFrozenTokens(payer, BALANCE - 100_00 + 1);
        bytes memory signature = _payerSignature(_oneCurrency());
        _expectUnfrozen(payer, 100_00, 100_00 - 1);
        vm.prank(operator);
        escrow.authorize(_oneCurrency(), signature, "", _noApproval());
        eur.setFrozenTokens(payer, BALANCE - 100_00);
        _authorize(_oneCurrency());
        assertEq(eur.balanceOf(address(escrow)), 100_00);
    }

    function test_frozen_tokens_can_not_be_placed_in_an_inventory() public {
        _mint(eurBank, dealer, BALANCE);
        eur.setFrozenTokens(dealer, BALANCE);
        vm.startPrank(dealer);
        eur.approve(address(escrow), BALANCE);
        _expectUnfrozen(dealer, 1, 0);
        escrow.deposit(address(eur), 1);
    }

    /// @dev A freeze is on the balance, not on what the holder had put into a payment before.
    function test_freeze_does_not_reach_a_payment_under_way() public {
        _authorize(_oneCurrency());
        eur.setFrozenTokens(payer, type(uint128).max);
        vm.prank(operator);
        escrow.capture(_oneCurrency(), 0, 100_00);
        assertEq(eur.balanceOf(neighbour), 100_00);
    }

    function test_encumbered_account_can_not_become_a_system_account() public {
        vm.etch(payer, address(escrow).code);
        bytes memory encumbered = TokenReverts.accountEncumbered(payer);
        eur.setFrozenTokens(payer, 1);
        vm.expectRevert(encumbered);
        eur.activateSystemAccount(payer);

        vm.prank(payer);
        uint256 id = eur.requestRedemption(1, "payout");
        eur.setFrozenTokens(payer, 0);
        vm.expectRevert(encumbered);
        eur.activateSystemAccount(payer);

        eur.rejectRedemption(id, LEGAL);
        eur.activateSystemAccount(payer);
        assertEq(uint8(eur.systemStatusOf(payer)), uint8(SystemStatus.Active));
    }

    /// @dev Spendable = balance - locked - frozen, floored at zero, and a transfer of more or less is judged by it.
    function testFuzz_spendable_is_what_is_neither_frozen_nor_locked(uint256 locked, uint128 frozen, uint256 amount)
        public
    {
        locked = bound(locked, 0, BALANCE);
        amount = bound(amount, 0, BALANCE + 1);
        // Half of the freezes near the balance.
        if (frozen & 1 == 0) frozen = uint128(bound(frozen, 0, BALANCE + 1));
        if (locked != 0) {
            vm.prank(payer);
            eur.requestRedemption(locked, "payout");
        }
        eur.setFrozenTokens(payer, frozen);
        uint256 taken = locked + uint256(frozen);
        uint256 spendable = taken < BALANCE ? BALANCE - taken : 0;
        _assertFrozen(frozen, spendable);

        vm.prank(payer);
        (bool success,) = address(eur).call(abi.encodeCall(eur.transfer, (neighbour, amount)));
        assertEq(success, amount <= spendable);
        assertEq(eur.balanceOf(neighbour), success ? amount : 0);
    }

    /* COST */

    function test_transfer_looks_for_frozen_tokens_only_while_there_are_some() public {
        eur.sync(neighbour);
        uint256 reads = _readsOfATransfer();
        eur.setFrozenTokens(payer, 1);
        assertGt(_readsOfATransfer(), reads);
        eur.setFrozenTokens(payer, 0);
        assertEq(_readsOfATransfer(), reads, "unfrozen");
        // The receiver's are nobody's business.
        eur.setFrozenTokens(neighbour, 1);
        assertEq(_readsOfATransfer(), reads, "receiver frozen");

        eur.setFrozenTokens(payer, eur.balanceOf(payer));
        eur.forcedTransfer(payer, neighbour, eur.balanceOf(payer));
        _mint(eurBank, payer, 1);
        assertEq(_readsOfATransfer(), reads, "all taken");
    }

    /* QUESTIONS */

    function test_canSend_and_canReceive_ask_for_good_standing() public {
        _assertCan(payer, true, true);
        _assertCan(stranger, false, false);
        uint256 state = vm.snapshotState();

        vm.warp(REVIEWED_UNTIL - 1);
        _assertCan(payer, true, true);
        vm.warp(REVIEWED_UNTIL);
        _assertCan(payer, false, false);
        vm.revertToState(state);

        eurBank.registry.revoke(payer);
        _assertCan(payer, false, false);
        vm.revertToState(state);

        eurBank.registry.blockWallet(payer, LEGAL);
        _assertCan(payer, false, false);
        vm.revertToState(state);

        eurBank.registry.blockCustomer(1001, LEGAL);
        _assertCan(payer, false, false);
    }

    function test_canSend_and_canReceive_do_not_ask_for_pause_freeze_or_lock() public {
        vm.prank(payer);
        eur.requestRedemption(1_00, "payout");
        eur.setFrozenTokens(payer, type(uint128).max);
        eur.pause();
        _assertCan(payer, true, true);
    }

    function test_canReceive_of_accounts_that_are_no_customers() public {
        eurBank.registry.register(address(eur), CustomerCategory.Institution, GERMANY, REVIEWED_UNTIL, 1010);
        assertFalse(eur.canReceive(address(0)));
        assertFalse(eur.canReceive(address(eur)));
        _assertCan(address(escrow), true, true);
        eur.stopSystemAccount(address(escrow));
        _assertCan(address(escrow), true, false);
    }

    function test_canTransfer_counts_what_is_spendable() public {
        eur.setFrozenTokens(payer, 200_00);
        assertTrue(eur.canTransfer(payer, neighbour, 300_00));
        assertFalse(eur.canTransfer(payer, neighbour, 300_01));
        assertFalse(eur.canTransfer(payer, stranger, 1));
        assertFalse(eur.canTransfer(stranger, payer, 0));
        eur.pause();
        assertFalse(eur.canTransfer(payer, neighbour, 1));
    }

    function test_supportsInterface_of_what_it_is() public view {
        // ERC-165, ERC-7943 (fungible), ERC-1404, ERC-20, its metadata, ERC-2612, ERC-7699.
        bytes4[7] memory supported =
            [bytes4(0x01ffc9a7), 0x3edbb4c4, 0xab84a5c8, 0x36372b07, 0xa219a025, 0x9d8ff7da, 0x1522573a];
        for (uint256 i = 0; i < supported.length; ++i) {
            assertTrue(eur.supportsInterface(supported[i]), vm.toString(supported[i]));
        }
        // What ERC-165 keeps for "no"; ERC-721; ERC-1155.
        bytes4[3] memory unsupported = [bytes4(0xffffffff), 0x80ac58cd, 0xd9b67a26];
        for (uint256 i = 0; i < unsupported.length; ++i) {
            assertFalse(eur.supportsInterface(unsupported[i]), vm.toString(unsupported[i]));
        }
    }

    /* HELPERS */

    function _assertFrozen(uint256 frozen, uint256 spendable) private view {
        assertEq(eur.getFrozenTokens(payer), frozen, "frozen");
        assertEq(eur.spendableOf(payer), spendable, "spendable");
    }

    function _assertCan(address account, bool send, bool receive_) private view {
        assertEq(eur.canSend(account), send, "canSend");
        assertEq(eur.canReceive(account), receive_, "canReceive");
    }

    function _expectNotHigher(uint128 found, uint128 present) private {
        vm.expectRevert(TokenReverts.freezeNotHigher(payer, found, present));
    }

    function _expectUnfrozen(address account, uint256 amount, uint256 unfrozen) private {
        vm.expectRevert(TokenReverts.insufficientUnfrozenBalance(account, amount, unfrozen));
    }

    function _expectSystem(address account, SystemStatus status) private {
        vm.expectRevert(TokenReverts.systemAccountClosed(account, address(this), status));
    }
}
