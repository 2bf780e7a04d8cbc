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
    /// @dev How many of the calls below are answered with nothing.
    uint256 private constant OF_NOTHING = 3;
    bytes4 private constant LEGAL = "LEGL";

    address private otherMinter = makeAddr("otherMinter");
    address private removedMinter = makeAddr("removedMinter");
    address private suspense = makeAddr("suspense account");
    /// @dev A system account that was stopped.
    address private stopped;
    uint256 private requested;
    uint256 private accepted;
    uint256 private settled;
    /// @dev To each of the calls below, before the upgrade: their hashes.
    bytes32[] private answers;
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
        // One for the start, one for the subscription, two for the zones.
        epoch = 4;
        eur.sync(payer);
        eur.sync(neighbour);
        eur.sync(eurBank.minter);
        eur.sync(dealer);
        _noteAnswers();
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
        emit IDepositTokenCore.EpochAdopted(epoch + 1);
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

    /// @dev And `hkd`, the target side, by the upgrade of the other bank's token.
    function test_merchants_token_is_upgraded_in_mid_payment() public balanced {
        hkd.upgradeToAndCall(_newDepositToken(_nextExtension()), "");
        _capture(payment, 60_00);
        assertEq(hkd.balanceOf(merchant), 850_00);
        assertEq(hkd.totalSupply(), STOCK);
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
        eur.permit(payer, operator, 9_00, START + 1 days, permitSignature);
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
        eur.permit(payer, operator, 9_00, START + 1 days, _signPermit(0));
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
        bytes32 typeHash = eur.REDEMPTION_REQUEST_TYPEHASH();
        bytes memory request =
            abi.encode(typeHash, payer, 4_00, bytes32("payout 4"), bytes32("payout nonce"), START + 1 days);
        redemptionSignature = _signFor(keccak256(request));
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

    /// @dev Every answer is that of before, and the epoch counts the upgrades.
    function _assertEverythingThere() internal {
        bytes[] memory calls = _calls();
        for (uint256 i = 0; i < calls.length; ++i) {
            assertEq(keccak256(Address.functionCall(address(eur), calls[i])), answers[i], vm.toString(calls[i]));
        }
        assertEq(eur.epoch(), epoch);
        _assertState(escrow.paymentId(payment), PaymentStatus.Authorized, 40_00, 0);
    }

    /// @dev Each answer is something and not nothing, but for the last ones.
    function _noteAnswers() private {
        bytes[] memory calls = _calls();
        for (uint256 i = 0; i < calls.length; ++i) {
            bytes memory answer = Address.functionCall(address(eur), calls[i]);
            bool something = keccak256(answer) != keccak256(new bytes(answer.length));
            assertEq(something, i < calls.length - OF_NOTHING, vm.toString(calls[i]));
            answers.push(keccak256(answer));
        }
    }

    function _calls() private view returns (bytes[] memory calls) {
        calls = new bytes[](47);
        calls[0] = abi.encodeCall(eur.balanceOf, (payer));
        calls[1] = abi.encodeCall(eur.balanceOf, (neighbour));
        calls[2] = abi.encodeCall(eur.balanceOf, (eurBank.minter));
        calls[3] = abi.encodeCall(eur.balanceOf, (address(escrow)));
        calls[4] = abi.encodeCall(eur.totalSupply, ());
        calls[5] = abi.encodeCall(eur.supplyCap, ());
        calls[6] = abi.encodeCall(eur.getFrozenTokens, (neighbour));
        calls[7] = abi.encodeCall(eur.spendableOf, (neighbour));
        calls[8] = abi.encodeCall(eur.lockedOf, (payer));
        calls[9] = abi.encodeCall(eur.spendableOf, (payer));
        for (uint64 sequence = 1; sequence <= 4; ++sequence) {
            calls[9 + sequence] = abi.encodeCall(eur.isEntryConsumed, (_entry(EUR_LEDGER, sequence)));
        }
        calls[14] = abi.encodeCall(eur.minterOf, (eurBank.minter));
        calls[15] = abi.encodeCall(eur.minterOf, (otherMinter));
        calls[16] = abi.encodeCall(eur.minterOfLedger, (EUR_LEDGER));
        calls[17] = abi.encodeCall(eur.minterOfLedger, (OTHER_LEDGER));
        calls[18] = abi.encodeCall(eur.allowance, (payer, stranger));
        calls[19] = abi.encodeCall(eur.allowance, (payer, operator));
        calls[20] = abi.encodeCall(eur.nonces, (payer));
        calls[21] = abi.encodeCall(eur.authorizationState, (payer, "used"));
        calls[22] = abi.encodeCall(eur.authorizationState, (payer, "cancelled"));
        calls[23] = abi.encodeCall(eur.authorizationState, (payer, escrow.paymentId(payment)));
        calls[24] = abi.encodeCall(eur.DOMAIN_SEPARATOR, ());
        calls[25] = abi.encodeCall(eur.redemptionOf, (settled));
        calls[26] = abi.encodeCall(eur.redemptionOf, (requested));
        calls[27] = abi.encodeCall(eur.redemptionOf, (accepted));
        calls[28] = abi.encodeCall(eur.openRedemptionsOf, (payer));
        calls[29] = abi.encodeCall(eur.terms, ());
        calls[30] = abi.encodeCall(eur.name, ());
        calls[31] = abi.encodeCall(eur.symbol, ());
        calls[32] = abi.encodeCall(eur.currency, ());
        calls[33] = abi.encodeCall(eur.decimals, ());
        calls[34] = abi.encodeCall(eur.authority, ());
        calls[35] = abi.encodeCall(eur.registry, ());
        calls[36] = abi.encodeCall(eur.policy, ());
        calls[37] = abi.encodeCall(eur.policyGeneration, ());
        calls[38] = abi.encodeCall(eur.suspenseAccount, ());
        calls[39] = abi.encodeCall(eur.systemStatusOf, (address(escrow)));
        calls[40] = abi.encodeCall(eur.systemStatusOf, (stopped));
        calls[41] = abi.encodeCall(eur.acceptanceOf, (address(hkd)));
        calls[42] = abi.encodeCall(eur.acceptanceOf, (address(hostile)));
        calls[43] = abi.encodeCall(eur.standingOf, (payer));
        calls[44] = abi.encodeCall(eur.paused, ());
        calls[45] = abi.encodeCall(eur.minterOf, (removedMinter));
        calls[46] = abi.encodeCall(eur.authorizationState, (payer, "later"));
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

    /// @dev 9.00 for the operator.
    function _signPermit(uint256 nonce) private view returns (bytes memory) {
        return _signFor(keccak256(abi.encode(eur.PERMIT_TYPEHASH(), payer, operator, 9_00, nonce, START + 1 days)));
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
