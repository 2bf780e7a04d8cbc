// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Vm} from "../../../node_modules/@layerzerolabs/toolbox-foundry/lib/forge-std/Vm.sol";

import {HostileStanding} from "../support/mocks/HostileStanding.sol";
import "./EscrowAttacks.sol";

/// @notice Somebody spoils what others are about to do, by costing them gas or time.
contract GriefingAttacksTest is EscrowAttacks {
    /// @dev The most gas that a transaction can have (EIP-7825).
    uint256 private constant TRANSACTION_GAS = 1 << 24;

    /* GAS */

    /// @notice In one transaction of the greatest size: each poison is skipped or owed.
    function test_a_batch_with_every_poison_pays_the_honest_ones() public balanced {
        Payment memory honest = _openTwoCurrencies();
        Payment memory burning = _hostileSource(HostileStanding.Trick.BurnGas, 0);
        Payment memory fourth = _twoCurrencies();
        fourth.remittanceHash = "fourth";
        _open(fourth);
        bytes[] memory acts = new bytes[](9);
        acts[0] = _capturing(honest, 0, 10_00);
        acts[1] = _capturing(burning, 0, 10_00);
        acts[2] = _capturing(_hostileSource(HostileStanding.Trick.RefuseAtLength, 1_200_000), 0, 10_00);
        acts[3] = _capturing(fourth, 0, 10_00);
        _stockHostile(850_00);
        Payment memory owing = _intoHostile();
        _open(owing);
        _trick(IERC20.transfer.selector, HostileToken.Kind.BurnGas, false, 0, 0);
        acts[4] = _capturing(owing, 0, 10_00);
        acts[5] = _capturing(_hostileSource(HostileStanding.Trick.Reenter, 0), 0, 10_00);
        // Tampered terms, too much, and the rest.
        Payment memory tampered = _twoCurrencies();
        tampered.targetAmount += 1;
        acts[6] = _capturing(tampered, 0, 10_00);
        acts[7] = _capturing(honest, 10_00, 90_01);
        acts[8] = _capturing(honest, 10_00, 90_00);

        vm.recordLogs();
        vm.prank(operator);
        escrow.batch{gas: TRANSACTION_GAS}(acts);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        uint256 skipped = 0;
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] == ISettlementEscrow.ActSkipped.selector) ++skipped;
        }
        assertEq(skipped, 5);
        assertEq(hkd.balanceOf(merchant), 850_00 + 85_00, "the first in two parts, and the fourth");
        assertEq(escrow.claimableOf(address(hostile), merchant), 85_00);
        _assertState(escrow.paymentId(honest), PaymentStatus.Captured, 100_00, 0);
        _assertState(escrow.paymentId(burning), PaymentStatus.Authorized, 0, 0);
    }

    /* TIME */

    function test_a_clock_set_back_revives_nothing() public balanced {
        Payment memory payment = _openTwoCurrencies();
        vm.warp(payment.captureBy);
        escrow.reclaim(payment);
        vm.warp(payment.captureBy - 1);
        _expectCaptureRefused(payment, 100_00, _wrongStatus(payment, PaymentStatus.Reclaimed, PaymentStatus.Authorized));
        _assertMoney(100_000_00, 0, 0, STOCK);
        assertEq(_remainingQuota(), YEARLY_QUOTA);
    }

    /// @notice No stuffing lasts long enough to miss what has no deadline: reclaim, void, claim and withdraw.
    function test_what_gives_back_has_no_deadline() public balanced {
        Payment memory first = _openDisputable();
        Payment memory second = _openOneCurrency();
        vm.warp(block.timestamp + 36_500 days);
        escrow.reclaim(first);
        _void(second);
        assertEq(escrow.claimableOf(address(eur), payer), 200_00, "its review ended long ago");
        eurBank.registry.renew(payer, uint40(block.timestamp + 1));
        hkdBank.registry.renew(dealer, uint40(block.timestamp + 1));
        escrow.claim(address(eur), payer);
        vm.prank(dealer);
        escrow.withdraw(address(hkd), STOCK);
        assertEq(eur.balanceOf(payer), 100_000_00);
        assertEq(hkd.balanceOf(dealer), STOCK);
    }

    /* HELP */

    /// @dev Out of a token of its own that does this when it is asked for the payer's standing.
    function _hostileSource(HostileStanding.Trick trick, uint256 length) private returns (Payment memory payment) {
        HostileToken token = new HostileToken();
        token.give(payer, 100_00);
        hkd.setAccepted(address(token), true);
        payment = _outOfHostile();
        payment.sourceToken = address(token);
        _open(payment);
        vm.mockFunction(
            address(token), address(new HostileStanding(trick, length)), abi.encodeCall(token.payerBlocked, (payer))
        );
    }
}
