"""What the conformance tests share: clauses of a standard, and a bank that is held to them.

A token is spoken to by the signatures of a standard's own text, as bytes, and never by the ABI
that the contracts were compiled to.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
from eth_abi.abi import decode, encode
from eth_account.messages import SignableMessage, encode_typed_data
from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.types import TxReceipt

from deposit_token.artifacts import artifact
from deposit_token.bank_config import BankConfig
from deposit_token.chain import Chain
from deposit_token.deployment import Deployer
from deposit_token.participants import Category, pack_participant
from deposit_token.refusals import Reverted

MINTED = 1_000_00
"""What the holder has, in minor units."""
LEDGER = 7001
"""The desk's."""
FAR = 2**39
"""A moment that no test comes to, Unix seconds."""
GAS = 1_000_000
ENFORCE_DELAY = 3_600
"""The bank's, in seconds."""
ZERO = "0x" + "00" * 20
EIP712_DOMAIN = "eip712Domain() -> (bytes1,string,string,uint256,address,bytes32,uint256[])"


class Clause(NamedTuple):
    """One sentence of a standard and what shows that the token keeps it."""

    place: str
    """Where in the standard."""
    text: str
    """Its words, shortened."""
    check: Callable[["Bank"], None]
    departs: str = ""
    """Where the token does otherwise, how and why; the check then shows what it does instead."""


def name_of(clause: Clause) -> str:
    """A clause's name in the tests' output."""
    return clause.check.__name__


class Event(NamedTuple):
    """An event of a token, by the name and the order of arguments of a standard's text."""

    name: str
    arguments: tuple[Any, ...]


class Refusal(NamedTuple):
    """What a token reverted with: the error's signature and its arguments."""

    signature: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True)
class Deployed:
    """Where a bank stands, and who has its keys."""

    chain: Chain
    keys: dict[str, LocalAccount]
    token: str
    registry: str
    manager: str
    escrow: str
    implementation: str


def deploy_bank(url: str, funded: list[LocalAccount], config: BankConfig) -> Deployed:
    """A bank by the library's own deployment, handed over and released; its customers are `holder`,
    `payee`, the desk, and `abroad` in a zone that no direct transfer reaches."""
    chain = Chain.connect(url)
    deployer = Deployer(chain, funded[0])
    escrow = deployer.deploy_escrow()
    bank = deployer.deploy_bank(config)
    deployer.configure_bank(bank, escrow)
    deployer.hand_over(bank, escrow)

    by_address = {account.address: account for account in funded}
    roles = {part: by_address[address] for part, address in config.keys.everybody()}
    customers = {
        "holder": funded[20],
        "payee": funded[21],
        "abroad": funded[22],
        "desk": by_address[config.desks[0].address],
    }
    records = [
        pack_participant(Category.RETAIL, "HK" if name == "abroad" else "DE", FAR, number)
        for number, name in enumerate(customers, 1)
    ]
    registry = chain.contract("AllowlistRegistry", bank.registry).functions
    wallets = [key.address for key in customers.values()]
    chain.send(roles["registrar"], registry.registerBatch(wallets, records))
    token = chain.contract("DepositToken", bank.tokens["EUR"]).functions
    chain.send(roles["releaser"], token.unpause())
    deployed = Deployed(
        chain,
        {**roles, **customers, "stranger": funded[23]},
        bank.tokens["EUR"],
        bank.registry,
        bank.manager,
        escrow,
        bank.implementation,
    )
    Bank(chain, deployed).mint(deployed.keys["holder"].address, MINTED, sequence=1)
    return deployed


