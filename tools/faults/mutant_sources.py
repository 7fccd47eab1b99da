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
    """What has to notice: `crash` points, `power` cuts, or a look at the `end` of undisturbed commands."""
    scenarios: tuple[str, ...]
    """Where that is looked for, until one notices."""
    edits: tuple[Edit, ...]


COMMIT = "Sources/Mirror/GroupCommit.swift"
PUBLISHER = "Sources/Publication/Publisher.swift"
VIEWS = "Sources/Publication/Publisher+Views.swift"
SETTINGS = "Sources/Publication/Publisher+Settings.swift"
WHOLE = "Sources/FileIO/FileSystem+Whole.swift"
CREATION = "Sources/Mirror/Root/MirrorCreation.swift"
ENVIRONMENT = "Sources/Catalog/LMDB/Environment.swift"
RECEIVER = "Sources/Transfer/Receiver.swift"
COLLECTION = "Sources/Mirror/Collection/Collector.swift"
COLLECTOR = "Sources/Mirror/Collection/Collector+Objects.swift"
COLLECTED_VIEWS = "Sources/Mirror/Collection/Collector+Publication.swift"
INDEX_PLACE = "Sources/Mirror/Rebuild/IndexPlace.swift"
REPAIR = "Sources/Mirror/Repair/Repairer+Objects.swift"
PACKAGES = "Sources/Publication/PackageBatch.swift"
LINKS = "Sources/Publication/Publisher+Links.swift"
SHOWING = "Sources/Publication/Publisher+Showing.swift"
STAGE = "Sources/Mirror/Import/ImportStage.swift"
PLACING = "Sources/Mirror/Import/MirrorRoot+Placing.swift"

