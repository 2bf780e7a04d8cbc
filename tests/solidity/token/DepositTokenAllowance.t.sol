// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/TokenSystem.sol";
import {ContractWallet} from "../support/ContractWallet.sol";

/// @notice What a holder lets others spend, by its own call or by its signature, and who may spend it.
contract DepositTokenAllowanceTest is TokenSystem {
    /// @dev A customer whom the payer lets spend.
    address private spender = makeAddr("spender");

    function setUp() public override {
        super.setUp();
        _enrol(spender, GERMANY);
        _mint(eurBank, payer, BALANCE);
    }

    /* ALLOWANCE */

    /// @dev Beyond OpenZeppelin it tells what is left, so that a reader of events alone knows every allowance.
    function test_transferFrom_spends_what_approve_allows() public {
        _refused(payer, abi.encodeCall(eur.approve, (address(0), 1)), TokenReverts.invalidSpender(address(0)));
        vm.expectEmit(address(eur));
        emit IERC20.Approval(payer, stranger, 70_00);
        _approve(payer, stranger, 70_00);
        assertEq(eur.allowance(payer, stranger), 70_00);
        vm.expectEmit(address(eur));
        emit IERC20.Approval(payer, stranger, 20_00);
        vm.expectEmit(address(eur));
        emit IERC20.Transfer(payer, neighbour, 50_00);
        _spend(stranger, 50_00);
        assertEq(eur.allowance(payer, stranger), 20_00);
        assertEq(eur.balanceOf(neighbour), 50_00);
        _refusedSpending(stranger, 20_01, TokenReverts.insufficientAllowance(stranger, 20_00, 20_01));
    }

    function test_transferFrom_of_nobody_names_the_sender() public {
        for (uint256 amount = 0; amount <= 1; ++amount) {
            bytes memory call = abi.encodeCall(eur.transferFrom, (address(0), neighbour, amount));
            _refused(stranger, call, TokenReverts.invalidSender(address(0)));
        }
    }

    function test_transferFrom_of_a_blocked_holder_spends_nothing() public {
        _approve(payer, stranger, BALANCE);
        registry.blockWallet(payer, LEGAL);
        _refusedSpending(stranger, 1, TokenReverts.cannotSend(payer));
    }

    function test_transferFrom_does_not_count_an_endless_allowance() public {
        _approve(payer, stranger, type(uint256).max);
        vm.recordLogs();
        _spend(stranger, 50_00);
        assertEq(vm.getRecordedLogs().length, 1, "nothing but the transfer");
        assertEq(eur.allowance(payer, stranger), type(uint256).max);
    }

    /* BLOCKED SPENDER */

    /// @dev Whatever it may spend. A lapse and a revocation alone stop no spender.
    function test_blocked_spender_spends_no_allowance() public {
        eur.sync(spender);
        uint256[3] memory allowances = [type(uint256).max, BALANCE, 0];
        uint256 state = vm.snapshotState();
        for (uint8 i = 0; i <= uint8(type(Loss).max); ++i) {
            _lose(spender, Loss(i));
            if (Loss(i) == Loss.Lapse || Loss(i) == Loss.Revocation) {
                _approve(payer, spender, 1);
                _spend(spender, 1);
                registry.blockWallet(spender, LEGAL);
            }
            for (uint256 j = 0; j < allowances.length; ++j) {
                _approve(payer, spender, allowances[j]);
                _refusedAsBlocked();
            }
            vm.revertToState(state);
        }
    }

    /// @dev It acts for whoever calls it.
    function test_system_account_is_not_asked_about_as_a_spender() public {
        address system = address(escrow);
        _enrol(system, GERMANY);
        registry.blockWallet(system, LEGAL);
        _approve(payer, system, 3);
        vm.expectCall(address(registry), abi.encodeCall(registry.isBlocked, (system)), 0);
        _spend(system, 1);
        _pull(system, payer, system, 1);
        eur.stopSystemAccount(system);
        _spend(system, 1);
        assertEq(eur.balanceOf(neighbour), 2);
        assertEq(eur.allowance(payer, system), 0);
    }

    function test_holder_that_spends_its_own_allowance_is_examined_as_any_sender() public {
        _approve(payer, payer, BALANCE);
        vm.expectCall(address(registry), abi.encodeCall(registry.isBlocked, (payer)), 0);
        _spend(payer, 1);
        assertEq(eur.allowance(payer, payer), BALANCE - 1);
        registry.blockWallet(payer, LEGAL);
        _refusedSpending(payer, 1, TokenReverts.cannotSend(payer));
    }

    function test_spender_is_asked_about_each_time_until_it_has_a_good_copy() public {
        _approve(payer, spender, 4);
        _approve(payer, stranger, 1);
        vm.expectCall(address(registry), abi.encodeCall(registry.isBlocked, (spender)), 2);
        vm.expectCall(address(registry), abi.encodeCall(registry.isBlocked, (stranger)), 1);
        _spend(spender, 1);
        _spend(spender, 1);
        _spend(stranger, 1);
        eur.sync(spender);
        _spend(spender, 1);
        _spend(spender, 1);
        assertEq(eur.balanceOf(neighbour), 5);
    }

    /// @dev As of a holder, a copy that missed a block is acted on until somebody syncs.
    function test_registry_that_does_not_say_whether_a_spender_is_blocked_stops_it() public {
        _approve(payer, spender, 2);
        vm.mockCallRevert(address(registry), abi.encodeCall(registry.isBlocked, (spender)), "out of order");
        _refusedSpending(spender, 1, "out of order");
        eur.sync(spender);
        _spend(spender, 1);
        vm.clearMockedCalls();
        _blockUnheard(spender);
        _spend(spender, 1);
        eur.sync(spender);
        _refusedAsBlocked();
    }

    /* PERMIT */

    function test_permit_sets_the_allowance_once() public inBothForms {
        _refusedPermit(payer, _signed(dealerKey, payer, 0), dealer);
        bytes memory signature = _signed(payerKey, payer, 0);
        vm.expectEmit(address(eur));
        emit IDepositTokenMain.PermitUsed(payer, 0);
        vm.expectEmit(address(eur));
        emit IERC20.Approval(payer, stranger, 70_00);
        _permit(payer, signature);
        // The nonce is not in the call: it is taken for somebody's signature of the next one.
        (uint8 v, bytes32 r, bytes32 s) = _parts(signature);
        _refusedPermit(payer, signature, ecrecover(_permitDigest(payer, 1), v, r, s));
        assertEq(eur.nonces(payer), 1);
    }

    function test_permit_refuses_a_malleable_signature() public inBothForms {
        bytes memory signature = _signed(payerKey, payer, 0);
        (uint8 v, bytes32 r, bytes32 s) = _parts(signature);
        _refusedPermit(payer, _malleable(signature), address(0));
        _refusedPermit(payer, abi.encodePacked(r, s, v - 27), address(0));
        _permit(payer, signature);
    }

    function test_permit_is_good_at_its_deadline_and_not_after() public {
        uint256 deadline = START;
        bytes memory call = abi.encodeWithSignature(
            "permit(address,address,uint256,uint256,bytes)", payer, stranger, 70_00, deadline, new bytes(65)
        );
        _refused(stranger, call, TokenReverts.invalidSigner(address(0), payer));
        vm.warp(deadline + 1);
        _refused(stranger, call, TokenReverts.expiredSignature(deadline));
    }

    function test_permit_needs_an_owner_and_a_spender() public inBothForms {
        _refusedPermit(address(0), GARBAGE, address(0));
        stranger = address(0);
        bytes memory call = _permitCall(payer, _signed(payerKey, payer, 0));
        _refused(payer, call, TokenReverts.invalidSpender(address(0)));
    }

    function test_permit_of_a_contract_wallet() public inBothForms {
        address wallet = address(new ContractWallet(payer));
        _refusedPermit(wallet, _signed(dealerKey, wallet, 0), dealer);
        _permit(wallet, _signed(payerKey, wallet, 0));
        assertEq(eur.nonces(wallet), 1);
    }

    /* HELPERS */

    /// @dev From the payer to the neighbour.
    function _spend(address whom, uint256 amount) private {
        _pull(whom, payer, neighbour, amount);
    }

    function _refusedSpending(address whom, uint256 amount, bytes memory refusal) private {
        _refused(whom, abi.encodeCall(eur.transferFrom, (payer, neighbour, amount)), refusal);
    }

    /// @dev For nothing, for one unit and with a reference.
    function _refusedAsBlocked() private {
        bytes memory refusal = TokenReverts.spenderBlocked(spender);
        _refusedSpending(spender, 0, refusal);
        _refusedSpending(spender, 1, refusal);
        _refused(spender, abi.encodeCall(IERC7699.transferFrom, (payer, neighbour, 1, "invoice 1")), refusal);
    }

    /// @dev Of 70.00 for the stranger, until now.
    function _permitDigest(address owner, uint256 nonce) private view returns (bytes32) {
        bytes32 structHash = keccak256(abi.encode(eur.PERMIT_TYPEHASH(), owner, stranger, 70_00, nonce, START));
        return keccak256(abi.encodePacked(hex"1901", eur.DOMAIN_SEPARATOR(), structHash));
    }

    function _signed(uint256 key, address owner, uint256 nonce) private view returns (bytes memory) {
        return _sign(key, _permitDigest(owner, nonce));
    }

    /// @dev Brings a signature, whatever it is of, as `owner`'s permit of 70.00 to the stranger.
    function _permitCall(address owner, bytes memory signature) private view returns (bytes memory) {
        if (form == Form.Bytes) {
            return abi.encodeWithSignature(
                "permit(address,address,uint256,uint256,bytes)", owner, stranger, 70_00, START, signature
            );
        }
        (uint8 v, bytes32 r, bytes32 s) = _parts(signature);
        return abi.encodeCall(IERC20Permit.permit, (owner, stranger, 70_00, START, v, r, s));
    }

    function _permit(address owner, bytes memory signature) private {
        _done(operator, address(eur), _permitCall(owner, signature));
        assertEq(eur.allowance(owner, stranger), 70_00);
    }

    function _refusedPermit(address owner, bytes memory signature, address recovered) private {
        _refused(operator, _permitCall(owner, signature), TokenReverts.invalidSigner(recovered, owner));
    }
}
