"""A registry, a policy or the escrow is replaced while customers pay."""

import pytest

from deposit_token.chain.roles import FUNCTIONS, selectors
from deposit_token.protocol.participants import pack_participant
from deposit_token.protocol.settlement import Settlement
from deposit_token.values.countries import country_numeric
from deposit_token.values.enumerations import PaymentStatus, Role
from tests.refusals import reverts
from tests.rehearsals.runbook import Each, Runbook
from tests.rehearsals.scene import CUSTOMERS, DEALER, RETAIL, Scene
from tests.scene import FAR

pytestmark = pytest.mark.slow

EEA, HK = 1, 2
OUTFLOW_ONLY = 2
"""The status of a stopped system account."""


def functions_of(kind: str) -> dict[str, Each]:
    """The roles with functions at a contract, and the selectors of each."""
    by_role: dict[Role, list[bytes]] = {}
    for name, selector in selectors(kind).items():
        by_role.setdefault(FUNCTIONS[kind][name], []).append(selector)
    return {"role": Each(by_role), "functions": Each(by_role.values())}


def zones(scene: Scene) -> dict[str, Each]:
    table = scene.bank.config.zones
    countries = [[country_numeric(code) for code in codes] for codes in table.values()]
    return {"zone": Each(scene.bank.config.zone_numbers.values()), "countries": Each(countries)}


def record(name: str) -> int:
    return pack_participant(DEALER if name == "dealer" else RETAIL, "DE", FAR, CUSTOMERS[name])


def test_replace_registry(scene, runbook):
    """One customer is blocked before, one meanwhile, and one is left behind."""
    registry, token = scene.at("registry"), scene.token(scene.eur)
    payer, neighbour, merchant = (
        scene.keys[name].address for name in ("payer", "neighbour", "merchant")
    )
    payment = scene.terms(1)
    scene.authorize(payment)
    scene.send("compliance", registry.blockCustomer(CUSTOMERS["neighbour"], b"LEGL"))
    moved = ("payer", "dealer")

    book = runbook(
        "replace-registry",
        **functions_of("AllowlistRegistry"),
        **zones(scene),
        wallets=[scene.keys[name].address for name in moved],
        records=[record(name) for name in moved],
    )
    book.do(1, 2, 3, 4)
    following = scene.chain.contract("AllowlistRegistry", book.place("next_registry")).functions
    with reverts("CustomerIsBlocked", customerId=CUSTOMERS["neighbour"]):
        scene.send("registrar", following.registerBatch([neighbour], [record("neighbour")]))
    book.do(5)
    book.name(wallet=scene.keys["dealer"], customer=CUSTOMERS["merchant"])
    book.do(6, 7, 8)
    later = scene.terms(2)
    dealer = scene.keys["dealer"].address
    with reverts("NotDealer", account=dealer, validUntil=0, category=DEALER):
        scene.authorize(later)
    scene.send("releaser", registry.unblockWallet(scene.keys["dealer"].address))
    scene.send("releaser", following.unblockWallet(scene.keys["dealer"].address))
    scene.authorize(later)
    scene.settlement.capture(scene.keys["platform"], payment, 0, 100_00)
    for wallet in (neighbour, merchant):
        with reverts("ERC7943CannotReceive", account=wallet):
            scene.send("payer", token.transfer(wallet, 1))
    assert scene.chain.call(following.isBlocked(neighbour))
    assert not scene.chain.call(following.isBlocked(merchant))
    book.do(9)
    assert scene.chain.call(following.isBlocked(merchant))
    scene.settlement.void(scene.keys["platform"], later)
    assert scene.chain.call(following.standingOf(payer)) > 0


def test_replace_policy(scene, runbook):
    """With a payment under way that was counted before, and a corridor that is suspended."""
    (corridor,) = scene.bank.config.corridors
    place = (scene.eur, EEA, HK)
    payment = scene.terms(1)
    scene.authorize(payment)
    scene.send("guardian", scene.at("policy").stopCorridor(*place))

    book = runbook(
        "replace-policy",
        **functions_of("CorridorPolicy"),
        approver=scene.keys["approver"],
        source=scene.eur,
        from_zone=EEA,
        to_zone=HK,
        rules=corridor.as_tuple(),
    )
    book.do(1, 2, 3, 4, 5, 6, 7)
    later = scene.terms(2)
    with reverts("CorridorIsSuspended", token=scene.eur, fromZone=EEA, toZone=HK):
        scene.authorize(later)
    following = scene.chain.contract("CorridorPolicy", book.place("next_policy")).functions
    scene.send("releaser", following.resumeCorridor(*place))
    quota = following.remainingQuota(*place, CUSTOMERS["payer"])
    assert scene.chain.call(quota) == corridor.quota
    scene.authorize(later)
    assert scene.chain.call(quota) == corridor.quota - 100_00
    scene.settlement.void(scene.keys["platform"], payment)
    assert scene.chain.call(quota) == corridor.quota - 100_00


def test_replace_escrow(scene, other_scene, runbook):
    """By both banks. What the old one holds comes out, and the next payment goes into the new."""
    settlement, platform = scene.settlement, scene.keys["platform"]
    dealer, merchant = scene.keys["dealer"].address, scene.keys["merchant"].address
    captured, held = scene.terms(1), scene.terms(2)
    for payment in (captured, held):
        scene.authorize(payment)
    scene.send("guardian", scene.token(scene.eur).pause())
    settlement.void(platform, held)
    scene.send("releaser", scene.token(scene.eur).unpause())
    settlement.capture(platform, captured, 0, 60_00)

    books: list[Runbook] = []
    for at, stock in ((scene, scene.eur), (other_scene, scene.hkd)):
        books.append(
            runbook(
                "replace-escrow",
                at,
                functions=[*selectors("SettlementEscrow").values()],
                stock=stock,
                amount=settlement.inventory(dealer, stock),
            )
        )
        books[-1].do(1, 2, 3, 4)
    following = Settlement(scene.chain, books[0].place("next_escrow"))
    assert books[1].place("next_escrow") == following.address
    quote = settlement.quote_refund(captured, 85_00, FAR)
    for book in books:
        book.do(5, 6)
    settlement.capture(platform, captured, 60_00, 40_00)
    assert settlement.state(settlement.payment_id(captured)).status is PaymentStatus.CAPTURED
    stopped = {"account": scene.escrow, "status": OUTFLOW_ONLY}
    with reverts("SystemAccountClosed", caller=scene.escrow, **stopped):
        settlement.refund(
            scene.keys["merchant"],
            captured,
            quote,
            settlement.sign_refund_as_dealer(scene.keys["dealer"], quote),
        )
    books[0].name(owner=scene.keys["payer"])
    books[0].do(7)
    books[1].name(stock=Each(), owner=merchant)
    books[1].do(7)
    with reverts("NotSystemAccount", account=scene.escrow, found=OUTFLOW_ONLY):
        scene.authorize(scene.terms(3))
    scene.authorize(scene.terms(4), escrow=following.address)
    assert settlement.claimable(scene.eur, scene.keys["payer"].address) == 0
