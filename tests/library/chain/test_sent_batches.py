"""Several instructions in one transaction: each has an outcome of its own."""

import pytest

from deposit_token.chain.chain import Chain
from deposit_token.chain.coding import calldata
from deposit_token.chain.profile import NetworkProfile
from deposit_token.chain.sender import Sender
from deposit_token.protocol.settlement import ACT_GAS, BATCH_GAS
from deposit_token.store.memory import MemoryStore
from deposit_token.store.records import Instruction, Proof, State, Transaction
from tests.nodes import rpc
from tests.scene import OPERATOR

pytestmark = pytest.mark.anvil("mines when it is told to")


@pytest.fixture
def escrow(shop, settlement):
    return shop.chain.contract("SettlementEscrow", settlement.address)


@pytest.fixture
def store():
    return MemoryStore()


def instruction(shop, escrow, buyer, payment):
    """To authorize a payment."""
    consents = shop.consents(buyer, payment)
    approval = consents["approval"]
    call = escrow.functions.authorize(
        payment.as_tuple(),
        consents["payer_signature"],
        consents["dealer_signature"],
        (approval.valid_until, approval.signature),
    )
    topic = bytes.fromhex(escrow.events.PaymentAuthorized().topic[2:])
    return Instruction(
        id=str(payment.uetr),
        sender=OPERATOR.address,
        to=escrow.address,
        data=bytes.fromhex(calldata(call)[2:]),
        gas=ACT_GAS,
        proof=Proof(escrow.address, (topic, shop.settlement.payment_id(payment))),
    )


def signed(chain, escrow, instructions, gas):
    call = escrow.functions.batch([each.data for each in instructions])
    fees = {"maxFeePerGas": 10**11, "maxPriorityFeePerGas": 1}
    nonce = chain.web3.eth.get_transaction_count(OPERATOR.address)
    terms = {"chainId": chain.chain_id, "nonce": nonce, "gas": gas, **fees, "value": 0}
    made = OPERATOR.sign_transaction({**terms, "to": escrow.address, "data": calldata(call)})
    return Transaction(
        hash=made.hash.to_0x_hex(),
        sender=OPERATOR.address,
        nonce=nonce,
        raw=bytes(made.raw_transaction),
        gas=gas,
        max_fee=fees["maxFeePerGas"],
        tip=fees["maxPriorityFeePerGas"],
        ids=tuple(each.id for each in instructions),
        signed_at=chain.web3.eth.block_number,
        signed_after=chain.web3.eth.block_number,
    )


def carried_out(shop, escrow, store, instructions, gas):
    """How these stand once their batch is final."""
    store.add(instructions)
    lease = store.lease(OPERATOR.address, "before", 0, 0)
    store.sign(lease, [signed(shop.chain, escrow, instructions, gas)])
    profile = NetworkProfile(url=shop.chain.profile.url, finality="at once")
    sender = Sender(Chain.connect(profile), store, OPERATOR)
    for _ in range(2):
        sender.step()
        rpc(shop.chain, "evm_mine")
    assert store.unsettled(OPERATOR.address) == []
    found = store.find(each.id for each in instructions)
    return [(found[each.id].state, found[each.id].reason) for each in instructions]


def test_act_that_is_skipped_is_refused_with_its_reason(shop, escrow, store):
    sold = [shop.sell() for _ in range(3)]
    shop.block(sold[1][0])
    instructions = [instruction(shop, escrow, *each) for each in sold]
    gas = ACT_GAS + 3 * BATCH_GAS
    first, second, third = carried_out(shop, escrow, store, instructions, gas)
    assert first == third == (State.DONE, "")
    assert second[0] is State.REFUSED
    assert second[1].startswith("act 1 of a batch: found ")
    assert second[1].endswith(".")


def test_batch_that_fails_as_a_whole_refuses_all(shop, escrow, store):
    instructions = [instruction(shop, escrow, *shop.sell()) for _ in range(2)]
    outcomes = carried_out(shop, escrow, store, instructions, 200_000)
    assert [state for state, _ in outcomes] == [State.REFUSED, State.REFUSED]
    assert outcomes[0][1].startswith(f"transaction to '{escrow.address}': ")
