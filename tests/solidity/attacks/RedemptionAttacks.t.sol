// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/BankSystem.sol";
import {FickleWallet} from "../support/mocks/FickleWallet.sol";
import {HostileWallet} from "../support/mocks/HostileWallet.sol";

/// @notice A holder, a relayer and a minter try to be paid twice, to be paid elsewhere, or to get away from the bank.
contract RedemptionAttacksTest is BankSystem {
    struct Request {
        address holder;
        uint256 amount;
        bytes32 payoutReference;
        bytes32 nonce;
        uint256 deadline;
    }

    uint256 private constant BALANCE = 500_00;
    uint256 private constant AMOUNT = 200_00;
    bytes4 private constant LEGAL = "LEGL";

    function setUp() public override {
        super.setUp();
        _mint(eurBank, payer, BALANCE);
    }

    /* THE HOLDER */

    /// @notice The bank accepts and pays; the holder then cancels, spends, signs the money away or asks again: refused.
    function test_a_holder_who_was_accepted_gets_its_money_once() public {
        uint256 id = _request(payer, BALANCE);
        eur.acceptRedemption(id);

        bytes memory signature = _receiveSignature(payerKey, eur, payer, BALANCE, START + 1, "payment");
        vm.startPrank(payer);
        vm.expectRevert(_wrongStatus(id, RedemptionStatus.Accepted, RedemptionStatus.Requested));
        eur.cancelRedemption(id);
        vm.expectRevert(TokenReverts.tokensLocked(payer, 1, 0));
        eur.transfer(neighbour, 1);
        vm.expectRevert(TokenReverts.tokensLocked(payer, 1, 0));
        eur.requestRedemption(1, "again");
        vm.startPrank(address(escrow));
        vm.expectRevert(TokenReverts.tokensLocked(payer, BALANCE, 0));
        eur.receiveWithAuthorization(payer, address(escrow), BALANCE, 0, START + 1, "payment", signature);
        vm.stopPrank();

        _settle(id);
        assertEq(eur.balanceOf(payer), 0);
        assertEq(eur.totalSupply(), 0);
        vm.expectRevert(_wrongStatus(id, RedemptionStatus.Settled, RedemptionStatus.Requested));
        vm.prank(payer);
        eur.cancelRedemption(id);
    }

    /// @notice The cancellation comes one transaction before the acceptance: the bank's acceptance fails, so it pays
    /// nothing.
    function test_a_cancellation_that_overtakes_the_acceptance_leaves_nothing_to_pay() public {
        uint256 id = _request(payer, AMOUNT);
        vm.prank(payer);
        eur.cancelRedemption(id);
        vm.expectRevert(_wrongStatus(id, RedemptionStatus.Cancelled, RedemptionStatus.Requested));
        eur.acceptRedemption(id);
        _assertNotSettled(id, RedemptionStatus.Cancelled);
    }

    /// @notice A holder that sees a freeze coming locks everything by requests: acceptance stops, and reject leads back
    /// into the freeze, so that cancelling or asking anew frees nothing either.
    function test_a_lock_that_overtakes_a_freeze_only_waits_for_it() public {
        uint256 first = _request(payer, 300_00);
        uint256 second = _request(payer, 200_00);
        eur.setFrozenTokens(payer, BALANCE);
        vm.expectRevert(TokenReverts.insufficientUnfrozenBalance(payer, BALANCE, 0));
        eur.acceptRedemption(first);
        vm.expectRevert(TokenReverts.tokensLocked(payer, 1, 0));
        eur.forcedTransfer(payer, neighbour, 1);

        vm.prank(payer);
        eur.cancelRedemption(first);
        vm.expectRevert(TokenReverts.insufficientUnfrozenBalance(payer, 1, 0));
        vm.prank(payer);
        eur.transfer(neighbour, 1);
        vm.expectRevert(TokenReverts.insufficientUnfrozenBalance(payer, 1, 0));
        vm.prank(payer);
        eur.requestRedemption(1, "again");

        eur.rejectRedemption(second, LEGAL);
        assertTrue(eur.forcedTransfer(payer, neighbour, BALANCE));
        assertEq(eur.balanceOf(neighbour), BALANCE);
    }

    /// @notice Splitting a request does not get part of it past a freeze that leaves room for one of the parts only.
    function test_splitting_a_request_gets_no_part_past_a_freeze() public {
        uint256 small = _request(payer, 1);
        uint256 large = _request(payer, 400_00);
        eur.setFrozenTokens(payer, 100_00);
        vm.expectRevert(TokenReverts.insufficientUnfrozenBalance(payer, 400_01, 400_00));
        eur.acceptRedemption(small);
        eur.setFrozenTokens(payer, 99_99);
        eur.acceptRedemption(small);
        eur.acceptRedemption(large);
    }

    /// @notice Blocked after the acceptance, the holder is paid what the bank promised; blocked before, it stays.
    function test_a_block_divides_what_is_accepted_from_what_is_not() public {
        uint256 accepted = _request(payer, 100_00);
        uint256 requested = _request(payer, 100_00);
        eur.acceptRedemption(accepted);
        eurBank.registry.blockWallet(payer, LEGAL);

        vm.expectRevert(TokenReverts.cannotSend(payer));
        eur.acceptRedemption(requested);
        vm.expectRevert(TokenReverts.cannotSend(payer));
        vm.prank(payer);
        eur.requestRedemption(1, "again");
        _settle(accepted);
        assertEq(eur.balanceOf(payer), BALANCE - 100_00);
    }

    /* THE RELAYER */

    /// @notice A relayer swaps any one word of a signed request: holder, amount, payout reference, nonce or deadline.
    function test_a_relayer_swaps_nothing() public {
        Request memory r = _signable();
        bytes memory signature = _signed(r);
        for (uint256 word = 0; word < 5; ++word) {
            Request memory swapped = _signable();
            if (word == 0) swapped.holder = neighbour;
            if (word == 1) swapped.amount += 1;
            if (word == 2) swapped.payoutReference = "the relayer's account";
            if (word == 3) swapped.nonce = "another";
            if (word == 4) swapped.deadline += 1;
            _assertInvalid(swapped, signature);
        }
        assertEq(_bring(r, signature), 1);
        assertEq(eur.redemptionOf(1).payoutReference, r.payoutReference);
    }

    /// @notice A relayer brings the request again after each end that a redemption can have: it was good once.
    function test_a_relayer_brings_a_request_again() public {
        uint256 state = vm.snapshotState();
        Request memory r = _signable();
        bytes memory signature = _signed(r);
        for (uint256 end = 0; end < 3; ++end) {
            uint256 id = _bring(r, signature);
            if (end == 0) {
                vm.prank(payer);
                eur.cancelRedemption(id);
            } else if (end == 1) {
                eur.rejectRedemption(id, "AC04");
            } else {
                eur.acceptRedemption(id);
                _settle(id);
            }
            vm.expectRevert(TokenReverts.usedAuthorization(payer, r.nonce));
            _bring(r, signature);
            assertEq(eur.lockedOf(payer), 0);
            vm.revertToState(state);
        }
    }

    /// @notice A relayer sits on a request until one second before its deadline, or until it: the last second counts.
    function test_a_relayer_brings_a_request_at_its_deadline() public {
        Request memory r = _signable();
        bytes memory signature = _signed(r);
        uint256 state = vm.snapshotState();
        vm.warp(r.deadline);
        vm.expectRevert(TokenReverts.requestExpired(r.deadline, r.deadline));
        _bring(r, signature);
        vm.revertToState(state);
        vm.warp(r.deadline - 1);
        _bring(r, signature);
        assertEq(eur.lockedOf(payer), AMOUNT);
    }

    /// @notice A relayer brings a request for one wallet of a customer as one of another wallet with the same owner's
    /// key: the holder is signed.
    function test_a_relayer_brings_a_request_for_the_owners_other_wallet() public {
        Request memory r = _signable();
        bytes memory signature = _signed(r);
        r.holder = makeAddr("second wallet");
        deployCodeTo("ContractWallet.sol:ContractWallet", abi.encode(payer), r.holder);
        _onboard(eurBank, r.holder, CustomerCategory.Retail, GERMANY, 1001);
        _mint(eurBank, r.holder, BALANCE);
        _assertInvalid(r, signature);
        assertEq(eur.lockedOf(r.holder), 0);
    }

    /// @notice A relayer brings what the holder has cancelled meanwhile, and what a fork of the chain has heard.
    function test_a_relayer_brings_what_is_void() public {
        Request memory r = _signable();
        bytes memory signature = _signed(r);
        vm.chainId(OTHER_CHAIN);
        _assertInvalid(r, signature);
        vm.chainId(CHAIN);

        bytes32 structHash = keccak256(abi.encode(eur.CANCEL_AUTHORIZATION_TYPEHASH(), payer, r.nonce));
        eur.cancelAuthorization(payer, r.nonce, _sign(payerKey, _inDomain(structHash)));
        vm.expectRevert(TokenReverts.usedAuthorization(payer, r.nonce));
        _bring(r, signature);
    }

    /// @notice A wallet that says anything but yes, writes, burns gas or answers at length locks nothing, and costs its
    /// relayer no more gas than that gave. When it says yes, the same locks.
    function test_a_hostile_wallet_locks_nothing() public {
        for (uint8 trick = 0; trick <= uint8(type(HostileWallet.Trick).max); ++trick) {
            Request memory r = _signable();
            r.holder = address(new HostileWallet(HostileWallet.Trick(trick)));
            _onboard(eurBank, r.holder, CustomerCategory.Retail, GERMANY, uint128(3000 + trick));
            _mint(eurBank, r.holder, BALANCE);
            vm.expectRevert(IDepositTokenMain.ERC3009InvalidSignature.selector);
            eur.requestRedemptionWithSignature{gas: 1_000_000}(
                r.holder, r.amount, r.payoutReference, r.nonce, r.deadline, ""
            );
            assertEq(eur.lockedOf(r.holder), 0);
            assertFalse(eur.authorizationState(r.holder, r.nonce));
            vm.etch(r.holder, address(new FickleWallet()).code);
            _bring(r, "");
            assertEq(eur.lockedOf(r.holder), r.amount);
        }
    }

    /* THE MINTER */

    /// @notice A minter settles what nobody accepted, what was rejected, and one acceptance twice: the supply falls once.
    function test_a_minter_burns_an_acceptance_once_and_nothing_else() public {
        uint256 requested = _request(payer, 100_00);
        uint256 rejected = _request(payer, 100_00);
        uint256 accepted = _request(payer, 100_00);
        eur.acceptRedemption(rejected);
        eur.rejectRedemption(rejected, "AC04");
        eur.acceptRedemption(accepted);
        _assertNotSettled(requested, RedemptionStatus.Requested);
        _assertNotSettled(rejected, RedemptionStatus.Rejected);
        _assertNotSettled(0, RedemptionStatus.None);
        _assertNotSettled(type(uint256).max, RedemptionStatus.None);
        _settle(accepted);
        _assertNotSettled(accepted, RedemptionStatus.Settled);
        assertEq(eur.totalSupply(), BALANCE - 100_00);
    }

    /// @notice The payout officer rejects what the minter is about to settle, and accepts again: an end is an end.
    function test_a_payout_officer_reopens_nothing() public {
        uint256 id = _request(payer, AMOUNT);
        eur.acceptRedemption(id);
        eur.rejectRedemption(id, "AC04");
        vm.expectRevert(_wrongStatus(id, RedemptionStatus.Rejected, RedemptionStatus.Requested));
        eur.acceptRedemption(id);
        vm.expectRevert(_wrongStatus(id, RedemptionStatus.Rejected, RedemptionStatus.Requested));
        eur.rejectRedemption(id, "AC04");
        _assertNotSettled(id, RedemptionStatus.Rejected);
        assertEq(eur.lockedOf(payer), 0);
    }

    /* HELPERS */

    function _request(address holder, uint256 amount) private returns (uint256) {
        vm.prank(holder);
        return eur.requestRedemption(amount, "payout");
    }

    function _settle(uint256 id) private {
        uint128 entry = _nextEntry(eurBank);
        vm.prank(eurBank.minter);
        eur.settleRedemption(id, entry);
    }

    function _assertNotSettled(uint256 id, RedemptionStatus found) private {
        uint128 entry = _nextEntry(eurBank);
        vm.expectRevert(_wrongStatus(id, found, RedemptionStatus.Accepted));
        vm.prank(eurBank.minter);
        eur.settleRedemption(id, entry);
        assertFalse(eur.isEntryConsumed(entry));
    }

    function _signable() private view returns (Request memory) {
        return Request(payer, AMOUNT, "payout 1", "a nonce drawn at random", START + 1 hours);
    }

    /// @dev As a relayer.
    function _bring(Request memory r, bytes memory signature) private returns (uint256) {
        vm.prank(stranger);
        return eur.requestRedemptionWithSignature(r.holder, r.amount, r.payoutReference, r.nonce, r.deadline, signature);
    }

    function _assertInvalid(Request memory r, bytes memory signature) private {
        vm.expectRevert(IDepositTokenMain.ERC3009InvalidSignature.selector);
        _bring(r, signature);
        assertFalse(eur.authorizationState(r.holder, r.nonce));
    }

    function _signed(Request memory r) private view returns (bytes memory) {
        return _sign(payerKey, _inDomain(keccak256(abi.encode(eur.REDEMPTION_REQUEST_TYPEHASH(), r))));
    }

    function _inDomain(bytes32 structHash) private view returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", eur.DOMAIN_SEPARATOR(), structHash));
    }

    function _wrongStatus(uint256 id, RedemptionStatus found, RedemptionStatus allowed)
        private
        pure
        returns (bytes memory)
    {
        return TokenReverts.wrongRedemptionStatus(id, found, allowed);
    }
}
