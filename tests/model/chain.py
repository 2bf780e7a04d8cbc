"""The real contracts, deployed on a chain and spoken to in the model's words."""

import json
import subprocess
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from eth_abi.abi import encode

from model.backends import Backend, Receipt
from model.books import NOBODY, Event
from model.escrow import DAY
from model.messages import Signature
from model.views import View
from model.words import Item, Words, selector
from model.world import BANKS, OFFICERS, PEOPLE, ROLES, START, SUPPLY_CAP, role_of

ROOT = Path(__file__).parents[2]
ARTIFACTS = ROOT / "deposit_token" / "artifacts"
DEPLOYER = "deployer"


class Chain:
    """Two banks' contracts and the escrow on one chain."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self._functions: dict[str, dict[tuple[str, int], Item]] = {}
        """Of each contract, by name and number of inputs."""
        # Most questions and answers come again.
        self._question = lru_cache(maxsize=500)(self._question)
        self._meaning = lru_cache(maxsize=100_000)(self._meaning)
        names = ("AccessManager", "AllowlistRegistry", "CorridorPolicy", "DepositToken")
        self.words = Words([_abi(name) for name in (*names, "SettlementEscrow")])
        for name in [DEPLOYER, *PEOPLE, *OFFICERS]:
            self.words.give_key(name)
        self._clock = START - DAY
        code, self._read = _reader()
        self._reader = self.backend.deploy(self.words.addresses[DEPLOYER], code)
        self._deploy_all()

    def act(self, now: int, caller: str, contract: str, function: str, *args: Any) -> list[Event]:
        """The events of one transaction, or Refused."""
        receipt = self._send(now, caller, contract, function, args)
        if receipt.refusal is not None:
            raise self.words.refusal(receipt.refusal)
        return [
            Event(self.words.name_of(log.address), *self.words.event(log.topics, log.data))
            for log in receipt.logs
        ]

    def read(self, contract: str, views: tuple[View, ...]) -> dict[View, Any]:
        """What a contract answers."""
        answers = self.backend.call(self._reader, self._question(contract, views))
        return {
            view: self._meaning(contract, view[0], len(view[1]), answer)
            for view, answer in zip(views, _byte_strings(answers), strict=True)
        }

    def _question(self, contract: str, views: tuple[View, ...]) -> bytes:
        """The calldata that asks for all of them."""
        address = self.words.addresses[contract]
        calls = [(address, self._calldata(contract, *view)) for view in views]
        return self._read + encode(["(address,bytes)[]"], [calls])

    def _meaning(self, contract: str, function: str, inputs: int, answer: bytes) -> Any:
        return self.words.answer(self._function(contract, function, inputs), answer)

    def _send(
        self, now: int, caller: str, contract: str, function: str, args: tuple[Any, ...]
    ) -> Receipt:
        sender, to = self.words.addresses[caller], self.words.addresses[contract]
        return self.backend.send(sender, to, self._calldata(contract, function, args), now)

    def _calldata(self, contract: str, function: str, args: tuple[Any, ...]) -> bytes:
        if args and isinstance(args[-1], Signature) and args[-1].in_parts:
            signature = self.words.sign(args[-1])
            r, s = (int.from_bytes(part) for part in (signature[:32], signature[32:64]))
            args = (*args[:-1], signature[64], r, s)
        return self.words.calldata(self._function(contract, function, len(args)), args)

    def _function(self, contract: str, name: str, inputs: int) -> Item:
        return self._functions[contract][name, inputs]

    # Deployment

    def _deploy_all(self) -> None:
        escrow = self._deploy("escrow", "SettlementEscrow")
        back_office = self._deploy("back office", "BackOffice")
        implementation = self._deploy("implementation", "DepositToken", back_office)
        for bank, tokens in BANKS.items():
            manager = self._deploy(f"{bank} manager", "AccessManager", DEPLOYER)
            registry = self._deploy(f"{bank} registry", "AllowlistRegistry", manager, NOBODY)
            policy = self._deploy(f"{bank} policy", "CorridorPolicy", manager)
            new_policy = self._deploy(f"{bank} new policy", "CorridorPolicy", manager)
            for token in tokens:
                terms = (token, token, token.encode(), 2, manager, registry, policy, SUPPLY_CAP)
                initialize = self._calldata(implementation, "initialize", terms)
                self._deploy(token, "ERC1967Proxy", implementation, initialize)
            for contract in (registry, policy, new_policy, *tokens, escrow):
                self._give_roles(manager, contract)
            for role, number in ROLES.items():
                self._set_up(manager, "grantRole", number, f"{bank} {role}", 0)

    def _deploy(self, name: str, artifact: str, *args: Any) -> str:
        """The name, which is the contract's from now on."""
        code = bytes.fromhex(_artifact(artifact)["bytecode"].removeprefix("0x"))
        constructors = [item for item in _abi(artifact) if item["type"] == "constructor"]
        code += self.words.arguments(constructors[0] if constructors else {"inputs": []}, args)
        self.words.name(name, self.backend.deploy(self.words.addresses[DEPLOYER], code))
        self._functions[name] = {
            (item["name"], len(item["inputs"])): item
            for item in _abi("DepositToken" if artifact == "ERC1967Proxy" else artifact)
            if item["type"] == "function"
        }
        return name

    def _give_roles(self, manager: str, contract: str) -> None:
        """Each role may call what the model restricts to it; the rest is the governor's."""
        functions = self._functions[contract].values()
        for role, number in ROLES.items():
            selectors = [selector(item) for item in functions if role_of(item["name"]) == role]
            self._set_up(manager, "setTargetFunctionRole", contract, selectors, number)

    def _set_up(self, contract: str, function: str, *args: Any) -> None:
        self._clock += 1
        receipt = self._send(self._clock, DEPLOYER, contract, function, args)
        assert receipt.refusal is None, self.words.refusal(receipt.refusal)


def _byte_strings(array: bytes) -> Iterator[bytes]:
    """The elements of an ABI-encoded `bytes[]`, ten times faster than by eth_abi."""
    for index in range(int.from_bytes(array[32:64])):
        offset = 64 + int.from_bytes(array[64 + 32 * index : 96 + 32 * index])
        length = int.from_bytes(array[offset : offset + 32])
        yield array[offset + 32 : offset + 32 + length]


def _abi(name: str) -> list[Item]:
    return _artifact(name)["abi"]


@cache
def _artifact(name: str) -> dict[str, Any]:
    return json.loads((ARTIFACTS / f"{name}.json").read_text())


@cache
def _reader() -> tuple[bytes, bytes]:
    """The creation code of the contract that answers many views at once, and its selector."""
    source = Path(__file__).with_name("Reader.sol")
    question = {
        "language": "Solidity",
        "sources": {source.name: {"content": source.read_text()}},
        "settings": {
            "optimizer": {"enabled": True},
            "outputSelection": {"*": {"Reader": ["evm.bytecode.object", "evm.methodIdentifiers"]}},
        },
    }
    run = subprocess.run(
        [ROOT / "tools" / "solc", "--standard-json"],
        input=json.dumps(question),
        capture_output=True,
        text=True,
        check=True,
    )
    evm = json.loads(run.stdout)["contracts"][source.name]["Reader"]["evm"]
    (identifier,) = evm["methodIdentifiers"].values()
    return bytes.fromhex(evm["bytecode"]["object"]), bytes.fromhex(identifier)
