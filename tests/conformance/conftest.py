from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from bank_under_test import Bank, Deployed, deploy_bank
from eth_account.signers.local import LocalAccount

from deposit_token.bank_config import BankConfig
from deposit_token.chain import Chain


@pytest.fixture(scope="session")
def deployed(
    start_anvil: Callable[..., AbstractContextManager[str]],
    funded: list[LocalAccount],
    euro_bank: BankConfig,
) -> Iterator[Deployed]:
    """A chain with a bank, handed over to its keys, whose holder has 1,000.00 EUR."""
    with start_anvil() as url:
        yield deploy_bank(url, funded, euro_bank)


@pytest.fixture
def bank(deployed: Deployed) -> Iterator[Bank]:
    """The bank as if no other test had used it."""
    web3 = deployed.chain.web3
    snapshot = web3.provider.make_request("evm_snapshot", [])["result"]
    # Another chain to send through, which has no nonces of a state that is gone.
    yield Bank(Chain(web3, deployed.chain.chain_id, deployed.chain.genesis_hash), deployed)
    assert web3.provider.make_request("evm_revert", [snapshot])["result"]
