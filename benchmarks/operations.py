"""The operations whose gas is measured, and the gas that each may cost.

To add one, write its function here and its row in `ROWS`.

Each function gets a world of its own, in which everybody who takes part already holds a balance
and the tokens have valid copies of the registry's answers, unless it says otherwise. What comes
before the measured transaction are transactions of their own, so every slot is cold.
"""

from collections.abc import Callable
from dataclasses import dataclass

from web3.constants import ADDRESS_ZERO

from benchmarks.world import AMOUNT, DAY, START, World
from deposit_token import messages
from deposit_token.demo.keys import account
from deposit_token.errors import ChainError
from deposit_token.participants import Category
from deposit_token.payment import Payment, PaymentStatus, RefundQuote

BATCH_REGISTERED = 100
BATCH_CAPTURED = 50


def transfer_existing(world: World) -> int:
    """Between two customers in one country, who both keep a balance."""
    transfer = world.eur.functions.transfer(world.neighbour.address, AMOUNT)
    return world.send(world.payer, transfer)


def transfer_new(world: World) -> int:
    """To a registered wallet that never held the token: the registry is asked about it."""
    transfer = world.eur.functions.transfer(world.newcomer.address, AMOUNT)
    return world.send(world.payer, transfer)


def transfer_cross_zone(world: World) -> int:
    """Between two customers in different zones, across a corridor open to direct transfers."""
    transfer = world.eur.functions.transfer(world.expatriate.address, AMOUNT)
    return world.send(world.payer, transfer)


def transfer_from(world: World) -> int:
    """By a spender with a finite allowance, of which something is left."""
    approve = world.eur.functions.approve(world.operator.address, 2 * AMOUNT)
    world.send(world.payer, approve)
    addresses = (world.payer.address, world.neighbour.address)
    return world.send(world.operator, world.eur.functions.transferFrom(*addresses, AMOUNT))


def transfer_with_authorization(world: World) -> int:
    """By ERC-3009's own form with v, r and s, sent by a third account."""
    terms = (world.payer.address, world.neighbour.address, AMOUNT, 0, START + DAY, b"\xa5" * 32)
    domain = world.settlement.token_domain(world.eur.address)
    signature = messages.sign(world.payer, messages.transfer_with_authorization(domain, *terms))
    vrs = (signature[64], signature[:32], signature[32:64])
    transfer = world.eur.functions.transferWithAuthorization(*terms, *vrs)
    return world.send(world.operator, transfer)


def mint(world: World) -> int:
    """By a desk to a holder, for an entry whose word of the bitmap is in use."""
    return world.mint("EUR", world.payer.address, AMOUNT, sequence=10)


def register_batch_100_each(world: World) -> int:
    """One of 100 new wallets, each of another customer, that are registered at once; the gas of the
    whole batch divided by 100, rounded down."""
    wallets = [account(f"wallet/{number}").address for number in range(BATCH_REGISTERED)]
    return world.register("EUR", Category.RETAIL, "DE", wallets) // BATCH_REGISTERED


def authorize_one_currency(world: World) -> int:
    """Through a corridor without quota."""
    return world.authorize(world.payment("one currency", world.eur))


def authorize_two_currencies(world: World) -> int:
    """With the dealer's own signature, through a corridor that wants a purpose and counts a monthly
    quota. The customer has paid through it earlier in the month, so the slot of what it has used is
    in use already."""
    return world.authorize(world.payment("two currencies", world.hkd))


def capture_one_currency(world: World) -> int:
    """In full."""
    return world.capture(world.authorized("one currency", world.eur))


def capture_two_currencies(world: World) -> int:
    """In full; the dealer has inventory in the source currency already."""
    return world.capture(world.authorized("two currencies", world.hkd))


def void_one_currency(world: World) -> int:
    """By the operator, of the whole amount."""
    payment = world.authorized("one currency", world.eur)
    return world.send(world.operator, world.escrow.functions.void(payment.as_tuple()))


def void_two_currencies(world: World) -> int:
    """By the operator, of the whole amount; the quota is restored, and some stays used."""
    payment = world.authorized("two currencies", world.hkd)
    return world.send(world.operator, world.escrow.functions.void(payment.as_tuple()))


def refund_signed(world: World) -> int:
    """In one currency, of the whole amount after its capture: by the operator, with the merchant's
    signature."""
    payment = world.captured("one currency", world.eur)
    quote = _whole_refund(world, payment)
    signature = world.settlement.sign_refund_as_merchant(world.merchant, payment, quote)
    refund = world.escrow.functions.refundWithAuthorization(
        payment.as_tuple(), quote.as_tuple(), signature, b""
    )
    return world.send(world.operator, refund)


def refund_called(world: World) -> int:
    """The same, by the merchant itself, from a finite allowance of which something is left."""
    payment = world.captured("one currency", world.eur)
    quote = _whole_refund(world, payment)
    approve = world.eur.functions.approve(world.escrow.address, 2 * AMOUNT)
    world.send(world.merchant, approve)
    refund = world.escrow.functions.refund(payment.as_tuple(), quote.as_tuple(), b"")
    return world.send(world.merchant, refund)


