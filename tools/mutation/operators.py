"""The mistakes that are tried: one function an operator, from the compiler's syntax tree to edits.

Left out is what could not survive or could not die, or whose death another's implies:

* The negation of a condition, and `||` for `&&`: whichever test kills a condition that is always
  true or always false kills these.
* The deletion of what an `if` alone guards: it is the condition that is always false.
* A guard, an `if` that does nothing but revert, that always reverts: any test kills it.
* A loop that ends where its counter is the bound and not above it: it counts in steps of one.
* Of a comparison, all but the three mutants that imply the others (Kaminski, Ammann and Offutt,
  "Better predicate testing", 2011).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

Node = dict[str, Any]
"""A node of the syntax tree that solc writes as JSON."""

COMPARISONS = {
    "<": ("<=", "!=", "false"),
    "<=": ("<", "==", "true"),
    ">": (">=", "!=", "false"),
    ">=": (">", "==", "true"),
    "==": ("<=", ">=", "false"),
    "!=": ("<", ">", "true"),
}
"""Another operator, or the constant that the whole comparison becomes."""

ARITHMETIC = {
    "+": "-",
    "-": "+",
    "*": "/",
    "/": "*",
    "%": "/",
    "<<": ">>",
    ">>": "<<",
    "&": "|",
    "|": "&",
    "+=": "-=",
    "-=": "+=",
    "++": "--",
    "--": "++",
}


@dataclass(frozen=True)
class Edit:
    """A replacement of the bytes from `start` up to `end` of a source."""

    operator: str
    start: int
    end: int
    text: str


class Tree:
    """The syntax tree of one source, with what the operators ask of it.

    `structs` and `enums` map the compiler's number of a definition, of any source, to the members:
    (name, type) of a struct, names of an enum.
    """

    def __init__(
        self,
        root: Node,
        source: bytes,
        structs: dict[int, list[tuple[str, str]]],
        enums: dict[int, list[str]],
    ) -> None:
        self.source = source
        self.structs = structs
        self.enums = enums
        self.nodes: list[Node] = []
        self._parents: dict[int, Node] = {}
        self._visit(root)

    def _visit(self, node: Node) -> None:
        if node["nodeType"] in NOT_CODE:
            return
        self.nodes.append(node)
        for child in children(node):
            self._parents[id(child)] = node
            self._visit(child)

    def parent(self, node: Node) -> Node:
        """The node that contains a node; an empty one above the root."""
        return self._parents.get(id(node), {"nodeType": ""})

    def of(self, *types: str) -> Iterator[Node]:
        return (node for node in self.nodes if node["nodeType"] in types)

    def text(self, node: Node) -> str:
        start, end = span(node)
        return self.source[start:end].decode()

    def function_at(self, offset: int) -> str:
        """The name of the function or modifier around a byte; empty outside of all."""
        for node in self.of("FunctionDefinition", "ModifierDefinition"):
            start, end = span(node)
            if start <= offset < end:
                return str(node["name"] or node["kind"])
        return ""


NOT_CODE = {
    "EnumDefinition",
    "ErrorDefinition",
    "EventDefinition",
    "ImportDirective",
    "InlineAssembly",
    "OverrideSpecifier",
    "PragmaDirective",
    "StructDefinition",
    "StructuredDocumentation",
    "UserDefinedValueTypeDefinition",
    "UsingForDirective",
}

TRUE_FALSE = ("true", "false")
ZERO = ("0", "address(0)")


def children(node: Node) -> Iterator[Node]:
    """The nodes right below a node, in the order of the source."""
    found = []
    for value in node.values():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict) and "nodeType" in each and "src" in each:
                found.append(each)
    return iter(sorted(found, key=lambda child: span(child)[0]))


def span(node: Node) -> tuple[int, int]:
    """The bytes of a node in its source: from, up to."""
    start, length, _ = node["src"].split(":")
    return int(start), int(start) + int(length)


def type_of(node: Node) -> str:
    """The compiler's name of an expression's type."""
    return str(node.get("typeDescriptions", {}).get("typeIdentifier") or "")


def replaced(operator: str, node: Node, text: str) -> Edit:
    return Edit(operator, *span(node), text)


def between(tree: Tree, operator: str, node: Node, left: Node, right: Node, new: str) -> Edit:
    """The operator sign of a binary operation or assignment, which the tree has no place for."""
    start, end = span(left)[1], span(right)[0]
    at = tree.source.index(node["operator"].encode(), start, end)
    return Edit(operator, at, at + len(node["operator"]), new)


# Conditions


def conditions(tree: Tree) -> Iterator[Edit]:
    """Each part of a condition always true, always false, and off by one at its boundary."""
    for node in tree.of("IfStatement", "Conditional", "ForStatement", "WhileStatement"):
        if node.get("condition"):
            yield from decide(tree, node["condition"], pointless(node))
    for node in tree.of("BinaryOperation", "UnaryOperation", "FunctionCall"):
        if type_of(node) == "t_bool" and not is_decided_elsewhere(tree, node):
            yield from decide(tree, node, set())


def decide(tree: Tree, node: Node, spared: set[str]) -> Iterator[Edit]:
    """The mutants of a boolean expression, without those that make it one of the `spared`."""
    node = bare(node)
    operator = node.get("operator")
    if node["nodeType"] == "BinaryOperation" and operator in ("&&", "||"):
        # One true operand of || is enough for all of it, so the next would be the same mutant.
        whole = "true" if operator == "||" else "false"
        yield from decide(tree, node["leftExpression"], spared & {whole})
        yield from decide(tree, node["rightExpression"], {whole})
        return
    if node["nodeType"] == "BinaryOperation" and is_ordered(tree, node):
        left, right = node["leftExpression"], node["rightExpression"]
        for new in COMPARISONS[node["operator"]]:
            if new in TRUE_FALSE and new not in spared:
                yield replaced("condition", node, new)
            elif new not in spared:
                yield between(tree, "comparison", node, left, right, new)
        return
    if node["nodeType"] == "Literal":
        return
    for new in TRUE_FALSE:
        if new not in spared:
            yield replaced("condition", node, new)


def bare(node: Node) -> Node:
    """An expression without the parentheses around it."""
    while node["nodeType"] == "TupleExpression" and len(node["components"]) == 1:
        node = node["components"][0]
    return node


def is_ordered(tree: Tree, node: Node) -> bool:
    """Whether a comparison is of numbers, and not with zero, below which is nothing."""
    sides = (node["leftExpression"], node["rightExpression"])
    return (
        node["operator"] in COMPARISONS
        and all(type_of(side).startswith(("t_uint", "t_int", "t_rational")) for side in sides)
        and not any(tree.text(side) in ZERO for side in sides)
    )


def pointless(node: Node) -> set[str]:
    """What is not tried for the condition of a statement: see the module's text."""
    if node["nodeType"] == "ForStatement":
        return {"!="}
    if node["nodeType"] == "IfStatement" and only(node["trueBody"]) == "RevertStatement":
        return {"true"}
    return set()


