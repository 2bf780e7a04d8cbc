"""The demo's payment log: what its runs set out to pay, written before anything is sent.

A payment is entered with its full terms first and sent afterwards, so that a run that dies in
between leaves its intention behind; each act that the chain has confirmed is added with its
transaction. The payment log is an SQLite file, bound to one chain by its genesis hash, and to one
escrow. One run at a time has it open: two would each pay what the other has not entered yet.
"""

import fcntl
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any

from sqlalchemy import URL, ForeignKey, create_engine, event, inspect, literal_column, select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlalchemy.types import JSON

from deposit_token.errors import PaymentLogError, PaymentLogInUse
from deposit_token.values.fields import TIME, Bytes32, Kind, Text, Uetr, UintKind, checked
from deposit_token.values.references import canonical

_HEADER = b"SQLite format 3\0"
"""How every SQLite file begins that is not empty."""


class _JsonKind(Kind):
    """A dict that can be written as JSON."""

    def __init__(self) -> None:
        super().__init__(Mapping, "a dict of what JSON has")

    def _holds(self, value: Any) -> bool:
        try:
            return super()._holds(value) and json.dumps(dict(value)) != ""
        except (TypeError, ValueError, RecursionError):
            return False


Content = Annotated[Mapping[str, Any], _JsonKind()]
Number = Annotated[int, UintKind(63)]
"""As great as an integer of SQLite's."""
Moment = Annotated[int, UintKind(63, what=TIME)]


class _Base(DeclarativeBase):
    type_annotation_map = {dict[str, Any]: JSON}  # noqa: RUF012  SQLAlchemy reads it from the class


class _Setting(_Base):
    __tablename__ = "settings"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class LoggedSale(_Base):
    """One payment: `reference` is the platform's own (an invoice), `terms` what all signed."""

    __tablename__ = "payments"

    reference: Mapped[str] = mapped_column(primary_key=True)
    uetr: Mapped[str] = mapped_column(unique=True)
    payment_id: Mapped[str] = mapped_column(unique=True)
    terms: Mapped[dict[str, Any]]
    acts: Mapped[list["LoggedAct"]] = relationship(order_by="LoggedAct.number", lazy="selectin")


class LoggedAct(_Base):
    """What happened to a payment."""

    __tablename__ = "acts"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    reference: Mapped[str] = mapped_column(ForeignKey("payments.reference"))
    kind: Mapped[str]
    key: Mapped[str]
    at: Mapped[int]
    """The chain's time, Unix seconds: of the transaction's block, or of the act's entry into the
    payment log if there is no transaction."""
    transaction: Mapped[str]
    """Its hash. Empty if nobody here has it: terms were renewed, a contract refused before anything
    was sent, or the act was found on the chain after the run that sent it had died."""
    gas: Mapped[int]
    """What the transaction used; 0 without one."""
    details: Mapped[dict[str, Any]]


