"""The package in an empty Foundry project, whatever compiler that has."""

import json
from pathlib import Path

import pytest

from tests.npm_package.conftest import FORGE_STD
from tests.npm_package.projects import ROOT, run, write

pytestmark = pytest.mark.packaged

INSTALLED = Path("node_modules") / "deposit-token-contracts"
PINNED = json.loads((ROOT / "package.json").read_text())["dependencies"]["solc"]
VERSIONS = ["0.8.24", "0.8.28", PINNED]


@pytest.fixture(scope="module")
def foundry(project, blocks):
    """The project with what the README shows, and with a test of two banks."""
    mapping = f'remappings = [\n    "forge-std/=node_modules/{FORGE_STD}/lib/forge-std/",'
    files = dict(blocks["Foundry"])
    files["foundry.toml"] = files["foundry.toml"].replace("remappings = [", mapping)
    files["test/TwoBanks.t.sol"] = Path(__file__).with_name("TwoBanks.t.sol").read_text()
    write(project, files)
    return project


@pytest.fixture
def forge(foundry, compilers, version):
    """Runs forge in the project with a version of the compiler."""
    compiler = ROOT / "tools" / "solc" if version == PINNED else compilers / f"solc-v{version}"
    return lambda *command: run(
        foundry, "forge", *command, "--offline", "--force", "--use", compiler
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_banks_pay_each_other(forge):
    printed = forge("test", "--json")
    suites = json.loads(printed[printed.index("{") :]).values()
    assert {
        name: each["status"] for suite in suites for name, each in suite["test_results"].items()
    } == {
        "test_transfer()": "Success",
        "test_charge()": "Success",
        "test_two_currencies()": "Success",
        "test_banks_are_strangers_until_connected()": "Success",
        "test_whoever_opens_a_bank_administers_it()": "Success",
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_every_interface_and_type_compiles(forge, foundry, version):
    paths = [
        path.relative_to(foundry / "node_modules").as_posix()
        for folder in ("interfaces", "types")
        for path in sorted((foundry / INSTALLED / folder).glob("*.sol"))
    ]
    assert len(paths) > 25
    imports = [f'import "{path}";' for path in paths]
    # Apart from the tests: npm's builds of older compilers crash on more than 1.3 MB of sources.
    name = f"interfaces/With{version.replace('.', '_')}.sol"
    write(foundry, {name: "\n".join([f"pragma solidity {version};", *imports])})
    assert "Compiler run successful" in forge("build", name)
