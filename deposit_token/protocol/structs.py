"""Structs that are signed (EIP-712), each declared once as a dataclass.

A field's type (`values.fields`) says what it accepts; from the declaration follow the struct's
EIP-712 type and digest, its form in a contract's function and in JSON, and what is refused.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

from eth_hash.backends.pysha3 import keccak256 as keccak

from deposit_token.errors import InputError
from deposit_token.protocol.contracts import ESCROW, token_at
from deposit_token.values.fields import (
    Address,
    Kind,
    Text,
    Uint256,
    checked,
    kinds_of,
    take_fields,
    words,
)

if TYPE_CHECKING:
    from deposit_token.chain.chain import Chain


class Member(NamedTuple):
    """One field of a struct."""

    name: str
    """In Python."""
    key: str
    """In Solidity and in JSON."""
    kind: Kind


@dataclass(frozen=True)
class Struct:
    """A flat struct of EIP-712; raises InputError for the first value that is refused."""

    primary_type: ClassVar[str]
    """Its name there."""

    def __init_subclass__(cls, primary_type: str = "") -> None:
        cls.primary_type = primary_type or cls.__name__

    def __post_init__(self) -> None:
        take_fields(self)

    @classmethod
    @cache
    def members(cls) -> tuple[Member, ...]:
        """The fields in order, by the names that Solidity gives them."""
        return tuple(Member(name, _camel(name), kind) for name, kind in kinds_of(cls).items())

    @classmethod
    @cache
    def encoded_type(cls) -> str:
        """The struct's type as EIP-712 hashes it, such as `Release(bytes32 paymentId,…)`."""
        members = (f"{each.kind.solidity} {each.key}" for each in cls.members())
        return f"{cls.primary_type}({','.join(members)})"

    @classmethod
    @cache
    def type_hash(cls) -> bytes:
        """The hash of `encoded_type`, 32 bytes, as the contracts have it."""
        return keccak(cls.encoded_type().encode())

    def struct_hash(self) -> bytes:
        """EIP-712's hash of type and values, 32 bytes."""
        return self._struct_hash

    @cached_property
    def _struct_hash(self) -> bytes:
        values = (each.kind.to_word(getattr(self, each.name)) for each in self.members())
        return keccak(self.type_hash() + b"".join(values))

    def as_tuple(self) -> tuple[Any, ...]:
        """The struct as a contract's function takes it."""
        return tuple(each.kind.to_abi(getattr(self, each.name)) for each in self.members())

    @classmethod
    def from_tuple(cls, values: Iterable[Any]) -> Self:
        """The struct as a contract's function or event gives it, taken as it is.

        A contract accepts what this class refuses, such as a UETR of another UUID version, and one
        operator's terms must not keep another from reading its own. Raises InputError for what is
        not of so many values.
        """
        struct = cls.__new__(cls)
        try:
            for each, value in zip(cls.members(), values, strict=True):
                object.__setattr__(struct, each.name, each.kind.from_abi(value))
        except (TypeError, ValueError):
            accepted = f"{len(cls.members())} values as a contract gives them"
            raise InputError(cls.primary_type, values, accepted) from None
        return struct

    def to_json(self) -> dict[str, Any]:
        """The values by their names in Solidity, as the `message` of `typed_data`: numbers as texts
        of digits, bytes as 0x and hex digits."""
        return {each.key: each.kind.to_json(getattr(self, each.name)) for each in self.members()}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Reads what `to_json` gave; raises InputError for other fields or values."""
        keys = [each.key for each in cls.members()]
        accepted = f"the fields {', '.join(keys)}"
        if not isinstance(content, Mapping):
            raise InputError(cls.primary_type, content, accepted)
        if set(content) != set(keys):
            raise InputError(cls.primary_type, list(content), accepted)
        return cls(
            **{
                each.name: each.kind.from_json(words(each.name), content[each.key])
                for each in cls.members()
            }
        )


@dataclass(frozen=True)
class Domain(Struct, primary_type="EIP712Domain"):
    """The contract on one chain that a signature is meant for; no other accepts it (EIP-712)."""

    name: Text
    version: Text
    chain_id: Uint256
    verifying_contract: Address

    @classmethod
    @checked
    def token(cls, chain: "Chain", address: Address) -> Self:
        """The domain of a deposit token: its own name and version, which the token is asked for.

        Chain and contract are those that are meant, whatever a token says of itself (ERC-5267).
        Raises InputError for an address without checksum, NoContract if no token answers there.
        """
        token = token_at(chain, address)
        _, name, version, *_ = chain.call(token.functions.eip712Domain())
        return cls(name, version, chain.chain_id, address)

    @classmethod
    @checked
    def escrow(cls, chain_id: Uint256, address: Address) -> Self:
        """The domain of a settlement escrow."""
        return cls(ESCROW, "1", chain_id, address)


class Message(Struct):
    """A struct that somebody signs, each for the contract of one domain."""

    @checked
    def digest(self, domain: Domain) -> bytes:
        """The 32 bytes that are signed for the contract of this domain."""
        return keccak(b"\x19\x01" + domain.struct_hash() + self.struct_hash())

    @checked
    def typed_data(self, domain: Domain) -> dict[str, Any]:
        """What a wallet is asked to sign by `eth_signTypedData_v4`, ready for JSON."""
        return {
            "types": {each.primary_type: _types(each) for each in (Domain, type(self))},
            "primaryType": self.primary_type,
            # Wallets compare it with the chain that they are on, as a number.
            "domain": {**domain.to_json(), "chainId": domain.chain_id},
            "message": self.to_json(),
        }


def _types(struct: type[Struct]) -> list[dict[str, str]]:
    return [{"name": each.key, "type": each.kind.solidity} for each in struct.members()]


def _camel(name: str) -> str:
    first, *others = name.strip("_").split("_")
    return first + "".join(other.capitalize() for other in others)
