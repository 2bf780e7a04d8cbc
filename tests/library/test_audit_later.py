"""The check of a bank in use: what its proposals changed, what is told, and what can't be seen."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.contract.contract import ContractFunction, ContractFunctions

from deposit_token.artifacts import artifact
from deposit_token.audit import check_bank
from deposit_token.bank_config import BankConfig
from deposit_token.bank_deployment import BankDeployment
from deposit_token.bank_powers import CANCELLER, DEFAULT_ADMIN, PROPOSER
from deposit_token.chain import Chain, calldata
from deposit_token.create2 import Creation, create
from deposit_token.errors import ChainError, DeploymentError
from deposit_token.manifest import Manifest
from deposit_token.roles import FUNCTIONS, Role, selectors
from tests.deployment_fixtures import advance, carry_out, changed, deploy, file_of, propose
from tests.node_fixtures import Proxy, served
from tests.refusals import says

STRANGER = Web3.to_checksum_address(f"0x{'11' * 20}")
FAR = 2**39
"""Unix seconds."""
DELAY = 2 * 86_400
"""The upgrade delay of `euro_bank`."""
REGISTRY_SLOT = 0x358F066AF1AD54FBDA2B5A39654CA8E0B44E4E791ACC73172153ABA47853C000
"""Where a token keeps its registry, in the lower 20 bytes."""


@dataclass
class Scene:
    """A bank that is handed over, with its keys."""

    chain: Chain
    bank: BankDeployment
    escrow: str
    keys: dict[str, LocalAccount]
    foreign: str
    """A token of another bank."""

    def functions(self, artifact: str, address: str) -> ContractFunctions:
        return self.chain.contract(artifact, address).functions

    @property
    def manager(self) -> ContractFunctions:
        return self.functions("AccessManager", self.bank.manager)

    @property
    def timelock(self) -> ContractFunctions:
        return self.functions("BankTimelock", self.bank.timelock)

    @property
    def registry(self) -> ContractFunctions:
        return self.functions("AllowlistRegistry", self.bank.registry)

    @property
    def policy(self) -> ContractFunctions:
        return self.functions("CorridorPolicy", self.bank.policy)

    @property
    def keeper(self) -> ContractFunctions:
        return self.functions("RoleKeeper", self.bank.keeper)

    def unknown(self, artifact: str, address: str) -> dict[str, str]:
        """The findings of a contract's functions, until the file names that contract."""
        return {
            f"role of 0x{selector.hex()} at {address}: found {FUNCTIONS[artifact][name].name}, the "
            "file says ADMIN.": ""
            for name, selector in selectors(artifact).items()
        }

    @property
    def eur(self) -> str:
        return self.bank.tokens["EUR"]

    @property
    def token(self) -> ContractFunctions:
        return self.functions("DepositToken", self.eur)

    def send(self, part: str, *calls: ContractFunction) -> None:
        for call in calls:
            self.chain.send(self.keys[part], call)

    def carry_out(self, *acts: ContractFunction) -> None:
        carry_out(self.chain, self.bank, self.keys["governor"], *acts)

    def create(self, artifact: str, *arguments: object) -> str:
        creation = Creation.of(artifact, b"\7" * 32, *arguments)
        create(self.chain, self.keys["stranger"], creation)
        return creation.address

    def roles(self, artifact: str, address: str) -> list[ContractFunction]:
        """What gives the functions of a new contract to their roles."""
        return [
            self.manager.setTargetFunctionRole(address, [selector], FUNCTIONS[artifact][name])
            for name, selector in selectors(artifact).items()
        ]

    def report(self, **changes: object):
        """By a file with these changes."""
        config = changed(self.bank.config, **changes)
        manifest = Manifest.of(self.chain, self.escrow, [self.bank])
        (report,) = file_of(config).check(self.chain, manifest)
        return report


