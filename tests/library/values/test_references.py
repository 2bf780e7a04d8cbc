import pytest
from hypothesis import given
from hypothesis import strategies as st

from deposit_token.values.references import canonical
from deposit_token.values.tables import read_text
from tests.refusals import refuses


@pytest.mark.parametrize(
    "written",
    [
        "a-1 b",
        "Ａ－１ Ｂ",
        "A\u20101 B",
        "A–1 B",
        "A\u22121 B",
        "А-1 В",
        "Α-1 Β",
        "A-١ B",
        "A-1  B",
    ],
)
def test_spellings_of_one_reference_are_alike(written):
    assert canonical(written) == canonical("A-1 B")


def test_accents_are_alike_in_both_forms_of_unicode():
    assert canonical("Mu\u0308ller") == canonical("M\u00fcller") != canonical("Muller")


@pytest.mark.parametrize(
    "other", ["A-10", "A1", "A-1B", "A-2 B", "Б-1 B", "Ω-1 B", "O-1 B", "0-1 B"]
)
def test_other_references_are_not_alike(other):
    assert canonical(other) != canonical("A-1 B")


@given(st.text())
def test_canonical_form_is_its_own(text):
    assert canonical(canonical(text)) == canonical(text)


@pytest.mark.parametrize("mark", "\u034f\u115f\u17b4\u180b\u2800\u3164\ufe0f\uffa0\U000e0100")
def test_mark_that_nobody_sees_is_refused_by_its_number(mark):
    assert mark.isprintable()
    accepted = f"1 to 35 printable characters, without the invisible U+{ord(mark):04X}"
    with refuses("text", f"A{mark}1", accepted):
        read_text(f"A{mark}1")


@pytest.mark.parametrize("text", ["A-1", "Käufer & Söhne", "株式会社", "e\u0301", "Ω"])
def test_text_that_is_seen_is_taken(text):
    assert read_text(text) == text
