"""`ape run deploy --network ... --account ... --banks ...`: deploy the banks of a deployment file.

The account is the set-up key: it pays, and has no power over a bank after the hand-over. On a
local network Ape's test accounts will do: `--account TEST::0`. With `--check` nothing is sent: the
banks are compared with the file, whenever they were deployed.
"""

from pathlib import Path

import click
from ape.api import AccountAPI
from ape.cli import ConnectedProviderCommand, account_option, select_account
from ape.utils import ManagerAccessMixin
from eth_account.datastructures import SignedTransaction
from eth_utils import keccak
from hexbytes import HexBytes

from deposit_token.chain.chain import Chain
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
        ecosystem = self.provider.network.ecosystem
        signed = self._account.sign_transaction(ecosystem.create_transaction(**transaction))
        if signed is None:
            raise click.Abort
        raw = signed.serialize_transaction()
        v, r, s = signed.signature.v, signed.signature.r, signed.signature.s
        return SignedTransaction(
            HexBytes(raw), HexBytes(keccak(raw)), int.from_bytes(r), int.from_bytes(s), v
        )


@click.command(cls=ConnectedProviderCommand)
@account_option(prompt=None)
@click.option(
    "--banks",
    type=click.Path(path_type=Path),
    required=True,
    help="Deployment file (TOML), such as a copy of the package's examples/banks.toml.",
)
@click.option("--check", is_flag=True, help="Send nothing: compare what stands with the file.")
def cli(account: AccountAPI | None, banks: Path, check: bool) -> None:
    provider = ManagerAccessMixin.provider
    try:
        if provider.http_uri is None:
            accepted = "one that is reached by HTTP, such as ethereum:local:foundry"
            raise InputError("network", provider.network_choice, accepted)
        chain = Chain.connect(provider.http_uri, provider.chain_id)
        file = DeploymentFile.load(banks)
        if check:
            compare(file, chain)
        else:
            deploy(file, chain, account or select_account("Account to deploy with"))
    except DepositTokenError as error:
        raise click.ClickException(str(error)) from None


def deploy(file: DeploymentFile, chain: Chain, account: AccountAPI) -> None:
    known = Manifest.find(FOLDER, chain)
    escrow, banks = file.deploy(chain, ApeSigner(account), known)
    click.echo(f"Deployed to chain {chain.chain_id}, with the escrow at {escrow}.")
    path = Manifest.of(chain, escrow, banks.values()).write(FOLDER)
    click.echo(f"The addresses are in {path}.")


def compare(file: DeploymentFile, chain: Chain) -> None:
    reports = file.check(chain, Manifest.read(FOLDER, chain))
    for report in reports:
        click.echo(report)
    if not all(report.clean for report in reports):
        raise click.exceptions.Exit(1)
