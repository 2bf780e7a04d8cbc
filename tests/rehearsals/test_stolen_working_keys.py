"""A working key, a minter's or an approver's is stolen, and the bank goes on without it."""

import pytest

from deposit_token.chain.coding import calldata
from deposit_token.protocol.messages import Approval
from deposit_token.protocol.redemption import Redemptions
from deposit_token.values.enumerations import RedemptionStatus
from tests.refusals import reverts
from tests.rehearsals.scene import DEALER, GERMANY, RETAIL
from tests.scene import FAR

pytestmark = pytest.mark.slow

EEA, HK = 1, 2


def taken_away(scene, who):
    """The key has not its role any more."""
    return reverts("AccessManagedUnauthorized", caller=scene.keys[who].address)


def frozen(account):
    """All that the account has is frozen; it moves one unit of it."""
    return reverts("ERC7943InsufficientUnfrozenBalance", account=account, amount=1, unfrozen=0)


def rules_of(scene):
    """The bank's corridor, as the policy takes it."""
    (corridor,) = scene.bank.config.corridors
    return corridor.as_tuple()


def test_stolen_registrar(scene, runbook):
    registry, thief = scene.at("registry"), scene.keys["thief"]
    victim = scene.keys["neighbour"]
    scene.send("registrar", registry.register(thief.address, DEALER, GERMANY, FAR, 666))
    scene.send("registrar", registry.revoke(victim.address))

    book = runbook(
        "stolen-registrar",
        stolen=scene.keys["registrar"],
        wallet=thief,
        victim=victim,
        category=RETAIL,
        country=GERMANY,
        until=FAR,
        customer=2,
    )
    book.do(1)
    with taken_away(scene, "registrar"):
        scene.send("registrar", registry.renew(thief.address, FAR - 1))
    book.do(2, 3, 4, 5, 6)
    token = scene.token(scene.eur)
    assert scene.chain.call(registry.isBlocked(thief.address))
    # It was revoked too, so that it does not come back with the end of its block.
    scene.send("releaser", registry.unblockWallet(thief.address))
    with reverts("ERC7943CannotReceive", account=thief.address):
        scene.send("payer", token.transfer(thief.address, 1))
    scene.send("payer", token.transfer(victim.address, 1))


def test_stolen_compliance(scene, runbook):
    registry, token = scene.at("registry"), scene.token(scene.eur)
    payer, dealer = (scene.keys[name].address for name in ("payer", "dealer"))
    scene.send(
        "compliance",
        registry.blockWallet(dealer, b"LEGL"),
        registry.blockCustomer(2, b"LEGL"),
        token.freeze(payer, 10**12),
    )
    scene.settlement.divert_inventory(scene.keys["compliance"], scene.eur, dealer)
    before = scene.balance(scene.eur, "dealer")

    book = runbook(
        "stolen-compliance",
        stolen=scene.keys["compliance"],
        wallet=dealer,
        customer=2,
        token=scene.eur,
        holder=payer,
        before=0,
    )
    book.do(1)
    with taken_away(scene, "compliance"):
        scene.send("compliance", registry.blockCustomer(1, b"LEGL"))
    book.do(2, 3, 4, 5)
    assert scene.balance(scene.eur, "dealer") == before + 5_000_00
    scene.send("payer", token.transfer(scene.keys["neighbour"].address, 1))
    book.do(6, 7)
    scene.send("new", registry.blockCustomer(2, b"LEGL"))


def test_stolen_policy_officer(scene, runbook):
    registry, policy, token = scene.at("registry"), scene.at("policy"), scene.token(scene.eur)
    rules = rules_of(scene)
    corridor = (scene.eur, EEA, HK)
    scene.send(
        "policy_officer",
        policy.narrowCorridor(*corridor, (False, *rules[1:])),
        policy.suspendCorridor(*corridor),
        token.suspendAccepted(scene.hkd),
        registry.clearZone([GERMANY]),
    )

    book = runbook(
        "stolen-policy-officer",
        stolen=scene.keys["policy_officer"],
        source=scene.eur,
        from_zone=EEA,
        to_zone=HK,
        token=scene.eur,
        other_token=scene.hkd,
        rules=rules,
        countries=[GERMANY],
        zone=EEA,
    )
    book.do(1)
    with taken_away(scene, "policy_officer"):
        scene.send("policy_officer", policy.suspendCorridor(*corridor))
    book.do(2, 3, 4, 5)
    scene.authorize(scene.terms())
    scene.send("new", policy.suspendCorridor(*corridor))
    scene.send("releaser", policy.resumeCorridor(*corridor))


