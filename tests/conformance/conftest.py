from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from eth_account.signers.local import LocalAccount

from deposit_token.bank_config import BankConfig
from tests.conformance.bank_under_test import Bank, Deployed, deploy_bank
from tests.node_fixtures import undone


@pytest.fixture(scope="session")
def deployed(
    start_anvil: Callable[..., AbstractContextManager[str]],
    funded: list[LocalAccount],
    euro_bank: BankConfig,
    euro_keys: dict[str, LocalAccount],
) -> Iterator[Deployed]:
    """A chain with a bank, handed over to its keys, whose holder has 1,000.00 EUR."""
    with start_anvil() as url:
        yield deploy_bank(url, funded, euro_bank, euro_keys)


@pytest.fixture
def bank(deployed: Deployed) -> Iterator[Bank]:
    """The bank as if no other test had used it."""
    with undone(deployed.chain) as chain:
        yield Bank(chain, deployed)
