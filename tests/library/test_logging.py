"""What the library logs: every transaction by its hash, and by the UETR of its payment."""

import logging
import subprocess
import sys

import pytest

from deposit_token import Reverted, acts
from tests.scene import DEALER, FAR, MERCHANT, OPERATOR

LOUD = """
import logging, sys, deposit_token
logging.getLogger(sys.argv[1]).warning("heard")
"""


@pytest.fixture
def logged(caplog):
    """The records since it was last asked, each with its level, hash, UETR and words."""
    caplog.set_level(logging.INFO, "deposit_token")

    def take():
        found = [
            (
                record.levelname,
                getattr(record, "transaction_hash", None),
                getattr(record, "uetr", None),
                record.getMessage(),
            )
            for record in caplog.records
            if record.name.startswith("deposit_token.")
        ]
        caplog.clear()
        return found

    return take


@pytest.mark.parametrize(("name", "heard"), [("deposit_token.chain", ""), ("other", "heard\n")])
def test_nothing_is_heard_by_default(name, heard):
    finished = subprocess.run(
        [sys.executable, "-c", LOUD, name], capture_output=True, text=True, check=True
    )
    assert finished.stderr == heard


def test_act_is_logged_when_it_is_signed_and_when_it_is_mined(shop, logged):
    buyer, payment = shop.sell()
    consents = shop.consents(buyer, payment)
    logged()
    nonce = shop.chain.web3.eth.get_transaction_count(OPERATOR.address)
    receipt = shop.settlement.authorize(OPERATOR, payment, **consents)
    known = (receipt["transactionHash"].to_0x_hex(), str(payment.uetr))
    assert logged() == [
        ("INFO", *known, f"authorize: signed with nonce {nonce}"),
        ("INFO", *known, f"authorize: mined in block {receipt['blockNumber']}"),
    ]


def test_allowance_is_logged_with_the_payment_that_it_is_for(shop, settlement, logged):
    _, payment = shop.captured()
    quote = settlement.quote_refund(payment, 4_00, FAR)
    signature = settlement.sign_refund_as_dealer(DEALER, quote)
    logged()
    settlement.refund(MERCHANT, payment, quote, signature)
    found = [(words.partition(":")[0], uetr) for _, _, uetr, words in logged()]
    known = str(payment.uetr)
    assert found == [("approve", known)] * 2 + [("refund", known)] * 2


def test_allowance_of_a_deposit_is_logged_without_a_payment(shop, settlement, logged):
    settlement.withdraw(DEALER, shop.hkd, 1)
    logged()
    settlement.deposit(DEALER, shop.hkd, 1)
    found = [(words.partition(":")[0], uetr) for _, _, uetr, words in logged()]
    assert found == [("approve", None)] * 2 + [("deposit", None)] * 2


def test_refused_act_is_logged_with_the_transaction_that_did_nothing(shop, settlement, logged):
    _, payment = shop.captured()
    logged()
    with pytest.raises(Reverted) as refusal:
        settlement.void(OPERATOR, payment)
    known = (refusal.value.receipt["transactionHash"].to_0x_hex(), str(payment.uetr))
    _, refused = logged()
    assert refused == ("WARNING", *known, str(refusal.value))


def test_what_is_refused_before_it_is_sent_is_logged_without_a_hash(shop, logged):
    token = shop.chain.contract("DepositToken", shop.eur)
    with pytest.raises(Reverted) as refusal:
        shop.chain.send(OPERATOR, token.functions.pause())
    assert logged() == [("WARNING", None, None, str(refusal.value))]


def test_batch_is_logged_by_all_its_payments_and_each_skipped_act_by_its_own(
    shop, settlement, logged
):
    (_, one), (_, other) = shop.sold(), shop.captured()
    logged()
    receipt, (skipped,) = settlement.batch(OPERATOR, [acts.void(one), acts.void(other)])
    transaction = receipt["transactionHash"].to_0x_hex()
    signed, mined, left_out = logged()
    assert signed[1:3] == mined[1:3] == (transaction, f"{one.uetr} {other.uetr}")
    words = f"void: skipped in a batch: {skipped.reason}"
    assert left_out == ("WARNING", transaction, str(other.uetr), words)
