// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/EscrowActs.sol";
import {FickleWallet} from "../support/mocks/FickleWallet.sol";
import {HostileWallet} from "../support/mocks/HostileWallet.sol";
import {ReentrantWallet} from "../support/mocks/ReentrantWallet.sol";

/// @notice Contract wallets that lie about signatures, burn gas, answer at length or come back, in
/// each part that signs something for the escrow.
contract HostileWalletAttacksTest is EscrowActs {
    /// @dev Enough for any act several times over; a wallet that burns what it gets leaves a sixty-fourth of it.
    uint256 private constant GAS = 8_000_000;

    /// @notice One that says no, answers short, dirty or huge, reverts, burns the gas or writes.
    function test_no_trick_of_a_payers_wallet_releases_a_payment() public balanced {
        for (uint8 i = 0; i <= uint8(type(HostileWallet.Trick).max); ++i) {
            Payment memory payment = _payingFrom(address(new FickleWallet()));
            payment.remittanceHash = bytes32(uint256(i));
            bytes32 id = _open(payment);
            vm.etch(payment.payer, address(new HostileWallet(HostileWallet.Trick(i))).code);
            bytes32 digest = escrow.releaseDigest(id, payment.captureBy);
            vm.expectRevert(EscrowReverts.invalidSignature(payment.payer, digest));
            escrow.releaseWithSignature{gas: GAS}(payment, payment.captureBy, "");
            _void(payment);
        }
    }

    /// @notice Anybody fills payments from it at any rate, and from no other dealer's.
    function test_a_dealers_wallet_that_lies_gives_away_its_own_inventory() public balanced {
        address liar = address(new FickleWallet());
        _makeDealer(liar, 80);
        _stock(hkdBank, liar, 850_00);
        Payment memory payment = _twoCurrencies();
        (payment.dealer, payment.sourceAmount) = (liar, 1_00);
        bytes memory payers = _payerSignature(payment);
        vm.prank(operator);
        escrow.authorize(payment, payers, "nobody signed this", _noApproval());
        _capture(payment, 1_00);
        assertEq(hkd.balanceOf(merchant), 850_00);
        assertEq(escrow.inventoryOf(liar, address(hkd)), 0);

        payment.dealer = dealer;
        bytes memory invalid = EscrowReverts.invalidSignature(dealer, escrow.paymentId(payment));
        _expectRefused(payment, _payerSignature(payment), "nobody signed this", _noApproval(), invalid);
    }

    /// @notice Each signs only if the guard stopped its call: so all went through, once.
    function test_a_wallet_cannot_come_back_from_the_question() public balanced {
        ReentrantWallet[4] memory wallets =
            [new ReentrantWallet(), new ReentrantWallet(), new ReentrantWallet(), new ReentrantWallet()];
        Payment memory payment = _payingFrom(address(wallets[0]));
        (payment.dealer, payment.merchant) = (address(wallets[1]), address(wallets[2]));
        _makeDealer(payment.dealer, 80);
        _stock(hkdBank, payment.dealer, 850_00);
        _onboard(hkdBank, payment.merchant, CustomerCategory.Merchant, HONG_KONG, 2071);
        _watch(payment.merchant);
        _needApproval();
        eurBank.policy.setApprover(address(wallets[3]));
        _arm(wallets[0], abi.encodeCall(escrow.release, (payment)));
        _arm(wallets[1], abi.encodeCall(escrow.withdraw, (address(hkd), 850_00)));
        _arm(wallets[2], abi.encodeCall(escrow.void, (payment)));
        _arm(wallets[3], abi.encodeCall(escrow.claim, (address(eur), payer)));
        vm.prank(operator);
        bytes32 id = escrow.authorize(payment, "", "", PaymentApproval(payment.authorizeBy, ""));
        _assertState(id, PaymentStatus.Authorized, 0, 0);

        escrow.releaseWithSignature(payment, payment.captureBy, "");
        RefundQuote memory quote = _quote(payment, 0, 10_00);
        vm.prank(operator);
        escrow.refundWithAuthorization(payment, quote, "", "");
        _assertState(id, PaymentStatus.Captured, 100_00, 85_00);
        assertEq(eur.balanceOf(payment.payer), 10_00);
        assertEq(hkd.balanceOf(payment.merchant), 765_00);
        assertEq(escrow.inventoryOf(payment.dealer, address(hkd)), 85_00);
        assertEq(escrow.inventoryOf(payment.dealer, address(eur)), 90_00);
    }

    /* HELP */

    function _payingFrom(address wallet) private returns (Payment memory payment) {
        _onboard(eurBank, wallet, CustomerCategory.Retail, GERMANY, 1070);
        _mint(eurBank, wallet, 100_00);
        _watch(wallet);
        payment = _twoCurrencies();
        payment.payer = wallet;
    }

    function _arm(ReentrantWallet wallet, bytes memory attack) private {
        wallet.setAttack(address(escrow), attack, EscrowReverts.reentrancyGuardReentrantCall());
    }
}
