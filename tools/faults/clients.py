#!/usr/bin/env python3
"""Clients that walk a live tree as installers do, and see whether all that it says is so.

    clients.py ROOT URL COUNT SEED

URL is where a web server serves the mirror in ROOT; `-` reads `ROOT/web` without one. COUNT clients walk at once until
standard input ends, so that they never outlive whoever started them; then one JSON object says what they saw: `counts`
and `violations`.
"""

from __future__ import annotations

import collections
import gzip
import hashlib
import http.client
import json
import os
import random
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pages

HTML, JSON = "application/vnd.pypi.simple.v1+html", "application/vnd.pypi.simple.v1+json"
ATTEMPTS = 20
"""How often two forms of a page are read until nothing is published in between."""
KEPT = 50
TIMEOUT = 60


class Unavailable(Exception):
    """What should be there is not."""


class Folder:
    """The tree as a web server without caches would read it."""

    def __init__(self, root: Path) -> None:
        self.web = root / "web"

    def get(self, path: str, accept: str | None, _: bool) -> bytes:
        """The bytes under a path of a URL."""
        name = path.lstrip("/")
        if accept is not None:
            name += "index.html" if accept == HTML else "index.v1_json"
        try:
            return (self.web / name).read_bytes()
        except OSError as error:
            raise Unavailable(f"{path}: {error.strerror}") from None

    def close(self) -> None:
        """Nothing is open."""


class Server:
    """The tree as a web server serves it, through one connection that stays."""

    def __init__(self, url: str) -> None:
        self.host = urlsplit(url).netloc
        self.connection = http.client.HTTPConnection(self.host, timeout=TIMEOUT)

    def get(self, path: str, accept: str | None, packed: bool) -> bytes:
        """The bytes under a path of a URL."""
        headers = {"Accept": accept} if accept is not None else {}
        headers["Accept-Encoding"] = "gzip" if packed else "identity"
        for is_last in (False, True):
            try:
                self.connection.request("GET", path, headers=headers)
                answer = self.connection.getresponse()
                data = answer.read()
                break
            except (OSError, http.client.HTTPException) as error:
                # A server may close a connection that was idle, or has served its share.
                self.connection.close()
                self.connection = http.client.HTTPConnection(self.host, timeout=TIMEOUT)
                if is_last:
                    raise Unavailable(f"{path}: {error!r}") from None
        if answer.status != 200:
            raise Unavailable(f"{path}: status {answer.status}")
        kind = answer.headers.get("Content-Type", "")
        if accept is not None and not kind.startswith(accept):
            raise Unavailable(f"{path}: {accept} was asked for, and {kind} came")
        return gzip.decompress(data) if answer.headers.get("Content-Encoding") == "gzip" else data

    def close(self) -> None:
        """Closes the connection."""
        self.connection.close()


