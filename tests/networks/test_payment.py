"""Two banks and one payment on every kind of node."""

import pytest

from deposit_token.chain.chain import Chain
from deposit_token.devchain.keys import account
from deposit_token.protocol.participants import CustomerCategory
from deposit_token.protocol.payment import PaymentStatus
from tests.scene import DAY, DEALER, MERCHANT, OPERATOR, Scene, money

BUYER = account("a buyer")


@pytest.fixture(scope="session")
def scene(network):
    """Both banks with their escrow, and a buyer who has 100.00 EUR."""
    scene = Scene.open(Chain.connect(network))
    scene.rhein.register(CustomerCategory.RETAIL, "DE", BUYER.address)
    scene.rhein.mint(BUYER.address, 100_00, sequence=2)
    return scene


def test_payment_is_authorized_captured_and_refunded(scene):
    chain, settlement = scene.chain, scene.settlement
    price, owed = money("100.00 EUR"), money("900.00 HKD")
    payment = scene.payment("T-1", BUYER.address, price, owed, chain.now())
    payment_id = settlement.payment_id(payment)

    settlement.authorize(OPERATOR, payment, **scene.consents(BUYER, payment))
    assert settlement.state(payment_id).status is PaymentStatus.AUTHORIZED
    assert balance(scene, "EUR", BUYER) == 0

    settlement.capture(OPERATOR, payment, 0, 100_00)
    assert settlement.state(payment_id).status is PaymentStatus.CAPTURED
    assert balance(scene, "HKD", MERCHANT) == 900_00

    quote = settlement.quote_refund(payment, 90_00, chain.now() + DAY)
    by_merchant = settlement.sign_refund_as_merchant(MERCHANT, payment, quote)
    by_dealer = settlement.sign_refund_as_dealer(DEALER, quote)
    settlement.refund_with_authorization(OPERATOR, payment, quote, by_merchant, by_dealer)
    assert settlement.state(payment_id).refunded == 90_00
    assert balance(scene, "EUR", BUYER) == 10_00
    assert balance(scene, "HKD", MERCHANT) == 810_00
    assert list(settlement.authorized()) == [(payment_id, payment)]


def balance(scene, currency, owner):
    functions = scene.chain.contract("DepositToken", scene.tokens[currency]).functions
    return scene.chain.call(functions.balanceOf(owner.address))
