// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/PaymentInFlight.sol";
import "../support/SecondToken.sol";

/// @notice The payer's bank moves its customers to another registry while they pay.
contract RegistryReplacementTest is PaymentInFlight, SecondToken {
    uint128 private constant CUSTOMER = 77;

    IAllowlistRegistry private next;
    address private newWallet = makeAddr("a new wallet");

    function setUp() public override(PaymentInFlight, BankSystem) {
        super.setUp();
        next = newAllowlistRegistry(address(eurBank.manager), eurBank.registry);
        _register(next, payer, PAYER_CUSTOMER);
        next.register(dealer, CustomerCategory.Dealer, GERMANY, REVIEWED_UNTIL, 1003);
        next.register(eurBank.minter, CustomerCategory.Institution, GERMANY, REVIEWED_UNTIL, EUR_LEDGER);
        next.setZone(_countries(GERMANY, FRANCE), EEA);
        next.setZone(_countries(HONG_KONG, HONG_KONG), HK);
        next.subscribe(address(eur));
        // Whatever the old registry said is in a copy.
        eur.sync(payer);
        eur.sync(neighbour);
        eur.sync(dealer);
    }

    /* COPIES */

    function test_copies_of_the_old_registrys_answers_are_void() public {
        _replace();
        _refuseTransfer(neighbour, TokenReverts.cannotReceive(neighbour));
        // Each of the two is asked about at the new one, and never again at the old one.
        vm.expectCall(address(next), abi.encodeCall(IAllowlistRegistry.standingOf, (payer)), 1);
        vm.expectCall(address(next), abi.encodeCall(IAllowlistRegistry.standingOf, (dealer)), 1);
        vm.expectCall(address(eurBank.registry), "", 0);
        _transfer(dealer);
        _transfer(dealer);
        assertEq(eur.balanceOf(dealer), 2);
    }

    function test_new_registry_rules_from_the_replacement_on() public {
        _replace();
        eur.sync(payer);
        next.renew(payer, uint40(START + 1 days));
        vm.warp(START + 1 days);
        _refuseTransfer(dealer, TokenReverts.cannotSend(payer));
        // The old one never heard of it, and has no say, although it still tells.
        uint32 epoch = eur.epoch();
        eurBank.registry.blockWallet(dealer, LEGAL);
        eurBank.registry.blockCustomer(1003, LEGAL);
        assertEq(eur.epoch(), epoch);
        next.renew(payer, REVIEWED_UNTIL);
        _transfer(dealer);
    }

    /* PAYMENTS IN FLIGHT */

    function test_payment_in_flight_goes_on_for_the_same_customer() public balanced {
        _replace();
        _refund(payment, _quote(payment, 0, 30_00));
        assertEq(_remainingQuota(), YEARLY_QUOTA - 70_00);
        _capture(payment, 20_00);
        _assertState(id, PaymentStatus.Authorized, 60_00, 255_00);
        uint32 quotaRef = escrow.paymentState(id).quotaRef;
        vm.expectEmit(address(eurBank.policy));
        emit ICorridorPolicy.QuotaRestored(address(eur), PAYER_CUSTOMER, quotaRef, 40_00, 30_00);
        _void(payment);
        assertEq(eur.balanceOf(payer), 100_000_00 - 30_00);
        _open(_numbered(_twoCurrencies(), 1));
        assertEq(_remainingQuota(), YEARLY_QUOTA - 130_00);
        // The dealer's standing is the new registry's to tell.
        next.revoke(dealer);
        RefundQuote memory quote = _quote(payment, 255_00, 10_00);
        bytes memory refunding = abi.encodeCall(
            escrow.refundWithAuthorization, (payment, quote, _merchantSignature(payment, quote), _quoteSignature(quote))
        );
        bytes memory notDealer = TokenReverts.notDealer(dealer, 0, CustomerCategory.Dealer);
        _refused(operator, address(escrow), refunding, notDealer);
    }

    function test_block_in_the_old_registry_alone_stops_no_capture() public balanced {
        eurBank.registry.blockWallet(payer, LEGAL);
        _refuseCapture(60_00);
        _replace();
        _capture(payment, 60_00);
        _assertState(id, PaymentStatus.Captured, 100_00, 0);
    }

    /// @dev A wallet that was left behind counts as lapsed: what is under way ends, and its money is kept for it.
    function test_payer_who_was_left_behind_traps_nobody() public balanced {
        _replaceBy(_emptySuccessor(eurBank.registry));
        _capture(payment, 10_00);
        assertEq(hkd.balanceOf(merchant), 425_00);
        _void(payment);
        assertEq(escrow.claimableOf(address(eur), payer), 50_00);
        // Whose quota it is, the old registry still tells.
        assertEq(_remainingQuota(), YEARLY_QUOTA - 50_00);

        _register(IAllowlistRegistry(eur.registry()), payer, PAYER_CUSTOMER);
        escrow.claim(address(eur), payer);
        assertEq(eur.balanceOf(payer), 100_000_00 - 50_00);
    }

    /* WHO WAS LEFT BEHIND */

    function test_block_of_a_wallet_stands_where_it_was_left_behind() public balanced {
        eurBank.registry.blockWallet(payer, LEGAL);
        _assertBlockStands(RegistryReverts.walletIsBlocked(payer));
        eurBank.registry.unblockWallet(payer);
        _assertBlockLifted();
    }

    function test_block_of_a_customer_stands_where_its_wallet_was_left_behind() public balanced {
        eurBank.registry.blockCustomer(PAYER_CUSTOMER, LEGAL);
        _assertBlockStands(RegistryReverts.customerIsBlocked(PAYER_CUSTOMER));
        eurBank.registry.unblockCustomer(PAYER_CUSTOMER);
        _assertBlockLifted();
    }

    /// @dev Which stops the capture and not the way back.
    function test_customer_can_be_blocked_where_its_wallet_was_left_behind() public balanced {
        IAllowlistRegistry empty = _emptySuccessor(eurBank.registry);
        _replaceBy(empty);
        empty.blockCustomer(PAYER_CUSTOMER, LEGAL);
        assertTrue(empty.isBlocked(payer));
        _refuseCapture(10_00);
        vm.expectEmit(address(escrow));
        emit ISettlementEscrow.ClaimableAdded(address(eur), payer, 60_00, TokenReverts.cannotReceive(payer));
        _void(payment);
        assertEq(_remainingQuota(), YEARLY_QUOTA - 40_00);
    }

    function test_wallet_that_was_left_behind_keeps_its_customer() public {
        // Revoked, so that the record in between says nothing of it.
        eurBank.registry.revoke(payer);
        IAllowlistRegistry third = _emptySuccessor(_emptySuccessor(eurBank.registry));
        assertEq(third.customerIdOf(payer), PAYER_CUSTOMER);
        assertEq(third.customerIdOf(stranger), 0);
        uint128[2] memory others = [PAYER_CUSTOMER - 1, PAYER_CUSTOMER + 1];
        for (uint256 i = 0; i < others.length; ++i) {
            bytes memory refusal = RegistryReverts.customerIdFixed(payer, others[i], PAYER_CUSTOMER);
            _refuseRegistration(third, payer, others[i], refusal);
        }
        _register(third, payer, PAYER_CUSTOMER);
        _register(third, stranger, 4711);
    }

    /// @dev Of a wallet that is known here the predecessor is not asked any more.
    function test_block_here_is_lifted_here() public {
        next.blockWallet(payer, LEGAL);
        assertTrue(next.isBlocked(payer));
        next.unblockWallet(payer);
        eurBank.registry.blockWallet(payer, LEGAL);
        assertFalse(next.isBlocked(payer));
    }

    /* BLOCKS THAT OUTLIVE A REPLACEMENT */

    /// @dev Whoever is blocked has no wallet registered by any successor, old or new, until the block is lifted in each
    /// registry that has it.
    function test_block_of_a_customer_outlives_replacements() public {
        IAllowlistRegistry second = _emptySuccessor(eurBank.registry);
        IAllowlistRegistry third = _emptySuccessor(second);
        bytes memory refusal = RegistryReverts.customerIsBlocked(CUSTOMER);
        eurBank.registry.blockCustomer(CUSTOMER, LEGAL);
        assertTrue(third.isCustomerBlocked(CUSTOMER));
        assertFalse(third.isCustomerBlocked(CUSTOMER + 1));
        _refuseRegistration(second, newWallet, CUSTOMER, refusal);
        _refuseRegistration(third, newWallet, CUSTOMER, refusal);
        _register(third, newWallet, CUSTOMER + 1);

        second.blockCustomer(CUSTOMER, LEGAL);
        third.blockCustomer(CUSTOMER, LEGAL);
        third.unblockCustomer(CUSTOMER);
        bytes memory unblocking = abi.encodeCall(third.unblockCustomer, (CUSTOMER));
        _refused(address(this), address(third), unblocking, RegistryReverts.customerBlockUnchanged(CUSTOMER, false));
        eurBank.registry.unblockCustomer(CUSTOMER);
        assertTrue(third.isCustomerBlocked(CUSTOMER));
        _refuseRegistration(third, stranger, CUSTOMER, refusal);
        second.unblockCustomer(CUSTOMER);
        assertFalse(third.isCustomerBlocked(CUSTOMER));
        _register(third, stranger, CUSTOMER);
        assertFalse(third.isBlocked(stranger));
    }

    /// @dev The newer record is no reason to forget the older registry's block.
    function test_block_of_a_wallet_in_any_predecessor_keeps_it_out() public {
        IAllowlistRegistry third = _emptySuccessor(next);
        eurBank.registry.blockWallet(payer, LEGAL);
        bytes memory refusal = RegistryReverts.walletIsBlocked(payer);
        _refuseRegistration(third, payer, PAYER_CUSTOMER, refusal);
        eurBank.registry.unblockWallet(payer);
        next.blockWallet(payer, LEGAL);
        _refuseRegistration(third, payer, PAYER_CUSTOMER, refusal);
        next.unblockWallet(payer);
        _register(third, payer, PAYER_CUSTOMER);
    }

    /// @dev Who is taken up again is asked about as anew.
    function test_block_in_a_predecessor_keeps_a_revoked_wallet_out() public {
        next.revoke(payer);
        eurBank.registry.blockWallet(payer, LEGAL);
        _refuseRegistration(next, payer, PAYER_CUSTOMER, RegistryReverts.walletIsBlocked(payer));
        eurBank.registry.unblockWallet(payer);
        eurBank.registry.blockCustomer(PAYER_CUSTOMER, LEGAL);
        _refuseRegistration(next, payer, PAYER_CUSTOMER, RegistryReverts.customerIsBlocked(PAYER_CUSTOMER));
        eurBank.registry.unblockCustomer(PAYER_CUSTOMER);
        _register(next, payer, PAYER_CUSTOMER);
    }

    /// @dev Where two of them differ, the newest record fixes a wallet's customer. What a predecessor learns afterwards
    /// changes nothing that this registry has said before.
    function test_newest_record_fixes_the_customer_of_a_wallet() public {
        _register(next, newWallet, CUSTOMER);
        next.revoke(newWallet);
        _register(eurBank.registry, newWallet, CUSTOMER + 1);
        IAllowlistRegistry[2] memory registries = [next, _emptySuccessor(next)];
        bytes memory refusal = RegistryReverts.customerIdFixed(newWallet, CUSTOMER + 1, CUSTOMER);
        for (uint256 i = 0; i < 2; ++i) {
            assertEq(registries[i].customerIdOf(newWallet), CUSTOMER);
            _refuseRegistration(registries[i], newWallet, CUSTOMER + 1, refusal);
            _register(registries[i], newWallet, CUSTOMER);
        }
    }

    /* PREDECESSORS */

    function test_predecessor_that_is_no_registry_is_refused() public {
        _refusePredecessor(stranger, RegistryReverts.noCode(stranger));
        _refusePredecessor(address(eurBank.policy), "");
    }

    function test_one_more_predecessor_is_refused() public {
        bytes memory depth = abi.encodeCall(IAllowlistRegistry.DEPTH, ());
        vm.mockCall(address(next), depth, abi.encode(MAX_PREDECESSORS - 1));
        assertEq(newAllowlistRegistry(address(eurBank.manager), next).DEPTH(), MAX_PREDECESSORS);
        vm.mockCall(address(next), depth, abi.encode(MAX_PREDECESSORS));
        _refusePredecessor(address(next), RegistryReverts.tooManyPredecessors(MAX_PREDECESSORS));
    }

    function _refusePredecessor(address predecessor, bytes memory refusal) private {
        vm.expectRevert(refusal);
        newAllowlistRegistry(address(eurBank.manager), IAllowlistRegistry(predecessor));
    }

    /* LEDGERS */

    function test_ledger_stays_the_tokens_own_through_a_replacement() public {
        _replace();
        assertEq(address(next.PREDECESSOR()), address(eurBank.registry));
        assertEq(next.tokenOfLedger(EUR_LEDGER), address(eur));
        IDepositToken yen = _deploy(address(next), address(eurBank.policy));
        next.subscribe(address(yen));
        vm.expectRevert(RegistryReverts.ledgerOfOtherToken(EUR_LEDGER, address(eur)));
        yen.setMinter(stranger, EUR_LEDGER, 1);
        // Nor can it be claimed through one more replacement.
        IAllowlistRegistry third = newAllowlistRegistry(address(eurBank.manager), next);
        assertEq(third.tokenOfLedger(EUR_LEDGER), address(eur));
    }

    function test_only_a_subscriber_claims_a_ledger() public {
        bytes memory claiming = abi.encodeCall(IAllowlistRegistry.claimLedger, (1));
        _refused(stranger, address(next), claiming, RegistryReverts.notSubscriber(stranger));
        assertEq(next.tokenOfLedger(1), address(0));
    }

    function test_own_ledger_and_a_new_one_can_be_set_after_the_replacement() public {
        _replace();
        eur.setMinter(eurBank.minter, EUR_LEDGER, 7);
        _assertMinter(eurBank.minter, EUR_LEDGER, 7, 7);
        vm.expectEmit(address(next));
        emit IAllowlistRegistry.LedgerClaimed(EUR_LEDGER + 1, address(eur));
        eur.setMinter(stranger, EUR_LEDGER + 1, 1);
        assertEq(next.tokenOfLedger(EUR_LEDGER + 1), address(eur));
        assertEq(eurBank.registry.tokenOfLedger(EUR_LEDGER + 1), address(0));
    }

    /* HELPERS */

    function _replace() private {
        _replaceBy(next);
    }

    function _replaceBy(IAllowlistRegistry registry) private {
        eur.setRegistry(address(registry));
        assertEq(eur.registry(), address(registry));
    }

    function _emptySuccessor(IAllowlistRegistry predecessor) private returns (IAllowlistRegistry empty) {
        empty = newAllowlistRegistry(address(eurBank.manager), predecessor);
        empty.subscribe(address(eur));
    }

    function _register(IAllowlistRegistry registry, address wallet, uint128 customerId) private {
        registry.register(wallet, CustomerCategory.Retail, GERMANY, REVIEWED_UNTIL, customerId);
        assertEq(registry.customerIdOf(wallet), customerId);
    }

    function _refuseRegistration(IAllowlistRegistry registry, address wallet, uint128 id, bytes memory refusal)
        private
    {
        vm.expectRevert(refusal);
        registry.register(wallet, CustomerCategory.Retail, GERMANY, REVIEWED_UNTIL, id);
    }

    /// @dev Through two replacements by registries that do not know the payer, whom the first one blocks.
    function _assertBlockStands(bytes memory refusal) private {
        IAllowlistRegistry third = _emptySuccessor(_emptySuccessor(eurBank.registry));
        _replaceBy(third);
        assertTrue(third.isBlocked(payer));
        _refuseCapture(10_00);
        _refuseRegistration(third, payer, PAYER_CUSTOMER, refusal);
    }

    function _assertBlockLifted() private {
        assertFalse(IAllowlistRegistry(eur.registry()).isBlocked(payer));
        _capture(payment, 10_00);
        _register(IAllowlistRegistry(eur.registry()), payer, PAYER_CUSTOMER);
        assertTrue(eur.canSend(payer));
    }
}

