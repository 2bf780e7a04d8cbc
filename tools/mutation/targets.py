"""What is mutated, and what has to be compiled and run to try a mutant of it."""

from dataclasses import dataclass, field
from typing import Any

LEGACY: dict[str, Any] = {"optimizer": {"enabled": True, "runs": 1}}
"""The quickest settings, for what the older code generator can compile."""

BRIEF: dict[str, Any] = {
    "viaIR": True,
    "optimizer": {
        "enabled": False,
        "details": {
            "yul": True,
            "yulDetails": {"stackAllocation": True, "optimizerSteps": "gvujmul:"},
        },
    },
}
"""Through the IR with just enough optimization for the stack: half the time of what is deployed."""

TESTS = "tests/solidity"
INVARIANTS = f"{TESTS}/invariants/Invariants.t.sol"
AS_DEPLOYED = "_as_deployed"
"""In the names of tests that measure the deployed code's gas, which a mutant's can't keep to."""


@dataclass(frozen=True)
class Unit:
    """A contract that forge's tests deploy or run by its artifact."""

    source: str
    name: str
    settings: dict[str, Any] = field(compare=False)

    @property
    def artifact(self) -> str:
        """The path of its artifact in forge's output."""
        return f"{self.source.rsplit('/', 1)[1]}/{self.name}.json"


ESCROW = Unit("contracts/SettlementEscrow.sol", "SettlementEscrow", BRIEF)
TOKEN = Unit("contracts/DepositToken.sol", "DepositToken", BRIEF)
EXTENSION = Unit("contracts/DepositTokenExt.sol", "DepositTokenExt", LEGACY)
REGISTRY = Unit("contracts/AllowlistRegistry.sol", "AllowlistRegistry", LEGACY)
POLICY = Unit("contracts/CorridorPolicy.sol", "CorridorPolicy", LEGACY)
TIMELOCK = Unit("contracts/governance/BankTimelock.sol", "BankTimelock", LEGACY)
RECOVERY = Unit("contracts/governance/RecoveryTimelock.sol", "RecoveryTimelock", LEGACY)
KEEPER = Unit("contracts/governance/RoleKeeper.sol", "RoleKeeper", LEGACY)


def test_of(name: str) -> Unit:
    """A test contract that has a library's code in its own."""
    return Unit(f"{TESTS}/{name}.t.sol", f"{name.rsplit('/')[-1]}Test", LEGACY)


@dataclass(frozen=True)
class Step:
    """Units that have a mutated source's code in them, and the tests that run first, as a glob."""

    units: tuple[Unit, ...]
    tests: str


@dataclass(frozen=True)
class Target:
    """A source to mutate, the group whose score it counts in, and the steps that try a mutant.

    The last step has every deployed contract with the source's code in it: what survives its tests
    runs against all tests.
    """

    source: str
    group: str
    steps: tuple[Step, ...]


ESCROW_TESTS = f"{TESTS}/escrow/*.t.sol"
TOKEN_TESTS = (
    f"{TESTS}/{{token/*,escrow/Journey,registry/Replacement,policy/PolicyReplacement}}.t.sol"
)
REGISTRY_TESTS = f"{TESTS}/{{registry/*,token/Restriction}}.t.sol"
POLICY_TESTS = f"{TESTS}/{{policy/*,token/DepositTokenTransfer}}.t.sol"
GOVERNANCE_TESTS = f"{TESTS}/governance/*.t.sol"


def deployed(tests: str, *units: Unit) -> Step:
    return Step(units, tests)


def alone(name: str) -> Step:
    return Step((test_of(name),), f"{TESTS}/{name}.t.sol")


WHOLE_TOKEN = deployed(TOKEN_TESTS, TOKEN, EXTENSION)

TARGETS = (
    *(
        Target(source, "escrow", (deployed(ESCROW_TESTS, ESCROW),))
        for source in (
            ESCROW.source,
            "contracts/escrow/Messages.sol",
            "contracts/escrow/Terms.sol",
            "contracts/escrow/Amounts.sol",
            "contracts/escrow/Claimables.sol",
            "contracts/escrow/Inventories.sol",
            "contracts/escrow/Diversions.sol",
        )
    ),
    Target(
        "contracts/types/PaymentSlot.sol",
        "escrow",
        (alone("escrow/PaymentSlot"), deployed(ESCROW_TESTS, ESCROW, EXTENSION)),
    ),
    Target("contracts/libraries/BoundedCall.sol", "escrow", (deployed(ESCROW_TESTS, ESCROW),)),
    Target("contracts/DepositToken.sol", "token", (deployed(TOKEN_TESTS, TOKEN),)),
    *(
        Target(source, "token", (deployed(TOKEN_TESTS, EXTENSION),))
        for source in (
            EXTENSION.source,
            "contracts/token/Minters.sol",
            "contracts/token/Encumbrances.sol",
            "contracts/token/Redemptions.sol",
            "contracts/token/Freezes.sol",
            "contracts/token/Restrictions.sol",
        )
    ),
    Target("contracts/token/DepositTokenCore.sol", "token", (WHOLE_TOKEN,)),
    Target("contracts/token/Authorizations.sol", "token", (WHOLE_TOKEN,)),
    Target("contracts/token/WalletERC2612.sol", "token", (deployed(TOKEN_TESTS, TOKEN),)),
    Target("contracts/token/WalletERC3009.sol", "token", (deployed(TOKEN_TESTS, TOKEN),)),
    Target("contracts/types/AccountSlot.sol", "token", (alone("token/AccountSlot"), WHOLE_TOKEN)),
    Target("contracts/types/Encumbrance.sol", "token", (WHOLE_TOKEN,)),
    Target("contracts/types/LedgerEntry.sol", "token", (WHOLE_TOKEN,)),
    Target("contracts/libraries/TypeHashes.sol", "token", (WHOLE_TOKEN,)),
    Target(
        "contracts/libraries/Signatures.sol",
        "token",
        (deployed(TOKEN_TESTS, TOKEN, EXTENSION, ESCROW),),
    ),
    Target("contracts/AllowlistRegistry.sol", "registry", (deployed(REGISTRY_TESTS, REGISTRY),)),
    Target(
        "contracts/types/Participant.sol",
        "registry",
        (
            alone("arithmetic/PackedFields"),
            deployed(REGISTRY_TESTS, REGISTRY, EXTENSION, test_of("registry/AllowlistRegistry")),
        ),
    ),
    *(
        Target(source, "policy", (deployed(POLICY_TESTS, POLICY),))
        for source in (
            POLICY.source,
            "contracts/types/QuotaRef.sol",
            "contracts/types/ZonePair.sol",
        )
    ),
    Target(
        "contracts/libraries/CalendarPeriod.sol",
        "policy",
        (alone("policy/CalendarPeriod"), deployed(POLICY_TESTS, POLICY)),
    ),
    *(
        Target(unit.source, "governance", (deployed(GOVERNANCE_TESTS, unit),))
        for unit in (TIMELOCK, RECOVERY, KEEPER)
    ),
    Target("contracts/libraries/Roles.sol", "governance", (deployed(GOVERNANCE_TESTS, KEEPER),)),
)
"""Every source with code, interfaces apart. `Restriction` and `Redemption` have none."""
