"""Programs that run while a test needs them."""

import os
import re
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
"""Of the project."""
CACHE = ROOT / "cache"
"""Where programs are kept that the tests alone need."""

_PRINTED_WITHIN = 180.0


class Program:
    """A program that runs, and the last that it has printed."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._lines: deque[str] = deque(maxlen=500)
        self._more = threading.Condition()
        # A program blocks once nobody reads what it prints.
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def printed(self, pattern: str) -> re.Match[str]:
        """Wait for a line that has this; fails if the program ends without, or takes too long."""
        deadline = time.monotonic() + _PRINTED_WITHIN
        with self._more:
            while True:
                for line in reversed(self._lines):
                    found = re.search(pattern, line)
                    if found:
                        return found
                ended = self._process.poll() is not None
                if ended or not self._more.wait(deadline - time.monotonic()):
                    raise AssertionError(f"no {pattern!r} in:\n{''.join(self._lines)}")

    def ended(self) -> None:
        """Wait until it and all that it started have ended: nobody prints any more."""
        self._reader.join()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._more:
                self._lines.append(line)
                self._more.notify_all()
        self._process.wait()
        with self._more:
            self._more.notify_all()


def found(program: Path | None, missing: str) -> Path:
    """What was looked for; without it the test is skipped, or with EVERY_NODE in the environment
    fails."""
    if program is None:
        (pytest.fail if os.environ.get("EVERY_NODE") else pytest.skip)(missing)
    return program


@contextmanager
def running(*command: str | Path, folder: Path | None = None) -> Iterator[Program]:
    """Run a program, in this folder if one is given, and stop it afterwards."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
    )
    program = Program(process)
    try:
        yield program
    finally:
        # What it has started itself is stopped too: the `node` of PyPI starts Node.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        program.ended()
