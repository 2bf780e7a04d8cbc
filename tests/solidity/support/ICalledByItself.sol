// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../../../contracts/types/Payment.sol";
import "../../../contracts/types/PaymentApproval.sol";

/// @notice What only the escrow itself may call.
interface ICalledByItself {
    function authorizeAndUndo(Payment calldata, bytes calldata, bytes calldata, PaymentApproval calldata) external;
}
