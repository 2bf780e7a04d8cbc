// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccountSlot, SystemStatus} from "../../../contracts/types/AccountSlot.sol";
import {
    CustomerCategory,
    Participant,
    ParticipantPacking,
    ParticipantStatus
} from "../../../contracts/types/Participant.sol";
import {Test, stdError} from "../support/ForgeStd.sol";

/// @notice Every field of an account's slot at the edges of its width: none reaches into another.
contract AccountSlotTest is Test {
    /// @dev Balance, end of validity, country, category, zone, epoch, system status, encumbered, as they lie in the
    /// slot.
    uint256[8] private greatest = [
        type(uint128).max,
        type(uint40).max,
        type(uint16).max,
        uint256(type(CustomerCategory).max),
        type(uint8).max,
        type(uint32).max,
        uint256(type(SystemStatus).max),
        1
    ];
    uint8[8] private shifts = [0, 128, 168, 184, 192, 200, 232, 240];

    /// @dev With the status that has the lower of its bits, too.
    function test_no_field_at_its_edge_reaches_into_another() public {
        _assertApart();
        greatest[6] = uint256(SystemStatus.Active);
        _assertApart();
    }

    /// @dev One field at its greatest and all others at zero, and the reverse; each then written over the other.
    function _assertApart() private view {
        for (uint256 i = 0; i < greatest.length; ++i) {
            uint256[8] memory low;
            uint256[8] memory high = greatest;
            (low[i], high[i]) = (greatest[i], 0);
            _assertWritten(AccountSlot.wrap(0), low);
            _assertWritten(_write(AccountSlot.wrap(0), low), high);
            _assertWritten(_write(AccountSlot.wrap(0), high), low);
        }
    }

    /// @dev No more is taken than the balance, and no more added than fits.
    function testFuzz_debit_and_credit_change_the_balance_alone_within_its_bounds(uint128 balance, uint256 value)
        public
    {
        uint256[8] memory fields = greatest;
        fields[0] = balance;
        AccountSlot slot = _write(AccountSlot.wrap(0), fields);
        uint256 room = type(uint128).max - balance;
        uint256[3] memory greater = [uint256(1), value, type(uint256).max];
        for (uint256 i = 0; i < greater.length; ++i) {
            vm.expectRevert(stdError.assertionError);
            this.debit(slot, bound(greater[i], uint256(balance) + 1, type(uint256).max));
            vm.expectRevert(stdError.assertionError);
            this.credit(slot, bound(greater[i], room + 1, type(uint256).max));
        }
        uint256 taken = bound(value, 0, balance);
        uint256 given = bound(value, 0, room);
        fields[0] = balance - taken;
        _assertFields(slot.debit(taken), fields);
        fields[0] = balance + given;
        _assertFields(slot.credit(given), fields);
    }

    /// @dev As {credit}, in a call of its own, which may revert.
    function debit(AccountSlot slot, uint256 value) external pure returns (AccountSlot) {
        return slot.debit(value);
    }

    function credit(AccountSlot slot, uint256 value) external pure returns (AccountSlot) {
        return slot.credit(value);
    }

    /// @dev Every field over whatever was there. The record has a status and a customer id too, for which a slot has no
    /// place; a new copy of it forgets the zone.
    function _write(AccountSlot slot, uint256[8] memory fields) private pure returns (AccountSlot) {
        Participant record = ParticipantPacking.pack(
            ParticipantStatus.Blocked,
            CustomerCategory(fields[3]),
            uint16(fields[2]),
            uint40(fields[1]),
            type(uint128).max
        );
        slot = slot.debit(slot.balance()).credit(fields[0]);
        slot = slot.withCopy(record, uint32(fields[5])).withZone(uint8(fields[4]));
        return slot.withSystemStatus(SystemStatus(fields[6])).withEncumbered(fields[7] != 0);
    }

    /// @dev What was written is there, and all of the copy goes, and nothing else, when it is taken away.
    function _assertWritten(AccountSlot slot, uint256[8] memory fields) private view {
        slot = _write(slot, fields);
        _assertFields(slot, fields);
        _assertFields(slot.withoutCopy(), [fields[0], 0, 0, 0, 0, 0, fields[6], fields[7]]);
    }

    function _assertFields(AccountSlot slot, uint256[8] memory fields) private view {
        uint256 layout = 0;
        for (uint256 i = 0; i < fields.length; ++i) {
            layout |= fields[i] << shifts[i];
        }
        assertEq(AccountSlot.unwrap(slot), layout, "layout");
        assertEq(slot.balance(), fields[0], "balance");
        assertEq(slot.validUntil(), fields[1], "validUntil");
        assertEq(slot.country(), fields[2], "country");
        assertEq(uint8(slot.category()), fields[3], "category");
        assertEq(slot.zone(), fields[4], "zone");
        assertEq(slot.epoch(), fields[5], "epoch");
        assertEq(uint8(slot.systemStatus()), fields[6], "status");
        assertEq(slot.isSystem(), fields[6] != 0, "isSystem");
        assertEq(slot.isEncumbered(), fields[7] != 0, "isEncumbered");
    }
}