def capture_batch_50_each(world: World) -> int:
    """One of 50 payments in one currency, each in full and from another payer, to one merchant; the
    gas of the whole batch divided by 50, rounded down. Raises ChainError if one was skipped."""
    payers = [account(f"payer/{number}") for number in range(BATCH_CAPTURED)]
    world.register("EUR", Category.RETAIL, "DE", [payer.address for payer in payers])
    payments = []
    for number, payer in enumerate(payers):
        world.mint("EUR", payer.address, 2 * AMOUNT, sequence=10 + number)
        payment = world.payment(f"batch {number}", world.eur, payer)
        world.authorize(payment, payer)
        payments.append(payment)
    captures = [(payment.as_tuple(), payment.source_amount) for payment in payments]
    gas = world.send(world.operator, world.escrow.functions.captureBatch(captures))
    for payment in payments:
        status = world.settlement.state(world.settlement.payment_id(payment)).status
        if status != PaymentStatus.CAPTURED:
            raise ChainError(f"captureBatch: found a payment {status.name}, accepted is CAPTURED.")
    return gas // BATCH_CAPTURED


def _whole_refund(world: World, payment: Payment) -> RefundQuote:
    return RefundQuote(
        payment_id=world.settlement.payment_id(payment),
        refunded_before=0,
        source_amount=payment.source_amount,
        target_amount=payment.target_amount,
        dealer=ADDRESS_ZERO,
        deadline=START + DAY,
    )


@dataclass(frozen=True)
class Row:
    """One operation of the gas table."""

    measure: Callable[[World], int]
    """Gives the gas that the receipt of the measured transaction says; its name is the key."""
    operation: str
    must: int
    """Gas that it may cost at most."""
    aim: int
    """Gas that it should cost at most."""
    peers: str
    """What the same costs elsewhere, measured the same way."""
    why_over: str = ""
    """Why it costs more than it may, where it does."""

    @property
    def key(self) -> str:
        """The operation's name in the snapshot."""
        return self.measure.__name__


ROWS = (
    Row(
        transfer_existing,
        "transfer, valid copy of the registry's answer",
        must=43_000,
        aim=41_500,
        peers="USDC behind its proxy 45,059; CMTAT Allowlist without proxy 55,531; "
        "T-REX 122,457 to 238,434; ATK deposit 190,952 to 371,514; plain OpenZeppelin 34,477; "
        "arithmetic floor 33,352",
    ),
    Row(
        transfer_new,
        "transfer to an account that never held it",
        must=67_000,
        aim=64_000,
        peers="USDC 62,159; CMTAT 72,631",
        why_over="The floor is near 64,000: the registry and two of its slots are cold, one of "
        "them whether the whole customer is blocked. All that is computed besides takes 3,800.",
    ),
    Row(
        transfer_cross_zone,
        "transfer across an open corridor",
        must=56_000,
        aim=51_000,
        peers="none",
    ),
    Row(
        transfer_from,
        "transferFrom, finite allowance",
        must=50_500,
        aim=47_500,
        peers="USDC 53,292; CMTAT 66,201",
    ),
    Row(
        transfer_with_authorization,
        "transferWithAuthorization",
        must=80_000,
        aim=76_000,
        peers="USDC 85,740; floor without proxy 62,288",
    ),
    Row(
        mint,
        "mint by a desk, entry's bitmap word in use",
        must=58_000,
        aim=53_000,
        peers="USDC 55,503 (no entry); CMTAT 56,119",
    ),
    Row(
        register_batch_100_each,
        "register, batch of 100, each",
        must=25_500,
        aim=24_500,
        peers="CMTAT 26,324; T-REX 31,431; floor 23,849",
    ),
    Row(
        authorize_one_currency,
        "authorize, one currency, corridor without quota",
        must=120_000,
        aim=112_000,
        peers="commerce-payments with USDC 144,305; with a bare mock token 122,150",
        why_over="Calldata, slots, logs and cold accounts take 109,600. Reading and checking the "
        "terms takes 2,600 of the 14,300 computed: were it free, it would still be over.",
    ),
    Row(
        authorize_two_currencies,
        "authorize, two currencies, dealer's signature, all checks, quota counted",
        must=175_000,
        aim=160_000,
        peers="none has it; ATK XvP create and approvals 1,411,571",
    ),
    Row(
        capture_one_currency,
        "capture in full, one currency",
        must=67_000,
        aim=62_000,
        peers="commerce-payments with USDC 68,477, no check of the payer",
    ),
    Row(
        capture_two_currencies,
        "capture in full, two currencies",
        must=77_000,
        aim=70_000,
        peers="ATK XvP execute 686,823",
    ),
    Row(
        void_one_currency,
        "void, one currency",
        must=60_000,
        aim=56_000,
        peers="66,020",
    ),
    Row(
        void_two_currencies,
        "void, two currencies with quota restored",
        must=84_000,
        aim=76_000,
        peers="none",
    ),
    Row(
        refund_signed,
        "refund, one currency, merchant's signature",
        must=105_000,
        aim=98_000,
        peers="none by signature",
    ),
    Row(
        refund_called,
        "refund, one currency, merchant calls",
        must=78_000,
        aim=72_000,
        peers="commerce-payments with USDC 91,967",
    ),
    Row(
        capture_batch_50_each,
        "one capture of a batch of 50 to one merchant",
        must=31_000,
        aim=24_000,
        peers="none",
    ),
)
"""The gas table. Nothing is switched off for it: the tokens stand behind their proxies and check
standing, freeze and country; no fee."""
