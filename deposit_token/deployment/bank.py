"""Where a bank's contracts are on one chain."""

from dataclasses import dataclass

from deposit_token.deployment.config import BankConfig
from deposit_token.values.fields import Address, checked


@dataclass(frozen=True)
class BankDeployment:
    """A bank's contracts on one chain, by address, and what they are to be configured by."""

    config: BankConfig
    manager: str
    """Its `AccessManager`."""
    timelock: str
    """The one ADMIN of its manager."""
    recovery: str
    """The slower timelock above that one."""
    keeper: str
    """The one administrator of its working roles."""
    registry: str
    policy: str
    extension: str
    """Code that the tokens delegate to; it has no state, and all banks share it."""
    implementation: str
    """The code that its tokens are created with; as stateless, and as shared."""
    tokens: dict[str, str]
    """By currency code, in the order of the configuration."""

    @checked
    def targets(self, escrow: Address) -> list[tuple[str, str]]:
        """The contracts whose functions have roles at the bank, each by artifact and address.

        An escrow asks the bank's manager who may divert what is held in the bank's tokens.
        """
        return [
            ("AllowlistRegistry", self.registry),
            ("CorridorPolicy", self.policy),
            *(("DepositToken", address) for address in self.tokens.values()),
            *(("SettlementEscrow", address) for address in (escrow, *self.config.escrows)),
            ("RoleKeeper", self.keeper),
        ]
