"""How long a bank's acts wait, at least, so that somebody else can see and cancel them."""

HOUR, DAY = 3_600, 86_400

DEVELOPMENT_CHAINS = frozenset({1337, 31337})
"""Chain ids of chains that one developer has for himself: nobody is to be warned there."""


def least_upgrade_delay(chain_id: int) -> int:
    """The least delay, in seconds, that a bank's timelock on a chain is built to accept.

    >>> least_upgrade_delay(1), least_upgrade_delay(31337)
    (3600, 0)
    """
    return 0 if chain_id in DEVELOPMENT_CHAINS else HOUR
