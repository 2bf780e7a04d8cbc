"""Deposit tokens: issue them at a bank, pay merchants with them across a border.

The names here are the library's public ones. Each is loaded when it is first used, so that what
only reads amounts or terms doesn't wait for what talks to a node. What happens is logged by the
standard library's `logging` below `deposit_token`, silently until the program that uses it sets
that up.
"""

# ruff: isort: skip_file

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deposit_token.chain.chain import Chain as Chain, Signer as Signer
    from deposit_token.chain.profile import NetworkProfile as NetworkProfile
    from deposit_token.chain.refusals import ContractError as ContractError, Reverted as Reverted
    from deposit_token.chain.sender import Sender as Sender
    from deposit_token.deployment.audit import Report as Report, check_bank as check_bank
    from deposit_token.deployment.bank import BankDeployment as BankDeployment
    from deposit_token.deployment.config import BankConfig as BankConfig
    from deposit_token.deployment.deployer import Deployer as Deployer
    from deposit_token.deployment.file import DeploymentFile as DeploymentFile
    from deposit_token.deployment.manifest import Manifest as Manifest
    from deposit_token.errors import (
        BrokenAnswer as BrokenAnswer,
        DeploymentError as DeploymentError,
        DepositTokenError as DepositTokenError,
        InputError as InputError,
        InsufficientEther as InsufficientEther,
        LeaseLost as LeaseLost,
        MistakeError as MistakeError,
        Next as Next,
        NoContract as NoContract,
        NodeError as NodeError,
        NotFinal as NotFinal,
        NotInstalled as NotInstalled,
        Overtaken as Overtaken,
        PaymentLogError as PaymentLogError,
        PaymentLogInUse as PaymentLogInUse,
        PendingError as PendingError,
        PermanentError as PermanentError,
        RateError as RateError,
        Rejected as Rejected,
        StoreError as StoreError,
        TooLong as TooLong,
        TooManyRequests as TooManyRequests,
        TransactionFailed as TransactionFailed,
        TransientError as TransientError,
        Unauthorised as Unauthorised,
        Unreachable as Unreachable,
        Unsupported as Unsupported,
        Unsure as Unsure,
        Untrusted as Untrusted,
        WrongChain as WrongChain,
        WrongStore as WrongStore,
    )
    from deposit_token.platform.operator import Operator as Operator
    from deposit_token.platform.orders import (
        PaymentOrder as PaymentOrder,
        SignedPayment as SignedPayment,
    )
    from deposit_token.platform.payments import (
        LoggedEvent as LoggedEvent,
        LoggedPayment as LoggedPayment,
        LoggedStep as LoggedStep,
        StepKind as StepKind,
    )
    from deposit_token.platform.quotes import Quote as Quote, Rounding as Rounding
    from deposit_token.platform.terms import PlatformTerms as PlatformTerms
    from deposit_token.protocol import acts as acts, messages as messages
    from deposit_token.protocol.acts import Act as Act
    from deposit_token.protocol.entries import LedgerEntry as LedgerEntry
    from deposit_token.protocol.messages import RedemptionRequest as RedemptionRequest
    from deposit_token.protocol.participants import (
        customer_id as customer_id,
        pack_participant as pack_participant,
    )
    from deposit_token.protocol.payment import (
        Payment as Payment,
        PaymentApproval as PaymentApproval,
        PaymentState as PaymentState,
        RefundQuote as RefundQuote,
    )
    from deposit_token.protocol.reconciliation import (
        EscrowPosition as EscrowPosition,
        SupplyPosition as SupplyPosition,
        escrow_positions as escrow_positions,
        supply_position as supply_position,
    )
    from deposit_token.protocol.redemption import (
        Redemption as Redemption,
        Redemptions as Redemptions,
    )
    from deposit_token.protocol.settlement import Settlement as Settlement, SkippedAct as SkippedAct
    from deposit_token.protocol.signatures import MessageSigner as MessageSigner
    from deposit_token.protocol.structs import Domain as Domain
    from deposit_token.store.memory import MemoryStore as MemoryStore
    from deposit_token.store.records import Instruction as Instruction, Proof as Proof
    from deposit_token.store.sql import SqlStore as SqlStore
    from deposit_token.store.sql_projection import SqlProjection as SqlProjection
    from deposit_token.values.enumerations import (
        CustomerCategory as CustomerCategory,
        ParticipantStatus as ParticipantStatus,
        PaymentStatus as PaymentStatus,
        RedemptionStatus as RedemptionStatus,
        Role as Role,
    )
    from deposit_token.values.money import Currency as Currency, Money as Money
    from deposit_token.values.rates import Rate as Rate, ReferenceRates as ReferenceRates

