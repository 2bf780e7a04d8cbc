"""A chain that mines when it is told to, and instructions that it would carry out twice."""

from collections import Counter

from deposit_token.chain.chain import Chain
from deposit_token.chain.logs import logged
from deposit_token.chain.profile import Depth, NetworkProfile
from deposit_token.chain.sender import Sender
from deposit_token.deployment.create2 import Creation, create
from deposit_token.store.records import Instruction, Proof, State
from tests.nodes import result, rpc
from tests.scene import SET_UP

OPEN, ASSIGNED, DONE, REFUSED = State


class Bench:
    """Instructions name roles of an access manager, which nothing hinders from being done twice.

    That of role 0 is refused.
    """

    def __init__(self, url, store, finality):
        self.url, self.store, self.finality = url, store, finality
        self.chain = Chain.connect(url)
        creation = Creation.of("AccessManager", bytes(32), SET_UP.address)
        create(self.chain, SET_UP, creation)
        self.manager = self.chain.contract("AccessManager", creation.address)
        rpc(self.chain, "evm_setAutomine", False)
        # What a reorganisation may drop.
        self.mine(10)

    def instruction(self, number, **changes):
        """To name the role of this number."""
        label = bytes.fromhex(self.manager.encode_abi("labelRole", [number, "a role"])[2:])
        topics = (bytes.fromhex(self.manager.events.RoleLabel().topic[2:]), number.to_bytes(32))
        given = {
            "id": f"role-{number}",
            "sender": SET_UP.address,
            "to": self.manager.address,
            "data": label,
            "gas": 100_000,
            "proof": Proof(self.manager.address, topics),
            "about": {"uetr": f"uetr-{number}"},
        }
        return Instruction(**given | changes)

    def add(self, *numbers):
        self.store.add(self.instruction(each) for each in numbers)

    def sender(self, account=SET_UP, url=None, store=None, finality=None, **options):
        """A new one, whose lease anybody may take at once."""
        profile = NetworkProfile(
            url=url or self.url, finality=finality or self.finality, poll_milliseconds=1
        )
        options = {"lease_seconds": 0} | options
        return Sender(Chain.connect(profile), store or self.store, account, **options)

    def mine(self, blocks=1):
        rpc(self.chain, "anvil_mine", hex(blocks))

    def reorganise(self, depth, *raw):
        """As many blocks in place of the last ones, with these transactions in the first of them
        and without what was there."""
        assert result(self.url, "anvil_reorg", depth, [[each, 0] for each in raw]) is None

    def named(self):
        """How often each role was named, by the chain's events."""
        events = logged(self.manager, ["RoleLabel"], self.chain.web3.eth.block_number)
        return Counter(each["args"]["roleId"] for each in events)

    def stands(self, number):
        return self.store.find([f"role-{number}"])[f"role-{number}"]

    def states(self, *numbers):
        return [self.stands(each).state for each in numbers]

    def fates(self):
        """Of the transactions that are not settled, with their nonces."""
        return [(each.nonce, each.fate) for each in self.unsettled()]

    def unsettled(self):
        return self.store.unsettled(SET_UP.address)

    def are_settled(self, *numbers):
        return not {OPEN, ASSIGNED} & set(self.states(*numbers)) and self.fates() == []

    def finish(self, sender, *numbers, within=60):
        """Rounds and blocks in turn until these are done or refused."""
        for _ in range(within):
            if self.are_settled(*numbers):
                return
            sender.step()
            self.mine()
        raise AssertionError(self.states(*numbers), self.fates())


def depth(blocks):
    return Depth(depth=blocks)
