// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/BankSystem.sol";

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

    function test_a_holder_who_was_accepted_gets_its_money_once() public {
        uint256 id = _request(BALANCE);
        eur.acceptRedemption(id);
        bytes memory signature = _receiveSignature(payerKey, eur, payer, BALANCE, START + 1, "payment");
        _refusedToHolder(_cancellation(id), _wrongStatus(id, RedemptionStatus.Accepted, RedemptionStatus.Requested));
        _refusedToHolder(_transfer(1), TokenReverts.tokensLocked(payer, 1, 0));
        _refusedToHolder(_requesting(1), TokenReverts.tokensLocked(payer, 1, 0));
        vm.expectRevert(TokenReverts.tokensLocked(payer, BALANCE, 0));
        vm.prank(address(escrow));
        eur.receiveWithAuthorization(payer, address(escrow), BALANCE, 0, START + 1, "payment", signature);

        _settle(id);
        assertEq(eur.balanceOf(payer), 0);
        assertEq(eur.totalSupply(), 0);
        _refusedToHolder(_cancellation(id), _wrongStatus(id, RedemptionStatus.Settled, RedemptionStatus.Requested));
    }

    function test_a_cancellation_that_overtakes_the_acceptance_leaves_nothing_to_pay() public {
        uint256 id = _request(AMOUNT);
        _done(payer, address(eur), _cancellation(id));
        vm.expectRevert(_wrongStatus(id, RedemptionStatus.Cancelled, RedemptionStatus.Requested));
        eur.acceptRedemption(id);
        _assertNotSettled(id, RedemptionStatus.Cancelled);
    }

    /// @notice Acceptance stops, and rejecting, cancelling or asking anew leads back into the freeze.
    function test_a_lock_that_overtakes_a_freeze_only_waits_for_it() public {
        uint256 first = _request(300_00);
        uint256 second = _request(200_00);
        eur.setFrozenTokens(payer, BALANCE);
        vm.expectRevert(TokenReverts.insufficientUnfrozenBalance(payer, BALANCE, 0));
        eur.acceptRedemption(first);
        vm.expectRevert(TokenReverts.tokensLocked(payer, 1, 0));
        eur.forcedTransfer(payer, neighbour, 1);

        _done(payer, address(eur), _cancellation(first));
        _refusedToHolder(_transfer(1), TokenReverts.insufficientUnfrozenBalance(payer, 1, 0));
        _refusedToHolder(_requesting(1), TokenReverts.insufficientUnfrozenBalance(payer, 1, 0));
        eur.rejectRedemption(second, LEGAL);
        assertTrue(eur.forcedTransfer(payer, neighbour, BALANCE));
        assertEq(eur.balanceOf(neighbour), BALANCE);
    }

    /// @notice What is locked stays frozen, or the holder cancels and spends it.
    function test_seizing_the_rest_does_not_free_what_is_locked() public {
        uint256 id = _request(100_00);
        eur.setFrozenTokens(payer, type(uint128).max);
        eur.forcedTransfer(payer, neighbour, 400_00);
        assertEq(eur.getFrozenTokens(payer), type(uint128).max - 400_00, "still frozen");
        _done(payer, address(eur), _cancellation(id));
        _refusedToHolder(_transfer(100_00), TokenReverts.insufficientUnfrozenBalance(payer, 100_00, 0));
    }

    /// @notice A freeze leaves room for one of two requests only: neither passes.
    function test_splitting_a_request_gets_no_part_past_a_freeze() public {
        uint256 small = _request(1);
        uint256 large = _request(400_00);
        eur.setFrozenTokens(payer, 100_00);
        vm.expectRevert(TokenReverts.insufficientUnfrozenBalance(payer, 400_01, 400_00));
        eur.acceptRedemption(small);
        eur.setFrozenTokens(payer, 99_99);
        eur.acceptRedemption(small);
        eur.acceptRedemption(large);
    }

    /// @notice Blocked after the acceptance, the holder is paid what the bank promised; blocked before, it stays.
    function test_a_block_divides_what_is_accepted_from_what_is_not() public {
        uint256 accepted = _request(100_00);
        uint256 requested = _request(100_00);
        eur.acceptRedemption(accepted);
        eurBank.registry.blockWallet(payer, LEGAL);
        vm.expectRevert(TokenReverts.cannotSend(payer));
        eur.acceptRedemption(requested);
        _refusedToHolder(_requesting(1), TokenReverts.cannotSend(payer));
        _settle(accepted);
        assertEq(eur.balanceOf(payer), BALANCE - 100_00);
    }

    /* THE RELAYER */

    function test_a_relayer_swaps_nothing() public {
        bytes memory signature = _signed(_signable());
        for (uint256 word = 0; word < 5; ++word) {
            Request memory swapped = _signable();
            if (word == 0) swapped.holder = neighbour;
            if (word == 1) swapped.amount += 1;
            if (word == 2) swapped.payoutReference = "the relayer's account";
            if (word == 3) swapped.nonce = "another";
            if (word == 4) swapped.deadline += 1;
            _refused(stranger, address(eur), _bringing(swapped, signature), TokenReverts.invalidSignature());
        }
        _done(stranger, address(eur), _bringing(_signable(), signature));
        assertEq(eur.redemptionOf(1).payoutReference, _signable().payoutReference);
    }

    /// @notice After each end that a redemption can have.
    function test_a_relayer_brings_a_request_again() public {
        bytes memory call = _bringing(_signable(), _signed(_signable()));
        uint256 state = vm.snapshotState();
        for (uint256 end = 0; end < 3; ++end) {
            uint256 id = abi.decode(_done(stranger, address(eur), call), (uint256));
            if (end == 0) _done(payer, address(eur), _cancellation(id));
            if (end == 1) eur.rejectRedemption(id, "AC04");
            if (end == 2) eur.acceptRedemption(id);
            if (end == 2) _settle(id);
            _refused(stranger, address(eur), call, TokenReverts.usedAuthorization(payer, _signable().nonce));
            assertEq(eur.lockedOf(payer), 0);
            vm.revertToState(state);
        }
    }

    /* THE MINTER */

    function test_a_minter_burns_an_acceptance_once_and_nothing_else() public {
        uint256 requested = _request(100_00);
        uint256 rejected = _request(100_00);
        uint256 accepted = _request(100_00);
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

    function test_a_payout_officer_reopens_nothing() public {
        uint256 id = _request(AMOUNT);
        eur.acceptRedemption(id);
        eur.rejectRedemption(id, "AC04");
        bytes memory rejected = _wrongStatus(id, RedemptionStatus.Rejected, RedemptionStatus.Requested);
        vm.expectRevert(rejected);
        eur.acceptRedemption(id);
        vm.expectRevert(rejected);
        eur.rejectRedemption(id, "AC04");
        _assertNotSettled(id, RedemptionStatus.Rejected);
        assertEq(eur.lockedOf(payer), 0);
    }

    /* ACTS */

    function _request(uint256 amount) private returns (uint256) {
        return abi.decode(_done(payer, address(eur), _requesting(amount)), (uint256));
    }

    function _requesting(uint256 amount) private pure returns (bytes memory) {
        return abi.encodeCall(IDepositTokenExt.requestRedemption, (amount, "payout"));
    }

    function _cancellation(uint256 id) private pure returns (bytes memory) {
        return abi.encodeCall(IDepositTokenExt.cancelRedemption, (id));
    }

    function _transfer(uint256 amount) private view returns (bytes memory) {
        return abi.encodeCall(IERC20.transfer, (neighbour, amount));
    }

    function _settle(uint256 id) private {
        _done(eurBank.minter, address(eur), abi.encodeCall(eur.settleRedemption, (id, _nextEntry(eurBank))));
    }

    function _refusedToHolder(bytes memory act, bytes memory reason) private {
        _refused(payer, address(eur), act, reason);
    }

    function _assertNotSettled(uint256 id, RedemptionStatus found) private {
        bytes memory settle = abi.encodeCall(eur.settleRedemption, (id, _nextEntry(eurBank)));
        _refused(eurBank.minter, address(eur), settle, _wrongStatus(id, found, RedemptionStatus.Accepted));
    }

    function _wrongStatus(uint256 id, RedemptionStatus found, RedemptionStatus allowed)
        private
        pure
        returns (bytes memory)
    {
        return TokenReverts.wrongRedemptionStatus(id, found, allowed);
    }

    /* SIGNED REQUESTS */

    function _signable() private view returns (Request memory) {
        return Request(payer, AMOUNT, "payout 1", "a nonce drawn at random", START + 1 hours);
    }

    function _signed(Request memory r) private view returns (bytes memory) {
        return _sign(payerKey, eur, abi.encode(TypeHashes.REDEMPTION_REQUEST, r));
    }

    function _bringing(Request memory r, bytes memory signature) private pure returns (bytes memory) {
        return abi.encodeCall(
            IDepositTokenExt.requestRedemptionWithSignature,
            (r.holder, r.amount, r.payoutReference, r.nonce, r.deadline, signature)
        );
    }
}
