"""The Ape scripts, run as a user runs them."""

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.files import EXAMPLES, ROOT


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
def manifest() -> Iterator[Path]:
    """Where the deployment writes, left as it was found."""
    path = ROOT / "deployments" / "31337.json"
    before = path.read_bytes() if path.exists() else None
    path.unlink(missing_ok=True)
    yield path
    path.unlink(missing_ok=True)
    if before is not None:
        path.write_bytes(before)


def test_demo_takes_the_options_of_make_demo():
    finished = ape_run("demo", "--rates-date", "2026-05-04", "--json")
    assert finished.returncode == 0, finished.stderr
    report = json.loads(finished.stdout)
    assert report["balanced"]
    assert {payment["rate_date"] for payment in report["payments"]} == {"2026-05-04"}


def test_deploy_writes_where_the_contracts_are(manifest):
    local = ["--network", "ethereum:local:foundry", "--account", "TEST::0"]
    finished = ape_run("deploy", *local, "--banks", "deposit_token/examples/banks.toml")
    assert finished.returncode == 0, finished.stderr
    written = json.loads(manifest.read_text())
    assert f"Deployed to chain 31337, with the escrow at {written['escrow']}." in finished.stdout
    assert "The addresses are in deployments/31337.json." in finished.stdout
    banks = written["banks"]
    tokens = {name: list(bank["tokens"]) for name, bank in banks.items()}
    assert tokens == {"Exporters' Bank (HK)": ["HKD"], "Buyers' Bank (DE)": ["EUR"]}


def test_check_compares_what_was_deployed(manifest, start_anvil, tmp_path):
    file = tmp_path / "banks.toml"
    file.write_text((EXAMPLES / "banks.toml").read_text())
    run = ["deploy", "--network", "ethereum:local:foundry", "--banks", str(file)]
    with start_anvil() as host:
        finished = ape_run(*run, "--account", "TEST::0", host=host)
        assert finished.returncode == 0, finished.stderr
        finished = ape_run(*run, "--check", host=host)
        assert finished.returncode == 0, finished.stderr
        assert "Bank Exporters' Bank (HK): as its file says.\n" in finished.stdout
        assert "Bank Buyers' Bank (DE): as its file says.\n" in finished.stdout

        file.write_text(file.read_text().replace("supply_cap = 100_000_000_00", "supply_cap = 1"))
        finished = ape_run(*run, "--check", host=host)
    assert finished.returncode == 1
    assert "Bank Buyers' Bank (DE): not as its file says.\n" in finished.stdout
    assert "* supply cap of token EUR: found 10000000000, the file says 1.\n" in finished.stdout


def test_deploy_names_a_file_that_is_not_there():
    local = ["--network", "ethereum:local:foundry", "--account", "TEST::0"]
    finished = ape_run("deploy", *local, "--banks", "nothing.toml")
    assert finished.returncode == 1
    assert "deployment file: found 'nothing.toml', accepted is a file that can be read" in (
        finished.stderr
    )
