// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Vm} from "../../../node_modules/@layerzerolabs/toolbox-foundry/lib/forge-std/Vm.sol";

import "../support/TokenSystem.sol";

/// @notice ERC-7699: transfers that carry a reference, and are in everything else what they are without one.
contract DepositTokenReferenceTest is TokenSystem {
    bytes private constant SHORT = "RF18 5390 0754 7034";
    bytes private constant WORD = "0123456789abcdef0123456789abcdef";

    IERC7699 private referring;

    function setUp() public override {
        super.setUp();
        referring = IERC7699(address(eur));
        _mint(eurBank, payer, BALANCE);
        _approve(payer, stranger, BALANCE);
    }

    /* WHAT IS TOLD */

    function test_reference_of_up_to_a_word_is_told_as_it_is_and_a_longer_one_by_its_hash() public {
        _assertTold(SHORT, "RF18 5390 0754 7034");
        _assertTold(hex"00", 0);
        _assertTold(WORD, "0123456789abcdef0123456789abcdef");
        _assertTold(bytes.concat(WORD, "g"), keccak256(bytes.concat(WORD, "g")));
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
        _assertMoved(logs[0], 1);
        assertEq(logs[1].topics[0], IERC20.Approval.selector, "the allowance that is left");
        _assertMoved(logs[2], 1);
    }

    /* WHAT A TRANSFER DOES */

    function test_system_account_pulls_with_a_reference_what_nobody_sends_it() public {
        _approve(payer, address(escrow), 1);
        vm.prank(address(escrow));
        assertTrue(referring.transferFrom(payer, address(escrow), 1, SHORT));
        bytes memory closed = TokenReverts.systemAccountClosed(address(escrow), payer, SystemStatus.Active);
        _refused(payer, _transferCall(address(escrow), 1), closed);
    }

    function test_reference_opens_nothing_that_is_refused_without() public {
        bytes memory call = abi.encodeWithSignature(
            "transferFrom(address,address,uint256,bytes)", payer, neighbour, BALANCE + 1, SHORT
        );
        _refused(stranger, call, TokenReverts.insufficientAllowance(stranger, BALANCE, BALANCE + 1));
        bytes memory insufficient = TokenReverts.insufficientBalance(payer, BALANCE, BALANCE + 1);
        _refused(payer, _transferCall(neighbour, BALANCE + 1), insufficient);
        _refused(payer, _transferCall(stranger, 1), TokenReverts.cannotReceive(stranger));
        eur.pause();
        _refused(payer, _transferCall(neighbour, 1), TokenReverts.tokenPaused());
    }

    /* HELPERS */

    function _transferCall(address to, uint256 amount) private pure returns (bytes memory) {
        return abi.encodeWithSignature("transfer(address,uint256,bytes)", to, amount, SHORT);
    }

    /// @dev Of a transfer and of a pull: the reference right before the transfer, and the allowance that is left first.
    function _assertTold(bytes memory transferReference, bytes32 told) private {
        uint256 balance = eur.balanceOf(neighbour);
        uint256 allowance = eur.allowance(payer, stranger);
        vm.recordLogs();
        vm.prank(payer);
        assertTrue(referring.transfer(neighbour, 2, transferReference));
        vm.prank(stranger);
        assertTrue(referring.transferFrom(payer, neighbour, 1, transferReference));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 5, "events");
        _assertReference(logs[0], told);
        _assertMoved(logs[1], 2);
        assertEq(logs[2].topics[0], IERC20.Approval.selector, "the allowance that is left");
        _assertReference(logs[3], told);
        _assertMoved(logs[4], 1);
        assertEq(eur.balanceOf(neighbour), balance + 3);
        assertEq(eur.allowance(payer, stranger), allowance - 1);
    }

    function _assertReference(Vm.Log memory log, bytes32 told) private view {
        assertEq(log.emitter, address(eur));
        assertEq(log.topics.length, 2);
        assertEq(log.topics[0], IERC7699.TransferReference.selector);
        assertEq(log.topics[1], told, "reference");
        assertEq(log.data, "");
    }

    /// @dev From the payer to the neighbour.
    function _assertMoved(Vm.Log memory log, uint256 amount) private view {
        assertEq(log.emitter, address(eur));
        assertEq(log.topics[0], IERC20.Transfer.selector);
        assertEq(log.topics[1], bytes32(uint256(uint160(payer))));
        assertEq(log.topics[2], bytes32(uint256(uint160(neighbour))));
        assertEq(log.data, abi.encode(amount));
    }
}
