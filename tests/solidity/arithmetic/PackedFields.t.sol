// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccountSlot, SystemStatus} from "../../../contracts/types/AccountSlot.sol";
import {Encumbrance} from "../../../contracts/types/Encumbrance.sol";
import {
    CustomerCategory,
    Participant,
    ParticipantPacking,
    ParticipantStatus
} from "../../../contracts/types/Participant.sol";
import {PaymentPacking, PaymentSlot, PaymentStatus} from "../../../contracts/types/PaymentSlot.sol";
import {Test} from "../support/ForgeStd.sol";
import {Edges} from "./Edges.sol";

/// @notice Each field of each packed word at 0, 1, its greatest less 1 and its greatest, with all others at 0 and at
/// their greatest: what is written into one is read from it and changes no other.
contract PackedFieldsTest is Test {
    uint256 private constant AMOUNT = type(uint104).max;
    uint256 private constant CATEGORY = uint256(type(CustomerCategory).max);

    /* ACCOUNT SLOT */

    /// @dev Balance, validUntil, country, category, zone, epoch, system status, encumbered.
    function test_fields_of_an_account_slot() public pure {
        uint256[] memory greatest = new uint256[](8);
        (greatest[0], greatest[1], greatest[2]) = (type(uint128).max, type(uint40).max, type(uint16).max);
        (greatest[3], greatest[4], greatest[5]) = (CATEGORY, type(uint8).max, type(uint32).max);
        (greatest[6], greatest[7]) = (uint256(type(SystemStatus).max), 1);
        _assertKeepsEdges(greatest, _throughAccountSlot);
    }

    function _throughAccountSlot(uint256[] memory fields) private pure returns (uint256[] memory read) {
        Participant record = ParticipantPacking.pack(
            ParticipantStatus.Active,
            CustomerCategory(fields[3]),
            uint16(fields[2]),
            uint40(fields[1]),
            type(uint128).max
        );
        AccountSlot slot = AccountSlot.wrap(0).credit(fields[0]).withSystemStatus(SystemStatus(fields[6]))
            .withEncumbered(fields[7] != 0).withCopy(record, uint32(fields[5])).withZone(uint8(fields[4]));
        assertEq(slot.isSystem(), fields[6] != 0, "isSystem");
        read = new uint256[](8);
        (read[0], read[1], read[2]) = (slot.balance(), slot.validUntil(), slot.country());
        (read[3], read[4], read[5]) = (uint256(slot.category()), slot.zone(), slot.epoch());
        (read[6], read[7]) = (uint256(slot.systemStatus()), slot.isEncumbered() ? 1 : 0);
    }

    /* PARTICIPANT */

    /// @dev ParticipantStatus, category, country, validUntil, customer id.
    function test_fields_of_a_participant() public pure {
        uint256[] memory greatest = _greatestOfParticipant();
        _assertKeepsEdges(greatest, _throughParticipant);
        _assertKeepsEdges(greatest, _throughChangedParticipant);
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

    function _greatestOfParticipant() private pure returns (uint256[] memory greatest) {
        greatest = new uint256[](5);
        (greatest[0], greatest[1], greatest[2]) = (uint256(type(ParticipantStatus).max), CATEGORY, type(uint16).max);
        (greatest[3], greatest[4]) = (type(uint40).max, type(uint128).max);
    }

    function _throughParticipant(uint256[] memory fields) private pure returns (uint256[] memory) {
        return _read(
            ParticipantPacking.pack(
                ParticipantStatus(fields[0]),
                CustomerCategory(fields[1]),
                uint16(fields[2]),
                uint40(fields[3]),
                uint128(fields[4])
            )
        );
    }

    /// @dev ParticipantStatus and validity written later, over their greatest values.
    function _throughChangedParticipant(uint256[] memory fields) private pure returns (uint256[] memory) {
        Participant record = ParticipantPacking.pack(
            ParticipantStatus.Blocked,
            CustomerCategory(fields[1]),
            uint16(fields[2]),
            type(uint40).max,
            uint128(fields[4])
        );
        return _read(record.withStatus(ParticipantStatus(fields[0])).withValidUntil(uint40(fields[3])));
    }

    function _read(Participant record) private pure returns (uint256[] memory read) {
        read = new uint256[](5);
        (read[0], read[1], read[2]) = (uint256(record.status()), uint256(record.category()), record.country());
        (read[3], read[4]) = (record.validUntil(), record.customerId());
        assertEq(Participant.unwrap(record) >> 200, 0, "spare bits");
    }

    /* PAYMENT SLOT */

    /// @dev Captured, refunded, quota reference, policy generation, status.
    function test_fields_of_a_payment_slot() public pure {
        uint256[] memory greatest = new uint256[](5);
        (greatest[0], greatest[1], greatest[2]) = (AMOUNT, AMOUNT, type(uint32).max);
        (greatest[3], greatest[4]) = (PaymentPacking.MAX_GENERATION, uint256(type(PaymentStatus).max));
        _assertKeepsEdges(greatest, _throughPaymentSlot);
    }

    function _throughPaymentSlot(uint256[] memory fields) private pure returns (uint256[] memory read) {
        PaymentSlot slot = PaymentPacking.authorized(uint16(fields[3]), uint32(fields[2]))
            .withStatus(PaymentStatus(fields[4])).addRefunded(uint104(fields[1])).addCaptured(uint104(fields[0]));
        read = new uint256[](5);
        (read[0], read[1], read[2]) = (slot.captured(), slot.refunded(), slot.quotaRef());
        (read[3], read[4]) = (slot.generation(), uint256(slot.status()));
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

    /* HELP */

    function _assertKeepsEdges(
        uint256[] memory greatest,
        function(uint256[] memory) pure returns (uint256[] memory) through
    ) private pure {
        uint256[] memory none = new uint256[](greatest.length);
        for (uint256 i = 0; i < greatest.length; ++i) {
            uint256[4] memory edges = Edges.upTo(greatest[i]);
            for (uint256 e = 0; e < 4; ++e) {
                _assertKeeps(_with(none, i, edges[e]), through);
                _assertKeeps(_with(greatest, i, edges[e]), through);
            }
        }
    }

    function _assertKeeps(uint256[] memory fields, function(uint256[] memory) pure returns (uint256[] memory) through)
        private
        pure
    {
        assertEq(through(fields), fields);
    }

    function _with(uint256[] memory fields, uint256 index, uint256 value) private pure returns (uint256[] memory one) {
        one = new uint256[](fields.length);
        for (uint256 i = 0; i < fields.length; ++i) {
            one[i] = i == index ? value : fields[i];
        }
    }
}