def test_stolen_treasurer(scene, runbook):
    token, minter = scene.token(scene.eur), scene.keys["minter"].address
    ledger, _, ceiling = scene.chain.call(token.minterOf(minter))
    cap = scene.chain.call(token.supplyCap())
    scene.send("treasurer", token.lowerCeiling(minter, 0), token.lowerSupplyCap(0))

    book = runbook(
        "stolen-treasurer",
        stolen=scene.keys["treasurer"],
        token=scene.eur,
        minter=minter,
        ledger=ledger,
        ceiling=ceiling,
        cap=cap,
    )
    book.do(1)
    with taken_away(scene, "treasurer"):
        scene.send("treasurer", token.refill(minter))
    book.do(2, 3)
    scene.send("minter", token.mint(scene.keys["payer"].address, 1, ledger << 64 | 9))
    scene.send("new", token.refill(minter))


def test_stolen_payout_officer(scene, runbook):
    """It accepts one redemption that nobody pays, and rejects one that was paid."""
    redemptions = Redemptions(scene.chain, scene.eur)
    payer, officer = scene.keys["payer"], scene.keys["payout_officer"]
    _, unpaid = redemptions.request(payer, 100_00, bytes(32))
    _, paid = redemptions.request(payer, 300_00, bytes(32))
    for number in (unpaid, paid):
        redemptions.accept(officer, number)
    redemptions.reject(officer, paid, "AC04")

    book = runbook(
        "stolen-payout-officer",
        stolen=officer,
        token=scene.eur,
        holder=payer,
        amount=300_00,
        id=unpaid,
    )
    book.do(1)
    token = scene.token(scene.eur)
    with taken_away(scene, "payout_officer"):
        scene.send("payout_officer", token.rejectRedemption(unpaid, b"AC04"))
    book.do(2, 3, 4, 5)
    assert redemptions.find(unpaid).status is RedemptionStatus.REJECTED
    balance = scene.balance(scene.eur, "payer")
    assert scene.chain.call(token.spendableOf(payer.address)) == balance - 300_00


def test_stolen_releaser(scene, runbook):
    registry, policy, token = scene.at("registry"), scene.at("policy"), scene.token(scene.eur)
    neighbour, payer = scene.keys["neighbour"].address, scene.keys["payer"].address
    corridor = (scene.eur, EEA, HK)
    stops = [
        ("guardian", policy.stopCorridor(*corridor)),
        ("guardian", token.stopAccepted(scene.hkd)),
        ("guardian", token.pause()),
        ("compliance", registry.blockWallet(neighbour, b"LEGL")),
        ("compliance", registry.blockCustomer(3, b"LEGL")),
        ("compliance", token.freeze(neighbour, 1)),
    ]
    state = [
        policy.isSuspended(*corridor),
        token.acceptanceOf(scene.hkd),
        token.paused(),
        registry.isBlocked(neighbour),
        registry.isCustomerBlocked(3),
        token.getFrozenTokens(neighbour),
    ]
    releases = [
        policy.resumeCorridor(*corridor),
        token.resumeAccepted(scene.hkd),
        token.unpause(),
        registry.unblockWallet(neighbour),
        registry.unblockCustomer(3),
        token.setFrozenTokens(neighbour, 0),
        token.setFrozenTokens(payer, 10**12),
    ]
    for who, stop in stops:
        scene.send(who, stop)
    stopped = [scene.chain.call(each) for each in state]
    scene.send("releaser", *releases)

    book = runbook(
        "stolen-releaser",
        stolen=scene.keys["releaser"],
        source=scene.eur,
        from_zone=EEA,
        to_zone=HK,
        token=scene.eur,
        other_token=scene.hkd,
        wallet=neighbour,
        customer=3,
        amount=1,
        victim=payer,
        before=0,
    )
    book.do(1)
    with taken_away(scene, "releaser"):
        scene.send("releaser", token.setFrozenTokens(payer, 0))
    book.do(2, 3)
    assert [scene.chain.call(each) for each in state] == stopped
    book.do(4, 5, 6)
    scene.send("new", *releases[:-1])
    scene.send("payer", token.transfer(neighbour, 1))


