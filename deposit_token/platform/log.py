"""The payment log: what a platform set out to pay, and what became of it, beside its store.

A payment is entered with its full terms before anything is sent. A step that somebody asked for is
entered together with the instruction that carries it out, and stands where that stands; what was
found on the chain without one is a step too.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, or_, select, union_all, update

from deposit_token.errors import InputError, PaymentLogError
from deposit_token.platform.payments import LoggedEvent, LoggedPayment, LoggedStep, StepKind
from deposit_token.platform.tables import FOLLOWED, LOOKED, PAYMENTS, STEPS
from deposit_token.protocol.payment import Payment, RefundQuote
from deposit_token.protocol.structs import Domain
from deposit_token.store.bulk import insert_rows
from deposit_token.store.migrate import migrate
from deposit_token.store.records import ENDED, Instruction, State
from deposit_token.store.sql import SqlStore, add, next_settled, rows
from deposit_token.store.tables import INSTRUCTIONS, TRANSACTIONS
from deposit_token.values.references import canonical

_AT_ONCE = 500
"""Rows that one query asks for."""


@dataclass(frozen=True)
class NewStep:
    """A step that is asked for, and the instruction that is to carry it out."""

    kind: StepKind
    key: str
    source_amount: int
    target_amount: int
    instruction: Instruction
    quote: RefundQuote | None = None

    def entered(self) -> LoggedStep:
        """The step as it stands once it is entered."""
        amounts = (self.source_amount, self.target_amount)
        return LoggedStep(self.kind, self.key, *amounts, State.OPEN, quote=self.quote)


@dataclass(frozen=True)
class FoundStep:
    """A step that the chain has, in a final block."""

    payment_id: bytes
    kind: StepKind
    source_amount: int
    target_amount: int
    transaction: str
    log_index: int
    by: str = ""
    """The account that has sent it."""
    at: int = 0
    """UTC, Unix seconds."""


class Looked(NamedTuple):
    """Of an account's transactions, from its first on."""

    wanted: int
    """How many have to be looked for on the chain, since the store did not know the last."""
    found: int
    """How many were: those of final blocks."""


