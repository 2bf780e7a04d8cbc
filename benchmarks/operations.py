"""The operations whose gas is measured, and the gas that each may cost.

To add one, write its function here and its row in `ROWS`.

Each function gets a world of its own, in which everybody who takes part already holds a balance
and the tokens have valid copies of the registry's answers, unless it says otherwise. What comes
before the measured transaction are transactions of their own, so every slot is cold.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from eth_account.signers.local import LocalAccount
from web3.constants import ADDRESS_ZERO
from web3.contract import Contract
from web3.types import TxReceipt

from benchmarks.world import AMOUNT, EXPATRIATE, NEIGHBOUR, NEWCOMER, PAYER, START, World
from deposit_token.devchain.keys import account
from deposit_token.protocol import acts, messages
from deposit_token.protocol.acts import Act
from deposit_token.protocol.payment import Payment, RefundQuote
from deposit_token.values.enumerations import CustomerCategory
from tests.scene import DAY, DEALER, MERCHANT, OPERATOR

BATCH_REGISTERED = 100
BATCH = 50
FEE_BPS = 100


def transfer_existing(world: World) -> TxReceipt:
    """Between two customers in one country, who both keep a balance."""
    transfer = world.eur.functions.transfer(NEIGHBOUR.address, AMOUNT)
    return world.send(PAYER, transfer)


def transfer_new(world: World) -> TxReceipt:
    """To a registered wallet that never held the token: the registry is asked about it."""
    transfer = world.eur.functions.transfer(NEWCOMER.address, AMOUNT)
    return world.send(PAYER, transfer)


def transfer_cross_zone(world: World) -> TxReceipt:
    """Between two customers in different zones, across a corridor open to direct transfers."""
    transfer = world.eur.functions.transfer(EXPATRIATE.address, AMOUNT)
    return world.send(PAYER, transfer)


def transfer_from(world: World) -> TxReceipt:
    """By a spender who is a customer too, with a finite allowance, of which something is left."""
    return _transfer_from(world, MERCHANT)


def transfer_from_stranger(world: World) -> TxReceipt:
    """The same by a spender whom the registry does not know: it is asked whether it blocks it."""
    return _transfer_from(world, OPERATOR)


def transfer_with_reference(world: World) -> TxReceipt:
    """As `transfer_existing`, with a reference of 32 bytes (ERC-7699)."""
    transfer = world.eur.functions.transfer(NEIGHBOUR.address, AMOUNT, b"\xa5" * 32)
    return world.send(PAYER, transfer)


def transfer_with_authorization(world: World) -> TxReceipt:
    """By ERC-3009's own form with v, r and s, sent by a third account."""
    terms = (PAYER.address, NEIGHBOUR.address, AMOUNT, 0, START + DAY, b"\xa5" * 32)
    domain = world.settlement.token_domain(world.eur.address)
    message = messages.TransferWithAuthorization(*terms)
    vrs = _split(messages.sign(PAYER, message, domain))
    transfer = world.eur.functions.transferWithAuthorization(*terms, *vrs)
    return world.send(OPERATOR, transfer)


def permit(world: World) -> TxReceipt:
    """The owner's first, by ERC-2612's own form with v, r and s, sent by a third account."""
    terms = (PAYER.address, OPERATOR.address, AMOUNT)
    domain = world.settlement.token_domain(world.eur.address)
    message = messages.Permit(*terms, nonce=0, deadline=START + DAY)
    vrs = _split(messages.sign(PAYER, message, domain))
    return world.send(OPERATOR, world.eur.functions.permit(*terms, START + DAY, *vrs))


def mint(world: World) -> TxReceipt:
    """By a minter to a holder, for an entry whose word of the bitmap is in use."""
    return world.rhein.mint(PAYER.address, AMOUNT, sequence=10)


def register_batch_100_each(world: World) -> TxReceipt:
    """One of 100 new wallets, each of another customer, that are registered at once; the gas of the
    whole batch divided by 100, rounded down."""
    wallets = [account(f"wallet/{number}").address for number in range(BATCH_REGISTERED)]
    return _register(world, *wallets)


def authorize_one_currency(world: World) -> TxReceipt:
    """Through a corridor without quota."""
    return world.authorize(world.terms("one currency", world.eur))


def authorize_one_fee(world: World) -> TxReceipt:
    """The same with a fee of 1 % for a customer in the merchant's country."""
    return world.authorize(world.terms("one currency", world.eur, fee_bps=FEE_BPS))


