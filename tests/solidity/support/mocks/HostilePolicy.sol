// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A policy that lets every payment pass and then keeps its quota, by every means.
contract HostilePolicy {
    enum Trick {
        Refuse,
        BurnGas,
        AnswerHuge
    }

    uint32 public constant QUOTA_REF = 0x010207ea;

    Trick private _trick;

    function setTrick(Trick trick) external {
        _trick = trick;
    }

    /// @dev What a token asks before it takes a policy.
    function approver() external pure returns (address) {
        return address(0);
    }

    function consume(bytes4, address, uint104, uint8, uint8, address) external pure returns (uint32, address) {
        return (QUOTA_REF, address(0));
    }

    fallback(bytes calldata) external returns (bytes memory) {
        if (_trick == Trick.Refuse) revert("the quota stays used");
        if (_trick == Trick.BurnGas) while (true) {}
        return new bytes(100_000);
    }
}
