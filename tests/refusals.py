"""What a test expects to be refused, and in which words."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from deposit_token.chain.refusals import Reverted
from deposit_token.errors import InputError


@contextmanager
def reverts(error: str, **arguments: Any) -> Iterator[pytest.ExceptionInfo[Reverted]]:
    """A contract refuses what is done meanwhile, by the error's name and values."""
    with pytest.raises(Reverted) as refusal:
        yield refusal
    assert refusal.value.error == error
    assert refusal.value.arguments == arguments


@contextmanager
def says(kind: type[Exception], sentence: str) -> Iterator[None]:
    """What is done meanwhile raises an error of this kind, which says exactly this."""
    with pytest.raises(kind) as refusal:
        yield
    assert str(refusal.value) == sentence


def refuses(field: str, value: object, accepted: str) -> AbstractContextManager[None]:
    """A value from outside is refused, with what was found and what is accepted."""
    return says(InputError, f"{field}: found {value!r}, accepted is {accepted}.")


def missigned(who: str, signer: str, made: str = "one by .*") -> AbstractContextManager[Any]:
    """A signature that is not this signer's is refused before it is sent, with who has made it."""
    accepted = f"one by the {who} {signer} under what is to be done"
    return pytest.raises(
        InputError, match=rf"^{who} signature: found '{made}', accepted is {accepted}\.$"
    )
