"""The library on its own: without Ape, without work at import time, and with examples."""

import pkgutil
import subprocess
import sys
from doctest import DocTestFinder
from importlib import import_module

import pytest

import deposit_token

LISTING = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
print(sorted(name for name in sys.modules if name.split(".")[0] in ("ape", "ape_foundry")))
"""


def test_no_module_needs_ape():
    modules = [
        module.name
        for module in pkgutil.walk_packages(deposit_token.__path__, "deposit_token.")
        if not module.name.endswith("__main__")
    ]
    assert "deposit_token.demo.cli" in modules
    finished = subprocess.run(
        [sys.executable, "-c", LISTING, *modules], capture_output=True, text=True, check=False
    )
    assert (finished.stdout, finished.stderr) == ("[]\n", "")


def test_examples_are_run(pytestconfig):
    assert pytestconfig.getoption("doctestmodules")


@pytest.mark.parametrize(
    "module",
    [
        "errors",
        "values.countries",
        "values.money",
        "values.rates",
        "chain.refusals",
        "chain.roles",
        "platform.quotes",
        "platform.terms",
        "protocol.acts",
        "protocol.delays",
        "protocol.entries",
        "protocol.messages",
        "protocol.participants",
        "protocol.payment",
        "protocol.reconciliation",
        "protocol.signatures",
        "deployment.create2",
        "demo.fields",
        "demo.orders",
    ],
)
def test_module_of_values_has_examples(module):
    tests = DocTestFinder().find(import_module(f"deposit_token.{module}"))
    assert any(test.examples for test in tests)