def authorize_two_currencies(world: World) -> TxReceipt:
    """With the dealer's own signature, through a corridor that wants a purpose and counts a monthly
    quota. The customer has paid through it earlier in the month, so the slot of what it has used is
    in use already."""
    return world.authorize(world.terms("two currencies", world.hkd))


def charge_one_currency(world: World) -> TxReceipt:
    """As `authorize_one_currency`, and captured at once."""
    return world.charge(world.terms("one currency", world.eur))


def charge_one_fee(world: World) -> TxReceipt:
    """As `authorize_one_fee`, and captured at once."""
    return world.charge(world.terms("one currency", world.eur, fee_bps=FEE_BPS))


def charge_two_currencies(world: World) -> TxReceipt:
    """As `authorize_two_currencies`, and captured at once; the dealer has inventory in the source
    currency already."""
    return world.charge(world.terms("two currencies", world.hkd))


def capture_one_currency(world: World) -> TxReceipt:
    """In full."""
    return world.capture(world.authorized("one currency", world.eur))


def capture_two_currencies(world: World) -> TxReceipt:
    """In full; the dealer has inventory in the source currency already."""
    return world.capture(world.authorized("two currencies", world.hkd))


def void_one_currency(world: World) -> TxReceipt:
    """By the operator, of the whole amount."""
    return world.do(OPERATOR, acts.void(world.authorized("one currency", world.eur)))


def void_two_currencies(world: World) -> TxReceipt:
    """By the operator, of the whole amount; the quota is restored, and some stays used."""
    return world.do(OPERATOR, acts.void(world.authorized("two currencies", world.hkd)))


def refund_signed(world: World) -> TxReceipt:
    """In one currency, of the whole amount after its capture: by the operator, with the merchant's
    signature."""
    return _refund_signed(world, world.captured("one currency", world.eur))


def refund_signed_two(world: World) -> TxReceipt:
    """The same in two currencies, with the dealer's signature; the quota is restored, and some
    stays used."""
    return _refund_signed(world, world.captured("two currencies", world.hkd))


def refund_called(world: World) -> TxReceipt:
    """As `refund_signed`, by the merchant itself, from a finite allowance of which something is
    left."""
    return _refund_called(world, world.captured("one currency", world.eur))


def refund_called_two(world: World) -> TxReceipt:
    """As `refund_signed_two`, by the merchant itself as in `refund_called`."""
    return _refund_called(world, world.captured("two currencies", world.hkd))


def batch_capture_50_each(world: World) -> TxReceipt:
    """One of 50 payments in one currency, each in full and from another payer, to one merchant; the
    gas of the whole batch divided by 50, rounded down, as in those that follow."""
    payments = _payments_of_many(world, world.eur)
    world.batch(_authorizations(world, payments))
    captures = [acts.capture(each, 0, each.source_amount) for each in payments.values()]
    return world.batch(captures)


def batch_authorize_one_50_each(world: World) -> TxReceipt:
    """As `authorize_one_currency`."""
    payments = _payments_of_many(world, world.eur)
    return world.batch(_authorizations(world, payments))


def batch_authorize_two_50_each(world: World) -> TxReceipt:
    """As `authorize_two_currencies`."""
    payments = _payments_of_many(world, world.hkd)
    return world.batch(_authorizations(world, payments))


def batch_charge_one_50_each(world: World) -> TxReceipt:
    """As `charge_one_currency`."""
    return world.batch(_charges(world, _payments_of_many(world, world.eur)))


def batch_charge_two_50_each(world: World) -> TxReceipt:
    """As `charge_two_currencies`."""
    return world.batch(_charges(world, _payments_of_many(world, world.hkd)))


def _register(world: World, *wallets: str) -> TxReceipt:
    """New customers in Germany, whose reviews are good for a year."""
    return world.rhein.register(CustomerCategory.RETAIL, "DE", *wallets, until=START + 365 * DAY)


def _transfer_from(world: World, spender: LocalAccount) -> TxReceipt:
    world.send(PAYER, world.eur.functions.approve(spender.address, 2 * AMOUNT))
    addresses = (PAYER.address, NEIGHBOUR.address)
    return world.send(spender, world.eur.functions.transferFrom(*addresses, AMOUNT))


def _refund_signed(world: World, payment: Payment) -> TxReceipt:
    quote, by_dealer = _whole_refund(world, payment)
    by_merchant = world.settlement.sign_refund_as_merchant(MERCHANT, payment, quote)
    refund = acts.refund_with_authorization(payment, quote, by_merchant, by_dealer)
    return world.do(OPERATOR, refund)


