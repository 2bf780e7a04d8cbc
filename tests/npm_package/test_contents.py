"""What is in the package, without installing it."""

import hashlib
import json
import re
import tomllib
from pathlib import Path

import pytest

from deposit_token.chain.artifacts import CONTRACTS
from tests.npm_package.projects import ROOT
from tools import npm_package
from tools.standard_input import standard_input

OPEN = ("interfaces", "types", "fixtures")


def sources(package):
    return {path.relative_to(package).as_posix(): path for path in package.rglob("*.sol")}


def load(path):
    return json.loads(path.read_text())


def multihash(data):
    """The hash by which IPFS names a file that is small enough for one block."""

    def varint(number):
        head = b"" if number < 128 else bytes([number & 127 | 128])
        return head + varint(number >> 7) if head else bytes([number])

    def field(number, content):
        return bytes([number << 3 | 2]) + varint(len(content)) + content

    size = varint(len(data))
    unixfs = b"\x08\x02" + field(2, data) + b"\x18" + size
    return b"\x12\x20" + hashlib.sha256(field(1, unixfs)).digest()


def test_two_packs_are_the_same_to_the_byte(tarball, tmp_path):
    npm_package.main(tmp_path)
    assert (tmp_path / tarball.name).read_bytes() == tarball.read_bytes()


def test_it_has_the_projects_version(package, tarball):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert load(package / "package.json")["version"] == project["version"]
    assert tarball.name == f"deposit-token-contracts-{project['version']}.tgz"


def test_every_source_is_there(package):
    ours = {path.relative_to(ROOT / "contracts").as_posix() for path in ours_of_contracts()}
    fixtures = {"fixtures/BankCode.sol", "fixtures/BankFixture.sol"}
    assert set(sources(package)) - fixtures == ours
    assert fixtures < set(sources(package))


def ours_of_contracts():
    return [
        path
        for path in (ROOT / "contracts").rglob("*.sol")
        if not {".cache", "deploy"} & set(path.parts)
    ]


def test_every_import_leads_to_the_package_or_what_it_depends_on(package):
    used = set()
    for path in sources(package).values():
        for name in re.findall(
            r'^(?:import|\} from)\b[^;]*"([^"]+)";', path.read_text(), re.MULTILINE
        ):
            if name.startswith("."):
                assert (path.parent / name).is_file(), f"{path.name}: {name}"
            else:
                used.add("/".join(name.split("/")[:2]))
    assert used == set(load(package / "package.json")["dependencies"])


def test_what_others_import_compiles_by_other_compilers_too(package):
    pinned = load(ROOT / "package.json")["dependencies"]["solc"]
    for name, path in sources(package).items():
        found = re.findall("^pragma solidity (.*);$", path.read_text(), re.MULTILINE)
        assert found == ["^0.8.24" if name.startswith(OPEN) else pinned], name


@pytest.mark.parametrize("name", CONTRACTS)
def test_metadata_is_what_the_code_names(package, name):
    artifact = load(package / "artifacts" / f"{name}.json")
    expected = multihash((package / "metadata" / f"{name}.json").read_bytes())
    for code in (artifact["bytecode"], artifact["deployedBytecode"]):
        assert bytes.fromhex(code.removeprefix("0x")).count(b"\x64ipfs\x58\x22" + expected) == 1


@pytest.mark.parametrize("name", CONTRACTS)
def test_metadata_names_the_sources_and_settings_of_the_compilers_input(package, name):
    metadata = load(package / "metadata" / f"{name}.json")
    given = load(package / "standard-input.json")
    assert metadata["sources"].keys() <= given["sources"].keys()
    settings = given["settings"] | metadata["settings"]
    assert settings == {
        **given["settings"],
        "compilationTarget": {load(package / "artifacts" / f"{name}.json")["sourceName"]: name},
        "libraries": {},
    }


def test_the_compilers_input_is_the_one_that_is_compared_with_the_chain(package):
    assert load(package / "standard-input.json") == standard_input(CONTRACTS)


def test_abis_are_those_of_the_artifacts(package):
    assert sorted(path.stem for path in (package / "abi").iterdir()) == list(CONTRACTS)
    for name in CONTRACTS:
        assert (
            load(package / "abi" / f"{name}.json")
            == load(package / "artifacts" / f"{name}.json")["abi"]
        )


def test_a_tokens_abi_is_the_whole_one(package):
    whole = load(package / "abi" / "DepositToken.json")
    behind = load(package / "abi" / "DepositTokenExt.json")
    assert [item for item in behind if item not in whole] == []
    assert {"openPayment", "requestRedemption"} <= {item.get("name") for item in whole}


def test_the_fixture_creates_what_is_shipped(package):
    constants = dict(
        re.findall(
            r'constant (\w+) = hex"([0-9a-f]+)";',
            (package / "fixtures" / "BankCode.sol").read_text(),
        )
    )
    shipped = {
        name: load(package / "artifacts" / f"{name}.json")["bytecode"]
        for name in npm_package.IN_FIXTURE
    }
    assert [f"0x{code}" for code in constants.values()] == list(shipped.values())


def test_nothing_tells_of_the_machine_that_packed_it(package):
    for path in package.rglob("*"):
        if path.is_file():
            text = path.read_text()
            assert str(ROOT) not in text, path.name
            assert str(Path.home()) + "/" not in text, path.name


def test_the_readme_names_what_there_is(package):
    table = re.findall(r"^\| (`.*?) \|", (package / "README.md").read_text(), re.MULTILINE)
    named = [name for cell in table for name in re.findall("`([^`]+)`", cell)]
    assert len(named) > 6
    assert [name for name in named if not (package / name).exists()] == []
