"""Network profiles: how to reach and trust one network."""

import tomllib
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    Strict,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from deposit_token.errors import InputError
from deposit_token.values.fields import checked

_ACCEPTED = {
    "url": "text such as 'http://127.0.0.1:8545'",
    "chain_id": "an integer above zero",
    "development": "true or false",
    "headers": "a table of texts",
    "token": "a table with either `command`, a list of texts, or `file`",
    "certificate": "a table with `file`, and with `key` and `authority` where they are others",
    "fees": "'node', 'zero', a table with `max_fee` and `tip`, or one with `cap`, all in whole wei",
    "gas_margin_percent": "an integer from 0 to 1000",
    "finality": "'finalized', 'at once', or a table with `depth`, an integer above zero",
    "log_span": "an integer above zero",
    "poll_milliseconds": "an integer above zero",
}
"""What each key of a profile takes."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _beside(path: Path, info: ValidationInfo) -> Path:
    """A relative path starts at the profile's own folder."""
    return path if info.context is None else info.context / path


_Path = Annotated[Path, Strict(False), AfterValidator(_beside)]
_Wei = Annotated[int, Field(ge=0, lt=2**128)]


class FixedFees(_Table):
    """Always the same fees, in wei a gas; the node is not asked."""

    max_fee: _Wei
    tip: _Wei = 0


class CappedFees(_Table):
    """The node's fees, but never more than this, in wei a gas."""

    cap: _Wei


class Depth(_Table):
    """A block is final once so many are above it."""

    depth: Annotated[int, Field(gt=0)]


class BearerToken(_Table):
    """Where the bearer token comes from, read anew when the node answers 401: one of the two."""

    command: Annotated[tuple[str, ...], Strict(False), Field(min_length=1)] | None = None
    """A program with its arguments that prints the token."""
    file: _Path | None = None

    @model_validator(mode="after")
    def _require_one(self) -> Self:
        if (self.command is None) == (self.file is None):
            raise ValueError("either command or file")
        return self


class Certificate(_Table):
    """What TLS shows of the client, and whom it trusts; all are PEM files."""

    file: _Path
    key: _Path | None = None
    """None if the key is in `file` too."""
    authority: _Path | None = None
    """None to trust those that the requests package trusts."""


class NetworkProfile(_Table):
    """How to reach and trust a network: endpoint, credentials, fees, finality and limits.

    A URL and a header may have `${NAME}` in them, for what is in the environment: secrets belong
    there, not into the file.
    """

    url: str | None = None
    """None in a profile that is for many endpoints: give one by `at`."""
    chain_id: Annotated[int, Field(gt=0)] | None = None
    """None to take any."""
    development: bool | None = None
    """Whether everybody may have the keys of this chain; None to tell by the chain id."""
    headers: dict[str, str] = {}
    token: BearerToken | None = None
    certificate: Certificate | None = None
    fees: Literal["node", "zero"] | FixedFees | CappedFees = "node"
    gas_margin_percent: Annotated[int, Field(ge=0, le=1_000)] = 25
    """What a gas limit has above the node's estimate."""
    finality: Literal["finalized", "at once"] | Depth = "finalized"
    """By the node's tag `finalized`, by depth, or with the block itself."""
    log_span: Annotated[int, Field(gt=0)] = 2_000
    """Blocks whose events are asked for at once. Most hosted nodes take 2,000, Besu 5,000."""
    poll_milliseconds: Annotated[int, Field(gt=0)] = 1_000
    """The longest pause between two looks for a receipt."""

    @classmethod
    @checked
    def load(cls, path: Path) -> Self:
        """The profile in a TOML file; raises InputError, which names the file and the key."""
        try:
            text = path.read_text(encoding="utf-8-sig")
        except OSError as error:
            accepted = f"a profile that can be read ({error.strerror})"
            raise InputError("network profile", str(path), accepted) from None
        except UnicodeDecodeError as error:
            raise InputError(str(path), str(error), "TOML in UTF-8") from None
        return cls._parse(text, str(path), path.parent)

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
        return cls._parse(found[name].read_text(encoding="utf-8"), name, None)

    @checked
    def at(self, url: str) -> Self:
        """The same for another endpoint."""
        return self.model_copy(update={"url": url})

    @classmethod
    def _parse(cls, text: str, name: str, folder: Path | None) -> Self:
        try:
            table = tomllib.loads(text)
        except ValueError as error:  # of TOML, or an integer too long for Python
            raise InputError(name, str(error), "TOML") from None
        try:
            return cls.model_validate(table, context=folder)
        except ValidationError as error:
            raise _mistake(name, table, error) from None


def _shipped() -> list[Traversable]:
    folder = files("deposit_token.chain") / "profiles"
    return [each for each in folder.iterdir() if each.name.endswith(".toml")]


def _mistake(name: str, table: dict[str, Any], error: ValidationError) -> InputError:
    """The first of what pydantic complains about, without what may be secret."""
    key = str(error.errors()[0]["loc"][0])
    if key not in _ACCEPTED:
        return InputError(f"{name}: key", key, f"one of {', '.join(_ACCEPTED)}")
    found = table[key]
    if key in ("headers", "token"):
        found = sorted(found) if isinstance(found, dict) else type(found).__name__
    return InputError(f"{name}: {key}", found, _ACCEPTED[key])
