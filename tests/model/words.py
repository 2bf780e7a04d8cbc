"""Translates between the model's words and the ABI's: names and addresses, messages and digests,
refusals and revert data."""

from typing import Any

from eth_abi.abi import decode, encode
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount
from eth_utils.abi import collapse_if_tuple
from eth_utils.crypto import keccak

from tests.model.backends import CHAIN_ID
from tests.model.books import NOBODY, Refused
from tests.model.messages import Message, Signature
from tests.model.registry import CustomerCategory, Participant, ParticipantStatus

Item = dict[str, Any]
"""A part of an ABI: a function, an event, an error or one of their parameters."""

DOMAINS = {"escrow": "SettlementEscrow"}
"""The name of a contract's EIP-712 domain; a token's is its own."""

_AUTHORIZATION = (
    "address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce"
)
TYPES = {
    "Permit": "address owner,address spender,uint256 value,uint256 nonce,uint256 deadline",
    "TransferWithAuthorization": _AUTHORIZATION,
    "ReceiveWithAuthorization": _AUTHORIZATION,
    "CancelAuthorization": "address authorizer,bytes32 nonce",
    "RedemptionRequest": (
        "address holder,uint256 amount,bytes32 payoutReference,bytes32 nonce,uint256 deadline"
    ),
    "Payment": (
        "address payer,address merchant,address operator,address dealer,address arbiter,"
        "address feeReceiver,address sourceToken,address targetToken,uint104 sourceAmount,"
        "uint104 targetAmount,uint16 feeBps,uint40 authorizeBy,uint40 captureFrom,"
        "uint40 captureBy,uint40 resolveBy,uint40 refundBy,bytes4 purpose,bytes16 uetr,"
        "bytes32 remittanceHash"
    ),
    "PaymentApproval": "bytes32 paymentId,uint40 validUntil",
    "Release": "bytes32 paymentId,uint40 deadline",
    "RefundQuote": (
        "bytes32 paymentId,uint104 refundedBefore,uint104 sourceAmount,uint104 targetAmount,"
        "address dealer,uint40 deadline"
    ),
}
"""The members of each EIP-712 type, as the standards and the interfaces name them."""

BUILT_IN = [
    {"name": "Error", "inputs": [{"name": "reason", "type": "string"}]},
    {"name": "Panic", "inputs": [{"name": "code", "type": "uint256"}]},
]
"""Errors of the language."""


