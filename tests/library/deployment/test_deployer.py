"""Deployment of banks: their contracts, their settings and roles, and runs that died."""

import pytest
from web3 import Web3
from web3.utils import abi_to_signature

from deposit_token.chain.artifacts import artifact
from deposit_token.chain.chain import Chain
from deposit_token.chain.profile import NetworkProfile
from deposit_token.chain.roles import FUNCTIONS, WORKING_ROLES, selectors
from deposit_token.deployment.audit import Finding, check_bank
from deposit_token.deployment.config import BankKeys
from deposit_token.deployment.create2 import CANONICAL_DEPLOYER, Creation, create
from deposit_token.deployment.deployer import Deployer
from deposit_token.deployment.manifest import Manifest
from deposit_token.deployment.powers import ANYBODY, CANCELLER, DEFAULT_ADMIN, EXECUTOR, PROPOSER
from deposit_token.devchain.keys import funder
from deposit_token.errors import DeploymentError, NotInstalled, Unsupported
from deposit_token.values.enumerations import CustomerCategory, Role
from tests.refusals import refuses, reverts, says
from tests.scene import (
    ARBITER,
    DEALER,
    OPERATOR,
    SET_UP,
    STRANGER,
    Bank,
    changed,
    deploy,
    file_of,
    keys_of,
    only,
    rhein_bank,
    victoria_bank,
)

KEYS = keys_of("Rhein Bank")
MINTER = KEYS["minter"]

ADMINS = {
    "AllowlistRegistry": ["setZone", "subscribe", "unsubscribe"],
    "CorridorPolicy": ["setCorridor", "setApprover"],
    "DepositToken": [
        "setMinter",
        "setSupplyCap",
        "setAccepted",
        "activateSystemAccount",
        "setRegistry",
        "setPolicy",
        "setTerms",
        "setSuspenseAccount",
        "rescueForeignToken",
        "upgradeToAndCall",
    ],
    "SettlementEscrow": [],
    "RoleKeeper": ["grant"],
}
"""What only the bank's timelock may call."""


@pytest.fixture
def elbe_bank():
    """A third bank with keys of its own."""
    keys = keys_of("Elbe Bank")
    return only(
        rhein_bank(),
        "EUR",
        name="Elbe Bank",
        keys={part: keys[part].address for part in BankKeys.model_fields},
        minters=[
            {"currency": "EUR", "address": keys["minter"].address, "ledger_id": 1, "ceiling": 1}
        ],
    )


@pytest.fixture
def ruhr_bank():
    """A bank that is not deployed yet."""
    return changed(rhein_bank(), name="Ruhr Bank")


@pytest.fixture
def escrow(deployed):
    return deployed[0]


@pytest.fixture
def bank(deployed):
    """The euro bank."""
    return deployed[1][0]


@pytest.fixture
def read(local_chain):
    """Reads a function of a contract: `read("DepositToken", address).supplyCap()`."""

    class Reader:
        def __init__(self, name, address):
            self.functions = local_chain.contract(name, address).functions

        def __getattr__(self, name):
            return lambda *arguments: local_chain.call(self.functions[name](*arguments))

    return Reader


