"""Every public function and method, with anything at all for each of its arguments.

Two things are asked: that what is of no kind at all is refused before anything is sent, and that
whatever is given, nothing but an error of the library's own comes out.
"""

from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from inspect import getmembers, isclass, isfunction, ismethod, signature
from pathlib import Path
from typing import Protocol

import pytest

import deposit_token
from deposit_token import (
    ContractError,
    Currency,
    CustomerCategory,
    Deployer,
    DeploymentFile,
    DepositTokenError,
    Domain,
    InputError,
    LedgerEntry,
    Manifest,
    MemoryStore,
    Money,
    NetworkProfile,
    Operator,
    PaymentApproval,
    Quote,
    RedemptionRequest,
    ReferenceRates,
    Sender,
    SqlStore,
    acts,
    messages,
)
from deposit_token.chain.sentences import NOTHING_KNOWN
from deposit_token.devchain import anvil, clock, keys
from deposit_token.store.store import Store
from deposit_token.values.fields import kind_of
from deposit_token.values.tables import Table
from tests.library.platform.market import TERMS, rate
from tests.library.protocol.test_payment import QUOTE, TWO_CURRENCIES
from tests.library.store.test_store import instruction
from tests.nodes import mined_after
from tests.scene import FAR, OPERATOR, STRANGER

HERE = TWO_CURRENCIES.payer
ID = bytes(range(32))

RESULTS = {
    *("EscrowPosition", "PaymentState", "Redemption", "SkippedAct", "SupplyPosition"),
    *("Act", "BankDeployment", "ContractError", "Report"),
}
"""Classes whose instances the library makes, for itself to take back."""


SENDER_S = {
    *("lease", "next_nonce", "open", "reading", "record", "sign", "unsettled", "writing"),
}
"""Methods of stores that a sender or a log calls, as `docs/sending.md` says; not checked."""


class Anything:
    """Nothing here takes it, and no float."""


HUGE = 10**5_000
"""Python writes none of more than 4,300 digits."""

ANYTHING = [
    *(None, Anything(), Anything, 1.5, float("nan"), Decimal("NaN"), True, -1, 0, 2**256),
    *(HUGE, "", "\ud800", "0x", "no such thing", HERE.lower(), "x" * 5_000, b"", ID[1:]),
    *([], [None], [1.5], (), {}, {"to": None}, {"name": "x"}, {1: 2}, datetime(2026, 3, 2), Path()),
]


def public():
    """Every public function and class by name; without enumerations, errors and protocols, whose
    construction is Python's."""
    for module in (acts, messages, deposit_token):
        yield from ((name, getattr(module, name)) for name in module.__all__)
    # No public names, but those that the demo shows in use.
    for module in (anvil, clock, keys):
        for name, value in vars(module).items():
            if getattr(value, "__module__", "") == module.__name__ and not name.startswith("_"):
                yield name, value


PUBLIC = {
    name: value
    for name, value in public()
    if callable(value)
    and not (isclass(value) and issubclass(value, Enum | Exception | Protocol))
    and not name.startswith("Logged")
}


def own_methods(of):
    """Its public methods, but for those that pydantic brings; and what sets its properties."""
    for name, value in getmembers(of):
        if name.startswith(("_", "model_")) or (
            isclass(of) and issubclass(of, Store) and name in SENDER_S
        ):
            continue
        if (isfunction(value) or ismethod(value)) and value.__module__.startswith("deposit_token."):
            yield name
        assert not (isinstance(value, property) and value.fset), "a property that is set"


def called():
    """The names of all functions, classes and methods that somebody calls with something."""
    for name, value in PUBLIC.items():
        yield name
        for method in own_methods(value) if isclass(value) else ():
            yield f"{name}.{method}"


def refusing():
    """Those of them that refuse before they do anything: tables tell of mistakes in their fields in
    tests of their own."""
    for name in called():
        value = PUBLIC.get(name)
        if name not in RESULTS and not (isclass(value) and issubclass(value, Table)):
            yield name


