// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/Words.sol";

/// @notice What the escrow's events tell of its payments, summed up.
abstract contract Told {
    /// @dev In minor units of the source token; refunded of the target token.
    struct Sums {
        uint256 captured;
        uint256 returned;
        uint256 refunded;
    }

    mapping(bytes32 id => Sums) internal toldOf;

    function _heed(bytes32[] memory topics, bytes memory data) internal {
        (bytes32 kind, uint256 first) = (topics[0], uint256(bytes32(data)));
        Sums storage told = toldOf[topics[1]];
        if (kind == ISettlementEscrow.PaymentCharged.selector) {
            told.captured += abi.decode(data, (Payment)).sourceAmount;
        }
        if (kind == ISettlementEscrow.PaymentCaptured.selector) told.captured += first;
        if (kind == ISettlementEscrow.PaymentReleased.selector) told.captured += first;
        if (kind == ISettlementEscrow.PaymentVoided.selector) told.returned += first;
        if (kind == ISettlementEscrow.PaymentReclaimed.selector) told.returned += first;
        if (kind == ISettlementEscrow.PaymentResolved.selector) {
            (,,, uint256 returned) = abi.decode(data, (uint256, uint256, uint256, uint256));
            (told.captured, told.returned) = (told.captured + first, told.returned + returned);
        }
        if (kind != ISettlementEscrow.PaymentRefunded.selector) return;
        (, uint256 refunded) = abi.decode(data, (uint256, uint256));
        told.refunded += refunded;
    }
}
