// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/TokenSystem.sol";

/// @notice The contracts of the payment system as a token knows them: what they may do, and nobody else.
contract DepositTokenSystemAccountsTest is TokenSystem {
    address private system;
    /// @dev Another contract.
    address private other;
    address private offMap = makeAddr("offMap");

    function setUp() public override {
        super.setUp();
        system = address(escrow);
        other = address(_newSettlementEscrow());
        _enrol(offMap, NOWHERE);
        _mint(eurBank, payer, BALANCE);
        _mint(eurBank, offMap, BALANCE);
    }

    /* LISTING */

    function test_listing_goes_on_and_off_or_fails() public {
        assertEq(uint8(eur.systemStatusOf(other)), uint8(SystemStatus.None));
        for (uint256 i = 0; i < 2; ++i) {
            _assertListed(SystemStatus.Active, abi.encodeCall(eur.activateSystemAccount, (other)));
            _assertListed(SystemStatus.OutflowOnly, abi.encodeCall(eur.stopSystemAccount, (other)));
        }
    }

    /// @dev Asked what it keeps for itself in this token, which is all that it has to know.
    function test_activate_asks_a_contract_what_it_keeps_for_itself() public {
        vm.mockCall(neighbour, abi.encodeCall(ISettlementEscrow.claimableOf, (address(eur), neighbour)), new bytes(32));
        eur.activateSystemAccount(neighbour);
        assertEq(uint8(eur.systemStatusOf(neighbour)), uint8(SystemStatus.Active));
        bytes memory call = abi.encodeCall(eur.activateSystemAccount, (address(eur)));
        _refused(address(this), call, TokenReverts.invalidReceiver(address(eur)));
    }

    /// @dev Stopping an ordinary account would make it one that no review and no block reaches.
    function test_stop_reaches_system_accounts_only() public {
        bytes memory refusal = TokenReverts.notSystemAccount(payer, SystemStatus.None);
        _refused(address(this), abi.encodeCall(eur.stopSystemAccount, (payer)), refusal);
    }

    /* INFLOW */

    function test_system_account_pulls_also_from_another() public {
        _fill(100_00);
        assertEq(eur.balanceOf(system), 100_00);
        eur.activateSystemAccount(other);
        _approve(system, other, 40_00);
        _pull(other, system, other, 40_00);
        assertEq(eur.balanceOf(other), 40_00);
    }

    function test_nobody_else_moves_tokens_into_it() public {
        eur.activateSystemAccount(other);
        _fill(100_00);
        _approve(payer, stranger, 1);
        bytes memory refusal = TokenReverts.systemAccountClosed(other, stranger, SystemStatus.Active);
        _refused(stranger, abi.encodeCall(eur.transferFrom, (payer, other, 1)), refusal);
        // Not even one system account into another.
        refusal = TokenReverts.systemAccountClosed(other, system, SystemStatus.Active);
        _refused(system, abi.encodeCall(eur.transfer, (other, 1)), refusal);
    }

    function test_pull_needs_a_sender_in_good_standing_but_no_zone() public {
        _approve(offMap, system, 2);
        vm.expectCall(address(registry), abi.encodeCall(registry.zoneOf, (NOWHERE)), 0);
        _pull(system, offMap, system, 1);
        registry.blockWallet(offMap, LEGAL);
        _refused(system, abi.encodeCall(eur.transferFrom, (offMap, system, 1)), TokenReverts.cannotSend(offMap));
    }

    /* OUTFLOW */

    /// @dev Nor does the registry reach it.
    function test_outflow_is_free_of_zones_and_goes_on_when_stopped() public {
        _fill(100_00);
        eur.stopSystemAccount(system);
        _enrol(system, GERMANY);
        registry.blockWallet(system, LEGAL);
        _transfer(system, offMap, 10_00);
        _transfer(system, neighbour, 10_00);
        assertEq(eur.balanceOf(offMap), BALANCE + 10_00);
        assertEq(eur.balanceOf(neighbour), 10_00);
        registry.blockWallet(neighbour, LEGAL);
        _refused(system, abi.encodeCall(eur.transfer, (neighbour, 1)), TokenReverts.cannotReceive(neighbour));
    }

    /* HELPERS */

    function _fill(uint256 amount) private {
        _approve(payer, system, amount);
        _pull(system, payer, system, amount);
    }

    /// @dev The call brings the other contract to a status, and can't be made again.
    function _assertListed(SystemStatus status, bytes memory call) private {
        vm.expectEmit(address(eur));
        emit IDepositTokenExt.SystemStatusSet(other, status);
        _done(address(this), address(eur), call);
        assertEq(uint8(eur.systemStatusOf(other)), uint8(status));
        assertTrue(eur.canSend(other));
        assertEq(eur.canReceive(other), status == SystemStatus.Active);
        _refused(address(this), call, TokenReverts.systemStatusUnchanged(other, status));
    }
}
