"""Prove the kernel: the lemmas by z3, every `check_` of this folder by halmos.

Usage: python tests/solidity/symbolic/prove.py [options of halmos]

Needs the contracts' artifacts in `out` and forge on PATH. Prints a line a check and exits non-zero
if one fails, is not decided in time, or is missing.
"""

import logging
import os
import re
import sys
from pathlib import Path

from halmos.__main__ import _main
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


def prove_checks(options: list[str]) -> bool:
    # halmos empties rich's stack of live displays before it starts its own: rich 14.1 and later
    # raise if there is none. The display itself is for terminals.
    UI.clear_live = lambda self: None
    # It knows the contracts by their artifacts' syntax trees, which the deployed ones do not carry.
    logging.getLogger("halmos").addFilter(
        lambda record: "unknown deployed bytecode" not in record.getMessage()
    )
    os.environ["FOUNDRY_PROFILE"] = "symbolic"
    result = _main([*OPTIONS, *options])
    found = [test.name for tests in (result.test_results or {}).values() for test in tests]
    written = re.findall(
        r"function (check_\w+\()", "".join(p.read_text() for p in HERE.glob("*.sol"))
    )
    print(f"{len(found)} of {len(written)} checks were run")
    return result.exitcode == 0 and bool(found) and (bool(options) or len(found) == len(written))


if __name__ == "__main__":
    sys.exit(0 if prove_lemmas() & prove_checks(sys.argv[1:]) else 1)
