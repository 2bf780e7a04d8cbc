// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IHookedWallet} from "./HookedWallet.sol";
import {LenientToken} from "./LenientToken.sol";
import {Payment} from "../../../../contracts/types/Payment.sol";

/// @notice A token that means no harm and still breaks what the escrow assumes of one: it may keep a tax on each move
/// (fee on transfer), rebase every balance, or call senders and receivers that asked for it (ERC-777). Anybody's wallet
/// may hold it, and it checks no allowance.
contract UnusualToken is LenientToken {
    uint256 private constant PER_MILLE = 1_000;

    error TooLittle(address account, uint256 found, uint256 needed);

    uint256 public taxPerMille;
    /// @dev What one unit of the books is worth now.
    uint256 public scalePerMille = PER_MILLE;
    mapping(address account => uint256) private _units;
    mapping(address account => bool) private _hooked;

    function give(address account, uint256 amount) external {
        _units[account] += _toUnits(amount);
    }

    function setTax(uint256 perMille) external {
        taxPerMille = perMille;
    }

    function rebase(uint256 perMille) external {
        scalePerMille = perMille;
    }

    /// @notice From now on the caller hears of every move from and to it.
    function hook() external {
        _hooked[msg.sender] = true;
    }

    /* ERC-20 */

    function transfer(address to, uint256 amount) external returns (bool) {
        return _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        return _move(from, to, amount);
    }

    function balanceOf(address account) public view returns (uint256) {
        return _units[account] * scalePerMille / PER_MILLE;
    }

    /* WHAT ESCROW AND BANKS ASK OF A TOKEN */

    function openPayment(Payment calldata payment, bytes32, uint16, bytes calldata)
        external
        returns (uint16, uint32, address)
    {
        _move(payment.payer, msg.sender, payment.sourceAmount);
        return (1, 0, address(0));
    }

    function chargePayment(Payment calldata payment, bytes32, uint256 fee, bytes calldata)
        external
        returns (uint16, uint32, address)
    {
        _move(payment.payer, payment.merchant, payment.sourceAmount - fee);
        if (fee != 0) _move(payment.payer, payment.feeReceiver, fee);
        return (1, 0, address(0));
    }

    function receiveWithAuthorization(address from, address to, uint256 value, uint256, uint256, bytes32, bytes memory)
        external
    {
        _move(from, to, value);
    }

    function requireTarget(Payment calldata) external pure returns (uint16) {
        return 344;
    }

    function _move(address from, address to, uint256 amount) private returns (bool) {
        if (_hooked[from]) IHookedWallet(from).tokensToSend(amount);
        uint256 balance = balanceOf(from);
        if (amount > balance) revert TooLittle(from, balance, amount);
        _units[from] -= _toUnits(amount);
        _units[to] += _toUnits(amount - amount * taxPerMille / PER_MILLE);
        if (_hooked[to]) IHookedWallet(to).tokensReceived(amount);
        return true;
    }

    function _toUnits(uint256 amount) private view returns (uint256) {
        return amount * PER_MILLE / scalePerMille;
    }
}
