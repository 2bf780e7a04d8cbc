"""Deployment files: several banks whose tokens may accept each other, as TOML."""

import re
import tomllib
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from pydantic import model_validator

from deposit_token.chain.chain import Chain, Signer
from deposit_token.deployment.audit import Report, check_bank
from deposit_token.deployment.bank import BankDeployment
from deposit_token.deployment.config import BankConfig, Config
from deposit_token.deployment.deployer import Deployer
from deposit_token.deployment.manifest import Manifest
from deposit_token.errors import DeploymentError, InputError
from deposit_token.values.fields import checked

_ZONE = re.compile("[1-9][0-9]{0,2}")


class Issue(Config):
    """A token of the file."""

    bank: str
    """Name of the bank that issues it."""
    currency: str
    """ISO 4217 code of its currency."""


class Acceptance(Config):
    """Two tokens of the file that accept each other: payments may pass between them."""

    tokens: tuple[Issue, Issue]


class DeploymentFile(Config):
    """Banks, each a `[[banks]]` table of the fields of `BankConfig`, and whose tokens accept whose.

    Raises InputError for a second bank of one name, which the addresses follow from, and for an
    acceptance of a token by itself, or that names a bank or a token that is not there.
    """

    banks: list[BankConfig]
    acceptances: tuple[Acceptance, ...] = ()

    @classmethod
    @checked
    def load(cls, path: Path) -> Self:
        """Read and check a file; raises InputError for one that can't be read or taken."""
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            accepted = f"a file that can be read ({error.strerror})"
            raise InputError("deployment file", str(path), accepted) from None
        except ValueError as error:
            raise InputError(str(path), str(error), "TOML in UTF-8") from None
        if isinstance(content.get("banks"), list):
            for bank in content["banks"]:
                _number_zones(bank)
        try:
            return cls.model_validate(content)
        except InputError as error:
            raise InputError(f"{path}: {error.field}", error.value, error.accepted) from None

    @checked
    def deploy(
        self, chain: Chain, set_up: Signer, known: Manifest | None = None
    ) -> tuple[str, dict[str, BankDeployment]]:
        """Set on a chain what the file says, and hand every bank over to its own keys.

        Gives the escrow's address and the banks by name. Sends nothing that a run before has done.
        A bank that `known` names was handed over already: it is only compared. Raises as the
        methods of `Deployer`.
        """
        deployer = Deployer(chain, set_up)
        escrow = known.escrow if known else deployer.deploy_escrow()
        banks = self._with_acceptances(
            {
                config.name: (known and known.bank(config)) or deployer.deploy_bank(config)
                for config in self.banks
            }
        )
        for bank in banks.values():
            deployer.configure_bank(bank, escrow)
        for bank in banks.values():
            deployer.hand_over(bank, escrow)
        return escrow, banks

    @checked
    def check(self, chain: Chain, manifest: Manifest) -> list[Report]:
        """Compare every bank with what the file says of it, at any time after its deployment.

        Raises DeploymentError for a bank that the manifest does not name, and ChainError if the
        node gives no answer.
        """
        banks = {}
        for config in self.banks:
            bank = manifest.bank(config)
            if bank is None:
                names = ", ".join(manifest.banks)
                raise DeploymentError(
                    f"bank name: found {config.name!r}, accepted is one of the manifest: {names}."
                )
            banks[config.name] = bank
        return [
            check_bank(chain, bank, manifest.escrow)
            for bank in self._with_acceptances(banks).values()
        ]

    def _with_acceptances(self, banks: dict[str, BankDeployment]) -> dict[str, BankDeployment]:
        """The banks, with the addresses of each token that the file lets one of theirs accept."""
        accepted: dict[tuple[str, str], list[str]] = defaultdict(list)
        for each in self.acceptances:
            for own, other in (each.tokens, each.tokens[::-1]):
                accepted[own.bank, own.currency].append(banks[other.bank].tokens[other.currency])
        return {
            name: replace(
                bank,
                config=bank.config.accepting(
                    {token.currency: accepted[name, token.currency] for token in bank.config.tokens}
                ),
            )
            for name, bank in banks.items()
        }

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        issued: dict[str, list[str]] = {}
        for bank in self.banks:
            if bank.name in issued:
                raise InputError("bank name", bank.name, "each only once")
            issued[bank.name] = [token.currency for token in bank.tokens]
        for each in self.acceptances:
            for token in each.tokens:
                if token.bank not in issued:
                    accepted = f"a bank of the file: {', '.join(issued)}"
                    raise InputError("acceptances bank", token.bank, accepted)
                if token.currency not in issued[token.bank]:
                    accepted = f"one that {token.bank} issues: {', '.join(issued[token.bank])}"
                    raise InputError("acceptances currency", token.currency, accepted)
            if each.tokens[0] == each.tokens[1]:
                token = each.tokens[0]
                found = f"{token.currency} of {token.bank} twice"
                raise InputError("acceptances tokens", found, "two tokens")
        return self


def _number_zones(bank: Any) -> None:
    """TOML has only text as keys; a key that is no plain number is left to be refused."""
    if isinstance(bank, dict) and isinstance(bank.get("zones"), dict):
        zones = bank["zones"].items()
        bank["zones"] = {int(k) if _ZONE.fullmatch(k) else k: v for k, v in zones}
