"""Sending to a bank's contracts, whose refusals are told with what is known of its tokens."""

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


def send_to_bank(
    chain: Chain,
    account: Signer,
    call: "ContractFunction",
    gas: int | None = None,
    about: Mapping[str, str] = _NOTHING,
) -> "TxReceipt":
    """As `Chain.send`, to a bank's token, policy or registry; a refusal has amounts in the currency
    of the token, which may be an argument, how who may not take part stands at its bank, and the
    role that the function needs."""
    try:
        return chain.send(account, call, gas=gas, about=about)
    except Reverted as refusal:
        raise refusal.with_facts(facts_of_call(chain, call, refusal.found)) from None
