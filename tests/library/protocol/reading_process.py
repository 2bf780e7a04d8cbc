"""A process that reconciles and is killed on its way: `python -m … node store escrow token stage
number`; at the call of this number of a stage."""

import os
import signal
import sys

from deposit_token.chain.chain import Chain
from deposit_token.chain.endpoint import Endpoint
from deposit_token.chain.profile import NetworkProfile
from deposit_token.protocol import projecting
from deposit_token.protocol.reconciliation import escrow_positions, supply_position
from deposit_token.store import sql_projection
from deposit_token.store.sql import SqlStore
from deposit_token.store.sql_projection import SqlProjection

STAGES = {
    "ask": (Endpoint, "ask_logs"),
    "insert": (sql_projection, "_insert"),
    "add": (sql_projection, "_add"),
    "move": (sql_projection, "_move"),
}
"""Reading the node; and within a transaction: writing events, sums, and the checkpoint."""


def die_at(stage, number):
    place, name = STAGES[stage]
    act, calls = getattr(place, name), 0

    def counted(*arguments):
        nonlocal calls
        calls += 1
        if calls == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return act(*arguments)

    setattr(place, name, counted)


if __name__ == "__main__":
    node, store, escrow, token, stage, number = sys.argv[1:]
    die_at(stage, int(number))
    # So that each span is kept by itself.
    projecting._ROWS = 1
    chain = Chain.connect(NetworkProfile(url=node, log_span=9))
    projection = SqlProjection(SqlStore.connect(store))
    escrow_positions(chain, escrow, [token], projection=projection)
    supply_position(chain, token, projection=projection)
