"""Version specifiers: their normal form, `contains` and `filter` with each setting for prereleases."""

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from . import versions

OPERATORS = ["~=", "==", "!=", "<=", ">=", "<", ">", "==="]


def clause(chance):
    version = versions.generate(chance, spaces=False)
    operator = chance.pick(OPERATORS)
    if operator == "~=" and chance.randrange(4):
        version = chance.pick(versions.SMALL) + "." + version
    if operator not in ("==", "!=", "===") and "+" in version and chance.randrange(4):
        version = version.partition("+")[0]
    if operator in ("==", "!=") and chance.randrange(3) == 0:
        version = ".".join(chance.pick(versions.SMALL) for _ in range(chance.randrange(1, 4))) + ".*"
    if operator == "===" and chance.randrange(2):
        version = chance.pick(["foobar", "FooBar", "1.0.0", "1.0A1", "", "2004d", "1,2", "=1", version])
    return operator + chance.maybe(4, " ") + version


def generate(chance):
    """A specifier, and versions to ask it about: near its own ones, so that many match."""
    text = ",".join(clause(chance) for _ in range(chance.pick([0, 1, 1, 1, 1, 2, 2, 3])))
    text = chance.damaged(chance.maybe(10, " ") + text + chance.maybe(10, ", "), 15)
    return text, tuple(candidates(chance, text))


def candidates(chance, text):
    found = [piece.lstrip("~=!<> ").removesuffix(".*") for piece in text.split(",")]
    for base in found:
        if base.strip() and chance.randrange(3):
            yield base
            yield base + chance.pick([".0", ".dev1", "a1", ".post1", "+local", "rc1", ".1", ".post0.dev0", ".0.0a0"])
    for _ in range(6 - min(4, len(found))):
        yield versions.generate(chance)
    if chance.randrange(5) == 0:
        yield chance.pick(["foobar", "FOOBAR", "2004d", "", "1.0a1", "1.0"])


def normal(specifiers):
    """Each clause with the normal form of its version, once, sorted."""
    forms = set()
    for one in specifiers:
        version = one.version
        if one.operator != "===":
            version = f"{Version(version[:-2])}.*" if version.endswith(".*") else str(Version(version))
        forms.add(one.operator + version)
    return ",".join(sorted(forms))


def questions(cases):
    return (["specifier", text, list(candidates)] for text, candidates in cases)


def answer(question):
    _, text, texts = question
    try:
        specifiers = SpecifierSet(text)
    except InvalidSpecifier:
        return None
    parsed = [version for version in map(versions.read, texts) if version is not None]
    result = [normal(specifiers), bool(specifiers.prereleases)]
    for prereleases in (None, True, False):
        answers = [specifiers.contains(version, prereleases=prereleases) for version in texts + parsed]
        result.append("".join("1" if answer else "0" for answer in answers))
        kept = SpecifierSet(text).filter(enumerate(texts), prereleases=prereleases, key=lambda item: item[1])
        result.append(" ".join(str(index) for index, _ in kept))
    return result
