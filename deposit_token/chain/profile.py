"""Network profiles: how to reach and trust one network."""

from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, Strict, ValidationInfo, model_validator

from deposit_token.errors import InputError
from deposit_token.values.fields import checked
from deposit_token.values.tables import List, Secret, Table, folder_of, load, refuse, told_as


def _beside(path: Path, info: ValidationInfo) -> Path:
    """A relative path starts at the profile's own folder."""
    return (folder_of(info) or Path()) / path


_FEES = (
    "'node', 'zero', a table with `max_fee` and a `tip` of at most that, or one with `cap`, all in "
    "whole wei"
)
_FINALITY = "'finalized', 'at once', or a table with `depth`, an integer above zero"
_Path = Annotated[Path, Strict(False), AfterValidator(_beside)]
_Wei = Annotated[int, Field(ge=0, lt=2**128)]


class FixedFees(Table):
    """Always the same fees, in wei a gas; the node is not asked."""

    max_fee: _Wei
    tip: _Wei = 0
    """At most `max_fee`, of which it is a part."""

    @model_validator(mode="after")
    def _require_room_for_tip(self) -> Self:
        if self.tip > self.max_fee:
            refuse(self.tip, f"at most `max_fee`, which is {self.max_fee}", "tip")
        return self


class CappedFees(Table):
    """The node's fees, but never more than this, in wei a gas."""

    cap: _Wei


class Depth(Table):
    """A block is final once so many are above it."""

    depth: Annotated[int, Field(gt=0)]


class BearerToken(Table):
    """Where the bearer token comes from, read anew when the node answers 401: one of the two."""

    command: Secret[Annotated[List[str], Field(min_length=1)] | None] = None
    """A program with its arguments that prints the token."""
    file: _Path | None = None

    @model_validator(mode="after")
    def _require_one(self) -> Self:
        if (self.command is None) == (self.file is None):
            refuse(sorted(self.model_fields_set), "either command or file")
        return self


class Certificate(Table):
    """What TLS shows of the client, and whom it trusts; all are PEM files."""

    file: _Path
    key: _Path | None = None
    """None if the key is in `file` too."""
    authority: _Path | None = None
    """None to trust those that the requests package trusts."""


class NetworkProfile(Table):
    """How to reach and trust a network: endpoint, credentials, fees, finality and limits.

    A URL and a header may have `${NAME}` in them, for what is in the environment: secrets belong
    there, not into the file.
    """

    url: Secret[str | None] = None
    """None in a profile that is for many endpoints: give one by `at`."""
    chain_id: Annotated[int, Field(gt=0)] | None = None
    """None to take any."""
    development: bool | None = None
    """Whether everybody may have the keys of this chain; None to tell by the chain id."""
    headers: Secret[dict[str, str]] = Field(default_factory=dict)
    token: Secret[BearerToken | None] = None
    certificate: Certificate | None = None
    fees: Annotated[Literal["node", "zero"] | FixedFees | CappedFees, told_as(_FEES)] = "node"
    gas_margin_percent: Annotated[int, Field(ge=0, le=1_000)] = 25
    """What a gas limit has above the node's estimate."""
    finality: Annotated[Literal["finalized", "at once"] | Depth, told_as(_FINALITY)] = "finalized"
    """By the node's tag `finalized`, by depth, or with the block itself."""
    log_span: Annotated[int, Field(gt=0)] = 2_000
    """Blocks whose events are asked for at once. Most hosted nodes take 2,000, Besu 5,000."""
    poll_milliseconds: Annotated[int, Field(gt=0, le=3_600_000)] = 1_000
    """The longest pause between two looks for a receipt."""

    @classmethod
    @checked
    def load(cls, path: Path) -> Self:
        """The profile in a TOML file; raises InputError, which names the file, the line and the
        key, but no value that may be secret."""
        return load(path, cls, "network profile")

    @classmethod
    @checked
    def shipped(cls, name: str) -> Self:
        """A profile of this package, such as `ethereum`; raises InputError for an unknown one.

        >>> NetworkProfile.shipped("base").chain_id
        8453
        """
        found = {each.name.removesuffix(".toml"): each for each in _shipped()}
        if name not in found:
            raise InputError("network", name, f"one of {', '.join(sorted(found))}")
        with as_file(found[name]) as path:
            return cls.load(path)

    @classmethod
    @checked
    def named(cls, name: str) -> Self:
        """A profile of this package, or that in a file whose name ends in `.toml`: what programs
        take on their command lines."""
        if name.endswith(".toml"):
            return cls.load(Path(name))
        try:
            return cls.shipped(name)
        except InputError as error:
            accepted = f"{error.accepted}, or a file whose name ends in .toml"
            raise InputError("network profile", name, accepted) from None

    @checked
    def at(self, url: str) -> Self:
        """The same for another endpoint."""
        return self.model_copy(update={"url": url})


def _shipped() -> list[Traversable]:
    folder = files("deposit_token.chain") / "profiles"
    return [each for each in folder.iterdir() if each.name.endswith(".toml")]
