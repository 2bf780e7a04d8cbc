import json
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from web3 import Web3
from web3.constants import ADDRESS_ZERO

from deposit_token.chain.artifacts import artifact
from deposit_token.chain.chain import Chain
from deposit_token.deployment.create2 import Creation, create
from deposit_token.errors import InputError
from deposit_token.protocol.messages import Domain
from deposit_token.protocol.payment import TIME_TO_RESOLVE, Payment, PaymentState, RefundQuote
from deposit_token.values.enumerations import PaymentStatus
from tests.refusals import refuses
from tests.scene import SET_UP

PAYER, MERCHANT, OPERATOR, DEALER, RECEIVER, EUR, HKD, ARBITER = (
    Web3.to_checksum_address(f"0x{number:040x}") for number in range(0xA1, 0xA9)
)
TWO_CURRENCIES = Payment(
    payer=PAYER,
    merchant=MERCHANT,
    operator=OPERATOR,
    dealer=DEALER,
    arbiter=ADDRESS_ZERO,
    fee_receiver=RECEIVER,
    source_token=EUR,
    target_token=HKD,
    source_amount=100_00,
    target_amount=850_00,
    fee_bps=25,
    authorize_by=1_772_456_400,
    capture_from=1_772_452_800,
    capture_by=1_773_057_600,
    resolve_by=1_773_057_600,
    refund_by=1_780_228_800,
    purpose=b"GDDS",
    uetr=UUID("8a562c67-ca16-4ba1-8b1a-1d3d3e6d1f11"),
    remittance_hash=bytes(range(32)),
)
ONE_CURRENCY = replace(TWO_CURRENCIES, dealer=ADDRESS_ZERO, target_token=EUR, target_amount=100_00)
ARBITRATED = replace(
    TWO_CURRENCIES, arbiter=ARBITER, resolve_by=TWO_CURRENCIES.capture_by + TIME_TO_RESOLVE
)
QUOTE = RefundQuote(
    payment_id=bytes(range(32)),
    refunded_before=5_00,
    source_amount=40_00,
    target_amount=341_00,
    dealer=DEALER,
    deadline=1_772_456_400,
)

UETR = str(TWO_CURRENCIES.uetr)
AMOUNT = "an integer from 1 to 2^104 - 1"
BY, CAPTURE_BY = "capture by (1773057600)", "capture by, which is 1773057600"
A_DAY_LATER = f"a day after {BY} or later, with an arbiter"
WHEN_ONE_TOKEN = "when both tokens are the same, and another when they differ"
WITHOUT_FEE = "without a fee, and another with one"

addresses = st.binary(min_size=20, max_size=20).map(Web3.to_checksum_address)
amounts = st.integers(1, 2**104 - 1)
moments = st.integers(0, 2**40 - 1)


@st.composite
def payments(draw):
    """Any terms that the dataclass takes."""
    payer, merchant, dealer, source, target, operator, fee_receiver, arbiter = draw(
        st.lists(addresses, min_size=8, max_size=8, unique=True)
    )
    assume(ADDRESS_ZERO not in (payer, merchant, dealer, fee_receiver, arbiter))
    before, capture_by, refund_by = sorted(draw(st.tuples(moments, moments, moments)))
    latest = 2**40 - 1
    arbitrated = capture_by <= latest - TIME_TO_RESOLVE and draw(st.booleans())
    to_resolve = st.integers(TIME_TO_RESOLVE, latest - capture_by) if arbitrated else st.just(0)
    one_token = draw(st.booleans())
    source_amount = draw(amounts)
    fee_bps = draw(st.integers(0, 10_000))
    return Payment(
        payer=payer,
        merchant=merchant,
        operator=operator,
        dealer=ADDRESS_ZERO if one_token else dealer,
        arbiter=arbiter if arbitrated else ADDRESS_ZERO,
        fee_receiver=fee_receiver if fee_bps else ADDRESS_ZERO,
        source_token=source,
        target_token=source if one_token else target,
        source_amount=source_amount,
        target_amount=source_amount if one_token else draw(amounts),
        fee_bps=fee_bps,
        authorize_by=draw(st.integers(0, capture_by)),
        capture_from=before,
        capture_by=capture_by,
        resolve_by=capture_by + draw(to_resolve),
        refund_by=refund_by,
        purpose=draw(st.binary(min_size=4, max_size=4)),
        uetr=draw(st.uuids(version=4)),
        remittance_hash=draw(st.binary(min_size=32, max_size=32)),
    )


