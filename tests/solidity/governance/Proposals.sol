// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

import {Test} from "../support/ForgeStd.sol";
import "../support/reverts/GovernanceReverts.sol" as GovernanceReverts;

/// @notice What is proposed at a timelock: calls that are carried out together.
struct Proposal {
    address[] targets;
    uint256[] values;
    bytes[] calls;
    bytes32 salt;
}

/// @notice Makes proposals, brings them to a timelock and carries them out.
abstract contract Proposals is Test {
    uint256 private _salts;

    /// @dev Without any call yet, and unlike every other one.
    function _proposal() internal returns (Proposal memory proposal) {
        proposal.salt = bytes32(++_salts);
    }

    function _proposal(address target, bytes memory call) internal returns (Proposal memory proposal) {
        proposal = _proposal();
        _add(proposal, target, call);
    }

    function _add(Proposal memory proposal, address target, bytes memory call) internal pure {
        uint256 length = proposal.targets.length;
        address[] memory targets = new address[](length + 1);
        bytes[] memory calls = new bytes[](length + 1);
        for (uint256 i = 0; i < length; ++i) {
            (targets[i], calls[i]) = (proposal.targets[i], proposal.calls[i]);
        }
        (targets[length], calls[length]) = (target, call);
        (proposal.targets, proposal.calls, proposal.values) = (targets, calls, new uint256[](length + 1));
    }

    /// @dev Calls once, so that who is pranked or what is expected counts for it.
    function _schedule(TimelockController timelock, Proposal memory proposal, uint256 delay) internal {
        timelock.scheduleBatch(proposal.targets, proposal.values, proposal.calls, bytes32(0), proposal.salt, delay);
    }

    /// @dev Calls once, too.
    function _execute(TimelockController timelock, Proposal memory proposal) internal {
        timelock.executeBatch(proposal.targets, proposal.values, proposal.calls, bytes32(0), proposal.salt);
    }

    /// @dev The same at every timelock.
    function _idOf(Proposal memory proposal) internal pure returns (bytes32) {
        return keccak256(abi.encode(proposal.targets, proposal.values, proposal.calls, bytes32(0), proposal.salt));
    }

    /// @dev How a timelock refuses what has not waited, or is gone.
    function _notReady(Proposal memory proposal) internal pure returns (bytes memory) {
        return GovernanceReverts.timelockUnexpectedOperationState(
            _idOf(proposal), bytes32(1 << uint8(TimelockController.OperationState.Ready))
        );
    }

    /// @dev How a timelock refuses an account that lacks a role.
    function _lacksRole(address account, bytes32 role) internal pure returns (bytes memory) {
        return GovernanceReverts.accessControlUnauthorizedAccount(account, role);
    }
}
