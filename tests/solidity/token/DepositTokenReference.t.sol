// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Vm} from "../../../node_modules/@layerzerolabs/toolbox-foundry/lib/forge-std/Vm.sol";

import "../support/BankSystem.sol";

/// @notice ERC-7699: transfers that carry a reference, and are in everything else what they are without one.
contract DepositTokenReferenceTest is BankSystem {
    uint256 private constant BALANCE = 500_00;
    bytes private constant SHORT = "RF18 5390 0754 7034";
    bytes private constant WORD = "0123456789abcdef0123456789abcdef";

    IERC7699 private referring;

    function setUp() public override {
        super.setUp();
        referring = IERC7699(address(eur));
        _mint(eurBank, payer, BALANCE);
        vm.prank(payer);
        eur.approve(stranger, BALANCE);
    }

    /* WHAT IS TOLD */

    function test_short_reference_is_told_as_it_is() public {
        _assertTold(SHORT, bytes32("RF18 5390 0754 7034"));
        _assertTold(hex"00", 0);
        _assertTold(hex"01", bytes32(uint256(1) << 248));
    }

    function test_reference_of_a_word_is_told_as_it_is() public {
        _assertTold(WORD, "0123456789abcdef0123456789abcdef");
    }

    function test_longer_reference_is_told_by_its_hash() public {
        bytes memory longer = bytes.concat(WORD, "g");
        _assertTold(longer, keccak256(longer));
        _assertTold(new bytes(1000), keccak256(new bytes(1000)));
    }

    function testFuzz_reference_is_told_by_its_length(bytes memory transferReference) public {
        vm.assume(transferReference.length != 0);
        bytes32 told = transferReference.length > 32 ? keccak256(transferReference) : bytes32(transferReference);
        _assertTold(transferReference, told);
    }

    function test_of_an_empty_reference_nothing_is_told() public {
        vm.recordLogs();
        vm.prank(payer);
        assertTrue(referring.transfer(neighbour, 1, ""));
        vm.prank(stranger);
        assertTrue(referring.transferFrom(payer, neighbour, 1, ""));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 3);
        _assertMoved(logs[0], payer, neighbour, 1);
        assertEq(logs[1].topics[0], IERC20.Approval.selector, "the allowance that is left");
        _assertMoved(logs[2], payer, neighbour, 1);
    }

    function test_transfer_of_nothing_and_to_oneself_carries_a_reference() public {
        _assertTransfers(payer, neighbour, 0);
        _assertTransfers(payer, payer, BALANCE);
        assertEq(eur.balanceOf(payer), BALANCE);
    }

    /* WHAT A TRANSFER DOES */

    function test_transfer_moves_the_amount() public {
        vm.prank(payer);
        assertTrue(referring.transfer(neighbour, 200_00, SHORT));
        assertEq(eur.balanceOf(payer), 300_00);
        assertEq(eur.balanceOf(neighbour), 200_00);
        assertEq(eur.allowance(payer, stranger), BALANCE);
    }

    function test_transferFrom_moves_the_amount_and_spends_the_allowance() public {
        vm.prank(stranger);
        assertTrue(referring.transferFrom(payer, neighbour, 200_00, SHORT));
        assertEq(eur.balanceOf(payer), 300_00);
        assertEq(eur.balanceOf(neighbour), 200_00);
        assertEq(eur.allowance(payer, stranger), 300_00);

        vm.expectRevert(TokenReverts.insufficientAllowance(stranger, 300_00, 300_01));
        vm.prank(stranger);
        referring.transferFrom(payer, neighbour, 300_01, SHORT);
    }

    function test_system_account_pulls_with_a_reference_what_nobody_sends_it() public {
        vm.prank(payer);
        eur.approve(address(escrow), 1);
        vm.prank(address(escrow));
        assertTrue(referring.transferFrom(payer, address(escrow), 1, SHORT));
        _assertRefused(
            payer, address(escrow), 1, TokenReverts.systemAccountClosed(address(escrow), payer, SystemStatus.Active)
        );
    }

    function test_reference_opens_nothing_that_is_refused_without() public {
        _assertRefused(payer, neighbour, BALANCE + 1, TokenReverts.insufficientBalance(payer, BALANCE, BALANCE + 1));
        _assertRefused(payer, stranger, 1, TokenReverts.cannotReceive(stranger));
        _assertRefused(payer, address(0), 1, TokenReverts.invalidReceiver(address(0)));
        eur.setFrozenTokens(payer, 1);
        _assertRefused(payer, neighbour, BALANCE, TokenReverts.insufficientUnfrozenBalance(payer, BALANCE, BALANCE - 1));
        eurBank.registry.blockWallet(payer, "LEGL");
        _assertRefused(payer, neighbour, 1, TokenReverts.cannotSend(payer));
        eur.pause();
        _assertRefused(payer, neighbour, 1, TokenReverts.tokenPaused());
    }

    /* THE INTERFACE */

    /// @dev ERC-20's own interface has no second `transfer`: what is encoded by it is what every client encodes.
    function test_functions_without_reference_are_erc20s() public {
        bytes memory plain = abi.encodeCall(IERC20.transfer, (neighbour, 1));
        assertEq(plain, abi.encodeWithSelector(0xa9059cbb, neighbour, 1));
        bytes memory pull = abi.encodeCall(IERC20.transferFrom, (payer, neighbour, 1));
        assertEq(pull, abi.encodeWithSelector(0x23b872dd, payer, neighbour, 1));
        vm.prank(payer);
        (bool success,) = address(eur).call(plain);
        assertTrue(success);
        vm.prank(stranger);
        (success,) = address(eur).call(pull);
        assertTrue(success);
        assertEq(eur.balanceOf(neighbour), 2);
    }

    function test_interface_is_published() public view {
        assertEq(type(IERC7699).interfaceId, bytes4(0x1522573a));
        assertTrue(eur.supportsInterface(0x1522573a));
    }

    /* HELPERS */

    /// @dev Of a transfer and of a pull: the reference right before the transfer, and the allowance that is left first.
    function _assertTold(bytes memory transferReference, bytes32 told) private {
        vm.recordLogs();
        vm.prank(payer);
        assertTrue(referring.transfer(neighbour, 2, transferReference));
        vm.prank(stranger);
        assertTrue(referring.transferFrom(payer, neighbour, 1, transferReference));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 5, "events");
        _assertReference(logs[0], told);
        _assertMoved(logs[1], payer, neighbour, 2);
        assertEq(logs[2].topics[0], IERC20.Approval.selector, "the allowance that is left");
        _assertReference(logs[3], told);
        _assertMoved(logs[4], payer, neighbour, 1);
    }

    function _assertTransfers(address from, address to, uint256 amount) private {
        vm.recordLogs();
        vm.prank(from);
        assertTrue(referring.transfer(to, amount, SHORT));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 2, "events");
        _assertReference(logs[0], bytes32(SHORT));
        _assertMoved(logs[1], from, to, amount);
    }

    function _assertReference(Vm.Log memory log, bytes32 told) private view {
        assertEq(log.emitter, address(eur));
        assertEq(log.topics.length, 2);
        assertEq(log.topics[0], IERC7699.TransferReference.selector);
        assertEq(log.topics[1], told, "reference");
        assertEq(log.data, "");
    }

    function _assertMoved(Vm.Log memory log, address from, address to, uint256 amount) private view {
        assertEq(log.emitter, address(eur));
        assertEq(log.topics[0], IERC20.Transfer.selector);
        assertEq(log.topics[1], bytes32(uint256(uint160(from))));
        assertEq(log.topics[2], bytes32(uint256(uint160(to))));
        assertEq(log.data, abi.encode(amount));
    }

    /// @dev With a reference as without.
    function _assertRefused(address from, address to, uint256 amount, bytes memory refusal) private {
        vm.expectRevert(refusal);
        vm.prank(from);
        eur.transfer(to, amount);
        vm.expectRevert(refusal);
        vm.prank(from);
        referring.transfer(to, amount, SHORT);
    }
}
