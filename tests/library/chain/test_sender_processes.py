"""Several processes with one account and one store, killed at moments of nobody's choice."""

import signal
import subprocess
import sys
from random import Random

import pytest

from tests.files import ROOT
from tests.library.chain.bench import DONE, Bench, depth

pytestmark = pytest.mark.faults

KILLS = 4
NUMBERS = range(1, 31)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.sqlite'}"
    return request.getfixturevalue("postgresql").new()


def test_killed_ones_double_and_lose_nothing(start_anvil, url, connect):
    random = Random(url.partition(":")[0])
    with start_anvil() as node:
        bench = Bench(node, connect(url), depth(2))
        bench.add(*NUMBERS)

        def start():
            command = [sys.executable, "-m", "tests.library.chain.sender_process", node, url]
            process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
            assert process.stdout.readline() == "sends\n"
            return process

        def mine():
            if bench.unsettled():
                bench.mine()

        running = [start(), start()]
        try:
            for kill in range(KILLS):
                # Most of what is left is done after the last.
                done = len(NUMBERS) * (kill + 1) // (2 * KILLS)
                while sum(each is DONE for each in bench.states(*NUMBERS)) < done:
                    mine()
                for _ in range(random.randrange(20)):
                    mine()
                killed = running.pop(random.randrange(len(running)))
                killed.send_signal(signal.SIGKILL)
                killed.wait()
                running.append(start())
            while not bench.are_settled(*NUMBERS):
                mine()
        finally:
            for each in running:
                each.kill()
                each.wait()
        assert bench.states(*NUMBERS) == [DONE] * len(NUMBERS)
        assert bench.named() == dict.fromkeys(NUMBERS, 1)
