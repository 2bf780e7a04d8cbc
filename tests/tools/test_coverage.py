"""What `make coverage` prints, and that it fails on what no test reaches."""

import re

import pytest

from tools.compiler import ROOT
from tools.coverage import main, reasons

CONTRACT = """\
contract Till {
    function take(uint256 amount) external {
        if (amount == 0) revert ZeroAmount();
        held += amount;
    }
}
"""
TRACE = """\
TN:
SF:contracts/Till.sol
FN:2,Till.take
FNDA:{function},Till.take
DA:2,3
BRDA:3,0,0,{branch}
DA:3,3
DA:4,{line}
LF:3
end_of_record
"""
REACHED = {"function": 3, "branch": 1, "line": 2}
ACCEPTED = """
[[accepted]]
source = "contracts/Till.sol"
item = "{item}"
text = '''{text}'''
reason = "A sum has no instruction."
shown_by = ["Till › test_take"]
"""


@pytest.fixture
def run(tmp_path, capsys):
    """Writes a project whose one contract was reached like this, and runs the tool on it."""

    def run(accepted="accepted = []", **hits):
        for folder in ("contracts/interfaces", "tools"):
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / "contracts" / "Till.sol").write_text(CONTRACT)
        (tmp_path / "contracts" / "interfaces" / "ITill.sol").write_text(
            "interface ITill {\n    // A function {\n    function take(uint256) external;\n}\n"
        )
        (tmp_path / "tools" / "uncovered.toml").write_text(accepted)
        (tmp_path / "lcov.info").write_text(TRACE.format(**(REACHED | hits)))
        return main(tmp_path), capsys.readouterr().out

    run.root = tmp_path
    return run


def test_everything_reached(run):
    code, printed = run()
    assert code == 0
    assert printed == "Not reached, with a reason:\n\nWithout:\n  nothing\n"


@pytest.mark.parametrize(
    ("hits", "sentence"),
    [
        ({"line": 0}, ":4 line: held += amount;"),
        ({"branch": 0}, ":3 branch 0: if (amount == 0) revert ZeroAmount();"),
        ({"branch": "-"}, ":3 branch 0: if (amount == 0) revert ZeroAmount();"),
        ({"function": 0}, ":2 function: function take(uint256 amount) external {"),
    ],
)
def test_names_what_is_not_reached_and_fails(run, hits, sentence):
    code, printed = run(**hits)
    assert code == 1
    assert printed.endswith(
        f"Without:\n  contracts/Till.sol{sentence}: found no test that reaches it.\n"
    )


def test_accepts_a_reason_wherever_the_text_is(run):
    code, printed = run(ACCEPTED.format(item="line", text="held += amount;"), line=0)
    assert code == 0
    assert printed == (
        "Not reached, with a reason:\n"
        "  A sum has no instruction.\n  Shown by Till › test_take.\n"
        "    contracts/Till.sol:4 line: held += amount;\n\nWithout:\n  nothing\n"
    )


@pytest.mark.parametrize("item", ["function", "branch 0"])
def test_a_reason_is_for_one_kind_of_item(run, item):
    code, printed = run(ACCEPTED.format(item=item, text="held += amount;"), line=0)
    assert code == 1
    assert ":4 line: held += amount;: found no test that reaches it.\n" in printed


def test_a_reason_that_nothing_needs_is_a_fault(run):
    code, printed = run(ACCEPTED.format(item="line", text="held += amount;"))
    assert code == 1
    assert printed.endswith(
        "Without:\n  tools/uncovered.toml: line 'held += amount;' of contracts/Till.sol: found 0 "
        "not reached, accepted is a test for each: 1.\n"
    )


def test_a_reason_names_a_test_for_each_item(run):
    accepted = ACCEPTED.format(item="line", text="held += amount;")
    code, printed = run(accepted.replace("test_take", 'test_take", "Till › test_twice'), line=0)
    assert code == 1
    assert printed.endswith("found 1 not reached, accepted is a test for each: 2.\n")


def test_code_that_was_not_measured_is_a_fault(run):
    run()
    (run.root / "contracts" / "Vault.sol").write_text(CONTRACT.replace("Till", "Vault"))
    code, printed = run()
    assert code == 1
    assert printed.endswith("Without:\n  contracts/Vault.sol: found code that was not measured.\n")


def test_a_missing_tracefile_is_named(tmp_path):
    with pytest.raises(SystemExit, match=r"lcov\.info is missing: make coverage writes it"):
        main(tmp_path)


@pytest.mark.parametrize("test", sorted({test for each in reasons(ROOT) for test in each.shown_by}))
def test_the_test_that_a_reason_names_exists(test):
    file, _, function = test.partition(" › ")
    (path,) = (ROOT / "tests" / "solidity").rglob(f"{file}.t.sol")
    assert re.search(rf"function {function}\b", path.read_text())
