// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Coverage} from "./Coverage.sol";
import {Dice} from "./Dice.sol";
import "./Ledger.sol";
import {Told} from "./Told.sol";
import "./World.sol";

/// @notice How every act is made: who makes it, who tries in vain before, how it is counted, and what must hold at that
/// very moment of whatever moved.
abstract contract Acting is Dice, World, Ledger, Told, Coverage {
    uint256 private constant WRONG_CALLER_ONE_IN = 10;
    uint256 private constant LEFT_AS_IS_ONE_IN = 16;

    /// @dev A token's outflow that breaks a rule by right.
    struct Exemption {
        address token;
        address from;
        bool evenPaused;
    }

    uint256 public acts;
    uint256 private _nonces;
    /// @dev Whose tokens this act may take although the registry refuses it, by the bank's right.
    Exemption internal excused;
    /// @dev Whose tokens this act moves across zones in a payment, at once.
    Exemption internal charged;

    constructor() {
        for (uint256 b = 0; b < BANKS; ++b) {
            for (uint64 role = 0; role < ROLES; ++role) {
                hasRole[b][role][officer[b][role]] = true;
            }
        }
    }

    /// @dev Every act's. Its only input is its caller, whom forge draws at random.
    modifier act() {
        ++acts;
        seed = uint160(msg.sender);
        vm.recordLogs();
        _;
        _audit();
    }

    /* CALLS */

    function _try(address caller, address target, bytes memory data) internal returns (bool success) {
        (success,) = _tryFor(caller, target, data);
    }

    function _tryFor(address caller, address target, bytes memory data)
        internal
        returns (bool success, bytes memory answer)
    {
        (success, answer) = _call(caller, target, data);
        _count(kindOf[target], bytes4(data), success, false);
        if (success) _bookOrder(target, data);
    }

    /// @dev A call that nobody may ever get through.
    function _mustFail(address caller, address target, bytes memory data) internal returns (bytes4 reason) {
        (bool success, bytes memory answer) = _call(caller, target, data);
        _count(kindOf[target], bytes4(data), success, true);
        assertFalse(success, string.concat(vm.getLabel(caller), " got through with ", vm.toString(bytes4(data))));
        return bytes4(answer);
    }

    function _mustFail(address caller, address target, bytes memory data, bytes4 reason) internal {
        assertEq(_mustFail(caller, target, data), reason, "refused for another reason");
    }

    /// @dev A call that fails by the hand of the very role that may make it.
    function _roleMustFail(address target, bytes memory data, bytes4 reason) internal {
        _mustFail(_holderOf(target, bytes4(data)), target, data, reason);
    }

    /// @dev A call that only `caller` may make; now and then somebody else tries it first.
    function _own(address caller, address target, bytes memory data) internal returns (bool) {
        if (_oneIn(WRONG_CALLER_ONE_IN)) _mustFail(_somebodyElse(caller), target, data);
        return _try(caller, target, data);
    }

    /// @dev A call that a bank's `AccessManager` lets one role make; now and then somebody without it tries it first.
    function _byRole(address target, bytes memory data) internal returns (bool) {
        address holder = _holderOf(target, bytes4(data));
        address outsider = _somebodyElse(holder);
        bool member = hasRole[bankOf[target]][_roleOf(target, bytes4(data))][outsider];
        bytes4 reason = IAccessManaged.AccessManagedUnauthorized.selector;
        if (_oneIn(WRONG_CALLER_ONE_IN) && !member) _mustFail(outsider, target, data, reason);
        return _try(holder, target, data);
    }

    function _holderOf(address target, bytes4 selector) private view returns (address) {
        return _officer(target, _roleOf(target, selector));
    }

    function _roleOf(address target, bytes4 selector) private view returns (uint64) {
        return _bankOf(target).manager.getTargetFunctionRole(target, selector);
    }

    /// @dev What moved so far is looked at before anything changes its standing. What fails moves nothing, but the
    /// recorder keeps its logs all the same.
    function _call(address caller, address target, bytes memory data)
        private
        returns (bool success, bytes memory answer)
    {
        _audit();
        vm.prank(caller);
        (success, answer) = target.call(data);
        if (!success) vm.getRecordedLogs();
    }

    /// @dev What moved so far is looked at before the clock goes on.
    function _waitUntil(uint256 time) internal {
        if (time <= block.timestamp) return;
        _audit();
        vm.warp(time);
    }

    /* CHOICES */

    /// @dev Whether something is not put in place that an act needs: it may fail then, which counts as a revert.
    function _leaveAsIs() internal returns (bool) {
        return _oneIn(LEFT_AS_IS_ONE_IN);
    }

    function _token() internal returns (address) {
        return address(tokens[_roll(TOKENS)]);
    }

    function _customer() internal returns (address) {
        return customers[_roll(customers.length)];
    }

    /// @dev A customer with a key.
    function _person() internal returns (address person) {
        do {
            person = _customer();
        } while (keyOf[person] == 0);
    }

    function _dealer() internal returns (address) {
        return dealers[_roll(dealers.length)];
    }

    function _anybody() internal returns (address) {
        return _somebodyElse(address(0));
    }

    function _somebodyElse(address except) internal returns (address) {
        address anyOfficer = officer[_roll(BANKS)][uint64(_roll(ROLES))];
        address[5] memory others = [stranger, _customer(), operator, anyOfficer, _oneIn(2) ? arbiter : clerk];
        uint256 first = _roll(others.length);
        return others[first] == except ? others[(first + 1) % others.length] : others[first];
    }

    /* SIGNATURES */

    function _sign(address signer, bytes32 digest) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keyOf[signer], digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev By a message of the token's own domain.
    function _sign(address signer, address token, bytes memory message) internal view returns (bytes memory) {
        bytes32 separator = IDepositToken(token).DOMAIN_SEPARATOR();
        return _sign(signer, keccak256(abi.encodePacked(hex"1901", separator, keccak256(message))));
    }

    /// @dev ERC-3009 to a system account, valid from 0 on.
    function _receiveSignature(
        address token,
        address from,
        address to,
        uint256 amount,
        uint256 validBefore,
        bytes32 nonce
    ) internal view returns (bytes memory) {
        bytes32 typeHash = IDepositToken(token).RECEIVE_WITH_AUTHORIZATION_TYPEHASH();
        return _sign(from, token, abi.encode(typeHash, from, to, amount, 0, validBefore, nonce));
    }

    function _freshNonce() internal returns (bytes32) {
        return keccak256(abi.encode(++_nonces));
    }

    /* WHAT MOVED */

    /// @dev No stale copy is ever used: whoever's tokens moved since the last look is allowed by the registry itself
    /// now, at a token that is not paused, and they keep what is frozen and locked. Who can receive is never kept
    /// waiting, and what the escrow tells of its payments is summed up.
    function _audit() internal {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            bytes32[] memory topics = logs[i].topics;
            if (logs[i].emitter == address(escrow)) _heed(topics, logs[i].data);
            if (topics[0] == ISettlementEscrow.ClaimableAdded.selector) {
                assertFalse(_canReceive(_party(topics[1]), _party(topics[2])), "who can receive is paid at once");
            }
            if (topics[0] != IERC20.Transfer.selector) continue;
            uint256 amount = abi.decode(logs[i].data, (uint256));
            _auditTransfer(logs[i].emitter, _party(topics[1]), _party(topics[2]), amount);
        }
        delete excused;
        delete charged;
    }

    function _auditTransfer(address token, address from, address to, uint256 amount) private view {
        bool isExcused = token == excused.token && from == excused.from;
        if (!isExcused) _auditStanding(token, from);
        _auditStanding(token, to);
        if (!isExcused || !excused.evenPaused) {
            assertFalse(IDepositToken(token).paused(), "a paused token stands still");
        }
        if (_isSystem(to)) {
            bool active = IDepositToken(token).systemStatusOf(to) == SystemStatus.Active;
            assertTrue(active, "nothing flows into a stopped system account");
        }
        if (isExcused || !_isWallet(from) || from == to) return;
        if (amount != 0) {
            uint256 kept = frozen[token][from] + locked[token][from];
            assertGe(IERC20(token).balanceOf(from), kept, "what is frozen or locked stays");
        }
        if (token == charged.token && from == charged.from) return;
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

    /// @dev Under a legal block at a token's bank, by the test's books. A wallet that a registry does not know is looked for
    /// in the one before; a bank that never knew it does not know whose it is.
    function _isBlocked(address token, address wallet) internal view returns (bool blocked) {
        uint128 id = customerAt[wallet].id;
        for (address registry = _registryOf(token); registry != address(0); registry = formerOf[registry]) {
            blocked = blocked || blockedAt[registry][wallet] || customerBlockedAt[registry][id];
            if (knownAt[registry][wallet]) return blocked;
        }
        return false;
    }

    function _isWallet(address account) private view returns (bool) {
        return account != address(0) && !_isSystem(account);
    }

    function _party(bytes32 topic) private pure returns (address) {
        return address(uint160(uint256(topic)));
    }
}