class PaymentLog:
    """The payments of one escrow in a store's database; any number of processes may use it.

    Every method is one transaction of the database, and raises StoreError, and has done nothing,
    if that fails.
    """

    def __init__(self, store: SqlStore, domain: Domain) -> None:
        self._store = store
        self._domain = domain
        self._escrow = domain.verifying_contract
        with store.writing() as connection:
            migrate(connection, "platform")

    # Payments

    def find_all(self, references: Sequence[str]) -> list[LoggedPayment | None]:
        """The payment that stands for each reference, however it is written."""
        spellings = [canonical(each) for each in references]
        found: dict[str | None, LoggedPayment] = {}
        for first in range(0, len(spellings), _AT_ONCE):
            spelt = PAYMENTS.c.spelling.in_(spellings[first : first + _AT_ONCE])
            for each in self._some(spelt & (PAYMENTS.c.escrow == self._escrow)):
                found[canonical(each.reference or "")] = each
        return [found.get(each) for each in spellings]

    def find_by(self, uetr: UUID | None = None, id: bytes | None = None) -> LoggedPayment | None:
        """The payment of a UETR or of an id."""
        wanted = PAYMENTS.c.uetr == str(uetr) if id is None else PAYMENTS.c.id == f"0x{id.hex()}"
        return self._one(wanted)

    def unasked(self, wanted: Sequence[tuple[bytes, UUID | None]]) -> list[LoggedPayment]:
        """The payments that were found on the chain and that nobody has asked for, of one of these
        remittance hashes or UETRs."""
        found: list[LoggedPayment] = []
        for first in range(0, len(wanted), _AT_ONCE):
            some = wanted[first : first + _AT_ONCE]
            hashes = [f"0x{hashed.hex()}" for hashed, _ in some]
            uetrs = [str(uetr) for _, uetr in some if uetr is not None]
            named = or_(PAYMENTS.c.remittance_hash.in_(hashes), PAYMENTS.c.uetr.in_(uetrs))
            here = PAYMENTS.c.reference.is_(None) & (PAYMENTS.c.escrow == self._escrow)
            found += self._some(named & here)
        return found

    @contextmanager
    def entering(
        self, new: Sequence[tuple[str, Payment, bytes]], at: int
    ) -> Iterator[list[tuple[str | None, Payment]]]:
        """Enter payments of these references, terms and ids, unless what is done with those that
        stand for the references then, of which some may have been entered meanwhile, fails.

        Raises InputError for a UETR that another payment has.
        """
        entered = [
            {**self._row(terms, id, at), **_named(reference)} for reference, terms, id in new
        ]
        with self._store.writing() as connection:
            if insert_rows(connection, PAYMENTS, entered) == len(new):
                yield [(reference, terms) for reference, terms, _ in new]
            else:
                standing = [self._standing(connection, row) for row in entered]
                yield [(each.reference, each.terms) for each in standing]

    def ask_for(
        self, found: LoggedPayment, reference: str, old: LoggedPayment | None = None
    ) -> LoggedPayment:
        """Let a payment that was found on the chain stand for a reference, in the place of an old
        one if there is one."""
        with self._store.writing() as connection:
            if old is not None:
                _renew(connection, old, found.terms)
            wanted = (PAYMENTS.c.number == found.number) & PAYMENTS.c.reference.is_(None)
            connection.execute(update(PAYMENTS).where(wanted).values(**_named(reference)))
            return self._of_number(connection, found.number)

    def renew(self, old: LoggedPayment, payment: Payment, id: bytes, at: int) -> LoggedPayment:
        """Enter a payment in the place of another, which stays under its UETR; gives the one that
        stands for the reference, as by `entering`."""
        assert old.reference is not None, "it was found by its reference"
        row = {**self._row(payment, id, at), **_named(old.reference)}
        with self._store.writing() as connection:
            _renew(connection, old, payment)
            insert_rows(connection, PAYMENTS, [row])
            return self._standing(connection, row)

    def all(self, entered: int = 0) -> Iterator[LoggedPayment]:
        """All payments that were entered at a moment or later, in order; Unix seconds."""
        last = 0
        while True:
            wanted = (PAYMENTS.c.number > last) & (PAYMENTS.c.entered >= entered)
            found = list(self._some(wanted & (PAYMENTS.c.escrow == self._escrow), _AT_ONCE))
            yield from found
            if len(found) < _AT_ONCE:
                return
            last = found[-1].number

    # Steps

    def add(self, new: Sequence[tuple[LoggedPayment, NewStep]]) -> bool:
        """Enter steps with their instructions, each of another payment, unless one of these has
        changed since it was read."""
        numbers = sorted(payment.number for payment, _ in new)
        with self._store.writing() as connection:
            steps: dict[int, list[LoggedStep]] = {}
            for first in range(0, len(numbers), _AT_ONCE):
                some = numbers[first : first + _AT_ONCE]
                locked = select(PAYMENTS.c.number).where(PAYMENTS.c.number.in_(some))
                # Until the end nobody adds another.
                connection.execute(locked.order_by(PAYMENTS.c.number).with_for_update())
                steps |= _steps_of(connection, some)
            if any(_asked(steps[each.number]) != _asked(each.steps) for each, _ in new):
                return False
            add(connection, [step.instruction for _, step in new])
            insert_rows(connection, STEPS, [_step_row(payment, step) for payment, step in new])
        return True

    def find_step(self, instruction: str) -> tuple[Payment, StepKind] | None:
        """Of what terms, and of which kind, the step is that an instruction carries out."""
        asked = select(STEPS.c.payment, STEPS.c.kind).where(STEPS.c.instruction == instruction)
        with self._store.reading() as connection:
            row = connection.execute(asked).first()
            return row and (self._of_number(connection, row[0]).terms, StepKind(row[1]))

    def claim(self, payment: LoggedPayment, found: LoggedStep, key: str) -> bool:
        """Let a step that was found on the chain stand for one that is asked for, unless another
        did so."""
        wanted = (
            (STEPS.c.payment == payment.number)
            & (STEPS.c.settled == found.settled)
            & STEPS.c.key.is_(None)
        )
        with self._store.writing() as connection:
            changed = connection.execute(update(STEPS).where(wanted).values(key=key))
            return changed.rowcount == 1

    def is_under_way(self, payment: LoggedPayment | None) -> bool:
        """Whether a step of a payment, or of any, is neither done nor refused."""
        under_way = (PAYMENTS.c.escrow == self._escrow) & INSTRUCTIONS.c.state.in_(
            [each.value for each in State if each not in ENDED]
        )
        if payment is not None:
            under_way &= PAYMENTS.c.number == payment.number
        asked = select(STEPS.c.number).select_from(_JOINED).where(under_way).limit(1)
        with self._store.reading() as connection:
            return connection.execute(asked).first() is not None

    def events(self, since: int, most: int) -> list[LoggedEvent]:
        """What was done or refused after the one of this number, in order."""
        own = STEPS.join(INSTRUCTIONS, STEPS.c.instruction == INSTRUCTIONS.c.id)
        numbered = [
            select(settled.label("settled"), STEPS.c.number)
            .select_from(joined.join(PAYMENTS, STEPS.c.payment == PAYMENTS.c.number))
            .where((settled > since) & (PAYMENTS.c.escrow == self._escrow))
            .order_by(settled)
            .limit(most)
            .subquery()
            for settled, joined in ((STEPS.c.settled, STEPS), (INSTRUCTIONS.c.settled, own))
        ]
        # Of one moment: a number that is seen has all that are less beside it.
        asked = union_all(*map(select, numbered)).order_by("settled").limit(most)
        with _readable(), self._store.reading() as connection:
            numbers = {row["number"]: row["settled"] for row in rows(connection, asked)}
            found = list(rows(connection, _steps(STEPS.c.number.in_(numbers))))
            those = sorted({row["payment"] for row in found})
            paid = {row["number"]: row for row in _by(connection, PAYMENTS, "number", those)}
            events = [
                LoggedEvent(
                    number=numbers[row["number"]],
                    reference=paid[row["payment"]]["reference"],
                    uetr=UUID(paid[row["payment"]]["uetr"]),
                    step=_step(row),
                )
                for row in found
            ]
        return sorted(events, key=lambda each: each.number)

    # What the chain has

    def followed(self, block: int) -> int:
        """The last block whose events are in the log; this one, and kept, if there is none yet."""
        asked = select(FOLLOWED.c.block).where(FOLLOWED.c.escrow == self._escrow)
        with self._store.reading() as connection:
            kept = connection.execute(asked).scalar()
        if kept is not None:
            return int(kept)
        with self._store.writing() as connection:
            insert_rows(connection, FOLLOWED, [{"escrow": self._escrow, "block": block}])
            return int(connection.execute(asked).scalar_one())

    def looked(self, accounts: Iterable[str]) -> dict[str, Looked]:
        """How many transactions of each account are to be looked for on the chain, and were."""
        with self._store.reading() as connection:
            known = {
                row["account"]: Looked(row["wanted"], row["found"])
                for row in rows(connection, select(LOOKED))
            }
        return {each: known.get(each, Looked(0, 0)) for each in accounts}

    def keep_looked(self, looked: Mapping[str, Looked]) -> None:
        """Keep that so many are to be looked for, and were, unless more are kept."""
        with self._store.writing() as connection:
            none = {"wanted": 0, "found": 0}
            insert_rows(connection, LOOKED, [{"account": each, **none} for each in looked])
            for account, each in looked.items():
                for column, many in ((LOOKED.c.wanted, each.wanted), (LOOKED.c.found, each.found)):
                    less = (LOOKED.c.account == account) & (column < many)
                    connection.execute(update(LOOKED).where(less).values({column: many}))

    def known(self, ids: Iterable[bytes]) -> set[bytes]:
        """Which of these payments the log has."""
        wanted = {f"0x{each.hex()}" for each in ids}
        with self._store.reading() as connection:
            found = _by(connection, PAYMENTS, "id", list(wanted))
        return {bytes.fromhex(row["id"][2:]) for row in found}

    def keep_found(
        self, payments: Mapping[bytes, tuple[Payment, int]], steps: Sequence[FoundStep], block: int
    ) -> None:
        """Keep what the chain has until a final block: payments by their ids, with when they were
        opened, and steps in order, those alone that no instruction of the log has made."""
        with self._store.writing() as connection:
            asked = select(FOLLOWED).where(FOLLOWED.c.escrow == self._escrow)
            # Until the end nobody else keeps the same.
            connection.execute(asked.with_for_update())
            new = [self._row(terms, id, at) for id, (terms, at) in payments.items()]
            insert_rows(connection, PAYMENTS, [{**row, **_named(None)} for row in new])
            self._keep_steps(connection, steps)
            wanted = (FOLLOWED.c.escrow == self._escrow) & (FOLLOWED.c.block < block)
            connection.execute(update(FOLLOWED).where(wanted).values(block=block))

    def new_among(self, steps: Sequence[FoundStep]) -> list[FoundStep]:
        """Those that the log has not, by itself or by an instruction."""
        with self._store.reading() as connection:
            return _new_among(connection, steps)

    def _keep_steps(self, connection: Connection, steps: Sequence[FoundStep]) -> None:
        ids = sorted({f"0x{each.payment_id.hex()}" for each in steps})
        numbers = {row["id"]: row["number"] for row in _by(connection, PAYMENTS, "id", ids)}
        new = [
            {
                "payment": numbers[f"0x{each.payment_id.hex()}"],
                "kind": each.kind.value,
                "source_amount": str(each.source_amount),
                "target_amount": str(each.target_amount),
                "transaction": each.transaction,
                "log_index": each.log_index,
                "by": each.by,
                "at": each.at,
            }
            for each in _new_among(connection, steps)
            # Not of one whose UETR another payment has here.
            if f"0x{each.payment_id.hex()}" in numbers
        ]
        if new:
            settled = next_settled(connection, len(new))
            numbered = [{**row, "settled": n} for row, n in zip(new, settled, strict=True)]
            connection.execute(STEPS.insert(), numbered)

    def last_done(self) -> LoggedPayment | None:
        """The payment of the last step that was done."""
        done = INSTRUCTIONS.c.state == State.DONE.value
        found: list[tuple[int, int]] = []
        with self._store.reading() as connection:
            for settled, wanted in ((STEPS.c.settled, True), (INSTRUCTIONS.c.settled, done)):
                here = (PAYMENTS.c.escrow == self._escrow) & (STEPS.c.payment == PAYMENTS.c.number)
                asked = (
                    select(settled, STEPS.c.payment)
                    .select_from(_JOINED)
                    .where(settled.is_not(None) & here & wanted)
                    .order_by(settled.desc())
                    .limit(1)
                )
                found += [(row[0], row[1]) for row in connection.execute(asked)]
            return self._of_number(connection, max(found)[1]) if found else None

    # Rows

    def _standing(self, connection: Connection, row: dict[str, Any]) -> LoggedPayment:
        """The payment that stands for a reference once this one was to be entered."""
        spelt = PAYMENTS.c.spelling == row["spelling"]
        entered = self._one(spelt, connection)
        if entered is not None:
            return entered
        elsewhere = connection.execute(select(PAYMENTS.c.escrow).where(spelt)).scalar()
        if elsewhere is not None:
            accepted = f"one that no payment of another escrow has, as of {elsewhere}"
            raise InputError("reference", row["reference"], accepted)
        raise InputError("uetr", UUID(row["uetr"]), "one that no other payment has")

    def _row(self, payment: Payment, id: bytes, at: int) -> dict[str, Any]:
        return {
            "uetr": str(payment.uetr),
            "id": f"0x{id.hex()}",
            "escrow": self._escrow,
            "remittance_hash": f"0x{payment.remittance_hash.hex()}",
            "terms": payment.to_json(),
            "entered": at,
        }

    def _one(
        self, wanted: ColumnElement[bool], connection: Connection | None = None
    ) -> LoggedPayment | None:
        here = wanted & (PAYMENTS.c.escrow == self._escrow)
        return next(iter(self._some(here, connection=connection)), None)

    def _of_number(self, connection: Connection, number: int) -> LoggedPayment:
        (found,) = self._some(PAYMENTS.c.number == number, connection=connection)
        return found

    def _some(
        self,
        wanted: ColumnElement[bool],
        most: int | None = None,
        connection: Connection | None = None,
    ) -> Iterable[LoggedPayment]:
        if connection is None:
            with _readable(), self._store.reading() as new:
                return self._some(wanted, most, new)
        asked = select(PAYMENTS).where(wanted).order_by(PAYMENTS.c.number).limit(most)
        found = list(rows(connection, asked))
        steps = _steps_of(connection, [row["number"] for row in found])
        return [self._payment(row, steps[row["number"]]) for row in found]

    def _payment(self, row: Mapping[str, Any], steps: Sequence[LoggedStep]) -> LoggedPayment:
        terms, id = Payment.from_json(row["terms"]), bytes.fromhex(row["id"][2:])
        if terms.id(self._domain) != id:
            raise PaymentLogError(
                f"payment {row['reference']} with UETR {row['uetr']}: found the id {row['id']} in "
                f"the payment log, accepted is 0x{terms.id(self._domain).hex()}, that of its terms."
            )
        return LoggedPayment(
            number=row["number"],
            reference=row["reference"],
            id=id,
            escrow=row["escrow"],
            terms=terms,
            entered=row["entered"],
            renewed_as=row["renewed_as"] and UUID(row["renewed_as"]),
            steps=tuple(steps),
        )