class DemoLog:
    """The open payment log of one chain and one escrow; commits after every entry.

    Everything here raises PaymentLogError if the file can't be read or written, and InputError for
    an argument that is not of its kind.
    """

    def __init__(self, path: Path, session: Session) -> None:
        self._path = path
        self._session = session
        self._opened = ExitStack()
        self._spelt: dict[str, str] = {}
        """Canonical reference → the reference, of each payment."""

    @classmethod
    @checked
    def open(cls, path: Path, genesis_hash: Text) -> "DemoLog":
        """Open or start the payment log at `path`, of the chain whose block 0 has this hash.

        A lock on the file `path` and `.lock` keeps others out until `close`, or until the process
        dies; what only reads the SQLite file needs no lock.

        Raises:
            PaymentLogError: The file is no payment log, or belongs to another chain.
            PaymentLogInUse: Another run has it.
        """
        _require_file(path)
        with ExitStack() as opened:
            # It stays there: removing it would race the next run.
            lock = path.with_name(f"{path.name}.lock")
            stood = lock.exists()
            try:
                fcntl.flock(opened.enter_context(lock.open("a")), fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise PaymentLogInUse(
                    f"payment log {path}: found it in use by another run, accepted is one run at a "
                    "time."
                ) from None
            except OSError as error:
                raise _unusable(path, error.strerror) from error
            try:
                _require_own_tables(path)
            except PaymentLogError:
                # Beside a file that is no payment log nobody looks for one.
                if not stood:
                    lock.unlink()
                raise
            engine = create_engine(_url(path))
            opened.callback(engine.dispose)
            event.listen(engine, "connect", _write_ahead)
            session = opened.enter_context(Session(engine, expire_on_commit=False))
            payment_log = cls(path, session)
            with payment_log._transaction():
                _Base.metadata.create_all(engine)
                for reference in session.scalars(select(LoggedSale.reference)):
                    payment_log._spelt[canonical(reference)] = reference
            payment_log.bind("genesis hash", genesis_hash)
            payment_log._opened = opened.pop_all()
        return payment_log

    def close(self) -> None:
        """Close the file."""
        self._opened.close()

    @checked
    def bind(self, name: Text, value: Text) -> None:
        """Keep for good what the payment log belongs to, such as the address of the escrow.

        Raises:
            PaymentLogError: It is bound to another value already.
        """
        found = self.setting(name, value)
        if found != value:
            raise PaymentLogError(
                f"payment log {self._path}: {name}: found {found}, accepted is {value}: it belongs "
                "to another chain or escrow."
            )

    @checked
    def setting(self, name: Text, value: Text) -> str:
        """The value kept under `name`; `value` is kept, and given back, if there is none yet."""
        with self._transaction():
            row = self._session.get(_Setting, name)
            if row is None:
                row = _Setting(name=name, value=value)
                self._session.add(row)
        return row.value

    def payments(self) -> Iterator[LoggedSale]:
        """All payments, in the order in which they were entered."""
        in_order = select(LoggedSale).order_by(literal_column("rowid"))
        with self._transaction():
            return iter(self._session.scalars(in_order).all())

    @checked
    def find(self, reference: Text) -> LoggedSale | None:
        """The payment of the platform's own reference, if it was entered."""
        with self._transaction():
            return self._session.get(LoggedSale, reference)

    @checked
    def enter(self, reference: Text, uetr: Uetr, payment_id: Bytes32, terms: Content) -> LoggedSale:
        """Enter a payment before it is sent.

        Raises:
            PaymentLogError: The reference, the UETR or the payment id is that of a payment entered
                before: sending it would pay twice. So it may be for a reference that was spelt
                otherwise then.
        """
        with self._transaction():
            clash = self._session.scalars(
                select(LoggedSale).where(
                    (LoggedSale.reference == self._spelt.get(canonical(reference), reference))
                    | (LoggedSale.uetr == str(uetr))
                    | (LoggedSale.payment_id == payment_id.hex())
                )
            ).first()
            if clash is not None:
                raise PaymentLogError(
                    f"payment {reference} with UETR {uetr}: found {clash.reference} with UETR "
                    f"{clash.uetr} in the payment log, accepted is each reference and UETR once."
                )
            payment = LoggedSale(
                reference=reference,
                uetr=str(uetr),
                payment_id=payment_id.hex(),
                terms=dict(terms),
                acts=[],
            )
            self._session.add(payment)
        self._spelt[canonical(reference)] = reference
        return payment

    @checked
    def renew(
        self,
        payment: LoggedSale,
        uetr: Uetr,
        payment_id: Bytes32,
        terms: Content,
        *,
        at: Moment,
    ) -> None:
        """Replace the terms of a payment that was never sent, and no longer can be.

        The caller has made sure that the chain does not know it and that its `authorize_by` is
        over, `at` in Unix seconds. The old UETR stays in the payment log as the key of an act
        `renewed`.
        """
        with self._transaction():
            renewed = LoggedAct(
                kind="renewed", key=payment.uetr, at=at, transaction="", gas=0, details={}
            )
            payment.acts.append(renewed)
            payment.uetr, payment.payment_id = str(uetr), payment_id.hex()
            payment.terms = dict(terms)

    @checked
    def add(
        self,
        payment: LoggedSale,
        kind: Text,
        *,
        at: Moment,
        key: Text = "",
        transaction: Text = "",
        gas: Number = 0,
        details: Content | None = None,
    ) -> LoggedAct:
        """Add an act to a payment, `at` in Unix seconds.

        `key` tells acts of one kind apart, such as two refunds.
        """
        act = LoggedAct(
            kind=kind, key=key, at=at, transaction=transaction, gas=gas, details=dict(details or {})
        )
        with self._transaction():
            payment.acts.append(act)
        return act

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Commit all that is done inside, or nothing if the file fails: PaymentLogError says so."""
        try:
            yield
            self._session.commit()
        except DatabaseError as error:
            self._session.rollback()
            raise _unusable(self._path, error.orig) from error


@checked
def find_act(payment: LoggedSale, kind: Text, key: Text = "") -> LoggedAct | None:
    """The payment's act of this kind and key, if it is in the payment log."""
    return next((act for act in payment.acts if act.kind == kind and act.key == key), None)


def _unusable(path: Path, reason: object) -> PaymentLogError:
    return PaymentLogError(
        f"payment log: found {path}, which can't be used ({reason}), accepted is a payment log, or "
        "a path where one can be written."
    )


def _url(path: Path) -> URL:
    return URL.create("sqlite", database=str(path))


def _require_file(path: Path) -> None:
    """Refuse what can't be a payment log before anything is left beside it."""
    try:
        if path.exists() and not path.is_file():
            raise _unusable(path, "it is not a file")
        start = b""
        if path.exists():
            with path.open("rb") as file:
                start = file.read(len(_HEADER))
    except OSError as error:
        raise _unusable(path, error.strerror) from None
    if start not in (b"", _HEADER):
        raise _unusable(path, "file is not a database")


def _require_own_tables(path: Path) -> None:
    engine = create_engine(_url(path))
    try:
        foreign = set(inspect(engine).get_table_names()) - set(_Base.metadata.tables)
    except DatabaseError as error:
        raise _unusable(path, error.orig) from error
    finally:
        engine.dispose()
    if foreign:
        raise PaymentLogError(
            f"payment log {path}: found the table {min(foreign)}, accepted are "
            f"{', '.join(_Base.metadata.tables)}."
        )


def _write_ahead(connection: Any, _record: Any) -> None:
    """A commit then survives the death of the process, and of the machine, before the next act."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
