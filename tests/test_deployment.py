import json

import pytest
from web3 import Web3
from web3.utils import abi_to_signature

from deposit_token.artifacts import artifact
from deposit_token.bank_config import BankConfig
from deposit_token.chain import Chain
from deposit_token.create2 import CANONICAL_DEPLOYER
from deposit_token.deployment import Deployer
from deposit_token.errors import DeploymentError, InputError
from deposit_token.manifest import Manifest
from deposit_token.refusals import Reverted
from deposit_token.roles import FUNCTIONS, Role, selectors

GOVERNORS = {
    "AllowlistRegistry": ["subscribe", "unsubscribe"],
    "CorridorPolicy": [],
    "DepositToken": [
        "activateSystemAccount",
        "setRegistry",
        "setPolicy",
        "setTerms",
        "setSuspenseAccount",
        "rescueForeignToken",
        "upgradeToAndCall",
    ],
    "SettlementEscrow": [],
}
"""What only the governor may call, after the upgrade delay."""


def deploy(chain, account, *configs):
    """The escrow and banks that recognise each other's tokens, all handed over."""
    deployer = Deployer(chain, account)
    escrow = deployer.deploy_escrow()
    banks = [deployer.deploy_bank(config) for config in configs]
    for bank in banks:
        deployer.configure_bank(bank, escrow)
        for other in banks:
            if other is not bank:
                for token in other.tokens.values():
                    deployer.recognise(bank, token)
    for bank in banks:
        deployer.hand_over(bank, escrow)
    return escrow, banks


def changed(config: BankConfig, **changes) -> BankConfig:
    """The configuration with other values, checked anew."""
    return BankConfig(**config.model_dump() | changes)


@pytest.fixture(scope="module")
def deployed(anvil_url, funded, euro_bank, hong_kong_bank):
    """The escrow's address and both banks, on the module's chain before any test."""
    return deploy(Chain.connect(anvil_url), funded[0], euro_bank, hong_kong_bank)


