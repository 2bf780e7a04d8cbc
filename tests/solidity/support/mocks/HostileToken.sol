// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IDepositTokenMain} from "../../../../contracts/interfaces/IDepositTokenMain.sol";
import {LenientToken} from "./LenientToken.sol";
import {Payment} from "../../../../contracts/types/Payment.sol";

/// @notice A token that answers as a Hong Kong bank's would, until a trick is set for one of its functions. It needs no
/// allowance and has no rules.
contract HostileToken is LenientToken {
    enum Kind {
        None,
        Answer,
        Refuse,
        BurnGas,
        Reenter
    }

    /// @param moves Whether the tokens move all the same.
    /// @param word First word of what is answered.
    /// @param length Bytes that are answered, or reverted with.
    struct Trick {
        Kind kind;
        bool moves;
        uint256 word;
        uint256 length;
    }

    error Refused();
    error RefusedAtLength(bytes reason);

    mapping(address account => uint256) public balanceOf;
    mapping(bytes4 selector => Trick) private _tricks;
    address private _target;
    bytes private _attack;

    bytes public attackAnswer;
    uint16 public generation = 1;
    uint32 public quotaRef;

    function give(address account, uint256 amount) external {
        balanceOf[account] += amount;
    }

    function setTrick(bytes4 selector, Trick calldata trick) external {
        _tricks[selector] = trick;
    }

    function setAttack(bytes4 selector, address target, bytes calldata attack) external {
        _tricks[selector] = Trick(Kind.Reenter, true, 0, 0);
        (_target, _attack, attackAnswer) = (target, attack, "");
    }

    function setConsumption(uint16 generation_, uint32 quotaRef_) external {
        (generation, quotaRef) = (generation_, quotaRef_);
    }

    /// @dev Takes every call that could be tricky, so that it can answer with any bytes.
    fallback(bytes calldata input) external returns (bytes memory) {
        bytes4 selector = bytes4(input);
        Trick memory trick = _tricks[selector];
        if (trick.kind == Kind.Refuse) {
            if (trick.length == 0) revert Refused();
            revert RefusedAtLength(new bytes(trick.length));
        }
        if (trick.kind == Kind.BurnGas) while (true) {}
        if (trick.kind == Kind.Reenter) (, attackAnswer) = _target.call(_attack);
        if (trick.kind == Kind.None || trick.moves) _move(selector, input[4:]);
        if (trick.kind != Kind.Answer) return _honest(selector);
        if (trick.length < 32) return new bytes(trick.length);
        return bytes.concat(bytes32(trick.word), new bytes(trick.length - 32));
    }

    function _move(bytes4 selector, bytes calldata arguments) private {
        address from = msg.sender;
        address to;
        uint256 amount;
        if (selector == IERC20.transfer.selector) {
            (to, amount) = abi.decode(arguments, (address, uint256));
        } else if (
            selector == IERC20.transferFrom.selector || selector == IDepositTokenMain.receiveWithAuthorization.selector
        ) {
            (from, to, amount) = abi.decode(arguments, (address, address, uint256));
        } else if (selector == IDepositTokenMain.openPayment.selector) {
            Payment memory payment = abi.decode(arguments, (Payment));
            (from, to, amount) = (payment.payer, msg.sender, payment.sourceAmount);
        } else if (selector == IDepositTokenMain.chargePayment.selector) {
            (Payment memory payment,, uint256 fee) = abi.decode(arguments, (Payment, bytes32, uint256));
            balanceOf[payment.payer] -= fee;
            balanceOf[payment.feeReceiver] += fee;
            (from, to, amount) = (payment.payer, payment.merchant, payment.sourceAmount - fee);
        } else {
            return;
        }
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }

    function _honest(bytes4 selector) private view returns (bytes memory) {
        if (selector == IDepositTokenMain.openPayment.selector || selector == IDepositTokenMain.chargePayment.selector)
        {
            return abi.encode(generation, quotaRef, address(0));
        }
        if (selector == IDepositTokenMain.merchantCountryOf.selector) return abi.encode(344);
        if (selector == IERC20.transfer.selector || selector == IERC20.transferFrom.selector) return abi.encode(true);
        return "";
    }
}