class Words:
    """One dictionary for a chain; it learns messages as they are used."""

    def __init__(self, abis: list[list[Item]]) -> None:
        self.addresses = {NOBODY: "0x" + "00" * 20}
        self._names = {"0x" + "00" * 20: NOBODY}
        self._keys: dict[str, LocalAccount] = {}
        self._digests: dict[Message, bytes] = {}
        self._meanings: dict[bytes, Any] = {}
        """What words of 32 bytes stand for, where they are no numbers."""
        items = [item for abi in abis for item in abi]
        self._errors = {
            selector(item): item
            for item in [*BUILT_IN, *(item for item in items if item["type"] == "error")]
        }
        self._events = {topic(item): item for item in items if item["type"] == "event"}
        self._selectors = {
            selector(item): item["name"] for item in items if item["type"] == "function"
        }

    def name(self, name: str, address: str) -> None:
        """From now on the address has a name."""
        self.addresses[name] = address.lower()
        self._names[address.lower()] = name

    def name_of(self, address: str) -> str:
        """The address itself if it has no name."""
        return self._names.get(address.lower(), address)

    def give_key(self, name: str) -> None:
        """A person's key is made of its name."""
        self._keys[name] = Account.from_key(keccak(text=name))
        self.name(name, self._keys[name].address)

    def give_wallet(self, name: str, wallet: str) -> None:
        """From now on the name is that of a contract, which its key acts and signs for."""
        self.name(key_of(name), self.addresses[name])
        self.name(name, wallet)

    def learn(self, word: bytes, meaning: Any) -> None:
        """From now on 32 bytes stand for something."""
        self._meanings[word] = meaning

    def digest(self, message: Message) -> bytes:
        """The EIP-712 digest of a message, which is known again from now on."""
        if message not in self._digests:
            members = [member.split() for member in TYPES[message.kind].split(",")]
            typed = encode_typed_data(
                {
                    "name": DOMAINS.get(message.contract, message.contract),
                    "version": "1",
                    "chainId": CHAIN_ID,
                    "verifyingContract": self.addresses[message.contract],
                },
                {message.kind: [{"type": kind, "name": name} for kind, name in members]},
                {
                    name: self.to_abi({"type": kind}, value)
                    for (kind, name), value in zip(members, message.values, strict=True)
                },
            )
            digest = keccak(b"\x19" + typed.version + typed.header + typed.body)
            self._digests[message] = digest
            self.learn(digest, message)
        return self._digests[message]

    # To the ABI

    def calldata(self, function: Item, args: tuple[Any, ...]) -> bytes:
        return selector(function) + self.arguments(function, args)

    def arguments(self, item: Item, args: tuple[Any, ...]) -> bytes:
        inputs = item["inputs"]
        values = [self.to_abi(each, arg) for each, arg in zip(inputs, args, strict=True)]
        return encode([collapse_if_tuple(each) for each in inputs], values)

    def to_abi(self, item: Item, value: Any) -> Any:
        kind = item["type"]
        if kind.endswith("[]"):
            element = {**item, "type": kind.removesuffix("[]")}
            return [self.to_abi(element, each) for each in value]
        if kind == "tuple":
            values = value if isinstance(value, tuple) else vars(value).values()
            return [
                self.to_abi(each, part)
                for each, part in zip(item["components"], values, strict=True)
            ]
        if kind == "address":
            return self.addresses[value]
        if isinstance(value, Message):
            return self.digest(value)
        if isinstance(value, Signature):
            return self.sign(value)
        if item.get("name") == "transferReference" and value:
            # As it is told: padded with zeros on the right, or hashed.
            told = value.ljust(32, b"\0") if len(value) <= 32 else keccak(value)
            self.learn(told, value)
        if item.get("name") == "selector":
            return next(word for word, name in self._selectors.items() if name == value)
        if isinstance(value, str) and kind == "bytes4":
            return value.encode().ljust(4, b"\0")
        if kind in ("bytes16", "bytes32"):
            return value.to_bytes(int(kind.removeprefix("bytes")))
        return value

    def sign(self, signature: Signature) -> bytes:
        return bytes(
            self._keys[signature.signer].unsafe_sign_hash(self.digest(signature.message)).signature
        )

    # From the ABI

    def answer(self, function: Item, data: bytes) -> Any:
        """What a view answered: one value, or a tuple of several."""
        values = self._decode(function["outputs"], data)
        return values[0] if len(values) == 1 else values

    def event(self, topics: list[bytes], data: bytes) -> tuple[str, tuple[Any, ...]]:
        """An event's name and arguments."""
        item = self._events[topics[0]]
        plain = iter(self._decode([each for each in item["inputs"] if not each["indexed"]], data))
        indexed = iter(topics[1:])
        return item["name"], tuple(
            self._decode([each], next(indexed))[0] if each["indexed"] else next(plain)
            for each in item["inputs"]
        )

    def refusal(self, data: bytes) -> Refused:
        """What a revert's data say; data of no known error stay as they are."""
        item = self._errors.get(data[:4])
        if item is None:
            return Refused("an unknown error", data.hex())
        return Refused(item["name"], *self._decode(item["inputs"], data[4:]))

    def _decode(self, items: list[Item], data: bytes) -> tuple[Any, ...]:
        values = decode([collapse_if_tuple(item) for item in items], data)
        return tuple(map(self.to_plain, items, values))

    def to_plain(self, item: Item, value: Any) -> Any:
        kind = item["type"]
        if kind.endswith("[]"):
            element = {**item, "type": kind.removesuffix("[]")}
            return tuple(self.to_plain(element, each) for each in value)
        if kind == "tuple":
            return tuple(map(self.to_plain, item["components"], value))
        if kind == "address":
            return self.name_of(value)
        if item.get("internalType") == "Participant":
            return _participant(value)
        if kind == "bytes":
            return self.refusal(value)
        if kind == "bytes4":
            return self._selectors.get(value) or value.rstrip(b"\0").decode()
        if kind in ("bytes16", "bytes32"):
            return self._meanings.get(value, int.from_bytes(value))
        return value


def key_of(wallet: str) -> str:
    """The account of the key that owns a wallet."""
    return f"{wallet}'s key"


def selector(item: Item) -> bytes:
    return topic(item)[:4]


def topic(item: Item) -> bytes:
    kinds = ",".join(collapse_if_tuple(each) for each in item["inputs"])
    return keccak(text=f"{item['name']}({kinds})")


def _participant(packed: int) -> Participant:
    """A registry's record, of which the lowest 128 bits are the customer id."""
    return Participant(
        ParticipantStatus(packed >> 192),
        CustomerCategory(packed >> 184 & 0xFF),
        packed >> 168 & 0xFFFF,
        packed >> 128 & 0xFF_FFFF_FFFF,
        packed & (1 << 128) - 1,
    )