quotes = st.builds(
    RefundQuote,
    payment_id=st.binary(min_size=32, max_size=32),
    refunded_before=st.integers(0, 2**104 - 1),
    source_amount=amounts,
    target_amount=amounts,
    dealer=addresses,
    deadline=moments,
)


def replace_in(values, field, value):
    """A payment's tuple with another value of one field."""
    names = [each.name for each in Payment.members()]
    return tuple(value if name == field else old for name, old in zip(names, values, strict=True))


@pytest.fixture(scope="module")
def escrow(node_url):
    """The escrow's contract, and its domain."""
    chain = Chain.connect(node_url)
    creation = Creation.of("SettlementEscrow", bytes(32))
    create(chain, SET_UP, creation)
    domain = Domain.escrow(chain.chain_id, creation.address)
    return chain.contract("SettlementEscrow", creation.address), domain


class TestStructs:
    @pytest.mark.parametrize("struct", [Payment, RefundQuote])
    def test_fields_are_those_of_the_escrow(self, struct):
        components = {
            parameter["internalType"]: parameter["components"]
            for item in artifact("SettlementEscrow").abi
            if item["type"] == "function"
            for parameter in item["inputs"]
            if parameter["type"] == "tuple"
        }[f"struct {struct.__name__}"]
        assert [(each.key, each.kind.solidity) for each in struct.members()] == [
            (each["name"], each["type"]) for each in components
        ]

    @settings(max_examples=25)
    @given(payment=payments())
    def test_payment_id_is_the_escrows(self, escrow, payment):
        contract, domain = escrow
        assert payment.id(domain) == contract.functions.paymentId(payment.as_tuple()).call()

    @settings(max_examples=25)
    @given(quote=quotes)
    def test_quote_digest_is_the_escrows(self, escrow, quote):
        contract, domain = escrow
        assert quote.digest(domain) == contract.functions.quoteDigest(quote.as_tuple()).call()

    def test_every_term_and_the_place_are_in_the_id(self):
        places = [Domain.escrow(1, EUR), Domain.escrow(2, EUR), Domain.escrow(1, HKD)]
        changes = {
            "payer": RECEIVER,
            "merchant": RECEIVER,
            "operator": RECEIVER,
            "dealer": RECEIVER,
            "fee_receiver": PAYER,
            "source_token": RECEIVER,
            "target_token": RECEIVER,
            "source_amount": 1,
            "target_amount": 1,
            "fee_bps": 1,
            "authorize_by": 1,
            "capture_from": 1,
            "refund_by": 2**40 - 1,
            "purpose": b"SUPP",
            "uetr": UUID("9a562c67-ca16-4ba1-8b1a-1d3d3e6d1f11"),
            "remittance_hash": bytes(32),
        }
        others = [replace(TWO_CURRENCIES, **{name: value}) for name, value in changes.items()]
        later = TWO_CURRENCIES.capture_by + 1
        others.append(replace(TWO_CURRENCIES, capture_by=later, resolve_by=later))
        others += [ARBITRATED, replace(ARBITRATED, arbiter=EUR)]
        others.append(replace(ARBITRATED, resolve_by=ARBITRATED.resolve_by + 1))
        ids = {other.id(places[0]) for other in others}
        ids |= {TWO_CURRENCIES.id(place) for place in places}
        assert len(ids) == len(others) + len(places)

    @given(struct=payments() | quotes)
    def test_tuple_round_trip(self, struct):
        assert type(struct).from_tuple(struct.as_tuple()) == struct

    def test_what_another_operator_agreed_to_is_read_as_it_is(self):
        values = replace_in(TWO_CURRENCIES.as_tuple(), "uetr", bytes(16))
        assert Payment.from_tuple(values).uetr == UUID(int=0)
        assert Payment.from_tuple(values).as_tuple() == values

    @given(struct=payments() | quotes)
    def test_json_round_trip(self, struct):
        text = json.dumps(struct.to_json())
        assert type(struct).from_json(json.loads(text)) == struct

    def test_json_is_what_wallets_take(self):
        content = TWO_CURRENCIES.to_json()
        assert content["payer"] == PAYER
        assert content["sourceAmount"] == "10000"
        assert content["purpose"] == "0x47444453"
        assert content["uetr"] == "0x8a562c67ca164ba18b1a1d3d3e6d1f11"


