"""The check of a bank in use: what its proposals changed, what is told, and what can't be seen."""

from collections.abc import Callable

import pytest
from web3 import Web3
from web3.contract.contract import ContractFunction

from deposit_token.chain.artifacts import artifact
from deposit_token.chain.chain import Chain
from deposit_token.chain.coding import calldata
from deposit_token.chain.roles import FUNCTIONS, selectors
from deposit_token.deployment.audit import check_bank
from deposit_token.deployment.bank import BankDeployment
from deposit_token.deployment.config import BankConfig
from deposit_token.deployment.create2 import Creation, create
from deposit_token.deployment.file import DeploymentFile
from deposit_token.deployment.manifest import Manifest
from deposit_token.deployment.powers import CANCELLER, DEFAULT_ADMIN, PROPOSER
from deposit_token.errors import DeploymentError, DepositTokenError
from deposit_token.values.enumerations import CustomerCategory, Role
from tests.library.deployment.bank_text import BankText
from tests.nodes import Proxy, advance, served
from tests.refusals import says
from tests.scene import (
    DEALER,
    FAR,
    MERCHANT,
    OPERATOR,
    SET_UP,
    Bank,
    changed,
    deploy,
    file_of,
    rhein_bank,
    victoria_bank,
)

pytestmark = pytest.mark.slow

STRANGER = Web3.to_checksum_address(f"0x{'11' * 20}")
REGISTRY_SLOT = 0x358F066AF1AD54FBDA2B5A39654CA8E0B44E4E791ACC73172153ABA47853C000
"""Where a token keeps its registry, in the lower 20 bytes."""


class Audited(Bank):
    """A bank that is handed over, beside a token of another bank."""

    def __init__(self, chain: Chain, at: BankDeployment, escrow: str, foreign: str) -> None:
        super().__init__(chain, at)
        self.escrow = escrow
        self.foreign = foreign

    def unknown(self, artifact: str, address: str) -> dict[str, str]:
        """The findings of a contract's functions, until the file names that contract."""
        return {
            f"role of 0x{selector.hex()} at {address}: found {FUNCTIONS[artifact][name].name}, the "
            "file says ADMIN.": ""
            for name, selector in selectors(artifact).items()
        }

    def create(self, artifact: str, *arguments: object) -> str:
        creation = Creation.of(artifact, b"\7" * 32, *arguments)
        create(self.chain, SET_UP, creation)
        return creation.address

    def roles(self, artifact: str, address: str) -> list[ContractFunction]:
        """What gives the functions of a new contract to their roles."""
        return [
            self.manager.setTargetFunctionRole(address, [selector], FUNCTIONS[artifact][name])
            for name, selector in selectors(artifact).items()
        ]

    def report(self, **changes: object):
        """By a file with these changes."""
        config = changed(self.at.config, **changes)
        manifest = Manifest.of(self.chain, self.escrow, [self.at])
        (report,) = file_of(config).check(self.chain, manifest)
        return report


@pytest.fixture(scope="module")
def audited(anvil_url):
    """A bank by itself, the escrow, and another bank's token."""
    chain = Chain.connect(anvil_url)
    escrow, (bank,) = deploy(chain, rhein_bank())
    _, (victoria,) = deploy(chain, victoria_bank())
    return bank, escrow, victoria.tokens["HKD"]


@pytest.fixture
def bank(local_chain, audited):
    return Audited(local_chain, *audited)


def tokens(config: BankConfig, **changes: object) -> list[dict[str, object]]:
    """Its tokens, with these changes to the first."""
    first, *others = [token.model_dump() for token in config.tokens]
    return [first | changes, *others]


# Each carries a proposal out. Gives the findings with their lines, and how the file then differs.


def supply_cap(bank):
    bank.carry_out(bank.token.setSupplyCap(7))
    return {
        "supply cap of token EUR: found 0.07 EUR, the file says 10000000000.00 EUR.": (
            '# [[banks.tokens]] of EUR\nsupply_cap = "0.07"'
        )
    }, {"tokens": tokens(bank.at.config, supply_cap=7)}


def minter(bank):
    bank.carry_out(bank.token.setMinter(STRANGER, 9, 10**6))
    added = {"currency": "EUR", "address": STRANGER, "ledger_id": 9, "ceiling": 10**6}
    return {
        f"minter {STRANGER} of token EUR: found ledger 9 with a ceiling of 10000.00 EUR, the file "
        "says no minter.": (
            f'[[banks.minters]]\ncurrency = "EUR"\naddress = "{STRANGER}"\nledger_id = 9\n'
            'ceiling = "10000.00"'
        )
    }, {"minters": [*(each.model_dump() for each in bank.at.config.minters), added]}


