"""The scene in use: customers, payments, and everybody's key by the name that the pages have."""

from typing import Any

from eth_account.signers.local import LocalAccount
from web3.contract.contract import ContractFunction, ContractFunctions

from deposit_token.chain.chain import Chain
from deposit_token.deployment.audit import Report
from deposit_token.deployment.bank import BankDeployment
from deposit_token.deployment.config import BankConfig
from deposit_token.deployment.file import DeploymentFile
from deposit_token.deployment.manifest import Manifest
from deposit_token.devchain.keys import account
from deposit_token.protocol.payment import Payment
from deposit_token.protocol.settlement import Settlement
from deposit_token.values.enumerations import CustomerCategory
from tests import scene
from tests.nodes import advance, url_of
from tests.scene import DAY, FAR, SET_UP, changed, endow, file_of, money, rhein_bank, victoria_bank

RHEIN, VICTORIA = "Rhein Bank", "Victoria Bank"
GERMANY, HONG_KONG = 276, 344
CUSTOMERS = {"payer": 1, "neighbour": 2, "merchant": 3, "dealer": 4}
"""Customer ids, the same at both banks."""
PEOPLE = {
    name: account(name) for name in (*CUSTOMERS, "platform", "arbiter", "thief", "new", "anybody")
}
RETAIL, DEALER = CustomerCategory.RETAIL, CustomerCategory.DEALER


def file() -> DeploymentFile:
    """Of both banks: Rhein with its first corridor alone, and no minter of its second token."""
    rhein = rhein_bank()
    minters = [each for each in rhein.minters if each.currency == "EUR"]
    return file_of(changed(rhein, corridors=rhein.corridors[:1], minters=minters), victoria_bank())


class Scene(scene.Scene):
    """One of the banks, to which things happen, and what else there is."""

    def __init__(
        self, chain: Chain, escrow: str, banks: dict[str, BankDeployment], own: str = RHEIN
    ) -> None:
        """`own` is the name of the one that things happen to."""
        super().__init__(chain, escrow, banks.values())
        self.escrow, self.banks, self._own = escrow, banks, own
        self.eur, self.hkd = self.tokens["EUR"], self.tokens["HKD"]
        self.keys: dict[str, LocalAccount] = {**PEOPLE, **scene.keys_of(own), "set_up": SET_UP}
        """By part at the bank, its minters, and the people around it."""

    @property
    def bank(self) -> BankDeployment:
        return self.banks[self._own]

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

    def use(self) -> None:
        """Unpause the tokens, register the customers, and issue what they and the dealer have."""
        endow(url_of(self.chain), PEOPLE.values())
        for bank, country in ((self.rhein, GERMANY), (self.victoria, HONG_KONG)):
            for name, customer in CUSTOMERS.items():
                category = DEALER if name == "dealer" else RETAIL
                record = (PEOPLE[name].address, category, country, FAR, customer)
                bank.send("registrar", bank.registry.register(*record))
            for address in bank.at.tokens.values():
                bank.send("releaser", self.token(address).unpause())
            for number, name in enumerate(("payer", "dealer"), 1):
                bank.mint(PEOPLE[name].address, 10_000_00, number)
            self.settlement.deposit(PEOPLE["dealer"], bank.first, 5_000_00)

    def deploy(self, set_up: LocalAccount) -> None:
        """The banks once more, by another set-up key: at other addresses."""
        self.escrow, self.banks = file().deploy(self.chain, set_up)

    def terms(self, number: int = 1, **changes: Any) -> Payment:
        """A payment of 100.00 EUR for 850.00 HKD; each number is another one."""
        now, payer = self.chain.now(), self.keys["payer"].address
        price, owed = money("100.00 EUR"), money("850.00 HKD")
        times = {"capture_by": now + 60 * DAY, "resolve_by": now + 60 * DAY}
        times |= {"refund_by": now + 90 * DAY, "operator": self.keys["platform"].address}
        return self.payment(f"payment {number}", payer, price, owed, now, **times | changes)

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
        banks = [config if each.name == config.name else each for each in file().banks]
        changed_file = DeploymentFile(banks=banks, acceptances=file().acceptances)
        manifest = Manifest.of(self.chain, self.escrow, self.banks.values())
        reports = changed_file.check(self.chain, manifest)
        (report,) = (each for each in reports if each.bank == config.name)
        return report
