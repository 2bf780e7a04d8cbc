"""The package in an empty Ape project, on the anvil that Ape starts."""

import pytest

from tests.npm_package.projects import run, write

pytestmark = pytest.mark.packaged

VERSION = "0.8.28"
"""Not the contracts' own."""


def test_a_shop_is_paid_in_an_empty_project(project, blocks, compilers):
    files = dict(blocks["Ape"])
    files["ape-config.yaml"] = files["ape-config.yaml"].replace(
        "solidity:\n  import", f"solidity:\n  version: {VERSION}\n  import"
    )
    # A free port and the hardfork that bounds a transaction's gas.
    files["ape-config.yaml"] += "\nfoundry:\n  host: auto\n  evm_version: osaka\n"
    write(project, files)
    printed = run(
        project,
        *("ape", "test", "--network", "ethereum:local:foundry", "-v"),
        SOLCX_BINARY_PATH=str(compilers),
    )
    assert "tests/test_shop.py::test_buy PASSED" in printed
    assert "1 passed" in printed
