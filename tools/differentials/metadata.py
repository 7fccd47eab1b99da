"""Core metadata, as `parse_email` reads it."""

import re

from packaging.metadata import parse_email
from packaging.utils import canonicalize_name

from . import markers

FIELDS = ["Metadata-Version", "Name", "Version", "Requires-Python", "Requires-Dist", "Provides-Extra", "Dynamic", "Summary"]
VALUES = ["1.0", "2.1", "foo", "Foo_Bar", ">=3.8", "é", "", " x ", "a: b", "Requires-Dist"]


def generate(chance):
    lines = []
    for _ in range(chance.randrange(1, 9)):
        field = chance.pick(FIELDS)
        value = markers.generate_requirement(chance) if field == "Requires-Dist" else chance.pick(VALUES)
        value = value.replace("\n", chance.pick(["\n ", "\n", " "]))
        lines.append(chance.pick([field, field, field.lower(), field.upper()]) + ":" + chance.pick([" ", "", "\t"]) + value)
        lines += [chance.pick([" more", "\tmore", " ", "no header", "", "From x", ": y"])] * (chance.randrange(15) == 0)
    text = chance.pick(["\n", "\n", "\r\n", "\r"]).join(lines) + chance.pick(["", "\n", "\n\nbody\nName: x\n"])
    data = bytearray(chance.damaged(text, 10).encode())
    if data and chance.randrange(20) == 0:
        data[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(data)


def questions(cases):
    return (["metadata", list(data)] for data in cases)


def joined(value):
    """The lines of a value without white space around them, and a space between them."""
    pieces = (line.strip() for line in re.split("\r\n|\r|\n", value))
    return " ".join(piece for piece in pieces if piece)


def answer(question):
    raw, _ = parse_email(bytes(question[1]))
    result = {
        key: joined(raw[key]) for key in ("metadata_version", "name", "version", "requires_python") if key in raw
    }
    found = [markers.requirement(joined(value)) for value in raw.get("requires_dist", [])]
    result["requires_dist"] = "\n".join(map(described, filter(None, found)))
    extras = (canonicalize_name(joined(value)) for value in raw.get("provides_extra", []))
    result["provides_extra"] = "\n".join(dict.fromkeys(extras))
    result["dynamic"] = "\n".join(sorted({joined(value).lower() for value in raw.get("dynamic", [])}))
    return result


def described(requirement):
    name, extras, specifier, url, marker = requirement
    text = name + (f"[{extras}]" if extras else "") + specifier
    text += f" @ {url}" + (" " if marker else "") if url else ""
    return text + (f"; {marker}" if marker else "")


def allowed(question, ours, theirs):
    """The rule by which answers may differ, or none."""
    differing = {key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key)}
    lists = {"requires_dist", "provides_extra", "dynamic"}
    if differing <= lists:
        try:
            bytes(question[1]).decode()
        except UnicodeDecodeError:
            return "of a list with a value that is not UTF-8 the others are read"
    if differing == {"requires_dist"}:
        return requirements_rule(question)
    return None


def requirements_rule(question):
    raw, _ = parse_email(bytes(question[1]))
    for value in raw.get("requires_dist", []):
        text = joined(value)
        theirs = markers.requirement(text)
        rule = markers.allowed(["requirement", text], None, theirs) if theirs else None
        if rule:
            return rule
        if theirs and theirs[4] is None:
            return "a text with quotes of both kinds has a normal form"
    return None
