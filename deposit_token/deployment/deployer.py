"""Deployment: the escrow and whole banks, at addresses that follow from their configuration.

The same set-up key, configuration and contracts give the same addresses on every chain, and a run
that died half way is finished by running it again: what stands already is left as it is, and each
setting is read before it is set. Until it hands a bank over the set-up key is the bank's
administrator; it gives that up only where the chain has what the configuration names, and nothing
else.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from eth_typing import HexStr
from eth_utils.crypto import keccak

from deposit_token.chain import development
from deposit_token.chain.artifacts import artifact
from deposit_token.chain.chain import Chain, Signer
from deposit_token.chain.coding import calldata
from deposit_token.deployment.audit import check_bank
from deposit_token.deployment.bank import BankDeployment
from deposit_token.deployment.config import BankConfig, TokenConfig
from deposit_token.deployment.create2 import Creation, create
from deposit_token.deployment.powers import (
    DEFAULT_ADMIN,
    function_roles,
    timelock_members,
)
from deposit_token.deployment.settings import settings
from deposit_token.errors import DeploymentError, InputError
from deposit_token.protocol.delays import least_upgrade_delay
from deposit_token.values.enumerations import Role
from deposit_token.values.fields import ADDRESS_ZERO, Address, checked
from deposit_token.values.tables import path_of

if TYPE_CHECKING:
    from web3.contract import Contract
    from web3.contract.contract import ContractFunction

_SHARED_SALT = bytes(32)
"""For contracts without owner or state of a bank's."""
_CALLS_AT_ONCE = 20
"""How many settings go into one transaction: a few million gas."""


