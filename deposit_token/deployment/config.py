"""The configuration of a bank: what its contracts are deployed and set up by.

It is the `[[banks]]` table of a file. In a file amounts are text in major units ("15000.00") and a
UTC offset is text ("+01:00"); in Python they are integers, in minor units and in quarters of an
hour.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, model_validator

from deposit_token.errors import InputError
from deposit_token.protocol.delays import DAY, HOUR
from deposit_token.values.countries import country_numeric
from deposit_token.values.enumerations import Period
from deposit_token.values.fields import Address, checked
from deposit_token.values.money import Currency, Money
from deposit_token.values.tables import (
    FileAddress,
    FileText,
    List,
    Step,
    Table,
    folder_of,
    read_by,
    read_text,
    refuse,
    refuse_repeats,
)
from deposit_token.values.utc_offsets import GREATEST_UTC_OFFSET, LEAST_UTC_OFFSET, read_utc_offset

MAX_TOKENS = 16
"""How many tokens a bank's registry tells of its changes."""

MAX_ZONES = 255

GREATEST_NAME = 31
"""How many characters a token's name may have."""

GREATEST_DECIMALS = 18
"""Of a token."""

GREATEST_UPGRADE_DELAY, GREATEST_ENFORCE_DELAY = 30 * DAY, DAY
"""In seconds."""

_QUOTA_ACCEPTED = "a quota only beside a period of day, month or year"


def read_country(value: str) -> str:
    """An ISO 3166-1 alpha-2 code; raises InputError for anything else."""
    country_numeric(value)
    return value


def read_token_name(value: str) -> str:
    """A token's name, as is; raises InputError for one that no token can have.

    >>> read_token_name("Rhein Euro")
    'Rhein Euro'
    """
    if not (0 < len(value) <= GREATEST_NAME and all(" " <= each <= "~" for each in value)):
        raise InputError("token name", value, f"1 to {GREATEST_NAME} printable ASCII characters")
    return value


def read_symbol(value: str) -> str:
    """A token's symbol, as is; raises InputError for one that wallets would show in other ways.

    >>> read_symbol("EURd")
    'EURd'
    """
    if not (0 < len(value) <= GREATEST_NAME and all("!" <= each <= "~" for each in value)):
        accepted = f"1 to {GREATEST_NAME} printable ASCII characters without blanks"
        raise InputError("symbol", value, accepted)
    return value


