import logging

import pytest
from crytic_compile import CryticCompile
from slither import Slither

from tools.static_analysis import UNREAD, Complaints, SyntaxTrees, analyse, unread

KNOWN = [f"Impossible to generate IR for {name} (node_modules/a.sol#1-2):\n why" for name in UNREAD]
TWO_PARENTS = """// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

library Doubling {
    function doubled(uint256 self) internal pure returns (uint256) {
        return 2 * self;
    }
}

library Tripling {
    function tripled(uint256 self) internal pure returns (uint256) {
        return 3 * self;
    }
}

abstract contract Doubler {
    using Doubling for *;

    function twice(uint256 value) internal pure returns (uint256) {
        return value.doubled();
    }
}

abstract contract Tripler {
    using Tripling for *;
}

contract Both is Tripler, Doubler {}
"""
"""Slither takes from `Tripler` alone what `Both` uses for all types, and so can't read `twice`."""


@pytest.fixture
def complaints():
    handler = Complaints()
    logging.getLogger().addHandler(handler)
    yield handler.messages
    logging.getLogger().removeHandler(handler)


def test_what_is_known_to_be_unread_is_no_finding():
    assert unread(KNOWN) == []


@pytest.mark.parametrize(
    "complaint",
    [
        "Impossible to generate IR for Vault.pay (contracts/Vault.sol#1-2):\n why",
        "Impossible to generate IR for top level function Vault.pay (contracts/V.sol#1-2):\n why",
    ],
)
def test_function_that_is_passed_over_is_named(complaint):
    assert unread([*KNOWN, complaint]) == ["Vault.pay: slither could not read it."]


def test_whatever_else_it_complains_of_is_told():
    assert unread([*KNOWN, "Missing function\n  pay"]) == ["slither: Missing function pay"]


def test_exception_that_is_none_any_more_is_found():
    first = next(iter(UNREAD))
    assert unread(KNOWN[1:]) == [
        f"UNREAD {first}: slither has read it, accepted is what it can't read."
    ]


def test_slither_itself_tells_what_it_passes_over(tmp_path, monkeypatch, complaints):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "Both.sol").write_text(TWO_PARENTS)
    Slither(CryticCompile(SyntaxTrees(analyse({"contracts/Both.sol": TWO_PARENTS}))))
    assert unread([*KNOWN, *complaints]) == ["Both.twice: slither could not read it."]
