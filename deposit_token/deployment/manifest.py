"""The manifest: a file that says where the contracts of one chain are."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field

from deposit_token.chain.chain import Chain
from deposit_token.deployment.audit.history import created_in
from deposit_token.deployment.bank import BankDeployment
from deposit_token.deployment.config import BankConfig, FileHash
from deposit_token.errors import DeploymentError, InputError
from deposit_token.values.fields import Address, checked
from deposit_token.values.tables import FileAddress, Table


class BankAddresses(Table):
    """Where a bank's contracts are."""

    manager: FileAddress
    timelock: FileAddress
    recovery: FileAddress
    keeper: FileAddress
    registry: FileAddress
    policy: FileAddress
    extension: FileAddress
    implementation: FileAddress
    tokens: dict[str, FileAddress]
    """By currency code."""

    @property
    def all(self) -> list[str]:
        """Every address."""
        fields = (getattr(self, field) for field in type(self).model_fields if field != "tokens")
        return [*fields, *self.tokens.values()]


class Manifest(Table):
    """Where the contracts of one chain are, bound to it by its genesis block."""

    chain_id: Annotated[int, Field(gt=0)]
    genesis_hash: FileHash
    escrow: FileAddress
    banks: dict[str, BankAddresses]
    """By the bank's name."""
    blocks: dict[FileAddress, int]
    """The block that each of the contracts was created in, from which its events are read; 0 where
    the node had forgotten it."""

    @classmethod
    @checked
    def of(
        cls,
        chain: Chain,
        escrow: Address,
        banks: Iterable[BankDeployment],
        known: "Manifest | None" = None,
    ) -> Self:
        """The manifest of what was deployed to a chain; `known` is an earlier one.

        Raises TransientError if the node gives no answer.
        """
        addresses = {
            bank.config.name: BankAddresses(
                **{field: getattr(bank, field) for field in BankAddresses.model_fields}
            )
            for bank in banks
        }
        before = known.blocks if known else {}
        latest = chain.web3.eth.block_number
        contracts = dict.fromkeys([escrow, *(at for bank in addresses.values() for at in bank.all)])
        return cls(
            chain_id=chain.chain_id,
            genesis_hash=chain.genesis_hash,
            escrow=escrow,
            banks=addresses,
            blocks={
                contract: before.get(contract) or created_in(chain, contract, latest)
                for contract in contracts
            },
        )

    @classmethod
    @checked
    def find(cls, folder: Path, chain: Chain) -> Self | None:
        """The same as `read`, but None if there is none of this chain yet."""
        if not _path(folder, chain.chain_id, chain.genesis_hash).exists():
            return None
        return cls.read(folder, chain)

    @classmethod
    @checked
    def read(cls, folder: Path, chain: Chain) -> Self:
        """The manifest of a chain, from the file in this folder that is named after it.

        Raises DeploymentError if there is none, or it is not a manifest, or one of another chain.
        """
        path = _path(folder, chain.chain_id, chain.genesis_hash)
        manifest = cls._parse(path)
        manifest._require(f"manifest {path}", chain.chain_id, chain.genesis_hash)
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
        """Write `<chain id>-<the genesis hash's first 8 digits>.json`, all of it or nothing; gives
        its path.

        Banks that the file already has are kept. Raises DeploymentError if they have another
        escrow, the file is not a manifest, is one of another chain, or can't be written.
        """
        path = _path(folder, self.chain_id, self.genesis_hash)
        whole = self
        if path.exists():
            known = self._parse(path)
            known._require(f"manifest {path}", self.chain_id, self.genesis_hash)
            if known.escrow != self.escrow:
                raise DeploymentError(
                    f"manifest {path}: escrow: found {known.escrow}, accepted is {self.escrow}, or "
                    "no file there."
                )
            # A block that was known once may be forgotten by now.
            blocks = {**self.blocks, **{at: block for at, block in known.blocks.items() if block}}
            changes = {"banks": {**known.banks, **self.banks}, "blocks": blocks}
            whole = self.model_copy(update=changes)
        draft = path.with_suffix(".draft")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            draft.write_text(whole.model_dump_json(indent=2) + "\n")
            draft.replace(path)
        except OSError as error:
            raise DeploymentError(
                f"manifest {path}: found {error.strerror}, accepted is a file that can be written."
            ) from None
        return path

    @checked
    def require_chain(self, chain: Chain) -> None:
        """Raises DeploymentError if it is a manifest of another chain."""
        self._require("manifest", chain.chain_id, chain.genesis_hash)

    def _require(self, what: str, chain_id: int, genesis_hash: str) -> None:
        for field, found, accepted in (
            ("chain id", self.chain_id, chain_id),
            ("genesis hash", self.genesis_hash, genesis_hash),
        ):
            if found != accepted:
                raise DeploymentError(
                    f"{what}: {field}: found {found}, accepted is {accepted}, that of the "
                    "connected chain."
                )

    @classmethod
    def _parse(cls, path: Path) -> Self:
        try:
            return cls.model_validate_json(path.read_bytes())
        except OSError as error:
            if isinstance(error, FileNotFoundError):
                raise DeploymentError(
                    f"manifest: found no {path}, accepted is one that a deployment wrote."
                ) from None
            raise DeploymentError(
                f"manifest {path}: found {error.strerror}, accepted is a file that can be read."
            ) from None
        except InputError as error:
            raise DeploymentError(f"manifest {path}: {error}") from None


def _path(folder: Path, chain_id: int, genesis_hash: str) -> Path:
    """Every chain has its own: test chains come and go under one chain id."""
    return folder / f"{chain_id}-{genesis_hash[2:10]}.json"
