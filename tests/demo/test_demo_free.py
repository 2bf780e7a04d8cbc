"""The demo where nobody has ether."""

import json

import pytest

from tests.demo.runs import run_demo, write_examples
from tests.nodes import run_anvil

pytestmark = pytest.mark.slow

NO_ETHER = ("--balance", "0")
FREE = ("--base-fee", "0", "--gas-price", "0", "--disable-min-priority-fee")


@pytest.mark.parametrize("fees", ['"zero"', "{ max_fee = 0 }"])
def test_chain_without_fees_needs_no_ether(tmp_path, fees):
    orders = write_examples(tmp_path / "orders.csv", ["S-2601"])
    profile = tmp_path / "free.toml"
    profile.write_text(f'fees = {fees}\nfinality = "at once"\n')
    with run_anvil(*NO_ETHER, *FREE) as url:
        run = run_demo(tmp_path, "--rpc", url, "--profile", profile, "--orders", orders, "--json")
    assert run.stderr.strip() == ""
    assert [each["state"] for each in json.loads(run.stdout)["payments"]] == ["captured"]


def test_lack_of_ether_is_told_in_ether(tmp_path):
    with run_anvil(*NO_ETHER) as url:
        run = run_demo(tmp_path, "--rpc", url)
    assert run.stderr == (
        "error: ether: found 0 ether at 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266, the first of "
        "anvil's test accounts, accepted is more than 100 for each sender.\n"
    )
