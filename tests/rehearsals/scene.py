"""The banks of the example file in use, with everybody's keys."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

from eth_account.signers.local import LocalAccount
from web3.constants import ADDRESS_ZERO
from web3.contract.contract import ContractFunction, ContractFunctions

from deposit_token.audit import Report
from deposit_token.bank_config import BankConfig, BankKeys
from deposit_token.bank_deployment import BankDeployment
from deposit_token.chain import Chain
from deposit_token.deployment_file import DeploymentFile
from deposit_token.manifest import Manifest
from deposit_token.participants import CustomerCategory
from deposit_token.payment import Payment
from deposit_token.settlement import Settlement
from tests.nodes import advance

EXAMPLE = Path(__file__).parents[2] / "examples" / "banks.toml"
BUYERS, EXPORTERS = "Buyers' Bank (DE)", "Exporters' Bank (HK)"
GERMANY, HONG_KONG = 276, 344
FAR = 2**39
"""Unix seconds, when every review ends."""
DAY = 86_400
CUSTOMERS = {"payer": 1, "neighbour": 2, "merchant": 3, "dealer": 4}
"""Customer ids, the same at both banks."""
PEOPLE = (*CUSTOMERS, "platform", "arbiter", "thief", "new", "anybody")
RETAIL, DEALER = CustomerCategory.RETAIL, CustomerCategory.DEALER


def example_file() -> DeploymentFile:
    """The example's banks; the buyers' one with a second token."""
    file = DeploymentFile.load(EXAMPLE)
    exporters, buyers = file.banks
    content = buyers.model_dump()
    content["tokens"] = [
        *content["tokens"],
        {"currency": "CHF", "name": "Buyers' Bank Franc", "symbol": "bCHF", "supply_cap": 10**12},
    ]
    return DeploymentFile(banks=[exporters, BankConfig(**content)], acceptances=file.acceptances)


@dataclass(frozen=True)
class Deployed:
    """What stands on the chain of a module's tests."""

    escrow: str
    banks: dict[str, BankDeployment]


