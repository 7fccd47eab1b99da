"""The two sides: the `packaging` library in a folder of its own, and the program that asks our module."""

import collections
import json
import os
import subprocess
import sys
import tempfile

PACKAGE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
SCRATCH = os.path.join(PACKAGE, ".build", "differential")


class Failure(Exception):
    """What ends the comparison, in one line."""


def library(version):
    """Installs `packaging` into a virtual environment, where it is not yet, and makes it the one that is imported."""
    folder = os.path.join(SCRATCH, f"packaging-{version}")
    python = os.path.join(folder, "bin", "python")
    if not os.path.exists(os.path.join(folder, "installed")):
        os.makedirs(SCRATCH, exist_ok=True)
        commands = (
            [sys.executable, "-m", "venv", "--clear", folder],
            [python, "-m", "pip", "install", "--quiet", "--no-deps", f"packaging=={version}"],
        )
        for command in commands:
            done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
            if done.returncode != 0:
                lines = (done.stderr or done.stdout).strip().splitlines()
                raise Failure(f"packaging {version} cannot be installed: {lines[-1] if lines else command[0]}")
        with open(os.path.join(folder, "installed"), "w", encoding="utf-8"):
            pass
    program = "import sysconfig; print(sysconfig.get_path('purelib'))"
    done = subprocess.run([python, "-c", program], capture_output=True, text=True, check=True)
    sys.path.insert(0, done.stdout.strip())
    import packaging

    return packaging.__version__


def driver(given, configuration="release", product="PackagingDriver"):
    """The program that answers for our side: the one named, else the one that is built now."""
    if given:
        return os.path.realpath(given)
    build = ["swift", "build", "--package-path", PACKAGE, "--configuration", configuration]
    environment = os.environ | {"LARDER_DIFFERENTIAL": "1"}
    done = subprocess.run(
        build + ["--product", product], env=environment, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False
    )
    if done.returncode != 0:
        raise Failure(f"{product} does not build")
    shown = subprocess.run(build + ["--show-bin-path"], env=environment, stdout=subprocess.PIPE, check=True, text=True)
    return os.path.join(shown.stdout.strip(), product)


def compare(program, questions, answer, allowed=None):
    """Asks both sides; the count of questions, the differences, and how often each rule let one pass."""
    count, differences, rules = 0, [], collections.Counter()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as asked, tempfile.TemporaryFile("w+", encoding="utf-8") as told:
        theirs = []
        for question in questions:
            json.dump(question, asked)
            asked.write("\n")
            theirs.append((question, answered(answer, question)))
        asked.flush()
        asked.seek(0)
        done = subprocess.run([program], stdin=asked, stdout=told, check=False)
        told.seek(0)
        for line, (question, expected) in zip(told, theirs):
            count += 1
            found = json.loads(line)
            if found == expected:
                continue
            rule = allowed(question, found, expected) if allowed else None
            if rule is None:
                differences.append((question, found, expected))
            elif rule:
                rules[rule] += 1
        if done.returncode != 0 or count != len(theirs):
            raise Failure(f"{program} ended with {done.returncode} after {count} of {len(theirs)} questions")
    return count, differences, rules


def answered(answer, question):
    try:
        return answer(question)
    except Exception as error:  # noqa: BLE001
        # What `packaging` does not mean to raise is a difference unless a rule knows it.
        return [f"raised {type(error).__name__}: {error}"]
