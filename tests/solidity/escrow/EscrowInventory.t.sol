// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/EscrowActs.sol";
import {PlainToken, TaxedToken} from "../support/mocks/ForeignTokens.sol";

/// @notice What dealers place here and take out, and whom they have sign. The dealer starts with {STOCK} of HKD here,
/// and with 10.00 EUR that the escrow may pull.
contract EscrowInventoryTest is EscrowActs {
    function setUp() public override {
        super.setUp();
        _mint(eurBank, dealer, 10_00);
        vm.prank(dealer);
        eur.approve(address(escrow), 10_00);
    }

    /* DEPOSIT */

    function test_deposit_adds_the_callers_tokens() public balanced {
        _makeDealer(stranger, 8);
        _stock(eurBank, stranger, 20_00);
        _done(dealer, _depositing(address(eur), 4_00));
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.Deposited(dealer, address(eur), 6_00);
        _done(dealer, _depositing(address(eur), 6_00));
        assertEq(eur.balanceOf(dealer), 0);
        assertEq(escrow.inventoryOf(dealer, address(eur)), 10_00);
        assertEq(escrow.inventoryOf(stranger, address(eur)), 20_00);
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK);
    }

    function test_deposit_by_active_dealers_of_the_token_only() public balanced {
        address local = makeAddr("dealer of the euro bank alone");
        _onboard(eurBank, local, CustomerCategory.Dealer, GERMANY, 1009);
        _assertNotDealer(payer, eur, REVIEWED_UNTIL, CustomerCategory.Retail);
        _assertNotDealer(stranger, eur, 0, CustomerCategory.Retail);
        _assertNotDealer(merchant, hkd, REVIEWED_UNTIL, CustomerCategory.Merchant);
        _assertNotDealer(local, hkd, 0, CustomerCategory.Retail);
        eurBank.registry.blockWallet(dealer, LEGAL);
        _assertNotDealer(dealer, eur, 0, CustomerCategory.Dealer);
        eurBank.registry.unblockWallet(dealer);
        eurBank.registry.renew(dealer, START + 1 days);
        vm.warp(START + 1 days);
        _assertNotDealer(dealer, eur, START + 1 days, CustomerCategory.Dealer);
        vm.warp(START + 1 days - 1);
        _done(dealer, _depositing(address(eur), 10_00));
    }

    /// @dev Somebody else's allowance moves nothing.
    function test_deposit_takes_what_the_caller_has_and_allows_and_the_token_lets_in() public balanced {
        bytes memory act = _depositing(address(eur), 10_00);
        _makeDealer(stranger, 8);
        _refused(stranger, act, TokenReverts.insufficientAllowance(address(escrow), 0, 10_00));
        vm.prank(stranger);
        eur.approve(address(escrow), 10_00);
        _refused(stranger, act, TokenReverts.insufficientBalance(stranger, 0, 10_00));
        eur.pause();
        _refused(dealer, act, TokenReverts.tokenPaused());
        eur.unpause();
        eur.stopSystemAccount(address(escrow));
        SystemStatus stopped = SystemStatus.OutflowOnly;
        _refused(dealer, act, TokenReverts.systemAccountClosed(address(escrow), address(escrow), stopped));
    }

    function test_deposit_refuses_tokens_that_are_none_of_ours() public balanced {
        PlainToken plain = new PlainToken();
        plain.give(dealer, 10_00);
        _refused(dealer, _depositing(address(plain), 10_00), "");
        _refused(dealer, _depositing(stranger, 10_00), "");
    }

    function test_deposit_refuses_more_than_any_banks_token_has() public balanced {
        _stockHostile(type(uint128).max);
        assertEq(escrow.inventoryOf(dealer, address(hostile)), type(uint128).max);
        hostile.give(dealer, 1 << 128);
        bytes memory refusal = EscrowReverts.amountExceeds(1 << 128, type(uint128).max);
        _refused(dealer, _depositing(address(hostile), 1 << 128), refusal);
    }

    function test_deposit_counts_nothing_that_did_not_come() public balanced {
        bytes memory act = _depositing(address(hostile), 10_00);
        _trick(IERC20.transferFrom.selector, HostileToken.Kind.Answer, false, 0, 32);
        _refused(dealer, act, EscrowReverts.safeERC20FailedOperation(address(hostile)));
        _trick(IERC20.transferFrom.selector, HostileToken.Kind.Answer, false, 1, 32);
        _refused(dealer, act, EscrowReverts.zeroAmount());
        _refused(dealer, _depositing(address(hkd), 0), EscrowReverts.zeroAmount());
    }

    /// @dev Of a token that keeps a tenth of what it moves, nine tenths are the dealer's.
    function test_deposit_counts_what_came() public {
        TaxedToken taxed = new TaxedToken();
        taxed.give(dealer, 10_00);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.Deposited(dealer, address(taxed), 9_00);
        _done(dealer, _depositing(address(taxed), 10_00));
        assertEq(escrow.inventoryOf(dealer, address(taxed)), 9_00);
        assertEq(taxed.balanceOf(address(escrow)), 9_00);
    }

    function test_deposit_takes_tokens_that_answer_nothing() public balanced {
        _trick(IERC20.transferFrom.selector, HostileToken.Kind.Answer, true, 0, 0);
        _stockHostile(10_00);
        assertEq(escrow.inventoryOf(dealer, address(hostile)), 10_00);
    }

    /* WITHDRAW */

    function test_withdraw_takes_free_tokens_out_where_the_escrow_is_stopped_too() public balanced {
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.Withdrawn(dealer, address(hkd), 10_00);
        _done(dealer, _withdrawing(10_00));
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK - 10_00);
        assertEq(hkd.balanceOf(dealer), 10_00);
        hkd.stopSystemAccount(address(escrow));
        _done(dealer, _withdrawing(STOCK - 10_00));
        assertEq(hkd.balanceOf(dealer), STOCK);
        _refused(dealer, _withdrawing(0), EscrowReverts.zeroAmount());
    }

    /// @dev Neither by a key that signs for the owner; nor does it take what the caller may claim.
    function test_withdraw_takes_no_more_than_is_the_callers_and_free() public balanced {
        _done(dealer, abi.encodeCall(escrow.setDealerSigner, (hkNeighbour, true)));
        Payment memory payment = _openTwoCurrencies();
        uint256 free = STOCK - 850_00;
        _assertTooLow(dealer, free, free + 1);
        hkd.pause();
        _capture(payment, 100_00);
        hkd.unpause();
        assertEq(escrow.claimableOf(address(hkd), merchant), 850_00);
        address[5] memory others = [payer, merchant, operator, hkNeighbour, stranger];
        for (uint256 i = 0; i < others.length; ++i) {
            _assertTooLow(others[i], 0, 1);
        }
        _done(dealer, _withdrawing(free));
        _assertTooLow(dealer, 0, 1);
    }

    function test_withdraw_keeps_what_the_owner_cannot_receive() public balanced {
        hkdBank.registry.renew(dealer, START + 1 hours);
        vm.warp(START + 1 hours);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.Withdrawn(dealer, address(hkd), 10_00);
        _expectOwed(hkd, dealer, 10_00, TokenReverts.cannotReceive(dealer));
        _done(dealer, _withdrawing(10_00));
        hkdBank.registry.renew(dealer, REVIEWED_UNTIL);
        hkd.pause();
        _expectOwed(hkd, dealer, 5_00, TokenReverts.tokenPaused());
        _done(dealer, _withdrawing(5_00));
        hkd.unpause();
        assertEq(escrow.inventoryOf(dealer, address(hkd)), STOCK - 15_00);
        _done(stranger, abi.encodeCall(escrow.claim, (address(hkd), dealer)));
        assertEq(hkd.balanceOf(dealer), 15_00);
    }

    function test_withdraw_refuses_a_blocked_owner() public balanced {
        hkdBank.registry.blockWallet(dealer, LEGAL);
        _refused(dealer, _withdrawing(10_00), EscrowReverts.ownerBlocked(dealer));
        hkdBank.registry.unblockWallet(dealer);
        hkdBank.registry.blockCustomer(DEALER_CUSTOMER, LEGAL);
        _refused(dealer, _withdrawing(10_00), EscrowReverts.ownerBlocked(dealer));
    }

    /* SIGNERS */

    function test_setDealerSigner_names_and_revokes() public balanced {
        bool[2] memory allowed = [true, false];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectEmit(address(escrow));
            emit ISettlementEscrow.DealerSignerSet(dealer, stranger, allowed[i]);
            _done(dealer, abi.encodeCall(escrow.setDealerSigner, (stranger, allowed[i])));
            assertEq(escrow.isDealerSigner(dealer, stranger), allowed[i]);
            assertFalse(escrow.isDealerSigner(stranger, dealer));
        }
    }

    /// @dev A signature that is none recovers to zero.
    function test_setDealerSigner_refuses_the_zero_address() public {
        bytes memory refusal = EscrowReverts.zeroSigner();
        _refused(dealer, abi.encodeCall(escrow.setDealerSigner, (address(0), true)), refusal);
        _refused(dealer, abi.encodeCall(escrow.setDealerSigner, (address(0), false)), refusal);
    }

    /* HELP */

    function _depositing(address token, uint256 amount) private view returns (bytes memory) {
        return abi.encodeCall(escrow.deposit, (token, amount));
    }

    function _withdrawing(uint256 amount) private view returns (bytes memory) {
        return abi.encodeCall(escrow.withdraw, (address(hkd), amount));
    }

    function _assertNotDealer(address owner, IDepositToken token, uint40 validUntil, CustomerCategory category)
        private
    {
        _refused(owner, _depositing(address(token), 10_00), TokenReverts.notDealer(owner, validUntil, category));
    }

    function _assertTooLow(address caller, uint256 found, uint256 needed) private {
        _refused(caller, _withdrawing(needed), EscrowReverts.inventoryTooLow(caller, address(hkd), found, needed));
    }
}
