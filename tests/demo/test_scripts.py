"""The Ape scripts, run as a user runs them."""

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from deposit_token.chain.chain import Chain
from tests.files import EXAMPLES, ROOT
from tests.nodes import Proxy, Reply, served

pytestmark = pytest.mark.slow


def ape_run(*arguments: str, host: str = "") -> subprocess.CompletedProcess[str]:
    """On a chain of its own, or on the one behind `host`."""
    if not host:
        # Ape draws its port at random, and gives up if it hits one that a connection of another
        # test still has: the operating system knows a free one.
        with socket.create_server(("127.0.0.1", 0)) as server:
            host = f"http://127.0.0.1:{server.getsockname()[1]}"
    return subprocess.run(
        ["ape", "run", *arguments],
        cwd=ROOT,
        env=os.environ | {"APE_FOUNDRY_HOST": host},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def manifests() -> Iterator[Path]:
    """The folder that the deployment writes to; what a test adds is taken away."""
    folder = ROOT / "deployments"
    before = set(folder.glob("*"))
    yield folder
    for path in set(folder.glob("*")) - before:
        path.unlink()


def test_demo_takes_the_options_of_make_demo():
    finished = ape_run("demo", "--rates-date", "2026-05-04", "--json")
    assert finished.returncode == 0, finished.stderr
    report = json.loads(finished.stdout)
    assert report["balanced"]
    assert {payment["rate_date"] for payment in report["payments"]} == {"2026-05-04"}


def test_chain_that_ends_with_the_command_leaves_no_manifest(manifests):
    before = set(manifests.glob("*"))
    local = ["--network", "ethereum:local:foundry", "--account", "TEST::0"]
    finished = ape_run("deploy", *local, "--banks", "deposit_token/examples/banks.toml")
    assert finished.returncode == 0, finished.stderr
    assert "Deployed to chain 31337, with the escrow at 0x" in finished.stdout
    assert "No manifest is written, as the chain ends with this command." in finished.stdout
    assert set(manifests.glob("*")) == before


def test_deploy_writes_where_the_contracts_are_and_check_compares(manifests, start_anvil, tmp_path):
    file = tmp_path / "banks.toml"
    file.write_text((EXAMPLES / "banks.toml").read_text())
    run = ["deploy", "--network", "ethereum:local:foundry", "--banks", str(file)]
    with start_anvil() as host:
        finished = ape_run(*run, "--account", "TEST::0", host=host)
        assert finished.returncode == 0, finished.stderr
        path = manifests / f"31337-{Chain.connect(host).genesis_hash[2:10]}.json"
        written = json.loads(path.read_text())
        assert f"Deployed to chain 31337, with the escrow at {written['escrow']}." in (
            finished.stdout
        )
        assert f"The addresses are in deployments/{path.name}." in finished.stdout
        tokens = {name: list(bank["tokens"]) for name, bank in written["banks"].items()}
        assert tokens == {"Exporters' Bank (HK)": ["HKD"], "Buyers' Bank (DE)": ["EUR"]}
        finished = ape_run(*run, "--check", host=host)
        assert finished.returncode == 0, finished.stderr
        assert "Bank Exporters' Bank (HK): as its file says.\n" in finished.stdout
        assert "Bank Buyers' Bank (DE): as its file says.\n" in finished.stdout

        file.write_text(file.read_text().replace('supply_cap = "100000000.00"', 'supply_cap = "1"'))
        finished = ape_run(*run, "--check", host=host)
    assert finished.returncode == 1
    assert "Bank Buyers' Bank (DE): not as its file says.\n" in finished.stdout
    assert "* supply cap of token EUR: found 100000000.00 EUR, the file says 1.00 EUR.\n" in (
        finished.stdout
    )


@pytest.mark.parametrize("scheme", ["http", "htp"])
def test_no_secret_of_a_url_is_printed(scheme):
    url = f"{scheme}://user:hunter2@127.0.0.1:1/v3/hunter3?token=hunter4"
    finished = ape_run("deploy", "--network", f"ethereum:sepolia:{url}", "--banks", "x", "--check")
    assert finished.returncode == 1
    assert f"{scheme}://127.0.0.1:1" in finished.stderr
    assert "hunter" not in finished.stdout + finished.stderr


@pytest.mark.parametrize(
    ("network", "sentence"),
    [
        (
            "ethereum:local:http://127.0.0.1:1",
            "RPC endpoint: found no answer to eth_chainId at http://127.0.0.1:1 (Connection "
            "refused), accepted is an Ethereum node's over HTTP.",
        ),
        (
            "ethereum:local:ws://127.0.0.1:1",
            "RPC endpoint: found 'ws://127.0.0.1:1', accepted is an address such as "
            "http://127.0.0.1:8545.",
        ),
    ],
)
def test_address_without_a_node_is_one_sentence(network, sentence):
    finished = ape_run("deploy", "--network", network, "--banks", "x", "--check")
    assert (finished.returncode, finished.stdout) == (1, "")
    assert finished.stderr == f"Error: {sentence}\n"


def test_deploy_takes_credentials_and_limits_from_a_profile(anvil_url, tmp_path):
    (tmp_path / "token").write_text("let-me-in")

    def admit(headers):
        return None if headers["Authorization"] == "Bearer let-me-in" else Reply(401)

    profile = tmp_path / "net.toml"
    run = ["deploy", "--profile", str(profile), "--banks", "nothing.toml", "--check"]
    with served(Proxy(anvil_url), admit) as url:
        said = 'token = { file = "token" }\n'
        profile.write_text(f'{said}url = "{url}"\n')
        assert "Error: bank file: found 'nothing.toml'" in ape_run(*run).stderr
        profile.write_text(f'{said}url = "http://127.0.0.1:1"\n')
        assert "Error: bank file: found 'nothing.toml'" in ape_run(*run, "--network", url).stderr
        finished = ape_run(*run, "--network", f"ethereum:sepolia:{url}")
        sentence = f"chain id: found 31337 at {url}, accepted is 11155111."
        assert (finished.returncode, finished.stderr) == (1, f"Error: {sentence}\n")


def test_profile_that_nobody_knows_is_one_sentence():
    finished = ape_run("deploy", "--profile", "sepolia", "--banks", "x", "--check")
    assert (finished.returncode, finished.stdout) == (1, "")
    assert finished.stderr == (
        "Error: network profile: found 'sepolia', accepted is one of anvil, base, besu-qbft, "
        "ethereum, hardhat, or a file whose name ends in .toml.\n"
    )


def test_deploy_names_a_file_that_is_not_there():
    local = ["--network", "ethereum:local:foundry", "--account", "TEST::0"]
    finished = ape_run("deploy", *local, "--banks", "nothing.toml")
    assert finished.returncode == 1
    assert "bank file: found 'nothing.toml', accepted is a file that can be read" in (
        finished.stderr
    )
