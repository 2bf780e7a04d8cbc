"""A bank that was handed over, by the names of its contracts and of everybody who has a key."""

from functools import cache
from typing import Any, NamedTuple

from eth_abi.abi import decode, encode
from eth_utils.abi import collapse_if_tuple
from eth_utils.crypto import keccak

from deposit_token.chain.artifacts import artifact
from deposit_token.deployment.bank import BankDeployment
from deposit_token.values.enumerations import Role
from tests.access.evm import Evm
from tests.model.backends import Log
from tests.model.words import Item, selector

ARTIFACTS = {
    "manager": "AccessManager",
    "timelock": "BankTimelock",
    "recovery": "RecoveryTimelock",
    "keeper": "RoleKeeper",
    "registry": "AllowlistRegistry",
    "policy": "CorridorPolicy",
    "token": "DepositToken",
    "escrow": "SettlementEscrow",
}
TARGETS = ("registry", "policy", "token", "escrow", "keeper")
"""Whose restricted functions ask the manager."""

STRANGER = "stranger"
"""Everybody who has no key, and whoever a thief would give a power to."""
HOLDER, NEIGHBOUR, BLOCKED, NEWCOMER = "holder", "neighbour", "blocked holder", "newcomer"
CUSTOMERS = {HOLDER: 1, NEIGHBOUR: 2, BLOCKED: 3, NEWCOMER: 4}
"""Wallets and their customer ids; the last is to become one."""
BLOCKED_CUSTOMER = 9
PUPPET = "puppet"
"""A contract of a stranger's that answers every call with 1, whatever it is taken for."""
NEW_CODE = "new code"
"""Another implementation of the token."""
FALSE_SUCCESSOR = "false successor"
"""A contract of a stranger's that says of itself that it follows the bank's registry."""

RETAIL = 0
GERMANY, NOWHERE = 276, 999
FAR = 2**39
"""Unix seconds."""
LEGAL = b"LEGL"

IMPLEMENTATION_SLOT = int.from_bytes(keccak(text="eip1967.proxy.implementation")) - 1


class Call(NamedTuple):
    """A function of a contract with its arguments, whoever calls it."""

    contract: str
    function: str
    data: bytes
    label: str


