"""Anvil, started for one run on the loopback interface and stopped after it."""

import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from deposit_token.chain.chain import Chain
from deposit_token.errors import MistakeError, NotInstalled, TransientError, Unreachable
from deposit_token.values.fields import Uint64, checked

HARDFORK = "prague"
_STARTED_WITHIN = 30.0


@checked
@contextmanager
def running_anvil(timestamp: Uint64, port: int = 0) -> Iterator[Chain]:
    """A fresh local chain whose clock starts at `timestamp`, Unix seconds; port 0 picks a free one.

    Raises NotInstalled without anvil, MistakeError if the port is in use, Unreachable if it does
    not start.
    """
    program = shutil.which("anvil")
    if program is None:
        raise NotInstalled(
            "anvil: found none on PATH, accepted is the one that `make demo` installs."
        )
    port = _claim_port(port)
    with tempfile.TemporaryFile() as log:
        # The genesis hash depends on these two alone: chance tells two chains apart.
        gas_limit = 10**9 + secrets.randbelow(2**32)
        genesis = ["--timestamp", str(timestamp), "--gas-limit", str(gas_limit)]
        listen = ["--host", "127.0.0.1", "--port", str(port)]
        process = subprocess.Popen(
            [program, "--silent", "--hardfork", HARDFORK, *listen, *genesis],
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        # Without this a terminated run would leave its anvil behind.
        previous = signal.signal(signal.SIGTERM, _exit)
        try:
            yield _connect(process, f"http://127.0.0.1:{port}", gas_limit)
        finally:
            signal.signal(signal.SIGTERM, previous)
            process.terminate()
            process.wait()


def _claim_port(port: int) -> int:
    """The port itself, or a free one for 0, known not to be in use."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            raise MistakeError(
                f"port: found {port} in use or not allowed, accepted is a free one (0 picks it)."
            ) from None
        return int(probe.getsockname()[1])


def _connect(process: "subprocess.Popen[bytes]", url: str, gas_limit: int) -> Chain:
    give_up = time.monotonic() + _STARTED_WITHIN
    while True:
        try:
            chain = Chain.connect(url)
            break
        except TransientError:
            if process.poll() is not None or time.monotonic() > give_up:
                raise Unreachable(
                    f"anvil: found no answer at {url}, accepted is one within "
                    f"{_STARTED_WITHIN:.0f} s of its start."
                ) from None
            time.sleep(0.02)
    # Another program may have taken the port just before anvil did.
    if chain.web3.eth.get_block(0)["gasLimit"] != gas_limit:
        raise MistakeError(
            f"port: found another chain at {url}, accepted is a free one (0 picks it)."
        )
    return chain


def _exit(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(143)
