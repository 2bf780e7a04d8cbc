from itertools import chain as joined

import pytest

from deposit_token.chain.chain import Chain
from deposit_token.chain.refusals import Reverted
from deposit_token.protocol.entries import LedgerEntry
from deposit_token.protocol.reconciliation import (
    EscrowPosition,
    SupplyPosition,
    escrow_positions,
    supply_position,
)
from deposit_token.protocol.redemption import Redemptions
from deposit_token.values.enumerations import CustomerCategory
from tests.nodes import Proxy, rpc, served, url_of
from tests.refusals import refuses
from tests.scene import ARBITER, DEALER, INVENTORY, MERCHANT, OPERATOR

TOKEN = "0x00000000000000000000000000000000DeaDBeef"


def explain(shop, *codes):
    """The escrow's positions in these currencies."""
    tokens = [shop.tokens[code] for code in codes]
    return escrow_positions(shop.chain, shop.settlement.address, tokens)


def read_disturbed(shop, read, act):
    """What `read` finds on the shop's chain, with `act` before another of its calls each time."""
    proxy = Proxy(url_of(shop.chain))

    def act_before(number):
        def answer(ask):
            if len(proxy.asked("eth_call")) == number:
                act()
            return ask()

        return answer

    with served(proxy) as url:
        chain = Chain.connect(url)
        read(chain)
        calls = len(proxy.asked("eth_call"))
        assert calls > 2
        for number in range(1, calls + 1):
            proxy.answers["eth_call"] = act_before(number)
            proxy.calls.clear()
            yield read(chain)


def supplies(shop):
    return [supply_position(shop.chain, token) for token in shop.tokens.values()]


