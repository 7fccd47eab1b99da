"""The work that is disturbed: what a mirror looks like before, the commands, and how a user goes on after a crash."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import running
import upstream
from tally import Options, Tally

TIMEOUT = 120


class ScenarioError(Exception):
    """The undisturbed work failed, so that nothing can be said of the disturbed one."""


UPSTREAM = "{upstream}"
"""Stands in commands for the folder of the upstream, where media lie too."""


class Bench:
    """A mirror and its upstream, in a folder of their own."""

    def __init__(self, options: Options, folder: Path, upstream_folder: Path) -> None:
        self.options = options
        self.folder = folder
        self.root = folder / "mirror"
        self.upstream = upstream_folder

    def larder(
        self,
        *arguments: str,
        fault: running.Fault | None = None,
        continued: bool = False,
        wrapper: tuple[str, ...] = (),
    ) -> running.Outcome:
        """Runs a command of larder on the mirror, under a wrapper if there is one.

        Of `init`, the root and the upstream are added.
        """
        arguments = tuple(argument.replace(UPSTREAM, str(self.upstream)) for argument in arguments)
        command = [*wrapper, str(self.options.binary)]
        if arguments[0] == "init":
            command += ["init", str(self.root), "--upstream", upstream.url(self.upstream), "--all", *arguments[1:]]
        else:
            command += [*arguments, "--root", str(self.root)]
        command += ["--json", "--progress", "none"]
        return running.run(
            command, self.root, self.folder, self.options.library, fault, TIMEOUT, continued=continued
        )

    def expect(self, *arguments: str) -> running.Outcome:
        """Runs a command that must succeed."""
        outcome = self.larder(*arguments)
        if outcome.code != 0:
            raise ScenarioError(f"without a fault: {outcome}")
        return outcome

    def configure(self, text: str) -> None:
        """Gives the mirror a configuration; without an upstream in it, the one that it was made with."""
        if "[[upstream]]" not in text:
            text = f'[upstream]\nurl = "{upstream.url(self.upstream)}"\n{text}'
        (self.root / "larder.toml").write_text(text)

    def copy(self, folder: Path) -> Bench:
        """Another mirror in the same state, with the same upstream."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        if self.root.exists():
            subprocess.run(["cp", "-a", "--reflink=auto", self.root, folder / "mirror"], check=True)
        return Bench(self.options, folder, self.upstream)

    def remove(self) -> None:
        """Removes the mirror; the upstream stays."""
        shutil.rmtree(self.folder, ignore_errors=True)


Command = tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Scenario:
    """Commands to disturb."""

    name: str
    prepare: Callable[[Bench], None]
    commands: tuple[Command, ...]
    """What is disturbed; the second one only runs when the first one ended well."""
    recovery: tuple[Command, ...] = (("sync",),)
    """What a user runs afterwards, until all is well."""
    needs: tuple[Command, ...] = ()
    """Words that the help of commands has to know: the command, and a flag of it."""
    remains: frozenset[str] = frozenset()
    """Classes of findings that `verify` has even when all was done, beside its harmless ones."""
    keeps_files: bool = False
    """Whether an object that had a file before, damaged or not, has one at every moment of it."""
    keeps_index: bool = True
    """Whether the index is there at every moment of it."""
    renewal: str = "sync"
    """The command that brings such a mirror up to date once its index was made anew."""
    done: frozenset[int] = frozenset({0})
    """Exit codes of commands that did all that they were to do."""
    failures: frozenset[int] = frozenset({3, 74, 75})
    """Exit codes of commands that met an error of the disk: done in part, the disk failed, a lock was not had."""


def prepare_nothing(bench: Bench) -> None:
    """An upstream, and no mirror."""
    upstream.write(bench.upstream, 1)


def prepare_mirror(bench: Bench) -> None:
    """A mirror that was made and never synced."""
    upstream.write(bench.upstream, 1)
    bench.expect("init")


def prepare_synced(bench: Bench) -> None:
    """A mirror that was synced once, whose upstream has changed since."""
    prepare_mirror(bench)
    bench.expect("sync")
    upstream.write(bench.upstream, 2)


def forgetful(bench: Bench) -> None:
    """Has a mirror keep no generations, so that `gc` frees what none but they refer to."""
    path = bench.root / "larder.toml"
    text = path.read_text()
    if "#keep-generations = 20" in text:
        text = text.replace("#keep-generations = 20", "keep-generations = 0")
    elif "[publish]\n" in text:
        text = text.replace("[publish]\n", "[publish]\nkeep-generations = 0\n")
    else:
        text += "[publish]\nkeep-generations = 0\n"
    path.write_text(text)


