"""The model's registry: which customers one bank knows, and what it says of them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum

from tests.model.access import restricted
from tests.model.books import NOBODY, Books, Contract, Refused


class ParticipantStatus(IntEnum):
    NONE = 0
    ACTIVE = 1
    BLOCKED = 2


class CustomerCategory(IntEnum):
    RETAIL = 0
    MERCHANT = 1
    INSTITUTION = 2
    DEALER = 3


@dataclass(frozen=True)
class Participant:
    """A wallet's record."""

    status: ParticipantStatus = ParticipantStatus.NONE
    category: CustomerCategory = CustomerCategory.RETAIL
    country: int = 0
    valid_until: int = 0
    """Unix seconds, exclusive; 0 if it was revoked."""
    customer_id: int = 0


UNKNOWN = Participant()


class Registry(Contract):
    """Tokens ask it each time: that their copies of its answers are never stale is for the chain
    to show."""

    def __init__(self, books: Books, name: str, bank: str) -> None:
        super().__init__(books, name, bank)
        self.predecessor: Registry | None = None
        """The one that it replaces."""
        self.participants: dict[str, Participant] = {}
        self.blocked_customers: set[int] = set()
        self.zones: dict[int, int] = {}
        self.subscribers: list[str] = []
        self.ledgers: dict[int, str] = {}
        """The token that each ledger id belongs to, for ever."""
        self.epoch = 1

    # Registrar

    @restricted("registrar")
    def register(self, caller, wallet, category, country, valid_until, customer_id):
        if wallet == NOBODY:
            raise Refused("ZeroWallet")
        record = Participant(ParticipantStatus.ACTIVE, category, country, valid_until, customer_id)
        if country == 0 or customer_id == 0:
            raise Refused("InvalidParticipant", wallet, record)
        if valid_until <= self.now:
            raise Refused("ValidityInPast", valid_until, self.now)
        known = self.participant_of(wallet)
        if known.status == ParticipantStatus.BLOCKED:
            raise Refused("WalletIsBlocked", wallet)
        if known.valid_until != 0:
            raise Refused("AlreadyRegistered", wallet)
        earlier = list(self.line())[1:]
        if any(each.participant_of(wallet).status == ParticipantStatus.BLOCKED for each in earlier):
            raise Refused("WalletIsBlocked", wallet)
        if any(customer_id in each.blocked_customers for each in earlier):
            raise Refused("CustomerIsBlocked", customer_id)
        fixed_id = self.customer_id_of(wallet)
        if fixed_id not in (0, customer_id):
            raise Refused("CustomerIdFixed", wallet, customer_id, fixed_id)
        self.participants[wallet] = record
        self.emit("Registered", wallet, customer_id, category, country, valid_until)

    @restricted("registrar")
    def renew(self, caller, wallet, valid_until):
        record = self._current(wallet)
        if valid_until <= self.now:
            raise Refused("ValidityInPast", valid_until, self.now)
        self.participants[wallet] = replace(record, valid_until=valid_until)
        self.emit("Renewed", wallet, valid_until)
        if valid_until < record.valid_until:
            self._tell_all(wallet)

    @restricted("registrar")
    def revoke(self, caller, wallet):
        self.participants[wallet] = replace(self._current(wallet), valid_until=0)
        self.emit("Revoked", wallet)
        self._tell_all(wallet)

    # Compliance

    @restricted("compliance")
    def blockWallet(self, caller, wallet, reason):
        record = self.participant_of(wallet)
        if record.status == ParticipantStatus.NONE:
            raise Refused("NotRegistered", wallet)
        if record.status == ParticipantStatus.BLOCKED:
            raise Refused("WalletIsBlocked", wallet)
        self.participants[wallet] = replace(record, status=ParticipantStatus.BLOCKED)
        self.emit("WalletBlocked", wallet, reason)
        self._tell_all(wallet)

    @restricted("compliance")
    def blockCustomer(self, caller, customer_id, reason):
        if customer_id == 0:
            raise Refused("ZeroCustomer")
        if customer_id in self.blocked_customers:
            raise Refused("CustomerBlockUnchanged", customer_id, True)
        self.blocked_customers.add(customer_id)
        self.emit("CustomerBlocked", customer_id, reason)
        self._bump_epoch()

    # Releaser

    @restricted("releaser")
    def unblockWallet(self, caller, wallet):
        record = self.participant_of(wallet)
        if record.status != ParticipantStatus.BLOCKED:
            raise Refused("WalletNotBlocked", wallet)
        self.participants[wallet] = replace(record, status=ParticipantStatus.ACTIVE)
        self.emit("WalletUnblocked", wallet)

    @restricted("releaser")
    def unblockCustomer(self, caller, customer_id):
        if customer_id not in self.blocked_customers:
            raise Refused("CustomerBlockUnchanged", customer_id, False)
        self.blocked_customers.remove(customer_id)
        self.emit("CustomerUnblocked", customer_id)

    # Policy officer

    @restricted("policy officer")
    def clearZone(self, caller, countries):
        self._set_zone(countries, 0)

    # Admin

    @restricted("admin")
    def setZone(self, caller, countries, zone):
        self._set_zone(countries, zone)

    @restricted("admin")
    def subscribe(self, caller, token):
        if token not in self.books.contracts:
            raise Refused("NoCode", token)
        if token in self.subscribers:
            raise Refused("SubscriptionUnchanged", token, True)
        self.subscribers.append(token)
        self.emit("Subscribed", token)
        self._tell(token, NOBODY)

    @restricted("admin")
    def unsubscribe(self, caller, token):
        if token not in self.subscribers:
            raise Refused("SubscriptionUnchanged", token, False)
        if getattr(self.books.contracts[token], "registry", None) is self:
            raise Refused("TokenPointsHere", token)
        # The last one closes the gap.
        self.subscribers[self.subscribers.index(token)] = self.subscribers[-1]
        self.subscribers.pop()
        self.emit("Unsubscribed", token)
        self._tell(token, NOBODY)

    # A token

    def claim_ledger(self, token: str, ledger_id: int) -> None:
        if token not in self.subscribers:
            raise Refused("NotSubscriber", token)
        owner = self.token_of_ledger(ledger_id)
        if owner == token:
            return
        if owner != NOBODY:
            raise Refused("LedgerOfOtherToken", ledger_id, owner)
        self.ledgers[ledger_id] = token
        self.emit("LedgerClaimed", ledger_id, token)

    # Views

    def participant_of(self, wallet: str) -> Participant:
        return self.participants.get(wallet, UNKNOWN)

    def standing_of(self, wallet: str) -> Participant:
        """The record, with an end of validity of 0 if the wallet is refused."""
        record = self.participant_of(wallet)
        refused = (
            record.status != ParticipantStatus.ACTIVE
            or record.customer_id in self.blocked_customers
        )
        return replace(record, valid_until=0) if refused else record

    def line(self) -> Iterator["Registry"]:
        """This one and those that it replaces, the newest first."""
        registry: Registry | None = self
        while registry is not None:
            yield registry
            registry = registry.predecessor

    def look_up(self, wallet: str) -> tuple[int, bool]:
        """The customer that a wallet belongs to and whether it is blocked, by the newest registry
        that knows it and the customer's blocks in those that are newer."""
        asked: list[Registry] = []
        for registry in self.line():
            asked.append(registry)
            record = registry.participant_of(wallet)
            if record.status != ParticipantStatus.NONE:
                customer_blocked = any(
                    record.customer_id in each.blocked_customers for each in asked
                )
                return (
                    record.customer_id,
                    record.status == ParticipantStatus.BLOCKED or customer_blocked,
                )
        return 0, False

    def customer_id_of(self, wallet: str) -> int:
        return self.look_up(wallet)[0]

    def is_blocked(self, wallet: str) -> bool:
        return self.look_up(wallet)[1]

    def is_customer_blocked(self, customer_id: int) -> bool:
        return any(customer_id in each.blocked_customers for each in self.line())

    def token_of_ledger(self, ledger_id: int) -> str:
        claims = (each.ledgers[ledger_id] for each in self.line() if ledger_id in each.ledgers)
        return next(claims, NOBODY)

    def epoch_for(self, token: str) -> int:
        return self.epoch if token in self.subscribers else 0

    def zone_of(self, country: int) -> int:
        return self.zones.get(country, 0)

    def _current(self, wallet: str) -> Participant:
        record = self.participant_of(wallet)
        if record.valid_until == 0:
            raise Refused("NotRegistered", wallet)
        return record

    def _set_zone(self, countries: list[int], zone: int) -> None:
        for country in countries:
            if country == 0:
                raise Refused("ZeroCountry")
            self.zones[country] = zone
            self.emit("ZoneSet", country, zone)
        self._bump_epoch()

    def _bump_epoch(self) -> None:
        self.epoch += 1
        self.emit("EpochBumped", self.epoch)
        self._tell_all(NOBODY)

    def _tell_all(self, wallet: str) -> None:
        for subscriber in self.subscribers:
            self._tell(subscriber, wallet)

    def _tell(self, subscriber: str, wallet: str) -> None:
        contract = self.books.contracts[subscriber]
        if hasattr(contract, "syncEpoch"):
            contract.syncEpoch(self.name)
        else:
            self.emit("SubscriberMissed", subscriber, wallet)
