// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/BankSystem.sol";
import {ContractWallet} from "../support/ContractWallet.sol";
import {SharedWallet} from "../support/SharedWallet.sol";
import {LyingWallet} from "../support/mocks/LyingWallet.sol";

/// @notice What a holder lets others spend, by its own call or by its signature, and who may spend it.
contract DepositTokenAllowanceTest is BankSystem {
    enum Form {
        Parts,
        Bytes
    }

    uint256 private constant BALANCE = 500_00;
    bytes4 private constant LEGAL = "LEGL";
    uint128 private constant SPENDER_CUSTOMER = 1010;

    IAllowlistRegistry private registry;
    /// @dev A customer whom the payer lets spend.
    address private spender = makeAddr("spender");
    Form private form;

    function setUp() public override {
        super.setUp();
        registry = eurBank.registry;
        _onboard(eurBank, spender, CustomerCategory.Merchant, GERMANY, SPENDER_CUSTOMER);
        _mint(eurBank, payer, BALANCE);
    }

    /// @dev Runs the test for a signature in its parts and for one in bytes, from the same state.
    modifier inBothForms() {
        uint256 state = vm.snapshotState();
        for (uint8 i = 0; i < 2; ++i) {
            form = Form(i);
            _;
            vm.revertToState(state);
        }
    }

    /* ALLOWANCE */

    function test_approve_sets_the_allowance() public {
        vm.expectEmit(address(eur));
        emit IERC20.Approval(payer, stranger, 70_00);
        vm.prank(payer);
        assertTrue(eur.approve(stranger, 70_00));
        assertEq(eur.allowance(payer, stranger), 70_00);
    }

    function test_approve_needs_a_spender() public {
        vm.expectRevert(TokenReverts.invalidSpender(address(0)));
        vm.prank(payer);
        eur.approve(address(0), 1);
    }

    function test_transferFrom_spends_the_allowance() public {
        _allow(stranger, 70_00);
        vm.expectEmit(address(eur));
        emit IERC20.Transfer(payer, neighbour, 50_00);
        _spend(stranger, 50_00);
        assertEq(eur.allowance(payer, stranger), 20_00);
        assertEq(eur.balanceOf(neighbour), 50_00);

        vm.expectRevert(_insufficientAllowance(stranger, 20_00, 20_01));
        _spend(stranger, 20_01);
    }

    function test_transferFrom_of_nobody_names_the_sender() public {
        for (uint256 amount = 0; amount <= 1; ++amount) {
            vm.expectRevert(TokenReverts.invalidSender(address(0)));
            vm.prank(stranger);
            eur.transferFrom(address(0), neighbour, amount);
        }
    }

    /// @dev Beyond OpenZeppelin, so that a reader of events alone knows every allowance.
    function test_transferFrom_tells_what_is_left_of_the_allowance() public {
        _allow(stranger, 70_00);
        vm.expectEmit(address(eur));
        emit IERC20.Approval(payer, stranger, 20_00);
        _spend(stranger, 50_00);
    }

    function test_transferFrom_does_not_count_an_endless_allowance() public {
        _allow(stranger, type(uint256).max);
        vm.recordLogs();
        _spend(stranger, 50_00);
        assertEq(vm.getRecordedLogs().length, 1, "nothing but the transfer");
        assertEq(eur.allowance(payer, stranger), type(uint256).max);
    }

    function test_transferFrom_of_a_blocked_holder_is_refused() public {
        _allow(stranger, BALANCE);
        registry.blockWallet(payer, LEGAL);
        vm.expectRevert(TokenReverts.cannotSend(payer));
        _spend(stranger, 1);
        assertEq(eur.allowance(payer, stranger), BALANCE);
    }

    /* BLOCKED SPENDER */

    function test_blocked_spender_spends_no_allowance() public {
        _allow(spender, 100_00);
        eur.sync(spender);
        uint256 state = vm.snapshotState();
        registry.blockWallet(spender, LEGAL);
        _assertSpenderBlocked(100_00);
        registry.unblockWallet(spender);
        _spend(spender, 100_00);
        assertEq(eur.balanceOf(neighbour), 100_00, "unblocked");
        vm.revertToState(state);

        registry.blockCustomer(SPENDER_CUSTOMER, LEGAL);
        _assertSpenderBlocked(100_00);
        vm.revertToState(state);

        registry.revoke(spender);
        registry.blockWallet(spender, LEGAL);
        _assertSpenderBlocked(100_00);
        vm.revertToState(state);

        registry.blockWallet(spender, LEGAL);
        vm.warp(REVIEWED_UNTIL);
        registry.renew(payer, REVIEWED_UNTIL + 1);
        registry.renew(neighbour, REVIEWED_UNTIL + 1);
        _assertSpenderBlocked(100_00);
    }

    function test_blocked_spender_is_refused_whatever_it_may_spend() public {
        registry.blockWallet(spender, LEGAL);
        uint256[3] memory allowances = [type(uint256).max, BALANCE, 0];
        for (uint256 i = 0; i < allowances.length; ++i) {
            _allow(spender, allowances[i]);
            _assertSpenderBlocked(allowances[i]);
        }
    }

    function test_spender_that_is_not_blocked_needs_no_standing() public {
        _allow(stranger, 2);
        _allow(spender, 2);
        _spend(stranger, 1);
        uint256 state = vm.snapshotState();
        registry.revoke(spender);
        _spend(spender, 1);
        assertEq(eur.balanceOf(neighbour), 2, "revoked");
        vm.revertToState(state);

        registry.renew(spender, uint40(block.timestamp + 1));
        vm.warp(block.timestamp + 1);
        _spend(spender, 1);
        assertEq(eur.balanceOf(neighbour), 2, "lapsed");
    }

    /// @dev It acts for whoever calls it.
    function test_system_account_is_not_asked_about_as_a_spender() public {
        address system = address(escrow);
        registry.register(system, CustomerCategory.Institution, GERMANY, REVIEWED_UNTIL, 1011);
        registry.blockWallet(system, LEGAL);
        _allow(system, 3);
        vm.expectCall(address(registry), abi.encodeCall(registry.isBlocked, (system)), 0);
        _spend(system, 1);
        vm.prank(system);
        assertTrue(eur.transferFrom(payer, system, 1));
        eur.stopSystemAccount(system);
        _spend(system, 1);
        assertEq(eur.balanceOf(neighbour), 2);
        assertEq(eur.allowance(payer, system), 0);
    }

    function test_holder_that_spends_its_own_allowance_is_examined_as_any_sender() public {
        _allow(payer, BALANCE);
        vm.expectCall(address(registry), abi.encodeCall(registry.isBlocked, (payer)), 0);
        _spend(payer, 1);
        assertEq(eur.allowance(payer, payer), BALANCE - 1);
        registry.blockWallet(payer, LEGAL);
        vm.expectRevert(TokenReverts.cannotSend(payer));
        _spend(payer, 1);
    }

    function test_spender_with_a_good_copy_is_not_asked_about() public {
        _allow(spender, 2);
        eur.sync(spender);
        eur.sync(neighbour);
        vm.expectCall(address(registry), "", 0);
        _spend(spender, 1);
        _spend(spender, 1);
        assertEq(eur.balanceOf(neighbour), 2);
    }

    function test_spender_without_a_good_copy_is_asked_about_each_time() public {
        _allow(spender, 2);
        vm.expectCall(address(registry), abi.encodeCall(registry.isBlocked, (spender)), 2);
        _spend(spender, 1);
        _spend(spender, 1);
        assertEq(eur.balanceOf(neighbour), 2);
    }

    /// @dev As of a holder, until somebody syncs.
    function test_copy_that_missed_a_block_is_acted_on_until_it_is_synced() public {
        _allow(spender, 2);
        eur.sync(spender);
        vm.mockCallRevert(address(eur), abi.encodeCall(eur.sync, (spender)), "");
        vm.expectEmit(address(registry));
        emit IAllowlistRegistry.SubscriberMissed(address(eur), spender);
        registry.blockWallet(spender, LEGAL);
        vm.clearMockedCalls();
        _spend(spender, 1);
        eur.sync(spender);
        _assertSpenderBlocked(1);
    }

    function test_registry_that_does_not_say_whether_a_spender_is_blocked_stops_it() public {
        _allow(stranger, 100_00);
        _allow(spender, 100_00);
        eur.sync(neighbour);
        eur.sync(spender);
        vm.mockCallRevert(address(registry), abi.encodeCall(registry.isBlocked, (stranger)), "out of order");
        vm.mockCallRevert(address(registry), abi.encodeCall(registry.isBlocked, (spender)), "out of order");
        vm.expectRevert("out of order");
        _spend(stranger, 1);
        assertEq(eur.allowance(payer, stranger), 100_00);
        _spend(spender, 1);
        assertEq(eur.balanceOf(neighbour), 1);
    }

    /* PERMIT */

    function test_permit_sets_the_allowance() public inBothForms {
        bytes memory signature = _signed(payerKey, eur, payer, 0, block.timestamp);
        vm.expectEmit(address(eur));
        emit IDepositTokenMain.PermitUsed(payer, 0);
        vm.expectEmit(address(eur));
        emit IERC20.Approval(payer, stranger, 70_00);
        _permit(payer, block.timestamp, signature);
        assertEq(eur.allowance(payer, stranger), 70_00);
        assertEq(eur.nonces(payer), 1);
    }

    function test_permit_is_good_through_its_deadline() public inBothForms {
        uint256 deadline = block.timestamp + 60;
        bytes memory signature = _signed(payerKey, eur, payer, 0, deadline);
        vm.warp(deadline + 1);
        vm.expectRevert(TokenReverts.expiredSignature(deadline));
        _permit(payer, deadline, signature);
        assertEq(eur.nonces(payer), 0);
        vm.warp(deadline);
        _permit(payer, deadline, signature);
        assertEq(eur.allowance(payer, stranger), 70_00);
    }

    function test_permit_is_good_once_in_whatever_form() public inBothForms {
        bytes memory signature = _signed(payerKey, eur, payer, 0, block.timestamp);
        _permit(payer, block.timestamp, signature);
        for (uint8 i = 0; i < 2; ++i) {
            form = Form(i);
            _expectInvalidSigner(_digest(eur, payer, 1, block.timestamp), signature);
            _permit(payer, block.timestamp, signature);
        }
        assertEq(eur.nonces(payer), 1);
    }

    function test_permit_is_the_owners_own() public inBothForms {
        bytes memory signature = _signed(dealerKey, eur, payer, 0, block.timestamp);
        vm.expectRevert(TokenReverts.invalidSigner(dealer, payer));
        _permit(payer, block.timestamp, signature);
        assertEq(eur.nonces(payer), 0);
    }

    function test_permit_is_for_one_token_on_one_chain() public inBothForms {
        bytes memory signature = _signed(payerKey, eur, payer, 0, block.timestamp);
        bytes memory otherToken = _signed(payerKey, hkd, payer, 0, block.timestamp);
        _expectInvalidSigner(_digest(eur, payer, 0, block.timestamp), otherToken);
        _permit(payer, block.timestamp, otherToken);

        vm.chainId(OTHER_CHAIN);
        _expectInvalidSigner(_digest(eur, payer, 0, block.timestamp), signature);
        _permit(payer, block.timestamp, signature);
        _permit(payer, block.timestamp, _signed(payerKey, eur, payer, 0, block.timestamp));
        assertEq(eur.allowance(payer, stranger), 70_00);
        vm.chainId(CHAIN);
    }

    function test_permit_refuses_a_malleable_signature() public inBothForms {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(payerKey, _digest(eur, payer, 0, block.timestamp));
        bytes memory refusal = TokenReverts.invalidSigner(address(0), payer);
        vm.expectRevert(refusal);
        _permit(payer, block.timestamp, abi.encodePacked(r, SECP256K1_ORDER - uint256(s), v ^ 7));
        vm.expectRevert(refusal);
        _permit(payer, block.timestamp, abi.encodePacked(r, s, v - 27));
        _permit(payer, block.timestamp, abi.encodePacked(r, s, v));
        assertEq(eur.allowance(payer, stranger), 70_00);
    }

    function test_permit_in_bytes_refuses_another_length() public {
        form = Form.Bytes;
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(payerKey, _digest(eur, payer, 0, block.timestamp));
        bytes[4] memory shapes = [
            bytes(""),
            abi.encodePacked(r, s),
            abi.encodePacked(r, bytes32(uint256(s) | (uint256(v - 27) << 255))), // ERC-2098
            abi.encodePacked(r, s, v, uint8(0))
        ];
        for (uint256 i = 0; i < shapes.length; ++i) {
            vm.expectRevert(TokenReverts.invalidSigner(address(0), payer));
            _permit(payer, block.timestamp, shapes[i]);
        }
    }

    function test_permit_needs_an_owner_and_a_spender() public inBothForms {
        bytes memory garbage = abi.encodePacked(bytes32(uint256(1)), bytes32(uint256(1)), uint8(29));
        vm.expectRevert(TokenReverts.invalidSigner(address(0), address(0)));
        _permit(address(0), block.timestamp, garbage);

        stranger = address(0);
        bytes memory signature = _signed(payerKey, eur, payer, 0, block.timestamp);
        vm.expectRevert(TokenReverts.invalidSpender(address(0)));
        _permit(payer, block.timestamp, signature);
    }

    function test_permit_of_a_contract_wallet() public inBothForms {
        address wallet = address(new ContractWallet(payer));
        bytes memory wrong = _signed(dealerKey, eur, wallet, 0, block.timestamp);
        vm.expectRevert(TokenReverts.invalidSigner(dealer, wallet));
        _permit(wallet, block.timestamp, wrong);
        _permit(wallet, block.timestamp, _signed(payerKey, eur, wallet, 0, block.timestamp));
        assertEq(eur.allowance(wallet, stranger), 70_00);
        assertEq(eur.nonces(wallet), 1);
    }

    /// @dev Which no v, r and s can hold.
    function test_permit_of_a_wallet_of_three_owners() public {
        form = Form.Bytes;
        address wallet = address(new SharedWallet([payer, merchant, dealer]));
        bytes32 digest = _digest(eur, wallet, 0, block.timestamp);
        bytes memory two = bytes.concat(_sign(payerKey, digest), _sign(merchantKey, digest));
        bytes memory refusal = TokenReverts.invalidSigner(address(0), wallet);
        vm.expectRevert(refusal);
        _permit(wallet, block.timestamp, two);
        vm.expectRevert(refusal);
        _permit(wallet, block.timestamp, bytes.concat(two, _sign(payerKey, digest)));
        bytes memory all = bytes.concat(two, _sign(dealerKey, digest));
        _permit(wallet, block.timestamp, all);
        assertEq(eur.allowance(wallet, stranger), 70_00);
        vm.expectRevert(refusal);
        _permit(wallet, block.timestamp, all);
    }

    function test_permit_of_a_wallet_that_only_seems_to_agree_is_refused() public inBothForms {
        LyingWallet.Answer[2] memory answers = [LyingWallet.Answer.True, LyingWallet.Answer.RevertWithYes];
        for (uint256 i = 0; i < answers.length; ++i) {
            address wallet = address(new LyingWallet(answers[i]));
            bytes memory signature = _signed(dealerKey, eur, wallet, 0, block.timestamp);
            vm.expectRevert(TokenReverts.invalidSigner(dealer, wallet));
            _permit(wallet, block.timestamp, signature);
        }
    }

    function test_permit_of_an_account_with_code_takes_its_key() public inBothForms {
        vm.etch(payer, address(escrow).code);
        _permit(payer, block.timestamp, _signed(payerKey, eur, payer, 0, block.timestamp));
        assertEq(eur.allowance(payer, stranger), 70_00);
    }

    function test_permit_of_a_blocked_holder_moves_nothing() public inBothForms {
        registry.blockWallet(payer, LEGAL);
        _permit(payer, block.timestamp, _signed(payerKey, eur, payer, 0, block.timestamp));
        vm.expectRevert(TokenReverts.cannotSend(payer));
        _spend(stranger, 1);
    }

    function test_permit_for_a_blocked_spender_moves_nothing() public inBothForms {
        _onboard(eurBank, stranger, CustomerCategory.Retail, GERMANY, 1011);
        registry.blockWallet(stranger, LEGAL);
        _permit(payer, block.timestamp, _signed(payerKey, eur, payer, 0, block.timestamp));
        vm.expectRevert(TokenReverts.spenderBlocked(stranger));
        _spend(stranger, 1);
        assertEq(eur.allowance(payer, stranger), 70_00);
    }

    /* HELPERS */

    function _allow(address whom, uint256 amount) private {
        vm.prank(payer);
        eur.approve(whom, amount);
    }

    /// @dev From the payer to the neighbour.
    function _spend(address whom, uint256 amount) private {
        vm.prank(whom);
        eur.transferFrom(payer, neighbour, amount);
    }

    /// @dev For one unit, for nothing and with a reference: nothing is moved or spent.
    function _assertSpenderBlocked(uint256 allowance) private {
        bytes memory refusal = TokenReverts.spenderBlocked(spender);
        uint256 balance = eur.balanceOf(payer);
        for (uint256 amount = 0; amount < 2; ++amount) {
            vm.expectRevert(refusal);
            _spend(spender, amount);
        }
        vm.expectRevert(refusal);
        vm.prank(spender);
        IERC7699(address(eur)).transferFrom(payer, neighbour, 1, "invoice 1");
        assertEq(eur.allowance(payer, spender), allowance, "allowance");
        assertEq(eur.balanceOf(payer), balance, "balance");
    }

    function _insufficientAllowance(address whom, uint256 allowance, uint256 needed)
        private
        pure
        returns (bytes memory)
    {
        return TokenReverts.insufficientAllowance(whom, allowance, needed);
    }

    /// @dev Of 70.00 for the stranger.
    function _digest(IDepositToken token, address owner, uint256 nonce, uint256 deadline)
        private
        view
        returns (bytes32)
    {
        bytes32 structHash = keccak256(abi.encode(token.PERMIT_TYPEHASH(), owner, stranger, 70_00, nonce, deadline));
        return keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), structHash));
    }

    function _signed(uint256 key, IDepositToken token, address owner, uint256 nonce, uint256 deadline)
        private
        view
        returns (bytes memory)
    {
        return _sign(key, _digest(token, owner, nonce, deadline));
    }

    /// @dev Brings a signature, whatever it is of, as `owner`'s permit of 70.00 to the stranger.
    function _permit(address owner, uint256 deadline, bytes memory signature) private {
        if (form == Form.Bytes) return eur.permit(owner, stranger, 70_00, deadline, signature);
        (uint8 v, bytes32 r, bytes32 s) = _parts(signature);
        eur.permit(owner, stranger, 70_00, deadline, v, r, s);
    }

    /// @dev What the token makes of the payer's signature when it looks for one over `wanted`.
    function _expectInvalidSigner(bytes32 wanted, bytes memory signature) private {
        (uint8 v, bytes32 r, bytes32 s) = _parts(signature);
        address found = ecrecover(wanted, v, r, s);
        vm.expectRevert(TokenReverts.invalidSigner(found, payer));
    }

    function _parts(bytes memory signature) private pure returns (uint8 v, bytes32 r, bytes32 s) {
        assertEq(signature.length, 65);
        v = uint8(signature[64]);
        (r, s) = abi.decode(signature, (bytes32, bytes32));
    }
}
