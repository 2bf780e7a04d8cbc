"""The public names: all there, documented, and loaded only when they are used."""

import ast
import re
import subprocess
import sys
import tomllib
from inspect import getdoc
from pathlib import Path

import pytest

import deposit_token
from deposit_token.errors import NotInstalled
from tests.files import ROOT

PAGE = ROOT / "docs" / "library.md"

BASE = ["chain", "deployment", "devchain", "errors", "protocol", "store.memory", "values"]
"""The rooms that need no extra."""

LOADED = """
import importlib, pkgutil, sys
import deposit_token
for name in sys.argv[2:]:
    room = importlib.import_module(f"deposit_token.{name}")
    for module in pkgutil.walk_packages(getattr(room, "__path__", []), f"{room.__name__}."):
        importlib.import_module(module.name)
print(sorted(set(sys.argv[1].split(",")) & {name.partition(".")[0] for name in sys.modules}))
"""


def loaded(packages, *rooms):
    """Which of these packages a fresh interpreter has after the import of these rooms."""
    finished = subprocess.run(
        [sys.executable, "-c", LOADED, ",".join(packages), *rooms], capture_output=True, text=True
    )
    assert finished.returncode == 0, finished.stderr
    return ast.literal_eval(finished.stdout)


def first(name):
    """The first paragraph of a name's documentation, in one line."""
    paragraph, *_ = (getdoc(getattr(deposit_token, name)) or "").split("\n\n")
    return paragraph.replace("\n", " ")


def test_what_types_see_is_what_is_there():
    tree = ast.parse(Path(deposit_token.__file__).read_text())
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    seen = {
        alias.asname: (statement.module, alias.name)
        for statement in block.body
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    }
    assert sorted(seen) == deposit_token.__all__
    for name, (module, original) in seen.items():
        assert name == original
        scope = {}
        exec(f"from {module} import {name}", scope)
        assert getattr(deposit_token, name) is scope[name]


def test_page_lists_every_name_with_the_first_sentence_of_its_documentation():
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    assert rows == [f"| `{name}` | {first(name)} |" for name in deposit_token.__all__]


def test_pages_import_public_names_alone():
    statement = re.compile(r"^ *from (deposit_token\S*) import (\([^)]*\)|.+)$", re.M)
    imported = {
        (module, name)
        for page in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md"))
        for module, names in statement.findall(page.read_text())
        for name in re.findall(r"\w+", names)
    }
    assert imported >= {("deposit_token", name) for name in ("Chain", "Operator", "SqlStore")}
    assert imported <= {("deposit_token", name) for name in deposit_token.__all__}


@pytest.mark.parametrize("name", deposit_token.__all__)
def test_name_is_documented(name):
    assert len(first(name)) > 10


def test_all_names_are_imported_by_a_star():
    scope = {}
    exec("from deposit_token import *", scope)
    assert set(deposit_token.__all__) <= set(scope)


def test_unknown_name_is_refused():
    with pytest.raises(AttributeError, match="module 'deposit_token' has no attribute 'Monye'"):
        deposit_token.Monye  # noqa: B018


def test_name_of_an_extra_that_is_not_there_is_one_sentence(monkeypatch):
    monkeypatch.delitem(vars(deposit_token), "Operator", raising=False)
    monkeypatch.delitem(sys.modules, "deposit_token.platform.operator", raising=False)
    monkeypatch.setitem(sys.modules, "deposit_token.platform.log", None)
    with pytest.raises(
        NotInstalled, match=r"^Operator: found no package .*deposit-token\[platform"
    ):
        deposit_token.Operator  # noqa: B018


def test_name_that_needs_no_extra_is_told_as_python_does(monkeypatch):
    monkeypatch.delitem(vars(deposit_token), "Chain", raising=False)
    monkeypatch.setitem(sys.modules, "deposit_token.chain.chain", None)
    with pytest.raises(ModuleNotFoundError):
        deposit_token.Chain  # noqa: B018


def test_every_extra_that_is_asked_for_is_the_project_s():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = {
        extra
        for path in (ROOT / "deposit_token").rglob("*.py")
        for extra in re.findall(r"deposit-token\[(\w+)\]", path.read_text())
    }
    extras = project["optional-dependencies"]
    assert {*deposit_token._EXTRAS.values(), *asked} <= set(extras)
    assert any(each.startswith("CurrencyConverter") for each in extras["demo"])


def test_version_is_the_project_s():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert deposit_token.__version__ == project["version"]


def test_names_are_loaded_when_they_are_used():
    heavy = ["eth_account", "eth_utils", "pydantic", "web3"]
    assert loaded(heavy) == []
    assert loaded(heavy, "values.money") == []
    assert loaded(heavy, "protocol.payment", "protocol.signatures") == []
    assert loaded(["web3"], "protocol.acts", "deployment.config") == []
    acting = [
        "chain.chain",
        "protocol.settlement",
        "protocol.redemption",
        "protocol.reconciliation",
    ]
    deploying = ["deployment.deployer", "deployment.file", "deployment.manifest"]
    assert loaded(["web3"], *deploying) == []
    assert loaded(["eth_account", "web3"], *acting) == []
    assert loaded(["web3"], "chain.endpoint") == ["web3"]


def test_base_needs_no_extra():
    extra = ["alembic", "currency_converter", "psycopg", "rich", "sqlalchemy", "typer"]
    assert loaded(extra, *BASE) == []
    assert loaded(extra, "demo") == ["alembic", "rich", "sqlalchemy", "typer"]
