"""Sales, and what a run has seen become of them."""

from dataclasses import dataclass, field

from deposit_token.demo.orders import Order, Skipped
from deposit_token.protocol.payment import Payment
from deposit_token.store.records import Instruction
from deposit_token.values.enumerations import PaymentStatus
from deposit_token.values.money import Money
from deposit_token.values.rates import Rate


@dataclass
class Sale:
    """A sale under way: the order, its terms, and what this run has seen become of it so far."""

    order: Order
    payment: Payment
    rate: Rate
    resumed: bool = False
    """An earlier run has had it authorized, or was about to."""
    pending: bool = True
    """This run is still to end it."""
    refunding: bool = False
    """A refund of it is under way."""
    refusal: str = ""
    """Why its issuance, authorization or capture was refused, in one sentence; or empty."""
    refused_issuance: Instruction | None = None
    authorized: bool = False
    captured: int = 0
    """Minor units of the source token."""
    refunded: int = 0
    """What the merchant gave back, in minor units of the target token."""
    returned: int = 0
    """What the payer got for it, in minor units of the source token."""
    given_back: PaymentStatus | None = None
    """How what was not captured went back to the payer."""
    claimed: bool = False
    """The merchant was paid what it could not be at first."""

    @property
    def refundable(self) -> Money:
        """What the merchant can still give back."""
        paid = self.payment.target_share(self.captured)
        return Money(paid - self.refunded, self.order.amount.currency)


@dataclass
class Outcome:
    """What a run did: its sales in the order of their times, and the rows that it left out."""

    sales: list[Sale] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    out_of_reach: dict[str, str] = field(default_factory=dict)
    """States that sales would have come to on a chain whose clock can be set, by invoice."""
