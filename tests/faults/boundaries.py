"""Where a process can die: before and after each request to a node, and each commit."""

import http.client
import os
import signal
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, Pool, event


def die_at(boundary: int) -> None:
    """Let this process kill itself at the boundary of this number, counted from now on."""
    left = boundary

    def pass_one(*_: Any) -> None:
        nonlocal left
        left -= 1
        if left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "commit", pass_one)
    event.listen(Pool, "checkin", pass_one)
    connection: Any = http.client.HTTPConnection
    connection.endheaders = _after(pass_one, connection.endheaders)
    connection.getresponse = _after(pass_one, connection.getresponse)


def _after(first: Callable[[], None], then: Callable[..., Any]) -> Callable[..., Any]:
    def both(*arguments: Any, **named: Any) -> Any:
        first()
        answer = then(*arguments, **named)
        first()
        return answer

    return both