class Bank:
    """A bank with one token, on an EVM of its own."""

    def __init__(self, evm: Evm, deployment: BankDeployment, escrow: str) -> None:
        self.evm = evm
        self.config = deployment.config
        self.keys = {
            **dict(self.config.keys.everybody()),
            **{
                f"minter {number}": minter.address
                for number, minter in enumerate(self.config.minters, 1)
            },
            STRANGER: _address(STRANGER),
        }
        (token,) = self.config.tokens
        self.addresses = {
            **self.keys,
            **{name: getattr(deployment, name) for name in ARTIFACTS if name in vars(deployment)},
            **{name: _address(name) for name in CUSTOMERS},
            "token": deployment.tokens[token.currency],
            "escrow": escrow,
            "accepted token": token.accepted[0],
            "suspended token": token.accepted[1],
            # PUSH1 1, PUSH0, MSTORE, PUSH1 32, PUSH0, RETURN, and what puts that in place.
            PUPPET: evm.deploy(bytes.fromhex("6760015f5260205ff35f5260086018f3")),
            NEW_CODE: evm.deploy(
                artifact("DepositToken").bytecode + encode(["address"], [deployment.extension])
            ),
            FALSE_SUCCESSOR: evm.deploy(_successor_of(deployment.registry)),
        }
        self._names = {address.lower(): name for name, address in self.addresses.items()}
        # Most questions and answers come again.
        self._question = cache(self.call)

    def name(self, address: str) -> str:
        """The address itself if it has no name."""
        return self._names.get(address.lower(), address.lower())

    def role(self, key: str) -> Role | None:
        """The role that the configuration gives to a key; ADMIN is no key's."""
        return Role.__members__.get(key.upper())

    def call(self, contract: str, function: str, *args: Any) -> Call:
        item = _functions(ARTIFACTS[contract])[function, len(args)]
        types = [collapse_if_tuple(each) for each in item["inputs"]]
        values = [self._to_abi(type_, value) for type_, value in zip(types, args, strict=True)]
        label = f"{contract}.{function}({', '.join(map(_written, args))})"
        return Call(contract, function, selector(item) + encode(types, values), label)

    def send(self, sender: str, call: Call) -> list[Log]:
        """The events of a call; raises Refused."""
        return self.evm.send(self.addresses[sender], self.addresses[call.contract], call.data)

    def ask(self, contract: str, function: str, *args: Any) -> Any:
        """What a view answers: one value, or a tuple of several."""
        question = self._question(contract, function, *args)
        answer = self.evm.view(self.addresses[contract], question.data)
        return _meaning(ARTIFACTS[contract], function, len(args), answer)

    def open_up(self) -> None:
        """What its keys do before it is a bank in use, so that each of their acts has an object."""
        key = {role: role.name.lower() for role in Role}
        for wallet, customer in CUSTOMERS.items():
            if wallet != NEWCOMER:
                record = (wallet, RETAIL, GERMANY, FAR, customer)
                self.send(key[Role.REGISTRAR], self.call("registry", "register", *record))
        self.send(key[Role.RELEASER], self.call("token", "unpause"))
        (ledger_id,) = (minter.ledger_id for minter in self.config.minters[:1])
        self.send("minter 1", self.call("token", "mint", HOLDER, 1_000, ledger_id << 64 | 1))
        for _ in range(2):
            self.send(HOLDER, self.call("token", "requestRedemption", 1, bytes(32)))
        for role, call in (
            (Role.PAYOUT_OFFICER, self.call("token", "acceptRedemption", 1)),
            (Role.COMPLIANCE, self.call("registry", "blockWallet", BLOCKED, LEGAL)),
            (Role.COMPLIANCE, self.call("registry", "blockCustomer", BLOCKED_CUSTOMER, LEGAL)),
            (Role.COMPLIANCE, self.call("token", "freeze", HOLDER, 10)),
            (Role.POLICY_OFFICER, self.call("policy", "suspendCorridor", "token", 1, 1)),
            (Role.POLICY_OFFICER, self.call("token", "suspendAccepted", "suspended token")),
        ):
            self.send(key[role], call)

    def _to_abi(self, type_: str, value: Any) -> Any:
        if type_.endswith("[]"):
            return [self._to_abi(type_.removesuffix("[]"), each) for each in value]
        if type_ == "address":
            return self.addresses[value]
        if type_ == "bytes" and isinstance(value, Call):
            return value.data
        return value


def _address(name: str) -> str:
    return "0x" + keccak(text=name)[-20:].hex()


def _successor_of(registry: str) -> bytes:
    """What deploys a contract that answers a question without arguments with a registry, and every
    other with 1."""
    # PUSH20, CALLDATASIZE, PUSH1 4, EQ, MUL, PUSH1 1, ADD, PUSH0, MSTORE, PUSH1 32, PUSH0, RETURN.
    other = (int(registry, 16) - 1).to_bytes(20)
    code = b"\x73" + other + bytes.fromhex("36600414026001015f5260205ff3")
    return bytes.fromhex("60238060095f395ff3") + code


def _written(value: Any) -> str:
    if isinstance(value, Call):
        return value.label
    if isinstance(value, bytes):
        return value.hex() if len(value) <= 4 else f"{value[:4].hex()}…"
    if isinstance(value, list):
        return f"[{', '.join(map(_written, value[:2]))}{', …' * (len(value) > 2)}]"
    return str(value)


@cache
def _functions(name: str) -> dict[tuple[str, int], Item]:
    """The functions of an artifact by name and number of inputs."""
    return {
        (item["name"], len(item["inputs"])): item
        for item in artifact(name).abi
        if item["type"] == "function"
    }


@cache
def _meaning(name: str, function: str, inputs: int, answer: bytes) -> Any:
    outputs = _functions(name)[function, inputs]["outputs"]
    values = decode([collapse_if_tuple(each) for each in outputs], answer)
    return values[0] if len(values) == 1 else values