def prepare_removal(bench: Bench) -> None:
    """A mirror that was synced twice, whose upstream has less since."""
    prepare_forgetful(bench)
    upstream.write(bench.upstream, 3)


def prepare_forgetful(bench: Bench) -> None:
    """A complete mirror that keeps no generations."""
    prepare_mirror(bench)
    forgetful(bench)
    bench.expect("sync")
    upstream.write(bench.upstream, 2)
    bench.expect("sync")


def prepare_unpublished(bench: Bench) -> None:
    """A mirror that has fetched what is new, and not published it."""
    prepare_synced(bench)
    bench.expect("sync", "--no-publish")


def prepare_whole(bench: Bench) -> None:
    """A mirror that is complete."""
    prepare_synced(bench)
    bench.expect("sync")


def prepare_blocked_since(bench: Bench) -> None:
    """A complete mirror of whose former generation something was blocked since, so that its pages have to be reduced."""
    prepare_whole(bench)
    bench.expect(*BLOCK)


def prepare_held(bench: Bench) -> None:
    """A complete mirror whose readers are held at the generation before."""
    prepare_whole(bench)
    bench.expect("rollback")


def export_twice(bench: Bench) -> None:
    """Bundles of another mirror of the upstream, of what it is at first and of what changes then, as media beside it."""
    outside = Bench(bench.options, bench.folder / "outside", bench.upstream)
    outside.folder.mkdir()
    upstream.write(bench.upstream, 1)
    outside.expect("init")
    outside.expect("sync")
    outside.expect("export", f"{UPSTREAM}-media/first", "--volume-size", "1MiB")
    upstream.write(bench.upstream, 2)
    outside.expect("sync")
    upstream.write(bench.upstream, 3)
    outside.expect("sync")
    outside.expect("export", f"{UPSTREAM}-media/second", "--since", "last", "--volume-size", "1MiB")
    outside.remove()


def prepare_media(bench: Bench) -> None:
    """A mirror into which nothing was carried yet."""
    export_twice(bench)
    bench.expect("init")


def prepare_next_media(bench: Bench) -> None:
    """A mirror into which a bundle was carried, and the next one."""
    prepare_media(bench)
    bench.expect(*IMPORT_FIRST)


def prepare_snapshot(bench: Bench) -> None:
    """A complete mirror with a snapshot of what it was before."""
    prepare_mirror(bench)
    bench.expect("sync")
    bench.expect("snapshot", "create", "first")
    upstream.write(bench.upstream, 2)
    bench.expect("sync")


def prepare_damaged(bench: Bench) -> None:
    """A complete mirror with damage in objects, a record and a page."""
    prepare_whole(bench)
    objects = sorted(path for path in (bench.root / "objects").rglob("*") if path.is_file())
    flipped, deleted = objects[1], objects[5]
    flip(flipped)
    deleted.unlink()
    record = next((bench.root / "records").rglob("faults-gamma.json"))
    # As rot does it: still JSON, and not what its digest says.
    record.write_bytes(record.read_bytes().replace(b'"firstSeen":1', b'"firstSeen":2', 1))
    page = bench.root / "web" / "simple" / "faults-short" / "index.html"
    page.write_bytes(page.read_bytes()[:-30])


def flip(path: Path) -> None:
    """Changes one bit of an object, as a disk does."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x40
    path.chmod(0o644)
    path.write_bytes(data)
    path.chmod(0o444)


def prepare_lost(bench: Bench) -> None:
    """A complete mirror with a damaged object that the upstream does not have any more."""
    prepare_whole(bench)
    for path in (bench.root / "objects").rglob("*"):
        if path.is_file() and path.read_bytes() == upstream.projects(2)["faults-short"][0].data:
            flip(path)
    for path in bench.upstream.rglob("faults_short-1.0.tar.gz"):
        path.unlink()


def prepare_grace(bench: Bench) -> None:
    """A mirror that has files which upstream removed."""
    prepare_removal(bench)
    bench.expect("sync")


def prepare_lost_index(bench: Bench) -> None:
    """A complete mirror whose index is gone."""
    prepare_whole(bench)
    shutil.rmtree(bench.root / "index")
    (bench.root / "index").mkdir()


def prepare_wrong_bytes(bench: Bench) -> None:
    """A mirror that was made, and an upstream that has other bytes than its pages say, as many."""
    prepare_mirror(bench)
    for path in sorted(bench.upstream.rglob("*faults_gamma*")):
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 0x40
        path.write_bytes(data)


def prepare_closure(bench: Bench) -> None:
    """A mirror of one project and what it needs, which are others since."""
    prepare_mirror(bench)
    bench.configure("""[select]
