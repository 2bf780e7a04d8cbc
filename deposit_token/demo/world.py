"""The demo's world: banks, escrow, dealer, merchants and buyers on one chain."""

from collections.abc import Iterable, Mapping
from itertools import combinations
from pathlib import Path

from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress, HexStr
from web3 import Web3
from web3.contract import Contract
from web3.contract.contract import ContractFunction
from web3.types import TxParams, Wei

from deposit_token.chain.chain import Chain
from deposit_token.chain.fees import current_fees
from deposit_token.chain.sentences import in_ether
from deposit_token.demo.config import DemoConfig, Merchant
from deposit_token.demo.orders import Order, OrderFile
from deposit_token.deployment.bank import BankDeployment
from deposit_token.deployment.config import BankConfig
from deposit_token.deployment.file import MutualAcceptance, NamedToken
from deposit_token.deployment.manifest import Manifest
from deposit_token.devchain.keys import account, bank_secret, funder, platform_secret
from deposit_token.errors import InsufficientEther, PendingError
from deposit_token.platform.operator import Operator
from deposit_token.platform.quotes import Quote
from deposit_token.platform.terms import PlatformTerms
from deposit_token.protocol.entries import LedgerEntry
from deposit_token.protocol.participants import customer_id, pack_participant, review_end
from deposit_token.protocol.payment import NO_APPROVAL, Payment, PaymentApproval, RefundQuote
from deposit_token.protocol.sending import send_to_bank
from deposit_token.protocol.settlement import Settlement
from deposit_token.values.enumerations import CustomerCategory
from deposit_token.values.fields import ADDRESS_ZERO
from deposit_token.values.money import Currency
from deposit_token.values.rates import Rate

PURPOSE = b"GDDS"
"""ISO 20022 purpose code: purchase and sale of goods."""

MINUTE, DAY = 60, 86_400
REVIEW_DAYS = 36_500
"""How long everybody's review is good: longer than any run, so that only an event lapses one."""

_SENDING_ROLES = ("registrar", "compliance", "releaser")
_DEALER_ENTRY = 1
BANK_GAS = 500_000
"""The gas limit of each act of a bank during a run."""

_REGISTER_AT_ONCE = 100
_ETHER_EACH = Web3.to_wei(100, "ether")