def corridor(bank):
    rules = (True, False, False, True, 2, -4, 5, 10**9, 10**9)
    bank.carry_out(bank.policy.setCorridor(bank.first, 2, 1, rules))
    terms = (
        "open = true, direct_transfers = false, approval_needed = false, purpose_required = true, "
        'period = "month", utc_offset = "-01:00", min_amount = "0.05", max_amount = "10000000.00", '
        'quota = "10000000.00"'
    )
    key = '[[banks.corridors]]\ntoken = "EUR"\nfrom_zone = "HK"\nto_zone = "EEA"\n'
    added = {
        **{"token": "EUR", "from_zone": "HK", "to_zone": "EEA", "open": True},
        **{"direct_transfers": False, "approval_needed": False, "purpose_required": True},
        **{
            "period": "month",
            "utc_offset": -4,
            "min_amount": 5,
            "max_amount": 10**9,
            "quota": 10**9,
        },
    }
    return {
        f"corridor of token EUR ({bank.first}) from HK to EEA: found {terms}, the file says no "
        "rules.": key + terms.replace(", ", "\n")
    }, {"corridors": [*(each.model_dump() for each in bank.at.config.corridors), added]}


def zone(bank):
    bank.carry_out(bank.registry.setZone([446], 2))
    return {"zone of MO: found HK, the file says none.": '# [banks.zones]\nHK = ["HK", "MO"]'}, {
        "zones": bank.at.config.zones | {"HK": ["HK", "MO"]}
    }


def new_zone(bank):
    """By a number that leaves one out."""
    bank.carry_out(bank.registry.setZone([446], 4))
    lines = '# [banks.zones]\nZONE-3 = []\nZONE-4 = ["MO"]'
    return {"zone of MO: found ZONE-4, the file says none.": lines}, {
        "zones": bank.at.config.zones | {"ZONE-3": [], "ZONE-4": ["MO"]}
    }


def accepted(bank):
    bank.carry_out(bank.token.setAccepted(bank.foreign, True))
    return {
        f"{bank.foreign} at token EUR: found accepted, the file says not accepted.": (
            f'# [[banks.tokens]] of EUR\naccepted = ["{bank.foreign}"]'
        )
    }, {"tokens": tokens(bank.at.config, accepted=[bank.foreign])}


def approver(bank):
    bank.carry_out(bank.policy.setApprover(STRANGER))
    return {
        f"approver: found {STRANGER}, the file says {bank.at.config.keys.approver}.": (
            f'# [banks.keys]\napprover = "{STRANGER}"'
        )
    }, {"keys": bank.at.config.keys.model_dump() | {"approver": STRANGER}}


def second_payout_officer(bank):
    bank.carry_out(bank.keeper.grant(Role.PAYOUT_OFFICER, STRANGER))
    both = [*bank.at.config.keys.payout_officer, STRANGER]
    return {
        f"PAYOUT_OFFICER, {STRANGER}: found a holder, delayed by 0 s, the file says no holder.": (
            f'# [banks.keys]\npayout_officer = ["{both[0]}", "{STRANGER}"]'
        )
    }, {"keys": bank.at.config.keys.model_dump() | {"payout_officer": both}}


def terms(bank):
    bank.carry_out(bank.token.setTerms("https://example.org", b"\1" * 32))
    named = {"uri": "https://example.org", "hash": f"0x{'01' * 32}"}
    return {
        f"terms of token EUR: found ['{named['uri']}', '{named['hash']}'], the file says ['', "
        f"'0x{'00' * 32}'].": (
            f'# [[banks.tokens]] of EUR\nterms = {{ uri = "{named["uri"]}", hash = '
            f'"{named["hash"]}" }}'
        )
    }, {"tokens": tokens(bank.at.config, terms=named)}


def suspense_account(bank):
    bank.send("registrar", bank.registry.register(STRANGER, 2, 276, FAR, 1))
    bank.carry_out(bank.token.setSuspenseAccount(STRANGER))
    return {
        f"suspense account of token EUR: found {STRANGER}, the file says 0x{'00' * 20}.": (
            f'# [[banks.tokens]] of EUR\nsuspense_account = "{STRANGER}"'
        )
    }, {"tokens": tokens(bank.at.config, suspense_account=STRANGER)}