@pytest.fixture(scope="module")
def deployed(anvil_url, funded, euro_bank, hong_kong_bank):
    """The escrow, a bank by itself, and another's token."""
    chain = Chain.connect(anvil_url)
    escrow, (bank,) = deploy(chain, funded[0], euro_bank)
    _, (victoria,) = deploy(chain, funded[0], hong_kong_bank)
    return escrow, bank, victoria.tokens["HKD"]


@pytest.fixture
def scene(local_chain, deployed, funded, euro_keys):
    escrow, bank, foreign = deployed
    return Scene(local_chain, bank, escrow, euro_keys | {"stranger": funded[20]}, foreign)


def tokens(config: BankConfig, **changes: object) -> list[dict[str, object]]:
    """Its tokens, with these changes to the first."""
    first, *others = [token.model_dump() for token in config.tokens]
    return [first | changes, *others]


# Each carries a proposal out. Gives the findings with their lines, and how the file then differs.


def supply_cap(scene):
    scene.carry_out(scene.token.setSupplyCap(7))
    return {
        "supply cap of token EUR: found 7, the file says 1000000000000.": (
            "# [[banks.tokens]] of EUR\nsupply_cap = 7"
        )
    }, {"tokens": tokens(scene.bank.config, supply_cap=7)}


def minter(scene):
    scene.carry_out(scene.token.setMinter(STRANGER, 9, 10**6))
    added = {"currency": "EUR", "address": STRANGER, "ledger_id": 9, "ceiling": 10**6}
    return {
        f"minter {STRANGER} of token EUR: found ledger 9 with a ceiling of 1000000, the file says "
        "no minter.": (
            f'[[banks.minters]]\ncurrency = "EUR"\naddress = "{STRANGER}"\nledger_id = 9\n'
            "ceiling = 1000000"
        )
    }, {"minters": [*(each.model_dump() for each in scene.bank.config.minters), added]}


def corridor(scene):
    rules = (True, False, False, True, 2, -4, 5, 10**9, 10**9)
    scene.carry_out(scene.policy.setCorridor(scene.eur, 2, 1, rules))
    terms = (
        "open = true, direct_transfers = false, approval_needed = false, purpose_required = true, "
        'period = "month", utc_offset_quarters = -4, min_amount = 5, max_amount = 1000000000, '
        "quota = 1000000000"
    )
    key = '[[banks.corridors]]\ntoken = "EUR"\nfrom_zone = 2\nto_zone = 1\n'
    added = {
        **{"token": "EUR", "from_zone": 2, "to_zone": 1, "open": True, "direct_transfers": False},
        **{"approval_needed": False, "purpose_required": True, "period": "month"},
        **{"utc_offset_quarters": -4, "min_amount": 5, "max_amount": 10**9, "quota": 10**9},
    }
    return {
        f"corridor of token EUR ({scene.eur}) from zone 2 to 1: found {terms}, the file says no "
        "rules.": key + terms.replace(", ", "\n")
    }, {"corridors": [*(each.model_dump() for each in scene.bank.config.corridors), added]}


def zone(scene):
    scene.carry_out(scene.registry.setZone([446], 2))
    return {"zone of MO: found 2, the file says 0.": '# [banks.zones]\n2 = ["HK", "MO"]'}, {
        "zones": scene.bank.config.zones | {2: ["HK", "MO"]}
    }


def accepted(scene):
    scene.carry_out(scene.token.setAccepted(scene.foreign, True))
    return {
        f"{scene.foreign} at token EUR: found accepted, the file says not accepted.": (
            f'# [[banks.tokens]] of EUR\naccepted = ["{scene.foreign}"]'
        )
    }, {"tokens": tokens(scene.bank.config, accepted=[scene.foreign])}


def approver(scene):
    scene.carry_out(scene.policy.setApprover(STRANGER))
    return {
        f"approver: found {STRANGER}, the file says {scene.bank.config.keys.approver}.": (
            f'# [banks.keys]\napprover = "{STRANGER}"'
        )
    }, {"keys": scene.bank.config.keys.model_dump() | {"approver": STRANGER}}


