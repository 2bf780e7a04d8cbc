"""What a transaction offers for its gas, by the fee policy of the network's profile."""

import pytest
from eth_account import Account

from deposit_token.chain.chain import Chain
from deposit_token.chain.fees import raised_fees
from deposit_token.chain.profile import CappedFees, FixedFees, NetworkProfile
from deposit_token.errors import PendingError, Unsupported
from tests.nodes import Proxy, in_turn, result, run_anvil, served
from tests.refusals import refuses
from tests.scene import SET_UP

STRANGER = "0x000000000000000000000000000000000000bEEF"
NO_METHOD = {"error": {"code": -32601, "message": "the method does not exist"}}
REFUSED = {"error": {"code": -32000, "message": "not now"}}
GWEI = 10**9


@pytest.fixture
def proxy(node_url, local_chain):
    return Proxy(node_url)


def offered(url, **terms):
    """The fees of a transaction by a profile of these terms: greatest and tip, wei a gas."""
    chain = Chain.connect(NetworkProfile(url=url, **terms))
    receipt = chain.send(SET_UP, {"to": STRANGER, "value": 1})
    sent = chain.web3.eth.get_transaction(receipt["transactionHash"])
    return sent["maxFeePerGas"], sent["maxPriorityFeePerGas"]


def base_fee(url):
    return int(result(url, "eth_getBlockByNumber", "latest", False)["baseFeePerGas"], 16)


def test_node_suggests_the_tip(proxy):
    proxy.answers["eth_maxPriorityFeePerGas"] = in_turn({"result": hex(7)})
    with served(proxy) as url:
        latest = base_fee(url)
        assert offered(url) == (4 * latest + 7, 7)


@pytest.mark.parametrize("answer", [NO_METHOD, REFUSED])
def test_without_a_suggestion_the_gas_price_tells(proxy, answer):
    proxy.answers["eth_maxPriorityFeePerGas"] = in_turn(answer)
    proxy.answers["eth_feeHistory"] = in_turn({"result": {"baseFeePerGas": ["0x1"]}})
    with served(proxy) as url:
        latest = base_fee(url)
        proxy.answers["eth_gasPrice"] = in_turn({"result": hex(latest + 5)})
        assert offered(url) == (4 * latest + 5, 5)


@pytest.mark.anvil("takes what gives no tip")
def test_gas_price_below_the_base_fee_is_no_tip(proxy):
    proxy.answers["eth_maxPriorityFeePerGas"] = in_turn(NO_METHOD)
    proxy.answers["eth_gasPrice"] = in_turn({"result": "0x0"})
    with served(proxy) as url:
        assert offered(url)[1] == 0


def test_node_that_suggests_nothing_is_named_before_anything_is_sent(proxy):
    for method in ("eth_maxPriorityFeePerGas", "eth_gasPrice"):
        proxy.answers[method] = in_turn(NO_METHOD)
    with served(proxy) as url, pytest.raises(Unsupported) as refusal:
        offered(url)
    assert str(refusal.value).startswith("fees: found neither eth_maxPriorityFeePerGas nor eth_gas")
    assert proxy.asked("eth_sendRawTransaction") == []


def test_fixed_fees_ask_the_node_nothing(proxy):
    with served(proxy) as url:
        fees = FixedFees(max_fee=9 * GWEI, tip=2)
        assert offered(url, fees=fees) == (9 * GWEI, 2)
    assert proxy.asked("eth_maxPriorityFeePerGas") == []


def test_tip_above_the_greatest_fee_is_refused():
    with refuses("tip", 2, "at most `max_fee`, which is 1"):
        FixedFees(max_fee=1, tip=2)
    assert FixedFees(max_fee=2, tip=2).tip == 2


def test_cap_bounds_the_nodes_fees(proxy):
    proxy.answers["eth_maxPriorityFeePerGas"] = in_turn({"result": hex(2 * GWEI)})
    with served(proxy) as url:
        cap = base_fee(url) + 1
        assert offered(url, fees=CappedFees(cap=cap)) == (cap, cap)


def test_base_fee_above_the_cap_is_waited_for(proxy):
    with served(proxy) as url:
        latest = base_fee(url)
        with pytest.raises(PendingError) as refusal:
            offered(url, fees=CappedFees(cap=latest - 1))
    assert str(refusal.value) == (
        f"fees: found a base fee of {latest} wei, accepted is at most the cap of {latest - 1} wei "
        "in the network's profile: wait until it falls."
    )
    assert proxy.asked("eth_sendRawTransaction") == []


def test_gas_limit_has_the_margin_of_the_profile(proxy):
    proxy.answers["eth_estimateGas"] = in_turn({"result": hex(30_001)})
    with served(proxy) as url:
        chain = Chain.connect(NetworkProfile(url=url, gas_margin_percent=10))
        receipt = chain.send(SET_UP, {"to": STRANGER, "value": 1})
        sent = chain.web3.eth.get_transaction(receipt["transactionHash"])
    assert sent["gas"] == 33_001


def test_account_without_ether_sends_for_nothing():
    free = ("--base-fee", "0", "--gas-price", "0", "--disable-min-priority-fee")
    nobody = Account.from_key(bytes(31) + b"\x09")
    with run_anvil(*free) as url:
        chain = Chain.connect(NetworkProfile(url=url, fees="zero"))
        receipt = chain.send(nobody, {"to": STRANGER, "value": 0})
    assert (receipt["status"], receipt["effectiveGasPrice"]) == (1, 0)


@pytest.mark.parametrize(
    ("fees", "now", "old", "raised"),
    [
        ("node", (100, 8), (80, 8), (100, 9)),
        ("node", (100, 8), (100, 7), (113, 8)),
        ("node", (100, 8), (400, 400), (450, 450)),
        ("node", (100, 0), (100, 0), (113, 1)),
        ("node", (4, 9), (4, 4), (5, 5)),
        (CappedFees(cap=113), (100, 8), (100, 8), (113, 9)),
        (CappedFees(cap=112), (100, 8), (100, 8), None),
        (FixedFees(max_fee=100, tip=8), (100, 8), (100, 8), None),
        ("zero", (0, 0), (0, 0), None),
    ],
)
def test_raised_fees_are_an_eighth_more_or_what_is_asked_now(fees, now, old, raised):
    profile = NetworkProfile(url="http://127.0.0.1:1", fees=fees)
    now = dict(zip(("maxFeePerGas", "maxPriorityFeePerGas"), now, strict=True))
    found = raised_fees(profile, now, *old)
    assert (found and tuple(found.values())) == raised
