"""Strings that are in use: from what is installed here, from what pip carries, and from a few pages of its index."""

import glob
import html
import json
import os
import re
import subprocess
import sys
import time
import urllib.parse
import urllib.request
import zipfile

# Old and new, small pages and some with many odd files; about twenty requests in all, kept for later runs.
PROJECTS = ["six", "idna", "attrs", "lxml", "pyyaml", "zope-interface", "cffi", "markupsafe", "pytz", "docutils", "orjson"]
MARKERS_OF = ["requests", "httpx", "black", "pytest", "ipython", "coverage", "uvicorn"]


def collect(cache, use_index):
    """Texts by kind: versions, specifiers, markers, requirements, wheel tags, filenames and metadata."""
    found = {kind: set() for kind in ("version", "specifier", "requirement", "filename", "metadata")}
    for pattern in ("*.dist-info/METADATA", "*.egg-info/PKG-INFO", "*.egg-info"):
        for folder in {*sys.path, "/usr/lib/python3/dist-packages"}:
            for path in glob.glob(os.path.join(folder or ".", pattern)):
                if os.path.isfile(path):
                    with open(path, "rb") as file:
                        found["metadata"].add(file.read())
    for path in glob.glob(os.path.join(os.environ.get("PIP_FIND_LINKS", ""), "*.whl")):
        found["filename"].add(os.path.basename(path))
        with zipfile.ZipFile(path) as wheel:
            found["metadata"].update(wheel.read(name) for name in wheel.namelist() if name.endswith("info/METADATA"))
    for line in vendored():
        found["requirement"].add(line)
    if use_index:
        pages, metadata = from_index(cache)
        found["metadata"].update(text.encode() for text in metadata)
        for page in pages:
            for anchor in re.findall(r"<a\s[^>]*>[^<]*</a>", page):
                found["filename"].add(html.unescape(anchor[anchor.index(">") + 1 : -4]).strip())
                requires = re.search(r'data-requires-python="([^"]*)"', anchor)
                if requires:
                    found["specifier"].add(html.unescape(requires.group(1)))
    for data in found["metadata"]:
        text = data.decode(errors="replace")
        found["requirement"].update(re.findall(r"(?im)^Requires-Dist:[ \t]*(.*?)[ \t\r]*$", text))
        found["version"].update(re.findall(r"(?im)^Version:[ \t]*(.*?)[ \t\r]*$", text))
        found["specifier"].update(re.findall(r"(?im)^Requires-Python:[ \t]*(.*?)[ \t\r]*$", text))
    return derived(found)


def derived(found):
    """With what is part of others: markers and specifiers of requirements, versions and tags of filenames."""
    found["marker"], found["wheel"] = set(), set()
    for text in found["requirement"]:
        before, _, marker = text.partition(";")
        if marker:
            found["marker"].add(marker.strip())
        specifier = re.search(r"[~=!<>].*", before)
        if specifier and "@" not in before:
            found["specifier"].add(specifier.group().strip(" )"))
    for filename in found["filename"]:
        pieces = filename.removesuffix(".whl").split("-")
        if filename.endswith(".whl") and len(pieces) > 4:
            found["version"].add(pieces[1])
            found["wheel"].add("-".join(pieces[-3:]))
        else:
            found["version"].add(re.sub(r"\.(tar\.\w+|zip|tgz|egg|exe|msi|rpm)$", "", pieces[-1]))
    for text in found["specifier"]:
        found["version"].update(piece.strip(" ~=!<>()") for piece in text.split(","))
    return {kind: sorted(texts) for kind, texts in found.items()}


def vendored():
    """The requirements of what pip carries."""
    program = "import os, pip._vendor as v; print(open(os.path.join(os.path.dirname(v.__file__), 'vendor.txt')).read())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    return [line.strip() for line in done.stdout.splitlines() if line.strip() and not line.startswith("#")]


def index_url():
    """The index that pip is configured for."""
    if "PIP_INDEX_URL" in os.environ:
        return os.environ["PIP_INDEX_URL"]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True, check=False
    )
    if done.returncode == 0 and done.stdout.strip():
        return done.stdout.strip()
    program = "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def from_index(cache):
    """Pages of some projects, and the metadata of the newest wheels of others; kept in a file."""
    if os.path.exists(cache):
        with open(cache, encoding="utf-8") as file:
            return json.load(file)
    base = index_url().rstrip("/") + "/"
    pages, metadata = [], []
    for name in PROJECTS + MARKERS_OF:
        url = urllib.parse.urljoin(base, name + "/")
        page = fetch(url)
        if page is None:
            break
        pages.append(page)
        anchors = re.findall(r'<a\s[^>]*href="([^"#]*\.whl)#?[^"]*"[^>]*core-metadata', page)
        if name in MARKERS_OF and anchors:
            text = fetch(urllib.parse.urljoin(url, html.unescape(anchors[-1])) + ".metadata")
            if text is not None:
                metadata.append(text)
        time.sleep(0.2)
    if pages:
        with open(cache, "w", encoding="utf-8") as file:
            json.dump([pages, metadata], file)
    return pages, metadata


def fetch(url):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept": "text/html"}), timeout=60) as answer:
            return answer.read().decode(errors="replace")
    except (OSError, ValueError):
        return None
