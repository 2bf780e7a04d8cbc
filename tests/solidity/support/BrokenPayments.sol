// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {ICorridorPolicy} from "../../../contracts/interfaces/ICorridorPolicy.sol";
import {IERC7943Fungible} from "../../../contracts/interfaces/IERC7943.sol";
import {IDepositTokenMain} from "../../../contracts/interfaces/IDepositTokenMain.sol";
import {ISettlementEscrow} from "../../../contracts/interfaces/ISettlementEscrow.sol";
import {IDepositTokenCore} from "../../../contracts/interfaces/IDepositTokenCore.sol";
import {Period} from "../../../contracts/libraries/CalendarPeriod.sol";
import {Acceptance} from "../../../contracts/types/Acceptance.sol";
import {SystemStatus} from "../../../contracts/types/AccountSlot.sol";
import {CustomerCategory} from "../../../contracts/types/Participant.sol";
import {PaymentStatus} from "../../../contracts/types/PaymentSlot.sol";
import {DisputeSystem} from "./DisputeSystem.sol";
import {Corridor} from "../../../contracts/types/Corridor.sol";
import {Payment} from "../../../contracts/types/Payment.sol";

/// @notice A catalogue of payments that can't be authorized or charged, each with what either act reverts with.
abstract contract BrokenPayments is DisputeSystem {
    /// @dev How many ways each function below knows.
    uint256 internal constant BROKEN_TERMS = 13;
    uint256 internal constant BROKEN_SURROUNDINGS = 23;
    uint256 internal constant BROKEN_PAYERS = 6;
    /// @dev The one surrounding that is the payment's own: it began already.
    uint256 internal constant BROKEN_BY_STATUS = 18;

    /// @dev What can be said of the terms alone.
    function _breakTerms(uint256 way) internal view returns (Payment memory payment, bytes memory) {
        payment = _disputable();
        if (way == 0) {
            payment.authorizeBy = uint40(block.timestamp);
            return (payment, abi.encodeWithSelector(ISettlementEscrow.TooLate.selector, START, START));
        }
        if (way == 1) {
            payment.refundBy = payment.captureBy - 1;
            return (
                payment,
                abi.encodeWithSelector(
                    ISettlementEscrow.DeadlinesCrossed.selector,
                    payment.authorizeBy,
                    payment.captureFrom,
                    payment.captureBy,
                    payment.refundBy
                )
            );
        }
        if (way == 2) {
            payment.resolveBy = payment.captureBy + 1 days - 1;
            return (
                payment,
                abi.encodeWithSelector(
                    ISettlementEscrow.ResolveByMismatch.selector, arbiter, payment.captureBy, payment.resolveBy
                )
            );
        }
        if (way == 3) {
            payment.arbiter = operator;
            return (payment, abi.encodeWithSelector(ISettlementEscrow.ArbiterNotNeutral.selector, operator));
        }
        if (way == 4) {
            payment.sourceAmount = 0;
            return (payment, abi.encodeWithSelector(ISettlementEscrow.ZeroAmount.selector));
        }
        if (way == 5) {
            payment.dealer = address(0);
            return (payment, abi.encodeWithSelector(ISettlementEscrow.DealerMismatch.selector, address(0), eur, hkd));
        }
        if (way == 6) {
            payment.dealer = merchant;
            return
                (
                    payment,
                    abi.encodeWithSelector(ISettlementEscrow.PartiesNotDistinct.selector, payer, merchant, merchant)
                );
        }
        if (way == 7) {
            payment.feeBps = 10_001;
            return (payment, abi.encodeWithSelector(ISettlementEscrow.FeeInvalid.selector, 10_001, feeReceiver));
        }
        if (way == 8) {
            payment.merchant = address(escrow);
            return (
                payment,
                abi.encodeWithSelector(
                    IDepositTokenCore.SystemAccountClosed.selector, escrow, escrow, SystemStatus.Active
                )
            );
        }
        if (way == 9) {
            payment.merchant = neighbour; // Unknown to the Hong Kong bank.
            return (payment, abi.encodeWithSelector(IERC7943Fungible.ERC7943CannotReceive.selector, neighbour));
        }
        if (way == 10) {
            payment.targetAmount = STOCK + 1;
            return (
                payment,
                abi.encodeWithSelector(
                    ISettlementEscrow.InventoryTooLow.selector, dealer, hkd, STOCK, uint256(STOCK) + 1
                )
            );
        }
        payment = _disputableInOneCurrency();
        if (way == 11) {
            payment.targetAmount = 99_99;
            return (payment, abi.encodeWithSelector(ISettlementEscrow.AmountsDiffer.selector, 100_00, 99_99));
        }
        payment.arbiter = address(0);
        return (
            payment,
            abi.encodeWithSelector(
                ISettlementEscrow.ResolveByMismatch.selector, address(0), payment.captureBy, payment.resolveBy
            )
        );
    }

    /// @dev What a bank's own records and rules refuse, whatever was signed.
    function _breakSurroundings(uint256 way) internal returns (Payment memory payment, bytes memory) {
        payment = _disputable();
        if (way == 0) {
            hkd.pause();
            return (payment, abi.encodeWithSelector(IDepositTokenCore.TokenPaused.selector));
        }
        if (way == 1) {
            hkd.stopSystemAccount(address(escrow));
            return (payment, _notSystemAccount());
        }
        if (way == 2) {
            eur.stopSystemAccount(address(escrow));
            return (payment, _notSystemAccount());
        }
        if (way == 3) {
            hkdBank.registry.revoke(merchant);
            return (payment, abi.encodeWithSelector(IERC7943Fungible.ERC7943CannotReceive.selector, merchant));
        }
        if (way == 4) {
            hkdBank.registry.blockWallet(feeReceiver, LEGAL);
            return (payment, abi.encodeWithSelector(IERC7943Fungible.ERC7943CannotReceive.selector, feeReceiver));
        }
        if (way == 5) {
            hkdBank.registry.revoke(dealer);
            return
                (
                    payment,
                    abi.encodeWithSelector(IDepositTokenMain.NotDealer.selector, dealer, 0, CustomerCategory.Dealer)
                );
        }
        if (way == 6) {
            eurBank.registry.revoke(dealer);
            return
                (
                    payment,
                    abi.encodeWithSelector(IDepositTokenMain.NotDealer.selector, dealer, 0, CustomerCategory.Dealer)
                );
        }
        if (way == 7) {
            address foreigner = makeAddr("fee receiver elsewhere");
            _onboard(hkdBank, foreigner, CustomerCategory.Institution, GERMANY, 2011);
            payment.feeReceiver = foreigner;
            return
                (payment, abi.encodeWithSelector(IDepositTokenMain.FeeReceiverElsewhere.selector, foreigner, EEA, HK));
        }
        if (way == 8) {
            eur.setAccepted(address(hkd), false);
            return (payment, _notAccepted(address(hkd), Acceptance.None));
        }
        if (way == 9) {
            eur.suspendAccepted(address(hkd));
            return (payment, _notAccepted(address(hkd), Acceptance.RefundsOnly));
        }
        if (way == 10) {
            hkd.stopAccepted(address(eur));
            return (payment, _notAccepted(address(eur), Acceptance.RefundsOnly));
        }
        if (way == 11) {
            eurBank.registry.setZone(_countries(HONG_KONG, HONG_KONG), 0);
            return (payment, abi.encodeWithSelector(ICorridorPolicy.CorridorClosed.selector, eur, EEA, 0));
        }
        if (way == 12) {
            vm.prank(dealer);
            escrow.withdraw(address(hkd), STOCK - 849_99);
            return (
                payment,
                abi.encodeWithSelector(ISettlementEscrow.InventoryTooLow.selector, dealer, hkd, 849_99, uint256(850_00))
            );
        }
        if (way == 21) payment.purpose = 0;
        return (payment, _breakCorridor(way));
    }

    /// @dev From 13 on: what the corridor from the payer's zone to the merchant's refuses.
    function _breakCorridor(uint256 way) private returns (bytes memory reason) {
        Corridor memory rules = _corridor(Period.Year, YEARLY_QUOTA);
        if (way == 13) {
            rules.open = false;
            reason = abi.encodeWithSelector(ICorridorPolicy.CorridorClosed.selector, eur, EEA, HK);
        }
        if (way == 14) {
            rules.minAmount = 100_01;
            reason =
                abi.encodeWithSelector(ICorridorPolicy.AmountOutsideLimits.selector, 100_00, 100_01, rules.maxAmount);
        }
        if (way == 15) {
            rules.maxAmount = 99_99;
            reason = abi.encodeWithSelector(ICorridorPolicy.AmountOutsideLimits.selector, 100_00, 1_00, 99_99);
        }
        if (way == 16) {
            rules.quota = 99_99;
            reason = abi.encodeWithSelector(ICorridorPolicy.QuotaExceeded.selector, PAYER_CUSTOMER, 100_00, 99_99);
        }
        if (way == 17) {
            rules.approvalNeeded = true;
            eurBank.policy.setApprover(address(0));
            reason = abi.encodeWithSelector(ICorridorPolicy.NoApprover.selector);
        }
        if (way == BROKEN_BY_STATUS) {
            _open(_disputable());
            reason = _wrongStatus(_disputable(), PaymentStatus.Authorized, PaymentStatus.None);
        }
        if (way == 19) {
            hkdBank.registry.blockCustomer(2001, LEGAL);
            reason = abi.encodeWithSelector(IERC7943Fungible.ERC7943CannotReceive.selector, merchant);
        }
        if (way == 20) {
            eurBank.registry.renew(dealer, uint40(START + 1));
            vm.warp(START + 1);
            reason = abi.encodeWithSelector(
                IDepositTokenMain.NotDealer.selector, dealer, START + 1, CustomerCategory.Dealer
            );
        }
        if (way == 21) {
            rules.purposeRequired = true;
            reason = abi.encodeWithSelector(ICorridorPolicy.PurposeRequired.selector, EEA, HK);
        }
        if (way == 22) {
            eurBank.policy.suspendCorridor(address(eur), EEA, HK);
            reason = abi.encodeWithSelector(ICorridorPolicy.CorridorIsSuspended.selector, eur, EEA, HK);
        }
        eurBank.policy.setCorridor(address(eur), EEA, HK, rules);
    }

    /// @dev What the payer's own standing and balance do not allow.
    function _breakPayer(uint256 way) internal returns (bytes memory) {
        if (way == 0) eurBank.registry.revoke(payer);
        if (way == 1) eurBank.registry.blockWallet(payer, LEGAL);
        if (way < 2) return abi.encodeWithSelector(IERC7943Fungible.ERC7943CannotSend.selector, payer);
        if (way == 2) {
            eur.pause();
            return abi.encodeWithSelector(IDepositTokenCore.TokenPaused.selector);
        }
        if (way == 3) {
            eur.setFrozenTokens(payer, 99_950_00);
            return
                abi.encodeWithSelector(
                    IERC7943Fungible.ERC7943InsufficientUnfrozenBalance.selector, payer, 100_00, 50_00
                );
        }
        vm.startPrank(payer);
        if (way == 4) {
            eur.requestRedemption(99_950_00, "payout");
            return abi.encodeWithSelector(IDepositTokenCore.TokensLocked.selector, payer, 100_00, 50_00);
        }
        eur.transfer(neighbour, 99_950_00);
        return abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, payer, 50_00, 100_00);
    }

    function _notSystemAccount() private view returns (bytes memory) {
        return abi.encodeWithSelector(IDepositTokenCore.NotSystemAccount.selector, escrow, SystemStatus.OutflowOnly);
    }

    function _notAccepted(address token, Acceptance found) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IDepositTokenMain.TokenNotAccepted.selector, token, found);
    }
}
