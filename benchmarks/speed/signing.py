"""Signatures a second, beside bare coincurve and the keccak of the same bytes."""

import time
from collections.abc import Callable

from coincurve import PrivateKey
from eth_account import Account
from eth_hash.backends.pysha3 import keccak256

from benchmarks.speed.market import Market
from deposit_token.chain.signing import Call, call_signer
from deposit_token.protocol.settlement import ACT_GAS
from deposit_token.protocol.signatures import sign
from deposit_token.protocol.structs import Domain

_NUMBER = 2_000
_TIMES = 5
_SIGNATURE = 67
"""Bytes that a signature adds to a transaction, if none of its numbers begins with a zero."""


def measure(market: Market) -> dict[str, float]:
    """How many times as fast as bare signing this library signs messages and transactions, and how
    many of each in a second."""
    account = Account.from_key(bytes(31) + b"\1")
    key = PrivateKey(bytes(account.key))
    chain_id = 31_337
    payments = [each.payment for each in market.authorizations[:_NUMBER]]
    escrow, token = (
        Domain(name, "1", chain_id, market.escrow) for name in ("SettlementEscrow", "Rhein Euro")
    )
    consents = [each.consent(escrow) for each in payments]
    hashed = [(each.type_hash() + _words(each), token.struct_hash()) for each in consents]

    def messages() -> None:
        for each in consents:
            sign(account, each, token)

    def bare_messages() -> None:
        for struct, separator in hashed:
            digest = keccak256(b"\x19\x01" + separator + keccak256(struct))
            key.sign_recoverable(digest, hasher=None)

    calls = [
        Call(chain_id, nonce, 10**9, 10**11, ACT_GAS, market.escrow, bytes(1_000))
        for nonce in range(len(payments))
    ]
    sign_call = call_signer(account)
    signed = [sign_call(each).raw for each in calls]

    def transactions() -> None:
        for each in calls:
            sign_call(each)

    def bare_transactions() -> None:
        for raw in signed:
            key.sign_recoverable(keccak256(raw[:-_SIGNATURE]), hasher=None)
            keccak256(raw)

    found = {}
    for name, ours, bare in (
        ("signatures", messages, bare_messages),
        ("transactions", transactions, bare_transactions),
    ):
        own, least = _seconds(ours, bare)
        found[f"{name}_vs_coincurve"] = round(least / own, 2)
        found[f"{name}_per_second"] = round(len(payments) / own)
    return found


def _words(message: object) -> bytes:
    members = type(message).members()  # type: ignore[attr-defined]
    return b"".join(each.kind.to_word(getattr(message, each.name)) for each in members)


def _seconds(*functions: Callable[[], None]) -> list[float]:
    """The least that each takes, of several turns."""
    least = [float("inf")] * len(functions)
    for _ in range(_TIMES):
        for place, function in enumerate(functions):
            began = time.perf_counter()
            function()
            least[place] = min(least[place], time.perf_counter() - began)
    return least
