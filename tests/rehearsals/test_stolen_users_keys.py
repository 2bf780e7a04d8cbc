"""A dealer's signer, a platform's operator, an arbiter or a customer's own wallet is stolen."""

import pytest

from deposit_token.chain.refusals import Reverted
from deposit_token.protocol import messages
from deposit_token.protocol.redemption import Redemptions
from deposit_token.values.enumerations import PaymentStatus, RedemptionStatus
from tests.refusals import missigned, reverts
from tests.rehearsals.scene import DEALER, GERMANY
from tests.scene import DAY, FAR

pytestmark = pytest.mark.slow


def test_stolen_dealer_signer(scene, runbook):
    stolen, dealer = scene.keys["thief"], scene.keys["dealer"].address
    escrow = scene.at("escrow")
    scene.send("dealer", escrow.setDealerSigner(stolen.address, True))
    payment = scene.terms(1, source_amount=10_00, target_amount=4_000_00)
    scene.authorize(payment, dealer="thief")
    assert scene.settlement.inventory(dealer, scene.hkd) == 1_000_00

    book = runbook("stolen-dealer-signer", stolen=stolen, payment=payment.as_tuple())
    book.do(1)
    later = scene.terms(2)
    with missigned("dealer", dealer, f"one by {stolen.address}, or .*"):
        scene.authorize(later, dealer="thief")
    book.do(2, 3)
    assert scene.settlement.inventory(dealer, scene.hkd) == 5_000_00
    scene.authorize(scene.terms(3), dealer="new")


def test_stolen_wallet(scene, runbook):
    """A dealer's, with inventory, a redemption to the thief's account, and what a payment owes."""
    stolen, token = scene.keys["dealer"], scene.token(scene.eur)
    balance = scene.balance(scene.eur, "dealer")
    redemptions = Redemptions(scene.chain, scene.eur)
    _, number = redemptions.request(stolen, 1_00, bytes(32))
    payment = scene.terms()
    scene.authorize(payment)

    book = runbook(
        "stolen-wallet",
        stolen=stolen,
        id=number,
        token=scene.eur,
        category=DEALER,
        country=GERMANY,
        until=FAR,
        customer=4,
        amount=balance,
    )
    book.do(1)
    with reverts("ERC7943CannotSend", account=stolen.address):
        scene.send("dealer", token.transfer(scene.keys["neighbour"].address, 1))
    with reverts("OwnerBlocked", owner=stolen.address):
        scene.send("dealer", scene.at("escrow").withdraw(scene.eur, 1))
    book.do(2)
    assert redemptions.find(number).status is RedemptionStatus.REJECTED
    book.do(3, 4, 5, 6, 7, 8)
    assert scene.balance(scene.eur, "dealer") == 0
    assert scene.balance(scene.eur, "new") == balance + 5_000_00
    scene.settlement.capture(scene.keys["platform"], payment, 0, 100_00)
    assert scene.settlement.inventory(stolen.address, scene.eur) == 100_00


def test_stolen_operator(scene, runbook):
    """Three payments name the key: one is only signed, one not shipped, and one shipped in part."""
    settlement, payer = scene.settlement, scene.keys["payer"]
    limits = {"resolve_by": scene.chain.now() + 70 * DAY, "arbiter": scene.keys["arbiter"].address}
    signed, unshipped = scene.terms(1), scene.terms(2)
    disputed = scene.terms(3, **limits)
    for payment in (unshipped, disputed):
        scene.authorize(payment)
    nonce = settlement.payment_id(signed)
    cancellation = messages.CancelAuthorization(payer.address, nonce)
    before = scene.balance(scene.eur, "payer")

    book = runbook(
        "stolen-operator",
        token=scene.eur,
        id=nonce,
        signature=messages.sign(payer, cancellation, settlement.token_domain(scene.eur)),
        payment=disputed.as_tuple(),
        unshipped=unshipped.as_tuple(),
        shipped=40_00,
    )
    book.do(1)
    with reverts("ERC3009UsedAuthorization", authorizer=payer.address, nonce=nonce):
        scene.authorize(signed)
    book.do(2)
    wrong = {"found": PaymentStatus.DISPUTED, "allowed": PaymentStatus.AUTHORIZED}
    with reverts("WrongStatus", id=settlement.payment_id(disputed), **wrong):
        settlement.capture(scene.keys["platform"], disputed, 0, 100_00)
    book.do(3, 4)
    assert settlement.state(settlement.payment_id(unshipped)).status is PaymentStatus.VOIDED
    assert scene.balance(scene.eur, "payer") == before + 100_00 + 60_00
    assert scene.balance(scene.hkd, "merchant") == 340_00


def test_stolen_arbiter(scene, runbook):
    """Four payments name the key: one is only signed, and three are disputed."""
    settlement, payer, stolen = scene.settlement, scene.keys["payer"], scene.keys["arbiter"]
    resolve_by = scene.chain.now() + 70 * DAY
    signed, unshipped, shipped, disputed = (
        scene.terms(number, resolve_by=resolve_by, arbiter=stolen.address) for number in range(1, 5)
    )
    for payment in (unshipped, shipped, disputed):
        scene.authorize(payment)
        settlement.dispute(payer, payment)
    nonce = settlement.payment_id(signed)
    cancellation = messages.CancelAuthorization(payer.address, nonce)
    before = scene.balance(scene.eur, "payer")

    book = runbook(
        "stolen-arbiter",
        token=scene.eur,
        id=nonce,
        signature=messages.sign(payer, cancellation, settlement.token_domain(scene.eur)),
        unshipped=unshipped.as_tuple(),
        shipped=shipped.as_tuple(),
        payment=disputed.as_tuple(),
    )
    book.do(1)
    with reverts("ERC3009UsedAuthorization", authorizer=payer.address, nonce=nonce):
        scene.authorize(signed)
    book.do(2, 3)
    for payment, status in (
        (unshipped, PaymentStatus.VOIDED),
        (shipped, PaymentStatus.CAPTURED),
    ):
        wrong = {"found": status, "allowed": PaymentStatus.DISPUTED}
        with reverts("WrongStatus", id=settlement.payment_id(payment), **wrong):
            settlement.resolve(stolen, payment, 100_00)
    scene.advance(resolve_by - 60)
    with pytest.raises(Reverted) as early:
        settlement.reclaim(scene.keys["anybody"], disputed)
    assert early.value.error == "TooEarly"
    scene.advance(resolve_by)
    with pytest.raises(Reverted) as late:
        settlement.resolve(stolen, disputed, 100_00)
    assert late.value.error == "TooLate"
    book.do(4)
    assert scene.balance(scene.eur, "payer") == before + 200_00
    assert scene.balance(scene.hkd, "merchant") == 850_00