def test_stolen_enforcer(scene, runbook):
    """It has moved something before anybody saw it, and scheduled more."""
    manager, token = scene.at("manager"), scene.token(scene.eur)
    payer, neighbour = scene.keys["payer"].address, scene.keys["neighbour"].address
    delay = scene.chain.call(scene.at("keeper").ENFORCER_DELAY())
    seizures = [token.forcedTransfer(payer, neighbour, amount) for amount in (100_00, 200_00)]
    for seizure in seizures:
        scene.send("enforcer", manager.schedule(scene.eur, calldata(seizure), 0))
    scene.advance(scene.chain.now() + delay)
    scene.send("enforcer", seizures[0])
    before = scene.balance(scene.eur, "payer")

    book = runbook(
        "stolen-enforcer",
        stolen=scene.keys["enforcer"],
        target=scene.eur,
        call=calldata(seizures[1]),
        token=scene.eur,
        receiver=neighbour,
        victim=payer,
        amount=100_00,
    )
    book.do(1)
    with taken_away(scene, "enforcer"):
        scene.send("enforcer", seizures[1])
    book.do(2, 3)
    with frozen(neighbour):
        scene.send("neighbour", token.transfer(payer, 1))
    book.do(4, 5, 6, 7)
    assert scene.balance(scene.eur, "payer") == before + 100_00
    assert scene.balance(scene.eur, "neighbour") == 0


def test_stolen_minter(scene, runbook):
    """Of what it mints to an accomplice nothing is left, and the books are right again."""
    token, minter = scene.token(scene.eur), scene.keys["minter"].address
    neighbour = scene.keys["neighbour"].address
    ledger, allowance, _ = scene.chain.call(token.minterOf(minter))
    reserve, least, _ = scene.chain.call(token.minterOf(scene.keys["reserve"].address))
    scene.send("reserve", token.mint(scene.keys["payer"].address, least, reserve << 64 | 1))
    supply = scene.chain.call(token.totalSupply())
    scene.send("minter", token.mint(neighbour, allowance, ledger << 64 | 99))

    book = runbook(
        "stolen-minter",
        stolen=minter,
        token=scene.eur,
        receiver=neighbour,
        amount=allowance,
        category=RETAIL,
        country=GERMANY,
        until=FAR,
        customer=9,
        ledger=9202,
        ceiling=1_000_000_00,
        burned=allowance,
        entry=9202 << 64 | 1,
    )
    book.do(1, 2)
    with reverts("NotMinter", caller=minter):
        scene.send("minter", token.mint(neighbour, 1, ledger << 64 | 98))
    with frozen(neighbour):
        scene.send("neighbour", token.transfer(scene.keys["payer"].address, 1))
    book.do(3)
    scene.send("reserve", token.mint(scene.keys["payer"].address, 5, reserve << 64 | 2))
    book.do(4, 5, 6, 7, 8, 9)
    assert scene.balance(scene.eur, "neighbour") == 0
    assert scene.chain.call(token.totalSupply()) == supply + 5


def test_stolen_approver(scene, runbook):
    payment, unused = scene.terms(1), scene.terms(2)
    scene.authorize(payment)
    payer, before = scene.keys["payer"], scene.balance(scene.eur, "payer")

    book = runbook(
        "stolen-approver", stolen=scene.keys["approver"], wallet=payer, payment=payment.as_tuple()
    )
    book.do(1)
    with reverts("NoApprover"):
        scene.authorize(unused)
    book.do(2)
    with reverts("PayerBlocked", payer=payer.address):
        scene.settlement.capture(scene.keys["platform"], payment, 0, 1)
    book.do(3)
    assert scene.settlement.claimable(scene.eur, payer.address) == 100_00
    book.do(4, 5)
    scene.send("releaser", scene.at("registry").unblockWallet(payer.address))
    scene.settlement.claim(scene.keys["anybody"], scene.eur, payer.address)
    assert scene.balance(scene.eur, "payer") == before + 100_00
    later = scene.terms(3)
    approval = Approval(scene.settlement.payment_id(later), later.authorize_by)
    new = scene.keys["new"].address
    with reverts("InvalidSignature", signer=new, digest=approval.digest(scene.settlement.domain)):
        scene.authorize(later)
    scene.authorize(later, approver="new")
