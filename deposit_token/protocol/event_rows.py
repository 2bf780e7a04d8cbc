"""Events of escrows and tokens as rows, and what they come to."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import repeat
from typing import Any

from deposit_token.chain.events import Columns
from deposit_token.errors import InputError
from deposit_token.protocol.contracts import ESCROW
from deposit_token.store.projection import (
    OPENINGS,
    TRANSFER,
    AddUp,
    EscrowEvent,
    Row,
    Sums,
    TokenEvent,
)

Opened = Callable[[Iterable[bytes]], Mapping[bytes, EscrowEvent]]
"""Gives the events with which payments began, by the payments' ids."""

_LATER = {
    "PaymentCaptured": ("sourceAmount", "targetAmount", None, None),
    "PaymentReleased": ("sourceAmount", "targetAmount", None, None),
    "PaymentResolved": ("sourceAmount", "targetAmount", "returnedAmount", None),
    "PaymentVoided": (None, None, "sourceAmount", "targetAmount"),
    "PaymentReclaimed": (None, None, "sourceAmount", "targetAmount"),
    "PaymentRefunded": ("sourceAmount", "targetAmount", None, None),
}
"""Of each later event of a payment: the fields that are an `EscrowEvent`'s four amounts."""

_OF_NO_PAYMENT = ("Deposited", "Withdrawn", "InventoryDiverted", "ClaimableAdded", "Claimed")
"""What moves an inventory or a claimable. `ClaimDiverted` moves one to another owner."""

_MOVES = {"Minted": "minted", "Burned": "burned", "RedemptionSettled": "burned"}
"""What of a token's sums each of its events adds to."""

_NOBODY = b""

TOKEN_ITSELF = b""
"""Which token the sums of a token are of."""

HOLDINGS = ("held", "inventory", "claimable")
"""What the sums of an escrow are, of each token."""


@dataclass(frozen=True)
class ContractEvents:
    """What is read of a kind of contract, and what it comes to."""

    artifact: str
    events: tuple[str, ...]
    """By their names in Solidity."""
    rows: Callable[[Mapping[str, Columns], Opened], list[Row]]
    """The rows of events, in order; raises InputError for one of a payment that is not known."""
    add_up: AddUp


def _escrow_rows(columns: Mapping[str, Columns], opened: Opened) -> list[Row]:
    rows: list[Row] = []
    for name in OPENINGS:
        if name in columns:
            rows += _opening_rows(name, columns[name])
    new: dict[bytes, EscrowEvent] = {each.payment: each for each in rows}  # type: ignore
    for name in columns.keys() & _LATER.keys():
        rows += _later_rows(name, columns[name], new, opened)
    for name in columns.keys() & set(_OF_NO_PAYMENT):
        found = columns[name]
        fields = (repeat(_NOBODY), found["token"], repeat(_NOBODY), found["amount"])
        rows += _rows(name, found, *fields, *(repeat(0),) * 3)
    rows.sort()
    return rows


def _opening_rows(name: str, found: Columns) -> list[EscrowEvent]:
    tokens = (found["payment.sourceToken"], found["payment.targetToken"])
    amounts = (found["payment.sourceAmount"], found["payment.targetAmount"])
    return _rows(name, found, found["id"], *tokens, *amounts, repeat(0), repeat(0))


def _later_rows(
    name: str, found: Columns, new: Mapping[bytes, EscrowEvent], opened: Opened
) -> list[EscrowEvent]:
    ids: list[bytes] = found["id"]
    known = {**opened({each for each in ids if each not in new}), **new}
    unknown = next((each for each in ids if each not in known), None)
    if unknown is not None:
        block = found.blocks[ids.index(unknown)]
        raise InputError(
            "created",
            f"one after payment 0x{unknown.hex()} began, in block {block} or before",
            "the block that the escrow was created in, as the manifest keeps it",
        )
    terms = [known[each] for each in ids]
    amounts = [found[field] if field else [0] * len(ids) for field in _LATER[name]]
    if name == "PaymentResolved":
        amounts[3] = [
            each.target_amount
            - each.target_amount * (each.source_amount - back) // each.source_amount
            for each, back in zip(terms, amounts[2], strict=True)
        ]
    tokens = ([each.source_token for each in terms], [each.target_token for each in terms])
    return _rows(name, found, ids, *tokens, *amounts)


def _rows(name: str, found: Columns, *fields: Iterable[Any]) -> list[EscrowEvent]:
    return list(map(EscrowEvent._make, zip(found.blocks, found.indexes, repeat(name), *fields)))


def _add_up_escrow(rows: Iterable[Any]) -> Sums:
    held: dict[bytes, int] = defaultdict(int)
    inventory: dict[bytes, int] = defaultdict(int)
    claimable: dict[bytes, int] = defaultdict(int)
    for _, _, event, _, source, target, given, taken, back, unused in rows:
        two = source != target
        match event:
            case "PaymentAuthorized":
                held[source] += given
                if two:
                    held[target] += taken
                    inventory[target] -= taken
            case "PaymentCharged":
                # In one currency it goes past the escrow.
                if two:
                    inventory[source] += given
                    inventory[target] -= taken
            case "PaymentRefunded":
                if two:
                    inventory[source] -= given
                    inventory[target] += taken
            case "Deposited":
                inventory[source] += given
            case "Withdrawn":
                inventory[source] -= given
            case "InventoryDiverted":
                inventory[source] -= given
                claimable[source] += given
            case "ClaimableAdded":
                claimable[source] += given
            case "Claimed":
                claimable[source] -= given
            case _:
                held[source] -= given + back
                if two:
                    inventory[source] += given
                    held[target] -= taken + unused
                    inventory[target] += unused
    return {
        (token, name): amount
        for name, amounts in zip(HOLDINGS, (held, inventory, claimable), strict=True)
        for token, amount in amounts.items()
        if amount
    }


def _token_rows(columns: Mapping[str, Columns], _opened: Opened) -> list[Row]:
    rows: list[Row] = []
    for name, found in columns.items():
        accounts: tuple[Iterable[bytes], Iterable[bytes]] = (repeat(_NOBODY), repeat(_NOBODY))
        if name == TRANSFER:
            accounts, amounts = (found["from"], found["to"]), found["value"]
        else:
            amounts = found["amount"]
        named = zip(found.blocks, found.indexes, repeat(name), *accounts, amounts)
        rows += map(TokenEvent._make, named)
    rows.sort()
    return rows


def _add_up_token(rows: Iterable[Any]) -> Sums:
    sums: dict[tuple[bytes, str], int] = defaultdict(int)
    for _, _, event, _, _, amount in rows:
        if event in _MOVES:
            sums[TOKEN_ITSELF, _MOVES[event]] += amount
    return sums


OF_ESCROW = ContractEvents(
    ESCROW, (*OPENINGS, *_LATER, *_OF_NO_PAYMENT), _escrow_rows, _add_up_escrow
)
OF_TOKEN = ContractEvents("DepositToken", (TRANSFER, *_MOVES), _token_rows, _add_up_token)
