"""Runs a program under the fault library, and reads what the library has to say."""

import dataclasses
import json
import os
import signal
import struct
import subprocess
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROCESSES = 64
DESCRIPTION = 1024


class LibraryError(Exception):
    """A program did not load the fault library, so that nothing can be said of what it did."""


def build_library(folder: Path) -> Path:
    """Builds libfaults.so into a folder."""
    library = folder / "libfaults.so"
    subprocess.run([HERE / "build", library], check=True)
    return library


@dataclasses.dataclass(frozen=True)
class Fault:
    """What is to happen to a run: FAULTS_* of README.md."""

    mode: str = "count"
    at: int = 0
    when: str = "before"
    error: str = ""
    short: bool = False
    always: bool = False
    reads: bool = False
    log: Path | None = None

    def environment(self) -> dict[str, str]:
        """The variables that say so."""
        result = {"FAULTS_MODE": self.mode, "FAULTS_AT": str(self.at), "FAULTS_WHEN": self.when}
        if self.error:
            result["FAULTS_ERRNO"] = self.error
        if self.short:
            result["FAULTS_SHORT"] = "1"
        if self.always:
            result["FAULTS_REPEAT"] = "always"
        if self.reads:
            result["FAULTS_READS"] = "1"
        if self.log is not None:
            result["FAULTS_LOG"] = str(self.log)
        return result


@dataclasses.dataclass(frozen=True)
class State:
    """What the processes of a run left in FAULTS_STATE."""

    calls: int
    injected: int
    strays: int
    killed: bool
    processes: tuple[int, ...]
    struck: str
    stray: str

    @staticmethod
    def read(path: Path) -> "State":
        """Reads the file; `struct state` of faults.h says how it is laid out."""
        layout = f"=5Q2I{PROCESSES}i{DESCRIPTION}s{DESCRIPTION}s"
        data = path.read_bytes()
        fields = struct.unpack(layout, data.ljust(struct.calcsize(layout), b"\0")[: struct.calcsize(layout)])
        calls, injected, strays, _, _, killed, _ = fields[:7]
        texts = [text.split(b"\0")[0].decode(errors="replace") for text in fields[-2:]]
        processes = tuple(process for process in fields[7:-2] if process > 0)
        return State(calls, injected, strays, killed != 0, processes, *texts)


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    command: tuple[str, ...]
    code: int
    """The exit code; minus the number of the signal that ended it."""
    output: str
    errors: str
    seconds: float
    timed_out: bool
    left: tuple[int, ...]
    """Processes of its session that were still there, and were ended then."""
    state: State

    @property
    def report(self) -> dict:
        """What the command printed as JSON; empty when it is none."""
        try:
            value = json.loads(self.output)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}

    def __str__(self) -> str:
        text = self.errors.strip() or self.output.strip()
        # A crash says first what happened, and everything else says last.
        tail = text[:1500] if self.code < 0 else text[-600:]
        how = "did not end" if self.timed_out else f"exit {self.code}"
        return f"{' '.join(self.command)}: {how}: {tail}"


def session_members(session: int) -> list[int]:
    """The processes of a session, those apart that have ended already."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            fields = Path("/proc", entry, "stat").read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] not in "ZX":
            found.append(int(entry))
    return found


def wait_for_end(session: int, seconds: float) -> tuple[int, ...]:
    """Waits until nothing of a session is left; returns what is left, which is ended then."""
    limit = time.monotonic() + seconds
    while members := session_members(session):
        if time.monotonic() > limit:
            for process in members:
                os.kill(process, signal.SIGKILL)
            return tuple(members)
        time.sleep(0.005)
    return ()


def run(
    command: list[str],
    root: Path,
    scratch: Path,
    library: Path | None = None,
    fault: Fault | None = None,
    timeout: float = 60,
    environment: dict[str, str] | None = None,
    continued: bool = False,
) -> Outcome:
    """Runs a command in a session of its own, under the library if there is a fault, and waits until all of it ended.

    `root` is FAULTS_ROOT; `scratch` is a folder outside of it for the state file. When `continued`, the numbers of
    calls go on where the last run in `scratch` ended.
    """
    variables = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("FAULTS_", "LARDER_", "PIP_")) and not name.lower().endswith("_proxy")
    }
    variables.update(environment or {})
    state_path = scratch / "faults-state"
    if fault is not None:
        assert library is not None
        if not continued:
            state_path.unlink(missing_ok=True)
        variables |= fault.environment()
        variables |= {"LD_PRELOAD": str(library), "FAULTS_ROOT": str(root), "FAULTS_STATE": str(state_path)}
    start = time.monotonic()
    # Output goes into files: whoever inherits a pipe could keep it open after the command ended.
    with open(scratch / "output", "w+b") as output, open(scratch / "errors", "w+b") as errors:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, env=variables, cwd=scratch,
            start_new_session=True,
        )
        timed_out = False
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            timed_out = True
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        # After a kill the others of the run die at the same moment, but not within it.
        left = wait_for_end(process.pid, 5 if timed_out or process.returncode == -signal.SIGKILL else 0.5)
        output.seek(0)
        errors.seek(0)
        texts = [file.read().decode(errors="replace") for file in (output, errors)]
    if fault is not None and not state_path.exists():
        raise LibraryError(f"{command[0]} ran without the fault library; can {library} be loaded?")
    state = State.read(state_path) if fault is not None else State(0, 0, 0, False, (), "", "")
    seconds = time.monotonic() - start
    return Outcome(tuple(map(str, command)), process.returncode, *texts, seconds, timed_out, left, state)
