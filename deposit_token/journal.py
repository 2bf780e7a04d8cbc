"""The operator's journal: what it set out to pay, written before anything is sent.

A payment is entered with its full terms first and sent afterwards, so that a run that dies in
between leaves its intention behind; each act that the chain has confirmed is added with its
transaction. The journal is an SQLite file, bound to one chain by its genesis hash, and to one
escrow. One run at a time has it open: two would each pay what the other has not entered yet.
"""

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import URL, ForeignKey, create_engine, event, inspect, literal_column, select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlalchemy.types import JSON

from deposit_token.errors import JournalError


class _Base(DeclarativeBase):
    type_annotation_map = {dict[str, Any]: JSON}  # noqa: RUF012  SQLAlchemy reads it from the class


class _Setting(_Base):
    __tablename__ = "settings"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class JournalPayment(_Base):
    """One payment: `reference` is the platform's own (an invoice), `terms` what all signed."""

    __tablename__ = "payments"

    reference: Mapped[str] = mapped_column(primary_key=True)
    uetr: Mapped[str] = mapped_column(unique=True)
    payment_id: Mapped[str] = mapped_column(unique=True)
    terms: Mapped[dict[str, Any]]
    acts: Mapped[list["JournalAct"]] = relationship(order_by="JournalAct.number", lazy="selectin")


class JournalAct(_Base):
    """What happened to a payment."""

    __tablename__ = "acts"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    reference: Mapped[str] = mapped_column(ForeignKey("payments.reference"))
    kind: Mapped[str]
    key: Mapped[str]
    at: Mapped[int]
    """The chain's time, Unix seconds: of the transaction's block, or of the act's entry into the
    journal if there is no transaction."""
    transaction: Mapped[str]
    """Its hash. Empty if nobody here has it: terms were renewed, a contract refused before anything
    was sent, or the act was found on the chain after the run that sent it had died."""
    gas: Mapped[int]
    """What the transaction used; 0 without one."""
    details: Mapped[dict[str, Any]]