@pytest.fixture
def ruhr_bank(euro_bank):
    """A bank that is not deployed yet."""
    return changed(euro_bank, name="Ruhr Bank")


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
    def test_each_is_set_up_by_its_configuration(self, bank, read, euro_bank):
        for token, decimals in zip(euro_bank.tokens, (2, 0), strict=True):
            found = read("DepositToken", bank.tokens[token.currency])
            assert found.name() == token.name
            assert found.symbol() == token.symbol
            assert found.currency() == token.currency.encode()
            assert found.decimals() == decimals
            assert found.authority() == bank.manager
            assert found.registry() == bank.registry
            assert found.policy() == bank.policy
            assert found.totalSupply() == 0
        assert read("AllowlistRegistry", bank.registry).authority() == bank.manager
        assert read("CorridorPolicy", bank.policy).authority() == bank.manager

    def test_decimals_can_differ_from_the_currencys(self, local_chain, funded, ruhr_bank, read):
        tokens = [ruhr_bank.tokens[0].model_dump() | {"decimals": 6}]
        config = changed(ruhr_bank, tokens=tokens, corridors=[], desks=[])
        bank = Deployer(local_chain, funded[0]).deploy_bank(config)
        assert read("DepositToken", bank.tokens["EUR"]).decimals() == 6

    def test_banks_share_only_code(self, deployed):
        _, (rhein, victoria) = deployed
        assert rhein.back_office == victoria.back_office
        assert rhein.implementation == victoria.implementation
        own = [
            [each.manager, each.registry, each.policy, *each.tokens.values()]
            for each in deployed[1]
        ]
        assert len({*own[0], *own[1]}) == len(own[0]) + len(own[1])

    def test_implementation_can_not_be_initialized(self, local_chain, funded, bank):
        token = local_chain.contract("DepositToken", bank.implementation).functions
        call = token.initialize(
            "x", "x", b"EUR", 2, funded[0].address, bank.registry, bank.policy, 1
        )
        with pytest.raises(Reverted) as refusal:
            local_chain.send(funded[0], call)
        assert refusal.value.error == "InvalidInitialization"

    def test_proxy_can_not_be_initialized_again(self, local_chain, funded, bank):
        token = local_chain.contract("DepositToken", bank.tokens["EUR"]).functions
        call = token.initialize(
            "x", "x", b"EUR", 2, funded[0].address, bank.registry, bank.policy, 1
        )
        with pytest.raises(Reverted) as refusal:
            local_chain.send(funded[0], call)
        assert refusal.value.error == "InvalidInitialization"

    def test_addresses_are_the_same_on_another_chain(
        self, deployed, start_anvil, funded, euro_bank, hong_kong_bank
    ):
        with start_anvil("--chain-id", "4711") as url:
            other = Chain.connect(url, 4711)
            # Neither the order of the banks nor what the account sent before decides them.
            other.send(funded[0], {"to": funded[1].address, "value": 1})
            escrow, banks = deploy(other, funded[0], hong_kong_bank, euro_bank)
        assert (escrow, banks) == (deployed[0], deployed[1][::-1])

    def test_bank_of_another_key_or_name_stands_elsewhere(
        self, local_chain, funded, bank, euro_bank, ruhr_bank
    ):
        named = Deployer(local_chain, funded[0]).deploy_bank(ruhr_bank)
        keyed = Deployer(local_chain, funded[10]).deploy_bank(euro_bank)
        for other in (named, keyed):
            assert other.manager != bank.manager
            assert other.tokens["EUR"] != bank.tokens["EUR"]

    def test_chain_without_the_canonical_deployer_gets_it(
        self, start_anvil, funded, euro_bank, bank
    ):
        with start_anvil("--disable-default-create2-deployer") as url:
            chain = Chain.connect(url)
            assert not chain.has_code(CANONICAL_DEPLOYER)
            assert Deployer(chain, funded[0]).deploy_bank(euro_bank) == bank
            assert chain.has_code(CANONICAL_DEPLOYER)

    def test_chain_that_refuses_the_canonical_deployer_is_named(self, start_anvil, funded):
        # Its transaction was signed for all times at 100 gwei.
        options = ("--disable-default-create2-deployer", "--base-fee", str(200 * 10**9))
        with start_anvil(*options) as url:
            chain = Chain.connect(url)
            with pytest.raises(DeploymentError) as failure:
                Deployer(chain, funded[0]).deploy_escrow()
        assert str(failure.value).startswith(
            f"canonical deployer: found none at {CANONICAL_DEPLOYER}, and chain 31337 refuses the "
            "transaction that creates it ("
        )


class TestSettings:
    def test_token(self, bank, escrow, read, euro_bank):
        assert read("AllowlistRegistry", bank.registry).subscribers() == [*bank.tokens.values()]
        for token in euro_bank.tokens:
            found = read("DepositToken", bank.tokens[token.currency])
            assert found.supplyCap() == token.supply_cap
            assert found.systemStatusOf(escrow) == 1
            # It hears of changes: its copies are good from the start.
            assert found.epoch() > 0

    def test_zones(self, bank, read):
        registry = read("AllowlistRegistry", bank.registry)
        assert [registry.zoneOf(code) for code in (276, 250, 352, 344, 840)] == [1, 1, 1, 2, 0]

    def test_corridors(self, bank, read):
        policy = read("CorridorPolicy", bank.policy)
        eur, isk = bank.tokens["EUR"], bank.tokens["ISK"]
        highest = 100_000_00
        year = (True, False, False, False, 3, 4, 1, highest, 50_000_00)
        assert policy.corridor(eur, 1, 2) == year
        assert policy.corridor(eur, 1, 1) == (True, True, False, False, 0, 0, 1, highest, 0)
        assert policy.corridor(isk, 1, 2) == (False, False, True, True, 0, 0, 1, highest, 0)
        assert policy.corridor(eur, 2, 1) == (False, False, False, False, 0, 0, 0, 0, 0)

    def test_approver_and_recognised_tokens(self, deployed, read, funded):
        _, (rhein, victoria) = deployed
        policy = read("CorridorPolicy", rhein.policy)
        assert policy.approver() == funded[7].address
        assert policy.isRecognised(victoria.tokens["HKD"])
        assert not policy.isRecognised(funded[0].address)
        policy = read("CorridorPolicy", victoria.policy)
        assert [policy.isRecognised(token) for token in rhein.tokens.values()] == [True, True]

    def test_token_known_beforehand_is_recognised(self, local_chain, funded, ruhr_bank, read):
        foreign = funded[29].address
        config = changed(ruhr_bank, recognised=[foreign])
        _, (bank,) = deploy(local_chain, funded[0], config)
        assert read("CorridorPolicy", bank.policy).isRecognised(foreign)

    def test_desks(self, bank, read, funded):
        desk = funded[8].address
        assert read("DepositToken", bank.tokens["EUR"]).deskOf(desk) == [7001, 10**9]
        assert read("DepositToken", bank.tokens["ISK"]).deskOf(desk) == [7002, 10**8]