MUTANTS = (
    Mutant(
        "index-before-bytes",
        "the index tells of objects whose bytes are not durable (I1)",
        "power",
        ("first-sync", "incremental"),
        (
            Edit(COMMIT, "        if !newObjects.isEmpty || !newRecords.isEmpty {\n            try barrier.synchronize()",
                 "        if !newObjects.isEmpty || !newRecords.isEmpty {"),
            Edit(COMMIT, "            try objects.place(newObjects.map(\\.object))\n            try barrier.synchronize()",
                 "            try objects.place(newObjects.map(\\.object))"),
            Edit(COMMIT, "            try records.place(newRecords)\n            try barrier.synchronize()",
                 "            try records.place(newRecords)"),
            Edit(COMMIT, "        try write(group, newObjects)\n",
                 "        try write(group, newObjects)\n        try barrier.synchronize()\n"),
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
                "        if !newObjects.isEmpty {\n            try objects.place(newObjects.map(\\.object))",
                "        try write(group, newObjects)\n"
                "        if !newObjects.isEmpty {\n            try objects.place(newObjects.map(\\.object))",
            ),
            Edit(COMMIT, "        try write(group, newObjects)\n        // A note that stays",
                 "        // A note that stays"),
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
                "        if !newObjects.isEmpty {\n            try objects.place(newObjects.map(\\.object))",
                "        if !newRecords.isEmpty {\n            try records.place(newRecords)",
            ),
            Edit(
                COMMIT,
                "        if !newRecords.isEmpty {\n            try records.place(newRecords)",
                "        if !newObjects.isEmpty {\n            try objects.place(newObjects.map(\\.object))",
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
        "documents-before-marks",
        "projects are taken for rendered with settings with which they were not (I5)",
        "crash",
        ("documents",),
        (
            Edit(SETTINGS, "        guard known ?? \"\" != wanted else { return }\n",
                 "        guard known ?? \"\" != wanted else { return }\n"
                 "        try await write { catalog throws(CatalogError) in\n"
                 "            try catalog.put(MetaRow(wanted), under: .documents, in: Tables.meta)\n"
                 "        }\n"),
        ),
    ),
    Mutant(
        "switch-before-state",
        "a number of a generation can be given twice (I17)",
        "crash",
        ("publish", "first-sync"),
        (
            Edit(PUBLISHER, "            }\n            try state.write(root: root, fileSystem: fileSystem)\n", "            }\n"),
            Edit(PUBLISHER, "        var last: ProjectKey?\n",
                 "        try state.write(root: root, fileSystem: fileSystem)\n        var last: ProjectKey?\n"),
        ),
    ),
    Mutant(
        "links-after-switch",
        "pages list files that have no links yet (I3, I4)",
        "crash",
        ("publish", "first-sync"),
        (
            Edit(VIEWS, "            try links.add(record.publishableFiles(onDemand: settings.listsKnownFiles), to: names)",
                 "            let files = record.publishableFiles(onDemand: false)\n"
                 "            Self.late.withLock { $0 += files }\n"
                 "            if files.isEmpty { try links.add(files, to: names) }"),
            Edit(PUBLISHER, "    static let batchSize = 4_096\n",
                 "    static let batchSize = 4_096\n    static let late = Locked<[FileRecord]>([])\n"),
            Edit(PUBLISHER, "        var last: ProjectKey?\n",
                 "        try links.add(Self.late.withLock { $0 }, to: PackageBatch(links))\n        var last: ProjectKey?\n"),
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
        "change-after-switch",
        "what a switch replaced cannot be taken back after a crash (I5)",
        "crash",
        ("publish", "incremental"),
        (
            Edit(PUBLISHER, "            try await stageChange(from: former, to: generation, try await replacedProjects(in: live))\n",
                 "            late = (former, try await replacedProjects(in: live))\n"),
            Edit(PUBLISHER, "        let standby = live?.other ?? .a\n",
                 "        let standby = live?.other ?? .a\n        var late: (Generation, [TreeChange.Project]?)?\n"),
            Edit(PUBLISHER, "        try await switchTo(standby, state: state)\n",
                 "        try await switchTo(standby, state: state)\n"
                 "        if let late { try await stageChange(from: late.0, to: generation, late.1) }\n"),
        ),
    ),
    Mutant(
        "rollback-without-marks",
        "links of the standby slot lead elsewhere than the index says (I4)",
        "crash",
        ("rollback",),
        (Edit(SHOWING, "                try catalog.put(Mark(), under: SlotKey(slot: standby, project: showing.key), in: Tables.pending)\n",
              ""),),
    ),
    Mutant(
        "marks-before-views",
        "the index calls views whole that are not durable (I4)",
        "power",
        ("publish", "first-sync"),
        (Edit(VIEWS, "        if !batch.changes.isEmpty || batch.hasLinks {\n",
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
            Edit(CREATION, "        try barrier.synchronize()\n"
                 '        try fileSystem.replace(root.appending("store.json"), with: storeDescription())\n',
                 "        try barrier.synchronize()\n"),
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
        "end",
        ("wrong-bytes",),
        (
            Edit(RECEIVER, "in expectation.digests where found[algorithm] != expected {",
                 "in expectation.digests where found[algorithm] != expected && count == 0 {"),
        ),
    ),
    Mutant(
        "collected-before-forgotten",
        "gc removes objects that the index still knows (I1)",
        "crash",
        ("removal",),
        (
            Edit(COLLECTOR, "            try mirror.catalog.write { catalog throws(CatalogError) in\n"
                 "                for entry in entries {\n",
                 "            for entry in gone {\n"
                 "                try mirror.fileSystem.removeIfPresent(mirror.objects.path(of: entry.key))\n"
                 "            }\n"
                 "            try mirror.catalog.write { catalog throws(CatalogError) in\n"
                 "                for entry in entries {\n"),
        ),
    ),
    Mutant(
        "collected-before-records-know",
        "gc removes objects of which a record says that they are here (I2)",
        "crash",
        ("removal",),
        (
            Edit(COLLECTION, "            try await settleRemovedProjects()\n", "            _ = roots\n"),
            # What a record holds is looked up once more before its object goes.
            Edit(COLLECTOR, "            let held = try self.held(among: Set(entries.map(\\.key)), entries)\n",
                 "            let held = try self.held(among: [], entries)\n"),
            Edit(COLLECTION, "            try await collectOrphans(roots)\n",
                 "            try await collectOrphans(roots)\n"
                 "            if isActing, mayRemove { try await settleRemovedProjects() }\n"),
        ),
    ),
    Mutant(
        "objects-before-links",
        "gc removes objects to which links still lead (I3)",
        "crash",
        ("removal",),
        (
            Edit(COLLECTION, "            try await collectLinks(roots)\n", ""),
            Edit(COLLECTION, "            try await collectOrphans(roots)\n",
                 "            try await collectOrphans(roots)\n            try await collectLinks(roots)\n"),
        ),
    ),
    Mutant(
        "views-removed-before-forgotten",
        "the index calls a view whole that gc has removed (I4)",
        "crash",
        ("removal",),
        (
            Edit(COLLECTED_VIEWS, "            try await write { catalog throws(CatalogError) in\n"
                 "                for view in batch {\n"
                 "                    try catalog.remove(view, in: Tables.views)",
                 "            try await onDisk { [mirror] () throws(FileError) in\n"
                 "                for view in batch { try mirror.publisher.views.remove(view) }\n"
                 "            }\n"
                 "            try await write { catalog throws(CatalogError) in\n"
                 "                for view in batch {\n"
                 "                    try catalog.remove(view, in: Tables.views)"),
        ),
    ),
    Mutant(
        "index-swapped-in-two-steps",
        "for a moment a rebuild leaves no index (I12)",
        "crash",
        ("rebuild",),
        (
            Edit(INDEX_PLACE, "                try fileSystem.exchange(new, with: directory)\n",
                 "                try fileSystem.rename(directory, to: old)\n"
                 "                try fileSystem.rename(new, to: directory)\n"),
        ),
    ),
    Mutant(
        "swapped-before-synced",
        "a rebuilt index takes its place before its name is durable (I12)",
        "power",
        ("rebuild",),
        (
            Edit(INDEX_PLACE, "        try fileSystem.synchronizeDirectory(new)\n"
                 "        try fileSystem.synchronizeDirectory(root)\n        try locked",
                 "        try locked"),
        ),
    ),
    Mutant(
        "damaged-removed-first",
        "a repair leaves a moment without an object (I1)",
        "crash",
        ("repair",),
        (
            Edit(REPAIR, "            try mirror.objects.place(had.compactMap(\\.staged))\n",
                 "            for one in had {\n"
                 "                try mirror.fileSystem.removeIfPresent(mirror.objects.path(of: one.object.digest))\n"
                 "            }\n"
                 "            try mirror.objects.place(had.compactMap(\\.staged))\n"),
        ),
    ),
    Mutant(
        "copies-before-bytes",
        "copies get their names before their bytes are durable (I9)",
        "power",
        ("publish-copy", "convert-copy"),
        (
            Edit(PACKAGES, "            if entries.contains(where: { $0.staged != nil }) { try links.barrier.synchronize() }\n", ""),
        ),
    ),
    Mutant(
        "copies-before-rows",
        "a file has the name of a package, and nothing tells of which object (I3)",
        "crash",
        ("publish-copy", "convert-copy"),
        (
            Edit(PACKAGES, "            try links.catalog.write { catalog throws(CatalogError) in\n",
                 "            for entry in entries where !entry.isInPlace { try place(entry) }\n"
                 "            try links.catalog.write { catalog throws(CatalogError) in\n"),
            Edit(PACKAGES, "            for entry in entries where !entry.isInPlace { try place(entry) }\n        } catch", "        } catch"),
        ),
    ),
    Mutant(
        "kinds-not-noted",
        "names are turned into another kind before that is noted (I3)",
        "crash",
        ("convert-copy", "convert-hardlink"),
        (
            Edit(LINKS, "        try await remember(known.turning(into: links.kind))\n", ""),
        ),
    ),
    Mutant(
        "import-begun-before-its-list",
        "an import counts as begun when a part of what it needs is not there, so that nobody can go on with it",
        "crash",
        ("import",),
        (
            Edit(STAGE, "        try takeList(list)\n        try fileSystem.replace(keys, with: [])\n"
                 "        try fileSystem.replace(description, with: bundle)\n",
                 "        try fileSystem.replace(description, with: bundle)\n        try takeList(list)\n"
                 "        try fileSystem.replace(keys, with: [])\n"),
        ),
    ),
    Mutant(
        "import-forgotten-before-it-is-remembered",
        "what was imported is given up before the mirror knows what it follows, and the next bundle is refused",
        "crash",
        ("import", "import-next"),
        (
            Edit(PLACING, "        try state.write(root: path, fileSystem: fileSystem)\n        try stage.discard()\n",
                 "        try stage.discard()\n        try state.write(root: path, fileSystem: fileSystem)\n"),
        ),
    ),
)