class TestTerms:
    def test_one_currency_needs_no_dealer(self):
        assert ONE_CURRENCY.dealer == ADDRESS_ZERO

    @pytest.mark.parametrize("later", [0, 1, 365 * 86_400])
    def test_arbiter_has_a_day_or_more(self, later):
        resolve_by = TWO_CURRENCIES.capture_by + 86_400 + later
        assert replace(ARBITRATED, resolve_by=resolve_by).resolve_by == resolve_by

    @pytest.mark.parametrize("party", ["payer", "merchant", "operator", "dealer", "fee_receiver"])
    def test_arbiter_is_no_other_party(self, party):
        with refuses("arbiter", ARBITER, "none of the other parties"):
            replace(ARBITRATED, **{party: ARBITER})

    @pytest.mark.parametrize(
        ("terms", "field", "found", "accepted"),
        [
            (ONE_CURRENCY, "payer", PAYER.lower(), "a checksummed address"),
            (ONE_CURRENCY, "operator", "0x12", "a checksummed address"),
            (TWO_CURRENCIES, "source_amount", 0, AMOUNT),
            (TWO_CURRENCIES, "target_amount", 0, AMOUNT),
            (TWO_CURRENCIES, "source_amount", 2**104, AMOUNT),
            (TWO_CURRENCIES, "source_amount", 1.0, AMOUNT),
            (TWO_CURRENCIES, "fee_bps", True, "an integer from 0 to 10000"),
            (TWO_CURRENCIES, "dealer", ADDRESS_ZERO, f"the zero address {WHEN_ONE_TOKEN}"),
            (ONE_CURRENCY, "dealer", DEALER, f"the zero address {WHEN_ONE_TOKEN}"),
            (
                *(ONE_CURRENCY, "target_amount", 99_99),
                "the source amount 10000 when both tokens are the same",
            ),
            (TWO_CURRENCIES, "merchant", PAYER, "another account than the payer"),
            (TWO_CURRENCIES, "dealer", PAYER, "neither the payer nor the merchant"),
            (TWO_CURRENCIES, "dealer", MERCHANT, "neither the payer nor the merchant"),
            (ARBITRATED, "resolve_by", 1_773_143_999, A_DAY_LATER),
            (TWO_CURRENCIES, "fee_bps", 10_001, "an integer from 0 to 10000"),
            (TWO_CURRENCIES, "fee_receiver", ADDRESS_ZERO, f"the zero address {WITHOUT_FEE}"),
            (TWO_CURRENCIES, "authorize_by", 1_773_057_601, f"at most {CAPTURE_BY}"),
            (TWO_CURRENCIES, "capture_from", 1_773_057_601, f"at most {CAPTURE_BY}"),
            (TWO_CURRENCIES, "resolve_by", 1_773_057_601, f"{CAPTURE_BY}, without an arbiter"),
            (TWO_CURRENCIES, "resolve_by", 1_773_057_599, f"{CAPTURE_BY}, without an arbiter"),
            (TWO_CURRENCIES, "refund_by", 1_773_057_599, f"{BY} or later"),
            (TWO_CURRENCIES, "purpose", b"GD", "4 bytes"),
            (TWO_CURRENCIES, "purpose", "GDDS", "4 bytes"),
            (TWO_CURRENCIES, "uetr", UUID(f"8a562c67-ca16-1{UETR[15:]}"), "a UUID of version 4"),
            (TWO_CURRENCIES, "uetr", UETR, "a UUID of version 4"),
            (QUOTE, "payment_id", b"", "32 bytes"),
            (QUOTE, "source_amount", 0, AMOUNT),
            (QUOTE, "target_amount", 0, AMOUNT),
            (QUOTE, "deadline", 2**40, "Unix seconds from 0 to 2^40 - 1"),
        ],
    )
    def test_terms_that_no_escrow_accepts(self, terms, field, found, accepted):
        with refuses(field.replace("_", " "), found, accepted):
            replace(terms, **{field: found})

    @pytest.mark.parametrize(
        ("terms", "changes", "field", "found", "accepted"),
        [
            (*(TWO_CURRENCIES, {"arbiter": ARBITER}, "resolve by", 1_773_057_600), A_DAY_LATER),
            (
                *(ARBITRATED, {"arbiter": ADDRESS_ZERO}, "resolve by", 1_773_144_000),
                f"{CAPTURE_BY}, without an arbiter",
            ),
            (
                *(TWO_CURRENCIES, {"fee_bps": 0}, "fee receiver", RECEIVER),
                f"the zero address {WITHOUT_FEE}",
            ),
        ],
    )
    def test_term_that_another_rules_out(self, terms, changes, field, found, accepted):
        with refuses(field, found, accepted):
            replace(terms, **changes)


