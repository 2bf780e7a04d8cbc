"""The model's registry: which customers one bank knows, and what it says of them."""

from dataclasses import dataclass, replace
from enum import IntEnum

from model.books import NOBODY, Books, Contract, Refused, restricted


class Status(IntEnum):
    NONE = 0
    ACTIVE = 1
    BLOCKED = 2


class Category(IntEnum):
    RETAIL = 0
    MERCHANT = 1
    INSTITUTION = 2
    DEALER = 3


@dataclass(frozen=True)
class Participant:
    """A wallet's record."""

    status: Status = Status.NONE
    category: Category = Category.RETAIL
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
        record = Participant(Status.ACTIVE, category, country, valid_until, customer_id)
        if country == 0 or customer_id == 0:
            raise Refused("InvalidParticipant", wallet, record)
        if valid_until <= self.now:
            raise Refused("ValidityInPast", valid_until, self.now)
        known = self.participant_of(wallet)
        if known.status == Status.BLOCKED:
            raise Refused("WalletIsBlocked", wallet)
        if known.valid_until != 0:
            raise Refused("AlreadyRegistered", wallet)
        if known.customer_id not in (0, customer_id):
            raise Refused("CustomerIdFixed", wallet, customer_id, known.customer_id)
        self.participants[wallet] = record
        self.emit("Registered", wallet, record)

    @restricted("registrar")
    def renew(self, caller, wallet, valid_until):
        record = self._current(wallet)
        if valid_until <= self.now:
            raise Refused("ValidityInPast", valid_until, self.now)
        self.participants[wallet] = replace(record, valid_until=valid_until)
        self.emit("Renewed", wallet, valid_until)

    @restricted("registrar")
    def revoke(self, caller, wallet):
        self.participants[wallet] = replace(self._current(wallet), valid_until=0)
        self.emit("Revoked", wallet)

    # Compliance

    @restricted("compliance")
    def blockWallet(self, caller, wallet, reason):
        record = self.participant_of(wallet)
        if record.status == Status.NONE:
            raise Refused("NotRegistered", wallet)
        if record.status == Status.BLOCKED:
            raise Refused("WalletIsBlocked", wallet)
        self.participants[wallet] = replace(record, status=Status.BLOCKED)
        self.emit("WalletBlocked", wallet, reason)

    @restricted("compliance")
    def unblockWallet(self, caller, wallet):
        record = self.participant_of(wallet)
        if record.status != Status.BLOCKED:
            raise Refused("WalletNotBlocked", wallet)
        self.participants[wallet] = replace(record, status=Status.ACTIVE)
        self.emit("WalletUnblocked", wallet)

    @restricted("compliance")
    def blockCustomer(self, caller, customer_id, reason):
        if customer_id == 0:
            raise Refused("ZeroCustomer")
        if customer_id in self.blocked_customers:
            raise Refused("CustomerBlockUnchanged", customer_id, True)
        self.blocked_customers.add(customer_id)
        self.emit("CustomerBlocked", customer_id, reason)
        self._bump_epoch()

    @restricted("compliance")
    def unblockCustomer(self, caller, customer_id):
        if customer_id not in self.blocked_customers:
            raise Refused("CustomerBlockUnchanged", customer_id, False)
        self.blocked_customers.remove(customer_id)
        self.emit("CustomerUnblocked", customer_id)

    # Policy officer

    @restricted("policy officer")
    def setZone(self, caller, countries, zone):
        for country in countries:
            if country == 0:
                raise Refused("CountryZero")
            self.zones[country] = zone
            self.emit("ZoneSet", country, zone)
        self._bump_epoch()

    # Governor

    @restricted("governor")
    def subscribe(self, caller, token):
        if token in self.subscribers:
            raise Refused("SubscriptionUnchanged", token, True)
        self.subscribers.append(token)
        self.emit("Subscribed", token)
        self.books.contracts[token].syncEpoch(self.name)

    # A token

    def claim_ledger(self, token: str, ledger_id: int) -> None:
        owner = self.ledgers.get(ledger_id)
        if owner == token:
            return
        if owner is not None:
            raise Refused("LedgerOfOtherToken", ledger_id, owner)
        self.ledgers[ledger_id] = token
        self.emit("LedgerClaimed", ledger_id, token)

    # Views

    def participant_of(self, wallet: str) -> Participant:
        return self.participants.get(wallet, UNKNOWN)

    def standing_of(self, wallet: str) -> Participant:
        """The record, with an end of validity of 0 if the wallet is refused."""
        record = self.participant_of(wallet)
        refused = record.status != Status.ACTIVE or record.customer_id in self.blocked_customers
        return replace(record, valid_until=0) if refused else record

    def is_blocked(self, wallet: str) -> bool:
        record = self.participant_of(wallet)
        return record.status == Status.BLOCKED or record.customer_id in self.blocked_customers

    def epoch_for(self, token: str) -> int:
        return self.epoch if token in self.subscribers else 0

    def zone_of(self, country: int) -> int:
        return self.zones.get(country, 0)

    def _current(self, wallet: str) -> Participant:
        record = self.participant_of(wallet)
        if record.valid_until == 0:
            raise Refused("NotRegistered", wallet)
        return record

    def _bump_epoch(self) -> None:
        self.epoch += 1
        self.emit("EpochBumped", self.epoch)
        for token in self.subscribers:
            self.books.contracts[token].syncEpoch(self.name)