def upgrade(bank):
    code = bank.create("DepositToken", bank.at.extension)
    bank.carry_out(bank.token.upgradeToAndCall(code, b""))
    return {
        f"implementation of token EUR ({bank.first}): found {code}, the file says "
        f"{bank.at.implementation}.": f'# [[banks.tokens]] of EUR\nupgrades = ["{code}"]'
    }, {"tokens": tokens(bank.at.config, upgrades=[code])}


def upgrade_and_back(bank):
    code = bank.create("DepositToken", bank.at.extension)
    bank.carry_out(bank.token.upgradeToAndCall(code, b""))
    bank.carry_out(bank.token.upgradeToAndCall(bank.at.implementation, b""))
    both = [code, bank.at.implementation]
    return {
        f"former code of token EUR: found {code}, the file says none.": (
            f'# [[banks.tokens]] of EUR\nupgrades = ["{both[0]}", "{both[1]}"]'
        )
    }, {"tokens": tokens(bank.at.config, upgrades=both)}


def upgrade_delay(bank):
    bank.carry_out(bank.timelock.updateDelay(3 * 86_400))
    return {
        "delay of the timelock: found 259200 s, the file says 172800 s.": "upgrade_delay = 259200"
    }, {"upgrade_delay": 259_200}


def escrow(bank):
    second = bank.create("SettlementEscrow")
    bank.carry_out(
        *(
            bank.functions("DepositToken", token).activateSystemAccount(second)
            for token in bank.at.tokens.values()
        ),
        *bank.roles("SettlementEscrow", second),
    )
    return {
        **{
            f"{second} at token {code}: found a system account, the file says no system account.": (
                f'escrows = ["{second}"]'
            )
            for code in bank.at.tokens
        },
        **bank.unknown("SettlementEscrow", second),
    }, {"escrows": [second]}


def registry(bank):
    new = bank.create("AllowlistRegistry", bank.at.manager, bank.at.registry)
    functions = bank.functions("AllowlistRegistry", new)
    each = [
        (code, token, bank.functions("DepositToken", token))
        for code, token in bank.at.tokens.items()
    ]
    bank.carry_out(
        *bank.roles("AllowlistRegistry", new),
        functions.setZone([276, 250, 352], 1),
        functions.setZone([344], 2),
        *(functions.subscribe(token) for _, token, _ in each),
        *(token.setRegistry(new) for _, _, token in each),
    )
    findings = {
        f"registry of token {code} ({token}): found {new}, the file says {bank.at.registry}.": (
            f'# [banks.successors]\nregistry = "{new}"'
        )
        for code, token, _ in each
    }
    return findings | bank.unknown("AllowlistRegistry", new), {"successors": {"registry": new}}


def policy(bank):
    new = bank.create("CorridorPolicy", bank.at.manager)
    functions = bank.functions("CorridorPolicy", new)
    config = bank.at.config
    bank.carry_out(
        *bank.roles("CorridorPolicy", new),
        functions.setApprover(config.keys.approver),
        *(
            functions.setCorridor(
                bank.at.tokens[each.token],
                config.zone_numbers[each.from_zone],
                config.zone_numbers[each.to_zone],
                each.as_tuple(),
            )
            for each in config.corridors
        ),
        *(
            bank.functions("DepositToken", token).setPolicy(new)
            for token in bank.at.tokens.values()
        ),
    )
    findings = {
        f"policy of token {code} ({token}): found {new}, the file says {bank.at.policy}.": (
            f'# [banks.successors]\npolicy = "{new}"'
        )
        for code, token in bank.at.tokens.items()
    }
    return findings | bank.unknown("CorridorPolicy", new), {"successors": {"policy": new}}


def recovery(bank):
    """As after a lost board."""
    new = bank.create("RecoveryTimelock", bank.at.timelock, STRANGER)
    bank.carry_out(
        bank.timelock.grantRole(DEFAULT_ADMIN, new),
        bank.timelock.revokeRole(DEFAULT_ADMIN, bank.at.recovery),
    )
    place = f"DEFAULT_ADMIN at the timelock ({bank.at.timelock})"
    return {
        f"{place}, {new}: found a holder, the file says no holder.": (
            f'# [banks.successors]\nrecovery = "{new}"'
        ),
        f"{place}, the recovery timelock ({bank.at.recovery}): found no holder, the file says a "
        "holder.": "",
    }, {
        "successors": {"recovery": new},
        "keys": bank.at.config.keys.model_dump() | {"board": STRANGER},
    }


