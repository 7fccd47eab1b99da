"""Readers: clients walk the live tree while it is published again and again, and never see anything broken."""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import http.client
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import check
import upstream
from scenarios import Bench, ScenarioError
from tally import Options, Tally

PART = "readers"
HERE = Path(__file__).resolve().parent
CLIENTS, PUBLISHES, PROCESSES = 64, 1000, 16
SAMPLE_CLIENTS, SAMPLE_PUBLISHES, SAMPLE_PROCESSES = 8, 8, 2
PROJECTS = 12
GC_EVERY = 25
"""Publications between two runs of `gc`, which keeps everything for its grace time."""
BACK_EVERY, SNAPSHOT_EVERY, SNAPSHOTS = 4, 3, 4
"""Publications between two rollbacks, and between two new snapshots, of which there are so many at most."""


class World:
    """An upstream that changes by chance, the same way for the same seed."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.chance = random.Random(f"{seed} world")
        self.serial = 100
        self.made = 0
        self.projects: dict[str, list[upstream.File]] = {}
        self.gone: dict[str, list[upstream.File]] = {}
        """Files that were removed, to come back."""
        self.serials: dict[str, int] = {}
        for _ in range(PROJECTS):
            self.add_project()
        self.write_list()

    def change(self) -> list[str]:
        """Changes something, and says what."""
        done = []
        for _ in range(self.chance.randint(1, 4)):
            kinds = ("add", "add", "yank", "yank", "require", "remove", "back", "drop", "new")
            done.append(self.change_once(self.chance.choice(kinds)))
        self.write_list()
        return done

    def change_once(self, kind: str) -> str:
        """One change; another one where this one is not possible."""
        name = self.chance.choice(sorted(self.projects))
        files = self.projects[name]
        if kind == "remove" and len(files) > 1:
            file = files.pop(self.chance.randrange(len(files)))
            self.gone.setdefault(name, []).append(file)
        elif kind == "back" and self.gone.get(name):
            files.append(self.gone[name].pop())
        elif kind == "yank":
            place = self.chance.randrange(len(files))
            yanked = None if files[place].yanked is not None else self.chance.choice(("", "broken", "<wrong> & old"))
            files[place] = dataclasses.replace(files[place], yanked=yanked)
        elif kind == "require":
            place = self.chance.randrange(len(files))
            python = self.chance.choice((None, ">=3.8", ">=3.9,<4"))
            files[place] = dataclasses.replace(files[place], requires_python=python)
        elif kind == "drop" and len(self.projects) > PROJECTS // 2:
            self.gone.setdefault(name, []).extend(files)
            del self.projects[name]
            self.remove(name)
            return "projects removed"
        elif kind == "new" and len(self.projects) < 2 * PROJECTS:
            self.add_project()
            return "projects added"
        else:
            kind = "add"
            files.append(self.new_file(name))
            # So that readers come round: what is oldest goes when there is much.
            if len(files) > 8:
                self.gone.setdefault(name, []).append(files.pop(0))
        self.write(name)
        return {"remove": "files removed", "back": "files that came back", "yank": "files yanked or not any more",
                "require": "files changed", "add": "files added"}[kind]

    def add_project(self) -> None:
        """A project that is new, or comes back with what it had."""
        absent = sorted(set(self.gone) - set(self.projects))
        if absent and self.chance.random() < 0.5:
            name = self.chance.choice(absent)
            self.projects[name] = self.gone.pop(name)
        else:
            self.made += 1
            name = f"readers-{self.made}"
            self.projects[name] = [self.new_file(name) for _ in range(self.chance.randint(1, 4))]
        self.write(name)

    def new_file(self, name: str) -> upstream.File:
        """A file that there was never before."""
        self.made += 1
        version = f"1.{self.made}"
        if self.chance.random() < 0.3:
            return upstream.sdist(name, version, padding=self.chance.randint(10, 30_000))
        return upstream.wheel(name, version, sidecar=self.chance.random() < 0.8)

    def write(self, name: str) -> None:
        """Writes a project's page and files; files that are no more are removed."""
        self.serial += 1
        self.serials[name] = self.serial
        for file in self.projects[name]:
            for path, data in ((file.path, file.data), (f"{file.path}.metadata", file.metadata)):
                if data is not None and not (self.folder / path).exists():
                    self.put(path, data, upstream.START)
        for file in self.gone.get(name, []):
            for path in (file.path, f"{file.path}.metadata"):
                (self.folder / path).unlink(missing_ok=True)
        page = upstream.json_page(name, self.projects[name], self.serial)
        self.put(f"simple/{name}/index.v1_json", page, upstream.START + self.serial)

    def remove(self, name: str) -> None:
        """Removes a project's page and files."""
        self.serial += 1
        shutil.rmtree(self.folder / "simple" / name)
        for file in self.gone[name]:
            for path in (file.path, f"{file.path}.metadata"):
                (self.folder / path).unlink(missing_ok=True)

    def write_list(self) -> None:
        """Writes the root list."""
        listed = [{"name": name, "_last-serial": self.serials[name]} for name in sorted(self.projects)]
        root = {"meta": {"api-version": "1.1", "_last-serial": self.serial}, "projects": listed}
        self.put("simple/index.v1_json", json.dumps(root).encode(), upstream.START + self.serial)

    def put(self, path: str, data: bytes, modified: int) -> None:
        """Writes a file with a time."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        os.utime(target, (modified, modified))


def run(options: Options, tally: Tally) -> None:
    """Publishes while clients walk."""
    if options.scenario is not None:
        return
    clients, publishes, processes = CLIENTS, PUBLISHES, PROCESSES
    if options.sample:
        clients, publishes, processes = SAMPLE_CLIENTS, options.size or SAMPLE_PUBLISHES, SAMPLE_PROCESSES
    world = World(options.scratch / "upstream", options.seed)
    bench = Bench(options, options.scratch / "readers", world.folder)
    bench.folder.mkdir(parents=True)
    bench.expect("init")
    bench.expect("sync")
    again = f"tools/crash-test --only {PART} --seed {options.seed}{' --sample' * options.sample}{options.flags}"
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(served(bench))
        if url == "-":
            tally.skip("readers through nginx, which is not there: they read the tree as it lies on disk")
        group = stack.enter_context(walking(bench.root, url, clients, processes, options))
        start = time.monotonic()
        publish(bench, world, publishes, group, tally, again)
        tally.count(f"{PART}: seconds of publishing", round(time.monotonic() - start))
        report(group.end(), url, clients, tally, again)
    outcome = bench.larder("verify")
    if outcome.code != 0:
        tally.fail(PART, f"in the end: {outcome} {outcome.output[:600]}", again)
    for each in check.check(bench.root)[:5]:
        tally.fail(PART, f"in the end: {each}", again)


def publish(bench: Bench, world: World, publishes: int, group: Clients, tally: Tally, again: str) -> None:
    """Changes the upstream and syncs, until there were so many generations."""
    first = generation = live(bench)
    attempts = 0
    while generation - first < publishes:
        attempts += 1
        if attempts > 2 * publishes + 10:
            tally.fail(PART, f"{attempts} changes made only {generation - first} generations", again)
            return
        group.check()
        for what in world.change():
            tally.count(f"{PART}: changes: {what}")
        outcome = bench.larder("sync")
        if outcome.code != 0 or outcome.timed_out or outcome.report.get("failures"):
            tally.fail(PART, f"after {generation - first} publications: {outcome}", again)
            return
        before, generation = generation, live(bench)
        tally.count("publications under readers", generation - before)
        if not (keep(bench, attempts, tally, again) and go_back(bench, world, attempts, tally, again)):
            return
        # What readers were held back from is published after a rollback.
        before, generation = generation, live(bench)
        tally.count("publications under readers", generation - before)
        if attempts % GC_EVERY == 0:
            outcome = bench.larder("gc")
            tally.count(f"{PART}: runs of gc")
            if outcome.code != 0:
                tally.fail(PART, str(outcome), again)
                return


def keep(bench: Bench, attempts: int, tally: Tally, again: str) -> bool:
    """Keeps a snapshot now and then; clients walk in snapshots too."""
    number = attempts // SNAPSHOT_EVERY
    if attempts % SNAPSHOT_EVERY != 0 or number > SNAPSHOTS:
        return True
    tally.count(f"{PART}: snapshots made")
    return succeeds(bench, tally, again, "snapshot", "create", f"kept-{number}")


def go_back(bench: Bench, world: World, attempts: int, tally: Tally, again: str) -> bool:
    """Shows readers an older generation or a snapshot now and then, lets a sync pass, and goes on."""
    if attempts % BACK_EVERY != 0:
        return True
    kept = [str(each["generation"]) for each in bench.larder("rollback", "--list").report["kept"]]
    folder = bench.root / "snapshots"
    kept += [name for name in sorted(os.listdir(folder)) if not name.startswith(".")] if folder.is_dir() else []
    if not kept:
        return True
    tally.count(f"{PART}: rollbacks")
    target = world.chance.choice(kept)
    with open(bench.root.parent / "rollbacks", "ab", buffering=0) as file:
        file.write(b"(")
        is_back = succeeds(bench, tally, again, "rollback", target)
        file.write(b")")
    if not is_back:
        return False
    world.change()
    return succeeds(bench, tally, again, "sync") and succeeds(bench, tally, again, "publish")


def succeeds(bench: Bench, tally: Tally, again: str, *command: str) -> bool:
    """Whether a command did all that it had to; a failure is noted."""
    outcome = bench.larder(*command)
    if outcome.code != 0 or outcome.timed_out or outcome.report.get("failures"):
        tally.fail(PART, f"{' '.join(command)}: {outcome} {outcome.output[:300]}", again)
        return False
    return True


def live(bench: Bench) -> int:
    """The number of the live generation."""
    return json.loads((bench.root / "web" / "generation.json").read_bytes())["generation"]


def report(results: list[dict], url: str, clients: int, tally: Tally, again: str) -> None:
    """Adds what clients saw to the tally."""
    tally.count(f"{PART}: clients " + ("on the tree as it lies on disk" if url == "-" else "through nginx"), clients)
    names = {"violations": "violations that readers saw", "files": "files read and hashed",
             "sidecars": "sidecars read and hashed"}
    tally.count(f"{PART}: violations that readers saw", 0)
    for result in results:
        for name, count in result["counts"].items():
            tally.count(f"{PART}: {names.get(name, name)}", count)
    seen = [each for result in results for each in result["violations"]]
    for each in seen[:20]:
        tally.fail(PART, each, again)
    for name in ("files", "pages compared in both forms"):
        if not any(result["counts"].get(name) for result in results):
            tally.fail(PART, f"the clients counted no {name}", again)


# --- what is started, and ended whatever happens


def end_with_parent() -> None:
    """Has the process ended when the one that started it is killed (PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class Clients:
    """Processes of clients."""

    def __init__(self, processes: list[subprocess.Popen]) -> None:
        self.processes = processes

    def check(self) -> None:
        """Whether all of them still walk."""
        for process in self.processes:
            if process.poll() is not None:
                raise ScenarioError(f"clients ended with {process.returncode}")

    def end(self) -> list[dict]:
        """Ends them, and returns what they saw."""
        for process in self.processes:
            assert process.stdin is not None
            process.stdin.close()
        results = []
        for process in self.processes:
            assert process.stdout is not None
            results.append(json.loads(process.stdout.read()))
            process.wait(60)
        return results


@contextlib.contextmanager
def walking(root: Path, url: str, clients: int, processes: int, options: Options) -> Iterator[Clients]:
    """Clients that walk, spread over processes, since Python's threads take turns."""
    started: list[subprocess.Popen] = []
    try:
        for number in range(processes):
            share = clients // processes + (number < clients % processes)
            command = [sys.executable, "-B", str(HERE / "clients.py"), str(root), url, str(share)]
            command.append(f"{options.seed}-{number}")
            # No more urgent than what they watch.
            started.append(subprocess.Popen(["nice", "-n", "5", *command], stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, start_new_session=True))
        yield Clients(started)
    finally:
        for process in started:
            if process.poll() is None:
                process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()


@contextlib.contextmanager
def served(bench: Bench) -> Iterator[str]:
    """The address of nginx, configured as `larder layout nginx` says; `-` where there is no nginx."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        yield "-"
        return
    folder = bench.folder / "nginx"
    folder.mkdir()
    port = free_port()
    layout = subprocess.run(
        [bench.options.binary, "layout", "nginx", "--root", bench.root, "--listen", f"127.0.0.1:{port}"],
        capture_output=True, text=True, check=True,
    ).stdout
    (folder / "larder.conf").write_text(layout)
    (folder / "nginx.conf").write_text(main_configuration(folder))
    with open(folder / "output", "wb") as output:
        process = subprocess.Popen(
            [program, "-e", folder / "errors", "-p", folder, "-c", folder / "nginx.conf"], stdin=subprocess.DEVNULL,
            stdout=output, stderr=output, start_new_session=True, preexec_fn=end_with_parent,
        )
    try:
        wait_until_served(process, port, folder)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def main_configuration(folder: Path) -> str:
    """What surrounds the layout: everything within one folder, and this user's rights."""
    user = "user root root;" if os.geteuid() == 0 else ""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "\n".join(f"    {kind}_temp_path {folder}/{kind};" for kind in kinds)
    return f"""daemon off;
{user}
worker_processes 2;
pid {folder}/pid;
error_log {folder}/errors warn;
events {{ worker_connections 512; }}
http {{
    access_log off;
{temporary}
    include {folder}/larder.conf;
}}
"""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def wait_until_served(process: subprocess.Popen, port: int, folder: Path) -> None:
    """Waits until the server answers."""
    limit = time.monotonic() + 20
    while time.monotonic() < limit and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/simple/")
            if connection.getresponse().status == 200:
                return
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        time.sleep(0.05)
    text = "".join(path.read_text() for path in (folder / "output", folder / "errors") if path.exists())
    raise ScenarioError(f"nginx does not serve the mirror: {text[-600:]}")
