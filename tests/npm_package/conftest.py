"""The package as `make npm-pack` packs it, and an empty project that installs it."""

import json
import re
import shutil

import pytest

from tests.npm_package.projects import CONSUMERS, ROOT, run, write
from tools import npm_package

FORGE_STD = "@layerzerolabs/toolbox-foundry"


@pytest.fixture(scope="session")
def tarball(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    npm_package.main(folder)
    (packed,) = folder.iterdir()
    return packed


@pytest.fixture(scope="session")
def package(tarball, tmp_path_factory):
    """The folder that npm would install."""
    folder = tmp_path_factory.mktemp("unpacked")
    shutil.unpack_archive(tarball, folder)
    return folder / "package"


@pytest.fixture(scope="session")
def blocks(package):
    """The files that the package's README shows, by section and name."""
    file = re.compile(r"^`([\w./-]+)`:\n\n```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)
    sections = (package / "README.md").read_text().split("\n## ")[1:]
    return {section.partition("\n")[0]: dict(file.findall(section)) for section in sections}


@pytest.fixture(scope="module")
def project(tarball, tmp_path_factory):
    """An empty project that has installed the package, by npm as it is configured here."""
    folder = tmp_path_factory.mktemp("project")
    write(folder, {"package.json": "{}"})
    pinned = json.loads((ROOT / "package.json").read_text())["dependencies"]
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
    run(folder, "npm", "install", *options, tarball, f"{FORGE_STD}@{pinned[FORGE_STD]}")
    return folder


@pytest.fixture(scope="session")
def compilers(tmp_path_factory):
    """A folder with other versions of the compiler, as py-solc-x wants it."""
    folder = tmp_path_factory.mktemp("compilers")
    script = (ROOT / "tools" / "solc").read_text()
    for modules in (CONSUMERS / "node_modules").glob("solc-*"):
        path = folder / f"solc-v{modules.name.removeprefix('solc-')}"
        path.write_text(script.replace('require("solc', f'require("{modules}'))
        path.chmod(0o755)
    return folder
