"""Check that a token's storage still lies where the deployed tokens have it.

An upgrade gives a token new code over old storage. `tools/storage_layout.json` records where each
value lies: the fields of every namespaced struct (ERC-7201) of the token's two contracts,
OpenZeppelin's included, and of the structs in them ("slot 1 byte 22: bytes3"); the numbers of the
enums in `contracts/types/`; and what the functions of the words that are packed there read and keep
("bits 128 to 167").

A change is compatible if everything recorded is still found where it was: what is new may be added
at the end. `python -m tools.storage_layout` says what is not, one sentence each, and exits with 1;
`--update` rewrites the record, which is right before a first deployment and for what was added.
Where a namespace begins is not recorded: ERC-7201 says it.

OpenZeppelin's upgrades-core compares the fields of namespaces too. It sees neither what is packed
into a word, nor the enums there, nor another beginning, nor the extension's own state.
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from eth_utils.crypto import keccak
from pyrevm import EVM

from tools.compiler import ROOT, DoesNotCompile, compile_once, sources_of

RECORD = Path(__file__).with_suffix(".json")
TOKEN_CONTRACTS = {
    "contracts/DepositToken.sol": "DepositToken",
    "contracts/DepositTokenExt.sol": "DepositTokenExt",
}
PROBE = "Probe.sol"
CALLER = "0x" + "11" * 20

CONTRACT = re.compile(r"^(?:abstract )?(?:contract|library) (\w+)", re.MULTILINE)
NAMESPACE = re.compile(r"@custom:storage-location erc7201:(\S+)[^{;]*?\bstruct (\w+) \{")
COMMENT = re.compile(r"//.*")
ENUM = re.compile(r"^enum (\w+) \{([^}]*)\}", re.MULTILINE)
LOCATION = re.compile(r"bytes32 private constant (\w+) = (0x[0-9a-f]{64});")
TAKEN = re.compile(r"\.slot := (.+)")
PACKED = re.compile(r"^type (\w+) is uint256;", re.MULTILINE)
LIBRARY = re.compile(r"^using (\w+) for (\w+) global;", re.MULTILINE)
FUNCTION = re.compile(r"\bfunction (\w+)\(([^)]*)\)\s+internal\s+pure\s+returns")
PARAMETER = re.compile(r"(\w+) (?:memory )?(\w+)")

Layouts = dict[str, dict[str, str]]
"""The place of each field, by the layout that it belongs to."""


def incompatibilities(recorded: Layouts, found: Layouts) -> list[str]:
    """A sentence for each recorded field that is gone, has moved or has another type."""
    return [
        f"{layout}.{field}: found {found.get(layout, {}).get(field, 'no such field')}, "
        f"accepted is {place}."
        for layout, fields in recorded.items()
        for field, place in fields.items()
        if found.get(layout, {}).get(field) != place
    ]


def read_record() -> Layouts:
    if not RECORD.is_file():
        sys.exit(f"{RECORD.name} is missing: write it with --update.")
    record: Layouts = json.loads(RECORD.read_text())
    return record


def layouts() -> Layouts:
    """What the present sources give."""
    types = {
        path.relative_to(ROOT).as_posix(): path.read_text()
        for path in sorted((ROOT / "contracts" / "types").glob("*.sol"))
    }
    found = namespaced(sources_of(ROOT, *TOKEN_CONTRACTS))
    for text in types.values():
        found |= enums(text)
    return found | packed_words(types)


def namespaced(sources: dict[str, str]) -> Layouts:
    """The fields of every namespaced struct, and of the structs within.

    A struct has a layout only as somebody's state: a contract that has one of each is made up and
    analysed, which takes no code generation.
    """
    structs = namespaced_structs(sources)
    for namespace, (source, _) in structs.items():
        require_root(namespace, source, sources[source])
    probe = [f'import "{name}";' for name, _ in structs.values()]
    state = [f"{struct} v{i};" for i, (_, struct) in enumerate(structs.values())]
    probe += ["contract Probe {", *state, "}"]
    output = compile_once(sources | {PROBE: "\n".join(probe)}, {"*": {"*": ["storageLayout"]}})
    for source, contract in TOKEN_CONTRACTS.items():
        layout = output["contracts"][source][contract]["storageLayout"]
        require_no_state(contract, layout["storage"])

    layout = output["contracts"][PROBE]["Probe"]["storageLayout"]
    types = layout["types"]
    outermost = [variable["type"] for variable in layout["storage"]]
    inner = {
        type_["label"].removeprefix("struct "): members(types, name)
        for name, type_ in types.items()
        if "members" in type_ and name not in outermost
    }
    found = (members(types, name) for name in outermost)
    return dict(zip(structs, found, strict=True)) | dict(sorted(inner.items()))


def namespaced_structs(sources: dict[str, str]) -> dict[str, tuple[str, str]]:
    """The source and the name, with its contract's, of each namespace's struct."""
    return dict(
        sorted(
            (match[1], (name, f"{CONTRACT.findall(text[: match.start()])[-1]}.{match[2]}"))
            for name, text in sources.items()
            for match in NAMESPACE.finditer(text)
        )
    )


def require_root(namespace: str, source: str, text: str) -> None:
    """Code that took another slot for the namespace would find it empty."""
    inner = int.from_bytes(keccak(text=namespace)) - 1
    root = f"0x{keccak(inner.to_bytes(32))[:-1].hex()}00"
    constants: dict[str, str] = dict(LOCATION.findall(text))
    # OpenZeppelin takes some of its own by a function; it is pinned.
    taken: Iterable[str] = constants if source.startswith("@") else TAKEN.findall(text)
    found = sorted({constants.get(each, each) for each in taken})
    if found != [root]:
        sys.exit(
            f"{namespace}: found the slot {', '.join(found) or 'of no constant'}, "
            f"accepted is {root} by ERC-7201."
        )


def require_no_state(contract: str, variables: list[dict[str, Any]]) -> None:
    """Two contracts that both counted from slot 0 would overwrite each other."""
    if variables:
        sys.exit(
            f"{contract}.{variables[0]['label']}: found a state variable, "
            "accepted are only fields of a namespaced struct."
        )


def members(types: dict[str, Any], struct: str) -> dict[str, str]:
    return {
        each["label"]: f"slot {each['slot']} byte {each['offset']}: {types[each['type']]['label']}"
        for each in types[struct]["members"]
    }


def enums(text: str) -> Layouts:
    return {
        name: {member: str(number) for number, member in enumerate(re.findall(r"\w+", body))}
        for name, body in ENUM.findall(COMMENT.sub("", text))
    }


def packed_words(sources: dict[str, str]) -> Layouts:
    """The bits of each packed word that the functions of its library let through, by trying each.

    A getter lets through its field, a function that gives a word back what it keeps of it or copies
    into it. What lets no single bit through, such as a check of the whole word, is left out.
    """
    functions = list(packing_functions(sources))
    probe = [
        *(f'import "{name}";' for name in sources),
        "contract Probe {",
        *(
            f"function f{i}(uint256 raw) external pure returns (bytes memory) {{ {body} }}"
            for i, (_, _, body) in enumerate(functions)
        ),
        "}",
    ]
    output = compile_once(
        sources_of(ROOT, *sources) | {PROBE: "\n".join(probe)},
        {PROBE: {"*": ["evm.bytecode.object", "evm.methodIdentifiers"]}},
    )
    code = output["contracts"][PROBE]["Probe"]["evm"]
    evm = EVM()
    address = evm.deploy(CALLER, bytes.fromhex(code["bytecode"]["object"]))

    def answer(selector: str, word: int) -> bytes | None:
        data = bytes.fromhex(selector) + word.to_bytes(32)
        try:
            return evm.message_call(CALLER, address, data, is_static=True)
        except RuntimeError:
            return None  # Such as an enum's member that there is none of.

    found: Layouts = {}
    for i, (word, field, _) in enumerate(functions):
        selector = code["methodIdentifiers"][f"f{i}(uint256)"]
        nothing = answer(selector, 0)
        bits = [bit for bit in range(256) if answer(selector, 1 << bit) != nothing]
        if bits:
            found.setdefault(word, {})[field] = spans(bits)
    return found


def packing_functions(sources: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """Each function of a packed word's library, once for each packed word that it takes.

    Gives the library's word, the function's name, with the parameter's unless that is `self`, and
    the body of a function that calls it with `raw` as that parameter and zero for the others.
    """
    words = {word for text in sources.values() for word in PACKED.findall(text)}
    for text in sources.values():
        plain = COMMENT.sub("", text)
        for library, word in LIBRARY.findall(plain):
            for function, declared in FUNCTION.findall(plain) if word in words else ():
                parameters = PARAMETER.findall(declared)
                zeros = "".join(f"{type_} {name}; " for type_, name in parameters)
                call = f"{library}.{function}({', '.join(name for _, name in parameters)})"
                for type_, name in parameters:
                    if type_ in words:
                        field = function if name == "self" else f"{function}.{name}"
                        given = f"{name} = {type_}.wrap(raw);"
                        yield word, field, f"{zeros}{given} return abi.encode({call});"


def spans(bits: list[int]) -> str:
    """Ascending numbers of bits as `bits 0 to 127 and 240`."""
    firsts = [bit for bit in bits if bit - 1 not in bits]
    lasts = [bit for bit in bits if bit + 1 not in bits]
    return "bits " + " and ".join(
        str(first) if first == last else f"{first} to {last}"
        for first, last in zip(firsts, lasts, strict=True)
    )


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--update"]):
        print(f"arguments: found {arguments}, accepted are none and --update.", file=sys.stderr)
        return 2
    update = arguments == ["--update"]
    recorded = {} if update else read_record()
    try:
        found = layouts()
    except DoesNotCompile as error:
        sys.exit(str(error))
    if update:
        RECORD.write_text(json.dumps(found, indent=2) + "\n")
    sentences = incompatibilities(recorded, found)
    for sentence in sentences:
        print(sentence)
    return 1 if sentences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