def _refund_called(world: World, payment: Payment) -> TxReceipt:
    quote, by_dealer = _whole_refund(world, payment)
    token = world.eur if payment.dealer == ADDRESS_ZERO else world.hkd
    approve = token.functions.approve(world.escrow.address, 2 * quote.target_amount)
    world.send(MERCHANT, approve)
    return world.do(MERCHANT, acts.refund(payment, quote, by_dealer))


def _whole_refund(world: World, payment: Payment) -> tuple[RefundQuote, bytes]:
    """The quote and, in two currencies, the dealer's signature."""
    quote = RefundQuote(
        payment_id=world.settlement.payment_id(payment),
        refunded_before=0,
        source_amount=payment.source_amount,
        target_amount=payment.target_amount,
        dealer=payment.dealer,
        deadline=START + DAY,
    )
    if payment.dealer == ADDRESS_ZERO:
        return quote, b""
    return quote, world.settlement.sign_refund_as_dealer(DEALER, quote)


def _payments_of_many(world: World, target: Contract) -> dict[LocalAccount, Payment]:
    """One payment of each of many payers, who hold more, and have paid for something in HKD earlier
    this month."""
    payers = [account(f"payer/{number}") for number in range(BATCH)]
    _register(world, *(payer.address for payer in payers))
    for number, payer in enumerate(payers):
        world.rhein.mint(payer.address, 3 * AMOUNT, sequence=10 + number)
    earlier = {each: world.terms(f"earlier {each.address}", world.hkd, each) for each in payers}
    world.batch(_authorizations(world, earlier))
    return {each: world.terms(f"batch {each.address}", target, each) for each in payers}


def _authorizations(world: World, payments: Mapping[LocalAccount, Payment]) -> list[Act]:
    return [acts.authorize(each, **world.consents(payer, each)) for payer, each in payments.items()]


def _charges(world: World, payments: Mapping[LocalAccount, Payment]) -> list[Act]:
    return [
        acts.charge(payment, **world.consents(payer, payment))
        for payer, payment in payments.items()
    ]


def _split(signature: bytes) -> tuple[int, bytes, bytes]:
    """v, r and s."""
    return signature[64], signature[:32], signature[32:64]


@dataclass(frozen=True)
class Row:
    """One operation of the gas table."""

    measure: Callable[[World], TxReceipt]
    """Gives the receipt of the measured transaction; its name is the key."""
    operation: str
    must: int
    """Gas that it may cost at most."""
    aim: int
    """Gas that it should cost at most."""
    peers: str
    """What the same costs elsewhere, measured the same way."""
    each: int = 1
    """How many did the same in the transaction: its gas is divided by that, rounded down."""
    why_over: str = ""
    """Why it costs more than it may, where it does."""

    @property
    def key(self) -> str:
        """The operation's name in the snapshot."""
        return self.measure.__name__


SPENT_ALLOWANCE = (
    "Some 1,790 gas of it tell what is left of the allowance, without which nobody knows allowances"
    " from events."
)