def governor(bank):
    """As by recovery, after a stolen governor."""
    old = bank.at.config.keys.governor
    acts = [bank.timelock.grantRole(role, STRANGER) for role in (PROPOSER, CANCELLER)]
    acts += [bank.timelock.revokeRole(role, old) for role in (PROPOSER, CANCELLER)]
    bank.carry_out(*acts)
    place = f"at the timelock ({bank.at.timelock})"
    return {
        f"PROPOSER {place}, {STRANGER}: found a holder, the file says no holder.": (
            f'# [banks.keys]\ngovernor = "{STRANGER}"'
        ),
        f"CANCELLER {place}, {STRANGER}: found a holder, the file says no holder.": "",
        **{
            f"{role} {place}, the governor ({old}): found no holder, the file says a holder.": ""
            for role in ("PROPOSER", "CANCELLER")
        },
    }, {"keys": bank.at.config.keys.model_dump() | {"governor": STRANGER}}


PROPOSALS: list[Callable[[Audited], object]] = [
    *(
        supply_cap,
        minter,
        corridor,
        zone,
        new_zone,
        accepted,
        approver,
        second_payout_officer,
        terms,
    ),
    *(suspense_account, upgrade, upgrade_and_back, upgrade_delay, escrow, registry, policy),
    *(recovery, governor),
]


@pytest.mark.parametrize("act", PROPOSALS, ids=lambda act: act.__name__)
def test_proposal_that_was_carried_out_is_a_finding_until_the_file_says_so(bank, act, tmp_path):
    findings, changes = act(bank)
    report = bank.report()
    assert {str(each): each.lines for each in report.findings} == findings
    text = BankText(bank.at.config)
    text.take_over(report)
    if act is recovery:
        # Who proposes at a new timelock is asked once the file names that.
        text.take_over(bank.report(**changes | {"keys": bank.at.config.keys.model_dump()}))
    path = tmp_path / "banks.toml"
    path.write_text(str(text))
    (said,) = DeploymentFile.load(path).banks
    assert said == changed(bank.at.config, **changes)
    assert bank.report(**changes).findings == ()


def test_registry_that_follows_no_other_is_found(bank):
    """No function of a token's takes one: other code of the token may have, for a while."""
    new = bank.create("AllowlistRegistry", bank.at.manager, f"0x{'00' * 20}")
    bank.carry_out(bank.functions("AllowlistRegistry", new).subscribe(bank.first))
    word = bank.chain.web3.eth.get_storage_at(bank.first, REGISTRY_SLOT)
    arguments = [
        bank.first,
        f"0x{REGISTRY_SLOT:x}",
        f"0x{(word[:12] + bytes.fromhex(new[2:])).hex()}",
    ]
    bank.chain.web3.provider.make_request("anvil_setStorageAt", arguments)
    listed = map(str, bank.report(successors={"registry": new}).findings)
    assert (
        f"first of the registries that the registry ({new}) follows: found {new}, the file says "
        f"{bank.at.registry}." in listed
    )


def places_of(bank):
    """Where the contracts are that have immutables."""
    return {
        "SettlementEscrow": bank.escrow,
        "DepositToken": bank.at.implementation,
        "DepositTokenExt": bank.at.extension,
        "AllowlistRegistry": bank.at.registry,
        "RoleKeeper": bank.at.keeper,
        "BankTimelock": bank.at.timelock,
        "RecoveryTimelock": bank.at.recovery,
    }


def with_immutable(bank, address, places):
    """What the check says when these places of a contract's code have another value."""
    good = bank.chain.web3.eth.get_code(address)
    code = bytearray(good)
    for place in places:
        code[place.stop - 1] ^= 1
    provider = bank.chain.web3.provider
    provider.make_request("anvil_setCode", [address, f"0x{code.hex()}"])
    try:
        return [str(each) for each in bank.report().findings]
    except DepositTokenError as error:
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
def test_an_immutable_of_two_values_is_foreign_code(bank, name):
    """Its getter could tell the good one while the rest of the code goes by the other."""
    good = bytes(bank.chain.web3.eth.get_code(places_of(bank)[name]))
    assert artifact(name).is_code(good)
    for places in artifact(name).immutables:
        for place in places if len(places) > 1 else ():
            code = bytearray(good)
            code[place.stop - 1] ^= 1
            assert not artifact(name).is_code(bytes(code))


