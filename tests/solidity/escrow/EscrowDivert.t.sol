// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/EscrowSystem.sol";
import {HostileToken} from "../support/mocks/HostileToken.sol";

contract EscrowDivertTest is EscrowSystem {
    bytes4 private constant LEGAL = "LEGL";
    uint128 private constant MERCHANT_CUSTOMER = 2001;
    uint128 private constant DEALER_CUSTOMER = 2003;
    uint64 private constant CLAIMS = 71;
    uint64 private constant INVENTORIES = 72;

    /// @dev At the Hong Kong bank: who diverts claims, who diverts inventories, another wallet of the merchant, the
    /// account for what has no owner to go to.
    address private claimsOfficer = makeAddr("claims officer");
    address private inventoryOfficer = makeAddr("inventory officer");
    address private secondWallet = makeAddr("second wallet");
    address private suspense = makeAddr("suspense");

    function setUp() public override {
        super.setUp();
        _allow(hkdBank, ISettlementEscrow.divertClaim.selector, CLAIMS);
        _allow(hkdBank, ISettlementEscrow.divertInventory.selector, INVENTORIES);
        hkdBank.manager.grantRole(CLAIMS, claimsOfficer, 0);
        hkdBank.manager.grantRole(INVENTORIES, inventoryOfficer, 0);
        _onboard(hkdBank, secondWallet, CustomerCategory.Merchant, HONG_KONG, MERCHANT_CUSTOMER);
        _onboard(hkdBank, suspense, CustomerCategory.Institution, HONG_KONG, 2010);
        _watch(secondWallet);
        _watch(suspense);
    }

    /* CLAIM: EFFECT */

    function test_claim_goes_to_another_wallet_of_the_customer() public balanced {
        _owe();
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.ClaimDiverted(address(hkd), merchant, secondWallet, 850_00);
        _divertClaim(secondWallet);
        assertEq(escrow.claimableOf(address(hkd), merchant), 0);
        assertEq(escrow.claimableOf(address(hkd), secondWallet), 850_00);
        assertEq(hkd.balanceOf(address(escrow)), STOCK);

        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.Claimed(address(hkd), secondWallet, 850_00);
        vm.prank(stranger);
        escrow.claim(address(hkd), secondWallet);
        assertEq(hkd.balanceOf(secondWallet), 850_00);
    }

    function test_claim_goes_to_the_suspense_account() public balanced {
        hkd.setSuspenseAccount(suspense);
        _owe();
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.ClaimDiverted(address(hkd), merchant, suspense, 850_00);
        _divertClaim(suspense);
        escrow.claim(address(hkd), suspense);
        assertEq(hkd.balanceOf(suspense), 850_00);
    }

    function test_claim_adds_to_what_the_new_owner_is_owed() public balanced {
        hkd.setSuspenseAccount(suspense);
        _owe();
        _divertClaim(suspense);
        _onboard(hkdBank, merchant, CustomerCategory.Merchant, HONG_KONG, MERCHANT_CUSTOMER);
        _owe();
        _divertClaim(suspense);
        assertEq(escrow.claimableOf(address(hkd), suspense), 1_700_00);
    }

    function test_claim_of_nobody_else_moves() public balanced {
        Payment memory payment = _twoCurrencies();
        (payment.feeBps, payment.feeReceiver) = (100, feeReceiver);
        _open(payment);
        hkdBank.registry.revoke(merchant);
        hkdBank.registry.revoke(feeReceiver);
        _capture(payment, 100_00);
        _divertClaim(secondWallet);
        assertEq(escrow.claimableOf(address(hkd), secondWallet), 841_50);
        assertEq(escrow.claimableOf(address(hkd), feeReceiver), 8_50);
    }

    /* CLAIM: WHOM THE REGISTRY REFUSES */

    function test_claim_of_an_owner_whose_review_ended() public balanced {
        Payment memory payment = _openTwoCurrencies();
        uint40 lapse = uint40(block.timestamp + 1 days);
        hkdBank.registry.renew(merchant, lapse);
        vm.warp(lapse - 1);
        hkd.pause();
        _capture(payment, 100_00);
        _expectClaimStays(secondWallet, _notRefused(merchant, lapse));
        vm.warp(lapse);
        _divertClaim(secondWallet);
        assertEq(escrow.claimableOf(address(hkd), secondWallet), 850_00);
    }

    function test_claim_of_a_blocked_owner() public balanced {
        Payment memory payment = _openTwoCurrencies();
        hkdBank.registry.blockWallet(merchant, LEGAL);
        _capture(payment, 100_00);
        _divertClaim(secondWallet);
        escrow.claim(address(hkd), secondWallet);
        assertEq(hkd.balanceOf(secondWallet), 850_00);
    }

    /// @dev Its other wallets are blocked with it, so the claim waits there as well; the suspense account is another's.
    function test_claim_of_a_blocked_customer() public balanced {
        hkd.setSuspenseAccount(suspense);
        Payment memory payment = _openTwoCurrencies();
        hkdBank.registry.blockCustomer(MERCHANT_CUSTOMER, LEGAL);
        _capture(payment, 100_00);
        _divertClaim(secondWallet);
        vm.expectRevert(TokenReverts.cannotReceive(secondWallet));
        escrow.claim(address(hkd), secondWallet);
        vm.prank(claimsOfficer);
        escrow.divertClaim(address(hkd), secondWallet, suspense);
        escrow.claim(address(hkd), suspense);
        assertEq(hkd.balanceOf(suspense), 850_00);
    }

    function test_claim_of_an_owner_in_good_standing_stays() public balanced {
        _owe();
        _onboard(hkdBank, merchant, CustomerCategory.Merchant, HONG_KONG, MERCHANT_CUSTOMER);
        _expectClaimStays(secondWallet, _notRefused(merchant, REVIEWED_UNTIL));
        escrow.claim(address(hkd), merchant);
        assertEq(hkd.balanceOf(merchant), 850_00);
    }

    /// @dev What a bank could cause by itself, to take a claim from a customer in good standing.
    function test_claim_is_not_moved_for_a_pause() public balanced {
        hkd.setSuspenseAccount(suspense);
        Payment memory payment = _openTwoCurrencies();
        hkd.pause();
        hkd.stopSystemAccount(address(escrow));
        _capture(payment, 100_00);
        _expectClaimStays(secondWallet, _notRefused(merchant, REVIEWED_UNTIL));
        _expectClaimStays(suspense, _notRefused(merchant, REVIEWED_UNTIL));
    }

    function test_claim_moves_during_a_pause_if_the_owner_is_refused() public balanced {
        _owe();
        hkd.pause();
        _divertClaim(secondWallet);
        vm.expectRevert(IDepositTokenCore.TokenPaused.selector);
        escrow.claim(address(hkd), secondWallet);
        hkd.unpause();
        escrow.claim(address(hkd), secondWallet);
        assertEq(hkd.balanceOf(secondWallet), 850_00);
    }

    /// @dev The old registry knows whose wallet it was.
    function test_claim_of_an_owner_who_was_left_behind_goes_to_its_customers_new_wallet() public balanced {
        _owe();
        IAllowlistRegistry replacement = _newAllowlistRegistry(address(hkdBank.manager), hkdBank.registry);
        replacement.subscribe(address(hkd));
        replacement.setZone(_countries(HONG_KONG, HONG_KONG), HK);
        hkd.setRegistry(address(replacement));
        address next = makeAddr("next wallet");
        replacement.register(next, CustomerCategory.Merchant, HONG_KONG, REVIEWED_UNTIL, MERCHANT_CUSTOMER);
        _watch(next);
        _divertClaim(next);
        escrow.claim(address(hkd), next);
        assertEq(hkd.balanceOf(next), 850_00);
    }

    /* CLAIM: WHO MAY BE PAID INSTEAD */

    function test_claim_goes_to_nobody_else() public balanced {
        _owe();
        address[5] memory others = [hkNeighbour, dealer, claimsOfficer, suspense, address(0)];
        for (uint256 i = 0; i < others.length; ++i) {
            _expectClaimStays(others[i], _notSuccessor(others[i], address(0)));
        }
        hkd.setSuspenseAccount(suspense);
        for (uint256 i = 0; i < others.length; ++i) {
            if (others[i] != suspense) _expectClaimStays(others[i], _notSuccessor(others[i], suspense));
        }
    }

    function test_claim_does_not_go_to_its_owner() public balanced {
        _owe();
        _expectClaimStays(merchant, _notSuccessor(merchant, address(0)));
    }

    /// @dev The number is another customer's at another bank.
    function test_claim_does_not_go_to_the_same_number_at_another_bank() public balanced {
        address foreigner = makeAddr("foreigner");
        _onboard(eurBank, foreigner, CustomerCategory.Merchant, GERMANY, MERCHANT_CUSTOMER);
        _owe();
        _expectClaimStays(foreigner, _notSuccessor(foreigner, address(0)));
    }

    function test_claim_of_nothing() public balanced {
        hkdBank.registry.revoke(merchant);
        _expectClaimStays(secondWallet, EscrowReverts.nothingToClaim(address(hkd), merchant));
        hkdBank.registry.register(merchant, CustomerCategory.Merchant, HONG_KONG, REVIEWED_UNTIL, MERCHANT_CUSTOMER);
        _owe();
        _divertClaim(secondWallet);
        _expectClaimStays(secondWallet, EscrowReverts.nothingToClaim(address(hkd), merchant));
    }

    /* CLAIM: WHO MAY MOVE IT */

    function test_claim_by_whom_the_bank_allows_only() public balanced {
        _owe();
        address[7] memory others = [payer, merchant, secondWallet, operator, inventoryOfficer, stranger, address(this)];
        for (uint256 i = 0; i < others.length; ++i) {
            _expectClaimStaysFor(others[i], _notAllowed(others[i]));
        }
        _divertClaim(secondWallet);
    }

    function test_claim_by_nobody_whose_role_was_revoked() public balanced {
        _owe();
        hkdBank.manager.revokeRole(CLAIMS, claimsOfficer);
        _expectClaimStaysFor(claimsOfficer, _notAllowed(claimsOfficer));
    }

    /// @dev Before a bank names a role for it, a function is its administrator's.
    function test_claim_by_an_administrator_without_delay() public balanced {
        _owe();
        _allow(hkdBank, ISettlementEscrow.divertClaim.selector, 0);
        _expectClaimStaysFor(claimsOfficer, _notAllowed(claimsOfficer));
        escrow.divertClaim(address(hkd), merchant, secondWallet);
        assertEq(escrow.claimableOf(address(hkd), secondWallet), 850_00);
    }

    /// @dev A role for a function of the token's own opens nothing here, even under the same selector.
    function test_claim_by_nobody_whose_role_is_for_the_token() public balanced {
        _owe();
        address other = makeAddr("token officer");
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = ISettlementEscrow.divertClaim.selector;
        hkdBank.manager.setTargetFunctionRole(address(hkd), selectors, 73);
        hkdBank.manager.grantRole(73, other, 0);
        _expectClaimStaysFor(other, _notAllowed(other));
    }

    /// @dev A delay is kept by the bank's manager: its member schedules there, and waits.
    function test_claim_by_a_member_with_a_delay_through_the_manager() public balanced {
        _owe();
        address slow = makeAddr("slow officer");
        hkdBank.manager.grantRole(CLAIMS, slow, 1 days);
        _expectClaimStaysFor(slow, _notAllowed(slow));

        bytes memory call = abi.encodeCall(escrow.divertClaim, (address(hkd), merchant, secondWallet));
        vm.startPrank(slow);
        (bytes32 operation,) = hkdBank.manager.schedule(address(escrow), call, 0);
        vm.expectRevert(GovernanceReverts.accessManagerNotReady(operation));
        hkdBank.manager.execute(address(escrow), call);
        vm.expectRevert(_notAllowed(slow));
        escrow.divertClaim(address(hkd), merchant, secondWallet);
        vm.warp(block.timestamp + 1 days);
        hkdBank.manager.execute(address(escrow), call);
        vm.stopPrank();
        assertEq(escrow.claimableOf(address(hkd), secondWallet), 850_00);
    }

    function test_claim_by_nobody_while_the_bank_closes_the_escrow() public balanced {
        _owe();
        hkdBank.manager.setTargetClosed(address(escrow), true);
        _expectClaimStaysFor(claimsOfficer, _notAllowed(claimsOfficer));
        hkdBank.manager.setTargetClosed(address(escrow), false);
        _divertClaim(secondWallet);
    }

    function test_claim_by_nobody_of_another_bank() public balanced {
        _owe();
        address foreigner = makeAddr("euro officer");
        _allow(eurBank, ISettlementEscrow.divertClaim.selector, CLAIMS);
        eurBank.manager.grantRole(CLAIMS, foreigner, 0);
        _expectClaimStaysFor(foreigner, _notAllowed(foreigner));

        bytes memory call = abi.encodeCall(escrow.divertClaim, (address(hkd), merchant, secondWallet));
        vm.expectRevert(_notAllowed(address(eurBank.manager)));
        vm.prank(foreigner);
        eurBank.manager.execute(address(escrow), call);
    }

    /// @dev The fee receiver is a customer of both banks, and refused by both.
    function test_claim_in_another_banks_token_stays() public balanced {
        _oweFeesInBoth();
        hkd.setSuspenseAccount(suspense);
        vm.startPrank(claimsOfficer);
        escrow.divertClaim(address(hkd), feeReceiver, suspense);
        vm.expectRevert(EscrowReverts.notAllowedByBank(claimsOfficer, address(eurBank.manager)));
        escrow.divertClaim(address(eur), feeReceiver, suspense);
        vm.stopPrank();
        assertEq(escrow.claimableOf(address(hkd), suspense), 8_50);
        assertEq(escrow.claimableOf(address(eur), feeReceiver), 1_00);
        assertEq(escrow.claimableOf(address(eur), suspense), 0);
    }

    /// @dev It names an authority that allows everything, and refuses and accepts whom it likes.
    function test_a_hostile_token_diverts_its_own_claims_alone() public balanced {
        _owe();
        _stockHostile(850_00);
        Payment memory payment = _intoHostile();
        _open(payment);
        hostile.setTrick(hkd.transfer.selector, HostileToken.Trick(HostileToken.Kind.Refuse, false, 0, 0));
        _capture(payment, 100_00);
        hostile.setTrick(
            IAccessManaged.authority.selector,
            HostileToken.Trick(HostileToken.Kind.Answer, false, uint160(address(hostile)), 32)
        );
        hostile.setTrick(IAccessManager.canCall.selector, HostileToken.Trick(HostileToken.Kind.Answer, false, 1, 64));
        _watch(stranger);
        vm.prank(stranger);
        escrow.divertClaim(address(hostile), merchant, stranger);
        assertEq(escrow.claimableOf(address(hostile), stranger), 850_00);
        assertEq(escrow.claimableOf(address(hkd), merchant), 850_00);
        assertEq(escrow.claimableOf(address(hkd), stranger), 0);
    }

    /* INVENTORY */

    function test_inventory_becomes_the_dealers_claim() public balanced {
        address otherWallet = makeAddr("other wallet");
        _watch(otherWallet);
        _onboard(hkdBank, otherWallet, CustomerCategory.Dealer, HONG_KONG, DEALER_CUSTOMER);
        hkdBank.registry.revoke(dealer);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.InventoryDiverted(address(hkd), dealer, STOCK);
        _divertInventory();
        assertEq(escrow.inventoryOf(dealer, address(hkd)), 0);
        assertEq(escrow.claimableOf(address(hkd), dealer), STOCK);
        assertEq(hkd.balanceOf(address(escrow)), STOCK);

        vm.prank(claimsOfficer);
        escrow.divertClaim(address(hkd), dealer, otherWallet);
        escrow.claim(address(hkd), otherWallet);
        assertEq(hkd.balanceOf(otherWallet), STOCK);
    }

    function test_inventory_goes_back_to_a_dealer_who_returns() public balanced {
        hkdBank.registry.blockWallet(dealer, LEGAL);
        _divertInventory();
        hkdBank.registry.unblockWallet(dealer);
        vm.expectRevert(EscrowReverts.inventoryTooLow(dealer, address(hkd), 0, STOCK));
        vm.prank(dealer);
        escrow.withdraw(address(hkd), STOCK);
        escrow.claim(address(hkd), dealer);
        assertEq(hkd.balanceOf(dealer), STOCK);
    }

    function test_inventory_of_a_dealer_whom_the_registry_refuses_for_any_reason() public balanced {
        uint256 before = vm.snapshotState();
        for (uint256 i = 0; i < 4; ++i) {
            if (i == 0) hkdBank.registry.revoke(dealer);
            if (i == 1) hkdBank.registry.blockWallet(dealer, LEGAL);
            if (i == 2) hkdBank.registry.blockCustomer(DEALER_CUSTOMER, LEGAL);
            if (i == 3) vm.warp(REVIEWED_UNTIL);
            _divertInventory();
            assertEq(escrow.claimableOf(address(hkd), dealer), STOCK);
            vm.revertToState(before);
        }
    }

    function test_inventory_of_a_dealer_in_good_standing_stays() public balanced {
        _expectInventoryStays(_notRefused(dealer, REVIEWED_UNTIL));
        hkd.pause();
        _expectInventoryStays(_notRefused(dealer, REVIEWED_UNTIL));
        hkd.unpause();
        eurBank.registry.revoke(dealer);
        _expectInventoryStays(_notRefused(dealer, REVIEWED_UNTIL));
        vm.warp(REVIEWED_UNTIL - 1);
        _expectInventoryStays(_notRefused(dealer, REVIEWED_UNTIL));
    }

    function test_inventory_of_nothing() public balanced {
        hkdBank.registry.revoke(dealer);
        _divertInventory();
        _expectInventoryStays(EscrowReverts.noInventory(dealer, address(hkd)));
    }

    function test_inventory_by_whom_the_bank_allows_only() public balanced {
        hkdBank.registry.revoke(dealer);
        address[5] memory others = [dealer, operator, claimsOfficer, stranger, address(this)];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(_notAllowed(others[i]));
            vm.prank(others[i]);
            escrow.divertInventory(address(hkd), dealer);
        }
        address slow = makeAddr("slow officer");
        hkdBank.manager.grantRole(INVENTORIES, slow, 1 days);
        vm.expectRevert(_notAllowed(slow));
        vm.prank(slow);
        escrow.divertInventory(address(hkd), dealer);
        _divertInventory();
    }

    function test_inventory_that_a_payment_holds_is_not_free() public balanced {
        Payment memory payment = _openTwoCurrencies();
        hkdBank.registry.revoke(dealer);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.InventoryDiverted(address(hkd), dealer, STOCK - 850_00);
        _divertInventory();
        _capture(payment, 60_00);
        assertEq(hkd.balanceOf(merchant), 510_00);
        assertEq(escrow.inventoryOf(dealer, address(eur)), 60_00);

        _void(payment);
        assertEq(escrow.inventoryOf(dealer, address(hkd)), 340_00);
        _divertInventory();
        assertEq(escrow.claimableOf(address(hkd), dealer), STOCK - 510_00);
    }

    function test_inventory_in_another_banks_token_stays() public balanced {
        Payment memory payment = _openTwoCurrencies();
        _capture(payment, 100_00);
        hkdBank.registry.revoke(dealer);
        _divertInventory();
        assertEq(escrow.inventoryOf(dealer, address(eur)), 100_00);
        vm.expectRevert(EscrowReverts.notAllowedByBank(inventoryOfficer, address(eurBank.manager)));
        vm.prank(inventoryOfficer);
        escrow.divertInventory(address(eur), dealer);
        vm.prank(dealer);
        escrow.withdraw(address(eur), 100_00);
        assertEq(eur.balanceOf(dealer), 100_00);
    }

    /* HELP */

    /// @dev Gives a function of the escrow to a role of the bank.
    function _allow(Bank storage bank, bytes4 selector, uint64 role) private {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = selector;
        bank.manager.setTargetFunctionRole(address(escrow), selectors, role);
    }

    /// @dev 850.00 HKD are owed to the merchant, whose record was revoked.
    function _owe() private {
        Payment memory payment = _twoCurrencies();
        payment.remittanceHash = bytes32(escrow.inventoryOf(dealer, address(hkd)));
        _open(payment);
        hkdBank.registry.revoke(merchant);
        _capture(payment, 100_00);
    }

    /// @dev 8.50 HKD and 1.00 EUR are owed to the fee receiver, whose records were revoked.
    function _oweFeesInBoth() private {
        Payment memory two = _twoCurrencies();
        Payment memory one = _oneCurrency();
        (two.feeBps, two.feeReceiver) = (100, feeReceiver);
        (one.feeBps, one.feeReceiver) = (100, feeReceiver);
        _open(two);
        _open(one);
        hkdBank.registry.revoke(feeReceiver);
        eurBank.registry.revoke(feeReceiver);
        _capture(two, 100_00);
        _capture(one, 100_00);
    }

    function _divertClaim(address to) private {
        vm.prank(claimsOfficer);
        escrow.divertClaim(address(hkd), merchant, to);
    }

    function _divertInventory() private {
        vm.prank(inventoryOfficer);
        escrow.divertInventory(address(hkd), dealer);
    }

    function _expectClaimStays(address to, bytes memory reason) private {
        vm.expectRevert(reason);
        _divertClaim(to);
    }

    function _expectClaimStaysFor(address caller, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(caller);
        escrow.divertClaim(address(hkd), merchant, secondWallet);
    }

    function _expectInventoryStays(bytes memory reason) private {
        vm.expectRevert(reason);
        _divertInventory();
    }

    function _notRefused(address owner, uint40 validUntil) private pure returns (bytes memory) {
        return TokenReverts.notRefused(owner, validUntil);
    }

    function _notSuccessor(address found, address suspenseAccount) private view returns (bytes memory) {
        return TokenReverts.notSuccessor(merchant, found, suspenseAccount);
    }

    function _notAllowed(address caller) private view returns (bytes memory) {
        return EscrowReverts.notAllowedByBank(caller, address(hkdBank.manager));
    }
}
