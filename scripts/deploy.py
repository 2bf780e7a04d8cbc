"""`ape run deploy --network ... --account ... --banks ...`: deploy the banks of a bank file.

The account is the set-up key: it pays, and has no power over a bank after the hand-over. On a
local network Ape's test accounts will do: `--account TEST::0`. With `--check` nothing is sent: the
banks are compared with the file, whenever they were deployed.
"""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from ape.api import AccountAPI, ProviderAPI
from ape.cli import ConnectedProviderCommand, account_option, select_account
from ape.exceptions import ApeException
from ape.utils import ManagerAccessMixin
from click.core import ParameterSource
from eth_account.datastructures import SignedTransaction
from eth_utils import keccak
from hexbytes import HexBytes

from deposit_token.chain.chain import Chain
from deposit_token.chain.endpoint import origin
from deposit_token.chain.profile import NetworkProfile
from deposit_token.deployment.file import DeploymentFile
from deposit_token.deployment.manifest import Manifest
from deposit_token.errors import DepositTokenError, InputError

FOLDER = Path("deployments")
"""Where the manifests are."""


class ApeSigner(ManagerAccessMixin):
    """An Ape account in the place of a local key: Ape asks for the passphrase and signs."""

    def __init__(self, account: AccountAPI) -> None:
        self._account = account
        self.address = str(account.address)

    def sign_transaction(self, transaction: dict) -> SignedTransaction:
        ethereum = self.network_manager.get_ecosystem("ethereum")
        signed = self._account.sign_transaction(ethereum.create_transaction(**transaction))
        if signed is None:
            raise click.Abort
        raw = signed.serialize_transaction()
        v, r, s = signed.signature.v, signed.signature.r, signed.signature.s
        return SignedTransaction(
            HexBytes(raw), HexBytes(keccak(raw)), int.from_bytes(r), int.from_bytes(s), v
        )


_LOGS = ("ape", "web3.providers.HTTPProvider")
"""Those that Ape prints, where URLs are."""

_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^\s'\"<>]+", re.IGNORECASE)


def without_secrets(text: str) -> str:
    """The text with each URL cut to its origin: the rest may hold credentials."""
    return _URL.sub(lambda url: origin(url[0]), text)


class _WithoutSecrets(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = without_secrets(record.getMessage()), ()
        return True


class NodeCommand(ConnectedProviderCommand):
    """A command with a node, whose URL nobody prints whole: Ape itself would.

    Ape connects to those that it starts or has in its configuration. Where --network or --profile
    has an address, the library does, which takes the profile's credentials along.
    """

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        with _in_words():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: click.Context) -> Any:
        with _in_words():
            profile: NetworkProfile = ctx.params["profile"] or NetworkProfile()
            given = ctx.get_parameter_source("network") is not ParameterSource.DEFAULT
            if given:
                profile = _at(ctx.params["network"], profile)
            ctx.params["profile"] = profile
            if profile.url is None:
                return super().invoke(ctx)
            for name in ("network", "provider_settings"):
                ctx.params.pop(name)
            return click.Command.invoke(self, ctx)


def _at(provider: ProviderAPI, profile: NetworkProfile) -> NetworkProfile:
    """The profile at the address that --network has, of its chain; without one if that is Ape's
    to find."""
    network = provider.network
    known = not (network.is_dev or network.is_adhoc)
    return profile.model_copy(
        update={
            "url": provider.provider_settings.get("uri"),
            "chain_id": network.chain_id if known else profile.chain_id,
        }
    )


def _read_profile(
    _context: click.Context, _option: click.Parameter, name: str | None
) -> NetworkProfile | None:
    try:
        return None if name is None else NetworkProfile.named(name)
    except DepositTokenError as error:
        raise click.ClickException(str(error)) from None


@contextmanager
def _in_words() -> Iterator[None]:
    secrets = _WithoutSecrets()
    logs = [logging.getLogger(name) for name in _LOGS]
    for log in logs:
        log.addFilter(secrets)
    try:
        yield
    except click.ClickException as error:
        error.message = without_secrets(error.message)
        raise
    except ApeException as error:
        raise click.ClickException(without_secrets(str(error))) from None
    except OSError as error:  # of a node that Ape lacks the program for, with advice below
        raise click.ClickException(without_secrets(str(error).partition("\n")[0])) from None
    finally:
        for log in logs:
            log.removeFilter(secrets)


@click.command(cls=NodeCommand)
@account_option(prompt=None)
@click.option(
    "--banks",
    type=click.Path(path_type=Path),
    required=True,
    help="Bank file (TOML), such as a copy of the package's examples/banks.toml.",
)
@click.option(
    "--profile",
    callback=_read_profile,
    help="Network profile: the name of a shipped one, such as ethereum, or a TOML file. An address "
    "in --network takes the place of its own.",
)
@click.option("--check", is_flag=True, help="Send nothing: compare what stands with the file.")
def cli(account: AccountAPI | None, banks: Path, profile: NetworkProfile, check: bool) -> None:
    ends = False
    try:
        if profile.url is None:
            provider = ManagerAccessMixin.provider
            if provider.http_uri is None:
                accepted = "one that is reached by HTTP, such as ethereum:local:foundry"
                raise InputError("network", without_secrets(provider.network_choice), accepted)
            profile = profile.at(provider.http_uri)
            # One that Ape has started for this command.
            ends = getattr(provider, "process", None) is not None
        chain = Chain.connect(profile)
        file = DeploymentFile.load(banks)
        if check:
            compare(file, chain)
        else:
            deploy(file, chain, account or select_account("Account to deploy with"), ends)
    except DepositTokenError as error:
        raise click.ClickException(str(error)) from None


def deploy(file: DeploymentFile, chain: Chain, account: AccountAPI, ends: bool) -> None:
    """Deploy and write the manifest, but not of a chain that `ends` with the command."""
    known = Manifest.find(FOLDER, chain)
    escrow, banks = file.deploy(chain, ApeSigner(account), known)
    click.echo(f"Deployed to chain {chain.chain_id}, with the escrow at {escrow}.")
    if ends:
        click.echo("No manifest is written, as the chain ends with this command.")
        return
    path = Manifest.of(chain, escrow, banks.values(), known).write(FOLDER)
    click.echo(f"The addresses are in {path}.")
    if known:
        # Whose tokens the banks that stood already are to accept, they can know only now.
        compare(file, chain)


def compare(file: DeploymentFile, chain: Chain) -> None:
    reports = file.check(chain, Manifest.read(FOLDER, chain))
    for report in reports:
        click.echo(report)
    if not all(report.clean for report in reports):
        raise click.exceptions.Exit(1)