projects = ["faults-alpha"]
closure = "newest"
environments = [{ python = "3.12", platform = "linux" }]
""")
    bench.expect("sync")
    upstream.write(bench.upstream, 2)


def prepare_deselected(bench: Bench) -> None:
    """A complete mirror whose owner wants less of it since."""
    prepare_forgetful(bench)
    bench.configure("""[select]
projects = ["*"]
latest = 1
[select.exclude]
projects = ["faults-large"]
files = ['^faults_gamma.*gz$']
[policy]
minimum-age = "3600d"
minimum-age-exceptions = ["faults-alpha", "faults-beta", "faults-gamma", "faults-new", "faults-short"]
""")
    forgetful(bench)


def prepare_blocked(bench: Bench) -> None:
    """A complete mirror whose owner blocks a project that is here, a release, a digest, and a project that never was."""
    prepare_whole(bench)
    digest = upstream.projects(2)["faults-short"][0].digest
    bench.configure(f"""[select]
projects = ["*"]
[policy.blocked]
projects = ["faults-gamma", "faults-never"]
releases = ["faults-alpha<1.2"]
digests = ["sha256:{digest}"]
""")


def prepare_blocked_alone(bench: Bench) -> None:
    """The same, already committed and not published, and the upstream cannot be reached."""
    prepare_blocked(bench)
    bench.expect("sync", "--no-publish")
    path = bench.root / "larder.toml"
    nobody = 'url = "http://127.0.0.1:9/simple/"\nretries = 0'
    path.write_text(path.read_text().replace(f'url = "{upstream.url(bench.upstream)}"', nobody))


def prepare_moved(bench: Bench) -> None:
    """A complete mirror with a second upstream since, from which two of its projects come now."""
    prepare_whole(bench)
    bench.configure(f"""[[upstream]]
