"""The package that users install: all that the library and its demo need is in it."""

import re
import subprocess
import sys
from zipfile import ZipFile

import pytest

from deposit_token.chain.artifacts import CONTRACTS
from tests.files import EXAMPLES, ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    finished = subprocess.run(
        [*build, "--directory", folder], cwd=ROOT, capture_output=True, text=True
    )
    assert finished.returncode == 0, finished.stderr
    (file,) = folder.glob("*.whl")
    with ZipFile(file) as opened:
        yield opened


def test_has_artifacts_and_examples(wheel):
    files = set(wheel.namelist())
    assert {f"deposit_token/chain/artifacts/{name}.json" for name in CONTRACTS} <= files
    examples = {f"deposit_token/examples/{path.name}" for path in EXAMPLES.iterdir()}
    assert "deposit_token/examples/orders.csv" in examples <= files
    assert "deposit_token/py.typed" in files
    migrations = ROOT / "deposit_token" / "store" / "migrations"
    names = {f"deposit_token/store/migrations/{each.name}" for each in migrations.glob("*.py")}
    names |= {
        f"deposit_token/store/migrations/versions/{each.name}"
        for each in migrations.glob("versions/*.py")
    }
    assert len(names) > 1
    assert names <= files


def test_asks_for_sql_and_command_line_only_with_an_extra(wheel):
    (metadata,) = (name for name in wheel.namelist() if name.endswith("/METADATA"))
    asked = re.findall(
        r"^Requires-Dist: ([\w-]+)(.*)$", wheel.read(metadata).decode(), re.MULTILINE
    )
    wanted = {"alembic", "currencyconverter", "psycopg", "rich", "sqlalchemy", "typer"}
    some = [(name.lower(), marks) for name, marks in asked if name.lower() in wanted]
    assert {name for name, _ in some} == wanted
    assert all("; extra == " in marks for _, marks in some)
