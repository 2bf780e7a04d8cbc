// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./EscrowSystem.sol";

/// @notice What the tests of both replacements share: a payment in flight, of which a part is captured.
abstract contract PaymentInFlight is EscrowSystem {
    Payment internal payment;
    bytes32 internal id;

    function setUp() public virtual override {
        super.setUp();
        payment = _openTwoCurrencies();
        id = escrow.paymentId(payment);
        _capture(payment, 40_00);
    }

    /// @dev Since the payer is under a legal block.
    function _refuseCapture(uint104 sourceAmount) internal {
        _expectCaptureRefused(payment, sourceAmount, EscrowReverts.payerBlocked(payer));
    }

    function _transfer(address to) internal {
        vm.prank(payer);
        assertTrue(eur.transfer(to, 1));
    }

    function _refuseTransfer(address to, bytes memory refusal) internal {
        _refused(payer, address(eur), abi.encodeCall(IERC20.transfer, (to, 1)), refusal);
    }

    /// @dev Nothing was given back to any quota since `vm.recordLogs`, and nobody has complained.
    function _assertNoQuotaMoved() internal {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertGt(logs.length, 0);
        for (uint256 i = 0; i < logs.length; ++i) {
            assertNotEq(logs[i].topics[0], ICorridorPolicy.QuotaRestored.selector);
            assertNotEq(logs[i].topics[0], ISettlementEscrow.QuotaNotRestored.selector);
        }
    }
}
