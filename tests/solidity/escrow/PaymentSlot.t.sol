// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PaymentPacking, PaymentSlot, PaymentStatus} from "../../../contracts/types/PaymentSlot.sol";
import {Test} from "../support/ForgeStd.sol";
import {MAX_GENERATION} from "../support/Limits.sol";

contract PaymentSlotTest is Test {
    function test_an_empty_slot_is_a_payment_that_never_was() public pure {
        _assertFields(PaymentSlot.wrap(0), PaymentStatus.None, 0, 0, 0, 0);
    }

    /// @dev Least and greatest value of every field beside each other, and one step inside.
    function test_fields_at_the_edges_of_their_widths() public pure {
        uint104[4] memory amounts = [0, 1, type(uint104).max - 1, type(uint104).max];
        uint32[4] memory refs = [0, 1, type(uint32).max - 1, type(uint32).max];
        uint16[4] memory generations = [0, 1, MAX_GENERATION - 1, MAX_GENERATION];
        for (uint256 i = 0; i < 4; ++i) {
            for (uint256 j = 0; j < 4; ++j) {
                for (uint256 k = 0; k < 4; ++k) {
                    for (uint8 status = 0; status <= uint8(type(PaymentStatus).max); ++status) {
                        _assertPacks(generations[i], refs[j], amounts[k], amounts[3 - k], PaymentStatus(status));
                        _assertPacks(generations[i], refs[j], amounts[k], amounts[k], PaymentStatus(status));
                    }
                }
            }
        }
    }

    /// @dev For who reads the storage: each field's greatest value, beside nothing but the status.
    function test_fields_lie_where_the_type_says() public pure {
        PaymentSlot slot = PaymentPacking.authorized(0, 0);
        _assertWord(slot, 0);
        _assertWord(PaymentPacking.authorized(MAX_GENERATION, 0), uint256(4095) << 240);
        _assertWord(PaymentPacking.authorized(0, type(uint32).max), uint256(type(uint32).max) << 208);
        _assertWord(slot.addRefunded(type(uint104).max), uint256(type(uint104).max) << 104);
        _assertWord(slot.addCaptured(type(uint104).max), type(uint104).max);
    }

    function _assertWord(PaymentSlot slot, uint256 fields) private pure {
        assertEq(PaymentSlot.unwrap(slot), uint256(PaymentStatus.Authorized) << 252 | fields);
    }

    /// @dev Each amount in two halves, so that bits are carried.
    function _assertPacks(uint16 generation, uint32 quotaRef, uint104 captured, uint104 refunded, PaymentStatus status)
        private
        pure
    {
        PaymentSlot slot = PaymentPacking.authorized(generation, quotaRef);
        _assertFields(slot, PaymentStatus.Authorized, generation, quotaRef, 0, 0);
        slot = slot.addCaptured(captured / 2).addCaptured(captured - captured / 2);
        _assertFields(slot, PaymentStatus.Authorized, generation, quotaRef, captured, 0);
        slot = slot.addRefunded(refunded / 2).addRefunded(refunded - refunded / 2);
        _assertFields(slot, PaymentStatus.Authorized, generation, quotaRef, captured, refunded);
        slot = slot.withStatus(status);
        _assertFields(slot, status, generation, quotaRef, captured, refunded);
    }

    function _assertFields(
        PaymentSlot slot,
        PaymentStatus status,
        uint16 generation,
        uint32 quotaRef,
        uint104 captured,
        uint104 refunded
    ) private pure {
        assertEq(uint8(slot.status()), uint8(status), "status");
        assertEq(slot.generation(), generation, "generation");
        assertEq(slot.quotaRef(), quotaRef, "quotaRef");
        assertEq(slot.captured(), captured, "captured");
        assertEq(slot.refunded(), refunded, "refunded");
    }
}
