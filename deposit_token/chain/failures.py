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
    mined = receipt["transactionHash"].to_0x_hex()
    return TransactionFailed(
        f"{name}: transaction {mined} failed with {receipt['gasUsed']} of {transaction['gas']} "
        f"gas used ({reason}).",
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
