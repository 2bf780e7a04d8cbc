"""How long a bank's acts wait, at least, so that somebody else can see and cancel them."""

from deposit_token.chain.development import CHAIN_IDS

HOUR, DAY = 3_600, 86_400


def least_upgrade_delay(chain_id: int) -> int:
    """The least delay, in seconds, that a bank's timelock on a chain is built to accept; on a
    development chain nobody is to be warned.

    >>> least_upgrade_delay(1), least_upgrade_delay(31337)
    (3600, 0)
    """
    return 0 if chain_id in CHAIN_IDS else HOUR