def test_a_token_that_goes_by_another_extension_than_it_tells_is_found(bank):
    address = bank.at.implementation
    code = bank.chain.web3.eth.get_code(address)
    extension = bytes.fromhex(bank.at.extension[2:])
    (places,) = (
        each for each in artifact("DepositToken").immutables if code[each[0]].endswith(extension)
    )
    assert len(places) > 1
    for place in places:
        (first, *_) = with_immutable(bank, address, [place])
        assert first.startswith(f"code of the DepositToken at {address}: found code with the hash")


@pytest.mark.parametrize("name", IMMUTABLES)
def test_an_immutable_is_looked_at_by_what_it_does(bank, name):
    address = places_of(bank)[name]
    found = [with_immutable(bank, address, places) for places in artifact(name).immutables]
    assert len(found) > 0
    assert found.count([]) == NEEDED_ELSEWHERE.get(name, 0), found


def test_proposal_that_waits_is_found_until_it_is_cancelled(bank):
    bank.propose(bank.token.setSupplyCap(7))
    (found,) = bank.report().findings
    assert str(found).startswith("act 0x")
    assert (
        f"that waits at the timelock ({bank.at.timelock}): found setSupplyCap of token EUR "
        f"({bank.first}) with 0x{7:064x}, from 20" in str(found)
    )
    operation = bytes.fromhex(str(found).split()[1][2:])
    bank.send("guardian", bank.timelock.cancel(operation))
    assert bank.report().clean


def test_act_of_an_enforcer_that_waits_is_found_until_it_is_carried_out(bank):
    wallets = [OPERATOR.address, DEALER.address]
    bank.register(CustomerCategory.RETAIL, "DE", *wallets)
    act = bank.token.forcedTransfer(*wallets, 0)
    bank.send("enforcer", bank.manager.schedule(bank.first, calldata(act), 0))
    (found,) = bank.report().findings
    enforcer = bank.keys["enforcer"].address
    assert str(found).startswith(
        f"act of the enforcer ({enforcer}) that waits at the manager: found forcedTransfer of "
        f"token EUR ({bank.first}) with 0x"
    )
    advance(bank.chain, bank.chain.now() + 3_600)
    bank.send("enforcer", act)
    assert bank.report().clean


def test_proposal_of_the_board_is_found(bank):
    recovery = bank.functions("RecoveryTimelock", bank.at.recovery)
    act = bank.timelock.grantRole(PROPOSER, STRANGER)
    nothing = bytes(32)
    bank.send(
        "board",
        recovery.schedule(bank.at.timelock, 0, calldata(act), nothing, nothing, 14 * 86_400),
    )
    (found,) = bank.report().findings
    assert (
        f"that waits at the recovery timelock ({bank.at.recovery}): found grantRole of the "
        f"timelock ({bank.at.timelock}) with 0x"
    ) in str(found)


def test_key_that_the_guardian_took_away_is_found(bank):
    (payout_officer,) = bank.at.config.keys.payout_officer
    bank.send("guardian", bank.keeper.revoke(Role.PAYOUT_OFFICER, payout_officer))
    (found,) = bank.report().findings
    assert str(found) == (
        f"PAYOUT_OFFICER, the payout officer ({payout_officer}): found no holder, the file says a "
        "holder, delayed by 0 s."
    )


