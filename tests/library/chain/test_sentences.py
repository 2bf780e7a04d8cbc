"""What every error of every contract says to a user."""

import re
from string import Formatter
from typing import Any

import pytest
from eth_abi.abi import encode
from web3 import Web3
from web3.utils import abi_to_signature, get_abi_input_types

from deposit_token.chain.artifacts import artifacts
from deposit_token.chain.refusal_texts import TEXTS
from deposit_token.chain.refusals import ContractError
from deposit_token.chain.sentences import Facts
from deposit_token.errors import Next
from deposit_token.values.enumerations import Role
from deposit_token.values.money import Currency

ONE, OTHER = (Web3.to_checksum_address(f"0x{digit * 40}") for digit in "a9")
EUR, JPY = Currency.of("EUR"), Currency.of("JPY")
OF_SOLIDITY = {
    "Error": {
        "type": "error",
        "name": "Error",
        "inputs": [{"name": "message", "type": "string"}],
    },
    "Panic": {
        "type": "error",
        "name": "Panic",
        "inputs": [{"name": "code", "type": "uint256"}],
    },
}
ERRORS = OF_SOLIDITY | {
    item["name"]: item for each in artifacts() for item in each.abi if item["type"] == "error"
}

NEXT = {
    name: next_
    for next_, names in {
        Next.TRY_AGAIN: """
            StandingUnknown
        """,
        Next.WAIT: """
            AccessManagerNotReady CorridorIsSuspended CustomerIsBlocked ERC20InsufficientBalance
            ERC7943CannotReceive ERC7943CannotSend ERC7943CannotTransfer
            ERC7943InsufficientUnfrozenBalance InventoryTooLow MintAllowanceExceeded NotDealer
            OwnerBlocked PayerBlocked QuotaExceeded SpenderBlocked SupplyCapExceeded
            TimelockUnexecutedPredecessor TimelockUnexpectedOperationState TokenPaused TokensLocked
            TooEarly UnknownCustomer WalletIsBlocked
        """,
        Next.CORRECT: """
            AccessControlBadConfirmation AccessControlUnauthorizedAccount
            AccessManagedInvalidAuthority AccessManagedRequiredDelay AccessManagedUnauthorized
            AccessManagerBadConfirmation AccessManagerExpired AccessManagerInvalidInitialAdmin
            AccessManagerLockedFunction AccessManagerLockedRole AccessManagerNotScheduled
            AccessManagerUnauthorizedAccount AccessManagerUnauthorizedCall
            AccessManagerUnauthorizedCancel AccountEncumbered AddressEmptyCode AlreadyRegistered
            AmountExceeds AmountOutsideLimits AmountsDiffer ArbiterNamed ArbiterNotNeutral
            BatchLengthsDiffer CalledDirectly CallerNotPayee CaptureOutOfPlace CeilingNotLower
            CorridorNotNarrower CustomerIdFixed DeadlinesCrossed DealerMismatch DelayFollowsBank
            DelayOutsideBounds ERC1967InvalidImplementation ERC1967NonPayable
            ERC1967ProxyUninitialized ERC20InsufficientAllowance ERC20InvalidApprover
            ERC20InvalidReceiver ERC20InvalidSender ERC20InvalidSpender ERC2612ExpiredSignature
            ERC2612InvalidSigner ERC3009InvalidAuthorizationTime ERC3009InvalidSignature
            EnforcerDelayOutsideBounds EntryOfOtherLedger FeeInvalid FeeReceiverElsewhere
            FreezeNotHigher InsufficientBalance InsufficientGas InvalidAccountNonce InvalidMinter
            InvalidName InvalidParticipant InvalidSignature InvalidSuspenseAccount
            LedgerOfOtherToken LedgerTaken LimitsCrossed NoAnswer NoCode NotAllowed NotAllowedByBank
            NotAnAct NotDepositToken NotExtension NotHolder NotMinter NotProposer NotRegistered
            NotSubscribed NotSubscriber NotSuccessor NotWorkingRole NothingForMerchant
            OffsetOutOfRange OwnToken PartiesNotDistinct PeriodFixed PurposeRequired
            QuotaWithoutPeriod QuoteForOtherPayment QuoteOutOfPlace RegistryNotSuccessor
            RequestExpired ResolveByMismatch SafeCastOverflowedUintDowncast StringTooLong
            SupplyCapNotLower TimelockInsufficientDelay TimelockInvalidOperationLength
            TimelockUnauthorizedCaller TokenNotAccepted TokenPointsHere UUPSUnauthorizedCallContext
            UUPSUnsupportedProxiableUUID UnknownCode ValidityInPast WrongAcceptance ZeroAmount
            ZeroCountry ZeroCustomer ZeroSigner ZeroWallet ZeroZone
        """,
        Next.GIVE_UP: """
            AccessManagerAlreadyScheduled AccessManagerUnauthorizedConsume CorridorClosed
            CustomerBlockUnchanged DirectTransferClosed ERC3009UsedAuthorization EntryConsumed Error
            FailedCall GenerationTooGreat InvalidInitialization InvalidShortString NoApprover
            NoArbiter NoInventory NotInitializing NotRefused NotSystemAccount NothingToClaim Panic
            PauseUnchanged PolicyGenerationsExhausted ReentrancyGuardReentrantCall
            SafeERC20FailedOperation SubscriptionUnchanged SuspensionUnchanged SystemAccountClosed
            SystemStatusUnchanged TooLate TooManyPredecessors TooManySubscribers Undone
            WalletNotBlocked WrongRedemptionStatus WrongStatus
        """,
    }.items()
    for name in names.split()
}
"""What whoever meets an error does next, where nothing is known beside it and no value is zero."""