class World:
    """Everything that a run acts with."""

    def __init__(
        self,
        chain: Chain,
        config: DemoConfig,
        settlement: Settlement,
        banks: dict[str, BankDeployment],
        reviewed_until: int,
    ) -> None:
        """`banks` is by name; `reviewed_until` in Unix seconds."""
        self.chain = chain
        self.settlement = settlement
        self.reviewed_until = reviewed_until
        self.operator = account("operator")
        self._config = config
        self._banks = banks

    @property
    def tokens(self) -> dict[str, str]:
        """Addresses of all tokens by currency code."""
        return {
            code: address
            for bank in self._config.banks
            for code, address in self._banks[bank.name].tokens.items()
        }

    # What a run does

    def pay(self, operator: Operator, order: Order, rate: Rate, moment: int) -> Payment:
        """Write the terms of paying an order at a rate of the dealer's, at `moment` (Unix seconds),
        unless that was done."""
        source, target = (
            self.token(each).address for each in (order.buyer_currency, order.amount.currency)
        )
        until = moment + self._config.platform.authorize_minutes * MINUTE
        return operator.pay(
            order.invoice,
            _buyer(order).address,
            account(f"merchant/{self._merchant(order).id}").address,
            order.amount,
            source,
            target,
            quote=None if source == target else Quote(account("dealer").address, rate, until),
            at=moment,
        )

    def consents(self, payment: Payment, order: Order) -> tuple[bytes, bytes, PaymentApproval]:
        """What the payer, the dealer if there is one, and the payer's bank if the corridor asks for
        it, sign so that the payment may be authorized."""
        return (
            self.settlement.sign_as_payer(_buyer(order), payment),
            b""
            if payment.dealer == ADDRESS_ZERO
            else self.settlement.sign_as_dealer(account("dealer"), payment),
            self._approval(payment, order),
        )

    def refund_consents(
        self, payment: Payment, order: Order, quote: RefundQuote
    ) -> tuple[bytes, bytes]:
        """What the merchant, and the dealer if there is one, sign so that a refund may be made."""
        merchant = account(f"merchant/{self._merchant(order).id}")
        return (
            self.settlement.sign_refund_as_merchant(merchant, payment, quote),
            b""
            if quote.dealer == ADDRESS_ZERO
            else self.settlement.sign_refund_as_dealer(account("dealer"), quote),
        )

    def buyer_block(self, order: Order) -> tuple[LocalAccount, ContractFunction]:
        """Who puts a buyer's wallet under a legal block at its bank, and the call."""
        officer = account(f"bank/{self.issuer(order.buyer_currency).name}/compliance")
        registry = self._registry_of(order.buyer_currency)
        return officer, registry.functions.blockWallet(_buyer(order).address, b"LEGL")

    def merchant_renewal(
        self, order: Order, valid_until: int
    ) -> tuple[LocalAccount, ContractFunction]:
        """Who moves the end of a merchant's review (Unix seconds) at its bank, and the call."""
        merchant = self._merchant(order)
        registrar = account(f"bank/{self.issuer(merchant.currency).name}/registrar")
        wallet = account(f"merchant/{merchant.id}").address
        registry = self._registry_of(merchant.currency)
        return registrar, registry.functions.renew(wallet, valid_until)

    def merchant_review_end(self, order: Order) -> int:
        """Unix seconds."""
        merchant = self._merchant(order)
        functions = self._registry_of(merchant.currency).functions
        wallet = account(f"merchant/{merchant.id}").address
        return review_end(self.chain.call(functions.participantOf(wallet)))

    def registry_event(self, currency: Currency, event: str) -> str:
        """The first topic of an event of the registry at a currency's bank."""
        return str(self._registry_of(currency).events[event]().topic)

    def merchant_lapsed(self, order: Order) -> bool:
        """Whether the merchant can't be paid at the latest block."""
        merchant = self._merchant(order)
        token = self.token(merchant.currency)
        wallet = account(f"merchant/{merchant.id}").address
        return not self.chain.call(token.functions.canReceive(wallet))

    def claimable(self, payment: Payment) -> int:
        """What the escrow keeps for the merchant of a payment, in its currency's minor units."""
        return self.settlement.claimable(payment.target_token, payment.merchant)

    # Set-up

    def release(self) -> None:
        """End the pause that the tokens were born with, unless that was done."""
        for bank in self._config.banks:
            for token in self._banks[bank.name].tokens.values():
                functions = self.chain.contract("DepositToken", token).functions
                if self.chain.call(functions.paused()):
                    releaser = account(f"bank/{bank.name}/releaser")
                    send_to_bank(self.chain, releaser, functions.unpause())

    def onboard(self, orders: Iterable[Order]) -> None:
        """Register everybody with the banks whose tokens they use, unless they are already."""
        for bank in self._config.banks:
            dealer = self._config.dealer
            wallets = {
                account("dealer").address: (CustomerCategory.DEALER, dealer.country, "dealer")
            }
            wallets[account("platform fees").address] = (
                CustomerCategory.INSTITUTION,
                self._config.platform.country,
                "platform",
            )
            for merchant in self._config.merchants:
                if merchant.bank == bank.name:
                    wallet = account(f"merchant/{merchant.id}").address
                    wallets[wallet] = (
                        CustomerCategory.MERCHANT,
                        merchant.country,
                        f"merchant/{merchant.id}",
                    )
            for order in orders:
                if self.issuer(order.buyer_currency) is bank:
                    wallets[_buyer(order).address] = (
                        CustomerCategory.RETAIL,
                        order.country,
                        f"buyer/{order.customer}",
                    )
            self._register(bank, wallets)

    def stock_dealer(self) -> None:
        """Issue the dealer its inventory and have it placed in the escrow, unless that was done."""
        dealer = account("dealer")
        for money in self._config.dealer.inventory:
            token = self.token(money.currency)
            if not self.is_issued(money.currency, _DEALER_ENTRY):
                minted = self.mint(money.currency, dealer.address, money.amount, _DEALER_ENTRY)
                send_to_bank(self.chain, *minted, gas=BANK_GAS)
            balance = self.chain.call(token.functions.balanceOf(dealer.address))
            if balance:
                self.settlement.deposit(dealer, token.address, balance)

    def _register(
        self, bank: BankConfig, wallets: Mapping[ChecksumAddress, tuple[CustomerCategory, str, str]]
    ) -> None:
        registry = self._registry(bank)
        new = {
            wallet: pack_participant(
                category, country, self.reviewed_until, customer_id(bank_secret(bank.name), number)
            )
            for wallet, (category, country, number) in wallets.items()
            if not self.chain.call(registry.functions.participantOf(wallet))
        }
        registrar = account(f"bank/{bank.name}/registrar")
        addresses = list(new)
        for start in range(0, len(addresses), _REGISTER_AT_ONCE):
            some = addresses[start : start + _REGISTER_AT_ONCE]
            self.chain.send(
                registrar, registry.functions.registerBatch(some, [new[wallet] for wallet in some])
            )

    def mint(
        self, currency: Currency, to: str, amount: int, sequence: int
    ) -> tuple[LocalAccount, ContractFunction]:
        """The minter of a currency, and its call that issues so much against a ledger entry."""
        minter = account(f"bank/{self.issuer(currency).name}/minter/{currency.code}")
        entry = self._entry(currency, sequence)
        return minter, self.token(currency).functions.mint(to, amount, entry)

    def is_issued(self, currency: Currency, sequence: int) -> bool:
        """Whether the entry was used, by whichever run."""
        entry = self._entry(currency, sequence)
        return bool(self.chain.call(self.token(currency).functions.isEntryConsumed(entry)))

    def _entry(self, currency: Currency, sequence: int) -> int:
        minters = self.issuer(currency).minters
        (minter,) = (each for each in minters if each.currency == currency.code)
        return LedgerEntry(minter.ledger_id, sequence).id

    def _approval(self, payment: Payment, order: Order) -> PaymentApproval:
        """The consent of the buyer's bank, if the corridor asks for it."""
        issuer = self.issuer(order.buyer_currency)
        zone_of = {
            country: zone for zone, countries in issuer.zones.items() for country in countries
        }
        wanted = (
            order.buyer_currency.code,
            zone_of.get(order.country),
            zone_of.get(self._merchant(order).country),
        )
        for each in issuer.corridors:
            if (each.token, each.from_zone, each.to_zone) == wanted and each.approval_needed:
                approver = account(f"bank/{issuer.name}/approver")
                return self.settlement.approve_as_bank(approver, payment, payment.authorize_by)
        return NO_APPROVAL

    def _merchant(self, order: Order) -> Merchant:
        merchant = self._config.merchant(order.amount.currency)
        assert merchant is not None, "the order file was read with this configuration"
        return merchant

    def issuer(self, currency: Currency) -> BankConfig:
        bank = self._config.issuer(currency)
        assert bank is not None, "the order file was read with this configuration"
        return bank

    def token(self, currency: Currency) -> Contract:
        deployment = self._banks[self.issuer(currency).name]
        return self.chain.contract("DepositToken", deployment.tokens[currency.code])

    def _registry_of(self, currency: Currency) -> Contract:
        return self._registry(self.issuer(currency))

    def _registry(self, bank: BankConfig) -> Contract:
        return self.chain.contract("AllowlistRegistry", self._banks[bank.name].registry)


