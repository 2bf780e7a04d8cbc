// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

import {IBankTimelock} from "../interfaces/IBankTimelock.sol";

/// @title The delay before whatever widens a bank's powers
/// @notice See {IBankTimelock}.
contract BankTimelock is TimelockController, IBankTimelock {
    /// @inheritdoc IBankTimelock
    uint256 public constant GREATEST_DELAY = 30 days;

    /// @inheritdoc IBankTimelock
    uint256 public immutable LEAST_DELAY;

    /// @dev The one executor is the zero address, which stands for anybody. `setUp` is DEFAULT_ADMIN until it
    /// renounces.
    constructor(uint256 delay, uint256 leastDelay, address governor, address setUp)
        TimelockController(delay, new address[](0), new address[](1), setUp)
    {
        LEAST_DELAY = leastDelay;
        _requireWithinBounds(delay);

        _grantRole(PROPOSER_ROLE, governor);
        _grantRole(CANCELLER_ROLE, governor);
    }

    /// @inheritdoc TimelockController
    function updateDelay(uint256 newDelay) public override {
        _requireWithinBounds(newDelay);

        super.updateDelay(newDelay);
    }

    function _requireWithinBounds(uint256 delay) private view {
        if (delay < LEAST_DELAY || delay > GREATEST_DELAY) {
            revert DelayOutsideBounds(delay, LEAST_DELAY, GREATEST_DELAY);
        }
    }
}
