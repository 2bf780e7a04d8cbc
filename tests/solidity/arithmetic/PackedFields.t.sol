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

/// @notice Each field of a participant's record at 0, 1, its greatest less 1 and its greatest, with all others at 0 and at
/// their greatest: what is written into one is read from it and changes no other. The same of an encumbrance.
contract PackedFieldsTest is Test {
    /* PARTICIPANT */

    /// @dev ParticipantStatus, category, country, validUntil, customer id.
    function test_fields_of_a_participant() public pure {
        uint256[5] memory greatest = [
            uint256(type(ParticipantStatus).max),
            uint256(type(CustomerCategory).max),
            type(uint16).max,
            type(uint40).max,
            type(uint128).max
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
        ParticipantStatus status = ParticipantStatus(fields[0]);
        Participant record = _pack(status, fields, uint40(fields[3]));
        Participant changed = _pack(ParticipantStatus.Blocked, fields, type(uint40).max);
        changed = changed.withStatus(status).withValidUntil(uint40(fields[3]));
        assertEq(Participant.unwrap(changed), Participant.unwrap(record), "changed");
        assertEq(uint256(record.status()), fields[0], "status");
        assertEq(uint256(record.category()), fields[1], "category");
        assertEq(record.country(), fields[2], "country");
        assertEq(record.validUntil(), fields[3], "validUntil");
        assertEq(record.customerId(), fields[4], "customer id");
        assertEq(Participant.unwrap(record) >> 200, 0, "spare bits");
    }

    function _pack(ParticipantStatus status, uint256[5] memory fields, uint40 validUntil)
        private
        pure
        returns (Participant)
    {
        return ParticipantPacking.pack(
            status, CustomerCategory(fields[1]), uint16(fields[2]), validUntil, uint128(fields[4])
        );
    }

    function test_layout_of_a_participant_is_the_documented_one() public pure {
        Participant record =
            ParticipantPacking.pack(ParticipantStatus.Blocked, CustomerCategory.Dealer, 344, type(uint40).max, 0x42);
        assertEq(
            Participant.unwrap(record),
            (uint256(2) << 192) | (uint256(3) << 184) | (uint256(344) << 168) | (uint256(type(uint40).max) << 128)
                | 0x42
        );
        assertEq(Participant.unwrap(record.withoutValidity()), Participant.unwrap(record.withValidUntil(0)));
    }

    /// @dev A record from outside with anything in the 56 spare bits, or with a category that does not exist.
    function testFuzz_only_a_record_that_pack_can_make_is_well_formed(uint256 raw) public pure {
        raw = (raw & ~(uint256(type(uint8).max) << 192)) | (uint256(ParticipantStatus.Active) << 192);
        uint8 category = uint8(raw >> 184);
        bool expected = raw >> 200 == 0 && category <= uint8(type(CustomerCategory).max) && uint16(raw >> 168) != 0
            && uint128(raw) != 0;
        assertEq(Participant.wrap(raw).isWellFormed(), expected);
        // The same with the spare bits cleared, which a random word never has.
        raw &= (1 << 200) - 1;
        expected = category <= uint8(type(CustomerCategory).max) && uint16(raw >> 168) != 0 && uint128(raw) != 0;
        assertEq(Participant.wrap(raw).isWellFormed(), expected);
    }

    /* ENCUMBRANCE */

    /// @dev What is frozen and what is locked may together exceed 128 bits: nothing overflows, nothing is spendable.
    function test_encumbrance_at_its_edges() public pure {
        uint256[4] memory edges = Edges.upTo(type(uint128).max);
        for (uint256 f = 0; f < 4; ++f) {
            for (uint256 l = 0; l < 4; ++l) {
                for (uint256 b = 0; b < 4; ++b) {
                    Encumbrance memory encumbrance = Encumbrance(uint128(edges[f]), uint128(edges[l]));
                    uint256 taken = edges[f] + edges[l];
                    assertEq(encumbrance.unfrozenOf(edges[b]), edges[b] > edges[f] ? edges[b] - edges[f] : 0);
                    assertEq(encumbrance.spendableOf(edges[b]), edges[b] > taken ? edges[b] - taken : 0);
                }
            }
        }
    }
}
