"""The documents of PyPI's JSON API in a tree, and whether they say what the pages say."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import posixpath
import re
from urllib.parse import unquote

import pages
from look import Check

FOLDER = re.compile(r"(?!\.)(?!json$)(?!json\.)(?!index\.)(?!about\.html)[0-9A-Za-z._+!-]{1,128}\Z", re.IGNORECASE)


# Why a project lists nothing, as the name of its view and its page for people tell.
ABSENCES = ("", " upstream", " selection", " policy")


def names_of_view(check: Check, folder: str) -> list[str]:
    """The digests over the pages of a view, over how its documents are published, and over its page for people.

    More than one where a page for people tells why the project lists nothing.
    """
    parts = check.read(f"{folder}/index.html"), check.read(f"{folder}/index.v1_json")
    if None in parts:
        return []
    document = check.read(f"{folder}/json")
    if document is not None:
        parts = (*parts, f"documents 1 {_base_url(document)}".encode())
    several = [parts]
    if check.read(f"{folder}/about.html") is not None:
        several = [(*parts, f"pages 1{absence}".encode()) for absence in ABSENCES]
    return [hashlib.sha256(b"\0".join(part or b"" for part in parts)).hexdigest()[:32] for parts in several]


def look_at_view(check: Check, folder: str) -> None:
    """Another state of the pages cannot have the view's name."""
    view = os.path.basename(os.path.realpath(check.path(folder)))
    if view not in names_of_view(check, folder):
        check.note("I4", folder, f"its pages are not those of the view {view}")


def look_at_documents(check: Check, name: str, page: pages.Page) -> None:
    """The documents of a project list the files of its page, and lie where it has releases; nothing else is there."""
    folder = f"web/simple/{name}"
    _look_at_web_page(check, name, page)
    found = {
        entry.name
        for entry in os.scandir(check.path(folder))
        if not entry.name.startswith("index.") and entry.name not in ("about.html", "about.html.gz", ".new")
    }
    if not found:
        return
    if not os.path.exists(check.path(f"web/pypi/{name}/json")):
        check.note("I4", f"web/pypi/{name}", "it has documents, and they cannot be had")
    project = _document(check, f"{folder}/json")
    if project is None:
        return
    twin = check.read(f"{folder}/json.gz")
    if twin is not None and gzip.decompress(twin) != check.read(f"{folder}/json"):
        check.note("I4", f"{folder}/json.gz", "it does not hold what json holds")
    releases = project.get("releases", {})
    listed = [file for files in releases.values() for file in files]
    _compare(check, f"{folder}/json", listed, page.files, f"web/pypi/{name}/")
    version = project["info"]["version"]
    if project["urls"] != releases.get(version) or project["last_serial"] != page.serial:
        check.note("I4", f"{folder}/json", f"it says other things of {version} than its releases, or of the serial")
    folders = {version for version in releases if FOLDER.match(version)}
    strangers = found - folders - {"json", "json.gz"}
    if strangers:
        check.note("I4", folder, f"nothing should be there: {sorted(strangers)}")
    for version in folders:
        path = f"{folder}/{version}/json"
        document = _document(check, path)
        if document is None:
            continue
        wanted = [file for file in page.files if file.filename in {known["filename"] for known in releases[version]}]
        _compare(check, path, document["urls"], wanted, f"web/pypi/{name}/{version}/")
        if "releases" in document or document["info"]["version"] != version:
            check.note("I4", path, "it is the document of another release, or tells of others")
        # What a repair was about to put there when it was cut off; no server shows names that begin with a dot.
        if set(os.listdir(check.path(f"{folder}/{version}"))) - {".new"} != {"json"}:
            check.note("I4", f"{folder}/{version}", "nothing but the document should be there")


def _look_at_web_page(check: Check, name: str, page: pages.Page) -> None:
    """The page for people lists the files of the page, with their digests, and no others."""
    data = check.read(f"web/simple/{name}/about.html")
    if data is None:
        return
    path = f"web/project/{name}/about.html"
    if not os.path.exists(check.path(path)):
        check.note("I4", path, "it cannot be had")
    links = re.findall(rb'<a href="([^"]*)#sha256=([0-9a-f]{64})">', data)
    told = sorted((_place("web/project/x/", url.decode()), digest.decode()) for url, digest in links)
    wanted = sorted((_place("web/simple/x/", file.url).replace("web/simple/", ""), file.sha256) for file in page.files)
    if told != wanted:
        check.note("I4", path, f"it lists {told}, and the page {wanted}")
    twin = check.read(f"web/simple/{name}/about.html.gz")
    if twin is not None and gzip.decompress(twin) != data:
        check.note("I4", f"{path}.gz", "it does not hold what about.html holds")


def _document(check: Check, path: str) -> dict | None:
    data = check.read(path)
    try:
        document = json.loads(data or b"")
        if not isinstance(document["urls"], list) or not isinstance(document["info"]["name"], str):
            raise ValueError("another shape")
    except (ValueError, KeyError, TypeError) as error:
        check.note("I4", path, "it is missing" if data is None else f"it is no document: {error!r}")
        return None
    return document


def _compare(check: Check, path: str, files: list[dict], wanted: list[pages.Listed], base: str) -> None:
    told = sorted((file["filename"], file["digests"]["sha256"], _place(base, file["url"])) for file in files)
    page = sorted((file.filename, file.sha256, _place("web/simple/x/", file.url)) for file in wanted)
    if told != page:
        check.note("I4", path, f"it lists {told}, and the page {page}")


def _place(base: str, url: str) -> str:
    """Where a URL leads below the root of the mirror."""
    if "://" in url:
        return "web/" + "/".join(unquote(url).split("/")[-5:])
    return posixpath.normpath(posixpath.join(base, unquote(url)))


def _base_url(document: bytes) -> str:
    """What absolute URLs of a document start with; nothing where they are relative."""
    try:
        url = json.loads(document)["urls"][0]["url"]
    except (ValueError, KeyError, TypeError, IndexError):
        return ""
    # packages/ab/cd/<60 hex>/<filename>
    root = "".join(part + "/" for part in url.split("/")[:-5])
    return "" if root.startswith("../") else root