class TestHandOver:
    def test_every_function_has_the_role_of_the_table(self, bank, escrow, read):
        manager = read("AccessManager", bank.manager)
        assert {contract for contract, _ in targets(bank, escrow)} == set(FUNCTIONS)
        for contract, address in targets(bank, escrow):
            names = FUNCTIONS[contract]
            assert set(selectors(contract)) == set(names)
            for name, selector in selectors(contract).items():
                assert manager.getTargetFunctionRole(address, selector) == names[name]
            for name in GOVERNORS[contract]:
                assert manager.getTargetFunctionRole(address, selector_of(contract, name)) == 0

    def test_each_key_may_call_its_own_functions_and_no_others(self, bank, escrow, read, funded):
        manager = read("AccessManager", bank.manager)
        keys = {
            Role.REGISTRAR: funded[2],
            Role.COMPLIANCE: funded[3],
            Role.POLICY_OFFICER: funded[4],
            Role.TREASURER: funded[5],
            Role.GUARDIAN: funded[6],
            Role.CASHIER: funded[9],
        }
        assert set(keys) == set(Role) - {Role.ADMIN}
        for role, key in keys.items():
            assert manager.hasRole(role, key.address) == [True, 0]
        for contract, address in targets(bank, escrow):
            for name in [*FUNCTIONS[contract], *GOVERNORS[contract]]:
                selector = selector_of(contract, name)
                for role, key in keys.items():
                    mine = FUNCTIONS[contract].get(name) is role
                    found = manager.canCall(key.address, address, selector)
                    assert found == [mine, 0], (role, name)

    def test_governor_acts_only_after_the_upgrade_delay(self, bank, escrow, read, funded):
        manager, delay = read("AccessManager", bank.manager), 2 * 86_400
        assert manager.hasRole(Role.ADMIN, funded[1].address) == [True, delay]
        for contract, address in targets(bank, escrow):
            for name in GOVERNORS[contract]:
                found = manager.canCall(funded[1].address, address, selector_of(contract, name))
                assert found == [False, delay], name

    @pytest.mark.parametrize("index", [0, 7, 8, 10])
    def test_set_up_key_approver_desk_and_stranger_may_call_nothing(
        self, bank, escrow, read, funded, index
    ):
        manager = read("AccessManager", bank.manager)
        for role in Role:
            assert manager.hasRole(role, funded[index].address) == [False, 0]
        for contract, address in targets(bank, escrow):
            for name in [*FUNCTIONS[contract], *GOVERNORS[contract]]:
                selector = selector_of(contract, name)
                assert manager.canCall(funded[index].address, address, selector) == [False, 0]

    def test_deployer_contract_is_no_administrator(self, bank, read):
        manager = read("AccessManager", bank.manager)
        assert manager.hasRole(Role.ADMIN, CANONICAL_DEPLOYER) == [False, 0]

    def test_set_up_key_can_not_grant_itself_anything(self, local_chain, bank, funded):
        manager = local_chain.contract("AccessManager", bank.manager).functions
        with pytest.raises(Reverted) as refusal:
            local_chain.send(funded[0], manager.grantRole(Role.ADMIN, funded[0].address, 0))
        assert refusal.value.error == "AccessManagerUnauthorizedAccount"
        assert refusal.value.arguments == {"msgsender": funded[0].address, "roleId": Role.ADMIN}

    @pytest.mark.parametrize(
        ("index", "name"), [(1, "governor"), (5, "treasurer"), (7, "approver"), (8, "desk EUR")]
    )
    def test_set_up_key_that_is_one_of_the_banks_is_refused_before_anything_is_sent(
        self, local_chain, funded, euro_bank, index, name
    ):
        block = local_chain.web3.eth.block_number
        with pytest.raises(InputError) as refusal:
            Deployer(local_chain, funded[index]).deploy_bank(euro_bank)
        assert str(refusal.value) == (
            f"{name}: found '{funded[index].address}', accepted is another account than the "
            "set-up key."
        )
        assert local_chain.web3.eth.block_number == block


