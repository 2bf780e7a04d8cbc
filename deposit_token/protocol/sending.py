"""Sending to a deposit token, whose refusals are told with what is known of it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from deposit_token.chain.chain import Chain, Signer
from deposit_token.chain.refusals import Reverted
from deposit_token.protocol.facts import facts_of_call

if TYPE_CHECKING:
    from web3.contract.contract import ContractFunction
    from web3.types import TxReceipt

_NOTHING: Mapping[str, str] = MappingProxyType({})


def send_to_token(
    chain: Chain,
    account: Signer,
    call: "ContractFunction",
    gas: int | None = None,
    about: Mapping[str, str] = _NOTHING,
) -> "TxReceipt":
    """As `Chain.send`; a refusal has amounts in the token's currency, how who may not take part
    stands at its bank, and the role that the function needs."""
    try:
        return chain.send(account, call, gas=gas, about=about)
    except Reverted as refusal:
        raise refusal.with_facts(facts_of_call(chain, call, refusal.found)) from None
