// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {CustomerCategory, Participant} from "./Participant.sol";

/// @notice An account's part in the payment system as the token's governor has listed it.
/// `None`: an ordinary account. `Active`: may pull tokens in and send them out. `OutflowOnly`: may only send them out.
enum SystemStatus {
    None,
    Active,
    OutflowOnly
}

/// @notice Everything a transfer must know of one account, in one storage slot. Bits 128 to 191 are copied from the
/// registry's answer, a {Participant}, and lie as there.
///
/// | bits | field |
/// |---|---|
/// | 0 to 127 | balance, in minor units |
/// | 128 to 167 | end of validity, Unix seconds, exclusive |
/// | 168 to 183 | country, ISO 3166-1 numeric |
/// | 184 to 191 | category |
/// | 192 to 199 | zone of the country; 0: not yet looked up |
/// | 200 to 231 | epoch of the copy; 0: no copy |
/// | 232 to 239 | system status |
/// | 240 to 247 | 1 if part of the balance is frozen or locked |
/// | 248 to 255 | spare: 0 |
type AccountSlot is uint256;

using AccountPacking for AccountSlot global;

/// @notice Packs and reads an {AccountSlot}.
// forge-lint: disable-next-item(unsafe-typecast): a field is cut out of its word.
library AccountPacking {
    uint256 private constant VALID_UNTIL_SHIFT = 128;
    uint256 private constant COUNTRY_SHIFT = 168;
    uint256 private constant CATEGORY_SHIFT = 184;
    uint256 private constant ZONE_SHIFT = 192;
    uint256 private constant EPOCH_SHIFT = 200;
    uint256 private constant SYSTEM_SHIFT = 232;
    uint256 private constant ENCUMBERED_SHIFT = 240;
    /// @dev Covers validUntil, country and category.
    uint256 private constant RECORD_MASK = ((1 << 64) - 1) << VALID_UNTIL_SHIFT;
    /// @dev Covers the record, its zone and its epoch.
    uint256 private constant COPY_MASK = ((1 << 104) - 1) << VALID_UNTIL_SHIFT;

    function balance(AccountSlot self) internal pure returns (uint256) {
        return uint128(AccountSlot.unwrap(self));
    }

    function validUntil(AccountSlot self) internal pure returns (uint40) {
        return uint40(AccountSlot.unwrap(self) >> VALID_UNTIL_SHIFT);
    }

    function country(AccountSlot self) internal pure returns (uint16) {
        return uint16(AccountSlot.unwrap(self) >> COUNTRY_SHIFT);
    }

    function category(AccountSlot self) internal pure returns (CustomerCategory) {
        return CustomerCategory(uint8(AccountSlot.unwrap(self) >> CATEGORY_SHIFT));
    }

    function zone(AccountSlot self) internal pure returns (uint8) {
        return uint8(AccountSlot.unwrap(self) >> ZONE_SHIFT);
    }

    function epoch(AccountSlot self) internal pure returns (uint32) {
        return uint32(AccountSlot.unwrap(self) >> EPOCH_SHIFT);
    }

    function systemStatus(AccountSlot self) internal pure returns (SystemStatus) {
        return SystemStatus(uint8(AccountSlot.unwrap(self) >> SYSTEM_SHIFT));
    }

    function isSystem(AccountSlot self) internal pure returns (bool) {
        return uint8(AccountSlot.unwrap(self) >> SYSTEM_SHIFT) != 0;
    }

    function isEncumbered(AccountSlot self) internal pure returns (bool) {
        return uint8(AccountSlot.unwrap(self) >> ENCUMBERED_SHIFT) != 0;
    }

    /// @dev Reverts with a `Panic` for more than the balance, which every caller has compared before.
    function debit(AccountSlot self, uint256 value) internal pure returns (AccountSlot) {
        assert(value <= self.balance());
        // No bit above the balance is borrowed.
        unchecked {
            return AccountSlot.wrap(AccountSlot.unwrap(self) - value);
        }
    }

    /// @dev Reverts with a `Panic` for more than a balance holds, which a supply of 128 bits rules out.
    function credit(AccountSlot self, uint256 value) internal pure returns (AccountSlot) {
        assert(value <= type(uint128).max - self.balance());
        // Nothing is carried out of the balance.
        unchecked {
            return AccountSlot.wrap(AccountSlot.unwrap(self) + value);
        }
    }

    /// @dev Replaces the copy of the registry's answer; the zone is left to be looked up when it is first needed.
    function withCopy(AccountSlot self, Participant record, uint32 epoch_) internal pure returns (AccountSlot) {
        return AccountSlot.wrap(
            (AccountSlot.unwrap(self) & ~COPY_MASK) | (Participant.unwrap(record) & RECORD_MASK)
                | (uint256(epoch_) << EPOCH_SHIFT)
        );
    }

    function withoutCopy(AccountSlot self) internal pure returns (AccountSlot) {
        return AccountSlot.wrap(AccountSlot.unwrap(self) & ~COPY_MASK);
    }

    /// @dev For a copy whose zone is still zero.
    function withZone(AccountSlot self, uint8 zone_) internal pure returns (AccountSlot) {
        return AccountSlot.wrap(AccountSlot.unwrap(self) | (uint256(zone_) << ZONE_SHIFT));
    }

    function withSystemStatus(AccountSlot self, SystemStatus status_) internal pure returns (AccountSlot) {
        return AccountSlot.wrap(
            (AccountSlot.unwrap(self) & ~(uint256(type(uint8).max) << SYSTEM_SHIFT))
                | (uint256(status_) << SYSTEM_SHIFT)
        );
    }

    function withEncumbered(AccountSlot self, bool encumbered) internal pure returns (AccountSlot) {
        uint256 cleared = AccountSlot.unwrap(self) & ~(uint256(type(uint8).max) << ENCUMBERED_SHIFT);
        return AccountSlot.wrap(encumbered ? cleared | (uint256(1) << ENCUMBERED_SHIFT) : cleared);
    }
}
