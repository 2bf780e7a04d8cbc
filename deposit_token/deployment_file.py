"""Deployment files: several banks that pay into each other's tokens, as TOML."""

import re
import tomllib
from pathlib import Path
from typing import Any, Self

from pydantic import model_validator

from deposit_token.bank_config import BankConfig, Config
from deposit_token.chain import Chain, Signer
from deposit_token.deployment import BankDeployment, Deployer
from deposit_token.errors import InputError

_ZONE = re.compile("[1-9][0-9]{0,2}")


class Recognition(Config):
    """A bank lets its customers pay into a token of another bank."""

    bank: str
    """Name of the bank that recognises."""
    issuer: str
    """Name of the bank whose token it is."""
    currency: str
    """ISO 4217 code of the token's currency."""


class DeploymentFile(Config):
    """Banks, each a `[[banks]]` table of the fields of `BankConfig`, and who recognises whom.

    Raises InputError for a second bank of one name, which the addresses follow from, and for a
    recognition by or of a bank, or of a token, that is not there.
    """

    banks: list[BankConfig]
    recognitions: tuple[Recognition, ...] = ()

    @classmethod
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

    def deploy(self, chain: Chain, set_up: Signer) -> tuple[str, dict[str, BankDeployment]]:
        """Set on a chain what the file says, and hand every bank over to its own keys.

        Gives the escrow's address and the banks by name. Sends nothing that a run before has done,
        and takes back nothing that an earlier one set and the file no longer has. Raises as the
        methods of `Deployer`.
        """
        deployer = Deployer(chain, set_up)
        banks = {config.name: deployer.deploy_bank(config) for config in self.banks}
        escrow = deployer.deploy_escrow()
        for bank in banks.values():
            deployer.configure_bank(bank, escrow)
        for each in self.recognitions:
            deployer.recognise(banks[each.bank], banks[each.issuer].tokens[each.currency])
        for bank in banks.values():
            deployer.hand_over(bank, escrow)
        return escrow, banks

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        issued: dict[str, list[str]] = {}
        for bank in self.banks:
            if bank.name in issued:
                raise InputError("bank name", bank.name, "each only once")
            issued[bank.name] = [token.currency for token in bank.tokens]
        for each in self.recognitions:
            for field, name in (("bank", each.bank), ("issuer", each.issuer)):
                if name not in issued:
                    accepted = f"a bank of the file: {', '.join(issued)}"
                    raise InputError(f"recognitions {field}", name, accepted)
            if each.currency not in issued[each.issuer]:
                accepted = f"one that {each.issuer} issues: {', '.join(issued[each.issuer])}"
                raise InputError("recognitions currency", each.currency, accepted)
        return self


def _number_zones(bank: Any) -> None:
    """TOML has only text as keys; a key that is no plain number is left to be refused."""
    if isinstance(bank, dict) and isinstance(bank.get("zones"), dict):
        zones = bank["zones"].items()
        bank["zones"] = {int(k) if _ZONE.fullmatch(k) else k: v for k, v in zones}
