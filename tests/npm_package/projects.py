"""Projects of others, and the programs that they use the package with."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

CONSUMERS = ROOT / "cache" / "consumers"
"""Where `make npm-test` installs what is listed in `consumers/`."""


def write(folder, files):
    """Files with their texts, by their names."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def run(folder, *command, **environment):
    """What a program prints that must succeed, in a folder."""
    ended = subprocess.run(
        [*map(str, command)],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout
