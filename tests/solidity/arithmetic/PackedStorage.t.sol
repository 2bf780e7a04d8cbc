// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "../support/BankSystem.sol";
import {Edges} from "./Edges.sol";

/// @notice Each field of a corridor at 0, 1, its greatest less 1 and its greatest, as the policy keeps it packed: what
/// is written into one is read from it and changes no other.
contract PackedStorageTest is BankSystem {
    uint256 private constant AMOUNT = type(uint104).max;
    uint256 private constant FIELDS = 9;

    function test_fields_of_a_corridor() public {
        for (uint256 i = 0; i < FIELDS; ++i) {
            uint256[4] memory edges = Edges.upTo(_greatest()[i]);
            for (uint256 e = 0; e < 4; ++e) {
                uint256[FIELDS] memory low;
                uint256[FIELDS] memory high = _greatest();
                (low[i], high[i]) = (edges[e], edges[e]);
                // The rules' own order: least <= greatest amount, and no quota without a period.
                if (i == 6) low[7] = edges[e];
                if (i == 7) high[6] = edges[e];
                if (i == 8) low[4] = uint256(Period.Day);
                if (i == 4 && edges[e] == 0) high[8] = 0;
                _set(_fields(low));
                _assertSet(_fields(low));
                _set(_fields(high));
                _assertSet(_fields(high));
            }
        }
    }

    /// @dev The mark that a quota was counted lies beside the quota: no field reaches it, and it reaches none.
    function test_fields_of_a_corridor_that_was_counted() public {
        _set(_fields(_greatest()));
        vm.prank(address(eur));
        eurBank.policy.consume("GDDS", payer, uint104(AMOUNT), 9, 9, eurBank.registry);
        uint256[FIELDS] memory least;
        // The period and its offset are fixed from now on.
        (least[4], least[5]) = (_greatest()[4], _greatest()[5]);
        _set(_fields(least));
        _assertSet(_fields(least));

        Corridor memory rules = _fields(_greatest());
        rules.utcOffsetQuarters -= 1;
        vm.expectRevert(PolicyReverts.periodFixed(Period.Year, int8(55), Period.Year, int8(56)));
        _set(rules);
        _set(_fields(_greatest()));
        _assertSet(_fields(_greatest()));
    }

    /// @dev The greatest zones, the last period and the greatest amount beside each other: what a payment keeps of its
    /// quota leads back to the count.
    function test_the_greatest_reference_finds_its_count_again() public {
        ICorridorPolicy policy = eurBank.policy;
        uint8 zone = type(uint8).max;
        Corridor memory rules = _corridor(Period.Day, uint104(AMOUNT));
        rules.maxAmount = uint104(AMOUNT);
        policy.setCorridor(address(eur), zone, zone, rules);
        vm.warp(uint256(type(uint16).max) * 1 days);
        vm.startPrank(address(eur));
        (uint32 quotaRef,) = policy.consume("", payer, uint104(AMOUNT), zone, zone, eurBank.registry);
        assertEq(quotaRef, type(uint32).max);
        assertEq(policy.remainingQuota(address(eur), zone, zone, PAYER_CUSTOMER), 0);
        policy.restore(quotaRef, payer, uint104(AMOUNT - 1), eurBank.registry);
        assertEq(policy.remainingQuota(address(eur), zone, zone, PAYER_CUSTOMER), AMOUNT - 1);
    }

    function _greatest() private pure returns (uint256[FIELDS] memory) {
        // The offset is counted from its least, -48.
        return [uint256(1), 1, 1, 1, uint256(type(Period).max), 104, AMOUNT, AMOUNT, AMOUNT];
    }

    function _fields(uint256[FIELDS] memory fields) private pure returns (Corridor memory) {
        return Corridor({
            open: fields[0] != 0,
            directTransfers: fields[1] != 0,
            approvalNeeded: fields[2] != 0,
            purposeRequired: fields[3] != 0,
            period: Period(fields[4]),
            utcOffsetQuarters: int8(int256(fields[5]) + LEAST_OFFSET),
            minAmount: uint104(fields[6]),
            maxAmount: uint104(fields[7]),
            quota: uint104(fields[8])
        });
    }

    function _set(Corridor memory rules) private {
        eurBank.policy.setCorridor(address(eur), 9, 9, rules);
    }

    function _assertSet(Corridor memory rules) private view {
        assertEq(abi.encode(eurBank.policy.corridor(address(eur), 9, 9)), abi.encode(rules));
    }
}
