"""The survivors that are accepted, from `survivors.toml`."""

import tomllib
from pathlib import Path

from .mutants import Key

LISTED = Path(__file__).with_name("survivors.toml")


def accepted(path: Path = LISTED) -> dict[Key, str]:
    """The reason for each accepted survivor."""
    entries = tomllib.loads(path.read_text()).get("survivor", [])
    return {
        Key(entry["file"], entry["function"], entry["line"], entry["mutated"]): entry["reason"]
        for entry in entries
    }
