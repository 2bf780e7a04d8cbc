"""References: the names that files and logs give to invoices, customers and banks."""

import unicodedata


def canonical(text: str) -> str:
    """The form in which two spellings of one reference are alike: capitals, widths, accents.

    >>> canonical("Ａ-1") == canonical("a-1")
    True
    """
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
