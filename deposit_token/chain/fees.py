"""What a transaction offers for its gas, by the network's fee policy; all in wei a gas."""

from typing import TYPE_CHECKING, cast

from deposit_token.chain.profile import CappedFees, FixedFees, NetworkProfile
from deposit_token.errors import NodeError, PendingError, Unsupported

if TYPE_CHECKING:
    from web3 import Web3
    from web3.types import RPCEndpoint, TxParams, Wei

_BASE_FEES = 4
"""The cap of the node's fees, in base fees of the latest block; only the actual one is spent."""

_SUGGESTED_TIP = cast("RPCEndpoint", "eth_maxPriorityFeePerGas")


def current_fees(web3: "Web3", policy: NetworkProfile) -> "TxParams":
    """The fees of the next transaction.

    Raises Unsupported for a chain without a base fee and for a node that suggests no tip, where the
    policy asks for them; PendingError while the base fee is above the policy's cap.
    """
    fees = policy.fees
    if fees == "zero":
        return _fees(0, 0)
    if isinstance(fees, FixedFees):
        return _fees(fees.max_fee, fees.tip)
    base_fee = web3.eth.get_block("latest").get("baseFeePerGas")
    if base_fee is None:
        raise Unsupported("fees: found a chain without a base fee, accepted is one with EIP-1559.")
    tip = _tip(web3, base_fee)
    if not isinstance(fees, CappedFees):
        return _fees(_BASE_FEES * base_fee + tip, tip)
    if base_fee > fees.cap:
        raise PendingError(
            f"fees: found a base fee of {base_fee} wei, accepted is at most the cap of {fees.cap} "
            "wei in the network's profile: wait until it falls."
        )
    return _fees(min(_BASE_FEES * base_fee + tip, fees.cap), min(tip, fees.cap))


def raised_fees(
    policy: NetworkProfile, fees: "TxParams", max_fee: int, tip: int
) -> "TxParams | None":
    """The fees with which a transaction takes the place of one that has these and waits.

    Nodes want an eighth more of both; `fees` are those of a new transaction. None where the policy
    allows no more.
    """
    least_fee, least_tip = (each + max(-(-each // 8), 1) for each in (max_fee, tip))
    if policy.fees == "zero" or isinstance(policy.fees, FixedFees):
        return None
    if isinstance(policy.fees, CappedFees) and least_fee > policy.fees.cap:
        return None
    new_fee = max(int(fees["maxFeePerGas"]), least_fee)
    return _fees(new_fee, min(max(int(fees["maxPriorityFeePerGas"]), least_tip), new_fee))


def _fees(most: int, tip: int) -> "TxParams":
    return {"maxFeePerGas": cast("Wei", most), "maxPriorityFeePerGas": cast("Wei", tip)}


def _tip(web3: "Web3", base_fee: int) -> int:
    """What the node suggests beside the base fee, or what its gas price has above that."""
    try:
        return int(web3.provider.make_request(_SUGGESTED_TIP, [])["result"], 16)
    except (NodeError, Unsupported):
        pass
    try:
        return max(int(web3.eth.gas_price) - base_fee, 0)
    except (NodeError, Unsupported) as error:
        raise Unsupported(
            f"fees: found neither eth_maxPriorityFeePerGas nor eth_gasPrice ({error}), accepted is "
            "a node that has one of them, or a profile with fixed fees."
        ) from None
