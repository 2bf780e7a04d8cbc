// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/BankSystem.sol";

/// @notice What a holder has locked, and compliance has frozen.
contract TokenSeizureAttacksTest is BankSystem {
    /// @notice A holder locks part for redemption before a freeze of everything; compliance takes the rest: what is
    /// locked must stay frozen, or the holder cancels and spends it.
    function test_seizing_the_rest_does_not_free_what_is_locked() public {
        _mint(eurBank, payer, 500_00);
        vm.prank(payer);
        uint256 id = eur.requestRedemption(100_00, "payout");
        eur.setFrozenTokens(payer, type(uint128).max);
        eur.forcedTransfer(payer, neighbour, 400_00);
        assertEq(eur.getFrozenTokens(payer), type(uint128).max - 400_00, "still frozen");

        vm.prank(payer);
        eur.cancelRedemption(id);
        vm.expectRevert(TokenReverts.insufficientUnfrozenBalance(payer, 100_00, 0));
        vm.prank(payer);
        eur.transfer(neighbour, 100_00);
    }
}
