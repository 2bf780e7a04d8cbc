"""Whether everything adds up: tokens' supplies and the escrow's holdings, from the chain alone.

All that adds up to one position is read as of one block, the latest when its reading began; a node
that keeps the state of few blocks must be done with it before it forgets that one (NodeError).
"""

from collections import defaultdict
from dataclasses import dataclass
from itertools import product

from deposit_token.chain.chain import Chain
from deposit_token.chain.logs import logged
from deposit_token.protocol.contracts import ESCROW, token_at
from deposit_token.protocol.settlement import Settlement
from deposit_token.values.fields import Address, checked

_OWED = {"ClaimableAdded": "owner", "ClaimDiverted": "to", "InventoryDiverted": "dealer"}
"""Every event that makes somebody the owner of a claimable, and which of its arguments it is."""


@dataclass(frozen=True)
class SupplyPosition:
    """One token's supply; amounts in its minor units.

    >>> SupplyPosition(f"0x{3:040}", minted=30, burned=10, supply=20, balances=20).balanced
    True
    """

    token: str
    minted: int
    """Sum of all `Minted` events."""
    burned: int
    """Sum of all `Burned` and `RedemptionSettled` events."""
    supply: int
    balances: int
    """Sum over every account that a `Transfer` event names."""

    @property
    def balanced(self) -> bool:
        """minted − burned = supply = sum of balances"""
        return self.minted - self.burned == self.supply == self.balances


@dataclass(frozen=True)
class EscrowPosition:
    """What the escrow has of one token, and whose it is; amounts in minor units.

    >>> EscrowPosition(f"0x{3:040}", balance=61, held=10, inventory=20, claimable=30).balanced
    False
    """

    token: str
    balance: int
    held: int
    """For payments that are authorized or disputed, as far as they are not captured."""
    inventory: int
    """The dealers'."""
    claimable: int
    """Kept for payees that could not be paid."""

    @property
    def balanced(self) -> bool:
        """balance = held + inventory + claimable (more only if somebody gave tokens away)"""
        return self.balance == self.held + self.inventory + self.claimable


@checked
def supply_position(chain: Chain, token: Address) -> SupplyPosition:
    """Add up one token from its events and balances.

    Raises InputError for an address without checksum, NoContract if no token answers there.
    """
    block = chain.web3.eth.block_number
    contract = token_at(chain, token)
    minted = burned = 0
    holders = set()
    for log in logged(contract, ["Transfer", "Minted", "Burned", "RedemptionSettled"], block):
        match log["event"]:
            case "Transfer":
                holders |= {log["args"]["from"], log["args"]["to"]}
            case "Minted":
                minted += log["args"]["amount"]
            case "Burned" | "RedemptionSettled":
                burned += log["args"]["amount"]
    return SupplyPosition(
        token=token,
        minted=minted,
        burned=burned,
        supply=chain.call(contract.functions.totalSupply(), block),
        balances=sum(
            chain.call(contract.functions.balanceOf(holder), block) for holder in sorted(holders)
        ),
    )


@checked
def escrow_positions(chain: Chain, escrow: Address, tokens: list[Address]) -> list[EscrowPosition]:
    """Explain every unit that the escrow has of the given tokens.

    Raises InputError for an address without checksum, NoContract if the escrow or a token is none.
    """
    block = chain.web3.eth.block_number
    settlement = Settlement(chain, escrow)
    contract = chain.contract(ESCROW, escrow)
    ledgers = {token: token_at(chain, token).functions for token in tokens}
    held: dict[str, int] = defaultdict(int)
    for payment_id, payment in settlement.authorized(block):
        state = settlement.state(payment_id, block)
        if state.closed:
            continue
        held[payment.source_token] += payment.source_amount - state.captured
        if payment.source_token != payment.target_token:
            paid = payment.target_share(state.captured)
            held[payment.target_token] += payment.target_amount - paid
    dealers, owners = set(), set()
    for log in logged(contract, ["Deposited", *_OWED], block):
        if log["event"] == "Deposited":
            dealers.add(log["args"]["dealer"])
        else:
            owners.add((log["args"]["token"], log["args"][_OWED[log["event"]]]))
    inventory: dict[str, int] = defaultdict(int)
    for dealer, token in product(sorted(dealers), tokens):
        inventory[token] += chain.call(contract.functions.inventoryOf(dealer, token), block)
    claimable: dict[str, int] = defaultdict(int)
    for token, owner in sorted(owners):
        claimable[token] += chain.call(contract.functions.claimableOf(token, owner), block)
    return [
        EscrowPosition(
            token=token,
            balance=chain.call(ledgers[token].balanceOf(escrow), block),
            held=held[token],
            inventory=inventory[token],
            claimable=claimable[token],
        )
        for token in tokens
    ]
