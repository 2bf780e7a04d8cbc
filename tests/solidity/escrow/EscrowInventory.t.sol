// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/EscrowSystem.sol";
import {PlainToken} from "../support/mocks/ForeignTokens.sol";
import {HostileToken} from "../support/mocks/HostileToken.sol";
import {UnusualToken} from "../support/mocks/UnusualToken.sol";

contract EscrowInventoryTest is EscrowSystem {
    bytes4 private constant LEGAL = "LEGL";

    /* DEPOSIT */

    function test_deposit_places_the_callers_tokens() public balanced {
        _mint(hkdBank, dealer, 10_00);
        vm.startPrank(dealer);
        hkd.approve(address(escrow), 10_00);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.Deposited(dealer, address(hkd), 10_00);
        escrow.deposit(address(hkd), 10_00);
        vm.stopPrank();
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK + 10_00);
        assertEq(hkd.balanceOf(dealer), 0);
        assertEq(hkd.balanceOf(address(escrow)), STOCK + 10_00);
    }

    function test_deposit_keeps_owners_and_tokens_apart() public balanced {
        address second = _secondDealer();
        _deposit(dealer, eurBank, 10_00);
        _deposit(second, eurBank, 20_00);
        assertEq(escrow.inventoryOf(dealer, address(eur)), 10_00);
        assertEq(escrow.inventoryOf(second, address(eur)), 20_00);
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK);
    }

    /// @dev An inventory is what a dealer pays out of: nobody else has a use for one.
    function test_deposit_by_active_dealers_of_the_token_only() public balanced {
        vm.prank(payer);
        eur.approve(address(escrow), 10_00);
        _expectDepositRefused(payer, eur, _notDealer(payer, REVIEWED_UNTIL, CustomerCategory.Retail));
        _expectDepositRefused(stranger, eur, _notDealer(stranger, 0, CustomerCategory.Retail));
        _expectDepositRefused(merchant, hkd, _notDealer(merchant, REVIEWED_UNTIL, CustomerCategory.Merchant));

        address local = makeAddr("dealer of the euro bank alone");
        _onboard(eurBank, local, CustomerCategory.Dealer, GERMANY, 1009);
        _expectDepositRefused(local, hkd, _notDealer(local, 0, CustomerCategory.Retail));
    }

    function test_deposit_by_no_dealer_who_lapsed_or_is_blocked() public balanced {
        _mint(eurBank, dealer, 10_00);
        vm.prank(dealer);
        eur.approve(address(escrow), 10_00);
        eurBank.registry.blockWallet(dealer, LEGAL);
        _expectDepositRefused(dealer, eur, _notDealer(dealer, 0, CustomerCategory.Dealer));
        eurBank.registry.unblockWallet(dealer);
        eurBank.registry.renew(dealer, uint40(START + 1 days));
        vm.warp(START + 1 days);
        _expectDepositRefused(dealer, eur, _notDealer(dealer, uint40(START + 1 days), CustomerCategory.Dealer));
        vm.warp(START + 1 days - 1);
        vm.prank(dealer);
        escrow.deposit(address(eur), 10_00);
        assertEq(escrow.inventoryOf(dealer, address(eur)), 10_00);
    }

    function test_deposit_refuses_zero() public balanced {
        vm.expectRevert(ISettlementEscrow.ZeroAmount.selector);
        vm.prank(dealer);
        escrow.deposit(address(hkd), 0);
    }

    /// @dev Somebody else's allowance moves nothing.
    function test_deposit_takes_from_the_caller_alone() public balanced {
        _mint(eurBank, dealer, 10_00);
        vm.prank(dealer);
        eur.approve(address(escrow), 10_00);
        _expectDepositRefused(_secondDealer(), eur, TokenReverts.insufficientAllowance(address(escrow), 0, 10_00));
    }

    function test_deposit_needs_the_tokens() public balanced {
        vm.startPrank(dealer);
        hkd.approve(address(escrow), 10_00);
        vm.expectRevert(TokenReverts.insufficientBalance(dealer, 0, 10_00));
        escrow.deposit(address(hkd), 10_00);
        vm.stopPrank();
    }

    function test_deposit_needs_the_tokens_leave() public balanced {
        _mint(eurBank, dealer, 10_00);
        vm.prank(dealer);
        eur.approve(address(escrow), 10_00);
        eur.pause();
        _expectDepositRefused(dealer, eur, TokenReverts.tokenPaused());
        eur.unpause();
        eur.stopSystemAccount(address(escrow));
        _expectDepositRefused(
            dealer, eur, TokenReverts.systemAccountClosed(address(escrow), address(escrow), SystemStatus.OutflowOnly)
        );
    }

    /// @dev None of them answers for a bank who is a dealer.
    function test_deposit_refuses_tokens_that_are_none_of_ours() public balanced {
        PlainToken plain = new PlainToken();
        plain.give(dealer, 10_00);
        address[2] memory foreign = [stranger, address(plain)];
        for (uint256 i = 0; i < 2; ++i) {
            vm.prank(dealer);
            (bool success, bytes memory answer) =
                address(escrow).call(abi.encodeCall(escrow.deposit, (foreign[i], 10_00)));
            assertFalse(success);
            assertEq(answer, "");
        }
    }

    function test_deposit_refuses_more_than_any_banks_token_has() public balanced {
        _stockHostile(type(uint128).max);
        assertEq(escrow.inventoryOf(dealer, address(hostile)), type(uint128).max);
        hostile.give(dealer, 1 << 128);
        vm.expectRevert(EscrowReverts.amountExceeds(1 << 128, type(uint128).max));
        vm.prank(dealer);
        escrow.deposit(address(hostile), 1 << 128);
    }

    function test_deposit_counts_nothing_that_did_not_come() public balanced {
        hostile.give(dealer, 10_00);
        bytes4 pull = IERC20.transferFrom.selector;
        hostile.setTrick(pull, HostileToken.Trick(HostileToken.Kind.Answer, false, 0, 32));
        vm.startPrank(dealer);
        vm.expectRevert(EscrowReverts.safeERC20FailedOperation(address(hostile)));
        escrow.deposit(address(hostile), 10_00);
        hostile.setTrick(pull, HostileToken.Trick(HostileToken.Kind.Answer, false, 1, 32));
        vm.expectRevert(ISettlementEscrow.ZeroAmount.selector);
        escrow.deposit(address(hostile), 10_00);
        vm.stopPrank();
        assertEq(escrow.inventoryOf(dealer, address(hostile)), 0);
    }

    /// @dev Of a token that keeps a tenth of what it moves, nine tenths are the dealer's.
    function test_deposit_counts_what_came() public {
        UnusualToken taxed = new UnusualToken();
        taxed.setTax(100);
        taxed.give(dealer, 10_00);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.Deposited(dealer, address(taxed), 9_00);
        vm.prank(dealer);
        escrow.deposit(address(taxed), 10_00);
        assertEq(escrow.inventoryOf(dealer, address(taxed)), 9_00);
        assertEq(taxed.balanceOf(address(escrow)), 9_00);
    }

    function test_deposit_takes_tokens_that_answer_nothing() public balanced {
        hostile.setTrick(IERC20.transferFrom.selector, HostileToken.Trick(HostileToken.Kind.Answer, true, 0, 0));
        _stockHostile(10_00);
        assertEq(escrow.inventoryOf(dealer, address(hostile)), 10_00);
    }

    /* WITHDRAW */

    function test_withdraw_takes_free_tokens_out() public balanced {
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.Withdrawn(dealer, address(hkd), 10_00);
        _withdraw(10_00);
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK - 10_00);
        assertEq(hkd.balanceOf(dealer), 10_00);
        _withdraw(STOCK - 10_00);
        assertEq(hkd.balanceOf(address(escrow)), 0);
    }

    function test_withdraw_refuses_zero() public balanced {
        vm.expectRevert(ISettlementEscrow.ZeroAmount.selector);
        _withdraw(0);
    }

    function test_withdraw_refuses_more_than_is_free() public balanced {
        _openTwoCurrencies();
        uint256 free = STOCK - 850_00;
        _expectTooLow(dealer, free, free + 1);
        vm.prank(dealer);
        escrow.withdraw(address(hkd), free);
        _expectTooLow(dealer, 0, 1);
    }

    function test_withdraw_by_the_owner_only() public balanced {
        address key = makeAddr("dealing key");
        vm.prank(dealer);
        escrow.setDealerSigner(key, true);
        address[5] memory others = [payer, merchant, operator, key, stranger];
        for (uint256 i = 0; i < others.length; ++i) {
            _expectTooLow(others[i], 0, 1);
        }
    }

    function test_withdraw_takes_no_claimable() public balanced {
        Payment memory payment = _openTwoCurrencies();
        hkd.pause();
        _capture(payment, 100_00);
        hkd.unpause();
        assertEq(escrow.claimableOf(address(hkd), merchant), 850_00);
        _expectTooLow(merchant, 0, 1);
    }

    function test_withdraw_goes_on_where_the_escrow_is_stopped() public balanced {
        hkd.stopSystemAccount(address(escrow));
        _withdraw(STOCK);
        assertEq(hkd.balanceOf(dealer), STOCK);
    }

    /// @dev In every case the inventory is gone; the claimable is the owner's alone.
    function test_withdraw_keeps_what_the_owner_cannot_receive() public balanced {
        uint40 lapse = uint40(block.timestamp + 1 hours);
        hkdBank.registry.renew(dealer, lapse);
        vm.warp(lapse);
        bytes memory lapsed = TokenReverts.cannotReceive(dealer);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.Withdrawn(dealer, address(hkd), 10_00);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.ClaimableAdded(address(hkd), dealer, 10_00, lapsed);
        _withdraw(10_00);
        hkdBank.registry.renew(dealer, REVIEWED_UNTIL);

        hkd.pause();
        bytes memory paused = TokenReverts.tokenPaused();
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.ClaimableAdded(address(hkd), dealer, 5_00, paused);
        _withdraw(5_00);
        hkd.unpause();

        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK - 15_00);
        assertEq(escrow.claimableOf(address(hkd), dealer), 15_00);
        vm.prank(stranger);
        escrow.claim(address(hkd), dealer);
        assertEq(hkd.balanceOf(dealer), 15_00);
    }

    function test_withdraw_refuses_a_blocked_owner() public balanced {
        bytes memory blocked = EscrowReverts.ownerBlocked(dealer);
        hkdBank.registry.blockWallet(dealer, LEGAL);
        vm.expectRevert(blocked);
        _withdraw(10_00);
        hkdBank.registry.unblockWallet(dealer);
        hkdBank.registry.blockCustomer(2003, LEGAL);
        vm.expectRevert(blocked);
        _withdraw(10_00);
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK);
        assertEq(escrow.claimableOf(address(hkd), dealer), 0);
    }

    function test_withdraw_keeps_what_did_not_go() public balanced {
        _stockHostile(10_00);
        hostile.setTrick(IERC20.transfer.selector, HostileToken.Trick(HostileToken.Kind.Answer, false, 0, 32));
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.ClaimableAdded(address(hostile), dealer, 10_00, abi.encode(0));
        vm.prank(dealer);
        escrow.withdraw(address(hostile), 10_00);
        assertEq(escrow.inventoryOf(dealer, address(hostile)), 0);
        assertEq(escrow.claimableOf(address(hostile), dealer), 10_00);
    }

    /* SIGNERS */

    function test_setDealerSigner_names_and_revokes() public balanced {
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.DealerSignerSet(dealer, stranger, true);
        vm.prank(dealer);
        escrow.setDealerSigner(stranger, true);
        assertTrue(escrow.isDealerSigner(dealer, stranger));
        assertFalse(escrow.isDealerSigner(stranger, dealer));

        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.DealerSignerSet(dealer, stranger, false);
        vm.prank(dealer);
        escrow.setDealerSigner(stranger, false);
        assertFalse(escrow.isDealerSigner(dealer, stranger));
    }

    /// @dev A signature that is none recovers to zero.
    function test_setDealerSigner_refuses_the_zero_address() public {
        vm.expectRevert(ISettlementEscrow.ZeroSigner.selector);
        vm.prank(dealer);
        escrow.setDealerSigner(address(0), true);
        vm.expectRevert(ISettlementEscrow.ZeroSigner.selector);
        vm.prank(dealer);
        escrow.setDealerSigner(address(0), false);
    }

    /* FUZZ */

    function testFuzz_inventory_is_what_came_less_what_went(uint256[8] calldata amounts, uint8 choices)
        public
        balanced
    {
        uint256 inside = STOCK;
        uint256 outside = 0;
        for (uint256 i = 0; i < amounts.length; ++i) {
            if ((choices >> i) & 1 == 0 && inside > 0) {
                uint256 amount = bound(amounts[i], 1, inside);
                _withdraw(amount);
                (inside, outside) = (inside - amount, outside + amount);
            } else if (outside > 0) {
                uint256 amount = bound(amounts[i], 1, outside);
                vm.startPrank(dealer);
                hkd.approve(address(escrow), amount);
                escrow.deposit(address(hkd), amount);
                vm.stopPrank();
                (inside, outside) = (inside + amount, outside - amount);
            }
            assertEq(escrow.inventoryOf(dealer, address(hkd)), inside);
            assertEq(hkd.balanceOf(dealer), outside);
        }
    }

    /* HELP */

    function _withdraw(uint256 amount) private {
        vm.prank(dealer);
        escrow.withdraw(address(hkd), amount);
    }

    /// @dev A dealer of both banks beside the first.
    function _secondDealer() private returns (address second) {
        second = makeAddr("second dealer");
        _watch(second);
        _onboard(eurBank, second, CustomerCategory.Dealer, GERMANY, 1008);
        _onboard(hkdBank, second, CustomerCategory.Dealer, HONG_KONG, 2008);
    }

    function _deposit(address owner, Bank storage bank, uint256 amount) private {
        _mint(bank, owner, amount);
        vm.startPrank(owner);
        bank.token.approve(address(escrow), amount);
        escrow.deposit(address(bank.token), amount);
        vm.stopPrank();
    }

    function _notDealer(address account, uint40 validUntil, CustomerCategory category)
        private
        pure
        returns (bytes memory)
    {
        return TokenReverts.notDealer(account, validUntil, category);
    }

    function _expectDepositRefused(address owner, IDepositToken token, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(owner);
        escrow.deposit(address(token), 10_00);
    }

    function _expectTooLow(address caller, uint256 found, uint256 needed) private {
        vm.expectRevert(EscrowReverts.inventoryTooLow(caller, address(hkd), found, needed));
        vm.prank(caller);
        escrow.withdraw(address(hkd), needed);
    }
}
