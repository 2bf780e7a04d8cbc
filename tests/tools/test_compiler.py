"""The compiler as the tools ask it, and that it is the one that forge is given."""

import json
import subprocess

import pytest

from deposit_token.chain.artifacts import artifact
from tools.compiler import (
    ROOT,
    SOLC,
    Compiler,
    DoesNotCompile,
    compile_once,
    deployed_settings,
    file_of,
    profile,
    sources_of,
)

ANSWER = "contract Answer { function answer() external pure returns (int256) { return 42; } }"
ABI = {"*": {"*": ["abi"]}}


def functions(output):
    (compiled,) = output["contracts"]["Answer.sol"].values()
    return [item["name"] for item in compiled["abi"]]


def test_deployed_code_comes_of_the_deployed_settings():
    name = "contracts/governance/RoleKeeper.sol"
    sources = {file_of(each): text for each, text in sources_of(ROOT, name).items()}
    outputs = {name: {"RoleKeeper": ["evm.bytecode.object"]}}
    remappings = profile()["remappings"]
    output = compile_once(sources, outputs, remappings=remappings, **deployed_settings())
    # With the metadata's hash at its end, which covers every setting.
    code = output["contracts"][name]["RoleKeeper"]["evm"]["bytecode"]["object"]
    assert code == artifact("RoleKeeper").bytecode.hex()


def test_one_process_answers_one_question_after_another():
    with Compiler() as compiler:
        assert functions(compiler.compile({"Answer.sol": ANSWER}, ABI)) == ["answer"]
        with pytest.raises(DoesNotCompile, match="DeclarationError: Undeclared identifier"):
            compiler.compile({"Answer.sol": ANSWER.replace("42", "question")}, ABI)
        renamed = ANSWER.replace("answer()", "reply()")
        assert functions(compiler.compile({"Answer.sol": renamed}, ABI)) == ["reply"]


def test_standard_json_is_answered_alone():
    question = {
        "language": "Solidity",
        "sources": {"Answer.sol": {"content": ANSWER}},
        "settings": {"outputSelection": ABI},
    }
    # With an option that forge adds.
    command = [SOLC, "--standard-json", "--base-path", "/"]
    answered = subprocess.run(
        command, input=json.dumps(question), capture_output=True, text=True, check=True
    )
    assert functions(json.loads(answered.stdout)) == ["answer"]
    assert answered.stderr == ""


def test_version_is_the_pinned_one():
    pinned = json.loads((ROOT / "package.json").read_text())["dependencies"]["solc"]
    said = subprocess.run([SOLC, "--version"], capture_output=True, text=True, check=True)
    assert said.stdout.splitlines()[1].startswith(f"Version: {pinned}+commit.")


def test_other_arguments_are_refused():
    refused = subprocess.run([SOLC, "--asm", "A.sol"], capture_output=True, text=True)
    assert refused.returncode == 1
    assert refused.stderr == (
        'solc: found "--asm A.sol", accepted are --version, --standard-json and --json-lines\n'
    )


@pytest.mark.parametrize(
    "form",
    [
        'import "./Other.sol";',
        'import "./Other.sol" as Other;',
        'import * as Other from "./Other.sol";',
        'import {First, Second as Third} from "./Other.sol";',
        'import {\n    First\n} from "./Other.sol";',
    ],
)
def test_every_form_of_an_import_is_followed(tmp_path, form):
    (tmp_path / "One.sol").write_text(f'{form}\nimport "./Third.sol";\n')
    (tmp_path / "Other.sol").write_text("")
    (tmp_path / "Third.sol").write_text("")
    assert set(sources_of(tmp_path, "One.sol")) == {"One.sol", "Other.sol", "Third.sol"}
