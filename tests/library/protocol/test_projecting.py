"""Reconciliation from a checkpoint on: the same figures as in full, whatever happens meanwhile."""

import signal
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from random import Random

import pytest

from deposit_token.chain.chain import Chain
from deposit_token.chain.logs import logged
from deposit_token.chain.profile import NetworkProfile
from deposit_token.chain.refusals import Reverted
from deposit_token.errors import InputError, MistakeError, Overtaken, WrongChain
from deposit_token.protocol import projecting
from deposit_token.protocol.event_rows import OF_ESCROW
from deposit_token.protocol.reconciliation import escrow_positions, supply_position
from deposit_token.store.sql_projection import SqlProjection
from tests.databases import POSTGRESQL
from tests.files import ROOT
from tests.library.protocol.reading_process import STAGES
from tests.library.shop import Shop
from tests.nodes import Proxy, again, rpc, served, url_of
from tests.refusals import refuses
from tests.scene import ARBITER, DEALER, MERCHANT, OPERATOR


@pytest.fixture
def own_shop(start_anvil):
    """On a node of its own: a snapshot does not restore what is undone here."""
    with start_anvil() as url:
        yield Shop.open(Chain.connect(url))


@pytest.fixture(params=["sqlite", POSTGRESQL])
def projection(request, tmp_path, connect):
    if request.param == "sqlite":
        return SqlProjection(connect(f"sqlite:///{tmp_path / 'store.sqlite'}"))
    return SqlProjection(connect(request.getfixturevalue("postgresql").new()))


def figures(shop, chain=None, **terms):
    """The escrow's positions and the supplies of all tokens."""
    chain = chain or shop.chain
    tokens = list(shop.tokens.values())
    found = [*escrow_positions(chain, shop.settlement.address, tokens, **terms)]
    return found + [supply_position(chain, token, **terms) for token in tokens]


def told_by_the_contracts(shop):
    """The same of the escrow, asked payment by payment and owner by owner."""
    chain, settlement = shop.chain, shop.settlement
    escrow = chain.contract("SettlementEscrow", settlement.address)
    block = chain.web3.eth.block_number
    held, inventory, claimable = Counter(), Counter(), Counter()
    for payment_id, payment in settlement.authorized(block):
        state = settlement.state(payment_id, block)
        if state.closed:
            continue
        held[payment.source_token] += payment.source_amount - state.captured
        if payment.source_token != payment.target_token:
            paid = payment.target_share(state.captured)
            held[payment.target_token] += payment.target_amount - paid
    owners = {
        (log["args"]["token"], log["args"]["owner"])
        for log in logged(escrow, ["ClaimableAdded"], block)
    }
    for token, owner in owners:
        claimable[token] += settlement.claimable(token, owner)
    for token in shop.tokens.values():
        inventory[token] += settlement.inventory(DEALER.address, token)
    return [
        (
            token,
            shop.balance(token, settlement.address),
            held[token],
            inventory[token],
            claimable[token],
        )
        for token in shop.tokens.values()
    ]


def after_reorganisation(shop):
    """The same shop: its chain kept the nonces of those who send."""
    banks = (shop.rhein.at, shop.victoria.at)
    same = Shop(again(shop.chain), shop.settlement.address, banks)
    same._numbers = shop._numbers
    return same