class Bank:
    """A bank on a chain: `bank.holder` and the like are its customers' and its officers' keys."""

    def __init__(self, chain: Chain, deployed: Deployed) -> None:
        self.chain = chain
        self.deployed = deployed
        self.token = deployed.token

    def __getattr__(self, role: str) -> LocalAccount:
        try:
            return self.deployed.keys[role]
        except KeyError:
            raise AttributeError(role) from None

    def ask(self, function: str, *arguments: Any, of: str = "", by: str = ZERO) -> Any:
        """What a function answers, such as `balanceOf(address) -> (uint256)`."""
        signature, _, returns = function.partition(" -> ")
        call = {"to": of or self.token, "data": _calldata(signature, arguments), "from": by}
        answer = self.chain.web3.eth.call(call)
        types = _types(returns)
        pairs = zip(types, decode(types, answer), strict=True)
        values = [_readable(type_, value) for type_, value in pairs]
        return values[0] if len(values) == 1 else tuple(values)

    def send(
        self, key: LocalAccount, function: str, *arguments: Any, to: str = "", at: int = 0
    ) -> TxReceipt:
        """A transaction that succeeds, in a block of the time `at` if it is given."""
        if at:
            self.chain.web3.provider.make_request("evm_setNextBlockTimestamp", [at])
        call = {"to": to or self.token, "data": _calldata(function, arguments)}
        return self.chain.send(key, call, gas=GAS)

    def refused(
        self, key: LocalAccount, function: str, *arguments: Any, to: str = "", at: int = 0
    ) -> Refusal:
        """Why a transaction fails that was mined."""
        with pytest.raises(Reverted) as refusal:
            self.send(key, function, *arguments, to=to, at=at)
        found = refusal.value.found
        return Refusal(_error_signature(found.name), tuple(found.arguments.values()))

    def events(self, receipt: TxReceipt, *events: str) -> list[Event]:
        """The token's events of these signatures, such as `Approval(address indexed,uint256)`,
        in their order."""
        known = {bytes(Web3.keccak(text=event.replace(" indexed", ""))): event for event in events}
        return [
            _event(known[bytes(log["topics"][0])], log)
            for log in receipt["logs"]
            if log["address"] == self.token and bytes(log["topics"][0]) in known
        ]

    def balance(self, account: LocalAccount) -> int:
        return self.ask("balanceOf(address) -> (uint256)", account.address)

    def mint(self, to: str, amount: int, sequence: int) -> TxReceipt:
        """By the desk, for an entry of its ledger."""
        entry = LEDGER << 64 | sequence
        return self.send(self.desk, "mint(address,uint256,uint128)", to, amount, entry)

    def pause(self) -> None:
        self.send(self.guardian, "pause()")

    def block(self, account: LocalAccount) -> None:
        """A legal block of a wallet."""
        function = "blockWallet(address,bytes4)"
        self.send(self.compliance, function, account.address, b"LEGL", to=self.deployed.registry)

    def freeze(self, account: LocalAccount, amount: int) -> TxReceipt:
        return self.send(self.releaser, "setFrozenTokens(address,uint256)", account.address, amount)

    def may_force(self, from_: str, to: str, amount: int) -> LocalAccount:
        """The enforcer, once its forced transfer of these terms has waited."""
        data = _calldata("forcedTransfer(address,address,uint256)", (from_, to, amount))
        schedule = "schedule(address,bytes,uint48)"
        self.send(self.enforcer, schedule, self.token, data, 0, to=self.deployed.manager)
        self.chain.web3.provider.make_request("evm_increaseTime", [ENFORCE_DELAY])
        self.chain.web3.provider.make_request("evm_mine", [])
        return self.enforcer

    def domain(self, of: str = "") -> dict[str, Any]:
        """The EIP-712 domain that a contract publishes by ERC-5267: the fields that it has."""
        bits, *values, _, _ = self.ask(EIP712_DOMAIN, of=of or self.token)
        names = ("name", "version", "chainId", "verifyingContract")
        present = [bool(bits[0] >> bit & 1) for bit in range(len(names))]
        fields = zip(names, values, present, strict=True)
        return {name: value for name, value, there in fields if there}

    def message(self, type_: str, *values: Any, of: str = "") -> SignableMessage:
        """What is signed for an EIP-712 type, such as `Release(bytes32 paymentId,uint40 deadline)`,
        in the domain that the contract publishes."""
        name, _, members = type_.rstrip(")").partition("(")
        fields = [member.split(" ") for member in members.split(",")]
        return encode_typed_data(
            domain_data=self.domain(of),
            message_types={name: [{"type": kind, "name": field} for kind, field in fields]},
            message_data={field: value for (_, field), value in zip(fields, values, strict=True)},
        )

    def sign(self, key: LocalAccount, type_: str, *values: Any) -> bytes:
        """A key's signature over a message of that type for the token."""
        return bytes(key.sign_message(self.message(type_, *values)).signature)

    @property
    def soon(self) -> int:
        """A moment that the next block can be of, Unix seconds."""
        return self.chain.now() + 100


def digest(message: SignableMessage) -> bytes:
    """EIP-712: the hash that is signed."""
    return bytes(Web3.keccak(b"\x19" + message.version + message.header + message.body))


def split(signature: bytes) -> tuple[int, bytes, bytes]:
    """A signature of 65 bytes as v, r, s."""
    return signature[64], signature[:32], signature[32:64]


def _calldata(signature: str, arguments: tuple[Any, ...]) -> bytes:
    types = _types(signature[signature.index("(") :])
    return bytes(Web3.keccak(text=signature)[:4]) + encode(types, arguments)


def _types(parameters: str) -> list[str]:
    """A struct without dynamic fields is encoded as its fields are."""
    return [type_ for type_ in re.split(r"[(),]", parameters) if type_]


def _readable(type_: str, value: Any) -> Any:
    return Web3.to_checksum_address(value) if type_ == "address" else value


def _event(event: str, log: Any) -> Event:
    name, _, parameters = event.rstrip(")").partition("(")
    topics = list(log["topics"][1:])
    types = parameters.split(",")
    data = iter(decode([each for each in types if "indexed" not in each], log["data"]))
    arguments = []
    for type_ in types:
        plain = type_.removesuffix(" indexed")
        value = decode([plain], topics.pop(0))[0] if type_ != plain else next(data)
        arguments.append(_readable(plain, value))
    assert not topics, f"{event}: found more indexed arguments than the standard has."
    return Event(name, tuple(arguments))


def _error_signature(name: str) -> str:
    """The canonical signature of one of the token's errors."""
    for item in artifact("DepositToken").abi:
        if item["type"] == "error" and item["name"] == name:
            return f"{name}({','.join(each['type'] for each in item['inputs'])})"
    return name