class TestEscrow:
    """One life of the escrow: each test goes on where the one before it ended."""

    def test_first_there_is_inventory_alone(self, shop):
        for found, amount in zip(
            explain(shop, *shop.tokens), (INVENTORY, 0, INVENTORY), strict=True
        ):
            assert found == EscrowPosition(found.token, amount, 0, amount, 0)
            assert found.balanced

    def test_positions_are_in_the_order_asked(self, shop):
        asked = ["HKD", "ISK", "EUR"]
        assert [each.token for each in explain(shop, *asked)] == [
            shop.tokens[code] for code in asked
        ]

    def test_authorized_payment_is_held_on_both_sides(self, shop):
        before = explain(shop, "HKD", "EUR")
        _, payment = shop.sold("10.00 HKD", "12.00 EUR")
        hkd, eur = explain(shop, "HKD", "EUR")
        assert (eur.held, eur.balance) == (before[1].held + 12_00, before[1].balance + 12_00)
        assert (hkd.held, hkd.inventory) == (before[0].held + 10_00, before[0].inventory - 10_00)
        assert hkd.balanced
        assert eur.balanced

        # The 4.1666… HKD that were captured are rounded down, so 5.84 of 10.00 are left.
        shop.settlement.capture(OPERATOR, payment, 0, 5_00)
        hkd, eur = explain(shop, "HKD", "EUR")
        assert (eur.held, hkd.held) == (before[1].held + 7_00, before[0].held + 5_84)
        assert eur.inventory == before[1].inventory + 5_00
        assert hkd.balanced
        assert eur.balanced

        shop.settlement.void(OPERATOR, payment)
        assert [each.held for each in explain(shop, "HKD", "EUR")] == [each.held for each in before]
        assert all(each.balanced for each in explain(shop, "HKD", "EUR"))

    def test_captures_while_it_is_read_do_not_disturb_it(self, shop):
        _, payment = shop.sold("10.00 HKD", "12.00 EUR")
        tokens = [shop.tokens[code] for code in ("HKD", "EUR")]
        before = explain(shop, "HKD", "EUR")
        captured = 0
        for found in read_disturbed(
            shop,
            lambda chain: escrow_positions(chain, shop.settlement.address, tokens),
            lambda: shop.settlement.capture(OPERATOR, payment, shop.state(payment).captured, 11),
        ):
            after = explain(shop, "HKD", "EUR")
            assert found in (before, after)
            captured += 11
            before = after
            assert shop.state(payment).captured == captured
        shop.settlement.void(OPERATOR, payment)

    def test_span_of_the_events_makes_no_difference(self, shop, monkeypatch):
        whole = explain(shop, *shop.tokens), supplies(shop)
        monkeypatch.setattr(shop.chain.web3.provider, "log_span", 7)
        assert (explain(shop, *shop.tokens), supplies(shop)) == whole

    def test_address_without_checksum_is_refused(self, shop):
        token, escrow = shop.hkd, shop.settlement.address
        for field, act in (
            ("tokens 0", lambda: escrow_positions(shop.chain, escrow, [token.lower()])),
            ("escrow", lambda: escrow_positions(shop.chain, token.lower(), [])),
            ("token", lambda: supply_position(shop.chain, token.lower())),
        ):
            with refuses(field, token.lower(), "a checksummed address"):
                act()

    def test_one_currency_is_held_once(self, shop):
        before, *_ = explain(shop, "HKD")
        _, payment = shop.sold("420.00 HKD", "420.00 HKD", "HK")
        hkd, *_ = explain(shop, "HKD")
        assert (hkd.held, hkd.inventory) == (before.held + 420_00, before.inventory)
        assert hkd.balanced
        shop.settlement.capture(OPERATOR, payment, 0, 420_00)
        hkd, *_ = explain(shop, "HKD")
        assert hkd.held == before.held
        assert hkd.balanced

    def test_disputed_payment_is_held_until_it_is_resolved(self, shop):
        before = explain(shop, "HKD", "EUR")
        buyer, payment = shop.sold("10.00 HKD", "12.00 EUR", **shop.arbitrated())
        shop.settlement.capture(OPERATOR, payment, 0, 5_00)
        shop.settlement.dispute(buyer, payment)
        hkd, eur = explain(shop, "HKD", "EUR")
        assert (eur.held, hkd.held) == (before[1].held + 7_00, before[0].held + 5_84)
        assert hkd.balanced
        assert eur.balanced

        shop.settlement.resolve(ARBITER, payment, 3_00)
        hkd, eur = explain(shop, "HKD", "EUR")
        assert (eur.held, hkd.held) == (before[1].held, before[0].held)
        assert hkd.balanced
        assert eur.balanced

    def test_what_a_lapsed_merchant_is_owed_is_claimable(self, shop, lapsed):
        (before,) = explain(shop, "HKD")
        shop.settlement.capture(OPERATOR, lapsed, 0, 100_00)
        (hkd,) = explain(shop, "HKD")
        assert (hkd.claimable, hkd.held) == (895_50, before.held - 900_00)
        assert hkd.balanced

        shop.renew_merchant()
        shop.settlement.claim(OPERATOR, shop.hkd, MERCHANT.address)
        (hkd,) = explain(shop, "HKD")
        assert hkd.claimable == 0
        assert hkd.balanced

    def test_withdrawn_inventory_is_gone(self, shop):
        shop.settlement.withdraw(DEALER, shop.hkd, 500_00)
        before, *_ = explain(shop, "HKD")
        assert before.balanced
        shop.settlement.deposit(DEALER, shop.hkd, 500_00)
        hkd, *_ = explain(shop, "HKD")
        assert (hkd.inventory, hkd.balance) == (before.inventory + 500_00, before.balance + 500_00)
        assert hkd.balanced

    @pytest.mark.anvil("sends as a contract")
    def test_tokens_that_nobody_accounts_for_are_found(self, shop):
        donor, _ = shop.sell("420.00 HKD", "420.00 HKD", "HK")
        token, escrow = shop.victoria.token, shop.settlement.address
        shop.endow(donor)
        # The token lets nobody give to the escrow, so here the escrow takes by itself.
        with pytest.raises(
            Reverted, match="accepted is an active system account as the caller itself"
        ):
            shop.chain.send(donor, token.transfer(escrow, 7))
        shop.chain.send(donor, token.approve(escrow, 7))
        with shop.undone() as then:
            chain = then.chain
            rpc(chain, "anvil_setBalance", escrow, hex(10**18))
            rpc(chain, "anvil_impersonateAccount", escrow)
            sent = token.transferFrom(donor.address, escrow, 7).transact({"from": escrow})
            assert chain.web3.eth.wait_for_transaction_receipt(sent)["status"] == 1

            hkd, eur = explain(shop, "HKD", "EUR")
            assert not hkd.balanced
            assert hkd.balance - (hkd.held + hkd.inventory + hkd.claimable) == 7
            assert eur.balanced
            assert supply_position(chain, shop.hkd).balanced

    @pytest.mark.parametrize("field", ["balance", "held", "inventory", "claimable"])
    def test_every_number_counts(self, field):
        numbers = {"balance": 60, "held": 10, "inventory": 20, "claimable": 30}
        assert EscrowPosition(TOKEN, **numbers).balanced
        assert not EscrowPosition(TOKEN, **numbers | {field: numbers[field] + 1}).balanced


