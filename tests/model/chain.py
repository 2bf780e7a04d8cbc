"""The real contracts, deployed on a chain and spoken to in the model's words."""

import json
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.files import ROOT, compiled
from tests.model.access import ROLES, manager_of
from tests.model.backends import Backend, Log, Receipt
from tests.model.bank_token import IMPLEMENTATIONS
from tests.model.books import NOBODY, Call, Event
from tests.model.escrow import DAY
from tests.model.messages import Signature
from tests.model.views import View
from tests.model.words import Item, Words, key_of, selector
from tests.model.world import (
    BANKS,
    DEPLOYER,
    OFFICERS,
    PEOPLE,
    POLICIES,
    REGISTRIES,
    START,
    STUBBORN_POLICY,
    SUPPLY_CAP,
    WALLETS,
    WORKING_ROLES,
    role_of,
)

ARTIFACTS = ROOT / "deposit_token" / "chain" / "artifacts"
VIEWS_AT_ONCE = 2_000


class Chain:
    """Two banks' contracts and the escrow on one chain."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._logs: list[Log] = []
        self._kept_logs = 0
        self._functions: dict[str, dict[tuple[str, int], Item]] = {}
        """Of each contract, by name and number of inputs."""
        # Most questions and answers come again.
        self._question = lru_cache(maxsize=500)(self._question)
        self._meaning = lru_cache(maxsize=100_000)(self._meaning)
        names = ("AccessManager", "AllowlistRegistry", "CorridorPolicy", "DepositToken")
        self.words = Words([abi(name) for name in (*names, "SettlementEscrow")])
        for name in [DEPLOYER, *PEOPLE, *OFFICERS]:
            self.words.give_key(name)
        self._clock = START - DAY
        self._reader = self._create(_helpers()["Reader"]["bytecode"])
        for name in WALLETS:
            owner = encode(["address"], [self.words.addresses[name]])
            self.words.give_wallet(name, self._create(_helpers()["Wallet"]["bytecode"] + owner))
        self._deploy_all()

    def act(self, now: int, caller: str, contract: str, function: str, *args: Any) -> list[Event]:
        """The events of one transaction, or Refused."""
        receipt = self._send(now, caller, contract, function, args)
        if receipt.refusal is not None:
            raise self.words.refusal(receipt.refusal)
        return self._events_of(receipt.logs)

    def keep(self) -> None:
        """Makes the present state the one that `restart` goes back to."""
        self._backend.keep()
        self._kept_logs = len(self._logs)

    def restart(self) -> None:
        """Forgets what has happened since `keep`."""
        self._backend.restart()
        del self._logs[self._kept_logs :]

    def told(self) -> list[Event]:
        """Every event since before the deployment."""
        return self._events_of(self._logs)

    def read(self, contract: str, views: tuple[View, ...]) -> dict[View, Any]:
        """What a contract answers."""
        answers = {}
        for start in range(0, len(views), VIEWS_AT_ONCE):
            asked = views[start : start + VIEWS_AT_ONCE]
            found = self._backend.call(self._reader, self._question(contract, asked))
            for view, answer in zip(asked, _byte_strings(found), strict=True):
                answers[view] = self._meaning(contract, view[0], len(view[1]), answer)
        return answers

    def _question(self, contract: str, views: tuple[View, ...]) -> bytes:
        """The calldata that asks for all of them."""
        address = self.words.addresses[contract]
        calls = [(address, self._calldata(contract, *view)) for view in views]
        return _helpers()["Reader"]["read"] + encode(["(address,bytes)[]"], [calls])

    def _meaning(self, contract: str, function: str, inputs: int, answer: bytes) -> Any:
        return self.words.answer(self._function(contract, function, inputs), answer)

    def _send(
        self, now: int, caller: str, contract: str, function: str, args: tuple[Any, ...]
    ) -> Receipt:
        sender, to = self.words.addresses[caller], self.words.addresses[contract]
        data = self._calldata(contract, function, args)
        if caller in WALLETS:
            data = _helpers()["Wallet"]["execute"] + encode(["address", "bytes"], [to, data])
            sender, to = self.words.addresses[key_of(caller)], sender
        receipt = self._backend.send(sender, to, data, now)
        self._logs += receipt.logs
        return receipt

    def _events_of(self, logs: list[Log]) -> list[Event]:
        return [
            Event(self.words.name_of(log.address), *self.words.event(log.topics, log.data))
            for log in logs
        ]

    def _calldata(self, contract: str, function: str, args: tuple[Any, ...]) -> bytes:
        if args and isinstance(args[-1], Signature) and args[-1].in_parts:
            signature = self.words.sign(args[-1])
            r, s = (int.from_bytes(part) for part in (signature[:32], signature[32:64]))
            args = (*args[:-1], signature[64], r, s)
        if function == "batch":
            args = ([self._act_of_batch(contract, call) for call in args[0]],)
        return self.words.calldata(self._function(contract, function, len(args)), args)

    def _act_of_batch(self, contract: str, call: Call) -> bytes:
        data = self._calldata(contract, *call)
        self.words.learn(keccak(data), call)
        return data

    def _function(self, contract: str, name: str, inputs: int) -> Item:
        return self._functions[contract][name, inputs]

    # Deployment

    def _deploy_all(self) -> None:
        self._deploy("escrow", "SettlementEscrow")
        extension = self._deploy("extension", "DepositTokenExt")
        implementation, *_ = [
            self._deploy(name, "DepositToken", extension) for name in IMPLEMENTATIONS
        ]
        for bank in BANKS:
            self._deploy_bank(bank, implementation)
        # Only afterwards: whatever is mined next is later than what was sent for a time of ours.
        for bank, tokens in BANKS.items():
            others = [f"{bank} {which}" for which in (*REGISTRIES, *POLICIES)]
            for contract in (*others, *tokens, "escrow"):
                self._give_functions(manager_of(bank), contract)
            self._give_roles(manager_of(bank), bank)

    def _deploy_bank(self, bank: str, implementation: str) -> None:
        manager = self._deploy(manager_of(bank), "AccessManager", DEPLOYER)
        before = NOBODY
        for which in REGISTRIES:
            before = self._deploy(f"{bank} {which}", "AllowlistRegistry", manager, before)
        for which in POLICIES:
            self._deploy(f"{bank} {which}", "CorridorPolicy", manager)
        stubborn = self._create(_helpers()["StubbornPolicy"]["bytecode"])
        self.words.name(f"{bank} {STUBBORN_POLICY}", stubborn)
        for token in BANKS[bank]:
            wiring = (manager, f"{bank} {REGISTRIES[0]}", f"{bank} {POLICIES[0]}", SUPPLY_CAP)
            terms = (token, token, token.encode(), 2, *wiring)
            initialize = self._calldata(implementation, "initialize", terms)
            self._deploy(token, "ERC1967Proxy", implementation, initialize)

    def _deploy(self, name: str, artifact: str, *args: Any) -> str:
        """The name, which is the contract's from now on."""
        code = bytes.fromhex(_artifact(artifact)["bytecode"].removeprefix("0x"))
        constructors = [item for item in abi(artifact) if item["type"] == "constructor"]
        code += self.words.arguments(constructors[0] if constructors else {"inputs": []}, args)
        self.words.name(name, self._create(code))
        self._functions[name] = {
            (item["name"], len(item["inputs"])): item
            for item in abi("DepositToken" if artifact == "ERC1967Proxy" else artifact)
            if item["type"] == "function"
        }
        return name

    def _create(self, code: bytes) -> str:
        address, logs = self._backend.deploy(self.words.addresses[DEPLOYER], code)
        self._logs += logs
        return address

    def _give_functions(self, manager: str, contract: str) -> None:
        """Each role may call what the model restricts to it; the rest is the admin's."""
        functions = self._functions[contract].values()
        for role, number in ROLES.items():
            selectors = [selector(item) for item in functions if role_of(item["name"]) == role]
            if role != "admin" and selectors:
                self._set_up(manager, "setTargetFunctionRole", contract, selectors, number)

    def _give_roles(self, manager: str, bank: str) -> None:
        for role, number in ROLES.items():
            self._set_up(manager, "grantRole", number, f"{bank} {role}", 0)
        for role in WORKING_ROLES:
            self._set_up(manager, "setRoleAdmin", ROLES[role], ROLES["keeper"])
        self._set_up(manager, "setRoleGuardian", ROLES["enforcer"], ROLES["guardian"])

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


def abi(name: str) -> list[Item]:
    return _artifact(name)["abi"]


@cache
def _artifact(name: str) -> dict[str, Any]:
    return json.loads((ARTIFACTS / f"{name}.json").read_text())


def _helpers() -> dict[str, dict[str, bytes]]:
    """The contracts beside this file."""
    return compiled(*sorted(Path(__file__).parent.glob("*.sol")))