class TestRerun:
    def test_sends_nothing_when_all_is_as_configured(
        self, local_chain, anvil_url, funded, deployed, euro_bank, hong_kong_bank
    ):
        block = local_chain.web3.eth.block_number
        again = deploy(Chain.connect(anvil_url), funded[0], euro_bank, hong_kong_bank)
        assert again == deployed
        assert local_chain.web3.eth.block_number == block

    def test_used_quota_is_as_configured(self, local_chain, funded, bank, escrow):
        registry = local_chain.contract("AllowlistRegistry", bank.registry).functions
        token = local_chain.contract("DepositToken", bank.tokens["EUR"]).functions
        wallet = funded[9].address
        local_chain.send(funded[2], registry.register(wallet, 0, 276, 2**39, 1))
        local_chain.send(funded[8], token.mint(wallet, 10**8, 7001 << 64 | 1))
        Deployer(local_chain, funded[0]).configure_bank(bank, escrow)
        assert local_chain.call(token.deskOf(funded[8].address)) == [7001, 10**9 - 10**8]

    def test_setting_that_differs_is_set_before_the_hand_over(
        self, local_chain, funded, ruhr_bank, read
    ):
        deployer = Deployer(local_chain, funded[0])
        escrow = deployer.deploy_escrow()
        deployer.configure_bank(deployer.deploy_bank(ruhr_bank), escrow)
        tokens = [token.model_dump() for token in ruhr_bank.tokens]
        tokens[0]["supply_cap"] = 5
        desks = [desk.model_dump() for desk in ruhr_bank.desks]
        desks[0]["quota"] = 4
        zones = {1: ["DE"], 2: ["HK", "FR"]}
        bank = deployer.deploy_bank(changed(ruhr_bank, tokens=tokens, desks=desks, zones=zones))
        deployer.configure_bank(bank, escrow)
        token = read("DepositToken", bank.tokens["EUR"])
        assert token.supplyCap() == 5
        assert token.deskOf(funded[8].address) == [7001, 4]
        assert read("AllowlistRegistry", bank.registry).zoneOf(250) == 2

    @pytest.mark.parametrize(
        "second",
        [
            pytest.param([("EUR", 28, 7001), ("ISK", 27, 7002)], id="other desks"),
            pytest.param([("EUR", 8, 7003), ("ISK", 8, 7002)], id="another ledger"),
            pytest.param([("EUR", 8, 7003), ("EUR", 28, 7001), ("ISK", 8, 7002)], id="moved on"),
            pytest.param([("EUR", 20, 7001), ("EUR", 8, 7011), ("ISK", 8, 7002)], id="swapped"),
        ],
    )
    def test_desk_that_differs_is_replaced_before_the_hand_over(
        self, local_chain, funded, ruhr_bank, read, second
    ):
        def bank_with(*desks):
            rows = [
                {"currency": code, "address": funded[key].address, "ledger_id": ledger, "quota": 9}
                for code, key, ledger in desks
            ]
            return changed(ruhr_bank, desks=rows)

        deployer = Deployer(local_chain, funded[0])
        escrow = deployer.deploy_escrow()
        first = bank_with(("EUR", 8, 7001), ("EUR", 20, 7011), ("ISK", 8, 7002))
        deployer.configure_bank(deployer.deploy_bank(first), escrow)
        bank = deployer.deploy_bank(bank_with(*second))
        deployer.configure_bank(bank, escrow)
        for code, key, ledger in second:
            token = read("DepositToken", bank.tokens[code])
            assert token.deskOf(funded[key].address) == [ledger, 9]
            assert token.deskOfLedger(ledger) == funded[key].address
        block = local_chain.web3.eth.block_number
        deployer.configure_bank(bank, escrow)
        assert local_chain.web3.eth.block_number == block

    def test_setting_that_differs_is_named_after_the_hand_over(
        self, local_chain, funded, euro_bank, bank, escrow
    ):
        tokens = [token.model_dump() for token in euro_bank.tokens]
        tokens[1]["supply_cap"] = 5
        deployer = Deployer(local_chain, funded[0])
        block = local_chain.web3.eth.block_number
        changed_bank = deployer.deploy_bank(changed(euro_bank, tokens=tokens))
        with pytest.raises(DeploymentError) as refusal:
            deployer.configure_bank(changed_bank, escrow)
        assert str(refusal.value) == (
            "bank 'Rhein Bank', token ISK supply cap: found 100000000000, accepted is 5, which "
            "only the bank's own keys can set since it was handed over."
        )
        assert local_chain.web3.eth.block_number == block

    @pytest.mark.parametrize(
        ("act", "setting"),
        [
            (
                lambda bank, registry, policy, token: (4, registry.setZone([276], 9)),
                "zone of DE: found 9, accepted is 1",
            ),
            (
                lambda bank, registry, policy, token: (6, token.stopSystemAccount(bank[1])),
                "token EUR status of the escrow: found 2, accepted is 1",
            ),
            (
                lambda bank, registry, policy, token: (4, policy.setApprover(CANONICAL_DEPLOYER)),
                f"approver: found {CANONICAL_DEPLOYER}, accepted is ",
            ),
            (
                lambda bank, registry, policy, token: (
                    4,
                    policy.setCorridor(bank[0].tokens["EUR"], 1, 1, (False,) * 4 + (0,) * 5),
                ),
                "corridor EUR 1 to 1: found (False, False, False, False, 0, 0, 0, 0, 0), accepted "
                "is (True, True, False, False, 0, 0, 1, 10000000, 0)",
            ),
            (
                lambda bank, registry, policy, token: (6, token.removeDesk(bank[2])),
                "(ledger id, quota): found (0, 1000000000), accepted is (7001, 1000000000)",
            ),
        ],
    )
    def test_what_the_banks_keys_changed_is_named(
        self, local_chain, funded, bank, escrow, act, setting
    ):
        registry = local_chain.contract("AllowlistRegistry", bank.registry).functions
        policy = local_chain.contract("CorridorPolicy", bank.policy).functions
        token = local_chain.contract("DepositToken", bank.tokens["EUR"]).functions
        index, call = act((bank, escrow, funded[8].address), registry, policy, token)
        local_chain.send(funded[index], call)
        with pytest.raises(DeploymentError) as refusal:
            Deployer(local_chain, funded[0]).configure_bank(bank, escrow)
        assert setting in str(refusal.value)

    @pytest.mark.parametrize("role", [Role.GUARDIAN, Role.CASHIER])
    def test_key_that_differs_is_named_after_the_hand_over(
        self, local_chain, funded, euro_bank, escrow, bank, role
    ):
        keys = euro_bank.keys.model_dump() | {role.name.lower(): funded[29].address}
        deployer = Deployer(local_chain, funded[0])
        with pytest.raises(DeploymentError) as refusal:
            deployer.hand_over(deployer.deploy_bank(changed(euro_bank, keys=keys)), escrow)
        assert str(refusal.value).startswith(
            f"bank 'Rhein Bank', {funded[29].address} as {role.name} (member, delay in seconds): "
            "found (False, 0), accepted is (True, 0)"
        )

    def test_other_upgrade_delay_is_named_after_the_hand_over(
        self, local_chain, funded, euro_bank, escrow
    ):
        deployer = Deployer(local_chain, funded[0])
        with pytest.raises(
            DeploymentError, match=r"found \(True, 172800\), accepted is \(True, 60\)"
        ):
            deployer.hand_over(deployer.deploy_bank(changed(euro_bank, upgrade_delay=60)), escrow)

    def test_unknown_token_is_named_after_the_hand_over(self, local_chain, funded, bank):
        with pytest.raises(DeploymentError) as refusal:
            Deployer(local_chain, funded[0]).recognise(bank, funded[29].address)
        assert str(refusal.value).startswith(
            f"bank 'Rhein Bank', token {funded[29].address} recognised: found False"
        )

    def test_contract_that_is_missing_after_the_hand_over_is_not_created(
        self, local_chain, funded, euro_bank, bank
    ):
        tokens = [token.model_dump() for token in euro_bank.tokens]
        tokens[0]["name"] = "Another Euro"
        block = local_chain.web3.eth.block_number
        with pytest.raises(DeploymentError) as refusal:
            Deployer(local_chain, funded[0]).deploy_bank(changed(euro_bank, tokens=tokens))
        assert "bank 'Rhein Bank': found no ERC1967Proxy at 0x" in str(refusal.value)
        assert local_chain.web3.eth.block_number == block

    def test_run_that_died_anywhere_is_finished_by_another(self, start_anvil, funded, euro_bank):
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
                deploy(chain, funded[0], euro_bank)
            except Killed:
                return True
            return chain.sent == 1

        with start_anvil() as url:
            runs = 0
            while run(url):
                runs += 1
            assert runs > 5
            assert Chain.connect(url).web3.eth.block_number == runs


