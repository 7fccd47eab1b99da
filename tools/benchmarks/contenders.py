"""The programs that fetch the same index: what each runs, and how its result is checked."""

import os
import subprocess
import sys

from .corpus import JSON_TYPE
from .running import Failure, environment, report, run, say, tail

CONNECTIONS = 10


class Larder:
    """`larder init --all`, then `larder sync`."""

    name = "larder"

    def __init__(self, program):
        self.program = program
        self.version = first_line([program, "--version"])

    def fetch(self, url, target, scratch):
        output, errors = os.path.join(scratch, "out"), os.path.join(scratch, "err")
        command = [self.program, "init", target, "--upstream", url + "/simple/", "--all"]
        usage = run(command, output, errors)
        check(usage, command, errors)
        usage += self.sync(target, scratch)[0]
        return usage

    def sync(self, target, scratch):
        """One more sync: what it took, and its report."""
        output, errors = os.path.join(scratch, "out"), os.path.join(scratch, "err")
        command = [self.program, "sync", "--root", target, "--json", "--progress", "none"]
        usage = run(command, output, errors)
        check(usage, command, errors)
        answer = report(output, "larder sync")
        if answer["outcome"] != "complete" or answer["failures"]:
            failures = len(answer["failures"])
            raise Failure(f"larder sync exits 0 with outcome {answer['outcome']} and {failures} failures")
        return usage, answer

    def problem(self, target, summary):
        web = os.path.join(target, "web")
        return differences(
            (os.path.join(web, "packages"), summary["files"] + summary["sidecars"], summary["bytes"]),
            pages(web, "index.v1_json", summary["projects"]),
        )


class Curl:
    """`curl --parallel` over the URLs of everything that larder fetches."""

    name = "curl -Z"

    def __init__(self, urls):
        self.urls = urls
        self.version = first_line(["curl", "--version"])

    def fetch(self, url, target, scratch):
        os.makedirs(target)
        configuration = os.path.join(scratch, "curl")
        with open(self.urls, encoding="utf-8") as paths, open(configuration, "w", encoding="utf-8") as file:
            for path in paths:
                path = path.rstrip("\n")
                name = path + "index.v1_json" if path.endswith("/") else path
                file.write(f'url = "{url}/{path}"\noutput = "{target}/web/{name}"\n')
        output, errors = os.path.join(scratch, "out"), os.path.join(scratch, "err")
        command = ["curl", "-q", "--no-progress-meter", "--fail", "--create-dirs"]
        command += ["--parallel", "--parallel-max", str(CONNECTIONS), "-H", f"Accept: {JSON_TYPE}", "-K", configuration]
        usage = run(command, output, errors)
        check(usage, command, errors)
        return usage

    problem = Larder.problem


class Bandersnatch:
    """`bandersnatch mirror`, with as many workers as it allows."""

    name = "bandersnatch"

    def __init__(self, release):
        self.release = release
        self.program = installed(release)
        self.version = first_line([self.program, "--version"])

    def fetch(self, url, target, scratch):
        os.makedirs(target)
        configuration = os.path.join(scratch, "bandersnatch.conf")
        with open(configuration, "w", encoding="utf-8") as file:
            file.write(
                f"[mirror]\ndirectory = {target}\nmaster = {url}\nallow-non-https = true\napi-method = simple\n"
                f"workers = {CONNECTIONS}\nverifiers = 3\ntimeout = 30\nglobal-timeout = 1800\nhash-index = false\n"
                "json = false\nrelease-files = true\nsimple-format = ALL\ncompare-method = hash\n"
                "stop-on-error = false\nstorage-backend = filesystem\ncleanup = false\ndownload-mirror =\nproxy =\n"
                "log-config =\nkeep_index_versions = 0\ndiff-file =\ndiff-append-epoch = false\nroot_uri =\n"
                "digest_name = sha256\n"
            )
        errors = os.path.join(scratch, "err")
        command = [self.program, "-c", configuration, "mirror"]
        usage = run(command, os.path.join(scratch, "out"), errors)
        check(usage, command, errors)
        return usage

    def problem(self, target, summary):
        web = os.path.join(target, "web")
        # Releases before 8 know no sidecars.
        if int(self.release.split(".")[0]) < 8:
            files = (os.path.join(web, "packages"), summary["files"], None)
        else:
            files = (os.path.join(web, "packages"), summary["files"] + summary["sidecars"], summary["bytes"])
        return differences(files, pages(web, "index.v1_json", summary["projects"]))


def check(usage, command, errors):
    if usage.code != 0:
        raise Failure(f"{' '.join(command)} exits {usage.code}: {tail(errors)}")


def pages(web, name, projects):
    simple = os.path.join(web, "simple")
    found = 0
    with os.scandir(simple) as entries:
        for entry in entries:
            found += entry.is_dir() and os.path.isfile(os.path.join(entry.path, name))
    root = os.path.isfile(os.path.join(simple, name))
    if found != projects or not root:
        return f"{simple} has {found} pages of {projects}, and {'a' if root else 'no'} root list"
    return None


def differences(files, page_problem):
    """What is missing from a mirror, or None."""
    folder, expected, expected_bytes = files
    count = size = 0
    try:
        for parent, _, names in os.walk(os.path.realpath(folder)):
            for name in names:
                size += os.stat(os.path.join(parent, name)).st_size
                count += 1
    except OSError as error:
        return f"{error.filename} cannot be reached: {error.strerror}"
    if count != expected or expected_bytes not in (None, size):
        return f"{folder} has {count} files of {expected}, {size} bytes of {expected_bytes}"
    return page_problem


def installed(release):
    """bandersnatch in a virtual environment of its own, which is kept for the next time."""
    cache = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "larder-bench")
    home = os.path.join(cache, f"bandersnatch-{release}-{sys.implementation.cache_tag}")
    program, complete = os.path.join(home, "bin", "bandersnatch"), os.path.join(home, "complete")
    if not os.path.exists(complete):
        say(f"installing bandersnatch {release} into {home}")
        try:
            subprocess.run([sys.executable, "-m", "venv", "--clear", home], check=True, stdout=sys.stderr)
            pip = [os.path.join(home, "bin", "python"), "-m", "pip", "--disable-pip-version-check", "install"]
            pip += ["--quiet", f"bandersnatch=={release}"]
            subprocess.run(pip, check=True, stdin=subprocess.DEVNULL, stdout=sys.stderr, timeout=900)
        except (OSError, subprocess.SubprocessError) as error:
            raise Failure(f"bandersnatch {release} cannot be installed ({error}); see --no-bandersnatch") from None
        open(complete, "wb").close()
    return program


def first_line(command):
    try:
        answer = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment()
        )
    except OSError as error:
        raise Failure(f"{command[0]} does not run: {error.strerror}; tools/packages install bench") from None
    return (answer.stdout.decode(errors="replace").strip().splitlines() or ["?"])[0].split(" (")[0]