class Journal:
    """The open journal of one chain and one escrow; commits after every entry.

    Everything here raises JournalError if the file can't be read or written.
    """

    def __init__(self, path: Path, session: Session) -> None:
        self._path = path
        self._session = session
        self._opened = ExitStack()

    @classmethod
    def open(cls, path: Path, genesis_hash: str) -> "Journal":
        """Open or start the journal at `path`, of the chain whose block 0 has this hash.

        A lock on the file `path` and `.lock` keeps others out until `close`, or until the process
        dies; what only reads the SQLite file needs no lock.

        Raises:
            JournalError: The file is no journal, belongs to another chain, or is in use.
        """
        with ExitStack() as opened:
            # It stays there: removing it would race the next run.
            lock = path.with_name(f"{path.name}.lock")
            try:
                fcntl.flock(opened.enter_context(lock.open("a")), fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise JournalError(
                    f"journal {path}: found it in use by another run, accepted is one run at a "
                    "time."
                ) from None
            except OSError as error:
                raise JournalError(
                    f"{path} can't be used as a journal: {error.strerror}."
                ) from error
            engine = create_engine(URL.create("sqlite", database=str(path)))
            opened.callback(engine.dispose)
            event.listen(engine, "connect", _write_ahead)
            session = opened.enter_context(Session(engine, expire_on_commit=False))
            journal = cls(path, session)
            with journal._transaction():
                foreign = set(inspect(engine).get_table_names()) - set(_Base.metadata.tables)
                if foreign:
                    raise JournalError(
                        f"{path} is no journal: found the table {min(foreign)}, accepted are "
                        f"{', '.join(_Base.metadata.tables)}."
                    )
                _Base.metadata.create_all(engine)
            journal.bind("genesis hash", genesis_hash)
            journal._opened = opened.pop_all()
        return journal

    def close(self) -> None:
        """Close the file."""
        self._opened.close()

    def bind(self, name: str, value: str) -> None:
        """Keep for good what the journal belongs to, such as the address of the escrow.

        Raises:
            JournalError: It is bound to another value already.
        """
        found = self.setting(name, value)
        if found != value:
            raise JournalError(
                f"journal {self._path}: {name}: found {found}, accepted is {value}: it belongs to "
                "another chain or escrow."
            )

    def setting(self, name: str, value: str) -> str:
        """The value kept under `name`; `value` is kept, and given back, if there is none yet."""
        with self._transaction():
            row = self._session.get(_Setting, name)
            if row is None:
                row = _Setting(name=name, value=value)
                self._session.add(row)
        return row.value

    def payments(self) -> Iterator[JournalPayment]:
        """All payments, in the order in which they were entered."""
        in_order = select(JournalPayment).order_by(literal_column("rowid"))
        with self._transaction():
            return iter(self._session.scalars(in_order).all())

    def find(self, reference: str) -> JournalPayment | None:
        """The payment of the platform's own reference, if it was entered."""
        with self._transaction():
            return self._session.get(JournalPayment, reference)

    def enter(
        self, reference: str, uetr: UUID, payment_id: bytes, terms: Mapping[str, Any]
    ) -> JournalPayment:
        """Enter a payment before it is sent.

        Raises:
            JournalError: The reference, the UETR or the payment id is that of a payment entered
                before: sending it would pay twice.
        """
        with self._transaction():
            clash = self._session.scalars(
                select(JournalPayment).where(
                    (JournalPayment.reference == reference)
                    | (JournalPayment.uetr == str(uetr))
                    | (JournalPayment.payment_id == payment_id.hex())
                )
            ).first()
            if clash is not None:
                raise JournalError(
                    f"payment {reference} with UETR {uetr}: found {clash.reference} with UETR "
                    f"{clash.uetr} in the journal, accepted is each reference and UETR once."
                )
            payment = JournalPayment(
                reference=reference,
                uetr=str(uetr),
                payment_id=payment_id.hex(),
                terms=dict(terms),
                acts=[],
            )
            self._session.add(payment)
        return payment

    def renew(
        self,
        payment: JournalPayment,
        uetr: UUID,
        payment_id: bytes,
        terms: Mapping[str, Any],
        *,
        at: int,
    ) -> None:
        """Replace the terms of a payment that was never sent, and no longer can be.

        The caller has made sure that the chain does not know it and that its `authorize_by` is
        over, `at` in Unix seconds. The old UETR stays in the journal as the key of an act
        `renewed`.
        """
        with self._transaction():
            renewed = JournalAct(
                kind="renewed", key=payment.uetr, at=at, transaction="", gas=0, details={}
            )
            payment.acts.append(renewed)
            payment.uetr, payment.payment_id = str(uetr), payment_id.hex()
            payment.terms = dict(terms)

    def add(
        self,
        payment: JournalPayment,
        kind: str,
        *,
        at: int,
        key: str = "",
        transaction: str = "",
        gas: int = 0,
        details: Mapping[str, Any] | None = None,
    ) -> JournalAct:
        """Add an act to a payment, `at` in Unix seconds.

        `key` tells acts of one kind apart, such as two refunds.
        """
        act = JournalAct(
            kind=kind, key=key, at=at, transaction=transaction, gas=gas, details=dict(details or {})
        )
        with self._transaction():
            payment.acts.append(act)
        return act

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Commit all that is done inside, or nothing if the file fails: JournalError says why."""
        try:
            yield
            self._session.commit()
        except DatabaseError as error:
            self._session.rollback()
            raise JournalError(f"{self._path} can't be used as a journal: {error.orig}.") from error


def find_act(payment: JournalPayment, kind: str, key: str = "") -> JournalAct | None:
    """The payment's act of this kind and key, if it is in the journal."""
    return next((act for act in payment.acts if act.kind == kind and act.key == key), None)


def _write_ahead(connection: Any, _record: Any) -> None:
    """A commit then survives the death of the process, and of the machine, before the next act."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
