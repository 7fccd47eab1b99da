"""Filenames of wheels and sdists, read for the project that `packaging` finds in them."""

import re

from packaging.utils import (
    InvalidName, InvalidSdistFilename, InvalidWheelFilename, canonicalize_name, parse_sdist_filename, parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from . import tags, versions

NAMES = ["foo", "Foo", "foo_bar", "foo.bar", "foo-bar", "zope.interface", "a", "0", "x_1", "foo-2", "_foo", "föö", "a__b"]
SUFFIXES = [".tar.gz", ".tar.gz", ".tar.gz", ".zip", ".tar.bz2", ".tgz", ".egg", ".exe", ".TAR.GZ", ".Zip", ""]


def generate(chance):
    name, version = chance.pick(NAMES), versions.generate(chance, spaces=chance.randrange(20) == 0)
    if chance.randrange(2):
        build = chance.maybe(5, lambda: "-" + chance.pick(["1", "2a", "0b_1", "x", "1.2", ""]))
        name = name.replace("-", "_") if chance.randrange(5) else name
        version = version.replace("-", "_") if chance.randrange(3) else version
        return chance.damaged(f"{name}-{version}{build}-{tags.generate(chance)}{chance.pick(['.whl'] * 9 + ['.WHL'])}", 15)
    middle = chance.maybe(25, lambda: chance.pick([".linux-x86_64", ".win32", ".macosx-10.9-x86_64", "-py2.7"]))
    return chance.damaged(f"{name}-{version}{middle}{chance.pick(SUFFIXES)}", 15)


def read(filename):
    """What `packaging` reads, as kind, name, version, build or suffix, and tags; or why it does not."""
    try:
        name, version, build, found = parse_wheel_filename(filename)
        digits = re.match(r"[^-]*-[^-]*-([^-]*)-", filename).group(1) if build else ""
        return "wheel", name, str(version), digits, " ".join(sorted(map(str, found)))
    except InvalidWheelFilename as error:
        if filename.endswith(".whl"):
            return str(error)
    try:
        name, version = parse_sdist_filename(filename)
        return "sdist", name, str(version), ".zip" if filename.endswith(".zip") else ".tar.gz", None
    except InvalidSdistFilename as error:
        return str(error)


def project(filename):
    found = read(filename)
    if isinstance(found, tuple):
        return found[1]
    # The name as far as the first hyphen behind which a digit stands, which is what people would take it for.
    return canonicalize_name(re.split(r"-(?=\d)", filename)[0])


def questions(cases):
    return (["filename", filename, project(filename)] for filename in cases)


def answer(question):
    found = read(question[1])
    if not isinstance(found, tuple):
        return None
    kind, _, version, detail, wheel_tags = found
    return [kind, version, detail, wheel_tags] if kind == "wheel" else [kind, version, detail]


def is_name(text):
    try:
        return bool(canonicalize_name(text, validate=True))
    except InvalidName:
        return False


def allowed(question, ours, theirs):
    """The rule by which answers may differ, or none."""
    _, filename, name = question
    if theirs is not None:
        if not is_name(name):
            return "a name that PEP 508 does not allow is refused"
        return None
    if isinstance(ours, str):
        # Both refuse it; whether as foreign or as unreadable is ours alone.
        return ""
    if ours[0] == "other":
        return "retired kinds and other suffixes are read"
    if ours[0] == "wheel":
        if not filename.endswith(".whl"):
            return "the suffix of a wheel is read in any case"
        parts = [part for piece in filename[:-4].split("-")[-3:] for part in piece.split(".")]
        if "invalid tag" in read(filename) and "" not in parts:
            return "an interpreter that is no identifier is let through"
        return None
    if ours[2] not in (".tar.gz", ".zip"):
        return "other suffixes of sdists are read"
    stem = filename[: -len(ours[2])]
    try:
        Version(stem.rpartition("-")[2])
    except InvalidVersion:
        return "versions of sdists need not be of PEP 440, and may have hyphens"
    return None
