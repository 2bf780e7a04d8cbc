// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IDepositToken} from "../../../contracts/interfaces/IDepositToken.sol";
import {ISettlementEscrow} from "../../../contracts/interfaces/ISettlementEscrow.sol";
import {Vm} from "../../../node_modules/@layerzerolabs/toolbox-foundry/lib/forge-std/Vm.sol";
import {Coverage} from "./Coverage.sol";

/// @notice What must hold of whatever moved in an act, at the very moment: the banks' own word is asked for it.
abstract contract Audit is Coverage {
    uint256 public acts;
    /// @dev Whose tokens this act may take although the registry refuses it, by the bank's right.
    address internal excusedToken;
    address internal excusedHolder;

    /// @dev Every act's.
    modifier act() {
        ++acts;
        vm.recordLogs();
        _;
        _audit();
    }

    /// @dev No stale copy is ever used: whoever's tokens moved since the last look is allowed by the registry itself
    /// now, at a token that is not paused. And who can receive is never kept waiting.
    function _audit() internal {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            bytes32[] memory topics = logs[i].topics;
            if (topics[0] == ISettlementEscrow.ClaimableAdded.selector) {
                address owed = address(uint160(uint256(topics[1])));
                assertFalse(_canReceive(owed, address(uint160(uint256(topics[2])))), "who can receive is paid at once");
            }
            if (topics[0] != IERC20.Transfer.selector) continue;
            address token = logs[i].emitter;
            _auditParty(token, address(uint160(uint256(topics[1]))));
            _auditParty(token, address(uint160(uint256(topics[2]))));
            if (token != excusedToken) assertFalse(IDepositToken(token).paused(), "a paused token stands still");
        }
        (excusedToken, excusedHolder) = (address(0), address(0));
    }

    function _auditParty(address token, address party) private view {
        if (party == address(0) || _isSystem(party) || (token == excusedToken && party == excusedHolder)) return;
        assertTrue(_isAllowed(token, party), "whose tokens move is allowed by the registry now");
    }

    function _isAllowed(address token, address account) internal view returns (bool) {
        return _bankOf(token).registry.standingOf(account).validUntil() > block.timestamp;
    }

    function _canReceive(address token, address account) internal view returns (bool) {
        return _isAllowed(token, account) && !IDepositToken(token).paused();
    }

    function _isSystem(address account) internal view returns (bool) {
        return account == address(escrow) || account == till;
    }
}
