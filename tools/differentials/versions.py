"""Versions: whether they can be read, their normal form and what they are, and their order."""

from packaging.version import InvalidVersion, Version

# Large ones are those at which our key for the order ends, and the machine's numbers.
NUMBERS = [
    "0", "1", "2", "3", "10", "9", "01", "007", "2024", "255", "256", "4095", "4096", "16383", "16384", "32767", "32768",
    "9999999999999999999", "18446744073709551615", "18446744073709551616", "9" * 30,
]
SMALL = ["0", "1", "2", "3", "10"]
SEPARATORS = ["", "", ".", "-", "_"]


def generate(chance, spaces=True):
    """A text by the grammar of PEP 440 (appendix B), with its alternate spellings."""
    numbers = NUMBERS if chance.randrange(6) == 0 else SMALL
    pick, maybe = chance.pick, chance.maybe
    sep = lambda: pick(SEPARATORS)  # noqa: E731
    text = maybe(8, lambda: pick(["v", "V"])) + maybe(10, lambda: pick(numbers) + "!") + pick(numbers)
    for _ in range(chance.randrange(4)):
        text += "." + pick(numbers)
    text += maybe(3, lambda: sep() + pick(["a", "b", "rc", "c", "alpha", "Beta", "pre", "PREVIEW", "A", "RC"]) + sep()
                  + maybe(2, lambda: pick(numbers)))
    text += maybe(4, lambda: pick([sep() + pick(["post", "rev", "r", "POST"]) + sep(), "-"])
                  + maybe(2, lambda: pick(numbers)))
    text += maybe(4, lambda: sep() + pick(["dev", "DEV", "Dev"]) + sep() + maybe(2, lambda: pick(numbers)))
    text += maybe(6, lambda: "+" + pick(["a", "1", "01", "Ab1", "cpu", "ubuntu"])
                  + maybe(2, lambda: pick([".", "-", "_", ""]) + pick(["1", "x", "10", "01"])))
    if spaces:
        text = maybe(20, lambda: pick([" ", "\n", "\t", "\u00a0", "\x1f"])) + text
        text += maybe(20, lambda: pick([" ", "\n", "\u2003", "\x1c"]))
    return chance.damaged(text, 12)


def read(text):
    try:
        return Version(text)
    except InvalidVersion:
        return None


def questions(texts):
    yield from (["version", text] for text in texts)
    valid = [text for text in texts if read(text) is not None]
    for start in range(0, len(valid), 997):
        yield ["order", valid[start:start + 1000]]


def answer(question):
    if question[0] == "version":
        version = read(question[1])
        if version is None:
            return None
        return [str(version), version.is_prerelease, version.is_postrelease, version.is_devrelease, version.local]
    versions = [Version(text) for text in question[1]]
    ranks, rank, last = [0] * len(versions), 0, None
    for version, index in sorted((version, index) for index, version in enumerate(versions)):
        if last is not None and version != last:
            rank += 1
        ranks[index], last = rank, version
    return ranks
