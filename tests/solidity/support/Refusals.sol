// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {IERC7943Fungible} from "../../../contracts/interfaces/IERC7943.sol";
import {IDepositTokenCore} from "../../../contracts/interfaces/IDepositTokenCore.sol";

/// @notice The errors by which a token refuses to move money, as a test expects them.
library Refusals {
    function cannotSend(address account) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IERC7943Fungible.ERC7943CannotSend.selector, account);
    }

    function cannotReceive(address account) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IERC7943Fungible.ERC7943CannotReceive.selector, account);
    }

    function insufficientBalance(address account, uint256 balance, uint256 needed)
        internal
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, account, balance, needed);
    }

    function frozen(address account, uint256 amount, uint256 unfrozen) internal pure returns (bytes memory) {
        return
            abi.encodeWithSelector(
                IERC7943Fungible.ERC7943InsufficientUnfrozenBalance.selector, account, amount, unfrozen
            );
    }

    function locked(address account, uint256 amount, uint256 spendable) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IDepositTokenCore.TokensLocked.selector, account, amount, spendable);
    }
}