class History:
    """Random acts of everybody's, of which some are refused, and some undone."""

    def __init__(self, shop, random):
        self.shop, self.random = shop, random
        self.payments = []

    def act(self):
        often = [self.sell, self.capture, self.end]
        others = [self.charge, self.dispute, self.refund, self.inventory, self.lapse, self.claim]
        chosen = self.random.choice([*often, *often, *others, self.undo])
        with suppress(Reverted, MistakeError):
            chosen()

    def terms(self):
        one = self.random.random() < 0.4
        price = f"{self.random.randrange(10, 90)}.{self.random.randrange(10)}7"
        owed = price if one else f"{self.random.randrange(100, 900)}.01"
        return (f"{owed} HKD", f"{price} {'HKD' if one else 'EUR'}", "HK" if one else "DE")

    def sell(self):
        arbitrated = self.shop.arbitrated() if self.random.random() < 0.5 else {}
        self.payments.append(self.shop.sold(*self.terms(), **arbitrated))

    def charge(self):
        buyer, payment = self.shop.sell(*self.terms())
        self.shop.settlement.charge(OPERATOR, payment, **self.shop.consents(buyer, payment))
        self.shop.endow(buyer)
        self.payments.append((buyer, payment))

    def capture(self):
        _, payment = self.random.choice(self.payments)
        captured = self.shop.state(payment).captured
        amount = self.random.randint(1, max(payment.source_amount - captured, 1))
        self.shop.settlement.capture(OPERATOR, payment, captured, amount)

    def end(self):
        buyer, payment = self.random.choice(self.payments)
        if self.random.random() < 0.5:
            self.shop.settlement.void(OPERATOR, payment)
        else:
            self.shop.settlement.release(buyer, payment)

    def dispute(self):
        buyer, payment = self.random.choice(self.payments)
        self.shop.settlement.dispute(buyer, payment)
        left = payment.source_amount - self.shop.state(payment).captured
        self.shop.settlement.resolve(ARBITER, payment, self.random.randrange(left + 1))

    def refund(self):
        _, payment = self.random.choice(self.payments)
        state = self.shop.state(payment)
        paid = payment.target_share(state.captured) - state.refunded
        target = self.random.randint(1, max(paid, 1))
        terms = {"captured": state.captured, "refunded": state.refunded, "closed": state.closed}
        source = payment.greatest_refund(target, **terms)
        self.shop.refund(payment, self.shop.quote(payment, source, target))

    def inventory(self):
        act = self.random.choice([self.shop.settlement.deposit, self.shop.settlement.withdraw])
        act(DEALER, self.shop.hkd, self.random.randrange(1, 1_000))

    def lapse(self):
        """What is paid out meanwhile is kept for the merchant."""
        self.shop.renew_merchant(self.shop.now + 1)
        self.shop.wait_until(self.shop.now + 1)
        try:
            self.capture()
        finally:
            self.shop.renew_merchant()

    def claim(self):
        self.shop.settlement.claim(OPERATOR, self.shop.hkd, MERCHANT.address)

    def undo(self):
        """The last payments and acts may never have happened."""
        rpc(self.shop.chain, "anvil_reorg", self.random.randrange(1, 6), [])
        self.shop = after_reorganisation(self.shop)
        self.shop.renew_merchant()
        self.payments = [
            each for each in self.payments if self.shop.state(each[1]).status.value
        ] or [self.shop.sold()]
        for buyer, _ in self.payments:
            self.shop.endow(buyer)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_random_histories_give_the_same_from_a_checkpoint_and_in_full(own_shop, projection, seed):
    random = Random(seed)
    history = History(own_shop, random)
    history.sell()
    for _ in range(10):
        for _ in range(random.randrange(1, 8)):
            history.act()
        shop = history.shop
        found = figures(shop, projection=projection)
        assert found == figures(shop), f"seed {seed}"
        assert [tuple(vars(each).values()) for each in found[: len(shop.tokens)]] == (
            told_by_the_contracts(shop)
        )
        assert all(each.balanced for each in found)
    escrow = shop.chain.contract("SettlementEscrow", shop.settlement.address)
    latest = shop.chain.web3.eth.block_number
    assert len({log["event"] for log in logged(escrow, OF_ESCROW.events, latest)}) > 5


def test_only_what_is_new_is_asked_for(own_shop, projection):
    shop = own_shop
    before, _ = shop.captured()
    proxy = Proxy(url_of(shop.chain))
    with served(proxy) as url:
        chain = Chain.connect(url)
        figures(shop, chain, projection=projection)
        until = shop.chain.web3.eth.block_number
        buyer, _ = shop.captured()
        proxy.calls.clear()
        assert figures(shop, chain, projection=projection) == figures(shop)
    first = {int(wanted["fromBlock"], 16) for (wanted,) in proxy.asked("eth_getLogs")}
    assert min(first) == until + 1
    asked = [call["data"] for call, _ in proxy.asked("eth_call")]
    holders = {data[-40:] for data in asked if data.startswith("0x70a08231")}
    assert buyer.address[2:].lower() in holders
    assert not holders & {each.address[2:].lower() for each in (before, DEALER)}


