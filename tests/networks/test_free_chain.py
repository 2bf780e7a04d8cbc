"""A whole payment as on a Besu QBFT network: nobody has ether, headers are long."""

import pytest

from deposit_token.chain.chain import Chain
from deposit_token.chain.profile import NetworkProfile
from deposit_token.devchain.keys import account
from deposit_token.protocol.payment import PaymentStatus
from deposit_token.values.enumerations import CustomerCategory
from tests.nodes import Proxy, run_anvil, served
from tests.scene import OPERATOR, Scene, money

FREE = ("--base-fee", "0", "--gas-price", "0", "--disable-min-priority-fee")
LONG = "0x" + bytes(range(97)).hex()


@pytest.fixture
def chain():
    with run_anvil(*FREE) as anvil:
        node = Proxy(anvil)

        def sealed(ask):
            return {"result": {**ask()["result"], "extraData": LONG}}

        for method in ("eth_getBlockByNumber", "eth_getBlockByHash"):
            node.answers[method] = sealed
        with served(node) as url:
            yield Chain.connect(NetworkProfile.shipped("besu-qbft").at(url))


def test_payment_costs_nothing_and_is_final_at_once(chain):
    scene = Scene.open(Chain.connect(chain.profile.model_copy(update={"development": True})))
    buyer = account("a buyer")
    scene.rhein.register(CustomerCategory.RETAIL, "DE", buyer.address)
    scene.rhein.mint(buyer.address, 100_00, sequence=2)
    payment = scene.payment(
        "T-1", buyer.address, money("100.00 EUR"), money("900.00 HKD"), chain.now()
    )
    settlement = scene.settlement
    settlement.authorize(OPERATOR, payment, **scene.consents(buyer, payment))
    receipt = settlement.capture(OPERATOR, payment, 0, 100_00)
    state = settlement.state(settlement.payment_id(payment))
    assert state.status is PaymentStatus.CAPTURED
    assert chain.is_final(receipt)
    assert receipt["effectiveGasPrice"] == 0
    assert chain.web3.eth.get_balance(OPERATOR.address) == 0
