"""The scene of all that runs on a chain: two banks, their escrow, and everybody who acts there.

Rhein Bank has EUR and ISK, Victoria Bank has HKD. Every key follows from a name.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import combinations
from typing import Any, Self
from uuid import UUID

import requests
from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.constants import ADDRESS_ZERO
from web3.contract.contract import ContractFunction, ContractFunctions
from web3.types import TxReceipt

from deposit_token.chain.chain import Chain
from deposit_token.chain.coding import calldata
from deposit_token.deployment.bank import BankDeployment
from deposit_token.deployment.config import BankConfig, BankKeys
from deposit_token.deployment.file import DeploymentFile
from deposit_token.devchain.keys import account, bank_secret
from deposit_token.protocol.entries import LedgerEntry
from deposit_token.protocol.participants import customer_id, pack_participant
from deposit_token.protocol.payment import Payment
from deposit_token.protocol.settlement import Settlement
from deposit_token.values.enumerations import CustomerCategory
from deposit_token.values.money import Money
from tests.nodes import advance, undone

DAY = 86_400
FAR = 2**39
"""A moment that no test comes to, Unix seconds."""
SALT = bytes(32)
INVENTORY = 1_000_000_00
"""What the dealer has in the escrow, in each currency."""

SET_UP, OPERATOR, DEALER, MERCHANT, PLATFORM, ARBITER, STRANGER = PEOPLE = [
    account(name)
    for name in ("set-up", "operator", "dealer", "merchant", "platform", "arbiter", "stranger")
]


def keys_of(bank: str) -> dict[str, LocalAccount]:
    """A bank's keys by part, its minters `minter` and `reserve` among them."""
    return {
        part: account(f"{bank}/{part}") for part in [*BankKeys.model_fields, "minter", "reserve"]
    }


def everybody() -> list[LocalAccount]:
    """The scene's people and all keys of its banks."""
    return [*PEOPLE, *keys_of("Rhein Bank").values(), *keys_of("Victoria Bank").values()]


def endow(url: str, keys: Iterable[LocalAccount]) -> None:
    """Give these what their transactions cost, on an anvil."""
    calls = [
        {"jsonrpc": "2.0", "id": 1, "method": "anvil_setBalance", "params": [key.address, ether]}
        for ether in [hex(10**20)]
        for key in keys
    ]
    answers = requests.post(url, json=calls, timeout=60).json()
    assert [answer for answer in answers if "error" in answer] == []


@cache
def rhein_bank() -> BankConfig:
    """A bank in Germany with two tokens, and two minters of one of them."""
    keys = keys_of("Rhein Bank")
    minter, reserve = keys["minter"].address, keys["reserve"].address
    abroad = {"approval_needed": True, "purpose_required": True}
    counted = {"period": "year", "utc_offset": 4, "quota": 25_000_00}
    limits = {"min_amount": 10_00, "max_amount": 15_000_00}
    return BankConfig(
        name="Rhein Bank",
        zones={"EEA": ["DE", "FR", "IS"], "HK": ["HK"]},
        tokens=[
            {"currency": "EUR", "name": "Rhein Euro", "symbol": "EURd", "supply_cap": 10**12},
            {"currency": "ISK", "name": "Rhein Krona", "symbol": "ISKd", "supply_cap": 10**11},
        ],
        corridors=[
            corridor("EUR", "EEA", "HK", **abroad, **counted, **limits),
            corridor("EUR", "EEA", "EEA", direct_transfers=True),
            corridor("ISK", "EEA", "HK", **abroad, open=False),
        ],
        keys=_addresses(keys),
        minters=[
            {"currency": "EUR", "address": minter, "ledger_id": 7001, "ceiling": 10**9},
            {"currency": "ISK", "address": minter, "ledger_id": 7002, "ceiling": 10**8},
            {"currency": "EUR", "address": reserve, "ledger_id": 7003, "ceiling": 10**6},
        ],
        upgrade_delay=2 * DAY,
    )


@cache
def victoria_bank() -> BankConfig:
    """A bank in Hong Kong with one token."""
    keys = keys_of("Victoria Bank")
    minter = keys["minter"].address
    return BankConfig(
        name="Victoria Bank",
        zones={"HK": ["HK"], "EEA": ["DE", "FR"]},
        tokens=[
            {"currency": "HKD", "name": "Victoria Dollar", "symbol": "HKDd", "supply_cap": 10**12}
        ],
        corridors=[corridor("HKD", "HK", "HK")],
        keys=_addresses(keys),
        minters=[{"currency": "HKD", "address": minter, "ledger_id": 8001, "ceiling": 10**9}],
    )


