"""What the banks do during a run: issue to the buyers, block one, end a merchant's review."""

from collections.abc import Iterable
from typing import Any

from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak
from web3.contract.contract import ContractFunction

from deposit_token.chain.coding import calldata
from deposit_token.chain.refusals import Reverted
from deposit_token.chain.sender import Sender
from deposit_token.demo.orders import Order
from deposit_token.demo.world import BANK_GAS, World
from deposit_token.devchain.keys import bank_secret
from deposit_token.errors import PaymentLogError
from deposit_token.protocol.facts import facts_of_call
from deposit_token.protocol.payment import Payment
from deposit_token.store.records import ENDED, Instruction, Proof, State
from deposit_token.store.store import Store
from deposit_token.values.fields import ADDRESS_ZERO, WORD
from deposit_token.values.references import canonical


class Banks:
    """Each act of a bank for an order is an instruction in the payment log's store, made once."""

    def __init__(self, world: World, store: Store) -> None:
        self._world = world
        self._store = store
        self._senders: dict[str, Sender] = {}
        self._entered: list[Instruction] = []
        self._under_way: dict[str, str] = {}
        """Ids of instructions → who sends them."""
        self._ended: dict[str, Instruction] = {}

    # Acts

    def issue(self, order: Order, payment: Payment) -> None:
        """Give the buyer what the payment costs."""
        minter, mint = self._world.mint(
            order.buyer_currency, payment.payer, payment.source_amount, self._sequence(order)
        )
        to, _, entry = mint.arguments
        token = self._world.token(order.buyer_currency)
        event = token.events.Minted().topic, minter.address, to, f"0x{entry:032x}"
        self._enter("fund", order, minter, mint, event)

    def refused_issuance(self, order: Order) -> Instruction | None:
        """What was refused, for good; None if the buyer was given the money, by whichever run."""
        found = self._ended[_id("fund", order)]
        return None if found.state is State.DONE or self._is_issued(order) else found

    def require_on_chain(self, orders: Iterable[Order]) -> None:
        """Raises PaymentLogError if the chain lacks the last issuance for any of these orders that
        is final by the payment log."""
        by_id = {_id("fund", each): each for each in orders}
        kept = self._store.find(list(by_id)).values()
        done = [(each.settled, each.id) for each in kept if each.state is State.DONE]
        if done and not self._is_issued(order := by_id[max(done)[1]]):
            raise PaymentLogError(
                f"issuance for {order.invoice}: found its entry unused on the chain, accepted is "
                "one that is used, as the payment log has it since that was final: the chain is "
                "another, or was put back."
            )

    def block(self, order: Order) -> None:
        """Put the buyer's wallet under a legal block."""
        officer, block = self._world.buyer_block(order)
        event = self._world.registry_event(order.buyer_currency, "WalletBlocked")
        self._enter("block", order, officer, block, (event, block.arguments[0]))

    def lapse(self, order: Order, end: int) -> None:
        """Let the merchant's review end at a moment, Unix seconds."""
        self._renew("lapse", order, end)

    def restore(self, order: Order) -> None:
        """Renew the merchant's review for good."""
        self._renew("restore", order, self._world.reviewed_until)

    def _renew(self, act: str, order: Order, end: int) -> None:
        registrar, renew = self._world.merchant_renewal(order, end)
        event = self._world.registry_event(order.amount.currency, "Renewed")
        self._enter(act, order, registrar, renew, (event, renew.arguments[0]))

    # Carrying out

    @property
    def are_under_way(self) -> bool:
        """Whether something was entered that is not final as yet."""
        return bool(self._entered or self._under_way)

    def step(self) -> None:
        """Do one round with each key that has something under way."""
        if self._entered:
            kept = self._store.find([each.id for each in self._entered])
            # A moment in one that an earlier run has entered may be another by now.
            self._store.add([each for each in self._entered if each.id not in kept])
            self._under_way |= {each.id: each.sender for each in self._entered}
            self._entered = []
            self._forget_ended()
        for sender in dict.fromkeys(self._under_way.values()):
            self._senders[sender].step()
        self._forget_ended()

    def _forget_ended(self) -> None:
        kept = self._store.find(list(self._under_way))
        self._under_way = {id: each.sender for id, each in kept.items() if each.state not in ENDED}
        self._ended |= {id: each for id, each in kept.items() if each.state in ENDED}

    def _enter(
        self,
        act: str,
        order: Order,
        key: LocalAccount,
        call: ContractFunction,
        event: tuple[Any, ...],
    ) -> None:
        """Have a call made, unless an earlier run has entered this act of the order."""
        if key.address not in self._senders:
            self._senders[key.address] = Sender(
                self._world.chain, self._store, key, lease_seconds=0, explain=self._explain
            )
        self._entered.append(
            Instruction(
                id=_id(act, order),
                sender=key.address,
                to=call.address,
                data=bytes.fromhex(calldata(call)[2:]),
                gas=BANK_GAS,
                proof=Proof(call.address, tuple(_word(each) for each in event)),
                about={"reference": order.invoice},
            )
        )

    def _is_issued(self, order: Order) -> bool:
        return self._world.is_issued(order.buyer_currency, self._sequence(order))

    def _sequence(self, order: Order) -> int:
        """By its invoice an order has one entry, whatever file it comes in and on which line."""
        secret = bank_secret(self._world.issuer(order.buyer_currency).name)
        return int.from_bytes(keccak(secret + canonical(order.invoice).encode())[:8])

    def _explain(self, instruction: Instruction, failed: Reverted) -> str:
        """Why the token has refused to issue, or the registry another act."""
        if not instruction.id.startswith("fund/"):
            return str(failed)
        token = self._world.chain.contract("DepositToken", instruction.to)
        call = token.functions.mint(ADDRESS_ZERO, 0, 0)
        facts = facts_of_call(self._world.chain, call, failed.found)
        return str(Reverted(call.fn_name, failed.found).with_facts(facts))


def _id(act: str, order: Order) -> str:
    return f"{act}/{order.invoice}"


def _word(topic: str) -> bytes:
    return bytes.fromhex(topic[2:]).rjust(WORD, b"\0")
