"""The events of a bank's contracts, which name all that was ever set there."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from eth_utils.address import to_checksum_address

from deposit_token.chain.chain import Chain
from deposit_token.chain.logs import logged_by
from deposit_token.errors import DepositTokenError
from deposit_token.values.enumerations import Role

if TYPE_CHECKING:
    from web3.types import EventData

EVENTS: dict[str, tuple[str, ...]] = {
    "AccessManager": (
        "RoleGranted",
        "RoleRevoked",
        "RoleAdminChanged",
        "RoleGuardianChanged",
        "RoleGrantDelayChanged",
        "RoleLabel",
        "TargetFunctionRoleUpdated",
        "TargetAdminDelayUpdated",
        "TargetClosed",
        "OperationScheduled",
    ),
    "BankTimelock": ("RoleGranted", "CallScheduled", "MinDelayChange"),
    "RecoveryTimelock": ("RoleGranted", "CallScheduled", "MinDelayChange"),
    "RoleKeeper": ("AuthorityUpdated",),
    "AllowlistRegistry": (
        "AuthorityUpdated",
        "Registered",
        "Revoked",
        "WalletBlocked",
        "WalletUnblocked",
        "CustomerBlocked",
        "CustomerUnblocked",
        "ZoneSet",
        "LedgerClaimed",
    ),
    "CorridorPolicy": ("AuthorityUpdated", "CorridorSet", "CorridorSuspended"),
    "DepositToken": (
        "Initialized",
        "AuthorityUpdated",
        "Upgraded",
        "RegistrySet",
        "PolicySet",
        "MinterSet",
        "AcceptanceSet",
        "SystemStatusSet",
        "Frozen",
    ),
}
"""What tells all that was ever set, by artifact."""

USES = {
    "AllowlistRegistry": ("Registered", "WalletBlocked", "CustomerBlocked"),
    "CorridorPolicy": ("QuotaConsumed",),
    "DepositToken": ("Minted", "Frozen", "Unpaused"),
}
"""What tells that a bank is in use, by artifact."""


class History:
    """The events of some contracts, from when the first of them was created."""

    def __init__(self, logs: "Iterable[EventData]" = ()) -> None:
        self._logs: dict[str, list[EventData]] = defaultdict(list)
        for log in logs:
            self._logs[log["address"]].append(log)

    @classmethod
    def read(
        cls,
        chain: Chain,
        contracts: Sequence[tuple[str, str]],
        events: Mapping[str, Sequence[str]],
        from_block: int,
        to_block: int,
    ) -> "History":
        """The events of these names, by artifact, of these contracts, by artifact and address.

        Raises NodeError if the node does not give them.
        """
        watched = [
            (chain.contract(name, address), events[name])
            for name, address in contracts
            if name in events
        ]
        return cls(logged_by(watched, from_block, to_block))

    def of(self, address: str, *names: str) -> "list[EventData]":
        """A contract's events of these names, in order."""
        return [log for log in self._logs[address] if log["event"] in names]

    def values(self, address: str, event: str, *arguments: str) -> set[Any]:
        """All values that an argument of a contract's events had, or several together."""
        return {
            log["args"][arguments[0]]
            if len(arguments) == 1
            else tuple(log["args"][each] for each in arguments)
            for log in self.of(address, event)
        }

    def is_known_from_birth(self, artifact: str, address: str) -> bool:
        """Whether the event is there that a contract of this artifact begins with."""
        match artifact:
            case "AccessManager":
                first = next(iter(self._logs[address]), None)
                return first is not None and first["args"].get("roleId") == Role.ADMIN
            case "BankTimelock" | "RecoveryTimelock":
                return 0 in self.values(address, "MinDelayChange", "oldDuration")
            case "DepositToken":
                return bool(self.of(address, "Initialized"))
            case _:
                return bool(self.of(address, "AuthorityUpdated"))


def created_in(chain: Chain, address: str, until: int) -> int:
    """The block that a contract was created in; 0 if the node has forgotten the state of then."""
    first, last = 0, until
    try:
        while first < last:
            middle = (first + last) // 2
            if chain.web3.eth.get_code(to_checksum_address(address), middle):
                last = middle
            else:
                first = middle + 1
    except DepositTokenError:
        return 0
    return first