def second_payout_officer(scene):
    scene.carry_out(scene.keeper.grant(Role.PAYOUT_OFFICER, STRANGER))
    both = [*scene.bank.config.keys.payout_officer, STRANGER]
    return {
        f"PAYOUT_OFFICER, {STRANGER}: found a holder, delayed by 0 s, the file says no holder.": (
            f'# [banks.keys]\npayout_officer = ["{both[0]}", "{STRANGER}"]'
        )
    }, {"keys": scene.bank.config.keys.model_dump() | {"payout_officer": both}}


def terms(scene):
    scene.carry_out(scene.token.setTerms("https://example.org", b"\1" * 32))
    named = {"uri": "https://example.org", "hash": f"0x{'01' * 32}"}
    return {
        f"terms of token EUR: found ['{named['uri']}', '{named['hash']}'], the file says ['', "
        f"'0x{'00' * 32}'].": (
            f'# [[banks.tokens]] of EUR\nterms = {{ uri = "{named["uri"]}", hash = '
            f'"{named["hash"]}" }}'
        )
    }, {"tokens": tokens(scene.bank.config, terms=named)}


def suspense_account(scene):
    scene.send("registrar", scene.registry.register(STRANGER, 2, 276, FAR, 1))
    scene.carry_out(scene.token.setSuspenseAccount(STRANGER))
    return {
        f"suspense account of token EUR: found {STRANGER}, the file says 0x{'00' * 20}.": (
            f'# [[banks.tokens]] of EUR\nsuspense_account = "{STRANGER}"'
        )
    }, {"tokens": tokens(scene.bank.config, suspense_account=STRANGER)}


def upgrade(scene):
    code = scene.create("DepositToken", scene.bank.extension)
    scene.carry_out(scene.token.upgradeToAndCall(code, b""))
    return {
        f"implementation of token EUR ({scene.eur}): found {code}, the file says "
        f"{scene.bank.implementation}.": f'# [[banks.tokens]] of EUR\nupgrades = ["{code}"]'
    }, {"tokens": tokens(scene.bank.config, upgrades=[code])}


def upgrade_and_back(scene):
    code = scene.create("DepositToken", scene.bank.extension)
    scene.carry_out(scene.token.upgradeToAndCall(code, b""))
    scene.carry_out(scene.token.upgradeToAndCall(scene.bank.implementation, b""))
    both = [code, scene.bank.implementation]
    return {
        f"former code of token EUR: found {code}, the file says none.": (
            f'# [[banks.tokens]] of EUR\nupgrades = ["{both[0]}", "{both[1]}"]'
        )
    }, {"tokens": tokens(scene.bank.config, upgrades=both)}


def upgrade_delay(scene):
    scene.carry_out(scene.timelock.updateDelay(3 * 86_400))
    return {
        "delay of the timelock: found 259200 s, the file says 172800 s.": "upgrade_delay = 259200"
    }, {"upgrade_delay": 259_200}


def escrow(scene):
    second = scene.create("SettlementEscrow")
    scene.carry_out(
        *(
            scene.functions("DepositToken", token).activateSystemAccount(second)
            for token in scene.bank.tokens.values()
        ),
        *scene.roles("SettlementEscrow", second),
    )
    return {
        **{
            f"{second} at token {code}: found a system account, the file says no system account.": (
                f'escrows = ["{second}"]'
            )
            for code in scene.bank.tokens
        },
        **scene.unknown("SettlementEscrow", second),
    }, {"escrows": [second]}


def registry(scene):
    new = scene.create("AllowlistRegistry", scene.bank.manager, scene.bank.registry)
    functions = scene.functions("AllowlistRegistry", new)
    each = [
        (code, token, scene.functions("DepositToken", token))
        for code, token in scene.bank.tokens.items()
    ]
    scene.carry_out(
        *scene.roles("AllowlistRegistry", new),
        functions.setZone([276, 250, 352], 1),
        functions.setZone([344], 2),
        *(functions.subscribe(token) for _, token, _ in each),
        *(token.setRegistry(new) for _, _, token in each),
    )
    findings = {
        f"registry of token {code} ({token}): found {new}, the file says {scene.bank.registry}.": (
            f'# [banks.successors]\nregistry = "{new}"'
        )
        for code, token, _ in each
    }
    return findings | scene.unknown("AllowlistRegistry", new), {"successors": {"registry": new}}


