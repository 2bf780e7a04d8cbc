// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";

import "../support/EscrowSystem.sol";
import {DeafExtension} from "../support/mocks/DeafExtension.sol";

/// @notice Everything that the extension before it answers, and one function more.
contract NextExtension is DeafExtension {
    address private immutable PREVIOUS;

    constructor(address previous) {
        PREVIOUS = previous;
    }

    /// @dev The token asks itself: this code runs at its address.
    function accountOf(address account) external view returns (uint256 balance, uint256 locked, uint256 spendable) {
        IDepositToken token = IDepositToken(address(this));
        return (token.balanceOf(account), token.lockedOf(account), token.spendableOf(account));
    }

    fallback(bytes calldata data) external returns (bytes memory) {
        return Address.functionDelegateCall(PREVIOUS, data);
    }
}

/// @notice A token in the middle of its life gets new code and finds everything where it was.
/// @dev Every test upgrades the token that {setUp} has used in every way.
abstract contract UpgradeBehaviour is EscrowSystem {
    uint64 private constant OTHER_LEDGER = 7002;
    uint64 private constant REMOVED_LEDGER = 7003;
    uint256 private constant PAYER_BALANCE = 99_529_00;
    uint256 private constant FROZEN = 12_00;
    bytes4 private constant LEGAL = "LEGL";

    address private otherMinter = makeAddr("otherMinter");
    address private removedMinter = makeAddr("removedMinter");
    address private suspense = makeAddr("suspense account");
    /// @dev A system account that was stopped.
    address private stopped;
    uint256 private requested;
    uint256 private accepted;
    uint256 private settled;
    bytes32 private domain;
    uint32 internal epoch;
    Payment private payment;
    /// @dev Terms that payer and dealer have signed, and nobody has brought yet.
    Payment private later;
    bytes private laterPayerSignature;
    bytes private laterDealerSignature;
    bytes private permitSignature;
    bytes private transferSignature;
    bytes private redemptionSignature;

    function setUp() public override {
        super.setUp();
        stopped = address(_newSettlementEscrow());
        _useMinters();
        _useSettings();
        _useAuthorizations();
        _useRedemptions();
        eur.setFrozenTokens(neighbour, FROZEN);
        payment = _openTwoCurrencies();
        _capture(payment, 40_00);
        _signForLater();
        domain = eur.DOMAIN_SEPARATOR();
        // One for the start, one for the subscription, two for the zones.
        epoch = 4;
        eur.sync(payer);
        eur.sync(neighbour);
        eur.sync(eurBank.minter);
        eur.sync(dealer);
        _assertEverythingThere();
    }

    /// @dev What the new code delegates to.
    function _nextExtension() internal virtual returns (address);

    /* WHAT IS FOUND */

    function test_upgrade_replaces_the_extension_too() public {
        address before = eur.EXTENSION();
        address extension = _nextExtension();
        address next = _newDepositToken(extension);
        assertNotEq(before, extension);
        assertNotEq(_implementation(), next);
        vm.expectEmit(address(eur));
        emit IERC1967.Upgraded(next);
        eur.upgradeToAndCall(next, "");
        assertEq(eur.EXTENSION(), extension);
        assertEq(_implementation(), next);
    }

    function test_upgraded_token_finds_everything() public {
        _upgrade();
        _assertEverythingThere();
    }

    function test_copies_are_made_anew() public {
        _upgrade();
        vm.expectCall(address(eurBank.registry), abi.encodeCall(eurBank.registry.standingOf, (payer)), 1);
        vm.expectCall(address(eurBank.registry), abi.encodeCall(eurBank.registry.standingOf, (neighbour)), 1);
        vm.prank(payer);
        assertTrue(eur.transfer(neighbour, 1_00));
        vm.prank(neighbour);
        assertTrue(eur.transfer(payer, 1_00));
    }

    function test_registry_still_reaches_the_token() public {
        _upgrade();
        eurBank.registry.blockWallet(payer, LEGAL);
        vm.expectRevert(TokenReverts.cannotSend(payer));
        vm.prank(payer);
        eur.transfer(neighbour, 1);
        vm.expectEmit(address(eur));
        emit IDepositTokenCore.EpochAdopted(epoch + 1);
        eurBank.registry.blockCustomer(1002, LEGAL);
        assertEq(eur.epoch(), epoch + 1);
        assertFalse(eur.canSend(neighbour));
    }

    function test_what_is_frozen_and_locked_stays_so() public {
        _upgrade();
        vm.expectRevert(TokenReverts.insufficientUnfrozenBalance(neighbour, 18_01, 18_00));
        vm.prank(neighbour);
        eur.transfer(payer, 18_01);
        uint256 spendable = PAYER_BALANCE - 50_00;
        vm.expectRevert(TokenReverts.tokensLocked(payer, spendable + 1, spendable));
        vm.prank(payer);
        eur.transfer(neighbour, spendable + 1);

        vm.prank(payer);
        assertTrue(eur.transfer(neighbour, spendable));
        vm.prank(neighbour);
        assertTrue(eur.transfer(payer, spendable + 18_00));
    }

    /* WHAT IS UNDER WAY */

    function test_payment_opened_before_is_captured_and_refunded() public balanced {
        _upgrade();
        bytes32 id = escrow.paymentId(payment);
        _capture(payment, 60_00);
        assertEq(hkd.balanceOf(merchant), 850_00);
        assertEq(escrow.inventoryOf(dealer, address(eur)), 100_00);
        assertEq(_remainingQuota(), YEARLY_QUOTA - 100_00);
        _refund(payment, _quote(payment, 0, 30_00));
        _assertState(id, PaymentStatus.Captured, 100_00, 255_00);
        assertEq(eur.balanceOf(payer), PAYER_BALANCE + 30_00);
        assertEq(_remainingQuota(), YEARLY_QUOTA - 70_00);
    }

    function test_payment_opened_before_is_voided_and_its_quota_restored() public balanced {
        _upgrade();
        _void(payment);
        assertEq(eur.balanceOf(payer), PAYER_BALANCE + 60_00);
        assertEq(_remainingQuota(), YEARLY_QUOTA - 40_00);
    }

    /// @dev And `hkd`, the target side, by the upgrade of the other bank's token.
    function test_merchants_token_is_upgraded_in_mid_payment() public balanced {
        hkd.upgradeToAndCall(_newDepositToken(_nextExtension()), "");
        _capture(payment, 60_00);
        assertEq(hkd.balanceOf(merchant), 850_00);
        assertEq(hkd.totalSupply(), STOCK);
    }

    function test_redemption_accepted_before_is_settled() public {
        _upgrade();
        uint128 entry = _nextEntry(eurBank);
        vm.expectEmit(address(eur));
        emit IDepositTokenExt.RedemptionSettled(accepted, eurBank.minter, 30_00, entry);
        vm.expectEmit(address(eur));
        emit IERC20.Transfer(payer, address(0), 30_00);
        vm.prank(eurBank.minter);
        eur.settleRedemption(accepted, entry);
        assertEq(eur.balanceOf(payer), PAYER_BALANCE - 30_00);
        assertEq(eur.lockedOf(payer), 20_00);
        assertEq(eur.openRedemptionsOf(payer).length, 1);
        assertEq(eur.openRedemptionsOf(payer)[0], requested);
        assertTrue(eur.isEntryConsumed(entry));
    }

    function test_redemption_requested_before_is_cancelled_and_the_next_has_the_next_number() public {
        _upgrade();
        vm.startPrank(payer);
        eur.cancelRedemption(requested);
        assertEq(eur.lockedOf(payer), 30_00);
        assertEq(eur.requestRedemption(1, "payout 4"), 4);
        vm.stopPrank();
        vm.expectRevert(
            TokenReverts.wrongRedemptionStatus(settled, RedemptionStatus.Settled, RedemptionStatus.Requested)
        );
        eur.acceptRedemption(settled);
    }

    /* WHAT WAS SIGNED */

    function test_signatures_from_before_are_good() public balanced {
        _upgrade();
        (uint8 v, bytes32 r, bytes32 s) = _split(permitSignature);
        eur.permit(payer, operator, 9_00, START + 1 days, v, r, s);
        assertEq(eur.allowance(payer, operator), 9_00);
        assertEq(eur.nonces(payer), 2);

        eur.transferWithAuthorization(payer, neighbour, 3_00, 0, START + 1 days, "later", transferSignature);
        assertEq(eur.balanceOf(neighbour), 33_00);

        uint256 id = eur.requestRedemptionWithSignature(
            payer, 4_00, "payout 4", "payout nonce", START + 1 days, redemptionSignature
        );
        assertEq(id, 4);
        assertEq(eur.lockedOf(payer), 54_00);

        vm.prank(operator);
        bytes32 paymentId = escrow.authorize(later, laterPayerSignature, laterDealerSignature, _noApproval());
        _assertState(paymentId, PaymentStatus.Authorized, 0, 0);
        _capture(later, 100_00);
        assertEq(hkd.balanceOf(merchant), 340_00 + 850_00);
        assertEq(eur.balanceOf(payer), PAYER_BALANCE - 3_00 - 100_00);
    }

    function test_used_and_cancelled_authorizations_stay_so() public {
        _upgrade();
        bytes32[2] memory nonces = [bytes32("used"), bytes32("cancelled")];
        for (uint256 i = 0; i < nonces.length; ++i) {
            bytes memory signature = _signTransfer(nonces[i]);
            vm.expectRevert(TokenReverts.usedAuthorization(payer, nonces[i]));
            eur.transferWithAuthorization(payer, neighbour, 3_00, 0, START + 1 days, nonces[i], signature);
        }
        // A payment's nonce is its id: it can't be paid for twice.
        bytes32 id = escrow.paymentId(payment);
        bytes memory again = _payerSignature(payment);
        vm.expectRevert(TokenReverts.usedAuthorization(payer, id));
        vm.prank(address(escrow));
        eur.receiveWithAuthorization(payer, address(escrow), 100_00, 0, payment.authorizeBy, id, again);
    }

    function test_used_permit_stays_so() public {
        bytes memory signature = _signPermit(0);
        _upgrade();
        (uint8 v, bytes32 r, bytes32 s) = _split(signature);
        // The nonce is not in the call: the signature is of another message by now, and of another key for it.
        address recovered = ecrecover(_permitDigest(1), v, r, s);
        vm.expectRevert(TokenReverts.invalidSigner(recovered, payer));
        eur.permit(payer, operator, 9_00, START + 1 days, v, r, s);
        assertNotEq(recovered, payer);
    }

    /* WHAT MINTERS DO */

    function test_consumed_entries_stay_so_for_everything() public {
        _upgrade();
        for (uint64 sequence = 1; sequence <= 4; ++sequence) {
            uint128 entry = _entry(EUR_LEDGER, sequence);
            bytes memory refusal = TokenReverts.entryConsumed(entry);
            vm.startPrank(eurBank.minter);
            vm.expectRevert(refusal);
            eur.mint(payer, 1, entry);
            vm.expectRevert(refusal);
            eur.burn(1, entry);
            vm.expectRevert(refusal);
            eur.settleRedemption(accepted, entry);
            vm.stopPrank();
        }
        uint128 fresh = _nextEntry(eurBank);
        vm.prank(eurBank.minter);
        eur.mint(payer, 1, fresh);
        assertEq(eur.balanceOf(payer), PAYER_BALANCE + 1);
    }

    function test_minters_go_on_with_what_they_had() public {
        _upgrade();
        uint128 entry = _entry(OTHER_LEDGER, 0);
        vm.startPrank(otherMinter);
        vm.expectRevert(TokenReverts.mintAllowanceExceeded(otherMinter, 5_01, 5_00));
        eur.mint(payer, 5_01, entry);
        eur.mint(payer, 5_00, entry);
        vm.stopPrank();
        vm.expectRevert(TokenReverts.notMinter(removedMinter));
        vm.prank(removedMinter);
        eur.mint(payer, 1, _entry(REMOVED_LEDGER, 0));
        vm.expectRevert(TokenReverts.ledgerTaken(OTHER_LEDGER, otherMinter));
        eur.setMinter(removedMinter, OTHER_LEDGER, 1);
    }

    function test_system_accounts_keep_their_part() public {
        _upgrade();
        vm.prank(payer);
        eur.approve(stopped, 1);
        vm.expectRevert(TokenReverts.systemAccountClosed(stopped, stopped, SystemStatus.OutflowOnly));
        vm.prank(stopped);
        eur.transferFrom(payer, stopped, 1);
        vm.prank(dealer);
        escrow.withdraw(address(eur), 40_00);
        assertEq(eur.balanceOf(dealer), 40_00);
    }

    /* HELPERS: THE LIFE BEFORE */

    /// @dev Entries 1 (by the fixture) and 2 by mints, 3 by a burn; the redemptions use 4 for a settlement.
    function _useMinters() private {
        _mint(eurBank, eurBank.minter, 8_00);
        uint128 entry = _nextEntry(eurBank);
        vm.prank(eurBank.minter);
        eur.burn(3_00, entry);
        eur.setMinter(otherMinter, OTHER_LEDGER, 7_00);
        vm.prank(otherMinter);
        eur.mint(eurBank.minter, 2_00, _entry(OTHER_LEDGER, 1));
        eur.setMinter(removedMinter, REMOVED_LEDGER, 6_00);
        eur.removeMinter(removedMinter);
    }

    function _useSettings() private {
        eur.activateSystemAccount(stopped);
        eur.stopSystemAccount(stopped);
        eur.setTerms("https://bank.example/deposits/eur/terms.pdf", keccak256("terms"));
        _onboard(eurBank, suspense, CustomerCategory.Institution, GERMANY, 1010);
        eur.setSuspenseAccount(suspense);
        eur.suspendAccepted(address(hostile));
        eur.setPolicy(address(eurBank.policy));
        eur.setSupplyCap(SUPPLY_CAP + 1);
    }

    function _useAuthorizations() private {
        vm.prank(payer);
        eur.approve(stranger, 7_00);
        (uint8 v, bytes32 r, bytes32 s) = _split(_signPermit(0));
        eur.permit(payer, operator, 9_00, START + 1 days, v, r, s);
        eur.transferWithAuthorization(payer, neighbour, 3_00, 0, START + 1 days, "used", _signTransfer("used"));
        bytes32 structHash = keccak256(abi.encode(eur.CANCEL_AUTHORIZATION_TYPEHASH(), payer, bytes32("cancelled")));
        eur.cancelAuthorization(payer, "cancelled", _signFor(structHash));
        vm.prank(payer);
        assertTrue(eur.transfer(neighbour, 27_00));
    }

    function _useRedemptions() private {
        vm.startPrank(payer);
        settled = eur.requestRedemption(341_00, "payout 1");
        requested = eur.requestRedemption(20_00, "payout 2");
        accepted = eur.requestRedemption(30_00, "payout 3");
        vm.stopPrank();
        eur.acceptRedemption(settled);
        eur.acceptRedemption(accepted);
        uint128 entry = _nextEntry(eurBank);
        vm.prank(eurBank.minter);
        eur.settleRedemption(settled, entry);
    }

    function _signForLater() private {
        permitSignature = _signPermit(1);
        transferSignature = _signTransfer("later");
        redemptionSignature = _signFor(
            keccak256(
                abi.encode(
                    eur.REDEMPTION_REQUEST_TYPEHASH(),
                    payer,
                    4_00,
                    bytes32("payout 4"),
                    bytes32("payout nonce"),
                    START + 1 days
                )
            )
        );
        later = _twoCurrencies();
        later.uetr = bytes16(uint128(1));
        laterPayerSignature = _payerSignature(later);
        laterDealerSignature = _dealerSignature(later);
    }

    /* HELPERS: UPGRADE */

    function _upgrade() internal {
        eur.upgradeToAndCall(_newDepositToken(_nextExtension()), "");
        ++epoch;
    }

    function _implementation() private view returns (address) {
        return address(uint160(uint256(vm.load(address(eur), ERC1967Utils.IMPLEMENTATION_SLOT))));
    }

    /* HELPERS: EVERYTHING */

    function _assertEverythingThere() internal view {
        _assertBooks();
        _assertMinters();
        _assertAuthorizations();
        _assertRedemptions();
        _assertSettings();
        _assertStandings();
        _assertState(escrow.paymentId(payment), PaymentStatus.Authorized, 40_00, 0);
    }

    function _assertBooks() private view {
        assertEq(eur.balanceOf(payer), PAYER_BALANCE);
        assertEq(eur.balanceOf(neighbour), 30_00);
        assertEq(eur.balanceOf(eurBank.minter), 7_00);
        assertEq(eur.balanceOf(address(escrow)), 100_00);
        assertEq(eur.totalSupply(), 100_000_00 + 8_00 + 2_00 - 3_00 - 341_00);
        assertEq(eur.supplyCap(), SUPPLY_CAP + 1);
        assertEq(eur.getFrozenTokens(neighbour), FROZEN);
        assertEq(eur.spendableOf(neighbour), 30_00 - FROZEN);
        assertEq(eur.lockedOf(payer), 50_00);
        assertEq(eur.spendableOf(payer), PAYER_BALANCE - 50_00);
        for (uint64 sequence = 0; sequence <= 5; ++sequence) {
            assertEq(eur.isEntryConsumed(_entry(EUR_LEDGER, sequence)), sequence != 0 && sequence != 5);
        }
    }

    function _assertMinters() private view {
        _assertMinter(eurBank.minter, EUR_LEDGER, MINTER_CEILING - 100_000_00 - 8_00, MINTER_CEILING);
        _assertMinter(otherMinter, OTHER_LEDGER, 5_00, 7_00);
        _assertMinter(removedMinter, 0, 0, 0);
        assertEq(eur.minterOfLedger(EUR_LEDGER), eurBank.minter);
        assertEq(eur.minterOfLedger(OTHER_LEDGER), otherMinter);
        assertEq(eur.minterOfLedger(REMOVED_LEDGER), address(0));
    }

    function _assertAuthorizations() private view {
        assertEq(eur.allowance(payer, stranger), 7_00);
        assertEq(eur.allowance(payer, operator), 9_00);
        assertEq(eur.nonces(payer), 1);
        assertTrue(eur.authorizationState(payer, "used"));
        assertTrue(eur.authorizationState(payer, "cancelled"));
        assertTrue(eur.authorizationState(payer, escrow.paymentId(payment)));
        assertFalse(eur.authorizationState(payer, "later"));
        assertFalse(eur.authorizationState(neighbour, "used"));
        assertEq(eur.DOMAIN_SEPARATOR(), domain);
    }

    function _assertRedemptions() private view {
        _assertRedemption(settled, RedemptionStatus.Settled, 341_00, "payout 1");
        _assertRedemption(requested, RedemptionStatus.Requested, 20_00, "payout 2");
        _assertRedemption(accepted, RedemptionStatus.Accepted, 30_00, "payout 3");
        uint256[] memory open = eur.openRedemptionsOf(payer);
        assertEq(open.length, 2);
        assertEq(open[0] + open[1], requested + accepted);
        assertTrue(open[0] == requested || open[1] == requested);
    }

    function _assertRedemption(uint256 id, RedemptionStatus status, uint256 amount, bytes32 payoutReference)
        private
        view
    {
        Redemption memory redemption = eur.redemptionOf(id);
        assertEq(redemption.holder, payer);
        assertEq(uint8(redemption.status), uint8(status));
        assertEq(redemption.amount, amount);
        assertEq(redemption.payoutReference, payoutReference);
    }

    function _assertSettings() private view {
        assertEq(eur.name(), "Euro Deposit");
        assertEq(eur.symbol(), "EURd");
        assertEq(eur.currency(), bytes3("EUR"));
        assertEq(eur.decimals(), 2);
        assertEq(eur.authority(), address(eurBank.manager));
        assertEq(eur.registry(), address(eurBank.registry));
        assertEq(eur.policy(), address(eurBank.policy));
        assertEq(eur.policyGeneration(), 2);
        assertFalse(eur.paused());
        assertEq(eur.suspenseAccount(), suspense);
        (string memory uri, bytes32 contentHash) = eur.terms();
        assertEq(uri, "https://bank.example/deposits/eur/terms.pdf");
        assertEq(contentHash, keccak256("terms"));
        assertEq(uint8(eur.systemStatusOf(address(escrow))), uint8(SystemStatus.Active));
        assertEq(uint8(eur.systemStatusOf(stopped)), uint8(SystemStatus.OutflowOnly));
        assertEq(uint8(eur.systemStatusOf(payer)), uint8(SystemStatus.None));
        assertEq(eur.epoch(), epoch);
        assertEq(uint8(eur.acceptanceOf(address(hkd))), uint8(Acceptance.Accepted));
        assertEq(uint8(eur.acceptanceOf(address(hostile))), uint8(Acceptance.RefundsOnly));
        assertEq(eur.version(), "1");
    }

    function _assertStandings() private view {
        Standing memory standing = eur.standingOf(payer);
        assertEq(standing.validUntil, REVIEWED_UNTIL);
        assertEq(standing.country, GERMANY);
        assertEq(standing.zone, EEA);
        assertEq(uint8(eur.standingOf(dealer).category), uint8(CustomerCategory.Dealer));
        assertEq(eur.standingOf(neighbour).country, FRANCE);
        assertEq(eur.standingOf(stranger).validUntil, 0);
    }

    /* HELPERS: SIGNATURES */

    /// @dev By the payer, in the euro token's domain.
    function _signFor(bytes32 structHash) private view returns (bytes memory) {
        return _sign(payerKey, keccak256(abi.encodePacked(hex"1901", eur.DOMAIN_SEPARATOR(), structHash)));
    }

    /// @dev 3.00 to the neighbour.
    function _signTransfer(bytes32 nonce) private view returns (bytes memory) {
        return _signFor(
            keccak256(
                abi.encode(eur.TRANSFER_WITH_AUTHORIZATION_TYPEHASH(), payer, neighbour, 3_00, 0, START + 1 days, nonce)
            )
        );
    }

    function _signPermit(uint256 nonce) private view returns (bytes memory) {
        return _sign(payerKey, _permitDigest(nonce));
    }

    /// @dev 9.00 for the operator.
    function _permitDigest(uint256 nonce) private view returns (bytes32) {
        bytes32 structHash = keccak256(abi.encode(eur.PERMIT_TYPEHASH(), payer, operator, 9_00, nonce, START + 1 days));
        return keccak256(abi.encodePacked(hex"1901", eur.DOMAIN_SEPARATOR(), structHash));
    }

    function _split(bytes memory signature) private pure returns (uint8 v, bytes32 r, bytes32 s) {
        (r, s) = abi.decode(signature, (bytes32, bytes32));
        v = uint8(signature[64]);
    }
}

/// @notice The same code once more, with an extension of its own.
contract UpgradeTest is UpgradeBehaviour {
    function _nextExtension() internal override returns (address) {
        return _newExtension();
    }
}

/// @notice Code that can do more.
contract UpgradeToNextExtensionTest is UpgradeBehaviour {
    function _nextExtension() internal override returns (address) {
        return address(new NextExtension(_newExtension()));
    }

    function test_function_that_is_new_sees_what_is_old() public {
        NextExtension next = NextExtension(address(eur));
        vm.expectRevert(bytes(""));
        next.accountOf(payer);
        _upgrade();
        (uint256 balance, uint256 locked, uint256 spendable) = next.accountOf(payer);
        assertEq(balance, 99_529_00);
        assertEq(locked, 50_00);
        assertEq(spendable, 99_479_00);
    }

    function test_there_is_a_way_back() public {
        _upgrade();
        eur.upgradeToAndCall(_newDepositToken(), "");
        ++epoch;
        _assertEverythingThere();
        vm.expectRevert(bytes(""));
        NextExtension(address(eur)).accountOf(payer);
    }
}