@pytest.fixture(scope="module")
def at_hand(world, tmp_path_factory):
    """What callers have: by the names of classes whose methods they call, and for arguments."""
    euro = Currency.of("EUR")
    folder = tmp_path_factory.mktemp("files")
    token = world.chain.contract("DepositToken", world.eur)
    receipt = world.chain.send(OPERATOR, {"to": STRANGER.address})
    store = SqlStore.connect(f"sqlite:///{folder / 'store.sqlite'}")
    told = instruction()
    dealer = Quote(HERE, rate(), FAR)
    yield {
        "until": lambda: True,
        "Operator": Operator(world.settlement, store, [OPERATOR], TERMS),
        "PlatformTerms": TERMS,
        "Quote": dealer,
        "Rate": dealer.rate,
        "store": store,
        "SqlStore": store,
        "MemoryStore": MemoryStore(),
        "Sender": Sender(world.chain, store, STRANGER),
        "Instruction": told,
        "Proof": told.proof,
        "Settlement": world.settlement,
        "Redemptions": world.redemptions,
        "ReferenceRates": ReferenceRates(),
        "Payment": TWO_CURRENCIES,
        "RefundQuote": QUOTE,
        "Deployer": Deployer(world.chain, OPERATOR),
        "RedemptionRequest": RedemptionRequest(HERE, 1, ID, ID, 1),
        "PaymentApproval": PaymentApproval(0, b""),
        "Permit": messages.Permit(HERE, HERE, 1, 0, 1),
        "TransferWithAuthorization": messages.TransferWithAuthorization(HERE, HERE, 1, 0, 1, ID),
        "ReceiveWithAuthorization": messages.ReceiveWithAuthorization(HERE, HERE, 1, 0, 1, ID),
        "CancelAuthorization": messages.CancelAuthorization(HERE, ID),
        "Approval": messages.Approval(ID, 1),
        "Release": messages.Release(ID, 1),
        "Domain": PLACE,
        "LedgerEntry": LedgerEntry(7, 1),
        "Money": Money(5, euro),
        "Currency": euro,
        "Chain": world.chain,
        "BankDeployment": world.bank,
        "BankConfig": world.bank.config,
        "DeploymentFile": DeploymentFile(banks=[world.bank.config]),
        "Manifest": Manifest.of(world.chain, world.escrow, [world.bank]),
        "NetworkProfile": NetworkProfile(url=world.chain.profile.url),
        "ContractError": ContractError.decode(b""),
        "Clock": clock.Clock(world.chain),
        "facts": NOTHING_KNOWN,
        "web3": world.chain.web3,
        "contract": token,
        "function": token.functions.totalSupply(),
        "receipt": receipt,
        "account": OPERATOR,
        "bytes": ID,
        "purpose": b"GDDS",
        "text": "EUR",
        "address": HERE,
        "reason": "AC04",
        "raw": "0x02",
        "act": acts.capture(TWO_CURRENCIES, 0, 1),
        "artifact": "DepositToken",
        "hash": world.chain.genesis_hash,
        "uetr": TWO_CURRENCIES.uetr,
        "number": 1,
        "gas": 50_000,
        "state": told.state,
        "category": CustomerCategory.RETAIL,
        "factor": Decimal(1),
        "flag": True,
        "day": date(2024, 5, 3),
        "folder": folder,
        "list": [],
        "dict": {},
    }
    store.close()


PLACE = Domain.escrow(1, HERE)


def argument(parameter, at_hand):
    """The first that fits of what is at hand; None for what names no kind."""
    kind = kind_of(parameter.annotation)
    for value in at_hand.values() if kind else ():
        with suppress(InputError):
            kind.take("", value)
            return value
    return None


def call_of(name, at_hand):
    """A function by name, and what it can be called with."""
    owner, _, method = name.partition(".")
    function = PUBLIC[owner]
    if method:
        function = getattr(at_hand.get(owner, function), method)
    elif isclass(function) and issubclass(function, Table):
        return function, {each: getattr(at_hand[name], each) for each in function.model_fields}
    parameters = signature(function).parameters
    given = {each: argument(parameter, at_hand) for each, parameter in parameters.items()}
    return function, {each: value for each, value in given.items() if each != "self"}


@pytest.mark.parametrize("name", refusing())
def test_no_argument_may_be_just_anything(world, at_hand, name):
    function, given = call_of(name, at_hand)
    block = world.chain.web3.eth.block_number
    for each in given:
        for wrong in (Anything(), 1.5):
            with pytest.raises(InputError) as refusal:
                function(**given | {each: wrong})
            assert refusal.value.value in (wrong, type(wrong).__name__)
            assert "\n" not in str(refusal.value)
    assert mined_after(world.chain, block) == []


@pytest.mark.parametrize("name", called())
def test_nothing_but_an_error_of_the_library_comes_out(at_hand, name):
    function, given = call_of(name, at_hand)
    others = []
    for each in given:
        for value in ANYTHING:
            try:
                function(**given | {each: value})
            except Exception as error:
                if not isinstance(error, DepositTokenError) or "\n" in str(error):
                    shown = "huge" if value is HUGE else ascii(value)[:40]
                    others.append((each, shown, repr(error)[:200]))
    assert others == []