def policy(scene):
    new = scene.create("CorridorPolicy", scene.bank.manager)
    functions = scene.functions("CorridorPolicy", new)
    config = scene.bank.config
    scene.carry_out(
        *scene.roles("CorridorPolicy", new),
        functions.setApprover(config.keys.approver),
        *(
            functions.setCorridor(
                scene.bank.tokens[each.token], each.from_zone, each.to_zone, each.as_tuple()
            )
            for each in config.corridors
        ),
        *(
            scene.functions("DepositToken", token).setPolicy(new)
            for token in scene.bank.tokens.values()
        ),
    )
    findings = {
        f"policy of token {code} ({token}): found {new}, the file says {scene.bank.policy}.": (
            f'# [banks.successors]\npolicy = "{new}"'
        )
        for code, token in scene.bank.tokens.items()
    }
    return findings | scene.unknown("CorridorPolicy", new), {"successors": {"policy": new}}


def recovery(scene):
    """As after a lost board."""
    new = scene.create("RecoveryTimelock", scene.bank.timelock, STRANGER)
    scene.carry_out(
        scene.timelock.grantRole(DEFAULT_ADMIN, new),
        scene.timelock.revokeRole(DEFAULT_ADMIN, scene.bank.recovery),
    )
    place = f"DEFAULT_ADMIN at the timelock ({scene.bank.timelock})"
    return {
        f"{place}, {new}: found a holder, the file says no holder.": (
            f'# [banks.successors]\nrecovery = "{new}"'
        ),
        f"{place}, the recovery timelock ({scene.bank.recovery}): found no holder, the file says a "
        "holder.": "",
    }, {
        "successors": {"recovery": new},
        "keys": scene.bank.config.keys.model_dump() | {"board": STRANGER},
    }


def governor(scene):
    """As by recovery, after a stolen governor."""
    old = scene.bank.config.keys.governor
    acts = [scene.timelock.grantRole(role, STRANGER) for role in (PROPOSER, CANCELLER)]
    acts += [scene.timelock.revokeRole(role, old) for role in (PROPOSER, CANCELLER)]
    scene.carry_out(*acts)
    place = f"at the timelock ({scene.bank.timelock})"
    return {
        f"PROPOSER {place}, {STRANGER}: found a holder, the file says no holder.": (
            f'# [banks.keys]\ngovernor = "{STRANGER}"'
        ),
        f"CANCELLER {place}, {STRANGER}: found a holder, the file says no holder.": "",
        **{
            f"{role} {place}, the governor ({old}): found no holder, the file says a holder.": ""
            for role in ("PROPOSER", "CANCELLER")
        },
    }, {"keys": scene.bank.config.keys.model_dump() | {"governor": STRANGER}}


PROPOSALS: list[Callable[[Scene], object]] = [
    *(supply_cap, minter, corridor, zone, accepted, approver, second_payout_officer, terms),
    *(suspense_account, upgrade, upgrade_and_back, upgrade_delay, escrow, registry, policy),
    *(recovery, governor),
]


@pytest.mark.parametrize("act", PROPOSALS, ids=lambda act: act.__name__)
def test_proposal_that_was_carried_out_is_a_finding_until_the_file_says_so(scene, act):
    findings, changes = act(scene)
    report = scene.report()
    assert {str(each): each.lines for each in report.findings} == findings
    for lines in findings.values():
        assert all(f"      {line}" in str(report).splitlines() for line in lines.splitlines())
    assert scene.report(**changes).findings == ()