def _new_among(connection: Connection, steps: Sequence[FoundStep]) -> list[FoundStep]:
    hashes = sorted({each.transaction for each in steps})
    kept = {
        (row["transaction"], row["log_index"])
        for row in _by(connection, STEPS, "transaction", hashes)
    }
    carried = {
        row["hash"]: list(row["ids"]) for row in _by(connection, TRANSACTIONS, "hash", hashes)
    }
    instructions = sorted({id for ids in carried.values() for id in ids})
    asked_for = {row["instruction"] for row in _by(connection, STEPS, "instruction", instructions)}
    own = {hash for hash, ids in carried.items() if asked_for.intersection(ids)}
    return [
        each
        for each in steps
        if each.transaction not in own and (each.transaction, each.log_index) not in kept
    ]


@contextmanager
def _readable() -> Iterator[None]:
    """Raises PaymentLogError for rows that the payment log has not written."""
    try:
        yield
    except (InputError, KeyError, TypeError, ValueError) as error:
        raise PaymentLogError(
            f"payment log: found a row that can't be read ({' '.join(str(error).split())}), "
            "accepted is what the payment log has written itself."
        ) from None


def _asked(steps: Iterable[LoggedStep]) -> list[tuple[object, ...]]:
    """What the next step follows from, beside terms that never change."""
    return [(each.kind, each.key, each.source_amount, each.refused) for each in steps]


