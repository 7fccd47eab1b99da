"""What it takes to keep a tree of many projects under a name, to compare it, and to take readers to it and back.

A mirror of projects with one small file each, of which some get another release. Beside it, `cp -a` of the live slot: what
making the links alone costs. The goals are a snapshot in 5 seconds and a rollback in one, at 100,000 projects.
"""

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import time

from .running import Failure, larder_program, say

GOALS = {"snapshot create": 5.0, "rollback": 1.0, "rollback to the snapshot": 1.0}


def add_command(commands):
    parser = commands.add_parser("tree", help="snapshots and rollback of many projects", description=__doc__)
    parser.add_argument("--larder", metavar="PROGRAM", help="what to measure (else the release is built)")
    parser.add_argument("--projects", type=int, default=100_000, metavar="N")
    parser.add_argument("--changed", type=int, default=1_000, metavar="N", help="of these, how many get a release")
    parser.add_argument("--directory", metavar="DIR", help="where to work (else a temporary folder)")
    parser.add_argument("--json", metavar="FILE", help="writes all figures there")
    parser.add_argument("--strict", action="store_true", help="exits 1 when a goal is missed")
    parser.add_argument("--smoke", action="store_true", help="500 projects, of which 10 change")
    parser.set_defaults(run=measure)


def measure(arguments):
    projects, changed = (500, 10) if arguments.smoke else (arguments.projects, arguments.changed)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="larder-bench-", dir=arguments.directory))
        figures = Tree(larder_program(arguments.larder), folder).measure(projects, changed)
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(figures, file, indent=1)
    missed = [name for name, goal in GOALS.items() if figures[name] > goal]
    for name, goal in GOALS.items():
        print(f"goal: {name} in {goal:g} s: {'MISSED' if name in missed else 'met'}")
    return 1 if arguments.strict and missed else 0


class Tree:
    """A mirror, and the upstream on disk that it follows."""

    def __init__(self, program, folder):
        self.program = program
        self.upstream = os.path.join(folder, "upstream")
        self.mirror = os.path.join(folder, "mirror")

    def measure(self, projects, changed):
        say(f"making an index of {projects:,} projects, and a mirror of it")
        self.write(projects, changed, False)
        self.larder("init", self.mirror, "--upstream", f"file://{self.upstream}/simple/", "--all", root=False)
        first = self.timed("first sync", "sync")
        figures = {"projects": projects, "changed": changed, "first sync": first}
        slot = os.path.realpath(os.path.join(self.mirror, "web"))
        copy = os.path.join(os.path.dirname(self.upstream), "copy")
        start = time.monotonic()
        subprocess.run(["cp", "-a", slot, copy], check=True)
        figures["cp -a"] = time.monotonic() - start
        shutil.rmtree(copy)
        figures["snapshot create"] = self.timed("", "snapshot", "create", "first")
        self.write(projects, changed, True)
        figures["sync of the change"] = self.timed("", "sync")
        figures["snapshot diff"] = self.timed("", "snapshot", "diff", "first")
        figures["rollback"] = self.timed("", "rollback", "1")
        figures["publish again"] = self.timed("", "publish")
        figures["rollback to the snapshot"] = self.timed("", "rollback", "first")
        figures["snapshot delete"] = self.timed("", "snapshot", "delete", "first")
        for name, value in figures.items():
            if isinstance(value, int):
                print(f"{name:28} {value:10,}")
            else:
                print(f"{name:28} {value:10.2f} s {value / figures['cp -a']:8.2f} x cp -a")
        return figures

    def write(self, projects, changed, again):
        listed = []
        for number in range(projects):
            name = f"bench-{number:06}"
            is_new = again and number < changed
            serial = projects + number + 1 if is_new else number + 1
            listed.append({"name": name, "_last-serial": serial})
            if again and not is_new:
                continue
            files = [self.file(name, version) for version in (("1.0", "1.1") if is_new else ("1.0",))]
            page = {"meta": {"api-version": "1.1", "_last-serial": serial}, "name": name, "files": files,
                    "versions": sorted({file["filename"].split("-")[-1].removesuffix(".tar.gz") for file in files})}
            put(os.path.join(self.upstream, "simple", name, "index.v1_json"), json.dumps(page).encode())
        root = {"meta": {"api-version": "1.1", "_last-serial": 2 * projects}, "projects": listed}
        put(os.path.join(self.upstream, "simple", "index.v1_json"), json.dumps(root).encode())

    def file(self, name, version):
        filename = f"{name.replace('-', '_')}-{version}.tar.gz"
        data = filename.encode() * 8
        digest = hashlib.sha256(data).hexdigest()
        put(os.path.join(self.upstream, "files", name, filename), data)
        return {"filename": filename, "url": f"../../files/{name}/{filename}", "size": len(data),
                "hashes": {"sha256": digest}}

    def timed(self, name, *arguments):
        if name:
            say(name)
        start = time.monotonic()
        self.larder(*arguments)
        return time.monotonic() - start

    def larder(self, *arguments, root=True):
        command = [self.program, *arguments, *(["--root", self.mirror] if root else []), "--quiet"]
        ended = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False)
        if ended.returncode:
            raise Failure(f"{' '.join(arguments)} ended with {ended.returncode}")


def put(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)
