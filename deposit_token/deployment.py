"""Deployment: the escrow and whole banks, at addresses that follow from their configuration.

The same set-up key, bank name and contracts give the same addresses on every chain, and a run
that died half way is finished by running it again: what stands already is left as it is, and each
setting is read before it is set. Until it hands a bank over, in one transaction, the set-up key is
the bank's only administrator.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from eth_typing import HexStr
from web3 import Web3
from web3.constants import ADDRESS_ZERO
from web3.contract import Contract
from web3.contract.contract import ContractFunction, ContractFunctions

from deposit_token.artifacts import artifact
from deposit_token.bank_config import BankConfig, TokenConfig
from deposit_token.chain import Chain, Signer, calldata
from deposit_token.countries import country_numeric
from deposit_token.create2 import Creation, create
from deposit_token.errors import DeploymentError, InputError
from deposit_token.money import Currency
from deposit_token.roles import FUNCTIONS, Role, selectors

_SHARED_SALT = bytes(32)
"""For contracts without owner or state of a bank's."""
_ACTIVE = 1
"""The status of a token's system account that may pull tokens in."""
_CALLS_AT_ONCE = 20
"""How many settings go into one transaction: a few million gas."""


@dataclass(frozen=True)
class BankDeployment:
    """A bank's contracts on one chain, by address, and what they are to be configured by."""

    config: BankConfig
    manager: str
    """Its `AccessManager`."""
    registry: str
    policy: str
    back_office: str
    """Code that the tokens delegate to; it has no state, and all banks share it."""
    implementation: str
    """The code that its tokens are created with; as stateless, and as shared."""
    tokens: dict[str, str]
    """By currency code, in the order of the configuration."""