def _steps_of(connection: Connection, numbers: Sequence[int]) -> dict[int, list[LoggedStep]]:
    """The steps of the payments of these numbers, in order."""
    found: dict[int, list[LoggedStep]] = {number: [] for number in numbers}
    for first in range(0, len(numbers), _AT_ONCE):
        those = _steps(STEPS.c.payment.in_(numbers[first : first + _AT_ONCE]))
        for row in rows(connection, those.order_by(STEPS.c.number)):
            found[row["payment"]].append(_step(row))
    return found


def _step_row(payment: LoggedPayment, step: NewStep) -> dict[str, Any]:
    return {
        "payment": payment.number,
        "kind": step.kind.value,
        "key": step.key,
        "source_amount": str(step.source_amount),
        "target_amount": str(step.target_amount),
        "quote": step.quote and step.quote.to_json(),
        "instruction": step.instruction.id,
    }


def _named(reference: str | None) -> dict[str, str | None]:
    return {
        "reference": reference,
        "spelling": None if reference is None else canonical(reference),
    }


def _renew(connection: Connection, old: LoggedPayment, new: Payment) -> None:
    """Let an old payment stand for its reference no longer, unless another has taken its place."""
    wanted = (PAYMENTS.c.number == old.number) & PAYMENTS.c.renewed_as.is_(None)
    gone = {"spelling": None, "renewed_as": str(new.uetr)}
    connection.execute(update(PAYMENTS).where(wanted).values(**gone))


