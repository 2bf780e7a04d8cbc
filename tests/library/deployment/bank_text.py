"""A bank's file as somebody keeps it who takes the lines over that the check prints."""

import json
from typing import Any

from deposit_token.deployment.audit import Report
from deposit_token.deployment.config import BankConfig
from deposit_token.values.utc_offsets import utc_offset_text

AMOUNTS = {"supply_cap", "min_amount", "max_amount", "quota", "ceiling"}
INDENT = " " * 6
"""Before each line for the file that the check prints."""


class BankText:
    """The text of a bank's file: the lines of each of its tables, by their keys."""

    def __init__(self, config: BankConfig) -> None:
        said = config.model_dump(exclude_defaults=True)
        self._tables: dict[str, dict[str, str]] = {"[[banks]]": {}}
        for name in ("zones", "keys", "successors"):
            self._tables[f"[banks.{name}]"] = _lines(said.pop(name, {}))
        for token in said.pop("tokens"):
            self._tables[f"[[banks.tokens]] of {token['currency']}"] = _lines(_told(config, token))
        for name in ("corridors", "minters"):
            for table in said.pop(name):
                self._begin(f"[[banks.{name}]]").update(_lines(_told(config, table)))
        self._tables["[[banks]]"] = _lines(said)

    def __str__(self) -> str:
        return "\n".join(
            line
            for header, lines in self._tables.items()
            for line in (header.replace(" of ", " # of "), *lines.values())
        )

    def take_over(self, report: Report) -> None:
        """Put each printed line where it says, in the place of the one with the same key."""
        table = self._tables["[[banks]]"]
        for line in str(report).splitlines():
            if line.startswith("* "):
                table = self._tables["[[banks]]"]
            elif line.startswith(f"{INDENT}# "):
                table = self._tables[line.removeprefix(f"{INDENT}# ")]
            elif line.startswith(f"{INDENT}["):
                table = self._begin(line.strip())
            elif line.startswith(INDENT):
                table[line.partition("=")[0].strip()] = line

    def _begin(self, header: str) -> dict[str, str]:
        """One more table of a list; the header's comment tells them apart."""
        return self._tables.setdefault(f"{header} # {len(self._tables)}", {})


def _told(config: BankConfig, table: dict[str, Any]) -> dict[str, Any]:
    """The values as a file has them, in major units and in hours."""
    money = config.token(table.get("token") or table["currency"]).money
    told = {key: money(table[key]).format() for key in AMOUNTS & table.keys()}
    if "utc_offset" in table:
        told["utc_offset"] = utc_offset_text(table["utc_offset"])
    return table | told


def _lines(table: dict[str, Any]) -> dict[str, str]:
    return {key: f"{key} = {json.dumps(value)}" for key, value in table.items()}