def decoded(name: str, *arguments: Any) -> ContractError:
    """An error as a node brings it."""
    abi = ERRORS[name]
    selector = Web3.keccak(text=abi_to_signature(abi))[:4]
    return ContractError.decode(bytes(selector) + encode(get_abi_input_types(abi), arguments))


def example(parameter: Any) -> Any:
    """A value of a parameter's type."""
    type_ = parameter["type"]
    if type_ == "tuple":
        return tuple(example(part) for part in parameter["components"])
    if type_.startswith("bytes"):
        return bytes(int(type_.removeprefix("bytes")))
    return {"address": ONE, "bool": True, "string": "Rhein"}.get(type_, 1)


def test_every_error_has_a_text_and_every_text_an_error():
    assert set(TEXTS) == set(ERRORS) == set(NEXT)
    assert len(NEXT) == 166


@pytest.mark.parametrize("name", sorted(ERRORS))
def test_the_sentence_tells_all_that_the_error_carries(name):
    found = decoded(name, *(example(each) for each in ERRORS[name]["inputs"]))
    sentence = str(found)
    assert re.search("^found .+, accepted (is|are) ", sentence) or name == "Undone"
    assert not re.search(r"[{}]|\.$|\b(None|True|False)\b", sentence)
    told = {field for _, field, _, _ in Formatter().parse(TEXTS[name].text) if field}
    carried = {each["name"] for each in ERRORS[name]["inputs"]}
    assert told >= carried
    assert found.next is NEXT[name]


