"""What the tests of the demo and the payment flow share: two banks, orders, the demo itself."""

import csv
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from eth_account.signers.local import LocalAccount
from web3.types import TxReceipt, Wei

from deposit_token.chain import Chain
from deposit_token.demo.clock import Clock
from deposit_token.demo.config import DemoConfig
from deposit_token.demo.keys import account, funder
from deposit_token.demo.orders import Kind, Order, OrderFile
from deposit_token.demo.world import World, build_world
from deposit_token.money import Money
from deposit_token.payment import Payment, RefundQuote
from deposit_token.refusals import Reverted

EXAMPLES = Path(__file__).parents[1] / "examples"
RUN_TIMEOUT = 600
"""Seconds that a run may take, some five on an idle machine."""

DAY = 86_400
DEALER, OPERATOR, APPROVER = account("dealer"), account("operator"), account("bank/buyers/approver")
MERCHANTS = {"CNY": account("merchant/M-1"), "HKD": account("merchant/M-2")}
FEES = account("platform fees")


def demo_command(*options: object) -> list[str]:
    """The demo as a program of its own; files are named absolutely, as it may run anywhere."""
    return [sys.executable, "-m", "deposit_token.demo", *map(str, options)]


def run_demo(folder: Path, *options: object) -> subprocess.CompletedProcess[str]:
    """Run the demo in a folder until it ends."""
    return subprocess.run(
        demo_command(*options), cwd=folder, capture_output=True, text=True, timeout=RUN_TIMEOUT
    )


def write_orders(path: Path, invoices: Iterable[str]) -> Path:
    """An order file with these rows of the example."""
    with (EXAMPLES / "orders.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    wanted = set(invoices)
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *(row for row in rows if row[0] in wanted)])
    return path


def write_config(path: Path, events: str) -> Path:
    """The example's configuration with other events."""
    kept, *_ = (EXAMPLES / "demo.toml").read_text().partition("[[events]]")
    path.write_text(kept + events)
    return path


class Shop:
    """Sells to a new customer each time, so that tests on one chain stay out of each other's way.

    The banks are those of the example's configuration: buyers pay with EUR, or from Hong Kong with
    CNY; merchants are paid in CNY or HKD, less half a percent.
    """

    def __init__(self, url: str, folder: Path) -> None:
        config = DemoConfig.load(EXAMPLES / "demo.toml")
        self.chain = Chain.connect(url)
        self.world: World = build_world(self.chain, config, OrderFile((), ()), folder)
        self.settlement = self.world.settlement
        self.tokens = self.world.tokens
        self.merchant_for = {self.tokens[code]: key for code, key in MERCHANTS.items()}
        self._numbers = count(1)

    def order(self, owed: str, price: str, country: str, customer: str = "") -> Order:
        """An order of `owed`, such as `900.00 CNY`; the buyer is onboarded."""
        number = next(self._numbers)
        order = Order(
            line=number,
            invoice=f"T-{number}",
            kind=Kind.SALE,
            timestamp=datetime.fromtimestamp(self.chain.now(), UTC),
            customer=customer or f"C-{number}",
            country=country,
            amount=money(owed),
            buyer_currency=money(price).currency,
        )
        self.world.onboard([order])
        return order

    def sell(
        self,
        owed: str = "900.00 CNY",
        price: str = "100.00 EUR",
        country: str = "DE",
        customer: str = "",
        **terms: Any,
    ) -> tuple[Order, Payment]:
        """An order and its terms, some of them replaced; the buyer has the money."""
        order = self.order(owed, price, country, customer)
        uetr = UUID(int=order.line, version=4)
        payment = self.world.terms(order, money(price), uetr, self.chain.now())
        payment = replace(payment, **terms)
        self.world.fund(order, payment, maybe_funded=False)
        return order, payment

    def sold(self, *arguments: str, **terms: Any) -> tuple[Order, Payment]:
        """The same, authorized."""
        order, payment = self.sell(*arguments, **terms)
        self.authorize(order, payment)
        return order, payment

    def captured(self, *arguments: str, **terms: Any) -> tuple[Order, Payment]:
        """The same, captured as a whole."""
        order, payment = self.sold(*arguments, **terms)
        self.settlement.capture(OPERATOR, payment, 0, payment.source_amount)
        return order, payment

    def authorize(self, order: Order, payment: Payment, **changes: Any) -> TxReceipt:
        """Authorize with every consent that is needed, some of them replaced."""
        consents = {"operator": OPERATOR, **self.consents(order, payment)}
        return self.settlement.authorize(payment=payment, **consents | changes)

    def consents(self, order: Order, payment: Payment) -> dict[str, Any]:
        """What an authorization or a charge of a payment needs besides its terms."""
        by_payer = self.settlement.sign_as_payer(buyer(order), payment)
        if payment.source_token == payment.target_token:
            return {"payer_signature": by_payer}
        return {
            "payer_signature": by_payer,
            "dealer_signature": self.settlement.sign_as_dealer(DEALER, payment),
            "approval": self.settlement.approve_as_bank(APPROVER, payment, payment.authorize_by),
        }

    def quote(self, payment: Payment, source: int, target: int, **changes: Any) -> RefundQuote:
        """A refund of these minor units by the payment's own dealer, good for a day, some terms
        replaced."""
        quote = RefundQuote(
            payment_id=self.settlement.payment_id(payment),
            refunded_before=self.state(payment).refunded,
            source_amount=source,
            target_amount=target,
            dealer=payment.dealer,
            deadline=self.now + DAY,
        )
        return replace(quote, **changes)

    def give_ether(self, key: LocalAccount) -> None:
        """What somebody needs who sends for the first time."""
        self.chain.send(funder(), {"to": key.address, "value": Wei(10**18)}, gas=21_000)

    def balance(self, token: str, owner: str) -> int:
        """Minor units of a token."""
        return self.chain.call(
            self.chain.contract("DepositToken", token).functions.balanceOf(owner)
        )

    def inventory(self, token: str) -> int:
        """The dealer's, in minor units of a token."""
        return self.settlement.inventory(DEALER.address, token)

    def state(self, payment: Payment):
        """Where a payment stands."""
        return self.settlement.state(self.settlement.payment_id(payment))

    @property
    def now(self) -> int:
        """The time of the next block if it is mined at once, Unix seconds."""
        return Clock(self.chain).now

    def wait_until(self, moment: int) -> None:
        """Let the next block be of `moment`, Unix seconds."""
        Clock(self.chain).advance_to(moment)


def refused(
    error: str, arguments: dict[str, Any], act: Callable[..., object], *values: Any, **named: Any
) -> None:
    """Asserts that a contract refuses the act, by the error's name and values."""
    with pytest.raises(Reverted) as refusal:
        act(*values, **named)
    assert refusal.value.error == error
    assert refusal.value.arguments == arguments


def money(text: str) -> Money:
    """Reads `12.34 EUR`."""
    amount, code = text.split()
    return Money.parse(amount, code)


def buyer(order: Order):
    """The buyer's key."""
    return account(f"buyer/{order.customer}/{order.country}")
