"""References: the names that files and logs give to invoices, customers and banks."""

import re
import unicodedata

from deposit_token.errors import InputError

# What Unicode has nobody show, or shows as nothing, among what Python calls printable.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U0001d159\U000e0100-\U000e01ef]"
)

_LOOK_ALIKES = str.maketrans(
    "αβεζηικμνορτυχ" + "авекмнорстухіјѕһԛԝ", "abezhikmnoptyx" + "abekmhopctyxijshqw"
)
"""Greek and Cyrillic letters whose capitals look like Latin ones, in small letters."""


def canonical(text: str) -> str:
    """The form in which two spellings of one reference are alike.

    Alike are capitals and small letters, widths, composed accents, dashes, digits of any script,
    one blank and several, and letters of Greek and Cyrillic that look like Latin capitals.

    >>> canonical("Ａ–1") == canonical("a-1") == canonical("А-١")
    True
    """
    small = unicodedata.normalize("NFKD", text).casefold().translate(_LOOK_ALIKES)
    composed = unicodedata.normalize("NFKC", small)
    return " ".join("".join(map(_plain, composed)).split())


def require_visible(field: str, text: str, accepted: str) -> None:
    """Raises InputError, which names the field, for a text that is empty, has a blank at an end, or
    a character that can't be printed or that nobody sees."""
    if hidden := _INVISIBLE.search(text):
        accepted = f"{accepted}, without the invisible U+{ord(hidden[0]):04X}"
        raise InputError(field, text, accepted)
    if not text or not text.isprintable() or text != text.strip():
        raise InputError(field, text, accepted)


def _plain(character: str) -> str:
    if character == "\u2212" or unicodedata.category(character) == "Pd":
        return "-"
    digit = unicodedata.decimal(character, None)
    return character if digit is None else str(digit)
