"""Deployment files: what is read from one, and each mistake in one sentence."""

import re
from pathlib import Path

import pytest

from deposit_token.deployment.file import DeploymentFile
from deposit_token.errors import InputError
from tests.files import EXAMPLES

EXAMPLE = EXAMPLES / "banks.toml"


def refused(path: Path) -> str:
    with pytest.raises(InputError) as refusal:
        DeploymentFile.load(path)
    return str(refusal.value)


def test_example_is_read():
    file = DeploymentFile.load(EXAMPLE)
    assert [bank.name for bank in file.banks] == ["Exporters' Bank (HK)", "Buyers' Bank (DE)"]
    assert [sorted(bank.zones) for bank in file.banks] == [[1, 2], [1, 2]]


@pytest.mark.parametrize(
    ("line", "instead", "sentence"),
    [
        (
            r"^name = .*$",
            'name = "One Bank"',
            ": bank name: found 'One Bank', accepted is each only once.",
        ),
        (
            r"^governor = .*$",
            "",
            ": BankKeys governor: found None, accepted is a value, as the key is required.",
        ),
        (
            r"^upgrade_delay = .*$",
            "upgrade_delay = 0",
            ": BankConfig upgrade_delay: found 0, accepted is greater than or equal to 1.",
        ),
        (
            r'bank = "Buyers.*?"',
            'bank = "No Bank"',
            ": acceptances bank: found 'No Bank', accepted is a bank of the file: Exporters' Bank "
            "(HK), Buyers' Bank (DE).",
        ),
        (
            r'currency = "EUR" }',
            'currency = "USD" }',
            ": acceptances currency: found 'USD', accepted is one that Buyers' Bank (DE) issues: "
            "EUR.",
        ),
        (
            r'bank = "Exporters.*", currency = "HKD"',
            'bank = "Buyers\' Bank (DE)", currency = "EUR"',
            ': acceptances tokens: found "EUR of Buyers\' Bank (DE) twice", accepted is two '
            "tokens.",
        ),
        (
            r'bank = "Exporters.*?", ',
            "",
            ": Issue bank: found None, accepted is a value, as the key is required.",
        ),
    ],
)
def test_mistake_is_refused_in_one_sentence(tmp_path, line, instead, sentence):
    path = tmp_path / "banks.toml"
    path.write_text(re.sub(line, instead, EXAMPLE.read_text(), flags=re.MULTILINE))
    found = refused(path)
    assert found.startswith(str(path))
    assert sentence in found


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("banks = 5", "DeploymentFile banks: found 5, accepted is a valid list."),
        ("banks = [5]", "BankConfig: found 5, accepted is "),
        ("", "DeploymentFile banks: found None, accepted is a value, as the key is required."),
        ("banks = []\nother = 5", "DeploymentFile other: found 5, accepted is "),
    ],
)
def test_file_without_banks(tmp_path, content, sentence):
    path = tmp_path / "banks.toml"
    path.write_text(content)
    assert refused(path).startswith(f"{path}: {sentence}")


@pytest.mark.parametrize("key", ["02", "²", "0", "-1", "1_0", "9999", "9" * 5_000])
def test_zone_is_a_number_written_plainly(tmp_path, key):
    """Else a second `2 = [...]`, written otherwise, would silently replace the first."""
    path = tmp_path / "banks.toml"
    lines = re.sub(
        r"^2 = .*$", rf'\g<0>\n"{key}" = ["MO"]', EXAMPLE.read_text(), flags=re.MULTILINE
    )
    path.write_text(lines)
    assert refused(path).startswith(f"{path}: BankConfig zones ")


def test_file_that_cannot_be_read(tmp_path):
    assert refused(tmp_path) == (
        f"deployment file: found {str(tmp_path)!r}, accepted is a file that can be read (Is a "
        "directory)."
    )