ROWS = (
    Row(
        transfer_existing,
        "transfer, valid copy of the registry's answer",
        must=43_200,
        aim=42_500,
        peers="USDC behind its proxy 45,059; Tempo about 50,000 by its own word; CMTAT Allowlist "
        "without proxy 55,531; T-REX 122,457 to 238,434; ATK deposit 190,952 to 371,514",
    ),
    Row(
        transfer_new,
        "transfer to an account that never held it",
        must=68_300,
        aim=67_500,
        peers="USDC 62,159; CMTAT 72,631",
    ),
    Row(
        transfer_cross_zone,
        "transfer across an open corridor",
        must=51_500,
        aim=50_600,
        peers="none",
    ),
    Row(
        transfer_from,
        "transferFrom, spender with a good copy",
        must=51_500,
        aim=50_700,
        peers="USDC 53,292 (asks its denylist for the spender too); CMTAT 66,201",
        why_over=SPENT_ALLOWANCE,
    ),
    Row(
        transfer_from_stranger,
        "transferFrom, spender unknown to the registry",
        must=58_000,
        aim=57_000,
        peers="USDC 53,292",
        why_over=SPENT_ALLOWANCE,
    ),
    Row(
        transfer_with_reference,
        "transfer with a reference of 32 bytes",
        must=45_900,
        aim=45_100,
        peers="none",
    ),
    Row(
        transfer_with_authorization,
        "transferWithAuthorization",
        must=76_700,
        aim=75_600,
        peers="USDC 85,740",
    ),
    Row(
        permit,
        "permit, the owner's first",
        must=82_400,
        aim=81_500,
        peers="USDC 93,427",
        why_over="1,417 gas of it tell which nonce was used, without which nobody knows the nonces "
        "of permits from events.",
    ),
    Row(
        mint,
        "mint by a minter, entry's bitmap word in use",
        must=55_500,
        aim=54_800,
        peers="USDC 55,503 (no entry); CMTAT 56,119",
    ),
    Row(
        register_batch_100_each,
        "register, batch of 100, each",
        each=BATCH_REGISTERED,
        must=25_500,
        aim=25_400,
        peers="CMTAT 26,324; T-REX 31,431",
        why_over="The event names each field by itself, 887 gas more than one packed word, without "
        "which nobody rebuilds the registry from events; the rest is what the checks of a record "
        "cost: that it is well formed, valid, and no other customer's wallet.",
    ),
    Row(
        authorize_one_currency,
        "authorize, one currency, corridor without quota",
        must=131_000,
        aim=129_300,
        peers="commerce-payments with USDC 144,305",
    ),
    Row(
        authorize_one_fee,
        "the same with a fee",
        must=139_000,
        aim=137_000,
        peers="commerce-payments with USDC 144,305",
    ),
    Row(
        authorize_two_currencies,
        "authorize, two currencies, dealer's signature, quota counted",
        must=188_000,
        aim=177_500,
        peers="none; ATK XvP create and approvals 1,411,571",
    ),
    Row(
        charge_one_currency,
        "charge, one currency, corridor without quota",
        must=132_000,
        aim=130_000,
        peers="commerce-payments with USDC 159,309",
    ),
    Row(
        charge_one_fee,
        "the same with a fee",
        must=140_500,
        aim=138_300,
        peers="commerce-payments with USDC 171,759",
    ),
    Row(
        charge_two_currencies,
        "charge, two currencies, dealer's signature, quota counted",
        must=203_500,
        aim=192_500,
        peers="none",
    ),
    Row(
        capture_one_currency,
        "capture in full, one currency",
        must=65_000,
        aim=64_200,
        peers="commerce-payments with USDC 68,477, no check of the payer",
    ),
    Row(
        capture_two_currencies,
        "capture in full, two currencies",
        must=77_500,
        aim=76_700,
        peers="ATK XvP execute 686,823",
    ),
    Row(
        void_one_currency,
        "void, one currency",
        must=60_300,
        aim=59_600,
        peers="commerce-payments with USDC 66,020",
    ),
    Row(
        void_two_currencies,
        "void, two currencies with quota restored",
        must=84_200,
        aim=83_200,
        peers="none",
    ),
    Row(
        refund_signed,
        "refund, one currency, merchant's signature",
        must=105_800,
        aim=104_500,
        peers="none by signature",
    ),
    Row(
        refund_signed_two,
        "refund, two currencies, merchant's signature",
        must=170_500,
        aim=163_000,
        peers="none",
    ),
    Row(
        refund_called,
        "refund, one currency, merchant calls",
        must=77_400,
        aim=76_300,
        peers="commerce-payments with USDC 91,967",
        why_over=SPENT_ALLOWANCE,
    ),
    Row(
        refund_called_two,
        "refund, two currencies, merchant calls",
        must=142_300,
        aim=134_800,
        peers="none",
    ),
    Row(
        batch_capture_50_each,
        "one capture of a batch of 50 to one merchant",
        each=BATCH,
        must=27_100,
        aim=26_300,
        peers="none",
    ),
    Row(
        batch_authorize_one_50_each,
        "one authorize of such a batch, one currency",
        each=BATCH,
        must=87_500,
        aim=86_000,
        peers="none",
    ),
    Row(
        batch_authorize_two_50_each,
        "one authorize of such a batch, two currencies",
        each=BATCH,
        must=112_800,
        aim=109_200,
        peers="none",
    ),
    Row(
        batch_charge_one_50_each,
        "one charge of such a batch, one currency",
        each=BATCH,
        must=88_200,
        aim=86_700,
        peers="none",
    ),
    Row(
        batch_charge_two_50_each,
        "one charge of such a batch, two currencies",
        each=BATCH,
        must=117_700,
        aim=113_900,
        peers="none",
    ),
)
"""The gas table. Nothing is switched off for it: the tokens stand behind their proxies and check
standing, freeze and country; no fee unless it says so."""