class Client:
    """One reader."""

    def __init__(self, root: Path, url: str, seed: str, stop: threading.Event) -> None:
        self.web, self.snapshots = root / "web", root / "snapshots"
        self.rollback_path = root.parent / "rollbacks"
        self.source = Folder(root) if url == "-" else Server(url)
        self.chance = random.Random(seed)
        self.stop = stop
        self.counts: collections.Counter[str] = collections.Counter()
        self.violations: list[str] = []

    def run(self) -> None:
        """Walks until it is told to stop."""
        try:
            while not self.stop.is_set():
                self.walk()
                self.counts["walks"] += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, the client must not end unseen
            self.note(f"the client failed: {error!r}")
        finally:
            self.source.close()

    def note(self, what: str) -> None:
        """Adds a violation."""
        self.counts["violations"] += 1
        if len(self.violations) < KEPT:
            self.violations.append(what)

    def generation(self, tree: Path) -> tuple[int, int, int]:
        """What a tree shows now: its number, and which writing of it, since a rollback shows a number again."""
        with open(tree / "generation.json", "rb") as file:
            status = os.fstat(file.fileno())
            return json.loads(file.read())["generation"], status.st_ino, status.st_ctime_ns

    def rollbacks(self) -> int:
        """How many rollbacks began and ended: odd while one is under way."""
        return self.rollback_path.stat().st_size if self.rollback_path.exists() else 0

    def choose(self) -> tuple[Path, str]:
        """The live tree, or now and then a snapshot, and where it is served."""
        names = os.listdir(self.snapshots) if self.snapshots.is_dir() else []
        names = [name for name in names if not name.startswith(".")]
        if not names or self.chance.random() < 0.7:
            return self.web, ""
        name = self.chance.choice(sorted(names))
        self.counts["walks in snapshots"] += 1
        return self.snapshots / name, f"/snapshots/{name}"

    def walk(self) -> None:
        """From the root list to every file."""
        tree, base = self.choose()
        rollbacks = self.rollbacks()
        both = self.both(tree, f"{base}/simple/", pages.html_root, pages.json_root, lambda names: names, rollbacks)
        if both is None:
            return
        self.counts["root lists"] += 1
        names = list(both[1])
        self.chance.shuffle(names)
        for name in names:
            if self.stop.is_set():
                return
            path = f"{base}/simple/{name}/"
            page = self.both(
                tree, path, pages.html_page, pages.json_page, lambda page: [each.common for each in page.files],
                rollbacks,
            )
            if page is None:
                continue
            self.counts["pages"] += 2
            if page[1].name != name:
                self.note(f"I4: {path}: it is the page of {page[1].name}")
            # Either form may be what an installer reads.
            for file in page[self.chance.randrange(2)].files:
                self.file(path, file)

    def both(
        self, tree: Path, path: str, html: Callable, data: Callable, content: Callable, rollbacks: int
    ) -> tuple | None:
        """Both forms of a page, read while one generation was live; they must say the same.

        When publications are faster than readers, what was read last is not compared.
        """
        found = None
        for _ in range(ATTEMPTS):
            try:
                before = self.generation(tree)
                forms = [(HTML, html), (JSON, data)]
                self.chance.shuffle(forms)
                read = {}
                for kind, parse in forms:
                    read[kind] = parse(self.source.get(path, kind, self.chance.random() < 0.5))
                after = self.generation(tree)
            except Unavailable as error:
                # A rollback takes readers to a time before the project was there; what goes forward never does.
                if self.rollbacks() != rollbacks or rollbacks % 2 != 0:
                    self.counts["pages of projects that a rollback took away"] += 1
                else:
                    self.note(f"I3: {error}")
                return None
            except (pages.PageDamage, OSError, EOFError, ValueError) as error:
                self.note(f"I4: {path}: {error!r}")
                return None
            found = read[HTML], read[JSON]
            if before == after:
                self.counts["pages compared in both forms"] += 1
                if content(found[0]) != content(found[1]):
                    self.note(f"I4: {path}: HTML and JSON differ in generation {before[0]}: {found}")
                return found
            self.counts["pages read again, since another generation went live"] += 1
            if self.stop.is_set():
                break
        return found

    def file(self, page: str, file: pages.Listed) -> None:
        """A file and its sidecar."""
        path = urljoin(page, file.url)
        for target, digest in ((path, file.sha256), (f"{path}.metadata", file.sidecar)):
            if digest is None:
                continue
            try:
                data = self.source.get(target, None, False)
            except Unavailable as error:
                self.note(f"I3: {page} lists it: {error}")
                continue
            self.counts["files" if target == path else "sidecars"] += 1
            self.counts["bytes"] += len(data)
            found = hashlib.sha256(data).hexdigest()
            if found != digest:
                self.note(f"I4: {page} says that {target} has {digest}; its bytes have {found}")
            elif target == path and file.size not in (None, len(data)):
                self.note(f"I4: {page} says that {target} has {file.size} bytes; it has {len(data)}")


def main(arguments: list[str]) -> int:
    """Lets clients walk until standard input ends."""
    root, url, count, seed = Path(arguments[0]), arguments[1], int(arguments[2]), arguments[3]
    stop = threading.Event()
    clients = [Client(root, url, f"{seed} {number}", stop) for number in range(count)]
    threads = [threading.Thread(target=client.run, daemon=True) for client in clients]
    for thread in threads:
        thread.start()
    while os.read(0, 4096):
        pass
    stop.set()
    for thread in threads:
        thread.join(TIMEOUT)
    counts: collections.Counter[str] = collections.Counter()
    violations: list[str] = []
    for client in clients:
        counts += client.counts
        violations += client.violations
    if any(thread.is_alive() for thread in threads):
        violations.append("a client did not end")
    print(json.dumps({"counts": counts, "violations": violations[:KEPT]}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