/// @notice The payer's bank has replaced its registry sixteen times, which is as often as it can.
contract RegistryReplacedOftenTest is PaymentInFlight {
    /// @dev From the oldest on.
    IAllowlistRegistry[] private line;

    function setUp() public override {
        super.setUp();
        line.push(eurBank.registry);
        for (uint256 i = 1; i <= MAX_PREDECESSORS; ++i) {
            line.push(newAllowlistRegistry(address(eurBank.manager), line[i - 1]));
        }
        line[MAX_PREDECESSORS].subscribe(address(eur));
        eur.setRegistry(address(line[MAX_PREDECESSORS]));
    }

    /// @dev Whoever reads events alone must know whose blocks, customer ids and ledgers stand in a registry too.
    function test_registry_tells_which_one_it_replaces_and_how_many_there_are() public {
        for (uint256 i = 0; i <= MAX_PREDECESSORS; ++i) {
            assertEq(line[i].DEPTH(), i);
            assertEq(address(line[i].PREDECESSOR()), i == 0 ? address(0) : address(line[i - 1]));
        }
        vm.expectEmit();
        emit IAllowlistRegistry.PredecessorSet(address(line[0]));
        newAllowlistRegistry(address(eurBank.manager), line[0]);
    }

    /* ONE WALK */

    /// @dev Every step costs the same, and all of them together less than the escrow gives a token.
    function test_questions_through_all_of_them_are_linear_and_fit() public {
        bytes[5] memory questions = [
            abi.encodeCall(IAllowlistRegistry.lookUp, (payer)),
            abi.encodeCall(IAllowlistRegistry.isBlocked, (payer)),
            abi.encodeCall(IAllowlistRegistry.customerIdOf, (payer)),
            abi.encodeCall(IAllowlistRegistry.isCustomerBlocked, (PAYER_CUSTOMER)),
            abi.encodeCall(IAllowlistRegistry.tokenOfLedger, (EUR_LEDGER))
        ];
        for (uint256 q = 0; q < questions.length; ++q) {
            uint256 first = _gasOf(line[0], questions[q]);
            uint256 step = _gasOf(line[1], questions[q]) - first;
            for (uint256 i = 2; i <= MAX_PREDECESSORS; ++i) {
                assertApproxEqAbs(_gasOf(line[i], questions[q]), first + i * step, i * 10, "a step more");
            }
            assertLt(_gasOf(line[MAX_PREDECESSORS], questions[q]), TOKEN_GAS * 3 / 4);
        }
    }

    /// @dev Every predecessor is asked for the wallet, and for its customer: still some fifty wallets in a transaction.
    function test_registering_through_all_of_them_fits() public {
        bytes memory call = abi.encodeCall(
            IAllowlistRegistry.register, (stranger, CustomerCategory.Retail, GERMANY, REVIEWED_UNTIL, 4711)
        );
        assertLt(_gasOf(line[MAX_PREDECESSORS], call), 300_000);
        assertEq(line[MAX_PREDECESSORS].customerIdOf(stranger), 4711);
    }

    /// @dev Of a payer whom the oldest alone knows.
    function test_payment_in_flight_is_captured() public balanced {
        _cool();
        _capture(payment, 60_00);
        _assertState(id, PaymentStatus.Captured, 100_00, 0);
        assertEq(hkd.balanceOf(merchant), 850_00);
    }

    function test_payment_in_flight_is_voided_and_its_quota_restored() public balanced {
        _cool();
        _void(payment);
        assertEq(_remainingQuota(), YEARLY_QUOTA - 40_00);
        assertEq(escrow.claimableOf(address(eur), payer), 60_00);
    }

    function test_block_in_the_oldest_stops_capture() public balanced {
        line[0].blockWallet(payer, LEGAL);
        _cool();
        _refuseCapture(60_00);
        line[0].unblockWallet(payer);
        line[0].blockCustomer(PAYER_CUSTOMER, LEGAL);
        _cool();
        _refuseCapture(60_00);
    }

    /* HELPERS */

    /// @dev As in a transaction of its own.
    function _gasOf(IAllowlistRegistry registry, bytes memory call) private returns (uint256 gas) {
        _cool();
        gas = gasleft();
        (bool success,) = address(registry).call(call);
        gas -= gasleft();
        assertTrue(success);
    }

    function _cool() private {
        for (uint256 i = 0; i < line.length; ++i) {
            vm.cool(address(line[i]));
        }
        vm.cool(address(eurBank.policy));
        vm.cool(address(eur));
    }
}
