// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IAllowlistRegistry} from "./interfaces/IAllowlistRegistry.sol";
import {ICorridorPolicy} from "./interfaces/ICorridorPolicy.sol";
import {CalendarPeriod} from "./libraries/CalendarPeriod.sol";
import {Corridor} from "./types/Corridor.sol";
import {Period} from "./types/Period.sol";
import {QuotaRef, QuotaRefPacking} from "./types/QuotaRef.sol";
import {ZonePair, ZonePairPacking} from "./types/ZonePair.sol";

/// @title One bank's capital-flow rules
/// @notice See {ICorridorPolicy}, which documents every function.
contract CorridorPolicy is AccessManaged, ICorridorPolicy {
    /* CONSTANTS */

    int8 private constant LEAST_OFFSET = -48;
    int8 private constant GREATEST_OFFSET = 56;

    /* STORAGE */

    /// @dev A {Corridor} in two slots, of which transfers and payments without a quota read the first. In the order of
    /// the ABI's struct the offset would fill that, and `suspended` would cost them the second.
    struct Rules {
        bool open;
        bool directTransfers;
        bool approvalNeeded;
        bool purposeRequired;
        bool suspended;
        Period period;
        uint104 minAmount;
        uint104 maxAmount;
        uint104 quota;
        int8 utcOffsetQuarters;
        // Whether a quota was ever counted, which fixes the period and the offset.
        bool counted;
    }

    /// @dev What one customer has paid in the latest period in which anything was counted.
    struct Usage {
        uint16 period;
        uint104 used;
    }

    mapping(address token => mapping(ZonePair pair => Rules)) private _rules;
    mapping(address token => mapping(ZonePair pair => mapping(uint128 customerId => Usage))) private _usage;

    /// @dev A wallet's customer id never changes in its registry: each is asked for once.
    mapping(IAllowlistRegistry registry => mapping(address wallet => uint128)) private _customerIds;

    /// @inheritdoc ICorridorPolicy
    address public approver;

    constructor(address authority_) AccessManaged(authority_) {}

    /* ADMIN */

    /// @inheritdoc ICorridorPolicy
    function setCorridor(address token, uint8 fromZone, uint8 toZone, Corridor calldata corridor_) external restricted {
        _setCorridor(token, fromZone, toZone, corridor_);
    }

    /// @inheritdoc ICorridorPolicy
    function setApprover(address approver_) external restricted {
        _setApprover(approver_);
    }

    /* POLICY OFFICER */

    /// @inheritdoc ICorridorPolicy
    function narrowCorridor(address token, uint8 fromZone, uint8 toZone, Corridor calldata corridor_)
        external
        restricted
    {
        Corridor memory present = corridor(token, fromZone, toZone);
        bool wider = (corridor_.open && !present.open) || (corridor_.directTransfers && !present.directTransfers)
            || (!corridor_.approvalNeeded && present.approvalNeeded)
            || (!corridor_.purposeRequired && present.purposeRequired) || corridor_.minAmount < present.minAmount
            || corridor_.maxAmount > present.maxAmount || corridor_.quota > present.quota;
        // Another calendar is neither narrower nor wider.
        if (wider || corridor_.period != present.period || corridor_.utcOffsetQuarters != present.utcOffsetQuarters) {
            revert CorridorNotNarrower(corridor_, present);
        }

        _setCorridor(token, fromZone, toZone, corridor_);
    }

    /// @inheritdoc ICorridorPolicy
    function suspendCorridor(address token, uint8 fromZone, uint8 toZone) external restricted {
        _suspend(token, fromZone, toZone);
    }

    /* GUARDIAN */

    /// @inheritdoc ICorridorPolicy
    function stopCorridor(address token, uint8 fromZone, uint8 toZone) external restricted {
        _suspend(token, fromZone, toZone);
    }

    /// @inheritdoc ICorridorPolicy
    function removeApprover() external restricted {
        _setApprover(address(0));
    }

    /* RELEASER */

    /// @inheritdoc ICorridorPolicy
    function resumeCorridor(address token, uint8 fromZone, uint8 toZone) external restricted {
        Rules storage rules = _rules[token][ZonePairPacking.pack(fromZone, toZone)];
        if (!rules.suspended) revert SuspensionUnchanged(token, fromZone, toZone, false);

        rules.suspended = false;
        emit CorridorResumed(token, fromZone, toZone);
    }

    /* TOKEN */

    /// @inheritdoc ICorridorPolicy
    function consume(
        bytes4 purpose,
        address payer,
        uint104 amount,
        uint8 fromZone,
        uint8 toZone,
        IAllowlistRegistry registry
    ) external returns (uint32 quotaRef, address approver_) {
        ZonePair pair = ZonePairPacking.pack(fromZone, toZone);
        Rules storage rules = _rules[msg.sender][pair];
        if (!rules.open) revert CorridorClosed(msg.sender, fromZone, toZone);
        if (rules.suspended) revert CorridorIsSuspended(msg.sender, fromZone, toZone);
        if (amount < rules.minAmount || amount > rules.maxAmount) {
            revert AmountOutsideLimits(amount, rules.minAmount, rules.maxAmount);
        }
        if (rules.purposeRequired && purpose == 0) revert PurposeRequired(fromZone, toZone);
        if (rules.approvalNeeded) {
            approver_ = approver;
            if (approver_ == address(0)) revert NoApprover();
        }

        if (rules.period != Period.None) quotaRef = _count(rules, pair, payer, registry, amount);
    }

    /// @inheritdoc ICorridorPolicy
    function restore(uint32 quotaRef, address payer, uint104 amount, IAllowlistRegistry registry) external {
        uint128 customerId = _learnCustomer(registry, payer);
        QuotaRef counted = QuotaRef.wrap(quotaRef);
        Usage storage usage = _usage[msg.sender][counted.pair()][customerId];
        uint104 used = usage.used;
        uint104 restored = amount < used ? amount : used;
        if (usage.period != counted.period() || restored == 0) return;

        usage.used = used - restored;
        emit QuotaRestored(msg.sender, customerId, quotaRef, restored, used - restored);
    }

    /* VIEWS */

    /// @inheritdoc ICorridorPolicy
    function directTransfers(address token, uint8 fromZone, uint8 toZone) external view returns (bool) {
        Rules storage rules = _rules[token][ZonePairPacking.pack(fromZone, toZone)];
        return rules.directTransfers && !rules.suspended;
    }

    /// @inheritdoc ICorridorPolicy
    function isSuspended(address token, uint8 fromZone, uint8 toZone) external view returns (bool) {
        return _rules[token][ZonePairPacking.pack(fromZone, toZone)].suspended;
    }

    /// @inheritdoc ICorridorPolicy
    function corridor(address token, uint8 fromZone, uint8 toZone) public view returns (Corridor memory) {
        Rules storage rules = _rules[token][ZonePairPacking.pack(fromZone, toZone)];
        return Corridor({
            open: rules.open,
            directTransfers: rules.directTransfers,
            approvalNeeded: rules.approvalNeeded,
            purposeRequired: rules.purposeRequired,
            period: rules.period,
            utcOffsetQuarters: rules.utcOffsetQuarters,
            minAmount: rules.minAmount,
            maxAmount: rules.maxAmount,
            quota: rules.quota
        });
    }

    /// @inheritdoc ICorridorPolicy
    function remainingQuota(address token, uint8 fromZone, uint8 toZone, uint128 customerId)
        external
        view
        returns (uint104)
    {
        ZonePair pair = ZonePairPacking.pack(fromZone, toZone);
        Rules storage rules = _rules[token][pair];
        if (rules.period == Period.None) return type(uint104).max;
        Usage storage usage = _usage[token][pair][customerId];
        uint16 period = CalendarPeriod.indexOf(rules.period, block.timestamp, rules.utcOffsetQuarters);
        // slither-disable-next-line incorrect-equality: the number of a calendar period.
        uint104 used = usage.period == period ? usage.used : 0;
        // At most the quota, which is a uint104.
        return uint104(Math.saturatingSub(rules.quota, used));
    }

    /* INTERNAL: RULES */

    function _setCorridor(address token, uint8 fromZone, uint8 toZone, Corridor calldata corridor_) private {
        if (fromZone == 0 || toZone == 0) revert ZeroZone(fromZone, toZone);
        if (corridor_.minAmount > corridor_.maxAmount) revert LimitsCrossed(corridor_.minAmount, corridor_.maxAmount);
        if (corridor_.period == Period.None && corridor_.quota != 0) revert QuotaWithoutPeriod(corridor_.quota);
        if (corridor_.utcOffsetQuarters < LEAST_OFFSET || corridor_.utcOffsetQuarters > GREATEST_OFFSET) {
            revert OffsetOutOfRange(corridor_.utcOffsetQuarters, LEAST_OFFSET, GREATEST_OFFSET);
        }
        ZonePair pair = ZonePairPacking.pack(fromZone, toZone);
        Rules storage rules = _rules[token][pair];
        if (
            rules.counted
                && (corridor_.period != rules.period || corridor_.utcOffsetQuarters != rules.utcOffsetQuarters)
        ) {
            revert PeriodFixed(corridor_.period, corridor_.utcOffsetQuarters, rules.period, rules.utcOffsetQuarters);
        }

        _rules[token][pair] = Rules({
            open: corridor_.open,
            directTransfers: corridor_.directTransfers,
            approvalNeeded: corridor_.approvalNeeded,
            purposeRequired: corridor_.purposeRequired,
            suspended: rules.suspended,
            period: corridor_.period,
            minAmount: corridor_.minAmount,
            maxAmount: corridor_.maxAmount,
            quota: corridor_.quota,
            utcOffsetQuarters: corridor_.utcOffsetQuarters,
            counted: rules.counted
        });
        emit CorridorSet(token, fromZone, toZone, corridor_);
    }

    function _suspend(address token, uint8 fromZone, uint8 toZone) private {
        if (fromZone == 0 || toZone == 0) revert ZeroZone(fromZone, toZone);
        Rules storage rules = _rules[token][ZonePairPacking.pack(fromZone, toZone)];
        if (rules.suspended) revert SuspensionUnchanged(token, fromZone, toZone, true);

        rules.suspended = true;
        emit CorridorSuspended(token, fromZone, toZone);
    }

    function _setApprover(address approver_) private {
        approver = approver_;
        emit ApproverSet(approver_);
    }

    /* INTERNAL: QUOTAS */

    /// @dev Of one caller, whose stack has no room for it without the IR.
    function _count(Rules storage rules, ZonePair pair, address payer, IAllowlistRegistry registry, uint104 amount)
        private
        returns (uint32 quotaRef)
    {
        uint128 customerId = _learnCustomer(registry, payer);
        if (customerId == 0) revert UnknownCustomer(payer);
        uint16 period = CalendarPeriod.indexOf(rules.period, block.timestamp, rules.utcOffsetQuarters);
        quotaRef = QuotaRef.unwrap(QuotaRefPacking.pack(pair, period));
        Usage storage usage = _usage[msg.sender][pair][customerId];
        // slither-disable-next-line incorrect-equality: the number of a calendar period.
        uint104 used = usage.period == period ? usage.used : 0;
        // A quota lowered below what is already used leaves nothing.
        uint256 remaining = Math.saturatingSub(rules.quota, used);
        if (amount > remaining) revert QuotaExceeded(customerId, amount, remaining);

        usage.period = period;
        usage.used = used + amount;
        if (!rules.counted) rules.counted = true;
        emit QuotaConsumed(msg.sender, customerId, quotaRef, amount, used + amount);
    }

    /// @dev Asks the registry the first time, and keeps what it answers.
    function _learnCustomer(IAllowlistRegistry registry, address wallet) private returns (uint128 customerId) {
        customerId = _customerIds[registry][wallet];
        if (customerId == 0) {
            customerId = registry.customerIdOf(wallet);
            _customerIds[registry][wallet] = customerId;
        }
    }
}
