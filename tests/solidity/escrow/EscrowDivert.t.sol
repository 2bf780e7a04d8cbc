// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/EscrowActs.sol";

/// @notice What a bank does with claims and inventories of those whom its registry refuses. Most tests are about 850.00
/// HKD that are owed to a merchant whose record was revoked.
contract EscrowDivertTest is EscrowActs {
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
        _allow(hkdBank, address(escrow), ISettlementEscrow.divertClaim.selector, CLAIMS);
        _allow(hkdBank, address(escrow), ISettlementEscrow.divertInventory.selector, INVENTORIES);
        hkdBank.manager.grantRole(CLAIMS, claimsOfficer, 0);
        hkdBank.manager.grantRole(INVENTORIES, inventoryOfficer, 0);
        _onboard(hkdBank, secondWallet, CustomerCategory.Merchant, HONG_KONG, MERCHANT_CUSTOMER);
        _onboard(hkdBank, suspense, CustomerCategory.Institution, HONG_KONG, 2010);
        _watch(secondWallet);
        _watch(suspense);
    }

    /* CLAIM: EFFECT */

    function test_claim_goes_to_the_suspense_account_and_adds_up() public balanced {
        hkd.setSuspenseAccount(suspense);
        _owe();
        _divertClaim(suspense);
        _onboard(hkdBank, merchant, CustomerCategory.Merchant, HONG_KONG, MERCHANT_CUSTOMER);
        _owe();
        _divertClaim(suspense);
        _assertClaimStays(suspense, EscrowReverts.nothingToClaim(address(hkd), merchant));
        _assertClaims(suspense, 1_700_00);
    }

    /* CLAIM: WHOM THE REGISTRY REFUSES */

    /// @dev A pause, or the escrow's stop, is no reason: a bank could cause it by itself, to take a claim from a
    /// customer in good standing.
    function test_claim_of_an_owner_whose_review_ended() public balanced {
        hkd.setSuspenseAccount(suspense);
        Payment memory payment = _openTwoCurrencies();
        uint40 lapse = START + 1 days;
        hkdBank.registry.renew(merchant, lapse);
        vm.warp(lapse - 1);
        hkd.pause();
        hkd.stopSystemAccount(address(escrow));
        _capture(payment, 100_00);
        _assertClaimStays(secondWallet, TokenReverts.notRefused(merchant, lapse));
        _assertClaimStays(suspense, TokenReverts.notRefused(merchant, lapse));
        vm.warp(lapse);
        _divertClaim(secondWallet);
        _refused(stranger, _claiming(secondWallet), TokenReverts.tokenPaused());
        hkd.unpause();
        _assertClaims(secondWallet, 850_00);
    }

    /// @dev The other wallets of a blocked customer are blocked with it, so the claim waits there as well; those of the
    /// customer of a blocked wallet are not, and the suspense account is another's.
    function test_claim_of_a_blocked_owner() public balanced {
        hkd.setSuspenseAccount(suspense);
        Payment memory payment = _openTwoCurrencies();
        hkdBank.registry.blockWallet(merchant, LEGAL);
        _capture(payment, 100_00);
        uint256 before = vm.snapshotState();
        _divertClaim(secondWallet);
        _assertClaims(secondWallet, 850_00);
        vm.revertToState(before);
        hkdBank.registry.blockCustomer(MERCHANT_CUSTOMER, LEGAL);
        _divertClaim(secondWallet);
        _refused(stranger, _claiming(secondWallet), TokenReverts.cannotReceive(secondWallet));
        _done(claimsOfficer, abi.encodeCall(escrow.divertClaim, (address(hkd), secondWallet, suspense)));
        _assertClaims(suspense, 850_00);
    }

    /// @dev The old registry knows whose wallet it was.
    function test_claim_of_an_owner_who_was_left_behind_goes_to_its_customers_new_wallet() public balanced {
        _owe();
        IAllowlistRegistry replacement = newAllowlistRegistry(address(hkdBank.manager), hkdBank.registry);
        replacement.subscribe(address(hkd));
        replacement.setZone(_countries(HONG_KONG, HONG_KONG), HK);
        hkd.setRegistry(address(replacement));
        address next = makeAddr("next wallet");
        replacement.register(next, CustomerCategory.Merchant, HONG_KONG, REVIEWED_UNTIL, MERCHANT_CUSTOMER);
        _watch(next);
        _divertClaim(next);
        _assertClaims(next, 850_00);
    }

    /* CLAIM: WHO MAY BE PAID INSTEAD */

    /// @dev Its owner neither; and a customer's number is another's at another bank.
    function test_claim_goes_to_nobody_else() public balanced {
        _owe();
        address foreigner = makeAddr("foreigner");
        _onboard(eurBank, foreigner, CustomerCategory.Merchant, GERMANY, MERCHANT_CUSTOMER);
        address[7] memory others = [hkNeighbour, dealer, claimsOfficer, merchant, foreigner, address(0), suspense];
        for (uint256 i = 0; i < 7; ++i) {
            _assertClaimStays(others[i], TokenReverts.notSuccessor(merchant, others[i], address(0)));
        }
        hkd.setSuspenseAccount(suspense);
        for (uint256 i = 0; i < 6; ++i) {
            _assertClaimStays(others[i], TokenReverts.notSuccessor(merchant, others[i], suspense));
        }
    }

    /* CLAIM: WHO MAY MOVE IT */

    /// @dev A role for a function of the token's own opens nothing here, even under the same selector.
    function test_claim_by_whom_the_bank_allows_only() public balanced {
        _owe();
        _allow(hkdBank, address(hkd), ISettlementEscrow.divertClaim.selector, 73);
        hkdBank.manager.grantRole(73, stranger, 0);
        address[7] memory others = [payer, merchant, secondWallet, operator, inventoryOfficer, stranger, address(this)];
        for (uint256 i = 0; i < others.length; ++i) {
            _assertNotAllowed(others[i]);
        }
        hkdBank.manager.setTargetClosed(address(escrow), true);
        _assertNotAllowed(claimsOfficer);
        hkdBank.manager.setTargetClosed(address(escrow), false);
        hkdBank.manager.revokeRole(CLAIMS, claimsOfficer);
        _assertNotAllowed(claimsOfficer);
        // Before a bank names a role for it, a function is its administrator's.
        _allow(hkdBank, address(escrow), ISettlementEscrow.divertClaim.selector, 0);
        _done(address(this), _diverting(secondWallet));
        assertEq(escrow.claimableOf(address(hkd), secondWallet), 850_00);
    }

    /// @dev A delay is kept by the bank's manager: its member schedules there, and waits.
    function test_claim_by_a_member_with_a_delay_through_the_manager() public balanced {
        _owe();
        hkdBank.manager.grantRole(CLAIMS, stranger, 1 days);
        bytes memory act = _diverting(secondWallet);
        vm.prank(stranger);
        hkdBank.manager.schedule(address(escrow), act, 0);
        _assertNotAllowed(stranger);
        vm.warp(block.timestamp + 1 days);
        _done(stranger, address(hkdBank.manager), abi.encodeCall(IAccessManager.execute, (address(escrow), act)));
        assertEq(escrow.claimableOf(address(hkd), secondWallet), 850_00);
    }

    function test_claim_by_nobody_of_another_bank() public balanced {
        _owe();
        _allow(eurBank, address(escrow), ISettlementEscrow.divertClaim.selector, CLAIMS);
        eurBank.manager.grantRole(CLAIMS, stranger, 0);
        _assertNotAllowed(stranger);
        bytes memory act = _diverting(secondWallet);
        vm.expectRevert(_notAllowed(address(eurBank.manager)));
        vm.prank(stranger);
        eurBank.manager.execute(address(escrow), act);
    }

    /// @dev It names an authority that allows everything, and refuses and accepts whom it likes.
    function test_a_hostile_token_diverts_its_own_claims_alone() public balanced {
        _owe();
        _stockHostile(850_00);
        Payment memory payment = _intoHostile();
        _open(payment);
        _trick(IERC20.transfer.selector, HostileToken.Kind.Refuse, false, 0, 0);
        _capture(payment, 100_00);
        _trick(IAccessManaged.authority.selector, HostileToken.Kind.Answer, false, uint160(address(hostile)), 32);
        _trick(IAccessManager.canCall.selector, HostileToken.Kind.Answer, false, 1, 64);
        _watch(stranger);
        _done(stranger, abi.encodeCall(escrow.divertClaim, (address(hostile), merchant, stranger)));
        assertEq(escrow.claimableOf(address(hostile), stranger), 850_00);
        assertEq(escrow.claimableOf(address(hkd), merchant), 850_00);
        assertEq(escrow.claimableOf(address(hkd), stranger), 0);
    }

    /* INVENTORY */

    function test_inventory_becomes_the_claim_of_a_dealer_whom_the_registry_refuses() public balanced {
        _onboard(hkdBank, stranger, CustomerCategory.Dealer, HONG_KONG, DEALER_CUSTOMER);
        uint256 before = vm.snapshotState();
        vm.warp(REVIEWED_UNTIL);
        _divertInventoryOnce(STOCK);
        vm.revertToState(before);
        hkdBank.registry.blockCustomer(DEALER_CUSTOMER, LEGAL);
        _divertInventoryOnce(STOCK);
        vm.revertToState(before);
        hkdBank.registry.blockWallet(dealer, LEGAL);
        _divertInventoryOnce(STOCK);
        vm.revertToState(before);
        hkdBank.registry.revoke(dealer);
        _divertInventoryOnce(STOCK);
        _done(claimsOfficer, abi.encodeCall(escrow.divertClaim, (address(hkd), dealer, stranger)));
        _assertClaims(stranger, STOCK);
    }

    function test_inventory_of_a_dealer_in_good_standing_stays() public balanced {
        bytes memory refusal = TokenReverts.notRefused(dealer, REVIEWED_UNTIL);
        hkd.pause();
        _assertInventoryStays(refusal);
        hkd.unpause();
        eurBank.registry.revoke(dealer);
        vm.warp(REVIEWED_UNTIL - 1);
        _assertInventoryStays(refusal);
    }

    function test_inventory_by_whom_the_bank_allows_only() public balanced {
        hkdBank.registry.revoke(dealer);
        hkdBank.manager.grantRole(INVENTORIES, hkNeighbour, 1 days);
        address[6] memory others = [dealer, operator, claimsOfficer, stranger, address(this), hkNeighbour];
        for (uint256 i = 0; i < others.length; ++i) {
            _refused(others[i], abi.encodeCall(escrow.divertInventory, (address(hkd), dealer)), _notAllowed(others[i]));
        }
        _divertInventory(STOCK);
    }

    function test_inventory_in_another_banks_token_stays_and_so_does_what_a_payment_holds() public balanced {
        Payment memory payment = _openTwoCurrencies();
        hkdBank.registry.revoke(dealer);
        _divertInventory(STOCK - 850_00);
        _capture(payment, 60_00);
        assertEq(hkd.balanceOf(merchant), 510_00);
        bytes memory act = abi.encodeCall(escrow.divertInventory, (address(eur), dealer));
        _refused(inventoryOfficer, act, EscrowReverts.notAllowedByBank(inventoryOfficer, address(eurBank.manager)));
        _done(dealer, abi.encodeCall(escrow.withdraw, (address(eur), 60_00)));
        assertEq(eur.balanceOf(dealer), 60_00);
        _void(payment);
        _divertInventory(340_00);
    }

    /* HELP */

    function _allow(Bank storage bank, address target, bytes4 selector, uint64 role) private {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = selector;
        bank.manager.setTargetFunctionRole(target, selectors, role);
    }

    function _owe() private {
        Payment memory payment = _numbered(_twoCurrencies(), escrow.inventoryOf(dealer, address(hkd)));
        _open(payment);
        hkdBank.registry.revoke(merchant);
        _capture(payment, 100_00);
    }

    function _diverting(address to) private view returns (bytes memory) {
        return abi.encodeCall(escrow.divertClaim, (address(hkd), merchant, to));
    }

    function _claiming(address owner) private view returns (bytes memory) {
        return abi.encodeCall(escrow.claim, (address(hkd), owner));
    }

    function _divertClaim(address to) private {
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.ClaimDiverted(address(hkd), merchant, to, 850_00);
        _done(claimsOfficer, _diverting(to));
    }

    function _divertInventory(uint256 amount) private {
        uint256 owed = escrow.claimableOf(address(hkd), dealer);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.InventoryDiverted(address(hkd), dealer, amount);
        _done(inventoryOfficer, abi.encodeCall(escrow.divertInventory, (address(hkd), dealer)));
        assertEq(escrow.inventoryOf(dealer, address(hkd)), 0);
        assertEq(escrow.claimableOf(address(hkd), dealer), owed + amount);
    }

    /// @dev There is nothing left to divert again.
    function _divertInventoryOnce(uint256 amount) private {
        _divertInventory(amount);
        _assertInventoryStays(EscrowReverts.noInventory(dealer, address(hkd)));
    }

    function _assertClaims(address owner, uint256 amount) private {
        _done(stranger, _claiming(owner));
        assertEq(hkd.balanceOf(owner), amount);
    }

    function _assertClaimStays(address to, bytes memory reason) private {
        _refused(claimsOfficer, _diverting(to), reason);
    }

    function _assertNotAllowed(address caller) private {
        _refused(caller, _diverting(secondWallet), _notAllowed(caller));
    }

    function _assertInventoryStays(bytes memory reason) private {
        _refused(inventoryOfficer, abi.encodeCall(escrow.divertInventory, (address(hkd), dealer)), reason);
    }

    function _notAllowed(address caller) private view returns (bytes memory) {
        return EscrowReverts.notAllowedByBank(caller, address(hkdBank.manager));
    }
}
