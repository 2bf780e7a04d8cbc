"""How long a bank's acts wait, at least, so that somebody else can see and cancel them."""

HOUR, DAY = 3_600, 86_400


def least_upgrade_delay(development: bool) -> int:
    """The least delay, in seconds, that a bank's timelock is built to accept; on a development
    chain nobody is to be warned.

    >>> least_upgrade_delay(development=False), least_upgrade_delay(development=True)
    (3600, 0)
    """
    return 0 if development else HOUR
