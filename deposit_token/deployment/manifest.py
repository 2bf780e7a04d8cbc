"""The manifest: a file that says where the contracts of one chain are."""

from collections.abc import Iterable
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from deposit_token.chain.chain import Chain
from deposit_token.deployment.bank import BankDeployment
from deposit_token.deployment.config import Address, BankConfig
from deposit_token.errors import DeploymentError
from deposit_token.values.fields import checked


class BankAddresses(BaseModel):
    """Where a bank's contracts are."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    manager: Address
    timelock: Address
    recovery: Address
    keeper: Address
    registry: Address
    policy: Address
    extension: Address
    implementation: Address
    tokens: dict[str, Address]
    """By currency code."""


class Manifest(BaseModel):
    """Where the contracts of one chain are, bound to it by its genesis block."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    chain_id: int
    genesis_hash: str
    escrow: Address
    banks: dict[str, BankAddresses]
    """By the bank's name."""

    @classmethod
    @checked
    def of(cls, chain: Chain, escrow: str, banks: Iterable[BankDeployment]) -> Self:
        """The manifest of what was deployed to a chain."""
        return cls(
            chain_id=chain.chain_id,
            genesis_hash=chain.genesis_hash,
            escrow=escrow,
            banks={
                bank.config.name: BankAddresses(
                    **{field: getattr(bank, field) for field in BankAddresses.model_fields}
                )
                for bank in banks
            },
        )

    @classmethod
    @checked
    def find(cls, folder: Path, chain: Chain) -> Self | None:
        """The same as `read`, but None if there is none of this chain yet."""
        path = _path(folder, chain.chain_id)
        if not path.exists() or cls._parse(path).genesis_hash != chain.genesis_hash:
            return None
        return cls.read(folder, chain)

    @classmethod
    @checked
    def read(cls, folder: Path, chain: Chain) -> Self:
        """The manifest of a chain from `<chain id>.json`.

        Raises DeploymentError if there is none, or it is not a manifest, or one of another chain.
        """
        path = _path(folder, chain.chain_id)
        manifest = cls._parse(path)
        for field, found, accepted in (
            ("chain id", manifest.chain_id, chain.chain_id),
            ("genesis hash", manifest.genesis_hash, chain.genesis_hash),
        ):
            if found != accepted:
                raise DeploymentError(
                    f"manifest {path}: {field}: found {found}, accepted is {accepted}, that of "
                    "the connected chain."
                )
        if not chain.has_code(manifest.escrow):
            raise DeploymentError(
                f"manifest {path}: escrow: found no contract at {manifest.escrow}, accepted is "
                "one that stands on the connected chain."
            )
        return manifest

    @checked
    def bank(self, config: BankConfig) -> BankDeployment | None:
        """Where a bank stands, with the tokens that it has added itself; None if it is not here."""
        known = self.banks.get(config.name)
        if known is None:
            return None
        added = {token.currency: token.address for token in config.tokens if token.address}
        return BankDeployment(config, **{**dict(known), "tokens": {**known.tokens, **added}})

    @checked
    def write(self, folder: Path) -> Path:
        """Write `<chain id>.json`, all of it or nothing; gives its path.

        Banks that the file already has on the same chain are kept. Raises DeploymentError if they
        have another escrow, the file is not a manifest, or it can't be written.
        """
        path = _path(folder, self.chain_id)
        known = self._parse(path) if path.exists() else self
        banks = self.banks
        if known.genesis_hash == self.genesis_hash:
            if known.escrow != self.escrow:
                raise DeploymentError(
                    f"manifest {path}: escrow: found {known.escrow}, accepted is {self.escrow}, or "
                    "no file there."
                )
            banks = {**known.banks, **banks}
        text = self.model_copy(update={"banks": banks}).model_dump_json(indent=2) + "\n"
        draft = path.with_suffix(".draft")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            draft.write_text(text)
            draft.replace(path)
        except OSError as error:
            raise DeploymentError(
                f"manifest {path}: found {error.strerror}, accepted is a file that can be written."
            ) from None
        return path

    @classmethod
    def _parse(cls, path: Path) -> Self:
        try:
            return cls.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            raise DeploymentError(
                f"manifest: found no {path}, accepted is one that a deployment wrote."
            ) from None
        except ValidationError as error:
            first = error.errors()[0]
            field = " ".join(map(str, first["loc"])) or "content"
            raise DeploymentError(f"manifest {path}: {field}: {first['msg']}.") from None


def _path(folder: Path, chain_id: int) -> Path:
    return folder / f"{chain_id}.json"
