"""What a run did and whether it balances, for people and for machines."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Self

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from deposit_token.demo.config import DemoConfig
from deposit_token.demo.orders import Skipped
from deposit_token.demo.payment_log import find_act
from deposit_token.demo.run import Outcome, Sale
from deposit_token.demo.world import World
from deposit_token.protocol.reconciliation import (
    EscrowPosition,
    SupplyPosition,
    escrow_positions,
    supply_position,
)
from deposit_token.values.money import Currency, Money

_UNBOUNDED = 10_000
"""Characters that no table is wide."""

_MOST_ROWS = 60
"""Payments that are printed to a person; --json has them all."""


@dataclass(frozen=True)
class PaymentRow:
    """One payment; amounts are text in major units with their currency."""

    invoice: str
    state: str
    refusal: str
    """What a contract refused its issuance, authorization or capture with, in one sentence; or
    empty."""
    owed: str
    """What the merchant was owed for the whole sale."""
    price: str
    """What the buyer agreed to pay for the whole sale."""
    rate: str
    """Units of the buyer's currency for one of the merchant's."""
    rate_date: str
    """Day of the fixing."""
    gas: int
    """Sum over the payment's own transactions in the payment log, refused ones too."""
    captured: str
    """What the buyer has paid of it."""
    refunded: str
    """What the buyer got back of that."""
    uetr: str
    payment_id: str


