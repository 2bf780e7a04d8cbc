"""The configuration of a bank: what its contracts are deployed and set up by."""

import re
from collections.abc import Hashable, Iterable, Mapping
from typing import Annotated, Any, Literal, Self

from eth_utils.address import is_checksum_address
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    StrictBool,
    ValidationError,
    model_validator,
)

from deposit_token.errors import InputError
from deposit_token.protocol.delays import DAY, HOUR
from deposit_token.values.countries import country_numeric
from deposit_token.values.enumerations import Period
from deposit_token.values.fields import ADDRESS_ZERO
from deposit_token.values.money import Currency

MAX_TOKENS = 16
"""How many tokens a bank's registry tells of its changes."""

LEAST_UTC_OFFSET, GREATEST_UTC_OFFSET = -48, 56
"""Of a quota's calendar, in quarters of an hour."""

GREATEST_NAME = 31
"""How many characters a token's name may have."""

GREATEST_UPGRADE_DELAY, GREATEST_ENFORCE_DELAY = 30 * DAY, DAY
"""In seconds."""


def _address(value: str) -> str:
    if not is_checksum_address(value) or value == ADDRESS_ZERO:
        raise ValueError("a checksummed address that is not zero")
    return value


def read_token_name(value: str) -> str:
    """A token's name, as is; raises InputError for one that no token can have.

    >>> read_token_name("Rhein Euro")
    'Rhein Euro'
    """
    if not (0 < len(value) <= GREATEST_NAME and all(" " <= each <= "~" for each in value)):
        raise InputError("token name", value, f"1 to {GREATEST_NAME} printable ASCII characters")
    return value