class TestContracts:
    def test_each_is_set_up_by_its_configuration(self, bank, read):
        for token, decimals in zip(rhein_bank().tokens, (2, 0), strict=True):
            found = read("DepositToken", bank.tokens[token.currency])
            assert found.name() == token.name
            assert found.symbol() == token.symbol
            assert found.currency() == token.currency.encode()
            assert found.decimals() == decimals
            assert found.authority() == bank.manager
            assert found.registry() == bank.registry
            assert found.policy() == bank.policy
            assert found.totalSupply() == 0
            assert found.paused()
        for contract, address in (
            ("AllowlistRegistry", bank.registry),
            ("CorridorPolicy", bank.policy),
            ("RoleKeeper", bank.keeper),
        ):
            assert read(contract, address).authority() == bank.manager

    def test_timelocks_and_keeper_are_of_the_bank(self, bank, read):
        timelock = read("BankTimelock", bank.timelock)
        assert (timelock.getMinDelay(), timelock.LEAST_DELAY()) == (2 * 86_400, 0)
        recovery = read("RecoveryTimelock", bank.recovery)
        assert (recovery.BANK(), recovery.getMinDelay()) == (bank.timelock, 14 * 86_400)
        keeper = read("RoleKeeper", bank.keeper)
        assert (keeper.TIMELOCK(), keeper.ENFORCER_DELAY()) == (bank.timelock, 3_600)

    def test_decimals_can_differ_from_the_currencys(self, local_chain, ruhr_bank, read):
        tokens = [ruhr_bank.tokens[0].model_dump() | {"decimals": 6}]
        config = changed(ruhr_bank, tokens=tokens, corridors=[], minters=[])
        bank = Deployer(local_chain, SET_UP).deploy_bank(config)
        assert read("DepositToken", bank.tokens["EUR"]).decimals() == 6

    def test_banks_share_only_code(self, deployed):
        _, (rhein, victoria) = deployed
        assert rhein.extension == victoria.extension
        assert rhein.implementation == victoria.implementation
        own = [
            {
                *(each.manager, each.timelock, each.recovery, each.keeper),
                *(each.registry, each.policy, *each.tokens.values()),
            }
            for each in deployed[1]
        ]
        assert own[0].isdisjoint(own[1])

    def test_implementation_can_not_be_initialized(self, local_chain, bank):
        token = local_chain.contract("DepositToken", bank.implementation).functions
        call = token.initialize("x", "x", b"EUR", 2, bank.manager, bank.registry, bank.policy, 1)
        with reverts("InvalidInitialization"):
            local_chain.send(SET_UP, call)

    def test_proxy_can_not_be_initialized_again(self, local_chain, bank):
        token = local_chain.contract("DepositToken", bank.tokens["EUR"]).functions
        call = token.initialize("x", "x", b"EUR", 2, bank.manager, bank.registry, bank.policy, 1)
        with reverts("InvalidInitialization"):
            local_chain.send(SET_UP, call)

    def test_addresses_are_the_same_on_another_chain(self, deployed, start_anvil):
        with start_anvil() as url:
            other = Chain.connect(url)
            # Neither the order of the banks nor what the account sent before decides them.
            other.send(SET_UP, {"to": STRANGER.address, "value": 1})
            escrow, banks = deploy(other, victoria_bank(), rhein_bank())
        assert (escrow, banks) == (deployed[0], deployed[1][::-1])

    def test_bank_of_another_key_or_name_stands_elsewhere(self, local_chain, bank, ruhr_bank):
        named = Deployer(local_chain, SET_UP).deploy_bank(ruhr_bank)
        keyed = Deployer(local_chain, STRANGER).deploy_bank(rhein_bank())
        for other in (named, keyed):
            assert other.manager != bank.manager
            assert other.tokens["EUR"] != bank.tokens["EUR"]

    def test_chain_without_the_canonical_deployer_gets_it(self, start_anvil, bank):
        with start_anvil("--disable-default-create2-deployer") as url:
            chain = Chain.connect(url)
            assert not chain.has_code(CANONICAL_DEPLOYER)
            assert Deployer(chain, SET_UP).deploy_bank(rhein_bank()).tokens == bank.tokens
            assert chain.has_code(CANONICAL_DEPLOYER)

    def test_chain_that_refuses_the_canonical_deployer_is_named(self, start_anvil):
        # Its transaction was signed for all times at 100 gwei.
        options = ("--disable-default-create2-deployer", "--base-fee", str(200 * 10**9))
        with start_anvil(*options) as url:
            chain = Chain.connect(url)
            with pytest.raises(Unsupported) as failure:
                Deployer(chain, SET_UP).deploy_escrow()
        assert str(failure.value).startswith(
            f"canonical deployer: found none at {CANONICAL_DEPLOYER}, and chain 31337 refuses the "
            "transaction that creates it ("
        )

    def test_delay_is_an_hour_or_more_but_on_a_development_chain(self, start_anvil):
        with start_anvil("--chain-id", "4711") as url:
            chain = Chain.connect(url)
            for name in ("upgrade_delay", "enforce_delay"):
                thing, accepted = (
                    f"bank 'Rhein Bank': {name}",
                    "at least 3600 seconds on chain 4711",
                )
                with refuses(thing, 1, accepted):
                    deploy(chain, victoria_bank(), changed(rhein_bank(), **{name: 1}))
                with refuses(thing, 3599, accepted):
                    Deployer(chain, SET_UP).deploy_bank(changed(rhein_bank(), **{name: 3_599}))
            assert chain.web3.eth.block_number == 0
            config = changed(rhein_bank(), upgrade_delay=3_600, enforce_delay=3_600)
            _, (bank,) = deploy(chain, config)
            timelock = chain.contract("BankTimelock", bank.timelock).functions
            assert chain.call(timelock.LEAST_DELAY()) == 3_600

    def test_profile_says_whether_it_is_a_development_chain(self, start_anvil):
        with start_anvil() as url:
            chain = Chain.connect(NetworkProfile(url=url, development=False))
            with refuses(
                "bank 'Rhein Bank': upgrade_delay", 1, "at least 3600 seconds on chain 31337"
            ):
                Deployer(chain, SET_UP).deploy_bank(changed(rhein_bank(), upgrade_delay=1))
            escrow, (bank,) = deploy(chain, rhein_bank())
            timelock = chain.contract("BankTimelock", bank.timelock).functions
            assert chain.call(timelock.LEAST_DELAY()) == 3_600
            findings = check_bank(Chain.connect(url), bank, escrow).findings
            thing = "least delay that the timelock accepts"
            assert findings == (Finding(thing, "3600 s", "0 s on chain 31337"),)

    @pytest.mark.parametrize("part", ["governor", "guardian", "minters"])
    def test_key_that_everybody_has_is_refused_elsewhere(self, anvil_url, deployed, part):
        chain = Chain.connect(NetworkProfile(url=anvil_url, development=False))
        key = funder().address
        config = rhein_bank()
        if part == "minters":
            place, (first, *others) = "minters[0].address", config.model_dump()["minters"]
            config = changed(config, minters=[first | {"address": key}, *others])
        else:
            place, said = f"keys.{part}", [key] if part == "guardian" else key
            config = changed(config, keys=config.keys.model_dump() | {part: said})
        escrow, (bank, _) = deployed
        manifest = Manifest.of(chain, escrow, [bank])
        before = chain.web3.eth.block_number
        for act in (
            lambda: Deployer(chain, SET_UP).deploy_bank(config),
            lambda: deploy(chain, victoria_bank(), config),
            lambda: file_of(config).deploy(chain, SET_UP, manifest),
            lambda: file_of(config).check(chain, manifest),
        ):
            accepted = "a key that not everybody has, on chain 31337"
            with refuses(f"bank 'Rhein Bank': {place}", key, accepted):
                act()
        assert chain.web3.eth.block_number == before


