// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/TokenSystem.sol";

/// @notice ERC-7943's freeze and its questions: how a bank sets what a holder can't spend, and who may hold at all.
contract EnforcementTest is TokenSystem {
    function setUp() public override {
        super.setUp();
        _mint(eurBank, payer, BALANCE);
    }

    /* FREEZE */

    /// @dev Letting go is another office's. It adds nothing up: it names all that is frozen afterwards.
    function test_freeze_only_raises_what_can_not_be_spent() public {
        uint128[4] memory amounts = [uint128(1), 200_00, uint128(2 * BALANCE), type(uint128).max];
        uint256[4] memory spendable = [BALANCE - 1, 300_00, uint256(0), 0];
        _refusedFreeze(0, 0);
        for (uint256 i = 0; i < amounts.length; ++i) {
            vm.expectEmit(address(eur));
            emit IERC7943Fungible.Frozen(payer, amounts[i]);
            eur.freeze(payer, amounts[i]);
            _assertFrozen(amounts[i], spendable[i]);
            _refusedFreeze(amounts[i], amounts[i]);
            _refusedFreeze(amounts[i] - 1, amounts[i]);
        }
        assertEq(eur.balanceOf(payer), BALANCE);
        assertEq(eur.getFrozenTokens(neighbour), 0);
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
            bytes memory call = abi.encodeCall(eur.setFrozenTokens, (payer, amounts[i]));
            _refused(address(this), call, TokenReverts.safeCastOverflowedUintDowncast(128, amounts[i]));
        }
    }

    function test_system_account_can_not_be_frozen() public {
        for (uint256 i = 0; i < 2; ++i) {
            SystemStatus status = eur.systemStatusOf(address(escrow));
            bytes memory refusal = TokenReverts.systemAccountClosed(address(escrow), address(this), status);
            _refused(address(this), abi.encodeCall(eur.setFrozenTokens, (address(escrow), i)), refusal);
            _refused(address(this), abi.encodeCall(eur.freeze, (address(escrow), 1)), refusal);
            if (i == 0) eur.stopSystemAccount(address(escrow));
        }
    }

    function test_freeze_may_come_before_the_money() public {
        eur.pause();
        eur.freeze(stranger, 100_00);
        eur.unpause();
        _enrol(stranger, GERMANY);
        _mint(eurBank, stranger, 60_00);
        assertEq(eur.spendableOf(stranger), 0);
        _transfer(payer, stranger, 50_00);
        assertEq(eur.spendableOf(stranger), 10_00);
    }

    /* QUESTIONS */

    function test_canSend_and_canReceive_ask_for_good_standing() public {
        _assertCan(payer, true, true);
        _assertCan(stranger, false, false);
        uint256 state = vm.snapshotState();
        for (uint8 i = 0; i <= uint8(type(Loss).max); ++i) {
            _lose(payer, Loss(i));
            _assertCan(payer, false, false);
            vm.revertToState(state);
        }
        vm.warp(REVIEWED_UNTIL - 1);
        _assertCan(payer, true, true);
        vm.warp(REVIEWED_UNTIL);
        _assertCan(payer, false, false);
    }

    function test_canSend_and_canReceive_do_not_ask_for_pause_freeze_or_lock() public {
        _request(payer, 1_00);
        eur.setFrozenTokens(payer, type(uint128).max);
        eur.pause();
        _assertCan(payer, true, true);
    }

    function test_canReceive_of_accounts_that_are_no_customers() public {
        _enrol(address(eur), GERMANY);
        assertFalse(eur.canReceive(address(0)));
        assertFalse(eur.canReceive(address(eur)));
        _assertCan(address(escrow), true, true);
        eur.stopSystemAccount(address(escrow));
        _assertCan(address(escrow), true, false);
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

    function _refusedFreeze(uint128 amount, uint128 present) private {
        bytes memory call = abi.encodeCall(eur.freeze, (payer, amount));
        _refused(address(this), call, TokenReverts.freezeNotHigher(payer, amount, present));
    }

    function _assertFrozen(uint256 frozen, uint256 spendable) private view {
        assertEq(eur.getFrozenTokens(payer), frozen, "frozen");
        assertEq(eur.spendableOf(payer), spendable, "spendable");
    }

    function _assertCan(address account, bool send, bool receive_) private view {
        assertEq(eur.canSend(account), send, "canSend");
        assertEq(eur.canReceive(account), receive_, "canReceive");
    }
}
