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
    /// @dev What a token's outflow may break: the zones' rules; standing, freeze and lock too; a pause as well.
    enum Right {
        None,
        Charge,
        Settlement,
        Seizure
    }

    struct Exemption {
        address token;
        address from;
        Right right;
    }

    uint256 public acts;
    uint256 private _nonces;
    /// @dev Whose tokens this act takes by a right.
    Exemption internal exempt;

    /// @dev Every act's. Its only input is its caller, whom forge draws at random.
    modifier act() {
        ++acts;
        seed = uint160(msg.sender);
        vm.recordLogs();
        _;
        _audit();
        delete exempt;
    }

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
        _mustFail(_officer(target, _roleOf(target, data)), target, data, reason);
    }

    /// @dev A call that works once; now and then it is tried again.
    function _once(address caller, address target, bytes memory data) internal returns (bool success) {
        success = _try(caller, target, data);
        if (success && _oneIn(8)) _mustFail(caller, target, data);
    }

    /// @dev A call that only `caller` may make, and that works once; now and then somebody else tries it first.
    function _own(address caller, address target, bytes memory data) internal returns (bool) {
        if (_oneIn(10)) _mustFail(_somebodyElse(caller), target, data);
        return _once(caller, target, data);
    }

    /// @dev A call that a bank's `AccessManager` lets one role make; now and then somebody without it tries it first.
    function _byRole(address target, bytes memory data) internal returns (bool) {
        (uint64 role, bytes4 reason) = (_roleOf(target, data), IAccessManaged.AccessManagedUnauthorized.selector);
        address outsider = _somebodyElse(_officer(target, role));
        bool member = hasRole[bankOf[target]][role][outsider];
        if (!member && _oneIn(10)) _mustFail(outsider, target, data, reason);
        return _try(_officer(target, role), target, data);
    }

    function _roleOf(address target, bytes memory data) private view returns (uint64) {
        return _bankOf(target).manager.getTargetFunctionRole(target, bytes4(data));
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

    /// @dev Whether something is not put in place that an act needs: it may fail then, which counts as a revert.
    function _leaveAsIs() internal returns (bool) {
        return _oneIn(16);
    }

    function _token() internal returns (address) {
        return address(tokens[_roll(TOKENS)]);
    }

    function _customer() internal returns (address) {
        return customers[_roll(customers.length)];
    }

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

    function _sign(address signer, bytes32 digest) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keyOf[signer], digest);
        return abi.encodePacked(r, s, v);
    }

    function _sign(address signer, address token, bytes memory message) internal view returns (bytes memory) {
        bytes32 separator = IDepositToken(token).DOMAIN_SEPARATOR();
        return _sign(signer, keccak256(abi.encodePacked(hex"1901", separator, keccak256(message))));
    }

    /// @dev A call whose last argument is a signature, in one piece.
    function _withSignature(bytes4 selector, bytes memory fields, bytes memory signature)
        internal
        pure
        returns (bytes memory)
    {
        return bytes.concat(selector, fields, abi.encode(fields.length + 32, signature.length), signature);
    }

    function _receiveSignature(address token, address from, address to, uint256 amount, uint256 until, bytes32 nonce)
        internal
        view
        returns (bytes memory)
    {
        bytes32 typeHash = IDepositToken(token).RECEIVE_WITH_AUTHORIZATION_TYPEHASH();
        return _sign(from, token, abi.encode(typeHash, from, to, amount, 0, until, nonce));
    }

    function _freshNonce() internal returns (bytes32) {
        return keccak256(abi.encode(++_nonces));
    }

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
    }

    function _auditTransfer(address token, address from, address to, uint256 amount) private view {
        Right right = token == exempt.token && from == exempt.from ? exempt.right : Right.None;
        if (right < Right.Settlement) _auditStanding(token, from);
        _auditStanding(token, to);
        if (right != Right.Seizure) assertFalse(IDepositToken(token).paused(), "a paused token stands still");
        bool closed = _isSystem(to) && IDepositToken(token).systemStatusOf(to) != SystemStatus.Active;
        assertFalse(closed, "nothing flows into a stopped system account");
        if (right >= Right.Settlement || !_isWallet(from) || from == to) return;
        uint256 kept = frozen[token][from] + locked[token][from];
        if (amount != 0) assertGe(IERC20(token).balanceOf(from), kept, "what is frozen or locked stays");
        if (right == Right.Charge || !_isWallet(to)) return;
        assertTrue(_isConnected(token, from, to), "a direct transfer keeps to the zones");
    }

    function _auditStanding(address token, address party) private view {
        if (_isWallet(party)) assertTrue(_isAllowed(token, party), "whose tokens move is allowed by the registry now");
    }

    /// @dev In one country or one zone, or in two zones between which the policy lets direct transfers pass.
    function _isConnected(address token, address from, address to) private view returns (bool) {
        Bank storage bank = _bankOf(token);
        (uint16 origin, uint16 destination) = (customerAt[from].country, customerAt[to].country);
        (uint8 fromZone, uint8 toZone) = (bank.registry.zoneOf(origin), bank.registry.zoneOf(destination));
        return origin == destination || (fromZone == toZone && fromZone != 0)
            || bank.policy.directTransfers(token, fromZone, toZone);
    }

    /// @dev Under a legal block at a token's bank, by the test's books. A wallet that a registry does not know is
    /// looked for in the one before; a bank that never knew it does not know whose it is.
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