@pytest.mark.parametrize(
    ("name", "arguments", "sentence"),
    [
        (
            "QuotaExceeded",
            (0x5628C1A0B3F04D1E8AAE1177C0DE9A1F, 7_892_01, 6_538_50),
            "found 7892.01 EUR, accepted are at most 6538.50 EUR, which is left of the quota of "
            "the customer 5628c1…9a1f in this period",
        ),
        (
            "TooLate",
            (1_777_777_777, 1_777_777_000),
            "found the time 2026-05-03 03:09:37 UTC, accepted is any before "
            "2026-05-03 02:56:40 UTC",
        ),
        (
            "TooLate",
            (1_777_777_777, 0),
            "found no approval of the payer's bank, accepted is one: its corridor asks for it",
        ),
        (
            "WrongStatus",
            (bytes(32), 4, 1),
            f"found the payment 0x{'0' * 64} voided, accepted is one that is authorized",
        ),
        (
            "InventoryTooLow",
            (OTHER, OTHER, 900, 1_000),
            f"found 900 JPY in the inventory of {OTHER} in {OTHER}, accepted is 1000 JPY or more",
        ),
        (
            "ERC20InsufficientBalance",
            (ONE, 5, 10_00),
            f"found 0.05 EUR at the payer {ONE}, accepted is 10.00 EUR or more",
        ),
        (
            "AccessManagerUnauthorizedAccount",
            (ONE, Role.RELEASER),
            f"found the payer {ONE} as caller, accepted is a member of the role releaser",
        ),
        (
            "AccessControlUnauthorizedAccount",
            (OTHER, Web3.keccak(text="PROPOSER_ROLE")),
            f"found {OTHER} as caller, accepted is one with the timelock's PROPOSER",
        ),
        (
            "CorridorClosed",
            (OTHER, 1, 0),
            f"found no corridor of {OTHER} from EEA to a country without a zone, accepted is an "
            "open one",
        ),
        (
            "EntryConsumed",
            (7 << 64 | 12,),
            "found the entry number 12 of ledger 7, which was used before, accepted is a new one",
        ),
        (
            "TokenNotAccepted",
            (OTHER, 1),
            f"found {OTHER} on the other side, which the bank has as accepted for refunds only, "
            "accepted is a token that it accepts",
        ),
        (
            "DelayOutsideBounds",
            (1, 3_600, 30 * 86_400),
            "found a delay of 1 second, accepted are 1 hour to 30 days",
        ),
        (
            "NotAnAct",
            (3, Web3.keccak(text="paused()")[:4]),
            "found paused as act 3 of the batch, accepted is an act that moves a payment, an "
            "inventory or a claimable",
        ),
        (
            "ERC7943CannotReceive",
            (OTHER,),
            f"found {OTHER}, which may not receive (its review has lapsed), accepted is a customer "
            "in good standing",
        ),
        (
            "PeriodFixed",
            (3, -14, 2, 32),
            "found the year at UTC-03:30 as period, accepted is the month at UTC+08:00, by which "
            "a quota was counted already",
        ),
        (
            "TimelockUnexpectedOperationState",
            (bytes(32), (1 << 2 | 1 << 3).to_bytes(32)),
            f"found the operation 0x{'0' * 64} in another state, accepted is one that is ready or "
            "done",
        ),
    ],
)
def test_what_is_known_beside_is_told(name, arguments, sentence):
    facts = Facts(
        names={ONE: "the payer"},
        standings={OTHER: "its review has lapsed"},
        currencies={OTHER: JPY},
        source=EUR,
        zones={1: "EEA"},
    )
    assert str(decoded(name, *arguments).with_facts(facts)) == sentence


def test_missing_approval_can_be_given():
    assert decoded("TooLate", 1_777_777_777, 0).next is Next.CORRECT


def test_without_facts_amounts_are_minor_units_and_addresses_bare():
    assert str(decoded("ERC20InsufficientBalance", ONE, 5, 1_000_000)) == (
        f"found 5 minor units at {ONE}, accepted is 1,000,000 minor units or more"
    )


def test_ether_is_told_in_ether():
    assert str(decoded("InsufficientBalance", 0, 15 * 10**17)) == (
        "found 0 ether at the contract, accepted is 1.5 ether or more"
    )


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (
            "",
            "found no reason, as where a contract has no such function, accepted is what the "
            "contract's own rules let through",
        ),
        (
            "deadbeef",
            "found a reason that is unknown here, 0xdeadbeef, accepted is what the contract's own "
            "rules let through",
        ),
    ],
)
def test_an_unknown_error_is_shown_as_it_is(data, sentence):
    found = ContractError.decode(bytes.fromhex(data))
    assert (str(found), found.next) == (sentence, Next.GIVE_UP)
