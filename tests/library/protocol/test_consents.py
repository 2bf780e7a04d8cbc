"""What becomes of a signature before it is sent: a key's is brought into the contracts' form, that
of a contract's wallet is left as it is, and what nobody takes is refused at no cost."""

from dataclasses import replace

import pytest

from deposit_token.errors import NoContract
from deposit_token.protocol import acts
from deposit_token.protocol.consents import consents_among
from deposit_token.protocol.messages import RedemptionRequest
from deposit_token.protocol.payment import PaymentApproval
from deposit_token.protocol.redemption import Redemptions
from tests.library.protocol.test_signatures import compact, low_v, upper_half
from tests.nodes import mined_after, rpc
from tests.refusals import missigned
from tests.scene import DEALER, MERCHANT, OPERATOR, STRANGER

RS = b"\x11" * 64
MALFORMED = {
    "empty": (b"", "none"),
    "v 2": (RS + b"\x02", "one of no key, 65 bytes"),
    "v 35": (RS + b"\x23", "one of no key, 65 bytes"),
    "v 37": (RS + b"\x25", "one of no key, 65 bytes"),
    "63 bytes": (RS[1:], "one of no key, 63 bytes"),
    "130 bytes": (RS + RS + b"\x11\x11", "one of no key, 130 bytes"),
}
TAKES_ANYTHING = "0x7f1626ba7e" + "00" * 28 + "5f5260205ff3"
"""A contract's wallet that answers `isValidSignature` with yes."""
OF_A_WALLET = [RS, RS + b"\x01", b"", b"\x11" * 130, upper_half(RS + b"\x1b")]


@pytest.fixture
def as_wallet(shop):
    """Puts a wallet's code at an address, until the test is over."""
    given = []

    def put(address):
        given.append(address)
        rpc(shop.chain, "anvil_setCode", address, TAKES_ANYTHING)

    yield put
    for address in given:
        rpc(shop.chain, "anvil_setCode", address, "0x")


def sent_data(shop, receipt):
    return bytes(shop.chain.web3.eth.get_transaction(receipt["transactionHash"])["input"])


@pytest.mark.parametrize("form", MALFORMED)
def test_what_no_key_made_is_refused_before_it_is_sent(shop, settlement, form):
    signature, made = MALFORMED[form]
    buyer, payment = shop.sell()
    quote = shop.quote(payment, 1, 9)
    block = shop.chain.web3.eth.block_number
    with missigned("payer", buyer.address, made):
        shop.authorize(buyer, payment, payer_signature=signature)
    with missigned("payer", buyer.address, made):
        settlement.charge(OPERATOR, payment, signature)
    with missigned("dealer", DEALER.address, made):
        shop.authorize(buyer, payment, dealer_signature=signature)
    if signature:  # Without one the corridor may do.
        with missigned("approver", shop.rhein.keys["approver"].address, made):
            shop.authorize(buyer, payment, approval=PaymentApproval(2**39, signature))
    with missigned("payer", buyer.address, made):
        settlement.release_with_signature(STRANGER, payment, 2**39, signature)
    with missigned("merchant", MERCHANT.address, made):
        settlement.refund_with_authorization(OPERATOR, payment, quote, signature)
    request = RedemptionRequest(buyer.address, 1, bytes(32), bytes(32), 2**39)
    with missigned("holder", buyer.address, made):
        Redemptions(shop.chain, shop.eur).request_with_signature(STRANGER, request, signature)
    assert mined_after(shop.chain, block) == []


@pytest.mark.parametrize("form", [compact, low_v, upper_half], ids=lambda form: form.__name__)
def test_keys_signatures_are_sent_in_the_contracts_form(shop, settlement, form):
    buyer, payment = shop.sell()
    consents = shop.consents(buyer, payment)
    approval = consents["approval"]
    given = {
        "payer_signature": form(consents["payer_signature"]),
        "dealer_signature": form(consents["dealer_signature"]),
        "approval": PaymentApproval(approval.valid_until, form(approval.signature)),
    }
    assert settlement.preview_authorize(payment, **given) is None
    data = sent_data(shop, settlement.authorize(OPERATOR, payment, **given))
    assert consents["payer_signature"] in data
    assert consents["dealer_signature"] in data
    assert approval.signature in data
    release = settlement.sign_release(buyer, payment, payment.refund_by)
    act = acts.release_with_signature(payment, payment.refund_by, form(release))
    receipt, skipped = settlement.batch(STRANGER, [act])
    assert skipped == []
    assert release in sent_data(shop, receipt)


