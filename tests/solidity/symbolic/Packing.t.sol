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
import {QuotaRef, QuotaRefPacking} from "../../../contracts/types/QuotaRef.sol";
import {ZonePair, ZonePairPacking} from "../../../contracts/types/ZonePair.sol";

/// @notice The packed types: each writer writes its own bits and no others, and what is written is read back.
/// @dev Bounds: none but the fields' own widths and, for amounts, the sums that their writers' comments ask for. The
/// libraries themselves are compiled here, for they are internal and have no bytecode of their own.
contract PackingProof {
    uint256 private constant BALANCE_BITS = type(uint128).max;
    uint256 private constant RECORD_BITS = uint256(type(uint64).max) << 128;
    uint256 private constant ZONE_BITS = uint256(type(uint8).max) << 192;
    uint256 private constant EPOCH_BITS = uint256(type(uint32).max) << 200;
    uint256 private constant SYSTEM_BITS = uint256(type(uint8).max) << 232;
    uint256 private constant ENCUMBERED_BITS = uint256(type(uint8).max) << 240;
    uint256 private constant CAPTURED_BITS = type(uint104).max;
    uint256 private constant REFUNDED_BITS = uint256(type(uint104).max) << 104;
    uint256 private constant STATUS_BITS = uint256(15) << 252;

    /* ACCOUNT SLOT */

    /// @notice A credit and a debit change the balance alone, of any slot.
    function check_account_balance(uint256 raw, uint128 credited, uint128 debited) public pure {
        AccountSlot slot = AccountSlot.wrap(raw);
        if (slot.balance() + credited > type(uint128).max || debited > slot.balance()) return;
        assert(slot.credit(credited).balance() == slot.balance() + credited);
        assert(slot.debit(debited).balance() == slot.balance() - debited);
        assert(_outside(slot, BALANCE_BITS) == _outside(slot.credit(credited), BALANCE_BITS));
        assert(_outside(slot, BALANCE_BITS) == _outside(slot.debit(debited), BALANCE_BITS));
    }

    /// @notice A copy of any record is read back, its zone is unknown until it is written, and neither reaches beyond.
    function check_account_copy(uint256 raw, uint256 record, uint32 epoch, uint8 zone) public pure {
        AccountSlot slot = AccountSlot.wrap(raw);
        Participant participant = Participant.wrap(record);
        AccountSlot copied = slot.withCopy(participant, epoch);
        uint256 copyBits = RECORD_BITS | ZONE_BITS | EPOCH_BITS;
        assert(copied.validUntil() == participant.validUntil() && copied.country() == participant.country());
        assert(uint8(AccountSlot.unwrap(copied) >> 184) == uint8(record >> 184));
        assert(copied.epoch() == epoch && copied.zone() == 0);
        assert(_outside(copied, copyBits) == _outside(slot, copyBits));
        assert(copied.withZone(zone).zone() == zone);
        assert(_outside(copied.withZone(zone), ZONE_BITS) == _outside(copied, ZONE_BITS));
        assert(AccountSlot.unwrap(copied.withoutCopy()) == _outside(slot, copyBits));
    }

    /// @notice The marks of a system account and of an encumbrance are read back and change nothing else.
    function check_account_marks(uint256 raw, uint8 status, bool encumbered) public pure {
        if (status > uint8(type(SystemStatus).max)) return;
        AccountSlot slot = AccountSlot.wrap(raw);
        AccountSlot system = slot.withSystemStatus(SystemStatus(status));
        assert(uint8(system.systemStatus()) == status && system.isSystem() == (status != 0));
        assert(_outside(system, SYSTEM_BITS) == _outside(slot, SYSTEM_BITS));
        AccountSlot marked = slot.withEncumbered(encumbered);
        assert(marked.isEncumbered() == encumbered);
        assert(_outside(marked, ENCUMBERED_BITS) == _outside(slot, ENCUMBERED_BITS));
    }

    /* PARTICIPANT */

    /// @notice Every field of a packed record is read back, and the 56 bits above are zero.
    function check_participant(uint8 status, uint8 category, uint16 country, uint40 validUntil, uint128 customerId)
        public
        pure
    {
        if (status > uint8(type(ParticipantStatus).max) || category > uint8(type(CustomerCategory).max)) return;
        Participant record = ParticipantPacking.pack(
            ParticipantStatus(status), CustomerCategory(category), country, validUntil, customerId
        );
        assert(uint8(record.status()) == status && uint8(record.category()) == category);
        assert(record.country() == country && record.validUntil() == validUntil && record.customerId() == customerId);
        assert(Participant.unwrap(record) >> 200 == 0);
        assert(
            record.isWellFormed() == (record.status() == ParticipantStatus.Active && country != 0 && customerId != 0)
        );
    }

    /// @notice A status or a validity written later changes nothing else; a record from outside counts as well formed
    /// only if packing its fields gives it.
    function check_participant_changes(uint256 raw, uint8 status, uint40 validUntil) public pure {
        Participant record = Participant.wrap(raw);
        if (!record.isWellFormed() || status > uint8(type(ParticipantStatus).max)) return;
        assert(raw == Participant.unwrap(record.withStatus(ParticipantStatus.Active)));
        assert(record.withStatus(ParticipantStatus(status)).status() == ParticipantStatus(status));
        assert((raw ^ Participant.unwrap(record.withStatus(ParticipantStatus(status)))) & ~(uint256(255) << 192) == 0);
        assert(record.withValidUntil(validUntil).validUntil() == validUntil);
        assert((raw ^ Participant.unwrap(record.withValidUntil(validUntil))) & ~(uint256(type(uint40).max) << 128) == 0);
        assert(Participant.unwrap(record.withoutValidity()) == Participant.unwrap(record.withValidUntil(0)));
    }

    /* PAYMENT SLOT */

    /// @notice What an authorization writes is read back, with nothing captured and nothing refunded.
    function check_payment_authorized(uint16 generation, uint32 quotaRef) public pure {
        if (generation > PaymentPacking.MAX_GENERATION) return;
        PaymentSlot slot = PaymentPacking.authorized(generation, quotaRef);
        assert(slot.status() == PaymentStatus.Authorized);
        assert(slot.generation() == generation && slot.quotaRef() == quotaRef);
        assert(slot.captured() == 0 && slot.refunded() == 0);
    }

    /// @notice Captured, refunded and status change alone, of any slot.
    function check_payment_changes(uint256 raw, uint104 captured, uint104 refunded, uint8 status) public pure {
        PaymentSlot slot = PaymentSlot.wrap(raw);
        if (status > uint8(type(PaymentStatus).max)) return;
        if (uint256(slot.captured()) + captured > type(uint104).max) return;
        if (uint256(slot.refunded()) + refunded > type(uint104).max) return;
        assert(slot.addCaptured(captured).captured() == slot.captured() + captured);
        assert(slot.addRefunded(refunded).refunded() == slot.refunded() + refunded);
        assert(slot.withStatus(PaymentStatus(status)).status() == PaymentStatus(status));
        assert((raw ^ PaymentSlot.unwrap(slot.addCaptured(captured))) & ~CAPTURED_BITS == 0);
        assert((raw ^ PaymentSlot.unwrap(slot.addRefunded(refunded))) & ~REFUNDED_BITS == 0);
        assert((raw ^ PaymentSlot.unwrap(slot.withStatus(PaymentStatus(status)))) & ~STATUS_BITS == 0);
    }

    /* QUOTA REFERENCE */

    /// @notice Both zones and the period have bits of their own, and are read back.
    function check_quota_ref(uint8 fromZone, uint8 toZone, uint16 period) public pure {
        ZonePair pair = ZonePairPacking.pack(fromZone, toZone);
        QuotaRef counted = QuotaRefPacking.pack(pair, period);
        assert(ZonePair.unwrap(counted.pair()) == ZonePair.unwrap(pair) && counted.period() == period);
        assert(QuotaRef.unwrap(counted) == (uint256(fromZone) << 24) + (uint256(toZone) << 16) + period);
    }

    /* ENCUMBRANCE */

    /// @notice Unfrozen and spendable are balance less frozen and balance less frozen and locked, floored at zero.
    function check_encumbrance(uint128 frozen, uint128 locked, uint128 balance) public pure {
        Encumbrance memory encumbrance = Encumbrance(frozen, locked);
        uint256 taken = uint256(frozen) + locked;
        assert(encumbrance.unfrozenOf(balance) == (balance > frozen ? balance - frozen : 0));
        assert(encumbrance.spendableOf(balance) == (balance > taken ? balance - taken : 0));
        assert(encumbrance.spendableOf(balance) <= encumbrance.unfrozenOf(balance));
    }

    function _outside(AccountSlot slot, uint256 bits) private pure returns (uint256) {
        return AccountSlot.unwrap(slot) & ~bits;
    }
}