def platform_terms(config: DemoConfig) -> PlatformTerms:
    """What the platform writes into the terms of all payments."""
    platform = config.platform
    return PlatformTerms(
        secret=platform_secret(),
        authorize_seconds=platform.authorize_minutes * MINUTE,
        capture_seconds=platform.capture_days * DAY,
        refund_seconds=platform.refund_days * DAY,
        fee_bps=platform.fee_bps,
        fee_receiver=account("platform fees").address if platform.fee_bps else ADDRESS_ZERO,
        purpose=PURPOSE,
    )


def build_world(
    chain: Chain, config: DemoConfig, order_file: OrderFile, folder: Path | None
) -> World:
    """Deploy and set up what is not there yet, and write the manifest into `folder`.

    Without a folder none is written, as for a chain that ends with the run. Raises PendingError
    while a transaction of anybody is pending who sends what is in no payment log: what it does
    could be done twice.
    """
    set_up, dealer, roles = account("set-up"), account("dealer"), _role_keys(config)
    _require_none_pending(chain, [set_up, dealer, *roles])
    senders = [set_up, account("operator"), dealer, *roles, *_minters(config)]
    if current_fees(chain.web3, chain.profile)["maxFeePerGas"]:
        _fund(chain, senders)
    acceptances = config.acceptances or _acceptances(config)
    file = config.model_copy(update={"acceptances": acceptances})
    escrow, banks = file.deploy(chain, set_up)
    if folder is not None:
        known = Manifest.find(folder, chain)
        Manifest.of(chain, escrow, banks.values(), known).write(folder)

    last = max((int(order.timestamp.timestamp()) for order in order_file.orders), default=0)
    reviewed_until = max(last, chain.now()) + REVIEW_DAYS * DAY
    world = World(chain, config, Settlement(chain, escrow), banks, reviewed_until)
    world.release()
    world.onboard(order_file.orders)
    world.stock_dealer()
    return world


