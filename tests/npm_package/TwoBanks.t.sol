// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Test} from "forge-std/Test.sol";
import {BankFixture} from "deposit-token-contracts/fixtures/BankFixture.sol";
import {IAllowlistRegistry} from "deposit-token-contracts/interfaces/IAllowlistRegistry.sol";
import {IDepositToken} from "deposit-token-contracts/interfaces/IDepositToken.sol";
import {IDepositTokenMain} from "deposit-token-contracts/interfaces/IDepositTokenMain.sol";
import {IERC7943Fungible} from "deposit-token-contracts/interfaces/IERC7943.sol";
import {ISettlementEscrow} from "deposit-token-contracts/interfaces/ISettlementEscrow.sol";
import {Acceptance} from "deposit-token-contracts/types/Acceptance.sol";
import {CustomerCategory} from "deposit-token-contracts/types/Participant.sol";
import {Payment} from "deposit-token-contracts/types/Payment.sol";
import {PaymentApproval} from "deposit-token-contracts/types/PaymentApproval.sol";

/// @notice Two banks of the public fixture, and a dealer between them.
contract TwoBanksTest is Test {
    BankFixture private banks = new BankFixture();
    IDepositToken private euro;
    IDepositToken private yen;
    ISettlementEscrow private escrow;
    address private payer;
    uint256 private payerKey;
    address private dealer;
    uint256 private dealerKey;
    address private merchant = makeAddr("merchant");
    address private operator = makeAddr("operator");
    PaymentApproval private none;

    function setUp() public {
        (payer, payerKey) = makeAddrAndKey("payer");
        (dealer, dealerKey) = makeAddrAndKey("dealer");
        euro = banks.openBank("Rhein Euro", "EURd", "EUR", 2, 276);
        yen = banks.openBank("Edo Yen", "JPYd", "JPY", 0, 392);
        escrow = banks.escrow();
        banks.addCustomer(euro, payer, CustomerCategory.Retail);
        banks.addCustomer(euro, dealer, CustomerCategory.Dealer);
        banks.addCustomer(yen, dealer, CustomerCategory.Dealer);
        banks.addCustomer(yen, merchant, CustomerCategory.Merchant);
        banks.mint(euro, payer, 100_00);
        banks.mint(yen, dealer, 50_000);
        vm.startPrank(dealer);
        yen.approve(address(escrow), 50_000);
        escrow.deposit(address(yen), 50_000);
        vm.stopPrank();
    }

    function test_two_currencies() public {
        banks.connect(euro, yen);
        Payment memory payment = _terms();
        bytes memory consent = _sign(payerKey, banks.payerDigest(payment));
        bytes memory offer = _sign(dealerKey, escrow.paymentId(payment));

        vm.startPrank(operator);
        escrow.authorize(payment, consent, offer, none);
        assertEq(euro.balanceOf(address(escrow)), 60_00);
        escrow.capture(payment, 0, 60_00);

        assertEq(euro.balanceOf(payer), 40_00);
        assertEq(yen.balanceOf(merchant), 9_600);
        assertEq(escrow.inventoryOf(dealer, address(euro)), 60_00);
        assertEq(escrow.inventoryOf(dealer, address(yen)), 40_400);
    }

    function test_banks_are_strangers_until_connected() public {
        Payment memory payment = _terms();
        bytes memory consent = _sign(payerKey, banks.payerDigest(payment));
        bytes memory offer = _sign(dealerKey, escrow.paymentId(payment));

        vm.prank(operator);
        vm.expectRevert(
            abi.encodeWithSelector(IDepositTokenMain.TokenNotAccepted.selector, address(euro), Acceptance.None)
        );
        escrow.authorize(payment, consent, offer, none);
    }

    function test_whoever_opens_a_bank_administers_it() public {
        IAllowlistRegistry(euro.registry()).blockWallet(payer, "LEGL");

        vm.prank(payer);
        vm.expectRevert(abi.encodeWithSelector(IERC7943Fungible.ERC7943CannotSend.selector, payer));
        euro.transfer(dealer, 1);
    }

    /// @dev 60.00 euro for 9,600 yen.
    function _terms() private returns (Payment memory payment) {
        payment = banks.newPayment(payer, merchant, operator, euro, 60_00);
        payment.dealer = dealer;
        payment.targetToken = address(yen);
        payment.targetAmount = 9_600;
    }

    function _sign(uint256 key, bytes32 digest) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }
}
