"""Prove the kernel: the lemmas by z3, every `check_` of this folder by halmos.

Usage: python tests/solidity/symbolic/prove.py [options of halmos]

Needs the contracts' artifacts in `out` and forge on PATH. Prints a line a check and exits non-zero
if one fails, is not decided in time, leaves a loop unfinished, or is missing; or if halmos finds no
way to an end that a `reach_` denies, so that the checks behind it would say nothing.
"""

import contextlib
import io
import logging
import os
import re
import sys
from pathlib import Path

from halmos.__main__ import COUNTEREXAMPLE, PASS, TestResult, _main
from halmos.ui import UI
from lemmas import LEMMAS, counterexample

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
OPTIONS = [
    "--root", str(ROOT),
    "--forge-build-out", "out/symbolic",
    "--solver-timeout-assertion", "120s",
    # Any panic of a check itself is a failure, an overflow of what it expects too.
    "--panic-error-codes", "*",
    "--solver-threads", "1",
    "--no-status",
]  # fmt: skip


def prove_lemmas() -> bool:
    proven = True
    for name, lemma in LEMMAS.items():
        found = counterexample(lemma)
        print(
            f"[{'PASS' if found is None else 'FAIL'}] lemma {name}{(found and f': {found}') or ''}"
        )
        proven = proven and found is None
    return proven


def run(prefix: str, options: list[str]) -> list[TestResult]:
    """What halmos found for each function of this folder whose name begins so; of all of them,
    unless the options choose."""
    result = _main([*OPTIONS, "--function", prefix, *options])
    found = [test for tests in (result.test_results or {}).values() for test in tests]
    sources = "".join(path.read_text() for path in HERE.glob("*.sol"))
    written = re.findall(rf"function ({prefix}\w+)\(", sources)
    print(f"{len(found)} of {len(written)} functions {prefix}… were run")
    return found if options or len(found) == len(written) else []


def prove_checks(options: list[str]) -> bool:
    found = run("check_", options)
    for test in found:
        if test.num_bounded_loops:
            print(f"[FAIL] {test.name}: found {test.num_bounded_loops} unfinished loops")
    return bool(found) and not any(
        test.exitcode != PASS or test.num_bounded_loops for test in found
    )


def reach_ends(options: list[str]) -> bool:
    # What halmos prints of a way that it finds looks like a failure.
    with contextlib.redirect_stdout(io.StringIO()):
        found = run("reach_", [*options, "--early-exit"])
    for test in found:
        print(f"[{'PASS' if test.exitcode == COUNTEREXAMPLE else 'FAIL'}] {test.name}")
    return all(test.exitcode == COUNTEREXAMPLE for test in found)


def main(options: list[str]) -> bool:
    # halmos empties rich's stack of live displays before it starts its own: rich 14.1 and later
    # raise if there is none. The display itself is for terminals.
    UI.clear_live = lambda self: None
    # It knows the contracts by their artifacts' syntax trees, which the deployed ones do not carry.
    logging.getLogger("halmos").addFilter(
        lambda record: "unknown deployed bytecode" not in record.getMessage()
    )
    os.environ["FOUNDRY_PROFILE"] = "symbolic"
    return prove_lemmas() & reach_ends(options) & prove_checks(options)


if __name__ == "__main__":
    sys.exit(0 if main(sys.argv[1:]) else 1)
