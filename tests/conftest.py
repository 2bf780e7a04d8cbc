"""What the Python tests share: deterministic examples and real chains, each a fresh anvil.

Fixtures keep clear of the names that Ape's pytest plugin has, such as `chain` and `accounts`.
"""

import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from hypothesis import settings

from deposit_token.bank_config import BankConfig, BankKeys
from deposit_token.chain import Chain
from tests.node_fixtures import undone

# Seeds repeat a failure; the blob that Hypothesis prints in CI besides is no part of a script.
settings.register_profile("repeatable", derandomize=True, deadline=None, print_blob=False)
settings.load_profile("repeatable")

collect_ignore = ["solidity"]
"""Foundry's, and halmos'."""

ANVIL_MNEMONIC = "test test test test test test test test test test test junk"
"""Anvil's own, whose accounts it funds."""


@contextmanager
def run_anvil(*options: str, hardfork: str = "prague") -> Iterator[str]:
    """The URL of a new chain on a free port of the loopback interface, stopped afterwards."""
    process = subprocess.Popen(
        ["anvil", "--port", "0", "--hardfork", hardfork, "--accounts", "40", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        printed = ""
        for line in process.stdout:
            printed += line
            listening = re.search(r"Listening on (127\.0\.0\.1:\d+)", line)
            if listening:
                break
        else:
            pytest.fail(f"anvil did not start: {printed}")
        # It blocks once nobody reads what it prints.
        threading.Thread(target=process.stdout.read, daemon=True).start()
        yield f"http://{listening[1]}"
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="session")
def start_anvil() -> Callable[..., AbstractContextManager[str]]:
    """Starts anvil with further options: `with start_anvil("--no-mining") as url`."""
    return run_anvil


@pytest.fixture(scope="module")
def anvil_url() -> Iterator[str]:
    """One chain for the tests of a module; see `local_chain`."""
    with run_anvil() as url:
        yield url


@pytest.fixture
def local_chain(anvil_url: str) -> Iterator[Chain]:
    """The module's chain, as if no other test had used it."""
    with undone(Chain.connect(anvil_url)) as chain:
        yield chain


@pytest.fixture(scope="session")
def funded() -> list[LocalAccount]:
    """Accounts with ether on every anvil."""
    Account.enable_unaudited_hdwallet_features()
    return [
        Account.from_mnemonic(ANVIL_MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}")
        for index in range(40)
    ]


@pytest.fixture(scope="session")
def euro_keys(funded: list[LocalAccount]) -> dict[str, LocalAccount]:
    """The keys of `euro_bank` by part, its minters `minter` and `reserve` among them."""
    return keys_from(funded[1:14])


@pytest.fixture(scope="session")
def hong_kong_keys(funded: list[LocalAccount]) -> dict[str, LocalAccount]:
    """The keys of `hong_kong_bank`, as `euro_keys`."""
    return keys_from(funded[27:40])


@pytest.fixture(scope="session")
def euro_bank(euro_keys: dict[str, LocalAccount]) -> BankConfig:
    """A bank in Germany with two tokens, and two minters of one of them."""
    minter, reserve = euro_keys["minter"].address, euro_keys["reserve"].address
    return BankConfig(
        name="Rhein Bank",
        zones={1: ["DE", "FR", "IS"], 2: ["HK"]},
        tokens=[
            {"currency": "EUR", "name": "Rhein Euro", "symbol": "EURd", "supply_cap": 10**12},
            {"currency": "ISK", "name": "Rhein Krona", "symbol": "ISKd", "supply_cap": 10**11},
        ],
        corridors=[
            corridor("EUR", 1, 2, period="year", utc_offset_quarters=4, quota=50_000_00),
            corridor("EUR", 1, 1, direct_transfers=True),
            corridor("ISK", 1, 2, open=False, approval_needed=True, purpose_required=True),
        ],
        keys=addresses(euro_keys),
        minters=[
            {"currency": "EUR", "address": minter, "ledger_id": 7001, "ceiling": 10**9},
            {"currency": "ISK", "address": minter, "ledger_id": 7002, "ceiling": 10**8},
            {"currency": "EUR", "address": reserve, "ledger_id": 7003, "ceiling": 10**6},
        ],
        upgrade_delay=2 * 86_400,
    )


@pytest.fixture(scope="session")
def hong_kong_bank(hong_kong_keys: dict[str, LocalAccount]) -> BankConfig:
    """A bank in Hong Kong with one token."""
    minter = hong_kong_keys["minter"].address
    return BankConfig(
        name="Victoria Bank",
        zones={1: ["HK"], 2: ["DE", "FR"]},
        tokens=[
            {"currency": "HKD", "name": "Victoria Dollar", "symbol": "HKDd", "supply_cap": 10**12}
        ],
        corridors=[corridor("HKD", 1, 1)],
        keys=addresses(hong_kong_keys),
        minters=[{"currency": "HKD", "address": minter, "ledger_id": 8001, "ceiling": 10**9}],
    )


def keys_from(accounts: list[LocalAccount]) -> dict[str, LocalAccount]:
    """One account for each part of a bank."""
    return dict(zip([*BankKeys.model_fields, "minter", "reserve"], accounts, strict=True))


def addresses(keys: dict[str, LocalAccount]) -> dict[str, str]:
    """What a configuration says of these keys."""
    return {part: keys[part].address for part in BankKeys.model_fields}


def corridor(token: str, from_zone: int, to_zone: int, **rules: object) -> dict[str, object]:
    """An open corridor without a quota, except for the given rules."""
    return {
        "token": token,
        "from_zone": from_zone,
        "to_zone": to_zone,
        "open": True,
        "direct_transfers": False,
        "approval_needed": False,
        "purpose_required": False,
        "period": "none",
        "utc_offset_quarters": 0,
        "min_amount": 1,
        "max_amount": 100_000_00,
        "quota": 0,
        **rules,
    }
