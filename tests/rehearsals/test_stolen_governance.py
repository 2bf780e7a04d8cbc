"""The governor's, a guardian's, the board's or a set-up key is stolen or lost."""

import re
from contextlib import AbstractContextManager

import pytest
from eth_account.signers.local import LocalAccount
from web3.contract.contract import ContractFunction

from deposit_token.chain.coding import calldata
from deposit_token.chain.roles import WORKING_ROLES
from deposit_token.deployment.deployer import Deployer
from deposit_token.deployment.powers import CANCELLER, DEFAULT_ADMIN, PROPOSER
from deposit_token.errors import DeploymentError
from deposit_token.values.enumerations import Role
from tests.refusals import reverts
from tests.rehearsals.runbook import Each
from tests.rehearsals.scene import RHEIN, VICTORIA, Scene, file

pytestmark = pytest.mark.slow

NO_ROLE = "AccessControlUnauthorizedAccount"
NOT_ALLOWED = "AccessManagedUnauthorized"
NOTHING = bytes(32)
EEA, HK = 1, 2


def proposal(scene: Scene, place: str, act: ContractFunction, number: int = 1) -> ContractFunction:
    """What a thief proposes at a timelock."""
    timelock = scene.at(place)
    delay = scene.chain.call(timelock.getMinDelay())
    salt = bytes([number]) * 32
    return timelock.schedule(act.address, 0, calldata(act), NOTHING, salt, delay)


def waiting(scene: Scene, place: str) -> Each:
    """The ids of what waits at a timelock, which the check lists with each of its calls."""
    name = {"timelock": "the timelock", "recovery": "the recovery timelock"}[place]
    pattern = rf"^act 0x(\w{{64}}) that waits at {name} \("
    found = [re.match(pattern, str(each)) for each in scene.report().findings]
    return Each(dict.fromkeys(bytes.fromhex(each[1]) for each in found if each))


def lacks(role: bytes, account: LocalAccount) -> AbstractContextManager[None]:
    """The account has not the role at the timelock that is called."""
    return reverts(NO_ROLE, account=account.address, neededRole=role)


def powerless(scene: Scene, thief: LocalAccount) -> None:
    """It proposes nothing and cancels nothing, at either timelock."""
    act = scene.at("timelock").updateDelay(86_400)
    with lacks(PROPOSER, thief):
        scene.chain.send(thief, proposal(scene, "timelock", act))
    for place in ("timelock", "recovery"):
        with lacks(CANCELLER, thief):
            scene.chain.send(thief, scene.at(place).cancel(NOTHING))


def test_stolen_governor(scene, runbook):
    token = scene.token(scene.eur)
    theft = [token.setAccepted(scene.hkd, False), token.setSupplyCap(2**127)]
    for number, act in enumerate(theft):
        scene.send("governor", proposal(scene, "timelock", act, number))

    ids = waiting(scene, "timelock")
    assert len(ids) == 2
    book = runbook("stolen-governor", stolen=scene.keys["governor"], id=ids)
    book.do(1)
    powerless(scene, scene.keys["governor"])
    book.do(2)
    assert waiting(scene, "timelock") == ()
    book.do(3, 4)
    powerless(scene, scene.keys["governor"])
    scene.send("new", proposal(scene, "timelock", theft[1]))
    (operation,) = waiting(scene, "timelock")
    scene.send("new", scene.at("timelock").cancel(operation))


def test_stolen_governor_that_cancels_recovery(scene, runbook):
    """As long as it proposes: the guardian comes first."""
    timelock, recovery = scene.at("timelock"), scene.at("recovery")
    act = timelock.grantRole(PROPOSER, scene.keys["new"].address)
    scene.send("board", proposal(scene, "recovery", act))
    (operation,) = waiting(scene, "recovery")
    scene.send("governor", recovery.cancel(operation))

    book = runbook("stolen-governor", stolen=scene.keys["governor"], id=Each())
    book.do(1, 2, 3)
    (operation,) = waiting(scene, "recovery")
    with lacks(CANCELLER, scene.keys["governor"]):
        scene.send("governor", recovery.cancel(operation))
    book.do(4)


def test_stolen_governor_that_only_cancels(scene, runbook):
    timelock, governor = scene.at("timelock"), scene.keys["governor"]
    scene.send("governor", timelock.renounceRole(PROPOSER, governor.address))

    book = runbook("stolen-governor", stolen=governor, id=Each())
    with reverts("NotProposer", account=governor.address):
        book.do(1)
    book.do(2, 3)
    (operation,) = waiting(scene, "recovery")
    with lacks(CANCELLER, governor):
        scene.send("governor", scene.at("recovery").cancel(operation))
    assert scene.chain.call(timelock.hasRole(CANCELLER, governor.address))
    book.do(4)
    powerless(scene, governor)


def test_lost_governor(scene, runbook):
    book = runbook("stolen-governor", stolen=scene.keys["governor"])
    book.skip(1, 2)
    book.do(3, 4)
    powerless(scene, scene.keys["governor"])


def everything_of_the_file(scene: Scene) -> dict[str, object]:
    """What the second batch of the guardian's page gives, by the page's names."""
    config = scene.bank.config
    return {
        "role": Each(WORKING_ROLES),
        "key": Each(scene.keys[role.name.lower()] for role in WORKING_ROLES),
        "token": scene.eur,
        "minter": Each(each.address for each in config.minters),
        "ledger": Each(each.ledger_id for each in config.minters),
        "ceiling": Each(each.ceiling for each in config.minters),
        "source": scene.eur,
        "from_zone": EEA,
        "to_zone": HK,
        "other_token": scene.hkd,
    }


