"""Why a mined transaction failed."""

from typing import TYPE_CHECKING, cast

from deposit_token.chain.refusals import Reverted
from deposit_token.errors import DepositTokenError, NodeError, TransactionFailed

if TYPE_CHECKING:
    from web3 import Web3
    from web3.types import TxParams, TxReceipt


def failure_of(
    web3: "Web3", name: str, transaction: "TxParams", receipt: "TxReceipt"
) -> DepositTokenError:
    """Why a mined transaction failed, as far as the same call at its block tells: Reverted, or
    TransactionFailed; `name` is for messages."""
    try:
        replayed = {**message_of(transaction), "gas": transaction["gas"]}
        web3.eth.call(cast("TxParams", replayed), receipt["blockNumber"])
    except Reverted as refusal:
        return Reverted(name, refusal.found, receipt)
    except DepositTokenError as error:
        reason = error.told if isinstance(error, NodeError) else str(error)
    else:
        reason = "and does not when it is repeated"
    limit = transaction["gas"]
    used = f"{receipt['gasUsed']} of {limit} gas used ({reason})"
    return failed(name, receipt, used, ran_out=receipt["gasUsed"] == limit)


def failed(name: str, receipt: "TxReceipt", used: str, ran_out: bool = False) -> TransactionFailed:
    """That a mined transaction failed; `used` is the gas, for messages, of which none is left if it
    has `ran_out`."""
    mined = receipt["transactionHash"].to_0x_hex()
    accepted = (
        "one with a higher gas limit"
        if ran_out
        else "one that succeeds: its trace tells where it failed (`debug_traceTransaction`)"
    )
    return TransactionFailed(
        f"{name}: found that transaction {mined} failed with {used} and did nothing else, accepted "
        f"is {accepted}.",
        mined,
    )


def message_of(transaction: "TxParams") -> "TxParams":
    """What a call sees of a transaction: neither nonce nor fees."""
    return {
        "from": transaction["from"],
        "to": transaction["to"],
        "data": transaction["data"],
        "value": transaction["value"],
    }