class TestShares:
    """What was captured and what goes back, in the other currency: always rounded down."""

    def test_parts_are_rounded_down(self):
        payment = replace(TWO_CURRENCIES, source_amount=12_00, target_amount=10_00)
        assert [payment.target_share(part) for part in (0, 1, 2, 5_00, 12_00)] == [
            0, 0, 1, 4_16, 10_00,
        ]  # fmt: skip
        assert [payment.source_share(part) for part in (0, 1, 4_16, 10_00)] == [0, 1, 4_99, 12_00]

    def test_one_currency_has_one_amount(self):
        assert ONE_CURRENCY.target_share(33_33) == ONE_CURRENCY.source_share(33_33) == 33_33
        for closed in (False, True):
            refunds = {"captured": 60_00, "refunded": 20_00, "closed": closed}
            assert ONE_CURRENCY.greatest_refund(40_00, **refunds) == 40_00
            assert ONE_CURRENCY.greatest_refund(7, **refunds) == 7

    @pytest.mark.parametrize(
        ("target_amount", "refunded", "closed", "greatest"),
        [
            # 5.00 of 12.00 were captured, which paid 4.16 of 10.00; a cent of that is 1.2 cents.
            (1, 0, True, 1),
            (1, 1, True, 1),
            (1, 4, True, 2),
            (2_00, 0, True, 2_40),
            (4_15, 0, True, 4_98),
            (4_16, 0, False, 4_99),
            # Nothing is left to the merchant: the payer has all back.
            (4_16, 0, True, 5_00),
            (2_16, 2_00, False, 2_59),
            (2_16, 2_00, True, 2_60),
        ],
    )
    def test_payer_gets_at_most_its_own_rate(self, target_amount, refunded, closed, greatest):
        payment = replace(TWO_CURRENCIES, source_amount=12_00, target_amount=10_00)
        found = payment.greatest_refund(
            target_amount, captured=5_00, refunded=refunded, closed=closed
        )
        assert found == greatest

    @pytest.mark.parametrize(
        ("target_amount", "refunded", "left"),
        [(0, 0, 4_16), (4_17, 0, 4_16), (2_17, 2_00, 2_16), (1, 4_16, 0)],
    )
    def test_merchant_gives_back_no_more_than_was_captured(self, target_amount, refunded, left):
        payment = replace(TWO_CURRENCIES, source_amount=12_00, target_amount=10_00)
        with refuses(
            "target amount",
            target_amount,
            f"above zero and at most the {left} that are left to give back",
        ):
            payment.greatest_refund(target_amount, captured=5_00, refunded=refunded, closed=True)

    @given(payment=payments(), data=st.data(), closed=st.booleans())
    def test_merchant_gives_the_least_for_what_the_payer_gets(self, payment, data, closed):
        captured = data.draw(st.integers(1, payment.source_amount))
        paid = payment.target_share(captured)
        refunded = data.draw(st.integers(0, paid))
        before = {"captured": captured, "refunded": refunded, "closed": closed}
        left = paid - refunded
        most = payment.greatest_refund(left, **before) if left else 0
        with refuses(
            "source amount",
            most + 1,
            f"above zero and at most the {most} that are left to get back",
        ):
            payment.least_refund(most + 1, **before)
        if most:
            wanted = data.draw(st.integers(1, most))
            least = payment.least_refund(wanted, **before)
            assert payment.greatest_refund(least, **before) >= wanted
            assert least == 1 or payment.greatest_refund(least - 1, **before) < wanted

    @given(payment=payments(), data=st.data())
    def test_refunds_of_everything_give_back_exactly_what_was_captured(self, payment, data):
        captured = data.draw(st.integers(1, payment.source_amount))
        paid = payment.target_share(captured)
        refunded = returned = 0
        while refunded < paid:
            part = data.draw(st.integers(max(1, (paid - refunded) // 3), paid - refunded))
            returned += payment.greatest_refund(
                part, captured=captured, refunded=refunded, closed=True
            )
            refunded += part
            assert returned <= captured
        assert returned == (captured if paid else 0)

    @pytest.mark.parametrize("status", PaymentStatus)
    def test_payment_is_closed_if_nothing_can_be_captured(self, status):
        state = PaymentState(status, 0, 0, 0, 0)
        assert state.closed == (status not in (PaymentStatus.AUTHORIZED, PaymentStatus.DISPUTED))


class TestJson:
    @pytest.mark.parametrize("change", ["missing", "unknown", "no text"])
    def test_other_fields_are_refused(self, change):
        content = QUOTE.to_json()
        if change == "missing":
            del content["dealer"]
        else:
            content["memo" if change == "unknown" else 7] = "x"
        with refuses(
            "RefundQuote",
            list(content),
            "the fields paymentId, refundedBefore, sourceAmount, targetAmount, dealer, deadline",
        ):
            RefundQuote.from_json(content)

    @pytest.mark.parametrize("content", [[], None, "{}"])
    def test_what_has_no_fields_is_refused(self, content):
        with pytest.raises(InputError, match=r"^RefundQuote: found .* is the fields paymentId, "):
            RefundQuote.from_json(content)

    @pytest.mark.parametrize("text", ["10000", 100_00])
    def test_small_numbers_may_be_numbers(self, text):
        content = TWO_CURRENCIES.to_json() | {"sourceAmount": text}
        assert Payment.from_json(content) == TWO_CURRENCIES

    @pytest.mark.parametrize(
        ("field", "value", "accepted"),
        [
            ("uetr", "x", "0x and 32 hex digits"),
            ("uetr", UETR, "0x and 32 hex digits"),
            ("uetr", 5, "0x and 32 hex digits"),
            ("purpose", "0x4", "0x and 8 hex digits"),
            ("purpose", None, "0x and 8 hex digits"),
            ("purpose", "0x47", "0x and 8 hex digits"),
            ("purpose", "47444453", "0x and 8 hex digits"),
            ("payer", PAYER.lower(), "a checksummed address"),
            ("sourceAmount", "5.0", AMOUNT),
            ("sourceAmount", "-5", AMOUNT),
            ("sourceAmount", "", AMOUNT),
            ("sourceAmount", "٥", AMOUNT),
            ("sourceAmount", "9" * 5_000, AMOUNT),
            ("sourceAmount", 5.0, AMOUNT),
            ("sourceAmount", True, AMOUNT),
        ],
    )
    def test_other_values_are_refused(self, field, value, accepted):
        name = next(each.name for each in Payment.members() if each.key == field)
        with refuses(name.replace("_", " "), value, accepted):
            Payment.from_json(TWO_CURRENCIES.to_json() | {field: value})

    def test_uetr_of_another_version_is_refused(self):
        content = TWO_CURRENCIES.to_json() | {"uetr": f"0x{'00' * 16}"}
        with refuses("uetr", UUID(int=0), "a UUID of version 4"):
            Payment.from_json(content)


def test_state_is_read_as_the_escrow_gives_it(escrow):
    contract, domain = escrow
    found = contract.functions.paymentState(TWO_CURRENCIES.id(domain)).call()
    assert PaymentState.from_tuple(found) == PaymentState(PaymentStatus.NONE, 0, 0, 0, 0)
    assert PaymentState.from_tuple((3, 7, 3, 1, 9)) == PaymentState(
        status=PaymentStatus.CAPTURED, captured=7, refunded=3, policy_generation=1, quota_ref=9
    )
