// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RoleTable} from "../support/RoleTable.sol";
import "../support/SecondToken.sol";
import {HostileSubscriber} from "../support/mocks/HostileSubscriber.sol";

/// @notice Notes what it was told last, and with how much gas.
contract NotingSubscriber {
    bytes32 public told;
    uint256 public given;

    function reset() external {
        (told, given) = (0, 0);
    }

    fallback() external {
        (told, given) = (keccak256(msg.data), gasleft());
    }
}

/// @notice The registry's records, blocks and zones, and how it tells its subscribers.
contract AllowlistRegistryTest is SecondToken, RoleTable {
    /// @dev What a wallet has gone through.
    enum State {
        Unknown,
        Active,
        Lapsed,
        CustomerBlocked,
        Revoked,
        Blocked,
        BlockedAndRevoked
    }

    uint128 private constant CUSTOMER = 5001;
    CustomerCategory private constant MERCHANT = CustomerCategory.Merchant;

    bytes32 private constant TOLD_OF_EPOCH = keccak256(abi.encodeCall(IDepositTokenMain.syncEpoch, ()));

    IAllowlistRegistry private registry;
    NotingSubscriber private noting = new NotingSubscriber();
    address private wallet = makeAddr("wallet");
    address private secondWallet = makeAddr("secondWallet");

    function setUp() public override {
        super.setUp();
        registry = eurBank.registry;
    }

    /* THE STATES OF A WALLET */

    /// @dev In each state of a wallet each change is done, told of, and changes nothing else, or is refused by name.
    function test_each_change_in_each_state_of_a_wallet() public {
        bytes memory done;
        bytes memory unknown = RegistryReverts.notRegistered(wallet);
        bytes memory taken = RegistryReverts.alreadyRegistered(wallet);
        bytes memory blocked = RegistryReverts.walletIsBlocked(wallet);
        bytes memory free = RegistryReverts.walletNotBlocked(wallet);
        // Of register, registerBatch, renew, revoke, blockWallet and unblockWallet.
        bytes[6][7] memory refusals = [
            [done, done, unknown, unknown, unknown, free],
            [taken, taken, done, done, done, free],
            [taken, taken, done, done, done, free],
            [taken, taken, done, done, done, free],
            [done, done, unknown, unknown, done, free],
            [blocked, blocked, done, done, blocked, done],
            [blocked, blocked, unknown, unknown, blocked, done]
        ];
        registry.subscribe(address(noting));
        uint256 start = vm.snapshotState();
        for (uint8 s = 0; s <= uint8(type(State).max); ++s) {
            _bring(State(s));
            for (uint256 c = 0; c < 6; ++c) {
                _assertChange(c, refusals[s][c], string.concat("change ", vm.toString(c), ", state ", vm.toString(s)));
            }
            vm.revertToState(start);
        }
    }

    /// @dev From the same state each; to a greater end of validity.
    function _assertChange(uint256 change, bytes memory refusal, string memory row) private {
        Participant present = registry.participantOf(wallet);
        Participant fresh = _record(CUSTOMER).withValidUntil(REVIEWED_UNTIL + 1);
        (address[] memory wallets, Participant[] memory records) = (new address[](1), new Participant[](1));
        (wallets[0], records[0]) = (wallet, fresh);
        bytes[6] memory calls = [
            _registering(wallet, fresh),
            abi.encodeCall(registry.registerBatch, (wallets, records)),
            abi.encodeCall(registry.renew, (wallet, REVIEWED_UNTIL + 1)),
            abi.encodeCall(registry.revoke, (wallet)),
            abi.encodeCall(registry.blockWallet, (wallet, LEGAL)),
            abi.encodeCall(registry.unblockWallet, (wallet))
        ];
        if (refusal.length != 0) return _refused(address(this), address(registry), calls[change], refusal, row);

        Participant[6] memory changed = [
            fresh,
            fresh,
            present.withValidUntil(REVIEWED_UNTIL + 1),
            present.withValidUntil(0),
            present.withStatus(ParticipantStatus.Blocked),
            present.withStatus(ParticipantStatus.Active)
        ];
        uint256 state = vm.snapshotState();
        noting.reset();
        vm.expectEmit(address(registry));
        if (change < 2) emit IAllowlistRegistry.Registered(wallet, CUSTOMER, MERCHANT, GERMANY, REVIEWED_UNTIL + 1);
        if (change == 2) emit IAllowlistRegistry.Renewed(wallet, REVIEWED_UNTIL + 1);
        if (change == 3) emit IAllowlistRegistry.Revoked(wallet);
        if (change == 4) emit IAllowlistRegistry.WalletBlocked(wallet, LEGAL);
        if (change == 5) emit IAllowlistRegistry.WalletUnblocked(wallet);
        _done(address(this), address(registry), calls[change]);
        assertEq(Participant.unwrap(registry.participantOf(wallet)), Participant.unwrap(changed[change]), row);
        // What takes something away is told, and nothing else.
        assertEq(noting.told(), change == 3 || change == 4 ? _toldOf(wallet) : bytes32(0), row);
        vm.revertToState(state);
    }

    function _bring(State state) private {
        if (state == State.Unknown) return;
        _register(wallet);
        if (state == State.Lapsed) vm.warp(REVIEWED_UNTIL);
        if (state == State.CustomerBlocked) registry.blockCustomer(CUSTOMER, LEGAL);
        if (state == State.Blocked || state == State.BlockedAndRevoked) registry.blockWallet(wallet, LEGAL);
        if (state == State.Revoked || state == State.BlockedAndRevoked) registry.revoke(wallet);
    }

    /* REGISTER */

    function test_registerBatch_records_every_wallet() public {
        (address[] memory wallets, Participant[] memory records) = _batch();
        bytes memory differing = abi.encodeCall(registry.registerBatch, (wallets, new Participant[](1)));
        _refused(differing, RegistryReverts.batchLengthsDiffer(2, 1));
        differing = abi.encodeCall(registry.registerBatch, (new address[](1), records));
        _refused(differing, RegistryReverts.batchLengthsDiffer(1, 2));
        for (uint128 i = 0; i < 2; ++i) {
            vm.expectEmit(address(registry));
            emit IAllowlistRegistry.Registered(wallets[i], CUSTOMER + i, MERCHANT, GERMANY, REVIEWED_UNTIL);
        }
        registry.registerBatch(wallets, records);
        assertEq(Participant.unwrap(registry.participantOf(wallet)), Participant.unwrap(records[0]));
        assertEq(Participant.unwrap(registry.participantOf(secondWallet)), Participant.unwrap(records[1]));
    }

    function test_register_needs_a_wallet_and_a_whole_record_with_an_end_in_the_future() public {
        Participant record = _record(CUSTOMER);
        _refuseRegistration(address(0), record, bytes.concat(IAllowlistRegistry.ZeroWallet.selector));
        Participant[2] memory halves =
            [_record(0), ParticipantPacking.pack(ParticipantStatus.Active, MERCHANT, 0, REVIEWED_UNTIL, CUSTOMER)];
        for (uint256 i = 0; i < 2; ++i) {
            _refuseRegistration(wallet, halves[i], RegistryReverts.invalidParticipant(wallet, halves[i]));
        }
        _refuseRegistration(wallet, record.withValidUntil(uint40(START)), RegistryReverts.validityInPast(START, START));
        _done(address(this), address(registry), _registering(wallet, record.withValidUntil(uint40(START + 1))));
        _assertKnown(wallet, false, uint40(START + 1));
    }

    function test_register_refuses_what_is_in_no_place_of_a_record() public {
        bytes memory dealer =
            abi.encodeCall(registry.register, (wallet, CustomerCategory.Dealer, GERMANY, REVIEWED_UNTIL, CUSTOMER));
        dealer[67] = hex"04";
        _refused(dealer, "");
        _refuseMalformed(_record(CUSTOMER).withStatus(ParticipantStatus.None));
        _refuseMalformed(_record(CUSTOMER).withStatus(ParticipantStatus.Blocked));
        uint256 record = Participant.unwrap(_record(CUSTOMER));
        for (uint256 bit = 193; bit < 256; ++bit) {
            _refuseMalformed(Participant.wrap(record | (1 << bit)));
        }
        record &= ~(uint256(0xff) << 184);
        for (uint256 category = uint256(type(CustomerCategory).max) + 1; category <= type(uint8).max; ++category) {
            _refuseMalformed(Participant.wrap(record | (category << 184)));
        }
    }

    function _refuseMalformed(Participant record) private {
        _refuseInBatch(wallet, record, RegistryReverts.invalidParticipant(wallet, record));
    }

    function test_customer_id_is_fixed_across_revoke_and_register() public {
        _register(wallet);
        registry.revoke(wallet);
        Participant others = _record(CUSTOMER + 1);
        _refuseRegistration(wallet, others, RegistryReverts.customerIdFixed(wallet, CUSTOMER + 1, CUSTOMER));
        Participant next = ParticipantPacking.pack(
            ParticipantStatus.Active, CustomerCategory.Dealer, FRANCE, REVIEWED_UNTIL + 1, CUSTOMER
        );
        _done(address(this), address(registry), _registering(wallet, next));
        assertEq(Participant.unwrap(registry.standingOf(wallet)), Participant.unwrap(next));
    }

    /* MANY CHANGES AT ONCE */

    function test_multicall_makes_many_changes_with_the_permission_for_each() public {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = IAllowlistRegistry.renew.selector;
        eurBank.manager.setTargetFunctionRole(address(registry), selectors, 77);
        eurBank.manager.grantRole(77, stranger, 0);
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(registry.renew, (payer, REVIEWED_UNTIL + 1));
        calls[1] = abi.encodeCall(registry.blockWallet, (neighbour, LEGAL));
        bytes memory refusal = GovernanceReverts.accessManagedUnauthorized(stranger);
        _refused(stranger, address(registry), abi.encodeCall(Multicall.multicall, (calls)), refusal);

        calls[1] = abi.encodeCall(registry.renew, (neighbour, REVIEWED_UNTIL + 1));
        _done(stranger, address(registry), abi.encodeCall(Multicall.multicall, (calls)));
        assertEq(registry.participantOf(payer).validUntil(), REVIEWED_UNTIL + 1);
        assertEq(registry.participantOf(neighbour).validUntil(), REVIEWED_UNTIL + 1);
    }

    /* LOOK UP */

    function test_lookUp_tells_whose_a_wallet_is_and_whether_it_is_blocked() public {
        assertEq(Participant.unwrap(registry.standingOf(wallet)), 0);
        _assertLookUp(wallet, 0, false);
        _register(wallet);
        _register(secondWallet);
        _assertKnown(wallet, false, REVIEWED_UNTIL);
        registry.blockWallet(wallet, LEGAL);
        _assertKnown(wallet, true, 0);
        _assertKnown(secondWallet, false, REVIEWED_UNTIL);
        assertFalse(registry.isCustomerBlocked(CUSTOMER));
        registry.blockCustomer(CUSTOMER, LEGAL);
        registry.unblockWallet(wallet);
        _assertKnown(wallet, true, 0);

        registry.blockWallet(secondWallet, LEGAL);
        uint32 epoch = registry.epoch();
        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.CustomerUnblocked(CUSTOMER);
        registry.unblockCustomer(CUSTOMER);
        assertEq(registry.epoch(), epoch);
        assertFalse(registry.isCustomerBlocked(CUSTOMER));
        _assertKnown(wallet, false, REVIEWED_UNTIL);
        _assertKnown(secondWallet, true, 0);
        registry.revoke(wallet);
        _assertKnown(wallet, false, 0);
    }

    function test_lookUp_of_a_stranger_reads_one_word() public {
        vm.record();
        assertFalse(registry.isBlocked(wallet));
        (bytes32[] memory reads,) = vm.accesses(address(registry));
        assertEq(reads.length, 1);
    }

    function test_renew_to_earlier_tells_the_subscribers() public {
        _register(wallet);
        for (uint40 past = START - 1; past <= START; ++past) {
            _refused(abi.encodeCall(registry.renew, (wallet, past)), RegistryReverts.validityInPast(past, START));
        }
        registry.subscribe(address(noting));
        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.Renewed(wallet, START + 1);
        registry.renew(wallet, START + 1);
        _assertKnown(wallet, false, START + 1);
        assertEq(noting.told(), _toldOf(wallet));
    }

    /* BLOCK AND UNBLOCK A CUSTOMER */

    function test_blockCustomer_reaches_every_wallet_present_past_and_future() public {
        (address revoked, address later) = (makeAddr("revoked"), makeAddr("later"));
        _register(wallet);
        _register(secondWallet);
        _register(revoked);
        registry.revoke(revoked);
        registry.subscribe(address(noting));
        noting.reset();
        uint32 epoch = registry.epoch();

        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.CustomerBlocked(CUSTOMER, LEGAL);
        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.EpochBumped(epoch + 1);
        registry.blockCustomer(CUSTOMER, LEGAL);
        assertEq(noting.told(), TOLD_OF_EPOCH);
        _register(later);

        assertTrue(registry.isCustomerBlocked(CUSTOMER));
        assertEq(registry.epoch(), epoch + 1);
        address[4] memory wallets = [wallet, secondWallet, revoked, later];
        for (uint256 i = 0; i < 4; ++i) {
            _assertKnown(wallets[i], true, 0);
        }
        assertFalse(registry.isBlocked(payer));
    }

    /// @dev `customerIdOf` a wallet that the bank does not know is zero: blocking that blocks nobody who was meant.
    function test_block_of_a_customer_changes_something_or_fails() public {
        bytes memory blocking = abi.encodeCall(registry.blockCustomer, (CUSTOMER, LEGAL));
        bytes memory unblocking = abi.encodeCall(registry.unblockCustomer, (CUSTOMER));
        _refused(unblocking, RegistryReverts.customerBlockUnchanged(CUSTOMER, false));
        _done(address(this), address(registry), blocking);
        _refused(blocking, RegistryReverts.customerBlockUnchanged(CUSTOMER, true));
        bytes memory zeroCustomer = bytes.concat(IAllowlistRegistry.ZeroCustomer.selector);
        _refused(abi.encodeCall(registry.blockCustomer, (0, LEGAL)), zeroCustomer);
    }

    /* ZONES */

    function test_setZone_maps_countries_and_voids_copies() public {
        vm.expectCall(address(eur), abi.encodeCall(IDepositTokenMain.syncEpoch, ()), 4);
        uint16[] memory countries = _countries(NOWHERE, FRANCE);
        _assertZoned(abi.encodeCall(registry.setZone, (countries, 9)), 9);
        _assertZoned(abi.encodeCall(registry.setZone, (countries, 0)), 0);
        _assertZoned(abi.encodeCall(registry.setZone, (countries, 9)), 9);
        _assertZoned(abi.encodeCall(registry.clearZone, (countries)), 0);
    }

    function _assertZoned(bytes memory change, uint8 zone) private {
        uint32 epoch = registry.epoch();
        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.ZoneSet(NOWHERE, zone);
        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.ZoneSet(FRANCE, zone);
        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.EpochBumped(epoch + 1);
        _done(address(this), address(registry), change);
        assertEq(registry.zoneOf(NOWHERE), zone);
        assertEq(registry.zoneOf(FRANCE), zone);
        assertEq(registry.zoneOf(GERMANY), EEA);
        assertEq(registry.epoch(), epoch + 1);
    }

    function test_no_zone_for_the_country_of_unknown_wallets() public {
        bytes memory zeroCountry = bytes.concat(IAllowlistRegistry.ZeroCountry.selector);
        _refused(abi.encodeCall(registry.setZone, (_countries(GERMANY, 0), EEA)), zeroCountry);
        _refused(abi.encodeCall(registry.clearZone, (_countries(GERMANY, 0))), zeroCountry);
    }

    /* SUBSCRIBERS */

    function test_subscribe_lists_the_token_and_hands_it_the_epoch() public {
        assertEq(newAllowlistRegistry(address(eurBank.manager)).epoch(), 1);
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

    /// @dev A token that points here stays as it is.
    function test_subscriptions_change_something_of_a_contract_or_fail() public {
        bytes memory listed = RegistryReverts.subscriptionUnchanged(address(eur), true);
        _refused(abi.encodeCall(registry.subscribe, (address(eur))), listed);
        _refused(abi.encodeCall(registry.subscribe, (stranger)), RegistryReverts.noCode(stranger));
        bytes memory notListed = RegistryReverts.subscriptionUnchanged(stranger, false);
        _refused(abi.encodeCall(registry.unsubscribe, (stranger)), notListed);
        _refused(abi.encodeCall(registry.unsubscribe, (address(eur))), RegistryReverts.tokenPointsHere(address(eur)));
        assertEq(registry.epochFor(address(eur)), registry.epoch());
    }

    /// @dev A question that runs out of gas is no answer: it must not pass for a token that points elsewhere.
    function testFuzz_gas_of_unsubscribe_never_frees_a_token_that_points_here(uint256 gas) public {
        gas = bound(gas, 25_000, 400_000);
        (bool success,) =
            address(registry).call{gas: gas}(abi.encodeCall(IAllowlistRegistry.unsubscribe, (address(eur))));
        assertFalse(success);
        assertEq(registry.epochFor(address(eur)), registry.epoch());
    }

    /// @dev One word, and in it this registry's address and nothing else. Whatever was subscribed by mistake must not
    /// cost gas, and one of sixteen places, for ever. What goes is told, so that its copies are void.
    function test_unsubscribe_lets_everything_go_that_does_not_point_exactly_here() public {
        uint256 here = uint160(address(registry));
        address subscriber = address(noting);
        registry.subscribe(subscriber);
        bytes memory question = abi.encodeCall(IDepositTokenExt.registry, ());
        vm.mockCall(subscriber, question, abi.encode(here));
        _refused(abi.encodeCall(registry.unsubscribe, (subscriber)), RegistryReverts.tokenPointsHere(subscriber));

        bytes[6] memory answers = [
            abi.encode(here - 1),
            abi.encode(here + 1),
            abi.encode(here | (1 << 160)),
            abi.encode(here, uint256(0)),
            abi.encodePacked(uint248(here)),
            bytes("")
        ];
        for (uint256 i = 0; i <= answers.length; ++i) {
            if (i < answers.length) vm.mockCall(subscriber, question, answers[i]);
            else vm.mockCallRevert(subscriber, question, abi.encode(here));
            noting.reset();
            vm.expectEmit(address(registry));
            emit IAllowlistRegistry.Unsubscribed(subscriber);
            registry.unsubscribe(subscriber);
            assertEq(noting.told(), TOLD_OF_EPOCH);
            assertEq(registry.epochFor(subscriber), 0);
            assertEq(registry.subscribers().length, 1);
            registry.subscribe(subscriber);
        }
    }

    /* SUBSCRIBERS THAT FAIL */

    /// @dev Nor keeps the news from the next. The last of them has lost its code, as an EIP-7702 account can.
    function test_no_subscriber_stops_a_change() public {
        for (uint8 answer = 0; answer <= uint8(HostileSubscriber.Answer.Act); ++answer) {
            uint256 state = vm.snapshotState();
            address hostile = address(_hostile(HostileSubscriber.Answer(answer)));
            if (answer == uint8(HostileSubscriber.Answer.Act)) vm.etch(hostile, "");
            registry.subscribe(address(noting));
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
            assertEq(noting.told(), _toldOf(wallet));
            _expectMissed(missed, hostile, address(0));
            registry.blockCustomer(CUSTOMER, LEGAL);
            assertTrue(registry.isCustomerBlocked(CUSTOMER));
            _expectMissed(missed, hostile, address(0));
            registry.setZone(_countries(FRANCE, FRANCE), 9);
            assertEq(noting.told(), TOLD_OF_EPOCH);
            registry.unsubscribe(hostile);
            assertEq(registry.subscribers().length, 2);
            vm.revertToState(state);
        }
    }

    function test_hostile_subscriber_cannot_call_back_into_the_registry() public {
        _register(wallet);
        HostileSubscriber hostile = _hostile(HostileSubscriber.Answer.Act);
        hostile.prepare(address(registry), abi.encodeCall(IAllowlistRegistry.unblockWallet, (wallet)));
        registry.blockWallet(wallet, LEGAL);
        _assertKnown(wallet, true, 0);
    }

    /// @dev And there are no more than sixteen.
    function test_sixteen_hostile_subscribers_fit_into_a_transaction() public {
        for (uint256 i = 1; i < MAX_SUBSCRIBERS; ++i) {
            _hostile(HostileSubscriber.Answer.ReturnMuch);
        }
        // EIP-7825: the greatest gas limit of a transaction.
        (bool success,) =
            address(registry).call{gas: 1 << 24}(abi.encodeCall(IAllowlistRegistry.blockWallet, (payer, LEGAL)));
        assertTrue(success, "the block does not fit");
        assertTrue(registry.isBlocked(payer));

        bytes memory subscribing = abi.encodeCall(registry.subscribe, (address(noting)));
        _refused(subscribing, RegistryReverts.tooManySubscribers(MAX_SUBSCRIBERS));
        registry.unsubscribe(registry.subscribers()[1]);
        _done(address(this), address(registry), subscribing);
        assertEq(registry.subscribers().length, MAX_SUBSCRIBERS);
    }

    function test_block_refuses_to_run_with_too_little_gas_for_the_subscribers() public {
        eur.sync(payer);
        (bool success, bytes memory result) =
            address(registry).call{gas: 130_000}(abi.encodeCall(IAllowlistRegistry.blockWallet, (payer, LEGAL)));
        assertFalse(success);
        assertEq(bytes4(result), IAllowlistRegistry.InsufficientGas.selector);
        // The selector becomes a word of its own.
        (, uint256 found, uint256 needed) = abi.decode(bytes.concat(bytes28(0), result), (uint256, uint256, uint256));
        // The share, what the call keeps back of it (1/63), and what the event costs.
        assertEq(needed, SUBSCRIBER_GAS + SUBSCRIBER_GAS / 63 + SUBSCRIBER_GAS_MARGIN);
        assertLt(found, needed);
        assertFalse(registry.isBlocked(payer));
    }

    /// @dev Whoever sends a block chooses its gas: it either fails as a whole or reaches each token. What those before
    /// it have left is looked at again for each subscriber: the last has its whole share too.
    function testFuzz_gas_of_a_block_is_the_same_for_every_subscriber(uint256 gas, bool ofCustomer) public {
        _hostile(HostileSubscriber.Answer.BurnGas);
        registry.subscribe(address(noting));
        noting.reset();
        eur.sync(payer);
        gas = bound(gas, 25_000, 500_000);
        (bool success,) = address(registry).call{gas: gas}(
            ofCustomer
                ? abi.encodeCall(IAllowlistRegistry.blockCustomer, (PAYER_CUSTOMER, LEGAL))
                : abi.encodeCall(IAllowlistRegistry.blockWallet, (payer, LEGAL))
        );
        assertEq(registry.isBlocked(payer), success);
        assertEq(eur.canSend(payer), !success);
        if (success) assertGt(noting.given(), 99_000);
        else assertEq(noting.given(), 0);
    }

    /* ROLES */

    function test_each_restricted_function_has_its_own_role() public {
        assertEq(_assertEachRoleOpensOneFunction(eurBank.manager, address(registry), "AllowlistRegistry"), 12);
    }

    /* HELPERS */

    function _record(uint128 customerId) private pure returns (Participant) {
        return ParticipantPacking.pack(ParticipantStatus.Active, MERCHANT, GERMANY, REVIEWED_UNTIL, customerId);
    }

    function _register(address account) private {
        registry.register(account, MERCHANT, GERMANY, REVIEWED_UNTIL, CUSTOMER);
    }

    function _registering(address account, Participant record) private view returns (bytes memory) {
        return abi.encodeCall(
            registry.register, (account, record.category(), record.country(), record.validUntil(), record.customerId())
        );
    }

    function _hostile(HostileSubscriber.Answer answer) private returns (HostileSubscriber subscriber) {
        subscriber = new HostileSubscriber(answer);
        registry.subscribe(address(subscriber));
    }

    function _batch() private view returns (address[] memory wallets, Participant[] memory records) {
        (wallets, records) = (new address[](2), new Participant[](2));
        (wallets[0], wallets[1]) = (wallet, secondWallet);
        (records[0], records[1]) = (_record(CUSTOMER), _record(CUSTOMER + 1));
    }

    /// @dev A call of this contract's, which has every role.
    function _refused(bytes memory call, bytes memory refusal) private {
        _refused(address(this), address(registry), call, refusal);
    }

    /// @dev By itself, and as the second of a batch.
    function _refuseRegistration(address account, Participant record, bytes memory refusal) private {
        _refused(_registering(account, record), refusal);
        _refuseInBatch(account, record, refusal);
    }

    function _refuseInBatch(address account, Participant record, bytes memory refusal) private {
        (address[] memory wallets, Participant[] memory records) = _batch();
        (wallets[0], wallets[1], records[1]) = (secondWallet, account, record);
        _refused(abi.encodeCall(registry.registerBatch, (wallets, records)), refusal);
    }

    function _toldOf(address account) private pure returns (bytes32) {
        return keccak256(abi.encodeCall(IDepositTokenMain.sync, (account)));
    }

    function _expectMissed(bool missed, address subscriber, address account) private {
        if (!missed) return;
        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.SubscriberMissed(subscriber, account);
    }

    function _assertLookUp(address account, uint128 customerId, bool blocked) private view {
        (uint128 foundId, bool foundBlocked) = registry.lookUp(account);
        assertEq(foundId, customerId, "customer id");
        assertEq(foundBlocked, blocked, "blocked");
        assertEq(registry.customerIdOf(account), customerId);
        assertEq(registry.isBlocked(account), blocked);
    }

    /// @dev A merchant in Germany who is this customer, and what its good standing is.
    function _assertKnown(address account, bool blocked, uint40 validUntil) private view {
        _assertLookUp(account, CUSTOMER, blocked);
        Participant standing = registry.standingOf(account);
        assertEq(standing.validUntil(), validUntil, "validUntil");
        assertEq(standing.country(), GERMANY, "country");
        assertEq(uint8(standing.category()), uint8(MERCHANT), "category");
    }
}
