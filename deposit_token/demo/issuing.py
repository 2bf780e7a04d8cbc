"""Issuing: the banks issue to each buyer what its order costs, once."""

from eth_utils.crypto import keccak

from deposit_token.chain.coding import calldata
from deposit_token.chain.refusals import Reverted
from deposit_token.chain.sender import Sender
from deposit_token.demo.orders import Order
from deposit_token.demo.world import MINT_GAS, World
from deposit_token.devchain.keys import bank_secret
from deposit_token.protocol.facts import facts_of_call
from deposit_token.protocol.payment import Payment
from deposit_token.store.records import ENDED, Instruction, Proof, State
from deposit_token.store.store import Store
from deposit_token.values.fields import ADDRESS_ZERO, WORD
from deposit_token.values.references import canonical


class Issuing:
    """The minters of all banks, and what they have under way."""

    def __init__(self, world: World, store: Store) -> None:
        self._world = world
        self._store = store
        self._senders: dict[str, Sender] = {}
        self._entered: list[Instruction] = []
        self._under_way: dict[str, str] = {}
        """Ids of instructions → their minters."""

    def issue(self, order: Order, payment: Payment) -> None:
        """Have the buyer be given what the payment costs, unless that was done."""
        self._entered.append(self._instruction(order, payment))

    @property
    def is_under_way(self) -> bool:
        """Whether something was entered that is not final as yet."""
        return bool(self._entered or self._under_way)

    def step(self) -> None:
        """Do one round with each minter that has something under way."""
        self._store.add(self._entered)
        self._under_way |= {each.id: each.sender for each in self._entered}
        self._entered = []
        self._forget_ended()
        for minter in dict.fromkeys(self._under_way.values()):
            self._senders[minter].step()
        self._forget_ended()

    def refused(self, order: Order) -> Instruction | None:
        """What was refused, for good; None if the buyer has been given the money, by whichever
        run."""
        found = self._store.find([_id(order)])[_id(order)]
        issued = found.state is State.DONE or self._world.is_issued(
            order.buyer_currency, self._sequence(order)
        )
        return None if issued else found

    def _forget_ended(self) -> None:
        kept = self._store.find(list(self._under_way))
        self._under_way = {id: each.sender for id, each in kept.items() if each.state not in ENDED}

    def _instruction(self, order: Order, payment: Payment) -> Instruction:
        minter, mint = self._world.mint(
            order.buyer_currency, payment.payer, payment.source_amount, self._sequence(order)
        )
        if minter.address not in self._senders:
            self._senders[minter.address] = Sender(
                self._world.chain, self._store, minter, lease_seconds=0, explain=self._explain
            )
        token = self._world.token(order.buyer_currency)
        *_, entry = mint.arguments
        event, *who = (
            bytes.fromhex(each[2:]).rjust(WORD, b"\0")
            for each in (token.events.Minted().topic, minter.address, payment.payer)
        )
        return Instruction(
            id=_id(order),
            sender=minter.address,
            to=token.address,
            data=bytes.fromhex(calldata(mint)[2:]),
            gas=MINT_GAS,
            proof=Proof(token.address, (event, *who, entry.to_bytes(WORD))),
            about={"reference": order.invoice},
        )

    def _sequence(self, order: Order) -> int:
        """By its invoice an order has one entry, whatever file it comes in and on which line."""
        secret = bank_secret(self._world.issuer(order.buyer_currency).name)
        return int.from_bytes(keccak(secret + canonical(order.invoice).encode())[:8])

    def _explain(self, instruction: Instruction, failed: Reverted) -> str:
        token = self._world.chain.contract("DepositToken", instruction.to)
        call = token.functions.mint(ADDRESS_ZERO, 0, 0)
        facts = facts_of_call(self._world.chain, call, failed.found)
        return str(Reverted(call.fn_name, failed.found).with_facts(facts))


def _id(order: Order) -> str:
    return f"fund/{order.invoice}"
