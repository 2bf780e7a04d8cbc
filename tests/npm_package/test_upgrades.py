"""What OpenZeppelin's `upgrades-core validate` says of the contracts that a token runs."""

import json
import re
import subprocess

import pytest

from deposit_token.chain.artifacts import artifacts
from tests.npm_package.projects import CONSUMERS, ROOT
from tools.standard_input import standard_input

pytestmark = pytest.mark.packaged

BYTECODE = {each.name: each.bytecode.hex() for each in artifacts()}
ANNOTATION = re.compile(r"^ */// @custom:oz-upgrades-unsafe-allow .*\n", re.MULTILINE)


def validate(folder, sources):
    """What the command prints of a build of these sources, and its exit code."""
    request = {
        "language": "Solidity",
        "sources": {name: {"content": text} for name, text in sources.items()},
        "settings": {
            **standard_input(BYTECODE)["settings"],
            "outputSelection": {"*": {"": ["ast"], "*": ["storageLayout"]}},
        },
    }
    answer = subprocess.run(
        [ROOT / "tools" / "solc", "--standard-json"],
        input=json.dumps(request),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    output = json.loads(answer.stdout)
    # Code takes minutes to generate, and is looked at only for whether there is any.
    for contracts in output["contracts"].values():
        for name, contract in contracts.items():
            contract["evm"] = {"bytecode": {"object": BYTECODE.get(name, ""), "linkReferences": {}}}
    build = {"solcVersion": solc_version(), "input": request, "output": output}
    (folder / "build-info.json").write_text(json.dumps(build))
    command = CONSUMERS / "node_modules" / ".bin" / "openzeppelin-upgrades-core"
    ended = subprocess.run([command, "validate", folder], capture_output=True, text=True)
    return ended.stdout, ended.returncode


def solc_version():
    return json.loads((ROOT / "package.json").read_text())["dependencies"]["solc"]


@pytest.fixture(scope="module")
def sources():
    given = standard_input(BYTECODE)["sources"]
    return {name: source["content"] for name, source in given.items()}


def test_a_tokens_code_is_safe_to_upgrade(sources, tmp_path):
    printed, code = validate(tmp_path, sources)
    assert "SUCCESS (2 upgradeable contracts detected, 2 passed, 0 failed)" in printed
    assert code == 0


def test_what_the_annotations_allow_is_found_without_them(sources, tmp_path):
    bare = {
        name: ANNOTATION.sub("", text) if name.startswith("contracts/") else text
        for name, text in sources.items()
    }
    printed, code = validate(tmp_path, bare)
    found = re.findall(r"^ +contracts/(\w+)\.sol:\d+: (.*)$", printed, re.MULTILINE)
    immutable = "is immutable and will be initialized on the implementation"
    assert sorted(found) == [
        ("DepositToken", "Contract `DepositToken` has a constructor"),
        ("DepositToken", "Use of delegatecall is not allowed"),
        ("DepositToken", f"Variable `EXTENSION` {immutable}"),
        ("DepositTokenExt", "Missing initializer"),
        ("DepositTokenExt", f"Variable `SELF` {immutable}"),
    ]
    assert code == 1
