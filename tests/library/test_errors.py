"""One tree by what the caller does next: every error is below exactly one of four kinds."""

import inspect
import pickle

import pytest

import deposit_token
from deposit_token import ContractError, DepositTokenError, Next, Reverted
from deposit_token.errors import (
    InputError,
    MistakeError,
    NotFinal,
    PendingError,
    PermanentError,
    TransactionFailed,
    TransientError,
    Unsure,
)
from tests.files import ROOT
from tests.library.chain.test_sentences import decoded

PAGE = ROOT / "docs" / "library.md"

KINDS = {kind.next: kind for kind in (TransientError, PendingError, MistakeError, PermanentError)}


def every_error():
    """The classes of errors that are public, but for the base."""
    public = (getattr(deposit_token, name) for name in deposit_token.__all__)
    classes = [each for each in public if inspect.isclass(each) and issubclass(each, Exception)]
    return [each for each in classes if each is not DepositTokenError]


def test_each_kind_is_one_thing_to_do():
    assert set(KINDS) == set(Next)


@pytest.mark.parametrize("error", [each for each in every_error() if each is not Reverted])
def test_error_is_of_one_kind_and_says_so(error):
    (kind,) = [each for each in KINDS.values() if issubclass(error, each)]
    assert KINDS[error.next] is kind


@pytest.mark.parametrize("kind", KINDS.values())
def test_page_lists_every_error_below_its_kind(kind):
    below = [each for each in every_error() if issubclass(each, kind) and each is not kind]
    names = ", ".join(f"`{each.__name__}`" for each in below)
    assert f" | `{kind.__name__}` | {names} |\n" in PAGE.read_text()


@pytest.mark.parametrize(
    ("found", "next_"),
    [
        (decoded("TooEarly", 5, 9), Next.WAIT),
        (decoded("ZeroAmount"), Next.CORRECT),
        (decoded("NoApprover"), Next.GIVE_UP),
        (ContractError.decode(b""), Next.GIVE_UP),
    ],
)
def test_refusal_of_a_contract_is_of_the_kind_that_the_contract_said(found, next_):
    refusal = Reverted("capture", found)
    assert refusal.next is found.next is next_
    assert [each for each in KINDS.values() if isinstance(refusal, each)] == [KINDS[next_]]
    assert str(refusal) == f"capture: {found}."


@pytest.mark.parametrize(
    "error",
    [
        InputError("ledger id", -1, "an integer from 0 to 99"),
        Unsure("capture: not mined within 180 s.", ["0xa1"]),
        NotFinal("0xa1", 12, 3),
        TransactionFailed("capture: transaction 0xa1 failed.", "0xa1"),
        Reverted("capture", decoded("TooEarly", 5, 9)),
    ],
)
def test_error_reaches_another_process_whole(error):
    twin = pickle.loads(pickle.dumps(error))
    assert type(twin) is type(error)
    assert (str(twin), vars(twin)) == (str(error), vars(error))