class Deployer:
    """Deploys to one chain with one set-up key, whose power over a bank ends with its hand-over.

    For every bank: `deploy_bank`, `configure_bank`, `hand_over`. Each may be repeated, also by a
    later process, and sends nothing if the chain is as configured.
    """

    @checked
    def __init__(self, chain: Chain, account: Signer) -> None:
        self._chain = chain
        self._account = account

    def deploy_escrow(self) -> str:
        """Create the settlement escrow, which all banks of a chain share; gives its address."""
        escrow = Creation.of("SettlementEscrow", _SHARED_SALT)
        create(self._chain, self._account, escrow)
        return escrow.address

    @checked
    def require_fit(self, config: BankConfig) -> None:
        """Raises InputError for a bank that can't be deployed by this key to this chain.

        It can't if the set-up key is one of the bank's, as it is to have no power afterwards, if
        everybody has one of the bank's keys, or if a delay is too short for anybody to see and
        cancel what waits; the last two may be on a development chain.
        """
        require_own_keys(self._chain, config)
        for place, key in config.holders():
            if key == self._account.address:
                accepted = "another account than the set-up key"
                raise InputError(f"bank {config.name!r}: {path_of(place)}", key, accepted)
        least = least_upgrade_delay(self._chain.development)
        for name in ("upgrade_delay", "enforce_delay"):
            delay = getattr(config, name)
            if delay < least:
                accepted = f"at least {least} seconds on chain {self._chain.chain_id}"
                raise InputError(f"bank {config.name!r}: {name}", delay, accepted)

    @checked
    def deploy_bank(self, config: BankConfig) -> BankDeployment:
        """Create a bank's contracts, its tokens paused and with a supply cap of zero.

        Raises as `require_fit`, and DeploymentError if the bank was handed over and lacks one of
        these contracts.
        """
        self.require_fit(config)
        salt = keccak(text=config.name)
        set_up = self._account.address
        manager = Creation.of("AccessManager", salt, set_up)
        timelock = Creation.of(
            "BankTimelock",
            salt,
            config.upgrade_delay,
            least_upgrade_delay(self._chain.development),
            config.keys.governor,
            set_up,
        )
        recovery = Creation.of("RecoveryTimelock", salt, timelock.address, config.keys.board)
        keeper = Creation.of(
            "RoleKeeper", salt, manager.address, timelock.address, config.enforce_delay
        )
        registry = Creation.of("AllowlistRegistry", salt, manager.address, ADDRESS_ZERO)
        policy = Creation.of("CorridorPolicy", salt, manager.address)
        extension = Creation.of("DepositTokenExt", _SHARED_SALT)
        implementation = Creation.of("DepositToken", _SHARED_SALT, extension.address)
        own = (manager.address, registry.address, policy.address)
        proxies = {
            token.currency: Creation.of(
                "ERC1967Proxy", salt, implementation.address, _initialization(token, *own)
            )
            for token in config.tokens
            if token.address is None
        }
        tokens = {token.currency: token.address for token in config.tokens}
        bank = BankDeployment(
            config,
            manager=manager.address,
            timelock=timelock.address,
            recovery=recovery.address,
            keeper=keeper.address,
            registry=registry.address,
            policy=policy.address,
            extension=extension.address,
            implementation=implementation.address,
            tokens={code: at or proxies[code].address for code, at in tokens.items()},
        )
        own_contracts = [manager, timelock, recovery, keeper, registry, policy]
        self._create(bank, [*own_contracts, extension, implementation, *proxies.values()])
        return bank

    @checked
    def configure_bank(self, bank: BankDeployment, escrow: Address) -> None:
        """Make the settings of a bank's configuration, the escrow its tokens' system account.

        Does nothing once the bank is handed over: only its own keys can change it then.
        """
        if not self._administers(bank):
            return
        for change in self._timelock_grants(bank):
            self._chain.send(self._account, change)
        manager = self._manager(bank)
        changes = [each.change for each in settings(self._chain, bank, escrow) if not each.holds]
        for start in range(0, len(changes), _CALLS_AT_ONCE):
            self._send_together(manager, changes[start : start + _CALLS_AT_ONCE])

    @checked
    def hand_over(self, bank: BankDeployment, escrow: Address) -> None:
        """Give each function to its role and ADMIN to the bank's timelock, and renounce.

        The set-up key renounces only if the chain has what the configuration names and nothing
        else; raises DeploymentError that lists what else there is. So it does afterwards, in case
        somebody used the key meanwhile, and for a bank that is handed over already.
        """
        if self._administers(bank):
            changes = self._function_roles(bank, escrow)
            manager = self._manager(bank)
            if not self._is_admin(bank, bank.timelock):
                changes.append(manager.functions.grantRole(Role.ADMIN, bank.timelock, 0))
            if changes:
                self._send_together(manager, changes)
            check_bank(self._chain, bank, escrow, self._account.address).require_clean()
            self._renounce(bank)
        check_bank(self._chain, bank, escrow).require_clean()

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

    def _timelock_grants(self, bank: BankDeployment) -> "list[ContractFunction]":
        timelock = self._chain.contract("BankTimelock", bank.timelock).functions
        wanted = timelock_members(bank.config, bank.timelock, bank.recovery, bank.keeper)
        return [
            timelock.grantRole(role, account)
            for role, account in sorted(wanted)
            if not self._chain.call(timelock.hasRole(role, account))
        ]

    def _function_roles(self, bank: BankDeployment, escrow: str) -> "list[ContractFunction]":
        manager = self._manager(bank)
        wanted = function_roles(bank.targets(escrow))
        found = self._chain.call_each(manager, "getTargetFunctionRole", [*wanted])
        missing = defaultdict(list)
        for ((target, selector), role), present in zip(wanted.items(), found, strict=True):
            if present != role:
                missing[target, role].append(selector)
        return [
            manager.functions.setTargetFunctionRole(target, some, role)
            for (target, role), some in missing.items()
        ]

    def _renounce(self, bank: BankDeployment) -> None:
        set_up = self._account.address
        timelock = self._chain.contract("BankTimelock", bank.timelock).functions
        # At the manager last: until then a run that died here is taken up again.
        if self._chain.call(timelock.hasRole(DEFAULT_ADMIN, set_up)):
            self._chain.send(self._account, timelock.renounceRole(DEFAULT_ADMIN, set_up))
        manager = self._manager(bank).functions
        self._chain.send(self._account, manager.renounceRole(Role.ADMIN, set_up))

    def _send_together(self, manager: "Contract", changes: "Iterable[ContractFunction]") -> None:
        """Make several changes in one transaction, those of other contracts through the manager."""
        calls = [
            calldata(change)
            if change.address == manager.address
            else manager.encode_abi("execute", [change.address, calldata(change)])
            for change in changes
        ]
        self._chain.send(self._account, manager.functions.multicall(calls))

    def _administers(self, bank: BankDeployment) -> bool:
        """Whether the bank was not handed over yet."""
        return self._is_admin(bank, self._account.address)

    def _is_admin(self, bank: BankDeployment, account: str) -> bool:
        member, _ = self._chain.call(self._manager(bank).functions.hasRole(Role.ADMIN, account))
        return bool(member)

    def _manager(self, bank: BankDeployment) -> "Contract":
        return self._chain.contract("AccessManager", bank.manager)


def require_own_keys(chain: Chain, config: BankConfig) -> None:
    """Raises InputError for a bank that names a key which everybody has, on a chain that is no
    development one."""
    for place, key in config.holders():
        if key in development.ACCOUNTS and not chain.development:
            raise InputError(
                f"bank {config.name!r}: {path_of(place)}",
                key,
                f"a key that not everybody has, on chain {chain.chain_id}",
            )


def _initialization(token: TokenConfig, manager: str, registry: str, policy: str) -> HexStr:
    """The call by which a token's proxy sets itself up, in its constructor."""
    # It takes seconds to import.
    from web3 import Web3

    # Not the supply cap: that is a setting, and this decides the address.
    own = [token.name, token.symbol, token.currency.encode(), token.unit.exponent]
    arguments = [*own, manager, registry, policy, 0]
    token_type = Web3().eth.contract(abi=artifact("DepositToken").abi)
    return HexStr(token_type.encode_abi("initialize", arguments))
