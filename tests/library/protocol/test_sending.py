"""What a person reads when a token refuses what the library sends to it."""

import pytest

from deposit_token.chain.refusals import Reverted
from deposit_token.protocol.entries import LedgerEntry
from deposit_token.protocol.redemption import Redemptions
from deposit_token.protocol.sending import send_to_bank
from deposit_token.values.money import Currency, Money
from tests.refusals import says
from tests.scene import MERCHANT, OPERATOR, STRANGER

EUR = Currency.of("EUR")


@pytest.fixture
def redemptions(shop, eur):
    return Redemptions(shop.chain, eur)


def test_amounts_of_a_redemption_have_the_tokens_currency(shop, redemptions):
    buyer, _ = shop.sell()
    shop.endow(buyer)
    with says(
        Reverted,
        f"requestRedemption: found 100.00 EUR at {buyer.address}, accepted is 100.01 EUR or more.",
    ):
        redemptions.request(buyer, 100_01, bytes(32))


def test_how_who_is_refused_stands_is_told(shop):
    mint = shop.rhein.token.mint(STRANGER.address, 1, LedgerEntry(7001, 9_998).id)
    told = rf"^mint: found {STRANGER.address}, which may not receive \(it is not registered at"
    with pytest.raises(Reverted, match=told):
        send_to_bank(shop.chain, shop.rhein.keys["minter"], mint)


@pytest.mark.parametrize("act", ["accept", "reject"])
def test_role_that_is_lacked_is_named(shop, redemptions, act):
    further = ("AC04",) if act == "reject" else ()
    with says(
        Reverted,
        f"{act}Redemption: found {STRANGER.address} as caller, who lacks the role for it, accepted "
        "is one who has it: the role payout officer.",
    ):
        getattr(redemptions, act)(STRANGER, 1, *further)


@pytest.mark.parametrize(
    ("call", "role"),
    [
        (lambda bank: bank.registry.blockCustomer(1, b"LEGL"), "compliance"),
        (lambda bank: bank.policy.setApprover(STRANGER.address), "ADMIN"),
        (lambda bank: bank.policy.removeApprover(), "guardian"),
        (lambda bank: bank.keeper.revokeProposer(STRANGER.address), "guardian"),
        (lambda bank: bank.token.unpause(), "releaser"),
    ],
    ids=["registry", "policy", "policy at once", "keeper", "token"],
)
@pytest.mark.parametrize("gas", [None, 500_000])
def test_role_that_is_lacked_is_named_of_what_is_sent_directly(shop, call, role, gas):
    call = call(shop.rhein)
    with says(
        Reverted,
        f"{call.fn_name}: found {STRANGER.address} as caller, who lacks the role for it, accepted "
        f"is one who has it: the role {role}.",
    ):
        shop.chain.send(STRANGER, call, gas)


def test_function_without_a_role_of_its_own_is_admins(shop):
    call = shop.rhein.token.setSupplyCap(1)
    with pytest.raises(Reverted, match=r"accepted is one who has it: the role ADMIN\.$"):
        send_to_bank(shop.chain, STRANGER, call)


def test_amounts_of_a_mint_have_the_tokens_currency(shop):
    mint = shop.rhein.token.mint(MERCHANT.address, 10**9 + 1, LedgerEntry(7001, 9_999).id)
    with pytest.raises(
        Reverted, match=r"^mint: found 10000000\.01 EUR, accepted are at most \d+\.00 EUR,"
    ):
        send_to_bank(shop.chain, shop.rhein.keys["minter"], mint)


def test_amounts_of_a_corridor_have_the_currency_of_its_token(shop):
    bank = shop.rhein
    corridor = (bank.first, 1, 2)
    *others, _, most, quota = shop.chain.call(bank.policy.corridor(*corridor))
    call = bank.policy.narrowCorridor(*corridor, (*others, most + 1, most, quota))
    least, greatest = (Money(each, EUR) for each in (most + 1, most))
    with says(
        Reverted,
        f"narrowCorridor: found {least} as least and {greatest} as greatest amount, accepted is a "
        "least that is not above the greatest.",
    ):
        send_to_bank(shop.chain, bank.keys["policy_officer"], call)


def test_amounts_of_a_previewed_capture_have_the_payments_currency(shop, settlement):
    _, payment = shop.sold()
    with says(Reverted, "previewCapture: found 100.01 EUR, accepted are at most 100.00 EUR."):
        settlement.preview_capture(payment, 0, 100_01)


def test_role_that_may_divert_is_named(shop, settlement, hkd):
    with pytest.raises(Reverted, match=r"^divertClaim: .*: the role compliance\.$"):
        settlement.divert_claim(OPERATOR, hkd, MERCHANT.address, STRANGER.address)