def corridor(token: str, from_zone: str, to_zone: str, **rules: object) -> dict[str, object]:
    """An open corridor without a quota, except for the given rules."""
    return {
        "token": token,
        "from_zone": from_zone,
        "to_zone": to_zone,
        "open": True,
        "direct_transfers": False,
        "approval_needed": False,
        "purpose_required": False,
        "period": "none",
        "utc_offset": 0,
        "min_amount": 1,
        "max_amount": 100_000_00,
        "quota": 0,
        **rules,
    }


def money(text: str) -> Money:
    """Reads `12.34 EUR`."""
    amount, code = text.split()
    return Money.parse(amount, code)


def changed(config: BankConfig, **changes: object) -> BankConfig:
    """The configuration with other values, checked anew."""
    return BankConfig(**config.model_dump() | changes)


def only(config: BankConfig, code: str, **changes: object) -> BankConfig:
    """The configuration with one of its tokens alone, and other values."""
    kept = {
        "tokens": [each for each in config.tokens if each.currency == code],
        "corridors": [each for each in config.corridors if each.token == code],
        "minters": [each for each in config.minters if each.currency == code],
    }
    return changed(config, **kept | changes)


def file_of(*configs: BankConfig) -> DeploymentFile:
    """A deployment file in which every token accepts all of the other banks."""
    issues = [
        {"bank": config.name, "currency": token.currency}
        for config in configs
        for token in config.tokens
    ]
    pairs = [pair for pair in combinations(issues, 2) if pair[0]["bank"] != pair[1]["bank"]]
    return DeploymentFile(banks=configs, acceptances=[{"tokens": pair} for pair in pairs])


def deploy(chain: Chain, *configs: BankConfig) -> tuple[str, list[BankDeployment]]:
    """The escrow and the banks of such a file, all handed over."""
    escrow, banks = file_of(*configs).deploy(chain, SET_UP)
    return escrow, list(banks.values())


class Bank:
    """A bank where it stands, with its keys."""

    def __init__(self, chain: Chain, at: BankDeployment) -> None:
        self.chain = chain
        self.at = at
        self.keys = keys_of(at.config.name)

    def functions(self, artifact: str, address: str) -> ContractFunctions:
        return self.chain.contract(artifact, address).functions

    @property
    def manager(self) -> ContractFunctions:
        return self.functions("AccessManager", self.at.manager)

    @property
    def timelock(self) -> ContractFunctions:
        return self.functions("BankTimelock", self.at.timelock)

    @property
    def keeper(self) -> ContractFunctions:
        return self.functions("RoleKeeper", self.at.keeper)

    @property
    def registry(self) -> ContractFunctions:
        return self.functions("AllowlistRegistry", self.at.registry)

    @property
    def policy(self) -> ContractFunctions:
        return self.functions("CorridorPolicy", self.at.policy)

    @property
    def first(self) -> str:
        """The address of its first token."""
        return self.at.tokens[self.at.config.tokens[0].currency]

    @property
    def token(self) -> ContractFunctions:
        """Those of its first token."""
        return self.functions("DepositToken", self.first)

    def send(self, part: str, *calls: ContractFunction) -> TxReceipt:
        """The receipt of the last of what one of its keys calls."""
        return [self.chain.send(self.keys[part], call) for call in calls][-1]

    def propose(self, *acts: ContractFunction) -> ContractFunction:
        """Schedule acts at the timelock as one; gives what carries them out after its delay."""
        calls = ([act.address for act in acts], [0] * len(acts), [calldata(act) for act in acts])
        batch = (*calls, SALT, SALT)
        self.send("governor", self.timelock.scheduleBatch(*batch, self.at.config.upgrade_delay))
        return self.timelock.executeBatch(*batch)

    def carry_out(self, *acts: ContractFunction) -> None:
        """Propose acts, wait, and carry them out."""
        ready = self.propose(*acts)
        advance(self.chain, self.chain.now() + self.at.config.upgrade_delay)
        self.send("governor", ready)

    def register(
        self,
        category: CustomerCategory,
        country: str,
        *wallets: str,
        customer: str = "",
        until: int = FAR,
    ) -> TxReceipt:
        """In one transaction, each of another customer unless one is named; the reviews end then,
        Unix seconds."""
        secret = bank_secret(self.at.config.name)
        records = [
            pack_participant(category, country, until, customer_id(secret, customer or wallet))
            for wallet in wallets
        ]
        return self.send("registrar", self.registry.registerBatch(wallets, records))

    def mint(self, to: str, amount: int, sequence: int) -> TxReceipt:
        """Of its first token, by its minter, for an entry of the minter's ledger."""
        entry = LedgerEntry(self.at.config.minters[0].ledger_id, sequence)
        return self.send("minter", self.token.mint(to, amount, entry.id))


