"""What OpenZeppelin's `upgrades-core validate` says of the contracts that a token runs."""

import json
import re
import subprocess

import pytest

from deposit_token.chain.artifacts import CONTRACTS, artifact
from tests.npm_package.projects import CONSUMERS, ROOT
from tools.compiler import Compiler
from tools.standard_input import standard_input

pytestmark = pytest.mark.packaged

BYTECODE = {name: artifact(name).bytecode.hex() for name in CONTRACTS}
ANNOTATION = re.compile(r"^ */// @custom:oz-upgrades-unsafe-allow .*\n", re.MULTILINE)


def validate(folder, given):
    """What the command prints of a build of this input, and its exit code."""
    given["settings"]["outputSelection"] = {"*": {"": ["ast"], "*": ["storageLayout"]}}
    with Compiler() as compiler:
        output = compiler.answer(given)
    # Code takes minutes to generate, and is looked at only for whether there is any.
    for contracts in output["contracts"].values():
        for name, contract in contracts.items():
            contract["evm"] = {"bytecode": {"object": BYTECODE.get(name, ""), "linkReferences": {}}}
    solc = json.loads((ROOT / "package.json").read_text())["dependencies"]["solc"]
    build = {"solcVersion": solc, "input": given, "output": output}
    (folder / "build-info.json").write_text(json.dumps(build))
    command = CONSUMERS / "node_modules" / ".bin" / "openzeppelin-upgrades-core"
    ended = subprocess.run([command, "validate", folder], capture_output=True, text=True)
    return ended.stdout, ended.returncode


def test_a_tokens_code_is_safe_to_upgrade(tmp_path):
    printed, code = validate(tmp_path, standard_input(CONTRACTS))
    assert "SUCCESS (2 upgradeable contracts detected, 2 passed, 0 failed)" in printed
    assert code == 0


def test_what_the_annotations_allow_is_found_without_them(tmp_path):
    given = standard_input(CONTRACTS)
    for name, source in given["sources"].items():
        if name.startswith("contracts/"):
            source["content"] = ANNOTATION.sub("", source["content"])
    printed, code = validate(tmp_path, given)
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
