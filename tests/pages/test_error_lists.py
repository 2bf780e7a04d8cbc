"""The escrow's interface lists, function by function, the errors that its code can revert with.

What the code can is read out of the compiler's syntax tree: every `revert` that a function reaches
within the contract and its libraries. What another contract answers with is not: the interface
refers to that contract's own.
"""

import re
from collections.abc import Iterator

import pytest

from tools.compiler import ROOT, Compiler, sources_of

CONTRACT = "SettlementEscrow"
INTERFACE = "ISettlementEscrow"

NAME = re.compile(r"\{([\w-]+)\}|`(\w+)`")

GUARD = "ReentrancyGuardReentrantCall"
"""Said once for all functions."""

BOUNDS = {"allowed", "least", "greatest", "needed", "present"}
"""What an error calls that would pass, as `CONTRIBUTING.md` tells them apart."""

OUT_OF_REACH = {
    ("charge", "ArbiterNotNeutral"),  # It takes no payment with an arbiter.
}
"""What a function has in its code, but other lines of it rule out."""

Node = dict


def nodes(tree: object, kind: str) -> Iterator[Node]:
    """All nodes of a kind in a syntax tree."""
    if isinstance(tree, dict):
        if tree.get("nodeType") == kind:
            yield tree
        for value in tree.values():
            yield from nodes(value, kind)
    elif isinstance(tree, list):
        for value in tree:
            yield from nodes(value, kind)


@pytest.fixture(scope="module")
def trees():
    """The syntax trees of the contract and of everything that it imports."""
    with Compiler() as compiler:
        trees = compiler.syntax_trees(sources_of(ROOT, f"contracts/{CONTRACT}.sol"))
    return list(trees.values())


@pytest.fixture(scope="module")
def interface(trees):
    return definition(trees, INTERFACE)


@pytest.fixture(scope="module")
def declared(interface):
    """The errors of the interface, and those of OpenZeppelin's that it names."""
    own = {error["name"] for error in nodes(interface, "ErrorDefinition")}
    return own | {"SafeERC20FailedOperation", GUARD}


@pytest.fixture(scope="module")
def listed(interface, declared):
    """The errors that the interface lists, by function."""
    documents = {
        function["name"]: function.get("documentation", {}).get("text", "")
        for function in nodes(interface, "FunctionDefinition")
    }
    return {name: errors_listed(name, documents, declared) for name in documents}


@pytest.fixture(scope="module")
def reached(trees):
    """The errors that the code reaches, by function."""
    bodies = {
        body["id"]: body
        for kind in ("FunctionDefinition", "ModifierDefinition")
        for body in nodes(trees, kind)
    }
    return {
        function["name"]: errors_reached(function, bodies)
        for contract in with_bases(trees, CONTRACT)
        for function in nodes(contract, "FunctionDefinition")
        if function["implemented"]
        and function["visibility"] in ("external", "public")
        and function["kind"] == "function"
    }


def with_bases(trees: list[Node], name: str) -> list[Node]:
    bases = definition(trees, name)["linearizedBaseContracts"]
    return [node for node in nodes(trees, "ContractDefinition") if node["id"] in bases]


def definition(trees: list[Node], name: str) -> Node:
    (found,) = (node for node in nodes(trees, "ContractDefinition") if node["name"] == name)
    return found


def errors_listed(function: str, documents: dict[str, str], declared: set[str]) -> set[str]:
    """What a function's documentation lists after "Reverts", "as {another} but for" included."""
    _, _, text = documents[function].partition("Reverts ")
    text = " ".join(text.partition("\n @")[0].split())
    found: set[str] = set()
    excluding, end = False, 0
    for match in NAME.finditer(text):
        between, end = text[end : match.start()].strip(), match.end()
        excluding = between == "but for" or (excluding and between in (",", "and", "or"))
        name = match[1] or match[2]
        if name in declared:
            found = found - {name} if excluding else found | {name}
        elif name in documents:
            assert between.endswith("as"), f"{function}: {name} is no error"
            found |= errors_listed(name, documents, declared)
    return found - {GUARD}


def errors_reached(function: Node, bodies: dict[int, Node]) -> set[str]:
    found: set[str] = set()
    seen: set[int] = set()
    pending = [function["id"]]
    while pending:
        reference = pending.pop()
        if reference in seen or reference not in bodies:
            continue
        seen.add(reference)
        body = bodies[reference]
        for statement in nodes(body, "RevertStatement"):
            error = statement["errorCall"]["expression"]
            found.add(error.get("memberName") or error["name"])
        for call in nodes(body, "FunctionCall"):
            called = call["expression"]
            if "external" not in called["typeDescriptions"].get("typeIdentifier", ""):
                pending.append(called.get("referencedDeclaration"))
        pending += [
            modifier["modifierName"]["referencedDeclaration"]
            for modifier in nodes(body, "ModifierInvocation")
        ]
    return found - {GUARD}


def test_lists_what_the_code_can_revert_with(listed, reached):
    expected = {
        function: {error for error in reached[function] if (function, error) not in OUT_OF_REACH}
        for function in listed
        if function in reached
    }
    assert {function: listed[function] for function in expected} == expected


def test_errors_have_one_word_for_what_would_pass():
    found = {}
    for path in (ROOT / "contracts").rglob("*.sol"):
        for name, text in re.findall(r"^ *error (\w+)\(([^)]*)\)", path.read_text(), re.MULTILINE):
            parameters = [each.split()[-1] for each in text.split(",") if each.strip()]
            if "found" in parameters:
                found[name] = parameters[parameters.index("found") + 1 :]
    assert len(found) > 30
    assert {name: said for name, said in found.items() if not BOUNDS.issuperset(said)} == {
        "NoAnswer": ["question"]
    }
    assert set().union(*found.values()) >= BOUNDS


def test_every_other_function_is_a_getter(listed, reached):
    assert {function for function in listed if function not in reached} == {
        "inventoryOf",
        "claimableOf",
        "isDealerSigner",
    }


def test_what_is_out_of_reach_is_in_the_code(reached):
    assert {
        (function, error) for function, error in OUT_OF_REACH if error not in reached[function]
    } == set()


def test_every_error_can_come(declared, listed):
    # One is of the preview's own making, which takes it for a yes.
    assert declared - set().union(*listed.values()) == {"Undone", GUARD}


def test_the_guards_error_is_said_once(interface):
    assert interface["documentation"]["text"].count(GUARD) == 1


def test_a_function_may_list_as_another_but_for_some(declared):
    documents = {
        "first": "@dev Reverts with {TooLate}, {ZeroAmount} or {NotAllowed}.\n @param x {TooEarly}",
        "second": "@dev Emits {Claimed}. Reverts with {WrongStatus}, as {first} but for {TooLate}\n"
        " and {ZeroAmount}, or as {IDepositTokenMain-openPayment}, with {InvalidSignature} or\n"
        " `SafeERC20FailedOperation`.",
    }
    assert errors_listed("first", documents, declared) == {"TooLate", "ZeroAmount", "NotAllowed"}
    assert errors_listed("second", documents, declared) == {
        "WrongStatus",
        "NotAllowed",
        "InvalidSignature",
        "SafeERC20FailedOperation",
    }
