// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IDepositToken} from "../../../contracts/interfaces/IDepositToken.sol";
import {ISettlementEscrow} from "../../../contracts/interfaces/ISettlementEscrow.sol";
import {SystemStatus} from "../../../contracts/types/AccountSlot.sol";
import {Vm} from "../../../node_modules/@layerzerolabs/toolbox-foundry/lib/forge-std/Vm.sol";
import {Coverage} from "./Coverage.sol";
import {Payment} from "../../../contracts/types/Payment.sol";

/// @notice What must hold of whatever moved in an act, at the very moment: the banks' own word is asked for it.
abstract contract Audit is Coverage {
    /// @dev What the escrow's events told of a payment so far, in minor units of the source token; refunded of the target
    /// token.
    struct Told {
        uint256 captured;
        uint256 returned;
        uint256 refunded;
    }

    mapping(bytes32 id => Told) internal toldOf;
    uint256 public acts;
    /// @dev Whose tokens this act may take although the registry refuses it, by the bank's right; if by force, then
    /// even while the token is paused.
    address internal excusedToken;
    address internal excusedHolder;
    bool internal byForce;
    /// @dev Whose tokens this act moves across zones in a payment, at once.
    address internal chargedToken;
    address internal chargedPayer;

    /// @dev Every act's.
    modifier act() {
        ++acts;
        vm.recordLogs();
        _;
        _audit();
    }

    /// @dev No stale copy is ever used: whoever's tokens moved since the last look is allowed by the registry itself
    /// now, at a token that is not paused, and they keep what is frozen and locked. Who can receive is never kept
    /// waiting, and what the escrow tells of its payments is summed up.
    function _audit() internal {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            bytes32[] memory topics = logs[i].topics;
            if (logs[i].emitter == address(escrow)) _auditEscrow(topics, logs[i].data);
            _heedCharge(logs, i);
            if (topics[0] != IERC20.Transfer.selector) continue;
            (address from, address to) = (_party(topics[1]), _party(topics[2]));
            _auditTransfer(logs[i].emitter, from, to, abi.decode(logs[i].data, (uint256)));
        }
        (excusedToken, excusedHolder, byForce) = (address(0), address(0), false);
        (chargedToken, chargedPayer) = (address(0), address(0));
    }

    /// @dev The transfers of a charge in one token come just before its event, two where there is a fee.
    function _heedCharge(Vm.Log[] memory logs, uint256 i) private {
        for (uint256 next = i + 1; next < logs.length && next <= i + 2; ++next) {
            if (logs[next].emitter != address(escrow)) continue;
            if (logs[next].topics[0] != ISettlementEscrow.PaymentCharged.selector) continue;
            Payment memory terms = abi.decode(logs[next].data, (Payment));
            if (terms.dealer == address(0)) (chargedToken, chargedPayer) = (terms.sourceToken, terms.payer);
            return;
        }
    }

    function _auditEscrow(bytes32[] memory topics, bytes memory data) private {
        bytes32 kind = topics[0];
        if (kind == ISettlementEscrow.ClaimableAdded.selector) {
            assertFalse(_canReceive(_party(topics[1]), _party(topics[2])), "who can receive is paid at once");
        } else if (
            kind == ISettlementEscrow.PaymentCaptured.selector || kind == ISettlementEscrow.PaymentReleased.selector
        ) {
            (uint256 captured,,) = abi.decode(data, (uint256, uint256, uint256));
            toldOf[topics[1]].captured += captured;
        } else if (kind == ISettlementEscrow.PaymentCharged.selector) {
            toldOf[topics[1]].captured += abi.decode(data, (Payment)).sourceAmount;
        } else if (kind == ISettlementEscrow.PaymentResolved.selector) {
            (uint256 captured,,, uint256 returned) = abi.decode(data, (uint256, uint256, uint256, uint256));
            toldOf[topics[1]].captured += captured;
            toldOf[topics[1]].returned += returned;
        } else if (
            kind == ISettlementEscrow.PaymentVoided.selector || kind == ISettlementEscrow.PaymentReclaimed.selector
        ) {
            (uint256 returned,) = abi.decode(data, (uint256, uint256));
            toldOf[topics[1]].returned += returned;
        } else if (kind == ISettlementEscrow.PaymentRefunded.selector) {
            (, uint256 refunded) = abi.decode(data, (uint256, uint256));
            toldOf[topics[1]].refunded += refunded;
        }
    }

    function _auditTransfer(address token, address from, address to, uint256 amount) private view {
        bool excused = token == excusedToken && from == excusedHolder;
        if (!excused) _auditStanding(token, from);
        _auditStanding(token, to);
        if (!excused || !byForce) assertFalse(IDepositToken(token).paused(), "a paused token stands still");
        if (_isSystem(to)) {
            SystemStatus status = IDepositToken(token).systemStatusOf(to);
            assertEq(uint8(status), uint8(SystemStatus.Active), "nothing flows into a stopped system account");
        }
        if (excused || !_isWallet(from) || from == to) return;
        if (amount != 0) {
            uint256 kept = frozen[token][from] + locked[token][from];
            assertGe(IERC20(token).balanceOf(from), kept, "what is frozen or locked stays");
        }
        if (token == chargedToken && from == chargedPayer) return;
        if (_isWallet(to)) assertTrue(_isConnected(token, from, to), "a direct transfer keeps to the zones");
    }

    function _auditStanding(address token, address party) private view {
        if (_isWallet(party)) assertTrue(_isAllowed(token, party), "whose tokens move is allowed by the registry now");
    }

    /// @dev In one country or one zone, or in two zones between which the policy lets direct transfers pass.
    function _isConnected(address token, address from, address to) private view returns (bool) {
        (uint16 origin, uint16 destination) = (customerAt[from].country, customerAt[to].country);
        if (origin == destination) return true;
        Bank storage bank = _bankOf(token);
        (uint8 fromZone, uint8 toZone) = (bank.registry.zoneOf(origin), bank.registry.zoneOf(destination));
        if (fromZone == toZone && fromZone != 0) return true;
        return bank.policy.directTransfers(token, fromZone, toZone);
    }

    function _party(bytes32 topic) private pure returns (address) {
        return address(uint160(uint256(topic)));
    }

    function _isWallet(address account) private view returns (bool) {
        return account != address(0) && !_isSystem(account);
    }

    function _isAllowed(address token, address account) internal view returns (bool) {
        return _bankOf(token).registry.standingOf(account).validUntil() > block.timestamp;
    }

    function _canReceive(address token, address account) internal view returns (bool) {
        return _isAllowed(token, account) && !IDepositToken(token).paused();
    }

    function _isSystem(address account) internal view returns (bool) {
        return account == address(escrow) || account == systemAccount;
    }
}
