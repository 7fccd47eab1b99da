"""Markers, evaluated in several environments and contexts; and requirements."""

from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name, InvalidName

from . import specifiers, versions

VARIABLES = [
    "python_version", "python_full_version", "os_name", "sys_platform", "platform_release", "platform_system",
    "platform_version", "platform_machine", "platform_python_implementation", "implementation_name",
    "implementation_version", "extra", "os.name", "sys.platform", "platform.version", "platform.machine",
    "platform.python_implementation", "python_implementation",
]
SETS = ["extras", "dependency_groups"]
OPERATORS = ["==", "==", "!=", ">=", "<", "<=", ">", "~=", "===", "in", "not in"]
TEXTS = [
    "linux", "win32", "darwin", "posix", "nt", "CPython", "PyPy", "cpython", "x86_64", "AMD64", "Linux", "Windows",
    "dev-tools", "Dev_Tools", "dev.tools", "a", "test", "", "3.6", "3.12", "3.12.4", "3.13", "3.*", "3.12.*", "3.6 3.12",
    "2.7", "5.4.0-1", "6.1", "#1 SMP", "os_name", "extra", "=3.12", "3.13.0+local", "po\\x73ix", "a\\'b", "3.9,3.12",
]


def environment(python="3.12.4", **changes):
    base = {
        "implementation_name": "cpython", "implementation_version": python, "os_name": "posix",
        "platform_machine": "x86_64", "platform_release": "", "platform_system": "Linux", "platform_version": "",
        "python_full_version": python, "platform_python_implementation": "CPython",
        "python_version": ".".join(python.split(".")[:2]), "sys_platform": "linux",
    }
    return base | changes


ENVIRONMENTS = [
    environment(),
    environment("3.6.15", platform_release="5.4.0-1", platform_version="#1 SMP"),
    environment("3.13.0+", platform_release="6.1", platform_machine="aarch64"),
    environment("3.12.0", os_name="nt", platform_machine="AMD64", platform_system="Windows", sys_platform="win32"),
    environment("2.7.18", sys_platform="darwin", platform_system="Darwin", platform_release="22.6.0"),
    environment("3.10.14", implementation_name="pypy", implementation_version="7.3.16",
                platform_python_implementation="PyPy"),
]


def quoted(chance, text):
    if chance.randrange(12) == 0:
        text = chance.damaged(text, 2)
    quote = chance.pick("'\"")
    return quote + text + quote


def comparison(chance):
    variable = chance.pick(VARIABLES if chance.randrange(8) else SETS)
    value = chance.pick(TEXTS) if chance.randrange(3) else versions.generate(chance)
    if variable.startswith(("python_v", "python_f", "implementation_v")) and chance.randrange(3):
        value = chance.pick(["3.12", "3.6", "3.13", "3.12.*", "2.7", "3.12.4", "3.10", "7.3.16", "3.13.0+local", "4"])
    left, right = variable, quoted(chance, value)
    if chance.randrange(4) == 0 or variable in SETS and chance.randrange(4):
        left, right = right, left
    if chance.randrange(40) == 0:
        left = chance.pick(VARIABLES)
    space = lambda: chance.pick(["", " ", " ", "  ", "\t"])  # noqa: E731
    operator = chance.pick(OPERATORS if variable not in SETS else ["in", "in", "not in", "==", "!=", "~=", "<="])
    if "in" in operator and chance.randrange(10):
        operator = f" {operator} "
    return left + space() + operator + space() + right


def expression(chance, depth=0):
    pieces = []
    for _ in range(chance.pick([1, 1, 1, 2, 2, 3])):
        inner = expression(chance, depth + 1) if depth < 3 and chance.randrange(5) == 0 else None
        pieces.append(f"({inner})" if inner else comparison(chance))
    text = pieces[0]
    for piece in pieces[1:]:
        text += chance.pick([" and ", " or ", "and ", " or"]) + piece
    return text


def generate(chance):
    return chance.damaged(chance.maybe(20, " ") + expression(chance), 15)


def generate_requirement(chance):
    pick = chance.pick
    text = chance.maybe(20, " ") + pick(["a", "Foo.Bar", "requests", "zope.interface", "A_b-c", "x1", "foo_", "0"])
    text += chance.maybe(4, lambda: pick(["", " "]) + "[" + pick(["", "a", "Dev_Tools", "a,b", "a , b_", "a b"]) + "]")
    text += pick(["", " "])
    if chance.randrange(8) == 0:
        text += "@" + pick(["", " "]) + pick(["https://a.example/x.whl", "../x", "git+https://a.example/x@1#egg=y;z"])
        text += pick(["", " "])
    else:
        clauses = pick([",", ", ", " , "]).join(specifiers.clause(chance) for _ in range(chance.randrange(4)))
        text += pick(["({})", "{}", "{}", "( {} )", "{},"]).format(clauses)
    text += chance.maybe(3, lambda: pick([";", " ; ", "; "]) + expression(chance, 2))
    return chance.damaged(text, 15)


def questions(cases):
    yield ["environments", ENVIRONMENTS]
    yield from (["marker", text] for text in cases)


def requirement_questions(cases):
    return (["requirement", text] for text in cases)


CONTEXTS = [
    ("metadata", {}),
    ("metadata", {"extra": "Dev_Tools"}),
    ("lock_file", {"extras": {"Dev_Tools", "a"}, "dependency_groups": {"test"}}),
    ("requirement", {}),
]


def evaluated(marker, variables, context, more):
    try:
        return "1" if marker.evaluate(variables | more, context=context) else "0"
    except UndefinedComparison:
        return "c"
    except UndefinedEnvironmentName:
        return "v"


def answer(question):
    if question[0] == "environments":
        return len(question[1])
    if question[0] == "requirement":
        return requirement(question[1])
    try:
        marker = Marker(question[1])
    except InvalidMarker:
        return None
    return [text_of(marker), "".join(
        evaluated(marker, variables, context, more) for variables in ENVIRONMENTS for context, more in CONTEXTS
    )]


def text_of(marker):
    """The normal form; `packaging` has none when a text has quotes of both kinds."""
    try:
        return str(marker)
    except ValueError:
        return None


def requirement(text):
    try:
        found = Requirement(text)
    except InvalidRequirement:
        return None
    return [
        canonicalize_name(found.name), ",".join(sorted({canonicalize_name(extra) for extra in found.extras})),
        specifiers.normal(found.specifier), found.url or "", text_of(found.marker) if found.marker else "",
    ]


def allowed(question, ours, theirs):
    """The rule by which answers may differ, or none."""
    if question[0] == "requirement":
        if ours is None and theirs is not None:
            try:
                canonicalize_name(Requirement(question[1]).name, validate=True)
            except InvalidName:
                return "a name that PEP 508 does not allow is refused"
        if ours and theirs and theirs[4] is None and ours[:4] == theirs[:4]:
            return "a text with quotes of both kinds has a normal form"
    if question[0] == "marker" and ours and theirs and theirs[0] is None and ours[1] == theirs[1]:
        return "a text with quotes of both kinds has a normal form"
    if ours is None and "\\N" in question[1]:
        return "names of characters in texts are refused"
    return None
