"""What an audit finds."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from deposit_token.errors import DeploymentError


@dataclass(frozen=True)
class Finding:
    """One thing at a bank that is not as its file says.

    >>> print(Finding("supply cap of token EUR", "7", "5"))
    supply cap of token EUR: found 7, the file says 5.
    """

    thing: str
    """Such as `supply cap of token EUR`."""
    found: str
    said: str
    """What the file says."""
    lines: str = ""
    """TOML that the file has once this is taken up in it; empty if a file can't say so."""

    def __str__(self) -> str:
        return f"{self.thing}: found {self.found}, the file says {self.said}."


@dataclass(frozen=True)
class Report:
    """How a bank stands on the chain, beside its file."""

    bank: str
    """Its name."""
    findings: tuple[Finding, ...]
    unseen: tuple[str, ...]
    """What could not be looked at, and why, each a sentence."""
    totals: tuple[str, ...]
    """What a file does not say, as there are customers, supply and stops, each a sentence."""

    @property
    def clean(self) -> bool:
        """Whether all was seen, and is as the file says."""
        return not (self.findings or self.unseen)

    def __str__(self) -> str:
        """All of it, with the lines that would make the file say what was found."""
        lines = [f"Bank {self.bank}: {'' if self.clean else 'not '}as its file says."]
        for finding in self.findings:
            lines.append(f"* {finding}")
            lines += [f"      {line}" for line in finding.lines.splitlines()]
        lines += [f"* {each}" for each in self.unseen]
        lines += [f"  {each}" for each in self.totals]
        return "\n".join(lines)

    def require_clean(self) -> None:
        """Raises DeploymentError, which lists what there is, unless the report is clean."""
        if not self.clean:
            listed = "\n".join(f"* {each}" for each in (*self.findings, *self.unseen))
            raise DeploymentError(f"bank {self.bank!r} is not as its file says:\n{listed}")


def toml(value: str | Sequence[str]) -> str:
    """A text, or a list of texts, as a TOML file has it.

    >>> print(toml(["HK", "MO"]))
    ["HK", "MO"]
    """
    return json.dumps(value if isinstance(value, str) else list(value), ensure_ascii=False)