class Deployer:
    """Deploys to one chain with one set-up key, whose power over a bank ends with its hand-over.

    For every bank: `deploy_bank`, `configure_bank` with the escrow, `recognise` for other banks'
    tokens that have no address before, then `hand_over`. Each may be repeated, also by a later
    process, and sends nothing if the chain is as configured. If it is not and the bank was handed
    over, each raises DeploymentError: only the bank's own keys can change it then.
    """

    def __init__(self, chain: Chain, account: Signer) -> None:
        self._chain = chain
        self._account = account

    def deploy_escrow(self) -> str:
        """Create the settlement escrow, which all banks of a chain share; gives its address."""
        escrow = Creation.of("SettlementEscrow", _SHARED_SALT)
        create(self._chain, self._account, escrow)
        return escrow.address

    def deploy_bank(self, config: BankConfig) -> BankDeployment:
        """Create a bank's contracts, its tokens with a supply cap of zero until configured.

        Raises InputError if the set-up key is one of the bank's: it is to have no power afterwards.
        """
        desks = {f"desk {desk.currency}": desk.address for desk in config.desks}
        for name, key in (dict(config.keys) | desks).items():
            if key == self._account.address:
                raise InputError(name, key, "another account than the set-up key")
        salt = bytes(Web3.keccak(text=config.name))
        manager = Creation.of("AccessManager", salt, self._account.address)
        registry = Creation.of("AllowlistRegistry", salt, manager.address, ADDRESS_ZERO)
        policy = Creation.of("CorridorPolicy", salt, manager.address)
        back_office = Creation.of("BackOffice", _SHARED_SALT)
        implementation = Creation.of("DepositToken", _SHARED_SALT, back_office.address)
        bank_contracts = (manager.address, registry.address, policy.address)
        proxies = {
            token.currency: Creation.of(
                "ERC1967Proxy",
                salt,
                implementation.address,
                _initialization(token, *bank_contracts),
            )
            for token in config.tokens
        }
        bank = BankDeployment(
            config,
            *bank_contracts,
            back_office.address,
            implementation.address,
            {currency: proxy.address for currency, proxy in proxies.items()},
        )
        shared = [back_office, implementation]
        self._create(bank, [manager, registry, policy, *shared, *proxies.values()])
        return bank

    def configure_bank(self, bank: BankDeployment, escrow: str) -> None:
        """Make the settings of a bank's configuration, the escrow its tokens' system account."""
        self._apply(bank, list(self._settings(bank, escrow)))

    def recognise(self, bank: BankDeployment, token: str) -> None:
        """Let a bank's customers pay into a token of another bank."""
        self._apply(bank, [self._recognition(bank, token)])

    def hand_over(self, bank: BankDeployment, escrow: str) -> None:
        """Give the bank's keys their roles and its governor ADMIN, and renounce the set-up key's.

        All in one transaction. What was not configured before, only the bank's keys can set.
        """
        grants = list(self._grants(bank, escrow))
        if not self._administers(bank):
            self._require(bank, grants)
            return
        manager = self._manager(bank)
        renounced = manager.encode_abi("renounceRole", [Role.ADMIN, self._account.address])
        calls = [*(calldata(grant.change) for grant in grants if not grant.holds), renounced]
        self._chain.send(self._account, manager.functions.multicall(calls))

    def _create(self, bank: BankDeployment, creations: list[Creation]) -> None:
        missing = [each for each in creations if not self._chain.has_code(each.address)]
        started = creations[0] not in missing
        if missing and started and not self._administers(bank):
            raise DeploymentError(
                f"bank {bank.config.name!r}: found no {missing[0].name} at "
                f"{missing[0].address}, and it was handed over already: accepted are its tokens' "
                "names and currencies and the contracts as they were deployed."
            )
        for creation in missing:
            create(self._chain, self._account, creation)

    def _settings(self, bank: BankDeployment, escrow: str) -> Iterator["_Setting"]:
        config, read = bank.config, self._chain.call
        registry = self._chain.contract("AllowlistRegistry", bank.registry).functions
        policy = self._chain.contract("CorridorPolicy", bank.policy).functions
        # Zones before any token subscribes, which would have to be told of each.
        for zone, countries in config.zones.items():
            for code in countries:
                number = country_numeric(code)
                found = read(registry.zoneOf(number))
                yield _Setting(f"zone of {code}", found, zone, registry.setZone([number], zone))
        subscribers = read(registry.subscribers())
        for token in config.tokens:
            name, address = f"token {token.currency}", bank.tokens[token.currency]
            functions = self._token(bank, token.currency)
            found = address in subscribers
            yield _Setting(f"{name} subscribed", found, True, registry.subscribe(address))
            found = read(functions.systemStatusOf(escrow))
            change = functions.activateSystemAccount(escrow)
            yield _Setting(f"{name} status of the escrow", found, _ACTIVE, change)
            found, cap = read(functions.supplyCap()), token.supply_cap
            yield _Setting(f"{name} supply cap", found, cap, functions.setSupplyCap(cap))
        for target in config.recognised:
            yield self._recognition(bank, target)
        for corridor in config.corridors:
            key = (bank.tokens[corridor.token], corridor.from_zone, corridor.to_zone)
            name = f"corridor {corridor.token} {corridor.from_zone} to {corridor.to_zone}"
            found, rules = read(policy.corridor(*key)), corridor.as_tuple()
            yield _Setting(name, found, rules, policy.setCorridor(*key, rules))
        found, approver = read(policy.approver()), config.keys.approver
        yield _Setting("approver", found, approver, policy.setApprover(approver))
        yield from self._desks(bank)

    def _desks(self, bank: BankDeployment) -> Iterator["_Setting"]:
        new = self._administers(bank)
        desks = [(desk, self._token(bank, desk.currency)) for desk in bank.config.desks]
        removed = set()
        # First whom a run before gave the ledger, or whom it gave another one.
        for desk, functions in desks:
            holder = self._chain.call(functions.deskOfLedger(desk.ledger_id))
            held, _ = self._chain.call(functions.deskOf(desk.address))
            for other, stale in (
                (holder, holder not in (ADDRESS_ZERO, desk.address)),
                (desk.address, held not in (0, desk.ledger_id)),
            ):
                if stale and (desk.currency, other) not in removed:
                    removed.add((desk.currency, other))
                    name = f"desk {other} of token {desk.currency} removed"
                    yield _Setting(name, False, True, functions.removeDesk(other))
        for desk, functions in desks:
            ledger_id, quota = self._chain.call(functions.deskOf(desk.address))
            # Later the quota is what minting and the treasurer have left of it.
            found = (ledger_id, quota if new else desk.quota)
            yield _Setting(
                f"desk {desk.address} of token {desk.currency} (ledger id, quota)",
                found,
                (desk.ledger_id, desk.quota),
                functions.setDesk(desk.address, desk.ledger_id, desk.quota),
            )

    def _recognition(self, bank: BankDeployment, token: str) -> "_Setting":
        policy = self._chain.contract("CorridorPolicy", bank.policy).functions
        found = self._chain.call(policy.isRecognised(token))
        return _Setting(f"token {token} recognised", found, True, policy.setRecognised(token, True))

    def _grants(self, bank: BankDeployment, escrow: str) -> Iterator["_Setting"]:
        """Which role may call which function, and which key has which role.

        The escrow asks the bank's manager who may divert what is held in the bank's tokens.
        """
        manager = self._manager(bank).functions
        targets = [("AllowlistRegistry", bank.registry), ("CorridorPolicy", bank.policy)]
        targets += [("DepositToken", address) for address in bank.tokens.values()]
        targets.append(("SettlementEscrow", escrow))
        for contract, address in targets:
            for function, selector in selectors(contract).items():
                found = self._chain.call(manager.getTargetFunctionRole(address, selector))
                role = FUNCTIONS[contract][function]
                change = manager.setTargetFunctionRole(address, [selector], role)
                yield _Setting(f"role of {function} at {address}", found, role, change)
        keys = bank.config.keys
        members = [
            (Role.REGISTRAR, keys.registrar, 0),
            (Role.COMPLIANCE, keys.compliance, 0),
            (Role.POLICY_OFFICER, keys.policy_officer, 0),
            (Role.TREASURER, keys.treasurer, 0),
            (Role.GUARDIAN, keys.guardian, 0),
            (Role.CASHIER, keys.cashier, 0),
            (Role.ADMIN, keys.governor, bank.config.upgrade_delay),
        ]
        for role, key, delay in members:
            found = self._chain.call(manager.hasRole(role, key))
            change = manager.grantRole(role, key, delay)
            name = f"{key} as {role.name} (member, delay in seconds)"
            yield _Setting(name, tuple(found), (True, delay), change)

    def _apply(self, bank: BankDeployment, settings: list["_Setting"]) -> None:
        """Make the settings that don't hold yet, many in one transaction."""
        if not self._administers(bank):
            self._require(bank, settings)
            return
        manager = self._manager(bank)
        calls = [
            manager.encode_abi("execute", [setting.change.address, calldata(setting.change)])
            for setting in settings
            if not setting.holds
        ]
        for start in range(0, len(calls), _CALLS_AT_ONCE):
            some = calls[start : start + _CALLS_AT_ONCE]
            self._chain.send(self._account, manager.functions.multicall(some))

    def _require(self, bank: BankDeployment, settings: list["_Setting"]) -> None:
        for setting in settings:
            if not setting.holds:
                raise DeploymentError(
                    f"bank {bank.config.name!r}, {setting.name}: found {setting.found}, accepted "
                    f"is {setting.wanted}, which only the bank's own keys can set since it was "
                    "handed over."
                )

    def _administers(self, bank: BankDeployment) -> bool:
        """Whether the bank was not handed over yet."""
        member, _ = self._chain.call(
            self._manager(bank).functions.hasRole(Role.ADMIN, self._account.address)
        )
        return bool(member)

    def _manager(self, bank: BankDeployment) -> Contract:
        return self._chain.contract("AccessManager", bank.manager)

    def _token(self, bank: BankDeployment, currency: str) -> ContractFunctions:
        return self._chain.contract("DepositToken", bank.tokens[currency]).functions


def _initialization(token: TokenConfig, manager: str, registry: str, policy: str) -> HexStr:
    """The call by which a token's proxy sets itself up, in its constructor."""
    decimals = token.decimals
    if decimals is None:
        decimals = Currency.of(token.currency).exponent
    # Not the supply cap: that is a setting, and this decides the address.
    own = [token.name, token.symbol, token.currency.encode(), decimals]
    arguments = [*own, manager, registry, policy, 0]
    token_type = Web3().eth.contract(abi=artifact("DepositToken").abi)
    return HexStr(token_type.encode_abi("initialize", arguments))


@dataclass(frozen=True)
class _Setting:
    """One thing that a bank's contracts are set to."""

    name: str
    """For messages."""
    found: object
    wanted: object
    change: ContractFunction
    """What sets it."""

    @property
    def holds(self) -> bool:
        return self.found == self.wanted
