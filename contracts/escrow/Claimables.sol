// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {ISettlementEscrow} from "../interfaces/ISettlementEscrow.sol";
import {BoundedCall} from "../libraries/BoundedCall.sol";

/// @notice Payouts, and what is kept for whoever could not receive one.
abstract contract Claimables is ReentrancyGuardTransient, ISettlementEscrow {
    using BoundedCall for address;
    using SafeERC20 for IERC20;

    /// @dev What a token may spend on a transfer or on restoring a quota; both need less than a third.
    uint256 internal constant TOKEN_GAS = 250_000;

    /// @inheritdoc ISettlementEscrow
    mapping(address token => mapping(address owner => uint256)) public claimableOf;

    /// @inheritdoc ISettlementEscrow
    function claim(address token, address owner) external nonReentrant {
        uint256 amount = _takeClaimable(token, owner);
        emit Claimed(token, owner, amount);

        IERC20(token).safeTransfer(owner, amount);
    }

    /* INTERNAL */

    /// @dev Pays, or else keeps the amount for the payee: nobody's standing can stop what is another's, and nobody can
    /// make a payout fail by sending too little gas.
    function _pay(address token, address to, uint256 amount) internal {
        if (amount == 0) return;
        (bool called, bytes memory answer) = token.boundedCall(TOKEN_GAS, abi.encodeCall(IERC20.transfer, (to, amount)));
        if (called && (answer.length == 0 || (answer.length >= 32 && abi.decode(answer, (uint256)) == 1))) return;

        claimableOf[token][to] += amount;
        emit ClaimableAdded(token, to, amount, answer);
    }

    function _takeClaimable(address token, address owner) internal returns (uint256 amount) {
        amount = claimableOf[token][owner];
        if (amount == 0) revert NothingToClaim(token, owner);
        claimableOf[token][owner] = 0;
    }
}
