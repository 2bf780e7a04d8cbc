"""What generators of code make of the ABIs."""

import shutil
from pathlib import Path

import pytest

from tests.npm_package.projects import CONSUMERS, run

pytestmark = pytest.mark.packaged

GENERATORS = {
    "typechain": ["--target", "ethers-v6", "--out-dir", "out", "abi/*.json"],
    "wagmi": ["generate"],
    "graph": ["codegen", "--skip-migrations", "--output-dir", "out", "subgraph.yaml"],
    "squid-evm-typegen": ["out", "abi/DepositToken.json", "abi/SettlementEscrow.json"],
}
NAMES = ["openPayment", "chargePayment", "requestRedemption", "PaymentAuthorized", "PaymentCharged"]
"""Functions of the token, its extension's among them, and events of the escrow."""


@pytest.mark.parametrize("generator", GENERATORS)
def test_generated_code_names_what_there_is(package, tmp_path, generator):
    for file in Path(__file__).with_name("consumers").glob("[!p]*"):
        shutil.copy(file, tmp_path)
    (tmp_path / "mapping.ts").touch()
    # Not all of them look into node_modules.
    shutil.copytree(package / "abi", tmp_path / "abi")
    run(tmp_path, CONSUMERS / "node_modules" / ".bin" / generator, *GENERATORS[generator])
    generated = "".join(path.read_text() for path in (tmp_path / "out").rglob("*.ts"))
    assert [name for name in NAMES if name not in generated] == []
