// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./DisputeSystem.sol";

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
            return (payment, EscrowReverts.tooLate(START, START));
        }
        if (way == 1) {
            payment.refundBy = payment.captureBy - 1;
            return (
                payment,
                EscrowReverts.deadlinesCrossed(
                    payment.authorizeBy, payment.captureFrom, payment.captureBy, payment.refundBy
                )
            );
        }
        if (way == 2) {
            payment.resolveBy = payment.captureBy + 1 days - 1;
            return (payment, EscrowReverts.resolveByMismatch(arbiter, payment.captureBy, payment.resolveBy));
        }
        if (way == 3) {
            payment.arbiter = operator;
            return (payment, EscrowReverts.arbiterNotNeutral(operator));
        }
        if (way == 4) {
            payment.sourceAmount = 0;
            return (payment, EscrowReverts.zeroAmount());
        }
        if (way == 5) {
            payment.dealer = address(0);
            return (payment, EscrowReverts.dealerMismatch(address(0), address(eur), address(hkd)));
        }
        if (way == 6) {
            payment.dealer = merchant;
            return (payment, EscrowReverts.partiesNotDistinct(payer, merchant, merchant));
        }
        if (way == 7) {
            payment.feeBps = 10_001;
            return (payment, EscrowReverts.feeInvalid(10_001, feeReceiver));
        }
        if (way == 8) {
            payment.merchant = address(escrow);
            return (payment, TokenReverts.systemAccountClosed(address(escrow), address(escrow), SystemStatus.Active));
        }
        if (way == 9) {
            payment.merchant = neighbour; // Unknown to the Hong Kong bank.
            return (payment, TokenReverts.cannotReceive(neighbour));
        }
        if (way == 10) {
            payment.targetAmount = STOCK + 1;
            return (payment, EscrowReverts.inventoryTooLow(dealer, address(hkd), STOCK, uint256(STOCK) + 1));
        }
        payment = _disputableInOneCurrency();
        if (way == 11) {
            payment.targetAmount = 99_99;
            return (payment, EscrowReverts.amountsDiffer(100_00, 99_99));
        }
        payment.arbiter = address(0);
        return (payment, EscrowReverts.resolveByMismatch(address(0), payment.captureBy, payment.resolveBy));
    }

    /// @dev What a bank's own records and rules refuse, whatever was signed.
    function _breakSurroundings(uint256 way) internal returns (Payment memory payment, bytes memory) {
        payment = _disputable();
        if (way == 0) {
            hkd.pause();
            return (payment, TokenReverts.tokenPaused());
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
            return (payment, TokenReverts.cannotReceive(merchant));
        }
        if (way == 4) {
            hkdBank.registry.blockWallet(feeReceiver, LEGAL);
            return (payment, TokenReverts.cannotReceive(feeReceiver));
        }
        if (way == 5) {
            hkdBank.registry.revoke(dealer);
            return (payment, TokenReverts.notDealer(dealer, 0, CustomerCategory.Dealer));
        }
        if (way == 6) {
            eurBank.registry.revoke(dealer);
            return (payment, TokenReverts.notDealer(dealer, 0, CustomerCategory.Dealer));
        }
        if (way == 7) {
            address foreigner = makeAddr("fee receiver elsewhere");
            _onboard(hkdBank, foreigner, CustomerCategory.Institution, GERMANY, 2011);
            payment.feeReceiver = foreigner;
            return (payment, TokenReverts.feeReceiverElsewhere(foreigner, EEA, HK));
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
            return (payment, PolicyReverts.corridorClosed(address(eur), EEA, 0));
        }
        if (way == 12) {
            vm.prank(dealer);
            escrow.withdraw(address(hkd), STOCK - 849_99);
            return (payment, EscrowReverts.inventoryTooLow(dealer, address(hkd), 849_99, uint256(850_00)));
        }
        if (way == 21) payment.purpose = 0;
        return (payment, _breakCorridor(way));
    }

    /// @dev From 13 on: what the corridor from the payer's zone to the merchant's refuses.
    function _breakCorridor(uint256 way) private returns (bytes memory reason) {
        Corridor memory rules = _corridor(Period.Year, YEARLY_QUOTA);
        if (way == 13) {
            rules.open = false;
            reason = PolicyReverts.corridorClosed(address(eur), EEA, HK);
        }
        if (way == 14) {
            rules.minAmount = 100_01;
            reason = PolicyReverts.amountOutsideLimits(100_00, 100_01, rules.maxAmount);
        }
        if (way == 15) {
            rules.maxAmount = 99_99;
            reason = PolicyReverts.amountOutsideLimits(100_00, 1_00, 99_99);
        }
        if (way == 16) {
            rules.quota = 99_99;
            reason = PolicyReverts.quotaExceeded(PAYER_CUSTOMER, 100_00, 99_99);
        }
        if (way == 17) {
            rules.approvalNeeded = true;
            eurBank.policy.setApprover(address(0));
            reason = PolicyReverts.noApprover();
        }
        if (way == BROKEN_BY_STATUS) {
            _open(_disputable());
            reason = _wrongStatus(_disputable(), PaymentStatus.Authorized, PaymentStatus.None);
        }
        if (way == 19) {
            hkdBank.registry.blockCustomer(2001, LEGAL);
            reason = TokenReverts.cannotReceive(merchant);
        }
        if (way == 20) {
            eurBank.registry.renew(dealer, START + 1);
            vm.warp(START + 1);
            reason = TokenReverts.notDealer(dealer, START + 1, CustomerCategory.Dealer);
        }
        if (way == 21) {
            rules.purposeRequired = true;
            reason = PolicyReverts.purposeRequired(EEA, HK);
        }
        if (way == 22) {
            eurBank.policy.suspendCorridor(address(eur), EEA, HK);
            reason = PolicyReverts.corridorIsSuspended(address(eur), EEA, HK);
        }
        eurBank.policy.setCorridor(address(eur), EEA, HK, rules);
    }

    /// @dev What the payer's own standing and balance do not allow.
    function _breakPayer(uint256 way) internal returns (bytes memory) {
        if (way == 0) eurBank.registry.revoke(payer);
        if (way == 1) eurBank.registry.blockWallet(payer, LEGAL);
        if (way < 2) return TokenReverts.cannotSend(payer);
        if (way == 2) {
            eur.pause();
            return TokenReverts.tokenPaused();
        }
        if (way == 3) {
            eur.setFrozenTokens(payer, 99_950_00);
            return TokenReverts.insufficientUnfrozenBalance(payer, 100_00, 50_00);
        }
        vm.startPrank(payer);
        if (way == 4) {
            eur.requestRedemption(99_950_00, "payout");
            return TokenReverts.tokensLocked(payer, 100_00, 50_00);
        }
        eur.transfer(neighbour, 99_950_00);
        return TokenReverts.insufficientBalance(payer, 50_00, 100_00);
    }

    function _notSystemAccount() private view returns (bytes memory) {
        return TokenReverts.notSystemAccount(address(escrow), SystemStatus.OutflowOnly);
    }

    function _notAccepted(address token, Acceptance found) private pure returns (bytes memory) {
        return TokenReverts.tokenNotAccepted(token, found);
    }
}
