"""What is known of a refused act beside the contract's error, so that a person understands it."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from hexbytes import HexBytes

from deposit_token.chain.chain import Chain
from deposit_token.chain.coding import calldata
from deposit_token.chain.refusals import ContractError
from deposit_token.chain.roles import FUNCTIONS, needed_for
from deposit_token.chain.sentences import Facts
from deposit_token.errors import DepositTokenError
from deposit_token.protocol.acts import Act
from deposit_token.protocol.consents import consents_among, made_by
from deposit_token.protocol.participants import review_end
from deposit_token.protocol.payment import Payment
from deposit_token.protocol.structs import Domain
from deposit_token.values.enumerations import Role
from deposit_token.values.fields import ADDRESS_ZERO
from deposit_token.values.money import Currency

if TYPE_CHECKING:
    from web3.contract.contract import ContractFunction

_PARTIES = {
    "payer": "the payer",
    "merchant": "the merchant",
    "operator": "the operator",
    "dealer": "the dealer",
    "arbiter": "the arbiter",
    "fee_receiver": "the fee receiver",
    "source_token": "the payer's token",
    "target_token": "the merchant's token",
}

_ENDS = {
    "authorize": ("authorize_by",),
    "charge": ("authorize_by",),
    "releaseWithSignature": ("capture_by", "resolve_by"),
    "refund": ("refund_by",),
    "refundWithAuthorization": ("refund_by",),
}
"""The payment's own deadlines of the acts with signatures: no later signature helps behind them."""

_APPROVER = "the approver of the payer's bank"

_ABOUT_STANDING = {"ERC7943CannotSend", "ERC7943CannotReceive", "NotDealer"}
"""Errors that tell of an `account` no more than that it may not."""


def currency_of(chain: Chain, token: str) -> Currency:
    """A deposit token's currency, with the decimals that the token counts in.

    Raises InputError for an address without checksum or a currency that is none, NoContract if no
    token answers there.
    """
    functions = chain.contract("DepositToken", token).functions
    code = chain.call(functions.currency()).decode("ascii", "replace")
    currency = Currency.of(code)
    return Currency(code, currency.numeric, chain.call(functions.decimals()))


def facts_of(chain: Chain, escrow: Domain, act: Act, found: ContractError) -> Facts:
    """What is known of an act of the escrow that was refused so: who is who, how who may not take
    part stands at its bank, which currencies the amounts are in, and who signed.
    """
    names = {escrow.verifying_contract: "the escrow"}
    if act.payment is not None:
        names |= {getattr(act.payment, field): name for field, name in reversed(_PARTIES.items())}
    # The dealer of a refund may be another than the payment's.
    names |= {each.signer: f"the {each.who}" for each in consents_among(act.arguments)}
    names.pop(ADDRESS_ZERO, None)
    needed = f"the role {FUNCTIONS['SettlementEscrow'].get(act.function, Role.ADMIN).words}"
    renewable = _renewable(act)
    try:
        if act.payment is None:
            return _facts_of_token(chain, names, act.arguments[0], found, needed)
        facts = _facts_of_payment(chain, escrow, names, act, act.payment, found)
        return replace(facts, renewable=renewable)
    except DepositTokenError:
        # The refusal is told all the same: it may be that a token is none and answers nothing.
        return Facts(names=names, needed=needed, renewable=renewable)


def facts_of_call(chain: Chain, call: "ContractFunction", found: ContractError) -> Facts:
    """The same of a call of a function of a bank's that was refused so, of a token's own or of one
    that has a `token` as argument."""
    needed = needed_for(HexBytes(calldata(call)))
    arguments = {
        each["name"]: given for each, given in zip(call.abi["inputs"], call.arguments, strict=True)
    }
    try:
        token = arguments.get("token", call.address)
        return _facts_of_token(chain, {}, token, found, needed)
    except DepositTokenError:
        return Facts(needed=needed)


def _renewable(act: Act) -> frozenset[int]:
    ends = {getattr(act.payment, each) for each in _ENDS.get(act.function, ())}
    own = {each.until for each in consents_among(act.arguments) if each.until is not None}
    return frozenset(own - ends)


def _facts_of_token(
    chain: Chain, names: dict[str, str], token: str, found: ContractError, needed: str
) -> Facts:
    currency = currency_of(chain, token)
    account = found.arguments.get("account") if found.name in _ABOUT_STANDING else None
    return Facts(
        names=names,
        standings={} if account is None else {account: standing(chain, token, account)},
        currencies={token: currency},
        source=currency,
        needed=needed,
    )


def _facts_of_payment(
    chain: Chain,
    escrow: Domain,
    names: dict[str, str],
    act: Act,
    payment: Payment,
    found: ContractError,
) -> Facts:
    source = currency_of(chain, payment.source_token)
    target = currency_of(chain, payment.target_token)
    signer, hint = _signed(chain, escrow, act, found)
    return Facts(
        names={signer: _APPROVER} | names,
        standings=_standings(chain, payment, found),
        currencies={payment.source_token: source, payment.target_token: target},
        source=source,
        target=target,
        by_holder={payment.fee_receiver: target, payment.merchant: target, payment.payer: source},
        zones=_zones(chain, payment, found),
        hints={signer: hint},
    )


def _standings(chain: Chain, payment: Payment, found: ContractError) -> dict[str, str]:
    if found.name not in _ABOUT_STANDING:
        return {}
    account = found.arguments["account"]
    tokens = [payment.source_token, payment.target_token]
    if account == payment.payer:
        tokens.pop()
    elif account != payment.dealer:
        tokens.pop(0)
    told = [standing(chain, token, account) for token in dict.fromkeys(tokens)]
    return {account: ", and ".join(dict.fromkeys(told))}


def _zones(chain: Chain, payment: Payment, found: ContractError) -> dict[int, str]:
    """Why a payer is in no zone: one that is unknown has no country either."""
    if found.name != "CorridorClosed" or found.arguments["fromZone"]:
        return {}
    told = standing(chain, payment.source_token, payment.payer)
    return {0: f"a country without a zone (the payer {payment.payer}: {told})"}


def _signed(chain: Chain, escrow: Domain, act: Act, found: ContractError) -> tuple[str, str]:
    """Whose signature a contract has missed, if it names somebody, and who made what was given."""
    signer = found.arguments.get("signer", "")
    for consent in consents_among(act.arguments):
        if found.name == "ERC3009InvalidSignature" and consent.token is not None:
            digest = consent.digest(escrow, partial(Domain.token, chain))
            made = made_by(digest, consent.signature)
            return signer, f"given is {made}; the {consent.who} is {consent.signer}"
        if found.name == "InvalidSignature" and consent.token is None:
            digest = consent.digest(escrow, partial(Domain.token, chain))
            if digest == found.arguments["digest"]:
                return signer, f"given is {made_by(digest, consent.signature)}"
    return signer, ""


def standing(chain: Chain, token: str, account: str) -> str:
    """How an account stands at a token's bank, in a few words.

    Raises as `Chain.call`.
    """
    registry_address = chain.call(chain.contract("DepositToken", token).functions.registry())
    registry = chain.contract("AllowlistRegistry", registry_address).functions
    record = chain.call(registry.participantOf(account))
    valid_until = review_end(record)
    if chain.call(registry.isBlocked(account)):
        return "it is under a legal block"
    if not record:
        return "it is not registered at the bank"
    if not valid_until:
        return "its registration was revoked"
    if valid_until <= chain.now():
        day = datetime.fromtimestamp(valid_until, UTC)
        return f"its review has lapsed on {day:%Y-%m-%d %H:%M:%S} UTC"
    return "it is in good standing by now"
