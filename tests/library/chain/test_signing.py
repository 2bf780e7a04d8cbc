"""Calls that are signed directly are, to the byte, those that eth_account signs."""

from random import Random

import pytest
from eth_account import Account

from deposit_token.chain.signing import Call, call_signer

SEED = 1559
EDGES = [0, 1, 127, 128, 255, 256, 2**32, 2**63, 2**128 - 1]
LENGTHS = [0, 1, 2, 54, 55, 56, 57, 255, 256, 257, 1_000, 65_535, 65_536, 120_000]


class Elsewhere:
    """An account whose key is in no memory of the library's, as in an HSM."""

    def __init__(self, account):
        self._account = account
        self.address = account.address
        self.sign_transaction = account.sign_transaction


def by_eth_account(account, call):
    signed = account.sign_transaction(
        {
            "type": 2,
            "chainId": call.chain_id,
            "nonce": call.nonce,
            "maxPriorityFeePerGas": call.tip,
            "maxFeePerGas": call.max_fee,
            "gas": call.gas,
            "to": call.to,
            "value": 0,
            "data": call.data,
        }
    )
    return bytes(signed.raw_transaction), bytes(signed.hash)


def calls(random):
    """Every edge in every number, every edge of the lengths, and some of no choice."""
    plain = {"chain_id": 1, "nonce": 2, "tip": 3, "max_fee": 4, "gas": 5}
    for field in plain:
        for edge in EDGES:
            if (field, edge) != ("chain_id", 0):
                yield call(random, **plain | {field: edge, "max_fee": 2**128}, length=4)
    for length in LENGTHS:
        yield call(random, **plain, length=length)
        yield call(random, **plain, length=length, byte=0)
    for _ in range(300):
        numbers = {field: random.getrandbits(random.randrange(1, 64)) + 1 for field in plain}
        yield call(random, **numbers | {"max_fee": 2**64}, length=random.randrange(700))


def call(random, length, byte=None, **numbers):
    data = random.randbytes(length) if byte is None else bytes([byte]) * length
    to = Account.from_key(random.randbytes(32)).address
    return Call(**numbers, to=to, data=data)


@pytest.mark.parametrize("kind", [lambda account: account, Elsewhere], ids=["key", "elsewhere"])
def test_bytes_and_hash_are_eth_accounts(kind):
    random = Random(SEED)
    for each in calls(random):
        # Some keys' signatures begin with zeros, which are left out.
        account = Account.from_key(random.randbytes(32))
        assert call_signer(kind(account))(each) == by_eth_account(account, each), each


def test_account_of_each_is_found_again():
    account = Account.from_key(bytes(31) + b"\1")
    found = call_signer(account)(next(calls(Random(SEED))))
    assert Account.recover_transaction(found.raw) == account.address
