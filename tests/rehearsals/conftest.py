"""Two banks on a chain, as they are again before each test."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from deposit_token.chain.chain import Chain
from deposit_token.deployment.bank import BankDeployment
from tests.rehearsals.runbook import Runbook
from tests.rehearsals.scene import VICTORIA, Scene, file
from tests.scene import SET_UP

Deployed = tuple[str, dict[str, BankDeployment]]


@pytest.fixture(scope="module")
def deployed(anvil_url: str) -> Deployed:
    """The escrow and both banks, handed over and in use."""
    chain = Chain.connect(anvil_url)
    deployed = file().deploy(chain, SET_UP)
    Scene(chain, *deployed).use()
    return deployed


@pytest.fixture
def scene(local_chain: Chain, deployed: Deployed) -> Scene:
    return Scene(local_chain, *deployed)


@pytest.fixture
def other_scene(scene: Scene, deployed: Deployed) -> Scene:
    """The same with the other bank as the one that things happen to."""
    return Scene(scene.chain, *deployed, VICTORIA)


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
