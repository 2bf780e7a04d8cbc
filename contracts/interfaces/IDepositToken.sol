// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IERC3009, IERC3009Cancel} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC1967} from "@openzeppelin/contracts/interfaces/IERC1967.sol";
import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";

import {IDepositTokenExt} from "./IDepositTokenExt.sol";
import {IDepositTokenMain} from "./IDepositTokenMain.sol";

/// @title A bank's deposit in one currency: everything that answers at a token's address
/// @notice The standards, this project's own functions, and the errors of OpenZeppelin's code that their callers can
/// meet. No contract implements it alone: {DepositToken} answers the standards and {IDepositTokenMain}, and hands the
/// rest to {DepositTokenExt}. Transfers with a reference are in {IERC7699} alone, so that there is one `transfer` here.
interface IDepositToken is
    IERC20Metadata,
    IERC20Errors,
    IERC20Permit,
    IERC3009,
    IERC3009Cancel,
    IERC5267,
    IERC1967,
    IAccessManaged,
    IDepositTokenMain,
    IDepositTokenExt
{
    /// @notice The token was set up before.
    error InvalidInitialization();
    /// @notice An upgrade to a contract that is no implementation.
    error ERC1967InvalidImplementation(address implementation);
    /// @notice An upgrade to an implementation of another kind of proxy.
    error UUPSUnsupportedProxiableUUID(bytes32 slot);
    /// @notice An upgrade with ether and without a call.
    error ERC1967NonPayable();
    /// @notice The call that came with an upgrade failed and said nothing.
    error FailedCall();
    /// @notice An amount to freeze has more than 128 bits.
    error SafeCastOverflowedUintDowncast(uint8 bits, uint256 value);
    /// @notice The foreign token to rescue has no code, or answers no.
    error SafeERC20FailedOperation(address token);
}
