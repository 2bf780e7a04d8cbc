"""The banks of the example file on a chain, as they are again before each test."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount

from deposit_token.chain import Chain
from tests.rehearsals.runbook import Runbook
from tests.rehearsals.scene import EXPORTERS, Deployed, Scene, example_file
from tests.scene import endow

ANVIL_MNEMONIC = "test test test test test test test test test test test junk"
"""Anvil's own, from which the example file's keys are."""


@pytest.fixture(scope="session")
def funded() -> list[LocalAccount]:
    """The first accounts of anvil's mnemonic."""
    Account.enable_unaudited_hdwallet_features()
    return [
        Account.from_mnemonic(ANVIL_MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}")
        for index in range(40)
    ]


@pytest.fixture(scope="module")
def deployed(anvil_url: str, funded: list[LocalAccount]) -> Deployed:
    """Both banks, handed over and in use."""
    endow(anvil_url, funded)
    chain = Chain.connect(anvil_url)
    deployed = Deployed(*example_file().deploy(chain, funded[0]))
    Scene(chain, deployed, funded).open()
    return deployed


@pytest.fixture
def scene(local_chain: Chain, deployed: Deployed, funded: list[LocalAccount]) -> Scene:
    return Scene(local_chain, deployed, funded)


@pytest.fixture
def other_scene(scene: Scene, deployed: Deployed, funded: list[LocalAccount]) -> Scene:
    """The same with the other bank as the one that things happen to."""
    return Scene(scene.chain, deployed, funded, EXPORTERS)


@pytest.fixture
def runbook(scene: Scene) -> Iterator[Callable[..., Runbook]]:
    """Opens a page: `runbook("stolen-registrar", stolen=…)`, at the scene's bank or that of another
    scene. Afterwards all of its steps are done, and the bank stands as its file says with the lines
    that the page adds."""
    opened: list[Runbook] = []

    def open_page(page: str, at: Scene = scene, **names: Any) -> Runbook:
        opened.append(Runbook(at, page, **names))
        return opened[-1]

    yield open_page
    assert len(opened) > 0
    for book in opened:
        assert book.left == []
        assert book.report().clean
