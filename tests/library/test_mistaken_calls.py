"""Calls by mistake: each ends in one sentence of the library's own, and sends nothing."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
from eth_account import Account

import deposit_token
from deposit_token import (
    Act,
    Chain,
    ContractError,
    Currency,
    CustomerCategory,
    Deployer,
    DeploymentFile,
    Domain,
    LedgerEntry,
    Manifest,
    Money,
    NetworkProfile,
    Operator,
    Payment,
    PaymentApproval,
    Quote,
    Redemptions,
    ReferenceRates,
    acts,
    check_bank,
    customer_id,
    escrow_positions,
    messages,
    pack_participant,
    supply_position,
)
from deposit_token.chain.artifacts import CONTRACTS
from tests.library.platform.market import TERMS
from tests.library.protocol.test_payment import QUOTE, TWO_CURRENCIES
from tests.nodes import mined_after
from tests.refusals import refuses
from tests.scene import OPERATOR

HERE = TWO_CURRENCIES.payer
KEY = "0x" + "11" * 32
ID = bytes(range(32))
UETR = str(TWO_CURRENCIES.uetr)
PLACE = Domain.escrow(1, HERE)
NAIVE = datetime(2026, 3, 2, 12)
AMOUNT, UINT104 = "an integer from 1 to 2^104 - 1", "an integer from 0 to 2^104 - 1"
TIME = "Unix seconds from 0 to 2^40 - 1"
ADDRESS = "a checksummed address"
ACCOUNT = "an account with address and sign_transaction"
SIGNER = "an account with address and sign_message"
FUNCTION = "a contract's function with its arguments, as token.functions.pause()"
CALL = f"{FUNCTION}, or a transaction of to, data, value"
CONTRACT = f"one of {', '.join(CONTRACTS)}"
BYTES = "a signature's bytes (read_signature makes them of a text)"


@pytest.fixture
def world(world, tmp_path, connect):
    """The same, with a platform."""
    store = connect(f"sqlite:///{tmp_path / 'store.sqlite'}")

    def operator(keys=(OPERATOR,), store=store):
        return Operator(world.settlement, store, keys, TERMS)

    def pay(**changes):
        given = {
            "reference": "S-1",
            "payer": HERE,
            "merchant": world.eur,
            "source_token": world.eur,
        }
        return operator().pay(**given | {"money": Money(5, Currency.of("EUR"))} | changes)

    return SimpleNamespace(**vars(world), operator=operator, pay=pay)


@pytest.mark.parametrize(
    ("call", "field", "found", "accepted"),
    [
        # Money: floats, texts of other notations, codes in small letters.
        (
            lambda w: Money(12.5, Currency.of("EUR")),
            *("amount", 12.5, "an integer number of minor units"),
        ),
        (
            lambda w: Money("5", Currency.of("EUR")),
            *("amount", "5", "an integer number of minor units"),
        ),
        (lambda w: Money(5, "EUR"), "currency", "EUR", "a Currency, as from Currency.of"),
        (
            lambda w: Money.parse(12.5, "EUR"),
            *(
                "amount",
                12.5,
                "plain decimal text such as '12.34', at most 39 digits before the point",
            ),
        ),
        (
            lambda w: Money.parse("1,234.00", "EUR"),
            *(
                "amount",
                "1,234.00",
                "plain decimal text such as '12.34', at most 39 digits before the point",
            ),
        ),
        (
            lambda w: Money.parse("5", "eur"),
            *("currency", "eur", "an ISO 4217 currency code in capital letters, such as EUR"),
        ),
        (
            lambda w: Currency.of(["EUR"]),
            *("currency", ["EUR"], "an ISO 4217 currency code in capital letters, such as EUR"),
        ),
        (lambda w: Currency("eur", 978, 2), "code", "eur", "three capital letters"),
        (lambda w: Currency("EUR", 978, None), "exponent", None, "an integer from 0 to 255"),
        (
            lambda w: Money(5, Currency.of("EUR")).convert(1.1, Currency.of("USD")),
            *("rate", 1.1, "a finite Decimal above zero"),
        ),
        (
            lambda w: Money(5, Currency.of("EUR")).convert(Decimal(1), "USD"),
            *("to", "USD", "a Currency"),
        ),
        (
            lambda w: ReferenceRates().rate("EUR", "USD", date(2024, 5, 3)),
            *("base", "EUR", "a Currency"),
        ),
        (
            lambda w: ReferenceRates().rate(Currency.of("EUR"), Currency.of("USD"), NAIVE),
            *("on", NAIVE, "a date without time of day"),
        ),
        # Terms: times as datetimes, amounts as text, addresses of wallets as they are copied.
        (lambda w: terms(payer=HERE.lower()), "payer", HERE.lower(), ADDRESS),
        (lambda w: terms(payer=HERE[2:]), "payer", HERE[2:], ADDRESS),
        (lambda w: terms(payer=HERE[:-1]), "payer", HERE[:-1], ADDRESS),
        (lambda w: terms(payer=bytes.fromhex(HERE[2:])), "payer", bytes.fromhex(HERE[2:]), ADDRESS),
        (lambda w: terms(payer=OPERATOR), "payer", "LocalAccount", ADDRESS),
        (lambda w: terms(source_amount="100.00"), "source amount", "100.00", AMOUNT),
        (lambda w: terms(source_amount=100.0), "source amount", 100.0, AMOUNT),
        (lambda w: terms(source_amount=Decimal(100)), "source amount", Decimal(100), AMOUNT),
        (
            lambda w: terms(source_amount=Money(5, Currency.of("EUR"))),
            *("source amount", "Money", AMOUNT),
        ),
        (lambda w: terms(source_amount=-1), "source amount", -1, AMOUNT),
        (lambda w: terms(capture_by=NAIVE), "capture by", NAIVE, TIME),
        (
            lambda w: terms(capture_by=NAIVE.replace(tzinfo=UTC)),
            *("capture by", NAIVE.replace(tzinfo=UTC), TIME),
        ),
        (lambda w: terms(capture_by=1_773_057_600.0), "capture by", 1_773_057_600.0, TIME),
        (lambda w: terms(capture_by=1_773_057_600_000), "capture by", 1_773_057_600_000, TIME),
        (lambda w: terms(purpose="GDDS"), "purpose", "GDDS", "4 bytes"),
        (lambda w: terms(uetr=UETR), "uetr", UETR, "a UUID of version 4"),
        (lambda w: terms(uetr=None), "uetr", None, "a UUID of version 4"),
        (lambda w: terms(remittance_hash=b""), "remittance hash", b"", "32 bytes"),
        (lambda w: terms(remittance_hash="00" * 32), "remittance hash", "00" * 32, "32 bytes"),
        (
            lambda w: Payment.from_json({"memo": 1}),
            *("Payment", ["memo"], f"the fields {', '.join(TWO_CURRENCIES.to_json())}"),
        ),
        (
            lambda w: Payment.from_json('{"payer": ""}'),
            *("Payment", '{"payer": ""}', f"the fields {', '.join(TWO_CURRENCIES.to_json())}"),
        ),
        (
            lambda w: Payment.from_json(TWO_CURRENCIES.to_json() | {"sourceAmount": 1.5}),
            *("source amount", 1.5, AMOUNT),
        ),
        (lambda w: TWO_CURRENCIES.id(HERE), "escrow", HERE, "a Domain"),
        (lambda w: TWO_CURRENCIES.target_share(1.5), "source amount", 1.5, UINT104),
        (
            lambda w: TWO_CURRENCIES.greatest_refund(5, captured=None, refunded=0, closed=True),
            *("captured", None, UINT104),
        ),
        (
            lambda w: QUOTE.consent(QUOTE, PLACE),
            "payment",
            "RefundQuote",
            "a Payment",
        ),
        # Domains, messages and signatures.
        (lambda w: Domain.escrow("1", HERE), "chain id", "1", "an integer from 0 to 2^256 - 1"),
        (lambda w: Domain.escrow(1, None), "address", None, ADDRESS),
        (lambda w: Domain.token(w.chain, "0x12"), "address", "0x12", ADDRESS),
        (lambda w: Domain.token("http://localhost", w.eur), "chain", "http://localhost", "a Chain"),
        (
            lambda w: messages.Permit(HERE, HERE, 5.0, 0, 1),
            *("value", 5.0, "an integer from 0 to 2^256 - 1"),
        ),
        (
            lambda w: messages.TransferWithAuthorization(HERE, HERE, 5, 0, 1, "0x" + "00" * 32),
            *("nonce", "0x" + "00" * 32, "32 bytes"),
        ),
        (
            lambda w: messages.TransferWithAuthorization(HERE, HERE, 5, None, 1, ID),
            *("valid after", None, "Unix seconds from 0 to 2^256 - 1"),
        ),
        (lambda w: messages.Release(ID, NAIVE), "deadline", NAIVE, TIME),
        (lambda w: messages.sign(KEY, QUOTE, PLACE), "account", "str", SIGNER),
        (
            lambda w: messages.sign(Account, QUOTE, PLACE),
            "account",
            "class Account",
            SIGNER,
        ),
        (lambda w: messages.sign(OPERATOR, ID, PLACE), "message", ID, "a Message"),
        (
            lambda w: messages.read_signature(5),
            *("signature", 5, "bytes, or 0x and an even number of hex digits"),
        ),
        (lambda w: PaymentApproval(NAIVE, b""), "valid until", NAIVE, TIME),
        (lambda w: PaymentApproval(1, "0x11"), "signature", "0x11", BYTES),
        # Acts and the escrow.
        (lambda w: acts.capture(ID, 0, 1), "payment", ID, "a Payment"),
        (lambda w: acts.capture(TWO_CURRENCIES, 0, 1.5), "source amount", 1.5, UINT104),
        (lambda w: acts.capture(TWO_CURRENCIES, None, 1), "captured before", None, UINT104),
        (lambda w: acts.authorize(TWO_CURRENCIES, None), "payer signature", None, BYTES),
        (
            lambda w: acts.charge(TWO_CURRENCIES, b"", b"", (1, b"")),
            *("approval", (1, b""), "a PaymentApproval"),
        ),
        (
            lambda w: acts.refund(TWO_CURRENCIES, TWO_CURRENCIES),
            *("quote", "Payment", "a RefundQuote"),
        ),
        (lambda w: acts.deposit("EUR", 1), "token", "EUR", ADDRESS),
        (lambda w: acts.deposit(HERE, -1), "amount", -1, "an integer from 0 to 2^256 - 1"),
        (lambda w: deposit_token.Settlement(HERE, w.chain), "chain", HERE, "a Chain"),
        (lambda w: deposit_token.Settlement(w.chain, None), "address", None, ADDRESS),
        (
            lambda w: w.settlement.state(UETR),
            "payment id",
            UETR,
            "32 bytes",
        ),
        (lambda w: w.settlement.state(TWO_CURRENCIES), "payment id", "Payment", "32 bytes"),
        (lambda w: w.settlement.state(ID[1:]), "payment id", ID[1:], "32 bytes"),
        (
            lambda w: w.settlement.state(ID, "latest"),
            *("block", "latest", "an integer from 0 to 2^64 - 1"),
        ),
        (lambda w: w.settlement.payment_id(ID), "payment", ID, "a Payment"),
        (lambda w: w.settlement.inventory("dealer", w.eur), "dealer", "dealer", ADDRESS),
        (lambda w: w.settlement.sign_as_payer(KEY, TWO_CURRENCIES), "payer", "str", SIGNER),
        (lambda w: w.settlement.capture(KEY, TWO_CURRENCIES, 0, 1), "operator", "str", ACCOUNT),
        (lambda w: w.settlement.capture(HERE, TWO_CURRENCIES, 0, 1), "operator", "str", ACCOUNT),
        (
            lambda w: w.settlement.capture(None, TWO_CURRENCIES, 0, 1),
            "operator",
            "NoneType",
            ACCOUNT,
        ),
        (
            lambda w: w.settlement.quote_refund(TWO_CURRENCIES, 5, NAIVE),
            *("deadline", NAIVE, TIME),
        ),
        (
            lambda w: w.settlement.batch(OPERATOR, acts.void(TWO_CURRENCIES)),
            *("batch", "Act", "a list, each of it an Act"),
        ),
        (lambda w: w.settlement.batch(OPERATOR, ["void"]), "batch 0", "void", "an Act"),
        (
            lambda w: w.settlement.batch(OPERATOR, [Act("steal", ())]),
            *("act", "steal", "one that a function of acts made"),
        ),
        # The platform.
        (lambda w: w.operator([]), "keys", [], "one or more"),
        (lambda w: w.operator([KEY]), "keys 0", "str", ACCOUNT),
        (lambda w: w.operator([OPERATOR], store="sqlite://"), "store", "sqlite://", "a SqlStore"),
        (lambda w: w.pay(reference=4711), "reference", 4711, "a text"),
        (
            lambda w: w.pay(reference=""),
            *("reference", "", "a printable text that is not empty, without blanks at its ends"),
        ),
        (lambda w: w.pay(payer=HERE.lower()), "payer", HERE.lower(), ADDRESS),
        (lambda w: w.pay(money=900_00), "money", 900_00, "a Money"),
        (
            lambda w: w.pay(money=Money(5, Currency.of("USD"))),
            *("money", "0.05 USD", "an amount in EUR of 2 decimals"),
        ),
        (lambda w: w.pay(uetr=UETR), "uetr", UETR, "a UUID of version 4"),
        (lambda w: w.pay(at=NAIVE), "at", NAIVE, TIME),
        (
            lambda w: w.pay(quote=Decimal("0.11")),
            *("quote", Decimal("0.11"), "a Quote"),
        ),
        (
            lambda w: w.operator().capture("S-1", 40_00),
            *("amount", 40_00, "a Money"),
        ),
        (
            lambda w: w.operator().capture("S-1", key=None),
            *("key", None, "a text without zero bytes"),
        ),
        (
            lambda w: w.operator().capture("S-1", key="a\0b"),
            *("key", "a\0b", "a text without zero bytes"),
        ),
        (lambda w: w.operator().void("S-1"), "reference", "S-1", "one that was entered"),
        (lambda w: w.operator().finish("S-1"), "reference", "S-1", "one that was entered"),
        (lambda w: w.operator().run(True), "until", True, "a function without arguments"),
        (
            lambda w: w.operator().payment(5),
            *("name", 5, "a text or a UUID of version 4 or 32 bytes"),
        ),
        (
            lambda w: w.operator().payments("captured"),
            *("status", "captured", "a PaymentStatus"),
        ),
        (
            lambda w: w.operator().events(-1),
            *("since", -1, "an integer from 0 to 2^63 - 1"),
        ),
        (
            lambda w: Quote(HERE, Decimal("0.11"), 1),
            *("rate", Decimal("0.11"), "a Rate"),
        ),
        # Ledger, redemption, customers, totals.
        (lambda w: LedgerEntry("7", 1), "ledger id", "7", "an integer from 0 to 2^64 - 1"),
        (lambda w: LedgerEntry.from_id(-1), "entry id", -1, "an integer from 0 to 2^128 - 1"),
        (lambda w: Redemptions(w.chain, HERE.lower()), "token", HERE.lower(), ADDRESS),
        (
            lambda w: w.redemptions.find("1"),
            *("redemption id", "1", "an integer from 0 to 2^256 - 1"),
        ),
        (
            lambda w: w.redemptions.request(OPERATOR, 5.0, ID),
            *("amount", 5.0, "an integer from 1 to 2^128 - 1"),
        ),
        (lambda w: w.redemptions.settle(OPERATOR, 1, 7), "entry", 7, "a LedgerEntry"),
        (
            lambda w: w.redemptions.reject(OPERATOR, 1, None),
            *("reason", None, "four capital letters or digits, such as AC04"),
        ),
        (
            lambda w: pack_participant(1, "DE", 1, 1),
            *("category", 1, "a CustomerCategory"),
        ),
        (
            lambda w: pack_participant(CustomerCategory.RETAIL, "de", 1, 1),
            *("country", "de", "an ISO 3166-1 alpha-2 code in capital letters, such as HK"),
        ),
        (
            lambda w: pack_participant(CustomerCategory.RETAIL, "DE", NAIVE, 1),
            *("valid until", NAIVE, "Unix seconds from 1 to 2^40 - 1"),
        ),
        (lambda w: customer_id("k" * 32, "1"), "bank key", "str", "32 secret random bytes"),
        (
            lambda w: customer_id(ID, 4711),
            *(
                "customer number",
                4711,
                "a printable text that is not empty, without blanks at its ends",
            ),
        ),
        (lambda w: supply_position(w.chain, "EUR"), "token", "EUR", ADDRESS),
        (
            lambda w: escrow_positions(w.chain, w.escrow, HERE),
            *("tokens", HERE, "a list, each of it a checksummed address"),
        ),
        (lambda w: escrow_positions(w.chain, w.escrow, ["EUR"]), "tokens 0", "EUR", ADDRESS),
        # Banks and their files.
        (lambda w: Deployer(w.chain, KEY), "account", "str", ACCOUNT),
        (lambda w: Deployer(None, OPERATOR), "chain", None, "a Chain"),
        (lambda w: Deployer(w.chain, OPERATOR).deploy_bank({}), "config", {}, "a BankConfig"),
        (
            lambda w: Deployer(w.chain, OPERATOR).hand_over(w.bank, "escrow"),
            *("escrow", "escrow", ADDRESS),
        ),
        (lambda w: DeploymentFile.load("banks.toml"), "path", "banks.toml", "a Path"),
        (
            lambda w: DeploymentFile(banks=[w.bank.config]).deploy(w.chain, HERE),
            *("set up", "str", ACCOUNT),
        ),
        (
            lambda w: DeploymentFile(banks=[w.bank.config]).check(w.chain, {}),
            *("manifest", {}, "a Manifest"),
        ),
        # The chain.
        (lambda w: Chain.connect(None), "network", None, "a text or a NetworkProfile"),
        (lambda w: Chain.connect(8545), "network", 8545, "a text or a NetworkProfile"),
        (
            lambda w: Chain.connect(w.chain.profile, "31337"),
            *("chain id", "31337", "an integer from 0 to 2^256 - 1"),
        ),
        (lambda w: w.chain.contract("Token", w.eur), "contract name", "Token", CONTRACT),
        (lambda w: w.chain.call(None), "function", None, FUNCTION),
        (lambda w: w.chain.call(eur(w).totalSupply), "function", "totalSupply()", FUNCTION),
        (
            lambda w: w.chain.call(eur(w).totalSupply(), "latest"),
            *("block", "latest", "an integer from 0 to 2^64 - 1"),
        ),
        (
            lambda w: w.chain.call_each(token(w), "balance", [(HERE,)]),
            *("function", "balance", "one of the contract's functions"),
        ),
        (
            lambda w: w.chain.call_each(token(w), "balanceOf", [(HERE,), (5,)]),
            *("asked 1", [5], "a list of address"),
        ),
        (lambda w: w.chain.send(None, {"to": HERE}), "account", "NoneType", ACCOUNT),
        (lambda w: w.chain.send(OPERATOR, None), "call", None, CALL),
        (lambda w: w.chain.send(OPERATOR, eur(w).pause), "call", "pause()", CALL),
        (lambda w: w.chain.send(OPERATOR, {}), "call to", None, ADDRESS),
        (lambda w: w.chain.send(OPERATOR, {"to": HERE.lower()}), "call to", HERE.lower(), ADDRESS),
        (lambda w: w.chain.send(OPERATOR, {"to": HERE, "nonce": 1}), "call", ["to", "nonce"], CALL),
        (
            lambda w: w.chain.send(OPERATOR, {"to": HERE, "value": -1}),
            *("call value", -1, "wei from 0 to 2^256 - 1"),
        ),
        (
            lambda w: w.chain.send(OPERATOR, {"to": HERE, "data": "0x1"}),
            *("call data", "0x1", "bytes, or 0x and an even number of hex digits"),
        ),
        (
            lambda w: w.chain.send(OPERATOR, {"to": HERE}, 21_000.0),
            *("gas", 21_000.0, "an integer from 0 to 2^64 - 1"),
        ),
        (
            lambda w: w.chain.send(OPERATOR, {"to": HERE}, about={"uetr": None}),
            *("about uetr", None, "a text"),
        ),
        (
            lambda w: w.chain.send(OPERATOR, {"to": HERE}, about={"name": "A-1"}),
            *("about", "name", "fields that a log record has not by itself"),
        ),
        (
            lambda w: w.chain.send(Nobody(), {"to": HERE}),
            *("account", "nobody", ADDRESS),
        ),
        (
            lambda w: w.chain.send_signed("payment", "f86c"),
            *("raw", "f86c", "bytes, or 0x and an even number of hex digits"),
        ),
        (lambda w: w.chain.is_final(None), "receipt", None, "a receipt, as send gives it"),
        (
            lambda w: w.chain.require_final({"transactionHash": UETR}),
            *("receipt", {"transactionHash": UETR}, "a receipt, as send gives it"),
        ),
        (lambda w: ContractError.decode(None), "data", None, "bytes"),
        (lambda w: ContractError.decode("0x"), "data", "0x", "bytes"),
        (lambda w: NetworkProfile.load("besu.toml"), "path", "besu.toml", "a Path"),
        (lambda w: NetworkProfile.shipped(1), "name", 1, "a text"),
        (lambda w: w.chain.profile.at(None), "url", None, "a text"),
        (lambda w: Manifest.read("manifests", w.chain), "folder", "manifests", "a Path"),
        (lambda w: Manifest.find(Path("manifests"), None), "chain", None, "a Chain"),
        (lambda w: Manifest.of(w.chain, "escrow", [w.bank]), "escrow", "escrow", ADDRESS),
        (
            lambda w: Manifest.of(w.chain, w.escrow, None),
            *("banks", None, "a list, each of it a BankDeployment"),
        ),
        (
            lambda w: Manifest.of(w.chain, w.escrow, [w.bank], {}),
            *("known", {}, "a Manifest"),
        ),
        (lambda w: manifest(w, chain_id=0), "chain_id", 0, "more than 0"),
        (
            lambda w: manifest(w, genesis_hash=""),
            *("genesis_hash", "", "0x and 64 hex digits in small letters"),
        ),
        (lambda w: manifest(w, banks=None), "banks", None, "a table"),
        (lambda w: w.bank.config.token("HKD"), "currency", "HKD", "one of its tokens: EUR, ISK"),
        (lambda w: w.bank.targets("escrow"), "escrow", "escrow", ADDRESS),
        (lambda w: check_bank(w.chain, "Rhein", w.escrow), "bank", "Rhein", "a BankDeployment"),
        (lambda w: check_bank(w.chain, w.bank, HERE[:-1]), "escrow", HERE[:-1], ADDRESS),
    ],
)
def test_mistaken_call_ends_in_one_sentence(world, call, field, found, accepted):
    block = world.chain.web3.eth.block_number
    with refuses(field, found, accepted):
        call(world)
    assert mined_after(world.chain, block) == []


class Nobody:
    """Signs for no address."""

    address = "nobody"

    def sign_transaction(self, transaction):
        raise AssertionError(transaction)


def token(world):
    return world.chain.contract("DepositToken", world.eur)


def eur(world):
    return token(world).functions


def manifest(world, **changes):
    """A manifest that is made by hand, some of it by mistake."""
    made = Manifest.of(world.chain, world.escrow, [world.bank])
    return Manifest(**{each: getattr(made, each) for each in Manifest.model_fields} | changes)


def terms(**changes):
    """A payment's, some of them by mistake."""
    return Payment(
        **{each.name: getattr(TWO_CURRENCIES, each.name) for each in Payment.members()} | changes
    )
