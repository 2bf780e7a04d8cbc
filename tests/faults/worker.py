"""A process that sends until it is killed."""

import os
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from deposit_token.chain.chain import Chain
from deposit_token.chain.profile import Depth, NetworkProfile
from deposit_token.chain.sender import Sender
from deposit_token.errors import BrokenAnswer, TransientError
from deposit_token.store.sql import SqlStore
from tests.faults.boundaries import die_at
from tests.faults.mistakes import MISTAKES
from tests.scene import SET_UP

T = TypeVar("T")

DEEPEST = 20
"""Blocks that a reorganisation undoes at most: one more and a block is final."""


def work(
    node: str, store: str, log: Path, lease: int, boundary: int | None, mistake: str | None
) -> None:
    """Send for ever, under leases of so many seconds: or to a boundary, at which it kills itself,
    or until a mistake ends it, of which the log has the traceback."""
    if mistake is not None:
        MISTAKES[mistake]()
    if boundary is not None:
        die_at(boundary)
    profile = NetworkProfile(url=node, finality=Depth(depth=DEEPEST + 1), poll_milliseconds=1)
    try:
        chain = _answering(lambda: Chain.connect(profile))
        opened = _answering(lambda: SqlStore.connect(store))
        sender = Sender(chain, opened, SET_UP, in_flight=30, bump_after=5, lease_seconds=lease)
        sender.run(lambda: False)
    finally:
        log.write_text(traceback.format_exc())
        os._exit(1)


def _answering(connect: Callable[[], T]) -> T:
    while True:
        with suppress(TransientError, BrokenAnswer):
            return connect()
