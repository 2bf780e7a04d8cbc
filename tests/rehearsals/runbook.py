"""Carrying out a page of `docs/runbooks/`: who does what, in which order, after which delay."""

import ast
import re
import tomllib
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.contract.contract import ContractFunction, ContractFunctions
from web3.utils import abi_to_signature

from deposit_token.chain.artifacts import artifact
from deposit_token.chain.coding import calldata
from deposit_token.deployment.audit import Report
from deposit_token.deployment.create2 import Creation, create
from deposit_token.deployment.powers import CANCELLER, DEFAULT_ADMIN, PROPOSER
from deposit_token.values.enumerations import Role
from deposit_token.values.money import Money
from tests.refusals import reverts
from tests.rehearsals.page import PAGES, Step, file_lines, steps_of
from tests.rehearsals.scene import Scene

CONSTANTS = {
    **{role.name: role for role in Role},
    "DEFAULT_ADMIN_ROLE": DEFAULT_ADMIN,
    "PROPOSER_ROLE": PROPOSER,
    "CANCELLER_ROLE": CANCELLER,
    "true": True,
    "false": False,
}
"""What a page names that is the same at every bank."""
DELAYS = {
    "timelock": ("after the upgrade delay", "timelock", "getMinDelay"),
    "recovery": ("after recovery's delay", "recovery", "getMinDelay"),
    "manager": ("after the enforcement delay", "keeper", "ENFORCER_DELAY"),
}
"""How a page names the delay of what waits at a contract, and who tells it."""
MOMENTS = ("at once", "from `resolveBy` on")
"""When a step is done that waits for no delay; for the second the rehearsal lets time pass."""
READY = (1 << 2).to_bytes(32)
"""How a timelock names the only state in which it carries something out."""
NOTHING = bytes(32)
SALT = b"\7" * 32


class Each(tuple[Any, ...]):
    """What a name stands for that means several things: a call with it is made for each."""


@dataclass(frozen=True)
class Waiting:
    """What a step has proposed or scheduled."""

    place: str
    """At which of `DELAYS`."""
    since: int
    """Unix seconds."""
    acts: list[tuple[bytes, ContractFunction]]
    """The id of each operation there, and what carries it out."""

    def too_soon(self, operation: bytes) -> AbstractContextManager[None]:
        """What is done meanwhile is refused, since the delay is not over."""
        if self.place == "manager":
            return reverts("AccessManagerNotReady", operationId=operation)
        error = "TimelockUnexpectedOperationState"
        return reverts(error, operationId=operation, expectedStates=READY)


