"""Reads the log of the fault library (README.md) as events of the replayer."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from replay import Event
from symbols import Symbols

FALLOC_FL_KEEP_SIZE = 1
RENAME_EXCHANGE = 2
WRAPPING = re.compile(r"^((specialized|merged|closure #\d+ (\(.*?\) )?in|partial apply for|implicit closure #\d+ in) )+")
"""What the demangler puts before the name of a function."""
PASSING_ON = (
    "thunk for", "protocol witness for", "call<", "call(", "check(", "check<", "POSIXFileSystem.", "FileSystem.",
    "FileSystemBarrier.", "Environment.", "Catalog.", "outlined", "reabstraction", "static POSIXFileSystem.",
    "static Environment.", "generic specialization",
)
"""How the names of functions begin that only pass a call on."""


class RecordingError(Exception):
    """The log tells of something that the model does not know."""


def read_log(log: Path, root: Path, number: int, symbols: Symbols) -> list[Event]:
    """The events of a log, failed calls left out, numbered from `number` on, their callers named.

    Their paths start with the name of the root: the model's top is the folder that holds it.
    """
    reader = _Reader(root, symbols, Path(f"{log}.data").read_bytes() if os.path.exists(f"{log}.data") else b"")
    events: list[Event] = []
    with open(log, encoding="utf-8", errors="surrogateescape") as lines:
        for line in lines:
            event = reader.event(json.loads(line), number + len(events))
            if event is not None:
                events.append(event)
    return events


class _Reader:
    """Makes events of the lines of one log."""

    def __init__(self, root: Path, symbols: Symbols, data: bytes) -> None:
        self.root, self.symbols, self.data = root, symbols, data

    def event(self, call: dict, number: int) -> Event | None:
        """The event of a line; None for calls that failed and for those that promise nothing."""
        if call["op"] == "start":
            return Event(number, "mark")
        # Neither promises anything: sync_file_range(2) says so itself, and what LMDB maps is its table of readers.
        if call["result"] < 0 or call["op"] in ("sync_range", "msync", "close"):
            return None
        members = self._members(call)
        if members is None:
            return None
        return Event(number, path=self._place(call["path"]), inode=call.get("ino"), caller=self._caller(call), **members)

    def _place(self, path: str) -> str:
        if path == ".":
            return self.root.name
        if not path.startswith("/"):
            return f"{self.root.name}/{path}"
        if Path(path) == self.root.parent:
            return ""
        raise RecordingError(f"{path} lies outside of the mirror")

    def _members(self, call: dict) -> dict | None:
        """What an event has beside its place, by the names of its members."""
        where = f"call {call['n']}"
        match call["op"]:
            case "open":
                if call["tmpfile"]:
                    raise RecordingError(f"{where}: files without a name are unknown to the model")
                if call["created"]:
                    return {"call": "create", "mode": call["mode"]}
                return {"call": "truncate", "size": 0} if call["truncated"] else None
            case "write" | "copy":
                payload = self.data[call["data"] : call["data"] + call["length"]]
                if len(payload) != call["length"]:
                    raise RecordingError(f"{where}: its data are not in the log")
                durable = "sync" in call
                return {"call": "write", "offset": call["offset"], "data": payload, "is_durable": durable}
            case "fsync" | "fdatasync":
                return {"call": "sync", "is_of_data": call["op"] == "fdatasync"}
            case "syncfs":
                return {"call": "sync-all"}
            case "link" | "rename":
                swaps = call["op"] == "rename" and call["flags"] & RENAME_EXCHANGE
                return {"call": "exchange" if swaps else call["op"], "other": self._place(call["to"])}
            case "symlink":
                return {"call": "symlink", "other": call["target"], "mode": 0o777}
            case "mkdir" | "chmod":
                return {"call": call["op"], "mode": call["mode"]}
            case "unlink" | "rmdir":
                return {"call": call["op"]}
            case "truncate":
                return {"call": "truncate", "size": call["length"]}
            case "allocate":
                return None if call["flags"] & FALLOC_FL_KEEP_SIZE else {"call": "truncate", "size": call["size"]}
            case "utimes":
                return {"call": "utime", "time": call["mtime"]}
        raise RecordingError(f"{where} is {call['op']}, which the model does not know")

    def _caller(self, call: dict) -> str:
        """The function of the program that wanted a sync: the innermost one that does not only pass it on."""
        for entry in call.get("callers", []):
            name = WRAPPING.sub("", self.symbols.named([entry])[0])
            if "(" in name and not name.startswith(PASSING_ON):
                return name.partition("(")[0]
        return ""