def _holders(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _hash(value: str) -> str:
    if not re.fullmatch("0x[0-9a-f]{64}", value):
        raise ValueError("0x and 64 hex digits in small letters")
    return value


def _currency(value: str) -> str:
    return Currency.of(value).code


def _country(value: str) -> str:
    country_numeric(value)
    return value


Address = Annotated[str, AfterValidator(_address)]
Holders = Annotated[tuple[Address, ...], BeforeValidator(_holders), Field(min_length=1)]
"""In the file one address, or a list of them."""
CurrencyCode = Annotated[str, AfterValidator(_currency)]
CountryCode = Annotated[str, AfterValidator(_country)]
Zone = Annotated[int, Field(strict=True, ge=1, le=255)]
Uint64 = Annotated[int, Field(strict=True, ge=1, lt=2**64)]
Uint104 = Annotated[int, Field(strict=True, ge=0, lt=2**104)]
Uint128 = Annotated[int, Field(strict=True, ge=0, lt=2**128)]
Text = Annotated[str, Field(min_length=1, max_length=64)]
Hash = Annotated[str, AfterValidator(_hash)]
TokenName = Annotated[str, AfterValidator(read_token_name)]


class Config(BaseModel):
    """A part of a configuration; raises InputError for the first value that is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="wrap")
    @classmethod
    def _in_one_sentence(cls, values: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(values)
        except ValidationError as error:
            first = error.errors()[0]
            field = " ".join([cls.__name__, *map(str, first["loc"])])
            if first["type"] == "missing":
                raise InputError(field, None, "a value, as the key is required") from None
            accepted = first["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
            raise InputError(field, first["input"], accepted) from None


class TermsConfig(Config):
    """The document that a token's holders agree to."""

    uri: Annotated[str, Field(min_length=1)]
    hash: Hash
    """Of its content, by the function that the document names."""


class TokenConfig(Config):
    """One deposit token of a bank."""

    currency: CurrencyCode
    """ISO 4217 code; one token a currency."""
    name: TokenName
    """The ERC-20 name, which is also that of the EIP-712 domain: it never changes."""
    symbol: Text
    supply_cap: Uint128
    """What the supply may not exceed, in minor units."""
    decimals: Annotated[int, Field(strict=True, ge=0, le=18)] | None = None
    """Digits of the minor unit; without it those of the currency in ISO 4217."""
    accepted: tuple[Address, ...] = ()
    """Other tokens that its customers may pay into, or be paid out of: such a payment needs that
    each of the two accepts the other."""
    terms: TermsConfig | None = None
    suspense_account: Address | None = None
    """Where a claim goes that nobody can be paid. It is a customer, so a proposal of the bank names
    it once the bank has customers."""
    upgrades: tuple[Address, ...] = ()
    """The implementations that proposals of the bank have put in the place of the first, in
    order."""
    address: Address | None = None
    """Where it stands, if a proposal of the bank has added it after the hand-over."""

    @property
    def exponent(self) -> int:
        """Digits of the minor unit."""
        return Currency.of(self.currency).exponent if self.decimals is None else self.decimals


class CorridorConfig(Config):
    """The rules for payments of one token from one zone to another; amounts in minor units."""

    token: CurrencyCode
    from_zone: Zone
    to_zone: Zone
    open: StrictBool
    """Whether payments may pass."""
    direct_transfers: StrictBool
    """Whether plain transfers may pass, uncounted."""
    approval_needed: StrictBool
    """Whether each payment needs the approver's signature."""
    purpose_required: StrictBool
    """Whether each payment must name a purpose."""
    period: Literal["none", "day", "month", "year"]
    """The calendar period of the quota."""
    utc_offset_quarters: Annotated[
        int, Field(strict=True, ge=LEAST_UTC_OFFSET, le=GREATEST_UTC_OFFSET)
    ]
    """The calendar's offset from UTC in quarters of an hour."""
    min_amount: Uint104
    max_amount: Uint104
    quota: Uint104
    """What a customer may pay in one period; 0 without a period."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.min_amount > self.max_amount:
            raise InputError("min amount", self.min_amount, f"at most {self.max_amount}")
        if self.period == "none" and self.quota != 0:
            raise InputError("quota", self.quota, "0 where the period is none")
        return self

    def as_tuple(self) -> tuple[Any, ...]:
        """The rules as the policy takes and gives them."""
        return (
            self.open,
            self.direct_transfers,
            self.approval_needed,
            self.purpose_required,
            Period[self.period.upper()],
            self.utc_offset_quarters,
            self.min_amount,
            self.max_amount,
            self.quota,
        )


class BankKeys(Config):
    """The addresses that get a bank's roles: keys apart, or multi-signature contracts.

    A working role and GUARDIAN may have several holders.
    """

    governor: Address
    """Proposes what widens; it takes effect after the upgrade delay."""
    guardian: Holders
    """Stops, cancels and takes keys away, at once."""
    board: Address
    """Proposes who is governor and guardian after one was stolen; best kept cold."""
    registrar: Holders
    compliance: Holders
    policy_officer: Holders
    treasurer: Holders
    payout_officer: Holders
    releaser: Holders
    """Resumes what others have stopped."""
    enforcer: Holders
    """Moves a holder's tokens by law, after the enforcement delay."""
    approver: Address
    """Signs the bank's approvals of payments; sends nothing."""

    def everybody(self) -> list[tuple[str, str]]:
        """Each address with the name of its part."""
        return [
            (part, key)
            for part, keys in self
            for key in ((keys,) if isinstance(keys, str) else keys)
        ]


class MinterConfig(Config):
    """The issuing worker of one ledger; a reserve is a second one, with a key and ledger of its
    own."""

    currency: CurrencyCode
    address: Address
    ledger_id: Uint64
    """Above zero, and of this minter alone."""
    ceiling: Annotated[int, Field(strict=True, ge=1, lt=2**128)]
    """What it may mint before the treasurer refills it, in minor units."""


class Successors(Config):
    """The contracts that proposals of a bank have put in the place of those that it began with."""

    registry: Address | None = None
    policy: Address | None = None
    keeper: Address | None = None
    recovery: Address | None = None


class BankConfig(Config):
    """A whole bank.

    Raises InputError for a value that the contracts would refuse, for a second token in a
    currency, a country in two zones, a corridor that is there twice or names a token or zone that
    is not, a ledger with two minters, and a key with two roles or a role and a minter.
    """

    name: Text
    """Unique for a set-up key: the addresses of the bank's contracts follow from it."""
    zones: dict[Zone, list[CountryCode]]
    """The countries (ISO 3166-1 alpha-2) of each zone, by the bank's own numbers from 1."""
    tokens: Annotated[list[TokenConfig], Field(min_length=1, max_length=MAX_TOKENS)]
    corridors: list[CorridorConfig]
    keys: BankKeys
    minters: list[MinterConfig]
    escrows: tuple[Address, ...] = ()
    """Settlement escrows that its tokens work with besides that of the deployment."""
    upgrade_delay: Annotated[int, Field(strict=True, ge=1, le=GREATEST_UPGRADE_DELAY)] = DAY
    """Seconds that everybody can see an act of the governor before it takes effect; an hour or
    more, but on a development chain."""
    enforce_delay: Annotated[int, Field(strict=True, ge=1, le=GREATEST_ENFORCE_DELAY)] = HOUR
    """Seconds that everybody can see an act of an enforcer before it takes effect."""
    successors: Successors = Successors()

    def accepting(self, others: Mapping[str, Iterable[str]]) -> Self:
        """The same, with these tokens accepted too, by currency code of the bank's own."""
        tokens = [
            token.model_copy(
                update={
                    "accepted": tuple(dict.fromkeys([*token.accepted, *others[token.currency]]))
                }
            )
            for token in self.tokens
        ]
        return self.model_copy(update={"tokens": tokens})

    @model_validator(mode="after")
    def _check(self) -> Self:
        currencies = [token.currency for token in self.tokens]
        corridors = [(each.token, each.from_zone, each.to_zone) for each in self.corridors]
        _require_distinct("token", currencies)
        _require_distinct("country", [code for zone in self.zones.values() for code in zone])
        _require_distinct("corridor", corridors)
        _require_distinct("ledger id", [minter.ledger_id for minter in self.minters])
        _require_distinct("minter", [(minter.currency, minter.address) for minter in self.minters])
        minter_keys = dict.fromkeys(minter.address for minter in self.minters)
        _require_distinct("key", [*(key for _, key in self.keys.everybody()), *minter_keys])
        for token, from_zone, to_zone in corridors:
            _require_known("corridor token", token, currencies)
            _require_known("corridor zone", from_zone, list(self.zones))
            _require_known("corridor zone", to_zone, list(self.zones))
        for minter in self.minters:
            _require_known("minter currency", minter.currency, currencies)
        return self


def _require_distinct(field: str, values: Iterable[Hashable]) -> None:
    seen = set()
    for value in values:
        if value in seen:
            raise InputError(field, value, "each only once")
        seen.add(value)


def _require_known(field: str, value: object, known: Iterable[object]) -> None:
    if value not in known:
        raise InputError(field, value, f"one of {', '.join(map(str, known))}")