def _holders(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _hash(value: str) -> str:
    if not re.fullmatch("0x[0-9a-f]{64}", value):
        raise InputError("hash", value, "0x and 64 hex digits in small letters")
    return value


def _offset(value: object, info: ValidationInfo) -> object:
    """Text in a file, where a number could mean hours."""
    if folder_of(info) is None:
        return value
    if not isinstance(value, str):
        refuse(value, 'text such as "+01:00"')
    try:
        return read_utc_offset(value)
    except InputError as error:
        refuse(error.value, error.accepted)


def _check_zones(zones: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    if not 1 <= len(zones) <= MAX_ZONES:
        refuse(len(zones), f"1 to {MAX_ZONES} zones")
    refuse_repeats((((zone,), zone) for zone in zones), "a name that no zone before it has")
    refuse_repeats(
        (((zone, n), code) for zone, codes in zones.items() for n, code in enumerate(codes)),
        "a country that is listed once in all zones",
    )
    return zones


Holders = Annotated[List[FileAddress], BeforeValidator(_holders), Field(min_length=1)]
"""In a file one address, or a list of them."""
CountryCode = Annotated[str, read_by(read_country)]
CurrencyCode = Annotated[str, read_by(lambda value: Currency.of(value).code)]
Zones = Annotated[Mapping[FileText, List[CountryCode]], AfterValidator(_check_zones)]
"""The countries (ISO 3166-1 alpha-2) of each zone, by its name. On the chain they have numbers,
from 1 in this order."""
Name = Annotated[str, read_by(lambda value: read_text(value, most=64))]
FileHash = Annotated[str, read_by(_hash)]
_AMOUNTS = {"supply_cap": 128, "min_amount": 104, "max_amount": 104, "quota": 104, "ceiling": 128}
"""What is an amount in a file, and how many bits of minor units it may have."""
Amount104 = Annotated[int, Field(ge=0, lt=2**104)]
Amount128 = Annotated[int, Field(ge=0, lt=2**128)]
LedgerId = Annotated[int, Field(ge=1, lt=2**64)]


class TermsConfig(Table):
    """The document that a token's holders agree to."""

    uri: Annotated[str, Field(min_length=1)]
    hash: FileHash
    """Of its content, by the function that the document names."""


class TokenConfig(Table):
    """One deposit token of a bank."""

    currency: CurrencyCode
    """ISO 4217 code; one token a currency."""
    name: Annotated[str, read_by(read_token_name)]
    """The ERC-20 name, which is also that of the EIP-712 domain: it never changes."""
    symbol: Annotated[str, read_by(read_symbol)]
    decimals: Annotated[int, Field(ge=0, le=GREATEST_DECIMALS)] | None = None
    """Digits of the minor unit; without it those of the currency in ISO 4217."""
    supply_cap: Amount128
    """What the supply may not exceed."""
    accepted: List[FileAddress] = ()
    """Other tokens that its customers may pay into, or be paid out of: such a payment needs that
    each of the two accepts the other."""
    terms: TermsConfig | None = None
    suspense_account: FileAddress | None = None
    """Where a claim goes that nobody can be paid. It is a customer, so a proposal of the bank names
    it once the bank has customers."""
    upgrades: List[FileAddress] = ()
    """The implementations that proposals of the bank have put in the place of the first, in
    order."""
    address: FileAddress | None = None
    """Where it stands, if a proposal of the bank has added it after the hand-over."""

    @property
    def unit(self) -> Currency:
        """Its currency, with the token's own decimals."""
        return _unit(self.currency, self.decimals)

    def money(self, amount: int) -> Money:
        """An amount of its minor units."""
        return Money(amount, self.unit)


class CorridorConfig(Table):
    """The rules for payments of one token from one zone to another; a pair not listed is closed."""

    token: CurrencyCode
    from_zone: FileText
    to_zone: FileText
    min_amount: Amount104
    """Least amount of a payment, in the token's currency, as the two below."""
    max_amount: Amount104
    """Greatest amount of a payment."""
    quota: Amount104 = 0
    """What a customer may pay in one period; given exactly if there is a period."""
    period: Literal["none", "day", "month", "year"] = "none"
    """The calendar period of the quota."""
    utc_offset: Annotated[
        int,
        Field(ge=LEAST_UTC_OFFSET, le=GREATEST_UTC_OFFSET),
        BeforeValidator(_offset),
    ] = 0
    """The calendar's, in quarters of an hour east of UTC; in a file such as "+01:00"."""
    open: bool = True
    """Whether payments may pass."""
    direct_transfers: bool = False
    """Whether plain transfers may pass, uncounted."""
    approval_needed: bool = False
    """Whether each payment needs the approver's signature."""
    purpose_required: bool = False
    """Whether each payment must name a purpose."""

    def as_tuple(self) -> tuple[Any, ...]:
        """The rules as the policy takes and gives them."""
        return (
            self.open,
            self.direct_transfers,
            self.approval_needed,
            self.purpose_required,
            Period[self.period.upper()],
            self.utc_offset,
            self.min_amount,
            self.max_amount,
            self.quota,
        )


class BankKeys(Table):
    """The addresses that get a bank's roles: keys apart, or multi-signature contracts.

    A working role and GUARDIAN may have several holders.
    """

    governor: FileAddress
    """Proposes what widens; it takes effect after the upgrade delay."""
    guardian: Holders
    """Stops, cancels and takes keys away, at once."""
    board: FileAddress
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
    approver: FileAddress
    """Signs the bank's approvals of payments; sends nothing."""

    def everybody(self) -> list[tuple[str, str]]:
        """Each address with the name of its part."""
        return [
            (part, key)
            for part, keys in self
            for key in ((keys,) if isinstance(keys, str) else keys)
        ]


class MinterConfig(Table):
    """The issuing worker of one ledger; a reserve is a second one, with a key and ledger of its
    own."""

    currency: CurrencyCode
    address: FileAddress
    ledger_id: LedgerId
    """Above zero, and of this minter alone."""
    ceiling: Annotated[int, Field(ge=1, lt=2**128)]
    """What it may mint before the treasurer refills it."""


class Successors(Table):
    """The contracts that proposals of a bank have put in the place of those that it began with."""

    registry: FileAddress | None = None
    policy: FileAddress | None = None
    keeper: FileAddress | None = None
    recovery: FileAddress | None = None


class BankConfig(Table):
    """A whole bank.

    Raises InputError for a value that the contracts would refuse, for a second token in a
    currency, a country in two zones, a corridor that is there twice, names a token or zone that
    is not, or is open and lets nothing pass, a ledger with two minters, and a key with two roles or
    a role and a minter.
    """

    name: Name
    """Unique for a set-up key: the addresses of the bank's contracts follow from it."""
    zones: Zones
    tokens: Annotated[List[TokenConfig], Field(min_length=1, max_length=MAX_TOKENS)]
    corridors: List[CorridorConfig] = ()
    keys: BankKeys
    minters: List[MinterConfig]
    escrows: List[FileAddress] = ()
    """Settlement escrows that its tokens work with besides that of the deployment."""
    upgrade_delay: Annotated[int, Field(ge=0, le=GREATEST_UPGRADE_DELAY)] = DAY
    """Seconds that everybody can see an act of the governor before it takes effect; an hour or
    more, but on a development chain."""
    enforce_delay: Annotated[int, Field(ge=1, le=GREATEST_ENFORCE_DELAY)] = HOUR
    """Seconds that everybody can see an act of an enforcer before it takes effect; an hour, but on
    a development chain less will do."""
    successors: Successors = Successors()

    @property
    def zone_numbers(self) -> dict[str, int]:
        """Zone → its number on the chain: from 1, in the file's order."""
        return {zone: number for number, zone in enumerate(self.zones, 1)}

    @checked
    def token(self, currency: str) -> TokenConfig:
        """Its token of a currency code; raises InputError for a code that it has none of."""
        tokens = {token.currency: token for token in self.tokens}
        if currency not in tokens:
            raise InputError("currency", currency, f"one of its tokens: {', '.join(tokens)}")
        return tokens[currency]

    @checked
    def accepting(self, others: Mapping[str, Iterable[Address]]) -> Self:
        """The same, with these tokens accepted too, by currency code of the bank's own."""
        tokens = tuple(
            token.model_copy(
                update={
                    "accepted": tuple(
                        dict.fromkeys([*token.accepted, *others.get(token.currency, ())])
                    )
                }
            )
            for token in self.tokens
        )
        return self.model_copy(update={"tokens": tokens})

    def holders(self) -> Iterator[tuple[tuple[Step, ...], str]]:
        """Each key that has power over the bank, once a role, with its place in the bank's table.

        A minter of several tokens is one.
        """
        yield from ((("keys", part), key) for part, key in self.keys.everybody())
        minters = {each.address: ("minters", n, "address") for n, each in enumerate(self.minters)}
        yield from ((place, key) for key, place in minters.items())

    @model_validator(mode="before")
    @classmethod
    def _read_amounts(cls, bank: Any, info: ValidationInfo) -> Any:
        """Minor units for the text that a file has, by the decimals of the token that it is of.

        Not where a key is mistyped or a token's currency or decimals are a mistake: that is told in
        its turn, before what follows from it.
        """
        if folder_of(info) is None or not isinstance(bank, dict) or _has_unknown_key(bank):
            return bank
        tokens = _tables(bank.get("tokens"))
        units = {str(token.get("currency")): unit for token in tokens if (unit := _unit_of(token))}
        # Else it may be the token that is mistyped, and not what names it.
        whole = 0 < len(units) == len(tokens)
        bank = dict(bank)
        for part, table in _PARTS.items():
            of = next(iter(table.model_fields))
            for n, row in enumerate(_tables(bank.get(part))):
                if whole and isinstance(row.get(of), str):
                    _require_known(row[of], "its tokens", units, part, n, of)
            if isinstance(bank.get(part), list):
                bank[part] = [
                    _with_units(row, units[str(row.get(of))], (part, n))
                    if isinstance(row, dict) and str(row.get(of)) in units
                    else row
                    for n, row in enumerate(bank[part])
                ]
        return bank

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse_repeats(
            ((("tokens", n, "currency"), each.currency) for n, each in enumerate(self.tokens)),
            "one token a currency",
        )
        self._check_corridors()
        self._check_minters()
        refuse_repeats(self.holders(), "a key that has no other role")
        return self

    def _check_corridors(self) -> None:
        currencies = [token.currency for token in self.tokens]
        for n, each in enumerate(self.corridors):
            place: tuple[Step, ...] = ("corridors", n)
            _require_known(each.token, "its tokens", currencies, *place, "token")
            for key, zone in (("from_zone", each.from_zone), ("to_zone", each.to_zone)):
                _require_known(zone, "the zones", self.zones, *place, key)
            money = self.token(each.token).money
            if each.open and each.max_amount == 0:
                accepted = "an amount above zero, as the corridor is open"
                refuse(str(money(0)), accepted, *place, "max_amount")
            if each.min_amount > each.max_amount:
                accepted = f"at most the max_amount of {money(each.max_amount)}"
                refuse(str(money(each.min_amount)), accepted, *place, "min_amount")
            if each.period == "none" and each.quota != 0:
                refuse(str(money(each.quota)), _QUOTA_ACCEPTED, *place, "quota")
            if each.open and each.period != "none" and each.quota == 0:
                accepted = f"an amount above zero, as the period is {each.period}"
                given = "quota" in each.model_fields_set
                refuse(str(money(0)) if given else None, accepted, *place, "quota")
            if each.open and each.period != "none" and each.quota < each.min_amount:
                accepted = f"at least the min_amount of {money(each.min_amount)}"
                refuse(str(money(each.quota)), accepted, *place, "quota")
        refuse_repeats(
            (
                (("corridors", n), f"{each.token} from {each.from_zone} to {each.to_zone}")
                for n, each in enumerate(self.corridors)
            ),
            "one corridor for a token and a pair of zones",
        )

    def _check_minters(self) -> None:
        currencies = [token.currency for token in self.tokens]
        for n, each in enumerate(self.minters):
            _require_known(each.currency, "its tokens", currencies, "minters", n, "currency")
        refuse_repeats(
            (
                (("minters", n, "ledger_id"), str(each.ledger_id))
                for n, each in enumerate(self.minters)
            ),
            "a ledger that no minter before it has",
        )
        refuse_repeats(
            (
                (("minters", n), f"{each.address} of {each.currency}")
                for n, each in enumerate(self.minters)
            ),
            "a minter of a token once",
        )


def _unit(code: str, decimals: int | None) -> Currency:
    currency = Currency.of(code)
    return currency if decimals is None else Currency(code, currency.numeric, decimals)


_PARTS: Mapping[str, type[Table]] = {
    "tokens": TokenConfig,
    "corridors": CorridorConfig,
    "minters": MinterConfig,
}
"""What has amounts in it; the first key of each says in which currency."""


def _tables(rows: object) -> list[dict[str, Any]]:
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _has_unknown_key(bank: dict[str, Any]) -> bool:
    rows: list[tuple[type[Table], dict[str, Any]]] = [(BankConfig, bank)]
    rows += [(table, row) for part, table in _PARTS.items() for row in _tables(bank.get(part))]
    return any(row.keys() - table.model_fields.keys() for table, row in rows)


def _unit_of(token: dict[str, Any]) -> Currency | None:
    """None if its currency or its decimals are a mistake."""
    decimals = token.get("decimals")
    if decimals is not None and not (type(decimals) is int and 0 <= decimals <= GREATEST_DECIMALS):
        return None
    try:
        return _unit(token.get("currency", ""), decimals)
    except InputError:
        return None


def _with_units(row: dict[str, Any], unit: Currency, place: tuple[Step, ...]) -> dict[str, Any]:
    """A table with its amounts in minor units."""
    if "quota" in row and row.get("period", "none") == "none":
        # Even a quota of 0: who reads it would take it for a limit.
        refuse(row["quota"], _QUOTA_ACCEPTED, *place, "quota")
    read = dict(row)
    for key, bits in _AMOUNTS.items():
        if key in row:
            if not isinstance(row[key], str):
                refuse(row[key], f'text such as "{Money(100_000, unit).format()}"', *place, key)
            try:
                read[key] = Money.parse(row[key], unit).amount
            except InputError as error:
                refuse(error.value, error.accepted, *place, key)
            if read[key] < 0:
                refuse(row[key], "an amount that is not below zero", *place, key)
            if read[key] == 0 and key == "ceiling":
                refuse(row[key], "an amount above zero", *place, key)
            if read[key] >= 2**bits:
                refuse(row[key], f"at most {Money(2**bits - 1, unit)}", *place, key)
    return read


def _require_known(value: str, whose: str, known: Iterable[str], *place: Step) -> None:
    known = list(known)
    if value not in known:
        refuse(value, f"one of {whose}: {', '.join(known)}", *place)
