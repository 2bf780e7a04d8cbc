"""The library on its own: without Ape, and without work at import time."""

import pkgutil
import subprocess
import sys

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