class TestSettings:
    def test_token(self, bank, escrow, read):
        assert read("AllowlistRegistry", bank.registry).subscribers() == [*bank.tokens.values()]
        for token in rhein_bank().tokens:
            found = read("DepositToken", bank.tokens[token.currency])
            assert found.supplyCap() == token.supply_cap
            assert found.systemStatusOf(escrow) == 1

    def test_zones(self, bank, read):
        registry = read("AllowlistRegistry", bank.registry)
        assert [registry.zoneOf(code) for code in (276, 250, 352, 344, 840)] == [1, 1, 1, 2, 0]

    def test_corridors(self, bank, read):
        policy = read("CorridorPolicy", bank.policy)
        eur, isk = bank.tokens["EUR"], bank.tokens["ISK"]
        highest = 100_000_00
        year = (True, False, True, True, 3, 4, 10_00, 15_000_00, 25_000_00)
        assert policy.corridor(eur, 1, 2) == year
        assert policy.corridor(eur, 1, 1) == (True, True, False, False, 0, 0, 1, highest, 0)
        assert policy.corridor(isk, 1, 2) == (False, False, True, True, 0, 0, 1, highest, 0)
        assert policy.corridor(eur, 2, 1) == (False, False, False, False, 0, 0, 0, 0, 0)

    def test_approver(self, bank, read):
        assert read("CorridorPolicy", bank.policy).approver() == KEYS["approver"].address

    def test_tokens_of_an_acceptance_accept_each_other(self, deployed, read):
        _, (rhein, victoria) = deployed
        hkd = victoria.tokens["HKD"]
        for token in rhein.tokens.values():
            assert read("DepositToken", token).acceptanceOf(hkd) == 2
            assert read("DepositToken", hkd).acceptanceOf(token) == 2
        assert read("DepositToken", rhein.tokens["EUR"]).acceptanceOf(rhein.tokens["ISK"]) == 0

    def test_token_known_beforehand_is_accepted(self, local_chain, ruhr_bank, deployed, read):
        foreign = deployed[1][1].tokens["HKD"]
        tokens = [token.model_dump() for token in ruhr_bank.tokens]
        tokens[1]["accepted"] = [foreign]
        _, (bank,) = deploy(local_chain, changed(ruhr_bank, tokens=tokens))
        found = [
            read("DepositToken", token).acceptanceOf(foreign) for token in bank.tokens.values()
        ]
        assert found == [0, 2]

    def test_terms(self, local_chain, ruhr_bank, read):
        tokens = [token.model_dump() for token in ruhr_bank.tokens]
        tokens[0]["terms"] = {"uri": "https://example.org/terms", "hash": f"0x{'12' * 32}"}
        _, (bank,) = deploy(local_chain, changed(ruhr_bank, tokens=tokens))
        terms = read("DepositToken", bank.tokens["EUR"]).terms()
        assert terms == ["https://example.org/terms", b"\x12" * 32]

    def test_second_escrow_is_a_system_account_too(self, local_chain, ruhr_bank, read):
        second = Creation.of("SettlementEscrow", b"\1" * 32)
        create(local_chain, SET_UP, second)
        config = changed(ruhr_bank, escrows=[second.address])
        escrow, (bank,) = deploy(local_chain, config)
        manager = read("AccessManager", bank.manager)
        for each in (escrow, second.address):
            assert read("DepositToken", bank.tokens["EUR"]).systemStatusOf(each) == 1
            for selector in selectors("SettlementEscrow").values():
                assert manager.getTargetFunctionRole(each, selector) == Role.COMPLIANCE

    def test_minters(self, bank, read):
        minter, reserve = KEYS["minter"].address, KEYS["reserve"].address
        assert read("DepositToken", bank.tokens["EUR"]).minterOf(minter) == [7001, 10**9, 10**9]
        assert read("DepositToken", bank.tokens["EUR"]).minterOf(reserve) == [7003, 10**6, 10**6]
        assert read("DepositToken", bank.tokens["ISK"]).minterOf(minter) == [7002, 10**8, 10**8]


