// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What a token with hooks (as ERC-777's) calls of a wallet that asked for it.
interface IHookedWallet {
    function tokensToSend(uint256 amount) external;
    function tokensReceived(uint256 amount) external;
}

/// @notice A wallet that uses the moment in which its tokens move: for calls of its own, to burn the gas, or to refuse.
contract HookedWallet {
    enum Trick {
        Call,
        BurnGas,
        Refuse
    }

    error Refused();

    Trick private _trick;
    address private _target;
    bytes[] private _calls;

    /// @notice What the calls of the latest hook were answered with.
    bytes[] public answers;

    function hookInto(address token) external {
        (bool done,) = token.call(abi.encodeWithSignature("hook()"));
        require(done);
    }

    function setTrick(Trick trick) external {
        _trick = trick;
    }

    function setCalls(address target, bytes[] calldata calls) external {
        (_trick, _target) = (Trick.Call, target);
        delete _calls;
        for (uint256 i = 0; i < calls.length; ++i) {
            _calls.push(calls[i]);
        }
    }

    function answerCount() external view returns (uint256) {
        return answers.length;
    }

    /// @dev Either hook.
    fallback() external {
        if (_trick == Trick.Refuse) revert Refused();
        if (_trick == Trick.BurnGas) while (true) {}
        delete answers;
        for (uint256 i = 0; i < _calls.length; ++i) {
            (, bytes memory answer) = _target.call(_calls[i]);
            answers.push(answer);
        }
    }
}