def test_registry_that_follows_no_other_is_found(scene):
    """No function of a token's takes one: other code of the token may have, for a while."""
    new = scene.create("AllowlistRegistry", scene.bank.manager, f"0x{'00' * 20}")
    scene.carry_out(scene.functions("AllowlistRegistry", new).subscribe(scene.eur))
    word = scene.chain.web3.eth.get_storage_at(scene.eur, REGISTRY_SLOT)
    arguments = [
        scene.eur,
        f"0x{REGISTRY_SLOT:x}",
        f"0x{(word[:12] + bytes.fromhex(new[2:])).hex()}",
    ]
    scene.chain.web3.provider.make_request("anvil_setStorageAt", arguments)
    listed = map(str, scene.report(successors={"registry": new}).findings)
    assert (
        f"first of the registries that the registry ({new}) follows: found {new}, the file says "
        f"{scene.bank.registry}." in listed
    )


def places_of(scene):
    """Where the contracts are that have immutables."""
    bank = scene.bank
    return {
        "SettlementEscrow": scene.escrow,
        "DepositToken": bank.implementation,
        "DepositTokenExt": bank.extension,
        "AllowlistRegistry": bank.registry,
        "RoleKeeper": bank.keeper,
        "BankTimelock": bank.timelock,
        "RecoveryTimelock": bank.recovery,
    }


def with_immutable(scene, address, places):
    """What the check says when these places of a contract's code have another value."""
    good = scene.chain.web3.eth.get_code(address)
    code = bytearray(good)
    for place in places:
        code[place.stop - 1] ^= 1
    provider = scene.chain.web3.provider
    provider.make_request("anvil_setCode", [address, f"0x{code.hex()}"])
    try:
        return [str(each) for each in scene.report().findings]
    except ChainError as error:
        # A token without its extension answers little.
        return [str(error)]
    finally:
        provider.make_request("anvil_setCode", [address, good.to_0x_hex()])


IMMUTABLES = [
    "SettlementEscrow",
    "DepositToken",
    "DepositTokenExt",
    "AllowlistRegistry",
    "RoleKeeper",
    "BankTimelock",
    "RecoveryTimelock",
]
NEEDED_ELSEWHERE = {"SettlementEscrow": 4}
"""How many immutables of a contract do nothing on the chain that it was made for: the escrow's are
what its EIP-712 domain is worked out from on another one."""


@pytest.mark.parametrize("name", IMMUTABLES)
def test_an_immutable_of_two_values_is_foreign_code(scene, name):
    """Its getter could tell the good one while the rest of the code goes by the other."""
    good = bytes(scene.chain.web3.eth.get_code(places_of(scene)[name]))
    assert artifact(name).is_code(good)
    for places in artifact(name).immutables:
        for place in places if len(places) > 1 else ():
            code = bytearray(good)
            code[place.stop - 1] ^= 1
            assert not artifact(name).is_code(bytes(code))


def test_a_token_that_goes_by_another_extension_than_it_tells_is_found(scene):
    address = scene.bank.implementation
    code = scene.chain.web3.eth.get_code(address)
    extension = bytes.fromhex(scene.bank.extension[2:])
    (places,) = (
        each for each in artifact("DepositToken").immutables if code[each[0]].endswith(extension)
    )
    assert len(places) > 1
    for place in places:
        (first, *_) = with_immutable(scene, address, [place])
        assert first.startswith(f"code of the DepositToken at {address}: found code with the hash")


@pytest.mark.parametrize("name", IMMUTABLES)
def test_an_immutable_is_looked_at_by_what_it_does(scene, name):
    address = places_of(scene)[name]
    found = [with_immutable(scene, address, places) for places in artifact(name).immutables]
    assert len(found) > 0
    assert found.count([]) == NEEDED_ELSEWHERE.get(name, 0), found