class Scene:
    """The buyers' bank, to which things happen, and what else there is."""

    def __init__(
        self, chain: Chain, deployed: Deployed, funded: list[LocalAccount], bank: str = BUYERS
    ) -> None:
        """`bank` is the name of the one that things happen to."""
        self.chain = chain
        self.file = example_file()
        self.escrow = deployed.escrow
        self.banks = deployed.banks
        self._bank = bank
        set_up, *others = funded
        named = {key for bank in self.file.banks for key in _addresses(bank)}
        free = [account for account in others if account.address not in named]
        self._accounts = {account.address: account for account in funded}
        people = dict(zip(PEOPLE, free, strict=False))
        self.keys = people | self.keys_of(bank) | {"set_up": set_up}
        """By part at the bank, its minters, and the people around it."""

    def keys_of(self, bank: str) -> dict[str, LocalAccount]:
        """The keys of a bank by part; its two minters are `minter` and `reserve`."""
        (config,) = (each for each in self.file.banks if each.name == bank)
        parts = {part: getattr(config.keys, part) for part in BankKeys.model_fields}
        parts = {part: key if isinstance(key, str) else key[0] for part, key in parts.items()}
        minter, reserve = (each.address for each in config.minters)
        named = parts | {"minter": minter, "reserve": reserve}
        return {part: self._accounts[address] for part, address in named.items()}

    @property
    def bank(self) -> BankDeployment:
        return self.banks[self._bank]

    @property
    def places(self) -> dict[str, tuple[str, str]]:
        """The bank's contracts but for its tokens, by artifact and address."""
        bank = self.bank
        return {
            "manager": ("AccessManager", bank.manager),
            "timelock": ("BankTimelock", bank.timelock),
            "recovery": ("RecoveryTimelock", bank.recovery),
            "keeper": ("RoleKeeper", bank.keeper),
            "registry": ("AllowlistRegistry", bank.registry),
            "policy": ("CorridorPolicy", bank.policy),
            "escrow": ("SettlementEscrow", self.escrow),
        }

    @property
    def eur(self) -> str:
        return self.banks[BUYERS].tokens["EUR"]

    @property
    def hkd(self) -> str:
        return self.banks[EXPORTERS].tokens["HKD"]

    @cached_property
    def settlement(self) -> Settlement:
        return Settlement(self.chain, self.escrow)

    def at(self, place: str) -> ContractFunctions:
        """The functions of one of `places`."""
        return self.chain.contract(*self.places[place]).functions

    def token(self, address: str) -> ContractFunctions:
        return self.chain.contract("DepositToken", address).functions

    def send(self, who: str, *calls: ContractFunction) -> None:
        for call in calls:
            self.chain.send(self.keys[who], call)

    def advance(self, moment: int) -> None:
        """Mine a block of that moment, Unix seconds."""
        advance(self.chain, moment)

    def balance(self, token: str, who: str) -> int:
        return self.chain.call(self.token(token).balanceOf(self.keys[who].address))

    # Customers and payments

    def open(self) -> None:
        """Unpause the tokens, register the customers, and issue what they and the dealer have."""
        for bank in self.banks.values():
            keys = self.keys_of(bank.config.name)
            country = GERMANY if bank.config.name == BUYERS else HONG_KONG
            registry = self.chain.contract("AllowlistRegistry", bank.registry).functions
            for name, customer in CUSTOMERS.items():
                wallet = self.keys[name].address
                category = DEALER if name == "dealer" else RETAIL
                record = (wallet, category, country, FAR, customer)
                self.chain.send(keys["registrar"], registry.register(*record))
            for currency, address in bank.tokens.items():
                token = self.token(address)
                self.chain.send(keys["releaser"], token.unpause())
                ledgers = [
                    each.ledger_id for each in bank.config.minters if each.currency == currency
                ]
                for number, name in enumerate(("payer", "dealer"), 1) if ledgers else ():
                    entry = ledgers[0] << 64 | number
                    call = token.mint(self.keys[name].address, 10_000_00, entry)
                    self.chain.send(keys["minter"], call)
                if ledgers:
                    self.settlement.deposit(self.keys["dealer"], address, 5_000_00)

    def deploy(self, set_up: LocalAccount) -> None:
        """The banks once more, by another set-up key: at other addresses."""
        self.escrow, self.banks = self.file.deploy(self.chain, set_up)

    def terms(self, number: int = 1, **changes: Any) -> Payment:
        """A payment of 100.00 EUR for 850.00 HKD; each number is another one."""
        now = self.chain.now()
        values = {
            **{name: self.keys[name].address for name in ("payer", "merchant", "dealer")},
            "operator": self.keys["platform"].address,
            "arbiter": ADDRESS_ZERO,
            "fee_receiver": ADDRESS_ZERO,
            "source_token": self.eur,
            "target_token": self.hkd,
            "source_amount": 100_00,
            "target_amount": 850_00,
            "fee_bps": 0,
            "authorize_by": now + DAY,
            "capture_from": now,
            "capture_by": now + 60 * DAY,
            "resolve_by": now + 60 * DAY,
            "refund_by": now + 90 * DAY,
            "purpose": b"GDDS",
            "uetr": UUID(int=number, version=4),
            "remittance_hash": bytes(32),
        }
        return Payment(**values | changes)

    def authorize(
        self,
        payment: Payment,
        *,
        escrow: str | None = None,
        dealer: str = "dealer",
        approver: str = "approver",
    ) -> None:
        """Of that escrow, by default the first; `dealer` and `approver` are whose keys sign."""
        settlement = Settlement(self.chain, escrow) if escrow else self.settlement
        settlement.authorize(
            self.keys["platform"],
            payment,
            settlement.sign_as_payer(self.keys["payer"], payment),
            settlement.sign_as_dealer(self.keys[dealer], payment),
            settlement.approve_as_bank(self.keys[approver], payment, payment.authorize_by),
        )

    # The file

    def report(self, **changes: Any) -> Report:
        """How the bank stands beside its file with these changes, a table's merged into its own."""
        old = self.bank.config.model_dump()
        new = {
            key: old[key] | value if isinstance(value, dict) else value
            for key, value in changes.items()
        }
        config = BankConfig(**old | new)
        banks = [config if each.name == config.name else each for each in self.file.banks]
        file = DeploymentFile(banks=banks, acceptances=self.file.acceptances)
        manifest = Manifest.of(self.chain, self.escrow, self.banks.values())
        (report,) = (each for each in file.check(self.chain, manifest) if each.bank == config.name)
        return report


def _addresses(bank: BankConfig) -> list[str]:
    keys = [key for _, key in bank.keys.everybody()]
    return [*keys, *(minter.address for minter in bank.minters)]