class TestConfiguration:
    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            (
                {"name": ""},
                "BankConfig name: found '', accepted is String should have at least 1 character.",
            ),
            (
                {"tokens": []},
                "BankConfig tokens: found [], accepted is List should have at least 1 item after "
                "validation, not 0.",
            ),
            (
                {"zones": {0: ["DE"]}},
                "BankConfig zones 0 [key]: found 0, accepted is greater than or equal to 1.",
            ),
            (
                {"zones": {1: ["DE", "XX"], 2: ["HK"]}},
                "country: found 'XX', accepted is an ISO 3166-1 alpha-2 code in capital letters, "
                "such as HK.",
            ),
            (
                {"zones": {1: ["DE"], 2: ["HK", "DE"]}},
                "country: found 'DE', accepted is each only once.",
            ),
            (
                {"zones": {1: ["DE"]}},
                "corridor zone: found 2, accepted is one of 1.",
            ),
            (
                {"upgrade_delay": 0},
                "BankConfig upgrade_delay: found 0, accepted is greater than or equal to 1.",
            ),
            (
                {"upgrade_delay": 1.5},
                "BankConfig upgrade_delay: found 1.5, accepted is a valid integer.",
            ),
            (
                {"recognised": ["0x12"]},
                "BankConfig recognised 0: found '0x12', accepted is a checksummed address that is "
                "not zero.",
            ),
            ({"colour": "red"}, "BankConfig colour: found 'red', accepted is"),
        ],
    )
    def test_bank(self, euro_bank, changes, sentence):
        with pytest.raises(InputError) as refusal:
            changed(euro_bank, **changes)
        assert str(refusal.value).startswith(sentence)

    @pytest.mark.parametrize(
        ("part", "changes", "sentence"),
        [
            (
                "tokens",
                {"currency": "XYZ"},
                "currency: found 'XYZ', accepted is an ISO 4217 currency code in capital letters, "
                "such as EUR.",
            ),
            ("tokens", {"currency": "ISK"}, "token: found 'ISK', accepted is each only once."),
            (
                "tokens",
                {"currency": "SEK"},
                "corridor token: found 'EUR', accepted is one of SEK, ISK.",
            ),
            (
                "tokens",
                {"supply_cap": -1},
                "TokenConfig supply_cap: found -1, accepted is greater than or equal to 0.",
            ),
            (
                "tokens",
                {"supply_cap": "5"},
                "TokenConfig supply_cap: found '5', accepted is a valid integer.",
            ),
            (
                "corridors",
                {"min_amount": 100_000_01},
                "min amount: found 10000001, accepted is at most 10000000.",
            ),
            (
                "corridors",
                {"period": "none"},
                "quota: found 5000000, accepted is 0 where the period is none.",
            ),
            (
                "corridors",
                {"period": "week"},
                "CorridorConfig period: found 'week', accepted is 'none', 'day', 'month' or "
                "'year'.",
            ),
            (
                "corridors",
                {"utc_offset_quarters": 57},
                "CorridorConfig utc_offset_quarters: found 57, accepted is less than or equal to "
                "56.",
            ),
            (
                "corridors",
                {"open": "yes"},
                "CorridorConfig open: found 'yes', accepted is a valid boolean.",
            ),
            (
                "corridors",
                {"to_zone": 1},
                "corridor: found ('EUR', 1, 1), accepted is each only once.",
            ),
            ("desks", {"ledger_id": 7002}, "ledger id: found 7002, accepted is each only once."),
            (
                "desks",
                {"currency": "HKD"},
                "desk currency: found 'HKD', accepted is one of EUR, ISK.",
            ),
            (
                "desks",
                {"ledger_id": 0},
                "DeskConfig ledger_id: found 0, accepted is greater than or equal to 1.",
            ),
        ],
    )
    def test_parts_of_a_bank(self, euro_bank, part, changes, sentence):
        rows = [row.model_dump() for row in getattr(euro_bank, part)]
        rows[0] |= changes
        with pytest.raises(InputError) as refusal:
            changed(euro_bank, **{part: rows})
        assert str(refusal.value) == sentence

    def test_missing_key_is_named(self, euro_bank):
        keys = euro_bank.keys.model_dump()
        del keys["guardian"]
        with pytest.raises(InputError, match=r"^BankKeys guardian: found None, .* is required\.$"):
            changed(euro_bank, keys=keys)

    @pytest.mark.parametrize("role", ["registrar", "guardian", "approver"])
    def test_a_key_has_one_role(self, euro_bank, role):
        keys = euro_bank.keys.model_dump()
        keys[role] = keys["treasurer"]
        with pytest.raises(InputError, match=r"^key: found '0x.*, accepted is each only once"):
            changed(euro_bank, keys=keys)

    def test_a_desk_has_no_role(self, euro_bank):
        keys = euro_bank.keys.model_dump()
        keys["cashier"] = euro_bank.desks[0].address
        with pytest.raises(InputError, match=r"^key: found '0x.*, accepted is each only once"):
            changed(euro_bank, keys=keys)

    def test_two_desks_of_one_token_need_two_addresses(self, euro_bank):
        desks = [desk.model_dump() for desk in euro_bank.desks]
        desks[1]["currency"] = "EUR"
        with pytest.raises(InputError, match=r"^desk: found \('EUR', '0x.*each only once"):
            changed(euro_bank, desks=desks)


