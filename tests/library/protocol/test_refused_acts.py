"""What a person reads when a bank or the escrow refuses an act of a payment."""

from dataclasses import replace

import pytest

from deposit_token.chain.refusals import Reverted
from deposit_token.errors import Next
from deposit_token.protocol import acts
from deposit_token.protocol.payment import NO_APPROVAL
from deposit_token.values.enumerations import CustomerCategory
from tests.scene import DEALER, MERCHANT, OPERATOR, STRANGER


def refused(act, *arguments, **named) -> Reverted:
    with pytest.raises(Reverted) as refusal:
        act(*arguments, **named)
    return refusal.value


def refusal_of(act, *arguments, **named) -> str:
    return str(refused(act, *arguments, **named))


def test_an_unregistered_payer(shop):
    _, payment = shop.sell()
    payment = replace(payment, payer=STRANGER.address)
    told = refusal_of(shop.authorize, STRANGER, payment)
    assert "from a country without a zone (the payer " in told
    assert f"{STRANGER.address}: it is not registered at the bank) to zone" in told


def test_a_blocked_payer(shop):
    buyer, payment = shop.sell()
    shop.block(buyer)
    refusal = refused(shop.authorize, buyer, payment)
    told = f"the payer {buyer.address}, which may not send (it is under a legal block)"
    assert told in str(refusal)
    assert refusal.next is Next.WAIT


def test_a_payer_that_is_blocked_before_the_capture(shop, settlement):
    """The same fact is to wait for at every act."""
    buyer, payment = shop.sold()
    shop.block(buyer)
    refusal = refused(settlement.capture, OPERATOR, payment, 0, 100_00)
    assert (refusal.error, refusal.next) == ("PayerBlocked", Next.WAIT)


@pytest.mark.anvil("sets the clock")
def test_a_lapsed_payer(shop):
    buyer, payment = shop.sell()
    ends = shop.now + 100
    shop.rhein.send("registrar", shop.rhein.registry.renew(buyer.address, ends))
    shop.wait_until(ends)
    told = refusal_of(shop.authorize, buyer, payment)
    assert f"the payer {buyer.address}, which may not send (its review has lapsed on 20" in told


def test_a_payer_that_lacks_money(shop):
    buyer, payment = shop.sell()
    payment = replace(payment, source_amount=100_01)
    told = refusal_of(shop.authorize, buyer, payment)
    assert told == (
        f"authorize: found 100.00 EUR at the payer {buyer.address}, accepted is 100.01 EUR or more."
    )


def test_a_missing_approval(shop):
    buyer, payment = shop.sell()
    told = refusal_of(shop.authorize, buyer, payment, approval=NO_APPROVAL)
    assert told == (
        "authorize: found no approval of the payer's bank, accepted is one: its corridor asks for "
        "it."
    )


def told_of(settlement, payment, consents, **changes) -> str:
    """What a preview says, with some of the consents replaced."""
    return str(settlement.preview_authorize(payment, **consents | changes))


def test_a_dealers_signature_of_somebody_else(shop, settlement):
    buyer, payment = shop.sell()
    consents = shop.consents(buyer, payment)
    foreign = settlement.sign_as_dealer(STRANGER, payment)
    told = told_of(settlement, payment, consents, dealer_signature=foreign)
    assert f"found no signature of the dealer {DEALER.address}" in told
    assert told.endswith(f"(given is one by {STRANGER.address}, or under something else)")
    told = told_of(settlement, payment, consents, dealer_signature=b"")
    assert told.endswith("(given is none)")


def test_a_payers_signature_of_somebody_else(shop, settlement):
    buyer, payment = shop.sell()
    consents = shop.consents(buyer, payment)
    foreign = settlement.sign_as_payer(STRANGER, payment)
    told = told_of(settlement, payment, consents, payer_signature=foreign)
    assert told == (
        "found no signature of the account whose tokens are asked for under what is to be done, "
        f"accepted is one of that account (given is one by {STRANGER.address}, or under something "
        f"else; the payer is {buyer.address})"
    )
    told = told_of(settlement, payment, consents, payer_signature=b"\x11" * 63)
    assert "(given is one of no key, 63 bytes; the payer is " in told


def test_an_approval_of_somebody_else(shop, settlement):
    buyer, payment = shop.sell()
    consents = shop.consents(buyer, payment)
    foreign = settlement.approve_as_bank(STRANGER, payment, payment.authorize_by)
    told = told_of(settlement, payment, consents, approval=foreign)
    approver = shop.rhein.keys["approver"].address
    assert f"found no signature of the approver of the payer's bank {approver} under" in told
    assert told.endswith(f"(given is one by {STRANGER.address}, or under something else)")


@pytest.mark.anvil("sets the clock")
def test_a_late_capture(shop, settlement):
    _, payment = shop.sold()
    shop.wait_until(payment.capture_by)
    told = refusal_of(settlement.capture, OPERATOR, payment, 0, 100_00)
    assert told.startswith("capture: found the time 20")
    assert " UTC, accepted is any before 20" in told


def test_a_repeated_capture(shop, settlement):
    _, payment = shop.captured("900.00 HKD", "100.00 EUR")
    told = refusal_of(settlement.capture, OPERATOR, payment, 0, 100_00)
    identity = settlement.payment_id(payment).hex()
    assert told == (
        f"capture: found the payment 0x{identity} captured, accepted is one that is authorized."
    )


def test_a_caller_without_the_right(shop, settlement):
    _, payment = shop.sold()
    told = refusal_of(settlement.capture, MERCHANT, payment, 0, 100_00)
    assert told == (
        f"capture: found the merchant {MERCHANT.address} as caller, accepted is the operator "
        f"{OPERATOR.address}."
    )


def test_a_merchant_that_lacks_what_it_gives_back(shop):
    _, payment = shop.captured("900.00 HKD", "100.00 EUR")
    quote = shop.quote(payment, 100_01, 900_00)
    told = refusal_of(shop.refund, payment, quote)
    assert told == "refundWithAuthorization: found 100.01 EUR, accepted are at most 100.00 EUR."


def test_an_empty_inventory(shop, settlement, hkd):
    left = shop.inventory(hkd)
    buyer, payment = shop.sell("900.00 HKD")
    payment = replace(payment, target_amount=left + 1)
    told = refusal_of(shop.authorize, buyer, payment)
    assert f"HKD in the inventory of the dealer {DEALER.address}" in told


def test_what_is_skipped_in_a_batch_says_why(shop, settlement):
    _, payment = shop.sold()
    _, (skipped,) = settlement.batch(MERCHANT, [acts.capture(payment, 0, 100_00)])
    assert str(skipped.reason) == (
        f"found the merchant {MERCHANT.address} as caller, accepted is the operator "
        f"{OPERATOR.address}"
    )


def test_a_preview_says_why(shop, settlement):
    _, payment = shop.sell()
    payment = replace(payment, authorize_by=shop.now - 1, capture_from=shop.now - 1)
    found = settlement.preview_authorize(payment, b"")
    assert str(found).startswith("found the time 20")
    assert found.next is Next.GIVE_UP


def test_a_dealer_of_another_category(shop):
    buyer, payment = shop.sell()
    payment = replace(payment, dealer=STRANGER.address)
    for bank in (shop.rhein, shop.victoria):
        bank.register(CustomerCategory.RETAIL, "DE", STRANGER.address, customer="stranger")
    signature = shop.settlement.sign_as_dealer(STRANGER, payment)
    told = refusal_of(shop.authorize, buyer, payment, dealer_signature=signature)
    assert f"found the dealer {STRANGER.address} of category retail, good until" in told