def only(body: Node) -> str:
    """The type of a body's one statement; empty if there are more."""
    if body["nodeType"] not in ("Block", "UncheckedBlock"):
        return str(body["nodeType"])
    return str(body["statements"][0]["nodeType"]) if len(body["statements"]) == 1 else ""


def is_decided_elsewhere(tree: Tree, node: Node) -> bool:
    """Whether `decide` comes to an expression with the one around it, or can't: a tried call."""
    parent = tree.parent(node)
    while parent["nodeType"] == "TupleExpression" and len(parent["components"]) == 1:
        node, parent = parent, tree.parent(parent)
    return (
        parent.get("condition") is node
        or parent.get("operator") in ("&&", "||", "!")
        or parent["nodeType"] == "TryStatement"
    )


# Values


def arithmetic(tree: Tree) -> Iterator[Edit]:
    """Another arithmetic, shift or bit operator; a complement or sign left out."""
    for node in tree.of("BinaryOperation", "Assignment"):
        left = node.get("leftExpression") or node["leftHandSide"]
        right = node.get("rightExpression") or node["rightHandSide"]
        if node["operator"] in ARITHMETIC:
            new = ARITHMETIC[node["operator"]]
            yield between(tree, "arithmetic", node, left, right, new)
    for node in tree.of("UnaryOperation"):
        if node["operator"] in ARITHMETIC and node["operator"] != "-":
            step = ARITHMETIC[node["operator"]]
            operand = tree.text(node["subExpression"])
            yield replaced("arithmetic", node, step + operand if node["prefix"] else operand + step)
        elif node["operator"] in ("~", "-"):
            yield replaced("arithmetic", node, tree.text(node["subExpression"]))


def literals(tree: Tree) -> Iterator[Edit]:
    """A number one more and one less, a truth value the other, a text empty."""
    for node in tree.of("Literal"):
        if tree.parent(node).get("operator") in ("==", "!=") or is_type_part(tree, node):
            continue
        if node["kind"] == "number":
            yield from neighbours(tree, node)
        elif node["kind"] == "bool":
            yield replaced("literal", node, "false" if node["value"] == "true" else "true")
        elif node["kind"] == "string" and node["value"]:
            yield replaced("literal", node, '""')