_JOINED = STEPS.outerjoin(INSTRUCTIONS, STEPS.c.instruction == INSTRUCTIONS.c.id).join(
    PAYMENTS, STEPS.c.payment == PAYMENTS.c.number
)


def _steps(wanted: ColumnElement[bool]) -> Select[Any]:
    """Steps with how their instructions stand."""
    own = [INSTRUCTIONS.c[each] for each in ("state", "transaction", "at", "reason", "settled")]
    labelled = [each.label(f"own_{each.name}") for each in own]
    return select(STEPS, *labelled).select_from(_JOINED).where(wanted)


def _by(
    connection: Connection, table: Any, column: str, values: Sequence[Any]
) -> list[dict[str, Any]]:
    """The rows of a table that have one of these values in a column."""
    found: list[dict[str, Any]] = []
    for first in range(0, len(values), _AT_ONCE):
        asked = select(table).where(table.c[column].in_(values[first : first + _AT_ONCE]))
        found += rows(connection, asked)
    return found


def _step(row: Mapping[str, Any]) -> LoggedStep:
    own = row["instruction"] is not None
    stands = {each: row[f"own_{each}"] if own else row[each] for each in ("at", "settled")}
    return LoggedStep(
        kind=StepKind(row["kind"]),
        key=row["key"],
        source_amount=int(row["source_amount"]),
        target_amount=int(row["target_amount"]),
        state=State(row["own_state"]) if own else State.DONE,
        transaction=row["own_transaction"] if own else row["transaction"],
        reason=row["own_reason"] if own else "",
        quote=row["quote"] and RefundQuote.from_json(row["quote"]),
        by=row["by"],
        **stands,
    )
