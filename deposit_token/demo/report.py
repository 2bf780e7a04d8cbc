"""What a run did and whether it balances, for people and for machines."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Self, cast

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from web3.types import RPCEndpoint

from deposit_token.chain.chain import Chain
from deposit_token.chain.endpoint import Endpoint
from deposit_token.demo.config import DemoConfig
from deposit_token.demo.orders import Skipped
from deposit_token.demo.sales import Outcome, Sale
from deposit_token.demo.world import World
from deposit_token.platform.operator import Operator
from deposit_token.protocol.reconciliation import (
    EscrowPosition,
    SupplyPosition,
    escrow_positions,
    supply_position,
)
from deposit_token.values.enumerations import PaymentStatus
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
    """Sum over the payment's own transactions in the payment log, refused ones too; what was issued
    to the buyer is the bank's."""
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
    """Transactions that the payment log has for these payments, refused ones too."""

    @classmethod
    def of(
        cls,
        world: World,
        config: DemoConfig,
        operator: Operator,
        outcome: Outcome,
        skipped: tuple[Skipped, ...],
    ) -> Self:
        """Add everything up, from the chain as it is now."""
        tokens = world.tokens
        sent = _transactions(operator, outcome.sales)
        gas = _gas(world.chain, {each for hashes in sent.values() for each in hashes})
        positions = escrow_positions(world.chain, world.settlement.address, list(tokens.values()))
        return cls(
            payments=tuple(
                _row(sale, world, sum(gas[each] for each in sent[sale.order.invoice]))
                for sale in outcome.sales
            ),
            skipped=tuple(sorted((*skipped, *outcome.skipped), key=lambda row: row.line)),
            supplies={code: supply_position(world.chain, token) for code, token in tokens.items()},
            escrow=dict(zip(tokens, positions, strict=True)),
            idle_events=tuple(
                event.invoice
                for event in config.events
                if event.invoice not in {sale.order.invoice for sale in outcome.sales}
            ),
            out_of_reach=outcome.out_of_reach,
            transactions=len(gas),
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


def _transactions(operator: Operator, sales: Iterable[Sale]) -> dict[str, set[str]]:
    """The hashes of all that was sent for each sale, by its invoice."""
    sent = {sale.order.invoice: set[str]() for sale in sales}
    for sale in sales:
        if sale.refused_issuance is not None and sale.refused_issuance.transaction is not None:
            sent[sale.order.invoice].add(sale.refused_issuance.transaction)
    for payment in operator.payments():
        if payment.reference in sent:
            hashes = (each.transaction for each in payment.steps)
            sent[payment.reference].update(each for each in hashes if each is not None)
    return sent


def _gas(chain: Chain, hashes: Iterable[str]) -> dict[str, int]:
    """What each of these transactions has used."""
    asked = sorted(hashes)
    endpoint = cast("Endpoint", chain.web3.provider)
    told = endpoint.ask_each(RPCEndpoint("eth_getTransactionReceipt"), [[each] for each in asked])
    return {each: int(receipt["gasUsed"], 16) for each, receipt in zip(asked, told, strict=True)}


def _row(sale: Sale, world: World, gas: int) -> PaymentRow:
    currency, payment = sale.order.buyer_currency, sale.payment
    return PaymentRow(
        invoice=sale.order.invoice,
        state=_state(sale),
        refusal=sale.refusal,
        owed=str(sale.order.amount),
        price=str(Money(payment.source_amount, currency)),
        rate=f"{sale.rate.value:f}",
        rate_date=sale.rate.fixing.isoformat(),
        gas=gas,
        captured=str(Money(sale.captured, currency)),
        refunded=str(Money(sale.returned, currency)),
        uetr=str(payment.uetr),
        payment_id=f"0x{world.settlement.payment_id(payment).hex()}",
    )


def _state(sale: Sale) -> str:
    if not sale.authorized:
        return "refused"
    if sale.refunded:
        return "refunded in part" if sale.refundable.amount else "refunded"
    if sale.given_back is PaymentStatus.VOIDED:
        return "captured in part" if sale.captured else "voided"
    if sale.given_back is PaymentStatus.RECLAIMED:
        return "reclaimed"
    if sale.claimed:
        return "captured, claimed"
    return "captured" if sale.captured else "authorized"


def _position(position: SupplyPosition | EscrowPosition) -> dict[str, Any]:
    return {**asdict(position), "balanced": position.balanced}


def _major(amount: int, code: str) -> str:
    return Money(amount, Currency.of(code)).format()


def _verdict(balanced: bool) -> str:
    return "✓" if balanced else "DOES NOT BALANCE"
