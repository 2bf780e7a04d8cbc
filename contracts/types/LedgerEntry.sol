// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @notice A numbered line in a bank's books, the reason for a mint or a burn. A plain number in the ABI: the bank makes
/// it, and a token looks at its ledger alone.
///
/// | bits | field |
/// |---|---|
/// | 0 to 63 | sequence number |
/// | 64 to 127 | ledger id |
type LedgerEntry is uint128;

using LedgerEntryPacking for LedgerEntry global;

/// @notice Reads a {LedgerEntry}.
// forge-lint: disable-next-item(unsafe-typecast): a field is cut out of its word.
library LedgerEntryPacking {
    uint128 private constant LEDGER_SHIFT = 64;

    function ledgerId(LedgerEntry self) internal pure returns (uint64) {
        return uint64(LedgerEntry.unwrap(self) >> LEDGER_SHIFT);
    }
}
