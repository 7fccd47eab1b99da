"""The published pages of a mirror, read with Python's own parsers."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from html.parser import HTMLParser
from urllib.parse import unquote, urldefrag


class PageDamage(Exception):
    """A page is not what it should be."""


@dataclass(frozen=True)
class Listed:
    """A file as a page lists it."""

    filename: str
    url: str
    sha256: str
    requires_python: str | None
    yanked: str | None
    sidecar: str | None
    size: int | None = None
    upload_time: str | None = None
    provenance: str | None = None

    @property
    def common(self) -> tuple:
        """What HTML and JSON both say."""
        return (self.filename, self.url, self.sha256, self.requires_python, self.yanked, self.sidecar, self.provenance)


class _Anchors(HTMLParser):
    """The links of a page, with their attributes and texts."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[tuple[dict[str, str], str]] = []
        self.is_open = False
        self.meta: dict[str, str] = {}
        self.ended = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.links.append(({name: value or "" for name, value in attrs}, ""))
            self.is_open = True
        elif tag == "meta":
            values = dict(attrs)
            self.meta[values.get("name") or ""] = values.get("content") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self.is_open = False
        if tag == "html":
            self.ended = True

    def handle_data(self, data: str) -> None:
        if self.is_open:
            attributes, text = self.links[-1]
            self.links[-1] = (attributes, text + data)


@dataclass(frozen=True)
class Page:
    """A project's page."""

    name: str | None
    files: tuple[Listed, ...]
    status: tuple[str | None, str | None]
    versions: tuple[str, ...] | None = None
    serial: int | None = None

    def content_digest(self) -> str | None:
        """The digest over what the page says (docs/design.md, section 11); None where the page does not say all."""
        if self.versions is None or self.name is None:
            return None
        parts: list[bytes] = []

        def text(value: str | None) -> None:
            if value is None:
                parts.append(b"-")
            else:
                encoded = value.encode()
                parts.append(b"%d:%s" % (len(encoded), encoded))

        text(self.name)
        text(self.status[0])
        text(self.status[1])
        parts.append(b"%d:" % len(self.versions))
        for version in sorted(self.versions):
            text(version)
        parts.append(b"%d:" % len(self.files))
        for file in sorted(self.files, key=lambda file: file.filename.encode()):
            text(file.filename)
            text(file.sha256)
            text(None if file.size is None else str(file.size))
            text(file.upload_time)
            text(file.requires_python)
            text(file.yanked)
            text(file.sidecar)
        return hashlib.sha256(b"".join(parts)).hexdigest()


@lru_cache(maxsize=4096)
def html_page(data: bytes) -> Page:
    """A project's HTML page."""
    parser = _parsed(data)
    files = []
    for attributes, text in parser.links:
        url, fragment = urldefrag(attributes.get("href", ""))
        if not fragment.startswith("sha256="):
            raise PageDamage(f"the link of {text} has no SHA-256")
        sidecar = attributes.get("data-core-metadata")
        if sidecar != attributes.get("data-dist-info-metadata"):
            raise PageDamage(f"the two attributes of {text}'s metadata differ")
        files.append(
            Listed(text, url, fragment[7:], attributes.get("data-requires-python"), attributes.get("data-yanked"),
                   sidecar.removeprefix("sha256=") if sidecar else None,
                   provenance=attributes.get("data-provenance"))
        )
    return Page(None, tuple(files), _status(parser.meta))


def _status(meta: dict[str, str]) -> tuple[str | None, str | None]:
    return (meta.get("pypi:project-status"), meta.get("pypi:project-status-reason"))


@lru_cache(maxsize=4096)
def json_page(data: bytes) -> Page:
    """A project's JSON page."""
    try:
        page = json.loads(data)
        status = page.get("project-status", {})
        files = []
        for file in page["files"]:
            yanked = file.get("yanked", False)
            sidecar = file.get("core-metadata")
            files.append(
                Listed(file["filename"], file["url"], file["hashes"]["sha256"], file.get("requires-python"),
                       None if yanked is False else "" if yanked is True else yanked,
                       sidecar["sha256"] if sidecar else None, file.get("size"), file.get("upload-time"),
                       file.get("provenance"))
            )
        versions = tuple(page["versions"]) if "versions" in page else None
        told = (status.get("status"), status.get("reason"))
        return Page(page["name"], tuple(files), told, versions, page["meta"].get("_last-serial"))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PageDamage(f"the JSON page cannot be read: {error!r}") from None


@lru_cache(maxsize=512)
def html_root(data: bytes) -> tuple[str, ...]:
    """The projects of the root list as HTML."""
    names = []
    for attributes, text in _parsed(data).links:
        if attributes.get("href") != f"{text}/":
            raise PageDamage(f"the root list leads from {text} to {attributes.get('href')}")
        names.append(text)
    return tuple(names)


@lru_cache(maxsize=512)
def json_root(data: bytes) -> tuple[str, ...]:
    """The projects of the root list as JSON."""
    try:
        return tuple(project["name"] for project in json.loads(data)["projects"])
    except (ValueError, KeyError, TypeError) as error:
        raise PageDamage(f"the JSON root list cannot be read: {error!r}") from None


def _parsed(data: bytes) -> _Anchors:
    parser = _Anchors()
    try:
        parser.feed(data.decode())
    except UnicodeDecodeError as error:
        raise PageDamage(f"the HTML page is not UTF-8: {error}") from None
    parser.close()
    if not parser.ended:
        raise PageDamage("the HTML page does not end")
    return parser


def path_of(url: str) -> str:
    """The path that a relative URL names."""
    return unquote(url)