class Runbook:
    """A page that is carried out at the bank of a scene."""

    def __init__(self, scene: Scene, page: str, **names: Any) -> None:
        """`names` are what the page's calls name beside contracts, roles and keys: accounts,
        numbers, or `Each` of them."""
        self.steps = {step.number: step for step in steps_of(PAGES[page])}
        self.left = list(self.steps)
        """Numbers of the steps that are not done yet."""
        self._file_lines = file_lines(PAGES[page])
        self._scene = scene
        self._places = scene.places
        new = {f"new_{name}": scene.keys["new"] for name in (*scene.keys, "wallet", "signer")}
        tokens = {"token": Each(scene.bank.tokens.values())}
        self._names: dict[str, Any] = {**CONSTANTS, **scene.keys, **new, **tokens, **names}
        self._waiting: dict[int, Waiting] = {}

    def name(self, **names: Any) -> None:
        """Say what names of the page stand for from now on."""
        self._names |= names

    def do(self, *numbers: int) -> None:
        """Carry out these steps, which are the next ones."""
        for number in numbers:
            assert self.left.pop(0) == number
            step = self.steps[number]
            match step.verb:
                case "carries out step":
                    self._carry_out(step)
                    continue
                case "proposes":
                    self._propose(step)
                case "schedules":
                    self._schedule(step)
                case "deploys":
                    self._deploy(step)
                case "reads":
                    self._read(step)
                case "runs":
                    self._run(step)
                case _:
                    for call in self._made_by(step):
                        self._send(step, call)
            assert step.when in MOMENTS

    def skip(self, *numbers: int) -> None:
        """Leave out the next steps, as the page says of a case."""
        for number in numbers:
            assert self.left.pop(0) == number

    def place(self, name: str) -> str:
        """Where a contract of the page is, one that was deployed by a step too."""
        return self._places[name][1]

    def report(self) -> Report:
        """How the bank stands beside its file with the lines that the page adds."""
        content = tomllib.loads(self._file_lines)
        changes = content.pop("banks", {}) | content
        minters = [each.model_dump() for each in self._scene.bank.config.minters]
        if "minters" in changes:
            kept = [each for each in minters if each["address"] != self._named("stolen")]
            added = [
                each | {"ceiling": Money.parse(each["ceiling"], each["currency"]).amount}
                for each in changes["minters"]
            ]
            changes["minters"] = [*kept, *added]
        return self._scene.report(**self._in_the_file(changes))

    # Steps

    def _propose(self, step: Step) -> None:
        calls = self._made_by(step)
        batch = (
            [call.address for call in calls],
            [0] * len(calls),
            [calldata(call) for call in calls],
            NOTHING,
            bytes([step.number]) * 32,
        )
        place = "recovery" if step.who == "board" else "timelock"
        timelock = self._contract(place)
        self._send(step, timelock.scheduleBatch(*batch, self._delay(place)))
        operation = self._scene.chain.call(timelock.hashOperationBatch(*batch))
        acts = [(operation, timelock.executeBatch(*batch))]
        self._waiting[step.number] = Waiting(place, self._scene.chain.now(), acts)

    def _schedule(self, step: Step) -> None:
        manager, caller = self._contract("manager"), self._key(step.who).address
        acts = []
        for act in self._made_by(step):
            self._send(step, manager.schedule(act.address, calldata(act), 0))
            scheduled = manager.hashOperation(caller, act.address, calldata(act))
            acts.append((self._scene.chain.call(scheduled), act))
        self._waiting[step.number] = Waiting("manager", self._scene.chain.now(), acts)

    def _carry_out(self, step: Step) -> None:
        """Not a minute before its delay is over, and then."""
        (number,) = re.findall(r"^carries out step (\d+)$", step.does)
        waiting = self._waiting[int(number)]
        assert step.when == DELAYS[waiting.place][0]
        ready = waiting.since + self._delay(waiting.place)
        self._scene.advance(ready - 60)
        for operation, act in waiting.acts:
            with waiting.too_soon(operation):
                self._send(step, act)
        self._scene.advance(ready)
        for _, act in waiting.acts:
            self._send(step, act)

    def _deploy(self, step: Step) -> None:
        (line,) = step.calls
        name, kind, arguments = re.fullmatch(r"(\w+) = (\w+)(\(.*\))", line).groups()
        values = [self._value(each) for each in ast.parse(f"f{arguments}", mode="eval").body.args]
        creation = Creation.of(kind, SALT, *values)
        create(self._scene.chain, self._key(step.who), creation)
        self._places[name] = (kind, creation.address)

    def _read(self, step: Step) -> None:
        """A question and its answer."""
        question, answer = step.calls
        (call,) = self._calls(question)
        expected = self._value(ast.parse(answer, mode="eval").body)
        assert self._scene.chain.call(call) == expected

    def _run(self, step: Step) -> None:
        """The deployment script, or its check."""
        (command,) = step.calls
        assert command.startswith("ape run deploy --network NETWORK ")
        if command.endswith(" --banks banks.toml --check"):
            assert self._scene.report().clean
        else:
            account = re.search(r"--account (\w+) --banks banks.toml$", command)[1]
            self._scene.deploy(self._key(account))

    def _send(self, step: Step, call: ContractFunction) -> None:
        self._scene.chain.send(self._key(step.who), call)

    def _delay(self, place: str) -> int:
        _, contract, getter = DELAYS[place]
        return self._scene.chain.call(self._contract(contract)[getter]())

    # Names

    def _key(self, who: str) -> LocalAccount:
        return self._names[who.replace(" ", "_")]

    def _contract(self, name: str) -> ContractFunctions:
        return self._scene.chain.contract(*self._places[name]).functions

    def _made_by(self, step: Step) -> list[ContractFunction]:
        return [call for text in step.calls for call in self._calls(text)]

    def _calls(self, text: str) -> list[ContractFunction]:
        """The calls that a page's one stands for: one, or as many as its names have values."""
        call = ast.parse(text, mode="eval").body
        assert isinstance(call, ast.Call), text
        assert isinstance(call.func, ast.Attribute), text
        assert isinstance(call.func.value, ast.Name), text
        target = call.func.value.id
        kind = self._places[target][0] if target in self._places else "DepositToken"
        values = [self._named(target), *(self._value(each) for each in call.args)]
        counts = {len(value) for value in values if isinstance(value, Each)}
        assert len(counts) <= 1, text
        rows = [
            [value[n] if isinstance(value, Each) else value for value in values]
            for n in range(counts.pop() if counts else 1)
        ]
        return [
            self._scene.chain.contract(kind, at).functions[call.func.attr](*arguments)
            for at, *arguments in rows
        ]

    def _value(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=str() as text):
                return text.encode()
            case ast.Constant(value=value):
                return value
            case ast.Tuple(elts=elements):
                return [self._value(each) for each in elements]
            case ast.Attribute(value=ast.Name(id=place), attr=function):
                return _selector(self._places[place][0], function)
            case ast.Name(id=name):
                return self._named(name)
        raise AssertionError(ast.dump(node))

    def _named(self, name: str) -> Any:
        """What a name of the page stands for; an account by its address."""
        return self.place(name) if name in self._places else _plain(self._names[name])

    def _in_the_file(self, value: Any) -> Any:
        match value:
            case dict():
                return {key: self._in_the_file(each) for key, each in value.items()}
            case list():
                return [self._in_the_file(each) for each in value]
            case str() if value in self._places or value in self._names:
                return self._named(value)
        return value


def _plain(value: Any) -> Any:
    if isinstance(value, Each):
        return Each(_plain(each) for each in value)
    return value.address if isinstance(value, LocalAccount) else value


def _selector(kind: str, function: str) -> bytes:
    (item,) = (each for each in artifact(kind).abi if each.get("name") == function)
    return bytes(Web3.keccak(text=abi_to_signature(item))[:4])