def test_proposal_that_waits_is_found_until_it_is_cancelled(scene):
    propose(scene.chain, scene.bank, scene.keys["governor"], [scene.token.setSupplyCap(7)])
    (found,) = scene.report().findings
    assert str(found).startswith("act 0x")
    assert (
        f"that waits at the timelock ({scene.bank.timelock}): found setSupplyCap of token EUR "
        f"({scene.eur}) with 0x{7:064x}, from 20" in str(found)
    )
    operation = bytes.fromhex(str(found).split()[1][2:])
    scene.send("guardian", scene.timelock.cancel(operation))
    assert scene.report().clean


def test_act_of_an_enforcer_that_waits_is_found_until_it_is_carried_out(scene):
    for number, part in enumerate(("compliance", "stranger")):
        wallet = scene.keys[part].address
        scene.send("registrar", scene.registry.register(wallet, 0, 276, FAR, 1 + number))
    act = scene.token.forcedTransfer(
        scene.keys["compliance"].address, scene.keys["stranger"].address, 0
    )
    scene.send("enforcer", scene.manager.schedule(scene.eur, calldata(act), 0))
    (found,) = scene.report().findings
    enforcer = scene.keys["enforcer"].address
    assert str(found).startswith(
        f"act of the enforcer ({enforcer}) that waits at the manager: found forcedTransfer of "
        f"token EUR ({scene.eur}) with 0x"
    )
    advance(scene.chain, scene.chain.now() + 3_600)
    scene.send("enforcer", act)
    assert scene.report().clean


def test_proposal_of_the_board_is_found(scene):
    recovery = scene.functions("RecoveryTimelock", scene.bank.recovery)
    act = scene.timelock.grantRole(PROPOSER, STRANGER)
    nothing = bytes(32)
    scene.send(
        "board",
        recovery.schedule(scene.bank.timelock, 0, calldata(act), nothing, nothing, 14 * 86_400),
    )
    (found,) = scene.report().findings
    assert (
        f"that waits at the recovery timelock ({scene.bank.recovery}): found grantRole of the "
        f"timelock ({scene.bank.timelock}) with 0x"
    ) in str(found)


def test_key_that_the_guardian_took_away_is_found(scene):
    (payout_officer,) = scene.bank.config.keys.payout_officer
    scene.send("guardian", scene.keeper.revoke(Role.PAYOUT_OFFICER, payout_officer))
    (found,) = scene.report().findings
    assert str(found) == (
        f"PAYOUT_OFFICER, the payout officer ({payout_officer}): found no holder, the file says a "
        "holder, delayed by 0 s."
    )


def test_customers_supply_and_stops_are_told(scene, funded):
    wallets = [funded[index].address for index in (20, 21, 22)]
    for number, wallet in enumerate(wallets, 1):
        scene.send("registrar", scene.registry.register(wallet, 0, 276, FAR, number))
    scene.send("releaser", scene.token.unpause())
    scene.send("minter", scene.token.mint(wallets[0], 12_345_67, 7001 << 64 | 1))
    scene.send(
        "compliance",
        scene.token.freeze(wallets[0], 5_00),
        scene.token.freeze(wallets[1], 1_00),
        scene.registry.blockWallet(wallets[1], b"LEGL"),
        scene.registry.blockCustomer(3, b"LEGL"),
        scene.registry.blockCustomer(4, b"LEGL"),
    )
    scene.send("releaser", scene.registry.unblockCustomer(4))
    scene.send("releaser", scene.token.setFrozenTokens(wallets[1], 0))
    scene.send("registrar", scene.registry.revoke(wallets[2]))
    scene.send("policy_officer", scene.policy.suspendCorridor(scene.eur, 1, 2))
    scene.send("guardian", scene.token.stopSystemAccount(scene.escrow))
    report = scene.report()
    assert report.clean
    minter, reserve = scene.keys["minter"].address, scene.keys["reserve"].address
    assert report.totals == (
        "Participants: 3, of whom 1 are revoked and 1 blocked; customers blocked: 1.",
        f"Token EUR: supply 12345.67 EUR; frozen 5.00 EUR of 1 accounts; minter {minter} may mint "
        f"9987654.33 EUR of 10000000.00 EUR; minter {reserve} may mint 10000.00 EUR of "
        "10000.00 EUR.",
        f"Token ISK, paused: supply 0 ISK; frozen 0 ISK of 0 accounts; minter {minter} may mint "
        "100000000 ISK of 100000000 ISK.",
        f"Corridor of token EUR ({scene.eur}) from zone 1 to 2: suspended.",
        f"The escrow ({scene.escrow}) at token EUR: stopped, which only pays out.",
    )
    assert str(report) == "\n".join(
        ["Bank Rhein Bank: as its file says.", *(f"  {each}" for each in report.totals)]
    )