def _role_keys(config: DemoConfig) -> list[LocalAccount]:
    return [account(f"bank/{bank.name}/{role}") for bank in config.banks for role in _SENDING_ROLES]


def _minters(config: DemoConfig) -> list[LocalAccount]:
    return [
        account(f"bank/{bank.name}/minter/{token.currency}")
        for bank in config.banks
        for token in bank.tokens
    ]


def _require_none_pending(chain: Chain, accounts: Iterable[LocalAccount]) -> None:
    count = chain.web3.eth.get_transaction_count
    for each in accounts:
        found = count(each.address, "pending") - count(each.address, "latest")
        if found > 0:
            raise PendingError(
                f"pending transactions: found {found} of {each.address}, accepted is none, since "
                "an earlier run may have sent them: wait until they are mined, and run again."
            )


def _fund(chain: Chain, accounts: Iterable[LocalAccount]) -> None:
    balance = chain.web3.eth.get_balance
    for each in accounts:
        if balance(each.address) < _ETHER_EACH // 2:
            if balance(funder().address) <= _ETHER_EACH:
                _ask_node_for_ether(chain)
            chain.send(funder(), {"to": each.address, "value": Wei(_ETHER_EACH)}, gas=21_000)


def _ask_node_for_ether(chain: Chain) -> None:
    """Have a development node give from an account of its own, such as the developer's of
    `geth --dev`, what a hundred senders need."""
    eth, needed = chain.web3.eth, 100 * _ETHER_EACH
    for rich in eth.accounts if chain.development else ():
        if eth.get_balance(rich) > needed:
            gift: TxParams = {"from": rich, "to": funder().address, "value": Wei(needed)}
            sent = eth.send_transaction(gift)
            chain.send_signed("ether", HexStr(eth.get_raw_transaction(sent).to_0x_hex()))
            return
    found = eth.get_balance(funder().address)
    raise InsufficientEther(
        f"ether: found {in_ether(found)} ether at {funder().address}, the first of anvil's test "
        f"accounts, accepted is more than {in_ether(_ETHER_EACH)} for each sender."
    )


def _buyer(order: Order) -> LocalAccount:
    return account(f"buyer/{order.customer}/{order.country}")


def _acceptances(config: DemoConfig) -> tuple[MutualAcceptance, ...]:
    """Every token of a bank and every one that another bank's merchants are paid in."""
    paid_in = {merchant.currency.code for merchant in config.merchants}
    issues = [
        (bank.name, token.currency in paid_in, NamedToken(bank=bank.name, currency=token.currency))
        for bank in config.banks
        for token in bank.tokens
    ]
    return tuple(
        MutualAcceptance(tokens=(one, other))
        for (bank, paid, one), (other_bank, other_paid, other) in combinations(issues, 2)
        if bank != other_bank and (paid or other_paid)
    )
