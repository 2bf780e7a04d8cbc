// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./HandedOver.sol";

/// @notice A key that rules a bank's corridors was stolen, or is its owner's no more: what it lets out.
contract CorridorKeyAttacksTest is HandedOver {
    uint128 private constant CUSTOMER = 1001;

    ICorridorPolicy private policy;
    IAllowlistRegistry private registry;
    address private officer;
    address private releaser;

    /// @dev From the euro zone to Hong Kong stands a corridor; the way back was never open.
    function setUp() public override {
        super.setUp();
        (policy, registry) = (eurBank.policy, eurBank.registry);
        (officer, releaser) = (_keyOf(Roles.POLICY_OFFICER), _keyOf(Roles.RELEASER));
        _mint(eurBank, payer, 1_000_00);
        _stock(hkdBank, 10_000_00);
    }

    /// @dev What a transfer straight across the border would need.
    function _prepare() internal override {
        eurBank.registry.register(hkNeighbour, CustomerCategory.Retail, HONG_KONG, REVIEWED_UNTIL, 1040);
    }

    /* WIDENING */

    /// @notice At once or step by step.
    function test_no_working_key_widens_a_corridor() public {
        Corridor memory present = policy.corridor(address(eur), EEA, HK);
        Corridor memory rules = policy.corridor(address(eur), EEA, HK);
        (rules.approvalNeeded, rules.purposeRequired) = (true, true);
        _narrow(rules);
        for (uint256 i = 0; i < 7; ++i) {
            Corridor memory found = policy.corridor(address(eur), EEA, HK);
            Corridor memory wider = policy.corridor(address(eur), EEA, HK);
            if (i == 0) wider.directTransfers = true;
            if (i == 1) wider.approvalNeeded = false;
            if (i == 2) wider.purposeRequired = false;
            if (i == 3) wider.minAmount -= 1;
            if (i == 4) wider.maxAmount += 1;
            if (i == 5) wider.quota += 1;
            if (i == 6) wider.period = Period.Day;
            _refused(
                officer, address(policy), _narrowing(EEA, HK, wider), PolicyReverts.corridorNotNarrower(wider, found)
            );
            // Step by step, each a narrower one, there is no way round to where it began.
            rules.quota -= 1;
            _narrow(rules);
        }
        bytes memory refusal = PolicyReverts.corridorNotNarrower(present, policy.corridor(address(eur), HK, EEA));
        _refused(officer, address(policy), _narrowing(HK, EEA, present), refusal);

        bytes memory widening = abi.encodeCall(ICorridorPolicy.setCorridor, (address(eur), HK, EEA, present));
        bytes memory zone = abi.encodeCall(IAllowlistRegistry.setZone, (_countries(HONG_KONG, HONG_KONG), EEA));
        address[3] memory keys = [officer, guardian, releaser];
        for (uint256 k = 0; k < keys.length; ++k) {
            _unauthorized(keys[k], address(policy), widening);
            _unauthorized(keys[k], address(policy), abi.encodeCall(ICorridorPolicy.setApprover, (stranger)));
            _unauthorized(keys[k], address(registry), zone);
        }
    }

    /// @notice No key moves it into the zone of its friends: the table only loses countries.
    function test_a_country_taken_out_of_its_zone_pays_and_is_paid_by_nobody() public {
        vm.prank(officer);
        registry.clearZone(_countries(GERMANY, HONG_KONG));
        bytes memory closed = TokenReverts.directTransferClosed(payer, hkNeighbour, 0, 0);
        _refused(payer, address(eur), abi.encodeCall(eur.transfer, (hkNeighbour, 1)), closed);
        _expectRefused("first", PolicyReverts.corridorClosed(address(eur), 0, 0));
        // Within one country no zone is asked for.
        _done(payer, address(eur), abi.encodeCall(eur.transfer, (dealer, 1)));
    }

    /* STOPPING */

    /// @notice Payment and quota go back, and ADMIN and RELEASER put all of it right again.
    function test_a_corridor_stopped_out_of_spite_keeps_nobodys_money() public {
        Payment memory payment = _twoCurrencies();
        _authorize(payment);
        assertEq(policy.remainingQuota(address(eur), EEA, HK, CUSTOMER), YEARLY_QUOTA - 100_00);
        Corridor memory closed = policy.corridor(address(eur), EEA, HK);
        (closed.open, closed.maxAmount, closed.minAmount) = (false, 1_00, 1_00);
        _narrow(closed);
        vm.prank(officer);
        policy.suspendCorridor(address(eur), EEA, HK);

        vm.prank(operator);
        escrow.void(payment);
        assertEq(eur.balanceOf(payer), 1_000_00);
        assertEq(policy.remainingQuota(address(eur), EEA, HK, CUSTOMER), YEARLY_QUOTA);
        _widen(_corridor(Period.Year, YEARLY_QUOTA));
        _done(releaser, address(policy), _resuming(EEA, HK));
        _authorize(_named("next"));
    }

    /// @notice Widened and narrowed meanwhile, nothing passes until it is resumed, by the latest rules.
    function test_a_suspension_ends_by_the_releaser_alone_and_brings_nothing_new() public {
        vm.prank(guardian);
        policy.stopCorridor(address(eur), EEA, HK);
        Corridor memory rules = _corridor(Period.Year, 500_00);
        rules.directTransfers = true;
        _widen(rules);
        bytes memory suspended = PolicyReverts.corridorIsSuspended(address(eur), EEA, HK);
        _expectRefused("next", suspended);
        assertFalse(policy.directTransfers(address(eur), EEA, HK));
        rules.quota = 150_00;
        _narrow(rules);
        _expectRefused("next", suspended);

        _unauthorized(officer, address(policy), _resuming(EEA, HK));
        _unauthorized(guardian, address(policy), _resuming(EEA, HK));
        _done(releaser, address(policy), _resuming(EEA, HK));
        assertEq(abi.encode(policy.corridor(address(eur), EEA, HK)), abi.encode(rules));
        _authorize(_named("first"));
        _expectRefused("next", PolicyReverts.quotaExceeded(CUSTOMER, 100_00, 50_00));
    }

    /// @notice It resumes only what was suspended, and only as ADMIN had let it through.
    function test_a_stolen_releasers_key_opens_no_corridor() public {
        bytes memory unchanged = PolicyReverts.suspensionUnchanged(address(eur), HK, EEA, false);
        _refused(releaser, address(policy), _resuming(HK, EEA), unchanged);
        vm.prank(guardian);
        policy.stopCorridor(address(eur), HK, EEA);
        _done(releaser, address(policy), _resuming(HK, EEA));
        assertFalse(policy.corridor(address(eur), HK, EEA).open);
        assertFalse(policy.directTransfers(address(eur), HK, EEA));
    }

    /// @notice Those too that were out when the guardian took it away.
    function test_a_stolen_approvers_signatures_end_with_it() public {
        Corridor memory rules = _corridor(Period.Year, YEARLY_QUOTA);
        rules.approvalNeeded = true;
        _narrow(rules);
        Payment memory payment = _twoCurrencies();
        PaymentApproval memory approval = _approval(eurBank, escrow.paymentId(payment), payment.authorizeBy);
        vm.prank(guardian);
        policy.removeApprover();
        _expectRefused(payment, approval, PolicyReverts.noApprover());
    }

    /* HELPERS */

    function _narrowing(uint8 from, uint8 to, Corridor memory rules) private view returns (bytes memory) {
        return abi.encodeCall(ICorridorPolicy.narrowCorridor, (address(eur), from, to, rules));
    }

    function _narrow(Corridor memory rules) private {
        _done(officer, address(policy), _narrowing(EEA, HK, rules));
    }

    function _widen(Corridor memory rules) private {
        _byGovernor(address(policy), abi.encodeCall(ICorridorPolicy.setCorridor, (address(eur), EEA, HK, rules)));
    }

    function _resuming(uint8 from, uint8 to) private view returns (bytes memory) {
        return abi.encodeCall(ICorridorPolicy.resumeCorridor, (address(eur), from, to));
    }

    function _unauthorized(address key, address target, bytes memory act) private {
        _refused(key, target, act, GovernanceReverts.accessManagedUnauthorized(key));
    }

    function _named(bytes32 name) private view returns (Payment memory payment) {
        payment = _twoCurrencies();
        payment.remittanceHash = name;
    }

    function _expectRefused(bytes32 name, bytes memory reason) private {
        _expectRefused(_named(name), _noApproval(), reason);
    }

    function _expectRefused(Payment memory payment, PaymentApproval memory approval, bytes memory reason) private {
        bytes memory act =
            abi.encodeCall(escrow.authorize, (payment, _payerSignature(payment), _dealerSignature(payment), approval));
        _refused(operator, address(escrow), act, reason);
    }
}
