"""Whether everything adds up: tokens' supplies and the escrow's holdings, from the chain alone.

All that adds up to one position is as of one block. What events add up to is read from the first of
them on, or, with a projection, from its last checkpoint on; what the state of the chain is beside
that, is asked for as of the same block. A node that keeps the state of few blocks must be asked
before it forgets that one (NodeError).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from deposit_token.chain.chain import Chain
from deposit_token.chain.spans import block_at
from deposit_token.errors import NoContract, Overtaken
from deposit_token.protocol.contracts import escrow_at, token_at
from deposit_token.protocol.event_rows import HOLDINGS, OF_ESCROW, OF_TOKEN, TOKEN_ITSELF
from deposit_token.protocol.projecting import bring_up, until_settled
from deposit_token.store.memory_projection import MemoryProjection
from deposit_token.store.projection import Checkpoint
from deposit_token.values.fields import WORD, Address, Uint64, checked

if TYPE_CHECKING:
    from web3.types import RPCEndpoint

    from deposit_token.chain.endpoint import Endpoint
    from deposit_token.store.projection import Projection

_CALL = cast("RPCEndpoint", "eth_call")
_BALANCE_OF = "0x70a08231"
"""What a call of `balanceOf` begins with (ERC-20)."""


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
def supply_position(
    chain: Chain,
    token: Address,
    *,
    block: Uint64 | None = None,
    created: Uint64 = 0,
    projection: "Projection | None" = None,
) -> SupplyPosition:
    """Add up one token from its events and balances, as after a block.

    That is the block of this number, by default the latest. `created` is one before which the token
    has no events, such as the manifest keeps. With a projection, events are read from its last
    checkpoint on, and only the balances are asked for that they may have changed.

    Raises InputError for an address without checksum, and for a block after the latest or before
    the last checkpoint; NoContract if no token answers there; WrongChain for a projection of
    another chain; Overtaken if the chain is reorganised again and again meanwhile.
    """
    contract = token_at(chain, token)
    kept = MemoryProjection() if projection is None else projection

    def position() -> SupplyPosition:
        at = bring_up(chain, token, OF_TOKEN, kept, created, block)
        sums = kept.sums(token, at, [TOKEN_ITSELF])
        balances = _balances(chain, token, kept.unasked(token), at)
        supply = chain.call(contract.functions.totalSupply(), at.number)
        _require_there(chain, at)
        total = kept.keep_balances(token, at, balances)
        if sums is None or total is None:
            raise _overtaken(at)
        minted, burned = (sums.get((TOKEN_ITSELF, name), 0) for name in ("minted", "burned"))
        return SupplyPosition(token, minted, burned, supply, total)

    return until_settled(position)


@checked
def escrow_positions(
    chain: Chain,
    escrow: Address,
    tokens: list[Address],
    *,
    block: Uint64 | None = None,
    created: Uint64 = 0,
    projection: "Projection | None" = None,
) -> list[EscrowPosition]:
    """Explain every unit that the escrow has of the given tokens, as after a block.

    `block`, `created` and `projection` are as in `supply_position`, of the escrow. Raises what that
    raises, NoContract also if the escrow is none, InputError if a payment began before `created`.
    """
    escrow_at(chain, escrow)
    ledgers = {token: token_at(chain, token).functions for token in tokens}
    kept = MemoryProjection() if projection is None else projection

    def positions() -> list[EscrowPosition]:
        at = bring_up(chain, escrow, OF_ESCROW, kept, created, block)
        sums = kept.sums(escrow, at, [bytes.fromhex(token[2:]) for token in tokens])
        balances = {
            token: chain.call(ledger.balanceOf(escrow), at.number)
            for token, ledger in ledgers.items()
        }
        _require_there(chain, at)
        if sums is None:
            raise _overtaken(at)
        return [
            EscrowPosition(
                token,
                balances[token],
                *(sums.get((bytes.fromhex(token[2:]), name), 0) for name in HOLDINGS),
            )
            for token in tokens
        ]

    return until_settled(positions)


def _balances(
    chain: Chain, token: str, holders: Sequence[bytes], at: Checkpoint
) -> dict[bytes, int]:
    """Asked for many in one request: there may be as many holders as a bank has customers."""
    calls = [
        [{"to": token, "data": f"{_BALANCE_OF}{each.hex():0>64}"}, hex(at.number)]
        for each in holders
    ]
    answers = cast("Endpoint", chain.web3.provider).ask_each(_CALL, calls)
    if any(len(each) != 2 + 2 * WORD for each in answers):
        raise NoContract(
            f"balanceOf: found no answer at {token}, accepted is a contract that has this function."
        )
    return {holder: int(answer, 16) for holder, answer in zip(holders, answers, strict=True)}


def _require_there(chain: Chain, at: Checkpoint) -> None:
    """Raises Overtaken if a block is no part of the chain any more."""
    if block_at(chain, at.number) != at:
        raise _overtaken(at)


def _overtaken(at: Checkpoint) -> Overtaken:
    return Overtaken(
        f"block {at.number}: found {at.hash} undone, or another reader faster, accepted is one "
        "that stays the last while all is asked as of it."
    )
