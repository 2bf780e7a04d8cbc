// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlementEscrow} from "../interfaces/ISettlementEscrow.sol";
import {Payment} from "../types/Payment.sol";
import {Amounts} from "./Amounts.sol";

/// @notice What the terms of a payment and of a refund must be, whoever has signed them.
library Terms {
    uint256 private constant LEAST_TIME_TO_RESOLVE = 1 days;

    /// @dev Reverts as {ISettlementEscrow-authorize} does for terms that contradict each other.
    function requireConsistent(Payment memory payment) internal view {
        uint40 captureBy = payment.captureBy;
        if (payment.authorizeBy > captureBy || payment.captureFrom > captureBy || captureBy > payment.refundBy) {
            revert ISettlementEscrow.DeadlinesCrossed(
                payment.authorizeBy, payment.captureFrom, captureBy, payment.refundBy
            );
        }

        (address arbiter, uint40 resolveBy) = (payment.arbiter, payment.resolveBy);
        bool fits = arbiter == address(0) ? resolveBy == captureBy : resolveBy >= captureBy + LEAST_TIME_TO_RESOLVE;
        if (!fits) revert ISettlementEscrow.ResolveByMismatch(arbiter, captureBy, resolveBy);
        (address payer, address merchant, address dealer) = (payment.payer, payment.merchant, payment.dealer);
        address feeReceiver = payment.feeReceiver;
        if (
            arbiter != address(0)
                && (arbiter == payer
                    || arbiter == merchant
                    || arbiter == payment.operator
                    || arbiter == dealer
                    || arbiter == feeReceiver)
        ) revert ISettlementEscrow.ArbiterNotNeutral(arbiter);

        (uint104 sourceAmount, uint104 targetAmount) = (payment.sourceAmount, payment.targetAmount);
        if (sourceAmount == 0 || targetAmount == 0) revert ISettlementEscrow.ZeroAmount();
        requireDealerFits(dealer, payment.sourceToken, payment.targetToken, sourceAmount, targetAmount);
        requireDistinct(payer, merchant, dealer);

        uint16 feeBps = payment.feeBps;
        if (feeBps > Amounts.BPS || (feeBps == 0) != (feeReceiver == address(0)) || feeReceiver == address(this)) {
            revert ISettlementEscrow.FeeInvalid(feeBps, feeReceiver);
        }
    }

    /// @dev The same for a payment and for the quote of its refund: two tokens need a dealer; one token has none, and
    /// then what goes in comes out.
    function requireDealerFits(
        address dealer,
        address source,
        address target,
        uint104 sourceAmount,
        uint104 targetAmount
    ) internal pure {
        if ((source == target) != (dealer == address(0))) {
            revert ISettlementEscrow.DealerMismatch(dealer, source, target);
        }
        if (source == target && sourceAmount != targetAmount) {
            revert ISettlementEscrow.AmountsDiffer(sourceAmount, targetAmount);
        }
    }

    function requireDistinct(address payer, address merchant, address dealer) internal pure {
        if (payer == merchant || dealer == payer || dealer == merchant) {
            revert ISettlementEscrow.PartiesNotDistinct(payer, merchant, dealer);
        }
    }
}
