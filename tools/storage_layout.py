"""Check that a token's storage still lies where the deployed tokens have it.

An upgrade gives a token new code over old storage. `tools/storage_layout.json` records where each
value lies: the fields of every namespaced struct (ERC-7201) of the token's two offices,
OpenZeppelin's included, and of the structs in them ("slot 1 byte 22: bytes3"); the numbers of the
enums in `contracts/types/`; and the bit positions in the words that are packed there.

A change is compatible if everything recorded is still found where it was: what is new may be added
at the end. `python tools/storage_layout.py` says what is not, one sentence each, and exits with 1;
`--update` rewrites the record, which is right before a first deployment and for what was added.
"""

import json
import posixpath
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RECORD = ROOT / "tools" / "storage_layout.json"
OFFICES = {"contracts/DepositToken.sol": "DepositToken", "contracts/BackOffice.sol": "BackOffice"}
PROBE = "Probe.sol"

IMPORT = re.compile(r'^import\b[^;]*"([^"]+)";', re.MULTILINE)
CONTRACT = re.compile(r"^(?:abstract )?(?:contract|library) (\w+)", re.MULTILINE)
NAMESPACE = re.compile(r"@custom:storage-location erc7201:(\S+)[^{;]*?\bstruct (\w+) \{")
COMMENT = re.compile(r"//.*")
ENUM = re.compile(r"^enum (\w+) \{([^}]*)\}", re.MULTILINE)
PACKED = re.compile(r"^type (\w+) is uint256;", re.MULTILINE)
SHIFT = re.compile(r"constant (\w+_SHIFT) = (\d+);")

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
    return json.loads(RECORD.read_text())


def layouts() -> Layouts:
    """What the present sources give."""
    found = namespaced(sources_of(*OFFICES))
    for path in sorted((ROOT / "contracts" / "types").glob("*.sol")):
        text = path.read_text()
        found |= enums(text) | packed_words(text)
    return found


def sources_of(*roots: str) -> dict[str, str]:
    """The text of the sources and of everything that they import, by the compiler's names."""
    sources: dict[str, str] = {}
    pending = list(roots)
    while pending:
        name = pending.pop()
        if name in sources:
            continue
        vendored = "node_modules" if name.startswith("@") else ""
        sources[name] = (ROOT / vendored / name).read_text()
        pending += [resolve(name, path) for path in IMPORT.findall(sources[name])]
    return sources


def resolve(importer: str, path: str) -> str:
    if not path.startswith("."):
        return path
    return posixpath.normpath(posixpath.join(posixpath.dirname(importer), path))


def namespaced(sources: dict[str, str]) -> Layouts:
    """The fields of every namespaced struct, and of the structs within.

    A struct has a layout only as somebody's state: a contract that has one of each is made up and
    analysed, which takes no code generation.
    """
    structs = namespaced_structs(sources)
    probe = [f'import "{name}";' for name, _ in structs.values()]
    state = [f"{struct} v{i};" for i, (_, struct) in enumerate(structs.values())]
    probe += ["contract Probe {", *state, "}"]
    outputs = analyse(sources | {PROBE: "\n".join(probe)})
    for source, office in OFFICES.items():
        require_no_state(office, outputs[source][office]["storageLayout"]["storage"])

    layout = outputs[PROBE]["Probe"]["storageLayout"]
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


def require_no_state(office: str, variables: list[dict]) -> None:
    """Two offices that both counted from slot 0 would overwrite each other."""
    if variables:
        sys.exit(
            f"{office}.{variables[0]['label']}: found a state variable, "
            "accepted are only fields of a namespaced struct."
        )


def members(types: dict, struct: str) -> dict[str, str]:
    return {
        each["label"]: f"slot {each['slot']} byte {each['offset']}: {types[each['type']]['label']}"
        for each in types[struct]["members"]
    }


def enums(text: str) -> Layouts:
    return {
        name: {member: str(number) for number, member in enumerate(re.findall(r"\w+", body))}
        for name, body in ENUM.findall(COMMENT.sub("", text))
    }


def packed_words(text: str) -> Layouts:
    """The shifts of the packed word that a file declares."""
    return {
        name: {shift: f"bit {bit}" for shift, bit in SHIFT.findall(text)}
        for name in PACKED.findall(text)
    }


def analyse(sources: dict[str, str]) -> dict:
    """The compiler's output for every source."""
    request = {
        "language": "Solidity",
        "sources": {name: {"content": text} for name, text in sources.items()},
        "settings": {"outputSelection": {"*": {"*": ["storageLayout"]}}},
    }
    answer = subprocess.run(
        [ROOT / "tools" / "solc", "--standard-json"],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        check=True,
    )
    output = json.loads(answer.stdout)
    errors = [each for each in output.get("errors", []) if each["severity"] == "error"]
    if errors:
        sys.exit(errors[0]["formattedMessage"])
    return output["contracts"]


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--update"]):
        print(f"arguments: found {arguments}, accepted are none and --update.", file=sys.stderr)
        return 2
    if arguments == ["--update"]:
        RECORD.write_text(json.dumps(layouts(), indent=2) + "\n")
        return 0
    sentences = incompatibilities(read_record(), layouts())
    for sentence in sentences:
        print(sentence)
    return 1 if sentences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