def test_customers_supply_and_stops_are_told(bank):
    wallets = [each.address for each in (OPERATOR, DEALER, MERCHANT)]
    for number, wallet in enumerate(wallets, 1):
        bank.send("registrar", bank.registry.register(wallet, 0, 276, FAR, number))
    bank.send("releaser", bank.token.unpause())
    bank.mint(wallets[0], 12_345_67, sequence=1)
    bank.send(
        "compliance",
        bank.token.freeze(wallets[0], 5_00),
        bank.token.freeze(wallets[1], 1_00),
        bank.registry.blockWallet(wallets[1], b"LEGL"),
        bank.registry.blockCustomer(3, b"LEGL"),
        bank.registry.blockCustomer(4, b"LEGL"),
    )
    bank.send("releaser", bank.registry.unblockCustomer(4))
    bank.send("releaser", bank.token.setFrozenTokens(wallets[1], 0))
    bank.send("registrar", bank.registry.revoke(wallets[2]))
    bank.send("policy_officer", bank.policy.suspendCorridor(bank.first, 1, 2))
    bank.send("guardian", bank.token.stopSystemAccount(bank.escrow))
    report = bank.report()
    assert report.clean
    minter, reserve = bank.keys["minter"].address, bank.keys["reserve"].address
    assert report.totals == (
        "Participants: 3, of whom 1 are revoked and 1 blocked; customers blocked: 1.",
        f"Token EUR: supply 12345.67 EUR; frozen 5.00 EUR of 1 accounts; minter {minter} may mint "
        f"9987654.33 EUR of 10000000.00 EUR; minter {reserve} may mint 10000.00 EUR of "
        "10000.00 EUR.",
        f"Token ISK, paused: supply 0 ISK; frozen 0 ISK of 0 accounts; minter {minter} may mint "
        "100000000 ISK of 100000000 ISK.",
        f"Corridor of token EUR ({bank.first}) from EEA to HK: suspended.",
        f"The escrow ({bank.escrow}) at token EUR: stopped, which only pays out.",
    )
    assert str(report) == "\n".join(
        ["Bank Rhein Bank: as its file says.", *(f"  {each}" for each in report.totals)]
    )


def test_foreign_code_is_all_that_is_looked_at(bank):
    bank.chain.web3.provider.make_request("anvil_setCode", [bank.first, "0xfe"])
    report = bank.report()
    (found,) = report.findings
    assert str(found).startswith(f"code of the ERC1967Proxy at {bank.first}: found code with the")
    assert report.unseen == (
        "Nothing else was looked at, as the answers of foreign code mean nothing.",
    )


def test_contract_that_is_not_there_is_found(bank):
    bank.chain.web3.provider.make_request("anvil_setCode", [bank.at.policy, "0x"])
    (found,) = bank.report().findings
    assert str(found) == (
        f"code of the CorridorPolicy at {bank.at.policy}: found none, the file says that which "
        "this package builds."
    )


class TestNodeWithoutHistory:
    @pytest.fixture
    def proxy(self, anvil_url):
        return Proxy(anvil_url)

    def check(self, bank, proxy):
        """Of a bank in use."""
        bank.send("releaser", bank.token.unpause())
        bank.register(CustomerCategory.RETAIL, "DE", STRANGER)
        bank.mint(STRANGER, 5, sequence=1)
        with served(proxy) as url:
            return check_bank(Chain.connect(url), bank.at, bank.escrow)

    def test_that_refuses_events_is_one_sentence(self, bank, proxy):
        refusal = {"error": {"code": -32000, "message": "pruned history unavailable"}}
        proxy.answers["eth_getLogs"] = lambda ask: refusal
        report = self.check(bank, proxy)
        assert report.findings == ()
        (unseen,) = report.unseen
        assert "found none (RPC endpoint: found no result of eth_getLogs" in unseen
        assert unseen.endswith(
            "so that it was not seen what else was ever set, granted or scheduled; accepted is a "
            "node that has them all."
        )
        with pytest.raises(DeploymentError, match="pruned history unavailable"):
            report.require_clean()

    def test_that_lacks_the_first_events_is_one_sentence(self, bank, proxy):
        proxy.answers["eth_getLogs"] = lambda ask: {"result": ask()["result"][40:]}
        report = self.check(bank, proxy)
        assert report.findings == ()
        (unseen,) = report.unseen
        assert f"no event of the creation of the manager ({bank.at.manager}), the " in unseen

    def test_that_has_forgotten_old_states_is_asked_from_the_first_block(self, bank, proxy):
        forgotten = {"error": {"code": -32000, "message": "missing trie node"}}

        def code(ask):
            _, (_, block) = proxy.calls[-1]
            latest = hex(bank.chain.web3.eth.block_number)
            return ask() if block in (latest, "latest") else forgotten

        proxy.answers["eth_getCode"] = code
        assert self.check(bank, proxy).clean
        (first, *_) = proxy.asked("eth_getLogs")
        assert first[0]["fromBlock"] == "0x0"


def test_bank_that_the_manifest_lacks_is_named(bank):
    manifest = Manifest.of(bank.chain, bank.escrow, [bank.at])
    with says(
        DeploymentError,
        "bank name: found 'Victoria Bank', accepted is one of the manifest: Rhein Bank.",
    ):
        file_of(victoria_bank()).check(bank.chain, manifest)