def test_key_that_the_dealer_has_named_signs_in_any_form(shop, settlement):
    buyer, payment = shop.sell()
    escrow = shop.chain.contract("SettlementEscrow", settlement.address).functions
    by_named = settlement.sign_as_dealer(STRANGER, payment)
    shop.chain.send(DEALER, escrow.setDealerSigner(STRANGER.address, True))
    try:
        data = sent_data(shop, shop.authorize(buyer, payment, dealer_signature=compact(by_named)))
    finally:
        shop.chain.send(DEALER, escrow.setDealerSigner(STRANGER.address, False))
    assert by_named in data


@pytest.mark.anvil("sets code")
@pytest.mark.parametrize("signature", OF_A_WALLET, ids=len)
def test_signature_of_a_contracts_wallet_is_sent_as_it_is(shop, settlement, as_wallet, signature):
    buyer, payment = shop.sell()
    consents = shop.consents(buyer, payment)
    for address in (buyer.address, DEALER.address, shop.rhein.keys["approver"].address):
        as_wallet(address)
    consents["approval"] = PaymentApproval(payment.authorize_by, signature)
    consents |= {"payer_signature": signature, "dealer_signature": signature}
    act = acts.authorize(payment, **consents)
    assert [each.signature for each in consents_among(act.arguments)] == [signature] * 3
    receipt = settlement.authorize(OPERATOR, payment, **consents)
    assert len(signature).to_bytes(32) + signature in sent_data(shop, receipt)


@pytest.mark.anvil("sets code")
def test_key_of_an_account_with_code_signs_in_any_form(shop, as_wallet):
    """As under EIP-7702: the contracts look at the key first."""
    buyer, payment = shop.sell()
    signature = shop.settlement.sign_as_payer(buyer, payment)
    as_wallet(buyer.address)
    data = sent_data(shop, shop.authorize(buyer, payment, payer_signature=compact(signature)))
    assert signature in data


@pytest.mark.anvil("sets the clock")
def test_approver_may_change(shop, settlement):
    """The one that is known is asked for again."""
    policy, own = shop.rhein.policy, shop.rhein.keys["approver"]
    try:
        for key in (own, STRANGER):
            if key is STRANGER:
                shop.rhein.carry_out(policy.setApprover(key.address))
            buyer, payment = shop.sell()
            approval = settlement.approve_as_bank(key, payment, payment.authorize_by)
            shop.authorize(buyer, payment, approval=approval)
    finally:
        shop.rhein.carry_out(policy.setApprover(own.address))


def test_what_a_wrong_token_lacks_is_told_by_the_escrow(shop, settlement):
    """It has no domain to sign in and no bank whose approver could be asked for."""
    buyer, payment = shop.sell()
    consents = shop.consents(buyer, payment)
    wrong = replace(payment, source_token=shop.rhein.at.registry)
    assert settlement.preview_authorize(wrong, **consents).name == "TokenNotAccepted"
    _, (skipped,) = settlement.batch(OPERATOR, [acts.authorize(wrong, **consents)])
    assert skipped.reason.name == "TokenNotAccepted"
    with pytest.raises(NoContract):
        settlement.authorize(OPERATOR, wrong, **consents)


def test_batch_skips_what_is_not_signed(shop, settlement):
    buyer, payment = shop.sold()
    act = acts.release_with_signature(payment, payment.refund_by, RS + b"\x02")
    _, (skipped,) = settlement.batch(STRANGER, [act])
    assert f"the payer {buyer.address} under" in str(skipped.reason)
    assert str(skipped.reason).endswith("(given is one of no key, 65 bytes)")
