// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Proposal} from "../governance/Proposals.sol";
import "./HandedOver.sol";

/// @notice A registry of a stranger's, by which everybody is the customer of its choice.
contract FalseRegistry {
    uint128 public customer;

    function setCustomer(uint128 customer_) external {
        customer = customer_;
    }

    function customerIdOf(address) external view returns (uint128) {
        return customer;
    }
}

/// @notice A customer, its friends and strangers want more capital to leave in a period than its quota, or to use up
/// somebody else's.
contract CorridorQuotaAttacksTest is HandedOver {
    uint128 private constant CUSTOMER = 1001;
    uint104 private constant QUOTA = YEARLY_QUOTA;
    uint104 private constant GREATEST = type(uint104).max;

    ICorridorPolicy private policy;
    ICorridorPolicy private nextPolicy;

    function setUp() public override {
        super.setUp();
        policy = eurBank.policy;
    }

    /// @dev A second policy of the bank's, with a corridor of its own.
    function _prepare() internal override {
        nextPolicy = _newCorridorPolicy(address(eurBank.manager));
        nextPolicy.setCorridor(address(eur), EEA, HK, _corridor(Period.Year, QUOTA));
    }

    /* WHO MAY COUNT */

    /// @notice Each acts on corridors of its own address, and has none.
    function test_consumed_or_restored_by_somebody_else() public {
        _consume(10_00);
        uint32 quotaRef = _quotaRef(EEA, HK, 2026);
        bytes memory consume = abi.encodeCall(policy.consume, ("", payer, 1_00, EEA, HK, eurBank.registry));
        bytes memory restore = abi.encodeCall(policy.restore, (quotaRef, payer, GREATEST, eurBank.registry));
        bytes memory byToken = abi.encodeCall(eur.restoreQuota, (1, payer, quotaRef, GREATEST));
        address[5] memory callers = [stranger, payer, address(eurBank.registry), address(hkd), address(escrow)];
        for (uint256 i = 0; i < callers.length; ++i) {
            _refused(callers[i], address(policy), consume, PolicyReverts.corridorClosed(callers[i], EEA, HK));
            _done(callers[i], address(policy), restore);
            bytes memory none = TokenReverts.notSystemAccount(callers[i], SystemStatus.None);
            if (callers[i] != address(escrow)) _refused(callers[i], address(eur), byToken, none);
            assertEq(_remaining(), QUOTA - 10_00);
        }
    }

    /// @notice The token's count goes by the token's registry, whatever a stranger shows before and after.
    function test_a_false_registry_moves_nobodys_count() public {
        FalseRegistry registry = new FalseRegistry();
        registry.setCustomer(1002);
        vm.prank(stranger);
        policy.restore(_quotaRef(EEA, HK, 2026), payer, 1, IAllowlistRegistry(address(registry)));
        // Nor is one remembered that the true registry did not know yet.
        address late = makeAddr("late customer");
        vm.prank(stranger);
        policy.restore(_quotaRef(EEA, HK, 2026), late, 1, eurBank.registry);
        _register(late, GERMANY);

        _consume(10_00);
        _consumeBy(late, 5_00);
        registry.setCustomer(CUSTOMER);
        vm.prank(stranger);
        policy.restore(_quotaRef(EEA, HK, 2026), payer, 15_00, IAllowlistRegistry(address(registry)));
        assertEq(_remaining(), QUOTA - 15_00);
        assertEq(policy.remainingQuota(address(eur), EEA, HK, 1002), QUOTA);
    }

    /// @notice A quota is never more than whole for that, whatever amount and reference it names.
    function test_a_system_account_that_restores_at_will() public {
        _consume(10_00);
        uint32 good = _quotaRef(EEA, HK, 2026);
        uint32[4] memory others = [_quotaRef(EEA, HK, 2025), _quotaRef(HK, EEA, 2026), type(uint32).max, 0];
        for (uint256 i = 0; i < others.length; ++i) {
            _restore(1, payer, others[i], GREATEST);
        }
        _restore(1, stranger, good, GREATEST);
        _restore(2, payer, good, GREATEST);
        assertEq(_remaining(), QUOTA - 10_00);
        _restore(1, payer, good, GREATEST);
        _restore(1, payer, good, GREATEST);
        assertEq(_remaining(), QUOTA);
    }

    /* WALLETS */

    /// @notice In all countries of a zone: one quota.
    function test_ten_wallets_of_one_customer() public {
        for (uint256 i = 0; i < 10; ++i) {
            address wallet = makeAddr(string.concat("wallet ", vm.toString(i)));
            _register(wallet, i % 2 == 0 ? GERMANY : FRANCE);
            _consumeBy(wallet, QUOTA / 10);
        }
        _assertSpent();
    }

    /// @notice Revoked and taken up again in another country of the zone: the customer's count goes on.
    function test_a_wallet_that_starts_afresh() public {
        _consume(QUOTA);
        vm.prank(_keyOf(Roles.REGISTRAR));
        eurBank.registry.revoke(payer);
        _register(payer, FRANCE);
        _assertSpent();
    }

    /// @notice Each has the quota of its own corridor. A bank that means one quota puts the countries into one zone.
    function test_wallets_in_two_zones() public {
        _set(HK, HK, _corridor(Period.Year, 7_00));
        _consume(QUOTA);
        vm.startPrank(address(eur));
        policy.consume("", payer, 7_00, HK, HK, eurBank.registry);
        vm.expectRevert(PolicyReverts.quotaExceeded(CUSTOMER, 1_00, 0));
        policy.consume("", payer, 1_00, HK, HK, eurBank.registry);
        vm.stopPrank();
    }

    /* THE BANK'S OWN KEYS */

    /// @notice Closed and opened, its quota taken away and given back: what was used stays used, to the unit.
    function test_a_corridor_set_again_forgets_nothing() public {
        _consume(10_00);
        Corridor memory rules = _corridor(Period.Year, QUOTA);
        rules.open = false;
        _set(EEA, HK, rules);
        (rules.open, rules.quota) = (true, 0);
        _set(EEA, HK, rules);
        assertEq(_remaining(), 0);
        rules.quota = 5_00;
        _set(EEA, HK, rules);
        assertEq(_remaining(), 0);
        _assertPeriodFixed(_corridor(Period.None, 0));
        _assertPeriodFixed(_corridor(Period.Month, QUOTA));
        rules.utcOffsetQuarters = -1;
        _assertPeriodFixed(rules);
        rules.utcOffsetQuarters = 1;
        _assertPeriodFixed(rules);
        (rules.utcOffsetQuarters, rules.quota) = (0, QUOTA);
        _set(EEA, HK, rules);
        assertEq(_remaining(), QUOTA - 10_00);
    }

    /// @notice By the governor alone, after its delay; it gives a customer one quota more and nothing back.
    function test_a_policy_replaced_to_reset_the_quotas() public {
        _consume(QUOTA);
        bytes memory setPolicy = abi.encodeCall(IDepositTokenExt.setPolicy, (address(nextPolicy)));
        for (uint64 role = Roles.REGISTRAR; role <= Roles.ENFORCER; ++role) {
            address key = _keyOf(role);
            _refused(key, address(eur), setPolicy, GovernanceReverts.accessManagedUnauthorized(key));
        }
        Proposal memory proposal = _proposal(address(eur), setPolicy);
        _propose(proposal);
        skip(DELAY - 1);
        vm.expectRevert(_notReady(proposal));
        _execute(timelock, proposal);
        skip(1);
        _execute(timelock, proposal);

        policy = nextPolicy;
        _consume(QUOTA);
        _restore(1, payer, _quotaRef(EEA, HK, 2026), QUOTA);
        _assertSpent();
    }

    /// @notice Before anything was counted anew, it is the old period's; after that, nobody's.
    function test_given_back_after_the_turn() public {
        _consume(QUOTA);
        vm.warp(1_798_761_600);
        _restore(1, payer, _quotaRef(EEA, HK, 2026), QUOTA);
        _consume(QUOTA);
        _restore(1, payer, _quotaRef(EEA, HK, 2026), QUOTA);
        _assertSpent();
    }

    /* HELPERS */

    function _consume(uint104 amount) private {
        _consumeBy(payer, amount);
    }

    function _consumeBy(address wallet, uint104 amount) private {
        vm.prank(address(eur));
        policy.consume("", wallet, amount, EEA, HK, eurBank.registry);
    }

    /// @dev By the escrow, at the token.
    function _restore(uint16 generation, address from, uint32 quotaRef, uint104 amount) private {
        vm.prank(address(escrow));
        eur.restoreQuota(generation, from, quotaRef, amount);
    }

    function _register(address wallet, uint16 country) private {
        vm.prank(_keyOf(Roles.REGISTRAR));
        eurBank.registry.register(wallet, CustomerCategory.Retail, country, REVIEWED_UNTIL, CUSTOMER);
    }

    function _set(uint8 from, uint8 to, Corridor memory rules) private {
        vm.prank(address(timelock));
        policy.setCorridor(address(eur), from, to, rules);
    }

    /// @dev As it was when first used: a year by the clock of UTC.
    function _assertPeriodFixed(Corridor memory rules) private {
        bytes memory act = abi.encodeCall(policy.setCorridor, (address(eur), EEA, HK, rules));
        bytes memory fixed_ = PolicyReverts.periodFixed(rules.period, rules.utcOffsetQuarters, Period.Year, 0);
        _refused(address(timelock), address(policy), act, fixed_);
    }

    function _remaining() private view returns (uint104) {
        return policy.remainingQuota(address(eur), EEA, HK, CUSTOMER);
    }

    function _assertSpent() private {
        assertEq(_remaining(), 0);
        vm.expectRevert(PolicyReverts.quotaExceeded(CUSTOMER, 1_00, 0));
        _consume(1_00);
    }

    function _quotaRef(uint8 fromZone, uint8 toZone, uint16 period) private pure returns (uint32) {
        return (uint32(fromZone) << 24) | (uint32(toZone) << 16) | period;
    }
}
