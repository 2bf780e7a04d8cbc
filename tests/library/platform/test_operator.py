"""The operator: each payment and each of its steps is made once, as the escrow's events say."""

import pytest

from deposit_token.values.enumerations import PaymentStatus
from tests.library.platform.market import Market

pytestmark = pytest.mark.anvil("mines when it is told to")


@pytest.fixture
def market(shop, store):
    return Market(shop, store)


def test_payment_goes_from_terms_to_capture(market):
    buyer, payment = market.pay("S-1")
    operator = market.operator
    assert operator.payment("S-1").status is PaymentStatus.NONE
    operator.authorize("S-1", **market.shop.consents(buyer, payment))
    operator.capture("S-1")
    operator.finish("S-1")
    found = operator.payment("S-1")
    assert found.status is PaymentStatus.CAPTURED
    assert market.shop.state(payment).captured == found.captured == 100_00
    assert (found.fee, found.net, found.held) == (4_50, 895_50, 0)