def test_everything_is_as_of_the_block_that_is_named(own_shop, projection):
    shop = own_shop
    shop.sold()
    block = shop.chain.web3.eth.block_number
    before = figures(shop)
    shop.captured()
    after = figures(shop)
    assert before != after
    assert figures(shop, block=block) == before
    assert figures(shop, block=block, projection=projection) == before
    assert figures(shop, projection=projection) == after
    latest = shop.chain.web3.eth.block_number
    for found in (block, latest + 1):
        accepted = f"one from {latest}, until which events were read, to {latest}"
        with refuses("block", found, accepted):
            figures(shop, block=found, projection=projection)


def test_events_are_read_from_where_the_contract_begins(own_shop, projection):
    shop = own_shop
    shop.captured()
    created = shop.chain.web3.eth.block_number
    _, payment = shop.sold()
    shop.settlement.void(OPERATOR, payment)
    escrow, tokens = shop.settlement.address, [shop.hkd]
    proxy = Proxy(url_of(shop.chain))
    with served(proxy) as url:
        escrow_positions(Chain.connect(url), escrow, tokens, created=3)
    assert int(proxy.asked("eth_getLogs")[0][0]["fromBlock"], 16) == 3
    payment_id = shop.settlement.payment_id(payment)
    began = shop.chain.web3.eth.block_number
    for kept in ({}, {"projection": projection}):
        with pytest.raises(InputError, match=f"0x{payment_id.hex()} began"):
            escrow_positions(shop.chain, escrow, tokens, created=began, **kept)
    assert projection.checkpoints(escrow) == []
    assert created < began


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("depth", [1, 4])
def test_reorganisation_while_it_is_read_is_read_again(own_shop, projection, kept, depth):
    shop = own_shop
    terms = {"projection": projection} if kept else {}
    proxy = Proxy(url_of(shop.chain))
    undone = []

    def reorganise(ask):
        if not undone:
            undone.append(rpc(own_shop.chain, "anvil_reorg", depth, []))
        return ask()

    with served(proxy) as url:
        chain = Chain.connect(NetworkProfile(url=url, log_span=20))
        figures(shop, chain, **terms)
        for method in ("eth_getLogs", "eth_call", "eth_getBlockByNumber"):
            shop.captured()
            undone.clear()
            proxy.answers[method] = reorganise
            found = figures(shop, chain, **terms)
            del proxy.answers[method]
            assert undone
            shop = after_reorganisation(shop)
            assert figures(shop, chain, **terms) == figures(shop)
            assert all(each.balanced for each in found)


def test_chain_that_never_rests_is_told_of(own_shop, projection):
    shop = own_shop

    def reorganise(ask):
        rpc(shop.chain, "anvil_reorg", 1, [])
        return ask()

    proxy = Proxy(url_of(shop.chain))
    proxy.answers["eth_getLogs"] = reorganise
    with served(proxy) as url, pytest.raises(Overtaken, match="undone"):
        figures(shop, Chain.connect(url), projection=projection)
    assert len(proxy.asked("eth_getLogs")) == projecting._ATTEMPTS


def test_projection_of_another_chain_is_refused(own_shop, projection, start_anvil):
    figures(own_shop, projection=projection)
    with start_anvil("--chain-id", "31338") as url:
        other = Shop.open(Chain.connect(url))
        with pytest.raises(WrongChain, match="found 31338, accepted is 31337"):
            figures(other, projection=projection)


def test_node_that_forgot_the_chain_is_read_from_the_first_block_on(own_shop, projection):
    """As after a development chain was begun again: no checkpoint is on it."""
    shop = own_shop
    block = shop.chain.web3.eth.block_number
    with shop.undone() as then:
        then.captured()
        figures(then, projection=projection)
    assert shop.chain.web3.eth.block_number == block
    assert figures(shop, projection=projection) == figures(shop)


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES)
def test_killed_reader_loses_and_doubles_nothing(own_shop, tmp_path, connect, stage):
    shop, store = own_shop, f"sqlite:///{tmp_path / 'store.sqlite'}"
    for _ in range(3):
        shop.captured()
    node, escrow = url_of(shop.chain), shop.settlement.address
    connect(store)
    killed = 0
    for number in (1, 2, 3, 5):
        command = [sys.executable, "-m", "tests.library.protocol.reading_process", node, store]
        ended = subprocess.run([*command, escrow, shop.hkd, stage, str(number)], cwd=ROOT)
        assert ended.returncode in (0, -signal.SIGKILL)
        killed += ended.returncode != 0
        shop.captured()
    assert killed > 1
    assert figures(shop, projection=SqlProjection(connect(store))) == figures(shop)
