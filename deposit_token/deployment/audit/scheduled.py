"""What is scheduled at a bank's manager and timelocks, and neither carried out nor cancelled."""

from collections.abc import Iterator

from deposit_token.deployment.audit.findings import Finding
from deposit_token.deployment.audit.subject import Subject, moment

_DONE = 1
"""A timelock's time for what it has carried out; 0 is for what it does not know."""


def check_scheduled(subject: Subject) -> Iterator[Finding]:
    """Every act that waits; a file names none."""
    for log in subject.history.of(subject.manager, "OperationScheduled"):
        act = log["args"]
        ready, nonce = (
            subject.read("AccessManager", subject.manager, getter, act["operationId"])
            for getter in ("getSchedule", "getNonce")
        )
        # The same act may have been scheduled again: the last one counts.
        if ready and nonce == act["nonce"]:
            thing = f"act of {subject.name(act['caller'])} that waits at the manager"
            yield Finding(thing, _act(subject, act["target"], act["data"], ready), "none")
    for artifact, timelock in (
        ("BankTimelock", subject.timelock),
        ("RecoveryTimelock", subject.recovery),
    ):
        waiting = {}
        for log in subject.history.of(timelock, "CallScheduled"):
            # What was cancelled may have been scheduled again, with the same calls.
            waiting[log["args"]["id"], log["args"]["index"]] = log["args"]
        for (operation, _), act in waiting.items():
            ready = subject.read(artifact, timelock, "getTimestamp", operation)
            if ready > _DONE:
                thing = f"act 0x{operation.hex()} that waits at {subject.name(timelock)}"
                yield Finding(thing, _act(subject, act["target"], act["data"], ready), "none")


def _act(subject: Subject, target: str, data: bytes, ready: int) -> str:
    """What is to be called, for messages."""
    called = subject.function(target, data[:4])
    return f"{called} of {subject.name(target)} with 0x{data[4:].hex()}, from {moment(ready)} on"
