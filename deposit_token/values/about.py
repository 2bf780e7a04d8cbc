"""What log records say beside their words: fields by name, such as a payment's UETR."""

import logging
from collections.abc import Mapping

from deposit_token.errors import InputError

_OF_EVERY_RECORD = frozenset({*vars(logging.makeLogRecord({})), "message", "asctime"})
"""What `logging` takes of nobody."""


def require_loggable(about: Mapping[str, str]) -> None:
    """Raises InputError for a field that a log record has by itself.

    >>> require_loggable({"uetr": "6e2d2a5c-6d5b-4b6e-9f0e-0d1f5f0f8f11"})
    >>> require_loggable({"name": "A-1"})
    Traceback (most recent call last):
    deposit_token.errors.InputError: about: found 'name', accepted is fields that a log record has \
not by itself.
    """
    for each in sorted(about.keys() & _OF_EVERY_RECORD):
        raise InputError("about", each, "fields that a log record has not by itself")
