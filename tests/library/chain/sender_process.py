"""A process that sends until it is killed: `python -m … node store`."""

import sys

from deposit_token.chain.chain import Chain
from deposit_token.chain.profile import NetworkProfile
from deposit_token.chain.sender import Sender
from deposit_token.store.sql import SqlStore
from tests.library.chain.bench import depth
from tests.scene import SET_UP

if __name__ == "__main__":
    node, store = sys.argv[1:]
    profile = NetworkProfile(url=node, finality=depth(2), poll_milliseconds=1)
    chain = Chain.connect(profile)
    sender = Sender(
        chain, SqlStore.connect(store), SET_UP, in_flight=3, bump_after=10**6, lease_seconds=1
    )
    print("sends", flush=True)
    sender.run(lambda: False)