def is_type_part(tree: Tree, node: Node) -> bool:
    """Whether a literal is an array's length, or a zero address that is compared."""
    parent = tree.parent(node)
    return parent["nodeType"] == "ArrayTypeName" or (
        parent.get("kind") == "typeConversion"
        and tree.parent(parent).get("operator") in ("==", "!=")
    )


def neighbours(tree: Tree, node: Node) -> Iterator[Edit]:
    digits = tree.text(node).split()[0].replace("_", "")
    value = int(digits, 0)
    # The unit, such as `days`, stays.
    start, _ = span(node)
    end = start + len(tree.text(node).split()[0])
    for new in (value + 1, value - 1):
        if new >= 0:
            written = f"0x{new:0{len(digits) - 2}x}" if digits.startswith("0x") else str(new)
            yield Edit("literal", start, end, written)


def members(tree: Tree) -> Iterator[Edit]:
    """Another field of the same struct and type, another value of the same enum: the next one."""
    for node in tree.of("MemberAccess"):
        owner, name = type_of(node["expression"]), node["memberName"]
        siblings: list[str] = []
        if owner.startswith("t_type$_t_enum$"):
            siblings = tree.enums[definition(owner)]
        elif owner.startswith("t_struct$"):
            fields = tree.structs[definition(owner)]
            own = dict(fields).get(name)
            siblings = [field for field, type_ in fields if type_ == own]
        if len(siblings) > 1 and name in siblings:
            new = siblings[(siblings.index(name) + 1) % len(siblings)]
            _, end = span(node)
            yield Edit("member", end - len(name), end, new)


def definition(type_: str) -> int:
    """The number of the definition in the name of a struct's or enum's type."""
    found = re.search(r"_\$(\d+)_", type_)
    assert found, type_
    return int(found[1])


def swaps(tree: Tree) -> Iterator[Edit]:
    """Two neighbouring arguments or tuple members of the same type, each in the other's place."""
    for node in tree.of("FunctionCall", "TupleExpression"):
        values = node.get("arguments") or node.get("components") or []
        if node.get("names"):
            continue
        for left, right in pairwise(values):
            if left and right and swappable(left) == swappable(right):
                start, end = span(left)[0], span(right)[1]
                glue = tree.source[span(left)[1] : span(right)[0]].decode()
                if tree.text(left) != tree.text(right):
                    swapped = tree.text(right) + glue + tree.text(left)
                    yield Edit("swap", start, end, swapped)


def swappable(node: Node) -> str:
    """An expression's type, whether or not ether may be sent to an address."""
    return type_of(node).replace("t_address_payable", "t_address")


# Statements


def deletions(tree: Tree) -> Iterator[Edit]:
    """A statement left out; a variable without its first value."""
    for node in tree.of("ExpressionStatement", "EmitStatement", "RevertStatement", "Return"):
        if not is_alone_under_if(tree, node) and tree.parent(node)["nodeType"] != "ForStatement":
            start, end = span(node)
            yield Edit("deletion", start, tree.source.index(b";", end) + 1, "{}")
    for node in tree.of("VariableDeclarationStatement"):
        if len(node["declarations"]) == 1 and node.get("initialValue"):
            declared = node["declarations"][0]
            if not type_of(declared).endswith("_ptr"):
                yield Edit("deletion", span(declared)[1], span(node["initialValue"])[1], "")


def is_alone_under_if(tree: Tree, node: Node) -> bool:
    """Whether a statement is all that an `if` without `else` guards."""
    parent = tree.parent(node)
    if parent["nodeType"] == "Block" and len(parent["statements"]) == 1:
        node, parent = parent, tree.parent(parent)
    return parent["nodeType"] == "IfStatement" and not parent.get("falseBody")


def modifiers(tree: Tree) -> Iterator[Edit]:
    """A function without one of its modifiers."""
    for node in tree.of("ModifierInvocation"):
        if node.get("kind") == "modifierInvocation":
            yield replaced("modifier", node, "")


OPERATORS: tuple[Callable[[Tree], Iterator[Edit]], ...] = (
    conditions,
    arithmetic,
    literals,
    members,
    swaps,
    deletions,
    modifiers,
)


def edits(tree: Tree) -> list[Edit]:
    """All edits of a source, in its order."""
    found = dict.fromkeys(edit for operator in OPERATORS for edit in operator(tree))
    return sorted(found, key=lambda edit: (edit.start, edit.end, edit.text))
