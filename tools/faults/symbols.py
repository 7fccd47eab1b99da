"""Names the callers that the log of the fault library gives as offsets."""

import bisect
import functools
import re
import shutil
import subprocess
from pathlib import Path

CALLER = re.compile(r"(?P<file>.+)\+0x(?P<offset>[0-9a-f]+)(?: (?P<symbol>\S+))?$")


class Symbols:
    """The functions of one program, by their offsets."""

    def __init__(self, program: Path) -> None:
        self.name = program.name
        listing = subprocess.run(["nm", "--defined-only", "-n", program], check=True, capture_output=True, text=True)
        functions = [line.split(" ", 2) for line in listing.stdout.splitlines() if line[17:18] in "tTwW"]
        self._starts = [int(fields[0], 16) for fields in functions]
        self._names = [fields[2] for fields in functions]

    @staticmethod
    @functools.cache
    def of(program: Path) -> "Symbols":
        """Those of a program, read once."""
        return Symbols(program)

    def mangled(self, caller: str) -> str:
        """The symbol behind one entry of `callers`; the entry itself when there is none."""
        found = CALLER.match(caller)
        if found is None:
            return caller
        if found["symbol"]:
            return found["symbol"]
        if found["file"] != self.name:
            return caller
        place = bisect.bisect_right(self._starts, int(found["offset"], 16)) - 1
        return self._names[place] if place >= 0 else caller

    def named(self, callers: list[str]) -> list[str]:
        """The readable names of a call stack, such as `GroupCommit.commit(_:)`."""
        return [demangled(self.mangled(caller)) for caller in callers]


@functools.cache
def demangled(symbol: str) -> str:
    """The readable name of a Swift function; the symbol itself when no demangler is there."""
    tool = shutil.which("swift-demangle")
    command = [tool] if tool else ["swift", "demangle"] if shutil.which("swift") else None
    if command is None or not symbol.startswith("$s"):
        return symbol
    result = subprocess.run([*command, "--simplified", "--compact", symbol], capture_output=True, text=True)
    return result.stdout.strip() or symbol
