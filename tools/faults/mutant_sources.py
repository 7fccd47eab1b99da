"""Changes of larder's sources, each of which breaks one promise: the list of mutants.

The old text of an edit must stand exactly once in its file. Whoever changes one of these places says here what the
mutant is then; a list that does not fit is a failure of tools/crash-test, not a mutant less.
"""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Edit:
    """A text of a file, and what stands there instead."""

    file: str
    old: str
    new: str


@dataclasses.dataclass(frozen=True)
class Mutant:
    """A change of the sources."""

    name: str
    breaks: str
    """What goes wrong with it."""
    by: str
    """What has to notice: `crash` points or `power` cuts."""
    scenarios: tuple[str, ...]
    """Where that is looked for, until one notices."""
    edits: tuple[Edit, ...]


COMMIT = "Sources/Mirror/GroupCommit.swift"
PUBLISHER = "Sources/Publication/Publisher.swift"
VIEWS = "Sources/Publication/Publisher+Views.swift"
WHOLE = "Sources/FileIO/FileSystem+Whole.swift"
CREATION = "Sources/Mirror/Root/MirrorCreation.swift"
ENVIRONMENT = "Sources/Catalog/LMDB/Environment.swift"
RECEIVER = "Sources/Transfer/Receiver.swift"

MUTANTS = (
    Mutant(
        "index-before-bytes",
        "the index tells of objects whose bytes and names are not durable (I1)",
        "power",
        ("first-sync", "incremental"),
        (
            Edit(
                COMMIT,
                "            let newRecords = group.compactMap {",
                "            try write(group, newObjects)\n            let newRecords = group.compactMap {",
            ),
            Edit(COMMIT, "            try write(group, newObjects)\n            // A note that stays",
                 "            // A note that stays"),
        ),
    ),
    Mutant(
        "index-before-names",
        "the index tells of objects that have no names yet (I1)",
        "crash",
        ("first-sync", "incremental"),
        (
            Edit(
                COMMIT,
                "            let newRecords = group.compactMap {",
                "            try write(group, newObjects)\n            let newRecords = group.compactMap {",
            ),
            Edit(COMMIT, "            try write(group, newObjects)\n            // A note that stays",
                 "            // A note that stays"),
        ),
    ),
    Mutant(
        "records-before-objects",
        "a record says that a file is present whose object has no name yet (I2)",
        "crash",
        ("first-sync", "incremental"),
        (
            Edit(
                COMMIT,
                "            if !newObjects.isEmpty {\n                try objects.place(newObjects.map(\\.object))",
                "            if !newRecords.isEmpty {\n                try records.place(newRecords)",
            ),
            Edit(
                COMMIT,
                "            if !newRecords.isEmpty {\n                try records.place(newRecords)",
                "            if !newObjects.isEmpty {\n                try objects.place(newObjects.map(\\.object))",
            ),
        ),
    ),
    Mutant(
        "switch-before-sync",
        "readers are led to a slot that is not durable (I3, I4)",
        "power",
        ("publish", "first-sync"),
        (
            Edit(PUBLISHER, "                try barrier.synchronize()",
                 "                try slots.makeLive(slot)"),
            Edit(PUBLISHER, "                try slots.makeLive(slot)",
                 "                try barrier.synchronize()"),
        ),
    ),
    Mutant(
        "switch-before-state",
        "a number of a generation can be given twice (I17)",
        "crash",
        ("publish", "first-sync"),
        (
            Edit(PUBLISHER, "            try state.write(root: root, fileSystem: fileSystem)\n", ""),
            Edit(PUBLISHER, "        var rest = try await pendingProjects(in: slot, limit: Self.batchSize)\n",
                 "        try state.write(root: root, fileSystem: fileSystem)\n"
                 "        var rest = try await pendingProjects(in: slot, limit: Self.batchSize)\n"),
        ),
    ),
    Mutant(
        "links-after-switch",
        "pages list files that have no links yet (I3, I4)",
        "crash",
        ("publish", "first-sync"),
        (
            Edit(VIEWS, "            try links.add(record.publishableFiles)",
                 "            let files = record.publishableFiles\n"
                 "            Self.late.withLock { $0 += files }\n"
                 "            if files.isEmpty { try links.add(files) }"),
            Edit(PUBLISHER, "    static let batchSize = 4_096\n",
                 "    static let batchSize = 4_096\n    static let late = Locked<[FileRecord]>([])\n"),
            Edit(PUBLISHER, "        var rest = try await pendingProjects(in: slot, limit: Self.batchSize)\n",
                 "        try links.add(Self.late.withLock { $0 })\n"
                 "        var rest = try await pendingProjects(in: slot, limit: Self.batchSize)\n"),
        ),
    ),
    Mutant(
        "same-slot",
        "the slot that readers see is changed under them (I4)",
        "crash",
        ("publish", "incremental"),
        (Edit(PUBLISHER, "        let standby = live?.other ?? .a\n", "        let standby = live ?? .a\n"),),
    ),
    Mutant(
        "marks-before-views",
        "the index calls views whole that are not durable (I4)",
        "power",
        ("publish", "first-sync"),
        (Edit(VIEWS, "        if !batch.changes.isEmpty {\n",
              "        if batch.changes.count > 1_000 {\n"),),
    ),
    Mutant(
        "web-not-replaced-at-once",
        "for a moment there is no document root (I4)",
        "crash",
        ("publish", "incremental"),
        (
            Edit(WHOLE, "        try symbolicLink(to: target, at: temporary)\n        try rename(temporary, to: path)",
                 "        try removeIfPresent(path)\n        try symbolicLink(to: target, at: path)"),
        ),
    ),
    Mutant(
        "files-not-replaced-at-once",
        "state.json and the like are gone or half written after a crash (I5)",
        "crash",
        ("incremental", "publish", "init"),
        (
            Edit(
                WHOLE,
                "        try write(bytes, toNewFile: temporary, permissions: permissions, durably: true)\n"
                "        try rename(temporary, to: path)",
                "        try removeIfPresent(path)\n"
                "        try write(bytes, toNewFile: path, permissions: permissions, durably: true)",
            ),
        ),
    ),
    Mutant(
        "files-not-synced",
        "state.json and the like are empty after a power cut (I5, I6)",
        "power",
        ("incremental", "publish", "init"),
        (
            Edit(WHOLE, "toNewFile: temporary, permissions: permissions, durably: true)",
                 "toNewFile: temporary, permissions: permissions, durably: false)"),
        ),
    ),
    Mutant(
        "store-first",
        "a half-made mirror calls itself one (I5)",
        "crash",
        ("init",),
        (
            Edit(CREATION, "        for name in MirrorLeftovers.folders {\n",
                 '        try fileSystem.replace(root.appending("store.json"), with: storeDescription())\n'
                 "        for name in MirrorLeftovers.folders {\n"),
            Edit(CREATION, "        try fileSystem.synchronizeFileSystem(holding: root)\n"
                 '        try fileSystem.replace(root.appending("store.json"), with: storeDescription())\n',
                 "        try fileSystem.synchronizeFileSystem(holding: root)\n"),
        ),
    ),
    Mutant(
        "index-not-synced",
        "the index is torn after a power cut (I1)",
        "power",
        ("incremental", "publish"),
        (Edit(ENVIRONMENT, "flags: MDB_NOTLS)", "flags: MDB_NOTLS | MDB_NOSYNC)"),),
    ),
    Mutant(
        "index-meta-not-synced",
        "what a command reported can be gone after a power cut (I6)",
        "power",
        ("incremental", "publish"),
        (Edit(ENVIRONMENT, "flags: MDB_NOTLS)", "flags: MDB_NOTLS | MDB_NOMETASYNC)"),),
    ),
    Mutant(
        "digests-not-compared",
        "bytes that are not what upstream named become objects (I9)",
        "power",
        ("first-sync",),
        (
            Edit(RECEIVER, "in expectation.digests where found[algorithm] != expected {",
                 "in expectation.digests where found[algorithm] != expected && count == 0 {"),
        ),
    ),
)
