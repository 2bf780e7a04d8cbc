"""What the conformance tests share: a bank, and how it is spoken to.

A token is spoken to by the signatures of a standard's own text, as bytes, and never by the ABI
that the contracts were compiled to.
"""

import re
from typing import Any, NamedTuple

import pytest
from eth_abi.abi import decode, encode
from eth_account.messages import SignableMessage, encode_typed_data
from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.types import TxReceipt

from deposit_token.chain.artifacts import artifact
from deposit_token.chain.chain import Chain
from deposit_token.chain.refusals import Reverted
from deposit_token.devchain.keys import account
from deposit_token.values.enumerations import CustomerCategory
from tests.files import ROOT, compiled
from tests.nodes import advance
from tests.scene import Scene, endow

PEOPLE = {name: account(name) for name in ("holder", "payee", "abroad", "dealer", "stranger")}
MINTED = 1_000_00
"""What the holder has, in minor units."""
LEDGER = 7001
"""The minter's."""
GAS = 1_000_000
SHARED_WALLET = ROOT / "tests" / "solidity" / "support" / "SharedWallet.sol"
FORCE = "forcedTransfer(address,address,uint256)"
ZERO = "0x" + "00" * 20
EIP712_DOMAIN = "eip712Domain() -> (bytes1,string,string,uint256,address,bytes32,uint256[])"


clause = pytest.mark.clause
"""Marks a test by one sentence of a standard that the token keeps: where it stands, and its words,
shortened. `departs` says where the token does otherwise, how and why; the test then shows what it
does instead."""


class Event(NamedTuple):
    """An event of a token, by the name and the order of arguments of a standard's text."""

    name: str
    arguments: tuple[Any, ...]


class Refusal(NamedTuple):
    """What a token reverted with: the error's signature and its arguments."""

    signature: str
    arguments: tuple[Any, ...]


def open_bank(url: str) -> Scene:
    """The scene on a fresh anvil; the euro bank's customers are `holder`, `payee`, the minter, and
    `abroad` in a zone that no direct transfer reaches."""
    scene = Scene.open(Chain.connect(url))
    endow(url, PEOPLE.values())
    for name, country in (("holder", "DE"), ("payee", "DE"), ("abroad", "HK")):
        scene.rhein.register(CustomerCategory.RETAIL, country, PEOPLE[name].address)
    minter = scene.rhein.keys["minter"].address
    scene.rhein.register(CustomerCategory.RETAIL, "DE", minter)
    scene.rhein.mint(PEOPLE["holder"].address, MINTED, sequence=100)
    return scene


class Bank:
    """The euro bank: `bank.holder` and the like are its customers' and its officers' keys."""

    def __init__(self, scene: Scene) -> None:
        self.chain = scene.chain
        self.keys = scene.rhein.keys | PEOPLE
        self.escrow = scene.settlement.address
        self.token = scene.rhein.first
        self.registry, self.policy = scene.rhein.at.registry, scene.rhein.at.policy
        self.manager = scene.rhein.at.manager
        self.implementation = scene.rhein.at.implementation
        self._enforce_delay = scene.rhein.at.config.enforce_delay

    def __getattr__(self, role: str) -> LocalAccount:
        try:
            return self.keys[role]
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
        """By the minter, for an entry of its ledger."""
        entry = LEDGER << 64 | sequence
        return self.send(self.minter, "mint(address,uint256,uint128)", to, amount, entry)

    def pause(self) -> None:
        self.send(self.guardian, "pause()")

    def block(self, account: LocalAccount) -> None:
        """A legal block of a wallet."""
        function = "blockWallet(address,bytes4)"
        self.send(self.compliance, function, account.address, b"LEGL", to=self.registry)

    def freeze(self, account: LocalAccount, amount: int) -> TxReceipt:
        return self.send(self.releaser, "setFrozenTokens(address,uint256)", account.address, amount)

    def scheduled(self, from_: str, to: str, amount: int) -> tuple[Any, ...]:
        """A forced transfer that the enforcer has scheduled and waited for: what to send."""
        arguments = (from_, to, amount)
        call = _calldata(FORCE, arguments)
        function = "schedule(address,bytes,uint48)"
        self.send(self.enforcer, function, self.token, call, 0, to=self.manager)
        advance(self.chain, self.chain.now() + self._enforce_delay)
        return self.enforcer, FORCE, *arguments

    def shared_wallet(self, *owners: LocalAccount) -> str:
        """The address of a new contract wallet of three owners, who sign one after another."""
        code = compiled(SHARED_WALLET)["SharedWallet"]["bytecode"]
        code += encode(["address"] * 3, [owner.address for owner in owners])
        eth = self.chain.web3.eth
        sent = eth.send_transaction({"from": eth.accounts[-1], "data": code})
        address = eth.wait_for_transaction_receipt(sent)["contractAddress"]
        assert address is not None
        return address

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
    """The canonical signature of one of the token's errors, or of its manager's."""
    for item in (*artifact("DepositToken").abi, *artifact("AccessManager").abi):
        if item["type"] == "error" and item["name"] == name:
            return f"{name}({','.join(each['type'] for each in item['inputs'])})"
    return name
