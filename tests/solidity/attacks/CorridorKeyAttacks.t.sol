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

    /// @notice A stolen policy officer's key, a guardian's and a releaser's open a corridor, raise its limits or its
    /// quota, let transfers across, drop approval or purpose: nothing of it, at once or step by step.
    function test_no_working_key_widens_a_corridor() public {
        Corridor memory present = policy.corridor(address(eur), EEA, HK);
        Corridor memory rules = present;
        rules.approvalNeeded = true;
        rules.purposeRequired = true;
        vm.startPrank(officer);
        policy.narrowCorridor(address(eur), EEA, HK, rules);
        for (uint256 i = 0; i < 7; ++i) {
            Corridor memory wider = policy.corridor(address(eur), EEA, HK);
            if (i == 0) wider.directTransfers = true;
            if (i == 1) wider.approvalNeeded = false;
            if (i == 2) wider.purposeRequired = false;
            if (i == 3) wider.minAmount -= 1;
            if (i == 4) wider.maxAmount += 1;
            if (i == 5) wider.quota += 1;
            if (i == 6) wider.period = Period.Day;
            vm.expectRevert(PolicyReverts.corridorNotNarrower(wider, policy.corridor(address(eur), EEA, HK)));
            policy.narrowCorridor(address(eur), EEA, HK, wider);
            // Step by step, each a narrower one, there is no way round to where it began.
            rules.quota -= 1;
            policy.narrowCorridor(address(eur), EEA, HK, rules);
        }
        Corridor memory none = policy.corridor(address(eur), HK, EEA);
        vm.expectRevert(PolicyReverts.corridorNotNarrower(present, none));
        policy.narrowCorridor(address(eur), HK, EEA, present);
        vm.stopPrank();

        bytes[3] memory acts = [
            abi.encodeCall(ICorridorPolicy.setCorridor, (address(eur), HK, EEA, present)),
            abi.encodeCall(ICorridorPolicy.setApprover, (stranger)),
            abi.encodeCall(IAllowlistRegistry.setZone, (_countries(HONG_KONG, HONG_KONG), EEA))
        ];
        address[3] memory keys = [officer, guardian, releaser];
        for (uint256 k = 0; k < keys.length; ++k) {
            for (uint256 a = 0; a < acts.length; ++a) {
                _assertUnauthorized(keys[k], a == 2 ? address(registry) : address(policy), acts[a]);
            }
        }
    }

    /// @notice A country is moved into the zone of its friends, where no quota counts: the table only loses countries,
    /// and from a country without a zone nothing passes at all.
    function test_a_country_taken_out_of_its_zone_pays_and_is_paid_by_nobody() public {
        vm.startPrank(officer);
        vm.expectRevert(GovernanceReverts.accessManagedUnauthorized(officer));
        registry.setZone(_countries(HONG_KONG, HONG_KONG), EEA);
        registry.clearZone(_countries(GERMANY, HONG_KONG));
        vm.stopPrank();
        vm.expectRevert(TokenReverts.directTransferClosed(payer, hkNeighbour, 0, 0));
        vm.prank(payer);
        eur.transfer(hkNeighbour, 1);
        _expectRefused(_twoCurrencies(), PolicyReverts.corridorClosed(address(eur), 0, 0));
        // Within one country no zone is asked for.
        vm.prank(payer);
        eur.transfer(dealer, 1);
    }

    /* STOPPING */

    /// @notice Everything is stopped by whoever may: what was paid goes back, to the payer and to its quota, and ADMIN
    /// and RELEASER put all of it right again.
    function test_a_corridor_stopped_out_of_spite_keeps_nobodys_money() public {
        Payment memory payment = _twoCurrencies();
        _authorize(payment);
        assertEq(policy.remainingQuota(address(eur), EEA, HK, CUSTOMER), YEARLY_QUOTA - 100_00);
        vm.startPrank(officer);
        Corridor memory closed = policy.corridor(address(eur), EEA, HK);
        (closed.open, closed.maxAmount, closed.minAmount) = (false, 1_00, 1_00);
        policy.narrowCorridor(address(eur), EEA, HK, closed);
        policy.suspendCorridor(address(eur), EEA, HK);
        vm.stopPrank();

        vm.prank(operator);
        escrow.void(payment);
        assertEq(eur.balanceOf(payer), 1_000_00);
        assertEq(policy.remainingQuota(address(eur), EEA, HK, CUSTOMER), YEARLY_QUOTA);
        _byGovernor(
            address(policy),
            abi.encodeCall(ICorridorPolicy.setCorridor, (address(eur), EEA, HK, _corridor(Period.Year, YEARLY_QUOTA)))
        );
        vm.prank(releaser);
        policy.resumeCorridor(address(eur), EEA, HK);
        _authorize(_next());
    }

    /// @notice A suspended corridor is opened wider and narrowed meanwhile: nothing passes until it is resumed, and then
    /// by the rules as they were last set. Neither key that stops can resume, nor stop the resuming for good.
    function test_a_suspension_ends_by_the_releaser_alone_and_brings_nothing_new() public {
        vm.prank(guardian);
        policy.stopCorridor(address(eur), EEA, HK);
        Corridor memory rules = _corridor(Period.Year, 500_00);
        rules.directTransfers = true;
        _byGovernor(address(policy), abi.encodeCall(ICorridorPolicy.setCorridor, (address(eur), EEA, HK, rules)));
        _expectSuspended();
        assertFalse(policy.directTransfers(address(eur), EEA, HK));
        rules.quota = 150_00;
        vm.prank(officer);
        policy.narrowCorridor(address(eur), EEA, HK, rules);
        _expectSuspended();

        bytes memory resume = abi.encodeCall(ICorridorPolicy.resumeCorridor, (address(eur), EEA, HK));
        _assertUnauthorized(officer, address(policy), resume);
        _assertUnauthorized(guardian, address(policy), resume);
        _assertUnauthorized(releaser, address(policy), abi.encodeCall(ICorridorPolicy.setApprover, (stranger)));
        vm.prank(releaser);
        policy.resumeCorridor(address(eur), EEA, HK);
        assertEq(abi.encode(policy.corridor(address(eur), EEA, HK)), abi.encode(rules));
        _authorize(_twoCurrencies());
        Payment memory second = _next();
        bytes memory refusal = PolicyReverts.quotaExceeded(CUSTOMER, 100_00, 50_00);
        _expectRefused(second, refusal);
    }

    /// @notice A stolen releaser's key resumes: only what was suspended, and only as ADMIN had let it through.
    function test_a_stolen_releasers_key_opens_no_corridor() public {
        vm.startPrank(releaser);
        vm.expectRevert(PolicyReverts.suspensionUnchanged(address(eur), HK, EEA, false));
        policy.resumeCorridor(address(eur), HK, EEA);
        vm.stopPrank();
        vm.prank(guardian);
        policy.stopCorridor(address(eur), HK, EEA);
        vm.prank(releaser);
        policy.resumeCorridor(address(eur), HK, EEA);
        assertFalse(policy.corridor(address(eur), HK, EEA).open);
        assertFalse(policy.directTransfers(address(eur), HK, EEA));
    }

    /* APPROVALS */

    /// @notice A stolen approver's key signs for whoever pays for it, on a corridor that needs approval: the guardian
    /// takes it away at once, signatures that are out already with it, and no working key names another.
    function test_a_stolen_approvers_signatures_end_with_it() public {
        Corridor memory rules = _corridor(Period.Year, YEARLY_QUOTA);
        rules.approvalNeeded = true;
        vm.prank(officer);
        policy.narrowCorridor(address(eur), EEA, HK, rules);
        Payment memory payment = _twoCurrencies();
        bytes32 id = escrow.paymentId(payment);
        PaymentApproval memory approval = _approval(eurBank, id, payment.authorizeBy);
        vm.prank(guardian);
        policy.removeApprover();

        (bytes memory payerSignature, bytes memory dealerSignature) =
            (_payerSignature(payment), _dealerSignature(payment));
        vm.expectRevert(ICorridorPolicy.NoApprover.selector);
        vm.prank(operator);
        escrow.authorize(payment, payerSignature, dealerSignature, approval);
        _assertUnauthorized(officer, address(policy), abi.encodeCall(ICorridorPolicy.setApprover, (stranger)));
        _assertUnauthorized(guardian, address(policy), abi.encodeCall(ICorridorPolicy.setApprover, (stranger)));
    }

    /* HELPERS */

    function _assertUnauthorized(address key, address target, bytes memory act) private {
        vm.prank(key);
        (bool success, bytes memory answer) = target.call(act);
        assertFalse(success);
        assertEq(answer, GovernanceReverts.accessManagedUnauthorized(key));
    }

    /// @dev Another payment of the same terms.
    function _next() private view returns (Payment memory payment) {
        payment = _twoCurrencies();
        payment.remittanceHash = keccak256("next");
    }

    function _expectSuspended() private {
        _expectRefused(_next(), PolicyReverts.corridorIsSuspended(address(eur), EEA, HK));
    }

    function _expectRefused(Payment memory payment, bytes memory refusal) private {
        (bytes memory payerSignature, bytes memory dealerSignature) =
            (_payerSignature(payment), _dealerSignature(payment));
        vm.expectRevert(refusal);
        vm.prank(operator);
        escrow.authorize(payment, payerSignature, dealerSignature, _noApproval());
    }
}