class TestManifest:
    @pytest.fixture
    def manifest(self, local_chain, deployed):
        return Manifest.of(local_chain, *deployed)

    def test_says_where_everything_is(self, local_chain, deployed, manifest, tmp_path):
        escrow, (rhein, victoria) = deployed
        path = manifest.write(tmp_path / "deployments")
        assert path == tmp_path / "deployments" / "31337.json"
        assert json.loads(path.read_text()) == {
            "chain_id": 31337,
            "genesis_hash": local_chain.genesis_hash,
            "escrow": escrow,
            "banks": {
                each.config.name: {
                    "manager": each.manager,
                    "registry": each.registry,
                    "policy": each.policy,
                    "back_office": each.back_office,
                    "implementation": each.implementation,
                    "tokens": each.tokens,
                }
                for each in (rhein, victoria)
            },
        }
        assert Manifest.read(tmp_path / "deployments", local_chain) == manifest
        assert [each.name for each in path.parent.iterdir()] == ["31337.json"]

    def test_bank_deployed_later_joins_the_others(self, local_chain, deployed, manifest, tmp_path):
        escrow, banks = deployed
        for bank in banks:
            Manifest.of(local_chain, escrow, [bank]).write(tmp_path)
        assert Manifest.read(tmp_path, local_chain) == manifest

    def test_manifest_of_another_chain_is_replaced(self, local_chain, manifest, tmp_path):
        manifest.model_copy(update={"genesis_hash": "0x00", "banks": {}}).write(tmp_path)
        manifest.write(tmp_path)
        assert Manifest.read(tmp_path, local_chain) == manifest

    def test_manifest_with_another_escrow_is_not_replaced(self, manifest, tmp_path):
        path = manifest.write(tmp_path)
        before = path.read_text()
        with pytest.raises(DeploymentError) as refusal:
            manifest.model_copy(update={"escrow": CANONICAL_DEPLOYER}).write(tmp_path)
        assert str(refusal.value) == (
            f"manifest {path}: escrow: found {manifest.escrow}, accepted is {CANONICAL_DEPLOYER}, "
            "or no file there."
        )
        assert path.read_text() == before

    def test_manifest_that_cannot_be_written_is_one_sentence(self, manifest, tmp_path):
        (tmp_path / "deployments").write_text("A file.")
        with pytest.raises(DeploymentError) as refusal:
            manifest.write(tmp_path / "deployments" / "here")
        assert str(refusal.value) == (
            f"manifest {tmp_path / 'deployments' / 'here' / '31337.json'}: found Not a directory, "
            "accepted is a file that can be written."
        )

    def test_missing_manifest_is_named(self, local_chain, tmp_path):
        with pytest.raises(DeploymentError) as refusal:
            Manifest.read(tmp_path, local_chain)
        assert str(refusal.value) == (
            f"manifest: found no {tmp_path / '31337.json'}, accepted is one that a deployment "
            "wrote."
        )

    @pytest.mark.parametrize(
        ("content", "field"),
        [
            ("", "content: Invalid JSON"),
            ("{", "content: Invalid JSON"),
            ("[]", "content: Input should be an object"),
            ("{}", "chain_id: Field required"),
        ],
    )
    def test_file_that_is_no_manifest_is_refused(self, local_chain, tmp_path, content, field):
        path = tmp_path / "31337.json"
        path.write_text(content)
        with pytest.raises(DeploymentError) as refusal:
            Manifest.read(tmp_path, local_chain)
        assert str(refusal.value).startswith(f"manifest {path}: {field}")

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"chain_id": 1}, "chain id: found 1, accepted is 31337, that of the connected chain."),
            ({"genesis_hash": "0x00"}, "genesis hash: found 0x00, accepted is 0x"),
            (
                {"escrow": Web3.to_checksum_address("0x" + "12" * 20)},
                f"escrow: found no contract at {Web3.to_checksum_address('0x' + '12' * 20)}, "
                "accepted is one that stands on the connected chain.",
            ),
        ],
    )
    def test_manifest_of_another_chain_is_refused(
        self, local_chain, manifest, tmp_path, changes, sentence
    ):
        path = manifest.write(tmp_path)
        path.write_text(manifest.model_copy(update=changes).model_dump_json())
        with pytest.raises(DeploymentError) as refusal:
            Manifest.read(tmp_path, local_chain)
        assert str(refusal.value).startswith(f"manifest {path}: {sentence}")


def test_missing_artifact_is_one_sentence():
    with pytest.raises(DeploymentError) as refusal:
        artifact("NoSuchContract")
    assert str(refusal.value) == (
        "artifact: found none of NoSuchContract, accepted is one built by `make build`."
    )


def targets(bank, escrow):
    """The contracts whose functions have roles at the bank."""
    yield "AllowlistRegistry", bank.registry
    yield "CorridorPolicy", bank.policy
    for address in bank.tokens.values():
        yield "DepositToken", address
    yield "SettlementEscrow", escrow


def selector_of(contract, name):
    (found,) = (
        abi_to_signature(item)
        for item in artifact(contract).abi
        if item["type"] == "function" and item["name"] == name
    )
    return bytes(Web3.keccak(text=found)[:4])
