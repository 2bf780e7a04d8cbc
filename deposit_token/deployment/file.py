"""Bank files: several banks, and whose tokens accept whose, as TOML.

One format for whatever works with banks: the deployment, the check of what stands, and the demo,
whose file has its scene beside the banks.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, model_validator

from deposit_token.chain.chain import Chain, Signer
from deposit_token.deployment.audit import Report, check_bank
from deposit_token.deployment.bank import BankDeployment
from deposit_token.deployment.config import BankConfig, CurrencyCode, Name, Zones
from deposit_token.deployment.deployer import Deployer, require_own_keys
from deposit_token.deployment.manifest import Manifest
from deposit_token.errors import DeploymentError
from deposit_token.values.fields import checked
from deposit_token.values.money import LAST_DAYS
from deposit_token.values.tables import List, Table, load, refuse, refuse_repeats


class NamedToken(Table):
    """A token of the file, by its bank and currency."""

    bank: Name
    """Name of the bank that issues it."""
    currency: CurrencyCode
    """ISO 4217 code of its currency."""


class MutualAcceptance(Table):
    """Two tokens of the file that accept each other: payments may pass between them."""

    tokens: Annotated[tuple[NamedToken, NamedToken], Field(strict=False)]


class DeploymentFile(Table):
    """Banks, each a `[[banks]]` table of the fields of `BankConfig`, and whose tokens accept whose.

    Raises InputError for a second bank of one name, which the addresses follow from, for a token of
    a currency that ended, for a key that two banks have, and for an acceptance of a token by
    itself, or that names a bank or a token that is not there.
    """

    last_days: ClassVar[Mapping[str, date]] = LAST_DAYS
    """Those of the currencies that ended, which no bank has deposits in any more."""

    zones: Zones | None = None
    """Those of each bank that has none of its own."""
    banks: Annotated[List[BankConfig], Field(min_length=1)]
    acceptances: List[MutualAcceptance] = ()

    @classmethod
    @checked
    def load(cls, path: Path) -> Self:
        """Read and check a file; raises InputError for one that can't be read or taken."""
        return load(path, cls, "bank file")

    @checked
    def deploy(
        self, chain: Chain, set_up: Signer, known: Manifest | None = None
    ) -> tuple[str, dict[str, BankDeployment]]:
        """Set on a chain what the file says, and hand every bank over to its own keys.

        Gives the escrow's address and the banks by name. Sends nothing that a run before has done.
        A bank that `known` names was handed over already: it is only compared, before anything is
        sent. That it accepts the tokens of new banks is left for `check`, as it can do so only by a
        proposal of its own, once they stand. Raises as the methods of `Deployer`,
        and DeploymentError if `known` is of another chain.
        """
        if known:
            known.require_chain(chain)
        deployer = Deployer(chain, set_up)
        standing = {
            config.name: bank for config in self.banks if known and (bank := known.bank(config))
        }
        new = [config for config in self.banks if config.name not in standing]
        for config in new:
            deployer.require_fit(config)
        if known:
            for bank in self._with_acceptances(standing).values():
                require_own_keys(chain, bank.config)
                check_bank(chain, bank, known.escrow).require_clean()
        escrow = known.escrow if known else deployer.deploy_escrow()
        created = {config.name: deployer.deploy_bank(config) for config in new}
        banks = self._with_acceptances(
            {config.name: (created | standing)[config.name] for config in self.banks}
        )
        for name in created:
            deployer.configure_bank(banks[name], escrow)
        for name in created:
            deployer.hand_over(banks[name], escrow)
        return escrow, banks

    @checked
    def check(self, chain: Chain, manifest: Manifest) -> list[Report]:
        """Compare every bank with what the file says of it, at any time after its deployment.

        Raises DeploymentError for a manifest of another chain, or a bank that it does not name,
        InputError for a key that everybody has, but on a development chain, and Unreachable if the
        node gives no answer.
        """
        manifest.require_chain(chain)
        banks = {}
        for config in self.banks:
            require_own_keys(chain, config)
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
        """These banks, with the addresses of each token of them that one of theirs is to accept."""
        accepted: dict[tuple[str, str], list[str]] = defaultdict(list)
        for each in self.acceptances:
            if not {token.bank for token in each.tokens} <= banks.keys():
                continue
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

    @model_validator(mode="before")
    @classmethod
    def _share_zones(cls, file: Any) -> Any:
        if (
            not isinstance(file, dict)
            or "zones" not in file
            or not isinstance(file.get("banks"), list)
        ):
            return file
        shared = {"zones": file["zones"]}
        banks = [{**shared, **bank} if isinstance(bank, dict) else bank for bank in file["banks"]]
        return {**file, "banks": banks}

    @model_validator(mode="after")
    def _check_banks(self) -> Self:
        refuse_repeats(
            ((("banks", n, "name"), bank.name) for n, bank in enumerate(self.banks)),
            "a name that no bank before it has",
        )
        for n, bank in enumerate(self.banks):
            for m, token in enumerate(bank.tokens):
                if last := self.last_days.get(token.currency):
                    accepted = f"a currency of today, as it gave way to the euro after {last}"
                    refuse(token.currency, accepted, "banks", n, "tokens", m, "currency")
        owners: dict[str, str] = {}
        for n, bank in enumerate(self.banks):
            for place, key in bank.holders():
                owner = owners.setdefault(key, bank.name)
                if owner != bank.name:
                    refuse(
                        key,
                        f"a key that no other bank has, as {owner!r} has it",
                        "banks",
                        n,
                        *place,
                    )
        return self

    @model_validator(mode="after")
    def _check_acceptances(self) -> Self:
        issued = {bank.name: [token.currency for token in bank.tokens] for bank in self.banks}
        for n, each in enumerate(self.acceptances):
            for m, token in enumerate(each.tokens):
                place = ("acceptances", n, "tokens", m)
                if token.bank not in issued:
                    accepted = f"a bank of the file: {', '.join(issued)}"
                    refuse(token.bank, accepted, *place, "bank")
                if token.currency not in issued[token.bank]:
                    accepted = f"one that {token.bank} issues: {', '.join(issued[token.bank])}"
                    refuse(token.currency, accepted, *place, "currency")
            if each.tokens[0] == each.tokens[1]:
                token = each.tokens[0]
                found = f"{token.currency} of {token.bank} twice"
                refuse(found, "two tokens", "acceptances", n, "tokens")
        return self