class Scene:
    """Both banks and their escrow on one chain."""

    def __init__(self, chain: Chain, escrow: str, banks: Iterable[BankDeployment]) -> None:
        self.chain = chain
        self.settlement = Settlement(chain, escrow)
        self.rhein, self.victoria = (Bank(chain, bank) for bank in banks)
        self.tokens = self.rhein.at.tokens | self.victoria.at.tokens
        """Their addresses by currency code."""

    @classmethod
    def open(
        cls, chain: Chain, rhein: BankConfig | None = None, victoria: BankConfig | None = None
    ) -> Self:
        """Deploy everything, unpause the first tokens, and register dealer, merchant and platform,
        the dealer with an inventory in each."""
        scene = cls(chain, *deploy(chain, rhein or rhein_bank(), victoria or victoria_bank()))
        for bank, country in ((scene.rhein, "DE"), (scene.victoria, "HK")):
            bank.send("releaser", bank.token.unpause())
            bank.register(CustomerCategory.DEALER, "HK", DEALER.address)
            bank.register(CustomerCategory.MERCHANT, country, MERCHANT.address)
            bank.register(CustomerCategory.INSTITUTION, country, PLATFORM.address)
            bank.mint(DEALER.address, INVENTORY, sequence=1)
            scene.settlement.deposit(DEALER, bank.first, INVENTORY)
        return scene

    @contextmanager
    def undone(self) -> Iterator[Self]:
        """The same, on a chain that forgets what is done to it meanwhile."""
        with undone(self.chain) as chain:
            yield type(self)(chain, self.settlement.address, (self.rhein.at, self.victoria.at))

    def payment(
        self, reference: str, payer: str, price: Money, owed: Money, moment: int, **terms: Any
    ) -> Payment:
        """The terms of paying the merchant what it is owed, written at `moment` (Unix seconds),
        some of them replaced. The UETR follows from `reference`."""
        hashed = bytes(Web3.keccak(text=reference))
        return Payment(
            **{
                "payer": payer,
                "merchant": MERCHANT.address,
                "operator": OPERATOR.address,
                "dealer": ADDRESS_ZERO if price.currency == owed.currency else DEALER.address,
                "arbiter": ADDRESS_ZERO,
                "fee_receiver": PLATFORM.address if terms.get("fee_bps") else ADDRESS_ZERO,
                "source_token": self.tokens[price.currency.code],
                "target_token": self.tokens[owed.currency.code],
                "source_amount": price.amount,
                "target_amount": owed.amount,
                "fee_bps": 0,
                "authorize_by": moment + DAY,
                "capture_from": moment,
                "capture_by": moment + 7 * DAY,
                "resolve_by": moment + 7 * DAY,
                "refund_by": moment + 30 * DAY,
                "purpose": b"GDDS",
                "uetr": UUID(bytes=hashed[:16], version=4),
                "remittance_hash": hashed,
                **terms,
            }
        )

    def consents(self, payer: LocalAccount, payment: Payment) -> dict[str, Any]:
        """What an authorization or a charge of a payment needs besides its terms."""
        by_payer = self.settlement.sign_as_payer(payer, payment)
        if payment.dealer == ADDRESS_ZERO:
            return {"payer_signature": by_payer}
        by_dealer = self.settlement.sign_as_dealer(DEALER, payment)
        consents = {"payer_signature": by_payer, "dealer_signature": by_dealer}
        if any(corridor.approval_needed for corridor in self.rhein.at.config.corridors):
            approver, until = self.rhein.keys["approver"], payment.authorize_by
            approval = self.settlement.approve_as_bank(approver, payment, until)
            return consents | {"approval": approval}
        return consents


def _addresses(keys: dict[str, LocalAccount]) -> dict[str, str]:
    """What a configuration says of these keys."""
    return {part: keys[part].address for part in BankKeys.model_fields}
