"""A bank as it is looked at: after one block, and beside what its file says of it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from eth_utils.abi import abi_to_signature
from eth_utils.crypto import keccak

from deposit_token.chain.chain import Chain
from deposit_token.deployment.audit.history import EVENTS, USES, History, created_in
from deposit_token.deployment.bank import BankDeployment
from deposit_token.deployment.powers import ANYBODY
from deposit_token.errors import DepositTokenError
from deposit_token.values.enumerations import Role
from deposit_token.values.fields import ADDRESS_ZERO

if TYPE_CHECKING:
    from web3.types import EventData

MAX_PREDECESSORS = 16
"""How many registries came before one, at most."""


class Subject:
    """A bank on the chain after one block, its current contracts, and what its file says."""

    def __init__(
        self, chain: Chain, bank: BankDeployment, escrow: str, set_up: str | None = None
    ) -> None:
        """`set_up` is the key that is about to renounce its power, which is no finding then."""
        successors = bank.config.successors
        self.chain = chain
        self.block = chain.web3.eth.block_number
        self.deployed = bank
        """The contracts that the bank was deployed with."""
        self.config = bank.config
        self.set_up = set_up
        self.manager = bank.manager
        self.timelock = bank.timelock
        self.recovery = successors.recovery or bank.recovery
        self.keeper = successors.keeper or bank.keeper
        self.registry = successors.registry or bank.registry
        self.policy = successors.policy or bank.policy
        self.tokens = bank.tokens
        """By currency code."""
        self.escrows = (escrow, *bank.config.escrows)
        self.history = History()
        """What was set since the bank's manager was created."""
        self.uses = History()
        """What the bank was used for before it was handed over."""
        self.all_seen = False
        """Whether the history has everything."""

    @cached_property
    def registries(self) -> list[str]:
        """The registry and those that it has replaced, one after another."""
        found = [self.registry]
        while len(found) <= MAX_PREDECESSORS:
            before = self.read("AllowlistRegistry", found[-1], "PREDECESSOR")
            if before == ADDRESS_ZERO:
                break
            found.append(before)
        return found

    @cached_property
    def targets(self) -> list[tuple[str, str]]:
        """The contracts whose functions have roles, each by artifact and address.

        Those that were replaced keep them: a block is lifted where it stands.
        """
        return list(
            dict.fromkeys(
                [
                    *(("AllowlistRegistry", each) for each in self.registries),
                    ("CorridorPolicy", self.policy),
                    ("RoleKeeper", self.keeper),
                    *self.deployed.targets(self.escrows[0]),
                ]
            )
        )

    @cached_property
    def contracts(self) -> list[tuple[str, str]]:
        """The targets and what stands above them, each by artifact and address."""
        return [
            ("AccessManager", self.manager),
            ("BankTimelock", self.timelock),
            ("RecoveryTimelock", self.recovery),
            *self.targets,
        ]

    def look_back(self) -> str | None:
        """Read the events since the bank's manager was created; a sentence if the node lacks some.

        What is asked before knows of nothing that the file does not name.
        """
        contracts = [each for each in self.contracts if each[0] in EVENTS]
        first = created_in(self.chain, self.manager, self.block)
        try:
            self.history = History.read(self.chain, contracts, EVENTS, first, self.block)
            # Those of a bank in use are many, and of no interest here.
            last, _ = self.handed_over_in or (self.block, 0)
            used = [each for each in self.targets if each[0] in USES]
            self.uses = History.read(self.chain, used, USES, first, last)
            without = [
                self.name(address)
                for artifact, address in contracts
                if not self.history.is_known_from_birth(artifact, address)
            ]
            reason = f"no event of the creation of {', '.join(without)}" if without else ""
        except DepositTokenError as error:
            reason = f"none ({error})"
        if not reason:
            self.all_seen = True
            return None
        return (
            f"Events since block {first}: found {reason}, so that it was not seen what else was "
            "ever set, granted or scheduled; accepted is a node that has them all."
        )

    @cached_property
    def handed_over_in(self) -> tuple[int, int] | None:
        """Block and log index since which nobody but the timelock has had ADMIN; None before."""
        # The set-up key may have given it up, and taken it back, before.
        if self.set_up is not None:
            return None
        ends = [
            (log["blockNumber"], log["logIndex"])
            for log in self.history.of(self.manager, "RoleRevoked")
            if log["args"]["roleId"] == Role.ADMIN
        ]
        return ends[-1] if ends else None

    def precedes_hand_over(self, log: "EventData") -> bool:
        """Whether the set-up key, or another, had ADMIN when this happened, if that was seen."""
        end = self.handed_over_in
        if not self.all_seen:
            return False
        return end is None or (log["blockNumber"], log["logIndex"]) < end

    def read(self, artifact: str, address: str, function: str, *arguments: object) -> Any:
        """What a function answers after the block that is looked at."""
        functions = self.chain.contract(artifact, address).functions
        return self.chain.call(functions[function](*arguments), self.block)

    def read_each(
        self, artifact: str, address: str, function: str, asked: Sequence[tuple[object, ...]]
    ) -> list[Any]:
        """The same for each of these arguments, of the manager or a registry."""
        contract = self.chain.contract(artifact, address)
        return self.chain.call_each(contract, function, asked, self.block)

    def ask_manager(self, getter: str, asked: Sequence[tuple[object, ...]]) -> list[Any]:
        """What a getter of the manager answers to each of these arguments."""
        return self.read_each("AccessManager", self.manager, getter, asked)

    def name(self, address: str) -> str:
        """What an address is at the bank, for messages: `token EUR (0x…)`, or the address alone."""
        known = self._names.get(address)
        return address if known is None else f"{known} ({address})"

    def function(self, target: str, selector: bytes) -> str:
        """A function's name, for messages; its selector in hex if the contract is unknown."""
        for artifact, address in self.contracts:
            if address == target:
                for item in self.chain.contract(artifact, address).abi:
                    if item["type"] == "function":
                        signature = abi_to_signature(item)
                        if keccak(text=signature)[:4] == selector:
                            return item["name"]
        return f"0x{selector.hex()}"

    @cached_property
    def _names(self) -> dict[str, str]:
        return {
            **{key: f"the {part.replace('_', ' ')}" for part, key in self.config.keys.everybody()},
            **dict.fromkeys(self.escrows, "the escrow"),
            **dict.fromkeys(self.registries, "a replaced registry"),
            ANYBODY: "anybody",
            self.deployed.policy: "a replaced policy",
            self.deployed.keeper: "a replaced keeper",
            self.manager: "the manager",
            self.timelock: "the timelock",
            self.recovery: "the recovery timelock",
            self.keeper: "the keeper",
            self.registry: "the registry",
            self.policy: "the policy",
            **{address: f"token {code}" for code, address in self.tokens.items()},
        }


def moment(seconds: int) -> str:
    """A time in Unix seconds, for messages.

    >>> moment(1_772_456_400)
    '2026-03-02 13:00:00 UTC'
    """
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
