// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RoleMatrix} from "../support/RoleMatrix.sol";
import "../support/SecondToken.sol";
import {HostileSubscriber} from "../support/mocks/HostileSubscriber.sol";

/// @notice Notes how much gas it was given when it was told.
contract MeteringSubscriber {
    uint256 public given;

    function reset() external {
        given = 0;
    }

    fallback() external {
        given = gasleft();
    }
}

/// @notice The registry's records, blocks and zones, and how it tells its subscribers.
contract AllowlistRegistryTest is SecondToken, RoleMatrix {
    uint128 private constant CUSTOMER = 5001;
    uint128 private constant PAYER_CUSTOMER = 1001;
    bytes4 private constant LEGAL = "LEGL";

    IAllowlistRegistry private registry;
    address private wallet = makeAddr("wallet");
    address private secondWallet = makeAddr("secondWallet");

    function setUp() public override {
        super.setUp();
        registry = eurBank.registry;
    }

    /* REGISTER */

    function test_register_records_the_wallet() public {
        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.Registered(wallet, CUSTOMER, CustomerCategory.Merchant, GERMANY, REVIEWED_UNTIL);
        registry.register(wallet, CustomerCategory.Merchant, GERMANY, REVIEWED_UNTIL, CUSTOMER);

        Participant found = registry.participantOf(wallet);
        assertEq(Participant.unwrap(found), Participant.unwrap(_record(CUSTOMER)));
        assertEq(registry.customerIdOf(wallet), CUSTOMER);
        assertFalse(registry.isBlocked(wallet));
        _assertStanding(wallet, REVIEWED_UNTIL, GERMANY, CustomerCategory.Merchant);
    }

    function testFuzz_register_keeps_every_field(uint8 category, uint16 country, uint40 validUntil, uint128 customerId)
        public
    {
        CustomerCategory kind = CustomerCategory(bound(category, 0, uint8(type(CustomerCategory).max)));
        country = uint16(bound(country, 1, type(uint16).max));
        validUntil = uint40(bound(validUntil, block.timestamp + 1, type(uint40).max));
        customerId = uint128(bound(customerId, 1, type(uint128).max));
        registry.register(wallet, kind, country, validUntil, customerId);

        Participant found = registry.participantOf(wallet);
        assertEq(uint8(found.status()), uint8(ParticipantStatus.Active));
        assertEq(uint8(found.category()), uint8(kind));
        assertEq(found.country(), country);
        assertEq(found.validUntil(), validUntil);
        assertEq(found.customerId(), customerId);
        assertEq(Participant.unwrap(found) >> 200, 0);
        _assertStanding(wallet, validUntil, country, kind);
    }

    function test_unknown_wallet_has_no_standing() public view {
        _assertStanding(wallet, 0, 0, CustomerCategory.Retail);
        assertEq(registry.customerIdOf(wallet), 0);
        assertEq(Participant.unwrap(registry.participantOf(wallet)), 0);
        assertFalse(registry.isBlocked(wallet));
    }

    function test_customer_may_hold_several_wallets() public {
        _register(wallet);
        _register(secondWallet);
        assertEq(registry.customerIdOf(wallet), registry.customerIdOf(secondWallet));
    }

    function test_register_refuses_the_zero_address() public {
        vm.expectRevert(IAllowlistRegistry.ZeroWallet.selector);
        _register(address(0));
    }

    function test_register_refuses_a_record_without_customer_or_country() public {
        Participant nobody = _record(0);
        vm.expectRevert(RegistryReverts.invalidParticipant(wallet, nobody));
        registry.register(wallet, CustomerCategory.Merchant, GERMANY, REVIEWED_UNTIL, 0);

        Participant stateless =
            ParticipantPacking.pack(ParticipantStatus.Active, CustomerCategory.Merchant, 0, REVIEWED_UNTIL, CUSTOMER);
        vm.expectRevert(RegistryReverts.invalidParticipant(wallet, stateless));
        registry.register(wallet, CustomerCategory.Merchant, 0, REVIEWED_UNTIL, CUSTOMER);
    }

    function test_register_refuses_a_category_that_does_not_exist() public {
        (bool success,) = address(registry)
            .call(
                abi.encodeWithSelector(
                    IAllowlistRegistry.register.selector, wallet, 4, GERMANY, REVIEWED_UNTIL, CUSTOMER
                )
            );
        assertFalse(success);
        assertEq(registry.customerIdOf(wallet), 0);
    }

    function test_register_needs_an_end_of_validity_in_the_future() public {
        vm.expectRevert(RegistryReverts.validityInPast(START, START));
        registry.register(wallet, CustomerCategory.Merchant, GERMANY, uint40(START), CUSTOMER);
        registry.register(wallet, CustomerCategory.Merchant, GERMANY, uint40(START + 1), CUSTOMER);
        _assertStanding(wallet, uint40(START + 1), GERMANY, CustomerCategory.Merchant);
    }

    function test_register_refuses_a_wallet_with_a_record_also_a_lapsed_one() public {
        _register(wallet);
        bytes memory refusal = RegistryReverts.alreadyRegistered(wallet);
        vm.expectRevert(refusal);
        _register(wallet);
        vm.warp(REVIEWED_UNTIL);
        vm.expectRevert(refusal);
        registry.register(wallet, CustomerCategory.Merchant, GERMANY, REVIEWED_UNTIL + 1, CUSTOMER);
    }

    function test_register_lifts_no_block() public {
        _register(wallet);
        registry.blockWallet(wallet, LEGAL);
        vm.expectRevert(RegistryReverts.walletIsBlocked(wallet));
        _register(wallet);
    }

    function test_customer_id_is_fixed_across_revoke_and_register() public {
        _register(wallet);
        registry.revoke(wallet);
        vm.expectRevert(RegistryReverts.customerIdFixed(wallet, CUSTOMER + 1, CUSTOMER));
        registry.register(wallet, CustomerCategory.Merchant, GERMANY, REVIEWED_UNTIL, CUSTOMER + 1);

        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.Registered(wallet, CUSTOMER, CustomerCategory.Dealer, FRANCE, REVIEWED_UNTIL + 1);
        registry.register(wallet, CustomerCategory.Dealer, FRANCE, REVIEWED_UNTIL + 1, CUSTOMER);
        _assertStanding(wallet, REVIEWED_UNTIL + 1, FRANCE, CustomerCategory.Dealer);
    }

    /* BATCHES */

    function test_multicall_makes_many_changes_or_none() public {
        bytes[] memory calls = new bytes[](4);
        calls[0] = abi.encodeCall(registry.renew, (payer, REVIEWED_UNTIL + 1));
        calls[1] = abi.encodeCall(registry.blockWallet, (neighbour, "LEGL"));
        calls[2] = abi.encodeCall(registry.blockWallet, (dealer, "LEGL"));
        calls[3] = abi.encodeCall(registry.revoke, (feeReceiver));
        Multicall(address(registry)).multicall(calls);
        assertEq(registry.participantOf(payer).validUntil(), REVIEWED_UNTIL + 1);
        assertTrue(registry.isBlocked(neighbour));
        assertTrue(registry.isBlocked(dealer));
        assertEq(registry.participantOf(feeReceiver).validUntil(), 0);

        calls[1] = abi.encodeCall(registry.unblockWallet, (neighbour));
        calls[2] = abi.encodeCall(registry.unblockWallet, (payer));
        vm.expectRevert(RegistryReverts.walletNotBlocked(payer));
        Multicall(address(registry)).multicall(calls);
        assertTrue(registry.isBlocked(neighbour), "none");
    }

    function test_multicall_asks_for_the_permission_of_each_change() public {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = IAllowlistRegistry.renew.selector;
        eurBank.manager.setTargetFunctionRole(address(registry), selectors, 77);
        eurBank.manager.grantRole(77, stranger, 0);
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(registry.renew, (payer, REVIEWED_UNTIL + 1));
        calls[1] = abi.encodeCall(registry.blockWallet, (neighbour, "LEGL"));
        vm.expectRevert(GovernanceReverts.accessManagedUnauthorized(stranger));
        vm.prank(stranger);
        Multicall(address(registry)).multicall(calls);
        calls[1] = abi.encodeCall(registry.renew, (neighbour, REVIEWED_UNTIL + 1));
        vm.prank(stranger);
        Multicall(address(registry)).multicall(calls);
        assertEq(registry.participantOf(neighbour).validUntil(), REVIEWED_UNTIL + 1);
    }

    function test_registerBatch_records_every_wallet() public {
        (address[] memory wallets, Participant[] memory records) = _batch();
        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.Registered(wallet, CUSTOMER, CustomerCategory.Merchant, GERMANY, REVIEWED_UNTIL);
        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.Registered(
            secondWallet, CUSTOMER + 1, CustomerCategory.Merchant, GERMANY, REVIEWED_UNTIL
        );
        registry.registerBatch(wallets, records);
        assertEq(Participant.unwrap(registry.participantOf(wallet)), Participant.unwrap(records[0]));
        assertEq(Participant.unwrap(registry.participantOf(secondWallet)), Participant.unwrap(records[1]));
    }

    function test_registerBatch_needs_as_many_records_as_wallets() public {
        (address[] memory wallets, Participant[] memory records) = _batch();
        vm.expectRevert(RegistryReverts.batchLengthsDiffer(2, 1));
        registry.registerBatch(wallets, new Participant[](1));
        vm.expectRevert(RegistryReverts.batchLengthsDiffer(1, 2));
        registry.registerBatch(new address[](1), records);
    }

    function test_registerBatch_registers_all_or_nobody() public {
        (address[] memory wallets, Participant[] memory records) = _batch();
        wallets[1] = wallet;
        vm.expectRevert(RegistryReverts.alreadyRegistered(wallet));
        registry.registerBatch(wallets, records);
        assertEq(registry.customerIdOf(wallet), 0);

        wallets[1] = address(0);
        vm.expectRevert(IAllowlistRegistry.ZeroWallet.selector);
        registry.registerBatch(wallets, records);

        wallets[1] = secondWallet;
        records[1] = records[1].withValidUntil(uint40(START));
        vm.expectRevert(RegistryReverts.validityInPast(START, START));
        registry.registerBatch(wallets, records);
    }

    function test_registerBatch_follows_the_rules_of_register() public {
        (address[] memory wallets, Participant[] memory records) = _batch();
        _register(secondWallet);
        registry.blockWallet(secondWallet, LEGAL);
        vm.expectRevert(RegistryReverts.walletIsBlocked(secondWallet));
        registry.registerBatch(wallets, records);

        registry.unblockWallet(secondWallet);
        registry.revoke(secondWallet);
        records[1] = _record(CUSTOMER + 1);
        vm.expectRevert(RegistryReverts.customerIdFixed(secondWallet, CUSTOMER + 1, CUSTOMER));
        registry.registerBatch(wallets, records);
    }

    function test_registerBatch_refuses_records_that_register_could_not_make() public {
        _assertInvalid(_record(CUSTOMER).withStatus(ParticipantStatus.None));
        _assertInvalid(_record(CUSTOMER).withStatus(ParticipantStatus.Blocked));
        _assertInvalid(_record(0));
        _assertInvalid(
            ParticipantPacking.pack(ParticipantStatus.Active, CustomerCategory.Retail, 0, REVIEWED_UNTIL, CUSTOMER)
        );
        for (uint256 bit = 193; bit < 256; ++bit) {
            _assertInvalid(Participant.wrap(Participant.unwrap(_record(CUSTOMER)) | (1 << bit)));
        }
    }

    function test_registerBatch_refuses_every_category_that_does_not_exist() public {
        uint256 record = Participant.unwrap(_record(CUSTOMER)) & ~(uint256(0xff) << 184);
        for (uint256 category = uint256(type(CustomerCategory).max) + 1; category <= type(uint8).max; ++category) {
            _assertInvalid(Participant.wrap(record | (category << 184)));
        }
    }

    /* LOOK UP */

    function test_lookUp_tells_whose_a_wallet_is_and_whether_it_is_blocked() public {
        _assertLookUp(wallet, 0, false);
        _register(wallet);
        _assertLookUp(wallet, CUSTOMER, false);
        registry.blockWallet(wallet, LEGAL);
        _assertLookUp(wallet, CUSTOMER, true);
        registry.blockCustomer(CUSTOMER, LEGAL);
        registry.unblockWallet(wallet);
        _assertLookUp(wallet, CUSTOMER, true);
        registry.unblockCustomer(CUSTOMER);
        registry.revoke(wallet);
        _assertLookUp(wallet, CUSTOMER, false);
    }

    function test_lookUp_of_a_stranger_reads_one_word() public {
        vm.record();
        assertFalse(registry.isBlocked(wallet));
        (bytes32[] memory reads,) = vm.accesses(address(registry));
        assertEq(reads.length, 1);
    }

    /* RENEW */

    function test_renew_to_later_tells_nobody() public {
        _register(wallet);
        vm.expectCall(address(eur), abi.encodeCall(IDepositTokenMain.sync, (wallet)), 0);
        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.Renewed(wallet, REVIEWED_UNTIL + 1);
        registry.renew(wallet, REVIEWED_UNTIL + 1);
        _assertStanding(wallet, REVIEWED_UNTIL + 1, GERMANY, CustomerCategory.Merchant);
    }

    function test_renew_to_earlier_tells_the_subscribers() public {
        _register(wallet);
        vm.expectCall(address(eur), abi.encodeCall(IDepositTokenMain.sync, (wallet)), 1);
        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.Renewed(wallet, uint40(START + 1));
        registry.renew(wallet, uint40(START + 1));
        _assertStanding(wallet, uint40(START + 1), GERMANY, CustomerCategory.Merchant);
    }

    function test_renew_revives_a_lapsed_wallet() public {
        _register(wallet);
        vm.warp(REVIEWED_UNTIL);
        assertFalse(eur.canReceive(wallet));
        registry.renew(wallet, REVIEWED_UNTIL + 1);
        assertTrue(eur.canReceive(wallet));
    }

    function test_renew_leaves_a_blocked_wallet_blocked() public {
        _register(wallet);
        registry.blockWallet(wallet, LEGAL);
        registry.renew(wallet, REVIEWED_UNTIL + 1);
        assertTrue(registry.isBlocked(wallet));
        _assertStanding(wallet, 0, GERMANY, CustomerCategory.Merchant);
        registry.unblockWallet(wallet);
        _assertStanding(wallet, REVIEWED_UNTIL + 1, GERMANY, CustomerCategory.Merchant);
    }

    function test_renew_needs_a_record_and_a_future() public {
        bytes memory unknown = RegistryReverts.notRegistered(wallet);
        vm.expectRevert(unknown);
        registry.renew(wallet, REVIEWED_UNTIL);

        _register(wallet);
        vm.expectRevert(RegistryReverts.validityInPast(START, START));
        registry.renew(wallet, uint40(START));

        registry.revoke(wallet);
        vm.expectRevert(unknown);
        registry.renew(wallet, REVIEWED_UNTIL);
    }

    /* REVOKE */

    function test_revoke_ends_the_record_and_keeps_the_customer() public {
        _register(wallet);
        vm.expectCall(address(eur), abi.encodeCall(IDepositTokenMain.sync, (wallet)), 1);
        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.Revoked(wallet);
        registry.revoke(wallet);
        _assertStanding(wallet, 0, GERMANY, CustomerCategory.Merchant);
        assertEq(registry.customerIdOf(wallet), CUSTOMER);
        assertFalse(registry.isBlocked(wallet));
    }

    function test_revoke_needs_a_current_record() public {
        bytes memory unknown = RegistryReverts.notRegistered(wallet);
        vm.expectRevert(unknown);
        registry.revoke(wallet);

        _register(wallet);
        registry.revoke(wallet);
        vm.expectRevert(unknown);
        registry.revoke(wallet);
    }

    function test_revoke_leaves_a_block_which_ends_only_by_unblocking() public {
        _register(wallet);
        registry.blockWallet(wallet, LEGAL);
        registry.revoke(wallet);
        _assertBlocked(wallet);
        vm.expectRevert(RegistryReverts.walletIsBlocked(wallet));
        _register(wallet);

        registry.unblockWallet(wallet);
        assertFalse(registry.isBlocked(wallet));
        _assertStanding(wallet, 0, GERMANY, CustomerCategory.Merchant);
        _register(wallet);
        _assertStanding(wallet, REVIEWED_UNTIL, GERMANY, CustomerCategory.Merchant);
    }

    /* BLOCK AND UNBLOCK */

    function test_block_takes_the_standing_at_once() public {
        _register(wallet);
        vm.expectCall(address(eur), abi.encodeCall(IDepositTokenMain.sync, (wallet)), 1);
        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.WalletBlocked(wallet, LEGAL);
        registry.blockWallet(wallet, LEGAL);
        assertTrue(registry.isBlocked(wallet));
        assertTrue(eur.isBlocked(wallet));
        assertFalse(registry.isCustomerBlocked(CUSTOMER));
        _assertStanding(wallet, 0, GERMANY, CustomerCategory.Merchant);
    }

    function test_block_reaches_one_wallet_of_a_customer_only() public {
        _register(wallet);
        _register(secondWallet);
        registry.blockWallet(wallet, LEGAL);
        assertFalse(registry.isBlocked(secondWallet));
        _assertStanding(secondWallet, REVIEWED_UNTIL, GERMANY, CustomerCategory.Merchant);
    }

    function test_block_reaches_a_lapsed_wallet() public {
        _register(wallet);
        vm.warp(REVIEWED_UNTIL);
        registry.blockWallet(wallet, LEGAL);
        assertTrue(registry.isBlocked(wallet));
    }

    function test_block_reaches_a_revoked_wallet() public {
        _register(wallet);
        registry.revoke(wallet);
        registry.blockWallet(wallet, LEGAL);
        assertTrue(registry.isBlocked(wallet));
        vm.expectRevert(RegistryReverts.walletIsBlocked(wallet));
        _register(wallet);
    }

    function test_block_needs_a_record_without_a_block() public {
        vm.expectRevert(RegistryReverts.notRegistered(wallet));
        registry.blockWallet(wallet, LEGAL);
        _register(wallet);
        registry.blockWallet(wallet, LEGAL);
        vm.expectRevert(RegistryReverts.walletIsBlocked(wallet));
        registry.blockWallet(wallet, LEGAL);
    }

    function test_unblock_gives_the_standing_back() public {
        _register(wallet);
        registry.blockWallet(wallet, LEGAL);
        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.WalletUnblocked(wallet);
        registry.unblockWallet(wallet);
        assertFalse(registry.isBlocked(wallet));
        _assertStanding(wallet, REVIEWED_UNTIL, GERMANY, CustomerCategory.Merchant);
    }

    function test_unblock_needs_a_blocked_wallet() public {
        bytes memory refusal = RegistryReverts.walletNotBlocked(wallet);
        vm.expectRevert(refusal);
        registry.unblockWallet(wallet);

        _register(wallet);
        vm.expectRevert(refusal);
        registry.unblockWallet(wallet);

        registry.blockCustomer(CUSTOMER, LEGAL);
        vm.expectRevert(refusal);
        registry.unblockWallet(wallet);

        registry.revoke(wallet);
        vm.expectRevert(refusal);
        registry.unblockWallet(wallet);
    }

    /* BLOCK AND UNBLOCK A CUSTOMER */

    function test_blockCustomer_reaches_every_wallet_present_past_and_future() public {
        address revoked = makeAddr("revoked");
        address later = makeAddr("later");
        _register(wallet);
        _register(secondWallet);
        _register(revoked);
        registry.revoke(revoked);
        uint32 epoch = registry.epoch();

        vm.expectCall(address(eur), abi.encodeCall(IDepositTokenMain.syncEpoch, ()), 1);
        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.CustomerBlocked(CUSTOMER, LEGAL);
        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.EpochBumped(epoch + 1);
        registry.blockCustomer(CUSTOMER, LEGAL);
        _register(later);

        assertTrue(registry.isCustomerBlocked(CUSTOMER));
        assertEq(registry.epoch(), epoch + 1);
        assertTrue(registry.isBlocked(revoked));
        _assertBlocked(wallet);
        _assertBlocked(secondWallet);
        _assertBlocked(later);
        assertFalse(registry.isBlocked(payer));
    }

    function test_blockCustomer_changes_something_or_fails() public {
        registry.blockCustomer(CUSTOMER, LEGAL);
        vm.expectRevert(RegistryReverts.customerBlockUnchanged(CUSTOMER, true));
        registry.blockCustomer(CUSTOMER, LEGAL);
    }

    /// @dev `customerIdOf` a wallet that the bank does not know is zero: blocking that blocks nobody who was meant.
    function test_blockCustomer_refuses_the_id_of_nobody() public {
        vm.expectRevert(IAllowlistRegistry.ZeroCustomer.selector);
        registry.blockCustomer(0, LEGAL);
    }

    function test_unblockCustomer_leaves_single_blocks() public {
        _register(wallet);
        _register(secondWallet);
        registry.blockWallet(secondWallet, LEGAL);
        registry.blockCustomer(CUSTOMER, LEGAL);
        uint32 epoch = registry.epoch();

        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.CustomerUnblocked(CUSTOMER);
        registry.unblockCustomer(CUSTOMER);
        assertEq(registry.epoch(), epoch);
        assertFalse(registry.isCustomerBlocked(CUSTOMER));
        assertFalse(registry.isBlocked(wallet));
        _assertStanding(wallet, REVIEWED_UNTIL, GERMANY, CustomerCategory.Merchant);
        _assertBlocked(secondWallet);
    }

    function test_unblocking_a_wallet_leaves_its_customers_block() public {
        _register(wallet);
        registry.blockWallet(wallet, LEGAL);
        registry.blockCustomer(CUSTOMER, LEGAL);
        registry.unblockWallet(wallet);
        _assertBlocked(wallet);
    }

    function test_unblockCustomer_changes_something_or_fails() public {
        vm.expectRevert(RegistryReverts.customerBlockUnchanged(CUSTOMER, false));
        registry.unblockCustomer(CUSTOMER);
    }

    /* ZONES */

    function test_setZone_maps_countries_and_voids_copies() public {
        uint32 epoch = registry.epoch();
        vm.expectCall(address(eur), abi.encodeCall(IDepositTokenMain.syncEpoch, ()), 1);
        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.ZoneSet(NOWHERE, 9);
        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.ZoneSet(FRANCE, 9);
        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.EpochBumped(epoch + 1);
        registry.setZone(_countries(NOWHERE, FRANCE), 9);
        assertEq(registry.zoneOf(NOWHERE), 9);
        assertEq(registry.zoneOf(FRANCE), 9);
        assertEq(registry.zoneOf(GERMANY), EEA);
        assertEq(registry.epoch(), epoch + 1);
    }

    function test_setZone_takes_countries_out_of_the_table() public {
        registry.setZone(_countries(FRANCE, FRANCE), 0);
        assertEq(registry.zoneOf(FRANCE), 0);
        assertEq(registry.zoneOf(GERMANY), EEA);
    }

    function test_clearZone_takes_countries_out_of_the_table_and_voids_copies() public {
        registry.setZone(_countries(NOWHERE, NOWHERE), 9);
        uint32 epoch = registry.epoch();
        vm.expectCall(address(eur), abi.encodeCall(IDepositTokenMain.syncEpoch, ()), 1);
        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.ZoneSet(NOWHERE, 0);
        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.ZoneSet(FRANCE, 0);
        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.EpochBumped(epoch + 1);
        registry.clearZone(_countries(NOWHERE, FRANCE));
        assertEq(registry.zoneOf(NOWHERE), 0);
        assertEq(registry.zoneOf(FRANCE), 0);
        assertEq(registry.zoneOf(GERMANY), EEA);
        assertEq(registry.epoch(), epoch + 1);
    }

    /* SUBSCRIBERS */

    function test_subscribe_lists_the_token_and_hands_it_the_epoch() public {
        IDepositToken token = _secondToken();
        assertEq(registry.epochFor(address(token)), 0);
        assertEq(token.epoch(), 1);
        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.Subscribed(address(token));
        vm.expectEmit(address(token));
        emit IDepositTokenCore.EpochAdopted(2);
        registry.subscribe(address(token));

        assertEq(registry.epochFor(address(token)), registry.epoch());
        address[] memory subscribers = registry.subscribers();
        assertEq(subscribers.length, 2);
        assertEq(subscribers[0], address(eur));
        assertEq(subscribers[1], address(token));
    }

    function test_epoch_starts_at_one() public {
        assertEq(_newAllowlistRegistry(address(eurBank.manager)).epoch(), 1);
    }

    function test_subscribe_needs_a_contract_that_is_not_listed() public {
        vm.expectRevert(RegistryReverts.subscriptionUnchanged(address(eur), true));
        registry.subscribe(address(eur));
        vm.expectRevert(RegistryReverts.noCode(stranger));
        registry.subscribe(stranger);
    }

    function test_no_zone_for_the_country_of_unknown_wallets() public {
        vm.expectRevert(IAllowlistRegistry.CountryZero.selector);
        registry.setZone(_countries(GERMANY, 0), EEA);
        vm.expectRevert(IAllowlistRegistry.CountryZero.selector);
        registry.clearZone(_countries(GERMANY, 0));
    }

    function test_registry_takes_sixteen_subscribers() public {
        HostileSubscriber last;
        for (uint256 i = 1; i < MAX_SUBSCRIBERS; ++i) {
            last = _hostile(HostileSubscriber.Answer.Revert);
        }
        assertEq(registry.subscribers().length, MAX_SUBSCRIBERS);
        HostileSubscriber surplus = new HostileSubscriber(HostileSubscriber.Answer.Revert);
        vm.expectRevert(RegistryReverts.tooManySubscribers(MAX_SUBSCRIBERS));
        registry.subscribe(address(surplus));

        registry.unsubscribe(address(last));
        registry.subscribe(address(surplus));
        assertEq(registry.subscribers().length, MAX_SUBSCRIBERS);
    }

    function test_unsubscribe_takes_a_token_off_the_list() public {
        HostileSubscriber subscriber = _hostile(HostileSubscriber.Answer.Revert);
        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.Unsubscribed(address(subscriber));
        registry.unsubscribe(address(subscriber));
        assertEq(registry.epochFor(address(subscriber)), 0);
        assertEq(registry.subscribers().length, 1);
    }

    function test_unsubscribe_refuses_a_stranger_and_a_token_that_points_here() public {
        vm.expectRevert(RegistryReverts.subscriptionUnchanged(stranger, false));
        registry.unsubscribe(stranger);
        vm.expectRevert(RegistryReverts.tokenPointsHere(address(eur)));
        registry.unsubscribe(address(eur));
        assertEq(registry.epochFor(address(eur)), registry.epoch());
    }

    function test_unsubscribe_lets_a_token_go_that_points_elsewhere() public {
        IAllowlistRegistry next = _newAllowlistRegistry(address(eurBank.manager), eurBank.registry);
        next.subscribe(address(eur));
        eur.setRegistry(address(next));
        registry.unsubscribe(address(eur));
        assertEq(registry.epochFor(address(eur)), 0);
        vm.expectRevert(TokenReverts.notSubscribed(address(registry)));
        eur.setRegistry(address(registry));
    }

    /// @dev Whatever was subscribed by mistake must not cost gas, and one of sixteen places, for ever.
    function test_unsubscribe_lets_a_contract_go_that_is_no_token() public {
        registry.subscribe(address(eurBank.policy));
        registry.unsubscribe(address(eurBank.policy));
        assertEq(registry.epochFor(address(eurBank.policy)), 0);
    }

    /// @dev A question that runs out of gas is no answer: it must not pass for a token that points elsewhere.
    function testFuzz_gas_of_unsubscribe_never_frees_a_token_that_points_here(uint256 gas) public {
        gas = bound(gas, 25_000, 400_000);
        (bool success,) =
            address(registry).call{gas: gas}(abi.encodeCall(IAllowlistRegistry.unsubscribe, (address(eur))));
        assertFalse(success);
        assertEq(registry.epochFor(address(eur)), registry.epoch());
    }

    /// @dev One word, and in it this registry's address and nothing else.
    function test_unsubscribe_lets_everything_go_that_does_not_point_exactly_here() public {
        uint256 here = uint160(address(registry));
        address subscriber = address(new HostileSubscriber(HostileSubscriber.Answer.Act));
        registry.subscribe(subscriber);

        vm.mockCall(subscriber, abi.encodeCall(IDepositTokenExt.registry, ()), abi.encode(here));
        vm.expectRevert(RegistryReverts.tokenPointsHere(subscriber));
        registry.unsubscribe(subscriber);

        bytes[6] memory answers = [
            abi.encode(here - 1),
            abi.encode(here + 1),
            abi.encode(here | (1 << 160)),
            abi.encode(here, uint256(0)),
            abi.encodePacked(uint248(here)),
            bytes("")
        ];
        for (uint256 i = 0; i < answers.length; ++i) {
            uint256 state = vm.snapshotState();
            vm.mockCall(subscriber, abi.encodeCall(IDepositTokenExt.registry, ()), answers[i]);
            registry.unsubscribe(subscriber);
            assertEq(registry.epochFor(subscriber), 0);
            vm.revertToState(state);
        }
    }

    /* SUBSCRIBERS THAT FAIL */

    function test_no_subscriber_stops_a_change() public {
        for (uint8 answer = 0; answer < uint8(HostileSubscriber.Answer.Act); ++answer) {
            uint256 state = vm.snapshotState();
            HostileSubscriber hostile = _hostile(HostileSubscriber.Answer(answer));
            _register(wallet);
            bool missed = answer != uint8(HostileSubscriber.Answer.ReturnMuch);

            _expectMissed(missed, hostile, wallet);
            registry.renew(wallet, REVIEWED_UNTIL - 1);
            _expectMissed(missed, hostile, wallet);
            registry.blockWallet(wallet, LEGAL);
            assertTrue(registry.isBlocked(wallet));
            registry.unblockWallet(wallet);
            _expectMissed(missed, hostile, wallet);
            registry.revoke(wallet);
            _expectMissed(missed, hostile, address(0));
            registry.blockCustomer(CUSTOMER, LEGAL);
            assertTrue(registry.isCustomerBlocked(CUSTOMER));
            _expectMissed(missed, hostile, address(0));
            registry.setZone(_countries(FRANCE, FRANCE), 9);
            vm.revertToState(state);
        }
    }

    /// @dev As an EIP-7702 account can.
    function test_subscriber_that_lost_its_code_stops_no_change() public {
        HostileSubscriber subscriber = _hostile(HostileSubscriber.Answer.Act);
        vm.etch(address(subscriber), "");
        registry.blockWallet(payer, LEGAL);
        registry.blockCustomer(CUSTOMER, LEGAL);
        assertTrue(registry.isBlocked(payer));
        assertTrue(registry.isCustomerBlocked(CUSTOMER));
        registry.unsubscribe(address(subscriber));
        assertEq(registry.subscribers().length, 1);
    }

    function test_hostile_subscriber_does_not_keep_the_news_from_the_next() public {
        IDepositToken second = _secondToken();
        _hostile(HostileSubscriber.Answer.BurnGas);
        registry.subscribe(address(second));
        eur.sync(payer);
        second.sync(payer);
        registry.blockWallet(payer, LEGAL);
        assertFalse(eur.canSend(payer));
        assertFalse(second.canSend(payer));
    }

    function test_hostile_subscriber_cannot_call_back_into_the_registry() public {
        _register(wallet);
        HostileSubscriber hostile = _hostile(HostileSubscriber.Answer.Act);
        hostile.prepare(address(registry), abi.encodeCall(IAllowlistRegistry.unblockWallet, (wallet)));
        registry.blockWallet(wallet, LEGAL);
        _assertBlocked(wallet);
    }

    function test_sixteen_hostile_subscribers_fit_into_a_transaction() public {
        // EIP-7825: the greatest gas limit of a transaction.
        uint256 transactionGas = 1 << 24;
        for (uint256 i = 1; i < MAX_SUBSCRIBERS; ++i) {
            _hostile(HostileSubscriber.Answer.ReturnMuch);
        }
        (bool success,) =
            address(registry).call{gas: transactionGas}(abi.encodeCall(IAllowlistRegistry.blockWallet, (payer, LEGAL)));
        assertTrue(success, "the block does not fit");
        assertTrue(registry.isBlocked(payer));
    }

    function test_block_refuses_to_run_with_too_little_gas_for_the_subscribers() public {
        eur.sync(payer);
        (bool success, bytes memory result) =
            address(registry).call{gas: 130_000}(abi.encodeCall(IAllowlistRegistry.blockWallet, (payer, LEGAL)));
        assertFalse(success);
        assertEq(bytes4(result), IAllowlistRegistry.InsufficientGas.selector);
        (uint256 found, uint256 needed) = this.decodeGas(result);
        // The share, what the call keeps back of it (1/63), and what the event costs.
        assertEq(needed, SUBSCRIBER_GAS + SUBSCRIBER_GAS / 63 + 10_000);
        assertLt(found, needed);
        assertFalse(registry.isBlocked(payer));
    }

    /// @dev Whoever sends a block chooses its gas: it either fails as a whole or reaches the token.
    function testFuzz_gas_of_a_block_never_keeps_it_from_a_token(uint256 gas) public {
        gas = bound(gas, 25_000, 400_000);
        eur.sync(payer);
        (bool success,) =
            address(registry).call{gas: gas}(abi.encodeCall(IAllowlistRegistry.blockWallet, (payer, LEGAL)));
        assertEq(registry.isBlocked(payer), success);
        assertEq(eur.canSend(payer), !success);
    }

    /// @dev What those before it have left is looked at again for each subscriber: the last has its whole share too.
    function testFuzz_gas_of_a_block_is_the_same_for_every_subscriber(uint256 gas, bool ofCustomer) public {
        _hostile(HostileSubscriber.Answer.BurnGas);
        MeteringSubscriber last = new MeteringSubscriber();
        registry.subscribe(address(last));
        last.reset();
        gas = bound(gas, 100_000, 500_000);
        (bool success,) = address(registry).call{gas: gas}(
            ofCustomer
                ? abi.encodeCall(IAllowlistRegistry.blockCustomer, (PAYER_CUSTOMER, LEGAL))
                : abi.encodeCall(IAllowlistRegistry.blockWallet, (payer, LEGAL))
        );
        assertEq(registry.isBlocked(payer), success);
        if (success) assertGt(last.given(), 99_000);
        else assertEq(last.given(), 0);
    }

    function test_missed_wallet_is_healed_by_sync() public {
        _mint(eurBank, payer, 100_00);
        eur.sync(neighbour);
        vm.mockCallRevert(address(eur), abi.encodeCall(IDepositTokenMain.sync, (payer)), "");
        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.SubscriberMissed(address(eur), payer);
        registry.blockWallet(payer, LEGAL);
        vm.clearMockedCalls();
        assertTrue(eur.isBlocked(payer), "asked of the registry itself");
        assertTrue(eur.canTransfer(payer, neighbour, 1), "the old copy");

        vm.prank(stranger);
        eur.sync(payer);
        assertFalse(eur.canTransfer(payer, neighbour, 1));
    }

    function test_missed_epoch_is_healed_by_sync_of_anybody() public {
        _mint(eurBank, payer, 100_00);
        eur.sync(neighbour);
        vm.mockCallRevert(address(eur), abi.encodeCall(IDepositTokenMain.syncEpoch, ()), "");
        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.SubscriberMissed(address(eur), address(0));
        registry.blockCustomer(PAYER_CUSTOMER, LEGAL);
        vm.clearMockedCalls();
        assertTrue(eur.canTransfer(payer, neighbour, 1), "the old copy");

        uint32 epoch = eur.epoch();
        vm.expectEmit(address(eur));
        emit IDepositTokenCore.EpochAdopted(epoch + 1);
        vm.prank(stranger);
        eur.sync(neighbour);
        assertFalse(eur.canTransfer(payer, neighbour, 1));
    }

    function test_missed_epoch_is_healed_by_the_next_change_of_any_wallet() public {
        eur.sync(payer);
        vm.mockCallRevert(address(eur), abi.encodeCall(IDepositTokenMain.syncEpoch, ()), "");
        registry.blockCustomer(PAYER_CUSTOMER, LEGAL);
        vm.clearMockedCalls();
        assertTrue(eur.canSend(payer), "the old copy");
        registry.revoke(neighbour);
        assertFalse(eur.canSend(payer));
    }

    function test_a_subscriber_whose_code_is_gone_is_missed_by_name() public {
        address subscriber = address(new HostileSubscriber(HostileSubscriber.Answer.Act));
        registry.subscribe(subscriber);
        vm.etch(subscriber, "");

        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.SubscriberMissed(subscriber, payer);
        registry.revoke(payer);
        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.SubscriberMissed(subscriber, address(0));
        registry.blockCustomer(1002, "LEGL");
        assertTrue(registry.isBlocked(neighbour));
    }

    /* ROLES */

    function test_each_restricted_function_has_its_own_role() public {
        _register(wallet);
        _register(secondWallet);
        registry.blockWallet(secondWallet, LEGAL);
        registry.blockCustomer(CUSTOMER + 1, LEGAL);
        IDepositToken token = _secondToken();
        HostileSubscriber subscriber = _hostile(HostileSubscriber.Answer.Revert);

        bytes[] memory calls = new bytes[](12);
        calls[0] = abi.encodeCall(
            IAllowlistRegistry.register, (makeAddr("new"), CustomerCategory.Retail, FRANCE, REVIEWED_UNTIL, CUSTOMER)
        );
        calls[1] = abi.encodeCall(IAllowlistRegistry.registerBatch, (new address[](0), new Participant[](0)));
        calls[2] = abi.encodeCall(IAllowlistRegistry.renew, (wallet, REVIEWED_UNTIL));
        calls[3] = abi.encodeCall(IAllowlistRegistry.revoke, (wallet));
        calls[4] = abi.encodeCall(IAllowlistRegistry.blockWallet, (wallet, LEGAL));
        calls[5] = abi.encodeCall(IAllowlistRegistry.unblockWallet, (secondWallet));
        calls[6] = abi.encodeCall(IAllowlistRegistry.blockCustomer, (CUSTOMER, LEGAL));
        calls[7] = abi.encodeCall(IAllowlistRegistry.unblockCustomer, (CUSTOMER + 1));
        calls[8] = abi.encodeCall(IAllowlistRegistry.setZone, (_countries(FRANCE, FRANCE), 9));
        calls[9] = abi.encodeCall(IAllowlistRegistry.subscribe, (address(token)));
        calls[10] = abi.encodeCall(IAllowlistRegistry.unsubscribe, (address(subscriber)));
        calls[11] = abi.encodeCall(IAllowlistRegistry.clearZone, (_countries(FRANCE, FRANCE)));
        _assertEachRoleOpensOneFunction(eurBank.manager, address(registry), calls);
    }

    function test_only_the_authority_replaces_itself() public {
        vm.expectRevert(GovernanceReverts.accessManagedUnauthorized(address(this)));
        IAccessManaged(address(registry)).setAuthority(address(hkdBank.manager));
        eurBank.manager.updateAuthority(address(registry), address(hkdBank.manager));
        assertEq(IAccessManaged(address(registry)).authority(), address(hkdBank.manager));
    }

    /* HELPERS */

    function decodeGas(bytes calldata result) external pure returns (uint256 found, uint256 needed) {
        return abi.decode(result[4:], (uint256, uint256));
    }

    function _record(uint128 customerId) private pure returns (Participant) {
        return ParticipantPacking.pack(
            ParticipantStatus.Active, CustomerCategory.Merchant, GERMANY, REVIEWED_UNTIL, customerId
        );
    }

    function _register(address account) private {
        registry.register(account, CustomerCategory.Merchant, GERMANY, REVIEWED_UNTIL, CUSTOMER);
    }

    function _batch() private view returns (address[] memory wallets, Participant[] memory records) {
        (wallets, records) = (new address[](2), new Participant[](2));
        (wallets[0], wallets[1]) = (wallet, secondWallet);
        (records[0], records[1]) = (_record(CUSTOMER), _record(CUSTOMER + 1));
    }

    function _assertInvalid(Participant record) private {
        (address[] memory wallets, Participant[] memory records) = _batch();
        records[1] = record;
        vm.expectRevert(RegistryReverts.invalidParticipant(secondWallet, record));
        registry.registerBatch(wallets, records);
    }

    function _assertLookUp(address account, uint128 customerId, bool blocked) private view {
        (uint128 foundId, bool foundBlocked) = registry.lookUp(account);
        assertEq(foundId, customerId, "customer id");
        assertEq(foundBlocked, blocked, "blocked");
        assertEq(registry.customerIdOf(account), customerId);
        assertEq(registry.isBlocked(account), blocked);
    }

    function _assertStanding(address account, uint40 validUntil, uint16 country, CustomerCategory category)
        private
        view
    {
        Participant record = registry.standingOf(account);
        assertEq(record.validUntil(), validUntil, "validUntil");
        assertEq(record.country(), country, "country");
        assertEq(uint8(record.category()), uint8(category), "category");
    }

    function _assertBlocked(address account) private view {
        assertTrue(registry.isBlocked(account));
        _assertStanding(account, 0, GERMANY, CustomerCategory.Merchant);
    }

    function _expectMissed(bool missed, HostileSubscriber subscriber, address account) private {
        if (!missed) return;
        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.SubscriberMissed(address(subscriber), account);
    }

    function _hostile(HostileSubscriber.Answer answer) private returns (HostileSubscriber subscriber) {
        subscriber = new HostileSubscriber(answer);
        registry.subscribe(address(subscriber));
    }
}
