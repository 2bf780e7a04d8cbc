"""The runbooks' pages: complete, in one form, each rehearsed, and the library's lines run."""

import os
import re
from pathlib import Path

import pytest

from deposit_token.chain.coding import calldata
from deposit_token.values.enumerations import Role
from tests.rehearsals.page import FOLDER, PAGES, steps_of

INDEX = (FOLDER / "README.md").read_text()
REHEARSALS = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
KEYS = (
    *("registrar", "compliance", "policy-officer", "treasurer", "payout-officer", "releaser"),
    *("enforcer", "minter", "approver", "governor", "guardian", "board", "set-up-key"),
    *("operator", "arbiter", "dealer-signer", "wallet"),
)


def test_every_key_has_a_page():
    assert [key for key in KEYS if f"stolen-{key}" not in PAGES] == []


def test_index_lists_every_page():
    assert sorted(re.findall(r"^\|.*\]\((.*)\.md\) \|$", INDEX, re.MULTILINE)) == sorted(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_page_is_rehearsed(page):
    assert re.search(rf'\(\s*"{page}"', REHEARSALS)


@pytest.mark.parametrize("page", PAGES)
def test_steps_are_counted(page):
    steps = steps_of(PAGES[page])
    assert len(steps) >= 2
    assert [step.number for step in steps] == list(range(1, len(steps) + 1))
    assert len(re.findall(r"^\| \d", PAGES[page], re.MULTILINE)) == len(steps)


@pytest.mark.parametrize("page", [page for page in PAGES if page.startswith("stolen")])
def test_page_tells_what_can_have_happened_and_how_it_is_seen(page):
    assert re.search(r"^\*\*(Until|Before) ", PAGES[page], re.MULTILINE)
    assert re.search(r"^\*\*To be seen by\*\* ", PAGES[page], re.MULTILINE)


def test_lines_for_the_library_run(scene):
    """One block after another; between the proposal and its carrying out the delay passes."""
    first, proposal, carrying_out = re.findall(r"```python\n(.*?)```", INDEX, re.DOTALL)
    stolen, new = (scene.keys[name].address for name in ("registrar", "new"))
    names = {
        **{name: scene.keys[name] for name in ("guardian", "governor", "anybody")},
        **{"chain": scene.chain, "bank": scene.bank, "stolen": stolen, "new_registrar": new},
        **{"Role": Role, "calldata": calldata, "os": os},
    }
    exec(first + proposal, names)
    delay = scene.chain.call(scene.at("timelock").getMinDelay())
    scene.advance(scene.chain.now() + delay)
    exec(carrying_out, names)
    holds = scene.at("manager").hasRole
    assert scene.chain.call(holds(Role.REGISTRAR, stolen)) == [False, 0]
    assert scene.chain.call(holds(Role.REGISTRAR, new)) == [True, 0]
