// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Proposal} from "../governance/Proposals.sol";
import "./HandedOver.sol";

/// @notice A proposal that became ready long ago and was neither carried out nor cancelled, which anybody may carry
/// out, is kept for the day after the guardian has stopped something.
contract StaleProposalAttacksTest is HandedOver {
    function test_a_stale_acceptance_undoes_no_stop() public {
        Proposal memory proposal =
            _ready(address(eur), abi.encodeCall(IDepositTokenExt.setAccepted, (address(hkd), true)));
        vm.prank(guardian);
        eur.stopAccepted(address(hkd));
        vm.prank(stranger);
        _execute(timelock, proposal);
        assertEq(uint8(eur.acceptanceOf(address(hkd))), uint8(Acceptance.RefundsOnly));
    }

    function test_a_stale_corridor_undoes_no_stop() public {
        Proposal memory proposal = _ready(
            address(eurBank.policy),
            abi.encodeCall(ICorridorPolicy.setCorridor, (address(eur), EEA, EEA, _corridor(Period.None, 0)))
        );
        vm.prank(guardian);
        eurBank.policy.stopCorridor(address(eur), EEA, EEA);
        vm.prank(stranger);
        _execute(timelock, proposal);
        assertTrue(eurBank.policy.isSuspended(address(eur), EEA, EEA));
    }

    /// @dev By the governor, a month ago.
    function _ready(address target, bytes memory call) private returns (Proposal memory proposal) {
        proposal = _proposal(target, call);
        vm.prank(governor);
        _schedule(timelock, proposal, DELAY);
        skip(30 days);
    }
}
