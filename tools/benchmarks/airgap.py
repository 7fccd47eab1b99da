"""Exports and imports of bundles, beside `tar` and `openssl dgst -sha256` on the same bytes.

A mirror of some 2 GB is exported, and the bundle is imported into an empty mirror; beside that, `tar cf` packs the same
objects and `openssl` hashes the archive, and `openssl` hashes it again before `tar xf` unpacks it. All of them read from a
cold page cache, in turns; the ratio is the median over the rounds. What they write is on the disk when the clock stops.

Then memory, with as many objects as manifest lines are wanted, each of a few bytes: what belongs to the program alone, as pages
of the index that are mapped count for nobody.
"""

import hashlib
import json
import os
import random
import shutil
import statistics

from .running import PACKAGE, Failure, folder, larder_program, report, run, say, tail
from .verify import forget, write_random

GOAL = 1.5
MEMORY = 100_000_000
PER_PROJECT = 100


def add_command(commands):
    parser = commands.add_parser("airgap", help="export and import beside tar and openssl dgst", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    parser.add_argument("--megabytes", type=int, default=2_000, metavar="N", help="what is carried in the comparison")
    parser.add_argument("--size", type=int, default=2_000_000, metavar="N", help="bytes of its objects, on average")
    parser.add_argument("--lines", type=int, default=1_000_000, metavar="N", help="manifest lines; 0 leaves that out")
    parser.add_argument("--larder", metavar="PROGRAM", help="what to measure (else the release is built)")
    parser.add_argument("--disk", default=os.path.join(PACKAGE, ".build"), metavar="DIR", help="where the mirrors go")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", metavar="FILE", help="writes all figures there")
    parser.add_argument("--strict", action="store_true", help="exits 1 when a goal is missed")
    parser.add_argument("--smoke", action="store_true", help="60 MB, one round, 2,000 lines")
    parser.set_defaults(run=measure)


def measure(arguments):
    if arguments.smoke:
        arguments.megabytes, arguments.rounds, arguments.lines = 60, 1, 2_000
    for program in ("openssl", "tar"):
        if shutil.which(program) is None:
            raise Failure(f"{program} is not installed; run: tools/packages install bench")
    figures = {}
    with folder(arguments.disk) as directory:
        gap = Gap(larder_program(arguments.larder), directory)
        count = max(1, arguments.megabytes * 1_000_000 // arguments.size)
        outside = gap.mirror("carried", count, arguments.size, arguments.seed)
        figures["compared"] = [gap.compare(outside, number) for number in range(arguments.rounds)]
        shutil.rmtree(outside)
        if arguments.lines:
            outside = gap.mirror("lines", arguments.lines, 40, arguments.seed)
            figures["lines"] = gap.carry(outside, arguments.lines)
    missed = show(figures)
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(figures, file, indent=1)
    return 1 if arguments.strict and missed else 0


class Gap:
    """Where mirrors and media are, and the program."""

    def __init__(self, larder, directory):
        self.program = larder
        self.directory = directory
        self.output = self.path("out")
        self.errors = self.path("err")

    def path(self, name):
        return os.path.join(self.directory, name)

    def mirror(self, name, count, size, seed):
        """Syncs a mirror of `count` files of about `size` bytes from a folder, and removes the folder."""
        say(f"making a mirror of {count:,} files of about {size:,} bytes")
        index = self.path(f"{name}-index")
        chance = random.Random(f"{seed} {name}")
        names = []
        for first in range(0, count, PER_PROJECT):
            project = f"{name}-{first // PER_PROJECT:06}"
            names.append({"name": project, "_last-serial": first + 1})
            write_project(os.path.join(index, "simple", project), project, range(first, min(count, first + PER_PROJECT)),
                          size, chance)
        put(os.path.join(index, "simple", "index.v1_json"),
            {"meta": {"api-version": "1.0", "_last-serial": count + 1}, "projects": names})
        root = self.path(f"{name}-mirror")
        self.larder("init", root, "--upstream", f"file://{index}/simple/", "--all")
        self.larder("sync", "--root", root)
        shutil.rmtree(index)
        return root

    def larder(self, *arguments):
        """Runs a command to its end. Returns its usage and report."""
        words = [] if arguments[0] == "init" else ["--json", "--progress", "none"]
        usage = run([self.program, *arguments, *words], self.output, self.errors, sampled=True)
        if usage.code != 0:
            raise Failure(f"larder {arguments[0]} exits {usage.code}: {tail(self.errors)}")
        return usage, report(self.output, f"larder {arguments[0]}") if words else None

    def other(self, *command):
        usage = run(list(command), self.output, self.errors)
        if usage.code != 0:
            raise Failure(f"{command[0]} exits {usage.code}: {tail(self.errors)}")
        return usage

    def compare(self, outside, number):
        """One round of both, one after the other."""
        order = [self.with_larder, self.with_tar] if number % 2 == 0 else [self.with_tar, self.with_larder]
        entry = {}
        for each in order:
            entry |= each(outside)
        for name in ("export", "import"):
            entry[f"{name} ratio"] = entry[name]["wall"] / entry[f"tar {name}"]["wall"]
        return entry

    def with_larder(self, outside):
        bundle, inside = self.path("bundle"), self.path("inside")
        forget(files(os.path.join(outside, "objects")))
        exported, told = self.larder("export", bundle, "--root", outside)
        exported += self.flush(bundle)
        self.larder("init", inside, "--upstream", "http://127.0.0.1:9/simple/", "--all")
        forget(files(bundle))
        imported, brought = self.larder("import", bundle, "--root", inside, "--allow-unsigned")
        imported += self.flush(inside)
        if brought["treeDigest"] != told["treeDigest"] or brought["bytes"] != told["bytes"]:
            raise Failure("what was imported is not what was exported")
        for path in (bundle, inside):
            shutil.rmtree(path)
        return {"export": vars(exported), "import": vars(imported), "bytes": told["bytes"], "objects": told["objects"]}

    def with_tar(self, outside):
        archive, unpacked = self.path("objects.tar"), self.path("unpacked")
        os.mkdir(unpacked)
        forget(files(os.path.join(outside, "objects")))
        packed = self.other("tar", "-C", outside, "-cf", archive, "objects")
        packed += self.other("openssl", "dgst", "-sha256", archive) + self.flush(archive)
        forget([archive])
        taken = self.other("openssl", "dgst", "-sha256", archive)
        taken += self.other("tar", "-C", unpacked, "-xf", archive) + self.flush(unpacked)
        os.unlink(archive)
        shutil.rmtree(unpacked)
        return {"tar export": vars(packed), "tar import": vars(taken)}

    def flush(self, path):
        """Has the disk take what was written; nothing is left to do where that was done."""
        return self.other("sync", "-f", path)

    def carry(self, outside, lines):
        """Carries very many objects. Returns memory, and the room that an import takes."""
        bundle, inside = self.path("bundle"), self.path("inside")
        say(f"exporting {lines:,} objects")
        exported, told = self.larder("export", bundle, "--root", outside)
        with open(os.path.join(bundle, "bundle.json"), encoding="utf-8") as file:
            members = sum(volume["members"] for volume in json.load(file)["volumes"])
        shutil.rmtree(outside)
        self.larder("init", inside, "--upstream", "http://127.0.0.1:9/simple/", "--all")
        say(f"importing {members:,} members")
        imported, brought = self.larder("import", bundle, "--root", inside, "--allow-unsigned")
        if brought["objects"] != told["objects"]:
            raise Failure("what was imported is not what was exported")
        return {"members": members, "export": vars(exported), "import": vars(imported)}


def write_project(page, project, numbers, size, chance):
    """Writes a project's files and its page."""
    os.makedirs(page)
    listed = []
    for number in numbers:
        filename = f"{project.replace('-', '_')}-1.{number}.tar.gz"
        total = size // 2 + chance.randrange(size)
        digest = write_random(os.path.join(page, filename), total, chance)
        listed.append({"filename": filename, "url": filename, "size": total, "hashes": {"sha256": digest}})
    put(os.path.join(page, "index.v1_json"), {"meta": {"api-version": "1.0"}, "name": project, "files": listed})


def put(path, value):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file)


def files(root):
    return [os.path.join(parent, name) for parent, _, names in os.walk(root) for name in names]


def show(figures):
    """Prints the medians. Returns whether a goal is missed."""
    missed = False
    rounds = figures["compared"]
    print(f"{rounds[0]['objects']:,} objects, {rounds[0]['bytes'] / 1e6:,.0f} MB, {len(rounds)} rounds")
    for name, words in (("export", "tar cf, openssl dgst"), ("import", "openssl dgst, tar xf")):
        for label, key in ((f"larder {name}", name), (words, f"tar {name}")):
            wall = statistics.median(entry[key]["wall"] for entry in rounds)
            cpu = statistics.median(entry[key]["cpu"] for entry in rounds)
            print(f"  {label:24} {wall:7.2f} s   {rounds[0]['bytes'] / wall / 1e6:6.0f} MB/s   {cpu:6.2f} s of processors")
        ratios = sorted(entry[f"{name} ratio"] for entry in rounds)
        ratio = statistics.median(ratios)
        met = ratio <= GOAL
        missed |= not met
        print(f"  ratio of {name} {ratio:.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}), goal <= {GOAL}{'' if met else ', MISSED'}")
    peaks = [(f"{name}, comparison", max(entry[name]["memory"] for entry in rounds)) for name in ("export", "import")]
    if "lines" in figures:
        lines = figures["lines"]
        print(f"{lines['members']:,} manifest lines")
        for name in ("export", "import"):
            print(f"  larder {name:17} {lines[name]['wall']:7.2f} s")
            peaks.append((f"{name}, {lines['members']:,} lines", lines[name]["memory"]))
    for name, memory in peaks:
        met = memory < MEMORY
        missed |= not met
        print(f"  memory of {name:30} {memory / 1e6:5.0f} MB, goal < {MEMORY / 1e6:.0f} MB{'' if met else ', MISSED'}")
    return missed