name = "other"
url = "{upstream.url(bench.upstream, "other")}"
projects = ["faults-beta", "faults-short", "faults-other"]
[[upstream]]
name = "first"
url = "{upstream.url(bench.upstream)}"
[select]
projects = ["*"]
""")


def prepare_undocumented(bench: Bench) -> None:
    """A complete mirror without documents, as earlier programs made it, whose owner wants them since."""
    prepare_mirror(bench)
    bench.configure('[select]\nprojects = ["*"]\n[publish]\nlegacy-json = false\n')
    bench.expect("sync")
    bench.expect("sync")
    bench.configure('[select]\nprojects = ["*"]\n[publish]\nbase-url = "https://mirror.example/"\n')


def prepare_unattested(bench: Bench) -> None:
    """A complete mirror without provenance, whose owner wants it since, and whose upstream has changed."""
    prepare_mirror(bench)
    bench.expect("sync")
    bench.configure('[select]\nprojects = ["*"]\n[publish]\nbase-url = "https://mirror.example/"\n')
    upstream.write(bench.upstream, 2)


def prepare_attested(bench: Bench) -> None:
    """A complete mirror with provenance, of which one document is damaged, and one lost here and by the upstream."""
    prepare_unattested(bench)
    bench.expect("sync")
    first, second = (file for file in upstream.projects(2)["faults-alpha"] if file.attestations)
    for path in (bench.root / "objects").rglob("*"):
        if path.is_file() and path.read_bytes() in (first.provenance, second.provenance):
            flip(path)
    (bench.upstream / second.provenance_path).unlink()


def linked(bench: Bench, kind: str) -> None:
    """Has the names of packages be of a kind from the next publication on."""
    bench.configure(f'[select]\nprojects = ["*"]\n[publish]\nlink = "{kind}"\n')


def prepare_copied(bench: Bench) -> None:
    """A mirror whose packages are copies, which has fetched what is new, and not published it."""
    prepare_mirror(bench)
    linked(bench, "copy")
    bench.expect("sync")
    upstream.write(bench.upstream, 2)
    bench.expect("sync", "--no-publish")


def prepare_conversion(before: str, after: str) -> Callable[[Bench], None]:
    """A complete mirror whose names of packages are to be of another kind since."""

    def prepare(bench: Bench) -> None:
        prepare_mirror(bench)
        linked(bench, before)
        bench.expect("sync")
        linked(bench, after)

    return prepare


def prepare_copies_removed(bench: Bench) -> None:
    """A mirror whose packages are copies, whose upstream has less since."""
    prepare_mirror(bench)
    linked(bench, "copy")
    forgetful(bench)
    bench.expect("sync")
    upstream.write(bench.upstream, 3)


def prepare_damaged_links(bench: Bench) -> None:
    """A complete mirror whose packages are hard links, with damage in objects, and so in what readers see."""
    prepare_mirror(bench)
    linked(bench, "hardlink")
    bench.expect("sync")
    objects = sorted(path for path in (bench.root / "objects").rglob("*") if path.is_file())
    flip(objects[1])
    flip(objects[7])
    objects[5].unlink()


def prepare_damaged_copies(bench: Bench) -> None:
    """A complete mirror whose packages are copies, with damage in copies, in an object, and in both of one."""
    prepare_mirror(bench)
    linked(bench, "copy")
    bench.expect("sync")
    copies = sorted(path for path in (bench.root / "packages").rglob("*") if path.is_file())
    objects = {path.read_bytes(): path for path in (bench.root / "objects").rglob("*") if path.is_file()}
    flip(objects[copies[7].read_bytes()])
    flip(objects[copies[3].read_bytes()])
    flip(copies[3])
    flip(copies[1])
    data = copies[5].read_bytes()
    copies[5].chmod(0o644)
    copies[5].write_bytes(data[:-1])
    copies[5].chmod(0o444)


BLOCK = (
    "block", "faults-gamma", "faults-never", "faults-alpha<1.2",
    "sha256:" + upstream.projects(2)["faults-short"][0].digest,
)

BLOCK_AHEAD = ("block", "sha256:" + "0" * 64)

IMPORT_FIRST = ("import", f"{UPSTREAM}-media/first", "--allow-unsigned")
IMPORT_SECOND = ("import", f"{UPSTREAM}-media/second", "--allow-unsigned")

SCENARIOS = (
    Scenario("init", prepare_nothing, (("init",),)),
    Scenario("first-sync", prepare_mirror, (("sync",),)),
    Scenario("incremental", prepare_synced, (("sync",),)),
    Scenario(
        "removal",
        prepare_removal,
        (("sync",), ("gc", "--grace", "0")),
        # What `gc` changes in records is published by the next sync.
        recovery=(("sync",), ("gc", "--grace", "0"), ("sync",)),
        needs=(("gc", "--grace"),),
    ),
    # What ends without a publication has nothing but its own syncs to be durable by.
    Scenario("no-publish", prepare_synced, (("sync", "--no-publish"),)),
    Scenario("publish", prepare_unpublished, (("publish",),)),
    Scenario("publish-copy", prepare_copied, (("publish",),)),
    Scenario("convert-copy", prepare_conversion("symlink", "copy"), (("publish",),)),
    Scenario("convert-hardlink", prepare_conversion("copy", "hardlink"), (("publish",),)),
    Scenario("convert-symlink", prepare_conversion("copy", "symlink"), (("publish",),)),
    Scenario(
        "removal-copy",
        prepare_copies_removed,
        (("sync",), ("gc", "--grace", "0")),
        recovery=(("sync",), ("gc", "--grace", "0"), ("sync",)),
        needs=(("gc", "--grace"),),
    ),
    Scenario("documents", prepare_undocumented, (("publish",),)),
    Scenario("provenance", prepare_unattested, (("sync",),)),
    Scenario("closure", prepare_closure, (("sync",),)),
    Scenario(
        "deselection",
        prepare_deselected,
        (("sync",), ("gc", "--grace", "0")),
        recovery=(("sync",), ("gc", "--grace", "0"), ("sync",)),
        needs=(("gc", "--grace"),),
    ),
    Scenario("block", prepare_blocked, (("publish",),)),
    # A sync publishes what is blocked before it asks anybody: then it fails, and has done what it was to do.
    Scenario("block-alone", prepare_blocked_alone, (("sync",),), done=frozenset({69})),
    # The command is run again by who sees that it did not end well.
    Scenario("block-command", prepare_whole, (BLOCK,), recovery=(BLOCK, ("sync",)), needs=(("block", "--reason"),)),
    *(
        # Such a mirror has no upstream to sync with.
        Scenario(name, prepare, (command,), recovery=(command,), renewal="publish", needs=(("import", "--discard"),))
        for name, prepare, command in (
            ("import", prepare_media, IMPORT_FIRST),
            ("import-next", prepare_next_media, IMPORT_SECOND),
        )
    ),
    # Pages of a snapshot are made anew, without what is blocked.
    Scenario(
        "block-snapshot",
        prepare_snapshot,
        (BLOCK,),
        recovery=(BLOCK, ("sync",)),
        needs=(("block", "--reason"), ("snapshot", "create")),
    ),
    # Nobody has it, so that nothing is published, and the list of blocks is all that changes.
    Scenario(
        "block-ahead",
        prepare_whole,
        (BLOCK_AHEAD,),
        recovery=(BLOCK_AHEAD, ("sync",)),
        needs=(("block", "--reason"),),
    ),
    Scenario(
        "rollback",
        prepare_whole,
        (("rollback", "1"),),
        recovery=(("rollback", "1"), ("sync",)),
        needs=(("rollback", "--list"),),
    ),
    Scenario(
        "rollback-reduced",
        prepare_blocked_since,
        (("rollback", "1"),),
        recovery=(("rollback", "1"), ("sync",)),
        needs=(("rollback", "--list"),),
    ),
    Scenario(
        "snapshot",
        prepare_snapshot,
        (("snapshot", "create", "second"), ("rollback", "first"), ("snapshot", "delete", "first")),
        # Wherever it ended.
        recovery=(("publish",), ("sync",)),
        needs=(("snapshot", "create"),),
    ),
    # Readers see the newest again.
    Scenario("going-on", prepare_held, (("publish",),), recovery=(("publish",), ("sync",)), needs=(("rollback", "--list"),)),
    Scenario("move", prepare_moved, (("sync",),)),
    Scenario(
        "repair",
        prepare_damaged,
        (("verify", "--repair"),),
        keeps_files=True,
        recovery=(("verify", "--repair"), ("sync",)),
        needs=(("verify", "--repair"),),
        # Of `verify` they are sums: 1 damage left, 2 inconsistent, 4 not checked, 8 repaired.
        done=frozenset({0, 8}),
        failures=frozenset({*range(1, 16), 74, 75}),
    ),
    *(
        Scenario(
            name,
            prepare,
            (("verify", "--repair"),),
            keeps_files=True,
            recovery=(("verify", "--repair"), ("sync",)),
            needs=(("verify", "--repair"),),
            done=frozenset({0, 8}),
            failures=frozenset({*range(1, 16), 74, 75}),
        )
        for name, prepare in (("repair-hardlink", prepare_damaged_links), ("repair-copy", prepare_damaged_copies))
    ),
    *(
        Scenario(
            name,
            prepare,
            (("verify", "--repair"),),
            recovery=(("verify", "--repair"), ("sync",)),
            needs=(("verify", "--repair"),),
            # What is withdrawn stays in the exit code until it is healed.
            done=frozenset({1, 3, 9}),
            remains=frozenset({"missing"}),
            failures=frozenset({*range(0, 16), 74, 75}),
        )
        for name, prepare in (("withdrawal", prepare_lost), ("withdrawal-provenance", prepare_attested))
    ),
    Scenario("marking", prepare_grace, (("gc",),), recovery=(("gc",), ("sync",)), needs=(("gc",),)),
    Scenario(
        "rebuild", prepare_whole, (("rebuild",),), recovery=(("rebuild",), ("sync",)), needs=(("rebuild",),)
    ),
    Scenario(
        "rebuild-lost",
        prepare_lost_index,
        (("rebuild",),),
        recovery=(("rebuild",), ("sync",)),
        needs=(("rebuild",),),
        keeps_index=False,
    ),
)
"""All scenarios, in the order in which they run."""

WRONG_BYTES = Scenario("wrong-bytes", prepare_wrong_bytes, (("sync",),), done=frozenset({3}))
"""Only for mutants: it never ends with all that it was to do."""


def named(name: str) -> Scenario:
    """A scenario by its name."""
    return next(scenario for scenario in (*SCENARIOS, WRONG_BYTES) if scenario.name == name)


def missing(options: Options, scenario: Scenario) -> str | None:
    """What the program lacks for a scenario; None when it can run."""
    overview = subprocess.run([options.binary, "--help"], capture_output=True, text=True).stdout
    for command, *flags in scenario.needs:
        if f"\n  {command} " not in overview:
            return f"larder has no command '{command}' yet"
        text = subprocess.run([options.binary, "help", command], capture_output=True, text=True).stdout
        for flag in flags:
            if flag not in text:
                return f"larder {command} has no {flag} yet"
    return None


def selected(options: Options, tally: Tally) -> list[Scenario]:
    """The scenarios that were asked for and that this program can run."""
    found = []
    for scenario in SCENARIOS:
        if options.scenario not in (None, scenario.name):
            continue
        reason = missing(options, scenario)
        if reason is None:
            found.append(scenario)
        else:
            tally.skip(f"scenario {scenario.name}: {reason}")
    return found
