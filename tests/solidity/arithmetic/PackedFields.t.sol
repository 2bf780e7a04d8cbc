// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Encumbrance} from "../../../contracts/types/Encumbrance.sol";
import {
    CustomerCategory,
    Participant,
    ParticipantPacking,
    ParticipantStatus
} from "../../../contracts/types/Participant.sol";
import {Test} from "../support/ForgeStd.sol";
import {Edges} from "./Edges.sol";

/// @notice Each field of a participant's record at 0, 1, its greatest less 1 and its greatest, with all others at 0 and
/// at their greatest: what is written into one is read from it and changes no other. The same of an encumbrance.
contract PackedFieldsTest is Test {
    /* PARTICIPANT */

    /// @dev Customer id, end of validity, country, category, status, as they lie in the record.
    function test_fields_of_a_participant() public pure {
        uint256[5] memory greatest = [
            uint256(type(uint128).max),
            type(uint40).max,
            type(uint16).max,
            uint256(type(CustomerCategory).max),
            uint256(type(ParticipantStatus).max)
        ];
        for (uint256 i = 0; i < 5; ++i) {
            uint256[4] memory edges = Edges.upTo(greatest[i]);
            for (uint256 e = 0; e < 4; ++e) {
                uint256[5] memory low;
                (low[i], greatest[i]) = (edges[e], edges[e]);
                _assertKeeps(low);
                _assertKeeps(greatest);
            }
        }
    }

    /// @dev Packed so, and status and validity written later, over their greatest values.
    function _assertKeeps(uint256[5] memory fields) private pure {
        ParticipantStatus status = ParticipantStatus(fields[4]);
        Participant record = _pack(status, fields, uint40(fields[1]));
        uint256 layout = fields[0] | (fields[1] << 128) | (fields[2] << 168) | (fields[3] << 184) | (fields[4] << 192);
        assertEq(Participant.unwrap(record), layout, "layout");
        Participant changed = _pack(ParticipantStatus.Blocked, fields, type(uint40).max);
        changed = changed.withStatus(status).withValidUntil(uint40(fields[1]));
        assertEq(Participant.unwrap(changed), layout, "changed");
        assertEq(Participant.unwrap(record.withoutValidity()), Participant.unwrap(record.withValidUntil(0)));
        assertEq(record.customerId(), fields[0], "customer id");
        assertEq(record.validUntil(), fields[1], "validUntil");
        assertEq(record.country(), fields[2], "country");
        assertEq(uint256(record.category()), fields[3], "category");
        assertEq(uint256(record.status()), fields[4], "status");
    }

    function _pack(ParticipantStatus status, uint256[5] memory fields, uint40 validUntil)
        private
        pure
        returns (Participant)
    {
        return ParticipantPacking.pack(
            status, CustomerCategory(fields[3]), uint16(fields[2]), validUntil, uint128(fields[0])
        );
    }

    /// @dev A record from outside with anything in the 56 spare bits, or with a category that does not exist.
    function testFuzz_only_a_record_that_pack_can_make_is_well_formed(uint256 raw) public pure {
        raw = (raw & ~(uint256(type(uint8).max) << 192)) | (uint256(ParticipantStatus.Active) << 192);
        uint8 category = uint8(raw >> 184);
        // Also with the spare bits cleared, which a random word never has.
        uint256[2] memory words = [raw, raw & ((1 << 200) - 1)];
        for (uint256 i = 0; i < words.length; ++i) {
            bool expected = words[i] >> 200 == 0 && category <= uint8(type(CustomerCategory).max)
                && uint16(raw >> 168) != 0 && uint128(raw) != 0;
            assertEq(Participant.wrap(words[i]).isWellFormed(), expected);
        }
    }

    /* ENCUMBRANCE */

    /// @dev What is frozen and what is locked may together exceed 128 bits: nothing overflows, nothing is spendable.
    function test_encumbrance_at_its_edges() public pure {
        uint256[4] memory edges = Edges.upTo(type(uint128).max);
        for (uint256 i = 0; i < 4 * 4 * 4; ++i) {
            (uint256 frozen, uint256 locked, uint256 balance) = (edges[i % 4], edges[i / 4 % 4], edges[i / 16]);
            Encumbrance memory encumbrance = Encumbrance(uint128(frozen), uint128(locked));
            assertEq(encumbrance.unfrozenOf(balance), balance > frozen ? balance - frozen : 0);
            uint256 taken = frozen + locked;
            assertEq(encumbrance.spendableOf(balance), balance > taken ? balance - taken : 0);
        }
    }
}
