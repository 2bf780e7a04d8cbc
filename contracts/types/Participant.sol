// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @notice Where a wallet stands in its bank's registry: never registered, registered, or under a legal block.
enum ParticipantStatus {
    None,
    Active,
    Blocked
}

/// @notice What kind of customer a wallet belongs to.
enum CustomerCategory {
    Retail,
    Merchant,
    Institution,
    Dealer
}

/// @notice One wallet's record in its bank's registry, in one word.
/// Named for what it is and not as a slot: whoever registers, asks or reads an event has it whole in the ABI.
///
/// | bits | field |
/// |---|---|
/// | 0 to 127 | customer id |
/// | 128 to 167 | end of validity, Unix seconds, exclusive; 0 after a revocation |
/// | 168 to 183 | country, ISO 3166-1 numeric |
/// | 184 to 191 | category |
/// | 192 to 199 | status |
/// | 200 to 255 | spare: 0 |
type Participant is uint256;

using ParticipantPacking for Participant global;

/// @notice Packs and reads a {Participant}.
// forge-lint: disable-next-item(unsafe-typecast): a field is cut out of its word.
library ParticipantPacking {
    uint256 private constant VALID_UNTIL_SHIFT = 128;
    uint256 private constant COUNTRY_SHIFT = 168;
    uint256 private constant CATEGORY_SHIFT = 184;
    uint256 private constant STATUS_SHIFT = 192;

    function pack(
        ParticipantStatus status_,
        CustomerCategory category_,
        uint16 country_,
        uint40 validUntil_,
        uint128 customerId_
    ) internal pure returns (Participant) {
        return Participant.wrap(
            customerId_ | (uint256(validUntil_) << VALID_UNTIL_SHIFT) | (uint256(country_) << COUNTRY_SHIFT)
                | (uint256(category_) << CATEGORY_SHIFT) | (uint256(status_) << STATUS_SHIFT)
        );
    }

    /// @dev Whether a record from outside may be stored: active, of a known category, with a country and a customer id,
    /// and nothing in the spare bits. Only then may its fields be read.
    function isWellFormed(Participant self) internal pure returns (bool) {
        uint256 raw = Participant.unwrap(self);
        return raw >> STATUS_SHIFT == uint8(ParticipantStatus.Active)
            && uint8(raw >> CATEGORY_SHIFT) <= uint8(type(CustomerCategory).max) && self.country() != 0
            && self.customerId() != 0;
    }

    function customerId(Participant self) internal pure returns (uint128) {
        return uint128(Participant.unwrap(self));
    }

    function validUntil(Participant self) internal pure returns (uint40) {
        return uint40(Participant.unwrap(self) >> VALID_UNTIL_SHIFT);
    }

    function country(Participant self) internal pure returns (uint16) {
        return uint16(Participant.unwrap(self) >> COUNTRY_SHIFT);
    }

    function category(Participant self) internal pure returns (CustomerCategory) {
        return CustomerCategory(uint8(Participant.unwrap(self) >> CATEGORY_SHIFT));
    }

    function status(Participant self) internal pure returns (ParticipantStatus) {
        return ParticipantStatus(uint8(Participant.unwrap(self) >> STATUS_SHIFT));
    }

    function withoutValidity(Participant self) internal pure returns (Participant) {
        return Participant.wrap(Participant.unwrap(self) & ~(uint256(type(uint40).max) << VALID_UNTIL_SHIFT));
    }

    function withValidUntil(Participant self, uint40 validUntil_) internal pure returns (Participant) {
        return
            Participant.wrap(Participant.unwrap(self.withoutValidity()) | (uint256(validUntil_) << VALID_UNTIL_SHIFT));
    }

    function withStatus(Participant self, ParticipantStatus status_) internal pure returns (Participant) {
        return Participant.wrap(
            (Participant.unwrap(self) & ~(uint256(type(uint8).max) << STATUS_SHIFT))
                | (uint256(status_) << STATUS_SHIFT)
        );
    }
}