class TestHandOver:
    def test_every_function_has_the_role_of_the_table(self, bank, escrow, read):
        manager = read("AccessManager", bank.manager)
        assert {contract for contract, _ in bank.targets(escrow)} == set(FUNCTIONS)
        for contract, address in bank.targets(escrow):
            names = FUNCTIONS[contract]
            assert set(selectors(contract)) == set(names)
            for name, selector in selectors(contract).items():
                assert manager.getTargetFunctionRole(address, selector) == names[name]
            for name in ADMINS[contract]:
                assert manager.getTargetFunctionRole(address, selector_of(contract, name)) == 0

    def test_table_names_every_restricted_function(self):
        """All that changes something and is neither named nor ADMIN's asks nobody's leave."""
        open_to_all = {
            "AllowlistRegistry": {"claimLedger", "multicall"},
            "CorridorPolicy": {"consume", "restore"},
            "RoleKeeper": set(),
        }
        for contract, free in open_to_all.items():
            acts = {
                item["name"]
                for item in artifact(contract).abi
                if item["type"] == "function" and item["stateMutability"] == "nonpayable"
            }
            assert acts - free - {"setAuthority"} == {*FUNCTIONS[contract], *ADMINS[contract]}

    def test_each_key_may_call_its_own_functions_and_no_others(self, bank, escrow, read):
        manager = read("AccessManager", bank.manager)
        for role in (*WORKING_ROLES, Role.GUARDIAN):
            key, delay = KEYS[role.name.lower()].address, 3_600 if role == 8 else 0
            assert manager.hasRole(role, key) == [True, delay]
            for contract, address in bank.targets(escrow):
                for name in [*FUNCTIONS[contract], *ADMINS[contract]]:
                    mine = FUNCTIONS[contract].get(name) is role
                    found = manager.canCall(key, address, selector_of(contract, name))
                    at_once = mine and not delay
                    assert found == [at_once, delay if mine else 0], (role, name)

    def test_timelock_is_the_one_admin(self, bank, escrow, read):
        manager = read("AccessManager", bank.manager)
        assert manager.hasRole(Role.ADMIN, bank.timelock) == [True, 0]
        assert manager.hasRole(Role.KEEPER, bank.keeper) == [True, 0]
        for role in Role:
            admin = Role.KEEPER if role in WORKING_ROLES else Role.ADMIN
            assert manager.getRoleAdmin(role) == admin
            guardian = Role.GUARDIAN if role is Role.ENFORCER else Role.ADMIN
            assert manager.getRoleGuardian(role) == guardian
        for contract, address in bank.targets(escrow):
            for name in ADMINS[contract]:
                selector = selector_of(contract, name)
                assert manager.canCall(bank.timelock, address, selector) == [True, 0]

    def test_timelocks_belong_to_governor_guardian_and_board(self, bank, read):
        governor, guardian, board = (
            KEYS[part].address for part in ("governor", "guardian", "board")
        )
        own = read("BankTimelock", bank.timelock)
        recovery = read("RecoveryTimelock", bank.recovery)
        everybody = [key.address for key in KEYS.values()]
        everybody += [SET_UP.address, bank.timelock, bank.recovery, bank.keeper, ANYBODY]
        for timelock, role, holders in (
            (own, DEFAULT_ADMIN, {bank.timelock, bank.recovery, bank.keeper}),
            (own, PROPOSER, {governor}),
            (own, CANCELLER, {governor, guardian}),
            (own, EXECUTOR, {ANYBODY}),
            (recovery, DEFAULT_ADMIN, {bank.recovery}),
            (recovery, PROPOSER, {board}),
            (recovery, CANCELLER, {board, governor}),
            (recovery, EXECUTOR, {ANYBODY}),
        ):
            assert {each for each in everybody if timelock.hasRole(role, each)} == holders

    @pytest.mark.parametrize(
        "part", ["set-up", "governor", "board", "approver", "minter", "stranger"]
    )
    def test_others_may_call_nothing(self, bank, escrow, read, part):
        others = {"set-up": SET_UP, "stranger": STRANGER}
        key = (KEYS | others)[part].address
        manager = read("AccessManager", bank.manager)
        for role in Role:
            assert manager.hasRole(role, key) == [False, 0]
        for contract, address in bank.targets(escrow):
            for name in [*FUNCTIONS[contract], *ADMINS[contract]]:
                assert manager.canCall(key, address, selector_of(contract, name)) == [False, 0]

    def test_several_holders_get_their_role(self, local_chain, ruhr_bank, read):
        keys = ruhr_bank.keys.model_dump()
        for part, second in (("guardian", STRANGER), ("payout_officer", OPERATOR)):
            keys[part] = [*keys[part], second.address]
        _, (bank,) = deploy(local_chain, changed(ruhr_bank, keys=keys))
        manager = read("AccessManager", bank.manager)
        for role in (Role.GUARDIAN, Role.PAYOUT_OFFICER):
            for key in keys[role.name.lower()]:
                assert manager.hasRole(role, key) == [True, 0]
        for key in keys["guardian"]:
            assert read("BankTimelock", bank.timelock).hasRole(CANCELLER, key)

    def test_deployer_contract_is_no_administrator(self, bank, read):
        manager = read("AccessManager", bank.manager)
        assert manager.hasRole(Role.ADMIN, CANONICAL_DEPLOYER) == [False, 0]

    def test_releaser_ends_the_pause(self, local_chain, bank):
        token = local_chain.contract("DepositToken", bank.tokens["EUR"]).functions
        local_chain.send(KEYS["releaser"], token.unpause())
        assert not local_chain.call(token.paused())

    @pytest.mark.parametrize(
        ("part", "name"),
        [
            ("governor", "keys.governor"),
            ("board", "keys.board"),
            ("treasurer", "keys.treasurer"),
            ("approver", "keys.approver"),
            ("minter", "minters[1].address"),
        ],
    )
    def test_set_up_key_that_is_one_of_the_banks_is_refused_before_anything_is_sent(
        self, local_chain, part, name
    ):
        block = local_chain.web3.eth.block_number
        thing = f"bank 'Rhein Bank': {name}"
        with refuses(thing, KEYS[part].address, "another account than the set-up key"):
            Deployer(local_chain, KEYS[part]).deploy_bank(rhein_bank())
        assert local_chain.web3.eth.block_number == block