__version__: str

_NAMES = {
    "chain.chain": ("Chain", "Signer"),
    "chain.profile": ("NetworkProfile",),
    "chain.refusals": ("ContractError", "Reverted"),
    "chain.sender": ("Sender",),
    "deployment.audit": ("Report", "check_bank"),
    "deployment.bank": ("BankDeployment",),
    "deployment.config": ("BankConfig",),
    "deployment.deployer": ("Deployer",),
    "deployment.file": ("DeploymentFile",),
    "deployment.manifest": ("Manifest",),
    "errors": (
        *("BrokenAnswer", "DeploymentError", "DepositTokenError", "InputError"),
        *("InsufficientEther", "LeaseLost", "MistakeError", "Next", "NoContract"),
        *("NodeError", "NotFinal", "NotInstalled", "Overtaken"),
        *("PaymentLogError", "PaymentLogInUse", "PendingError", "PermanentError", "RateError"),
        *(
            "Rejected",
            "StoreError",
            "TooLong",
            "TooManyRequests",
            "TransactionFailed",
            "TransientError",
        ),
        *("Unauthorised", "Unreachable", "Unsupported", "Unsure"),
        *("Untrusted", "WrongChain", "WrongStore"),
    ),
    "platform.operator": ("Operator",),
    "platform.orders": ("PaymentOrder", "SignedPayment"),
    "platform.payments": ("LoggedEvent", "LoggedPayment", "LoggedStep", "StepKind"),
    "platform.quotes": ("Quote", "Rounding"),
    "platform.terms": ("PlatformTerms",),
    "protocol.acts": ("Act",),
    "protocol.entries": ("LedgerEntry",),
    "protocol.messages": ("RedemptionRequest",),
    "protocol.participants": ("customer_id", "pack_participant"),
    "protocol.payment": ("Payment", "PaymentApproval", "PaymentState", "RefundQuote"),
    "protocol.reconciliation": (
        *("EscrowPosition", "SupplyPosition", "escrow_positions", "supply_position"),
    ),
    "protocol.redemption": ("Redemption", "Redemptions"),
    "protocol.settlement": ("Settlement", "SkippedAct"),
    "protocol.signatures": ("MessageSigner",),
    "protocol.structs": ("Domain",),
    "store.memory": ("MemoryStore",),
    "store.records": ("Instruction", "Proof"),
    "store.sql": ("SqlStore",),
    "store.sql_projection": ("SqlProjection",),
    "values.enumerations": (
        *("CustomerCategory", "ParticipantStatus", "PaymentStatus", "RedemptionStatus", "Role"),
    ),
    "values.money": ("Currency", "Money"),
    "values.rates": ("Rate", "ReferenceRates"),
}
_MODULES = {"acts": "protocol.acts", "messages": "protocol.messages"}
_EXTRAS = {"platform": "platform", "store.sql": "store", "store.sql_projection": "store"}
"""Which extra a room or a module of one needs."""
_HOMES = {name: module for module, names in _NAMES.items() for name in names}

__all__ = sorted([*_HOMES, *_MODULES])

logging.getLogger(__name__).addHandler(logging.NullHandler())


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        found: Any = version("deposit-token")
    elif name in _MODULES:
        found = import_module(f"{__name__}.{_MODULES[name]}")
    elif name in _HOMES:
        found = getattr(_home(name), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found
    return found


def _home(name: str) -> Any:
    """The module of a name; raises NotInstalled for one of an extra that is not there."""
    home = _HOMES[name]
    try:
        return import_module(f"{__name__}.{home}")
    except ModuleNotFoundError as error:
        room, *_ = home.split(".")
        extra = _EXTRAS.get(home) or _EXTRAS.get(room)
        if extra is None:
            raise
        from deposit_token.errors import NotInstalled

        raise NotInstalled(
            f"{name}: found no package {error.name}, accepted is an installation with it: pip "
            f"install 'deposit-token[{extra}]'."
        ) from None


def __dir__() -> list[str]:
    return sorted([*globals(), "__version__", *__all__])
