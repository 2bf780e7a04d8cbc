"""The contracts of a payment, once it is certain that they are what they are taken for."""

from typing import TYPE_CHECKING, Any

from deposit_token.errors import NoContract

if TYPE_CHECKING:
    from web3.contract import Contract
    from web3.contract.contract import ContractFunction

    from deposit_token.chain.chain import Chain

ESCROW = "SettlementEscrow"
"""A settlement escrow's artifact, and its name in its EIP-712 domain."""


def token_at(chain: "Chain", address: str) -> "Contract":
    """The deposit token at an address, which is asked for its currency.

    Raises InputError for an address without checksum, NoContract if something else or nothing
    stands there.
    """
    contract = chain.contract("DepositToken", address)
    if _answer(chain, contract.functions.currency()) is None:
        raise _something_else(chain, "DepositToken", contract)
    return contract


def escrow_at(chain: "Chain", address: str) -> "Contract":
    """The settlement escrow at an address, which is asked for its name; raises as `token_at`."""
    contract = chain.contract(ESCROW, address)
    if _name(chain, contract) != ESCROW:
        raise _something_else(chain, ESCROW, contract)
    return contract


def _something_else(chain: "Chain", wanted: str, contract: "Contract") -> NoContract:
    name = _name(chain, contract)
    found = f"one that calls itself {name!r}" if name else "a contract without a name"
    return NoContract(
        f"{wanted}: found {found} at {contract.address}, accepted is the address of one on chain "
        f"{chain.chain_id}."
    )


def _name(chain: "Chain", contract: "Contract") -> str | None:
    """What a contract calls itself (ERC-5267), if it does."""
    domain = _answer(chain, contract.functions.eip712Domain())
    return None if domain is None else domain[1]


def _answer(chain: "Chain", function: "ContractFunction") -> Any:
    """None if the contract has no such function."""
    from deposit_token.chain.refusals import Reverted

    try:
        return chain.call(function)
    except (NoContract, Reverted):
        return None