def test_foreign_code_is_all_that_is_looked_at(scene):
    scene.chain.web3.provider.make_request("anvil_setCode", [scene.eur, "0xfe"])
    report = scene.report()
    (found,) = report.findings
    assert str(found).startswith(f"code of the ERC1967Proxy at {scene.eur}: found code with the")
    assert report.unseen == (
        "Nothing else was looked at, as the answers of foreign code mean nothing.",
    )


def test_contract_that_is_not_there_is_found(scene):
    scene.chain.web3.provider.make_request("anvil_setCode", [scene.bank.policy, "0x"])
    (found,) = scene.report().findings
    assert str(found) == (
        f"code of the CorridorPolicy at {scene.bank.policy}: found none, the file says that which "
        "this package builds."
    )


class TestNodeWithoutHistory:
    @pytest.fixture
    def proxy(self, anvil_url):
        return Proxy(anvil_url)

    def check(self, scene, proxy):
        """Of a bank in use."""
        wallet = scene.keys["stranger"].address
        scene.send("releaser", scene.token.unpause())
        scene.send("registrar", scene.registry.register(wallet, 0, 276, FAR, 1))
        scene.send("minter", scene.token.mint(wallet, 5, 7001 << 64 | 1))
        with served(proxy) as url:
            return check_bank(Chain.connect(url), scene.bank, scene.escrow)

    def test_that_refuses_events_is_one_sentence(self, scene, proxy):
        refusal = {"error": {"code": -32000, "message": "pruned history unavailable"}}
        proxy.answers["eth_getLogs"] = lambda ask: refusal
        report = self.check(scene, proxy)
        assert report.findings == ()
        (unseen,) = report.unseen
        assert "found none (RPC endpoint: found no result of eth_getLogs" in unseen
        assert unseen.endswith(
            "so that it was not seen what else was ever set, granted or scheduled; accepted is a "
            "node that has them all."
        )
        with pytest.raises(DeploymentError, match="pruned history unavailable"):
            report.require_clean()

    def test_that_lacks_the_first_events_is_one_sentence(self, scene, proxy):
        proxy.answers["eth_getLogs"] = lambda ask: {"result": ask()["result"][40:]}
        report = self.check(scene, proxy)
        assert report.findings == ()
        (unseen,) = report.unseen
        assert f"no event of the creation of the manager ({scene.bank.manager}), the " in unseen

    def test_that_has_forgotten_old_states_is_asked_from_the_first_block(self, scene, proxy):
        forgotten = {"error": {"code": -32000, "message": "missing trie node"}}

        def code(ask):
            _, (_, block) = proxy.calls[-1]
            latest = hex(scene.chain.web3.eth.block_number)
            return ask() if block in (latest, "latest") else forgotten

        proxy.answers["eth_getCode"] = code
        assert self.check(scene, proxy).clean
        (first, *_) = proxy.asked("eth_getLogs")
        assert first[0]["fromBlock"] == "0x0"


def test_bank_that_the_manifest_lacks_is_named(scene, hong_kong_bank):
    manifest = Manifest.of(scene.chain, scene.escrow, [scene.bank])
    with says(
        DeploymentError,
        "bank name: found 'Victoria Bank', accepted is one of the manifest: Rhein Bank.",
    ):
        file_of(hong_kong_bank).check(scene.chain, manifest)