@dataclass(frozen=True)
class RunReport:
    """The end of a run."""

    payments: tuple[PaymentRow, ...]
    skipped: tuple[Skipped, ...]
    """By line of the order file."""
    supplies: dict[str, SupplyPosition]
    """By currency code."""
    escrow: dict[str, EscrowPosition]
    """By currency code."""
    idle_events: tuple[str, ...]
    """Invoices of the configuration's events that no sale of the file has."""
    out_of_reach: dict[str, str]
    """States that only a chain whose clock can be set comes to, by invoice."""
    transactions: int
    """Transactions that the payment log has for these payments, refused ones too; an act that was
    found on the chain adds none."""

    @classmethod
    def of(
        cls, world: World, config: DemoConfig, outcome: Outcome, skipped: tuple[Skipped, ...]
    ) -> Self:
        """Add everything up, from the chain as it is now."""
        tokens = world.tokens
        positions = escrow_positions(world.chain, world.settlement.address, list(tokens.values()))
        return cls(
            payments=tuple(_row(sale) for sale in outcome.sales),
            skipped=tuple(sorted((*skipped, *outcome.skipped), key=lambda row: row.line)),
            supplies={code: supply_position(world.chain, token) for code, token in tokens.items()},
            escrow=dict(zip(tokens, positions, strict=True)),
            idle_events=tuple(
                event.invoice
                for event in config.events
                if event.invoice not in {sale.order.invoice for sale in outcome.sales}
            ),
            out_of_reach=outcome.out_of_reach,
            transactions=sum(
                bool(act.transaction) for sale in outcome.sales for act in sale.entry.acts
            ),
        )

    @property
    def balanced(self) -> bool:
        """Whether every token's supply and every unit in the escrow is explained."""
        return all(each.balanced for each in self.supplies.values()) and all(
            each.balanced for each in self.escrow.values()
        )

    def as_json(self) -> dict[str, Any]:
        """All of it as plain values; positions are in minor units."""
        return {
            "payments": [asdict(row) for row in self.payments],
            "skipped": [asdict(row) for row in self.skipped],
            "tokens": {code: _position(each) for code, each in self.supplies.items()},
            "escrow": {code: _position(each) for code, each in self.escrow.items()},
            "idle_events": list(self.idle_events),
            "out_of_reach": self.out_of_reach,
            "transactions": self.transactions,
            "balanced": self.balanced,
        }

    def print(self, console: Console) -> None:
        """Print it as tables; a console that takes no markup leaves a user's text as it is.

        Where it is too narrow, the payments' last columns are left out: invoice and state stay, in
        several lines if need be, and totals stand below each other. Only a terminal gets sentences
        in several lines.
        """
        say = partial(console.print, soft_wrap=not console.is_terminal)
        left_out = self._print_payments(console)
        if left_out:
            say(f"Too narrow for {', '.join(left_out)}: --json has them.")
        if len(self.payments) > _MOST_ROWS:
            say(f"… and {len(self.payments) - _MOST_ROWS} more: --json lists them all.")
        say(self._states_line())
        for row in self.payments:
            if row.refusal:
                say(f"{row.invoice} was refused: {row.refusal}")
        if self.skipped:
            say("Rows left out:")
            for skipped in self.skipped:
                invoice = f", {skipped.invoice}" if skipped.invoice else ""
                say(f"line {skipped.line}{invoice}: {skipped.reason}")
        if self.idle_events:
            say(f"Events without a sale in this file: {', '.join(self.idle_events)}.")
        if self.out_of_reach:
            states = ", ".join(f"{each} ({state})" for each, state in self.out_of_reach.items())
            say(f"Left out, since this chain's clock can't be set: {states}.")
        _print_totals(
            console,
            "Tokens: minted − burned = supply = sum of balances",
            self.supplies,
            {
                "minted": "minted",
                "burned": "burned",
                "supply": "supply",
                "sum of balances": "balances",
            },
        )
        _print_totals(
            console,
            "Escrow: balance = held + inventory + claimable",
            self.escrow,
            {each: each for each in ("balance", "held", "inventory", "claimable")},
        )
        say("Everything balances." if self.balanced else "NOT BALANCED.")

    def _print_payments(self, console: Console) -> Sequence[str]:
        """Print the payments; gives the headings that there was no room for."""
        headings = ("owed", "buyer pays", "rate", "of", "gas")
        for kept in range(len(headings), -1, -1):
            table = self._payments_table(headings[:kept])
            if _fits(console, table):
                break
        console.print(table)
        return headings[kept:]

    def _payments_table(self, headings: Sequence[str]) -> Table:
        table = Table(title="Payments", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
        for heading in ("invoice", "state"):
            table.add_column(heading, overflow="fold")
        for heading in headings:
            table.add_column(heading, justify="right", no_wrap=True)
        for row in self.payments[:_MOST_ROWS]:
            cells = (row.owed, row.price, row.rate[:9], row.rate_date, f"{row.gas:,}")
            table.add_row(row.invoice, row.state, *cells[: len(headings)])
        return table

    def _states_line(self) -> str:
        counts = Counter(row.state for row in self.payments)
        listed = "; ".join(f"{count} {state}" for state, count in sorted(counts.items()))
        return f"{len(self.payments)} payments in {self.transactions} transactions: {listed}."


def _fits(console: Console, table: Table) -> bool:
    unbounded = console.options.update(max_width=_UNBOUNDED)
    return console.measure(table, options=unbounded).maximum <= console.width


def _print_totals(
    console: Console,
    title: str,
    positions: Mapping[str, SupplyPosition] | Mapping[str, EscrowPosition],
    fields: Mapping[str, str],
) -> None:
    """Print these fields of each position by their headings: in one row, or below each other."""
    table = Table("token", title=title)
    for heading in fields:
        table.add_column(heading, justify="right")
    table.add_column("")
    stacked = [title]
    for code, each in positions.items():
        amounts = [_major(getattr(each, field), code) for field in fields.values()]
        table.add_row(code, *amounts, _verdict(each.balanced))
        stacked.append(f"{code} {_verdict(each.balanced)}")
        stacked += [
            f"  {heading} {amount}" for heading, amount in zip(fields, amounts, strict=True)
        ]
    console.print(table if _fits(console, table) else "\n".join(stacked))


def _row(sale: Sale) -> PaymentRow:
    refusals = (find_act(sale.entry, "refused", key) for key in ("authorized", "captured"))
    refused = next(filter(None, refusals), None)
    price = Money(sale.payment.source_amount, sale.order.buyer_currency)
    return PaymentRow(
        invoice=sale.order.invoice,
        state=_state(sale),
        refusal=refused.details["sentence"] if refused else "",
        owed=str(sale.order.amount),
        price=str(price),
        rate=f"{sale.rate.value:f}",
        rate_date=sale.rate.fixing.isoformat(),
        gas=sum(act.gas for act in sale.entry.acts),
        captured=str(Money(sale.captured, sale.order.buyer_currency)),
        refunded=str(Money(sale.returned, sale.order.buyer_currency)),
        uetr=sale.entry.uetr,
        payment_id=f"0x{sale.entry.payment_id}",
    )


def _state(sale: Sale) -> str:
    if find_act(sale.entry, "refused", "authorized"):
        return "refused"
    if sale.refunded:
        return "refunded in part" if sale.refundable.amount else "refunded"
    if find_act(sale.entry, "voided"):
        return "captured in part" if sale.captured else "voided"
    if find_act(sale.entry, "reclaimed"):
        return "reclaimed"
    if find_act(sale.entry, "claimed"):
        return "captured, claimed"
    return "captured" if sale.captured else "authorized"


def _position(position: SupplyPosition | EscrowPosition) -> dict[str, Any]:
    return {**asdict(position), "balanced": position.balanced}


def _major(amount: int, code: str) -> str:
    return Money(amount, Currency.of(code)).format()


def _verdict(balanced: bool) -> str:
    return "✓" if balanced else "DOES NOT BALANCE"
