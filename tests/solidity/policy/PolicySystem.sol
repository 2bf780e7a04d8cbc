// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/BankSystem.sol";

/// @notice What the tests of a policy share: the euro bank's, whose corridor from EEA to Hong Kong they set and use.
abstract contract PolicySystem is BankSystem {
    int8 internal constant CHINA = 32;

    ICorridorPolicy internal policy;

    function setUp() public override {
        super.setUp();
        policy = eurBank.policy;
    }

    /* RULES */

    /// @dev All that a corridor can let through but for its limits, which can go either way.
    function _wide() internal pure returns (Corridor memory rules) {
        rules = _corridor(Period.Month, 800_00);
        (rules.directTransfers, rules.utcOffsetQuarters) = (true, CHINA);
        (rules.minAmount, rules.maxAmount) = (2_00, 90_00);
    }

    /// @dev Narrower than {_wide} in every rule, by the least.
    function _tight() internal pure returns (Corridor memory rules) {
        rules = _wide();
        (rules.open, rules.directTransfers, rules.approvalNeeded, rules.purposeRequired) = (false, false, true, true);
        (rules.minAmount, rules.maxAmount, rules.quota) = (2_01, 89_99, 799_99);
    }

    function _set(Corridor memory rules) internal {
        policy.setCorridor(address(eur), EEA, HK, rules);
    }

    function _narrowing(Corridor memory rules) internal view returns (bytes memory) {
        return abi.encodeCall(policy.narrowCorridor, (address(eur), EEA, HK, rules));
    }

    function _narrow(Corridor memory present, Corridor memory next) internal {
        _set(present);
        vm.expectEmit(address(policy));
        emit ICorridorPolicy.CorridorSet(address(eur), EEA, HK, next);
        policy.narrowCorridor(address(eur), EEA, HK, next);
        _assertRules(next);
    }

    /// @dev A call of this contract's, which has every role.
    function _refused(bytes memory call, bytes memory refusal) internal {
        _refused(address(this), address(policy), call, refusal);
    }

    function _assertRules(Corridor memory rules) internal view {
        assertEq(abi.encode(policy.corridor(address(eur), EEA, HK)), abi.encode(rules));
    }

    /* QUOTA */

    function _consume(address from, uint104 amount) internal returns (uint32 quotaRef) {
        (quotaRef,) = _consume(from, amount, "", EEA, HK);
    }

    function _consume(address from, uint104 amount, bytes4 purpose, uint8 fromZone, uint8 toZone)
        internal
        returns (uint32 quotaRef, address approver)
    {
        vm.prank(address(eur));
        return policy.consume(purpose, from, amount, fromZone, toZone, eurBank.registry);
    }

    /// @dev Without a purpose.
    function _consuming(address from, uint104 amount, uint8 fromZone, uint8 toZone)
        internal
        view
        returns (bytes memory)
    {
        return abi.encodeCall(policy.consume, ("", from, amount, fromZone, toZone, eurBank.registry));
    }

    /// @dev Of the payer's.
    function _refuseConsume(uint104 amount, bytes memory refusal) internal {
        _refused(address(eur), address(policy), _consuming(payer, amount, EEA, HK), refusal);
    }

    function _restore(address from, uint32 quotaRef, uint104 amount) internal {
        vm.prank(address(eur));
        policy.restore(quotaRef, from, amount, eurBank.registry);
    }

    function _assertRemaining(uint104 quota) internal view {
        assertEq(_remainingQuota(), quota);
    }
}
