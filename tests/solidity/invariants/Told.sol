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
        bytes32 kind = topics[0];
        Sums storage told = toldOf[topics[1]];
        if (kind == ISettlementEscrow.PaymentCharged.selector) {
            told.captured += abi.decode(data, (Payment)).sourceAmount;
        }
        if (kind == ISettlementEscrow.PaymentCaptured.selector || kind == ISettlementEscrow.PaymentReleased.selector) {
            told.captured += abi.decode(data, (uint256));
        }
        if (kind == ISettlementEscrow.PaymentResolved.selector) {
            (uint256 captured,,, uint256 returned) = abi.decode(data, (uint256, uint256, uint256, uint256));
            told.captured += captured;
            told.returned += returned;
        }
        if (kind == ISettlementEscrow.PaymentVoided.selector || kind == ISettlementEscrow.PaymentReclaimed.selector) {
            told.returned += abi.decode(data, (uint256));
        }
        if (kind == ISettlementEscrow.PaymentRefunded.selector) {
            (, uint256 refunded) = abi.decode(data, (uint256, uint256));
            told.refunded += refunded;
        }
    }
}
