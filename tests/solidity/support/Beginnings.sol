// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./EscrowActs.sol";

/// @notice What `authorize`, `charge` and the preview say of a payment that can't begin.
abstract contract Beginnings is EscrowActs {
    function _unsigned(Payment memory payment) internal pure returns (Order memory) {
        return Order(payment, "", "", _noApproval());
    }

    /// @dev What a stranger's preview says: nothing exactly if it says yes.
    function _preview(Order memory order) internal returns (bytes memory refusal) {
        bool authorized;
        vm.prank(stranger);
        (authorized, refusal) =
            escrow.previewAuthorize(order.payment, order.payerSignature, order.dealerSignature, order.approval);
        assertEq(authorized, refusal.length == 0, "says yes without a refusal");
    }

    function _assertRefused(string memory row, Payment memory payment, bytes memory reason) internal {
        _assertRefused(row, _order(payment), reason);
    }

    /// @dev Preview and both acts give the same bytes, but for what a charge looks at first.
    function _assertRefused(string memory row, Order memory order, bytes memory reason) internal {
        Payment memory payment = order.payment;
        assertEq(_preview(order), reason, string.concat("preview: ", row));
        bytes memory act = _bringing(escrow.authorize.selector, order);
        _refused(payment.operator, act, reason, string.concat("authorize: ", row));
        if (payment.arbiter != address(0)) {
            reason = EscrowReverts.arbiterNamed(payment.arbiter);
        } else if (block.timestamp < payment.captureFrom) {
            reason = EscrowReverts.tooEarly(block.timestamp, payment.captureFrom);
        }
        act = _bringing(escrow.charge.selector, order);
        _refused(payment.operator, act, reason, string.concat("charge: ", row));
    }
}