def test_stolen_guardian(scene, runbook):
    """It takes all that it can, and the bank comes back as its file says."""
    token, policy, keeper = scene.token(scene.eur), scene.at("policy"), scene.at("keeper")
    scene.send("governor", proposal(scene, "timelock", token.setSupplyCap(1)))
    (operation,) = waiting(scene, "timelock")
    names = everything_of_the_file(scene)
    scene.send(
        "guardian",
        scene.at("timelock").cancel(operation),
        keeper.revokeProposer(scene.keys["governor"].address),
        *(
            keeper.revoke(role, key.address)
            for role, key in zip(names["role"], names["key"], strict=True)
        ),
        *(token.removeMinter(each) for each in names["minter"]),
        policy.removeApprover(),
        policy.stopCorridor(scene.eur, EEA, HK),
        token.stopAccepted(scene.hkd),
        token.stopSystemAccount(scene.escrow),
        token.pause(),
    )

    guardian = scene.keys["guardian"]
    book = runbook("stolen-guardian", stolen=guardian, stopped=Each([scene.escrow]), **names)
    book.do(1)
    (operation,) = waiting(scene, "recovery")
    with lacks(CANCELLER, guardian):
        scene.send("guardian", scene.at("recovery").cancel(operation))
    book.do(2, 3)
    (operation,) = waiting(scene, "timelock")
    with lacks(CANCELLER, guardian):
        scene.send("guardian", scene.at("timelock").cancel(operation))
    with reverts(NO_ROLE, account=scene.bank.keeper, neededRole=DEFAULT_ADMIN):
        scene.send("guardian", keeper.revokeProposer(scene.keys["governor"].address))
    book.do(4)
    registrar = scene.keys["registrar"].address
    with reverts(NOT_ALLOWED, caller=guardian.address):
        scene.send("guardian", keeper.revoke(Role.REGISTRAR, registrar))
    book.do(5)
    scene.authorize(scene.terms())
    scene.send("new", token.pause())


def test_lost_guardian(scene, runbook):
    names = everything_of_the_file(scene)
    book = runbook("stolen-guardian", stolen=scene.keys["guardian"], stopped=Each(), **names)
    book.skip(1, 2)
    book.do(3, 4)
    book.skip(5)
    with reverts(NOT_ALLOWED, caller=scene.keys["guardian"].address):
        scene.send("guardian", scene.token(scene.eur).pause())


def test_stolen_board(scene, runbook):
    thief = scene.keys["thief"].address
    names_itself = scene.at("timelock").grantRole(PROPOSER, thief)
    scene.send("board", proposal(scene, "recovery", names_itself))

    board = scene.keys["board"]
    book = runbook("stolen-board", stolen=board, id=waiting(scene, "recovery"))
    book.do(1)
    assert waiting(scene, "recovery") == ()
    scene.send("board", proposal(scene, "recovery", names_itself, 2))
    book.do(2, 3)
    (operation,) = waiting(scene, "timelock")
    with lacks(CANCELLER, board):
        scene.send("board", scene.at("timelock").cancel(operation))
    book.do(4)
    scene.advance(scene.chain.now() + scene.chain.call(scene.at("recovery").getMinDelay()))
    with reverts(NO_ROLE, account=scene.bank.recovery, neededRole=DEFAULT_ADMIN):
        scene.send(
            "board",
            scene.at("recovery").execute(
                scene.bank.timelock, 0, calldata(names_itself), NOTHING, b"\2" * 32
            ),
        )


def test_lost_board(scene, runbook):
    book = runbook("stolen-board")
    book.skip(1)
    book.do(2, 3, 4)


def test_stolen_set_up_key_before_the_hand_over(scene, runbook):
    """The thief makes itself another administrator meanwhile: the bank is left, and made anew."""
    stolen, fresh = scene.keys["platform"], scene.keys["new"]
    deployer = Deployer(scene.chain, stolen)
    config = file().banks[0]
    spoiled = deployer.deploy_bank(config)
    deployer.configure_bank(spoiled, scene.escrow)
    manager = scene.chain.contract("AccessManager", spoiled.manager).functions
    scene.chain.send(stolen, manager.grantRole(Role.ADMIN, scene.keys["thief"].address, 0))
    with pytest.raises(DeploymentError, match=f"ADMIN, {scene.keys['thief'].address}"):
        deployer.hand_over(spoiled, scene.escrow)

    runbook("stolen-set-up-key", stolen=stolen, new_set_up=fresh).do(1, 2)
    assert scene.banks[RHEIN].manager != spoiled.manager
    assert scene.banks.keys() == {RHEIN, VICTORIA}


def test_stolen_set_up_key_after_the_hand_over(scene, runbook):
    stolen = scene.keys["set_up"]
    powerless(scene, stolen)
    manager = scene.at("manager")
    with reverts("AccessManagerUnauthorizedAccount", msgsender=stolen.address, roleId=Role.KEEPER):
        scene.chain.send(stolen, manager.grantRole(Role.REGISTRAR, stolen.address, 0))
    book = runbook("stolen-set-up-key", stolen=stolen)
    book.skip(1)
    book.do(2)