class TestSupply:
    def test_every_token_is_explained(self, shop):
        shop.sold("90.00 HKD", "10.00 EUR")
        found = supplies(shop)
        assert [each.token for each in found] == list(shop.tokens.values())
        for each in found:
            assert each.balanced
            assert each.minted == each.supply == each.balances
            assert (each.minted > 0) == (each.token != shop.tokens["ISK"])
            assert each.burned == 0

    def test_minted_is_what_the_minter_issued(self, shop):
        before = supply_position(shop.chain, shop.eur)
        shop.sell("90.00 HKD", "10.00 EUR")
        after = supply_position(shop.chain, shop.eur)
        assert after.minted - before.minted == 10_00
        assert after.supply - before.supply == 10_00
        assert after.balanced

    def test_mints_while_it_is_read_do_not_disturb_it(self, shop):
        token = shop.eur
        before = supply_position(shop.chain, token)
        for found in read_disturbed(
            shop,
            lambda chain: supply_position(chain, token),
            lambda: shop.sell("90.00 HKD", "10.00 EUR"),
        ):
            after = supply_position(shop.chain, token)
            assert found in (before, after)
            assert after.minted == before.minted + 10_00
            before = after

    def test_burned_is_what_the_minter_took_back(self, shop):
        bank, minter = shop.rhein, shop.rhein.keys["minter"]
        bank.register(CustomerCategory.INSTITUTION, "DE", minter.address)
        before = supply_position(shop.chain, shop.eur)

        bank.mint(minter.address, 8_00, sequence=7_001)
        bank.send("minter", bank.token.burn(3_00, LedgerEntry(7001, 7_002).id))
        after = supply_position(shop.chain, shop.eur)
        assert after.burned == before.burned + 3_00
        assert after.supply == before.supply + 5_00
        assert after.balanced

    def test_settled_redemption_is_burned(self, shop):
        keys = shop.rhein.keys
        holder, _ = shop.sell("90.00 HKD", "10.00 EUR")
        shop.endow(holder)
        before = supply_position(shop.chain, shop.eur)
        redemptions = Redemptions(shop.chain, shop.eur)

        _, redemption_id = redemptions.request(holder, 4_00, bytes(32))
        redemptions.accept(keys["payout_officer"], redemption_id)
        assert supply_position(shop.chain, shop.eur) == before
        redemptions.settle(keys["minter"], redemption_id, LedgerEntry(7001, 7_003))
        after = supply_position(shop.chain, shop.eur)
        assert after.burned == before.burned + 4_00
        assert (after.supply, after.minted) == (before.supply - 4_00, before.minted)
        assert after.balanced

    @pytest.mark.parametrize("field", ["minted", "burned", "supply", "balances"])
    def test_every_number_counts(self, field):
        numbers = {"minted": 30, "burned": 10, "supply": 20, "balances": 20}
        assert SupplyPosition(TOKEN, **numbers).balanced
        assert not SupplyPosition(TOKEN, **numbers | {field: numbers[field] + 1}).balanced


def test_amounts_of_all_tokens_add_up_after_everything(shop):
    positions = explain(shop, *shop.tokens)
    assert all(each.balanced for each in joined(positions, supplies(shop)))
