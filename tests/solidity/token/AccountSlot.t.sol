// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccountSlot, SystemStatus} from "../../../contracts/types/AccountSlot.sol";
import {
    CustomerCategory,
    Participant,
    ParticipantPacking,
    ParticipantStatus
} from "../../../contracts/types/Participant.sol";
import {Test} from "../support/ForgeStd.sol";

/// @notice Every field of an account's slot at the edges of its width: none reaches into another.
contract AccountSlotTest is Test {
    bytes private constant ASSERTION_FAILED = abi.encodeWithSignature("Panic(uint256)", 0x01);
    uint256 private constant FIELDS = 8;
    uint256 private constant ALL = (1 << FIELDS) - 1;

    struct Fields {
        uint128 balance;
        uint40 validUntil;
        uint16 country;
        uint8 zone;
        uint8 category;
        uint32 epoch;
        uint8 status;
        bool encumbered;
    }

    /// @dev One field at its greatest and all others at zero, and the reverse.
    function test_no_field_at_its_edge_reaches_into_another() public pure {
        for (uint256 only = 0; only < FIELDS; ++only) {
            _assertFields(_pack(_edges(1 << only)), _edges(1 << only));
            _assertFields(_pack(_edges(ALL ^ (1 << only))), _edges(ALL ^ (1 << only)));
        }
    }

    function test_layout_is_the_documented_one() public pure {
        AccountSlot slot = _pack(_edges(ALL));
        assertEq(
            AccountSlot.unwrap(slot),
            uint256(type(uint128).max) | (uint256(type(uint40).max) << 128) | (uint256(type(uint16).max) << 168)
                | (uint256(uint8(type(CustomerCategory).max)) << 184) | (uint256(type(uint8).max) << 192)
                | (uint256(type(uint32).max) << 200) | (uint256(uint8(type(SystemStatus).max)) << 232)
                | (uint256(1) << 240)
        );
    }

    function test_debit_and_credit_of_the_greatest_balance_borrow_and_carry_nothing() public pure {
        Fields memory fields = _edges(ALL);
        AccountSlot slot = _pack(fields).debit(type(uint128).max);
        fields.balance = 0;
        _assertFields(slot, fields);
        slot = slot.credit(type(uint128).max);
        fields.balance = type(uint128).max;
        _assertFields(slot, fields);
    }

    /// @dev A debit takes no more than the balance, and a credit adds no more than fits.
    function testFuzz_debit_and_credit_change_the_balance_alone(Fields memory fields, uint256 value) public {
        _bound(fields);
        AccountSlot slot = _pack(fields);
        uint128 balance = fields.balance;
        uint256 room = type(uint128).max - balance;
        uint256[3] memory greater = [uint256(1), value, type(uint256).max];
        for (uint256 i = 0; i < greater.length; ++i) {
            vm.expectRevert(ASSERTION_FAILED);
            this.debit(slot, bound(greater[i], uint256(balance) + 1, type(uint256).max));
            vm.expectRevert(ASSERTION_FAILED);
            this.credit(slot, bound(greater[i], room + 1, type(uint256).max));
        }
        uint128 taken = uint128(bound(value, 0, balance));
        fields.balance = balance - taken;
        _assertFields(slot.debit(taken), fields);
        uint128 given = uint128(bound(value, 0, room));
        fields.balance = balance + given;
        _assertFields(slot.credit(given), fields);
    }

    /// @dev A new copy of the registry's answer forgets the zone.
    function testFuzz_each_other_change_touches_its_own_fields_alone(Fields memory old, Fields memory fresh)
        public
        pure
    {
        _bound(old);
        _bound(fresh);
        AccountSlot slot = _pack(old);
        _assertFields(slot, old);
        (old.validUntil, old.country, old.category, old.epoch, old.zone) =
        (fresh.validUntil, fresh.country, fresh.category, fresh.epoch, 0);
        slot = slot.withCopy(_record(fresh), fresh.epoch);
        _assertFields(slot, old);
        old.zone = fresh.zone;
        slot = slot.withZone(fresh.zone);
        _assertFields(slot, old);
        old.encumbered = fresh.encumbered;
        slot = slot.withEncumbered(fresh.encumbered);
        _assertFields(slot, old);
        old.status = fresh.status;
        slot = slot.withSystemStatus(SystemStatus(fresh.status));
        _assertFields(slot, old);
        (old.validUntil, old.country, old.zone, old.category, old.epoch) = (0, 0, 0, 0, 0);
        _assertFields(slot.withoutCopy(), old);
    }

    /// @dev In a call of its own, which may revert.
    function debit(AccountSlot slot, uint256 value) external pure returns (AccountSlot) {
        return slot.debit(value);
    }

    /// @dev In a call of its own, which may revert.
    function credit(AccountSlot slot, uint256 value) external pure returns (AccountSlot) {
        return slot.credit(value);
    }

    function _pack(Fields memory fields) private pure returns (AccountSlot) {
        return AccountSlot.wrap(0).withCopy(_record(fields), fields.epoch).withZone(fields.zone)
            .withSystemStatus(SystemStatus(fields.status)).withEncumbered(fields.encumbered).credit(fields.balance);
    }

    /// @dev With a status and a customer id, for which a slot has no place.
    function _record(Fields memory fields) private pure returns (Participant) {
        return ParticipantPacking.pack(
            ParticipantStatus.Blocked,
            CustomerCategory(fields.category),
            fields.country,
            fields.validUntil,
            type(uint128).max
        );
    }

    function _bound(Fields memory fields) private pure {
        fields.category = uint8(bound(fields.category, 0, uint8(type(CustomerCategory).max)));
        fields.status = uint8(bound(fields.status, 0, uint8(type(SystemStatus).max)));
    }

    /// @dev From the lowest bit of `greatest` up: which fields, in their order, are at their greatest and not at zero.
    function _edges(uint256 greatest) private pure returns (Fields memory fields) {
        if (greatest & 1 != 0) fields.balance = type(uint128).max;
        if (greatest & 2 != 0) fields.validUntil = type(uint40).max;
        if (greatest & 4 != 0) fields.country = type(uint16).max;
        if (greatest & 8 != 0) fields.zone = type(uint8).max;
        if (greatest & 16 != 0) fields.category = uint8(type(CustomerCategory).max);
        if (greatest & 32 != 0) fields.epoch = type(uint32).max;
        if (greatest & 64 != 0) fields.status = uint8(type(SystemStatus).max);
        if (greatest & 128 != 0) fields.encumbered = true;
    }

    function _assertFields(AccountSlot slot, Fields memory fields) private pure {
        assertEq(slot.balance(), fields.balance, "balance");
        assertEq(slot.validUntil(), fields.validUntil, "validUntil");
        assertEq(slot.country(), fields.country, "country");
        assertEq(slot.zone(), fields.zone, "zone");
        assertEq(uint8(slot.category()), fields.category, "category");
        assertEq(slot.epoch(), fields.epoch, "epoch");
        assertEq(uint8(slot.systemStatus()), fields.status, "status");
        assertEq(slot.isSystem(), fields.status != 0, "isSystem");
        assertEq(slot.isEncumbered(), fields.encumbered, "isEncumbered");
        assertEq(AccountSlot.unwrap(slot) >> 241, 0, "spare bits");
    }
}
