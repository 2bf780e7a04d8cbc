"""Calls that are packed directly are, to the byte, those that eth_abi encodes."""

from random import Random

import pytest
from eth_abi import encode
from eth_utils.abi import function_abi_to_4byte_selector, get_abi_input_types
from eth_utils.address import to_checksum_address

from deposit_token.chain.artifacts import artifact
from deposit_token.chain.packing import packer

SEED = 3009
LENGTHS = [0, 1, 31, 32, 33, 64, 65, 130]
FUNCTIONS = [each for each in artifact("SettlementEscrow").abi if each["type"] == "function"]


def value(random, component):
    """Any value of a type, often one at an edge."""
    kind = component["type"]
    if kind.endswith("[]"):
        element = {**component, "type": kind[:-2]}
        return [value(random, element) for _ in range(random.randrange(4))]
    if kind == "tuple":
        return tuple(value(random, each) for each in component["components"])
    if kind.startswith("uint"):
        bits = int(kind[4:])
        return random.choice([0, 1, 2**bits - 1, random.getrandbits(bits)])
    if kind == "address":
        return to_checksum_address(random.randbytes(20))
    if kind == "bool":
        return random.random() < 0.5
    if kind == "string":
        return "ü" * random.choice(LENGTHS)
    length = int(kind[5:] or random.choice(LENGTHS))
    return random.choice([bytes(length), random.randbytes(length)])


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda each: each["name"])
def test_bytes_are_eth_abis(function):
    random, pack = Random(SEED), packer(function)
    types = get_abi_input_types(function)
    for _ in range(50):
        values = [value(random, each) for each in function["inputs"]]
        expected = function_abi_to_4byte_selector(function) + encode(types, values)
        assert pack(values) == expected, values


@pytest.mark.parametrize("kind", ["uint8[3]", "bytes[2]", "(uint8,bytes)[2][]"])
def test_types_that_the_escrow_has_not_are_packed_too(kind):
    components = [{"name": "a", "type": "uint8"}, {"name": "b", "type": "bytes"}]
    given = {
        "uint8[3]": [1, 2, 3],
        "bytes[2]": [b"ab", b""],
        "(uint8,bytes)[2][]": [[(1, b"a"), (2, b"")]],
    }[kind]
    told = kind.replace("(uint8,bytes)", "tuple")
    function = {
        "name": "f",
        "type": "function",
        "inputs": [{"name": "x", "type": told, "components": components}],
    }
    assert packer(function)([given])[4:] == encode([kind], [given])


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("uint8", 256),
        ("uint8", -1),
        ("uint8", "1"),
        ("bytes4", b"abc"),
        ("bytes", "0x"),
        ("address", "0x00"),
        ("address", None),
        ("tuple", (1,)),
        ("uint8[]", 5),
    ],
)
def test_what_is_none_of_a_type_is_refused(kind, wrong):
    components = [{"name": "a", "type": "uint8"}, {"name": "b", "type": "uint8"}]
    inputs = [{"name": "x", "type": kind, "components": components}]
    pack = packer({"name": "f", "type": "function", "inputs": inputs})
    with pytest.raises((TypeError, ValueError, OverflowError)):
        pack([wrong])
