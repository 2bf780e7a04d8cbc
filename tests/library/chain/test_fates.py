"""How a family ends, as it follows from blocks and nonces."""

from dataclasses import replace

import pytest

from deposit_token.chain.fates import ended
from deposit_token.store.records import Fate
from tests.library.store.test_store import transaction

FIRST, SECOND = (transaction(7, "A-1", version=each, fate=Fate.SENT) for each in (1, 2))


def mined(one, block):
    return replace(one, fate=Fate.MINED, block=block, block_hash=f"0x{block:064x}")


@pytest.mark.parametrize(
    ("family", "final_nonce", "fates"),
    [
        ([FIRST, SECOND], 7, None),
        ([FIRST, SECOND], 8, [Fate.LOST, Fate.LOST]),
        ([mined(FIRST, 21), SECOND], 7, None),
        ([mined(FIRST, 20), SECOND], 8, [Fate.FINAL, Fate.REPLACED]),
        ([FIRST, mined(SECOND, 19)], 8, [Fate.REPLACED, Fate.FINAL]),
        # The node told its blocks and its nonces at different moments.
        ([mined(FIRST, 21), SECOND], 8, None),
        # Another sender saw the second in a branch that is gone, whose blocks this one is yet to
        # compare.
        ([mined(FIRST, 20), mined(SECOND, 22)], 8, [Fate.FINAL, Fate.REPLACED]),
    ],
)
def test_family_ends_with_a_final_block_or_nonce(family, final_nonce, fates):
    found = ended(family, 20, final_nonce)
    assert [each.fate for each in found] == (fates or [])
    assert all((each.block is not None) == (each.fate is Fate.FINAL) for each in found)
