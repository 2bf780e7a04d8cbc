"""What the library logs: every transaction by its hash, and by the UETR of its payment."""

import logging
import re
import subprocess
import sys
from pathlib import Path

import pytest

import deposit_token
from deposit_token import Chain, Rejected, Reverted, TransactionFailed, Unsure, acts
from deposit_token.chain import chain as chain_module
from deposit_token.chain.coding import calldata
from tests.nodes import Proxy, in_turn, served
from tests.scene import DEALER, FAR, MERCHANT, OPERATOR

PACKAGE = Path(deposit_token.__file__).parent

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


def test_what_may_still_be_mined_is_logged_by_its_hash(shop, logged, monkeypatch):
    monkeypatch.setattr(chain_module, "RECEIPT_TIMEOUT", 0)
    proxy = Proxy(shop.chain.profile.url)
    proxy.answers["eth_getTransactionReceipt"] = in_turn({"result": None})
    with served(proxy) as url, pytest.raises(Unsure) as failure:
        Chain.connect(url).send(OPERATOR, {"to": MERCHANT.address}, about={"uetr": "A-1"})
    (known,) = failure.value.hashes
    signed, unsure = logged()
    assert signed[:3] == ("INFO", known, "A-1")
    assert unsure == ("WARNING", known, "A-1", str(failure.value))


def test_what_the_node_rejects_is_logged_by_its_hash(shop, logged):
    proxy = Proxy(shop.chain.profile.url)
    proxy.answers["eth_sendRawTransaction"] = in_turn({"error": {"code": -32000, "message": "no"}})
    with served(proxy) as url, pytest.raises(Rejected) as failure:
        Chain.connect(url).send(OPERATOR, {"to": MERCHANT.address})
    signed, rejected = logged()
    assert rejected == ("WARNING", signed[1], None, str(failure.value))
    assert signed[1] in str(failure.value)


def signed_elsewhere(chain, **terms):
    """The bytes of a transaction that the operator has signed, and their hash."""
    nonce = chain.web3.eth.get_transaction_count(OPERATOR.address)
    fees = {"maxFeePerGas": 10**11, "maxPriorityFeePerGas": 1}
    signed = OPERATOR.sign_transaction(
        {"chainId": chain.chain_id, "nonce": nonce, "gas": 100_000, "value": 0, **fees, **terms}
    )
    return signed.raw_transaction.to_0x_hex(), signed.hash.to_0x_hex()


def test_what_was_signed_before_is_logged_by_its_hash(shop, logged):
    chain = Chain.connect(shop.chain.profile.url)
    raw, known = signed_elsewhere(chain, to=MERCHANT.address)
    receipt = chain.send_signed("gift", raw)
    assert logged() == [
        ("INFO", known, None, "gift: signed before"),
        ("INFO", known, None, f"gift: mined in block {receipt['blockNumber']}"),
    ]


def test_what_was_signed_before_and_fails_is_refused_and_logged(shop, logged):
    chain = Chain.connect(shop.chain.profile.url)
    pause = calldata(chain.contract("DepositToken", shop.eur).functions.pause())
    raw, known = signed_elsewhere(chain, to=shop.eur, data=pause)
    with pytest.raises(TransactionFailed) as failure:
        chain.send_signed("pause", raw)
    assert failure.value.transaction_hash == known
    assert re.fullmatch(
        rf"pause: found that transaction {known} failed with \d+ gas used and did nothing else, "
        r"accepted is one that succeeds: its trace tells where it failed "
        r"\(`debug_traceTransaction`\)\.",
        str(failure.value),
    )
    assert logged()[1:] == [("WARNING", known, None, str(failure.value))]


def test_what_was_signed_before_and_is_rejected_is_logged(shop, logged):
    chain = Chain.connect(shop.chain.profile.url)
    raw, known = signed_elsewhere(chain, to=MERCHANT.address, chainId=chain.chain_id + 1)
    with pytest.raises(Rejected) as failure:
        chain.send_signed("gift", raw)
    assert logged()[1:] == [("WARNING", known, None, str(failure.value))]


def test_nothing_is_sent_but_by_what_logs_it():
    # The demo has a development node give ether that is no key's of this process.
    senders = [
        path.relative_to(PACKAGE).as_posix()
        for path in sorted(PACKAGE.rglob("*.py"))
        for _ in re.findall(r"\.send_(?:raw_)?transaction\(", path.read_text())
    ]
    assert senders == ["chain/chain.py", "demo/world.py"]