@pytest.mark.slow
class TestRerun:
    def test_sends_nothing_when_all_is_as_configured(self, local_chain, anvil_url, deployed):
        block = local_chain.web3.eth.block_number
        again = deploy(Chain.connect(anvil_url), rhein_bank(), victoria_bank())
        assert again == deployed
        assert local_chain.web3.eth.block_number == block

    def test_bank_in_use_is_as_configured(self, local_chain, deployed, bank):
        rhein, wallet = Bank(local_chain, bank), STRANGER.address
        rhein.send("releaser", rhein.token.unpause())
        rhein.register(CustomerCategory.RETAIL, "DE", wallet)
        rhein.mint(wallet, 10**8, sequence=1)
        rhein.send("compliance", rhein.registry.blockWallet(wallet, b"LEGL"))
        assert deploy(local_chain, rhein_bank(), victoria_bank()) == deployed

    def test_setting_that_differs_is_set_before_the_hand_over(self, local_chain, ruhr_bank, read):
        deployer = Deployer(local_chain, SET_UP)
        escrow = deployer.deploy_escrow()
        deployer.configure_bank(deployer.deploy_bank(ruhr_bank), escrow)
        tokens = [token.model_dump() for token in ruhr_bank.tokens]
        tokens[0]["supply_cap"] = 5
        minters = [minter.model_dump() for minter in ruhr_bank.minters]
        minters[0]["ceiling"] = 4
        zones = {"EEA": ["DE", "IS"], "HK": ["HK", "FR"]}
        bank = deployer.deploy_bank(changed(ruhr_bank, tokens=tokens, minters=minters, zones=zones))
        deployer.configure_bank(bank, escrow)
        deployer.hand_over(bank, escrow)
        token = read("DepositToken", bank.tokens["EUR"])
        assert token.supplyCap() == 5
        assert token.minterOf(KEYS["minter"].address) == [7001, 4, 4]
        assert read("AllowlistRegistry", bank.registry).zoneOf(250) == 2

    @pytest.mark.parametrize(
        "second",
        [
            pytest.param([("EUR", ARBITER, 7001), ("ISK", DEALER, 7002)], id="other minters"),
            pytest.param([("EUR", MINTER, 7003), ("ISK", MINTER, 7002)], id="another ledger"),
            pytest.param(
                [("EUR", MINTER, 7003), ("EUR", ARBITER, 7001), ("ISK", MINTER, 7002)],
                id="moved on",
            ),
            pytest.param(
                [("EUR", STRANGER, 7001), ("EUR", MINTER, 7011), ("ISK", MINTER, 7002)],
                id="swapped",
            ),
        ],
    )
    def test_minter_that_differs_is_replaced_before_the_hand_over(
        self, local_chain, ruhr_bank, read, second
    ):
        def bank_with(*minters):
            fields = ("currency", "address", "ledger_id", "ceiling")
            rows = [(code, key.address, ledger, 9) for code, key, ledger in minters]
            minters = [dict(zip(fields, row, strict=True)) for row in rows]
            return changed(ruhr_bank, minters=minters)

        deployer = Deployer(local_chain, SET_UP)
        escrow = deployer.deploy_escrow()
        first = bank_with(("EUR", MINTER, 7001), ("EUR", STRANGER, 7011), ("ISK", MINTER, 7002))
        deployer.configure_bank(deployer.deploy_bank(first), escrow)
        bank = deployer.deploy_bank(bank_with(*second))
        deployer.configure_bank(bank, escrow)
        for code, key, ledger in second:
            token = read("DepositToken", bank.tokens[code])
            assert token.minterOf(key.address) == [ledger, 9, 9]
            assert token.minterOfLedger(ledger) == key.address
        block = local_chain.web3.eth.block_number
        deployer.configure_bank(bank, escrow)
        assert local_chain.web3.eth.block_number == block

    def test_setting_that_differs_is_named_after_the_hand_over(self, local_chain):
        tokens = [token.model_dump() for token in rhein_bank().tokens]
        tokens[1]["supply_cap"] = 5
        block = local_chain.web3.eth.block_number
        with says(
            DeploymentError,
            "bank 'Rhein Bank' is not as its file says:\n"
            "* supply cap of token ISK: found 100000000000 ISK, the file says 5 ISK.",
        ):
            deploy(local_chain, changed(rhein_bank(), tokens=tokens), victoria_bank())
        assert local_chain.web3.eth.block_number == block

    def test_contract_that_is_missing_after_the_hand_over_is_not_created(self, local_chain, bank):
        tokens = [token.model_dump() for token in rhein_bank().tokens]
        tokens[0]["name"] = "Another Euro"
        block = local_chain.web3.eth.block_number
        with pytest.raises(DeploymentError) as refusal:
            Deployer(local_chain, SET_UP).deploy_bank(changed(rhein_bank(), tokens=tokens))
        assert "bank 'Rhein Bank': found no ERC1967Proxy at 0x" in str(refusal.value)
        assert local_chain.web3.eth.block_number == block

    def test_bank_of_the_manifest_is_compared_where_it_stands(self, local_chain, deployed):
        """Its governor's key is in its timelock's address, which another's would not have."""
        keys = rhein_bank().keys.model_dump() | {"governor": STRANGER.address}
        file = file_of(changed(rhein_bank(), keys=keys), victoria_bank())
        with pytest.raises(DeploymentError, match="found no BankTimelock at 0x"):
            file.deploy(local_chain, SET_UP)
        with pytest.raises(DeploymentError, match="PROPOSER at the timelock"):
            file.deploy(local_chain, SET_UP, Manifest.of(local_chain, *deployed))

    def test_new_bank_whose_token_another_is_to_accept(self, local_chain, deployed, elbe_bank):
        """The other one accepts it by a proposal of its own, which needs that the token stands."""
        escrow, (rhein, victoria) = deployed
        known = Manifest.of(local_chain, escrow, [rhein, victoria])
        file = file_of(rhein_bank(), victoria_bank(), elbe_bank)
        found, banks = file.deploy(local_chain, SET_UP, known)
        assert found == escrow
        assert list(banks) == ["Rhein Bank", "Victoria Bank", "Elbe Bank"]
        elbe = banks["Elbe Bank"]
        manager = local_chain.contract("AccessManager", elbe.manager).functions
        assert local_chain.call(manager.hasRole(Role.ADMIN, SET_UP.address)) == [False, 0]

        manifest = Manifest.of(local_chain, escrow, banks.values())
        reports = {report.bank: report for report in file.check(local_chain, manifest)}
        assert reports["Elbe Bank"].clean
        assert [str(each) for each in reports["Victoria Bank"].findings] == [
            f"{elbe.tokens['EUR']} at token HKD: found not accepted, the file says accepted."
        ]
        # Now that it stands, what the others owe it stops a run before it sends anything.
        block = local_chain.web3.eth.block_number
        with pytest.raises(DeploymentError, match="found not accepted, the file says accepted"):
            file.deploy(local_chain, SET_UP, manifest)
        assert local_chain.web3.eth.block_number == block

    def test_new_bank_beside_one_that_is_not_as_its_file_says(
        self, local_chain, deployed, elbe_bank
    ):
        tokens = [token.model_dump() | {"supply_cap": 5} for token in victoria_bank().tokens]
        file = file_of(rhein_bank(), changed(victoria_bank(), tokens=tokens), elbe_bank)
        block = local_chain.web3.eth.block_number
        with pytest.raises(DeploymentError, match="bank 'Victoria Bank' is not as its file says"):
            file.deploy(local_chain, SET_UP, Manifest.of(local_chain, *deployed))
        assert local_chain.web3.eth.block_number == block

    def test_run_that_died_anywhere_is_finished_by_another(self, start_anvil):
        """Each run is killed before its second transaction, until one finds nothing left to do."""

        class Killed(BaseException):
            pass

        class MortalChain(Chain):
            sent = 0

            def send(self, *arguments, **options):
                if self.sent == 1:
                    raise Killed
                self.sent += 1
                return super().send(*arguments, **options)

        def run(url):
            chain = MortalChain.connect(url)
            try:
                deploy(chain, rhein_bank())
            except Killed:
                return True
            return chain.sent == 1

        with start_anvil() as url:
            runs = 0
            while run(url):
                runs += 1
            assert runs > 15
            assert Chain.connect(url).web3.eth.block_number == runs


def test_missing_artifact_is_one_sentence():
    with says(
        NotInstalled,
        "artifact: found none of NoSuchContract, accepted is one built by `make build`.",
    ):
        artifact("NoSuchContract")


def selector_of(contract, name):
    (found,) = (
        abi_to_signature(item)
        for item in artifact(contract).abi
        if item["type"] == "function" and item["name"] == name
    )
    return bytes(Web3.keccak(text=found)[:4])
